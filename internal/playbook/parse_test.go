package playbook

import (
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"millrace"
)

// minimal is the smallest playbook that uses every part; tests edit it.
const minimal = `format: 1
name: Small
workspace: {timezone: Europe/Berlin, currency: EUR}
icp:
  - name: Mid
    threshold: 20
    grades: {A: 30, B: 0}
    criteria:
      - id: size
        kind: firmographic
        trait: employees
        bands:
          - {min: 200, points: 20}
          - {min: 50, points: 10}
      - id: stack
        kind: technographic
        trait: technologies
        bands:
          - {like: ["hubspot*"], points: 10}
      - id: active
        kind: behavioral
        behaviors: [pricing]
        within_days: 30
        points: 5
    disqualifiers:
      - {id: rival, trait: domain, in: [rival.example], reason: Competitor}
rubric:
  half_life_days: 14
  categories:
    - {name: pricing_pages, paths: [/pricing]}
  behaviors:
    - {id: demo, label: Demo, on: track, events: [Demo Requested], points: 50}
    - {id: pricing, label: Pricing, on: page, category: pricing_pages, points: 20, cap_per_day: 20}
    - {id: case, label: Case study, on: track, events: [Asset Downloaded], where: [{property: asset_type, in: [case_study]}], points: 10}
committee:
  engaged_within_days: 30
  roles:
    - role: champion
      titles: ["*head of*"]
lifecycle:
  mql: {intent: 60, immediate: [demo], expire_below: 30, expire_days: 60, cooldown_days: 30}
  mqa: {intent: 90, roles: 1, expire_below: 45, expire_days: 60, cooldown_days: 30}
  sql: {framework: bant, evidence: [budget, authority, need, timeline]}
channels:
  - {name: Ads, role: capture, cpl_low: 30, cpl_high: 100}
calendars:
  - {name: office, timezone: UTC, days: [mon, fri], from: "09:00", to: "17:00", holidays: [2026-12-25]}
`

func replace(t testing.TB, source, old, new string) string {
	t.Helper()
	if strings.Count(source, old) != 1 {
		t.Fatalf("%q stands %d times in the source", old, strings.Count(source, old))
	}
	return strings.Replace(source, old, new, 1)
}

func mustParse(t testing.TB, source string) *Playbook {
	t.Helper()
	pb, problems := Parse([]byte(source))
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	return pb
}

func TestParseMinimal(t *testing.T) {
	pb, problems := Parse([]byte(minimal))
	if problems != nil {
		t.Fatalf("problems: %v", problems)
	}
	if problems.Err() != nil {
		t.Error("Err of no problems is an error")
	}
	if string(pb.Source()) != minimal {
		t.Error("the source is not as given")
	}
	b := pb.Rubric.Behaviors[1]
	if b.ID != "pricing" || b.Category != "pricing_pages" || b.Points != 20 || b.CapPerDay != 20 || b.On != "page" {
		t.Errorf("pricing: %+v", b)
	}
	if got := *pb.ICPs[0].Criteria[0].Bands[1].When.Min; got != 50 {
		t.Errorf("min of the second band: %v", got)
	}
	if pb.ICPs[0].Grades["A"] != 30 || pb.Calendars[0].Holidays[0] != "2026-12-25" || pb.Channels[0].CPLHigh != 100 {
		t.Errorf("document: %+v", pb.Document)
	}
}

