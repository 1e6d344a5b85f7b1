package engine

import (
	"context"
	"time"

	"millrace/internal/db"
	"millrace/internal/eventlog"
)

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
