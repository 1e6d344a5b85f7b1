package db

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"millrace"
)

// What was written is on the disk when Write returns: once for all who wait together, and after a commit that nobody waited for too.
func TestWritesAreSynced(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	d, err := Open(ctx, filepath.Join(t.TempDir(), "x.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	var synced []int64 // how long the WAL was at each
	d.durability.sync = func(f *os.File) error {
		i, err := f.Stat()
		if err == nil {
			synced = append(synced, i.Size())
		}
		return errors.Join(err, syncData(f))
	}
	length := func() int64 {
		i, err := os.Stat(d.url + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		return i.Size()
	}
	if err := d.Write(ctx, func(tx *Tx) error { return tx.ExecOnce(ctx, "create table t (a integer) strict") }); err != nil {
		t.Fatal(err)
	}
	if len(synced) != 1 || synced[0] != length() {
		t.Fatalf("synced at %v, the WAL has %d bytes", synced, length())
	}
	var waiting []func() error
	for range 5 {
		durable, err := d.WriteAhead(ctx, func(tx *Tx) error { return tx.ExecOnce(ctx, "insert into t values (1)") })
		if err != nil {
			t.Fatal(err)
		}
		waiting = append(waiting, durable)
	}
	if len(synced) != 1 {
		t.Fatalf("synced at %v before anybody waited", synced)
	}
	var wg sync.WaitGroup
	for _, durable := range waiting {
		wg.Go(func() {
			if err := durable(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(synced) != 2 || synced[1] != length() {
		t.Errorf("five commits synced at %v, the WAL has %d bytes", synced, length())
	}
}

// When the disk fails to sync, whoever waits is told, and nothing is written any more: a later sync that succeeds would say nothing of what was lost.
func TestDiskThatFails(t *testing.T) {
	t.Parallel()
	ctx, path := t.Context(), filepath.Join(t.TempDir(), "x.db")
	d, err := Open(ctx, path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	create := func(tx *Tx) error { return tx.ExecOnce(ctx, "create table if not exists t (a integer) strict") }
	kept, err := d.WriteAhead(ctx, create)
	if err != nil {
		t.Fatal(err)
	}
	if err := kept(); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("input/output error")
	d.durability.sync = func(*os.File) error { return broken }
	if err := d.Write(ctx, create); millrace.ErrorCode(err) != millrace.Unavailable || !errors.Is(err, broken) {
		t.Errorf("a write that was not synced: %v", err)
	}
	d.durability.sync = syncData
	if err := d.Write(ctx, create); millrace.ErrorCode(err) != millrace.Unavailable {
		t.Errorf("a write after the disk has failed: %v", err)
	}
	if err := kept(); err != nil {
		t.Errorf("what was on the disk before: %v", err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if d, err = Open(ctx, path, Options{}); err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Write(ctx, create); err != nil {
		t.Errorf("after the database was opened again: %v", err)
	}
}
