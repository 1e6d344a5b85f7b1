package playbook

import (
	"testing"

	"pgregory.net/rapid"
)

// TestGlobIsWhatItSays holds Glob against trying all ways.
func TestGlobIsWhatItSays(t *testing.T) {
	var slow func(p, s string) bool
	slow = func(p, s string) bool {
		switch {
		case p == "":
			return s == ""
		case p[0] == '*':
			return slow(p[1:], s) || s != "" && slow(p, s[1:])
		}
		return s != "" && p[0] == s[0] && slow(p[1:], s[1:])
	}
	rapid.Check(t, func(t *rapid.T) {
		p, s := rapid.StringMatching(`[ab*]{0,7}`).Draw(t, "pattern"), rapid.StringMatching(`[ab]{0,9}`).Draw(t, "text")
		if Glob(p, s) != slow(p, s) {
			t.Fatalf("Glob(%q, %q) is %v", p, s, Glob(p, s))
		}
	})
}
