package engine

import (
	"context"
	"database/sql"
	"slices"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/playbook"
)

// Plan is the exact effect that applying a playbook would have on today's people and accounts.
type Plan struct {
	Version  string            `json:"version"`
	Ruling   string            `json:"ruling"`
	Changes  []playbook.Change `json:"changes"`
	Contacts PlanEffect        `json:"contacts"`
	Accounts PlanEffect        `json:"accounts"`
}

// PlanEffect counts who is in the MQL (for accounts MQA) stage now and would be after, and names who enters and who leaves.
type PlanEffect struct {
	Now       int          `json:"now"`
	After     int          `json:"after"`
	Enter     []PlanChange `json:"enter"`
	Leave     []PlanChange `json:"leave"`
	FitNow    int          `json:"fit_now"`
	FitAfter  int          `json:"fit_after"`
	Evaluated int          `json:"evaluated"`
}

// PlanChange is one person or account that a plan would move, and why.
type PlanChange struct {
	ID     string `json:"id"`
	Name   string `json:"name"`
	Email  string `json:"email,omitempty"`
	Intent string `json:"intent"`
	Grade  string `json:"grade"`
	Reason string `json:"reason"`
	// As it stands under the ruling playbook.
	IntentBefore string `json:"intent_before"`
	GradeBefore  string `json:"grade_before"`
	FitBefore    bool   `json:"fit_before"`
}

// Plan folds everybody under a playbook that does not rule, beside the live figures, and says what applying it would decide. It changes nothing.
func (e *Engine) Plan(ctx context.Context, src []byte) (out Plan, err error) {
	err = e.replayInTurn(ctx, turnPlan, func() error {
		out, err = e.plan(ctx, src)
		return err
	})
	return out, err
}

func (e *Engine) plan(ctx context.Context, src []byte) (Plan, error) {
	const suffix = suffixPlan
	book, rules, err := compile(src)
	if err != nil {
		return Plan{}, err
	}
	now := e.ruling.Load()
	out := Plan{Version: book.Version(), Ruling: now.version, Changes: playbook.Diff(now.book, book)}
	clock := e.clock()
	if _, err := e.Sweep(ctx, clock); err != nil {
		return out, err
	}
	if err := e.db.Write(ctx, func(tx *db.Tx) error { return createDerived(ctx, tx, suffix, "plan") }); err != nil {
		return out, err
	}
	defer e.db.Write(context.WithoutCancel(ctx), func(tx *db.Tx) error { return dropDerived(ctx, tx, suffix) })
	next := &ruling{version: book.Version(), book: book, rules: rules}
	if _, err := e.replayInto(ctx, suffix, next, clock, nil); err != nil {
		return out, err
	}
	u := &unit{e: e, ctx: ctx, q: e.db, c: newCaches(1000), clock: clock, t: tablesWith(suffix), rules: rules, playbookVersion: next.version, dry: true}
	u.init()
	before := &unit{e: e, ctx: ctx, q: e.db, c: newCaches(1000), clock: clock, t: live, rules: now.rules, playbookVersion: now.version, dry: true}
	before.init()
	if err := u.planPeople(&out.Contacts, before); err != nil {
		return out, err
	}
	return out, u.planAccounts(&out.Accounts, before)
}

// eachSlice walks a table by id.
func (u *unit) eachSlice(tableName string, fn func(ids []int64) error) error {
	for after := int64(0); ; {
		ids, err := db.Collect(u.ctx, u.q, scanID, "/* plan.ids */ select id from "+tableName+" where id > $1 order by id limit $2", after, peopleSlice)
		if err != nil || len(ids) == 0 {
			return err
		}
		if err := fn(ids); err != nil {
			return err
		}
		after = ids[len(ids)-1]
		u.c.drop()
		u.init()
	}
}

