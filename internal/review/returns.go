package review

import (
	"fmt"
	"math"

	"millrace/internal/metrics"
	"millrace/internal/metrics/survival"
)

// What a fit needs: months, how far the largest month's spend must lie above the smallest, and how wide its interval may be.
const (
	leastMonths = 6
	leastSpread = 1.5
	widest      = 1.0
)

// Returns is how leads went with spend over the months: an elasticity of 0.6 says that 10% more spend came with about 6% more leads.
type Returns struct {
	Elasticity metrics.Figure `json:"elasticity" doc:"Of leads to spend; 1 is in proportion, 0 is none. Undefined where it can't be told"`
	Months     int            `json:"months" doc:"Whole months with spend"`
	Words      string         `json:"words"`
	se         float64
}

// saturated says whether more spend surely brings too little.
func (r *Returns) saturated() bool {
	return r.Elasticity.Value != nil && *r.Elasticity.Interval.High < saturated
}

// whole are the months of a channel that lie whole in what is over of the period.
func whole(in Input, c Channel) (out []metrics.CostMonth) {
	for _, m := range c.Row.Months {
		if p := m.Month.Period(); p.First >= in.Period.First && p.Last <= min(in.Period.Last, in.Until) {
			out = append(out, m)
		}
	}
	return out
}

// diminishing fits leads = a · spend^e over whole months by quasi-Poisson regression (McCullagh and Nelder, Generalized Linear Models, 1989,
// chapter 6): months without a lead count too, and the interval is as wide as months really scatter.
func diminishing(in Input, c Channel) Returns {
	var x, y []float64
	for _, m := range whole(in, c) {
		if m.Spend.Minor > 0 {
			x, y = append(x, math.Log(float64(m.Spend.Minor))), append(y, m.Leads)
		}
	}
	r := Returns{Months: len(x), Elasticity: metrics.Figure{Key: "elasticity", Unit: metrics.UnitRatio, N: len(x), Undefined: metrics.TooFew,
		Rule: "e in leads = a · spend^e over whole months, by quasi-Poisson regression"}}
	if len(x) < leastMonths {
		r.Words = fmt.Sprintf("Whether more spend brings less and less can't be told: %s with spend, %d are needed.", plural(float64(len(x)), "whole month", "whole months"), leastMonths)
		return r
	}
	if least, most := bounds(x); most-least < math.Log(leastSpread) {
		r.Words = "Whether more spend brings less and less can't be told: the spend hardly changed from month to month."
		return r
	}
	e, se, ok := fitPoisson(x, y)
	half := survival.T(0.95, len(x)-2) * se
	if !ok || 2*half > widest {
		r.Words = "Whether more spend brings less and less can't be told: the months scatter too much."
		return r
	}
	low, high := e-half, e+half
	r.se, r.Elasticity.Value, r.Elasticity.Undefined = se, &e, ""
	r.Elasticity.Interval = &metrics.Interval{Low: &low, High: &high, Level: 0.95, Method: "t"}
	r.Elasticity.Caveats = []string{"months_compared"}
	about := fmt.Sprintf("10%% more spend came with about %.0f%% more leads (%.0f%% to %.0f%%)", more(e), more(low), more(high))
	switch {
	case high < 1:
		r.Words = about + ": returns diminish."
	case low > 1:
		r.Words = about + ": returns grow."
	default:
		r.Words = about + ": that may be in proportion."
	}
	return r
}

// more is by how many hundredths leads rise with a tenth more spend.
func more(e float64) float64 { return 100 * (math.Pow(1.1, e) - 1) }

func bounds(x []float64) (least, most float64) {
	least, most = x[0], x[0]
	for _, v := range x {
		least, most = min(least, v), max(most, v)
	}
	return least, most
}

// fitPoisson is the slope of log y by x and its standard error, by iteratively reweighted least squares; ok is false where it doesn't settle.
func fitPoisson(x, y []float64) (slope, se float64, ok bool) {
	mean, total := 0.0, 0.0
	for i := range x {
		mean, total = mean+x[i]/float64(len(x)), total+y[i]
	}
	if total == 0 {
		return 0, 0, false
	}
	a, b, information := math.Log(total/float64(len(x))), 0.0, 0.0
	for range 50 {
		var w, wx, wxx, wz, wxz float64
		for i := range x {
			u := x[i] - mean
			mu := math.Exp(a + b*u)
			z := a + b*u + (y[i]-mu)/mu
			w, wx, wxx, wz, wxz = w+mu, wx+mu*u, wxx+mu*u*u, wz+mu*z, wxz+mu*u*z
		}
		information = wxx - wx*wx/w
		next := (wxz - wx*wz/w) / information
		a = (wz - next*wx) / w
		settled := math.Abs(next-b) < 1e-10
		if b = next; math.IsNaN(a+b) || math.Abs(b) > 20 || math.Abs(a) > 100 {
			return 0, 0, false
		}
		if settled {
			ok = true
			break
		}
	}
	scatter := 0.0
	for i := range x {
		mu := math.Exp(a + b*(x[i]-mean))
		scatter += (y[i] - mu) * (y[i] - mu) / mu
	}
	return b, math.Sqrt(max(1, scatter/float64(len(x)-2)) / information), ok
}

// finite is a number for JSON, nil for what is none.
func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}
