package dashboard

import (
	"fmt"
	"slices"

	"millrace/internal/measure"
	"millrace/internal/metrics"
)

// salesTiles are what a sales leader asks: how much is open, is it enough, is it won, how fast, and who takes leads up.
func salesTiles(b *board) ([]tile, error) {
	s := b.sales()
	return []tile{b.openPipeline(s), b.coverage(s), b.winRate(s), b.velocity(s), b.revenue(s), b.forecast(s), b.cycle(s), b.averageDeal(s), b.followUp()}, nil
}

// sales are the measures of deals, with the forecast that there is where the view is to be there at once.
func (b *board) sales() measure.Sales {
	if !b.soon {
		return b.m.Sales(b.q)
	}
	s := b.m.SalesSoon(b.q)
	if s.Pending {
		*b.late = late{true, s.Earlier}
	}
	return s
}

func (b *board) openPipeline(s measure.Sales) tile {
	f := s.Pipeline.New.Amount.Figure("open_pipeline", "amounts of the open opportunities, of new customers and of existing ones")
	n := s.Pipeline.New.Deals + s.Pipeline.Expansion.Deals
	more := s.Pipeline.Expansion.Amount.Figure("", "")
	if f.Value != nil && more.Value != nil {
		sum := *f.Value + *more.Value
		f.Value = &sum
	} else if more.Value != nil {
		f.Value, f.Undefined = more.Value, ""
	}
	f.N, f.LeftOut = n, append(slices.Clone(s.Pipeline.New.LeftOut), s.Pipeline.Expansion.LeftOut...)
	t := tile{id: "open_pipeline", label: "Open pipeline", f: f, page: "/opportunities", behind: "open"}
	t.page = to("/opportunities", "status", "open")
	switch bare := s.Pipeline.New.Amount.Rows+s.Pipeline.Expansion.Amount.Rows == 0; {
	case n == 0 && b.noDeals():
		t.f.Value, t.f.Undefined = nil, metrics.NoData
		t.head = "No opportunity is known, so what is open can't be told"
	case n == 0:
		t.head = "No opportunity is open"
	case bare:
		t.f.Value, t.f.Undefined = nil, metrics.NoData
		t.head = number(n, "opportunity is open, without an amount", "opportunities are open, none of them with an amount")
	default:
		t.head = fmt.Sprintf("%s is open in %s", say(f), number(n, "opportunity", "opportunities"))
	}
	return t
}

func (b *board) cycle(s measure.Sales) tile {
	f := s.Total.Cycle.WonMedian
	t := tile{id: "cycle", label: "Sales cycle", f: f, of: closed, page: "/measure/sales", behind: "won"}
	t.head = b.head(f, func(v string) string { return "Half of the won deals took " + v + " or less" }, "The sales cycle can't be told")
	return t
}

func (b *board) averageDeal(s measure.Sales) tile {
	f := s.Total.Velocity.AverageDeal
	t := tile{id: "average_deal", label: "Average deal", f: f, of: closed, page: "/measure/sales", behind: "won"}
	t.head = b.head(f, func(v string) string { return "A won deal is worth " + v + " on average" }, "The average deal can't be told")
	return t
}

func (b *board) followUp() tile {
	f := b.m.FollowUp(b.q)
	t := tile{id: "follow_up", label: "Follow-up within 7 days", f: f, of: behavior, page: "/leads"}
	t.page = to("/leads", "stage", "mql")
	switch {
	case f.Undefined == metrics.NotAsked:
		t.head = "Nothing tells what sales does with leads: accept and reject them here, or send calls and meetings"
	case f.N == 0:
		t.head = "No MQL of these days is a week old"
	default:
		t.head = b.head(f, func(v string) string { return v + " of MQLs are taken up within a week" }, "Follow-up can't be told")
	}
	return t
}

func salesCharts(b *board) ([]Chart, error) {
	return []Chart{b.repTable(), b.dealMonths(), b.winRateMonths(), b.stageTable()}, nil
}

