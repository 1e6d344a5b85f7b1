package engine

import (
	"cmp"
	"context"
	"database/sql"
	"maps"
	"slices"
	"strconv"
	"strings"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/score"
)

// rollup is what an account's people come to, by their rows.
type rollup struct {
	people int
	lastAt millrace.Time
	parts  []score.Part
	roles  map[string]millrace.Time
}

// person adds a person whose account it is.
func (r *rollup) person(epoch, sum int64, scored millrace.Time, role string, lastAt millrace.Time, split int64) {
	if r.people++; split == splitParts {
		r.lastAt = max(r.lastAt, lastAt)
		return
	}
	r.take(epoch, sum, scored, role, lastAt)
}

// take adds what one person, or the part of one who counts for several accounts, did.
func (r *rollup) take(epoch, sum int64, scored millrace.Time, role string, lastAt millrace.Time) {
	r.lastAt = max(r.lastAt, lastAt)
	if scored != 0 || sum != 0 {
		r.parts = append(r.parts, score.Part{Epoch: epoch, Sum: sum})
	}
	if role != "" && scored != 0 {
		if r.roles == nil {
			r.roles = map[string]millrace.Time{}
		}
		r.roles[role] = max(r.roles[role], scored)
	}
}

// combineOf has the account be what its people come to.
func (u *unit) combineOf(a *account, r *rollup) {
	a.people, a.lastAt, a.roles = r.people, r.lastAt, r.roles
	if a.roles == nil {
		a.roles = map[string]millrace.Time{}
	}
	a.empty = len(r.parts) == 0
	a.epoch, a.sum = u.rules.Combine(r.parts)
}

// ledger is what a replay knows of all accounts when they are finished.
type ledger struct {
	sums  map[int64]*rollup
	dealt map[int64]struct{} // those with deals
	kin   []member           // account identifiers that mean another, by that and by id
}

type member struct{ entity, id int32 }

func (l *ledger) of(account int64) *rollup {
	r := l.sums[account]
	if r == nil {
		r = &rollup{}
		l.sums[account] = r
	}
	return r
}

// members are the identifiers that mean the account, but for the one that it goes by.
func (l *ledger) members(account int64) (ids []int64) {
	i, _ := slices.BinarySearchFunc(l.kin, member{int32(account), 0}, compareMembers)
	for ; i < len(l.kin) && int64(l.kin[i].entity) == account; i++ {
		ids = append(ids, int64(l.kin[i].id))
	}
	return ids
}

func compareMembers(a, b member) int {
	return cmp.Or(cmp.Compare(a.entity, b.entity), cmp.Compare(a.id, b.id))
}

// readLedger sums the people's rows, in one pass over the tables: asked for account by account they would be read all over the place.
func (p *replay) readLedger() (*ledger, error) {
	l := &ledger{sums: map[int64]*rollup{}, dealt: map[int64]struct{}{}}
	if err := db.Each(p.ctx, p.e.db, "/* replay.account_people */ select account, epoch, sum, scored_at, role, last_at, split from "+p.t.contactScore+
		" where account <> 0", func(rows *sql.Rows) error {
		var account, epoch, sum, split int64
		var scored, lastAt millrace.Time
		var role string
		err := rows.Scan(&account, &epoch, &sum, (*int64)(&scored), &role, (*int64)(&lastAt), &split)
		l.of(account).person(epoch, sum, scored, role, lastAt, split)
		return err
	}); err != nil {
		return nil, err
	}
	if err := db.Each(p.ctx, p.e.db, "/* replay.account_parts */ select x.account, x.epoch, x.sum, x.scored_at, c.role from "+p.t.contactAccount+
		" x join "+p.t.contactScore+" c on c.id = x.contact where x.account <> 0", func(rows *sql.Rows) error {
		var account, epoch, sum int64
		var scored millrace.Time
		var role string
		err := rows.Scan(&account, &epoch, &sum, (*int64)(&scored), &role)
		l.of(account).take(epoch, sum, scored, role, scored)
		return err
	}); err != nil {
		return nil, err
	}
	ids, err := db.Collect(p.ctx, p.e.db, scanID, "/* replay.account_deals */ select distinct account from "+p.t.opportunity+" where account <> 0")
	for _, id := range ids {
		l.dealt[id] = struct{}{}
	}
	for id := range int64(len(p.parent)) {
		if root := p.root(id); root != 0 && root != id && !personKind(p.letter[id]) {
			l.kin = append(l.kin, member{int32(root), int32(id)})
		}
	}
	slices.SortFunc(l.kin, compareMembers)
	return l, err
}

