package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/engine"
	"millrace/internal/eventlog"
)

// traffic makes batches of a site's traffic: people known by user id on their own device, reading pages of which a third score.
func traffic(rng *rand.Rand, people, n int, from, to millrace.Time, seq *atomic.Int64) []millrace.Event {
	paths := [...]string{"/", "/pricing", "/blog/a", "/blog/b", "/docs/start", "/security", "/features", "/customers/x", "/about", "/product"}
	out := make([]millrace.Event, n)
	for i := range out {
		p := rng.IntN(people)
		at := from + millrace.Time(rng.Int64N(int64(to-from)))
		out[i] = millrace.Event{Source: "bench", ID: fmt.Sprintf("m-%d", seq.Add(1)), SentAt: at, Kind: millrace.KindPage, UserID: fmt.Sprintf("user-%d", p),
			AnonymousID: fmt.Sprintf("anon-%d", p), OccurredAt: at, ReceivedAt: to, Host: "www.example.org", Path: paths[rng.IntN(len(paths))],
			Data:    []byte(`{"title":"A page","referrer":"https://www.google.com/"}`),
			Context: []byte(`{"library":{"name":"analytics.js","version":"next-1.84.3"},"locale":"en-US","userAgent":"Mozilla/5.0 (Macintosh)"}`)}
	}
	return out
}

// identifies makes people known, ten to a company, by user id, address and device.
func identifies(first, n int, at millrace.Time) []millrace.Event {
	out := make([]millrace.Event, n)
	titles := [...]string{"CFO", "VP of Marketing", "Software Engineer", "Head of Revenue Operations", "Marketing Manager", "Controller"}
	for i := range out {
		n := first + i
		out[i] = page(n, fmt.Sprintf("user-%d", n), fmt.Sprintf("anon-%d", n), "/", at)
		out[i].Kind, out[i].Email = millrace.KindIdentify, fmt.Sprintf("p%d@company-%d.com", n, n/10)
		out[i].Data = fmt.Appendf(nil, `{"email":"p%d@company-%d.com","title":"%s","firstName":"P"}`, n, n/10, titles[n%len(titles)])
	}
	return out
}

// applyAll applies batches from 16 callers at once until next has no more.
func applyAll(b *testing.B, e *engine.Engine, next func(n int) []millrace.Event) (events int) {
	var wg sync.WaitGroup
	work := make(chan []millrace.Event)
	for range 16 {
		wg.Go(func() {
			for batch := range work {
				if _, err := e.Apply(context.Background(), millrace.Batch{Events: batch}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for n := 0; ; n++ {
		batch := next(n)
		if batch == nil {
			break
		}
		events += len(batch)
		work <- batch
	}
	close(work)
	wg.Wait()
	return events
}

// BenchmarkApply has three parts on one database: people who are named for the first time, in batches of 100; then the traffic of those
// people while everybody does everything for the first time; then the same traffic once that is over.
func BenchmarkApply(b *testing.B) {
	const people = 100_000
	var now atomic.Int64
	now.Store(int64(day0 + 100*millrace.Day))
	e := openAt(b, filepath.Join(b.TempDir(), "bench.db"), func() millrace.Time { return millrace.Time(now.Load()) })
	rng := rand.New(rand.NewPCG(1, 2))
	var seq atomic.Int64
	batches := 0
	flow := func(b *testing.B, n int) int { // the clock goes on as the benchmark does
		return applyAll(b, e, func(k int) []millrace.Event {
			if k*100 >= n {
				return nil
			}
			batches++
			at := day0 + 100*millrace.Day + millrace.Time(batches)*10*millrace.Second
			now.Store(int64(at))
			return traffic(rng, people, 100, at-10*millrace.Second, at, &seq)
		})
	}
	created := 0
	b.Run("create", func(b *testing.B) {
		sent := applyAll(b, e, func(k int) []millrace.Event {
			if k*100 >= b.N {
				return nil
			}
			created += 100
			return identifies(created-100, 100, day0+100*millrace.Day-millrace.Hour)
		})
		b.ReportMetric(float64(sent)/b.Elapsed().Seconds(), "events/s")
	})
	for ; created < people; created += 1000 {
		if _, err := e.Apply(context.Background(), millrace.Batch{Events: identifies(created, 1000, day0+100*millrace.Day-millrace.Hour)}); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("first", func(b *testing.B) {
		b.ReportMetric(float64(flow(b, b.N))/b.Elapsed().Seconds(), "events/s")
	})
	flow(b, 3*people-100*batches)
	b.Run("steady", func(b *testing.B) {
		b.ReportMetric(float64(flow(b, b.N))/b.Elapsed().Seconds(), "events/s")
	})
}

// BenchmarkBare inserts the same log rows with their unique id, one transaction for each 100: the limit that Apply is measured against.
func BenchmarkBare(b *testing.B) {
	d, err := db.Open(b.Context(), filepath.Join(b.TempDir(), "bare.db"), db.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close()
	if err := d.Migrate(b.Context()); err != nil {
		b.Fatal(err)
	}
	var seq atomic.Int64
	rng := rand.New(rand.NewPCG(1, 2))
	b.ResetTimer()
	for sent := 0; sent < b.N; sent += 100 {
		events := traffic(rng, 100_000, 100, day0, day0+millrace.Day, &seq)
		err := d.Write(b.Context(), func(tx *db.Tx) error {
			rows, keys := make([]any, 0, 1600), make([]any, 0, 400)
			for i := range events {
				e := &events[i]
				n := int64(sent + i + 1)
				k := eventlog.KeyOf([32]byte{}, e.Source, e.ID, e.SentAt)
				rows = append(rows, n, int64(e.Kind), 0, n%100_000, 0, 0, 0, 1, 1, 0, int64(e.OccurredAt), 0, int64(e.ReceivedAt), nil, eventlog.Body(e, "", "", ""))
				keys = append(keys, int64(k.SentAt), k.H1, k.H2, n)
			}
			if _, err := tx.InsertMany(b.Context(), "insert into event (seq, kind, flags, subject, anon, object, name, place, source, import, occurred_at, recorded_at, received_at, refs, body)", 15, "", rows); err != nil {
				return err
			}
			_, err := tx.InsertMany(b.Context(), "insert into event_key (sent_at, h1, h2, seq)", 4, "on conflict do nothing", keys)
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
}
