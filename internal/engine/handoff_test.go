package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"millrace"
	"millrace/internal/dbtest"
	"millrace/internal/engine"

	"pgregory.net/rapid"
)

// atStage makes a contact that a CRM says stands in the stage.
func atStage(t *testing.T, e *engine.Engine, stage millrace.Stage) (who string) {
	t.Helper()
	who = "anna." + stage.String() + "@acme.com"
	id, err := e.StartImport(t.Context(), engine.ImportFile{Entity: "contacts", File: "crm.csv"})
	if err != nil {
		t.Fatal(err)
	}
	f := millrace.Event{Source: "crm", ID: who, Kind: millrace.KindContact, RecordID: "crm:" + who, Email: who, OccurredAt: day0, RecordedAt: day0,
		Data: fmt.Appendf(nil, `{"email":%q,"lifecycle_stage":%q}`, who, stage)}
	facts := []millrace.Event{f}
	if stage == millrace.StageMQL { // it stays one
		firm := millrace.Event{Source: "crm", ID: "acme", Kind: millrace.KindAccount, RecordID: "crm:acme", OccurredAt: day0, RecordedAt: day0, Data: []byte(`{"domain":"acme.com","employees":200}`)}
		demo := millrace.Event{Source: "crm", ID: "demo", Kind: millrace.KindTrack, Name: "Demo Requested", Email: who, OccurredAt: day0}
		facts = append(facts, firm, demo)
	}
	if _, err := e.Apply(t.Context(), millrace.Batch{Events: facts, Import: id}); err != nil {
		t.Fatal(err)
	}
	return who
}

// TestMoves is the table of what sales may do from which stage: c is a conflict, anything else the stage that comes of it.
func TestMoves(t *testing.T) {
	const (
		accept     = "accept"
		again      = "accept with a note"
		nurture    = "reject to nurture"
		disqualify = "reject for good"
		qualify    = "qualify"
		undo       = "undo"
	)
	evidence := map[string]string{"budget": "50k", "authority": "CFO", "need": "yes", "timeline": "Q3"}
	table := map[string]map[string]string{
		"lead":         {accept: "accepted", again: "accepted", nurture: "recycled", disqualify: "disqualified", qualify: "c", undo: "c"},
		"mql":          {accept: "accepted", again: "accepted", nurture: "recycled", disqualify: "disqualified", qualify: "c", undo: "c"},
		"accepted":     {accept: "c", again: "c", nurture: "recycled", disqualify: "disqualified", qualify: "sql", undo: "c"},
		"sql":          {accept: "c", again: "c", nurture: "recycled", disqualify: "disqualified", qualify: "sql", undo: "c"},
		"opportunity":  {accept: "c", again: "c", nurture: "c", disqualify: "c", qualify: "c", undo: "c"},
		"customer":     {accept: "c", again: "c", nurture: "c", disqualify: "c", qualify: "c", undo: "c"},
		"recycled":     {accept: "accepted", again: "accepted", nurture: "c", disqualify: "disqualified", qualify: "c", undo: "c"},
		"disqualified": {accept: "invalid", again: "accepted", nurture: "c", disqualify: "c", qualify: "c", undo: "c"},
	}
	for stage, acts := range table {
		for act, want := range acts {
			t.Run(stage+"/"+act, func(t *testing.T) {
				t.Parallel()
				p := newStage(t, "")
				p.clock.now = day0
				from, ok := millrace.ParseStage(stage)
				if !ok {
					t.Fatal(stage)
				}
				who := atStage(t, p.e, from)
				var got engine.Standing
				var err error
				d := engine.Doing{Who: who, By: "Kim"}
				switch act {
				case accept:
					got, err = p.e.Accept(t.Context(), d, "")
				case again:
					d.Note = "they called"
					got, err = p.e.Accept(t.Context(), d, "")
				case nurture:
					got, err = p.e.Reject(t.Context(), d, "not_now", "nurture")
				case disqualify:
					got, err = p.e.Reject(t.Context(), d, "not_now", "disqualify")
				case qualify:
					got, err = p.e.Qualify(t.Context(), d, evidence)
				case undo:
					got, err = p.e.Undo(t.Context(), d)
				}
				switch {
				case want == "c":
					if millrace.ErrorCode(err) != millrace.Conflict {
						t.Fatalf("%+v, %v", got, err)
					}
				case want == "invalid":
					if millrace.ErrorCode(err) != millrace.Invalid {
						t.Fatalf("%+v, %v", got, err)
					}
				case err != nil || got.Stage.String() != want || got.Previous != from:
					t.Fatalf("%+v, %v", got, err)
				case want == "recycled" && got.CooldownUntil != day0+30*millrace.Day:
					t.Fatalf("the cool-down ends %s", got.CooldownUntil)
				}
				x, err := p.e.Explain(t.Context(), who, engine.AsOf{})
				if err != nil || want != "c" && want != "invalid" && x.Stage.String() != want || (want == "c" || want == "invalid") && x.Stage != from {
					t.Fatalf("it stands at %s, %v", x.Stage, err)
				}
				checkClean(t, p.e)
			})
		}
	}
}

