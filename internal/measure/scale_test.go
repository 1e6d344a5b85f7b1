package measure

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strconv"
	"syscall"
	"testing"
	"time"

	"millrace"
	"millrace/internal/attribution"
	"millrace/internal/db"
	"millrace/internal/engine"
	"millrace/internal/review"
)

// scale says how large a benchmark's workspace is. A tenth of the events are people, and of each two events one is a mark: the other pages of a
// visit are none.
type scale struct{ events, contacts, accounts, deals, spend int }

func scaleOf(events int) scale {
	return scale{events, events / 10, max(1, events/200), max(1, events/500), 20_000}
}

// fill writes the tables of a workspace of that size, as following the log would have: the log itself stays empty.
func (s scale) fill(b *testing.B, w *world) {
	b.Helper()
	ctx := context.Background()
	sql := func(q string, args ...any) {
		b.Helper()
		if err := w.e.DB().Write(ctx, func(tx *db.Tx) error { return tx.ExecOnce(ctx, q, args...) }); err != nil {
			b.Fatal(err)
		}
	}
	many := func(head string, width, rows int, row func(i int) []any) {
		b.Helper()
		for from := 0; from < rows; from += 100_000 {
			if err := w.e.DB().Write(ctx, func(tx *db.Tx) error {
				var args []any
				for i := from; i < min(rows, from+100_000); i++ {
					args = append(args, row(i)...)
				}
				_, err := tx.InsertMany(ctx, head, width, "", args)
				return err
			}); err != nil {
				b.Fatal(err)
			}
		}
	}
	c, a := s.contacts, s.accounts
	const n = "with recursive n(i) as (select 1 union all select i + 1 from n where i < $1) "
	// Visitors have the ids from 1, people from c+1, their addresses from 2c+1, accounts from 3c+1.
	for _, x := range []struct {
		letter string
		from   int
		count  int
	}{{"a", 0, c}, {"u", c, c}, {"e", 2 * c, c}, {"d", 3 * c, a}} {
		sql(n+fmt.Sprintf("insert into identifier (id, value, first_seq) select i + %d, '%s:x' || i, i from n", x.from, x.letter), x.count)
	}
	sql(n+fmt.Sprintf("insert into resolved (id, entity) select i + %d, i + %d from n", 2*c, c), c)
	many("insert into visitor (id, runs, people)", 3, c, func(i int) []any {
		return []any{i + 1, binary.AppendVarint(binary.AppendVarint(nil, int64(c+i+1)), int64(day0)), 1}
	})
	sql(n+fmt.Sprintf(`insert into contact_score (id, account, split, epoch, sum, fit, grade, icp, points, role, stage, stage_at, stage_seq, cooled_at, first_at, last_at, scored_at, due_at, in_deal, decided_stage, decided_at, decided_cooled_at)
		select i + %d, %d + i %% %d, 0, 0, 0, 1, case i %% 3 when 0 then 'A' when 1 then 'B' else 'C' end, 'Mid-market fit', 50, case i %% 4 when 0 then 'champion' when 1 then 'user' else '' end, 1, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0 from n`, c, 3*c+1, a), c)
	sql(n+fmt.Sprintf(`insert into stage_fact (seq, of_kind, subject, at, stage, previous, reason, version) select i, 1, %d + i * 10, %d + i * %d, %d, %d, '', 'v' from n`,
		c, int64(day0), int64(360*millrace.Day)/int64(c/10+1), int(millrace.StageMQL), int(millrace.StageLead)), c/10)
	r := rand.New(rand.NewPCG(1, 2))
	many("insert into opportunity (id, account_ref, account, name, amount, currency, stage, status, opened_at, closed_at, undated, owner, product, loss_reason, traits)", 15, s.deals, func(i int) []any {
		opened := day0 + millrace.Time(r.Int64N(int64(300*millrace.Day)))
		status, closed := r.IntN(3), int64(0)
		if status > 0 {
			closed = int64(opened) + r.Int64N(int64(60*millrace.Day))
		}
		account := 3*c + 1 + r.IntN(a)
		return []any{4*c + i, account, account, fmt.Sprint("Deal ", i), r.Int64N(5_000_000), "USD", "Proposal", status, int64(opened), closed, 0, fmt.Sprint("rep", i%40), fmt.Sprint("product", i%5), "", `{"amount":{"v":"1","at":1}}`}
	})
	many("insert into spend (id, from_day, to_day, platform, channel, source, medium, campaign, category, currency, amount, impressions, clicks, reach, leads, traits)", 16, s.spend, func(i int) []any {
		day := 20454 + i%360
		return []any{5*c + i, day, day, []string{"google_ads", "linkedin_ads"}[i%2], "", "", "", fmt.Sprint("campaign-", i%60), "media", "USD", 1000 + i%700, 5000, 40, 0, 0, `{}`}
	})
	sql("update writer set next_id = $1", 5*c+s.spend)
	s.touches(b, w, r)
}

