package access_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/db"
	"millrace/internal/dbtest"
)

const good = "a few words in a row"

var here = access.Client{Address: "192.0.2.1", Agent: "Test"}

type world struct {
	*access.People
	log *access.Access
	db  *db.DB
	now millrace.Time
}

func people(t *testing.T, url string) *world {
	t.Helper()
	d, err := db.Open(t.Context(), url, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	if err := d.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	w := &world{db: d, now: 1767571200000}
	clock := func() millrace.Time { return w.now }
	w.log = access.New(d, clock)
	w.People = access.NewPeople(d, access.PeopleConfig{Clock: clock, SessionIdle: 10 * time.Hour, SessionMax: 24 * time.Hour})
	w.Cheap()
	t.Cleanup(w.Close)
	return w
}

func (w *world) add(t *testing.T, email string, role access.Role) access.User {
	t.Helper()
	u, err := w.AddWithPassword(t.Context(), access.NewUser{Email: email, Role: role}, good)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func (w *world) signIn(t *testing.T, email string) access.Opened {
	t.Helper()
	e, err := w.SignIn(t.Context(), email, good, here)
	if err != nil || e.Challenge != nil {
		t.Fatalf("%+v %v", e.Challenge, err)
	}
	return e.Opened
}

func (w *world) opens(t *testing.T, secret string) bool {
	t.Helper()
	_, _, ok, err := w.SessionOf(t.Context(), secret)
	if err != nil {
		t.Fatal(err)
	}
	return ok
}

// actions are those of the access log, oldest first.
func (w *world) actions(t *testing.T) string {
	t.Helper()
	entries, _, err := w.log.Log(t.Context(), access.LogFilter{Limit: 1000})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append([]string{string(e.Action)}, out...)
	}
	return strings.Join(out, " ")
}

func code(err error) millrace.Code { return millrace.ErrorCode(err) }

func field(err error) string {
	e, _ := err.(*millrace.Error)
	if e == nil {
		return ""
	}
	return e.Field
}

func TestSetUpMakesTheFirstAdminOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := people(t, url)
		ctx := t.Context()
		old, ok, err := w.SetUpLink(ctx)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		l, ok, err := w.SetUpLink(ctx) // the server was started again
		if err != nil || !ok || !strings.HasPrefix(l.URL("http://h"), "http://h/set-up#token=") {
			t.Fatal(l, ok, err)
		}
		first := access.NewUser{Email: " Ann@Acme.com ", Name: "Ann  Lee", Role: access.Viewer}
		for name, c := range map[string]struct {
			token, password string
			user            access.NewUser
			code            millrace.Code
			field           string
		}{
			"no token":     {"", good, first, millrace.Unauthorized, "token"},
			"guessed":      {"guess", good, first, millrace.Unauthorized, "token"},
			"old token":    {old.Token, good, first, millrace.Unauthorized, "token"},
			"no address":   {l.Token, good, access.NewUser{Email: "ann", Name: "Ann"}, millrace.Invalid, "email"},
			"no name":      {l.Token, good, access.NewUser{Email: "ann@acme.com"}, millrace.Invalid, "name"},
			"bad password": {l.Token, "short", first, millrace.Invalid, "password"},
		} {
			if _, err := w.SetUp(ctx, c.token, c.user, c.password, here); code(err) != c.code || field(err) != c.field {
				t.Errorf("%s: %v", name, err)
			}
		}
		o, err := w.SetUp(ctx, l.Token, first, good, here)
		if err != nil || o.User.Email != "ann@acme.com" || o.User.Name != "Ann Lee" || o.User.Role != access.Admin || !w.opens(t, o.Secret) {
			t.Fatalf("%+v %v", o, err)
		}
		if _, err := w.SetUp(ctx, l.Token, access.NewUser{Email: "eve@evil.example", Name: "Eve"}, good, here); code(err) != millrace.Unauthorized {
			t.Errorf("twice: %v", err)
		}
		if _, ok, err := w.SetUpLink(ctx); ok || err != nil {
			t.Error("a link beside an admin", err)
		}
		if got := w.actions(t); got != "set_up" {
			t.Error(got)
		}
	})
}

