package metrics

import (
	"testing"
	"time"

	"millrace"

	"pgregory.net/rapid"
)

func TestMediaFigures(t *testing.T) {
	o := Options{Currency: "USD"}
	spend, left := Spent([]Spend{{Period: Period{10, 19}, Amount: millrace.Money{Minor: 1000, Currency: "USD"}}, {Period: Period{5, 1}}, {Period: Period{NoDay, 3}}}, Period{15, 40}, o)
	if spend.Minor != 500 || spend.Rows != 1 || len(left) != 2 {
		t.Fatalf("%+v %+v", spend, left)
	}
	cpc, cpm, ctr := Media{Impressions: 2000, Clicks: 10}.Figures(spend, "x", o)
	if *cpc.Value != 50 || *cpm.Value != 250 || *ctr.Value != 0.005 || ctr.Interval == nil {
		t.Errorf("%+v %+v %+v", cpc, cpm, ctr)
	}
	for _, m := range []Media{{}, {Clicks: 5}, {Impressions: 3, Clicks: 5}, {Impressions: -3, Clicks: -5}} {
		cpc, cpm, ctr := m.Figures(Total{}, "", o)
		for _, f := range []Figure{cpc, cpm, ctr} {
			if f.Value == nil && f.Undefined == "" {
				t.Errorf("%+v: %s has neither a value nor a reason", m, f.Key)
			}
		}
	}
	if cpc, cpm, _ := (Media{}).Figures(spend, "", o); cpc.Undefined != NoData || cpc.Interval != nil || cpm.Undefined != NoData || cpm.Interval != nil {
		t.Errorf("a ledger that counts no clicks has a click cost %+v, %+v", cpc, cpm)
	}
	if _, _, ctr := (Media{Impressions: 3, Clicks: 5}).Figures(spend, "", o); len(ctr.Caveats) != 1 || ctr.Interval != nil {
		t.Errorf("%+v", ctr)
	}
	total := Money([]Dated{{millrace.Money{Minor: 5, Currency: "USD"}, 3}, {millrace.Money{Minor: 7, Currency: "EUR"}, 3}}, o)
	if f := total.Figure("x", ""); *f.Value != 5 || len(f.LeftOut) != 1 {
		t.Errorf("%+v", f)
	}
	if f := Ratio("x", "", total.Figure("x", ""), Count("y", "", 0)); f.Undefined != NoDenominator {
		t.Errorf("%+v", f)
	}
}

// TestSpreadAddsUp: over days that make up a span, the parts are the whole.
func TestSpreadAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		span := Period{Day(rapid.IntRange(-50, 50).Draw(t, "first")), 0}
		span.Last = span.First + Day(rapid.IntRange(0, 400).Draw(t, "days"))
		n, sum := rapid.Int64Range(-1_000_000, 1_000_000).Draw(t, "n"), int64(0)
		for d := span.First - 2; d <= span.Last+2; d++ {
			sum += Spread(n, span, Period{d, d})
		}
		if sum != n {
			t.Fatalf("%d over %v comes to %d", n, span, sum)
		}
	})
}

// TestCountedCredits: so many results as one credit are the same as each by itself.
func TestCountedCredits(t *testing.T) {
	one := Credit{At: 10 * millrace.Day, Stage: millrace.StageLead, Channel: "a", Share: 0.3}
	many := one
	many.Count = 7
	in := EconomicsInput{Period: Period{0, 20}, Spend: []Spend{{Period: Period{1, 1}, Channel: "a", Amount: millrace.Money{Minor: 2100, Currency: "USD"}}}}
	o := Options{AsOf: 20 * millrace.Day, Currency: "USD"}
	in.Credits = []Credit{many}
	x := UnitEconomics(in, o)
	in.Credits = []Credit{one, one, one, one, one, one, one}
	if y := UnitEconomics(in, o); *x.Blended.CPL.Value != *y.Blended.CPL.Value || *x.Blended.CPL.Value != 1000 {
		t.Errorf("%v and %v", *x.Blended.CPL.Value, *y.Blended.CPL.Value)
	}
}

func TestNoonIsOfTheDay(t *testing.T) {
	for _, zone := range []string{"UTC", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Asia/Kolkata", "America/New_York", "Pacific/Chatham"} {
		loc, err := time.LoadLocation(zone)
		if err != nil {
			t.Fatal(err)
		}
		c := NewCalendar(loc)
		for d := DayOf(2020, 1, 1); d < DayOf(2027, 1, 1); d++ {
			if c.Day(c.Noon(d)) != d {
				t.Fatalf("%s: the noon of %v is of %v", zone, d, c.Day(c.Noon(d)))
			}
		}
	}
}
