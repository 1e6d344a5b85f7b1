package directory

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/dbtest"
	"millrace/internal/engine"
)

// statedStages writes what the measurement room keeps: entries into stages.
func statedStages(t testing.TB, e *engine.Engine, rows ...[4]int64) { // kind, subject, at, stage
	t.Helper()
	var args []any
	for i, r := range rows {
		args = append(args, int64(i+1), r[0], r[1], r[2], r[3], 0, "", "")
	}
	if err := e.DB().Write(t.Context(), func(tx *db.Tx) error {
		_, err := tx.InsertMany(t.Context(), "insert into stage_fact (seq, of_kind, subject, at, stage, previous, reason, version)", 8, "", args)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestOverviewAgreesWithTheLists(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		e, d := openDirectory(t, url, end)
		fill(t, e)
		if err := e.DB().Write(t.Context(), func(tx *db.Tx) error { // stages as the engine decides them, by hand
			_, err := tx.Exec(t.Context(), "update contact_score set stage = case when id % 2 = 0 then 1 else id % 8 end, stage_at = $1 + id * 7919 % 1000", int64(day0))
			if err == nil {
				_, err = tx.Exec(t.Context(), "update account_score set stage = id % 5, stage_at = $1 + id where id % 2 = 0", int64(day0))
			}
			return err
		}); err != nil {
			t.Fatal(err)
		}
		o, err := d.Overview(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		mql := pages(t, ContactFilter{Stage: "mql"}, (*ContactFilter).paging, d.Contacts)
		slices.SortStableFunc(mql, func(a, b Contact) int { return int(a.StageAt - b.StageAt) })
		if len(mql) < overviewRows || o.Waiting.Total != int64(len(mql)) || len(o.Waiting.Data) != overviewRows {
			t.Fatalf("%d MQLs, the overview has %d of %d", len(mql), len(o.Waiting.Data), o.Waiting.Total)
		}
		for i, c := range o.Waiting.Data {
			if c.StageAt != mql[i].StageAt || c.Stage != "mql" {
				t.Errorf("row %d: %s since %v, the list has %v", i, c.ID, c.StageAt, mql[i].StageAt)
			}
		}
		for what, x := range map[string]struct {
			counts []StageCount
			all    int
			count  func(stage string) int
		}{
			"contacts": {o.Contacts, len(pages(t, ContactFilter{}, (*ContactFilter).paging, d.Contacts)), func(s string) int { return len(pages(t, ContactFilter{Stage: s}, (*ContactFilter).paging, d.Contacts)) }},
			"accounts": {o.Accounts, len(pages(t, AccountFilter{}, (*AccountFilter).paging, d.Accounts)), func(s string) int { return len(pages(t, AccountFilter{Stage: s}, (*AccountFilter).paging, d.Accounts)) }},
		} {
			sum := 0
			for _, c := range x.counts {
				sum += int(c.Count)
				if n := x.count(c.Stage.String()); n != int(c.Count) {
					t.Errorf("%s in %s: %d, the list has %d", what, c.Stage, c.Count, n)
				}
			}
			if sum != x.all {
				t.Errorf("%s: %d in stages, %d in all", what, sum, x.all)
			}
		}
		// Everything came in at the clock, so all of it is new; deals were opened in January and the clock stands on the 2nd of February.
		if c := o.Changed; c.Contacts == 0 || c.Accounts == 0 || c.Opened != 0 || c.Won != 0 || c.Since != end-millrace.Day {
			t.Errorf("%+v", c)
		}
	})
}

func TestOverviewWoken(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		e, d := openDirectory(t, url, end)
		fill(t, e)
		o, err := d.Overview(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		// By opening every account.
		var want []int64
		for _, a := range pages(t, AccountFilter{}, (*AccountFilter).paging, d.Accounts) {
			x, err := e.Explain(t.Context(), a.ID, engine.AsOf{})
			if err != nil {
				t.Fatal(err)
			}
			var gained int64
			for _, l := range x.Intent.Lines {
				if l.OccurredAt >= end-7*millrace.Day {
					gained += milliOf(l.Points)
				}
			}
			if gained > 0 && a.Won == 0 && a.Stage != "customer" && a.Stage != "disqualified" {
				want = append(want, gained)
			}
		}
		slices.SortFunc(want, func(a, b int64) int { return int(b - a) })
		if len(want) < overviewRows || len(o.Woken) != overviewRows {
			t.Fatalf("%d woke up, the overview has %d", len(want), len(o.Woken))
		}
		for i, w := range o.Woken {
			if w.Gained != engine.Points(want[i]) {
				t.Errorf("row %d gained %s, want %s", i, w.Gained, engine.Points(want[i]))
			}
		}
	})
}

func TestOverviewWeeksAndChanges(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		now := end
		e, d := openDirectoryAt(t, url, func() millrace.Time { return now })
		old := millrace.Event{Source: "t", ID: "1", Kind: millrace.KindContact, RecordID: "crm:1", Email: "old@a-house.com", OccurredAt: day0, Data: []byte(`{"email":"old@a-house.com"}`)}
		apply(t, e, millrace.Batch{Events: []millrace.Event{old}})
		now = end + 3*millrace.Day + 5*millrace.Hour // Thursday, 5 February 2026
		fresh := millrace.Event{Source: "t", ID: "2", Kind: millrace.KindContact, RecordID: "crm:2", Email: "new@b-house.com", OccurredAt: day0, Data: []byte(`{"email":"new@b-house.com","company":"B House"}`)}
		deal := func(id, data string) millrace.Event {
			return millrace.Event{Source: "t", ID: id, Kind: millrace.KindOpportunity, RecordID: "crm:" + id, OccurredAt: end, Data: []byte(data)}
		}
		apply(t, e, millrace.Batch{Events: []millrace.Event{fresh,
			deal("d1", `{"name":"Won","status":"won","opened_at":"2026-01-05T00:00:00Z","closed_at":"2026-02-04T10:00:00Z"}`),
			deal("d2", `{"name":"Lost","status":"lost","opened_at":"2026-01-05T00:00:00Z","closed_at":"2026-02-05T01:00:00Z"}`),
			deal("d3", `{"name":"Late","status":"open","opened_at":"2026-02-04T00:00:00Z","expected_close_at":"2026-02-05T04:59:59Z"}`),
			deal("d4", `{"name":"Later","status":"open","opened_at":"2026-01-01T00:00:00Z","expected_close_at":"2026-01-20T00:00:00Z"}`),
			deal("d5", `{"name":"In time","status":"open","opened_at":"2026-01-01T00:00:00Z","expected_close_at":"2026-02-05T05:00:01Z"}`),
			deal("d6", `{"name":"Odd","status":"open","opened_at":"2026-01-01T00:00:00Z","expected_close_at":{"q":3}}`)}})
		monday := int64(end) // of the running week
		week := int64(7 * millrace.Day)
		statedStages(t, e, [4]int64{1, 1, monday, 1}, [4]int64{1, 1, monday - 1, 1}, [4]int64{1, 2, monday + int64(2*millrace.Day), 1}, [4]int64{1, 2, monday + int64(2*millrace.Day) + 5, 1},
			[4]int64{2, 3, monday - 25*week, 1}, [4]int64{2, 3, monday - 25*week - 1, 1}, [4]int64{1, 1, monday + int64(3*millrace.Day), 2}, [4]int64{1, 1, monday + int64(3*millrace.Day) + 1, 6},
			[4]int64{1, 9, monday + int64(4*millrace.Day), 1}) // after the clock
		o, err := d.Overview(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		first, before, last := o.Weeks[0], o.Weeks[24], o.Weeks[25]
		if len(o.Weeks) != 26 || first != (Week{"2025-08-11", 0, 1}) || before != (Week{"2026-01-26", 1, 0}) || last != (Week{"2026-02-02", 4, 0}) {
			t.Errorf("%d weeks: %v … %v %v", len(o.Weeks), first, before, last)
		}
		c := o.Changed
		want := Changed{Since: end + 2*millrace.Day, Contacts: 1, Accounts: 1, MQL: 1, Accepted: 1, Recycled: 1, Opened: 1, Won: 1, Lost: 1}
		if c != want {
			t.Errorf("changed: %+v, want %+v", c, want)
		}
		var names []string
		for _, x := range o.Overdue.Data {
			names = append(names, fmt.Sprintf("%s %s", x.Name, x.ExpectedCloseAt))
		}
		if got := strings.Join(names, ", "); got != "Later 2026-01-20T00:00:00.000Z, Late 2026-02-05T04:59:59.000Z" || o.Overdue.Total != 2 {
			t.Errorf("overdue: %s", got)
		}
	})
}

