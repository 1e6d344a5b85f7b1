package measure

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"millrace"
	"millrace/internal/attribution"
	"millrace/internal/channel"
	"millrace/internal/dbtest"
	"millrace/internal/metrics"
)

func TestRetag(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		const wrong = "?utm_source=linkedin&utm_medium=ads&utm_campaign=Spring"
		for i := range 4 {
			n := fmt.Sprint(i)
			w.add(arrive(float64(i), "", "a"+n, wrong, "")).add(identify(float64(i)+.1, "u"+n, "a"+n, "u"+n+"@acme-widgets.com", ""))
		}
		w.apply()
		before := answers(t, w.model())
		findings := w.model().Findings(all)
		if len(findings) != 1 || findings[0].Problem != channel.MistypedMedium || findings[0].Retag == nil || w.leadsBy("created")["LinkedIn ads"] != 0 {
			t.Fatalf("findings: %+v", findings)
		}
		made, err := w.r.Retag(t.Context(), *findings[0].Retag, "a typing error", "test")
		if err != nil || made.Origins != 1 || made.Visits != 4 {
			t.Fatalf("%+v, %v", made, err)
		}
		if got := w.leadsBy("created"); got["LinkedIn ads"] != 4 {
			t.Errorf("corrected: %v", got)
		}
		if left := w.model().Findings(all); len(left) != 0 {
			t.Errorf("still found: %+v", left)
		}
		// It acts on what comes later too, and after a rebuild.
		w.add(arrive(10, "", "z", wrong, "")).add(identify(10.1, "z", "z", "z@acme-widgets.com", "")).apply()
		if _, err := w.e.Rebuild(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		w.clean()
		if got := w.leadsBy("created"); got["LinkedIn ads"] != 5 {
			t.Errorf("later: %v", got)
		}
		if undone, err := w.r.UndoRetag(t.Context(), made.ID, "test"); err != nil || undone.UndoneAt == 0 || undone.Visits != 0 {
			t.Fatalf("%+v, %v", undone, err)
		}
		if _, err := w.r.UndoRetag(t.Context(), made.ID, "test"); millrace.ErrorCode(err) != millrace.Conflict {
			t.Errorf("undone twice: %v", err)
		}
		if _, err := w.r.UndoRetag(t.Context(), 1, "test"); millrace.ErrorCode(err) != millrace.NotFound {
			t.Errorf("what is no correction: %v", err)
		}
		if got := w.leadsBy("created"); got["LinkedIn ads"] != 0 || answers(t, w.model()) == before {
			t.Errorf("undone: %v", got)
		}
		w.clean()
	})
}

func TestRetagRules(t *testing.T) {
	for _, c := range []struct {
		rule RetagRule
		have origin
		want *origin
	}{
		{RetagRule{TagMatch{Source: "goo*"}, TagSet{Source: "google"}}, origin{Source: "Google "}, &origin{Source: "google"}},
		{RetagRule{TagMatch{Source: "*"}, TagSet{Source: "x"}}, origin{}, &origin{Source: "x"}},
		{RetagRule{TagMatch{Medium: NotSet, ClickID: "gclid"}, TagSet{Medium: "cpc"}}, origin{Click: "gclid"}, &origin{Click: "gclid", Medium: "cpc"}},
		{RetagRule{TagMatch{Medium: NotSet}, TagSet{Medium: "cpc"}}, origin{Medium: "email"}, nil},
		{RetagRule{TagMatch{Campaign: "a*b*c"}, TagSet{Campaign: "d"}}, origin{Campaign: "AxxBxxC"}, &origin{Campaign: "d"}},
		{RetagRule{TagMatch{Campaign: "a*b*c"}, TagSet{Campaign: "d"}}, origin{Campaign: "axxbxx"}, nil},
		{RetagRule{TagMatch{Host: "shop.example"}, TagSet{Source: NotSet, Medium: NotSet}}, origin{Host: "shop.example", Source: "a", Medium: "b"}, &origin{Host: "shop.example"}},
		{RetagRule{TagMatch{Source: NotSet}, TagSet{Source: "x"}}, origin{Event: "Webinar Attended"}, nil}, // an event stands on a page that has told
		{RetagRule{TagMatch{Source: NotSet}, TagSet{Source: "x"}}, origin{Known: true}, nil},
	} {
		got := c.have
		if meant := c.rule.apply(&got); meant != (c.want != nil) || c.want != nil && got != *c.want || c.want == nil && got != c.have {
			t.Errorf("%+v makes %+v of %+v", c.rule, got, c.have)
		}
	}
	for _, r := range []RetagRule{{}, {Match: TagMatch{Source: "a"}}, {Set: TagSet{Source: "a"}}, {TagMatch{Source: "a"}, TagSet{Source: "b*"}}, {TagMatch{Source: "a"}, TagSet{Source: "b@c.de"}},
		{TagMatch{Source: strings.Repeat("a", 201)}, TagSet{Source: "b"}}} {
		if r.Check() == nil {
			t.Errorf("%+v is taken", r)
		}
	}
}

