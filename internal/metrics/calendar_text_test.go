package metrics_test

import (
	"encoding/json"
	"testing"

	"millrace"
	"millrace/internal/metrics"

	"pgregory.net/rapid"
)

// Days and months are text in JSON, and are read as they are written.
func TestDaysAndMonthsAreText(t *testing.T) {
	type both struct {
		Day   metrics.Day   `json:"day"`
		Month metrics.Month `json:"month"`
	}
	b, err := json.Marshal(both{metrics.DayOf(2026, 3, 14), metrics.DayOf(2026, 3, 14).Month()})
	if err != nil || string(b) != `{"day":"2026-03-14","month":"2026-03"}` {
		t.Errorf("%s, %v", b, err)
	}
	rapid.Check(t, func(t *rapid.T) {
		d := metrics.Day(rapid.Int32Range(-700_000, 2_900_000).Draw(t, "day"))
		in := both{d, d.Month()}
		if rapid.IntRange(0, 9).Draw(t, "none") == 0 {
			in.Day = metrics.NoDay
		}
		b, err := json.Marshal(in)
		if err != nil {
			t.Fatal(err)
		}
		var out both
		if err := json.Unmarshal(b, &out); err != nil || out != in {
			t.Fatalf("%+v came back from %s as %+v, %v", in, b, out, err)
		}
	})
	for _, bad := range []string{`{"day":"14.3.2026"}`, `{"day":"2026-02-30"}`, `{"month":"2026-13"}`, `{"month":""}`} {
		var out both
		if err := json.Unmarshal([]byte(bad), &out); millrace.ErrorCode(err) != millrace.Invalid {
			t.Errorf("%s: %v", bad, err)
		}
	}
}
