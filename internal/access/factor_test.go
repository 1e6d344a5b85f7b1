package access_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/db"
	"millrace/internal/dbtest"

	"github.com/pquerna/otp/totp"
)

// shows is the code that an authenticator app shows, so many steps from now.
func (w *world) shows(t *testing.T, secret string, steps int) string {
	t.Helper()
	code, err := totp.GenerateCode(secret, w.now.Std().Add(time.Duration(steps)*30*time.Second))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// factor turns a user's second factor on, and lets the step pass in which that was.
func (w *world) factor(t *testing.T, u access.User) (secret string, recovery []string) {
	t.Helper()
	f, err := w.BeginSecondFactor(t.Context(), u, good)
	if err != nil {
		t.Fatal(err)
	}
	if recovery, err = w.ConfirmSecondFactor(t.Context(), u, w.shows(t, f.Secret, 0)); err != nil {
		t.Fatal(err)
	}
	w.now += 30 * millrace.Second
	return f.Secret, recovery
}

// challenge signs in with the password, which must not be enough.
func (w *world) challenge(t *testing.T, email string) string {
	t.Helper()
	e, err := w.SignIn(t.Context(), email, good, here)
	if err != nil || e.Challenge == nil || e.Secret != "" {
		t.Fatalf("%+v %v", e, err)
	}
	return e.Challenge.Token
}

func (w *world) forgetAttempts(t *testing.T) {
	t.Helper()
	if err := w.db.Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.Exec(t.Context(), "/* test.forget */ delete from attempt")
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestTurningASecondFactorOn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := people(t, url)
		ctx := t.Context()
		u := w.add(t, "ann@acme.com", access.Admin)
		before := w.signIn(t, "ann@acme.com")
		if _, err := w.ConfirmSecondFactor(ctx, u, "123456"); code(err) != millrace.Conflict {
			t.Errorf("confirmed what was not begun: %v", err)
		}
		if _, err := w.BeginSecondFactor(ctx, u, "wrong"); code(err) != millrace.Invalid || field(err) != "password" {
			t.Errorf("a wrong password: %v", err)
		}
		first, err := w.BeginSecondFactor(ctx, u, good)
		if err != nil {
			t.Fatal(err)
		}
		f, err := w.BeginSecondFactor(ctx, u, good) // in another tab
		if err != nil || len(f.Secret) != 32 || f.Secret == first.Secret || !strings.HasPrefix(f.URL, "otpauth://totp/Millrace:ann@acme.com?") || !strings.Contains(f.URL, "secret="+f.Secret) {
			t.Fatalf("%+v %v", f, err)
		}
		w.signIn(t, "ann@acme.com") // nothing is asked for before it is confirmed
		for _, wrong := range []string{"", "abc", w.shows(t, first.Secret, 0), w.shows(t, f.Secret, 2), w.shows(t, f.Secret, -2)} {
			if _, err := w.ConfirmSecondFactor(ctx, u, wrong); code(err) != millrace.Invalid || field(err) != "code" {
				t.Errorf("%q: %v", wrong, err)
			}
		}
		shown := w.shows(t, f.Secret, 0)
		recovery, err := w.ConfirmSecondFactor(ctx, u, shown[:3]+" "+shown[3:])
		if err != nil || len(recovery) != access.RecoveryCodes || len(recovery[0]) != 19 || recovery[0] == recovery[1] {
			t.Fatalf("%q %v", recovery, err)
		}
		if !w.opens(t, before.Secret) {
			t.Error("a session that was begun before has ended")
		}
		if _, seen, _, err := w.SessionOf(ctx, before.Secret); err != nil || seen.SecondFactorAt != w.now {
			t.Errorf("on since %v, %v", seen.SecondFactorAt, err)
		}
		if s, err := w.SecondFactor(ctx, u); err != nil || s.OnSince != w.now || s.RecoveryCodes != 10 {
			t.Errorf("%+v %v", s, err)
		}
		if _, err := w.BeginSecondFactor(ctx, u, good); code(err) != millrace.Conflict {
			t.Errorf("a second one: %v", err)
		}
		if _, err := w.ConfirmSecondFactor(ctx, u, w.shows(t, f.Secret, 1)); code(err) != millrace.Conflict {
			t.Errorf("confirmed twice: %v", err)
		}
		token := w.challenge(t, "ann@acme.com")
		if _, err := w.SignInWithCode(ctx, token, shown, here); code(err) != millrace.Unauthorized || !strings.Contains(err.Error(), "used already") {
			t.Errorf("the code that turned it on: %v", err)
		}
		var plain int
		if _, err := db.One(ctx, w.db, []any{&plain}, "select count(*) from recovery_code where user_id = $1 and length(hash) = 32", u.ID); err != nil || plain != 10 {
			t.Errorf("%d hashes, %v", plain, err)
		}
		if got := w.actions(t); got != "user.add session.sign_in session.sign_in second_factor.on" {
			t.Error(got)
		}
	})
}

