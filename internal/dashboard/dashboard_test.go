package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/dbtest"
	"millrace/internal/directory"
	"millrace/internal/engine"
	"millrace/internal/measure"
	"millrace/internal/metrics"
)

// day0 is 2026-01-01, midnight UTC.
const day0 = millrace.Time(1767225600000)

func at(day float64) millrace.Time { return day0 + millrace.Time(day*float64(millrace.Day)) }

// world is a workspace under the mid-market preset: USD, UTC. Its clock stands at day 200, 2026-07-20.
type world struct {
	t   *testing.T
	e   *engine.Engine
	m   *measure.Room
	r   *Room
	now millrace.Time
	n   int
}

func newWorld(t *testing.T, url string) *world {
	t.Helper()
	d, err := db.Open(context.Background(), url, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, now: at(200)}
	if w.e, err = engine.Open(context.Background(), engine.Config{DB: d, Clock: func() millrace.Time { return w.now }}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.e.Close()
		d.Close()
	})
	w.m = measure.New(w.e, nil)
	w.r = New(w.e, w.m, directory.New(w.e))
	return w
}

func (w *world) apply(events ...millrace.Event) *world {
	w.t.Helper()
	for i := range events {
		w.n++
		events[i].ID, events[i].ReceivedAt = fmt.Sprint("m", w.n), w.now
		if events[i].Source == "" {
			events[i].Source = "crm"
		}
	}
	if _, err := w.e.Apply(context.Background(), millrace.Batch{Events: events}); err != nil {
		w.t.Fatal(err)
	}
	return w
}

