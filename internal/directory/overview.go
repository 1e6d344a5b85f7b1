package directory

import (
	"context"
	"database/sql"
	"encoding/json"
	"sort"
	"strconv"
	"time"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/engine"
)

// Overview is what somebody who comes in the morning asks: what waits for them, how the funnel stands, where it is going, what is new.
type Overview struct {
	At            millrace.Time  `json:"at"`
	Waiting       Queue[Contact] `json:"waiting" doc:"MQLs whom sales has not taken up, who waits longest first"`
	Qualified     Queue[Account] `json:"qualified" doc:"MQAs, who waits longest first"`
	Woken         []Woken        `json:"woken" nullable:"false" doc:"Accounts to which the last seven days added most intent, not yet customers; at most a minute old"`
	Overdue       Queue[Overdue] `json:"overdue" doc:"Open opportunities whose expected close date is past, the longest past first; at most a minute old"`
	FailedImports []FailedImport `json:"failed_imports" nullable:"false" doc:"Of the last seven days, the newest first. Empty without the scope intake."`
	Contacts      []StageCount   `json:"contacts" nullable:"false" doc:"How many stand in each stage, in the stages' order"`
	Accounts      []StageCount   `json:"accounts" nullable:"false"`
	Weeks         []Week         `json:"weeks" nullable:"false" doc:"The last 26 weeks from Monday to Sunday in the workspace's time zone, the running one last"`
	Changed       Changed        `json:"changed"`
}

// Queue is the head of a longer list.
type Queue[T any] struct {
	Total int64 `json:"total"`
	Data  []T   `json:"data" nullable:"false"`
}

// Woken is an account that became active.
type Woken struct {
	Account Account `json:"account"`
	Gained  string  `json:"gained" doc:"Points of its intent that are of the last seven days; three decimals"`
}

// Overdue is an open opportunity that should have been closed.
type Overdue struct {
	Opportunity
	ExpectedCloseAt millrace.Time `json:"expected_close_at"`
}

// FailedImport is an import that broke off or had rows that were refused.
type FailedImport struct {
	ID        int64         `json:"id"`
	File      string        `json:"file"`
	StartedAt millrace.Time `json:"started_at"`
	BrokeOff  bool          `json:"broke_off"`
	Rejected  int64         `json:"rejected" doc:"Rows that were refused"`
}

// StageCount is how many stand in a stage.
type StageCount struct {
	Stage millrace.Stage `json:"stage" enum:"lead,mql,accepted,sql,opportunity,customer,recycled,disqualified"`
	Count int64          `json:"count"`
}

// Week is how often the stage of the qualified was entered in a week.
type Week struct {
	From string `json:"from" doc:"Its Monday, such as 2026-01-05"`
	MQL  int64  `json:"mql"`
	MQA  int64  `json:"mqa"`
}

// Changed counts what is new since the beginning of yesterday in the workspace's time zone. People and accounts are counted once for each
// stage they entered.
type Changed struct {
	Since    millrace.Time `json:"since"`
	Contacts int64         `json:"contacts" doc:"People who were not known before, those of imported_contacts left out"`
	Accounts int64         `json:"accounts"`

	ImportedContacts int64 `json:"imported_contacts" doc:"People who became known by an import of what had happened before since, or has no date: a file's past, no new demand"`
	ImportedAccounts int64 `json:"imported_accounts"`

	MQL      int64 `json:"mql"`
	MQA      int64 `json:"mqa"`
	Accepted int64 `json:"accepted"`
	SQL      int64 `json:"sql"`
	Recycled int64 `json:"recycled"`
	Opened   int64 `json:"opened" doc:"Opportunities, by when they were opened"`
	Won      int64 `json:"won" doc:"By when they were closed"`
	Lost     int64 `json:"lost"`
}

const (
	overviewRows    = 6
	overviewWeeks   = 26
	overviewImports = 30               // how many of the latest imports are looked through
	recently        = 7 * millrace.Day // what woke up, and which imports failed
)

// Overview answers it in one read. What needs a look at many facts is at most a minute old.
func (d *Directory) Overview(ctx context.Context) (Overview, error) {
	out := Overview{FailedImports: []FailedImport{}}
	seen, err := d.watched(ctx)
	if err != nil {
		return out, err
	}
	out.Woken, out.Overdue = seen.woken, seen.overdue
	return out, d.read(ctx, func(v *view) error {
		out.At = v.clock
		for _, fill := range [...]func(context.Context, *Overview) error{v.standing, v.waiting, func(ctx context.Context, out *Overview) error { return d.failedImports(ctx, v, out) }, v.weeks, v.changed} {
			if err := fill(ctx, &out); err != nil {
				return err
			}
		}
		return nil
	})
}

