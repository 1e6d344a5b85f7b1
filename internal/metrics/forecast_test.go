package metrics

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"

	"millrace"
)

// drawDeals draws more than a year of deals that close at a constant rate a day, 30% of them won, each of them of 1,000 to 9,000; what closes after the
// clock is open then. wonBy adds up what is truly won in the days after the clock.
func drawDeals(rng *rand.Rand, clock, days int) (deals []Deal, wonBy int64) {
	for opened := range clock + days {
		for range 3 {
			length := int(rng.ExpFloat64() * 50)
			d := Deal{Account: -1, Opened: on(opened), Closed: on(opened + length), Status: millrace.OpportunityLost, Stage: "demo", Expected: NoDay,
				Amount: millrace.Money{Minor: 100_000 + rng.Int64N(800_000)}, HasAmount: true}
			if rng.Float64() < 0.3 {
				d.Status = millrace.OpportunityWon
				if opened+length > clock && opened+length <= clock+days {
					wonBy += d.Amount.Minor
				}
			}
			deals = append(deals, d) // the clock hides what is still to come
		}
	}
	return deals, wonBy
}

// The 80% interval holds the truth about as often as it says, over 200 markets.
func TestForecastHoldsTheTruth(t *testing.T) {
	const markets, clock, days = 200, 400, 60
	held, low, high := 0, 0, 0
	expected, truth := 0.0, 0.0
	for seed := range uint64(markets) {
		rng := rand.New(rand.NewPCG(seed, 7))
		deals, won := drawDeals(rng, clock, days)
		f := Forecast(ForecastInput{Deals: deals, Quarter: Period{20_000 + clock + 1, 20_000 + clock + days}, Draws: 200}, rng, Options{AsOf: on(clock)})
		expected, truth = expected+*f.Expected.Value, truth+float64(won)
		switch x := float64(won); {
		case x < *f.Expected.Interval.Low:
			low++
		case x > *f.Expected.Interval.High:
			high++
		default:
			held++
		}
	}
	if held < markets*72/100 || held > markets*88/100 || math.Abs(expected/truth-1) > 0.03 {
		t.Errorf("held %d of %d, truth below %d, above %d; expected %v of the truth", held, markets, low, high, expected/truth)
	}
}

// With none won of a few closed deals, what open ones bring isn't 0 but not known; with none open nothing is to come, and without a deal nothing is known.
func TestForecastOfTooFewDeals(t *testing.T) {
	deal := func(opened, closed int, status millrace.OpportunityStatus) Deal {
		d := Deal{Account: -1, Opened: on(opened), Status: status, Stage: "demo", Expected: NoDay, Amount: millrace.Money{Minor: 1_000_000}, HasAmount: true}
		if status != millrace.OpportunityOpen {
			d.Closed = on(closed)
		}
		return d
	}
	open := deal(90, 0, millrace.OpportunityOpen)
	lost := make([]Deal, enoughClosed)
	for i := range lost {
		lost[i] = deal(10+i, 30+i, millrace.OpportunityLost)
	}
	for name, x := range map[string]struct {
		deals []Deal
		known bool
		why   Undefined
	}{
		"one open deal":               {[]Deal{open}, false, TooFew},
		"an open deal, two lost ones": {append(slices.Clone(lost[:2]), open), false, TooFew},
		"one won":                     {append(slices.Clone(lost[:2]), deal(10, 40, millrace.OpportunityWon), open), true, ""},
		"none won of many":            {append(slices.Clone(lost), open), true, ""},
		"nothing open or new":         {lost[:1], true, ""},
		"no deal":                     {nil, false, NoData},
	} {
		f := Forecast(ForecastInput{Deals: x.deals, Quarter: Period{20_101, 20_190}, Target: millrace.Money{Minor: 500_000}, Draws: 50}, rand.New(rand.NewPCG(1, 1)), Options{AsOf: on(100)})
		all := []Figure{f.Expected, f.Open, f.NotYet}
		for _, s := range f.Stages {
			all = append(all, s.Expected)
		}
		for _, g := range all {
			if known := g.Value != nil; known != x.known || g.Undefined != x.why || !known && g.Interval != nil {
				t.Errorf("%s: %s is %+v", name, g.Key, g)
			}
		}
	}
}

