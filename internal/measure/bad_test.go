package measure

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"millrace"
	"millrace/internal/attribution"
	"millrace/internal/dbtest"
	"millrace/internal/metrics"
)

// TestEachBadInputIsSaid: what is wrong with the input stands beside the figure that it concerns, with what it comes to; nothing is dropped without a word.
func TestEachBadInputIsSaid(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	quarter := Query{From: metrics.DayOf(2026, 1, 1), To: metrics.DayOf(2026, 3, 31)}
	cost := func(id, day, campaign, number, amount, currency string) {
		w.add(record(millrace.KindSpend, id, fmt.Sprintf(`{"from":%q,"to":%q,"platform":"google_ads","campaign":%q,"campaign_id":%q,"amount":%q,"currency":%q}`, day, day, campaign, number, amount, currency)))
	}
	cost("usd", "2026-01-05", "brand", "1", "100", "USD")
	cost("eur", "2026-01-06", "brand", "1", "50", "EUR")      // two currencies, no rate
	cost("back", "2026-01-07", "refunded", "2", "-30", "USD") // negative spend
	cost("old", "2026-01-20", "Spring", "3", "10", "USD")     // renamed in the middle of the quarter
	cost("new", "2026-02-20", "Spring (new)", "3", "20", "USD")
	w.add(arrive(10, "", "s1", "?utm_source=google&utm_medium=cpc&utm_campaign=Spring", "")).add(identify(10.1, "sue", "s1", "sue@spring-firm.com", ""))
	w.add(opp("none", "nobody-touched.com", "won", 10, 20, "100"))                                                                                           // a deal without touches
	w.add(arrive(30, "", "l1", google, "")).add(identify(30.1, "late", "l1", "late@late-firm.com", "")).add(opp("late", "late-firm.com", "won", 1, 5, "70")) // a touch after the close
	for _, id := range []string{"twin1", "twin2"} {                                                                                                          // one deal twice
		e := opp(id, "spring-firm.com", "won", 20, 40, "500")
		e.Data = []byte(fmt.Sprintf(`{"name":"Same","domain":"spring-firm.com","status":"won","opened_at":%q,"closed_at":%q,"amount":"500","currency":"USD"}`, stamp(20), stamp(40)))
		w.add(e)
	}
	m := w.apply().model()

	s := m.Spend(quarter)
	if s.Total.Spend.Minor != 10_000 || len(s.Total.Spend.Unconverted) != 1 || s.Total.Spend.Unconverted[0] != (metrics.Amount{Minor: 5_000, Currency: "EUR"}) || s.Total.Spend.Refunds != 1 {
		t.Errorf("two currencies and a refund: %+v", s.Total.Spend)
	}
	campaign := func(name string) *SpendRow {
		i := slices.IndexFunc(s.Campaigns, func(r SpendRow) bool { return r.Campaign == name })
		if i < 0 {
			t.Fatalf("no campaign %q in %+v", name, s.Campaigns)
		}
		return &s.Campaigns[i]
	}
	if r := campaign("refunded"); r.Spend.Minor != -3_000 || r.CPC.Value != nil {
		t.Errorf("negative spend: %+v", r)
	}
	if r := campaign("Spring (new)"); r.Spend.Minor != 3_000 || !r.Matched || len(s.Renamed) != 1 {
		t.Errorf("a campaign that was renamed: %+v, %+v", r, s.Renamed)
	}
	e := m.Economics(quarter, 0, 0)
	for _, row := range e.Campaigns {
		if row.Campaign == "Spring (new)" && (row.Leads != 1 || *row.CPL.Value != 3_000) || row.Campaign == "refunded" && row.CPL.Undefined == "" || row.Campaign == "Spring" {
			t.Errorf("%+v", row)
		}
	}
	if c := e.Blended.CPL; len(c.LeftOut) != 1 || c.LeftOut[0].Reason != "no_rate" || c.LeftOut[0].Money[0].Minor != 5_000 || !slices.Contains(c.Caveats, "refunds") {
		t.Errorf("the blended CPL doesn't say what it lacks: %+v", c)
	}

	a, err := m.Attribution(context.Background(), AttributionQuery{Query: quarter, Measure: attribution.Revenue})
	if err != nil || a.Total != 117_000 || a.LeftOut.After != 1 || a.LeftOut.NoTouch != 2 {
		t.Fatalf("%+v, %v", a, err)
	}
	for _, row := range a.Rows { // the deal that nobody touched, and the one that was touched too late
		if row.Value == NoTouch && row.Credits[attribution.Linear] != 17_000 {
			t.Errorf("%+v", row)
		}
	}
	deals, _, total, err := m.Deals(PeopleQuery{Query: quarter, Status: "won"})
	twins := 0
	for _, d := range deals {
		twins += len(d.Duplicates)
	}
	if err != nil || total != 4 || twins != 2 || m.Sales(quarter).Total.Won != 4 {
		t.Errorf("a deal that is there twice is counted twice, and says so: %d of %d, %v", twins, total, err)
	}

	empty := Query{From: metrics.DayOf(2020, 1, 1), To: metrics.DayOf(2020, 3, 31)} // a period with nothing in it
	sales, costs := m.Sales(empty), m.Economics(empty, 30, 0.8).Blended
	for _, f := range []metrics.Figure{sales.Total.WinRate, sales.Total.Velocity.Velocity, costs.CPL, costs.CAC, costs.ROI, m.Retention(empty).NRR, m.Funnel(empty).Contacts[0].Total.Rate} {
		if f.Value != nil || f.Undefined == "" {
			t.Errorf("of nothing: %+v", f)
		}
	}
	if c := m.Channels(empty); len(c.Months) != 3 || c.Total.Sum.Leads+c.Total.Sum.Visits+c.Total.Sum.Won != 0 || c.Total.Sum.Spend.Minor != 0 {
		t.Errorf("%+v", c.Total.Sum)
	}
	none, err := m.Attribution(context.Background(), AttributionQuery{Query: empty})
	if err != nil || len(none.Rows) != 0 || none.Total != 0 {
		t.Errorf("%+v, %v", none, err)
	}
	if _, err := json.Marshal([]any{sales, costs, none}); err != nil {
		t.Error(err)
	}
}
