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
}

// BehaviorState is what counting one more fact of a behaviour needs to know.
type BehaviorState struct {
	Behavior int
	LastAt   millrace.Time // latest OccurredAt
	UsedDay  int32         // raw points by magnitude that LastAt's day has used of the cap per day; 0 without one, or outside the window
	Used     int32         // raw points by magnitude that the facts in the window have used of the cap; 0 without one
}

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
			s.Until = earlier(s.Until, f.OccurredAt)
			if each != nil {
				each(f, taken{reason: ReasonNotYet}, 0)
			}
			continue
		}
		b, tl := &r.behaviors[f.Behavior], &tallies[f.Behavior]
		tl.Behavior = f.Behavior
		t, _ := r.count(&tl.BehaviorState, tl.seen, f.OccurredAt, clock)
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

// Add folds one more fact into s, which is a state of these rules that was valid at some clock not after this one. When exact is
// true, s is what Intent makes of all the facts at clock. When it is false, s is unchanged and the caller must ask Intent: the state
// is past its Until, the fact begins a new epoch, or it is late and a cap could bind differently.
func (r *Rules) Add(s *State, f Fact, clock millrace.Time) (exact bool) {
	if s.Until != 0 && clock >= s.Until {
		return false
	}
	if !r.scores(f) {
		return true
	}
	if f.OccurredAt > clock {
		s.Until = earlier(s.Until, f.OccurredAt)
		return true
	}
	epoch := r.epochOf(f.OccurredAt)
	if len(s.Behaviors) > 0 {
		if epoch > s.Epoch || s.Sum == math.MaxInt64 || s.Sum == -math.MaxInt64 {
			return false
		}
		epoch = s.Epoch
	}
	i, seen := s.find(f.Behavior)
	bs := BehaviorState{Behavior: f.Behavior}
	if seen {
		bs = s.Behaviors[i]
	}
	t, exact := r.count(&bs, seen, f.OccurredAt, clock)
	if !exact {
		return false
	}
	b := &r.behaviors[f.Behavior]
	c := r.contribution(b.signed(t.size), f.OccurredAt, epoch)
	sum := s.Sum + c
	if c > 0 && sum < s.Sum || c < 0 && sum > s.Sum {
		return false
	}
	s.Epoch, s.Sum, s.Until = epoch, sum, earlier(s.Until, t.until)
	if b.points > 0 {
		s.LastScored = max(s.LastScored, f.OccurredAt)
	}
	if seen {
		s.Behaviors[i] = bs
	} else {
		s.Behaviors = slices.Insert(s.Behaviors, i, bs)
	}
	return true
}
