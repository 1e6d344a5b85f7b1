package api

import (
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"maps"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"millrace/internal/access"
	"millrace/internal/dbtest"

	"github.com/boombuler/barcode/qr"
	"github.com/pquerna/otp/totp"
)

// TestSecondFactor turns one on, signs in with it and turns it off, as a person does over HTTP.
func TestSecondFactor(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		f := open(t, url)
		check := newChecker(t, f.API)
		admin, kim := f.person(t, "ann@acme.com", access.Admin), f.person(t, "kim@acme.com", access.Sales)
		call := func(cookie, method, path, body string, want int, into any) *httptest.ResponseRecorder {
			t.Helper()
			w := f.do(t, request{method: method, path: "/api/v1/" + path, body: body, cookie: cookie})
			if w.Code != want {
				t.Fatalf("%s %s %s: %d %s, want %d", method, path, body, w.Code, w.Body, want)
			}
			check.check(t, method+" /api/v1/"+strings.Replace(path, "kim@acme.com", "{id}", 1), w)
			if into != nil {
				if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
					t.Fatal(err)
				}
			}
			return w
		}
		var state access.SecondFactor
		if call(kim, "GET", "session/second-factor", "", 200, &state); state.OnSince != 0 {
			t.Errorf("%+v", state)
		}
		call(kim, "POST", "session/second-factor", `{"password":"wrong"}`, 422, nil)
		call("", "POST", "session/second-factor", `{"password":"x"}`, 401, nil)
		if w := f.do(t, request{method: "POST", path: "/api/v1/session/second-factor", key: "admin", body: `{"password":"x"}`}); w.Code != 403 { // a key has no second factor
			t.Errorf("%d %s", w.Code, w.Body)
		}
		var begun factorBody
		call(kim, "POST", "session/second-factor", fmt.Sprintf(`{"password":%q}`, password), 201, &begun)
		if begun.QR.Size < 21 || !strings.HasPrefix(begun.QR.Path, "M0 0h7v1h-7z") {
			t.Errorf("%+v", begun.QR)
		}
		at := now.Std() // which stands still: a code for each use is of another step
		code := func(step int) string {
			t.Helper()
			c, err := totp.GenerateCode(begun.Secret, at.Add(time.Duration(step)*30*time.Second))
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		call(kim, "POST", "session/second-factor/confirm", `{"code":"000000"}`, 422, nil)
		var recovery recoveryBody
		call(kim, "POST", "session/second-factor/confirm", fmt.Sprintf(`{"code":%q}`, code(-1)), 200, &recovery)
		if call(kim, "GET", "session/second-factor", "", 200, &state); state.OnSince != now || state.RecoveryCodes != 10 || len(recovery.Codes) != 10 {
			t.Errorf("%+v %q", state, recovery.Codes)
		}
		challenge := func() string {
			t.Helper()
			var c challengeBody
			w := call("", "POST", "session", fmt.Sprintf(`{"email":"kim@acme.com","password":%q}`, password), 202, &c)
			if len(w.Result().Cookies()) != 0 || c.Challenge == "" || c.ExpiresAt <= now {
				t.Errorf("a cookie before the code: %v %+v", w.Header(), c)
			}
			return c.Challenge
		}
		second := func(challenge, code string, want int) *httptest.ResponseRecorder {
			t.Helper()
			return call("", "POST", "session/code", fmt.Sprintf(`{"challenge":%q,"code":%q}`, challenge, code), want, nil)
		}
		token := challenge()
		for _, c := range []string{"000000", "", code(-1)} {
			if w := second(token, c, 401); !strings.Contains(w.Body.String(), `"location":"code"`) {
				t.Errorf("%q: %s", c, w.Body)
			}
		}
		w := second(token, code(0), 201)
		cookie := w.Result().Cookies()[0]
		if !cookie.HttpOnly || call(cookie.Value, "GET", "session", "", 200, nil) == nil {
			t.Errorf("%v", cookie)
		}
		second(token, code(1), 401)
		second(challenge(), recovery.Codes[0], 201)
		second(challenge(), recovery.Codes[0], 401)
		link := f.post(t, admin, "/api/v1/users/kim@acme.com/password-link", "", 201)
		f.post(t, "", "/api/v1/password-resets/confirm", fmt.Sprintf(`{"token":%q,"password":%q}`, tokenOf(t, link["link"]), password), 204)
		w = second(challenge(), recovery.Codes[1], 201) // the link is no way around
		kim = w.Result().Cookies()[0].Value
		both := func(code string) string { return fmt.Sprintf(`{"password":%q,"code":%q}`, password, code) }
		call(kim, "POST", "session/second-factor/recovery-codes", both("000000"), 422, nil)
		call(kim, "POST", "session/second-factor/recovery-codes", both(recovery.Codes[2]), 200, &recovery)
		call(kim, "POST", "session/second-factor/off", both("000000"), 422, nil)
		call(kim, "POST", "session/second-factor/off", both(code(1)), 204, nil)
		call(kim, "POST", "session/second-factor/off", both(recovery.Codes[0]), 409, nil)
		kim = f.signIn(t, "kim@acme.com").Value

		call(kim, "POST", "session/second-factor", fmt.Sprintf(`{"password":%q}`, password), 201, &begun)
		call(kim, "POST", "session/second-factor/confirm", fmt.Sprintf(`{"code":%q}`, code(0)), 200, nil)
		var u access.User
		if call(admin, "GET", "users/kim@acme.com", "", 200, &u); u.SecondFactorAt != now {
			t.Errorf("%+v", u)
		}
		call(kim, "DELETE", "users/kim@acme.com/second-factor", "", 403, nil)
		if call(admin, "DELETE", "users/kim@acme.com/second-factor", "", 200, &u); u.SecondFactorAt != 0 {
			t.Errorf("%+v", u)
		}
		f.signIn(t, "kim@acme.com")
		entries, _, err := f.access.Log(t.Context(), access.LogFilter{Limit: 1000})
		var told []string
		for _, e := range entries {
			if strings.HasPrefix(string(e.Action), "second_factor.") {
				told = append(told, string(e.Action))
			}
			if strings.Contains(fmt.Sprint(e), begun.Secret) {
				t.Errorf("the access log holds a secret: %+v", e)
			}
		}
		if got := strings.Join(told, " "); err != nil || got != "second_factor.reset second_factor.on second_factor.off second_factor.recovery_codes second_factor.on" {
			t.Errorf("%s %v", got, err)
		}
	})
}

