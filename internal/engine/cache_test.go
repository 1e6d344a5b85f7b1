package engine_test

import (
	"fmt"
	"testing"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/engine"
)

// A cache far smaller than the people who come and go forgets traits, people and accounts all the time, and the figures stay right.
func TestSmallCacheForgetsNothing(t *testing.T) {
	d, err := db.Open(t.Context(), t.TempDir()+"/small.db", db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	now := day0
	e, err := engine.Open(t.Context(), engine.Config{DB: d, CachePeople: 40, ReplayProfiles: 40, AlwaysAhead: true, Clock: func() millrace.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	for round := range 4 {
		now = day0 + millrace.Time(round)*millrace.Day
		for first := 0; first < 300; first += 20 {
			events := identifies(first, 20, now)
			for i := range events {
				events[i].ID = fmt.Sprint(round, "-", first+i)
				if round%2 == 1 {
					events[i] = page(0, events[i].UserID, events[i].AnonymousID, "/pricing", now)
					events[i].ID = fmt.Sprint(round, "-", first+i)
				}
			}
			if _, err := e.Apply(t.Context(), millrace.Batch{Events: events}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if c := checkClean(t, e); c.Facts != 1201 {
		t.Errorf("%d facts, want 1200 and the playbook's", c.Facts)
	}
}
