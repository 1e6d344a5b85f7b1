package cli

import (
	"time"

	"millrace"
	"millrace/internal/metrics"
)

// Day reads a day, NoDay for none.
func Day(name, s string) (metrics.Day, error) {
	if s == "" {
		return metrics.NoDay, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, millrace.FieldErrorf("millrace", name, "%q is no day such as 2026-03-31", s)
	}
	return metrics.DayOf(t.Date()), nil
}

// Moment reads a past moment, 0 for none.
func Moment(flag, v string) (millrace.Time, error) {
	if v == "" {
		return 0, nil
	}
	for _, layout := range [...]string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04", "2006-01-02"} {
		if t, err := time.Parse(layout, v); err == nil {
			return millrace.TimeOf(t), nil
		}
	}
	return 0, millrace.FieldErrorf("millrace", "--"+flag, "%q is no moment such as 2026-03-14 or 2026-03-14T18:22:10Z", v)
}
