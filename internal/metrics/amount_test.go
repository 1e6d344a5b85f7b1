package metrics

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"millrace"
)

func TestDaysAreThoseOfPackageTime(t *testing.T) {
	zones := []string{"UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "Asia/Kathmandu", "Africa/Casablanca", "Australia/Lord_Howe"}
	calendars := map[string]*Calendar{}
	locations := map[string]*time.Location{}
	for _, z := range zones {
		loc, err := time.LoadLocation(z)
		if err != nil {
			t.Skip("no time zones here: " + err.Error())
		}
		locations[z], calendars[z] = loc, NewCalendar(loc)
	}
	rapid.Check(t, func(t *rapid.T) {
		z := rapid.SampledFrom(zones).Draw(t, "zone")
		ms := rapid.Int64Range(-2_000_000_000_000, 7_000_000_000_000).Filter(func(ms int64) bool { return ms != 0 }).Draw(t, "ms")
		y, m, d := time.UnixMilli(ms).In(locations[z]).Date()
		got := calendars[z].Day(millrace.Time(ms))
		if got != DayOf(y, m, d) {
			t.Fatalf("%s: %d is on %s, want %d-%d-%d", z, ms, got, y, m, d)
		}
		if p := got.Month().Period(); !p.Has(got) || p.First.Month() != got.Month() || (p.Last+1).Month() != got.Month()+1 {
			t.Fatalf("%s is not in %v", got, p)
		}
	})
}

func TestACostOfSeveralDaysAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		days := rapid.IntRange(1, 400).Draw(t, "days")
		amount := rapid.Int64().Draw(t, "amount")
		s := Spend{Period: Period{100, Day(100 + days - 1)}, Amount: millrace.Money{Minor: amount}}
		cut := Day(100 + rapid.IntRange(0, days-1).Draw(t, "cut"))
		parts := s.within(Period{100, cut})
		if cut < s.Last {
			parts += s.within(Period{cut + 1, s.Last})
		}
		one := s.within(Period{cut, cut})
		if parts != amount || math.Abs(float64(one)-float64(amount)/float64(days)) > 1+1e-6*math.Abs(float64(one)) {
			t.Fatalf("%d in all, %d on one of %d days", parts, one, days)
		}
	})
}

func TestRates(t *testing.T) {
	list := []Rate{{100, "USD", "EUR", "0.90"}, {104, "USD", "EUR", "0.80"}, {104, "USD", "EUR", "0.70"}, {100, "EUR", "JPY", "160"}, {100, "USD", "EUR", "-1"},
		{100, "GBP", "EUR", "x"}}
	r, left := NewRates(list, 0)
	if len(left) != 2 || left[0].Reason != "bad_rate" || left[0].Count != 2 || left[1].Reason != "duplicate_rate" || left[1].Count != 1 {
		t.Errorf("left out %v", left)
	}
	for _, c := range []struct {
		from string
		day  Day
		want int64
		ok   bool
	}{
		{"USD", 100, 900, true}, {"USD", 103, 900, true}, {"USD", 104, 800, true}, {"USD", 111, 800, true}, {"USD", 112, 0, false}, {"USD", 99, 0, false},
		{"JPY", 101, 625, true}, // 1,000 yen are 6.25 EUR, by the rate the other way round
		{"GBP", 100, 0, false}, {"USD", NoDay, 0, false},
	} {
		got, ok := r.convert(millrace.Money{Minor: 1000, Currency: c.from}, "EUR", c.day)
		if got != c.want || ok != c.ok {
			t.Errorf("%s on %d: %d %v, want %d %v", c.from, c.day, got, ok, c.want, c.ok)
		}
	}
	if got, _ := r.convert(millrace.Money{Minor: 1000, Currency: "EUR"}, "JPY", 100); got != 1600 {
		t.Errorf("10 EUR are %d yen", got)
	}
}

