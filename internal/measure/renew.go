package measure

import (
	"cmp"
	"database/sql"
	"errors"
	"maps"
	"math"
	"slices"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/engine"
)

// A model of a large workspace takes seconds to read, and little changes from one to the next. So it is renewed: people whom the facts in between named,
// all who were ever put together with them, and the people of their accounts are read anew, and the touches of all others stay. What hangs on them and is
// read fast is read whole. Where an import was undone, somebody was erased, or corrected tags make a touch of what was none, whom that concerns counts as named,
// and visits are counted anew. A renewed model is the one that reading all gives (TestRenewedIsTheSame), but for labels of people whom no fact named, which a
// window's end can change: each renewal reads some of them anew, so that none is older than labelAge.

// labelAge is in how long the labels of all people are read anew.
const labelAge = 10 * millrace.Minute

// mostLabels is of how many people one renewal reads labels anew at most: after a standstill, figures don't wait for those of all.
const mostLabels = 50_000

// renew makes the model out of an earlier one, false where it has to be read whole; half of it may be made then.
func (b *builder) renew(was *Model) (bool, error) {
	m := b.m
	if was.Position == 0 || was.book.Workspace.Timezone != m.book.Workspace.Timezone || was.book.Workspace.Currency != m.book.Workspace.Currency || was.Position > m.Position || m.BuiltAt < was.BuiltAt {
		return false, nil
	}
	r := renewing{builder: b, was: was}
	m.renewed, m.whole, m.index = was.renewed+1, was.whole, &b.index
	err := b.steps(r.readKinds, r.keep, r.compareImports, b.loadOrigins, r.compareOrigins, b.numberChannels, r.recount, r.renewWho, r.renewContacts, r.renewTouches,
		b.loadReports, r.renewDeals, r.renewMoves, b.number, b.loadFirms, b.loadFits, b.loadStages, b.finish)
	if errors.Is(err, errReadWhole) {
		return false, nil
	}
	return err == nil, err
}

// errReadWhole says that a model can't be renewed.
var errReadWhole = errors.New("read whole")

// renewing is a model's renewal.
type renewing struct {
	*builder
	was              *Model
	moved            *engine.Moved
	came             map[millrace.Kind]bool // of the kinds that readKinds reads
	ruled            bool                   // another playbook rules
	imported         bool                   // files may have brought facts again, or bring them no more
	origins          bool                   // all are read anew
	recounts         bool                   // all marks are gone through
	also             engine.Also            // whom facts tell of that count otherwise than before
	meant            map[int32]bool         // origins that mean something else
	subject, contact set
	read             []contact // anew, by id
	people, leads    []cut     // of contacts, and of leads
}

