package engine_test

import (
	"context"
	"fmt"
	"testing"

	"millrace"
	"millrace/internal/dbtest"
	"millrace/internal/engine"

	"pgregory.net/rapid"
)

// testClock is a clock that tests move.
type testClock struct{ now millrace.Time }

func (c *testClock) Now() millrace.Time { return c.now }

// day0 is a Monday at 08:00 UTC.
const day0 = millrace.Time(1767600000000) + 8*millrace.Hour

// openEngine opens an engine on a fresh database at url.
func openEngine(t testing.TB, url string, clock *testClock) *engine.Engine {
	t.Helper()
	return openAt(t, url, clock.Now)
}

func openAt(t testing.TB, url string, clock millrace.Clock) *engine.Engine {
	t.Helper()
	return engine.OpenWith(t, url, engine.Config{Clock: clock, ReplayProfiles: 10, AlwaysAhead: true})
}

// checkClean fails when the live state is not what the log gives.
func checkClean(t rapid.TB, e *engine.Engine) engine.Checked {
	t.Helper()
	c, err := e.Check(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	if c.Differences != 0 {
		t.Fatalf("check: %d differences over %d rows, such as %+v", c.Differences, c.Rows, c.Examples[:min(len(c.Examples), 8)])
	}
	return c
}

func page(n int, user, anon, path string, at millrace.Time) millrace.Event {
	return millrace.Event{Source: "test", ID: fmt.Sprint("m", n), SentAt: at, Kind: millrace.KindPage, UserID: user, AnonymousID: anon,
		OccurredAt: at, ReceivedAt: at, Host: "www.example.org", Path: path}
}

func TestFromVisitToMQL(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		clock := &testClock{day0}
		e := openEngine(t, url, clock)
		var events []millrace.Event
		for i := range 3 {
			events = append(events, page(i, "", "a1", "/pricing", day0+millrace.Time(i)*millrace.Day))
		}
		clock.now = day0 + 3*millrace.Day
		events = append(events, millrace.Event{Source: "test", ID: "id", SentAt: clock.now, Kind: millrace.KindIdentify, UserID: "u1", AnonymousID: "a1",
			Email: "anna@acme-widgets.com", OccurredAt: clock.now, ReceivedAt: clock.now, Data: []byte(`{"email":"anna@acme-widgets.com","title":"CFO","firstName":"Anna"}`)},
			millrace.Event{Source: "test", ID: "g", SentAt: clock.now, Kind: millrace.KindGroup, UserID: "u1", GroupID: "G1", OccurredAt: clock.now, ReceivedAt: clock.now,
				Data: []byte(`{"name":"Acme Widgets Inc","employees":300,"industry":"software","domain":"acme-widgets.com","country":"US","revenue":50000000}`)})
		r, err := e.Apply(t.Context(), millrace.Batch{Events: events})
		if err != nil || r.Accepted != 5 {
			t.Fatalf("%+v %v", r, err)
		}
		if r, err = e.Apply(t.Context(), millrace.Batch{Events: events}); err != nil || r.Duplicates != 5 {
			t.Fatalf("again: %+v %v", r, err)
		}
		x, err := e.Explain(t.Context(), "anna@acme-widgets.com", engine.AsOf{})
		if err != nil {
			t.Fatal(err)
		}
		t.Log(x.Sentence, x.Fit.Points, x.Role)
		if len(x.Intent.Lines) != 3 || x.Account != "Acme Widgets Inc" {
			t.Fatalf("%+v", x)
		}
		if _, err := e.Explain(t.Context(), "acme-widgets.com", engine.AsOf{}); err != nil {
			t.Fatal(err)
		}
		checkClean(t, e)
		clock.now += 200 * millrace.Day
		checkClean(t, e)
		if _, err := e.Rebuild(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		checkClean(t, e)
	})
}