// TestProblems edits the minimal playbook and expects exactly these problems.
func TestProblems(t *testing.T) {
	for _, c := range []struct{ name, old, new, want string }{
		{"unknown key", "threshold: 20", "thresold: 20", `line 5, column 5: error: icp[0].threshold: "threshold" is required here
line 6, column 5: error: icp[0].thresold: unknown key "thresold" (did you mean threshold?)`},
		{"far unknown key", "name: Small", "name: Small\nflavour: mild", `line 3, column 1: error: flavour: unknown key "flavour" (one of format, name, motion, workspace, icp, rubric, committee, lifecycle, channels, calendars)`},
		{"wrong type", "threshold: 20", "threshold: lots", `line 6, column 16: error: icp[0].threshold: a whole number is wanted, and the text "lots" was found`},
		{"quoted number", "threshold: 20", `threshold: "20"`, `line 6, column 16: error: icp[0].threshold: a whole number is wanted, and the text "20" was found (write it without quotes: 20)`},
		{"fraction", "threshold: 20", "threshold: 20.5", `line 6, column 16: error: icp[0].threshold: a whole number of reasonable size is wanted, and the number 20.5 was found`},
		{"huge", "threshold: 20", "threshold: 99999999999", `line 6, column 16: error: icp[0].threshold: a whole number of reasonable size is wanted, and the number 99999999999 was found`},
		{"number for text", "name: Small", "name: 2026", `line 2, column 7: error: name: text is wanted, and the number 2026 was found (put it in quotes: "2026")`},
		{"text for list", "in: [rival.example]", "in: rival.example", `line 26, column 40: error: icp[0].disqualifiers[0].in: a list is wanted, and the text "rival.example" was found (write it as a list: [rival.example])`},
		{"text for mapping", "{timezone: Europe/Berlin, currency: EUR}", "Berlin", `line 3, column 12: error: workspace: a mapping is wanted, and the text "Berlin" was found`},
		{"list for bool", "trait: technologies", "trait: technologies\n        must: [yes]", `line 18, column 15: error: icp[0].criteria[1].must: true or false is wanted, and a list was found`},
		{"not finite", "half_life_days: 14", "half_life_days: .inf", `line 28, column 19: error: rubric.half_life_days: a finite number is wanted, and the number .inf was found`},
		{"key twice", "name: Small", "name: Small\nname: Big", `line 3, column 1: error: name: the key "name" is given twice; the first is at line 2 (keep one of them)`},
		{"nothing", "half_life_days: 14", "half_life_days:", `line 28, column 3: error: rubric.half_life_days: "half_life_days" is required here`},
		{"format", "format: 1", "format: 2", `line 1, column 9: error: format: format 2 is not known; this program reads format 1 (write format: 1)`},
		{"zone", "timezone: Europe/Berlin", "timezone: Europe/Berln", `line 3, column 23: error: workspace.timezone: "Europe/Berln" is not a time zone (did you mean Europe/Berlin?)`},
		{"local zone", "timezone: Europe/Berlin", "timezone: Local", `line 3, column 23: error: workspace.timezone: "Local" is not a time zone (an IANA name such as UTC, America/New_York or Europe/Berlin)`},
		{"currency", "currency: EUR", "currency: eur", `line 3, column 48: error: workspace.currency: a currency is three capital letters (ISO 4217), and "eur" was found (write EUR)`},
		{"kind", "kind: firmographic", "kind: firmografic", `line 10, column 15: error: icp[0].criteria[0].kind: "firmografic" is not known here (did you mean firmographic?)`},
		{"id shape", "id: stack", "id: Tech Stack", `line 15, column 13: error: icp[0].criteria[1].id: an id is lower-case letters, digits, _ and -, at most 64, and "Tech Stack" was found (for example tech_stack)`},
		{"id twice", "id: stack", "id: size", `line 15, column 13: error: icp[0].criteria[1].id: the id "size" is given twice; the first is icp[0].criteria[0], at line 9 (give each its own)`},
		{"behavior twice", "{id: case,", "{id: demo,", `line 34, column 12: error: rubric.behaviors[2].id: the id "demo" is given twice; the first is rubric.behaviors[0], at line 32 (give each its own)`},
		{"behavior reference", "behaviors: [pricing]", "behaviors: [pricng]", `line 22, column 21: error: icp[0].criteria[2].behaviors[0]: there is no behavior "pricng" in rubric.behaviors (did you mean pricing?)`},
		{"immediate reference", "immediate: [demo]", "immediate: [call_back]", `line 41, column 33: error: lifecycle.mql.immediate[0]: there is no behavior "call_back" in rubric.behaviors (add it to rubric.behaviors)`},
		{"category reference", "category: pricing_pages", "category: pricing_page", `line 33, column 57: error: rubric.behaviors[1].category: there is no category "pricing_page" in rubric.categories (did you mean pricing_pages?)`},
		{"grades alike", "{A: 30, B: 0}", "{A: 30, B: 30}", `line 7, column 24: error: icp[0].grades.B: grades A and B both begin at 30 points, so one of them is never given`},
		{"impossible threshold", "threshold: 20", "threshold: 36", `line 6, column 16: error: icp[0].threshold: nobody can reach 36: all criteria together give at most 35 (at most 35)`},
		{"account alone", "id: size\n        kind: firmographic", "id: size\n        of: contact\n        kind: firmographic",
			`line 6, column 16: warning: icp[0].threshold: no account is fit by itself: its own criteria give at most 15 of the 20 points, so none becomes an MQA and no target list fills before a person is known (at most 15, or move points from the contact's criteria to the account's)
line 12, column 16: warning: icp[0].criteria[0].trait: "employees" is a trait of accounts, and this reads it from the contact (remove of: contact)`},
		{"grade out of reach", "{A: 30, B: 0}", "{A: 40, B: 0}", `line 7, column 17: warning: icp[0].grades.A: grade A begins at 40 points and all criteria together give at most 35, so it is never given`},
		{"must", "{like: [\"hubspot*\"], points: 10}", "{like: [\"hubspot*\"], points: -10}\n        must: true", `line 7, column 17: warning: icp[0].grades.A: grade A begins at 30 points and all criteria together give at most 25, so it is never given
line 20, column 15: error: icp[0].criteria[1].must: nobody can meet this: a must criterion needs a band of positive points that can hold (give the band that is wanted positive points)`},
		{"points", "points: 50}", "points: 1001}", `line 32, column 76: error: rubric.behaviors[0].points: -1000 to 1000 points is allowed, and 1001 was found`},
		{"half-life", "half_life_days: 14", "half_life_days: 400", `line 28, column 19: error: rubric.half_life_days: 0.5 to 365 days is allowed, and 400 was found`},
		{"negative cap", "cap_per_day: 20", "cap_per_day: -20", `line 33, column 97: error: rubric.behaviors[1].cap_per_day: a cap cannot be negative, and -20 was found (write 20: caps are by magnitude, also of negative points)`},
		{"small cap", "cap_per_day: 20", "cap_per_day: 15", `line 33, column 97: warning: rubric.behaviors[1].cap_per_day: the cap of 15 is below the 20 points of a single time, which is then never given in full`},
		{"expire", "expire_below: 30", "expire_below: 60", `line 41, column 54: error: lifecycle.mql.expire_below: expire_below 60 must be under intent 60, or an episode would end the moment it began (about half of intent)`},
		{"roles", "roles: 1", "roles: 2", `line 42, column 28: error: lifecycle.mqa.roles: no account can have 2 roles engaged: the committee defines 1 (at most 1, or define more in committee.roles)`},
		{"band order", "- {min: 50, points: 10}", "- {min: 500, points: 30}", `line 14, column 13: warning: icp[0].criteria[0].bands[1]: this band is never reached: the one at line 13 holds for all of it and comes first (put the narrower band first)`},
		{"min above max", "{min: 50, points", "{min: 50, max: 40, points", `line 14, column 19: error: icp[0].criteria[0].bands[1].min: min 50 is above max 40, so the condition never holds (swap them)`},
		{"empty condition", "in: [case_study]", "in: []", `line 34, column 111: error: rubric.behaviors[2].where[0].in: the list is empty (list the values or remove the key)`},
		{"no condition", "trait: domain, in: [rival.example],", "trait: domain,", `line 26, column 9: error: icp[0].disqualifiers[0]: a condition is wanted here; without one it would hold for every value (add one of min, max, in, like, not_in, exists)`},
		{"shadowed", "events: [Asset Downloaded], where", "events: [demo requested], where", `line 34, column 7: warning: rubric.behaviors[2]: "case" never scores: an event counts for the first behavior that matches, and "demo" at line 32 takes all of them (put the more particular behavior first)`},
		{"whose trait", "trait: technologies", "trait: title", `line 17, column 16: warning: icp[0].criteria[1].trait: "title" is a trait of people, and this reads it from the account (add of: contact)`},
		{"trait spelling", "trait: technologies", "trait: technologys", `line 17, column 16: warning: icp[0].criteria[1].trait: "technologys" is not one of the standard traits, and near to one (did you mean technologies?)`},
		{"behavioral with bands", "points: 5\n", "points: 5\n        bands: [{points: 1}]\n", `line 25, column 16: error: icp[0].criteria[2].bands: a behavioral criterion reads behaviors, and has no bands (remove it, or change the kind)`},
		{"framework", "[budget, authority, need, timeline]", "[budget, need]", `line 43, column 36: warning: lifecycle.sql.evidence: BANT also asks for authority, timeline (add them, or call the framework custom)`},
		{"path", "paths: [/pricing]", "paths: [pricing]", `line 30, column 37: error: rubric.categories[0].paths[0]: a path begins with /, and "pricing" was found (write /pricing)`},
		{"holiday", "holidays: [2026-12-25]", "holidays: [25.12.2026]", `line 47, column 92: error: calendars[0].holidays[0]: a holiday is a date, and "25.12.2026" was found (for example 2026-12-25)`},
		{"hours", `to: "17:00"`, `to: "08:00"`, `line 47, column 72: error: calendars[0].to: the day ends at 08:00, before it begins at 09:00`},
		{"cpl", "cpl_low: 30", "cpl_low: 130", `line 45, column 41: error: channels[0].cpl_low: cpl_low 130 is above cpl_high 100 (swap them)`},
		{"channel's group", "role: capture, cpl_low", "role: capture, groups: [paid search], cpl_low", `line 45, column 41: error: channels[0].groups[0]: "paid search" is not known here (did you mean Paid Search?)`},
		{"channel's kind", "role: capture, cpl_low", "role: capture, kinds: [review_sites], cpl_low", `line 45, column 40: error: channels[0].kinds[0]: "review_sites" is not known here (did you mean review_site?)`},
		{"channel's referrer", "role: capture, cpl_low", "role: capture, referrers: [\"https://www.partner.example/x\"], cpl_low",
			`line 45, column 44: error: channels[0].referrers[0]: a domain is wanted, without https:// and path, and "https://www.partner.example/x" was found (write www.partner.example)`},
		{"channel's referrer as pattern", "role: capture, cpl_low", "role: capture, also: [{referrers: [\"*.partner.example\", partner]}], cpl_low",
			`line 45, column 52: error: channels[0].also[0].referrers[0]: a domain is wanted, without https:// and path, and "*.partner.example" was found (write partner.example)
line 45, column 73: error: channels[0].also[0].referrers[1]: a domain is wanted, without https:// and path, and "partner" was found (for example partner.example)`},
		{"channel's empty way", "role: capture, cpl_low", "role: capture, also: [{}], cpl_low",
			`line 45, column 39: error: channels[0].also[0]: a further way into the channel needs at least one list (give it a list, for example events: [Webinar Attended])`},
		{"channel's list twice", "role: capture, cpl_low", "role: capture, events: [Webinar Attended, webinar attended], cpl_low", `line 45, column 59: warning: channels[0].events[1]: "webinar attended" is in the list twice (remove it)`},
		{"own host", "currency: EUR", "currency: EUR, hosts: [\"acme.example/\"]", `line 3, column 61: error: workspace.hosts[0]: a domain is wanted, without https:// and path, and "acme.example/" was found (write acme.example)`},
		{"several at once", "format: 1\nname: Small\nworkspace: {timezone: Europe/Berlin, currency: EUR}", "format: one\nworkspace: {timezone: Mars, currency: euro}",
			`line 1, column 1: error: name: "name" is required here
line 1, column 9: error: format: a whole number is wanted, and the text "one" was found
line 2, column 23: error: workspace.timezone: "Mars" is not a time zone (an IANA name such as UTC, America/New_York or Europe/Berlin)
line 2, column 39: error: workspace.currency: a currency is three capital letters (ISO 4217), and "euro" was found (for example USD or EUR)`},
	} {
		t.Run(c.name, func(t *testing.T) {
			pb, problems := Parse([]byte(replace(t, minimal, c.old, c.new)))
			if got := problems.Error(); got != c.want {
				t.Errorf("got:\n%s\nwant:\n%s", got, c.want)
			}
			if (pb == nil) != problems.HasErrors() {
				t.Errorf("playbook %v with problems %v", pb != nil, problems)
			}
		})
	}
}

