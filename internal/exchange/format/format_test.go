package format

import (
	"os"
	"strings"
	"testing"
)

// TestTheManualListsEveryFormat and every trait a mapping can name a type for.
func TestTheManualListsEveryFormat(t *testing.T) {
	page, err := os.ReadFile("../../../docs/imports.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Known() {
		if !strings.Contains(string(page), "`"+f.ID+"`") {
			t.Errorf("docs/imports.md does not name the format %s", f.ID)
		}
	}
	for _, word := range Types() {
		if !strings.Contains(string(page), "`"+word+"`") {
			t.Errorf("docs/imports.md does not explain %s", word)
		}
	}
}

func TestFormatsAreDescribed(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range Known() {
		if f.ID == "" || f.Title == "" || f.System == "" || len(f.Columns) == 0 || seen[f.ID] {
			t.Errorf("%+v", f)
		}
		seen[f.ID] = true
	}
	if len(seen) != 30 {
		t.Errorf("%d formats", len(seen))
	}
}

func TestSignature(t *testing.T) {
	a, b, c := Signature([]string{"Email", "Name"}), Signature([]string{"name ", "Email"}), Signature([]string{"Email", "Name", "Age"})
	if a != b || a == c {
		t.Errorf("%s %s %s", a, b, c)
	}
}

// TestLongID: the two spellings of one Salesforce record are one id; another system's are left alone.
func TestLongID(t *testing.T) {
	for in, want := range map[string]string{"0015g00000XyZab": "0015g00000XyZabAAF", "0015g00000XyZabAAF": "0015g00000XyZabAAF", "001D000000IqhSL": "001D000000IqhSLIAZ", "abc": "abc", "0015g00000XyZ-b": "0015g00000XyZ-b"} {
		if got := LongID("salesforce", in); got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
	if got := LongID("hubspot", "001D000000IqhSL"); got != "001D000000IqhSL" {
		t.Errorf("HubSpot's is %q", got)
	}
}