// TestStaleForm: whoever acts on what has changed since is refused, told who was faster, and nothing is written.
func TestStaleForm(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		clock := &testClock{day0}
		e := openEngine(t, url, clock)
		who := atStage(t, e, millrace.StageMQL)
		x, err := e.Explain(t.Context(), who, engine.AsOf{})
		if err != nil {
			t.Fatal(err)
		}
		saw := x.Decisions[0].Position
		var wait sync.WaitGroup
		outcomes := make([]error, 4)
		for i := range outcomes {
			wait.Go(func() {
				_, outcomes[i] = e.Accept(context.Background(), engine.Doing{Who: who, By: fmt.Sprint("rep", i), Saw: &saw}, fmt.Sprint("rep", i))
			})
		}
		wait.Wait()
		won := slices.IndexFunc(outcomes, func(err error) bool { return err == nil })
		for i, err := range outcomes {
			var refused *millrace.Error
			if i != won && (!errors.As(err, &refused) || refused.Code != millrace.Conflict || !strings.Contains(refused.Message, fmt.Sprint("rep", won, ": sales accepted it"))) {
				t.Errorf("rep%d: %v", i, err)
			}
		}
		if x, err = e.Explain(t.Context(), who, engine.AsOf{}); err != nil || len(x.Decisions) != 2 || x.Owner != fmt.Sprint("rep", won) || len(x.Assignments) != 1 {
			t.Fatalf("%+v, %v", x, err)
		}
		other := "somebody else"
		if _, err := e.Assign(t.Context(), []string{who}, "Lee", "Kim", "", &other); millrace.ErrorCode(err) != millrace.Conflict {
			t.Fatalf("assigned on an old form: %v", err)
		}
		if _, err := e.Assign(t.Context(), []string{who}, "Lee", "Kim", "", &x.Owner); err != nil {
			t.Fatal(err)
		}
		checkClean(t, e)
	})
}

func TestOversizedWordsAreRefused(t *testing.T) {
	p := newStage(t, "")
	who := atStage(t, p.e, millrace.StageMQL)
	for field, d := range map[string]engine.Doing{"note": {Who: who, By: "Kim", Note: strings.Repeat("x", 4001)}, "by": {Who: who, By: "Kim\nLee"}} {
		_, err := p.e.Accept(t.Context(), d, "")
		var refused *millrace.Error
		if !errors.As(err, &refused) || refused.Field != field {
			t.Errorf("%s: %v", field, err)
		}
	}
	if _, err := p.e.Assign(t.Context(), []string{who}, "Kim\x00", "Kim", "", nil); millrace.ErrorCode(err) != millrace.Invalid {
		t.Error(err)
	}
}

// TestSalesAmongFacts: whatever sales does among facts, merges and their undoing, the state is what the log gives, nobody's episode fades
// while sales holds it, and the owner is the one of the latest word.
func TestSalesAmongFacts(t *testing.T) {
	dir := scratch(t)
	people := slices.Concat(townUsers, townEmails, townGroups, []string{"acme.com"})
	rapid.Check(t, func(t *rapid.T) {
		facts := drawTown(t, 24)
		inTown(t, dir, func(w town) {
			w.clock.now = scenarioStart + (townSpan+6)*millrace.Day
			for n := range rapid.IntRange(2, 14).Draw(t, "acts") {
				k := min(len(facts), rapid.IntRange(0, 6).Draw(t, "batch"))
				w.apply(facts[:k]...)
				facts = facts[k:]
				w.clock.now += millrace.Second
				who := rapid.SampledFrom(people).Draw(t, "who")
				d := engine.Doing{Who: who, By: fmt.Sprint("rep", n), Note: "said so"}
				var err error
				switch rapid.SampledFrom([]string{"accept", "reject", "qualify", "undo", "assign", "merge", "unmerge", "sweep"}).Draw(t, "act") {
				case "accept":
					_, err = w.Accept(context.Background(), d, d.By)
				case "reject":
					_, err = w.Reject(context.Background(), d, rapid.SampledFrom([]string{"not_now", "bad_fit"}).Draw(t, "reason"), "")
				case "qualify":
					_, err = w.Qualify(context.Background(), d, map[string]string{"budget": "1", "authority": "2", "need": "3", "timeline": "4"})
				case "undo":
					_, err = w.Undo(context.Background(), d)
				case "assign":
					if _, err = w.Assign(context.Background(), []string{who}, d.By, d.By, "", nil); err == nil {
						if x, _ := w.Explain(context.Background(), who, engine.AsOf{}); x.Owner != d.By {
							t.Fatalf("%s is %q's, not %q's", who, x.Owner, d.By)
						}
					}
				case "merge":
					w.know(knowledge{"merge", who, rapid.SampledFrom(people).Draw(t, "other")})
				case "unmerge":
					w.know(knowledge{"unmerge", who, rapid.SampledFrom(people).Draw(t, "other")})
				case "sweep":
					before := w.heldBySales()
					w.clock.now += millrace.Time(rapid.IntRange(1, 100).Draw(t, "days")) * millrace.Day
					if _, err := w.Sweep(context.Background(), w.clock.now); err != nil {
						t.Fatal(err)
					}
					if after := w.heldBySales(); !slices.Equal(before, after) {
						t.Fatalf("sales held %v, and now %v", before, after)
					}
				}
				if c := millrace.ErrorCode(err); c != "" && c != millrace.NotFound && c != millrace.Conflict && c != millrace.Invalid {
					t.Fatal(err)
				}
			}
			w.apply(facts...)
			checkClean(t, w.Engine)
			checkExplained(t, w.Engine)
			want := world(t, w.Engine)
			if _, err := w.Rebuild(context.Background(), nil); err != nil {
				t.Fatal(err)
			}
			sameWorld(t, "a rebuild", want, world(t, w.Engine))
		})
	})
}

// heldBySales are the ids of those whom sales holds.
func (w town) heldBySales() (out []string) {
	for table, prefix := range map[string]string{"contact_score": engine.ContactPrefix, "account_score": engine.AccountPrefix} {
		for _, s := range scoreRows(w.t, w.Engine, table, prefix) {
			if s.stage == millrace.StageAccepted || s.stage == millrace.StageSQL {
				out = append(out, s.id)
			}
		}
	}
	slices.Sort(out)
	return out
}
