package engine

import (
	"database/sql"
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/eventlog"
	"millrace/internal/identity"
	"millrace/internal/score"
)

// account is an account as folded.
type account struct {
	id         int64
	people     int
	epoch, sum int64
	empty      bool                     // no scored fact yet: epoch says nothing
	roles      map[string]millrace.Time // committee role → latest moment that somebody in it scored
	engaged    int

	fit    bool
	grade  string
	icp    string
	points int
	fitDue millrace.Time

	course

	lastAt, dueAt   millrace.Time
	lasts           map[int]millrace.Time // behaviours that fit asks for → when somebody last did them; nil: not gathered
	open, won, lost int

	loaded                        bool
	traits                        traits
	isNew, profileDirty, fitDirty bool
	written                       coldAccount
	heat                          heat // as the row has it
}

// coldAccount is what changes seldom in an account's score row.
type coldAccount struct {
	people, engaged int
	fit             bool
	grade, icp      string
	points          int
	standing        standing
	decided         standing
	open, won, lost int
}

func (a *account) cold() coldAccount {
	return coldAccount{a.people, a.engaged, a.fit, a.grade, a.icp, a.points, a.standing, a.decided, a.open, a.won, a.lost}
}

func (a *account) warm() heat {
	return heat{epoch: a.epoch, sum: a.sum, lastAt: a.lastAt, dueAt: a.dueAt, roles: encodeRoles(a.roles)}
}

func (u *unit) loadAccounts(ids []int64) error {
	return db.SelectIn(u.ctx, u.q, "/* account_score.load */ select "+accountScoreColumns+" from "+u.t.accountScore+" where %s", "id", ids, func(rows *sql.Rows) error {
		a := &account{roles: map[string]millrace.Time{}}
		var rank sql.NullFloat64
		var roles string
		if err := rows.Scan(&a.id, &a.people, &a.epoch, &a.sum, &rank, &a.fit, &a.grade, &a.icp, &a.points, &roles, &a.engaged, &a.stage,
			(*int64)(&a.stageAt), &a.stageSeq, (*int64)(&a.cooledAt), (*int64)(&a.lastAt), (*int64)(&a.dueAt), &a.open, &a.won, &a.lost,
			&a.decided.stage, (*int64)(&a.decided.stageAt), (*int64)(&a.decided.cooledAt)); err != nil {
			return err
		}
		if _, ok := u.c.accounts.get(a.id); ok {
			return nil
		}
		var err error
		if a.roles, err = decodeRoles(roles); err != nil {
			return err
		}
		a.decided.stageSeq = a.stageSeq
		a.written, a.heat = a.cold(), a.warm()
		a.empty = a.epoch == 0 && a.sum == 0 && len(a.roles) == 0
		a.fitDue = a.dueAt // not stored: due_at is no later, and fit is looked at then
		if a.open+a.won+a.lost > 0 {
			a.dealDue = a.dueAt // likewise
		}
		u.c.accounts.put(a.id, a)
		return nil
	})
}

func encodeRoles(m map[string]millrace.Time) string {
	if len(m) == 0 {
		return ""
	}
	b := []byte{'{'}
	for i, k := range slices.Sorted(maps.Keys(m)) {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendText(b, k), ':')
		b = strconv.AppendInt(b, int64(m[k]), 10)
	}
	return string(append(b, '}'))
}

func decodeRoles(s string) (map[string]millrace.Time, error) {
	out := map[string]millrace.Time{}
	if s == "" {
		return out, nil
	}
	var raw map[string]int64
	if err := json.Unmarshal([]byte(s), &raw); err != nil {
		return nil, &millrace.Error{Code: millrace.Internal, Op: "engine", Message: "stored roles can't be read", Err: err}
	}
	for k, v := range raw {
		out[k] = millrace.Time(v)
	}
	return out, nil
}

// account gives the account with this id to be changed, making it when there is none yet.
func (u *unit) account(id int64) (*account, error) {
	if a, ok := u.accounts[id]; ok {
		return a, nil
	}
	a, ok := u.c.accounts.get(id)
	if !ok {
		if !u.fresh(id) {
			if err := u.loadAccounts([]int64{id}); err != nil {
				return nil, err
			}
			a, ok = u.c.accounts.get(id)
		}
		if !ok {
			a = &account{id: id, isNew: true, loaded: true, empty: true, traits: traits{}, roles: map[string]millrace.Time{}, profileDirty: true, fitDirty: true}
			u.c.accounts.put(id, a)
			u.refoldAccounts[id] = struct{}{}
		}
	}
	u.accounts[id] = a
	delete(u.goneAccounts, id)
	return a, nil
}

