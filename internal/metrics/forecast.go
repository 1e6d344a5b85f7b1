package metrics

import (
	"cmp"
	"maps"
	"math"
	"math/rand/v2"
	"slices"

	"millrace"
	"millrace/internal/metrics/survival"
)

const (
	enoughClosed = 30  // closed deals that entered a stage, below which its own history is not used
	fewOpen      = 500 // open deals up to which each is drawn by itself; more are drawn as a normal variate
	paceDays     = 90  // days that the pace of opening deals is taken of
)

// history is what became of the deals that were in a stage, or of all deals since they were opened.
type history struct {
	table           survival.Table
	won, closed     int
	event, survival []float64
}

// chance is the probability that a deal of an age is won within the next days, given that it is open: (F(age + days) − F(age)) / S(age).
func (h *history) chance(event, survive []float64, age, days int) float64 {
	if len(event) == 0 || age >= len(event) || days <= 0 || survive[age] <= 1e-12 {
		return 0
	}
	return min(1, max(0, (event[min(age+days, len(event)-1)]-event[age])/survive[age]))
}

// openDeal is a deal that may still be won, or several of one history and age.
type openDeal struct {
	history        *history
	age            int
	deals          int
	amount, square float64 // sum of the amounts and of their squares
}

// forecaster holds what a forecast is made of.
type forecaster struct {
	in      ForecastInput
	o       *Options
	days    *dayReader
	asOf    Day
	remain  int // days left in the quarter after asOf
	all     history
	stages  map[string]*history
	stage   []string     // CRM stages of open deals, alphabetical
	open    [][]openDeal // by stage
	money   []Pipeline
	won     purse
	wonSize []float64 // amounts of won deals
	recent  int       // deals opened within paceDays
	left    tally
}

// Forecast says what the quarter will bring. An open deal's chance to be won by the quarter's last day is the cumulative incidence of winning,
// given its age: days since it entered its CRM stage, learned from the deals that entered it, where 30 of them have closed and the entry
// is known; else days since it was opened, learned from all deals. A deal older than any that was won has none. Deals not opened yet come
// at the pace of the last 90 days. The interval is simulated with rng, holding both the chance of each deal and that the rates are estimates
// (each draw bootstraps the history); the same seed gives the same interval. rng nil gives no interval. Where none was won of fewer than 30
// closed deals, what open ones bring is undefined (TooFew).
func Forecast(in ForecastInput, rng *rand.Rand, o Options) ForecastReport {
	f := newForecaster(in, o)
	f.gather()
	return f.report(rng)
}

// newForecaster has learned from the deals' history.
func newForecaster(in ForecastInput, o Options) *forecaster {
	if in.Draws <= 0 {
		in.Draws = 1000
	}
	if !(in.Level > 0 && in.Level < 1) {
		in.Level = 0.8
	}
	if in.History <= 0 {
		in.History = 730
	}
	f := &forecaster{in: in, o: o.fill(), stages: map[string]*history{}}
	f.days = f.o.Calendar.reader()
	f.asOf = f.days.day(o.AsOf)
	f.remain = int(in.Quarter.Last - f.asOf)
	f.won.o = f.o
	f.learn()
	return f
}

// learn fills the histories.
func (f *forecaster) learn() {
	for i := range f.in.Deals {
		d := &f.in.Deals[i]
		status := d.status(f.o.AsOf)
		opened, closed := f.days.day(d.Opened), f.days.day(d.Closed)
		if status == millrace.OpportunityOpen {
			closed = f.asOf
		}
		switch {
		case d.Opened > f.o.AsOf:
			continue
		case opened == NoDay || closed == NoDay:
			f.left.add("undated")
			continue
		case closed < opened:
			f.left.add("closed_before_opened")
			continue
		}
		if int(f.asOf-opened) < paceDays {
			f.recent++
		}
		if int(f.asOf-opened) > f.in.History {
			continue
		}
		f.all.add(int(closed-opened), status)
		if status == millrace.OpportunityWon && d.HasAmount {
			if minor, ok := f.o.convert(d.Amount, closed); ok {
				f.wonSize = append(f.wonSize, float64(minor))
			}
		}
		f.learnSteps(d, status, closed)
	}
	slices.Sort(f.wonSize)
	f.all.event, f.all.survival = f.all.table.Incidence(nil)
	for _, h := range f.stages {
		h.event, h.survival = h.table.Incidence(nil)
	}
}

