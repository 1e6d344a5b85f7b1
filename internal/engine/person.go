package engine

import (
	"database/sql"
	"slices"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/eventlog"
	"millrace/internal/identity"
	"millrace/internal/score"
)

// person is a contact as folded: what is hot stands in contact_score, traits and bindings in contact, loaded when needed.
type person struct {
	id      int64
	account int64 // held now; 0 none
	split   bool  // facts count for more than one account: parts are in contact_account
	several bool  // more than one account identifier was held, so a late fact may count for another account than the one held now
	state   score.State
	parts   []accountPart // only when split

	fit    bool
	grade  string
	icp    string
	points int
	fitDue millrace.Time
	role   string

	stage    millrace.Stage
	stageAt  millrace.Time
	stageSeq int64
	cooledAt millrace.Time // no new MQL before

	firstAt, lastAt, dueAt millrace.Time

	loaded   bool // traits and bindings are here
	traits   traits
	bindings bindings

	isNew, profileDirty, fitDirty bool
	stateDirty                    bool
	written                       coldPerson // as the row has it: only when this changed the whole row is written
	heat                          heat       // as the row has it
}

// coldPerson is what changes seldom in a person's score row.
type coldPerson struct {
	account             int64
	split, several, fit bool
	grade, icp          string
	points              int
	role                string
	stage               millrace.Stage
	stageAt             millrace.Time
	stageSeq            int64
	cooledAt            millrace.Time
	firstAt             millrace.Time
}

func (p *person) cold() coldPerson {
	return coldPerson{p.account, p.split, p.several, p.fit, p.grade, p.icp, p.points, p.role, p.stage, p.stageAt, p.stageSeq, p.cooledAt, p.firstAt}
}

// What contact_score.split says.
const (
	splitParts   = 1 // facts count for more than one account
	splitSeveral = 2 // several account identifiers were held, and all facts count for the account held now
)

func (p *person) splitCode() int64 {
	switch {
	case p.split:
		return splitParts
	case p.several:
		return splitSeveral
	}
	return 0
}

// heat is what facts change often in a score row.
type heat struct {
	epoch, sum              int64
	lastAt, scoredAt, dueAt millrace.Time
	roles                   string // an account's
}

func (p *person) warm() heat {
	return heat{epoch: p.state.Epoch, sum: p.state.Sum, lastAt: p.lastAt, scoredAt: p.state.LastScored, dueAt: p.dueAt}
}

type accountPart struct {
	account    int64
	epoch, sum int64
	scoredAt   millrace.Time
}

func (p *person) part() score.Part { return score.Part{Epoch: p.state.Epoch, Sum: p.state.Sum} }

// loadPersons brings the people with these ids, where they exist, into the cache.
func (u *unit) loadPersons(ids []int64) error {
	var split []int64
	err := db.SelectIn(u.ctx, u.q, "/* contact_score.load */ select "+contactScoreColumns+" from "+u.t.contactScore+" where %s", "id", ids, func(rows *sql.Rows) error {
		p := &person{}
		var rank sql.NullFloat64
		var epoch, sum, scoredAt int64
		var state []byte
		var code int64
		if err := rows.Scan(&p.id, &p.account, &code, &epoch, &sum, &rank, &p.fit, &p.grade, &p.icp, &p.points, &p.role, &p.stage,
			(*int64)(&p.stageAt), &p.stageSeq, (*int64)(&p.cooledAt), (*int64)(&p.firstAt), (*int64)(&p.lastAt), &scoredAt, (*int64)(&p.dueAt), &state); err != nil {
			return err
		}
		if _, ok := u.c.persons.get(p.id); ok {
			return nil
		}
		var err error
		if p.state, err = score.DecodeState(state); err != nil {
			return err
		}
		p.split, p.several = code == splitParts, code != 0
		p.written, p.heat = p.cold(), p.warm()
		p.fitDue = p.dueAt // not stored: due_at is no later, and fit is looked at then
		if p.split {
			split = append(split, p.id)
		}
		u.c.persons.put(p.id, p)
		return nil
	})
	if err != nil {
		return err
	}
	return db.SelectIn(u.ctx, u.q, "/* contact_account.load */ select contact, account, epoch, sum, scored_at from "+u.t.contactAccount+" where %s order by contact, account",
		"contact", split, func(rows *sql.Rows) error {
			var contact int64
			var a accountPart
			if err := rows.Scan(&contact, &a.account, &a.epoch, &a.sum, (*int64)(&a.scoredAt)); err != nil {
				return err
			}
			p, _ := u.c.persons.get(contact)
			if !slices.ContainsFunc(p.parts, func(x accountPart) bool { return x.account == a.account }) {
				p.parts = append(p.parts, a)
			}
			return nil
		})
}

