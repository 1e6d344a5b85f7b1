package measure

import (
	"cmp"
	"context"
	"math"

	"millrace"
	"millrace/internal/channel"
	"millrace/internal/engine"
	"millrace/internal/metrics"
)

// NoValue asks for what has no value, where an empty word asks for all.
const NoValue = "(none)"

// wants says whether a value is the one asked for.
func wants(asked, value string) bool {
	return asked == "" || asked == value || asked == NoValue && value == ""
}

// StayQuery says which stays of people in stages are wanted. The zero value of Stage is none: those who entered Next first of all.
type StayQuery struct {
	Stage millrace.Stage
	First bool           // those who came into Next from no stage
	Next  millrace.Stage // the stage that followed; only where Ended or First
	Ended bool           // those that Next ended
	State string         // inside, left, or "" for both
	After string         // cursor
	Limit int
}

// StayRow is somebody's stay in a stage, or the entry of the first one.
type StayRow struct {
	Contact   string        `json:"contact"`
	Name      string        `json:"name"`
	EnteredAt millrace.Time `json:"entered_at" doc:"When the stage was entered; null of an entry from no stage"`
	Days      int           `json:"days" doc:"Until it was left, or until the measurement's moment"`
	LeftAt    millrace.Time `json:"left_at" doc:"null: it lasts"`
	Next      string        `json:"next,omitempty" doc:"The stage that was entered then"`
}

type staysKey struct{ at millrace.Time }

// stays are all stays of contacts, the entries of a first stage among them: those have no row that began them.
func (m *Model) stays() []metrics.Stay {
	out, _ := recall(m.episodeMemory, staysKey{m.BuiltAt}, func() ([]metrics.Stay, error) {
		out := make([]metrics.Stay, 0, len(m.moves))
		metrics.EachStay(m.moves, m.options(Query{}), func(row int32) { out = append(out, metrics.Stay{Row: -1, Ended: row}) }, func(s metrics.Stay) { out = append(out, s) })
		return out, nil
	})
	return out
}

// takes says whether a stay is one of those that are wanted.
func (q *StayQuery) takes(m *Model, s metrics.Stay) bool {
	if q.First != (s.Row < 0) || !q.First && s.Stage != q.Stage {
		return false
	}
	if (q.First || q.Ended) && (s.Ended < 0 || m.moves[s.Ended].Stage != q.Next) {
		return false
	}
	return q.State == "" || (q.State == "inside") == (s.Ended < 0)
}

// Stays lists who was in a stage, or passed from one to another, the latest first, and says how many there are in all: those that the funnel's passages and
// times in stage count.
func (r *Room) Stays(ctx context.Context, m *Model, q StayQuery) (page []StayRow, next string, total int, err error) {
	list, err := newListing(q.After, q.Limit)
	if err != nil {
		return nil, "", 0, err
	}
	stays := m.stays()
	for i, s := range stays {
		if !q.takes(m, s) {
			continue
		}
		row := s.Ended
		if row < 0 {
			row = s.Row
		}
		list.add(m.moves[row].At, int64(m.moves[row].Subject), int32(i))
	}
	found, next := list.page()
	page = make([]StayRow, len(found))
	ids := make([]int64, len(found))
	for k, h := range found {
		s := stays[h.i]
		ids[k], page[k] = h.id, StayRow{Contact: engine.ContactID(h.id), Days: s.Days}
		if s.Row >= 0 {
			page[k].EnteredAt = m.moves[s.Row].At
		}
		if s.Ended >= 0 {
			page[k].LeftAt, page[k].Next = m.moves[s.Ended].At, m.moves[s.Ended].Stage.String()
		}
	}
	names, err := r.names(ctx, ofPeople, ids)
	for k, id := range ids {
		page[k].Name = names[id]
	}
	return page, next, list.total, err
}

// CostQuery says which costs are wanted; of each word NoValue is what has none.
type CostQuery struct {
	Query
	Channel, Group, Platform, Campaign, CampaignID, Category string
	After                                                    string // cursor
	Limit                                                    int
}

// CostRow is a cost with what of it falls on the period.
type CostRow struct {
	ID          string          `json:"id"`
	First       metrics.Day     `json:"first"`
	Last        metrics.Day     `json:"last"`
	Platform    string          `json:"platform"`
	Channel     string          `json:"channel"`
	Campaign    string          `json:"campaign"`
	Category    string          `json:"category"`
	Amount      metrics.Amount  `json:"amount" doc:"Of all its days"`
	Part        metrics.Amount  `json:"part" doc:"What falls on the days of the period"`
	Converted   *metrics.Amount `json:"converted" doc:"The part in the workspace's currency; null: it has no rate"`
	Impressions int64           `json:"impressions"`
	Clicks      int64           `json:"clicks"`
}

