package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/dbtest"
	"millrace/internal/engine"
)

// told is a list of merges in words: "anna@x + bo@x" with the identifiers of each side; "=" in place of "+" where taking it back separates nothing.
func told(t *testing.T, e *engine.Engine, who string) string {
	t.Helper()
	list, err := e.Merges(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range list {
		sign := " + "
		if !m.Separates {
			sign = " = "
		}
		side := func(s engine.MergeSide) string { return strings.TrimSpace(s.Name + " " + strings.Join(s.Keys, ",")) }
		out = append(out, m.By+": "+side(m.A)+sign+side(m.B))
	}
	return strings.Join(out, "; ")
}

func TestMergesOfWhichOneConsists(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		clock := &testClock{day0}
		e := openEngine(t, url, clock)
		var events []millrace.Event
		for n, email := range []string{"anna@acme.com", "bo@acme.com", "cy@beta.io"} {
			events = append(events, millrace.Event{Source: "test", ID: fmt.Sprint("i", n), Kind: millrace.KindIdentify, UserID: fmt.Sprint("u", n), Email: email, OccurredAt: day0, ReceivedAt: day0,
				Data: fmt.Appendf(nil, `{"name":%q}`, strings.ToUpper(email[:1])+email[1:strings.Index(email, "@")])})
		}
		for n, data := range []string{`{"name":"Initech Inc","domain":"initech.com"}`, `{"domain":"initech.de"}`} {
			events = append(events, millrace.Event{Source: "test", ID: fmt.Sprint("a", n), Kind: millrace.KindAccount, RecordID: fmt.Sprint("crm:", n), OccurredAt: day0, ReceivedAt: day0, Data: []byte(data)})
		}
		if _, err := e.Apply(t.Context(), millrace.Batch{Events: events}); err != nil {
			t.Fatal(err)
		}
		do := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
			clock.now += millrace.Hour
			checkClean(t, e)
		}
		expect := func(who, want string) {
			t.Helper()
			if got := told(t, e, who); got != want {
				t.Errorf("%s consists of\n%s\nwant\n%s", who, got, want)
			}
		}
		const ab, abc = "Kim: Anna u:u0,e:anna@acme.com + Bo e:bo@acme.com,u:u1", "Lee: Bo e:bo@acme.com,u:u0,e:anna@acme.com,u:u1 + Cy e:cy@beta.io,u:u2"
		expect("anna@acme.com", "")
		do(e.Merge(t.Context(), "u0", "bo@acme.com", "Kim"))
		expect("bo@acme.com", ab)
		do(e.Merge(t.Context(), "bo@acme.com", "cy@beta.io", "Lee"))
		expect("u2", abc+"; Kim: Anna u:u0,e:anna@acme.com + Cy e:bo@acme.com,u:u1,u:u2,e:cy@beta.io")

		// Merged once more between other identifiers: neither merge separates alone.
		do(e.Merge(t.Context(), "anna@acme.com", "u1", "Ann"))
		expect("u1", "Ann: Anna e:anna@acme.com = Bo u:u1; "+abc+"; Kim: Anna u:u0 = Bo e:bo@acme.com")
		list, err := e.Merges(t.Context(), "u1")
		do(err)
		do(e.Unmerge(t.Context(), list[0].B.ID, list[0].A.ID, "Ann"))

		// The older one is taken back by the ids of the list: the younger stands, on the side that it was made on.
		list, err = e.Merges(t.Context(), "u1")
		do(err)
		do(e.Unmerge(t.Context(), list[1].A.ID, list[1].B.ID, "Kim"))
		expect("anna@acme.com", "")
		expect("cy@beta.io", "Lee: Bo e:bo@acme.com,u:u1 + Cy e:cy@beta.io,u:u2")
		if err := e.Unmerge(t.Context(), list[1].A.ID, list[1].B.ID, "Kim"); millrace.ErrorCode(err) != millrace.Conflict {
			t.Errorf("taken back twice: %v", err)
		}
		do(e.Merge(t.Context(), "u0", "bo@acme.com", "Kim"))
		if err := func() error { _, err := e.Erase(t.Context(), "cy@beta.io", "Kim"); return err }(); err != nil {
			t.Fatal(err)
		}
		checkClean(t, e)
		if _, err := e.Merges(t.Context(), "u0"); millrace.ErrorCode(err) != millrace.NotFound { // all of them were one person
			t.Errorf("somebody who was erased: %v", err)
		}

		do(e.Merge(t.Context(), "initech.de", "Initech Inc", "Kim"))
		expect("initech.com", "Kim: initech.de d:initech.de,r:crm:1 + Initech Inc r:crm:0,d:initech.com")
		if list, err = e.Merges(t.Context(), "Initech Inc"); err != nil || !strings.HasPrefix(list[0].A.ID, engine.AccountPrefix) {
			t.Errorf("%+v %v", list, err)
		}
		do(e.Unmerge(t.Context(), list[0].A.ID, list[0].B.ID, "Kim"))
		expect("initech.com", "")
	})
}