// person gives the person with this id to be changed, making it when there is none yet.
func (u *unit) person(id int64) (*person, error) {
	if p, ok := u.persons[id]; ok {
		return p, nil
	}
	p, ok := u.c.persons.get(id)
	if !ok {
		if !u.fresh(id) {
			if err := u.loadPersons([]int64{id}); err != nil {
				return nil, err
			}
			p, ok = u.c.persons.get(id)
		}
		if !ok {
			p = &person{id: id, isNew: true, loaded: true, traits: traits{}, profileDirty: true, fitDirty: true}
			u.c.persons.put(id, p)
			if !u.fresh(id) && u.tx != nil { // decisions about somebody who was no more still stand
				u.refoldPersons[id] = struct{}{}
			}
		}
	}
	u.persons[id] = p
	delete(u.gone, id)
	return p, nil
}

// loadProfile reads traits and bindings.
func (u *unit) loadProfile(p *person) error {
	if p.loaded {
		return nil
	}
	var t, b string
	if _, err := db.One(u.ctx, u.q, []any{&t, &b}, "/* contact.load */ select traits, bindings from "+u.t.contact+" where id = $1", p.id); err != nil {
		return err
	}
	var err error
	if p.traits, err = decodeTraits(t); err != nil {
		return err
	}
	if p.bindings, err = decodeBindings(b); err != nil {
		return err
	}
	p.loaded = true
	return nil
}

// loadProfiles does the same for many.
func (u *unit) loadProfiles(people []*person) error {
	var ids []int64
	for _, p := range people {
		if !p.loaded {
			ids = append(ids, p.id)
		}
	}
	if err := db.SelectIn(u.ctx, u.q, "/* contact.load_many */ select id, traits, bindings from "+u.t.contact+" where %s", "id", ids, func(rows *sql.Rows) error {
		var id int64
		var t, b string
		err := rows.Scan(&id, &t, &b)
		p, ok := u.c.persons.get(id)
		if err != nil || !ok || p.loaded {
			return err
		}
		if p.traits, err = decodeTraits(t); err != nil {
			return err
		}
		p.bindings, err = decodeBindings(b)
		p.loaded = err == nil
		return err
	}); err != nil {
		return err
	}
	for _, p := range people { // one without a row
		if err := u.loadProfile(p); err != nil {
			return err
		}
	}
	return nil
}

// stateTraits takes the traits and bindings of one fact into the person's profile.
func (u *unit) stateTraits(p *person, r *eventlog.Row, t map[string]any, b boundTo) error {
	if len(t) == 0 && b == (boundTo{}) {
		return nil
	}
	if err := u.loadProfile(p); err != nil {
		return err
	}
	p.profileDirty = true
	if p.traits.merge(t, stampOf(r)) {
		p.fitDirty = true
	}
	changed, exact := p.bindings.add(b, r.OccurredAt)
	if !exact {
		u.refoldPersons[p.id] = struct{}{}
		return nil
	}
	if !changed {
		return nil
	}
	return u.rebind(p)
}

// stampOf is the moment that a statement of traits counts from.
func stampOf(r *eventlog.Row) millrace.Time {
	if r.RecordedAt != 0 {
		return r.RecordedAt
	}
	if restatable(r) {
		return r.ReceivedAt
	}
	return r.OccurredAt
}

// restatable says whether a fact says nothing of when it was written down: then it counts from when it came, and a later file that holds the
// same row states it again.
func restatable(r *eventlog.Row) bool {
	return r.Flags.Has(millrace.FlagUndated) || r.RecordedAt == 0 && ofDays(r.Kind)
}

// rebind brings the person's account up to date with its bindings. Facts that may now count for another account need a refold.
func (u *unit) rebind(p *person) error {
	account, err := u.accountAt(p, millrace.Time(1<<62))
	if err != nil {
		return err
	}
	if p.several = !p.bindings.single(); p.several && len(p.state.Behaviors) > 0 {
		u.refoldPersons[p.id] = struct{}{}
	}
	if account == p.account {
		if account != 0 {
			_, err = u.account(account)
		}
		return err
	}
	for _, id := range [...]int64{p.account, account} {
		if id != 0 {
			u.recombine[id] = struct{}{}
			if _, err := u.account(id); err != nil {
				return err
			}
		}
	}
	if len(p.state.Behaviors) > 0 {
		u.forgetLasts(p.account)
		u.forgetLasts(account)
	}
	p.account, p.fitDirty = account, true
	u.joined[account] = append(u.joined[account], p.id)
	return nil
}

// accountAt is the account that the person held at t, 0 for none.
func (u *unit) accountAt(p *person, t millrace.Time) (int64, error) {
	id := p.bindings.at(t)
	if id == 0 {
		return 0, nil
	}
	return u.entityOf(id)
}

