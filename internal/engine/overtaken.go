package engine

import (
	"context"
	"errors"
	"sync"

	"millrace"
)

// errOvertaken says that something happened during a replay that only a new one takes in.
var errOvertaken = millrace.Errorf(millrace.Conflict, "engine.Rebuild", "a person was erased, an import undone or another rebuild begun meanwhile: start again")

// replays are those that run in this process. An erasure ends them: they read the log on several connections, of which some may have seen the
// person.
type replays struct {
	mu    sync.Mutex
	stops map[*replay]context.CancelCauseFunc
}

// begin gives a replay a context that an erasure ends.
func (s *replays) begin(p *replay) (end func()) {
	ctx, stop := context.WithCancelCause(p.ctx)
	p.ctx, p.u.ctx = ctx, ctx
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stops == nil {
		s.stops = map[*replay]context.CancelCauseFunc{}
	}
	s.stops[p] = stop
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.stops, p)
		stop(nil)
	}
}

func (s *replays) overtake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, stop := range s.stops {
		stop(errOvertaken)
	}
}

// The turns of what replays the log, in the order in which one caller takes several.
var replayTurns = []string{turnRebuild, turnPlan, turnPast}

const (
	turnRebuild = "rebuild" // also of checks: PostgreSQL's snapshots don't hold names of tables, so a switch meanwhile would show empty ones
	turnPlan    = "plan"
	turnPast    = "past"
)

// replayInTurn runs what replays the log in its turn, again when it was overtaken, five times at most. Between two tries an erasure that waits
// has its turn.
func (e *Engine) replayInTurn(ctx context.Context, turn string, fn func() error) (err error) {
	for range 5 {
		if err = e.db.InTurn(ctx, turn, fn); !errors.Is(err, errOvertaken) {
			return err
		}
	}
	return err
}

// inTurns runs fn in several turns at once.
func (e *Engine) inTurns(ctx context.Context, names []string, fn func() error) error {
	if len(names) == 0 {
		return fn()
	}
	return e.db.InTurn(ctx, names[0], func() error { return e.inTurns(ctx, names[1:], fn) })
}
