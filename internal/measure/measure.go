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
	reader    *reader
	slice     int64 // how many log positions are taken in by one short transaction
	small     int64 // of a log with fewer positions no question gets an older model
	labels    int   // of so many people one renewal reads labels at most

	refreshing sync.Mutex // makes those who need newer money wait for one reading of it

	modelling sync.Mutex // guards what follows
	model     *Model
	bones     *Model    // of the model before, after an erasure
	built     time.Time // when the model's building ended, by the machine's clock: how long building takes is real time
	building  *building
	earlier   *earlier  // given to each model; another one after an erasure
	asked     time.Time // when a question last met a model that takes long
	keeping   bool      // a goroutine keeps the model up with the log

	closed context.Context // ends when the room is closed
	end    context.CancelFunc
}

// New makes the room and registers it with the engine. Nothing is read before it is asked.
func New(e *engine.Engine, log *slog.Logger) *Room {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	r := &Room{engine: e, db: e.DB(), log: log, reader: newReader(), slice: followSlice, small: smallLog, labels: mostLabels, earlier: &earlier{}}
	r.closed, r.end = context.WithCancel(context.Background())
	e.Register(engine.Projection{Name: projectionName, Tables: roomTables[:], Follow: r.Follow, Check: r.Check, Rebuild: r.Rebuild})
	return r
}

// projectionName and projectionVersion mark how far the room has read, and with which code.
const (
	projectionName    = "measure"
	projectionVersion = 2
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

// Close ends what the room does unasked. Questions are answered until the database is closed.
func (r *Room) Close() { r.end() }

// Now is the clock by which open spans end.
func (r *Room) Now() millrace.Time { return r.engine.Now() }
