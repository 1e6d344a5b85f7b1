package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/dbtest"
)

const password = "a few words in a row"

// person adds somebody and gives the secret of a session of theirs.
func (f *fixture) person(t *testing.T, email string, role access.Role) string {
	t.Helper()
	if _, err := f.people.AddWithPassword(t.Context(), access.NewUser{Email: email, Role: role}, password); err != nil {
		t.Fatal(err)
	}
	return f.signIn(t, email).Value
}

// signIn signs in over HTTP and gives the cookie.
func (f *fixture) signIn(t *testing.T, email string, headers ...string) *http.Cookie {
	t.Helper()
	w := f.do(t, request{method: "POST", path: "/api/v1/session", body: fmt.Sprintf(`{"email":%q,"password":%q}`, email, password), headers: headers})
	if w.Code != http.StatusCreated || len(w.Result().Cookies()) != 1 {
		t.Fatalf("signing in: %d %s", w.Code, w.Body)
	}
	return w.Result().Cookies()[0]
}

// TestRolesAndRoutes calls every route as every role, and compares who gets through with testdata/roles.txt, which -update writes anew: look at
// its difference well.
func TestRolesAndRoutes(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	sessions := map[access.Role]string{}
	for _, role := range access.Roles() {
		sessions[role] = f.person(t, string(role)+"@acme.com", role)
	}
	var got strings.Builder
	for _, r := range f.routes() {
		var may []string
		for _, role := range access.Roles() {
			w := f.do(t, request{method: r.method, path: placeholders.Replace(r.path), cookie: sessions[role]})
			switch {
			case w.Code == 401 || w.Code >= 500:
				t.Errorf("%s %s as %s: %d %s", r.method, r.path, role, w.Code, w.Body)
			case w.Code != 403:
				may = append(may, string(role))
			}
			if r.id == "sign-out" {
				sessions[role] = f.signIn(t, string(role)+"@acme.com").Value
			}
		}
		who := strings.Join(may, " ")
		if len(may) == len(access.Roles()) {
			who = "everybody"
			if w := f.do(t, request{method: r.method, path: placeholders.Replace(r.path)}); w.Code != 401 {
				who = "anybody, not signed in too"
			}
		}
		fmt.Fprintf(&got, "%-6s %-38s %s\n", r.method, r.path, who)
	}
	const file = "testdata/roles.txt"
	if *update {
		if err := os.WriteFile(file, []byte(got.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]int{}
	for line := range strings.Lines(string(want)) {
		lines[line]++
	}
	for line := range strings.Lines(got.String()) {
		if lines[line] != 1 {
			t.Errorf("not expected: %s", line)
		}
		delete(lines, line)
	}
	for line := range lines {
		t.Errorf("expected: %s", line)
	}
}

// TestExportsNeedTheirScope asks every list for a file, as those who may read it and those who may export.
func TestExportsNeedTheirScope(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	manager, viewer := f.person(t, "mia@acme.com", access.SalesManager), f.person(t, "vic@acme.com", access.Viewer)
	for _, path := range []string{"/api/v1/accounts", "/api/v1/contacts", "/api/v1/leads", "/api/v1/opportunities", "/api/v1/events", "/api/v1/contacts/anna@acme-widgets.com/timeline"} {
		for _, c := range []struct {
			cookie, format, accept string
			want                   int
		}{
			{viewer, "json", "", 200}, {viewer, "csv", "", 403}, {viewer, "ndjson", "", 403}, {viewer, "", "text/csv", 403},
			{manager, "csv", "", 200}, {manager, "", "application/x-ndjson", 200},
		} {
			if w := f.do(t, request{method: "GET", path: path + "?format=" + c.format, cookie: c.cookie, accept: c.accept}); w.Code != c.want {
				t.Errorf("%s as %q: %d, want %d", path, c.format+c.accept, w.Code, c.want)
			}
		}
	}
	entries, _, err := f.access.Log(t.Context(), access.LogFilter{Action: "export"})
	if err != nil || len(entries) != 12 || entries[0].Actor != "mia" || entries[11].Target != "accounts" || entries[11].Detail != "csv" {
		t.Errorf("%d exports are told of: %+v %v", len(entries), entries, err)
	}
}

func TestCookie(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	f.person(t, "ann@acme.com", access.Admin)
	c := f.signIn(t, "ann@acme.com")
	if c.Name != "millrace_session" || !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/" || c.Domain != "" || c.Secure || len(c.Value) != 43 {
		t.Errorf("%+v", c)
	}
	c = f.signIn(t, "ann@acme.com", "X-Forwarded-Proto", "https")
	if c.Name != "__Host-millrace_session" || !c.Secure || c.Path != "/" || c.Domain != "" {
		t.Errorf("over TLS: %+v", c)
	}
	// Over TLS a cookie that a neighbour could have set without it is none.
	if w := f.do(t, request{method: "GET", path: "/api/v1/session", cookie: c.Value, headers: []string{"X-Forwarded-Proto", "https"}}); w.Code != 401 {
		t.Errorf("the plain name over TLS: %d", w.Code)
	}
	w := f.do(t, request{method: "DELETE", path: "/api/v1/session", headers: []string{"X-Forwarded-Proto", "https", "Cookie", c.Name + "=" + c.Value}})
	if out := w.Result().Cookies(); w.Code != 204 || len(out) != 1 || out[0].MaxAge >= 0 || out[0].Name != c.Name {
		t.Errorf("signing out: %d %v", w.Code, out)
	}
	if w := f.do(t, request{method: "GET", path: "/api/v1/session", headers: []string{"X-Forwarded-Proto", "https", "Cookie", c.Name + "=" + c.Value}}); w.Code != 401 {
		t.Errorf("after signing out: %d", w.Code)
	}
}

// TestSessionFixation expects that a session which was there before somebody signed in is never the one they go on with.
func TestSessionFixation(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	victim, attacker := f.person(t, "ann@acme.com", access.Admin), f.person(t, "eve@acme.com", access.Viewer)
	for name, planted := range map[string]string{"made up": "attackers-choice", "the attacker's own": attacker, "the victim's own": victim} {
		c := f.signIn(t, "ann@acme.com", "Cookie", "millrace_session="+planted)
		if c.Value == planted {
			t.Errorf("%s: kept", name)
		}
		if w := f.do(t, request{method: "GET", path: "/api/v1/session", cookie: planted}); w.Code != 401 {
			t.Errorf("%s: opens still: %d %s", name, w.Code, w.Body)
		}
	}
}

// TestCrossOrigin sends what browsers send from pages of this and of other sites.
func TestCrossOrigin(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	f.publicURL, f.cross = "", protection("https://app.acme.com")
	session := f.person(t, "ann@acme.com", access.Admin)
	for _, c := range []struct {
		method, header, value string
		allowed               bool
	}{
		{"POST", "", "", true}, // no browser
		{"POST", "Sec-Fetch-Site", "same-origin", true},
		{"POST", "Sec-Fetch-Site", "same-site", false},
		{"POST", "Sec-Fetch-Site", "cross-site", false},
		{"POST", "Origin", "http://example.com", true}, // httptest's host
		{"POST", "Origin", "https://app.acme.com", true},
		{"POST", "Origin", "https://evil.example", false},
		{"POST", "Origin", "http://example.com.evil.example", false},
		{"POST", "Origin", "null", false},
		{"PUT", "Origin", "https://evil.example", false},
		{"PATCH", "Origin", "https://evil.example", false},
		{"DELETE", "Origin", "https://evil.example", false},
		{"GET", "Sec-Fetch-Site", "cross-site", true}, // reads change nothing, and browsers keep their answer from other origins
	} {
		for _, path := range []string{"/api/v1/keys", "/api/v1/session", "/api/v1/imports", "/api/v1/erase"} {
			w := f.do(t, request{method: c.method, path: path, cookie: session, headers: []string{c.header, c.value}})
			if refused := w.Code == 403 && strings.Contains(w.Body.String(), "another site"); refused == c.allowed {
				t.Errorf("%s %s with %s %s: %d %s", c.method, path, c.header, c.value, w.Code, w.Body)
			}
			if w.Header().Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s tells other origins", path)
			}
		}
		if c.method == "POST" { // signing somebody in to the attacker's account is one, too
			w := f.do(t, request{method: "POST", path: "/api/v1/session", body: fmt.Sprintf(`{"email":"ann@acme.com","password":%q}`, password), headers: []string{c.header, c.value}})
			if (w.Code == 201) != c.allowed {
				t.Errorf("signing in with %s %s: %d", c.header, c.value, w.Code)
			}
		}
	}
	// A bearer token is shown on purpose; basic credentials may be added by a browser.
	for header, want := range map[string]int{"Bearer " + f.keys["admin"]: 422, "Basic " + "eDp5": 403} {
		w := f.do(t, request{method: "POST", path: "/api/v1/keys", body: `{"kind":"","name":"x"}`, headers: []string{"Authorization", header, "Origin", "https://evil.example"}})
		if w.Code != want {
			t.Errorf("%s: %d, want %d: %s", header, w.Code, want, w.Body)
		}
	}
}

