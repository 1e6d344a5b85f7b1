package measure

import (
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
	switch rapid.IntRange(0, 5).Draw(t, "moving") {
	case 0:
		return millrace.Event{Kind: millrace.KindAlias, UserID: user, PreviousID: rapid.SampledFrom([]string{"u4", "a3", "u9"}).Draw(t, "previous"), OccurredAt: at(day)}
	case 1:
		return millrace.Event{Kind: millrace.KindContact, Source: "crm", RecordID: rapid.SampledFrom([]string{"crm:1", "crm:2"}).Draw(t, "record"), UserID: user, OccurredAt: at(day),
			Data: []byte(`{"title":"Head of IT","company":"Acme Widgets","lifecycle_stage":"mql"}`)}
	case 2:
		return millrace.Event{Kind: millrace.KindAccount, Source: "crm", RecordID: "crm:A", OccurredAt: at(day),
			Data: []byte(fmt.Sprintf(`{"name":"Acme Widgets","domain":"acme-widgets.com","industry":"software","employees":%d}`, rapid.IntRange(1, 900).Draw(t, "employees")))}
	case 3:
		return track(day, user, "", rapid.SampledFrom([]string{"Email Sent", "Call Logged", "Demo Requested"}).Draw(t, "act"), `{}`)
	case 4:
		return with(opp(fmt.Sprint("P", rapid.IntRange(0, 2).Draw(t, "deal")), "acme-widgets.com", rapid.SampledFrom([]string{"open", "won", "lost"}).Draw(t, "status"), day, day+20, "1000"),
			rapid.SampledFrom([]string{"anna@acme-widgets.com", "cleo@beta-house.io", "new@beta-house.io"}).Draw(t, "party"))
	default:
		return arrive(day, "", fmt.Sprint("v", n), google, "")
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
		for n := range rapid.IntRange(1, 30).Draw(t, "facts") {
			if rapid.Bool().Draw(t, "moves") {
				w.add(moving(t, n))
			} else {
				w.add(drawn(t, n))
			}
			if rapid.IntRange(0, 4).Draw(t, "later") == 0 {
				w.now += modelAge
			}
			switch rapid.IntRange(0, 12).Draw(t, "then") {
			case 0:
				w.apply()
				_ = w.e.Merge(context.Background(), "u1", rapid.SampledFrom([]string{"u2", "u3", "u4"}).Draw(t, "with"), "test") // an error is no fact
			case 1, 2, 3:
				w.apply()
			case 4, 5, 6, 7:
				m := w.apply().model()
				renewed += min(m.renewed, 1)
				w.whole(m)
			}
		}
		w.whole(w.apply().model())
	})
	if renewed == 0 {
		t.Error("no model was renewed")
	}
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
		renewals("two accounts become one", false)
		w.add(arrive(61, "anna", "", "", ""))
		renewals("the first of a day", true)
		if err := w.e.Merge(t.Context(), "nina", "otto", "test"); err != nil {
			t.Fatal(err)
		}
		renewals("a merge", false)
		w.now += modelAge
		w.add(arrive(61, "anna", "", "", ""))
		renewals("an hour later", true)
	})
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
