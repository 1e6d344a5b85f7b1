package engine

import (
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"slices"
	"time"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/eventlog"
	"millrace/internal/identity"
)

// ImportFile is the file that an import reads.
type ImportFile struct {
	Entity  string // accounts, contacts, opportunities, events, reps, products, spend, contracts, targets or rates
	File    string // base name
	Format  string
	SHA256  string // hex; "" when not known
	Reading string // how it is read, equal for the same way
	By      string
	Resume  int64 // the import that is gone on with if it is of the same file, read in the same way, and hasn't ended: whoever seems to hold it
}

// StartImport opens an import: a fact, and a row that says what the file was. Facts applied with its id stand until it is undone. One of the same
// file that broke off is gone on with, under its number.
func (e *Engine) StartImport(ctx context.Context, i ImportFile) (int64, error) {
	var id int64
	err := e.write(ctx, 0, func(u *unit) error {
		var err error
		if id, err = u.brokenOff(i); err != nil || id != 0 {
			return err
		}
		if _, err := db.One(u.ctx, u.q, []any{&id}, "/* import.next */ select coalesce(max(id), 0) + 1 from import"); err != nil {
			return err
		}
		if _, err := u.tx.Exec(u.ctx, `/* import.start */ insert into import (id, entity, file, format, sha256, started_by, started_at, finished_at, undone_at, undone_seq, undo_cursor, summary, holder, signed_at, reading)
			values ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0, 0, '', $8, $9, $10)`, id, i.Entity, i.File, i.Format, i.SHA256, i.By, int64(u.clock), string(e.holder), int64(u.clock), i.Reading); err != nil {
			return err
		}
		return u.systemFact(millrace.KindImportStarted, 0, 0, map[string]any{"import": id, "entity": i.Entity, "file": i.File, "format": i.Format, "by": i.By})
	})
	return id, err
}

// FinishImport closes an import with what came of it; summary is stored as JSON.
func (e *Engine) FinishImport(ctx context.Context, id int64, format string, summary any) error {
	return e.write(ctx, 0, func(u *unit) error {
		b, err := json.Marshal(summary)
		if err != nil {
			return err
		}
		if _, err := u.tx.Exec(u.ctx, "/* import.finish */ update import set finished_at = $1, format = $2, summary = $3 where id = $4", int64(u.clock), format, string(b), id); err != nil {
			return err
		}
		return u.systemFact(millrace.KindImportFinished, 0, 0, map[string]any{"import": id})
	})
}

// systemFact appends a fact of the system's own to the unit.
func (u *unit) systemFact(kind millrace.Kind, subject, object int64, data map[string]any) error {
	b, err := json.Marshal(data)
	if err != nil {
		return err
	}
	source, err := u.word("millrace")
	if err != nil {
		return err
	}
	u.seq++
	return eventlog.Append(u.ctx, u.tx, []eventlog.Row{{Seq: u.seq, Kind: kind, Subject: subject, Object: object, Source: source,
		OccurredAt: u.clock, ReceivedAt: u.clock, Body: eventlog.Body(&millrace.Event{Data: b}, "", "", "")}})
}

// ImportInfo is an import as lists show it.
type ImportInfo struct {
	ID         int64           `json:"id"`
	Entity     string          `json:"entity"`
	File       string          `json:"file"`
	Format     string          `json:"format"`
	By         string          `json:"started_by"`
	StartedAt  millrace.Time   `json:"started_at"`
	FinishedAt millrace.Time   `json:"finished_at"`
	UndoneAt   millrace.Time   `json:"undone_at"`
	State      ImportState     `json:"state"`
	Summary    json.RawMessage `json:"summary,omitempty"`
}

