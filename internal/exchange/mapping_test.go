package exchange

import (
	"os"
	"strings"
	"testing"

	"millrace"
)

// docsExample takes the n-th fenced block of a language out of the manual.
func docsExample(t *testing.T, language string, n int) string {
	t.Helper()
	page, err := os.ReadFile("../../docs/imports.md")
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(string(page), "```"+language+"\n")
	if len(parts) <= n+1 {
		t.Fatalf("docs/imports.md has no %s block number %d", language, n+1)
	}
	block, _, _ := strings.Cut(parts[n+1], "```")
	return block
}

// TestTheManualsMapping: the mapping in docs/imports.md reads the file in docs/imports.md as the page says.
func TestTheManualsMapping(t *testing.T) {
	mapping, err := ParseMapping([]byte(docsExample(t, "yaml", 0)))
	if err != nil {
		t.Fatal(err)
	}
	m, o := &memory{}, options("opportunities")
	o.Mapping = mapping
	s := run(t, m, "geschaefte.csv", docsExample(t, "csv", 0), o)
	if s.Format != "mapping:pipedrive" || s.Accepted != 2 {
		t.Fatalf("%+v", s)
	}
	checkEvent(t, m.events[0], `opportunity pipedrive:DE/17 at 2026-03-03T23:00:00.000Z recorded 2026-05-01T22:00:00.000Z <> {"name":"Rahmenvertrag","account":"Müller AG","amount":"12500.5","currency":"EUR","stage":"Gewonnen","status":"won",`+
		`"closed_at":"2026-05-01T22:00:00.000Z","contacts":[{"email":"eva@mueller.example","role":"champion"}],"stages":[{"at":"2026-04-09T22:00:00.000Z","stage":"Demo"}],"region":"DACH","kanal":"Messe","intern":null}`)
	checkEvent(t, m.events[1], `opportunity pipedrive:AT/18 at 2026-04-04T22:00:00.000Z recorded 2026-04-04T22:00:00.000Z <> {"status":"open","stage":"Angebot","amount":"900"}`)
	if len(s.Unused) != 1 || s.Unused[0] != "Intern" {
		t.Errorf("unused %q", s.Unused)
	}
}

// TestTheManualListsEveryFormat and every trait a mapping can name a type for.
func TestTheManualListsEveryFormat(t *testing.T) {
	page, err := os.ReadFile("../../docs/imports.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range Formats() {
		if !strings.Contains(string(page), "`"+f.ID+"`") {
			t.Errorf("docs/imports.md does not name the format %s", f.ID)
		}
	}
	for _, word := range append(append([]string{}, columnTypes...), mappingKeys...) {
		if !strings.Contains(string(page), "`"+word+"`") {
			t.Errorf("docs/imports.md does not explain %s", word)
		}
	}
}

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
			m, err := ParseMapping([]byte(c.src))
			if millrace.ErrorCode(err) != millrace.Invalid || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v %v, want %q", m, err, c.want)
			}
		})
	}
}

