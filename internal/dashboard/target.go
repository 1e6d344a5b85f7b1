package dashboard

import (
	"cmp"
	"fmt"
	"slices"

	"millrace/internal/measure"
	"millrace/internal/metrics"
)

// Target is the imported targets that a figure is held against, added up.
type Target struct {
	Period     metrics.Period `json:"period" doc:"From the first day of the targets to the last: those that lie within the view's period, else the one that holds its last day"`
	Goal       metrics.Figure `json:"goal"`
	Actual     metrics.Figure `json:"actual" doc:"Of the targets' days, which need not be the view's"`
	Attainment metrics.Figure `json:"attainment"`
	Elapsed    float64        `json:"elapsed" doc:"Share of the targets' days that are over"`
	Words      string         `json:"words"`
}

// target is what a metric is to reach. Targets of a channel or an owner are not of the whole. Of overlapping targets the longest within the period
// count, so that nothing counts twice.
func (b *board) target(metric string) *Target {
	var within, around []measure.TargetRow
	for _, r := range b.targets {
		if r.Metric != metric || r.Channel != "" || r.Owner != "" || r.Goal.Value == nil {
			continue
		}
		switch {
		case r.Period.First >= b.p.First && r.Period.Last <= b.p.Last:
			within = append(within, r)
		case r.Period.Has(min(b.p.Last, b.m.Today())):
			around = append(around, r)
		}
	}
	rows := apart(within)
	if len(rows) == 0 && len(around) > 0 {
		slices.SortStableFunc(around, func(x, y measure.TargetRow) int { return cmp.Compare(x.Period.Days(), y.Period.Days()) })
		rows = around[:1]
	}
	if len(rows) == 0 {
		return nil
	}
	out := Target{Period: rows[0].Period, Goal: rows[0].Goal, Actual: rows[0].Actual}
	goal, actual, days, over := 0.0, 0.0, 0.0, 0.0
	for _, r := range rows {
		out.Period.First, out.Period.Last = min(out.Period.First, r.Period.First), max(out.Period.Last, r.Period.Last)
		goal += *r.Goal.Value
		if r.Actual.Value != nil {
			actual += *r.Actual.Value
		}
		days, over = days+float64(r.Period.Days()), over+r.Elapsed*float64(r.Period.Days())
	}
	out.Goal.Value, out.Actual.Value, out.Elapsed = &goal, &actual, over/days
	out.Attainment = metrics.Ratio("attainment", "actual / goal", out.Actual, out.Goal)
	out.Words = out.words(true)
	return &out
}

// apart are targets that share no day, the longest first chosen, in the order of time.
func apart(rows []measure.TargetRow) []measure.TargetRow {
	slices.SortStableFunc(rows, func(a, b measure.TargetRow) int { return cmp.Compare(b.Period.Days(), a.Period.Days()) })
	var out []measure.TargetRow
	for _, r := range rows {
		if !slices.ContainsFunc(out, func(o measure.TargetRow) bool {
			return r.Period.First <= o.Period.Last && o.Period.First <= r.Period.Last
		}) {
			out = append(out, r)
		}
	}
	slices.SortFunc(out, func(a, b measure.TargetRow) int { return cmp.Compare(a.Period.First, b.Period.First) })
	return out
}

// words say how far along a target is; with its days where they are not those that the sentence is about.
func (t Target) words(days bool) string {
	of := "target of " + say(t.Goal)
	if days {
		of += " for " + span(t.Period)
	}
	if t.Attainment.Value == nil {
		return "a " + of
	}
	s := percent(*t.Attainment.Value) + " of the " + of
	if t.Elapsed < 1 {
		return fmt.Sprintf("%s, with %s of its days over", s, percent(t.Elapsed))
	}
	return s
}
