package db

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

const anyWrite = "insert into setting (name, value) values ('n', '1') on conflict (name) do update set value = excluded.value"

// Another process writes one transaction after the other, each as long as a slow disk makes it: a writer beside it has its turn after one of
// them. Without a queue it was after hundreds, or never.
func TestWriterBesideABusyProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.db")
	busy, quiet := openAt(t, path), openAt(t, path)
	if err := busy.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	pool, err := quiet.NewWriter()
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	within := func(slow func()) func(*Tx) error {
		return func(tx *Tx) error {
			slow()
			_, err := tx.Exec(t.Context(), anyWrite)
			return err
		}
	}
	for name, write := range map[string]func() error{
		"write": func() error { return quiet.Write(t.Context(), within(func() {})) },
		"statement of the second writer": func() error {
			_, err := pool.ExecContext(t.Context(), anyWrite)
			return err
		},
		"query of the second writer": func() error {
			var v string
			return pool.QueryRowContext(t.Context(), anyWrite+" returning value").Scan(&v)
		},
		"transaction of the second writer": func() error {
			tx, err := pool.BeginTx(t.Context(), nil)
			if err != nil {
				return err
			}
			defer tx.Rollback()
			for range 2 {
				if _, err := tx.ExecContext(t.Context(), anyWrite); err != nil {
					return err
				}
			}
			return tx.Commit()
		},
	} {
		t.Run(name, func(t *testing.T) {
			if err := write(); err != nil { // once at least before anything is measured
				t.Fatal(err)
			}
			begun := make(chan struct{}, 1)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			transactions := 0
			var writing sync.WaitGroup
			writing.Go(func() {
				for ; ctx.Err() == nil; transactions++ {
					err := busy.Write(t.Context(), within(func() {
						select {
						case begun <- struct{}{}:
						default:
						}
						time.Sleep(10 * time.Millisecond) // the slow disk
					}))
					if err != nil {
						t.Error(err)
					}
				}
			})
			const turns = 10
			for range turns {
				<-begun
				if err := write(); err != nil {
					t.Error(err)
				}
			}
			stop()
			writing.Wait()
			if transactions > 10*turns {
				t.Errorf("%d transactions of the busy process came before %d of the other", transactions, turns)
			}
		})
	}
}

// Several processes that begin on a file that isn't there yet wait for each other.
func TestAllOpenANewFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "m.db")
	var opening sync.WaitGroup
	for range 8 {
		opening.Go(func() {
			d, err := Open(t.Context(), path, Options{})
			if err != nil {
				t.Error(err)
				return
			}
			defer d.Close()
			if err := d.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	opening.Wait()
}

func openAt(t *testing.T, path string) *DB {
	t.Helper()
	d, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}
