package directory

import (
	"database/sql"
	"strings"
	"testing"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/dbtest"
)

// TestIndexedOrdersSortNothing asks SQLite how it walks the orders that promise an index, without filters and with those that lists are
// opened with.
func TestIndexedOrdersSortNothing(t *testing.T) {
	_, d := openDirectory(t, dbtest.SQLite(t), day0)
	yes := true
	var lists []*listing
	err := d.read(t.Context(), func(v *view) error {
		for _, o := range contactOrders() {
			for _, f := range []ContactFilter{{Sort: o.name}, {Sort: o.name, Fit: &yes}, {Sort: o.name, Stage: "mql"}, {Sort: o.name, Fit: &yes, Stage: "mql"}} {
				ranked := o.name == "intent" && (f.Fit != nil || f.Stage != "")
				if o.indexed && f.Stage == "" || ranked {
					lists = append(lists, must(t)(f.listing("t", v)))
				}
			}
		}
		for _, o := range accountOrders() {
			if o.indexed {
				lists = append(lists, must(t)((&AccountFilter{Sort: o.name}).listing("t", v)))
			}
		}
		for _, o := range opportunityOrders() {
			lists = append(lists, must(t)((&OpportunityFilter{Sort: o.name}).listing("t")))
		}
		for _, o := range spendOrders() {
			lists = append(lists, must(t)((&SpendFilter{Sort: o.name}).listing("t")))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lists {
		for n, p := range l.order.phases {
			var key any
			switch {
			case p.text:
				key = "m"
			case p.real:
				key = 1.5
			case p.key != "":
				key = int64(1)
			}
			for _, after := range []*cursor{nil, {Sort: l.order.name, Phase: n, Key: key, ID: 10}} {
				q := l.query(n, nil, after, 10)
				plan, err := db.Collect(t.Context(), d.db, func(rows *sql.Rows) (s string, err error) {
					var a, b, c int
					err = rows.Scan(&a, &b, &c, &s)
					return s, err
				}, "explain query plan "+q.String(), q.args...)
				if err != nil {
					t.Fatal(err)
				}
				if text := strings.Join(plan, "; "); strings.Contains(text, "TEMP B-TREE") {
					t.Errorf("%s by %s, phase %d: %s\n%s", l.name, l.order.name, n, text, q)
				}
			}
		}
	}
	if len(lists) < 12 {
		t.Fatalf("only %d lists", len(lists))
	}
}

func must(t *testing.T) func(l *listing, err error) *listing {
	return func(l *listing, err error) *listing {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
}

func TestBadInputNamesTheField(t *testing.T) {
	_, d := openDirectory(t, dbtest.SQLite(t), day0)
	ctx := t.Context()
	contacts := func(f ContactFilter) error { _, err := d.Contacts(ctx, f); return err }
	for field, err := range map[string]error{
		"limit":   contacts(ContactFilter{Paging: Paging{Limit: 1001}}),
		"cursor":  contacts(ContactFilter{Paging: Paging{Cursor: "nonsense"}}),
		"sort":    contacts(ContactFilter{Sort: "shoe size"}),
		"stage":   contacts(ContactFilter{Stage: "nirvana"}),
		"account": contacts(ContactFilter{Account: "con_1"}),
		"q":       contacts(ContactFilter{Q: "a\x00b"}),
		"owner":   contacts(ContactFilter{Owner: strings.Repeat("x", 1000)}),
		"ids":     contacts(ContactFilter{IDs: []string{"con_1", "acc_1"}}),
		"status":  second(d.Opportunities(ctx, OpportunityFilter{Status: "maybe"})),
		"kind":    second(d.Events(ctx, EventFilter{Kind: "walk"})),
		"reason":  second(d.Drops(ctx, DropFilter{Reason: "mood"})),
	} {
		e, ok := err.(*millrace.Error)
		if !ok || e.Code != millrace.Invalid || e.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	p, err := d.Contacts(ctx, ContactFilter{})
	if err != nil || p.Data == nil || len(p.Data) != 0 || p.NextCursor != "" {
		t.Errorf("an empty list: %+v %v", p, err)
	}
}

func second[T any](_ T, err error) error { return err }

func FuzzCursor(f *testing.F) {
	orders := append(append(contactOrders(), accountOrders()...), opportunityOrders()...)
	for _, o := range orders {
		f.Add(cursor{Sort: o.name, Key: 1.25, ID: 3}.String(), "2026.1")
		f.Add(cursor{Sort: o.name, Key: "Anna", ID: 3}.String(), "")
	}
	f.Fuzz(func(t *testing.T, s, when string) {
		for _, o := range orders {
			c, err := parseCursor("t", s, o)
			if err != nil || c == nil {
				continue
			}
			again, err := parseCursor("t", c.String(), o)
			if err != nil || *again != *c {
				t.Fatalf("%q: %+v became %+v, %v", s, c, again, err)
			}
		}
		if at, n, err := parseMoment("t", when); err == nil && when != "" {
			if again, m, err := parseMoment("t", moment(at, n)); err != nil || again != at || m != n {
				t.Fatalf("%q: %v %v", when, again, err)
			}
		}
	})
}
