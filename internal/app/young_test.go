package app

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"testing"

	"millrace"
	"millrace/internal/dashboard"
	"millrace/internal/dbtest"
	"millrace/internal/measure"
	"millrace/internal/measure/restate"
	"millrace/internal/metrics"
)

// youngNow is the moment at which the young workspaces are looked at.
const youngNow = auditStart + 400*millrace.Day

// young are workspaces of which little is known, with the checks that rightly fail there.
var young = []struct {
	name  string
	fill  func(t *testing.T, w *Workspace)
	fails []string
}{
	{name: "nothing", fill: func(*testing.T, *Workspace) {}},
	{name: "one deal", fill: func(t *testing.T, w *Workspace) {
		bring(t, w, "opportunities", "deal.csv", dealHeader+"\n1,First,Acme,12000,USD,Proposal,"+day(youngNow-10*millrace.Day)+",,,\n", youngNow)
	}},
	{name: "one deal that was won", fill: func(t *testing.T, w *Workspace) {
		bring(t, w, "opportunities", "deal.csv", dealHeader+"\n1,First,Acme,12000,USD,Closed Won,"+day(youngNow-60*millrace.Day)+","+day(youngNow-5*millrace.Day)+",,\n", youngNow)
	}},
	{name: "no deal", fill: func(t *testing.T, w *Workspace) {
		youngLeads(t, w, 30, 12)
		spend(t, w, youngNow, "Content / SEO", 300, 0)
	}, fails: []string{"outcomes_over_activity"}}, // a year of spend, and no outcome is known
	{name: "no spend", fill: func(t *testing.T, w *Workspace) {
		youngLeads(t, w, 30, 200)
		youngDeals(t, w, 12)
	}},
	{name: "spend without leads", fill: func(t *testing.T, w *Workspace) {
		spend(t, w, youngNow, "LinkedIn ads", 4000, 0)
		youngDeals(t, w, 12)
	}},
	{name: "spend of 0", fill: func(t *testing.T, w *Workspace) {
		spend(t, w, youngNow, "LinkedIn ads", 0, 0)
		youngDeals(t, w, 3)
	}},
	{name: "one channel alone", fill: func(t *testing.T, w *Workspace) {
		youngLeads(t, w, 40, 200)
		youngDeals(t, w, 8)
		spend(t, w, youngNow, "Google search", 300, 0)
	}, fails: []string{"capture_without_creation"}},
	{name: "a first week", fill: func(t *testing.T, w *Workspace) {
		youngLeads(t, w, 9, 6)
		bring(t, w, "spend", "spend.csv", "date,channel,cost,currency\n"+day(youngNow-3*millrace.Day)+",Google search,250,USD\n", youngNow)
		bring(t, w, "opportunities", "deal.csv", dealHeader+"\n1,First,Firm 1,12000,USD,Discovery,"+day(youngNow-millrace.Day)+",,,\n", youngNow)
	}},
}

// youngLeads are people who came by search within so many days.
func youngLeads(t *testing.T, w *Workspace, n, days int) {
	t.Helper()
	var visits []millrace.Event
	for i := range n {
		at := youngNow - millrace.Time(1+i*days/n)*millrace.Day
		email := fmt.Sprintf("ann@firm-%d.com", i)
		visits = append(visits, page("?utm_source=google&utm_medium=cpc&utm_campaign=brand", email, at), signUp(email, at+millrace.Minute))
	}
	send(t, w, youngNow, visits)
}

func youngDeals(t *testing.T, w *Workspace, n int) {
	t.Helper()
	bring(t, w, "opportunities", "deals.csv", rows(dealHeader, n, func(i int) string {
		opened := youngNow - millrace.Time(20+10*i)*millrace.Day
		if i%3 > 0 {
			return fmt.Sprintf("y%d,Deal %d,Firm %d,12000,USD,Proposal,%s,,,", i, i, i, day(opened))
		}
		return fmt.Sprintf("y%d,Deal %d,Firm %d,12000,USD,Closed Won,%s,%s,,", i, i, i, day(opened), day(opened+15*millrace.Day))
	}), youngNow)
}

// broken is what no sentence may have: a number that is none, a verb of formatting, an empty subject.
var broken = regexp.MustCompile(`NaN|[+-]Inf|%!|null USD|<nil>`)

// TestLittleIsKnown looks at workspaces of which little is known with everything that judges: no figure that is none, no broken sentence, no false alarm.
func TestLittleIsKnown(t *testing.T) {
	for _, x := range young {
		t.Run(x.name, func(t *testing.T) {
			t.Parallel()
			w := opened(t, dbtest.SQLite(t), youngNow)
			x.fill(t, w)
			m, err := w.Measure.Model(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			sound := func(what string, v any) {
				t.Helper()
				text, ok := v.(string)
				if !ok {
					b, err := json.Marshal(v)
					if err != nil {
						t.Fatalf("%s: %v", what, err)
					}
					text = string(b)
				}
				if bad := broken.FindString(text); bad != "" {
					t.Errorf("%s has %q: %s", what, bad, text)
				}
			}
			r := m.Audit()
			if got := r.FailedIDs(); !slices.Equal(got, x.fails) && len(got)+len(x.fails) > 0 {
				t.Errorf("the audit finds %q, want %q\n%s", got, x.fails, r.Markdown())
			}
			sound("audit", r)
			sound("audit.md", r.Markdown())
			review := m.Review(measure.Query{})
			sound("review", review)
			for _, c := range review.Channels {
				if c.Verdict == "stop" {
					t.Errorf("%s is to be stopped: %q", c.Channel, c.Reasons)
				}
			}
			today := m.Today()
			sound("plan", m.Plan(measure.PlanQuery{Target: millrace.Money{Minor: 500_000_00, Currency: "USD"}, By: today + 90, Since: metrics.NoDay}))
			for _, view := range dashboard.Views() {
				for _, compare := range dashboard.Comparisons() {
					d, err := w.Dashboards.Show(t.Context(), m, view, dashboard.Query{Compare: compare})
					if err != nil {
						t.Fatalf("%s: %v", view, err)
					}
					sound(view, d)
					for _, c := range d.Charts {
						if c.Title == "" {
							t.Errorf("%s: the chart %s has no title", view, c.ID)
						}
					}
				}
			}
			reports := restate.New(w.Engine, w.Measure)
			for _, kind := range restate.Kinds {
				f, err := reports.Publish(t.Context(), restate.Draft{Kind: kind, Title: "Young"}, "test")
				if err != nil {
					t.Fatalf("%s: %v", kind, err)
				}
				text, err := f.Markdown()
				if err != nil {
					t.Fatal(err)
				}
				sound(kind, text)
			}
		})
	}
}
