package main

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestHelp holds the help of every command against testdata/help.txt, which "go test ./cmd/millrace -run Help -update" writes anew.
func TestHelp(t *testing.T) {
	t.Setenv("COLUMNS", "100")
	var got strings.Builder
	for _, path := range paths(t) {
		var out, errs bytes.Buffer
		if code := run(t.Context(), append(strings.Fields(path), "--help"), &out, &errs); code != 0 || errs.Len() > 0 {
			t.Fatalf("%s: exit code %d, %s", path, code, errs.String())
		}
		fmt.Fprintf(&got, "$ millrace %s\n%s\n", strings.TrimSpace(path+" --help"), out.String())
	}
	const golden = "testdata/help.txt"
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	g, w := strings.Split(got.String(), "\n"), strings.Split(string(want), "\n")
	for i := range max(len(g), len(w)) {
		if i >= len(g) || i >= len(w) || g[i] != w[i] {
			t.Fatalf("%s:%d: help is\n%s", golden, i+1, strings.Join(g[min(i, len(g)):min(i+3, len(g))], "\n"))
		}
	}
}

// model is the command line as kong has it.
func model(t *testing.T) *kong.Application {
	t.Helper()
	var c commands
	parser, err := newParser(&c, &bytes.Buffer{}, &bytes.Buffer{}, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	return parser.Model
}

// paths are all commands, in the order of the help: "", "serve", "key", "key create" …
func paths(t *testing.T) (out []string) {
	t.Helper()
	var walk func(n *kong.Node, path string)
	walk = func(n *kong.Node, path string) {
		out = append(out, path)
		for _, c := range n.Children {
			walk(c, strings.TrimSpace(path+" "+c.Name))
		}
	}
	walk(model(t).Node, "")
	return out
}

// The reasons for which a flag has no twin in the environment.
const (
	oneAct   = "it is about one act: left in the environment it would be about the next one too"
	question = "it is part of a question: left in the environment it would hide rows or answer about another moment, unseen"
)

var withoutTwin = map[string]string{
	"help":                 oneAct,
	"key create kind":      oneAct,
	"key create name":      oneAct,
	"key create scope":     oneAct,
	"key create rate":      oneAct,
	"playbook apply note":  oneAct,
	"playbook apply base":  oneAct,
	"report publish note":  oneAct,
	"user add name":        oneAct,
	"user add role":        oneAct,
	"user invite name":     oneAct,
	"user invite role":     oneAct,
	"access-log action":    question,
	"erase yes":            "erasure can't be undone: it is said each time",
	"user delete yes":      "as erase yes",
	"market generate fill": "it writes a whole market into the database: it is said each time",
	"report show markdown": question, "report restate markdown": question,
	"accounts q": question, "accounts stage": question, "accounts fit": question, "accounts sort": question,
	"contacts q": question, "contacts stage": question, "contacts account": question, "contacts sort": question,
	"leads stage": question, "leads min-intent": question, "leads owner": question, "leads waiting": question,
	"lead accept note": oneAct, "lead accept owner": oneAct, "lead reject note": oneAct, "lead reject reason": oneAct, "lead reject to": oneAct,
	"lead qualify note": oneAct, "lead qualify evidence": oneAct, "lead assign owner": oneAct, "lead assign note": oneAct, "lead undo note": oneAct,
	"opportunity create account": oneAct, "opportunity create stage": oneAct, "opportunity create amount": oneAct, "opportunity create close-on": oneAct,
	"opportunity create owner": oneAct, "opportunity create product": oneAct, "opportunity create contact": oneAct,
	"opportunity move amount": oneAct, "opportunity move close-on": oneAct, "opportunity move owner": oneAct, "opportunity move product": oneAct,
	"opportunity move contact": oneAct, "opportunity close reason": oneAct,
	"opportunities status": question, "opportunities owner": question,
	"spend channel": question, "spend campaign": question, "spend platform": question, "spend from": question, "spend to": question,
	"attribution model": question, "attribution order": question, "attribution weights": question, "attribution bootstrap": question,
	"measure attribution by": question, "measure attribution measure": question, "measure attribution moment": question, "measure attribution model": question, "measure attribution order": question, "measure attribution replicates": question,
	"measure plan target": question, "measure plan by": question, "measure plan since": question,
	"review scenario source": question, "review scenario target": question,
	"report publish from": oneAct, "report publish to": oneAct, "report publish lead-by": oneAct, "report publish lag-days": oneAct,
	"report publish gross-margin": oneAct, "report publish by": oneAct, "report publish measure": oneAct, "report restate all": question,
	"retag add source": oneAct, "retag add medium": oneAct, "retag add campaign": oneAct, "retag add host": oneAct, "retag add click-id": oneAct,
	"retag add set-source": oneAct, "retag add set-medium": oneAct, "retag add set-campaign": oneAct, "retag add note": oneAct,
	"dashboard table": question,
	"schedule add to": oneAct, "schedule add title": oneAct, "schedule add span": oneAct, "schedule add compare": oneAct, "schedule add every": oneAct, "schedule add day": oneAct, "schedule add at": oneAct,
	"annotation add to": oneAct, "annotation add channel": oneAct, "annotation add campaign": oneAct, "annotation list removed": question,
	"annotation change from": oneAct, "annotation change to": oneAct, "annotation change text": oneAct, "annotation change channel": oneAct, "annotation change campaign": oneAct,
	"audit markdown": oneAct, "audit html": oneAct,
	"audit only":    "left in the environment it would hide what failed, unseen",
	"docs search":   question,
	"explain as-of": question, "explain known-at": question,
	"channel url": question, "channel referrer": question, "channel source": question, "channel medium": question, "channel campaign": question,
	"channel term": question, "channel content": question, "channel event": question,
}

// TestEveryFlagHasATwin expects an environment variable, MILLRACE_…, for every flag, or the reason why it has none.
func TestEveryFlagHasATwin(t *testing.T) {
	left := map[string]bool{}
	for name := range withoutTwin {
		left[name] = true
	}
	twins := map[string]string{}
	var walk func(n *kong.Node, path string)
	walk = func(n *kong.Node, path string) {
		for _, f := range n.Flags {
			name := strings.TrimSpace(path + " " + f.Name)
			if f.Help == "" {
				t.Errorf("%s has no help", name)
			}
			switch {
			case len(f.Envs) == 0 && withoutTwin[name] == "":
				t.Errorf("%s has neither a twin in the environment nor a reason to have none", name)
			case len(f.Envs) > 0 && withoutTwin[name] != "":
				t.Errorf("%s has both a twin in the environment and a reason to have none", name)
			case len(f.Envs) > 0 && !strings.HasPrefix(f.Envs[0], "MILLRACE_"):
				t.Errorf("%s: %s", name, f.Envs[0])
			case len(f.Envs) > 0 && twins[f.Envs[0]] != "" && twins[f.Envs[0]] != f.Name:
				t.Errorf("%s is the twin of both --%s and --%s", f.Envs[0], f.Name, twins[f.Envs[0]])
			case len(f.Envs) > 0:
				twins[f.Envs[0]] = f.Name
			}
			delete(left, name)
		}
		for _, c := range n.Children {
			if c.Help == "" {
				t.Errorf("%s %s has no help", path, c.Name)
			}
			walk(c, strings.TrimSpace(path+" "+c.Name))
		}
	}
	walk(model(t).Node, "")
	for name := range left {
		t.Errorf("%s is no flag", name)
	}
}

// TestScripts runs testdata/script: the commands as people and scripts use them.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script", UpdateScripts: *update, RequireUniqueNames: true, RequireExplicitExec: true,
		Setup: func(e *testscript.Env) error {
			e.Vars = environ(e.Vars...)
			e.Setenv("MILLRACE_DB", "w.db")
			e.Setenv("HOME", e.WorkDir)
			return nil
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){"code": exitsWith, "json": hasJSON, "serve": serving},
	})
}
