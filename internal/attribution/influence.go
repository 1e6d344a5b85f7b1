package attribution

import (
	"cmp"
	"math"
	"slices"
)

// Influence is the part that a value of a dimension had in the journeys that converted. Every journey counts whole for each value that is in it, so the
// rows don't add up: nothing is handed out here.
type Influence struct {
	Value    string
	Journeys int   // with a touch of it
	Amount   int64 // of those, as the measure has it
	First    int   // that it opened
	Last     int   // whose last touch it was
	Assisted int   // with it, and another's last touch
}

// Influence tells for each value of a dimension which converted journeys had a touch of it, the largest amount first. any is that of all values
// together: the journeys with a touch at all. Amounts beyond what an int64 holds stop at its end.
func (j *Journeys) Influence(d Dimension, m Measure) (rows []Influence, anyOf Influence) {
	names, column := j.Columns[d].Names, j.Columns[d].IDs
	all := make([]Influence, len(names))
	seen := make([]int, len(names))
	for i := range j.Len() {
		amount, converted, _ := j.due(i, m)
		ids := column[j.Offsets[i]:j.Offsets[i+1]]
		if !converted || len(ids) == 0 {
			continue
		}
		last := ids[len(ids)-1]
		for _, id := range ids {
			if seen[id] == i+1 {
				continue
			}
			seen[id] = i + 1
			x := &all[id]
			x.Journeys++
			x.Amount = plus(x.Amount, amount)
			if id != last {
				x.Assisted++
			}
		}
		all[ids[0]].First++
		all[last].Last++
		anyOf.Journeys++
		anyOf.Amount = plus(anyOf.Amount, amount)
	}
	for id := range all {
		if x := &all[id]; x.Journeys > 0 {
			x.Value = names[id]
			rows = append(rows, *x)
		}
	}
	slices.SortFunc(rows, func(a, b Influence) int {
		return cmp.Or(cmp.Compare(b.Amount, a.Amount), cmp.Compare(b.Journeys, a.Journeys), cmp.Compare(a.Value, b.Value))
	})
	return rows, anyOf
}

// plus adds, and stops at the ends.
func plus(a, b int64) int64 {
	switch sum := a + b; {
	case a > 0 && b > 0 && sum < 0:
		return math.MaxInt64
	case a < 0 && b < 0 && sum >= 0:
		return math.MinInt64
	default:
		return sum
	}
}
