package engine_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/dbtest"
	"millrace/internal/engine"
)

// TestLongTasksCutShort: a rebuild, a change of the playbook and the undoing of an import are given up in the middle, at every point; after
// opening again the state is what the log gives.
func TestLongTasksCutShort(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		clock := &testClock{scenarioStart + 40*millrace.Day}
		e := openEngine(t, url, clock)
		imp, err := e.StartImport(t.Context(), engine.ImportFile{Entity: "contacts", File: "x.csv", Format: "csv", By: "test"})
		if err != nil {
			t.Fatal(err)
		}
		var events []millrace.Event
		for n := range 2500 { // more than one slice of an undo
			events = append(events, millrace.Event{Source: "crm", ID: fmt.Sprint("c", n), Kind: millrace.KindTrack, Name: "Webinar Attended", Email: fmt.Sprintf("p%d@acme%d.com", n%50, n%3),
				OccurredAt: scenarioStart + millrace.Time(n)*millrace.Minute, ReceivedAt: scenarioStart + millrace.Day})
		}
		if _, err := e.Apply(t.Context(), millrace.Batch{Events: events, Import: imp}); err != nil {
			t.Fatal(err)
		}
		cut := func(after int, task func(ctx context.Context, progress func(engine.Progress)) error) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			n := 0
			err := task(ctx, func(engine.Progress) {
				if n++; n > after {
					cancel()
				}
			})
			t.Log(after, err)
		}
		for after := range 4 {
			cut(after, func(ctx context.Context, progress func(engine.Progress)) error {
				_, err := e.Rebuild(ctx, progress)
				return err
			})
			checkClean(t, e)
		}
		if err := e.LeaveImport(t.Context(), imp); err != nil {
			t.Fatal(err)
		}
		// An undo whose fact is in the log, and of which one slice was folded: what a crash leaves.
		again := reopen(t, e, url, clock)
		checkClean(t, again)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := again.UndoImport(ctx, imp); err == nil {
			t.Error("an undo was done although its caller had gone")
		}
		checkClean(t, again)
		if err := startUndo(t, again, imp); err != nil {
			t.Fatal(err)
		}
		last := reopen(t, again, url, clock)
		checkClean(t, last)
		var contacts int
		if _, err := db.One(t.Context(), last.DB(), []any{&contacts}, "select count(*) from contact_score"); err != nil || contacts != 0 {
			t.Errorf("%d contacts are left of an import that was undone: %v", contacts, err)
		}
	})
}

// reopen closes the engine and opens another one on its database, as after a restart.
func reopen(t *testing.T, e *engine.Engine, url string, clock *testClock) *engine.Engine {
	t.Helper()
	e.Close()
	return openEngine(t, url, clock)
}

// startUndo cuts an undo short at later and later points until one slice of it is written.
func startUndo(t *testing.T, e *engine.Engine, imp int64) error {
	t.Helper()
	for left := 1; left < 1<<20; left += 1 + left/4 {
		cut := &cancelAfter{Context: t.Context()}
		cut.left.Store(int64(left))
		if _, err := e.UndoImport(cut, imp); err == nil {
			return fmt.Errorf("the undo was not cut short")
		}
		var cursor int64
		if _, err := db.One(t.Context(), e.DB(), []any{&cursor}, "select undo_cursor from import where id = $1", imp); err != nil || cursor > 0 {
			return err
		}
	}
	return fmt.Errorf("no slice was ever written")
}

// cancelAfter is a context that ends after it was asked a number of times.
type cancelAfter struct {
	context.Context
	left atomic.Int64
}

func (c *cancelAfter) Err() error {
	if c.left.Add(-1) < 0 {
		return context.Canceled
	}
	return nil
}
