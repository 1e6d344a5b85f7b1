package engine_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/dbtest"
	"millrace/internal/engine"
	"millrace/internal/lease"
)

// openSecond opens a further engine on the same database: another node, or a command beside the server.
func openSecond(t testing.TB, url string, clock *testClock) *engine.Engine {
	t.Helper()
	return openEngine(t, url, clock)
}

// crowd are overlapping facts: each writer tells the same stories of the same few people, visitors and accounts, and of some of its own.
func crowd(writer, facts int) []millrace.Event {
	var out []millrace.Event
	for n := range facts {
		at := scenarioStart + millrace.Time(n)*millrace.Hour
		shared := fmt.Sprint("shared", n)
		own := fmt.Sprint("w", writer, "-", n)
		who := fmt.Sprint("u", n%7)
		e := millrace.Event{Source: "web", ID: shared, SentAt: at, Kind: millrace.KindPage, UserID: who, AnonymousID: fmt.Sprint("a", n%5), OccurredAt: at, ReceivedAt: at,
			Host: "www.example.org", Path: []string{"/pricing", "/blog/x", "/careers"}[n%3]}
		out = append(out, e)
		e.ID, e.Kind, e.Path, e.Host = own, millrace.KindIdentify, "", ""
		e.OccurredAt += millrace.Time(writer + 1)
		e.Email = fmt.Sprintf("p%d@acme%d.com", n%9, n%3)
		out = append(out, e)
		e.ID, e.Kind, e.Email, e.GroupID = own+"g", millrace.KindGroup, "", fmt.Sprint("G", n%3)
		e.AnonymousID, e.Data = "", []byte(fmt.Sprintf(`{"name":"Acme %d","employees":200}`, n%2))
		out = append(out, e)
	}
	return out
}

// writeTogether lets writers apply overlapping facts at once through the engines in turn, and counts what was accepted.
func writeTogether(t *testing.T, engines []*engine.Engine, writers, facts int) (accepted int) {
	t.Helper()
	var mu sync.Mutex
	var wait sync.WaitGroup
	for w := range writers {
		e := engines[w%len(engines)]
		wait.Go(func() {
			events := crowd(w, facts)
			for len(events) > 0 {
				n := min(1+w%4, len(events))
				r, err := e.Apply(context.Background(), millrace.Batch{Events: events[:n]})
				if err != nil {
					t.Errorf("writer %d: %v", w, err)
					return
				}
				mu.Lock()
				accepted += r.Accepted
				mu.Unlock()
				events = events[n:]
			}
		})
	}
	wait.Wait()
	return accepted
}

// TestWritersAtOnce: overlapping facts by many writers, through one engine and through two on one database, all there and none twice.
func TestWritersAtOnce(t *testing.T) {
	writers, facts := 8, 20
	if testing.Short() {
		facts = 8
	}
	for _, nodes := range []int{1, 2} {
		t.Run(fmt.Sprint("engines", nodes), func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, url string) {
				if !strings.HasPrefix(url, "postgres") && testing.Short() {
					url = scratch(t) + "/millrace.db"
				}
				clock := &testClock{scenarioStart + 40*millrace.Day}
				engines := []*engine.Engine{openEngine(t, url, clock)}
				if nodes == 2 {
					engines = append(engines, openSecond(t, url, clock))
				}
				want := facts + writers*facts*2 // the shared pages once, an identify and a group of each writer
				if got := writeTogether(t, engines, writers, facts); got != want {
					t.Errorf("accepted %d facts, want %d", got, want)
				}
				var stored, distinct, last int
				if _, err := db.One(t.Context(), engines[0].DB(), []any{&stored, &distinct, &last},
					"select (select count(*) from event where kind < 32), (select count(*) from event_key), (select max(seq) from event)"); err != nil || stored != want || distinct != want {
					t.Errorf("the log has %d facts and %d keys, want %d: %v", stored, distinct, want, err)
				}
				for _, e := range engines {
					checkClean(t, e)
				}
				if r, err := engines[len(engines)-1].Apply(t.Context(), millrace.Batch{Events: crowd(0, facts)}); err != nil || r.Accepted != 0 {
					t.Errorf("again: %+v, %v", r, err)
				}
				checkExplained(t, engines[0])
			})
		})
	}
}

