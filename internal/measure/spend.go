package measure

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"unicode"

	"millrace"
	"millrace/internal/channel"
	"millrace/internal/metrics"
)

// SpendReport is what was spent in a period, on what, and what the ad platforms counted.
type SpendReport struct {
	Period     metrics.Period    `json:"period"`
	Total      SpendRow          `json:"total"`
	Channels   []SpendRow        `json:"channels" doc:"By the playbook's own channel, the most spend first"`
	Platforms  []SpendRow        `json:"platforms"`
	Campaigns  []SpendRow        `json:"campaigns"`
	Categories []SpendRow        `json:"categories" doc:"Media, people, tools, content, events, agency, other"`
	Days       []SpendDay        `json:"days" doc:"Days with spend, each cost spread evenly over its days"`
	Unmatched  UnmatchedSpend    `json:"unmatched"`
	Renamed    []RenamedCampaign `json:"renamed" doc:"Campaigns that had several names on their platform: one campaign here, under the latest"`
	LeftOut    []metrics.LeftOut `json:"left_out,omitempty"`
}

// SpendRow is the spend of a channel, platform, campaign or category. Counts are those of the ad platforms.
type SpendRow struct {
	Channel     string           `json:"channel,omitempty"`
	Platform    string           `json:"platform,omitempty"`
	Campaign    string           `json:"campaign,omitempty"`
	CampaignID  string           `json:"campaign_id,omitempty" doc:"On the platform"`
	Category    string           `json:"category,omitempty"`
	Matched     bool             `json:"matched" doc:"Whether anybody arrived with the campaign's tags"`
	Spend       metrics.Total    `json:"spend"`
	ByCurrency  []metrics.Amount `json:"by_currency" doc:"As it was paid, before any conversion"`
	Impressions int64            `json:"impressions"`
	Clicks      int64            `json:"clicks"`
	Reach       int64            `json:"reach" doc:"The most people whom one row of a report says it reached: reach does not add up"`
	Leads       int64            `json:"leads" doc:"That the platform counted"`
	CPC         metrics.Figure   `json:"cpc"`
	CPM         metrics.Figure   `json:"cpm"`
	CTR         metrics.Figure   `json:"ctr"`
}

// SpendDay is the spend of one day.
type SpendDay struct {
	Day         metrics.Day   `json:"day"`
	Spend       metrics.Total `json:"spend"`
	Impressions int64         `json:"impressions"`
	Clicks      int64         `json:"clicks"`
}

// UnmatchedSpend is what does not fit together between the ad platforms and the campaign tags.
type UnmatchedSpend struct {
	Spend  []UnmatchedCampaign `json:"spend" doc:"Campaigns that cost money and with whose tags nobody arrived"`
	Visits []UnmatchedVisits   `json:"visits" doc:"Paid arrivals of campaigns that no platform has costs of"`
}

// UnmatchedCampaign is a campaign that cost money and with whose tags nobody arrived.
type UnmatchedCampaign struct {
	Platform   string        `json:"platform"`
	Campaign   string        `json:"campaign"`
	CampaignID string        `json:"campaign_id,omitempty"`
	Spend      metrics.Total `json:"spend"`
	Clicks     int64         `json:"clicks"`
	Similar    string        `json:"similar,omitempty" doc:"A tag that is probably meant"`
	Retag      *RetagRule    `json:"retag,omitempty" doc:"The correction that would join the two"`
}

// UnmatchedVisits are paid arrivals of a campaign that no platform has costs of.
type UnmatchedVisits struct {
	Source   string `json:"source"`
	Medium   string `json:"medium"`
	Campaign string `json:"campaign" doc:"Empty: the clicks have no tags"`
	Channel  string `json:"channel"`
	Group    string `json:"group"`
	Visits   int64  `json:"visits"`
}

// RenamedCampaign is a campaign with several names.
type RenamedCampaign struct {
	CampaignID string   `json:"campaign_id"`
	Campaign   string   `json:"campaign"`
	Former     []string `json:"former"`
}

// spendKey is what Spend is remembered by; the moment is the model's, or an audit's of the past.
type spendKey struct {
	at millrace.Time
	q  Query
}

