package survival

import (
	"math"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"
)

func near(t *testing.T, what string, got, want, within float64) {
	t.Helper()
	if !(math.Abs(got-want) <= within) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

// freireich is the 6-MP arm of Freireich et al. (1963), weeks to relapse, as in Kalbfleisch and Prentice and every textbook since.
func freireich() *Table {
	t := &Table{}
	for _, d := range []int{6, 6, 6, 7, 10, 13, 16, 22, 23} {
		t.Add(d, Event, 1)
	}
	for _, d := range []int{6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35} {
		t.Add(d, Censored, 1)
	}
	return t
}

// The published table: survival, Greenwood's standard error, and the log-log interval as Stata and R print it.
func TestKaplanMeierOfFreireich(t *testing.T) {
	c := freireich().Curve(35)
	want := []struct {
		day, atRisk      int
		s, se, low, high float64
	}{
		{6, 21, 0.8571, 0.0764, 0.6197, 0.9516}, {7, 17, 0.8067, 0.0869, 0.5631, 0.9228}, {10, 15, 0.7529, 0.0963, 0.5032, 0.8894},
		{13, 12, 0.6902, 0.1068, 0.4316, 0.8491}, {16, 11, 0.6275, 0.1141, 0.3675, 0.8049}, {22, 7, 0.5378, 0.1282, 0.2678, 0.7468},
		{23, 6, 0.4482, 0.1346, 0.1881, 0.6801},
	}
	if len(c) != len(want) {
		t.Fatalf("%d steps, want %d", len(c), len(want))
	}
	for i, w := range want {
		got := c[i]
		if got.Day != w.day || got.AtRisk != w.atRisk {
			t.Errorf("step %d: day %d at risk %d, want %d and %d", i, got.Day, got.AtRisk, w.day, w.atRisk)
		}
		low, high := got.KaplanMeier.Interval(0.95, got.Known)
		near(t, "S", 1-got.KaplanMeier.Value, w.s, 5e-5)
		near(t, "SE", got.KaplanMeier.SE, w.se, 5e-5)
		near(t, "low", 1-high, w.low, 5e-5)
		near(t, "high", 1-low, w.high, 5e-5)
		near(t, "incidence without competing events", got.Incidence.Value, got.KaplanMeier.Value, 1e-12)
		near(t, "and its standard error", got.Incidence.SE, got.KaplanMeier.SE, 1e-9)
	}
	if day, low, high := freireich().Quantile(0.5, false, 0.95); day != 23 || low != 13 || high != -1 {
		t.Errorf("median %d (%d to %d), want 23 (13 to not reached)", day, low, high)
	}
}

// The placebo arm has no censoring: the estimate is the plain share.
func TestKaplanMeierOfThePlaceboArm(t *testing.T) {
	var table Table
	for _, d := range []int{1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23} {
		table.Add(d, Event, 1)
	}
	near(t, "by week 8", table.At(8).KaplanMeier.Value, 13.0/21, 1e-12)
	near(t, "its standard error is the binomial one", table.At(8).KaplanMeier.SE, math.Sqrt(13.0*8/21/21/21), 1e-9)
	if day, low, high := table.Quantile(0.5, false, 0.95); day != 8 || low != 4 || high != 11 {
		t.Errorf("median %d (%d to %d), want 8 (4 to 11)", day, low, high)
	}
}

// By hand: 10 at risk; day 1 one event and one competing; day 2 two censored; day 3 (6 at risk) two events, one competing; day 5 (3 at
// risk) one competing. F(1) = 1/10. S(1) = 8/10. F(3) = 1/10 + 8/10·2/6. S(3) = 8/10·3/6. Other(5) = 1/10 + 8/10·1/6 + 4/10·1/3.
func TestAalenJohansenByHand(t *testing.T) {
	var table Table
	for _, o := range []struct {
		day  int
		kind Kind
	}{{1, Event}, {1, Competing}, {2, Censored}, {2, Censored}, {3, Event}, {3, Event}, {3, Competing}, {5, Competing}, {7, Censored}, {7, Censored}} {
		table.Add(o.day, o.kind, 1)
	}
	near(t, "F(1)", table.At(1).Incidence.Value, 0.1, 1e-12)
	near(t, "SE(1)", table.At(1).Incidence.SE, math.Sqrt(0.1*0.9/10), 1e-12)
	s := table.At(6)
	near(t, "F(6)", s.Incidence.Value, 0.1+0.8*2/6, 1e-12)
	near(t, "Other(6)", s.Other, 0.1+0.8/6+0.4/3, 1e-12)
	near(t, "S(6)", s.Survival, 0.8*0.5*2/3, 1e-12)
	near(t, "KM(6)", s.KaplanMeier.Value, 1-0.9*4/6, 1e-12)
	// Variance at 6, term by term: [F(6)−F(t)]²·d/(n(n−d)) + S(t−)²(n−d1)d1/n³ − 2[F(6)−F(t)]·S(t−)·d1/n².
	f := 0.8 * 2 / 6
	want := f*f*2/(10*8) + 9.0/1000 - 2*f*1/100 + 0.64*4*2/216
	near(t, "SE(6)", s.Incidence.SE, math.Sqrt(want), 1e-12)
	if !s.Identified || table.At(8).Identified {
		t.Error("watched until day 7, not until day 8")
	}
}

type observation struct {
	Days int
	Kind Kind
}

func observations(t *rapid.T, kinds ...Kind) []observation {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) observation {
		return observation{rapid.IntRange(0, 120).Draw(t, "days"), rapid.SampledFrom(kinds).Draw(t, "kind")}
	}), 1, 60).Draw(t, "observations")
}

