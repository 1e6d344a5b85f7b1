package metrics

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"millrace"
)

// sound looks at every figure of a report: it has a key, a unit and a rule, a value or a reason, its interval holds the value, and
// the whole can be written as JSON, which NaN and infinities can't.
func sound(t *rapid.T, name string, report any) {
	if _, err := json.Marshal(report); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	walk(t, name, reflect.ValueOf(report))
}

func walk(t *rapid.T, path string, v reflect.Value) {
	switch v.Kind() {
	case reflect.Slice:
		for i := range v.Len() {
			walk(t, fmt.Sprintf("%s[%d]", path, i), v.Index(i))
		}
	case reflect.Struct:
		if f, ok := v.Interface().(Figure); ok {
			soundFigure(t, path, f)
			return
		}
		for i := range v.NumField() {
			walk(t, path+"."+v.Type().Field(i).Name, v.Field(i))
		}
	}
}

func soundFigure(t *rapid.T, path string, f Figure) {
	if f.Key == "" || f.Unit == "" || f.Rule == "" || f.N < 0 || (f.Value == nil) != (f.Undefined != "") {
		t.Fatalf("%s: %+v", path, f)
	}
	if f.Value == nil || f.Interval == nil {
		return
	}
	slack := 1e-9 * (1 + math.Abs(*f.Value))
	// A forecast is a mean and a draw's quantiles need not hold it; a share does, an estimated one to rounding.
	if f.Interval.Method != "simulation" && (f.Interval.Low != nil && *f.Interval.Low > *f.Value+slack || f.Interval.High != nil && *f.Interval.High < *f.Value-slack) {
		t.Fatalf("%s: %v outside of [%v, %v]", path, *f.Value, *f.Interval.Low, *f.Interval.High)
	}
	if f.Interval.Low != nil && f.Interval.High != nil && *f.Interval.Low > *f.Interval.High {
		t.Fatalf("%s: an interval from %v to %v", path, *f.Interval.Low, *f.Interval.High)
	}
}

// world is what all measures take, with all the dirt there is.
type world struct {
	o         Options
	moves     []Move
	deals     []Deal
	dims      []Dim
	spend     []Spend
	credits   []Credit
	contracts []Contract
	period    Period
}

var (
	anyMoment = rapid.Custom(func(t *rapid.T) millrace.Time {
		if rapid.IntRange(0, 9).Draw(t, "undated") == 0 {
			return 0
		}
		return millrace.Time(DayOf(2025, 1, 1))*millrace.Day + millrace.Time(rapid.IntRange(0, 900*24).Draw(t, "hour"))*millrace.Hour
	})
	anyDay   = rapid.Map(rapid.IntRange(0, 800), func(d int) Day { return DayOf(2025, 1, 1) + Day(d) })
	anyMoney = rapid.Custom(func(t *rapid.T) millrace.Money {
		minor := rapid.OneOf(rapid.Int64Range(0, 1_000_000), rapid.SampledFrom([]int64{0, -500, 1, math.MaxInt64, math.MinInt64})).Draw(t, "minor")
		return millrace.Money{Minor: minor, Currency: rapid.SampledFrom([]string{"", "EUR", "USD", "XXX", "JPY"}).Draw(t, "currency")}
	})
	anyName = rapid.SampledFrom([]string{"", "LinkedIn ads", "Google search", "Outbound"})
	anyDeal = rapid.Custom(func(t *rapid.T) Deal {
		d := Deal{Account: int32(rapid.IntRange(-1, 6).Draw(t, "account")), Opened: anyMoment.Draw(t, "opened"), Amount: anyMoney.Draw(t, "amount"),
			HasAmount: rapid.Bool().Draw(t, "has"), Stage: rapid.SampledFrom([]string{"", "demo", "offer"}).Draw(t, "stage"), Expected: NoDay,
			Status: millrace.OpportunityStatus(rapid.IntRange(0, 2).Draw(t, "status")), Expansion: rapid.Bool().Draw(t, "expansion")}
		if d.Status != millrace.OpportunityOpen {
			d.Closed = anyMoment.Draw(t, "closed")
		}
		if rapid.Bool().Draw(t, "steps") {
			d.Steps = []DealStep{{d.Opened, d.Stage}, {anyMoment.Draw(t, "step"), "demo"}}
		}
		return d
	})
)

