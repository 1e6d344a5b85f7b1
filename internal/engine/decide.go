package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"strconv"
	"time"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/eventlog"
)

// Decision is the payload of a stage fact: what was decided, under which playbook, and the figures it was decided on. It holds no names.
type Decision struct {
	Of            string         `json:"of"` // contact or account
	Stage         millrace.Stage `json:"stage"`
	Previous      millrace.Stage `json:"previous"`
	Reason        string         `json:"reason"`
	Playbook      string         `json:"playbook"`
	Intent        string         `json:"intent,omitempty"` // points with three decimals
	Threshold     int            `json:"threshold,omitempty"`
	ICP           string         `json:"icp,omitempty"`
	Grade         string         `json:"grade,omitempty"`
	FitPoints     int            `json:"fit_points,omitempty"`
	RolesEngaged  int            `json:"roles_engaged,omitempty"`
	CooldownUntil millrace.Time  `json:"cooldown_until,omitempty"` // until then the playbook's bars move nobody: not up out of nurture, not out of a stated MQL
	Stated        millrace.Time  `json:"stated,omitempty"`         // of a stage that a CRM's record states: when it was written down
	ByDeals       bool           `json:"by_deals,omitempty"`       // deals, and no decision, had put it where it stood before
	// Of what sales decided.
	Act        Act               `json:"act,omitempty" enum:"accept,reject,qualify,undo"` // "" for a decision of the playbook's or of an imported record
	By         string            `json:"by,omitempty"`
	Note       string            `json:"note,omitempty"`
	ReasonCode string            `json:"reason_code,omitempty"` // of a rejection: one of the playbook's
	Evidence   map[string]string `json:"evidence,omitempty"`    // of a qualification: what was found out, by the playbook's fields
	// Where it stood before, for undo: since when, and until when it was in cool-down.
	PreviousAt       millrace.Time `json:"previous_at,omitempty"`
	PreviousCooldown millrace.Time `json:"previous_cooldown_until,omitempty"`
	Since            millrace.Time `json:"since,omitempty"`  // the stage counts from then; 0: from when this was decided
	Undoes           int64         `json:"undoes,omitempty"` // of an undo: the position of the decision that is taken back
}

// Points writes thousandths of a point as a decimal with three digits.
func Points(milli int64) string {
	sign := ""
	if milli < 0 {
		sign, milli = "-", -milli
	}
	frac := strconv.FormatInt(milli%1000+1000, 10)[1:]
	return sign + strconv.FormatInt(milli/1000, 10) + "." + frac
}

// enterStage replays a stage fact. What the playbook decided of one of two that were merged since ends nothing that sales holds of the other; what it
// decided after the last deal was lost does.
func (u *unit) enterStage(s *standing, r *eventlog.Row) {
	var d Decision
	if json.Unmarshal(eventlog.Data(r.Body), &d) != nil || held(s.stage) && d.bySelf() && !d.ByDeals {
		return
	}
	*s = standing{d.Stage, cmp.Or(d.Since, r.OccurredAt), r.Seq, d.CooldownUntil}
}

// held says whether sales holds an episode in this stage: it doesn't end by fading.
func held(s millrace.Stage) bool { return s == millrace.StageAccepted || s == millrace.StageSQL }

// importedReason is the reason of a stage that a CRM's record states.
const importedReason = "the imported record says so"

// NewsAfter says whether a stage that a CRM's record stated is news after the person's last open deal was lost: not what the record said before or on
// the day of that, and not that there is an opportunity, which the deals say themselves.
func NewsAfter(s millrace.Stage, stated, lost millrace.Time) bool {
	return s != millrace.StageOpportunity && stated >= lost+millrace.Day
}

// bySelf says whether the playbook's rules decided it.
func (d *Decision) bySelf() bool { return d.Act == "" && d.Reason != importedReason }

// decision appends a stage fact about an entity to what the unit will write, and gives its position.
func (u *unit) decision(entity int64, d Decision) (int64, error) {
	d.Playbook = u.playbookVersion
	if u.dry {
		u.planned = &d
		return 0, nil
	}
	data, err := json.Marshal(d)
	if err != nil {
		return 0, err
	}
	source, err := u.word("millrace")
	if err != nil {
		return 0, err
	}
	name, err := u.word(d.Stage.String())
	if err != nil {
		return 0, err
	}
	u.seq++
	e := millrace.Event{Data: data}
	u.decisions = append(u.decisions, eventlog.Row{Seq: u.seq, Kind: millrace.KindStage, Subject: entity, Name: name, Source: source,
		OccurredAt: u.clock, ReceivedAt: u.clock, Body: eventlog.Body(&e, "", "", "")})
	return u.seq, nil
}

