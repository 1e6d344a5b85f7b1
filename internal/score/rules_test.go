package score

import (
	"errors"
	"math"
	"testing"

	"millrace"
	"millrace/internal/playbook"
)

func TestCompileRefuses(t *testing.T) {
	for _, c := range []struct {
		field  string
		change func(*playbook.Document)
	}{
		{"/workspace/timezone", func(d *playbook.Document) { d.Workspace.Timezone = "Europe/Atlantis" }},
		{"/workspace/timezone", func(d *playbook.Document) { d.Workspace.Timezone = "Local" }},
		{"/rubric/half_life_days", func(d *playbook.Document) { d.Rubric.HalfLifeDays = 0 }},
		{"/rubric/half_life_days", func(d *playbook.Document) { d.Rubric.HalfLifeDays = -3 }},
		{"/rubric/half_life_days", func(d *playbook.Document) { d.Rubric.HalfLifeDays = math.NaN() }},
		{"/rubric/half_life_days", func(d *playbook.Document) { d.Rubric.HalfLifeDays = math.Inf(1) }},
		{"/rubric/half_life_days", func(d *playbook.Document) { d.Rubric.HalfLifeDays = 1e-12 }},
		{"/rubric/categories/0/paths/1", func(d *playbook.Document) { d.Rubric.Categories[0].Paths = []string{"/ok", "/a**b"} }},
		{"/rubric/behaviors/0/points", func(d *playbook.Document) { d.Rubric.Behaviors[0].Points = 1001 }},
		{"/rubric/behaviors/0/points", func(d *playbook.Document) { d.Rubric.Behaviors[0].Points = math.MinInt }},
		{"/rubric/behaviors/0/cap", func(d *playbook.Document) { d.Rubric.Behaviors[0].Cap = -1 }},
		{"/rubric/behaviors/0/cap_per_day", func(d *playbook.Document) { d.Rubric.Behaviors[0].CapPerDay = math.MaxInt }},
		{"/rubric/behaviors/0/window_days", func(d *playbook.Document) { d.Rubric.Behaviors[0].WindowDays = 40000 }},
		{"/rubric/behaviors/0/category", func(d *playbook.Document) { d.Rubric.Behaviors[0].Category = "nowhere" }},
		{"/rubric/behaviors/0/on", func(d *playbook.Document) { d.Rubric.Behaviors[0].On = "mail" }},
		{"/rubric/behaviors/0/where/0/property", func(d *playbook.Document) { d.Rubric.Behaviors[0].Where = make([]playbook.Where, 1) }},
		{"/rubric/behaviors/1/id", func(d *playbook.Document) { d.Rubric.Behaviors[1].ID = "pricing" }},
		{"/lifecycle/mql/immediate/1", func(d *playbook.Document) { d.Lifecycle.MQL.Immediate = []string{"demo", "nothing"} }},
		{"/icp/0/criteria/2/behaviors/0", func(d *playbook.Document) { d.ICPs[0].Criteria[2].Behaviors = []string{"nothing"} }},
		{"/icp/0/criteria/2/within_days", func(d *playbook.Document) { d.ICPs[0].Criteria[2].WithinDays = -1 }},
		{"/icp/0/criteria/3/of", func(d *playbook.Document) { d.ICPs[0].Criteria[3].Of = "deal" }},
		{"/icp/0/disqualifiers/1/of", func(d *playbook.Document) { d.ICPs[0].Disqualifiers[1].Of = "deal" }},
	} {
		d := fitDocument()
		d.Rubric.Categories = []playbook.Category{{Name: "pricing", Paths: []string{"/pricing"}}}
		if _, err := Compile(&d); err != nil {
			t.Fatal(err)
		}
		c.change(&d)
		_, err := Compile(&d)
		e, ok := errors.AsType[*millrace.Error](err)
		if !ok || e.Code != millrace.Invalid || e.Field != c.field || e.Message == "" {
			t.Errorf("%s: %v", c.field, err)
		}
	}
}

func TestRulesAnswer(t *testing.T) {
	d := fitDocument()
	r := compile(t, d)
	if r.Document().ICPs[0].Name != "mid-market" || r.HalfLife() != 30*millrace.Day {
		t.Error("the document and its half-life")
	}
	if i, ok := r.BehaviorIndex("demo"); i != 1 || !ok {
		t.Errorf("demo is behaviour %d, %v", i, ok)
	}
	if _, ok := r.BehaviorIndex("nothing"); ok {
		t.Error("there is no such behaviour")
	}
}
