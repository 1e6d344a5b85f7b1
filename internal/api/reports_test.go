package api

import (
	"encoding/json"
	"net/http"
	"testing"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/dbtest"
	"millrace/internal/measure/restate"
)

// TestReportsOverTheAPI: publish, list, open, learn something late, restate.
func TestReportsOverTheAPI(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	check := newChecker(t, f.API)
	ask := func(method, path, key, body string, status int, into any) {
		t.Helper()
		w := f.do(t, request{method: method, path: "/api/v1/reports" + path, key: key, body: body})
		if w.Code != status {
			t.Fatalf("%s %s: %d, want %d: %s", method, path, w.Code, status, w.Body)
		}
		if into == nil {
			return
		}
		r, err := http.NewRequest(method, "/api/v1/reports"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		_, pattern := f.mux.Handler(r)
		check.check(t, pattern, w)
		if err := json.Unmarshal(w.Body.Bytes(), into); err != nil {
			t.Fatal(err)
		}
	}
	var published, again restate.Frozen
	ask("POST", "", "write", `{"kind":"economics","title":"First quarter","query":{"from":"2025-12-01","to":"2026-12-31"}}`, 201, &published)
	ask("POST", "", "read", `{"kind":"economics","title":"x"}`, 403, nil)
	ask("POST", "", "write", `{"kind":"economics","title":" "}`, 422, nil)
	ask("GET", "/7", "read", "", 404, nil)
	if _, err := f.engine.Apply(t.Context(), millrace.Batch{Events: []millrace.Event{{Source: "t", ID: "late", Kind: millrace.KindIdentify, UserID: "zoe", Email: "zoe@acme-widgets.com",
		OccurredAt: day0, ReceivedAt: now, Data: []byte(`{"email":"zoe@acme-widgets.com"}`)}}}); err != nil {
		t.Fatal(err)
	}
	var list struct {
		Data []restate.Report `json:"data"`
	}
	ask("GET", "", "read", "", 200, &list)
	ask("GET", "/1", "read", "", 200, &again)
	if len(list.Data) != 1 || list.Data[0] != published.Report || string(again.Body) != string(published.Body) || again.Report != published.Report {
		t.Errorf("it reads otherwise than it was published: %+v, %+v", list, again)
	}
	var now restatement
	for range 20 {
		if ask("GET", "/1/restated", "read", "", 200, &now); now.State == "done" {
			break
		}
	}
	if now.Restated == nil {
		t.Fatalf("%+v", now)
	}
	if now.Restated.Changed == 0 || now.Restated.Causes[1].Key != "late" || now.Restated.Causes[1].Changed == 0 || now.Restated.Causes[1].Total != 1 {
		t.Errorf("%+v", now.Restated)
	}
	page, _, err := f.access.Log(t.Context(), access.LogFilter{Action: string(access.ReportPublished)})
	if err != nil || len(page) != 1 || page[0].Detail != "First quarter" {
		t.Errorf("the access log tells of %+v, %v", page, err)
	}
}
