package metrics

import (
	"cmp"
	"slices"

	"millrace/internal/metrics/survival"
)

// fewAtRisk is below how many open episodes at the horizon a censored rate is said to rest on few.
const fewAtRisk = 10

// packed is an episode in a word, so that a split by a dimension moves little memory: days, outcome, watched for the horizon, skipped.
type packed uint32

func pack(e Episode, watched bool) packed {
	p := packed(min(uint32(e.Days), 1<<20-1))<<4 | packed(e.Outcome)
	if watched {
		p |= 4
	}
	if e.Skipped {
		p |= 8
	}
	return p
}

// rater measures groups of episodes one after the other.
type rater struct {
	o                          *Options
	set                        *EpisodeSet
	table                      survival.Table
	watched, inWindow, skipped int
}

// load takes the episodes of a group.
func (r *rater) load(group []packed) {
	r.table.Reset()
	r.watched, r.inWindow, r.skipped = 0, 0, 0
	for _, p := range group {
		days, kind := int(p>>4), survival.Kind(p&3) // Outcome and Kind have the same numbers
		r.table.Add(days, kind)
		if p&4 != 0 {
			r.watched++
			if kind == survival.Event && days <= r.o.Horizon {
				r.inWindow++
			}
		}
		if p&8 != 0 {
			r.skipped++
		}
	}
}

// rated is the conversion of the loaded group.
func (r *rater) rated(segment string) Rated {
	t, o := &r.table, r.o
	out := Rated{Entered: t.N(), Converted: t.Total(survival.Event), EndedOtherwise: t.Total(survival.Competing), Open: t.Total(survival.Censored),
		Skipped: r.skipped}
	state := t.At(o.Horizon)
	days := itoa(o.Horizon)
	out.Rate = r.estimate(r.set.Key, "share converted within "+days+" days of entering, by Aalen–Johansen: what ended otherwise can't convert "+
		"any more, what is open is censored", state, state.Incidence)
	out.KaplanMeier = r.estimate(r.set.Key+"_kaplan_meier", "1 − S("+days+" days) by Kaplan–Meier: what ended otherwise and what is open are censored",
		state, state.KaplanMeier)
	out.Window = o.share(r.set.Key+"_window", "converted within "+days+" days / episodes that entered at least "+days+" days ago", r.inWindow, r.watched)
	if out.Window.Value == nil && t.N() > 0 {
		out.Window.Undefined = TooYoung
	}
	for _, f := range []*Figure{&out.Rate, &out.Window} {
		key := f.Key
		f.Key = r.set.Key
		o.judge(f, segment)
		f.Key = key
	}
	m, low, high, n := t.MedianOf(survival.Event, o.Horizon, o.Level)
	out.Median = Figure{Key: r.set.Key + "_days", Unit: UnitDays, N: n, Rule: "median of days from entering to converting, of those that did within " + days}
	if n == 0 {
		out.Median.Undefined = NoData
	} else {
		out.Median.set(m)
		out.Median.between(low, high, o.Level, "order")
	}
	return out
}

// estimate makes a figure of a censored share at the horizon.
func (r *rater) estimate(key, rule string, s survival.State, e survival.Estimate) Figure {
	f := Figure{Key: key, Unit: UnitRatio, N: r.table.N(), Rule: rule}
	switch {
	case f.N == 0:
		f.Undefined = NoDenominator
	case !s.Identified:
		f.Undefined = TooYoung
	default:
		f.set(e.Value)
		low, high := e.Interval(r.o.Level, s.Known)
		f.between(low, high, r.o.Level, "log-log")
		if s.AtRisk < fewAtRisk && s.Known < f.N {
			f.Caveats = []string{"few_at_risk"}
		}
	}
	return f
}

