package collect

import (
	"math"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// limits holds a rate for each key. A key may send a second's worth at once. A batch larger than that is taken when the allowance is
// full and its excess is owed, so that no batch is refused for ever.
type limits struct {
	standard int
	mu       sync.Mutex
	keys     map[string]*limit
}

type limit struct {
	mu  sync.Mutex
	lim *rate.Limiter
}

func newLimits(standard int) *limits { return &limits{standard: standard, keys: map[string]*limit{}} }

// take charges n events to the key. When it is over its rate nothing is charged and retry is the number of whole seconds, at least 1,
// after which the same request passes if nothing else was sent meanwhile.
func (l *limits) take(now time.Time, key Key, n int) (ok bool, retry int) {
	per := key.RatePerSecond
	if per <= 0 {
		per = l.standard
	}
	l.mu.Lock()
	k := l.keys[key.ID]
	if k == nil {
		k = &limit{lim: rate.NewLimiter(rate.Limit(per), per)}
		l.keys[key.ID] = k
	}
	l.mu.Unlock()

	k.mu.Lock()
	defer k.mu.Unlock()
	if k.lim.Burst() != per {
		k.lim.SetLimitAt(now, rate.Limit(per))
		k.lim.SetBurstAt(now, per)
	}
	if short := float64(min(n, per)) - k.lim.TokensAt(now); short > 1e-6 {
		return false, max(1, int(math.Ceil(short/float64(per))))
	}
	for n > 0 {
		part := min(n, per)
		k.lim.ReserveN(now, part)
		n -= part
	}
	return true, 0
}
