package exchange

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"millrace"

	"github.com/tidwall/gjson"
)

// TestFormats: each recognised kind of file, by the facts that it makes.
func TestFormats(t *testing.T) {
	for _, c := range []struct {
		file, format, asked      string
		rows, accepted, rejected int64
		events                   []string // what they are, in short
	}{
		{"hubspot-contacts.csv", "hubspot-contacts", "", 3, 3, 0, []string{
			`contact hubspot:1042 at 2025-03-14T17:22:00.000Z recorded 2026-01-05T08:00:00.000Z <anna.berg@acme.example> {"city":"Berlin","company":"Acme Ltd","country":"Germany","email":"anna.berg@acme.example","first_name":"Anna","gdpr_consent":"yes"}`,
			`contact hubspot:1043 at 2025-04-01T08:00:00.000Z recorded 2025-04-01T08:00:00.000Z <> {"company":"Beta GmbH","email_original":"not an address","lead_status":"new","lifecycle_stage":"customer","phone":"1.5551E+10"}`,
			`contact hubspot:1044 at 2026-06-01T00:00:00.000Z recorded  <> undated {}`}},
		{"hubspot-companies.csv", "hubspot-companies", "accounts", 2, 2, 0, []string{
			`account hubspot:9001 at 2024-01-02T07:00:00.000Z recorded 2026-02-03T08:30:00.000Z <> {"domain":"acme.example","employees":1200,"founded":1999,"name":"Acme Ltd","revenue":45000000,"technologies":["Segment","Marketo"],"lifecycle_stage":"customer"}`,
			`account hubspot:9002 at 2024-05-02T06:00:00.000Z recorded 2024-05-02T06:00:00.000Z <> {"domain":"beta.example","employees":51,"revenue":10000000,"website":"http://beta.example"}`}},
		{"hubspot-deals.csv", "hubspot-deals", "", 3, 3, 0, []string{
			`opportunity hubspot:501 at 2025-11-01T08:00:00.000Z recorded 2026-02-01T09:05:00.000Z <> {"account":"Acme Ltd","account_id":"hubspot:9001","amount":"12500.5","currency":"EUR","status":"won","stage":"Closed Won","closed_at":"2026-02-01T09:00:00.000Z","opened_at":"2025-11-01T08:00:00.000Z","owner":"Dana Sales","stages":[{"at":"2025-11-03T08:00:00.000Z","stage":"Appointment Scheduled"},{"at":"2026-02-01T09:00:00.000Z","stage":"Closed Won"}],"contacts":[{"email":"anna.berg@acme.example","name":"Anna Berg"},{"id":"hubspot:1043"}]}`,
			`opportunity hubspot:502 at 2025-12-01T08:00:00.000Z recorded 2026-01-15T09:00:00.000Z <> {"status":"lost","loss_reason":"Price","amount":"900"}`,
			`opportunity hubspot:503 at 2026-03-01T08:00:00.000Z recorded 2026-03-02T09:00:00.000Z <> {"status":"open","expected_close_at":"2026-08-01T08:00:00.000Z","closed_at":null,"amount":null}`}},
		{"salesforce-leads.csv", "salesforce-leads", "contacts", 2, 2, 0, []string{
			`contact salesforce:cleo@gamma.example at 2026-06-01T00:00:00.000Z recorded  <cleo@gamma.example> undated {"company":"Gamma SA","owner":"Dana Sales","lead_source":"Web","title":"CTO","street":"1 Main St\nSuite 2"}`,
			`contact salesforce:dirk|delta at 2026-06-01T00:00:00.000Z recorded  <> undated {"email_original":"dirk@@delta"}`}},
		{"salesforce-contacts.csv", "salesforce-contacts", "", 1, 1, 0, []string{
			`contact salesforce:0035g00000ABcDeAAL at 2026-03-13T23:00:00.000Z recorded 2026-03-13T23:00:00.000Z <eva@epsilon.example> {"company":"Epsilon SAS","phone":"+33123456789","salutation":"Ms."}`}},
		{"salesforce-accounts.csv", "salesforce-accounts", "", 1, 1, 0, []string{
			`account salesforce:0015g00000XyZabAAF at 2026-03-13T23:00:00.000Z recorded 2026-03-13T23:00:00.000Z <> {"domain":"epsilon.example","employees":350,"revenue":12000000,"region":"ARA"}`}},
		{"salesforce-opportunities.csv", "salesforce-opportunities", "", 2, 2, 0, []string{
			`opportunity salesforce:0065g00000OpAaaAAF at 2026-01-04T23:00:00.000Z recorded 2026-03-13T23:00:00.000Z <> {"amount":"50000","currency":"EUR","status":"won","account_id":"salesforce:0015g00000XyZabAAF"}`,
			`opportunity salesforce:0065g00000OpBbbAAF at 2026-02-16T23:00:00.000Z recorded 2026-02-28T23:00:00.000Z <> {"status":"open","expected_close_at":"2026-09-29T22:00:00.000Z"}`}},
		{"salesforce-history.csv", "salesforce-opportunity-history", "opportunities", 5, 4, 1, []string{
			`opportunity salesforce:0065g00000OpAaaAAF at 2026-03-14T09:00:00.000Z recorded 2026-03-14T09:00:00.000Z <> {"stage":"Closed Won","status":"won","stages":[{"amount":"40000","at":"2026-01-05T08:00:00.000Z","stage":"Prospecting"},{"amount":"45000","at":"2026-02-01T08:30:00.000Z","from_stage":"Prospecting","stage":"Proposal"},{"amount":"50000","at":"2026-03-14T09:00:00.000Z","from_stage":"Proposal","stage":"Closed Won"}]}`,
			`opportunity salesforce:0065g00000OpBbbAAF at 2026-02-17T07:00:00.000Z recorded 2026-02-17T07:00:00.000Z <> {"stage":"Qualification","status":"open"}`}},
		{"salesforce-roles.csv", "salesforce-contact-roles", "opportunities", 2, 2, 0, []string{
			`opportunity salesforce:0065g00000OpAaaAAF at 2026-06-01T00:00:00.000Z recorded  <> undated {"status":null,"contacts":[{"contact_name":"Eva Ek","email":"eva@epsilon.example","id":"salesforce:0035g00000ABcDeAAL","primary":true,"role":"Economic Buyer"},{"contact_name":"Finn Foss","email":"finn@epsilon.example","id":"salesforce:0035g00000ABcDfAAL","primary":false,"role":"Champion"}]}`}},
		{"pdl-companies.csv", "pdl-companies", "", 2, 2, 0, []string{
			`account pdl:ibm.example at 2026-06-01T00:00:00.000Z recorded  <> undated {"founded":1911,"employees":10001,"current_employee_estimate":"274047"}`,
			`account pdl:tiny at 2026-06-01T00:00:00.000Z recorded  <> undated {"employees":1}`}},
		{"mautic-contacts.csv", "mautic-contacts", "", 1, 1, 0, []string{
			`contact mautic:7 at 2025-02-03T03:05:06.000Z recorded 2025-02-03T03:05:06.000Z <gus@eta.example> {"tags":["vip","newsletter"],"title":"Mr","position":"Buyer","first_name":"Gus","points":"12"}`}},
		{"events.csv", "csv-events", "events", 6, 4, 2, []string{
			`page  at 2026-03-14T18:22:10.000Z recorded 2026-03-14T18:22:10.000Z <> www.acme.example/pricing {}`,
			`track  at 2026-03-14T18:25:00.000Z recorded 2026-03-14T18:25:00.000Z <anna@acme.example> {"seats":25,"plan":"pro"}`,
			`identify  at 2026-03-14T18:25:01.000Z recorded 2026-03-14T18:25:01.000Z <anna@acme.example> {"plan":"pro","email":"anna@acme.example"}`,
			`track  at 2026-06-01T00:00:00.000Z recorded  <> undated {}`}},
		{"reps.csv", "csv-reps", "reps", 1, 1, 0, []string{
			`rep csv:dana@us.example at 2026-06-01T00:00:00.000Z recorded  <> undated {"manager":"Max Boss","region":"EMEA","name":"Dana Sales"}`}},
	} {
		t.Run(c.file, func(t *testing.T) {
			text, err := os.ReadFile(filepath.Join("testdata", c.file))
			if err != nil {
				t.Fatal(err)
			}
			m, o := &memory{}, options(c.asked)
			o.Timezone = "Europe/Berlin"
			s := run(t, m, c.file, string(text), o)
			if s.Format != c.format || s.Rows != c.rows || s.Accepted != c.accepted || s.Rejected != c.rejected {
				t.Fatalf("%s: %d rows, %d accepted, %d rejected %v", s.Format, s.Rows, s.Accepted, s.Rejected, s.ExampleRejects)
			}
			if len(m.events) != len(c.events) {
				t.Fatalf("%d events, want %d", len(m.events), len(c.events))
			}
			for i, want := range c.events {
				checkEvent(t, m.events[i], want)
			}
			if again := run(t, m, c.file, string(text), o); again.Accepted != 0 || again.Duplicates != s.Accepted {
				t.Fatalf("again: %d accepted, %d duplicates", again.Accepted, again.Duplicates)
			}
		})
	}
}

