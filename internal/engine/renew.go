package engine

import (
	"context"
	"database/sql"
	"maps"
	"slices"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/eventlog"
)

// maxRenewed bounds the identifiers that are read one by one to renew a resolver: with more of them it is read whole as fast.
const maxRenewed = 100_000

// Moved says whom a renewed resolver may give otherwise than the one before.
type Moved struct {
	Subjects []int64 // identifiers that the facts in between named, and all that were ever put together with them
	Contacts []int64 // who they are and were
	Accounts []int64 // accounts that those facts named, and those of the contacts: their people may fit otherwise
}

// Renew gives the resolver of a snapshot out of this one, which is of the log up to from, where the snapshot's is up to to. It reads who is who anew for
// those whom the facts in between named, and for all that were ever put together with them. moved is nil where it has to be read whole: they are too many,
// or an account became another, which moves people whom no fact named. Merges, undone imports and erasures do so too, and are the caller's to see.
func (r *Resolver) Renew(ctx context.Context, q db.Querier, from, to int64) (next *Resolver, moved *Moved, err error) {
	n := renewal{ctx: ctx, q: q, was: r, people: map[int64]struct{}{}, accounts: map[int64]struct{}{}}
	for _, step := range []func() error{func() error { return n.readNamed(from, to) }, n.begin, n.readEntities, n.readVisitors, n.readContacts} {
		if err := step(); err != nil {
			return nil, nil, err
		}
		if n.whole {
			return nil, nil, nil
		}
	}
	return n.next, &Moved{ids(n.people), n.contacts, ids(n.accounts)}, nil
}

// renewal is the renewing of a resolver.
type renewal struct {
	ctx       context.Context
	q         db.Querier
	was, next *Resolver
	whole     bool // it has to be read whole

	people   map[int64]struct{} // identifiers of people and visitors
	named    []int64            // of accounts
	accounts map[int64]struct{}
	contacts []int64
}

// readNamed reads which identifiers the facts name, and which people and visitors were ever put together with them.
func (n *renewal) readNamed(from, to int64) error {
	named := map[int64]struct{}{}
	if err := eventlog.ScanNamed(n.ctx, n.q, from, to, func(k millrace.Kind, ids []int64) {
		if k == millrace.KindStage || k == millrace.KindAssigned { // they say nothing of who is who
			return
		}
		for _, id := range ids {
			named[id] = struct{}{}
		}
	}); err != nil {
		return err
	}
	if n.whole = len(named) > maxRenewed; n.whole {
		return nil
	}
	var found []int64
	meet := func(rows *sql.Rows) error {
		var id int64
		var kind string
		if err := rows.Scan(&id, &kind); err != nil {
			return err
		}
		if accountKind(kind[0]) {
			n.named = append(n.named, id)
		}
		if _, met := n.people[id]; !met && (personKind(kind[0]) || kind[0] == kindAnonymous) {
			n.people[id] = struct{}{}
			found = append(found, id)
		}
		return nil
	}
	if err := db.SelectIn(n.ctx, n.q, "/* renew.named */ select id, substr(value, 1, 1) from identifier where %s", "id", ids(named), meet); err != nil {
		return err
	}
	for len(found) > 0 && !n.whole {
		from := found
		found = nil
		if err := db.SelectIn(n.ctx, n.q, "/* renew.linked */ select l.b, substr(i.value, 1, 1) from link l join identifier i on i.id = l.b where %s", "l.a", from, meet); err != nil {
			return err
		}
		n.whole = len(n.people) > maxRenewed
	}
	return nil
}

// begin copies the resolver, with room for the identifiers that are new.
func (n *renewal) begin() error {
	var top int64
	if _, err := db.One(n.ctx, n.q, []any{&top}, "/* resolver.top */ select coalesce(max(id), 0) from identifier"); err != nil {
		return err
	}
	grown := func(list []int32) []int32 {
		out := make([]int32, max(int(top)+1, len(list)))
		copy(out, list)
		return out
	}
	n.next = &Resolver{entity: grown(n.was.entity), holder: grown(n.was.holder), account: grown(n.was.account), holders: maps.Clone(n.was.holders), bindings: maps.Clone(n.was.bindings)}
	return nil
}

// readEntities reads which contacts and accounts the identifiers mean.
func (n *renewal) readEntities() error {
	all := append(ids(n.people), n.named...)
	for _, id := range all {
		n.next.entity[id] = 0
	}
	if err := n.next.loadEntities(n.ctx, n.q, live, all); err != nil {
		return err
	}
	contacts := map[int64]struct{}{}
	for id := range n.people {
		for _, r := range [...]*Resolver{n.was, n.next} {
			if e := r.Entity(id); e != 0 {
				contacts[e] = struct{}{}
			}
		}
	}
	n.contacts = ids(contacts)
	for _, id := range n.named {
		was := n.was.Entity(id)
		n.accounts[n.next.Entity(id)] = struct{}{}
		n.whole = n.whole || was != 0 && was != n.next.Entity(id)
	}
	return nil
}

// readVisitors reads who is known on the visitors.
func (n *renewal) readVisitors() error {
	for id := range n.people {
		n.next.holder[id] = 0
		delete(n.next.holders, id)
	}
	if err := n.next.loadVisitors(n.ctx, n.q, live, ids(n.people)); err != nil {
		return err
	}
	for id := range n.people { // too many people share it now: what it did is nobody's
		n.whole = n.whole || n.was.held(id) && !n.next.held(id)
	}
	return nil
}

// readContacts reads the accounts of the contacts.
func (n *renewal) readContacts() error {
	for _, id := range n.contacts {
		n.was.accountsOf(id, n.accounts)
		n.next.account[id] = 0
		delete(n.next.bindings, id)
	}
	if err := n.next.loadAccounts(n.ctx, n.q, live, n.contacts); err != nil {
		return err
	}
	for _, id := range n.contacts {
		n.next.accountsOf(id, n.accounts)
	}
	return nil
}

// ids are the keys of a set: none are an empty list, not nil, which would be all.
func ids(set map[int64]struct{}) []int64 {
	return slices.AppendSeq(make([]int64, 0, len(set)), maps.Keys(set))
}
