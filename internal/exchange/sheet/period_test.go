package sheet

import (
	"testing"
	"time"
)

func TestParsePeriod(t *testing.T) {
	for in, want := range map[string]string{"2026-03": "2026-03-01 2026-03-31", "2024/02": "2024-02-01 2024-02-29", "202602": "2026-02-01 2026-02-28", "03/2026": "2026-03-01 2026-03-31", "3.2026": "2026-03-01 2026-03-31",
		"March 2026": "2026-03-01 2026-03-31", "Mar-26": "2026-03-01 2026-03-31", "2026-Q3": "2026-07-01 2026-09-30", "Q1 2026": "2026-01-01 2026-03-31", "2026": "2026-01-01 2026-12-31",
		"2026-03-05": "2026-03-05 2026-03-05", "5/3/2026": "2026-05-03 2026-05-03", "2026-13": "", "Q5 2026": "", "Marz": "", "Monday 2026": "", "1900": "", "": ""} {
		got := ""
		if first, last, err := ParsePeriod(in, MonthFirst); err == nil {
			got = first.Format(time.DateOnly) + " " + last.Format(time.DateOnly)
		}
		if got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

func TestParseDay(t *testing.T) {
	for in, want := range map[string]string{"2026-03-01T23:30:00-08:00": "2026-03-01", "2026-03-01 00:10": "2026-03-01", "1772323200": "2026-03-01", "1 March 2026": "2026-03-01", "2/3/2026": "2026-03-02", "31/31/2026": ""} {
		got := ""
		if d, err := ParseDay(in, DayFirst); err == nil {
			got = d.Format(time.DateOnly)
		}
		if got != want {
			t.Errorf("%q is %q, want %q", in, got, want)
		}
	}
}

// FuzzParsePeriod: a period is whole days in order.
func FuzzParsePeriod(f *testing.F) {
	for _, s := range []string{"2026-03", "Q1 2026", "Feb 24", "1/2/2026", "20260301", "1772323200"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		first, last, err := ParsePeriod(s, OrderUnknown)
		if err == nil && (last.Before(first) || first.Truncate(24*time.Hour) != first || last.Truncate(24*time.Hour) != last || last.Sub(first) > 366*24*time.Hour) {
			t.Fatalf("%q is %s to %s", s, first, last)
		}
	})
}
