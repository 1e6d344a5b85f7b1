package engine

import (
	"slices"

	"millrace"
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
	members, err := u.membersOf(ids)
	if err != nil {
		return nil, err
	}
	holder := map[int64][]int64{} // identifier, or visitor → contacts whose facts it may have
	anonymous := map[int64]bool{}
	var known, visitors []int64
	for _, id := range ids {
		for _, i := range members[id] {
			holder[i.id] = append(holder[i.id], id)
			known = append(known, i.id)
		}
	}
	if err := u.eachLink(known, func(of int64, l *ident) {
		if l.kind() != kindAnonymous {
			return
		}
		for _, id := range holder[of] {
			if !slices.Contains(holder[l.id], id) {
				holder[l.id] = append(holder[l.id], id)
			}
		}
		if !anonymous[l.id] {
			anonymous[l.id] = true
			visitors = append(visitors, l.id)
		}
	}); err != nil {
		return nil, err
	}
	if _, err := u.prefetchVisitors(visitors); err != nil {
		return nil, err
	}
	subjects := known
	for _, l := range visitors {
		v, err := u.visitor(l)
		if err != nil {
			return nil, err
		}
		if v.people <= identity.MaxPeoplePerVisitor {
			subjects = append(subjects, l)
		}
	}
	out := make(map[int64][]personFact, len(ids))
	if err := u.factsOf(subjects, func(subject int64, r *eventlog.Row) error {
		if !anonymous[subject] {
			for _, id := range holder[subject] {
				out[id] = append(out[id], personFact{Row: *r})
			}
			return nil
		}
		v, err := u.visitor(subject)
		if err != nil {
			return err
		}
		owner, err := u.ownerAt(v, r.OccurredAt)
		if slices.Contains(holder[subject], owner) {
			out[owner] = append(out[owner], personFact{Row: *r, anonymous: true})
		}
		return err
	}); err != nil {
		return nil, err
	}
	for _, id := range ids {
		if out[id], err = u.onlyAlive(out[id]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// factsOf calls fn with each of the identifiers, which the caches have, and each row that is indexed under it.
func (u *unit) factsOf(subjects []int64, fn func(subject int64, r *eventlog.Row) error) error {
	first := int64(1<<63 - 1)
	for _, id := range subjects {
		if i, _ := u.c.byID.get(id); i != nil {
			first = min(first, i.firstSeq)
		}
	}
	if len(subjects) == 0 {
		return nil
	}
	type indexed struct {
		subject int64
		row     eventlog.Row
	}
	var rows []indexed // fn may ask the database itself
	if err := eventlog.OfEach(u.ctx, u.q, subjects, first, u.limit, func(subject int64, r *eventlog.Row) error {
		rows = append(rows, indexed{subject, *r})
		return nil
	}); err != nil {
		return err
	}
	for i := range rows {
		if err := fn(rows[i].subject, &rows[i].row); err != nil {
			return err
		}
	}
	return nil
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
		} else if _, err := u.accountLast(a); err != nil {
			return err
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
	if err != nil {
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
func statedBy(r *eventlog.Row) (t map[string]any, b boundTo) {
	eventlog.EachRef(r.Refs, func(k eventlog.RefKind, id int64) {
		switch k {
		case eventlog.RefExplicit:
			b.explicit = id
		case eventlog.RefDomain:
			b.domain = id
		case eventlog.RefName:
			b.name = id
		}
	})
	email := ""
	if eventlog.HasEmail(r.Body) {
		email = eventlog.Field(r.Body, "email")
	}
	if r.Kind == millrace.KindIdentify || r.Kind == millrace.KindContact {
		var err error
		if t, err = identity.PersonTraits(eventlog.Data(r.Body)); err != nil {
			t = nil // a body that is no object folds to nothing
		}
	}
	if email == "" {
		return t, b
	}
	if a, ok := identity.Email(email); ok {
		if t == nil {
			t = map[string]any{}
		}
		t[millrace.TraitEmail] = a.Value
	}
	return t, b
}
