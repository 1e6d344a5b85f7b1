package score

import (
	"math"
	"math/big"
	"math/bits"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"millrace"
	"millrace/internal/playbook"
)

const precision = 300

// bigExp2 is 2^(num/den) by the exponential series, which the tables know nothing of.
func bigExp2(num, den int64) *big.Float {
	q, rest := divMod(num, den)
	ln2 := new(big.Float).SetPrec(precision)
	term := new(big.Float).SetPrec(precision).SetInt64(1)
	for k := int64(1); k < precision; k++ { // ln 2 = Σ 1/(k·2^k)
		term.Quo(term, big.NewFloat(2))
		ln2.Add(ln2, new(big.Float).SetPrec(precision).Quo(term, new(big.Float).SetInt64(k)))
	}
	x := new(big.Float).SetPrec(precision).SetInt64(rest)
	x.Mul(x.Quo(x, new(big.Float).SetInt64(den)), ln2)
	sum, power := big.NewFloat(1).SetPrec(precision), big.NewFloat(1).SetPrec(precision)
	for k := int64(1); k < 100; k++ {
		power.Mul(power, x)
		power.Quo(power, new(big.Float).SetInt64(k))
		sum.Add(sum, power)
	}
	return sum.SetMantExp(sum, int(q))
}

func TestExp2IsRightToTheLastUnits(t *testing.T) {
	p := loadPowers()
	scale := new(big.Float).SetMantExp(big.NewFloat(1), 63)
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 2000 {
		den := rng.Int64N(1<<41) + 1
		num := rng.Int64N(den)
		if i == 0 {
			num = 0
		}
		f, _ := bits.Div64(uint64(num), 0, uint64(den))
		got := new(big.Float).SetPrec(precision).SetUint64(p.exp2(f))
		want := bigExp2(num, den)
		diff, _ := got.Sub(got, want.Mul(want, scale)).Float64()
		if math.Abs(diff) >= 8 || i == 0 && diff != 0 {
			t.Fatalf("2^(%d/%d) is off by %g units of 2^-63", num, den, diff)
		}
	}
}

// Contribution is checked to its last unit: a difference is allowed only where the exact value is within 2^-16 of a half.
func TestContributionAgainstBig(t *testing.T) {
	r := rubric(t, "UTC")
	rng := rand.New(rand.NewPCG(3, 4))
	near := 0
	for range 3000 {
		points := rng.Int64N(2001) - 1000
		occurred := millrace.Time(1.7e12 + rng.Int64N(1e11))
		epoch := r.epochOf(occurred) + rng.Int64N(3)
		want := bigExp2(int64(occurred)-epoch*16*r.halfLife, r.halfLife)
		want.Mul(want, new(big.Float).SetInt64(points<<16))
		nearest, sign := new(big.Float).SetPrec(precision).Abs(want), int64(want.Sign())
		nearest.Add(nearest, big.NewFloat(0.5))
		whole, _ := nearest.Int64()
		gap, _ := nearest.Sub(nearest, new(big.Float).SetInt64(whole)).Float64()
		if math.Min(gap, 1-gap) < 1.0/(1<<16) {
			near++
			continue
		}
		if got := r.contribution(points, occurred, epoch); got != sign*whole {
			t.Fatalf("contribution(%d, %d, %d) = %d, want %d", points, occurred, epoch, got, sign*whole)
		}
	}
	if near > 5 {
		t.Fatalf("%d of the values were too near to a half to tell", near)
	}
}

func TestContributionRoundsHalfAwayFromZero(t *testing.T) {
	r := rubric(t, "UTC")
	h := millrace.Time(r.halfLife)
	for _, c := range []struct {
		points    int64
		halfLives int64
		want      int64
	}{
		{1, 0, 65536}, {-20, 0, -20 * 65536}, {1, 15, 65536 << 15}, {1, -16, 1},
		{1, -17, 1}, {-1, -17, -1}, {3, -17, 2}, {-3, -17, -2}, {1, -18, 0}, {1000, -27, 0}, {1000, -5000, 0}, {0, 3, 0},
	} {
		if got := r.contribution(c.points, 100*16*h+millrace.Time(c.halfLives)*h, 100); got != c.want {
			t.Errorf("%d points, %d half-lives from the epoch: %d, want %d", c.points, c.halfLives, got, c.want)
		}
	}
}

