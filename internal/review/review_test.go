package review

import (
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"millrace"
	"millrace/internal/metrics"
	"millrace/internal/metrics/survival"

	"pgregory.net/rapid"
)

// history is a channel's year by hand: the same spend and results in each month, or a month's own.
type history struct {
	name, role            string
	months                int
	spend, leads          float64 // a month; spend in dollars
	mqls, deals, won      int     // of the whole
	spends                []float64
	leadsOf               []float64
	entered, opened       int // MQLs watched, and of them opportunities
	began                 int
	sinceDaysBeforeTheEnd int
}

var year = metrics.Period{First: metrics.DayOf(2025, 1, 1), Last: metrics.DayOf(2025, 12, 31)}

// input is a review's input of histories, with the figures that the rooms would give.
func input(histories ...history) Input {
	o := metrics.Options{Calendar: metrics.NewCalendar(nil), AsOf: millrace.Time(metrics.DayOf(2026, 1, 2)) * millrace.Day, Currency: "USD"}
	in := metrics.EconomicsInput{Period: year}
	result := func(name string, day metrics.Day, stage millrace.Stage, minor int64) {
		in.Credits = append(in.Credits, metrics.Credit{At: millrace.Time(day)*millrace.Day + millrace.Hour, Stage: stage, Channel: name, Share: 1, Revenue: millrace.Money{Minor: minor, Currency: "USD"}})
	}
	for _, h := range histories {
		for i := range h.months {
			p := metrics.Month((2025-1970)*12 + i).Period()
			spend, leads := h.spend, h.leads
			if h.spends != nil {
				spend, leads = h.spends[i], h.leadsOf[i]
			}
			if spend > 0 {
				in.Spend = append(in.Spend, metrics.Spend{Period: p, Amount: millrace.Money{Minor: int64(math.Round(spend * 100)), Currency: "USD"}, Channel: h.name})
			}
			for n := range int(leads) {
				result(h.name, p.First+metrics.Day(n%28), millrace.StageLead, 0)
			}
		}
		for n := range h.mqls {
			result(h.name, year.First+metrics.Day(n%300), millrace.StageMQL, 0)
		}
		for n := range h.deals {
			result(h.name, year.First+metrics.Day(n%300), millrace.StageOpportunity, 0)
		}
		for n := range h.won {
			result(h.name, year.First+metrics.Day(n%300), millrace.StageCustomer, 20_000_00)
		}
	}
	e := metrics.UnitEconomics(in, o)
	rate, deal := 0.25, 20_000_00.0
	out := Input{Period: year, Until: year.Last, Currency: "USD", Blended: e.Blended, WinRate: metrics.Figure{Value: &rate, N: 40},
		AverageDeal: metrics.Figure{Value: &deal, N: 10, Unit: metrics.UnitMoney}, ACV: metrics.Figure{Value: &deal, N: 10}, Motion: "mid-market"}
	for _, row := range e.Channels {
		h := histories[slices.IndexFunc(histories, func(h history) bool { return h.name == row.Channel })]
		c := Channel{Row: row, Role: h.role, Since: year.First, Quality: metrics.Figure{Key: "mql_to_opportunity", Unit: metrics.UnitRatio, N: h.entered, Undefined: metrics.NoData}}
		if h.entered > 0 {
			v := float64(h.opened) / float64(h.entered)
			low, high := survival.Wilson(float64(h.opened), float64(h.entered), 0.95)
			c.Quality.Value, c.Quality.Undefined, c.Quality.Interval = &v, "", &metrics.Interval{Low: &low, High: &high, Level: 0.95}
		}
		for n := range h.began {
			c.Lags = append(c.Lags, float64(30+n))
		}
		if h.sinceDaysBeforeTheEnd > 0 {
			c.Since = year.Last - metrics.Day(h.sinceDaysBeforeTheEnd) + 1
		}
		out.Channels = append(out.Channels, c)
	}
	return out
}

// steady is a channel that is neither good nor bad, so that there is something to compare with.
var steady = history{name: "Steady", months: 12, spend: 1000, leads: 10, mqls: 60, deals: 12, won: 3, entered: 60, opened: 10}

