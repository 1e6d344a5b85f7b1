package main

import (
	"context"
	"database/sql"
	"fmt"
	"runtime/debug"
	"time"

	"millrace/internal/db"
	"millrace/internal/engine"
	"millrace/internal/eventlog"
)

// asOf measures what a page as of a past moment is made of: accounts drawn at random are folded with all their people from the log, beside the rate at
// which the very rows behind them can be read one after the other.
func asOf(ctx context.Context, path string) error {
	debug.SetGCPercent(200) // as cmd/millrace does
	e, done, err := openAtEnd(ctx, path)
	if err != nil {
		return err
	}
	defer done()
	accounts, err := someOf(ctx, e.DB(), "account_score", "people > 1")
	if err != nil {
		return err
	}
	behind := make([][]int64, len(accounts))
	rows := 0
	for i, id := range accounts {
		if behind[i], err = rowsBehind(ctx, e.DB(), id); err != nil {
			return err
		}
		rows += len(behind[i])
	}
	read := func() (time.Duration, error) {
		start := time.Now()
		for _, seqs := range behind {
			if err := eventlog.At(ctx, e.DB(), seqs, func(*eventlog.Row) error { return nil }); err != nil {
				return 0, err
			}
		}
		return time.Since(start), nil
	}
	explain := func(at engine.AsOf) (time.Duration, error) {
		start := time.Now()
		for _, id := range accounts {
			if _, err := e.Explain(ctx, engine.AccountID(id), at); err != nil {
				return 0, err
			}
		}
		return time.Since(start), nil
	}
	now := e.Now()
	if _, err := explain(engine.AsOf{At: now}); err != nil { // so that all have the pages at hand
		return err
	}
	before, err := read()
	if err != nil {
		return err
	}
	stop, err := profiled()
	if err != nil {
		return err
	}
	defer stop()
	for _, x := range []struct {
		name string
		at   engine.AsOf
	}{{"accounts as of now", engine.AsOf{At: now}}, {"accounts as known now", engine.AsOf{KnownAt: now}}} {
		took, err := explain(x.at)
		if err != nil {
			return err
		}
		after, err := read()
		if err != nil {
			return err
		}
		raw := (before + after) / 2
		figure(x.name, perSecond(rate(rows, took)), fmt.Sprintf("facts; %.2f of reading the same rows, %.0f/s; %d accounts, %d facts, %s each",
			raw.Seconds()/took.Seconds(), rate(rows, raw), len(accounts), rows, milliseconds(took/time.Duration(len(accounts)))))
	}
	return nil
}

// rowsBehind are the positions of the facts about an account, its people and the visitors whom they were, in order.
func rowsBehind(ctx context.Context, q db.Querier, account int64) ([]int64, error) {
	id := func(rows *sql.Rows) (id int64, err error) {
		err = rows.Scan(&id)
		return id, err
	}
	return db.Collect(ctx, q, id, `with entity as (select $1 as id union select id from contact_score where account = $1),
		known as (select id from entity union select r.id from resolved r join entity e on e.id = r.entity),
		subject as (select id from known union select l.b from known k join link l on l.a = k.id join identifier i on i.id = l.b where i.value like 'a:%')
		select distinct s.seq from subject x cross join event_chunk c cross join event_subject s where s.chunk = c.chunk and s.subject = x.id order by 1`, account)
}
