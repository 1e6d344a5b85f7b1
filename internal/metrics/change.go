package metrics

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// VelocityChange takes the change of velocity between two periods apart into its four factors, by their Shapley values: the mean, over
// all orders of changing one factor after the other, of what changing it does. They add up to the change.
func VelocityChange(before, after VelocityReport) Change {
	c := Change{Key: "velocity", Unit: UnitMoneyPerDay, Currency: after.Velocity.Currency, Before: before.Velocity.Value, After: after.Velocity.Value,
		Rule: "Shapley value of each factor of opportunities × average deal × win rate / cycle: the mean over all 24 orders of changing them"}
	if c.Before == nil || c.After == nil {
		c.Undefined = cmp.Or(before.Velocity.Undefined, after.Velocity.Undefined)
		c.Words = "velocity can't be compared: " + strings.ReplaceAll(string(c.Undefined), "_", " ")
		return c
	}
	figures := func(v VelocityReport) [4]Figure {
		return [4]Figure{v.Opportunities, v.AverageDeal, v.WinRate, v.CycleDays}
	}
	b, a := figures(before), figures(after)
	velocity := func(changed int) float64 { // bit i: factor i as it is after
		var x [4]float64
		for i := range x {
			x[i] = b[i].or(0)
			if changed>>i&1 == 1 {
				x[i] = a[i].or(0)
			}
		}
		return x[0] * x[1] * x[2] / x[3]
	}
	weight := [4]float64{1.0 / 4, 1.0 / 12, 1.0 / 12, 1.0 / 4} // k!(3−k)!/4! for a coalition of k
	for i := range b {
		part := Part{Name: b[i].Key, Effect: "factor"}
		for others := range 16 {
			if others>>i&1 == 0 {
				part.Value += weight[ones(others)] * (velocity(others|1<<i) - velocity(others))
			}
		}
		part.Words = fmt.Sprintf("%s went from %s to %s: %s", strings.ReplaceAll(part.Name, "_", " "), say(*b[i].Value, b[i].Unit, b[i].Currency),
			say(*a[i].Value, a[i].Unit, a[i].Currency), sayChange(part.Value, c.Unit, c.Currency))
		c.Parts = append(c.Parts, part)
	}
	c.finish()
	return c
}

func ones(n int) int { return n&1 + n>>1&1 + n>>2&1 + n>>3&1 }

// finish computes the change, sorts the parts and writes the sentence.
func (c *Change) finish() {
	c.Value = number(*c.After - *c.Before)
	slices.SortStableFunc(c.Parts, func(a, b Part) int {
		return cmp.Or(cmp.Compare(math.Abs(b.Value), math.Abs(a.Value)), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Effect, b.Effect))
	})
	words := moved(c.Key, *c.Before, *c.After, c.Unit, c.Currency)
	var because []string
	for _, p := range c.Parts {
		if p.Value != 0 && len(because) < 3 {
			because = append(because, p.Words)
		}
	}
	if len(because) > 0 {
		words += ": " + strings.Join(because, "; ")
	}
	c.Words = words
}

// sums are the sums of components in one period.
type sums struct{ numerator, denominator float64 }

// Why says why a headline figure moved: for ratios, what of it is a change of the segments' rates and what of their mix (the midpoint
// method: each effect at the mean of the two periods, so that they add up exactly); for sums, each segment's volume. A ratio without a
// denominator in one of the periods has no change. Components of one segment are added up.
func Why(key string, unit Unit, currency string, components []Component) Change {
	c := Change{Key: key, Unit: unit, Currency: currency}
	list := bySegment(components)
	var before, after sums
	ratio := false
	for _, s := range list {
		before.numerator, before.denominator = before.numerator+s.BeforeNumerator, before.denominator+s.BeforeDenominator
		after.numerator, after.denominator = after.numerator+s.AfterNumerator, after.denominator+s.AfterDenominator
		ratio = ratio || s.BeforeDenominator != 0 || s.AfterDenominator != 0
	}
	switch {
	case len(list) == 0:
		c.Undefined, c.Words = NoData, strings.ReplaceAll(key, "_", " ")+": there is nothing to compare"
		return c
	case !ratio:
		c.Before, c.After, c.Rule = number(before.numerator), number(after.numerator), "each segment's own change"
		c.volumes(list)
	case !(before.denominator > 0 && after.denominator > 0):
		c.Before, c.After = quotient(before), quotient(after)
		c.Undefined, c.Words = NoDenominator, strings.ReplaceAll(key, "_", " ")+" can't be compared: one of the periods is empty"
		return c
	default:
		c.Before, c.After = quotient(before), quotient(after)
		c.Rule = "rate effect: change of the segment's rate × its mean share; mix effect: change of its share × its mean rate over the whole's"
		c.rates(list, before, after)
	}
	c.finish()
	return c
}

