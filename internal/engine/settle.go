package engine

import (
	"database/sql"
	"iter"
	"maps"
	"slices"
	"strings"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/eventlog"
	"millrace/internal/score"
)

// settle brings a unit to its end: refolds, decisions, derived rows. What it does in which order: identity is settled when the facts were
// folded; then people, whose sums accounts need; then deals; then accounts; then decisions, which are facts themselves.
func (u *unit) settle() error {
	for _, step := range []func() error{
		u.flushIdents, u.flushLinks, u.refoldMarkedPersons, u.refoldMarkedOthers, u.bindOpportunities, u.refoldMarkedAccounts, u.fitPersons,
		u.decidePersons, u.writeResolved, u.writeVisitors, u.writePersons, u.writeOpportunities, u.writeRecords, u.combineAccounts, u.decideAccounts, u.writeAccounts,
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

// accountLast gives when anybody of the account last did a behaviour that some fit criterion asks for, nil when none asks.
func (u *unit) accountLast(a *account) (func(int) millrace.Time, error) {
	asked := u.rules.FitBehaviors()
	if len(asked) == 0 {
		return nil, nil
	}
	if a.lasts == nil {
		if err := u.gatherLasts(a, asked); err != nil {
			return nil, err
		}
	}
	return func(b int) millrace.Time { return a.lasts[b] }, nil
}

// gatherLasts reads the states of the account's people: those changed in this unit as they are now, the others from their rows.
func (u *unit) gatherLasts(a *account, asked []int) error {
	lasts := map[int]millrace.Time{}
	take := func(s score.State) {
		for _, b := range asked {
			if at := s.LastOf(b); at != 0 {
				lasts[b] = max(lasts[b], at)
			}
		}
	}
	for _, id := range u.joined[a.id] {
		if p, ok := u.persons[id]; ok && p.account == a.id {
			take(p.state)
		}
	}
	if !u.fresh(a.id) {
		if _, err := db.Collect(u.ctx, u.q, func(rows *sql.Rows) (struct{}, error) {
			var id int64
			var state []byte
			if err := rows.Scan(&id, &state); err != nil {
				return struct{}{}, err
			}
			if p, touched := u.persons[id]; touched {
				if p.account == a.id {
					take(p.state)
				}
				return struct{}{}, nil
			}
			if _, gone := u.gone[id]; gone {
				return struct{}{}, nil
			}
			s, err := score.DecodeState(state)
			take(s)
			return struct{}{}, err
		}, "/* account.states */ select id, state from "+u.t.contactScore+" where account = $1", a.id); err != nil {
			return err
		}
	}
	a.lasts = lasts
	return nil
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
	within := u.rules.Document().Committee.EngagedWithinDays
	today := u.rules.DayOf(u.clock)
	for _, a := range sortedByID(u.accounts) {
		if a.fitDirty || (a.fitDue != 0 && a.fitDue <= u.clock) {
			if err := u.fitAccount(a); err != nil {
				return err
			}
		}
		a.engaged = 0
		for _, at := range a.roles {
			if u.rules.DayOf(at)+int32(within) >= today {
				a.engaged++
			}
		}
	}
	return nil
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

func (u *unit) writeResolved() error {
	var args []any
	for _, id := range slices.Sorted(maps.Keys(u.resolvedRows)) {
		if u.resolvedRows[id] != id {
			args = append(args, id, u.resolvedRows[id])
			continue
		}
		if _, err := u.tx.Exec(u.ctx, "/* resolved.delete */ delete from "+u.t.resolved+" where id = $1", id); err != nil {
			return err
		}
	}
	_, err := u.tx.InsertMany(u.ctx, "/* resolved.write */ insert into "+u.t.resolved+" (id, entity)", 2, upsert("id, entity"), args)
	return err
}

func (u *unit) writeVisitors() error {
	var args []any
	for _, v := range sortedByID(u.visitors) {
		if !v.dirty {
			continue
		}
		v.dirty = false
		if len(v.runs) == 0 {
			if _, err := u.tx.Exec(u.ctx, "/* visitor.delete */ delete from "+u.t.visitor+" where id = $1", v.id); err != nil {
				return err
			}
			continue
		}
		args = append(args, v.id, v.encode(), v.people)
	}
	_, err := u.tx.InsertMany(u.ctx, "/* visitor.write */ insert into "+u.t.visitor+" (id, runs, people)", 3, upsert("id, runs, people"), args)
	return err
}

func (u *unit) writePersons() error {
	for id := range u.gone {
		for _, t := range [...]string{u.t.contact + " where id", u.t.contactScore + " where id", u.t.contactAccount + " where contact"} {
			if _, err := u.tx.Exec(u.ctx, "/* contact.delete */ delete from "+t+" = $1", id); err != nil {
				return err
			}
		}
	}
	var profiles, scores, hot, due, seen, parts []any
	for _, p := range sortedByID(u.persons) {
		if p.profileDirty {
			profiles = append(profiles, u.contactRow(p)...)
		}
		wasSplit := p.written.split
		if cold := p.cold(); p.isNew || cold != p.written {
			scores = append(scores, u.scoreRow(p)...)
			p.written = cold
		} else {
			if p.stateDirty {
				hot = append(hot, p.id, p.state.Epoch, p.state.Sum, u.rankOf(p.state.Epoch, p.state.Sum), int64(p.lastAt), int64(p.state.LastScored),
					p.state.AppendBinary(nil))
			} else if p.lastAt != p.heat.lastAt {
				seen = append(seen, p.id, int64(p.lastAt))
			}
			if p.dueAt != p.heat.dueAt {
				due = append(due, p.id, int64(p.dueAt))
			}
		}
		p.heat, p.stateDirty = p.warm(), false
		if known := !u.fresh(p.id); p.split || wasSplit || p.isNew && known {
			if known {
				if _, err := u.tx.Exec(u.ctx, "/* contact_account.delete */ delete from "+u.t.contactAccount+" where contact = $1", p.id); err != nil {
					return err
				}
			}
			for _, a := range p.parts {
				parts = append(parts, p.id, a.account, a.epoch, a.sum, int64(a.scoredAt))
			}
		}
		p.isNew, p.profileDirty = false, false
		if p.loaded {
			u.c.profiled.put(p.id, p)
		}
	}
	if _, err := u.tx.InsertMany(u.ctx, "/* contact.write */ insert into "+u.t.contact+" ("+contactColumns+")", 13, upsert(contactColumns), profiles); err != nil {
		return err
	}
	if _, err := u.tx.InsertMany(u.ctx, "/* contact_score.write */ insert into "+u.t.contactScore+" ("+contactScoreColumns+")", 20, upsert(contactScoreColumns), scores); err != nil {
		return err
	}
	if err := u.heatUp(u.t.contactScore, hotPerson, hot, due, seen); err != nil {
		return err
	}
	_, err := u.tx.InsertMany(u.ctx, "/* contact_account.write */ insert into "+u.t.contactAccount+" (contact, account, epoch, sum, scored_at)", 5, "on conflict do nothing", parts)
	return err
}

// hotPerson and hotAccount are the columns that nearly every scored fact changes.
var (
	hotPerson = []db.Column{{Name: "id", Type: "#bigint#"}, {Name: "epoch", Type: "#bigint#"}, {Name: "sum", Type: "#bigint#"}, {Name: "rank", Type: "#real#"},
		{Name: "last_at", Type: "#bigint#"}, {Name: "scored_at", Type: "#bigint#"}, {Name: "state", Type: "#blob#"}}
	hotAccount = []db.Column{{Name: "id", Type: "#bigint#"}, {Name: "epoch", Type: "#bigint#"}, {Name: "sum", Type: "#bigint#"}, {Name: "rank", Type: "#real#"},
		{Name: "roles", Type: "#text#"}, {Name: "last_at", Type: "#bigint#"}}
	onlyDue  = []db.Column{{Name: "id", Type: "#bigint#"}, {Name: "due_at", Type: "#bigint#"}}
	onlySeen = []db.Column{{Name: "id", Type: "#bigint#"}, {Name: "last_at", Type: "#bigint#"}}
)

// heatUp updates score rows by themselves: those that scored, those that are due at another moment, those that were only seen. A statement
// touches an index for every column that it sets, changed or not.
func (u *unit) heatUp(table string, columns []db.Column, hot, due, seen []any) error {
	if err := u.tx.UpdateMany(u.ctx, table+".heat", table, columns, hot); err != nil {
		return err
	}
	if err := u.tx.UpdateMany(u.ctx, table+".due", table, onlyDue, due); err != nil {
		return err
	}
	return u.tx.UpdateMany(u.ctx, table+".seen", table, onlySeen, seen)
}

const contactColumns = "id, email, name, first_name, last_name, title, department, seniority, country, company, owner, traits, bindings"

// personName is a person's name as their traits state it.
func personName(t traits) string {
	if name := t.text(millrace.TraitName); name != "" {
		return name
	}
	return strings.TrimSpace(t.text(millrace.TraitFirstName) + " " + t.text(millrace.TraitLastName))
}

func (u *unit) contactRow(p *person) []any {
	t := p.traits
	portrait := u.portrait(t)
	return []any{p.id, t.text(millrace.TraitEmail), personName(t), t.text(millrace.TraitFirstName), t.text(millrace.TraitLastName), t.text(millrace.TraitTitle),
		portrait.department, portrait.seniority, t.text(millrace.TraitCountry), t.text(millrace.TraitCompany),
		t.text(millrace.TraitOwner), t.encode(), p.bindings.encode()}
}

func (u *unit) scoreRow(p *person) []any {
	return []any{p.id, p.account, p.splitCode(), p.state.Epoch, p.state.Sum, u.rankOf(p.state.Epoch, p.state.Sum), boolInt(p.fit), p.grade, p.icp, p.points,
		p.role, int64(p.stage), int64(p.stageAt), p.stageSeq, int64(p.cooledAt), int64(p.firstAt), int64(p.lastAt), int64(p.state.LastScored), int64(p.dueAt),
		p.state.AppendBinary(nil)}
}

func (u *unit) rankOf(epoch, sum int64) any {
	if rank, ok := u.rules.Rank(epoch, sum); ok {
		return rank
	}
	return nil
}

const accountColumns = "id, name, domain, industry, employees, revenue, country, city, parent, owner, traits"

func (u *unit) writeAccounts() error {
	for id := range u.goneAccounts {
		for _, t := range [...]string{u.t.account, u.t.accountScore} {
			if _, err := u.tx.Exec(u.ctx, "/* account.delete */ delete from "+t+" where id = $1", id); err != nil {
				return err
			}
		}
	}
	var profiles, scores, hot, due, seen []any
	for _, a := range sortedByID(u.accounts) {
		if a.profileDirty {
			if err := u.loadAccountProfile(a); err != nil {
				return err
			}
			name, domain, err := u.displayName(a)
			if err != nil {
				return err
			}
			t := a.traits
			profiles = append(profiles, a.id, name, domain, t.text(millrace.TraitIndustry), int64(t.number(millrace.TraitEmployees)), t.number(millrace.TraitRevenue),
				t.text(millrace.TraitCountry), t.text(millrace.TraitCity), t.text(millrace.TraitParent), t.text(millrace.TraitOwner), t.encode())
			a.profileDirty = false
		}
		cold := a.cold()
		if a.loaded {
			u.c.described.put(a.id, a)
		}
		h, old := a.warm(), a.heat
		a.heat = h
		if !a.isNew && cold == a.written {
			if h.epoch != old.epoch || h.sum != old.sum || h.roles != old.roles {
				hot = append(hot, a.id, a.epoch, a.sum, u.rankOf(a.epoch, a.sum), h.roles, int64(a.lastAt))
			} else if h.lastAt != old.lastAt {
				seen = append(seen, a.id, int64(a.lastAt))
			}
			if h.dueAt != old.dueAt {
				due = append(due, a.id, int64(a.dueAt))
			}
			continue
		}
		a.written = cold
		scores = append(scores, a.id, a.people, a.epoch, a.sum, u.rankOf(a.epoch, a.sum), boolInt(a.fit), a.grade, a.icp, a.points, h.roles, a.engaged,
			int64(a.stage), int64(a.stageAt), a.stageSeq, int64(a.cooledAt), int64(a.lastAt), int64(a.dueAt), a.open, a.won, a.lost)
		a.isNew = false
	}
	if _, err := u.tx.InsertMany(u.ctx, "/* account.write */ insert into "+u.t.account+" ("+accountColumns+")", 11, upsert(accountColumns), profiles); err != nil {
		return err
	}
	if err := u.heatUp(u.t.accountScore, hotAccount, hot, due, seen); err != nil {
		return err
	}
	_, err := u.tx.InsertMany(u.ctx, "/* account_score.write */ insert into "+u.t.accountScore+" ("+accountScoreColumns+")", 20, upsert(accountScoreColumns), scores)
	return err
}

// appendDecisions writes the stage facts that this unit decided. Their effect is in the rows already.
func (u *unit) appendDecisions() error {
	return eventlog.Append(u.ctx, u.tx, u.decisions)
}

func (u *unit) writeWriter() error {
	_, err := u.tx.Exec(u.ctx, "/* writer.write */ update writer set node = $1, seq = $2, next_id = $3 where id = 1", u.e.node, u.seq, u.nextID)
	return err
}

// upsert is the tail that replaces every column but the first.
func upsert(columns string) string {
	var b strings.Builder
	b.WriteString("on conflict (id) do update set ")
	for i, c := range strings.Split(columns, ", ")[1:] {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(c + " = excluded." + c)
	}
	return b.String()
}

// sortedByID gives the values in the order of their ids: locks and pages are taken in one order.
func sortedByID[V any](m map[int64]V) []V {
	out := make([]V, 0, len(m))
	for _, id := range slices.Sorted(maps.Keys(m)) {
		out = append(out, m[id])
	}
	return out
}
