package attribution

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"millrace"
)

const today = 3000 * millrace.Day

func touch(day int, channel string) Touch {
	t := Touch{At: 1000*millrace.Day + millrace.Time(day)*millrace.Day, Direct: channel == "Direct"}
	t.Values[Channel], t.Values[Campaign] = channel, "c/"+channel
	return t
}

func at(day int) millrace.Time { return 1000*millrace.Day + millrace.Time(day)*millrace.Day }

// all are options under which every model runs.
var all = TableOptions{Options: Options{Weights: Weights{First: 3, Lead: 1, Opportunity: 2, Last: 2, Middle: 5}}}

func table(t testing.TB, j *Journeys, d Dimension, m Measure, o TableOptions) *Table {
	t.Helper()
	got, err := j.Table(d, m, o)
	if err != nil {
		t.Fatal(err)
	}
	for k, name := range got.Models {
		sum := int64(0)
		for _, r := range got.Rows {
			sum += r.Credits[k]
		}
		if sum != got.Total {
			t.Fatalf("%s by %s: %s sums to %d, want %d", m, d, name, sum, got.Total)
		}
	}
	return got
}

func TestBadInputHasARightAnswer(t *testing.T) {
	b := NewBuilder(Rules{AsOf: today, LookBack: 90 * millrace.Day})
	add := func(d Deal, touches ...Touch) {
		t.Helper()
		if err := b.AddDeal(d, touches); err != nil {
			t.Fatal(err)
		}
	}
	undated := touch(0, "Ads")
	undated.At = 0
	add(Deal{ID: "no touches", Amount: 100, Outcome: DealWon, Close: at(10)})
	add(Deal{ID: "after close", Amount: 1000, Outcome: DealWon, Close: at(10)}, touch(11, "Late"), touch(10, "Ads"), touch(-200, "Old"), undated)
	add(Deal{ID: "all after close", Amount: 10_000, Outcome: DealWon, Close: at(10)}, touch(11, "Late"))
	add(Deal{ID: "no close", Amount: 100_000, Outcome: DealWon}, Touch{At: today})
	add(Deal{ID: "refund", Amount: -7, Outcome: DealWon, Close: at(3)}, touch(1, "Ads"), touch(2, "Mail"), touch(3, "Ads"))
	add(Deal{ID: "open", Amount: 5, Outcome: Open}, Touch{At: today})
	if err := b.AddDeal(Deal{ID: "refund", Amount: -7, Outcome: DealWon}, nil); millrace.ErrorCode(err) != millrace.Conflict {
		t.Errorf("the same deal twice: %v", err)
	}
	for _, amount := range []int64{math.MinInt64, math.MaxInt64} {
		if err := b.AddDeal(Deal{ID: "huge", Amount: amount, Outcome: DealWon}, nil); millrace.ErrorCode(err) != millrace.TooLarge {
			t.Errorf("an amount of %d: %v", amount, err)
		}
	}
	if err := b.AddDeal(Deal{ID: "none"}, nil); millrace.ErrorCode(err) != millrace.Invalid {
		t.Errorf("a deal without outcome: %v", err)
	}
	if err := b.AddAccount([]Touch{undated}); err != nil {
		t.Fatal(err)
	}
	j := b.Journeys()
	if want := (LeftOut{After: 2, Before: 1, Undated: 2, NoMoment: 1, NoTouch: 2}); j.LeftOut != want || j.Len() != 6 {
		t.Fatalf("left out %+v of %d, want %+v", j.LeftOut, j.Len(), want)
	}
	got := table(t, j, Channel, Revenue, all)
	if got.Total != 100+1000+10_000+100_000-7 {
		t.Errorf("total %d", got.Total)
	}
	for _, model := range got.Models {
		if none := got.Credit(NoTouch, model); model != SelfReported && none != 10_100 {
			t.Errorf("%s: %d without touches", model, none)
		}
	}
	if none := got.Credit(NoAnswer, SelfReported); none != got.Total {
		t.Errorf("%d without answer", none)
	}
	if ads, mail := got.Credit("Ads", Linear), got.Credit("Mail", Linear); ads != 1000-5 || mail != -2 {
		t.Errorf("of a refund of 7 over three touches: %d and %d", ads-1000, mail)
	}
	if set := got.Credit(NotSet, First); set != 100_000 {
		t.Errorf("%d for what has no channel", set)
	}
}

