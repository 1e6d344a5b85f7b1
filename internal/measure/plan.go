package measure

import (
	"slices"

	"millrace"
	"millrace/internal/metrics"
)

// PlanQuery is a revenue target to plan backwards from.
type PlanQuery struct {
	Target  millrace.Money
	By      metrics.Day // the last day on which a deal counts
	Since   metrics.Day // first day whose won deals count towards the target; NoDay: of the present quarter
	History Query       // the period that the rates are of
}

// RevenuePlan is the way back from a revenue target, and what its rates are of.
type RevenuePlan struct {
	metrics.PlanReport
	Rates metrics.Period `json:"rates" doc:"The period that the rates and costs are of"`
	Won   metrics.Period `json:"won" doc:"The days whose won deals count towards the target"`
	// Borrowed are figures of channels that have too few of their own: those of all channels stand in their place.
	Borrowed []BorrowedRate `json:"borrowed"`
}

// BorrowedRate is a rate of all channels that stands for a channel's own.
type BorrowedRate struct {
	Channel string `json:"channel"`
	Rate    string `json:"rate"`
}

// Plan goes back from a revenue target to deals, opportunities, MQLs, leads and spend by channel, at the rates of a period.
func (m *Model) Plan(q PlanQuery) RevenuePlan {
	o, p, today := m.options(q.History), m.period(q.History), m.calendar.Day(m.BuiltAt)
	since := q.Since
	if since == metrics.NoDay || since == 0 {
		since = m.quarter().First
	}
	out := RevenuePlan{Rates: p, Won: metrics.Period{First: since, Last: min(today, q.By)}, Borrowed: []BorrowedRate{}}
	var won []metrics.Dated
	for i := range m.deals {
		if d := &m.deals[i]; d.Status == millrace.OpportunityWon && d.HasAmount && d.Closed != 0 && out.Won.Has(m.calendar.Day(d.Closed)) {
			won = append(won, metrics.Dated{Money: d.Amount, Day: m.calendar.Day(d.Closed)})
		}
	}
	in := metrics.PlanInput{Target: q.Target, Deadline: q.By, Won: metrics.Money(won, o).Figure("won", "amounts of the deals won towards the target"),
		Open: m.forecast(metrics.Period{First: min(today, q.By), Last: q.By}, o).Open, Channels: m.planChannels(q.History, p, o, &out)}
	out.PlanReport = metrics.Plan(in, o)
	return out
}

// planChannels are the channels' rates of a period: of each that brought a deal or a lead for money.
func (m *Model) planChannels(q Query, p metrics.Period, o metrics.Options, out *RevenuePlan) []metrics.PlanChannel {
	funnel := m.Funnel(q)
	toMQL, toOpportunity := funnel.Contacts[0], funnel.Contacts[2]
	deals, _ := metrics.Deals(m.plainDeals(), p, m.dealDims()[0], o)
	all := whole(deals)
	economics := m.Economics(q, 0, 0)
	var channels []metrics.PlanChannel
	for _, row := range economics.Channels {
		if row.Channel == "" || row.Customers == 0 && (row.Leads == 0 || row.Spend.Rows == 0) {
			continue
		}
		deal := all
		if i := slices.IndexFunc(deals, func(d metrics.DealRow) bool { return d.Label == row.Channel }); i >= 0 {
			deal = deals[i]
		}
		own := func(rate string, f, of metrics.Figure) metrics.Figure {
			if f.Value != nil && *f.Value > 0 {
				return f
			}
			out.Borrowed = append(out.Borrowed, BorrowedRate{row.Channel, rate})
			of.Caveats = append(slices.Clone(of.Caveats), "of_all_channels")
			return of
		}
		c := metrics.PlanChannel{Channel: row.Channel, Revenue: float64(row.Revenue.Minor), CPL: row.CPL,
			LeadToMQL:        own("lead_to_mql", segmentRate(toMQL, row.Channel), toMQL.Total.Rate),
			MQLToOpportunity: own("mql_to_opportunity", segmentRate(toOpportunity, row.Channel), toOpportunity.Total.Rate),
			WinRate:          own("win_rate", deal.WinRate, all.WinRate), AverageDeal: own("average_deal", deal.Velocity.AverageDeal, all.Velocity.AverageDeal),
			LeadDays: value(toMQL.Total.Median), MQLDays: value(toOpportunity.Total.Median), CycleDays: value(all.Cycle.WonMedian)}
		channels = append(channels, c)
	}
	return channels
}

// segmentRate is a channel's rate in a funnel split by channel.
func segmentRate(f metrics.FunnelReport, channel string) metrics.Figure {
	for _, d := range f.Dimensions {
		if d.Name != "channel" {
			continue
		}
		for _, s := range d.Segments {
			if s.Label == channel {
				return s.Rate
			}
		}
	}
	return metrics.Figure{Undefined: metrics.NoData}
}

// value is a figure's value, 0 where it has none.
func value(f metrics.Figure) float64 {
	if f.Value == nil {
		return 0
	}
	return *f.Value
}
