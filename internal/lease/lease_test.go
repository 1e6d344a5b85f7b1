package lease

import (
	"strings"
	"testing"

	"millrace"
)

func TestGone(t *testing.T) {
	own := New()
	host, _, _ := strings.Cut(string(own), "/")
	const signed = millrace.Time(1_000_000)
	for _, c := range []struct {
		other Holder
		after millrace.Time
		want  bool
	}{
		{own, millrace.Day, false},
		{New(), 0, false}, // of the same process
		{New(), 4 * millrace.Second, true},
		{Holder(host + "/2147483646/a"), 0, true}, // no such process here
		{"elsewhere/7/a", 19 * millrace.Second, false},
		{"elsewhere/7/a", 21 * millrace.Second, true},
		{"", 0, true},
	} {
		if got := own.Gone(c.other, signed, signed+c.after); got != c.want {
			t.Errorf("%q after %d ms: %v", c.other, c.after, got)
		}
	}
}
