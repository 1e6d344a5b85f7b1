package measure

import (
	"cmp"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"sync"

	"millrace"
	"millrace/internal/audit"
	"millrace/internal/channel"
	"millrace/internal/metrics"
	"millrace/internal/metrics/survival"
	"millrace/internal/playbook"
)

// Points of an audit's trend, and days between them.
const (
	trendPoints = 12
	trendDays   = 30
)

// endedBefore is how long before the clock the data must have ended for the audit to be as of their end.
const endedBefore = 30 * millrace.Day

// Audit asks the audit's questions of the model: now, or where the data ended more than 30 days ago as of their end, and at the ends of the
// eleven times of 30 days before, for the trend.
func (m *Model) Audit() audit.Report {
	a := m.auditor()
	var r audit.Report
	past := make([]*audit.Point, trendPoints)
	var wait sync.WaitGroup
	for i := range trendPoints { // each reads alone
		wait.Go(func() {
			if i == 0 {
				r = audit.Run(a.input(a.end))
				return
			}
			if in := a.input(a.end - millrace.Time(i)*trendDays*millrace.Day); in.First != metrics.NoDay && in.First < in.Day {
				then := audit.Run(in)
				p := then.Point(in.Day)
				past[i] = &p
			}
		})
	}
	wait.Wait()
	for i := trendPoints - 1; i > 0; i-- {
		if past[i] != nil {
			r.Trend = append(r.Trend, *past[i])
		}
	}
	if r.Score != nil {
		r.Trend = append(r.Trend, r.Point(m.calendar.Day(a.end)))
	}
	return r
}

// auditor fills in the audit's input for one moment or several.
type auditor struct {
	m       *Model
	end     millrace.Time
	first   metrics.Day
	preset  string
	roles   map[string]string // of the playbook's channels
	credits []metrics.Credit
	brought []string // channel of each deal
	steps   []metrics.Move
	people  map[int32][]int32 // places in contacts of the people of accounts with deals
	place   map[int32]int32   // contact → place in contacts, of those with acts or stages
	said    int
}

func (m *Model) auditor() *auditor {
	a := &auditor{m: m, roles: map[string]string{}, said: len(m.said()), first: metrics.NoDay}
	for _, c := range m.book.Channels {
		a.roles[c.Name] = c.Role
	}
	for _, p := range playbook.Presets() {
		if b, _ := playbook.Parse(p.Source); b != nil && reflect.DeepEqual(b.ICPs, m.book.ICPs) {
			a.preset = p.Name
		}
	}
	a.span()
	a.bring()
	a.qualifying()
	with := map[int32]bool{}
	for i := range m.deals {
		with[m.deals[i].Account] = true
	}
	a.people, a.place = map[int32][]int32{}, map[int32]int32{}
	for _, x := range m.activity.acts {
		a.place[x.contact] = -1
	}
	for _, s := range m.stages {
		a.place[s.contact] = -1
	}
	for i := range m.contacts {
		c := &m.contacts[i]
		if c.account > 0 && with[c.account] {
			a.people[c.account] = append(a.people[c.account], int32(i))
		}
		if _, ok := a.place[c.id]; ok {
			a.place[c.id] = int32(i)
		}
	}
	return a
}

// span finds the moment to audit and the first dated fact.
func (a *auditor) span() {
	m := a.m
	last := millrace.Time(0)
	seen := func(at millrace.Time) {
		if at <= 0 || at > m.BuiltAt {
			return
		}
		last = max(last, at)
		if d := m.calendar.Day(at); a.first == metrics.NoDay || d < a.first {
			a.first = d
		}
	}
	seen(m.activity.first)
	seen(m.activity.last)
	for i := range m.deals {
		seen(m.deals[i].Opened)
		seen(m.deals[i].Closed)
	}
	for i := range m.leads {
		seen(m.leads[i].at)
	}
	for _, s := range m.spend {
		for _, d := range [...]metrics.Day{s.First, s.Last} {
			if d != metrics.NoDay {
				seen(millrace.Time(d)*millrace.Day + 12*millrace.Hour)
			}
		}
	}
	if a.end = m.BuiltAt; last > 0 && m.BuiltAt-last > endedBefore {
		a.end = last
	}
}

