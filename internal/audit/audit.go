package audit

import (
	"cmp"
	"math"
	"slices"

	"millrace"
	"millrace/internal/metrics"
)

// Severity is how much a failed check matters.
type Severity string

// The severities. A failed severe check ends "millrace audit" with exit code 1.
const (
	Severe  Severity = "severe"
	Warning Severity = "warning"
	Notice  Severity = "notice"
)

// weights are what a check counts in the score.
var weights = map[Severity]int{Severe: 3, Warning: 2, Notice: 1}

// Status is how a check came out.
type Status string

// The statuses.
const (
	Passed    Status = "passed"
	Failed    Status = "failed"
	NotJudged Status = "not_judged"
)

// Report is an audit.
type Report struct {
	AsOf     millrace.Time `json:"as_of" doc:"The moment that is audited: the end of the data where they end more than 30 days before the clock"`
	Now      millrace.Time `json:"now" doc:"When the audit was made"`
	Currency string        `json:"currency"`
	Score    *int          `json:"score" doc:"0 to 100, null while fewer than 5 checks can be judged"`
	Rule     string        `json:"score_rule"`
	Summary  []string      `json:"summary" nullable:"false" doc:"What the audit found, in sentences"`
	Data     []string      `json:"data" nullable:"false" doc:"What data it had, in sentences"`
	Judged   int           `json:"judged"`
	Failed   int           `json:"failed"`
	Severe   int           `json:"severe" doc:"Failed checks that are severe"`
	Bring    []Bring       `json:"bring" nullable:"false" doc:"What would let more be judged, what most checks wait for first"`
	Checks   []Check       `json:"checks" nullable:"false" doc:"Failed ones first, the severest and most costly before the others; then what can't be judged, then what passed"`
	Trend    *Trend        `json:"trend,omitempty" doc:"The score at the end of each of the last months; left out where no two of them can be compared"`
}

// Check is one question with its answer.
type Check struct {
	ID       string     `json:"id"`
	Title    string     `json:"title" doc:"The failure in a few words"`
	Question string     `json:"question"`
	Severity Severity   `json:"severity" enum:"severe,warning,notice" doc:"How much it matters when it fails"`
	Status   Status     `json:"status" enum:"passed,failed,not_judged"`
	Passed   bool       `json:"passed" doc:"False exactly when the check failed; what can't be judged hasn't failed, status says which it is"`
	Answer   string     `json:"answer" doc:"One sentence"`
	Evidence []Evidence `json:"evidence" nullable:"false"`
	Money    *Money     `json:"money_at_stake,omitempty" doc:"Left out where no amount stands behind it"`
	Action   Action     `json:"action" doc:"What to do next"`
	Needs    []Need     `json:"needs,omitempty" doc:"What to bring, where it can't be judged"`
	Rule     string     `json:"rule" doc:"When it fails, in words"`
	Source   string     `json:"source" doc:"Where the rule's figures come from"`
}

// Evidence is a sentence with the figure behind it and the page that shows the people and deals.
type Evidence struct {
	Says   string          `json:"says"`
	Figure *metrics.Figure `json:"figure,omitempty"`
	Link   string          `json:"link,omitempty" doc:"Path in the app"`
}

// Money is an amount with how it was computed.
type Money struct {
	metrics.Amount
	Formula string `json:"formula"`
}

// Action is the next thing to do.
type Action struct {
	Says    string `json:"says"`
	Link    string `json:"link" doc:"Path in the app"`
	Command string `json:"command,omitempty"`
}

// Need is something to bring.
type Need struct {
	What    string `json:"what"`
	Link    string `json:"link"`
	Command string `json:"command,omitempty"`
}

// Bring is a need with the checks that wait for it first.
type Bring struct {
	Need
	Checks []string `json:"checks" nullable:"false"`
}

// Spec is what is known of a check before any data.
type Spec struct {
	ID, Title, Question string
	Severity            Severity
	Rule, Source        string
	run                 func(in *Input, c *Check)
}

const scoreRule = "100 × the weight of the checks that passed / the weight of those that could be judged; a severe check weighs 3, a warning 2, a notice 1. With fewer than 5 there is no score"

