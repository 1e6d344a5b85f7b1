package measure

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"millrace"
	"millrace/internal/attribution"
	"millrace/internal/db"
	"millrace/internal/dbtest"
	"millrace/internal/engine"
	"millrace/internal/metrics"
)

// story is a small scenario whose figures can be told by hand: Acme came by LinkedIn, was captured by Google, and bought; Beta came by Google and did
// not.
func story(w *world) *world {
	w.add(millrace.Event{Kind: millrace.KindAccount, Source: "crm", RecordID: "crm:A", OccurredAt: at(0), Data: []byte(`{"name":"Acme Widgets","domain":"acme-widgets.com"}`)})
	w.add(millrace.Event{Kind: millrace.KindAccount, Source: "crm", RecordID: "crm:B", OccurredAt: at(0), Data: []byte(`{"name":"Beta House","domain":"beta-house.io"}`)})
	w.add(arrive(0, "", "a1", linkedIn, "")).add(arrive(5, "", "a1", google, "")).add(arrive(5.01, "", "a1", "", "https://www.millrace.test/"))
	w.add(identify(5.1, "anna", "a1", "anna@acme-widgets.com", `,"how_did_you_hear":"LinkedIn ads"`))
	w.add(track(10, "anna", "a1", "Webinar Attended", `{"title":"Reading buying signals"}`))
	w.add(arrive(12, "", "b1", "", "")).add(identify(12.1, "bob", "b1", "bob@acme-widgets.com", ""))
	w.add(arrive(30, "", "c1", google, "")).add(identify(30.1, "cleo", "c1", "cleo@beta-house.io", ""))
	w.add(opp("D1", "acme-widgets.com", "won", 20, 40, "9000")).add(opp("D2", "beta-house.io", "lost", 50, 60, "5000"))
	w.add(record(millrace.KindSpend, "S1", `{"from":"2026-01-01","to":"2026-01-31","platform":"linkedin_ads","campaign":"icp-guide","amount":"800","currency":"USD"}`))
	w.add(record(millrace.KindSpend, "S2", `{"from":"2026-01-01","to":"2026-01-31","platform":"google_ads","campaign":"brand","amount":"90","currency":"USD"}`))
	return w.apply()
}

// movesOf are the moves of the account that a deal is on.
func movesOf(m *Model, deal int) (out []string) {
	for _, s := range m.accMoves {
		if s.Subject == m.deals[deal].Account {
			out = append(out, fmt.Sprintf("day %.4g: %s", float64(s.At-at(0))/float64(millrace.Day), s.Stage))
		}
	}
	return out
}

// TestAccountsMoveByDeals: an account becomes an opportunity and a customer by its deals, at their dates.
func TestAccountsMoveByDeals(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		m := story(newWorld(t, url)).model()
		for deal, want := range [][]string{{"day 5.1: lead", "day 20: opportunity", "day 40: customer"}, {"day 30.1: lead", "day 50: opportunity", "day 60: recycled"}} {
			if got := movesOf(m, deal); !slices.Equal(got, want) {
				t.Errorf("the account of deal %d moved %q, want %q", deal, got, want)
			}
		}
		if f := m.Funnel(all).Accounts[0].Total; f.Entered != 2 || f.Converted != 2 || f.Skipped != 2 {
			t.Errorf("from known to MQA or beyond: %d of %d, %d skipped it", f.Converted, f.Entered, f.Skipped)
		}
	})
}

// peopleByDeals are the moves of people that no decision says.
func peopleByDeals(m *Model) (out []string) {
	for i, s := range m.moves {
		if s.Stage >= millrace.StageOpportunity {
			if day := m.moveDay[i]; day != m.calendar.Day(s.At) || m.moveLead[i] < 0 || m.leads[m.moveLead[i]].contact != s.Subject {
				return []string{fmt.Sprintf("move %d: day %d, lead %d", i, day, m.moveLead[i])}
			}
			out = append(out, fmt.Sprintf("day %.4g: %s", float64(s.At-at(0))/float64(millrace.Day), s.Stage))
		}
	}
	return out
}