// decidePersons lets the touched people enter and leave the MQL stage by the ruling playbook, and sets the moment at which the next such
// change would come by itself.
func (u *unit) decidePersons() error {
	for _, p := range sortedByID(u.persons) {
		if !u.frozen {
			if err := u.decidePerson(p); err != nil {
				return err
			}
		}
		p.dueAt = u.personDue(p)
	}
	return nil
}

func (u *unit) decidePerson(p *person) error {
	if imported, ok := u.importedStage(p); ok && (imported > p.stage || p.stage == millrace.StageRecycled) {
		old, err := u.overtakenWord(p)
		if err != nil {
			return err
		}
		if !old {
			d := u.personDecision(p, imported, importedReason)
			d.Stated = p.traits[millrace.TraitLifecycle].T
			if imported == millrace.StageMQL {
				d.CooldownUntil = u.clock + u.statedHolds()
			}
			return u.enterImported(p, d)
		}
	}
	if d, moves := u.judgePerson(p); moves {
		return u.enterPerson(p, d)
	}
	return nil
}

// statedHolds is how long a person whom a CRM's record calls an MQL stays one whatever the playbook's bars say: as long as an MQL may wait
// to be taken up. The record knows what the log doesn't.
func (u *unit) statedHolds() millrace.Time {
	if days := u.rules.Document().Lifecycle.MQL.ExpireDays; days > 0 {
		return millrace.Time(days) * millrace.Day
	}
	return immediateHolds
}

// overtakenWord says whether the CRM's record stated its stage before sales took the person up, or before they became an MQL again after they had gone
// back to nurture: what the record said then moves nobody now.
func (u *unit) overtakenWord(p *person) (bool, error) {
	if p.stage != millrace.StageMQL && !held(p.stage) || p.traits[millrace.TraitLifecycle].T > p.stageAt {
		return false, nil
	}
	d, _, err := u.decisionAt(p.stageSeq)
	return d.Act != "" || p.stage == millrace.StageMQL && d.Previous == millrace.StageRecycled, err
}

// personDecision is a decision with the figures that it is made on.
func (u *unit) personDecision(p *person, to millrace.Stage, reason string) Decision {
	return Decision{Of: "contact", Stage: to, Previous: p.stage, Reason: reason, Intent: Points(u.rules.Milli(p.state.Epoch, p.state.Sum, u.clock)),
		Threshold: u.rules.Document().Lifecycle.MQL.Intent, ICP: p.icp, Grade: p.grade, FitPoints: p.points, ByDeals: p.byDeals()}
}

// judgePerson says whether the ruling playbook moves the person now, and where.
func (u *unit) judgePerson(p *person) (d Decision, moves bool) {
	q := u.rules.Document().Lifecycle.MQL
	milli := u.rules.Milli(p.state.Epoch, p.state.Sum, u.clock)
	reason := ""
	switch p.stage {
	case millrace.StageLead, millrace.StageRecycled:
		if !p.fit || u.clock < p.cooledAt {
			return d, false
		}
		if id := u.immediate(p, q.Immediate, u.clock); id != "" {
			reason = "fit and " + id
		} else if milli >= int64(q.Intent)*1000 {
			reason = "fit and intent " + Points(milli) + " of " + strconv.Itoa(q.Intent)
		} else {
			return d, false
		}
		return u.personDecision(p, millrace.StageMQL, reason), true
	case millrace.StageMQL:
		switch {
		case u.clock < p.cooledAt: // stated by a CRM's record
			return d, false
		case !p.fit:
			reason = "no longer fits"
		case q.ExpireDays > 0 && u.clock >= p.stageAt+millrace.Time(q.ExpireDays)*millrace.Day:
			reason = "not taken up within " + strconv.Itoa(q.ExpireDays) + " days"
		case milli < int64(q.ExpireBelow)*1000 && !u.holdsImmediate(p, q.Immediate):
			reason = "intent fell to " + Points(milli) + ", below " + strconv.Itoa(q.ExpireBelow)
		default:
			return d, false
		}
		d = u.personDecision(p, millrace.StageRecycled, reason)
		d.CooldownUntil = u.clock + millrace.Time(q.CooldownDays)*millrace.Day
		return d, true
	}
	return d, false
}

func (u *unit) enterPerson(p *person, d Decision) error {
	seq, err := u.decision(p.id, d)
	p.enter(standing{d.Stage, u.clock, seq, d.CooldownUntil})
	return err
}

// enterImported enters the stage that a CRM's record states. The stage fact belongs to the import that brought the record: undone with it.
func (u *unit) enterImported(p *person, d Decision) error {
	if err := u.enterPerson(p, d); err != nil || u.dry {
		return err
	}
	u.decisions[len(u.decisions)-1].Import = u.brought[p.id]
	return nil
}

