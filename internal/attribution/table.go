package attribution

import (
	"cmp"
	"math"
	"math/bits"
	"runtime"
	"slices"
	"sync"

	"millrace"
)

// Table holds models side by side.
type Table struct {
	Dimension Dimension
	Measure   Measure
	Models    []string
	Rows      []Row // the largest credit of any model first
	Total     int64 // what was handed out; every model's credits sum to it
	Refused   []Refusal
	LeftOut   LeftOut
	journeys  *Journeys
}

// Row is a value of the dimension with its credits, one for each of the table's models, in minor units or CountUnit.
type Row struct {
	Value     string
	Credits   []int64
	Intervals []*Interval // nil but for data-driven models, where Replicates were asked for; Value bounds are meant, in minor units
	id        uint32
}

// largest is the largest credit of any model.
func (r *Row) largest() int64 {
	if len(r.Credits) == 0 {
		return 0
	}
	return slices.Max(r.Credits)
}

// Credit is a model's credit to a value of the dimension, 0 where the table has neither.
func (t *Table) Credit(value, model string) int64 {
	at := slices.Index(t.Models, model)
	for _, r := range t.Rows {
		if r.Value == value && at >= 0 {
			return r.Credits[at]
		}
	}
	return 0
}

// TableOptions say what stands in a table.
type TableOptions struct {
	Options
	Models     []string // none are all that can be run
	Replicates int      // for intervals of data-driven models; 0 is without
}

// Table runs models over the journeys. Rules give whole minor units to touches, so that any grouping of touches adds up; data-driven
// models give shares of the total, apportioned by largest remainder. What has no touches stands on NoTouch in every model but
// SelfReported, which only exists by channel. An empty set of journeys gives a table without rows. It errs as Paths.Run does.
func (j *Journeys) Table(d Dimension, m Measure, o TableOptions) (*Table, error) {
	t := &Table{Dimension: d, Measure: m, LeftOut: j.LeftOut, journeys: j}
	if d >= Dimensions || m >= measures {
		return nil, millrace.Errorf(millrace.Invalid, "attribution.Table", "there is no such dimension or measure")
	}
	wanted := o.Models
	if wanted == nil {
		for _, m := range models {
			wanted = append(wanted, m.Name)
		}
	}
	for _, name := range wanted {
		if o.Models == nil && name == Custom && o.Weights == (Weights{}) {
			t.Refused = append(t.Refused, Refusal{name, "it needs weights"})
			continue
		}
		if _, err := o.check(name); err != nil {
			return nil, err
		}
		if name == SelfReported && d != Channel {
			t.Refused = append(t.Refused, Refusal{name, "buyers name channels, not the " + d.String()})
			continue
		}
		t.Models = append(t.Models, name)
	}
	credits, err := j.credits(t, &o)
	if err != nil {
		return nil, err
	}
	for i := range j.Len() {
		amount, _, _ := j.due(i, m)
		t.Total += amount
	}
	t.fill(j.Columns[d].Names, credits)
	return t, j.intervals(t, &o)
}

// credits gives each model's credits by value of the dimension.
func (j *Journeys) credits(t *Table, o *TableOptions) ([][]int64, error) {
	out := make([][]int64, len(t.Models))
	var rules []string
	var ofRules [][]int64
	var p *Paths
	for k, name := range t.Models {
		out[k] = make([]int64, len(j.Columns[t.Dimension].Names))
		if name != Markov && name != ShapleyRate {
			rules, ofRules = append(rules, name), append(ofRules, out[k])
			continue
		}
		if p == nil {
			p = j.Paths(t.Dimension, t.Measure)
		}
		if err := j.apportioned(p, t.Measure, name, &o.Options, out[k]); err != nil {
			return nil, err
		}
	}
	j.byRules(t.Dimension, t.Measure, &o.Options, rules, ofRules)
	return out, nil
}

// apportioned hands out the total by a data-driven model.
func (j *Journeys) apportioned(p *Paths, m Measure, model string, o *Options, out []int64) error {
	r, err := p.Run(model, *o)
	if err != nil {
		return err
	}
	total := int64(0)
	for i := range j.Len() {
		amount, _, _ := j.due(i, m)
		if j.Offsets[i] == j.Offsets[i+1] {
			out[noTouchID] += amount
		} else {
			total += amount
		}
	}
	shares := make([]float64, len(p.Channels))
	for i := range p.Channels {
		shares[i] = r.Channels[i].Value
	}
	for i, x := range apportion(total, shares) {
		out[i] += x
	}
	return nil
}