func (w *world) show(view string, q Query) Dashboard {
	w.t.Helper()
	m, err := w.m.Model(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	d, err := w.r.Show(w.t.Context(), m, view, q)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

func (w *world) clean() {
	w.t.Helper()
	c, err := w.e.Check(context.Background(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	if c.Differences != 0 {
		w.t.Fatalf("%d differences, such as %+v", c.Differences, c.Examples[:min(4, len(c.Examples))])
	}
}

func stamp(day float64) string { return at(day).Std().UTC().Format("2006-01-02T15:04:05Z") }

func opp(id, domain, owner, status string, opened, closed float64, amount string) millrace.Event {
	end := ""
	if closed != 0 {
		end = fmt.Sprintf(`,"closed_at":%q`, stamp(closed))
	}
	return millrace.Event{Kind: millrace.KindOpportunity, RecordID: "crm:" + id, OccurredAt: at(opened),
		Data: []byte(fmt.Sprintf(`{"name":"Deal %s","domain":%q,"owner":%q,"status":%q,"opened_at":%q,"amount":%q,"currency":"USD"%s}`, id, domain, owner, status, stamp(opened), amount, end))}
}

func arrive(day float64, user, anon, path, query string) millrace.Event {
	return millrace.Event{Kind: millrace.KindPage, Source: "web", UserID: user, AnonymousID: anon, OccurredAt: at(day), Host: "www.millrace.test", Path: path,
		Context: []byte(fmt.Sprintf(`{"page":{"url":"https://www.millrace.test%s%s","referrer":""}}`, path, query))}
}

func identify(day float64, user, anon, email string) millrace.Event {
	return millrace.Event{Kind: millrace.KindIdentify, Source: "web", UserID: user, AnonymousID: anon, Email: email, OccurredAt: at(day), Data: []byte(fmt.Sprintf(`{"email":%q}`, email))}
}

func record(kind millrace.Kind, id, data string) millrace.Event {
	return millrace.Event{Kind: kind, RecordID: "crm:" + id, OccurredAt: at(1), Data: []byte(data)}
}

const (
	linkedIn = "?utm_source=linkedin&utm_medium=paid-social&utm_campaign=icp-guide"
	google   = "?utm_source=google&utm_medium=cpc&utm_campaign=brand"
)

// story is two quarters of two accounts: in the first, one deal is won; in the second, one is won, one is lost and one opened.
func story(w *world) *world {
	return w.apply(
		millrace.Event{Kind: millrace.KindAccount, RecordID: "crm:A", OccurredAt: at(0), Data: []byte(`{"name":"Acme Widgets","domain":"acme-widgets.com","employees":400,"industry":"software","country":"US"}`)},
		millrace.Event{Kind: millrace.KindAccount, RecordID: "crm:B", OccurredAt: at(0), Data: []byte(`{"name":"Beta House","domain":"beta-house.io"}`)},
		arrive(1, "", "a1", "/guide", linkedIn), identify(1.1, "anna", "a1", "anna@acme-widgets.com"),
		arrive(100, "anna", "a1", "/pricing", google),
		arrive(110, "", "b1", "/guide", google), identify(110.1, "bob", "b1", "bob@beta-house.io"),
		opp("D0", "beta-house.io", "Kim", "lost", -30, -5, "100"), // so that all of the first quarter is known
		opp("D1", "acme-widgets.com", "Kim", "won", 20, 40, "9000"),
		opp("D2", "beta-house.io", "Kim", "won", 120, 150, "12000"),
		opp("D3", "acme-widgets.com", "Lou", "lost", 105, 160, "5000"),
		opp("D4", "acme-widgets.com", "Lou", "open", 130, 0, "7000"),
		record(millrace.KindSpend, "S1", `{"from":"2026-04-01","to":"2026-06-30","platform":"google_ads","campaign":"brand","amount":"910","currency":"USD"}`),
		record(millrace.KindTarget, "T1", `{"metric":"revenue","from":"2026-04-01","to":"2026-06-30","value":"24000","currency":"USD"}`),
		record(millrace.KindTarget, "T2", `{"metric":"revenue","from":"2026-04-01","to":"2026-04-30","value":"8000","currency":"USD"}`),
		record(millrace.KindTarget, "T3", `{"metric":"revenue","from":"2026-07-01","to":"2026-09-30","value":"20000","currency":"USD"}`),
		record(millrace.KindTarget, "T4", `{"metric":"leads","from":"2026-04-01","to":"2026-06-30","value":"4","channel":"Google search"}`),
	)
}

// q2 is the second quarter of 2026.
func q2(compare string) Query {
	return Query{Query: measure.Query{From: metrics.DayOf(2026, 4, 1), To: metrics.DayOf(2026, 6, 30)}, Compare: compare}
}

func (w *world) tile(d Dashboard, id string) Tile {
	w.t.Helper()
	for _, t := range d.Tiles {
		if t.ID == id {
			return t
		}
	}
	w.t.Fatalf("%s has no tile %q", d.View, id)
	return Tile{}
}

func (w *world) chart(d Dashboard, id string) Chart {
	w.t.Helper()
	for _, c := range d.Charts {
		if c.ID == id {
			return c
		}
	}
	w.t.Fatalf("%s has no chart %q", d.View, id)
	return Chart{}
}

func TestTheStory(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := story(newWorld(t, url))
		d := w.show("executive", q2("previous"))
		if d.Compare == nil || d.Compare.Period != (metrics.Period{First: metrics.DayOf(2026, 1, 1), Last: metrics.DayOf(2026, 3, 31)}) {
			t.Fatalf("compared with %+v", d.Compare)
		}
		for id, want := range map[string]string{
			"revenue":  "12,000 USD won in 1 deal, 33.3% more than the 9,000 USD before; 50% of the target of 24,000 USD",
			"pipeline": "24,000 USD of new pipeline in 3 opportunities, 166.7% more than the 9,000 USD before",
			"win_rate": "50% of the deals that closed were won, 1 of 2, no sure change from the 100% before; perhaps above the band of 20% to 30%",
			"spend":    "910 USD spent",
			"cac":      "A customer costs 910 USD",
			"coverage": "Pipeline covers 0.4× of what the quarter's target still lacks; short of 3.0×",
		} {
			if got := w.tile(d, id).Title; got != want {
				t.Errorf("%s: %q, want %q", id, got, want)
			}
		}
		if want := "12,000 USD won in 1 deal, 33.3% more than the 9,000 USD before. Pipeline covers 0.4× of what the quarter's target still lacks; short of 3.0×."; d.Sentence != want {
			t.Errorf("%q, want %q", d.Sentence, want)
		}
		if got := w.tile(w.show("executive", Query{}), "revenue").Target; got == nil || got.Words != "50% of the target of 24,000 USD for 2026-04-01 to 2026-06-30" {
			t.Errorf("the target of a longer period: %+v", got)
		}
		if got := w.tile(w.show("executive", Query{Query: measure.Query{From: metrics.DayOf(2026, 7, 1), To: metrics.DayOf(2026, 7, 20)}}), "revenue").Target; got == nil || *got.Goal.Value != 2_000_000 || got.Elapsed >= 1 {
			t.Errorf("the target of a running quarter: %+v", got)
		}
		revenue := w.tile(d, "revenue")
		if c := revenue.Compared; c == nil || *c.Change != 300_000 || *c.Figure.Value != 900_000 || c.Covered != 1 {
			t.Errorf("compared: %+v", revenue.Compared)
		}
		if !strings.Contains(revenue.Why, "revenue rose by 3,000.00 USD") {
			t.Errorf("why: %q", revenue.Why)
		}
		// No spend is known of the first quarter, which is not a spend of nothing.
		if c := w.tile(d, "spend").Compared; c == nil || c.Change != nil || !strings.Contains(c.Words, "the first fact is of 2026-04-01") {
			t.Errorf("spend is compared: %+v", c)
		}
		money := w.chart(d, "money")
		if len(money.Rows) != 12 || money.Title != "Most was won in May 2026: 12,000 USD" { // a quarter is short: twelve months are shown
			t.Errorf("%d months, %q", len(money.Rows), money.Title)
		}
		if last := money.Rows[11]; last.Label != "2026-06" || last.Partial || money.Rows[3].Cells[0].Value != nil || money.Rows[3].Cells[0].Undefined != metrics.NoData {
			t.Errorf("months: %+v", money.Rows)
		}
		if x := w.chart(d, "targets"); len(x.Rows) != 3 || !strings.Contains(x.Rows[2].Label, "2026-06-30") {
			t.Errorf("targets: %+v", x.Rows)
		}
		reps := w.chart(w.show("sales", q2("none")), "reps")
		if len(reps.Rows) != 2 || reps.Rows[0].Label != "Kim" || *reps.Rows[0].Cells[0].Value != 1_200_000 || reps.Title != "Kim won most: 12,000 USD" {
			t.Errorf("reps: %+v", reps)
		}
		w.clean()
	})
}

func TestContentAndAccounts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := story(newWorld(t, url))
		d := w.show("content", q2("none"))
		if got, want := w.tile(d, "influenced_pipeline").Title, "Content touched 24,000 USD of 3 opportunities"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
		// D3 and D4 of Acme: /guide on day 1 began them, /pricing on day 100 was the last; D2 of Beta: /guide alone.
		assets := w.chart(d, "assets")
		rows := map[string][]float64{}
		for _, r := range assets.Rows {
			for _, c := range r.Cells {
				rows[r.Label] = append(rows[r.Label], *c.Value)
			}
		}
		for name, want := range map[string][]float64{"/guide": {2_400_000, 3, 3, 2, 1, 1, 1, 1}, "/pricing": {1_200_000, 2, 0, 0, 2, 0, 1, 1}} {
			if fmt.Sprint(rows[name]) != fmt.Sprint(want) {
				t.Errorf("%s: %v, want %v", name, rows[name], want)
			}
		}
		x := w.show("abm", q2("none"))
		fit := *w.tile(x, "target_accounts").Figure.Value
		sum := 0.0
		for _, r := range w.chart(x, "tiers").Rows {
			sum += *r.Cells[0].Value
		}
		for _, r := range w.chart(x, "coverage").Rows {
			sum -= *r.Cells[0].Value
		}
		if fit < 1 || sum != 0 {
			t.Errorf("%v accounts fit, tiers and coverage differ by %v", fit, sum)
		}
		if e := w.tile(x, "engaged_accounts").Figure; e.Value == nil || *e.Value != 1 || e.Interval == nil {
			t.Errorf("engaged: %+v", e)
		}
	})
}

