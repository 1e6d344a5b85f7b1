package market

import (
	"millrace"
)

// Spend is what one campaign cost on one day, and what its platform counts. Clicks are visits, the crowd's included; crawlers are
// not billed. The sum of all rows is the truth's spend, channel by channel.
type Spend struct {
	Day         millrace.Time // midnight UTC
	Key         string        // the channel's
	Channel     string        // its name
	Source      string
	Medium      string
	Campaign    string
	Cost        millrace.Money
	Impressions int64
	Clicks      int64
	Leads       int64 // forms, downloads and registrations of people whose first visit came this way
}

// impressions that stand behind one person really reached, and behind one click: what a platform bills and what people notice differ.
const (
	impressionsPerReach = 28
	impressionsPerClick = 31
)

// costs fills in what each channel cost on each day.
func (t *tally) costs() {
	m := t.m
	for c := range m.ways {
		w, truth := &m.ways[c], &t.truth.Channels[c]
		// The running costs of the whole time, given to the days so that they add up exactly.
		total := int64(w.month) * int64(m.c.Accounts) / 1000 * int64(m.c.Months)
		used := func(s *spendDay) int64 { return s.reaches*int64(w.cpr) + s.visits*int64(w.cpc) }
		if w.pace != nil { // the budget is spent, whatever a day brings for it
			for day := range t.days {
				total += used(&t.spend[c][day])
			}
		}
		for day, cost := range m.spread(w.pace, total, t.days) {
			s := &t.spend[c][day]
			if s.cost = cost; w.pace == nil {
				s.cost += used(s)
			}
			truth.SpendMinor += s.cost
			truth.Visits += int(s.visits)
			truth.Leads += int(s.leads)
		}
	}
}

// Spend gives all costs, by channel and then by day; days without cost or clicks are left out, and so are channels that cost nothing.
// It walks the whole market once.
func (m *Market) Spend() []Spend { return m.count().rows() }

func (t *tally) rows() []Spend {
	m := t.m
	var out []Spend
	for c := range m.ways {
		w := &m.ways[c]
		if t.truth.Channels[c].SpendMinor == 0 {
			continue
		}
		for day, s := range t.spend[c] {
			if s == (spendDay{}) {
				continue
			}
			at := m.start + millrace.Time(day)*millrace.Day
			campaign := m.campaign(w, at)
			if campaign == "" {
				campaign = w.Name
			}
			row := Spend{Day: at - at%millrace.Day, Key: w.Key, Channel: w.Name, Source: w.Source, Medium: w.Medium, Campaign: campaign,
				Cost: millrace.Money{Minor: s.cost, Currency: m.c.Currency}, Clicks: s.visits, Leads: s.leads}
			row.Impressions = s.reaches*impressionsPerReach + s.visits*impressionsPerClick
			out = append(out, row)
		}
	}
	return out
}
