package attribution

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"

	"gonum.org/v1/gonum/stat/distuv"

	"millrace"
)

// Interval is where 95% of the credits of resampled journeys fall.
type Interval struct {
	Low       float64 `json:"low"`
	High      float64 `json:"high"`
	ValueLow  float64 `json:"value_low"`
	ValueHigh float64 `json:"value_high"`
}

// MaxReplicates bounds the resamples of Intervals.
const MaxReplicates = 10_000

// Intervals resamples the journeys and runs a data-driven model on each resample, giving for each channel the percentiles 2.5 and 97.5 of its
// credit (B. Efron, Bootstrap methods: another look at the jackknife, 1979). A journey is drawn a Poisson(1) number of times, on its own: for
// many journeys that is drawing as many with replacement. Shares of each resample are of the true totals, so what an
// interval shows is how sure the split is and not how many deals there will be. Percentiles cover about 95% when each channel is in some dozens
// of converting journeys, less when it is in a handful; a channel whose only conversion may be left out has an interval from zero.
//
// Replicates are at least 2, 200 is usual. The same seed gives the same intervals, on any number of cores. Intervals errs as Run does, and
// (Invalid) for a model that learns nothing from data.
func (p *Paths) Intervals(model string, o Options, replicates int, seed uint64) ([]Interval, error) {
	const op = "attribution.Intervals"
	m, err := o.check(model)
	if err != nil {
		return nil, err
	}
	if !m.DataDriven {
		return nil, millrace.FieldErrorf(op, "model", "%s is a rule: its credits have no interval", model)
	}
	if replicates < 2 || replicates > MaxReplicates {
		return nil, millrace.FieldErrorf(op, "bootstrap", "resamples are from 2 to %d, and %d were asked for", MaxReplicates, replicates)
	}
	conversions, value, _, _ := p.totals()
	n := len(p.Channels)
	drawn, values := make([][]float64, n), make([][]float64, n)
	for i := range n {
		drawn[i], values[i] = make([]float64, replicates), make([]float64, replicates)
	}
	errs := make([]error, replicates)
	next := make(chan int, replicates)
	for k := range replicates {
		next <- k
	}
	close(next)
	var wg sync.WaitGroup
	for range min(replicates, runtime.GOMAXPROCS(0)) {
		wg.Go(func() {
			sample := *p
			for k := range next {
				rnd := rand.New(rand.NewPCG(seed, uint64(k)))
				for range redraws {
					if p.resample(&sample, rnd); conversions == 0 || sample.converted() {
						break
					}
				}
				r, err := sample.Run(model, o)
				if err != nil {
					errs[k] = err
					return
				}
				got, gotValue, _, _ := sample.totals()
				for i := range n {
					drawn[i][k] = rate(r.Channels[i].Conversions, got) * conversions
					values[i][k] = rate(r.Channels[i].Value, gotValue) * value
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	out := make([]Interval, n)
	for i := range out {
		out[i].Low, out[i].High = percentiles(drawn[i])
		out[i].ValueLow, out[i].ValueHigh = percentiles(values[i])
	}
	return out, nil
}

// redraws is how often a resample in which nothing converted, which happens to a handful of conversions and says nothing about shares, is
// drawn again.
const redraws = 100

// converted says whether anything with touches did.
func (p *Paths) converted() bool {
	conversions, _, _, _ := p.totals()
	return conversions > 0
}

// resample draws the journeys of p into dst, which shares the paths.
func (p *Paths) resample(dst *Paths, rnd *rand.Rand) {
	dst.Conversions, dst.Nulls, dst.Values = make([]int64, p.Len()), make([]int64, p.Len()), make([]float64, p.Len())
	draw := func(n int64) int64 {
		if n == 0 {
			return 0
		}
		return int64(distuv.Poisson{Lambda: float64(n), Src: rnd}.Rand())
	}
	for i := range p.Conversions {
		dst.Conversions[i], dst.Nulls[i] = draw(p.Conversions[i]), draw(p.Nulls[i])
		if p.Conversions[i] > 0 {
			dst.Values[i] = p.Values[i] * float64(dst.Conversions[i]) / float64(p.Conversions[i])
		}
	}
}

// percentiles are the 2.5th and the 97.5th, interpolated between the values beside them.
func percentiles(x []float64) (low, high float64) {
	slices.Sort(x)
	at := func(q float64) float64 {
		place := q * float64(len(x)-1)
		i := int(math.Floor(place))
		if i+1 >= len(x) {
			return x[i]
		}
		return x[i] + (place-float64(i))*(x[i+1]-x[i])
	}
	return at(0.025), at(0.975)
}
