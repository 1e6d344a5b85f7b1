package engine

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"fmt"
	"strconv"
	"strings"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/eventlog"
)

// ensureDerived makes the derived tables of a fresh database, and of an earlier version's those that it lacked.
func (e *Engine) ensureDerived(ctx context.Context) error {
	return e.db.Write(ctx, func(tx *db.Tx) error {
		// The writer's row makes two servers that open a fresh database at once follow each other.
		if _, err := tx.Exec(ctx, "/* writer.take */ update writer set version = version + 1 where id = 1"); err != nil {
			return err
		}
		var v string
		found, err := db.One(ctx, tx, []any{&v}, "/* setting.fold */ select value from setting where name = 'fold_version'")
		if err != nil || found && v == foldVersion {
			return err
		}
		if found {
			return createMissing(ctx, tx)
		}
		if err := createDerived(ctx, tx, "", "1"); err != nil {
			return err
		}
		for _, statement := range derivedStatements("", "1", true) {
			if err := tx.ExecOnce(ctx, tx.DDL(statement)); err != nil {
				return err
			}
		}
		if err := setSetting(ctx, tx, "generation", "1"); err != nil {
			return err
		}
		return setSetting(ctx, tx, "fold_version", foldVersion)
	})
}

// renewDerived rebuilds a database whose derived rows another version of the folds made.
func (e *Engine) renewDerived(ctx context.Context) error {
	v, err := e.Setting(ctx, "fold_version")
	if err != nil || v == foldVersion {
		return err
	}
	e.log.Info("derived state was made by another version: rebuilding", "have", v, "want", foldVersion)
	return e.replayInTurn(ctx, turnRebuild, func() error {
		if v, err = e.Setting(ctx, "fold_version"); err != nil || v == foldVersion { // another server was quicker
			return err
		}
		_, err = e.replace(ctx, e.ruling.Load(), nil, func(u *unit) error {
			if err := setSetting(u.ctx, u.tx, "fold_version", foldVersion); err != nil {
				return err
			}
			return u.systemFact(millrace.KindReference, 0, 0, map[string]any{"fold": foldVersion, "was": v})
		})
		return err
	})
}

// Rebuild folds all derived state again from the log beside the live one, and switches. The server goes on serving meanwhile. It gives the
// number of facts folded. One that was broken off after it had read the log through is gone on with.
func (e *Engine) Rebuild(ctx context.Context, progress func(Progress)) (folded int64, err error) {
	err = e.replayInTurn(ctx, turnRebuild, func() error {
		if err := e.loadRuling(ctx); err != nil { // what another rebuild put in force while this one waited
			return err
		}
		folded, err = e.replace(ctx, e.ruling.Load(), progress, func(u *unit) error { return setSetting(u.ctx, u.tx, "fold_version", foldVersion) })
		return err
	})
	if err != nil {
		return folded, err
	}
	return folded, e.rebuildProjections(ctx)
}

// tailRows is how many facts may be left to catch up with when the writer is held for the switch.
const tailRows = 500

// replace builds a new generation of derived tables under the given rules, catches up with what came meanwhile, and switches in one
// transaction, in which commit does the rest. It is called in the turn of rebuilds. What can't be caught up with (an erasure, an undone
// import) is errOvertaken.
func (e *Engine) replace(ctx context.Context, next *ruling, progress func(Progress), commit func(u *unit) error) (folded int64, err error) {
	m, err := e.beginRebuild(ctx, next)
	if err != nil {
		return 0, err
	}
	if err := e.replayOn(ctx, m, next, progress); err != nil {
		return 0, err
	}
	if err := indexDerived(ctx, e.db, suffixNext, strconv.Itoa(m.Generation), func(string) bool { return true }); err != nil {
		return 0, err
	}
	limit := m.Limit
	for range 20 {
		last, err := e.catchUp(ctx, suffixNext, next, limit, tailRows*4)
		if err != nil {
			return 0, err
		}
		if last == limit {
			break
		}
		limit = last
	}
	err = e.write(ctx, 0, func(u *unit) error {
		now, err := readMark(ctx, u.q)
		if err != nil {
			return err
		}
		if standing, err := standingImports(ctx, u.q); err != nil || standing != m.Standing || now == nil || now.Token != m.Token {
			return cmp.Or(err, error(errOvertaken))
		}
		for {
			last, err := u.catchUpIn(suffixNext, next, limit, 1<<20)
			if err != nil {
				return err
			}
			if last == limit {
				break
			}
			limit = last
		}
		return u.switchTo(suffixNext, m.Generation, commit)
	})
	if err != nil {
		return 0, err
	}
	return m.Limit, e.dropOld(ctx)
}

