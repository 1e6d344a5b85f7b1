package engine

import (
	"context"
	"database/sql"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/identity"
)

// Resolver says whose a fact is and for which account it counts, for rooms that follow the log: today's identity over all of the past. It
// is a value of one snapshot and safe for concurrent reads. Memory: some twenty bytes for each identifier of the workspace.
type Resolver struct {
	entity   []int32             // identifier → contact or account, 0 for itself
	holder   []int32             // anonymous identifier → the one person identifier known on it, 0 none
	holders  map[int64]*visitor  // those with several
	account  []int32             // contact → account held now, noAccount, 0 for what is no contact
	bindings map[int64]*bindings // of contacts that held several accounts
	undoing  []int64             // imports whose undo is not folded to its end: who is who may change with no fact
}

// Undoing says whether who is who may change with no fact, as an undone import is still being taken out.
func (r *Resolver) Undoing() bool { return len(r.undoing) > 0 }

// Resolver reads who is who in the snapshot.
func (e *Engine) Resolver(ctx context.Context, q db.Querier) (*Resolver, error) {
	return e.resolver(ctx, q, live)
}

// resolver reads who is who of one generation of tables.
func (e *Engine) resolver(ctx context.Context, q db.Querier, t tables) (*Resolver, error) {
	r := &Resolver{holders: map[int64]*visitor{}, bindings: map[int64]*bindings{}}
	var top int64
	if _, err := db.One(ctx, q, []any{&top}, "/* resolver.top */ select coalesce(max(id), 0) from identifier"); err != nil {
		return nil, err
	}
	r.entity, r.holder, r.account = make([]int32, top+1), make([]int32, top+1), make([]int32, top+1)
	if err := r.loadUndoing(ctx, q); err != nil {
		return nil, err
	}
	for _, load := range []func(context.Context, db.Querier, tables, []int64) error{r.loadEntities, r.loadVisitors, r.loadAccounts} {
		if err := load(ctx, q, t, nil); err != nil {
			return nil, err
		}
	}
	return r, nil
}

// some calls fn with the rows of a table of which some ids are wanted; nil are all.
func some(ctx context.Context, q db.Querier, query, id string, ids []int64, fn func(rows *sql.Rows) error) error {
	if ids == nil {
		return db.Each(ctx, q, query, fn)
	}
	return db.SelectIn(ctx, q, query+" where %s", id, ids, fn)
}

func (r *Resolver) loadUndoing(ctx context.Context, q db.Querier) (err error) {
	r.undoing, err = db.Collect(ctx, q, scanID, "/* import.undoing */ select i.id from import i where "+UnfinishedUndo)
	return err
}

func (r *Resolver) loadEntities(ctx context.Context, q db.Querier, t tables, ids []int64) error {
	return some(ctx, q, "/* resolver.entities */ select id, entity from "+t.resolved, "id", ids, func(rows *sql.Rows) error {
		var id, entity int64
		if err := rows.Scan(&id, &entity); err != nil {
			return err
		}
		if id > 0 && id < int64(len(r.entity)) {
			r.entity[id] = int32(entity)
		}
		return nil
	})
}

func (r *Resolver) loadVisitors(ctx context.Context, q db.Querier, t tables, ids []int64) error {
	return some(ctx, q, "/* resolver.visitors */ select id, runs, people from "+t.visitor, "id", ids, func(rows *sql.Rows) error {
		var id int64
		var people int
		var runs sql.RawBytes
		if err := rows.Scan(&id, &runs, &people); err != nil {
			return err
		}
		if people > identity.MaxPeoplePerVisitor || id <= 0 || id >= int64(len(r.holder)) {
			return nil
		}
		held := decodeHoldings(runs)
		if len(held) == 1 {
			r.holder[id] = int32(held[0].to)
		} else if len(held) > 1 {
			r.holders[id] = &visitor{id: id, runs: held, people: people}
		}
		return nil
	})
}

func (r *Resolver) loadAccounts(ctx context.Context, q db.Querier, t tables, ids []int64) error {
	var split []int64
	if err := some(ctx, q, "/* resolver.accounts */ select id, account, split from "+t.contactScore, "id", ids, func(rows *sql.Rows) error {
		var id, account, several int64
		if err := rows.Scan(&id, &account, &several); err != nil {
			return err
		}
		if id <= 0 || id >= int64(len(r.account)) {
			return nil
		}
		if r.account[id] = int32(account); account == 0 {
			r.account[id] = noAccount
		}
		if several > 0 {
			split = append(split, id)
		}
		return nil
	}); err != nil {
		return err
	}
	return db.SelectIn(ctx, q, "/* resolver.bindings */ select id, bindings from "+t.contact+" where %s", "id", split, func(rows *sql.Rows) error {
		var id int64
		var text string
		if err := rows.Scan(&id, &text); err != nil {
			return err
		}
		b, err := decodeBindings(text)
		r.bindings[id] = &b
		return err
	})
}

// Entity is the contact or account that an identifier means today.
func (r *Resolver) Entity(identifier int64) int64 {
	if identifier <= 0 || identifier >= int64(len(r.entity)) {
		return 0
	}
	if to := r.entity[identifier]; to != 0 {
		return int64(to)
	}
	return identifier
}

// Contact is the contact whose fact of a moment it is, when the fact's subject is that identifier: 0 for nobody known.
func (r *Resolver) Contact(subject int64, at millrace.Time) int64 {
	if subject <= 0 || subject >= int64(len(r.entity)) {
		return 0
	}
	if to := r.holder[subject]; to != 0 {
		return r.Entity(int64(to))
	}
	if v := r.holders[subject]; v != nil {
		return r.Entity(v.at(at))
	}
	if c := r.Entity(subject); r.account[c] != 0 {
		return c
	}
	return 0
}

// noAccount marks a contact that is known and belongs to no account.
const noAccount = -1

// Account is the account for which a contact's fact of a moment counts, 0 for none.
func (r *Resolver) Account(contact int64, at millrace.Time) int64 {
	if contact <= 0 || contact >= int64(len(r.account)) {
		return 0
	}
	if b := r.bindings[contact]; b != nil {
		return r.Entity(b.at(at))
	}
	return max(int64(r.account[contact]), 0)
}

// accountsOf adds the accounts that a contact holds or held.
func (r *Resolver) accountsOf(contact int64, to map[int64]struct{}) {
	if b := r.bindings[contact]; b != nil {
		b.each(func(id int64) { to[r.Entity(id)] = struct{}{} })
	}
	if contact < int64(len(r.account)) && r.account[contact] > 0 {
		to[int64(r.account[contact])] = struct{}{}
	}
}

// peopleOf are the contacts who hold or held one of some accounts.
func (r *Resolver) peopleOf(accounts map[int64]struct{}) map[int64]struct{} {
	out := map[int64]struct{}{}
	for contact, account := range r.account {
		if account <= 0 {
			continue
		}
		if _, theirs := accounts[int64(account)]; theirs {
			out[int64(contact)] = struct{}{}
		}
	}
	for contact, b := range r.bindings {
		b.each(func(id int64) {
			if _, theirs := accounts[r.Entity(id)]; theirs {
				out[contact] = struct{}{}
			}
		})
	}
	return out
}
