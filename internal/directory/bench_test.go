package directory

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/dbtest"
	"millrace/internal/engine"
	"millrace/internal/eventlog"
	"millrace/internal/score"
)

// scaleEnv sets how large the workspace of BenchmarkReads is: 1 is 100,000 accounts, a million contacts and ten million events.
const scaleEnv = "MILLRACE_BENCH_SCALE"

// dbEnv set to postgres runs BenchmarkReads on PostgreSQL.
const dbEnv = "MILLRACE_BENCH_DB"

type world struct{ accounts, contacts, events int64 }

// BenchmarkReads times the lists as screens ask for them, over derived rows that are written straight into the tables. It reports the 95th
// percentile beside the mean.
func BenchmarkReads(b *testing.B) {
	scale := 0.01
	if s := os.Getenv(scaleEnv); s != "" {
		var err error
		if scale, err = strconv.ParseFloat(s, 64); err != nil {
			b.Fatal(err)
		}
	}
	w := world{int64(100_000 * scale), int64(1_000_000 * scale), int64(10_000_000 * scale)}
	url := dbtest.SQLite(b)
	if os.Getenv(dbEnv) == "postgres" {
		url = dbtest.PostgreSQL(b)
	}
	e, d := openDirectory(b, url, day0+400*millrace.Day)
	w.write(b, e)
	rng := rand.New(rand.NewPCG(3, 4))
	ctx := b.Context()
	yes, least := true, 20.0
	contacts := func(f ContactFilter) func() error {
		return func() error { _, err := d.Contacts(ctx, f); return err }
	}
	accounts := func(f AccountFilter) func() error {
		return func() error { _, err := d.Accounts(ctx, f); return err }
	}
	someone := func() string { return engine.ContactID(w.accounts + 1 + rng.Int64N(w.contacts)) }
	some := func() string { return engine.AccountID(1 + rng.Int64N(w.accounts)) }
	for _, c := range []struct {
		name string
		read func() error
	}{
		{"leads", func() error { _, err := d.Leads(ctx, ContactFilter{}); return err }},
		{"leads over 20", func() error { _, err := d.Leads(ctx, ContactFilter{MinIntent: &least}); return err }},
		{"leads of a role in a country", func() error {
			_, err := d.Leads(ctx, ContactFilter{Role: "champion", Country: "US"})
			return err
		}},
		{"worst case: leads of a role in a country that has none", func() error {
			_, err := d.Leads(ctx, ContactFilter{Role: "champion", Country: "DE"})
			return err
		}},
		{"leads of a rare owner", func() error { _, err := d.Leads(ctx, ContactFilter{Owner: "Rep 77"}); return err }},
		{"mql by intent", contacts(ContactFilter{Stage: "mql", Sort: "intent"})},
		{"contacts", contacts(ContactFilter{})},
		{"contacts by name", contacts(ContactFilter{Sort: "name"})},
		{"contacts who fit by name", contacts(ContactFilter{Sort: "name", Fit: &yes})},
		{"contacts of an account", func() error { return contacts(ContactFilter{Account: some(), Sort: "intent"})() }},
		{"contacts by a rare prefix", func() error { return contacts(ContactFilter{Q: "person 7" + strconv.Itoa(rng.IntN(1000))})() }},
		{"contacts by a common prefix", contacts(ContactFilter{Q: "p"})},
		{"accounts", accounts(AccountFilter{})},
		{"accounts of an industry", accounts(AccountFilter{Industry: "Industry 3"})},
		{"accounts by name prefix", accounts(AccountFilter{Q: "house 1"})},
		{"one contact", func() error { _, err := d.Contact(ctx, someone()); return err }},
		{"timeline of a contact", func() error { _, err := d.Timeline(ctx, someone(), TimelineFilter{}); return err }},
		{"timeline of an account", func() error { _, err := d.Timeline(ctx, some(), TimelineFilter{}); return err }},
		{"events", func() error { _, err := d.Events(ctx, EventFilter{}); return err }},
		{"overview", func() error { _, err := d.Overview(ctx); return err }},
		{"stats", func() error { _, err := d.Stats(ctx); return err }},
		{"not indexed: contacts by intent", contacts(ContactFilter{Sort: "intent"})},
		{"not indexed: contacts by last_seen", contacts(ContactFilter{Sort: "last_seen"})},
		{"not indexed: accounts by last_seen", accounts(AccountFilter{Sort: "last_seen"})},
	} {
		b.Run(c.name, func(b *testing.B) {
			if err := c.read(); err != nil { // the first fills caches, and the roll-up
				b.Fatal(err)
			}
			var took []time.Duration
			for b.Loop() {
				start := time.Now()
				if err := c.read(); err != nil {
					b.Fatal(err)
				}
				took = append(took, time.Since(start))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)*95/100].Microseconds())/1000, "p95-ms")
		})
	}
}

// slice is how many rows one transaction writes.
const slice = 20_000