// dropOld drops the tables that a rebuild put aside, each in a transaction of its own: SQLite overwrites what they held.
func (e *Engine) dropOld(ctx context.Context) error {
	for _, t := range tablesWith(suffixOld).all() {
		if err := e.db.Write(ctx, func(tx *db.Tx) error { return tx.ExecOnce(ctx, "drop table if exists "+t.name) }); err != nil {
			return err
		}
	}
	return nil
}

// beginRebuild takes up the rebuild that was broken off, or makes the tables of a new one.
func (e *Engine) beginRebuild(ctx context.Context, next *ruling) (*mark, error) {
	generation, err := e.Setting(ctx, "generation")
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(generation)
	if err != nil {
		return nil, fmt.Errorf("engine.Rebuild: generation %q: %w", generation, err)
	}
	fresh := mark{Token: rand.Text(), Form: keptForm, Fold: foldVersion, Playbook: next.version, Generation: n + 1}
	if fresh.Standing, err = standingImports(ctx, e.db); err != nil {
		return nil, err
	}
	m, err := e.unfinished(ctx, fresh)
	if err != nil {
		return nil, err
	}
	if m != nil {
		e.log.Info("going on with a rebuild that was broken off", "phase", m.Phase, "facts", m.Limit)
		m.Token = fresh.Token
		return m, e.db.Write(ctx, func(tx *db.Tx) error { return m.put(ctx, tx) })
	}
	return &fresh, e.db.Write(ctx, func(tx *db.Tx) error {
		if err := dropRebuild(ctx, tx); err != nil {
			return err
		}
		if fresh.Standing, err = standingImports(ctx, tx); err != nil {
			return err
		}
		if err := fresh.put(ctx, tx); err != nil {
			return err
		}
		return createDerived(ctx, tx, suffixNext, strconv.Itoa(fresh.Generation))
	})
}

// replayOn folds the log, or what of it is left, into the next generation's tables. It reads without a snapshot that would last as long: SQLite couldn't
// begin its WAL anew meanwhile, and each page read would be looked for in all of that.
func (e *Engine) replayOn(ctx context.Context, m *mark, next *ruling, progress func(Progress)) error {
	if m.Phase == "" {
		m.Clock = e.clock()
		if _, err := db.One(ctx, e.db, []any{&m.Limit}, "/* event.last */ select coalesce(max(seq), 0) from event"); err != nil {
			return err
		}
	}
	p, err := e.newReplay(ctx, e.db, suffixNext, next, m.Clock, m.Limit, progress)
	if err != nil {
		return err
	}
	if p.mark = m; m.Phase != "" {
		p.began = m.Began
	}
	return p.run()
}

// standingImports changes whenever an import is undone or brings facts again, which no new fact of a subject says.
func standingImports(ctx context.Context, q db.Querier) (string, error) {
	var brought, undone int64
	_, err := db.One(ctx, q, []any{&brought, &undone}, "/* import.standing */ select (select count(*) from event_bringer), (select coalesce(sum(undone_seq), 0) from import)")
	return fmt.Sprint(brought, " ", undone), err
}

