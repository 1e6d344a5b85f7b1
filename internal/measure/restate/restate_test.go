package restate

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/dbtest"
	"millrace/internal/engine"
	"millrace/internal/measure"
)

// day0 is 2026-01-01, midnight UTC.
const day0 = millrace.Time(1767225600000)

func at(day float64) millrace.Time { return day0 + millrace.Time(day*float64(millrace.Day)) }

// world is a workspace under the mid-market preset. Its clock stands at day 100 until it is moved.
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
	w := &world{t: t, now: at(100)}
	if w.e, err = engine.Open(context.Background(), engine.Config{DB: d, Clock: func() millrace.Time { return w.now }}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		w.e.Close()
		d.Close()
	})
	w.m = measure.New(w.e, nil)
	w.r = New(w.e, w.m)
	return w
}

func (w *world) apply(imp int64, events ...millrace.Event) {
	w.t.Helper()
	for i := range events {
		w.n++
		events[i].ID, events[i].ReceivedAt = fmt.Sprint("m", w.n), w.now
		if events[i].Source == "" {
			events[i].Source = "web"
		}
	}
	if _, err := w.e.Apply(w.t.Context(), millrace.Batch{Events: events, Import: imp}); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) file(name string, events ...millrace.Event) int64 {
	w.t.Helper()
	id, err := w.e.StartImport(w.t.Context(), engine.ImportFile{Entity: "spend", File: name, By: "t"})
	if err != nil {
		w.t.Fatal(err)
	}
	w.apply(id, events...)
	return id
}

func arrive(day float64, anon, tags string) millrace.Event {
	return millrace.Event{Kind: millrace.KindPage, AnonymousID: anon, OccurredAt: at(day), Host: "www.millrace.test", Path: "/pricing",
		Context: []byte(fmt.Sprintf(`{"page":{"url":"https://www.millrace.test/pricing?%s","referrer":""}}`, tags))}
}

const (
	linkedIn = "utm_source=linkedin&utm_medium=paid-social&utm_campaign=guide"
	google   = "utm_source=google&utm_medium=cpc&utm_campaign=brand"
)

func identify(day float64, anon, name, domain string) millrace.Event {
	return millrace.Event{Kind: millrace.KindIdentify, UserID: name, AnonymousID: anon, Email: name + "@" + domain, OccurredAt: at(day),
		Data: []byte(fmt.Sprintf(`{"email":%q,"name":"%s Vandermeulen"}`, name+"@"+domain, name))}
}

func won(id, domain string, opened, closed float64, amount string) millrace.Event {
	day := func(d float64) string { return at(d).Std().UTC().Format(time.RFC3339) }
	return millrace.Event{Kind: millrace.KindOpportunity, Source: "crm", RecordID: "crm:" + id, OccurredAt: at(opened), Data: []byte(fmt.Sprintf(
		`{"name":"Deal %s","domain":%q,"status":"won","opened_at":%q,"closed_at":%q,"amount":%q,"currency":"USD","owner":"Quirina Seller"}`, id, domain, day(opened), day(closed), amount))}
}

func spend(id, platform, amount string) millrace.Event {
	return millrace.Event{Kind: millrace.KindSpend, Source: "crm", RecordID: "crm:" + id, OccurredAt: at(1), Data: []byte(fmt.Sprintf(
		`{"from":"2026-01-01","to":"2026-01-31","platform":%q,"amount":%q,"currency":"USD"}`, platform, amount))}
}

// story: Acme came by LinkedIn and bought, Beta came by Google and did not, Gamma bought and nobody knows how it came.
func story(t *testing.T, url string) (w *world, imported int64) {
	w = newWorld(t, url)
	w.apply(0, arrive(2, "a1", linkedIn), identify(3, "a1", "anna", "acme-widgets.com"), won("D1", "acme-widgets.com", 20, 40, "9000"),
		arrive(30, "b1", google), identify(30.1, "b1", "bob", "beta-house.io"), won("D2", "gamma-works.org", 50, 60, "4000"),
		arrive(33, "u1", google))
	return w, w.file("january.csv", spend("S1", "linkedin_ads", "800"), spend("S2", "google_ads", "90"))
}

