package audit

import (
	"math"
	"slices"
	"strings"

	"millrace/internal/metrics"
	"millrace/internal/metrics/survival"
)

// named says whether a channel is one: direct visits and what no channel matches are none.
func (x *Channel) named() bool {
	return x.Channel != "" && x.Channel != "(no channel)" && !strings.EqualFold(x.Channel, "direct")
}

func concentration(in *Input, c *Check) {
	var top *Channel
	all := 0
	for i := range in.Channels {
		x := &in.Channels[i]
		if !x.named() {
			continue
		}
		all += x.Opened
		if top == nil || x.Opened > top.Opened {
			top = x
		}
	}
	if top == nil || all < enoughDeals {
		c.cannot(few(all, "opportunity", " of the last year with a known channel", enoughDeals), needEvents,
			Need{"The lead source of opportunities, as the CRM holds it", pageImports, needDeals.Command})
		return
	}
	s := Share{top.Opened, all}
	low, _ := s.interval()
	c.see(pageChannels, s.figure("largest_channel", "opportunities that the largest channel brought / opportunities with a known channel"),
		"%s brought %s of %s with a known channel.", top.Channel, count(s.X), many(s.N, "opportunity"))
	if low <= mostOfPipeline {
		c.pass("No channel carries most of the pipeline; the largest, %s, brought %s.", top.Channel, s.percent())
		return
	}
	c.stake(top.OpenedMoney, in.Currency, "the amounts of the opportunities that "+top.Channel+" brought in the year")
	c.fail(Action{"Build a second channel before this one fails: give it a part of the budget and a target", pageChannels, ""},
		"%s carries %s of the pipeline: when it fails, so does the program.", top.Channel, s.percent())
}

func costPerLead(in *Input, c *Check) {
	var wrong []string
	var stake float64
	judged := 0
	for i := range in.Channels {
		x := &in.Channels[i]
		if x.Spend.Minor <= 0 {
			continue
		}
		if x.CPL.Band == nil || x.CPL.Band.High == nil {
			continue
		}
		f, by := x.cpl()
		if f.Band.Verdict == metrics.NotJudged || f.Value == nil || f.N == 0 {
			continue
		}
		judged++
		own := "" // as the page of channels has it, where another count favours the channel
		if n := int(math.Round(x.Leads)); n != f.N && x.CPL.Value != nil {
			own = say(", %s for %s %s", money(int64(*x.CPL.Value), in.Currency), many(n, "lead"), byLastTouch)
		}
		c.see(pageChannels, &f, "%s: a lead costs %s (%s for %s %s%s), its band ends at %s.", x.Channel, money(int64(*f.Value), in.Currency), money(x.Spend.Minor, in.Currency),
			many(f.N, "lead"), by, own, money(int64(*f.Band.High), in.Currency))
		if low, _, _ := ends(&f); low > *f.Band.High {
			wrong = append(wrong, x.Channel)
			stake += float64(x.Spend.Minor) - *f.Band.High*float64(f.N)
		}
	}
	switch {
	case judged == 0 && in.Spend.Rows == 0:
		c.cannot("There is no spend.", needSpend)
	case judged == 0:
		c.cannot(say("No channel has both spend in %s, leads and a band to hold its cost per lead against.", in.Currency),
			Need{"Bands of your own: cpl_low and cpl_high of the playbook's channels", pagePlaybook, "millrace playbook plan playbook.yaml"}, needEvents)
	case len(wrong) > 0:
		c.stake(int64(stake), in.Currency, "the spend above what the same leads cost at the band's upper end")
		c.fail(Action{"Look into audience, offer and landing page of the channel before its budget is renewed", pageChannels, ""}, "Leads by %s cost more than they should.", list(wrong, 3))
	default:
		c.pass("%s with a band %s within it or not surely above.", many(judged, "channel"), verb(judged, "is", "are"))
	}
}

const byLastTouch = "by the last touch that isn't direct"

// cpl is the cost per lead by the count of leads that favours the channel: the workspace's by the touch that brought them or by the first
// touch, or the platform's. by names the count.
func (x *Channel) cpl() (f metrics.Figure, by string) {
	f = x.CPL
	leads, by := int64(math.Round(x.Leads)), byLastTouch
	if n := int64(x.FirstLeads); n > leads {
		leads, by = n, "by first touch"
	}
	if x.PlatformLeads > leads {
		leads, by = x.PlatformLeads, "as the platform counts them"
	}
	if f.Rule = "spend / leads " + by; leads == 0 || f.Band == nil {
		return f, by
	}
	v := float64(x.Spend.Minor) / float64(leads)
	few, most := survival.Poisson(float64(leads), level)
	low, high := float64(x.Spend.Minor)/most, float64(x.Spend.Minor)/few
	f.Value, f.Undefined, f.N = &v, "", int(leads)
	f.Interval = &metrics.Interval{Low: &low, High: &high, Level: level, Method: "poisson"}
	band := *f.Band
	switch {
	case band.Currency != f.Currency:
		band.Verdict = metrics.NotJudged
	case v > *band.High:
		band.Verdict = metrics.Above
	default:
		band.Verdict = metrics.Within
	}
	f.Band = &band
	return f, by
}

