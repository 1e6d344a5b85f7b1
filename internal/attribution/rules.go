package attribution

import (
	"math"
	"math/bits"
	"slices"

	"millrace"
)

// refused is the error for a model that can't be run on what there is.
func refused(model, reason string) error {
	return millrace.FieldErrorf("attribution.Run", "model", "%s is refused: %s", model, reason)
}

// marks are the touches of one journey at which some models have weights.
type marks struct {
	which   [4]bool // of first, lead, opportunity and last: those that have a weight
	count   int     // how many those are
	n       int     // of at and kind: those that the journey has
	at      [4]int  // touches at marks, the same one more than once where it is at several
	kind    [4]int  // which mark
	between []int64 // by touch: -1, all bits, at no mark, and 0 at one
	rest    int64   // how many are at no mark
}

// place finds the marks in a journey of n touches, n > 0; lead and opportunity are the places of those marks, -1 where there are none. A million
// journeys pass here, so nothing branches on what differs from one to the next.
func (m *marks) place(n int, lead, opportunity int32) {
	if cap(m.between) < n {
		m.between = make([]int64, 2*n)
	}
	m.between = m.between[:n]
	for t := range m.between {
		m.between[t] = -1
	}
	m.n, m.rest = 0, int64(n)
	m.mark(0, 0)
	m.mark(1, int(lead))
	m.mark(2, int(opportunity))
	m.mark(3, n-1)
}

func (m *marks) mark(kind, at int) {
	if !m.which[kind] || at < 0 {
		return
	}
	m.rest += m.between[at] // less one, unless another mark was there before
	m.between[at] = 0
	m.at[m.n], m.kind[m.n] = at, kind
	m.n++
}

// shape is a model that is weights and nothing else, at work.
type shape struct {
	marks  *marks // shared with shapes that have weights at the same marks
	pool   int    // the column of what goes to the touches at no mark, shared with shapes of the same marks and the same pool; -1 without
	first  bool   // the first of those shapes, which fills it
	weight [4]int64
	middle int64
	whole  ratio // the sum of all weights
}

// ratio divides by a number. It multiplies by the reciprocal, which for a dividend below 2^64/of gives the very quotient: the reciprocal
// is too large by less than of/2^64, the quotient by less than x·of/2^64 of a step (T. Granlund, P. Montgomery, Division by invariant
// integers using multiplication, 1994).
type ratio struct {
	of         int64
	reciprocal uint64 // 2^64/of rounded up; of 1, nothing
}

func over(of int64) ratio {
	if of < int64(len(small)) {
		return small[of]
	}
	return reciprocal(of)
}

func reciprocal(of int64) ratio {
	if of < 2 {
		return ratio{of: 1}
	}
	return ratio{of, ^uint64(0)/uint64(of) + 1}
}

// small are the numbers of touches that journeys mostly have.
var small = func() (out [256]ratio) {
	for of := range out {
		out[of] = reciprocal(int64(of))
	}
	return out
}()

// by is x/of and the remainder, x from 0 to below 2^64/of.
func (d ratio) by(x int64) (q, r int64) {
	if d.reciprocal == 0 {
		return x, 0
	}
	hi, _ := bits.Mul64(uint64(x), d.reciprocal)
	return int64(hi), x - int64(hi)*d.of
}

// part is amount·weight/of and the remainder; weight is not above of, and of not above 5·maxWeight.
func (d ratio) part(amount, weight int64) (q, r int64) {
	if amount < 1<<34 { // weight is below 2^14, so that the product is below 2^48, and of below 2^16
		return d.by(amount * weight)
	}
	hi, lo := bits.Mul64(uint64(amount), uint64(weight))
	whole, rest := bits.Div64(hi, lo, uint64(d.of))
	return int64(whole), int64(rest)
}

// newShape lays out weights, sharing what it can with the others.
func newShape(w Weights, others []*shape) *shape {
	s := &shape{weight: [4]int64{int64(w.First), int64(w.Lead), int64(w.Opportunity), int64(w.Last)}, middle: int64(w.Middle), marks: &marks{}, pool: -1}
	sum := s.middle
	for k, x := range s.weight {
		s.marks.which[k] = x > 0
		sum += x
		if x > 0 {
			s.marks.count++
		}
	}
	s.whole = over(sum)
	for _, o := range others {
		if o.marks.which != s.marks.which {
			continue
		}
		s.marks = o.marks
		if !w.needsMilestones() && s.middle > 0 && o.middle*s.whole.of == s.middle*o.whole.of {
			s.pool = o.pool
		}
	}
	return s
}

// needsMilestones says whether the lead's or the opportunity's creation has a weight.
func (w *Weights) needsMilestones() bool { return w.Lead > 0 || w.Opportunity > 0 }

