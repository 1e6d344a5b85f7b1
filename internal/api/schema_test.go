package api

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/dbtest"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// checker holds answers to what the OpenAPI document says of them.
type checker struct {
	doc      map[string]any
	compiler *jsonschema.Compiler
}

func newChecker(t *testing.T, a *API) *checker {
	t.Helper()
	b, err := a.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	c := &checker{doc: doc.(map[string]any), compiler: jsonschema.NewCompiler()}
	c.compiler.DefaultDraft(jsonschema.Draft2020)
	c.compiler.AssertFormat()
	if err := c.compiler.AddResource("mem:///openapi.json", doc); err != nil {
		t.Fatal(err)
	}
	return c
}

// check fails when a JSON answer is not as described for its route and status.
func (c *checker) check(t *testing.T, pattern string, w *httptest.ResponseRecorder) {
	t.Helper()
	method, path, _ := strings.Cut(pattern, " ")
	kind, _, _ := strings.Cut(w.Header().Get("Content-Type"), ";")
	if !strings.HasSuffix(kind, "json") || strings.HasSuffix(kind, "ndjson") {
		return
	}
	at := []string{"paths", path, strings.ToLower(method), "responses", strconv.Itoa(w.Code), "content", kind, "schema"}
	if w.Code >= 400 {
		at[4] = "default"
	}
	pointer := ""
	for _, p := range at {
		pointer += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(p)
	}
	if !has(c.doc, at) {
		t.Errorf("%s: %d as %s is not described", pattern, w.Code, kind)
		return
	}
	s, err := c.compiler.Compile("mem:///openapi.json#" + pointer)
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(w.Body.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Validate(v); err != nil {
		t.Errorf("%s: the answer is not as described: %v", pattern, err)
	}
}

func has(v any, path []string) bool {
	for _, p := range path {
		m, ok := v.(map[string]any)
		if !ok {
			return false
		}
		if v, ok = m[p]; !ok {
			return false
		}
	}
	return true
}

// TestTail follows a tail over a real connection while facts and drops come in.
func TestTail(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	server := httptest.NewServer(f)
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", server.URL+tailPath+"?full=true", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+f.keys["reader"])
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%d %s", resp.StatusCode, resp.Header)
	}
	lines, seen := bufio.NewScanner(resp.Body), map[string]string{}
	next := func(event string) (data string) { // facts and drops may come in either order
		t.Helper()
		for kind := ""; seen[event] == "" && lines.Scan(); {
			if k, ok := strings.CutPrefix(lines.Text(), "event: "); ok {
				kind = k
			}
			if d, ok := strings.CutPrefix(lines.Text(), "data: "); ok {
				seen[kind] = d
			}
		}
		if seen[event] == "" {
			t.Fatalf("the tail ended before a %s: %v", event, lines.Err())
		}
		return seen[event]
	}
	next("beat")
	_, err = f.engine.Apply(t.Context(), millrace.Batch{
		Events: []millrace.Event{{Source: "test", ID: "t1", Kind: millrace.KindTrack, Name: "Demo Requested", UserID: "u9", OccurredAt: now, Data: []byte(`{"plan":"team"}`)}},
		Drops:  []millrace.Drop{{Reason: millrace.DropNoGroup, Source: "key:k1", Detail: "a group event needs a groupId", At: now}}})
	if err != nil {
		t.Fatal(err)
	}
	var fact struct {
		Name string
		Data struct{ Plan string }
	}
	if err := json.Unmarshal([]byte(next("fact")), &fact); err != nil || fact.Name != "Demo Requested" || fact.Data.Plan != "team" {
		t.Errorf("%+v %v", fact, err)
	}
	if d := next("drop"); !strings.Contains(d, `"no_group"`) {
		t.Error(d)
	}
	f.End()
	f.End()
	for lines.Scan() { // the stream ends by itself, so that the server can stop
	}
	if err := lines.Err(); err != nil {
		t.Error(err)
	}
}

