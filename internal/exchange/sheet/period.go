package sheet

import (
	"errors"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Day is a day of the calendar: midnight UTC, whatever the time zone of those who wrote it.
type Day = time.Time

var errNoPeriod = errors.New("no day, month, quarter or year")

// ParseDay reads a cell as a day of the calendar: a time of day and an offset behind it are left out. order says how 1/2/2025 is meant.
func ParseDay(s string, order DateOrder) (Day, error) {
	p, err := ScanDate(s)
	if err != nil {
		return Day{}, err
	}
	if p.Epoch.IsZero() {
		p.hour, p.min, p.sec, p.nano, p.zoned = 0, 0, 0, 0, false
	}
	t, err := p.time(order, time.UTC)
	return t.Std().Truncate(24 * time.Hour), err
}

// ParseDayLayouts reads a cell by the layouts of a mapping, tried in order, as a day of the calendar.
func ParseDayLayouts(s string, layouts []string) (Day, error) {
	for _, l := range layouts {
		if t, err := time.Parse(l, s); err == nil {
			if _, err := saneDate(t); err != nil {
				return Day{}, err
			}
			return time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC), nil
		}
	}
	return Day{}, errNoDate
}

var (
	yearMonth   = regexp.MustCompile(`^((?:19|20)\d\d)[-/. ]?(0[1-9]|1[0-2])$`)
	monthYear   = regexp.MustCompile(`^(0?[1-9]|1[0-2])[-/. ]((?:19|20)\d\d)$`)
	wordYear    = regexp.MustCompile(`^(\pL+)[.,]?[-/ ]+((?:19|20)?\d\d)$`)
	yearQuarter = regexp.MustCompile(`^((?:19|20)\d\d)[-/. ]?[qQ]([1-4])$`)
	quarterYear = regexp.MustCompile(`^[qQ]([1-4])[-/. ]?((?:19|20)\d\d)$`)
	wholeYear   = regexp.MustCompile(`^(?:19|20)\d\d$`)
)

// ParsePeriod reads a cell as the days from first to last of what it names: a month ("2026-03", "03/2026", "March 2026"), a quarter
// ("2026-Q1", "Q1 2026"), a year, or a single day.
func ParsePeriod(s string, order DateOrder) (first, last Day, err error) {
	s = strings.TrimSpace(s)
	number := func(t string) int {
		n, _ := strconv.Atoi(t)
		return n
	}
	months := func(year, month, n int) (Day, Day, error) {
		if year < 1971 || year > 2100 {
			return Day{}, Day{}, errNoPeriod
		}
		first := time.Date(year, time.Month(month), 1, 0, 0, 0, 0, time.UTC)
		return first, first.AddDate(0, n, -1), nil
	}
	if m := yearMonth.FindStringSubmatch(s); m != nil {
		return months(number(m[1]), number(m[2]), 1)
	}
	if m := monthYear.FindStringSubmatch(s); m != nil {
		return months(number(m[2]), number(m[1]), 1)
	}
	if m := yearQuarter.FindStringSubmatch(s); m != nil {
		return months(number(m[1]), 3*number(m[2])-2, 3)
	}
	if m := quarterYear.FindStringSubmatch(s); m != nil {
		return months(number(m[2]), 3*number(m[1])-2, 3)
	}
	if wholeYear.MatchString(s) {
		return months(number(s), 1, 12)
	}
	if m := wordYear.FindStringSubmatch(s); m != nil {
		if month := monthOf(strings.ToLower(m[1])); month > 0 {
			year := number(m[2])
			if year < 100 {
				year += 2000
			}
			return months(year, month, 1)
		}
	}
	day, err := ParseDay(s, order)
	if errors.Is(err, errNoDate) {
		err = errNoPeriod
	}
	return day, day, err
}
