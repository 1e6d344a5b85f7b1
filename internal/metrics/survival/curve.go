package survival

import "math"

// Kind is how a duration ended.
type Kind uint8

// The kinds.
const (
	Censored  Kind = 0 // not yet: it was watched for that long
	Event     Kind = 1
	Competing Kind = 2 // something else happened, after which the event can't any more
)

// Table counts durations by day and kind. The zero Table is empty and ready.
type Table struct {
	count [3][]int32
	n     int
	max   int // the longest duration, -1 when empty and never added to
	total [3]int
}

// Add counts n durations of days, which must not be negative.
func (t *Table) Add(days int, kind Kind, n int) {
	if days >= len(t.count[0]) {
		size := max(128, 2*days)
		for k := range t.count {
			t.count[k] = append(t.count[k], make([]int32, size-len(t.count[k]))...)
		}
	}
	t.count[kind][days] += int32(n)
	t.total[kind] += n
	t.n += n
	t.max = max(t.max, days)
}

// Reset empties the table and keeps its memory.
func (t *Table) Reset() {
	for k := range t.count {
		if len(t.count[k]) > 0 {
			clear(t.count[k][:t.max+1])
		}
	}
	t.n, t.max, t.total = 0, 0, [3]int{}
}

// N is how many durations there are.
func (t *Table) N() int { return t.n }

// Total is how many durations of a kind there are.
func (t *Table) Total(k Kind) int { return t.total[k] }

// Count is how many durations of a day and kind there are.
func (t *Table) Count(day int, k Kind) int {
	if day < 0 || day >= len(t.count[k]) {
		return 0
	}
	return int(t.count[k][day])
}

// Max is the longest duration, 0 when there is none.
func (t *Table) Max() int { return t.max }

// Estimate is a share with its standard error.
type Estimate struct {
	Value, SE float64
}

// Interval is the confidence interval of 1 minus a survival function on the scale log(−log(1 − F)) (Kalbfleisch and Prentice 1980): within
// [0, 1] and, without competing events, the log-log interval of Kaplan–Meier. At 0 and 1, where the scale ends, it is Wilson's of known
// observations.
func (e Estimate) Interval(level float64, known int) (low, high float64) {
	s := 1 - e.Value
	if e.Value <= 0 || s <= 1e-12 || e.SE == 0 {
		return Wilson(math.Round(e.Value*float64(known)), float64(known), level)
	}
	spread := Z(level) * e.SE / (s * -math.Log(s))
	return 1 - math.Pow(s, math.Exp(-spread)), 1 - math.Pow(s, math.Exp(spread))
}

// State is what is known at the end of a day. On one day events come before censoring.
type State struct {
	Day         int
	AtRisk      int      // durations of at least Day
	Survival    float64  // neither the event nor a competing one has happened
	KaplanMeier Estimate // 1 − S, competing events censored; variance by Greenwood (1926)
	Incidence   Estimate // Aalen and Johansen's cumulative incidence of the event; variance by the delta method (Marubini and Valsecchi 1995)
	Other       float64  // cumulative incidence of competing events
	Known       int      // durations that tell whether the event came by Day
	Identified  bool     // somebody was watched until Day, or everything is decided
}

// walk keeps the running sums of the estimators.
type walk struct {
	s, km, greenwood float64
	f, other         float64
	a, af, aff       float64 // Σ d/(n(n−d)), with F and F² of that day
	own, c, cf       float64 // Σ S²(n−d1)d1/n³, Σ S·d1/n², with F
}

// step takes one day's events (d1) and competing events (d2) among n at risk.
func (w *walk) step(n, d1, d2 float64) {
	d := d1 + d2
	if d == 0 {
		return
	}
	before := w.s
	w.f += before * d1 / n
	w.other += before * d2 / n
	w.s *= (n - d) / n
	if n > d {
		v := d / (n * (n - d))
		w.a, w.af, w.aff = w.a+v, w.af+v*w.f, w.aff+v*w.f*w.f
	}
	v := before * d1 / (n * n)
	w.own += before * before * (n - d1) * d1 / (n * n * n)
	w.c, w.cf = w.c+v, w.cf+v*w.f
	if d1 > 0 {
		w.km *= (n - d1) / n
		if n > d1 {
			w.greenwood += d1 / (n * (n - d1))
		}
	}
}

