package engine

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"

	"millrace"
	"millrace/internal/eventlog"
	"millrace/internal/score"
)

// Explanation is every point of a contact's or account's score, opened down to its event and rule.
type Explanation struct {
	Of       string         `json:"of"` // contact or account
	ID       string         `json:"id"`
	Name     string         `json:"name"`
	Email    string         `json:"email,omitempty"`
	Account  string         `json:"account,omitempty"`
	Clock    millrace.Time  `json:"clock"`
	KnownAt  millrace.Time  `json:"known_at,omitempty"`
	Playbook string         `json:"playbook"`
	Stage    millrace.Stage `json:"stage"`
	// StageAt is since when, 0 when nothing says; StageReason why: a decision's reason, or what its deals say.
	StageAt     millrace.Time `json:"stage_at"`
	StageReason string        `json:"stage_reason,omitempty"`
	Intent      Intent        `json:"intent"`
	Fit         ExplainedFit  `json:"fit"`
	Role        string        `json:"role,omitempty"`
	// Sentence is the verdict in words.
	Sentence  string         `json:"sentence"`
	Decisions []DecisionFact `json:"decisions"`
	// Owner is who has it, by an assignment or by the CRM, whichever was stated later; Assignments are those made here, oldest first.
	Owner       string          `json:"owner,omitempty"`
	Assignments []Assignment    `json:"assignments"`
	Traits      map[string]any  `json:"traits"`
	Committee   []CommitteeRole `json:"committee,omitempty"`
}

// Intent is a score and the lines that add up to it exactly.
type Intent struct {
	Points       string  `json:"points"` // three decimals
	Threshold    int     `json:"threshold"`
	HalfLifeDays float64 `json:"half_life_days"`
	Lines        []Line  `json:"lines"`
}

// Line is what one event adds: its rule, its raw points, what counted after caps and windows, its weight after decay, and its points now.
// The points of all lines add up to the score exactly.
type Line struct {
	Position   int64         `json:"position"`
	OccurredAt millrace.Time `json:"occurred_at"`
	Kind       string        `json:"kind"`
	What       string        `json:"what"` // event name or page
	Contact    string        `json:"contact,omitempty"`
	Rule       string        `json:"rule"`
	Label      string        `json:"label"`
	Raw        int           `json:"raw"`
	Counted    int           `json:"counted"`
	Why        string        `json:"why,omitempty"` // why less counted: day cap, cap, window over
	Weight     float64       `json:"weight"`
	Points     string        `json:"points"`
	Scaled     int64         `json:"scaled"`
}

// ExplainedFit is a fit with every criterion.
type ExplainedFit struct {
	Fit          bool                    `json:"fit"`
	Grade        string                  `json:"grade"`
	ICP          string                  `json:"icp"`
	Points       int                     `json:"points"`
	Threshold    int                     `json:"threshold"`
	Max          int                     `json:"max"`
	Disqualified string                  `json:"disqualified,omitempty"`
	MissingMusts []string                `json:"missing_musts,omitempty"`
	Criteria     []score.CriterionResult `json:"criteria"`
}

// DecisionFact is a stage decision as the log holds it.
type DecisionFact struct {
	Position int64         `json:"position"`
	At       millrace.Time `json:"at"`
	Decision
	TakenBack bool `json:"taken_back,omitempty"` // a later undo took it back
}

// Assignment is an owner given, as the log holds it.
type Assignment struct {
	Position int64         `json:"position"`
	At       millrace.Time `json:"at"`
	Owner    string        `json:"owner"` // "" took it from the owner
	Previous string        `json:"previous,omitempty"`
	By       string        `json:"by"`
	Note     string        `json:"note,omitempty"`
}

// CommitteeRole is a role of the buying committee and how it is covered.
type CommitteeRole struct {
	Role       string        `json:"role"`
	Label      string        `json:"label"`
	People     int           `json:"people"`
	Engaged    bool          `json:"engaged"`
	LastScored millrace.Time `json:"last_scored_at,omitempty"`
}

