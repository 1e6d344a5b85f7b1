package metrics

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"millrace/internal/metrics/survival"
)

// fill gives Options their defaults.
func (o Options) fill() *Options {
	if o.Calendar == nil {
		o.Calendar = NewCalendar(nil)
	}
	if o.Bands == nil {
		o.Bands = DefaultBands()
	}
	if !(o.Level > 0 && o.Level < 1) {
		o.Level = 0.95
	}
	if o.Horizon <= 0 {
		o.Horizon = 90
	}
	return &o
}

// number is a value for JSON: nil for what is no finite number.
func number(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

// or is the value, or another where it is undefined.
func (f Figure) or(other float64) float64 {
	if f.Value == nil {
		return other
	}
	return *f.Value
}

// set gives a figure its value; one that is no finite number makes it undefined.
func (f *Figure) set(x float64) {
	if f.Value = number(x); f.Value == nil {
		f.Undefined = cmp.Or(f.Undefined, NoDenominator)
	}
}

// between gives a figure its interval; an end that is no finite number is open.
func (f *Figure) between(low, high, level float64, method string) {
	f.Interval = &Interval{number(low), number(high), level, method}
}

// over makes the figure numerator / denominator, undefined where the denominator is not above 0.
func (f *Figure) over(numerator, denominator float64) {
	f.Numerator, f.Denominator = number(numerator), number(denominator)
	if !(denominator > 0) {
		f.Undefined = NoDenominator
		return
	}
	f.set(numerator / denominator)
}

// share makes a figure of x successes among n with Wilson's interval.
func (o *Options) share(key, rule string, x, n int) Figure {
	f := Figure{Key: key, Unit: UnitRatio, N: n, Rule: rule}
	f.over(float64(x), float64(n))
	if n > 0 {
		low, high := survival.Wilson(float64(x), float64(n), o.Level)
		f.between(low, high, o.Level, "wilson")
	}
	return f
}

// mean makes a figure of values with Student's interval.
func (o *Options) mean(key, rule string, unit Unit, values []float64) Figure {
	f := Figure{Key: key, Unit: unit, N: len(values), Rule: rule}
	if len(values) == 0 {
		f.Undefined = NoData
		return f
	}
	slices.Sort(values) // so that the sum doesn't depend on their order
	mean, low, high, ok := survival.Mean(values, o.Level)
	f.set(mean)
	if ok {
		f.between(low, high, o.Level, "t")
	}
	return f
}

// median makes a figure of values, which it sorts, with the order-statistic interval.
func (o *Options) median(key, rule string, unit Unit, values []float64) Figure {
	f := Figure{Key: key, Unit: unit, N: len(values), Rule: rule}
	if len(values) == 0 {
		f.Undefined = NoData
		return f
	}
	slices.Sort(values)
	m, low, high := survival.Median(values, o.Level)
	f.set(m)
	f.between(low, high, o.Level, "order")
	return f
}

// judge gives the figure its band: the segment's own, else the key's, else none.
func (o *Options) judge(f *Figure, segment string) {
	band, ok := o.Bands[f.Key+"/"+segment]
	if !ok {
		band, ok = o.Bands[f.Key]
	}
	if ok {
		f.Band = band.judge(f)
	}
}

// judge compares a figure with the band.
func (b Band) judge(f *Figure) *Judged {
	j := &Judged{Band: b, Verdict: NotJudged}
	if f.Value == nil || f.Unit == UnitMoney && b.Currency != f.Currency {
		return j
	}
	j.Verdict = b.verdict(*f.Value)
	if i := f.Interval; i != nil && i.Low != nil && i.High != nil {
		j.Sure = b.verdict(*i.Low) == j.Verdict && b.verdict(*i.High) == j.Verdict
	}
	switch {
	case b.AlarmLow != nil && *f.Value < *b.AlarmLow:
		j.Alarm = b.WhenLow
	case b.AlarmHigh != nil && *f.Value > *b.AlarmHigh:
		j.Alarm = b.WhenHigh
	}
	return j
}

func (b Band) verdict(x float64) Verdict {
	switch {
	case b.Low != nil && x < *b.Low:
		return Below
	case b.High != nil && x > *b.High:
		return Above
	}
	return Within
}

// tally counts what is left out by reason.
type tally map[string]int

func (t *tally) add(reason string) { t.addN(reason, 1) }

func (t *tally) addN(reason string, n int) {
	if n == 0 {
		return
	}
	if *t == nil {
		*t = tally{}
	}
	(*t)[reason] += n
}

// list is the counts by reason, alphabetical.
func (t tally) list() []LeftOut {
	var out []LeftOut
	for _, reason := range slices.Sorted(maps.Keys(t)) {
		out = append(out, LeftOut{Reason: reason, Count: t[reason]})
	}
	return out
}
