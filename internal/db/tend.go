package db

import (
	"context"
	"database/sql"
	"sync"
	"sync/atomic"
	"time"
)

// tending moves the WAL's pages into the database beside the writer. Left to the writer, they are moved when the WAL is long, after one
// commit that then takes as long as hundreds of others. A stream of long transactions is sooner done when each page is moved once: there the
// writer does it, and what is left is moved when the stream has ended.
type tending struct {
	writes, nanos atomic.Int64 // committed since the last look
	looked        time.Time    // at how long the WAL is
	enough        int          // pages from which on it is shortened again, after a reader was in the way
	begin         sync.Once
	wake, stop    chan struct{}
	wait          sync.WaitGroup
}

const (
	tendAfter  = 250 * time.Millisecond // how long pages may wait
	shortWrite = 10 * time.Millisecond  // mean length from which on transactions are long
)

// wrote takes note of a committed transaction.
func (d *DB) wrote(took time.Duration) {
	if d.Dialect != SQLite {
		return
	}
	t := &d.tending
	t.writes.Add(1)
	t.nanos.Add(int64(took))
	t.begin.Do(func() {
		t.wake, t.stop = make(chan struct{}, 1), make(chan struct{})
		t.wait.Add(1)
		go d.tend()
	})
	select {
	case t.wake <- struct{}{}:
	default:
	}
}

// longWAL is how many pages the WAL may have: a checkpoint writes every page once that the WAL has many times, so a long one (256 MB) saves a
// third of what random rows cost. It is looked at once in lookEvery, and once in growBy pages where a reader keeps it from beginning anew.
const (
	longWAL   = 64_000
	growBy    = 8_000
	lookEvery = 20 * time.Millisecond
)

// shorten moves the pages of a long WAL into the database and has it begin anew, when nobody reads by ReadAside. The caller has the write
// connection, and no transaction. What fails here is tried again when the WAL is longer.
func (d *DB) shorten(ctx context.Context) {
	t := &d.tending
	if time.Since(t.looked) < lookEvery {
		return
	}
	t.looked = time.Now()
	var busy, pages, moved int
	if err := d.conn.QueryRowContext(ctx, "pragma wal_checkpoint(noop)").Scan(&busy, &pages, &moved); err != nil || pages < max(longWAL, t.enough) {
		return
	}
	d.aside.Lock()
	defer d.aside.Unlock()
	t.enough = 0
	if err := d.conn.QueryRowContext(ctx, "pragma wal_checkpoint(restart)").Scan(&busy, &pages, &moved); err != nil || busy != 0 {
		t.enough = pages + growBy
	}
}

// ReadAside is Read for what reads again and again while others write: it waits while the WAL begins anew, which it would else be in the way of.
func (d *DB) ReadAside(ctx context.Context, fn func(s *Snapshot) error) error {
	d.aside.RLock()
	defer d.aside.RUnlock()
	return d.Read(ctx, fn)
}

func (d *DB) tend() {
	t := &d.tending
	defer t.wait.Done()
	var own *sql.DB
	defer func() {
		if own != nil {
			own.Close()
		}
	}()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-t.stop:
			return
		case <-t.wake:
		}
		for streaming := true; streaming; {
			timer.Reset(tendAfter)
			select {
			case <-t.stop:
				return
			case <-timer.C:
			}
			n, nanos := t.writes.Swap(0), t.nanos.Swap(0)
			streaming = n > 0 && time.Duration(nanos/n) >= shortWrite && time.Duration(nanos) > tendAfter/2
		}
		if own == nil {
			var err error
			if own, err = d.NewWriter(); err != nil {
				continue
			}
		}
		// What fails here is done by the writer when the WAL is long.
		own.Exec("pragma wal_checkpoint(passive)")
	}
}

// endTending waits until nothing is moved any more.
func (d *DB) endTending() {
	t := &d.tending
	t.begin.Do(func() {}) // none begins from now on
	if t.stop != nil {
		close(t.stop)
		t.wait.Wait()
		t.stop = nil
	}
}
