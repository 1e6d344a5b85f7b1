package score

import (
	"math"
	"time"

	"millrace"
)

// days is the calendar of a time zone: which numbered day a moment belongs to. Day 0 is 1970-01-01. Days never run backwards:
// where the clocks are put back over midnight, the repeated time belongs to the new day, and a day that the zone left out
// (Samoa, 2011-12-30) is empty.
type days struct {
	periods []period
	guess   [1 << 10]uint16 // the period at the beginning of each 2^32 ms since 1970
}

// period is a stretch of time with one distance from UTC.
type period struct {
	start  millrace.Time
	offset millrace.Time // local time minus UTC
	floor  int32         // the last day that began before start
	last   int32         // the last day that has begun when the period ends
}

const (
	guessShift  = 32
	maxDay      = 1 << 30
	lastZoneDay = 2150 // year up to which changes of the clocks are laid down; the last distance from UTC holds after it
)

// newDays lays down the zone's changes of the clocks from 1970 on. What came before has the distance from UTC of 1970.
func newDays(loc *time.Location) *days {
	d := &days{}
	at, start := time.Unix(0, 0).In(loc), millrace.Time(math.MinInt64)
	for {
		_, offset := at.Zone()
		ms := millrace.Time(offset) * millrace.Second
		if n := len(d.periods); n == 0 || d.periods[n-1].offset != ms {
			d.periods = append(d.periods, period{start: start, offset: ms})
		}
		_, end := at.ZoneBounds()
		if end.IsZero() || end.Year() > lastZoneDay {
			break
		}
		if !end.After(at) {
			end = at.Add(24 * time.Hour) // package time ends every year after 365 days, and gets no further on the last day of a leap year
		}
		at, start = end, millrace.Time(end.UnixMilli())
	}
	floor := int32(-maxDay)
	for i := range d.periods {
		p := &d.periods[i]
		p.floor, p.last = floor, maxDay
		if i+1 < len(d.periods) {
			p.last = max(floor, localDay(d.periods[i+1].start-1+p.offset))
		}
		floor = p.last
	}
	at32 := 0
	for i := range d.guess {
		for at32+1 < len(d.periods) && d.periods[at32+1].start <= millrace.Time(i)<<guessShift {
			at32++
		}
		d.guess[i] = uint16(at32)
	}
	return d
}

// localDay is the number of the day of a local time, kept within ±maxDay.
func localDay(local millrace.Time) int32 {
	q, _ := divMod(int64(local), int64(millrace.Day))
	return int32(min(max(q, -maxDay), maxDay))
}

// find is the index of t's period.
func (d *days) find(t millrace.Time) int {
	if t < 0 {
		return 0
	}
	i := int(d.guess[min(t>>guessShift, millrace.Time(len(d.guess)-1))])
	for i+1 < len(d.periods) && d.periods[i+1].start <= t {
		i++
	}
	return i
}

func (d *days) of(t millrace.Time) int32 {
	p := &d.periods[d.find(t)]
	return max(p.floor, localDay(t+p.offset))
}

func (d *days) start(day int32) millrace.Time {
	utc := millrace.Time(day) * millrace.Day
	i := d.find(utc - 2*millrace.Day) // no zone is further from UTC
	for d.periods[i].last < day {
		i++
	}
	return max(d.periods[i].start, utc-d.periods[i].offset)
}

// DayOf is the number of the workspace day that t belongs to; 1970-01-01 in the workspace's time zone is 0.
func (r *Rules) DayOf(t millrace.Time) int32 { return r.days.of(t) }

// DayStart is the first moment of the workspace day; for a day that the zone left out it is that of the day after.
func (r *Rules) DayStart(day int32) millrace.Time {
	return r.days.start(min(max(day, -maxDay), maxDay))
}
