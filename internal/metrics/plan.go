package metrics

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"millrace/internal/metrics/survival"
)

// planner goes back from a target.
type planner struct {
	in   PlanInput
	o    *Options
	asOf Day
	gap  float64
}

// Plan goes back from a revenue target to deals, opportunities, MQLs, leads and spend, by channel: what is missing after what is won and
// what the open deals are expected to bring, over the average deal, the win rate, MQL-to-opportunity and lead-to-MQL, at the CPL. The
// intervals are those of the rates, given the gap.
func Plan(in PlanInput, o Options) PlanReport {
	p := planner{in: in, o: o.fill()}
	p.asOf = p.o.Calendar.Day(o.AsOf)
	out := PlanReport{
		Target: Figure{Key: "target", Unit: UnitMoney, Currency: p.o.Currency, Rule: "revenue to be won by " + in.Deadline.String()},
		Gap: Figure{Key: "gap", Unit: UnitMoney, Currency: p.o.Currency,
			Rule: "target − won − expected of open deals, not below 0: what new leads must bring"},
	}
	goal, ok := p.o.convert(in.Target, p.asOf)
	if !ok {
		out.Target.Undefined, out.Gap.Undefined = NoRate, NoRate
		out.Total = p.undefined(NoRate)
		return out
	}
	out.Target.set(float64(goal))
	p.gap = max(0, float64(goal)-in.Won.or(0)-in.Open.or(0))
	out.Gap.set(p.gap)
	if i := in.Open.Interval; i != nil && i.Low != nil && i.High != nil {
		known := float64(goal) - in.Won.or(0)
		out.Gap.between(max(0, known-*i.High), max(0, known-*i.Low), i.Level, i.Method)
	}
	out.Channels = p.rows(in.Channels)
	out.Total = p.total(out.Channels)
	out.OutOfReach = p.outOfReach(out.Channels)
	out.Feasible = len(out.OutOfReach) == 0
	out.Levers = p.levers(out.Total)
	return out
}

// undefined is a row of which nothing is known.
func (p *planner) undefined(why Undefined) PlanRow {
	r := PlanRow{LeadsBy: NoDay}
	for i, f := range r.figures() {
		*f = p.figure(i)
		f.Undefined = why
	}
	return r
}

// figures are the steps back from revenue to spend.
func (r *PlanRow) figures() []*Figure {
	return []*Figure{&r.Revenue, &r.Deals, &r.Opportunities, &r.MQLs, &r.Leads, &r.Spend}
}

// figure is the empty figure of a step.
func (p *planner) figure(step int) Figure {
	keys := [...]string{"plan_revenue", "plan_deals", "plan_opportunities", "plan_mqls", "plan_leads", "plan_spend"}
	rules := [...]string{"share × gap", "revenue / average deal", "deals / win rate", "opportunities / MQL-to-opportunity", "MQLs / lead-to-MQL", "leads × CPL"}
	f := Figure{Key: keys[step], Unit: UnitCount, Rule: rules[step]}
	if step == 0 || step == 5 {
		f.Unit, f.Currency = UnitMoney, p.o.Currency
	}
	return f
}

// shares are what each channel is to bring of the gap; ok is false when nothing says so.
func shares(channels []PlanChannel) (out []float64, ok bool) {
	for _, of := range []func(c PlanChannel) float64{func(c PlanChannel) float64 { return c.Share }, func(c PlanChannel) float64 { return c.Revenue }} {
		out = make([]float64, len(channels))
		sum := 0.0
		for i, c := range channels {
			if x := of(c); x > 0 && !math.IsInf(x, 0) {
				out[i] = x
				sum += x
			}
		}
		if sum > 0 {
			for i := range out {
				out[i] /= sum
			}
			return out, true
		}
	}
	return out, false
}

// rows plans each channel.
func (p *planner) rows(channels []PlanChannel) []PlanRow {
	share, _ := shares(channels)
	out := make([]PlanRow, len(channels))
	for i, c := range channels {
		out[i] = p.row(c, share[i])
	}
	slices.SortStableFunc(out, func(a, b PlanRow) int {
		return cmp.Or(cmp.Compare(b.Share, a.Share), cmp.Compare(a.Channel, b.Channel))
	})
	return out
}

