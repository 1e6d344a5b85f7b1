package markettest

import (
	"testing"
	"time"

	"millrace"
	"millrace/internal/market"
	"millrace/internal/playbook"
	"millrace/internal/score"
)

// The demo runs the market under the preset of its motion: titles, pages and events must mean something there.
func TestThePresetsUnderstandTheMarket(t *testing.T) {
	for _, motion := range []string{"smb", "mid-market", "enterprise"} {
		preset, ok := playbook.PresetByName(motion)
		if !ok {
			t.Fatalf("no preset %q", motion)
		}
		book, problems := playbook.Parse(preset.Source)
		if problems.HasErrors() {
			t.Fatal(problems)
		}
		rules, err := score.Compile(&book.Document)
		if err != nil {
			t.Fatal(err)
		}
		m, err := market.New(market.Config{Seed: 1, Accounts: 300, Motion: motion,
			Start: millrace.TimeOf(time.Date(2025, 11, 22, 0, 0, 0, 0, time.UTC))})
		if err != nil {
			t.Fatal(err)
		}
		wrong, titles := map[string]string{}, map[string]bool{}
		for p := range m.People() {
			if p.Role == "" {
				continue
			}
			titles[p.Title] = true
			if role, _ := rules.Role(score.Traits{millrace.TraitTitle: p.Title}); role != p.Role {
				wrong[p.Title] = p.Role + ", not " + role
			}
		}
		if len(wrong)*10 > len(titles) || len(titles) < 25 {
			t.Errorf("%s: of %d titles, these have another role: %v", motion, len(titles), wrong)
		}
		scored, seen := map[string]bool{}, map[string]bool{}
		for e := range m.Facts() {
			if !e.Kind.Behavior() {
				continue
			}
			name := e.Name
			if e.Kind == millrace.KindPage {
				name = e.Path
			}
			seen[name] = true
			if rules.Match(e.Kind, e.Name, e.Host, e.Path, e.Data) >= 0 {
				scored[name] = true
			}
		}
		for _, name := range []string{"/pricing", "/security", "/demo", "/careers", "Demo Requested", "Form Submitted", "Webinar Registered",
			"Webinar Attended", "Asset Downloaded", "Signed Up", "Email Clicked", "Unsubscribed", "Meeting Booked", "Video Watched"} {
			if !seen[name] || !scored[name] {
				t.Errorf("%s: %s happens: %v, is scored: %v", motion, name, seen[name], scored[name])
			}
		}
	}
}
