package measure

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"millrace/internal/audit"
	"millrace/internal/metrics"
)

// channels fills in unit economics and what each channel brought.
func (w *moment) channels(in *audit.Input) {
	m := w.m
	e := metrics.UnitEconomics(metrics.EconomicsInput{Spend: m.spend, Credits: w.credits, Period: w.period}, w.o)
	in.Spend.Minor = e.Blended.Spend.Minor
	at := map[string]*audit.Channel{}
	for _, row := range e.Channels {
		in.Channels = append(in.Channels, audit.Channel{CostRow: row, Role: w.roles[row.Channel]})
	}
	for i := range in.Channels {
		at[in.Channels[i].Channel] = &in.Channels[i]
	}
	first := make([]int, len(m.owns))
	for i := range m.leads {
		if l := &m.leads[i]; l.first >= 0 && w.within(l.at) {
			first[m.origins[m.touches[l.first].origin].ownID]++
		}
	}
	for own, n := range first {
		if x := at[m.owns[own]]; x != nil {
			x.FirstLeads += n
		}
	}
	there := make([]int, len(m.owns)) // the deal that each channel was seen at last, from 1
	for i := range m.deals {
		d := &m.deals[i]
		if !w.within(d.Opened) {
			continue
		}
		if x := at[w.brought[i]]; x != nil && x.Channel != "" {
			x.Opened++
			if minor, ok := w.amount(d); ok {
				x.OpenedMoney += minor
			}
		}
		if s, ok := m.accounts[d.Account]; ok && d.Account > 0 {
			for n := s.from; n < s.to; n++ {
				t := &m.touches[n]
				own := m.origins[t.origin].ownID
				if t.at > d.Opened || there[own] == i+1 {
					continue
				}
				if there[own] = i + 1; at[m.owns[own]] != nil {
					at[m.owns[own]].Touched++
				}
			}
		}
	}
	w.spend(in, at)
}

func (w *moment) spend(in *audit.Input, at map[string]*audit.Channel) {
	m := w.m
	unmatched := map[string]int64{}
	reach := map[metrics.Month]int64{}
	first := metrics.NoDay
	for i := range m.spend {
		s, c := &m.spend[i], &m.costs[i]
		if s.First == metrics.NoDay || s.First > w.day {
			continue
		}
		in.Spend.Rows++
		if s.Last < w.period.First {
			continue
		}
		if begin := max(s.First, w.period.First); first == metrics.NoDay || begin < first {
			first = begin
		}
		if x := at[s.Channel]; x != nil {
			x.PlatformLeads += c.leads
			x.SpendDays = max(x.SpendDays, int(w.day-max(s.First, w.period.First)))
		}
		if strings.Contains(strings.ToLower(s.Channel), "outbound") {
			reach[s.First.Month()] += c.reach
		}
		if minor, ok := w.o.Convert(s.Amount, s.First); ok && s.Campaign != "" && cmp.Or(c.platform, c.medium, c.source) != "" {
			in.Spend.Campaigns += minor
			if !c.matched {
				in.Spend.UnmatchedAmount += minor
				unmatched[s.Campaign] += minor
			}
		}
	}
	if first != metrics.NoDay {
		in.Spend.Days = int(w.day - first)
	}
	for _, n := range reach {
		in.Spend.OutboundReach = max(in.Spend.OutboundReach, n)
	}
	in.Spend.Unmatched = slices.SortedFunc(maps.Keys(unmatched), func(a, b string) int {
		return cmp.Or(cmp.Compare(unmatched[b], unmatched[a]), strings.Compare(a, b))
	})
}