func mustMapping(t *testing.T, src string) *Mapping {
	t.Helper()
	m, err := ParseMapping([]byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestMappingBuildsOnARecognisedFormat(t *testing.T) {
	m, o := &memory{}, options("")
	o.Mapping = mustMapping(t, "entity: contacts\nlifecycle_map: {Hot: sql}\ncolumns:\n  Branche: industry\n  Spalte: skip\n  Fehlt: title\n")
	s := run(t, m, "x.csv", "Record ID,Email,Lifecycle Stage,Lead Status,Branche,Spalte\n1,a@b.example,Hot,New,Maschinenbau,x\n", o)
	checkEvent(t, m.events[0], `contact hubspot:1 at 2026-06-01T00:00:00.000Z recorded  <a@b.example> undated {"industry":"Maschinenbau","lifecycle_stage":"sql","lead_status":"new","spalte":null}`)
	if !hasNote(s, `"Fehlt" is not in the file`) {
		t.Errorf("%q", s.Notes)
	}
}

func TestMappingDescribesHistoryAndRoles(t *testing.T) {
	m, o := &memory{}, options("")
	o.Mapping = mustMapping(t, "entity: opportunities\nsystem: crm\nid: Deal\ncolumns:\n  Phase: history.stage\n  Seit: {trait: history.at, format: dd.MM.yyyy}\n")
	run(t, m, "x.csv", "Deal,Phase,Seit\n1,Demo,02.03.2026\n1,Won,04.03.2026\n2,Demo,05.03.2026\n", o)
	checkEvent(t, m.events[0], `opportunity crm:1 at 2026-03-04T00:00:00.000Z recorded 2026-03-04T00:00:00.000Z <> {"status":"won","stages":[{"at":"2026-03-02T00:00:00.000Z","stage":"Demo"},{"at":"2026-03-04T00:00:00.000Z","stage":"Won"}]}`)
	m = &memory{}
	o.Mapping = mustMapping(t, "entity: opportunities\nsystem: crm\nid: Deal\ncolumns:\n  Person: contact.email\n  Rolle: contact.role\n")
	run(t, m, "x.csv", "Deal,Person,Rolle\n1,a@b.example,Champion\n1,c@b.example,User\n", o)
	checkEvent(t, m.events[0], `opportunity crm:1 at 2026-06-01T00:00:00.000Z recorded  <> undated {"contacts":[{"email":"a@b.example","role":"Champion"},{"email":"c@b.example","role":"User"}]}`)
}

func TestMappingThatDoesNotFit(t *testing.T) {
	o := options("accounts")
	o.Mapping = mustMapping(t, "entity: contacts\ncolumns: {A: email}\n")
	if msg := refused(t, "x.csv", "A\na@b.example\n", o); !strings.Contains(msg, "the mapping is for contacts") {
		t.Error(msg)
	}
	o = options("contacts")
	o.Mapping = mustMapping(t, "entity: contacts\nid: [Land, Nr]\ncolumns: {A: email}\n")
	if msg := refused(t, "x.csv", "A,Nr\na@b.example,1\n", o); !strings.Contains(msg, `"Land"`) {
		t.Error(msg)
	}
	o.Mapping = mustMapping(t, "entity: contacts\nunknown: skip\ncolumns: {A: email}\n")
	m := &memory{}
	s := run(t, m, "x.csv", "A,Nr\na@b.example,1\n", o)
	if string(m.events[0].Data) != `{"email":"a@b.example"}` || len(s.Unused) != 1 {
		t.Errorf("%s %q", m.events[0].Data, s.Unused)
	}
}

// FuzzMapping: no text crashes the parser, an error is coded, and what parses is usable.
func FuzzMapping(f *testing.F) {
	f.Add([]byte("entity: contacts\nid: [A, B]\ncolumns:\n  A: email\n  B: {trait: created_at, format: dd.MM.yyyy}\n"))
	f.Add([]byte("entity: opportunities\nsystem: x\nstage_map: {a: won}\ncolumns: {A: {trait: stages, stage: Demo}}\n"))
	f.Add([]byte("a: &a [*a]\n? {b: c}\n: d\n"))
	f.Add([]byte("{{{{[[[["))
	f.Fuzz(func(t *testing.T, src []byte) {
		m, err := ParseMapping(src)
		if err != nil {
			if c := millrace.ErrorCode(err); c != millrace.Invalid && c != millrace.TooLarge {
				t.Fatalf("%s: %v", c, err)
			}
			return
		}
		o := options(m.Entity)
		o.Mapping, o.DryRun = m, true
		if _, _, err := Run(t.Context(), nil, "x.csv", strings.NewReader("A,B\n1,2\n"), o); err != nil && millrace.ErrorCode(err) != millrace.Invalid {
			t.Fatal(err)
		}
	})
}
