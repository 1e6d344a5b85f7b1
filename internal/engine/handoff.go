package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"millrace"
	"millrace/internal/eventlog"
	"millrace/internal/playbook"
)

// Act is what sales does with a lead or an account.
type Act string

// The acts.
const (
	ActAccept  Act = "accept"
	ActReject  Act = "reject"
	ActQualify Act = "qualify"
	ActUndo    Act = "undo"
)

// Doing is an act of somebody's on a contact or an account.
type Doing struct {
	Who  string // as for Explain
	By   string // who does it
	Note string
	// Saw is the position of the stage decision that the person who acts was shown, 0 when there was none. When another one was made since,
	// the act is refused with Conflict. nil asks for no such care.
	Saw *int64
}

// Standing is where a contact or an account stands after an act.
type Standing struct {
	Of            string         `json:"of" enum:"contact,account"`
	ID            string         `json:"id"`
	Stage         millrace.Stage `json:"stage"`
	Previous      millrace.Stage `json:"previous"`
	At            millrace.Time  `json:"stage_at"`
	Position      int64          `json:"stage_position" doc:"Of the decision: what the next act's form saw"`
	CooldownUntil millrace.Time  `json:"cooldown_until"`
	Owner         string         `json:"owner"`
}

// moves says for each act which stages it is allowed from ("") and, for the others, what to do instead.
var moves = map[Act]map[millrace.Stage]string{
	ActAccept: {
		millrace.StageLead: "", millrace.StageMQL: "", millrace.StageRecycled: "",
		millrace.StageDisqualified: "", // with a note: see Accept
		millrace.StageAccepted:     "it is accepted already",
		millrace.StageSQL:          "it is past the hand-off already",
		millrace.StageOpportunity:  "it has an opportunity already",
		millrace.StageCustomer:     "it is a customer already",
	},
	ActReject: {
		millrace.StageLead: "", millrace.StageMQL: "", millrace.StageAccepted: "", millrace.StageSQL: "",
		millrace.StageRecycled:     "", // to disqualify: see Reject
		millrace.StageDisqualified: "it is disqualified already",
		millrace.StageOpportunity:  "it has an opportunity: close that as lost instead",
		millrace.StageCustomer:     "it is a customer: nothing is left to reject",
	},
	ActQualify: {
		millrace.StageAccepted: "", millrace.StageSQL: "", // again: better evidence
		millrace.StageLead:         "accept it first",
		millrace.StageMQL:          "accept it first",
		millrace.StageRecycled:     "accept it first",
		millrace.StageDisqualified: "it is disqualified: accept it again first, and say why",
		millrace.StageOpportunity:  "it has an opportunity already",
		millrace.StageCustomer:     "it is a customer already",
	},
}

// holder of a stage: a contact or an account on which somebody acts.
type holder struct {
	u      *unit
	id     int64
	what   Decision // with the figures of the moment; Stage and Reason are the act's
	stands *course
	traits traits
	dirty  func()
	days   int // of cool-down by the playbook
}

// Accept takes a lead or an account up for sales: StageAccepted. It is allowed from lead, MQL and recycled, and from disqualified with a
// note. owner, where not "", becomes the owner of what has none. Errors are NotFound; Conflict, which says what to do instead; Invalid.
func (e *Engine) Accept(ctx context.Context, d Doing, owner string) (Standing, error) {
	const op = "engine.Accept"
	return e.act(ctx, op, ActAccept, d, func(h *holder) error {
		if h.stands.stage == millrace.StageDisqualified && d.Note == "" {
			return millrace.FieldErrorf(op, "note", "it was disqualified: say why it is taken up again")
		}
		h.what.Reason = "sales accepted it"
		if owner = strings.TrimSpace(owner); owner != "" && h.traits.text(millrace.TraitOwner) == "" {
			if err := h.assign(owner, d.By, ""); err != nil {
				return err
			}
		}
		return h.enter(millrace.StageAccepted)
	})
}