// TestYoungAndEmpty shows every view of nothing, of a first week, and of one deal: sentences, no figure that isn't one.
func TestYoungAndEmpty(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	sound := func(what string) {
		t.Helper()
		for _, view := range Views() {
			for _, compare := range Comparisons() {
				d := w.show(view, Query{Compare: compare})
				text, err := json.Marshal(d) // fails on NaN and infinities
				if err != nil {
					t.Fatalf("%s, %s: %v", what, view, err)
				}
				for _, wrong := range []string{"NaN", "+Inf", "%!", "no value.", "  ", "\"rows\":null", "\"columns\":null"} {
					if i := strings.Index(string(text), wrong); i >= 0 {
						t.Errorf("%s, %s has %q: …%s…", what, view, wrong, text[max(0, i-200):min(len(text), i+100)])
					}
				}
				if d.Sentence == "" || len(d.Tiles) == 0 {
					t.Errorf("%s, %s says nothing", what, view)
				}
				for _, tile := range d.Tiles {
					if tile.Title == "" || strings.HasSuffix(tile.Title, ": ") {
						t.Errorf("%s, %s, %s: %q", what, view, tile.ID, tile.Title)
					}
					if j := tile.Figure.Band; j != nil && j.Sure && tile.Figure.N < 5 {
						t.Errorf("%s, %s, %s is sure of %d", what, view, tile.ID, tile.Figure.N)
					}
				}
				for _, c := range d.Charts {
					if c.Title == "" {
						t.Errorf("%s, %s: the chart %s says nothing", what, view, c.ID)
					}
					for _, r := range c.Rows {
						if len(r.Cells) != len(c.Columns) {
							t.Fatalf("%s, %s, %s: %d cells under %d columns", what, view, c.ID, len(r.Cells), len(c.Columns))
						}
					}
				}
				for _, name := range d.Tables() {
					x, err := d.Table(name)
					if err != nil {
						t.Fatal(err)
					}
					for _, r := range x.Rows {
						if len(r) != len(x.Header) {
							t.Fatalf("%s, %s, table %s: %d cells under %d heads", what, view, name, len(r), len(x.Header))
						}
					}
				}
			}
		}
	}
	sound("nothing")
	if d := w.show("executive", Query{}); !d.Empty || len(d.Charts) != 0 || !strings.Contains(d.Sentence, "import") {
		t.Errorf("of nothing: %+v", d)
	}
	w.apply(opp("D1", "acme-widgets.com", "", "open", 199, 0, "9000"))
	sound("one deal")
	w.apply(arrive(196, "", "a1", "/guide", linkedIn), identify(196.1, "anna", "a1", "anna@acme-widgets.com"))
	sound("a first week")
	d := w.show("channel", Query{Compare: "previous"})
	if x := w.tile(d, "leads"); x.Compared == nil || x.Compared.Change != nil || x.Title != "1 person became known" {
		t.Errorf("a first week is compared: %+v", x)
	}
	if len(d.Notes) == 0 || !strings.Contains(d.Notes[0], "nothing is known before 2026-07-16") {
		t.Errorf("notes: %q", d.Notes)
	}
	w.apply(record(millrace.KindSpend, "S1", `{"from":"2026-07-16","to":"2026-07-19","amount":"-5","currency":"USD"}`), record(millrace.KindSpend, "S2", `{"from":"2026-07-16","to":"2026-07-19","amount":"5","currency":"JPY"}`),
		record(millrace.KindTarget, "T1", `{"metric":"revenue","from":"2026-07-01","to":"2026-09-30","value":"0","currency":"USD"}`))
	sound("a refund, money without a rate and a target of nothing")
}

