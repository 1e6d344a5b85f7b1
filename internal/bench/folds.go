package main

import (
	"context"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"millrace/internal/engine"
	"millrace/internal/eventlog"
)

// phases prints how long each phase of a rebuild took, and how many processors it had work for.
type phases struct {
	name  string
	began time.Time
	busy  time.Duration
}

func (p *phases) note(now engine.Progress) {
	if now.Phase != p.name {
		p.end()
		p.name, p.began, p.busy = now.Phase, time.Now(), processor(os.Getpid())
	}
}

func (p *phases) end() {
	if p.name != "" {
		took := time.Since(p.began)
		figure("rebuild: "+p.name, took.Round(time.Second/10).String(), fmt.Sprintf("%.1f processors", (processor(os.Getpid())-p.busy).Seconds()/took.Seconds()))
	}
}

// folds measures what reads the whole log, beside the rate at which its rows can be read at all.
func folds(ctx context.Context, path string) error {
	debug.SetGCPercent(200) // as cmd/millrace does
	e, done, err := openAtEnd(ctx, path)
	if err != nil {
		return err
	}
	defer done()
	scan := func() (float64, error) {
		n, start := 0, time.Now()
		err := eventlog.Scan(ctx, e.DB(), 0, 1<<62, func(*eventlog.Row) error { n++; return nil })
		return rate(n, time.Since(start)), err
	}
	before, err := scan()
	if err != nil {
		return err
	}
	stop, err := profiled()
	if err != nil {
		return err
	}
	phases := &phases{began: time.Now()}
	start, busy := phases.began, processor(os.Getpid())
	n, err := e.Rebuild(ctx, phases.note)
	if err != nil {
		return err
	}
	rebuild := time.Since(start)
	stop()
	phases.end()
	figure("rebuild, processor time a fact", micros(processor(os.Getpid())-busy, int(n)), "")
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