func FuzzOrigin(f *testing.F) {
	f.Add(`{"s":"google"}`, "*", `{"title":"x"}`)
	f.Fuzz(func(t *testing.T, text, pattern, data string) {
		o, err := parseOrigin([]byte(text))
		if err != nil {
			return
		}
		rule := RetagRule{TagMatch{Source: pattern}, TagSet{Source: "x"}}
		rule.apply(&o)
		again, err := parseOrigin([]byte(o.text()))
		if err != nil {
			t.Fatal(err)
		}
		if channel.New(nil, nil).Classify(again.visit()).Group == "" {
			t.Error("no group")
		}
		assetOf([]byte(data))
	})
}

func FuzzBlock(f *testing.F) {
	f.Add(appendMark(nil, mark{}, mark{seq: 5, subject: 3, at: 7, origin: 2, place: 1, imp: 4}))
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		if err := eachMark(b, func(mark) { n++ }); err == nil && n > len(b) {
			t.Errorf("%d marks in %d bytes", n, len(b))
		}
	})
}

func TestSpendView(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := story(newWorld(t, url))
		spend := func(id, data string) { w.add(record(millrace.KindSpend, id, data)) }
		spend("L1", `{"from":"2026-02-01","to":"2026-02-01","platform":"linkedin_ads","campaign":"Q1 push","campaign_id":"77","amount":"100","currency":"USD","impressions":10000,"clicks":50,"reach":4000}`)
		spend("L2", `{"from":"2026-02-02","to":"2026-02-02","platform":"linkedin_ads","campaign":"Q1 push (new)","campaign_id":"77","amount":"50","currency":"USD","impressions":5000,"clicks":10,"reach":3000}`)
		spend("G1", `{"from":"2026-02-03","to":"2026-02-03","platform":"google_ads","campaign":"Summer Sale","amount":"40","currency":"EUR","clicks":8}`)
		spend("P1", `{"from":"2026-01-01","to":"2026-12-31","category":"people","amount":"3650","currency":"USD"}`)
		spend("R1", `{"from":"2026-02-04","to":"2026-02-04","platform":"google_ads","campaign":"brand","amount":"-20","currency":"USD"}`)
		w.add(arrive(40, "", "x1", "?utm_source=google&utm_medium=cpc&utm_campaign=summer_sale", "")).add(arrive(41, "", "x2", "?utm_source=google&utm_medium=cpc&utm_campaign=unknown", ""))
		w.add(arrive(42, "", "x3", "?utm_source=linkedin&utm_medium=paid-social&utm_campaign=Q1+push", ""))
		w.apply()
		s := w.model().Spend(Query{From: metrics.DayOf(2026, 2, 1), To: metrics.DayOf(2026, 2, 28)})
		if s.Total.Spend.Minor != (100+50-20+280)*100 || s.Total.Spend.NoRate != 1 || s.Total.Spend.Refunds != 1 || s.Total.Clicks != 68 || len(s.Total.ByCurrency) != 2 {
			t.Errorf("total: %+v", s.Total)
		}
		row := func(list []SpendRow, is func(SpendRow) bool) SpendRow {
			for _, r := range list {
				if is(r) {
					return r
				}
			}
			return SpendRow{}
		}
		push := row(s.Campaigns, func(r SpendRow) bool { return r.CampaignID == "77" })
		if push.Campaign != "Q1 push (new)" || push.Spend.Minor != 15000 || *push.CPC.Value != 250 || *push.CPM.Value != 1000 || *push.CTR.Value != 0.004 || push.Reach != 4000 || !push.Matched {
			t.Errorf("the renamed campaign: %+v", push)
		}
		if people := row(s.Categories, func(r SpendRow) bool { return r.Category == "people" }); people.Spend.Minor != 28000 {
			t.Errorf("people: %+v", people)
		}
		if len(s.Renamed) != 1 || len(s.Days) != 28 {
			t.Errorf("renamed %+v, %d days", s.Renamed, len(s.Days))
		}
		if len(s.Unmatched.Spend) != 1 || s.Unmatched.Spend[0].Similar != "summer_sale" || s.Unmatched.Spend[0].Retag == nil {
			t.Fatalf("costs without visits: %+v", s.Unmatched.Spend)
		}
		if v := s.Unmatched.Visits; len(v) != 2 || v[0].Campaign != "summer_sale" || v[1].Campaign != "unknown" {
			t.Errorf("visits without costs: %+v", v)
		}
		if _, err := w.r.Retag(t.Context(), *s.Unmatched.Spend[0].Retag, "", "test"); err != nil {
			t.Fatal(err)
		}
		if s := w.model().Spend(all); len(s.Unmatched.Spend) != 0 {
			t.Errorf("after the correction: %+v", s.Unmatched.Spend)
		}
		w.clean()
	})
}

