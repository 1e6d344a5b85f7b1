package api

import (
	"net/http"
	"strings"
	"testing"

	"millrace/internal/dbtest"
)

// TestMeasurementsAreOfASpan asks every measurement for a span of days: each takes it, and says so in the description.
func TestMeasurementsAreOfASpan(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	needs := map[string]string{"/api/v1/measure/conversion": "&from_stage=mql&to_stage=opportunity", "/api/v1/measure/plan": "&target=1000&by=2026-12-31",
		"/api/v1/measure/review/scenario": "&from_channel=LinkedIn+ads&to_channel=Webinars", "/api/v1/measure/episodes": "&step=lead_to_mql", "/api/v1/measure/attribution/deals": "&value=Webinars&model=linear"}
	asked := 0
	for _, r := range f.routes() {
		if r.method != http.MethodGet || !strings.HasPrefix(r.path, "/api/v1/measure/") || strings.Contains(r.path, "{") {
			continue
		}
		asked++
		path := r.path + "?from=2026-01-01&to=2026-03-31&horizon_days=60&lead_by=first" + needs[r.path]
		if w := f.do(t, request{method: r.method, path: path, key: "read"}); w.Code != http.StatusOK && !strings.Contains(w.Body.String(), "there is no channel") {
			t.Errorf("%s: %d %s", path, w.Code, w.Body)
		}
	}
	if asked < 7 {
		t.Errorf("%d measurements were asked", asked)
	}
}

// TestCustomWeights: five whole numbers make the custom model; anything else is refused.
func TestCustomWeights(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	for query, want := range map[string]int{"weights=30,30,30,0,10&models=custom": 200, "weights=1,2,3": 422, "weights=a,b,c,d,e": 422, "weights=0,0,0,0,0&models=custom": 422, "weights=99999,0,0,0,1&models=custom": 422} {
		w := f.do(t, request{method: http.MethodGet, path: "/api/v1/measure/attribution?" + query, key: "read"})
		if w.Code != want || want == http.StatusOK && !strings.Contains(w.Body.String(), `"money_position":`) {
			t.Errorf("%s: %d, want %d: %s", query, w.Code, want, w.Body)
		}
	}
}
