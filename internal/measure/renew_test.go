package measure

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/dbtest"

	"pgregory.net/rapid"
)

// moving is a fact that changes who is who, or what an account is, beside those of drawn.
func moving(t *rapid.T, n int) millrace.Event {
	day := float64(rapid.IntRange(0, 100).Draw(t, "day")) + float64(n)/1000
	user := rapid.SampledFrom([]string{"u1", "u2", "u3"}).Draw(t, "user")
	firm := rapid.SampledFrom([]string{"A", "B"}).Draw(t, "firm")
	switch rapid.IntRange(0, 8).Draw(t, "moving") {
	case 0:
		return millrace.Event{Kind: millrace.KindAlias, UserID: user, PreviousID: rapid.SampledFrom([]string{"u4", "a3", "u9"}).Draw(t, "previous"), OccurredAt: at(day)}
	case 1:
		return millrace.Event{Kind: millrace.KindContact, Source: "crm", RecordID: rapid.SampledFrom([]string{"crm:1", "crm:2"}).Draw(t, "record"), UserID: user, OccurredAt: at(day),
			Data: []byte(`{"title":"Head of IT","company":"Acme Widgets","lifecycle_stage":"mql"}`)}
	case 2:
		return millrace.Event{Kind: millrace.KindAccount, Source: "crm", RecordID: "crm:" + firm, OccurredAt: at(day), Data: []byte(fmt.Sprintf(`{"name":"Acme Widgets","domain":%q,"industry":"software","employees":%d}`,
			rapid.SampledFrom([]string{"acme-widgets.com", "beta-house.io", "gamma.io"}).Draw(t, "domain"), rapid.IntRange(1, 900).Draw(t, "employees")))}
	case 3:
		return track(day, user, "", rapid.SampledFrom([]string{"Email Sent", "Call Logged", "Demo Requested"}).Draw(t, "act"), `{}`)
	case 4:
		return with(opp(fmt.Sprint("P", rapid.IntRange(0, 2).Draw(t, "deal")), "acme-widgets.com", rapid.SampledFrom([]string{"open", "won", "lost"}).Draw(t, "status"), day, day+20, "1000"),
			rapid.SampledFrom([]string{"anna@acme-widgets.com", "cleo@beta-house.io", "new@beta-house.io"}).Draw(t, "party"))
	case 5:
		return record(millrace.KindContract, "K"+firm, fmt.Sprintf(`{"account_id":"crm:%s","from":%q,"to":%q,"amount":"1200","currency":"USD"}`, firm, stamp(day)[:10], stamp(day + 365)[:10]))
	case 6:
		return millrace.Event{Kind: millrace.KindGroup, UserID: user, GroupID: "g" + firm, OccurredAt: at(day), Data: []byte(fmt.Sprintf(`{"domain":%q}`, rapid.SampledFrom([]string{"acme-widgets.com", "beta-house.io"}).Draw(t, "domain")))}
	case 7:
		return record(millrace.KindOpportunity, fmt.Sprint("P", rapid.IntRange(0, 2).Draw(t, "deal")), fmt.Sprintf(`{"status":"won","closed_at":%q}`, stamp(day)))
	default:
		return arrive(day, "", fmt.Sprint("v", n), google, "")
	}
}

// heat lets an account become an MQA: it fits, and two of its committee ask for a demo now.
func heat(t *rapid.T, w *world, n int) {
	firm := rapid.SampledFrom([]string{"acme-widgets.com", "beta-house.io"}).Draw(t, "hot")
	day := 199 + float64(n)/1000
	w.add(millrace.Event{Kind: millrace.KindAccount, Source: "crm", RecordID: "crm:" + firm, OccurredAt: at(day), Data: []byte(fmt.Sprintf(`{"domain":%q,"industry":"Software","country":"US","employees":500,"technologies":["Salesforce"]}`, firm))})
	for i, title := range []string{"CFO", "Head of IT", "Analyst"}[:rapid.IntRange(2, 3).Draw(t, "people")] {
		user := fmt.Sprint("u", (n+i)%5+1)
		known := identify(day, user, "", fmt.Sprintf("%s@%s", user, firm), fmt.Sprintf(`,"title":%q`, title))
		if rapid.Bool().Draw(t, "undated") {
			known.OccurredAt, known.Flags = w.now, millrace.FlagUndated
		}
		w.add(known).add(track(day+0.0001, user, "", "Demo Requested", `{}`))
	}
	w.apply()
}

