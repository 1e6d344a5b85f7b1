package sheet

import (
	"strings"
	"testing"
	"time"
)

func TestDates(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		in    string
		order DateOrder
		want  string
	}{
		{"2026-03-14", 0, "2026-03-13T23:00:00.000Z"},
		{"2026-03-14 18:22", 0, "2026-03-14T17:22:00.000Z"},
		{"2026-03-14 18:22:10.5", 0, "2026-03-14T17:22:10.500Z"},
		{"2026-03-14T18:22:10-03:00", 0, "2026-03-14T21:22:10.000Z"},
		{"2026-03-14T18:22:10+0000", 0, "2026-03-14T18:22:10.000Z"},
		{"2026-03-14T18:22:10.123Z", 0, "2026-03-14T18:22:10.123Z"},
		{"2026-09-19 17:22:21+00:00", 0, "2026-09-19T17:22:21.000Z"},
		{"2026/3/4 08:00 UTC", 0, "2026-03-04T08:00:00.000Z"},
		{"20260314", 0, "2026-03-13T23:00:00.000Z"},
		{"1773512530", 0, "2026-03-14T18:22:10.000Z"},
		{"1773512530123", 0, "2026-03-14T18:22:10.123Z"},
		{"3/4/2026", MonthFirst, "2026-03-03T23:00:00.000Z"},
		{"3/4/2026", DayFirst, "2026-04-02T22:00:00.000Z"},
		{"03-04-2026", MonthFirst, "2026-03-03T23:00:00.000Z"},
		{"03 04 2026", MonthFirst, "2026-03-03T23:00:00.000Z"},
		{"3/4/26", MonthFirst, "2026-03-03T23:00:00.000Z"},
		{"4.3.2026", 0, "2026-03-03T23:00:00.000Z"},
		{"03/14/2026 06:22:10 PM", MonthFirst, "2026-03-14T17:22:10.000Z"},
		{"03/14/2026 12:05 am", MonthFirst, "2026-03-13T23:05:00.000Z"},
		{"June 18, 2020", 0, "2020-06-17T22:00:00.000Z"},
		{"18 June 2020", 0, "2020-06-17T22:00:00.000Z"},
		{"Dec 31, 2020", 0, "2020-12-30T23:00:00.000Z"},
		{"18-Jun-2020", 0, "2020-06-17T22:00:00.000Z"},
		{"Mar 22, 2025 19:28:32", 0, "2025-03-22T18:28:32.000Z"},
		{"Tue, 22 Sept 2020 10:00", 0, "2020-09-22T08:00:00.000Z"},
	} {
		got, err := ParseDate(c.in, c.order, berlin)
		if err != nil || got.String() != c.want {
			t.Errorf("%q (%s): got %s, %v; want %s", c.in, c.order, got, err, c.want)
		}
	}
	for _, bad := range []string{"", "soon", "2026", "13/32/2026", "2026-02-30", "31/31/2026", "2026-13-01", "0202-01-01", "1/2", "1/2/3/4", "2026-01-01 25:00",
		"2026-01-01 10:61", "12:30", "Foo 12, 2026", "2026-01-01x", "99999999999", "1970-01-01T00:00:00Z", "2026-01-01 10:00 +99:00", "1/2/2026 13:00 PM", "1.5551E+10"} {
		if got, err := ParseDate(bad, MonthFirst, time.UTC); err == nil {
			t.Errorf("%q was read as %s", bad, got)
		}
	}
	if _, err := ParseDate("25/12/2026", MonthFirst, time.UTC); err == nil || !strings.Contains(err.Error(), "month/day/year") {
		t.Errorf("an order that does not fit is to be named: %v", err)
	}
}