func TestABegunSecondFactorIsForgotten(t *testing.T) {
	w := people(t, dbtest.SQLite(t))
	u := w.add(t, "ann@acme.com", access.Admin)
	f, err := w.BeginSecondFactor(t.Context(), u, good)
	if err != nil {
		t.Fatal(err)
	}
	w.now += millrace.Hour
	if _, err := w.ConfirmSecondFactor(t.Context(), u, w.shows(t, f.Secret, 0)); code(err) != millrace.Conflict {
		t.Errorf("after an hour: %v", err)
	}
	l, _, err := people(t, dbtest.SQLite(t)).DemoLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.BeginSecondFactor(t.Context(), l.User, ""); code(err) != millrace.Unauthorized { // somebody of elsewhere
		t.Error(err)
	}
	demo := people(t, dbtest.SQLite(t))
	if l, _, err = demo.DemoLink(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := demo.BeginSecondFactor(t.Context(), l.User, ""); code(err) != millrace.Conflict {
		t.Errorf("beside no password: %v", err)
	}
}

func TestSigningInWithACode(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := people(t, url)
		ctx := t.Context()
		u, bo := w.add(t, "ann@acme.com", access.Admin), w.add(t, "bo@acme.com", access.Viewer)
		secret, _ := w.factor(t, u)
		of, _ := w.factor(t, bo)
		w.now += 60 * millrace.Second
		for _, c := range []struct {
			what, code string
			field      string // "" is signed in
		}{
			{"a wrong one", "000000", "code"}, {"none", "", "code"}, {"no digits", "abcdef", "code"}, {"somebody else's", w.shows(t, of, 0), "code"},
			{"two steps ago", w.shows(t, secret, -2), "code"}, {"in two steps", w.shows(t, secret, 2), "code"},
			{"of a clock that is behind", w.shows(t, secret, -1), ""}, {"of the right time", w.shows(t, secret, 0), ""}, {"of a clock that is ahead", w.shows(t, secret, 1), ""},
			{"the same again", w.shows(t, secret, 1), "code"}, {"an earlier one", w.shows(t, secret, 0), "code"},
		} {
			o, err := w.SignInWithCode(ctx, w.challenge(t, "ann@acme.com"), c.code, here)
			if c.field == "" && (err != nil || o.User.ID != u.ID || !w.opens(t, o.Secret)) || c.field != "" && (code(err) != millrace.Unauthorized || field(err) != c.field) {
				t.Errorf("%s: %+v %v", c.what, o, err)
			}
			w.forgetAttempts(t) // which TestGuessingCodesIsHeldUp counts
		}
		w.now += 2 * millrace.Minute
		token := w.challenge(t, "ann@acme.com")
		if _, err := w.SignInWithCode(ctx, token, "000000", here); field(err) != "code" {
			t.Errorf("%v", err)
		}
		if _, err := w.SignInWithCode(ctx, token, w.shows(t, secret, 0), here); err != nil { // the challenge outlives a slip
			t.Errorf("%v", err)
		}
		w.now += 30 * millrace.Second
		for what, token := range map[string]string{"used": token, "guessed": "guess", "none": ""} {
			if _, err := w.SignInWithCode(ctx, token, w.shows(t, secret, 0), here); code(err) != millrace.Unauthorized || field(err) != "challenge" {
				t.Errorf("a challenge that is %s: %v", what, err)
			}
		}
		token, other := w.challenge(t, "ann@acme.com"), w.challenge(t, "ann@acme.com") // two browsers
		w.now += 5*millrace.Minute - 1
		if _, err := w.SignInWithCode(ctx, token, w.shows(t, secret, 0), here); err != nil {
			t.Errorf("%v", err)
		}
		w.now++
		if _, err := w.SignInWithCode(ctx, other, w.shows(t, secret, 1), here); field(err) != "challenge" {
			t.Errorf("after five minutes: %v", err)
		}
		entries, _, err := w.log.Log(ctx, access.LogFilter{Action: "session.sign_in", Limit: 1})
		if err != nil || entries[0].ActorID != u.ID || entries[0].Detail != "code" {
			t.Errorf("%+v %v", entries, err)
		}
	})
}

