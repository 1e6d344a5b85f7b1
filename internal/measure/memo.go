package measure

import (
	"sync"
	"sync/atomic"
)

// memory keeps what was worked out from a model, so that asking again costs nothing. It is bounded: the entry that was asked for longest ago
// gives way.
type memory struct {
	mu      sync.Mutex
	limit   int
	entries map[any]*entry
	clock   int64
	slow    sync.Mutex // held while something that takes long is worked out
}

type entry struct {
	once sync.Once
	v    any
	err  error
	used int64
	done atomic.Bool
}

// How many entries are kept of a model: of reports, of which the largest are funnels of some hundred kilobytes, of sets of journeys, which are
// as large as the touches, and of the episodes of a conversion, sixteen bytes an entry.
const (
	rememberedReports  = 160
	rememberedJourneys = 2
	rememberedEpisodes = 3
)

func (m *memory) entry(key any) *entry {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.clock++
	e := m.entries[key]
	if e == nil {
		if m.entries == nil {
			m.entries = map[any]*entry{}
		}
		if len(m.entries) >= m.limit {
			oldest := any(nil)
			for k, x := range m.entries {
				if oldest == nil || x.used < m.entries[oldest].used {
					oldest = k
				}
			}
			delete(m.entries, oldest)
		}
		e = &entry{}
		m.entries[key] = e
	}
	e.used = m.clock
	return e
}

func (m *memory) forget(key any, e *entry) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.entries[key] == e {
		delete(m.entries, key)
	}
}

// recall gives what fn works out, once for each key. Keys are of types of their own, so that two questions never share one. An error is not kept.
func recall[K comparable, V any](m *memory, key K, fn func() (V, error)) (V, error) {
	e := m.entry(key)
	e.once.Do(func() {
		e.v, e.err = fn()
		e.done.Store(true)
	})
	if e.err != nil {
		m.forget(key, e)
	}
	v, _ := e.v.(V)
	return v, e.err
}

// ready says whether the answer to a key is there.
func (m *memory) ready(key any) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	e := m.entries[key]
	return e != nil && e.done.Load()
}