// TestAnswersCantBeFramedOrSniffed looks at the headers of answers of all kinds.
func TestAnswersCantBeFramedOrSniffed(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	for _, r := range []request{{method: "GET", path: "/api/v1/stats", key: "read"}, {method: "GET", path: "/api/v1/contacts?format=csv", key: "reader"}, {method: "GET", path: "/api/v1/nothing"},
		{method: "POST", path: "/api/v1/session", body: "{}"}, {method: "GET", path: "/api/openapi.json"}} {
		w := f.do(t, r)
		for header, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'", "Cross-Origin-Resource-Policy": "same-origin"} {
			if got := w.Header().Get(header); got != want {
				t.Errorf("%s: %s %q", r.path, header, got)
			}
		}
	}
}

// TestGuessingOverHTTP tries passwords as a script does, changing what it says of itself.
func TestGuessingOverHTTP(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	f.person(t, "ann@acme.com", access.Admin)
	try := func(email, pass string, headers ...string) *httptest.ResponseRecorder {
		return f.do(t, request{method: "POST", path: "/api/v1/session", body: fmt.Sprintf(`{"email":%q,"password":%q}`, email, pass), headers: headers})
	}
	known, unknown := try("ann@acme.com", "wrong"), try("nobody@acme.com", "wrong")
	if known.Code != 401 || known.Body.String() != unknown.Body.String() || known.Header().Get("Set-Cookie") != "" {
		t.Errorf("%s differs from %s", known.Body, unknown.Body)
	}
	for i := range 9 {
		if w := try("ann@acme.com", "wrong", "User-Agent", fmt.Sprint(i), "X-Forwarded-For", fmt.Sprintf("203.0.113.%d", i)); w.Code != 401 {
			t.Fatalf("%d: %d %s", i, w.Code, w.Body)
		}
	}
	if w := try("ann@acme.com", password); w.Code != 429 || w.Header().Get("Retry-After") != "30" {
		t.Errorf("the right one after that: %d %v", w.Code, w.Header())
	}
}