func TestChannelsTargetsAndChanges(t *testing.T) {
	w := story(newWorld(t, dbtest.SQLite(t)))
	w.add(record(millrace.KindTarget, "T1", `{"metric":"revenue","from":"2026-01-01","to":"2026-03-31","value":"18000","currency":"USD"}`))
	w.add(record(millrace.KindTarget, "T2", `{"metric":"leads","from":"2026-01-01","to":"2026-12-31","value":"6","channel":"Google search"}`))
	w.add(record(millrace.KindTarget, "T3", `{"metric":"spend","from":"2026-01-01","to":"2026-01-31","value":"1000","currency":"EUR"}`))
	w.apply()
	m := w.model()
	q := Query{From: metrics.DayOf(2026, 1, 1), To: metrics.DayOf(2026, 2, 28)}
	c := m.Channels(q)
	if len(c.Months) != 2 || c.Total.Sum.Visits != 4 || c.Total.Sum.Leads != 3 || c.Total.Sum.Won != 1 || c.Total.Sum.Revenue.Minor != 900000 || c.Total.Months[0].People != 3 || c.Total.Sum.Spend.Minor != 89000 {
		t.Errorf("%+v", c.Total)
	}
	for _, r := range c.Own {
		switch r.Channel {
		case "LinkedIn ads":
			if r.Role != "creation" || r.Sum.Visits != 1 || r.Sum.People != 1 || r.Sum.Leads != 0 || r.Sum.Spend.Minor != 80000 {
				t.Errorf("%+v", r)
			}
		case "Webinars": // acme's deal: the last before it that isn't direct
			if r.Sum.Opportunities != 1 || r.Sum.Won != 1 {
				t.Errorf("%+v", r.Sum)
			}
		}
	}
	for first := metrics.DayOf(2026, 1, 1); first < metrics.DayOf(2026, 2, 20); first += 3 { // two pages never disagree, whatever the days
		q := Query{From: first, To: first + 17}
		by, costs := m.Channels(q).Total.Sum, m.Economics(q, 0, 0).Blended
		if by.Spend.Minor != costs.Spend.Minor || float64(by.Leads) != costs.Leads || float64(by.Opportunities) != costs.Opportunities || float64(by.Won) != costs.Customers {
			t.Errorf("from %v: channels say %+v, economics %v, %g leads, %g opportunities, %g customers", first, by, costs.Spend, costs.Leads, costs.Opportunities, costs.Customers)
		}
	}
	rows := m.Targets(Query{}).Rows
	if len(rows) != 3 {
		t.Fatalf("%+v", rows)
	}
	for _, r := range rows {
		switch r.Metric {
		case "revenue":
			if *r.Actual.Value != 900000 || *r.Attainment.Value != 0.5 || r.Elapsed != 1 {
				t.Errorf("%+v", r)
			}
		case "leads":
			if *r.Actual.Value != 2 || *r.Pace.Value < 0.5 || *r.Pace.Value > 0.7 {
				t.Errorf("%+v", r)
			}
		case "spend":
			if *r.Actual.Value != 89000 || r.Attainment.Undefined != metrics.NoRate {
				t.Errorf("%+v", r)
			}
		}
	}
	moved := m.Moved(Query{From: metrics.DayOf(2026, 1, 16), To: metrics.DayOf(2026, 2, 14)})
	for _, change := range moved.Changes {
		sum := 0.0
		for _, p := range change.Parts {
			sum += p.Value
		}
		if change.Value != nil && math.Abs(sum-*change.Value) > 1e-6*math.Abs(sum) {
			t.Errorf("%s: the parts come to %g of %g", change.Key, sum, *change.Value)
		}
	}
	if leads := moved.Changes[0]; *leads.Before != 2 || *leads.After != 1 {
		t.Errorf("%+v", leads)
	}
	since := map[string]string{}
	for _, c := range moved.Partial {
		since[c.Key] = c.Since.String()
	}
	if later := m.Moved(Query{From: metrics.DayOf(2027, 1, 1), To: metrics.DayOf(2027, 3, 31)}); since["leads"] <= moved.Before.First.String() || len(later.Partial) != 0 {
		t.Errorf("before %s nothing is known of %v; of a later period %v", moved.Before.First, since, later.Partial)
	}
	plan := m.Plan(PlanQuery{Target: millrace.Money{Minor: 10_000_000, Currency: "USD"}, By: metrics.DayOf(2026, 12, 31)})
	if *plan.Target.Value != 10_000_000 || len(plan.Channels) == 0 {
		t.Errorf("%+v", plan)
	}
}

