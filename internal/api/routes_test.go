package api

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"millrace/internal/access"
	"millrace/internal/db"
	"millrace/internal/dbtest"

	"github.com/danielgtaylor/huma/v2"
)

// placeholders fill a route's path in.
var placeholders = strings.NewReplacer("{view}", "sales", "{table}", "tiles", "{id}", "1", "{version}", "pb_0", "{name}", "smb", "{page}", "leads")

// TestWhoMayCallWhat goes through all routes with all kinds of callers that are machines.
func TestWhoMayCallWhat(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	for _, r := range f.routes() {
		call := func(key string) int {
			return f.do(t, request{method: r.method, path: placeholders.Replace(r.path), key: key}).Code
		}
		for key, want := range map[string]int{"": 401, "unknown": 401, "revoked": 401, "collect": 403} {
			if got := call(key); got != want && r.scope != access.ScopePublic || r.scope == access.ScopePublic && (got == 401 || got == 403) {
				t.Errorf("%s %s with key %q: %d, want %d", r.method, r.path, key, got, want)
			}
		}
		for _, s := range access.Scopes() {
			may := r.scope != access.ScopeSelf && (s == r.scope || s == access.ScopeAdmin || r.scope == access.ScopePublic)
			if got := call(string(s)); (got != 403) != may || got == 401 || got >= 500 {
				t.Errorf("%s %s with scope %s: %d", r.method, r.path, s, got)
			}
		}
	}
}

func TestHowAKeyIsShown(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	basic := func(user, password string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
	}
	for header, want := range map[string]int{
		"Bearer " + f.keys["read"]:       200,
		"bearer  " + f.keys["read"]:      200,
		basic(f.keys["read"], ""):        200,
		basic("", f.keys["read"]):        200,
		basic(f.keys["collect"], ""):     403,
		basic("", f.keys["collect"]):     403,
		"Bearer " + f.keys["collect"]:    403,
		"Token " + f.keys["read"]:        401,
		f.keys["read"]:                   401,
		"Bearer":                         401,
		"Bearer " + f.keys["read"] + "x": 401,
	} {
		req := httptest.NewRequest("GET", "/api/v1/stats", nil)
		req.Header.Set("Authorization", header)
		w := httptest.NewRecorder()
		f.ServeHTTP(w, req)
		if w.Code != want {
			t.Errorf("%q: %d, want %d", header, w.Code, want)
		}
		if (w.Code == 401) != (w.Header().Get("WWW-Authenticate") != "") {
			t.Errorf("%q: WWW-Authenticate %q", header, w.Header().Get("WWW-Authenticate"))
		}
	}
	req := httptest.NewRequest("GET", "/api/v1/stats?writeKey="+f.keys["collect"], nil)
	req.Header.Set("X-Write-Key", f.keys["collect"])
	w := httptest.NewRecorder()
	if f.ServeHTTP(w, req); w.Code != 401 {
		t.Errorf("a write key elsewhere: %d", w.Code)
	}
}

// TestRoutesAndDescription compares the table with the OpenAPI document both ways.
func TestRoutesAndDescription(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	described := map[string]string{}
	for path, item := range f.huma.OpenAPI().Paths {
		for method, op := range map[string]*huma.Operation{"GET": item.Get, "POST": item.Post, "PUT": item.Put, "PATCH": item.Patch, "DELETE": item.Delete, "HEAD": item.Head, "OPTIONS": item.Options} {
			if op != nil {
				described[method+" "+path] = fmt.Sprint(op.OperationID, " ", op.Extensions["x-scope"])
				if len(op.Security) == 0 || op.Summary == "" || len(op.Tags) != 1 {
					t.Errorf("%s %s is not fully described", method, path)
				}
			}
		}
	}
	ids := map[string]bool{}
	for _, r := range f.routes() {
		name := r.method + " " + r.path
		if described[name] != r.id+" "+string(r.scope) {
			t.Errorf("%s is described as %q", name, described[name])
		}
		if ids[r.id] {
			t.Errorf("two routes are called %s", r.id)
		}
		ids[r.id] = true
		req := httptest.NewRequest(r.method, placeholders.Replace(r.path), nil)
		if _, pattern := f.mux.Handler(req); pattern != name {
			t.Errorf("%s is served by %q", name, pattern)
		}
		delete(described, name)
	}
	for name := range described {
		t.Errorf("%s is described and not in the table", name)
	}
}

// TestDescriptionIsCurrent holds docs/openapi.json to what the server serves; go test ./internal/api -update writes it.
func TestDescriptionIsCurrent(t *testing.T) {
	const file = "../../docs/openapi.json"
	f := open(t, dbtest.SQLite(t))
	got, err := f.OpenAPI()
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("docs/openapi.json is not current: run go test ./internal/api -update")
	}
	for path, kind := range map[string]string{"/api/openapi.json": "application/openapi+json", "/api/openapi.yaml": "application/openapi+yaml"} {
		w := f.do(t, request{method: "GET", path: path})
		if w.Code != 200 || w.Header().Get("Content-Type") != kind || !strings.Contains(w.Body.String(), "Millrace") {
			t.Errorf("%s: %d %s", path, w.Code, w.Header())
		}
	}
}

func TestHealthAndMetrics(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	mux := http.NewServeMux()
	f.Routes(mux)
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
		return w
	}
	if w := get("/healthz"); w.Code != 200 || w.Body.String() != "ok\n" {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	f.do(t, request{method: "GET", path: "/api/v1/contacts/con_1", key: "read"})
	if w := get("/metrics"); w.Code != 200 || !strings.Contains(w.Body.String(), `millrace_api_requests_total{route="GET /api/v1/contacts/{id}",status="404"} 1`) {
		t.Errorf("%d %s", w.Code, w.Body)
	}
	f.ready = func() error { return http.ErrServerClosed }
	if w := get("/healthz"); w.Code != 503 {
		t.Errorf("not ready: %d", w.Code)
	}
	f.ready = nil
	f.db.Close()
	if w := get("/healthz"); w.Code != 503 {
		t.Errorf("without a database: %d", w.Code)
	}
}

// TestHealthOnAFullDisk: health and metrics say that nothing can be written until something can be again.
func TestHealthOnAFullDisk(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	says := func(when, writing, metric string) {
		t.Helper()
		if w := f.do(t, request{path: "/api/v1/health", key: "read"}); w.Code != 200 || !strings.Contains(w.Body.String(), `"writing":"`+writing+`"`) {
			t.Errorf("%s: %d %s", when, w.Code, w.Body)
		}
		if w := f.do(t, request{path: "/metrics", key: "admin"}); !strings.Contains(w.Body.String(), "millrace_writes_failing "+metric+"\n") {
			t.Errorf("%s: metrics have no %s", when, metric)
		}
	}
	room := func(pages string) {
		t.Helper()
		if err := f.db.Write(t.Context(), func(tx *db.Tx) error { return tx.ExecOnce(t.Context(), "pragma max_page_count = "+pages) }); err != nil {
			t.Fatal(err)
		}
	}
	says("with room", "ok", "0")
	room("1") // as few as there are
	for n := 0; f.db.Trouble() == nil && n < 1000; n++ {
		w := f.do(t, request{method: "POST", path: "/api/v1/keys", key: "admin", body: fmt.Sprintf(`{"kind":"write","name":"one of many %d %s"}`, n, strings.Repeat("x", 80))})
		if w.Code != 201 && w.Code != 507 {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
	says("on a full disk", "no_room", "1")
	room("1000000")
	says("with room again", "ok", "0")
}
