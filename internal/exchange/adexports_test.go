package exchange

import (
	"io"
	"maps"
	"strings"
	"testing"
)

// TestAdExports imports advertising platforms' files as their screens write them: what they cost to the cent, or why they can't be dated.
func TestAdExports(t *testing.T) {
	for _, c := range []struct {
		file, format, platform string
		rows                   int64
		spend                  map[string]string
		note                   string
	}{
		{"google_ads_campaign_report_daily.csv", "google-ads", "google_ads", 3, map[string]string{"INR": "125500.75"}, "1 lines are totals"},
		{"google_ads_daily_simple.csv", "google-ads", "google_ads", 3, map[string]string{"USD": "3100.75"}, "the workspace's"},
		{"google_ads_de_USD.csv", "google-ads", "google_ads", 2, map[string]string{"USD": "1334.46"}, `"Kosten" are read with ","`},
		{"meta_ads_daily.csv", "meta-ads", "meta_ads", 3, map[string]string{"INR": "26000.50"}, "they say 15000"},
	} {
		t.Run(c.file, func(t *testing.T) {
			text, err := io.ReadAll(shared(t, "ad-exports/"+c.file))
			if err != nil {
				t.Fatal(err)
			}
			m, o := &memory{}, options("spend")
			o.Home = Home{Currency: "USD", Timezone: "America/New_York"}
			s := run(t, m, c.file, string(text), o)
			if s.Format != c.format || s.Platform != c.platform || s.Rows != c.rows || s.Accepted != c.rows || !maps.Equal(s.Spend, c.spend) || !hasNote(s, c.note) {
				t.Errorf("%+v", s)
			}
			if again := run(t, m, c.file, string(text), o); again.Duplicates != c.rows || !maps.Equal(again.Spend, c.spend) {
				t.Errorf("again: %+v", again)
			}
		})
	}
	for file, want := range map[string][]string{
		"google_ads_campaign_report_real.csv": {"Google Ads report (Campaign report, All time) without a day column", "add the segment Time > Day"},
		"meta_ads_aggregate_default.csv":      {"of 2025-12-10 to 2026-08-10", "Breakdown > By time > Day"},
	} {
		t.Run(file, func(t *testing.T) {
			text, err := io.ReadAll(shared(t, "ad-exports/"+file))
			if err != nil {
				t.Fatal(err)
			}
			msg := refused(t, file, string(text), options("spend"))
			for _, w := range want {
				if !strings.Contains(msg, w) {
					t.Errorf("%q does not say %q", msg, w)
				}
			}
		})
	}
}