// Imports lists all imports, newest first.
func (e *Engine) Imports(ctx context.Context) ([]ImportInfo, error) {
	return db.Collect(ctx, e.db, func(rows *sql.Rows) (i ImportInfo, err error) {
		var summary string
		var h ImportHold
		err = rows.Scan(&i.ID, &i.Entity, &i.File, &i.Format, &i.By, (*int64)(&i.StartedAt), (*int64)(&i.FinishedAt), (*int64)(&i.UndoneAt), &summary, &h.Holder, (*int64)(&h.SignedAt))
		i.Summary, i.State = json.RawMessage(summary), e.ImportState(i.FinishedAt, i.UndoneAt, h)
		return i, err
	}, "/* import.list */ select id, entity, file, format, started_by, started_at, finished_at, undone_at, summary, holder, signed_at from import order by id desc")
}

// UndoImport takes an import back as a whole: a fact says so, and every subject that it brought facts about is folded again without
// them, in slices. It can be called again to go on after a crash. It gives the number of facts that no longer stand. Conflict while the import
// runs: what it brings in is refused once it is undone (intake), so nothing of it stands whichever comes first.
func (e *Engine) UndoImport(ctx context.Context, id int64) (total int64, err error) {
	const op = "engine.UndoImport"
	err = e.write(ctx, 0, func(u *unit) error {
		var finished, undone millrace.Time
		var h ImportHold
		found, err := db.One(u.ctx, u.q, []any{(*int64)(&finished), (*int64)(&undone), &h.Holder, (*int64)(&h.SignedAt)}, "/* import.get */ select finished_at, undone_at, holder, signed_at from import where id = $1", id)
		if err != nil {
			return err
		}
		if !found {
			return millrace.Errorf(millrace.NotFound, op, "there is no import %d", id)
		}
		if undone != 0 {
			return nil
		}
		if e.ImportState(finished, undone, h) == ImportRunning {
			return millrace.Errorf(millrace.Conflict, op, "this import is still running: stop it or wait for its end, then undo it")
		}
		u.c.undone[id] = u.clock
		if err := u.systemFact(millrace.KindImportUndone, 0, 0, map[string]any{"import": id}); err != nil {
			return err
		}
		_, err = u.tx.Exec(u.ctx, "/* import.undo */ update import set undone_at = $1, undone_seq = $2 where id = $3", int64(u.clock), u.seq, id)
		return err
	})
	if err != nil {
		return 0, err
	}
	err = e.db.InTurn(ctx, turnUndo, func() (err error) {
		total, err = e.foldUndone(ctx, id)
		return err
	})
	return total, err
}

// turnUndo is the turn of who takes an undone import's facts out.
const turnUndo = "undo"

// mostFolded is of how many identifiers an undo remembers that they stand without what it took away.
const mostFolded = 500_000

// foldUndone folds again what an undone import had brought, from where it stopped. What was folded once is without all of the import's facts.
func (e *Engine) foldUndone(ctx context.Context, id int64) (total int64, err error) {
	folded := map[int64]struct{}{}
	for slice := undoPace.least; ctx.Err() == nil; {
		done := false
		var marked map[int64]struct{}
		var began time.Time // the time that it waits for others is none of its own
		err := e.write(ctx, 0, func(u *unit) error {
			began = time.Now()
			var cursor int64
			if _, err := db.One(u.ctx, u.q, []any{&cursor}, "/* import.cursor */ select undo_cursor from import where id = $1", id); err != nil {
				return err
			}
			rows, last, err := u.undoneSlice(id, cursor, slice)
			if err != nil {
				return err
			}
			if err := u.knowSubjects(rows); err != nil {
				return err
			}
			if marked, err = u.markSubjects(rows, folded); err != nil {
				return err
			}
			for k := range rows {
				cursor = max(cursor, rows[k].Seq)
			}
			total += int64(len(rows))
			done = last
			_, err = u.tx.Exec(u.ctx, "/* import.move_cursor */ update import set undo_cursor = $1 where id = $2", cursor, id)
			return err
		})
		if err != nil || done {
			return total, err
		}
		if maps.Copy(folded, marked); len(folded) > mostFolded {
			clear(folded)
		}
		slice = undoPace.next(slice, time.Since(began))
	}
	return total, ctx.Err()
}