// touches writes origins and blocks: of each person four touches in the year, and the moment when they said who they are.
func (s scale) touches(b *testing.B, w *world, r *rand.Rand) {
	ctx := context.Background()
	if err := w.r.reset(ctx, true); err != nil {
		b.Fatal(err)
	}
	const origins = 600
	total := s.events / 2
	span := int64(360 * millrace.Day)
	for from, block := 0, int64(1); from < total; {
		n := min(total-from, 100*blockSize)
		marks := make([]mark, n)
		for i := range marks {
			k := from + i
			m := mark{seq: int64(2*k + 1), subject: 1 + r.Int64N(int64(s.contacts)), at: day0 + millrace.Time(span*int64(k)/int64(total)), origin: knownOrigin + 1 + r.Int64N(origins), place: 1}
			if k%5 == 0 {
				m.subject, m.origin = int64(s.contacts)+int64(k/5%s.contacts)+1, knownOrigin
			}
			marks[i] = m
		}
		if err := w.e.DB().Write(ctx, func(tx *db.Tx) error { return writeBlocks(ctx, tx, block, marks) }); err != nil {
			b.Fatal(err)
		}
		from, block = from+n, block+int64((n+blockSize-1)/blockSize)
	}
	if err := w.e.DB().Write(ctx, func(tx *db.Tx) error {
		var args []any
		for i := range origins {
			o := origin{Host: "www.example.org", Source: []string{"google", "linkedin", "newsletter", "", "partner"}[i%5], Medium: []string{"cpc", "paid-social", "email", "", "partner"}[i%5]}
			if i%5 != 3 {
				o.Campaign = fmt.Sprint("campaign-", i%60)
			} else {
				o.Referrer = fmt.Sprint("site", i, ".example")
			}
			o.Content = fmt.Sprint(i)
			args = append(args, knownOrigin+1+i, o.text())
		}
		_, err := tx.InsertMany(ctx, "insert into touch_origin (id, text)", 2, "", args)
		if err != nil {
			return err
		}
		var end int64
		if _, err := db.One(ctx, tx, []any{&end}, "select seq from writer where id = 1"); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, "update projection set position = $1 where name = $2", end, projectionName)
		return err
	}); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkScale measures a workspace of MILLRACE_BENCH_EVENTS events (200,000): building the model, what it holds in memory, and each report cold
// and warm, also as multiples of a plain pass over the packed touches in the same run.
func BenchmarkScale(b *testing.B) {
	events := 200_000
	if n, err := strconv.Atoi(os.Getenv("MILLRACE_BENCH_EVENTS")); err == nil && n > 0 {
		events = n
	}
	dir := os.Getenv("MILLRACE_BENCH_DIR")
	if dir == "" {
		dir = b.TempDir()
	}
	path := filepath.Join(dir, fmt.Sprint("measure-", events, ".db"))
	_, err := os.Stat(path)
	w := openWorld(b, path)
	defer w.close()
	if w.now = day0 + 361*millrace.Day; err != nil {
		start := time.Now()
		scaleOf(events).fill(b, w)
		b.Logf("filled in %v", time.Since(start).Round(time.Second))
	}
	ctx := context.Background()
	for b.Loop() {
		plain := plainPass(b, w)
		before := heap()
		start := time.Now()
		m, err := w.r.build(ctx)
		if err != nil {
			b.Fatal(err)
		}
		took := time.Since(start)
		runtime.GC() // what building left behind is no report's
		text := fmt.Sprintf("%d marks: plain pass %v, model %v (%.1f×), %d MB held, %d leads, %d touches, %d deals", events/2, plain.Round(time.Millisecond), took.Round(time.Millisecond),
			float64(took)/float64(plain), (heap()-before)>>20, len(m.leads), len(m.touches), len(m.deals))
		b.ReportMetric(float64(took)/float64(plain), "model/pass")
		year := Query{From: m.calendar.Day(day0), To: m.calendar.Day(w.now), Horizon: 90}
		for _, report := range scaleReports(ctx, year) {
			cpu, start := processor(b), time.Now()
			if err := report.ask(m); err != nil {
				b.Fatal(err)
			}
			cold, used := time.Since(start), processor(b)-cpu
			start = time.Now()
			if err := report.ask(m); err != nil {
				b.Fatal(err)
			}
			warm := time.Since(start)
			text += fmt.Sprintf("\n  %-12s cold %8v (%5.2f×), processor %8v  warm %8v", report.name, cold.Round(10*time.Microsecond), float64(cold)/float64(plain), used.Round(10*time.Microsecond), warm.Round(time.Microsecond))
			b.ReportMetric(float64(cold)/float64(plain), report.name+"/pass")
		}
		b.Logf("%s", text)
		b.Logf("%d MB held with all reports", (heap()-before)>>20)
		runtime.KeepAlive(m)
	}
}

