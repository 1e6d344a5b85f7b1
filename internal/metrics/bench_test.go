package metrics

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"millrace"
)

const benchContacts, benchDeals = 1_000_000, 20_000

var benchAsOf = millrace.TimeOf(time.Date(2026, 7, 1, 9, 0, 0, 0, time.UTC))

// benchHistory is a million contacts that became MQLs within two years, each with what came of it, sorted as the log gives them, and 20,000 deals.
func benchHistory() (moves []Move, deals []Deal) {
	rng := rand.New(rand.NewPCG(1, 2))
	start := benchAsOf - 730*millrace.Day
	for c := range int32(benchContacts) {
		at := start + millrace.Time(rng.Int64N(int64(720*millrace.Day)))
		m := Move{At: at, Subject: c, Account: c / 5, Stage: millrace.StageMQL}
		moves = append(moves, m)
		m.At += millrace.Time(rng.Int64N(int64(120 * millrace.Day)))
		switch x := rng.Float64(); {
		case x < 0.2:
			m.Stage = millrace.StageSQL
		case x < 0.7:
			m.Stage = millrace.StageRecycled
		default:
			continue
		}
		moves = append(moves, m)
	}
	for i := range benchDeals {
		d := Deal{Account: int32(rng.IntN(benchContacts / 5)), Opened: start + millrace.Time(rng.Int64N(int64(720*millrace.Day))), Expected: NoDay,
			Stage: fmt.Sprint("stage ", i%6), Amount: millrace.Money{Minor: 1_000_000 + rng.Int64N(5_000_000)}, HasAmount: true}
		d.Closed = d.Opened + millrace.Time(rng.Int64N(int64(150*millrace.Day)))
		if d.Status = millrace.OpportunityStatus(1 + rng.IntN(2)); d.Closed > benchAsOf {
			d.Status, d.Closed = millrace.OpportunityOpen, 0
		}
		deals = append(deals, d)
	}
	return moves, deals
}

func benchDims(rows int) []Dim {
	var dims []Dim
	for _, d := range []struct {
		name string
		n    int
	}{{"channel", 12}, {"campaign", 400}, {"segment", 5}, {"persona", 6}, {"owner", 80}, {"grade", 4}} {
		dim := Dim{Name: d.name, Code: make([]int32, rows)}
		for i := range d.n {
			dim.Labels = append(dim.Labels, fmt.Sprint(d.name, i))
		}
		for i := range dim.Code {
			dim.Code[i] = int32(i*7919%104_729) % int32(d.n)
		}
		dims = append(dims, dim)
	}
	return dims
}

// BenchmarkFunnels measures MQL to SQL, MQL to opportunity and opportunity to close, whole, by month and by six dimensions, against one
// plain pass over the same moves, in the same run.
func BenchmarkFunnels(b *testing.B) {
	moves, deals := benchHistory()
	dims, dealDims := benchDims(len(moves)), benchDims(len(deals))
	o := Options{AsOf: benchAsOf}
	var plain, full time.Duration
	b.ResetTimer()
	for b.Loop() {
		begun := time.Now()
		entered, seen := 0, int64(0)
		for i := range moves {
			if moves[i].Stage == millrace.StageMQL {
				entered++
			}
			seen += int64(moves[i].At)
		}
		if entered != benchContacts || seen == 0 {
			b.Fatal(entered)
		}
		plain += time.Since(begun)
		begun = time.Now()
		toSQL := Funnel(Episodes(moves, nil, millrace.StageMQL, millrace.StageSQL, o), Period{}, dims, o)
		toOpportunity := Funnel(Episodes(moves, deals, millrace.StageMQL, millrace.StageOpportunity, o), Period{}, dims, o)
		toClose := Funnel(DealEpisodes(deals, o), Period{}, dealDims, o)
		if toSQL.Total.Entered != benchContacts || toOpportunity.Total.Converted == 0 || toClose.Total.Entered != benchDeals {
			b.Fatal("wrong")
		}
		full += time.Since(begun)
	}
	b.ReportMetric(float64(full.Milliseconds())/float64(b.N), "ms/funnels")
	b.ReportMetric(float64(full)/float64(plain), "×plain")
}

// BenchmarkForecast forecasts a quarter from 20,000 deals with a thousand draws.
func BenchmarkForecast(b *testing.B) {
	_, deals := benchHistory()
	o := Options{AsOf: benchAsOf}
	for b.Loop() {
		Forecast(ForecastInput{Deals: deals, Quarter: Period{DayOf(2026, 7, 1), DayOf(2026, 9, 30)}}, rand.New(rand.NewPCG(1, 2)), o)
	}
}

// BenchmarkUnitEconomics measures a year of 20,000 costs and 300,000 credits.
func BenchmarkUnitEconomics(b *testing.B) {
	in := EconomicsInput{Period: Period{DayOf(2025, 7, 1), DayOf(2026, 6, 30)}, LagDays: 45}
	for i := range 20_000 {
		d := in.Period.First + Day(i%365)
		in.Spend = append(in.Spend, Spend{Period: Period{d, d}, Amount: millrace.Money{Minor: int64(i)}, Channel: fmt.Sprint(i % 12), Campaign: fmt.Sprint(i % 400)})
	}
	for i := range 300_000 {
		in.Credits = append(in.Credits, Credit{At: benchAsOf - millrace.Time(i%360)*millrace.Day, Stage: kinds[i%5], Channel: fmt.Sprint(i % 12),
			Campaign: fmt.Sprint(i % 400), Share: 0.5})
	}
	for b.Loop() {
		UnitEconomics(in, Options{AsOf: benchAsOf})
	}
}
