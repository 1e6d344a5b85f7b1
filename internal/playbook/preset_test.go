package playbook

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

func parsePreset(t testing.TB, name string) (*Playbook, []string) {
	t.Helper()
	p, ok := PresetByName(name)
	if !ok {
		t.Fatalf("no preset %s", name)
	}
	pb, problems := Parse(p.Source)
	if problems != nil {
		t.Fatalf("%s:\n%v", name, problems)
	}
	return pb, strings.Split(string(p.Source), "\n")
}

func TestPresets(t *testing.T) {
	var names, versions []string
	for _, p := range Presets() {
		pb, _ := parsePreset(t, p.Name)
		if pb.Motion != p.Motion || p.Title == "" || len(p.Description) < 40 {
			t.Errorf("%s: %+v", p.Name, p.Description)
		}
		names, versions = append(names, p.Name), append(versions, pb.Version())
		clear(p.Source)
		if again, _ := PresetByName(p.Name); len(again.Source) == 0 || again.Source[0] == 0 {
			t.Errorf("%s: a caller's change is everybody's", p.Name)
		}
	}
	if !slices.Equal(names, []string{"smb", "mid-market", "enterprise", "fit-70", "mql-100"}) {
		t.Errorf("names %v", names)
	}
	slices.Sort(versions)
	if len(slices.Compact(versions)) != len(names) {
		t.Errorf("two presets are one: %v", versions)
	}
	if _, ok := PresetByName("startup"); ok {
		t.Error("found a preset that is not there")
	}
}

// TestPresetsFollowTheDomain holds the motions to the figures that the domain gives, wherever a preset differs from the others and
// wherever it must not.
func TestPresetsFollowTheDomain(t *testing.T) {
	for name, want := range map[string]struct {
		halfLife           float64
		mql, roles         int
		framework, channel string
	}{
		"smb": {7, 40, 1, "bant", "Google search"}, "mid-market": {14, 60, 2, "bant", "LinkedIn ads"}, "enterprise": {30, 80, 3, "meddicc", "ABM"},
	} {
		pb, _ := parsePreset(t, name)
		if pb.Rubric.HalfLifeDays != want.halfLife || pb.Lifecycle.MQL.Intent != want.mql || pb.Lifecycle.MQA.Roles != want.roles ||
			pb.Lifecycle.SQL.Framework != want.framework || pb.Channels[0].Name != want.channel {
			t.Errorf("%s: %+v", name, pb.Lifecycle)
		}
		points := map[string]int{}
		for _, b := range pb.Rubric.Behaviors {
			points[b.ID] = b.Points
			if b.Cap == 0 || b.WindowDays == 0 {
				t.Errorf("%s: %s has no cap or window", name, b.ID)
			}
		}
		for id, n := range map[string]int{"pricing_page": 20, "pricing_viewed": 20, "webinar_attended": 15, "case_study_downloaded": 10, "page_view": 1, "careers_page": -10, "unsubscribed": -15} {
			if points[id] != n {
				t.Errorf("%s: %s is worth %d, not %d", name, id, points[id], n)
			}
		}
		if !slices.Contains(pb.Lifecycle.MQL.Immediate, "demo_requested") {
			t.Errorf("%s: a demo request is not an immediate MQL", name)
		}
		kinds, disqualifiers, roles := map[string]bool{}, map[string]bool{}, map[string]bool{}
		for _, k := range pb.ICPs[0].Criteria {
			kinds[k.Kind] = true
		}
		for _, d := range pb.ICPs[0].Disqualifiers {
			disqualifiers[d.ID] = true
		}
		for _, r := range pb.Committee.Roles {
			roles[r.Role] = true
		}
		if len(kinds) != 4 || !disqualifiers["competitor"] || !disqualifiers["student_title"] || len(roles) != len(committeeRole) {
			t.Errorf("%s: kinds %v, disqualifiers %v, roles %v", name, kinds, disqualifiers, roles)
		}
		for channel, cpl := range map[string][2]float64{"LinkedIn ads": {80, 200}, "Google search": {30, 100}} {
			i := slices.IndexFunc(pb.Channels, func(c Channel) bool { return c.Name == channel })
			if i < 0 || pb.Channels[i].CPLLow != cpl[0] || pb.Channels[i].CPLHigh != cpl[1] {
				t.Errorf("%s: %s has another CPL", name, channel)
			}
		}
	}
}

// TestTitlesOfPresets: the pattern list, read in order, gives people the role they have.
func TestTitlesOfPresets(t *testing.T) {
	pb, _ := parsePreset(t, "mid-market")
	like := func(pattern, title string) bool {
		return regexp.MustCompile(`(?i)^` + strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, `.*`) + `$`).MatchString(title)
	}
	for title, want := range map[string]string{
		"CFO": "economic_buyer", "Founder & CEO": "economic_buyer", "VP Finance": "economic_buyer", "Procurement Manager": "blocker", "General Counsel": "blocker",
		"CMO": "decision_maker", "CTO": "decision_maker", "VP Marketing": "decision_maker", "Chief Revenue Officer": "decision_maker",
		"Director of Demand Generation": "champion", "Head of Growth": "champion", "Sales Director": "champion", "Solutions Architect": "influencer",
		"Marketing Manager": "influencer", "Data Analyst": "user", "SDR": "user", "Software Engineer": "user", "Poet": "",
	} {
		got := ""
		for _, r := range pb.Committee.Roles {
			if slices.ContainsFunc(r.Titles, func(p string) bool { return like(p, title) }) {
				got = r.Role
				break
			}
		}
		if got != want {
			t.Errorf("%s: %s, want %s", title, got, want)
		}
	}
}

