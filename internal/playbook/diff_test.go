package playbook

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"pgregory.net/rapid"
)

func (c Change) line() string {
	return fmt.Sprintf("%s %s (%s): %s -> %s", c.Kind, c.Path, c.Label, c.Before, c.After)
}

// TestDiff edits the minimal playbook and expects exactly these changes.
func TestDiff(t *testing.T) {
	for _, c := range []struct {
		name, old, new string
		want           []string
	}{
		{"figure", "half_life_days: 14", "half_life_days: 7", []string{"changed rubric.half_life_days (Rubric › Half life days): 14 -> 7"}},
		{"points", "category: pricing_pages, points: 20", "category: pricing_pages, points: 25",
			[]string{"changed rubric.behaviors[pricing].points (Rubric › Behaviors › Pricing › Points): 20 -> 25"}},
		{"optional gone", ", cap_per_day: 20", "", []string{"removed rubric.behaviors[pricing].cap_per_day (Rubric › Behaviors › Pricing › Cap per day): 20 -> "}},
		{"optional new", "role: champion", "role: champion\n      label: Ally",
			[]string{"added committee.roles[champion].label (Committee › Roles › Ally › Label):  -> Ally"}},
		{"grade", "{A: 30, B: 0}", "{A: 32, C: 0}", []string{"changed icp[Mid].grades.A (ICP › Mid › Grades › A): 30 -> 32",
			"removed icp[Mid].grades.B (ICP › Mid › Grades › B): 0 -> ", "added icp[Mid].grades.C (ICP › Mid › Grades › C):  -> 0"}},
		{"grade becomes zero", "{A: 30, B: 0}", "{A: 0, B: -1}", []string{"changed icp[Mid].grades.A (ICP › Mid › Grades › A): 30 -> 0",
			"changed icp[Mid].grades.B (ICP › Mid › Grades › B): 0 -> -1"}},
		{"band", "{min: 50, points: 10}", "{min: 40, points: 10}", []string{
			"removed icp[Mid].criteria[size].bands[min: 50] (ICP › Mid › Criteria › size › Bands › min: 50): min: 50, points: 10 -> ",
			"added icp[Mid].criteria[size].bands[min: 40] (ICP › Mid › Criteria › size › Bands › min: 40):  -> min: 40, points: 10"}},
		{"set", "in: [rival.example]", "in: [rival.example, other.example]",
			[]string{"added icp[Mid].disqualifiers[rival].in[other.example] (ICP › Mid › Disqualifiers › rival › In › other.example):  -> other.example"}},
		{"item", "channels:\n", "channels:\n  - {name: Talks, role: creation}\n", []string{"added channels[Talks] (Channels › Talks):  -> name: Talks, role: creation"}},
		{"channel's list", "role: capture,", "role: capture, sources: [google], also: [{events: [Call Held]}],", []string{
			"added channels[Ads].sources[google] (Channels › Ads › Sources › google):  -> google",
			"added channels[Ads].also[events: [Call Held]] (Channels › Ads › Also › events: [Call Held]):  -> events: [Call Held]"}},
		{"default said", "trait: employees", "trait: employees\n        of: account", nil},
		{"comment", "name: Small", "name: Small # really", nil},
		{"set order", "[budget, authority, need, timeline]", "[timeline, need, budget, authority]", nil},
		{"same number", "half_life_days: 14", "half_life_days: 14.0", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, b := mustParse(t, minimal), mustParse(t, replace(t, minimal, c.old, c.new))
			var got []string
			for _, change := range Diff(a, b) {
				got = append(got, change.line())
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(c.want, "\n"))
			}
			if (a.Version() == b.Version()) != (len(c.want) == 0) {
				t.Errorf("versions %s and %s with %d changes", a.Version(), b.Version(), len(c.want))
			}
		})
	}
}

func TestDiffOrder(t *testing.T) {
	behaviors := strings.SplitAfter(minimal[strings.Index(minimal, "    - {id: demo"):strings.Index(minimal, "committee:")], "\n")
	moved := replace(t, minimal, strings.Join(behaviors, ""), behaviors[2]+behaviors[0]+behaviors[1])
	got := Diff(mustParse(t, minimal), mustParse(t, moved))
	if len(got) != 1 || got[0].line() != "changed rubric.behaviors[case] (Rubric › Behaviors › Case study › Place): after pricing -> first" {
		t.Errorf("got %+v", got)
	}
	source := replace(t, minimal, "    - {name: pricing_pages, paths: [/pricing]}\n", "    - {name: other, paths: [/b]}\n    - {name: pricing_pages, paths: [/pricing]}\n")
	swapped := replace(t, minimal, "    - {name: pricing_pages, paths: [/pricing]}\n", "    - {name: pricing_pages, paths: [/pricing]}\n    - {name: other, paths: [/b]}\n")
	a, b := mustParse(t, source), mustParse(t, swapped)
	if changes := Diff(a, b); changes != nil || a.Version() != b.Version() {
		t.Errorf("the order of categories means nothing, yet: %v", changes)
	}
}

