package score

import (
	"reflect"
	"testing"

	"millrace"
	"millrace/internal/playbook"
)

// fitDocument has one ICP of 100 points (60 of the account's) and a second of 30.
func fitDocument() playbook.Document {
	d := playbook.Document{Workspace: playbook.Workspace{Timezone: "Europe/Berlin"}}
	d.Rubric.HalfLifeDays = 30
	d.Rubric.Behaviors = []playbook.Behavior{{ID: "pricing", Label: "Pricing page"}, {ID: "demo"}, {ID: "blog"}}
	d.ICPs = []playbook.ICP{
		{
			Name: "mid-market", Threshold: 55, Grades: map[string]int{"A": 80, "B": 55, "C": 20, "D": 10},
			Criteria: []playbook.Criterion{
				{ID: "size", Kind: playbook.Firmographic, Trait: "employees", Missing: -5, Must: true, Bands: []playbook.Band{
					{When: playbook.Condition{Min: new(200.0)}, Points: 30}, {When: playbook.Condition{Min: new(50.0)}, Points: 10},
					{When: playbook.Condition{Max: new(5.0)}, Points: -10}}},
				{ID: "stack", Label: "Runs a CRM", Kind: playbook.Technographic, Of: "account", Trait: "technologies", Bands: []playbook.Band{
					{When: playbook.Condition{In: []string{"Salesforce"}}, Points: 10}, {When: playbook.Condition{Exists: new(false)}, Points: 2}}},
				{ID: "active", Kind: playbook.Behavioral, Behaviors: []string{"pricing", "demo"}, WithinDays: 30, Points: 20},
				{ID: "senior", Kind: playbook.Firmographic, Of: "contact", Trait: "seniority", Bands: []playbook.Band{{When: playbook.Condition{In: []string{"vp", "c-level"}}, Points: 30}}},
				{ID: "reader", Kind: playbook.Behavioral, Of: "contact", Behaviors: []string{"demo"}, Points: 10},
			},
			Disqualifiers: []playbook.Disqualifier{
				{ID: "competitor", Trait: "industry", When: playbook.Condition{In: []string{"Competitor"}}, Reason: "a competitor"},
				{ID: "student", Of: "contact", Trait: "title", When: playbook.Condition{Like: []string{"*student*"}}},
			},
		},
		{
			Name: "founders", Threshold: 25,
			Criteria: []playbook.Criterion{{ID: "title", Kind: playbook.Psychographic, Of: "contact", Trait: "title", Bands: []playbook.Band{
				{When: playbook.Condition{Like: []string{"*founder*"}}, Points: 30}}}},
		},
	}
	return d
}

func lastOf(times map[int]millrace.Time) func(int) millrace.Time {
	return func(b int) millrace.Time { return times[b] }
}

func TestFit(t *testing.T) {
	r := compile(t, fitDocument())
	clock := at(t, "2026-03-20 12:00")
	visited := at(t, "2026-03-01 12:00")
	f := r.Fit(FitInput{
		Account: Traits{"employees": "1,200", "technologies": []any{"Slack", "salesforce"}}, Contact: Traits{"seniority": "VP", "title": "VP Sales"},
		AccountLast: lastOf(map[int]millrace.Time{0: visited, 2: clock}), Clock: clock,
	})
	want := Fit{
		ICP: "mid-market", Pass: true, Grade: "A", Points: 90, Threshold: 55, Max: 100, Until: at(t, "2026-03-31 22:00"),
		Criteria: []CriterionResult{
			{ID: "size", Label: "employees", Kind: "firmographic", Of: "account", Trait: "employees", Value: "1,200", Points: 30, Max: 30, Known: true, Must: true, Why: "employees 1,200 is 200 or more"},
			{ID: "stack", Label: "Runs a CRM", Kind: "technographic", Of: "account", Trait: "technologies", Value: []any{"Slack", "salesforce"}, Points: 10, Max: 10, Known: true, Why: "technologies Slack, salesforce includes one of Salesforce"},
			{ID: "active", Label: "active", Kind: "behavioral", Of: "account", Value: visited, Points: 20, Max: 20, Known: true, Why: "Pricing page on 2026-03-01, within 30 days"},
			{ID: "senior", Label: "seniority", Kind: "firmographic", Of: "contact", Trait: "seniority", Value: "VP", Points: 30, Max: 30, Known: true, Why: "seniority VP is one of vp, c-level"},
			{ID: "reader", Label: "reader", Kind: "behavioral", Of: "contact", Max: 10, Known: true, Why: "nothing of demo"},
		},
	}
	if !reflect.DeepEqual(f, want) {
		t.Errorf("fit\n%+v\nwant\n%+v", f, want)
	}
}

