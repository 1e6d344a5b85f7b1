package dashboard

import (
	"cmp"
	"fmt"

	"millrace/internal/measure"
	"millrace/internal/metrics"
)

// executiveTiles are what leadership asks: what was won, what is coming, is it enough, what does it cost.
func executiveTiles(b *board) ([]tile, error) {
	sales, costs := b.sales(), b.m.Economics(b.q, 0, 0)
	out := []tile{
		b.revenue(sales), b.pipeline(), b.coverage(sales), b.forecast(sales), b.winRate(sales), b.velocity(sales), b.toOpportunity(), b.cac(costs), b.spent(costs),
	}
	if b.since.Contracts != metrics.NoDay {
		r := b.m.Retention(b.q)
		t := tile{id: "nrr", label: "Net revenue retention", f: r.NRR, of: contracts, page: "/measure/sales"}
		t.head = b.head(t.f, func(v string) string {
			return fmt.Sprintf("Customers of the first day are worth %s of what they were", v)
		}, "Net revenue retention can't be told")
		out = append(out, t)
	}
	return out, nil
}

// head is the sentence about a value, or why there is none.
func (b *board) head(f metrics.Figure, value func(v string) string, none string) string {
	if f.Value == nil {
		return none + ": " + f.Undefined.Words()
	}
	return value(say(f))
}

func (b *board) revenue(s measure.Sales) tile {
	t := tile{id: "revenue", label: "Revenue won", f: s.Total.WonTotal.Figure("revenue", "amounts of the deals won in the period"), of: closed, metric: "revenue", page: "/measure/sales", behind: "won", why: "revenue"}
	switch why := b.silent(); {
	case why != "":
		t.f.Value, t.f.Undefined = nil, metrics.NoDeals
		t.head = why + ", so what was won can't be told"
	case s.Total.Won == 0:
		t.head = "Nothing was won in these days"
	case t.f.Value == nil:
		t.head = fmt.Sprintf("%s won, of an amount that can't be told: %s", number(s.Total.Won, "deal was", "deals were"), t.f.Undefined.Words())
	default:
		t.head = fmt.Sprintf("%s won in %s", say(t.f), number(s.Total.Won, "deal", "deals"))
	}
	return t
}

func (b *board) pipeline() tile {
	sum := b.m.Channels(b.q).Total.Sum
	t := tile{id: "pipeline", label: "New pipeline", f: sum.Pipeline.Figure("pipeline", "amounts of the opportunities opened in the period"), of: opened, metric: "pipeline", page: "/measure/channels",
		behind: "opened", why: "pipeline"}
	switch why := b.silent(); {
	case why != "":
		t.f.Value, t.f.Undefined = nil, metrics.NoDeals
		t.head = why + ", so new pipeline can't be told"
	case sum.Opportunities == 0:
		t.head = "No opportunity was opened in these days"
	case t.f.Value == nil:
		t.head = fmt.Sprintf("%s opened, of an amount that can't be told: %s", number(int(sum.Opportunities), "opportunity was", "opportunities were"), t.f.Undefined.Words())
	default:
		t.head = fmt.Sprintf("%s of new pipeline in %s", say(t.f), number(int(sum.Opportunities), "opportunity", "opportunities"))
	}
	return t
}

func (b *board) coverage(s measure.Sales) tile {
	t := tile{id: "coverage", label: "Pipeline coverage", f: s.Coverage, page: "/measure/sales", behind: "open"}
	switch s.Coverage.Undefined {
	case metrics.NotAsked:
		t.head = "There is no revenue target for this quarter, so coverage can't be told: import one"
	case metrics.NotPositive:
		t.head = "The quarter's target is reached"
	default:
		t.head = b.head(t.f, func(v string) string { return "Pipeline covers " + v + " of what the quarter's target still lacks" }, "Coverage can't be told")
	}
	return t
}

