package score

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"millrace"
)

// Line says what one scored fact adds to the intent, and why it is not more.
type Line struct {
	Seq        int64
	OccurredAt millrace.Time
	Behavior   int
	BehaviorID string
	Label      string
	Points     int     // as the rubric has it
	Counted    int     // after window and caps
	Reason     string  // why Counted is not Points: one of the Reason constants; "" when it is
	Weight     float64 // what decay has left, from 1 down to 0; 0 for a fact that is not yet
	Scaled     int64   // what it adds to State.Sum
	Milli      int64   // what it adds to the intent now, in thousandths of a point
}

// Explain lists every scored fact with what it adds, in order of OccurredAt and Seq, which is the order in which caps fill. The
// Scaled of the lines add up to Sum (unless Sum is beyond an int64), and their Milli to Milli of it at clock: what rounding leaves over is given
// to the lines with the largest remainders.
func (r *Rules) Explain(facts []Fact, clock millrace.Time) ([]Line, State) {
	lines := make([]Line, 0, len(facts))
	s := r.fold(facts, clock, func(f Fact, t taken, contribution int64) {
		src := &r.doc.Rubric.Behaviors[f.Behavior]
		line := Line{
			Seq: f.Seq, OccurredAt: f.OccurredAt, Behavior: f.Behavior, BehaviorID: src.ID, Label: cmp.Or(src.Label, src.ID),
			Points: src.Points, Counted: int(r.behaviors[f.Behavior].signed(t.size)), Reason: t.reason, Scaled: contribution,
		}
		if t.reason != ReasonNotYet {
			line.Weight = math.Exp2(-float64(clock-f.OccurredAt) / float64(r.halfLife))
		}
		lines = append(lines, line)
	})
	r.apportion(lines, s, clock)
	return lines, s
}

// apportion sets each line's Milli: its exact part of the intent rounded down, and one more for as many lines, by largest
// remainder, as the rounded whole needs.
func (r *Rules) apportion(lines []Line, s State, clock millrace.Time) {
	m, by := r.milliFactor(s.Epoch, clock)
	left := r.Milli(s.Epoch, s.Sum, clock)
	var order []int // lines that have a remainder
	remainders := make([]wideFraction, len(lines))
	for i := range lines {
		lines[i].Milli, remainders[i] = floorMilli(lines[i].Scaled, m, by)
		left -= lines[i].Milli
		if remainders[i] != (wideFraction{}) {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int { return remainders[b].compare(remainders[a]) })
	for _, i := range order[:min(max(left, 0), int64(len(order)))] {
		lines[i].Milli++
	}
}

// wideFraction is a remainder below 2^by, the same by for all that are compared.
type wideFraction struct{ hi, lo uint64 }

func (a wideFraction) compare(b wideFraction) int {
	return cmp.Or(cmp.Compare(a.hi, b.hi), cmp.Compare(a.lo, b.lo))
}

// floorMilli is scaled·m / 2^by rounded down, and the remainder. A fact is never before the clock's own time, so by is at least 64;
// beyond 127 the quotient is 0 or -1 and the whole rounds to 0: such lines have nothing to share.
func floorMilli(scaled int64, m uint64, by int64) (int64, wideFraction) {
	if by > 127 {
		return 0, wideFraction{}
	}
	abs, sign := magnitude(scaled)
	hi, lo := bits.Mul64(abs, m)
	shift := uint(by - 64)
	quotient, rest := int64(hi>>shift), wideFraction{hi & (1<<shift - 1), lo}
	if sign > 0 || rest == (wideFraction{}) {
		return sign * quotient, rest
	}
	lo, borrow := bits.Sub64(0, rest.lo, 0)
	hi, _ = bits.Sub64(1<<shift, rest.hi, borrow)
	return -quotient - 1, wideFraction{hi, lo}
}