// TestNoDeals: where no opportunity is known, nothing is said of what was won: not even that it was nothing.
func TestNoDeals(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t)).apply(record(millrace.KindSpend, "S1", `{"from":"2026-05-01","to":"2026-07-19","channel":"LinkedIn ads","amount":"500","currency":"USD"}`))
	d := w.show("executive", Query{})
	for _, id := range []string{"revenue", "pipeline"} {
		if x := w.tile(d, id); x.Figure.Value != nil || x.Figure.Undefined != metrics.NoDeals || !strings.HasPrefix(x.Title, "No opportunity is known") {
			t.Errorf("%s: %+v", id, x)
		}
	}
	if !strings.HasPrefix(d.Sentence, "No opportunity is known") {
		t.Errorf("it begins with %q", d.Sentence)
	}
	for _, x := range [][2]string{{"sales", "open_pipeline"}, {"content", "influenced_pipeline"}} {
		if x := w.tile(w.show(x[0], Query{}), x[1]); x.Figure.Value != nil || !strings.HasPrefix(x.Title, "No opportunity is known") {
			t.Errorf("%s: %+v", x.ID, x)
		}
	}
	if x := w.tile(d, "cac"); x.Title != "No opportunity is known, so what a customer costs can't be told" {
		t.Errorf("CAC: %q", x.Title)
	}
	if x := w.tile(w.show("channel", Query{}), "largest"); !strings.HasPrefix(x.Title, "No opportunity is known") {
		t.Errorf("the largest channel: %q", x.Title)
	}
	if x := w.tile(w.show("channel", Query{}), "cpl"); x.Title != "Nobody is known, so what a lead costs can't be told" {
		t.Errorf("CPL: %q", x.Title)
	}
	for _, x := range [][2]string{{"channel", "leads"}, {"channel", "mqls"}, {"content", "content_leads"}, {"content", "content_accounts"}, {"content", "assisted"}} {
		if x := w.tile(w.show(x[0], Query{}), x[1]); x.Figure.Value != nil || x.Figure.Undefined != metrics.NoPeople {
			t.Errorf("%s of nobody who is known: %q, %+v", x.ID, x.Title, x.Figure)
		}
	}
	if c := w.chart(w.show("sales", Query{}), "stages"); c.Title != "No opportunity is known" {
		t.Errorf("stages: %q", c.Title)
	}
	w.apply(arrive(160, "", "a1", "/pricing", ""), identify(160.1, "anna", "a1", "anna@acme-widgets.com"))
	for _, r := range w.chart(w.show("content", Query{}), "assets").Rows {
		if r.Cells[0].Value != nil || r.Cells[0].Undefined != metrics.NoDeals {
			t.Errorf("%s influenced %+v, and no opportunity is known", r.Label, r.Cells[0])
		}
	}
	if d = w.apply(opp("D1", "acme-widgets.com", "", "open", 150, 0, "9000")).show("executive", Query{}); w.tile(d, "revenue").Title != "Nothing was won in these days" {
		t.Errorf("with a deal: %q", w.tile(d, "revenue").Title)
	}
	if x := w.tile(w.show("channel", Query{}), "largest"); !strings.HasPrefix(x.Title, "No touch is known before the opportunities") {
		t.Errorf("the largest channel of a deal without a touch: %q", x.Title)
	}
	for _, id := range []string{"influenced_pipeline", "influenced"} {
		if x := w.tile(w.show("content", Query{}), id); x.Figure.Value != nil || x.Figure.Undefined != metrics.NoTouches {
			t.Errorf("%s of a deal without a touch: %q, %+v", id, x.Title, x.Figure)
		}
	}
	for _, r := range w.chart(w.show("channel", Query{}), "channels").Rows {
		if opportunities := r.Cells[2]; opportunities.Value != nil || opportunities.Undefined != metrics.NoTouches {
			t.Errorf("%s brought %+v of opportunities without a touch", r.Label, opportunities)
		}
	}
}

