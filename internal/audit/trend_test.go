package audit

import (
	"slices"
	"strings"
	"testing"

	"millrace/internal/metrics"
)

// statuses is a report in which the named checks came out so; the others can't be judged.
func statuses(checks map[string]Status) *Report {
	r := &Report{}
	for _, s := range Specs() {
		status, ok := checks[s.ID]
		if !ok {
			status = NotJudged
		}
		r.Checks = append(r.Checks, Check{ID: s.ID, Severity: s.Severity, Status: status})
	}
	return r
}

// judged are six checks that passed, without those that are named, and with the others as they are given.
func judged(without string, others map[string]Status) *Report {
	checks := map[string]Status{}
	for _, id := range strings.Fields("win_rate follow_up sales_feedback stale_deals duplicate_deals undated_facts") {
		if !slices.Contains(strings.Fields(without), id) {
			checks[id] = Passed
		}
	}
	for id, status := range others {
		checks[id] = status
	}
	return statuses(checks)
}

func trendOf(reports ...*Report) *Trend {
	var all []Moment
	for i, r := range reports {
		all = append(all, Moment{Day: metrics.Day(20_000 + 30*i), Report: r})
	}
	return TrendOf(all)
}

func scores(t *Trend) (out []int) {
	for _, p := range t.Points {
		out = append(out, p.Score)
	}
	return out
}

// TestTrendComparesTheSameChecks: a check that asks about today, or that could be judged only later, doesn't move the score.
func TestTrendComparesTheSameChecks(t *testing.T) {
	fine := judged("", nil)
	got := trendOf(fine, fine, judged("", map[string]Status{"data_currency": Failed}))
	if want := []int{100, 100, 100}; got == nil || !slices.Equal(scores(got), want) {
		t.Errorf("data that ended: %+v, want %v", got, want)
	}
	got = trendOf(judged("undated_facts", nil), fine, judged("", map[string]Status{"undated_facts": Failed}))
	if want := []int{100, 100, 100}; got == nil || !slices.Equal(scores(got), want) || slices.Contains(got.Checks, "undated_facts") {
		t.Errorf("a check that couldn't be judged at first: %+v, want %v", got, want)
	}
	got = trendOf(fine, judged("", map[string]Status{"win_rate": Failed}), fine)
	if want := []int{100, 75, 100}; got == nil || !slices.Equal(scores(got), want) || !slices.Equal(got.Points[1].Failed, []string{"win_rate"}) { // 9 of 12
		t.Errorf("a check that failed for a month: %+v, want %v", got, want)
	}
}

// TestTrendNamesItsChecksInOneOrder: reports have their failures first, the trend has the audit's order at every moment, and names for people.
func TestTrendNamesItsChecksInOneOrder(t *testing.T) {
	both := map[string]Status{"stale_deals": Failed, "win_rate": Failed}
	other := judged("", both)
	slices.Reverse(other.Checks)
	got := trendOf(judged("", both), other)
	for _, p := range got.Points {
		if want := "Opportunity-to-close below 15%; Open deals that are past winning"; titles(p.Failed) != want || !slices.Equal(p.Failed, []string{"win_rate", "stale_deals"}) {
			t.Errorf("%s: %q, not %q", p.Day, titles(p.Failed), want)
		}
	}
	if want := "Of the 6 checks that could be judged on every one of these days: Slow or missing follow-up; "; !strings.HasPrefix(got.Says(), want) {
		t.Errorf("%q", got.Says())
	}
}

// TestTrendBeginsWhereItCanBeCompared: with fewer than five of the checks, or two thirds of today's, a moment is too different.
func TestTrendBeginsWhereItCanBeCompared(t *testing.T) {
	fine, young := judged("", nil), judged("win_rate follow_up", map[string]Status{"stale_deals": Failed})
	if got := trendOf(young, fine, fine); got == nil || len(got.Points) != 2 || len(got.Checks) != 6 {
		t.Errorf("from a moment with four checks: %+v", got)
	}
	for name, got := range map[string]*Trend{"no moment": trendOf(), "one moment": trendOf(fine), "nothing to compare": trendOf(young, fine)} {
		if got != nil {
			t.Errorf("%s has a trend: %+v", name, got)
		}
	}
}
