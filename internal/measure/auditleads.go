package measure

import (
	"math"
	"slices"

	"millrace"
	"millrace/internal/audit"
	"millrace/internal/metrics"
)

// leads counts those who said who they are.
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
	since := w.qualifiedSince()
	for i := range w.m.deals {
		d := &w.m.deals[i]
		if !w.within(d.Opened) || d.Expansion || d.Account <= 0 || !w.known[d.Account] || d.Opened < since {
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
	for n := max(0, int((a.until-w.at)/window)); n < min(64, int((a.until-w.at)/window)+12); n++ {
		in.Mail.OutboundMonth = max(in.Mail.OutboundMonth, int(a.outbound[n]))
	}
}