func TestWhereARequestCameFrom(t *testing.T) {
	for _, c := range []struct{ remote, forwarded, want string }{
		{"203.0.113.7:1234", "", "203.0.113.7"},
		{"203.0.113.7:1234", "198.51.100.1", "203.0.113.7"}, // anybody may say that
		{"127.0.0.1:1234", "198.51.100.1", "198.51.100.1"},
		{"10.0.0.2:1234", "6.6.6.6, 198.51.100.1", "198.51.100.1"}, // the proxy adds the last one
		{"[::1]:1234", "2001:db8::1", "2001:db8::1"},
		{"127.0.0.1:1234", "nonsense", "127.0.0.1"},
		{"@", "", "@"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := clientOf(r).Address; got != c.want {
			t.Errorf("%s for %q: %s", c.remote, c.forwarded, got)
		}
	}
}

// post is a call that sends and gets JSON.
func (f *fixture) post(t *testing.T, cookie, path, body string, want int) map[string]any {
	t.Helper()
	w := f.do(t, request{method: "POST", path: path, body: body, cookie: cookie})
	if w.Code != want {
		t.Fatalf("%s %s: %d %s", path, body, w.Code, w.Body)
	}
	var out map[string]any
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &out); err != nil {
			t.Fatal(err)
		}
	}
	return out
}

var token = regexp.MustCompile(`^http://millrace\.test/(set-up|invitation|password)#token=([\w-]{43})$`)

// tokenOf takes the token out of a link, which must begin with the server's own address whatever the request said.
func tokenOf(t *testing.T, link any) string {
	t.Helper()
	m := token.FindStringSubmatch(fmt.Sprint(link))
	if m == nil {
		t.Fatalf("link %v", link)
	}
	return m[2]
}

