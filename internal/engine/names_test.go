package engine_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"millrace"
	"millrace/internal/dbtest"
	"millrace/internal/engine"
)

// TestNameOfMany states one company name of more and more companies: what a further one costs, and taking back a merge of two of them, must not
// grow with how many there are.
func TestNameOfMany(t *testing.T) {
	const few, many = 40, 2_000
	dbtest.Each(t, func(t *testing.T, url string) {
		clock := &testClock{day0}
		e := openEngine(t, url, clock)
		founded := 0
		found := func(n int) (took time.Duration) {
			var events []millrace.Event
			for range n {
				founded++
				events = append(events, millrace.Event{Source: "test", ID: fmt.Sprint("a", founded), Kind: millrace.KindAccount, RecordID: fmt.Sprint("crm:", founded), OccurredAt: day0, ReceivedAt: day0,
					Data: fmt.Appendf(nil, `{"name":"Self-employed","domain":"firm-%d.com"}`, founded)})
			}
			began := time.Now()
			if _, err := e.Apply(t.Context(), millrace.Batch{Events: events}); err != nil {
				t.Fatal(err)
			}
			return time.Since(began)
		}
		apart := func() time.Duration {
			if err := e.Merge(t.Context(), "firm-1.com", "firm-2.com", "test"); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			if err := e.Unmerge(t.Context(), "firm-1.com", "firm-2.com", "test"); err != nil {
				t.Fatal(err)
			}
			return time.Since(began)
		}
		least := func(measure func() time.Duration) time.Duration {
			var took []time.Duration
			for range 7 {
				took = append(took, measure())
			}
			return slices.Min(took)
		}
		found(few)
		a, b := least(func() time.Duration { return found(20) }), least(apart)
		found(many)
		c, d := least(func() time.Duration { return found(20) }), least(apart)
		t.Logf("20 more of a few in %v, of many in %v; two of few apart in %v, of many in %v", a, c, b, d)
		if c > 6*a || d > 6*b {
			t.Errorf("20 more of a few in %v, of many in %v; two of few apart in %v, of many in %v", a, c, b, d)
		}
		checkClean(t, e)
	})
}

// TestNameThenAndNow asks what a company's name meant while one company claimed it, and since two do.
func TestNameThenAndNow(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		clock := &testClock{day0}
		e := openEngine(t, url, clock)
		for n := range 2 {
			if _, err := e.Apply(t.Context(), millrace.Batch{Events: []millrace.Event{{Source: "test", ID: fmt.Sprint("a", n), Kind: millrace.KindAccount, RecordID: fmt.Sprint("crm:", n), OccurredAt: clock.now, ReceivedAt: clock.now,
				Data: fmt.Appendf(nil, `{"name":"Acme","domain":"acme-%d.com"}`, n)}}}); err != nil {
				t.Fatal(err)
			}
			clock.now += millrace.Day
		}
		if err := e.Merge(t.Context(), "acme-0.com", "acme-1.com", "test"); err != nil {
			t.Fatal(err)
		}
		one, err := e.Explain(t.Context(), "acme-0.com", engine.AsOf{})
		if err != nil {
			t.Fatal(err)
		}
		clock.now += millrace.Day
		for _, x := range []struct {
			known millrace.Time
			is    string // an identifier of the account that the name means, "" where it means none of theirs
		}{{day0 + millrace.Hour, "acme-0.com"}, {day0 + millrace.Day + millrace.Hour, ""}, {clock.now, "acme-1.com"}} {
			of := engine.AsOf{At: x.known, KnownAt: x.known}
			got, err := e.Explain(t.Context(), "Acme", of)
			if err != nil {
				t.Fatal(err)
			}
			if x.is == "" {
				if got.ID == one.ID {
					t.Errorf("known at %s, the name means %s (%s), which is one of two", x.known, got.ID, got.Name)
				}
				continue
			}
			if want, err := e.Explain(t.Context(), x.is, of); err != nil || got.ID != want.ID {
				t.Errorf("known at %s, the name means %s, %s is %s (%v)", x.known, got.ID, x.is, want.ID, err)
			}
		}
		if err := e.Unmerge(t.Context(), "acme-0.com", "acme-1.com", "test"); err != nil {
			t.Fatal(err)
		}
		checkClean(t, e)
	})
}