// Costs lists the costs behind spend in the period, the largest part first, and says how many there are in all and what they come to: the spend that
// they stand behind.
func (m *Model) Costs(q CostQuery) (sum metrics.Total, page []CostRow, next string, total int, err error) {
	list, err := newListing(q.After, q.Limit)
	if err != nil {
		return sum, nil, "", 0, err
	}
	p, o := m.period(q.Query), m.options(q.Query)
	var found []metrics.Spend
	for i := range m.spend {
		s, c := &m.spend[i], &m.costs[i]
		if s.Last < p.First || s.First > p.Last || s.Last < s.First || !wants(q.Channel, s.Channel) || !wants(q.Group, c.group) || !wants(q.Platform, c.platform) ||
			!wants(q.Campaign, s.Campaign) || !wants(q.CampaignID, c.campaignID) || !wants(q.Category, cmp.Or(c.category, "media")) {
			continue
		}
		one, _ := metrics.Spent(m.spend[i:i+1], p, o)
		found = append(found, *s)
		list.add(millrace.Time(one.Minor), c.id, int32(i))
	}
	sum, _ = metrics.Spent(found, p, o)
	rows, next := list.page()
	page = make([]CostRow, len(rows))
	for k, h := range rows {
		s, c := &m.spend[h.i], &m.costs[h.i]
		currency := cmp.Or(s.Amount.Currency, m.currency)
		page[k] = CostRow{ID: engine.SpendID(c.id), First: s.First, Last: s.Last, Platform: c.platform, Channel: s.Channel, Campaign: s.Campaign, Category: cmp.Or(c.category, "media"),
			Amount: metrics.Amount{Minor: s.Amount.Minor, Currency: currency}, Part: metrics.Amount{Minor: metrics.Spread(s.Amount.Minor, s.Period, p), Currency: currency},
			Impressions: metrics.Spread(c.impressions, s.Period, p), Clicks: metrics.Spread(c.clicks, s.Period, p)}
		if one, _ := metrics.Spent(m.spend[h.i:h.i+1], p, o); one.NoRate == 0 {
			page[k].Converted = &one.Amount
		}
	}
	return sum, page, next, list.total, nil
}

// VisitQuery says which visits are wanted; of each word NoValue is what has none.
type VisitQuery struct {
	Query
	Channel, Group string
	After          string // cursor
	Limit          int
}

// VisitRow is the visits that came from one place: most visitors are nobody known, so what stands behind visits is where they came from.
type VisitRow struct {
	Source   string        `json:"source"`
	Medium   string        `json:"medium"`
	Campaign string        `json:"campaign"`
	Referrer string        `json:"referrer"`
	Host     string        `json:"host" doc:"Of the page that they arrived at"`
	Channel  string        `json:"channel"`
	Group    channel.Group `json:"group"`
	Why      string        `json:"why" doc:"Which rule gave it its channel"`
	Visits   int64         `json:"visits"`
}

// Visits lists where the visits of the period came from, the most first, and says how many places there are and how many visits.
func (m *Model) Visits(q VisitQuery) (sum int64, page []VisitRow, next string, total int, err error) {
	list, err := newListing(q.After, q.Limit)
	if err != nil {
		return 0, nil, "", 0, err
	}
	p := m.period(q.Query)
	counts := make([]int64, len(m.origins))
	for _, x := range m.visits[m.firstVisit(p.First):m.firstVisit(p.Last+1)] {
		counts[x.origin] += int64(x.count)
	}
	for i, n := range counts {
		if o := &m.origins[i]; n > 0 && wants(q.Channel, o.own()) && wants(q.Group, string(o.Group)) {
			sum += n
			list.add(millrace.Time(n), int64(i), int32(i))
		}
	}
	found, next := list.page()
	page = make([]VisitRow, len(found))
	for k, h := range found {
		o := &m.origins[h.i]
		page[k] = VisitRow{Source: o.Source, Medium: o.Medium, Campaign: o.campaign, Referrer: o.raw.Referrer, Host: o.raw.Host, Channel: o.own(), Group: o.Group, Why: o.Why(), Visits: int64(h.at)}
	}
	return sum, page, next, list.total, nil
}

// ChanceQuery says which deals of the quarter's forecast are wanted; NoValue is the stage of those without one.
type ChanceQuery struct {
	Stage string
	After string // cursor
	Limit int
}

