package measure

import (
	"cmp"
	"database/sql"
	"slices"
	"strings"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/metrics"
)

// sameVisit is how long after a person's last mark a page without a referrer still belongs to the same visit, as Google Analytics has it.
const sameVisit = 30 * millrace.Minute

// gathering is what is gathered from marks while they are read.
type gathering struct {
	b      *builder
	all    []touch         // in the order of the log, people's pages within the own site and what was done to them among them
	known  []millrace.Time // by place in contacts: when they said who they are; undated when only undated facts say so
	visits map[int64]int32 // day and origin → arrivals
}

// counts says whether a mark counts.
func (g *gathering) counts(k mark) bool {
	return g.b.takes(k.seq, k.at) && g.b.stands(k.seq, k.imp) && k.origin < int64(len(g.b.m.origins))
}

// visit counts the visit that a mark is, if it is one.
func (g *gathering) visit(k mark) {
	if o := &g.b.m.origins[k.origin]; !o.Internal && o.raw.Event == "" {
		g.visits[int64(g.b.m.calendar.Day(k.at))<<32|k.origin]++
	}
}

// take takes one mark in; its visit is counted unless it was before.
func (g *gathering) take(k mark, counted bool) {
	b := g.b
	if !g.counts(k) {
		return
	}
	if k.origin == knownOrigin {
		if c := b.who.Entity(k.subject); c < int64(len(b.index)) && c > 0 && b.index[c] > 0 {
			g.known[b.index[c]-1] = earliestKnown(g.known[b.index[c]-1], k.at)
		}
		return
	}
	if !counted {
		g.visit(k)
	}
	// Whoever was identified only after the moment that a reading of the past is of was nobody then.
	if c := b.who.Contact(k.subject, k.at); c != 0 && (b.past == nil || b.contactOf(c) != nil) {
		g.all = append(g.all, touch{at: k.at, contact: int32(c), account: int32(b.who.Account(c, k.at)), origin: int32(k.origin), place: int32(k.place)})
	}
}

// block is whose marks a block has, in their order: a renewal reads those blocks alone that have marks of whom it is about.
type block struct {
	id       int64
	subjects []int32
}

// readBlock unpacks a block out of a row of its id, its number of marks and its data.
func readBlock(rows *sql.Rows, fn func(k mark)) (block, error) {
	var id, count int64
	var data sql.RawBytes
	if err := rows.Scan(&id, &count, &data); err != nil {
		return block{}, err
	}
	out := block{id, make([]int32, 0, count)}
	return out, eachMark(data, func(k mark) {
		out.subjects = append(out.subjects, int32(k.subject))
		fn(k)
	})
}

// loadTouches reads the blocks and resolves every mark. It takes time in proportion to them.
func (b *builder) loadTouches() error {
	m := b.m
	var marks int64
	if _, err := db.One(b.ctx, b.q, []any{&marks}, "/* model.marks */ select coalesce(sum(count), 0) from touch_block"); err != nil {
		return err
	}
	g := gathering{b: b, all: make([]touch, 0, marks), known: make([]millrace.Time, len(m.contacts)), visits: map[int64]int32{}}
	if err := b.each("/* model.blocks */ select id, count, data from touch_block order by id", func(rows *sql.Rows) error {
		k, err := readBlock(rows, func(k mark) { g.take(k, false) })
		if b.past == nil {
			m.blocks = append(m.blocks, k)
		}
		return err
	}); err != nil {
		return err
	}
	m.visits = g.arrivals()
	b.noteActivity(g.all)
	touches := b.sessions(g.all)
	m.reach = map[reachKey]int32{}
	b.countReach(touches, 1)
	m.touches = byAccount(touches)
	b.spanAccounts()
	b.makeLeads(g.known)
	return b.loadPlaces(m.touches)
}

// arrivals are the visits in the order of days and origins.
func (g *gathering) arrivals() []visit {
	out := make([]visit, 0, len(g.visits))
	for k, n := range g.visits {
		out = append(out, visit{metrics.Day(k >> 32), int32(k & 0xffffffff), n})
	}
	slices.SortFunc(out, byDayAndOrigin)
	return out
}

func byDayAndOrigin(a, b visit) int {
	return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.origin, b.origin))
}

// undated marks a contact who is known by facts without a time alone.
const undated millrace.Time = -1

// earliestKnown takes one more moment of being known in; 0 is a fact without a time.
func earliestKnown(was, at millrace.Time) millrace.Time {
	switch {
	case at == 0 && was == 0:
		return undated
	case at == 0 || was > 0 && was <= at:
		return was
	}
	return at
}

// sessions gives the touches among what people did, by contact and time.
func (b *builder) sessions(all []touch) []touch {
	byContact := countingSort(all, func(t *touch) int32 { return t.contact })
	touches := byContact[:0] // what is read is never behind what is kept
	for from := 0; from < len(byContact); {
		to := from
		for to < len(byContact) && byContact[to].contact == byContact[from].contact {
			to++
		}
		own := byContact[from:to]
		if !slices.IsSortedFunc(own, byTime) {
			slices.SortStableFunc(own, byTime)
		}
		last := millrace.Time(-1 << 62)
		for _, t := range own {
			o := &b.m.origins[t.origin]
			again := o.direct() && t.at-last < sameVisit
			if last = t.at; !o.Internal && !again {
				touches = append(touches, t)
			}
		}
		from = to
	}
	return touches
}