// accountIDs are those that have facts, people or deals, by id.
func (p *replay) accountIDs(l *ledger) []int64 {
	all := maps.Clone(p.accounts.spilled)
	maps.Copy(all, l.dealt)
	for id := range l.sums {
		all[id] = struct{}{}
	}
	return sortedKeys(all)
}

// finishAccounts sums every account, and writes the rows of some while it works out the next. The indexes of the tables that are whole by now are
// made beside it.
func (p *replay) finishAccounts() error {
	if err := p.accounts.spillAll(); err != nil {
		return err
	}
	return together(p.ctx, p.indexPeople, func(ctx context.Context, give hand) error {
		l, err := p.readLedger()
		if err != nil {
			return err
		}
		ids := p.accountIDs(l)
		done, size := p.written(phaseAccounts, ids), sliceOf(1000, len(ids))
		say := func() error { p.progress(Progress{phaseAccounts, int64(done), int64(len(ids))}); return nil }
		if err := give(say); err != nil {
			return err
		}
		for some := range slices.Chunk(ids[done:], size) {
			if err := ctx.Err(); err != nil {
				return context.Cause(ctx)
			}
			w, err := p.assembleAccounts(l, some)
			if err != nil {
				return err
			}
			if err := give(func() error {
				err := p.writeAccounts(w, some)
				done += len(some)
				return cmp.Or(err, say())
			}); err != nil {
				return err
			}
		}
		return nil
	})
}

// assembleAccounts works out what the rows of some accounts say: the unit it gives has them to write.
func (p *replay) assembleAccounts(l *ledger, ids []int64) (*unit, error) {
	profiles, err := p.accounts.read(ids)
	if err != nil {
		return nil, err
	}
	w := p.writer(nil)
	w.c = newCaches(20 * len(ids))
	w.c.undone, w.siblings = p.u.c.undone, l.members
	idents := slices.Clone(ids)
	for _, id := range ids {
		idents = append(idents, l.members(id)...)
	}
	if err := w.loadIdentsByID(idents); err != nil {
		return nil, err
	}
	for _, id := range ids {
		a := &account{id: id, loaded: true, traits: traits{}, profileDirty: true, isNew: true, lasts: p.lasts[id]}
		if a.lasts == nil {
			a.lasts = map[int]millrace.Time{}
		}
		if f := profiles[id]; f != nil {
			a.traits = f.traits
		}
		a.traits.mergeAll(p.owners[id])
		a.enter(p.stages[id])
		w.accounts[id] = a
		w.c.accounts.put(id, a)
		if err := p.assembleAccount(w, l, a); err != nil {
			return nil, err
		}
	}
	return w, w.decideAccounts() // frozen: due moments alone
}

func (p *replay) assembleAccount(w *unit, l *ledger, a *account) error {
	sums := l.sums[a.id]
	if sums == nil {
		sums = &rollup{}
	}
	w.combineOf(a, sums)
	stand := func() error { return w.standAccount(a, nil, nil) }
	if _, dealt := l.dealt[a.id]; dealt {
		stand = func() error { return w.standByDeals(a) }
	}
	if err := stand(); err != nil {
		return err
	}
	exists, err := w.accountExists(a)
	if err != nil {
		return err
	}
	if !exists {
		w.goneAccounts[a.id] = struct{}{}
		delete(w.accounts, a.id)
		return nil
	}
	w.engage(a)
	return w.fitAccount(a)
}

// writeAccounts writes rows in one short transaction, beside the work on the next ones.
func (p *replay) writeAccounts(w *unit, ids []int64) error {
	return p.write(func(tx *db.Tx) error {
		w.tx, w.q = tx, tx
		if err := w.writeAccounts(); err != nil {
			return err
		}
		return p.wrote(tx, ids[len(ids)-1])
	})
}

// indexPeople makes the indexes of the tables that are whole when people are written.
func (p *replay) indexPeople(ctx context.Context, _ hand) error {
	if p.mark == nil {
		return indexDerived(ctx, p.e.db, p.suffix, strings.TrimPrefix(p.suffix, "_"), func(name string) bool { return slices.Contains(askedIndexes[:], name) })
	}
	return indexDerived(ctx, p.e.db, p.suffix, strconv.Itoa(p.mark.Generation), func(name string) bool { return !ofAccounts(name) })
}