// Explain opens the score of a contact or an account: WHO is an id, an address, a user id, a domain, a company's name or a record id.
func (e *Engine) Explain(ctx context.Context, who string, at AsOf) (Explanation, error) {
	var out Explanation
	err := e.read(ctx, at, func(u *unit) error {
		start, err := u.find(who)
		if err != nil {
			return err
		}
		if at.KnownAt != 0 {
			if err := u.identityKnown(start); err != nil {
				return err
			}
		}
		if start.kind() == kindAnonymous {
			v, err := u.visitor(start.id)
			if err != nil {
				return err
			}
			owner, err := u.ownerAt(v, u.clock)
			if err != nil || owner == 0 {
				if err == nil {
					err = millrace.Errorf(millrace.NotFound, "engine.Explain", "nobody was identified on %q yet", who)
				}
				return err
			}
			out, err = u.explainPerson(owner)
			return err
		}
		if personKind(start.kind()) {
			out, err = u.explainPerson(start.entity)
			return err
		}
		if !accountKind(start.kind()) {
			return millrace.Errorf(millrace.Invalid, "engine.Explain", "%q is neither a person nor an account", who)
		}
		out, err = u.explainAccount(start.entity)
		return err
	})
	out.KnownAt = at.KnownAt
	return out, err
}

func (u *unit) explainPerson(id int64) (Explanation, error) {
	p, facts, err := u.personAsOf(id)
	if err != nil {
		return Explanation{}, err
	}
	if len(facts) == 0 {
		return Explanation{}, millrace.Errorf(millrace.NotFound, "engine.Explain", "nothing was known of this person then")
	}
	if err := u.standByDealsNow(p); err != nil {
		return Explanation{}, err
	}
	in := score.FitInput{Contact: p.traits.person(), ContactLast: p.state.LastOf, Clock: u.clock}
	x := Explanation{Of: "contact", ID: ContactID(id), Clock: u.clock, Playbook: u.playbookVersion, Stage: p.stage, StageAt: p.stageAt, Traits: in.Contact, Decisions: decisionsOf(facts),
		Owner: p.traits.text(millrace.TraitOwner), Assignments: assignmentsOf(facts)}
	x.StageReason = standsBecause(p.course, x.Decisions)
	x.Name, _ = u.contactRow(p)[2].(string)
	x.Email = p.traits.text(millrace.TraitEmail)
	if p.account != 0 {
		a, err := u.accountAsOf(p.account)
		if err != nil {
			return x, err
		}
		if x.Account, _, err = u.displayName(a); err != nil {
			return x, err
		}
		in.Account = a.traits.values()
		if in.AccountLast, err = u.lastsAsOf(a.id, p); err != nil {
			return x, err
		}
	}
	x.Fit = explainFit(u.rules.Fit(in))
	x.Role, _ = u.rules.Role(in.Contact)
	if x.Intent, err = u.explainIntent([]*person{p}, [][]personFact{facts}, 0); err != nil {
		return x, err
	}
	x.Intent.Threshold = u.rules.Document().Lifecycle.MQL.Intent
	x.Sentence = sentence(&x)
	return x, nil
}

func explainFit(f score.Fit) ExplainedFit {
	return ExplainedFit{Fit: f.Pass, Grade: f.Grade, ICP: f.ICP, Points: f.Points, Threshold: f.Threshold, Max: f.Max, Disqualified: f.Disqualified,
		MissingMusts: f.MissingMusts, Criteria: f.Criteria}
}

func sentence(x *Explanation) string {
	who := x.Name
	if who == "" {
		who = x.Email
	}
	if who == "" {
		who = x.ID
	}
	fit := "fits " + x.Fit.ICP + " (grade " + x.Fit.Grade + ")"
	if !x.Fit.Fit {
		fit = "doesn't fit " + x.Fit.ICP
		if x.Fit.Disqualified != "" {
			fit += " (" + x.Fit.Disqualified + ")"
		}
	}
	return who + " " + fit + " and has " + x.Intent.Points + " points of intent, of " + strconv.Itoa(x.Intent.Threshold) + " that qualify; stage " + stageWord(x) + sinceWords(x) + "."
}