// byAccount orders touches, which are by contact and time, by account, time and contact.
func byAccount(touches []touch) []touch {
	list := countingSort(touches, func(t *touch) int32 { return t.account })
	for from := 0; from < len(list); {
		to := from
		for to < len(list) && list[to].account == list[from].account {
			to++
		}
		if own := list[from:to]; !slices.IsSortedFunc(own, byTimeAndContact) {
			slices.SortStableFunc(own, byTimeAndContact)
		}
		from = to
	}
	return list
}

// spanAccounts notes where each account's touches stand.
func (b *builder) spanAccounts() {
	list := b.m.touches
	for from := 0; from < len(list); {
		account, to, step := list[from].account, from, 1
		for to+step < len(list) && list[to+step].account == account {
			to, step = to+step, 2*step
		}
		n, _ := slices.BinarySearchFunc(list[to:min(to+step, len(list))], account+1, func(t touch, account int32) int { return cmp.Compare(t.account, account) })
		to += n
		b.m.accounts[account] = span{int32(from), int32(to)}
		from = to
	}
}

func byTime(a, b touch) int { return cmp.Compare(a.at, b.at) }

func byTimeAndContact(a, b touch) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.contact, b.contact))
}

// countingSort orders touches by a small number, keeping the order of equals; of many in time proportional to both.
func countingSort(list []touch, key func(t *touch) int32) []touch {
	top := int32(0)
	for i := range list {
		top = max(top, key(&list[i]))
	}
	if len(list) < int(top)>>6 { // few of many
		out := slices.Clone(list)
		slices.SortStableFunc(out, func(a, b touch) int { return cmp.Compare(key(&a), key(&b)) })
		return out
	}
	start := make([]int32, top+2)
	for i := range list {
		start[key(&list[i])+1]++
	}
	for i := range top + 1 {
		start[i+1] += start[i]
	}
	out := make([]touch, len(list))
	for i := range list {
		k := key(&list[i])
		out[start[k]] = list[i]
		start[k]++
	}
	return out
}

// makeLeads finds the touches of each lead.
func (b *builder) makeLeads(known []millrace.Time) {
	m := b.m
	place := make([]int32, len(b.index)) // contact id → its place in leads + 1
	for i, at := range known {
		if at != 0 {
			m.leads = append(m.leads, b.newLead(int32(i), at))
			place[m.contacts[i].id] = int32(len(m.leads))
		}
	}
	for i := range m.touches {
		if n := place[m.touches[i].contact]; n != 0 {
			m.leads[n-1].meet(m, int32(i))
		}
	}
	for i := range m.leads {
		m.leads[i].settle(m)
	}
}

// newLead is the lead at a place in contacts, known from a moment on, without its touches.
func (b *builder) newLead(who int32, at millrace.Time) lead {
	c := &b.m.contacts[who]
	l := lead{contact: c.id, account: c.account, who: who, first: -1, created: -1}
	if at != undated {
		l.at = at
		l.account = int32(b.who.Account(int64(c.id), at))
	}
	return l
}

// meet takes a touch of the lead in; they come in the order of touches.
func (l *lead) meet(m *Model, i int32) {
	t := &m.touches[i]
	if l.first < 0 || t.at < m.touches[l.first].at {
		l.first = i
	}
	if t.at > l.at && (t.at >= l.at+millrace.Day || t.at > m.endOf(l.at)) {
		return
	}
	if l.created < 0 || m.better(t, &m.touches[l.created]) {
		l.created = i
	}
}

// settle notes where the lead came from, when all its touches are in.
func (l *lead) settle(m *Model) {
	if l.created < 0 && l.at == 0 {
		l.created = l.first
	}
	l.origins = [2]int32{-1, -1}
	for k, t := range [2]int32{l.created, l.first} {
		if t >= 0 {
			l.origins[k] = m.touches[t].origin
		}
	}
}

// endOf is the last moment that a time can mean: a CRM says when it made a record to the minute or to the day, and a midnight or a whole minute
// stands for all of it.
func (m *Model) endOf(at millrace.Time) millrace.Time {
	switch {
	case at == 0 || at%millrace.Minute != 0:
		return at
	case m.calendar.Day(at-1) != m.calendar.Day(at):
		return at + millrace.Day - 1
	}
	return at + millrace.Minute - 1
}

// better says whether touch a rather than b brought a lead: the last that isn't direct, else the last.
func (m *Model) better(a, b *touch) bool {
	directA, directB := m.direct(a), m.direct(b)
	if directA != directB {
		return directB
	}
	return a.at >= b.at
}

func (m *Model) direct(t *touch) bool { return m.origins[t.origin].direct() }

// loadPlaces reads the words of the pages that touches arrived at, unless they are there.
func (b *builder) loadPlaces(touches []touch) error {
	m := b.m
	var ids []int32
	for i := range touches {
		if p := touches[i].place; p != 0 {
			if _, there := m.places[p]; !there {
				m.places[p] = ""
				ids = append(ids, p)
			}
		}
	}
	return db.SelectIn(b.ctx, b.q, "/* model.places */ select id, value from interned where %s", "id", ids, func(rows *sql.Rows) error {
		var id int32
		var value string
		err := rows.Scan(&id, &value)
		if i := strings.IndexByte(value, '/'); i >= 0 {
			value = value[i:]
		}
		m.places[id] = value
		return err
	})
}
