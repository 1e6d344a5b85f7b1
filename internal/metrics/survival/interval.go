package survival

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mathext"
	"gonum.org/v1/gonum/stat/distuv"
)

// Z is the standard normal quantile that leaves out 1 − level on both sides together: 1.96 for 0.95.
func Z(level float64) float64 { return math.Sqrt2 * math.Erfinv(level) }

// Wilson is the score interval of a share x/n (Wilson 1927); for n = 0 it is [0, 1]. x is clamped into [0, n].
func Wilson(x, n, level float64) (low, high float64) {
	if !(n > 0) {
		return 0, 1
	}
	x = min(n, max(0, x))
	z, p := Z(level), x/n
	mid := (p + z*z/(2*n)) / (1 + z*z/n)
	half := z / (1 + z*z/n) * math.Sqrt(p*(1-p)/n+z*z/(4*n*n))
	low, high = max(0, mid-half), min(1, mid+half)
	if x == 0 {
		low = 0
	}
	if x == n {
		high = 1
	}
	return low, high
}

// Poisson is the exact interval of a count's expectation (Garwood 1936); the count may be a fraction, being a sum of shares.
func Poisson(count, level float64) (low, high float64) {
	tail := (1 - level) / 2
	if count > 0 {
		low = mathext.GammaIncRegInv(count, tail)
	}
	return low, mathext.GammaIncRegInv(count+1, 1-tail)
}

// Mean is the mean with Student's interval; ok is false for fewer than two values, and the interval is then not given.
func Mean(values []float64, level float64) (mean, low, high float64, ok bool) {
	n := float64(len(values))
	for _, v := range values {
		mean += v / n
	}
	if len(values) < 2 {
		return mean, 0, 0, false
	}
	var square float64
	for _, v := range values {
		square += (v - mean) * (v - mean)
	}
	half := T(level, len(values)-1) * math.Sqrt(square/(n-1)/n)
	return mean, mean - half, mean + half, true
}

// T is Student's quantile that leaves out 1 − level on both sides together.
func T(level float64, df int) float64 {
	return distuv.StudentsT{Sigma: 1, Nu: float64(df)}.Quantile((1 + level) / 2)
}

// Median is the median of sorted values with the order-statistic interval (Conover 1999, 3.2). An end that the sample is too small for is NaN.
func Median(sorted []float64, level float64) (median, low, high float64) {
	n := len(sorted)
	median = (sorted[(n-1)/2] + sorted[n/2]) / 2
	j, k := medianRanks(n, level)
	low, high = math.NaN(), math.NaN()
	if j >= 1 {
		low = sorted[j-1]
	}
	if k <= n {
		high = sorted[k-1]
	}
	return median, low, high
}

// medianRanks are the ranks, from 1, between which the median lies; they may be beyond the sample.
func medianRanks(n int, level float64) (low, high int) {
	half := Z(level) * math.Sqrt(float64(n))
	return int(math.Floor((float64(n) - half) / 2)), int(math.Ceil(1 + (float64(n)+half)/2))
}

// TheilSen is the median of the slopes of all pairs of points with Sen's interval (Sen 1968); ok is false for fewer than four points and when all
// x are the same. An end that the sample is too small for is infinite: even points that all rise don't bound the slope then.
func TheilSen(x, y []float64, level float64) (slope, low, high float64, ok bool) {
	var slopes []float64
	for i := range x {
		for j := i + 1; j < len(x); j++ {
			if x[i] != x[j] {
				slopes = append(slopes, (y[j]-y[i])/(x[j]-x[i]))
			}
		}
	}
	if len(x) < 4 || len(slopes) == 0 {
		return 0, 0, 0, false
	}
	slices.Sort(slopes)
	m, n := len(slopes), float64(len(x))
	c := Z(level) * math.Sqrt(n*(n-1)*(2*n+5)/18)
	low, high = math.Inf(-1), math.Inf(1)
	if from := int(math.Floor((float64(m)-c)/2)) - 1; from >= 0 {
		low = slopes[from]
	}
	if to := int(math.Ceil((float64(m) + c) / 2)); to < m {
		high = slopes[to]
	}
	return (slopes[(m-1)/2] + slopes[m/2]) / 2, low, high, true
}

// Ratio is Σy/Σx with the interval of its linearised variance (Cochran 1977, 6.4); ok is false for fewer than two pairs, and the interval
// is then not given. Σx must not be 0.
func Ratio(y, x []float64, level float64) (ratio, low, high float64, ok bool) {
	var sy, sx float64
	for i := range x {
		sy, sx = sy+y[i], sx+x[i]
	}
	ratio = sy / sx
	n := float64(len(x))
	if n < 2 {
		return ratio, 0, 0, false
	}
	var square float64
	for i := range x {
		e := y[i] - ratio*x[i]
		square += e * e
	}
	half := T(level, len(x)-1) * math.Sqrt(square*n/(n-1)) / math.Abs(sx)
	return ratio, ratio - half, ratio + half, true
}