// present is the sum of the weights that a journey has use for, and the weight of the touches at no mark, 0 where there are none. Where no
// weight is left, since the journey has none of the marks, they have all.
func (s *shape) present() (whole ratio, middle int64) {
	m := s.marks
	if m.n == m.count && m.rest > 0 {
		return s.whole, s.middle
	}
	sum := int64(0)
	if m.rest > 0 {
		middle = s.middle
		sum = middle
	}
	for k := range m.n {
		sum += s.weight[m.kind[k]]
	}
	if sum == 0 {
		return over(1), 1
	}
	return over(sum), middle
}

// split divides an amount, not negative, over the touches by their weights, exactly: what is left of a minor unit is carried to the next mark, and
// within the pool of the touches at no mark it goes to the earlier ones. So the parts sum to the amount and each is less than one minor unit
// from the exact share (for each mark that it is at). Touch t's part, times sign, is added to sums[places[t]]; that of the pool to pool[places[t]].
func (s *shape) split(sums, pool []int64, places []int, amount, sign int64) {
	m := s.marks
	whole, middle := s.present()
	carry, all := -whole.of, int64(0) // what is carried, less the divisor: a whole unit is there when it is not negative
	if middle > 0 {
		var rest int64
		all, rest = whole.part(amount, middle)
		carry += rest
	}
	for k := range m.n {
		part, rest := whole.part(amount, s.weight[m.kind[k]])
		carry += rest
		under := carry >> 63 // all bits where there is no whole unit yet
		carry -= whole.of &^ under
		sums[places[m.at[k]]] += (part + 1 + under) * sign
	}
	if middle == 0 || !s.first {
		return
	}
	var each, left int64
	if all < 1<<32 { // a journey has less than 2^31 touches
		each, left = over(m.rest).by(all)
	} else {
		each, left = all/m.rest, all%m.rest
	}
	each *= sign
	for t, here := range m.between[:len(places)] {
		left += here // -1 for one that is between
		pool[places[t]] += (each + sign&^(left>>63)) & here
	}
}

// shift is 2^52: numbers of its size have no fraction, so that adding it and looking at the bits converts between whole numbers and float64
// both ways, to the nearest. The machine's own conversion waits for what its register held before, whatever that was, and makes a chain of
// computations that don't depend on each other.
const shift = 1 << 52

// float is a whole number from 0 to below shift.
func float(x int64) float64 { return math.Float64frombits(math.Float64bits(shift)|uint64(x)) - shift }

// decay divides an amount by 2^(-age/halfLife), ages counted back from the last touch, in whole minor units: the running sum of the shares
// is rounded, so the parts sum to the amount and each is less than one minor unit from its share. Touch t's part is added to sums[places[t]].
func (r *rule) decay(sums []int64, places []int, at []millrace.Time, amount int64) {
	r.decays = slices.Grow(r.decays[:0], len(at))[:len(at)]
	last, sum, half := at[len(at)-1], 0.0, 1/r.halfLife
	half *= -256
	oldest := millrace.Time(min(1000*r.halfLife, shift-1))
	for t := range at {
		age := min(last-at[t], oldest)
		r.decays[t] = exp2(float(int64(age)) * half)
		sum += r.decays[t]
	}
	sign := amount>>63 | 1
	amount *= sign
	given, run, per := int64(0), 0.0, float64(amount)/sum
	for t, w := range r.decays[:len(at)-1] {
		run += w
		upTo := amount
		if x := float64(run*per) + 0.5; x < float64(amount) {
			upTo = int64(x)
		}
		sums[places[t]] += (upTo - given) * sign
		given = upTo
	}
	sums[places[len(at)-1]] += (amount - given) * sign
}

// roots are 2^(k/256).
var roots = func() (out [256]float64) {
	for k := range out {
		out[k] = math.Exp2(float64(k) / 256)
	}
	return out
}()

// exp2 is 2^(x/256) for x from -256,000 to 0, to a relative 1e-14: what lies between two roots is the series of e^x to its fourth power.
// Products are rounded before they are added (the conversions say so to the compiler): every machine gives the same number.
func exp2(x float64) float64 {
	const middle = 1.5 * shift // as shift, for numbers below zero too
	nearest := x + middle
	n := int64(math.Float64bits(nearest) - math.Float64bits(middle))
	z := (x - (nearest - middle)) * (math.Ln2 / 256)
	return math.Float64frombits(uint64(1023+n>>8)<<52) * roots[uint8(n)] * (1 + float64(z*(1+float64(z*(0.5+float64(z*(1.0/6+float64(z*(1.0/24)))))))))
}
