package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"millrace"
	"millrace/internal/dbtest"
)

// bars are two playbooks that differ in the bar of the MQL stage: nobody passes the first, everybody who asked for a demo the second.
func bars(t testing.TB) (high, low string) {
	t.Helper()
	const text = `format: 1
name: Bars
workspace: {timezone: UTC, currency: USD}
icp:
  - name: Any
    threshold: 10
    grades: {A: 10, D: 0}
    criteria:
      - {id: title, kind: psychographic, of: contact, trait: title, bands: [{in: [CTO], points: 10}]}
rubric:
  half_life_days: 365
  behaviors:
    - {id: demo, label: Demo, on: track, events: [Demo Requested], points: 50}
committee:
  engaged_within_days: 20
  roles:
    - {role: champion, titles: ["cto"]}
lifecycle:
  mql: {intent: %d, expire_below: 5, expire_days: 60, cooldown_days: 30}
  mqa: {intent: 10000, roles: 1, expire_below: 5, expire_days: 60, cooldown_days: 30}
  sql: {framework: bant, evidence: [budget, authority, need, timeline]}
`
	return write(t, "high.yaml", fmt.Sprintf(text, 1000)), write(t, "low.yaml", fmt.Sprintf(text, 20))
}

// TestKilledApplyStillDecides kills the apply of a playbook when it has switched, before everybody has been decided on under its bar: the
// decisions come all the same, as if it had not been killed.
func TestKilledApplyStillDecides(t *testing.T) {
	high, low := bars(t)
	path := dbtest.SQLite(t)
	must(t, "playbook", "apply", high, "--db", path)
	const people = 3000
	yesterday := millrace.TimeOf(time.Now().AddDate(0, 0, -1))
	var events strings.Builder
	for i := range people {
		fmt.Fprintf(&events, "i%d,identify,,u%[1]d,,\"{\"\"title\"\":\"\"CTO\"\"}\"\nt%[1]d,track,Demo Requested,u%[1]d,%[2]s,\n", i, yesterday)
	}
	file := filepath.Join(t.TempDir(), "events.csv")
	if err := os.WriteFile(file, []byte("message_id,type,event,user_id,timestamp,traits\n"+events.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	bring(t, path, "events", file)
	if s := stats(t, path); s.Contacts != people || s.MQL != 0 {
		t.Fatalf("%+v", s)
	}
	cmd, wait := start(t, "playbook", "apply", low, "--db", path)
	looking(t, path, "select count(*) = 2 from ruling where note <> 'the workspace''s first playbook'")
	cmd.Process.Kill()
	wait()
	if s := stats(t, path); s.MQL != people {
		t.Errorf("%d of %d are MQL", s.MQL, people)
	}
	logIsClean(t, path)
}

// TestApplyOverAnotherVersionIsRefused applies a text that was made from a version which does not rule any more.
func TestApplyOverAnotherVersionIsRefused(t *testing.T) {
	high, low := bars(t)
	path := dbtest.SQLite(t)
	must(t, "playbook", "apply", high, "--db", path)
	first := mustJSON[struct{ Version string }](t, "playbook", "show", "--db", path)
	must(t, "playbook", "apply", low, "--base", first.Version, "--db", path)
	if r := try(t, "playbook", "apply", high, "--base", first.Version, "--db", path); r.code == 0 || !strings.Contains(r.errors, "rules by now") {
		t.Errorf("%+v", r)
	}
}
