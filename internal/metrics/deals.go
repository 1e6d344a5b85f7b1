package metrics

import (
	"cmp"
	"slices"

	"millrace"
)

// book is the deals of one group, added up.
type book struct {
	open                        int
	won, lost                   int
	wonDays, lostDays           []float64
	amounts                     []float64 // of won deals, in the workspace's currency
	wonTotal                    purse
	noAmount, undated, reversed int // of the closed: won without an amount, without an opening day, closed before opened
}

// add takes a deal as it stood at the end of a period. left counts what can't be placed in time at all.
func (b *book) add(d *Deal, days *dayReader, period Period, o *Options, left *tally) {
	opened, closed := days.day(d.Opened), days.day(d.Closed)
	status := d.status(o.AsOf)
	if status != millrace.OpportunityOpen && closed == NoDay {
		left.add("undated_outcome")
		return
	}
	if d.Opened != 0 && opened <= period.Last && (status == millrace.OpportunityOpen || closed > period.Last) {
		b.open++
	}
	if d.Opened == 0 && status == millrace.OpportunityOpen {
		left.add("undated")
	}
	if status == millrace.OpportunityOpen || !period.Has(closed) {
		return
	}
	if status == millrace.OpportunityWon {
		b.won++
		if !d.HasAmount {
			b.noAmount++
		} else if minor, ok := b.wonTotal.add(d.Amount, closed); ok {
			b.amounts = append(b.amounts, float64(minor))
		}
	} else {
		b.lost++
	}
	switch {
	case opened == NoDay:
		b.undated++
	case closed < opened:
		b.reversed++
	case status == millrace.OpportunityWon:
		b.wonDays = append(b.wonDays, float64(closed-opened))
	default:
		b.lostDays = append(b.lostDays, float64(closed-opened))
	}
}

// row is what the group's deals measure.
func (b *book) row(label string, o *Options) DealRow {
	r := DealRow{Label: label, Open: b.open, Won: b.won, Lost: b.lost, WonTotal: b.wonTotal.total()}
	r.WinRate = o.winRate(b.won, b.lost)
	o.judge(&r.WinRate, label)
	const mean, median = "mean days from opened to ", "median days from opened to "
	r.Cycle = CycleReport{
		WonMean:    o.mean("cycle_won_mean", mean+"won", UnitDays, b.wonDays),
		WonMedian:  o.median("cycle_won_median", median+"won", UnitDays, b.wonDays),
		LostMean:   o.mean("cycle_lost_mean", mean+"lost", UnitDays, b.lostDays),
		LostMedian: o.median("cycle_lost_median", median+"lost", UnitDays, b.lostDays),
	}
	var left tally
	left.addN("undated", b.undated)
	left.addN("closed_before_opened", b.reversed)
	for _, f := range []*Figure{&r.Cycle.WonMean, &r.Cycle.WonMedian, &r.Cycle.LostMean, &r.Cycle.LostMedian} {
		f.LeftOut = left.list()
	}
	r.Velocity = b.velocity(r, o)
	return r
}

// velocity is pipeline velocity with its factors.
func (b *book) velocity(r DealRow, o *Options) VelocityReport {
	v := VelocityReport{WinRate: r.WinRate, CycleDays: r.Cycle.WonMean}
	v.Opportunities = Figure{Key: "open_opportunities", Unit: UnitCount, N: b.open, Rule: "opportunities open on the period's last day"}
	v.Opportunities.set(float64(b.open))
	v.AverageDeal = o.mean("average_deal", "mean amount of won deals", UnitMoney, b.amounts)
	v.AverageDeal.Currency = o.Currency
	var left tally
	left.addN("no_amount", b.noAmount)
	v.AverageDeal.LeftOut = append(left.list(), r.WonTotal.leftOut()...)
	v.AverageDeal.Caveats = r.WonTotal.caveats()
	if v.AverageDeal.Value == nil {
		v.AverageDeal.Undefined = cmp.Or(r.WonTotal.undefined(), NoData)
	}
	f := &v.Velocity
	*f = Figure{Key: "velocity", Unit: UnitMoneyPerDay, Currency: o.Currency, N: b.won + b.lost, LeftOut: v.AverageDeal.LeftOut,
		Rule: "open opportunities × average deal × win rate / mean cycle in days"}
	for _, factor := range []Figure{v.AverageDeal, v.WinRate, v.CycleDays} {
		if factor.Value == nil {
			f.Undefined = cmp.Or(f.Undefined, factor.Undefined)
		}
	}
	if f.Undefined != "" {
		return v
	}
	f.over(float64(b.open)**v.AverageDeal.Value**v.WinRate.Value, *v.CycleDays.Value)
	if f.Value == nil {
		f.Undefined = NotPositive
	}
	o.logDelta(f, v.AverageDeal, v.WinRate, v.CycleDays)
	return v
}

