package engine

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/eventlog"
)

// Erased is what an erasure did.
type Erased struct {
	Contact     string `json:"contact"`
	Identifiers int    `json:"identifiers"`
	Events      int    `json:"events"`
}

// Erase removes a person: the payload of all facts about them, their identifiers, everything derived, and the accounts that nothing but their
// facts named. What stays is a tombstone for each
// fact, keyed hashes that keep the facts from coming in again by a retry, and one fact that says that somebody was erased. On return the
// database files hold no trace: SQLite overwrites what it frees and its WAL is truncated, PostgreSQL's tables are rewritten. Backups and
// PostgreSQL's archived WAL are the operator's to expire.
func (e *Engine) Erase(ctx context.Context, who, by string) (Erased, error) {
	const op = "engine.Erase"
	var out Erased
	err := e.write(ctx, 0, func(u *unit) error {
		start, err := u.find(who)
		if err != nil {
			return err
		}
		if !personKind(start.kind()) {
			return millrace.Errorf(millrace.Invalid, op, "%q is no person", who)
		}
		out.Contact = ContactID(start.entity)
		if err := u.leave(start.entity); err != nil {
			return err
		}
		return u.erase(start.entity, by, &out)
	})
	if err != nil {
		return out, err
	}
	e.mu.Lock()
	e.caches.drop() // nothing of the person may linger in memory
	e.mu.Unlock()
	return out, e.forget(ctx)
}

// leave lets the projections remove what names the person.
func (u *unit) leave(contact int64) error {
	var who Leaving
	var stated string // may be no address that identifies
	if _, err := db.One(u.ctx, u.q, []any{&who.Name, &stated}, "/* erase.name */ select name, email from "+u.t.contact+" where id = $1", contact); err != nil {
		return err
	}
	idents, err := u.members(contact)
	if err != nil {
		return err
	}
	for _, i := range idents {
		if i.kind() == kindEmail {
			who.Emails = append(who.Emails, i.key[2:])
		}
	}
	if stated != "" && !slices.Contains(who.Emails, stated) {
		who.Emails = append(who.Emails, stated)
	}
	for _, p := range u.e.registered() {
		if p.Leave == nil {
			continue
		}
		if err := p.Leave(u.ctx, u.tx, who); err != nil {
			return err
		}
	}
	return nil
}

func (u *unit) erase(contact int64, by string, out *Erased) error {
	idents, err := u.members(contact)
	if err != nil {
		return err
	}
	facts, err := u.personFacts(contact)
	if err != nil {
		return err
	}
	p, err := u.person(contact)
	if err != nil {
		return err
	}
	for _, a := range p.accountIDs() {
		if a != 0 {
			u.recombine[a] = struct{}{}
			u.forgetLasts(a)
		}
	}
	seqs, accounts := map[int64]struct{}{}, map[int64]struct{}{}
	u.orphans = map[int64]struct{}{}
	take := func(r *eventlog.Row) {
		seqs[r.Seq] = struct{}{}
		u.orphaned(r)
		for _, e := range edgesOf(r, nil, map[int64][]int64{}) { // what only this person's facts put together falls apart
			accounts[e.A] = struct{}{}
		}
		if r.Object != 0 {
			accounts[r.Object] = struct{}{}
		}
	}
	for i := range facts {
		take(&facts[i].Row)
	}
	var hashes []string
	gone := map[int64]*ident{}
	for _, i := range idents {
		gone[i.id] = i
		// Dead facts (of undone imports) hold personal values too.
		if err := eventlog.OfSubject(u.ctx, u.q, i.id, i.firstSeq, u.limit, func(r *eventlog.Row) error {
			if r.Kind.External() || r.Kind == millrace.KindStage {
				take(r)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	shared, err := u.eraseVisitors(idents, gone, take)
	if err != nil {
		return err
	}
	for _, id := range sortedKeys(gone) {
		h := sha256.Sum256(append(u.e.secret[:], gone[id].key...))
		hashes = append(hashes, hex.EncodeToString(h[:16]))
	}
	if err := u.eraseRows(sortedKeys(seqs)); err != nil {
		return err
	}
	for id := range gone {
		for _, q := range [...]string{"delete from identifier where id = $1", "delete from link where a = $1", "delete from link where b = $1",
			"delete from " + u.t.resolved + " where id = $1", "delete from " + u.t.visitor + " where id = $1"} {
			if _, err := u.tx.Exec(u.ctx, "/* erase.identifier */ "+q, id); err != nil {
				return err
			}
		}
		u.c.idents.delete(gone[id].key)
		u.c.byID.delete(id)
	}
	u.gone[contact] = struct{}{}
	delete(u.persons, contact)
	u.c.persons.delete(contact)
	for _, v := range shared {
		if err := u.rebuildVisitor(v); err != nil {
			return err
		}
	}
	var named []*ident
	for _, id := range sortedKeys(accounts) {
		if i, err := u.identByID(id); err != nil {
			return err
		} else if i != nil && accountKind(i.kind()) {
			named = append(named, i)
		}
	}
	if _, err := u.rederive(named...); err != nil {
		return err
	}
	touched := maps.Clone(accounts) // the person's identifiers by number, and those of accounts and devices that may be others now
	maps.Copy(touched, u.orphans)
	for id := range gone {
		touched[id] = struct{}{}
	}
	for _, v := range shared {
		touched[v.id] = struct{}{}
	}
	out.Identifiers, out.Events = len(gone), len(seqs)
	if err := setSetting(u.ctx, u.tx, scrubSetting, rand.Text()); err != nil {
		return err
	}
	return u.systemFact(millrace.KindErased, 0, 0, map[string]any{"identifiers": hashes, "by": by, "touched": sortedKeys(touched)})
}

// eraseRows leaves of the facts at these positions no more than that there were some.
func (u *unit) eraseRows(seqs []int64) error {
	for _, seq := range seqs {
		if _, err := u.tx.Exec(u.ctx, "/* event.erase */ update event set body = null, refs = null, name = 0, place = 0, flags = flags | $1 where seq = $2",
			int64(millrace.FlagErased), seq); err != nil {
			return err
		}
	}
	return nil
}

// eraseVisitors takes the anonymous ids that only this person was identified on, and gives those that others were too: they are the others'
// once the person is gone.
func (u *unit) eraseVisitors(idents []*ident, gone map[int64]*ident, take func(r *eventlog.Row)) (shared []*visitor, err error) {
	for _, i := range idents {
		linked, err := u.linked(i.id)
		if err != nil {
			return nil, err
		}
		for _, l := range linked {
			if l.kind() != kindAnonymous {
				continue
			}
			v, err := u.visitor(l.id)
			if err != nil {
				return nil, err
			}
			if slices.ContainsFunc(v.runs, func(h holding) bool { return gone[h.to] == nil }) {
				shared = append(shared, v)
				continue
			}
			gone[l.id] = l
			if err := eventlog.OfSubject(u.ctx, u.q, l.id, l.firstSeq, u.limit, func(r *eventlog.Row) error {
				take(r)
				return nil
			}); err != nil {
				return nil, err
			}
		}
	}
	return shared, nil
}

func sortedKeys[V any](m map[int64]V) []int64 {
	out := make([]int64, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