// TestDealsThatEnded: of days after the last of an old export's deals it isn't said that nothing was won.
func TestDealsThatEnded(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	for i := range 40 {
		w.apply(opp(fmt.Sprint("D", i), fmt.Sprintf("firm%d.com", i), "", "won", float64(i-1200), float64(i-1180), "9000"))
	}
	d := w.show("executive", Query{})
	for _, id := range []string{"revenue", "pipeline"} {
		if x := w.tile(d, id); x.Figure.Value != nil || !strings.HasPrefix(x.Title, "No opportunity of these days is known") {
			t.Errorf("%s: %q, %+v", id, x.Title, x.Figure)
		}
	}
	d = w.show("sales", Query{Query: measure.Query{From: metrics.DayOf(2022, 9, 1), To: metrics.DayOf(2022, 12, 31)}})
	if c := w.chart(d, "reps"); c.Title != "The deals that were won have no owner" {
		t.Errorf("by rep: %q", c.Title)
	}
	if c := w.chart(d, "stages"); c.Title != "No opportunity is open" {
		t.Errorf("stages: %q", c.Title)
	}
}

// TestSilentData: open deals of which no amount is known are not worth nothing, and accounts are not idle because the log tells of nobody's doings.
func TestSilentData(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t)).apply(
		record(millrace.KindOpportunity, "D1", `{"name":"One","domain":"acme-widgets.com","status":"open","opened_at":"2026-06-01"}`),
		record(millrace.KindOpportunity, "D2", `{"name":"Two","domain":"other.com","status":"open","opened_at":"2026-06-02"}`))
	if x := w.tile(w.show("sales", Query{}), "open_pipeline"); x.Figure.Value != nil || x.Title != "2 opportunities are open, none of them with an amount" {
		t.Errorf("%+v", x)
	}
	w.apply(record(millrace.KindAccount, "A1", `{"domain":"acme-widgets.com","employees":400,"industry":"software","country":"US","revenue":50000000,"technologies":["salesforce","hubspot"]}`))
	d := w.show("abm", Query{})
	if fit := w.tile(d, "target_accounts").Figure; fit.Value == nil || *fit.Value != 1 {
		t.Fatalf("%+v", fit)
	}
	for _, id := range []string{"engaged_accounts", "committee_coverage"} {
		if x := w.tile(d, id); x.Figure.Value != nil || !strings.HasPrefix(x.Title, nothingDone) {
			t.Errorf("%s: %+v", id, x)
		}
	}
	for _, x := range append(d.Tiles, w.show("sales", Query{}).Tiles...) {
		if strings.Count(x.Link, "?") > 1 {
			t.Errorf("%s leads to %s", x.ID, x.Link)
		}
	}
	for _, c := range d.Charts {
		if strings.Contains(c.Title, "engaged in") || strings.Contains(c.Title, "too few") {
			t.Errorf("%s says %q", c.ID, c.Title)
		}
	}
}