// regroup states who is one with whom, or takes that back. What is refused is no fact.
func regroup(t *rapid.T, w *world) {
	ctx := context.Background()
	one := func(of ...string) string { return rapid.SampledFrom(of).Draw(t, "one") }
	firms, people := []string{"acme-widgets.com", "beta-house.io", "crm:A", "crm:B", "Acme Widgets"}, []string{"u1", "u2", "u3", "u4", "anna@acme-widgets.com", "crm:1"}
	switch rapid.IntRange(0, 4).Draw(t, "regroup") {
	case 0:
		_ = w.e.Merge(ctx, one(people...), one(people...), "test")
	case 1:
		_ = w.e.Unmerge(ctx, one(people...), one(people...), "test")
	case 2:
		_ = w.e.Merge(ctx, one(firms...), one(firms...), "test")
	case 3:
		_ = w.e.Unmerge(ctx, one(firms...), one(firms...), "test")
	default:
		_ = w.e.DeclareDomain(ctx, one("gamma.io", firms[1]), firms[0], "test")
	}
}

// retag corrects campaign tags, so that they are named otherwise, or are none any more, or takes a correction back.
func retag(t *rapid.T, w *world) {
	ctx := context.Background()
	list, err := readRetags(ctx, w.e.DB())
	if err != nil {
		t.Fatal(err)
	}
	if len(list) > 0 && rapid.Bool().Draw(t, "back") {
		_, _ = w.r.UndoRetag(ctx, rapid.SampledFrom(list).Draw(t, "correction").ID, "test")
		return
	}
	match := rapid.SampledFrom([]TagMatch{{Source: "linkedin"}, {Source: "google"}, {Medium: "*"}, {Source: NotSet, Campaign: NotSet}, {Campaign: "*"}}).Draw(t, "match")
	set := rapid.SampledFrom([]TagSet{{Campaign: "renamed"}, {Source: "newsletter", Medium: "email"}, {Source: "sdr", Medium: "outbound"}, {Source: NotSet, Medium: NotSet, Campaign: NotSet}}).Draw(t, "set")
	if _, err := w.r.Retag(ctx, RetagRule{Match: match, Set: set}, "", "test"); err != nil {
		t.Fatal(err)
	}
}

// TestRenewedIsTheSame: whatever comes in, a model that was renewed is the one that reading all gives.
func TestRenewedIsTheSame(t *testing.T) {
	renewed := 0
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "renew")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		w := openWorld(t, filepath.Join(dir, "w.db"))
		defer w.close()
		renewed += renewals(t, w)
	})
	if renewed == 0 {
		t.Error("no model was renewed")
	}
}

// TestRenewedIsTheSameOnPostgreSQL: of some of those stories.
func TestRenewedIsTheSameOnPostgreSQL(t *testing.T) {
	for seed := range 5 {
		rapid.Custom(func(d *rapid.T) int { return renewals(d, newWorld(t, dbtest.PostgreSQL(t))) }).Example(seed)
	}
}

// renewals draws a story whose models are compared with what reading all gives, and says how many of them were renewed.
func renewals(t *rapid.T, w *world) (renewed int) {
	for n := range rapid.IntRange(1, 30).Draw(t, "facts") {
		fact := drawn
		if rapid.Bool().Draw(t, "moves") {
			fact = moving
		}
		e := fact(t, n)
		if rapid.IntRange(0, 5).Draw(t, "undated") == 0 {
			e.OccurredAt, e.Flags = w.now, millrace.FlagUndated
		}
		w.add(e)
		if rapid.IntRange(0, 4).Draw(t, "later") == 0 {
			w.now += modelAge
		}
		switch rapid.IntRange(0, 14).Draw(t, "then") {
		case 8, 9:
			retag(t, w.apply())
		case 0, 1:
			regroup(t, w.apply())
		case 2:
			heat(t, w, n)
		case 3:
			w.apply()
		case 4, 5, 6, 7:
			m := w.apply().model()
			renewed += min(m.renewed, 1)
			w.whole(m)
		}
	}
	w.whole(w.apply().model())
	return renewed
}

