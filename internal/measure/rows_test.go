package measure

import (
	"fmt"
	"math"
	"testing"

	"millrace"
	"millrace/internal/dbtest"
	"millrace/internal/metrics"
)

// TestRowsAddUp: what stands behind passages, times in stage, spend, visits, the forecast and retention is as many, and comes to as much, as the figures say.
func TestRowsAddUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := crowd(newWorld(t, url))
		for n := range 12 {
			w.add(record(millrace.KindSpend, fmt.Sprint("S", n), fmt.Sprintf(`{"amount":"%d.33","from":"2026-0%d-20","to":"2026-0%d-10","channel":%q,"campaign":%q,"currency":%q,"category":%q}`,
				100*n-150, 1+n%5, 2+n%5, []string{"LinkedIn ads", "Google search", ""}[n%3], []string{"brand", ""}[n%2], []string{"USD", "USD", "EUR"}[n%3], []string{"", "people"}[n%2])))
		}
		for n := range 6 {
			w.add(record(millrace.KindContract, fmt.Sprint("K", n), fmt.Sprintf(`{"amount":"%d","from":"2026-0%d-01","to":%q,"domain":"firm%d.com","currency":"USD"}`, 1000+100*n, 1+n, []string{"", "2026-05-31"}[n%2], n%5)))
		}
		m := w.apply().model()
		funnel := m.Funnel(all)
		for _, f := range funnel.Flows {
			q := StayQuery{First: f.First, Stage: f.From, Next: f.To, Ended: !f.First, Limit: 2}
			if page, _, total, err := w.r.Stays(t.Context(), m, q); err != nil || total != f.Count || len(page) != min(2, total) || page[0].Next != f.To.String() || page[0].Name == "" {
				t.Errorf("%+v: %d stand behind it, %+v, %v", f, total, page, err)
			}
		}
		for _, s := range funnel.Stages {
			for state, want := range map[string]int{"inside": s.Inside, "left": s.Left, "": s.Inside + s.Left} {
				if _, _, total, err := w.r.Stays(t.Context(), m, StayQuery{Stage: s.Stage, State: state}); err != nil || total != want {
					t.Errorf("%s %s: %d stand behind %d, %v", s.Stage, state, total, want, err)
				}
			}
		}
		if len(funnel.Flows) < 3 || len(funnel.Stages) < 3 {
			t.Errorf("%d passages and %d stages say little", len(funnel.Flows), len(funnel.Stages))
		}
		spendRows(t, m)
		visitRows(t, m)
		sum, page, _, total, err := m.Chances(ChanceQuery{Limit: 2})
		forecast := m.Sales(all).Forecast
		if err != nil || total != forecast.Open.N || math.Abs(float64(sum.Minor)-*forecast.Open.Value) > 0.5 || len(page) != 2 || page[0].Expected == nil || *page[0].Expected < *page[1].Expected {
			t.Errorf("behind the forecast %v of %d stand %v and %d: %+v, %v", *forecast.Open.Value, forecast.Open.N, sum, total, page, err)
		}
		for _, s := range forecast.Stages {
			if sum, _, _, total, err := m.Chances(ChanceQuery{Stage: s.Stage}); err != nil || total != s.Deals || math.Abs(float64(sum.Minor)-*s.Expected.Value) > 0.5 {
				t.Errorf("behind %s %v stand %v and %d, %v", s.Stage, *s.Expected.Value, sum, total, err)
			}
		}
		contractRows(t, w, m)
	})
}

func spendRows(t *testing.T, m *Model) {
	t.Helper()
	for _, q := range []Query{all, {From: metrics.DayOf(2026, 3, 1), To: metrics.DayOf(2026, 3, 15)}} {
		r := m.Spend(q)
		check := func(c CostQuery, row SpendRow) {
			t.Helper()
			sum, _, _, total, err := m.Costs(c)
			if err != nil || sum.Minor != row.Spend.Minor || total != row.Spend.Rows || len(sum.Unconverted) != len(row.Spend.Unconverted) {
				t.Errorf("behind %+v stand %+v in %d, %v", row.Spend, sum, total, err)
			}
		}
		check(CostQuery{Query: q}, r.Total)
		for _, row := range r.Channels {
			check(CostQuery{Query: q, Channel: row.Channel}, row)
		}
		for _, row := range r.Categories {
			check(CostQuery{Query: q, Category: row.Category}, row)
		}
		for _, row := range r.Campaigns {
			name := row.Campaign
			if name == "" {
				name = NoValue
			}
			check(CostQuery{Query: q, Channel: row.Channel, Campaign: name}, row)
		}
		parts := map[string]int64{}
		for after := ""; ; {
			_, page, next, _, err := m.Costs(CostQuery{Query: q, After: after, Limit: 5})
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range page {
				if parts[row.Part.Currency] += row.Part.Minor; (row.Converted == nil) != (row.Part.Currency == "EUR") {
					t.Errorf("%+v", row)
				}
			}
			if after = next; next == "" {
				break
			}
		}
		for _, x := range r.Total.ByCurrency {
			if parts[x.Currency] != x.Minor {
				t.Errorf("the pages come to %v, the total is %+v", parts, x)
			}
		}
	}
}

func visitRows(t *testing.T, m *Model) {
	t.Helper()
	c := m.Channels(all)
	some := int64(0)
	for _, row := range c.Own {
		if row.Channel == "" { // results without a touch: no visits are theirs
			continue
		}
		sum, page, _, total, err := m.Visits(VisitQuery{Query: all, Channel: row.Channel})
		some += sum
		if err != nil || sum != row.Sum.Visits || len(page) != total || total > 0 && page[0].Channel != row.Channel {
			t.Errorf("behind %d visits of %s stand %d, %v", row.Sum.Visits, row.Channel, sum, err)
		}
	}
	for _, row := range c.Groups {
		if row.Channel == "" {
			continue
		}
		if sum, _, _, _, err := m.Visits(VisitQuery{Query: all, Group: row.Channel}); err != nil || sum != row.Sum.Visits {
			t.Errorf("behind %d visits of %s stand %d, %v", row.Sum.Visits, row.Channel, sum, err)
		}
	}
	if some != c.Total.Sum.Visits || some == 0 {
		t.Errorf("%d of %d visits", some, c.Total.Sum.Visits)
	}
}

func contractRows(t *testing.T, w *world, m *Model) {
	t.Helper()
	q := Query{From: metrics.DayOf(2026, 3, 1), To: metrics.DayOf(2026, 7, 1)}
	r := m.Retention(q)
	for change, want := range map[string]struct {
		n          int
		start, end int64
	}{"": {r.Customers + r.New, r.Start.Minor, r.End.Minor + r.NewARR.Minor}, "churned": {r.Lost, r.Churned.Minor, 0}, "new": {r.New, 0, r.NewARR.Minor}} {
		start, end, page, _, total, err := w.r.Contracts(t.Context(), m, ContractQuery{Query: q, Change: change})
		if err != nil || total != want.n || start.Minor != want.start || end.Minor != want.end || total == 0 || page[0].Name == "" {
			t.Errorf("%q: behind %+v stand %d from %v to %v: %+v, %v", change, want, total, start, end, page, err)
		}
	}
	start, end, _, _, _, _ := w.r.Contracts(t.Context(), m, ContractQuery{Query: q, Change: "expansion"})
	if end.Minor-start.Minor != r.Expansion.Minor {
		t.Errorf("behind an expansion of %d stand %v to %v", r.Expansion.Minor, start, end)
	}
}