func TestComparedPeriods(t *testing.T) {
	day := metrics.DayOf
	for _, c := range []struct {
		kind                string
		first, last         metrics.Day
		wantFirst, wantLast metrics.Day
	}{
		{"previous", day(2026, 4, 1), day(2026, 6, 30), day(2026, 1, 1), day(2026, 3, 31)},
		{"previous", day(2026, 3, 1), day(2026, 3, 31), day(2026, 2, 1), day(2026, 2, 28)},
		{"previous", day(2026, 7, 1), day(2026, 7, 20), day(2026, 6, 11), day(2026, 6, 30)},
		{"year", day(2026, 4, 1), day(2026, 6, 30), day(2025, 4, 1), day(2025, 6, 30)},
		{"year", day(2025, 2, 1), day(2025, 2, 28), day(2024, 2, 1), day(2024, 2, 29)},
		{"year", day(2024, 2, 29), day(2024, 3, 14), day(2023, 2, 28), day(2023, 3, 14)},
	} {
		if got := before(metrics.Period{First: c.first, Last: c.last}, c.kind); got != (metrics.Period{First: c.wantFirst, Last: c.wantLast}) {
			t.Errorf("%s of %s to %s: %s to %s", c.kind, c.first, c.last, got.First, got.Last)
		}
	}
}

// TestBarelyCovered compares with a period of which only the end is known.
func TestBarelyCovered(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.apply(opp("D1", "a-one.com", "", "won", 80, 85, "100"), opp("D2", "b-two.com", "", "won", 95, 120, "300"))
	x := w.tile(w.show("executive", q2("previous")), "revenue") // the first close is of 2026-03-27
	if x.Compared.Change != nil || !strings.Contains(x.Compared.Words, "5.6% of the days are known, from 2026-03-27 on") || strings.Contains(x.Title, "before") {
		t.Errorf("%+v, %q", x.Compared, x.Title)
	}
}

