package market

import (
	"cmp"
	"iter"
	"slices"

	"millrace"
)

// stretchVisits is about how many visits are held at once, 24 bytes each. Fewer take less memory and more time: every stretch plans
// all units again.
const stretchVisits = 1_500_000

// Facts gives everything that the vendor's site, product and mail system send (identify, track, page, group), in the order of
// arrival (ReceivedAt), retries and late facts mixed in. Facts of bots carry FlagBot. It may be ranged over any number of times.
//
// Memory doesn't grow with the market: the time is cut into stretches, each unit's plan is made again for each stretch, and only
// the stretch's visits and the facts that are on their way are held.
func (m *Market) Facts() iter.Seq[millrace.Event] {
	return m.facts(1 + m.expectedVisits()/stretchVisits)
}

// expectedVisits is a rough number, for sizing alone.
func (m *Market) expectedVisits() int {
	people := m.c.Accounts * m.chances.peopleMilli / 1000
	return people*m.chances.visitor/1_000_000*m.chances.idleMilli/1000 + m.c.Accounts*6 + m.crowd*4 + m.bots*factsPerCrawler/6
}

func (m *Market) facts(stretches int) iter.Seq[millrace.Event] {
	return func(yield func(millrace.Event) bool) {
		var (
			plan    plan
			perf    performance
			pending = arrivals{r: renderer{m: m}}
			visits  []visit
		)
		length := (m.end - m.start) / millrace.Time(stretches)
		for i := range stretches {
			from, until := m.start+millrace.Time(i)*length, m.start+millrace.Time(i+1)*length
			if i == stretches-1 {
				until = m.end
			}
			visits = m.stretch(&plan, visits[:0], from, until)
			for k := range visits {
				v := &visits[k]
				if !pending.before(v.at, yield) {
					return
				}
				for _, s := range m.perform(&perf, *v) {
					if s.received < m.end {
						pending.push(fact{*v, s})
					}
					if s.again != 0 && s.again < m.end {
						s.received = s.again
						pending.push(fact{*v, s})
					}
				}
			}
		}
		pending.before(m.end, yield)
	}
}

// stretch collects the visits of [from, until) of all units, in the order of time.
func (m *Market) stretch(p *plan, visits []visit, from, until millrace.Time) []visit {
	for unit := range m.units() {
		m.plan(p, unit)
		for _, v := range p.visits {
			if v.at >= from && v.at < until {
				visits = append(visits, v)
			}
		}
	}
	slices.SortFunc(visits, func(a, b visit) int {
		if c := cmp.Compare(a.at, b.at); c != 0 {
			return c
		}
		if c := cmp.Compare(a.unit, b.unit); c != 0 {
			return c
		}
		return cmp.Compare(a.index, b.index)
	})
	return visits
}

// fact is a step of a visit, enough to write it out. It has no pointers, so that the collector needn't look at those that wait.
type fact struct {
	v visit
	s step
}

// arrivals are the facts on their way: a binary heap by arrival and then by the order of sending, over a slab.
type arrivals struct {
	r    renderer
	heap []arrival
	slab []fact
	free []int32
	sent uint64
}

type arrival struct {
	at   millrace.Time
	sent uint64
	slot int32
}

func (a arrival) less(b arrival) bool { return a.at < b.at || a.at == b.at && a.sent < b.sent }

func (a *arrivals) push(f fact) {
	slot := int32(len(a.slab))
	if n := len(a.free); n > 0 {
		slot, a.free = a.free[n-1], a.free[:n-1]
		a.slab[slot] = f
	} else {
		a.slab = append(a.slab, f)
	}
	a.heap = append(a.heap, arrival{f.s.received, a.sent, slot})
	a.sent++
	h := a.heap
	for i := len(h) - 1; i > 0; {
		up := (i - 1) / 2
		if !h[i].less(h[up]) {
			return
		}
		h[i], h[up] = h[up], h[i]
		i = up
	}
}

func (a *arrivals) pop() int32 {
	h := a.heap
	slot, last := h[0].slot, len(h)-1
	h[0] = h[last]
	h = h[:last]
	a.heap = h
	for i := 0; ; {
		down := 2*i + 1
		if down >= last {
			return slot
		}
		if down+1 < last && h[down+1].less(h[down]) {
			down++
		}
		if !h[down].less(h[i]) {
			return slot
		}
		h[i], h[down] = h[down], h[i]
		i = down
	}
}

// before hands out all that arrives before t; false when the receiver has enough.
func (a *arrivals) before(t millrace.Time, yield func(millrace.Event) bool) bool {
	for len(a.heap) > 0 && a.heap[0].at < t {
		slot := a.pop()
		a.free = append(a.free, slot)
		if !yield(a.r.render(&a.slab[slot])) {
			return false
		}
	}
	return true
}
