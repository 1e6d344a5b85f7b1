package engine_test

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/dbtest"
	"millrace/internal/engine"
)

// secrets are what an erased person leaves in many places: every one is a word of its own, so that it can be looked for byte by byte.
var secrets = []string{"zelda.quixote", "Quixotea", "usr-zq-7781", "anon-zq-5512", "+49 151 5550199", "hubspot:zq4419", "Zelda", "Grand Vizieress", "198.51.100.77",
	"zq-search-phrase", "zq-agent/9.1", "deal-note-by-mail", "zq-windmills.com", "zqsoletrading", "zq-own-group", "zqmillers"}

// dossier are facts of every kind about one person, whose address is local@acme-widgets.com.
func dossier(n int, at millrace.Time) []millrace.Event {
	k := func(s string) string {
		if n == 0 {
			return s
		}
		return fmt.Sprintf("%x-%d-%d", (n*7919)%1000, n, len(s)) // scattered over the indexes, as names are
	}
	mail := k("zelda.quixote") + "@acme-widgets.com"
	user, anon, record, name := k("usr-zq-7781"), k("anon-zq-5512"), "hubspot:zq4419", k("Zelda")+" "+k("Quixotea")
	title, phone := "Grand Vizieress", "+49 151 5550199"
	if n > 0 {
		record, title, phone = fmt.Sprint("hubspot:", n), "CFO", "+1 555 0100"
	}
	e := func(kind millrace.Kind, id string) millrace.Event {
		return millrace.Event{Source: "web", ID: fmt.Sprint(id, "-", n), SentAt: at, Kind: kind, OccurredAt: at, ReceivedAt: at, UserID: user, AnonymousID: anon}
	}
	page := e(millrace.KindPage, "page")
	page.Host, page.Path, page.UserID = "www.example.org", "/pricing", ""
	page.Context = []byte(`{"ip":"198.51.100.77","userAgent":"zq-agent/9.1","page":{"search":"?q=zq-search-phrase"}}`)
	if n > 0 {
		page.Context = nil
	}
	identify := e(millrace.KindIdentify, "identify")
	identify.Email, identify.Data = mail, []byte(fmt.Sprintf(`{"email":%q,"name":%q,"title":%q,"phone":%q}`, mail, name, title, phone))
	group := e(millrace.KindGroup, "group")
	group.GroupID, group.Data = fmt.Sprint("G", n%3), []byte(`{"name":"Acme Widgets","domain":"acme-widgets.com","employees":300}`)
	odd := e(millrace.KindTrack, "track")
	odd.Name, odd.Data = "mail to "+mail, []byte(fmt.Sprintf(`{"note":%q}`, "written by "+name))
	contact := e(millrace.KindContact, "contact")
	contact.UserID, contact.AnonymousID, contact.RecordID, contact.RecordedAt = "", "", record, at
	contact.Data = []byte(fmt.Sprintf(`{"email":%q,"first_name":%q,"last_name":%q,"phone":%q,"account_id":"hubspot:A"}`, mail, k("Zelda"), k("Quixotea"), phone))
	deal := e(millrace.KindOpportunity, "deal")
	deal.UserID, deal.AnonymousID, deal.RecordID, deal.RecordedAt = "", "", "hubspot:D1", at
	deal.Data = []byte(fmt.Sprintf(`{"name":"Widgets","account_id":"hubspot:A","status":"open","contacts":[{"email":%q,"role":"champion"},{"id":%q,"role":"user"}]}`, mail, record))
	alias := e(millrace.KindAlias, "alias")
	alias.PreviousID = anon
	facts := []millrace.Event{page, identify, group, odd, contact, deal, alias}
	if n == 0 { // a business of one's own: its names say who somebody was
		own := e(millrace.KindGroup, "own-group")
		own.GroupID, own.Data = "zq-own-group", []byte(`{"name":"Zqmillers","domain":"zq-windmills.com"}`)
		trade := e(millrace.KindIdentify, "trade")
		trade.Email, trade.Data = "info@zq-windmills.com", []byte(`{"company":"Zqsoletrading"}`)
		facts = append(facts, own, trade)
	}
	return facts
}