// importedStage is the stage that the person's CRM record states, ok when it may move the person: whoever went back to nurture is moved only
// by a record newer than that, and to sales or beyond; the disqualified stay so.
func (u *unit) importedStage(p *person) (imported millrace.Stage, ok bool) {
	if !p.loaded || p.stage == millrace.StageDisqualified {
		return 0, false
	}
	s := p.traits.text(millrace.TraitLifecycle)
	if s == "" {
		return 0, false
	}
	if imported, ok = millrace.ParseStage(s); !ok || p.stage != millrace.StageRecycled {
		return imported, ok
	}
	stated := p.traits[millrace.TraitLifecycle].T
	newer := stated > p.stageAt
	if p.byDeals() {
		newer = imported == millrace.StageCustomer || NewsAfter(imported, stated, p.stageAt)
	}
	return imported, newer && imported > millrace.StageMQL && imported != millrace.StageRecycled
}

// immediate is the behaviour that qualifies at once at the clock and was done after the last episode began, "" for none.
func (u *unit) immediate(p *person, ids []string, clock millrace.Time) string {
	for b, behavior := range u.rules.Document().Rubric.Behaviors {
		for _, id := range ids {
			if id == behavior.ID {
				at := p.state.LastOf(b)
				if at > p.stageAt && at > clock-immediateHolds {
					return cmp.Or(behavior.Label, behavior.ID)
				}
			}
		}
	}
	return ""
}

// immediateHolds is how long after it happened a behaviour still qualifies at once, and keeps an episode that it opened from ending by
// low intent: a demo request of last year, imported today, makes nobody ready.
const immediateHolds = 30 * millrace.Day

func (u *unit) holdsImmediate(p *person, ids []string) bool {
	return u.immediateUntil(p, ids) > u.clock
}

func (u *unit) immediateUntil(p *person, ids []string) (until millrace.Time) {
	for b, behavior := range u.rules.Document().Rubric.Behaviors {
		for _, id := range ids {
			if at := p.state.LastOf(b); id == behavior.ID && at != 0 {
				until = max(until, at+immediateHolds)
			}
		}
	}
	return until
}

// overdue marks, in a generation of tables that a rebuild or a new playbook made, whom the next sweep decides on.
const overdue millrace.Time = 1

// personDue is the next moment at which the person's state or stage changes by itself; 0 for never.
func (u *unit) personDue(p *person) millrace.Time {
	if u.frozen {
		if _, moves := u.judgePerson(p); moves {
			return overdue
		}
	}
	q := u.rules.Document().Lifecycle.MQL
	due := earlier(earlier(p.state.Until, p.fitDue), p.dealDue)
	switch p.stage {
	case millrace.StageMQL:
		if q.ExpireDays > 0 {
			due = earlier(due, p.stageAt+millrace.Time(q.ExpireDays)*millrace.Day)
		}
		if p.cooledAt > u.clock {
			return earlier(due, p.cooledAt)
		}
		falls := u.rules.FallsBelow(p.state.Epoch, p.state.Sum, q.ExpireBelow, u.clock)
		if falls != 0 {
			due = earlier(due, max(falls, u.immediateUntil(p, q.Immediate)))
		}
	case millrace.StageRecycled, millrace.StageLead:
		if p.fit && p.cooledAt > u.clock && (u.rules.Milli(p.state.Epoch, p.state.Sum, p.cooledAt) >= int64(q.Intent)*1000 || u.immediate(p, q.Immediate, p.cooledAt) != "") {
			due = earlier(due, p.cooledAt)
		}
	}
	return due
}

func earlier(a, b millrace.Time) millrace.Time {
	if a == 0 || (b != 0 && b < a) {
		return b
	}
	return a
}

// decideAccounts lets the touched accounts enter and leave the MQA stage.
func (u *unit) decideAccounts() error {
	for _, a := range sortedByID(u.accounts) {
		if !u.frozen {
			if err := u.decideAccount(a); err != nil {
				return err
			}
		}
		a.dueAt = u.accountDue(a)
	}
	return nil
}

func (u *unit) decideAccount(a *account) error {
	d, moves := u.judgeAccount(a)
	if !moves {
		return nil
	}
	seq, err := u.decision(a.id, d)
	a.enter(standing{d.Stage, u.clock, seq, d.CooldownUntil})
	return err
}