// TestVersionIsPinned: stored facts name playbooks by version, so the hash of an unchanged document must never change. A new optional
// key must be omitempty in JSON; then this still holds.
func TestVersionIsPinned(t *testing.T) {
	const want = "pb_f8fccaa5f719b207"
	if got := mustParse(t, minimal).Version(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestVersionWithoutParse(t *testing.T) {
	pb := mustParse(t, minimal)
	again := &Playbook{Document: pb.Document}
	if again.Version() != pb.Version() {
		t.Errorf("%s of the same document, parsed %s", again.Version(), pb.Version())
	}
}

// someDocument varies the minimal document within what is allowed.
func someDocument(t *rapid.T, base Document) Document {
	doc := copyOf(base)
	points := rapid.IntRange(-maxPoints, maxPoints)
	doc.Name = rapid.StringMatching(`[A-Za-z0-9 :#'"-]{0,20}[a-z]`).Draw(t, "name")
	doc.Rubric.HalfLifeDays = float64(rapid.IntRange(1, 700).Draw(t, "half")) / 2
	for i := range doc.Rubric.Behaviors {
		b := &doc.Rubric.Behaviors[i]
		b.Points, b.WindowDays = points.Draw(t, "points"), rapid.IntRange(0, 90).Draw(t, "window")
	}
	doc.Rubric.Behaviors = append(doc.Rubric.Behaviors, Behavior{ID: "open", Label: "No cap", On: "any", Points: 5})
	doc.Rubric.Behaviors = rapid.Permutation(doc.Rubric.Behaviors).Draw(t, "order")
	icp := &doc.ICPs[0]
	icp.Criteria = rapid.Permutation(icp.Criteria).Draw(t, "criteria")
	low := float64(rapid.IntRange(0, 100).Draw(t, "low"))
	yes := rapid.Bool().Draw(t, "exists")
	extra := Criterion{ID: "extra", Kind: Psychographic, Trait: "trigger", Missing: points.Draw(t, "missing"), Bands: []Band{{When: Condition{Min: &low}, Points: 30},
		{When: Condition{Exists: &yes}, Points: points.Draw(t, "band")}}}
	icp.Criteria = append(icp.Criteria, extra)
	doc.Lifecycle.SQL.Evidence = rapid.Permutation(doc.Lifecycle.SQL.Evidence).Draw(t, "evidence")
	if rapid.Bool().Draw(t, "channels") {
		doc.Channels = nil
	}
	return doc
}

// copyOf copies the document deeply, as it is.
func copyOf(doc Document) Document {
	b, err := yaml.Marshal(doc)
	if err != nil {
		panic(err)
	}
	var out Document
	if err := yaml.Unmarshal(b, &out); err != nil {
		panic(err)
	}
	return out
}

// TestWrittenIsReadBack: a document written as YAML by the library is read back as the same; and two versions are equal exactly when
// nothing differs.
func TestWrittenIsReadBack(t *testing.T) {
	base := mustParse(t, minimal).Document
	rapid.Check(t, func(t *rapid.T) {
		read := func(doc Document) *Playbook {
			source, err := yaml.Marshal(doc)
			if err != nil {
				t.Fatal(err)
			}
			pb, problems := Parse(source)
			if problems.HasErrors() {
				t.Fatalf("%v\n%s", problems, source)
			}
			if written := (&Playbook{Document: doc}).Version(); pb.Version() != written {
				t.Fatalf("written %s, read %s:\n%s", written, pb.Version(), source)
			}
			return pb
		}
		a := read(someDocument(t, base))
		b := a
		if rapid.Bool().Draw(t, "other") {
			b = read(someDocument(t, base))
		}
		forth, back := Diff(a, b), Diff(b, a)
		if (len(forth) == 0) != (a.Version() == b.Version()) || len(forth) != len(back) {
			t.Fatalf("versions %s %s, forth %v, back %v", a.Version(), b.Version(), forth, back)
		}
	})
}
