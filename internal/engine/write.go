package engine

import (
	"maps"
	"slices"
	"strings"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/eventlog"
)

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
	var profiles, restated, scores, hot, due, seen, parts []any
	for _, p := range sortedByID(u.persons) {
		if p.profileDirty {
			if now := listingOf(p.traits); p.isNew || p.listed == nil || *p.listed != *now {
				profiles, p.listed = append(profiles, u.contactRow(p)...), now
			} else {
				restated = append(restated, p.id, p.traits.encode(), p.bindings.encode())
			}
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
	if err := u.tx.UpdateMany(u.ctx, u.t.contact+".restate", u.t.contact, onlyProfile, restated); err != nil {
		return err
	}
	if _, err := u.tx.InsertMany(u.ctx, "/* contact_score.write */ insert into "+u.t.contactScore+" ("+contactScoreColumns+")", 24, upsert(contactScoreColumns), scores); err != nil {
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
	onlyDue = []db.Column{{Name: "id", Type: "#bigint#"}, {Name: "due_at", Type: "#bigint#"}}
	// onlyProfile is what a fact changes that states of a person what was known, as most of an SDK's identify calls do.
	onlyProfile = []db.Column{{Name: "id", Type: "#bigint#"}, {Name: "traits", Type: "#text#"}, {Name: "bindings", Type: "#text#"}}
	onlySeen    = []db.Column{{Name: "id", Type: "#bigint#"}, {Name: "last_at", Type: "#bigint#"}}
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
		boolInt(p.named), int64(p.decided.stage), int64(p.decided.stageAt), int64(p.decided.cooledAt), p.state.AppendBinary(nil)}
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
			int64(a.stage), int64(a.stageAt), a.stageSeq, int64(a.cooledAt), int64(a.lastAt), int64(a.dueAt), a.open, a.won, a.lost,
			int64(a.decided.stage), int64(a.decided.stageAt), int64(a.decided.cooledAt))
		a.isNew = false
	}
	if _, err := u.tx.InsertMany(u.ctx, "/* account.write */ insert into "+u.t.account+" ("+accountColumns+")", 11, upsert(accountColumns), profiles); err != nil {
		return err
	}
	if err := u.heatUp(u.t.accountScore, hotAccount, hot, due, seen); err != nil {
		return err
	}
	_, err := u.tx.InsertMany(u.ctx, "/* account_score.write */ insert into "+u.t.accountScore+" ("+accountScoreColumns+")", 23, upsert(accountScoreColumns), scores)
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