// TestErasureLeavesNoTrace: a person with facts of every kind, among others, is erased; then no file of the database holds a word of them.
func TestErasureLeavesNoTrace(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		clock := &testClock{scenarioStart + 40*millrace.Day}
		e := openEngine(t, url, clock)
		others := 400 // enough for pages to be split and cells to be moved
		if testing.Short() {
			others = 60
		}
		imp, err := e.StartImport(t.Context(), engine.ImportFile{Entity: "contacts", File: "people.csv", Format: "csv", By: "test"})
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; n < others; n += 10 {
			var b millrace.Batch
			for i := range 10 {
				b.Events = append(b.Events, dossier(n+i+1, scenarioStart+millrace.Time(n)*millrace.Minute)...)
			}
			if n == others/2 {
				b.Events = append(b.Events, dossier(0, scenarioStart+millrace.Day)...)
			}
			if _, err := e.Apply(t.Context(), b); err != nil {
				t.Fatal(err)
			}
		}
		// A fact that an undone import brought is a fact about the person too.
		dead := dossier(0, scenarioStart+2*millrace.Day)[4]
		dead.ID, dead.Data = "undone", []byte(`{"email":"zelda.quixote@acme-widgets.com","title":"deal-note-by-mail"}`)
		if _, err := e.Apply(t.Context(), millrace.Batch{Events: []millrace.Event{dead}, Import: imp}); err != nil {
			t.Fatal(err)
		}
		if err := e.LeaveImport(t.Context(), imp); err != nil {
			t.Fatal(err)
		}
		if _, err := e.UndoImport(t.Context(), imp); err != nil {
			t.Fatal(err)
		}
		if _, err := e.Rebuild(t.Context(), nil); err != nil { // old generations of the tables held names too
			t.Fatal(err)
		}
		checkClean(t, e)
		if err := e.DB().Write(t.Context(), func(tx *db.Tx) error { return tx.ExecOnce(t.Context(), "analyze") }); err != nil { // the planner's samples too
			t.Fatal(err)
		}
		if found := traces(t, e, url); len(found) < len(secrets)-1 {
			t.Fatalf("before the erasure only %v are found: the search can't see", found)
		}
		gone, err := e.Erase(t.Context(), "zelda.quixote@acme-widgets.com", "test")
		if err != nil || gone.Events < 7 || gone.Identifiers < 4 {
			t.Fatalf("%+v, %v", gone, err)
		}
		if found := traces(t, e, url); len(found) > 0 {
			t.Errorf("still there: %v", found)
		}
		checkClean(t, e)
		afterErasure(t, e, others)
	})
}