func TestVerdicts(t *testing.T) {
	for _, c := range []struct {
		rule, confidence string
		h                history
	}{
		{"first_weeks", "none", history{months: 12, spend: 500, leads: 5, sinceDaysBeforeTheEnd: 7}},
		{"spend_without_leads", "high", history{months: 12, spend: 1000}},
		{"too_few", "none", history{months: 12, spend: 10}},
		{"too_few", "none", history{months: 1, spend: 100, leads: 3, mqls: 3, deals: 1, entered: 3, opened: 1}},
		{"too_few", "none", history{months: 12, spend: 1000, leads: 0, deals: 1}},
		{"opens_for_others", "low", history{role: "creation", months: 12, spend: 1000, leads: 10, mqls: 80, entered: 80, opened: 2, deals: 1, began: 6}},
		{"volume_without_pipeline", "high", history{months: 12, spend: 1000, leads: 10, mqls: 80, entered: 80, opened: 2, deals: 1}},
		{"volume_without_pipeline", "high", history{months: 12, spend: 1000, leads: 10}},
		{"poor_pipeline", "high", history{months: 12, leads: 10, mqls: 80, entered: 80, opened: 2, deals: 2}}, // nobody pays for it, so there is nothing to stop
		{"poor_pipeline", "low", history{months: 12, spend: 1000, leads: 10, mqls: 12, entered: 12, opened: 1, deals: 1}},
		{"dear", "high", history{name: "LinkedIn ads", months: 12, spend: 4000, leads: 10, mqls: 40, entered: 40, opened: 10, deals: 10}},
		{"dear", "high", history{months: 12, spend: 9000, leads: 10, mqls: 40, entered: 40, opened: 10, deals: 10}},
		{"good_and_cheap", "high", history{name: "LinkedIn ads", months: 12, spend: 1000, leads: 10, mqls: 60, entered: 60, opened: 20, deals: 20}},
		{"good_and_cheap", "low", history{name: "LinkedIn ads", months: 12, spend: 900, leads: 5, mqls: 20, entered: 20, opened: 5, deals: 5}},
		{"saturated", "high", history{name: "LinkedIn ads", months: 12, mqls: 200, entered: 200, opened: 70, deals: 70,
			spends: []float64{1e3, 9e3, 1e3, 9e3, 1e3, 9e3, 1e3, 9e3, 1e3, 9e3, 1e3, 9e3}, leadsOf: []float64{99, 101, 102, 103, 98, 104, 101, 100, 99, 105, 100, 102}}},
		{"nothing_to_judge_by", "none", history{months: 12, leads: 1}},
		{"nothing_to_judge_by", "none", history{months: 12, spend: 300, leads: 1}}, // money, and nothing to compare it with
		{"steady", "low", history{months: 12, spend: 1000, leads: 10, mqls: 40, entered: 40, opened: 7, deals: 7}},
		{"steady", "low", history{months: 12, leads: 10, mqls: 60, entered: 60, opened: 20, deals: 20}}, // good, but its cost isn't known
	} {
		h := c.h
		if h.name == "" {
			h.name = "X"
		}
		in := input(h, steady)
		i := slices.IndexFunc(in.Channels, func(x Channel) bool { return x.Row.Channel == h.name })
		if i < 0 {
			t.Fatalf("%s: no row of %+v", c.rule, h)
		}
		got := judge(in, in.Channels[i])
		if got.Rule != c.rule || got.Confidence != c.confidence {
			t.Errorf("%+v: %s by %s (%s), want %s (%s): %q", h, got.Verdict, got.Rule, got.Confidence, c.rule, c.confidence, got.Reasons)
		}
		if len(got.Reasons) == 0 {
			t.Errorf("%s says nothing", got.Rule)
		}
	}
}

