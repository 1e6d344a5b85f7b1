package measure

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"millrace"
	"millrace/internal/attribution"
	"millrace/internal/db"
	"millrace/internal/engine"
	"millrace/internal/metrics"

	"pgregory.net/rapid"
)

// day0 is 2026-01-01, midnight UTC.
const day0 = millrace.Time(1767225600000)

// world is a workspace under the mid-market preset: USD, UTC. Its clock stands at day 200.
type world struct {
	t      rapid.TB
	e      *engine.Engine
	r      *Room
	now    millrace.Time
	n      int
	events []millrace.Event
}

func newWorld(t *testing.T, url string) *world {
	t.Helper()
	w := openWorld(t, url)
	t.Cleanup(w.close)
	return w
}

func openWorld(t rapid.TB, url string) *world {
	t.Helper()
	d, err := db.Open(context.Background(), url, db.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := d.Migrate(context.Background()); err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, now: day0 + 200*millrace.Day}
	if w.e, err = engine.Open(context.Background(), engine.Config{DB: d, Clock: func() millrace.Time { return w.now }}); err != nil {
		t.Fatal(err)
	}
	w.r = New(w.e, nil)
	return w
}

func (w *world) close() {
	w.e.Close()
	w.e.DB().Close()
}

func at(day float64) millrace.Time { return day0 + millrace.Time(day*float64(millrace.Day)) }

// add notes a fact to be applied.
func (w *world) add(e millrace.Event) *world {
	w.n++
	if e.Source == "" {
		e.Source = "web"
	}
	if e.ID == "" {
		e.ID = fmt.Sprint("m", w.n)
	}
	e.ReceivedAt = w.now
	w.events = append(w.events, e)
	return w
}

// arrive is a page that somebody arrived at.
func arrive(day float64, user, anon, url, referrer string) millrace.Event {
	return millrace.Event{Kind: millrace.KindPage, UserID: user, AnonymousID: anon, OccurredAt: at(day), Host: "www.millrace.test", Path: "/pricing",
		Context: []byte(fmt.Sprintf(`{"page":{"url":"https://www.millrace.test/pricing%s","referrer":%q}}`, url, referrer))}
}

const (
	linkedIn = "?utm_source=linkedin&utm_medium=paid-social&utm_campaign=icp-guide"
	google   = "?utm_source=google&utm_medium=cpc&utm_campaign=brand"
)

func identify(day float64, user, anon, email, more string) millrace.Event {
	return millrace.Event{Kind: millrace.KindIdentify, UserID: user, AnonymousID: anon, Email: email, OccurredAt: at(day), Data: []byte(fmt.Sprintf(`{"email":%q%s}`, email, more))}
}

func track(day float64, user, anon, name, data string) millrace.Event {
	return millrace.Event{Kind: millrace.KindTrack, Name: name, UserID: user, AnonymousID: anon, OccurredAt: at(day), Data: []byte(data)}
}

func stamp(day float64) string { return at(day).Std().UTC().Format("2006-01-02T15:04:05Z") }

func opp(id, domain, status string, opened, closed float64, amount string) millrace.Event {
	end := ""
	if closed > 0 {
		end = fmt.Sprintf(`,"closed_at":%q`, stamp(closed))
	}
	return millrace.Event{Kind: millrace.KindOpportunity, Source: "crm", RecordID: "crm:" + id, OccurredAt: at(opened),
		Data: []byte(fmt.Sprintf(`{"name":"Deal %s","domain":%q,"status":%q,"opened_at":%q,"amount":%q,"currency":"USD"%s}`, id, domain, status, stamp(opened), amount, end))}
}

// record is a spend, contract, target or rate record.
func record(kind millrace.Kind, id, data string) millrace.Event {
	return millrace.Event{Kind: kind, Source: "crm", RecordID: "crm:" + id, OccurredAt: at(1), Data: []byte(data)}
}

// apply applies what was added, in one batch.
// with names people in a deal: "anna@acme-widgets.com", or with a role and since when {"email":…,"role":…,"at":…}.
func with(deal millrace.Event, people ...string) millrace.Event {
	for i, p := range people {
		if !strings.HasPrefix(p, "{") {
			people[i] = fmt.Sprintf(`{"email":%q,"role":"champion"}`, p)
		}
	}
	deal.Data = append(deal.Data[:len(deal.Data)-1], `,"contacts":[`+strings.Join(people, ",")+`]}`...)
	return deal
}

func (w *world) apply() *world {
	w.t.Helper()
	w.applyAs(0)
	return w
}

func (w *world) applyAs(imp int64) {
	w.t.Helper()
	if len(w.events) == 0 {
		return
	}
	if _, err := w.e.Apply(context.Background(), millrace.Batch{Events: w.events, Import: imp}); err != nil {
		w.t.Fatal(err)
	}
	w.events = nil
}

// model is the model of the log's end.
func (w *world) model() *Model {
	w.t.Helper()
	m, err := w.r.Model(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

// clean fails when what the room keeps is not what the log gives, or its model not what reading all of it gives.
func (w *world) clean() {
	w.t.Helper()
	c, err := w.e.Check(context.Background(), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	if c.Differences != 0 {
		w.t.Fatalf("%d differences, such as %+v", c.Differences, c.Examples[:min(4, len(c.Examples))])
	}
	w.whole(w.model())
}

// all is a query of all days.
var all = Query{From: metrics.DayOf(2025, 1, 1), To: metrics.DayOf(2027, 1, 1)}

// answers are all reports as JSON.
func answers(t rapid.TB, m *Model) string {
	t.Helper()
	by := func(d attribution.Dimension, measure attribution.Measure) any {
		a, err := m.Attribution(context.Background(), AttributionQuery{Query: all, Dimension: d, Measure: measure})
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	b, err := json.MarshalIndent([]any{m.Funnel(all), m.Economics(all, 30, 0.8), m.Sales(all), m.Retention(all), m.Hygiene(all), by(attribution.Channel, attribution.Revenue),
		by(attribution.Asset, attribution.Count)}, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// credit is a model's credit to a value of a dimension.
func (w *world) credit(d attribution.Dimension, measure attribution.Measure, model, value string) int64 {
	w.t.Helper()
	a, err := w.model().Attribution(context.Background(), AttributionQuery{Query: all, Dimension: d, Measure: measure})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, row := range a.Rows {
		if row.Value == value {
			return row.Credits[model]
		}
	}
	return 0
}

// leadsBy counts leads by channel.
func (w *world) leadsBy(by string) map[string]float64 {
	q := all
	q.LeadBy = by
	out := map[string]float64{}
	for _, row := range w.model().Economics(q, 0, 0).Channels {
		if row.Leads > 0 {
			out[row.Channel] = row.Leads
		}
	}
	return out
}
