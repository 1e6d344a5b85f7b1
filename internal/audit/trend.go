package audit

import (
	"slices"
	"strings"

	"millrace/internal/metrics"
)

// Trend is the score over time, made of the same checks at every moment, so that it moves only when one of them comes out otherwise.
type Trend struct {
	Rule   string   `json:"rule"`
	Checks []string `json:"checks" nullable:"false" doc:"Ids of the checks that it is made of: those that could be judged at each of its moments, in the audit's order"`
	Points []Point  `json:"points" nullable:"false" doc:"The oldest first, the moment of the audit last"`
}

// Point is the score at a moment.
type Point struct {
	Day    string   `json:"day" format:"date"`
	Score  int      `json:"score" doc:"0 to 100, of the trend's checks alone"`
	Failed []string `json:"failed" nullable:"false" doc:"Ids of the trend's checks that failed then"`
}

// Moment is a report with the day of the workspace's calendar that it is of.
type Moment struct {
	Day    metrics.Day
	Report *Report
}

const trendRule = "the score of the checks that could be judged on every one of these days, from the facts that had occurred by then, under today's playbook; " +
	"it begins where those are at least two thirds of the checks that can be judged today. What asks about today alone (data that ended) is left out"

// TrendOf is the trend of reports, the oldest first and today's last; nil where no two of them can be compared. It goes back as far as at least
// five checks, and two thirds of those that could be judged last, could be judged throughout.
func TrendOf(all []Moment) *Trend {
	if len(all) == 0 {
		return nil
	}
	common := all[len(all)-1].Report.timeless()
	enough := max(enoughChecks, (2*len(common)+2)/3)
	from := len(all) - 1
	for i := len(all) - 2; i >= 0; i-- {
		then := all[i].Report.timeless()
		both := slices.DeleteFunc(slices.Clone(common), func(id string) bool { return !slices.Contains(then, id) })
		if len(both) < enough {
			break
		}
		common, from = both, i
	}
	if from == len(all)-1 {
		return nil
	}
	t := &Trend{Rule: trendRule, Checks: common}
	for _, m := range all[from:] {
		p := Point{Day: m.Day.String(), Failed: []string{}}
		won, sum := 0, 0
		for _, s := range Specs() { // a report has its failures first, the worst of them at the top: not the same order every day
			i := slices.IndexFunc(m.Report.Checks, func(c Check) bool { return c.ID == s.ID })
			if i < 0 {
				continue
			}
			switch {
			case !slices.Contains(common, s.ID):
				continue
			case m.Report.Checks[i].Status == Failed:
				p.Failed = append(p.Failed, s.ID)
			default:
				won += weights[s.Severity]
			}
			sum += weights[s.Severity]
		}
		p.Score = points(won, sum)
		t.Points = append(t.Points, p)
	}
	return t
}

// Says is what the trend is made of, in words.
func (t *Trend) Says() string {
	return say("Of the %s that could be judged on every one of these days: %s", many(len(t.Checks), "check"), titles(t.Checks))
}

// titles are the checks' names for people, apart by semicolons, since some have commas in them.
func titles(ids []string) string {
	out := make([]string, 0, len(ids))
	for _, s := range Specs() {
		if slices.Contains(ids, s.ID) {
			out = append(out, s.Title)
		}
	}
	return strings.Join(out, "; ")
}

// timeless are the checks that could be judged and that ask what can be asked of any moment, in the order of Specs.
func (r *Report) timeless() (ids []string) {
	for _, s := range Specs() {
		if s.ID == dataCurrency {
			continue
		}
		if slices.ContainsFunc(r.Checks, func(c Check) bool { return c.ID == s.ID && c.Status != NotJudged }) {
			ids = append(ids, s.ID)
		}
	}
	return ids
}