type scaleReport struct {
	name string
	ask  func(m *Model) error
}

// scaleReports are the questions that pages ask.
func scaleReports(ctx context.Context, q Query) []scaleReport {
	table := func(models ...string) func(m *Model) error {
		return func(m *Model) error {
			_, err := m.Attribution(ctx, AttributionQuery{Query: q, Measure: attribution.Revenue, Soon: true, Options: attribution.TableOptions{Models: models}})
			return err
		}
	}
	return []scaleReport{
		{"channels", func(m *Model) error { m.Channels(q); return nil }},
		{"spend", func(m *Model) error { m.Spend(q); return nil }},
		{"economics", func(m *Model) error { m.Economics(q, 30, 0.8); return nil }},
		{"funnel", func(m *Model) error { m.Funnel(q); return nil }},
		{"sales", func(m *Model) error { m.Sales(q); return nil }},
		{"changes", func(m *Model) error { m.Moved(q); return nil }},
		{"hygiene", func(m *Model) error { m.Findings(q); return nil }},
		{"deals", func(m *Model) error { _, _, _, err := m.Deals(PeopleQuery{Query: q}); return err }},
		{"rules", table(attribution.First, attribution.Last, attribution.Linear, attribution.UShaped, attribution.WShaped)},
		{"all_models", table()},
		{"audit", func(m *Model) error { m.Audit(); return nil }},
		{"review", func(m *Model) error { m.Review(q); return nil }},
		{"scenario", func(m *Model) error {
			_, err := m.Scenario(q, review.Move{From: "LinkedIn ads", To: "Google search", Share: 0.2})
			return err
		}},
		{"plan", func(m *Model) error {
			m.Plan(PlanQuery{Target: millrace.Money{Minor: 100_000_000_00, Currency: "USD"}, By: q.To + 90, Since: q.To - 30, History: q})
			return nil
		}},
	}
}

