package engine

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
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
	Subjects  []int64 // identifiers that the facts in between named, and all that were ever put together with them
	Contacts  []int64 // who they are and were
	Accounts  []int64 // accounts that those facts named, and those of the contacts: their people may fit otherwise
	Regrouped bool    // accounts became others: those who hold one are among the contacts, what else names an account may mean another
}

// Also is what else counts as named by the facts in between.
type Also struct {
	Facts    []int64 // what the facts at these positions name
	Subjects []int64 // identifiers
}

// Renew gives the resolver of a snapshot out of this one, which is of the log up to from, where the snapshot's is up to to. It reads who is who anew for
// those whom the facts in between named, for all that were ever put together with them, and for the people of accounts that became others. An undone
// import names all that it had brought, one that ended what it brought again, an erasure all that it touched. moved is nil where it has to be read whole:
// they are too many, or it isn't known who they are.
func (r *Resolver) Renew(ctx context.Context, q db.Querier, from, to int64, also Also) (next *Resolver, moved *Moved, err error) {
	n := renewal{ctx: ctx, q: q, from: from, to: to, also: also, was: r, all: map[int64]struct{}{}, people: map[int64]struct{}{}, named: map[int64]struct{}{}, accounts: map[int64]struct{}{}}
	for _, step := range []func() error{n.begin, n.readNamed, n.readSorts, n.readAccounts, n.readPeople, n.readVisitors, n.readContacts} {
		if err := step(); errors.Is(err, errWhole) {
			return nil, nil, nil
		} else if err != nil {
			return nil, nil, err
		}
	}
	return n.next, &Moved{ids(n.people), n.contacts, ids(n.accounts), n.regrouped}, nil
}

// errWhole says that a resolver has to be read whole.
var errWhole = errors.New("read whole")

// renewal is the renewing of a resolver.
type renewal struct {
	ctx       context.Context
	q         db.Querier
	from, to  int64
	also      Also
	was, next *Resolver
	regrouped bool // accounts became others

	all      map[int64]struct{} // identifiers that are named
	people   map[int64]struct{} // identifiers of people and visitors
	named    map[int64]struct{} // of accounts
	accounts map[int64]struct{}
	contacts []int64
}

// name counts identifiers as named.
func (n *renewal) name(k millrace.Kind, ids []int64) error {
	if k == millrace.KindStage || k == millrace.KindAssigned { // they say nothing of who is who
		return nil
	}
	for _, id := range ids {
		n.all[id] = struct{}{}
	}
	return few(n.all)
}

// few errs where so many identifiers are met that all are read as fast.
func few(met map[int64]struct{}) error {
	if len(met) > maxRenewed {
		return errWhole
	}
	return nil
}

// readNamed reads which identifiers are named.
func (n *renewal) readNamed() error {
	if err := eventlog.ScanNamed(n.ctx, n.q, n.from, n.to, n.name); err != nil {
		return err
	}
	if err := n.readImports(); err != nil {
		return err
	}
	if err := n.readErased(); err != nil {
		return err
	}
	if err := eventlog.NamedAt(n.ctx, n.q, n.also.Facts, n.name); err != nil {
		return err
	}
	return n.name(0, n.also.Subjects)
}

// readImports counts as named what undone imports had brought, and what those that ended brought again, which states again what they said.
func (n *renewal) readImports() error {
	undone, ended := slices.Concat(n.was.undoing, n.next.undoing), []int64{}
	if err := db.Each(n.ctx, n.q, "/* renew.imports */ select kind, body from event where seq > $1 and seq <= $2 and kind in (33, 34)", func(rows *sql.Rows) error {
		var kind millrace.Kind
		var body []byte
		var d struct {
			Import int64 `json:"import"`
		}
		if err := rows.Scan(&kind, &body); err != nil {
			return err
		}
		if err := json.Unmarshal(eventlog.Data(body), &d); err != nil {
			return err
		}
		if kind == millrace.KindImportUndone {
			undone = append(undone, d.Import)
		} else {
			ended = append(ended, d.Import)
		}
		return nil
	}, n.from, n.to); err != nil {
		return err
	}
	slices.Sort(undone)
	for _, id := range slices.Compact(undone) {
		if err := eventlog.NamedFirst(n.ctx, n.q, id, n.name); err != nil {
			return err
		}
		ended = append(ended, id)
	}
	for _, id := range ended {
		if err := eventlog.NamedAgain(n.ctx, n.q, id, n.name); err != nil {
			return err
		}
	}
	return nil
}

