package metrics

import (
	"maps"
	"math"
	"slices"

	"millrace"
	"millrace/internal/metrics/survival"
)

const daysPerMonth = 365.25 / 12

// customer is what a customer's contracts amount to on the two days.
type customer struct {
	start, end     wide
	atStart, atEnd bool
	before         bool // had a contract that ended before the first day
}

// Retention measures NRR, GRR and logo churn from the first day of a period to its last. Amounts of both days are converted at the
// rates of the first, so that currencies moving is no expansion. A customer is lost when it has no contract on the last day.
func Retention(contracts []Contract, period Period, o Options) RetentionReport {
	f := o.fill()
	out := RetentionReport{Period: period}
	customers, left, unconverted := gather(contracts, period, f)
	out.LeftOut = append(left.list(), unconverted.total().leftOut()...)
	var start, end, kept []float64
	var money struct{ start, end, expansion, contraction, churned, fresh purse }
	for _, p := range []*purse{&money.start, &money.end, &money.expansion, &money.contraction, &money.churned, &money.fresh} {
		p.o = f
	}
	put := func(p *purse, minor int64) { p.add(millrace.Money{Minor: minor}, period.First) }
	for _, id := range slices.Sorted(maps.Keys(customers)) {
		c := customers[id]
		s, ok := c.start.sum()
		e, fine := c.end.sum()
		if !ok || !fine {
			out.LeftOut = append(out.LeftOut, LeftOut{Reason: string(Overflow), Count: 1})
			continue
		}
		switch {
		case !c.atStart && c.atEnd:
			out.New++
			put(&money.fresh, e)
			if c.before {
				out.Returned++
			}
		case c.atStart:
			out.Customers++
			put(&money.start, s)
			put(&money.end, e)
			start, end, kept = append(start, float64(s)), append(end, float64(e)), append(kept, float64(min(s, e)))
			switch {
			case !c.atEnd:
				out.Lost++
				put(&money.churned, s)
			case e > s:
				put(&money.expansion, e-s)
			case e < s:
				put(&money.contraction, s-e)
			}
		}
	}
	out.Start, out.End, out.Expansion = money.start.total(), money.end.total(), money.expansion.total()
	out.Contraction, out.Churned, out.NewARR = money.contraction.total(), money.churned.total(), money.fresh.total()
	out.NRR = f.retained("nrr", "(ARR at the start + expansion − contraction − churn) / ARR at the start, new customers apart", end, start, out)
	out.GRR = f.retained("grr", "(ARR at the start − contraction − churn) / ARR at the start, a customer never above its start", kept, start, out)
	out.churn(f)
	return out
}

// Renewal is what one customer's contracts come to on a period's two days, in the workspace's minor units at the rates of the first.
type Renewal struct {
	Customer   int32
	Start, End int64
	Had, Has   bool // a contract on the first day, on the last: there may be contracts of nothing
	Returned   bool // it is not a customer of the first day, and was one before
}

// Renewals are the customers that Retention measures, of the first day or the last, by their numbers.
func Renewals(contracts []Contract, period Period, o Options) []Renewal {
	customers, _, _ := gather(contracts, period, o.fill())
	var out []Renewal
	for _, id := range slices.Sorted(maps.Keys(customers)) {
		c := customers[id]
		s, ok := c.start.sum()
		e, fine := c.end.sum()
		if ok && fine && (c.atStart || c.atEnd) {
			out = append(out, Renewal{id, s, e, c.atStart, c.atEnd, !c.atStart && c.before})
		}
	}
	return out
}

// gather adds up the contracts by customer.
func gather(contracts []Contract, period Period, o *Options) (map[int32]*customer, tally, *purse) {
	customers, left, unconverted := map[int32]*customer{}, tally(nil), &purse{o: o}
	for _, k := range contracts {
		switch {
		case k.First == NoDay:
			left.add("undated")
			continue
		case k.Last != NoDay && k.Last < k.First:
			left.add("bad_span")
			continue
		case k.ARR.Minor < 0:
			left.add("negative")
			continue
		}
		c := customers[k.Customer]
		if c == nil {
			c = &customer{}
			customers[k.Customer] = c
		}
		active := func(d Day) bool { return k.First <= d && (k.Last == NoDay || d <= k.Last) }
		atStart, atEnd := active(period.First), active(period.Last)
		c.atStart, c.atEnd = c.atStart || atStart, c.atEnd || atEnd
		c.before = c.before || k.Last != NoDay && k.Last < period.First
		if !atStart && !atEnd {
			continue
		}
		minor, ok := o.convert(k.ARR, period.First)
		if !ok {
			unconverted.add(k.ARR, NoDay)
			continue
		}
		if atStart {
			c.start.add(minor)
		}
		if atEnd {
			c.end.add(minor)
		}
	}
	return customers, left, unconverted
}

// retained makes a figure of what remains of the ARR at the start.
func (o *Options) retained(key, rule string, y, x []float64, r RetentionReport) Figure {
	f := Figure{Key: key, Unit: UnitRatio, N: len(x), Rule: rule, LeftOut: r.LeftOut}
	var sy, sx float64
	for i := range x {
		sy, sx = sy+y[i], sx+x[i]
	}
	f.over(sy, sx)
	if f.Value == nil {
		if slices.ContainsFunc(r.LeftOut, func(l LeftOut) bool { return l.Reason == "no_rate" }) {
			f.Undefined = NoRate
		}
		return f
	}
	if _, low, high, ok := survival.Ratio(y, x, o.Level); ok {
		f.between(max(0, low), high, o.Level, "linearised")
		if key == "grr" {
			f.Interval.High = number(min(1, high))
		}
	}
	return f
}

// churn fills in the figures that count customers.
func (r *RetentionReport) churn(o *Options) {
	r.LogoChurn = o.share("logo_churn", "customers of the first day without a contract on the last / customers of the first day", r.Lost, r.Customers)
	r.MonthChurn = Figure{Key: "month_churn", Unit: UnitRatio, N: r.Customers, Undefined: r.LogoChurn.Undefined,
		Rule: "logo churn a month: 1 − (1 − logo churn)^(30.4375 days / days of the period)"}
	days := float64(r.Period.Last) - float64(r.Period.First)
	monthly := func(p float64) float64 { return 1 - math.Pow(1-p, daysPerMonth/days) }
	switch {
	case r.LogoChurn.Value == nil:
	case days <= 0:
		r.MonthChurn.Undefined = TooYoung
	default:
		r.MonthChurn.set(monthly(*r.LogoChurn.Value))
		r.MonthChurn.between(monthly(*r.LogoChurn.Interval.Low), monthly(*r.LogoChurn.Interval.High), o.Level, "wilson")
	}
	r.ARPA = Figure{Key: "arpa", Unit: UnitMoney, Currency: o.Currency, N: r.Customers, Rule: "ARR on the first day / customers of that day", LeftOut: r.LeftOut}
	if r.ARPA.over(float64(r.Start.Minor), float64(r.Customers)); r.NRR.Undefined == NoRate {
		r.ARPA.Value, r.ARPA.Undefined = nil, NoRate
	}
}
