package measure

import (
	"cmp"
	"math"
	"slices"

	"millrace"
	"millrace/internal/audit"
	"millrace/internal/metrics"
	"millrace/internal/metrics/survival"
)

// enoughWon is how many won cycles it takes to say when a deal is old.
const enoughWon = 20

// deals fills in the opportunities.
func (w *moment) deals(in *audit.Input) {
	d := &in.Deals
	d.ReasonsUnknown = w.m.reasonless
	year := w.period
	if d.Ended = w.m.dealsEnded(w.at); d.Ended > 0 {
		year = metrics.Period{First: d.Ended - 364, Last: d.Ended}
	}
	within := func(at millrace.Time) bool {
		return w.within(at) && d.Ended == 0 || d.Ended > 0 && at > 0 && at <= w.at && year.Has(w.m.calendar.Day(at))
	}
	rows, _ := metrics.Deals(w.m.plainDeals(), year, metrics.Dim{}, w.o)
	d.WinRate = whole(rows).WinRate
	means, wonDays := w.means()
	var amounts, won, lost []float64
	twins := map[dealTwin]bool{}
	for i := range w.m.deals {
		x := &w.m.deals[i]
		status, ok := w.status(x)
		if !ok {
			continue
		}
		minor, known := w.amount(x)
		w.tally(d, x, status)
		if known && minor > 0 && x.Opened != 0 && x.Account > 0 {
			t := dealTwin{x.Account, x.name, x.product, x.owner, minor, w.m.calendar.Day(x.Opened)}
			if twins[t] {
				d.Doubles++
				d.DoublesAmount += minor
			}
			twins[t] = true
		}
		if status == millrace.OpportunityOpen || !within(x.Closed) {
			continue
		}
		cycle := float64(w.m.calendar.Day(x.Closed) - w.m.calendar.Day(x.Opened))
		if status == millrace.OpportunityWon && known {
			amounts = append(amounts, float64(minor))
		}
		switch {
		case x.Opened == 0 || cycle < 0:
		case status == millrace.OpportunityWon:
			won = append(won, cycle)
		default:
			lost = append(lost, cycle)
		}
	}
	for _, list := range [...][]float64{amounts, won, lost} {
		slices.Sort(list)
	}
	d.Amount = medianOf("median_deal", "median amount of the deals won in the year", amounts, metrics.UnitMoney, w.m.currency)
	d.WonCycle = medianOf("cycle_won_median", "median days from opened to won", won, metrics.UnitDays, "")
	d.LostCycle = medianOf("cycle_lost_median", "median days from opened to lost", lost, metrics.UnitDays, "")
	if n := len(wonDays); n >= enoughWon {
		d.OldCycle = int(wonDays[int(math.Ceil(0.9*float64(n)))-1])
	}
	w.open(d, means)
	w.groups(d, within)
}

// dealTwin is what two records of one deal have in common.
type dealTwin struct {
	account              int32
	name, product, owner string
	minor                int64
	day                  metrics.Day
}

func (w *moment) tally(d *audit.Deals, x *deal, status millrace.OpportunityStatus) {
	d.Total++
	if x.Account <= 0 {
		d.NoAccount++
	}
	if x.Opened == 0 && x.Closed == 0 {
		d.Undated++
	}
	switch status {
	case millrace.OpportunityOpen:
		d.Open++
		if x.Account <= 0 {
			d.OpenNoAccount++
		}
	case millrace.OpportunityWon:
		d.Won++
		if !x.HasAmount {
			d.WonWithoutAmount++
		}
	case millrace.OpportunityLost:
		d.Lost++
		if x.lossReason != "" {
			d.LostWithReason++
		}
	}
}