func TestWrongQuestions(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	m, err := w.m.Model(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.r.Show(t.Context(), m, "board", Query{}); millrace.ErrorCode(err) != millrace.NotFound {
		t.Errorf("a view that isn't there: %v", err)
	}
	if _, err := w.r.Show(t.Context(), m, "sales", Query{Compare: "week"}); millrace.ErrorCode(err) != millrace.Invalid {
		t.Errorf("a comparison that isn't there: %v", err)
	}
	d := w.show("sales", Query{})
	if _, err := d.Table("nothing"); millrace.ErrorCode(err) != millrace.NotFound {
		t.Errorf("a table that isn't there: %v", err)
	}
}

func TestTables(t *testing.T) {
	w := story(newWorld(t, dbtest.SQLite(t)))
	d := w.show("sales", q2("previous"))
	x, err := d.Table("tiles")
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range x.Records() {
		if r["id"] == "revenue" && (r["value"] != 12000.0 || r["compared"] != 9000.0 || r["change"] != 3000.0 || r["currency"] != "USD" || r["target"] != 24000.0 || r["attainment"] != 0.5) {
			t.Errorf("%v", r)
		}
		if _, has := r["low"]; r["id"] == "revenue" && has {
			t.Errorf("an interval that isn't there: %v", r)
		}
	}
	if x, err = d.Table("reps"); err != nil || x.Rows[0][0] != "Kim" || x.Records()[0]["revenue"] != 12000.0 || x.Records()[0]["currency"] != "USD" {
		t.Errorf("%v, %v", x, err)
	}
}

func TestAnnotations(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := story(newWorld(t, url))
		ctx, day := t.Context(), metrics.DayOf(2026, 5, 4)
		a, err := w.r.Annotate(ctx, day, metrics.NoDay, " New pricing ", "Google search", "", "Kim (u1)")
		if err != nil || a.Period != (metrics.Period{First: day, Last: day}) || a.Text != "New pricing" {
			t.Fatalf("%+v, %v", a, err)
		}
		if _, err := w.r.Annotate(ctx, day+400, day+410, "A fair", "", "", "Kim"); err != nil {
			t.Fatal(err)
		}
		if d := w.show("executive", q2("none")); len(d.Marks) != 1 || d.Marks[0].ID != a.ID || d.Marks[0].By != "Kim (u1)" || d.Marks[0].At != w.now {
			t.Errorf("%+v", d.Marks)
		}
		// Two changes within a millisecond: the later one holds.
		text, none, next := "New prices", "", day+1
		if a, err = w.r.ChangeAnnotation(ctx, a.ID, AnnotationChange{Text: &text}, "Lou"); err != nil {
			t.Fatal(err)
		}
		stale := a.Revision - 1
		if _, err := w.r.ChangeAnnotation(ctx, a.ID, AnnotationChange{Text: &none, Revision: &stale}, "Mia"); millrace.ErrorCode(err) != millrace.Conflict || !strings.Contains(err.Error(), `Lou changed the note meanwhile: "New prices"`) {
			t.Errorf("a stale change: %v", err)
		}
		text = "Another price"
		if a, err = w.r.ChangeAnnotation(ctx, a.ID, AnnotationChange{Text: &text, Channel: &none, From: &next, Revision: &a.Revision}, "Mia"); err != nil || a.Period != (metrics.Period{First: next, Last: next}) {
			t.Fatalf("%+v, %v", a, err)
		}
		yes, no := true, false
		if _, err = w.r.ChangeAnnotation(ctx, a.ID, AnnotationChange{Removed: &yes}, "Mia"); err != nil {
			t.Fatal(err)
		}
		if list, err := w.r.Annotations(ctx, false); err != nil || len(list) != 1 {
			t.Errorf("%+v, %v", list, err)
		}
		if list, err := w.r.Annotations(ctx, true); err != nil || len(list) != 2 || !list[0].Removed {
			t.Errorf("%+v, %v", list, err)
		}
		if _, err = w.r.ChangeAnnotation(ctx, a.ID, AnnotationChange{Removed: &no}, "Lou"); err != nil {
			t.Fatal(err)
		}
		if _, err := w.e.Rebuild(ctx, nil); err != nil { // they are facts: a rebuild has them all
			t.Fatal(err)
		}
		list, err := w.r.Annotations(ctx, false)
		if err != nil || len(list) != 2 || list[0].Text != "Another price" || list[0].Channel != "" || list[0].By != "Kim (u1)" || list[0].ChangedBy != "Lou" || list[0].Period.First != next {
			t.Errorf("%+v, %v", list, err)
		}
		w.clean()
	})
}

