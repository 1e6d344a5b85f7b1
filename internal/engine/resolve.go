package engine

import (
	"slices"

	"millrace"
	"millrace/internal/eventlog"
	"millrace/internal/identity"
)

// united makes the identifiers one contact or account, if they are not yet. The smallest identifier id names it, whatever the order.
func (u *unit) united(ids []*ident) error {
	for _, i := range ids[1:] {
		u.link(ids[0], i)
		if i.entity == ids[0].entity {
			continue
		}
		if err := u.unite(ids[0].entity, i.entity, personKind(i.kind())); err != nil {
			return err
		}
	}
	return nil
}

func (u *unit) unite(a, b int64, people bool) error {
	keep, lose := min(a, b), max(a, b)
	if _, has := u.persons[lose]; people && !has && u.fresh(lose) { // named for the first time: no fact but the one at hand
		i, err := u.identByID(lose)
		if err == nil && i != nil && i.entity == lose {
			u.moveTo(i, keep)
		}
		return err
	}
	moved, err := u.members(lose)
	if err != nil {
		return err
	}
	for _, i := range moved {
		u.moveTo(i, keep)
	}
	if people {
		if err := u.dissolvePerson(lose); err != nil {
			return err
		}
		u.refoldPersons[keep] = struct{}{}
		return u.recount(moved)
	}
	if err := u.accountMoved(lose, keep); err != nil {
		return err
	}
	for _, i := range moved { // a name that both claimed is claimed by one now
		names, err := u.namesOf(i)
		if err != nil {
			return err
		}
		for _, name := range names {
			if err := u.resolveName(name); err != nil {
				return err
			}
		}
	}
	return nil
}

// dissolvePerson takes the rows of a contact that is no more; its facts are another's now.
func (u *unit) dissolvePerson(id int64) error {
	p, ok := u.persons[id]
	if !ok {
		if p, ok = u.c.persons.get(id); !ok {
			if err := u.loadPersons([]int64{id}); err != nil {
				return err
			}
			p, ok = u.c.persons.get(id)
		}
	}
	if ok {
		for _, a := range p.accountIDs() {
			if a != 0 {
				u.recombine[a] = struct{}{}
				u.forgetLasts(a)
			}
		}
	}
	u.gone[id] = struct{}{}
	delete(u.persons, id)
	delete(u.refoldPersons, id)
	u.c.persons.delete(id)
	return nil
}

// component gives everything that was ever put together with the identifiers and is of the sort of the first, whether or not it still is one. A
// company's name is a part of it, and leads on to nothing but what somebody merged it with: any number of companies may claim one name.
func (u *unit) component(starts ...*ident) ([]*ident, error) {
	same := personKind
	if accountKind(starts[0].kind()) {
		same = accountKind
	}
	seen := map[int64]bool{}
	var out []*ident
	add := func(found []*ident) {
		for _, i := range found {
			if !seen[i.id] && same(i.kind()) {
				seen[i.id] = true
				out = append(out, i)
			}
		}
	}
	add(starts)
	for n := 0; n < len(out); n++ {
		leadsTo := u.linked
		if out[n].kind() == kindName {
			leadsTo = u.everMerged
		}
		found, err := leadsTo(out[n].id)
		if err != nil {
			return nil, err
		}
		add(found)
	}
	return out, nil
}

// rederive computes from the facts which of the identifiers that were ever put together with one of these are one today, and moves those that are
// not where they were. It gives the ids of all that it looked at. It is what undo, un-merge and erasure use, and what increments must equal.
func (u *unit) rederive(starts ...*ident) (derived map[int64]struct{}, err error) {
	derived = map[int64]struct{}{}
	names := map[int64]*ident{}
	for _, start := range starts {
		if _, done := derived[start.id]; done {
			continue
		}
		idents, err := u.rederiveOne(start, names)
		if err != nil {
			return nil, err
		}
		for _, i := range idents {
			derived[i.id] = struct{}{}
		}
	}
	for _, name := range sortedByID(names) {
		if err := u.resolveName(name); err != nil {
			return nil, err
		}
	}
	return derived, nil
}

