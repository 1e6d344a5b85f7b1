package score

import (
	"testing"
	"time"

	"millrace"
	"millrace/internal/playbook"
)

// compile builds rules from a document that a test gives in part: UTC and a half-life of 10 days unless it says otherwise.
func compile(t testing.TB, d playbook.Document) *Rules {
	t.Helper()
	if d.Rubric.HalfLifeDays == 0 {
		d.Rubric.HalfLifeDays = 10
	}
	r, err := Compile(&d)
	if err != nil {
		t.Fatalf("Compile: %v", err)
	}
	return r
}

// rubric builds rules with these behaviours in the zone.
func rubric(t testing.TB, zone string, behaviors ...playbook.Behavior) *Rules {
	t.Helper()
	return compile(t, playbook.Document{
		Workspace: playbook.Workspace{Timezone: zone}, Rubric: playbook.Rubric{Behaviors: behaviors},
	})
}

// at reads "2026-03-14 18:22" as UTC.
func at(t testing.TB, s string) millrace.Time {
	t.Helper()
	parsed, err := time.Parse("2006-01-02 15:04", s)
	if err != nil {
		t.Fatal(err)
	}
	return millrace.TimeOf(parsed)
}
