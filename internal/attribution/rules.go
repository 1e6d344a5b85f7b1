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

// marks are the touches of one journey that have a weight of their own in some models, and what those models are due there.
type marks struct {
	which   [4]bool // of first, lead, opportunity and last: those that have a weight
	n       int     // of at and kind
	at      [4]int  // touches at marks, the same one more than once where it is at several
	kind    [4]int  // which mark
	between []int64 // by touch: -1, all bits, at no mark, and 0 at one
	rest    int64   // how many are at no mark

	of      int64   // units in the whole, of the model that was weighed last
	inverse float64 // 1/of
	q, r    int64   // amount/of and what remains
	middle  int64   // units of each touch at no mark
	due     [4]int64
}

// list puts the weights of the marks into their order.
func (w *Weights) list() [4]int64 {
	return [4]int64{int64(w.First), int64(w.Lead), int64(w.Opportunity), int64(w.Last)}
}

func (w *Weights) which() (which [4]bool) {
	for k, x := range w.list() {
		which[k] = x > 0
	}
	return which
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
	m.n, m.rest, m.of = 0, int64(n), 0
	for k, at := range [4]int{0, int(lead), int(opportunity), n - 1} {
		if !m.which[k] || at < 0 {
			continue
		}
		m.rest += m.between[at] // less one, unless another mark was there before
		m.between[at] = 0
		m.at[m.n], m.kind[m.n] = at, k
		m.n++
	}
}

// weigh gives the marks of the journey the weights of a model that has weights at these, and divides its amount, not negative, into units.
func (m *marks) weigh(w *[4]int64, middle, amount int64) {
	of := int64(0)
	for k := range m.n {
		m.due[k] = w[m.kind[k]]
		of += m.due[k]
	}
	m.middle = 0
	if m.rest > 0 && middle > 0 {
		m.middle = middle
		of = (of + middle) * m.rest
		for k := range m.n {
			m.due[k] *= m.rest
		}
	} else if of == 0 { // only marks that the journey lacks have weights
		m.middle, m.rest, of = 1, int64(len(m.between)), int64(len(m.between))
		for t := range m.between {
			m.between[t] = -1
		}
	}
	if of != m.of {
		m.of, m.inverse = of, 1/float(of)
		m.q, m.r = m.by(amount)
	}
}

// split divides what was weighed over the touches by their units, exactly: what is left of a minor unit is carried to the next share, so the
// parts sum to the amount and each share is less than one minor unit from the exact one. Touch t's part, times sign, is added to sums[places[t]].
func (m *marks) split(sums []int64, places []int, sign int64) {
	carry := -m.of // what is carried, less of: a whole unit is there when it is not negative
	for k := range m.n {
		part, rest := m.part(m.r, m.due[k])
		carry += rest
		under := carry >> 63 // all bits where there is no whole unit yet
		carry -= m.of &^ under
		sums[places[m.at[k]]] += (part + m.q*m.due[k] + 1 + under) * sign
	}
	if m.middle == 0 {
		return
	}
	whole, rest := m.part(m.r, m.middle)
	whole += m.q * m.middle
	left, _ := m.by(carry + m.of + m.rest*rest) // units that are left for those between, the earlier taking them
	whole *= sign
	for t, here := range m.between[:len(places)] {
		left += here // -1 for one that is between
		sums[places[t]] += (whole + sign&^(left>>63)) & here
	}
}

// shift is 2^52: numbers of its size have no fraction, so that adding it and looking at the bits converts between whole numbers and float64
// both ways, to the nearest. The machine's own conversion waits for what its register held before, whatever that was, and makes a chain of
// computations that don't depend on each other.
const shift = 1 << 52

// float is a whole number from 0 to below shift.
func float(x int64) float64 { return math.Float64frombits(math.Float64bits(shift)|uint64(x)) - shift }

// by is x/of and the remainder, x not negative. Below shift a multiplication finds the quotient to within one, which is put right.
func (m *marks) by(x int64) (q, r int64) {
	if x >= shift || m.of >= shift {
		return x / m.of, x % m.of
	}
	q = int64(math.Float64bits(float(x)*m.inverse+shift) - math.Float64bits(shift))
	r = x - q*m.of
	under := r >> 63
	return q + under, r + m.of&under
}

// part is r·due/of and the remainder; neither r nor due is above of.
func (m *marks) part(r, due int64) (whole, rem int64) {
	if m.of < 1<<31 {
		return m.by(r * due)
	}
	hi, lo := bits.Mul64(uint64(r), uint64(due))
	q, rest := bits.Div64(hi, lo, uint64(m.of))
	return int64(q), int64(rest)
}

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
		if x := run*per + 0.5; x < float64(amount) {
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
func exp2(x float64) float64 {
	const middle = 1.5 * shift // as shift, for numbers below zero too
	nearest := x + middle
	n := int64(math.Float64bits(nearest) - math.Float64bits(middle))
	z := (x - (nearest - middle)) * (math.Ln2 / 256)
	return math.Float64frombits(uint64(1023+n>>8)<<52) * roots[uint8(n)] * (1 + z*(1+z*(0.5+z*(1.0/6+z*(1.0/24)))))
}