func (f *forecaster) learnSteps(d *Deal, status millrace.OpportunityStatus, closed Day) {
	for stage, at := range firstSteps(d, f.o.AsOf) {
		h := f.stages[stage]
		if h == nil {
			h = &history{}
			f.stages[stage] = h
		}
		h.add(max(0, int(closed-f.days.day(at))), status)
	}
}

// firstSteps are a deal's first entries of each CRM stage.
func firstSteps(d *Deal, asOf millrace.Time) map[string]millrace.Time {
	if len(d.Steps) == 0 {
		return nil
	}
	out := make(map[string]millrace.Time, len(d.Steps))
	for _, s := range d.Steps {
		if at, ok := out[s.Stage]; s.At != 0 && s.At <= asOf && (!ok || s.At < at) {
			out[s.Stage] = s.At
		}
	}
	return out
}

// inOrder puts stages in the order in which deals go through them, by their mean place among the dated steps; those without any last.
func (f *forecaster) inOrder(rows []ForecastRow) {
	sum, n := map[string]int{}, map[string]int{}
	for i := range f.in.Deals {
		first := firstSteps(&f.in.Deals[i], f.o.AsOf)
		stages := slices.SortedFunc(maps.Keys(first), func(a, b string) int { return cmp.Or(cmp.Compare(first[a], first[b]), cmp.Compare(a, b)) })
		for place, stage := range stages {
			sum[stage], n[stage] = sum[stage]+place, n[stage]+1
		}
	}
	place := func(r ForecastRow) float64 {
		if n[r.Stage] == 0 {
			return math.Inf(1)
		}
		return float64(sum[r.Stage]) / float64(n[r.Stage])
	}
	slices.SortStableFunc(rows, func(a, b ForecastRow) int { return cmp.Compare(place(a), place(b)) })
}

func (h *history) add(days int, status millrace.OpportunityStatus) {
	switch status {
	case millrace.OpportunityWon:
		h.table.Add(days, survival.Event, 1)
		h.won, h.closed = h.won+1, h.closed+1
	case millrace.OpportunityLost:
		h.table.Add(days, survival.Competing, 1)
		h.closed++
	default:
		h.table.Add(days, survival.Censored, 1)
	}
}

// gather sorts the open deals by stage and adds up what the quarter has won.
func (f *forecaster) gather() {
	byStage := map[string][]*Deal{}
	for i := range f.in.Deals {
		d := &f.in.Deals[i]
		switch status := d.status(f.o.AsOf); {
		case d.Opened > f.o.AsOf:
		case status == millrace.OpportunityOpen:
			byStage[d.Stage] = append(byStage[d.Stage], d)
		case status == millrace.OpportunityWon && f.in.Quarter.Has(f.days.day(d.Closed)):
			if d.HasAmount {
				f.won.add(d.Amount, f.days.day(d.Closed))
			} else {
				f.left.add("no_amount")
			}
		}
	}
	f.stage = slices.Sorted(maps.Keys(byStage))
	for _, stage := range f.stage {
		deals := byStage[stage]
		group := make([]openDeal, 0, len(deals))
		for _, d := range deals {
			if d.Opened == 0 {
				continue // counted as undated by learn
			}
			od, _ := f.openDeal(d)
			group = append(group, od)
		}
		f.open = append(f.open, f.sorted(group))
		f.money = append(f.money, f.o.openPipeline(f.in.Deals, func(d *Deal) bool { return d.Stage == stage }))
	}
}

// openDeal is an open deal as the forecast takes it; ok is false where its amount has no rate, or it has none.
func (f *forecaster) openDeal(d *Deal) (od openDeal, ok bool) {
	od = openDeal{history: &f.all, age: int(f.asOf - f.days.day(d.Opened)), deals: 1}
	if h := f.stages[d.Stage]; h != nil && h.closed >= enoughClosed {
		if at, ok := firstSteps(d, f.o.AsOf)[d.Stage]; ok {
			od.history, od.age = h, int(f.asOf-f.days.day(at))
		}
	}
	if d.HasAmount {
		minor, converted := f.o.convert(d.Amount, f.asOf)
		od.amount, od.square, ok = float64(minor), float64(minor)*float64(minor), converted
	}
	return od, ok
}