// TestPeopleMoveByDeals: people become opportunities and customers by the deals that they have a part in, from when they have it.
func TestPeopleMoveByDeals(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := story(newWorld(t, url))
		if got := peopleByDeals(w.model()); len(got) > 0 {
			t.Errorf("nobody has a part in a deal, and moved %q", got)
		}
		w.add(with(opp("D1", "acme-widgets.com", "won", 20, 40, "9000"), "anna@acme-widgets.com", fmt.Sprintf(`{"email":"bob@acme-widgets.com","role":"user","at":%q}`, stamp(30)), "nobody@acme-widgets.com"))
		w.add(with(opp("D2", "beta-house.io", "lost", 50, 60, "5000"), "cleo@beta-house.io")).apply()
		m := w.model()
		want := []string{"day 20: opportunity", "day 40: customer", "day 30: opportunity", "day 40: customer", "day 50: opportunity", "day 60: recycled"}
		if got := peopleByDeals(m); !slices.Equal(got, want) {
			t.Errorf("people moved %q, want %q", got, want)
		}
		for _, s := range m.Funnel(all).Stages {
			if s.Stage == millrace.StageOpportunity && s.Left != 3 {
				t.Errorf("%d left the stage", s.Left)
			}
		}
		w.add(with(opp("D2", "beta-house.io", "lost", 50, 60, "5000"), fmt.Sprintf(`{"email":"cleo@beta-house.io","role":"","at":%q}`, stamp(55)))).apply()
		if got := peopleByDeals(w.model()); !slices.Equal(got, want[:4]) {
			t.Errorf("without who was taken out people moved %q, want %q", got, want[:4])
		}
		w.clean()
	})
}

func TestFiguresByHand(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := story(newWorld(t, url))
		if got, want := w.leadsBy("created"), map[string]float64{"Google search": 2, "Direct": 1}; !maps.Equal(got, want) {
			t.Errorf("leads by the touch that created them: %v, want %v", got, want)
		}
		if got, want := w.leadsBy("first"), map[string]float64{"Google search": 1, "LinkedIn ads": 1, "Direct": 1}; !maps.Equal(got, want) {
			t.Errorf("leads by their first touch: %v, want %v", got, want)
		}
		for _, row := range w.model().Economics(all, 0, 0).Channels {
			switch row.Channel {
			case "Google search":
				if row.CPL.Value == nil || *row.CPL.Value != 4500 || row.CAC.Undefined != metrics.NoDenominator || row.Opportunities != 1 {
					t.Errorf("Google search: CPL %+v, CAC %+v", row.CPL, row.CAC)
				}
			case "LinkedIn ads":
				if row.CPL.Undefined != metrics.NoDenominator || row.Spend.Minor != 80000 {
					t.Errorf("LinkedIn ads: %+v", row.CPL)
				}
			}
		}
		// Acme's journey: LinkedIn on day 0, Google on day 5 (the lead), a webinar on day 10, bob's direct visit on day 12 (the last before the
		// opportunity of day 20).
		for model, want := range map[string][4]int64{
			"first": {900000, 0, 0, 0}, "last": {0, 0, 0, 900000}, "last-non-direct": {0, 0, 900000, 0}, "linear": {225000, 225000, 225000, 225000},
			"w-shaped": {270000, 270000, 90000, 270000},
		} {
			for i, channel := range []string{"LinkedIn ads", "Google search", "Webinars", "Direct"} {
				if got := w.credit(attribution.Channel, attribution.Revenue, model, channel); got != want[i] {
					t.Errorf("%s gives %s %d, want %d", model, channel, got, want[i])
				}
			}
		}
		if got := w.credit(attribution.Channel, attribution.Revenue, "self-reported", "LinkedIn ads"); got != 900000 {
			t.Errorf("self-reported gives LinkedIn ads %d", got)
		}
		if got := w.credit(attribution.Asset, attribution.Revenue, "linear", "Reading buying signals"); got != 225000 {
			t.Errorf("the webinar has %d as an asset", got)
		}
		if got := w.credit(attribution.Asset, attribution.Revenue, "linear", "/pricing"); got != 675000 {
			t.Errorf("the page has %d as an asset", got)
		}
		sales := w.model().Sales(all)
		if sales.Total.Won != 1 || sales.Total.Lost != 1 || *sales.Total.WinRate.Value != 0.5 || *sales.Total.Cycle.WonMean.Value != 20 {
			t.Errorf("sales: %+v", sales.Total)
		}
		w.clean()
	})
}

func TestFollowTakesEachFactOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := story(newWorld(t, url))
		want := answers(t, w.model())
		for range 2 {
			if err := w.r.Follow(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		w.clean()
		// Two rooms at once, over slices of two facts, from the beginning.
		if err := w.r.reset(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		rooms := []*Room{New(w.e, nil), New(w.e, nil), New(w.e, nil)}
		var wg sync.WaitGroup
		errs := make([]error, len(rooms))
		for i, r := range rooms {
			r.slice = int64(i) + 1
			wg.Go(func() { errs[i] = r.Follow(t.Context()) })
		}
		wg.Wait()
		for i, r := range rooms {
			if errs[i] != nil {
				t.Fatal(errs[i])
			}
			m, err := r.Model(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			if got := answers(t, m); got != want {
				t.Errorf("room %d answers otherwise:\n%s\nwant\n%s", i, got, want)
			}
		}
		w.clean()
	})
}

// TestFreshRoomsAtOnce: several rooms of several servers meet a database in which no room was.
func TestFreshRoomsAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := story(newWorld(t, url))
		var wg sync.WaitGroup
		for range 4 {
			r := New(w.e, nil)
			wg.Go(func() {
				if err := r.Follow(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		w.clean()
	})
}

// TestFollowGoesOnAfterItWasBrokenOff: a context that ends between two slices stands for a process that is killed there.
func TestFollowGoesOnAfterItWasBrokenOff(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := story(newWorld(t, url))
		w.r.slice = 3
		s, err := w.r.reader.read(t.Context(), w.e.DB(), 0, 3)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.r.reset(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		if err := w.r.take(t.Context(), s); err != nil {
			t.Fatal(err)
		}
		broken, cancel := context.WithCancel(t.Context())
		cancel()
		if err := w.r.Follow(broken); err == nil {
			t.Fatal("it followed with a context that had ended")
		}
		if at, err := position(t.Context(), w.e.DB()); err != nil || at != 3 {
			t.Fatalf("position %d, %v", at, err)
		}
		again := New(w.e, nil)
		if err := again.Follow(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.clean()
	})
}

func TestLateFactsAndIdentity(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := story(newWorld(t, url))
		before := answers(t, w.model())
		// A late fact: anna had come by a review site before she said who she is.
		w.add(arrive(5.05, "", "a1", "", "https://www.g2.com/products/millrace")).apply()
		if got := w.leadsBy("created"); got["Review sites"] != 1 || got["Google search"] != 1 {
			t.Errorf("with the late fact: %v", got)
		}
		// A merge unites what two people did: bob is anna, whose lead is the only one then; taken back, all is as before.
		late := answers(t, w.model())
		if err := w.e.Merge(t.Context(), "anna", "bob", "test"); err != nil {
			t.Fatal(err)
		}
		if got := w.leadsBy("created"); got["Direct"] != 0 || got["Review sites"] != 1 {
			t.Errorf("merged: %v", got)
		}
		w.clean()
		if err := w.e.Unmerge(t.Context(), "anna", "bob", "test"); err != nil {
			t.Fatal(err)
		}
		if got := answers(t, w.model()); got != late || late == before {
			t.Errorf("un-merging does not give what was before the merge:\n%s\nwant\n%s", got, late)
		}
		w.clean()
	})
}

