package engine

import (
	"cmp"
	"database/sql"
	"slices"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/eventlog"
	"millrace/internal/score"
)

// person is a contact as folded: what is hot stands in contact_score, traits and bindings in contact, loaded when needed.
type person struct {
	id      int64
	account int64 // held now; 0 none
	split   bool  // facts count for more than one account: parts are in contact_account
	several bool  // more than one account was held, so a late fact may count for another account than the one held now
	state   score.State
	parts   []accountPart // only when split

	fit    bool
	grade  string
	icp    string
	points int
	fitDue millrace.Time
	role   string

	course
	named bool // by some deal

	firstAt, lastAt, dueAt millrace.Time

	loaded   bool // traits and bindings are here
	traits   traits
	bindings bindings
	listed   *listing // what the row lists of the traits; nil when that isn't known

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
	standing, decided   standing
	named               bool
	firstAt             millrace.Time
}

func (p *person) cold() coldPerson {
	return coldPerson{p.account, p.split, p.several, p.fit, p.grade, p.icp, p.points, p.role, p.standing, p.decided, p.named, p.firstAt}
}

// listing are the traits that the columns of a person's row beside traits and bindings are made of.
type listing struct {
	email, name, first, last, title, department, seniority, country, company, owner string
}

func listingOf(t traits) *listing {
	return &listing{t.text(millrace.TraitEmail), personName(t), t.text(millrace.TraitFirstName), t.text(millrace.TraitLastName), t.text(millrace.TraitTitle),
		t.text(millrace.TraitDepartment), t.text(millrace.TraitSeniority), t.text(millrace.TraitCountry), t.text(millrace.TraitCompany), t.text(millrace.TraitOwner)}
}

// What contact_score.split says.
const (
	splitParts   = 1 // facts count for more than one account
	splitSeveral = 2 // several accounts were held, and all facts count for the one held now
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
			(*int64)(&p.stageAt), &p.stageSeq, (*int64)(&p.cooledAt), (*int64)(&p.firstAt), (*int64)(&p.lastAt), &scoredAt, (*int64)(&p.dueAt), &p.named,
			&p.decided.stage, (*int64)(&p.decided.stageAt), (*int64)(&p.decided.cooledAt), &state); err != nil {
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
		p.decided.stageSeq = p.stageSeq
		p.written, p.heat = p.cold(), p.warm()
		p.fitDue = p.dueAt // not stored: due_at is no later, and fit is looked at then
		if p.named {
			p.dealDue = p.dueAt // likewise
		}
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
	found, err := db.One(u.ctx, u.q, []any{&t, &b}, "/* contact.load */ select traits, bindings from "+u.t.contact+" where id = $1", p.id)
	if err != nil {
		return err
	}
	if p.traits, err = decodeTraits(t); err != nil {
		return err
	}
	if p.bindings, err = decodeBindings(b); err != nil {
		return err
	}
	if p.loaded = true; found {
		p.listed = listingOf(p.traits)
	}
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
	slices.Sort(ids)
	ids = slices.Compact(ids)
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
		if p.bindings, err = decodeBindings(b); err == nil {
			p.loaded, p.listed = true, listingOf(p.traits)
		}
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
	if p.several, err = u.heldSeveral(&p.bindings); err != nil {
		return err
	}
	if p.several && p.state.Scores() {
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
	if p.state.Scores() {
		u.forgetLasts(p.account)
		u.forgetLasts(account)
	}
	p.account, p.fitDirty = account, true
	u.joined[account] = append(u.joined[account], p.id)
	return nil
}

// heldSeveral says whether the identifiers that a person can have held mean more than one account today.
func (u *unit) heldSeveral(b *bindings) (several bool, err error) {
	first := int64(-1)
	b.counting(func(id int64) {
		account, failed := u.entityOf(id)
		err = cmp.Or(err, failed)
		several = several || first >= 0 && account != first
		first = account
	})
	return several, err
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
	if asked && r.OccurredAt <= u.clock { // one to come is nothing that anybody did last: the person's state tells of it when its moment is there
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

func (p *person) accountIDs() []int64 {
	out := []int64{p.account}
	for _, a := range p.parts {
		out = append(out, a.account)
	}
	return out
}
