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

func BenchmarkApply(b *testing.B) {
	clock := &testClock{day0 + 200*millrace.Day} // after all of the traffic
	e := openEngine(b, filepath.Join(b.TempDir(), "bench.db"), clock)
	var seq atomic.Int64
	const people = 100_000
	var wg sync.WaitGroup
	work := make(chan []millrace.Event, 64)
	for range 16 {
		wg.Go(func() {
			for batch := range work {
				if _, err := e.Apply(context.Background(), millrace.Batch{Events: batch}); err != nil {
					b.Error(err)
				}
			}
		})
	}
	rng := rand.New(rand.NewPCG(1, 2))
	start := day0 + 100*millrace.Day - millrace.Hour
	for first := 0; first < people; first += 1000 { // everybody is known before the clock starts
		batch := make([]millrace.Event, 1000)
		for i := range batch {
			n := first + i
			batch[i] = page(n, fmt.Sprintf("user-%d", n), fmt.Sprintf("anon-%d", n), "/", start)
			batch[i].Kind, batch[i].Email = millrace.KindIdentify, fmt.Sprintf("p%d@company-%d.com", n, n/10)
			batch[i].Data = []byte(fmt.Sprintf(`{"email":"p%d@company-%d.com","title":"CFO","firstName":"P"}`, n, n/10))
		}
		if _, err := e.Apply(context.Background(), millrace.Batch{Events: batch}); err != nil {
			b.Fatal(err)
		}
	}
	b.ResetTimer()
	sent := 0
	for n := 0; sent < b.N; n++ { // the clock goes on as the benchmark does
		at := day0 + 100*millrace.Day + millrace.Time(n)*10*millrace.Second
		work <- traffic(rng, people, 100, at-10*millrace.Second, at, &seq)
		sent += 100
	}
	close(work)
	wg.Wait()
	b.ReportMetric(float64(sent)/b.Elapsed().Seconds(), "events/s")
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
