// Package measure is the measurement room: it follows the log from its own position and keeps what measuring needs of it (touches packed
// small, stage decisions, what buyers said), and answers which money made which revenue: touches by channel, the funnel, unit economics,
// attribution. Its figures are functions of the log prefix, the playbook and the clock; the rules themselves stand in channel, attribution
// and metrics. It decides nothing and writes no facts but corrections of campaign tags.
package measure

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/engine"
)

// Room is the measurement room over one workspace. It is safe for concurrent use.
type Room struct {
	engine *engine.Engine
	db     *db.DB
	log    *slog.Logger

	following sync.Mutex
	words     map[int64]string // interned words, bounded by the log's own bound

	modelling sync.Mutex
	model     *Model
	built     time.Time // by the machine's clock: how long building takes is real time
}

// New makes the room. Nothing is read before it is asked.
func New(e *engine.Engine, log *slog.Logger) *Room {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Room{engine: e, db: e.DB(), log: log, words: map[int64]string{}}
}

// projectionName and projectionVersion mark how far the room has read, and with which code.
const (
	projectionName    = "measure"
	projectionVersion = 1
)

// position is how far the room has read; 0 when what it has was made by other code.
func position(ctx context.Context, q db.Querier) (int64, error) {
	var at, version int64
	if _, err := db.One(ctx, q, []any{&at, &version}, "/* measure.position */ select position, version from projection where name = $1", projectionName); err != nil {
		return 0, err
	}
	if version != projectionVersion {
		return 0, nil
	}
	return at, nil
}

// Now is the clock by which open spans end.
func (r *Room) Now() millrace.Time { return r.engine.Now() }
