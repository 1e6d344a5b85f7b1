package measure

import (
	"cmp"
	"context"
	"database/sql"
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
	whole    time.Duration // what reading all of it took

	book     *playbook.Playbook
	calendar *metrics.Calendar
	currency string

	origins  []classified // by touch_origin id; the zero value for ids that don't exist
	retagged map[int64]retagEffect
	places   map[int32]string
	touches  []touch // by account, time and contact; those of people without an account come first
	accounts map[int32]span
	visits   []visit // arrivals by origin, anonymous ones too
	blocks   []block // whose the marks are that touches were made of

	contacts []contact // by id
	leads    []lead    // contacts who are known, by contact
	moves    []metrics.Move
	moveLead []int32    // for each move, its contact's place in leads, -1 none
	entries  []entrance // by time

	undatedEntries [len(countedStages)]int

	accMoves []metrics.Move
	led      ledBy // what moves accounts and contacts

	stageRows  []stageRow              // what moves are made of beside leads and deals
	firstKnown map[int32]millrace.Time // when the first of an account's people was known

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

	who      *engine.Resolver // as of Position
	index    *[]int32         // contact → its place in contacts + 1
	retags   retagging
	renewed  int           // how often it was renewed since all of it was read
	labelled int32         // the contact up to whom labels were read last
	unread   int           // people whose labels are to be read anew
	part     millrace.Time // of labelAge, times the people: less than one of them

	undone map[int64]bool // imports
	again  map[int64]bool // positions that another import, which stands, brought too

	importing bool // an import ran, which may bring facts again
	stripped  bool // of all but what a renewal needs
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
	act                        actKind
	outbound                   bool
}

// own is the playbook's channel of an origin.
func (c *classified) own() string { return cmp.Or(c.Channel, NoChannel) }

// direct says whether nothing is known of where an origin came from.
func (c *classified) direct() bool { return c.Source == "(direct)" }

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
	before := cmp.Or(r.model, r.bones)
	r.modelling.Unlock()
	err = r.db.Read(ctx, func(q *db.Snapshot) error {
		if m.Position, err = position(ctx, q); err != nil {
			return err
		}
		return r.read(ctx, q, m, before)
	})
	m.Took = time.Since(start)
	return m, err
}

// read fills a model of a snapshot, out of an earlier one where that is sooner done.
func (r *Room) read(ctx context.Context, q db.Querier, m, before *Model) error {
	m.Money = m.Position
	var err error
	if m.importing, err = r.engine.Importing(ctx, q); err != nil {
		return err
	}
	if before != nil {
		if before.Playbook != m.Playbook {
			r.noteWhole()
		}
		b := &builder{ctx: ctx, q: q, m: m, tables: engine.LiveTables(), most: r.labels}
		if renewed, err := b.renew(before); err != nil || renewed {
			return err
		}
		r.noteWhole()
		next, err := newModel(m.book, m.BuiltAt) // nothing of the attempt stays
		if err != nil {
			return err
		}
		next.Position, next.Money, next.importing, next.earlier = m.Position, m.Money, m.importing, m.earlier
		*m = *next
	}
	start := time.Now()
	who, err := r.engine.Resolver(ctx, q)
	if err != nil {
		return err
	}
	b := &builder{ctx: ctx, q: q, m: m, who: who, tables: engine.LiveTables()}
	m.who, m.index = who, &b.index
	err = b.build()
	m.whole = time.Since(start)
	return err
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
	return b.steps(b.loadUndone, b.loadOrigins, b.numberChannels, b.loadContacts, b.loadTouches, b.loadRest)
}

// loadRest reads what hangs on people and touches, and what is read fast.
func (b *builder) loadRest() error {
	return b.steps(b.loadReports, b.loadStageRows, b.noteTakenBack, b.loadMoves, b.loadDeals, b.moveByDeals, b.loadSpend, b.loadRecords, b.number, b.loadFirms, b.loadFits, b.loadStages, b.finish)
}

// steps runs one after the other, up to the first that errs.
func (b *builder) steps(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// finish notes what reading left in the builder.
func (b *builder) finish() (err error) {
	b.m.labels, b.m.retagged, b.m.retags = b.labels.list, b.retags.effects(b.m.visits), b.retags
	b.m.stageRows, b.m.undone, b.m.again = b.stageRows, b.undone, b.again
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

	until      int64 // the last position of which stages are read, 0 for all
	stageRows  []stageRow
	decided    []decided      // of contacts: becoming known, and what was decided
	accDecided []decided      // of accounts
	takenBack  map[int64]bool // positions of stage decisions that sales took back, and of what took them back
	index      []int32        // contact → its place in contacts + 1
	labels     labels
	most       int // of so many people a renewal reads labels
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

// loadOrigins classifies every origin that isn't there yet by the ruling playbook, with its tags corrected.
func (b *builder) loadOrigins() error {
	m := b.m
	rules, err := b.readRetags()
	if err != nil {
		return err
	}
	if b.retags.rules = rules; b.retags.changed == nil {
		b.retags.changed = map[int32][]int64{}
	}
	sorter := channel.New(m.book.Channels, m.book.Workspace.Hosts)
	return b.each("/* model.origins */ select id, text from touch_origin where id >= $1 order by id", func(rows *sql.Rows) error {
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
		m.origins[id] = classified{raw: o, Touch: sorter.Classify(o.visit()), act: actOf(o.Event)}
		m.origins[id].outbound = strings.Contains(strings.ToLower(m.origins[id].Channel), "outbound")
		return nil
	}, len(m.origins))
}

const contactColumns = "/* model.contacts */ select id, account, icp, grade, role from "

// contact reads one of contactColumns' rows.
func (b *builder) contact(rows *sql.Rows) (contact, error) {
	var id, account int64
	var icp, grade, role sql.RawBytes
	err := rows.Scan(&id, &account, &icp, &grade, &role)
	return contact{id: int32(id), account: int32(account), icp: b.labels.of(icp), grade: b.labels.of(grade), role: b.labels.of(role)}, err
}

func (b *builder) loadContacts() error {
	if err := b.each(contactColumns+b.tables.ContactScore+" order by id", func(rows *sql.Rows) error {
		c, err := b.contact(rows)
		b.m.contacts = append(b.m.contacts, c)
		return err
	}); err != nil {
		return err
	}
	b.placeContacts()
	return nil
}

// placeContacts notes where each contact stands, and its role.
func (b *builder) placeContacts() {
	m, top := b.m, int32(-1)
	if n := len(m.contacts); n > 0 {
		top = m.contacts[n-1].id
	}
	b.index, m.roles = make([]int32, top+1), make([]uint16, top+1)
	for i := range m.contacts {
		c := &m.contacts[i]
		b.index[c.id], m.roles[c.id] = int32(i+1), c.role
	}
}

// contactOf finds a contact, nil for what is none.
func (b *builder) contactOf(id int64) *contact {
	if id <= 0 || id >= int64(len(b.index)) || b.index[id] == 0 {
		return nil
	}
	return &b.m.contacts[b.index[id]-1]
}
