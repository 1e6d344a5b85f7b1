// Package directory is the read side: lists and single views of accounts, contacts, leads, opportunities, events, imports and drops, and
// the workspace's figures, from the tables that the engine derives. Every list is paged by keyset, filtered, sorted by an index (or says
// that it is not) and can be walked whole for an export. Intent is worked out at the clock of the read. It decides nothing and writes
// nothing but the position of its own roll-up.
package directory

import (
	"context"
	"sync/atomic"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/engine"
	"millrace/internal/playbook"
	"millrace/internal/score"
)

// Directory answers reads over one workspace. It is safe for concurrent use.
type Directory struct {
	engine *engine.Engine
	db     *db.DB
	ruled  atomic.Pointer[ruled]
	rollup rollup
	watch  watch
}

// ruled is the playbook that ruled in the snapshot that was read last, compiled.
type ruled struct {
	version  string
	rules    *score.Rules
	currency string
}

// New makes the read side of an engine.
func New(e *engine.Engine) *Directory { return &Directory{engine: e, db: e.DB()} }

// Page is one page of a list. NextCursor leads to the following page and is empty on the last.
type Page[T any] struct {
	Data       []T    `json:"data"`
	NextCursor string `json:"next_cursor" doc:"Give it back as cursor for the following page; empty on the last page."`
}

// Ref names another record: its public id and its name.
type Ref struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Paging is what every list takes: how many rows (1 to MaxLimit; 0 is DefaultLimit) and where to go on.
type Paging struct {
	Limit  int
	Cursor string
}

// The bounds of a page.
const (
	DefaultLimit = 50
	MaxLimit     = 1000
)

func (p Paging) limit(op string) (int, error) {
	switch {
	case p.Limit == 0:
		return DefaultLimit, nil
	case p.Limit < 0 || p.Limit > MaxLimit:
		return 0, millrace.FieldErrorf(op, "limit", "a page has 1 to %d rows, not %d", MaxLimit, p.Limit)
	}
	return p.Limit, nil
}

// view is one read: a snapshot, the rules that ruled in it, and the clock.
type view struct {
	q        db.Querier
	rules    *score.Rules
	currency string // the workspace's
	clock    millrace.Time
}

// read runs fn on one snapshot, with the rules by which its rows were folded: another process may have applied a playbook since the
// engine looked.
func (d *Directory) read(ctx context.Context, fn func(v *view) error) error {
	return d.db.Read(ctx, func(s *db.Snapshot) error {
		r, err := d.rulesIn(ctx, s)
		if err != nil {
			return err
		}
		return fn(&view{q: s, rules: r.rules, currency: r.currency, clock: d.engine.Now()})
	})
}

func (d *Directory) rulesIn(ctx context.Context, q db.Querier) (*ruled, error) {
	var version string
	if _, err := db.One(ctx, q, []any{&version}, "/* directory.ruling */ select version from ruling order by seq desc limit 1"); err != nil {
		return nil, err
	}
	if r := d.ruled.Load(); r != nil && r.version == version {
		return r, nil
	}
	var src string
	if _, err := db.One(ctx, q, []any{&src}, "/* directory.playbook */ select source from playbook where version = $1", version); err != nil {
		return nil, err
	}
	book, problems := playbook.Parse([]byte(src))
	if err := problems.Err(); err != nil {
		return nil, &millrace.Error{Code: millrace.Internal, Op: "directory", Message: "the ruling playbook can't be read", Err: err}
	}
	rules, err := score.Compile(&book.Document)
	if err != nil {
		return nil, &millrace.Error{Code: millrace.Internal, Op: "directory", Message: "the ruling playbook can't be compiled", Err: err}
	}
	r := &ruled{version: version, rules: rules, currency: book.Workspace.Currency}
	d.ruled.Store(r)
	return r, nil
}

// intent is a stored score at the clock, in points with three decimals.
func (v *view) intent(epoch, sum int64) string {
	return engine.Points(v.rules.Milli(epoch, sum, v.clock))
}

// rankOf is the least rank whose intent shows as points or more.
func (v *view) rankOf(points float64) float64 { return v.rules.RankAt(points-0.0005, v.clock) }
