package measure

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"

	"millrace"
	"millrace/internal/channel"
	"millrace/internal/metrics"
)

// Query says what a report is of. Zero values are the defaults.
type Query struct {
	From, To metrics.Day // both included; NoDay: the last twelve months up to the model's moment
	Horizon  int         // days within which a conversion counts; 0: 90
	LeadBy   string      // which touch brought a lead: "created", the last that isn't direct up to the moment (default), or "first"
}

// reportKey and conversionKey are what reports are remembered by. The moment is the model's, or one of the past that an audit looks at.
type reportKey struct {
	name   string
	at     millrace.Time
	q      Query
	lag    int
	margin float64
}

type conversionKey struct {
	at       millrace.Time
	q        Query
	from, to millrace.Stage
}

// period is the query's span of days.
func (m *Model) period(q Query) metrics.Period {
	last := m.calendar.Day(m.BuiltAt)
	p := metrics.Period{First: q.From, Last: q.To}
	if p.Last == metrics.NoDay || p.Last == 0 {
		p.Last = last
	}
	if p.First == metrics.NoDay || p.First == 0 {
		p.First = p.Last - 364
	}
	return p
}

// Options are what metrics needs of the model.
func (m *Model) options(q Query) metrics.Options {
	return metrics.Options{Calendar: m.calendar, AsOf: m.BuiltAt, Currency: m.currency, Rates: m.records.rates, Bands: m.bands(), Horizon: q.Horizon}
}

// bands are the benchmark bands, those of the playbook's own channels before the defaults.
func (m *Model) bands() metrics.Bands {
	out := metrics.DefaultBands()
	for _, c := range m.book.Channels {
		if c.CPLLow == 0 && c.CPLHigh == 0 {
			continue
		}
		scale := minorScale(m.currency)
		b := metrics.Band{Currency: m.currency, Source: "playbook", Better: "lower"}
		if low := c.CPLLow * scale; c.CPLLow > 0 {
			b.Low = &low
		}
		if high := c.CPLHigh * scale; c.CPLHigh > 0 {
			b.High = &high
		}
		out["cpl/"+c.Name] = b
	}
	return out
}

func minorScale(currency string) float64 {
	scale := 1.0
	for range millrace.MinorDigits(currency) {
		scale *= 10
	}
	return scale
}

// touchOf is the touch that brought a lead, -1 for none.
func (l *lead) touchOf(by string) int32 {
	if by == "first" {
		return l.first
	}
	return l.created
}

// Dimensions by which funnels are split.
var leadDimensions = []string{"channel", "campaign", "segment", "persona", "grade"}

func (m *Model) label(id uint16) string {
	if int(id) < len(m.labels) {
		return m.labels[id]
	}
	return ""
}

// plainDeals are the deals as metrics takes them.
func (m *Model) plainDeals() []metrics.Deal {
	out, _ := recall(m.memory, plainDealsKey{}, func() ([]metrics.Deal, error) { return m.dealList(), nil })
	return out
}

type plainDealsKey struct{}

func (m *Model) dealList() []metrics.Deal {
	out := make([]metrics.Deal, len(m.deals))
	for i := range m.deals {
		out[i] = m.deals[i].Deal
	}
	return out
}

// Funnel is the conversions from stage to stage.
type Funnel struct {
	Period   metrics.Period         `json:"period"`
	Contacts []metrics.FunnelReport `json:"contacts" doc:"Of contacts: lead to MQL, MQL to SQL, MQL to opportunity, opportunity to close"`
	Accounts []metrics.FunnelReport `json:"accounts" doc:"The same of accounts"`
	Flows    []metrics.Flow         `json:"flows"`
	Stages   []metrics.StageTime    `json:"stages"`
	Earlier  *Moment                `json:"earlier,omitempty" doc:"Rates and intervals of a large workspace are worked out in the background: until they are there, this is what they were at this moment. Ask again"`
}

// Steps of the funnel that are measured whole. Any other pair of stages can be asked for.
var funnelSteps = [][2]millrace.Stage{{millrace.StageLead, millrace.StageMQL}, {millrace.StageMQL, millrace.StageSQL}, {millrace.StageMQL, millrace.StageOpportunity}}

// wholeCycle is the horizon in days from which a rate of deals is compared with the benchmark of closed ones.
const wholeCycle = 365

// Funnel measures conversions of contacts and accounts who entered in the period.
func (m *Model) Funnel(q Query) Funnel {
	key, question := m.funnelKeys(q)
	return lasting(m, key, question, func() Funnel { return m.funnel(q) })
}

