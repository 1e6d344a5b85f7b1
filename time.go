package millrace

import "time"

// Time is a moment in Unix milliseconds, UTC. Zero means "not given". It is the one representation of time in facts, tables and folds.
type Time int64

// Day and the like are durations in the unit of Time.
const (
	Millisecond Time = 1
	Second           = 1000 * Millisecond
	Minute           = 60 * Second
	Hour             = 60 * Minute
	Day              = 24 * Hour
)

// TimeOf converts a time.Time, truncating to the millisecond. The zero time.Time becomes 0.
func TimeOf(t time.Time) Time {
	if t.IsZero() {
		return 0
	}
	return Time(t.UnixMilli())
}

// Std is the time.Time in UTC; the zero Time gives the zero time.Time.
func (t Time) Std() time.Time {
	if t == 0 {
		return time.Time{}
	}
	return time.UnixMilli(int64(t)).UTC()
}

// String is RFC 3339 with milliseconds in UTC, empty for zero.
func (t Time) String() string {
	if t == 0 {
		return ""
	}
	return t.Std().Format("2006-01-02T15:04:05.000Z")
}

// MarshalJSON writes the RFC 3339 string, or null for zero.
func (t Time) MarshalJSON() ([]byte, error) {
	if t == 0 {
		return []byte("null"), nil
	}
	return []byte(`"` + t.String() + `"`), nil
}

// UnmarshalJSON takes an RFC 3339 string or null.
func (t *Time) UnmarshalJSON(b []byte) error {
	if string(b) == "null" || string(b) == `""` {
		*t = 0
		return nil
	}
	var s time.Time
	if err := s.UnmarshalJSON(b); err != nil {
		return FieldErrorf("millrace.Time", "", "want an RFC 3339 time such as 2026-03-14T18:22:10Z, got %s", b)
	}
	*t = TimeOf(s)
	return nil
}

// Clock tells the present moment. Only the shell calls it; folds take the Time as an argument.
type Clock func() Time

// SystemClock is the machine's clock.
func SystemClock() Time { return TimeOf(time.Now()) }
