package dashboard

import (
	"fmt"
	"slices"
	"strings"

	"millrace/internal/measure"
	"millrace/internal/metrics"
)

// channelTiles are what a head of marketing asks: what came, by what, for how much, and how good it is.
func channelTiles(b *board) ([]tile, error) {
	e := b.m.Economics(b.q, 0, 0)
	sum := b.m.Channels(b.q).Total.Sum
	out := []tile{b.leads(int(sum.Leads)), b.mqls(int(sum.MQLs)), b.cpl(e), b.toOpportunity(), b.perOpportunity(e), b.pipeline(), b.spent(e), b.cac(e), b.largest()}
	return out, nil
}

func (b *board) leads(n int) tile {
	t := tile{id: "leads", label: "New leads", f: metrics.Count("leads", "people who became known in the period", float64(n)), of: known, metric: "leads", page: "/measure/channels",
		behind: "leads", why: "leads"}
	if t.head = number(n, "person became known", "people became known"); n == 0 {
		t.head = "Nobody became known in these days"
	}
	if b.nobody() {
		t.f.Value, t.f.Undefined, t.head = nil, metrics.NoPeople, "Nobody is known, so who became a lead can't be told"
	}
	return t
}

func (b *board) mqls(n int) tile {
	t := tile{id: "mqls", label: "MQLs", f: metrics.Count("mqls", "entries of the stage MQL in the period", float64(n)), of: behavior, metric: "mql", page: "/measure/funnel"}
	if t.head = number(n, "lead qualified as MQL", "leads qualified as MQL"); n == 0 {
		t.head = "Nobody qualified as MQL in these days"
	}
	if b.nobody() {
		t.f.Value, t.f.Undefined, t.head = nil, metrics.NoPeople, "Nobody is known, so who qualified as MQL can't be told"
	}
	return t
}

// cost is the tile of what one of something costs: what, "a lead", and came, "lead came", say it in words.
func (b *board) cost(t tile, what, came string) tile {
	t.page = "/measure/channels"
	switch t.f.Undefined {
	case metrics.NoSpend:
		t.head = "No cost is recorded in these days, so what " + what + " costs can't be told"
	case metrics.NoDeals:
		if t.head = "No opportunity of these days is known, so what " + what + " costs can't be told"; b.noDeals() {
			t.head = "No opportunity is known, so what " + what + " costs can't be told"
		}
	case metrics.NoPeople:
		t.head = "Nobody is known, so what " + what + " costs can't be told"
	case metrics.NoTouches:
		t.head = "Of no opportunity the channel is known, so what " + what + " costs can't be told"
	case metrics.NoDenominator:
		t.head = "Money was spent and no " + came + " in these days"
	default:
		t.head = b.head(t.f, func(v string) string { return strings.ToUpper(what[:1]) + what[1:] + " costs " + v }, "What "+what+" costs can't be told")
	}
	return t
}

func (b *board) cpl(e metrics.Economics) tile {
	return b.cost(tile{id: "cpl", label: "CPL, all channels", f: e.Blended.CPL, of: spend | known, behind: "leads", why: "cpl"}, "a lead", "lead came")
}

func (b *board) perOpportunity(e metrics.Economics) tile {
	return b.cost(tile{id: "cost_per_opportunity", label: "Cost per opportunity", f: e.Blended.CostPerOpportunity, of: spend | opened, behind: "opened"}, "an opportunity", "opportunity opened")
}

// largest is how much of the pipeline hangs on one channel, as the channel review says.
func (b *board) largest() tile {
	t := tile{id: "largest", label: "Largest channel", of: opened, page: "/measure/channels"}
	for _, c := range b.m.Review(b.q).Concentration {
		if c.Of != "opportunities" || c.HHI.Undefined == metrics.NoData {
			continue
		}
		if c.HHI.Value == nil {
			t.f, t.head = c.HHI, "Too few opportunities came by a channel to say how much hangs on one"
			t.f.Key = "largest_share"
			return t
		}
		t.f = metrics.Figure{Key: "largest_share", Unit: metrics.UnitRatio, Value: &c.Share, N: c.HHI.N, Rule: "opportunities of the channel with most / all opportunities of the period with a channel"}
		t.head = fmt.Sprintf("%s brings %s of the opportunities", c.Largest, percent(c.Share))
		return t
	}
	t.f = metrics.Figure{Key: "largest_share", Unit: metrics.UnitRatio, Undefined: metrics.NoData, Rule: "opportunities of the channel with most / all opportunities of the period with a channel"}
	switch t.head = "No opportunity was opened in these days"; {
	case b.silent() != "":
		t.head = b.silent() + ", so which channel brings most can't be told"
	case b.m.Economics(b.q, 0, 0).Blended.Opportunities > 0:
		t.head = "No touch is known before the opportunities of these days, so which channel brought them can't be told"
	}
	return t
}