func TestASetUpLinkIsDeadOnceSomebodyIsThere(t *testing.T) {
	w := people(t, dbtest.SQLite(t))
	l, _, err := w.SetUpLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.add(t, "bo@acme.com", access.Sales) // from the command line, meanwhile
	if _, err := w.SetUp(t.Context(), l.Token, access.NewUser{Email: "eve@evil.example", Name: "Eve"}, good, here); code(err) != millrace.Conflict {
		t.Error(err)
	}
}

func TestSessions(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := people(t, url)
		ctx := t.Context()
		u := w.add(t, "ann@acme.com", access.Admin)
		a := w.signIn(t, " ANN@acme.com")
		b := w.signIn(t, "ann@acme.com")
		if a.Secret == b.Secret || len(a.Secret) != 43 || a.User.ID != u.ID {
			t.Errorf("%+v %+v", a, b)
		}
		var plain int
		if _, err := db.One(ctx, w.db, []any{&plain}, "select count(*) from user_session where id = $1 or user_id = $1 or agent = $1 or address = $1", a.Secret); err != nil || plain > 0 {
			t.Errorf("the secret is stored: %d, %v", plain, err)
		}
		list, err := w.Sessions(ctx, u.ID, b.ID)
		if err != nil || len(list) != 2 || list[0].Current == list[1].Current || list[0].Address != here.Address || list[0].Agent != "Test" {
			t.Errorf("%+v %v", list, err)
		}
		for _, s := range []string{"", "guess", strings.Repeat("x", 200)} {
			if w.opens(t, s) {
				t.Errorf("%q opens", s)
			}
		}
		if err := w.EndSession(ctx, u, a.ID, access.SignedOut); err != nil || w.opens(t, a.Secret) || !w.opens(t, b.Secret) {
			t.Errorf("ending one: %v", err)
		}
		other := w.add(t, "bo@acme.com", access.Viewer)
		if err := w.EndSession(ctx, other, b.ID, access.SessionsEnded); code(err) != millrace.NotFound || !w.opens(t, b.Secret) {
			t.Errorf("somebody else's: %v", err)
		}
		c := w.signIn(t, "ann@acme.com")
		if n, err := w.EndSessions(ctx, u.ID, c.ID); n != 1 || err != nil || w.opens(t, b.Secret) || !w.opens(t, c.Secret) {
			t.Errorf("ending the others: %d %v", n, err)
		}
		again := people(t, url) // another process, or this one started anew
		if !again.opens(t, c.Secret) {
			t.Error("a session did not outlive the process")
		}
	})
}

func TestSessionsExpire(t *testing.T) {
	w := people(t, dbtest.SQLite(t))
	w.add(t, "ann@acme.com", access.Admin)
	a := w.signIn(t, "ann@acme.com")
	for range 2 { // using it keeps it
		w.now += 9 * millrace.Hour
		if !w.opens(t, a.Secret) {
			t.Fatal("ended while it was used")
		}
		w.Close() // its use is written down
	}
	w.now += 5 * millrace.Hour
	if !w.opens(t, a.Secret) {
		t.Error("ended too early")
	}
	w.Close()
	w.now += millrace.Hour
	if w.opens(t, a.Secret) {
		t.Error("there is no end after a day")
	}
	b := w.signIn(t, "ann@acme.com")
	w.now += 10 * millrace.Hour
	if w.opens(t, b.Secret) {
		t.Error("there is no end without use")
	}
	if err := w.Clean(t.Context()); err != nil {
		t.Fatal(err)
	}
	var left int
	if _, err := db.One(t.Context(), w.db, []any{&left}, "select count(*) from user_session"); err != nil || left != 0 {
		t.Errorf("%d sessions are left, %v", left, err)
	}
}

