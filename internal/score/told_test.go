package score

import (
	"strings"
	"testing"

	"millrace"
	"millrace/internal/playbook"
)

// TestTold: what is said of an account, from what its people did.
func TestTold(t *testing.T) {
	r := rubric(t, "UTC", playbook.Behavior{ID: "pricing", Label: "Pricing page", On: "page", Points: 20, WindowDays: 90},
		playbook.Behavior{ID: "demo", Label: "Demo requested", On: "track", Points: 50, WindowDays: 90},
		playbook.Behavior{ID: "careers", Label: "Careers page", On: "page", Points: -10, WindowDays: 90},
		playbook.Behavior{ID: "docs", Label: "Security documentation", On: "page", Points: 5})
	const clock = millrace.Time(1767571200000) + 200*millrace.Day + 12*millrace.Hour
	person := func(title string, deeds ...int) Engaged { // behaviour and days ago, by turns
		var facts []Fact
		for i := 0; i < len(deeds); i += 2 {
			facts = append(facts, Fact{OccurredAt: clock - millrace.Time(deeds[i+1])*millrace.Day, Behavior: deeds[i], Seq: int64(i)})
		}
		return Engaged{Title: title, State: r.Intent(facts, clock)}
	}
	for _, c := range []struct {
		people []Engaged
		want   string
	}{
		{nil, ""},
		{[]Engaged{person("CFO", 0, 40)}, ""},
		{[]Engaged{person("CFO", 2, 1)}, ""},
		{[]Engaged{person("IT Director", 0, 1, 0, 3, 0, 5), person("CFO", 0, 2), person("Engineer", 0, 0)},
			"Three people from Initech read the pricing page this week; the IT director came back twice"},
		{[]Engaged{person("CFO", 0, 2), person("Engineer", 0, 2)}, "Two people from Initech read the pricing page this week"},
		{[]Engaged{person("CFO", 1, 2), person("Engineer", 0, 2)}, "The CFO from Initech requested a demo this week"},
		{[]Engaged{person("CFO", 0, 1, 0, 2)}, "The CFO from Initech read the pricing page twice this week and came back once"},
		{[]Engaged{person("CFO", 1, 2), person("VP Sales", 3, 1, 3, 3), person("", 2, 1)}, "The CFO from Initech requested a demo this week"},
		{[]Engaged{person("CFO", 1, 2), person("VP Sales", 0, 1, 0, 3), person("", 2, 1)}, "The CFO from Initech requested a demo this week; the VP sales came back once"},
		{[]Engaged{person("", 0, 20)}, "Somebody from Initech read the pricing page in the last 30 days"},
		{[]Engaged{{Name: "Anna Bell", State: person("", 3, 1).State}}, "Anna Bell from Initech read the security documentation this week"},
		{[]Engaged{{Role: "Holds the money", State: person("", 3, 1).State}}, "Somebody who holds the money from Initech read the security documentation this week"},
	} {
		got, only := r.Told("Initech", c.people, clock)
		if got != c.want {
			t.Errorf("got  %q\nwant %q", got, c.want)
		}
		if several := strings.Contains(got, ";") || strings.Contains(got, "people"); (only < 0) != (several || got == "") {
			t.Errorf("%q speaks of person %d", got, only)
		}
	}
	if got := r.ToldOf(person("CFO", 0, 1, 0, 2, 1, 3, 3, 1), clock); got != "Requested a demo, read the pricing page twice this week" {
		t.Error(got)
	}
	if got := r.ToldOf(person("CFO", 0, 80), clock); got != "" {
		t.Error(got)
	}
}

// TestPhrases: the labels of all presets make sentences.
func TestPhrases(t *testing.T) {
	want := map[string]string{
		"Demo requested": "requested a demo", "Meeting booked": "booked a meeting", "Pricing page": "read the pricing page", "Pricing viewed in the product": "viewed pricing in the product",
		"Signed up for the product": "signed up for the product", "Link in an e-mail clicked": "clicked a link in an e-mail", "ROI calculator used": "used a ROI calculator",
		"Whitepaper or other asset downloaded": "downloaded a whitepaper or other asset", "Article read": "read an article", "Customer story read": "read a customer story",
		"Documentation": "read the documentation", "Page view": "viewed a page", "Site search": "had a site search", "Third-party intent": "had a third-party intent", "Webinar attended": "attended a webinar",
	}
	seen := map[string]bool{}
	for _, p := range playbook.Presets() {
		pb, problems := playbook.Parse(p.Source)
		if err := problems.Err(); err != nil {
			t.Fatal(err)
		}
		r, err := Compile(&pb.Document)
		if err != nil {
			t.Fatal(err)
		}
		for i, b := range pb.Rubric.Behaviors {
			got := r.phrase(i)
			seen[b.Label] = true
			if w := want[b.Label]; w != "" && got != w {
				t.Errorf("%s: %q, want %q", b.Label, got, w)
			}
			if got == "" || strings.Contains(got, "  ") {
				t.Errorf("%s: %q", b.Label, got)
			}
		}
	}
	for label := range want {
		if !seen[label] {
			t.Errorf("no preset has %q any more", label)
		}
	}
}
