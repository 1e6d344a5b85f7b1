package engine_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/dbtest"
	"millrace/internal/engine"

	"pgregory.net/rapid"
)

// Many who send at once, to an engine that reads ahead for all of them and forgets most of it at once: what was read before others wrote is not
// taken for what holds now.
func TestReadingAheadOfWriters(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		senders, batches := 6, 25
		if testing.Short() {
			batches = 15
		}
		clock := millrace.Clock(func() millrace.Time { return scenarioStart + (townSpan+10)*millrace.Day })
		for seed := range 2 {
			if seed > 0 && strings.HasPrefix(url, "postgres") {
				continue // one database a test
			}
			path := url
			if seed > 0 {
				path = t.TempDir() + "/again.db"
			}
			d, err := db.Open(t.Context(), path, db.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			if err := d.Migrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			e, err := engine.Open(t.Context(), engine.Config{DB: d, Clock: clock, CachePeople: 8, AlwaysAhead: true})
			if err != nil {
				t.Fatal(err)
			}
			defer e.Close()
			facts := townsfolk(seed, senders*batches*4)
			var wg sync.WaitGroup
			for s := range senders {
				wg.Go(func() {
					for n := range batches {
						from := (n*senders + s) * 4
						if _, err := e.Apply(context.Background(), millrace.Batch{Events: facts[from : from+4]}); err != nil {
							t.Error(err)
						}
						if n%10 == 9 && s == 0 {
							if _, err := e.Sweep(context.Background(), 0); err != nil {
								t.Error(err)
							}
						}
					}
				})
			}
			wg.Wait()
			checkClean(t, e)
		}
	})
}

// townsfolk are facts of several small towns, whose accounts are the same.
func townsfolk(seed, n int) []millrace.Event {
	out := make([]millrace.Event, n)
	draw := rapid.Custom(drawFact)
	for i := range out {
		out[i] = draw.Example(seed*n + i).of(fmt.Sprint("-", i*7919%5)).numbered(i).Event
	}
	return out
}