// DealChance is what an open deal adds to a forecast: its chance times its amount.
type DealChance struct {
	Deal    int     // its place in ForecastInput.Deals
	Age     int     // days since it entered its stage, or since it was opened
	Basis   string  // "stage" or "all": the history that its chance is learned from
	Chance  float64 // to be won by the quarter's last day
	Amount  *int64  // in the workspace's minor units; nil where it has none, or none with a rate
	Undated bool    // it is open and nobody knows since when: it has no chance that could be told
}

// ForecastDeals says what each open deal adds to Forecast's Open, in the order of the deals.
func ForecastDeals(in ForecastInput, o Options) []DealChance {
	f := newForecaster(in, o)
	var out []DealChance
	for i := range in.Deals {
		d := &in.Deals[i]
		if d.Opened > o.AsOf || d.status(o.AsOf) != millrace.OpportunityOpen {
			continue
		}
		x := DealChance{Deal: i, Basis: "all", Undated: d.Opened == 0}
		od, ok := f.openDeal(d)
		if ok {
			minor := int64(od.amount)
			x.Amount = &minor
		}
		if !x.Undated {
			if x.Age, x.Chance = od.age, od.history.chance(od.history.event, od.history.survival, od.age, f.remain); od.history != &f.all {
				x.Basis = "stage"
			}
		}
		out = append(out, x)
	}
	return out
}

// sorted orders a group, so that the order of the deals doesn't show in the draws, and puts deals of one history and age together when
// there are too many to draw each.
func (f *forecaster) sorted(group []openDeal) []openDeal {
	own := func(d openDeal) int {
		if d.history == &f.all {
			return 0
		}
		return 1
	}
	slices.SortFunc(group, func(a, b openDeal) int {
		return cmp.Or(own(a)-own(b), cmp.Compare(a.age, b.age), cmp.Compare(a.amount, b.amount))
	})
	if len(group) <= fewOpen {
		return group
	}
	out := group[:0]
	for _, d := range group {
		if n := len(out); n > 0 && out[n-1].history == d.history && out[n-1].age == d.age {
			out[n-1].deals, out[n-1].amount, out[n-1].square = out[n-1].deals+1, out[n-1].amount+d.amount, out[n-1].square+d.square
			continue
		}
		out = append(out, d)
	}
	return out
}

// report puts the forecast together.
func (f *forecaster) report(rng *rand.Rand) ForecastReport {
	out := ForecastReport{Quarter: f.in.Quarter, Won: f.won.total(), LeftOut: f.left.list()}
	out.LeftOut = append(out.LeftOut, out.Won.leftOut()...)
	out.Open = f.expectation("forecast_open", "amount × chance to be won by the quarter's last day, given the deal's age, summed over open deals")
	for i, stage := range f.stage {
		row := f.row(i, stage)
		out.Stages = append(out.Stages, row)
		out.Open.N += row.Deals
		out.Open.LeftOut = append(out.Open.LeftOut, row.Expected.LeftOut...)
		out.Open.Caveats = append(out.Open.Caveats, row.Expected.Caveats...)
		*out.Open.Value += row.Expected.or(0)
	}
	out.Open.LeftOut, out.Open.Caveats = merged(out.Open.LeftOut), slices.Compact(slices.Sorted(slices.Values(out.Open.Caveats)))
	out.NotYet = f.expectation("forecast_not_yet", "deals opened a day in the last 90 days × chance of one opened on each day left to be won by the last × mean won amount")
	out.NotYet.N, out.Pace = f.recent, Period{f.asOf - paceDays + 1, f.asOf}
	out.NotYet.set(f.notYet(f.all.event, float64(f.recent)/paceDays) * meanOf(f.wonSize))
	out.Expected = f.expectation("forecast", "won so far + expected of open deals + expected of deals not opened yet")
	out.Expected.N = out.Open.N + out.Won.Rows
	out.Expected.LeftOut, out.Expected.Caveats = merged(append(slices.Clone(out.LeftOut), out.Open.LeftOut...)), out.Open.Caveats
	out.Expected.set(float64(out.Won.Minor) + *out.Open.Value + *out.NotYet.Value)
	within := f.o.openPipeline(f.in.Deals, func(d *Deal) bool { return d.Expected == NoDay || d.Expected <= f.in.Quarter.Last })
	out.Coverage = f.o.coverage(within, out.Won, f.in.Target, f.asOf)
	out.OnTarget = Figure{Key: "on_target", Unit: UnitRatio, Rule: "share of simulated quarters that reach the target", Undefined: NotAsked}
	switch {
	case out.Won.Overflow:
		out.Expected.Value, out.Expected.Undefined = nil, Overflow
	case len(f.in.Deals) == 0:
		out.untold(NoData)
	case f.unlearned():
		out.untold(TooFew)
	case rng != nil:
		f.simulate(&out, rng)
	}
	f.inOrder(out.Stages)
	return out
}