// bring finds which channel brought each deal, by the last touch that isn't direct before it was opened, else by the CRM's lead source.
func (a *auditor) bring() {
	m := a.m
	own := map[string]string{}
	for _, c := range m.book.Channels {
		own[strings.ToLower(c.Name)] = c.Name
	}
	sorter := channel.New(m.book.Channels, m.book.Workspace.Hosts)
	sources := map[string]string{}
	source := func(text string) string {
		name, ok := sources[text]
		if !ok {
			if name = own[strings.ToLower(strings.TrimSpace(text))]; name == "" {
				name = sorter.Classify(channel.Visit{Source: text, Medium: "referral"}).Channel
			}
			sources[text] = name
		}
		return name
	}
	a.credits = m.credits(Query{})
	leads := len(a.credits)
	for i := range a.credits { // deals come last
		if a.credits[i].Stage >= millrace.StageOpportunity {
			leads = i
			break
		}
	}
	a.brought = make([]string, len(m.deals))
	at := leads
	for i := range m.deals {
		d := &m.deals[i]
		name := a.credits[at].Channel
		if name == "" && d.source != "" {
			name = source(d.source)
		}
		a.brought[i] = name
		for n := range 2 {
			if n == 0 || d.Status == millrace.OpportunityWon {
				a.credits[at].Channel = name
				at++
			}
		}
	}
}

// qualifying keeps the moves of those who went beyond being a lead.
func (a *auditor) qualifying() {
	beyond := map[int32]bool{}
	for i := range a.m.moves {
		if a.m.moves[i].Stage != millrace.StageLead {
			beyond[a.m.moves[i].Subject] = true
		}
	}
	for i := range a.m.moves {
		if beyond[a.m.moves[i].Subject] {
			a.steps = append(a.steps, a.m.moves[i])
		}
	}
}

// input is the audit's input as of a moment.
func (a *auditor) input(at millrace.Time) audit.Input {
	past := *a.m
	past.BuiltAt = at
	m := &past
	w := moment{auditor: a, m: m, at: at, day: m.calendar.Day(at), o: m.options(Query{})}
	w.period = metrics.Period{First: w.day - 364, Last: w.day}
	in := audit.Input{AsOf: at, Now: a.m.BuiltAt, Day: w.day, Period: w.period, First: a.first, Currency: m.currency, Playbook: m.book.Document, Preset: a.preset,
		Accounts: m.accountCount, Contacts: len(m.contacts)}
	if at != a.end { // a point of the past is not late because it is past
		in.Now = at
	}
	if first := m.activity.first; first > 0 && first <= at {
		in.Behavior = int((at - first) / millrace.Day)
	}
	if dollars, ok := w.o.Convert(millrace.Money{Minor: 1_000_00, Currency: "USD"}, w.day); ok {
		in.Dollar = float64(dollars) / 1000
	}
	for _, t := range m.records.targets {
		if !slices.Contains(in.Targets, t.Metric) {
			in.Targets = append(in.Targets, t.Metric)
		}
	}
	slices.Sort(in.Targets)
	w.leads(&in)
	w.deals(&in)
	w.channels(&in)
	w.qualified(&in)
	w.followUp(&in)
	w.committee(&in)
	w.customers(&in)
	w.journeys(&in)
	w.tags(&in)
	w.list(&in)
	return in
}

// moment is an auditor at a moment.
type moment struct {
	*auditor
	m      *Model // as of the moment
	at     millrace.Time
	day    metrics.Day
	period metrics.Period
	o      metrics.Options
}

// within says whether a moment is in the period.
func (w *moment) within(at millrace.Time) bool {
	return at > 0 && at <= w.at && at > w.at-365*millrace.Day
}

// status is how a deal stood, ok when it was there.
func (w *moment) status(d *deal) (status millrace.OpportunityStatus, ok bool) {
	if d.Opened > w.at {
		return 0, false
	}
	if d.Status != millrace.OpportunityOpen && d.Closed > w.at {
		return millrace.OpportunityOpen, true
	}
	return d.Status, true
}

func (w *moment) amount(d *deal) (minor int64, ok bool) {
	if !d.HasAmount {
		return 0, false
	}
	return w.o.Convert(d.Amount, w.m.calendar.Day(cmp.Or(min(cmp.Or(d.Closed, w.at), w.at), d.Opened, w.at)))
}

func (w *moment) leads(in *audit.Input) {
	for i := range w.m.leads {
		l := &w.m.leads[i]
		switch {
		case l.at == 0:
			in.Leads.Total++
			in.Leads.Undated++
		case l.at <= w.at:
			in.Leads.Total++
			in.Leads.Oldest = max(in.Leads.Oldest, int((w.at-l.at)/millrace.Day))
			if w.within(l.at) {
				in.Leads.Period++
			}
		}
	}
}

