package attribution

import (
	"encoding/binary"
	"math"
	"math/bits"
	"math/rand/v2"
	"slices"
)

// MaxExactChannels is up to how many channels ShapleyRate goes through all coalitions; beyond it samples orders of arrival.
const MaxExactChannels = 16

// worths are Shapley values by channel, with the standard errors of the conversions' credits where they were sampled.
type worths struct {
	conversions []float64
	values      []float64
	errors      []float64
}

// coalition is all journeys with the same distinct channels.
type coalition struct {
	channels                   []uint32 // ascending
	conversions, total, values float64
}

// coalitions groups the rows with touches by their distinct channels, in order of appearance.
func (p *Paths) coalitions() []coalition {
	var out []coalition
	if len(p.Channels) <= MaxExactChannels {
		at := make([]int32, 1<<len(p.Channels))
		for i := range p.Conversions {
			mask := 0
			for _, id := range p.row(i) {
				mask |= 1 << id
			}
			if mask == 0 {
				continue
			}
			if at[mask] == 0 {
				out = append(out, coalition{channels: channelsOf(mask)})
				at[mask] = int32(len(out))
			}
			out[at[mask]-1].add(p, i)
		}
		return out
	}
	at := map[string]int{}
	var ids []uint32
	var key []byte
	for i := range p.Conversions {
		ids = append(ids[:0], p.row(i)...)
		slices.Sort(ids)
		if ids = slices.Compact(ids); len(ids) == 0 {
			continue
		}
		key = key[:0]
		for _, id := range ids {
			key = binary.LittleEndian.AppendUint32(key, id)
		}
		k, ok := at[string(key)]
		if !ok {
			k = len(out)
			at[string(key)] = k
			out = append(out, coalition{channels: slices.Clone(ids)})
		}
		out[k].add(p, i)
	}
	return out
}

func (c *coalition) add(p *Paths, i int) {
	c.conversions += float64(p.Conversions[i])
	c.total += float64(p.Conversions[i] + p.Nulls[i])
	c.values += p.Values[i]
}

func channelsOf(mask int) (out []uint32) {
	for ; mask != 0; mask &= mask - 1 {
		out = append(out, uint32(bits.TrailingZeros(uint(mask))))
	}
	return out
}

// rate is a share of journeys; a coalition within which no journey lies is worth nothing.
func rate(part, total float64) float64 {
	if total == 0 {
		return 0
	}
	return part / total
}

// shapleyRate is the Shapley value (L. Shapley, A value for n-person games, 1953) of the game in which a coalition of channels is worth the
// conversion rate, or the value a journey, of the journeys that have touches of no other channel. A channel that lowers the rate has a negative value.
func (p *Paths) shapleyRate(o *Options) *worths {
	groups := p.coalitions()
	if len(p.Channels) <= MaxExactChannels {
		return exactRate(groups, len(p.Channels))
	}
	return sampledRate(groups, len(p.Channels), o)
}

// exactRate sums journeys over all subsets of all coalitions (the zeta transform) and takes the definition at its word.
func exactRate(groups []coalition, n int) *worths {
	size := 1 << n
	conv, total, values := make([]float64, size), make([]float64, size), make([]float64, size)
	for _, g := range groups {
		mask := 0
		for _, id := range g.channels {
			mask |= 1 << id
		}
		conv[mask], total[mask], values[mask] = g.conversions, g.total, g.values
	}
	for k := range n {
		for mask := range size {
			if mask>>k&1 == 1 {
				without := mask &^ (1 << k)
				conv[mask] += conv[without]
				total[mask] += total[without]
				values[mask] += values[without]
			}
		}
	}
	for mask := range size {
		conv[mask], values[mask] = rate(conv[mask], total[mask]), rate(values[mask], total[mask])
	}
	weight := make([]float64, n) // of joining a coalition of that size: s!(n-s-1)!/n!
	for s := range weight {
		weight[s] = 1 / float64(n)
		for k := range s {
			weight[s] *= float64(k+1) / float64(n-1-k)
		}
	}
	w := &worths{conversions: make([]float64, n), values: make([]float64, n)}
	for mask := range size {
		joining := bits.OnesCount(uint(mask))
		for k := range n {
			if mask>>k&1 == 0 {
				w.conversions[k] += weight[joining] * (conv[mask|1<<k] - conv[mask])
				w.values[k] += weight[joining] * (values[mask|1<<k] - values[mask])
			}
		}
	}
	return w
}

// samplingWork is how many channel visits sampling may take when the caller doesn't say how many permutations.
const samplingWork = 100_000_000

// sampledRate averages what channels add in random orders of arrival. Orders come in pairs, one the other reversed, which are one sample: it
// takes noise out, and the standard error, which is that of the credits in conversions, is of pairs. Every order's additions sum to the
// rate of all, so sums are exact however few there are.
func sampledRate(groups []coalition, n int, o *Options) *worths {
	visits := 0
	for _, g := range groups {
		visits += len(g.channels)
	}
	pairs := o.Permutations / 2
	if o.Permutations == 0 {
		pairs = min(2000, samplingWork/(2*(visits+n)))
	}
	pairs = max(pairs, 10)
	rnd := rand.New(rand.NewPCG(o.Seed, uint64(n)))
	w := &worths{conversions: make([]float64, n), values: make([]float64, n), errors: make([]float64, n)}
	place, steps := make([]int, n), make([]coalition, n)
	add, addValue, squares := make([]float64, n), make([]float64, n), make([]float64, n)
	all, converted := 0.0, 0.0
	for _, g := range groups {
		all += g.total
		converted += g.conversions
	}
	for range pairs {
		order := rnd.Perm(n)
		clear(add)
		clear(addValue)
		for range 2 {
			arrive(groups, order, place, steps, add, addValue)
			slices.Reverse(order)
		}
		for k := range n {
			w.conversions[k] += add[k] / 2
			w.values[k] += addValue[k] / 2
			squares[k] += add[k] / 2 * add[k] / 2
		}
	}
	for k := range n {
		w.conversions[k] /= float64(pairs)
		w.values[k] /= float64(pairs)
		variance := max(0, squares[k]/float64(pairs)-w.conversions[k]*w.conversions[k]) / float64(pairs-1)
		w.errors[k] = math.Sqrt(variance) * all // a credit is its value / the rate of all · conversions of all
	}
	if converted == 0 {
		clear(w.errors)
	}
	return w
}

// arrive lets channels come in an order and adds to each what the rate gains when it comes.
func arrive(groups []coalition, order, place []int, steps []coalition, add, addValue []float64) {
	for at, k := range order {
		place[k] = at
		steps[at] = coalition{}
	}
	for _, g := range groups {
		last := 0
		for _, id := range g.channels {
			last = max(last, place[id])
		}
		steps[last].conversions += g.conversions
		steps[last].total += g.total
		steps[last].values += g.values
	}
	var sum coalition
	before, valueBefore := 0.0, 0.0
	for at, k := range order {
		sum.conversions += steps[at].conversions
		sum.total += steps[at].total
		sum.values += steps[at].values
		now, value := rate(sum.conversions, sum.total), rate(sum.values, sum.total)
		add[k] += now - before
		addValue[k] += value - valueBefore
		before, valueBefore = now, value
	}
}