// TestEveryRuleIsTold compares the rules with docs/review.md, both ways.
func TestEveryRuleIsTold(t *testing.T) {
	doc, err := os.ReadFile("../../docs/review.md")
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, m := range regexp.MustCompile("(?m)^\\| `([a-z_]+)` \\| ([a-z ]+) \\| (.+) \\|$").FindAllStringSubmatch(string(doc), -1) {
		told = append(told, m[1]+"/"+m[2]+"/"+m[3])
	}
	var want []string
	for _, r := range Rules() {
		want = append(want, r.Name+"/"+strings.ReplaceAll(string(r.Verdict), "_", " ")+"/"+r.When)
	}
	if !slices.Equal(told, want) {
		t.Errorf("docs/review.md tells\n%s\nthe rules are\n%s", strings.Join(told, "\n"), strings.Join(want, "\n"))
	}
	for _, f := range fits {
		row := "| " + f.channel
		for _, m := range []string{"smb", "mid-market", "enterprise"} {
			row += " | " + metrics.Say(f.shares[m][0]*100, metrics.UnitCount, "") + "–" + metrics.Say(f.shares[m][1]*100, metrics.UnitCount, "") + "%"
		}
		if !strings.Contains(string(doc), row+" |") {
			t.Errorf("docs/review.md lacks %s |", row)
		}
	}
}

func TestMixesAreWhole(t *testing.T) {
	for _, m := range []string{"smb", "mid-market", "enterprise"} {
		sum := 0.0
		for _, f := range fits {
			if f.shares[m][0] > f.shares[m][1] {
				t.Errorf("%s of %s: %v", f.channel, m, f.shares[m])
			}
			sum += (f.shares[m][0] + f.shares[m][1]) / 2
		}
		if math.Abs(sum-1) > 1e-9 {
			t.Errorf("the middles of %s add up to %f", m, sum)
		}
	}
	for acv, want := range map[float64]string{14_999_99: "smb", 15_000_00: "mid-market", 50_000_00: "enterprise"} {
		if got, _ := motion(Input{ACV: metrics.Figure{Value: &acv, N: 5}}); got != want {
			t.Errorf("an ACV of %.0f cents is of %s, want %s", acv, got, want)
		}
		if got, words := motion(Input{ACV: metrics.Figure{Value: &acv, N: 4}, Motion: "smb"}); got != "smb" || !strings.Contains(words, "Too few") {
			t.Errorf("four deals choose %s: %s", got, words)
		}
	}
}

func TestConcentrationByHand(t *testing.T) {
	in := input(history{name: "A", months: 12, spend: 600, deals: 6, leads: 5, began: 2}, history{name: "B", months: 12, spend: 300, deals: 3, leads: 5}, history{name: "C", months: 12, spend: 100, deals: 1, leads: 0})
	r := Review(in)
	for _, c := range r.Concentration {
		switch c.Of {
		case "opportunities", "spend": // 0.36 + 0.09 + 0.01
			if math.Abs(*c.HHI.Value-0.46) > 1e-9 || c.Largest != "A" || c.Level != "concentrated" {
				t.Errorf("%s: %+v", c.Of, c)
			}
		case "revenue":
			if c.HHI.Value != nil || c.Level != "none" {
				t.Errorf("revenue: %+v", c)
			}
		}
	}
	if f := r.Fragility; f == nil || f.Channel != "A" || math.Abs(f.Opportunities-0.6) > 1e-9 || math.Abs(f.Leads-0.5) > 1e-9 || f.Began != 2 {
		t.Errorf("fragility: %+v", r.Fragility)
	}
}

// TestConcentrationOfAHandful: three leads, an opportunity and a customer say nothing about how much hangs on one channel.
func TestConcentrationOfAHandful(t *testing.T) {
	r := Review(input(history{name: "A", months: 1, leads: 2, deals: 1, won: 1}, history{name: "B", months: 1, leads: 1}))
	for _, c := range r.Concentration[:3] {
		if c.HHI.Value != nil || c.HHI.Undefined != metrics.TooFew || c.Level != "none" || c.Largest != "" {
			t.Errorf("%s: %+v", c.Of, c)
		}
	}
	if r.Fragility != nil {
		t.Errorf("of one opportunity: %s", r.Fragility.Words)
	}
}

