package metrics

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"millrace"
	"millrace/internal/metrics/survival"
)

// maxSpan is the longest span of a cost in days; a longer one is an error in the file.
const maxSpan = 3660

// kinds are the results that are counted, in the order of counts.
var kinds = [...]millrace.Stage{millrace.StageLead, millrace.StageMQL, millrace.StageSQL, millrace.StageOpportunity, millrace.StageCustomer}

// counts are results by kind, as sums of shares. Shares are added in billionths, so that their order doesn't show.
type counts [len(kinds)]int64

const whole = 1_000_000_000

// of is a kind's results to the millionth: three thirds are one.
func (c *counts) of(kind int) float64 { return math.Round(float64(c[kind])/1000) / (whole / 1000) }

// ledger is the spend and the results of a channel, a campaign or everything.
type ledger struct {
	channel, campaign      string
	spend, lagged, revenue purse
	results                counts
	months                 []monthly
}

type monthly struct {
	spend   purse
	results counts
}

// books keeps the ledgers.
type books struct {
	untied bool // of no opportunity the channel is known
	in     EconomicsInput
	o      *Options
	lag    Period // the period that the lagged figures take the spend of
	months []Month
	spans  []Period                 // what of the months lies in the period
	by     map[[3]string]*ledger    // "all", "channel" or "campaign"; channel; campaign
	found  map[[2]string][3]*ledger // those that a channel and campaign are entered in
}

func (b *books) ledger(kind, channel, campaign string) *ledger {
	key := [3]string{kind, channel, campaign}
	l := b.by[key]
	if l == nil {
		p := purse{o: b.o}
		l = &ledger{channel: channel, campaign: campaign, spend: p, lagged: p, revenue: p, months: make([]monthly, len(b.months))}
		for i := range l.months {
			l.months[i].spend.o = b.o
		}
		b.by[key] = l
	}
	return l
}

// each calls f with the ledgers that a channel and campaign are entered in.
func (b *books) each(channel, campaign string, f func(l *ledger)) {
	key := [2]string{channel, campaign}
	three, ok := b.found[key]
	if !ok {
		three = [3]*ledger{b.ledger("all", "", ""), b.ledger("channel", channel, ""), b.ledger("campaign", channel, campaign)}
		b.found[key] = three
	}
	for _, l := range three {
		f(l)
	}
}

// UnitEconomics measures what leads, MQLs, SQLs, opportunities and customers cost, blended, by channel and by campaign. A row that has spend
// and no results, or results and no spend, is there. Spend of a span of days that is reversed or longer than ten years, undated credits, and
// credits whose share is not a number from 0 to 1, are left out and counted.
func UnitEconomics(in EconomicsInput, o Options) Economics {
	b := books{in: in, o: o.fill(), months: in.Period.Months(), by: map[[3]string]*ledger{},
		found: map[[2]string][3]*ledger{}}
	b.spans = monthsOf(in.Period, b.months)
	lag := Day(max(0, in.LagDays))
	b.lag = Period{in.Period.First - lag, in.Period.Last - lag}
	b.ledger("all", "", "")
	var left tally
	for i := range in.Spend {
		b.enterSpend(&in.Spend[i], &left)
	}
	days := b.o.Calendar.reader()
	b.untied = untied(in.Credits)
	for i := range in.Credits {
		b.enterCredit(&in.Credits[i], days, &left)
	}
	out := Economics{LeftOut: left.list()}
	for _, key := range slices.SortedFunc(maps.Keys(b.by), func(x, y [3]string) int { return slices.Compare(x[:], y[:]) }) {
		row := b.row(b.by[key])
		switch key[0] {
		case "all":
			out.Blended = row
		case "channel":
			out.Channels = append(out.Channels, row)
		default:
			out.Campaigns = append(out.Campaigns, row)
		}
	}
	for _, rows := range [][]CostRow{out.Channels, out.Campaigns} {
		slices.SortStableFunc(rows, func(x, y CostRow) int { return cmp.Compare(y.Spend.Minor, x.Spend.Minor) })
	}
	return out
}