func TestFitCases(t *testing.T) {
	r := compile(t, fitDocument())
	clock := at(t, "2026-03-20 12:00")
	big := Traits{"employees": 500.0, "technologies": []any{"salesforce"}}
	vp := Traits{"seniority": "vp"}
	seen := func(b int, at millrace.Time) func(int) millrace.Time { return lastOf(map[int]millrace.Time{b: at}) }
	for _, c := range []struct {
		name   string
		in     FitInput
		icp    string
		pass   bool
		grade  string
		points int
		until  millrace.Time
	}{
		{"nothing is known", FitInput{}, "founders", false, "", 0, 0},
		{"at the threshold", FitInput{Account: Traits{"employees": 200.0, "technologies": "x"}, Contact: vp}, "mid-market", true, "B", 60, 0},
		{"a band that asks for nothing known", FitInput{Account: Traits{"employees": 200.0}, Contact: vp}, "mid-market", true, "B", 62, 0},
		{"below it", FitInput{Account: Traits{"employees": 60.0}, Contact: vp}, "mid-market", false, "C", 42, 0},
		{"the must is missing", FitInput{Account: Traits{"technologies": []any{"salesforce"}}, Contact: vp, ContactLast: seen(1, clock), AccountLast: seen(1, clock)}, "mid-market", false, "B", 65, at(t, "2026-04-19 22:00")},
		{"the second fits better", FitInput{Account: big, Contact: Traits{"title": "Founder & CEO"}}, "founders", true, "", 30, 0},
		{"a pass before more points", FitInput{Account: Traits{"employees": 500.0, "industry": "competitor", "technologies": "salesforce"},
			Contact: Traits{"title": "co-founder", "seniority": "vp"}}, "founders", true, "", 30, 0},
		{"disqualified", FitInput{Account: Traits{"employees": 500.0, "industry": "competitor "}, Contact: vp}, "mid-market", false, "B", 62, 0},
		{"the window of a behaviour is over", FitInput{Account: big, AccountLast: seen(0, at(t, "2026-02-17 12:00"))}, "mid-market", false, "C", 40, 0},
		{"its last day", FitInput{Account: big, AccountLast: seen(0, at(t, "2026-02-18 12:00"))}, "mid-market", true, "B", 60, at(t, "2026-03-20 23:00")},
		{"a behaviour of the future", FitInput{Account: big, AccountLast: seen(0, clock+5)}, "mid-market", false, "C", 40, clock + 5},
		{"a behaviour for ever", FitInput{Account: big, ContactLast: seen(1, at(t, "2020-02-18 12:00"))}, "mid-market", false, "C", 50, 0},
		{"the wrong behaviour", FitInput{Account: big, AccountLast: seen(2, clock), ContactLast: seen(0, clock)}, "mid-market", false, "C", 40, 0},
		{"below all grades has the lowest", FitInput{Account: Traits{"employees": 3.0, "technologies": "x"}, ContactLast: seen(1, clock)}, "mid-market", false, "D", 0, 0},
	} {
		c.in.Clock = clock
		f := r.Fit(c.in)
		if f.ICP != c.icp || f.Pass != c.pass || f.Grade != c.grade || f.Points != c.points || f.Until != c.until {
			t.Errorf("%s: %s, pass %v, grade %s, %d points until %s (%+v)", c.name, f.ICP, f.Pass, f.Grade, f.Points, f.Until, f)
		}
		f.Criteria = nil
		if j := r.Judge(c.in); !reflect.DeepEqual(j, f) {
			t.Errorf("%s: judged %+v, want %+v", c.name, j, f)
		}
		f = r.FitAccount(c.in)
		f.Criteria = nil
		if j := r.JudgeAccount(c.in); !reflect.DeepEqual(j, f) {
			t.Errorf("%s: the account judged %+v, want %+v", c.name, j, f)
		}
	}
	d := fitDocument()
	d.ICPs = d.ICPs[:1]
	alone := compile(t, d)
	f := alone.Fit(FitInput{Account: Traits{"industry": "competitor", "employees": 4.0, "technologies": "x"}, Contact: Traits{"title": "PhD Student"}, Clock: clock})
	if f.Disqualified != "a competitor" || f.Grade != "D" || f.Points != -10 || !reflect.DeepEqual(f.MissingMusts, []string{"size"}) {
		t.Errorf("the worst: %+v", f)
	}
	if f = alone.Fit(FitInput{Contact: Traits{"title": "PhD Student"}, Clock: clock}); f.Disqualified != "student" || f.Criteria[0].Why != "employees is not known" || f.Criteria[0].Points != -5 || f.Criteria[0].Known {
		t.Errorf("disqualified as a student: %+v", f)
	}
	if f = alone.Fit(FitInput{Account: Traits{"employees": 20.0}, Clock: clock}); f.Criteria[0].Why != "employees 20 is in no band" || f.Criteria[0].Points != 0 {
		t.Errorf("in no band: %+v", f.Criteria[0])
	}
}

