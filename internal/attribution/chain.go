package attribution

import (
	"slices"

	"millrace"
)

// chain is an absorbing Markov chain. State 0 is the start; nothing leads to it. Others are runs of `order` channels, or a whole path
// that is shorter. Transitions are probabilities with loops taken out (a loop does not change where the chain ends), in rows: state i goes to
// to[first[i]:first[i+1]], and converts, ends, or converts with value at conv[i], null[i] and value[i] (the last is no probability: it is
// the value that a visit of i brings on its way out).
type chain struct {
	members           [][]int32 // channels of a state, each once, ascending
	first             []int32
	to                []int32
	p                 []float64
	conv, null, value []float64
	channels          int
}

func (c *chain) states() int { return len(c.conv) }

// maxEdges bounds a chain's memory: about 50 bytes an edge while it is counted.
const maxEdges = 8 << 20

// counts is a chain while it is counted.
type counts struct {
	state   map[uint64]int32 // by packed channels
	edge    map[uint64]int32 // by from and to
	from    []int32
	to      []int32
	weight  []float64
	conv    []float64
	null    []float64
	value   []float64
	members [][]int32
}

// newChain counts the transitions of the paths, whose channels must be fewer than 65,535 for orders above 1. Rows of ChannelAttribution's
// markov_model are followed: a path of L channels has the states of its L-order+1 runs, or one state of all its channels when L < order.
func (p *Paths) newChain(order int) (*chain, error) {
	const op = "attribution.Markov"
	if order > 1 && len(p.Channels) >= 1<<16-1 {
		return nil, millrace.Errorf(millrace.TooLarge, op, "markov of order %d takes up to %d channels, and there are %d", order, 1<<16-2, len(p.Channels))
	}
	k := &counts{state: map[uint64]int32{}, edge: map[uint64]int32{}, conv: make([]float64, 1), null: make([]float64, 1), value: make([]float64, 1),
		members: make([][]int32, 1)}
	var dense []int32 // state by channel, of order 1
	if order == 1 {
		dense = make([]int32, len(p.Channels))
	}
	small := order == 1 && len(p.Channels) <= 512
	var grid []float64
	if small {
		grid = make([]float64, (len(p.Channels)+1)*(len(p.Channels)+1))
	}
	mask := ^uint64(0) >> (64 - 16*order)
	for i := range p.Conversions {
		path, w := p.row(i), float64(p.Conversions[i]+p.Nulls[i])
		if len(path) == 0 || w == 0 {
			continue
		}
		at, key := int32(0), uint64(0)
		for t, id := range path {
			var next int32
			if order == 1 {
				if next = dense[id]; next == 0 {
					next = k.add([]uint32{id})
					dense[id] = next
				}
			} else {
				key = (key<<16 | uint64(id+1)) & mask
				if t < order-1 && t < len(path)-1 {
					continue
				}
				var ok bool
				if next, ok = k.state[key]; !ok {
					next = k.add(path[max(0, t+1-order) : t+1])
					k.state[key] = next
				}
			}
			if small {
				grid[int(at)*(len(p.Channels)+1)+int(next)] += w
			} else if at != next {
				k.step(at, next, w)
			}
			at = next
		}
		k.conv[at] += float64(p.Conversions[i])
		k.null[at] += float64(p.Nulls[i])
		k.value[at] += p.Values[i]
		if len(k.to) > maxEdges {
			return nil, millrace.Errorf(millrace.TooLarge, op, "markov of order %d has more than %d transitions here: use a lower order or fewer channels",
				order, maxEdges)
		}
	}
	for at := range k.conv {
		for next := range k.conv {
			if small && at != next {
				if w := grid[at*(len(p.Channels)+1)+next]; w > 0 {
					k.from, k.to, k.weight = append(k.from, int32(at)), append(k.to, int32(next)), append(k.weight, w)
				}
			}
		}
	}
	return k.chain(len(p.Channels)), nil
}

// add makes a state of channels.
func (k *counts) add(ids []uint32) int32 {
	var m []int32
	for _, id := range ids {
		m = append(m, int32(id))
	}
	slices.Sort(m)
	k.members = append(k.members, slices.Compact(m))
	k.conv, k.null, k.value = append(k.conv, 0), append(k.null, 0), append(k.value, 0)
	return int32(len(k.conv) - 1)
}

// step counts a transition.
func (k *counts) step(from, to int32, w float64) {
	key := uint64(from)<<32 | uint64(to)
	e, ok := k.edge[key]
	if !ok {
		e = int32(len(k.to))
		k.edge[key] = e
		k.from, k.to, k.weight = append(k.from, from), append(k.to, to), append(k.weight, 0)
	}
	k.weight[e] += w
}

// chain turns counts into probabilities.
func (k *counts) chain(channels int) *chain {
	n := len(k.conv)
	c := &chain{members: k.members, first: make([]int32, n+1), to: make([]int32, len(k.to)), p: make([]float64, len(k.to)),
		conv: k.conv, null: k.null, value: k.value, channels: channels}
	sum := make([]float64, n)
	for e, from := range k.from {
		c.first[from+1]++
		sum[from] += k.weight[e]
	}
	for i := range n {
		c.first[i+1] += c.first[i]
		if sum[i] += k.conv[i] + k.null[i]; sum[i] > 0 {
			c.conv[i], c.null[i], c.value[i] = c.conv[i]/sum[i], c.null[i]/sum[i], c.value[i]/sum[i]
		}
	}
	next := slices.Clone(c.first[:n])
	for e, from := range k.from {
		c.to[next[from]], c.p[next[from]] = k.to[e], k.weight[e]/sum[from]
		next[from]++
	}
	return c
}
