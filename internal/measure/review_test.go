package measure

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"millrace"
	"millrace/internal/dbtest"
	"millrace/internal/metrics"
	"millrace/internal/review"
)

// TestReviewOfTheStory reviews the story of TestFiguresByHand: too little for any verdict, and all of it is told.
func TestReviewOfTheStory(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		m := story(newWorld(t, url)).model()
		r := m.Review(all)
		rows := map[string]review.Row{}
		for _, c := range r.Channels {
			rows[c.Channel] = c
			if c.Verdict != review.TooEarly && c.Rule != "spend_without_leads" {
				t.Errorf("%s: %s by %s, of %v leads", c.Channel, c.Verdict, c.Rule, c.Cost.Leads)
			}
		}
		// Acme's first touch was LinkedIn on day 0, its opportunity came on day 20; Beta's were Google on day 30 and day 50.
		for name, days := range map[string]float64{"LinkedIn ads": 20, "Google search": 20} {
			if c := rows[name]; c.Began != 1 || c.Lag.Value == nil || *c.Lag.Value != days {
				t.Errorf("%s began %d, after %+v days", name, c.Began, c.Lag.Value)
			}
		}
		// 800 of spend at a band of 80 to 200 a lead: four were due, none came.
		if c := rows["LinkedIn ads"]; c.Rule != "spend_without_leads" || c.Role != "creation" || !strings.Contains(strings.Join(c.Reasons, " "), "some 4 leads were due") {
			t.Errorf("LinkedIn ads: %s, %s, %q", c.Rule, c.Role, c.Reasons)
		}
		if r.Mix.Motion != "mid-market" || r.Mix.ACV.Value == nil || *r.Mix.ACV.Value != 9000_00 || r.Fragility != nil {
			t.Errorf("two opportunities are too few to say what hangs on one channel; mix %+v, fragility %+v", r.Mix, r.Fragility)
		}
		_, err := m.Scenario(all, review.Move{From: "LinkedIn ads", To: "Google search", Share: 0.2})
		if e, ok := errors.AsType[*millrace.Error](err); !ok || e.Code != millrace.Invalid {
			t.Errorf("a move from a channel without leads: %v", err)
		}
	})
}

// TestReviewOfTheFirstWeek says that it is too early, and of nothing that there is nothing.
func TestReviewOfTheFirstWeek(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	if r := w.model().Review(Query{}); len(r.Channels) != 0 || !strings.Contains(r.Words, "No channel") {
		t.Errorf("of nothing: %+v", r)
	}
	w.now = at(6)
	w.add(arrive(0, "", "a1", google, "")).add(identify(1, "anna", "a1", "anna@acme-widgets.com", "")).apply()
	for _, c := range w.model().Review(Query{}).Channels {
		if c.Rule != "first_weeks" || c.Confidence != "none" {
			t.Errorf("%s: %s", c.Channel, c.Rule)
		}
	}
}

// TestDealsWithoutTouches: where no touch ties a deal to a channel, what came of its money can't be told: it isn't lost, and others' deals say nothing of it.
func TestDealsWithoutTouches(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	for i := range 6 {
		w.add(record(millrace.KindSpend, fmt.Sprint("S", i), fmt.Sprintf(`{"from":%q,"to":%q,"channel":"LinkedIn ads","amount":"5000","currency":"USD"}`, stamp(float64(30 * i))[:10], stamp(float64(30*i + 29))[:10])))
	}
	for i := range 40 {
		visitor, tags := fmt.Sprint("a", i), []string{linkedIn, google}[i%2]
		w.add(arrive(float64(10+i), "", visitor, tags, "")).add(identify(float64(10+i)+0.1, fmt.Sprint("p", i), visitor, fmt.Sprintf("p%d@firm%d.com", i, i), ""))
		w.add(opp(fmt.Sprint("O", i), fmt.Sprintf("other%d.com", i), "won", float64(60+i), float64(90+i), "9000"))
	}
	m := w.apply().model()
	e := m.Economics(all, 0, 0)
	if e.Blended.ROI.Value == nil || e.Blended.Customers != 40 {
		t.Errorf("of all channels: ROI %+v of %g customers", e.Blended.ROI, e.Blended.Customers)
	}
	for _, c := range e.Channels {
		if c.Channel != "LinkedIn ads" {
			continue
		}
		for _, f := range []metrics.Figure{c.ROI, c.CAC, c.CostPerOpportunity} {
			if f.Value != nil || f.Undefined != metrics.NoTouches || f.Interval != nil {
				t.Errorf("%s: %v, %s, %+v", f.Key, f.Value, f.Undefined, f.Interval)
			}
		}
	}
	for _, c := range m.Review(all).Channels {
		if c.Verdict == review.Stop || c.Rule == "poor_pipeline" {
			t.Errorf("%s: %s by %s, because %q", c.Channel, c.Verdict, c.Rule, c.Reasons)
		}
		if said := strings.Contains(fmt.Sprint(c.Reasons), "No touch ties an opportunity to any channel"); !said {
			t.Errorf("%s: what to bring isn't said in %q", c.Channel, c.Reasons)
		}
	}
}

