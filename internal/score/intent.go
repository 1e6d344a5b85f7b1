package score

import (
	"cmp"
	"math"
	"slices"

	"millrace"
)

// Fact is one scored fact of one subject: when it happened, which behaviour of the rubric it is, and its place in the log. Seq
// orders facts of the same moment in explanations and changes no figure. A fact whose Behavior is no index of the rubric is ignored.
type Fact struct {
	OccurredAt millrace.Time
	Behavior   int
	Seq        int64
}

// State is the intent of one subject. Copies share Behaviors, which Add writes to.
type State struct {
	Epoch      int64           // k of the T_k that Sum is scaled to: that of the latest fact
	Sum        int64           // Σ contributions; ±MaxInt64 when it is beyond
	Behaviors  []BehaviorState // sorted by Behavior; only those seen
	LastScored millrace.Time   // latest OccurredAt of a fact of positive points, counted or not; 0: none
	Until      millrace.Time   // the state as it is holds for clocks before Until; 0: for ever
	Later      millrace.Time   // the earliest fact that occurs after the clock and is not counted yet; 0: none
}

// BehaviorState is what counting one more fact of a behaviour needs to know.
type BehaviorState struct {
	Behavior int
	LastAt   millrace.Time // latest OccurredAt
	UsedDay  int32         // raw points by magnitude that LastAt's day has used of the cap per day; 0 without one, or outside the window
	Used     int32         // raw points by magnitude that the facts in the window have used of the cap; 0 without one
	// Within are the moments of the facts inside the behaviour's window, in order, so that the window's end and a late fact need no look
	// into the log; nil without a window. Many says that there are more than are kept, and none are.
	Within []millrace.Time
	Many   bool
}

// keptWithin bounds the moments kept of one behaviour.
const keptWithin = 64

// keep notes a fact inside the window; moments come in order.
func (bs *BehaviorState) keep(at millrace.Time) {
	if bs.Many {
		return
	}
	if len(bs.Within) == keptWithin {
		bs.Within, bs.Many = nil, true
		return
	}
	bs.Within = append(bs.Within[:len(bs.Within):len(bs.Within)], at)
}

// Scores says whether any fact of the subject is of a behaviour, those that are still to come included.
func (s State) Scores() bool { return len(s.Behaviors) > 0 || s.Later != 0 }

// LastOf is when the subject last did the behaviour, 0 for never.
func (s State) LastOf(behavior int) millrace.Time {
	if i, seen := s.find(behavior); seen {
		return s.Behaviors[i].LastAt
	}
	return 0
}

func (s *State) find(behavior int) (i int, seen bool) {
	for i < len(s.Behaviors) && s.Behaviors[i].Behavior < behavior {
		i++
	}
	return i, i < len(s.Behaviors) && s.Behaviors[i].Behavior == behavior
}

// The reasons for which a fact counts less than its points, or not at all.
const (
	ReasonDayCap     = "day cap"
	ReasonCap        = "cap"
	ReasonWindowOver = "window over"
	ReasonNotYet     = "not yet"
)

// taken is what one fact counts.
type taken struct {
	size   int32         // raw points by magnitude
	reason string        // why they are fewer than the behaviour's
	until  millrace.Time // when the fact's window ends; 0: never, or it has ended
}

// count takes one more fact of bs's behaviour into bs; seen is false when it is the first. Facts in order of time always can be taken.
// exact is false, and bs unchanged, for a late one whose arrival could change what others count.
func (r *Rules) count(bs *BehaviorState, seen bool, at, clock millrace.Time) (t taken, exact bool) {
	b := &r.behaviors[bs.Behavior]
	late := seen && at < bs.LastAt
	last := bs.LastAt
	if !late {
		last = at
	}
	if b.size == 0 {
		bs.LastAt = last
		return taken{}, true
	}
	var day int32
	if b.window > 0 || b.capPerDay > 0 {
		day = r.days.of(at)
	}
	if b.window > 0 {
		t.until = r.days.start(day + b.window + 1)
		if clock >= t.until {
			bs.LastAt = last
			return taken{reason: ReasonWindowOver}, true
		}
	}
	used := bs.UsedDay
	if b.capPerDay > 0 && seen {
		switch lastDay := r.days.of(bs.LastAt); {
		case day > lastDay:
			used = 0
		case day < lastDay:
			return taken{}, false // what its day has used is not kept
		}
	}
	t.size = b.size
	if b.capPerDay > 0 && t.size > b.capPerDay-used {
		t.size, t.reason = b.capPerDay-used, ReasonDayCap
	}
	ofDay := t.size
	if b.cap > 0 && t.size > b.cap-bs.Used {
		t.size, t.reason = b.cap-bs.Used, ReasonCap
	}
	if late && t.size < b.size {
		return taken{}, false
	}
	if b.capPerDay > 0 {
		bs.UsedDay = used + ofDay
	}
	if b.cap > 0 {
		bs.Used += t.size
	}
	bs.LastAt = last
	return t, true
}

