package engine

import (
	"context"
	"strings"
	"time"

	"millrace/internal/db"
	"millrace/internal/eventlog"
)

// quietFor is how long nothing may have been written before a write is tried for its own sake.
var quietFor = 5 * time.Second

// room is what is written and taken away again to see whether there is room: a full disk may still have some for a page or two, where SQLite's WAL was longer.
var room = strings.Repeat(" ", 256<<10)

// Trouble is what keeps the workspace from being written to, nil where nothing does: what the last write failed of or, where nothing was written lately,
// what one that changes nothing fails of. On a full disk nothing may be tried otherwise: the recurring jobs are rows themselves.
func (e *Engine) Trouble(ctx context.Context) error {
	if e.db.Tried() > quietFor {
		_ = e.db.Write(ctx, func(tx *db.Tx) error { // db keeps what it failed of
			if _, err := tx.Exec(ctx, "/* room.try */ insert into setting (name, value) values ('room', $1)", room); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, "/* room.leave */ delete from setting where name = 'room'")
			return err
		})
	}
	return e.db.Trouble()
}

// turnIndex is the turn of who joins the subject index's chunks.
const turnIndex = "index"

// TendIndex joins the old chunks of the log's index by subject, so that finding a person's facts does not take longer with every fact of others. It is
// what the recurring job calls. It writes in short transactions, for at most a quarter of the time.
func (e *Engine) TendIndex(ctx context.Context) error {
	return e.db.InTurn(ctx, turnIndex, func() error {
		for more := true; more; {
			start := time.Now()
			if err := e.db.Write(ctx, func(tx *db.Tx) (err error) {
				more, err = eventlog.JoinChunks(ctx, tx)
				return err
			}); err != nil {
				return err
			}
			select {
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(3 * time.Since(start)):
			}
		}
		return nil
	})
}
