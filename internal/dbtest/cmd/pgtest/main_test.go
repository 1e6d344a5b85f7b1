package main

import (
	"testing"

	"millrace/internal/dbtest"
)

func TestRunGivesTheCommandsStatus(t *testing.T) {
	t.Setenv(dbtest.ClusterEnv, "postgres://already-running")
	for _, c := range []struct {
		script string
		want   int
	}{
		{"exit 0", 0},
		{"exit 3", 3},
		{`test "$MILLRACE_TEST_POSTGRES" = postgres://already-running`, 0},
	} {
		if got, err := run([]string{"sh", "-c", c.script}); got != c.want || err != nil {
			t.Errorf("%s: status %d, %v; want %d", c.script, got, err, c.want)
		}
	}
	if got, err := run([]string{"/no/such/command"}); got == 0 || err == nil {
		t.Error("a command that can't start must fail")
	}
}
