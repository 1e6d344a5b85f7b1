package mapping

import (
	"os"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"millrace"
)

func TestMappingErrorsNameTheLine(t *testing.T) {
	for name, c := range map[string]struct{ src, want string }{
		"empty":          {"", "empty"},
		"no entity":      {"columns:\n  A: email\n", "entity is missing"},
		"bad entity":     {"entity: leads\n", "line 1, column 9: entity \"leads\" is unknown"},
		"no columns":     {"entity: contacts\n", "columns is missing"},
		"unknown key":    {"entity: contacts\ncolums:\n  A: email\n", "line 2, column 1: unknown key \"colums\""},
		"bad type":       {"entity: contacts\ncolumns:\n  A: {trait: x, type: tekst}\n", "line 3"},
		"bad column key": {"entity: contacts\ncolumns:\n  A: {trait: x, kind: text}\n", "unknown key \"kind\""},
		"bad trait":      {"entity: contacts\ncolumns:\n  A: First Name\n", "line 3, column 6: \"First Name\" is no trait name"},
		"format alone":   {"entity: contacts\ncolumns:\n  A: {trait: email, type: email, format: dd.MM.yyyy}\n", "format is for"},
		"bad format":     {"entity: contacts\ncolumns:\n  A: {trait: created_at, format: tomorrow}\n", "unknown part"},
		"stage alone":    {"entity: opportunities\ncolumns:\n  A: {trait: name, stage: Demo}\n", "stage is for"},
		"role alone":     {"entity: opportunities\ncolumns:\n  A: {trait: name, role: user}\n", "role is for"},
		"twice":          {"entity: contacts\ncolumns:\n  Email: email\n  Email: name\n", "line 4"},
		"bad zone":       {"entity: contacts\ntimezone: Mars\ncolumns: {A: email}\n", "line 2, column 11: timezone"},
		"bad currency":   {"entity: contacts\ncurrency: euro\ncolumns: {A: email}\n", "currency"},
		"bad stage":      {"entity: opportunities\nstage_map: {Sieg: victory}\ncolumns: {A: name}\n", "line 2"},
		"bad lifecycle":  {"entity: contacts\nlifecycle_map: {Hot: warm}\ncolumns: {A: email}\n", "\"warm\" is no lifecycle stage"},
		"bad delimiter":  {"entity: contacts\ndelimiter: \"::\"\ncolumns: {A: email}\n", "delimiter"},
		"bad system":     {"entity: contacts\nsystem: My CRM\ncolumns: {A: email}\n", "system"},
		"not yaml":       {"entity: [contacts\ncolumns", "line"},
		"a list":         {"- a\n- b\n", "key: value"},
		"two documents":  {"entity: contacts\ncolumns: {A: email}\n---\na: b\n", "a second begins here"},
		"not utf-8":      {"entity: \xff", "UTF-8"},
		"alias":          {"entity: &e contacts\ncolumns: {A: *e}\n", "wants a text"},
		"deep":           {"entity: " + strings.Repeat("[", 1000), "nested deeper"},
	} {
		t.Run(name, func(t *testing.T) {
			m, err := Parse([]byte(c.src))
			if millrace.ErrorCode(err) != millrace.Invalid || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v %v, want %q", m, err, c.want)
			}
		})
	}
}

func TestMappingDocumentErrorsNameTheColumn(t *testing.T) {
	d := Document{Entity: "contacts", Columns: []Column{{Header: "A", Trait: "email"}, {Header: "Wann", Trait: "title", Format: "dd.MM.yyyy", Type: "text"}}}
	_, err := d.Mapping()
	if e, ok := err.(*millrace.Error); !ok || e.Field != "mapping.columns.Wann" {
		t.Errorf("%v", err)
	}
}

// FuzzMappingDocument: any words come back from the text as they went in, or are refused.
func FuzzMappingDocument(f *testing.F) {
	f.Add("Preis: netto", "no", "a\"b\\c")
	f.Add("\u2028 #x", "0x1", "- {")
	f.Add("null", "~", "ä\u00a0\U0001f600")
	f.Fuzz(func(t *testing.T, header, constant, stage string) {
		if all := header + "\n" + constant + "\n" + stage; !utf8.ValidString(all) || strings.ContainsRune(all, utf8.RuneError) {
			return // JSON has none, and the YAML library drops the sign for them
		}
		d := Document{Entity: "opportunities", Columns: []Column{{Header: header, Trait: "name"}}, Constants: map[string]string{"region": constant}, StageMap: map[string]string{stage: "won"}}
		m, err := d.Mapping()
		if err != nil {
			if millrace.ErrorCode(err) != millrace.Invalid && millrace.ErrorCode(err) != millrace.TooLarge {
				t.Fatal(err)
			}
			return
		}
		if !reflect.DeepEqual(m.Document, d) {
			t.Fatalf("%+v became %+v by\n%s", d, m.Document, d.YAML())
		}
	})
}

// TestTheManualExplainsEveryKey of a mapping.
func TestTheManualExplainsEveryKey(t *testing.T) {
	page, err := os.ReadFile("../../../docs/imports.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, word := range mappingKeys {
		if !strings.Contains(string(page), "`"+word+"`") {
			t.Errorf("docs/imports.md does not explain %s", word)
		}
	}
}
