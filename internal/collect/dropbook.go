package collect

import (
	"context"
	"sync"
	"time"

	"millrace"

	"golang.org/x/time/rate"
)

// dropBook keeps a flood of refused requests (a broken integration in a loop, a scan with made-up keys) from becoming a flood of
// writes. Ordinarily drops are handed over at once; past a hundred in a row and twenty a second they are added up here, and go with
// the next hand-over or with Flush.
type dropBook struct {
	mu      sync.Mutex
	lim     *rate.Limiter
	waiting map[dropKey]millrace.Drop
}

type dropKey struct {
	reason       millrace.DropReason
	source, kind string
}

func newDropBook() *dropBook {
	return &dropBook{lim: rate.NewLimiter(20, 100), waiting: map[dropKey]millrace.Drop{}}
}

// admit says whether a hand-over of drops alone may take place now; otherwise it has put them by.
func (b *dropBook) admit(now time.Time, drops []millrace.Drop) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.lim.AllowN(now, 1) {
		return true
	}
	b.add(drops)
	return false
}

// put puts drops by, as after a failed hand-over.
func (b *dropBook) put(drops []millrace.Drop) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.add(drops)
}

// add sums up by reason, source and type: at most a few dozen entries a key.
func (b *dropBook) add(drops []millrace.Drop) {
	for _, d := range drops {
		k := dropKey{d.Reason, d.Source, d.Type}
		w, ok := b.waiting[k]
		if !ok {
			w = d
			w.ID, w.Count = "", 0
		}
		w.Count += max(d.Count, 1)
		w.At, w.Detail = d.At, d.Detail
		b.waiting[k] = w
	}
}

// take gives what was put by and forgets it.
func (b *dropBook) take() []millrace.Drop {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) == 0 {
		return nil
	}
	out := make([]millrace.Drop, 0, len(b.waiting))
	for _, d := range b.waiting {
		out = append(out, d)
	}
	clear(b.waiting)
	return out
}

// applyDrops hands over drops that have no facts beside them.
func (h *Handler) applyDrops(ctx context.Context, drops []millrace.Drop) error {
	if len(drops) == 0 {
		return nil
	}
	if _, err := h.applier.Apply(ctx, millrace.Batch{Drops: drops}); err != nil {
		h.drops.put(drops)
		return err
	}
	return nil
}
