package attribution

import (
	"runtime"
	"sync"

	"millrace"
)

// effects are removal effects by channel: the share of the conversions, and of the value, that the chain loses when every state with the
// channel leads to null. Values are by conversions where some are negative, since shares of a loss mean nothing.
type effects struct {
	conversions []float64
	values      []float64
}

// markov is the removal effects of the paths' chain (E. Anderl et al., Mapping the customer journey, IJRM 33, 2016), exact by linear algebra.
//
// Order 1 in closed form: with N = (I-Q)^-1 and b the chance to convert from a state, the effect of i is N[0,i]·b[i] / (N[i,i]·b[0]).
// It is computed by elimination, and where a chain has too many states for that by sweeps with a proven bound.
func (p *Paths) markov(order int) (*effects, error) {
	c, err := p.newChain(order)
	if err != nil {
		return nil, err
	}
	s, err := c.solve()
	if err != nil {
		return nil, err
	}
	byValue := s.value > 0
	for _, v := range p.Values {
		byValue = byValue && v >= 0
	}
	e := &effects{conversions: make([]float64, len(p.Channels)), values: make([]float64, len(p.Channels))}
	for i := range p.Channels {
		if s.conv > 0 {
			e.conversions[i] = min(1, max(0, 1-s.without[i].conv/s.conv))
		}
		e.values[i] = e.conversions[i]
		if byValue {
			e.values[i] = min(1, max(0, 1-s.without[i].value/s.value))
		}
	}
	return e, nil
}

// outcome is the chance to convert and the expected value, from the start.
type outcome struct{ conv, value float64 }

// solution is the outcome of the whole chain and without each channel.
type solution struct {
	outcome
	without []outcome
}

// eliminationWork is how many multiplications elimination may take; beyond, sweeps are quicker by orders of magnitude.
const eliminationWork = 2e8

// solve finds the outcome with all channels and without each.
func (c *chain) solve() (*solution, error) {
	n := float64(c.states())
	work := 0.8 * n * n * n
	for _, m := range c.members {
		if len(m) > 1 { // of higher orders: a channel is in few of the states, so that each leaf is an elimination of most
			work = n * n * n / 3 * float64(c.channels)
			break
		}
	}
	if work <= eliminationWork {
		return c.eliminate(), nil
	}
	return c.sweep()
}

// dense is a chain under elimination: rows of conv, null, value and then the transitions to the states that are left.
type dense struct {
	ids  []int32 // states; the first is the start
	rows [][]float64
}

const extra = 3 // conv, null, value stand before the transitions

// eliminate solves by taking states out one by one: whoever led to a state leads to where it led instead (Gaussian elimination as Grassmann,
// Taksar and Heyman do it, Operations Research 33, 1985: nothing is ever subtracted, so no digit is lost). The channels are halved again
// and again: states with no channel of a half are taken out once for all of it, and when one channel is left, what leads from the start to
// conversion leads there without it. All channels together cost about as much as one inverse.
func (c *chain) eliminate() *solution {
	n := c.states()
	d := &dense{ids: make([]int32, n), rows: make([][]float64, n)}
	cells := make([]float64, n*(n+extra))
	for i := range n {
		row := cells[i*(n+extra) : (i+1)*(n+extra)]
		row[0], row[1], row[2] = c.conv[i], c.null[i], c.value[i]
		for e := c.first[i]; e < c.first[i+1]; e++ {
			row[extra+c.to[e]] = c.p[e]
		}
		d.ids[i], d.rows[i] = int32(i), row
	}
	s := &solution{without: make([]outcome, c.channels)}
	start := d.only(func(id int32) bool { return id == 0 }).rows[0]
	s.outcome = outcome{start[0], start[2]}
	c.halve(d, 0, int32(c.channels), s.without)
	return s
}

// halve solves for the channels from lo to below hi.
func (c *chain) halve(d *dense, lo, hi int32, without []outcome) {
	if lo == hi {
		return
	}
	d = d.only(func(id int32) bool {
		for _, m := range c.members[id] {
			if m >= lo && m < hi {
				return true
			}
		}
		return id == 0
	})
	if hi-lo == 1 {
		without[lo] = outcome{d.rows[0][0], d.rows[0][2]}
		return
	}
	mid := (lo + hi) / 2
	if len(d.ids) < 64 {
		c.halve(d, lo, mid, without)
		c.halve(d, mid, hi, without)
		return
	}
	var wg sync.WaitGroup
	wg.Go(func() { c.halve(d, lo, mid, without) })
	c.halve(d, mid, hi, without)
	wg.Wait()
}

