package measure

import (
	"testing"

	"millrace/internal/dbtest"
	"millrace/internal/engine"
	"millrace/internal/handoff"
)

// TestTakenBack: a decision that sales takes back moved nobody; one that stands did.
func TestTakenBack(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		w := story(newWorld(t, url))
		moves := len(w.model().moves)
		who := engine.Doing{Who: "anna@acme-widgets.com", By: "Kim"}
		if _, err := w.e.Accept(t.Context(), who, "Kim"); err != nil {
			t.Fatal(err)
		}
		if got := len(w.model().moves); got != moves+1 {
			t.Errorf("%d moves after an acceptance, %d before", got, moves)
		}
		if _, err := w.e.Undo(t.Context(), who); err != nil {
			t.Fatal(err)
		}
		if got := len(w.model().moves); got != moves {
			t.Errorf("%d moves after it was taken back, %d before", got, moves)
		}
		w.clean()
	})
}

// TestPartsInADeal: whom sales took out of a deal is in it no more.
func TestPartsInADeal(t *testing.T) {
	w := newWorld(t, dbtest.SQLite(t))
	w.add(identify(1, "anna", "", "anna@acme-widgets.com", "")).add(identify(1, "bo", "", "bo@acme-widgets.com", "")).apply()
	room := handoff.New(w.e)
	id, err := room.Create(t.Context(), handoff.Opportunity{Name: "Pilot", Account: "acme-widgets.com", Contacts: []handoff.Part{{Contact: "anna", Role: "champion"}, {Contact: "bo", Role: "user"}}}, "Kim")
	if err != nil {
		t.Fatal(err)
	}
	if d := w.model().deals; len(d) != 1 || len(d[0].parties) != 2 {
		t.Fatalf("%+v", d)
	}
	w.now++
	if _, err := room.Change(t.Context(), id, handoff.Change{Contacts: []handoff.Part{{Contact: "bo"}}}, "Kim"); err != nil {
		t.Fatal(err)
	}
	if d := w.model().deals; len(d[0].parties) != 1 {
		t.Fatalf("%+v", d)
	}
}