func TestFirstHourWithoutMail(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		f := open(t, url)
		check := newChecker(t, f.API)
		l, ok, err := f.people.SetUpLink(t.Context())
		if err != nil || !ok {
			t.Fatal(err)
		}
		if w := f.do(t, request{method: "GET", path: "/api/v1/set-up"}); w.Body.String() != `{"needed":true,"mail":false}`+"\n" {
			t.Error(w.Body)
		}
		w := f.do(t, request{method: "POST", path: "/api/v1/set-up", body: fmt.Sprintf(`{"token":%q,"email":"ann@acme.com","name":"Ann","password":%q}`, tokenOf(t, l.URL("http://millrace.test")), password)})
		if w.Code != 201 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		admin := w.Result().Cookies()[0].Value
		if w := f.do(t, request{method: "GET", path: "/api/v1/set-up"}); w.Body.String() != `{"needed":false,"mail":false}`+"\n" {
			t.Error(w.Body)
		}
		// Reset poisoning: the link's host is the server's own.
		w = f.do(t, request{method: "POST", path: "/api/v1/invitations", cookie: admin, body: `{"email":"bo@acme.com","role":"sales"}`, headers: []string{"X-Forwarded-Host", "evil.example"}})
		var invited map[string]any
		if err := json.Unmarshal(w.Body.Bytes(), &invited); err != nil || w.Code != 201 || invited["mailed"] != false {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
		invitation := tokenOf(t, invited["link"])
		if got := f.post(t, "", "/api/v1/invitations/look", fmt.Sprintf(`{"token":%q}`, invitation), 200); got["email"] != "bo@acme.com" || got["role"] != "sales" {
			t.Error(got)
		}
		f.post(t, "", "/api/v1/invitations/accept", fmt.Sprintf(`{"token":%q,"name":"Bo","password":"short"}`, invitation), 422)
		f.post(t, "", "/api/v1/invitations/accept", fmt.Sprintf(`{"token":%q,"name":"Bo","password":%q}`, invitation, password), 201)
		f.post(t, "", "/api/v1/invitations/accept", fmt.Sprintf(`{"token":%q,"name":"Bo","password":%q}`, invitation, password), 401)
		bo := f.signIn(t, "bo@acme.com").Value
		f.post(t, bo, "/api/v1/invitations", `{"email":"x@acme.com","role":"admin"}`, 403)
		f.post(t, "", "/api/v1/password-resets", `{"email":"bo@acme.com"}`, 409)

		id := invited["user"].(map[string]any)["id"].(string)
		link := f.post(t, admin, "/api/v1/users/"+id+"/password-link", "", 201)
		f.post(t, "", "/api/v1/password-resets/confirm", fmt.Sprintf(`{"token":%q,"password":"quite another sentence"}`, tokenOf(t, link["link"])), 204)
		if w := f.do(t, request{method: "GET", path: "/api/v1/session", cookie: bo}); w.Code != 401 {
			t.Errorf("a session outlived the password: %d", w.Code)
		}
		patterns := map[string]string{"users.json": "GET /api/v1/users", "session.json": "GET /api/v1/session", "sessions.json": "GET /api/v1/sessions",
			"access-log.json": "GET /api/v1/access-log", "bad-role.json": "PATCH /api/v1/users/{id}", "last-admin.json": "PATCH /api/v1/users/{id}"}
		for name, r := range map[string]request{
			"users.json":      {method: "GET", path: "/api/v1/users"},
			"session.json":    {method: "GET", path: "/api/v1/session"},
			"sessions.json":   {method: "GET", path: "/api/v1/sessions"},
			"access-log.json": {method: "GET", path: "/api/v1/access-log?limit=3"},
			"bad-role.json":   {method: "PATCH", path: "/api/v1/users/" + id, body: `{"role":"king"}`},
			"last-admin.json": {method: "PATCH", path: "/api/v1/users/ann@acme.com", body: `{"disabled":true}`},
		} {
			r.cookie = admin
			w := f.do(t, r)
			golden(t, name, w)
			check.check(t, patterns[name], w)
		}
	})
}