// scoreFact folds one scored fact in, by increment where that is exact.
func (u *unit) scoreFact(p *person, r *eventlog.Row, behavior int) error {
	if _, already := u.refoldPersons[p.id]; already {
		return nil
	}
	if p.split {
		u.refoldPersons[p.id] = struct{}{}
		return nil
	}
	if p.several {
		if err := u.loadProfile(p); err != nil {
			return err
		}
		if then, err := u.accountAt(p, r.OccurredAt); err != nil || then != p.account {
			u.refoldPersons[p.id] = struct{}{}
			return err
		}
	}
	asked := u.rules.FitDependsOn(behavior)
	if asked && p.account != 0 && !u.frozen { // what the account did before this fact, while the person's state doesn't hold it yet
		if a, err := u.account(p.account); err != nil {
			return err
		} else if _, err := u.accountLast(a); err != nil {
			return err
		}
	}
	before, scoredBefore, doneBefore := p.part(), p.state.LastScored, p.state.LastOf(behavior)
	if !u.rules.Add(&p.state, score.Fact{OccurredAt: r.OccurredAt, Behavior: behavior, Seq: r.Seq}, u.clock) {
		u.refoldPersons[p.id] = struct{}{}
		return nil
	}
	p.stateDirty = true
	if asked && u.rules.FitTurns(behavior, doneBefore, r.OccurredAt, u.clock) {
		p.fitDirty = true
	}
	if p.account == 0 || u.frozen {
		return nil
	}
	a, err := u.account(p.account)
	if err != nil {
		return err
	}
	u.rollUp(a, p, before, scoredBefore)
	if asked {
		return u.didAgain(a, behavior, r.OccurredAt)
	}
	return nil
}

// advance lets facts whose windows ended count no more.
func (u *unit) advance(p *person) error {
	if p.state.Until == 0 || u.clock < p.state.Until {
		return nil
	}
	before, scoredBefore := p.part(), p.state.LastScored
	if p.split || !u.rules.Advance(&p.state, u.clock) {
		u.refoldPersons[p.id] = struct{}{}
		return nil
	}
	p.stateDirty = true
	if p.account == 0 {
		return nil
	}
	a, err := u.account(p.account)
	if err == nil {
		u.rollUp(a, p, before, scoredBefore)
	}
	return err
}

// seen widens the person's first and last moment.
func (p *person) seen(at millrace.Time) {
	if p.firstAt == 0 || at < p.firstAt {
		p.firstAt = at
	}
	p.lastAt = max(p.lastAt, at)
}

// personFact is one fact of a person as a refold reads it.
type personFact struct {
	eventlog.Row
	anonymous bool // came by an anonymous id that the person owned then
}

// personFacts reads all facts that belong to the contact today, dead ones left out, in order of position.
func (u *unit) personFacts(id int64) ([]personFact, error) {
	idents, err := u.members(id)
	if err != nil {
		return nil, err
	}
	var out []personFact
	visitors := map[int64]*ident{}
	for _, i := range idents {
		err := eventlog.OfSubject(u.ctx, u.q, i.id, i.firstSeq, u.limit, func(r *eventlog.Row) error {
			out = append(out, personFact{Row: *r})
			return nil
		})
		if err != nil {
			return nil, err
		}
		linked, err := u.linked(i.id)
		if err != nil {
			return nil, err
		}
		for _, l := range linked {
			if l.kind() == kindAnonymous {
				visitors[l.id] = l
			}
		}
	}
	for _, l := range visitors {
		v, err := u.visitor(l.id)
		if err != nil {
			return nil, err
		}
		if v.people > identity.MaxPeoplePerVisitor {
			continue
		}
		if owns, err := u.ownsAny(v, id); err != nil || !owns {
			if err != nil {
				return nil, err
			}
			continue
		}
		var rows []eventlog.Row
		if err := eventlog.OfSubject(u.ctx, u.q, l.id, l.firstSeq, u.limit, func(r *eventlog.Row) error {
			rows = append(rows, *r)
			return nil
		}); err != nil {
			return nil, err
		}
		for _, r := range rows {
			owner, err := u.ownerAt(v, r.OccurredAt)
			if err != nil {
				return nil, err
			}
			if owner == id {
				out = append(out, personFact{Row: r, anonymous: true})
			}
		}
	}
	return u.onlyAlive(out)
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

func (p *person) accountIDs() []int64 {
	out := []int64{p.account}
	for _, a := range p.parts {
		out = append(out, a.account)
	}
	return out
}

// foldPerson computes traits, bindings, account, score and stage from the facts.
func (u *unit) foldPerson(p *person, facts []personFact) error {
	p.loaded, p.profileDirty, p.fitDirty, p.stateDirty = true, true, true, true
	p.traits, p.bindings = traits{}, bindings{}
	p.firstAt, p.lastAt = 0, 0
	p.stage, p.stageAt, p.stageSeq, p.cooledAt = 0, 0, 0, 0
	var scored []score.Fact
	var explicit []identity.Moment
	for i := range facts {
		f := &facts[i]
		if f.Kind == millrace.KindStage {
			u.enterStage(&p.stage, &p.stageAt, &p.stageSeq, &p.cooledAt, &f.Row)
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
	p.split, p.several, p.parts = false, !p.bindings.single(), nil
	if !p.several {
		return nil
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