func TestForecastByStage(t *testing.T) {
	var deals []Deal
	for i := range 40 { // demo: a quarter is won, 20 days after; offer: three quarters, 10 days after it
		d := Deal{Account: -1, Opened: on(i), Closed: on(i + 20), Status: millrace.OpportunityLost, Expected: NoDay, Steps: []DealStep{{on(i), "demo"}}}
		if i%4 == 0 {
			d.Status = millrace.OpportunityWon
		}
		deals = append(deals, d)
		d.Closed, d.Status, d.Steps = on(i+10), millrace.OpportunityWon, []DealStep{{on(i), "offer"}}
		if i%4 == 0 {
			d.Status = millrace.OpportunityLost
		}
		deals = append(deals, d)
	}
	open := Deal{Account: -1, Opened: on(95), Expected: NoDay, Amount: millrace.Money{Minor: 1000}, HasAmount: true}
	for _, stage := range []string{"demo", "offer", "new"} {
		open.Stage, open.Steps = stage, []DealStep{{on(95), stage}}
		deals = append(deals, open)
	}
	open.Opened, open.Stage, open.HasAmount, open.Steps = on(1), "demo", false, nil
	deals = append(deals, open)
	in := ForecastInput{Deals: deals, Quarter: Period{20_080, 20_170}, Target: millrace.Money{Minor: 1500}}
	f := Forecast(in, rand.New(rand.NewPCG(1, 2)), Options{AsOf: on(100)})
	got := ""
	for _, s := range f.Stages {
		got += fmt.Sprintf("%s %s %s %s %v %v; ", s.Stage, s.Basis, say(*s.WinRate.Value, UnitRatio, ""), say(*s.Expected.Value, UnitCount, ""), s.Expected.Caveats,
			s.Expected.LeftOut)
	}
	// New has no history: of all 84 deals, 81 lasted 10 days or more, of which 30 were won then and 10 after 20 days.
	want := "demo stage 25.0% 250 [older_than_any_won] [{no_amount 1 []}]; new all 50.0% 493.8 [] []; offer stage 75.0% 750 [] []; "
	if got != want || math.Abs(*f.Open.Value-1000-1000*40.0/81) > 1e-9 {
		t.Errorf("got  %s\nwant %s\nopen %v", got, want, *f.Open.Value)
	}
	if again := Forecast(in, rand.New(rand.NewPCG(1, 2)), Options{AsOf: on(100)}); !reflect.DeepEqual(f, again) {
		t.Error("the same seed gives the same forecast")
	}
	if none := Forecast(in, nil, Options{AsOf: on(100)}); none.Expected.Interval != nil || none.OnTarget.Undefined != NotAsked {
		t.Errorf("%+v", none.Expected)
	}
	if over := Forecast(in, nil, Options{AsOf: on(200)}); *over.Open.Value != 0 || *over.NotYet.Value != 0 {
		t.Errorf("after the quarter nothing more comes: %+v", over)
	}
}

// Stages stand as deals go through them, not by the alphabet; one that no step names is last.
func TestStagesInTheirOrder(t *testing.T) {
	on := func(day int) millrace.Time { return millrace.Time(20_000+day) * millrace.Time(86_400_000_000) }
	var deals []Deal
	for i, stage := range []string{"qualification", "negotiation", "discovery", "unheard"} {
		d := Deal{Account: -1, Opened: on(i), Expected: NoDay, Stage: stage, Steps: []DealStep{{on(10), "discovery"}, {on(20), "qualification"}, {on(30), "negotiation"}}}
		if stage == "discovery" {
			d.Steps = []DealStep{{on(10), "discovery"}, {on(25), "negotiation"}, {on(26), "qualification"}} // one goes another way
		}
		deals = append(deals, d)
	}
	f := Forecast(ForecastInput{Deals: deals, Quarter: Period{20_080, 20_170}}, nil, Options{AsOf: on(100)})
	got := []string{}
	for _, s := range f.Stages {
		got = append(got, s.Stage)
	}
	if want := []string{"discovery", "qualification", "negotiation", "unheard"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// More than 500 open deals are drawn as a normal variate: nearly the same interval as one by one.
func TestForecastOfManyDeals(t *testing.T) {
	group := []openDeal{}
	h := &history{}
	for i := range 1000 {
		h.add(i%50, millrace.OpportunityStatus(1+i%2))
	}
	f := forecaster{remain: 40}
	for i := range 400 {
		group = append(group, openDeal{history: h, age: i % 20, deals: 1, amount: 100, square: 100 * 100})
	}
	spread := func(group []openDeal) (mean, sd float64) {
		rng := rand.New(rand.NewPCG(3, 4))
		var square float64
		for range 2000 {
			x := f.draw(group, map[*history][2][]float64{}, rng)
			mean, square = mean+x/2000, square+x*x/2000
		}
		return mean, math.Sqrt(square - mean*mean)
	}
	m1, s1 := spread(group)
	var cells []openDeal
	for age := range 20 {
		cells = append(cells, openDeal{history: h, age: age, deals: 20, amount: 2000, square: 20 * 100 * 100})
	}
	m2, s2 := spread(cells)
	if math.Abs(m1/m2-1) > 0.01 || math.Abs(s1/s2-1) > 0.06 {
		t.Errorf("%v ± %v one by one, %v ± %v together", m1, s1, m2, s2)
	}
}