func (w *world) publish(kind string) Frozen {
	w.t.Helper()
	f, err := w.r.Publish(w.t.Context(), Draft{Kind: kind, Title: "The quarter", Note: "For the board | *May*", Ask: Ask{From: "2025-12-01", To: "2026-12-31"}}, "Ada")
	if err != nil {
		w.t.Fatal(err)
	}
	return f
}

// restated gives the restatement, having checked that the report reads as before and that its differences add up.
func (w *world) restated(f Frozen) *Restated {
	w.t.Helper()
	again, err := w.r.Report(w.t.Context(), f.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	if !bytes.Equal(again.Body, f.Body) || again.Report != f.Report {
		w.t.Errorf("the report reads otherwise than it was published: %+v\n%s", again.Report, again.Body)
	}
	x, p, err := w.r.Restate(w.t.Context(), f.ID, time.Minute)
	if err != nil || x == nil {
		w.t.Fatal(err, p)
	}
	for _, l := range x.Figures {
		if zero := int64(0); l.Adds { // none recorded adds up as nothing
			l.Value, l.Now = cmp.Or(l.Value, &zero), cmp.Or(l.Now, &zero)
		}
		whole := l.Value != nil
		sum := int64(0)
		if whole {
			sum = *l.Value
		}
		for _, d := range l.By {
			if whole = whole && d != nil; whole {
				sum += *d
			}
		}
		if whole && (l.Now == nil || sum != *l.Now) {
			w.t.Errorf("%s: its differences add up to %d: %+v", l.Key, sum, l)
		}
	}
	// What it says now is what the same question gives now.
	q, err := parse(f.Kind, f.Ask)
	if err != nil {
		w.t.Fatal(err)
	}
	m, err := w.m.ModelAt(w.t.Context(), engine.Knowledge{Position: x.Position, End: x.Position, At: f.At, Playbook: w.e.RulingVersion()}, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	_, figures, err := q.answer(w.t.Context(), m)
	if err != nil {
		w.t.Fatal(err)
	}
	now := map[string]*int64{}
	for _, l := range x.Figures {
		now[l.Key] = l.Now
	}
	for _, g := range figures {
		if v, ok := now[g.Key]; !ok || !equal(v, g.Value) {
			w.t.Errorf("%s: restated as %v, the model of now says %v", g.Key, v, g.Value)
		}
	}
	return x
}

// moved are the causes that moved a figure, with what each added to it.
func moved(x *Restated, key string) string {
	var out []string
	for _, l := range x.Figures {
		for i, d := range l.By {
			if l.Key == key && (d == nil || *d != 0) {
				if d == nil {
					out = append(out, x.Causes[i].Key+" ?")
				} else {
					out = append(out, fmt.Sprintf("%s %+d", x.Causes[i].Key, *d))
				}
			}
		}
	}
	return strings.Join(out, ", ")
}

// causes are the keys of those that moved anything.
func causes(x *Restated) string {
	var out []string
	for _, c := range x.Causes {
		if c.Changed > 0 {
			out = append(out, c.Key)
		}
	}
	return strings.Join(out, " ")
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// The events that restate a report, by the cause that has to be named.
func (w *world) late() {
	w.now += millrace.Day
	w.file("late.csv", spend("S3", "google_ads", "10"))
	w.apply(0, arrive(40, "c1", google), identify(40.1, "c1", "cleo", "beta-house.io"))
}

func (w *world) merge() {
	w.now += millrace.Day
	w.must(w.e.Merge(w.t.Context(), "gamma-works.org", "beta-house.io", "Ada"))
}

func (w *world) rules() {
	w.t.Helper()
	w.now += millrace.Day
	src := string(w.e.Playbook().Source())
	next := strings.Replace(src, "- name: Google search ", "- name: Search ads ", 1)
	if next == src {
		w.t.Fatal("the preset has no channel Google search")
	}
	_, err := w.e.ApplyPlaybook(w.t.Context(), []byte(next), "Ada", "a better name")
	w.must(err)
}

func (w *world) undo(imp int64) {
	w.now += millrace.Day
	w.must(w.e.LeaveImport(w.t.Context(), imp))
	_, err := w.e.UndoImport(w.t.Context(), imp)
	w.must(err)
}

func (w *world) retag() {
	w.now += millrace.Day
	_, err := w.m.Retag(w.t.Context(), measure.RetagRule{Match: measure.TagMatch{Source: "linkedin"}, Set: measure.TagSet{Source: "google", Medium: "cpc"}}, "", "Ada")
	w.must(err)
}

func TestNothingLearnedNothingRestated(t *testing.T) {
	w, _ := story(t, dbtest.SQLite(t))
	for _, kind := range Kinds {
		f := w.publish(kind)
		if text := strings.ToLower(string(f.Body)); strings.Contains(text, "vandermeulen") || strings.Contains(text, "anna") || strings.Contains(text, "quirina") {
			t.Errorf("%s names somebody: %s", kind, text)
		}
		if x := w.restated(f); x.Changed != 0 || causes(x) != "" || len(x.Figures) < 5 {
			t.Errorf("%s: %d of %d figures changed by themselves: %s", kind, x.Changed, len(x.Figures), causes(x))
		}
	}
	w.now += 50 * millrace.Day // what happened afterwards is not the report's
	f := w.publish("economics")
	w.now += 50 * millrace.Day
	w.apply(0, arrive(180, "z1", google), identify(180.1, "z1", "zoe", "beta-house.io"))
	if x := w.restated(f); x.Changed != 0 {
		t.Errorf("what happened afterwards restates the report: %+v", x.Figures[0])
	}
}

// TestPublishedFromTheModelInMemory: with a model in memory, read at another hour or before a fact came, a report says what a room of its own says.
func TestPublishedFromTheModelInMemory(t *testing.T) {
	w, _ := story(t, dbtest.SQLite(t))
	w.now += millrace.Hour
	look := func() {
		t.Helper()
		if _, err := w.m.Model(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	steps := map[string]func(){
		"an hour later":       func() { look(); w.now += millrace.Hour },
		"two days later":      func() { look(); w.now += 2 * millrace.Day },
		"facts came since":    func() { look(); w.late() },
		"who is who, since":   func() { look(); w.merge() },
		"other rules, since":  func() { look(); w.rules() },
		"of the very moment":  look,
		"published before it": func() { look(); w.publish("funnel") },
	}
	for _, name := range slices.Sorted(maps.Keys(steps)) {
		steps[name]()
		for _, kind := range Kinds {
			f := w.publish(kind)
			own, err := New(w.e, measure.New(w.e, nil)).Publish(t.Context(), Draft{Kind: kind, Title: "The quarter", Ask: f.Ask}, "Ada")
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(f.Body, own.Body) || f.At != w.now || f.Position != own.Position || f.Playbook != own.Playbook {
				t.Errorf("%s, %s: %+v\n%s\nwant %+v\n%s", name, kind, f.Report, f.Body, own.Report, own.Body)
			}
		}
	}
}

func TestEachCauseIsNamed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w, imp := story(t, url)
		for _, c := range []struct {
			cause, figure, want string
			do                  func()
		}{
			{"late", "spend/Google search", "late +1000", w.late},
			{"identity", "revenue/Google search", "identity +400000", w.merge},
			{"undone", "spend", "undone -89000", func() { w.undo(imp) }},
			{"retags", "leads/LinkedIn ads", "retags -1", w.retag},
			{"rules", "leads/Google search", "rules -3", w.rules},
		} {
			f := w.publish("economics")
			c.do()
			x := w.restated(f)
			if got := moved(x, c.figure); got != c.want {
				t.Errorf("%s: %s moved by %q, want %q", c.cause, c.figure, got, c.want)
			}
			if got := causes(x); got != c.cause {
				t.Errorf("causes %q, want %q alone", got, c.cause)
			}
			for _, y := range x.Causes {
				if (y.Key == c.cause) != (y.Total > 0) || y.Key == c.cause && len(y.Facts) == 0 {
					t.Errorf("%s: %s has %d facts: %+v", c.cause, y.Key, y.Total, y.Facts)
				}
			}
		}
	})
}

func TestAllCausesTogetherAddUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w, imp := story(t, url)
		var published []Frozen
		for _, kind := range Kinds {
			published = append(published, w.publish(kind))
		}
		w.rules()
		w.late()
		w.retag()
		w.merge()
		w.undo(imp)
		w.apply(0, identify(110, "u1", "una", "beta-house.io")) // who came on day 33 is known since day 110
		for _, f := range published {
			x := w.restated(f)
			if f.Kind != "economics" {
				continue
			}
			for key, want := range map[string]string{"spend": "late +1000, undone -89000", "revenue": "", "revenue/Google search": "identity +400000, retags +900000, rules -1300000",
				"revenue/Search ads": "rules +1300000", "leads": "late +1", "leads/LinkedIn ads": "retags -1"} {
				if got := moved(x, key); got != want {
					t.Errorf("%s moved by %q, want %q", key, got, want)
				}
			}
			if got := causes(x); got != "late identity undone retags rules" {
				t.Errorf("causes %q", got)
			}
			for _, c := range x.Causes {
				switch c.Key {
				case "late":
					if len(c.Sources) < 3 || !strings.Contains(fmt.Sprint(c.Sources), "late.csv") {
						t.Errorf("late facts come from %+v", c.Sources)
					}
				case "rules":
					if len(c.Changes) == 0 || !strings.Contains(c.Facts[0].What, w.e.RulingVersion()) {
						t.Errorf("rules: %+v, %+v", c.Changes, c.Facts)
					}
				case "identity":
					if !strings.Contains(c.Facts[0].What, "are one") {
						t.Errorf("identity: %+v", c.Facts)
					}
				}
			}
		}
	})
}

