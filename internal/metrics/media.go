package metrics

import "millrace"

// Spent adds up what costs come to on the days of a period, each day at its own rate. Spans that are reversed or longer than ten years are left
// out and counted (bad_span), as are costs without days (undated).
func Spent(spend []Spend, p Period, o Options) (Total, []LeftOut) {
	sum := purse{o: o.fill()}
	var left tally
	for i := range spend {
		switch s := &spend[i]; {
		case s.First == NoDay || s.Last == NoDay:
			left.add("undated")
		case s.Days() == 0 || s.Days() > maxSpan:
			left.add("bad_span")
		default:
			sum.spend(s, p)
		}
	}
	return sum.total(), left.list()
}

// SpentByMonth adds up what costs come to in each month that a period touches, cut to the period, in one pass over the costs: what Spent says of each.
func SpentByMonth(spend []Spend, p Period, o Options) []Total {
	f, months := o.fill(), p.Months()
	sums, spans := make([]purse, len(months)), monthsOf(p, months)
	for i := range sums {
		sums[i].o = f
	}
	for i := range spend {
		s := &spend[i]
		if s.First == NoDay || s.Last == NoDay || s.Days() == 0 || s.Days() > maxSpan {
			continue
		}
		from, to := touched(s, p, months)
		for k := from; k < to; k++ {
			sums[k].spend(s, spans[k])
		}
	}
	out := make([]Total, len(sums))
	for i := range sums {
		out[i] = sums[i].total()
	}
	return out
}

// monthsOf are the months' days that lie in a period.
func monthsOf(p Period, months []Month) []Period {
	out := make([]Period, len(months))
	for i, m := range months {
		out[i] = m.Period().cut(p)
	}
	return out
}

// touched are the places of the months, those that a period touches, in which a cost has days: from one up to before the other.
func touched(s *Spend, p Period, months []Month) (from, to int) {
	days := s.cut(p)
	if days.Days() == 0 {
		return 0, 0
	}
	return int(days.First.Month() - months[0]), int(days.Last.Month()-months[0]) + 1
}

// Spread is what of a whole number falls on the days of a period, when it is spread over the days from First to Last evenly: whole, and over
// all periods that make up the span exactly the number. 0 where the span is empty.
func Spread(n int64, span, p Period) int64 {
	if p = p.cut(span); p.Days() == 0 || span.Days() > maxSpan {
		return 0
	}
	s := Spend{Period: span}
	s.Amount.Minor = n
	return s.within(p)
}

// Media is what an ad platform counted: how often something was shown, and clicked.
type Media struct {
	Impressions int64
	Clicks      int64
}

// Figures are CPC, what a click costs, CPM, what a thousand impressions cost, and CTR, which share of impressions is clicked. Where more clicks than
// impressions were counted (a platform may count other clicks), CTR says "more_clicks_than_impressions" and has no interval.
func (m Media) Figures(spend Total, channel string, o Options) (cpc, cpm, ctr Figure) {
	p := o.fill()
	cpc = p.cost("cpc", "spend / clicks", spend, float64(m.Clicks), channel)
	cpm = p.cost("cpm", "1,000 · spend / impressions", spend, float64(m.Impressions), channel)
	if cpm.Value != nil {
		cpm = times(cpm, 1000)
	}
	if m.Clicks == 0 && m.Impressions == 0 && spend.Rows > 0 { // a ledger counts neither
		cpc.Undefined, cpc.Interval, cpm.Undefined, cpm.Interval = NoData, nil, NoData, nil
	}
	const rule = "clicks / impressions"
	if m.Clicks > m.Impressions && m.Impressions > 0 || m.Clicks < 0 || m.Impressions < 0 {
		ctr = Figure{Key: "ctr", Unit: UnitRatio, N: int(max(0, m.Impressions)), Rule: rule, Caveats: []string{"more_clicks_than_impressions"}}
		ctr.over(float64(m.Clicks), float64(m.Impressions))
		return cpc, cpm, ctr
	}
	return cpc, cpm, p.share("ctr", rule, int(m.Clicks), int(m.Impressions))
}

// Count is a plain count as a figure.
func Count(key, rule string, n float64) Figure {
	f := Figure{Key: key, Unit: UnitCount, N: int(n), Rule: rule}
	f.set(n)
	return f
}

// Share is x of n with Wilson's interval, undefined of none.
func Share(key, rule string, x, n int, o Options) Figure {
	p := o.fill()
	f := p.share(key, rule, x, n)
	p.judge(&f, "")
	return f
}

// Figure is money added up as a figure. It is undefined where all of it is in currencies without a rate, or nothing was added.
func (t Total) Figure(key, rule string) Figure {
	f := Figure{Key: key, Unit: UnitMoney, Currency: t.Currency, N: t.Rows, Rule: rule, LeftOut: t.leftOut(), Caveats: t.caveats()}
	if f.Undefined = t.undefined(); f.Undefined == "" {
		f.set(float64(t.Minor))
	}
	return f
}

// Ratio is a quotient of two figures' values without an interval of its own, undefined where one of them is or the denominator isn't above 0.
func Ratio(key, rule string, numerator, denominator Figure) Figure {
	f := Figure{Key: key, Unit: UnitRatio, N: numerator.N, Rule: rule, LeftOut: numerator.LeftOut, Caveats: numerator.Caveats}
	switch {
	case numerator.Value == nil:
		f.Undefined = numerator.Undefined
	case denominator.Value == nil:
		f.Undefined = denominator.Undefined
	default:
		f.over(*numerator.Value, *denominator.Value)
	}
	return f
}

// Dated is money of a day.
type Dated struct {
	Money millrace.Money
	Day   Day
}

// Money adds amounts up, each at the rate of its day.
func Money(amounts []Dated, o Options) Total {
	p := purse{o: o.fill()}
	for _, a := range amounts {
		p.add(a.Money, a.Day)
	}
	return p.total()
}
