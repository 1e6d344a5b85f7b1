package db

import (
	"database/sql"
	"sync"
	"sync/atomic"
	"time"
)

// tending moves the WAL's pages into the database beside the writer. Left to the writer, they are moved when the WAL is full, within one
// commit that then takes as long as hundreds of others. A stream of long transactions is sooner done when each page is moved once: there the
// writer does it.
type tending struct {
	writes, nanos atomic.Int64 // committed since the last look
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
		timer.Reset(tendAfter)
		select {
		case <-t.stop:
			return
		case <-timer.C:
		}
		n, nanos := t.writes.Swap(0), t.nanos.Swap(0)
		if n == 0 || time.Duration(nanos/n) >= shortWrite && time.Duration(nanos) > tendAfter/2 {
			continue
		}
		if own == nil {
			var err error
			if own, err = d.NewWriter(); err != nil {
				continue
			}
		}
		// What fails here is done by the writer when the WAL is full.
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