// signed is a size with the sign of the behaviour's points.
func (b *behavior) signed(size int32) int64 {
	if b.points < 0 {
		return -int64(size)
	}
	return int64(size)
}

// earlier is the earlier of two moments of which 0 is never.
func earlier(a, b millrace.Time) millrace.Time {
	if a == 0 || b != 0 && b < a {
		return b
	}
	return a
}

func (r *Rules) scores(f Fact) bool { return f.Behavior >= 0 && f.Behavior < len(r.behaviors) }

// Intent is the definition: the state of a subject at clock from all its scored facts, in any order. Facts that occur after clock
// are not counted; Until is the moment at which the first of them, or the end of a window, changes the state by itself.
//
// The facts of one behaviour are taken in order of OccurredAt. Those whose window is over count nothing. Of the others, at most
// CapPerDay raw points (by magnitude) count within one workspace day, and at most Cap over all; the fact that crosses a cap counts
// what is left.
func (r *Rules) Intent(facts []Fact, clock millrace.Time) State {
	return r.fold(facts, clock, nil)
}

// fold is Intent; each, when given, is told of every fact that scores, in order of OccurredAt and Seq, and what it adds to Sum.
func (r *Rules) fold(facts []Fact, clock millrace.Time, each func(f Fact, t taken, contribution int64)) State {
	order := func(a, b Fact) int {
		return cmp.Or(cmp.Compare(a.OccurredAt, b.OccurredAt), cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Behavior, b.Behavior))
	}
	if !slices.IsSortedFunc(facts, order) {
		facts = slices.Clone(facts)
		slices.SortFunc(facts, order)
	}
	var s State
	for _, f := range facts {
		if r.scores(f) && f.OccurredAt <= clock {
			s.Epoch = r.epochOf(f.OccurredAt) // the latest wins
		}
	}
	tallies := make([]tally, len(r.behaviors))
	var sum wide
	seen := 0
	for _, f := range facts {
		if !r.scores(f) {
			continue
		}
		if f.OccurredAt > clock {
			s.Until, s.Later = earlier(s.Until, f.OccurredAt), earlier(s.Later, f.OccurredAt)
			if each != nil {
				each(f, taken{reason: ReasonNotYet}, 0)
			}
			continue
		}
		b, tl := &r.behaviors[f.Behavior], &tallies[f.Behavior]
		tl.Behavior = f.Behavior
		t, _ := r.count(&tl.BehaviorState, tl.seen, f.OccurredAt, clock)
		if t.until != 0 {
			tl.keep(f.OccurredAt)
		}
		if !tl.seen {
			tl.seen = true
			seen++
		}
		c := r.contribution(b.signed(t.size), f.OccurredAt, s.Epoch)
		sum.add(c)
		s.Until = earlier(s.Until, t.until)
		if b.points > 0 {
			s.LastScored = max(s.LastScored, f.OccurredAt)
		}
		if each != nil {
			each(f, t, c)
		}
	}
	s.Sum = sum.int64()
	if seen > 0 {
		s.Behaviors = make([]BehaviorState, 0, seen)
	}
	for i := range tallies {
		if tallies[i].seen {
			s.Behaviors = append(s.Behaviors, tallies[i].BehaviorState)
		}
	}
	return s
}

// tally is a BehaviorState in the making.
type tally struct {
	BehaviorState
	seen bool
}

// Advance brings a state that was valid at some clock not after this one up to clock: facts whose windows ended count no more. When exact
// is true, s is what Intent makes of the same facts at clock. When it is false, s is unchanged and the caller must ask Intent.
func (r *Rules) Advance(s *State, clock millrace.Time) (exact bool) {
	if s.Until == 0 || clock < s.Until {
		return true
	}
	if s.Later != 0 && clock >= s.Later || s.saturated() || slices.ContainsFunc(s.Behaviors, func(bs BehaviorState) bool { return bs.Many }) {
		return false
	}
	for i := range s.Behaviors {
		bs := &s.Behaviors[i]
		over := 0
		for over < len(bs.Within) && clock >= r.windowEnd(bs.Behavior, bs.Within[over]) {
			over++
		}
		if over > 0 {
			s.Sum += r.recount(bs, bs.Within[over:], s.Epoch)
		}
	}
	r.setUntil(s)
	return true
}

func (s *State) saturated() bool { return s.Sum == math.MaxInt64 || s.Sum == -math.MaxInt64 }

// windowEnd is when a fact of the behaviour stops counting.
func (r *Rules) windowEnd(behavior int, at millrace.Time) millrace.Time {
	return r.days.start(r.days.of(at) + r.behaviors[behavior].window + 1)
}

