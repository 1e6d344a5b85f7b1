package sheet

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"millrace"
)

// DateOrder is how a column writes dates in digits: decided once for the column, never cell by cell.
type DateOrder uint8

// The orders.
const (
	OrderUnknown DateOrder = iota
	MonthFirst
	DayFirst
)

func (o DateOrder) String() string {
	return [...]string{"year-month-day", "month/day/year", "day/month/year"}[o]
}

// Date is a date as it is written, before it is decided what its first two numbers mean.
type Date struct {
	a, b, year     int  // a and b in written order; with Fixed set they are month and day
	Fixed          bool // the order is certain: year first, or a month's name
	Dotted         bool // 31.12.2025: the German way, day first
	hour, min, sec int
	nano           int
	zoned          bool
	offset         int // seconds east of UTC
	Epoch          time.Time
}

var errNoDate = errors.New("not a date")

// ParseDate reads a cell as a moment. Dates without an offset are in loc; order says how 1/2/2025 is meant. Years outside
// 1970–2100 are refused.
func ParseDate(s string, order DateOrder, loc *time.Location) (millrace.Time, error) {
	p, err := ScanDate(s)
	if err != nil {
		return 0, err
	}
	return p.time(order, loc)
}

// ParseLayouts reads a cell by the layouts of a mapping, tried in order.
func ParseLayouts(s string, layouts []string, loc *time.Location) (millrace.Time, error) {
	for _, l := range layouts {
		if t, err := time.ParseInLocation(l, s, loc); err == nil {
			return saneDate(t)
		}
	}
	return 0, errNoDate
}

func saneDate(t time.Time) (millrace.Time, error) {
	if y := t.UTC().Year(); y < 1970 || y > 2100 || t.UnixMilli() == 0 {
		return 0, fmt.Errorf("in the year %d, which no record can be of", y)
	}
	return millrace.TimeOf(t), nil
}

// Evidence says what the cell alone shows of its column's order.
func (p Date) Evidence() DateOrder {
	switch {
	case p.Fixed || !p.Epoch.IsZero():
		return OrderUnknown
	case p.a > 12 && p.b <= 12:
		return DayFirst
	case p.b > 12 && p.a <= 12:
		return MonthFirst
	}
	return OrderUnknown
}

