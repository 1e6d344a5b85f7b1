package score

import (
	"math"
	"math/big"
	"math/bits"
	"sync"

	"millrace"
)

const (
	epochHalfLives = 16 // half-lives from one epoch to the next
	sumBits        = 16 // binary digits of a sum behind the point, at its epoch
)

// powers holds 2^(i/2^8), 2^(i/2^16) and 2^(i/2^24) for i in 0…255, as numbers of 63 binary digits behind the point, rounded to
// nearest. Together they give 2^x for the first 24 binary digits of x.
type powers [3][256]uint64

// loadPowers builds the tables once with math/big: the roots of two are square roots of square roots, exact far beyond 64 digits.
var loadPowers = sync.OnceValue(func() *powers {
	const precision = 256
	var t powers
	root := big.NewFloat(2).SetPrec(precision)
	scale := new(big.Float).SetPrec(precision).SetMantExp(big.NewFloat(1), 63)
	for level := range t {
		for range 8 {
			root = new(big.Float).SetPrec(precision).Sqrt(root)
		}
		p := new(big.Float).SetPrec(precision).SetInt64(1)
		for i := range t[level] {
			scaled := new(big.Float).SetPrec(precision).Mul(p, scale)
			scaled.Add(scaled, big.NewFloat(0.5))
			t[level][i], _ = scaled.Uint64()
			p = new(big.Float).SetPrec(precision).Mul(p, root)
		}
	}
	return &t
})

// ln2 is the natural logarithm of two with 64 binary digits behind the point.
const ln2 = 0xB17217F7D1CF79AB

// exp2 is 2^(f/2^64), which is in [1,2), with 63 binary digits behind the point. It is off by fewer than 8 units of the last
// digit, exact for f = 0, and the same on every machine.
func (t *powers) exp2(f uint64) uint64 {
	m := mul63(mul63(t[0][f>>56], t[1][f>>48&0xff]), t[2][f>>40&0xff])
	// The rest y is below 2^-24: 2^y = 1 + z + z²/2 with z = y·ln 2; the next term is below 2^-74.
	z, _ := bits.Mul64(f&(1<<40-1), ln2)
	square, _ := bits.Mul64(z, z)
	rest, _ := bits.Mul64(m, z+square>>1)
	return m + rest
}

// mul63 multiplies two numbers of 63 binary digits behind the point, truncating.
func mul63(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a, b)
	return hi<<1 | lo>>63
}

// log2 is the logarithm of m/2^63, for m ≥ 2^63, with 52 binary digits behind the point. It never falls as m rises.
func log2(m uint64) (fraction uint64) {
	for range 52 {
		hi, lo := bits.Mul64(m, m)
		fraction <<= 1
		if hi>>63 == 1 {
			fraction |= 1
			m = hi
		} else {
			m = hi<<1 | lo>>63
		}
	}
	return fraction
}

// factor is 2^(epochs·16 + ms/H) as whole + m: 2^whole · m/2^63. It takes the grid and the milliseconds apart because their
// sum need not fit.
func (r *Rules) factor(epochs int64, ms int64) (whole int64, m uint64) {
	q, rest := divMod(ms, r.halfLife)
	f, _ := bits.Div64(uint64(rest), 0, uint64(r.halfLife))
	return clampEpoch(epochs)*epochHalfLives + q, r.powers.exp2(f)
}

// clampEpoch keeps the arithmetic on epochs far from overflow; no moment that a Time can hold is beyond.
func clampEpoch(k int64) int64 { return min(max(k, -1<<57), 1<<57) }

// divMod divides rounding down; b is positive.
func divMod(a, b int64) (q, rest int64) {
	q, rest = a/b, a%b
	if rest < 0 {
		return q - 1, rest + b
	}
	return q, rest
}

// shiftRound is hi:lo / 2^by rounded half up, MaxInt64 when it is more than that. by may be negative.
func shiftRound(hi, lo uint64, by int64) int64 {
	if hi|lo == 0 {
		return 0
	}
	if by <= 0 {
		if hi != 0 || int64(bits.Len64(lo))-by > 63 {
			return math.MaxInt64
		}
		return int64(lo << uint(-by))
	}
	if by > 128 {
		return 0
	}
	half := uint(by - 1) // the digit that decides
	h, l := hi>>half, lo>>half|hi<<(64-half)
	if half >= 64 {
		h, l = 0, hi>>(half-64)
	}
	l, carry := bits.Add64(l, 1, 0)
	h, carry = bits.Add64(h, 0, carry)
	if carry != 0 || h>>1 != 0 || h<<63|l>>1 > math.MaxInt64 {
		return math.MaxInt64
	}
	return int64(h<<63 | l>>1)
}

// magnitude splits n into its absolute value and its sign, +1 or -1.
func magnitude(n int64) (abs uint64, sign int64) {
	if n < 0 {
		return -uint64(n), -1
	}
	return uint64(n), 1
}

// epochOf is the k of the last T_k at or before t.
func (r *Rules) epochOf(t millrace.Time) int64 {
	k, _ := divMod(int64(t), epochHalfLives*r.halfLife)
	return k
}

// contribution is what points of a fact that occurred then add to a sum of the epoch.
func (r *Rules) contribution(points int64, occurred millrace.Time, epoch int64) int64 {
	if points == 0 {
		return 0
	}
	abs, sign := magnitude(points)
	whole, m := r.factor(-epoch, int64(occurred))
	hi, lo := bits.Mul64(abs, m)
	return sign * shiftRound(hi, lo, 63-sumBits-whole)
}

