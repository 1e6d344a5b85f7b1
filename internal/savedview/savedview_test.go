package savedview_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/db"
	"millrace/internal/dbtest"
	"millrace/internal/savedview"
)

type world struct {
	*savedview.Room
	people *access.People
	now    millrace.Time
}

func open(t *testing.T, url string) *world {
	t.Helper()
	d, err := db.Open(t.Context(), url, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	w := &world{now: 1767571200000}
	clock := func() millrace.Time { return w.now }
	w.Room, w.people = savedview.Open(d, clock), access.NewPeople(d, access.PeopleConfig{Clock: clock, Leaving: []func(context.Context, *db.Tx, access.User) error{savedview.Leave}})
	t.Cleanup(w.people.Close)
	return w
}

func (w *world) person(t *testing.T, name string, role access.Role) access.User {
	t.Helper()
	u, err := w.people.Add(t.Context(), access.NewUser{Email: name + "@acme.com", Role: role})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func (w *world) view(t *testing.T, u access.User, page, name, query string, shared bool) savedview.View {
	t.Helper()
	v, err := w.Create(t.Context(), u, savedview.New{Page: page, Name: name, Query: query, Shared: shared})
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// seen are the names that somebody sees, with a star at the one that the page opens with.
func (w *world) seen(t *testing.T, u access.User) string {
	t.Helper()
	all, err := w.List(t.Context(), u)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, v := range all {
		name := v.Page + ":" + v.Name
		if v.Default {
			name += "*"
		}
		names = append(names, name)
	}
	return strings.Join(names, " ")
}

func field(err error) string {
	if e, ok := errors.AsType[*millrace.Error](err); ok {
		return e.Field
	}
	return ""
}

func TestViewsAreKeptForOneselfOrForTheTeam(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := open(t, url)
		ctx := t.Context()
		ann, bo, vic := w.person(t, "ann", access.Sales), w.person(t, "bo", access.Sales), w.person(t, "vic", access.Viewer)
		mine := w.view(t, ann, "leads", "  My  queue ", "?stage=mql&cursor=abc&why=con_1&sort=stage_at&saved=x&grade=", false)
		if mine.Name != "My queue" || mine.Query != "sort=stage_at&stage=mql" || !mine.Own || !mine.Editable || mine.Author != "ann" || mine.Revision != 1 || mine.CreatedAt != w.now {
			t.Errorf("%+v", mine)
		}
		w.view(t, ann, "accounts", "Big", "min_intent=40&q=M%C3%BCller+%26+S%C3%B6hne", true)
		w.view(t, bo, "accounts", "alone", "", false)
		for who, want := range map[*access.User]string{&ann: "accounts:Big leads:My queue", &bo: "accounts:alone accounts:Big", &vic: "accounts:Big"} {
			if got := w.seen(t, *who); got != want {
				t.Errorf("%s sees %q, want %q", who.Name, got, want)
			}
		}
		all, err := w.List(ctx, vic)
		if err != nil || all[0].Query != "min_intent=40&q=M%C3%BCller+%26+S%C3%B6hne" || all[0].Own || all[0].Editable || all[0].Author != "ann" {
			t.Errorf("%+v %v", all, err)
		}
		// The author leaves; what they shared stays under their name.
		off := true
		if _, err := w.people.Change(ctx, ann.ID, access.Change{Disabled: &off}); err == nil {
			all, err = w.List(ctx, bo)
			if err != nil || len(all) != 2 || all[1].Author != "ann" {
				t.Errorf("%+v %v", all, err)
			}
		} else {
			t.Fatal(err)
		}
	})
}

// TestWhoMayDoWhat goes through the roles, with a private and a shared view of somebody else.
func TestWhoMayDoWhat(t *testing.T) {
	w := open(t, dbtest.SQLite(t))
	ctx := t.Context()
	author := w.person(t, "author", access.Sales)
	private := w.view(t, author, "leads", "Private", "stage=mql", false)
	for _, c := range []struct {
		role        access.Role
		share, tend millrace.Code
	}{
		{access.Admin, "", ""},
		{access.Marketing, "", ""},
		{access.SalesManager, "", ""},
		{access.Sales, "", millrace.Forbidden},
		{access.Viewer, millrace.Forbidden, millrace.Forbidden},
	} {
		u := w.person(t, string(c.role), c.role)
		shared := w.view(t, author, "leads", "Shared "+string(c.role), "stage=mql", true)
		code := func(what string, err error, want millrace.Code) {
			t.Helper()
			if got := millrace.ErrorCode(err); got != want {
				t.Errorf("%s %s: %v, want %q", c.role, what, err, want)
			}
		}
		own := w.view(t, u, "leads", "Own", "", false)
		_, err := w.Create(ctx, u, savedview.New{Page: "leads", Name: "For all", Shared: true})
		code("makes a shared one", err, c.share)
		yes, no, name := true, false, "Renamed "+string(c.role)
		_, err = w.Change(ctx, u, own.ID, savedview.Change{Shared: &yes})
		code("shares their own", err, c.share)
		_, err = w.Change(ctx, u, shared.ID, savedview.Change{Name: &name})
		code("renames a shared one", err, c.tend)
		_, err = w.Change(ctx, u, private.ID, savedview.Change{Name: &name})
		code("renames a private one", err, millrace.NotFound)
		code("deletes a private one", w.Delete(ctx, u, private.ID), millrace.NotFound)
		code("opens with a private one", w.SetDefault(ctx, u, "leads", private.ID), millrace.NotFound)
		code("opens with a shared one", w.SetDefault(ctx, u, "leads", shared.ID), "")
		out, err := w.Change(ctx, u, shared.ID, savedview.Change{Shared: &no})
		code("takes a shared one back", err, c.tend)
		if err == nil {
			if out.Shared || out.Default || strings.Contains(w.seen(t, u), shared.Name) || strings.Contains(w.seen(t, u), "*") {
				t.Errorf("%s sees %s after it was taken back: %+v", c.role, w.seen(t, u), out)
			}
			code("deletes it then", w.Delete(ctx, u, shared.ID), millrace.NotFound)
		} else {
			code("deletes a shared one", w.Delete(ctx, u, shared.ID), c.tend)
		}
	}
	// Who may share no more may still take back and delete what they shared.
	shared := w.view(t, author, "leads", "Last", "", true)
	author.Role = access.Viewer
	name, no := "Later", false
	if _, err := w.Change(ctx, author, shared.ID, savedview.Change{Name: &name}); millrace.ErrorCode(err) != millrace.Forbidden {
		t.Error(err)
	}
	if _, err := w.Change(ctx, author, shared.ID, savedview.Change{Name: &name, Shared: &no}); err != nil {
		t.Error(err)
	}
}

func TestChangesDeletionAndTheOneThatOpens(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := open(t, url)
		ctx := t.Context()
		ann, bo := w.person(t, "ann", access.Admin), w.person(t, "bo", access.Viewer)
		a, b := w.view(t, ann, "accounts", "A", "grade=A", true), w.view(t, ann, "accounts", "B", "grade=B", true)
		for _, v := range []savedview.View{a, b} { // the later one holds
			if err := w.SetDefault(ctx, bo, "accounts", v.ID); err != nil {
				t.Fatal(err)
			}
		}
		if got := w.seen(t, bo) + " | " + w.seen(t, ann); got != "accounts:A accounts:B* | accounts:A accounts:B" {
			t.Error(got)
		}
		if err := w.SetDefault(ctx, bo, "leads", a.ID); millrace.ErrorCode(err) != millrace.Invalid {
			t.Error(err)
		}
		if err := w.SetDefault(ctx, bo, "settings", a.ID); millrace.ErrorCode(err) != millrace.Invalid {
			t.Error(err)
		}
		w.now += millrace.Hour
		name, query := "Better", "grade=A&columns=name,intent"
		out, err := w.Change(ctx, ann, b.ID, savedview.Change{Name: &name, Query: &query, Revision: &b.Revision})
		if err != nil || out.Name != name || out.Query != "columns=name%2Cintent&grade=A" || out.Revision != 2 || out.ChangedAt != w.now || out.CreatedAt == w.now || !out.Shared {
			t.Errorf("%+v %v", out, err)
		}
		if _, err := w.Change(ctx, ann, b.ID, savedview.Change{Name: &name, Revision: &b.Revision}); millrace.ErrorCode(err) != millrace.Conflict {
			t.Errorf("a stale form: %v", err)
		}
		taken := "A"
		if _, err := w.Change(ctx, ann, b.ID, savedview.Change{Name: &taken}); millrace.ErrorCode(err) != millrace.Conflict || field(err) != "name" {
			t.Errorf("a name that is taken: %v", err)
		}
		if _, err := w.Create(ctx, ann, savedview.New{Page: "accounts", Name: "A"}); millrace.ErrorCode(err) != millrace.Conflict || field(err) != "name" {
			t.Errorf("a name that is taken: %v", err)
		}
		w.view(t, ann, "contacts", "A", "", false) // another page, and another person
		w.view(t, bo, "accounts", "A", "", false)
		if err := w.Delete(ctx, ann, b.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.Delete(ctx, ann, b.ID); millrace.ErrorCode(err) != millrace.NotFound {
			t.Error(err)
		}
		if got := w.seen(t, bo); got != "accounts:A accounts:A" {
			t.Error(got)
		}
		if err := w.SetDefault(ctx, bo, "accounts", a.ID); err != nil {
			t.Fatal(err)
		}
		if err := w.SetDefault(ctx, bo, "accounts", ""); err != nil || strings.Contains(w.seen(t, bo), "*") {
			t.Error(err, w.seen(t, bo))
		}
	})
}