// rederiveOne is rederive of one, but for the company names in it that nobody merged with anything: it adds them to names.
func (u *unit) rederiveOne(start *ident, names map[int64]*ident) ([]*ident, error) {
	idents, err := u.component(start)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(idents))
	for n, i := range idents {
		ids[n] = i.id
	}
	edges, err := u.edges(idents)
	if err != nil {
		return nil, err
	}
	roots := identity.Components(ids, edges)
	before := map[int64]bool{}
	for _, i := range idents {
		before[i.entity] = true
		if i.kind() == kindName && !paired(edges, i.id) {
			names[i.id] = i
			continue
		}
		u.moveTo(i, roots[i.id])
	}
	if personKind(start.kind()) {
		return idents, u.peopleRederived(idents, before)
	}
	for e := range before {
		if err := u.accountMoved(e, 0); err != nil {
			return nil, err
		}
	}
	for _, i := range idents {
		u.refoldAccounts[i.entity] = struct{}{}
	}
	return idents, nil
}

// peopleRederived follows up that the identifiers may be other contacts than those of before.
func (u *unit) peopleRederived(idents []*ident, before map[int64]bool) error {
	after := map[int64]bool{}
	for _, i := range idents {
		after[i.entity] = true
		u.refoldPersons[i.entity] = struct{}{}
	}
	for e := range before {
		if !after[e] {
			if err := u.dissolvePerson(e); err != nil {
				return err
			}
		}
	}
	return u.recount(idents)
}

// edges reads the facts of the identifiers and gives the pairs that stand, merges included that were not taken back.
func (u *unit) edges(idents []*ident) ([]identity.Edge, error) {
	edges, merges, err := u.pairs(idents)
	for e, stands := range merges {
		if stands {
			edges = append(edges, e)
		}
	}
	return edges, err
}

// pairs reads the facts of the identifiers and gives the pairs that stand without anybody's having merged them, and for each pair that was ever
// merged whether that stands.
func (u *unit) pairs(idents []*ident) (edges []identity.Edge, merges map[identity.Edge]bool, err error) {
	merges = map[identity.Edge]bool{}
	seen := map[int64]bool{}
	for _, i := range idents {
		var rows []eventlog.Row
		if err := eventlog.OfSubject(u.ctx, u.q, i.id, i.firstSeq, u.limit, func(r *eventlog.Row) error {
			if !seen[r.Seq] {
				seen[r.Seq] = true
				rows = append(rows, *r)
			}
			return nil
		}); err != nil {
			return nil, nil, err
		}
		for k := range rows {
			r := &rows[k]
			alive, err := u.alive(r)
			if err != nil || !alive {
				if err != nil {
					return nil, nil, err
				}
				continue
			}
			switch r.Kind {
			case millrace.KindMerge, millrace.KindUnmerge:
				e := identity.Edge{A: min(r.Subject, r.Object), B: max(r.Subject, r.Object)}
				merges[e] = r.Kind == millrace.KindMerge // rows of one subject come in order of position, and both ends index the fact
			default:
				edges = edgesOf(r, edges, nil)
			}
		}
	}
	return edges, merges, nil
}

func paired(edges []identity.Edge, id int64) bool {
	return slices.ContainsFunc(edges, func(e identity.Edge) bool { return e.A == id || e.B == id })
}

// edgesOf adds the pairs that one stored fact states, and to claims, where they are asked for, the company names that it claims.
func edgesOf(r *eventlog.Row, edges []identity.Edge, claims map[int64][]int64) []identity.Edge {
	var hard int64
	if r.Kind == millrace.KindDomainAlias {
		edges = append(edges, identity.Edge{A: r.Subject, B: r.Object})
	}
	eventlog.EachRef(r.Refs, func(k eventlog.RefKind, id int64) {
		switch k {
		case eventlog.RefKnown:
			edges = append(edges, identity.Edge{A: r.Subject, B: id})
		case eventlog.RefHard:
			if hard == 0 {
				hard = id
			} else {
				edges = append(edges, identity.Edge{A: hard, B: id})
			}
		case eventlog.RefClaim:
			if claims != nil {
				claims[id] = append(claims[id], hard)
			}
		}
	})
	return edges
}

// ensureIdents looks up those keys that are not in the cache.
func (u *unit) ensureIdents(keys []string) error {
	var missing []string
	for _, k := range keys {
		if _, ok := u.c.idents.get(k); !ok {
			missing = append(missing, k)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	return u.loadIdents(missing)
}
