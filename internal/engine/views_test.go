package engine_test

import (
	"context"
	"database/sql"
	"os"
	"regexp"
	"slices"
	"testing"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/dbtest"
	"millrace/internal/engine"
)

// documented are the views of docs/sql.md with their columns, in its order.
func documented(t *testing.T) map[string][]string {
	t.Helper()
	doc, err := os.ReadFile("../../docs/sql.md")
	if err != nil {
		t.Fatal(err)
	}
	out, at := map[string][]string{}, ""
	for _, m := range regexp.MustCompile("(?m)^(?:### (v_[a-z_]+)|\\| `([a-z_]+)` \\|.*)$").FindAllStringSubmatch(string(doc), -1) {
		if m[1] != "" {
			at = m[1]
		} else {
			out[at] = append(out[at], m[2])
		}
	}
	return out
}

// columns are those that a view has, and how many rows.
func columns(t *testing.T, d *db.DB, view string) (names []string, rows int) {
	t.Helper()
	list, err := d.Query(context.Background(), "select * from "+view)
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	if names, err = list.Columns(); err != nil {
		t.Fatal(err)
	}
	for list.Next() {
		rows++
	}
	if err := list.Err(); err != nil {
		t.Fatal(err)
	}
	return names, rows
}

// TestViewsAreAsDocumented holds the views against docs/sql.md on both databases, before and after two rebuilds have renamed the tables below them.
func TestViewsAreAsDocumented(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		ctx := context.Background()
		d, err := db.Open(ctx, url, db.Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if err := d.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		const now = millrace.Time(1767225600000) // 2026-01-01
		e, err := engine.Open(ctx, engine.Config{DB: d, Clock: func() millrace.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		apply := func(id string) {
			if _, err := e.Apply(ctx, millrace.Batch{Events: []millrace.Event{
				{ID: "1" + id, Source: "web", Kind: millrace.KindIdentify, UserID: "u" + id, Email: id + "@acme-widgets.com", OccurredAt: now, ReceivedAt: now, Data: []byte(`{"email":"` + id + `@acme-widgets.com","title":"CFO"}`)},
				{ID: "2" + id, Source: "crm", Kind: millrace.KindOpportunity, RecordID: "crm:" + id, OccurredAt: now, ReceivedAt: now,
					Data: []byte(`{"name":"Deal","domain":"acme-widgets.com","status":"won","opened_at":"2025-12-01T00:00:00Z","closed_at":"2025-12-31T00:00:00Z","amount":"9000","currency":"USD"}`)},
				{ID: "3" + id, Source: "crm", Kind: millrace.KindSpend, RecordID: "crm:s" + id, OccurredAt: now, ReceivedAt: now, Data: []byte(`{"from":"2025-12-01","to":"2025-12-31","platform":"google_ads","amount":"90","currency":"USD"}`)},
			}}); err != nil {
				t.Fatal(err)
			}
		}
		want := documented(t)
		if len(want) != 6 {
			t.Fatalf("docs/sql.md tells of %d views", len(want))
		}
		for round, id := range []string{"anna", "bob", "cleo"} {
			apply(id)
			for view, names := range want {
				got, rows := columns(t, d, view)
				if !slices.Equal(got, names) {
					t.Errorf("%s has\n%v, docs/sql.md says\n%v", view, got, names)
				}
				if live := map[string]int{"v_contacts": round + 1, "v_accounts": 1, "v_opportunities": round + 1, "v_spend": round + 1}[view]; live > 0 && rows != live {
					t.Errorf("after %d rebuilds %s has %d rows, want %d", round, view, rows, live)
				}
			}
			if _, err := e.Rebuild(ctx, nil); err != nil {
				t.Fatal(err)
			}
		}
		type deal struct{ id, account, status, opened, from string }
		deals, err := db.Collect(ctx, d, func(rows *sql.Rows) (x deal, err error) {
			err = rows.Scan(&x.id, &x.account, &x.status, &x.opened, &x.from)
			return x, err
		}, "select o.opportunity_id, a.account_id, o.status, substr(cast(o.opened_at as text), 1, 10), substr(cast(s.from_day as text), 1, 10) from v_opportunities o join v_accounts a on a.account_id = o.account_id cross join v_spend s")
		if err != nil || len(deals) != 9 {
			t.Fatalf("%v, %d rows", err, len(deals))
		}
		if x := deals[0]; x.status != "won" || x.opened != "2025-12-01" || x.from != "2025-12-01" {
			t.Errorf("%+v", x)
		}
	})
}
