package engine_test

import (
	"fmt"
	"testing"
	"time"

	"millrace"
	"millrace/internal/db"
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

// TestUndoOfOneBusyPerson takes back imports that brought more and more facts of one person: who was folded without them once isn't folded again for
// each slice, so that four times as many take about four times as long.
func TestUndoOfOneBusyPerson(t *testing.T) {
	clock := &testClock{day0}
	e := openEngine(t, dbtest.SQLite(t), clock)
	undo := func(who string, facts int) time.Duration {
		id, err := e.StartImport(t.Context(), engine.ImportFile{Entity: "events", File: who + ".csv"})
		if err != nil {
			t.Fatal(err)
		}
		var events []millrace.Event
		for i := range facts {
			events = append(events, millrace.Event{Source: "import", ID: fmt.Sprint(who, i), Kind: millrace.KindTrack, Name: "Pricing Viewed", UserID: who, Email: who + "@beta-house.io",
				OccurredAt: day0 - millrace.Time(i)*millrace.Minute, ReceivedAt: clock.now})
		}
		if _, err := e.Apply(t.Context(), millrace.Batch{Import: id, Events: events}); err != nil {
			t.Fatal(err)
		}
		if err := e.LeaveImport(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		if n, err := e.UndoImport(t.Context(), id); err != nil || n != int64(facts) {
			t.Fatalf("%d facts, %v", n, err)
		}
		return time.Since(began)
	}
	few := min(undo("ann", 3000), undo("bo", 3000), undo("cy", 3000))
	many := min(undo("di", 12_000), undo("ed", 12_000))
	t.Logf("3,000 facts in %v, 12,000 in %v", few, many)
	if many > 9*few {
		t.Errorf("an undo of 3,000 facts of one took %v, of 12,000 %v", few, many)
	}
	checkClean(t, e)
}

// TestUndoInALargeAccount takes people of an account back who were imported: the others' states are read once for a slice, not for each of them, so that it takes about
// as long as a few times what bringing them took, however many they are.
func TestUndoInALargeAccount(t *testing.T) {
	e := openEngine(t, dbtest.SQLite(t), &testClock{day0})
	come := func(from, to int, id int64) {
		t.Helper()
		var events []millrace.Event
		for i := from; i < to; i++ {
			user := fmt.Sprint("u", i)
			events = append(events, millrace.Event{Source: "import", ID: "i" + user, Kind: millrace.KindIdentify, UserID: user, Email: user + "@beta-house.io", OccurredAt: day0 - millrace.Hour},
				millrace.Event{Source: "import", ID: "d" + user, Kind: millrace.KindTrack, Name: "Demo Requested", UserID: user, OccurredAt: day0 - millrace.Time(i)})
		}
		if _, err := e.Apply(t.Context(), millrace.Batch{Import: id, Events: events}); err != nil {
			t.Fatal(err)
		}
	}
	come(0, 2000, 0)
	id, err := e.StartImport(t.Context(), engine.ImportFile{Entity: "events", File: "people.csv"})
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	come(2000, 2500, id)
	brought := time.Since(began)
	if err := e.FinishImport(t.Context(), id, "csv", nil); err != nil {
		t.Fatal(err)
	}
	began = time.Now()
	if _, err := e.UndoImport(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 20*brought { // 4 times; it was 60
		t.Errorf("bringing 500 people took %v, taking them back %v", brought, took)
	}
	checkClean(t, e)
}

// TestFinishUndos: a server goes on with an undo that another process broke off, and takes nothing out that was.
func TestFinishUndos(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		e := openEngine(t, url, &testClock{day0})
		id, err := e.StartImport(t.Context(), engine.ImportFile{Entity: "contacts", File: "people.csv"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Apply(t.Context(), millrace.Batch{Import: id, Events: []millrace.Event{{Source: "import", ID: "cy", Kind: millrace.KindContact, RecordID: "crm:cy",
			Email: "cy@beta-house.io", OccurredAt: day0, Data: []byte(`{"email":"cy@beta-house.io"}`)}}}); err != nil {
			t.Fatal(err)
		}
		if err := e.FinishImport(t.Context(), id, "csv", nil); err != nil {
			t.Fatal(err)
		}
		if n, err := e.UndoImport(t.Context(), id); err != nil || n != 1 {
			t.Fatalf("%d facts, %v", n, err)
		}
		cursor := func() (at int64) {
			t.Helper()
			if _, err := db.One(t.Context(), e.DB(), []any{&at}, "select undo_cursor from import where id = $1", id); err != nil {
				t.Fatal(err)
			}
			return at
		}
		done := cursor()
		if err := e.DB().Write(t.Context(), func(tx *db.Tx) error { // as one leaves it that was killed in between
			_, err := tx.Exec(t.Context(), "update import set undo_cursor = 0")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if err := e.FinishUndos(t.Context()); err != nil || cursor() != done {
			t.Errorf("it stands at %d of %d, %v", cursor(), done, err)
		}
		checkClean(t, e)
	})
}
