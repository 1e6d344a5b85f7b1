package score

import (
	"testing"

	"millrace"
	"millrace/internal/identity"
	"millrace/internal/playbook"
)

// TestPresetsKnowWhoDecides: what a title is read as counts as authority in every preset by buying motion.
func TestPresetsKnowWhoDecides(t *testing.T) {
	for _, preset := range playbook.Presets() {
		if preset.Name == "fit-70" || preset.Name == "mql-100" { // published rubrics, kept as they are
			continue
		}
		pb, problems := playbook.Parse(preset.Source)
		if problems != nil {
			t.Fatal(problems)
		}
		rules, err := Compile(&pb.Document)
		if err != nil {
			t.Fatal(err)
		}
		for title, want := range map[string]int{"CEO": 10, "CFO": 10, "Owner": 10, "Geschäftsführerin": 10, "VP Sales": 10, "Head of IT": 5, "Marketing Manager": 5, "Senior Engineer": 0, "Intern": 0} {
			fit := rules.Fit(FitInput{AccountLast: never, ContactLast: never, Contact: Traits{millrace.TraitSeniority: identity.Seniority(title)}})
			found := false
			for _, c := range fit.Criteria {
				if c.ID == "authority" {
					found = true
					if c.Points != want {
						t.Errorf("%s, %s: %v points of authority, want %v: %s", preset.Name, title, c.Points, want, c.Why)
					}
				}
			}
			if !found {
				t.Errorf("%s asks nobody for authority", preset.Name)
			}
		}
	}
}

func never(int) millrace.Time { return 0 }
