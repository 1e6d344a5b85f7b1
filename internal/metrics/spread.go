package metrics

import "millrace"

// spent is how much of a cost falls on the days up to and including the i-th of n, i from 0: whole minor units that add up to the amount
// exactly, no two days further apart than one.
func spent(amount int64, i, n int) int64 {
	q, r := amount/int64(n), amount%int64(n)
	return q*int64(i+1) + floorDiv(r*int64(i+1), int64(n))
}

// within is the part of a spend that falls on the days of a period, which must lie in the spend's own.
func (s *Spend) within(p Period) int64 {
	if p == s.Period {
		return s.Amount.Minor
	}
	n, i := s.Period.Days(), int(p.First-s.First)
	part := spent(s.Amount.Minor, i+p.Days()-1, n)
	if i > 0 {
		part -= spent(s.Amount.Minor, i-1, n)
	}
	return part
}

// spend adds the part of a cost that falls on a period, each day at its own rate.
func (p *purse) spend(s *Spend, period Period) {
	period = period.cut(s.Period)
	if period.Days() == 0 {
		return
	}
	p.rows++
	if s.Amount.Minor < 0 {
		p.refunds++
	}
	if c := s.Amount.Currency; c == "" || c == p.o.Currency {
		p.sum.add(s.within(period))
		return
	}
	missing := false
	for d := period.First; d <= period.Last; d++ {
		_, ok := p.put(millrace.Money{Minor: s.within(Period{d, d}), Currency: s.Amount.Currency}, d)
		missing = missing || !ok
	}
	if missing {
		p.noRate++
	}
}