func TestEmptyPeriods(t *testing.T) {
	j := NewBuilder(Rules{AsOf: today}).Journeys()
	for m := range Measure(measures) {
		got := table(t, j, Channel, m, TableOptions{Replicates: 5})
		if len(got.Rows) != 0 || got.Total != 0 || len(got.Explain()) != 0 {
			t.Errorf("%s: %+v", m, got)
		}
	}
	p, err := ReadPaths(strings.NewReader("path,total_conversions,total_null\na > b,0,3\n"), ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	results, _, err := p.RunAll(Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range results {
		for _, c := range r.Channels {
			if c.Conversions != 0 || c.Value != 0 || c.RemovalEffect != nil && *c.RemovalEffect != 0 {
				t.Errorf("%s gives %+v where nothing converted", r.Name, c)
			}
		}
	}
}

func TestMoments(t *testing.T) {
	d := Deal{Amount: 9, Outcome: DealWon, Lead: at(2), Opportunity: at(4), Close: at(6)}
	touches := []Touch{touch(5, "E"), touch(1, "A"), touch(3, "C")}
	for _, c := range []struct {
		moment Moment
		deal   func(*Deal)
		last   string
		after  int
		known  bool
	}{
		{AtClose, func(*Deal) {}, "E", 0, true},
		{AtOpportunity, func(*Deal) {}, "C", 1, true},
		{AtLead, func(*Deal) {}, "A", 2, true},
		{AtLead, func(d *Deal) { d.Lead = 0 }, "C", 1, false},
		{AtOpportunity, func(d *Deal) { d.Opportunity = 0 }, "E", 0, false},
		{AtClose, func(d *Deal) { d.Close, d.Outcome = 0, Open }, "E", 0, true},
	} {
		deal := d
		c.deal(&deal)
		b := NewBuilder(Rules{Moment: c.moment, AsOf: today})
		if err := b.AddDeal(deal, touches); err != nil {
			t.Fatal(err)
		}
		j := b.Journeys()
		got := table(t, j, Channel, Pipeline, TableOptions{Models: []string{Last}})
		if got.Credit(c.last, Last) != 9 || j.LeftOut.After != c.after || j.LeftOut.NoMoment == 0 != c.known {
			t.Errorf("%+v: %+v, left out %+v", c, got.Rows, j.LeftOut)
		}
	}
}

// draw makes journeys of anything: long and empty ones, marks in any place, amounts of any size and sign.
func draw(t *rapid.T) *Journeys {
	b := NewBuilder(Rules{AsOf: today, LookBack: 2000 * millrace.Day})
	channels := rapid.IntRange(1, 90).Draw(t, "channels")
	for i := range rapid.IntRange(0, 12).Draw(t, "deals") {
		day := rapid.IntRange(0, 60)
		d := Deal{ID: fmt.Sprint(i), Outcome: rapid.SampledFrom([]Outcome{Open, DealWon, DealLost}).Draw(t, "outcome"),
			Amount: rapid.OneOf(rapid.Int64Range(-1000, 1000), rapid.Int64Range(0, 1e12), rapid.Int64Range(1e17, 5e17)).Draw(t, "amount"),
			Lead:   at(day.Draw(t, "lead")), Opportunity: at(day.Draw(t, "opportunity")), Close: at(60)}
		if rapid.Bool().Draw(t, "said") {
			d.SelfReported = "ch1"
		}
		var touches []Touch
		for range rapid.IntRange(0, 14).Draw(t, "touches") {
			touches = append(touches, touch(day.Draw(t, "day"), fmt.Sprintf("ch%d", rapid.IntRange(1, channels).Draw(t, "channel"))))
		}
		if err := b.AddDeal(d, touches); err != nil {
			t.Fatal(err)
		}
		if rapid.Bool().Draw(t, "null") {
			if err := b.AddAccount(touches); err != nil {
				t.Fatal(err)
			}
		}
	}
	return b.Journeys()
}

// TestEveryModelAddsUpExactly: to the minor unit, whatever the journeys, in every dimension and measure; and the touches' credits are what
// the table adds up, each within a minor unit of its exact share for every mark that it is at.
func TestEveryModelAddsUpExactly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		j := draw(t)
		d, m := rapid.SampledFrom([]Dimension{Channel, Campaign, Keyword}).Draw(t, "dimension"), Measure(rapid.IntRange(0, measures-1).Draw(t, "measure"))
		o := all
		o.Weights.First = rapid.IntRange(0, maxWeight).Draw(t, "first")
		got, err := j.Table(d, m, o)
		if err != nil {
			t.Fatal(err)
		}
		for k, name := range got.Models {
			sum := int64(0)
			for _, r := range got.Rows {
				sum += r.Credits[k]
			}
			if sum != got.Total {
				t.Fatalf("%s sums to %d, want %d", name, sum, got.Total)
			}
			if name == Markov || name == ShapleyRate || name == SelfReported {
				continue
			}
			byValue := map[string]int64{}
			for i := range j.Len() {
				credits, err := j.TouchCredits(i, d, m, name, o.Options)
				if err != nil {
					t.Fatal(err)
				}
				amount, _, _ := j.due(i, m)
				if len(credits) == 0 {
					byValue[NoTouch] += amount
				}
				if w, ok := o.shape(name); ok {
					closeToExact(t, name, credits, amount, &w, int(j.Lead[i]), int(j.Opportunity[i]))
				}
				for n, c := range credits {
					byValue[j.Columns[d].Names[j.Columns[d].IDs[int(j.Offsets[i])+n]]] += c
				}
			}
			for _, r := range got.Rows {
				if r.Credits[k] != byValue[r.Value] {
					t.Fatalf("%s gives %s %d, its touches %d", name, r.Value, r.Credits[k], byValue[r.Value])
				}
			}
		}
	})
}

