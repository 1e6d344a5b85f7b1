package db_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"millrace/internal/db"
	"millrace/internal/dbtest"
)

// TestInTurn opens a database twice, as two processes would, and expects one caller at a time, and none kept waiting after its context.
func TestInTurn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		var opened [2]*db.DB
		for i := range opened {
			d, err := db.Open(t.Context(), url, db.Options{})
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			opened[i] = d
		}
		var inside, most, runs atomic.Int32
		var wg sync.WaitGroup
		for i := range 20 {
			wg.Go(func() {
				if err := opened[i%2].InTurn(t.Context(), "test", func() error {
					most.Store(max(most.Load(), inside.Add(1)))
					runs.Add(1)
					var one int
					_, err := db.One(t.Context(), opened[i%2], []any{&one}, "select 1")
					inside.Add(-1)
					return err
				}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if most.Load() != 1 || runs.Load() != 20 {
			t.Errorf("%d at one time, %d in all", most.Load(), runs.Load())
		}
		err := opened[0].InTurn(t.Context(), "test", func() error {
			for _, d := range opened {
				ctx, cancel := context.WithCancel(t.Context())
				cancel()
				if err := d.InTurn(ctx, "test", func() error { return nil }); !errors.Is(err, context.Canceled) {
					t.Errorf("a caller that gave up got %v", err)
				}
			}
			return opened[1].InTurn(t.Context(), "another name", func() error { return nil })
		})
		if err != nil {
			t.Error(err)
		}
		if err := opened[1].InTurn(t.Context(), "test", func() error { return nil }); err != nil {
			t.Error(err)
		}
	})
}
