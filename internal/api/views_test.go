package api

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"millrace/internal/access"
	"millrace/internal/dbtest"
	"millrace/internal/savedview"
)

// TestViews saves, shares, changes and deletes a view as the people of a team do over HTTP.
func TestViews(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		f := open(t, url)
		check := newChecker(t, f.API)
		kim, mia, vic := f.person(t, "kim@acme.com", access.Sales), f.person(t, "mia@acme.com", access.SalesManager), f.person(t, "vic@acme.com", access.Viewer)
		call := func(who, method, path, body string, want int) (v savedview.View) {
			t.Helper()
			w := f.do(t, request{method: method, path: path, body: body, cookie: who})
			if w.Code != want {
				t.Fatalf("%s %s %s: %d %s, want %d", method, path, body, w.Code, w.Body, want)
			}
			if want < 300 && w.Body.Len() > 0 {
				if err := json.Unmarshal(w.Body.Bytes(), &v); err != nil {
					t.Fatal(err)
				}
			}
			return v
		}
		v := call(kim, "POST", "/api/v1/views", `{"page":"leads","name":"My queue","query":"stage=mql&owned=false","shared":true}`, 201)
		private := call(kim, "POST", "/api/v1/views", `{"page":"accounts","name":"Mine","query":"owner=kim"}`, 201)
		at := "/api/v1/views/" + v.ID
		call(vic, "POST", "/api/v1/views", `{"page":"leads","name":"x","query":"","shared":true}`, 403)
		call(vic, "PATCH", at, `{"name":"x"}`, 403)
		call(vic, "DELETE", "/api/v1/views/"+private.ID, "", 404)
		call(vic, "PUT", "/api/v1/views/defaults/leads", fmt.Sprintf(`{"view":%q}`, v.ID), 204)
		call(vic, "PUT", "/api/v1/views/defaults/leads", fmt.Sprintf(`{"view":%q}`, private.ID), 404)
		call(vic, "PUT", "/api/v1/views/defaults/nowhere", `{"view":""}`, 422)
		call(mia, "PATCH", at, `{"query":"stage=mql","revision":1}`, 200)
		call(kim, "PATCH", at, `{"query":"stage=sql","revision":1}`, 409)
		call(kim, "POST", "/api/v1/views", `{"page":"leads","name":"My queue","query":""}`, 409)
		call(kim, "POST", "/api/v1/views", `{"page":"leads","name":"x","query":"a=1&a=2"}`, 422)
		for who, file := range map[string]string{kim: "views.json", vic: "views-viewer.json"} {
			w := f.do(t, request{method: "GET", path: "/api/v1/views", cookie: who})
			golden(t, file, w)
			check.check(t, "GET /api/v1/views", w)
		}
		call(mia, "DELETE", at, "", 204)
		if w := f.do(t, request{method: "GET", path: "/api/v1/views", cookie: vic}); strings.TrimSpace(w.Body.String()) != `{"data":[],"next_cursor":""}` {
			t.Errorf("%s", w.Body)
		}
		entries, _, err := f.access.Log(t.Context(), access.LogFilter{})
		for _, e := range entries {
			if err != nil || strings.Contains(string(e.Action), "view") {
				t.Errorf("the access log tells of a view: %+v %v", e, err)
			}
		}
	})
}
