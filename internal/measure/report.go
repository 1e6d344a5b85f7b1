package measure

import (
	"cmp"
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"

	"millrace"
	"millrace/internal/attribution"
	"millrace/internal/channel"
	"millrace/internal/engine"
	"millrace/internal/metrics"
)

// Query says what a report is of. Zero values are the defaults.
type Query struct {
	From, To metrics.Day // both included; NoDay: the last twelve months up to the model's moment
	Horizon  int         // days within which a conversion counts; 0: 90
	LeadBy   string      // which touch brought a lead: "created", the last that isn't direct up to the moment (default), or "first"
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

// Funnel measures conversions of contacts and accounts who entered in the period.
func (m *Model) Funnel(q Query) Funnel {
	p, o, deals := m.period(q), m.options(q), m.plainDeals()
	out := Funnel{Period: p}
	dims := m.dims(q.LeadBy)
	for _, step := range funnelSteps {
		out.Contacts = append(out.Contacts, metrics.Funnel(metrics.Episodes(m.moves, deals, step[0], step[1], o), p, dims, o))
	}
	out.Contacts = append(out.Contacts, metrics.Funnel(metrics.DealEpisodes(deals, o), p, m.dealDims(), o))
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
	o := m.options(q)
	return metrics.Funnel(metrics.Episodes(m.moves, m.plainDeals(), from, to, o), m.period(q), m.dims(q.LeadBy), o)
}

// credits are what each channel and campaign brought: leads by the touch that brought them, MQLs and SQLs by their lead's, deals by the
// last touch of their account that isn't direct before they were opened.
func (m *Model) credits(q Query) []metrics.Credit {
	var out []metrics.Credit
	for i := range m.moves {
		stage, n := m.moves[i].Stage, m.moveLead[i]
		if stage != millrace.StageLead && stage != millrace.StageMQL && stage != millrace.StageSQL {
			continue
		}
		c := metrics.Credit{At: m.moves[i].At, Stage: stage, Share: 1}
		if n >= 0 {
			c.Channel, c.Campaign = m.cameBy(&m.leads[n], q.LeadBy)
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
	p := m.period(q)
	retention := m.Retention(q)
	return metrics.UnitEconomics(metrics.EconomicsInput{Spend: m.spend, Credits: m.credits(q), Period: p, LagDays: lagDays, GrossMargin: margin, Retention: &retention}, m.options(q))
}

// Retention is what became of the customers of the period's first day.
func (m *Model) Retention(q Query) metrics.RetentionReport {
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
	out.Forecast = metrics.Forecast(metrics.ForecastInput{Deals: deals, Quarter: quarter, Target: target}, rand.New(rand.NewPCG(uint64(m.Position), 1)), o)
	out.Pipeline = metrics.ExpansionPipeline(deals, o)
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

// AttributionQuery says which table of models is wanted.
type AttributionQuery struct {
	Query
	Dimension attribution.Dimension
	Measure   attribution.Measure
	Moment    attribution.Moment
	LookBack  int // days; 0: 365
	Options   attribution.TableOptions
}

// Attribution is a table of models side by side, with what they disagree on.
type Attribution struct {
	Period        metrics.Period             `json:"period" doc:"Deals closed (revenue, won) or opened (pipeline, count) within it"`
	Dimension     string                     `json:"dimension" enum:"channel,source,campaign,asset,keyword,persona"`
	Measure       string                     `json:"measure" enum:"revenue,pipeline,count,won"`
	Currency      string                     `json:"currency" doc:"Of revenue and pipeline"`
	Unit          int64                      `json:"unit" doc:"Credits in one unit: minor units of the currency in a major one, or 1,000,000 for one deal"`
	Deals         int                        `json:"deals"`
	OtherCurrency int                        `json:"other_currency" doc:"Deals left out because there is no rate into the workspace's currency"`
	Models        []string                   `json:"models"`
	Rows          []AttributionRow           `json:"rows" doc:"The largest credit of any model first"`
	Total         int64                      `json:"total" doc:"What was handed out: every model's credits add up to it exactly"`
	Refused       []attribution.Refusal      `json:"refused" doc:"Models that could not be run, and why"`
	LeftOut       attribution.LeftOut        `json:"left_out"`
	Disagreements []attribution.Disagreement `json:"disagreements"`
}

// AttributionRow is one value of the dimension.
type AttributionRow struct {
	Value     string                 `json:"value"`
	Credits   map[string]int64       `json:"credits" doc:"By model"`
	Intervals map[string]CreditRange `json:"intervals,omitempty" doc:"By data-driven model, where they were asked for"`
}

// CreditRange is where 95 % of the credits of resampled journeys fall.
type CreditRange struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// Attribution builds the journeys and runs the models.
func (m *Model) Attribution(ctx context.Context, q AttributionQuery) (*Attribution, error) {
	if q.LookBack == 0 {
		q.LookBack = 365
	}
	out := &Attribution{Period: m.period(q.Query), Dimension: q.Dimension.String(), Measure: q.Measure.String(), Currency: m.currency, Unit: attribution.CountUnit}
	if q.Measure == attribution.Revenue || q.Measure == attribution.Pipeline {
		out.Unit = int64(minorScale(m.currency))
	}
	j, err := m.journeys(ctx, q, out)
	if err != nil {
		return nil, err
	}
	t, err := j.Table(q.Dimension, q.Measure, q.Options)
	if err != nil {
		return nil, err
	}
	out.Models, out.Total, out.Refused, out.LeftOut, out.Disagreements = t.Models, t.Total, t.Refused, t.LeftOut, t.Explain()
	for _, r := range t.Rows {
		row := AttributionRow{Value: r.Value, Credits: map[string]int64{}}
		for i, name := range t.Models {
			row.Credits[name] = r.Credits[i]
			if i < len(r.Intervals) && r.Intervals[i] != nil {
				if row.Intervals == nil {
					row.Intervals = map[string]CreditRange{}
				}
				row.Intervals[name] = CreditRange{r.Intervals[i].ValueLow, r.Intervals[i].ValueHigh}
			}
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

func (m *Model) journeys(ctx context.Context, q AttributionQuery, out *Attribution) (*attribution.Journeys, error) {
	b := attribution.NewBuilder(attribution.Rules{Moment: q.Moment, LookBack: millrace.Time(q.LookBack) * millrace.Day, AsOf: m.BuiltAt})
	role := make(map[int32]uint16, len(m.contacts))
	for i := range m.contacts {
		role[m.contacts[i].id] = m.contacts[i].role
	}
	first := map[int32]millrace.Time{}
	for i := range m.leads {
		if l := &m.leads[i]; l.account != 0 && l.at != 0 && (first[l.account] == 0 || l.at < first[l.account]) {
			first[l.account] = l.at
		}
	}
	said, o := m.said(), m.options(q.Query)
	var list []attribution.Touch
	with := map[int32]bool{}
	for i := range m.deals {
		d := &m.deals[i]
		with[d.Account] = true
		if i&0x3ff == 0 && ctx.Err() != nil {
			return nil, ctx.Err()
		}
		if !m.within(d, q.Measure, out.Period) {
			continue
		}
		amount, ok := o.Convert(d.Amount, m.calendar.Day(cmp.Or(d.Closed, d.Opened, m.BuiltAt)))
		if !ok {
			out.OtherCurrency++
			continue
		}
		list = m.accountTouches(d.Account, role, list[:0])
		x := attribution.Deal{ID: engine.OpportunityID(d.id), Amount: amount, Lead: first[d.Account], Opportunity: d.Opened, Close: d.Closed, SelfReported: said[d.Account]}
		x.Outcome = [...]attribution.Outcome{attribution.Open, attribution.DealWon, attribution.DealLost}[d.Status%3]
		if err := b.AddDeal(x, list); err != nil {
			return nil, err
		}
		out.Deals++
	}
	for account := range slices.Values(slices.Sorted(maps.Keys(m.accounts))) {
		if account == 0 || with[account] {
			continue
		}
		if list = m.accountTouches(account, role, list[:0]); len(list) > 0 {
			if err := b.AddAccount(list); err != nil {
				return nil, err
			}
		}
	}
	return b.Journeys(), nil
}

// within says whether a deal belongs to the period: revenue by its close, pipeline by its opening. Undated ones belong to none.
func (m *Model) within(d *deal, measure attribution.Measure, p metrics.Period) bool {
	at := d.Opened
	if measure == attribution.Revenue || measure == attribution.Won {
		if at = d.Closed; d.Status == millrace.OpportunityOpen {
			return d.Opened != 0
		}
	}
	return at != 0 && p.Has(m.calendar.Day(at))
}

// accountTouches are the touches of everyone in the account.
func (m *Model) accountTouches(account int32, role map[int32]uint16, into []attribution.Touch) []attribution.Touch {
	s, ok := m.accounts[account]
	if !ok || account <= 0 {
		return into
	}
	for i := s.from; i < s.to; i++ {
		t := &m.touches[i]
		o := &m.origins[t.origin]
		x := attribution.Touch{At: t.at, Contact: int64(t.contact), Direct: m.direct(t)}
		x.Values = [attribution.Dimensions]string{o.own(), o.Source, o.campaign, m.asset(t), o.Term, m.label(role[t.contact])}
		into = append(into, x)
	}
	return into
}

// asset is what a touch was about: the title of its event's asset, else the page's path.
func (m *Model) asset(t *touch) string {
	return cmp.Or(m.origins[t.origin].raw.Asset, m.places[t.place])
}

// said is what the people of each account answered, as the playbook's channel where the answer names one, else in their own words. Of several
// answers in an account the one of most people counts, of equals the first in the alphabet.
func (m *Model) said() map[int32]string {
	own := map[string]string{}
	for _, c := range m.book.Channels {
		own[strings.ToLower(c.Name)] = c.Name
	}
	sorter := channel.New(m.book.Channels, m.book.Workspace.Hosts)
	votes := map[int32]map[string]int{}
	for _, c := range m.contacts {
		answer, ok := m.reports[c.id]
		if !ok || c.account == 0 {
			continue
		}
		name := own[strings.ToLower(answer)]
		if name == "" {
			name = sorter.Classify(channel.Visit{Source: answer, Medium: "referral"}).Channel
		}
		if votes[c.account] == nil {
			votes[c.account] = map[string]int{}
		}
		votes[c.account][cmp.Or(name, answer)]++
	}
	out := make(map[int32]string, len(votes))
	for account, v := range votes {
		best := ""
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if best == "" || v[name] > v[best] {
				best = name
			}
		}
		out[account] = best
	}
	return out
}

// Hygiene is what is wrong with campaign tags in the period.
func (m *Model) Hygiene(q Query) []channel.Finding {
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