func (w world) write(b *testing.B, e *engine.Engine) {
	b.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	r := e.Rules()
	inSlices := func(n int64, fn func(tx *db.Tx, from, to int64) error) {
		for from := int64(0); from < n; from += slice {
			if err := e.DB().Write(context.Background(), func(tx *db.Tx) error { return fn(tx, from, min(from+slice, n)) }); err != nil {
				b.Fatal(err)
			}
		}
	}
	rank := func(points float64) any {
		if points < 1 {
			return nil
		}
		return r.RankAt(points, e.Now())
	}
	insert := func(tx *db.Tx, head string, width int, args []any) error {
		_, err := tx.InsertMany(context.Background(), "insert into "+head, width, "on conflict do nothing", args)
		return err
	}
	fit := func(n int64) int64 { return map[bool]int64{true: 1}[n%4 == 0] }
	inSlices(w.accounts, func(tx *db.Tx, from, to int64) error {
		var ids, rows, scores []any
		for n := from; n < to; n++ {
			id := n + 1
			ids = append(ids, id, fmt.Sprintf("d:house-%d.com", n), 1)
			rows = append(rows, id, fmt.Sprintf("House %d", n), fmt.Sprintf("house-%d.com", n), fmt.Sprintf("Industry %d", n%12), n%5000, 1e6, [...]string{"US", "DE", "FR", ""}[n%4], "", "",
				fmt.Sprintf("Rep %d", n%40), `{"name":{"v":"House","t":1}}`)
			scores = append(scores, id, 10, 0, 0, rank(rng.Float64()*100), fit(n), "B", "ICP", 50, "", 1, rng.Int64N(40)/39, 0, 0, 0, int64(e.Now())-rng.Int64N(1e9), 0, 0, 0, 0, 0, 0, 0)
		}
		if err := insert(tx, "identifier (id, value, first_seq)", 3, ids); err != nil {
			return err
		}
		if err := insert(tx, "account (id, name, domain, industry, employees, revenue, country, city, parent, owner, traits)", 11, rows); err != nil {
			return err
		}
		return insert(tx, "account_score (id, people, epoch, sum, rank, fit, grade, icp, points, roles, engaged, stage, stage_at, stage_seq, cooled_at, last_at, due_at, open_count, won_count, lost_count, decided_stage, decided_at, decided_cooled_at)", 23, scores)
	})
	var states [8]score.State // what half of the people did this month, a few things each
	for i := range states[:4] {
		var facts []score.Fact
		for k := range 3 + 2*i {
			facts = append(facts, score.Fact{OccurredAt: e.Now() - millrace.Time(1+k*3)*millrace.Day, Behavior: (i + k) % len(e.Playbook().Rubric.Behaviors)})
		}
		states[i] = e.Rules().Intent(facts, e.Now())
	}
	inSlices(w.contacts, func(tx *db.Tx, from, to int64) error {
		var ids, rows, scores []any
		for n := from; n < to; n++ {
			id, account := w.accounts+1+n, n%w.accounts+1
			email := fmt.Sprintf("person%d@house-%d.com", n, account-1)
			owner := ""
			if n%10 == 0 {
				owner = fmt.Sprintf("Rep %d", n/10%1000)
			}
			ids = append(ids, id, "e:"+email, 1)
			rows = append(rows, id, email, fmt.Sprintf("Person %d", n), "Person", fmt.Sprintf("Name%d", n%50000), "CFO", "finance", "c_level", [...]string{"", "", "", "DE"}[n%4], "", owner,
				`{"email":{"v":"x","t":1},"title":{"v":"CFO","t":1}}`, "")
			scores = append(scores, id, account, 0, 0, 0, rank(rng.Float64()*100-40), fit(n), [...]string{"A", "B", "C", "D"}[n%4], "ICP", 50, [...]string{"champion", "user", "", "economic_buyer"}[n/4%4],
				rng.Int64N(40)/39, 0, 0, 0, int64(day0), int64(e.Now())-rng.Int64N(1e9), int64(states[n%8].LastScored), 0, 0, 0, 0, 0, states[n%8].AppendBinary(nil))
		}
		if err := insert(tx, "identifier (id, value, first_seq)", 3, ids); err != nil {
			return err
		}
		if err := insert(tx, "contact (id, email, name, first_name, last_name, title, department, seniority, country, company, owner, traits, bindings)", 13, rows); err != nil {
			return err
		}
		return insert(tx, "contact_score (id, account, split, epoch, sum, rank, fit, grade, icp, points, role, stage, stage_at, stage_seq, cooled_at, first_at, last_at, scored_at, due_at, in_deal, decided_stage, decided_at, decided_cooled_at, state)", 24, scores)
	})
	inSlices(w.contacts/10, func(tx *db.Tx, from, to int64) error { // entries into stages, half of them in the last 26 weeks
		var rows []any
		for n := from; n < to; n++ {
			rows = append(rows, n+10, 1+n%5/4, n+1, int64(day0)+n*int64(400*millrace.Day)/(w.contacts/10), 1+n%3/2, 0, "", "")
		}
		return insert(tx, "stage_fact (seq, of_kind, subject, at, stage, previous, reason, version)", 8, rows)
	})
	body := []byte(`{"data":{"title":"A page","referrer":"https://www.google.com/"},"context":{"library":{"name":"analytics.js","version":"1.84"},"locale":"en-US","userAgent":"Mozilla/5.0 (Macintosh)"}}`)
	inSlices(w.events, func(tx *db.Tx, from, to int64) error {
		rows := make([]eventlog.Row, 0, to-from)
		for n := from; n < to; n++ {
			at := day0 + millrace.Time(n)*400*millrace.Day/millrace.Time(w.events)
			rows = append(rows, eventlog.Row{Seq: n + 10, Kind: millrace.KindPage, Subject: w.accounts + 1 + rng.Int64N(w.contacts), OccurredAt: at, ReceivedAt: at, Body: body})
		}
		return eventlog.Append(context.Background(), tx, rows)
	})
	if e.DB().Dialect == db.PostgreSQL { // as its own housekeeping would
		if err := e.DB().Write(context.Background(), func(tx *db.Tx) error { return tx.ExecOnce(context.Background(), "analyze") }); err != nil {
			b.Fatal(err)
		}
	}
}