func TestWrongAnnotations(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	day := metrics.DayOf(2026, 5, 4)
	for _, c := range []struct {
		from, to metrics.Day
		text     string
		channel  string
		field    string
	}{
		{metrics.NoDay, metrics.NoDay, "x", "", "from"}, {day, day - 1, "x", "", "to"}, {day, day + 4000, "x", "", "to"}, {day, day, "  ", "", "text"},
		{day, day, strings.Repeat("x", 501), "", "text"}, {day, day, "a\nb", "", "text"}, {day, day, "x", "\x00", "channel"},
	} {
		_, err := w.r.Annotate(t.Context(), c.from, c.to, c.text, c.channel, "", "Kim")
		if e, ok := errors.AsType[*millrace.Error](err); !ok || e.Field != c.field || e.Code != millrace.Invalid {
			t.Errorf("%+v: %v", c, err)
		}
	}
	if _, err := w.r.ChangeAnnotation(t.Context(), "ann_none", AnnotationChange{}, "Kim"); millrace.ErrorCode(err) != millrace.NotFound {
		t.Errorf("a note that isn't there: %v", err)
	}
	if list, err := w.r.Annotations(t.Context(), true); err != nil || len(list) != 0 {
		t.Errorf("%+v, %v", list, err)
	}
}

// TestJudgedAlike: sentences say of a figure beyond its band what the pages say, and an alarm that waits further out makes the better side no praise.
func TestJudgedAlike(t *testing.T) {
	bands := metrics.DefaultBands()
	for _, c := range []struct {
		key    string
		value  float64
		j      metrics.Judged
		beyond bool
		words  string
	}{
		{"mql_to_opportunity", .38, metrics.Judged{Verdict: metrics.Above, Sure: true}, true, "; above the band of 20% to 35%"},
		{"mql_to_opportunity", .50, metrics.Judged{Verdict: metrics.Above, Sure: true, Alarm: "leads reach sales too late"}, true, "; too high, the band is 20% to 35%: leads reach sales too late"},
		{"mql_to_opportunity", .50, metrics.Judged{Verdict: metrics.Above, Alarm: "leads reach sales too late"}, true, "; perhaps too high, the band is 20% to 35%"},
		{"mql_to_opportunity", .10, metrics.Judged{Verdict: metrics.Below, Sure: true, Alarm: "the bar is too low"}, true, "; too low, the band is 20% to 35%: the bar is too low"},
		{"win_rate", .50, metrics.Judged{Verdict: metrics.Above, Sure: true}, false, "; above the band of 20% to 30%"},
		{"win_rate", .18, metrics.Judged{Verdict: metrics.Below}, true, "; perhaps below the band of 20% to 30%"},
	} {
		c.j.Band = bands[c.key]
		f := metrics.Figure{Key: c.key, Unit: metrics.UnitRatio, Value: &c.value, Band: &c.j, Interval: &metrics.Interval{}}
		if c.j.Beyond() != c.beyond || verdict(f) != c.words {
			t.Errorf("%s of %g: %q, beyond %v", c.key, c.value, verdict(f), c.j.Beyond())
		}
	}
}

// TestAtOnce: of a small workspace a view at once is the whole view, and nothing is pending.
func TestAtOnce(t *testing.T) {
	w := story(newWorld(t, dbtest.SQLite(t)))
	for _, view := range []string{"executive", "sales"} {
		whole, soon := w.show(view, q2("previous")), w.show(view, Query{Query: q2("previous").Query, Compare: "previous", Soon: true})
		a, _ := json.Marshal(whole)
		b, _ := json.Marshal(soon)
		if soon.Pending || string(a) != string(b) {
			t.Errorf("%s: %s is not %s", view, b, a)
		}
	}
}