// means are the mean won amounts by product, "" for all, and how many days the won deals took, sorted.
func (w *moment) means() (means map[string]int64, wonDays []float64) {
	type sum struct{ n, minor int64 }
	sums := map[string]sum{}
	for i := range w.m.deals {
		x := &w.m.deals[i]
		if status, ok := w.status(x); !ok || status != millrace.OpportunityWon {
			continue
		}
		if minor, ok := w.amount(x); ok {
			sums[""] = sum{sums[""].n + 1, sums[""].minor + minor}
			if x.product != "" {
				sums[x.product] = sum{sums[x.product].n + 1, sums[x.product].minor + minor}
			}
		}
		if x.Opened > 0 && x.Closed >= x.Opened {
			wonDays = append(wonDays, float64(w.m.calendar.Day(x.Closed)-w.m.calendar.Day(x.Opened)))
		}
	}
	means = map[string]int64{}
	for product, s := range sums {
		means[product] = s.minor / s.n
	}
	slices.Sort(wonDays)
	return means, wonDays
}

// worth adds an open deal to what such deals amount to.
func (w *moment) worth(to *audit.OpenMoney, x *deal, means map[string]int64) {
	if minor, ok := w.amount(x); ok {
		to.Minor, to.Recorded = to.Minor+minor, to.Recorded+1
	} else if mean := cmp.Or(means[x.product], means[""]); mean > 0 && !x.HasAmount {
		to.Minor, to.Estimated = to.Minor+mean, to.Estimated+1
	} else {
		to.Unknown++
	}
}

// open fills in what is open, and how old it is.
func (w *moment) open(d *audit.Deals, means map[string]int64) {
	day := w.day
	if d.Ended > 0 {
		day = d.Ended
	}
	for i := range w.m.deals {
		x := &w.m.deals[i]
		if status, ok := w.status(x); !ok || status != millrace.OpportunityOpen {
			continue
		}
		w.worth(&d.OpenMoney, x, means)
		if x.Account <= 0 {
			w.worth(&d.NoAccMoney, x, means)
		}
		if x.Opened == 0 || d.OldCycle == 0 {
			continue
		}
		d.Stale.N++
		if int(day-w.m.calendar.Day(x.Opened)) > d.OldCycle {
			d.Stale.X++
			w.worth(&d.Aged, x, means)
		}
	}
}

// dealsDue is how many deals must have been due to be opened or closed for none to mean that the data of deals ended: by chance it comes about in less
// than one of a hundred cases (Poisson).
const dealsDue = 5

// dealsEnded is the last day on which a deal was opened or closed, where that is longer ago than data may end, and dealsDue were due since at the pace of
// the year up to it; else 0.
func (m *Model) dealsEnded(by millrace.Time) metrics.Day {
	var last millrace.Time
	var all []millrace.Time
	for i := range m.deals {
		for _, at := range [...]millrace.Time{m.deals[i].Opened, m.deals[i].Closed} {
			if at != 0 && at <= by {
				last, all = max(last, at), append(all, at)
			}
		}
	}
	year := 0
	for _, at := range all {
		if last-at < 365*millrace.Day {
			year++
		}
	}
	if gap := by - last; last == 0 || gap <= endedBefore || float64(year)*float64(gap)/float64(365*millrace.Day) < dealsDue {
		return 0
	}
	return m.calendar.Day(last)
}

// noDealsIn says whether the data say nothing of what opened or was won in a period: they have no deals, or these end before it.
func (m *Model) noDealsIn(p metrics.Period) bool {
	if len(m.deals) == 0 {
		return true
	}
	ended := m.dealsEnded(m.BuiltAt)
	return ended > 0 && ended < p.First
}