// row plans a channel.
func (p *planner) row(c PlanChannel, share float64) PlanRow {
	r := PlanRow{Channel: c.Channel, Share: share, LeadsBy: NoDay}
	factors := []Figure{{}, c.AverageDeal, c.WinRate, c.MQLToOpportunity, c.LeadToMQL, c.CPL}
	x, why := p.gap*share, Undefined("")
	var used []Figure
	for i, f := range r.figures() {
		*f = p.figure(i)
		if i > 0 && why == "" {
			used = append(used, factors[i])
			switch v := factors[i].Value; {
			case share == 0: // nothing is asked of the channel: no rate is needed
			case v == nil:
				why = cmp.Or(factors[i].Undefined, NoData)
			case i == 5:
				x *= *v
			case *v > 0:
				x /= *v
			default:
				why = NoDenominator
			}
		}
		if f.Undefined = why; why == "" {
			f.set(x)
			if i > 0 {
				p.o.logDelta(f, used...)
			}
		}
	}
	p.timing(&r, c)
	p.limits(&r, c)
	return r
}

// timing says until when leads may come, and whether that is over.
func (p *planner) timing(r *PlanRow, c PlanChannel) {
	cycle, mql, lead := max(0, c.CycleDays), max(0, c.MQLDays), max(0, c.LeadDays)
	if cycle+mql+lead > 0 && cycle+mql+lead < 36_600 {
		r.LeadsBy = p.in.Deadline - Day(math.Ceil(cycle+mql+lead))
	}
	if r.LeadsBy == NoDay || r.Revenue.or(0) <= 0 {
		return
	}
	for _, late := range []struct {
		what string
		days float64
	}{{"opportunities", cycle}, {"mqls", cycle + mql}, {"leads", cycle + mql + lead}} {
		by := p.in.Deadline - Day(math.Ceil(late.days))
		if late.days > 0 && by < p.asOf {
			r.OutOfReach = append(r.OutOfReach, OutOfReach{Channel: c.Channel, Reason: "too_late_for_" + late.what, By: float64(p.asOf - by), Unit: UnitDays,
				Words: fmt.Sprintf("half of %s's new %s take longer than %s days to be won: they had to be there by %s", name(c.Channel), late.what,
					group(late.days, 0), by)})
		}
	}
}

// limits says where the channel can't bring what it has to.
func (p *planner) limits(r *PlanRow, c PlanChannel) {
	if leads := r.Leads.or(0); c.MaxLeads > 0 && leads > c.MaxLeads {
		r.OutOfReach = append(r.OutOfReach, OutOfReach{Channel: c.Channel, Reason: "leads_beyond_limit", By: leads - c.MaxLeads, Unit: UnitCount,
			Words: fmt.Sprintf("%s brings %s leads at most, %s are needed", name(c.Channel), group(c.MaxLeads, 0), group(math.Ceil(leads), 0))})
	}
	if spend := r.Spend.or(0); c.MaxSpend > 0 && spend > c.MaxSpend {
		r.OutOfReach = append(r.OutOfReach, OutOfReach{Channel: c.Channel, Reason: "spend_beyond_limit", By: spend - c.MaxSpend, Unit: UnitMoney,
			Words: fmt.Sprintf("%s may cost %s at most, %s are needed", name(c.Channel), say(c.MaxSpend, UnitMoney, p.o.Currency),
				say(spend, UnitMoney, p.o.Currency))})
	}
	if r.Leads.Value == nil {
		r.OutOfReach = append(r.OutOfReach, OutOfReach{Channel: c.Channel, Reason: "no_rate", By: *r.Revenue.Value, Unit: UnitMoney,
			Words: fmt.Sprintf("%s has no rate to plan with (%s)", name(c.Channel), r.Leads.Undefined)})
	}
}

func name(channel string) string { return cmp.Or(channel, "what has no channel") }

// total adds the channels up. Channels of which a step is undefined are left out of it and counted. The variances of the channels add up.
func (p *planner) total(rows []PlanRow) PlanRow {
	t := PlanRow{LeadsBy: NoDay}
	for i, f := range t.figures() {
		*f = p.figure(i)
		sum, variance, sure, undefined := 0.0, 0.0, true, 0
		for k := range rows {
			part := rows[k].figures()[i]
			if part.Value == nil {
				undefined++
				f.Undefined = cmp.Or(f.Undefined, part.Undefined)
				continue
			}
			f.N++
			sum += *part.Value
			if *part.Value > 0 {
				se, ok := logSE(*part)
				sure, variance = sure && ok, variance+(se**part.Value)*(se**part.Value)
			}
		}
		var left tally
		left.addN("channels_without_a_rate", undefined)
		f.LeftOut = left.list()
		if f.N == 0 {
			f.Undefined = cmp.Or(f.Undefined, NoData)
			continue
		}
		f.Undefined = ""
		if f.set(sum); sure && variance > 0 && sum > 0 {
			spread := math.Exp(survival.Z(p.o.Level) * math.Sqrt(variance) / sum)
			f.between(sum/spread, sum*spread, p.o.Level, "log-delta")
		}
	}
	for _, r := range rows {
		t.Share += r.Share
		t.LeadsBy = max(t.LeadsBy, r.LeadsBy)
	}
	return t
}