func anyWorld(t *rapid.T) world {
	rates, _ := NewRates([]Rate{{DayOf(2025, 1, 1), "USD", "EUR", "0.9"}, {DayOf(2025, 6, 1), "EUR", "JPY", "160"}, {DayOf(2025, 6, 1), "USD", "EUR", "x"}}, 300)
	w := world{o: Options{Currency: "EUR", Rates: rates, AsOf: millrace.Time(anyDay.Draw(t, "as of"))*millrace.Day + 1}}
	for range rapid.IntRange(0, 40).Draw(t, "moves") {
		w.moves = append(w.moves, Move{anyMoment.Draw(t, "at"), int32(rapid.IntRange(0, 8).Draw(t, "subject")), int32(rapid.IntRange(-1, 6).Draw(t, "account")),
			millrace.Stage(rapid.IntRange(0, 7).Draw(t, "stage")), false, rapid.IntRange(0, 9).Draw(t, "void") == 0})
	}
	w.deals = rapid.SliceOfN(anyDeal, 0, 40).Draw(t, "deals")
	w.dims = []Dim{{Name: "channel", Labels: []string{"a", "b"}, Code: []int32{0, 1, 1, 0, 5, -1}}, {Name: "nothing"}}
	for range rapid.IntRange(0, 10).Draw(t, "spend") {
		first := anyDay.Draw(t, "first")
		w.spend = append(w.spend, Spend{Period{first, first + Day(rapid.IntRange(-1, 60).Draw(t, "days"))}, anyMoney.Draw(t, "amount"), anyName.Draw(t, "channel"),
			anyName.Draw(t, "campaign")})
	}
	for range rapid.IntRange(0, 20).Draw(t, "credits") {
		w.credits = append(w.credits, Credit{anyMoment.Draw(t, "at"), millrace.Stage(rapid.IntRange(0, 7).Draw(t, "stage")), anyName.Draw(t, "channel"),
			anyName.Draw(t, "campaign"), rapid.SampledFrom([]float64{1, 1, 0.5, 1.0 / 3, 0, -1, math.NaN(), math.Inf(1)}).Draw(t, "share"), rapid.IntRange(-1, 3).Draw(t, "count"), anyMoney.Draw(t, "revenue")})
	}
	for range rapid.IntRange(0, 10).Draw(t, "contracts") {
		c := Contract{int32(rapid.IntRange(0, 5).Draw(t, "customer")), Period{anyDay.Draw(t, "first"), NoDay}, anyMoney.Draw(t, "arr")}
		if rapid.Bool().Draw(t, "ends") {
			c.Last = anyDay.Draw(t, "last")
		}
		w.contracts = append(w.contracts, c)
	}
	first := anyDay.Draw(t, "period")
	w.period = Period{first, first + Day(rapid.IntRange(-1, 200).Draw(t, "days"))}
	return w
}

// measure computes everything there is.
func (w world) measure() map[string]any {
	episodes := Episodes(w.moves, w.deals, millrace.StageMQL, millrace.StageOpportunity, w.o)
	out := map[string]any{
		"mql to sql":         Funnel(Episodes(w.moves, nil, millrace.StageMQL, millrace.StageSQL, w.o), Period{}, nil, w.o),
		"mql to opportunity": Funnel(episodes, Period{}, nil, w.o),
		"in a period":        Funnel(episodes, w.period, nil, w.o),
		"to customer":        Funnel(Episodes(w.moves, w.deals, millrace.StageSQL, millrace.StageCustomer, w.o), Period{}, nil, w.o),
		"recycling":          Funnel(Episodes(w.moves, w.deals, millrace.StageRecycled, millrace.StageMQL, w.o), Period{}, nil, w.o),
		"backwards":          Funnel(Episodes(w.moves, w.deals, millrace.StageMQL, millrace.StageRecycled, w.o), Period{}, nil, w.o),
		"close":              Funnel(DealEpisodes(w.deals, w.o), Period{}, nil, w.o),
		"expansion":          ExpansionPipeline(w.deals, w.o),
		"coverage":           Coverage(w.deals, w.period, millrace.Money{Minor: 5_000_000}, w.o),
	}
	out["flows"], out["flows left"] = Flows(w.moves, w.o)
	out["stays"], out["stays left"] = TimeInStage(w.moves, w.o)
	retention := Retention(w.contracts, w.period, w.o)
	out["retention"] = retention
	economics := UnitEconomics(EconomicsInput{Spend: w.spend, Credits: w.credits, Period: w.period, LagDays: 30, Retention: &retention}, w.o)
	out["economics"] = economics
	rows, left := Deals(w.deals, w.period, Dim{}, w.o)
	out["deals"], out["deals left"] = rows, left
	forecast := Forecast(ForecastInput{Deals: w.deals, Quarter: w.period, Target: millrace.Money{Minor: 5_000_000}, Draws: 20}, rand.New(rand.NewPCG(1, 2)), w.o)
	out["forecast"] = forecast
	in := PlanInput{Target: millrace.Money{Minor: 900_000_000}, Deadline: w.period.Last, Won: Figure{}, Open: forecast.Open}
	for _, c := range economics.Channels {
		in.Channels = append(in.Channels, PlanChannel{Channel: c.Channel, Revenue: float64(c.Revenue.Minor), WinRate: rows[0].WinRate,
			AverageDeal: rows[0].Velocity.AverageDeal, CPL: c.CPL, LeadToMQL: retention.LogoChurn, MQLToOpportunity: retention.GRR, CycleDays: 50, MaxSpend: 1})
	}
	out["plan"] = Plan(in, w.o)
	return out
}