// state is what the sums say.
func (w *walk) state(day int) State {
	variance := w.f*w.f*w.a - 2*w.f*w.af + w.aff + w.own - 2*(w.f*w.c-w.cf)
	return State{Day: day, Survival: unit(w.s), Other: unit(w.other),
		KaplanMeier: Estimate{unit(1 - w.km), w.km * math.Sqrt(w.greenwood)},
		Incidence:   Estimate{unit(w.f), math.Sqrt(max(0, variance))}}
}

// unit keeps rounding errors out of a share.
func unit(x float64) float64 { return min(1, max(0, x)) }

// each calls f at the end of each day up to last on which something happened, and at last. f may be nil. It gives the state at last.
func (t *Table) each(last int, f func(State)) State {
	w := walk{s: 1, km: 1}
	atRisk, events, others := t.n, 0, 0
	var st State
	for day := 0; day <= min(last, t.max); day++ {
		if t.n == 0 {
			break
		}
		d1, d2, c := int(t.count[Event][day]), int(t.count[Competing][day]), int(t.count[Censored][day])
		if d1+d2 > 0 {
			w.step(float64(atRisk), float64(d1), float64(d2))
			events, others = events+d1, others+d2
			if f != nil {
				st = w.state(day)
				st.AtRisk, st.Known, st.Identified = atRisk, events+others+atRisk-d1-d2, true
				f(st)
			}
		}
		if day < last {
			atRisk -= d1 + d2 + c
		}
	}
	st = w.state(last)
	st.AtRisk = atRisk
	st.Known = events + others + atRisk - t.Count(last, Event) - t.Count(last, Competing)
	st.Identified = t.n > 0 && (t.max >= last || w.s <= 1e-12)
	return st
}

// At is the state at the end of a day.
func (t *Table) At(day int) State { return t.each(day, nil) }

// Curve is the state at the end of each day up to last on which something happened.
func (t *Table) Curve(last int) []State {
	var out []State
	t.each(last, func(s State) { out = append(out, s) })
	return out
}

// Quantile is the first day by which a share p of the durations had the event, by Kaplan–Meier, with the interval of Brookmeyer and Crowley
// (1982) on the log-log scale. −1 stands for a day that was not reached. With ofAny, competing events count as the event.
func (t *Table) Quantile(p float64, ofAny bool, level float64) (day, low, high int) {
	day, low, high = -1, -1, -1
	w := walk{s: 1, km: 1}
	atRisk := t.n
	for d := 0; t.n > 0 && d <= t.max; d++ {
		d1, d2 := int(t.count[Event][d]), int(t.count[Competing][d])
		leave := d1 + d2 + int(t.count[Censored][d])
		if ofAny {
			d1, d2 = d1+d2, 0
		}
		if d1+d2 > 0 {
			w.step(float64(atRisk), float64(d1), float64(d2))
		}
		if d1 > 0 {
			e := w.state(d).KaplanMeier
			from, to := e.Interval(level, atRisk)
			first(&day, d, e.Value >= p-1e-12)
			first(&low, d, to >= p-1e-12)
			first(&high, d, from >= p-1e-12)
		}
		atRisk -= leave
	}
	return day, low, high
}

// first sets day once, when it is reached.
func first(day *int, d int, reached bool) {
	if *day < 0 && reached {
		*day = d
	}
}

// MedianOf is the median of the durations of one kind up to last, with the order-statistic interval as Median gives it; n is how many there are.
func (t *Table) MedianOf(kind Kind, last int, level float64) (median, low, high float64, n int) {
	for day := 0; day <= min(last, t.max) && t.n > 0; day++ {
		n += int(t.count[kind][day])
	}
	if n == 0 {
		return math.NaN(), math.NaN(), math.NaN(), 0
	}
	at := func(rank int) float64 { // 1-based
		day := 0
		for seen := int(t.count[kind][0]); seen < rank; day++ {
			seen += int(t.count[kind][day+1])
		}
		return float64(day)
	}
	j, k := medianRanks(n, level)
	low, high = math.NaN(), math.NaN()
	if j >= 1 {
		low = at(j)
	}
	if k <= n {
		high = at(k)
	}
	return (at((n+1)/2) + at(n/2+1)) / 2, low, high, n
}