func (m *Model) funnelKeys(q Query) (key, question reportKey) {
	return reportKey{"funnel", m.BuiltAt, q, 0, 0}, reportKey{"funnel", 0, q, 0, 0}
}

// FunnelSoon is Funnel at once: of a large workspace what it was before, with its moment, while it is worked out anew. Where it never was, it waits.
func (m *Model) FunnelSoon(q Query) Funnel {
	key, question := m.funnelKeys(q)
	out, then, pending := soon(m, key, question, func() Funnel { return m.funnel(q) })
	if pending && then == nil {
		return m.Funnel(q)
	}
	out.Earlier = then
	return out
}

func (m *Model) funnel(q Query) Funnel {
	p, o, deals := m.period(q), m.options(q), m.plainDeals()
	out := Funnel{Period: p, Contacts: make([]metrics.FunnelReport, len(funnelSteps)+1), Accounts: make([]metrics.FunnelReport, len(accountSteps))}
	dims := m.dims(q.LeadBy)
	var wait sync.WaitGroup
	for i, step := range funnelSteps {
		wait.Go(func() {
			out.Contacts[i] = metrics.Funnel(metrics.Episodes(m.moves, deals, step[0], step[1], o), p, dims, o)
		})
	}
	wait.Go(func() { out.Flows, _ = metrics.Flows(m.moves, o) })
	wait.Go(func() { out.Stages, _ = metrics.TimeInStage(m.moves, o) })
	closing := o
	if o.Horizon < wholeCycle { // the band is of deals that are closed, and most take longer to close
		closing.Bands = maps.Clone(o.Bands)
		delete(closing.Bands, "opportunity_to_close")
	}
	out.Contacts[len(funnelSteps)] = metrics.Funnel(metrics.DealEpisodes(deals, closing), p, m.dealDims(), closing)
	for i, step := range accountSteps {
		set := metrics.Episodes(m.accMoves, deals, step[0], step[1], o)
		set.Key = accountKeys[set.Key]
		out.Accounts[i] = metrics.Funnel(set, p, nil, o)
	}
	wait.Wait()
	return out
}

// accountSteps are those of the funnel that are measured of accounts too.
var accountSteps = [][2]millrace.Stage{{millrace.StageLead, millrace.StageMQL}, {millrace.StageMQL, millrace.StageOpportunity}}

// accountKeys name the same conversions of accounts.
var accountKeys = map[string]string{"lead_to_mql": "account_to_mqa", "mql_to_opportunity": "mqa_to_opportunity"}

// Conversion measures one pair of stages.
func (m *Model) Conversion(from, to millrace.Stage, q Query) metrics.FunnelReport {
	out, _ := recall(m.memory, conversionKey{m.BuiltAt, q, from, to}, func() (metrics.FunnelReport, error) { return m.conversion(from, to, q), nil })
	return out
}

func (m *Model) conversion(from, to millrace.Stage, q Query) metrics.FunnelReport {
	o := m.options(q)
	return metrics.Funnel(metrics.Episodes(m.moves, m.plainDeals(), from, to, o), m.period(q), m.dims(q.LeadBy), o)
}

// credits are what each channel and campaign brought in spans of days: leads by the touch that brought them, MQLs and SQLs by their lead's, deals
// by the last touch of their account that isn't direct before they were opened. Deals come last, and are those of all days.
func (m *Model) credits(spans []metrics.Period, leadBy string) []metrics.Credit {
	var out []metrics.Credit
	for i, n := range m.undatedEntries {
		if n > 0 { // they are counted as left out
			out = append(out, metrics.Credit{Stage: countedStages[i], Share: 1, Count: n})
		}
	}
	m.eachSpan(spans, leadBy, func(i int, list []entered) {
		for _, x := range list {
			for k, n := range x.counts {
				if n == 0 {
					continue
				}
				c := metrics.Credit{At: min(m.calendar.Noon(spans[i].First), m.BuiltAt), Stage: countedStages[k], Share: 1, Count: int(n)}
				if x.origin >= 0 {
					c.Channel, c.Campaign = m.origins[x.origin].own(), m.origins[x.origin].campaign
				}
				out = append(out, c)
			}
		}
	})
	for i := range m.deals {
		d := &m.deals[i]
		c := metrics.Credit{At: d.Opened, Stage: millrace.StageOpportunity, Share: 1}
		c.Channel, c.Campaign = m.broughtDeal(i)
		out = append(out, c)
		if d.Status == millrace.OpportunityWon {
			c.At, c.Stage, c.Revenue = d.Closed, millrace.StageCustomer, d.Amount
			out = append(out, c)
		}
	}
	return out
}

