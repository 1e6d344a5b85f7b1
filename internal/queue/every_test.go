package queue

import (
	"context"
	"encoding/json"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"millrace/internal/dbtest"
)

// periods are the begins of the periods that a recurring job has rows for; it fails the test when one has two.
func (n *node) periods(t *testing.T, kind string) map[time.Time]State {
	t.Helper()
	due := map[time.Time]State{}
	for _, j := range n.jobs(t, Filter{Kinds: []string{kind}}) {
		var r run
		if err := json.Unmarshal(j.Args, &r); err != nil {
			t.Fatal(err)
		}
		if _, twice := due[r.Due]; twice {
			t.Errorf("the period from %s has two runs", r.Due)
		}
		due[r.Due] = j.State
	}
	return due
}

func TestEvery(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		n := migrated(t, url)
		var runs atomic.Int64
		n.Every("sweep", time.Second, func(context.Context) error { runs.Add(1); return nil })
		begin := time.Now()
		n.start(t)
		eventually(t, "it ran in three periods", func() bool { return runs.Load() >= 3 })
		if most := int64(time.Since(begin)/time.Second) + 2; runs.Load() > most {
			t.Errorf("%d runs in %s", runs.Load(), time.Since(begin))
		}
		if rows := int64(len(n.periods(t, "sweep"))); rows < runs.Load() {
			t.Errorf("%d runs for %d periods", runs.Load(), rows)
		}
	})
}

func TestEveryRunsAtStartUnlessThePeriodHadItsRun(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		const period = 100 * 365 * 24 * time.Hour
		var runs atomic.Int64
		for range 2 {
			n := migrated(t, url)
			n.Every("yearly", period, func(context.Context) error { runs.Add(1); return nil })
			marker := make(chan struct{}, 1)
			n.Every("marker", time.Second, func(context.Context) error { marker <- struct{}{}; return nil })
			n.start(t)
			waitFor(t, marker) // enqueued with "yearly"
			eventually(t, "the run is done", func() bool {
				for _, state := range n.periods(t, "yearly") {
					return state == Completed
				}
				return false
			})
			n.stop(t)
		}
		if runs.Load() != 1 {
			t.Errorf("ran %d times in one period", runs.Load())
		}
	})
}

func TestEveryDropsARetryOnceItsPeriodIsOver(t *testing.T) {
	t.Parallel()
	n := migrated(t, dbtest.SQLite(t))
	var runs atomic.Int64
	n.Every("failing", time.Second, func(context.Context) error { runs.Add(1); return errors.New("still down") })
	n.start(t)
	eventually(t, "two periods' runs are over", func() bool {
		over := 0
		for _, state := range n.periods(t, "failing") {
			if state == Completed {
				over++
			}
		}
		return over >= 2
	})
	if rows := int64(len(n.periods(t, "failing"))); runs.Load() > 2*rows {
		t.Errorf("%d tries for %d periods: retries go on past their period", runs.Load(), rows)
	}
}

func TestEveryOnTwoNodes(t *testing.T) {
	t.Parallel()
	url := dbtest.PostgreSQL(t)
	var runs [2]atomic.Int64
	var nodes [2]*node
	for i := range nodes {
		nodes[i] = migrated(t, url)
		nodes[i].Every("sweep", time.Second, func(context.Context) error { runs[i].Add(1); return nil })
		nodes[i].start(t)
	}
	total := func() int64 { return runs[0].Load() + runs[1].Load() }
	begin := time.Now()
	eventually(t, "it ran in three periods", func() bool { return total() >= 3 })
	nodes[0].stop(t) // whether it leads or not
	alone := runs[1].Load()
	eventually(t, "the node that is left goes on", func() bool { return runs[1].Load() >= alone+3 })
	if most := int64(time.Since(begin)/time.Second) + 2; total() > most {
		t.Errorf("%d runs in %s", total(), time.Since(begin))
	}
	if rows := int64(len(nodes[1].periods(t, "sweep"))); rows < total() {
		t.Errorf("%d runs for %d periods", total(), rows)
	}
}

func TestPeriods(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		now, begin, next string
		d                time.Duration
	}{
		{"2026-03-14T18:22:10.5Z", "2026-03-14T18:00:00Z", "2026-03-14T19:00:00Z", time.Hour},
		{"2026-03-14T18:00:00Z", "2026-03-14T18:00:00Z", "2026-03-14T19:00:00Z", time.Hour},
		{"2026-03-14T18:59:59.9Z", "2026-03-14T19:00:00Z", "2026-03-14T19:00:00Z", time.Hour}, // a timer that fired early
		{"2026-03-14T20:22:10+02:00", "2026-03-14T00:00:00Z", "2026-03-15T00:00:00Z", 24 * time.Hour},
		{"2026-03-14T18:22:10.5Z", "2026-03-14T18:22:10Z", "2026-03-14T18:22:11Z", time.Second},
	} {
		now := at(c.now)
		if got := periodAt(now, c.d); !got.Equal(at(c.begin)) {
			t.Errorf("the period at %s of %s begins at %s", c.now, c.d, got)
		}
		if got := aligned(c.d).Next(now); !got.Equal(at(c.next)) {
			t.Errorf("after %s of %s comes %s", c.now, c.d, got)
		}
	}
}