// knowSubjects looks the identifiers that the rows are about up together.
func (u *unit) knowSubjects(rows []eventlog.Row) error {
	unknown := map[int64]struct{}{}
	for i := range rows {
		for _, id := range [...]int64{rows[i].Subject, rows[i].Object} {
			if _, ok := u.c.byID.get(id); !ok && id != 0 {
				unknown[id] = struct{}{}
			}
		}
	}
	return u.loadIdentsByID(slices.Sorted(maps.Keys(unknown)))
}

// undoneSlice reads the next facts after a position that an import brought, first or again, about most of them, and says whether they are the last.
func (u *unit) undoneSlice(id, after int64, most int) (rows []eventlog.Row, last bool, err error) {
	bound := int64(1 << 62)
	if err := eventlog.OfImport(u.ctx, u.q, id, after, most, func(r *eventlog.Row) error {
		rows = append(rows, *r)
		return nil
	}); err != nil {
		return nil, false, err
	}
	if len(rows) == most {
		bound = rows[len(rows)-1].Seq
	}
	again, err := db.Collect(u.ctx, u.q, scanID, "/* bringer.rows */ select seq from event_bringer where import = $1 and seq > $2 order by seq limit $3", id, after, most)
	if err != nil {
		return nil, false, err
	}
	if len(again) == most {
		bound = min(bound, again[len(again)-1])
	}
	if err := eventlog.At(u.ctx, u.q, again, func(r *eventlog.Row) error {
		rows = append(rows, *r)
		return nil
	}); err != nil {
		return nil, false, err
	}
	rows = slices.DeleteFunc(rows, func(r eventlog.Row) bool { return r.Seq > bound })
	return rows, bound == 1<<62, nil
}

// UnfinishedUndo is the SQL condition for an import i of which facts are still to be folded again since it was undone.
const UnfinishedUndo = `i.undone_at > 0 and (exists (select 1 from event e where e.import = i.id and e.import > 0 and e.seq > i.undo_cursor) or
	exists (select 1 from event_bringer b where b.import = i.id and b.seq > i.undo_cursor))`

// FinishUndos goes on with undos that were broken off, in this process or another, once nobody is at one any more.
func (e *Engine) FinishUndos(ctx context.Context) error {
	unfinished := func() ([]int64, error) {
		return db.Collect(ctx, e.db, scanID, "/* import.unfinished_undo */ select i.id from import i where "+UnfinishedUndo)
	}
	if ids, err := unfinished(); err != nil || len(ids) == 0 {
		return err
	}
	return e.db.InTurn(ctx, turnUndo, func() error {
		ids, err := unfinished()
		for _, id := range ids {
			if _, err := e.foldUndone(ctx, id); err != nil {
				return err
			}
		}
		return err
	})
}

// Merge makes two contacts, or two accounts, one: a fact between an identifier of each. Unmerge with the same two takes it back exactly.
func (e *Engine) Merge(ctx context.Context, a, b string, by string) error {
	return e.pair(ctx, millrace.KindMerge, a, b, by)
}

// Unmerge takes a Merge of the same two identifiers back.
func (e *Engine) Unmerge(ctx context.Context, a, b string, by string) error {
	return e.pair(ctx, millrace.KindUnmerge, a, b, by)
}