func quotient(s sums) *float64 {
	if !(s.denominator > 0) {
		return nil
	}
	return number(s.numerator / s.denominator)
}

// bySegment adds up the components of each segment, alphabetically.
func bySegment(components []Component) []Component {
	list := slices.Clone(components)
	slices.SortFunc(list, func(a, b Component) int {
		return cmp.Or(cmp.Compare(a.Segment, b.Segment), cmp.Compare(a.BeforeNumerator, b.BeforeNumerator), cmp.Compare(a.AfterNumerator, b.AfterNumerator),
			cmp.Compare(a.BeforeDenominator, b.BeforeDenominator), cmp.Compare(a.AfterDenominator, b.AfterDenominator))
	})
	out := list[:0]
	for _, s := range list {
		if n := len(out); n > 0 && out[n-1].Segment == s.Segment {
			out[n-1].BeforeNumerator += s.BeforeNumerator
			out[n-1].BeforeDenominator += s.BeforeDenominator
			out[n-1].AfterNumerator += s.AfterNumerator
			out[n-1].AfterDenominator += s.AfterDenominator
			continue
		}
		out = append(out, s)
	}
	return out
}

func (c *Change) volumes(list []Component) {
	for _, s := range list {
		d := s.AfterNumerator - s.BeforeNumerator
		c.Parts = append(c.Parts, Part{Name: s.Segment, Effect: "volume", Value: d, Words: fmt.Sprintf("%s went from %s to %s (%s)", segmentName(s.Segment),
			say(s.BeforeNumerator, c.Unit, c.Currency), say(s.AfterNumerator, c.Unit, c.Currency), sayChange(d, c.Unit, c.Currency))})
	}
}

// rates takes the change of a ratio apart. A segment that is missing in one period has its other period's rate there, so that all of its
// effect is mix.
func (c *Change) rates(list []Component, before, after sums) {
	whole := (*c.Before + *c.After) / 2
	for _, s := range list {
		w0, w1 := s.BeforeDenominator/before.denominator, s.AfterDenominator/after.denominator
		r0, r1 := s.BeforeNumerator/s.BeforeDenominator, s.AfterNumerator/s.AfterDenominator
		var stray float64 // a numerator without a denominator: its whole contribution
		switch {
		case s.BeforeDenominator == 0 && s.AfterDenominator == 0:
			r0, r1, stray = 0, 0, s.AfterNumerator/after.denominator-s.BeforeNumerator/before.denominator
		case s.BeforeDenominator == 0:
			r0, stray = r1, -s.BeforeNumerator/before.denominator
		case s.AfterDenominator == 0:
			r1, stray = r0, s.AfterNumerator/after.denominator
		}
		name := segmentName(s.Segment)
		rate := (r1-r0)*(w0+w1)/2 + stray
		mix := (w1 - w0) * ((r0+r1)/2 - whole)
		c.Parts = append(c.Parts,
			Part{Name: s.Segment, Effect: "rate", Value: rate, Words: fmt.Sprintf("%s itself went from %s to %s (%s)", name,
				say(r0, c.Unit, c.Currency), say(r1, c.Unit, c.Currency), sayChange(rate, c.Unit, c.Currency))},
			Part{Name: s.Segment, Effect: "mix", Value: mix, Words: fmt.Sprintf("%s went from %s to %s of the whole, at %s (%s)", name,
				say(w0, UnitRatio, ""), say(w1, UnitRatio, ""), say((r0+r1)/2, c.Unit, c.Currency), sayChange(mix, c.Unit, c.Currency))})
	}
}

func segmentName(s string) string {
	if s == "" {
		return "what has no segment"
	}
	return s
}
