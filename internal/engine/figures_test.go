package engine_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/dbtest"
	"millrace/internal/engine"
)

// costs is a test's workspace whose spend is restated by files.
type costs struct {
	t     *testing.T
	e     *engine.Engine
	clock *testClock
}

// bring imports facts as a file of their own a day later; sha says which file it is.
func (c *costs) bring(sha string, events ...millrace.Event) int64 {
	c.t.Helper()
	c.clock.now += millrace.Day
	id, err := c.e.StartImport(c.t.Context(), engine.ImportFile{Entity: "spend", File: sha + ".csv", SHA256: sha})
	if err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.e.Apply(c.t.Context(), millrace.Batch{Import: id, Events: events}); err != nil {
		c.t.Fatal(err)
	}
	return id
}

func (c *costs) undo(id int64) {
	c.t.Helper()
	c.clock.now += millrace.Day
	if err := c.e.LeaveImport(c.t.Context(), id); err != nil {
		c.t.Fatal(err)
	}
	if _, err := c.e.UndoImport(c.t.Context(), id); err != nil {
		c.t.Fatal(err)
	}
}

// expect compares the rows of spend, and the derived state with the log.
func (c *costs) expect(what, want string) {
	c.t.Helper()
	var got string
	var rows int64
	if _, err := db.One(c.t.Context(), c.e.DB(), []any{&rows}, "select count(*) from spend"); err != nil {
		c.t.Fatal(err)
	}
	if rows > 0 {
		var amount, clicks int64
		if _, err := db.One(c.t.Context(), c.e.DB(), []any{&amount, &clicks}, "select cast(sum(amount) as bigint), cast(sum(clicks) as bigint) from spend"); err != nil {
			c.t.Fatal(err)
		}
		got = fmt.Sprintf("%d rows, %d, %d clicks", rows, amount, clicks)
	}
	if got != want {
		c.t.Errorf("%s: %s, want %s", what, got, want)
	}
	checkClean(c.t, c.e)
}

// day is what a campaign cost on the first of May, as an import states it: known again by its content.
func day(campaign, amount, more string) millrace.Event {
	data := fmt.Sprintf(`{"from":"2026-05-01","to":"2026-05-01","campaign":%q,"amount":%q,"currency":"EUR"%s}`, campaign, amount, more)
	return millrace.Event{Source: "google_ads", ID: campaign + amount + more, SentAt: day0, Kind: millrace.KindSpend, RecordID: "google_ads:" + campaign, OccurredAt: day0, Data: []byte(data)}
}

// TestSpendIsRestated: a later file's figures take the former's place, and give it back when it is undone.
func TestSpendIsRestated(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		clock := &testClock{day0}
		c := &costs{t, openEngine(t, url, clock), clock}
		brand, shop := day("brand", "100", `,"clicks":5`), day("shop", "30", `,"clicks":1`)
		first := c.bring("one", brand, shop)
		c.expect("a file", "2 rows, 13000, 6 clicks")
		again := c.bring("one", brand, shop)
		c.expect("the same file", "2 rows, 13000, 6 clicks")
		second := c.bring("two", day("brand", "120", ""), shop)
		c.expect("other figures of one campaign", "2 rows, 15000, 6 clicks")
		c.undo(second)
		c.expect("the later undone", "2 rows, 13000, 6 clicks")
		third := c.bring("two", day("brand", "120", ""), shop)
		c.expect("the later once more", "2 rows, 15000, 6 clicks")
		fourth := c.bring("three", brand, shop)
		c.expect("a third file goes back to the first's figures", "2 rows, 13000, 6 clicks")
		c.undo(fourth)
		c.expect("the third undone", "2 rows, 15000, 6 clicks")
		c.undo(first)
		c.undo(again)
		c.expect("the first undone, twice brought", "2 rows, 15000, 1 clicks")
		c.undo(third)
		c.expect("all undone", "")
		c.bring("one", brand)
		c.expect("begun anew", "1 rows, 10000, 5 clicks")
	})
}

