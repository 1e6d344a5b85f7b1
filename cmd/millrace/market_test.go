package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"millrace"
	"millrace/internal/dbtest"
	"millrace/internal/market"
)

// marketArgs make a small market whose time is past, so that no fact of it lies ahead of the clock.
var marketArgs = []string{"market", "generate", "--seed", "7", "--accounts", "150", "--months", "6", "--start", "2025-06-01"}

// generated is a market's folder and its truth.
func generated(t *testing.T) (string, market.Truth) {
	t.Helper()
	dir := t.TempDir()
	must(t, append(marketArgs, "--out", dir)...)
	b, err := os.ReadFile(filepath.Join(dir, "truth.json"))
	if err != nil {
		t.Fatal(err)
	}
	var truth market.Truth
	if err := json.Unmarshal(b, &truth); err != nil {
		t.Fatal(err)
	}
	return dir, truth
}

// TestMarketByFiles imports a market's files and compares what the product knows with the market's truth.
func TestMarketByFiles(t *testing.T) {
	if testing.Short() {
		t.Skip("markets are left out with -short")
	}
	dir, truth := generated(t)
	db := dbtest.SQLite(t)
	r := bring(t, db, "events", filepath.Join(dir, "events.csv"))
	if r.Rows != int64(truth.Facts.Sent) || r.Accepted != int64(truth.Facts.Unique) || r.Duplicates != int64(truth.Facts.Duplicates) {
		t.Errorf("events: %s; truth %+v", r, truth.Facts)
	}
	id := truth.Identity
	s := stats(t, db)
	byDomain, byName := 0, 0
	for _, a := range mustJSON[[]struct{ Name, Domain string }](t, "accounts", "--limit", "0", "--db", db) {
		if a.Domain != "" {
			byDomain++
		} else if byName++; a.Name == "" {
			t.Error("an account has neither name nor domain")
		}
	}
	// Who has a free-mail address and says a company's name is a person of an account of that name, which the truth does not count.
	if byDomain != id.Accounts || byName > id.FreeMail {
		t.Errorf("%d accounts with a domain from the facts alone, truth %d; %d by name, %d free-mail people", byDomain, id.Accounts, byName, id.FreeMail)
	}
	for kind, n := range truth.Facts.ByKind {
		if s.EventsByKind[kind] != int64(n) {
			t.Errorf("%d %s facts, truth %d", s.EventsByKind[kind], kind, n)
		}
	}
	if n := known(t, db); n != id.Contacts {
		t.Errorf("%d people with an address from the facts alone, truth %d", n, id.Contacts)
	}
	for _, f := range []struct{ entity, file string }{{"accounts", "accounts"}, {"contacts", "contacts"}, {"reps", "reps"}, {"products", "products"},
		{"opportunities", "opportunities"}, {"opportunities", "opportunity_history"}, {"opportunities", "opportunity_contact_roles"}} {
		if r := bring(t, db, f.entity, filepath.Join(dir, f.file+".csv")); r.Rejected != 0 || r.Rows == 0 {
			t.Errorf("%s: %s", f.file, r)
		}
	}
	agrees(t, db, &truth)
	logIsClean(t, db)
}

// TestMarketSpend imports what a market's channels cost, by the platforms' reports and by the ledger, and compares it with the market's truth.
func TestMarketSpend(t *testing.T) {
	if testing.Short() {
		t.Skip("markets are left out with -short")
	}
	dir, truth := generated(t)
	costs := func(t *testing.T, file string) map[string]int64 {
		db, by := dbtest.SQLite(t), map[string]int64{}
		if r := bring(t, db, "spend", filepath.Join(dir, file)); r.Rejected != 0 || r.Rows == 0 || r.Accepted != r.Rows {
			t.Errorf("%s", r)
		}
		sum := int64(0)
		for _, x := range mustJSON[[]struct{ Channel, Amount, Currency string }](t, "spend", "--limit", "0", "--db", db) {
			m, err := millrace.ParseMoney(x.Amount, x.Currency)
			if err != nil {
				t.Fatal(err)
			}
			by[x.Channel] += m.Minor
			sum += m.Minor
		}
		spent := mustJSON[struct{ Spend map[string]string }](t, "stats", "--db", db).Spend
		if want := (millrace.Money{Minor: sum, Currency: "USD"}).Decimal(); len(spent) != 1 || spent["USD"] != want {
			t.Errorf("stats say %v, the list %s", spent, want)
		}
		logIsClean(t, db)
		return by
	}
	reports := map[string]string{"linkedin": "linkedin_ads.csv", "google": "google_ads.csv"}
	ledger := costs(t, "spend.csv")
	for _, c := range truth.Channels {
		if ledger[c.Name] != c.SpendMinor {
			t.Errorf("%s cost %d by the ledger, truth %d", c.Name, ledger[c.Name], c.SpendMinor)
		}
		if file := reports[c.Key]; file != "" {
			delete(reports, c.Key)
			if by := costs(t, file); by[""] != c.SpendMinor {
				t.Errorf("%s cost %d by %s, truth %d", c.Name, by[""], file, c.SpendMinor)
			}
		}
	}
	if len(reports) > 0 {
		t.Errorf("the market has no channels %v", reports)
	}
}