// TestACodeAtOnce shows one code in many browsers at the same moment: one gets in.
func TestACodeAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := people(t, url)
		u := w.add(t, "ann@acme.com", access.Admin)
		secret, recovery := w.factor(t, u)
		for what, shown := range map[string]string{"a code": w.shows(t, secret, 0), "a recovery code": recovery[0]} {
			tokens := []string{w.challenge(t, "ann@acme.com"), w.challenge(t, "ann@acme.com"), w.challenge(t, "ann@acme.com")}
			errs := make([]error, len(tokens))
			var group sync.WaitGroup
			for i, token := range tokens {
				group.Go(func() { _, errs[i] = w.SignInWithCode(t.Context(), token, shown, here) })
			}
			group.Wait()
			in := 0
			for _, err := range errs {
				if err == nil {
					in++
				} else if code(err) != millrace.Unauthorized {
					t.Error(err)
				}
			}
			if in != 1 {
				t.Errorf("%s let %d in: %v", what, in, errs)
			}
		}
	})
}

func TestRecoveryCodes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := people(t, url)
		ctx := t.Context()
		u, bo := w.add(t, "ann@acme.com", access.Admin), w.add(t, "bo@acme.com", access.Viewer)
		secret, recovery := w.factor(t, u)
		_, others := w.factor(t, bo)
		if _, err := w.SignInWithCode(ctx, w.challenge(t, "ann@acme.com"), " "+strings.ToUpper(recovery[0])+" ", here); err != nil {
			t.Errorf("%v", err)
		}
		for what, c := range map[string]string{"used": recovery[0], "somebody else's": others[0]} {
			if _, err := w.SignInWithCode(ctx, w.challenge(t, "ann@acme.com"), c, here); code(err) != millrace.Unauthorized || field(err) != "code" {
				t.Errorf("a recovery code that is %s: %v", what, err)
			}
		}
		entries, _, err := w.log.Log(ctx, access.LogFilter{Action: "session.sign_in", Limit: 1})
		if err != nil || entries[0].Detail != "recovery code, 9 left" {
			t.Errorf("%+v %v", entries, err)
		}
		fresh, err := w.NewRecoveryCodes(ctx, u, good, w.shows(t, secret, 0))
		if err != nil || len(fresh) != access.RecoveryCodes {
			t.Fatalf("%q %v", fresh, err)
		}
		if _, err := w.SignInWithCode(ctx, w.challenge(t, "ann@acme.com"), recovery[1], here); field(err) != "code" {
			t.Errorf("one of before: %v", err)
		}
		if _, err := w.SignInWithCode(ctx, w.challenge(t, "ann@acme.com"), fresh[1], here); err != nil {
			t.Errorf("%v", err)
		}
		if s, err := w.SecondFactor(ctx, u); err != nil || s.RecoveryCodes != 9 {
			t.Errorf("%+v %v", s, err)
		}
	})
}

func TestGuessingCodesIsHeldUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := people(t, url)
		ctx := t.Context()
		u := w.add(t, "ann@acme.com", access.Admin)
		secret, _ := w.factor(t, u)
		for i := range 5 { // whoever knows the password, from wherever, with a new challenge each time
			from := access.Client{Address: "198.51.100." + string(rune('0'+i))}
			if _, err := w.SignInWithCode(ctx, w.challenge(t, "ann@acme.com"), "000000", from); code(err) != millrace.Unauthorized {
				t.Fatalf("attempt %d: %v", i, err)
			}
		}
		token := w.challenge(t, "ann@acme.com")
		for what, try := range map[string]func() error{
			"signing in":  func() error { _, err := w.SignInWithCode(ctx, token, w.shows(t, secret, 0), here); return err },
			"turning off": func() error { return w.TurnSecondFactorOff(ctx, u, good, w.shows(t, secret, 0)) },
		} {
			if err := try(); code(err) != millrace.RateLimited {
				t.Errorf("%s with the right one after five wrong ones: %v", what, err)
			}
		}
		// A new password is no way around.
		l, err := w.NewPasswordLink(ctx, u.ID)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.ResetPassword(ctx, l.Token, good, here); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignInWithCode(ctx, token, w.shows(t, secret, 0), here); field(err) != "challenge" {
			t.Errorf("a challenge outlived the password: %v", err)
		}
		token = w.challenge(t, "ann@acme.com")
		if _, err := w.SignInWithCode(ctx, token, w.shows(t, secret, 0), here); code(err) != millrace.RateLimited {
			t.Errorf("after a new password: %v", err)
		}
		w.now += millrace.Minute
		if _, err := w.SignInWithCode(ctx, token, w.shows(t, secret, 0), here); err != nil {
			t.Errorf("after the wait: %v", err)
		}
		if got := w.actions(t); strings.Count(got, "session.held_up") != 1 {
			t.Error(got)
		}
	})
}

// TestNoLinkGoesAroundTheSecondFactor tries all that comes in without a password.
func TestNoLinkGoesAroundTheSecondFactor(t *testing.T) {
	w := people(t, dbtest.SQLite(t))
	ctx := t.Context()
	l, _, err := w.DemoLink(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.ChangePassword(ctx, l.User, "", good, here); err != nil {
		t.Fatal(err)
	}
	secret, _ := w.factor(t, l.User)
	if l, _, err = w.DemoLink(ctx); err != nil {
		t.Fatal(err)
	}
	e, err := w.SignInByLink(ctx, l.Token, here)
	if err != nil || e.Challenge == nil || e.Secret != "" {
		t.Fatalf("the demo's link: %+v %v", e, err)
	}
	if o, err := w.SignInWithCode(ctx, e.Challenge.Token, w.shows(t, secret, 0), here); err != nil || !w.opens(t, o.Secret) {
		t.Errorf("%v", err)
	}
	if l, err = w.NewPasswordLink(ctx, l.User.ID); err != nil || l.Kind != access.LinkPassword {
		t.Fatalf("%+v %v", l, err)
	}
	if _, err := w.ResetPassword(ctx, l.Token, good, here); err != nil {
		t.Fatal(err)
	}
	w.challenge(t, l.User.Email) // still asked for
	if _, err := w.Accept(ctx, l.Token, "x", good, here); code(err) != millrace.Unauthorized {
		t.Errorf("%v", err)
	}
}

func TestTurningASecondFactorOff(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := people(t, url)
		ctx := t.Context()
		u := w.add(t, "ann@acme.com", access.Admin)
		if err := w.TurnSecondFactorOff(ctx, u, good, "000000"); code(err) != millrace.Conflict {
			t.Errorf("what is off: %v", err)
		}
		secret, recovery := w.factor(t, u)
		for _, c := range []struct{ password, code, field string }{{"wrong", w.shows(t, secret, 0), "password"}, {good, "000000", "code"}, {good, "", "code"}, {"", recovery[0], "password"}} {
			if err := w.TurnSecondFactorOff(ctx, u, c.password, c.code); code(err) != millrace.Invalid || field(err) != c.field {
				t.Errorf("%+v: %v", c, err)
			}
		}
		token := w.challenge(t, "ann@acme.com")
		if err := w.TurnSecondFactorOff(ctx, u, good, w.shows(t, secret, 0)); err != nil {
			t.Fatal(err)
		}
		if _, err := w.SignInWithCode(ctx, token, recovery[0], here); field(err) != "challenge" {
			t.Errorf("a recovery code of a factor that is off: %v", err)
		}
		w.signIn(t, "ann@acme.com")
		if got := w.actions(t); got != "user.add second_factor.on second_factor.off session.sign_in" {
			t.Error(got)
		}
		again, recovery := w.factor(t, u) // and it can be turned on again, and off without the device
		if again == secret {
			t.Error("the secret is the one of before")
		}
		if err := w.TurnSecondFactorOff(ctx, u, good, recovery[0]); err != nil {
			t.Error(err)
		}
	})
}