// Reject gives a lead or an account back with one of the playbook's reasons: to "nurture", with the playbook's cool-down, or "disqualify";
// "" is what the playbook says of the reason. It is allowed from lead, MQL, accepted and SQL; recycled can be disqualified. Errors as Accept.
func (e *Engine) Reject(ctx context.Context, d Doing, reason, to string) (Standing, error) {
	const op = "engine.Reject"
	return e.act(ctx, op, ActReject, d, func(h *holder) error {
		reasons := h.u.rules.Document().Lifecycle.RejectReasons()
		i := slices.IndexFunc(reasons, func(r playbook.RejectReason) bool { return r.ID == reason })
		if i < 0 {
			ids := make([]string, len(reasons))
			for n, r := range reasons {
				ids[n] = r.ID
			}
			return millrace.FieldErrorf(op, "reason", "%q is none of the playbook's reasons: %s", reason, strings.Join(ids, ", "))
		}
		h.what.Reason, h.what.ReasonCode = "sales rejected it: "+cmp.Or(reasons[i].Label, reason), reason
		switch to = cmp.Or(to, reasons[i].To, playbook.ToNurture); {
		case to == playbook.ToDisqualify:
			return h.enter(millrace.StageDisqualified)
		case to != playbook.ToNurture:
			return millrace.FieldErrorf(op, "to", "%q is neither nurture nor disqualify", to)
		case h.stands.stage == millrace.StageRecycled:
			return millrace.Errorf(millrace.Conflict, op, "it is back in nurture already: it can only be disqualified")
		}
		h.what.CooldownUntil = h.u.clock + millrace.Time(h.days)*millrace.Day
		return h.enter(millrace.StageRecycled)
	})
}

// Qualify makes an SQL of what sales accepted, with the evidence that the playbook asks for, by field. Without all of it nothing is saved:
// Invalid names the first field that is missing. Of an SQL it records better evidence. Other errors as Accept.
func (e *Engine) Qualify(ctx context.Context, d Doing, evidence map[string]string) (Standing, error) {
	const op = "engine.Qualify"
	return e.act(ctx, op, ActQualify, d, func(h *holder) error {
		q := h.u.rules.Document().Lifecycle.SQL
		h.what.Evidence = map[string]string{}
		for _, field := range q.Evidence {
			text := strings.TrimSpace(evidence[field])
			if text == "" {
				return millrace.FieldErrorf(op, "evidence."+field, "an SQL needs evidence of %s: what was found out?", strings.ReplaceAll(field, "_", " "))
			}
			h.what.Evidence[field] = text
		}
		for field, text := range evidence {
			if !slices.Contains(q.Evidence, field) {
				return millrace.FieldErrorf(op, "evidence."+field, "the playbook asks for %s", strings.Join(q.Evidence, ", "))
			}
			if err := prose(op, "evidence."+field, text); err != nil {
				return err
			}
		}
		h.what.Reason = "sales qualified it"
		if h.stands.stage == millrace.StageSQL {
			h.what.Reason, h.what.Since = "sales recorded better evidence", h.stands.stageAt
		}
		return h.enter(millrace.StageSQL)
	})
}

// Undo takes back what sales decided last, by a further fact: it stands where it stood before, since when it stood there. Conflict when the
// latest decision was none of sales'.
func (e *Engine) Undo(ctx context.Context, d Doing) (Standing, error) {
	const op = "engine.Undo"
	return e.act(ctx, op, ActUndo, d, func(h *holder) error {
		last, _, err := h.u.decisionAt(h.stands.stageSeq)
		if err != nil {
			return err
		}
		if h.stands.byDeals() {
			return millrace.Errorf(millrace.Conflict, op, "there is no decision of sales' to take back: %s since then", dealWords[h.stands.stage])
		}
		if last.Act == "" || last.Act == ActUndo {
			return millrace.Errorf(millrace.Conflict, op, "there is no decision of sales' to take back: %s", last.words())
		}
		h.what.Reason, h.what.Undoes = UndoReason, h.stands.stageSeq
		h.what.Since, h.what.CooldownUntil = last.PreviousAt, last.PreviousCooldown
		return h.enter(last.Previous)
	})
}

// UndoReason is the reason of a stage fact that takes the one before it back.
const UndoReason = "taken back"

