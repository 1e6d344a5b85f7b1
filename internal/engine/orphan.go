package engine

import (
	"database/sql"
	"strconv"
	"strings"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/eventlog"
	"millrace/internal/identity"
)

// orphaned notes the account identifiers that a fact to be erased names.
func (u *unit) orphaned(r *eventlog.Row) {
	if r.Object != 0 {
		u.orphans[r.Object] = struct{}{}
	}
	eventlog.EachRef(r.Refs, func(k eventlog.RefKind, id int64) {
		if k != eventlog.RefKnown {
			u.orphans[id] = struct{}{}
		}
	})
}

// forgetAccounts removes, of the account identifiers that erased facts named, those that nothing else names: a domain or a business of one's own
// says who somebody was. The identifiers of one account go together or stay.
func (u *unit) forgetAccounts() error {
	accounts := map[int64]struct{}{}
	for id := range u.orphans {
		if i, err := u.identByID(id); err != nil {
			return err
		} else if i != nil && accountKind(i.kind()) {
			accounts[i.entity] = struct{}{}
		}
	}
	for _, id := range sortedKeys(accounts) {
		idents, err := u.members(id)
		if err != nil {
			return err
		}
		named, err := db.One(u.ctx, u.q, []any{new(int64)}, "/* orphan.account */ select 1 from "+u.t.accountScore+" where id = $1", id)
		for _, i := range idents {
			if err != nil || named {
				break
			}
			named, err = u.namedStill(i)
		}
		if err != nil {
			return err
		}
		if named {
			continue
		}
		for _, i := range idents {
			if err := u.forgetAccount(i); err != nil {
				return err
			}
		}
	}
	return nil
}

func (u *unit) forgetAccount(i *ident) error {
	for _, q := range [...]string{"delete from identifier where id = $1", "delete from link where a = $1", "delete from link where b = $1",
		"delete from " + u.t.resolved + " where id = $1"} {
		if _, err := u.tx.Exec(u.ctx, "/* orphan.forget */ "+q, i.id); err != nil {
			return err
		}
	}
	var decided []int64
	if err := eventlog.OfSubject(u.ctx, u.q, i.id, i.firstSeq, u.limit, func(r *eventlog.Row) error {
		if r.Subject == i.id && !r.Flags.Has(millrace.FlagErased) {
			decided = append(decided, r.Seq)
		}
		return nil
	}); err != nil {
		return err
	}
	u.c.idents.delete(i.key)
	u.c.byID.delete(i.id)
	return u.eraseRows(decided)
}

// namedStill says whether anything that wasn't erased names the account identifier: a fact about it or about another of its account, whether or
// not its import stands; an address at its domain; what a person stated at any time; a contract.
func (u *unit) namedStill(i *ident) (bool, error) {
	if _, asked := u.orphans[i.id]; !asked {
		return true, nil
	}
	for _, asks := range [...]func(*ident) (bool, error){u.hasFacts, u.linkedStill, u.hasAddresses, u.boundStill, u.contracted} {
		if yes, err := asks(i); yes || err != nil {
			return yes, err
		}
	}
	return false, nil
}

func (u *unit) hasFacts(i *ident) (found bool, err error) {
	err = eventlog.OfSubject(u.ctx, u.q, i.id, i.firstSeq, u.limit, func(r *eventlog.Row) error {
		found = found || !r.Flags.Has(millrace.FlagErased) && (r.Kind.External() || joins(r.Kind))
		return nil
	})
	return found, err
}

func (u *unit) linkedStill(i *ident) (bool, error) {
	linked, err := u.linked(i.id)
	if err != nil {
		return false, err
	}
	for _, l := range linked {
		if !accountKind(l.kind()) {
			continue
		}
		edges, err := u.edges([]*ident{l})
		if err != nil || paired(edges, i.id) {
			return true, err
		}
		if claims, err := u.claimsStill(l, i); err != nil || claims {
			return true, err
		}
	}
	return false, nil
}

// hasAddresses says whether anybody else has an address at the domain; the search takes in too much and is looked through.
func (u *unit) hasAddresses(i *ident) (bool, error) {
	if i.kind() != kindDomain {
		return false, nil
	}
	domain := i.key[2:]
	return u.anyOf("/* orphan.addresses */ select value from identifier where value like $1", key(kindEmail, "%"+domain), func(value string) bool {
		at := strings.LastIndexByte(value, '@')
		d, ok := identity.Domain(value[at+1:])
		return ok && d == domain
	})
}

// boundStill says whether anybody ever stated that they belong to it.
func (u *unit) boundStill(i *ident) (bool, error) {
	return u.anyOf("/* orphan.bindings */ select bindings from "+u.t.contact+" where bindings like $1", "%"+strconv.FormatInt(i.id, 10)+"%", func(stored string) (holds bool) {
		held, err := decodeBindings(stored)
		held.each(func(id int64) { holds = holds || id == i.id })
		return holds || err != nil
	})
}

func (u *unit) contracted(i *ident) (bool, error) {
	ref := strconv.FormatInt(i.id, 10)
	return u.anyOf("/* orphan.contracts */ select traits from "+u.t.record+" where kind = 13 and traits like $1", "%"+refTrait+"%"+ref+"%", func(stored string) bool {
		t, err := decodeTraits(stored)
		return err != nil || t.text(refTrait) == ref
	})
}

// anyOf says whether one of the texts that a query finds holds.
func (u *unit) anyOf(query, pattern string, holds func(string) bool) (found bool, err error) {
	err = db.Each(u.ctx, u.q, query, func(rows *sql.Rows) error {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		found = found || holds(text)
		return nil
	}, pattern)
	return found, err
}
