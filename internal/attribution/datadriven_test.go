package attribution

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"millrace"
)

// random paths, with rows that never convert and rows without touches.
func randomPaths(seed uint64, rows, channels, longest int) *Paths {
	rnd, p := rand.New(rand.NewPCG(seed, 9)), &Paths{Offsets: []int32{0}, HasValue: true}
	for k := range channels {
		p.Channels = append(p.Channels, fmt.Sprint("ch", k))
	}
	for range rows {
		for range rnd.IntN(longest + 1) {
			p.Touches = append(p.Touches, uint32(min(rnd.IntN(channels), rnd.IntN(channels))))
		}
		n := int64(rnd.IntN(4))
		p.Offsets = append(p.Offsets, int32(len(p.Touches)))
		p.Conversions, p.Nulls = append(p.Conversions, n), append(p.Nulls, int64(rnd.IntN(5)))
		p.Values = append(p.Values, float64(n)*float64(rnd.IntN(1000))/10)
	}
	return p
}

// bySystem solves (I-Q)x = r by gonum's LU, with the states that have a channel leading nowhere: an independent witness.
func bySystem(t *testing.T, c *chain, without int32) outcome {
	t.Helper()
	n := c.states()
	a, r := mat.NewDense(n, n, nil), mat.NewDense(n, 2, nil)
	for i := range n {
		a.Set(i, i, 1)
		if slices.Contains(c.members[i], without) {
			continue
		}
		for e := c.first[i]; e < c.first[i+1]; e++ {
			a.Set(i, int(c.to[e]), a.At(i, int(c.to[e]))-c.p[e])
		}
		r.Set(i, 0, c.conv[i])
		r.Set(i, 1, c.value[i])
	}
	var x mat.Dense
	if err := x.Solve(a, r); err != nil {
		t.Fatal(err)
	}
	return outcome{x.At(0, 0), x.At(0, 1)}
}

// TestMarkovSolvesTheSystem holds elimination and sweeps against an LU of the whole system, for every order and channel.
func TestMarkovSolvesTheSystem(t *testing.T) {
	p := randomPaths(1, 200, 7, 9)
	for order := 1; order <= MaxOrder; order++ {
		c, err := p.newChain(order)
		if err != nil {
			t.Fatal(err)
		}
		swept, err := c.sweep()
		if err != nil {
			t.Fatal(err)
		}
		for name, s := range map[string]*solution{"eliminated": c.eliminate(), "swept": swept} {
			for k := int32(-1); k < int32(len(p.Channels)); k++ {
				got, want := s.outcome, bySystem(t, c, k)
				if k >= 0 {
					got = s.without[k]
				}
				if math.Abs(got.conv-want.conv) > 1e-12 || math.Abs(got.value-want.value) > 1e-10 {
					t.Errorf("order %d without %d: %s %v, the system says %v", order, k, name, got, want)
				}
			}
		}
	}
}

// TestMarkovOrder1ClosedForm: the effect of i is N[0,i]·b[i] / (N[i,i]·b[0]).
func TestMarkovOrder1ClosedForm(t *testing.T) {
	p := randomPaths(2, 300, 9, 6)
	c, err := p.newChain(1)
	if err != nil {
		t.Fatal(err)
	}
	n := c.states()
	a, b := mat.NewDense(n, n, nil), make([]float64, n)
	for i := range n {
		a.Set(i, i, 1)
		for e := c.first[i]; e < c.first[i+1]; e++ {
			a.Set(i, int(c.to[e]), -c.p[e])
		}
	}
	var inverse mat.Dense
	if err := inverse.Inverse(a); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		for k := range n {
			b[i] += inverse.At(i, k) * c.conv[k]
		}
	}
	got, err := p.markov(1)
	if err != nil {
		t.Fatal(err)
	}
	for i := 1; i < n; i++ {
		id := c.members[i][0]
		if want := inverse.At(0, i) * b[i] / (inverse.At(i, i) * b[0]); math.Abs(got.conversions[id]-want) > 1e-13 {
			t.Errorf("%s: %v, want %v", p.Channels[id], got.conversions[id], want)
		}
	}
}