// Spend adds up what was spent.
func (m *Model) Spend(q Query) SpendReport {
	out, _ := recall(m.memory, spendKey{m.BuiltAt, q}, func() (SpendReport, error) { return m.spent(q), nil })
	return out
}

func (m *Model) spent(q Query) SpendReport {
	p, o := m.period(q), m.options(q)
	s := spender{m: m, p: p, o: o}
	everything := make([]int32, len(m.spend))
	for i := range everything {
		everything[i] = int32(i)
	}
	out := SpendReport{Period: p, Total: s.row(everything)}
	_, out.LeftOut = metrics.Spent(m.spend, p, o)
	in := slices.DeleteFunc(everything, func(i int32) bool { return m.spend[i].First > p.Last || m.spend[i].Last < p.First })
	out.Channels = s.by(in, func(i int32) rowKey { return rowKey{channel: m.spend[i].Channel} })
	out.Platforms = s.by(in, func(i int32) rowKey { return rowKey{platform: m.costs[i].platform} })
	out.Categories = s.by(in, func(i int32) rowKey { return rowKey{category: cmp.Or(m.costs[i].category, "media")} })
	out.Campaigns = s.by(in, func(i int32) rowKey {
		return rowKey{m.spend[i].Channel, m.costs[i].platform, m.spend[i].Campaign, m.costs[i].campaignID, ""}
	})
	out.Days = s.days()
	out.Unmatched = UnmatchedSpend{Spend: s.unmatched(out.Campaigns), Visits: s.visits()}
	out.Renamed = m.renamed()
	return out
}

// spender adds up spend within a period.
type spender struct {
	m *Model
	p metrics.Period
	o metrics.Options
}

// rowKey is what rows are told apart by.
type rowKey struct{ channel, platform, campaign, id, category string }

// by adds up the costs of each key.
func (s *spender) by(list []int32, key func(i int32) rowKey) []SpendRow {
	groups := map[rowKey]*[]int32{}
	var last rowKey
	var group *[]int32
	for _, i := range list {
		if k := key(i); group == nil || k != last {
			if last, group = k, groups[k]; group == nil {
				group = &[]int32{}
				groups[k] = group
			}
		}
		*group = append(*group, i)
	}
	out := []SpendRow{}
	for k, list := range groups {
		r := s.row(*list)
		r.Channel, r.Platform, r.Campaign, r.CampaignID, r.Category = k.channel, k.platform, k.campaign, k.id, k.category
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b SpendRow) int {
		return cmp.Or(cmp.Compare(b.Spend.Minor, a.Spend.Minor), cmp.Compare(a.Channel, b.Channel), cmp.Compare(a.Platform, b.Platform), cmp.Compare(a.Campaign, b.Campaign),
			cmp.Compare(a.CampaignID, b.CampaignID), cmp.Compare(a.Category, b.Category))
	})
	return out
}

// row adds up costs.
func (s *spender) row(list []int32) SpendRow {
	r, plain, currencies := SpendRow{ByCurrency: []metrics.Amount{}}, make([]metrics.Spend, len(list)), map[string]int64{}
	var media metrics.Media
	for n, i := range list {
		sp, c := &s.m.spend[i], &s.m.costs[i]
		plain[n] = *sp
		in := func(x int64) int64 { return metrics.Spread(x, sp.Period, s.p) }
		media.Impressions += in(c.impressions)
		media.Clicks += in(c.clicks)
		r.Leads += in(c.leads)
		r.Matched = r.Matched || c.matched
		if sp.First <= s.p.Last && sp.Last >= s.p.First {
			r.Reach = max(r.Reach, c.reach)
			currencies[cmp.Or(sp.Amount.Currency, s.m.currency)] += in(sp.Amount.Minor)
		}
	}
	r.Spend, _ = metrics.Spent(plain, s.p, s.o)
	for _, currency := range slices.Sorted(maps.Keys(currencies)) {
		r.ByCurrency = append(r.ByCurrency, metrics.Amount{Minor: currencies[currency], Currency: currency})
	}
	r.Impressions, r.Clicks = media.Impressions, media.Clicks
	r.CPC, r.CPM, r.CTR = media.Figures(r.Spend, r.Channel, s.o)
	return r
}