// touched are the deals that favour the channel: those it brought, or had any touch in. The last touch alone would be unfair to what creates
// demand.
func (x *Channel) touched() int { return max(x.Opened, x.Touched) }

func spendWithoutPipeline(in *Input, c *Check) {
	opened := 0
	for _, x := range in.Channels {
		opened += x.Opened
	}
	switch {
	case in.Spend.Rows == 0 || in.Spend.Minor <= 0:
		c.cannot("There is no spend of the last year.", needSpend)
		return
	case opened < enoughDeals:
		c.cannot(few(opened, "opportunity", " of the last year with a known channel", enoughDeals), needDeals, needEvents)
		return
	}
	var wrong []string
	var stake int64
	for _, x := range in.Channels {
		if float64(x.Spend.Minor) < 0.05*float64(in.Spend.Minor) || x.SpendDays < 90 {
			continue
		}
		expected := float64(x.Spend.Minor) * in.usualPerSpend(x.Channel)
		_, most := survival.Poisson(float64(x.touched()), level)
		if most < expected/3 {
			wrong, stake = append(wrong, x.Channel), stake+x.Spend.Minor
			c.see(pageChannels, &x.CostPerOpportunity, "%s: %s, and a touch in %s; the median of the other channels brings %s for that money.", x.Channel, money(x.Spend.Minor, in.Currency),
				opportunities(x.touched()), count(int(math.Round(expected))))
		}
	}
	if len(wrong) == 0 {
		c.see(pageChannels, nil, "%s were spent and %s opened with a known channel.", money(in.Spend.Minor, in.Currency), many(opened, "opportunity"))
		c.pass("Every channel with a part of the spend opens opportunities for it.")
		return
	}
	c.stake(stake, in.Currency, "the year's spend on these channels")
	c.fail(Action{"Stop it, or say what else it is for, at the next quarterly review", pageChannels, ""}, "%s %s money and hardly any pipeline.", list(wrong, 3), verb(len(wrong), "costs", "cost"))
}

// usualPerSpend is how many opportunities the median of the other channels opens for a minor unit of spend; of all channels, where there are not three
// others: the median of two is that of neither.
func (in *Input) usualPerSpend(channel string) float64 {
	rate := func(x *Channel) (float64, bool) {
		return float64(x.Opened) / float64(x.Spend.Minor), float64(x.Spend.Minor) >= 0.01*float64(in.Spend.Minor)
	}
	others := 0
	usual := median(in.Channels, func(x *Channel) (float64, bool) {
		v, ok := rate(x)
		if ok = ok && x.Channel != channel; ok {
			others++
		}
		return v, ok
	})
	if others < 3 {
		return median(in.Channels, rate)
	}
	return usual
}

// median is that of a rate of the channels that count.
func median(channels []Channel, rate func(x *Channel) (float64, bool)) float64 {
	var all []float64
	for i := range channels {
		if v, ok := rate(&channels[i]); ok {
			all = append(all, v)
		}
	}
	if len(all) == 0 {
		return 0
	}
	slices.Sort(all)
	m, _, _ := survival.Median(all, level)
	return m
}

func opportunities(n int) string {
	if n == 0 {
		return "no opportunity"
	}
	return many(n, "opportunity")
}

func volumeWithoutPipeline(in *Input, c *Check) {
	leads, opened := 0.0, 0
	for _, x := range in.Channels {
		leads, opened = leads+x.Leads, opened+x.Opened
	}
	if leads < enoughPeople || opened < enoughDeals {
		c.cannot(say("%s and %s with a known channel are too few to compare channels.", many(int(leads), "lead"), many(opened, "opportunity")), needEvents, needDeals)
		return
	}
	var wrong []string
	var stake int64
	for _, x := range in.Channels {
		if !x.named() || x.Leads < 0.2*leads || x.Leads < enoughPeople || leads-x.Leads < enoughPeople {
			continue
		}
		_, most := survival.Poisson(float64(x.touched()), level)
		others := float64(opened-x.Opened) / (leads - x.Leads)
		if most/x.Leads < others/3 {
			wrong, stake = append(wrong, x.Channel), stake+x.Spend.Minor
			c.see(pageChannels, nil, "%s: %s, and a touch in %s; the others bring %.1f for 100 leads.", x.Channel, many(int(x.Leads), "lead"), opportunities(x.touched()), 100*others)
		}
	}
	if len(wrong) == 0 {
		c.see(pageChannels, nil, "%s for %s of the last year.", many(opened, "opportunity"), many(int(leads), "lead"))
		c.pass("No large channel brings leads that don't become opportunities.")
		return
	}
	c.stake(stake, in.Currency, "the year's spend on these channels")
	c.fail(Action{"Ask sales what is wrong with these leads, then change the offer or stop the channel", pageLeads, ""}, "%s %s many leads and hardly any pipeline.", list(wrong, 3), verb(len(wrong), "brings", "bring"))
}