func channelCharts(b *board) ([]Chart, error) {
	return []Chart{b.channelTable("leads"), b.leadMonths(), b.spendMonths(), b.channelMonths()}, nil
}

// channelTable is each channel's costs, results and verdict, those with most of a column first.
func (b *board) channelTable(by string) Chart {
	money := b.m.Currency()
	c := Chart{ID: "channels", Label: "Channels", Kind: "bars", Head: "Channel", Link: b.href("/measure/channels")}
	if by == "revenue" {
		c.Columns = append(c.Columns, Column{Key: "revenue", Label: "Revenue won", Unit: metrics.UnitMoney, Currency: money, Role: "value"}, Column{Key: "leads", Label: "Leads", Unit: metrics.UnitCount, Role: "cell"})
	} else {
		c.Columns = append(c.Columns, Column{Key: "leads", Label: "Leads", Unit: metrics.UnitCount, Role: "value"}, Column{Key: "revenue", Label: "Revenue won", Unit: metrics.UnitMoney, Currency: money, Role: "cell"})
	}
	c.Columns = append(c.Columns, Column{Key: "opportunities", Label: "Opportunities", Unit: metrics.UnitCount, Role: "cell"},
		Column{Key: "spend", Label: "Spend", Unit: metrics.UnitMoney, Currency: money, Role: "cell"},
		Column{Key: "cpl", Label: "CPL", Unit: metrics.UnitMoney, Currency: money, Role: "cell", Rule: "spend / leads"},
		Column{Key: "cac", Label: "CAC", Unit: metrics.UnitMoney, Currency: money, Role: "cell", Rule: "spend / customers won"},
		Column{Key: "mql_to_opportunity", Label: "MQL to opportunity", Unit: metrics.UnitRatio, Role: "cell"},
		Column{Key: "verdict", Label: "Verdict", Unit: "text", Role: "cell", Rule: "the channel review's"})
	review := b.m.Review(b.q)
	var stop, double []string
	for _, r := range review.Channels {
		leads, revenue, opportunities := told(r.Cost.Leads, r.Cost.UntoldLeads), total(r.Cost.Revenue), told(r.Cost.Opportunities, r.Cost.Untold)
		first, second := leads, revenue
		if by == "revenue" {
			first, second = revenue, leads
		}
		c.Rows = append(c.Rows, Row{Label: named(r.Channel, "no touch"), Period: b.p, Link: b.href("/measure/channels", "channel", r.Channel),
			Cells: []Cell{first, second, opportunities, total(r.Cost.Spend), cellOf(r.Cost.CPL), cellOf(r.Cost.CAC), cellOf(r.Quality), text(strings.ReplaceAll(string(r.Verdict), "_", " "))}})
		switch r.Verdict {
		case "stop":
			stop = append(stop, r.Channel)
		case "double":
			double = append(double, r.Channel)
		}
	}
	slices.SortStableFunc(c.Rows, func(a, b Row) int { return most(a.Cells[0].Value, b.Cells[0].Value) })
	if by == "revenue" {
		c.Title = b.peak(c, "revenue", "%s brought most revenue: %s", "No revenue can be given to a channel in these days")
		return c
	}
	switch {
	case len(stop) > 0 && len(double) > 0:
		c.Title = "Stop " + strings.Join(stop, ", ") + "; double " + strings.Join(double, ", ")
	case len(stop) > 0:
		c.Title = "Stop " + strings.Join(stop, ", ")
	case len(double) > 0:
		c.Title = "Double " + strings.Join(double, ", ")
	default:
		c.Title = b.peak(c, "leads", "%s brought most leads: %s", "No lead came by a channel in these days")
	}
	return c
}