// unlearned says whether deals may still be won though too few have closed to tell how often that happens: with none won of fewer than
// enoughClosed, a forecast of 0 would say that none ever will.
func (f *forecaster) unlearned() bool {
	return f.all.won == 0 && f.all.closed < enoughClosed && (f.recent > 0 || slices.ContainsFunc(f.open, func(group []openDeal) bool { return len(group) > 0 }))
}

// untold takes back what the deals can't tell, and says why.
func (r *ForecastReport) untold(why Undefined) {
	figures := []*Figure{&r.Open, &r.NotYet, &r.Expected}
	for i := range r.Stages {
		figures = append(figures, &r.Stages[i].Expected, &r.Stages[i].ByEnd)
	}
	for _, x := range figures {
		x.Value, x.Numerator, x.Denominator, x.Undefined = nil, nil, nil, why
	}
}

// expectation is a figure of money that starts at 0.
func (f *forecaster) expectation(key, rule string) Figure {
	return Figure{Key: key, Unit: UnitMoney, Currency: f.o.Currency, Value: number(0), Rule: rule}
}

// row is the forecast of one stage.
func (f *forecaster) row(i int, stage string) ForecastRow {
	r := ForecastRow{Stage: stage, Deals: f.money[i].Deals, Amount: f.money[i].Amount, Basis: "all"}
	h := &f.all
	for _, d := range f.open[i] {
		if d.history != h {
			h, r.Basis = d.history, "stage"
			break
		}
	}
	r.WinRate = f.o.share("stage_win_rate", "won / closed of the deals that entered the stage", h.won, h.closed)
	if r.Basis == "all" {
		r.WinRate.Rule = "won / closed of all deals: too few that entered the stage have closed"
	}
	r.Expected = f.expectation("forecast_stage", "amount × chance to be won by the quarter's last day, given the deal's age")
	r.Expected.N, r.Expected.LeftOut = r.Deals, f.money[i].LeftOut
	sum, deals, old, expected := 0.0, 0, 0, 0.0
	for _, d := range f.open[i] {
		p := d.history.chance(d.history.event, d.history.survival, d.age, f.remain)
		sum, deals = sum+p*float64(d.deals), deals+d.deals
		if e := d.history.event; d.age >= len(e) || e[len(e)-1]-e[d.age] <= 1e-12 {
			old += d.deals
		}
		expected += p * d.amount
	}
	r.Expected.set(expected)
	if old > 0 {
		r.Expected.Caveats = []string{"older_than_any_won"}
	}
	r.ByEnd = Figure{Key: "stage_by_end", Unit: UnitRatio, N: deals, Rule: "mean chance to be won by the quarter's last day"}
	r.ByEnd.over(sum, float64(deals))
	return r
}

// notYet is how many deals that are not opened yet will be won in the quarter.
func (f *forecaster) notYet(event []float64, perDay float64) float64 {
	n := 0.0
	for left := range f.remain { // a deal opened with so many days left
		if len(event) > 0 {
			n += perDay * event[min(left, len(event)-1)]
		}
	}
	return n
}