// channels fills in unit economics and what each channel brought.
func (w *moment) channels(in *audit.Input) {
	m := w.m
	e := metrics.UnitEconomics(metrics.EconomicsInput{Spend: m.spend, Credits: w.credits, Period: w.period}, w.o)
	in.Spend.Minor = e.Blended.Spend.Minor
	at := map[string]*audit.Channel{}
	for _, row := range e.Channels {
		row.Months = nil
		in.Channels = append(in.Channels, audit.Channel{CostRow: row, Role: w.roles[row.Channel]})
	}
	for i := range in.Channels {
		at[in.Channels[i].Channel] = &in.Channels[i]
	}
	for i := range m.leads {
		l := &m.leads[i]
		if !w.within(l.at) || l.first < 0 {
			continue
		}
		if x := at[m.origins[m.touches[l.first].origin].own()]; x != nil {
			x.FirstLeads++
		}
	}
	there := map[string]bool{}
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
		clear(there)
		if s, ok := m.accounts[d.Account]; ok && d.Account > 0 {
			for n := s.from; n < s.to; n++ {
				if t := &m.touches[n]; t.at <= d.Opened {
					there[m.origins[t.origin].own()] = true
				}
			}
		}
		for name := range there {
			if x := at[name]; x != nil {
				x.Touched++
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

// qualified fills in how leads qualify.
func (w *moment) qualified(in *audit.Input) {
	q := &in.Qualified
	o := w.o
	o.Horizon = 90
	set := metrics.Episodes(w.steps, w.m.plainDeals(), millrace.StageMQL, millrace.StageOpportunity, o)
	report := metrics.Funnel(set, metrics.Period{First: w.period.First, Last: w.period.Last}, nil, o)
	q.MQL, q.Figure = report.Total.Entered, report.Total.Rate
	if f := report.Total.Window; f.Numerator != nil {
		q.Rate = audit.Share{X: int(*f.Numerator), N: int(*f.Denominator)}
	}
	for _, e := range set.Episodes {
		age := int(w.day - e.Entered)
		if n := 1 - age/120; age >= 90 && n >= 0 && n < 2 {
			q.SpansRate[n].N++
			if e.Outcome == metrics.Converted && e.Days <= 90 {
				q.SpansRate[n].X++
			}
		}
	}
	w.spans(q)
	w.agreement(q)
	flows, _ := metrics.Flows(w.steps, w.o)
	for _, f := range flows {
		switch {
		case f.First:
		case f.Kind == metrics.FlowForward:
			in.Flows.Passages += f.Count
		default:
			in.Flows.Passages += f.Count
			in.Flows.NotLinear += f.Count
		}
	}
}

// spans counts who was active, and who became an MQL, in the last 120 days and the 120 before, once the playbook has decided for so long.
func (w *moment) spans(q *audit.Qualified) {
	if w.m.listened > w.at-240*millrace.Day {
		return
	}
	a := &w.m.activity
	bits := [2]uint64{a.span(w.at, 120, 120), a.span(w.at, 0, 120)}
	for _, active := range a.windows {
		for n, b := range bits {
			if active&b != 0 {
				q.Spans[n].N++
			}
		}
	}
	seen := [2]map[int32]bool{{}, {}}
	for _, s := range w.m.stages {
		age := (w.at - s.at) / (120 * millrace.Day)
		if s.stage != millrace.StageMQL || s.imported || s.at > w.at || age > 1 {
			continue
		}
		n := 1 - int(age)
		if p := w.place[s.contact]; !seen[n][s.contact] && p >= 0 && a.windows[p]&bits[n] != 0 {
			seen[n][s.contact] = true
			q.Spans[n].X++
		}
	}
}

// agreement compares whom the CRM holds for qualified with whom the playbook's rule did, and where opportunities are opened.
func (w *moment) agreement(q *audit.Qualified) {
	byRule, byCRM := map[int32]bool{}, map[int32]bool{}
	accounts := map[int32]millrace.Time{} // first MQL or MQA
	known := map[int32]bool{}
	for _, s := range w.m.stages {
		if s.at > w.at || s.stage < millrace.StageMQL || s.stage > millrace.StageSQL {
			continue
		}
		if s.imported { // beyond SQL are the people of a deal, qualified or not
			byCRM[s.contact] = true
		} else if s.stage == millrace.StageMQL {
			byRule[s.contact] = true
		}
	}
	deciding := w.m.activity.span(w.at, 0, int((w.at-w.m.listened)/millrace.Day))
	for c := range byCRM {
		if p := w.place[c]; p >= 0 && w.m.activity.windows[p]&deciding != 0 { // who wasn't seen since the rule decides can't have qualified by what they did
			q.Both.N++
			if byRule[c] {
				q.Both.X++
			}
		}
	}
	first := func(account int32, at millrace.Time) {
		if was, ok := accounts[account]; account > 0 && (!ok || at < was) {
			accounts[account] = at
		}
	}
	for i := range w.steps {
		if s := &w.steps[i]; s.Stage == millrace.StageMQL && s.At > 0 {
			first(s.Account, s.At)
		}
	}
	for i := range w.m.accMoves {
		if s := &w.m.accMoves[i]; s.Stage == millrace.StageMQL {
			first(s.Subject, s.At)
		}
	}
	for i := range w.m.leads {
		known[w.m.leads[i].account] = true
	}
	since := w.qualifiedSince()
	for i := range w.m.deals {
		d := &w.m.deals[i]
		if !w.within(d.Opened) || d.Expansion || d.Account <= 0 || !known[d.Account] || d.Opened < since {
			continue
		}
		q.DealsSeen.N++
		if at, ok := accounts[d.Account]; ok && at <= d.Opened {
			q.DealsSeen.X++
		}
	}
}

// qualifiedSince is from when on whoever opens a deal may have qualified before: after 60 days of behaviour, and as long after somebody, the
// playbook or a CRM's record, began to say who does.
func (w *moment) qualifiedSince() millrace.Time {
	first := w.m.activity.first
	if first == 0 {
		return w.at + 1
	}
	said := w.m.listened
	for _, s := range w.m.stages {
		if s.imported && s.stage == millrace.StageMQL && s.at < said {
			said = s.at
		}
	}
	return max(first, said) + 60*millrace.Day
}

// followUp fills in what sales did with MQLs.
func (w *moment) followUp(in *audit.Input) {
	const days = followUpDays
	f := &in.FollowUp
	f.Deadline = days
	taken := w.m.takeUps(w.at)
	f.Known = taken.known
	var hours []float64
	for i := range w.steps {
		s := &w.steps[i]
		if s.Stage != millrace.StageMQL || !w.within(s.At) || s.At > w.at-days*millrace.Day {
			continue
		}
		f.MQLs++
		next := taken.of(s)
		if next == 0 {
			continue
		}
		f.Ever++
		hours = append(hours, float64(next-s.At)/float64(millrace.Hour))
		if next-s.At <= days*millrace.Day {
			f.Touched++
		}
	}
	if len(hours) > 0 {
		slices.Sort(hours)
		f.Hours = []int{int(math.Round(hours[len(hours)/2]))}
	}
	if q, win, won := in.Qualified.Figure.Value, in.Deals.WinRate.Value, in.Deals.Amount; q != nil && win != nil && won.Value != nil {
		f.PerMQL = int64(*q * *win * *won.Value)
	}
}

// list fills in the people the team may write to, and the mails.
func (w *moment) list(in *audit.Input) {
	a := &w.m.activity
	year, before := a.span(w.at, 0, 360), a.span(w.at, 360, 64*30)
	for _, bits := range a.windows {
		if bits&before == 0 {
			continue
		}
		in.List.Silent.N++
		if bits&year == 0 {
			in.List.Silent.X++
		}
	}
	type mails struct{ first, last millrace.Time }
	sent := map[int32]mails{}
	bounced, gone, mailed := map[int32]bool{}, map[int32]bool{}, map[int32]bool{}
	for _, x := range a.acts {
		if x.at > w.at {
			continue
		}
		switch x.kind {
		case mailSent:
			s, ok := sent[x.contact]
			if !ok || x.at < s.first {
				s.first = x.at
			}
			s.last = max(s.last, x.at)
			sent[x.contact] = s
			mailed[x.contact] = mailed[x.contact] || w.within(x.at)
		case mailBounced:
			bounced[x.contact] = bounced[x.contact] || w.within(x.at)
		case unsubscribed:
			gone[x.contact] = true
		}
	}
	in.List.Unsubscribed = len(gone)
	for c, in12 := range mailed {
		if in12 {
			in.List.Mailed++
			if bounced[c] {
				in.List.Bounced++
			}
		}
	}
	var spans []float64
	if cycle := in.Deals.WonCycle.Value; cycle != nil {
		for c, s := range sent {
			if !gone[c] && s.first <= w.at-millrace.Time(*cycle)*millrace.Day {
				spans = append(spans, float64(s.last-s.first)/float64(millrace.Day))
			}
		}
	}
	in.Mail.People = len(spans)
	if len(spans) > 0 {
		slices.Sort(spans)
		in.Mail.Span = medianOf("mail_span", "median days from a person's first mail to the last", spans, metrics.UnitDays, "")
	}
	for n := max(0, int((a.last-w.at)/window)); n < min(64, int((a.last-w.at)/window)+12); n++ {
		in.Mail.OutboundMonth = max(in.Mail.OutboundMonth, int(a.outbound[n]))
	}
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