func (p Date) time(order DateOrder, loc *time.Location) (millrace.Time, error) {
	if !p.Epoch.IsZero() {
		return saneDate(p.Epoch)
	}
	month, day := p.a, p.b
	if !p.Fixed && (order == DayFirst || order == OrderUnknown && p.Dotted) {
		month, day = day, month
	}
	if p.zoned {
		loc = time.FixedZone("", p.offset)
	}
	t := time.Date(p.year, time.Month(month), day, p.hour, p.min, p.sec, p.nano, loc)
	if month < 1 || month > 12 || day < 1 || day > daysIn(p.year, month) {
		if p.Fixed {
			return 0, errors.New("no day of the calendar")
		}
		return 0, fmt.Errorf("no day of the calendar when read as %s, which the column's other cells or its mapping say", max(order, MonthFirst))
	}
	return saneDate(t)
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

// scanner walks over a cell of ASCII text.
type scanner struct {
	s   string
	pos int
}

func (c *scanner) peek() byte {
	if c.pos < len(c.s) {
		return c.s[c.pos]
	}
	return 0
}

func (c *scanner) digits() (value, n int) {
	for n < 14 && c.peek() >= '0' && c.peek() <= '9' {
		value = value*10 + int(c.peek()-'0')
		c.pos++
		n++
	}
	return value, n
}

func (c *scanner) letters() string {
	from := c.pos
	for b := c.peek() | 0x20; b >= 'a' && b <= 'z'; b = c.peek() | 0x20 {
		c.pos++
	}
	return strings.ToLower(c.s[from:c.pos])
}

func (c *scanner) skip(set string) (n int) {
	for c.pos < len(c.s) && strings.IndexByte(set, c.s[c.pos]) >= 0 {
		c.pos++
		n++
	}
	return n
}

// ScanDate takes apart the forms of ISO 8601, US and European number dates, dates with a month's name, and epoch seconds and
// milliseconds, each with or without a time of day.
func ScanDate(s string) (p Date, err error) {
	c := &scanner{s: strings.TrimSpace(s)}
	if word := c.letters(); word != "" {
		err = p.wordFirst(c, word)
	} else {
		err = p.numberFirst(c)
	}
	if err != nil {
		return p, err
	}
	if p.Epoch.IsZero() && c.pos < len(c.s) {
		if err = p.clock(c); err != nil {
			return p, err
		}
	}
	if c.pos < len(c.s) {
		return p, errNoDate
	}
	return p, nil
}

// wordFirst reads "June 18, 2020", "Mar 22, 2025 …" and a weekday before any form.
func (p *Date) wordFirst(c *scanner, word string) error {
	if weekdays[word[:min(3, len(word))]] && monthOf(word) == 0 {
		c.skip("., ")
		if word = c.letters(); word == "" {
			return p.numberFirst(c)
		}
	}
	p.Fixed = true
	if p.a = monthOf(word); p.a == 0 {
		return errNoDate
	}
	c.skip(". ")
	var n int
	if p.b, n = c.digits(); n < 1 || n > 2 {
		return errNoDate
	}
	if c.skip(", ") == 0 {
		return errNoDate
	}
	return p.readYear(c)
}

func (p *Date) numberFirst(c *scanner) error {
	first, n := c.digits()
	if c.pos == len(c.s) {
		return p.allDigits(first, n)
	}
	sep := c.peek()
	switch {
	case n == 4 && strings.IndexByte("-/.", sep) >= 0:
		c.pos++
		p.year, p.Fixed = first, true
		var n1, n2 int
		p.a, n1 = c.digits()
		if c.peek() != sep {
			return errNoDate
		}
		c.pos++
		p.b, n2 = c.digits()
		if n1 < 1 || n1 > 2 || n2 < 1 || n2 > 2 {
			return errNoDate
		}
		return nil
	case n < 1 || n > 2:
		return errNoDate
	}
	if c.skip("-/. ") == 0 {
		return errNoDate
	}
	if word := c.letters(); word != "" {
		p.Fixed, p.b = true, first
		if p.a = monthOf(word); p.a == 0 || c.skip("-/., ") == 0 {
			return errNoDate
		}
		return p.readYear(c)
	}
	p.a, p.Dotted = first, sep == '.'
	if p.b, n = c.digits(); n < 1 || n > 2 || c.peek() != sep {
		return errNoDate
	}
	c.skip("-/. ")
	return p.readYear(c)
}

// allDigits reads 20250131 and epoch seconds and milliseconds.
func (p *Date) allDigits(v, n int) error {
	switch n {
	case 8:
		p.year, p.a, p.b, p.Fixed = v/10000, v/100%100, v%100, true
	case 10:
		p.Epoch = time.Unix(int64(v), 0)
	case 13:
		p.Epoch = time.UnixMilli(int64(v))
	default:
		return errNoDate
	}
	return nil
}

func (p *Date) readYear(c *scanner) error {
	var n int
	switch p.year, n = c.digits(); {
	case n == 2 && p.year < 70:
		p.year += 2000
	case n == 2:
		p.year += 1900
	case n != 4:
		return errNoDate
	}
	return nil
}

// clock reads a time of day and a zone behind a date.
func (p *Date) clock(c *scanner) error {
	if c.peek() == 'T' || c.peek() == 't' {
		c.pos++
	} else if c.skip(", ") == 0 {
		return errNoDate
	}
	var n int
	if p.hour, n = c.digits(); n < 1 || n > 2 || c.peek() != ':' {
		return errNoDate
	}
	c.pos++
	if p.min, n = c.digits(); n != 2 {
		return errNoDate
	}
	if c.peek() == ':' {
		c.pos++
		if p.sec, n = c.digits(); n != 2 {
			return errNoDate
		}
		if c.peek() == '.' || c.peek() == ',' {
			c.pos++
			frac, n := c.digits()
			if n < 1 || n > 9 {
				return errNoDate
			}
			for ; n < 9; n++ {
				frac *= 10
			}
			p.nano = frac
		}
	}
	if err := p.zone(c); err != nil {
		return err
	}
	if p.hour > 23 || p.min > 59 || p.sec > 59 {
		return errors.New("no time of day")
	}
	return nil
}

// zone reads AM or PM and Z, UTC, GMT, +01:00, +0100 or +01.
func (p *Date) zone(c *scanner) error {
	c.skip(" ")
	word := c.letters()
	if word == "am" || word == "pm" {
		if p.hour < 1 || p.hour > 12 {
			return errors.New("no time of day")
		}
		p.hour %= 12
		if word == "pm" {
			p.hour += 12
		}
		c.skip(" ")
		word = c.letters()
	}
	switch word {
	case "":
	case "z", "utc", "gmt":
		p.zoned = true
	default:
		return errNoDate
	}
	sign := c.peek()
	if sign != '+' && sign != '-' {
		return nil
	}
	c.pos++
	v, n := c.digits()
	if n == 2 {
		v *= 100
		if c.peek() == ':' {
			c.pos++
			m, k := c.digits()
			if k != 2 {
				return errNoDate
			}
			v += m
		}
	} else if n != 4 {
		return errNoDate
	}
	if v/100 > 14 || v%100 > 59 {
		return errNoDate
	}
	p.zoned, p.offset = true, v/100*3600+v%100*60
	if sign == '-' {
		p.offset = -p.offset
	}
	return nil
}

var weekdays = map[string]bool{"mon": true, "tue": true, "wed": true, "thu": true, "fri": true, "sat": true, "sun": true}

// monthOf is 1–12 for an English month's name or a prefix of it of at least three letters, else 0.
func monthOf(word string) int {
	if len(word) < 3 {
		return 0
	}
	for i := time.January; i <= time.December; i++ {
		if strings.HasPrefix(strings.ToLower(i.String()), word) {
			return int(i)
		}
	}
	if word == "sept" {
		return 9
	}
	return 0
}

// DateLayout turns a mapping's pattern (dd.MM.yyyy HH:mm) into Go's layout.
func DateLayout(pattern string) (string, error) {
	tokens := []struct{ pattern, layout string }{
		{"yyyy", "2006"}, {"yy", "06"}, {"MMMM", "January"}, {"MMM", "Jan"}, {"MM", "01"}, {"M", "1"}, {"dd", "02"}, {"d", "2"},
		{"HH", "15"}, {"hh", "03"}, {"h", "3"}, {"mm", "04"}, {"ss", "05"}, {"SSS", "000"}, {"a", "PM"}, {"XXX", "-07:00"}, {"XX", "-0700"},
	}
	out, year, day := "", false, false
next:
	for rest := pattern; rest != ""; {
		for _, t := range tokens {
			if after, ok := strings.CutPrefix(rest, t.pattern); ok {
				out, rest = out+t.layout, after
				year, day = year || t.pattern[0] == 'y', day || t.pattern[0] == 'd'
				continue next
			}
		}
		if c := rest[0] | 0x20; c >= 'a' && c <= 'z' && rest[0] != 'T' && rest[0] != 'Z' {
			return "", fmt.Errorf("%q has the unknown part %q; known are yyyy yy MMMM MMM MM M dd d HH hh h mm ss SSS a XXX XX", pattern, rest[:1])
		}
		if rest[0] >= '0' && rest[0] <= '9' {
			return "", fmt.Errorf("%q has a digit in it: write the parts as letters, such as dd.MM.yyyy", pattern)
		}
		out, rest = out+rest[:1], rest[1:]
	}
	if !year || !day {
		return "", fmt.Errorf("%q names no year or no day; write it like dd.MM.yyyy or yyyy-MM-dd HH:mm", pattern)
	}
	return out, nil
}