// recount makes within the facts inside the window of a behaviour whose moments are kept, and gives by how much that changes the sum.
func (r *Rules) recount(bs *BehaviorState, within []millrace.Time, epoch int64) int64 {
	b := &r.behaviors[bs.Behavior]
	value := func(into *BehaviorState, moments []millrace.Time) (sum int64) {
		for i, at := range moments {
			t, _ := r.count(into, i > 0, at, math.MinInt64)
			sum += r.contribution(b.signed(t.size), at, epoch)
		}
		return sum
	}
	was := BehaviorState{Behavior: bs.Behavior}
	before := value(&was, bs.Within)
	now := BehaviorState{Behavior: bs.Behavior}
	after := value(&now, within)
	now.LastAt, now.Within = bs.LastAt, within
	if len(within) == 0 {
		now.Within = nil
	}
	*bs = now
	return after - before
}

// rebase scales the sum anew to a later epoch, where all that counts in it is kept: a sum of rounded parts can't be scaled exactly itself.
func (r *Rules) rebase(s *State, epoch int64) bool {
	for i := range s.Behaviors {
		if bs := &s.Behaviors[i]; bs.Many || r.behaviors[bs.Behavior].size > 0 && r.behaviors[bs.Behavior].window == 0 {
			return false
		}
	}
	s.Epoch, s.Sum = epoch, 0
	for i := range s.Behaviors {
		bs := &s.Behaviors[i]
		within := bs.Within
		bs.Within = nil
		s.Sum += r.recount(bs, within, epoch)
	}
	return true
}

// setUntil finds the next moment at which the state changes by itself; all moments inside windows are kept.
func (r *Rules) setUntil(s *State) {
	s.Until = s.Later
	for i := range s.Behaviors {
		if bs := &s.Behaviors[i]; len(bs.Within) > 0 {
			s.Until = earlier(s.Until, r.windowEnd(bs.Behavior, bs.Within[0]))
		}
	}
}

// Add folds one more fact into s, which is a state of these rules that was valid at some clock not after this one. When exact is
// true, s is what Intent makes of all the facts at clock. When it is false the caller must ask Intent: a new epoch begins, a window ended or a late
// fact came, and not all that counts is kept; or a cap could bind differently. s then is what it was, or what it was brought up to clock.
func (r *Rules) Add(s *State, f Fact, clock millrace.Time) (exact bool) {
	if !r.Advance(s, clock) {
		return false
	}
	if !r.scores(f) {
		return true
	}
	if f.OccurredAt > clock {
		s.Until, s.Later = earlier(s.Until, f.OccurredAt), earlier(s.Later, f.OccurredAt)
		return true
	}
	epoch := r.epochOf(f.OccurredAt)
	if len(s.Behaviors) > 0 {
		if s.saturated() || epoch > s.Epoch && !r.rebase(s, epoch) {
			return false
		}
		epoch = s.Epoch
	}
	i, seen := s.find(f.Behavior)
	bs := BehaviorState{Behavior: f.Behavior}
	if seen {
		bs = s.Behaviors[i]
	}
	c, until, exact := r.addTo(&bs, seen, f.OccurredAt, clock, epoch)
	if !exact {
		return false
	}
	sum := s.Sum + c
	if c > 0 && sum < s.Sum || c < 0 && sum > s.Sum {
		return false
	}
	s.Epoch, s.Sum, s.Until = epoch, sum, earlier(s.Until, until)
	if r.behaviors[f.Behavior].points > 0 {
		s.LastScored = max(s.LastScored, f.OccurredAt)
	}
	if seen {
		s.Behaviors[i] = bs
	} else {
		s.Behaviors = slices.Insert(s.Behaviors, i, bs)
	}
	return true
}

// addTo takes one more fact into its behaviour: by how much the sum changes, and when the fact's window ends.
func (r *Rules) addTo(bs *BehaviorState, seen bool, at, clock millrace.Time, epoch int64) (change int64, until millrace.Time, exact bool) {
	b := &r.behaviors[bs.Behavior]
	if seen && at < bs.LastAt && b.window > 0 && b.size > 0 && !bs.Many && len(bs.Within) < keptWithin {
		if until = r.windowEnd(bs.Behavior, at); clock >= until {
			return 0, 0, true // its window is over
		}
		i, _ := slices.BinarySearch(bs.Within, at)
		return r.recount(bs, slices.Insert(slices.Clone(bs.Within), i, at), epoch), until, true
	}
	t, exact := r.count(bs, seen, at, clock)
	if !exact {
		return 0, 0, false
	}
	if t.until != 0 {
		if bs.Many || seen && at < bs.LastAt {
			bs.Within, bs.Many = nil, true
		} else {
			bs.keep(at)
		}
	}
	return r.contribution(b.signed(t.size), at, epoch), t.until, true
}