func (u *unit) loadAccountProfile(a *account) error { return u.loadAccountProfiles([]*account{a}) }

// loadAccountProfiles reads the traits of accounts that don't have them yet.
func (u *unit) loadAccountProfiles(accounts []*account) error {
	lacking := map[int64]*account{}
	for _, a := range accounts {
		if !a.loaded {
			lacking[a.id] = a
		}
	}
	if err := db.SelectIn(u.ctx, u.q, "/* account.load */ select id, traits from "+u.t.account+" where %s", "id", slices.Sorted(maps.Keys(lacking)), func(rows *sql.Rows) error {
		var id int64
		var text string
		err := rows.Scan(&id, &text)
		a := lacking[id]
		if err != nil || a == nil {
			return err
		}
		delete(lacking, id)
		a.traits, err = decodeTraits(text)
		a.loaded = err == nil
		return err
	}); err != nil {
		return err
	}
	for _, a := range lacking { // without a row
		a.traits, a.loaded = traits{}, true
	}
	return nil
}

// stateAccountTraits takes the traits of one fact into the account's profile.
func (u *unit) stateAccountTraits(a *account, r *eventlog.Row, t map[string]any) error {
	if err := u.loadAccountProfile(a); err != nil {
		return err
	}
	a.profileDirty = true
	if a.traits.merge(t, stampOf(r)) {
		a.fitDirty = true
	}
	return nil
}

// rollUp adds the difference that one scored fact of its person made to the account, or asks for the sum to be made again.
func (u *unit) rollUp(a *account, p *person, before score.Part, scoredBefore millrace.Time) {
	if p.state.LastScored > scoredBefore && p.role != "" {
		a.roles[p.role] = max(a.roles[p.role], p.state.LastScored)
	}
	after := p.part()
	switch {
	case a.empty || after.Epoch > a.epoch || (before.Sum != 0 && (before.Epoch != after.Epoch || after.Sum == 0)): // perhaps nothing counts any more
		u.recombine[a.id] = struct{}{}
	default:
		a.sum += u.rules.Rescale(after.Sum, after.Epoch, a.epoch) - u.rules.Rescale(before.Sum, before.Epoch, a.epoch)
	}
}

// combine sums the account's people again from their rows, which must have been written.
func (u *unit) combine(a *account) error {
	var r rollup
	err := db.Each(u.ctx, u.q, "/* account.people */ select epoch, sum, scored_at, role, last_at, split from "+u.t.contactScore+" where account = $1", func(rows *sql.Rows) error {
		var epoch, sum, scored, lastAt int64
		var role string
		var split int64
		err := rows.Scan(&epoch, &sum, &scored, &role, &lastAt, &split)
		r.person(epoch, sum, millrace.Time(scored), role, millrace.Time(lastAt), split)
		return err
	}, a.id)
	if err != nil {
		return err
	}
	err = db.Each(u.ctx, u.q, "/* account.parts */ select x.epoch, x.sum, x.scored_at, c.role from "+u.t.contactAccount+" x join "+u.t.contactScore+
		" c on c.id = x.contact where x.account = $1", func(rows *sql.Rows) error {
		var epoch, sum, scored int64
		var role string
		err := rows.Scan(&epoch, &sum, &scored, &role)
		r.take(epoch, sum, millrace.Time(scored), role, millrace.Time(scored))
		return err
	}, a.id)
	if err != nil {
		return err
	}
	u.combineOf(a, &r)
	return u.standByDeals(a)
}

// refoldAccount folds the account's own facts again: traits and stage.
func (u *unit) refoldAccount(id int64) error {
	a, err := u.account(id)
	if err != nil {
		return err
	}
	facts, err := u.accountFacts(id)
	if err != nil {
		return err
	}
	a.loaded, a.profileDirty, a.fitDirty = true, true, true
	a.traits = traits{}
	a.enter(standing{})
	u.recombine[id] = struct{}{}
	return u.foldAccount(a, facts)
}