func TestBehindAFigure(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := story(newWorld(t, url))
		w.add(opp("D3", "acme-widgets.com", "won", 20, 41, "9000")).add(millrace.Event{Kind: millrace.KindOpportunity, Source: "crm", RecordID: "crm:D3", OccurredAt: at(21), Data: []byte(`{"name":"Deal D1"}`)}).apply()
		m := w.model()
		leads, next, total, err := w.r.Leads(t.Context(), m, PeopleQuery{Query: all, Channel: "Google search", Limit: 1})
		if err != nil || total != 2 || len(leads) != 1 || next == "" || leads[0].Name != "cleo@beta-house.io" || leads[0].Campaign != "brand" {
			t.Fatalf("%+v %q %d %v", leads, next, total, err)
		}
		if leads, next, _, err = w.r.Leads(t.Context(), m, PeopleQuery{Query: all, Channel: "Google search", Limit: 1, After: next}); err != nil || next != "" || leads[0].Name != "anna@acme-widgets.com" {
			t.Errorf("%+v %q %v", leads, next, err)
		}
		if _, _, _, err := w.r.Leads(t.Context(), m, PeopleQuery{After: "x"}); millrace.ErrorCode(err) != millrace.Invalid {
			t.Error(err)
		}
		deals, _, total, err := m.Deals(PeopleQuery{Query: all, Status: "won", Channel: "Webinars"})
		if err != nil || total != 2 || len(deals[0].Duplicates) != 1 {
			t.Fatalf("%+v %d %v", deals, total, err)
		}
		j, err := m.Journey(deals[1].ID, AttributionQuery{Query: all})
		if err != nil || len(j.Touches) != 4 || j.SelfReported != "LinkedIn ads" {
			t.Fatalf("%+v, %v", j, err)
		}
		for model, want := range map[string][4]int64{"first": {900000, 0, 0, 0}, "linear": {225000, 225000, 225000, 225000}, "w-shaped": {270000, 270000, 90000, 270000}} {
			for i, touch := range j.Touches {
				if touch.Credits[model] != want[i] {
					t.Errorf("%s gives touch %d %d", model, i, touch.Credits[model])
				}
			}
		}
		if j.Touches[1].Marks[0] != "lead" || j.Touches[3].Marks[0] != "opportunity" || j.Touches[2].Asset != "Reading buying signals" || j.Touches[0].Why == "" {
			t.Errorf("%+v", j.Touches)
		}
		if _, err := m.Journey("opp_99999", AttributionQuery{}); millrace.ErrorCode(err) != millrace.NotFound {
			t.Error(err)
		}
	})
}