func (b *board) forecast(s measure.Sales) tile {
	f := s.Forecast.Expected
	t := tile{id: "forecast", label: "Forecast of the quarter", f: f, page: "/measure/sales", behind: "open"}
	t.head = b.head(f, func(v string) string {
		s2 := "The quarter is expected to end at " + v
		if i := f.Interval; i != nil && i.Low != nil && i.High != nil && *i.High > *i.Low {
			s2 += fmt.Sprintf(", %s between %s and %s", percent(i.Level), sayAs(*i.Low, f), sayAs(*i.High, f))
		}
		if on := s.Forecast.OnTarget; on.Value != nil {
			s2 += "; chance to reach the target " + percent(*on.Value)
		}
		return s2
	}, "The quarter can't be forecast")
	if f.Undefined == metrics.TooFew {
		t.head = "The quarter can't be forecast: too few deals have closed to learn from"
	}
	return t
}

func (b *board) winRate(s measure.Sales) tile {
	f := s.Total.WinRate
	t := tile{id: "win_rate", label: "Win rate", f: f, of: closed, page: "/measure/sales", behind: "won", why: "win_rate"}
	if f.N == 0 {
		t.head = "No deal was closed in these days, so there is no win rate"
		return t
	}
	t.head = b.head(f, func(v string) string {
		return fmt.Sprintf("%s of the deals that closed were won, %s", v, among(s.Total.Won, s.Total.Won+s.Total.Lost))
	}, "The win rate can't be told")
	return t
}

func (b *board) velocity(s measure.Sales) tile {
	f := s.Total.Velocity.Velocity
	t := tile{id: "velocity", label: "Pipeline velocity", f: f, of: closed, page: "/measure/sales", behind: "open"}
	t.head = b.head(f, func(v string) string { return "The pipeline brings " + v }, "Velocity can't be told")
	if f.Value != nil && *f.Value == 0 && s.Total.Open == 0 {
		t.head = "No opportunity is open, so the pipeline brings nothing"
	}
	return t
}

func (b *board) toOpportunity() tile {
	f := b.m.Funnel(b.q).Contacts[2].Total.Rate
	t := tile{id: "mql_to_opportunity", label: "MQL to opportunity", f: f, of: behavior, page: "/measure/funnel"}
	days := "90 days"
	if b.q.Horizon > 0 {
		days = number(b.q.Horizon, "day", "days")
	}
	t.head = b.head(f, func(v string) string { return v + " of MQLs become opportunities within " + days }, "MQL to opportunity can't be told")
	if f.Undefined == metrics.NoDenominator {
		t.head = "Nobody became an MQL in these days"
	}
	return t
}

func (b *board) cac(e metrics.Economics) tile {
	return b.cost(tile{id: "cac", label: "CAC, all channels", f: e.Blended.CAC, of: spend | closed, behind: "won"}, "a customer", "customer won")
}

func (b *board) spent(e metrics.Economics) tile {
	total := e.Blended.Spend
	t := tile{id: "spend", label: "Spend", f: total.Figure("spend", "costs of the period's days"), of: spend, metric: "spend", page: "/measure/channels", why: "spend"}
	if total.Rows == 0 {
		t.f.Value, t.f.Undefined = nil, metrics.NoSpend
		t.head = "No cost is recorded in these days"
		return t
	}
	t.head = b.head(t.f, func(v string) string { return v + " spent" }, "What was spent can't be added up")
	return t
}

func executiveCharts(b *board) ([]Chart, error) {
	return []Chart{b.moneyMonths(), b.funnelChart(), b.channelTable("revenue"), b.targetTable()}, nil
}

// moneyMonths are revenue and new pipeline by month.
func (b *board) moneyMonths() Chart {
	c := b.monthChart("money", "Revenue and pipeline by month", "/measure/sales", []series{
		{key: "revenue", label: "Revenue won", role: "value", money: true, target: "revenue", of: closed, value: func(x measure.ChannelMonth) *float64 { return amount(x.Revenue) }},
		{key: "pipeline", label: "New pipeline", role: "line", money: true, of: opened, value: func(x measure.ChannelMonth) *float64 { return amount(x.Pipeline) }},
	})
	c.Title = b.peak(c, "revenue", "Most was won in %s: %s", "Nothing was won in these months")
	c.Title = cmp.Or(b.silent(), c.Title)
	return c
}

// noDeals says whether the data hold no dated opportunity at all: what of them there is none of is not known then, and not none.
func (b *board) noDeals() bool {
	return b.since.Opened == metrics.NoDay && b.since.Closed == metrics.NoDay
}