// milliFactor is the m and by with which a sum of the epoch is worth sum·m / 2^by thousandths of a point at clock.
func (r *Rules) milliFactor(epoch int64, clock millrace.Time) (m uint64, by int64) {
	whole, m := r.factor(epoch, -int64(clock))
	m, _ = bits.Mul64(m, 1000<<54) // times 1000/1024
	return m, 63 + sumBits - 10 - whole
}

// Milli is what a sum of the epoch is worth at clock, in thousandths of a point, rounded half away from zero; it saturates.
// It falls towards zero as the clock moves, without ever turning.
func (r *Rules) Milli(epoch, sum int64, clock millrace.Time) int64 {
	m, by := r.milliFactor(epoch, clock)
	abs, sign := magnitude(sum)
	hi, lo := bits.Mul64(abs, m)
	return sign * shiftRound(hi, lo, by)
}

// Rank is the binary logarithm of the intent, in absolute half-lives: log2(points at t) = rank − t/H. It has the same order at
// every clock, so an index on it lists subjects by intent. ok is false for a sum that is not positive: it has no rank.
func (r *Rules) Rank(epoch, sum int64) (rank float64, ok bool) {
	if sum <= 0 {
		return 0, false
	}
	zeros := bits.LeadingZeros64(uint64(sum))
	whole := clampEpoch(epoch)*epochHalfLives + int64(63-zeros) - sumBits
	return joinRank(whole, log2(uint64(sum)<<zeros)), true
}

// RankAt is the rank that is worth exactly points at clock, for ranges on an index of ranks; -Inf when points is not positive.
func (r *Rules) RankAt(points float64, clock millrace.Time) float64 {
	if !(points > 0) {
		return math.Inf(-1)
	}
	if math.IsInf(points, 1) {
		return points
	}
	fraction, exponent := math.Frexp(points) // fraction is in [½,1)
	q, rest := divMod(int64(clock), r.halfLife)
	f, _ := bits.Div64(uint64(rest), 0, uint64(r.halfLife))
	return joinRank(int64(exponent)-1+q, log2(uint64(math.Ldexp(fraction, 64)))+f>>12)
}

// joinRank adds a whole number and a fraction of 52 binary digits, rounding once: the same on machines that fuse operations.
func joinRank(whole int64, fraction uint64) float64 {
	whole += int64(fraction >> 52)
	return float64(whole) + float64(fraction&(1<<52-1))/(1<<52)
}

// FallsBelow is the first millisecond at or after clock at which the sum, left alone, is worth less than points as Milli
// counts. It is clock when that is so already, and 0 when it never will be.
func (r *Rules) FallsBelow(epoch, sum int64, points int, clock millrace.Time) millrace.Time {
	bar := int64(min(max(points, -math.MaxInt64/1000), math.MaxInt64/1000)) * 1000
	below := func(t millrace.Time) bool { return r.Milli(epoch, sum, t) < bar }
	if below(clock) {
		return clock
	}
	if sum <= 0 || points <= 0 {
		return 0
	}
	low, step := clock, millrace.Time(r.halfLife) // not below at low
	for {
		if low > math.MaxInt64-step {
			return 0 // beyond the end of time
		}
		if below(low + step) {
			break
		}
		low += step
		if step < 1<<50 {
			step *= 2
		}
	}
	high := low + step
	for high-low > 1 {
		if mid := low + (high-low)/2; below(mid) {
			high = mid
		} else {
			low = mid
		}
	}
	return high
}

// Rescale re-expresses a sum of one epoch at a later or the same one, rounding half away from zero.
func (r *Rules) Rescale(sum int64, from, to int64) int64 {
	abs, sign := magnitude(sum)
	return sign * shiftRound(0, abs, (clampEpoch(to)-clampEpoch(from))*epochHalfLives)
}

// Part is the intent of one contact in an account's.
type Part struct{ Epoch, Sum int64 }

// Combine rolls parts up: the epoch is the latest of theirs, the sum that of all of them rescaled to it. The order of parts does not
// matter. Without parts it is 0, 0.
func (r *Rules) Combine(parts []Part) (epoch, sum int64) {
	if len(parts) == 0 {
		return 0, 0
	}
	epoch = parts[0].Epoch
	for _, p := range parts[1:] {
		epoch = max(epoch, p.Epoch)
	}
	var total wide
	for _, p := range parts {
		total.add(r.Rescale(p.Sum, p.Epoch, epoch))
	}
	return epoch, total.int64()
}

// wide is a sum of int64s that cannot overflow: whether the result is out of bounds does not depend on the order.
type wide struct {
	hi int64
	lo uint64
}

func (w *wide) add(n int64) {
	lo, carry := bits.Add64(w.lo, uint64(n), 0)
	w.lo = lo
	w.hi += n>>63 + int64(carry)
}

// int64 is the sum, ±MaxInt64 when it is beyond.
func (w *wide) int64() int64 {
	switch {
	case w.hi > 0 || w.hi == 0 && w.lo > math.MaxInt64:
		return math.MaxInt64
	case w.hi < -1 || w.hi == -1 && w.lo <= 1<<63:
		return -math.MaxInt64
	}
	return int64(w.lo)
}