// TestWritersDuringMaintenance: facts keep coming, through another engine too, while everything is rebuilt, a playbook is changed, an
// import is undone, contacts are merged and somebody is erased.
func TestWritersDuringMaintenance(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		clock := &testClock{scenarioStart + 40*millrace.Day}
		e := openEngine(t, url, clock)
		other := openSecond(t, url, clock)
		ctx := t.Context()
		imp, err := e.StartImport(ctx, engine.ImportFile{Entity: "contacts", File: "x.csv", Format: "csv", By: "test"})
		if err != nil {
			t.Fatal(err)
		}
		var events []millrace.Event
		for n := range 40 {
			at := scenarioStart + millrace.Time(n)*millrace.Hour
			events = append(events, millrace.Event{Source: "crm", ID: fmt.Sprint("c", n), Kind: millrace.KindContact, RecordID: fmt.Sprint("crm:", n), OccurredAt: at, ReceivedAt: at,
				RecordedAt: at, Data: []byte(fmt.Sprintf(`{"email":"p%d@acme%d.com","title":"CFO"}`, n, n%3))})
		}
		if _, err := e.Apply(ctx, millrace.Batch{Events: events, Import: imp}); err != nil {
			t.Fatal(err)
		}
		if err := e.LeaveImport(ctx, imp); err != nil {
			t.Fatal(err)
		}
		done := make(chan int)
		go func() { done <- writeTogether(t, []*engine.Engine{e, other}, 4, 15) }()
		for name, act := range map[string]func() error{
			"rebuild":  func() error { _, err := e.Rebuild(ctx, nil); return err },
			"playbook": func() error { _, err := e.ApplyPlaybook(ctx, simplePlaybook(t), "test", ""); return err },
			"undo":     func() error { _, err := e.UndoImport(ctx, imp); return err },
			"merge":    func() error { return other.Merge(ctx, "p10@acme1.com", "p11@acme2.com", "test") },
			"erase":    func() error { _, err := other.Erase(ctx, "p12@acme0.com", "test"); return err },
			"check":    func() error { _, err := other.Check(ctx, nil); return err },
		} {
			if err := act(); err != nil && millrace.ErrorCode(err) != millrace.Conflict && millrace.ErrorCode(err) != millrace.NotFound {
				t.Errorf("%s: %v", name, err)
			}
		}
		<-done
		checkClean(t, e)
		checkClean(t, other)
	})
}

// TestUndoBesideTheSameFileAgain undoes an import that broke off while another process imports its file again, which goes on with it: either the import
// runs and can't be undone, or it is undone and the file is another import. What is brought in stands in both.
func TestUndoBesideTheSameFileAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		clock := &testClock{scenarioStart}
		e := openEngine(t, url, clock)
		other := openSecond(t, url, clock)
		ctx := t.Context()
		person := func(name string) []millrace.Event {
			return []millrace.Event{{Source: "crm", ID: name, Kind: millrace.KindContact, RecordID: "crm:" + name, OccurredAt: scenarioStart, Data: []byte(`{"email":"` + name + `@acme.com","title":"CFO"}`)}}
		}
		bring := func(e *engine.Engine, id int64, name string) {
			t.Helper()
			if _, err := e.Apply(ctx, millrace.Batch{Import: id, Events: person(name)}); err != nil {
				t.Fatal(err)
			}
		}
		start := func(e *engine.Engine, sha string) int64 {
			t.Helper()
			id, err := e.StartImport(ctx, engine.ImportFile{Entity: "contacts", File: "x.csv", Format: "csv", SHA256: sha})
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		refused := 0
		for n := range 20 {
			a, b, file := fmt.Sprint("a", n), fmt.Sprint("b", n), fmt.Sprint("file", n)
			broken := start(e, file)
			bring(e, broken, a)
			if err := e.LeaveImport(ctx, broken); err != nil {
				t.Fatal(err)
			}
			undone := make(chan error)
			go func() {
				_, err := other.UndoImport(ctx, broken)
				undone <- err
			}()
			id := start(e, file)
			switch err := <-undone; {
			case err == nil && id == broken:
				t.Fatalf("import %d was undone while it ran", id)
			case err != nil && (millrace.ErrorCode(err) != millrace.Conflict || id != broken):
				t.Fatalf("import %d, not undone: %v", id, err)
			case err != nil:
				refused++
			}
			bring(e, id, a)
			bring(e, id, b)
			if err := e.FinishImport(ctx, id, "csv", nil); err != nil {
				t.Fatal(err)
			}
			for _, who := range []string{a, b} {
				if _, err := e.Explain(ctx, who+"@acme.com", engine.AsOf{}); err != nil {
					t.Errorf("%s: %v", who, err)
				}
			}
		}
		t.Log("the import came first", refused, "times of 20")
		checkClean(t, e)
	})
}

// TestAnImportThatWasUndoneBringsNothingMore: its process was silent for so long that it counted as gone, and goes on.
func TestAnImportThatWasUndoneBringsNothingMore(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		clock := &testClock{scenarioStart}
		e := openEngine(t, url, clock)
		other := openSecond(t, url, clock)
		id, err := e.StartImport(t.Context(), engine.ImportFile{Entity: "contacts", File: "x.csv", Format: "csv"})
		if err != nil {
			t.Fatal(err)
		}
		b := millrace.Batch{Import: id, Events: []millrace.Event{{Source: "crm", ID: "a", Kind: millrace.KindContact, RecordID: "crm:a", OccurredAt: scenarioStart, Data: []byte(`{"email":"a@acme.com"}`)}}}
		if _, err := other.UndoImport(t.Context(), id); millrace.ErrorCode(err) != millrace.Conflict {
			t.Errorf("undone while it ran: %v", err)
		}
		clock.now += millrace.Time(lease.Silence.Milliseconds()) + 1
		if _, err := other.UndoImport(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Apply(t.Context(), b); millrace.ErrorCode(err) != millrace.Conflict {
			t.Errorf("brought in after it was undone: %v", err)
		}
		checkClean(t, e)
	})
}