func TestEveryFigureIsSoundWhateverComesIn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t)
		for name, report := range w.measure() {
			sound(t, name, report)
		}
		sound(t, "dimensions", Funnel(Episodes(w.moves, w.deals, millrace.StageMQL, millrace.StageOpportunity, w.o), Period{}, w.dims, w.o))
		rows, _ := Deals(w.deals, w.period, w.dims[0], w.o)
		sound(t, "deals by dimension", rows)
	})
}

func TestTheOrderOfTheInputDoesNotShow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := anyWorld(t)
		before := w.measure()
		w.moves = rapid.Permutation(w.moves).Draw(t, "moves again")
		w.deals = rapid.Permutation(w.deals).Draw(t, "deals again")
		w.spend = rapid.Permutation(w.spend).Draw(t, "spend again")
		w.credits = rapid.Permutation(w.credits).Draw(t, "credits again")
		w.contracts = rapid.Permutation(w.contracts).Draw(t, "contracts again")
		for name, after := range w.measure() {
			if !reflect.DeepEqual(before[name], after) {
				t.Fatalf("%s differs", name)
			}
		}
	})
}

// What isn't there is nothing, in words: no row, no deal, no spend, one deal.
func TestNothingHasARightAnswer(t *testing.T) {
	o := Options{Currency: "EUR", AsOf: millrace.TimeOf(time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC))}
	period := Period{DayOf(2026, 4, 1), DayOf(2026, 6, 30)}
	rows, _ := Deals(nil, period, Dim{}, o)
	retention := Retention(nil, period, o)
	e := UnitEconomics(EconomicsInput{Period: period}, o)
	plan := Plan(PlanInput{Target: millrace.Money{Minor: 100}, Deadline: period.Last}, o)
	for _, c := range []struct {
		f    Figure
		want Undefined
	}{
		{Funnel(EpisodeSet{Key: "mql_to_sql"}, Period{}, nil, o).Total.Rate, NoDenominator}, {rows[0].WinRate, NoDenominator}, {rows[0].Cycle.WonMean, NoData},
		{rows[0].Velocity.Velocity, NoData}, {retention.NRR, NoDenominator}, {retention.LogoChurn, NoDenominator}, {e.Blended.CPL, NoSpend},
		{e.Blended.CAC, NoSpend}, {e.Blended.LTV, NotAsked}, {e.Blended.CPLTrend, TooFew}, {plan.Total.Spend, NoData},
		{Coverage(nil, period, millrace.Money{}, o), NotAsked}, {Coverage(nil, period, millrace.Money{Minor: -5}, o), NotPositive},
	} {
		if c.f.Value != nil || c.f.Undefined != c.want {
			t.Errorf("%s: %v, %s; want %s", c.f.Key, c.f.Value, c.f.Undefined, c.want)
		}
	}
	if len(e.Blended.Months) != 3 || plan.Feasible || len(plan.OutOfReach) != 1 {
		t.Errorf("%d months, plan %+v", len(e.Blended.Months), plan)
	}
	one := []Deal{{Account: -1, Opened: o.AsOf - 40*millrace.Day, Closed: o.AsOf - 10*millrace.Day, Status: millrace.OpportunityWon,
		Amount: millrace.Money{Minor: 500}, HasAmount: true, Expected: NoDay}}
	rows, _ = Deals(one, period, Dim{}, o)
	if r := rows[0]; *r.WinRate.Value != 1 || *r.Cycle.WonMean.Value != 30 || r.Cycle.WonMean.Interval != nil || *r.Velocity.Velocity.Value != 0 {
		t.Errorf("one deal: %+v", r)
	}
	f := Forecast(ForecastInput{Deals: one, Quarter: period}, rand.New(rand.NewPCG(1, 2)), o)
	if f.Won.Minor != 500 || *f.Expected.Value != 500 {
		t.Errorf("one deal: %+v", f)
	}
}
