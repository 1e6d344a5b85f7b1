package engine

import (
	"database/sql"
	"strconv"

	"millrace"
	"millrace/internal/db"
)

// standing is where a contact or an account stands.
type standing struct {
	stage    millrace.Stage
	stageAt  millrace.Time // since when; 0: from the beginning, or nothing says
	stageSeq int64         // of the latest stage fact, 0 for none
	cooledAt millrace.Time // no new MQL before
}

// course is where a contact or an account stands by what was decided and by its deals.
type course struct {
	standing
	decided standing      // what was decided, which deals may go before
	dealDue millrace.Time // when a deal moves it next by itself, 0 for never
}

// enter takes what was decided in.
func (c *course) enter(s standing) { c.standing, c.decided = s, s }

// byDeals says whether deals put it elsewhere than where it was decided to.
func (c *course) byDeals() bool { return c.standing != c.decided }

// An account stands where its deals say, once it has any, and a contact where those say that they have a part in; before them and after the last
// was lost, where it was decided to. That is a function of the facts, not a decision: a deal that becomes known late, is stated anew, goes with
// its import or comes with another account or contact moves it at once.

// stand works out where it stands by what was decided and by its deals, and when a deal moves it next by itself; after the last open one was lost
// no new MQL comes for so many days. later says whether what was decided came after the moment at which that deal was lost by its record.
func (u *unit) stand(c *course, deals []millrace.DealSpan, cooldownDays int, later func(lost millrace.Time) (bool, error)) error {
	c.standing, c.dealDue = c.decided, 0
	var last *millrace.DealMove
	for _, m := range millrace.DealMoves(deals) {
		if m.At > u.clock {
			c.dealDue = m.At
			break
		}
		last = &m
	}
	if last == nil || c.decided.stage == millrace.StageCustomer && last.Stage != millrace.StageCustomer { // whom the CRM calls a customer stays one
		return nil
	}
	cooled := millrace.Time(0)
	if last.Stage == millrace.StageRecycled {
		if c.decided.stage == millrace.StageDisqualified {
			return nil
		}
		if stays, err := later(last.At); err != nil || stays {
			return err
		}
		if cooled = c.decided.cooledAt; last.At != 0 {
			cooled = max(cooled, last.At+millrace.Time(cooldownDays)*millrace.Day)
		}
	}
	c.standing = standing{last.Stage, last.At, c.decided.stageSeq, cooled}
	return nil
}

// decidedSince says whether a stage was decided after the last open deal was lost. Of a deal that was lost on the same day, of which the record
// gives no time, the latest moment at which that was stated decides.
func (u *unit) decidedSince(d standing, lost millrace.Time, stated func(closed millrace.Time) (millrace.Time, error)) (bool, error) {
	switch {
	case d.stageSeq == 0 || d.stageAt < lost:
		return false, nil
	case d.stageAt >= lost+millrace.Day || lost%millrace.Day != 0 && u.rules.DayStart(u.rules.DayOf(lost)) != lost:
		return true, nil
	}
	at, err := stated(lost)
	return d.stageAt >= at, err
}

func (u *unit) standAccount(a *account, deals []millrace.DealSpan, stated func(closed millrace.Time) (millrace.Time, error)) error {
	return u.stand(&a.course, deals, u.rules.Document().Lifecycle.MQA.CooldownDays, func(lost millrace.Time) (bool, error) {
		return u.decidedSince(a.decided, lost, stated)
	})
}

// standByDeals counts the account's deals by their rows, and works out where it stands.
func (u *unit) standByDeals(a *account) error {
	a.open, a.won, a.lost = 0, 0, 0
	deals, err := db.Collect(u.ctx, u.q, func(rows *sql.Rows) (d millrace.DealSpan, err error) {
		err = rows.Scan(&d.Status, (*int64)(&d.Opened), (*int64)(&d.Closed))
		return d, err
	}, "/* account.opportunities */ select status, opened_at, closed_at from "+u.t.opportunity+" where account = $1", a.id)
	if err != nil {
		return err
	}
	for _, d := range deals {
		switch d.Status {
		case millrace.OpportunityWon:
			a.won++
		case millrace.OpportunityLost:
			a.lost++
		default:
			a.open++
		}
	}
	return u.standAccount(a, deals, func(closed millrace.Time) (at millrace.Time, err error) {
		lost, err := db.Collect(u.ctx, u.q, scanID, "/* account.lost */ select id from "+u.t.opportunity+" where account = $1 and status = $2 and closed_at = $3",
			a.id, int64(millrace.OpportunityLost), int64(closed))
		if err != nil {
			return 0, err
		}
		return u.statedRows(lost)
	})
}

