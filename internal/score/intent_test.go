package score

import (
	"math"
	"reflect"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"millrace"
	"millrace/internal/playbook"
)

// Worked by hand, half-life 10 days, UTC. Pricing: 20 points, 40 a day. The third of three visits on one day counts nothing; after ten
// days the 40 are 20; a webinar (15) at that moment and a careers page (-10) make it 25.
func TestIntentByHand(t *testing.T) {
	r := rubric(t, "UTC",
		playbook.Behavior{ID: "pricing", Label: "Pricing page", Points: 20, CapPerDay: 40},
		playbook.Behavior{ID: "webinar", Label: "Webinar", Points: 15},
		playbook.Behavior{ID: "careers", Points: -10})
	day := at(t, "2026-03-01 12:00")
	later := at(t, "2026-03-11 12:00")
	facts := []Fact{
		{OccurredAt: later, Behavior: 2, Seq: 5}, {OccurredAt: day, Behavior: 0, Seq: 1}, {OccurredAt: later, Behavior: 1, Seq: 4},
		{OccurredAt: day, Behavior: 0, Seq: 2}, {OccurredAt: day, Behavior: 0, Seq: 3},
	}
	lines, s := r.Explain(facts, later)
	if got := r.Milli(s.Epoch, s.Sum, later); got != 25_000 {
		t.Errorf("intent is %d thousandths, want 25000", got)
	}
	if got := r.Milli(s.Epoch, s.Sum, at(t, "2026-03-21 12:00")); got != 12_500 {
		t.Errorf("ten days later it is %d thousandths, want 12500", got)
	}
	if s.LastScored != later || s.Until != 0 || s.LastOf(0) != day || s.LastOf(1) != later || s.LastOf(7) != 0 {
		t.Errorf("state %+v", s)
	}
	var got []Line
	for _, l := range lines {
		l.Scaled = 0 // checked in sum by the property test
		got = append(got, l)
	}
	want := []Line{
		{Seq: 1, OccurredAt: day, BehaviorID: "pricing", Label: "Pricing page", Points: 20, Counted: 20, Weight: .5, Milli: 10_000},
		{Seq: 2, OccurredAt: day, BehaviorID: "pricing", Label: "Pricing page", Points: 20, Counted: 20, Weight: .5, Milli: 10_000},
		{Seq: 3, OccurredAt: day, BehaviorID: "pricing", Label: "Pricing page", Points: 20, Reason: ReasonDayCap, Weight: .5},
		{Seq: 4, OccurredAt: later, Behavior: 1, BehaviorID: "webinar", Label: "Webinar", Points: 15, Counted: 15, Weight: 1, Milli: 15_000},
		{Seq: 5, OccurredAt: later, Behavior: 2, BehaviorID: "careers", Label: "careers", Points: -10, Counted: -10, Weight: 1, Milli: -10_000},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("lines\n%+v\nwant\n%+v", got, want)
	}
}

