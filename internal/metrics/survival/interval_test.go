package survival

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

// Published values: Wilson by Newcombe (1998, table I), Garwood's table of Poisson limits, Student's table.
func TestIntervalsOfTheTables(t *testing.T) {
	for _, c := range []struct{ x, n, low, high float64 }{
		{81, 263, 0.2553, 0.3662}, {15, 148, 0.0624, 0.1605}, {0, 20, 0, 0.1611}, {1, 29, 0.0061, 0.1718}, {20, 20, 0.8389, 1},
	} {
		low, high := Wilson(c.x, c.n, 0.95)
		near(t, "low", low, c.low, 6e-5)
		near(t, "high", high, c.high, 6e-5)
	}
	for _, c := range []struct{ x, low, high float64 }{{0, 0, 3.6889}, {1, 0.0253, 5.5716}, {10, 4.7954, 18.3904}, {100, 81.3640, 121.6272}} {
		low, high := Poisson(c.x, 0.95)
		near(t, "low", low, c.low, 1e-3)
		near(t, "high", high, c.high, 1e-3)
	}
	near(t, "t(10)", T(0.95, 10), 2.228139, 1e-5)
	near(t, "t(1)", T(0.95, 1), 12.7062, 1e-3)
	near(t, "z", Z(0.95), 1.959964, 1e-6)
}

// By hand: mean 4 of 2, 4, 6 has the standard error 2/√3, and t(2) is 4.302653.
func TestMeanMedianSlopeRatio(t *testing.T) {
	mean, low, high, ok := Mean([]float64{2, 4, 6}, 0.95)
	near(t, "mean", mean, 4, 0)
	near(t, "low", low, 4-4.302653*2/math.Sqrt(3), 1e-5)
	near(t, "high", high, 4+4.302653*2/math.Sqrt(3), 1e-5)
	if _, _, _, one := Mean([]float64{2}, 0.95); one || !ok {
		t.Error("one value has no interval, three have")
	}
	// n = 20: ranks floor((20−8.77)/2) = 5 and ceil(1+(20+8.77)/2) = 16.
	var sorted []float64
	for i := range 20 {
		sorted = append(sorted, float64(i+1))
	}
	m, low, high := Median(sorted, 0.95)
	if m != 10.5 || low != 5 || high != 16 {
		t.Errorf("median %v (%v to %v)", m, low, high)
	}
	if _, low, high := Median(sorted[:3], 0.95); !math.IsNaN(low) || !math.IsNaN(high) {
		t.Error("three values have no 95% interval of the median")
	}
	// Slopes of (1,1) (2,3) (3,2) (4,5): 2, 0.5, 4/3, −1, 1, 3; median 7/6.
	slope, low, high, ok := TheilSen([]float64{1, 2, 3, 4}, []float64{1, 3, 2, 5}, 0.95)
	near(t, "slope", slope, 7.0/6, 1e-12)
	if !math.IsInf(low, -1) || !math.IsInf(high, 1) { // four points rise throughout once in 24 times by luck
		t.Errorf("four points bound no slope at 95%%: %v to %v", low, high)
	}
	// Six points: C = 1.96·√(6·5·17/18) = 10.43, so the ends are the 2nd and the 14th of 15 slopes, here 1 ten times, then 1.8, 2, 7/3, 3 and 5.
	_, low, high, _ = TheilSen([]float64{1, 2, 3, 4, 5, 6}, []float64{1, 2, 3, 4, 5, 10}, 0.95)
	near(t, "low", low, 1, 0)
	near(t, "high", high, 3, 1e-12)
	if _, _, _, three := TheilSen([]float64{1, 2, 3}, []float64{1, 2, 3}, 0.95); three || !ok {
		t.Error("three points are too few, four are not")
	}
	// y = 6, 2 of x = 4, 4: ratio 1, residuals ±2, variance 8·2/1/64 = 0.25, t(1) 12.7062.
	r, low, high, _ := Ratio([]float64{6, 2}, []float64{4, 4}, 0.95)
	near(t, "ratio", r, 1, 0)
	near(t, "low", low, 1-12.7062/2, 1e-3)
	near(t, "high", high, 1+12.7062/2, 1e-3)
}

func TestIntervalsHoldTheirValue(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 1_000_000).Draw(t, "n")
		x := rapid.IntRange(0, n).Draw(t, "x")
		low, high := Wilson(float64(x), float64(n), 0.95)
		if !(0 <= low && low <= high && high <= 1) || n > 0 && (float64(x)/float64(n) < low-1e-12 || float64(x)/float64(n) > high+1e-12) {
			t.Fatalf("%d of %d: [%v, %v]", x, n, low, high)
		}
		count := float64(rapid.IntRange(0, 1e8).Draw(t, "hundredths")) / 100
		if low, high := Poisson(count, 0.95); !(0 <= low && low <= count && count <= high) || math.IsInf(high, 0) {
			t.Fatalf("count %v: [%v, %v]", count, low, high)
		}
	})
}
