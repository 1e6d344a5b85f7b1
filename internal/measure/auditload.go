package measure

import (
	"database/sql"
	"strings"

	"millrace"
	"millrace/internal/db"

	"github.com/tidwall/gjson"
)

// activity is what people did and what was done to them, as the audit asks: who was active when, mails, acts of sales.
type activity struct {
	first, last millrace.Time // of all acts of known people
	until       millrace.Time // the end of last's day
	windows     []uint64      // by place in contacts: bit i is set where the person was active in the i-th 30 days before until
	reached     []uint64      // the same where outbound brought them
	acts        []act
	outbound    [64]int32 // people whom outbound brought, by window
}

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

// noteActivity gives what is known of people's acts with more of them, which are all of those whose they are. Where they lie after the day that windows
// are counted back from it is of no use.
func (b *builder) noteActivity(a activity, all []touch) activity {
	m := b.m
	for i := range all {
		if at := all[i].at; a.first == 0 || at < a.first {
			a.first = at
		}
		a.last = max(a.last, all[i].at)
	}
	until := m.endOfDay(a.last)
	if a.until == 0 {
		a.until, a.windows, a.reached = until, make([]uint64, len(m.contacts)), make([]uint64, len(m.contacts))
	} else if a.until != until {
		return a
	}
	for i := range all {
		t := &all[i]
		if b.contactOf(int64(t.contact)) == nil {
			continue
		}
		place, kind := b.index[t.contact]-1, m.origins[t.origin].act
		if kind != noAct {
			a.acts = append(a.acts, act{t.at, t.contact, kind})
		}
		if kind == mailSent || kind == mailBounced || kind == salesAct { // done to the person
			continue
		}
		if n := (a.until - t.at) / window; n < 64 {
			a.windows[place] |= 1 << n
			if m.origins[t.origin].outbound {
				a.reached[place] |= 1 << n
			}
		}
	}
	a.outbound = [64]int32{}
	for _, bits := range a.reached {
		for n := 0; bits != 0; n, bits = n+1, bits>>1 {
			a.outbound[n] += int32(bits & 1)
		}
	}
	return a
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
