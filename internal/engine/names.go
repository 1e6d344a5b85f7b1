package engine

import (
	"errors"
	"maps"
	"slices"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/eventlog"
)

// namesOf are the company names that the account identifier ever claimed.
func (u *unit) namesOf(i *ident) ([]*ident, error) {
	if i.kind() == kindName {
		return nil, nil
	}
	linked, err := u.linked(i.id)
	return slices.DeleteFunc(linked, func(l *ident) bool { return l.kind() != kindName }), err
}

// resolveName lets a company name mean the one account that claims it, and itself when none or several do. A name that somebody merged with
// an account stays with that account.
func (u *unit) resolveName(name *ident) error {
	if edges, err := u.mergesOfName(name); err != nil || len(edges) > 0 {
		return err
	}
	to, err := u.nameMeans(name)
	if err != nil || to == name.entity {
		return err
	}
	from := name.entity
	u.moveTo(name, to)
	return u.accountMoved(from, to)
}

// nameMeans is the account of which identifiers claim the name, the name's own when none or several do. It asks no further than for two accounts:
// what "n/a" means must not cost more for each company that is called so.
func (u *unit) nameMeans(name *ident) (int64, error) {
	to := name.id
	err := u.eachClaimant(name, func(by *ident) bool {
		several := to != name.id && to != by.entity
		if to = by.entity; several {
			to = name.id
		}
		return !several
	})
	return to, err
}

// claimants are the account identifiers of which a standing fact claims the name.
func (u *unit) claimants(name *ident) (out []*ident, err error) {
	err = u.eachClaimant(name, func(by *ident) bool {
		out = append(out, by)
		return true
	})
	return out, err
}

// eachClaimant calls fn with the claimants of the name until it says false.
func (u *unit) eachClaimant(name *ident, fn func(by *ident) bool) error {
	if err := u.flushLinks(); err != nil {
		return err
	}
	for after, most := int64(0), 16; ; most *= 4 {
		ids, err := db.Collect(u.ctx, u.q, scanID, "/* link.page */ select b from link where a = $1 and b > $2 order by b limit $3", name.id, after, most)
		if err != nil || len(ids) == 0 {
			return err
		}
		after = ids[len(ids)-1]
		if err := u.loadIdentsByID(absent(u, u.c.byID, slices.Clone(ids))); err != nil {
			return err
		}
		for _, id := range ids {
			by, _ := u.c.byID.get(id)
			if by == nil || !accountKind(by.kind()) || by.kind() == kindName { // somebody who was erased, or a name that was merged with this one
				continue
			}
			if claims, err := u.claimsStill(by, name); err != nil || claims && !fn(by) {
				return err
			}
		}
	}
}

var errFound = errors.New("found") // ends a search

// claimsStill says whether a standing fact of the account identifier claims the name.
func (u *unit) claimsStill(by, name *ident) (bool, error) {
	var undone []eventlog.Row // of imports that were undone: another may have brought the same
	err := eventlog.OfSubject(u.ctx, u.q, by.id, by.firstSeq, u.limit, func(r *eventlog.Row) error {
		claims := false
		eventlog.EachRef(r.Refs, func(k eventlog.RefKind, id int64) { claims = claims || k == eventlog.RefClaim && id == name.id })
		switch {
		case !claims || r.Flags.Has(millrace.FlagErased):
		case u.stands(r, nil):
			return errFound
		default:
			undone = append(undone, *r)
		}
		return nil
	})
	if errors.Is(err, errFound) {
		return true, nil
	}
	for i := range undone {
		if alive, err := u.alive(&undone[i]); err != nil || alive {
			return alive, err
		}
	}
	return false, err
}

// mergesOfName are the standing merges of a company's name.
func (u *unit) mergesOfName(name *ident) (standing []eventlog.Row, err error) {
	merges, err := u.mergesByOther(name.id)
	for _, r := range merges {
		if r.Kind == millrace.KindMerge {
			standing = append(standing, r)
		}
	}
	return standing, err
}

// everMerged are the identifiers that somebody merged the identifier with, whether or not it was taken back.
func (u *unit) everMerged(id int64) ([]*ident, error) {
	merges, err := u.mergesByOther(id)
	if err != nil {
		return nil, err
	}
	var out []*ident
	for _, other := range slices.Sorted(maps.Keys(merges)) {
		i, err := u.identByID(other)
		if err != nil {
			return nil, err
		}
		if i != nil {
			out = append(out, i)
		}
	}
	return out, nil
}

// mergesByOther are the last merges and un-merges of the identifier, by what it was merged with.
func (u *unit) mergesByOther(id int64) (map[int64]eventlog.Row, error) {
	i, err := u.identByID(id)
	if err != nil || i == nil {
		return nil, err
	}
	out := map[int64]eventlog.Row{}
	return out, eventlog.OfSubjectKinds(u.ctx, u.q, id, i.firstSeq, u.limit, []millrace.Kind{millrace.KindMerge, millrace.KindUnmerge}, func(r *eventlog.Row) error {
		if !r.Flags.Has(millrace.FlagErased) {
			out[r.Subject+r.Object-id] = *r
		}
		return nil
	})
}