// known counts the contacts that have an address.
func known(t *testing.T, db string) (n int) {
	t.Helper()
	for _, c := range mustJSON[[]struct{ Email string }](t, "contacts", "--limit", "0", "--db", db) {
		if c.Email != "" {
			n++
		}
	}
	return n
}

// agrees compares a workspace that holds facts and files of a market with its truth.
func agrees(t *testing.T, db string, truth *market.Truth) {
	t.Helper()
	s := stats(t, db)
	if n := known(t, db); n != truth.Identity.Everyone || s.Contacts != int64(n) {
		t.Errorf("%d contacts, %d with an address, truth %d", s.Contacts, n, truth.Identity.Everyone)
	}
	domains := map[string]bool{}
	accounts := mustJSON[[]struct{ Domain string }](t, "accounts", "--limit", "0", "--db", db)
	for _, a := range accounts {
		domains[a.Domain] = true
	}
	if len(domains) != len(accounts) {
		t.Errorf("%d accounts have %d domains", len(accounts), len(domains))
	}
	for _, a := range truth.Accounts {
		if !domains[a.Domain] {
			t.Errorf("there is no account %s", a.Domain)
		}
	}
	won, deals := 0, 0
	for _, a := range truth.Accounts {
		deals += len(a.Deals)
	}
	won = truth.Deals.Won
	o := s.Opportunities
	if o.Total != int64(deals) || o.Total != o.Open+o.Won+o.Lost || o.Won < int64(won) {
		t.Errorf("opportunities %+v, truth %d deals, new business %+v", o, deals, truth.Deals)
	}
}

// TestMarketFill fills a fresh database as time went by, on both databases with the same outcome.
func TestMarketFill(t *testing.T) {
	if testing.Short() {
		t.Skip("markets are left out with -short")
	}
	_, truth := generated(t)
	outcome := map[string]string{}
	dbtest.Each(t, func(t *testing.T, db string) {
		must(t, append(marketArgs, "--fill", "--db", db)...)
		agrees(t, db, &truth)
		logIsClean(t, db)
		s := stats(t, db)
		for kind, n := range truth.Facts.ByKind {
			if s.EventsByKind[kind] != int64(n) {
				t.Errorf("%d %s facts, truth %d", s.EventsByKind[kind], kind, n)
			}
		}
		outcome[filepath.Base(t.Name())] = fmt.Sprintf("%+v", s)
	})
	if p := outcome["postgres"]; p != "" && p != outcome["sqlite"] {
		t.Errorf("SQLite: %s\nPostgreSQL: %s", outcome["sqlite"], p)
	}
}

// TestMarketToServer feeds a running server over HTTP, with the same people, companies and facts as by the file.
func TestMarketToServer(t *testing.T) {
	if testing.Short() {
		t.Skip("markets are left out with -short")
	}
	dir, truth := generated(t)
	db, byFile := dbtest.SQLite(t), dbtest.SQLite(t)
	s := running(t, db)
	sent := mustJSON[struct{ Sent int }](t, append(marketArgs, "--server", s.url, "--write-key", writeKey(t, db))...).Sent
	if sent != truth.Facts.Sent {
		t.Errorf("sent %d, truth %d", sent, truth.Facts.Sent)
	}
	bring(t, byFile, "events", filepath.Join(dir, "events.csv"))
	have, want := stats(t, db), stats(t, byFile)
	if fmt.Sprintf("%+v", have) != fmt.Sprintf("%+v", want) {
		t.Errorf("by HTTP %+v\nby file %+v", have, want)
	}
	logIsClean(t, db) // beside the server
}