// TestFiguresSayWhereTheyComeFrom: a figure that is published says so on its line.
func TestFiguresSayWhereTheyComeFrom(t *testing.T) {
	paths := map[string][]string{
		"smb": {"rubric.behaviors[pricing_page].points", "rubric.behaviors[pricing_viewed].points", "rubric.behaviors[webinar_attended].points",
			"rubric.behaviors[case_study_downloaded].points", "rubric.behaviors[page_view].points", "rubric.behaviors[careers_page].points",
			"rubric.behaviors[unsubscribed].points", "rubric.behaviors[email_clicked].points", "lifecycle.mql.immediate", "lifecycle.sql.framework",
			"icp[0].criteria[5].bands[0].in", "channels[LinkedIn ads].cpl_low", "channels[LinkedIn ads].cpl_high", "channels[Google search].cpl_low",
			"channels[Google search].cpl_high", "channels[Outbound].name", "channels[Content / SEO].name"},
		"mid-market": {"rubric.half_life_days", "lifecycle.mqa.roles", "channels[ABM].name"},
		"enterprise": {"rubric.half_life_days", "lifecycle.mqa.roles", "lifecycle.sql.framework"},
		"fit-70":     {"icp[0].criteria[0].bands[0].points", "icp[0].criteria[1].bands[2].points", "icp[0].criteria[2].bands[1].points", "icp[0].criteria[3].bands[0].points", "icp[0].criteria[4].bands[1].points"},
		"mql-100": {"lifecycle.mql.intent", "rubric.behaviors[third_party_intent].points", "rubric.behaviors[third_party_intent].cap", "rubric.behaviors[third_party_intent].window_days",
			"rubric.behaviors[form_submitted].points", "rubric.behaviors[site_search].points", "rubric.behaviors[form_error].points", "rubric.behaviors[careers_page].points"},
	}
	for name, list := range paths {
		pb, lines := parsePreset(t, name)
		for _, path := range list {
			line, _, ok := pb.Position(path)
			if !ok {
				t.Errorf("%s has no %s", name, path)
				continue
			}
			if _, comment, _ := strings.Cut(lines[line-1], "#"); !strings.Contains(comment, "published") {
				t.Errorf("%s line %d (%s) does not say where it comes from: %s", name, line, path, lines[line-1])
			}
		}
	}
}

func TestPublishedRubrics(t *testing.T) {
	fit, _ := parsePreset(t, "fit-70")
	sum := 0
	for _, k := range fit.ICPs[0].Criteria {
		sum += k.most()
	}
	if sum != 70 {
		t.Errorf("the 70-point table adds up to %d", sum)
	}
	mql, _ := parsePreset(t, "mql-100")
	if mql.Lifecycle.MQL.Intent != 100 {
		t.Errorf("MQL at %d", mql.Lifecycle.MQL.Intent)
	}
	want := map[string]int{"form_submitted": 50, "page_view": 1, "site_search": 3, "tracked_click": 3, "session": 3, "form_error": -5, "careers_page": -10, "unsubscribed": -15, "third_party_intent": 20}
	for _, b := range mql.Rubric.Behaviors {
		if n, ok := want[b.ID]; ok && b.Points != n {
			t.Errorf("%s is worth %d, not %d", b.ID, b.Points, n)
		}
		delete(want, b.ID)
	}
	if len(want) != 0 {
		t.Errorf("missing %v", want)
	}
}

func TestFrameworks(t *testing.T) {
	fields := map[string]int{"bant": 4, "meddicc": 7, "champ": 4, "gpctba": 6}
	all := Frameworks()
	if len(all) != len(fields) || all[0].Name != "bant" {
		t.Fatalf("frameworks %v", all)
	}
	for _, f := range all {
		var names []string
		for _, e := range f.Evidence {
			names = append(names, e.Name)
			if !strings.HasSuffix(e.Question, "?") {
				t.Errorf("%s.%s asks nothing", f.Name, e.Name)
			}
		}
		if len(names) != fields[f.Name] {
			t.Errorf("%s: %v", f.Name, names)
		}
		source := replace(t, minimal, "framework: bant, evidence: [budget, authority, need, timeline]", "framework: "+f.Name+", evidence: ["+strings.Join(names, ", ")+"]")
		if _, problems := Parse([]byte(source)); problems != nil {
			t.Errorf("%s: %v", f.Name, problems)
		}
	}
	if _, ok := FrameworkByName("custom"); ok {
		t.Error("custom has no preset")
	}
}