func TestWhatAViewMayHold(t *testing.T) {
	w := open(t, dbtest.SQLite(t))
	u := w.person(t, "ann", access.Admin)
	for name, c := range map[string]struct {
		n     savedview.New
		field string
	}{
		"no page":      {savedview.New{Name: "x"}, "page"},
		"other page":   {savedview.New{Page: "settings", Name: "x"}, "page"},
		"no name":      {savedview.New{Page: "leads", Name: " \t"}, "name"},
		"long name":    {savedview.New{Page: "leads", Name: strings.Repeat("ü", 81)}, "name"},
		"control":      {savedview.New{Page: "leads", Name: "a\x00b"}, "name"},
		"not UTF-8":    {savedview.New{Page: "leads", Name: "a\xff"}, "name"},
		"bad escape":   {savedview.New{Page: "leads", Name: "x", Query: "q=%zz"}, "query"},
		"NUL":          {savedview.New{Page: "leads", Name: "x", Query: "q=%00"}, "query"},
		"two values":   {savedview.New{Page: "leads", Name: "x", Query: "q=a&q=b"}, "query"},
		"no parameter": {savedview.New{Page: "leads", Name: "x", Query: "__proto__=1"}, "query"},
		"an address":   {savedview.New{Page: "leads", Name: "x", Query: "//evil.example/?a=b"}, "query"},
		"semicolon":    {savedview.New{Page: "leads", Name: "x", Query: "a=b;c=d"}, "query"},
		"too long":     {savedview.New{Page: "leads", Name: "x", Query: "q=" + strings.Repeat("a", savedview.MaxQuery)}, "query"},
		"grows long":   {savedview.New{Page: "leads", Name: "x", Query: "q=" + strings.Repeat("ü", savedview.MaxQuery/3)}, "query"},
	} {
		if _, err := w.Create(t.Context(), u, c.n); millrace.ErrorCode(err) != millrace.Invalid || field(err) != c.field {
			t.Errorf("%s: %v at %q", name, err, field(err))
		}
	}
	for _, id := range []string{"", "view_", "view_none", "a\x00b", "\xff", strings.Repeat("v", 1000)} {
		name := "x"
		if _, err := w.Change(t.Context(), u, id, savedview.Change{Name: &name}); millrace.ErrorCode(err) != millrace.NotFound {
			t.Errorf("%q: %v", id, err)
		}
		if err := w.Delete(t.Context(), u, id); millrace.ErrorCode(err) != millrace.NotFound {
			t.Errorf("%q: %v", id, err)
		}
	}
	for i := range savedview.MaxViews {
		w.view(t, u, "leads", fmt.Sprint(i), "", false)
	}
	if _, err := w.Create(t.Context(), u, savedview.New{Page: "leads", Name: "one more"}); millrace.ErrorCode(err) != millrace.Conflict {
		t.Errorf("one more: %v", err)
	}
}