// foldAccount takes an account's own facts in, in order of position.
func (u *unit) foldAccount(a *account, facts []personFact) error {
	for i := range facts {
		r := &facts[i].Row
		switch r.Kind {
		case millrace.KindStage:
			u.enterStage(&a.decided, r)
		case millrace.KindAssigned:
			a.traits.assigned(r)
		case millrace.KindAccount, millrace.KindGroup:
			t, err := identity.AccountTraits(eventlog.Data(r.Body))
			if err != nil {
				continue
			}
			at, err := u.restatedAt(r)
			if err != nil {
				return err
			}
			a.traits.merge(t, at)
		}
	}
	return nil
}

// accountFacts reads the facts that are about the account itself, in order of position.
func (u *unit) accountFacts(id int64) ([]personFact, error) {
	idents, err := u.members(id)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(idents))
	for n, i := range idents {
		ids[n] = i.id
	}
	rows, err := u.factsOf(ids)
	if err != nil {
		return nil, err
	}
	out := make([]personFact, len(rows))
	for n := range rows {
		out[n].Row = rows[n].Row
	}
	return u.onlyAlive(out)
}

// accountMoved follows up an account identifier that means another account now: people and opportunities that stood with the old one
// are looked at again.
func (u *unit) accountMoved(from, to int64) error {
	people, err := db.Collect(u.ctx, u.q, scanID, "/* account.move_people */ select id from "+u.t.contactScore+" where account = $1 union select contact from "+u.t.contactAccount+
		" where account = $2 union select id from "+u.t.contactScore+" where account = $3 and split > 0", from, from, to)
	if err != nil {
		return err
	}
	for _, p := range u.persons {
		if (p.account == from || p.account == to && p.several) && !slices.Contains(people, p.id) {
			people = append(people, p.id)
		}
	}
	for _, id := range people {
		if _, gone := u.gone[id]; !gone {
			u.refoldPersons[id] = struct{}{}
		}
	}
	u.forgetLasts(from)
	u.forgetLasts(to)
	opps, err := db.Collect(u.ctx, u.q, scanID, "/* account.move_opportunities */ select id from "+u.t.opportunity+" where account = $1", from)
	if err != nil {
		return err
	}
	for _, o := range u.opps {
		if o.account == from && !slices.Contains(opps, o.id) {
			opps = append(opps, o.id)
		}
	}
	for _, id := range opps {
		if _, err := u.opportunity(id); err != nil {
			return err
		}
	}
	for _, id := range [...]int64{from, to} {
		if id != 0 {
			u.refoldAccounts[id] = struct{}{}
			u.recombine[id] = struct{}{}
		}
	}
	return nil
}

// exists says whether anything stands behind the account: a fact of its own, a person or an opportunity.
func (u *unit) accountExists(a *account) (bool, error) {
	if a.people > 0 || a.open+a.won+a.lost > 0 {
		return true, nil
	}
	id, err := u.identByID(a.id)
	if err != nil || id == nil || id.entity != a.id {
		return false, err
	}
	if a.loaded && a.traits.stated() {
		return true, nil
	}
	var n int
	found, err := db.One(u.ctx, u.q, []any{&n}, "/* account.parts_any */ select 1 from "+u.t.contactAccount+" where account = $1 limit 1", a.id)
	if err != nil || found {
		return found, err
	}
	facts, err := u.accountFacts(a.id)
	return slices.ContainsFunc(facts, func(f personFact) bool { return f.Kind.External() }), err
}

// stated says whether a fact from outside stated any of the traits; who owns it may have been said here.
func (t traits) stated() bool {
	for name := range t {
		if name != millrace.TraitOwner {
			return true
		}
	}
	return false
}

// displayName is the account's name on screens: its stated name, its domain, or its id in the source.
func (u *unit) displayName(a *account) (name, domain string, err error) {
	idents, err := u.members(a.id)
	if err != nil {
		return "", "", err
	}
	name, domain = accountName(idents, a.traits)
	return name, domain, nil
}

// accountName is what an account of these identifiers and traits is called, and its domain.
func accountName(idents []*ident, t traits) (name, domain string) {
	fallback := ""
	for _, i := range idents {
		switch i.kind() {
		case kindDomain:
			if domain == "" || i.key[2:] < domain {
				domain = i.key[2:]
			}
		case kindName, kindGroup, kindAccount:
			if v := i.key[2:]; fallback == "" || v < fallback {
				fallback = v
			}
		}
	}
	if d := t.text(millrace.TraitDomain); d != "" {
		domain = d
	}
	name = t.text(millrace.TraitName)
	if name == "" {
		name = domain
	}
	if name == "" {
		name = fallback
	}
	return name, domain
}