func TestSignInTellsNothing(t *testing.T) {
	w := people(t, dbtest.SQLite(t))
	ctx := t.Context()
	w.add(t, "admin@acme.com", access.Admin)
	w.add(t, "ann@acme.com", access.Viewer)
	gone := w.add(t, "gone@acme.com", access.Viewer)
	yes := true
	if _, err := w.Change(ctx, gone.ID, access.Change{Disabled: &yes}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Invite(ctx, access.NewUser{Email: "new@acme.com", Role: access.Viewer}); err != nil {
		t.Fatal(err)
	}
	_, wrong := w.SignIn(ctx, "ann@acme.com", "not the password", here)
	for _, c := range [][2]string{{"nobody@acme.com", good}, {"gone@acme.com", good}, {"new@acme.com", ""}, {"new@acme.com", good}, {"", ""}, {"no address", good},
		{"ann@acme.com", strings.Repeat("x", 5000)}, {"ann@acme.com\x00", good}, {"\xff@acme.com", good}} {
		if _, err := w.SignIn(ctx, c[0], c[1], here); err == nil || wrong == nil || err.Error() != wrong.Error() || code(err) != millrace.Unauthorized {
			t.Errorf("%q: %v, a wrong password says %v", c[0], err, wrong)
		}
	}
}

func TestGuessingIsHeldUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := people(t, url)
		ctx := t.Context()
		w.add(t, "ann@acme.com", access.Admin)
		from := func(n int) access.Client { return access.Client{Address: "198.51.100." + string(rune('0'+n))} }
		for i := range 10 { // from wherever
			if _, err := w.SignIn(ctx, "ann@acme.com", "wrong", from(i%3)); code(err) != millrace.Unauthorized {
				t.Fatalf("attempt %d: %v", i, err)
			}
		}
		_, err := w.SignIn(ctx, "ann@acme.com", good, here)
		if code(err) != millrace.RateLimited || !strings.Contains(err.Error(), "30s") {
			t.Errorf("the right password after ten wrong ones: %v", err)
		}
		again := people(t, url) // a restart is no way around
		if _, err := again.SignIn(ctx, "ann@acme.com", good, here); code(err) != millrace.RateLimited {
			t.Errorf("after a restart: %v", err)
		}
		if _, err := w.SignIn(ctx, "nobody@acme.com", "wrong", here); code(err) != millrace.Unauthorized {
			t.Errorf("somebody else: %v", err)
		}
		w.now += 30 * millrace.Second
		if _, err := w.SignIn(ctx, "ann@acme.com", "wrong", here); code(err) != millrace.Unauthorized {
			t.Errorf("after the wait: %v", err)
		}
		if _, err := w.SignIn(ctx, "ann@acme.com", good, here); code(err) != millrace.RateLimited || !strings.Contains(err.Error(), "1m0s") {
			t.Errorf("the wait is not longer: %v", err)
		}
		w.now += millrace.Minute
		w.signIn(t, "ann@acme.com")
		w.signIn(t, "ann@acme.com") // and all is forgotten
		if got := w.actions(t); strings.Count(got, "session.held_up") != 1 {
			t.Error(got)
		}
	})
}

func TestGuessingManyAddressesIsHeldUp(t *testing.T) {
	w := people(t, dbtest.SQLite(t))
	w.add(t, "ann@acme.com", access.Admin)
	client := func(i int) access.Client {
		return access.Client{Address: "2001:db8::" + string("0123456789abcdef"[i%16])}
	}
	for i := range 50 {
		if _, err := w.SignIn(t.Context(), strings.Repeat("x", i+1)+"@acme.com", "wrong", client(i)); code(err) != millrace.Unauthorized {
			t.Fatalf("attempt %d: %v", i, err)
		}
	}
	if _, err := w.SignIn(t.Context(), "ann@acme.com", good, client(3)); code(err) != millrace.RateLimited {
		t.Errorf("from the same network: %v", err)
	}
	w.signIn(t, "ann@acme.com") // from elsewhere she gets in
}

