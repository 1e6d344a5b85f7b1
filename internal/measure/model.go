package measure

import (
	"cmp"
	"context"
	"database/sql"
	"maps"
	"slices"
	"strings"
	"time"

	"millrace"
	"millrace/internal/channel"
	"millrace/internal/db"
	"millrace/internal/engine"
	"millrace/internal/metrics"
	"millrace/internal/playbook"
)

// Model is what measuring needs of a workspace, in memory, as of one log position: touches resolved to people and accounts, leads, stage
// entries, deals, costs. It is immutable and safe for concurrent use. Contacts and accounts are numbered by their entity ids.
type Model struct {
	Position int64         // of the log
	Money    int64         // position up to which deals, costs, contracts, targets and rates are read: at least Position
	BuiltAt  millrace.Time // when it was read
	Playbook string        // version that ruled
	Took     time.Duration // to build

	book     *playbook.Playbook
	calendar *metrics.Calendar
	currency string

	origins  []classified // by touch_origin id; the zero value for ids that don't exist
	retagged map[int64]retagEffect
	places   map[int32]string
	touches  []touch // by account, time and contact; those of people without an account come first
	accounts map[int32]span
	visits   []visit // arrivals by origin, anonymous ones too

	contacts []contact // by id
	leads    []lead    // contacts who are known, by contact
	moves    []metrics.Move
	moveLead []int32    // for each move, its contact's place in leads, -1 none
	entries  []entrance // by time

	undatedEntries [len(countedStages)]int

	accMoves []metrics.Move
	led      ledBy // what moves accounts and contacts
	deals    []deal
	spend    []metrics.Spend
	costs    []cost
	records  records
	reports  map[int32]string // contact → what the person said
	labels   []string         // of contacts
	activity activity
	sellers  map[string]seller // by name
	firms    map[int32]firm    // accounts with deals
	stages   []stageAct
	listened millrace.Time // when the first fact came in: the playbook decides as facts come, so it qualified nobody before, however old the facts are
	fits     []fitAccount  // by id

	accountCount int
	reasonless   bool // deals came by files, none of which has a column for the loss reason

	aliases                 aliases
	owns, campaigns, groups []string      // own channels, campaigns and groups by number
	order                   []string      // own channels as the playbook lists them
	moveDay                 []metrics.Day // for each move
	dealOrigin              []int32       // for each deal, the origin of the touch that brought it, -1 none
	reach                   map[reachKey]int32

	sources, assets, terms []string
	placeAsset             []int32  // interned place → place in assets
	roles                  []uint16 // contact → place in labels

	memory, journeyMemory, episodeMemory *memory // of what was worked out

	earlier *earlier // what slow models gave before; nil for a model of the past

	who   *engine.Resolver // as of Position
	index *[]int32         // contact → its place in contacts + 1
}

// span is a stretch of touches.
type span struct{ from, to int32 }

// touch is one interaction of a known person.
type touch struct {
	at      millrace.Time
	contact int32
	account int32 // held then; 0 none
	origin  int32
	place   int32
}

// classified is an origin and what the ruling playbook makes of it.
type classified struct {
	raw origin
	channel.Touch
	campaign                   string // the name that counts
	ownID, campaignID, groupID int32
	sourceID, assetID, termID  int32
}

// own is the playbook's channel of an origin.
func (c *classified) own() string { return cmp.Or(c.Channel, NoChannel) }

// NoChannel is what stands in place of the playbook's own channel where none matches.
const NoChannel = "(no channel)"

// visit counts the arrivals of an origin on a day.
type visit struct {
	day    metrics.Day
	origin int32
	count  int32
}

// contact is a person as far as measuring asks.
type contact struct {
	id, account      int32
	icp, grade, role uint16 // labels of the model
}

// lead is a person who said who they are: when, and by which touches.
type lead struct {
	contact, account int32
	who              int32         // place in contacts
	at               millrace.Time // 0: undated
	first, created   int32         // touches: the first ever, and the last that isn't direct up to the moment; -1 none
	origins          [2]int32      // of created and of first; -1 none
}

// build reads the model of now.
func (r *Room) build(ctx context.Context) (*Model, error) {
	start := time.Now()
	m, err := newModel(r.engine.Playbook(), r.Now())
	if err != nil {
		return nil, err
	}
	r.modelling.Lock()
	m.earlier = r.earlier
	r.modelling.Unlock()
	err = r.db.Read(ctx, func(q *db.Snapshot) error {
		if m.Position, err = position(ctx, q); err != nil {
			return err
		}
		who, err := r.engine.Resolver(ctx, q)
		if err != nil {
			return err
		}
		m.Money = m.Position
		b := &builder{ctx: ctx, q: q, m: m, who: who, tables: engine.LiveTables()}
		m.who, m.index = who, &b.index
		return b.build()
	})
	m.Took = time.Since(start)
	return m, err
}

