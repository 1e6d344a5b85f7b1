package engine

import (
	"database/sql"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/eventlog"
)

// record is a rep, a product, a contract, a target, an exchange rate, a note on days or what something cost, as folded from the facts that state it. The
// latest statement of each trait holds.
type record struct {
	id     int64
	kind   millrace.Kind
	traits traits
}

// recordKinds are the kinds of record by the letter of their identifiers.
var recordKinds = map[byte]millrace.Kind{kindRep: millrace.KindRep, kindProduct: millrace.KindProduct, kindSpend: millrace.KindSpend,
	kindContract: millrace.KindContract, kindTarget: millrace.KindTarget, kindRate: millrace.KindRate, kindAnnotation: millrace.KindAnnotation}

// isRecord says whether facts of the kind state a record.
func isRecord(k millrace.Kind) bool {
	switch k {
	case millrace.KindRep, millrace.KindProduct, millrace.KindSpend, millrace.KindContract, millrace.KindTarget, millrace.KindRate, millrace.KindAnnotation:
		return true
	}
	return false
}

// ofDays says whether the kind's records are figures of days: when they occurred says nothing of when they were written down.
func ofDays(k millrace.Kind) bool {
	return k == millrace.KindSpend || k == millrace.KindContract || k == millrace.KindTarget || k == millrace.KindRate
}

// state takes one fact into the record.
func (rec *record) state(r *eventlog.Row, at millrace.Time) {
	t := opportunityTraits(eventlog.Data(r.Body))
	if t == nil {
		return
	}
	eventlog.EachRef(r.Refs, func(k eventlog.RefKind, id int64) {
		if k == eventlog.RefAccount {
			t[refTrait] = strconv.FormatInt(id, 10)
		}
	})
	rec.traits.merge(t, at)
}

// record gives the record of an identifier as it stands.
func (u *unit) record(id int64, kind millrace.Kind) (*record, error) {
	if _, ok := u.records[id]; !ok {
		if err := u.readRecords(map[millrace.Kind][]int64{kind: {id}}); err != nil {
			return nil, err
		}
	}
	return u.records[id], nil
}

// loadRecords reads the records that the rows are about, together.
func (u *unit) loadRecords(rows []eventlog.Row) error {
	wanted := map[millrace.Kind][]int64{}
	for i := range rows {
		if _, ok := u.records[rows[i].Subject]; !ok && isRecord(rows[i].Kind) {
			wanted[rows[i].Kind] = append(wanted[rows[i].Kind], rows[i].Subject)
		}
	}
	return u.readRecords(wanted)
}

// readRecords brings records into the unit, new ones empty.
func (u *unit) readRecords(wanted map[millrace.Kind][]int64) error {
	for _, kind := range slices.Sorted(maps.Keys(wanted)) {
		var held []int64
		for _, id := range wanted[kind] {
			if _, ok := u.records[id]; ok {
				continue
			}
			u.records[id] = &record{id: id, kind: kind, traits: traits{}}
			if !u.fresh(id) {
				held = append(held, id)
			}
		}
		err := db.SelectIn(u.ctx, u.q, "/* record.load */ select id, traits from "+u.recordTable(kind)+" where %s", "id", held, func(rows *sql.Rows) error {
			var id int64
			var t string
			err := rows.Scan(&id, &t)
			if err == nil {
				u.records[id].traits, err = decodeTraits(t)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (u *unit) recordTable(kind millrace.Kind) string {
	if kind == millrace.KindSpend {
		return u.t.spend
	}
	return u.t.record
}

// refoldRecords folds records again from the facts that stand.
func (u *unit) refoldRecords(idents []*ident) error {
	for batch := range slices.Chunk(idents, recordSlice) {
		ids, first := make([]int64, len(batch)), batch[0].firstSeq
		for k, i := range batch {
			ids[k], first = i.id, min(first, i.firstSeq)
			u.records[i.id] = &record{id: i.id, kind: recordKinds[i.kind()], traits: traits{}}
		}
		var rows []eventlog.Row
		if err := eventlog.OfSubjects(u.ctx, u.q, ids, first, u.limit, func(r *eventlog.Row) error {
			rows = append(rows, *r)
			return nil
		}); err != nil {
			return err
		}
		again, err := u.bringersOf(rows)
		if err != nil {
			return err
		}
		for k := range rows {
			if r := &rows[k]; u.stands(r, again[r.Seq]) {
				u.records[r.Subject].state(r, u.lastStated(r, again[r.Seq]))
			}
		}
	}
	return nil
}

func (u *unit) writeRecords() error {
	for batch := range slices.Chunk(sortedByID(u.records), recordSlice) {
		var args, costs []any
		for _, r := range batch {
			switch {
			case len(r.traits) == 0:
				if _, err := u.tx.Exec(u.ctx, "/* record.delete */ delete from "+u.recordTable(r.kind)+" where id = $1", r.id); err != nil {
					return err
				}
			case r.kind == millrace.KindSpend:
				costs = append(costs, u.spendRow(r)...)
			default:
				args = append(args, r.id, int64(r.kind), r.traits.text(millrace.TraitName), r.traits.encode())
			}
		}
		if _, err := u.tx.InsertMany(u.ctx, "/* record.write */ insert into "+u.t.record+" (id, kind, name, traits)", 4, upsert("id, kind, name, traits"), args); err != nil {
			return err
		}
		if _, err := u.tx.InsertMany(u.ctx, "/* spend.write */ insert into "+u.t.spend+" ("+spendColumns+")", 16, upsert(spendColumns), costs); err != nil {
			return err
		}
	}
	return nil
}

// recordSlice is how many records are written, or folded again, together.
const recordSlice = 1000

func (u *unit) spendRow(r *record) []any {
	t := r.traits
	from := dayOf(t.text(millrace.TraitFrom))
	to := max(from, dayOf(t.text(millrace.TraitTo)))
	currency := strings.ToUpper(t.text(millrace.TraitCurrency))
	if currency == "" {
		currency = u.rules.Document().Workspace.Currency
	}
	amount, _ := millrace.ParseMoney(t.text(millrace.TraitAmount), currency) // an unreadable one is refused before it becomes a fact
	category := t.text(millrace.TraitCategory)
	if category == "" {
		category = "media"
	}
	return []any{r.id, from, to, t.text(millrace.TraitPlatform), t.text(millrace.TraitChannel), t.text(millrace.TraitSource), t.text(millrace.TraitMedium),
		t.text(millrace.TraitCampaign), category, currency, amount.Minor, int64(t.number(millrace.TraitImpressions)), int64(t.number(millrace.TraitClicks)),
		int64(t.number(millrace.TraitReach)), int64(t.number(millrace.TraitLeads)), t.encode()}
}

// dayOf is the number of days from 1970-01-01 to a calendar day, 0 for what is none.
func dayOf(s string) int64 {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0
	}
	return t.Unix() / 86400
}
