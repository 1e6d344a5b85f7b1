package engine

import (
	"testing"
	"time"
)

// TestSweepNext: a transaction of a sweep that takes longer than aimed at is followed by a smaller one, and one that is soon done by a larger.
func TestSweepNext(t *testing.T) {
	for _, x := range []struct {
		slice int
		took  time.Duration
		want  int
	}{
		{500, 1300 * time.Millisecond, 38}, {38, 100 * time.Millisecond, 38}, {38, 20 * time.Millisecond, 190}, {190, 0, sweepMost}, {100, time.Hour, sweepLeast},
	} {
		if got := sweepNext(x.slice, x.took); got != x.want {
			t.Errorf("after %d in %v: %d, want %d", x.slice, x.took, got, x.want)
		}
	}
}
