package measure

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/dbtest"
	"millrace/internal/engine"
	"millrace/internal/eventlog"

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

// brought are the imports of a story, and what each brought.
type brought struct {
	ids    []int64
	events [][]millrace.Event
}

// bring lets what was noted come by an import, or again what another one brought; now and then the import doesn't end.
func (b *brought) bring(t *rapid.T, w *world) {
	if len(b.ids) > 0 && rapid.Bool().Draw(t, "again") {
		w.events = append(w.events, rapid.SampledFrom(b.events).Draw(t, "file")...)
	}
	id, err := w.e.StartImport(context.Background(), engine.ImportFile{Entity: "events", File: fmt.Sprint(len(b.ids), ".csv")})
	if err != nil {
		t.Fatal(err)
	}
	b.ids, b.events = append(b.ids, id), append(b.events, slices.Clone(w.events))
	w.applyAs(id)
	if rapid.IntRange(0, 3).Draw(t, "ends") > 0 {
		b.finish(t, w, id)
	}
}

func (b *brought) finish(t *rapid.T, w *world, id int64) {
	if err := w.e.FinishImport(context.Background(), id, "csv", nil); err != nil {
		t.Fatal(err)
	}
}

// undo takes an import back.
func (b *brought) undo(t *rapid.T, w *world) {
	if len(b.ids) == 0 {
		return
	}
	id := rapid.SampledFrom(b.ids).Draw(t, "undone")
	if _, err := w.e.UndoImport(context.Background(), id); millrace.ErrorCode(err) == millrace.Conflict { // it runs
		b.finish(t, w, id)
	} else if err != nil {
		t.Fatal(err)
	}
}

// erase erases somebody, if they are known.
func erase(t *rapid.T, w *world) {
	if _, err := w.e.Erase(context.Background(), rapid.SampledFrom([]string{"u1", "u2", "u3", "u4", "u5", "u6"}).Draw(t, "erased"), "test"); err != nil && millrace.ErrorCode(err) != millrace.NotFound {
		t.Fatal(err)
	}
}

