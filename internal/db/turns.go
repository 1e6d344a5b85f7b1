package db

import (
	"context"
	"database/sql/driver"
	"hash/fnv"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/lockedfile"
)

// turns are the tasks of this process that wait for each other, by name.
type turns struct {
	mu   sync.Mutex
	held map[string]chan struct{}
}

func (t *turns) of(name string) chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.held == nil {
		t.held = map[string]chan struct{}{}
	}
	if t.held[name] == nil {
		t.held[name] = make(chan struct{}, 1)
	}
	return t.held[name]
}

// InTurn runs fn while no other caller on this database, in this process or another, runs in a turn of the same name; it waits as long as
// ctx lasts. It is for tasks that fill tables of one name. A process that dies gives its turn up. It is a seam: SQLite has no lock that
// lasts longer than a transaction, so there it is one on a file beside the database; on PostgreSQL it is an advisory lock of a session.
func (d *DB) InTurn(ctx context.Context, name string, fn func() error) error {
	const op = "db.InTurn"
	mine := d.turns.of(name)
	select {
	case mine <- struct{}{}:
	case <-ctx.Done():
		return wrap(op, ctx.Err())
	}
	defer func() { <-mine }()
	lock := d.lockFile
	if d.Dialect == PostgreSQL {
		lock = d.lockSession
	}
	unlock, err := lock(ctx, name)
	if err != nil {
		return wrap(op, err)
	}
	defer unlock()
	return fn()
}

// turnPause is how long PostgreSQL isn't asked again whether a turn is free.
const turnPause = 50 * time.Millisecond

func (d *DB) lockFile(ctx context.Context, name string) (unlock func(), err error) {
	type locked struct {
		unlock func()
		err    error
	}
	got := make(chan locked, 1)
	go func() {
		unlock, err := lockedfile.MutexAt(d.url + "-" + name + ".lock").Lock()
		got <- locked{unlock, err}
	}()
	select {
	case l := <-got:
		return l.unlock, l.err
	case <-ctx.Done():
		go func() { // the file can't be waited for with an end: give the turn up when it comes
			if l := <-got; l.err == nil {
				l.unlock()
			}
		}()
		return nil, ctx.Err()
	}
}

func (d *DB) lockSession(ctx context.Context, name string) (unlock func(), err error) {
	conn, err := d.read.Conn(ctx)
	if err != nil {
		return nil, err
	}
	h := fnv.New64a()
	h.Write([]byte("millrace " + name))
	key := int64(h.Sum64())
	// A statement that waits for the lock would hold a snapshot meanwhile, and with it every row that is deleted.
	for {
		var got bool
		if err := conn.QueryRowContext(ctx, "/* turn.take */ select pg_try_advisory_lock($1)", key).Scan(&got); err != nil {
			conn.Close()
			return nil, err
		}
		if got {
			break
		}
		select {
		case <-ctx.Done():
			conn.Close()
			return nil, ctx.Err()
		case <-time.After(turnPause):
		}
	}
	return func() {
		if _, err := conn.ExecContext(context.WithoutCancel(ctx), "/* turn.give_up */ select pg_advisory_unlock($1)", key); err != nil {
			conn.Raw(func(any) error { return driver.ErrBadConn }) // ends the session, and the lock with it
		}
		conn.Close()
	}, nil
}