func TestSumsBeyondTheRangeSaySo(t *testing.T) {
	var w wide
	for range 3 {
		w.add(math.MaxInt64)
	}
	if _, ok := w.sum(); ok {
		t.Error("three times the most is too much")
	}
	for range 3 {
		w.add(-math.MaxInt64)
	}
	w.add(math.MinInt64)
	if got, ok := w.sum(); !ok || got != math.MinInt64 {
		t.Errorf("%d %v", got, ok)
	}
}

func TestSpendThatIsStrange(t *testing.T) {
	day := DayOf(2026, 3, 10)
	one := Period{day, day}
	rates, _ := NewRates([]Rate{{day, "USD", "EUR", "0.5"}}, 0)
	o := Options{Currency: "EUR", Rates: rates, AsOf: on(0) + 900*millrace.Day}
	leads := []Credit{{At: millrace.Time(day) * millrace.Day, Stage: lead, Share: 0.5}, {At: millrace.Time(day) * millrace.Day, Stage: lead, Share: 0.5}}
	for _, c := range []struct {
		name    string
		spend   []Spend
		credits []Credit
		want    string
		left    int
		caveats int
	}{
		{"two currencies, one with a rate", []Spend{{one, millrace.Money{Minor: 1000, Currency: "USD"}, "", ""}, {one, millrace.Money{Minor: 100}, "", ""},
			{one, millrace.Money{Minor: 700, Currency: "GBP"}, "", ""}}, leads, "6.00 EUR", 1, 0},
		{"a refund", []Spend{{one, millrace.Money{Minor: 1000}, "", ""}, {one, millrace.Money{Minor: -400}, "", ""}}, leads, "6.00 EUR", 0, 1},
		{"more refunds than spend", []Spend{{one, millrace.Money{Minor: -400}, "", ""}}, leads, "not_positive", 0, 1},
		{"no spend", nil, leads, "no_spend", 0, 0},
		{"spend of nothing", []Spend{{one, millrace.Money{}, "", ""}}, leads, "0.00 EUR", 0, 0},
		{"no lead", []Spend{{one, millrace.Money{Minor: 1000}, "", ""}}, nil, "no_denominator", 0, 0},
		{"nothing", nil, nil, "no_spend", 0, 0},
		{"too much to add up", []Spend{{one, millrace.Money{Minor: math.MaxInt64}, "", ""}, {one, millrace.Money{Minor: math.MaxInt64}, "", ""}}, leads, "overflow", 0, 0},
	} {
		e := UnitEconomics(EconomicsInput{Spend: c.spend, Credits: c.credits, Period: Period{day - 5, day + 5}}, o)
		if got := e.Blended.CPL; said(got) != c.want || len(got.LeftOut) != c.left || len(got.Caveats) != c.caveats {
			t.Errorf("%s: %s, left out %v, %v", c.name, said(got), got.LeftOut, got.Caveats)
		}
		if len(c.spend)+len(c.credits) > 0 && (len(e.Channels) != 1 || said(e.Channels[0].CPL) != c.want) {
			t.Errorf("%s: %d channels", c.name, len(e.Channels))
		}
	}
	e := UnitEconomics(EconomicsInput{Spend: []Spend{{one, millrace.Money{Minor: 700, Currency: "GBP"}, "", ""}}, Period: one}, o)
	if u := e.Blended.Spend.Unconverted; len(u) != 1 || u[0] != (Amount{700, "GBP"}) {
		t.Errorf("%v", u)
	}
	e = UnitEconomics(EconomicsInput{Spend: []Spend{{Period: Period{day, day - 1}}}, Credits: []Credit{{Stage: lead, Share: 1}, {At: 1, Stage: lead, Share: 2},
		{At: 1, Stage: recycled, Share: 1}}, Period: one}, o)
	if len(e.LeftOut) != 4 {
		t.Errorf("left out %v", e.LeftOut)
	}
}