// newModel is a model of which nothing is read yet.
func newModel(book *playbook.Playbook, at millrace.Time) (*Model, error) {
	m := &Model{BuiltAt: at, Playbook: book.Version(), book: book, places: map[int32]string{}, memory: &memory{limit: rememberedReports}, journeyMemory: &memory{limit: rememberedJourneys}, episodeMemory: &memory{limit: rememberedEpisodes}, accounts: map[int32]span{}, reports: map[int32]string{}}
	loc, err := time.LoadLocation(m.book.Workspace.Timezone)
	if err != nil {
		return nil, &millrace.Error{Code: millrace.Internal, Op: "measure.Model", Message: "the playbook's time zone can't be loaded", Err: err}
	}
	m.calendar, m.currency = metrics.NewCalendar(loc), m.book.Workspace.Currency
	for _, c := range m.book.Channels {
		m.order = append(m.order, c.Name)
	}
	return m, nil
}

// build reads everything.
func (b *builder) build() error {
	for _, step := range []func() error{b.loadUndone, b.loadOrigins, b.numberChannels, b.loadContacts, b.loadTouches, b.loadPlaces, b.loadReports, b.loadTakenBack, b.loadMoves, b.loadDeals, b.moveByDeals, b.loadSpend, b.loadRecords, b.number, b.loadFirms, b.loadFits, b.loadStages} {
		if err := step(); err != nil {
			return err
		}
	}
	b.m.labels, b.m.retagged = b.labels.list, b.retags.effects(b.m.visits)
	return nil
}

// builder reads a model out of a snapshot.
type builder struct {
	ctx    context.Context
	q      db.Querier
	m      *Model
	who    *engine.Resolver
	tables engine.Tables
	past   *engine.Past   // nil: everything counts
	undone map[int64]bool // imports
	again  map[int64]bool // positions that another import, which stands, brought too

	until      int64          // the last position of which stages are read, 0 for all
	decided    []decided      // of contacts: becoming known, and what was decided
	accDecided []decided      // of accounts
	takenBack  map[int64]bool // positions of stage decisions that sales took back, and of what took them back
	index      []int32        // contact → its place in contacts + 1
	labels     labels
	retags     retagging
	assets     *coder
}

func (b *builder) each(query string, fn func(rows *sql.Rows) error, args ...any) error {
	return db.Each(b.ctx, b.q, query, fn, args...)
}

// loadUndone reads which imports don't stand.
func (b *builder) loadUndone() error {
	b.undone, b.again = map[int64]bool{}, map[int64]bool{}
	if b.past != nil {
		return b.undoneThen()
	}
	if err := b.each("/* model.undone */ select id from import where undone_at > 0", func(rows *sql.Rows) error {
		var id int64
		err := rows.Scan(&id)
		b.undone[id] = true
		return err
	}); err != nil || len(b.undone) == 0 {
		return err
	}
	return b.each("/* model.brought */ select b.seq from event_bringer b join import i on i.id = b.import where i.undone_at = 0", func(rows *sql.Rows) error {
		var seq int64
		err := rows.Scan(&seq)
		b.again[seq] = true
		return err
	})
}

// stands says whether a fact that an import brought counts.
func (b *builder) stands(seq, imp int64) bool {
	return imp == 0 || !b.undone[imp] || b.again[seq]
}

// loadOrigins classifies every origin by the ruling playbook, with its tags corrected.
func (b *builder) loadOrigins() error {
	m := b.m
	rules, err := b.readRetags()
	if err != nil {
		return err
	}
	b.retags = retagging{rules: rules, changed: map[int32][]int64{}}
	sorter := channel.New(m.book.Channels, m.book.Workspace.Hosts)
	return b.each("/* model.origins */ select id, text from touch_origin order by id", func(rows *sql.Rows) error {
		var id int64
		var text sql.RawBytes
		if err := rows.Scan(&id, &text); err != nil {
			return err
		}
		o, err := parseOrigin(text)
		if err != nil {
			return err
		}
		for int64(len(m.origins)) <= id {
			m.origins = append(m.origins, classified{Touch: channel.Touch{Internal: true}})
		}
		o = b.retags.correct(id, o)
		m.origins[id] = classified{raw: o, Touch: sorter.Classify(o.visit())}
		return nil
	})
}

