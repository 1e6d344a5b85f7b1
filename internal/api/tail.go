package api

import (
	"context"
	"net/http"
	"time"

	"millrace"
	"millrace/internal/directory"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/danielgtaylor/huma/v2/sse"
)

type tailInput struct {
	After int64 `query:"after" minimum:"0" doc:"Begin after this position in place of the log's end"`
	Full  bool  `query:"full" doc:"With data and context"`
	// Kind and Import say which facts, as for the list of events; drops come whatever they say.
	Kind   string `query:"kind" doc:"identify, track, page, … ; every fact from outside by default"`
	Import int64  `query:"import" minimum:"0" doc:"Those that this import brought first"`
	// LastEventID is what a browser sends when it connects again.
	LastEventID int64 `header:"Last-Event-ID"`
}

// Resolve takes the time limit for requests to come in off the connection, which would end the stream with it.
func (in *tailInput) Resolve(ctx huma.Context) []error {
	_, w := humago.Unwrap(ctx)
	http.NewResponseController(w).SetReadDeadline(time.Time{}) // not every connection has deadlines
	return nil
}

// beat is sent when a while nothing else was, so that both ends notice a dead connection.
type beat struct {
	Position int64 `json:"position"`
}

// beatEvery is in looks for new facts.
const beatEvery = 30

// tail registers the stream of incoming facts and drops. The id of a fact is its position.
func (a *API) tail(api huma.API, op huma.Operation) {
	op.Description += " Events are `fact`, `drop` and, when nothing came for a while, `beat`."
	sse.Register(api, op, map[string]any{"fact": directory.Event{}, "drop": directory.Drop{}, "beat": beat{}}, func(ctx context.Context, in *tailInput, send sse.Sender) {
		a.met.tails.Inc()
		defer a.met.tails.Dec()
		err := a.follow(ctx, in, send)
		switch code := millrace.ErrorCode(err); {
		case err == nil || ctx.Err() != nil:
		case code == millrace.Unauthorized || code == millrace.Forbidden:
			a.log.Debug("a tail ended: its caller may not follow any more", "error", err)
		default:
			a.log.Warn("a tail ended", "error", err)
		}
	})
}

// follow sends what comes in until the caller goes away, the server stops, or the caller may not have it any more, which is asked before each look.
func (a *API) follow(ctx context.Context, in *tailInput, send sse.Sender) error {
	position, drop, err := a.directory.Ends(ctx)
	if err != nil {
		return err
	}
	if from := max(in.After, in.LastEventID); from != 0 {
		position = from
	}
	if err := send.Data(beat{position}); err != nil {
		return err
	}
	tick := time.NewTicker(a.tailEvery)
	defer tick.Stop()
	for quiet := 1; ; quiet++ {
		if err := requesterOf(ctx).still(); err != nil {
			return err
		}
		sent := false
		end, _, err := a.directory.Ends(ctx)
		if err != nil {
			return err
		}
		facts, err := a.directory.Events(ctx, directory.EventFilter{Paging: directory.Paging{Limit: 200}, After: &position, Kind: in.Kind, Import: in.Import, Full: in.Full})
		if err != nil {
			return err
		}
		for _, f := range facts.Data {
			if err := send(sse.Message{ID: int(f.Position), Data: f}); err != nil {
				return err
			}
			position, sent = f.Position, true
		}
		if facts.NextCursor == "" {
			position = max(position, end) // what is not asked for is not looked at again
		}
		drops, err := a.directory.Drops(ctx, directory.DropFilter{Paging: directory.Paging{Limit: 200}, After: &drop})
		if err != nil {
			return err
		}
		for _, x := range drops.Data {
			if err := send.Data(x); err != nil {
				return err
			}
			drop, sent = x.ID, true
		}
		if sent {
			quiet = 0
		} else if quiet%beatEvery == 0 {
			if err := send.Data(beat{position}); err != nil {
				return err
			}
		}
		if facts.NextCursor != "" {
			continue
		}
		select {
		case <-ctx.Done():
			return nil
		case <-a.ending:
			return nil
		case <-tick.C:
		}
	}
}
