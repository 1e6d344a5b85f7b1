package attribution

import (
	"bufio"
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"millrace"
)

const million = 1_000_000

var greek = []string{"alpha", "beta", "gamma", "delta", "epsilon", "zeta", "eta", "theta", "iota", "kappa", "lambda", "mi"}

// pathFile writes a path file of a million rows, 5.5 touches on average, quoted as R quotes.
func pathFile(b *testing.B) string {
	b.Helper()
	name := filepath.Join(b.TempDir(), "paths.csv")
	f, err := os.Create(name)
	if err != nil {
		b.Fatal(err)
	}
	w, rnd := bufio.NewWriterSize(f, 1<<20), rand.New(rand.NewPCG(1, 2))
	w.WriteString("\"path\",\"total_conversions\",\"total_conversion_value\",\"total_null\"\n")
	for range million {
		w.WriteByte('"')
		for k := range 1 + rnd.IntN(10) {
			if k > 0 {
				w.WriteString(" > ")
			}
			w.WriteString(greek[min(rnd.IntN(12), rnd.IntN(12))])
		}
		n := rnd.IntN(3)
		value := "0"
		if n > 0 {
			value = strconv.FormatFloat(float64(rnd.IntN(10000*n))/1000, 'f', -1, 64)
		}
		w.WriteString("\"," + strconv.Itoa(n) + "," + value + "," + strconv.Itoa(rnd.IntN(9)) + "\n")
	}
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
	return name
}

// benchmarkFile measures reading the file and running the models, beside a plain pass over the same file: its bytes read and its lines
// counted, on one core.
func benchmarkFile(b *testing.B, models ...string) {
	name := pathFile(b)
	beside(b, "x-plain-read", func() {
		f, err := os.Open(name)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		p, err := ReadPaths(f, ReadOptions{})
		if err != nil || p.Len() != million {
			b.Fatal(err)
		}
		if _, err := p.RunEach(models, Options{}); err != nil {
			b.Fatal(err)
		}
	}, func() {
		if lines := countLines(b, name); lines != million+1 {
			b.Fatalf("%d lines", lines)
		}
	})
}

// processor is the time that the process has had on processors, which other work on the machine changes least.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// beside measures run beside a limit of the same moment, taken in turns; the ratio of processor times goes with the ratio of wall times.
func beside(b *testing.B, unit string, run, limit func()) {
	var ran, limited, wall, limitWall time.Duration
	for b.Loop() {
		cpu, start := processor(b), time.Now()
		run()
		wall += time.Since(start)
		ran += processor(b) - cpu
		b.StopTimer()
		cpu, start = processor(b), time.Now()
		limit()
		limitWall += time.Since(start)
		limited += processor(b) - cpu
		b.StartTimer()
	}
	b.ReportMetric(float64(wall)/float64(limitWall), unit)
	b.ReportMetric(float64(ran)/float64(limited), unit+"-cpu")
	b.ReportMetric(float64(ran.Milliseconds())/float64(b.N), "cpu-ms/op")
}

func countLines(b *testing.B, name string) (lines int) {
	f, err := os.Open(name)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	buf := make([]byte, 1<<20)
	for {
		n, err := f.Read(buf)
		lines += bytes.Count(buf[:n], []byte{'\n'})
		if err == io.EOF {
			return lines
		}
		if err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkFileFirstLastLinear: the promise is 0.3 s.
func BenchmarkFileFirstLastLinear(b *testing.B) { benchmarkFile(b, First, Last, Linear) }

// BenchmarkFileMarkov1: the promise is 0.4 s.
func BenchmarkFileMarkov1(b *testing.B) { benchmarkFile(b, Markov) }

// tenTouches are a million journeys of ten touches over twelve channels, with all milestones.
func tenTouches() *Journeys {
	rnd, j := rand.New(rand.NewPCG(3, 4)), &Journeys{Offsets: []int32{0}}
	names := append([]string{NoTouch, NoAnswer}, greek...)
	for d := range Dimensions {
		j.Columns[d].Names = names
	}
	for i := range million {
		at := millrace.Time(rnd.IntN(100)) * millrace.Day
		for range 10 {
			at += millrace.Time(rnd.IntN(20)) * millrace.Day
			j.At = append(j.At, at)
			j.Columns[Channel].IDs = append(j.Columns[Channel].IDs, uint32(2+min(rnd.IntN(12), rnd.IntN(12))))
		}
		j.Offsets = append(j.Offsets, int32(10*(i+1)))
		j.Deals, j.Said = append(j.Deals, ""), append(j.Said, noAnswerID)
		j.Outcomes, j.Amounts = append(j.Outcomes, DealLost), append(j.Amounts, int64(100_000+rnd.IntN(10_000_000)))
		if rnd.IntN(4) > 0 {
			j.Outcomes[i] = DealWon
		}
		lead := int32(rnd.IntN(9))
		j.Lead, j.Opportunity, j.NonDirect = append(j.Lead, lead), append(j.Opportunity, lead+int32(rnd.IntN(int(10-lead)))), append(j.NonDirect, 9)
	}
	return j
}

// plainSum is the limit beside which models are measured: one pass over all touches that adds each journey's amount to each touch's channel, on
// one core.
func plainSum(j *Journeys, acc []int64) {
	for i := range j.Amounts {
		for _, id := range j.Columns[Channel].IDs[j.Offsets[i]:j.Offsets[i+1]] {
			acc[id] += j.Amounts[i]
		}
	}
}

func benchmarkJourneys(b *testing.B, run func(j *Journeys) error) {
	j := tenTouches()
	acc := make([]int64, 64)
	beside(b, "x-plain-sum", func() {
		if err := run(j); err != nil {
			b.Fatal(err)
		}
	}, func() { plainSum(j, acc) })
}

// BenchmarkJourneysRules: all rule-based models and the closed form of Shapley; the promise is 0.3 s on two cores.
func BenchmarkJourneysRules(b *testing.B) {
	o := TableOptions{Options: Options{Weights: Weights{First: 3, Lead: 2, Opportunity: 2, Last: 2, Middle: 1}}}
	for _, m := range models {
		if !m.DataDriven || m.Name == Shapley {
			o.Models = append(o.Models, m.Name)
		}
	}
	b.Run("all", func(b *testing.B) {
		benchmarkJourneys(b, func(j *Journeys) error {
			_, err := j.Table(Channel, Pipeline, o)
			return err
		})
	})
	for _, name := range []string{Linear, UShaped, FullPath, TimeDecay, Shapley} {
		b.Run(name, func(b *testing.B) {
			benchmarkJourneys(b, func(j *Journeys) error {
				one := o
				one.Models = []string{name}
				_, err := j.Table(Channel, Pipeline, one)
				return err
			})
		})
	}
}

// BenchmarkJourneysShapleyRate: exact over twelve channels; the promise is 1 s.
func BenchmarkJourneysShapleyRate(b *testing.B) {
	benchmarkJourneys(b, func(j *Journeys) error {
		_, err := j.Paths(Channel, Revenue).Run(ShapleyRate, Options{})
		return err
	})
}

// BenchmarkJourneysMarkov has no promise but order 1, read from a file.
func BenchmarkJourneysMarkov(b *testing.B) {
	for order := 1; order <= MaxOrder; order++ {
		b.Run(strconv.Itoa(order), func(b *testing.B) {
			benchmarkJourneys(b, func(j *Journeys) error {
				_, err := j.Paths(Channel, Revenue).Run(Markov, Options{Order: order})
				return err
			})
		})
	}
}