func cacTrend(in *Input, c *Check) {
	var wrong []string
	judged := costTrends(in)
	for _, x := range judged {
		if low, _, _ := ends(&x.trend); low > 0 {
			c.see(pageChannels, &x.trend, "%s: a customer costs %s more every month.", x.channel, money(int64(*x.trend.Value), in.Currency))
			wrong = append(wrong, x.channel)
		}
	}
	switch {
	case len(judged) == 0 && in.Spend.Rows == 0:
		c.cannot("There is no spend.", needSpend)
	case len(judged) == 0:
		c.cannot("No channel has spend and customers enough for a trend: 20 in a year, over half a year or longer.", needDeals, needEvents)
	case len(wrong) > 0:
		c.fail(Action{"Look for what changed: bids, audience, offer, win rate", pageChannels, ""}, "Customers by %s become more expensive from month to month.", list(wrong, 3))
	default:
		c.pass("No channel surely becomes more expensive, of %s with a trend.", many(len(judged), "channel"))
	}
}

// costTrend is how a channel's CAC moves from month to month.
type costTrend struct {
	channel string
	trend   metrics.Figure
}

// costTrends are those of the channels with spend, customers enough and months enough to bound a trend: a month in which a channel won one customer
// says little of what one costs. Their intervals hold together, however many channels there are (Bonferroni's correction): one channel of
// ten would else rise "surely" by luck every few audits.
func costTrends(in *Input) (out []costTrend) {
	at := func(level float64) (out []costTrend) {
		for i := range in.Channels {
			x := &in.Channels[i]
			var months []metrics.Figure
			won := 0.0
			for _, m := range x.Months {
				months = append(months, m.CAC)
				won += m.Customers
			}
			if won < enoughDeals {
				continue
			}
			f := metrics.Trend("cac_trend", months, metrics.Options{Currency: in.Currency, Level: level})
			if low, _, ok := ends(&f); ok && x.Spend.Minor > 0 && x.named() && !math.IsInf(low, 0) {
				out = append(out, costTrend{x.Channel, f})
			}
		}
		return out
	}
	out = at(level)
	return at(1 - (1-level)/float64(max(1, len(out))))
}

func outboundBlast(in *Input, c *Check) {
	most := max(int64(in.Mail.OutboundMonth), in.Spend.OutboundReach)
	if most == 0 {
		c.cannot("The data tell of no outbound.", Need{"Outbound as events with the channel's tags, or its spend with the reach", pageImports, "millrace import spend outbound.csv"})
		return
	}
	c.see(pageContacts, nil, "Outbound reached %s in its largest month.", many(most, "person"))
	if most >= blast {
		c.fail(Action{"Choose 50–100 accounts a month that have a trigger event, and write to their committees", pageAccounts, "millrace accounts --fit"},
			"Outbound is a blast: %s in a month.", many(most, "person"))
		return
	}
	c.pass("Outbound is no blast.")
}

func tagging(in *Input, c *Check) {
	t := &in.Tags
	s := Share{int(t.Wrong), int(t.Arrivals)}
	spend := Share{int(in.Spend.UnmatchedAmount), int(in.Spend.Campaigns)}
	enough := t.Arrivals >= enoughArrivals
	if !enough {
		c.cannot(few(t.Arrivals, "arrival", " by a campaign in the last year", enoughArrivals), needEvents)
		return
	}
	low, _ := s.interval()
	c.see(pageChannels, s.figure("wrong_tags", "arrivals by a campaign with a mistake / arrivals by a campaign"), "%s of %s by a campaign have a mistake in their tags.", s.percent(), many(t.Arrivals, "arrival"))
	for i, p := range t.Problems {
		if i == 5 {
			break
		}
		c.see(pageChannels, nil, "%s: %s. %s", strings.ReplaceAll(p.Problem, "_", " "), many(p.Arrivals, "arrival"), p.Example)
	}
	unmatched := spend.N > 0 && spend.value() > unmatchedShare
	if spend.N > 0 && spend.X > 0 {
		c.see(pageChannels, nil, "%s of %s on tagged campaigns is on campaigns that nobody ever arrived by: %s.", spend.percent(), money(in.Spend.Campaigns, in.Currency), list(in.Spend.Unmatched, 5))
	}
	switch {
	case low > wrongTagShare:
		c.fail(Action{"Correct the tags at their source; what has arrived can be read as others", pageChannels, "millrace channel --url 'https://…?utm_source=…'"},
			"%s of the arrivals by a campaign are counted wrong.", s.percent())
	case unmatched:
		c.stake(in.Spend.UnmatchedAmount, in.Currency, "the spend on campaigns that no arrival names")
		c.fail(Action{"Tag the links of these campaigns with the names that their spend has", pageChannels, "millrace channel --url 'https://…?utm_campaign=…'"},
			"%s of the spend on tagged campaigns leads to no arrival with that campaign.", spend.percent())
	default:
		c.pass("Campaign tags arrive as they should.")
	}
}