// Deals measures win rate, cycle and velocity of the deals closed in a period, whole (the first row) and by one dimension (the rest, by
// won amount, largest first; a Dim without Labels: none).
func Deals(deals []Deal, period Period, dim Dim, o Options) ([]DealRow, []LeftOut) {
	f := o.fill()
	days := f.Calendar.reader()
	var left, again tally
	whole, unknown := &book{wonTotal: purse{o: f}}, len(dim.Labels)
	books := make([]*book, unknown+1)
	for i := range deals {
		d := &deals[i]
		if d.Opened > f.AsOf {
			continue
		}
		whole.add(d, days, period, f, &left)
		if unknown == 0 {
			continue
		}
		c := unknown
		if i < len(dim.Code) && uint(dim.Code[i]) < uint(unknown) {
			c = int(dim.Code[i])
		}
		if books[c] == nil {
			books[c] = &book{wonTotal: purse{o: f}}
		}
		books[c].add(d, days, period, f, &again)
	}
	rows := []DealRow{whole.row("", f)}
	for c, b := range books {
		if b != nil && b.open+b.won+b.lost > 0 {
			label := ""
			if c < unknown {
				label = dim.Labels[c]
			}
			rows = append(rows, b.row(label, f))
		}
	}
	slices.SortStableFunc(rows[1:], func(a, b DealRow) int {
		return cmp.Or(cmp.Compare(b.WonTotal.Minor, a.WonTotal.Minor), cmp.Compare(a.Label, b.Label))
	})
	return rows, left.list()
}

// The pipelines of open deals. A referral is new or an expansion too.
const (
	PipelineNew       = "new"
	PipelineExpansion = "expansion"
	PipelineReferral  = "referral"
)

// InPipeline says whether a deal is open at the moment and counts in one of the pipelines.
func (d *Deal) InPipeline(pipeline string, asOf millrace.Time) bool {
	return d.openAt(asOf) && (pipeline == PipelineNew && !d.Expansion || pipeline == PipelineExpansion && d.Expansion || pipeline == PipelineReferral && d.Referral)
}

func (d *Deal) openAt(asOf millrace.Time) bool {
	return d.status(asOf) == millrace.OpportunityOpen && d.Opened <= asOf
}

// Standing says whether a deal, of which it is known at the moment, was open on a day: the one that an open count of a period is of.
func (d *Deal) Standing(on Day, calendar *Calendar, asOf millrace.Time) bool {
	return d.Opened != 0 && calendar.Day(d.Opened) <= on && (d.status(asOf) == millrace.OpportunityOpen || d.Closed != 0 && calendar.Day(d.Closed) > on)
}

// openPipeline adds up the deals that are open and that keep says yes to.
func (o *Options) openPipeline(deals []Deal, keep func(d *Deal) bool) Pipeline {
	p, money, noAmount := Pipeline{}, purse{o: o}, 0
	asOf := o.Calendar.Day(o.AsOf)
	for i := range deals {
		d := &deals[i]
		if !d.openAt(o.AsOf) || !keep(d) {
			continue
		}
		p.Deals++
		if d.HasAmount {
			money.add(d.Amount, asOf)
		} else {
			noAmount++
		}
	}
	p.Amount = money.total()
	var left tally
	left.addN("no_amount", noAmount)
	p.LeftOut = append(left.list(), p.Amount.leftOut()...)
	return p
}

// ExpansionPipeline adds up the open deals by origin.
func ExpansionPipeline(deals []Deal, o Options) ExpansionReport {
	f := o.fill()
	of := func(pipeline string) Pipeline {
		return f.openPipeline(deals, func(d *Deal) bool { return d.InPipeline(pipeline, f.AsOf) })
	}
	return ExpansionReport{New: of(PipelineNew), Expansion: of(PipelineExpansion), Referral: of(PipelineReferral)}
}

// Coverage is the open pipeline expected to close by the period's last day, over what is still missing to the target. Deals without
// an expected day count where they were opened on or before the period's last day.
func Coverage(deals []Deal, period Period, target millrace.Money, o Options) Figure {
	f := o.fill()
	days := f.Calendar.reader()
	won := purse{o: f}
	for i := range deals {
		d := &deals[i]
		if d.status(f.AsOf) == millrace.OpportunityWon && d.HasAmount && period.Has(days.day(d.Closed)) {
			won.add(d.Amount, days.day(d.Closed))
		}
	}
	open := f.openPipeline(deals, func(d *Deal) bool { return d.Expected == NoDay || d.Expected <= period.Last })
	return f.coverage(open, won.total(), target, days.day(f.AsOf))
}

func (o *Options) coverage(open Pipeline, won Total, target millrace.Money, asOf Day) Figure {
	f := Figure{Key: "coverage", Unit: UnitRatio, N: open.Deals, LeftOut: append(open.LeftOut, won.leftOut()...),
		Rule: "open pipeline expected to close by the period's last day / (target − won so far)"}
	goal, ok := o.convert(target, asOf)
	switch {
	case target.Minor == 0:
		f.Undefined = NotAsked
	case !ok:
		f.Undefined = NoRate
	case open.Amount.undefined() != "":
		f.Undefined = open.Amount.undefined()
	case won.Overflow:
		f.Undefined = Overflow
	default:
		f.over(float64(open.Amount.Minor), float64(goal)-float64(won.Minor))
		if f.Value == nil {
			f.Undefined = NotPositive
		}
	}
	o.judge(&f, "")
	return f
}

// WinRate is won / (won + lost), with Wilson's interval and judged by the band.
func WinRate(won, lost int, o Options) Figure {
	filled := o.fill()
	f := filled.winRate(won, lost)
	filled.judge(&f, "")
	return f
}

func (o *Options) winRate(won, lost int) Figure {
	return o.share("win_rate", "won / closed opportunities", won, won+lost)
}