func TestElasticityIsFound(t *testing.T) {
	for _, truth := range []float64{0.4, 0.7, 1} {
		rng := rand.New(rand.NewPCG(7, 1))
		held, curve := 0, 0
		for range 200 {
			h := history{name: "X", months: 12}
			for i := range 12 {
				spend := 1000 * (1 + float64(i%4))
				h.spends, h.leadsOf = append(h.spends, spend), append(h.leadsOf, float64(survival.DrawPoisson(80*math.Pow(spend/1000, truth), rng)))
			}
			in := input(h)
			r := diminishing(in, in.Channels[0])
			if e := r.Elasticity; e.Value != nil && *e.Interval.Low <= truth && truth <= *e.Interval.High {
				held++
			}
			if len(r.Points) != 12 || len(r.Curve) != steps+1 || r.Curve[0].Spend > 1000.5*100 || r.Curve[steps].Spend < 3999.5*100 {
				t.Fatalf("%d points, a curve of %d", len(r.Points), len(r.Curve))
			}
			p := r.Curve[steps/2]
			if mean := 80 * math.Pow(p.Spend/100/1000, truth); p.Low <= mean && mean <= p.High && p.Low <= p.Leads && p.Leads <= p.High {
				curve++
			}
		}
		if held < 184 || curve < 184 { // 95% of 200, less three standard errors
			t.Errorf("an elasticity of %.1f lies in %d of 200 intervals, the curve's middle in %d", truth, held, curve)
		}
	}
}

func TestReturnsThatCannotBeTold(t *testing.T) {
	flat := history{name: "X", months: 12, spend: 1000, leads: 10}
	short := history{name: "X", months: 5, spends: []float64{1e3, 2e3, 3e3, 4e3, 5e3}, leadsOf: []float64{10, 20, 30, 40, 50}}
	wild := history{name: "X", months: 8, spends: []float64{1e3, 2e3, 1e3, 2e3, 1e3, 2e3, 1e3, 2e3}, leadsOf: []float64{0, 50, 60, 1, 2, 0, 9, 70}}
	none := history{name: "X", months: 8, spends: []float64{1e3, 2e3, 1e3, 2e3, 1e3, 2e3, 1e3, 2e3}, leadsOf: make([]float64, 8)}
	for what, h := range map[string]history{"hardly changed": flat, "6 are needed": short, "scatter too much": wild, "the months scatter": none} {
		in := input(h)
		if r := diminishing(in, in.Channels[0]); r.Elasticity.Value != nil || !strings.Contains(r.Words, what) {
			t.Errorf("%s: %s", what, r.Words)
		}
	}
}

// elastic is a channel with an elasticity of about one, and a good rate of opportunities.
func elastic(name string, deals int) history {
	h := history{name: name, months: 12, mqls: 100, entered: 100, opened: 30, deals: deals, won: deals / 4}
	for i := range 12 {
		f := float64(1 + i%4)
		h.spends, h.leadsOf = append(h.spends, 1000*f), append(h.leadsOf, 50*f)
	}
	return h
}

func TestScenarios(t *testing.T) {
	in := input(elastic("Good", 300), elastic("Poor", 15))
	run := func(from, to string, share float64) (Scenario, error) {
		return Run(in, Move{from, to, share}, rand.New(rand.NewPCG(1, 2)))
	}
	better, err := run("Poor", "Good", 0.2)
	if err != nil || better.Verdict != "likely_better" || *better.Opportunities.Value < 5 {
		t.Errorf("%v, %+v", err, better)
	}
	// A quarter's average spend is 7,500: a fifth of it is moved.
	if *better.Moved.Value != 1500_00 {
		t.Errorf("moved %v", *better.Moved.Value)
	}
	worse, err := run("Good", "Poor", 0.2)
	if err != nil || worse.Verdict != "likely_worse" {
		t.Errorf("%v, %+v", err, worse)
	}
	again, _ := run("Poor", "Good", 0.2)
	if a, b := asJSON(t, better), asJSON(t, again); a != b {
		t.Errorf("the same seed gives\n%s\n%s", a, b)
	}
	same := input(elastic("A", 100), elastic("B", 100))
	if s, err := Run(same, Move{"A", "B", 0.2}, rand.New(rand.NewPCG(1, 2))); err != nil || s.Verdict != "not_known" || !strings.Contains(s.Words, "can't be told") {
		t.Errorf("%v, %+v", err, s)
	}
	for _, c := range []struct {
		field, from, to string
		share           float64
	}{
		{"from", "Nobody", "Good", 0.2}, {"to", "Good", "Nobody", 0.2}, {"to", "Good", "Good", 0.2}, {"share", "Good", "Poor", 0}, {"share", "Good", "Poor", 1.5},
		{"share", "Good", "Poor", math.NaN()},
	} {
		_, err := run(c.from, c.to, c.share)
		if e, ok := err.(*millrace.Error); !ok || e.Code != millrace.Invalid || e.Field != c.field {
			t.Errorf("%+v: %v", c, err)
		}
	}
	dumb := input(steady, history{name: "Dumb", months: 12, spend: 1000})
	if _, err := Run(dumb, Move{"Steady", "Dumb", 0.2}, rand.New(rand.NewPCG(1, 2))); err == nil || !strings.Contains(err.Error(), "can't be told") {
		t.Errorf("a channel without leads: %v", err)
	}
}

