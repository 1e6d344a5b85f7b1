// Package engine is the one write path and the reads that need folds: Apply takes facts, makes them durable, resolves whom they mean,
// folds them into identity, fit, intent and stage, and decides, in one transaction. Rebuild, check, undo, erasure, sweeps and as-of
// reads use the same folds. It promises that what it answered is durable and current; it never talks to the outside world.
package engine

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/lease"
	"millrace/internal/playbook"
	"millrace/internal/score"
)

// Config is what an Engine needs. DB must be migrated.
type Config struct {
	DB     *db.DB
	Clock  millrace.Clock // SystemClock when nil
	Logger *slog.Logger   // discards when nil
	// Preset is the playbook that a fresh database starts with; "mid-market" when empty.
	Preset string
	// CachePeople bounds the people kept in memory between groups; 80,000 when 0.
	CachePeople int
	// ReplayProfiles bounds the people, and the accounts, whose profiles a rebuild, check or plan keeps in memory; 50,000 when 0.
	ReplayProfiles int
	// AlwaysAhead reads ahead for every request, not only for those that wait, and what is probably cached too: for tests.
	AlwaysAhead bool
}

// Engine is the write path over one database. It is safe for concurrent use; requests that wait together are committed together.
type Engine struct {
	holder lease.Holder // of imports that are under way
	db     *db.DB
	clock  millrace.Clock
	log    *slog.Logger
	secret [32]byte
	node   int64

	replays  replays
	profiles int // see Config.ReplayProfiles
	requests chan *request
	ready    chan *waiting // requests that the writer may take
	always   bool          // see Config.AlwaysAhead
	busy     atomic.Bool   // a group is being written
	done     chan struct{}
	stopped  atomic.Bool
	stop     sync.Once
	wait     sync.WaitGroup

	mu       sync.Mutex // held by whoever writes; guards caches
	caches   *caches
	position atomic.Int64 // last committed position, for readers that wait

	ruling atomic.Pointer[ruling]

	registering sync.Mutex
	projections []Projection
}

// ruling is the playbook that rules now, compiled.
type ruling struct {
	version string
	seq     int64 // position from which it rules
	book    *playbook.Playbook
	rules   *score.Rules
}

