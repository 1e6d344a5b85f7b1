package measure

import (
	"context"
	"testing"

	"millrace"
	"millrace/internal/dbtest"
	"millrace/internal/engine"
	"millrace/internal/metrics"
)

// then is the model as a knowledge has it.
func (w *world) then(k engine.Knowledge) *Model {
	w.t.Helper()
	m, err := w.r.ModelAt(context.Background(), k, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	return m
}

func (w *world) end() int64 {
	w.t.Helper()
	n, err := w.r.End(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// TestModelAtNowIsTheModel: a world with merges, corrected tags and an undone import, read as of its end, answers as the model of now does; and
// what came later changes nothing of what was known then.
func TestModelAtNowIsTheModel(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := story(newWorld(t, url))
		imp, err := w.e.StartImport(t.Context(), engine.ImportFile{Entity: "spend", File: "march.csv", By: "t"})
		if err != nil {
			t.Fatal(err)
		}
		w.add(record(millrace.KindSpend, "S9", `{"from":"2026-03-01","to":"2026-03-31","platform":"google_ads","campaign":"brand","amount":"55","currency":"USD"}`)).applyAs(imp)
		if err := w.e.LeaveImport(t.Context(), imp); err != nil {
			t.Fatal(err)
		}
		if _, err := w.e.UndoImport(t.Context(), imp); err != nil {
			t.Fatal(err)
		}
		w.add(identify(70, "dora", "c1", "dora@beta-house.io", "")).apply()
		fix, err := w.r.Retag(t.Context(), RetagRule{Match: TagMatch{Campaign: "brand"}, Set: TagSet{Campaign: "brand-2"}}, "", "t")
		if err != nil {
			t.Fatal(err)
		}
		want, k := answers(t, w.model()), engine.Knowledge{At: w.now, Playbook: w.e.RulingVersion(), Position: w.end()}
		k.End = k.Position
		if got := answers(t, w.then(k)); got != want {
			t.Fatalf("the model as of now answers otherwise:\n%s\nwant\n%s", got, want)
		}

		w.now += 10 * millrace.Day
		if _, err := w.r.UndoRetag(t.Context(), fix.ID, "t"); err != nil {
			t.Fatal(err)
		}
		again, err := w.e.StartImport(t.Context(), engine.ImportFile{Entity: "spend", File: "march.csv", By: "t"})
		if err != nil {
			t.Fatal(err)
		}
		w.add(arrive(31, "", "e1", google, "")).add(identify(31.1, "eva", "e1", "eva@acme-widgets.com", "")).add(opp("D2", "beta-house.io", "won", 50, 60, "7000")).apply()
		w.add(record(millrace.KindSpend, "S8", `{"from":"2026-03-01","to":"2026-03-31","platform":"google_ads","campaign":"brand","amount":"77","currency":"USD"}`)).applyAs(again)
		if answers(t, w.model()) == want {
			t.Fatal("what came later changed nothing")
		}
		k.End = w.end()
		if got := answers(t, w.then(k)); got != want {
			t.Errorf("what was known then reads otherwise later:\n%s\nwant\n%s", got, want)
		}
		k.Late, k.Identity, k.Undone, k.Retags = true, true, true, true
		w.now -= 10 * millrace.Day // the clock of then, all that is known today
		if got, now := answers(t, w.then(k)), answers(t, build(t, w)); got != now {
			t.Errorf("with all that is known today it answers otherwise than today's model:\n%s\nwant\n%s", got, now)
		}
	})
}

func build(t *testing.T, w *world) *Model {
	t.Helper()
	m, err := w.r.build(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// TestLateIsByTheClockOfThen: a fact that came later counts as late only where it had occurred.
func TestLateIsByTheClockOfThen(t *testing.T) {
	w := story(newWorld(t, dbtest.SQLite(t)))
	k := engine.Knowledge{At: w.now, Playbook: w.e.RulingVersion(), Position: w.end(), Late: true, Identity: true, Undone: true, Retags: true}
	w.now += 30 * millrace.Day
	w.add(identify(210, "fay", "f1", "fay@beta-house.io", "")).add(identify(60, "gil", "g1", "gil@beta-house.io", "")).apply()
	k.End = w.end()
	if got := w.then(k).Economics(Query{From: metrics.DayOf(2025, 1, 1), To: metrics.DayOf(2027, 1, 1)}, 0, 0).Blended.Leads; got != 4 {
		t.Errorf("%v leads, want the three of then and the late one", got)
	}
}