// TestBadInput: whatever comes in, each report says something of it, and no number is one that isn't.
func TestBadInput(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	whole := func() string {
		t.Helper()
		m := w.model()
		text := answers(t, m)
		for _, x := range []any{m.Spend(all), m.Channels(all), m.Targets(all), m.Moved(all), m.Plan(PlanQuery{Target: millrace.Money{Minor: 1, Currency: "XXX"}, By: metrics.DayOf(2020, 1, 1)}),
			m.Plan(PlanQuery{Target: millrace.Money{Minor: 1 << 62, Currency: "USD"}, By: metrics.DayOf(2027, 1, 1)})} {
			b, err := json.Marshal(x) // refuses NaN and infinity
			if err != nil {
				t.Fatal(err)
			}
			text += string(b)
		}
		return text
	}
	whole() // an empty workspace
	w.add(record(millrace.KindSpend, "EUR", `{"from":"2026-01-01","to":"2026-01-31","platform":"google_ads","campaign":"brand","amount":"50","currency":"EUR"}`))
	w.add(record(millrace.KindSpend, "NEG", `{"from":"2026-01-01","to":"2026-01-31","platform":"google_ads","campaign":"brand","amount":"-500","currency":"USD"}`))
	w.add(opp("none", "nobody-touched.com", "won", 10, 20, "100"))
	w.add(arrive(15, "", "l1", google, "")).add(identify(15.1, "late", "l1", "late@late-firm.com", "")).add(opp("late", "late-firm.com", "won", 1, 5, "70"))
	w.add(millrace.Event{Kind: millrace.KindOpportunity, Source: "crm", RecordID: "crm:bare", OccurredAt: at(3), Data: []byte(`{"name":"Bare","domain":"bare-firm.com","status":"won"}`)})
	w.add(record(millrace.KindTarget, "odd", `{"metric":"happiness","from":"2026-01-01","to":"2026-03-31","value":"much"}`))
	w.apply()
	text := whole()
	for _, want := range []string{`"no_rate"`, "(no touch)"} {
		if !strings.Contains(text, want) {
			t.Errorf("nothing says %s", want)
		}
	}
	a, err := w.model().Attribution(context.Background(), AttributionQuery{Query: all, Measure: attribution.Revenue})
	if err != nil || a.LeftOut.After == 0 || a.Total != 17000 || a.Undated+a.Deals != 3 {
		t.Errorf("%+v, %v", a, err)
	}
	w.clean()
}

