package audit

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the table of docs/audit.md anew")

// TestDocsHaveEveryCheck holds the table of docs/audit.md against the checks; "go test ./internal/audit -run Docs -update" writes it anew.
func TestDocsHaveEveryCheck(t *testing.T) {
	const file, begin, end = "../../docs/audit.md", "<!-- checks -->\n", "<!-- end of checks -->"
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(b), begin)
	table, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		t.Fatalf("%s has no place for the checks", file)
	}
	var want strings.Builder
	want.WriteString("| check | question | severity | it … | source |\n|---|---|---|---|---|\n")
	for _, s := range Specs() {
		want.WriteString("| `" + s.ID + "` | " + s.Title + ": " + s.Question + " | " + string(s.Severity) + " | " + s.Rule + " | " + s.Source + " |\n")
	}
	if *update {
		if err := os.WriteFile(file, []byte(before+begin+want.String()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if table != want.String() {
		t.Errorf("the table of %s is not that of the checks", file)
	}
	if !strings.Contains(string(b), scoreRule) {
		t.Errorf("%s doesn't give the score's rule: %s", file, scoreRule)
	}
}
