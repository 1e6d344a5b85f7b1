package main

import (
	"path/filepath"
	"strings"
	"testing"

	"millrace/internal/dbtest"
)

// TestLongTasksTakeTurns starts at one time, as processes of their own, what folds the whole log into tables beside the live ones. They
// wait for each other where they would use the same tables; each succeeds.
func TestLongTasksTakeTurns(t *testing.T) {
	if testing.Short() {
		t.Skip("many processes at one time are left out with -short")
	}
	dbtest.Each(t, func(t *testing.T, db string) {
		w := &world{t: t, db: db, dir: t.TempDir()}
		w.files()
		for _, entity := range []string{"contacts", "events"} {
			bring(t, db, entity, filepath.Join(w.dir, entity+".csv"))
		}
		smb, mid := filepath.Join(w.dir, "smb.yaml"), filepath.Join(w.dir, "mid-market.yaml")
		tasks := [][]string{{"playbook", "plan", smb}, {"playbook", "apply", smb}, {"playbook", "plan", mid}, {"log", "check", "--quiet"},
			{"log", "rebuild", "--quiet"}, {"playbook", "apply", mid}, {"log", "check", "--quiet"}, {"log", "rebuild", "--quiet"}}
		var waits []func() result
		for _, args := range tasks {
			_, wait := start(t, append(args, "--db", db)...)
			waits = append(waits, wait)
		}
		for i, wait := range waits {
			if r := wait(); r.code != 0 {
				t.Errorf("millrace %s: exit code %d: %s%s", strings.Join(tasks[i], " "), r.code, r.out, r.errors)
			}
		}
		if s := stats(t, db); s.Contacts != 3200 {
			t.Errorf("%+v", s)
		}
		logIsClean(t, db)
	})
}
