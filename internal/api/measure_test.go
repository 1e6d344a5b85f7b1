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
	ofNow := map[string]bool{"/api/v1/measure/stays": true, "/api/v1/measure/forecast/deals": true}
	asked := 0
	for _, r := range f.routes() {
		if r.method != http.MethodGet || !strings.HasPrefix(r.path, "/api/v1/measure/") || strings.Contains(r.path, "{") || ofNow[r.path] {
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

// TestRowsBehind: what stands behind passages and the forecast is of now, and of passages it has to be said which.
func TestRowsBehind(t *testing.T) {
	f := open(t, dbtest.SQLite(t))
	for path, want := range map[string]int{"stays?stage=lead": 200, "stays?stage=lead&state=inside": 200, "stays?next=mql": 200, "stays?stage=lead&next=mql": 200, "stays": 422, "stays?stage=door": 422,
		"forecast/deals": 200, "forecast/deals?stage=(none)": 200, "costs?channel=(none)&limit=1": 200, "costs?cursor=x": 422, "visits?group=Direct": 200, "contracts?change=churned": 200, "contracts?change=moved": 422} {
		if w := f.do(t, request{method: http.MethodGet, path: "/api/v1/measure/" + path, key: "read"}); w.Code != want || want == http.StatusOK && !strings.Contains(w.Body.String(), `"total":`) {
			t.Errorf("%s: %d, want %d: %s", path, w.Code, want, w.Body)
		}
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