func (b *books) enterSpend(s *Spend, left *tally) {
	switch {
	case s.First == NoDay || s.Last == NoDay:
		left.add("undated")
		return
	case s.Days() == 0 || s.Days() > maxSpan:
		left.add("bad_span")
		return
	}
	if s.cut(b.in.Period).Days() == 0 && s.cut(b.lag).Days() == 0 {
		return
	}
	from, to := touched(s, b.in.Period, b.months)
	b.each(s.Channel, s.Campaign, func(l *ledger) {
		l.spend.spend(s, b.in.Period)
		l.lagged.spend(s, b.lag)
		for i := from; i < to; i++ {
			l.months[i].spend.spend(s, b.spans[i])
		}
	})
}

func (b *books) enterCredit(c *Credit, days *dayReader, left *tally) {
	kind := slices.Index(kinds[:], c.Stage)
	day := days.day(c.At)
	switch {
	case kind < 0:
		left.add("other_stage")
		return
	case day == NoDay:
		left.addN("undated", max(1, c.Count))
		return
	case !(c.Share >= 0 && c.Share <= 1):
		left.add("bad_share")
		return
	}
	if c.At > b.o.AsOf || !b.in.Period.Has(day) {
		return
	}
	share := int64(math.Round(c.Share*whole)) * int64(max(1, c.Count))
	b.each(c.Channel, c.Campaign, func(l *ledger) {
		l.results[kind] += share
		if len(b.months) > 0 {
			l.months[day.Month()-b.months[0]].results[kind] += share
		}
		if c.Stage == millrace.StageCustomer {
			l.revenue.add(c.Revenue, day)
		}
	})
}

// row is what a ledger measures.
func (b *books) row(l *ledger) CostRow {
	o := b.o
	spend, lagged := l.spend.total(), l.lagged.total()
	r := CostRow{Channel: l.channel, Campaign: l.campaign, Spend: spend, Revenue: l.revenue.total()}
	r.Leads, r.MQLs, r.SQLs, r.Opportunities, r.Customers = l.results.of(0), l.results.of(1), l.results.of(2), l.results.of(3), l.results.of(4)
	if r.Opportunities+r.Customers == 0 {
		r.Untold = b.unknown(l)
	}
	if b.in.NoPeople && r.Leads+r.MQLs+r.SQLs == 0 {
		r.UntoldLeads = NoPeople
	}
	r.CPL = b.met(o.cost("cpl", "spend / leads", spend, r.Leads, l.channel))
	r.CostPerMQL = b.met(o.cost("cost_per_mql", "spend / MQLs", spend, r.MQLs, l.channel))
	r.CostPerSQL = b.met(o.cost("cost_per_sql", "spend / SQLs", spend, r.SQLs, l.channel))
	r.CostPerOpportunity = b.told(l, o.cost("cost_per_opportunity", "spend / opportunities opened", spend, r.Opportunities, l.channel))
	r.CAC = b.told(l, o.cost("cac", "spend / customers won", spend, r.Customers, l.channel))
	r.ROI = o.roi("roi", "(revenue won × margin − spend) / spend", spend, r, b.unknown(l), &b.in)
	if b.in.LagDays > 0 {
		earlier := " of " + itoa(b.in.LagDays) + " days earlier"
		r.LaggedCAC = b.told(l, o.cost("lagged_cac", "spend"+earlier+" / customers won", lagged, r.Customers, l.channel))
		r.LaggedROI = o.roi("lagged_roi", "(revenue won × margin − spend"+earlier+") / that spend", lagged, r, b.unknown(l), &b.in)
	} else {
		r.LaggedCAC = Figure{Key: "lagged_cac", Unit: UnitMoney, Currency: o.Currency, Undefined: NotAsked, Rule: "spend of a lag earlier / customers won"}
		r.LaggedROI = Figure{Key: "lagged_roi", Unit: UnitRatio, Undefined: NotAsked, Rule: "(revenue won × margin − spend of a lag earlier) / that spend"}
	}
	b.lifetime(&r)
	var cpl, cac []Figure
	for i, m := range b.months {
		t := l.months[i].spend.total()
		c := l.months[i].results
		month := CostMonth{Month: m, Spend: t, Leads: c.of(0), MQLs: c.of(1), SQLs: c.of(2), Opportunities: c.of(3), Customers: c.of(4)}
		month.CPL = b.met(o.cost("cpl", "spend / leads", t, month.Leads, l.channel))
		month.CAC = b.told(l, o.cost("cac", "spend / customers won", t, month.Customers, l.channel))
		r.Months, cpl, cac = append(r.Months, month), append(cpl, month.CPL), append(cac, month.CAC)
	}
	r.CPLTrend, r.CACTrend = Trend("cpl_trend", cpl, *o), Trend("cac_trend", cac, *o)
	return r
}

