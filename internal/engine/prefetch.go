package engine

import (
	"maps"
	"slices"

	"millrace"
	"millrace/internal/eventlog"
)

// prefetch looks the identifiers of all facts up together.
func (u *unit) prefetch(fresh []*incoming) error {
	missing := map[string]struct{}{}
	for _, in := range fresh {
		in.refs.keys(func(k string) {
			if _, ok := u.c.idents.get(k); ok {
				return
			}
			if _, known := u.absent[k]; !known {
				missing[k] = struct{}{}
			}
		})
	}
	if len(missing) == 0 {
		return nil
	}
	return u.loadIdents(slices.Sorted(maps.Keys(missing)))
}

// prefetchState loads the people, accounts, visitors and records that the rows are about, together: a query for each would take longer than
// everything else that a fact asks for.
func (u *unit) prefetchState(fresh []*incoming, rows []eventlog.Row) error {
	var people, visitors []int64
	for i := range rows {
		subject, _ := u.c.byID.get(rows[i].Subject)
		if subject == nil {
			continue
		}
		anon := rows[i].Anon
		if personKind(subject.kind()) {
			people = append(people, subject.entity)
		} else if subject.kind() == kindAnonymous {
			anon = subject.id
		}
		if anon != 0 {
			visitors = append(visitors, anon)
		}
	}
	if err := u.loadState(people, visitors); err != nil {
		return err
	}
	if err := u.prefetchProfiles(fresh); err != nil {
		return err
	}
	if err := u.prefetchLasts(rows); err != nil {
		return err
	}
	return u.loadRecords(rows)
}

// states says whether a fact states traits of a person or binds them to an account, so that taking it in asks for their profile.
func (in *incoming) states() bool {
	k, r := in.event.Kind, &in.refs
	return k == millrace.KindIdentify || k == millrace.KindContact || r.explicit != "" || r.domain != "" || r.name != "" || r.email != ""
}

// prefetchProfiles loads the profiles of people of whom the facts state something.
func (u *unit) prefetchProfiles(fresh []*incoming) error {
	var people []*person
	for _, in := range fresh {
		if !in.states() {
			continue
		}
		if i, ok := u.c.idents.get(in.refs.subject); ok {
			if p, ok := u.c.persons.get(i.entity); ok && !p.loaded {
				people = append(people, p)
			}
		}
	}
	if err := u.loadProfiles(people); err != nil {
		return err
	}
	for _, p := range people {
		u.c.profiled.put(p.id, p)
	}
	return nil
}

// prefetchLasts gathers what the accounts last did whose people did what fit asks for.
func (u *unit) prefetchLasts(rows []eventlog.Row) error {
	if len(u.rules.FitBehaviors()) == 0 {
		return nil
	}
	var accounts []*account
	for i := range rows {
		subject, _ := u.c.byID.get(rows[i].Subject)
		if subject == nil {
			continue
		}
		behavior, err := u.matchOf(&rows[i])
		if err != nil {
			return err
		}
		if behavior < 0 || !u.rules.FitDependsOn(behavior) {
			continue
		}
		if p, ok := u.c.persons.get(subject.entity); ok && p.account != 0 {
			if a, ok := u.c.accounts.get(p.account); ok && a.lasts == nil {
				accounts = append(accounts, a)
			}
		}
	}
	return u.gatherLasts(accounts)
}

// loadState brings people and visitors into the caches, with the people who held those visitors, and the accounts of them all.
func (u *unit) loadState(people, visitors []int64) error {
	owners, err := u.prefetchVisitors(visitors)
	if err != nil {
		return err
	}
	people = append(people, owners...)
	if err := u.loadPersons(absent(u, u.c.persons, slices.Clone(people))); err != nil {
		return err
	}
	if err := u.prefetchSeveral(people); err != nil {
		return err
	}
	var accounts []int64
	for _, id := range people {
		if p, ok := u.c.persons.get(id); ok && p.account != 0 {
			accounts = append(accounts, p.account)
		}
	}
	return u.loadAccounts(absent(u, u.c.accounts, accounts))
}

// prefetchVisitors loads visitors, those that nobody was identified on included, and gives the people who ever held them.
func (u *unit) prefetchVisitors(ids []int64) (people []int64, err error) {
	missing := absent(u, u.c.visitors, slices.Clone(ids))
	if err := u.loadVisitors(missing); err != nil {
		return nil, err
	}
	for _, id := range missing {
		if _, ok := u.c.visitors.get(id); !ok {
			u.c.visitors.put(id, &visitor{id: id})
		}
	}
	var holders []int64
	for _, id := range ids {
		if v, ok := u.c.visitors.get(id); ok {
			for _, h := range v.runs {
				holders = append(holders, h.to)
			}
		}
	}
	if err := u.loadIdentsByID(absent(u, u.c.byID, slices.Clone(holders))); err != nil {
		return nil, err
	}
	for _, id := range holders {
		if i, ok := u.c.byID.get(id); ok {
			people = append(people, i.entity)
		}
	}
	return people, nil
}

// prefetchSeveral loads what decides for which account a fact counts of those people who held several.
func (u *unit) prefetchSeveral(people []int64) error {
	var several []*person
	for _, id := range people {
		if p, ok := u.c.persons.get(id); ok && p.several && !p.loaded {
			several = append(several, p)
		}
	}
	if err := u.loadProfiles(several); err != nil {
		return err
	}
	var accounts []int64
	for _, p := range several {
		p.bindings.each(func(id int64) { accounts = append(accounts, id) })
		u.c.profiled.put(p.id, p)
	}
	return u.loadIdentsByID(absent(u, u.c.byID, accounts))
}

// absent are the ids that are neither cached nor new in this unit, in order.
func absent[V any](u *unit, g *generations[int64, V], ids []int64) []int64 {
	slices.Sort(ids)
	ids = slices.Compact(ids)
	out := ids[:0]
	for _, id := range ids {
		if _, ok := g.get(id); !ok && !u.fresh(id) {
			out = append(out, id)
		}
	}
	return out
}
