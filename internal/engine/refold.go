package engine

import (
	"database/sql"
	"maps"
	"slices"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/eventlog"
	"millrace/internal/identity"
	"millrace/internal/score"
)

// personFact is one fact of a person as a refold reads it.
type personFact struct {
	eventlog.Row
	anonymous bool // came by an anonymous id that the person owned then
}

// personFacts reads all facts that belong to the contact today, dead ones left out, in order of position.
func (u *unit) personFacts(id int64) ([]personFact, error) {
	facts, err := u.peopleFacts([]int64{id})
	return facts[id], err
}

// peopleFacts is personFacts of several contacts, read together.
func (u *unit) peopleFacts(ids []int64) (map[int64][]personFact, error) {
	known, visitors, err := u.holders(ids)
	if err != nil {
		return nil, err
	}
	subjects := slices.Collect(maps.Keys(known))
	for id := range visitors {
		v, err := u.visitor(id)
		if err != nil {
			return nil, err
		}
		if v.people <= identity.MaxPeoplePerVisitor {
			subjects = append(subjects, id)
		}
	}
	rows, err := u.factsOf(subjects)
	if err != nil {
		return nil, err
	}
	out := make(map[int64][]personFact, len(ids))
	for i := range rows {
		subject, r := rows[i].subject, &rows[i].Row
		if contact, ok := known[subject]; ok {
			out[contact] = append(out[contact], personFact{Row: *r})
			continue
		}
		v, err := u.visitor(subject)
		if err != nil {
			return nil, err
		}
		owner, err := u.ownerAt(v, r.OccurredAt)
		if err != nil {
			return nil, err
		}
		if slices.Contains(visitors[subject], owner) {
			out[owner] = append(out[owner], personFact{Row: *r, anonymous: true})
		}
	}
	for _, id := range ids {
		if out[id], err = u.onlyAlive(out[id]); err != nil {
			return nil, err
		}
	}
	return out, u.learnWords(out)
}

// learnWords looks up together what the facts that score may be called, and where they were.
func (u *unit) learnWords(facts map[int64][]personFact) error {
	unknown := map[int64]struct{}{}
	for _, own := range facts {
		for i := range own {
			r := &own[i].Row
			if !r.Kind.Behavior() {
				continue
			}
			for _, id := range [...]int64{r.Name, r.Place} {
				if _, known := u.c.wordByID.get(id); id != 0 && !known {
					unknown[id] = struct{}{}
				}
			}
		}
	}
	return db.SelectIn(u.ctx, u.q, "/* word.values */ select id, value from interned where %s", "id", slices.Sorted(maps.Keys(unknown)), func(rows *sql.Rows) error {
		var id int64
		var value string
		err := rows.Scan(&id, &value)
		u.c.wordByID.put(id, value)
		return err
	})
}

// holders are the contacts by their identifiers, and those who may ever have been a visitor, by visitors, which are brought into the cache.
func (u *unit) holders(contacts []int64) (known map[int64]int64, visitors map[int64][]int64, err error) {
	members, err := u.membersOf(contacts)
	if err != nil {
		return nil, nil, err
	}
	known, visitors = map[int64]int64{}, map[int64][]int64{}
	for contact, idents := range members {
		for _, i := range idents {
			known[i.id] = contact
		}
	}
	if err := u.eachLink(slices.Sorted(maps.Keys(known)), func(of int64, l *ident) {
		if l.kind() == kindAnonymous {
			visitors[l.id] = append(visitors[l.id], known[of])
		}
	}); err != nil {
		return nil, nil, err
	}
	_, err = u.prefetchVisitors(slices.Collect(maps.Keys(visitors)))
	return known, visitors, err
}

// indexed is a row as it is found under an identifier.
type indexed struct {
	eventlog.Row
	subject int64
}

// factsOf are the rows that are indexed under the identifiers, which the caches have, by position: one that stands under several is there for each.
func (u *unit) factsOf(subjects []int64) (rows []indexed, err error) {
	first := int64(1<<63 - 1)
	for _, id := range subjects {
		if i, _ := u.c.byID.get(id); i != nil {
			first = min(first, i.firstSeq)
		}
	}
	slices.Sort(subjects)
	return rows, eventlog.OfEach(u.ctx, u.q, subjects, first, u.limit, func(subject int64, r *eventlog.Row) error {
		rows = append(rows, indexed{*r, subject})
		return nil
	})
}