func tableOf(obs []observation) *Table {
	t := &Table{}
	for _, o := range obs {
		t.Add(o.Days, o.Kind, 1)
	}
	return t
}

func TestEstimatesAreShares(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		table := tableOf(observations(t, Censored, Event, Competing))
		day := rapid.IntRange(0, 150).Draw(t, "day")
		s := table.At(day)
		for _, e := range []Estimate{s.KaplanMeier, s.Incidence} {
			low, high := e.Interval(0.95, s.Known)
			if !(0 <= low && low <= e.Value+1e-9 && e.Value <= high+1e-9 && high <= 1) || math.IsNaN(e.SE) {
				t.Fatalf("%v within [%v, %v]", e, low, high)
			}
		}
		if s.Incidence.Value > s.KaplanMeier.Value+1e-9 {
			t.Fatal("competing events can only lower the rate")
		}
		if math.Abs(s.Survival+s.Incidence.Value+s.Other-1) > 1e-9 {
			t.Fatal("the three shares add up to 1")
		}
	})
}

func TestWithoutCensoringTheEstimateIsThePlainRatio(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		obs := observations(t, Event, Competing)
		day := rapid.IntRange(0, 150).Draw(t, "day")
		converted := 0
		for _, o := range obs {
			if o.Kind == Event && o.Days <= day {
				converted++
			}
		}
		p, n := float64(converted)/float64(len(obs)), float64(len(obs))
		s := tableOf(obs).At(day)
		if math.Abs(s.Incidence.Value-p) > 1e-9 || math.Abs(s.Incidence.SE-math.Sqrt(p*(1-p)/n)) > 1e-7 {
			t.Fatalf("%v, want %v and its binomial error", s.Incidence, p)
		}
	})
}

func TestResetAndOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		obs := observations(t, Censored, Event, Competing)
		a := tableOf(obs)
		b := tableOf(observations(t, Censored, Event))
		b.Reset()
		for _, o := range rapid.Permutation(obs).Draw(t, "order") {
			b.Add(o.Days, o.Kind, 1)
		}
		if a.At(60) != b.At(60) || a.N() != b.N() || a.Max() != b.Max() {
			t.Fatal("order, or what was there before, shows")
		}
	})
}

// Over 500 samples with censoring and competing ends, the 95% intervals of the incidence at day 60 hold the truth as often as they say. The
// event comes at 0.01 a day, the competing one at 0.02: the truth is 1/3·(1 − exp(−0.03·61)), a duration of up to 61 being day 60 at most.
func TestIntervalsHoldTheTruth(t *testing.T) {
	const samples, size = 500, 120
	truth, held := (1-math.Exp(-0.03*61))/3, 0
	rng := rand.New(rand.NewPCG(5, 6))
	for range samples {
		var table Table
		for range size {
			length, watched := rng.ExpFloat64()/0.03, 20+rng.Float64()*120
			switch kind := Event; {
			case length >= math.Floor(watched):
				table.Add(int(watched), Censored, 1)
			default:
				if rng.Float64() >= 1.0/3 {
					kind = Competing
				}
				table.Add(int(length), kind, 1)
			}
		}
		s := table.At(60)
		if low, high := s.Incidence.Interval(0.95, s.Known); low <= truth && truth <= high {
			held++
		}
	}
	if held < samples*925/1000 || held > samples*980/1000 {
		t.Errorf("held %d of %d", held, samples)
	}
}
