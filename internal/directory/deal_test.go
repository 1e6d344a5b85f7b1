package directory

import (
	"testing"

	"millrace"
	"millrace/internal/dbtest"
)

// TestTimelineTellsDeals: a record of an opportunity stands in its account's timeline with what it says of it, and nothing that it doesn't say.
func TestTimelineTellsDeals(t *testing.T) {
	e, d := openDirectory(t, dbtest.SQLite(t), end)
	record := func(at millrace.Time, data string) millrace.Event {
		return millrace.Event{ID: at.String(), Source: "crm", Kind: millrace.KindOpportunity, RecordID: "crm:D1", OccurredAt: at, Data: []byte(data)}
	}
	if _, err := e.Apply(t.Context(), millrace.Batch{Events: []millrace.Event{
		{ID: "a", Source: "crm", Kind: millrace.KindAccount, RecordID: "crm:A1", OccurredAt: end - 9*millrace.Day, Data: []byte(`{"name":"Acme","domain":"acme-widgets.com"}`)},
		record(end-2*millrace.Day, `{"domain":"acme-widgets.com","name":"Pilot","product":"GTX Pro","stage":"Demo","status":"open","amount":"4514.50","currency":"EUR"}`),
		record(end-millrace.Day, `{"domain":"acme-widgets.com","status":"won"}`),
	}}); err != nil {
		t.Fatal(err)
	}
	p, err := d.Timeline(t.Context(), "acme-widgets.com", TimelineFilter{Kind: "opportunity"})
	if err != nil || len(p.Data) != 2 {
		t.Fatalf("%+v %v", p, err)
	}
	deals, err := d.Opportunities(t.Context(), OpportunityFilter{})
	if err != nil || len(deals.Data) != 1 {
		t.Fatalf("%+v %v", deals, err)
	}
	id := deals.Data[0].ID
	if got, want := *p.Data[0].Deal, (DealFact{ID: id, Status: "won"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got, want := *p.Data[1].Deal, (DealFact{ID: id, Name: "Pilot", Product: "GTX Pro", Stage: "Demo", Status: "open", Amount: "4514.50", Currency: "EUR"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