// onlyAlive drops facts that were undone or erased and orders the rest by position, each once.
func (u *unit) onlyAlive(facts []personFact) ([]personFact, error) {
	slices.SortFunc(facts, func(a, b personFact) int { return int(a.Seq - b.Seq) })
	out := facts[:0]
	for _, f := range facts {
		if len(out) > 0 && out[len(out)-1].Seq == f.Seq {
			continue
		}
		alive, err := u.alive(&f.Row)
		if err != nil {
			return nil, err
		}
		if alive {
			out = append(out, f)
		}
	}
	return out, nil
}

// refoldPerson folds the person again from all its facts: the definition that increments must equal. A person with no fact left is no more.
func (u *unit) refoldPerson(id int64) error {
	p, err := u.person(id)
	if err != nil {
		return err
	}
	delete(u.refoldPersons, id) // it is being done
	facts, err := u.personFacts(id)
	if err != nil {
		return err
	}
	oldAccounts, before := p.accountIDs(), p.state
	before.Behaviors = slices.Clone(before.Behaviors)
	if p.account != 0 && len(oldAccounts) == 1 { // what its people did, while this person's part of it is known
		if a, err := u.account(p.account); err != nil {
			return err
		} else if !u.forgot(a) {
			if _, err := u.accountLast(a); err != nil {
				return err
			}
		}
	}
	if !slices.ContainsFunc(facts, func(f personFact) bool { return f.Kind.External() && !f.anonymous }) {
		u.gone[id] = struct{}{}
		delete(u.persons, id)
		delete(u.refoldPersons, id) // asked for by u.person above when there is no row either: it would never end
		u.c.persons.delete(id)
	} else if err := u.foldPerson(p, facts); err != nil {
		return err
	}
	u.restand[id] = struct{}{}
	accounts := append(oldAccounts, p.accountIDs()...)
	for _, a := range accounts {
		if a != 0 {
			u.recombine[a] = struct{}{}
		}
	}
	if _, gone := u.gone[id]; !gone && len(accounts) == 2 && accounts[0] == accounts[1] {
		return u.didMore(p, before)
	}
	for _, a := range accounts {
		u.forgetLasts(a)
	}
	return nil
}

// didMore brings what the account last did up to date with a person who stayed in it and was folded again.
func (u *unit) didMore(p *person, before score.State) error {
	if p.account == 0 {
		return nil
	}
	a, err := u.account(p.account)
	if err != nil || u.forgot(a) {
		return err
	}
	for _, b := range u.rules.FitBehaviors() {
		switch now := p.state.LastOf(b); {
		case now < before.LastOf(b): // it may have been the account's last
			u.forgetLasts(a.id)
			return nil
		case now > before.LastOf(b):
			if err := u.didAgain(a, b, now); err != nil {
				return err
			}
		}
	}
	return nil
}

// foldPerson computes traits, bindings, account, score and stage from the facts.
func (u *unit) foldPerson(p *person, facts []personFact) error {
	p.loaded, p.profileDirty, p.fitDirty, p.stateDirty = true, true, true, true
	p.traits, p.bindings = traits{}, bindings{}
	p.firstAt, p.lastAt = 0, 0
	p.enter(standing{})
	var scored []score.Fact
	var explicit []identity.Moment
	for i := range facts {
		f := &facts[i]
		if f.Kind == millrace.KindStage {
			u.enterStage(&p.decided, &f.Row)
			p.standing = p.decided // until its deals were looked at
			continue
		}
		if f.Kind == millrace.KindAssigned {
			p.traits.assigned(&f.Row)
			continue
		}
		if !f.Kind.External() {
			continue
		}
		if f.Flags&millrace.FlagBot == 0 {
			p.seen(f.OccurredAt)
		}
		t, b := statedBy(&f.Row)
		at, err := u.restatedAt(&f.Row)
		if err != nil {
			return err
		}
		p.traits.merge(t, at)
		if b.explicit != 0 {
			explicit = append(explicit, identity.Moment{To: b.explicit, At: f.OccurredAt})
			b.explicit = 0
		}
		p.bindings.add(b, f.OccurredAt)
		behavior, err := u.matchOf(&f.Row)
		if err != nil {
			return err
		}
		if behavior >= 0 {
			scored = append(scored, score.Fact{OccurredAt: f.OccurredAt, Behavior: behavior, Seq: f.Seq})
		}
	}
	p.bindings.Explicit = identity.FromMoments(explicit)
	var err error
	if p.account, err = u.accountAt(p, millrace.Time(1<<62)); err != nil {
		return err
	}
	u.joined[p.account] = append(u.joined[p.account], p.id)
	if p.account != 0 {
		if _, err := u.account(p.account); err != nil {
			return err
		}
	}
	p.state = u.rules.Intent(scored, u.clock)
	return u.splitByAccount(p, scored)
}

