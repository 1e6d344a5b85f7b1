package staging

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"millrace"
	"millrace/internal/exchange"
	"millrace/internal/exchange/mapping"
)

// Why a run was cancelled.
var (
	errShut    = errors.New("the server stops")
	errStopped = errors.New("stopped by somebody")
	errDropped = errors.New("the upload was dropped")
)

// run is a dry run or an import under way in this process.
type run struct {
	row
	by     *mapping.Mapping
	dry    bool
	before int64 // the import that it goes on with
	cancel context.CancelCauseFunc
	ended  sync.WaitGroup

	mu sync.Mutex
	at exchange.RunProgress
}

// tell takes how far the run is; first says that its import has just got its number.
func (x *run) tell(p exchange.RunProgress) (first bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	first = p.Import != x.at.Import
	x.at = p
	return first
}

func (x *run) told() exchange.RunProgress {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.at
}

// Start begins a dry run or an import of an upload in the background. One that broke off or was stopped goes on where it is: what it had brought
// in is known again. Conflict while a run is under way, or when it was imported already.
func (r *Room) Start(ctx context.Context, id string, c Choice, dry bool) (Upload, error) {
	const op = "staging.Start"
	x, err := r.get(ctx, id)
	if err != nil {
		return Upload{}, err
	}
	switch {
	case x.Running():
		return Upload{}, millrace.Errorf(millrace.Conflict, op, "%s is being read already", x.File)
	case x.State == Done:
		return Upload{}, millrace.Errorf(millrace.Conflict, op, "%s was imported already: send it again to import it once more", x.File)
	}
	m, _, err := r.mapping(ctx, &x, c)
	if err != nil {
		return Upload{}, err
	}
	text := ""
	if m != nil {
		text = string(m.Document.YAML())
	}
	state := Importing
	if dry {
		state = Checking
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.shut {
		return Upload{}, millrace.Errorf(millrace.Unavailable, op, "the server stops")
	}
	if err := r.claim(ctx, &x, state, text); err != nil {
		return Upload{}, err
	}
	x.State, x.Progress, x.Summary, x.Problem, x.Rejects = state, nil, nil, "", false
	life, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	live := &run{row: x, by: m, dry: dry, before: x.Import, cancel: cancel}
	live.ended.Add(1)
	r.live[id] = live
	r.done.Go(func() { r.work(life, live) })
	return x.Upload, nil
}

// Stop ends the run of an upload that is under way in this process; nothing happens when there is none.
func (r *Room) Stop(ctx context.Context, id string) (Upload, error) {
	if _, err := r.Get(ctx, id); err != nil {
		return Upload{}, err
	}
	r.cancel(id, errStopped)
	return r.Get(ctx, id)
}

// cancel ends a run and waits until it has ended.
func (r *Room) cancel(id string, why error) {
	r.mu.Lock()
	x := r.live[id]
	r.mu.Unlock()
	if x == nil {
		return
	}
	x.cancel(why)
	x.ended.Wait()
}

// work is a run from its beginning to its end.
func (r *Room) work(ctx context.Context, x *run) {
	defer func() {
		r.mu.Lock()
		delete(r.live, x.ID)
		r.mu.Unlock()
		x.ended.Done()
	}()
	beating := make(chan struct{})
	go func() {
		defer close(beating)
		r.beatOn(ctx, x)
	}()
	s, err := r.bring(ctx, x)
	why := context.Cause(ctx)
	x.cancel(nil)
	<-beating
	r.finish(context.WithoutCancel(ctx), x, s, err, why)
}

// beatOn says every second that the run is alive, until its context ends.
func (r *Room) beatOn(ctx context.Context, x *run) {
	t := time.NewTicker(beatEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			r.sign(ctx, x)
		}
	}
}

// sign writes down that the run is alive, and how far it is.
func (r *Room) sign(ctx context.Context, x *run) {
	p := x.told()
	if err := r.beat(ctx, x.ID, p, cmp.Or(p.Import, x.before)); err != nil && ctx.Err() == nil {
		r.Logger.Warn("an import's progress could not be kept", "upload", x.ID, "error", err)
	}
}