// TestTheQRCode draws the path again, and compares it with the code module by module.
func TestTheQRCode(t *testing.T) {
	const text = "otpauth://totp/Millrace:ann@acme.com?algorithm=SHA1&digits=6&issuer=Millrace&period=30&secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
	c, err := qrOf(text)
	if err != nil {
		t.Fatal(err)
	}
	want, err := qr.Encode(text, qr.M, qr.Auto)
	if err != nil {
		t.Fatal(err)
	}
	got := image.NewGray(want.Bounds())
	for i := range got.Pix {
		got.Pix[i] = 255
	}
	for run := range strings.SplitSeq(strings.TrimSuffix(c.Path, "z"), "z") {
		var x, y, n, back int
		if _, err := fmt.Sscanf(run, "M%d %dh%dv1h-%d", &x, &y, &n, &back); err != nil || n != back {
			t.Fatalf("%q: %v", run, err)
		}
		for i := range n {
			got.SetGray(x+i, y, color.Gray{})
		}
	}
	for y := range c.Size {
		for x := range c.Size {
			r, _, _, _ := want.At(x, y).RGBA()
			if got.GrayAt(x, y).Y != uint8(r>>8) {
				t.Fatalf("module %d, %d is %d", x, y, got.GrayAt(x, y).Y)
			}
		}
	}
	if _, err := qrOf(strings.Repeat("x", 5000)); err == nil {
		t.Error("what no code can hold")
	}
}