// checkEvent compares an event with its short form: the head exactly, and of the data the members that are given (null: absent).
func checkEvent(t *testing.T, e millrace.Event, want string) {
	t.Helper()
	at := strings.LastIndex(want, "> ")
	brace := at + strings.Index(want[at:], "{")
	head := strings.Join([]string{e.Kind.String(), e.RecordID, "at", e.OccurredAt.String(), "recorded", e.RecordedAt.String(), "<" + e.Email + ">"}, " ")
	if e.Flags.Has(millrace.FlagUndated) {
		head += " undated"
	}
	if e.Host != "" {
		head += " " + e.Host + e.Path
	}
	if head+" " != want[:brace] {
		t.Errorf("got  %s\nwant %s", head, want[:brace])
	}
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(want[brace:]), &members); err != nil {
		t.Fatalf("the test's own %s: %v", want[brace:], err)
	}
	data := map[string]json.RawMessage{}
	if len(e.Data) > 0 {
		if err := json.Unmarshal(e.Data, &data); err != nil {
			t.Fatal(err)
		}
	}
	for k, v := range members {
		if got := data[k]; !bytes.Equal(got, v) && !(string(v) == "null" && got == nil) {
			t.Errorf("%s %s is %s, want %s", e.RecordID, k, got, v)
		}
	}
}