// apportion divides a total in proportion to shares by largest remainder, the earlier first among equals. Without any share, all goes
// to the first.
func apportion(total int64, shares []float64) []int64 {
	out, sum := make([]int64, len(shares)), 0.0
	for _, s := range shares {
		sum += s
	}
	if sum == 0 {
		if len(out) > 0 {
			out[0] = total
		}
		return out
	}
	left, rest, order := total, make([]float64, len(shares)), []int(nil)
	for i, s := range shares {
		if s == 0 {
			continue
		}
		x := s / sum * float64(total)
		out[i] = int64(math.Floor(x))
		rest[i] = x - math.Floor(x)
		left -= out[i]
		order = append(order, i)
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(rest[b], rest[a]) })
	n := int64(len(order)) // more than one round is needed only beyond 2^53, where float64 has no remainders
	for k, i := range order {
		out[i] += left / n
		if int64(k) < left%n {
			out[i]++
		} else if int64(k) < -(left % n) {
			out[i]--
		}
	}
	return out
}

// fill makes the rows out of credits by model and value; NoTouch and NoAnswer only where they have credit.
func (t *Table) fill(names []string, credits [][]int64) {
	for id, name := range names {
		r := Row{Value: name, id: uint32(id), Credits: make([]int64, len(t.Models)), Intervals: make([]*Interval, len(t.Models))}
		some := id != noTouchID && id != noAnswerID
		for k := range t.Models {
			r.Credits[k] = credits[k][id]
			some = some || r.Credits[k] != 0
		}
		if some {
			t.Rows = append(t.Rows, r)
		}
	}
	slices.SortStableFunc(t.Rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(b.largest(), a.largest()), cmp.Compare(a.Value, b.Value))
	})
}

// intervals adds those of the data-driven models.
func (j *Journeys) intervals(t *Table, o *TableOptions) error {
	if o.Replicates == 0 {
		return nil
	}
	p := j.Paths(t.Dimension, t.Measure)
	for k, name := range t.Models {
		if m, err := Lookup(name); err != nil || !m.DataDriven {
			continue
		}
		all, err := p.Intervals(name, o.Options, o.Replicates, o.Seed)
		if err != nil {
			return err
		}
		for i := range t.Rows {
			if t.Rows[i].id != noTouchID && t.Rows[i].id != noAnswerID {
				t.Rows[i].Intervals[k] = &all[t.Rows[i].id]
			}
		}
	}
	return nil
}

// rule is a rule-based model (or Shapley, which has become one) at work.
type rule struct {
	kind     kind
	shape    *shape
	halfLife float64
	decays   []float64
	seen     []int32 // the latest journey in which a value was seen
	journey  int32
}

type kind uint8

const (
	single kind = iota // first, last, last but direct ones
	shaped
	decaying
	equally
	told
)

// team are models at work side by side: each rule has a column of sums, and the pools of shapes have the columns after them.
type team struct {
	names   []string
	rules   []*rule
	placed  []*marks // of the shapes, each once
	columns int
}

// newTeam puts models to work on a dimension of so many values.
func newTeam(names []string, o *Options, values int) *team {
	var shapes []*shape
	w := &team{names: names, columns: len(names)}
	for _, name := range names {
		r := &rule{halfLife: float64(o.HalfLife)}
		switch name {
		case TimeDecay:
			r.kind = decaying
		case SelfReported:
			r.kind = told
		case Shapley:
			r.kind, r.seen = equally, make([]int32, values)
		}
		if weights, ok := o.shape(name); ok {
			r.kind, r.shape = shaped, newShape(weights, shapes)
			if r.shape.pool < 0 {
				r.shape.pool, r.shape.first = w.columns, true
				w.columns++
			}
			shapes = append(shapes, r.shape)
			if !slices.Contains(w.placed, r.shape.marks) {
				w.placed = append(w.placed, r.shape.marks)
			}
		}
		w.rules = append(w.rules, r)
	}
	return w
}

// hand hands a journey's amount out by all rules: touch t's part is added to sums[places[t]], in the column of the rule or of its pool. ids are
// the touches' values in the dimension, which only Shapley looks at: what a value is due goes to the first of its touches. What has no
// touches goes to the row of NoTouch, and answers to those of what was said.
func (w *team) hand(sums []int64, places []int, j *Journeys, i int, ids []uint32, amount int64) {
	if len(ids) > 0 {
		for _, m := range w.placed {
			m.place(len(ids), j.Lead[i], j.Opportunity[i])
		}
	}
	for k, r := range w.rules {
		switch {
		case r.kind == shaped && len(ids) > 0:
			sign := amount>>63 | 1 // MinInt64 is no amount: see Builder
			r.shape.split(sums[k:], sums[r.shape.pool:], places, amount*sign, sign)
		case r.kind == told:
			sums[int(j.Said[i])*w.columns+k] += amount
		case len(ids) == 0:
			sums[noTouchID*w.columns+k] += amount
		case r.kind == single:
			sums[places[touched(w.names[k], j, i, len(ids))]+k] += amount
		case r.kind == decaying:
			r.decay(sums[k:], places, j.At[j.Offsets[i]:j.Offsets[i+1]], amount)
		default:
			r.equal(sums[k:], places, ids, amount)
		}
	}
}

