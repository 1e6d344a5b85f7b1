package directory

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/engine"
)

// names gives the name, or else the address, of the people of the facts.
func (d *Directory) names(ctx context.Context, facts []engine.TimelineFact) (map[int64]string, error) {
	var ids []int64
	for i := range facts {
		if c := facts[i].Contact; c != 0 && !slices.Contains(ids, c) {
			ids = append(ids, c)
		}
	}
	out := map[int64]string{}
	return out, db.SelectIn(ctx, d.db, "/* directory.names */ select id, name, email from contact where %s", "id", ids, func(rows *sql.Rows) error {
		var id int64
		var name, email string
		err := rows.Scan(&id, &name, &email)
		out[id] = named(name, email)
		return err
	})
}

func newestFirst(from, id string) order {
	return order{name: "newest", indexed: true, phases: []phase{{from: from, id: id, desc: true}}}
}

// Import is one import with what came of it.
type Import struct {
	ID         int64           `json:"id"`
	Entity     string          `json:"entity"`
	File       string          `json:"file"`
	Format     string          `json:"format"`
	By         string          `json:"started_by"`
	StartedAt  millrace.Time   `json:"started_at"`
	FinishedAt millrace.Time   `json:"finished_at" doc:"null before its end"`
	UndoneAt   millrace.Time   `json:"undone_at"`
	State      string          `json:"state" enum:"running,finished,broken_off,undoing,undone" doc:"undoing: its facts don't stand any more, and profiles and scores are being folded without them; broken_off: its process is gone; what it had brought in stands until it is undone, and importing the same file again goes on with it"`
	Summary    json.RawMessage `json:"summary,omitempty" doc:"Rows, accepted, rejected, duplicates and what was decided; absent while it runs"`
}

const importColumns = `i.id, i.entity, i.file, i.format, i.started_by, i.started_at, i.finished_at, i.undone_at, i.summary, i.holder, i.signed_at,
	case when ` + engine.UnfinishedUndo + ` then 1 else 0 end`

// ImportUndoing is the state of an import that was taken back and whose facts are still being folded again.
const ImportUndoing = "undoing"

func (d *Directory) importRow() ([]any, func() Import) {
	var i Import
	var h engine.ImportHold
	var summary string
	var undoing int64
	return []any{&i.ID, &i.Entity, &i.File, &i.Format, &i.By, (*int64)(&i.StartedAt), (*int64)(&i.FinishedAt), (*int64)(&i.UndoneAt), &summary, &h.Holder, (*int64)(&h.SignedAt), &undoing}, func() Import {
		i.State = string(d.engine.ImportState(i.FinishedAt, i.UndoneAt, h))
		if undoing != 0 {
			i.State = ImportUndoing
		}
		if summary != "" {
			i.Summary = json.RawMessage(summary)
		}
		return i
	}
}

// Imports lists imports, newest first.
func (d *Directory) Imports(ctx context.Context, p Paging) (Page[Import], error) {
	l := &listing{op: "directory.Imports", name: "directory.imports", columns: importColumns, paging: p, order: newestFirst("import i", "i.id")}
	return page(ctx, d.db, l, d.importRow)
}

// Import gives one import. NotFound otherwise.
func (d *Directory) Import(ctx context.Context, id int64) (Import, error) {
	into, done := d.importRow()
	found, err := db.One(ctx, d.db, into, "/* directory.import */ select "+importColumns+" from import i where i.id = $1", id)
	if err == nil && !found {
		err = millrace.Errorf(millrace.NotFound, "directory.Import", "there is no import %d", id)
	}
	return done(), err
}

// Drop is a refused fact.
type Drop struct {
	ID         int64         `json:"id"`
	At         millrace.Time `json:"at"`
	Reason     string        `json:"reason" enum:"malformed,invalid,too_large,no_identity,no_name,no_group,no_previous,unknown_type,unknown_key,rate_limited"`
	Source     string        `json:"source"`
	SourceName string        `json:"source_name" doc:"What the write key of the source is called; empty for other sources, and for a key that is not there any more"`
	Type       string        `json:"type" doc:"identify, track, … as sent"`
	Event      string        `json:"event" doc:"The sender's message id, shortened"`
	Detail     string        `json:"detail"`
	Count      int64         `json:"count"`
}

// DropFilter says which refused facts. Zero values don't filter.
type DropFilter struct {
	Paging
	Reason string
	After  *int64 // those after an id, oldest first, in place of the newest first; Cursor must be empty
}

// Drops lists the latest refused facts, newest first; the engine keeps ten thousand.
func (d *Directory) Drops(ctx context.Context, f DropFilter) (Page[Drop], error) {
	const op = "directory.Drops"
	l := &listing{op: op, name: "directory.drops", columns: "x.id, x.at, x.reason, x.source, x.type, x.event, x.detail, x.count", paging: f.Paging,
		order: newestFirst("dropped x", "x.id")}
	if f.Reason != "" {
		if !slices.Contains(millrace.DropReasons(), millrace.DropReason(f.Reason)) {
			return Page[Drop]{}, millrace.FieldErrorf(op, "reason", "%q is no reason for a drop", f.Reason)
		}
		l.conds = append(l.conds, is("x.reason", f.Reason))
	}
	if f.After != nil {
		if f.Cursor != "" {
			return Page[Drop]{}, millrace.FieldErrorf(op, "after", "give either after or cursor")
		}
		l.order.phases[0].desc = false
		l.conds = append(l.conds, func(t *text) string { return "x.id > " + t.arg(*f.After) })
	}
	out, err := page(ctx, d.db, l, func() ([]any, func() Drop) {
		var x Drop
		return []any{&x.ID, (*int64)(&x.At), &x.Reason, &x.Source, &x.Type, &x.Event, &x.Detail, &x.Count}, func() Drop { return x }
	})
	if err != nil {
		return out, err
	}
	return out, nameSources(ctx, d.db, out.Data, dropSource)
}

// Ends gives the last position of the log and the last id of a refused fact: where a tail begins.
func (d *Directory) Ends(ctx context.Context) (position, drop int64, err error) {
	if _, err = db.One(ctx, d.db, []any{&position}, "/* directory.end */ select coalesce(max(seq), 0) from event"); err != nil {
		return 0, 0, err
	}
	_, err = db.One(ctx, d.db, []any{&drop}, "/* directory.last_drop */ select coalesce(max(id), 0) from dropped")
	return position, drop, err
}
