package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/dbtest"
	"millrace/internal/engine"

	"github.com/jackc/pgx/v5"
)

// crowded opens an engine with some people, whom a rebuild writes a quarter at a time, and the person of secrets among them.
func crowded(t *testing.T, url string) *engine.Engine {
	e := openEngine(t, url, &testClock{scenarioStart + 40*millrace.Day})
	events := dossier(0, scenarioStart)
	for n := range 400 {
		mail := fmt.Sprintf("person%d@company%d.com", n, n%150)
		events = append(events, millrace.Event{Source: "web", ID: fmt.Sprint("i", n), Kind: millrace.KindIdentify, OccurredAt: scenarioStart, ReceivedAt: scenarioStart,
			UserID: fmt.Sprint("u", n), Email: mail, Data: []byte(fmt.Sprintf(`{"email":%q,"title":"CFO"}`, mail))})
	}
	for some := range slices.Chunk(events, 100) {
		if _, err := e.Apply(t.Context(), millrace.Batch{Events: some}); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

// breakOff lets a rebuild run until a phase has written something, and ends it there, as a signal would.
func breakOff(t *testing.T, e *engine.Engine, phase string) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, err := e.Rebuild(ctx, func(p engine.Progress) {
		// Rows of a quarter may wait while two more are worked out: when the last is, the first is written.
		if p.Phase == phase && p.Done > 0 && (p.Done == p.Total || phase == "accounts") {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("the rebuild was not broken off: %v", err)
	}
}

// phasesOf rebuilds and gives the phases that it went through, and where each began.
func phasesOf(t *testing.T, e *engine.Engine) map[string]int64 {
	t.Helper()
	first := map[string]int64{}
	if _, err := e.Rebuild(t.Context(), func(p engine.Progress) {
		if _, seen := first[p.Phase]; !seen {
			first[p.Phase] = p.Done
		}
	}); err != nil {
		t.Fatal(err)
	}
	return first
}

// TestRebuildGoesOn: what a rebuild had written when it was broken off stays written, whatever came meanwhile, unless that changes what a
// rebuild gives.
func TestRebuildGoesOn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		e := crowded(t, url)
		one := func(id string) {
			t.Helper()
			events := dossier(7, scenarioStart+millrace.Day)
			for i := range events {
				events[i].ID += id
			}
			if _, err := e.Apply(t.Context(), millrace.Batch{Events: events}); err != nil {
				t.Fatal(err)
			}
		}
		again := func(what string, goesOn bool) {
			t.Helper()
			one(what)
			first := phasesOf(t, e)
			if goesOn != (first["people"] > 0 || first["accounts"] > 0) {
				t.Errorf("%s: phases began at %v", what, first)
			}
			checkClean(t, e)
		}
		breakOff(t, e, "people")
		again("new facts", true)
		breakOff(t, e, "accounts")
		again("while accounts were summed", true)

		imp, err := e.StartImport(t.Context(), engine.ImportFile{Entity: "contacts", File: "people.csv", Format: "csv", By: "test"})
		if err != nil {
			t.Fatal(err)
		}
		late := dossier(8, scenarioStart)[4]
		if _, err := e.Apply(t.Context(), millrace.Batch{Events: []millrace.Event{late}, Import: imp}); err != nil {
			t.Fatal(err)
		}
		breakOff(t, e, "people")
		if err := e.LeaveImport(t.Context(), imp); err != nil {
			t.Fatal(err)
		}
		if _, err := e.UndoImport(t.Context(), imp); err != nil {
			t.Fatal(err)
		}
		again("an undone import", false)

		breakOff(t, e, "people")
		if _, err := e.Erase(t.Context(), "zelda.quixote@acme-widgets.com", "test"); err != nil {
			t.Fatal(err)
		}
		again("an erasure", false)
	})
}