// readKinds reads which facts came that don't tell of somebody alone. After a new version of a fold everything is read.
func (r *renewing) readKinds() error {
	r.came = map[millrace.Kind]bool{}
	if err := r.each("/* model.kinds */ select distinct kind from event where seq > $1 and seq <= $2 and kind in (32, 33, 34, 38, 39, 41, 42)", func(rows *sql.Rows) error {
		var kind millrace.Kind
		err := rows.Scan(&kind)
		r.came[kind] = true
		return err
	}, r.was.Position, r.m.Position); err != nil {
		return err
	}
	if r.came[millrace.KindReference] {
		return errReadWhole
	}
	r.ruled = r.came[millrace.KindPlaybook] || r.was.Playbook != r.m.Playbook
	if r.came[millrace.KindErased] && !r.was.stripped { // by another process
		r.m.earlier = &earlier{}
	}
	r.came[millrace.KindErased] = r.came[millrace.KindErased] || r.was.stripped
	r.imported = r.was.importing || r.m.importing || r.came[millrace.KindImportStarted] || r.came[millrace.KindImportFinished] || r.came[millrace.KindImportUndone]
	r.origins, r.recounts = r.ruled || r.came[millrace.KindRetag] || r.came[millrace.KindErased], r.came[millrace.KindErased]
	return nil
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
	m.places, m.reach = map[int32]string{}, map[reachKey]int32{}
	if !r.came[millrace.KindErased] { // what an erased person did may have been all that has its words
		m.places = maps.Clone(was.places)
	}
	if !r.origins {
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

// compareImports finds which imports don't stand, and the facts of those that others bring again.
func (r *renewing) compareImports() error {
	was := r.was
	if !r.imported {
		r.undone, r.again = was.undone, was.again
		return nil
	}
	if err := r.loadUndone(); err != nil {
		return err
	}
	for seq := range r.again {
		if !was.again[seq] {
			r.also.Facts = append(r.also.Facts, seq)
		}
	}
	r.recounts = r.recounts || len(r.also.Facts) > 0 || !maps.Equal(was.undone, r.undone)
	return nil
}

// compareOrigins finds those that corrections of tags made mean something else, not only be named otherwise: which marks are touches, which touch brought
// somebody, and whom outbound reached hangs on it.
func (r *renewing) compareOrigins() error {
	if !r.origins {
		return nil
	}
	r.meant = map[int32]bool{}
	for i := range min(len(r.was.origins), len(r.m.origins)) {
		was, now := &r.was.origins[i], &r.m.origins[i]
		if was.Internal != now.Internal || was.outbound != now.outbound || was.direct() != now.direct() {
			r.meant[int32(i)] = true
		}
	}
	r.recounts = r.recounts || len(r.meant) > 0
	return nil
}

// recount goes through all marks: it counts the visits, and finds who did what means something else now.
func (r *renewing) recount() error {
	if !r.recounts {
		return nil
	}
	g, met := gathering{b: r.builder, visits: map[int64]int32{}}, map[int64]bool{}
	if err := r.each("/* model.blocks */ select id, count, data from touch_block order by id", func(rows *sql.Rows) error {
		k, err := readBlock(rows, func(k mark) {
			if g.counts(k) && k.origin != knownOrigin {
				g.visit(k)
			}
			if r.meant[int32(k.origin)] {
				met[k.subject] = true
			}
		})
		r.m.blocks = append(r.m.blocks, k)
		return err
	}); err != nil {
		return err
	}
	r.m.visits, r.also.Subjects = g.arrivals(), slices.Collect(maps.Keys(met))
	return nil
}

// renewWho reads who is who.
func (r *renewing) renewWho() error {
	who, moved, err := r.was.who.Renew(r.ctx, r.q, r.was.Position, r.m.Position, r.also)
	if err != nil {
		return err
	}
	if moved == nil {
		return errReadWhole
	}
	r.who, r.m.who, r.moved, r.subject, r.contact = who, who, moved, newSet(moved.Subjects), newSet(moved.Contacts)
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
	if r.ruled {
		due, left = len(was), len(was)
	}
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
				return errReadWhole
			}
			if c != was[place] {
				now[c.id] = c
			}
			return nil
		}, int64(was[from].id), below); err != nil {
			return err
		}
		if stand != 0 {
			return errReadWhole
		}
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

// renewTouches reads the marks of whom the facts tell and puts their touches among those of the others.
func (r *renewing) renewTouches() error {
	m, was := r.m, r.was
	g := gathering{b: r.builder, known: make([]millrace.Time, len(m.contacts)), visits: map[int64]int32{}}
	if err := r.readMarks(&g); err != nil {
		return err
	}
	if err := r.renewActivity(g.all); err != nil {
		return err
	}
	if !r.recounts {
		m.visits = mergeVisits(was.visits, g.arrivals())
	}
	fresh := r.sessions(g.all)
	if !r.origins {
		r.countReach(fresh, 1)
	}
	places := r.mergeTouches(byAccount(fresh))
	if r.origins { // the channels have other codes
		r.countReach(countingSort(m.touches, func(t *touch) int32 { return t.contact }), 1)
	}
	maps.DeleteFunc(m.reach, func(_ reachKey, n int32) bool { return n == 0 })
	r.spanAccounts()
	r.renewLeads(g.known, places)
	if r.came[millrace.KindErased] {
		fresh = m.touches
	}
	return r.loadPlaces(fresh)
}