// rule lets another playbook rule.
func rule(t *rapid.T, w *world) {
	src := w.e.Playbook().Source()
	for _, x := range [][2]string{{"name: Google search", "name: Search ads"}, {"name: LinkedIn ads", "name: Outbound LinkedIn"}, {"{A: 80, B: 65,", "{A: 60, B: 55,"},
		{"\n  timezone: UTC", "\n  timezone: Europe/Berlin"}, {"\n  timezone:", "\n  hosts: [www.g2.com]\n  timezone:"}} {
		if src = bytes.ReplaceAll(src, []byte(x[1]), []byte(x[0])); rapid.Bool().Draw(t, x[1]) {
			src = bytes.ReplaceAll(src, []byte(x[0]), []byte(x[1]))
		}
	}
	if _, err := w.e.ApplyPlaybook(context.Background(), src, "test", ""); err != nil {
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
	var files brought
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
		switch rapid.IntRange(0, 20).Draw(t, "then") {
		case 10, 11:
			files.bring(t, w)
		case 12, 13:
			files.undo(t, w.apply())
		case 15:
			rule(t, w.apply())
		case 14:
			erase(t, w.apply())
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
		last := w.r.model.renewed
		renews := func(what string) {
			t.Helper()
			m := w.apply().model()
			if m.renewed <= last {
				t.Errorf("%s: all is read", what)
			}
			last = m.renewed
			w.whole(m)
		}
		w.add(arrive(59, "", "n1", google, "")).add(arrive(59.001, "anna", "", linkedIn, ""))
		renews("a visitor and somebody known")
		w.add(identify(59.1, "nina", "n1", "nina@beta-house.io", `,"how_did_you_hear":"A podcast"`))
		renews("a visitor becomes known")
		w.add(identify(59.2, "otto", "n1", "otto@beta-house.io", ""))
		renews("another on the same device")
		w.add(identify(59.3, "nina", "", "nina.new@beta-house.io", ""))
		renews("a second address")
		w.add(track(50, "nina", "", "Email Sent", `{}`)).add(opp("D7", "beta-house.io", "open", 55, 0, "700"))
		renews("a late fact and a deal")
		w.add(millrace.Event{Kind: millrace.KindAccount, Source: "crm", RecordID: "crm:B", OccurredAt: at(59.4), Data: []byte(`{"name":"Beta House","domain":"beta-house.io","employees":300,"industry":"software"}`)})
		renews("an account's record")
		w.add(millrace.Event{Kind: millrace.KindAccount, Source: "crm", RecordID: "crm:A", OccurredAt: at(59.5), Data: []byte(`{"name":"Acme Widgets","domain":"beta-house.io"}`)})
		renews("two accounts become one")
		w.add(arrive(61, "anna", "", "", ""))
		renews("the first of a day")
		if err := w.e.Merge(t.Context(), "nina", "otto", "test"); err != nil {
			t.Fatal(err)
		}
		renews("a merge")
		if err := w.e.Unmerge(t.Context(), "nina", "otto", "test"); err != nil {
			t.Fatal(err)
		}
		renews("a merge taken back")
		if err := w.e.Merge(t.Context(), "acme-widgets.com", "beta-house.io", "test"); err != nil {
			t.Fatal(err)
		}
		w.add(arrive(61.1, "nina", "", linkedIn, ""))
		renews("a merge of accounts and a page")
		if err := w.e.Unmerge(t.Context(), "acme-widgets.com", "beta-house.io", "test"); err != nil {
			t.Fatal(err)
		}
		renews("it is taken back")
		for i, day := range []float64{-3, 40} { // the first act of all, and another
			kiosk := fmt.Sprint("kiosk", i)
			w.add(arrive(day, "", kiosk, linkedIn, ""))
			for n := range 3 {
				user := fmt.Sprint(kiosk, "-", n)
				w.add(identify(62+float64(n), user, kiosk, user+"@acme-widgets.com", ""))
			}
			renews("three people on a device")
			w.add(identify(66, kiosk+"-3", kiosk, kiosk+"-3@acme-widgets.com", ""))
			renews("more people on a device than may be")
			if err := w.e.Merge(t.Context(), kiosk+"-3", kiosk+"-2", "test"); err != nil {
				t.Fatal(err)
			}
			renews("two of them are one")
			if err := w.e.Unmerge(t.Context(), kiosk+"-3", kiosk+"-2", "test"); err != nil {
				t.Fatal(err)
			}
			renews("or not")
		}
		w.now += modelAge
		w.add(arrive(61, "anna", "", "", ""))
		renews("an hour later")
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
		for what, set := range map[string]TagSet{"another campaign": {Campaign: "renamed"}, "another channel": {Source: "newsletter", Medium: "email"}, "outbound": {Source: "sdr", Medium: "outbound"},
			"no tags": {Source: NotSet, Medium: NotSet, Campaign: NotSet}} {
			made := correct(set)
			renews("tags corrected to " + what)
			back(made)
			renews("and back")
		}
		bring := func() int64 {
			t.Helper()
			id, err := w.e.StartImport(t.Context(), engine.ImportFile{Entity: "events", File: "events.csv"})
			if err != nil {
				t.Fatal(err)
			}
			for i, e := range []millrace.Event{arrive(-5, "", "c1", linkedIn, ""), identify(29.5, "cleo", "c1", "cleo@beta-house.io", `,"how_did_you_hear":"A friend"`), opp("D9", "beta-house.io", "won", 30, 61, "900")} {
				e.ID = fmt.Sprint("row", i)
				w.add(e)
			}
			w.applyAs(id)
			if err := w.e.FinishImport(t.Context(), id, "csv", nil); err != nil {
				t.Fatal(err)
			}
			return id
		}
		undo := func(id int64) {
			t.Helper()
			if _, err := w.e.UndoImport(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		first := bring()
		renews("an import")
		second := bring()
		renews("the same again")
		undo(first)
		renews("the first is undone")
		undo(second)
		renews("the second too: nobody did anything as early")
		bring()
		renews("a file that brings what was undone")
		w.add(arrive(69, "cleo", "", linkedIn, ""))
		renews("the last that anybody did")
		for _, who := range []string{"cleo", "nina"} {
			if _, err := w.e.Erase(t.Context(), who, "test"); err != nil {
				t.Fatal(err)
			}
			if w.r.Follow(t.Context()); w.r.model != nil || w.r.bones.reports != nil {
				t.Error("a model of who was erased stays")
			}
			w.r.model = w.r.bones // to count from
			renews(who + " is erased")
		}
		w.add(arrive(61, "anna", "", google, ""))
		renews("a visit after that")
		contract := record(millrace.KindContract, "K7", `{"domain":"acme-widgets.com","from":"2026-01-01","to":"2026-12-31","amount":"1200","currency":"USD"}`)
		contract.ID = "contract"
		for _, ends := range []bool{true, false} {
			id, err := w.e.StartImport(t.Context(), engine.ImportFile{Entity: "contracts", File: fmt.Sprint(ends, ".csv")})
			if err != nil {
				t.Fatal(err)
			}
			w.add(contract).applyAs(id)
			w.add(arrive(61.2, "anna", "", google, ""))
			renews("a contract of an import that runs")
			if n := len(w.model().records.contracts); n != 1 {
				t.Errorf("%d contracts", n)
			}
			if ends {
				if err := w.e.FinishImport(t.Context(), id, "csv", nil); err != nil {
					t.Fatal(err)
				}
				undo(id)
				renews("undone")
			}
		}
		grades := portraitOf(w.model(), "contact ")
		src := bytes.ReplaceAll(bytes.ReplaceAll(w.e.Playbook().Source(), []byte("{A: 80, B: 65, C: 50, D: 0}"), []byte("{A: 9, B: 8, C: 7, D: 0}")), []byte("name: Google search"), []byte("name: Search ads"))
		if _, err := w.e.ApplyPlaybook(t.Context(), src, "test", ""); err != nil {
			t.Fatal(err)
		}
		renews("another playbook")
		if portraitOf(w.model(), "contact ") == grades {
			t.Error("nobody has another grade")
		}
		if err := w.e.DB().Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.Exec(t.Context(), "update event set body = $1 where kind = 39", eventlog.Body(&millrace.Event{Data: []byte(`{"identifiers":[],"by":"an earlier version"}`)}, "", "", ""))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		w.r.model.Position = 1
		if m, err := w.r.build(t.Context()); err != nil || m.renewed > 0 {
			t.Errorf("after an erasure by an earlier version: renewed %d times, %v", m.renewed, err)
		}
	})
}

// TestReadsOnWhileImportsAreUndone: while an undone import is still being taken out, who is who changes with no fact: the model is not the last.
func TestReadsOnWhileImportsAreUndone(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := story(newWorld(t, url))
		id, err := w.e.StartImport(t.Context(), engine.ImportFile{Entity: "events", File: "events.csv"})
		if err != nil {
			t.Fatal(err)
		}
		w.add(identify(29.5, "cleo", "c1", "cleo@beta-house.io", "")).applyAs(id)
		if err := w.e.FinishImport(t.Context(), id, "csv", nil); err != nil {
			t.Fatal(err)
		}
		if _, err := w.e.UndoImport(t.Context(), id); err != nil {
			t.Fatal(err)
		}
		cursor := func(at string) {
			t.Helper()
			if err := w.e.DB().Write(t.Context(), func(tx *db.Tx) error {
				_, err := tx.Exec(t.Context(), "update import set undo_cursor = "+at)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		cursor("0")
		first := w.model()
		again := w.model()
		if again == first || again.renewed != first.renewed+1 {
			t.Errorf("the model is the last one though an undo goes on: %t, renewed %d", again == first, again.renewed)
		}
		large := *again
		large.whole, w.r.small, w.r.model, w.r.built = time.Hour, 0, &large, time.Now()
		if _, b := w.r.begin(large.Position); b != nil {
			t.Error("the model of a large workspace is made at once again")
		}
		w.r.built = time.Now().Add(-whileUndone)
		if _, b := w.r.begin(large.Position); b == nil {
			t.Error("the model of a large workspace is not made again")
		} else {
			<-b.done
		}
		w.r.small, w.r.model = smallLog, again
		cursor("1000000")
		last := w.model()
		if last == again || w.model() != last {
			t.Error("the model isn't made after the undo's end, or made again and again")
		}
		w.whole(last)
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
	if !b.whole || b.model.renewed == 0 {
		t.Error("all is read after a new playbook, or nobody is told that it takes longer")
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

// TestRenewsAccountsWithoutPeople: what was decided of an account goes with it when it becomes one with another, though nobody is of it any more.
func TestRenewsAccountsWithoutPeople(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	const firm, other = "acme-widgets.com", "gamma.io"
	for _, domain := range []string{other, firm} {
		w.add(millrace.Event{Kind: millrace.KindAccount, Source: "crm", RecordID: "crm:" + domain, OccurredAt: at(190),
			Data: []byte(fmt.Sprintf(`{"domain":%q,"industry":"Software","country":"US","employees":500,"technologies":["Salesforce"]}`, domain))})
	}
	id, err := w.apply().e.StartImport(t.Context(), engine.ImportFile{Entity: "events", File: "events.csv"})
	if err != nil {
		t.Fatal(err)
	}
	for i, title := range []string{"CFO", "Head of IT", "Analyst"} {
		user := fmt.Sprint("u", i)
		w.add(identify(199, user, "", user+"@"+firm, fmt.Sprintf(`,"title":%q`, title))).add(track(199.1, user, "", "Demo Requested", `{}`))
	}
	w.applyAs(id)
	decided := 0
	for _, move := range w.apply().model().accMoves {
		decided += one(move.Stage == millrace.StageMQL)
	}
	if decided == 0 {
		t.Fatal("no account is an MQA")
	}
	if err := w.e.FinishImport(t.Context(), id, "csv", nil); err != nil {
		t.Fatal(err)
	}
	if _, err := w.e.UndoImport(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	w.whole(w.model())
	if err := w.e.Merge(t.Context(), firm, other, "test"); err != nil {
		t.Fatal(err)
	}
	m := w.model()
	if m.renewed == 0 {
		t.Error("all is read")
	}
	w.whole(m)
}