// groups are the closed deals of the year by who sold what to whom.
func (w *moment) groups(d *audit.Deals, within func(at millrace.Time) bool) {
	for _, g := range [...]struct {
		name string
		of   func(x *deal) string
	}{{"owner", func(x *deal) string { return x.owner }}, {"manager", func(x *deal) string { return w.m.sellers[x.owner].manager }},
		{"region", func(x *deal) string { return w.m.sellers[x.owner].region }}, {"product", func(x *deal) string { return x.product }},
		{"industry", func(x *deal) string { return w.m.firms[x.Account].industry }}, {"country", func(x *deal) string { return w.m.firms[x.Account].country }}} {
		group := audit.Group{Name: g.name}
		at := map[string]int{}
		for i := range w.m.deals {
			x := &w.m.deals[i]
			status, ok := w.status(x)
			label := g.of(x)
			if !ok || label == "" || status == millrace.OpportunityOpen || !within(x.Closed) {
				continue
			}
			n, ok := at[label]
			if !ok {
				n = len(group.Labels)
				at[label] = n
				group.Labels = append(group.Labels, audit.GroupRow{Label: label})
			}
			row := &group.Labels[n]
			row.Closed++
			if status == millrace.OpportunityWon {
				row.Won++
				if minor, ok := w.amount(x); ok {
					row.WonAmount += minor
				}
			}
		}
		if len(group.Labels) > 1 {
			slices.SortFunc(group.Labels, func(a, b audit.GroupRow) int { return cmp.Compare(a.Label, b.Label) })
			d.Groups = append(d.Groups, group)
		}
	}
}

// deciding are the roles that decide, pay or champion.
var deciding = []string{"economic_buyer", "decision_maker", "champion"}

// committee fills in whom the team knows at accounts with open deals.
func (w *moment) committee(in *audit.Input) {
	k := &in.Committee
	k.Titled = w.titled
	means, _ := w.means()
	active := w.m.activity.span(w.at, 0, 180)
	for i := range w.m.deals {
		x := &w.m.deals[i]
		if status, ok := w.status(x); !ok || status != millrace.OpportunityOpen || x.Account <= 0 {
			continue
		}
		if len(w.people[x.Account])+len(x.parties) == 0 {
			k.Unknown++
			continue
		}
		there := map[int32]bool{}
		for _, p := range w.people[x.Account] {
			if int(p) < len(w.m.activity.windows) && w.m.activity.windows[p]&active != 0 {
				there[p] = true
			}
		}
		for _, p := range x.parties {
			if p, ok := w.byID[p.contact]; ok {
				there[p] = true
			}
		}
		decides := false
		for p := range there {
			decides = decides || slices.Contains(deciding, w.m.label(w.m.contacts[p].role))
		}
		k.Deals++
		if len(there) < 2 {
			k.Single++
		}
		if !decides {
			k.LowLevel++
		}
		if len(there) < 2 || !decides {
			k.Thin++
			w.worth(&k.Money, x, means)
		}
	}
}

// customers fills in the accounts that have bought.
func (w *moment) customers(in *audit.Input) {
	k := &in.Customers
	k.Touches = len(w.m.touches) > 0
	bought, lastDeal := map[int32]millrace.Time{}, map[int32]millrace.Time{}
	for i := range w.m.deals {
		x := &w.m.deals[i]
		status, ok := w.status(x)
		if !ok || x.Account <= 0 {
			continue
		}
		lastDeal[x.Account] = max(lastDeal[x.Account], x.Opened)
		if status == millrace.OpportunityWon && x.Closed > 0 {
			if was, ok := bought[x.Account]; !ok || x.Closed < was {
				bought[x.Account] = x.Closed
			}
		}
	}
	for i := range w.m.deals {
		x := &w.m.deals[i]
		if !w.within(x.Opened) {
			continue
		}
		k.Again.N++
		if at, ok := bought[x.Account]; x.Expansion || x.Referral || w.brought[i] == "Referral" || ok && x.Account > 0 && at < x.Opened {
			k.Again.X++
		}
	}
	k.Total = len(bought)
	for account, at := range bought {
		if at > w.at-365*millrace.Day {
			continue
		}
		k.OldEnough++
		k.Served.N++
		if w.within(lastDeal[account]) || w.touched(account) {
			k.Served.X++
		}
	}
	k.Contracts = len(w.m.records.contracts)
	if k.Contracts > 0 {
		r := metrics.Retention(w.m.records.contracts, w.period, w.o)
		k.NRR, k.Lost = r.NRR, r.Churned.Minor+r.Contraction.Minor
	}
}

// touched says whether anybody of an account was seen in the year.
func (w *moment) touched(account int32) bool {
	s, ok := w.m.accounts[account]
	if !ok {
		return false
	}
	for i := s.to - 1; i >= s.from; i-- {
		if w.within(w.m.touches[i].at) {
			return true
		}
	}
	return false
}