// silent says that the data tell of no opportunity of the period, since they hold none or end before it; "" where they do.
func (b *board) silent() string {
	switch {
	case b.noDeals():
		return "No opportunity is known"
	case b.m.Economics(b.q, 0, 0).Blended.Untold == metrics.NoDeals:
		return "No opportunity of these days is known"
	}
	return ""
}

// nobody says whether the data hold neither people nor what anybody did.
func (b *board) nobody() bool { return b.since.Known == metrics.NoDay && b.noBehavior() }

// dealt is what follows from opportunities as a cell, none where the data tell of none.
func (b *board) dealt(x float64) Cell {
	if b.silent() != "" {
		return Cell{Undefined: metrics.NoDeals}
	}
	return value(x)
}

// funnelChart is the conversions with their bands.
func (b *board) funnelChart() Chart {
	f := b.m.Funnel(b.q)
	c := Chart{ID: "funnel", Label: "Conversion", Kind: "bars", Head: "Step", Link: b.href("/measure/funnel"), Columns: []Column{
		{Key: "rate", Label: "Rate within 90 days", Unit: metrics.UnitRatio, Role: "value", Rule: "Aalen–Johansen: what ended otherwise can't convert any more, what is open is censored"},
		{Key: "entered", Label: "Entered", Unit: metrics.UnitCount, Role: "cell"},
		{Key: "converted", Label: "Converted", Unit: metrics.UnitCount, Role: "cell"},
		{Key: "median", Label: "Median days", Unit: metrics.UnitDays, Role: "cell"},
	}}
	worst := ""
	for i, name := range []string{"Lead to MQL", "MQL to SQL", "MQL to opportunity", "Opportunity to close"} {
		r := f.Contacts[i].Total
		c.Rows = append(c.Rows, Row{Label: name, Period: b.p, Link: b.href("/measure/funnel"), Cells: []Cell{cellOf(r.Rate), count(r.Entered), count(r.Converted), cellOf(r.Median)}})
		if j := r.Rate.Band; worst == "" && j != nil && r.Rate.Value != nil && j.Beyond() && j.Sure {
			worst = fmt.Sprintf("%s is the step to look at: %s%s", name, say(r.Rate), verdict(r.Rate))
		}
	}
	switch {
	case worst != "":
		c.Title = worst
	case f.Contacts[0].Total.Entered+f.Contacts[3].Total.Entered == 0:
		c.Title = "Nobody entered the funnel in these days"
	default:
		c.Title = "No step of the funnel is surely out of its band"
	}
	return c
}

// targetTable is the plan beside what came of it.
func (b *board) targetTable() Chart {
	c := Chart{ID: "targets", Label: "Targets", Kind: "table", Head: "Target", Link: b.href("/measure/plan"), Columns: []Column{
		{Key: "goal", Label: "Goal", Unit: "text", Role: "cell"},
		{Key: "actual", Label: "Actual", Unit: "text", Role: "cell"},
		{Key: "attainment", Label: "Attained", Unit: metrics.UnitRatio, Role: "value", Rule: "actual / goal"},
		{Key: "elapsed", Label: "Days over", Unit: metrics.UnitRatio, Role: "cell"},
		{Key: "pace", Label: "Pace", Unit: metrics.UnitRatio, Role: "cell", Rule: "actual / (goal × share of the days that are over)"},
	}}
	behind := 0
	for _, t := range b.targets {
		name := t.Metric
		for _, of := range []string{t.Channel, t.Owner} {
			if of != "" {
				name += ", " + of
			}
		}
		c.Rows = append(c.Rows, Row{Label: name + ", " + span(t.Period), Period: t.Period, Link: b.href("/measure/plan"),
			Cells: []Cell{text(say(t.Goal)), text(say(t.Actual)), cellOf(t.Attainment), value(t.Elapsed), cellOf(t.Pace)}})
		if t.Pace.Value != nil && *t.Pace.Value < 1 && t.Metric != "spend" {
			behind++
		}
	}
	switch {
	case len(c.Rows) == 0:
		c.Title = "No target is set for these days: import targets to see how far along they are"
	case behind == 0:
		c.Title = "Every target is on its pace"
	default:
		c.Title = fmt.Sprintf("%d of %s behind an even pace", behind, number(len(c.Rows), "target is", "targets are"))
	}
	return c
}