func TestFitAccount(t *testing.T) {
	r := compile(t, fitDocument())
	clock := at(t, "2026-03-20 12:00")
	f := r.FitAccount(FitInput{
		Account: Traits{"employees": 500.0, "technologies": "x"}, Contact: Traits{"seniority": "vp", "title": "student founder"}, Clock: clock,
		ContactLast: lastOf(map[int]millrace.Time{1: clock}),
	})
	// 55 of 100 are 33 of the 60 points that are the account's; the second ICP has no criterion of the account and judges none.
	if f.ICP != "mid-market" || f.Pass || f.Points != 30 || f.Threshold != 33 {
		t.Errorf("with an ICP that judges no account: %+v", f)
	}
	d := fitDocument()
	d.ICPs = d.ICPs[:1]
	alone := compile(t, d)
	for _, c := range []struct {
		employees float64
		last      millrace.Time
		pass      bool
		grade     string
		points    int
	}{{500, 0, false, "C", 32}, {500, clock, true, "A", 52}, {60, clock, false, "C", 32}, {20, 0, false, "D", 2}} {
		f := alone.FitAccount(FitInput{Account: Traits{"employees": c.employees}, AccountLast: lastOf(map[int]millrace.Time{0: c.last}), Clock: clock, Contact: Traits{"title": "student"}})
		if f.Pass != c.pass || f.Grade != c.grade || f.Points != c.points || f.Threshold != 33 || f.Max != 60 || len(f.Criteria) != 3 || f.Disqualified != "" {
			t.Errorf("%v employees: %+v", c.employees, f)
		}
	}
}

func TestFitWithoutICP(t *testing.T) {
	if f := rubric(t, "UTC").Fit(FitInput{}); !reflect.DeepEqual(f, Fit{}) {
		t.Errorf("fit of no ICP: %+v", f)
	}
}

// A behaviour that was done again turns a criterion exactly when judging by the old and by the new moment differs.
func TestFitTurns(t *testing.T) {
	r := compile(t, fitDocument())
	clock := at(t, "2026-03-20 12:00")
	for _, c := range []struct {
		name        string
		behavior    int
		before, now string
		want        bool
	}{
		{"the first time", 0, "", "2026-03-19 12:00", true},
		{"again within the window", 0, "2026-03-01 12:00", "2026-03-19 12:00", false},
		{"again after the window", 0, "2026-01-01 12:00", "2026-03-19 12:00", true},
		{"the first time, long ago", 0, "", "2026-01-01 12:00", false},
		{"again, long ago", 0, "2026-01-01 12:00", "2026-01-02 12:00", false},
		{"in the future", 0, "2026-03-19 12:00", "2026-03-21 12:00", true},
		{"for ever, the first time", 1, "", "2020-01-01 12:00", true},
		{"for ever, again, outside another's window", 1, "2020-01-01 12:00", "2020-02-01 12:00", false},
		{"for ever, again, and within another's window", 1, "2026-03-01 12:00", "2026-03-19 12:00", false},
		{"not asked for", 2, "", "2026-03-19 12:00", false},
	} {
		var before millrace.Time
		if c.before != "" {
			before = at(t, c.before)
		}
		if got := r.FitTurns(c.behavior, before, at(t, c.now), clock); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

func TestFitDependsOn(t *testing.T) {
	r := compile(t, fitDocument())
	if !r.FitDependsOn(0) || !r.FitDependsOn(1) || r.FitDependsOn(2) || r.FitDependsOn(-1) {
		t.Error("which behaviours fit reads")
	}
}

func TestRole(t *testing.T) {
	r := compile(t, playbook.Document{Committee: playbook.Committee{Roles: []playbook.Role{
		{Role: "nobody"},
		{Role: "economic_buyer", Titles: []string{"CFO", "chief financial officer", "vp * finance", "head of *"}},
		{Role: "champion", Titles: []string{"*marketing*"}, Seniorities: []string{"VP", "c-suite"}},
		{Role: "user", Departments: []string{"Marketing", "sales*"}},
	}}})
	for _, c := range []struct{ title, department, seniority, want string }{
		{"CFO", "", "", "economic_buyer"}, {"VP Finance / CFO", "", "", "economic_buyer"}, {"C.F.O.", "", "", "economic_buyer"},
		{"Chief Financial Officer, EMEA", "", "", "economic_buyer"}, {"cfoot", "", "", ""}, {"VP of Finance", "", "", "economic_buyer"},
		{"Co-head of Études", "", "", "economic_buyer"}, {"Head of", "", "", ""},
		{"Marketing Manager", "", "vp", "champion"}, {"Telemarketing lead", "", "C_Suite", "champion"}, {"Marketing Manager", "", "", ""},
		{"Marketing Manager", "Sales Operations", "", "user"}, {"", " marketing ", "", "user"}, {"", "Product marketing", "", ""}, {"", "", "", ""},
	} {
		contact := Traits{"title": c.title, "department": c.department, "seniority": c.seniority}
		if role, ok := r.Role(contact); role != c.want || ok != (c.want != "") {
			t.Errorf("%+v has role %q, %v", c, role, ok)
		}
	}
	if role, ok := r.Role(nil); ok {
		t.Errorf("nobody has role %q", role)
	}
}
