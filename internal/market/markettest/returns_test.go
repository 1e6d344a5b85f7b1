package markettest

import (
	"testing"

	"millrace"
	"millrace/internal/market"
	"millrace/internal/metrics"
	"millrace/internal/review"
)

// reviewed is the channel review of a market's own spend file: what was spent and how many leads it brought, day by day.
func reviewed(t *testing.T, m *market.Market) review.ChannelReview {
	t.Helper()
	calendar := metrics.NewCalendar(nil)
	in := metrics.EconomicsInput{Period: metrics.Period{First: calendar.Day(m.Config().Start), Last: calendar.Day(m.End()) - 1}}
	for _, s := range m.Spend() {
		day := calendar.Day(s.Day)
		in.Spend = append(in.Spend, metrics.Spend{Period: metrics.Period{First: day, Last: day}, Amount: s.Cost, Channel: s.Channel})
		for range s.Leads {
			in.Credits = append(in.Credits, metrics.Credit{At: s.Day + 12*millrace.Hour, Stage: millrace.StageLead, Channel: s.Channel, Share: 1})
		}
	}
	e := metrics.UnitEconomics(in, metrics.Options{Calendar: calendar, AsOf: m.End(), Currency: "USD"})
	out := review.Input{Period: in.Period, Until: in.Period.Last, Currency: "USD", Blended: e.Blended}
	for _, row := range e.Channels {
		out.Channels = append(out.Channels, review.Channel{Row: row, Since: in.Period.First})
	}
	return review.Review(out)
}

// TestReturnsAreRecovered: where budgets vary as real ones do, the review fits a curve to what each channel brings, and its 95% interval holds the
// market's own elasticity about as often as it says.
func TestReturnsAreRecovered(t *testing.T) {
	const seeds = 30
	truth := map[string]float64{}
	for _, c := range market.Budgeted() {
		if c.Budget != [12]int{} {
			truth[c.Name] = c.Returns
		}
	}
	held, fits := 0, map[string]int{}
	for seed := range uint64(seeds) {
		m, err := market.New(market.Config{Seed: seed, Accounts: 500, Start: 1735689600000, Channels: market.Budgeted()})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range reviewed(t, m).Channels {
			e, known := truth[c.Channel]
			f := c.Returns.Elasticity
			if f.Value == nil {
				continue
			}
			if !known {
				t.Errorf("seed %d: %s has no budget, and a curve", seed, c.Channel)
			}
			if fits[c.Channel]++; *f.Interval.Low <= e && e <= *f.Interval.High {
				held++
			}
		}
	}
	all := 0
	for _, n := range fits {
		all += n
	}
	if share := float64(held) / float64(all); !(share > .9) {
		t.Errorf("%d of %d intervals hold the market's elasticity", held, all)
	}
	for _, name := range []string{"LinkedIn ads", "Google search", "Display retargeting", "Webinars"} {
		if fits[name] < seeds/2 {
			t.Errorf("%s has a curve in %d of %d markets", name, fits[name], seeds)
		}
	}
}

// TestBudgetsAreSpent: a year's costs are divided as the budget says, to the cent, and the truth tells the elasticity.
func TestBudgetsAreSpent(t *testing.T) {
	m, err := market.New(market.Config{Seed: 4, Accounts: 200, Start: 1735689600000, Channels: market.Budgeted()})
	if err != nil {
		t.Fatal(err)
	}
	budgets, spent, total := map[string][12]int{}, map[string]*[12]int64{}, map[string]int64{}
	for _, c := range market.Budgeted() {
		budgets[c.Key], spent[c.Key] = c.Budget, new([12]int64)
	}
	for _, s := range m.Spend() {
		spent[s.Key][s.Day.Std().Month()-1] += s.Cost.Minor
		total[s.Key] += s.Cost.Minor
	}
	for _, c := range m.Truth().Channels {
		if total[c.Key] != c.SpendMinor {
			t.Errorf("%s: %d spent, %d in truth", c.Key, total[c.Key], c.SpendMinor)
		}
		b := budgets[c.Key]
		if (b != [12]int{}) != (c.Elasticity != nil) {
			t.Errorf("%s: elasticity %v", c.Key, c.Elasticity)
		}
		if c.Elasticity == nil {
			continue
		}
		for month, days := range [12]int64{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31} {
			want := float64(spent[c.Key][0]) / 31 / float64(b[0]) * float64(b[month]) * float64(days)
			if got := float64(spent[c.Key][month]); got < want-100 || got > want+100 {
				t.Errorf("%s month %d: %v, want %v", c.Key, month+1, got, want)
			}
		}
	}
}