// TestRenewsWhatItCan: people who come, come again and become known are taken in without reading all; what moves others is read whole.
func TestRenewsWhatItCan(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := story(newWorld(t, url))
		w.add(arrive(60, "anna", "", google, "")).apply().model() // the last day
		renewals := func(what string, want bool) {
			t.Helper()
			before := w.r.model.renewed
			m := w.apply().model()
			if got := m.renewed > before; got != want {
				t.Errorf("%s: renewed %t", what, got)
			}
			w.whole(m)
		}
		w.add(arrive(59, "", "n1", google, "")).add(arrive(59.001, "anna", "", linkedIn, ""))
		renewals("a visitor and somebody known", true)
		w.add(identify(59.1, "nina", "n1", "nina@beta-house.io", `,"how_did_you_hear":"A podcast"`))
		renewals("a visitor becomes known", true)
		w.add(identify(59.2, "otto", "n1", "otto@beta-house.io", ""))
		renewals("another on the same device", true)
		w.add(identify(59.3, "nina", "", "nina.new@beta-house.io", ""))
		renewals("a second address", true)
		w.add(track(50, "nina", "", "Email Sent", `{}`)).add(opp("D7", "beta-house.io", "open", 55, 0, "700"))
		renewals("a late fact and a deal", true)
		w.add(millrace.Event{Kind: millrace.KindAccount, Source: "crm", RecordID: "crm:B", OccurredAt: at(59.4), Data: []byte(`{"name":"Beta House","domain":"beta-house.io","employees":300,"industry":"software"}`)})
		renewals("an account's record", true)
		w.add(millrace.Event{Kind: millrace.KindAccount, Source: "crm", RecordID: "crm:A", OccurredAt: at(59.5), Data: []byte(`{"name":"Acme Widgets","domain":"beta-house.io"}`)})
		renewals("two accounts become one", true)
		w.add(arrive(61, "anna", "", "", ""))
		renewals("the first of a day", true)
		if err := w.e.Merge(t.Context(), "nina", "otto", "test"); err != nil {
			t.Fatal(err)
		}
		renewals("a merge", true)
		if err := w.e.Unmerge(t.Context(), "nina", "otto", "test"); err != nil {
			t.Fatal(err)
		}
		renewals("a merge taken back", true)
		if err := w.e.Merge(t.Context(), "acme-widgets.com", "beta-house.io", "test"); err != nil {
			t.Fatal(err)
		}
		w.add(arrive(61.1, "nina", "", linkedIn, ""))
		renewals("a merge of accounts and a page", true)
		if err := w.e.Unmerge(t.Context(), "acme-widgets.com", "beta-house.io", "test"); err != nil {
			t.Fatal(err)
		}
		renewals("it is taken back", true)
		for i, day := range []float64{-3, 40} { // the first act of all, and another
			kiosk := fmt.Sprint("kiosk", i)
			w.add(arrive(day, "", kiosk, linkedIn, ""))
			for n := range 3 {
				user := fmt.Sprint(kiosk, "-", n)
				w.add(identify(62+float64(n), user, kiosk, user+"@acme-widgets.com", ""))
			}
			renewals("three people on a device", true)
			w.add(identify(66, kiosk+"-3", kiosk, kiosk+"-3@acme-widgets.com", ""))
			renewals(fmt.Sprint("more people on a device than may be, ", i), i == 1)
			if err := w.e.Merge(t.Context(), kiosk+"-3", kiosk+"-2", "test"); err != nil {
				t.Fatal(err)
			}
			renewals("two of them are one", true)
			if err := w.e.Unmerge(t.Context(), kiosk+"-3", kiosk+"-2", "test"); err != nil {
				t.Fatal(err)
			}
			renewals("or not", i == 1)
		}
		w.now += modelAge
		w.add(arrive(61, "anna", "", "", ""))
		renewals("an hour later", true)
		correct := func(set TagSet) Retag {
			t.Helper()
			made, err := w.r.Retag(t.Context(), RetagRule{Match: TagMatch{Source: "linkedin"}, Set: set}, "", "test")
			if err != nil {
				t.Fatal(err)
			}
			if made.Visits == 0 {
				t.Fatalf("nothing is corrected: %+v", made)
			}
			return made
		}
		back := func(made Retag) {
			t.Helper()
			if _, err := w.r.UndoRetag(t.Context(), made.ID, "test"); err != nil {
				t.Fatal(err)
			}
		}
		for what, x := range map[string]struct {
			set     TagSet
			renewed bool
		}{"another campaign": {TagSet{Campaign: "renamed"}, true}, "another channel": {TagSet{Source: "newsletter", Medium: "email"}, true}, "outbound": {TagSet{Source: "sdr", Medium: "outbound"}, false},
			"no tags": {TagSet{Source: NotSet, Medium: NotSet, Campaign: NotSet}, false}} {
			was := w.r.model.renewed
			made := correct(x.set)
			m := w.model()
			if got := m.renewed > was; got != x.renewed {
				t.Errorf("tags corrected to %s: renewed %t", what, got)
			}
			w.whole(m)
			back(made)
			w.whole(w.model())
		}
	})
}