// TestASecondFactorIsDemanded calls every route as somebody who has none: those by which one is set up answer, all others refuse.
func TestASecondFactorIsDemanded(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		f := open(t, url)
		check := newChecker(t, f.API)
		box := &outbox{}
		f.courier = &access.Courier{Mailer: box, Base: "http://millrace.test"}
		admin, kim := f.person(t, "ann@acme.com", access.Admin), f.person(t, "kim@acme.com", access.Admin)
		const setting = "/api/v1/settings/second-factor"
		put := func(r request, want int) (d access.Demand) {
			t.Helper()
			r.method, r.path = "PUT", setting
			w := f.do(t, r)
			if check.check(t, "PUT "+setting, w); w.Code != want {
				t.Fatalf("%d %s, want %d", w.Code, w.Body, want)
			}
			json.Unmarshal(w.Body.Bytes(), &d)
			return d
		}
		put(request{cookie: admin, body: `{"demanded":true}`}, 409) // they have none themselves
		put(request{cookie: admin, body: `{}`}, 422)
		put(request{key: "write", body: `{"demanded":true}`}, 403)
		secret := f.setUpFactor(t, admin)
		if d := put(request{cookie: admin, body: `{"demanded":true}`}, 200); d.Since != now || d.Without != 1 {
			t.Errorf("%+v", d)
		}
		f.courier.Close()
		if len(box.mails) != 1 || !strings.HasPrefix(box.mails[0], "kim@acme.com\nMillrace asks for a second factor\nHello kim,\n\nann asks everybody") || strings.Contains(box.mails[0], "token") {
			t.Errorf("%q", box.mails)
		}

		open := map[string]bool{}
		for _, r := range f.routes() {
			if r.scope == access.ScopePublic {
				continue
			}
			body := ""
			if r.method != "GET" && r.method != "DELETE" {
				body = "{}"
			}
			if r.id == "sign-out" {
				continue // below
			}
			w := f.do(t, request{method: r.method, path: strings.NewReplacer("{", "", "}", "").Replace(r.path), body: body, cookie: kim})
			if w.Code != 403 || !strings.Contains(w.Body.String(), `"location":"second_factor"`) {
				open[r.id] = true
			}
			if strings.Contains(w.Body.String(), "anna@acme-widgets.com") {
				t.Errorf("%s tells of the workspace's people", r.id)
			}
		}
		if want := []string{"begin-second-factor", "confirm-second-factor", "get-second-factor", "get-session"}; !slices.Equal(slices.Sorted(maps.Keys(open)), want) {
			t.Errorf("open to who has no second factor: %v", slices.Sorted(maps.Keys(open)))
		}
		var s sessionBody
		if err := json.Unmarshal(f.do(t, request{path: "/api/v1/session", cookie: kim}).Body.Bytes(), &s); err != nil || !s.Bound {
			t.Errorf("%+v %v", s, err)
		}
		for _, key := range []string{"admin", "read"} { // keys go on
			if w := f.do(t, request{path: "/api/v1/accounts", key: key}); w.Code != 200 {
				t.Errorf("key %s: %d %s", key, w.Code, w.Body)
			}
		}
		if w := f.do(t, request{path: "/api/v1/accounts", cookie: f.signIn(t, "kim@acme.com").Value}); w.Code != 403 {
			t.Errorf("a new session: %d", w.Code)
		}
		kims := f.setUpFactor(t, kim)
		if w := f.do(t, request{path: "/api/v1/accounts", cookie: kim}); w.Code != 200 {
			t.Errorf("after setting it up: %d %s", w.Code, w.Body)
		}

		f.do(t, request{method: "DELETE", path: "/api/v1/users/kim@acme.com/second-factor", cookie: admin})
		f.do(t, request{method: "DELETE", path: "/api/v1/users/kim@acme.com/second-factor", cookie: admin}) // there is none any more: no mail
		f.courier.Close()
		if len(box.mails) != 2 || !strings.HasPrefix(box.mails[1], "kim@acme.com\nYour second factor for Millrace was reset\nHello kim,\n\nann took") {
			t.Errorf("%q", box.mails)
		}
		l, err := f.people.NewPasswordLink(t.Context(), "kim@acme.com")
		if err != nil {
			t.Fatal(err)
		}
		f.post(t, "", "/api/v1/password-resets/confirm", fmt.Sprintf(`{"token":%q,"password":%q}`, l.Token, password), 204)
		f.courier.Close()
		if len(box.mails) != 3 || !strings.HasPrefix(box.mails[2], "kim@acme.com\nYour password for Millrace was changed\n") {
			t.Errorf("%q", box.mails)
		}
		for _, m := range box.mails {
			if strings.Contains(m, secret) || strings.Contains(m, kims) || strings.Contains(m, l.Token) || strings.Contains(m, password) || strings.Contains(m, "#token") {
				t.Errorf("a mail holds a secret: %s", m)
			}
		}
		kim = f.signIn(t, "kim@acme.com").Value
		if w := f.do(t, request{path: "/api/v1/accounts", cookie: kim}); w.Code != 403 { // neither the reset nor the link is a way around
			t.Errorf("%d", w.Code)
		}
		if w := f.do(t, request{method: "DELETE", path: "/api/v1/session", cookie: kim}); w.Code != 204 {
			t.Errorf("signing out: %d %s", w.Code, w.Body)
		}
		if d := put(request{key: "admin", body: `{"demanded":false}`}, 200); d.Since != 0 {
			t.Errorf("%+v", d)
		}
		w := f.do(t, request{path: setting, cookie: admin})
		if check.check(t, "GET "+setting, w); w.Code != 200 || !strings.Contains(w.Body.String(), `"demanded_since":null`) {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	})
}

