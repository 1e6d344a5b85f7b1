package engine

import (
	"database/sql"
	"slices"

	"millrace"
	"millrace/internal/db"
)

// partRow is a row of who is in a deal, with the deal as far as it moves people.
type partRow struct {
	deal int64
	span millrace.DealSpan
	word millrace.DealWord
}

const partColumns = "o.id, x.contact, x.since, x.part, o.status, o.opened_at, o.closed_at"

func scanPart(rows *sql.Rows) (r partRow, contact int64, err error) {
	err = rows.Scan(&r.deal, &contact, (*int64)(&r.word.At), &r.word.In, &r.span.Status, (*int64)(&r.span.Opened), (*int64)(&r.span.Closed))
	return r, contact, err
}

// dealsOf are the deals that somebody of these rows, which are ordered by deal, has a part in at a moment, each as far as it moves them, and the
// next moment at which a part begins or ends, 0 for none.
func dealsOf(rows []partRow, clock millrace.Time) (ids []int64, spans []millrace.DealSpan, next millrace.Time) {
	for len(rows) > 0 {
		deal, span := rows[0].deal, rows[0].span
		var words []millrace.DealWord
		for ; len(rows) > 0 && rows[0].deal == deal; rows = rows[1:] {
			words = append(words, rows[0].word)
			if at := rows[0].word.At; at > clock {
				next = earlier(next, at)
			}
		}
		if since, in := millrace.PartInDeal(words, clock); in {
			ids, spans = append(ids, deal), append(spans, span.From(since))
		}
	}
	return ids, spans, next
}

// standPersons works out where those stand whose deals changed, or moved them by now.
func (u *unit) standPersons() error {
	for id, p := range u.persons {
		if p.dealDue != 0 && p.dealDue <= u.clock {
			u.restand[id] = struct{}{}
		}
	}
	ids := slices.DeleteFunc(sortedKeys(u.restand), func(id int64) bool {
		_, gone := u.gone[id]
		return gone
	})
	if err := u.loadPersons(absent(u, u.c.persons, slices.Clone(ids))); err != nil {
		return err
	}
	for _, id := range ids {
		if _, known := u.c.persons.get(id); !known { // a deal names an address of which nothing else is known
			continue
		}
		p, err := u.person(id)
		if err != nil {
			return err
		}
		rows, err := u.partsInRows(id)
		if err != nil {
			return err
		}
		if err := u.standByParts(p, rows, u.statedRows); err != nil {
			return err
		}
	}
	return nil
}

// standByParts works out where the person stands by the rows of who is in deals, which are ordered by deal; stated gives the latest moment at
// which one of the deals was stated to stand as it does.
func (u *unit) standByParts(p *person, rows []partRow, stated func(deals []int64) (millrace.Time, error)) error {
	deals, spans, next := dealsOf(rows, u.clock)
	err := u.stand(&p.course, spans, u.rules.Document().Lifecycle.MQL.CooldownDays, func(lost millrace.Time) (bool, error) {
		if p.decided.stageSeq == 0 || p.decided.stageAt < lost {
			return false, nil
		}
		d, _, err := u.decisionAt(p.decided.stageSeq)
		if err != nil {
			return false, err
		}
		if d.Reason == importedReason && (d.Stage == millrace.StageOpportunity || d.Stated != 0) {
			return NewsAfter(d.Stage, d.Stated, lost), nil
		}
		return u.decidedSince(p.decided, lost, func(closed millrace.Time) (millrace.Time, error) {
			var these []int64
			for i, s := range spans {
				if s.Status == millrace.OpportunityLost && s.Closed == closed {
					these = append(these, deals[i])
				}
			}
			return stated(these)
		})
	})
	p.named, p.dealDue = len(rows) > 0, earlier(p.dealDue, next)
	return err
}

// partsInRows are the rows of deals that name the person, ordered by deal.
func (u *unit) partsInRows(person int64) ([]partRow, error) {
	ids, err := u.memberIDs(person)
	if err != nil {
		return nil, err
	}
	var out []partRow
	if err := db.SelectIn(u.ctx, u.q, "/* contact.deals */ select "+partColumns+" from "+u.t.opportunityContact+" x join "+u.t.opportunity+" o on o.id = x.opportunity where %s",
		"x.contact", ids, func(rows *sql.Rows) error {
			r, _, err := scanPart(rows)
			out = append(out, r)
			return err
		}); err != nil {
		return nil, err
	}
	slices.SortFunc(out, func(a, b partRow) int { return int(a.deal - b.deal) })
	return out, nil
}

// statedRows gives the latest moment at which one of the deals was stated to stand as it does, by their rows.
func (u *unit) statedRows(deals []int64) (at millrace.Time, err error) {
	err = db.SelectIn(u.ctx, u.q, "/* opportunity.stated */ select traits from "+u.t.opportunity+" where %s", "id", deals, func(rows *sql.Rows) error {
		var text string
		if err := rows.Scan(&text); err != nil {
			return err
		}
		t, err := decodeTraits(text)
		at = max(at, t[millrace.TraitStatus].T)
		return err
	})
	return at, err
}

// standByDealsNow works out where a person stands for who reads: by the rows, or by what the log knew at the unit's limit.
func (u *unit) standByDealsNow(p *person) error {
	if u.now {
		rows, err := u.partsInRows(p.id)
		if err != nil {
			return err
		}
		return u.standByParts(p, rows, u.statedRows)
	}
	ids, err := u.memberIDs(p.id)
	if err != nil {
		return err
	}
	var deals []int64
	if err := db.SelectIn(u.ctx, u.q, "/* contact.deals_known */ select distinct opportunity from "+u.t.opportunityContact+" where %s", "contact", ids, func(rows *sql.Rows) error {
		id, err := scanID(rows)
		deals = append(deals, id)
		return err
	}); err != nil {
		return err
	}
	slices.Sort(deals)
	var rows []partRow
	at := map[int64]millrace.Time{}
	for _, id := range slices.Compact(deals) {
		o, err := u.opportunityKnown(id)
		if err != nil {
			return err
		}
		if o == nil {
			continue
		}
		at[id] = o.traits[millrace.TraitStatus].T
		parties, err := o.parties()
		if err != nil {
			return err
		}
		for _, party := range parties {
			if slices.Contains(ids, party.contact) {
				rows = append(rows, partRow{id, o.span(), party.DealWord})
			}
		}
	}
	return u.standByParts(p, rows, func(deals []int64) (latest millrace.Time, err error) {
		for _, id := range deals {
			latest = max(latest, at[id])
		}
		return latest, nil
	})
}

// memberIDs are all identifiers of a contact.
func (u *unit) memberIDs(contact int64) ([]int64, error) {
	idents, err := u.members(contact)
	ids := make([]int64, len(idents))
	for i := range idents {
		ids[i] = idents[i].id
	}
	return ids, err
}
