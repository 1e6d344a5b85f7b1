package measure

import (
	"fmt"
	"testing"

	"millrace"
	"millrace/internal/attribution"
	"millrace/internal/dbtest"
	"millrace/internal/engine"
	"millrace/internal/metrics"
)

// crowd are twenty people of five firms with touches of several kinds, decisions about them, and deals of several owners, products and ends.
func crowd(w *world) *world {
	urls := []string{linkedIn, google, "", "?utm_source=google&utm_medium=cpc&utm_campaign=brand&utm_term=lead+scoring"}
	for n := range 20 {
		who, day, firm := fmt.Sprint("p", n), float64(5*n), fmt.Sprintf("firm%d.com", n%5)
		w.add(arrive(day, "", who, urls[n%4], "")).add(arrive(day+1, "", who, urls[(n+1)%4], ""))
		if n%3 == 0 {
			w.add(track(day+1.2, who, who, "Webinar Attended", `{"title":"Reading buying signals"}`))
		}
		title := []string{"VP Marketing", "CTO", "", "Head of Sales"}[n%4]
		w.add(identify(day+2, who, who, who+"@"+firm, fmt.Sprintf(`,"title":%q,"how_did_you_hear":%q`, title, []string{"LinkedIn ads", "A podcast", ""}[n%3])))
		w.add(track(day+3, who, who, "Demo Requested", `{}`))
	}
	for n := range 9 {
		e := opp(fmt.Sprint("D", n), fmt.Sprintf("firm%d.com", n%6), []string{"won", "lost", "open"}[n%3], float64(20+9*n), float64(30+9*n), fmt.Sprint(1000+333*n))
		if n%3 == 2 {
			e = opp(fmt.Sprint("D", n), fmt.Sprintf("firm%d.com", n%6), "open", float64(20+9*n), 0, "777.77")
		}
		e.Data = []byte(fmt.Sprintf(`%s,"owner":%q,"product":%q,"stage":"Demo"}`, e.Data[:len(e.Data)-1], []string{"Ann", "Ben", ""}[n%3], []string{"Pro", ""}[n%2]))
		w.add(e)
	}
	w.apply()
	for n := range 3 {
		who := engine.Doing{Who: fmt.Sprintf("p%d@firm%d.com", n, n), By: "Kim"}
		w.now++ // an act is of its own moment
		if _, err := w.e.Accept(w.t.(*testing.T).Context(), who, "Kim"); err != nil {
			w.t.Fatal(err)
		}
		w.now++
		if _, err := w.e.Qualify(w.t.(*testing.T).Context(), who, map[string]string{"need": "it", "budget": "yes", "authority": "yes", "timeline": "soon"}); err != nil {
			w.t.Fatal(err)
		}
	}
	return w
}

