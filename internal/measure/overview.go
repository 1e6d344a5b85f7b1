package measure

import (
	"cmp"
	"slices"

	"millrace"
	"millrace/internal/metrics"
)

// Channels is what came by each channel, month by month.
type Channels struct {
	Period metrics.Period  `json:"period"`
	Months []metrics.Month `json:"months" doc:"Whole months"`
	Own    []ChannelRow    `json:"own" doc:"By the playbook's own channels, in its order"`
	Groups []ChannelRow    `json:"groups" doc:"By Google Analytics' default channel groups"`
	Total  ChannelRow      `json:"total"`
}

// ChannelRow is what came by one channel. A result without a touch stands under the empty name.
type ChannelRow struct {
	Channel string         `json:"channel"`
	Role    string         `json:"role,omitempty" doc:"creation, capture or both, by the playbook"`
	Sum     ChannelMonth   `json:"sum"`
	Months  []ChannelMonth `json:"months"`
}

// ChannelMonth is what came by a channel in a month: arrivals, known people who had a touch of it, and results by the touch that brought them.
type ChannelMonth struct {
	Visits        int64         `json:"visits"`
	People        int64         `json:"people" doc:"Known people who had a touch; a sum over months counts somebody in each of them"`
	Leads         int64         `json:"leads"`
	MQLs          int64         `json:"mqls"`
	Opportunities int64         `json:"opportunities"`
	Pipeline      metrics.Total `json:"pipeline" doc:"Amounts of the opportunities that were opened"`
	Won           int64         `json:"won"`
	Revenue       metrics.Total `json:"revenue"`
	Spend         metrics.Total `json:"spend"`
}

type channelsKey struct {
	at millrace.Time
	q  Query
}

// Channels counts what came by each channel, by month. First and last month are cut to the period, but for People: those who came are counted
// by whole months, since somebody who comes twice in one is one.
func (m *Model) Channels(q Query) Channels {
	out, _ := recall(m.memory, channelsKey{m.BuiltAt, q}, func() (Channels, error) {
		p := m.period(q)
		v := overview{m: m, period: p, months: p.Months(), o: m.options(q), by: q.LeadBy}
		own := v.rows(m.owns, true)
		out := Channels{Period: p, Months: v.months, Own: own[1:], Groups: v.rows(m.groups, false)[1:], Total: own[0]}
		for i := range out.Own {
			if n := slices.Index(m.order, out.Own[i].Channel); n >= 0 {
				out.Own[i].Role = string(m.book.Channels[n].Role)
			}
		}
		return out, nil
	})
	return out
}

// overview counts by channel and month.
type overview struct {
	m      *Model
	period metrics.Period
	months []metrics.Month
	o      metrics.Options
	by     string
}

// cells are the months of a row, its money apart until it is added up.
type cells struct {
	months  []ChannelMonth
	opened  [][]metrics.Dated
	revenue [][]metrics.Dated
	spend   []metrics.Spend
}

func newCells(months int) *cells {
	return &cells{months: make([]ChannelMonth, months), opened: make([][]metrics.Dated, months), revenue: make([][]metrics.Dated, months)}
}

// monthOf is the place of a day's month, -1 outside of the period.
func (v *overview) monthOf(d metrics.Day) int {
	if !v.period.Has(d) {
		return -1
	}
	return v.month(d.Month())
}

// rows gives the row of everything, then those of each channel with anything in it.
func (v *overview) rows(names []string, own bool) []ChannelRow {
	m, table := v.m, map[string]*cells{}
	cell := func(name string) *cells {
		if table[name] == nil {
			table[name] = newCells(len(v.months))
		}
		return table[name]
	}
	coded := make([]*cells, len(names)+1) // by code, after those of no touch
	code := func(origin int32) *cells {
		at, name := 0, ""
		if origin >= 0 {
			id := m.origins[origin].groupID
			if own {
				id = m.origins[origin].ownID
			}
			at, name = int(id)+1, names[id]
		}
		if coded[at] == nil {
			coded[at] = cell(name)
		}
		return coded[at]
	}
	if own {
		for _, name := range m.order {
			cell(name)
		}
	}
	day, month := metrics.NoDay, -1
	for _, x := range m.visits[m.firstVisit(v.period.First):m.firstVisit(v.period.Last+1)] {
		if x.day != day {
			day, month = x.day, v.monthOf(x.day)
		}
		code(x.origin).months[month].Visits += int64(x.count)
	}
	for k, n := range m.reach {
		if i := v.month(k.month); i >= 0 && k.own == own && k.code >= 0 {
			cell(names[k.code]).months[i].People += int64(n)
		}
	}
	v.results(code)
	for i := range m.spend {
		if m.spend[i].Last < v.period.First || m.spend[i].First > v.period.Last {
			continue
		}
		name := m.spend[i].Channel
		if !own {
			name = m.costs[i].group
		}
		c := cell(name)
		c.spend = append(c.spend, m.spend[i])
	}
	return v.add(table, own)
}