// TestManyRecords undoes and restates more records than are folded at a time.
func TestManyRecords(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		clock := &testClock{day0}
		c := &costs{t, openEngine(t, url, clock), clock}
		var before, after []millrace.Event
		for i := range 2500 {
			name := fmt.Sprint("campaign-", i)
			before, after = append(before, day(name, "1", "")), append(after, day(name, "2", ""))
		}
		first := c.bring("before", before...)
		second := c.bring("after", after...)
		c.expect("restated", "2500 rows, 500000, 0 clicks")
		c.undo(second)
		c.expect("undone", "2500 rows, 250000, 0 clicks")
		c.undo(first)
		c.expect("all undone", "")
	})
}

// TestOtherFigures: contracts, targets and rates are records too, and what they name is kept.
func TestOtherFigures(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, url string) {
		clock := &testClock{day0}
		c := &costs{t, openEngine(t, url, clock), clock}
		fact := func(kind millrace.Kind, id, data string) millrace.Event {
			return millrace.Event{Source: "csv", ID: id + data, SentAt: day0, Kind: kind, RecordID: id, OccurredAt: day0, Data: []byte(data)}
		}
		id := c.bring("figures", fact(millrace.KindContract, "csv:c1", `{"account":"Acme","from":"2026-01-01","amount":"1200"}`),
			fact(millrace.KindTarget, "csv:t1", `{"metric":"mql","from":"2026-01-01","to":"2026-03-31","value":"40"}`),
			fact(millrace.KindRate, "ecb:r1", `{"currency":"EUR","quote":"USD","from":"2026-01-02","value":"1.08"}`))
		c.bring("more", fact(millrace.KindTarget, "csv:t1", `{"metric":"mql","from":"2026-01-01","to":"2026-03-31","value":"50"}`))
		count := func() (n int64) {
			if _, err := db.One(t.Context(), c.e.DB(), []any{&n}, "select count(*) from record where kind in (13, 14, 15)"); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if n := count(); n != 3 {
			t.Errorf("%d records", n)
		}
		checkClean(t, c.e)
		c.undo(id)
		if n := count(); n != 1 {
			t.Errorf("%d records after the undo", n)
		}
		checkClean(t, c.e)
	})
}

// BenchmarkSpend imports 20,000 rows of costs in batches of 500, then other figures for the same days, and undoes those.
func BenchmarkSpend(b *testing.B) {
	const rows, batch = 20_000, 500
	events := func(amount string) []millrace.Event {
		out := make([]millrace.Event, rows)
		for i := range out {
			out[i] = day(fmt.Sprint("campaign-", i), amount, `,"impressions":1000,"clicks":12,"platform":"google_ads"`)
		}
		return out
	}
	for b.Loop() {
		b.StopTimer()
		clock := &testClock{day0}
		e := openEngine(b, filepath.Join(b.TempDir(), "spend.db"), clock)
		bring := func(amount string) (id int64) {
			clock.now += millrace.Day
			id, err := e.StartImport(context.Background(), engine.ImportFile{Entity: "spend", File: amount, SHA256: amount})
			if err != nil {
				b.Fatal(err)
			}
			all := events(amount)
			for from := 0; from < rows; from += batch {
				if _, err := e.Apply(context.Background(), millrace.Batch{Import: id, Events: all[from : from+batch]}); err != nil {
					b.Fatal(err)
				}
			}
			return id
		}
		b.StartTimer()
		bring("1")
		second := bring("2")
		if err := e.LeaveImport(context.Background(), second); err != nil {
			b.Fatal(err)
		}
		if n, err := e.UndoImport(context.Background(), second); err != nil || n != rows {
			b.Fatal(n, err)
		}
	}
	b.ReportMetric(float64(3*rows*b.N)/b.Elapsed().Seconds(), "rows/s")
}