func TestManyGuessesAtOnceAreHeldUp(t *testing.T) {
	w := people(t, dbtest.SQLite(t))
	w.add(t, "ann@acme.com", access.Admin)
	var group sync.WaitGroup
	codes := make([]millrace.Code, 30)
	for i := range codes {
		group.Go(func() {
			_, err := w.SignIn(t.Context(), "ann@acme.com", "wrong", here)
			codes[i] = code(err)
		})
	}
	group.Wait()
	compared := 0
	for _, c := range codes {
		if c == millrace.Unauthorized {
			compared++
		}
	}
	if compared != 10 {
		t.Errorf("%d passwords were compared", compared)
	}
}

func TestInvitation(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := people(t, url)
		ctx := access.WithActor(t.Context(), access.Actor{Kind: access.ActorUser, ID: "usr_a", Name: "Ann", Address: "192.0.2.9"})
		first, err := w.Invite(ctx, access.NewUser{Email: "bo@acme.com", Role: access.Viewer})
		if err != nil || first.User.Name != "bo" || first.User.State != "invited" {
			t.Fatalf("%+v %v", first, err)
		}
		l, err := w.Invite(ctx, access.NewUser{Email: "BO@acme.com", Name: "Bo", Role: access.Sales}) // the first was lost
		if err != nil || l.User.ID != first.User.ID {
			t.Fatalf("%+v %v", l, err)
		}
		if _, err := w.Look(ctx, access.LinkInvitation, first.Token); code(err) != millrace.Unauthorized {
			t.Errorf("the first link: %v", err)
		}
		if _, err := w.Look(ctx, access.LinkPassword, l.Token); code(err) != millrace.Unauthorized {
			t.Errorf("as another kind: %v", err)
		}
		if u, err := w.Look(ctx, access.LinkInvitation, l.Token); err != nil || u.Email != "bo@acme.com" || u.Role != access.Sales {
			t.Errorf("%+v %v", u, err)
		}
		if _, err := w.Accept(ctx, l.Token, "Bo Berg", "bo@acme.com", here); code(err) != millrace.Invalid || field(err) != "password" {
			t.Errorf("own address as a password: %v", err)
		}
		o, err := w.Accept(ctx, l.Token, "Bo Berg", good, here)
		if err != nil || o.User.Name != "Bo Berg" || o.User.State != "active" || !w.opens(t, o.Secret) {
			t.Fatalf("%+v %v", o, err)
		}
		if _, err := w.Accept(ctx, l.Token, "Eve", good, here); code(err) != millrace.Unauthorized {
			t.Errorf("twice: %v", err)
		}
		if _, err := w.Invite(ctx, access.NewUser{Email: "bo@acme.com", Role: access.Admin}); code(err) != millrace.Conflict || field(err) != "email" {
			t.Errorf("somebody who is here: %v", err)
		}
		late, err := w.Invite(ctx, access.NewUser{Email: "late@acme.com", Role: access.Viewer})
		if err != nil {
			t.Fatal(err)
		}
		w.now += 7 * millrace.Day
		if _, err := w.Accept(ctx, late.Token, "Late", good, here); code(err) != millrace.Unauthorized {
			t.Errorf("after a week: %v", err)
		}
		if got := w.actions(t); got != "user.invite user.invite user.accept user.invite" {
			t.Error(got)
		}
		entries, more, err := w.log.Log(ctx, access.LogFilter{Limit: 2, Action: "user.invite"})
		if err != nil || !more || entries[1].ActorID != "usr_a" || entries[1].Actor != "Ann" || entries[1].Address != "192.0.2.9" || entries[1].Target != "bo@acme.com" || entries[1].TargetID != l.User.ID {
			t.Errorf("%+v %v %v", entries, more, err)
		}
	})
}

