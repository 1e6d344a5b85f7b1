package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/eventlog"
)

// rounds is how often ingest and its limits take turns; the median of the ratios is reported, since the machine may have other work.
const rounds = 3

// rest is how long the server has after traffic to move its WAL into the database, which counts as its processor time, before others use the disk.
const rest = 2 * time.Second

// emptyIngest measures ingest into a database in which nobody is known yet.
func emptyIngest(ctx context.Context, s settings) error {
	dir, err := os.MkdirTemp(s.dir, "empty-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	return ingest(ctx, s, dir+"/empty.db", dir+"/bare.db")
}

// ingest sends traffic over HTTP to a server on the file, and inserts the log rows that came of it into a bare file of the same size.
func ingest(ctx context.Context, s settings, path, barePath string) error {
	server, err := startServer(ctx, "serve", path)
	if err != nil {
		return err
	}
	defer func() {
		if server != nil {
			server.stop()
		}
	}()
	time.Sleep(2 * time.Second)
	figure("memory, idle", fmt.Sprintf("%d MB", server.memory("VmRSS")), "resident; the promise is 60")
	d, err := db.Open(ctx, path, db.Options{})
	if err != nil {
		return err
	}
	defer d.Close()
	bare, err := openBare(ctx, d, barePath)
	if err != nil {
		return err
	}
	defer bare.db.Close()
	m, err := marketOf(s.events)
	if err != nil {
		return err
	}
	all := parcels(m, s.run, s.events/3, s.ingest, 100, server.now)
	share := len(all) / rounds
	var http, unique, loose, grouped []float64
	var busy, bareBusy time.Duration
	facts := 0
	for i := range rounds {
		part := all[i*share : (i+1)*share]
		before, err := lastSeq(ctx, d)
		if err != nil {
			return err
		}
		busyBefore := processor(server.cmd.Process.Pid)
		took, err := send(server.url, part)
		if err != nil {
			return err
		}
		time.Sleep(rest)
		busy += processor(server.cmd.Process.Pid) - busyBefore
		http = append(http, rate(100*len(part), took))
		rows, err := bare.rowsAfter(ctx, d, before)
		if err != nil {
			return err
		}
		facts += len(rows)
		for k, v := range []struct {
			unique bool
			size   int
			into   *[]float64
		}{{true, 100, &unique}, {false, 100, &loose}, {true, 1000, &grouped}} {
			bareBefore := processor(os.Getpid())
			took, err := bare.insert(ctx, rows, v.size, v.unique)
			if err != nil {
				return err
			}
			if k == 0 {
				bareBusy += processor(os.Getpid()) - bareBefore
			}
			*v.into = append(*v.into, rate(len(rows), took))
		}
	}
	figure("ingest over HTTP, batches of 100", perSecond(median(http)), "16 connections; durable, scored and decided on when answered")
	for _, l := range []struct {
		name string
		of   []float64
	}{{"bare inserts, unique id, 100 a transaction", unique}, {"bare inserts, no unique id, 100", loose}, {"bare inserts, unique id, 1,000", grouped}} {
		figure(l.name, perSecond(median(l.of)), fmt.Sprintf("ingest is %.2f of it", ratio(http, l.of)))
	}
	figure("processor time a fact, ingest", micros(busy, facts), fmt.Sprintf("bare inserts with unique id, 100 a transaction, take %s: %.2f of it",
		micros(bareBusy, facts), bareBusy.Seconds()/max(busy.Seconds(), 1e-9)))
	singles := parcels(m, s.run+"s", s.events/3+s.ingest, 5000, 1, all[len(all)-1].at)
	latency, err := sendAt(server.url, singles, 1000)
	if err != nil {
		return err
	}
	figure("one fact a request at 1,000/s, p95", milliseconds(percentile(latency, 95)), fmt.Sprintf("the promise is 5 ms; p50 %s, p99 %s",
		milliseconds(percentile(latency, 50)), milliseconds(percentile(latency, 99))))
	figure("memory, at most", fmt.Sprintf("%d MB", server.memory("VmHWM")), "resident; the promise is 500")
	err = server.stop()
	server = nil
	return err
}

func micros(d time.Duration, n int) string {
	return fmt.Sprintf("%.0f µs", d.Seconds()*1e6/float64(max(n, 1)))
}

func median(x []float64) float64 {
	x = slices.Sorted(slices.Values(x))
	return x[len(x)/2]
}

// ratio is the median of the ratios within each round.
func ratio(of, to []float64) float64 {
	r := make([]float64, len(of))
	for i := range of {
		r[i] = of[i] / to[i]
	}
	return median(r)
}

func lastSeq(ctx context.Context, q db.Querier) (seq int64, err error) {
	_, err = db.One(ctx, q, []any{&seq}, "select coalesce(max(seq), 0) from event")
	return seq, err
}

// bareLog is a database that holds log rows and their unique ids and nothing else.
type bareLog struct {
	db  *db.DB
	seq int64
}

// openBare opens a bare file with as many rows as the log of d has, copying them when the file is new.
func openBare(ctx context.Context, d *db.DB, path string) (*bareLog, error) {
	b, err := db.Open(ctx, path, db.Options{})
	if err != nil {
		return nil, err
	}
	if err := b.Migrate(ctx); err != nil {
		return nil, err
	}
	bare := &bareLog{db: b}
	if bare.seq, err = lastSeq(ctx, b); err != nil {
		return nil, err
	}
	rows := make([]eventlog.Row, 0, 1000)
	flush := func() error {
		if len(rows) == 0 {
			return nil
		}
		_, err := bare.insert(ctx, rows, cap(rows), true)
		rows = rows[:0]
		return err
	}
	last, err := lastSeq(ctx, d)
	if err != nil {
		return nil, err
	}
	if err := eventlog.Scan(ctx, d, bare.seq, last, func(r *eventlog.Row) error {
		if rows = append(rows, *r); len(rows) == cap(rows) {
			return flush()
		}
		return nil
	}); err != nil {
		return nil, err
	}
	return bare, flush()
}

// rowsAfter reads the log rows that a measurement brought.
func (b *bareLog) rowsAfter(ctx context.Context, d *db.DB, after int64) (rows []eventlog.Row, err error) {
	err = eventlog.Scan(ctx, d, after, 1<<62, func(r *eventlog.Row) error {
		if r.Kind.External() {
			rows = append(rows, *r)
		}
		return nil
	})
	return rows, err
}

// insert writes rows at the log's end, size a transaction.
func (b *bareLog) insert(ctx context.Context, rows []eventlog.Row, size int, unique bool) (time.Duration, error) {
	start := time.Now()
	for len(rows) > 0 {
		part := rows[:min(size, len(rows))]
		rows = rows[len(part):]
		if err := b.db.Write(ctx, func(tx *db.Tx) error {
			args, keys := make([]any, 0, 15*len(part)), make([]any, 0, 4*len(part))
			for i := range part {
				r := &part[i]
				b.seq++
				args = append(args, b.seq, int64(r.Kind), int64(r.Flags), r.Subject, r.Anon, r.Object, r.Name, r.Place, r.Source, r.Import,
					int64(r.OccurredAt), int64(r.RecordedAt), int64(r.ReceivedAt), r.Refs, r.Body)
				k := eventlog.KeyOf([32]byte{}, "bench", fmt.Sprint(b.seq), millrace.Time(r.OccurredAt))
				keys = append(keys, int64(k.SentAt), k.H1, k.H2, b.seq)
			}
			if _, err := tx.InsertMany(ctx, "insert into event (seq, kind, flags, subject, anon, object, name, place, source, import, "+
				"occurred_at, recorded_at, received_at, refs, body)", 15, "", args); err != nil || !unique {
				return err
			}
			_, err := tx.InsertMany(ctx, "insert into event_key (sent_at, h1, h2, seq)", 4, "on conflict do nothing", keys)
			return err
		}); err != nil {
			return 0, err
		}
	}
	return time.Since(start), nil
}