// ChanceRow is an open deal with what it adds to the forecast.
type ChanceRow struct {
	DealRow
	Age      int      `json:"age" doc:"Days since it entered its stage, or since it was opened"`
	Basis    string   `json:"basis" enum:"stage,all" doc:"The history that its chance is learned from: of the deals that entered its stage, or of all"`
	Chance   *float64 `json:"chance" doc:"To be won by the quarter's last day; null: nobody knows since when it is open"`
	Expected *float64 `json:"expected" doc:"Amount times chance, in minor units of the workspace's currency; null: it has no amount, or none with a rate"`
}

// Chances lists the open deals behind the quarter's forecast, the largest expectation first, and says how many there are in all and what they come to.
func (m *Model) Chances(q ChanceQuery) (sum metrics.Amount, page []ChanceRow, next string, total int, err error) {
	sum.Currency = m.currency
	list, err := newListing(q.After, q.Limit)
	if err != nil {
		return sum, nil, "", 0, err
	}
	all := metrics.ForecastDeals(metrics.ForecastInput{Deals: m.plainDeals(), Quarter: m.quarter()}, m.options(Query{}))
	expected := func(x metrics.DealChance) float64 {
		if x.Amount == nil {
			return 0
		}
		return float64(*x.Amount) * x.Chance
	}
	whole := 0.0
	for i, x := range all {
		if d := &m.deals[x.Deal]; wants(q.Stage, d.Stage) {
			whole += expected(x)
			list.add(millrace.Time(math.Round(expected(x))), d.id, int32(i))
		}
	}
	sum.Minor = int64(math.Round(whole))
	found, next := list.page()
	page, twins := make([]ChanceRow, len(found)), m.twins()
	for k, h := range found {
		x := all[h.i]
		page[k] = ChanceRow{DealRow: m.dealRow(int32(x.Deal), twins), Age: x.Age, Basis: x.Basis}
		if !x.Undated {
			page[k].Chance = &x.Chance
			if e := expected(x); x.Amount != nil {
				page[k].Expected = &e
			}
		}
	}
	return sum, page, next, list.total, nil
}

// ContractQuery says which customers are wanted.
type ContractQuery struct {
	Query
	Change string // kept, expansion, contraction, churned, new, or "" for all
	After  string // cursor
	Limit  int
}

// ContractRow is what a customer's contracts come to on the period's first and last day, at the rates of the first.
type ContractRow struct {
	Account  string         `json:"account"`
	Name     string         `json:"name"`
	Start    metrics.Amount `json:"start" doc:"ARR on the first day"`
	End      metrics.Amount `json:"end" doc:"ARR on the last day"`
	Change   string         `json:"change" enum:"kept,expansion,contraction,churned,new"`
	Returned bool           `json:"returned,omitempty" doc:"A new customer that was one before"`
}

// changeOf says what became of a customer.
func changeOf(x metrics.Renewal) string {
	switch {
	case !x.Had:
		return "new"
	case !x.Has:
		return "churned"
	case x.End > x.Start:
		return "expansion"
	case x.End < x.Start:
		return "contraction"
	}
	return "kept"
}

// Contracts lists the customers behind NRR, GRR and churn, those with the largest change first, and says how many there are in all and what they come to on both
// days.
func (r *Room) Contracts(ctx context.Context, m *Model, q ContractQuery) (start, end metrics.Amount, page []ContractRow, next string, total int, err error) {
	start.Currency, end.Currency = m.currency, m.currency
	list, err := newListing(q.After, q.Limit)
	if err != nil {
		return start, end, nil, "", 0, err
	}
	all := metrics.Renewals(m.records.contracts, m.period(q.Query), m.options(q.Query))
	for i, x := range all {
		if q.Change == "" || q.Change == changeOf(x) {
			start.Minor, end.Minor = start.Minor+x.Start, end.Minor+x.End
			list.add(millrace.Time(max(x.End-x.Start, x.Start-x.End)), int64(x.Customer), int32(i))
		}
	}
	found, next := list.page()
	page = make([]ContractRow, len(found))
	ids := make([]int64, len(found))
	for k, h := range found {
		x := all[h.i]
		ids[k] = h.id
		page[k] = ContractRow{Account: engine.AccountID(h.id), Start: metrics.Amount{Minor: x.Start, Currency: m.currency}, End: metrics.Amount{Minor: x.End, Currency: m.currency},
			Change: changeOf(x), Returned: x.Returned}
	}
	names, err := r.names(ctx, ofAccounts, ids)
	for k, id := range ids {
		page[k].Name = names[id]
	}
	return start, end, page, next, list.total, err
}