// loadPlaces reads the words of the pages that touches arrived at.
func (b *builder) loadPlaces() error {
	m := b.m
	for i := range m.touches {
		if p := m.touches[i].place; p != 0 {
			m.places[p] = ""
		}
	}
	return db.SelectIn(b.ctx, b.q, "/* model.places */ select id, value from interned where %s", "id", slices.Collect(maps.Keys(m.places)), func(rows *sql.Rows) error {
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

func (b *builder) loadContacts() error {
	m := b.m
	return b.each("/* model.contacts */ select id, account, icp, grade, role from "+b.tables.ContactScore+" order by id", func(rows *sql.Rows) error {
		var id, account int64
		var icp, grade, role sql.RawBytes
		if err := rows.Scan(&id, &account, &icp, &grade, &role); err != nil {
			return err
		}
		for int64(len(b.index)) <= id {
			b.index = append(b.index, 0)
		}
		m.contacts = append(m.contacts, contact{id: int32(id), account: int32(account), icp: b.labels.of(icp), grade: b.labels.of(grade), role: b.labels.of(role)})
		b.index[id] = int32(len(m.contacts))
		for int64(len(m.roles)) <= id {
			m.roles = append(m.roles, 0)
		}
		m.roles[id] = m.contacts[len(m.contacts)-1].role
		return nil
	})
}

// contactOf finds a contact, nil for what is none.
func (b *builder) contactOf(id int64) *contact {
	if id <= 0 || id >= int64(len(b.index)) || b.index[id] == 0 {
		return nil
	}
	return &b.m.contacts[b.index[id]-1]
}

// sameVisit is how long after a person's last mark a page without a referrer still belongs to the same visit, as Google Analytics has it.
const sameVisit = 30 * millrace.Minute

// loadTouches reads the blocks and resolves every mark. It takes time in proportion to them.
func (b *builder) loadTouches() error {
	m := b.m
	known := make([]millrace.Time, len(m.contacts)) // when each contact said who they are; undated when only undated facts say so
	var all []touch
	visits := map[int64]int32{}
	days := func(at millrace.Time) int64 { return int64(m.calendar.Day(at)) }
	err := b.each("/* model.blocks */ select data from touch_block order by id", func(rows *sql.Rows) error {
		var data sql.RawBytes
		if err := rows.Scan(&data); err != nil {
			return err
		}
		return eachMark(data, func(k mark) {
			if !b.takes(k.seq, k.at) || !b.stands(k.seq, k.imp) || k.origin >= int64(len(m.origins)) {
				return
			}
			if k.origin == knownOrigin {
				if c := b.who.Entity(k.subject); c < int64(len(b.index)) && c > 0 && b.index[c] > 0 {
					known[b.index[c]-1] = earliestKnown(known[b.index[c]-1], k.at)
				}
				return
			}
			if o := &m.origins[k.origin]; !o.Internal && o.raw.Event == "" {
				visits[days(k.at)<<32|k.origin]++
			}
			// Whoever was identified only after the moment that a reading of the past is of was nobody then.
			if c := b.who.Contact(k.subject, k.at); c != 0 && (b.past == nil || b.contactOf(c) != nil) {
				all = append(all, touch{at: k.at, contact: int32(c), account: int32(b.who.Account(c, k.at)), origin: int32(k.origin), place: int32(k.place)})
			}
		})
	})
	if err != nil {
		return err
	}
	for k, n := range visits {
		m.visits = append(m.visits, visit{metrics.Day(k >> 32), int32(k & 0xffffffff), n})
	}
	slices.SortFunc(m.visits, func(a, b visit) int { return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.origin, b.origin)) })
	b.noteActivity(all)
	b.order(all)
	b.makeLeads(known)
	return nil
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

// order sorts marks by contact and time, drops what is no touch, and sorts the rest by account.
func (b *builder) order(all []touch) {
	byContact := countingSort(all, func(t *touch) int32 { return t.contact })
	touches := make([]touch, 0, len(all)/2)
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
			again := o.Source == "(direct)" && t.at-last < sameVisit
			if last = t.at; !o.Internal && !again {
				touches = append(touches, t)
			}
		}
		from = to
	}
	b.countReach(touches)
	b.m.touches = countingSort(touches, func(t *touch) int32 { return t.account })
	list := b.m.touches
	for from := 0; from < len(list); {
		to := from
		for to < len(list) && list[to].account == list[from].account {
			to++
		}
		if own := list[from:to]; !slices.IsSortedFunc(own, byTimeAndContact) {
			slices.SortStableFunc(own, byTimeAndContact)
		}
		b.m.accounts[list[from].account] = span{int32(from), int32(to)}
		from = to
	}
}

func byTime(a, b touch) int { return cmp.Compare(a.at, b.at) }

func byTimeAndContact(a, b touch) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.contact, b.contact))
}

// countingSort orders touches by a small number, keeping the order of equals, in time proportional to both.
func countingSort(list []touch, key func(t *touch) int32) []touch {
	top := int32(0)
	for i := range list {
		top = max(top, key(&list[i]))
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
		if at == 0 {
			continue
		}
		c := &m.contacts[i]
		l := lead{contact: c.id, account: c.account, who: int32(i), first: -1, created: -1}
		if at != undated {
			l.at = at
			l.account = int32(b.who.Account(int64(c.id), at))
		}
		m.leads = append(m.leads, l)
		place[c.id] = int32(len(m.leads))
	}
	for i := range m.touches {
		t := &m.touches[i]
		n := place[t.contact]
		if n == 0 {
			continue
		}
		l := &m.leads[n-1]
		if l.first < 0 || t.at < m.touches[l.first].at {
			l.first = int32(i)
		}
		if t.at > l.at && (t.at >= l.at+millrace.Day || t.at > m.endOf(l.at)) {
			continue
		}
		if c := l.created; c < 0 || m.better(t, &m.touches[c]) {
			l.created = int32(i)
		}
	}
	for i := range m.leads {
		l := &m.leads[i]
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

func (m *Model) direct(t *touch) bool { return m.origins[t.origin].Source == "(direct)" }