func (u *unit) planPeople(out *PlanEffect, ruling *unit) error {
	err := u.eachSlice(u.t.contactScore, func(ids []int64) error {
		if err := u.loadPersons(ids); err != nil {
			return err
		}
		changed := map[int64]Decision{}
		for _, id := range ids {
			p, ok := u.c.persons.get(id)
			if !ok {
				continue
			}
			out.Evaluated++
			if p.fit {
				out.FitAfter++
			}
			u.planned = nil
			before := p.stage
			if err := u.decidePerson(p); err != nil {
				return err
			}
			if u.planned != nil && p.stage != before {
				changed[id] = *u.planned
			}
		}
		return u.nameChanges(out, changed, "/* plan.contact_names */ select id, name, email from "+u.t.contact+" where %s", ContactID, ruling.personBefore)
	})
	if err != nil {
		return err
	}
	return u.countNow(out, live.contactScore)
}

func (u *unit) planAccounts(out *PlanEffect, ruling *unit) error {
	err := u.eachSlice(u.t.accountScore, func(ids []int64) error {
		if err := u.loadAccounts(ids); err != nil {
			return err
		}
		changed := map[int64]Decision{}
		for _, id := range ids {
			a, ok := u.c.accounts.get(id)
			if !ok {
				continue
			}
			out.Evaluated++
			if a.fit {
				out.FitAfter++
			}
			u.planned = nil
			before := a.stage
			if err := u.decideAccount(a); err != nil {
				return err
			}
			if u.planned != nil && a.stage != before {
				changed[id] = *u.planned
			}
		}
		return u.nameChanges(out, changed, "/* plan.account_names */ select id, name, '' from "+u.t.account+" where %s", AccountID, ruling.accountBefore)
	})
	if err != nil {
		return err
	}
	return u.countNow(out, live.accountScore)
}

func (u *unit) countNow(out *PlanEffect, tableName string) error {
	_, err := db.One(u.ctx, u.q, []any{&out.Now, &out.FitNow}, "/* plan.now */ select coalesce(sum(case when stage = 1 then 1 else 0 end), 0), coalesce(sum(fit), 0) from "+tableName)
	out.After = out.Now + len(out.Enter) - len(out.Leave)
	return err
}

func (u *unit) nameChanges(out *PlanEffect, changed map[int64]Decision, query string, public func(int64) string, before func(int64, *PlanChange) error) error {
	names := map[int64][2]string{}
	if err := db.SelectIn(u.ctx, u.q, query, "id", sortedKeys(changed), func(rows *sql.Rows) error {
		var id int64
		var name, email string
		err := rows.Scan(&id, &name, &email)
		names[id] = [2]string{name, email}
		return err
	}); err != nil {
		return err
	}
	for _, id := range sortedKeys(changed) {
		d := changed[id]
		c := PlanChange{ID: public(id), Name: names[id][0], Email: names[id][1], Intent: d.Intent, Grade: d.Grade, Reason: d.Reason}
		if err := before(id, &c); err != nil {
			return err
		}
		switch {
		case d.Stage == millrace.StageMQL:
			out.Enter = append(out.Enter, c)
		case d.Previous == millrace.StageMQL:
			out.Leave = append(out.Leave, c)
		}
	}
	byIntent := func(a, b PlanChange) int { return int(parsePoints(b.Intent) - parsePoints(a.Intent)) }
	slices.SortStableFunc(out.Enter, byIntent)
	slices.SortStableFunc(out.Leave, byIntent)
	return nil
}

// personBefore says how a contact stands in the tables of the unit; one that is not there has no points.
func (u *unit) personBefore(id int64, c *PlanChange) error {
	err := u.loadPersons([]int64{id})
	c.IntentBefore = Points(0)
	if p, ok := u.c.persons.get(id); ok {
		c.IntentBefore, c.GradeBefore, c.FitBefore = Points(u.rules.Milli(p.state.Epoch, p.state.Sum, u.clock)), p.grade, p.fit
	}
	return err
}

// accountBefore is personBefore of an account.
func (u *unit) accountBefore(id int64, c *PlanChange) error {
	err := u.loadAccounts([]int64{id})
	c.IntentBefore = Points(0)
	if a, ok := u.c.accounts.get(id); ok {
		c.IntentBefore, c.GradeBefore, c.FitBefore = Points(u.rules.Milli(a.epoch, a.sum, u.clock)), a.grade, a.fit
	}
	return err
}