// told is a value, none where it isn't known.
func told(x float64, untold metrics.Undefined) Cell {
	if untold != "" {
		return Cell{Undefined: untold}
	}
	return value(x)
}

// most orders by what is most, those without a value last.
func most(a, b *float64) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil || *a > *b:
		return -1
	case *a < *b:
		return 1
	}
	return 0
}

func (b *board) leadMonths() Chart {
	c := b.monthChart("leads", "Leads and MQLs by month", "/measure/channels", []series{
		{key: "leads", label: "New leads", role: "value", target: "leads", of: known, value: func(x measure.ChannelMonth) *float64 { return whole(x.Leads) }},
		{key: "mqls", label: "MQLs", role: "line", of: behavior, value: func(x measure.ChannelMonth) *float64 { return whole(x.MQLs) }},
	})
	c.Title = b.peak(c, "leads", "Most leads came in %s: %s", "Nobody became known in these months")
	return c
}

func (b *board) spendMonths() Chart {
	c := b.monthChart("spend", "Spend and CPL by month", "/measure/channels", []series{
		{key: "spend", label: "Spend", role: "value", money: true, target: "spend", of: spend, value: func(x measure.ChannelMonth) *float64 { return amount(x.Spend) }},
	})
	trend := b.at(b.trend())
	months := b.m.Economics(trend.q, 0, 0).Blended.Months
	c.Columns = append(c.Columns, Column{Key: "cpl", Label: "CPL", Unit: metrics.UnitMoney, Currency: b.m.Currency(), Role: "line", Rule: "spend / leads"})
	for i := range c.Rows {
		cell := Cell{Undefined: metrics.NoSpend}
		if n := slices.IndexFunc(months, func(m metrics.CostMonth) bool { return m.Month.String() == c.Rows[i].Label }); n >= 0 {
			cell = cellOf(months[n].CPL)
		}
		c.Rows[i].Cells = append(c.Rows[i].Cells, cell)
	}
	c.Title = b.peak(c, "spend", "Most was spent in %s: %s", "No cost is recorded in these months")
	return c
}

// widest is how many channels a chart over months tells apart.
const widest = 6

// channelMonths are the leads by month of the channels with most.
func (b *board) channelMonths() Chart {
	trend := b.at(b.trend())
	x := b.m.Channels(trend.q)
	rows := slices.Clone(x.Own)
	slices.SortStableFunc(rows, func(a, b measure.ChannelRow) int { return int(b.Sum.Leads - a.Sum.Leads) })
	rows = slices.DeleteFunc(rows, func(r measure.ChannelRow) bool { return r.Sum.Leads == 0 })
	rows = rows[:min(len(rows), widest)]
	c := Chart{ID: "channel_months", Label: "Leads by channel and month", Kind: "table", Head: "Month", Link: b.href("/measure/channels")}
	for _, r := range rows {
		c.Columns = append(c.Columns, Column{Key: "leads_" + slug(r.Channel), Label: named(r.Channel, "no touch"), Unit: metrics.UnitCount, Role: "value"})
	}
	for i, month := range x.Months {
		row := Row{Label: month.String(), Period: month.Period(), Partial: b.cut(month, trend.p), Link: b.monthHref("/measure/channels", month)}
		for _, r := range rows {
			row.Cells = append(row.Cells, b.seen(series{of: known}, month, whole(r.Months[i].Leads)))
		}
		c.Rows = append(c.Rows, row)
	}
	switch c.Title = "No lead came by a channel in these months"; {
	case len(rows) > 1 && rows[0].Sum.Leads == rows[1].Sum.Leads:
		c.Title = "No channel stands out in these months: the largest have " + number(int(rows[0].Sum.Leads), "lead", "leads") + " each"
	case len(rows) > 0:
		c.Title = fmt.Sprintf("%s brought %s of the leads of these months", named(rows[0].Channel, "No touch"), percent(float64(rows[0].Sum.Leads)/float64(max(1, x.Total.Sum.Leads))))
	}
	return c
}

// slug is a label as a key: letters and digits, lower case.
func slug(s string) string {
	out := strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, s)
	return named(strings.Trim(out, "_"), "none")
}
