package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"millrace/internal/access"
	"millrace/internal/dashboard"
	"millrace/internal/dbtest"
)

func TestDashboards(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	for _, view := range dashboard.Views() {
		w := f.do(t, request{method: http.MethodGet, path: "/api/v1/dashboards/" + view + "?from=2025-10-01&to=2026-01-15&compare=previous", key: "read"})
		var got measured[dashboard.Dashboard]
		if err := json.Unmarshal(w.Body.Bytes(), &got); err != nil || w.Code != 200 || got.Report.View != view || len(got.Report.Tiles) == 0 || got.Report.Compare == nil {
			t.Fatalf("%s: %d %v %.300s", view, w.Code, err, w.Body)
		}
		for _, table := range got.Report.Tables() { // every table that is there is exported, in both forms
			for _, format := range []string{"csv", "ndjson"} {
				path := "/api/v1/dashboards/" + view + "/tables/" + table + "?format=" + format
				if w := f.do(t, request{method: http.MethodGet, path: path, key: "export"}); w.Code != 200 || !strings.Contains(w.Header().Get("Content-Disposition"), view+"-"+table+"."+format) {
					t.Errorf("%s: %d %.200s", path, w.Code, w.Body)
				}
			}
		}
	}
	for path, want := range map[string]int{"board": 422, "sales?compare=week": 422, "sales?from=2026-02-01&to=2026-01-01": 422, "sales?from=tomorrow": 422} {
		if w := f.do(t, request{method: http.MethodGet, path: "/api/v1/dashboards/" + path, key: "read"}); w.Code != want {
			t.Errorf("%s: %d, want %d: %s", path, w.Code, want, w.Body)
		}
	}
	if w := f.do(t, request{method: http.MethodGet, path: "/api/v1/dashboards/sales/tables/none", key: "export"}); w.Code != 404 {
		t.Errorf("a table that isn't there: %d", w.Code)
	}
	if w := f.do(t, request{method: http.MethodGet, path: "/api/v1/dashboards/sales/tables/tiles", key: "read"}); w.Code != 403 {
		t.Errorf("an export without the scope: %d", w.Code)
	}
	log, _, err := f.access.Log(t.Context(), access.LogFilter{Action: string(access.Exported), Limit: 1})
	if err != nil || len(log) != 1 || !strings.HasPrefix(log[0].Target, "dashboard abm, ") {
		t.Errorf("the access log: %+v, %v", log, err)
	}
}

func TestAnnotations(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	call := func(method, path, body string, want int) dashboard.Annotation {
		t.Helper()
		w := f.do(t, request{method: method, path: "/api/v1/annotations" + path, key: "admin", body: body})
		var a dashboard.Annotation
		if w.Code != want {
			t.Fatalf("%s %s: %d, want %d: %s", method, path, w.Code, want, w.Body)
		}
		if want < 300 {
			if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
				t.Fatal(err)
			}
		}
		return a
	}
	a := call(http.MethodPost, "", `{"from":"2026-01-10","text":"New pricing"}`, 201)
	if a.Period.First != a.Period.Last || a.By != "admin ("+strings.SplitN(a.By, "(", 2)[1] {
		t.Errorf("%+v", a)
	}
	call(http.MethodPost, "", `{"from":"2026-01-10","to":"2026-01-09","text":"x"}`, 422)
	call(http.MethodPost, "", `{"from":"2026-01-10","text":""}`, 422)
	call(http.MethodPost, "", `{"text":"x"}`, 422)
	if b := call(http.MethodPatch, "/"+a.ID, `{"to":"2026-01-12","channel":"Events"}`, 200); b.Period.Days() != 3 || b.Channel != "Events" || b.Text != "New pricing" {
		t.Errorf("%+v", b)
	}
	if b := call(http.MethodDelete, "/"+a.ID, "", 200); !b.Removed {
		t.Errorf("%+v", b)
	}
	if b := call(http.MethodPatch, "/"+a.ID, `{"removed":false}`, 200); b.Removed {
		t.Errorf("%+v", b)
	}
	call(http.MethodDelete, "/ann_none", "", 404)
	w := f.do(t, request{method: http.MethodGet, path: "/api/v1/dashboards/sales", key: "read"})
	if !strings.Contains(w.Body.String(), `"text":"New pricing"`) {
		t.Errorf("the view does not show it: %.300s", w.Body)
	}
}