// TestTailOfAKind sends what is asked for alone, and for longer than a request may take to come in.
func TestTailOfAKind(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	server := httptest.NewUnstartedServer(f)
	server.Config.ReadTimeout = 100 * time.Millisecond
	server.Start()
	defer server.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, "GET", server.URL+tailPath+"?kind=merge", nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+f.keys["reader"])
	resp, err := server.Client().Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	lines := bufio.NewScanner(resp.Body)
	for beats := 0; beats < 10 && lines.Scan(); { // one every 30 looks, a millisecond apart
		if strings.HasPrefix(lines.Text(), "data: ") {
			beats++
		}
	}
	if _, err := f.engine.Apply(t.Context(), millrace.Batch{Events: []millrace.Event{{Source: "test", ID: "t1", Kind: millrace.KindTrack, Name: "Demo Requested", UserID: "u9", OccurredAt: now}}}); err != nil {
		t.Fatal(err)
	}
	if err := f.engine.Merge(t.Context(), "u9", "bo@acme-widgets.com", "Kim"); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() {
		if d, ok := strings.CutPrefix(lines.Text(), "data: "); ok && strings.Contains(d, `"kind"`) { // no beat
			if !strings.Contains(d, `"kind":"merge"`) {
				t.Errorf("%s", d)
			}
			return
		}
	}
	t.Fatalf("the tail ended before the merge: %v", lines.Err())
}

// TestATailEndsWithWhatLetItIn follows the log as somebody who then may not any more.
func TestATailEndsWithWhatLetItIn(t *testing.T) {
	for name, c := range map[string]struct {
		end  request // what an admin does, or the person themselves
		own  bool
		key  bool // the tail is a secret key's
		then int  // what opening it again is answered
	}{
		"a second factor is demanded": {end: request{method: "PUT", path: "/api/v1/settings/second-factor", body: `{"demanded":true}`, key: "admin"}, then: 403},
		"signed out":                  {end: request{method: "DELETE", path: "/api/v1/session"}, own: true, then: 401},
		"signed out by an admin":      {end: request{method: "DELETE", path: "/api/v1/users/vi@acme.com/sessions", key: "admin"}, then: 401},
		"disabled":                    {end: request{method: "PATCH", path: "/api/v1/users/vi@acme.com", body: `{"disabled":true}`, key: "admin"}, then: 401},
		"deleted":                     {end: request{method: "DELETE", path: "/api/v1/users/vi@acme.com", key: "admin"}, then: 401},
		"another role":                {end: request{method: "PATCH", path: "/api/v1/users/vi@acme.com", body: `{"role":"sales"}`, key: "admin"}, then: 403},
		"a password by link":          {end: request{method: "POST", path: "/api/v1/password-resets/confirm"}, then: 401},
		"a key is revoked":            {end: request{method: "DELETE", key: "admin"}, key: true, then: 401},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := open(t, dbtest.SQLite(t))
			server := httptest.NewServer(f)
			defer server.Close()
			cookie, key := f.person(t, "vi@acme.com", access.Viewer), f.key(t, "follower", access.Request{Kind: access.Secret, Name: "follower", Scopes: []access.Scope{access.ScopeIntake}})
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			follow := func() *http.Response {
				t.Helper()
				req, err := http.NewRequestWithContext(ctx, "GET", server.URL+tailPath, nil)
				if err != nil {
					t.Fatal(err)
				}
				if req.AddCookie(&http.Cookie{Name: cookieName(false), Value: cookie}); c.key {
					req.Header.Set("Authorization", "Bearer "+key.Secret)
				}
				resp, err := server.Client().Do(req)
				if err != nil {
					t.Fatal(err)
				}
				return resp
			}
			open := follow()
			defer open.Body.Close()
			lines := bufio.NewScanner(open.Body)
			for beats := 0; beats < 3 && lines.Scan(); { // it goes on by itself
				if strings.HasPrefix(lines.Text(), "data: ") {
					beats++
				}
			}
			switch {
			case c.own:
				c.end.cookie = cookie
			case c.key:
				c.end.path = "/api/v1/keys/" + key.ID
			case name == "a password by link":
				link := f.do(t, request{method: "POST", path: "/api/v1/users/vi@acme.com/password-link", key: "admin"})
				var body map[string]any
				if err := json.Unmarshal(link.Body.Bytes(), &body); err != nil {
					t.Fatal(err)
				}
				c.end.body = fmt.Sprintf(`{"token":%q,"password":"another few words in a row"}`, tokenOf(t, body["link"]))
			}
			if w := f.do(t, c.end); w.Code >= 300 {
				t.Fatalf("%d %s", w.Code, w.Body)
			}
			for lines.Scan() {
			}
			if err := lines.Err(); err != nil {
				t.Fatalf("the tail didn't end: %v", err)
			}
			again := follow()
			again.Body.Close()
			if again.StatusCode != c.then {
				t.Errorf("opened again: %d, want %d", again.StatusCode, c.then)
			}
		})
	}
}
