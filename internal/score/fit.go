package score

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"millrace"
	"millrace/internal/playbook"
)

// Traits are what is known of a person or an account: canonical trait names to string, float64, bool or []any.
type Traits map[string]any

// FitInput is whom to judge, and when. AccountLast and ContactLast say when a behaviour was last seen, 0 for never; nil is nothing
// seen at all.
type FitInput struct {
	Account, Contact         Traits
	AccountLast, ContactLast func(behavior int) millrace.Time
	Clock                    millrace.Time
}

// Fit is how well a subject fits its best ICP.
type Fit struct {
	ICP          string
	Pass         bool // points reach the threshold, every must is met, nothing disqualifies
	Grade        string
	Points       int
	Threshold    int
	Max          int // most points that can be had
	Criteria     []CriterionResult
	Disqualified string        // reason of the first disqualifier that holds
	MissingMusts []string      // ids of the criteria that must be met and aren't
	Until        millrace.Time // when a behavioral criterion of any ICP next changes by itself; 0: never
}

// CriterionResult is what one criterion gave.
type CriterionResult struct {
	ID     string `json:"id"`
	Label  string `json:"label"`
	Kind   string `json:"kind"`
	Of     string `json:"of"`
	Trait  string `json:"trait"`
	Value  any    `json:"value"` // the trait's value; for behavioral criteria the time of what counted
	Points int    `json:"points"`
	Max    int    `json:"max"`
	Known  bool   `json:"known"` // the value is known; what was done always is
	Must   bool   `json:"must"`
	Why    string `json:"why"` // a sentence fragment: "employees 495 is 200 or more"
}

// Fit judges a person with their account by all criteria. Of several ICPs it gives the best: one that passes before one that
// doesn't, then the larger share of the points that can be had, then the order of the playbook.
func (r *Rules) Fit(in FitInput) Fit { return r.best(in, false, true) }

// FitAccount judges an account by the criteria and disqualifiers that are of the account. Threshold and grades are those of the ICP
// reduced in proportion to the points that such criteria can give, rounded up: an account must earn as large a share as a person. An
// ICP without any such points keeps its threshold, which no account then reaches.
func (r *Rules) FitAccount(in FitInput) Fit { return r.best(in, true, true) }

// Judge is Fit, and JudgeAccount FitAccount, without Criteria: the verdict alone, at a fraction of the cost.
func (r *Rules) Judge(in FitInput) Fit { return r.best(in, false, false) }

// JudgeAccount is FitAccount without Criteria.
func (r *Rules) JudgeAccount(in FitInput) Fit { return r.best(in, true, false) }

// FitTurns says whether doing a behaviour at a moment may change a behavioral criterion that it was last done for before (0: never): one
// that didn't hold does at clock, or will.
func (r *Rules) FitTurns(behavior int, before, at, clock millrace.Time) bool {
	if !r.fitReads[behavior] {
		return false
	}
	if at > clock {
		return true
	}
	for i := range r.icps {
		for k := range r.icps[i].criteria {
			c := &r.icps[i].criteria[k]
			if !slices.Contains(c.behaviors, behavior) {
				continue
			}
			holds := func(t millrace.Time) bool {
				return t != 0 && (c.src.WithinDays == 0 || clock < r.DayStart(r.DayOf(t)+int32(c.src.WithinDays)+1))
			}
			if holds(at) && (before > clock || !holds(before)) {
				return true
			}
		}
	}
	return false
}

func (r *Rules) best(in FitInput, accountOnly, explain bool) Fit {
	var best Fit
	var until millrace.Time
	for i := range r.icps {
		f := r.fit(&r.icps[i], in, accountOnly, explain)
		until = earlier(until, f.Until)
		if i == 0 || better(&f, &best) {
			best = f
		}
	}
	best.Until = until
	return best
}

func better(a, b *Fit) bool {
	if a.Pass != b.Pass {
		return a.Pass
	}
	return a.Points*max(b.Max, 1) > b.Points*max(a.Max, 1)
}

func (r *Rules) fit(p *icp, in FitInput, accountOnly, explain bool) Fit {
	f := Fit{ICP: p.src.Name, Threshold: p.src.Threshold, Max: p.max}
	if accountOnly {
		f.Threshold, f.Max = p.ofAccount(p.src.Threshold), p.accountMax
	}
	for i := range p.criteria {
		c := &p.criteria[i]
		if accountOnly && !c.account {
			continue
		}
		var points int
		var met bool
		var until millrace.Time
		if explain {
			var res CriterionResult
			res, met, until = r.explain(c, in)
			points = res.Points
			f.Criteria = append(f.Criteria, res)
		} else {
			points, met, until = r.judge(c, in)
		}
		f.Points += points
		f.Until = earlier(f.Until, until)
		if c.src.Must && !met {
			f.MissingMusts = append(f.MissingMusts, c.src.ID)
		}
	}
	for i := range p.disqualifiers {
		d := &p.disqualifiers[i]
		if !(accountOnly && !d.account) && d.when.holds(in.traits(d.account)[d.src.Trait]) {
			f.Disqualified = cmp.Or(d.src.Reason, d.src.ID)
			break
		}
	}
	f.Pass = f.Points >= f.Threshold && len(f.MissingMusts) == 0 && f.Disqualified == ""
	for _, g := range p.grades {
		f.Grade = g.letter
		least := g.least
		if accountOnly {
			least = p.ofAccount(least)
		}
		if f.Points >= least {
			break
		}
	}
	return f
}

