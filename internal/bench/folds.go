package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"time"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/engine"
	"millrace/internal/eventlog"
)

// folds measures what reads the whole log, beside the rate at which its rows can be read at all, and explaining single people.
func folds(ctx context.Context, path string) error {
	debug.SetGCPercent(200) // as cmd/millrace does
	d, err := db.Open(ctx, path, db.Options{})
	if err != nil {
		return err
	}
	var last int64
	_, err = db.One(ctx, d, []any{&last}, "select received_at from event order by seq desc limit 1")
	d.Close()
	if err != nil {
		return err
	}
	clock := millrace.Time(last)
	e, done, err := open(ctx, path, func() millrace.Time { return clock })
	if err != nil {
		return err
	}
	defer done()
	if err := explain(ctx, e); err != nil {
		return err
	}
	scan := func() (float64, error) {
		n, start := 0, time.Now()
		err := eventlog.Scan(ctx, e.DB(), 0, 1<<62, func(*eventlog.Row) error { n++; return nil })
		return rate(n, time.Since(start)), err
	}
	before, err := scan()
	if err != nil {
		return err
	}
	start := time.Now()
	n, err := e.Rebuild(ctx, nil)
	if err != nil {
		return err
	}
	rebuild := time.Since(start)
	after, err := scan()
	if err != nil {
		return err
	}
	raw := (before + after) / 2
	figure("reading all rows through database/sql", perSecond(raw), fmt.Sprintf("%.0f before the folds, %.0f after", before, after))
	figure("rebuild", perSecond(rate(int(n), rebuild)), fmt.Sprintf("%.2f of reading; %d facts in %s", rate(int(n), rebuild)/raw, n, rebuild.Round(time.Second/10)))
	start = time.Now()
	c, err := e.Check(ctx, nil)
	if err != nil {
		return err
	}
	took := time.Since(start)
	figure("check", perSecond(rate(int(c.Facts), took)), fmt.Sprintf("%.2f of reading; %d rows compared, %d differ", rate(int(c.Facts), took)/raw, c.Rows, c.Differences))
	return nil
}

// explain opens people at random, those with the longest histories among them.
func explain(ctx context.Context, e *engine.Engine) error {
	var least, most int64
	if _, err := db.One(ctx, e.DB(), []any{&least, &most}, "select min(id), max(id) from contact_score"); err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(1, 2))
	var took []time.Duration
	lines := 0
	for len(took) < 200 {
		var id int64
		if _, err := db.One(ctx, e.DB(), []any{&id}, "select id from contact_score where id >= $1 and last_at > first_at order by id limit 1",
			least+rng.Int64N(most-least+1)); err != nil {
			return err
		}
		if id == 0 {
			continue
		}
		start := time.Now()
		x, err := e.Explain(ctx, engine.ContactID(id), engine.AsOf{})
		if err != nil {
			return err
		}
		took = append(took, time.Since(start))
		lines += len(x.Intent.Lines)
	}
	slices.Sort(took)
	figure("explaining one person, p95", milliseconds(percentile(took, 95)), fmt.Sprintf("the promise is 50 ms; p50 %s; %d lines of scored facts in 200 people",
		milliseconds(percentile(took, 50)), lines))
	return nil
}