func TestCapsAndWindows(t *testing.T) {
	type fact struct {
		at      string
		counted int
		reason  string
	}
	for _, c := range []struct {
		name  string
		b     playbook.Behavior
		clock string
		facts []fact
		until string
	}{
		{"no caps", playbook.Behavior{Points: 7}, "2026-03-02 00:00", []fact{{"2026-03-01 10:00", 7, ""}, {"2026-03-01 11:00", 7, ""}}, ""},
		{"the crossing fact gets the rest of the day", playbook.Behavior{Points: 20, CapPerDay: 50}, "2026-03-03 00:00", []fact{
			{"2026-03-01 10:00", 20, ""}, {"2026-03-01 11:00", 20, ""}, {"2026-03-01 12:00", 10, ReasonDayCap},
			{"2026-03-01 13:00", 0, ReasonDayCap}, {"2026-03-02 00:00", 20, ""}}, ""},
		{"caps count negative points by magnitude", playbook.Behavior{Points: -10, CapPerDay: 15, Cap: 20}, "2026-03-05 00:00", []fact{
			{"2026-03-01 10:00", -10, ""}, {"2026-03-01 11:00", -5, ReasonDayCap}, {"2026-03-02 10:00", -5, ReasonCap}, {"2026-03-02 11:00", 0, ReasonCap}}, ""},
		{"a cap below the points", playbook.Behavior{Points: 20, Cap: 5}, "2026-03-05 00:00", []fact{{"2026-03-01 10:00", 5, ReasonCap}, {"2026-03-02 10:00", 0, ReasonCap}}, ""},
		{"window over, and what waited at the cap counts", playbook.Behavior{Points: 10, Cap: 20, WindowDays: 3}, "2026-03-05 12:00", []fact{
			{"2026-03-01 10:00", 0, ReasonWindowOver}, {"2026-03-02 10:00", 10, ""}, {"2026-03-03 10:00", 10, ""}, {"2026-03-04 10:00", 0, ReasonCap}}, "2026-03-06 00:00"},
		{"the last day of the window", playbook.Behavior{Points: 10, WindowDays: 3}, "2026-03-04 23:59", []fact{{"2026-03-01 23:00", 10, ""}}, "2026-03-05 00:00"},
		{"not yet", playbook.Behavior{Points: 10, WindowDays: 3}, "2026-03-01 12:00", []fact{{"2026-03-01 11:00", 10, ""}, {"2026-03-01 13:00", 0, ReasonNotYet}}, "2026-03-01 13:00"},
	} {
		c.b.ID = "b"
		r := rubric(t, "UTC", c.b)
		var facts []Fact
		for i, f := range c.facts {
			facts = append(facts, Fact{at(t, f.at), 0, int64(i)})
		}
		lines, s := r.Explain(facts, at(t, c.clock))
		for i, f := range c.facts {
			if lines[i].Counted != f.counted || lines[i].Reason != f.reason {
				t.Errorf("%s: fact %d counts %d %q, want %d %q", c.name, i, lines[i].Counted, lines[i].Reason, f.counted, f.reason)
			}
		}
		if want := c.until; want == "" && s.Until != 0 || want != "" && s.Until != at(t, want) {
			t.Errorf("%s: until %s, want %q", c.name, s.Until, want)
		}
	}
}

func TestDaysOfCapsAreTheWorkspaces(t *testing.T) {
	r := rubric(t, "Europe/Berlin", playbook.Behavior{ID: "b", Points: 10, CapPerDay: 10})
	clock := at(t, "2026-03-15 12:00")
	// 22:30 and 23:30 UTC are two days in Berlin.
	s := r.Intent([]Fact{{at(t, "2026-03-14 22:30"), 0, 1}, {at(t, "2026-03-14 23:30"), 0, 2}}, clock)
	if got := s.Behaviors[0]; got.UsedDay != 10 || r.Milli(s.Epoch, s.Sum, s.LastScored) < 19_000 {
		t.Errorf("one of the two days was capped: %+v", s)
	}
}

func TestIntentOfNothing(t *testing.T) {
	r := rubric(t, "UTC", playbook.Behavior{ID: "b", Points: 10})
	if s := r.Intent(nil, 1e12); !reflect.DeepEqual(s, State{}) {
		t.Errorf("nothing is %+v", s)
	}
	if s := r.Intent([]Fact{{1e12, 1, 1}, {1e12, -1, 2}}, 1e12); !reflect.DeepEqual(s, State{}) {
		t.Errorf("facts of no behaviour are %+v", s)
	}
}

func TestSumsBeyondSaturate(t *testing.T) {
	r := rubric(t, "UTC", playbook.Behavior{ID: "b", Points: 1000})
	clock := millrace.Time(1600*r.halfLife + 16*r.halfLife - 1)
	s := State{Epoch: 100, Sum: math.MaxInt64 - 5, Behaviors: []BehaviorState{{LastAt: clock}}}
	if r.Add(&s, Fact{clock, 0, 1}, clock) || s.Sum != math.MaxInt64-5 {
		t.Errorf("Add beyond the bounds: %+v", s)
	}
	s.Sum = math.MaxInt64
	if r.Add(&s, Fact{clock, 0, 1}, clock) {
		t.Error("Add to a saturated sum says it is exact")
	}
}

var zones = []string{"UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia", "America/St_Johns"}

