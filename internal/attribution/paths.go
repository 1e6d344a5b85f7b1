package attribution

import (
	"runtime"
	"slices"
	"strings"
	"sync"
)

// Paths are journeys as plain paths, in columns: row i took the channels Touches[Offsets[i]:Offsets[i+1]], converted Conversions[i] times
// for Values[i] altogether, and Nulls[i] times it did not. Values stand only where there are conversions.
type Paths struct {
	Channels    []string
	Offsets     []int32
	Touches     []uint32 // index into Channels
	Conversions []int64
	Nulls       []int64
	Values      []float64
	HasValue    bool // false where the file told no values: they are all zero
}

// Len is the number of rows.
func (p *Paths) Len() int { return len(p.Conversions) }

// row is the path of a row.
func (p *Paths) row(i int) []uint32 { return p.Touches[p.Offsets[i]:p.Offsets[i+1]] }

// Credit is what a model gives to a channel.
type Credit struct {
	Channel       string    `json:"channel"`
	Conversions   float64   `json:"conversions"`
	Value         float64   `json:"value"`
	RemovalEffect *float64  `json:"removal_effect,omitempty"` // of Markov: the share of conversions that is lost without the channel
	StandardError *float64  `json:"standard_error,omitempty"` // of the conversions, where ShapleyRate was sampled
	Interval      *Interval `json:"interval,omitempty"`       // where one was asked for
}

// Result is a model's credits, channels in order of appearance, NoTouch last where there are conversions without touches. Conversions and
// values add up to those of the paths, up to the rounding of float64.
type Result struct {
	Name     string   `json:"name"`
	Order    int      `json:"order,omitempty"` // of Markov
	Channels []Credit `json:"channels"`
}

// Run runs a model over the paths, in time linear in the touches. It errs (Invalid) on parameters out of bounds and on models that need
// what a path doesn't tell; (TooLarge) where Markov's chain is beyond what can be solved.
func (p *Paths) Run(model string, o Options) (*Result, error) {
	m, err := o.check(model)
	if err != nil {
		return nil, err
	}
	if reason := p.refuses(m, &o); reason != "" {
		return nil, refused(m.Name, reason)
	}
	r := &Result{Name: model}
	switch model {
	case Markov:
		r.Order = o.Order
		e, err := p.markov(o.Order)
		if err != nil {
			return nil, err
		}
		r.Channels = p.shared(e.conversions, e.values)
		for i := range p.Channels {
			r.Channels[i].RemovalEffect = &e.conversions[i]
		}
	case ShapleyRate:
		s := p.shapleyRate(&o)
		r.Channels = p.shared(s.conversions, s.values)
		if s.errors != nil {
			for i := range p.Channels {
				r.Channels[i].StandardError = &s.errors[i]
			}
		}
	case First, Last:
		r.Channels = p.single(model == First)
	default:
		r.Channels = p.split(model, &o)
	}
	return r, nil
}

// RunAll runs all models that these paths allow, in their order of display, and lists the others with the reasons.
func (p *Paths) RunAll(o Options) ([]*Result, []Refusal, error) {
	var names []string
	var refusals []Refusal
	for _, m := range models {
		if m.Name == Custom && o.Weights == (Weights{}) {
			refusals = append(refusals, Refusal{Custom, "it needs weights"})
			continue
		}
		if reason := p.refuses(m, &o); reason != "" {
			refusals = append(refusals, Refusal{m.Name, reason})
			continue
		}
		names = append(names, m.Name)
	}
	results, err := p.RunEach(names, o)
	return results, refusals, err
}

