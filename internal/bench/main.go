// Command bench measures what Millrace promises about speed, each figure beside a limit measured in the same run on the same machine, so
// that the ratio says more than the figure. It fills a database with a simulated market once and keeps it; "make bench" runs it.
//
// The environment sets its size: BENCH_EVENTS facts in the filled database (10,000,000), BENCH_DIR where files are kept (data/bench),
// BENCH_INGEST facts that each ingest measurement sends (120,000), BENCH_PARTS which parts run (empty,reads,folds,asof,figures,ingest),
// BENCH_CPUPROFILE a file for the profile of the server that was measured last. No figure makes it fail.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// settings are what a run measures.
type settings struct {
	events int // facts in the filled database
	ingest int // facts that an ingest measurement sends
	dir    string
	parts  []string // empty: all
	run    string   // makes the message ids of this run its own
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	switch {
	case len(os.Args) == 4 && os.Args[1] == "serve":
		err = serve(ctx, os.Args[2], os.Args[3])
	case len(os.Args) == 4 && os.Args[1] == "serve-app":
		err = serveApp(ctx, os.Args[2], os.Args[3])
	default:
		err = measure(ctx)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func number(name string, otherwise int) (int, error) {
	s := os.Getenv(name)
	if s == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1000 {
		return 0, fmt.Errorf("%s: want a number of at least 1000, got %q", name, s)
	}
	return n, nil
}

func readSettings() (s settings, err error) {
	if s.events, err = number("BENCH_EVENTS", 10_000_000); err != nil {
		return s, err
	}
	if s.ingest, err = number("BENCH_INGEST", min(120_000, s.events/4)); err != nil {
		return s, err
	}
	if s.dir = os.Getenv("BENCH_DIR"); s.dir == "" {
		s.dir = filepath.Join("data", "bench")
	}
	if parts := os.Getenv("BENCH_PARTS"); parts != "" {
		s.parts = strings.Split(parts, ",")
	}
	s.run = strconv.FormatInt(time.Now().Unix(), 36)
	return s, os.MkdirAll(s.dir, 0o755)
}

func measure(ctx context.Context) error {
	s, err := readSettings()
	if err != nil {
		return err
	}
	full := filepath.Join(s.dir, fmt.Sprintf("filled-%d.db", s.events))
	if err := fill(ctx, s, full); err != nil {
		return err
	}
	for _, m := range []struct {
		part, title string
		run         func() error
	}{
		{"empty", "An empty database", func() error { return emptyIngest(ctx, s) }},
		{"reads", fmt.Sprintf("Reading in a database of %d facts", s.events), func() error { return reads(ctx, full) }},
		{"folds", "Folds over all of it", func() error { return folds(ctx, full) }},
		{"asof", "As of a moment", func() error { return asOf(ctx, full) }},
		{"figures", "From facts to figures", func() error { return figures(ctx, s, full) }},
		{"ingest", "Ingest into it", func() error { return ingest(ctx, s, full, full+".bare") }},
	} {
		if len(s.parts) > 0 && !slices.Contains(s.parts, m.part) {
			continue
		}
		fmt.Printf("\n%s\n", m.title)
		if err := m.run(); err != nil {
			return err
		}
	}
	return nil
}

// figure prints one line of the report.
func figure(name, value, beside string) { fmt.Printf("  %-44s %16s   %s\n", name, value, beside) }

func rate(n int, d time.Duration) float64 { return float64(n) / d.Seconds() }

func perSecond(r float64) string { return fmt.Sprintf("%.0f/s", r) }

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.2f ms", d.Seconds()*1000) }