// journeys fills in the ways to the won deals.
func (w *moment) journeys(in *audit.Input) {
	j := &in.Journeys
	j.Said = w.said
	moved := 0
	for i := range w.m.deals {
		x := &w.m.deals[i]
		if status, ok := w.status(x); !ok || status != millrace.OpportunityWon || !w.within(x.Closed) {
			continue
		}
		j.Won++
		s, ok := w.m.accounts[x.Account]
		if !ok || x.Account <= 0 {
			continue
		}
		n, first, last := 0, int32(-1), int32(-1)
		for i := s.from; i < s.to; i++ {
			t := &w.m.touches[i]
			if t.at > x.Closed {
				continue
			}
			n++
			if first < 0 || t.at < w.m.touches[first].at {
				first = i
			}
			if last < 0 || t.at >= w.m.touches[last].at {
				last = i
			}
		}
		if n == 0 {
			continue
		}
		j.Seen++
		if n == 1 {
			j.OneStep++
		}
		if w.m.origins[w.m.touches[first].origin].own() != w.m.origins[w.m.touches[last].origin].own() {
			moved++
		}
	}
	if j.Seen > 0 {
		v := float64(moved) / float64(j.Seen)
		j.Moved = metrics.Figure{Key: "first_last_differ", Unit: metrics.UnitRatio, N: j.Seen, Value: &v, Rule: "won deals whose first and last touch are of different channels / won deals with any touch"}
	}
}

// tags fills in the arrivals of the period.
func (w *moment) tags(in *audit.Input) {
	t := &in.Tags
	for _, v := range w.m.visits {
		if !w.period.Has(v.day) {
			continue
		}
		o := &w.m.origins[v.origin]
		t.All += int64(v.count)
		if cmp.Or(o.GivenSource, o.GivenMedium, o.Campaign, o.ClickID) != "" {
			t.Arrivals += int64(v.count)
		}
	}
	if t.Arrivals == 0 {
		return
	}
	at, wrong := map[string]int{}, map[string]bool{}
	for _, f := range w.m.Hygiene(Query{From: w.period.First, To: w.period.Last}) {
		if f.Severity != "warning" {
			continue
		}
		u := f.Usage
		key := u.Source + "\x00" + u.Medium + "\x00" + u.Campaign + "\x00" + u.Host + "\x00" + u.ClickID
		if !wrong[key] {
			wrong[key] = true
			t.Wrong += u.Count
		}
		name := string(f.Problem)
		n, ok := at[name]
		if !ok {
			n = len(t.Problems)
			at[name] = n
			t.Problems = append(t.Problems, audit.TagProblem{Problem: name, Example: sentence(f.What) + " " + sentence(f.Fix)})
		}
		t.Problems[n].Arrivals += u.Count
	}
	t.Wrong = min(t.Wrong, t.Arrivals)
	slices.SortStableFunc(t.Problems, func(a, b audit.TagProblem) int { return cmp.Compare(b.Arrivals, a.Arrivals) })
}

func sentence(s string) string {
	if s == "" || s[len(s)-1] == '.' {
		return s
	}
	return s + "."
}

// medianOf is the median of sorted values with its interval.
func medianOf(key, rule string, sorted []float64, unit metrics.Unit, currency string) metrics.Figure {
	f := metrics.Figure{Key: key, Unit: unit, Currency: currency, N: len(sorted), Rule: rule}
	if len(sorted) == 0 {
		f.Undefined = metrics.NoData
		return f
	}
	v, low, high := survival.Median(sorted, 0.95)
	f.Value, f.Interval = &v, &metrics.Interval{Level: 0.95, Method: "order"}
	for _, end := range [...]struct {
		v  float64
		to **float64
	}{{low, &f.Interval.Low}, {high, &f.Interval.High}} {
		if !math.IsInf(end.v, 0) && !math.IsNaN(end.v) {
			*end.to = &end.v
		}
	}
	return f
}