func TestShiftRound(t *testing.T) {
	for _, c := range []struct {
		hi, lo uint64
		by     int64
		want   int64
	}{
		{0, 5, 0, 5}, {0, 5, 1, 3}, {0, 4, 3, 1}, {0, 3, 3, 0}, {1, 0, 64, 1}, {1, 1 << 63, 64, 2}, {1, 1<<63 - 1, 64, 1},
		{1 << 63, 0, 127, 1}, {1 << 63, 0, 128, 1}, {1<<63 - 1, 0, 128, 0}, {1 << 63, 0, 129, 0}, {3, 0, 65, 2}, {3, 0, 66, 1},
		{0, 1, -62, 1 << 62}, {0, 1, -63, math.MaxInt64}, {0, 0, -500, 0}, {1, 0, 0, math.MaxInt64}, {1, 0, 1, math.MaxInt64},
		{0, math.MaxUint64, 1, math.MaxInt64}, {0, math.MaxUint64 - 2, 1, math.MaxInt64}, {^uint64(0), ^uint64(0), 1, math.MaxInt64},
	} {
		if got := shiftRound(c.hi, c.lo, c.by); got != c.want {
			t.Errorf("shiftRound(%#x, %#x, %d) = %d, want %d", c.hi, c.lo, c.by, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		hi, lo, by := rapid.Uint64().Draw(t, "hi"), rapid.Uint64().Draw(t, "lo"), rapid.Int64Range(-70, 140).Draw(t, "by")
		n := new(big.Int).SetUint64(hi)
		n.Or(n.Lsh(n, 64), new(big.Int).SetUint64(lo))
		if by <= 0 {
			n.Lsh(n, uint(-by))
		} else {
			n.Add(n, new(big.Int).Lsh(big.NewInt(1), uint(by-1)))
			n.Rsh(n, uint(by))
		}
		want := int64(math.MaxInt64)
		if n.IsInt64() {
			want = n.Int64()
		}
		if got := shiftRound(hi, lo, by); got != want {
			t.Fatalf("got %d, want %d", got, want)
		}
	})
}

func TestMilli(t *testing.T) {
	r := rubric(t, "UTC")
	h := millrace.Time(r.halfLife)
	start := 100 * 16 * h
	for _, c := range []struct {
		sum       int64
		halfLives millrace.Time
		want      int64
	}{
		{20 << 16, 0, 20_000}, {20 << 16, 1, 10_000}, {20 << 16, 3, 2_500}, {-20 << 16, 2, -5_000}, {1 << 16, 10, 1}, {1 << 16, 11, 0},
		{0, 0, 0}, {math.MaxInt64, -40, math.MaxInt64}, {-math.MaxInt64, -40, -math.MaxInt64}, {1 << 16, 5000, 0},
	} {
		if got := r.Milli(100, c.sum, start+c.halfLives*h); got != c.want {
			t.Errorf("Milli(%d) after %d half-lives = %d, want %d", c.sum, c.halfLives, got, c.want)
		}
	}
	// 20 points after half a half-life are 20/√2 = 14.142.
	if got := r.Milli(100, 20<<16, start+h/2); got != 14_142 {
		t.Errorf("after half a half-life: %d, want 14142", got)
	}
}

func drawRules(t *rapid.T) *Rules {
	half := rapid.SampledFrom([]float64{1.0 / 86400000, 0.01, 1, 7, 14.5, 30, 90, 36500}).Draw(t, "half-life")
	r, err := Compile(&playbook.Document{Rubric: playbook.Rubric{HalfLifeDays: half}})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestMilliNeverTurns(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRules(t)
		clock := millrace.Time(rapid.Int64Range(0, 4e12).Draw(t, "clock"))
		sum := rapid.Int64Range(0, 1<<50).Draw(t, "sum")
		later := clock + millrace.Time(rapid.Int64Range(0, 1e10).Draw(t, "wait"))
		epoch := r.epochOf(clock)
		if a, b := r.Milli(epoch, sum, clock), r.Milli(epoch, sum, later); b > a || b < 0 || r.Milli(epoch, -sum, later) != -b {
			t.Fatalf("%d became %d", a, b)
		}
		if f := rapid.Uint64Max(math.MaxUint64-1<<22).Draw(t, "f"); r.powers.exp2(f) > r.powers.exp2(f+1<<22) {
			t.Fatalf("2^x falls at %d", f)
		}
	})
}

func TestRank(t *testing.T) {
	r := rubric(t, "UTC")
	h := millrace.Time(r.halfLife)
	if _, ok := r.Rank(100, 0); ok {
		t.Error("a sum of 0 has a rank")
	}
	if _, ok := r.Rank(100, -1); ok {
		t.Error("a negative sum has a rank")
	}
	if rank, ok := r.Rank(100, 8<<16); !ok || rank != 1603 {
		t.Errorf("8 points at T_100: rank %v, want 1603", rank)
	}
	if rank := r.RankAt(8, 1600*h); rank != 1603 {
		t.Errorf("RankAt 8 points at T_100: %v, want 1603", rank)
	}
	if rank := r.RankAt(2, 1600*h+h/2); rank != 1601.5 {
		t.Errorf("RankAt 2 points half a half-life later: %v, want 1601.5", rank)
	}
	if !math.IsInf(r.RankAt(0, h), -1) || !math.IsInf(r.RankAt(-3, h), -1) || !math.IsInf(r.RankAt(math.NaN(), h), -1) || !math.IsInf(r.RankAt(math.Inf(1), h), 1) {
		t.Error("RankAt of what is no positive number of points")
	}
	rapid.Check(t, func(t *rapid.T) {
		r := drawRules(t)
		clock := millrace.Time(rapid.Int64Range(1, 4e12).Draw(t, "clock"))
		k := r.epochOf(clock)
		a, b := rapid.Int64Range(1, 1<<60).Draw(t, "a"), rapid.Int64Range(1, 1<<60).Draw(t, "b")
		ra, _ := r.Rank(k, a)
		rb, _ := r.Rank(k, b)
		if a <= b && ra > rb {
			t.Fatalf("rank falls from %d to %d", a, b)
		}
		if want := float64(16*k-16) + math.Log2(float64(a)); math.Abs(ra-want) > 1e-9*math.Abs(want) {
			t.Fatalf("rank %v, want %v", ra, want)
		}
		points := rapid.Float64Range(1e-3, 1e6).Draw(t, "points")
		want := math.Log2(points) + float64(clock)/float64(r.halfLife)
		if got := r.RankAt(points, clock); math.Abs(got-want) > 1e-9*math.Max(1, math.Abs(want)) {
			t.Fatalf("RankAt(%v) = %v, want %v", points, got, want)
		}
	})
}

