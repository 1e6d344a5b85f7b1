package main

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"time"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/directory"
	"millrace/internal/engine"
)

// lookups is how often each read is timed.
const lookups = 200

// reads measures what people's screens ask for, as they ask for it, and explaining single people and accounts: p95 over so many lookups at random,
// after one that isn't counted.
func reads(ctx context.Context, path string) error {
	e, done, err := openAtEnd(ctx, path)
	if err != nil {
		return err
	}
	defer done()
	d := directory.New(e)
	if err := cmp.Or(d.Follow(ctx), e.TendIndex(ctx)); err != nil { // as the server does all along
		return err
	}
	people, err := someOf(ctx, e.DB(), "contact_score", "last_at > first_at")
	if err != nil {
		return err
	}
	accounts, err := someOf(ctx, e.DB(), "account_score", "people > 1")
	if err != nil {
		return err
	}
	var lead, account string // cursors
	lines := 0
	for _, r := range []struct {
		name string
		read func(n int) error
	}{
		{"leads, page after page", func(int) error {
			p, err := d.Leads(ctx, directory.ContactFilter{Paging: directory.Paging{Cursor: lead}})
			lead = p.NextCursor
			return err
		}},
		{"accounts, page after page", func(int) error {
			p, err := d.Accounts(ctx, directory.AccountFilter{Paging: directory.Paging{Cursor: account}})
			account = p.NextCursor
			return err
		}},
		{"contacts whose name begins with a letter", func(n int) error {
			_, err := d.Contacts(ctx, directory.ContactFilter{Q: string(rune('a' + n%26))})
			return err
		}},
		{"an account's page", func(n int) error {
			id := engine.AccountID(accounts[n])
			_, err := d.Account(ctx, id)
			if err == nil {
				_, err = d.Timeline(ctx, id, directory.TimelineFilter{})
			}
			return err
		}},
		{"a contact's page", func(n int) error {
			id := engine.ContactID(people[n])
			_, err := d.Contact(ctx, id)
			if err == nil {
				_, err = d.Timeline(ctx, id, directory.TimelineFilter{})
			}
			return err
		}},
		{"the overview", func(int) error { _, err := d.Overview(ctx); return err }},
		{"explaining an account", func(n int) error {
			_, err := e.Explain(ctx, engine.AccountID(accounts[n]), engine.AsOf{})
			return err
		}},
		{"explaining one person", func(n int) error {
			x, err := e.Explain(ctx, engine.ContactID(people[n]), engine.AsOf{})
			lines += len(x.Intent.Lines)
			return err
		}},
	} {
		if err := timed(r.name, r.read); err != nil {
			return err
		}
	}
	figure("scored facts in what was explained", fmt.Sprint(lines), "")
	return nil
}

func timed(name string, read func(n int) error) error {
	took, busy := make([]time.Duration, 0, lookups), processor(os.Getpid())
	for n := range lookups + 1 {
		start := time.Now()
		if err := read(n % lookups); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		if n > 0 {
			took = append(took, time.Since(start))
		}
	}
	slices.Sort(took)
	figure(name+", p95", milliseconds(percentile(took, 95)), fmt.Sprintf("the promise is 50 ms; p50 %s, most %s; processor time %s each",
		milliseconds(percentile(took, 50)), milliseconds(took[len(took)-1]), milliseconds((processor(os.Getpid())-busy)/(lookups+1))))
	return nil
}

// someOf draws ids of a table, each as likely as any other: identifiers of accounts lie far apart, so that a draw of numbers would find one of
// a few again and again.
func someOf(ctx context.Context, q db.Querier, table, which string) ([]int64, error) {
	ids, err := db.Collect(ctx, q, func(rows *sql.Rows) (id int64, err error) {
		err = rows.Scan(&id)
		return id, err
	}, "select id from "+table+" where "+which)
	if err != nil {
		return nil, err
	}
	if len(ids) < lookups {
		return nil, errors.New(table + " has too few rows")
	}
	rng := rand.New(rand.NewPCG(1, 2))
	out := make([]int64, lookups)
	for i := range out {
		out[i] = ids[rng.IntN(len(ids))]
	}
	return out, nil
}

// openAtEnd opens an engine whose clock stands where the log ends.
func openAtEnd(ctx context.Context, path string) (*engine.Engine, func(), error) {
	d, err := db.Open(ctx, path, db.Options{})
	if err != nil {
		return nil, nil, err
	}
	var last int64
	_, err = db.One(ctx, d, []any{&last}, "select received_at from event order by seq desc limit 1")
	d.Close()
	if err != nil {
		return nil, nil, err
	}
	return open(ctx, path, func() millrace.Time { return millrace.Time(last) })
}
