package collect

import (
	"testing"
	"time"
)

func TestRate(t *testing.T) {
	at := now.Std()
	l := newLimits(100)
	key := Key{ID: "k"}
	for i, c := range []struct {
		after time.Duration // since the step before
		n     int
		ok    bool
		retry int
	}{
		{0, 100, true, 0},
		{0, 1, false, 1},
		{500 * time.Millisecond, 50, true, 0},
		{0, 1, false, 1},
		{time.Second, 1000, true, 0}, // larger than a second's worth: the rest is owed
		{time.Second, 1, false, 9},
		{8 * time.Second, 1, false, 1},
		{10 * time.Millisecond, 1, true, 0},
		{0, 0, true, 0},
	} {
		at = at.Add(c.after)
		ok, retry := l.take(at, key, c.n)
		if ok != c.ok || retry != c.retry {
			t.Errorf("step %d: %v, retry %d; want %v, %d", i, ok, retry, c.ok, c.retry)
		}
	}
	if ok, _ := l.take(at, Key{ID: "other"}, 100); !ok {
		t.Error("one key's rate cost another")
	}
	if ok, _ := l.take(at.Add(time.Hour), Key{ID: "k", RatePerSecond: 5}, 5); !ok {
		t.Error("a changed rate refuses what it allows")
	}
	if ok, _ := l.take(at.Add(time.Hour), Key{ID: "k", RatePerSecond: 5}, 1); ok {
		t.Error("a changed rate does not hold")
	}
}

func TestTheDefaultRateIsNotUnderAHundredThousand(t *testing.T) {
	h := New(Config{})
	if ok, _ := h.limits.take(now.Std(), Key{ID: "k"}, 100_000); !ok {
		t.Error("100,000 events in a second are refused")
	}
}
