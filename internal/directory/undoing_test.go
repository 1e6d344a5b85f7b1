package directory

import (
	"testing"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/dbtest"
	"millrace/internal/engine"
)

// TestAnImportIsBeingUndone follows an import from running to undone, as the list and the record tell it.
func TestAnImportIsBeingUndone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		e, d := openDirectory(t, url, day0)
		id, err := e.StartImport(t.Context(), engine.ImportFile{Entity: "contacts", File: "people.csv"})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := e.Apply(t.Context(), millrace.Batch{Import: id, Events: []millrace.Event{{Source: "import", ID: "cy", Kind: millrace.KindContact, RecordID: "crm:cy",
			Email: "cy@beta-house.io", OccurredAt: day0, Data: []byte(`{"email":"cy@beta-house.io"}`)}}}); err != nil {
			t.Fatal(err)
		}
		expect := func(want string) {
			t.Helper()
			one, err := d.Import(t.Context(), id)
			if err != nil || one.State != want {
				t.Errorf("%s, want %s: %v", one.State, want, err)
			}
			if all, err := d.Imports(t.Context(), Paging{Limit: 10}); err != nil || len(all.Data) != 1 || all.Data[0].State != want {
				t.Errorf("%+v, want %s: %v", all.Data, want, err)
			}
		}
		cursor := func(at int64) {
			t.Helper()
			if err := e.DB().Write(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(t.Context(), "/* test.cursor */ update import set undo_cursor = $1 where id = $2", at, id)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		expect("running")
		if _, err := e.UndoImport(t.Context(), id); millrace.ErrorCode(err) != millrace.Conflict {
			t.Errorf("undone while it ran: %v", err)
		}
		if err := e.FinishImport(t.Context(), id, "csv", nil); err != nil {
			t.Fatal(err)
		}
		expect("finished")
		if _, err := e.UndoImport(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		expect("undone")
		cursor(0) // as between two slices, or after a crash
		expect(ImportUndoing)
		if _, err := e.UndoImport(t.Context(), id); err != nil { // goes on
			t.Fatal(err)
		}
		expect("undone")
		if _, err := e.UndoImport(t.Context(), id+1); millrace.ErrorCode(err) != millrace.NotFound {
			t.Errorf("an import that isn't there: %v", err)
		}
	})
}
