package main

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"os"
	"sync/atomic"
	"time"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/engine"
	"millrace/internal/market"
)

// day0 is the market's first day.
const day0 = millrace.Time(1735689600000)

// marketOf is a market of a hundredth as many accounts and a tenth as many people as facts.
func marketOf(events int) (*market.Market, error) {
	return market.New(market.Config{Seed: 1, Accounts: max(1, events/100), FactsPerPerson: 10, Start: day0})
}

// open opens an engine on a file, which is made when absent.
func open(ctx context.Context, path string, clock millrace.Clock) (*engine.Engine, func(), error) {
	d, err := db.Open(ctx, path, db.Options{})
	if err != nil {
		return nil, nil, err
	}
	if err := d.Migrate(ctx); err != nil {
		return nil, nil, err
	}
	e, err := engine.Open(ctx, engine.Config{DB: d, Clock: clock})
	if err != nil {
		return nil, nil, err
	}
	return e, func() { e.Close(); d.Close() }, nil
}

// filledMark is the setting that says that a file is complete.
const filledMark = "bench_filled"

// fill makes the file unless an earlier run did.
func fill(ctx context.Context, s settings, path string) error {
	var clock atomic.Int64
	clock.Store(int64(day0))
	e, done, err := open(ctx, path, func() millrace.Time { return millrace.Time(clock.Load()) })
	if err != nil {
		return err
	}
	defer func() { done() }()
	if mark, err := e.Setting(ctx, filledMark); err != nil || mark != "" {
		return err
	}
	if found, err := db.One(ctx, e.DB(), []any{new(int64)}, "select seq from event where kind <> $1 limit 1", int64(millrace.KindPlaybook)); err != nil {
		return err
	} else if found { // a fill that was broken off
		done()
		done = func() {}
		for _, suffix := range []string{"", "-wal", "-shm", ".bare", ".bare-wal", ".bare-shm"} {
			os.Remove(path + suffix)
		}
		return fill(ctx, s, path)
	}
	m, err := marketOf(s.events)
	if err != nil {
		return err
	}
	start, n := time.Now(), 0
	batch := make([]millrace.Event, 0, 2000)
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		clock.Store(max(clock.Load(), int64(batch[len(batch)-1].ReceivedAt)))
		_, err := e.Apply(ctx, millrace.Batch{Events: batch})
		if n += len(batch); n%500_000 < len(batch) {
			fmt.Fprintf(os.Stderr, "filling: %d of about %d facts, %.0f/s\n", n, s.events, rate(n, time.Since(start)))
		}
		batch = batch[:0]
		return err
	}
	for event := range history(m, s.events) {
		if batch = append(batch, event); len(batch) == cap(batch) {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := flush(); err != nil {
		return err
	}
	if _, err := e.Sweep(ctx, m.End()); err != nil { // as the recurring job does all along
		return err
	}
	if err := e.TendIndex(ctx); err != nil { // and as this one does
		return err
	}
	figure("filled the database", perSecond(rate(n, time.Since(start))), "in batches of 2,000 from one caller, swept, its index tended")
	return e.DB().Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "insert into setting (name, value) values ($1, $2)", filledMark, "yes")
		return err
	})
}

// history is the account list and the contact list as of the first day, then traffic, n facts in all.
func history(m *market.Market, n int) iter.Seq[millrace.Event] {
	return func(yield func(millrace.Event) bool) {
		next := func(e millrace.Event) bool { n--; return n >= 0 && yield(e) }
		for a := range m.Accounts() {
			if !next(record(millrace.KindAccount, "hubspot:"+a.RecordID, "", map[string]any{"name": a.Name, "domain": a.Domain, "industry": a.Industry,
				"employees": a.Employees, "revenue": a.Revenue, "country": a.CountryCode, "technologies": a.Technologies})) {
				return
			}
		}
		for p := range m.People() {
			if !next(record(millrace.KindContact, "hubspot:"+p.RecordID, p.Email, map[string]any{"email": p.Email, "first_name": p.FirstName,
				"last_name": p.LastName, "title": p.Title, "account_id": "hubspot:" + p.Account.RecordID})) {
				return
			}
		}
		for e := range m.Facts() {
			if !next(e) {
				return
			}
		}
	}
}

func record(kind millrace.Kind, id, email string, traits map[string]any) millrace.Event {
	data, err := json.Marshal(traits)
	if err != nil {
		panic(err) // texts and numbers
	}
	return millrace.Event{Source: "crm", ID: id, Kind: kind, RecordID: id, Email: email, OccurredAt: day0, ReceivedAt: day0, Data: data}
}
