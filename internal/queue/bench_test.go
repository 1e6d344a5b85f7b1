package queue

import (
	"context"
	"syscall"
	"testing"
	"time"

	"millrace/internal/dbtest"
)

// BenchmarkIdle lets a started queue be idle for a second per iteration and reports the share of one core that this process used. On
// PostgreSQL the server's own share comes on top. Run it with -benchtime 20x.
func BenchmarkIdle(b *testing.B) {
	b.Run("sqlite", func(b *testing.B) { idle(b, dbtest.SQLite(b)) })
	b.Run("postgres", func(b *testing.B) { idle(b, dbtest.PostgreSQL(b)) })
}

func idle(b *testing.B, url string) {
	n := migrated(b, url)
	n.Every("minutely", time.Minute, func(context.Context) error { return nil })
	n.start(b)
	var before, after syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &before); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		<-time.After(time.Second)
	}
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &after); err != nil {
		b.Fatal(err)
	}
	used := after.Utime.Nano() + after.Stime.Nano() - before.Utime.Nano() - before.Stime.Nano()
	b.ReportMetric(100*float64(used)/float64(b.Elapsed()), "%core")
	b.ReportMetric(0, "ns/op")
}

// BenchmarkInsert is the time of one durable insert.
func BenchmarkInsert(b *testing.B) {
	for name, url := range map[string]func(testing.TB) string{"sqlite": dbtest.SQLite, "postgres": dbtest.PostgreSQL} {
		b.Run(name, func(b *testing.B) {
			n := migrated(b, url(b))
			Handle(n.Queue, "letter", func(context.Context, letter) error { return nil })
			for b.Loop() {
				if _, err := n.Insert(b.Context(), "letter", letter{"anna@acme.com"}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