// switchTo puts the tables with the suffix in the place of the live ones.
func (u *unit) switchTo(suffix string, generation int, commit func(u *unit) error) error {
	from, to := tablesWith(suffix).all(), live.all()
	for i := range to {
		if err := u.tx.ExecOnce(u.ctx, "drop table if exists "+to[i].name+suffixOld); err != nil {
			return err
		}
		if err := u.tx.ExecOnce(u.ctx, "alter table "+to[i].name+" rename to "+to[i].name+suffixOld); err != nil {
			return err
		}
		if err := u.tx.ExecOnce(u.ctx, "alter table "+from[i].name+" rename to "+to[i].name); err != nil {
			return err
		}
	}
	if err := replaceViews(u.ctx, u.tx); err != nil {
		return err
	}
	if err := dropRebuild(u.ctx, u.tx); err != nil {
		return err
	}
	u.switched = true
	if err := setSetting(u.ctx, u.tx, "generation", strconv.Itoa(generation)); err != nil {
		return err
	}
	return commit(u)
}

// replayInto folds the log as one snapshot has it into the tables with the suffix, and gives the position that it went to.
func (e *Engine) replayInto(ctx context.Context, suffix string, r *ruling, clock millrace.Time, progress func(Progress)) (limit int64, err error) {
	err = e.db.Read(ctx, func(s *db.Snapshot) error {
		if _, err := db.One(ctx, s, []any{&limit}, "/* event.last */ select coalesce(max(seq), 0) from event"); err != nil {
			return err
		}
		p, err := e.newReplay(ctx, s, suffix, r, clock, limit, progress)
		if err != nil {
			return err
		}
		return p.run()
	})
	return limit, err
}

// catchUp folds facts after a position into the tables with the suffix, in one short transaction.
func (e *Engine) catchUp(ctx context.Context, suffix string, r *ruling, from int64, most int) (last int64, err error) {
	err = e.write(ctx, 0, func(u *unit) error {
		last, err = u.catchUpIn(suffix, r, from, most)
		return err
	})
	return last, err
}

// catchUpIn folds again every subject that facts after a position are about, in the generation with the suffix.
func (u *unit) catchUpIn(suffix string, r *ruling, from int64, most int) (int64, error) {
	var rows []eventlog.Row
	last := from
	err := eventlog.Scan(u.ctx, u.q, from, from+int64(most), func(row *eventlog.Row) error {
		rows = append(rows, *row)
		last = row.Seq
		return nil
	})
	if err != nil || len(rows) == 0 {
		return last, err
	}
	w := &unit{e: u.e, ctx: u.ctx, q: u.q, tx: u.tx, c: newCaches(10_000), clock: u.clock, t: tablesWith(suffix), version: u.version, seq: u.seq, nextID: u.nextID,
		rules: r.rules, playbookVersion: r.version, frozen: true}
	w.init()
	if err := w.c.load(u.ctx, u.tx); err != nil {
		return last, err
	}
	for i := range rows {
		if rows[i].Kind == millrace.KindErased {
			return last, errOvertaken
		}
	}
	if _, err := w.markSubjects(rows, nil); err != nil {
		return last, err
	}
	return last, w.settle()
}

// Difference is a derived row that differs from what the log gives.
type Difference struct {
	Table  string `json:"table"`
	Row    string `json:"row"`
	Column string `json:"column,omitempty"` // "" when the row itself is missing or too many
	Live   string `json:"live"`
	Log    string `json:"log"`
}

// Checked is the outcome of a check.
type Checked struct {
	Facts       int64        `json:"facts"`
	Rows        int64        `json:"rows"`
	Differences int64        `json:"differences"`
	Examples    []Difference `json:"examples"`
}

// Check folds the whole log again into tables of its own and compares them with the live ones, row by row, as one snapshot has both.
func (e *Engine) Check(ctx context.Context, progress func(Progress)) (out Checked, err error) {
	err = e.replayInTurn(ctx, turnRebuild, func() error {
		out, err = e.check(ctx, progress)
		return err
	})
	if err != nil {
		return out, err
	}
	err = e.checkProjections(ctx, &out)
	return out, err
}