// drawRubric draws few behaviours with small caps and windows, so that everything binds often.
func drawRubric(t *rapid.T) *Rules {
	d := &playbook.Document{Workspace: playbook.Workspace{Timezone: rapid.SampledFrom(zones).Draw(t, "zone")}}
	d.Rubric.HalfLifeDays = rapid.SampledFrom([]float64{0.25, 1, 10, 30}).Draw(t, "half-life")
	for i := range rapid.IntRange(1, 4).Draw(t, "behaviours") {
		d.Rubric.Behaviors = append(d.Rubric.Behaviors, playbook.Behavior{
			ID: string(rune('a' + i)), Points: rapid.SampledFrom([]int{1, 5, 10, 20, 1000, 0, -10}).Draw(t, "points"),
			CapPerDay:  rapid.SampledFrom([]int{0, 0, 3, 10, 25, 3000}).Draw(t, "cap per day"),
			Cap:        rapid.SampledFrom([]int{0, 0, 7, 40, 100, 5000}).Draw(t, "cap"),
			WindowDays: rapid.SampledFrom([]int{0, 0, 1, 3, 14}).Draw(t, "window"),
		})
	}
	r, err := Compile(d)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// start is before a change of the clocks in every zone that has them.
const start = millrace.Time(1_772_800_000_000) // 2026-03-06

func drawFacts(t *rapid.T, r *Rules) []Fact {
	span := rapid.SampledFrom([]int64{1, 2, 20, 200}).Draw(t, "days") * int64(millrace.Day)
	step := rapid.SampledFrom([]int64{1, int64(millrace.Hour), int64(6 * millrace.Hour)}).Draw(t, "grid")
	seq := int64(0)
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Fact {
		seq++
		return Fact{
			OccurredAt: start + millrace.Time(rapid.Int64Range(0, span/step).Draw(t, "at")*step),
			Behavior:   rapid.IntRange(0, len(r.behaviors)-1).Draw(t, "behaviour"), Seq: seq,
		}
	}), 0, 40).Draw(t, "facts")
}

// naiveSum is the definition in its plainest words, day by day, with floating point for the decay.
func naiveSum(r *Rules, facts []Fact, clock millrace.Time) (points float64, counted []int) {
	for b, src := range r.doc.Rubric.Behaviors {
		var mine []Fact
		for _, f := range facts {
			if src.Points != 0 && f.Behavior == b && f.OccurredAt <= clock && (src.WindowDays == 0 || int(r.DayOf(clock)) <= int(r.DayOf(f.OccurredAt))+src.WindowDays) {
				mine = append(mine, f)
			}
		}
		slices.SortFunc(mine, func(a, b Fact) int { return int(a.OccurredAt - b.OccurredAt) })
		ofDay, all := map[int32]int{}, 0
		size := max(src.Points, -src.Points)
		for _, f := range mine {
			day, n := r.DayOf(f.OccurredAt), size
			if src.CapPerDay > 0 {
				n = min(n, src.CapPerDay-ofDay[day])
			}
			ofDay[day] += n
			if src.Cap > 0 {
				n = min(n, src.Cap-all)
			}
			all += n
			if src.Points < 0 {
				n = -n
			}
			counted = append(counted, n)
			points += float64(n) * math.Exp2(-float64(clock-f.OccurredAt)/float64(r.halfLife))
		}
	}
	return points, counted
}

func TestIntentIsItsPlainDefinition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRubric(t)
		facts := drawFacts(t, r)
		clock := start + millrace.Time(rapid.Int64Range(-5, 220*24).Draw(t, "clock"))*millrace.Hour
		lines, s := r.Explain(facts, clock)
		want, counted := naiveSum(r, facts, clock)
		got := float64(r.Milli(s.Epoch, s.Sum, clock)) / 1000
		if math.Abs(got-want) > 0.0006+1e-9*math.Abs(want)+0.0005*float64(len(facts)) {
			t.Fatalf("intent %v, want %v", got, want)
		}
		var mine []int
		for _, l := range lines {
			if l.Points != 0 && l.Reason != ReasonWindowOver && l.Reason != ReasonNotYet {
				mine = append(mine, l.Counted)
			}
			if l.Points != 0 && (l.Reason == "") != (l.Counted == l.Points) {
				t.Fatalf("line without its reason: %+v", l)
			}
		}
		slices.Sort(mine)
		slices.Sort(counted)
		if !slices.Equal(mine, counted) {
			t.Fatalf("counted %v, want %v", mine, counted)
		}
		last, seen := millrace.Time(0), map[int]millrace.Time{}
		for _, f := range facts {
			if f.OccurredAt <= clock {
				seen[f.Behavior] = max(seen[f.Behavior], f.OccurredAt)
				if r.behaviors[f.Behavior].points > 0 {
					last = max(last, f.OccurredAt)
				}
			}
		}
		if s.LastScored != last || len(s.Behaviors) != len(seen) {
			t.Fatalf("state %+v, want last %d and behaviours %v", s, last, seen)
		}
		for b, at := range seen {
			if s.LastOf(b) != at {
				t.Fatalf("behaviour %d last at %d, want %d", b, s.LastOf(b), at)
			}
		}
	})
}

