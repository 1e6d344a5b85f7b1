package app

import (
	"bytes"
	"testing"
	"time"

	"millrace/internal/dbtest"
)

// TestServerNoticesAnotherPlaybook: one that another process put in force rules on a server to which nothing is written.
func TestServerNoticesAnotherPlaybook(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		open := func() *Workspace {
			t.Helper()
			w, err := Open(t.Context(), Config{DB: url})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { w.Close() })
			return w
		}
		one, other := open(), open()
		s, err := Serve(t.Context(), one, ServerConfig{Addr: "127.0.0.1:0", SweepEvery: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Stop(t.Context())
		version := ""
		for _, name := range []string{"name: Search ads", "name: Google search", "name: Ads"} { // the jobs of a server's start write, and notice the first
			src := bytes.ReplaceAll(other.Engine.Playbook().Source(), []byte("name: Google search"), []byte(name))
			if name == "name: Google search" {
				src = bytes.ReplaceAll(src, []byte("name: Search ads"), []byte(name))
			}
			applied, err := other.Engine.ApplyPlaybook(t.Context(), src, "test", "")
			if err != nil {
				t.Fatal(err)
			}
			version = applied.Version
			for deadline := time.Now().Add(20 * time.Second); one.Engine.RulingVersion() != version; time.Sleep(20 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("the server doesn't notice %q", name)
				}
			}
		}
		m, err := one.Measure.Model(t.Context())
		if err != nil || m.Playbook != version {
			t.Errorf("the measures go by %s, not %s: %v", m.Playbook, version, err)
		}
	})
}