// sinceWords say since which day it stands there and why, where that is known.
func sinceWords(x *Explanation) string {
	switch {
	case x.StageReason == "":
		return ""
	case x.StageAt == 0:
		return " (" + x.StageReason + ")"
	}
	return " since " + x.StageAt.String()[:10] + " (" + x.StageReason + ")"
}

// stageWord is the stage as people say it: MQL of a person is MQA of an account.
func stageWord(x *Explanation) string {
	if x.Stage != millrace.StageMQL {
		return x.Stage.String()
	}
	if x.Of == "account" {
		return "MQA"
	}
	return "MQL"
}

func decisionsOf(facts []personFact) []DecisionFact {
	out := []DecisionFact{}
	for _, f := range facts {
		var d Decision
		if f.Kind == millrace.KindStage && json.Unmarshal(eventlog.Data(f.Body), &d) == nil {
			out = append(out, DecisionFact{Position: f.Seq, At: f.OccurredAt, Decision: d})
			for i := range out {
				out[i].TakenBack = out[i].TakenBack || d.Undoes != 0 && out[i].Position == d.Undoes
			}
		}
	}
	return out
}

func assignmentsOf(facts []personFact) []Assignment {
	out := []Assignment{}
	for _, f := range facts {
		var a Assignment
		if f.Kind == millrace.KindAssigned && json.Unmarshal(eventlog.Data(f.Body), &a) == nil {
			a.Position, a.At = f.Seq, f.OccurredAt
			out = append(out, a)
		}
	}
	return out
}

// explainIntent opens the scored facts of people into lines; account 0 takes all, else those that count for the account.
func (u *unit) explainIntent(people []*person, facts [][]personFact, account int64) (Intent, error) {
	out := Intent{HalfLifeDays: u.rules.Document().Rubric.HalfLifeDays, Lines: []Line{}}
	var parts []score.Part
	var all []Line
	for n, p := range people {
		by := map[int64]*personFact{}
		var scored []score.Fact
		for i := range facts[n] {
			f := &facts[n][i]
			b, err := u.matchOf(&f.Row)
			if err != nil {
				return out, err
			}
			if b >= 0 {
				by[f.Seq] = f
				scored = append(scored, score.Fact{OccurredAt: f.OccurredAt, Behavior: b, Seq: f.Seq})
			}
		}
		lines, state := u.rules.Explain(scored, u.clock)
		var sum int64
		counts := false
		for _, l := range lines {
			if account != 0 {
				a, err := u.accountAt(p, l.OccurredAt)
				if err != nil {
					return out, err
				}
				if a != account {
					continue
				}
			}
			name, host, path, err := u.nameAndPlace(&by[l.Seq].Row)
			if err != nil {
				return out, err
			}
			what := name
			if what == "" || by[l.Seq].Kind == millrace.KindPage && path != "" {
				what = place(host, path)
			}
			sum += l.Scaled
			counts = counts || l.Points > 0 && l.Reason != score.ReasonNotYet
			line := Line{Position: l.Seq, OccurredAt: l.OccurredAt, Kind: by[l.Seq].Kind.String(), What: what, Rule: l.BehaviorID, Label: l.Label, Raw: l.Points,
				Counted: l.Counted, Why: l.Reason, Weight: l.Weight, Points: Points(l.Milli), Scaled: l.Scaled}
			if account != 0 {
				line.Contact = ContactID(p.id)
			}
			all = append(all, line)
		}
		if counts || sum != 0 { // as the roll-up has it
			parts = append(parts, score.Part{Epoch: state.Epoch, Sum: sum})
		}
	}
	epoch, sum := u.rules.Combine(parts)
	total := u.rules.Milli(epoch, sum, u.clock)
	out.Points = Points(total)
	if account != 0 { // several people: their lines are shared out again over the account's sum
		apportion(all, total)
	}
	slices.SortFunc(all, func(a, b Line) int { return int(b.Position - a.Position) })
	out.Lines = append(out.Lines, all...)
	return out, nil
}

