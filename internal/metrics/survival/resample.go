package survival

import (
	"math"
	"math/rand/v2"
)

// Incidence is the cumulative incidence of the event and the share to which neither the event nor a competing one has happened, by the end
// of each day up to the longest duration. With rng nil it is the estimate; else a draw of the Bayesian bootstrap (Rubin 1981): each
// duration weighs as much as an exponential variate, so that n durations of one day weigh as much as a Gamma(n).
func (t *Table) Incidence(rng *rand.Rand) (event, survival []float64) {
	if t.n == 0 {
		return nil, nil
	}
	weights := make([]float64, 3*(t.max+1))
	total := 0.0
	for day := 0; day <= t.max; day++ {
		for k := range t.count {
			w := weigh(int(t.count[k][day]), rng)
			weights[3*day+k] = w
			total += w
		}
	}
	event, survival = make([]float64, t.max+1), make([]float64, t.max+1)
	f, s, atRisk := 0.0, 1.0, total
	for day := 0; day <= t.max; day++ {
		d1, d2 := weights[3*day+int(Event)], weights[3*day+int(Competing)]
		if d1+d2 > 0 && atRisk > 0 {
			f += s * d1 / atRisk
			s = max(0, s*(1-(d1+d2)/atRisk))
		}
		atRisk -= d1 + d2 + weights[3*day+int(Censored)]
		event[day], survival[day] = unit(f), s
	}
	if t.total[Censored] == 0 || t.Count(t.max, Censored) == 0 {
		survival[t.max] = 0 // nothing is left at risk: no rounding error either
	}
	return event, survival
}

// weigh is n, or the weight of n observations in a draw. Above 16 a Gamma is near enough a normal variate.
func weigh(n int, rng *rand.Rand) float64 {
	switch {
	case n == 0 || rng == nil:
		return float64(n)
	case n > 16:
		return max(0, float64(n)+math.Sqrt(float64(n))*rng.NormFloat64())
	}
	w := 0.0
	for range n {
		w += rng.ExpFloat64()
	}
	return w
}

// Gamma is a draw of a Gamma variate of shape n and scale 1: how often something is expected that was counted n times.
func Gamma(n int, rng *rand.Rand) float64 { return weigh(n, rng) }

// Poisson variates of a mean above this are drawn as normal ones.
const manyPoisson = 100

// DrawPoisson is a draw of a Poisson variate.
func DrawPoisson(mean float64, rng *rand.Rand) int {
	if mean > manyPoisson {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*rng.NormFloat64())))
	}
	n := 0
	for left := mean - rng.ExpFloat64(); left > 0; left -= rng.ExpFloat64() {
		n++
	}
	return n
}
