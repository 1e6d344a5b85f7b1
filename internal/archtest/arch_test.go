package archtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	stdio "io"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module = "millrace"
	root   = "../.."
)

// listed is what the go command tells of a package.
type listed struct {
	ImportPath, Name, Dir string
	GoFiles, Imports      []string
}

// list asks for every package of the module that has files other than tests.
func list(t *testing.T) []listed {
	t.Helper()
	cmd := exec.Command("go", "list", "-e", "-json=ImportPath,Name,Dir,GoFiles,Imports", "./...")
	cmd.Dir = root
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var packs []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		err := d.Decode(&p)
		if errors.Is(err, stdio.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if len(p.GoFiles) > 0 {
			packs = append(packs, p)
		}
	}
	if len(packs) < 3 {
		t.Fatalf("the go command lists only %d packages", len(packs))
	}
	return packs
}

// within is an import path as a path in the module, or itself when it is not ours.
func within(importPath string) string {
	if importPath == module {
		return "."
	}
	return strings.TrimPrefix(importPath, module+"/")
}

func TestImports(t *testing.T) {
	var packs []pack
	for _, p := range list(t) {
		q := pack{path: within(p.ImportPath), name: p.Name}
		for _, imported := range p.Imports {
			q.imports = append(q.imports, within(imported))
		}
		packs = append(packs, q)
	}
	for _, b := range broken(packs) {
		t.Error(b)
	}
}

func TestTheGroundFloorHasNoClock(t *testing.T) {
	for _, p := range list(t) {
		if !in(ground)(within(p.ImportPath)) {
			continue
		}
		for _, name := range p.GoFiles {
			uses, err := clockUses(filepath.Join(p.Dir, name), nil)
			if err != nil {
				t.Error(err)
			}
			for _, use := range uses {
				t.Errorf("%s: the ground floor takes the time as an argument, so that a fold can be repeated", use)
			}
		}
	}
}

// clockUses lists where a file uses the machine's clock. src is as parser.ParseFile takes it.
func clockUses(name string, src any) ([]string, error) {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, name, src, parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	clock := "" // the name under which the file imports package time
	for _, imp := range file.Imports {
		if p, err := strconv.Unquote(imp.Path.Value); err == nil && p == "time" {
			clock = "time"
			if imp.Name != nil {
				clock = imp.Name.Name
			}
		}
	}
	var uses []string
	ast.Inspect(file, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok && slices.Contains(clockFuncs, s.Sel.Name) {
			if x, ok := s.X.(*ast.Ident); ok && x.Name == clock {
				uses = append(uses, fmt.Sprintf("%s: time.%s", fset.Position(s.Pos()), s.Sel.Name))
			}
		}
		return true
	})
	return uses, nil
}

func TestClockUses(t *testing.T) {
	for _, c := range []struct {
		src  string
		want int
	}{
		{`package p; import "time"; var now = time.Now()`, 1},
		{`package p; import "time"; var now = time.Now`, 1},
		{`package p; import clock "time"; func f() { clock.Sleep(clock.Second) }`, 1},
		{`package p; import "time"; func f(t time.Time) time.Duration { return time.Since(t) + time.Until(t) }`, 2},
		{`package p; import "time"; func f(t time.Time) time.Time { return t.Add(time.Hour) }`, 0},
		{`package p; import "example.com/time"; var now = time.Now()`, 0},
	} {
		if uses, err := clockUses("p.go", c.src); err != nil || len(uses) != c.want {
			t.Errorf("%s: found %v, %v", c.src, uses, err)
		}
	}
}

// TestRules breaks each rule once, and keeps them all once.
func TestRules(t *testing.T) {
	for _, c := range []struct {
		from, imported string
		allowed        bool
	}{
		{".", "github.com/shopspring/decimal", false},
		{".", "internal/score", false},
		{".", "encoding/json", true},
		{"internal/score", ".", true},
		{"internal/score", "internal/playbook", true},
		{"internal/score", "net/url", true},
		{"internal/score", "github.com/goccy/go-yaml", true},
		{"internal/score", "internal/db", false},
		{"internal/score", "internal/engine", false},
		{"internal/score/sub", "internal/mail", false},
		{"internal/playbook", "os", false},
		{"internal/market", "net/http", false},
		{"internal/market", "database/sql", false},
		{"internal/db", ".", true},
		{"internal/db", "internal/eventlog", false},
		{"internal/eventlog", "internal/db", true},
		{"internal/queue", "internal/db", true},
		{"internal/queue", "internal/bus", false},
		{"internal/db", "internal/score", false},
		{"internal/engine", "internal/db", true},
		{"internal/engine", "internal/score", true},
		{"internal/engine", "internal/mail", false},
		{"internal/engine", "internal/api", false},
		{"internal/mail", "internal/engine", true},
		{"internal/mail", "internal/mail/template", true},
		{"internal/mail", "internal/nurture", false},
		{"internal/mail", "internal/api", false},
		{"internal/api", "internal/mail", true},
		{"internal/api", "internal/app", false},
		{"internal/app", "internal/api", true},
		{"internal/cli/measures", "internal/app", true},
		{"internal/app", "internal/cli", false},
		{"cmd/millrace", "internal/app", true},
		{"internal/mail", "internal/dbtest", false},
		{"internal/dbtest/cmd/pgtest", "internal/dbtest", true},
		{"internal/app", "cmd/millrace", false},
		{"internal/exchange/rows", "internal/exchange/mapping", true},
		{"internal/exchange/staging", "internal/exchange", true},
		{"internal/exchange/format", "internal/exchange/mapping", false},
		{"internal/exchange/rows", "internal/exchange", false},
		{"internal/exchange/attic", "internal/exchange/sheet", false},
	} {
		got := broken([]pack{{path: c.from, name: "fine", imports: []string{c.imported}}})
		if (len(got) == 0) != c.allowed {
			t.Errorf("%s imports %s: %q", c.from, c.imported, got)
		}
	}
	for _, p := range []pack{{path: "internal/util", name: "util"}, {path: "internal/mail/common", name: "common"}, {path: "internal/attic", name: "attic"}} {
		if len(broken([]pack{p})) == 0 {
			t.Errorf("%s is taken", p.path)
		}
	}
}
