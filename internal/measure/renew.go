package measure

import (
	"cmp"
	"database/sql"
	"maps"
	"slices"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/engine"
)

// A model of a large workspace takes seconds to read, and little changes from one to the next. So it is renewed: people whom the facts in between named,
// all who were ever put together with them, and the people of their accounts are read anew, and the touches of all others stay. What hangs on them and is
// read fast is read whole. A renewed model is the one that reading all gives (TestRenewedIsTheSame), but for labels of people whom no fact named, which a
// window's end can change: modelAge bounds their age.

// readWhole are the kinds of facts after which everything is read: they move people whom they don't name, or change what marks mean.
const readWhole = "34, 35, 36, 37, 38, 39, 41, 42"

// renew makes the model out of an earlier one, false where it has to be read whole; half of it may be made then.
func (b *builder) renew(was *Model) (bool, error) {
	m := b.m
	if !was.settled || was.Playbook != m.Playbook || was.Position == 0 || was.Position > m.Position || m.BuiltAt-was.readAt >= modelAge || m.BuiltAt < was.readAt {
		return false, nil
	}
	var whole bool
	if _, err := db.One(b.ctx, b.q, []any{&whole}, "/* model.read_whole */ select exists (select 1 from event where seq > $1 and seq <= $2 and kind in ("+readWhole+"))", was.Position, m.Position); err != nil || whole {
		return false, err
	}
	if err := b.loadUndone(); err != nil {
		return false, err
	}
	if len(b.undone) > 0 { // a file that comes again may bring what was undone, without a fact of its own
		if _, err := db.One(b.ctx, b.q, []any{&whole}, "/* model.brought_again */ select exists (select 1 from event where seq > $1 and seq <= $2 and (import > 0 or kind in (32, 33)))", was.Position, m.Position); err != nil || whole {
			return false, err
		}
	}
	who, moved, err := was.who.Renew(b.ctx, b.q, was.Position, m.Position)
	if err != nil || moved == nil {
		return false, err
	}
	r := renewing{builder: b, was: was, moved: moved, subject: newSet(moved.Subjects), contact: newSet(moved.Contacts)}
	b.who, m.who, m.index = who, who, &b.index
	m.settled, m.readAt, m.whole, m.renewed = true, was.readAt, was.whole, was.renewed+1
	if err := b.steps(r.keep, b.loadOrigins, b.numberChannels, r.renewContacts); err != nil {
		return false, err
	}
	if renewed, err := r.renewTouches(); err != nil || !renewed {
		return false, err
	}
	return true, b.loadRest()
}

// renewing is a model's renewal.
type renewing struct {
	*builder
	was              *Model
	moved            *engine.Moved
	subject, contact set
}

// set is a set of small numbers.
type set []uint64

func newSet(ids []int64) (s set) {
	if len(ids) > 0 {
		s = make(set, slices.Max(ids)>>6+1)
	}
	for _, id := range ids {
		s[id>>6] |= 1 << (id & 63)
	}
	return s
}

func (s set) has(id int64) bool { return id>>6 < int64(len(s)) && s[id>>6]>>(id&63)&1 != 0 }

// keep takes over what doesn't hang on people.
func (r *renewing) keep() error {
	m, was := r.m, r.was
	m.origins, m.places, m.reach = slices.Clone(was.origins), maps.Clone(was.places), maps.Clone(was.reach)
	r.retags.changed = maps.Clone(was.retags.changed)
	if len(was.labels) > 0 {
		r.labels = labels{ids: make(map[string]uint16, len(was.labels)), list: slices.Clip(was.labels)}
	}
	for i, s := range was.labels {
		r.labels.ids[s] = uint16(i)
	}
	return nil
}