func TestForgottenPassword(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := people(t, url)
		ctx := t.Context()
		w.add(t, "ann@acme.com", access.Admin)
		session := w.signIn(t, "ann@acme.com")
		for range 10 {
			w.SignIn(ctx, "ann@acme.com", "wrong", here)
		}
		if _, ok, err := w.ForgottenPassword(ctx, "nobody@acme.com", here); ok || err != nil {
			t.Errorf("nobody: %v %v", ok, err)
		}
		l, ok, err := w.ForgottenPassword(ctx, "Ann@acme.com", here)
		if !ok || err != nil || l.Kind != access.LinkPassword || !w.opens(t, session.Secret) {
			t.Fatalf("%+v %v %v", l, ok, err)
		}
		if _, err := w.ResetPassword(ctx, l.Token, "password123", here); field(err) != "password" {
			t.Errorf("a common one: %v", err)
		}
		const fresh = "quite another sentence"
		if _, err := w.ResetPassword(ctx, l.Token, fresh, here); err != nil {
			t.Fatal(err)
		}
		if w.opens(t, session.Secret) {
			t.Error("a session outlived the password")
		}
		if _, err := w.ResetPassword(ctx, l.Token, fresh, here); code(err) != millrace.Unauthorized {
			t.Errorf("twice: %v", err)
		}
		if _, err := w.SignIn(ctx, "ann@acme.com", fresh, here); err != nil { // though it was held up
			t.Error(err)
		}
		for i := range 5 { // nobody's mailbox is filled
			_, ok, err := w.ForgottenPassword(ctx, "ann@acme.com", here)
			if err != nil || ok != (i < 2) {
				t.Errorf("mail %d: %v %v", i+2, ok, err)
			}
		}
		w.now += 2 * millrace.Hour
		l, err = w.NewPasswordLink(ctx, "ann@acme.com")
		if err != nil {
			t.Fatal(err)
		}
		w.now += millrace.Hour
		if _, err := w.ResetPassword(ctx, l.Token, fresh, here); code(err) != millrace.Unauthorized {
			t.Errorf("after an hour: %v", err)
		}
	})
}

func TestChangePassword(t *testing.T) {
	w := people(t, dbtest.SQLite(t))
	ctx := t.Context()
	u := w.add(t, "ann@acme.com", access.Admin)
	a, b := w.signIn(t, "ann@acme.com"), w.signIn(t, "ann@acme.com")
	const fresh = "quite another sentence"
	if _, err := w.ChangePassword(ctx, u, "wrong", fresh, here); code(err) != millrace.Invalid || field(err) != "current_password" {
		t.Errorf("%v", err)
	}
	o, err := w.ChangePassword(ctx, u, good, fresh, here)
	if err != nil || w.opens(t, a.Secret) || w.opens(t, b.Secret) || !w.opens(t, o.Secret) {
		t.Errorf("%+v %v", o, err)
	}
	if _, err := w.SignIn(ctx, "ann@acme.com", good, here); code(err) != millrace.Unauthorized {
		t.Errorf("the old one: %v", err)
	}
	for range 12 {
		_, err = w.ChangePassword(ctx, u, "wrong", good, here)
	}
	if code(err) != millrace.RateLimited {
		t.Errorf("guessing from a session: %v", err)
	}
}

