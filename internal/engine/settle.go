package engine

import (
	"database/sql"
	"iter"
	"maps"
	"slices"
	"strings"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/score"
)

// settle brings a unit to its end: refolds, decisions, derived rows. What it does in which order: identity is settled when the facts were
// folded; then deals, which say where people and accounts stand; then people, whose sums accounts need; then accounts; then decisions, which are facts themselves.
func (u *unit) settle() error {
	for _, step := range []func() error{
		u.flushIdents, u.flushLinks, u.refoldMarkedPersons, u.refoldMarkedOthers, u.bindOpportunities, u.writeOpportunities, u.refoldMarkedAccounts, u.fitPersons,
		u.standPersons, u.decidePersons, u.writeResolved, u.writeVisitors, u.writePersons, u.writeRecords, u.combineAccounts, u.decideAccounts, u.writeAccounts, u.forgetAccounts,
		u.appendDecisions, u.writeWriter,
	} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// refoldMarkedAccounts folds marked accounts again before people are fitted, since fit reads the account's traits. A changed account
// asks for its people.
func (u *unit) refoldMarkedAccounts() error {
	for id := range drain(u.refoldAccounts) {
		i, err := u.identByID(id)
		if err != nil {
			return err
		}
		if i == nil || i.entity != id { // it means another account now
			u.goneAccounts[id] = struct{}{}
			delete(u.accounts, id)
			u.c.accounts.delete(id)
			continue
		}
		if err := u.refoldAccount(id); err != nil {
			return err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(u.accounts)) {
		if u.accounts[id].fitDirty {
			u.refit[id] = struct{}{}
		}
	}
	people, err := u.peopleToRefit()
	if err != nil {
		return err
	}
	for _, p := range people {
		p.fitDirty = true
	}
	for _, id := range slices.Sorted(maps.Keys(u.refit)) {
		if a, err := u.account(id); err != nil {
			return err
		} else if _, gone := u.goneAccounts[id]; !gone {
			a.fitDirty = true
		}
	}
	return nil
}

// peopleToRefit loads the people of the accounts that ask for it.
func (u *unit) peopleToRefit() ([]*person, error) {
	var ids []int64
	for _, id := range slices.Sorted(maps.Keys(u.refit)) {
		people, err := db.Collect(u.ctx, u.q, scanID, "/* account.refit */ select id from "+u.t.contactScore+" where account = $1 order by id", id)
		if err != nil {
			return nil, err
		}
		for _, pid := range people {
			if _, gone := u.gone[pid]; !gone {
				ids = append(ids, pid)
			}
		}
	}
	if err := u.loadPersons(absent(u, u.c.persons, slices.Clone(ids))); err != nil {
		return nil, err
	}
	out := make([]*person, 0, len(ids))
	for _, id := range ids {
		p, err := u.person(id)
		if err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// drain takes ids out of the set in order until none is left, those included that are put in meanwhile.
func drain(set map[int64]struct{}) iter.Seq[int64] {
	return func(yield func(int64) bool) {
		for len(set) > 0 {
			for _, id := range sortedKeys(set) {
				delete(set, id)
				if !yield(id) {
					return
				}
			}
		}
	}
}

func (u *unit) refoldMarkedPersons() error {
	for id := range drain(u.refoldPersons) {
		i, err := u.identByID(id)
		if err != nil {
			return err
		}
		if i == nil || i.entity != id || !personKind(i.kind()) {
			if err := u.dissolvePerson(id); err != nil {
				return err
			}
			continue
		}
		if err := u.refoldPerson(id); err != nil {
			return err
		}
	}
	return nil
}

func (u *unit) refoldMarkedOthers() error {
	var records []*ident
	for _, id := range slices.Sorted(maps.Keys(u.refoldOthers)) {
		i, err := u.identByID(id)
		if err != nil {
			return err
		}
		switch {
		case i == nil:
		case i.kind() == kindOpportunity:
			err = u.refoldOpportunity(id)
		default:
			records = append(records, i)
		}
		if err != nil {
			return err
		}
	}
	return u.refoldRecords(records)
}

// fitPersons fits those again whose traits, account or behaviours that fit reads have changed, or whose fit was due.
func (u *unit) fitPersons() error {
	people := slices.DeleteFunc(sortedByID(u.persons), func(p *person) bool { return !p.fitDirty && (p.fitDue == 0 || p.fitDue > u.clock) })
	if err := u.loadProfiles(people); err != nil {
		return err
	}
	if err := u.loadEmployers(people); err != nil {
		return err
	}
	for _, p := range people {
		p.fitDirty = false
		portrait := u.portrait(p.traits)
		in := score.FitInput{Contact: p.traits.with(portrait), ContactLast: p.state.LastOf, Clock: u.clock}
		if p.account != 0 {
			a, err := u.account(p.account)
			if err != nil {
				return err
			}
			if err := u.loadAccountProfile(a); err != nil {
				return err
			}
			in.Account = a.traits.values()
			if in.AccountLast, err = u.accountLast(a); err != nil {
				return err
			}
		}
		f := u.rules.Judge(in)
		p.fit, p.grade, p.icp, p.points, p.fitDue = f.Pass, f.Grade, f.ICP, f.Points, f.Until
		if portrait.role != p.role {
			p.role = portrait.role
			for _, id := range p.accountIDs() { // of somebody who changed companies, former ones too
				if id != 0 {
					u.recombine[id] = struct{}{}
				}
			}
		}
	}
	return nil
}

// loadEmployers loads what fitting people asks of their accounts.
func (u *unit) loadEmployers(people []*person) error {
	var ids []int64
	for _, p := range people {
		if p.account != 0 {
			ids = append(ids, p.account)
		}
	}
	if err := u.loadAccounts(absent(u, u.c.accounts, slices.Clone(ids))); err != nil {
		return err
	}
	var accounts []*account
	for _, id := range ids {
		a, err := u.account(id)
		if err != nil {
			return err
		}
		accounts = append(accounts, a)
	}
	return u.describe(accounts)
}

// describe loads what fitting accounts and their people asks for.
func (u *unit) describe(accounts []*account) error {
	if err := u.loadAccountProfiles(accounts); err != nil {
		return err
	}
	return u.gatherLasts(accounts)
}

// accountLast gives when anybody of the account last did a behaviour that some fit criterion asks for, nil when none asks.
func (u *unit) accountLast(a *account) (func(int) millrace.Time, error) {
	if len(u.rules.FitBehaviors()) == 0 {
		return nil, nil
	}
	if err := u.gatherLasts([]*account{a}); err != nil {
		return nil, err
	}
	return func(b int) millrace.Time { return a.lasts[b] }, nil
}

// gatherLasts reads the states of the people of accounts of which it isn't known what they last did: those changed in this unit as they are now, the
// others from their rows.
func (u *unit) gatherLasts(accounts []*account) error {
	asked := u.rules.FitBehaviors()
	lacking, rows := map[int64]*account{}, []int64{}
	for _, a := range accounts {
		if _, twice := lacking[a.id]; twice || a.lasts != nil || len(asked) == 0 {
			continue
		}
		a.lasts, lacking[a.id] = map[int]millrace.Time{}, a
		for _, id := range u.joined[a.id] {
			if p, ok := u.persons[id]; ok && p.account == a.id {
				a.did(p.state, asked)
			}
		}
		if !u.fresh(a.id) {
			rows = append(rows, a.id)
		}
	}
	slices.Sort(rows)
	err := db.SelectIn(u.ctx, u.q, "/* account.states */ select account, id, state from "+u.t.contactScore+" where %s", "account", rows, func(rows *sql.Rows) error {
		var account, id int64
		var state []byte
		if err := rows.Scan(&account, &id, &state); err != nil {
			return err
		}
		a := lacking[account]
		if p, touched := u.persons[id]; touched {
			if p.account == a.id {
				a.did(p.state, asked)
			}
			return nil
		}
		if _, gone := u.gone[id]; gone {
			return nil
		}
		s, err := score.DecodeState(state)
		a.did(s, asked)
		return err
	})
	if err != nil {
		for _, a := range lacking {
			a.lasts = nil
		}
	}
	return err
}

// did takes in what one of the account's people last did.
func (a *account) did(s score.State, asked []int) {
	for _, b := range asked {
		if at := s.LastOf(b); at != 0 {
			a.lasts[b] = max(a.lasts[b], at)
		}
	}
}

// forgetLasts is for an account of which a person's history changed: what it last did is gathered again, and its people are fitted again.
func (u *unit) forgetLasts(id int64) {
	if id == 0 || len(u.rules.FitBehaviors()) == 0 {
		return
	}
	if a, ok := u.c.accounts.get(id); ok {
		a.lasts = nil
	}
	u.refit[id] = struct{}{}
}

// forgot says whether what an account last did is to be gathered again when its people are fitted: nothing need be known of it before, which would be gathered for each
// of them.
func (u *unit) forgot(a *account) bool {
	_, due := u.refit[a.id]
	return due && a.lasts == nil
}

// didAgain takes in that somebody of the account did a behaviour that fit asks for; its people are fitted again when that makes a
// criterion hold that didn't.
func (u *unit) didAgain(a *account, behavior int, at millrace.Time) error {
	if _, err := u.accountLast(a); err != nil {
		return err
	}
	before := a.lasts[behavior]
	if at <= before && before != 0 {
		return nil
	}
	a.lasts[behavior] = at
	if u.rules.FitTurns(behavior, before, at, u.clock) {
		u.refit[a.id] = struct{}{}
	}
	return nil
}

// combineAccounts sums marked accounts again from the rows just written, and fits those whose traits changed.
func (u *unit) combineAccounts() error {
	for id, a := range u.accounts {
		if a.dealDue != 0 && a.dealDue <= u.clock {
			u.recombine[id] = struct{}{}
		}
	}
	for _, id := range slices.Sorted(maps.Keys(u.recombine)) {
		if _, gone := u.goneAccounts[id]; gone {
			continue
		}
		a, err := u.account(id)
		if err != nil {
			return err
		}
		if err := u.combine(a); err != nil {
			return err
		}
		exists, err := u.accountExists(a)
		if err != nil {
			return err
		}
		if !exists {
			u.goneAccounts[id] = struct{}{}
			delete(u.accounts, id)
			u.c.accounts.delete(id)
		}
	}
	all := sortedByID(u.accounts)
	if err := u.describe(slices.DeleteFunc(slices.Clone(all), func(a *account) bool { return !u.unfit(a) })); err != nil {
		return err
	}
	for _, a := range all {
		if u.unfit(a) {
			if err := u.fitAccount(a); err != nil {
				return err
			}
		}
		u.engage(a)
	}
	return nil
}

// unfit says whether the account must be fitted again.
func (u *unit) unfit(a *account) bool { return a.fitDirty || a.fitDue != 0 && a.fitDue <= u.clock }

// engage counts the roles in which somebody scored lately.
func (u *unit) engage(a *account) {
	within, today := u.rules.Document().Committee.EngagedWithinDays, u.rules.DayOf(u.clock)
	a.engaged = 0
	for _, at := range a.roles {
		if u.rules.DayOf(at)+int32(within) >= today {
			a.engaged++
		}
	}
}

func (u *unit) fitAccount(a *account) error {
	a.fitDirty = false
	if err := u.loadAccountProfile(a); err != nil {
		return err
	}
	last, err := u.accountLast(a)
	if err != nil {
		return err
	}
	f := u.rules.JudgeAccount(score.FitInput{Account: a.traits.values(), AccountLast: last, Clock: u.clock})
	a.fit, a.grade, a.icp, a.points, a.fitDue = f.Pass, f.Grade, f.ICP, f.Points, f.Until
	return nil
}

// personName is a person's name as their traits state it.
func personName(t traits) string {
	if name := t.text(millrace.TraitName); name != "" {
		return name
	}
	return strings.TrimSpace(t.text(millrace.TraitFirstName) + " " + t.text(millrace.TraitLastName))
}

// sortedByID gives the values in the order of their ids: locks and pages are taken in one order.
func sortedByID[V any](m map[int64]V) []V {
	out := make([]V, 0, len(m))
	for _, id := range slices.Sorted(maps.Keys(m)) {
		out = append(out, m[id])
	}
	return out
}
