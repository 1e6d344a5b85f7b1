package review

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"millrace"
	"millrace/internal/metrics"
	"millrace/internal/metrics/survival"
)

// draws is how often a scenario is simulated.
const draws = 4000

// Scenario is what a move of spend would do in a quarter, against the quarter as it would be without it. Values are medians of the draws.
type Scenario struct {
	Move
	Moved         metrics.Figure `json:"moved" doc:"Spend that is moved, a quarter"`
	Leads         metrics.Figure `json:"leads" doc:"Change, a quarter"`
	Opportunities metrics.Figure `json:"opportunities" doc:"Change, a quarter"`
	Revenue       metrics.Figure `json:"revenue" doc:"Change, of the opportunities of a quarter once they are closed"`
	Better        float64        `json:"better" doc:"Share of the draws with more opportunities than without the move"`
	Verdict       string         `json:"verdict" enum:"likely_better,likely_worse,not_known"`
	Words         string         `json:"words"`
	Assumptions   []string       `json:"assumptions"`
}

// side is a channel in a scenario: its spend and leads of a month, the most it ever spent in one, and its returns.
type side struct {
	name                      string
	spend, leads, most, deals float64
	allLeads                  float64
	returns                   Returns
}

// Run simulates moving a share of one channel's spend to another. Errors: Invalid with the field "from", "to" or "share" for a channel that isn't
// there or whose spend and leads of whole months are too few to say what more or less would do, for a move to itself, and for a share outside
// of 0 to 1.
func Run(in Input, m Move, rng *rand.Rand) (Scenario, error) {
	out := Scenario{Move: m}
	if !(m.Share > 0 && m.Share <= 1) {
		return out, millrace.FieldErrorf("review.Run", "share", "a share is above 0 and at most 1, such as 0.2")
	}
	from, err := sideOf(in, "from", m.From)
	if err != nil {
		return out, err
	}
	to, err := sideOf(in, "to", m.To)
	if err != nil {
		return out, err
	}
	if m.From == m.To {
		return out, millrace.FieldErrorf("review.Run", "to", "spend is moved from one channel to another")
	}
	moved := from.spend * m.Share
	usual := ratio(in.Blended.Opportunities, in.Blended.Leads)
	var leads, deals, revenue []float64
	better := 0
	for range draws {
		down := 3 * from.leads * (math.Pow(1-m.Share, from.draw(rng)) - 1)
		up := 3 * to.leads * (to.growth(to.spend+moved, rng) - 1)
		opportunities := down*from.rate(usual, rng) + up*to.rate(usual, rng)
		leads, deals = append(leads, down+up), append(deals, opportunities)
		revenue = append(revenue, opportunities*worth(in, rng))
		if opportunities > 0 {
			better++
		}
	}
	out.Better = float64(better) / draws
	three := 3 * moved
	out.Moved = metrics.Figure{Key: "moved", Unit: metrics.UnitMoney, Currency: in.Currency, Value: &three, Rule: "share · average month's spend · 3"}
	out.Leads = drawn("leads_change", metrics.UnitCount, "", leads, "change of both channels' leads by their elasticities")
	out.Opportunities = drawn("opportunities_change", metrics.UnitCount, "", deals, "change of leads · each channel's opportunities a lead")
	out.Revenue = drawn("revenue_change", metrics.UnitMoney, in.Currency, revenue, "change of opportunities · win rate · average deal, of all channels")
	if usual == 0 || in.WinRate.Value == nil || in.AverageDeal.Value == nil {
		out.Revenue.Value, out.Revenue.Interval, out.Revenue.Undefined = nil, nil, metrics.NoData
	}
	out.conclude(usual > 0)
	out.Assumptions = assumptions(from, to, moved)
	return out, nil
}

func (s *Scenario) conclude(pipeline bool) {
	switch {
	case !pipeline:
		s.Verdict, s.Words = "not_known", "No opportunity came by any channel: only the change in leads can be told."
		return
	case s.Better >= 0.9:
		s.Verdict = "likely_better"
	case s.Better <= 0.1:
		s.Verdict = "likely_worse"
	default:
		s.Verdict = "not_known"
	}
	o := s.Opportunities
	change := fmt.Sprintf("%s opportunities a quarter (%s to %s), more than without the move in %.0f%% of the draws", signed(*o.Value), signed(*o.Interval.Low), signed(*o.Interval.High), 100*s.Better)
	s.Words = map[string]string{"likely_better": "Likely better: ", "likely_worse": "Likely worse: ", "not_known": "It can't be told: "}[s.Verdict] + change + "."
	if s.Verdict == "not_known" {
		s.Words += " Try a part of it for a quarter, and look again."
	}
}

