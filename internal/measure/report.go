package measure

import (
	"cmp"
	"maps"
	"math/rand/v2"
	"slices"

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
}

// Steps of the funnel that are measured whole. Any other pair of stages can be asked for.
var funnelSteps = [][2]millrace.Stage{{millrace.StageLead, millrace.StageMQL}, {millrace.StageMQL, millrace.StageSQL}, {millrace.StageMQL, millrace.StageOpportunity}}

// wholeCycle is the horizon in days from which a rate of deals is compared with the benchmark of closed ones.
const wholeCycle = 365

// Funnel measures conversions of contacts and accounts who entered in the period.
func (m *Model) Funnel(q Query) Funnel {
	out, _ := recall(m.memory, reportKey{"funnel", m.BuiltAt, q, 0, 0}, func() (Funnel, error) { return m.funnel(q), nil })
	return out
}

func (m *Model) funnel(q Query) Funnel {
	p, o, deals := m.period(q), m.options(q), m.plainDeals()
	out := Funnel{Period: p}
	dims := m.dims(q.LeadBy)
	for _, step := range funnelSteps {
		out.Contacts = append(out.Contacts, metrics.Funnel(metrics.Episodes(m.moves, deals, step[0], step[1], o), p, dims, o))
	}
	closing := o
	if o.Horizon < wholeCycle { // the band is of deals that are closed, and most take longer to close
		closing.Bands = maps.Clone(o.Bands)
		delete(closing.Bands, "opportunity_to_close")
	}
	out.Contacts = append(out.Contacts, metrics.Funnel(metrics.DealEpisodes(deals, closing), p, m.dealDims(), closing))
	for _, step := range [][2]millrace.Stage{{millrace.StageLead, millrace.StageMQL}, {millrace.StageMQL, millrace.StageOpportunity}} {
		set := metrics.Episodes(m.accMoves, deals, step[0], step[1], o)
		set.Key = accountKeys[set.Key]
		out.Accounts = append(out.Accounts, metrics.Funnel(set, p, nil, o))
	}
	out.Flows, _ = metrics.Flows(m.moves, o)
	out.Stages, _ = metrics.TimeInStage(m.moves, o)
	return out
}

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

// credits are what each channel and campaign brought: leads by the touch that brought them, MQLs and SQLs by their lead's, deals by the
// last touch of their account that isn't direct before they were opened.
func (m *Model) credits(q Query) []metrics.Credit {
	p := m.period(q)
	type result struct {
		stage  millrace.Stage
		day    metrics.Day
		origin int32
	}
	counts := map[result]int{}
	var out []metrics.Credit
	for i := range m.moves {
		move, day := &m.moves[i], m.moveDay[i]
		if move.Stage != millrace.StageLead && move.Stage != millrace.StageMQL && move.Stage != millrace.StageSQL {
			continue
		}
		switch {
		case day == metrics.NoDay: // it is counted as left out
			out = append(out, metrics.Credit{Stage: move.Stage, Share: 1})
			continue
		case !p.Has(day) || move.At > m.BuiltAt:
			continue
		}
		origin := int32(-1)
		if n := m.moveLead[i]; n >= 0 {
			origin = m.leadOrigin(&m.leads[n], q.LeadBy)
		}
		counts[result{move.Stage, day, origin}]++
	}
	for r, n := range counts {
		c := metrics.Credit{At: min(m.calendar.Noon(r.day), m.BuiltAt), Stage: r.stage, Share: 1, Count: n}
		if r.origin >= 0 {
			c.Channel, c.Campaign = m.origins[r.origin].own(), m.origins[r.origin].campaign
		}
		out = append(out, c)
	}
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

// Economics is unit economics by channel and campaign.
func (m *Model) Economics(q Query, lagDays int, margin float64) metrics.Economics {
	out, _ := recall(m.memory, reportKey{"economics", m.BuiltAt, q, lagDays, margin}, func() (metrics.Economics, error) { return m.economics(q, lagDays, margin), nil })
	return out
}

func (m *Model) economics(q Query, lagDays int, margin float64) metrics.Economics {
	p := m.period(q)
	retention := m.Retention(q)
	return metrics.UnitEconomics(metrics.EconomicsInput{Spend: m.spend, Credits: m.credits(q), Period: p, LagDays: lagDays, GrossMargin: margin, Retention: &retention}, m.options(q))
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
	out.Forecast = m.forecastFor(quarter, target, o)
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
	out, _ := recall(m.memory, forecastKey{m.BuiltAt, p, target}, func() (metrics.ForecastReport, error) {
		in := metrics.ForecastInput{Deals: m.plainDeals(), Quarter: p, Target: target}
		return metrics.Forecast(in, rand.New(rand.NewPCG(uint64(m.Position), 1)), o), nil
	})
	return out
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