// TestTwoAtOnce lets several change the same view as they saw it: one gets through.
func TestTwoAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := open(t, url)
		u := w.person(t, "ann", access.Admin)
		v := w.view(t, u, "leads", "Queue", "", true)
		errs := make([]error, 4)
		var all sync.WaitGroup
		for i := range errs {
			all.Go(func() {
				query := fmt.Sprintf("min_intent=%d", i)
				_, errs[i] = w.Change(t.Context(), u, v.ID, savedview.Change{Query: &query, Revision: &v.Revision})
			})
		}
		all.Wait()
		through := 0
		for _, err := range errs {
			if err == nil {
				through++
			} else if millrace.ErrorCode(err) != millrace.Conflict {
				t.Error(err)
			}
		}
		if through != 1 {
			t.Errorf("%d got through", through)
		}
	})
}

func FuzzQuery(f *testing.F) {
	f.Add("grade=A&sort=intent")
	f.Add("?q=%E2%82%AC&cursor=x")
	f.Fuzz(func(t *testing.T, query string) {
		c, err := savedview.Canonical(query)
		if err != nil {
			return
		}
		again, err := savedview.Canonical(c)
		if err != nil || again != c || len(c) > savedview.MaxQuery {
			t.Errorf("%q gives %q, and that %q: %v", query, c, again, err)
		}
	})
}