// Assign gives contacts and accounts an owner, "" for none; all of them or, on an error, none. saw, where not nil, is the owner that the form
// showed: Conflict when it is another by now. Errors are NotFound, Conflict and Invalid.
func (e *Engine) Assign(ctx context.Context, who []string, owner, by, note string, saw *string) ([]Standing, error) {
	const op = "engine.Assign"
	var out []Standing
	owner = strings.TrimSpace(owner)
	err := e.careful(ctx, func(u *unit) error {
		if err := cmp.Or(oneLine(op, "owner", owner), oneLine(op, "by", by), prose(op, "note", note)); err != nil {
			return err
		}
		holders := make([]*holder, len(who))
		for i, w := range who {
			h, err := u.holder(op, w)
			if err != nil {
				return err
			}
			if has := h.traits.text(millrace.TraitOwner); saw != nil && *saw != has {
				return millrace.Errorf(millrace.Conflict, op, "it was given to %s since you looked: look at it again, then decide", cmp.Or(has, "nobody"))
			}
			holders[i] = h
		}
		for _, h := range holders {
			if h.traits.text(millrace.TraitOwner) != owner {
				if err := h.assign(owner, by, note); err != nil {
					return err
				}
			}
			out = append(out, h.standing())
		}
		return nil
	})
	return out, err
}

// act does one act.
func (e *Engine) act(ctx context.Context, op string, a Act, d Doing, do func(h *holder) error) (out Standing, err error) {
	err = e.careful(ctx, func(u *unit) error {
		if err := cmp.Or(oneLine(op, "by", d.By), prose(op, "note", d.Note)); err != nil {
			return err
		}
		h, err := u.holder(op, d.Who)
		if err != nil {
			return err
		}
		instead := moves[a][h.stands.stage]
		if d.Saw != nil && *d.Saw != h.stands.stageSeq || instead != "" {
			last, _, err := u.decisionAt(h.stands.stageSeq)
			if err != nil {
				return err
			}
			if instead == "" {
				instead = "look at it again, then decide"
			}
			before := last.words()
			if h.stands.byDeals() {
				before = dealWords[h.stands.stage]
			}
			return millrace.Errorf(millrace.Conflict, op, "%s; %s", before, instead)
		}
		h.what.Act, h.what.By, h.what.Note = a, d.By, d.Note
		err = do(h)
		out = h.standing()
		return err
	})
	return out, err
}

// careful is write for acts that refuse before they change anything: a refusal leaves the caches as they are.
func (e *Engine) careful(ctx context.Context, fn func(u *unit) error) (refused error) {
	err := e.write(ctx, 0, func(u *unit) error {
		err := fn(u)
		switch millrace.ErrorCode(err) {
		case millrace.Conflict, millrace.Invalid, millrace.NotFound:
			refused = err
			return nil
		}
		return err
	})
	return cmp.Or(err, refused)
}

// words say what was decided last, for somebody who comes second.
func (d *Decision) words() string {
	switch {
	case d.Stage == millrace.StageLead && d.Reason == "":
		return "nothing was decided yet"
	case d.By != "":
		return d.By + ": " + d.Reason
	}
	return "it became " + d.Stage.String() + ": " + d.Reason
}

// decisionAt reads the stage fact at a position, the zero Decision for 0.
func (u *unit) decisionAt(seq int64) (d Decision, at millrace.Time, err error) {
	if seq == 0 {
		return d, 0, nil
	}
	for i := range u.decisions { // made in this very unit
		if r := &u.decisions[i]; r.Seq == seq {
			return d, r.OccurredAt, json.Unmarshal(eventlog.Data(r.Body), &d)
		}
	}
	err = eventlog.At(u.ctx, u.q, []int64{seq}, func(r *eventlog.Row) error {
		at = r.OccurredAt
		return json.Unmarshal(eventlog.Data(r.Body), &d)
	})
	return d, at, err
}