// standByDealsAsOf is standByDeals by what the log knew at the unit's limit. Where a deal stood at the unit's clock its own dates say; one without
// any is there from the first fact about it on.
func (u *unit) standByDealsAsOf(a *account) error {
	opps, err := u.opportunitiesKnown(a.id)
	if err != nil {
		return err
	}
	deals := make([]millrace.DealSpan, 0, len(opps))
	for _, o := range opps {
		deals = append(deals, o.span())
	}
	return u.standAccount(a, deals, func(closed millrace.Time) (at millrace.Time, err error) {
		for i, d := range deals {
			if d.Status == millrace.OpportunityLost && d.Closed == closed {
				at = max(at, opps[i].traits[millrace.TraitStatus].T)
			}
		}
		return at, nil
	})
}

// opportunitiesKnown folds the deals that stood with an account by what the unit knows of identities.
func (u *unit) opportunitiesKnown(account int64) ([]*opportunity, error) {
	idents, err := u.members(account)
	if err != nil {
		return nil, err
	}
	stand := map[int64]struct{}{account: {}} // what the account's identifiers mean in the rows
	ids := make([]int64, len(idents))
	for i, m := range idents {
		ids[i] = m.id
		stand[m.id] = struct{}{}
	}
	if err := db.SelectIn(u.ctx, u.q, "/* account.stands_as */ select entity from "+u.t.resolved+" where %s", "id", ids, func(rows *sql.Rows) error {
		id, err := scanID(rows)
		stand[id] = struct{}{}
		return err
	}); err != nil {
		return nil, err
	}
	var rows []int64
	if err := db.SelectIn(u.ctx, u.q, "/* account.opportunities_known */ select id from "+u.t.opportunity+" where %s", "account", sortedKeys(stand), func(r *sql.Rows) error {
		id, err := scanID(r)
		rows = append(rows, id)
		return err
	}); err != nil {
		return nil, err
	}
	var out []*opportunity
	for _, id := range rows {
		o, err := u.opportunityKnown(id)
		if err != nil {
			return nil, err
		}
		if o != nil && o.account == account {
			out = append(out, o)
		}
	}
	return out, nil
}

// opportunityKnown folds a deal from what the log knew at the unit's limit, nil when nothing was.
func (u *unit) opportunityKnown(id int64) (*opportunity, error) {
	facts, err := u.opportunityFacts(id)
	if err != nil || len(facts) == 0 {
		return nil, err
	}
	o := &opportunity{id: id, traits: traits{}}
	first := facts[0].OccurredAt
	for i := range facts {
		first = min(first, facts[i].OccurredAt)
	}
	if err := u.foldOpportunity(o, facts); err != nil {
		return nil, err
	}
	if first > u.clock && timeTrait(o.traits, millrace.TraitOpenedAt) == 0 && timeTrait(o.traits, millrace.TraitClosedAt) == 0 {
		return nil, nil
	}
	if ref := o.traits.text(refTrait); ref != "" {
		if o.accountRef, err = strconv.ParseInt(ref, 10, 64); err != nil {
			return nil, err
		}
		o.account, err = u.entityOf(o.accountRef)
	}
	return o, err
}

// span is the deal as far as it moves its account and the people in it.
func (o *opportunity) span() millrace.DealSpan {
	return millrace.DealSpan{Status: o.status(), Opened: timeTrait(o.traits, millrace.TraitOpenedAt), Closed: timeTrait(o.traits, millrace.TraitClosedAt)}
}

// dealWords say why deals put an account or a person into a stage.
var dealWords = map[millrace.Stage]string{millrace.StageOpportunity: "a deal is open", millrace.StageCustomer: "a deal was won",
	millrace.StageRecycled: "its last open deal was lost"}

// standsBecause says in words why the account or person stands where it does, "" where nothing moved it.
func standsBecause(c course, decisions []DecisionFact) string {
	if c.byDeals() {
		return dealWords[c.stage]
	}
	for i := range decisions {
		if decisions[i].Position == c.stageSeq {
			return decisions[i].Reason
		}
	}
	return ""
}
