package measure

import (
	"context"
	"slices"
	"time"

	"millrace"
	"millrace/internal/channel"
)

// modelAge is how long a model of an unchanged log is used: its open spans end at the moment it was built.
const modelAge = millrace.Hour

// A model is waited for unless it is of a large workspace and takes long: a small one on a busy machine is there soon all the same.
const (
	smallModel = 300 * time.Millisecond // to build
	smallLog   = 50_000                 // positions
)

// A large workspace's model is kept up with the log for a while after it was asked for, so that the next question finds it.
const (
	keptUp    = 5 * time.Minute
	keepEvery = 100 * time.Millisecond

	whileUndone = 500 * time.Millisecond // between two models of no further fact, while an undone import is still being taken out

	renewedSoon = time.Second // what takes less to make is made one after the other, so that facts are in a model about a second after their reply
)

// long tells whether an earlier model may be shown in place of the next one while that is built.
func (r *Room) long(m *Model) bool { return m.whole >= smallModel && m.Position >= r.small }

// building is a model in the making.
type building struct {
	done  chan struct{}
	model *Model
	err   error
	whole bool // all is read, or much of it, though there is a model before it; guarded by modelling
}

// noteWhole notes that the model in the making is not the one before it renewed.
func (r *Room) noteWhole() {
	r.modelling.Lock()
	defer r.modelling.Unlock()
	if r.building != nil {
		r.building.whole = true
	}
}

// Rereading says whether all is read for the model after this one, or everybody's labels, which takes seconds in a large workspace: after a new playbook, or the
// undoing of a large import.
func (r *Room) Rereading(m *Model) bool {
	r.modelling.Lock()
	defer r.modelling.Unlock()
	return r.building != nil && r.building.whole && r.model == m && r.long(m)
}

// Prepare has the model of a large workspace made in the background where there is none, so that the first question waits for less.
func (r *Room) Prepare(ctx context.Context) error {
	r.modelling.Lock()
	there := r.model != nil || r.building != nil
	r.modelling.Unlock()
	if there || r.closed.Err() != nil {
		return nil
	}
	at, err := position(ctx, r.db)
	if err == nil && at >= r.small {
		r.begin(at)
	}
	return err
}

// Model gives the model of the log's end where that is there, is small or soon built, or where there is none at all. Else a new one is made in the
// background, and the answer is the one before it: each says of which position and moment it is.
func (r *Room) Model(ctx context.Context) (*Model, error) {
	if err := r.Follow(ctx); err != nil {
		return nil, err
	}
	at, err := position(ctx, r.db)
	if err != nil {
		return nil, err
	}
	for {
		m, b := r.begin(at)
		if m != nil && r.long(m) {
			r.keepUp()
		}
		if b == nil {
			return r.latest(ctx, m, at)
		}
		select {
		case <-b.done:
		case <-r.patience(m):
			return r.latest(ctx, m, at)
		case <-ctx.Done():
			return nil, &millrace.Error{Code: millrace.Unavailable, Op: "measure.Model", Message: "gave up waiting for the figures", Err: ctx.Err()}
		}
		if b.err != nil {
			return nil, b.err
		}
		if b.model.Position >= at {
			return b.model, nil
		}
	}
}

// patience ends when a question has waited long enough for the next model: never where there is none to show, or one is soon built; at once where the last
// one took too long to be waited for.
func (r *Room) patience(m *Model) <-chan time.Time {
	switch {
	case m == nil || !r.long(m):
		return nil
	case m.Took >= smallModel:
		return time.After(0)
	}
	return time.After(smallModel)
}

// keepUp has a model made of what comes, for a while from now on.
func (r *Room) keepUp() {
	r.modelling.Lock()
	defer r.modelling.Unlock()
	if r.asked = time.Now(); !r.keeping && r.closed.Err() == nil {
		r.keeping = true
		go r.keep()
	}
}