// renewContacts reads the contacts of whom the facts tell and the people of their accounts.
func (r *renewing) renewContacts() error {
	now := map[int32]contact{}
	note := func(rows *sql.Rows) error {
		c, err := r.builder.contact(rows)
		now[c.id] = c
		return err
	}
	for column, ids := range map[string][]int64{"id": r.moved.Contacts, "account": slices.DeleteFunc(slices.Clone(r.moved.Accounts), func(id int64) bool { return id == 0 })} {
		if err := db.SelectIn(r.ctx, r.q, contactColumns+r.tables.ContactScore+" where %s", column, ids, note); err != nil {
			return err
		}
	}
	m := r.m
	m.contacts = make([]contact, 0, len(r.was.contacts)+len(now))
	for _, c := range r.was.contacts {
		next, read := now[c.id]
		delete(now, c.id)
		switch {
		case read:
			m.contacts = append(m.contacts, next)
		case !r.contact.has(int64(c.id)): // one who is no more is not read
			m.contacts = append(m.contacts, c)
		}
	}
	if len(now) > 0 {
		m.contacts = slices.AppendSeq(m.contacts, maps.Values(now))
		slices.SortFunc(m.contacts, func(a, b contact) int { return cmp.Compare(a.id, b.id) })
	}
	r.placeContacts()
	return nil
}

// renewTouches reads the marks of whom the facts tell and puts their touches among those of the others; false on a day after the last that was seen, since
// activity is counted back from it.
func (r *renewing) renewTouches() (bool, error) {
	m, was := r.m, r.was
	g := gathering{b: r.builder, known: r.knownBefore(), visits: map[int64]int32{}}
	if err := r.eachBlock(func(k mark) {
		if r.subject.has(k.subject) {
			g.take(k, k.seq <= was.Position)
		}
	}); err != nil {
		return false, err
	}
	a := r.activityBefore()
	if m.activity = r.noteActivity(a, g.all); m.endOfDay(m.activity.last) != a.until {
		return false, nil
	}
	m.visits = mergeVisits(was.visits, g.arrivals())
	fresh := r.sessions(g.all)
	r.countReach(fresh, 1)
	m.touches = make([]touch, 0, len(was.touches)+len(fresh))
	old := r.mergeTouches(byAccount(fresh))
	slices.SortStableFunc(old, func(a, b touch) int { return cmp.Compare(a.contact, b.contact) })
	r.countReach(old, -1)
	maps.DeleteFunc(m.reach, func(_ reachKey, n int32) bool { return n == 0 })
	r.spanAccounts()
	r.makeLeads(g.known)
	return true, r.loadPlaces(fresh)
}

// knownBefore is when those said who they are of whom no fact tells.
func (r *renewing) knownBefore() []millrace.Time {
	known := make([]millrace.Time, len(r.m.contacts))
	for i := range r.was.leads {
		l := &r.was.leads[i]
		if r.contact.has(int64(l.contact)) {
			continue
		}
		if known[r.index[l.contact]-1] = l.at; l.at == 0 {
			known[r.index[l.contact]-1] = undated
		}
	}
	return known
}

// activityBefore is that of those of whom no fact tells.
func (r *renewing) activityBefore() activity {
	was := &r.was.activity
	a := activity{first: was.first, last: was.last, until: was.until, windows: make([]uint64, len(r.m.contacts)), reached: make([]uint64, len(r.m.contacts))}
	for i := range r.was.contacts {
		if id := r.was.contacts[i].id; !r.contact.has(int64(id)) {
			place := r.index[id] - 1
			a.windows[place], a.reached[place] = was.windows[i], was.reached[i]
		}
	}
	a.acts = slices.DeleteFunc(slices.Clone(was.acts), func(x act) bool { return r.contact.has(int64(x.contact)) })
	return a
}

// mergeTouches puts fresh touches, by account, time and contact, among the earlier ones of others, and gives those that it left out.
func (r *renewing) mergeTouches(fresh []touch) (old []touch) {
	m := r.m
	for i := range r.was.touches {
		t := &r.was.touches[i]
		if r.contact.has(int64(t.contact)) {
			old = append(old, *t)
			continue
		}
		for len(fresh) > 0 && (fresh[0].account < t.account || fresh[0].account == t.account && byTimeAndContact(fresh[0], *t) < 0) {
			m.touches, fresh = append(m.touches, fresh[0]), fresh[1:]
		}
		m.touches = append(m.touches, *t)
	}
	m.touches = append(m.touches, fresh...)
	return old
}

// mergeVisits adds up two lists of visits by day and origin.
func mergeVisits(a, b []visit) []visit {
	all := slices.Concat(a, b)
	slices.SortFunc(all, byDayAndOrigin)
	out := all[:0]
	for _, v := range all {
		if n := len(out); n > 0 && byDayAndOrigin(out[n-1], v) == 0 {
			out[n-1].count += v.count
		} else {
			out = append(out, v)
		}
	}
	return out
}
