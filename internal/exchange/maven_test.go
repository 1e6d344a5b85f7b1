package exchange

import (
	"io"
	"testing"

	"github.com/shopspring/decimal"

	"millrace"
	"millrace/internal/exchange/sheet"
)

func importShared(t *testing.T, m *memory, path, entity string) Summary {
	t.Helper()
	_, s, err := Run(t.Context(), m, path, shared(t, path), options(entity))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestMavenPipelineHasTheKnownAnswers(t *testing.T) {
	m := &memory{}
	s := importShared(t, m, "maven-crm/sales_pipeline.csv", "")
	if s.Format != "maven-opportunities" || s.Rows != 8800 || s.Accepted != 8800 || s.Rejected != 0 {
		t.Fatalf("got %+v", s)
	}
	stages, statuses, won := map[string]int{}, map[string]int{}, decimal.Zero
	noAccount, undated, gtxPro := 0, 0, 0
	for _, e := range m.events {
		d := dataOf(t, e)
		stages[d["stage"].(string)]++
		statuses[d["status"].(string)]++
		if d["status"] == "won" {
			won = won.Add(decimal.RequireFromString(d["amount"].(string)))
			if e.RecordedAt.String() != d["closed_at"] {
				t.Fatalf("%s was recorded at %s, before it closed at %v: a backtest would see the future", e.RecordID, e.RecordedAt, d["closed_at"])
			}
		}
		if d["account"] == nil {
			noAccount++
		} else if want := "maven:" + sheet.NameKey(d["account"].(string)); d["account_id"] != want {
			t.Fatalf("account_id %v, want %s", d["account_id"], want)
		}
		if e.Flags.Has(millrace.FlagUndated) {
			undated++
		}
		if d["product"] == "GTX Pro" {
			gtxPro++
		}
		if d["product"] == "GTXPro" {
			t.Fatal("GTXPro was not mended")
		}
	}
	for name, want := range map[string]int{"Won": 4238, "Lost": 2473, "Engaging": 1589, "Prospecting": 500} {
		if stages[name] != want {
			t.Errorf("%s: %d, want %d", name, stages[name], want)
		}
	}
	if statuses["won"] != 4238 || statuses["lost"] != 2473 || statuses["open"] != 2089 {
		t.Errorf("statuses %v", statuses)
	}
	if !won.Equal(decimal.New(10005534, 0)) {
		t.Errorf("won is worth %s, want 10005534", won)
	}
	if noAccount != 1425 || undated != 500 || gtxPro != 1480 {
		t.Errorf("%d without account, %d undated, %d GTX Pro; want 1425, 500, 1480", noAccount, undated, gtxPro)
	}
	if !hasNote(s, "month/day/year") || !hasNote(s, "1480 cells with the known misspellings") {
		t.Errorf("notes %q", s.Notes)
	}
	if len(m.finished) != 1 || m.finished[0].Accepted != 8800 || m.largest > 500 {
		t.Errorf("finished %d times, largest batch %d", len(m.finished), m.largest)
	}
}

func TestMavenAgainChangesNothing(t *testing.T) {
	m := &memory{}
	importShared(t, m, "maven-crm/sales_pipeline.csv", "opportunities")
	again := importShared(t, m, "maven-crm/sales_pipeline.csv", "opportunities")
	if again.Accepted != 0 || again.Duplicates != 8800 || len(m.events) != 8800 {
		t.Fatalf("the second import accepted %d, log has %d", again.Accepted, len(m.events))
	}
}

func TestMavenAccountsRepsProducts(t *testing.T) {
	m := &memory{}
	s := importShared(t, m, "maven-crm/accounts.csv", "accounts")
	if s.Accepted != 85 || s.Format != "maven-accounts" {
		t.Fatalf("%d accounts as %s", s.Accepted, s.Format)
	}
	sectors := map[any]int{}
	for _, e := range m.events {
		sectors[dataOf(t, e)["industry"]]++
	}
	if sectors["technology"] != 12 || sectors["technolgy"] != 0 {
		t.Errorf("sectors %v", sectors)
	}
	acme := dataOf(t, m.events[0])
	if m.events[0].RecordID != "maven:acme corporation" || acme["revenue"] != 1100040000.0 || acme["founded"] != 1996.0 || acme["employees"] != 2822.0 {
		t.Errorf("%s %v", m.events[0].RecordID, acme)
	}
	reps := &memory{}
	if s := importShared(t, reps, "maven-crm/sales_teams.csv", "reps"); s.Accepted != 35 {
		t.Errorf("%d reps", s.Accepted)
	}
	if d := dataOf(t, reps.events[0]); d["name"] != "Anna Snelling" || d["manager"] != "Dustin Brinkmann" || d["region"] != "Central" {
		t.Errorf("rep %v", d)
	}
	products := &memory{}
	if s := importShared(t, products, "maven-crm/products.csv", "products"); s.Accepted != 7 {
		t.Errorf("%d products", s.Accepted)
	}
	if d := dataOf(t, products.events[1]); d["name"] != "GTX Pro" || d["price"] != 4821.0 || d["series"] != "GTX" {
		t.Errorf("product %v", d)
	}
}

func TestDryRunAndPreviewTouchNothing(t *testing.T) {
	m := &memory{}
	o := options("opportunities")
	o.DryRun = true
	f := shared(t, "maven-crm/sales_pipeline.csv")
	if _, s, err := Run(t.Context(), m, "sales_pipeline.csv", f, o); err != nil || s.Accepted != 8800 {
		t.Fatalf("%d, %v", s.Accepted, err)
	}
	if m.batches != 0 || len(m.imports) != 0 || len(m.finished) != 0 {
		t.Fatal("a dry run called the ledger")
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		t.Fatal(err)
	}
	p, err := Inspect("sales_pipeline.csv", f, options(""))
	if err != nil {
		t.Fatal(err)
	}
	if p.Format != "maven-opportunities" || !p.Recognised || p.Looked != lookRows || p.Whole || len(p.Columns) != 8 || p.Rows[0].Values["id"] != "maven:1C1I7A6R" || p.Refused != "" {
		t.Fatalf("%+v", p)
	}
}
