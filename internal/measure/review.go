package measure

import (
	"math/rand/v2"

	"millrace"
	"millrace/internal/metrics"
	"millrace/internal/review"
)

type reviewKey struct {
	at millrace.Time
	q  Query
}

// Review judges each channel: stop, fix, keep or double.
func (m *Model) Review(q Query) review.ChannelReview {
	out, _ := recall(m.memory, reviewKey{m.BuiltAt, q}, func() (review.ChannelReview, error) { return review.Review(m.reviewed(q)), nil })
	return out
}

// Scenario simulates a move of spend from one channel to another. The same model gives the same draws. Errors are those of review.Run.
func (m *Model) Scenario(q Query, move review.Move) (review.Scenario, error) {
	return review.Run(m.reviewed(q), move, rand.New(rand.NewPCG(uint64(m.Position), 2)))
}

// reviewed is what a review is told.
func (m *Model) reviewed(q Query) review.Input {
	p, o, today := m.period(q), m.options(q), m.calendar.Day(m.BuiltAt)
	economics, toOpportunity := m.Economics(q, 0, 0), m.Funnel(q).Contacts[2]
	deals, _ := metrics.Deals(m.plainDeals(), p, metrics.Dim{}, o)
	all := whole(deals)
	in := review.Input{Period: p, Until: today - 1, Currency: m.currency, Blended: economics.Blended, WinRate: all.WinRate, AverageDeal: all.Velocity.AverageDeal,
		ACV: m.acv(p, q), Nobody: m.nobody(), Motion: m.book.Motion}
	since, lags, roles := m.beginnings(), m.lags(p), map[string]string{}
	for _, c := range m.book.Channels {
		roles[c.Name] = c.Role
	}
	for _, row := range economics.Channels {
		if row.Channel == "" || row.Leads+row.MQLs+row.SQLs+row.Opportunities+row.Customers == 0 && row.Spend.Rows == 0 {
			continue
		}
		c := review.Channel{Row: row, Role: roles[row.Channel], Since: metrics.NoDay, Quality: segmentRate(toOpportunity, row.Channel), Lags: lags[row.Channel]}
		c.Quality.Key, c.Quality.Unit = toOpportunity.Total.Rate.Key, metrics.UnitRatio
		if c.Quality.Rule == "" {
			c.Quality.Rule = toOpportunity.Total.Rate.Rule
		}
		if d, ok := since[row.Channel]; ok {
			c.Since = d
		}
		in.Channels = append(in.Channels, c)
	}
	return in
}

// beginnings are the days on which each own channel first brought or cost something.
func (m *Model) beginnings() map[string]metrics.Day {
	out := map[string]metrics.Day{}
	note := func(name string, d metrics.Day) {
		if was, ok := out[name]; d != metrics.NoDay && (!ok || d < was) {
			out[name] = d
		}
	}
	days := m.dayReader()
	for i := range m.touches {
		if t := &m.touches[i]; t.at > 0 {
			note(m.origins[t.origin].own(), days(t.at))
		}
	}
	for i := range m.spend {
		note(m.spend[i].Channel, m.spend[i].First)
	}
	return out
}

// lags are, by the channel of an account's first touch, the days from it to each opportunity of the period.
func (m *Model) lags(p metrics.Period) map[string][]float64 {
	out := map[string][]float64{}
	for i := range m.deals {
		d := &m.deals[i]
		if d.Opened == 0 || !p.Has(m.calendar.Day(d.Opened)) || d.Account < 0 {
			continue
		}
		s, first := m.accounts[d.Account], (*touch)(nil)
		for n := s.from; n < s.to; n++ {
			if t := &m.touches[n]; t.at > 0 && t.at <= d.Opened && (first == nil || t.at < first.at) {
				first = t
			}
		}
		if first != nil {
			name := m.origins[first.origin].own()
			out[name] = append(out[name], float64(d.Opened-first.at)/float64(millrace.Day))
		}
	}
	return out
}

// acv is the average deal won in the period in US dollars, in which the bounds of deal sizes stand.
func (m *Model) acv(p metrics.Period, q Query) metrics.Figure {
	o := m.options(q)
	o.Currency = "USD"
	var won []metrics.Dated
	for i := range m.deals {
		if d := &m.deals[i]; d.Status == millrace.OpportunityWon && d.HasAmount && d.Closed != 0 && p.Has(m.calendar.Day(d.Closed)) {
			won = append(won, metrics.Dated{Money: d.Amount, Day: m.calendar.Day(d.Closed)})
		}
	}
	t := metrics.Money(won, o)
	f := t.Figure("acv", "amounts of the deals won / how many")
	if counted := t.Rows - t.NoRate; f.Value != nil && counted > 0 {
		v := *f.Value / float64(counted)
		f.Value, f.N = &v, counted
	} else {
		f.Value, f.Undefined = nil, metrics.NoData
	}
	return f
}