// Funnel measures episodes, whole, by month of entry and by each dimension. Entries outside of the period of entry are not looked at
// (the zero Period: all).
func Funnel(set EpisodeSet, entered Period, dims []Dim, o Options) FunnelReport {
	r := rater{o: o.fill(), set: &set}
	list := set.Episodes
	if entered != (Period{}) {
		list = slices.DeleteFunc(slices.Clone(list), func(e Episode) bool { return !entered.Has(e.Entered) })
	}
	asOf := r.o.Calendar.Day(o.AsOf)
	words := make([]packed, len(list))
	first, last := Day(0), Day(-1)
	for i, e := range list {
		words[i] = pack(e, int(asOf-e.Entered) >= r.o.Horizon)
		if i == 0 {
			first, last = e.Entered, e.Entered
		}
		first, last = min(first, e.Entered), max(last, e.Entered)
	}
	out := FunnelReport{Key: set.Key, Rule: set.Rule, Subjects: set.Subjects, Reentries: set.Reentry, Sideways: set.Sideways, LeftOut: set.LeftOut}
	r.load(words)
	out.Total = r.rated("")
	out.Curve = r.curve()
	s := splitter{words: words, spare: make([]packed, len(words))}
	out.Cohorts = r.cohorts(&s, list, first, last, asOf)
	for _, d := range dims {
		out.Dimensions = append(out.Dimensions, r.dimension(&s, list, d))
	}
	return out
}

// curve is the conversion curve of the loaded group.
func (r *rater) curve() []Point {
	var out []Point
	for _, s := range r.table.Curve(max(r.o.Horizon, 365)) {
		low, high := s.Incidence.Interval(r.o.Level, s.Known)
		out = append(out, Point{Day: s.Day, Rate: s.Incidence.Value, Low: low, High: high, KaplanMeier: s.KaplanMeier.Value, Ended: s.Other,
			AtRisk: s.AtRisk})
	}
	return out
}

// splitter groups episodes by a code, in linear time.
type splitter struct {
	words, spare []packed
}

// split calls f with each group that has episodes, by code. codes are in [0, n).
func (s *splitter) split(n int, code func(i int) int, f func(code int, group []packed)) {
	start := make([]int, n+1)
	for i := range s.words {
		start[code(i)+1]++
	}
	for i := range n {
		start[i+1] += start[i]
	}
	next := slices.Clone(start)
	for i, w := range s.words {
		c := code(i)
		s.spare[next[c]] = w
		next[c]++
	}
	for c := range n {
		if start[c] < start[c+1] {
			f(c, s.spare[start[c]:start[c+1]])
		}
	}
}

// cohorts are the months of entry from the first day to the last, those without an entry among them.
func (r *rater) cohorts(s *splitter, list []Episode, first, last, asOf Day) []Cohort {
	months := Period{first, last}.Months()
	if len(months) == 0 {
		return nil
	}
	out := make([]Cohort, len(months))
	r.load(nil)
	for i, m := range months {
		out[i] = Cohort{Month: m, Rated: r.rated("")}
	}
	monthOf := make([]int32, last-first+1)
	for d := first; d <= last; d++ {
		monthOf[d-first] = int32(d.Month() - months[0])
	}
	s.split(len(months), func(i int) int { return int(monthOf[list[i].Entered-first]) }, func(c int, group []packed) {
		r.load(group)
		out[c].Rated = r.rated("")
		out[c].Cells = r.cells(months[c].Period().cut(Period{first, last}), asOf)
	})
	return out
}

// cells are what the loaded cohort had converted 30, 60, … days after entry, for two years at most.
func (r *rater) cells(entered Period, asOf Day) []Cell {
	var out []Cell
	for m := 0; m < 24 && int(asOf-entered.First) >= 30*m; m++ {
		day := 30 * (m + 1)
		s := r.table.At(day)
		c := Cell{Month: m, Complete: int(asOf-entered.Last) >= day}
		if s.Identified {
			c.Rate = number(s.Incidence.Value)
		}
		_, _, _, c.Converted = r.table.MedianOf(survival.Event, day, r.o.Level)
		out = append(out, c)
	}
	return out
}

// dimension splits the episodes by one dimension.
func (r *rater) dimension(s *splitter, list []Episode, d Dim) Dimension {
	out := Dimension{Name: d.Name}
	unknown := len(d.Labels)
	code := func(i int) int {
		if row := int(list[i].Row); row < len(d.Code) && uint(d.Code[row]) < uint(unknown) {
			return int(d.Code[row])
		}
		return unknown
	}
	s.split(unknown+1, code, func(c int, group []packed) {
		label := ""
		if c < unknown {
			label = d.Labels[c]
		}
		r.load(group)
		out.Segments = append(out.Segments, Segment{Label: label, Rated: r.rated(label)})
	})
	slices.SortStableFunc(out.Segments, func(a, b Segment) int {
		return cmp.Or(cmp.Compare(b.Entered, a.Entered), cmp.Compare(a.Label, b.Label))
	})
	return out
}
