package attribution

import (
	"math"

	"millrace"
)

// refused is the error for a model that can't be run on what there is.
func refused(model, reason string) error {
	return millrace.FieldErrorf("attribution.Run", "model", "%s is refused: %s", model, reason)
}

// marks are the touches of one journey that have a weight of their own, in order, and how the whole is divided: into `of` units.
type marks struct {
	of     int64    // units in the whole
	middle int64    // units of each touch at no mark
	n      int      // of at and due
	at     [4]int32 // touches at marks, ascending
	due    [4]int64 // their units
}

// units is what a touch is due.
func (m *marks) units(t int) int64 {
	for k := range m.n {
		if int(m.at[k]) == t {
			return m.due[k]
		}
	}
	return m.middle
}

// add puts a weight on a touch.
func (m *marks) add(at int32, weight int) {
	if weight == 0 || at < 0 {
		return
	}
	k := m.n
	for k > 0 && m.at[k-1] > at {
		k--
	}
	if k > 0 && m.at[k-1] == at {
		m.due[k-1] += int64(weight)
		return
	}
	for i := m.n; i > k; i-- {
		m.at[i], m.due[i] = m.at[i-1], m.due[i-1]
	}
	m.at[k], m.due[k] = at, int64(weight)
	m.n++
}

// marksOf lays weights over a journey of n touches, n > 0; lead and opportunity are the places of those marks, -1 where there are none.
func marksOf(w *Weights, n int, lead, opportunity int32) (m marks) {
	m.add(0, w.First)
	m.add(lead, w.Lead)
	m.add(opportunity, w.Opportunity)
	m.add(int32(n-1), w.Last)
	between := int64(n - m.n)
	for k := range m.n {
		m.of += m.due[k]
	}
	if between > 0 && w.Middle > 0 {
		m.middle = int64(w.Middle)
		m.of = (m.of + int64(w.Middle)) * between
		for k := range m.n {
			m.due[k] *= between
		}
	}
	if m.of == 0 { // only marks that the journey lacks have weights
		m.n, m.middle, m.of = 0, 1, int64(n)
	}
	return m
}

// split divides an amount over the touches by their units, exactly: what is left of a minor unit is carried to the next touch, so the
// parts sum to the amount and each is less than one minor unit from its exact share.
func (m *marks) split(dst []int64, amount int64) {
	sign := int64(1)
	if amount < 0 {
		sign, amount = -1, -amount // MinInt64 is no amount: see Journeys
	}
	q, r := amount/m.of, amount%m.of
	whole, rem := q*m.middle, r*m.middle
	if rem != 0 {
		whole, rem = whole+rem/m.of, rem%m.of
	}
	carry, t := int64(0), int32(0)
	for k := range m.n + 1 {
		end := int32(len(dst))
		if k < m.n {
			end = m.at[k]
		}
		if rem == 0 {
			for ; t < end; t++ {
				dst[t] = whole * sign
			}
		}
		for ; t < end; t++ {
			x := whole
			if carry += rem; carry >= m.of {
				carry -= m.of
				x++
			}
			dst[t] = x * sign
		}
		if k < m.n {
			part := r * m.due[k]
			x := q*m.due[k] + part/m.of
			if carry += part % m.of; carry >= m.of {
				carry -= m.of
				x++
			}
			dst[t] = x * sign
			t++
		}
	}
}

// decay divides an amount by 2^(-age/halfLife), ages counted back from the last touch, in whole minor units: the running sum of the shares
// is rounded, so the parts sum to the amount and each is less than one minor unit from its share.
func decay(dst []int64, weights []float64, at []millrace.Time, halfLife millrace.Time, amount int64) {
	last, sum := at[len(at)-1], 0.0
	for t := range at {
		weights[t] = math.Exp2(float64(at[t]-last) / float64(halfLife))
		sum += weights[t]
	}
	given, run, per := int64(0), 0.0, float64(amount)/sum
	for t := range at[:len(at)-1] {
		run += weights[t]
		upTo := int64(math.RoundToEven(run * per))
		dst[t] = upTo - given
		given = upTo
	}
	dst[len(dst)-1] = amount - given
}
