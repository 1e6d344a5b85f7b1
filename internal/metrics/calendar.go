package metrics

import (
	"sort"
	"time"

	"millrace"
)

const secondsPerDay = 86_400

// NewCalendar is the calendar of a time zone; nil is UTC. Changes of the zone's offset are known from 1900 to 2199.
func NewCalendar(loc *time.Location) *Calendar {
	if loc == nil {
		loc = time.UTC
	}
	c := &Calendar{}
	for t := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC).In(loc); ; {
		_, offset := t.Zone()
		c.starts = append(c.starts, millrace.Time(t.UnixMilli()))
		c.offset = append(c.offset, millrace.Time(offset)*millrace.Second)
		_, end := t.ZoneBounds()
		if end.IsZero() || end.Year() > 2199 {
			return c
		}
		if !end.After(t) { // package time ends the rule of a leap year a day early, and stands still there
			end = t.Add(24 * time.Hour)
		}
		t = end
	}
}

// Day is the day that a moment falls on, NoDay for 0.
func (c *Calendar) Day(t millrace.Time) Day { return c.reader().day(t) }

// DayOf is the day of a date.
func DayOf(year int, month time.Month, day int) Day {
	return Day(floorDiv(time.Date(year, month, day, 0, 0, 0, 0, time.UTC).Unix(), secondsPerDay))
}

// dayReader tells the days of moments that mostly lie close to each other. It is for one goroutine.
type dayReader struct {
	c        *Calendar
	from, to millrace.Time // for which offset holds
	offset   millrace.Time
}

func (c *Calendar) reader() *dayReader { return &dayReader{c: c} }

func (r *dayReader) day(t millrace.Time) Day {
	if t == 0 {
		return NoDay
	}
	if t < r.from || t >= r.to {
		r.find(t)
	}
	return Day(floorDiv(int64(t+r.offset), int64(millrace.Day)))
}

// find looks up the offset that holds at a moment.
func (r *dayReader) find(t millrace.Time) {
	starts := r.c.starts
	i := max(1, sort.Search(len(starts), func(i int) bool { return starts[i] > t }))
	r.from, r.to, r.offset = starts[i-1], 1<<62, r.c.offset[i-1]
	if i < len(starts) {
		r.to = starts[i]
	}
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Month is the month that a day is in.
func (d Day) Month() Month {
	y, m, _ := d.date()
	return Month((y-1970)*12 + int(m) - 1)
}

func (d Day) date() (int, time.Month, int) { return time.Unix(int64(d)*secondsPerDay, 0).UTC().Date() }

// Period is the month's days.
func (m Month) Period() Period {
	year := 1970 + int(floorDiv(int64(m), 12))
	month := time.Month(int64(m)-floorDiv(int64(m), 12)*12) + 1
	return Period{DayOf(year, month, 1), DayOf(year, month+1, 1) - 1}
}

// String is "2026-03".
func (m Month) String() string {
	y, mm, _ := m.Period().First.date()
	return time.Date(y, mm, 1, 0, 0, 0, 0, time.UTC).Format("2006-01")
}

// MarshalText writes String.
func (m Month) MarshalText() ([]byte, error) { return []byte(m.String()), nil }

// UnmarshalText reads what MarshalText writes. It errs (Invalid) on anything else.
func (m *Month) UnmarshalText(b []byte) error {
	t, err := time.Parse("2006-01", string(b))
	if err != nil {
		return millrace.FieldErrorf("metrics.Month", "", "%q is no month such as 2026-03", b)
	}
	*m = DayOf(t.Date()).Month()
	return nil
}

// String is "2026-03-14", empty for NoDay.
func (d Day) String() string {
	if d == NoDay {
		return ""
	}
	return time.Unix(int64(d)*secondsPerDay, 0).UTC().Format(time.DateOnly)
}

// MarshalText writes String.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads what MarshalText writes, "" as NoDay. It errs (Invalid) on anything else.
func (d *Day) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*d = NoDay
		return nil
	}
	t, err := time.Parse(time.DateOnly, string(b))
	if err != nil {
		return millrace.FieldErrorf("metrics.Day", "", "%q is no day such as 2026-03-14", b)
	}
	*d = DayOf(t.Date())
	return nil
}

// Days is how many days the period has, 0 when it is empty.
func (p Period) Days() int { return max(0, int(int64(p.Last)-int64(p.First)+1)) }

// Has says whether a day is in the period.
func (p Period) Has(d Day) bool { return d != NoDay && p.First <= d && d <= p.Last }

// cut is the part of the period that is also in q.
func (p Period) cut(q Period) Period { return Period{max(p.First, q.First), min(p.Last, q.Last)} }

// Months are the months that the period touches.
func (p Period) Months() []Month {
	var out []Month
	for m := p.First.Month(); p.Days() > 0 && m <= p.Last.Month(); m++ {
		out = append(out, m)
	}
	return out
}

// Noon is a moment of a day: twelve hours after it begins at the latest.
func (c *Calendar) Noon(d Day) millrace.Time {
	at := millrace.Time(int64(d)*secondsPerDay*1000) + 12*millrace.Hour
	for _, shift := range [...]millrace.Time{0, -12 * millrace.Hour, 12 * millrace.Hour, -6 * millrace.Hour, 6 * millrace.Hour} {
		if c.Day(at+shift) == d {
			return at + shift
		}
	}
	return at
}
