package engine

import (
	"fmt"
	"testing"

	"millrace"
	"millrace/internal/db"
)

// openInternal opens an engine on a fresh SQLite file; the configuration has all but that.
func openInternal(t *testing.T, c Config) *Engine {
	t.Helper()
	return OpenWith(t, t.TempDir()+"/x.db", c)
}

// OpenWith opens an engine on a database for a test; the configuration has all but that.
func OpenWith(t testing.TB, url string, c Config) *Engine {
	t.Helper()
	d, err := db.Open(t.Context(), url, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	c.DB = d
	e, err := Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// An identifier that one of the two maps has forgotten is not read as a second one beside the first: a merge would move the one, and the fact
// at hand would go on with the other, to a contact that is no more.
func TestAnIdentifierIsOneValue(t *testing.T) {
	t.Parallel()
	ctx := t.Context()
	for name, forget := range map[string]func(c *caches){
		"by id":  func(c *caches) { c.byID.drop() },
		"by key": func(c *caches) { c.idents.drop() },
	} {
		t.Run(name, func(t *testing.T) {
			now := millrace.Time(1_800_000_000_000)
			e := openInternal(t, Config{Clock: func() millrace.Time { return now }})
			n := 0
			apply := func(f millrace.Event) {
				t.Helper()
				n++
				f.Source, f.ID, f.OccurredAt = "web", fmt.Sprint(n), now
				if _, err := e.Apply(ctx, millrace.Batch{Events: []millrace.Event{f}}); err != nil {
					t.Fatal(err)
				}
			}
			apply(millrace.Event{Kind: millrace.KindIdentify, UserID: "anna", Email: "info@acme.com"})
			apply(millrace.Event{Kind: millrace.KindIdentify, UserID: "berta", Email: "berta@acme.com"})
			e.mu.Lock()
			forget(e.caches)
			e.caches.persons.drop()
			e.mu.Unlock()
			apply(millrace.Event{Kind: millrace.KindAlias, UserID: "berta", PreviousID: "anna"})
			if c, err := e.Check(ctx, nil); err != nil || c.Differences != 0 {
				t.Errorf("%d differences, such as %+v; %v", c.Differences, c.Examples, err)
			}
		})
	}
}
