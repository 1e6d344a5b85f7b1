package directory

import (
	"testing"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/dbtest"
)

// TestKeysAreNamed: events, timelines and refused facts say what their write key is called, or nothing where there is no such key.
func TestKeysAreNamed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		e, d := openDirectory(t, url, day0)
		for _, kind := range []string{"write", "secret"} {
			if err := e.DB().Write(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(t.Context(), `/* test.key */ insert into api_key (id, kind, name, hash, hint, scopes, rate, created_at, revoked_at)
					values ($1, $2, 'Pricing page', $3, 'x', '', 0, 0, 0)`, "key_"+kind, kind, []byte(kind))
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		want := map[string]string{"key:key_write": "Pricing page", "key:key_gone": "", "key:key_secret": "", "csv": "", "": ""}
		var batch millrace.Batch
		for source := range want {
			batch.Events = append(batch.Events, millrace.Event{Source: source, ID: "e" + source, Kind: millrace.KindTrack, Name: "Signed Up", Email: "anna@acme.com", OccurredAt: day0, ReceivedAt: day0})
			batch.Drops = append(batch.Drops, millrace.Drop{Reason: millrace.DropNoName, Source: source, Type: "track", At: day0, Count: 1})
		}
		apply(t, e, batch)
		expect := func(where, source, name string) {
			t.Helper()
			if w, ok := want[source]; !ok || name != w {
				t.Errorf("%s: %q is called %q", where, source, name)
			}
		}
		events, err := d.Events(t.Context(), EventFilter{})
		if err != nil || len(events.Data) != len(want) {
			t.Fatal(len(events.Data), err)
		}
		about, err := d.Timeline(t.Context(), "anna@acme.com", TimelineFilter{Kind: "track"})
		if err != nil || len(about.Data) != len(want) {
			t.Fatal(len(about.Data), err)
		}
		for _, x := range append(events.Data, about.Data...) {
			expect("event", x.Source, x.SourceName)
		}
		drops, err := d.Drops(t.Context(), DropFilter{})
		if err != nil || len(drops.Data) != len(want) {
			t.Fatal(len(drops.Data), err)
		}
		for _, x := range drops.Data {
			expect("drop", x.Source, x.SourceName)
		}
	})
}
