package measure

import (
	"database/sql"
	mathbits "math/bits"
	"slices"
	"strings"

	"millrace"
	"millrace/internal/db"

	"github.com/tidwall/gjson"
)

// activity is what people did and what was done to them, as the audit asks: who was active when, mails, acts of sales.
type activity struct {
	first, last     millrace.Time // of all acts of known people
	firstBy, lastBy int32         // contacts whose acts those are
	until           millrace.Time // the end of last's day
	anchor          millrace.Time // what it was when all was read
	from            []int32       // by place in contacts: where the person's days begin, and where the last one's end
	days            []uint16      // on which people were active, each once and rising: how many days before daysAhead after anchor
	windows         []uint64      // by place in contacts: bit i is set where the person was active in the i-th 30 days before until
	reached         []uint64      // the same where outbound brought them
	acts            []act
	outbound        [64]int32 // people whom outbound brought, by window
}

// Days count back from a moment so far ahead that none after them is missed; those on which outbound brought the person have a bit of their own.
const (
	daysAhead   = 4096
	outboundDay = 1 << 15
)

// window is the length of the spans that activity is kept in.
const window = 30 * millrace.Day

// act is a mail to somebody, or an act of sales.
type act struct {
	at      millrace.Time
	contact int32
	kind    actKind
}

type actKind uint8

const (
	noAct actKind = iota
	mailSent
	mailBounced
	unsubscribed
	salesAct
)

// actNames are the tracked events that say so, as Segment's specification and the CRMs name them; letters and digits alone, lower case.
var actNames = map[string]actKind{
	"emailsent": mailSent, "emaildelivered": mailSent,
	"emailbounced": mailBounced, "emailbounce": mailBounced,
	"unsubscribed": unsubscribed, "emailunsubscribed": unsubscribed, "unsubscribe": unsubscribed,
	"calllogged": salesAct, "callmade": salesAct, "callconnected": salesAct, "salesemailsent": salesAct, "meetingheld": salesAct, "meetinglogged": salesAct,
	"taskcompleted": salesAct, "leadaccepted": salesAct, "leadrejected": salesAct, "salesactivity": salesAct,
}

// actOf is what a tracked event's name says.
func actOf(event string) actKind {
	plain := strings.Map(func(r rune) rune {
		switch {
		case r >= 'A' && r <= 'Z':
			return r + 'a' - 'A'
		case r >= 'a' && r <= 'z' || r >= '0' && r <= '9':
			return r
		}
		return -1
	}, event)
	return actNames[plain]
}

// noteActivity notes what people did.
func (b *builder) noteActivity(all []touch) {
	a := &b.m.activity
	b.noteActs(all)
	a.until = b.m.endOfDay(a.last)
	a.anchor = a.until
	a.from = make([]int32, len(b.m.contacts)+1)
	b.eachDay(all, func(place int32, _ uint16) { a.from[place+1]++ })
	for i := range b.m.contacts {
		a.from[i+1] += a.from[i]
	}
	a.days = make([]uint16, a.from[len(b.m.contacts)])
	next := slices.Clone(a.from)
	b.eachDay(all, func(place int32, day uint16) {
		a.days[next[place]] = day
		next[place]++
	})
	a.compact()
	a.countWindows()
}

// noteActs adds what is known of mails and sales, and of the first and the last moment.
func (b *builder) noteActs(all []touch) {
	a := &b.m.activity
	for i := range all {
		t := &all[i]
		if a.first == 0 || t.at < a.first {
			a.first, a.firstBy = t.at, t.contact
		}
		if t.at > a.last {
			a.last, a.lastBy = t.at, t.contact
		}
		if kind := b.m.origins[t.origin].act; kind != noAct && b.contactOf(int64(t.contact)) != nil {
			a.acts = append(a.acts, act{t.at, t.contact, kind})
		}
	}
}

// eachDay calls f with the place of whoever did something, and the day.
func (b *builder) eachDay(all []touch, f func(place int32, day uint16)) {
	a := &b.m.activity
	for i := range all {
		t := &all[i]
		o := &b.m.origins[t.origin]
		if o.act == mailSent || o.act == mailBounced || o.act == salesAct || b.contactOf(int64(t.contact)) == nil { // done to the person
			continue
		}
		if (a.until-t.at)/window >= 64 {
			continue
		}
		day := uint16((a.anchor + daysAhead*millrace.Day - t.at) / millrace.Day)
		if o.outbound {
			day |= outboundDay
		}
		f(b.index[t.contact]-1, day)
	}
}

// compact keeps each day of each person once.
func (a *activity) compact() {
	n := int32(0)
	for i := range len(a.from) - 1 {
		own := a.days[a.from[i]:a.from[i+1]]
		slices.Sort(own)
		a.from[i] = n
		n += int32(copy(a.days[n:], slices.Compact(own)))
	}
	a.from[len(a.from)-1] = n
	a.days = slices.Clip(a.days[:n])
}