// days adds up each day.
func (s *spender) days() []SpendDay {
	lists := map[metrics.Day][]metrics.Spend{}
	media := map[metrics.Day]metrics.Media{}
	for i := range s.m.spend {
		sp, c := &s.m.spend[i], &s.m.costs[i]
		if sp.First == metrics.NoDay || sp.Days() > 3660 {
			continue
		}
		for d := max(sp.First, s.p.First); d <= min(sp.Last, s.p.Last); d++ {
			day := metrics.Period{First: d, Last: d}
			lists[d] = append(lists[d], *sp)
			x := media[d]
			media[d] = metrics.Media{Impressions: x.Impressions + metrics.Spread(c.impressions, sp.Period, day), Clicks: x.Clicks + metrics.Spread(c.clicks, sp.Period, day)}
		}
	}
	out := make([]SpendDay, 0, len(lists))
	for _, d := range slices.Sorted(maps.Keys(lists)) {
		total, _ := metrics.Spent(lists[d], metrics.Period{First: d, Last: d}, s.o)
		out = append(out, SpendDay{Day: d, Spend: total, Impressions: media[d].Impressions, Clicks: media[d].Clicks})
	}
	return out
}

// unmatched are the campaigns that cost money and with whose tags nobody arrived.
func (s *spender) unmatched(campaigns []SpendRow) []UnmatchedCampaign {
	spoken := map[string]string{} // letters and digits of a tag → the tag
	for i := range s.m.origins {
		if o := &s.m.origins[i]; o.Tagged && o.campaign != "" && !o.Internal {
			if k := bare(o.Campaign); spoken[k] == "" || o.Campaign < spoken[k] {
				spoken[k] = o.Campaign
			}
		}
	}
	out := []UnmatchedCampaign{}
	for _, r := range campaigns {
		if r.Campaign == "" || r.Matched {
			continue
		}
		u := UnmatchedCampaign{Platform: r.Platform, Campaign: r.Campaign, CampaignID: r.CampaignID, Spend: r.Spend, Clicks: r.Clicks}
		if u.Similar = spoken[bare(r.Campaign)]; u.Similar != "" {
			u.Retag = &RetagRule{Match: TagMatch{Campaign: u.Similar}, Set: TagSet{Campaign: r.Campaign}}
		}
		out = append(out, u)
	}
	return out
}

// bare is a name's letters and digits in lower case.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// visits are the paid arrivals of campaigns without costs.
func (s *spender) visits() []UnmatchedVisits {
	costly := map[string]bool{}
	for i := range s.m.spend {
		costly[s.m.spend[i].Campaign] = true
	}
	counts := map[UnmatchedVisits]int64{}
	for _, v := range s.m.visits {
		o := &s.m.origins[v.origin]
		if s.p.Has(v.day) && paid(o.Group) && !(o.campaign != "" && costly[o.campaign]) {
			counts[UnmatchedVisits{Source: o.Source, Medium: o.Medium, Campaign: o.campaign, Channel: o.own(), Group: string(o.Group)}] += int64(v.count)
		}
	}
	out := []UnmatchedVisits{}
	for u, n := range counts {
		u.Visits = n
		out = append(out, u)
	}
	slices.SortFunc(out, func(a, b UnmatchedVisits) int {
		return cmp.Or(cmp.Compare(b.Visits, a.Visits), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Medium, b.Medium), cmp.Compare(a.Campaign, b.Campaign), cmp.Compare(a.Channel, b.Channel))
	})
	return out
}

// paid says whether a group is one of ads.
func paid(g channel.Group) bool {
	return g == channel.Display || g == channel.CrossNetwork || strings.HasPrefix(string(g), "Paid ")
}

// renamed are the campaigns with several names.
func (m *Model) renamed() []RenamedCampaign {
	out := []RenamedCampaign{}
	for _, id := range slices.Sorted(maps.Keys(m.aliases.byID)) {
		c := m.aliases.byID[id]
		if len(c.names) < 2 {
			continue
		}
		former := slices.DeleteFunc(slices.Clone(c.names), func(n string) bool { return n == c.latest })
		slices.Sort(former)
		out = append(out, RenamedCampaign{CampaignID: c.id, Campaign: c.latest, Former: former})
	}
	return out
}