func TestChangingPeople(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := people(t, url)
		ctx := t.Context()
		ann := w.add(t, "ann@acme.com", access.Admin)
		bo := w.add(t, "bo@acme.com", access.Viewer)
		session := w.signIn(t, "bo@acme.com")
		yes, no, viewer, admin, king, name := true, false, access.Viewer, access.Admin, access.Role("king"), "Bo Berg"
		for what, c := range map[string]struct {
			who    string
			change access.Change
			code   millrace.Code
		}{
			"the last admin loses the role": {"ann@acme.com", access.Change{Role: &viewer}, millrace.Conflict},
			"the last admin is disabled":    {ann.ID, access.Change{Disabled: &yes}, millrace.Conflict},
			"an unknown role":               {bo.ID, access.Change{Role: &king}, millrace.Invalid},
			"nobody":                        {"usr_nobody", access.Change{Role: &viewer}, millrace.NotFound},
			"what is no text":               {"\x00\xff", access.Change{Role: &viewer}, millrace.NotFound},
		} {
			if _, err := w.Change(ctx, c.who, c.change); code(err) != c.code {
				t.Errorf("%s: %v", what, err)
			}
		}
		u, err := w.Change(ctx, bo.ID, access.Change{Role: &admin, Name: &name})
		if err != nil || u.Role != access.Admin || u.Name != name {
			t.Errorf("%+v %v", u, err)
		}
		if _, seen, ok, err := w.SessionOf(ctx, session.Secret); !ok || err != nil { // at once, in the session that is open
			t.Error(err)
		} else if seen.Role != access.Admin {
			t.Errorf("role %s", seen.Role)
		}
		if _, err := w.Change(ctx, ann.ID, access.Change{Role: &viewer}); err != nil {
			t.Errorf("there is another admin: %v", err)
		}
		l, err := w.NewPasswordLink(ctx, ann.ID)
		if err != nil {
			t.Fatal(err)
		}
		annIn := w.signIn(t, "ann@acme.com")
		if u, err := w.Change(ctx, ann.ID, access.Change{Disabled: &yes}); err != nil || u.State != "disabled" || w.opens(t, annIn.Secret) {
			t.Errorf("%+v %v", u, err)
		}
		if _, err := w.ResetPassword(ctx, l.Token, good, here); code(err) != millrace.Unauthorized {
			t.Errorf("a link of somebody disabled: %v", err)
		}
		if _, err := w.NewPasswordLink(ctx, ann.ID); code(err) != millrace.Conflict {
			t.Errorf("a new link for somebody disabled: %v", err)
		}
		if _, err := w.Change(ctx, ann.ID, access.Change{Disabled: &no}); err != nil {
			t.Error(err)
		}
		w.signIn(t, "ann@acme.com")
		list, err := w.List(ctx)
		if err != nil || len(list) != 2 || list[0].Email != "bo@acme.com" && list[0].Email != "ann@acme.com" {
			t.Errorf("%+v %v", list, err)
		}
	})
}

func TestDeletingPeople(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := people(t, url)
		ann, bo := w.add(t, "ann@acme.com", access.Admin), w.add(t, "bo@acme.com", access.Marketing)
		ctx := access.WithActor(t.Context(), access.Actor{Kind: access.ActorUser, ID: ann.ID, Name: "ann"})
		byBo := access.WithActor(t.Context(), access.Actor{Kind: access.ActorUser, ID: bo.ID, Name: "bo"})
		var keys []access.Created
		for _, by := range []context.Context{ctx, byBo, byBo} {
			k, err := w.log.Create(by, access.Request{Kind: access.Secret, Name: access.ActorOf(by).Name})
			if err != nil {
				t.Fatal(err)
			}
			keys = append(keys, k)
		}
		if _, err := w.log.Revoke(ctx, keys[1].ID); err != nil {
			t.Fatal(err)
		}
		l, err := w.NewPasswordLink(ctx, bo.ID)
		if err != nil {
			t.Fatal(err)
		}
		session := w.signIn(t, "bo@acme.com")
		for range 12 {
			w.SignIn(ctx, "bo@acme.com", "wrong", here)
		}
		for who, want := range map[string]millrace.Code{"usr_nobody": millrace.NotFound, "\x00\xff": millrace.NotFound, ann.ID: millrace.Conflict, "Ann@acme.com": millrace.Conflict} {
			if _, err := w.Delete(ctx, who); code(err) != want {
				t.Errorf("%q: %v", who, err)
			}
		}
		if _, err := w.Delete(t.Context(), ann.ID); code(err) != millrace.Conflict || !strings.Contains(err.Error(), "only admin") { // from the command line
			t.Errorf("the last admin: %v", err)
		}
		d, err := w.Delete(ctx, "Bo@acme.com")
		if err != nil || d.User.ID != bo.ID || len(d.Keys) != 1 || d.Keys[0].ID != keys[2].ID {
			t.Fatalf("%+v %v", d, err)
		}
		if w.opens(t, session.Secret) {
			t.Error("a session of somebody deleted")
		}
		if _, err := w.ResetPassword(ctx, l.Token, good, here); code(err) != millrace.Unauthorized {
			t.Errorf("a link of somebody deleted: %v", err)
		}
		if _, ok, err := w.log.Find(ctx, keys[2].Secret); !ok || err != nil {
			t.Errorf("a key of the workspace went with them: %v", err)
		}
		if _, err := w.Delete(ctx, bo.ID); code(err) != millrace.NotFound {
			t.Errorf("twice: %v", err)
		}
		again := w.add(t, "bo@acme.com", access.Viewer) // somebody else of this address, who is not held up
		if again.ID == bo.ID {
			t.Error("the id was given again")
		}
		w.signIn(t, "bo@acme.com")
		entries, _, err := w.log.Log(ctx, access.LogFilter{Action: "user.delete"})
		if err != nil || len(entries) != 1 || entries[0].ActorID != ann.ID || entries[0].TargetID != bo.ID || entries[0].Target != "bo@acme.com" || entries[0].Detail != "bo, marketing" {
			t.Errorf("%+v %v", entries, err)
		}
		if entries, _, err := w.log.Log(ctx, access.LogFilter{Actor: bo.ID}); err != nil || len(entries) != 3 { // what they did stays
			t.Errorf("%+v %v", entries, err)
		}
		var left int
		if _, err := db.One(ctx, w.db, []any{&left}, "select (select count(*) from user_session where user_id = $1) + (select count(*) from user_token where user_id = $1)", bo.ID); err != nil || left != 0 {
			t.Errorf("%d rows are left, %v", left, err)
		}
	})
}