// plainPass reads and unpacks the touches and does nothing with them.
func plainPass(b *testing.B, w *world) time.Duration {
	b.Helper()
	start := time.Now()
	if err := w.e.DB().Read(context.Background(), func(q *db.Snapshot) error {
		rows, err := q.Query(context.Background(), "select data from touch_block order by id")
		if err != nil {
			return err
		}
		defer rows.Close()
		n, sum := 0, int64(0)
		for rows.Next() {
			var data []byte
			if err := rows.Scan(&data); err != nil {
				return err
			}
			if err := eachMark(data, func(m mark) { n, sum = n+1, sum+m.subject }); err != nil {
				return err
			}
		}
		return rows.Err()
	}); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

// processor is the time that the process has had on processors, which other work on the machine changes least.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// heap is what is alive in memory.
func heap() uint64 {
	debug.FreeOSMemory()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

// BenchmarkRenewal takes facts of random people and visitors, and merges, into a model of the workspace in MILLRACE_BENCH_WORKSPACE, which internal/bench or BenchmarkScale filled: how
// long it takes until the model holds them, as a share of what reading all took. The facts stay in that workspace.
func BenchmarkRenewal(b *testing.B) {
	path := os.Getenv("MILLRACE_BENCH_WORKSPACE")
	if path == "" {
		b.Skip("set MILLRACE_BENCH_WORKSPACE to a database that internal/bench filled")
	}
	ctx := context.Background()
	w := openWorld(b, path)
	defer w.close()
	var top int64
	if _, err := db.One(ctx, w.e.DB(), []any{(*int64)(&w.now), &top}, "select coalesce((select max(received_at) from event where seq > (select max(seq) - 100000 from event)), 0), max(id) from identifier"); err != nil {
		b.Fatal(err)
	}
	if w.now += millrace.Minute; w.now < day0 { // BenchmarkScale's, whose log is empty
		w.now = day0 + 361*millrace.Day
	}
	if err := w.r.Follow(ctx); err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 2))
	someone := func(kind string) string {
		for {
			var value string
			if found, err := db.One(ctx, w.e.DB(), []any{&value}, "select value from identifier where id >= $1 and id < $1 + 5000 and value like '"+kind+":%' limit 1", 1+r.Int64N(top)); err != nil {
				b.Fatal(err)
			} else if found {
				return value[2:]
			}
		}
	}
	come := func(facts int) func() error {
		return func() error {
			for i := range facts {
				e := arrive(0, "", someone("a"), google, "")
				if i%10 == 0 {
					name := fmt.Sprint("bench-", r.Uint64())
					e = identify(0, name, e.AnonymousID, name+"@bench.example", "")
				}
				e.OccurredAt, e.ID = w.now-millrace.Time(i), fmt.Sprint(r.Uint64())
				w.add(e)
			}
			w.apply()
			return nil
		}
	}
	var two [2]string
	merge := func(kind string) func() error {
		return func() error {
			two = [...]string{someone(kind), someone(kind)}
			return w.e.Merge(ctx, two[0], two[1], "bench")
		}
	}
	apart := func() error { return w.e.Unmerge(ctx, two[0], two[1], "bench") }
	correction := int64(0)
	correct := func(match TagMatch, set TagSet) func() error {
		return func() (err error) {
			correction, err = w.e.Retag(ctx, RetagRule{Match: match, Set: set}, "", "bench")
			return err
		}
	}
	imported := int64(0)
	bring := func() (err error) {
		if imported, err = w.e.StartImport(ctx, engine.ImportFile{Entity: "events", File: "bench.csv"}); err != nil {
			return err
		}
		for i := range 1000 {
			name := someone("e")
			e := identify(0, "", "", name, "")
			e.OccurredAt, e.ID = w.now-millrace.Time(i), fmt.Sprint("bench-", imported, "-", i)
			w.add(e)
		}
		w.applyAs(imported)
		return w.e.FinishImport(ctx, imported, "csv", nil)
	}
	undo := func() error {
		_, err := w.e.UndoImport(ctx, imported)
		return err
	}
	erase := func() error {
		_, err := w.e.Erase(ctx, someone("u"), "bench")
		return err
	}
	uncorrect := func() error { return w.e.UndoRetag(ctx, correction, "bench") }
	book := w.e.Playbook().Source()
	rule := func(src []byte) func() error {
		return func() error {
			_, err := w.e.ApplyPlaybook(ctx, src, "bench", "")
			return err
		}
	}
	for b.Loop() {
		w.r.model = nil
		m, err := w.r.build(ctx)
		if err != nil {
			b.Fatal(err)
		}
		w.r.model = m
		b.Logf("%d touches of %d people, %d accounts, %d moves: read whole in %v", len(m.touches), len(m.contacts), len(m.accounts), len(m.moves), m.Took.Round(time.Millisecond))
		for _, x := range [...]struct {
			what string
			come func() error
		}{{"nothing", come(0)}, {"10 facts", come(10)}, {"100 facts", come(100)}, {"1,000 facts", come(1000)}, {"10,000 facts", come(10_000)}, {"a merge of people", merge("u")}, {"taken back", apart},
			{"a merge of accounts", merge("d")}, {"taken back", apart},
			{"tags corrected", correct(TagMatch{Source: "google"}, TagSet{Campaign: "renamed"})}, {"taken back", uncorrect},
			{"a campaign's tags taken away", correct(TagMatch{Campaign: "brand"}, TagSet{Source: NotSet, Medium: NotSet, Campaign: NotSet})}, {"taken back", uncorrect},
			{"another playbook", rule(bytes.ReplaceAll(book, []byte("name: Google search"), []byte("name: Search ads")))}, {"the one before", rule(book)},
			{"an import of 1,000 facts", bring}, {"undone", undo}, {"another", bring}, {"somebody erased", erase}} {
			if file, err := os.Stat(path); err != nil {
				b.Fatal(err)
			} else if x.what == "somebody erased" && file.Size() > 4<<30 { // which rewrites the file
				continue
			}
			start := time.Now()
			if err := x.come(); err != nil {
				b.Fatal(err)
			}
			replied := time.Since(start)
			if err := w.r.Follow(ctx); err != nil {
				b.Fatal(err)
			}
			next, err := w.r.build(ctx)
			if err != nil {
				b.Fatal(err)
			}
			how := "renewed"
			if next.renewed == 0 {
				how = "read whole again"
			}
			b.Logf("%s: %s in %v (%.2f); replied after %v", x.what, how, next.Took.Round(time.Millisecond), float64(next.Took)/float64(m.whole), replied.Round(time.Millisecond))
			w.r.model = next
		}
	}
}