// TestSeveralAccounts: whoever is bound to two identifiers of one account held one account; while the two are different accounts, they held several. What
// is known of that follows what becomes of the accounts, whoever brings it and in whatever order.
func TestSeveralAccounts(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		e := openEngine(t, url, &testClock{day0 + 9*millrace.Day})
		n := 0
		apply := func(imp int64, events ...millrace.Event) {
			t.Helper()
			for i := range events {
				n++
				events[i].Source, events[i].ID, events[i].ReceivedAt = "test", fmt.Sprint("s", n), day0+9*millrace.Day
			}
			if _, err := e.Apply(t.Context(), millrace.Batch{Events: events, Import: imp}); err != nil {
				t.Fatal(err)
			}
		}
		split := func(when string, want int64) {
			t.Helper()
			var have int64
			if _, err := db.One(t.Context(), e.DB(), []any{&have}, "select max(split) from contact_score"); err != nil || have != want {
				t.Errorf("%s: %d, %v, want %d", when, have, err, want)
			}
			checkClean(t, e)
		}
		person := millrace.Event{Kind: millrace.KindContact, RecordID: "crm:7", OccurredAt: day0, Data: []byte(`{"email":"anna@acme.com","account_id":"crm:A"}`)}
		page := func(day millrace.Time) millrace.Event {
			return millrace.Event{Kind: millrace.KindPage, Name: "Pricing", Path: "/pricing", UserID: "u1", Email: "anna@acme.com", OccurredAt: day0 + day*millrace.Day}
		}
		firm := millrace.Event{Kind: millrace.KindAccount, RecordID: "crm:A", OccurredAt: day0, Data: []byte(`{"name":"Acme","domain":"acme.com"}`)}
		apply(0, person, page(1))
		split("a record and a domain that nobody put together", 2)
		imp, err := e.StartImport(t.Context(), engine.ImportFile{Entity: "accounts", File: "accounts.csv"})
		if err != nil {
			t.Fatal(err)
		}
		apply(imp, firm)
		split("one account", 0)
		apply(0, page(2), page(-3))
		split("later and earlier facts of it", 0)
		if err := e.FinishImport(t.Context(), imp, "csv", nil); err != nil {
			t.Fatal(err)
		}
		if _, err := e.UndoImport(t.Context(), imp); err != nil {
			t.Fatal(err)
		}
		split("two accounts again, the earliest fact for the other", 1)
		if err := e.Merge(t.Context(), "crm:A", "acme.com", "test"); err != nil {
			t.Fatal(err)
		}
		split("merged", 0)
	})
}

// What a browser whose clock is ahead did for two employers is shared out between them before its moment comes, as the log has it.
func TestSeveralAccountsOfFactsToCome(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		clock := &testClock{day0}
		e := openEngine(t, url, clock)
		demo := func(n int, user, group string, at millrace.Time) millrace.Event {
			return millrace.Event{Source: "web", ID: fmt.Sprint(n), Kind: millrace.KindTrack, Name: "Demo Requested", UserID: user, AnonymousID: "a1", GroupID: group, OccurredAt: at}
		}
		for _, f := range []millrace.Event{demo(1, "", "first", day0+10*millrace.Day), demo(2, "anna", "second", day0+11*millrace.Day)} {
			if _, err := e.Apply(t.Context(), millrace.Batch{Events: []millrace.Event{f}}); err != nil {
				t.Fatal(err)
			}
		}
		checkClean(t, e)
		clock.now += 20 * millrace.Day
		if _, err := e.Sweep(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		checkClean(t, e)
	})
}

// What is still to come does not hide what an account's people did: fit goes by the last that has been.
func TestFitOfFactsToCome(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, url string) {
		clock := &testClock{day0 + millrace.Hour}
		e := openEngine(t, url, clock)
		for n, at := range []millrace.Time{day0, day0 + 2*millrace.Day} {
			visit := page(n, "anna", "", "/pricing", at)
			visit.Email = "anna@acme.com"
			if _, err := e.Apply(t.Context(), millrace.Batch{Events: []millrace.Event{visit}}); err != nil {
				t.Fatal(err)
			}
			checkClean(t, e)
		}
		clock.now += 3 * millrace.Day
		if _, err := e.Sweep(t.Context(), 0); err != nil {
			t.Fatal(err)
		}
		checkClean(t, e)
	})
}
