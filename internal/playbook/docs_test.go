package playbook

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// TestManual reads the examples of docs/playbook.md, which together are one playbook, and holds its figures to the presets.
func TestManual(t *testing.T) {
	page, err := os.ReadFile("../../docs/playbook.md")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	examples := regexp.MustCompile("(?s)```yaml\n(.*?)```").FindAllSubmatch(page, -1)
	for _, m := range examples {
		source.Write(m[1])
	}
	pb, problems := Parse([]byte(source.String()))
	if problems != nil {
		t.Fatalf("%v\nin\n%s", problems, source.String())
	}
	if err := validate(t, compileSchema(t), source.String()); err != nil {
		t.Error(err)
	}
	var sections []string
	for _, m := range membersOf(reflect.TypeFor[Document]()) {
		sections = append(sections, m.key)
	}
	if len(examples) != len(sections)-2 { // format, name and motion share the first example
		t.Errorf("%d examples for the sections %v", len(examples), sections)
	}
	for _, key := range sections {
		if _, _, ok := pb.Position(key); !ok {
			t.Errorf("no example has %s", key)
		}
	}
	for _, p := range Presets() {
		pb, _ := parsePreset(t, p.Name)
		roles := []string{"", "one role", "two roles", "three roles"}[pb.Lifecycle.MQA.Roles]
		row := fmt.Sprintf("| %v days | %d | %d, %s | %s |", pb.Rubric.HalfLifeDays, pb.Lifecycle.MQL.Intent, pb.Lifecycle.MQA.Intent, roles, strings.ToUpper(pb.Lifecycle.SQL.Framework))
		if i := strings.Index(string(page), "| `"+p.Name+"`"); i < 0 || !strings.Contains(strings.SplitN(string(page)[i:], "\n", 2)[0], row) {
			t.Errorf("the page's table has no row of %s with %s", p.Name, row)
		}
	}
	for _, f := range Frameworks() {
		for _, e := range f.Evidence {
			if !strings.Contains(string(page), e.Name) {
				t.Errorf("the page does not name %s of %s", e.Name, f.Name)
			}
		}
	}
}

// TestManualNamesEveryKey: each key of the document is spoken of in the page.
func TestManualNamesEveryKey(t *testing.T) {
	page, err := os.ReadFile("../../docs/playbook.md")
	if err != nil {
		t.Fatal(err)
	}
	root := readSchema(t)
	check := func(where string, s *schemaNode) {
		for key := range s.Properties {
			if !regexp.MustCompile(`\b` + key + `\b`).Match(page) {
				t.Errorf("the page does not name %s of %s", key, where)
			}
		}
	}
	check("the document", root)
	for name, s := range root.Defs {
		check(name, s)
	}
}