// Run asks every question.
func Run(in Input) Report {
	r := Report{AsOf: in.AsOf, Now: in.Now, Currency: in.Currency, Rule: scoreRule, Data: describe(&in)}
	for _, s := range Specs() {
		c := Check{ID: s.ID, Title: s.Title, Question: s.Question, Severity: s.Severity, Rule: s.Rule, Source: s.Source, Evidence: []Evidence{}}
		s.run(&in, &c)
		c.Passed = c.Status != Failed
		r.Checks = append(r.Checks, c)
	}
	slices.SortStableFunc(r.Checks, func(a, b Check) int {
		return cmp.Or(cmp.Compare(place[a.Status], place[b.Status]), failedOrder(&a, &b))
	})
	r.tally()
	return r
}

var place = map[Status]int{Failed: 0, NotJudged: 1, Passed: 2}

// failedOrder puts the severest first, of equals the one with the most money.
func failedOrder(a, b *Check) int {
	if a.Status != Failed {
		return 0
	}
	money := func(c *Check) int64 {
		if c.Money == nil {
			return 0
		}
		return c.Money.Minor
	}
	return cmp.Or(cmp.Compare(weights[b.Severity], weights[a.Severity]), cmp.Compare(money(b), money(a)))
}

// FailedIDs are the checks that failed, in the report's order.
func (r *Report) FailedIDs() []string {
	out := []string{}
	for _, c := range r.Checks {
		if c.Status == Failed {
			out = append(out, c.ID)
		}
	}
	return out
}

func (c *Check) pass(format string, args ...any) {
	c.Status, c.Answer, c.Action = Passed, say(format, args...), Action{Says: "Nothing to do", Link: "/audit"}
	if len(c.Evidence) > 0 {
		c.Action.Link = c.Evidence[0].Link
	}
}

func (c *Check) fail(a Action, format string, args ...any) {
	c.Status, c.Answer, c.Action = Failed, say(format, args...), a
}

// cannot says why the check isn't judged; the first need becomes its action.
func (c *Check) cannot(why string, needs ...Need) {
	c.Status, c.Answer, c.Needs = NotJudged, why, needs
	c.Action = Action{Says: needs[0].What, Link: needs[0].Link, Command: needs[0].Command}
}

// see adds evidence.
func (c *Check) see(link string, f *metrics.Figure, format string, args ...any) {
	if f != nil && f.Value == nil {
		f = nil
	}
	c.Evidence = append(c.Evidence, Evidence{Says: say(format, args...), Figure: f, Link: link})
}

// stake sets the money at stake; nothing where there is none.
func (c *Check) stake(minor int64, currency, formula string) {
	if minor > 0 {
		c.Money = &Money{metrics.Amount{Minor: minor, Currency: currency}, formula}
	}
}

// Only is the report with these checks alone, judged anew; the trend is that of all and left out.
func (r *Report) Only(ids []string) Report {
	out := *r
	out.Checks, out.Trend, out.Summary = nil, nil, nil
	for _, c := range r.Checks {
		if slices.Contains(ids, c.ID) {
			out.Checks = append(out.Checks, c)
		}
	}
	out.tally()
	return out
}

// tally counts and scores the checks, and says what they found.
func (r *Report) tally() {
	r.Score, r.Judged, r.Failed, r.Severe = nil, 0, 0, 0
	won, all := 0, 0
	for _, c := range r.Checks {
		if c.Status == NotJudged {
			continue
		}
		r.Judged++
		all += weights[c.Severity]
		if c.Status == Passed {
			won += weights[c.Severity]
			continue
		}
		r.Failed++
		if c.Severity == Severe {
			r.Severe++
		}
	}
	if r.Judged >= enoughChecks {
		score := points(won, all)
		r.Score = &score
	}
	r.Bring = bring(r.Checks)
	r.Summary = summarise(r)
}

// points are the score for the weight of the checks that passed, of all.
func points(won, all int) int { return int(math.Round(100 * float64(won) / float64(all))) }

// bring gathers what the checks that can't be judged wait for, each under its first need.
func bring(checks []Check) []Bring {
	out := []Bring{}
	for _, c := range checks {
		if c.Status != NotJudged || len(c.Needs) == 0 {
			continue
		}
		i := slices.IndexFunc(out, func(b Bring) bool { return b.Need == c.Needs[0] })
		if i < 0 {
			i, out = len(out), append(out, Bring{Need: c.Needs[0]})
		}
		out[i].Checks = append(out[i].Checks, c.ID)
	}
	slices.SortStableFunc(out, func(a, b Bring) int { return cmp.Compare(len(b.Checks), len(a.Checks)) })
	return out
}
