package survival

import "math"

// Fisher is the two-sided p-value of Fisher's exact test (Fisher 1922) that x of n and y of m come of the same share: how probable the tables
// are that are no more probable than this one, given how many there are of each kind. It holds for any numbers, however small; 0 ≤ x ≤ n,
// 0 ≤ y ≤ m. Nothing beside nothing is 1.
func Fisher(x, n, y, m int) float64 {
	k := x + y
	low, high := max(0, k-m), min(n, k)
	// The probability of i is proportional to C(n, i)·C(m, k−i); from one i to the next it is multiplied by a ratio.
	log, here := make([]float64, high-low+1), 0.0
	for i := low; i <= high; i++ {
		log[i-low] = here
		here += math.Log(float64(n-i)*float64(k-i)) - math.Log(float64(i+1)*float64(m-k+i+1))
	}
	at, most := log[x-low], math.Inf(-1)
	for _, l := range log {
		most = max(most, l)
	}
	all, rare := 0.0, 0.0
	for _, l := range log {
		p := math.Exp(l - most)
		all += p
		if l <= at+1e-7 {
			rare += p
		}
	}
	return min(1, rare/all)
}