// outOfReach collects what stands in the plan's way.
func (p *planner) outOfReach(rows []PlanRow) []OutOfReach {
	var out []OutOfReach
	if _, ok := shares(p.in.Channels); !ok && p.gap > 0 {
		out = append(out, OutOfReach{Reason: "no_rate", By: p.gap, Unit: UnitMoney,
			Words: "no channel has won anything yet, and none was given a share: there is no rate to plan with"})
	}
	for _, r := range rows {
		out = append(out, r.OutOfReach...)
	}
	return out
}

// times is a figure times a constant, its interval too; a ratio stays within 1.
func times(f Figure, k float64) Figure {
	most := math.Inf(1)
	if f.Unit == UnitRatio {
		most = 1
	}
	scale := func(x *float64) *float64 {
		if x == nil {
			return nil
		}
		return number(min(most, *x*k))
	}
	f.Value = scale(f.Value)
	if f.Interval != nil {
		i := *f.Interval
		i.Low, i.High = scale(i.Low), scale(i.High)
		f.Interval = &i
	}
	return f
}

// levers moves one rate of all channels at a time, by a tenth up and down.
func (p *planner) levers(base PlanRow) []Lever {
	var out []Lever
	for _, l := range []struct {
		name string
		move func(c *PlanChannel, k float64)
	}{
		{"lead_to_mql", func(c *PlanChannel, k float64) { c.LeadToMQL = times(c.LeadToMQL, k) }},
		{"mql_to_opportunity", func(c *PlanChannel, k float64) { c.MQLToOpportunity = times(c.MQLToOpportunity, k) }},
		{"win_rate", func(c *PlanChannel, k float64) { c.WinRate = times(c.WinRate, k) }},
		{"average_deal", func(c *PlanChannel, k float64) { c.AverageDeal = times(c.AverageDeal, k) }},
		{"cpl", func(c *PlanChannel, k float64) { c.CPL = times(c.CPL, k) }},
		{"cycle", func(c *PlanChannel, k float64) { c.CycleDays *= k }},
	} {
		for _, k := range []float64{1.1, 0.9} {
			channels := slices.Clone(p.in.Channels)
			for i := range channels {
				l.move(&channels[i], k)
			}
			t := p.total(p.rows(channels))
			out = append(out, p.lever(l.name, k, base, t))
		}
	}
	slices.SortStableFunc(out, func(a, b Lever) int { return cmp.Compare(b.Saved.or(math.Inf(-1)), a.Saved.or(math.Inf(-1))) })
	return out
}

// lever says what a plan with one rate moved comes to.
func (p *planner) lever(lever string, k float64, base, moved PlanRow) Lever {
	l := Lever{Lever: lever, Factor: k, Leads: moved.Leads, Spend: moved.Spend, LeadsBy: moved.LeadsBy}
	l.Saved = Figure{Key: "plan_saved", Unit: UnitMoney, Currency: p.o.Currency, Rule: "spend of the plan − spend with the lever moved", N: moved.Spend.N}
	if base.Spend.Value == nil || moved.Spend.Value == nil {
		l.Saved.Undefined = cmp.Or(base.Spend.Undefined, moved.Spend.Undefined)
	} else {
		l.Saved.set(*base.Spend.Value - *moved.Spend.Value)
	}
	change := "+10%"
	if k < 1 {
		change = "−10%"
	}
	l.Words = fmt.Sprintf("%s %s", strings.ReplaceAll(lever, "_", " "), change)
	switch {
	case lever == "cycle" && l.LeadsBy != NoDay:
		l.Words += fmt.Sprintf(": leads may come until %s instead of %s", moved.LeadsBy, base.LeadsBy)
	case l.Saved.Value != nil:
		l.Words += fmt.Sprintf(": spend %s", strings.Replace(sayChange(0-*l.Saved.Value, UnitMoney, p.o.Currency), "+0", "0", 1))
	}
	return l
}