// Open starts the write path on a migrated database. On a fresh one it makes the workspace's secret and applies the preset playbook.
func Open(ctx context.Context, c Config) (*Engine, error) {
	const op = "engine.Open"
	if c.Clock == nil {
		c.Clock = millrace.SystemClock
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Preset == "" {
		c.Preset = "mid-market"
	}
	if c.CachePeople == 0 {
		c.CachePeople = 80_000
	}
	if c.ReplayProfiles == 0 {
		c.ReplayProfiles = 50_000
	}
	var node [8]byte
	rand.Read(node[:])
	e := &Engine{holder: lease.New(), db: c.DB, clock: c.Clock, log: c.Logger, requests: make(chan *request, 256), ready: make(chan *waiting, 16), always: c.AlwaysAhead, done: make(chan struct{}), caches: newCaches(c.CachePeople), profiles: c.ReplayProfiles}
	for _, b := range node[:7] {
		e.node = e.node<<8 | int64(b)
	}
	if err := e.ensureSecret(ctx); err != nil {
		return nil, err
	}
	if err := e.ensureDerived(ctx); err != nil {
		return nil, err
	}
	if err := e.loadRuling(ctx); err != nil {
		return nil, err
	}
	if e.ruling.Load() == nil {
		p, ok := playbook.PresetByName(c.Preset)
		if !ok {
			return nil, millrace.FieldErrorf(op, "preset", "there is no preset %q", c.Preset)
		}
		if _, err := e.ApplyPlaybook(ctx, p.Source, "preset "+p.Name, "the workspace's first playbook"); err != nil {
			return nil, err
		}
	}
	if err := e.dropStaleViews(ctx); err != nil {
		return nil, err
	}
	if err := e.renewDerived(ctx); err != nil {
		return nil, err
	}
	if err := e.ensureViews(ctx); err != nil {
		return nil, err
	}
	if err := e.FinishUndos(ctx); err != nil {
		return nil, err
	}
	e.wait.Add(2)
	go e.aheadLoop()
	go e.commitLoop()
	return e, nil
}

// Close ends the write path after the requests it has taken. It may be called twice.
func (e *Engine) Close() error {
	e.stop.Do(func() {
		e.stopped.Store(true)
		close(e.done)
		e.wait.Wait()
	})
	return nil
}

// DB is the database, for rooms that keep tables of their own beside the log.
func (e *Engine) DB() *db.DB { return e.db }

// Now is the engine's clock.
func (e *Engine) Now() millrace.Time { return e.clock() }

// Rules is the compiled playbook that rules now.
func (e *Engine) Rules() *score.Rules { return e.ruling.Load().rules }

// Playbook is the playbook that rules now.
func (e *Engine) Playbook() *playbook.Playbook { return e.ruling.Load().book }

// Setting reads a workspace setting, "" when it was never set.
func (e *Engine) Setting(ctx context.Context, name string) (string, error) {
	var v string
	_, err := db.One(ctx, e.db, []any{&v}, "/* setting.get */ select value from setting where name = $1", name)
	return v, err
}

func setSetting(ctx context.Context, tx *db.Tx, name, value string) error {
	_, err := tx.Exec(ctx, "/* setting.set */ insert into setting (name, value) values ($1, $2) on conflict (name) do update set value = excluded.value", name, value)
	return err
}

// ensureSecret makes the workspace's secret for keyed hashes once.
func (e *Engine) ensureSecret(ctx context.Context) error {
	return e.db.Write(ctx, func(tx *db.Tx) error {
		var fresh [32]byte
		rand.Read(fresh[:])
		if _, err := tx.Exec(ctx, "/* setting.secret */ insert into setting (name, value) values ('secret', $1) on conflict (name) do nothing", hex.EncodeToString(fresh[:])); err != nil {
			return err
		}
		var s string
		if _, err := db.One(ctx, tx, []any{&s}, "select value from setting where name = 'secret'"); err != nil {
			return err
		}
		b, err := hex.DecodeString(s)
		if err != nil || len(b) != 32 {
			return millrace.Errorf(millrace.Internal, "engine.Open", "the workspace's secret is damaged")
		}
		copy(e.secret[:], b)
		return nil
	})
}

// request is one caller's batch waiting to be committed.
type request struct {
	batch millrace.Batch
	clock millrace.Time // 0: the engine's clock at commit
	facts []incoming    // the batch's, read as far as that needs no state
	reply chan reply
}

type reply struct {
	receipt millrace.Receipt
	err     error
}

// maxGroup bounds the events of one group commit. A group is whatever waits when the writer is free.
const maxGroup = 4000

// Apply makes the batch's facts durable and folds them. When it returns without error the facts are committed and the scores, stages and
// decisions that follow from them are current. Applying a batch twice changes nothing. It errs with Unavailable when the database can't be
// written now: nothing of the batch is kept then, and it may be tried again.
func (e *Engine) Apply(ctx context.Context, b millrace.Batch) (millrace.Receipt, error) {
	return e.ApplyAt(ctx, b, 0)
}

// ApplyAt is Apply with a clock of the caller's, for simulation and replay: events without ReceivedAt are received at it, and decisions are made at it.
func (e *Engine) ApplyAt(ctx context.Context, b millrace.Batch, clock millrace.Time) (millrace.Receipt, error) {
	const op = "engine.Apply"
	r := &request{batch: b, clock: clock, facts: make([]incoming, len(b.Events)), reply: make(chan reply, 1)}
	for i := range b.Events { // on the caller's time: the writer is one for all
		r.facts[i] = e.incoming(&b.Events[i], b.Import)
	}
	if e.stopped.Load() {
		return millrace.Receipt{}, millrace.Errorf(millrace.Unavailable, op, "the server is stopping")
	}
	select {
	case e.requests <- r:
	case <-e.done:
		return millrace.Receipt{}, millrace.Errorf(millrace.Unavailable, op, "the server is stopping")
	case <-ctx.Done():
		return millrace.Receipt{}, &millrace.Error{Code: millrace.Unavailable, Op: op, Message: "gave up waiting for the log", Err: ctx.Err()}
	}
	select {
	case a := <-r.reply:
		return a.receipt, a.err
	case <-ctx.Done(): // it may still be committed; the sender's retry is a duplicate then
		return millrace.Receipt{}, &millrace.Error{Code: millrace.Unavailable, Op: op, Message: "gave up waiting for the log", Err: ctx.Err()}
	}
}

// commitLoop takes whatever requests wait and commits them as one group. Requests with a clock of their own are committed alone.
func (e *Engine) commitLoop() {
	defer e.wait.Done()
	var held *waiting
	for {
		w, open := held, true
		if held = nil; w == nil {
			if w, open = <-e.ready; !open {
				return
			}
		}
		group, n, read := w.requests, w.facts, []*ahead{w.ahead}
	gather:
		for n < maxGroup && group[0].clock == 0 {
			select {
			case w, open = <-e.ready:
				if !open {
					break gather
				}
				if w.requests[0].clock != 0 || n+w.facts > maxGroup {
					held = w
					break gather
				}
				group, n, read = append(group, w.requests...), n+w.facts, append(read, w.ahead)
			default:
				break gather
			}
		}
		e.busy.Store(true)
		e.commit(group, read)
		e.busy.Store(false)
	}
}

// commit writes a group in one transaction and has its callers answered when it is on the disk, while the next group is written. When a group
// of several fails, each is tried alone, so that one caller's facts never cost another's.
func (e *Engine) commit(group []*request, read []*ahead) {
	receipts, durable, err := e.commitGroup(group, read)
	if err != nil && len(group) > 1 {
		for _, r := range group {
			e.commit([]*request{r}, nil)
		}
		return
	}
	if err != nil {
		group[0].reply <- reply{err: err}
		return
	}
	e.wait.Go(func() {
		err := durable()
		if err != nil {
			e.log.Error("the disk did not keep what was written", "op", "engine.Apply", "error", err)
		}
		for i, r := range group {
			if err != nil {
				r.reply <- reply{err: err}
				continue
			}
			r.reply <- reply{receipt: receipts[i]}
		}
	})
}

func (e *Engine) commitGroup(group []*request, read []*ahead) (receipts []millrace.Receipt, durable func() error, err error) {
	start := time.Now()
	ctx := context.Background()
	clock := group[0].clock
	durable, err = e.writeAhead(ctx, clock, func(u *unit) error {
		u.plain = true
		for _, a := range read {
			u.takeAhead(a)
		}
		receipts, err = u.intake(group)
		return err
	})
	if err != nil {
		e.log.Error("a group was not committed", "op", "engine.Apply", "requests", len(group), "took", time.Since(start), "error", err)
	}
	return receipts, durable, err
}

// write opens a unit of work: one write transaction that holds the writer's row, with the caches valid in it. When fn returns, the unit is
// settled (refolds, decisions, derived rows) and committed.
func (e *Engine) write(ctx context.Context, clock millrace.Time, fn func(u *unit) error) error {
	durable, err := e.writeAhead(ctx, clock, fn)
	if err != nil {
		return err
	}
	return durable()
}

// writeAhead is write, but that it doesn't wait for the disk: see db.WriteAhead.
func (e *Engine) writeAhead(ctx context.Context, clock millrace.Time, fn func(u *unit) error) (durable func() error, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if clock == 0 {
		clock = e.clock()
	}
	var u *unit
	durable, err = e.db.WriteAhead(ctx, func(tx *db.Tx) error {
		var err error
		if u, err = e.begin(ctx, tx, clock); err != nil {
			return err
		}
		if err := fn(u); err != nil {
			return err
		}
		return u.settle()
	})
	if err != nil {
		e.caches.drop() // they were changed in place
		return nil, err
	}
	e.caches.version, e.caches.seq, e.caches.nextID = u.version, u.seq, u.nextID
	e.position.Store(u.seq)
	if u.applied != nil {
		e.ruling.Store(u.applied)
	}
	if u.switched {
		e.caches.drop()
	}
	e.caches.age(u.version)
	if !u.plain {
		e.caches.whole = u.version
	}
	return durable, nil
}

// begin takes the writer's row, which makes writers of all nodes follow each other, and drops the caches when another node wrote since.
func (e *Engine) begin(ctx context.Context, tx *db.Tx, clock millrace.Time) (*unit, error) {
	var version, node, seq, nextID int64
	if _, err := tx.Exec(ctx, "/* writer.take */ update writer set version = version + 1 where id = 1"); err != nil {
		return nil, err
	}
	if _, err := db.One(ctx, tx, []any{&version, &node, &seq, &nextID}, "/* writer.read */ select version, node, seq, next_id from writer where id = 1"); err != nil {
		return nil, err
	}
	c := e.caches
	if c.version != version-1 || node != e.node {
		c.drop()
		c.whole = version - 1
		if err := c.load(ctx, tx); err != nil {
			return nil, err
		}
		if err := e.reloadRuling(ctx, tx); err != nil {
			return nil, err
		}
	}
	u := &unit{e: e, ctx: ctx, q: tx, tx: tx, c: c, clock: clock, version: version, seq: seq, nextID: nextID}
	if r := e.ruling.Load(); r != nil {
		u.rules, u.playbookVersion = r.rules, r.version
	}
	u.init()
	return u, nil
}

// RulingVersion is the content hash of the playbook that rules now.
func (e *Engine) RulingVersion() string { return e.ruling.Load().version }