func asJSON(t rapid.TB, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestNothingAndOneChannel(t *testing.T) {
	empty := Review(Input{Period: year, Until: year.Last, Currency: "USD"})
	if empty.Fragility != nil || empty.Suggested != nil || !strings.Contains(empty.Words, "No channel") {
		t.Errorf("%+v", empty)
	}
	one := Review(input(steady))
	if one.Suggested != nil || one.Fragility == nil || one.Fragility.Opportunities != 1 || len(one.Channels) != 1 {
		t.Errorf("%+v", one)
	}
	asJSON(t, []ChannelReview{empty, one})
}

// TestAnyHistory holds reviews and scenarios of any history to be ready for JSON, with a rule and reasons for each channel, and never a verdict
// of a handful of leads.
func TestAnyHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []history
		for i := range rapid.IntRange(0, 3).Draw(t, "channels") {
			h := history{name: string(rune('A' + i)), months: rapid.IntRange(0, 12).Draw(t, "months"), deals: rapid.IntRange(0, 9).Draw(t, "deals"),
				mqls: rapid.IntRange(0, 40).Draw(t, "mqls"), began: rapid.IntRange(0, 5).Draw(t, "began")}
			if h.entered = h.mqls; h.mqls > 0 {
				h.opened = rapid.IntRange(0, h.mqls).Draw(t, "opened")
			}
			for range h.months {
				h.spends = append(h.spends, float64(rapid.IntRange(0, 5000).Draw(t, "spend")))
				h.leadsOf = append(h.leadsOf, float64(rapid.IntRange(0, 20).Draw(t, "leads")))
			}
			list = append(list, h)
		}
		in := input(list...)
		r := Review(in)
		asJSON(t, r)
		for _, c := range r.Channels {
			if c.Rule == "" || len(c.Reasons) == 0 {
				t.Fatalf("%+v", c)
			}
			if c.Cost.Leads > 0 && c.Cost.Leads < leastLeads && c.Cost.Opportunities < leastDeals && c.Verdict != TooEarly {
				t.Fatalf("%v leads, and the verdict is %s", c.Cost.Leads, c.Verdict)
			}
			if (c.Verdict == Stop || c.Verdict == Double) && c.Cost.Leads < volume {
				t.Fatalf("%s with %v leads", c.Verdict, c.Cost.Leads)
			}
		}
		if m := r.Suggested; m != nil {
			s, err := Run(in, *m, rand.New(rand.NewPCG(1, uint64(len(list)))))
			if err != nil && !strings.Contains(err.Error(), "can't be told") {
				t.Fatal(err)
			}
			asJSON(t, s)
			if s.Better < 0 || s.Better > 1 {
				t.Fatalf("%+v", s)
			}
		}
	})
}

func BenchmarkScenario(b *testing.B) {
	in := input(elastic("Good", 300), elastic("Poor", 15))
	start := time.Now()
	for b.Loop() {
		if _, err := Run(in, Move{"Poor", "Good", 0.2}, rand.New(rand.NewPCG(1, 2))); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(time.Since(start).Milliseconds())/float64(b.N), "ms/scenario")
}
