package measure

import (
	"cmp"
	"database/sql"
	"maps"
	"math"
	"slices"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/engine"
)

// A model of a large workspace takes seconds to read, and little changes from one to the next. So it is renewed: people whom the facts in between named,
// all who were ever put together with them, and the people of their accounts are read anew, and the touches of all others stay. What hangs on them and is
// read fast is read whole. A renewed model is the one that reading all gives (TestRenewedIsTheSame), but for labels of people whom no fact named, which a
// window's end can change: each renewal reads some of them anew, so that none is older than labelAge.

// readWhole are the kinds of facts after which everything is read: they take away what was counted, or change what marks mean. A correction of tags (42)
// changes no more than what origins are called, unless one becomes a touch that it wasn't, or none, or outbound: TestRenewsWhatItCan.
const readWhole = "34, 38, 39, 41"

// labelAge is in how long the labels of all people are read anew.
const labelAge = 10 * millrace.Minute

// mostLabels is of how many people one renewal reads labels anew at most: after a standstill, figures don't wait for those of all.
const mostLabels = 50_000

// renew makes the model out of an earlier one, false where it has to be read whole; half of it may be made then.
func (b *builder) renew(was *Model) (bool, error) {
	m := b.m
	if !was.settled || was.Playbook != m.Playbook || was.Position == 0 || was.Position > m.Position || m.BuiltAt < was.BuiltAt {
		return false, nil
	}
	var whole, retagged bool
	if _, err := db.One(b.ctx, b.q, []any{&whole, &retagged}, "/* model.read_whole */ select exists (select 1 from event where seq > $1 and seq <= $2 and kind in ("+readWhole+
		")), exists (select 1 from event where seq > $3 and seq <= $4 and kind = 42)", was.Position, m.Position, was.Position, m.Position); err != nil || whole {
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
	r := renewing{builder: b, was: was, moved: moved, retagged: retagged, subject: newSet(moved.Subjects), contact: newSet(moved.Contacts)}
	b.who, m.who, m.index = who, who, &b.index
	m.settled, m.whole, m.renewed = true, was.whole, was.renewed+1
	if err := b.steps(r.keep, b.loadOrigins, r.compareOrigins, b.numberChannels, r.renewContacts); err != nil {
		return false, err
	}
	if r.odd {
		return false, nil
	}
	if renewed, err := r.renewTouches(); err != nil || !renewed {
		return false, err
	}
	return true, b.steps(b.loadReports, r.renewDeals, r.renewMoves, b.number, b.loadFirms, b.loadFits, b.loadStages, b.finish)
}

// renewing is a model's renewal.
type renewing struct {
	*builder
	was              *Model
	moved            *engine.Moved
	retagged         bool // corrections of tags were made or taken back: origins are read anew
	subject, contact set
	read             []contact // anew, by id
	people, leads    []cut     // of contacts, and of leads
	odd              bool      // something changed that a renewal doesn't take in
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
	m.places, m.reach = maps.Clone(was.places), map[reachKey]int32{}
	if !r.retagged {
		m.origins, m.reach, r.retags.changed = slices.Clone(was.origins), maps.Clone(was.reach), maps.Clone(was.retags.changed)
	}
	if len(was.labels) > 0 {
		r.labels = labels{ids: make(map[string]uint16, len(was.labels)), list: slices.Clip(was.labels)}
	}
	for i, s := range was.labels {
		r.labels.ids[s] = uint16(i)
	}
	return nil
}

// compareOrigins looks whether corrections of tags changed more than names: which marks are touches, which touch brought somebody, and whom outbound reached
// hangs on the rest.
func (r *renewing) compareOrigins() error {
	if r.retagged {
		for i := range r.was.origins {
			was, now := &r.was.origins[i], &r.m.origins[i]
			r.odd = r.odd || was.Internal != now.Internal || was.outbound != now.outbound || (was.Source == "(direct)") != (now.Source == "(direct)")
		}
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
	if err := r.readLabels(now); err != nil {
		return err
	}
	r.read = slices.SortedFunc(maps.Values(now), func(a, b contact) int { return cmp.Compare(a.id, b.id) })
	var out []int32
	for _, id := range r.moved.Contacts { // one who is no more is not read
		if place := r.placeBefore(id); place >= 0 {
			out = append(out, place)
		}
	}
	for i := range r.read {
		if place := r.placeBefore(int64(r.read[i].id)); place >= 0 && !r.contact.has(int64(r.read[i].id)) {
			out = append(out, place)
		}
	}
	slices.Sort(out)
	r.people = cuts(r.was.contacts, out, r.read, func(a, b *contact) int { return cmp.Compare(a.id, b.id) })
	r.m.contacts = splice(r.was.contacts, r.people, r.read)
	r.placeContacts(out)
	return nil
}

// readLabels adds those whose labels are others now, of as many people as the time since the model before stands for, if they are not too many. Where anything else of one is another
// without a fact that says so, all is to be read.
func (r *renewing) readLabels(now map[int32]contact) error {
	was := r.was.contacts
	passed := r.was.part + millrace.Time(len(was))*min(r.m.BuiltAt-r.was.BuiltAt, labelAge)
	due := min(len(was), r.was.unread+int(passed/labelAge))
	left := min(due, r.most)
	r.m.unread, r.m.part, r.m.labelled = due-left, passed%labelAge, r.was.labelled
	from, _ := slices.BinarySearchFunc(was, r.was.labelled+1, func(c contact, id int32) int { return cmp.Compare(c.id, id) })
	for to := 0; left > 0; from = to {
		if from == len(was) {
			from = 0
		}
		to = min(len(was), from+left)
		r.m.labelled, left = was[to-1].id, left-(to-from)
		stand, below := to-from, int64(math.MaxInt64)
		if to < len(was) {
			below = int64(was[to].id)
		}
		for i := range was[from:to] {
			if r.contact.has(int64(was[from+i].id)) {
				stand--
			}
		}
		if err := r.each(contactColumns+r.tables.ContactScore+" where id >= $1 and id < $2", func(rows *sql.Rows) error {
			c, err := r.builder.contact(rows)
			if err != nil || r.contact.has(int64(c.id)) {
				return err
			}
			place := r.placeBefore(int64(c.id))
			if stand--; place < 0 || c.account != was[place].account {
				r.odd = true
			} else if c != was[place] {
				now[c.id] = c
			}
			return nil
		}, int64(was[from].id), below); err != nil {
			return err
		}
		r.odd = r.odd || stand != 0
	}
	return nil
}

// placeBefore is where a contact stood in the model before, -1 for none.
func (r *renewing) placeBefore(id int64) int32 {
	if index := *r.was.index; id >= 0 && id < int64(len(index)) {
		return index[id] - 1
	}
	return -1
}

// placeContacts notes where each contact stands, and its role, as it was up to the first change; out are the places that were left out.
func (r *renewing) placeContacts(out []int32) {
	m, top := r.m, int32(-1)
	if n := len(m.contacts); n > 0 {
		top = m.contacts[n-1].id
	}
	r.index, m.roles = make([]int32, top+1), make([]uint16, top+1)
	copy(r.index, *r.was.index)
	copy(m.roles, r.was.roles)
	for _, place := range out {
		if id := r.was.contacts[place].id; id <= top {
			r.index[id], m.roles[id] = 0, 0
		}
	}
	from := len(m.contacts)
	if len(r.people) > 0 {
		from = int(r.people[0].at)
	}
	for i := from; i < len(m.contacts); i++ {
		c := &m.contacts[i]
		r.index[c.id], m.roles[c.id] = int32(i+1), c.role
	}
}

// renewTouches reads the marks of whom the facts tell and puts their touches among those of the others; false where all has to be read.
func (r *renewing) renewTouches() (bool, error) {
	m, was := r.m, r.was
	g := gathering{b: r.builder, known: make([]millrace.Time, len(m.contacts)), visits: map[int64]int32{}}
	if err := r.readMarks(&g); err != nil {
		return false, err
	}
	if !r.renewActivity(g.all) {
		return false, nil
	}
	m.visits = mergeVisits(was.visits, g.arrivals())
	fresh := r.sessions(g.all)
	if !r.retagged {
		r.countReach(fresh, 1)
	}
	places := r.mergeTouches(byAccount(fresh))
	if r.retagged { // the channels have other codes
		r.countReach(countingSort(m.touches, func(t *touch) int32 { return t.contact }), 1)
	}
	maps.DeleteFunc(m.reach, func(_ reachKey, n int32) bool { return n == 0 })
	r.spanAccounts()
	r.renewLeads(g.known, places)
	return true, r.loadPlaces(fresh)
}

// readMarks gathers the marks of whom the facts tell: from the blocks that had some of theirs, and from the last one on.
func (r *renewing) readMarks(g *gathering) error {
	was := r.was.blocks
	last, ids := int64(0), []int64{}
	for i := range was[:max(len(was)-1, 0)] {
		if slices.ContainsFunc(was[i].subjects, func(id int32) bool { return r.subject.has(int64(id)) }) {
			ids = append(ids, was[i].id)
		}
	}
	if len(was) > 0 {
		last, was = was[len(was)-1].id, was[:len(was)-1]
	}
	take := func(k mark) {
		if r.subject.has(k.subject) {
			g.take(k, k.seq <= r.was.Position)
		}
	}
	if err := db.SelectIn(r.ctx, r.q, "/* model.some_blocks */ select id, count, data from touch_block where %s order by id", "id", ids, func(rows *sql.Rows) error {
		_, err := readBlock(rows, take)
		return err
	}); err != nil {
		return err
	}
	r.m.blocks = slices.Clone(was)
	return r.each("/* model.new_blocks */ select id, count, data from touch_block where id >= $1 order by id", func(rows *sql.Rows) error {
		k, err := readBlock(rows, take)
		r.m.blocks = append(r.m.blocks, k)
		return err
	}, last)
}

// renewActivity puts the days of whom the facts tell among those of the others, and counts windows back from a new day where there is one. It says false where
// that begins at another hour, as the clocks were changed, and where what was done first or last is nobody's any more.
func (r *renewing) renewActivity(all []touch) bool {
	was, a := &r.was.activity, &r.m.activity
	*a = activity{anchor: was.anchor}
	a.acts = slices.DeleteFunc(slices.Clone(was.acts), func(x act) bool { return r.contact.has(int64(x.contact)) })
	r.noteActs(all)
	if r.contact.has(int64(was.firstBy)) && (a.first == 0 || a.first > was.first) || r.contact.has(int64(was.lastBy)) && a.last < was.last {
		return false
	}
	if was.first != 0 && (a.first == 0 || was.first < a.first) {
		a.first, a.firstBy = was.first, was.firstBy
	}
	if was.last > a.last {
		a.last, a.lastBy = was.last, was.lastBy
	}
	a.until = r.m.endOfDay(a.last)
	if ahead := a.until - a.anchor; ahead%millrace.Day != 0 || ahead < 0 || ahead >= daysAhead*millrace.Day {
		return false
	}
	fresh := map[int32][]uint16{}
	r.eachDay(all, func(place int32, day uint16) { fresh[place] = append(fresh[place], day) })
	lists := make([][]uint16, len(r.read))
	for i := range r.read {
		if id := int64(r.read[i].id); r.contact.has(id) {
			lists[i] = fresh[r.index[id]-1]
			slices.Sort(lists[i])
			lists[i] = slices.Compact(lists[i])
		} else {
			place := r.placeBefore(id)
			lists[i] = was.days[was.from[place]:was.from[place+1]]
		}
	}
	a.splice(was, r.people, lists)
	if a.until != was.until {
		a.countWindows()
		return true
	}
	windows, reached := make([]uint64, len(lists)), make([]uint64, len(lists))
	for i := range lists {
		windows[i], reached[i] = a.windowsOf(lists[i])
	}
	a.windows, a.reached = splice(was.windows, r.people, windows), splice(was.reached, r.people, reached)
	a.countOutbound()
	return true
}

// splice takes over the days of earlier people, with changes.
func (a *activity) splice(was *activity, changes []cut, fresh [][]uint16) {
	size := len(was.days)
	for _, list := range fresh {
		size += len(list)
	}
	a.days, a.from = make([]uint16, 0, size), make([]int32, 0, len(was.from)+len(fresh))
	from := int32(0)
	keep := func(to int32) {
		by := int32(len(a.days)) - was.from[from]
		for _, at := range was.from[from:to] {
			a.from = append(a.from, at+by)
		}
		a.days = append(a.days, was.days[was.from[from]:was.from[to]]...)
	}
	for _, c := range changes {
		keep(c.at)
		for _, list := range fresh[:c.put] {
			a.from, a.days = append(a.from, int32(len(a.days))), append(a.days, list...)
		}
		fresh, from = fresh[c.put:], c.at+c.skip
	}
	keep(int32(len(was.from) - 1))
	a.from = append(a.from, int32(len(a.days)))
}

// mergeTouches puts fresh touches, by account, time and contact, among the earlier ones of others, and tells where all stand.
func (r *renewing) mergeTouches(fresh []touch) *shifts {
	was := r.was.touches
	var out []int32
	var old []touch
	for i := range was {
		if r.contact.has(int64(was[i].contact)) {
			out, old = append(out, int32(i)), append(old, was[i])
		}
	}
	slices.SortStableFunc(old, func(a, b touch) int { return cmp.Compare(a.contact, b.contact) })
	if !r.retagged {
		r.countReach(old, -1)
	}
	changes := cuts(was, out, fresh, byAccountTimeAndContact)
	r.m.touches = splice(was, changes, fresh)
	return newShifts(len(was), changes)
}

func byAccountTimeAndContact(a, b *touch) int {
	return cmp.Or(cmp.Compare(a.account, b.account), cmp.Compare(a.at, b.at), cmp.Compare(a.contact, b.contact))
}

// renewLeads makes the leads of whom the facts tell anew; the others' touches stand elsewhere now.
func (r *renewing) renewLeads(known []millrace.Time, places *shifts) {
	m, was := r.m, r.was.leads
	var out []int32
	for i := range was {
		if r.contact.has(int64(was[i].contact)) {
			out = append(out, int32(i))
		}
	}
	var fresh []lead
	place := map[int32]int{}
	for i := range r.read {
		id := r.read[i].id
		if who := r.index[id] - 1; known[who] != 0 {
			place[id] = len(fresh)
			fresh = append(fresh, r.newLead(who, known[who]))
		}
	}
	places.fresh(func(i int32) {
		if n, ok := place[m.touches[i].contact]; ok {
			fresh[n].meet(m, i)
		}
	})
	for i := range fresh {
		fresh[i].settle(m)
	}
	r.leads = cuts(was, out, fresh, func(a, b *lead) int { return cmp.Compare(a.contact, b.contact) })
	m.leads = splice(was, r.leads, fresh)
	for i := range m.leads {
		if l := &m.leads[i]; !r.contact.has(int64(l.contact)) {
			l.who, l.first, l.created = r.index[l.contact]-1, places.to(l.first), places.to(l.created)
		}
	}
}

// mergeVisits adds up two lists of visits by day and origin.
func mergeVisits(was, more []visit) []visit {
	list := slices.Clone(was)
	more = slices.DeleteFunc(more, func(v visit) bool {
		i, there := slices.BinarySearchFunc(list, v, byDayAndOrigin)
		if there {
			list[i].count += v.count
		}
		return there
	})
	changes := cuts(list, nil, more, func(a, b *visit) int { return byDayAndOrigin(*a, *b) })
	return splice(list, changes, more)
}
