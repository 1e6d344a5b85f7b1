package exchange

import (
	"os"
	"strings"
	"testing"

	"millrace"
	"millrace/internal/exchange/mapping"
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
	mapping, err := mapping.Parse([]byte(docsExample(t, "yaml", 0)))
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

func mustMapping(t *testing.T, src string) *mapping.Mapping {
	t.Helper()
	m, err := mapping.Parse([]byte(src))
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
		m, err := mapping.Parse(src)
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