// TestSlowModelsComeLater: of a large workspace rules are answered at once, and what is worked out in the background is the same as when one waits.
func TestSlowModelsComeLater(t *testing.T) {
	w := story(newWorld(t, dbtest.SQLite(t)))
	m := w.model()
	q := AttributionQuery{Query: all}
	want, err := m.Attribution(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	large := *m
	large.memory, large.journeyMemory, large.episodeMemory = &memory{limit: 9}, &memory{limit: 2}, &memory{limit: 1}
	large.touches = append(slices.Clone(m.touches), make([]touch, largeJourneys)...) // beyond any account's
	q.Soon = true
	first, err := large.Attribution(t.Context(), q)
	if err != nil || len(first.Pending) != 2 || slices.Contains(first.Models, attribution.Markov) || !slices.Contains(first.Models, attribution.Linear) {
		t.Fatalf("%+v, %v", first, err)
	}
	q.Soon = false // waits for the one in the background
	got, err := large.Attribution(t.Context(), q)
	if err != nil || len(got.Pending) != 0 {
		t.Fatal(err)
	}
	a, _ := json.Marshal(want)
	b, _ := json.Marshal(got)
	if string(a) != string(b) {
		t.Errorf("%s\nwant %s", b, a)
	}
	q.Soon = true
	if again, err := large.Attribution(t.Context(), q); err != nil || len(again.Pending) != 0 {
		t.Errorf("asked again: %+v, %v", again, err)
	}
	// A fact makes it be worked out again, once for all who ask; until then they are told what it was, and when.
	w.add(opp("D7", "beta-house.io", "won", 70, 80, "100")).apply()
	next := *w.model()
	next.touches = append(slices.Clone(next.touches), make([]touch, largeJourneys)...)
	next.memory.slow.Lock() // as while another is worked out
	for range 2 {
		a, err := next.Attribution(t.Context(), q)
		if err != nil || len(a.Pending) != 2 || a.Earlier == nil || a.Earlier.Position != large.Position || a.Earlier.At != large.BuiltAt || a.Earlier.Total != got.Total || a.Total != got.Total+10000 {
			t.Fatalf("while it is worked out: %+v, %v", a, err)
		}
		sum := int64(0)
		for _, row := range a.Earlier.Rows {
			sum += row.Credits[attribution.Markov]
		}
		if sum != a.Earlier.Total || len(a.Earlier.Rows[0].Credits) != 2 {
			t.Errorf("the earlier credits add up to %d of %d: %+v", sum, a.Earlier.Total, a.Earlier)
		}
	}
	next.memory.slow.Unlock()
	q.Soon = false
	last, err := next.Attribution(t.Context(), q)
	if err != nil || last.Earlier != nil || last.Total != got.Total+10000 {
		t.Errorf("%+v, %v", last, err)
	}
	q.defaults()
	if now := next.earlier.last(q.key(&next)); now == nil || now.Total != last.Total || len(next.earlier.answers) != 1 {
		t.Errorf("what is kept: %+v", now)
	}
}

// TestForecastComesLater: of a large workspace the forecast's simulation and the funnel's intervals are worked out in the background; until they are
// there, the answer is the one of before, with its moment, or a forecast without intervals.
func TestForecastComesLater(t *testing.T) {
	w := story(newWorld(t, dbtest.SQLite(t)))
	grow := func(m *Model) *Model {
		large := *m
		large.memory = &memory{limit: 9}
		large.touches = append(slices.Clone(m.touches), make([]touch, largeJourneys)...) // beyond any account's
		return &large
	}
	same := func(a, b any) bool {
		x, _ := json.Marshal(a)
		y, _ := json.Marshal(b)
		return string(x) == string(y)
	}
	m := w.model()
	large := grow(m)
	first := large.SalesSoon(all)
	if !first.Pending || first.Earlier != nil || first.Forecast.Expected.Value == nil || *first.Forecast.Expected.Value != *m.Sales(all).Forecast.Expected.Value || first.Forecast.Expected.Interval != nil {
		t.Errorf("never worked out before: %+v", first.Forecast.Expected)
	}
	whole := large.Sales(all) // waits for the one in the background
	if again := large.SalesSoon(all); again.Pending || !same(again, whole) || !same(whole, m.Sales(all)) || again.Forecast.Expected.Interval == nil {
		t.Errorf("worked out: %+v", again.Forecast)
	}
	funnel := large.FunnelSoon(all)
	if funnel.Earlier != nil || !same(funnel, m.Funnel(all)) {
		t.Errorf("the first funnel waits: %+v", funnel)
	}
	w.now += millrace.Hour
	w.add(opp("D7", "beta-house.io", "won", 150, 195, "100")).add(identify(81, "zoe", "", "zoe@beta-house.io", "")).apply()
	next := grow(w.model())
	sales, before := next.SalesSoon(all), next.FunnelSoon(all)
	if !sales.Pending || sales.Earlier == nil || *sales.Earlier != (Moment{large.Position, large.BuiltAt}) || !same(sales.Forecast, whole.Forecast) || sales.Total.Won != whole.Total.Won+1 {
		t.Errorf("while it is worked out: %+v", sales)
	}
	if before.Earlier == nil || *before.Earlier != (Moment{large.Position, large.BuiltAt}) || before.Contacts[0].Total.Entered != funnel.Contacts[0].Total.Entered {
		t.Errorf("while it is worked out: %+v", before)
	}
	now := next.Sales(all)
	if again := next.SalesSoon(all); again.Pending || again.Earlier != nil || !same(again, now) || same(now.Forecast, whole.Forecast) {
		t.Errorf("worked out anew: %+v", again.Forecast)
	}
	next.Funnel(all)
	if again := next.FunnelSoon(all); again.Earlier != nil || again.Contacts[0].Total.Entered != funnel.Contacts[0].Total.Entered+1 {
		t.Errorf("worked out anew: %+v", again.Contacts[0].Total)
	}
}
