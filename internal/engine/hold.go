package engine

import (
	"context"
	"database/sql"
	"slices"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/lease"
)

// ImportState is how an import stands.
type ImportState string

// The states of an import. One whose process is gone before it finished is broken off: what it had brought in stands until it is undone, and importing
// the same file again goes on with it.
const (
	ImportRunning   ImportState = "running"
	ImportFinished  ImportState = "finished"
	ImportBrokenOff ImportState = "broken_off"
	ImportUndone    ImportState = "undone"
)

// ImportHold says which process works on an import, and when it last said so.
type ImportHold struct {
	Holder   lease.Holder
	SignedAt millrace.Time
}

// ImportState says how an import stands that finished and was undone at these moments, 0 for never.
func (e *Engine) ImportState(finished, undone millrace.Time, h ImportHold) ImportState {
	switch {
	case undone != 0:
		return ImportUndone
	case finished != 0:
		return ImportFinished
	case e.holder.Gone(h.Holder, h.SignedAt, e.clock()):
		return ImportBrokenOff
	}
	return ImportRunning
}

// Importing says whether an import runs: what it brings again is no new fact, though it may state something anew, or bring what was undone.
func (e *Engine) Importing(ctx context.Context, q db.Querier) (running bool, err error) {
	err = db.Each(ctx, q, "/* import.open */ select holder, signed_at from import where finished_at = 0 and undone_at = 0", func(rows *sql.Rows) error {
		var h ImportHold
		err := rows.Scan(&h.Holder, (*int64)(&h.SignedAt))
		running = running || e.ImportState(0, 0, h) == ImportRunning
		return err
	})
	return running, err
}

// SignImport says that this process works on an import; it is to be said every lease.Every until FinishImport or LeaveImport.
func (e *Engine) SignImport(ctx context.Context, id int64) error {
	return e.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "/* import.sign */ update import set holder = $1, signed_at = $2 where id = $3 and finished_at = 0", string(e.holder), int64(e.clock()), id)
		return err
	})
}

// LeaveImport says that this process no longer works on an import: unless it finished, it has broken off.
func (e *Engine) LeaveImport(ctx context.Context, id int64) error {
	return e.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, "/* import.leave */ update import set holder = '' where id = $1 and finished_at = 0 and holder = $2", id, string(e.holder))
		return err
	})
}

// brokenOff takes over an import of the same file, read in the same way, that has not ended: the one that is asked for, else the latest that broke
// off; 0 when there is none.
func (u *unit) brokenOff(i ImportFile) (int64, error) {
	if i.SHA256 == "" {
		return 0, nil
	}
	type held struct {
		id int64
		ImportHold
	}
	open, err := db.Collect(u.ctx, u.q, func(rows *sql.Rows) (h held, err error) {
		err = rows.Scan(&h.id, &h.Holder, (*int64)(&h.SignedAt))
		return h, err
	}, "/* import.open */ select id, holder, signed_at from import where sha256 = $1 and entity = $2 and format = $3 and reading = $4 and finished_at = 0 and undone_at = 0 order by id desc", i.SHA256, i.Entity, i.Format, i.Reading)
	if err != nil {
		return 0, err
	}
	at := slices.IndexFunc(open, func(h held) bool { return h.id == i.Resume })
	if at < 0 {
		at = slices.IndexFunc(open, func(h held) bool { return u.e.holder.Gone(h.Holder, h.SignedAt, u.clock) })
	}
	if at < 0 {
		return 0, nil
	}
	_, err = u.tx.Exec(u.ctx, "/* import.take_over */ update import set holder = $1, signed_at = $2 where id = $3", string(u.e.holder), int64(u.clock), open[at].id)
	return open[at].id, err
}