// holder finds whom an act is about.
func (u *unit) holder(op, who string) (*holder, error) {
	i, err := u.find(who)
	if err != nil {
		return nil, err
	}
	q := u.rules.Document().Lifecycle
	switch {
	case personKind(i.kind()):
		p, err := u.person(i.entity)
		if err != nil {
			return nil, err
		}
		if p.isNew {
			return nil, millrace.Errorf(millrace.NotFound, op, "nothing is known of %q any more", who)
		}
		err = u.loadProfile(p)
		return &holder{u: u, id: p.id, what: u.personDecision(p, 0, ""), stands: &p.course,
			traits: p.traits, dirty: func() { p.profileDirty, p.fitDirty = true, true }, days: q.MQL.CooldownDays}, err
	case accountKind(i.kind()):
		a, err := u.account(i.entity)
		if err != nil {
			return nil, err
		}
		if a.isNew {
			return nil, millrace.Errorf(millrace.NotFound, op, "nothing is known of %q any more", who)
		}
		err = u.loadAccountProfile(a)
		return &holder{u: u, id: a.id, what: u.accountDecision(a), stands: &a.course,
			traits: a.traits, dirty: func() { a.profileDirty, a.fitDirty = true, true }, days: q.MQA.CooldownDays}, err
	}
	return nil, millrace.Errorf(millrace.Invalid, op, "%q is neither a person nor an account", who)
}

func (h *holder) standing() Standing {
	s := Standing{Of: h.what.Of, ID: ContactID(h.id), Stage: h.stands.stage, Previous: h.what.Previous, At: h.stands.stageAt, Position: h.stands.stageSeq, CooldownUntil: h.stands.cooledAt,
		Owner: h.traits.text(millrace.TraitOwner)}
	if s.Of == "account" {
		s.ID = AccountID(h.id)
	}
	return s
}

// enter makes the stage fact.
func (h *holder) enter(to millrace.Stage) error {
	d := &h.what
	d.Stage, d.Previous, d.PreviousAt, d.PreviousCooldown = to, h.stands.stage, h.stands.stageAt, h.stands.cooledAt
	seq, err := h.u.decision(h.id, *d)
	if err != nil {
		return err
	}
	h.stands.enter(standing{to, cmp.Or(d.Since, h.u.clock), seq, d.CooldownUntil})
	return nil
}

// assign makes the fact that somebody else has it. It is later than every statement of the owner that was known when it was made.
func (h *holder) assign(owner, by, note string) error {
	u := h.u
	last := h.traits[millrace.TraitOwner]
	at := max(u.clock, last.T+1)
	b, err := json.Marshal(map[string]string{"owner": owner, "previous": h.traits.text(millrace.TraitOwner), "by": by, "note": note})
	if err != nil {
		return err
	}
	source, err := u.word("millrace")
	if err != nil {
		return err
	}
	u.seq++
	u.decisions = append(u.decisions, eventlog.Row{Seq: u.seq, Kind: millrace.KindAssigned, Subject: h.id, Source: source, OccurredAt: at, ReceivedAt: u.clock,
		Body: eventlog.Body(&millrace.Event{Data: b}, "", "", "")})
	h.traits.mergeOne(millrace.TraitOwner, stamped{owner, at})
	h.dirty()
	return nil
}

// assigned takes an assignment in: a statement of the owner like the CRM's, of the moment when it was made.
func (t traits) assigned(r *eventlog.Row) {
	var a Assignment
	if json.Unmarshal(eventlog.Data(r.Body), &a) == nil {
		t.mergeOne(millrace.TraitOwner, stamped{a.Owner, r.OccurredAt})
	}
}

// The bounds of what people write, in bytes.
const (
	maxLine  = 300
	maxProse = 4000
)

func oneLine(op, field, s string) error {
	if len(s) > maxLine || !utf8.ValidString(s) || strings.ContainsAny(s, "\x00\r\n") {
		return millrace.FieldErrorf(op, field, "want one line of at most %d bytes", maxLine)
	}
	return nil
}

func prose(op, field, s string) error {
	if len(s) > maxProse || !utf8.ValidString(s) || strings.ContainsRune(s, 0) {
		return millrace.FieldErrorf(op, field, "want at most %d bytes of text", maxProse)
	}
	return nil
}
