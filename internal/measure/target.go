package measure

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"millrace"
	"millrace/internal/metrics"
)

// Targets is the plan beside what came of it.
type Targets struct {
	Period  metrics.Period    `json:"period" doc:"Targets whose days touch it are there"`
	Rows    []TargetRow       `json:"rows"`
	LeftOut []metrics.LeftOut `json:"left_out,omitempty"`
}

// TargetRow is one target. Actual is that of the whole span of the target, up to now.
type TargetRow struct {
	Target
	Goal       metrics.Figure `json:"goal"`
	Actual     metrics.Figure `json:"actual"`
	Attainment metrics.Figure `json:"attainment" doc:"Actual by goal"`
	Elapsed    float64        `json:"elapsed" doc:"Share of the span's days that are over, today among them"`
	Pace       metrics.Figure `json:"pace" doc:"Actual by the share of the goal that an even pace would have reached by now"`
}

// Targets compares what was planned with what is.
func (m *Model) Targets(q Query) Targets {
	p, o, today := m.period(q), m.options(q), m.calendar.Day(m.BuiltAt)
	if q.To == metrics.NoDay || q.To == 0 { // what lies ahead is planned too
		p.Last += 366
	}
	out := Targets{Period: p, Rows: []TargetRow{}}
	bad := 0
	for _, t := range m.records.targets {
		if t.Period.First == metrics.NoDay || t.Period.Last == metrics.NoDay || t.Period.Days() == 0 {
			bad++
			continue
		}
		if t.Period.First > p.Last || t.Period.Last < p.First {
			continue
		}
		r := TargetRow{Target: t, Goal: m.goal(t, o), Actual: m.actual(t, o)}
		r.Attainment = metrics.Ratio("attainment", "actual / goal", r.Actual, r.Goal)
		over := metrics.Period{First: t.Period.First, Last: min(t.Period.Last, today)}
		r.Elapsed = float64(over.Days()) / float64(t.Period.Days())
		even := r.Goal
		if even.Value != nil {
			so := *even.Value * r.Elapsed
			even.Value = &so
		}
		r.Pace = metrics.Ratio("pace", "actual / (goal × share of the days that are over)", r.Actual, even)
		out.Rows = append(out.Rows, r)
	}
	if bad > 0 {
		out.LeftOut = append(out.LeftOut, metrics.LeftOut{Reason: "bad_span", Count: bad})
	}
	slices.SortStableFunc(out.Rows, func(a, b TargetRow) int {
		return cmp.Or(cmp.Compare(a.Period.First, b.Period.First), cmp.Compare(a.Period.Last, b.Period.Last), cmp.Compare(a.Metric, b.Metric), cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Owner, b.Owner))
	})
	return out
}

// inMoney says whether a target's metric is money.
func inMoney(metric string) bool {
	return metric == "revenue" || metric == "pipeline" || metric == "spend"
}

// goal is a target as a figure.
func (m *Model) goal(t Target, o metrics.Options) metrics.Figure {
	const rule = "as it was imported"
	if !inMoney(t.Metric) {
		n, err := strconv.ParseFloat(strings.TrimSpace(t.Value), 64)
		if err != nil {
			return metrics.Figure{Key: "goal", Unit: metrics.UnitCount, Rule: rule, Undefined: metrics.NoData}
		}
		return metrics.Count("goal", rule, n)
	}
	v, err := millrace.ParseMoney(t.Value, cmp.Or(t.Currency, m.currency))
	if err != nil {
		return metrics.Figure{Key: "goal", Unit: metrics.UnitMoney, Currency: m.currency, Rule: rule, Undefined: metrics.NoData}
	}
	return metrics.Money([]metrics.Dated{{Money: v, Day: min(t.Period.First, m.calendar.Day(m.BuiltAt))}}, o).Figure("goal", rule)
}

// actual is what came of a target.
func (m *Model) actual(t Target, o metrics.Options) metrics.Figure {
	in := func(at millrace.Time) bool { return at != 0 && at <= m.BuiltAt && t.Period.Has(m.calendar.Day(at)) }
	mine := func(i int) bool {
		own, _ := m.broughtDeal(i)
		return (t.Channel == "" || strings.EqualFold(t.Channel, own)) && (t.Owner == "" || strings.EqualFold(t.Owner, m.deals[i].owner))
	}
	switch t.Metric {
	case "spend":
		var list []metrics.Spend
		for _, s := range m.spend {
			if t.Channel == "" || strings.EqualFold(t.Channel, s.Channel) {
				list = append(list, s)
			}
		}
		total, _ := metrics.Spent(list, t.Period, o)
		return total.Figure("spend", "spend in the span")
	case "revenue", "won", "pipeline", "opportunities":
		return m.actualDeals(t, o, in, mine)
	case "leads":
		return m.actualMoves(t, millrace.StageLead, in)
	case "mql":
		return m.actualMoves(t, millrace.StageMQL, in)
	case "sql":
		return m.actualMoves(t, millrace.StageSQL, in)
	}
	return metrics.Figure{Key: t.Metric, Unit: metrics.UnitCount, Rule: "a metric that is not known here", Undefined: metrics.NotAsked}
}

// actualDeals counts or adds up deals: won ones by their close, all by their opening.
func (m *Model) actualDeals(t Target, o metrics.Options, in func(millrace.Time) bool, mine func(int) bool) metrics.Figure {
	n, amounts := 0, []metrics.Dated{}
	won := t.Metric == "revenue" || t.Metric == "won"
	for i := range m.deals {
		d := &m.deals[i]
		at := d.Opened
		if won {
			at = d.Closed
		}
		if !in(at) || won && d.Status != millrace.OpportunityWon || !mine(i) {
			continue
		}
		n++
		if d.HasAmount {
			amounts = append(amounts, metrics.Dated{Money: d.Amount, Day: m.calendar.Day(at)})
		}
	}
	switch t.Metric {
	case "won":
		return metrics.Count("won", "deals won in the span", float64(n))
	case "opportunities":
		return metrics.Count("opportunities", "deals opened in the span", float64(n))
	case "revenue":
		return metrics.Money(amounts, o).Figure("revenue", "amounts of the deals won in the span")
	}
	return metrics.Money(amounts, o).Figure("pipeline", "amounts of the deals opened in the span")
}

// actualMoves counts entries of a stage. An owner's are those of the contacts whom the playbook's stages know; owners of contacts are not.
func (m *Model) actualMoves(t Target, stage millrace.Stage, in func(millrace.Time) bool) metrics.Figure {
	if t.Owner != "" {
		return metrics.Figure{Key: t.Metric, Unit: metrics.UnitCount, Rule: "people have no owner here", Undefined: metrics.NotAsked}
	}
	n := 0
	for i := range m.moves {
		if m.moves[i].Stage != stage || !in(m.moves[i].At) {
			continue
		}
		own := ""
		if l := m.moveLead[i]; l >= 0 {
			own, _ = m.cameBy(&m.leads[l], "created")
		}
		if t.Channel == "" || strings.EqualFold(t.Channel, own) {
			n++
		}
	}
	return metrics.Count(t.Metric, "entries of the stage in the span", float64(n))
}