// TestReviewOfSpendAlone: of a file of costs and nothing else, what they brought can't be told, and it isn't nothing.
func TestReviewOfSpendAlone(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	for i := range 6 {
		w.add(record(millrace.KindSpend, fmt.Sprint("S", i), fmt.Sprintf(`{"from":%q,"to":%q,"channel":"LinkedIn ads","amount":"5000","currency":"USD"}`, stamp(float64(30 * i))[:10], stamp(float64(30*i + 29))[:10])))
	}
	m := w.apply().model()
	if r := m.Review(all).Channels; len(r) != 1 || r[0].Rule != "nobody_known" || r[0].Verdict != review.TooEarly {
		t.Errorf("the review says %+v", r)
	}
	for _, f := range []metrics.Figure{m.Economics(all, 0, 0).Blended.ROI, m.Economics(all, 0, 0).Blended.CAC, m.Economics(all, 0, 0).Blended.CostPerOpportunity} {
		if f.Value != nil || f.Undefined != metrics.NoDeals || f.Interval != nil {
			t.Errorf("%s: %v, %s, %+v", f.Key, f.Value, f.Undefined, f.Interval)
		}
	}
	if r := m.Economics(all, 0, 0).Blended; r.CPL.Value != nil || r.CPL.Undefined != metrics.NoPeople || r.CPL.Interval != nil || r.UntoldLeads != metrics.NoPeople || r.Untold != metrics.NoDeals {
		t.Errorf("what a lead costs, of whom nobody is known: %+v, %s, %s", r.CPL, r.UntoldLeads, r.Untold)
	}
	w.add(arrive(100, "", "a1", google, "")).add(identify(100.1, "anna", "a1", "anna@acme-widgets.com", "")).apply()
	for _, c := range w.model().Economics(all, 0, 0).Channels {
		if c.Channel == "LinkedIn ads" && (c.CPL.Undefined != metrics.NoDenominator || c.CPL.Interval == nil || c.UntoldLeads != "") {
			t.Errorf("with somebody known: %+v, %s", c.CPL, c.UntoldLeads)
		}
	}
	for _, c := range w.model().Review(all).Channels {
		if c.Channel == "LinkedIn ads" && c.Rule != "spend_without_leads" {
			t.Errorf("with somebody known, who came by another channel: %s", c.Rule)
		}
	}
}

// TestWhatCameOfAChannelIsNotKnown: of deals before which no touch is known, no channel brought none; of deals that end before the period, nobody won none.
func TestWhatCameOfAChannelIsNotKnown(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.add(record(millrace.KindSpend, "S1", fmt.Sprintf(`{"from":%q,"to":%q,"channel":"LinkedIn ads","amount":"5000","currency":"USD"}`, stamp(0)[:10], stamp(300)[:10])))
	for i := range 40 {
		w.add(record(millrace.KindOpportunity, fmt.Sprint("O", i), fmt.Sprintf(`{"name":"Deal %d","account":"Firm %d","amount":"1000","currency":"USD","stage":"Closed Won","status":"won","opened_at":%q,"closed_at":%q}`, i, i,
			stamp(float64(i)), stamp(float64(i+10)))))
	}
	e := w.apply().model().Economics(all, 0, 0)
	if len(e.Channels) != 2 || e.Channels[0].Channel != "LinkedIn ads" {
		t.Fatalf("%+v", e.Channels)
	}
	for _, f := range []metrics.Figure{e.Channels[0].ROI, e.Channels[0].CAC, e.Channels[0].CostPerOpportunity} {
		if f.Value != nil || f.Undefined != metrics.NoTouches || f.Interval != nil {
			t.Errorf("%s of a channel: %v, %s, %+v", f.Key, f.Value, f.Undefined, f.Interval)
		}
	}
	if b := e.Blended; b.CAC.Value == nil || b.ROI.Value == nil {
		t.Errorf("of all channels: %+v, %+v", b.CAC, b.ROI)
	}
	w.now = at(300)
	late := Query{From: dayOf(stamp(200)[:10]), To: dayOf(stamp(299)[:10])}
	for _, f := range []metrics.Figure{w.apply().model().Economics(late, 0, 0).Blended.ROI, w.model().Economics(late, 0, 0).Blended.CAC} {
		if f.Value != nil || f.Undefined != metrics.NoDeals {
			t.Errorf("%s after the last deal: %v, %s", f.Key, f.Value, f.Undefined)
		}
	}
	w.add(arrive(30, "", "a1", google, "")).add(identify(30.1, "anna", "a1", "anna@acme-widgets.com", "")).
		add(record(millrace.KindOpportunity, "P1", fmt.Sprintf(`{"name":"Touched","account_domain":"acme-widgets.com","domain":"acme-widgets.com","account":"Acme Widgets","amount":"1000","currency":"USD","stage":"Closed Won","status":"won","opened_at":%q,"closed_at":%q}`,
			stamp(40), stamp(50))))
	for _, c := range w.apply().model().Economics(all, 0, 0).Channels {
		if c.Channel == "LinkedIn ads" && (c.ROI.Value == nil || *c.ROI.Value != -1) {
			t.Errorf("where another channel is known to have won one: %+v", c.ROI)
		}
	}
}