// standing counts stages. Leads are not in the index of stages: they are all the others.
func (v *view) standing(ctx context.Context, out *Overview) error {
	for _, of := range [...]struct {
		into         *[]StageCount
		score, table string
	}{{&out.Contacts, "contact_score", "contact"}, {&out.Accounts, "account_score", "account"}} {
		counts := make([]StageCount, millrace.StageDisqualified+1)
		for i := range counts {
			counts[i].Stage = millrace.Stage(i)
		}
		if _, err := db.One(ctx, v.q, []any{&counts[0].Count}, "/* overview.all */ select count(*) from "+of.table); err != nil {
			return err
		}
		_, err := db.Collect(ctx, v.q, func(rows *sql.Rows) (struct{}, error) {
			var stage uint8
			var n int64
			err := rows.Scan(&stage, &n)
			if err == nil {
				counts[stage].Count = n
				counts[0].Count -= n
			}
			return struct{}{}, err
		}, "/* overview.stages */ select stage, count(*) from "+of.score+" where stage > 0 group by stage")
		if err != nil {
			return err
		}
		*of.into = counts
	}
	return nil
}

// waitingOrder is that of a stage's queue: who entered it first.
func waitingOrder(from, join string) order {
	return order{name: "waiting", indexed: true, phases: []phase{
		{from: from, where: []cond{literally(join), literally("s.stage > 0 and s.stage = 1")}, key: "s.stage_at", id: "s.id"}}}
}

func waitingContacts() *listing {
	return &listing{op: "directory.Overview", name: "overview.waiting", columns: contactColumns, order: waitingOrder(scoreFirst, "c.id = s.id"), paging: Paging{Limit: overviewRows}}
}

func waitingAccounts() *listing {
	return &listing{op: "directory.Overview", name: "overview.qualified", columns: accountColumns, order: waitingOrder(accountScoreFirst, "a.id = s.id"), paging: Paging{Limit: overviewRows}}
}

func (v *view) waiting(ctx context.Context, out *Overview) error {
	contacts, err := page(ctx, v.q, waitingContacts().withID("s.id"), v.contactRow)
	if err != nil {
		return err
	}
	accounts, err := page(ctx, v.q, waitingAccounts(), v.accountRow)
	if err != nil {
		return err
	}
	out.Waiting = Queue[Contact]{out.Contacts[millrace.StageMQL].Count, contacts.Data}
	out.Qualified = Queue[Account]{out.Accounts[millrace.StageMQL].Count, accounts.Data}
	return nil
}

func (d *Directory) failedImports(ctx context.Context, v *view, out *Overview) error {
	latest, err := page(ctx, v.q, &listing{op: "directory.Overview", name: "overview.imports", columns: importColumns, order: newestFirst("import i", "i.id"),
		paging: Paging{Limit: overviewImports}}, d.importRow)
	if err != nil {
		return err
	}
	for _, i := range latest.Data {
		if i.UndoneAt != 0 || i.StartedAt < v.clock-recently {
			continue
		}
		var summary struct {
			Rejected int64 `json:"rejected"`
		}
		if i.Summary != nil {
			if err := json.Unmarshal(i.Summary, &summary); err != nil {
				return &millrace.Error{Code: millrace.Internal, Op: "directory.Overview", Message: "an import's summary can't be read", Err: err}
			}
		}
		f := FailedImport{i.ID, i.File, i.StartedAt, i.State == string(engine.ImportBrokenOff), summary.Rejected}
		if f.BrokeOff || f.Rejected > 0 {
			out.FailedImports = append(out.FailedImports, f)
		}
	}
	return nil
}

// weeks counts entries into MQL and MQA, which the measurement room keeps, over an index of its own.
func (v *view) weeks(ctx context.Context, out *Overview) error {
	today := v.rules.DayOf(v.clock)
	monday := today - (today%7+7+3)%7 // day 0 was a Thursday
	t := &text{}
	t.WriteString("/* overview.weeks */ select w.n")
	for _, kind := range [...]string{"1", "2"} {
		t.WriteString(", (select count(*) from stage_fact f where f.stage = 1 and f.of_kind = " + kind + " and f.at >= w.lo and f.at < w.hi)")
	}
	t.WriteString(" from (")
	for i := range int32(overviewWeeks) {
		first := monday - 7*(overviewWeeks-1-i)
		if i > 0 {
			t.WriteString(" union all ")
		}
		t.WriteString("select cast(" + t.arg(int64(i)) + " as bigint) as n, cast(" + t.arg(int64(v.rules.DayStart(first))) + " as bigint) as lo, cast(" + t.arg(int64(v.rules.DayStart(first+7))) + " as bigint) as hi")
		out.Weeks = append(out.Weeks, Week{From: time.Unix(int64(first)*86400, 0).UTC().Format(time.DateOnly)})
	}
	t.WriteString(") w")
	_, err := db.Collect(ctx, v.q, func(rows *sql.Rows) (struct{}, error) {
		var n, mql, mqa int64
		err := rows.Scan(&n, &mql, &mqa)
		if err == nil {
			out.Weeks[n].MQL, out.Weeks[n].MQA = mql, mqa
		}
		return struct{}{}, err
	}, t.String(), t.args...)
	return err
}