// countWindows makes the windows of all.
func (a *activity) countWindows() {
	a.windows, a.reached = make([]uint64, len(a.from)-1), make([]uint64, len(a.from)-1)
	for i := range a.windows {
		a.windows[i], a.reached[i] = a.windowsOf(a.days[a.from[i]:a.from[i+1]])
	}
	a.countOutbound()
}

// windowsOf are the windows in which somebody was active on some days, and in which outbound brought them.
func (a *activity) windowsOf(days []uint16) (active, reached uint64) {
	ahead := daysAhead - int((a.until-a.anchor)/millrace.Day)
	for _, d := range days {
		n := max(0, int(d&^outboundDay)-ahead) / int(window/millrace.Day)
		if n >= 64 {
			continue
		}
		if active |= 1 << n; d&outboundDay != 0 {
			reached |= 1 << n
		}
	}
	return active, reached
}

func (a *activity) countOutbound() {
	a.outbound = [64]int32{}
	for _, bits := range a.reached {
		for ; bits != 0; bits &= bits - 1 {
			a.outbound[mathbits.TrailingZeros64(bits)]++
		}
	}
}

// endOfDay is the end of a moment's day, for a day of 24 hours.
func (m *Model) endOfDay(at millrace.Time) millrace.Time {
	return m.calendar.Noon(m.calendar.Day(at)) + 12*millrace.Hour
}

// span are the bits of the windows in the days before a moment.
func (a *activity) span(at millrace.Time, from, days int) uint64 {
	n := int((a.until-at)/window) + from/30
	bits := uint64(0)
	for i := n; i < n+days/30; i++ {
		if i >= 0 && i < 64 {
			bits |= 1 << i
		}
	}
	return bits
}

// seller is what a CRM says of a rep.
type seller struct{ region, manager string }

// firm is what an account is.
type firm struct{ industry, country string }

// loadFirms reads what deals are grouped by beside their own columns.
func (b *builder) loadFirms() error {
	m := b.m
	m.sellers, m.firms = map[string]seller{}, map[int32]firm{}
	err := b.each("/* model.sellers */ select name, traits from "+b.tables.Record+" where kind = 10 order by id", func(rows *sql.Rows) error {
		var name, traits string
		if err := rows.Scan(&name, &traits); err != nil {
			return err
		}
		m.sellers[name] = seller{gjson.Get(traits, "region.v").Str, gjson.Get(traits, "manager.v").Str}
		return nil
	})
	if err != nil {
		return err
	}
	if _, err := db.One(b.ctx, b.q, []any{&m.accountCount}, "/* model.accounts */ select count(*) from "+b.tables.Account); err != nil {
		return err
	}
	if err := b.loadReasonless(); err != nil {
		return err
	}
	return b.each("/* model.firms */ select id, industry, country from "+b.tables.Account+" where id in (select account from "+b.tables.Opportunity+") order by id", func(rows *sql.Rows) error {
		var id int64
		var f firm
		if err := rows.Scan(&id, &f.industry, &f.country); err != nil {
			return err
		}
		m.firms[int32(id)] = f
		return nil
	})
}

// loadReasonless reads whether deals came by files, none of which has a column for the reason why they were lost.
func (b *builder) loadReasonless() error {
	files, told := 0, false
	err := b.each("/* model.deal_columns */ select summary from import where entity = 'opportunities' and undone_at = 0", func(rows *sql.Rows) error {
		var summary string
		if err := rows.Scan(&summary); err != nil {
			return err
		}
		files++
		told = told || gjson.Get(summary, `columns.#(trait=="loss_reason")`).Exists()
		return nil
	})
	b.m.reasonless = files > 0 && !told
	return err
}

// stageAct is a stage that a contact entered, and whose word it was.
type stageAct struct {
	at       millrace.Time
	contact  int32
	stage    millrace.Stage
	imported bool // a CRM's record said so, at a time that isn't known: at is when it was read
	ended    bool // the playbook's own rule ended it
}

// importedReason is what the engine writes where a CRM's record states the stage.
const importedReason = "the imported record says so"

// loadStages notes whose word the stages of contacts were.
func (b *builder) loadStages() error {
	if _, err := db.One(b.ctx, b.q, []any{&b.m.listened}, "/* model.listened */ select received_at from event where subject > 0 order by seq limit 1"); err != nil {
		return err
	}
	for i := range b.stageRows {
		r := &b.stageRows[i]
		if r.of != ofContact || r.stage == millrace.StageLead || b.contactOf(r.id) == nil || b.takenBack[r.seq] {
			continue
		}
		b.m.stages = append(b.m.stages, stageAct{at: r.at, contact: int32(r.id), stage: r.stage, imported: r.imported, ended: r.stage == millrace.StageRecycled && !r.imported})
	}
	return nil
}