// TestPersonWithTwoAccounts: what somebody did counts for the account that they held then.
func TestPersonWithTwoAccounts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		group := func(day float64, id, domain string) millrace.Event {
			return millrace.Event{Kind: millrace.KindGroup, UserID: "dora", GroupID: id, OccurredAt: at(day), Data: []byte(fmt.Sprintf(`{"name":%q,"domain":%q}`, id, domain))}
		}
		w.add(group(1, "Old Firm", "old-firm.com")).add(arrive(2, "dora", "", linkedIn, "")).add(group(50, "New Firm", "new-firm.com")).add(arrive(52, "dora", "", google, ""))
		w.add(opp("O", "old-firm.com", "won", 60, 70, "100")).add(opp("N", "new-firm.com", "won", 60, 70, "1000")).apply()
		for channel, want := range map[string]int64{"LinkedIn ads": 10000, "Google search": 100000} {
			if got := w.credit(attribution.Channel, attribution.Revenue, "linear", channel); got != want {
				t.Errorf("%s has %d, want %d", channel, got, want)
			}
		}
		w.clean()
	})
}

// TestSharedDevice: what was done on a device that more than three people use is nobody's.
func TestSharedDevice(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := newWorld(t, url)
		w.add(arrive(1, "", "kiosk", linkedIn, ""))
		for i := range 3 {
			w.add(identify(2+float64(i), fmt.Sprint("u", i), "kiosk", fmt.Sprintf("u%d@acme-widgets.com", i), ""))
		}
		w.apply()
		if got := w.leadsBy("created"); got["LinkedIn ads"] == 0 {
			t.Errorf("three people: %v", got)
		}
		w.add(identify(9, "u3", "kiosk", "u3@acme-widgets.com", "")).apply()
		if got, want := w.leadsBy("created"), map[string]float64{"": 4}; !maps.Equal(got, want) {
			t.Errorf("four people: %v, want %v", got, want)
		}
		if len(w.model().visits) != 1 {
			t.Errorf("the arrival itself is counted: %v", w.model().visits)
		}
		w.clean()
	})
}

func TestUndoneImports(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := story(newWorld(t, url))
		before := answers(t, w.model())
		bring := func() int64 {
			id, err := w.e.StartImport(t.Context(), engine.ImportFile{Entity: "events", File: "events.csv"})
			if err != nil {
				t.Fatal(err)
			}
			for i, e := range []millrace.Event{arrive(29, "", "c1", linkedIn, ""), identify(29.5, "cleo", "c1", "cleo@beta-house.io", `,"how_did_you_hear":"A friend"`)} {
				e.Source, e.ID = "import", fmt.Sprint("row", i)
				w.add(e)
			}
			w.applyAs(id)
			return id
		}
		undo := func(id int64) {
			if err := w.e.LeaveImport(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			if _, err := w.e.UndoImport(t.Context(), id); err != nil {
				t.Fatal(err)
			}
		}
		first := bring()
		with := w.leadsBy("created")
		if with["LinkedIn ads"] != 1 {
			t.Errorf("with the import: %v", with)
		}
		second := bring()
		undo(first)
		if got := w.leadsBy("created"); !maps.Equal(got, with) {
			t.Errorf("one of two bringers undone: %v, want %v", got, with)
		}
		w.clean()
		undo(second)
		if got := answers(t, w.model()); got != before {
			t.Errorf("undone:\n%s\nwant\n%s", got, before)
		}
		w.clean()
	})
}