// TestTwoAdminsDeleteEachOther lets one of them succeed.
func TestTwoAdminsDeleteEachOther(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := people(t, url)
		both := []access.User{w.add(t, "ann@acme.com", access.Admin), w.add(t, "bo@acme.com", access.Admin)}
		var group sync.WaitGroup
		errs := make([]error, 2)
		for i := range both {
			group.Go(func() {
				ctx := access.WithActor(t.Context(), access.Actor{Kind: access.ActorUser, ID: both[i].ID})
				_, errs[i] = w.Delete(ctx, both[1-i].ID)
			})
		}
		group.Wait()
		list, err := w.List(t.Context())
		if err != nil || len(list) != 1 || (errs[0] == nil) == (errs[1] == nil) {
			t.Errorf("%+v are left: %v, %v", list, errs, err)
		}
	})
}

func TestDemoLink(t *testing.T) {
	w := people(t, dbtest.SQLite(t))
	ctx := t.Context()
	l, ok, err := w.DemoLink(ctx)
	if !ok || err != nil {
		t.Fatal(ok, err)
	}
	o, err := w.SignInByLink(ctx, l.Token, here)
	if err != nil || o.User.Role != access.Admin {
		t.Fatalf("%+v %v", o, err)
	}
	if _, err := w.SignInByLink(ctx, l.Token, here); code(err) != millrace.Unauthorized {
		t.Errorf("twice: %v", err)
	}
	if l, ok, err = w.DemoLink(ctx); !ok || err != nil || l.User.ID != o.User.ID { // the next start
		t.Errorf("%+v %v %v", l, ok, err)
	}
	if _, err := w.ChangePassword(ctx, o.User, "", good, here); err != nil { // there is none to know
		t.Error(err)
	}
	other := people(t, dbtest.SQLite(t))
	other.add(t, "ann@acme.com", access.Admin)
	if _, ok, err := other.DemoLink(ctx); ok || err != nil {
		t.Error("a way in beside real people", err)
	}
}

func TestWhatWasDoneIsLoggedThoughItsRequestEnded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := people(t, url)
		ctx, leave := context.WithCancel(t.Context())
		leave()
		if err := w.log.Record(ctx, access.Event{Action: "import.undo", Target: "contacts.csv"}); err != nil {
			t.Fatal(err)
		}
		if entries, _, err := w.log.Log(t.Context(), access.LogFilter{}); err != nil || len(entries) != 1 || entries[0].Target != "contacts.csv" {
			t.Fatalf("%+v, %v", entries, err)
		}
	})
}
