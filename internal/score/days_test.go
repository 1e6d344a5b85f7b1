package score

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"millrace"
)

func TestDayOf(t *testing.T) {
	for _, c := range []struct {
		zone, at string
		day      int32
	}{
		{"UTC", "1970-01-01 00:00", 0}, {"UTC", "1970-01-01 23:59", 0}, {"UTC", "1970-01-02 00:00", 1}, {"", "1969-12-31 23:59", -1},
		{"Europe/Berlin", "2026-03-14 22:59", 20526}, {"Europe/Berlin", "2026-03-14 23:00", 20527},
		{"Europe/Berlin", "2026-07-14 21:59", 20648}, {"Europe/Berlin", "2026-07-14 22:00", 20649},
		{"America/New_York", "2026-03-15 03:59", 20526}, {"America/New_York", "2026-03-15 04:00", 20527},
		// Samoa went from 29 to 31 December 2011 at 10:00 UTC.
		{"Pacific/Apia", "2011-12-30 09:59", 15337}, {"Pacific/Apia", "2011-12-30 10:00", 15339},
		// St. John's put its clocks back at 00:01 local time, 02:31 UTC, on 2006-10-29: the repeated hour belongs to the new day.
		{"America/St_Johns", "2006-10-29 02:29", 13449}, {"America/St_Johns", "2006-10-29 02:30", 13450}, {"America/St_Johns", "2006-10-29 02:45", 13450},
	} {
		if got := rubric(t, c.zone).DayOf(at(t, c.at)); got != c.day {
			t.Errorf("%s in %s is day %d, want %d", c.at, c.zone, got, c.day)
		}
	}
}

func TestDayStart(t *testing.T) {
	for _, c := range []struct {
		zone string
		day  int32
		at   string
	}{
		{"UTC", 0, "1970-01-01 00:00"}, {"Europe/Berlin", 20527, "2026-03-14 23:00"}, {"Europe/Berlin", 20649, "2026-07-14 22:00"},
		{"Pacific/Apia", 15338, "2011-12-30 10:00"}, {"Pacific/Apia", 15339, "2011-12-30 10:00"},
		{"America/St_Johns", 13450, "2006-10-29 02:30"},
		// Brazil began summer time at midnight: 2017-10-15 began at 01:00, 03:00 UTC.
		{"America/Sao_Paulo", 17454, "2017-10-15 03:00"},
	} {
		if got := rubric(t, c.zone).DayStart(c.day); got != at(t, c.at) {
			t.Errorf("day %d in %s begins %s, want %s", c.day, c.zone, got, c.at)
		}
	}
}

// Against package time: the same date wherever no clock is put back over midnight nearby, and DayStart is the edge of DayOf everywhere.
func TestDaysAgainstTimePackage(t *testing.T) {
	zones := []string{"UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Pacific/Apia", "Pacific/Kiritimati",
		"America/St_Johns", "America/Sao_Paulo", "Africa/Cairo", "Asia/Tehran", "Australia/Lord_Howe", "Asia/Gaza"}
	rules := map[string]*Rules{}
	for _, z := range zones {
		rules[z] = rubric(t, z)
	}
	rapid.Check(t, func(t *rapid.T) {
		zone := rapid.SampledFrom(zones).Draw(t, "zone")
		r := rules[zone]
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		now := millrace.Time(rapid.Int64Range(0, 56e11).Draw(t, "at"))
		day := r.DayOf(now)
		local := now.Std().In(loc)
		if now == 0 {
			local = time.UnixMilli(0).In(loc)
		}
		y, m, d := local.Date()
		want := int32(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
		if day != want && (day != want+1 || local.Hour() < 22) {
			t.Fatalf("%s in %s is day %d, want %d", now, zone, day, want)
		}
		start := r.DayStart(day)
		if start > now || r.DayOf(start) != day || r.DayOf(start-1) >= day {
			t.Fatalf("day %d in %s begins %s", day, zone, start)
		}
		if next := r.DayStart(day + 1); next <= now || r.DayOf(next-1) != day {
			t.Fatalf("day %d in %s ends %s", day, zone, next)
		}
	})
}