// signed writes a change to a tenth; one that rounds to nothing has no sign.
func signed(x float64) string {
	if math.Abs(x) < 0.05 {
		return "0.0"
	}
	return fmt.Sprintf("%+.1f", x)
}

func sideOf(in Input, field, name string) (side, error) {
	i := slices.IndexFunc(in.Channels, func(c Channel) bool { return c.Row.Channel == name })
	if i < 0 {
		return side{}, millrace.FieldErrorf("review.Run", field, "there is no channel %q in this period", name)
	}
	c := in.Channels[i]
	s := side{name: name, deals: c.Row.Opportunities, allLeads: c.Row.Leads, returns: diminishing(in, c)}
	months := whole(in, c)
	for _, m := range months {
		spend := max(0, float64(m.Spend.Minor))
		s.spend, s.leads, s.most = s.spend+spend, s.leads+m.Leads, max(s.most, spend)
	}
	if s.spend == 0 || s.leads == 0 {
		return s, millrace.FieldErrorf("review.Run", field, "%s has no whole month with spend, or no lead of one: what more or less spend would do can't be told", name)
	}
	n := float64(len(months))
	s.spend, s.leads = s.spend/n, s.leads/n
	return s, nil
}

// draw is an elasticity: of the fit where there is one, else anything from nothing at all to in proportion.
func (s *side) draw(rng *rand.Rand) float64 {
	if s.returns.Elasticity.Value == nil {
		return rng.Float64()
	}
	return min(1.5, max(0, *s.returns.Elasticity.Value+s.returns.se*rng.NormFloat64()))
}

// growth is by which factor leads rise with the spend. Beyond the largest month that was ever spent any part of the elasticity may hold.
func (s *side) growth(spend float64, rng *rand.Rand) float64 {
	e, edge := s.draw(rng), max(s.most, s.spend)
	g := math.Pow(min(spend, edge)/s.spend, e)
	if spend > edge {
		g *= math.Pow(spend/edge, e*rng.Float64())
	}
	return g
}

// rate is opportunities a lead: what the channel had, and one opportunity more at the rate of all channels, so that a channel without any isn't
// taken for one that never will.
func (s *side) rate(usual float64, rng *rand.Rand) float64 {
	if usual == 0 {
		return 0
	}
	return survival.Gamma(int(math.Round(s.deals))+1, rng) / (s.allLeads + 1/usual)
}

// worth is the revenue of an opportunity, as sure as the number of deals won lets it be.
func worth(in Input, rng *rand.Rand) float64 {
	if in.WinRate.Value == nil || in.AverageDeal.Value == nil {
		return 0
	}
	n := max(1, in.AverageDeal.N)
	return *in.WinRate.Value * *in.AverageDeal.Value * survival.Gamma(n, rng) / float64(n)
}

// drawn is a figure of draws: their median, and where the middle 95% lie.
func drawn(key string, unit metrics.Unit, currency string, x []float64, rule string) metrics.Figure {
	slices.Sort(x)
	at := func(p float64) *float64 { v := x[int(p*float64(len(x)-1))]; return &v }
	return metrics.Figure{Key: key, Unit: unit, Currency: currency, Value: at(0.5), N: len(x), Rule: rule,
		Interval: &metrics.Interval{Low: at(0.025), High: at(0.975), Level: 0.95, Method: "simulation"}}
}

func assumptions(from, to side, moved float64) []string {
	var out []string
	for _, s := range []side{from, to} {
		if e := s.returns.Elasticity; e.Value != nil {
			out = append(out, fmt.Sprintf("%s: elasticity %.2f (%.2f to %.2f), of %d months.", s.name, *e.Value, *e.Interval.Low, *e.Interval.High, s.returns.Months))
		} else {
			out = append(out, fmt.Sprintf("%s: its elasticity can't be told, so anything from 0 (no change) to 1 (in proportion) was drawn.", s.name))
		}
	}
	if to.spend+moved > to.most {
		out = append(out, fmt.Sprintf("%s would spend more in a month than it ever did: what that brings is extrapolated, and may be anything from nothing more to what was usual.", to.name))
	}
	return append(out, "Months were compared as they were: what season, prices and competitors did at the same time is in the figures, and leads that come a month after the spend count there.",
		"A channel's leads become opportunities as they did; channels are taken to act alone, though one that creates demand feeds those that capture it.")
}