// firstVisit is the place of the first visits on a day or after it.
func (m *Model) firstVisit(d metrics.Day) int {
	i, _ := slices.BinarySearchFunc(m.visits, d, func(x visit, d metrics.Day) int { return cmp.Compare(x.day, d) })
	return i
}

// results counts leads, MQLs and deals.
func (v *overview) results(code func(origin int32) *cells) {
	m := v.m
	m.eachSpan(monthsWithin(v.period), v.by, func(i int, list []entered) {
		for _, x := range list {
			month := &code(x.origin).months[i]
			month.Leads, month.MQLs = month.Leads+x.counts[0], month.MQLs+x.counts[1]
		}
	})
	days := m.dayReader()
	for i := range m.deals {
		d := &m.deals[i]
		c := code(m.dealOrigin[i])
		if at := v.monthOf(days(d.Opened)); d.Opened != 0 && at >= 0 {
			c.months[at].Opportunities++
			if d.HasAmount {
				c.opened[at] = append(c.opened[at], metrics.Dated{Money: d.Amount, Day: m.calendar.Day(d.Opened)})
			}
		}
		if at := v.monthOf(days(d.Closed)); d.Closed != 0 && at >= 0 && d.Status == millrace.OpportunityWon {
			c.months[at].Won++
			if d.HasAmount {
				c.revenue[at] = append(c.revenue[at], metrics.Dated{Money: d.Amount, Day: m.calendar.Day(d.Closed)})
			}
		}
	}
}

// add adds everything up.
func (v *overview) add(table map[string]*cells, own bool) []ChannelRow {
	all := newCells(len(v.months))
	var out []ChannelRow
	for name, c := range table {
		row := v.row(c)
		row.Channel = name
		s := row.Sum
		for i := range c.months {
			x, y := &all.months[i], c.months[i]
			x.Visits, x.Leads, x.MQLs = x.Visits+y.Visits, x.Leads+y.Leads, x.MQLs+y.MQLs
			x.Opportunities, x.Won = x.Opportunities+y.Opportunities, x.Won+y.Won
			all.opened[i] = append(all.opened[i], c.opened[i]...)
			all.revenue[i] = append(all.revenue[i], c.revenue[i]...)
		}
		all.spend = append(all.spend, c.spend...)
		if s.Visits+s.People+s.Leads+s.MQLs+s.Opportunities+s.Won > 0 || s.Spend.Rows > 0 || own && slices.Contains(v.m.order, name) {
			out = append(out, row)
		}
	}
	for i, month := range v.months { // somebody who came by two channels is one
		all.months[i].People = int64(v.m.reach[reachKey{month, own, -1}])
	}
	slices.SortFunc(out, func(a, b ChannelRow) int {
		if own {
			return v.m.channelOrder(a.Channel, b.Channel)
		}
		return cmp.Or(cmp.Compare(b.Sum.Visits, a.Sum.Visits), cmp.Compare(a.Channel, b.Channel))
	})
	return append([]ChannelRow{v.row(all)}, out...)
}

func (v *overview) row(c *cells) ChannelRow {
	r := ChannelRow{Months: c.months}
	var opened, revenue []metrics.Dated
	spend := metrics.SpentByMonth(c.spend, v.period, v.o)
	for i := range c.months {
		x := &c.months[i]
		x.Pipeline, x.Revenue = metrics.Money(c.opened[i], v.o), metrics.Money(c.revenue[i], v.o)
		x.Spend = spend[i]
		opened, revenue = append(opened, c.opened[i]...), append(revenue, c.revenue[i]...)
		r.Sum.Visits, r.Sum.People, r.Sum.Leads, r.Sum.MQLs = r.Sum.Visits+x.Visits, r.Sum.People+x.People, r.Sum.Leads+x.Leads, r.Sum.MQLs+x.MQLs
		r.Sum.Opportunities, r.Sum.Won = r.Sum.Opportunities+x.Opportunities, r.Sum.Won+x.Won
	}
	r.Sum.Pipeline, r.Sum.Revenue = metrics.Money(opened, v.o), metrics.Money(revenue, v.o)
	r.Sum.Spend, _ = metrics.Spent(c.spend, v.period, v.o)
	return r
}

// month is a month's place, -1 for one that isn't asked for.
func (v *overview) month(x metrics.Month) int {
	if n := len(v.months); n == 0 || x < v.months[0] || x > v.months[n-1] {
		return -1
	}
	return int(x - v.months[0])
}