// TestBehindAddsUp: what stands behind each count of the funnel, of unit economics and of sales is as many as the count says, by every dimension
// that the pages offer.
func TestBehindAddsUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := crowd(newWorld(t, url))
		m := w.model()
		some := 0
		same := func(what string, got int, err error, want int) {
			t.Helper()
			if some += got; err != nil || got != want {
				t.Errorf("%s: %d stand behind %d, %v", what, got, want, err)
			}
		}
		episodes := func(step, by, value string, r *metrics.Rated) {
			for outcome, want := range map[string]int{"": r.Entered, "converted": r.Converted, "ended_otherwise": r.EndedOtherwise, "open": r.Open} {
				_, _, total, err := w.r.Episodes(t.Context(), m, EpisodeQuery{Query: all, Step: step, By: by, Value: value, Outcome: outcome, Limit: 3})
				same(fmt.Sprintf("%s by %s %q %s", step, by, value, outcome), total, err, want)
			}
		}
		funnel := m.Funnel(all)
		for _, step := range append(funnel.Contacts, funnel.Accounts...) {
			episodes(step.Key, "", "", &step.Total)
			for _, d := range step.Dimensions {
				for _, s := range d.Segments {
					episodes(step.Key, d.Name, s.Label, &s.Rated)
				}
			}
			for _, c := range step.Cohorts {
				p := c.Month.Period()
				_, _, total, err := w.r.Episodes(t.Context(), m, EpisodeQuery{Query: Query{From: p.First, To: p.Last}, Step: step.Key})
				same(step.Key+" of "+c.Month.String(), total, err, c.Entered)
			}
		}
		economics := m.Economics(all, 0, 0)
		for _, row := range append(economics.Channels, economics.Campaigns...) {
			q := PeopleQuery{Query: all, By: "channel", Value: row.Channel, Campaign: row.Campaign}
			for stage, want := range map[millrace.Stage]float64{millrace.StageLead: row.Leads, millrace.StageMQL: row.MQLs, millrace.StageSQL: row.SQLs} {
				q.Stage = stage
				_, _, total, err := w.r.Leads(t.Context(), m, q)
				same(fmt.Sprint(stage, " of ", row.Channel, row.Campaign), total, err, int(want))
			}
			_, _, total, err := m.Deals(q)
			same("opportunities of "+row.Channel+row.Campaign, total, err, int(row.Opportunities))
			q.Status = "won"
			_, _, total, err = m.Deals(q)
			same("customers of "+row.Channel+row.Campaign, total, err, int(row.Customers))
		}
		channels := m.Channels(all)
		for by, rows := range map[string][]ChannelRow{"channel": channels.Own, "group": channels.Groups} {
			for _, row := range rows {
				for i, x := range row.Months {
					p := channels.Months[i].Period()
					q := PeopleQuery{Query: Query{From: p.First, To: p.Last}, By: by, Value: row.Channel}
					_, _, total, err := w.r.Leads(t.Context(), m, q)
					same(fmt.Sprint("leads by ", by, row.Channel, channels.Months[i]), total, err, int(x.Leads))
					q.Status = "won"
					_, _, total, err = m.Deals(q)
					same(fmt.Sprint("won by ", by, row.Channel, channels.Months[i]), total, err, int(x.Won))
				}
			}
		}
		for _, d := range m.Sales(all).Dimensions {
			for i, row := range d.Rows[1:] {
				for status, want := range map[string]int{"won": row.Won, "lost": row.Lost, "standing": row.Open} {
					_, _, total, err := m.Deals(PeopleQuery{Query: all, By: d.Name, Value: row.Label, Status: status})
					same(fmt.Sprint(i, status, " deals by ", d.Name, row.Label), total, err, want)
				}
			}
		}
		sales := m.Sales(all)
		for pipeline, x := range map[string]metrics.Pipeline{metrics.PipelineNew: sales.Pipeline.New, metrics.PipelineExpansion: sales.Pipeline.Expansion, metrics.PipelineReferral: sales.Pipeline.Referral} {
			page, _, total, err := m.Deals(PeopleQuery{Query: Query{From: all.To, To: all.To}, Pipeline: pipeline})
			same(pipeline+" pipeline", total, err, x.Deals)
			sum := int64(0)
			for _, d := range page {
				if d.Amount != nil {
					sum += d.Amount.Minor
				}
			}
			if sum != x.Amount.Minor {
				t.Errorf("the %s pipeline's deals amount to %d, not %d", pipeline, sum, x.Amount.Minor)
			}
		}
		pace := sales.Forecast.Pace
		_, _, total, err := m.Deals(PeopleQuery{Query: Query{From: pace.First, To: pace.Last}})
		same("deals opened lately", total, err, sales.Forecast.NotYet.N)
		if some < 200 || economics.Blended.SQLs == 0 {
			t.Errorf("%d stand behind all of it, %g SQLs: too few to say anything", some, economics.Blended.SQLs)
		}
	})
}