func TestStateHoldsUntil(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRubric(t)
		facts := drawFacts(t, r)
		clock := start + millrace.Time(rapid.Int64Range(0, 220*24).Draw(t, "clock"))*millrace.Hour
		s := r.Intent(facts, clock)
		if s.Until == 0 {
			if later := r.Intent(facts, clock+1000*millrace.Day); !reflect.DeepEqual(s, later) {
				t.Fatalf("state %+v became %+v", s, later)
			}
			return
		}
		if s.Until <= clock {
			t.Fatalf("until %d is past at %d", s.Until, clock)
		}
		if later := r.Intent(facts, s.Until-1); !reflect.DeepEqual(s, later) {
			t.Fatalf("state %+v became %+v before its until", s, later)
		}
		later := r.Intent(facts, s.Until)
		if reflect.DeepEqual(s, later) {
			t.Fatalf("state %+v did not change at its until", s)
		}
		advanced := clone(s)
		exact := r.Advance(&advanced, s.Until)
		if exact && !reflect.DeepEqual(advanced, later) {
			t.Fatalf("advanced to its until, the state is %+v, Intent says %+v", advanced, later)
		}
		many := slices.ContainsFunc(s.Behaviors, func(b BehaviorState) bool { return b.Many })
		if future := s.Later != 0 && s.Later <= s.Until; exact == (many || future || s.saturated()) {
			t.Fatalf("advance of %+v: exact is %v", s, exact)
		}
	})
}

// A new epoch is begun without the log where every behaviour has a window, and asks for Intent where one has none.
func TestNewEpoch(t *testing.T) {
	for _, window := range []int{90, 0} {
		r := rubric(t, "UTC", playbook.Behavior{ID: "page", Points: 3, CapPerDay: 5, WindowDays: window})
		var s State
		var facts []Fact
		refused := 0
		for i := range 400 {
			f := Fact{start + millrace.Time(i)*2*millrace.Day, 0, int64(i)}
			facts = append(facts, f)
			if !r.Add(&s, f, f.OccurredAt) {
				refused++
				s = r.Intent(facts, f.OccurredAt)
			}
			if want := r.Intent(facts, f.OccurredAt); !reflect.DeepEqual(s, want) {
				t.Fatalf("window %d, fact %d: %+v, Intent says %+v", window, i, s, want)
			}
		}
		epochs := int(r.epochOf(facts[399].OccurredAt) - r.epochOf(start))
		if epochs == 0 || window > 0 && refused > 0 || window == 0 && refused != epochs {
			t.Errorf("window %d: %d epochs began, %d facts were refused", window, epochs, refused)
		}
	}
}

// More moments inside a window than are kept ask for Intent, and are kept again once they are few enough.
func TestManyWithinAWindow(t *testing.T) {
	r := rubric(t, "UTC", playbook.Behavior{ID: "page", Points: 1, WindowDays: 10})
	var s State
	var facts []Fact
	for i := range keptWithin + 5 {
		f := Fact{start + millrace.Time(i)*millrace.Hour, 0, int64(i)}
		facts = append(facts, f)
		if !r.Add(&s, f, f.OccurredAt) {
			t.Fatalf("fact %d was refused", i)
		}
	}
	now := facts[len(facts)-1].OccurredAt
	if want := r.Intent(facts, now); !s.Behaviors[0].Many || !reflect.DeepEqual(s, want) {
		t.Errorf("with many: %+v, Intent says %+v", s, want)
	}
	if r.Advance(&s, s.Until) {
		t.Error("a window's end among many was taken without the facts")
	}
	if s = r.Intent(facts, s.Until); s.Behaviors[0].Many {
		t.Errorf("%d moments are left and not kept", len(facts)-24)
	}
	if next := s.Until; !r.Advance(&s, next) || !reflect.DeepEqual(s, r.Intent(facts, next)) {
		t.Error("a window's end among few was not taken exactly")
	}
}

// clone copies a state with its behaviours.
func clone(s State) State {
	s.Behaviors = slices.Clone(s.Behaviors)
	for i := range s.Behaviors {
		s.Behaviors[i].Within = slices.Clone(s.Behaviors[i].Within)
	}
	return s
}