// TestErasureAfterABrokenRebuild: the tables that a rebuild or a check which was killed left behind hold nothing of whom is erased either.
func TestErasureAfterABrokenRebuild(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		e := crowded(t, url)
		breakOff(t, e, "accounts")
		if err := e.DB().Write(t.Context(), func(tx *db.Tx) error {
			for _, q := range []string{"create table contact_check as select * from contact", "create table contact_plan as select * from contact",
				"create table contact_asof as select * from contact", "create table contact_old as select * from contact"} {
				if err := tx.ExecOnce(t.Context(), q); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Erase(t.Context(), "zelda.quixote@acme-widgets.com", "test"); err != nil {
			t.Fatal(err)
		}
		if found := traces(t, e, url); len(found) > 0 {
			t.Errorf("still there: %v", found)
		}
		if left, err := e.Setting(t.Context(), "rebuild"); err != nil || left != "" {
			t.Errorf("%q is to go on, %v", left, err)
		}
		checkClean(t, e)
	})
}

// TestErasureGoesOn: an erasure whose caller went away before the files were rewritten is finished by the recurring job.
func TestErasureGoesOn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		e := crowded(t, url)
		ctx, cancel := context.WithCancel(t.Context())
		reading := make(chan struct{})
		done := make(chan error, 1)
		go func() {
			done <- e.DB().Read(ctx, func(s *db.Snapshot) error { // keeps the files from being rewritten
				if _, err := db.One(ctx, s, []any{new(int64)}, "select count(*) from contact"); err != nil {
					return err
				}
				close(reading)
				<-ctx.Done()
				return nil
			})
		}()
		<-reading
		erasing, leave := context.WithCancel(t.Context())
		erased := make(chan error, 1)
		go func() {
			_, err := e.Erase(erasing, "zelda.quixote@acme-widgets.com", "test")
			erased <- err
		}()
		for {
			due, err := e.Setting(t.Context(), "scrub")
			if err != nil {
				t.Fatal(err)
			}
			if due != "" {
				break
			}
		}
		leave()
		if err := <-erased; !errors.Is(err, context.Canceled) {
			t.Fatalf("the erasure did not wait for the reader: %v", err)
		}
		cancel()
		<-done
		if err := e.FinishErasures(t.Context()); err != nil {
			t.Fatal(err)
		}
		if found := traces(t, e, url); len(found) > 0 {
			t.Errorf("still there: %v", found)
		}
		if due, err := e.Setting(t.Context(), "scrub"); err != nil || due != "" {
			t.Errorf("%q is due, %v", due, err)
		}
	})
}

// TestErasureBesideAnotherDatabase: on PostgreSQL a transaction that runs in another database of the server keeps deleted rows in tables that
// are rewritten, so an erasure waits for it.
func TestErasureBesideAnotherDatabase(t *testing.T) {
	url := dbtest.PostgreSQL(t)
	e := crowded(t, url)
	beside, err := pgx.Connect(t.Context(), dbtest.PostgreSQL(t))
	if err != nil {
		t.Fatal(err)
	}
	defer beside.Close(context.Background())
	if _, err := beside.Exec(t.Context(), "begin; create table written (n integer)"); err != nil {
		t.Fatal(err)
	}
	erased := make(chan error, 1)
	go func() {
		_, err := e.Erase(t.Context(), "zelda.quixote@acme-widgets.com", "test")
		erased <- err
	}()
	select {
	case err := <-erased:
		t.Errorf("the erasure did not wait: %v, still there: %v", err, traces(t, e, url))
		return
	case <-time.After(2 * time.Second):
	}
	if _, err := beside.Exec(t.Context(), "rollback"); err != nil {
		t.Fatal(err)
	}
	if err := <-erased; err != nil {
		t.Fatal(err)
	}
	if found := traces(t, e, url); len(found) > 0 {
		t.Errorf("still there: %v", found)
	}
}

// TestDatabaseOfAnEarlierVersion: derived rows that another version of the folds made, which lacked a table, are made anew when it is opened.
func TestDatabaseOfAnEarlierVersion(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		e := crowded(t, url)
		if err := e.DB().Write(t.Context(), func(tx *db.Tx) error {
			for _, q := range []string{"drop table opportunity_contact", "alter table contact_score drop column in_deal", "update setting set value = '4' where name = 'fold_version'"} {
				if err := tx.ExecOnce(t.Context(), q); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
		e = openEngine(t, url, &testClock{scenarioStart + 41*millrace.Day})
		checkClean(t, e)
		if x, err := e.Explain(t.Context(), "person7@company7.com", engine.AsOf{}); err != nil || x.Of != "contact" {
			t.Errorf("%+v, %v", x, err)
		}
	})
}