// keep follows the log until nobody has asked for a while, or the room is closed.
func (r *Room) keep() {
	tick := time.NewTicker(keepEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-r.closed.Done():
		}
		r.modelling.Lock()
		if r.keeping = r.closed.Err() == nil && time.Since(r.asked) < keptUp; !r.keeping {
			r.modelling.Unlock()
			return
		}
		r.modelling.Unlock()
		if err := r.keepOnce(); err != nil && r.closed.Err() == nil {
			r.log.Warn("the measures' model is not kept up with the log", "op", "measure.keep", "error", err)
			r.modelling.Lock()
			r.keeping = false // until the next question
			r.modelling.Unlock()
			return
		}
	}
}

// keepOnce reads what came and has the next model made, if there is anything.
func (r *Room) keepOnce() error {
	if err := r.Follow(r.closed); err != nil {
		return err
	}
	at, err := position(r.closed, r.db)
	if err != nil {
		return err
	}
	if _, b := r.begin(at); b != nil {
		<-b.done
		return b.err
	}
	return nil
}

// latest gives the model with the money of the log's end.
func (r *Room) latest(ctx context.Context, m *Model, at int64) (*Model, error) {
	if m.Money >= at {
		return m, nil
	}
	r.refreshing.Lock()
	defer r.refreshing.Unlock()
	r.modelling.Lock()
	now := r.model
	r.modelling.Unlock()
	if now != nil {
		m = now
	}
	if m.Money >= at {
		return m, nil
	}
	next, err := r.refresh(ctx, m)
	if err != nil {
		return nil, err
	}
	r.modelling.Lock()
	if r.model == m {
		r.model = next
	}
	r.modelling.Unlock()
	return next, nil
}

// begin gives the model that is there, nil for none, and what is being built in its place; nil where it will do.
func (r *Room) begin(at int64) (*Model, *building) {
	r.modelling.Lock()
	defer r.modelling.Unlock()
	m := r.model
	if m != nil && m.Position >= at && m.Playbook == r.engine.RulingVersion() && r.Now()-m.BuiltAt < modelAge && (!m.who.Undoing() || r.long(m) && time.Since(r.built) < whileUndone) {
		if m.unread > 0 && r.building == nil { // nobody waits for labels
			r.start()
		}
		return m, nil
	}
	if r.building != nil {
		return m, r.building
	}
	if m != nil && r.long(m) && m.Took > renewedSoon && time.Since(r.built) < m.Took { // half of the time is left to others
		return m, nil
	}
	return m, r.start()
}

// start begins to build a model.
func (r *Room) start() *building {
	r.building = &building{done: make(chan struct{})}
	go r.finish(r.building)
	return r.building
}

// finish builds a model. It is not broken off when the one who asked goes away: others wait for it too.
func (r *Room) finish(b *building) {
	b.model, b.err = r.build(r.closed)
	r.modelling.Lock()
	if b.err == nil && r.building == b {
		r.model, r.bones, r.earlier, r.built = b.model, nil, b.model.earlier, time.Now()
	}
	if r.building == b {
		r.building = nil
	}
	if b.err != nil {
		r.log.Error("the measures' model was not built", "op", "measure.Model", "error", b.err)
	}
	r.modelling.Unlock()
	close(b.done)
}

// drop forgets the model: what an erased person left in memory goes with it. What the next one is made of by numbers stays.
func (r *Room) drop() {
	r.modelling.Lock()
	defer r.modelling.Unlock()
	if r.model != nil {
		r.bones = r.model.strip()
	}
	r.model, r.building, r.earlier = nil, nil, &earlier{}
}

// strip gives what a renewal needs of a model, without what somebody said, or what a deal, a firm or an origin is called.
func (m *Model) strip() *Model {
	out := *m
	out.stripped = true
	out.origins = slices.Clone(m.origins)
	for i := range out.origins {
		o := &out.origins[i]
		bare := classified{Touch: channel.Touch{Internal: o.Internal}, outbound: o.outbound}
		if o.direct() {
			bare.Source = o.Source
		}
		*o = bare
	}
	out.reports, out.places, out.deals, out.spend, out.costs, out.firms, out.sellers, out.earlier = nil, nil, nil, nil, nil, nil, nil, nil
	out.records, out.aliases, out.retags = records{}, aliases{}, retagging{}
	out.memory, out.journeyMemory, out.episodeMemory = nil, nil, nil
	return &out
}
