package measure

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"

	"millrace"
	"millrace/internal/attribution"
	"millrace/internal/channel"
	"millrace/internal/engine"
	"millrace/internal/metrics"
)

// AttributionQuery says which table of models is wanted.
type AttributionQuery struct {
	Query
	Dimension attribution.Dimension
	Measure   attribution.Measure
	Moment    attribution.Moment
	LookBack  int // days; 0: 365
	Options   attribution.TableOptions
	// Soon asks for what can be said at once: of a large workspace the models that learn from all journeys, and intervals, are then worked out in
	// the background, and stand in Pending until they are there.
	Soon bool
}

// defaults fills in what was not asked for.
func (q *AttributionQuery) defaults() {
	if q.LookBack == 0 {
		q.LookBack = 365
	}
}

// Attribution is a table of models side by side, with what they disagree on.
type Attribution struct {
	Period        metrics.Period             `json:"period" doc:"Deals closed (revenue, won) or opened (pipeline, count) within it"`
	Dimension     string                     `json:"dimension" enum:"channel,source,campaign,asset,keyword,persona"`
	Measure       string                     `json:"measure" enum:"revenue,pipeline,count,won"`
	Currency      string                     `json:"currency" doc:"Of revenue and pipeline"`
	Unit          int64                      `json:"unit" doc:"Credits in one unit: minor units of the currency in a major one, or 1,000,000 for one deal"`
	Deals         int                        `json:"deals"`
	Undated       int                        `json:"undated" doc:"Deals left out because they have no date"`
	OtherCurrency int                        `json:"other_currency" doc:"Deals left out because there is no rate into the workspace's currency"`
	Models        []string                   `json:"models"`
	Rows          []AttributionRow           `json:"rows" doc:"The largest credit of any model first"`
	Total         int64                      `json:"total" doc:"What was handed out: every model's credits add up to it exactly"`
	Refused       []attribution.Refusal      `json:"refused" doc:"Models that could not be run, and why"`
	LeftOut       attribution.LeftOut        `json:"left_out"`
	Disagreements []attribution.Disagreement `json:"disagreements"`
	Pending       []string                   `json:"pending,omitempty" doc:"Models that are being worked out in the background, with the intervals that were asked for: ask again"`
	Earlier       *Earlier                   `json:"earlier,omitempty" doc:"What the pending models gave when they were last worked out"`
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

// within says whether a deal belongs to the period: by its close, or by its opening. Open deals belong to every period by close. Undated ones belong
// to none.
func (m *Model) within(d *deal, closed bool, p metrics.Period) (in, dated bool) {
	at := d.Opened
	if closed && d.Status != millrace.OpportunityOpen {
		at = d.Closed
	}
	if at == 0 {
		return false, false
	}
	return closed && d.Status == millrace.OpportunityOpen || p.Has(m.calendar.Day(at)), true
}

// asset is what a touch was about: the title of its event's asset, else the page's path.
func (m *Model) asset(t *touch) string {
	return cmp.Or(m.origins[t.origin].raw.Asset, m.places[t.place])
}

// said is what the people of each account answered, as the playbook's channel where the answer names one, else in their own words. Of several
// answers in an account the one of most people counts, of equals the first in the alphabet.
func (m *Model) said() map[int32]string {
	said, _ := recall(m.memory, saidKey{}, func() (map[int32]string, error) { return m.saying(), nil })
	return said
}

type saidKey struct{}

func (m *Model) saying() map[int32]string {
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

// attributionKey is what a table is remembered by.
type attributionKey struct {
	at     millrace.Time
	q      Query
	by     attribution.Dimension
	of     attribution.Measure
	moment attribution.Moment
	back   int
	models string
	half   millrace.Time
	order  int
	times  int
	weight attribution.Weights
	seed   uint64
}

// Attribution builds the journeys and runs the models.
func (m *Model) Attribution(ctx context.Context, q AttributionQuery) (*Attribution, error) {
	q.defaults()
	pending := m.slow(q)
	whole := func() (*Attribution, error) {
		return recall(m.memory, q.key(m), func() (*Attribution, error) {
			if len(pending) == 0 {
				return m.attribute(context.WithoutCancel(ctx), q)
			}
			m.memory.slow.Lock() // one at a time: each holds a processor and memory for long
			defer m.memory.slow.Unlock()
			a, err := m.attribute(context.WithoutCancel(ctx), q)
			if err == nil {
				m.earlier.note(q.key(m), m, a, pending)
			}
			return a, err
		})
	}
	if !q.Soon || len(pending) == 0 || len(m.touches) < largeJourneys || m.memory.ready(q.key(m)) {
		return whole()
	}
	before := m.earlier.last(q.key(m)) // it is worked out anew, which may be done at once
	go whole()                         // its error is told to the one who asks when it is there
	rules := q
	rules.Options.Replicates, rules.Options.Models = 0, []string{}
	for _, model := range attribution.Models() {
		if wanted := len(q.Options.Models) == 0 || slices.Contains(q.Options.Models, model.Name); wanted && !slices.Contains(pending, model.Name) &&
			(model.Name != attribution.Custom || q.Options.Weights != attribution.Weights{}) && (model.Name != attribution.SelfReported || q.Dimension == attribution.Channel) {
			rules.Options.Models = append(rules.Options.Models, model.Name)
		}
	}
	known, err := recall(m.memory, rules.key(m), func() (*Attribution, error) { return m.attribute(context.WithoutCancel(ctx), rules) })
	if err != nil {
		return nil, err
	}
	out := *known
	out.Pending, out.Earlier = pending, before
	return &out, nil
}

// largeJourneys is from how many touches on data-driven models and intervals take longer than a page waits.
const largeJourneys = 300_000

// slow are the models of a query that learn from all journeys.
func (m *Model) slow(q AttributionQuery) (names []string) {
	for _, name := range []string{attribution.Markov, attribution.ShapleyRate} {
		if len(q.Options.Models) == 0 || slices.Contains(q.Options.Models, name) {
			names = append(names, name)
		}
	}
	if q.Options.Replicates > 0 && slices.Contains(q.Options.Models, attribution.Shapley) {
		names = append(names, attribution.Shapley)
	}
	return names
}

// key is what the query's answer is remembered by.
func (q *AttributionQuery) key(m *Model) attributionKey {
	o := q.Options
	return attributionKey{m.BuiltAt, q.Query, q.Dimension, q.Measure, q.Moment, q.LookBack, strings.Join(o.Models, ","), o.HalfLife, o.Order, o.Replicates, o.Weights, o.Seed}
}

func (m *Model) attribute(ctx context.Context, q AttributionQuery) (*Attribution, error) {
	js, err := m.journeys(ctx, q, len(m.slow(q)) > 0)
	if err != nil {
		return nil, err
	}
	out := &Attribution{Period: m.period(q.Query), Dimension: q.Dimension.String(), Measure: q.Measure.String(), Currency: m.currency, Unit: attribution.CountUnit,
		Deals: js.deals, Undated: js.undated, OtherCurrency: js.otherCurrency}
	if q.Measure == attribution.Revenue || q.Measure == attribution.Pipeline {
		out.Unit = int64(minorScale(m.currency))
	}
	t, err := js.Table(q.Dimension, q.Measure, q.Options)
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

// journeySet is the journeys of a period, with what could not be made one.
type journeySet struct {
	*attribution.Journeys
	deals, undated, otherCurrency int
}

// journeysKey is what journeys are remembered by: all dimensions, and revenue and won deals, share them.
type journeysKey struct {
	at       millrace.Time
	from, to metrics.Day
	closed   bool
	all      bool
	moment   attribution.Moment
	back     int
}

// journeys are those of the period's deals and, for models that learn from them, of accounts without a deal.
func (m *Model) journeys(ctx context.Context, q AttributionQuery, all bool) (*journeySet, error) {
	p := m.period(q.Query)
	closed := q.Measure == attribution.Revenue || q.Measure == attribution.Won
	return recall(m.journeyMemory, journeysKey{m.BuiltAt, p.First, p.Last, closed, all, q.Moment, q.LookBack}, func() (*journeySet, error) {
		out, b := &journeySet{}, m.journeyBuilder(q, m.names())
		var list []attribution.Touch
		with := map[int32]bool{}
		for i := range m.deals {
			d := &m.deals[i]
			with[d.Account] = true
			if i&0x3ff == 0 && ctx.Err() != nil {
				return nil, ctx.Err()
			}
			in, dated := m.within(d, closed, p)
			if !dated {
				out.undated++
			}
			if !in {
				continue
			}
			x, ok := m.journeyDeal(d, q)
			if !ok {
				out.otherCurrency++
				continue
			}
			list = m.accountTouches(d.Account, list[:0])
			if err := b.AddDeal(x, list); err != nil {
				return nil, err
			}
			out.deals++
		}
		for _, account := range m.accountIDs() {
			if !all || with[account] {
				continue
			}
			if list = m.accountTouches(account, list[:0]); len(list) > 0 {
				if err := b.AddAccount(list); err != nil {
					return nil, err
				}
			}
		}
		out.Journeys = b.Journeys()
		return out, nil
	})
}

// accountIDs are the accounts that have touches, ascending.
func (m *Model) accountIDs() []int32 {
	ids := slices.Sorted(maps.Keys(m.accounts))
	return slices.DeleteFunc(ids, func(id int32) bool { return id <= 0 })
}

// names are the values of each dimension, which touches have as codes.
func (m *Model) names() [attribution.Dimensions][]string {
	personas := m.labels
	if len(personas) == 0 {
		personas = []string{""}
	}
	return [attribution.Dimensions][]string{m.owns, m.sources, m.campaigns, m.assets, m.terms, personas}
}

func (m *Model) journeyBuilder(q AttributionQuery, names [attribution.Dimensions][]string) *attribution.Builder {
	rules := attribution.Rules{Moment: q.Moment, LookBack: millrace.Time(q.LookBack) * millrace.Day, AsOf: m.BuiltAt}
	return attribution.NewBuilder(rules).Coded(names)
}

// journeyDeal is a deal as attribution takes it; ok is false where its amount has no rate into the workspace's currency.
func (m *Model) journeyDeal(d *deal, q AttributionQuery) (x attribution.Deal, ok bool) {
	amount, ok := m.options(q.Query).Convert(d.Amount, m.calendar.Day(cmp.Or(d.Closed, d.Opened, m.BuiltAt)))
	x = attribution.Deal{ID: engine.OpportunityID(d.id), Amount: amount, Lead: m.firstLeads()[d.Account], Opportunity: d.Opened, Close: d.Closed, SelfReported: m.said()[d.Account]}
	x.Outcome = [...]attribution.Outcome{attribution.Open, attribution.DealWon, attribution.DealLost}[d.Status%3]
	return x, ok
}

type firstLeadsKey struct{}

// firstLeads are when the first of each account's people was known.
func (m *Model) firstLeads() map[int32]millrace.Time {
	first, _ := recall(m.memory, firstLeadsKey{}, func() (map[int32]millrace.Time, error) {
		first := map[int32]millrace.Time{}
		for i := range m.leads {
			if l := &m.leads[i]; l.account != 0 && l.at != 0 && (first[l.account] == 0 || l.at < first[l.account]) {
				first[l.account] = l.at
			}
		}
		return first, nil
	})
	return first
}

// accountTouches are the touches of everyone in the account.
func (m *Model) accountTouches(account int32, into []attribution.Touch) []attribution.Touch {
	s, ok := m.accounts[account]
	if !ok || account <= 0 {
		return into
	}
	for i := s.from; i < s.to; i++ {
		t := &m.touches[i]
		o := &m.origins[t.origin]
		x := attribution.Touch{At: t.at, Contact: int64(t.contact), Direct: o.direct()}
		x.Codes = [attribution.Dimensions]int32{o.ownID, o.sourceID, o.campaignID, m.assetID(t), o.termID, 0}
		if int(t.contact) < len(m.roles) {
			x.Codes[attribution.Persona] = int32(m.roles[t.contact])
		}
		into = append(into, x)
	}
	return into
}
