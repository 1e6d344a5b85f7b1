package engine

import (
	"context"
	"slices"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/identity"
	"millrace/internal/score"
)

// AsOf is the moment and the knowledge of a read. Zero AsOf is now; zero KnownAt is all that is known today.
type AsOf struct {
	At      millrace.Time // facts that occurred by then, the clock then, the playbook that ruled then
	KnownAt millrace.Time // only facts and corrections that the log held then
}

// read opens a unit that only reads, on one snapshot, as of a moment.
func (e *Engine) read(ctx context.Context, at AsOf, fn func(u *unit) error) error {
	return e.db.Read(ctx, func(s *db.Snapshot) error {
		u := &unit{e: e, ctx: ctx, q: s, c: newCaches(10_000), clock: at.At, frozen: true}
		if u.clock == 0 {
			u.clock = e.clock()
		}
		if at.KnownAt != 0 {
			limit, err := positionAt(ctx, s, at.KnownAt)
			if err != nil {
				return err
			}
			u.limit = max(limit, 1)
			if at.At == 0 {
				u.clock = at.KnownAt
			}
		}
		u.init()
		if err := u.c.load(ctx, s); err != nil {
			return err
		}
		if at.KnownAt != 0 {
			if err := u.importsKnown(at.KnownAt); err != nil {
				return err
			}
		}
		r, err := e.ruledAt(ctx, s, u.clock)
		if err != nil {
			return err
		}
		u.rules, u.playbookVersion = r.rules, r.version
		u.now = at == (AsOf{}) && r == e.ruling.Load()
		return fn(u)
	})
}

// importsKnown makes the unit see the imports of that moment: later undos didn't happen, and what later ones brought again they didn't.
func (u *unit) importsKnown(at millrace.Time) error {
	for id, t := range u.c.undone {
		if t > at {
			delete(u.c.undone, id)
		}
	}
	later, err := db.Collect(u.ctx, u.q, scanID, "/* import.later */ select id from import where started_at > $1", int64(at))
	for _, id := range later {
		u.c.undone[id] = at
	}
	return err
}

// positionAt is the last position that the log held at a moment. Positions follow commit order, and so does received_at but for the time a
// fact waits for its group, so the search is by halves.
func positionAt(ctx context.Context, q db.Querier, at millrace.Time) (int64, error) {
	var lo, hi int64
	if _, err := db.One(ctx, q, []any{&hi}, "/* event.last */ select coalesce(max(seq), 0) from event"); err != nil {
		return 0, err
	}
	for lo < hi {
		mid := (lo + hi + 1) / 2
		var seq, received int64
		found, err := db.One(ctx, q, []any{&seq, &received}, "/* event.received */ select seq, received_at from event where seq >= $1 order by seq limit 1", mid)
		if err != nil {
			return 0, err
		}
		if found && millrace.Time(received) <= at {
			lo = max(seq, mid)
		} else {
			hi = mid - 1
		}
	}
	return min(lo, hi), nil
}

// identityKnown derives who is who from the facts up to the unit's position alone, in memory.
func (u *unit) identityKnown(start *ident) error {
	starts := []*ident{start}
	if start.kind() == kindName { // whose account is asked for
		claimants, err := u.claimants(start)
		if err != nil {
			return err
		}
		starts = append(starts, claimants...)
	}
	idents, err := u.component(starts...)
	if err != nil {
		return err
	}
	ids := make([]int64, len(idents))
	for n, i := range idents {
		ids[n] = i.id
	}
	edges, err := u.edges(idents)
	if err != nil {
		return err
	}
	roots := identity.Components(ids, edges)
	var names []*ident
	for _, i := range idents {
		if u.moveTo(i, roots[i.id]); i.kind() == kindName && !paired(edges, i.id) {
			names = append(names, i)
		}
	}
	for _, name := range names {
		to, err := u.nameMeans(name)
		if err != nil {
			return err
		}
		u.moveTo(name, to)
	}
	return u.eachVisitor(idents, u.rebuildVisitor)
}

// personAsOf folds a person from the facts that had occurred by the unit's clock.
func (u *unit) personAsOf(id int64) (*person, []personFact, error) {
	facts, err := u.personFacts(id)
	if err != nil {
		return nil, nil, err
	}
	return u.foldAsOf(id, facts)
}

// foldAsOf is personAsOf, given all facts of the person.
func (u *unit) foldAsOf(id int64, facts []personFact) (*person, []personFact, error) {
	facts = slices.DeleteFunc(facts, func(f personFact) bool { return f.OccurredAt > u.clock })
	p := &person{id: id}
	return p, facts, u.foldPerson(p, facts)
}

// lastsAsOf gives when anybody of the account had last done a behaviour by the unit's clock. p stands in as it is.
func (u *unit) lastsAsOf(id int64, p *person) (func(int) millrace.Time, error) {
	if len(u.rules.FitBehaviors()) == 0 {
		return nil, nil
	}
	states := []score.State{p.state}
	people, err := u.everyoneOf(id)
	if err != nil {
		return nil, err
	}
	if u.now { // their rows say so
		if err := u.loadPersons(people); err != nil {
			return nil, err
		}
	}
	people = slices.DeleteFunc(people, func(c int64) bool { return c == p.id })
	facts, err := u.peopleFacts(slices.DeleteFunc(slices.Clone(people), u.rowed))
	if err != nil {
		return nil, err
	}
	for _, c := range people {
		q, _ := u.c.persons.get(c)
		if !u.rowed(c) {
			if q, _, err = u.foldAsOf(c, facts[c]); err != nil {
				return nil, err
			}
		}
		if q.account == id {
			states = append(states, q.state)
		}
	}
	return func(b int) (at millrace.Time) {
		for _, s := range states {
			at = max(at, s.LastOf(b))
		}
		return at
	}, nil
}

// rowed says whether a person is read as their row says they are.
func (u *unit) rowed(id int64) bool {
	_, have := u.c.persons.get(id)
	return u.now && have
}

// accountAsOf folds an account's own facts that had occurred by the unit's clock.
func (u *unit) accountAsOf(id int64) (*account, error) {
	facts, err := u.accountFacts(id)
	if err != nil {
		return nil, err
	}
	a := &account{id: id, loaded: true, traits: traits{}, roles: map[string]millrace.Time{}}
	return a, u.foldAccount(a, slices.DeleteFunc(facts, func(f personFact) bool { return f.OccurredAt > u.clock }))
}

// everyoneOf are the contacts that hold the account now, or of whom some fact counts for it.
func (u *unit) everyoneOf(id int64) ([]int64, error) {
	return db.Collect(u.ctx, u.q, scanID, "/* account.everyone */ select id from "+u.t.contactScore+" where account = $1 union select contact from "+u.t.contactAccount+
		" where account = $2 order by 1", id, id)
}
