package attribution

import (
	"encoding/csv"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// shared opens a file of outside data, or skips where it is not present.
func shared(t testing.TB, name string) io.Reader {
	t.Helper()
	root := os.Getenv("MILLRACE_SHARED")
	if root == "" {
		root = "../../../shared"
	}
	f, err := os.Open(filepath.Join(root, "data/channelattribution", name))
	if err != nil {
		t.Skipf("skipped: outside data channelattribution/%s is not here", name)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func pathData(t testing.TB) *Paths {
	t.Helper()
	p, err := ReadPaths(shared(t, "PathData.csv"), ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// expected reads a file of known answers: by channel, by column.
func expected(t *testing.T, name string) map[string]map[string]string {
	t.Helper()
	rows, err := csv.NewReader(shared(t, name)).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]map[string]string{}
	for _, row := range rows[1:] {
		out[row[0]] = map[string]string{}
		for i, cell := range row {
			out[row[0]][rows[0][i]] = cell
		}
	}
	return out
}

// TestHeuristicModelsOfPathData holds first, last and linear to the digits of the expected file, which has 15. Three values can't have the
// 15th: PathData.csv gives its own values to 15 digits, and the expected file was computed of unrounded ones (a value of 12452.0019574597
// alone may be off by 5e-11). They may differ by one in that digit; everything else is equal to the digit.
func TestHeuristicModelsOfPathData(t *testing.T) {
	p, want := pathData(t), expected(t, "expected_heuristic_models.csv")
	rounded := map[string]bool{"alpha first_touch_value": true, "alpha last_touch_value": true, "gamma last_touch_value": true}
	for model, column := range map[string]string{First: "first_touch", Last: "last_touch", Linear: "linear_touch"} {
		r, err := p.Run(model, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Channels) != len(want) {
			t.Fatalf("%s: %d channels, want %d", model, len(r.Channels), len(want))
		}
		for _, c := range r.Channels {
			for name, got := range map[string]float64{column + "_conversions": c.Conversions, column + "_value": c.Value} {
				digits := want[c.Channel][name]
				if strconv.FormatFloat(got, 'g', 15, 64) == digits || strconv.FormatFloat(got, 'f', -1, 64) == digits ||
					trimZeros(strconv.FormatFloat(got, 'g', 15, 64)) == digits {
					continue
				}
				x, err := strconv.ParseFloat(digits, 64)
				if err != nil {
					t.Fatal(err)
				}
				if !rounded[c.Channel+" "+name] || math.Abs(got-x) > math.Pow(10, math.Floor(math.Log10(x))-14) {
					t.Errorf("%s %s: %v, want %s", c.Channel, name, got, digits)
				}
			}
		}
	}
}

func trimZeros(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	return s
}

func TestMarkovOfPathData(t *testing.T) {
	p, want := pathData(t), expected(t, "exact_markov_order1_with_null.csv")
	r, err := p.Run(Markov, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if len(r.Channels) != len(want) {
		t.Fatalf("%d channels, want %d", len(r.Channels), len(want))
	}
	for _, c := range r.Channels {
		for name, got := range map[string]float64{"removal_effect": *c.RemovalEffect, "total_conversions": c.Conversions} {
			x, err := strconv.ParseFloat(want[c.Channel][name], 64)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(got-x) > 1e-9*max(1, x) {
				t.Errorf("%s %s: %.15g, want %.15g", c.Channel, name, got, x)
			}
		}
	}
}

func TestEveryModelAddsUpOnPathData(t *testing.T) {
	p := pathData(t)
	conversions, value := 0.0, 0.0
	for i := range p.Conversions {
		conversions += float64(p.Conversions[i])
		value += p.Values[i]
	}
	if conversions != 19785 {
		t.Fatalf("%v conversions", conversions)
	}
	results, refusals, err := p.RunAll(Options{Weights: Weights{First: 1, Middle: 2, Last: 3}})
	if err != nil {
		t.Fatal(err)
	}
	if len(results)+len(refusals) != len(models) || len(refusals) != 4 {
		t.Fatalf("%d run and %d refused of %d: %v", len(results), len(refusals), len(models), refusals)
	}
	for order := 2; order <= MaxOrder; order++ {
		r, err := p.Run(Markov, Options{Order: order})
		if err != nil {
			t.Fatal(err)
		}
		results = append(results, r)
	}
	for _, r := range results {
		sum, valueSum := 0.0, 0.0
		for _, c := range r.Channels {
			sum += c.Conversions
			valueSum += c.Value
		}
		if math.Abs(sum-conversions) > 1e-12*conversions || math.Abs(valueSum-value) > 1e-12*value {
			t.Errorf("%s of order %d: %v and %v, want %v and %v", r.Name, r.Order, sum, valueSum, conversions, value)
		}
	}
}

// TestSweepsAgreeWithElimination compares the two solvers on real chains of every order, for all channels.
func TestSweepsAgreeWithElimination(t *testing.T) {
	p := pathData(t)
	for order := 1; order <= 3; order++ {
		c, err := p.newChain(order)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("order %d: %d states, %d transitions", order, c.states(), len(c.to))
		swept, err := c.sweep()
		if err != nil {
			t.Fatal(err)
		}
		exact := c.eliminate()
		same := func(what string, a, b outcome) {
			if math.Abs(a.conv-b.conv) > 1e-13*exact.conv || math.Abs(a.value-b.value) > 1e-12*exact.value {
				t.Errorf("order %d %s: swept %v, eliminated %v", order, what, a, b)
			}
		}
		same("all", swept.outcome, exact.outcome)
		for i, name := range p.Channels {
			same(name, swept.without[i], exact.without[i])
		}
	}
}
