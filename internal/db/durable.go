package db

import (
	"errors"
	"io/fs"
	"os"
	"sync"
	"sync/atomic"

	"millrace"
)

// durability brings what was committed to the disk. On SQLite the write connection commits without waiting for it (synchronous=NORMAL): the
// WAL is synced here, once for all that were committed before, while the next transaction goes on. Nobody is told that something was written
// before that. SQLite itself syncs the WAL before it moves pages out of it, and its head when it begins anew.
type durability struct {
	committed atomic.Int64 // transactions of the write connection
	failed    atomic.Bool  // the disk didn't take a sync: what it holds isn't known any more
	sync      func(*os.File) error

	mu     sync.Mutex // held while syncing
	synced int64      // transactions that are on the disk
	wal    *os.File   // nil until it is needed, and after the write connection was closed
}

// diskFailed is what a write ends with when the disk has failed to sync, by err where it was this write that it failed for.
func diskFailed(err error) error {
	return &millrace.Error{Code: millrace.Unavailable, Op: "db.Write", Message: "the disk did not keep what was written to it: look after it, then start Millrace again", Err: err}
}

// await waits until the first n transactions are on the disk. After a disk has failed to sync, what it holds isn't known, and a later sync that
// succeeds says nothing of it: nothing is written any more until the database is opened again.
func (s *durability) await(path string, n int64) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.synced >= n {
		return nil
	}
	if s.failed.Load() {
		return diskFailed(nil)
	}
	upTo := s.committed.Load()
	if err := s.syncWAL(path); err != nil {
		s.failed.Store(true)
		return diskFailed(err)
	}
	s.synced = upTo
	return nil
}

func (s *durability) syncWAL(path string) (err error) {
	if s.wal == nil {
		if s.wal, err = os.OpenFile(path, os.O_RDWR, 0); errors.Is(err, fs.ErrNotExist) {
			return nil // whoever closed the last connection has moved its pages into the database, and synced that
		} else if err != nil {
			return err
		}
	}
	return s.sync(s.wal)
}

// forget lets go of the WAL, which may be another file by the next time.
func (s *durability) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.wal != nil {
		s.wal.Close()
		s.wal = nil
	}
}