func TestDateLayouts(t *testing.T) {
	for pattern, in := range map[string]string{"dd.MM.yyyy": "31.12.2025", "yyyy-MM-dd HH:mm": "2025-12-31 00:00", "d MMM yy": "31 Dec 25", "MM/dd/yyyy hh:mm a": "12/31/2025 12:00 AM"} {
		layout, err := DateLayout(pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := ParseLayouts(in, []string{layout}, time.UTC); err != nil || got.String() != "2025-12-31T00:00:00.000Z" {
			t.Errorf("%s: %q is %s, %v", pattern, in, got, err)
		}
	}
	for _, bad := range []string{"", "yyyy", "dd", "qq.MM.yyyy", "2006-01-02"} {
		if _, err := DateLayout(bad); err == nil {
			t.Errorf("%q was taken as a pattern", bad)
		}
	}
}

// FuzzDate: nothing crashes, and what is read is in bounds and is read the same again from its own ISO form.
func FuzzDate(f *testing.F) {
	for _, s := range []string{"2026-03-14T18:22:10-03:00", "3/4/2026", "4.3.26 10:00", "June 18, 2020", "1773512530", "", "12/31/1969 11:59 PM"} {
		f.Add(s, uint8(1))
	}
	f.Fuzz(func(t *testing.T, s string, o uint8) {
		got, err := ParseDate(s, DateOrder(o%3), time.UTC)
		if err != nil {
			return
		}
		if y := got.Std().Year(); y < 1970 || y > 2100 {
			t.Fatalf("%q is in the year %d", s, y)
		}
		if again, err := ParseDate(got.String(), 0, time.UTC); err != nil || again != got {
			t.Fatalf("%q: %s is read again as %s, %v", s, got, again, err)
		}
	})
}

func TestNumbers(t *testing.T) {
	for _, c := range []struct {
		in   string
		sign byte
		want string // "" for an error
		cur  string
	}{
		{"1234.5", '.', "1234.5", ""}, {"1,234.50", '.', "1234.5", ""}, {"1.234,56", ',', "1234.56", ""}, {"1,234,567", '.', "1234567", ""},
		{"$1,200.00", '.', "1200", ""}, {"€ 99,90", ',', "99.9", "EUR"}, {"99,90 EUR", ',', "99.9", "EUR"}, {"CHF 1'234.50", '.', "1234.5", "CHF"},
		{"(1,200)", '.', "-1200", ""}, {"-12", '.', "-12", ""}, {"−12", '.', "-12", ""}, {"12-", '.', "-12", ""}, {"1 234,5", ',', "1234.5", ""},
		{"$1.2M", '.', "1200000", ""}, {"50k", '.', "50000", ""}, {"12,34,567.89", '.', "1234567.89", ""}, {".5", '.', "0.5", ""}, {"1,234", ',', "1.234", ""},
		{"12,5", '.', "", ""}, {"1.2.3", '.', "", ""}, {"abc", '.', "", ""}, {"1,2345", '.', "", ""}, {"1E5", '.', "", ""}, {"12 apples", '.', "", ""}, {"1.234,5", '.', "", ""},
	} {
		n, err := ScanNumber(c.in)
		got := ""
		if err == nil {
			if d, err := n.Value(c.sign); err == nil {
				got = d.String()
			}
		}
		if got != c.want || got != "" && n.Currency != c.cur {
			t.Errorf("%q with %q: got %q %s, want %q %s", c.in, string(c.sign), got, n.Currency, c.want, c.cur)
		}
	}
	for in, want := range map[string]byte{"1.234,56": ',', "1,234.56": '.', "1.234": 0, "1,234": 0, "12,5": ',', "12.5": '.', "1.234.567": ',', "1,234,567": '.', "0.125": '.', "1234.567": '.', "7": 0} {
		n, err := ScanNumber(in)
		if err != nil || n.Evidence() != want {
			t.Errorf("%q shows %q, want %q (%v)", in, string(n.Evidence()), string(want), err)
		}
	}
}

// FuzzNumber: nothing crashes, and a number's own form is read as itself.
func FuzzNumber(f *testing.F) {
	for _, s := range []string{"1,234.50", "(€ 1.234,56)", "$1.2M", "-.5", "--1", "12,34,567", ""} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ScanNumber(s)
		if err != nil {
			return
		}
		for _, sign := range []byte{'.', ','} {
			d, err := n.Value(sign)
			if err != nil {
				continue
			}
			again, err := ScanNumber(d.String())
			if err != nil {
				continue // longer than any number may be written
			}
			if v, err := again.Value('.'); err != nil || !v.Equal(d) {
				t.Fatalf("%q: %s is read again as %s, %v", s, d, v, err)
			}
		}
	})
}