func TestErasureIsACauseOfItsOwn(t *testing.T) {
	w, _ := story(t, dbtest.SQLite(t))
	f := w.publish("economics")
	w.late()
	_, err := w.e.Erase(t.Context(), "anna@acme-widgets.com", "Ada")
	w.must(err)
	x := w.restated(f)
	if got := moved(x, "leads"); got != "repeat -1, late +1" {
		t.Errorf("leads moved by %q", got)
	}
	if x.Causes[0].Total != 1 || !strings.Contains(x.Causes[0].Why, "erased") {
		t.Errorf("%+v", x.Causes[0])
	}
}

func TestPublishRefuses(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	for _, c := range []struct {
		kind, title, note string
		ask               Ask
	}{{"economics", " ", "", Ask{}}, {"weather", "x", "", Ask{}}, {"sales", "x", "", Ask{From: "2026-02-30"}}, {"sales", "x", "", Ask{From: "2026-02-02", To: "2026-02-01"}},
		{"attribution", "x", "", Ask{By: "moon"}}, {"sales", "x", strings.Repeat("ä", 2001), Ask{}}} {
		if _, err := w.r.Publish(t.Context(), Draft{Kind: c.kind, Title: c.title, Note: c.note, Ask: c.ask}, "Ada"); millrace.ErrorCode(err) != millrace.Invalid {
			t.Errorf("%+v is published: %v", c, err)
		}
	}
	if list, err := w.r.Reports(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("%v, %v", list, err)
	}
	if _, _, err := w.r.Restate(t.Context(), 1, 0); millrace.ErrorCode(err) != millrace.NotFound {
		t.Errorf("a report that is not there: %v", err)
	}
}
