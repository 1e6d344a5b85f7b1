package engine

import (
	"testing"
	"time"
)

func TestPace(t *testing.T) {
	for _, c := range []struct {
		n    int
		took time.Duration
		want int
	}{
		{100, 200 * time.Millisecond, 100},
		{100, time.Microsecond, 200},         // no more than twice as many at once
		{1000, 125 * time.Millisecond, 1600}, // as many as fit
		{1600, 10 * time.Millisecond, undoPace.most},
		{1000, 400 * time.Millisecond, 500},
		{1000, 10 * time.Second, 500}, // one that was held up says little of the next
		{150, 10 * time.Second, undoPace.least},
		{undoPace.least, time.Minute, undoPace.least},
		{undoPace.most, time.Millisecond, undoPace.most},
	} {
		if got := undoPace.next(c.n, c.took); got != c.want {
			t.Errorf("after %d in %s: %d, want %d", c.n, c.took, got, c.want)
		}
	}
}