func TestAnAuthorIsDeleted(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := open(t, url)
		ctx := t.Context()
		kim, mia, sam := w.person(t, "kim", access.Sales), w.person(t, "mia", access.SalesManager), w.person(t, "sam", access.Sales)
		w.view(t, kim, "leads", "Mine", "stage=mql", false)
		shared := w.view(t, kim, "leads", "Ours", "stage=sql", true)
		theirs := w.view(t, mia, "leads", "Hers", "stage=sal", true)
		for _, err := range []error{w.SetDefault(ctx, kim, "leads", theirs.ID), w.SetDefault(ctx, sam, "leads", shared.ID)} {
			if err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.people.Delete(ctx, kim.ID); err != nil {
			t.Fatal(err)
		}
		if got := w.seen(t, sam); got != "leads:Hers leads:Ours*" {
			t.Errorf("sam sees %s", got)
		}
		list, err := w.List(ctx, mia)
		if err != nil || len(list) != 2 || list[1].Author != "kim" || list[1].Own || !list[1].Editable {
			t.Errorf("%+v %v", list, err)
		}
		if got := w.seen(t, kim); got != "leads:Hers leads:Ours" { // no view of hers alone, and no page opens with one
			t.Errorf("kim would see %s", got)
		}
		no, name := false, "All of ours"
		if _, err := w.Change(ctx, mia, shared.ID, savedview.Change{Shared: &no}); millrace.ErrorCode(err) != millrace.Conflict {
			t.Errorf("nobody's alone: %v", err)
		}
		if v, err := w.Change(ctx, mia, shared.ID, savedview.Change{Name: &name}); err != nil || v.Author != "kim" {
			t.Errorf("%+v %v", v, err)
		}
		if err := w.Delete(ctx, mia, shared.ID); err != nil {
			t.Error(err)
		}
	})
}