// closeToExact compares credits with shares computed as fractions, by the definition of Weights.
func closeToExact(t *rapid.T, model string, credits []int64, amount int64, w *Weights, lead, opportunity int) {
	n := len(credits)
	if n == 0 {
		return
	}
	weights, marked, whole := make([]int, n), make([]int, n), 0
	for _, m := range []struct{ at, weight int }{{0, w.First}, {lead, w.Lead}, {opportunity, w.Opportunity}, {n - 1, w.Last}} {
		if m.at >= 0 && m.weight > 0 {
			weights[m.at] += m.weight
			marked[m.at]++
			whole += m.weight
		}
	}
	between := 0
	for _, k := range marked {
		if k == 0 {
			between++
		}
	}
	middle := new(big.Rat)
	switch {
	case between > 0 && w.Middle > 0:
		whole += w.Middle
		middle.SetFrac64(int64(w.Middle), int64(between))
	case whole == 0:
		whole, between = n, n
		middle.SetInt64(1)
		clear(marked)
	}
	for i, c := range credits {
		share := new(big.Rat).SetInt64(int64(weights[i]))
		if marked[i] == 0 {
			share.Set(middle)
		}
		share.Mul(share, big.NewRat(amount, int64(whole)))
		off := share.Sub(share, new(big.Rat).SetInt64(c))
		if off.Abs(off).Cmp(big.NewRat(int64(max(1, marked[i])), 1)) >= 0 {
			t.Fatalf("%s over %d touches, lead %d, opportunity %d, of %d: touch %d has %d, %s off", model, n, lead, opportunity, amount, i, c, off.FloatString(3))
		}
	}
}

func TestLongJourneysOfLargeAmounts(t *testing.T) {
	j := &Journeys{Deals: []string{""}, Outcomes: []Outcome{DealWon}, Amounts: []int64{math.MaxInt64}, Lead: []int32{77}, Opportunity: []int32{399_999},
		NonDirect: []int32{0}, Said: []uint32{noAnswerID}, Offsets: []int32{0, 400_000}, At: make([]millrace.Time, 400_000)}
	for d := range j.Columns {
		j.Columns[d] = Column{Names: []string{NoTouch, NoAnswer, "a", "b"}, IDs: slices.Repeat([]uint32{2, 3}, 200_000)}
	}
	o := all
	o.Weights = Weights{First: maxWeight, Lead: maxWeight, Opportunity: maxWeight, Last: maxWeight, Middle: maxWeight}
	got := table(t, j, Channel, Revenue, o)
	if got.Total != math.MaxInt64 || got.Credit("a", Linear)+got.Credit("b", Linear) != math.MaxInt64 {
		t.Errorf("%+v", got.Rows)
	}
	if a, b := got.Credit("a", TimeDecay), got.Credit("b", TimeDecay); a < math.MaxInt64/2-1<<20 || b < math.MaxInt64/2-1<<20 {
		t.Errorf("time-decay of touches at one time: %d and %d", a, b)
	}
}

