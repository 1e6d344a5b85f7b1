package market

import (
	"runtime"
	"testing"

	"millrace"
)

func BenchmarkFacts(b *testing.B) {
	m := mustNew(b, Config{Seed: 1, Accounts: 3000})
	b.ReportAllocs()
	facts := 0
	for b.Loop() {
		for range m.Facts() {
			facts++
		}
	}
	b.ReportMetric(float64(facts)/b.Elapsed().Seconds(), "facts/s")
}

// BenchmarkBig is ten million facts of 100,000 accounts and a million people. Its heap is measured every million facts, after a
// collection, and must not grow with them. Run it alone: go test -bench Big -benchtime 1x -run XXX ./internal/market
func BenchmarkBig(b *testing.B) {
	if testing.Short() {
		b.Skip("takes half a minute")
	}
	m := mustNew(b, Config{Seed: 1, Accounts: 100_000, FactsPerPerson: 10})
	facts, most := 0, uint64(0)
	for b.Loop() {
		for range m.Facts() {
			if facts++; facts%1_000_000 == 0 {
				most = max(most, heap())
			}
		}
	}
	b.ReportMetric(float64(facts)/b.Elapsed().Seconds(), "facts/s")
	b.ReportMetric(float64(facts)/float64(b.N), "facts/op")
	b.ReportMetric(float64(most)/(1<<20), "MB-heap")
	if most > 64<<20 {
		b.Errorf("the heap came to %d MB", most>>20)
	}
}

func heap() uint64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}

func BenchmarkTruth(b *testing.B) {
	m := mustNew(b, Config{Seed: 1, Accounts: 3000})
	for b.Loop() {
		m.Truth()
	}
}

func BenchmarkSegmentBatch(b *testing.B) {
	var events []millrace.Event
	for e := range mustNew(b, Config{Seed: 1, Accounts: 50}).Facts() {
		if events = append(events, e); len(events) == 100 {
			break
		}
	}
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = AppendSegment(buf[:0], events, 1)
	}
	b.SetBytes(int64(len(buf)))
	b.ReportMetric(float64(b.N)*100/b.Elapsed().Seconds(), "facts/s")
}
