package attribution

import (
	"math"
	"math/big"
	"os"
	"strconv"
	"strings"
	"testing"

	"millrace"
)

// tables reads the tables of the section Attribution of docs/measurement.md, each with its header, cells without backquotes.
func tables(t *testing.T) [][][]string {
	t.Helper()
	b, err := os.ReadFile("../../docs/measurement.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(b), "\n## Attribution\n")
	if !ok {
		t.Fatal("docs/measurement.md has no section Attribution")
	}
	section, _, _ = strings.Cut(section, "\n## ")
	var out [][][]string
	inside := false
	for line := range strings.Lines(section) {
		line = strings.TrimSpace(line)
		if !strings.HasPrefix(line, "|") {
			inside = false
			continue
		}
		if strings.HasPrefix(line, "|---") {
			continue
		}
		if !inside {
			out, inside = append(out, nil), true
		}
		cells := strings.Split(strings.Trim(line, "|"), "|")
		for i := range cells {
			cells[i] = strings.Trim(strings.TrimSpace(cells[i]), "`")
		}
		out[len(out)-1] = append(out[len(out)-1], cells)
	}
	return out
}

// named gives the tables with these columns first.
func named(t *testing.T, columns ...string) (out [][][]string) {
	t.Helper()
	for _, table := range tables(t) {
		if len(table[0]) >= len(columns) && strings.Join(table[0][:len(columns)], "|") == strings.Join(columns, "|") {
			out = append(out, table[1:])
		}
	}
	if len(out) == 0 {
		t.Fatalf("the page has no table with the columns %v", columns)
	}
	return out
}

// TestTheRulesOfThePage computes every rule on the journey that the page gives, and compares with what it says by hand.
func TestTheRulesOfThePage(t *testing.T) {
	deal := Deal{ID: "D", Amount: 100_000, Outcome: DealWon, SelfReported: "Podcast"}
	var touches []Touch
	for _, row := range named(t, "day", "channel", "mark")[0] {
		day, err := strconv.Atoi(row[0])
		if err != nil {
			t.Fatal(err)
		}
		at := 1000*millrace.Day + millrace.Time(day)*millrace.Day
		switch row[2] {
		case "lead":
			deal.Lead = at
		case "opportunity":
			deal.Opportunity = at
		case "close":
			deal.Close = at
		}
		touch := Touch{At: at, Direct: row[1] == "Direct"}
		touch.Values[Channel] = row[1]
		touches = append(touches, touch)
	}
	b := NewBuilder(Rules{AsOf: 2000 * millrace.Day})
	if err := b.AddDeal(deal, touches); err != nil {
		t.Fatal(err)
	}
	o := TableOptions{Options: Options{HalfLife: 7 * millrace.Day, Weights: Weights{First: 1, Last: 2, Middle: 1}}}
	got, err := b.Journeys().Table(Channel, Revenue, o)
	if err != nil {
		t.Fatal(err)
	}
	var claims [][]string
	for _, table := range tables(t) {
		if table[0][0] == "model" && len(table[0]) == 7 {
			claims = table
		}
	}
	seen := map[string]bool{Markov: true, ShapleyRate: true} // they have tables of their own
	for _, row := range claims[1:] {
		seen[row[0]] = true
		for k, channel := range claims[0][1:6] {
			want := millrace.Money{}
			if cell := row[k+1]; cell != "" {
				if want, err = millrace.ParseMoney(cell, "EUR"); err != nil {
					t.Fatal(err)
				}
			}
			if c := got.Credit(channel, row[0]); c != want.Minor {
				t.Errorf("%s gives %s %d, and the page says %d", row[0], channel, c, want.Minor)
			}
		}
	}
	for _, m := range models {
		if !seen[m.Name] {
			t.Errorf("%s has no example on the page", m.Name)
		}
	}
}

// TestTheDataDrivenModelsOfThePage does the same for Markov and both Shapley values.
func TestTheDataDrivenModelsOfThePage(t *testing.T) {
	examples := named(t, "path", "converted", "did not")
	read := func(table [][]string) *Paths {
		csv := "path,total_conversions,total_null\n"
		for _, row := range table {
			csv += strings.Join(row, ",") + "\n"
		}
		p, err := ReadPaths(strings.NewReader(csv), ReadOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	credits := func(p *Paths, model string, order int) map[string]Credit {
		r, err := p.Run(model, Options{Order: order})
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]Credit{}
		for _, c := range r.Channels {
			out[c.Channel] = c
		}
		return out
	}
	number := func(s string) float64 {
		x, ok := new(big.Rat).SetString(s)
		if !ok {
			t.Fatalf("%q is no number", s)
		}
		f, _ := x.Float64()
		return f
	}
	for _, order := range []int{1, 3} {
		got := credits(read(examples[0]), Markov, order)
		for _, row := range named(t, "channel", "removal effect", "credit")[0] {
			c, effect, credit := got[row[0]], row[order], row[order+1]
			if math.Abs(*c.RemovalEffect-number(effect)) > 1e-15 || math.Abs(c.Conversions-number(credit)) > 1e-15 {
				t.Errorf("markov of order %d: %s has %v and %v, and the page says %s and %s", order, row[0], *c.RemovalEffect, c.Conversions, effect, credit)
			}
		}
	}
	for _, row := range named(t, "model", "A", "B")[0] {
		got := credits(read(examples[1]), row[0], 0)
		if math.Abs(got["A"].Conversions-number(row[1])) > 1e-14 || math.Abs(got["B"].Conversions-number(row[2])) > 1e-14 {
			t.Errorf("%s: A %v, B %v, and the page says %s and %s", row[0], got["A"].Conversions, got["B"].Conversions, row[1], row[2])
		}
	}
}