func TestAnAdminResetsASecondFactor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := people(t, url)
		ann, bo := w.add(t, "ann@acme.com", access.Admin), w.add(t, "bo@acme.com", access.Sales)
		w.factor(t, ann)
		_, recovery := w.factor(t, bo)
		ctx := access.WithActor(t.Context(), access.Actor{Kind: access.ActorUser, ID: ann.ID, Name: "ann"})
		if _, _, err := w.ResetSecondFactor(ctx, ann.ID); code(err) != millrace.Conflict {
			t.Errorf("one's own: %v", err)
		}
		if _, _, err := w.ResetSecondFactor(ctx, "nobody@acme.com"); code(err) != millrace.NotFound {
			t.Errorf("%v", err)
		}
		token := w.challenge(t, "bo@acme.com")
		for range 6 {
			w.SignInWithCode(ctx, token, "000000", here)
		}
		for range 2 { // the second changes nothing
			if u, _, err := w.ResetSecondFactor(ctx, "bo@acme.com"); err != nil || u.SecondFactorAt != 0 {
				t.Errorf("%+v %v", u, err)
			}
		}
		if _, err := w.SignInWithCode(ctx, token, recovery[0], here); field(err) != "challenge" {
			t.Errorf("%v", err)
		}
		w.signIn(t, "bo@acme.com")
		entries, _, err := w.log.Log(ctx, access.LogFilter{Action: "second_factor.reset"})
		if err != nil || len(entries) != 1 || entries[0].ActorID != ann.ID || entries[0].TargetID != bo.ID {
			t.Errorf("%+v %v", entries, err)
		}
		secret, _ := w.factor(t, bo)
		if _, err := w.SignInWithCode(ctx, w.challenge(t, "bo@acme.com"), w.shows(t, secret, 0), here); err != nil { // nothing holds them up
			t.Error(err)
		}
		if _, _, err := w.ResetSecondFactor(t.Context(), ann.ID); err != nil { // from the command line
			t.Error(err)
		}
		w.factor(t, w.add(t, "mia@acme.com", access.Viewer))
		if _, err := w.Delete(ctx, "mia@acme.com"); err != nil {
			t.Fatal(err)
		}
		var left int
		if _, err := db.One(ctx, w.db, []any{&left}, "select (select count(*) from second_factor where user_id <> $1) + (select count(*) from recovery_code where user_id <> $1)", bo.ID); err != nil || left != 0 {
			t.Errorf("%d rows of a deleted user are left, %v", left, err)
		}
	})
}