func TestDeletingAUser(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		f := open(t, url)
		check := newChecker(t, f.API)
		ann, bo, mia := f.person(t, "ann@acme.com", access.Admin), f.person(t, "bo@acme.com", access.Admin), f.person(t, "mia@acme.com", access.SalesManager)
		key := f.post(t, bo, "/api/v1/keys", `{"kind":"secret","name":"sync","scopes":["read"]}`, 201)
		f.post(t, bo, "/api/v1/merge", `{"a":"anna@acme-widgets.com","b":"bo@acme-widgets.com"}`, 200)
		remove := func(cookie, who string, want int) *httptest.ResponseRecorder {
			t.Helper()
			w := f.do(t, request{method: "DELETE", path: "/api/v1/users/" + who, cookie: cookie})
			if w.Code != want {
				t.Fatalf("deleting %s: %d %s, want %d", who, w.Code, w.Body, want)
			}
			check.check(t, "DELETE /api/v1/users/{id}", w)
			return w
		}
		remove(mia, "bo@acme.com", 403)
		remove(ann, "nobody@acme.com", 404)
		remove(ann, "ann@acme.com", 409) // oneself
		var d access.Deleted
		if err := json.Unmarshal(remove(ann, "bo@acme.com", 200).Body.Bytes(), &d); err != nil || d.User.Email != "bo@acme.com" || len(d.Keys) != 1 || d.Keys[0].ID != key["id"] {
			t.Errorf("%+v %v", d, err)
		}
		for cookie, want := range map[string]int{bo: 401, ann: 200} {
			if w := f.do(t, request{method: "GET", path: "/api/v1/session", cookie: cookie}); w.Code != want {
				t.Errorf("%d, want %d", w.Code, want)
			}
		}
		f.post(t, "", "/api/v1/session", fmt.Sprintf(`{"email":"bo@acme.com","password":%q}`, password), 401)
		w := f.do(t, request{method: "DELETE", path: "/api/v1/users/ann@acme.com", key: "admin"})
		if w.Code != 409 || !strings.Contains(w.Body.String(), "only admin") {
			t.Errorf("the last admin by a key: %d %s", w.Code, w.Body)
		}
		merges := f.do(t, request{method: "GET", path: "/api/v1/contacts/anna@acme-widgets.com/merges", cookie: ann})
		if !strings.Contains(merges.Body.String(), `"by":"bo (`+d.User.ID+`)"`) {
			t.Errorf("the fact's author is gone: %s", merges.Body)
		}
	})
}

// outbox is a relay that keeps what it is given.
type outbox struct {
	sync.Mutex
	mails []string
	err   error
}

func (o *outbox) Send(_ context.Context, to, subject, text string) error {
	o.Lock()
	defer o.Unlock()
	o.mails = append(o.mails, to+"\n"+subject+"\n"+text)
	return o.err
}

func TestMailedLinks(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	box := &outbox{}
	f.courier = &access.Courier{Mailer: box, Base: "http://millrace.test"}
	admin := f.person(t, "ann@acme.com", access.Admin)
	got := f.post(t, admin, "/api/v1/invitations", `{"email":"bo@acme.com","name":"Bo","role":"sales_manager"}`, 201)
	if got["mailed"] != true || got["link"] != "" || len(box.mails) != 1 {
		t.Fatalf("%v %q", got, box.mails)
	}
	want := regexp.MustCompile(`(?s)^bo@acme.com\nYour invitation to Millrace\nHello Bo,\n\nann invites you to Millrace as sales manager\..*\n\nhttp://millrace\.test/invitation#token=[\w-]{43}\n\n.*22 January 2026, 00:00 UTC\.\n$`)
	if !want.MatchString(box.mails[0]) {
		t.Errorf("%q", box.mails[0])
	}
	known := f.do(t, request{method: "POST", path: "/api/v1/password-resets", body: `{"email":"ann@acme.com"}`, headers: []string{"X-Forwarded-Host", "evil.example"}})
	unknown := f.do(t, request{method: "POST", path: "/api/v1/password-resets", body: `{"email":"nobody@acme.com"}`})
	f.courier.Close()
	if known.Code != 202 || unknown.Code != 202 || known.Body.String() != unknown.Body.String() || len(box.mails) != 2 {
		t.Errorf("%d %s, %d %s, %d mails", known.Code, known.Body, unknown.Code, unknown.Body, len(box.mails))
	}
	if !strings.HasPrefix(box.mails[1], "ann@acme.com\nChoose a new password") || !strings.Contains(box.mails[1], "\nhttp://millrace.test/password#token=") {
		t.Errorf("%q", box.mails[1])
	}
	box.err = millrace.Errorf(millrace.Unavailable, "test", "the relay is down")
	got = f.post(t, admin, "/api/v1/invitations", `{"email":"bo@acme.com","name":"Bo","role":"sales_manager"}`, 201)
	if got["mailed"] != false || got["problem"] == "" || tokenOf(t, got["link"]) == "" {
		t.Errorf("%v", got)
	}
	var all bytes.Buffer
	entries, _, err := f.access.Log(t.Context(), access.LogFilter{})
	if err != nil {
		t.Fatal(err)
	}
	if err := json.NewEncoder(&all).Encode(entries); err != nil || strings.Contains(all.String(), "token") {
		t.Errorf("the access log holds a link: %s %v", all.String(), err)
	}
}