func TestUnreachableIntent(t *testing.T) {
	source := replace(t, minimal, "points: 50}", "points: 20, cap: 20}")
	source = replace(t, source, "cap_per_day: 20", "cap: 20")
	source = replace(t, source, "where: [{property: asset_type, in: [case_study]}], points: 10", "points: 10, cap: 10")
	_, problems := Parse([]byte(source))
	const want = "nobody can reach an intent of 60: with its caps the rubric gives one person at most 50"
	if len(problems) != 1 || problems[0].Path != "lifecycle.mql.intent" || problems[0].Message != want || problems[0].Severity != SeverityError {
		t.Errorf("got %v", problems)
	}
}

func TestOnlyFirmographic(t *testing.T) {
	source := replace(t, minimal, "kind: technographic", "kind: firmographic")
	before, _, _ := strings.Cut(source, "      - id: active")
	_, after, _ := strings.Cut(source, "points: 5\n")
	_, problems := Parse([]byte(before + after))
	if len(problems) != 1 || problems[0].Path != "icp[0].criteria" || problems[0].Severity != SeverityWarning || !strings.Contains(problems[0].Message, "only firmographic") {
		t.Errorf("got %v", problems)
	}
}

func TestNoICP(t *testing.T) {
	before, rest, _ := strings.Cut(minimal, "icp:")
	_, after, _ := strings.Cut(rest, "rubric:")
	for name, source := range map[string]string{"absent": before + "rubric:" + after, "empty": before + "icp: []\nrubric:" + after, "null": before + "icp:\nrubric:" + after} {
		pb, problems := Parse([]byte(source))
		if pb != nil || !strings.Contains(problems.Error(), "icp: a playbook without an ideal customer profile is refused") {
			t.Errorf("%s: %v", name, problems)
		}
	}
}