// judgeAccount says whether the ruling playbook moves the account now, and where.
func (u *unit) judgeAccount(a *account) (d Decision, moves bool) {
	q := u.rules.Document().Lifecycle.MQA
	milli := u.rules.Milli(a.epoch, a.sum, u.clock)
	switch a.stage {
	case millrace.StageLead, millrace.StageRecycled:
		if !a.fit || u.clock < a.cooledAt || a.engaged < q.Roles || milli < int64(q.Intent)*1000 {
			return d, false
		}
		d.Stage = millrace.StageMQL
		d.Reason = "fit, " + strconv.Itoa(a.engaged) + " committee roles engaged and combined intent " + Points(milli) + " of " + strconv.Itoa(q.Intent)
	case millrace.StageMQL:
		switch {
		case !a.fit:
			d.Reason = "no longer fits"
		case q.ExpireDays > 0 && u.clock >= a.stageAt+millrace.Time(q.ExpireDays)*millrace.Day:
			d.Reason = "not taken up within " + strconv.Itoa(q.ExpireDays) + " days"
		case milli < int64(q.ExpireBelow)*1000:
			d.Reason = "combined intent fell to " + Points(milli) + ", below " + strconv.Itoa(q.ExpireBelow)
		default:
			return d, false
		}
		d.Stage, d.CooldownUntil = millrace.StageRecycled, u.clock+millrace.Time(q.CooldownDays)*millrace.Day
	default:
		return d, false
	}
	with := u.accountDecision(a)
	with.Stage, with.Reason, with.CooldownUntil = d.Stage, d.Reason, d.CooldownUntil
	return with, true
}

// accountDecision holds the figures that a decision about an account is made on.
func (u *unit) accountDecision(a *account) Decision {
	return Decision{Of: "account", Previous: a.stage, Intent: Points(u.rules.Milli(a.epoch, a.sum, u.clock)), Threshold: u.rules.Document().Lifecycle.MQA.Intent,
		ICP: a.icp, Grade: a.grade, FitPoints: a.points, RolesEngaged: a.engaged, ByDeals: a.byDeals()}
}

func (u *unit) accountDue(a *account) millrace.Time {
	if u.frozen {
		if _, moves := u.judgeAccount(a); moves {
			return overdue
		}
	}
	l := u.rules.Document()
	q := l.Lifecycle.MQA
	due := earlier(a.fitDue, a.dealDue)
	for _, at := range a.roles { // the day on which a role stops being engaged
		if end := u.rules.DayStart(u.rules.DayOf(at) + int32(l.Committee.EngagedWithinDays) + 1); end > u.clock {
			due = earlier(due, end)
		}
	}
	switch a.stage {
	case millrace.StageMQL:
		if q.ExpireDays > 0 {
			due = earlier(due, a.stageAt+millrace.Time(q.ExpireDays)*millrace.Day)
		}
		due = earlier(due, u.rules.FallsBelow(a.epoch, a.sum, q.ExpireBelow, u.clock))
	case millrace.StageRecycled, millrace.StageLead:
		if a.fit && a.cooledAt > u.clock && u.rules.Milli(a.epoch, a.sum, a.cooledAt) >= int64(q.Intent)*1000 {
			due = earlier(due, a.cooledAt)
		}
	}
	return due
}

// Sweep folds and decides on everything that was due by the clock: windows that ended, intent that fell, episodes that expired,
// cool-downs that ended. It is what the recurring job calls; it gives the number of subjects it visited.
func (e *Engine) Sweep(ctx context.Context, clock millrace.Time) (int, error) {
	total := 0
	for slice := sweepPace.most / 4; ctx.Err() == nil; {
		n, more := 0, false
		var began time.Time
		err := e.write(ctx, clock, func(u *unit) error {
			began = time.Now()
			people, err := db.Collect(u.ctx, u.q, scanID, "/* sweep.people */ select id from "+u.t.contactScore+" where due_at > 0 and due_at <= $1 order by due_at limit $2", int64(u.clock), slice)
			if err != nil {
				return err
			}
			for _, id := range people {
				p, err := u.person(id)
				if err != nil {
					return err
				}
				if err := u.advance(p); err != nil {
					return err
				}
			}
			accounts, err := db.Collect(u.ctx, u.q, scanID, "/* sweep.accounts */ select id from "+u.t.accountScore+" where due_at > 0 and due_at <= $1 order by due_at limit $2", int64(u.clock), slice)
			if err != nil {
				return err
			}
			for _, id := range accounts {
				if _, err := u.account(id); err != nil {
					return err
				}
			}
			n, more = len(people)+len(accounts), len(people) == slice || len(accounts) == slice
			return nil
		})
		if err != nil {
			return total, err
		}
		if total += n; !more {
			return total, nil
		}
		took := time.Since(began)
		slice = sweepPace.next(slice, took)
		select {
		case <-time.After(took / 8): // for writers of other processes, as in replay.write
		case <-ctx.Done():
		}
	}
	return total, ctx.Err()
}