func TestEventContext(t *testing.T) {
	m := &memory{}
	text, err := os.ReadFile("testdata/events.csv")
	if err != nil {
		t.Fatal(err)
	}
	run(t, m, "events.csv", string(text), options("events"))
	want := `{"campaign":{"source":"linkedin"},"locale":"en","page":{"path":"/pricing","referrer":"https://news.example/","url":"https://Www.Acme.example/pricing?x=1"}}`
	if e := m.events[0]; string(e.Context) != want || e.ID != "m-1" || e.SentAt != e.OccurredAt || e.UserID != "u1" || e.AnonymousID != "a1" {
		t.Errorf("got %s %+v", e.Context, e)
	}
}

func TestAnotherEntityNamesTheRightCommand(t *testing.T) {
	deals, err := os.ReadFile("testdata/hubspot-deals.csv")
	if err != nil {
		t.Fatal(err)
	}
	if msg := refused(t, "deals.csv", string(deals), options("contacts")); !strings.Contains(msg, `millrace import opportunities deals.csv`) || !strings.Contains(msg, "HubSpot deals export") {
		t.Error(msg)
	}
	if msg := refused(t, "people.csv", "First Name,Last Name,Email,Company\nA,B,a@b.example,C\n", options("accounts")); !strings.Contains(msg, `millrace import contacts people.csv`) {
		t.Error(msg)
	}
	if msg := refused(t, "x.csv", "foo,bar\n1,2\n", options("contacts")); !strings.Contains(msg, "foo, bar") || !strings.Contains(msg, "mapping") {
		t.Error(msg)
	}
	if msg := refused(t, "ads.csv", "foo,bar\n1,2\n", options("adverts")); !strings.Contains(msg, "opportunities") {
		t.Error(msg)
	}
}

// TestOpportunitiesNameDomains: an opportunity's account is found by its domain, or by its website, where a file has one.
func TestOpportunitiesNameDomains(t *testing.T) {
	for _, header := range []string{"Domain", "Account Domain", "Company Domain Name", "Website"} {
		m := &memory{}
		run(t, m, "x.csv", "Deal ID,Deal Name,Account Name,"+header+",Amount,Created\n7,One,Acme,https://www.acme.com/about,5,2026-02-01\n", options("opportunities"))
		if got := gjson.GetBytes(m.events[0].Data, "domain").Str; got != "acme.com" || gjson.GetBytes(m.events[0].Data, "account").Str != "Acme" {
			t.Errorf("%s: %s", header, m.events[0].Data)
		}
	}
}

func TestColumnsComeInAnyOrderAndNumber(t *testing.T) {
	m := &memory{}
	s := run(t, m, "x.csv", "Favourite Colour;Deal Stage;Deal Name;Deal owner;Record ID;Amount;Close Date\nred;Closed Won;One;Dana;7;1.234,50;1.2.2026\n", options(""))
	if s.Format != "hubspot-deals" || s.Delimiter != ";" {
		t.Fatalf("%+v", s)
	}
	checkEvent(t, m.events[0], `opportunity hubspot:7 at 2026-02-01T00:00:00.000Z recorded 2026-02-01T00:00:00.000Z <> {"favourite_colour":"red","amount":"1234.5","status":"won"}`)
	if s.Columns[0].Trait != "favourite_colour" || !s.Columns[0].Own || s.Columns[0].Filled != 1 {
		t.Errorf("%+v", s.Columns[0])
	}
}
