package measure

import (
	"maps"
	"slices"

	"millrace"
	"millrace/internal/metrics"
)

// Moved is why the headline figures of a period differ from those of the period before, as long.
type Moved struct {
	Period  metrics.Period   `json:"period"`
	Before  metrics.Period   `json:"before"`
	Changes []metrics.Change `json:"changes" doc:"Of leads, pipeline, revenue, spend, CPL and win rate, taken apart by channel"`
	Partial []Covered        `json:"partial" doc:"The figures of which nothing is known of the first days of the period before, or of none of them: they are compared with less than is said"`
}

// Covered is since when anything is known of a figure.
type Covered struct {
	Key   string      `json:"key" enum:"leads,pipeline,revenue,spend,cpl,win_rate"`
	Since metrics.Day `json:"since" doc:"The first day of which anything is known"`
}

// movement is what a channel had in a period.
type movement struct{ leads, pipeline, revenue, spend, closed, won float64 }

type movedKey struct {
	at     millrace.Time
	q      Query
	before metrics.Period
}

// Moved says why leads, pipeline, revenue, spend, CPL and win rate moved against the period before, as long.
func (m *Model) Moved(q Query) Moved {
	p := m.period(q)
	return m.MovedAgainst(q, metrics.Period{First: p.First - metrics.Day(p.Days()), Last: p.First - 1})
}

// MovedAgainst is Moved against another period.
func (m *Model) MovedAgainst(q Query, before metrics.Period) Moved {
	out, _ := recall(m.memory, movedKey{m.BuiltAt, q, before}, func() (Moved, error) {
		p := m.period(q)
		a, b := m.movements(before, q), m.movements(p, q)
		names := map[string]bool{}
		for name := range a {
			names[name] = true
		}
		for name := range b {
			names[name] = true
		}
		out := Moved{Period: p, Before: before}
		for _, f := range []struct {
			key                    string
			unit                   metrics.Unit
			numerator, denominator func(x movement) float64
		}{
			{"leads", metrics.UnitCount, func(x movement) float64 { return x.leads }, nil},
			{"pipeline", metrics.UnitMoney, func(x movement) float64 { return x.pipeline }, nil},
			{"revenue", metrics.UnitMoney, func(x movement) float64 { return x.revenue }, nil},
			{"spend", metrics.UnitMoney, func(x movement) float64 { return x.spend }, nil},
			{"cpl", metrics.UnitMoney, func(x movement) float64 { return x.spend }, func(x movement) float64 { return x.leads }},
			{"win_rate", metrics.UnitRatio, func(x movement) float64 { return x.won }, func(x movement) float64 { return x.closed }},
		} {
			var parts []metrics.Component
			for _, name := range slices.Sorted(maps.Keys(names)) {
				c := metrics.Component{Segment: name, BeforeNumerator: f.numerator(a[name]), AfterNumerator: f.numerator(b[name])}
				if f.denominator != nil {
					c.BeforeDenominator, c.AfterDenominator = f.denominator(a[name]), f.denominator(b[name])
				}
				parts = append(parts, c)
			}
			currency := ""
			if f.unit == metrics.UnitMoney {
				currency = m.currency
			}
			out.Changes = append(out.Changes, metrics.Why(f.key, f.unit, currency, parts))
		}
		out.Partial = m.partial(before)
		return out, nil
	})
	return out
}

// partial are the figures whose first facts came after a period's first day. Those without any fact are not there: they have nothing to compare.
func (m *Model) partial(p metrics.Period) []Covered {
	first := map[string]metrics.Day{}
	note := func(key string, d metrics.Day) {
		if was, ok := first[key]; d != metrics.NoDay && (!ok || d < was) {
			first[key] = d
		}
	}
	for i := range m.moves {
		if m.moves[i].Stage == millrace.StageLead {
			note("leads", m.moveDay[i])
		}
	}
	for i := range m.spend {
		note("spend", m.spend[i].First)
	}
	for i := range m.deals {
		d := &m.deals[i]
		if d.Opened != 0 {
			note("pipeline", m.calendar.Day(d.Opened))
		}
		if d.Closed != 0 && d.Status != millrace.OpportunityOpen {
			note("win_rate", m.calendar.Day(d.Closed))
			note("revenue", m.calendar.Day(d.Closed))
		}
	}
	if leads, ok := first["leads"]; ok {
		if spend, ok := first["spend"]; ok {
			first["cpl"] = max(leads, spend)
		}
	}
	out := []Covered{}
	for _, key := range slices.Sorted(maps.Keys(first)) {
		if first[key] > p.First {
			out = append(out, Covered{key, first[key]})
		}
	}
	return out
}

// movements are what each own channel had in a period. Money without a rate is left out of it, as the figures themselves say.
func (m *Model) movements(p metrics.Period, q Query) map[string]movement {
	o, out := m.options(q), map[string]movement{}
	add := func(name string, x movement) {
		y := out[name]
		out[name] = movement{y.leads + x.leads, y.pipeline + x.pipeline, y.revenue + x.revenue, y.spend + x.spend, y.closed + x.closed, y.won + x.won}
	}
	counts := make([]int, len(m.owns))
	for i := range m.moves {
		n := m.moveLead[i]
		if m.moves[i].Stage != millrace.StageLead || n < 0 || !p.Has(m.moveDay[i]) {
			continue
		}
		code := int32(0)
		if origin := m.leadOrigin(&m.leads[n], q.LeadBy); origin >= 0 {
			code = m.origins[origin].ownID
		}
		counts[code]++
	}
	for code, n := range counts {
		if n > 0 {
			add(m.owns[code], movement{leads: float64(n)})
		}
	}
	spends := map[string][]metrics.Spend{}
	for _, s := range m.spend {
		spends[s.Channel] = append(spends[s.Channel], s)
	}
	for name, list := range spends {
		if t, _ := metrics.Spent(list, p, o); t.Minor != 0 {
			add(name, movement{spend: float64(t.Minor)})
		}
	}
	for i := range m.deals {
		d := &m.deals[i]
		own, _ := m.broughtDeal(i)
		if d.Opened != 0 && p.Has(m.calendar.Day(d.Opened)) {
			if v, ok := o.Convert(d.Amount, m.calendar.Day(d.Opened)); ok && d.HasAmount {
				add(own, movement{pipeline: float64(v)})
			}
		}
		if d.Status == millrace.OpportunityOpen || d.Closed == 0 || !p.Has(m.calendar.Day(d.Closed)) {
			continue
		}
		x := movement{closed: 1}
		if d.Status == millrace.OpportunityWon {
			x.won = 1
			if v, ok := o.Convert(d.Amount, m.calendar.Day(d.Closed)); ok && d.HasAmount {
				x.revenue = float64(v)
			}
		}
		add(own, x)
	}
	return out
}
