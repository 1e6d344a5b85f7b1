package db

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// What is committed moves from the WAL into the database by itself: soon the file alone has it.
func TestTending(t *testing.T) {
	t.Parallel()
	ctx, path := t.Context(), filepath.Join(t.TempDir(), "tended.db")
	d, err := Open(ctx, path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Write(ctx, func(tx *Tx) error { return tx.ExecOnce(ctx, "create table t (a integer) strict") }); err != nil {
		t.Fatal(err)
	}
	alone := filepath.Join(t.TempDir(), "alone.db")
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(alone, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if has(ctx, alone) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal("what was committed is in the WAL alone")
		}
	}
}

func has(ctx context.Context, path string) bool {
	c, err := Open(ctx, path, Options{})
	if err != nil {
		return false
	}
	defer c.Close()
	_, err = One(ctx, c, []any{new(int64)}, "select count(*) from t")
	return err == nil
}

// Closing waits for what is being moved, and may come before anything was written.
func TestTendingEnds(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for _, writes := range []int{0, 1, 20} {
		d, err := Open(ctx, filepath.Join(t.TempDir(), "x.db"), Options{})
		if err != nil {
			t.Fatal(err)
		}
		for range writes {
			if err := d.Write(ctx, func(tx *Tx) error { return tx.ExecOnce(ctx, "create table if not exists t (a integer) strict") }); err != nil {
				t.Fatal(err)
			}
		}
		if err := d.Close(); err != nil {
			t.Errorf("after %d writes: %v", writes, err)
		}
		if err := d.Close(); err != nil {
			t.Errorf("closed again after %d writes: %v", writes, err)
		}
	}
}