// splitByAccount sums the parts of a person who held several accounts: a fact counts for the account held when it occurred.
func (u *unit) splitByAccount(p *person, scored []score.Fact) error {
	several, err := u.heldSeveral(&p.bindings)
	if p.split, p.several, p.parts = false, several, nil; err != nil || !several {
		return err
	}
	by := map[int64][]score.Fact{}
	for _, f := range scored {
		a, err := u.accountAt(p, f.OccurredAt)
		if err != nil {
			return err
		}
		by[a] = append(by[a], f)
	}
	if _, one := by[p.account]; len(by) == 0 || (one && len(by) == 1) {
		return nil
	}
	p.split = true
	lines, state := u.rules.Explain(scored, u.clock)
	at := map[int64]millrace.Time{}
	sums := map[int64]int64{}
	for _, l := range lines {
		a, err := u.accountAt(p, l.OccurredAt)
		if err != nil {
			return err
		}
		sums[a] += l.Scaled
		if l.Points > 0 && l.Reason != score.ReasonNotYet {
			at[a] = max(at[a], l.OccurredAt)
		}
	}
	for a := range by {
		if a != 0 {
			p.parts = append(p.parts, accountPart{a, state.Epoch, sums[a], at[a]})
			if _, err := u.account(a); err != nil {
				return err
			}
		}
	}
	slices.SortFunc(p.parts, func(a, b accountPart) int { return int(a.account - b.account) })
	return nil
}

// restatedAt is when a fact of a file without a date of change was last stated: a later file that holds the same row states it again.
func (u *unit) restatedAt(r *eventlog.Row) (millrace.Time, error) {
	if r.Import == 0 || !restatable(r) {
		return stampOf(r), nil
	}
	again, err := u.bringersOf([]eventlog.Row{*r})
	return u.lastStated(r, again[r.Seq]), err
}

// lastStated is restatedAt, given the further imports that brought the fact.
func (u *unit) lastStated(r *eventlog.Row, again []bringer) millrace.Time {
	at := stampOf(r)
	if r.Import == 0 || !restatable(r) {
		return at
	}
	if _, undone := u.c.undone[r.Import]; undone {
		at = 0
	}
	for _, b := range again {
		t := b.at
		if t == 0 { // the very same file again: it states what the first one stated, and stands when that one is undone
			t = stampOf(r)
		}
		if _, undone := u.c.undone[b.imp]; !undone {
			at = max(at, t)
		}
	}
	return at
}

// statedBy gives the traits of a person and the account identifiers that a fact states.
func statedBy(r *eventlog.Row) (map[string]any, boundTo) {
	return statedTraits(traitsOf(r), emailOf(r)), boundBy(r.Refs)
}

func boundBy(refs []byte) (b boundTo) {
	eventlog.EachRef(refs, func(k eventlog.RefKind, id int64) {
		switch k {
		case eventlog.RefExplicit:
			b.explicit = id
		case eventlog.RefDomain:
			b.domain = id
		case eventlog.RefName:
			b.name = id
		}
	})
	return b
}

// emailOf is the address that a fact states outside the traits, "" for none.
func emailOf(r *eventlog.Row) string {
	if !eventlog.HasEmail(r.Body) {
		return ""
	}
	return eventlog.Field(r.Body, "email")
}

// traitsOf is what a fact states of a person as it was sent, nil for nothing.
func traitsOf(r *eventlog.Row) []byte {
	if r.Kind != millrace.KindIdentify && r.Kind != millrace.KindContact {
		return nil
	}
	return eventlog.Data(r.Body)
}

// statedTraits reads traits, and the address that stood beside them.
func statedTraits(sent []byte, email string) (t map[string]any) {
	if len(sent) > 0 {
		var err error
		if t, err = identity.PersonTraits(sent); err != nil {
			t = nil // a body that is no object folds to nothing
		}
	}
	if email == "" {
		return t
	}
	if a, ok := identity.Email(email); ok {
		if t == nil {
			t = map[string]any{}
		}
		t[millrace.TraitEmail] = a.Value
	}
	return t
}