func TestErr(t *testing.T) {
	_, problems := Parse([]byte(replace(t, minimal, "currency: EUR", "currency: eur")))
	err := problems.Err()
	if millrace.ErrorCode(err) != millrace.Invalid {
		t.Errorf("code %s", millrace.ErrorCode(err))
	}
	if e, ok := errors.AsType[*millrace.Error](err); !ok || e.Field != "workspace.currency" {
		t.Errorf("error %v", err)
	}
	if all, ok := errors.AsType[Problems](err); !ok || len(all) != 1 {
		t.Error("the problems are not in the error")
	}
	if (Problems{{Severity: SeverityWarning}}).Err() != nil {
		t.Error("a warning is an error")
	}
}

// TestNotYAML: texts of up to a megabyte among these would overflow the stack or take minutes if they reached the YAML parser.
func TestNotYAML(t *testing.T) {
	for name, c := range map[string]struct{ source, want string }{
		"empty":       {"", "error: the playbook is empty (start from a preset: smb, mid-market or enterprise)"},
		"comments":    {"# nothing\n", "error: the playbook is empty (start from a preset: smb, mid-market or enterprise)"},
		"text":        {"hello", `line 1, column 1: error: a playbook is a mapping of sections, and the text "hello" was found (begin with the line: format: 1)`},
		"list":        {"- a", `line 1, column 1: error: a playbook is a mapping of sections, and a list was found (begin with the line: format: 1)`},
		"broken":      {"a: [1, 2\nb: 3", "line 2, column 1: error: not valid YAML: "},
		"two":         {"a: 1\n---\nb: 2\n", "line 3, column 1: error: a second YAML document begins here; a playbook is one"},
		"tag":         {"a: !!binary xx", `line 1, column 4: error: YAML tags and directives are not used in a playbook; found "!!binary" (remove it)`},
		"alias":       {"a: *nowhere", "line 1, column 4: error: the alias *nowhere has no anchor &nowhere before it (define the anchor first, or write the value out)"},
		"self":        {"a: &a [*a]", "line 1, column 8: error: the alias *a has no anchor &a before it (define the anchor first, or write the value out)"},
		"not text":    {"a: \xff\xfe", "error: the playbook is not valid UTF-8 text (save the file as UTF-8)"},
		"deep flow":   {strings.Repeat("[", 500_000), "line 1, column 33: error: nested more than 32 levels deep; no part of a playbook is"},
		"deep maps":   {strings.Repeat("{a: ", 200_000), "line 1, column 129: error: nested more than 32 levels deep; no part of a playbook is"},
		"deep list":   {strings.Repeat("- ", 500_000), "line 1, column 65: error: nested more than 32 levels deep; no part of a playbook is"},
		"deep keys":   {strings.Repeat("? ", 500_000), "line 1, column 65: error: nested more than 32 levels deep; no part of a playbook is"},
		"anchors":     {strings.Repeat("&a ", 300_000), "line 1, column 1501: error: more than 500 anchors and aliases"},
		"long keys":   {strings.Repeat("a:\n", 300_000), "line 501, column 2: error: a mapping with more than 500 keys; no part of a playbook has so many"},
		"long list":   {"a: [" + strings.Repeat("a,", 400_000) + "]", "the playbook is too long: at most 100000 words and signs are read"},
		"large":       {strings.Repeat("#", maxSource+1), "error: the playbook has 1048577 bytes; at most 1048576 (1 MiB) are read"},
		"many items":  {"channels: [" + strings.Repeat("{},", 1001) + "]", "error: channels: a list of 1001; at most 1000 are read here"},
		"alias bombs": {bomb(), "with its aliases written out the playbook has more than 200000 values"},
	} {
		t.Run(name, func(t *testing.T) {
			pb, problems := Parse([]byte(c.source))
			if pb != nil || !strings.Contains(problems.Error(), c.want) {
				t.Errorf("got %s\nwant %s", problems, c.want)
			}
		})
	}
}