// nobody says whether the data hold neither people nor visits.
func (m *Model) nobody() bool { return len(m.leads) == 0 && m.activity.first == 0 }

// Economics is unit economics by channel and campaign.
func (m *Model) Economics(q Query, lagDays int, margin float64) metrics.Economics {
	out, _ := recall(m.memory, reportKey{"economics", m.BuiltAt, q, lagDays, margin}, func() (metrics.Economics, error) { return m.economics(q, lagDays, margin), nil })
	return out
}

func (m *Model) economics(q Query, lagDays int, margin float64) metrics.Economics {
	p := m.period(q)
	retention := m.Retention(q)
	return metrics.UnitEconomics(metrics.EconomicsInput{Spend: m.spend, Credits: m.credits(monthsWithin(p), q.LeadBy), Period: p, LagDays: lagDays, GrossMargin: margin, NoDeals: m.noDealsIn(p), NoPeople: m.nobody(), Retention: &retention}, m.options(q))
}

// Retention is what became of the customers of the period's first day.
func (m *Model) Retention(q Query) metrics.RetentionReport {
	out, _ := recall(m.memory, reportKey{"retention", m.BuiltAt, q, 0, 0}, func() (metrics.RetentionReport, error) { return m.retention(q), nil })
	return out
}

func (m *Model) retention(q Query) metrics.RetentionReport {
	return metrics.Retention(m.records.contracts, m.period(q), m.options(q))
}

// Sales is velocity, win rate and cycle of the deals closed in the period, whole and by owner, product and channel, the change against the
// period before, coverage and the forecast of the quarter.
type Sales struct {
	Period     metrics.Period          `json:"period"`
	Total      metrics.DealRow         `json:"total"`
	Dimensions []DealDimension         `json:"dimensions"`
	Change     metrics.Change          `json:"change" doc:"Of pipeline velocity against the period before, as long"`
	Coverage   metrics.Figure          `json:"coverage"`
	Forecast   metrics.ForecastReport  `json:"forecast"`
	Pending    bool                    `json:"forecast_pending,omitempty" doc:"The forecast of a large workspace is simulated in the background: ask again. Until it is there, it is that of an earlier moment, or has no intervals"`
	Earlier    *Moment                 `json:"forecast_earlier,omitempty" doc:"The moment that the forecast is of, where it is an earlier one"`
	Pipeline   metrics.ExpansionReport `json:"pipeline"`
	LeftOut    []metrics.LeftOut       `json:"left_out,omitempty"`
}

// DealDimension is deals by the labels of a dimension.
type DealDimension struct {
	Name string            `json:"name"`
	Rows []metrics.DealRow `json:"rows"`
}

// Sales measures deals.
func (m *Model) Sales(q Query) Sales {
	out, quarter := m.dealt(q), m.quarter()
	out.Forecast = m.forecastFor(quarter, m.target("revenue", quarter), m.options(q))
	return out
}

// SalesSoon is Sales at once: of a large workspace the forecast is what it was before, with its moment, while it is simulated anew; where it never was,
// it is without intervals.
func (m *Model) SalesSoon(q Query) Sales {
	out, quarter, o := m.dealt(q), m.quarter(), m.options(q)
	key, question := m.forecastKeys(quarter, m.target("revenue", quarter))
	out.Forecast, out.Earlier, out.Pending = soon(m, key, question, func() metrics.ForecastReport { return m.simulated(key.p, key.target, o) })
	if out.Pending && out.Earlier == nil {
		out.Forecast = metrics.Forecast(metrics.ForecastInput{Deals: m.plainDeals(), Quarter: quarter, Target: key.target}, nil, o)
	}
	return out
}

// dealt is Sales without the forecast.
func (m *Model) dealt(q Query) Sales {
	out, _ := recall(m.memory, reportKey{"sales", m.BuiltAt, q, 0, 0}, func() (Sales, error) { return m.sales(q), nil })
	return out
}