// afterErasure: a retry of an erased fact is a duplicate, and a new fact of the same address makes a new contact.
func afterErasure(t *testing.T, e *engine.Engine, others int) {
	t.Helper()
	count := func() (n int) {
		if _, err := db.One(context.Background(), e.DB(), []any{&n}, "select count(*) from contact_score"); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := count(); n != others {
		t.Errorf("%d contacts are left, want %d", n, others)
	}
	old := dossier(0, scenarioStart+millrace.Day)
	if r, err := e.Apply(t.Context(), millrace.Batch{Events: old}); err != nil || r.Accepted != 0 {
		t.Errorf("a retry of erased facts: %+v, %v", r, err)
	}
	if n := count(); n != others {
		t.Errorf("a retry made a contact: %d", n)
	}
	fresh := dossier(0, scenarioStart+3*millrace.Day)[1:2]
	fresh[0].ID = "new"
	if r, err := e.Apply(t.Context(), millrace.Batch{Events: fresh}); err != nil || r.Accepted != 1 || count() != others+1 {
		t.Errorf("a new fact: %+v, %v, %d contacts", r, err, count())
	}
	x, err := e.Explain(t.Context(), "zelda.quixote@acme-widgets.com", engine.AsOf{})
	if err != nil || len(x.Intent.Lines) != 0 {
		t.Errorf("the new contact: %+v, %v", x.Intent, err)
	}
	checkClean(t, e)
}

// traces gives the secrets that any file of the database holds: of SQLite its main file, WAL and shared memory; of PostgreSQL the relation
// files of the database where this machine has them, and every cell of every table.
func traces(t *testing.T, e *engine.Engine, url string) (found []string) {
	t.Helper()
	seen := map[string]bool{}
	look := func(where string, b []byte) {
		for _, s := range secrets {
			if !seen[s] && (bytes.Contains(b, []byte(s)) || bytes.Contains(bytes.ToLower(b), []byte(strings.ToLower(s)))) {
				seen[s] = true
				found = append(found, s+" in "+where)
			}
		}
	}
	if e.DB().Dialect == db.SQLite {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			b, err := os.ReadFile(url + suffix)
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			look("the file"+suffix, b)
		}
		return found
	}
	dumpTables(t, e, look)
	if dir := relationFiles(t, e); dir != "" {
		if err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			look(filepath.Base(path), b)
			if os.IsNotExist(err) {
				err = nil // a relation that was dropped meanwhile
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
	}
	return found
}

// dumpTables looks at every cell of every table as text.
func dumpTables(t *testing.T, e *engine.Engine, look func(where string, b []byte)) {
	t.Helper()
	ctx := context.Background()
	text := func(rows *sql.Rows) (s string, err error) { err = rows.Scan(&s); return s, err }
	tables, err := db.Collect(ctx, e.DB(), text, "select tablename::text from pg_tables where schemaname = 'public'")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range tables {
		rows, err := db.Collect(ctx, e.DB(), text, "select coalesce(x::text, '') from "+name+" x")
		if err != nil {
			t.Fatal(err)
		}
		look("table "+name, []byte(strings.Join(rows, "\n")))
	}
	bodies, err := db.Collect(ctx, e.DB(), text, "select convert_from(body, 'UTF8') from event where body is not null")
	if err != nil {
		t.Fatal(err)
	}
	look("the log", []byte(strings.Join(bodies, "\n")))
}

// relationFiles is the folder of the database's relation files, "" when this process may not read it.
func relationFiles(t *testing.T, e *engine.Engine) string {
	t.Helper()
	var data string
	var oid int64
	if _, err := db.One(context.Background(), e.DB(), []any{&data, &oid}, "select current_setting('data_directory'), (select oid::bigint from pg_database where datname = current_database())"); err != nil {
		t.Log("relation files are not looked at:", err)
		return ""
	}
	dir := filepath.Join(data, "base", fmt.Sprint(oid))
	if _, err := os.ReadDir(dir); err != nil {
		t.Log("relation files are not looked at:", err)
		return ""
	}
	return dir
}

// TestErasureAfterPagesWereSplit: SQLite leaves copies of cells in the free space of pages that it splits, which secure_delete doesn't
// reach. With these people the index of identifiers held such a copy until the file was rewritten.
func TestErasureAfterPagesWereSplit(t *testing.T) {
	if testing.Short() {
		t.Skip("takes ten seconds")
	}
	url := filepath.Join(scratch(t), "millrace.db")
	e := openEngine(t, url, &testClock{scenarioStart + 40*millrace.Day})
	for n := 0; n < 600; n += 7 {
		var b millrace.Batch
		for i := range 7 {
			b.Events = append(b.Events, dossier(n+i+1, scenarioStart+millrace.Time(n)*millrace.Minute)...)
		}
		if _, err := e.Apply(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range []int{1, 34, 77, 110, 232, 343, 454, 565} {
		scattered := fmt.Sprintf("%x-%d", (n*7919)%1000, n)
		mail, user := scattered+"-13@acme-widgets.com", "u:"+scattered+"-11"
		if _, err := e.Erase(t.Context(), mail, "test"); err != nil {
			t.Fatal(err)
		}
		for _, suffix := range []string{"", "-wal"} {
			b, err := os.ReadFile(url + suffix)
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			for _, s := range []string{mail, user} {
				if i := bytes.Index(b, []byte(s)); i >= 0 {
					t.Errorf("%s is in the file%s, page %d, byte %d of it", s, suffix, i/4096, i%4096)
				}
			}
		}
	}
	checkClean(t, e)
}

// TestCheckBegunBeforeAnErasure: a check reads the log on several connections, which an erasure in its midst would show different things. It begins again.
func TestCheckBegunBeforeAnErasure(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		e := openEngine(t, url, &testClock{scenarioStart + 40*millrace.Day})
		for n := range 5 {
			if _, err := e.Apply(t.Context(), millrace.Batch{Events: dossier(n, scenarioStart)}); err != nil {
				t.Fatal(err)
			}
		}
		erased := make(chan error, 1)
		rounds := 0
		checked, err := e.Check(t.Context(), func(p engine.Progress) {
			if p.Phase != "people" || p.Done < p.Total {
				return
			}
			if rounds++; rounds > 1 {
				return
			}
			go func() {
				_, err := e.Erase(context.Background(), "zelda.quixote@acme-widgets.com", "test")
				erased <- err
			}()
			for {
				seen, err := db.One(t.Context(), e.DB(), []any{new(int64)}, "select seq from event where kind = $1", int64(millrace.KindErased))
				if seen || err != nil {
					return
				}
			}
		})
		if err != nil || checked.Differences != 0 || rounds < 2 {
			t.Errorf("%d rounds, %+v, %v", rounds, checked, err)
		}
		if err := <-erased; err != nil {
			t.Error(err)
		}
	})
}