func TestMarkovSaysWhatIsTooLarge(t *testing.T) {
	c, err := randomPaths(3, 50, 5, 5).newChain(2)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.sweepBatch(0, 5, 0, make([]outcome, 5)); millrace.ErrorCode(err) != millrace.TooLarge {
		t.Errorf("no work allowed: %v", err)
	}
	p := &Paths{Channels: make([]string, 1<<16)}
	if _, err := p.Run(Markov, Options{Order: 2}); millrace.ErrorCode(err) != millrace.TooLarge {
		t.Errorf("65,536 channels at order 2: %v", err)
	}
}

// TestMarkovTakesManyChannels goes the way of channels beyond the small grid, and of more than one batch.
func TestMarkovTakesManyChannels(t *testing.T) {
	p := randomPaths(4, 1500, 600, 4)
	c, err := p.newChain(1)
	if err != nil {
		t.Fatal(err)
	}
	swept, err := c.sweep()
	if err != nil {
		t.Fatal(err)
	}
	exact := c.eliminate()
	for k := range p.Channels {
		if math.Abs(swept.without[k].conv-exact.without[k].conv) > 1e-13 {
			t.Fatalf("%s: swept %v, eliminated %v", p.Channels[k], swept.without[k], exact.without[k])
		}
	}
}

// TestNegativeValues: shares of a loss mean nothing, so Markov shares values by conversions then, and all still adds up.
func TestNegativeValues(t *testing.T) {
	p := randomPaths(5, 40, 4, 5)
	for i := range p.Values {
		p.Values[i] -= 60 * float64(p.Conversions[i])
	}
	conversions, value, _, _ := p.totals()
	for _, model := range []string{Markov, Shapley, ShapleyRate, Linear} {
		r, err := p.Run(model, Options{})
		if err != nil {
			t.Fatal(err)
		}
		sum, valueSum := 0.0, 0.0
		for _, c := range r.Channels[:4] {
			sum, valueSum = sum+c.Conversions, valueSum+c.Value
			if model == Markov && math.Abs(c.Value/value-c.Conversions/conversions) > 1e-12 {
				t.Errorf("%s has %v of the values and %v of the conversions", c.Channel, c.Value/value, c.Conversions/conversions)
			}
		}
		if math.Abs(sum-conversions) > 1e-9 || math.Abs(valueSum-value) > 1e-9 {
			t.Errorf("%s: %v and %v, want %v and %v", model, sum, valueSum, conversions, value)
		}
	}
}

// TestShapleyRateByDefinition goes through all orders of five channels.
func TestShapleyRateByDefinition(t *testing.T) {
	p := randomPaths(6, 60, 5, 6)
	worth := func(in []int) (conversions, value float64) {
		total := 0.0
		for i := range p.Conversions {
			within := len(p.row(i)) > 0
			for _, id := range p.row(i) {
				within = within && slices.Contains(in, int(id))
			}
			if within {
				conversions += float64(p.Conversions[i])
				value += p.Values[i]
				total += float64(p.Conversions[i] + p.Nulls[i])
			}
		}
		return rate(conversions, total), rate(value, total)
	}
	want, wantValue, orders := make([]float64, 5), make([]float64, 5), 0.0
	var permute func(order []int)
	permute = func(order []int) {
		if len(order) == 5 {
			orders++
			for k := range order {
				with, valueWith := worth(order[:k+1])
				without, valueWithout := worth(order[:k])
				want[order[k]] += with - without
				wantValue[order[k]] += valueWith - valueWithout
			}
			return
		}
		for id := range 5 {
			if !slices.Contains(order, id) {
				permute(append(slices.Clone(order), id))
			}
		}
	}
	permute(nil)
	got := p.shapleyRate(&Options{})
	for id := range 5 {
		if math.Abs(got.conversions[id]-want[id]/orders) > 1e-13 || math.Abs(got.values[id]-wantValue[id]/orders) > 1e-11 {
			t.Errorf("channel %d: %v and %v, want %v and %v", id, got.conversions[id], got.values[id], want[id]/orders, wantValue[id]/orders)
		}
	}
}