// DeclareDomain says that a further domain (an acquired company's, a second brand's) belongs to the account of another domain.
func (e *Engine) DeclareDomain(ctx context.Context, domain, of string, by string) error {
	const op = "engine.DeclareDomain"
	d, ok := identity.Domain(domain)
	o, ok2 := identity.Domain(of)
	if !ok || !ok2 {
		return millrace.FieldErrorf(op, "domain", "%q and %q must both be company domains", domain, of)
	}
	return e.write(ctx, 0, func(u *unit) error {
		keys := []string{key(kindDomain, o), key(kindDomain, d)}
		if err := u.ensureIdents(keys); err != nil {
			return err
		}
		a, b := u.ident(keys[0], u.seq+1), u.ident(keys[1], u.seq+1)
		if err := u.flushIdents(); err != nil {
			return err
		}
		if err := u.systemFact(millrace.KindDomainAlias, a.id, b.id, map[string]any{"by": by}); err != nil {
			return err
		}
		return u.united([]*ident{a, b})
	})
}

func (e *Engine) pair(ctx context.Context, kind millrace.Kind, a, b, by string) error {
	const op = "engine.Merge"
	return e.write(ctx, 0, func(u *unit) error {
		x, err := u.find(a)
		if err != nil {
			return err
		}
		y, err := u.find(b)
		if err != nil {
			return err
		}
		if x, y, err = u.pairOf(kind, x, y); err != nil {
			return err
		}
		if x == nil {
			return millrace.Errorf(millrace.Conflict, op, "%q and %q were not merged", a, b)
		}
		if !(personKind(x.kind()) && personKind(y.kind()) || accountKind(x.kind()) && accountKind(y.kind())) || x.id == y.id {
			return millrace.Errorf(millrace.Invalid, op, "%q and %q are not two contacts or two accounts", a, b)
		}
		if err := u.systemFact(kind, x.id, y.id, map[string]any{"by": by}); err != nil {
			return err
		}
		u.link(x, y)
		if kind == millrace.KindMerge {
			return u.united([]*ident{x, y})
		}
		_, err = u.rederive(x)
		return err
	})
}

// pairOf gives the identifiers between which a merge is stated or taken back, nil when there is no such merge to take back. A company's name
// stands for the account identifier that claims it, because the name itself belongs to whoever claims it alone.
func (u *unit) pairOf(kind millrace.Kind, x, y *ident) (a, b *ident, err error) {
	xs, err := u.standsFor(x)
	if err != nil {
		return nil, nil, err
	}
	ys, err := u.standsFor(y)
	if err != nil {
		return nil, nil, err
	}
	if kind == millrace.KindMerge {
		return meant(x, xs), meant(y, ys), nil
	}
	for _, a := range append(xs, x) {
		for _, b := range append(ys, y) {
			if merged, err := u.mergedStill(a, b); err != nil || merged {
				return a, b, err
			}
		}
	}
	return nil, nil, nil
}

// standsFor are the identifiers that claim a company's name; none for other identifiers.
func (u *unit) standsFor(i *ident) ([]*ident, error) {
	if i.kind() != kindName {
		return nil, nil
	}
	return u.claimants(i)
}

// meant is what a name that belongs to one account stands for, else the identifier itself.
func meant(i *ident, claimants []*ident) *ident {
	if i.kind() == kindName && i.entity != i.id && len(claimants) > 0 {
		return claimants[0]
	}
	return i
}

// mergedStill says whether a merge of the two identifiers stands.
func (u *unit) mergedStill(a, b *ident) (bool, error) {
	merges, err := u.mergesByOther(a.id)
	return merges[b.id].Kind == millrace.KindMerge, err
}

// find gives the identifier that a person means by a text: an id as lists show it, an address, a user id, a domain, a company's name, a record id.
func (u *unit) find(who string) (*ident, error) {
	keys := whoKeys(who)
	if id := entityID(who); id != 0 {
		if i, err := u.identByID(id); err != nil || i != nil {
			return i, err
		}
	}
	if err := u.ensureIdents(keys); err != nil {
		return nil, err
	}
	for _, k := range keys {
		if i, ok := u.c.idents.get(k); ok {
			return i, nil
		}
	}
	return nil, millrace.Errorf(millrace.NotFound, "engine.Find", "nobody and no account is known as %q", who)
}