// TestRenewsWhereClocksChange: the days on which the clocks of the workspace's time zone change are taken in as any other, unless a day's noon by UTC is another
// day's then, as on Norfolk Island (between 11 and 12 hours ahead): that has all read.
func TestRenewsWhereClocksChange(t *testing.T) {
	for _, x := range []struct {
		zone    string
		changes []float64 // the last day by UTC before one
		whole   bool
	}{{"Europe/Berlin", []float64{87, 297}, false}, {"Pacific/Norfolk", []float64{93, 275}, true}} {
		dbtest.Each(t, func(t *testing.T, url string) {
			w := newWorld(t, url)
			src := bytes.ReplaceAll(w.e.Playbook().Source(), []byte("timezone: UTC"), []byte("timezone: "+x.zone))
			if _, err := w.e.ApplyPlaybook(t.Context(), src, "test", ""); err != nil {
				t.Fatal(err)
			}
			for _, change := range x.changes {
				w.now = at(change + 20)
				for day := change - 2; day < change+3; day++ {
					device, before := fmt.Sprint("a", day), w.r.model
					w.add(identify(day+0.4, "u1", device, "u1@acme-widgets.com", "")).add(arrive(day+0.45, "u1", device, google, "")).add(arrive(day+0.97, "u2", "", linkedIn, ""))
					m := w.apply().model()
					if whole := m.renewed == 0; before != nil && whole != (x.whole && day == change) {
						t.Errorf("%s, day %v: read whole %t", x.zone, day, whole)
					}
					w.whole(m)
				}
			}
		})
	}
}

// TestRenewsLabels: labels that a window's end changed are read anew in labelAge, of some people at a time; of who belongs elsewhere without a fact all is read.
func TestRenewsLabels(t *testing.T) {
	w := story(newWorld(t, dbtest.SQLite(t)))
	people := len(w.model().contacts)
	if people < 3 {
		t.Fatalf("%d people", people)
	}
	change := func(query string) {
		t.Helper()
		if err := w.e.DB().Write(t.Context(), func(tx *db.Tx) error { _, err := tx.Exec(t.Context(), query); return err }); err != nil {
			t.Fatal(err)
		}
	}
	labelled := func(m *Model) (n int) {
		for i := range m.contacts {
			n += one(m.label(m.contacts[i].grade) == "Z")
		}
		return n
	}
	change("update contact_score set grade = 'Z'")
	w.r.labels, w.now = 1, w.now+labelAge
	w.add(arrive(61, "", "nobody", google, "")).apply()
	m := w.model()
	for n := range people {
		if got := labelled(m); m.renewed != n+1 || got != n+1 || m.unread != people-n-1 {
			t.Fatalf("after %d renewals %d have the label, %d are unread", m.renewed, got, m.unread)
		}
		m = w.model() // nobody waits for it
		if w.r.building != nil {
			<-w.r.building.done
		}
		m = w.r.model
	}
	if m.renewed != people {
		t.Errorf("renewed %d times for %d people", m.renewed, people)
	}
	w.whole(m)
	w.r.labels, w.now = 0, w.now+labelAge/2
	w.add(arrive(61, "", "nobody", google, "")).apply()
	if m = w.model(); m.unread != people/2 {
		t.Errorf("after half of the time %d of %d are unread", m.unread, people)
	}
	w.r.labels, w.now = mostLabels, w.now+labelAge
	change("update contact_score set account = 0 where account > 0")
	w.add(arrive(61, "", "nobody", google, "")).apply()
	if m = w.model(); m.renewed != 0 {
		t.Error("it was renewed though somebody belongs elsewhere")
	}
}