// TestASecondFactorIsDemanded binds every session of whoever has none, those that are open too, however they came in, until they set one up.
func TestASecondFactorIsDemanded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := people(t, url)
		demo, ok, err := w.DemoLink(t.Context())
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		ann, bo := w.add(t, "ann@acme.com", access.Admin), w.add(t, "bo@acme.com", access.Sales)
		ctx := access.WithActor(t.Context(), access.Actor{Kind: access.ActorUser, ID: ann.ID, Name: "ann"})
		before := w.signIn(t, "bo@acme.com")
		if _, _, err := w.DemandSecondFactor(ctx, true); code(err) != millrace.Conflict {
			t.Errorf("by somebody who has none: %v", err)
		}
		if d, told, err := w.DemandSecondFactor(ctx, false); err != nil || d.Since != 0 || d.Without != 2 || told != nil {
			t.Errorf("%+v %v %v", d, told, err)
		}
		w.factor(t, ann)
		d, told, err := w.DemandSecondFactor(ctx, true)
		if err != nil || d.Since != w.now || d.Without != 1 || len(told) != 1 || told[0].ID != bo.ID {
			t.Fatalf("%+v %v %v", d, told, err)
		}
		at := w.now
		w.now += millrace.Second
		if d, told, err := w.DemandSecondFactor(ctx, true); err != nil || d.Since != at || told != nil { // a second time
			t.Errorf("%+v %v %v", d, told, err)
		}
		bound := func(secret string) bool {
			t.Helper()
			s, _, ok, err := w.SessionOf(t.Context(), secret)
			if err != nil || !ok {
				t.Fatal(ok, err)
			}
			return s.Bound
		}
		byPassword := w.signIn(t, "bo@acme.com")
		byLink, err := w.SignInByLink(t.Context(), demo.Token, here)
		if err != nil {
			t.Fatal(err)
		}
		l, err := w.Invite(ctx, access.NewUser{Email: "cy@acme.com", Role: access.Sales})
		if err != nil {
			t.Fatal(err)
		}
		invited, err := w.Accept(t.Context(), l.Token, "Cy", good, here)
		if err != nil {
			t.Fatal(err)
		}
		for name, o := range map[string]access.Opened{"before": before, "password": byPassword, "link": byLink.Opened, "invitation": invited} {
			if !bound(o.Secret) || o.Bound != (name != "before") {
				t.Errorf("a session by %s opens all", name)
			}
		}
		if d, err := w.SecondFactorDemand(ctx); err != nil || d.Without != 2 { // a demo's admin has no password
			t.Errorf("%+v %v", d, err)
		}
		w.factor(t, bo)
		if bound(before.Secret) || bound(byPassword.Secret) || !bound(invited.Secret) {
			t.Error("a second factor frees the sessions of whoever set it up, and no others")
		}
		if _, had, err := w.ResetSecondFactor(ctx, bo.ID); err != nil || !had || !bound(before.Secret) {
			t.Errorf("after a reset: %v %v", had, err)
		}
		if _, had, err := w.ResetSecondFactor(ctx, bo.ID); err != nil || had {
			t.Errorf("a second reset: %v %v", had, err)
		}
		if d, _, err := w.DemandSecondFactor(t.Context(), false); err != nil || d.Since != 0 || bound(before.Secret) || bound(invited.Secret) {
			t.Errorf("%+v %v", d, err)
		}
		if d, told, err := w.DemandSecondFactor(t.Context(), true); err != nil || d.Since != w.now || len(told) != 2 { // the command line may always
			t.Errorf("%+v %v %v", d, told, err)
		}
		entries, _, err := w.log.Log(ctx, access.LogFilter{Action: "second_factor.demand"})
		if err != nil || len(entries) != 2 || entries[1].ActorID != ann.ID {
			t.Errorf("%+v %v", entries, err)
		}
	})
}