// ofAccount reduces a bar to the share of points that criteria of the account can give, rounded up.
func (p *icp) ofAccount(bar int) int {
	if bar <= 0 || p.accountMax == 0 {
		return bar
	}
	return (bar*p.accountMax + p.max - 1) / p.max
}

func (in *FitInput) traits(account bool) Traits {
	if account {
		return in.Account
	}
	return in.Contact
}

// judge gives a criterion's points, whether it is met as a must, and when that changes by itself.
func (r *Rules) judge(c *criterion, in FitInput) (points int, met bool, until millrace.Time) {
	if c.src.Kind == playbook.Behavioral {
		_, _, met, until = r.judgeBehavior(c, in)
		if met {
			points = c.src.Points
		}
		return points, met, until
	}
	_, points, met = c.band(in.traits(c.account)[c.src.Trait])
	return points, met, 0
}

// band is the first band that a trait's value is in, nil for none, what the criterion gives, and whether it is met as a must.
func (c *criterion) band(v any) (in *condition, points int, met bool) {
	there := known(v)
	for i := range c.bands {
		band := &c.bands[i]
		if !there && band.src.Exists == nil || !band.holds(v) {
			continue // a value that is not known can only be in a band that asks for that
		}
		points = c.src.Bands[i].Points
		return band, points, points > 0
	}
	if there {
		return nil, 0, false
	}
	return nil, c.src.Missing, false
}

// explain is judge with everything that a reader wants to know.
func (r *Rules) explain(c *criterion, in FitInput) (res CriterionResult, met bool, until millrace.Time) {
	res = CriterionResult{
		ID: c.src.ID, Label: cmp.Or(c.src.Label, c.src.Trait, c.src.ID), Kind: c.src.Kind, Of: "contact", Trait: c.src.Trait,
		Max: c.max, Must: c.src.Must,
	}
	if c.account {
		res.Of = "account"
	}
	if c.src.Kind == playbook.Behavioral {
		res.Trait, res.Known = "", true
		met, until = r.explainBehavior(c, in, &res)
		return res, met, until
	}
	v := in.traits(c.account)[c.src.Trait]
	res.Value, res.Known = v, known(v)
	var band *condition
	band, res.Points, met = c.band(v)
	switch {
	case band != nil:
		res.Why = band.why(c.src.Trait, v)
	case res.Known:
		res.Why = strings.TrimSpace(c.src.Trait+" "+show(v)) + " is in no band"
	default:
		res.Why = c.src.Trait + " is not known"
	}
	return res, met, 0
}

// judgeBehavior says which behaviour of a behavioral criterion was seen last, and when, 0 for never; met when that is within its days.
func (r *Rules) judgeBehavior(c *criterion, in FitInput) (which int, latest millrace.Time, met bool, until millrace.Time) {
	last := in.ContactLast
	if c.account {
		last = in.AccountLast
	}
	if last == nil {
		return 0, 0, false, 0
	}
	for _, b := range c.behaviors {
		switch t := last(b); {
		case t > in.Clock:
			until = earlier(until, t)
		case t > latest:
			which, latest = b, t
		}
	}
	if latest == 0 || c.src.WithinDays == 0 {
		return which, latest, latest != 0, until
	}
	end := r.DayStart(r.DayOf(latest) + int32(c.src.WithinDays) + 1)
	if in.Clock >= end {
		return which, latest, false, until
	}
	return which, latest, true, earlier(until, end)
}

// explainBehavior fills in a behavioral criterion: met when any of its behaviours was seen within its days.
func (r *Rules) explainBehavior(c *criterion, in FitInput, res *CriterionResult) (met bool, until millrace.Time) {
	which, latest, met, until := r.judgeBehavior(c, in)
	label := func(b int) string {
		src := &r.doc.Rubric.Behaviors[b]
		return cmp.Or(src.Label, src.ID)
	}
	within := ""
	if c.src.WithinDays > 0 {
		within = fmt.Sprintf(" within %d days", c.src.WithinDays)
	}
	if !met {
		labels := make([]string, len(c.behaviors))
		for i, b := range c.behaviors {
			labels[i] = label(b)
		}
		res.Why = "nothing of " + join(labels) + within
		return false, until
	}
	if within != "" {
		within = "," + within
	}
	res.Points, res.Value = c.src.Points, latest
	res.Why = label(which) + " on " + dateOf(r.DayOf(latest)) + within
	return true, until
}

// dateOf is the calendar date of a numbered day.
func dateOf(day int32) string { return time.Unix(int64(day)*24*60*60, 0).UTC().Format(time.DateOnly) }