// TestSampledShapleyRate compares the sampling with the exact value on the same game, within its own stated error.
func TestSampledShapleyRate(t *testing.T) {
	p := randomPaths(7, 400, 12, 5)
	groups := p.coalitions()
	exact, sampled := exactRate(groups, 12), sampledRate(groups, 12, &Options{Permutations: 4000, Seed: 5})
	all := 0.0
	for _, g := range groups {
		all += g.total
	}
	sum, exactSum := 0.0, 0.0
	for k := range 12 {
		sum, exactSum = sum+sampled.conversions[k], exactSum+exact.conversions[k]
		off := math.Abs(sampled.conversions[k]-exact.conversions[k]) * all
		if off > 4*sampled.errors[k] || sampled.errors[k] == 0 || sampled.errors[k] > 20 {
			t.Errorf("channel %d is %v conversions off, with a stated error of %v", k, off, sampled.errors[k])
		}
	}
	if math.Abs(sum-exactSum) > 1e-12 {
		t.Errorf("samples sum to %v, want %v", sum, exactSum)
	}
	many := randomPaths(8, 200, MaxExactChannels+4, 5)
	one, err := many.Run(ShapleyRate, Options{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	again, err := many.Run(ShapleyRate, Options{Seed: 3})
	if err != nil {
		t.Fatal(err)
	}
	conversions, _, none, _ := many.totals()
	total := 0.0
	for i, c := range one.Channels {
		if c.Conversions != again.Channels[i].Conversions {
			t.Errorf("%s: the same seed gave %v and %v", c.Channel, c.Conversions, again.Channels[i].Conversions)
		}
		if c.Channel != NoTouch && c.StandardError == nil {
			t.Errorf("%s has no standard error", c.Channel)
		}
		total += c.Conversions
	}
	if math.Abs(total-conversions-none) > 1e-9 {
		t.Errorf("credits sum to %v, want %v", total, conversions+none)
	}
}

// TestGroupingBeyondMasks: the grouping by lists of channels is that by masks.
func TestGroupingBeyondMasks(t *testing.T) {
	p := randomPaths(9, 300, 10, 6)
	few := p.coalitions()
	p.Channels = append(p.Channels, make([]string, MaxExactChannels)...)
	many := p.coalitions()
	if len(few) != len(many) {
		t.Fatalf("%d and %d groups", len(few), len(many))
	}
	for i := range few {
		if !slices.Equal(few[i].channels, many[i].channels) || few[i].total != many[i].total || few[i].values != many[i].values {
			t.Errorf("%+v and %+v", few[i], many[i])
		}
	}
}

// TestIntervals: they hold the credit itself, are the same for the same seed, narrow with more journeys, and cover the truth in most of many
// worlds drawn from it.
func TestIntervals(t *testing.T) {
	p := randomPaths(10, 150, 4, 5)
	width := func(p *Paths, model string) (widths []float64) {
		got, err := p.Intervals(model, Options{}, 100, 1)
		if err != nil {
			t.Fatal(err)
		}
		again, err := p.Intervals(model, Options{}, 100, 1)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, again) {
			t.Errorf("%s: the same seed gave other intervals", model)
		}
		r, err := p.Run(model, Options{})
		if err != nil {
			t.Fatal(err)
		}
		conversions, _, _, _ := p.totals()
		for i, x := range got {
			if c := r.Channels[i]; c.Conversions < x.Low || c.Conversions > x.High || c.Value < x.ValueLow || c.Value > x.ValueHigh {
				t.Errorf("%s: %+v is outside of %+v", model, c, x)
			}
			widths = append(widths, (x.High-x.Low)/conversions)
		}
		return widths
	}
	more := *p
	more.Conversions, more.Nulls, more.Values = slices.Clone(p.Conversions), slices.Clone(p.Nulls), slices.Clone(p.Values)
	for i := range more.Conversions {
		more.Conversions[i], more.Nulls[i], more.Values[i] = 16*p.Conversions[i], 16*p.Nulls[i], 16*p.Values[i]
	}
	for _, model := range []string{Markov, Shapley, ShapleyRate} {
		few, many := width(p, model), width(&more, model)
		for i := range few {
			if many[i] <= 0 || many[i] > few[i]/2.5 {
				t.Errorf("%s: %v wide, and %v with 16 times the journeys: want about a quarter", model, few[i], many[i])
			}
		}
	}
	for _, c := range []struct {
		model      string
		replicates int
	}{{Linear, 100}, {Markov, 1}, {Markov, MaxReplicates + 1}, {"best", 100}} {
		if _, err := p.Intervals(c.model, Options{}, c.replicates, 1); millrace.ErrorCode(err) != millrace.Invalid {
			t.Errorf("%s from %d resamples: %v", c.model, c.replicates, err)
		}
	}
}

// TestIntervalsCoverTheTruth draws 60 worlds from a known one and counts how often its shares are inside.
func TestIntervalsCoverTheTruth(t *testing.T) {
	truth := randomPaths(11, 120, 4, 5)
	share := func(p *Paths) []float64 {
		r, err := p.Run(Markov, Options{})
		if err != nil {
			t.Fatal(err)
		}
		total, _, _, _ := p.totals()
		out := make([]float64, 4)
		for i := range out {
			out[i] = r.Channels[i].Conversions / total
		}
		return out
	}
	want, covered, rnd := share(truth), 0, rand.New(rand.NewPCG(12, 13))
	const worlds = 60
	for w := range worlds {
		world := *truth
		truth.resample(&world, rnd)
		got, err := world.Intervals(Markov, Options{}, 120, uint64(w))
		if err != nil {
			t.Fatal(err)
		}
		total, _, _, _ := world.totals()
		for i, x := range got {
			if x.Low/total <= want[i] && want[i] <= x.High/total {
				covered++
			}
		}
	}
	if of := 4 * worlds; covered < of*88/100 || covered == of {
		t.Errorf("%d of %d intervals of 95%% hold the truth", covered, of)
	}
}

func TestTableHasIntervalsOfTheDataDriven(t *testing.T) {
	b := NewBuilder(Rules{AsOf: today})
	for i := range 40 {
		d := Deal{ID: fmt.Sprint(i), Amount: int64(100 + i), Outcome: []Outcome{DealWon, DealLost, Open}[i%3], Close: at(9)}
		if err := b.AddDeal(d, []Touch{touch(1, fmt.Sprint("ch", i%4)), touch(2, fmt.Sprint("ch", i%7))}[:i%3]); err != nil {
			t.Fatal(err)
		}
	}
	j := b.Journeys()
	o := all
	o.Replicates = 30
	got := table(t, j, Channel, Pipeline, o)
	for _, r := range got.Rows {
		for k, name := range got.Models {
			m, err := Lookup(name)
			if err != nil {
				t.Fatal(err)
			}
			x := r.Intervals[k]
			if (x != nil) != (m.DataDriven && !strings.HasPrefix(r.Value, "(no ")) {
				t.Errorf("%s of %s: interval %+v", name, r.Value, x)
			}
			if x != nil && (math.IsNaN(x.ValueLow) || x.ValueLow > x.ValueHigh) {
				t.Errorf("%s of %s: %+v", name, r.Value, x)
			}
		}
	}
	if p := j.Paths(Channel, Revenue); slices.Contains(p.Nulls, 2) || p.Conversions[0] != 1 || p.Nulls[1] != 1 || p.Conversions[2]+p.Nulls[2] != 0 {
		t.Errorf("won, lost and open are %v and %v", p.Conversions[:3], p.Nulls[:3])
	}
}