// readMarks gathers the marks of whom the facts tell: from the blocks that have some of theirs, and from those that are not known yet.
func (r *renewing) readMarks(g *gathering) error {
	known, last, ids := r.m.blocks, int64(math.MaxInt64), []int64{}
	if !r.recounts {
		known, last = r.was.blocks, 0
		if n := len(known); n > 0 { // it may have grown
			known, last = known[:n-1], known[n-1].id
		}
		r.m.blocks = slices.Clone(known)
	}
	for i := range known {
		if slices.ContainsFunc(known[i].subjects, func(id int32) bool { return r.subject.has(int64(id)) }) {
			ids = append(ids, known[i].id)
		}
	}
	take := func(k mark) {
		if r.subject.has(k.subject) {
			g.take(k, r.recounts || k.seq <= r.was.Position)
		}
	}
	if err := db.SelectIn(r.ctx, r.q, "/* model.some_blocks */ select id, count, data from touch_block where %s order by id", "id", ids, func(rows *sql.Rows) error {
		_, err := readBlock(rows, take)
		return err
	}); err != nil {
		return err
	}
	return r.each("/* model.new_blocks */ select id, count, data from touch_block where id >= $1 order by id", func(rows *sql.Rows) error {
		k, err := readBlock(rows, take)
		r.m.blocks = append(r.m.blocks, k)
		return err
	}, last)
}

// renewActivity puts the days of whom the facts tell among those of the others, and counts windows back from a new day where there is one. All is to be read
// where that begins at another hour, as the clocks were changed.
func (r *renewing) renewActivity(all []touch) error {
	was, a := &r.was.activity, &r.m.activity
	*a = activity{anchor: was.anchor}
	a.acts = slices.DeleteFunc(slices.Clone(was.acts), func(x act) bool { return r.contact.has(int64(x.contact)) })
	r.noteActs(all)
	if r.contact.has(int64(was.firstBy)) && (a.first == 0 || a.first > was.first) || r.contact.has(int64(was.lastBy)) && a.last < was.last {
		if err := r.findEnds(); err != nil {
			return err
		}
	} else {
		if was.first != 0 && (a.first == 0 || was.first < a.first) {
			a.first, a.firstBy = was.first, was.firstBy
		}
		if was.last > a.last {
			a.last, a.lastBy = was.last, was.lastBy
		}
	}
	a.until = r.m.endOfDay(a.last)
	ahead, forgot := a.until-a.anchor, a.until < was.until && was.until-was.first >= 64*window // days so old that they were left out
	if ahead%millrace.Day != 0 || forgot || ahead <= -daysAhead*millrace.Day || ahead >= daysAhead*millrace.Day {
		return errReadWhole
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
		return nil
	}
	windows, reached := make([]uint64, len(lists)), make([]uint64, len(lists))
	for i := range lists {
		windows[i], reached[i] = a.windowsOf(lists[i])
	}
	a.windows, a.reached = splice(was.windows, r.people, windows), splice(was.reached, r.people, reached)
	a.countOutbound()
	return nil
}

// findEnds finds what was done first and last of all: what was is not, or not done by somebody known.
func (r *renewing) findEnds() error {
	a, g := &r.m.activity, gathering{b: r.builder}
	return r.each("/* model.blocks */ select id, count, data from touch_block order by id", func(rows *sql.Rows) error {
		_, err := readBlock(rows, func(k mark) {
			if !g.counts(k) || k.origin == knownOrigin || a.first != 0 && k.at >= a.first && k.at <= a.last {
				return
			}
			c := int32(r.who.Contact(k.subject, k.at))
			if c != 0 && (a.first == 0 || k.at < a.first) {
				a.first, a.firstBy = k.at, c
			}
			if c != 0 && k.at > a.last {
				a.last, a.lastBy = k.at, c
			}
		})
		return err
	})
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
	if !r.origins {
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
