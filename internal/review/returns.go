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
	Points     []MonthPoint   `json:"points" doc:"These months"`
	Curve      []CurvePoint   `json:"curve" doc:"The fit from the least month's spend to the largest; empty where the elasticity can't be told"`
	Words      string         `json:"words"`
	se         float64
}

// MonthPoint is what a month's spend came with.
type MonthPoint struct {
	Month metrics.Month `json:"month"`
	Spend float64       `json:"spend" doc:"Minor units"`
	Leads float64       `json:"leads"`
}

// CurvePoint is how many leads a month of so much spend comes with by the fit, and the 95% interval of their mean.
type CurvePoint struct {
	Spend float64 `json:"spend" doc:"Minor units"`
	Leads float64 `json:"leads"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// steps is how many points of a curve are told.
const steps = 24

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
	points := []MonthPoint{}
	for _, m := range whole(in, c) {
		if m.Spend.Minor > 0 {
			x, y = append(x, math.Log(float64(m.Spend.Minor))), append(y, m.Leads)
			points = append(points, MonthPoint{m.Month, float64(m.Spend.Minor), m.Leads})
		}
	}
	r := Returns{Months: len(x), Points: points, Curve: []CurvePoint{}, Elasticity: metrics.Figure{Key: "elasticity", Unit: metrics.UnitRatio, N: len(x), Undefined: metrics.TooFew,
		Rule: "e in leads = a · spend^e over whole months, by quasi-Poisson regression"}}
	if len(x) < leastMonths {
		r.Words = fmt.Sprintf("Whether more spend brings less and less can't be told: %s with spend, %d are needed.", plural(float64(len(x)), "whole month", "whole months"), leastMonths)
		return r
	}
	if least, most := bounds(x); most-least < math.Log(leastSpread) {
		r.Words = "Whether more spend brings less and less can't be told: the spend hardly changed from month to month."
		return r
	}
	f, ok := fitPoisson(x, y)
	t := survival.T(0.95, len(x)-2)
	e, half := f.slope, t*f.se(1, 0)
	if !ok || 2*half > widest {
		r.Words = "Whether more spend brings less and less can't be told: the months scatter too much."
		return r
	}
	low, high := e-half, e+half
	r.se, r.Elasticity.Value, r.Elasticity.Undefined = f.se(1, 0), &e, ""
	r.Curve = f.curve(x, t)
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

// fitted is log y by x about its mean: level + slope · (x − mean), and by how much that varies.
type fitted struct {
	mean, level, slope float64
	w, wx, wxx         float64 // information: [[w wx] [wx wxx]]
	dispersion         float64
}

// se is the standard error of slope·by + level·of: that of the slope (1, 0), that of log y at x (x − mean, 1).
func (f *fitted) se(by, of float64) float64 {
	return math.Sqrt(f.dispersion * (of*of*f.wxx - 2*of*by*f.wx + by*by*f.w) / (f.w*f.wxx - f.wx*f.wx))
}

// curve are points of the fit in even steps of what x is the logarithm of, each with its mean's interval.
func (f *fitted) curve(x []float64, t float64) []CurvePoint {
	least, most := bounds(x)
	from, to := math.Exp(least), math.Exp(most)
	out := make([]CurvePoint, 0, steps+1)
	for i := range steps + 1 {
		spend := from + (to-from)*float64(i)/steps
		u := math.Log(spend) - f.mean
		y, half := f.level+f.slope*u, t*f.se(u, 1)
		out = append(out, CurvePoint{Spend: spend, Leads: math.Exp(y), Low: math.Exp(y - half), High: math.Exp(y + half)})
	}
	return out
}

// fitPoisson fits log y to x by iteratively reweighted least squares; ok is false where it doesn't settle.
func fitPoisson(x, y []float64) (f fitted, ok bool) {
	total := 0.0
	for i := range x {
		f.mean, total = f.mean+x[i]/float64(len(x)), total+y[i]
	}
	if total == 0 {
		return f, false
	}
	f.level = math.Log(total / float64(len(x)))
	for range 50 {
		var wz, wxz float64
		f.w, f.wx, f.wxx = 0, 0, 0
		for i := range x {
			u := x[i] - f.mean
			mu := math.Exp(f.level + f.slope*u)
			z := f.level + f.slope*u + (y[i]-mu)/mu
			f.w, f.wx, f.wxx, wz, wxz = f.w+mu, f.wx+mu*u, f.wxx+mu*u*u, wz+mu*z, wxz+mu*u*z
		}
		next := (wxz - f.wx*wz/f.w) / (f.wxx - f.wx*f.wx/f.w)
		f.level = (wz - next*f.wx) / f.w
		settled := math.Abs(next-f.slope) < 1e-10
		if f.slope = next; math.IsNaN(f.level+f.slope) || math.Abs(f.slope) > 20 || math.Abs(f.level) > 100 {
			return f, false
		}
		if settled {
			ok = true
			break
		}
	}
	scatter := 0.0
	for i := range x {
		mu := math.Exp(f.level + f.slope*(x[i]-f.mean))
		scatter += (y[i] - mu) * (y[i] - mu) / mu
	}
	f.dispersion = max(1, scatter/float64(len(x)-2))
	return f, ok
}

// finite is a number for JSON, nil for what is none.
func finite(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}
