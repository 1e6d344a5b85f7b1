package metrics

import (
	"math"

	"millrace/internal/metrics/survival"
)

// logSE is the standard error of a figure's logarithm, read off its interval; ok is false without one.
func logSE(f Figure) (se float64, ok bool) {
	i := f.Interval
	if f.Value == nil || *f.Value <= 0 || i == nil || i.High == nil || *i.High <= 0 {
		return 0, false
	}
	if i.Low != nil && *i.Low > 0 {
		return math.Log(*i.High / *i.Low) / 2 / survival.Z(i.Level), true
	}
	return math.Log(*i.High / *f.Value) / survival.Z(i.Level), true
}

// logDelta gives a product or quotient of independent factors its interval: the variances of their logarithms add up (delta method). There
// is none where a factor has none.
func (o *Options) logDelta(f *Figure, factors ...Figure) {
	if f.Value == nil || *f.Value <= 0 {
		return
	}
	variance := 0.0
	for _, factor := range factors {
		se, ok := logSE(factor)
		if !ok {
			return
		}
		variance += se * se
	}
	spread := math.Exp(survival.Z(o.Level) * math.Sqrt(variance))
	f.between(*f.Value/spread, *f.Value*spread, o.Level, "log-delta")
}
