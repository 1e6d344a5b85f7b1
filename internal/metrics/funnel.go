package metrics

import (
	"cmp"
	"slices"
	"sync"

	"millrace/internal/metrics/survival"
)

// fewAtRisk is below how many open episodes at the horizon a censored rate is said to rest on few.
const fewAtRisk = 10

// packed is an episode in a word: its days, and in the low bits its kind.
type packed uint32

// The kinds of packed episodes. Watched ones entered at least a horizon ago; of open ones their days say so.
const (
	kindOpen packed = iota
	kindConverted
	kindConvertedWatched
	kindSkipped
	kindSkippedWatched
	kindEnded
	kindEndedWatched
	kindBits = 3
)

func pack(e Episode, watched bool, longest int32) packed {
	kind := kindOpen
	switch {
	case e.Outcome == Converted && e.Skipped:
		kind = kindSkipped
	case e.Outcome == Converted:
		kind = kindConverted
	case e.Outcome == EndedOtherwise:
		kind = kindEnded
	}
	if watched && kind != kindOpen {
		kind++
	}
	return packed(min(e.Days, longest))<<kindBits | kind
}

// rater measures groups of episodes one after the other.
type rater struct {
	o                          *Options
	set                        *EpisodeSet
	table                      survival.Table
	watched, inWindow, skipped int
}

// load takes the episodes of a group, counted by packed word.
func (r *rater) load(words []uint32) {
	r.table.Reset()
	r.watched, r.inWindow, r.skipped = 0, 0, 0
	for w, count := range words {
		if count == 0 {
			continue
		}
		days, kind, n := w>>kindBits, packed(w)&(1<<kindBits-1), int(count)
		switch kind {
		case kindOpen:
			r.table.Add(days, survival.Censored, n)
			if days >= r.o.Horizon {
				r.watched += n
			}
			continue
		case kindEnded, kindEndedWatched:
			r.table.Add(days, survival.Competing, n)
		default:
			r.table.Add(days, survival.Event, n)
			if kind == kindSkipped || kind == kindSkippedWatched {
				r.skipped += n
			}
		}
		if kind == kindConvertedWatched || kind == kindSkippedWatched || kind == kindEndedWatched {
			r.watched += n
			if kind != kindEndedWatched && days <= r.o.Horizon {
				r.inWindow += n
			}
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
	s := newSplitter(list, asOf, r.o.Horizon)
	out := FunnelReport{Key: set.Key, Rule: set.Rule, Subjects: set.Subjects, Reentries: set.Reentry, Sideways: set.Sideways, LeftOut: set.LeftOut}
	r.load(nil)
	out.Total = r.rated("")
	s.split(0, s.rows, nil, func(_ int, words []uint32) {
		r.load(words)
		out.Total = r.rated("")
		out.Curve = r.curve()
	})
	out.Cohorts = r.cohorts(s, asOf)
	out.Dimensions = make([]Dimension, len(dims))
	var wait sync.WaitGroup
	for i, d := range dims {
		wait.Go(func() {
			own := rater{o: r.o, set: r.set}
			out.Dimensions[i] = own.dimension(s, d)
		})
	}
	wait.Wait()
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

// splitter groups episodes by a code, in linear time. It is not changed once it is made.
type splitter struct {
	words []packed
	rows  []int32 // of the entries
	days  []int32 // of entry, after first
	width int     // above the largest word
	first Day     // of entry
	last  Day
}

// splitCells is how many counters a pass over the episodes keeps: they should stay near the processor.
const splitCells = 1 << 22

func newSplitter(list []Episode, asOf Day, horizon int) *splitter {
	s := &splitter{words: make([]packed, len(list)), rows: make([]int32, len(list)), days: make([]int32, len(list)), last: -1}
	longest := int32(max(731, horizon+1)) // what lasts longer is as good as this long to all that is asked
	for i, e := range list {
		w := pack(e, int(asOf-e.Entered) >= horizon, longest)
		s.words[i], s.rows[i], s.days[i] = w, e.Row, int32(e.Entered)
		s.width = max(s.width, int(w|(1<<kindBits-1))+1)
		if i == 0 {
			s.first, s.last = e.Entered, e.Entered
		}
		s.first, s.last = min(s.first, e.Entered), max(s.last, e.Entered)
	}
	for i := range s.days {
		s.days[i] -= int32(s.first)
	}
	return s
}

// split calls f with each group of one code that has episodes, in the order of codes, counted by word. The code of an episode is that at its
// index; one outside of [0, n), or an index beyond code, is n.
func (s *splitter) split(n int, index, code []int32, f func(code int, words []uint32)) {
	unknown := n
	n++
	step := min(n, max(1, splitCells/max(1, s.width)))
	counts := make([]uint32, step*s.width)
	seen := make([]bool, step)
	for from := 0; from < n && len(s.words) > 0; from += step {
		if from > 0 {
			clear(counts)
		}
		clear(seen)
		for i, w := range s.words {
			c := unknown
			if at := int(index[i]); at < len(code) && uint(code[at]) < uint(unknown) {
				c = int(code[at])
			}
			if c -= from; uint(c) < uint(step) {
				counts[c*s.width+int(w)]++
				seen[c] = true
			}
		}
		for c := range step {
			if seen[c] {
				f(from+c, counts[c*s.width:(c+1)*s.width])
			}
		}
	}
}

// cohorts are the months of entry from the first day to the last, those without an entry among them.
func (r *rater) cohorts(s *splitter, asOf Day) []Cohort {
	entered := Period{s.first, s.last}
	months := entered.Months()
	if len(months) == 0 {
		return nil
	}
	out := make([]Cohort, len(months))
	r.load(nil)
	for i, m := range months {
		out[i] = Cohort{Month: m, Rated: r.rated("")}
	}
	monthOf := make([]int32, entered.Days())
	for i := range monthOf {
		monthOf[i] = int32((s.first + Day(i)).Month() - months[0])
	}
	s.split(len(months), s.days, monthOf, func(c int, words []uint32) {
		r.load(words)
		out[c].Rated = r.rated("")
		out[c].Cells = r.cells(months[c].Period().cut(entered), asOf)
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
func (r *rater) dimension(s *splitter, d Dim) Dimension {
	out := Dimension{Name: d.Name}
	unknown := len(d.Labels)
	s.split(unknown, s.rows, d.Code, func(c int, words []uint32) {
		label := ""
		if c < unknown {
			label = d.Labels[c]
		}
		r.load(words)
		out.Segments = append(out.Segments, Segment{Label: label, Rated: r.rated(label)})
	})
	slices.SortStableFunc(out.Segments, func(a, b Segment) int {
		return cmp.Or(cmp.Compare(b.Entered, a.Entered), cmp.Compare(a.Label, b.Label))
	})
	return out
}
