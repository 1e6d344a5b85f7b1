package engine_test

import (
	"testing"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/dbtest"
	"millrace/internal/engine"
	"millrace/internal/lease"
)

func TestAnImportWhoseProcessIsGone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		clock := &testClock{day0}
		e := openEngine(t, url, clock)
		file := engine.ImportFile{Entity: "contacts", File: "people.csv", Format: "csv", SHA256: "abc", By: "Kim"}
		begin := func(f engine.ImportFile) int64 {
			t.Helper()
			id, err := e.StartImport(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		expect := func(want ...engine.ImportState) {
			t.Helper()
			list, err := e.Imports(t.Context())
			if err != nil || len(list) != len(want) {
				t.Fatalf("%+v %v", list, err)
			}
			for i := range list {
				if list[i].State != want[i] {
					t.Errorf("import %d is %s, want %s", list[i].ID, list[i].State, want[i])
				}
			}
		}
		holder := func(h string) { // as if another process worked on the first
			t.Helper()
			if err := e.DB().Write(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(t.Context(), "/* test.hold */ update import set holder = $1, signed_at = $2 where id = 1", h, int64(clock.now))
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		begin(file)
		asked := file
		asked.Resume = 1
		if id := begin(asked); id != 1 { // by whoever knows that the run before has ended
			t.Errorf("import %d", id)
		}
		expect(engine.ImportRunning)
		holder("elsewhere/7/a")
		if id := begin(file); id != 2 { // the first is under way
			t.Errorf("import %d", id)
		}
		expect(engine.ImportRunning, engine.ImportRunning)
		if err := e.FinishImport(t.Context(), 2, "csv", nil); err != nil {
			t.Fatal(err)
		}
		clock.now += millrace.Time(lease.Silence.Milliseconds()) + 1
		expect(engine.ImportFinished, engine.ImportBrokenOff)
		other := file
		other.Format = "hubspot"
		if id := begin(other); id != 3 { // read in another way, it is no continuation
			t.Errorf("import %d", id)
		}
		other = file
		other.Reading, other.Resume = "another mapping of the same name", 1
		if id := begin(other); id != 4 {
			t.Errorf("import %d", id)
		}
		if id := begin(file); id != 1 {
			t.Errorf("import %d", id)
		}
		expect(engine.ImportRunning, engine.ImportRunning, engine.ImportFinished, engine.ImportRunning)
		for _, do := range []func() error{func() error { return e.LeaveImport(t.Context(), 1) }, func() error { return e.LeaveImport(t.Context(), 2) }} {
			if err := do(); err != nil {
				t.Fatal(err)
			}
		}
		expect(engine.ImportRunning, engine.ImportRunning, engine.ImportFinished, engine.ImportBrokenOff)
		if err := e.SignImport(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		expect(engine.ImportRunning, engine.ImportRunning, engine.ImportFinished, engine.ImportRunning)
		if err := e.LeaveImport(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		if _, err := e.UndoImport(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		expect(engine.ImportRunning, engine.ImportRunning, engine.ImportFinished, engine.ImportUndone)
		if id := begin(asked); id != 5 { // what was undone isn't gone on with
			t.Errorf("import %d", id)
		}
	})
}