// cost is spend over results. The interval is that of the number of results, a Poisson count, at the spend as it was: with spend and no
// results its lower end says what one costs at least.
func (o *Options) cost(key, rule string, spend Total, results float64, segment string) Figure {
	f := Figure{Key: key, Unit: UnitMoney, Currency: o.Currency, N: int(math.Round(results)), Rule: rule, LeftOut: spend.leftOut(), Caveats: spend.caveats()}
	if f.Undefined = spend.undefined(); f.Undefined != "" {
		f.Denominator = number(results)
		return f
	}
	f.over(float64(spend.Minor), results)
	switch {
	case spend.Rows == 0:
		f.Value, f.Undefined = nil, NoSpend
	case spend.Minor < 0:
		f.Value, f.Undefined = nil, NotPositive
	default:
		few, many := survival.Poisson(results, o.Level)
		f.between(float64(spend.Minor)/many, float64(spend.Minor)/few, o.Level, "poisson")
	}
	o.judge(&f, segment)
	return f
}

// untied says whether there are opportunities, of none of which the channel is known.
func untied(credits []Credit) bool {
	some := false
	for i := range credits {
		if c := &credits[i]; c.Stage == millrace.StageOpportunity || c.Stage == millrace.StageCustomer {
			if c.Channel != "" {
				return false
			}
			some = true
		}
	}
	return some
}

// unknown is why it can't be told what came of a ledger's money, "" where it can.
func (b *books) unknown(l *ledger) Undefined {
	switch {
	case b.in.NoDeals:
		return NoDeals
	case b.untied && l.channel != "":
		return NoTouches
	}
	return ""
}

// told is what one of something costs that comes of deals: where these can't be told, it can't be told even from what one costs at least.
func (b *books) told(l *ledger, f Figure) Figure {
	if why := b.unknown(l); why != "" && f.Undefined == NoDenominator {
		f.Undefined, f.Interval = why, nil
	}
	return f
}

// met is what one of something costs that people become: where nobody is known it can't be told.
func (b *books) met(f Figure) Figure {
	if b.in.NoPeople && f.Undefined == NoDenominator {
		f.Undefined, f.Interval = NoPeople, nil
	}
	return f
}

// margined is the margin to count with, and what is to be said when it isn't given.
func margined(margin float64) (float64, []string) {
	if margin > 0 && margin <= 1 {
		return margin, nil
	}
	return 1, []string{"margin_not_given"}
}

// roi is the return on spend; unknown is why it can't be told what came of it.
func (o *Options) roi(key, rule string, spend Total, r CostRow, unknown Undefined, in *EconomicsInput) Figure {
	margin, caveats := margined(in.GrossMargin)
	f := Figure{Key: key, Unit: UnitRatio, N: int(math.Round(r.Customers)), Rule: rule, LeftOut: append(spend.leftOut(), r.Revenue.leftOut()...),
		Caveats: append(spend.caveats(), caveats...)}
	if f.Undefined = cmp.Or(spend.undefined(), r.Revenue.undefined()); f.Undefined != "" {
		return f
	}
	back := float64(r.Revenue.Minor) * margin
	f.over(back-float64(spend.Minor), float64(spend.Minor))
	switch {
	case spend.Rows == 0:
		f.Undefined = NoSpend
	case unknown != "" && r.Customers == 0:
		f.Value, f.Undefined = nil, unknown
	case f.Value == nil:
		f.Undefined = NotPositive
	case r.Customers > 0 && back >= 0:
		few, many := survival.Poisson(r.Customers, o.Level)
		each := back / r.Customers / float64(spend.Minor)
		f.between(each*few-1, each*many-1, o.Level, "poisson")
	}
	return f
}

