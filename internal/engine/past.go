package engine

import (
	"context"
	"database/sql"
	"encoding/json"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/eventlog"
)

// Knowledge is what a reading of the past takes in of the log: all of it up to Position and, of what came after it up to End, what the
// switches say. Its zero switches are what was known at Position.
type Knowledge struct {
	Position, End int64
	At            millrace.Time // the clock, and the moment by which late facts occurred
	Playbook      string        // version that rules
	Late          bool          // facts that came after Position and occurred by At; those without a time of their own too
	Identity      bool          // who was put together with whom after Position: merges, their undoing, domains, identifications
	Undone        bool          // imports that were undone after Position
	Retags        bool          // campaign tags that were corrected after Position
}

// Takes says whether a fact of a subject counts.
func (k *Knowledge) Takes(seq int64, at millrace.Time, undated bool) bool {
	return seq <= k.Position || k.Late && seq <= k.End && (undated || at <= k.At)
}

// folds says whether a row counts as a statement or an act.
func (k *Knowledge) folds(r *eventlog.Row) bool {
	return k.Takes(r.Seq, r.OccurredAt, r.Flags.Has(millrace.FlagUndated))
}

// links says whether a row counts for who is who.
func (k *Knowledge) links(r *eventlog.Row) bool {
	switch {
	case r.Seq <= k.Position || k.Identity && r.Seq <= k.End:
		return true
	case joins(r.Kind):
		return false
	}
	return k.folds(r)
}

// joins says whether a fact is nothing but knowledge of who is who.
func joins(k millrace.Kind) bool {
	return k == millrace.KindMerge || k == millrace.KindUnmerge || k == millrace.KindDomainAlias
}

// Past is the derived state of a knowledge, in tables of its own.
type Past struct {
	Knowledge
	Resolver *Resolver
	Tables   Tables
	Undone   map[int64]bool // imports whose facts don't stand, by id
}

// Tables names the derived tables that rooms read.
type Tables struct{ ContactScore, Account, AccountScore, Opportunity, Spend, Record string }

// LiveTables are those of today.
func LiveTables() Tables { return live.public() }

func (t tables) public() Tables {
	return Tables{ContactScore: t.contactScore, Account: t.account, AccountScore: t.accountScore, Opportunity: t.opportunity, Spend: t.spend, Record: t.record}
}

// ReadPast folds what a knowledge takes in of the log into tables beside the live ones, hands them to fn, and drops them. One caller at a
// time is in it; the server goes on serving. It takes as long as a rebuild of the log up to k.End.
func (e *Engine) ReadPast(ctx context.Context, k Knowledge, progress func(Progress), fn func(p *Past) error) error {
	return e.replayInTurn(ctx, turnPast, func() error { return e.readPast(ctx, k, progress, fn) })
}

func (e *Engine) readPast(ctx context.Context, k Knowledge, progress func(Progress), fn func(p *Past) error) error {
	const suffix = suffixPast
	r, err := loadVersion(ctx, e.db, k.Playbook)
	if err != nil {
		return err
	}
	if err := e.db.Write(ctx, func(tx *db.Tx) error { return createDerived(ctx, tx, suffix, "asof") }); err != nil {
		return err
	}
	defer e.db.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error { return dropDerived(ctx, tx, suffix) })
	past := Past{Knowledge: k, Tables: tablesWith(suffix).public(), Undone: map[int64]bool{}}
	if err := e.db.Read(ctx, func(s *db.Snapshot) error {
		p, err := e.newReplay(ctx, s, suffix, r, k.At, k.end(), progress)
		if err != nil {
			return err
		}
		p.u.sees, p.folds = k.links, k.folds
		if p.u.c.undone, err = k.undone(ctx, s); err != nil {
			return err
		}
		for id := range p.u.c.undone {
			past.Undone[id] = true
		}
		return p.run()
	}); err != nil {
		return err
	}
	if past.Resolver, err = e.resolver(ctx, e.db, tablesWith(suffix)); err != nil {
		return err
	}
	return fn(&past)
}

// end is the last position that counts for anything.
func (k *Knowledge) end() int64 {
	if k.Late || k.Identity {
		return k.End
	}
	return k.Position
}

// undone are the imports whose facts don't stand: those undone by Position, without k.Undone none of the later ones, and without k.Late also
// those begun later, so that what they brought again doesn't count as stated again. One begun and undone after Position brought nothing.
func (k *Knowledge) undone(ctx context.Context, q db.Querier) (map[int64]millrace.Time, error) {
	later, err := k.startedLater(ctx, q)
	if err != nil {
		return nil, err
	}
	out := map[int64]millrace.Time{}
	err = db.Each(ctx, q, "/* past.undone */ select id, undone_at, undone_seq from import", func(rows *sql.Rows) error {
		var id, at, seq int64
		if err := rows.Scan(&id, &at, &seq); err != nil {
			return err
		}
		gone := at > 0 && seq <= k.End
		if begun, since := later[id]; begun > k.End || since && (gone || !k.Late) || gone && (seq <= k.Position || k.Undone) {
			out[id] = max(millrace.Time(at), 1)
		}
		return nil
	})
	return out, err
}

// startedLater are the imports begun after the position, with the position of the fact that says so.
func (k *Knowledge) startedLater(ctx context.Context, q db.Querier) (map[int64]int64, error) {
	out := map[int64]int64{}
	err := db.Each(ctx, q, "/* past.started */ select seq, body from event where kind = 32 and seq > $1", func(rows *sql.Rows) error {
		var seq int64
		var body []byte
		if err := rows.Scan(&seq, &body); err != nil {
			return err
		}
		var d struct {
			Import int64 `json:"import"`
		}
		err := json.Unmarshal(eventlog.Data(body), &d)
		out[d.Import] = seq
		return err
	}, k.Position)
	return out, err
}