// only is the chain of the kept states, the others eliminated. d stays as it is.
func (d *dense) only(keep func(id int32) bool) *dense {
	order, kept := make([]int, 0, len(d.ids)), 0
	for _, wanted := range []bool{true, false} {
		for i, id := range d.ids {
			if keep(id) == wanted {
				order = append(order, i)
			}
		}
		if wanted {
			kept = len(order)
		}
	}
	n := len(order)
	rows, cells := make([][]float64, n), make([]float64, n*(n+extra))
	for i, from := range order {
		row := cells[i*(n+extra) : (i+1)*(n+extra)]
		copy(row, d.rows[from][:extra])
		for j, k := range order {
			row[extra+j] = d.rows[from][extra+k]
		}
		rows[i] = row
	}
	for s := n - 1; s >= kept; s-- {
		out, leaves := rows[s][:extra+s], rows[s][0]+rows[s][1]
		for _, p := range out[extra:] {
			leaves += p
		}
		if leaves == 0 {
			continue // nothing leads away, so nothing led to it
		}
		for _, row := range rows[:s] {
			if p := row[extra+s]; p != 0 {
				p /= leaves
				row = row[:len(out)]
				for j, q := range out {
					row[j] += p * q
				}
			}
		}
	}
	left := &dense{ids: make([]int32, kept), rows: rows[:kept]}
	for i := range kept {
		left.ids[i] = d.ids[order[i]]
	}
	return left
}

// The bounds of sweeping: what is not yet decided at the end, relative to what converts, and the work it may take.
const (
	undecided = 1e-14
	sweepWork = 2e11
	batch     = 32 // channels that are swept together
)

// sweep solves by Gauss-Seidel from below. Column 0 holds the chance that a walk is not yet decided: it starts at 1 and bounds what every
// other column still lacks, so the end is proven and not guessed. It errs (TooLarge) when that would take more than sweepWork.
func (c *chain) sweep() (*solution, error) {
	s := &solution{without: make([]outcome, c.channels)}
	batches := (c.channels + batch - 1) / batch
	errs := make([]error, batches)
	var wg sync.WaitGroup
	gate := make(chan struct{}, runtime.GOMAXPROCS(0))
	for b := range batches {
		wg.Go(func() {
			gate <- struct{}{}
			defer func() { <-gate }()
			lo := b * batch
			hi := min(lo+batch, c.channels)
			all, err := c.sweepBatch(int32(lo), int32(hi), sweepWork/float64(batches), s.without[lo:hi])
			if b == 0 {
				s.outcome = all
			}
			errs[b] = err
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return s, nil
}

// sweepBatch solves for the channels from lo to below hi, and for all.
func (c *chain) sweepBatch(lo, hi int32, work float64, without []outcome) (outcome, error) {
	n, width := c.states(), int(3+2*(hi-lo)) // undecided; conv and value with all, then without each
	if float64(n)*float64(width) > 1<<26 {
		return outcome{}, c.tooLarge()
	}
	x := make([]float64, n*width)
	for i := range n {
		x[i*width] = 1
	}
	perSweep := float64(width) * float64(len(c.to)+n)
	for spent := 0.0; ; spent += 2 * perSweep {
		if spent > work {
			return outcome{}, c.tooLarge()
		}
		for i := n - 1; i >= 0; i-- {
			c.relax(x, width, i, lo, hi)
		}
		for i := range n {
			c.relax(x, width, i, lo, hi)
		}
		if conv := x[1]; x[0] <= undecided*conv || conv == 0 && x[0] < undecided {
			break
		}
	}
	for k := range without {
		without[k] = outcome{x[3+2*k], x[4+2*k]}
	}
	return outcome{x[1], x[2]}, nil
}

// relax computes the row of a state anew from those it leads to.
func (c *chain) relax(x []float64, width, i int, lo, hi int32) {
	row := x[i*width : (i+1)*width]
	row[0] = 0
	for k := 1; k < width; k += 2 {
		row[k], row[k+1] = c.conv[i], c.value[i]
	}
	for e := c.first[i]; e < c.first[i+1]; e++ {
		p, from := c.p[e], x[int(c.to[e])*width:]
		from = from[:len(row)]
		for k := range row {
			row[k] += p * from[k]
		}
	}
	for _, m := range c.members[i] {
		if m >= lo && m < hi {
			row[3+2*(m-lo)], row[4+2*(m-lo)] = 0, 0
		}
	}
}

func (c *chain) tooLarge() error {
	return millrace.Errorf(millrace.TooLarge, "attribution.Markov",
		"the Markov chain has %d states and %d transitions, more than can be solved to %g: use a lower order or fewer channels", c.states(), len(c.to), undecided)
}