func TestOverviewFailedImports(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		e, d := openDirectory(t, url, end)
		const columns = "insert into import (id, entity, file, format, sha256, started_by, started_at, finished_at, undone_at, undone_seq, undo_cursor, summary, holder, signed_at)"
		row := func(id int64, file string, started, finished, undone millrace.Time, summary string) []any {
			signed := started // of one that broke off nothing was heard since
			if file == "running.csv" {
				signed = end - millrace.Second
			}
			return []any{id, "contacts", file, "csv", "", "", int64(started), int64(finished), int64(undone), 0, 0, summary, "elsewhere/7/a", int64(signed)}
		}
		err := e.DB().Write(t.Context(), func(tx *db.Tx) error {
			_, err := tx.InsertMany(t.Context(), columns, 14, "", slices.Concat(
				row(1, "long ago.csv", end-8*millrace.Day, end, 0, `{"rejected":7}`), row(2, "good.csv", end-millrace.Hour, end, 0, `{"rejected":0}`),
				row(3, "bad.csv", end-2*millrace.Hour, end, 0, `{"rejected":3}`), row(4, "taken back.csv", end-millrace.Hour, end, end, `{"rejected":3}`),
				row(5, "broken off.csv", end-2*millrace.Hour, 0, 0, ""), row(6, "running.csv", end-millrace.Minute, 0, 0, "")))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		o, err := d.Overview(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		want := []FailedImport{{5, "broken off.csv", end - 2*millrace.Hour, true, 0}, {3, "bad.csv", end - 2*millrace.Hour, false, 3}}
		if !slices.Equal(o.FailedImports, want) {
			t.Errorf("%+v", o.FailedImports)
		}
	})
}

// TestOverviewIsServedByIndexes asks SQLite how it reads what has no few rows.
func TestOverviewIsServedByIndexes(t *testing.T) {
	_, d := openDirectory(t, dbtest.SQLite(t), day0)
	for _, l := range []*listing{waitingContacts(), waitingAccounts()} {
		for _, after := range []*cursor{nil, {Sort: "waiting", Key: int64(1), ID: 10}} {
			q := l.query(0, nil, after, 10)
			if plan := planOf(t, d, q.String(), q.args...); strings.Contains(plan, "TEMP B-TREE") || !strings.Contains(plan, "_waiting_") {
				t.Errorf("%s: %s", l.name, plan)
			}
		}
	}
	if plan := planOf(t, d, "select count(*) from stage_fact f where f.stage = 1 and f.of_kind = 1 and f.at >= 3 and f.at < 5"); !strings.Contains(plan, "COVERING INDEX stage_fact_stage") {
		t.Error(plan)
	}
}

func planOf(t *testing.T, d *Directory, query string, args ...any) string {
	t.Helper()
	plan, err := db.Collect(t.Context(), d.db, func(rows *sql.Rows) (s string, err error) {
		var a, b, c int
		err = rows.Scan(&a, &b, &c, &s)
		return s, err
	}, "explain query plan "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(plan, "; ")
}

// TestImportedPastIsNoNews: who came by a file about the past is told apart from who is new, whether they came by themselves or by a file of today.
func TestImportedPastIsNoNews(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		e, d := openDirectory(t, url, end)
		id, err := e.StartImport(t.Context(), engine.ImportFile{Entity: "contacts", File: "crm.csv", By: "Kim"})
		if err != nil {
			t.Fatal(err)
		}
		person := func(user, company string, at millrace.Time) millrace.Event {
			email := user + "@" + company + ".com"
			return millrace.Event{ID: user, Source: "crm", Kind: millrace.KindContact, RecordID: "crm:" + user, Email: email, OccurredAt: at, Data: []byte(`{"email":"` + email + `"}`)}
		}
		undated := person("ed", "undated", end-millrace.Hour)
		undated.Flags = millrace.FlagUndated
		for _, b := range []millrace.Batch{
			{Import: id, Events: []millrace.Event{person("ann", "old", end-400*millrace.Day), person("bo", "old", end-40*millrace.Day), person("cy", "fair", end-millrace.Hour)}},
			{Import: id, Events: []millrace.Event{undated}},
			{Events: []millrace.Event{person("di", "web", end-millrace.Hour)}},
		} {
			if _, err := e.Apply(t.Context(), b); err != nil {
				t.Fatal(err)
			}
		}
		o, err := d.Overview(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if c := o.Changed; c.Contacts != 2 || c.ImportedContacts != 3 || c.Accounts != 2 || c.ImportedAccounts != 2 {
			t.Errorf("%+v", c)
		}
	})
}
