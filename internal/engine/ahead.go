package engine

import (
	"context"
	"hash/maphash"
	"maps"
	"slices"
	"time"

	"millrace/internal/db"
)

// ahead is what some requests ask the database for, read in a snapshot while the writer was busy with those before them. It is taken in where
// the caches have nothing, and only when the caches have everything that was written since: see caches.whole.
type ahead struct {
	version int64   // of the writer's row in the snapshot
	c       *caches // as the snapshot has it
	absent  map[string]struct{}
}

// leastAhead is how many facts must wait for reading ahead to be worth a snapshot, most how many are read for at a time.
const (
	leastAhead = 50
	mostAhead  = 2000
)

// longestAhead is how long reading ahead may hold requests up.
const longestAhead = 2 * time.Second

// waiting are requests that follow each other, and what was read ahead for them, nil for nothing.
type waiting struct {
	requests []*request
	facts    int
	ahead    *ahead
}

// lookout reads ahead. It is used by one goroutine alone.
type lookout struct {
	seed maphash.Seed
	seen *generations[uint64, struct{}] // keys that came lately, which the caches probably have
}

// familiar says whether the key came lately, and takes note of it.
func (l *lookout) familiar(key string) bool {
	h := maphash.String(l.seed, key)
	_, ok := l.seen.get(h)
	if !ok {
		l.seen.put(h, struct{}{})
	}
	return ok
}

// aheadLoop hands requests to the writer in the order in which they came, reading ahead for those that must wait anyway.
func (e *Engine) aheadLoop() {
	defer e.wait.Done()
	defer close(e.ready)
	l := &lookout{seed: maphash.MakeSeed(), seen: newGenerations[uint64, struct{}](2 * e.caches.people)}
	var held *request
	for {
		first := held
		if held = nil; first == nil {
			select {
			case first = <-e.requests:
			case <-e.done:
				select { // what was taken before the stop is still served
				case first = <-e.requests:
				default:
					return
				}
			}
		}
		w := &waiting{requests: []*request{first}, facts: len(first.batch.Events)}
		for w.facts < mostAhead && first.clock == 0 && held == nil {
			var r *request
			select {
			case r = <-e.requests:
			default:
			}
			if r == nil {
				break
			}
			if r.clock != 0 {
				held = r
				break
			}
			w.requests = append(w.requests, r)
			w.facts += len(r.batch.Events)
		}
		if e.always || e.busy.Load() && w.facts >= leastAhead {
			w.ahead = e.readAhead(l, w.requests)
			l.seen.age(0)
		}
		e.ready <- w
	}
}

// readAhead reads the identifiers that the requests name, and the people, visitors and accounts behind them, but for those that the caches
// probably have. What fails here is asked for again by the writer, and fails there.
func (e *Engine) readAhead(l *lookout, requests []*request) *ahead {
	a := &ahead{c: newCaches(1), absent: map[string]struct{}{}}
	for _, r := range requests {
		for i := range r.facts {
			r.facts[i].refs.keys(func(k string) {
				if !l.familiar(k) || e.always {
					a.absent[k] = struct{}{}
				}
			})
		}
	}
	if len(a.absent) == 0 {
		return nil
	}
	ctx := context.Background()
	begin, cancel := context.WithTimeout(ctx, longestAhead) // all connections may be taken by readers who wait for the writer
	defer cancel()
	err := e.db.ReadAside(begin, func(s *db.Snapshot) error {
		if _, err := db.One(ctx, s, []any{&a.version}, "/* writer.version */ select version from writer where id = 1"); err != nil {
			return err
		}
		u := &unit{e: e, ctx: ctx, q: s, c: a.c}
		u.init()
		if err := u.loadIdents(slices.Sorted(maps.Keys(a.absent))); err != nil {
			return err
		}
		var people, visitors []int64
		for _, i := range a.c.idents.young {
			delete(a.absent, i.key)
			if personKind(i.kind()) {
				people = append(people, i.entity)
			} else if i.kind() == kindAnonymous {
				visitors = append(visitors, i.id)
			}
		}
		return u.loadState(people, visitors)
	})
	if err != nil {
		return nil
	}
	return a
}

// takeAhead takes in what was read ahead. The caches go before it: what they have may have been written since.
func (u *unit) takeAhead(a *ahead) {
	if a == nil || a.version < u.c.whole {
		return
	}
	for _, i := range a.c.byID.young {
		u.c.keep(i)
	}
	putMissing(u.c.persons, a.c.persons)
	putMissing(u.c.accounts, a.c.accounts)
	putMissing(u.c.visitors, a.c.visitors)
	for id := range a.c.profiled.young {
		if p, ok := u.c.persons.get(id); ok && p.loaded {
			u.c.profiled.put(id, p)
		}
	}
	if u.absent == nil {
		u.absent = map[string]struct{}{}
	}
	maps.Copy(u.absent, a.absent)
}

// putMissing puts what the one doesn't have.
func putMissing[V any](into, from *generations[int64, V]) {
	for id, v := range from.young {
		if _, ok := into.get(id); !ok {
			into.put(id, v)
		}
	}
}