// Whatever the order of facts and the moments at which they come, Add with the fall-back that its contract asks for is Intent.
func TestAddIsIntent(t *testing.T) {
	fast, slow := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		r := drawRubric(t)
		facts := drawFacts(t, r)
		if !rapid.Bool().Draw(t, "shuffled") {
			slices.SortStableFunc(facts, func(a, b Fact) int { return int(a.OccurredAt - b.OccurredAt) })
		}
		clock := start + millrace.Time(rapid.Int64Range(0, 48).Draw(t, "clock"))*millrace.Hour
		var s State
		for i, f := range facts {
			clock += millrace.Time(rapid.SampledFrom([]int64{0, 0, 0, 1, 40}).Draw(t, "hours")) * millrace.Hour
			if rapid.Bool().Draw(t, "live") {
				clock = max(clock, f.OccurredAt)
			}
			before := clone(s)
			want := r.Intent(facts[:i+1], clock)
			if r.Add(&s, f, clock) {
				fast++
				if !reflect.DeepEqual(s, want) {
					t.Fatalf("after fact %d at %d:\n%+v, Intent says\n%+v", i, clock, s, want)
				}
			} else {
				slow++
				advanced := clone(before)
				r.Advance(&advanced, clock)
				if !reflect.DeepEqual(s, before) && !reflect.DeepEqual(s, advanced) {
					t.Fatalf("Add said no and changed %+v to %+v", before, s)
				}
				s = want
			}
		}
	})
	if fast < slow {
		t.Errorf("the fast path was taken %d times, refused %d times", fast, slow)
	}
}

// Live traffic in order takes the fast path but for window ends and new epochs.
func TestAddTakesLiveTraffic(t *testing.T) {
	r := rubric(t, "Europe/Berlin",
		playbook.Behavior{ID: "pricing", Points: 20, CapPerDay: 40, Cap: 100}, playbook.Behavior{ID: "blog", Points: 1, CapPerDay: 5})
	s := r.Intent([]Fact{{start, 0, 0}}, start)
	refused := 0
	for i := range 2000 {
		now := start + millrace.Time(i)*20*millrace.Minute
		if !r.Add(&s, Fact{now, i % 2, int64(i)}, now) {
			refused++
		}
	}
	if refused != 0 {
		t.Errorf("%d of 2000 facts in order were refused", refused)
	}
	allocs := testing.AllocsPerRun(100, func() { r.Add(&s, Fact{start, 0, 0}, start+28*millrace.Day) })
	if allocs != 0 {
		t.Errorf("Add allocates %v times", allocs)
	}
}

func TestIntentDoesNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRubric(t)
		facts := drawFacts(t, r)
		clock := start + millrace.Time(rapid.Int64Range(0, 220*24).Draw(t, "clock"))*millrace.Hour
		shuffled := rapid.Permutation(slices.Clone(facts)).Draw(t, "order")
		before := slices.Clone(shuffled)
		if a, b := r.Intent(facts, clock), r.Intent(shuffled, clock); !reflect.DeepEqual(a, b) {
			t.Fatalf("%+v, in another order %+v", a, b)
		}
		if !slices.Equal(before, shuffled) {
			t.Fatal("Intent changed its input")
		}
	})
}

func TestExplainAddsUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRubric(t)
		facts := drawFacts(t, r)
		clock := start + millrace.Time(rapid.Int64Range(-5, 600*24).Draw(t, "clock"))*millrace.Hour + millrace.Time(rapid.Int64Range(0, 9999).Draw(t, "ms"))
		lines, s := r.Explain(facts, clock)
		if want := r.Intent(facts, clock); !reflect.DeepEqual(s, want) {
			t.Fatalf("Explain's state %+v, Intent's %+v", s, want)
		}
		if len(lines) != len(facts) {
			t.Fatalf("%d lines of %d facts", len(lines), len(facts))
		}
		var scaled, milli int64
		for _, l := range lines {
			scaled, milli = scaled+l.Scaled, milli+l.Milli
			if l.Scaled == 0 && l.Milli != 0 {
				t.Fatalf("a line that adds nothing shows %d", l.Milli)
			}
			if exact := float64(l.Counted) * l.Weight * 1000; math.Abs(float64(l.Milli)-exact) > 1.01+1e-9*math.Abs(exact)+1000*r.unit(s.Epoch, clock) {
				t.Fatalf("a line of %v thousandths shows %d", exact, l.Milli)
			}
		}
		if scaled != s.Sum {
			t.Fatalf("lines add up to %d, the sum is %d", scaled, s.Sum)
		}
		if want := r.Milli(s.Epoch, s.Sum, clock); milli != want {
			t.Fatalf("lines add up to %d thousandths, the intent is %d", milli, want)
		}
	})
}

// unit is what a sum of 1 is worth at clock, in points.
func (r *Rules) unit(epoch int64, clock millrace.Time) float64 {
	return math.Exp2(float64(16*epoch)-float64(clock)/float64(r.halfLife)) / (1 << sumBits)
}