// TestBehindByPeople: dimensions that no count is split by divide the leads too; pages follow each other without a gap; what there is none of is refused.
func TestBehindByPeople(t *testing.T) {
	w := crowd(newWorld(t, dbtest.SQLite(t)))
	m := w.model()
	for by, values := range map[string][]string{"source": {"linkedin", "google", "(direct)", "(not set)", ""}, "keyword": {"lead scoring", "(not set)", ""}, "asset": {"/pricing", "Reading buying signals", ""}} {
		sum := 0
		for _, v := range values {
			_, _, total, err := w.r.Leads(t.Context(), m, PeopleQuery{Query: all, By: by, Value: v})
			if sum += total; err != nil {
				t.Error(err)
			}
		}
		if sum != 20 {
			t.Errorf("by %s: %d of 20 leads", by, sum)
		}
	}
	seen, q := map[string]bool{}, EpisodeQuery{Query: all, Step: "lead_to_mql", Limit: 3}
	for {
		page, next, total, err := w.r.Episodes(t.Context(), m, q)
		if err != nil || total != 20 {
			t.Fatal(total, err)
		}
		for _, x := range page {
			if seen[x.ID] || x.Name == "" {
				t.Errorf("%+v", x)
			}
			seen[x.ID] = true
		}
		if q.After = next; next == "" {
			break
		}
	}
	if len(seen) != 20 {
		t.Errorf("the pages have %d", len(seen))
	}
	for what, err := range map[string]error{
		"owner of a lead":   last(w.r.Leads(t.Context(), m, PeopleQuery{By: "owner"})),
		"persona of a deal": last(m.Deals(PeopleQuery{By: "persona"})),
		"a cursor":          last(w.r.Episodes(t.Context(), m, EpisodeQuery{Step: "lead_to_mql", After: "x"})),
		"a step":            last(w.r.Episodes(t.Context(), m, EpisodeQuery{Step: "lead_to_lead"})),
		"accounts by":       last(w.r.Episodes(t.Context(), m, EpisodeQuery{Step: "account_to_mqa", By: "channel"})),
		"a deal by":         last(w.r.Episodes(t.Context(), m, EpisodeQuery{Step: "opportunity_to_close", By: "persona"})),
	} {
		if millrace.ErrorCode(err) != millrace.Invalid {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func last[T any](_ T, _ string, _ int, err error) error { return err }

// TestBehindACredit: the deals behind each credit of each model add up to it, by every dimension and of every measure.
func TestBehindACredit(t *testing.T) {
	m := crowd(newWorld(t, dbtest.SQLite(t))).model()
	cells := 0
	for d := range attribution.Dimension(attribution.Dimensions) {
		for _, of := range []attribution.Measure{attribution.Revenue, attribution.Pipeline, attribution.Count, attribution.Won} {
			q := CreditQuery{AttributionQuery: AttributionQuery{Query: all, Dimension: d, Measure: of}, Limit: 2}
			q.Options.Weights = attribution.Weights{First: 3, Middle: 1}
			table, err := m.Attribution(t.Context(), q.AttributionQuery)
			if err != nil {
				t.Fatal(err)
			}
			for _, row := range table.Rows {
				for _, model := range table.Models {
					q.Value, q.Model, q.After = row.Value, model, ""
					if cells++; row.Value != NoTouch && (model == attribution.Markov || model == attribution.ShapleyRate) {
						out, page, _, _, err := m.Credits(t.Context(), q)
						if err != nil || out.Sum != nil || len(page) > 0 && (page[0].Credit != nil || page[0].Touches == 0) {
							t.Errorf("%v %s %s: %+v, %v", d, row.Value, model, page, err)
						}
						continue
					}
					if sum, said := creditSum(t, m, q); sum != row.Credits[model] || said != sum {
						t.Errorf("%v of %v, %s by %s: the deals add up to %d, and say %d, of %d", of, d, row.Value, model, sum, said, row.Credits[model])
					}
				}
			}
		}
	}
	if cells < 500 {
		t.Errorf("only %d credits", cells)
	}
	q := CreditQuery{AttributionQuery: AttributionQuery{Query: all, Dimension: attribution.Source}, Value: "nowhere", Model: attribution.First}
	if out, page, _, total, err := m.Credits(t.Context(), q); err != nil || total != 0 || len(page) != 0 || *out.Sum != 0 {
		t.Errorf("of what there is none: %+v, %v", page, err)
	}
	for model, code := range map[string]millrace.Code{"nothing": millrace.Invalid, attribution.SelfReported: millrace.Invalid, attribution.Custom: millrace.Invalid} {
		if q.Model = model; millrace.ErrorCode(func() error { _, _, _, _, err := m.Credits(t.Context(), q); return err }()) != code {
			t.Errorf("model %s was not refused", model)
		}
	}
}

// creditSum adds up all pages, and gives what they say the sum is.
func creditSum(t *testing.T, m *Model, q CreditQuery) (sum, said int64) {
	for {
		out, page, next, _, err := m.Credits(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range page {
			if sum += *x.Credit; x.Credit == nil || *x.Credit == 0 || x.Of < x.Touches {
				t.Errorf("%+v", x)
			}
		}
		if said = *out.Sum; next == "" {
			return sum, said
		}
		q.After = next
	}
}