// lifetime fills in payback, LTV and LTV:CAC. A won deal's value is taken as a customer's revenue of a year.
func (b *books) lifetime(r *CostRow) {
	o := b.o
	margin, caveats := margined(b.in.GrossMargin)
	yearly := 0.0
	why := r.Revenue.undefined()
	if r.Customers > 0 && why == "" {
		if yearly = float64(r.Revenue.Minor) / r.Customers * margin; yearly <= 0 {
			why = NotPositive
		}
	} else {
		why = cmp.Or(why, NoDenominator)
	}
	caveats = append(caveats, r.Spend.caveats()...)
	left := append(r.Revenue.leftOut(), r.Spend.leftOut()...)
	r.Payback = Figure{Key: "payback", Unit: UnitMonths, N: r.CAC.N, Rule: "CAC / (a customer's revenue of a month × margin)", LeftOut: left, Caveats: caveats}
	if r.Payback.Undefined = cmp.Or(r.CAC.Undefined, why); r.Payback.Undefined == "" {
		r.Payback.over(*r.CAC.Value, yearly/12)
		o.scaled(&r.Payback, r.CAC)
	}
	r.LTV = Figure{Key: "ltv", Unit: UnitMoney, Currency: o.Currency, N: r.CAC.N, LeftOut: r.Revenue.leftOut(), Caveats: caveats,
		Rule: "a customer's revenue of a month × margin / logo churn a month (of all customers)"}
	b.ltv(&r.LTV, yearly/12, why)
	r.LTVToCAC = Figure{Key: "ltv_to_cac", Unit: UnitRatio, N: r.CAC.N, Rule: "LTV / CAC", LeftOut: left, Caveats: caveats}
	if r.LTVToCAC.Undefined = cmp.Or(r.LTV.Undefined, r.CAC.Undefined); r.LTVToCAC.Undefined == "" {
		r.LTVToCAC.over(*r.LTV.Value, *r.CAC.Value)
		o.logDelta(&r.LTVToCAC, r.LTV, r.CAC)
	}
}

// ltv fills in the lifetime value of a month's margin.
func (b *books) ltv(f *Figure, month float64, why Undefined) {
	switch {
	case b.in.Retention == nil:
		f.Undefined = NotAsked
		return
	case why != "" || b.in.Retention.MonthChurn.Value == nil:
		f.Undefined = cmp.Or(why, b.in.Retention.MonthChurn.Undefined)
		return
	}
	churn := b.in.Retention.MonthChurn
	if f.over(month, *churn.Value); f.Value == nil {
		f.Undefined = NoChurn
	}
	if i := churn.Interval; i != nil && i.Low != nil && i.High != nil {
		f.between(month / *i.High, month / *i.Low, b.o.Level, i.Method)
	}
}

// scaled gives a figure that is another one times a constant that one's interval.
func (o *Options) scaled(f *Figure, of Figure) {
	if f.Value == nil || of.Interval == nil || of.or(0) == 0 {
		return
	}
	k := *f.Value / *of.Value
	end := func(x *float64) *float64 {
		if x == nil {
			return nil
		}
		return number(k * *x)
	}
	f.Interval = &Interval{end(of.Interval.Low), end(of.Interval.High), of.Interval.Level, of.Interval.Method}
}

// Trend is the slope of a figure of money over months (Theil–Sen, with Sen's interval at the options' level); months in which it is undefined are skipped.
func Trend(key string, months []Figure, o Options) Figure {
	f := Figure{Key: key, Unit: UnitMoneyPerMonth, Currency: o.Currency, Rule: "Theil–Sen slope a month: the median slope between all pairs of months that have a value"}
	var x, y []float64
	for i, m := range months {
		if m.Value != nil {
			x, y = append(x, float64(i)), append(y, *m.Value)
		}
	}
	f.N = len(x)
	slope, low, high, ok := survival.TheilSen(x, y, o.Level)
	if !ok {
		f.Undefined = TooFew
		return f
	}
	f.set(slope)
	f.between(low, high, o.Level, "sen")
	return f
}