// touched is the touch that has all under a model of one touch.
func touched(model string, j *Journeys, i, touches int) int {
	if model == First {
		return 0
	}
	if at := j.NonDirect[i]; model == LastNonDirect && at >= 0 {
		return int(at)
	}
	return touches - 1
}

// equal splits an amount over the distinct values, the earlier taking the minor units that are left. It does not branch on what comes first,
// which nobody could foresee.
func (r *rule) equal(sums []int64, places []int, ids []uint32, amount int64) {
	n, seen := int64(0), uint64(0)
	if len(r.seen) <= 64 {
		for _, id := range ids {
			seen |= 1 << (id & 63)
		}
		n = int64(bits.OnesCount64(seen))
	} else {
		r.journey++
		for _, id := range ids {
			if r.seen[id] != r.journey {
				r.seen[id] = r.journey
				n++
			}
		}
	}
	sign := amount>>63 | 1
	part, rest := amount/n, amount%n*sign
	if len(r.seen) > 64 {
		for t, id := range ids {
			if r.seen[id] == r.journey {
				r.seen[id] = 0
				more := -rest >> 63 & 1
				sums[places[t]] += part + more*sign
				rest -= more
			}
		}
		return
	}
	for t, id := range ids {
		first := int64(seen >> (id & 63) & 1)
		seen &^= 1 << (id & 63)
		more := -rest >> 63 & first // -1 is all bits: 1 where some is left
		sums[places[t]] += part*first + more*sign
		rest -= more
	}
}

// byRules adds the credits of the rules, on all cores.
func (j *Journeys) byRules(d Dimension, m Measure, o *Options, names []string, out [][]int64) {
	workers := max(1, min(runtime.GOMAXPROCS(0), j.Len()/1024))
	var wg sync.WaitGroup
	var mu sync.Mutex
	for part := range workers {
		wg.Go(func() {
			w := newTeam(names, o, len(j.Columns[d].Names))
			sums := w.run(j, d, m, j.Len()*part/workers, j.Len()*(part+1)/workers)
			mu.Lock()
			defer mu.Unlock()
			for k, r := range w.rules {
				for id := range out[k] {
					out[k][id] += sums[id*w.columns+k]
					if r.shape != nil {
						out[k][id] += sums[id*w.columns+r.shape.pool]
					}
				}
			}
		})
	}
	wg.Wait()
}

// run sums the credits of the journeys from lo to below hi: a row a value, a column a rule or a pool.
func (w *team) run(j *Journeys, d Dimension, m Measure, lo, hi int) []int64 {
	column, columns, places := j.Columns[d].IDs, w.columns, []int(nil)
	sums := make([]int64, columns*len(j.Columns[d].Names))
	for i := lo; i < hi; i++ {
		amount, _, _ := j.due(i, m)
		if amount == 0 {
			continue
		}
		ids := column[j.Offsets[i]:j.Offsets[i+1]]
		places = slices.Grow(places[:0], len(ids))[:len(ids)]
		for t, id := range ids {
			places[t] = int(id) * columns
		}
		w.hand(sums, places, j, i, ids, amount)
	}
	return sums
}

// TouchCredits says what a rule-based model, or Shapley, gives to each touch of journey i: the figures that Table adds up. Of Shapley, what a
// value of the dimension is due stands on the first of its touches. It is empty for a journey without touches. It errs (Invalid) for
// models that credit no single touch.
func (j *Journeys) TouchCredits(i int, d Dimension, m Measure, model string, o Options) ([]int64, error) {
	if _, err := o.check(model); err != nil {
		return nil, err
	}
	if model == Markov || model == ShapleyRate || model == SelfReported {
		return nil, refused(model, "it credits channels as a whole and no single touch")
	}
	n := int(j.Offsets[i+1] - j.Offsets[i])
	credits := make([]int64, n)
	amount, _, _ := j.due(i, m)
	if amount == 0 || n == 0 {
		return credits, nil
	}
	w := newTeam([]string{model}, &o, len(j.Columns[d].Names))
	sums, places := make([]int64, n*w.columns), make([]int, n)
	for t := range places {
		places[t] = t * w.columns
	}
	w.hand(sums, places, j, i, j.Columns[d].IDs[j.Offsets[i]:j.Offsets[i+1]], amount)
	for t := range credits {
		for _, x := range sums[t*w.columns : (t+1)*w.columns] {
			credits[t] += x
		}
	}
	return credits, nil
}
