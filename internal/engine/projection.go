package engine

import (
	"context"
	"slices"

	"millrace"
	"millrace/internal/db"
)

// Projection is what a room above keeps of the log in tables of its own, following it from its own position. A registered one is part of
// Check, Rebuild and Erase.
type Projection struct {
	Name   string
	Tables []string // whose rows may hold personal values: an erasure rewrites their files
	// Follow brings the tables up to the log's end. After an erasure that leaves no trace of the person in them.
	Follow func(ctx context.Context) error
	// Leave, where there is one, removes in an erasure's transaction what names the person, which nobody can tell afterwards.
	Leave func(ctx context.Context, tx *db.Tx, who Leaving) error
	// Check compares the tables with a fresh reading of the log, up to one position.
	Check func(ctx context.Context) (Checked, error)
	// Rebuild drops what the tables hold and reads the log from its beginning.
	Rebuild func(ctx context.Context) error
}

// Leaving is what somebody was known by whom an erasure removes.
type Leaving struct {
	Name   string // "" when none is known
	Emails []string
}

// Register adds a projection. Rooms register when they are made, before the engine is shared; a name that is registered again is replaced.
func (e *Engine) Register(p Projection) {
	e.registering.Lock()
	defer e.registering.Unlock()
	e.projections = append(slices.DeleteFunc(slices.Clone(e.projections), func(q Projection) bool { return q.Name == p.Name }), p)
}

func (e *Engine) registered() []Projection {
	e.registering.Lock()
	defer e.registering.Unlock()
	return e.projections
}

// checkProjections adds what the checks of all projections found.
func (e *Engine) checkProjections(ctx context.Context, out *Checked) error {
	for _, p := range e.registered() {
		c, err := p.Check(ctx)
		if err != nil {
			return err
		}
		out.Rows += c.Rows
		out.Differences += c.Differences
		out.Examples = append(out.Examples, c.Examples[:min(len(c.Examples), max(0, maxExamples-len(out.Examples)))]...)
	}
	return nil
}

// maxExamples bounds the differences that a check tells of one by one.
const maxExamples = 50

func (e *Engine) rebuildProjections(ctx context.Context) error {
	for _, p := range e.registered() {
		if err := p.Rebuild(ctx); err != nil {
			return err
		}
	}
	return nil
}

// scrubSetting stands while erased people may still be in the database's files.
const scrubSetting = "scrub"

// FinishErasures does what an erasure that was broken off left: it is what the recurring job calls.
func (e *Engine) FinishErasures(ctx context.Context) error {
	due, err := e.Setting(ctx, scrubSetting)
	if err != nil || due == "" {
		return err
	}
	return e.forget(ctx)
}

// forget makes the projections take an erasure in, and then rewrites what the person's rows stood in. Replays that run end, and what others
// left that were killed goes: their tables hold the person too.
func (e *Engine) forget(ctx context.Context) error {
	e.replays.overtake()
	return e.inTurns(ctx, replayTurns, func() error {
		due, err := e.Setting(ctx, scrubSetting)
		if err != nil || due == "" {
			return err // another erasure has done it meanwhile
		}
		if err := e.db.Write(ctx, func(tx *db.Tx) error {
			for _, suffix := range leftOver {
				if err := dropDerived(ctx, tx, suffix); err != nil {
					return err
				}
			}
			return dropRebuild(ctx, tx)
		}); err != nil {
			return err
		}
		tables := []string{"event", "identifier", "link"}
		for _, t := range live.all() {
			tables = append(tables, t.name)
		}
		for _, p := range e.registered() {
			if err := p.Follow(ctx); err != nil {
				return err
			}
			tables = append(tables, p.Tables...)
		}
		if err := e.db.Scrub(ctx, tables); err != nil {
			return err
		}
		return e.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, "/* setting.scrubbed */ delete from setting where name = $1 and value = $2", scrubSetting, due)
			return err
		})
	})
}

// ErasedFacts gives the positions of all facts whose payload was erased.
func ErasedFacts(ctx context.Context, q db.Querier) (map[int64]bool, error) {
	seqs, err := db.Collect(ctx, q, scanID, "/* event.erased */ select seq from event where (flags & $1) <> 0", int64(millrace.FlagErased))
	out := make(map[int64]bool, len(seqs))
	for _, s := range seqs {
		out[s] = true
	}
	return out, err
}