// bring reads the file, when its turn has come.
func (r *Room) bring(ctx context.Context, x *run) (s exchange.Summary, err error) {
	select {
	case r.slots <- struct{}{}:
		defer func() { <-r.slots }()
	case <-ctx.Done():
		return s, ctx.Err()
	}
	f, err := os.Open(r.path(x.ID))
	if errors.Is(err, os.ErrNotExist) {
		return s, millrace.Errorf(millrace.Conflict, "staging", "the file is no longer here: send it again. What was brought in is known again then")
	}
	if err != nil {
		return s, fmt.Errorf("staging: %w", err)
	}
	defer f.Close()
	rejects, err := os.OpenFile(r.rejectsPath(x.ID), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return s, fmt.Errorf("staging: %w", err)
	}
	o := exchange.Options{By: x.MadeBy, Mapping: x.by, DryRun: x.dry, Clock: r.Clock, Rejects: rejects}
	o.Progress = func(p exchange.RunProgress) {
		if x.tell(p) { // known before it brings anything in, so that it can be gone on with whatever happens
			r.sign(ctx, x)
		}
	}
	if !x.dry {
		o.Resume = x.Import
	}
	id, s, err := r.Import(ctx, x.File, f, o)
	if id != 0 {
		x.Import = id
	}
	if closeErr := rejects.Close(); err == nil && closeErr != nil {
		err = fmt.Errorf("staging: %w", closeErr)
	}
	return s, err
}

// finish writes down how a run ended, and lets go of what is no longer needed.
func (r *Room) finish(ctx context.Context, x *run, s exchange.Summary, err, why error) {
	at := x.told()
	u := x.Upload
	u.Progress, u.Summary, u.Import = &at, nil, max(u.Import, at.Import)
	keep := heldFor
	switch {
	case err == nil && x.dry:
		u.State, u.Summary = Checked, &s
	case err == nil:
		u.State, u.Summary, keep = Done, &s, rejectsFor
	case errors.Is(why, errDropped):
		r.remove(u.ID)
		return
	case why != nil && x.dry:
		u.State, u.Progress = Held, nil
	case errors.Is(why, errStopped):
		u.State = Stopped
	case why != nil:
		u.State = BrokenOff
	default:
		u.State, u.Problem = Failed, said(err)
		if u.Problem == "" {
			u.Problem = "it failed for a reason of our own; the server's log has it"
			r.Logger.Error("an import failed", "upload", u.ID, "error", err)
		}
	}
	if err := r.end(ctx, &u, keep); err != nil {
		r.Logger.Error("an import's end could not be kept", "upload", u.ID, "error", err)
		return
	}
	if u.State == Done {
		if x.by != nil {
			if err := r.remember(ctx, x); err != nil {
				r.Logger.Error("a mapping could not be remembered", "upload", u.ID, "error", err)
			}
		}
		os.Remove(r.path(u.ID))
	}
	if u.Summary == nil || u.Summary.Rejected == 0 {
		os.Remove(r.rejectsPath(u.ID))
	}
	if err := r.expire(ctx, r.Clock(), false); err != nil { // somebody may have been erased meanwhile
		r.Logger.Error("uploads could not be let go", "error", err)
	} else if _, err := r.Get(ctx, u.ID); millrace.ErrorCode(err) == millrace.NotFound {
		r.remove(u.ID)
	}
}

// said is what an error says to the person who caused it, "" for one of our own.
func said(err error) string {
	e, ok := errors.AsType[*millrace.Error](err)
	if ok && e.Code == millrace.Full {
		return "there is no room left on the server's disk: free some, then go on"
	}
	if !ok || e.Code == millrace.Internal || e.Code == millrace.Unavailable || e.Message == "" {
		return ""
	}
	if e.Field != "" {
		return e.Field + ": " + e.Message
	}
	return e.Message
}
