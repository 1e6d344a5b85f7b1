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

// namesOf are the company names that the account identifier ever claimed.
func (u *unit) namesOf(i *ident) ([]*ident, error) {
	if i.kind() == kindName {
		return nil, nil
	}
	linked, err := u.linked(i.id)
	return slices.DeleteFunc(linked, func(l *ident) bool { return l.kind() != kindName }), err
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

// component gives everything that was ever put together with the identifier and is of the same sort, whether or not it still is one.
func (u *unit) component(start *ident) ([]*ident, error) {
	same := personKind
	if accountKind(start.kind()) {
		same = accountKind
	}
	seen := map[int64]bool{start.id: true}
	out := []*ident{start}
	for n := 0; n < len(out); n++ {
		linked, err := u.linked(out[n].id)
		if err != nil {
			return nil, err
		}
		for _, l := range linked {
			if !seen[l.id] && same(l.kind()) {
				seen[l.id] = true
				out = append(out, l)
			}
		}
	}
	return out, nil
}

// rederive computes from the facts which of the identifiers that were ever put together are one today, and moves those that are not
// where they were. It is what undo, un-merge and erasure use, and what increments must equal.
func (u *unit) rederive(start *ident) error {
	idents, err := u.component(start)
	if err != nil {
		return err
	}
	ids := make([]int64, len(idents))
	by := map[int64]*ident{}
	for n, i := range idents {
		ids[n], by[i.id] = i.id, i
	}
	edges, claims, err := u.edges(idents)
	if err != nil {
		return err
	}
	roots := identity.Components(ids, edges)
	before := map[int64]bool{}
	for _, i := range idents {
		before[i.entity] = true
	}
	for _, i := range idents {
		u.moveTo(i, roots[i.id])
	}
	if personKind(start.kind()) {
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
	for e := range before {
		if err := u.accountMoved(e, 0); err != nil {
			return err
		}
	}
	for _, i := range idents {
		u.refoldAccounts[i.entity] = struct{}{}
	}
	for name := range claims {
		if err := u.resolveName(by[name]); err != nil {
			return err
		}
	}
	return nil
}

// edges reads the facts of the identifiers and gives the pairs that stand, merges included that were not taken back, and the company names claimed.
func (u *unit) edges(idents []*ident) (edges []identity.Edge, claims map[int64][]int64, err error) {
	edges, merges, claims, err := u.pairs(idents)
	for e, stands := range merges {
		if stands {
			edges = append(edges, e)
		}
	}
	return edges, claims, err
}

// pairs reads the facts of the identifiers and gives the pairs that stand without anybody's having merged them, for each pair that was ever
// merged whether that stands, and the company names claimed.
func (u *unit) pairs(idents []*ident) (edges []identity.Edge, merges map[identity.Edge]bool, claims map[int64][]int64, err error) {
	merges, claims = map[identity.Edge]bool{}, map[int64][]int64{}
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
			return nil, nil, nil, err
		}
		for k := range rows {
			r := &rows[k]
			alive, err := u.alive(r)
			if err != nil || !alive {
				if err != nil {
					return nil, nil, nil, err
				}
				continue
			}
			switch r.Kind {
			case millrace.KindMerge, millrace.KindUnmerge:
				e := identity.Edge{A: min(r.Subject, r.Object), B: max(r.Subject, r.Object)}
				merges[e] = r.Kind == millrace.KindMerge // rows of one subject come in order of position, and both ends index the fact
			default:
				edges = edgesOf(r, edges, claims)
			}
		}
	}
	return edges, merges, claims, nil
}

// edgesOf adds the pairs that one stored fact states, and the company names that it claims.
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
			claims[id] = append(claims[id], hard)
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

// resolveName lets a company name mean the one account that claims it, and itself when none or several do. A name that somebody merged with
// an account stays with that account.
func (u *unit) resolveName(name *ident) error {
	if edges, _, err := u.edges([]*ident{name}); err != nil || len(edges) > 0 {
		return err
	}
	claimants, err := u.claimants(name)
	if err != nil {
		return err
	}
	to := name.id
	for _, l := range claimants {
		switch to {
		case name.id:
			to = l.entity
		case l.entity:
		default:
			to = -1 // several claim it
		}
	}
	if to < 0 {
		to = name.id
	}
	if to == name.entity {
		return nil
	}
	from := name.entity
	u.moveTo(name, to)
	return u.accountMoved(from, to)
}

// claimants are the account identifiers of which a standing fact claims the name.
func (u *unit) claimants(name *ident) ([]*ident, error) {
	linked, err := u.linked(name.id)
	if err != nil {
		return nil, err
	}
	var out []*ident
	for _, l := range linked {
		if !accountKind(l.kind()) || l.kind() == kindName {
			continue
		}
		claims, err := u.claimsStill(l, name)
		if err != nil {
			return nil, err
		}
		if claims {
			out = append(out, l)
		}
	}
	return out, nil
}

// claimsStill says whether a standing fact of the account identifier claims the name.
func (u *unit) claimsStill(by, name *ident) (bool, error) {
	_, claims, err := u.edges([]*ident{by})
	return len(claims[name.id]) > 0, err
}