// TestPlaybookActsOnThePast: a new playbook classifies all touches anew.
func TestPlaybookActsOnThePast(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := story(newWorld(t, url))
		w.model()
		src := bytes.ReplaceAll(w.e.Playbook().Source(), []byte("name: Google search"), []byte("name: Search engine ads"))
		if _, err := w.e.ApplyPlaybook(t.Context(), src, "test", ""); err != nil {
			t.Fatal(err)
		}
		if got := w.leadsBy("created"); got["Search engine ads"] != 2 || got["Google search"] != 0 {
			t.Errorf("after the change: %v", got)
		}
	})
}

func TestRebuildAndCheckReachTheRoom(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := story(newWorld(t, url))
		want := answers(t, w.model())
		for _, damage := range []string{"delete from touch_block", "update touch_origin set text = '{\"s\":\"elsewhere\"}' where id = 2", "update self_report set answer = 'nobody'",
			"insert into stage_fact (seq, of_kind, subject, at, stage, previous, reason, version) values (1, 1, 1, 1, 1, 0, '', '')", "update touch_block set data = substr(data, 1, 3), count = 1"} {
			if err := w.e.DB().Write(t.Context(), func(tx *db.Tx) error { return tx.ExecOnce(t.Context(), damage) }); err != nil {
				t.Fatal(err)
			}
			c, err := w.e.Check(t.Context(), nil)
			if err == nil && c.Differences == 0 {
				t.Errorf("the check doesn't see %s", damage)
			}
			if _, err := w.e.Rebuild(t.Context(), nil); err != nil {
				t.Fatal(err)
			}
			w.clean()
			if got := answers(t, w.model()); got != want {
				t.Errorf("rebuilt after %s:\n%s\nwant\n%s", damage, got, want)
			}
		}
	})
}

// TestMoneyIsNeverOld: of a workspace whose model takes long to build, deals and costs are those of the log's end; people and touches follow when
// the new model is there.
func TestMoneyIsNeverOld(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := story(newWorld(t, url))
		old := w.model()
		large := *old
		large.Took, large.whole, w.r.small = time.Hour, time.Hour, 0
		w.r.model, w.r.built = &large, time.Now() // no new one is begun for an hour
		w.add(arrive(60, "", "n1", google, "")).add(identify(60.1, "nina", "n1", "nina@beta-house.io", ""))
		w.add(with(opp("D9", "beta-house.io", "won", 65, 70, "100"), "cleo@beta-house.io")).add(record(millrace.KindSpend, "S9", `{"from":"2026-03-01","to":"2026-03-01","platform":"google_ads","campaign":"brand","amount":"11","currency":"USD"}`)).apply()
		m := w.model()
		if m.Position != old.Position || m.Money <= m.Position || len(m.leads) != len(old.leads) {
			t.Fatalf("position %d, money %d", m.Position, m.Money)
		}
		if s := m.Spend(all).Total.Spend.Minor; s != 89000+1100 {
			t.Errorf("spend %d", s)
		}
		if won := m.Sales(all).Total.Won; won != 2 {
			t.Errorf("%d won", won)
		}
		if moves := movesOf(m, len(m.deals)-1); moves[len(moves)-1] != "day 70: customer" {
			t.Errorf("the account of the new deal moved %q", moves)
		}
		if moves := peopleByDeals(m); !slices.Equal(moves, []string{"day 65: opportunity", "day 70: customer"}) {
			t.Errorf("people in the new deal moved %q", moves)
		}
		if own, _ := m.broughtDeal(len(m.deals) - 1); own != "Google search" {
			t.Errorf("the new deal was brought by %q", own)
		}
		// A page that nobody paid for changes nothing: what was worked out stands.
		w.add(arrive(80, "", "n2", "", "")).apply()
		if again := w.model(); again.memory != m.memory || again.Money <= m.Money {
			t.Error("a page made the money be read again")
		}
		w.r.model, w.r.built = nil, time.Time{}
		fresh := w.model()
		if fresh.Position != fresh.Money || len(fresh.leads) != len(old.leads)+1 {
			t.Errorf("the new model: %d leads", len(fresh.leads))
		}
	})
}
