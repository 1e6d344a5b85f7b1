package metrics

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"github.com/shopspring/decimal"

	"millrace"
)

// Rates converts money. It is immutable.
type Rates struct {
	pairs  map[[2]string][]dayRate // by day
	maxAge int
}

type dayRate struct {
	day   Day
	value decimal.Decimal
}

// NewRates takes the rates as they stand, in any order. A pair that is given only the other way round is used inverted; no rate is made
// of two others. The rate of a day is the latest on or before it that is at most maxAge days old (0: 7). Rates that are no positive
// decimal are left out and counted, as are all but the highest of several rates of a pair on one day.
func NewRates(rates []Rate, maxAge int) (*Rates, []LeftOut) {
	r := &Rates{pairs: map[[2]string][]dayRate{}, maxAge: maxAge}
	if maxAge <= 0 {
		r.maxAge = 7
	}
	var out tally
	for _, rate := range rates {
		v, err := decimal.NewFromString(rate.Value)
		if err != nil || !v.IsPositive() || v.Exponent() > 12 || v.Exponent() < -24 || rate.Day == NoDay || rate.From == rate.To {
			out.add("bad_rate")
			continue
		}
		key := [2]string{rate.From, rate.To}
		r.pairs[key] = append(r.pairs[key], dayRate{rate.Day, v})
	}
	for key, list := range r.pairs {
		slices.SortFunc(list, func(a, b dayRate) int { return cmp.Or(cmp.Compare(a.day, b.day), b.value.Cmp(a.value)) })
		kept := slices.CompactFunc(slices.Clone(list), func(a, b dayRate) bool { return a.day == b.day })
		for range len(list) - len(kept) {
			out.add("duplicate_rate")
		}
		r.pairs[key] = kept
	}
	return r, out.list()
}

// at is the rate of a pair on a day.
func (r *Rates) at(from, to string, d Day) (decimal.Decimal, bool) {
	list := r.pairs[[2]string{from, to}]
	i, found := slices.BinarySearchFunc(list, d, func(a dayRate, d Day) int { return cmp.Compare(a.day, d) })
	if !found {
		i--
	}
	if i < 0 || int64(d)-int64(list[i].day) > int64(r.maxAge) {
		return decimal.Decimal{}, false
	}
	return list[i].value, true
}

// convert gives money in another currency at the rate of a day, rounded half away from zero to its minor unit.
func (r *Rates) convert(m millrace.Money, to string, d Day) (minor int64, ok bool) {
	if r == nil || d == NoDay {
		return 0, false
	}
	v := decimal.New(m.Minor, int32(millrace.MinorDigits(to)-millrace.MinorDigits(m.Currency)))
	if rate, ok := r.at(m.Currency, to, d); ok {
		v = v.Mul(rate).Round(0)
	} else if rate, ok := r.at(to, m.Currency, d); ok {
		v = v.DivRound(rate, 0)
	} else {
		return 0, false
	}
	b := v.BigInt()
	return b.Int64(), b.IsInt64()
}

// wide is a sum of whole numbers that can't overflow.
type wide struct{ high, low int64 }

func (w *wide) add(x int64) {
	w.high += x >> 32
	w.low += x & (1<<32 - 1)
}

// sum is the whole number, ok unless it is beyond int64.
func (w wide) sum() (int64, bool) {
	high := w.high + w.low>>32
	if high < math.MinInt32 || high > math.MaxInt32 {
		return 0, false
	}
	return high<<32 | w.low&(1<<32-1), true
}

// purse adds money up into a Total.
type purse struct {
	o                     *Options
	sum                   wide
	other                 map[string]*wide
	rows, refunds, noRate int
}

// add takes an amount at the rate of a day. It gives what it is in the workspace's currency, ok when it could be converted.
func (p *purse) add(m millrace.Money, d Day) (minor int64, ok bool) {
	minor, ok = p.put(m, d)
	p.rows++
	if m.Minor < 0 {
		p.refunds++
	}
	if !ok {
		p.noRate++
	}
	return minor, ok
}

// put is add without counting a row.
func (p *purse) put(m millrace.Money, d Day) (minor int64, ok bool) {
	minor, ok = p.o.convert(m, d)
	if ok {
		p.sum.add(minor)
		return minor, true
	}
	if p.other == nil {
		p.other = map[string]*wide{}
	}
	if p.other[m.Currency] == nil {
		p.other[m.Currency] = &wide{}
	}
	p.other[m.Currency].add(m.Minor)
	return 0, false
}

func (p *purse) total() Total {
	t := Total{Amount: Amount{Currency: p.o.Currency}, Rows: p.rows, Refunds: p.refunds, NoRate: p.noRate}
	var ok bool
	if t.Minor, ok = p.sum.sum(); !ok {
		t.Overflow = true
	}
	for _, currency := range slices.Sorted(maps.Keys(p.other)) {
		minor, ok := p.other[currency].sum()
		t.Overflow = t.Overflow || !ok
		t.Unconverted = append(t.Unconverted, Amount{minor, currency})
	}
	return t
}

// convert gives money in the workspace's currency at the rate of a day.
func (o *Options) convert(m millrace.Money, d Day) (minor int64, ok bool) {
	if m.Currency == "" || m.Currency == o.Currency {
		return m.Minor, true
	}
	return o.Rates.convert(m, o.Currency, d)
}

// leftOut names what had no rate.
func (t Total) leftOut() []LeftOut {
	if len(t.Unconverted) == 0 {
		return nil
	}
	return []LeftOut{{Reason: "no_rate", Count: t.NoRate, Money: t.Unconverted}}
}

// undefined says why the total can't stand above a fraction bar, "" when it can.
func (t Total) undefined() Undefined {
	switch {
	case t.Overflow:
		return Overflow
	case t.Rows > 0 && t.NoRate == t.Rows:
		return NoRate
	}
	return ""
}

func (t Total) caveats() []string {
	if t.Refunds > 0 {
		return []string{"refunds"}
	}
	return nil
}
