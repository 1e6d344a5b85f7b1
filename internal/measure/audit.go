package measure

import (
	"cmp"
	"reflect"
	"slices"
	"sync"

	"millrace"
	"millrace/internal/audit"
	"millrace/internal/channel"
	"millrace/internal/metrics"
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
	out, _ := recall(m.memory, auditKey{m.BuiltAt}, func() (audit.Report, error) { return m.audit(), nil })
	return out
}

type auditKey struct{ at millrace.Time }

func (m *Model) audit() audit.Report {
	a := m.auditor()
	var r audit.Report
	all := make([]audit.Moment, trendPoints)
	var wait sync.WaitGroup
	for i := range trendPoints { // each reads alone
		wait.Go(func() {
			if i == 0 {
				r = audit.Run(a.input(a.end))
				return
			}
			if in := a.input(a.end - millrace.Time(i)*trendDays*millrace.Day); in.First != metrics.NoDay && in.First < in.Day {
				then := audit.Run(in)
				all[trendPoints-1-i] = audit.Moment{Day: in.Day, Report: &then}
			}
		})
	}
	wait.Wait()
	all[trendPoints-1] = audit.Moment{Day: m.calendar.Day(a.end), Report: &r}
	r.Trend = audit.TrendOf(slices.DeleteFunc(all, func(x audit.Moment) bool { return x.Report == nil }))
	return r
}

// auditor fills in the audit's input for one moment or several.
type auditor struct {
	m       *Model
	end     millrace.Time
	first   metrics.Day
	last    millrace.Time // of the last dated fact
	preset  string
	roles   map[string]string // of the playbook's channels
	credits []metrics.Credit
	brought []string // channel of each deal
	steps   []metrics.Move
	people  map[int32][]int32 // places in contacts of the people of accounts with deals
	byID    map[int32]int32   // place in contacts of each of those
	titled  int               // contacts with a role of the committee
	known   map[int32]bool    // accounts of which a person is known
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
	a.people, a.place, a.byID, a.known = map[int32][]int32{}, map[int32]int32{}, map[int32]int32{}, map[int32]bool{}
	for i := range m.leads {
		if account := m.leads[i].account; account > 0 && with[account] {
			a.known[account] = true
		}
	}
	for _, x := range m.activity.acts {
		a.place[x.contact] = -1
	}
	for _, s := range m.stages {
		a.place[s.contact] = -1
	}
	for i := range m.contacts {
		c := &m.contacts[i]
		if c.account > 0 && with[c.account] {
			a.people[c.account], a.byID[c.id] = append(a.people[c.account], int32(i)), int32(i)
		}
		if c.role != 0 {
			a.titled++
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
	first, last := m.dated()
	if first != 0 {
		a.first = m.calendar.Day(first)
	}
	a.last = last
	if a.end = m.BuiltAt; last > 0 && m.BuiltAt-last > endedBefore {
		a.end = last
	}
}

// EndedAt is the moment of the last dated fact, where that lies more than 30 days before the model's moment: data that ended. It is 0 where they go
// on, or where nothing has a date.
func (m *Model) EndedAt() millrace.Time {
	at, _ := recall(m.memory, endedKey{m.BuiltAt}, func() (millrace.Time, error) {
		if _, last := m.dated(); m.BuiltAt-last > endedBefore {
			return last, nil
		}
		return 0, nil
	})
	return at
}

type endedKey struct{ at millrace.Time }

// dated gives the moments of the first and the last dated fact up to the model's moment, 0 without one.
func (m *Model) dated() (first, last millrace.Time) {
	seen := func(at millrace.Time) {
		if at <= 0 || at > m.BuiltAt {
			return
		}
		last = max(last, at)
		if first == 0 || at < first {
			first = at
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
	return first, last
}

// bring finds which channel brought each deal, by the last touch that isn't direct before it was opened, else by the CRM's lead source.
func (a *auditor) bring() {
	m := a.m
	sorter := channel.New(m.book.Channels, m.book.Workspace.Hosts)
	sources := map[string]string{}
	source := func(text string) string {
		name, ok := sources[text]
		if !ok {
			name = sorter.Named(text)
			sources[text] = name
		}
		return name
	}
	a.credits = m.credits(daysWithin(m.period(Query{})), "")
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

// qualifying keeps the moves of those who were decided to be more than a lead, as they were decided: what a team's process is, the comings and goings of
// its deals don't say.
func (a *auditor) qualifying() {
	beyond := map[int32]bool{}
	for i := range a.m.moves {
		if m := &a.m.moves[i]; m.Stage != millrace.StageLead && !m.ByDeal {
			beyond[m.Subject] = true
		}
	}
	for _, m := range a.m.moves {
		if beyond[m.Subject] && !m.ByDeal {
			m.Void = false
			a.steps = append(a.steps, m)
		}
	}
}

// input is the audit's input as of a moment.
func (a *auditor) input(at millrace.Time) audit.Input {
	past := *a.m
	past.BuiltAt, past.earlier = at, nil
	m := &past
	w := moment{auditor: a, m: m, at: at, day: m.calendar.Day(at), o: m.options(Query{})}
	w.period = metrics.Period{First: w.day - 364, Last: w.day}
	in := audit.Input{AsOf: at, Now: a.m.BuiltAt, Day: w.day, Period: w.period, First: a.first, Last: metrics.NoDay, Currency: m.currency, Playbook: m.book.Document, Preset: a.preset,
		Accounts: m.accountCount, Contacts: len(m.contacts)}
	if a.last > 0 {
		in.Last = m.calendar.Day(min(a.last, at))
	}
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
