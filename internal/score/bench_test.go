package score

import (
	"fmt"
	"testing"

	"millrace"
	"millrace/internal/playbook"
)

const benchClock = start + 60*millrace.Day

// benchRules is a rubric of 24 behaviours as a team would have it: pages by category, tracked events, a condition on a property.
func benchRules(t testing.TB) *Rules {
	d := playbook.Document{Workspace: playbook.Workspace{Timezone: "Europe/Berlin"}}
	d.Rubric.HalfLifeDays = 30
	for i := range 8 {
		name := fmt.Sprintf("section-%d", i)
		d.Rubric.Categories = append(d.Rubric.Categories, playbook.Category{Name: name, Hosts: []string{"*.example.com"}, Paths: []string{"/" + name + "/**", "/*/" + name}})
		d.Rubric.Behaviors = append(d.Rubric.Behaviors, playbook.Behavior{ID: name, On: "page", Category: name, Points: 5 + i, CapPerDay: 30, WindowDays: 90})
	}
	for i := range 15 {
		d.Rubric.Behaviors = append(d.Rubric.Behaviors, playbook.Behavior{ID: fmt.Sprintf("event-%d", i), On: "track", Events: []string{fmt.Sprintf("Event %d *", i)}, Points: 10, Cap: 100})
	}
	d.Rubric.Behaviors = append(d.Rubric.Behaviors, playbook.Behavior{ID: "demo", On: "track", Events: []string{"Form Submitted"}, Points: 50,
		Where: []playbook.Where{{Property: "form.id", When: playbook.Condition{In: []string{"demo", "contact"}}}}})
	return compile(t, d)
}

func benchFacts(r *Rules, n int) []Fact {
	facts := make([]Fact, n)
	for i := range facts {
		facts[i] = Fact{start + millrace.Time(i)*2*millrace.Hour, i % len(r.behaviors), int64(i)}
	}
	return facts
}

func BenchmarkAdd(b *testing.B) {
	r := benchRules(b)
	s := r.Intent(benchFacts(r, 500), benchClock)
	now := benchClock
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if !r.Add(&s, Fact{now, i % len(r.behaviors), int64(i)}, now) {
			b.Fatal("refused")
		}
	}
}

func BenchmarkIntent500(b *testing.B) {
	r := benchRules(b)
	facts := benchFacts(r, 500)
	b.ReportAllocs()
	for b.Loop() {
		r.Intent(facts, benchClock)
	}
}

func BenchmarkExplain500(b *testing.B) {
	r := benchRules(b)
	facts := benchFacts(r, 500)
	for b.Loop() {
		r.Explain(facts, benchClock)
	}
}

func BenchmarkMatchPage(b *testing.B) {
	r := benchRules(b)
	b.ReportAllocs()
	for b.Loop() {
		if r.Match(millrace.KindPage, "Pricing", "www.example.com", "/section-7/plans/enterprise", nil) != 7 {
			b.Fatal("no match")
		}
	}
}

func BenchmarkMatchProps(b *testing.B) {
	r := benchRules(b)
	props := []byte(`{"page":{"title":"Book a demo","url":"https://www.example.com/demo"},"form":{"id":"demo","fields":7},"value":120}`)
	b.ReportAllocs()
	for b.Loop() {
		if r.Match(millrace.KindTrack, "form submitted", "", "", props) != 23 {
			b.Fatal("no match")
		}
	}
}

// How the engine uses MatchStatic: a table of what it said.
func BenchmarkMatchCached(b *testing.B) {
	r := benchRules(b)
	type key struct {
		kind             millrace.Kind
		name, host, path string
	}
	cache := map[key]int{}
	for b.Loop() {
		k := key{millrace.KindPage, "Pricing", "www.example.com", "/section-7/plans/enterprise"}
		i, ok := cache[k]
		if !ok {
			i, _ = r.MatchStatic(k.kind, k.name, k.host, k.path)
			cache[k] = i
		}
		if i != 7 {
			b.Fatal("no match")
		}
	}
}

func BenchmarkMilli(b *testing.B) {
	r := benchRules(b)
	for b.Loop() {
		r.Milli(43, 1<<40, benchClock)
	}
}

func BenchmarkRank(b *testing.B) {
	r := benchRules(b)
	for b.Loop() {
		r.Rank(43, 1<<40+12345)
	}
}

func BenchmarkFallsBelow(b *testing.B) {
	r := benchRules(b)
	s := r.Intent(benchFacts(r, 500), benchClock)
	for b.Loop() {
		r.FallsBelow(s.Epoch, s.Sum, 25, benchClock)
	}
}

func BenchmarkDayOf(b *testing.B) {
	r := benchRules(b)
	for b.Loop() {
		r.DayOf(benchClock)
	}
}

func BenchmarkCompile(b *testing.B) {
	doc := benchRules(b).Document()
	for b.Loop() {
		if _, err := Compile(doc); err != nil {
			b.Fatal(err)
		}
	}
}