func (e *Engine) check(ctx context.Context, progress func(Progress)) (Checked, error) {
	const suffix = suffixCheck
	out := Checked{Examples: []Difference{}}
	clock := e.clock()
	if _, err := e.Sweep(ctx, clock); err != nil {
		return out, err
	}
	if err := e.db.Write(ctx, func(tx *db.Tx) error { return createDerived(ctx, tx, suffix, "check") }); err != nil {
		return out, err
	}
	defer e.db.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error { return dropDerived(ctx, tx, suffix) })
	err := e.db.Read(ctx, func(s *db.Snapshot) error {
		if _, err := db.One(ctx, s, []any{&out.Facts}, "/* event.last */ select coalesce(max(seq), 0) from event"); err != nil {
			return err
		}
		r, err := e.ruledAt(ctx, s, clock)
		if err != nil {
			return err
		}
		p, err := e.newReplay(ctx, s, suffix, r, clock, out.Facts, progress)
		if err != nil {
			return err
		}
		if err := p.run(); err != nil {
			return err
		}
		for i, t := range tablesWith(suffix).all() {
			if err := e.compare(ctx, s, live.all()[i], t, &out); err != nil {
				return err
			}
		}
		return nil
	})
	return out, err
}

// compare walks two tables in the order of their keys.
func (e *Engine) compare(ctx context.Context, s *db.Snapshot, have, want table, out *Checked) error {
	columns := strings.Split(have.columns, ", ")
	keys := strings.Join(columns[:have.keys], ", ")
	open := func(q db.Querier, name string) (*sql.Rows, error) {
		return q.Query(ctx, "/* check.rows */ select "+have.columns+" from "+name+" order by "+keys)
	}
	a, err := open(s, have.name)
	if err != nil {
		return err
	}
	defer a.Close()
	b, err := open(e.db, want.name)
	if err != nil {
		return err
	}
	defer b.Close()
	x, err := nextRow(a, len(columns))
	if err != nil {
		return err
	}
	y, err := nextRow(b, len(columns))
	if err != nil {
		return err
	}
	note := func(d Difference) {
		if out.Differences++; len(out.Examples) < maxExamples {
			d.Table = have.name
			out.Examples = append(out.Examples, d)
		}
	}
	for x != nil || y != nil {
		switch order := compareKeys(x, y, have.keys); {
		case order < 0:
			note(Difference{Row: keyText(x, have.keys), Live: "a row", Log: "none"})
			x, err = nextRow(a, len(columns))
		case order > 0:
			note(Difference{Row: keyText(y, have.keys), Live: "none", Log: "a row"})
			y, err = nextRow(b, len(columns))
		default:
			out.Rows++
			for i := range columns {
				if l, r := cellText(x[i]), cellText(y[i]); l != r && !wakesEarly(columns[i], x[i], y[i]) {
					note(Difference{Row: keyText(x, have.keys), Column: columns[i], Live: l, Log: r})
				}
			}
			if x, err = nextRow(a, len(columns)); err == nil {
				y, err = nextRow(b, len(columns))
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// wakesEarly says whether a live due_at is merely before the one that the log gives: the sweep then looks once too often and sets it
// right, which is what it is for. One that is too late is a difference.
func wakesEarly(column string, have, want any) bool {
	h, _ := have.(int64)
	w, _ := want.(int64)
	return column == "due_at" && h > 0 && (w == 0 || h < w)
}

func nextRow(rows *sql.Rows, n int) ([]any, error) {
	if !rows.Next() {
		return nil, rows.Err()
	}
	row, at := make([]any, n), make([]any, n)
	for i := range row {
		at[i] = &row[i]
	}
	return row, rows.Scan(at...)
}

// compareKeys orders rows by their leading whole numbers; no row comes last.
func compareKeys(x, y []any, n int) int {
	switch {
	case x == nil:
		return 1
	case y == nil:
		return -1
	}
	for i := range n {
		a, _ := x[i].(int64)
		b, _ := y[i].(int64)
		if a != b {
			if a < b {
				return -1
			}
			return 1
		}
	}
	return 0
}

func keyText(row []any, n int) string {
	parts := make([]string, n)
	for i := range n {
		parts[i] = cellText(row[i])
	}
	return strings.Join(parts, "/")
}

func cellText(v any) string {
	switch x := v.(type) {
	case nil:
		return "null"
	case []byte:
		return fmt.Sprintf("%x", x)
	}
	return fmt.Sprint(v)
}
