package metrics

import (
	"math"
	"testing"

	"pgregory.net/rapid"
)

func TestPartsOfAChangeAddUp(t *testing.T) {
	of := func(most, parts int) *rapid.Generator[float64] { // figures as they come: cents, whole numbers, shares of whole numbers
		return rapid.Map(rapid.IntRange(0, most*parts), func(n int) float64 { return float64(n) / float64(parts) })
	}
	amount := of(1e6, 100)
	rapid.Check(t, func(t *rapid.T) {
		ratio := rapid.Bool().Draw(t, "ratio")
		list := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Component {
			c := Component{Segment: rapid.SampledFrom([]string{"", "a", "b", "c"}).Draw(t, "segment"), BeforeNumerator: amount.Draw(t, "n0"),
				AfterNumerator: amount.Draw(t, "n1")}
			if ratio {
				c.BeforeDenominator = rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(1, 1e6)).Draw(t, "d0")
				c.AfterDenominator = rapid.OneOf(rapid.Just(0.0), rapid.Float64Range(1, 1e6)).Draw(t, "d1")
			}
			return c
		}), 0, 8).Draw(t, "components")
		c := Why("cpl", UnitMoney, "EUR", list)
		sound(t, "change", c)
		if (c.Value == nil) != (c.Undefined != "") || c.Words == "" {
			t.Fatalf("%+v", c)
		}
		adds(t, c)
	})
	rapid.Check(t, func(t *rapid.T) {
		report := func() VelocityReport {
			f := func(x float64, u Unit) Figure { return Figure{Value: number(x), Unit: u} }
			v := VelocityReport{Opportunities: f(of(1000, 1).Draw(t, "o"), UnitCount), AverageDeal: f(amount.Draw(t, "a"), UnitMoney),
				WinRate: f(of(1, 997).Draw(t, "w"), UnitRatio), CycleDays: f(rapid.Float64Range(1, 500).Draw(t, "c"), UnitDays)}
			v.Velocity.Value = number(*v.Opportunities.Value * *v.AverageDeal.Value * *v.WinRate.Value / *v.CycleDays.Value)
			return v
		}
		adds(t, VelocityChange(report(), report()))
	})
}

func adds(t *rapid.T, c Change) {
	if c.Value == nil {
		return
	}
	sum, size := 0.0, math.Abs(*c.Before)+math.Abs(*c.After)
	for _, p := range c.Parts {
		sum, size = sum+p.Value, size+math.Abs(p.Value)
	}
	if math.Abs(sum-*c.Value) > 1e-9*size {
		t.Fatalf("%v, the parts add up to %v", *c.Value, sum)
	}
}

func TestWhyInWords(t *testing.T) {
	c := Why("mql_to_opportunity", UnitRatio, "", []Component{{"LinkedIn ads", 30, 100, 36, 150}, {"Google search", 40, 100, 20, 50}})
	want := "mql to opportunity fell by 7.0 points to 28.0%: LinkedIn ads itself went from 30.0% to 24.0% (−3.8 points); Google search went from 50.0% " +
		"to 25.0% of the whole, at 40.0% (−2.1 points); LinkedIn ads went from 50.0% to 75.0% of the whole, at 27.0% (−1.1 points)"
	if c.Words != want {
		t.Errorf("got  %s\nwant %s", c.Words, want)
	}
	if c := VelocityChange(VelocityReport{Velocity: Figure{Undefined: NoData}}, VelocityReport{}); c.Undefined != NoData || c.Value != nil {
		t.Errorf("%+v", c)
	}
}
