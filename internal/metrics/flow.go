package metrics

import (
	"cmp"
	"slices"

	"millrace"
	"millrace/internal/metrics/survival"
)

// passage is from one stage to another; from −1 is the first stage.
type passage struct{ from, to int }

// Stay is a subject's stay in a stage.
type Stay struct {
	Stage millrace.Stage
	Days  int   // until it was left, or until now
	Row   int32 // of the Move that began it
	Ended int32 // the row of the Move that ended it; -1 while it lasts
}

// EachStay calls entered with the row of each Move into a subject's first stage, and stay with each stay, in the order of subjects and time. Undated
// moves are passed over and counted, and moves into the stage that a subject is in already are none.
func EachStay(moves []Move, o Options, entered func(row int32), stay func(s Stay)) []LeftOut {
	var left tally
	reader := o.Calendar.reader()
	asOf := reader.day(o.AsOf)
	eachSubject(moves, func(rows []int32) {
		began, since := int32(-1), Day(0)
		for _, row := range rows {
			m := &moves[row]
			switch {
			case m.At == 0:
				left.add("undated")
			case m.At <= o.AsOf && (began < 0 || m.Stage != moves[began].Stage):
				day := reader.day(m.At)
				if began < 0 {
					entered(row)
				} else {
					stay(Stay{moves[began].Stage, max(0, int(day-since)), began, row})
				}
				began, since = row, day
			}
		}
		if began >= 0 {
			stay(Stay{moves[began].Stage, max(0, int(asOf-since)), began, -1})
		}
	})
	return left.list()
}

// Flows counts the passages between stages, largest first.
func Flows(moves []Move, o Options) ([]Flow, []LeftOut) {
	f := o.fill()
	tables := map[passage]*survival.Table{}
	pass := func(from int, row int32, days int) {
		p := passage{from, int(moves[row].Stage)}
		if tables[p] == nil {
			tables[p] = &survival.Table{}
		}
		tables[p].Add(days, survival.Event, 1)
	}
	left := EachStay(moves, *f, func(row int32) { pass(-1, row, 0) }, func(s Stay) {
		if s.Ended >= 0 {
			pass(int(s.Stage), s.Ended, s.Days)
		}
	})
	var out []Flow
	for p, t := range tables {
		flow := Flow{First: p.from < 0, To: millrace.Stage(p.to), Count: t.N()}
		flow.Median = Figure{Key: "passage_days", Unit: UnitDays, Rule: "median of days from entering one stage to entering the next"}
		if flow.First {
			flow.Median.Undefined = NoData
		} else {
			flow.From = millrace.Stage(p.from)
			m, low, high, n := t.MedianOf(survival.Event, t.Max(), f.Level)
			flow.Median.N = n
			flow.Median.set(m)
			flow.Median.between(low, high, f.Level, "order")
		}
		flow.Kind = kindOf(flow.First, flow.From, flow.To)
		out = append(out, flow)
	}
	slices.SortFunc(out, func(a, b Flow) int {
		first := 0
		if a.First != b.First {
			first = 1
			if a.First {
				first = -1
			}
		}
		return cmp.Or(cmp.Compare(b.Count, a.Count), first, cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	return out, left
}

func kindOf(first bool, from, to millrace.Stage) FlowKind {
	switch {
	case first && regular(true, from, to):
		return FlowEntry
	case first:
		return FlowSideways
	case rung(from) < 0 && rung(to) >= 0:
		return FlowRecycle
	case rung(to) < rung(from) || rung(from) < 0:
		return FlowBack
	case regular(false, from, to):
		return FlowForward
	}
	return FlowSkip
}

// TimeInStage measures how long subjects stay in each stage.
func TimeInStage(moves []Move, o Options) ([]StageTime, []LeftOut) {
	f := o.fill()
	var tables [millrace.StageDisqualified + 1]survival.Table
	left := EachStay(moves, *f, func(int32) {}, func(s Stay) {
		switch {
		case int(s.Stage) >= len(tables):
		case s.Ended >= 0:
			tables[s.Stage].Add(s.Days, survival.Event, 1)
		default:
			tables[s.Stage].Add(s.Days, survival.Censored, 1)
		}
	})
	var out []StageTime
	for s := range tables {
		t := &tables[s]
		if t.N() == 0 {
			continue
		}
		st := StageTime{Stage: millrace.Stage(s), Left: t.Total(survival.Event), Inside: t.Total(survival.Censored)}
		st.Median = f.stay(t)
		st.Mean = Figure{Key: "stay_mean", Unit: UnitDays, N: st.Left, Rule: "mean days in the stage, of the stays that are over"}
		total := 0
		for day := 0; day <= t.Max(); day++ {
			total += day * t.Count(day, survival.Event)
		}
		st.Mean.over(float64(total), float64(st.Left))
		out = append(out, st)
	}
	return out, left
}

// stay is the Kaplan–Meier median of a table's durations.
func (o *Options) stay(t *survival.Table) Figure {
	f := Figure{Key: "stay", Unit: UnitDays, N: t.N(), Rule: "days by which half have left the stage, by Kaplan–Meier: who is there still is censored"}
	day, low, high := t.Quantile(0.5, true, o.Level)
	end := func(d int) *float64 {
		if d < 0 {
			return nil
		}
		return number(float64(d))
	}
	f.Interval = &Interval{end(low), end(high), o.Level, "log-log"}
	if f.Value = end(day); f.Value == nil {
		f.Undefined = NotReached
	}
	return f
}