func (v *view) changed(ctx context.Context, out *Overview) error {
	c := &out.Changed
	c.Since = v.rules.DayStart(v.rules.DayOf(v.clock) - 1)
	known, err := v.knownBefore(ctx, c.Since)
	if err != nil {
		return err
	}
	if c.Contacts, c.ImportedContacts, err = v.arrived(ctx, "contact", known, c.Since); err != nil {
		return err
	}
	if c.Accounts, c.ImportedAccounts, err = v.arrived(ctx, "account", known, c.Since); err != nil {
		return err
	}
	for _, x := range [...]struct {
		into  *int64
		query string
		arg   int64
	}{
		{&c.Opened, "select count(*) from opportunity where opened_at >= $1", int64(c.Since)},
		{&c.Won, "select count(*) from opportunity where closed_at >= $1 and status = 1", int64(c.Since)},
		{&c.Lost, "select count(*) from opportunity where closed_at >= $1 and status = 2", int64(c.Since)},
	} {
		if _, err := db.One(ctx, v.q, []any{x.into}, "/* overview.changed */ "+x.query, x.arg); err != nil {
			return err
		}
	}
	places := map[[2]uint8]*int64{{1, 1}: &c.MQL, {2, 1}: &c.MQA, {1, 2}: &c.Accepted, {1, 3}: &c.SQL, {1, 6}: &c.Recycled}
	_, err = db.Collect(ctx, v.q, func(rows *sql.Rows) (struct{}, error) {
		var kind, stage uint8
		var n int64
		err := rows.Scan(&kind, &stage, &n)
		if place := places[[2]uint8{kind, stage}]; place != nil {
			*place = n
		}
		return struct{}{}, err
	}, "/* overview.entered */ select of_kind, stage, count(distinct subject) from stage_fact where at >= $1 and at <= $2 group by of_kind, stage", int64(c.Since), int64(v.clock))
	return err
}

// arrived counts the contacts or accounts whose first identifier is past known, by the fact that named it first: imported is what an import brought that
// had occurred before since, or has no date.
func (v *view) arrived(ctx context.Context, table string, known int64, since millrace.Time) (fresh, imported int64, err error) {
	_, err = db.One(ctx, v.q, []any{&fresh, &imported}, `/* overview.arrived */ select coalesce(sum(1 - x.past), 0), coalesce(sum(x.past), 0) from (
		select case when e.import > 0 and (e.occurred_at < $1 or e.flags & `+strconv.Itoa(int(millrace.FlagUndated))+` <> 0) then 1 else 0 end as past
		from `+table+` c join identifier i on i.id = c.id left join event e on e.seq = i.first_seq where c.id > $2) x`, int64(since), known)
	return fresh, imported, err
}

// knownBefore is the last identifier that the log knew before a moment. Positions, moments of receipt and identifiers are given in one
// order, so that halving finds it without an index; contacts and accounts are named by the first of their identifiers.
func (v *view) knownBefore(ctx context.Context, at millrace.Time) (int64, error) {
	seq, err := v.halve(ctx, "select coalesce(max(seq), 0) from event", "select received_at from event where seq >= $1 order by seq limit 1", int64(at))
	if err != nil {
		return 0, err
	}
	id, err := v.halve(ctx, "select coalesce(max(id), 0) from identifier", "select first_seq from identifier where id >= $1 order by id limit 1", seq)
	return id - 1, err
}

// halve finds the first key from 1 on whose value is the bound or more, one past the last when there is none.
func (v *view) halve(ctx context.Context, last, valueAt string, bound int64) (int64, error) {
	var n int64
	if _, err := db.One(ctx, v.q, []any{&n}, "/* overview.last */ "+last); err != nil {
		return 0, err
	}
	var failed error
	found := sort.Search(int(n), func(i int) bool {
		if failed != nil {
			return true
		}
		var value int64
		_, failed = db.One(ctx, v.q, []any{&value}, "/* overview.halve */ "+valueAt, int64(i)+1)
		return value >= bound
	})
	return int64(found) + 1, failed
}