func meanOf(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum / float64(max(1, len(values)))
}

// simulate draws the quarter and gives the figures their intervals.
func (f *forecaster) simulate(out *ForecastReport, rng *rand.Rand) {
	n := f.in.Draws
	stages := make([][]float64, len(f.stage))
	var open, notYet, total []float64
	for range n {
		curves := map[*history][2][]float64{}
		sum := 0.0
		for i, group := range f.open {
			x := f.draw(group, curves, rng)
			stages[i] = append(stages[i], x)
			sum += x
		}
		more := f.drawNotYet(f.curve(&f.all, curves, rng)[0], rng)
		open, notYet, total = append(open, sum), append(notYet, more), append(total, float64(out.Won.Minor)+sum+more)
	}
	for i := range stages {
		f.spread(&out.Stages[i].Expected, stages[i])
	}
	f.spread(&out.Open, open)
	f.spread(&out.NotYet, notYet)
	f.spread(&out.Expected, total)
	if goal, ok := f.o.convert(f.in.Target, f.asOf); ok && f.in.Target.Minor != 0 {
		reached := 0
		for _, x := range total {
			if x >= float64(goal) {
				reached++
			}
		}
		out.OnTarget.Undefined, out.OnTarget.N = "", n
		out.OnTarget.over(float64(reached), float64(n))
	} else if f.in.Target.Minor != 0 {
		out.OnTarget.Undefined = NoRate
	}
}

// curve is the draw's curve of a history.
func (f *forecaster) curve(h *history, curves map[*history][2][]float64, rng *rand.Rand) [2][]float64 {
	c, ok := curves[h]
	if !ok {
		event, survive := h.table.Incidence(rng)
		c = [2][]float64{event, survive}
		curves[h] = c
	}
	return c
}

// draw is what a group of open deals brings in one draw.
func (f *forecaster) draw(group []openDeal, curves map[*history][2][]float64, rng *rand.Rand) float64 {
	sum, variance := 0.0, 0.0
	var last *history
	var c [2][]float64
	for _, d := range group {
		if d.history != last {
			last, c = d.history, f.curve(d.history, curves, rng)
		}
		p := d.history.chance(c[0], c[1], d.age, f.remain)
		if d.deals > 1 {
			sum, variance = sum+p*d.amount, variance+p*(1-p)*d.square
		} else if rng.Float64() < p {
			sum += d.amount
		}
	}
	if variance > 0 {
		sum += math.Sqrt(variance) * rng.NormFloat64()
	}
	return sum
}

// drawNotYet is what deals not opened yet bring in one draw.
func (f *forecaster) drawNotYet(event []float64, rng *rand.Rand) float64 {
	if len(f.wonSize) == 0 {
		return 0
	}
	sum := 0.0
	for range survival.DrawPoisson(f.notYet(event, survival.Gamma(f.recent, rng)/paceDays), rng) {
		sum += f.wonSize[rng.IntN(len(f.wonSize))]
	}
	return sum
}

// spread gives a figure the interval of its draws, which it sorts.
func (f *forecaster) spread(fig *Figure, draws []float64) {
	slices.Sort(draws)
	at := func(p float64) float64 { return draws[int(math.Round(p*float64(len(draws)-1)))] }
	fig.between(at((1-f.in.Level)/2), at((1+f.in.Level)/2), f.in.Level, "simulation")
}

// merged adds up what is left out for one reason.
func merged(list []LeftOut) []LeftOut {
	var out []LeftOut
	for _, l := range list {
		i := slices.IndexFunc(out, func(x LeftOut) bool { return x.Reason == l.Reason })
		if i < 0 {
			l.Money = slices.Clone(l.Money)
			out = append(out, l)
			continue
		}
		out[i].Count += l.Count
		for _, m := range l.Money {
			if k := slices.IndexFunc(out[i].Money, func(x Amount) bool { return x.Currency == m.Currency }); k >= 0 {
				out[i].Money[k].Minor += m.Minor
			} else {
				out[i].Money = append(out[i].Money, m)
			}
		}
	}
	return out
}
