package market

import (
	"math/bits"
	"math/rand/v2"

	"millrace"
)

// The streams of randomness. Each thing in the market draws from its own stream and index, so any of them can be made
// again alone: nothing has to be kept. The numbers are part of what a seed means; never renumber them.
const (
	streamFirm uint64 = iota + 1
	streamPerson
	streamPlan
	streamVisit
	streamDevice
	streamDeal
	streamBot
	streamRecord
	streamName
)

// mix is the finalizer of SplitMix64: it spreads a small index over all 64 bits.
func mix(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb
	return x ^ (x >> 31)
}

// key is one number for a stream and up to three indices.
func (m *Market) key(stream uint64, a, b, c int) uint64 {
	return mix(mix(mix(m.seed^stream<<56)^uint64(a)) ^ uint64(b)<<20 ^ uint64(c))
}

// draw is one stream of whole-number draws. Floating point is left out on purpose: compilers may fuse it differently on
// different machines, and a seed must give the same bytes everywhere.
type draw struct{ src rand.PCG }

func (d *draw) seed(key uint64) { d.src.Seed(key, mix(key)) }

// n is uniform in [0, n); 0 for n ≤ 0.
func (d *draw) n(n int) int {
	if n <= 0 {
		return 0
	}
	hi, _ := bits.Mul64(d.src.Uint64(), uint64(n))
	return int(hi)
}

// between is uniform in [lo, hi].
func (d *draw) between(lo, hi int) int { return lo + d.n(hi-lo+1) }

// span is uniform in [lo, hi).
func (d *draw) span(lo, hi millrace.Time) millrace.Time { return lo + millrace.Time(d.n(int(hi-lo))) }

// ppm is true in p of a million draws.
func (d *draw) ppm(p int) bool { return d.n(1_000_000) < p }

// pct is true in p of a hundred draws.
func (d *draw) pct(p int) bool { return d.n(100) < p }

// early is in [0, n) and leans to the low end: the first of a list are the popular ones.
func (d *draw) early(n int) int { return min(d.n(n), d.n(n)) }

// exponential holds 64 quantiles of the exponential distribution of mean 1, in 1/1024: round(-ln(1-(i+½)/64)·1024).
var exponential = [64]int{8, 24, 41, 58, 75, 92, 110, 128, 146, 165, 184, 203, 223, 243, 263, 284, 305, 327, 349, 372, 395, 419, 444,
	469, 494, 520, 547, 575, 603, 633, 663, 694, 726, 759, 793, 828, 865, 903, 942, 983, 1026, 1070, 1117, 1166, 1217, 1271, 1328, 1388,
	1452, 1520, 1594, 1672, 1758, 1851, 1953, 2067, 2195, 2342, 2513, 2719, 2976, 3320, 3844, 4968}

// count is a number of occurrences with a mean of milli/1000, spread as people's activity is: many with few, few with many.
func (d *draw) count(milli int) int {
	x := milli * exponential[d.n(64)] / 1024
	n := x / 1000
	if d.n(1000) < x%1000 {
		n++
	}
	return n
}

// weighted picks an index with the given weights; 0 when all are 0.
func (d *draw) weighted(weights []int) int {
	sum := 0
	for _, w := range weights {
		sum += w
	}
	x := d.n(sum)
	for i, w := range weights {
		if x -= w; x < 0 {
			return i
		}
	}
	return 0
}
