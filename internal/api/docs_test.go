package api

import (
	"encoding/json"
	"strings"
	"testing"

	"millrace/internal/dbtest"
)

func TestDocs(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	check := newChecker(t, f.API)
	get := func(path, pattern string, status int, into any) {
		t.Helper()
		w := f.do(t, request{method: "GET", path: path, key: "read"})
		if w.Code != status {
			t.Fatalf("%s: %d %s", path, w.Code, w.Body)
		}
		check.check(t, pattern, w)
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			t.Fatal(err)
		}
	}
	var list struct {
		Data []struct {
			Name, Title, Group string
			Sections           []struct{ ID, Title string }
		}
	}
	get("/api/v1/docs", "GET /api/v1/docs", 200, &list)
	if len(list.Data) < 15 {
		t.Errorf("only %d pages", len(list.Data))
	}
	var page struct{ Title, HTML, Markdown string }
	for _, p := range list.Data {
		if p.Title == "" || p.Group == "" {
			t.Errorf("%+v", p)
		}
		get("/api/v1/docs/"+p.Name, "GET /api/v1/docs/{name}", 200, &page)
		for _, s := range p.Sections {
			if !strings.Contains(page.HTML, ` id="`+s.ID+`"`) {
				t.Errorf("%s has no heading %s", p.Name, s.ID)
			}
		}
		if !strings.HasPrefix(page.Markdown, "# ") {
			t.Errorf("%s as it was written begins %.20q", p.Name, page.Markdown)
		}
	}
	get("/api/v1/docs/api", "GET /api/v1/docs/{name}", 200, &page)
	for _, r := range f.routes() {
		if !strings.Contains(page.Markdown, "`"+r.method+" "+r.path+"`") {
			t.Errorf("the API's page does not have %s %s", r.method, r.path)
		}
	}
	var hits struct{ Data []struct{ Name, ID string } }
	get("/api/v1/docs/search?q=half-life&limit=2", "GET /api/v1/docs/search", 200, &hits)
	if len(hits.Data) != 2 {
		t.Errorf("%+v", hits)
	}
	get("/api/v1/docs/search?q=", "GET /api/v1/docs/search", 200, &hits)
	if len(hits.Data) != 0 {
		t.Errorf("%+v", hits)
	}
	get("/api/v1/docs/nowhere", "GET /api/v1/docs/{name}", 404, &struct{}{})
}