// TestKeepsUp: the model of a large workspace is made of what comes though nobody asks again, until the room is closed.
func TestKeepsUp(t *testing.T) {
	w := story(newWorld(t, dbtest.SQLite(t)))
	large := *w.model()
	large.whole, w.r.small = time.Hour, 0
	w.r.model = &large
	w.model() // from now on it is kept up with the log
	w.add(arrive(60, "anna", "", google, "")).apply()
	now := func() (*Model, bool) {
		w.r.modelling.Lock()
		defer w.r.modelling.Unlock()
		return w.r.model, w.r.keeping
	}
	wait := func(what string, done func() bool) {
		t.Helper()
		for range 1000 {
			if done() {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		t.Fatal(what)
	}
	wait("the model is not made of what came", func() bool { m, _ := now(); return m.Position > large.Position })
	m, keeping := now()
	if !keeping {
		t.Error("it is no longer kept up")
	}
	w.whole(m)
	w.r.Close()
	wait("it is kept up after the room was closed", func() bool { _, keeping := now(); return !keeping })
}

// TestTellsThatAllIsRead: while all is read for a large workspace's next model, answers of the one before say so.
func TestTellsThatAllIsRead(t *testing.T) {
	w := story(newWorld(t, dbtest.SQLite(t)))
	large := *w.model()
	large.whole, large.Took, w.r.small, w.r.model = time.Hour, 0, 0, &large
	next := func() *building {
		t.Helper()
		if _, b := w.r.begin(large.Position + 1); b != nil {
			<-b.done
			return b
		}
		t.Fatal("no model is made")
		return nil
	}
	w.add(arrive(60, "anna", "", google, "")).apply()
	if err := w.r.Follow(t.Context()); err != nil {
		t.Fatal(err)
	}
	if next().whole {
		t.Error("all was read for a page")
	}
	w.r.model = &large
	if _, err := w.e.ApplyPlaybook(t.Context(), bytes.ReplaceAll(w.e.Playbook().Source(), []byte("name: Google search"), []byte("name: Search ads")), "test", ""); err != nil {
		t.Fatal(err)
	}
	b := next()
	if !b.whole {
		t.Error("it was renewed after a new playbook")
	}
	w.r.model, w.r.building = &large, b
	if !w.r.Rereading(&large) || w.r.Rereading(b.model) {
		t.Error("the model before doesn't say it, or the new one does")
	}
	if w.r.small = smallLog; w.r.Rereading(&large) {
		t.Error("a small workspace says it")
	}
	w.r.building = nil
}

// TestPrepares: a large workspace's first model is made before anybody asks, a small one's is not.
func TestPrepares(t *testing.T) {
	w := story(newWorld(t, dbtest.SQLite(t)))
	w.model()
	for _, large := range []bool{false, true} {
		if w.r.model = nil; large {
			w.r.small = 0
		}
		if err := w.r.Prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.r.modelling.Lock()
		b := w.r.building
		w.r.modelling.Unlock()
		if b != nil {
			<-b.done
		}
		if made := w.r.model != nil; made != large {
			t.Errorf("of a large workspace (%t) a model was made: %t", large, made)
		}
	}
}
