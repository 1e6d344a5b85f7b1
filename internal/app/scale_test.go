package app

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"millrace"
	"millrace/internal/dashboard"
	"millrace/internal/measure"
	"millrace/internal/measure/restate"
)

// BenchmarkDecisions asks what reads several measures at once of the workspace that internal/measure's BenchmarkScale filled in MILLRACE_BENCH_DIR with
// MILLRACE_BENCH_EVENTS: each dashboard with the quarter before, publishing a report and restating it after a correction of tags. Each is given cold and
// warm, also as a multiple of building the model in the same run.
func BenchmarkDecisions(b *testing.B) {
	dir, events := os.Getenv("MILLRACE_BENCH_DIR"), os.Getenv("MILLRACE_BENCH_EVENTS")
	source, err := os.ReadFile(filepath.Join(dir, "measure-"+events+".db"))
	if dir == "" || err != nil {
		b.Skip("set MILLRACE_BENCH_DIR and MILLRACE_BENCH_EVENTS as for internal/measure's BenchmarkScale, and run that first")
	}
	path := filepath.Join(b.TempDir(), "decisions.db")
	if err := os.WriteFile(path, source, 0o600); err != nil {
		b.Fatal(err)
	}
	source = nil
	ctx := b.Context()
	now := millrace.Time(20454+361) * millrace.Day // a day after the last fact that BenchmarkScale writes
	for b.Loop() {
		w, err := Open(ctx, Config{DB: path, Clock: func() millrace.Time { return now }})
		if err != nil {
			b.Fatal(err)
		}
		took := func(f func() error) time.Duration {
			b.Helper()
			start := time.Now()
			if err := f(); err != nil {
				b.Fatal(err)
			}
			return time.Since(start)
		}
		var m *measure.Model
		model := took(func() (err error) { m, err = w.Measure.Model(ctx); return err })
		b.Logf("model %v", model.Round(time.Millisecond))
		tell := func(name string, f func() error) {
			b.Helper()
			cold := took(f)
			warm := took(f)
			b.Logf("%-12s cold %9v (%5.2f×)  warm %9v", name, cold.Round(100*time.Microsecond), float64(cold)/float64(model), warm.Round(100*time.Microsecond))
			b.ReportMetric(float64(cold)/float64(model), name+"/model")
		}
		for _, view := range dashboard.Views() {
			tell(view, func() error {
				_, err := w.Dashboards.Show(ctx, m, view, dashboard.Query{Compare: "previous"})
				return err
			})
		}
		reports := restate.New(w.Engine, w.Measure)
		var f restate.Frozen
		tell("publish", func() (err error) {
			f, err = reports.Publish(ctx, restate.Draft{Kind: "economics", Title: "The year"}, "bench")
			return err
		})
		if _, err := w.Measure.Retag(ctx, measure.RetagRule{Match: measure.TagMatch{Source: "partner"}, Set: measure.TagSet{Medium: "affiliate"}}, "", "bench"); err != nil {
			b.Fatal(err)
		}
		tell("restate", func() error {
			_, _, err := reports.Restate(ctx, f.ID, time.Hour)
			return err
		})
		if err := w.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