func (b *board) repTable() Chart {
	s := b.sales()
	money := b.m.Currency()
	c := Chart{ID: "reps", Label: "By rep", Kind: "bars", Head: "Rep", Link: b.href("/measure/sales", "by", "owner"), Columns: []Column{
		{Key: "revenue", Label: "Revenue won", Unit: metrics.UnitMoney, Currency: money, Role: "value"},
		{Key: "open", Label: "Open", Unit: metrics.UnitCount, Role: "cell"},
		{Key: "won", Label: "Won", Unit: metrics.UnitCount, Role: "cell"},
		{Key: "lost", Label: "Lost", Unit: metrics.UnitCount, Role: "cell"},
		{Key: "win_rate", Label: "Win rate", Unit: metrics.UnitRatio, Role: "cell", Rule: "won / closed opportunities"},
		{Key: "average_deal", Label: "Average deal", Unit: metrics.UnitMoney, Currency: money, Role: "cell"},
		{Key: "cycle", Label: "Median cycle", Unit: metrics.UnitDays, Role: "cell"},
		{Key: "velocity", Label: "Velocity", Unit: metrics.UnitMoneyPerDay, Currency: money, Role: "cell"},
	}}
	for _, d := range s.Dimensions {
		if d.Name != "owner" {
			continue
		}
		for i, r := range d.Rows {
			if i == 0 { // the row of all
				continue
			}
			c.Rows = append(c.Rows, Row{Label: named(r.Label, "no owner"), Period: b.p, Link: to("/opportunities", "owner", r.Label),
				Cells: []Cell{total(r.WonTotal), count(r.Open), count(r.Won), count(r.Lost), cellOf(r.WinRate), cellOf(r.Velocity.AverageDeal), cellOf(r.Cycle.WonMedian), cellOf(r.Velocity.Velocity)}})
		}
	}
	owned := c
	owned.Rows = slices.DeleteFunc(slices.Clone(c.Rows), func(r Row) bool { return r.Label == "no owner" })
	if c.Title = b.peak(owned, "revenue", "%s won most: %s", "Nobody has won a deal in these days"); len(owned.Rows) == 0 && s.Total.Won > 0 {
		c.Title = "The deals that were won have no owner"
	}
	return c
}

func (b *board) dealMonths() Chart {
	c := b.monthChart("deals", "Pipeline opened and revenue won by month", "/measure/sales", []series{
		{key: "pipeline", label: "New pipeline", role: "value", money: true, target: "pipeline", of: opened, value: func(x measure.ChannelMonth) *float64 { return amount(x.Pipeline) }},
		{key: "revenue", label: "Revenue won", role: "line", money: true, of: closed, value: func(x measure.ChannelMonth) *float64 { return amount(x.Revenue) }},
	})
	c.Title = b.peak(c, "pipeline", "Most pipeline was opened in %s: %s", "No opportunity was opened in these months")
	return c
}

// winRateMonths are the win rates of the months, with their intervals and the band.
func (b *board) winRateMonths() Chart {
	trend := b.trend()
	c := Chart{ID: "win_rate", Label: "Win rate by month", Kind: "months", Head: "Month", Link: b.href("/measure/sales"), Columns: []Column{
		{Key: "win_rate", Label: "Win rate", Unit: metrics.UnitRatio, Role: "line", Rule: "won / closed opportunities"}, {Key: "closed", Label: "Deals closed", Unit: metrics.UnitCount, Role: "cell"}}}
	below, judged := 0, 0
	for _, month := range trend.Months() {
		r := b.m.ClosedDeals(b.at(b.within(month, trend)).q)
		cell := cellOf(r.WinRate)
		if j := r.WinRate.Band; j != nil {
			c.Columns[0].Band = &j.Band
			if r.WinRate.Value != nil && j.Sure {
				judged++
				below += map[bool]int{true: 1}[j.Beyond()]
			}
		}
		c.Rows = append(c.Rows, Row{Label: month.String(), Period: month.Period(), Partial: b.cut(month, trend), Link: b.monthHref("/measure/sales", month), Cells: []Cell{cell, count(r.Won + r.Lost)}})
	}
	switch {
	case judged == 0:
		c.Title = "No month has closed enough deals to be sure of its win rate"
	case below == 0:
		c.Title = "No month's win rate is surely below its band"
	default:
		c.Title = fmt.Sprintf("The win rate of %s is surely below its band", number(below, "month", "months"))
	}
	return c
}

// within is the part of a month that lies in a period.
func (b *board) within(month metrics.Month, p metrics.Period) metrics.Period {
	x := month.Period()
	return metrics.Period{First: max(x.First, p.First), Last: min(x.Last, p.Last)}
}

func (b *board) stageTable() Chart {
	f := b.sales().Forecast
	money := b.m.Currency()
	c := Chart{ID: "stages", Label: "Open opportunities by stage", Kind: "bars", Head: "Stage", Link: to("/opportunities", "status", "open"), Columns: []Column{
		{Key: "amount", Label: "Open", Unit: metrics.UnitMoney, Currency: money, Role: "value"},
		{Key: "deals", Label: "Opportunities", Unit: metrics.UnitCount, Role: "cell"},
		{Key: "win_rate", Label: "Won of those closed", Unit: metrics.UnitRatio, Role: "cell", Rule: "won of the deals that entered the stage and closed"},
		{Key: "expected", Label: "Expected this quarter", Unit: metrics.UnitMoney, Currency: money, Role: "cell"},
	}}
	for _, s := range f.Stages {
		c.Rows = append(c.Rows, Row{Label: named(s.Stage, "no stage"), Period: b.p, Link: to("/opportunities", "status", "open", "stage", s.Stage), Cells: []Cell{total(s.Amount), count(s.Deals), cellOf(s.WinRate), cellOf(s.Expected)}})
	}
	switch c.Title = b.peak(c, "amount", "Most of the open pipeline is in %s: %s", "No open opportunity has an amount"); {
	case b.noDeals():
		c.Title = "No opportunity is known"
	case len(c.Rows) == 0:
		c.Title = "No opportunity is open"
	}
	return c
}