// bomb is a "billion laughs" text.
func bomb() string {
	var b strings.Builder
	b.WriteString("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := 1; i < 10; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	return b.String()
}

func TestAliasesAndMerges(t *testing.T) {
	source := replace(t, minimal, "- {name: Ads, role: capture, cpl_low: 30, cpl_high: 100}",
		"- &ads {name: Ads, role: capture, cpl_low: 30, cpl_high: 100}\n  - {<<: *ads, name: More ads, cpl_high: 200}")
	source = replace(t, source, "days: [mon, fri]", "days: &days [mon, fri]")
	source += "  - {name: other, timezone: UTC, days: *days, from: \"08:00\", to: \"24:00\"}\n"
	pb := mustParse(t, source)
	if got := pb.Channels[1]; got.Name != "More ads" || got.Role != "capture" || got.CPLLow != 30 || got.CPLHigh != 200 {
		t.Errorf("merged channel: %+v", got)
	}
	if len(pb.Calendars[1].Days) != 2 {
		t.Errorf("aliased days: %v", pb.Calendars[1].Days)
	}
}

func TestJSONIsRead(t *testing.T) {
	source := `{"format": 1, "name": "J", "workspace": {"timezone": "UTC", "currency": "USD"}, "icp": [], "rubric": 3}`
	_, problems := Parse([]byte(source))
	if !strings.Contains(problems.Error(), "line 1, column 102: error: rubric: a mapping is wanted, and the number 3 was found") {
		t.Errorf("got %v", problems)
	}
}

func TestManyProblemsAreCut(t *testing.T) {
	var b strings.Builder
	b.WriteString(minimal)
	for i := range 300 {
		fmt.Fprintf(&b, "  - {name: c%d, timezone: Mars, days: [mon], from: \"09:00\", to: \"17:00\"}\n", i)
	}
	_, problems := Parse([]byte(b.String()))
	if len(problems) != maxProblems+1 || !problems.HasErrors() {
		t.Fatalf("%d problems", len(problems))
	}
	if got := problems[maxProblems].String(); got != "error: and 100 problems more; these are the first 200" {
		t.Error(got)
	}
}

func TestPosition(t *testing.T) {
	pb := mustParse(t, minimal)
	for path, want := range map[string]string{
		"rubric.behaviors[1].points":             "33:",
		"rubric.behaviors[pricing].points":       "33:",
		"icp[Mid].criteria[size].bands[min: 50]": "14:13",
		"icp[Mid].grades.B":                      "7:24",
		"lifecycle.mql.immediate[demo]":          "41:",
		"rubric.behaviors[none]":                 "",
		"":                                       "1:1",
	} {
		line, column, ok := pb.Position(path)
		got := ""
		if ok {
			got = fmt.Sprintf("%d:%d", line, column)
		}
		if !strings.HasPrefix(got, want) || (want == "") != !ok {
			t.Errorf("%q: got %q, want %q", path, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(minimal))
	for _, s := range []string{"", "a: *b", bomb(), "a: &a {<<: *a}", "? [a]: b", "- !!x y", "a: |\n  x", "icp: [{grades: {A: 1, A: 1}}]", "{<<: 1}", "\ufefformat: 1"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, src []byte) {
		pb, problems := Parse(src)
		if (pb == nil) != problems.HasErrors() {
			t.Fatalf("playbook %v, problems %v", pb != nil, problems)
		}
		for _, p := range problems {
			if p.Message == "" || p.Line < 0 || (p.Severity != SeverityError && p.Severity != SeverityWarning) {
				t.Fatalf("problem %+v", p)
			}
		}
		if pb != nil && len(Diff(pb, pb)) != 0 {
			t.Fatal("a playbook differs from itself")
		}
	})
}

func BenchmarkParsePreset(b *testing.B) {
	source, err := os.ReadFile("presets/mid-market.yaml")
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(source)))
	for b.Loop() {
		if _, problems := Parse(source); problems != nil {
			b.Fatal(problems)
		}
	}
}
