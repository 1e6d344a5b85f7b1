package app

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"os"
	"strings"
	"testing"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/db"
	"millrace/internal/dbtest"
	"millrace/internal/measure"
	"millrace/internal/savedview"
)

// marks are what the erased person leaves in the rooms above the log as well: every one is a word of its own.
var marks = []string{"quixotea", "zq-campaign", "zq-term", "zq-heard-of-it", "zq-webinar", "usr-zq", "anon-zq", "shared-zq"}

// person are the facts of one person, whose words end in a number of their own unless it is 0.
func person(n int, at millrace.Time) []millrace.Event {
	k := func(s string) string {
		if n == 0 {
			return s
		}
		return fmt.Sprintf("p%d-%s", n, s[:2])
	}
	mail := k("quixotea") + "@acme-widgets.com"
	e := func(kind millrace.Kind, id string) millrace.Event {
		return millrace.Event{Source: "web", ID: fmt.Sprint(id, n), SentAt: at, Kind: kind, OccurredAt: at, ReceivedAt: at, UserID: k("usr-zq"), AnonymousID: k("anon-zq"), Host: "www.example.org"}
	}
	page := e(millrace.KindPage, "page")
	page.UserID, page.Path = "", "/pricing"
	page.Context = []byte(fmt.Sprintf(`{"page":{"url":"https://www.example.org/pricing?utm_source=x&utm_medium=cpc&utm_campaign=%s&utm_term=%s"}}`, k("zq-campaign"), k("zq-term")))
	identify := e(millrace.KindIdentify, "identify")
	identify.Email, identify.Data = mail, []byte(fmt.Sprintf(`{"email":%q,"how_did_you_hear":%q}`, mail, k("zq-heard-of-it")))
	webinar := e(millrace.KindTrack, "webinar")
	webinar.Name, webinar.Data = "Webinar Attended", []byte(fmt.Sprintf(`{"title":%q}`, k("zq-webinar")))
	// On a device that a colleague uses too: the device stays, what this person did on it goes.
	shared := e(millrace.KindPage, "shared")
	shared.AnonymousID, shared.Path = fmt.Sprint("device", n/2), "/docs"
	shared.Context = []byte(fmt.Sprintf(`{"page":{"url":"https://www.example.org/docs?utm_campaign=%s"}}`, k("shared-zq")))
	return []millrace.Event{page, identify, webinar, shared}
}

// TestErasureReachesTheRooms: a person whom the measurement room knows is erased; then no file holds a word of them, and the room's tables
// are what the log gives.
func TestErasureReachesTheRooms(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		now := millrace.Time(1767225600000)
		w, err := Open(t.Context(), Config{DB: url, Clock: func() millrace.Time { return now + millrace.Day }})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		for n := range 40 {
			if _, err := w.Engine.Apply(t.Context(), millrace.Batch{Events: person(n, now+millrace.Time(n)*millrace.Minute)}); err != nil {
				t.Fatal(err)
			}
		}
		q := measure.AttributionQuery{}
		model := func() *measure.Model {
			m, err := w.Measure.Model(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := m.Attribution(t.Context(), q); err != nil {
				t.Fatal(err)
			}
			return m
		}
		model()
		if found := traces(t, w.db, url); len(found) != len(marks) {
			t.Fatalf("before the erasure only %v are found: the search can't see", found)
		}
		if _, err := w.Engine.Erase(t.Context(), "quixotea@acme-widgets.com", "test"); err != nil {
			t.Fatal(err)
		}
		if found := traces(t, w.db, url); len(found) > 0 {
			t.Errorf("still there: %v", found)
		}
		c, err := w.Engine.Check(t.Context(), nil)
		if err != nil || c.Differences > 0 {
			t.Errorf("%d differences, such as %+v, %v", c.Differences, c.Examples, err)
		}
		if m := model(); m.Leads() != 39 {
			t.Errorf("%d leads are left", m.Leads())
		}
	})
}

// traces gives the marks that the database holds: any file of SQLite's, any cell of PostgreSQL's tables.
func traces(t *testing.T, d *db.DB, url string) (found []string) {
	t.Helper()
	var all bytes.Buffer
	if d.Dialect == db.SQLite {
		for _, suffix := range []string{"", "-wal", "-shm"} {
			b, err := os.ReadFile(url + suffix)
			if err != nil && !os.IsNotExist(err) {
				t.Fatal(err)
			}
			all.Write(b)
		}
	} else {
		text := func(rows *sql.Rows) (s string, err error) { err = rows.Scan(&s); return s, err }
		tables, err := db.Collect(context.Background(), d, text, "select tablename::text from pg_tables where schemaname = 'public'")
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range append(tables, "(select convert_from(body, 'UTF8') from event where body is not null)") {
			rows, err := db.Collect(context.Background(), d, text, "select coalesce(x::text, '') from "+name+" x")
			if err != nil {
				t.Fatal(err)
			}
			all.WriteString(strings.Join(rows, "\n"))
		}
	}
	for _, s := range marks {
		if bytes.Contains(all.Bytes(), []byte(s)) {
			found = append(found, s)
		}
	}
	return found
}

// TestErasureTakesTheViewsThatNameThem: of the saved views those go that name the erased person, from the database's files too, and the rest stay.
func TestErasureTakesTheViewsThatNameThem(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		now := millrace.Time(1767225600000)
		w, err := Open(t.Context(), Config{DB: url, Clock: func() millrace.Time { return now }})
		if err != nil {
			t.Fatal(err)
		}
		defer w.Close()
		e := millrace.Event{Source: "crm", ID: "1", Kind: millrace.KindContact, RecordID: "crm:1", Email: "quixotea@acme-widgets.com", OccurredAt: now, ReceivedAt: now,
			Data: []byte(`{"email":"quixotea@acme-widgets.com","first_name":"Quixotea","last_name":"Zq-Webinar"}`)}
		if _, err := w.Engine.Apply(t.Context(), millrace.Batch{Events: []millrace.Event{e}}); err != nil {
			t.Fatal(err)
		}
		u, err := w.People.Add(t.Context(), access.NewUser{Email: "ann@acme.com", Role: access.Sales})
		if err != nil {
			t.Fatal(err)
		}
		view := func(name, query string, shared bool) string {
			v, err := w.Views.Create(t.Context(), u, savedview.New{Page: "leads", Name: name, Query: query, Shared: shared})
			if err != nil {
				t.Fatal(err)
			}
			return v.ID
		}
		opens := view("Hers", "q=QUIXOTEA%40acme-widgets.com&stage=mql", true)
		view("By name", "q=zq-webinar%2C+quixotea", false)
		view("What quixotea zq-webinar did", "stage=mql", false)
		view("MQLs", "q=acme&stage=mql", false)
		if err := w.Views.SetDefault(t.Context(), u, "leads", opens); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Engine.Erase(t.Context(), "quixotea@acme-widgets.com", "test"); err != nil {
			t.Fatal(err)
		}
		left, err := w.Views.List(t.Context(), u)
		if err != nil || len(left) != 1 || left[0].Name != "MQLs" {
			t.Errorf("%+v, %v", left, err)
		}
		if found := traces(t, w.db, url); len(found) > 0 {
			t.Errorf("still there: %v", found)
		}
		var defaults int
		if _, err := db.One(t.Context(), w.db, []any{&defaults}, "select count(*) from default_view"); err != nil || defaults != 0 {
			t.Errorf("%d pages open with a view that is gone, %v", defaults, err)
		}
	})
}