// apportion corrects the last thousandths of the lines, the largest first, so that they add up to the total exactly.
func apportion(lines []Line, total int64) {
	var sum int64
	milli := make([]int64, len(lines))
	order := make([]int, len(lines))
	for i := range lines {
		milli[i] = parsePoints(lines[i].Points)
		sum += milli[i]
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(abs(milli[b]) - abs(milli[a])) })
	for diff, i := total-sum, 0; diff != 0 && len(lines) > 0; i = (i + 1) % len(lines) {
		step := int64(1)
		if diff < 0 {
			step = -1
		}
		milli[order[i]] += step
		diff -= step
	}
	for i := range lines {
		lines[i].Points = Points(milli[i])
	}
}

func abs(n int64) int64 { return max(n, -n) }

func parsePoints(s string) int64 {
	neg := len(s) > 0 && s[0] == '-'
	var n int64
	for i := range len(s) {
		if c := s[i]; c >= '0' && c <= '9' {
			n = n*10 + int64(c-'0')
		}
	}
	if neg {
		return -n
	}
	return n
}

func (u *unit) explainAccount(id int64) (Explanation, error) {
	a, err := u.accountAsOf(id)
	if err != nil {
		return Explanation{}, err
	}
	if u.now { // the rows of its deals say so
		err = u.standByDeals(a)
	} else {
		err = u.standByDealsAsOf(a)
	}
	if err != nil {
		return Explanation{}, err
	}
	x := Explanation{Of: "account", ID: AccountID(id), Clock: u.clock, Playbook: u.playbookVersion, Stage: a.stage, StageAt: a.stageAt, Traits: a.traits.values(),
		Owner: a.traits.text(millrace.TraitOwner)}
	if x.Name, _, err = u.displayName(a); err != nil {
		return x, err
	}
	own, err := u.accountFacts(id)
	if err != nil {
		return x, err
	}
	own = slices.DeleteFunc(own, func(f personFact) bool { return f.OccurredAt > u.clock })
	x.Decisions, x.Assignments = decisionsOf(own), assignmentsOf(own)
	x.StageReason = standsBecause(a.course, x.Decisions)
	ids, err := u.everyoneOf(id)
	if err != nil {
		return x, err
	}
	var people []*person
	var facts [][]personFact
	roles := map[string]*CommitteeRole{}
	of, err := u.peopleFacts(ids)
	if err != nil {
		return x, err
	}
	for _, pid := range ids {
		p, f, err := u.foldAsOf(pid, of[pid])
		if err != nil {
			return x, err
		}
		people, facts = append(people, p), append(facts, f)
		if role, ok := u.rules.Role(p.traits.person()); ok && p.account == id {
			r := roles[role]
			if r == nil {
				r = &CommitteeRole{}
				roles[role] = r
			}
			r.People++
			r.LastScored = max(r.LastScored, p.state.LastScored)
		}
	}
	if x.Intent, err = u.explainIntent(people, facts, id); err != nil {
		return x, err
	}
	x.Intent.Threshold = u.rules.Document().Lifecycle.MQA.Intent
	last := func(b int) (at millrace.Time) {
		for _, p := range people {
			if p.account == id {
				at = max(at, p.state.LastOf(b))
			}
		}
		return at
	}
	x.Fit = explainFit(u.rules.FitAccount(score.FitInput{Account: x.Traits, AccountLast: last, Clock: u.clock}))
	c := u.rules.Document().Committee
	today := u.rules.DayOf(u.clock)
	for _, role := range c.Roles {
		cr := CommitteeRole{Role: role.Role, Label: role.Label}
		if r := roles[role.Role]; r != nil {
			cr.People, cr.LastScored = r.People, r.LastScored
			cr.Engaged = r.LastScored != 0 && u.rules.DayOf(r.LastScored)+int32(c.EngagedWithinDays) >= today
		}
		if !slices.ContainsFunc(x.Committee, func(o CommitteeRole) bool { return o.Role == cr.Role }) {
			x.Committee = append(x.Committee, cr)
		}
	}
	x.Sentence = sentence(&x)
	return x, nil
}