// readErased counts as named what erasures touched. What is no more was a person's, a device's or an account's.
func (n *renewal) readErased() error {
	touched := map[int64]struct{}{}
	if err := db.Each(n.ctx, n.q, "/* renew.erased */ select body from event where seq > $1 and seq <= $2 and kind = 39", func(rows *sql.Rows) error {
		var body []byte
		var d struct {
			Touched []int64 `json:"touched"`
		}
		if err := rows.Scan(&body); err != nil {
			return err
		}
		if err := json.Unmarshal(eventlog.Data(body), &d); err != nil {
			return err
		}
		if len(d.Touched) == 0 { // as facts of earlier versions are
			return errWhole
		}
		for _, id := range d.Touched {
			if id < int64(len(n.next.entity)) { // else it came and went in between
				touched[id] = struct{}{}
			}
		}
		return nil
	}, n.from, n.to); err != nil {
		return err
	}
	if err := n.name(0, ids(touched)); err != nil {
		return err
	}
	maps.Copy(n.people, touched)
	maps.Copy(n.named, touched)
	return db.SelectIn(n.ctx, n.q, "/* renew.still */ select id from identifier where %s", "id", ids(touched), func(rows *sql.Rows) error {
		id, err := scanID(rows)
		delete(n.people, id)
		delete(n.named, id)
		return err
	})
}

// readSorts tells people and visitors from accounts, and adds to the former all that were ever put together with them.
func (n *renewal) readSorts() error {
	if err := db.SelectIn(n.ctx, n.q, "/* renew.named */ select id, substr(value, 1, 1) from identifier where %s", "id", ids(n.all), func(rows *sql.Rows) error {
		var id int64
		var kind string
		err := rows.Scan(&id, &kind)
		if err == nil && accountKind(kind[0]) {
			n.named[id] = struct{}{}
		} else if err == nil && humanKind(kind[0]) {
			n.people[id] = struct{}{}
		}
		return err
	}); err != nil {
		return err
	}
	return n.walk(n.people, ids(n.people), humanKind)
}

// humanKind says whether an identifier of the kind is a person's or a visitor's.
func humanKind(kind byte) bool { return personKind(kind) || kind == kindAnonymous }

// walk adds to some identifiers those of the wanted kinds that were ever put together with them, from those on that were found last.
func (n *renewal) walk(met map[int64]struct{}, found []int64, wanted func(kind byte) bool) error {
	for len(found) > 0 {
		from := found
		found = nil
		if err := db.SelectIn(n.ctx, n.q, "/* renew.linked */ select l.b, substr(i.value, 1, 1) from link l join identifier i on i.id = l.b where %s", "l.a", from, func(rows *sql.Rows) error {
			var id int64
			var kind string
			if err := rows.Scan(&id, &kind); err != nil {
				return err
			}
			if _, there := met[id]; !there && wanted(kind[0]) {
				met[id] = struct{}{}
				found = append(found, id)
			}
			return nil
		}); err != nil {
			return err
		}
		if err := few(met); err != nil {
			return err
		}
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
	return n.next.loadUndoing(n.ctx, n.q)
}

// readEntities reads which contacts and accounts some identifiers mean.
func (n *renewal) readEntities(of []int64) error {
	for _, id := range of {
		n.next.entity[id] = 0
	}
	return n.next.loadEntities(n.ctx, n.q, live, of)
}

// readAccounts reads which accounts the named identifiers mean. Where one means another than before, so may all that were ever put together with it; then
// the people of all of those count as named.
func (n *renewal) readAccounts() error {
	if err := n.readEntities(ids(n.named)); err != nil {
		return err
	}
	others := map[int64]struct{}{}
	for id := range n.named {
		if was := n.was.Entity(id); was != 0 && was != n.next.Entity(id) {
			others[id] = struct{}{}
		}
	}
	if n.regrouped = len(others) > 0; n.regrouped {
		if err := n.regroup(others); err != nil {
			return err
		}
	}
	for id := range n.named {
		n.accounts[n.next.Entity(id)] = struct{}{}
	}
	return nil
}

// regroup reads anew which accounts all mean that were ever put together with those that mean others now, and counts the people who held one of them as named.
func (n *renewal) regroup(others map[int64]struct{}) error {
	if err := n.walk(others, ids(others), accountKind); err != nil {
		return err
	}
	if err := n.readEntities(ids(others)); err != nil {
		return err
	}
	before := map[int64]struct{}{}
	for id := range others {
		n.named[id] = struct{}{}
		if was := n.was.Entity(id); was != 0 {
			before[was] = struct{}{}
		}
	}
	maps.Copy(n.accounts, before)
	added := n.join(n.was.peopleOf(before))
	if err := few(n.people); err != nil {
		return err
	}
	return n.walk(n.people, added, humanKind)
}

// join counts all identifiers of some contacts among the people's, and gives those that were not.
func (n *renewal) join(contacts map[int64]struct{}) (added []int64) {
	for id := range n.was.entity {
		e := n.was.Entity(int64(id))
		if _, theirs := contacts[e]; !theirs {
			continue
		}
		if _, met := n.people[int64(id)]; !met {
			n.people[int64(id)] = struct{}{}
			added = append(added, int64(id))
		}
	}
	return added
}

// readPeople reads which contacts the people's identifiers mean.
func (n *renewal) readPeople() error {
	if err := n.readEntities(ids(n.people)); err != nil {
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
	return nil
}

// readVisitors reads who is known on the visitors.
func (n *renewal) readVisitors() error {
	for id := range n.people {
		n.next.holder[id] = 0
		delete(n.next.holders, id)
	}
	return n.next.loadVisitors(n.ctx, n.q, live, ids(n.people))
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