func TestFallsBelowIsTheFirstSuchMillisecond(t *testing.T) {
	r := rubric(t, "UTC")
	h := millrace.Time(r.halfLife)
	start := 1600 * h
	for _, c := range []struct {
		sum    int64
		points int
		want   millrace.Time
	}{{20 << 16, 21, start}, {20 << 16, 0, 0}, {20 << 16, -5, 0}, {-20 << 16, -30, 0}, {-20 << 16, -10, start}, {-20 << 16, 5, start}, {0, 0, 0}, {0, 1, start}} {
		if got := r.FallsBelow(100, c.sum, c.points, start); got != c.want {
			t.Errorf("FallsBelow(%d, %d points) = %d, want %d", c.sum, c.points, got, c.want)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		r := drawRules(t)
		clock := millrace.Time(rapid.Int64Range(1, 4e12).Draw(t, "clock"))
		k := r.epochOf(clock)
		sum, points := rapid.Int64Range(1, math.MaxInt64).Draw(t, "sum"), rapid.IntRange(1, 1_000_000).Draw(t, "points")
		bar := int64(points) * 1000
		got := r.FallsBelow(k, sum, points, clock)
		if got < clock || r.Milli(k, sum, got) >= bar {
			t.Fatalf("not below at %d (clock %d)", got, clock)
		}
		if got > clock && r.Milli(k, sum, got-1) < bar {
			t.Fatalf("below before %d already (clock %d)", got, clock)
		}
	})
}

func TestRescale(t *testing.T) {
	r := rubric(t, "UTC")
	for _, c := range []struct{ sum, from, to, want int64 }{
		{123, 5, 5, 123}, {1 << 16, 5, 6, 1}, {1 << 15, 5, 6, 1}, {-1 << 15, 5, 6, -1}, {1<<15 - 1, 5, 6, 0}, {-3 << 15, 5, 6, -2},
		{math.MaxInt64, 0, 4, 0}, {math.MaxInt64, -1 << 62, 1 << 62, 0}, {1 << 40, 1, 3, 256},
	} {
		if got := r.Rescale(c.sum, c.from, c.to); got != c.want {
			t.Errorf("Rescale(%d, %d→%d) = %d, want %d", c.sum, c.from, c.to, got, c.want)
		}
	}
}

func TestCombineDoesNotDependOnOrder(t *testing.T) {
	r := rubric(t, "UTC")
	if k, sum := r.Combine(nil); k != 0 || sum != 0 {
		t.Errorf("nothing combined: %d, %d", k, sum)
	}
	if k, sum := r.Combine([]Part{{7, 3 << 16}, {8, 5 << 16}, {6, -1 << 33}}); k != 8 || sum != 5<<16+3-2 {
		t.Errorf("combined: %d, %d", k, sum)
	}
	if _, sum := r.Combine([]Part{{1, math.MaxInt64}, {1, math.MaxInt64}, {1, -math.MaxInt64}}); sum != math.MaxInt64 {
		t.Errorf("a sum beyond and back: %d", sum)
	}
	if _, sum := r.Combine([]Part{{1, -math.MaxInt64}, {1, -math.MaxInt64}}); sum != -math.MaxInt64 {
		t.Errorf("a sum far below: %d", sum)
	}
	rapid.Check(t, func(t *rapid.T) {
		parts := rapid.SliceOf(rapid.Custom(func(t *rapid.T) Part {
			return Part{rapid.Int64Range(-3, 3).Draw(t, "epoch"), rapid.Int64().Draw(t, "sum")}
		})).Draw(t, "parts")
		k, sum := r.Combine(parts)
		exact := new(big.Int)
		for _, p := range parts {
			exact.Add(exact, big.NewInt(r.Rescale(p.Sum, p.Epoch, k)))
		}
		if limit := big.NewInt(math.MaxInt64); exact.CmpAbs(limit) > 0 {
			exact.Mul(limit, big.NewInt(int64(exact.Sign())))
		}
		if sum != exact.Int64() {
			t.Fatalf("sum %d, want %v", sum, exact)
		}
		if k2, sum2 := r.Combine(rapid.Permutation(parts).Draw(t, "order")); k2 != k || sum2 != sum {
			t.Fatalf("in another order %d, %d; first %d, %d", k2, sum2, k, sum)
		}
	})
}
