package engine

import (
	"strconv"
	"strings"
	"time"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/eventlog"
)

// record is a rep, a product, a contract, a target, an exchange rate or what something cost, as folded from the facts that state it. The
// latest statement of each trait holds.
type record struct {
	id     int64
	kind   millrace.Kind
	traits traits
}

// recordKinds are the kinds of record by the letter of their identifiers.
var recordKinds = map[byte]millrace.Kind{kindRep: millrace.KindRep, kindProduct: millrace.KindProduct, kindSpend: millrace.KindSpend,
	kindContract: millrace.KindContract, kindTarget: millrace.KindTarget, kindRate: millrace.KindRate}

// isRecord says whether facts of the kind state a record.
func isRecord(k millrace.Kind) bool {
	switch k {
	case millrace.KindRep, millrace.KindProduct, millrace.KindSpend, millrace.KindContract, millrace.KindTarget, millrace.KindRate:
		return true
	}
	return false
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
	if r, ok := u.records[id]; ok {
		return r, nil
	}
	r := &record{id: id, kind: kind, traits: traits{}}
	u.records[id] = r
	if u.fresh(id) {
		return r, nil
	}
	table := u.t.record
	if kind == millrace.KindSpend {
		table = u.t.spend
	}
	var t string
	found, err := db.One(u.ctx, u.q, []any{&t}, "/* record.load */ select traits from "+table+" where id = $1", id)
	if found && err == nil {
		r.traits, err = decodeTraits(t)
	}
	return r, err
}

// refoldRecord folds a record again from the facts that stand.
func (u *unit) refoldRecord(i *ident, facts []personFact) error {
	rec := &record{id: i.id, kind: recordKinds[i.kind()], traits: traits{}}
	for k := range facts {
		at, err := u.restatedAt(&facts[k].Row)
		if err != nil {
			return err
		}
		rec.state(&facts[k].Row, at)
	}
	u.records[i.id] = rec
	return nil
}

func (u *unit) writeRecords() error {
	var args, costs []any
	for _, r := range sortedByID(u.records) {
		table := u.t.record
		if r.kind == millrace.KindSpend {
			table = u.t.spend
		}
		switch {
		case len(r.traits) == 0:
			if _, err := u.tx.Exec(u.ctx, "/* record.delete */ delete from "+table+" where id = $1", r.id); err != nil {
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
	_, err := u.tx.InsertMany(u.ctx, "/* spend.write */ insert into "+u.t.spend+" ("+spendColumns+")", 16, upsert(spendColumns), costs)
	return err
}

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
