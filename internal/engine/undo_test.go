package engine_test

import (
	"testing"

	"millrace"
	"millrace/internal/dbtest"
	"millrace/internal/engine"
)

// TestUndoOfPeopleWhomNothingElseNames takes an import back that was all that was known of its people.
func TestUndoOfPeopleWhomNothingElseNames(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		e := openEngine(t, url, &testClock{day0})
		id, err := e.StartImport(t.Context(), engine.ImportFile{Entity: "contacts", File: "people.csv"})
		if err != nil {
			t.Fatal(err)
		}
		var events []millrace.Event
		for _, n := range []string{"cy", "di"} {
			events = append(events, millrace.Event{Source: "import", ID: n, Kind: millrace.KindContact, RecordID: "crm:" + n, Email: n + "@beta-house.io",
				OccurredAt: day0, Data: []byte(`{"email":"` + n + `@beta-house.io","title":"CFO"}`)})
		}
		if _, err := e.Apply(t.Context(), millrace.Batch{Import: id, Events: events}); err != nil {
			t.Fatal(err)
		}
		if err := e.LeaveImport(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if n, err := e.UndoImport(t.Context(), id); err != nil || n != 2 {
			t.Fatalf("%d facts, %v", n, err)
		}
		if _, err := e.Explain(t.Context(), "cy@beta-house.io", engine.AsOf{}); millrace.ErrorCode(err) != millrace.NotFound {
			t.Errorf("still known: %v", err)
		}
		checkClean(t, e)
	})
}