func TestTimeDecayHalves(t *testing.T) {
	for x := 0.0; x > -1000; x -= 0.37 {
		if got, want := exp2(256*x), math.Exp2(x); math.Abs(got-want) > 1e-14*want {
			t.Fatalf("2^%v is %v, want %v", x, got, want)
		}
	}
	b := NewBuilder(Rules{AsOf: today})
	touches := []Touch{touch(0, "A"), touch(-900, "Ancient"), touch(30, "B"), touch(60, "C")}
	if err := b.AddDeal(Deal{Amount: 7_000_000, Outcome: DealWon, Close: at(60)}, touches); err != nil {
		t.Fatal(err)
	}
	got := table(t, b.Journeys(), Channel, Revenue, TableOptions{Options: Options{HalfLife: 30 * millrace.Day}, Models: []string{TimeDecay}})
	if got.Credit("A", TimeDecay) != 1_000_000 || got.Credit("B", TimeDecay) != 2_000_000 || got.Credit("C", TimeDecay) != 4_000_000 {
		t.Errorf("%+v", got.Rows)
	}
}

func TestApportion(t *testing.T) {
	for _, c := range []struct {
		total  int64
		shares []float64
		want   []int64
	}{
		{100, []float64{1, 1, 1}, []int64{34, 33, 33}},
		{-100, []float64{1, 1, 1}, []int64{-33, -33, -34}},
		{10, []float64{0, 0.5, 0.25, 0.25}, []int64{0, 5, 3, 2}},
		{5, []float64{0, 0}, []int64{5, 0}},
		{0, nil, []int64{}},
		{100, []float64{1.5, -0.5}, []int64{150, -50}},
	} {
		if got := apportion(c.total, c.shares); !slices.Equal(got, c.want) {
			t.Errorf("%d by %v: %v, want %v", c.total, c.shares, got, c.want)
		}
	}
}

func TestExplain(t *testing.T) {
	b := NewBuilder(Rules{AsOf: today})
	for i, channels := range []string{"LinkedIn Webinar Search", "LinkedIn Search", "Search Direct", "LinkedIn Mail Search"} {
		var touches []Touch
		for k, c := range strings.Fields(channels) {
			touches = append(touches, touch(k, c))
		}
		if err := b.AddDeal(Deal{ID: fmt.Sprint(i), Amount: 1000, Outcome: DealWon, Close: at(9), SelfReported: "Podcast"}, touches); err != nil {
			t.Fatal(err)
		}
	}
	j := b.Journeys()
	got := table(t, j, Channel, Revenue, TableOptions{Models: []string{First, Last, Linear, SelfReported}}).Explain()
	want := map[string]string{
		"LinkedIn": "LinkedIn opens 75% of the journeys, and closes 0% of the journeys: it has 75% of the whole under First touch, nothing under Last touch." +
			" It opens 100% of the journeys that Search closes.",
		"Podcast": "Podcast is what buyers name in 100% of the answers, and opens 0% of the journeys: it has 100% of the whole under Buyers said, nothing under First touch.",
		"Direct": "Direct closes 25% of the journeys, and opens 0% of the journeys: it has 25% of the whole under Last touch, nothing under First touch." +
			" It closes 100% of the journeys that Search opens.",
	}
	for _, d := range got {
		if w, ok := want[d.Value]; ok && w != d.Words {
			t.Errorf("%s\nwant\n%s", d.Words, w)
		}
		delete(want, d.Value)
	}
	if len(want) > 0 || got[0].Value != "Podcast" {
		t.Errorf("%+v; missing %v", got, want)
	}
	for _, m := range models { // every model has something to look at
		f := j.facts(Channel, Revenue)
		if s := f.sees(m.Name, 2); s == "" || strings.Contains(s, "NaN") {
			t.Errorf("%s sees %q", m.Name, s)
		}
	}
	one := table(t, j, Channel, Revenue, TableOptions{Models: []string{Linear}}).Explain()
	if len(one) != 0 {
		t.Errorf("one model disagrees with itself: %v", one)
	}
}