// RunEach runs the named models side by side, on all cores. It errs as Run does, with the first model's error.
func (p *Paths) RunEach(names []string, o Options) ([]*Result, error) {
	results, errs := make([]*Result, len(names)), make([]error, len(names))
	var wg sync.WaitGroup
	gate := make(chan struct{}, runtime.GOMAXPROCS(0))
	for k, name := range names {
		wg.Go(func() {
			gate <- struct{}{}
			results[k], errs[k] = p.Run(name, o)
			<-gate
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return results, nil
}

// refuses says why a model can't be run on paths, "" where it can.
func (p *Paths) refuses(m Model, o *Options) string {
	if m.Name == Custom && o.Weights.needsMilestones() {
		return "its weights credit the touches that created the lead or the opportunity, and a path does not say which they were"
	}
	return m.needs
}

// single credits the first or the last touch. Rows are summed in their order, as everywhere here: the last digits are reproducible.
func (p *Paths) single(first bool) []Credit {
	out := p.credits()
	for i := range p.Conversions {
		id := len(p.Channels)
		if from, to := p.Offsets[i], p.Offsets[i+1]; to > from {
			if first {
				id = int(p.Touches[from])
			} else {
				id = int(p.Touches[to-1])
			}
		}
		out[id].Conversions += float64(p.Conversions[i])
		out[id].Value += p.Values[i]
	}
	return p.trimmed(out)
}

// split credits by weights, by distinct channels, or the last that isn't direct. For each row it counts what a channel is due in whole
// units and multiplies once: linear is conversions · touches of the channel / touches, as the field's R package computes it.
func (p *Paths) split(model string, o *Options) []Credit {
	out := p.credits()
	var s *shape
	if w, ok := o.shape(model); ok {
		s = newShape(w, nil)
	}
	direct := make([]bool, len(p.Channels))
	for i, name := range p.Channels {
		direct[i] = slices.ContainsFunc(o.Direct, func(d string) bool { return strings.EqualFold(d, name) })
	}
	u := units{by: make([]int64, len(p.Channels))}
	for i := range p.Conversions {
		path := p.row(i)
		if p.Conversions[i] == 0 {
			continue
		}
		if len(path) == 0 {
			out[len(p.Channels)].Conversions += float64(p.Conversions[i])
			out[len(p.Channels)].Value += p.Values[i]
			continue
		}
		of := 1.0
		switch {
		case s != nil:
			of = u.shape(s, path)
		case model == LastNonDirect:
			u.add(path[lastNonDirect(path, direct)], 1)
		default:
			for _, id := range path {
				if u.by[id] == 0 {
					u.add(id, 1)
				}
			}
			of = float64(len(u.distinct))
		}
		conversions, value := float64(p.Conversions[i]), p.Values[i]
		for _, id := range u.distinct {
			n := float64(u.by[id])
			u.by[id] = 0
			out[id].Conversions += conversions * n / of
			out[id].Value += value * n / of
		}
		u.distinct = u.distinct[:0]
	}
	return p.trimmed(out)
}

// lastNonDirect is the place of the last touch that isn't direct, of the last where all are.
func lastNonDirect(path []uint32, direct []bool) int {
	for at := len(path) - 1; at >= 0; at-- {
		if !direct[path[at]] {
			return at
		}
	}
	return len(path) - 1
}

// units are what the channels of one row are due, in whole numbers.
type units struct {
	by       []int64
	distinct []uint32 // the channels that are due something, in order of appearance
}

func (u *units) add(id uint32, n int64) {
	if u.by[id] == 0 {
		u.distinct = append(u.distinct, id)
	}
	u.by[id] += n
}

// shape counts what a shape gives to the channels, and gives the sum of it.
func (u *units) shape(s *shape, path []uint32) float64 {
	if s.marks.count == 0 {
		for _, id := range path {
			u.add(id, 1)
		}
		return float64(len(path))
	}
	m := s.marks
	m.place(len(path), -1, -1)
	whole, middle := s.present()
	spread := int64(1) // the pool is to be whole for each touch
	if middle > 0 {
		spread = m.rest
		for t, id := range path {
			if m.between[t] != 0 {
				u.add(id, middle)
			}
		}
	}
	for k := range m.n {
		u.add(path[m.at[k]], s.weight[m.kind[k]]*spread)
	}
	return float64(whole.of * spread)
}

// credits are empty credits for all channels and, last, for NoTouch.
func (p *Paths) credits() []Credit {
	out := make([]Credit, len(p.Channels)+1)
	for i, name := range p.Channels {
		out[i].Channel = name
	}
	out[len(p.Channels)].Channel = NoTouch
	return out
}

// trimmed leaves NoTouch away where nothing converted without touches.
func (p *Paths) trimmed(out []Credit) []Credit {
	if last := out[len(out)-1]; last.Conversions == 0 && last.Value == 0 {
		return out[:len(out)-1]
	}
	return out
}

// totals are the conversions and values of the rows with touches, and of those without.
func (p *Paths) totals() (conversions, value, untouched, untouchedValue float64) {
	for i := range p.Conversions {
		if p.Offsets[i] == p.Offsets[i+1] {
			untouched += float64(p.Conversions[i])
			untouchedValue += p.Values[i]
		} else {
			conversions += float64(p.Conversions[i])
			value += p.Values[i]
		}
	}
	return
}

// shared hands out the totals in proportion to what each channel is worth. Where all are worth nothing, there is nothing to hand out.
func (p *Paths) shared(conversions, values []float64) []Credit {
	out := p.credits()
	total, value, untouched, untouchedValue := p.totals()
	sum, valueSum := 0.0, 0.0
	for i := range conversions {
		sum += conversions[i]
		valueSum += values[i]
	}
	for i := range conversions {
		if sum != 0 {
			out[i].Conversions = conversions[i] / sum * total
		}
		if valueSum != 0 {
			out[i].Value = values[i] / valueSum * value
		}
	}
	out[len(p.Channels)].Conversions, out[len(p.Channels)].Value = untouched, untouchedValue
	return p.trimmed(out)
}