func (m *Model) sales(q Query) Sales {
	p, o, deals := m.period(q), m.options(q), m.plainDeals()
	out := Sales{Period: p}
	rows, left := metrics.Deals(deals, p, metrics.Dim{}, o)
	out.Total, out.LeftOut = whole(rows), left
	for _, d := range m.dealDims() {
		rows, _ := metrics.Deals(deals, p, d, o)
		out.Dimensions = append(out.Dimensions, DealDimension{d.Name, slices.DeleteFunc(rows, func(r metrics.DealRow) bool { return r.Open+r.Won+r.Lost == 0 })})
	}
	before := metrics.Period{First: p.First - metrics.Day(p.Days()), Last: p.First - 1}
	past, _ := metrics.Deals(deals, before, metrics.Dim{}, o)
	out.Change = metrics.VelocityChange(whole(past).Velocity, out.Total.Velocity)
	quarter := m.quarter()
	target := m.target("revenue", quarter)
	out.Coverage = metrics.Coverage(deals, quarter, target, o)
	out.Pipeline = metrics.ExpansionPipeline(deals, o)
	return out
}

// forecast is what the open deals and those still to come bring in a span of days.
func (m *Model) forecast(p metrics.Period, o metrics.Options) metrics.ForecastReport {
	return m.forecastFor(p, millrace.Money{}, o)
}

type forecastKey struct {
	at     millrace.Time
	p      metrics.Period
	target millrace.Money
}

// forecastFor is worked out once for a span and a target: no option of a query enters it but those of the workspace.
func (m *Model) forecastFor(p metrics.Period, target millrace.Money, o metrics.Options) metrics.ForecastReport {
	key, question := m.forecastKeys(p, target)
	return lasting(m, key, question, func() metrics.ForecastReport { return m.simulated(p, target, o) })
}

func (m *Model) forecastKeys(p metrics.Period, target millrace.Money) (key, question forecastKey) {
	return forecastKey{m.BuiltAt, p, target}, forecastKey{0, p, target}
}

func (m *Model) simulated(p metrics.Period, target millrace.Money, o metrics.Options) metrics.ForecastReport {
	in := metrics.ForecastInput{Deals: m.plainDeals(), Quarter: p, Target: target}
	return metrics.Forecast(in, rand.New(rand.NewPCG(uint64(m.Position), 1)), o)
}

// whole is the row of all deals.
func whole(rows []metrics.DealRow) metrics.DealRow {
	for _, r := range rows {
		if r.Label == "" {
			return r
		}
	}
	return metrics.DealRow{}
}

// quarter is the calendar quarter of the model's moment.
func (m *Model) quarter() metrics.Period {
	month := m.calendar.Day(m.BuiltAt).Month()
	first := month - month%3
	return metrics.Period{First: first.Period().First, Last: (first + 2).Period().Last}
}

// target adds up the targets of a metric that lie within a period; the zero Money when there is none.
func (m *Model) target(metric string, p metrics.Period) millrace.Money {
	sum := millrace.Money{}
	for _, t := range m.records.targets {
		if t.Metric != metric || t.Channel != "" || t.Owner != "" || t.Period.First < p.First || t.Period.Last > p.Last {
			continue
		}
		currency := cmp.Or(t.Currency, m.currency)
		v, err := millrace.ParseMoney(t.Value, currency)
		if err != nil || currency != m.currency {
			continue
		}
		sum = millrace.Money{Minor: sum.Minor + v.Minor, Currency: currency}
	}
	return sum
}

// Hygiene is what is wrong with campaign tags in the period, as they stand after corrections.
func (m *Model) Hygiene(q Query) []channel.Finding {
	out, _ := recall(m.memory, reportKey{"hygiene", m.BuiltAt, q, 0, 0}, func() ([]channel.Finding, error) { return m.hygiene(q), nil })
	return slices.Clone(out)
}

func (m *Model) hygiene(q Query) []channel.Finding {
	p := m.period(q)
	counts := map[int32]int64{}
	for _, v := range m.visits {
		if p.Has(v.day) {
			counts[v.origin] += int64(v.count)
		}
	}
	var usage []channel.Usage
	for id := range slices.Values(slices.Sorted(maps.Keys(counts))) {
		u := m.origins[id].Usage(m.origins[id].raw.Host)
		u.Count = counts[id]
		usage = append(usage, u)
	}
	return channel.New(m.book.Channels, m.book.Workspace.Hosts).Hygiene(usage)
}

// Leads is how many people said who they are.
func (m *Model) Leads() int { return len(m.leads) }

// ClosedDeals is win rate, cycle and velocity of the deals closed in the period, whole: the first row of Sales.
func (m *Model) ClosedDeals(q Query) metrics.DealRow {
	out, _ := recall(m.memory, reportKey{"closed", m.BuiltAt, q, 0, 0}, func() (metrics.DealRow, error) {
		rows, _ := metrics.Deals(m.plainDeals(), m.period(q), metrics.Dim{}, m.options(q))
		return whole(rows), nil
	})
	return out
}
