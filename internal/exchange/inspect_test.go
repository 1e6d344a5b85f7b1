package exchange

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"

	"millrace"
	"millrace/internal/exchange/format"
	"millrace/internal/exchange/mapping"
	"millrace/internal/exchange/rows"
)

func inspected(t *testing.T, content string, o Options) Inspection {
	t.Helper()
	in, err := Inspect("x.csv", strings.NewReader(content), o)
	if err != nil {
		t.Fatal(err)
	}
	return in
}

func (in *Inspection) column(t *testing.T, header string) rows.ColumnReport {
	t.Helper()
	i := slices.IndexFunc(in.Columns, func(c rows.ColumnReport) bool { return c.Header == header })
	if i < 0 {
		t.Fatalf("no column %q among %+v", header, in.Columns)
	}
	return in.Columns[i]
}

// strange is a file as only one company has it: semicolons, UTF-16, German decimals, its own headings, one of them twice.
func strange(t *testing.T) string {
	t.Helper()
	text := "Vorgang;Kundenname;Umsatzwert;Stand;Angelegt am;Notiz;Notiz;€\r\n" +
		"Rahmenvertrag;Müller AG;12.500,50;Gewonnen;04.03.2026;erste;zweite;x\r\n" +
		"Pilot;Huber KG;900,00;Angebot;05.04.2026;;;\r\n" +
		"Ohne Kunde;;1,00;Angebot;05.04.2026;;;\r\n"
	out, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestInspectAStrangeFile(t *testing.T) {
	in := inspected(t, strange(t), options(""))
	if in.Recognised || in.Encoding != "UTF-16 LE" || in.Delimiter != ";" || in.Looked != 3 || !in.Whole || len(in.Sources) != 0 {
		t.Errorf("%+v", in)
	}
	// Chosen by hand: what the columns are.
	d := mapping.Document{Entity: "opportunities", Columns: []mapping.Column{{Header: "Vorgang", Trait: "name"}, {Header: "Kundenname", Trait: "account"}, {Header: "Umsatzwert", Trait: "amount"},
		{Header: "Stand", Trait: "stage"}, {Header: "Notiz (2)", Trait: "skip"}}, StageMap: map[string]string{"Gewonnen": "won"}, Currency: "EUR"}
	o := options("")
	var err error
	if o.Mapping, err = d.Mapping(); err != nil {
		t.Fatal(err)
	}
	in = inspected(t, strange(t), o)
	if len(in.Missing) != 0 || in.Rejected != 1 || in.Rejects[0].Line != 4 || in.Rejects[0].Reason != rows.ReasonNoKey {
		t.Errorf("missing %v, rejects %+v", in.Missing, in.Rejects)
	}
	if got := in.Rows[0].Values; got["amount"] != "12500.5" || got["currency"] != "EUR" || got["status"] != "won" || got["notiz"] != "erste" || got["notiz_2"] != "" || got["column_8"] != "x" {
		t.Errorf("%v", got)
	}
	if in.Decimals.Value != "," || in.Decimals.Open || in.Currency != (rows.Settled{Value: "EUR", Said: true, Cells: 0}) || in.Stages[0] != "Angebot" {
		t.Errorf("%+v %+v %v", in.Decimals, in.Currency, in.Stages)
	}
	if c := in.column(t, "Notiz"); c.By != "unknown" || c.Trait != "notiz" || !slices.Equal(c.Samples, []string{"erste"}) {
		t.Errorf("%+v", c)
	}
	if c := in.column(t, "Notiz (2)"); c.By != "mapping" || c.Trait != "" {
		t.Errorf("%+v", c)
	}
}

func TestInspectSaysWhatIsMissingAndOpen(t *testing.T) {
	in := inspected(t, "Land,Wert,Wann\nDE,1.200,3/4/2026\n", options("opportunities"))
	if len(in.Missing) != 2 || !slices.Contains(in.Missing[0].OneOf, "name") || in.Rejected != 1 {
		t.Errorf("%+v %+v", in.Missing, in.Rejects)
	}
	in = inspected(t, "Deal Name,Account,Amount,Close Date\nA,B,\"1,200\",3/4/2026\n", options(""))
	if in.Entity != "opportunities" || !in.Dates.Open || in.Dates.Value != "mdy" || !in.Decimals.Open || !in.Currency.Open || !in.Timezone.Open {
		t.Errorf("%s %+v %+v %+v %+v", in.Entity, in.Dates, in.Decimals, in.Currency, in.Timezone)
	}
	in = inspected(t, "Deal Name,Account,Amount,Close Date\nA,B,1.5,23/4/2026\n", options(""))
	if in.Dates.Open || in.Dates.Value != "dmy" || in.Decimals.Open || in.Decimals.Value != "." {
		t.Errorf("%+v %+v", in.Dates, in.Decimals)
	}
	in = inspected(t, "Campaign,Amount spent (EUR),Reporting starts,Reporting ends,Ad set name\nA,1.5,2026-03-01,2026-03-31,x\n", options(""))
	if in.Format != "meta-ads" || !strings.Contains(in.Refused, "Breakdown > By time > Day") {
		t.Errorf("%s %q", in.Format, in.Refused)
	}
}

func TestInspectSuggests(t *testing.T) {
	in := inspected(t, "Geschäftliche E-Mail,Netz,Etwas\na@b.example,https://b.example/x,1\nc@d.example,https://d.example,2\n", options("contacts"))
	for header, want := range map[string]string{"Geschäftliche E-Mail": "email", "Netz": "website", "Etwas": ""} {
		if c := in.column(t, header); c.Suggestion != want || c.By != "unknown" {
			t.Errorf("%s: %+v", header, c)
		}
	}
	if in = inspected(t, "Kontakt,Email\na@b.example,c@d.example\n", options("")); in.column(t, "Kontakt").Suggestion != "" {
		t.Error("a field that another column fills was suggested")
	}
}

// TestAnInspectionsMappingReadsTheSame: what an inspection writes out, imported as a mapping, makes the facts that the file makes without one.
func TestAnInspectionsMappingReadsTheSame(t *testing.T) {
	for name, content := range map[string]string{
		"hubspot": "Record ID,Email,Lifecycle Stage,Lead Status,Favourite Colour,E-Mail,Owner Note\n1,a@b.example,lead,New,red,z@b.example,x\n",
		"deals":   "Record ID,Deal Name,Deal Stage,Deal owner,Pipeline,\"Date entered \"\"Demo\"\"\",Amount,Contract value,Close Date\n1,A,closedwon,Kim,p,2026-03-01,12,13,2026-04-01\n",
		"history": "Opportunity ID,Opportunity Name,To Stage,From Stage,Last Modified,Probability\n1,A,Demo,New,2026-03-01,10\n1,A,Closed Won,Demo,2026-03-02,100\n",
		"maven":   "account,sector,year_established,revenue,employees,office_location,subsidiary_of\nAcme,technolgy,1999,12.5,100,Philipines,\n",
		"rates":   "Date,USD,JPY,GBP,CHF,SEK,\n2026-03-02,1.1,160,0.8,0.9,11,\n",
		"meta":    "Day,Campaign name,Ad set name,Amount spent (EUR),CTR (all),Country,Reporting starts,Reporting ends\n2026-03-01,A,s,1.5,2,DE,2026-03-01,2026-03-01\n2026-03-01,A,s,1.5,2,AT,2026-03-01,2026-03-01\n",
		"events":  "event,email,timestamp,planName,properties.seats\nSigned Up,a@b.example,2026-03-01T10:00:00Z,pro,5\n",
		"plain":   "Company,Website,Created At,Amount_x\nAcme,acme.example,2026-03-01,5\n",
	} {
		t.Run(name, func(t *testing.T) {
			bare, mapped := &memory{}, &memory{}
			o := options("")
			if name == "plain" || name == "events" {
				o.Entity = map[string]string{"plain": "accounts", "events": "events"}[name]
			}
			run(t, bare, "x.csv", content, o)
			in := inspected(t, content, o)
			m, err := mapping.Parse(in.Mapping.YAML())
			if err != nil {
				t.Fatalf("%v in\n%s", err, in.Mapping.YAML())
			}
			if !reflect.DeepEqual(m.Document, in.Mapping) {
				t.Errorf("the text says %+v, the document %+v", m.Document, in.Mapping)
			}
			o.Mapping = m
			run(t, mapped, "x.csv", content, o)
			if a, b := asText(t, bare.events), asText(t, mapped.events); a != b {
				t.Errorf("mapped:\n%s\nbare:\n%s\nby\n%s", b, a, in.Mapping.YAML())
			}
		})
	}
}

func asText(t *testing.T, events []millrace.Event) string {
	t.Helper()
	b, err := json.MarshalIndent(events, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestInspectReadsTheHeadAlone(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write([]byte("Email,Name\na@b.example,A\n"))
	line := bytes.Repeat([]byte{'x'}, 1<<20)
	for range 64 { // one line of 64 MiB
		z.Write(line)
	}
	z.Close()
	in, err := Inspect("x.csv.gz", bytes.NewReader(packed.Bytes()), options(""))
	if err != nil || in.Whole || in.Looked != 1 || in.Rows[0].Values["email"] != "a@b.example" {
		t.Errorf("%+v %v", in, err)
	}
}

// TestAnInspectionHasNoNulls: the description promises lists.
func TestAnInspectionHasNoNulls(t *testing.T) {
	for _, content := range []string{"Etwas\n1\n", "Email,Name\na@b.example,A\n"} {
		b, err := json.Marshal(inspected(t, content, options("")))
		if err != nil || bytes.Contains(b, []byte("null")) {
			t.Errorf("%s %v", b, err)
		}
	}
	if b, err := json.Marshal(format.Entities()); err != nil || bytes.Contains(b, []byte("null")) {
		t.Errorf("%s %v", b, err)
	}
}