// TestADemosAdminChoosesAPasswordFirst: the second factor comes beside one.
func TestADemosAdminChoosesAPasswordFirst(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	l, _, err := f.people.DemoLink(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.people.DemandSecondFactor(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	w := f.do(t, request{method: "POST", path: "/api/v1/session", body: fmt.Sprintf(`{"token":%q}`, l.Token)})
	cookie := w.Result().Cookies()[0].Value
	change := request{method: "PUT", path: "/api/v1/session/password", body: fmt.Sprintf(`{"current_password":"","password":%q}`, password), cookie: cookie}
	if w = f.do(t, change); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	change.cookie = w.Result().Cookies()[0].Value
	if w := f.do(t, change); w.Code != 403 { // now there is one: the second factor comes first
		t.Errorf("%d %s", w.Code, w.Body)
	}
	f.setUpFactor(t, change.cookie)
	if w := f.do(t, request{path: "/api/v1/accounts", cookie: change.cookie}); w.Code != 200 {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// setUpFactor sets a second factor up over HTTP, and gives its secret.
func (f *fixture) setUpFactor(t *testing.T, cookie string) string {
	t.Helper()
	var begun factorBody
	w := f.do(t, request{method: "POST", path: "/api/v1/session/second-factor", body: fmt.Sprintf(`{"password":%q}`, password), cookie: cookie})
	if err := json.Unmarshal(w.Body.Bytes(), &begun); err != nil || w.Code != 201 {
		t.Fatalf("%d %s %v", w.Code, w.Body, err)
	}
	code, err := totp.GenerateCode(begun.Secret, now.Std())
	if err != nil {
		t.Fatal(err)
	}
	if w := f.do(t, request{method: "POST", path: "/api/v1/session/second-factor/confirm", body: fmt.Sprintf(`{"code":%q}`, code), cookie: cookie}); w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return begun.Secret
}
