package measure

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"millrace"
	"millrace/internal/attribution"
	"millrace/internal/channel"
	"millrace/internal/engine"
	"millrace/internal/metrics"
)

// Lead is one of the leads behind a figure, with the touch that brought it.
type Lead struct {
	Contact  string        `json:"contact" doc:"The contact's id"`
	Name     string        `json:"name"`
	Account  string        `json:"account,omitempty" doc:"Of the account held then"`
	At       millrace.Time `json:"at" doc:"When the stage was entered; of a lead, when somebody said who they are"`
	Channel  string        `json:"channel"`
	Campaign string        `json:"campaign"`
	Source   string        `json:"source"`
	Medium   string        `json:"medium"`
	Asset    string        `json:"asset"`
	TouchAt  millrace.Time `json:"touch_at" doc:"When the touch was that brought it; null: there is none"`
}

// PeopleQuery says which leads or deals are wanted. An empty channel is all; NoTouch those without a touch.
type PeopleQuery struct {
	Query
	Channel  string
	Campaign string
	By       string         // a further dimension, of which only Value is wanted; "": none
	Value    string         // "" is what has no value
	Stage    millrace.Stage // of leads: which stage they entered in the period; lead unless it says so
	Status   string         // of deals: open, won, lost, standing (open on the period's last day) or ""
	Pipeline string         // of deals: those of one of metrics' pipelines, whenever they were opened
	After    string         // cursor
	Limit    int
}

// defaultPage is how long a page is that nobody asked to be of another length.
const defaultPage = 50

// NoTouch stands for what no touch brought.
const NoTouch = attribution.NoTouch

// matches says whether an origin is of the channel and campaign that are wanted.
func (q *PeopleQuery) matches(m *Model, origin int32) bool {
	own, campaign := NoTouch, ""
	if origin >= 0 {
		own, campaign = m.origins[origin].own(), m.origins[origin].campaign
	}
	return (q.Channel == "" || q.Channel == own) && (q.Campaign == "" || q.Campaign == campaign)
}

// cursor is a place in a list by time and id, newest first.
func cursor(at millrace.Time, id int64) string { return fmt.Sprintf("%d.%d", at, id) }

func parseCursor(s string) (at millrace.Time, id int64, err error) {
	a, b, ok := strings.Cut(s, ".")
	t, err1 := strconv.ParseInt(a, 10, 64)
	id, err2 := strconv.ParseInt(b, 10, 64)
	if !ok || err1 != nil || err2 != nil {
		return 0, 0, millrace.FieldErrorf("measure.list", "cursor", "the cursor is none of this list")
	}
	return millrace.Time(t), id, nil
}

// Leads lists who entered a stage in the period, as often as they did, by the touch that brought the lead, newest first, and says how many entries
// there are in all: those that unit economics counts.
func (r *Room) Leads(ctx context.Context, m *Model, q PeopleQuery) (page []Lead, next string, total int, err error) {
	takes, err := m.leadFilter(&q)
	if err != nil {
		return nil, "", 0, err
	}
	list, err := newListing(q.After, q.Limit)
	if err != nil {
		return nil, "", 0, err
	}
	p := m.period(q.Query)
	for i := range m.moves {
		if x := &m.moves[i]; x.Stage == q.Stage && p.Has(m.moveDay[i]) && x.At <= m.BuiltAt && takes(m.moveLead[i]) {
			list.add(x.At, int64(x.Subject), int32(i))
		}
	}
	found, next := list.page()
	page = make([]Lead, len(found))
	for k, h := range found {
		page[k] = m.leadRow(h.i, q.LeadBy)
	}
	return page, next, list.total, r.nameLeads(ctx, page)
}

// leadRow is an entry into a stage as lists show it.
func (m *Model) leadRow(i int32, by string) Lead {
	x := &m.moves[i]
	out := Lead{Contact: engine.ContactID(int64(x.Subject)), At: x.At, Channel: NoTouch}
	if x.Account > 0 {
		out.Account = engine.AccountID(int64(x.Account))
	}
	if n := m.moveLead[i]; n >= 0 {
		if t := m.leads[n].touchOf(by); t >= 0 {
			o := &m.origins[m.touches[t].origin]
			out.Channel, out.Campaign, out.Source, out.Medium = o.own(), o.campaign, o.Source, o.Medium
			out.Asset, out.TouchAt = m.asset(&m.touches[t]), m.touches[t].at
		}
	}
	return out
}

// nameLeads reads the names of the people on a page, as they are now.
func (r *Room) nameLeads(ctx context.Context, page []Lead) error {
	ids := make([]int64, len(page))
	for i := range page {
		id, err := strconv.ParseInt(strings.TrimPrefix(page[i].Contact, engine.ContactPrefix), 10, 64)
		if err != nil {
			return err
		}
		ids[i] = id
	}
	names, err := r.names(ctx, ofPeople, ids)
	for i, id := range ids {
		page[i].Name = names[id]
	}
	return err
}

// dayReader tells the day of moments that mostly lie within the hour of the one before.
func (m *Model) dayReader() func(at millrace.Time) metrics.Day {
	var day metrics.Day
	var hour millrace.Time = -1 << 62
	return func(at millrace.Time) metrics.Day {
		if h := at / (15 * millrace.Minute); h != hour || at < 0 { // zones begin their days at quarters of an hour
			hour, day = h, m.calendar.Day(at)
		}
		return day
	}
}

// DealRow is one of the deals behind a figure, with what brought it.
type DealRow struct {
	ID         string          `json:"id"`
	Name       string          `json:"name"`
	Account    string          `json:"account,omitempty"`
	Status     string          `json:"status" enum:"open,won,lost"`
	Stage      string          `json:"stage"`
	Amount     *metrics.Amount `json:"amount" doc:"null: none is given"`
	OpenedAt   millrace.Time   `json:"opened_at"`
	ClosedAt   millrace.Time   `json:"closed_at"`
	Owner      string          `json:"owner"`
	Product    string          `json:"product"`
	LossReason string          `json:"loss_reason,omitempty"`
	Channel    string          `json:"channel"`
	Campaign   string          `json:"campaign"`
	Duplicates []string        `json:"duplicates,omitempty" doc:"Other deals of the same account with the same name, amount and day of opening: probably the same deal twice"`
	Undated    bool            `json:"undated,omitempty"`
}

// Deals lists the deals closed (won, lost) or opened (open, all) in the period, open on its last day (standing) or in a pipeline now, newest first.
func (m *Model) Deals(q PeopleQuery) (page []DealRow, next string, total int, err error) {
	value, err := m.dealValue(q.By)
	if err != nil {
		return nil, "", 0, err
	}
	list, err := newListing(q.After, q.Limit)
	if err != nil {
		return nil, "", 0, err
	}
	p, twins := m.period(q.Query), m.twins()
	for i := range m.deals {
		d := &m.deals[i]
		at, counts := m.counted(&q, p, d)
		if !counts || !q.matches(m, m.dealOrigin[i]) {
			continue
		}
		if q.By == "" || at != 0 && value(i) == q.Value { // what has no date is in no count, but stands in the whole list
			list.add(at, d.id, int32(i))
		}
	}
	found, next := list.page()
	page = make([]DealRow, len(found))
	for k, h := range found {
		page[k] = m.dealRow(h.i, twins)
	}
	return page, next, list.total, nil
}

// counted says whether a deal is of the days, status and pipeline that are asked for, and the moment by which it is listed.
func (m *Model) counted(q *PeopleQuery, p metrics.Period, d *deal) (at millrace.Time, ok bool) {
	switch {
	case q.Pipeline != "":
		return d.Opened, d.InPipeline(q.Pipeline, m.BuiltAt)
	case q.Status == "standing":
		return d.Opened, d.Standing(p.Last, m.calendar, m.BuiltAt)
	case q.Status == "won" || q.Status == "lost":
		at = d.Closed
	default:
		at = d.Opened
	}
	return at, (q.Status == "" || q.Status == d.Status.String()) && (p.Has(m.calendar.Day(at)) || at == 0 && d.undated)
}

// dealRow is a deal as lists show it.
func (m *Model) dealRow(i int32, twins map[twin][]int32) DealRow {
	d := &m.deals[i]
	row := DealRow{ID: engine.OpportunityID(d.id), Name: d.name, Status: d.Status.String(), Stage: d.Stage, OpenedAt: d.Opened, ClosedAt: d.Closed, Owner: d.owner, Product: d.product,
		LossReason: d.lossReason, Channel: NoTouch, Undated: d.undated}
	if d.Account > 0 {
		row.Account = engine.AccountID(int64(d.Account))
	}
	if d.HasAmount {
		row.Amount = &metrics.Amount{Minor: d.Amount.Minor, Currency: cmp.Or(d.Amount.Currency, m.currency)}
	}
	if m.dealOrigin[i] >= 0 {
		row.Channel, row.Campaign = m.broughtDeal(int(i))
	}
	if t, ok := m.twinOf(d); ok {
		for _, other := range twins[t] {
			if other != i {
				row.Duplicates = append(row.Duplicates, engine.OpportunityID(m.deals[other].id))
			}
		}
	}
	return row
}

// twin is what two records of one deal have in common.
type twin struct {
	account int32
	name    string
	amount  millrace.Money
	day     metrics.Day
}

// twinOf is what a deal's duplicates would share; ok is false for a deal of which too little is known.
func (m *Model) twinOf(d *deal) (t twin, ok bool) {
	if d.Account < 0 || d.name == "" || !d.HasAmount || d.Opened == 0 {
		return t, false
	}
	return twin{d.Account, strings.ToLower(d.name), d.Amount, m.calendar.Day(d.Opened)}, true
}

type twinsKey struct{}

// twins are the deals that may be the same deal, several times recorded.
func (m *Model) twins() map[twin][]int32 {
	out, _ := recall(m.memory, twinsKey{}, func() (map[twin][]int32, error) {
		out := map[twin][]int32{}
		for i := range m.deals {
			if t, ok := m.twinOf(&m.deals[i]); ok {
				out[t] = append(out[t], int32(i))
			}
		}
		for t, list := range out {
			if len(list) < 2 {
				delete(out, t)
			}
		}
		return out, nil
	})
	return out
}

// Journey is what led to one deal, with the credit of each touch by each rule. Models that learn from all journeys have none for a single touch.
type Journey struct {
	Deal         DealRow             `json:"deal"`
	Touches      []JourneyTouch      `json:"touches" doc:"Of everyone in the account, in the order of time"`
	Models       []string            `json:"models"`
	Unit         int64               `json:"unit" doc:"Credits in one major unit of the currency, or 1,000,000 for a deal without an amount"`
	Currency     string              `json:"currency"`
	Lead         millrace.Time       `json:"lead_at" doc:"When the first of the account's people was known; null: not known"`
	SelfReported string              `json:"self_reported,omitempty" doc:"What the buyers said"`
	LeftOut      attribution.LeftOut `json:"left_out"`
}

// JourneyTouch is one touch of a journey.
type JourneyTouch struct {
	At       millrace.Time    `json:"at"`
	Contact  string           `json:"contact"`
	Persona  string           `json:"persona,omitempty"`
	Channel  string           `json:"channel"`
	Group    channel.Group    `json:"group"`
	Source   string           `json:"source"`
	Medium   string           `json:"medium"`
	Campaign string           `json:"campaign"`
	Keyword  string           `json:"keyword,omitempty"`
	Asset    string           `json:"asset"`
	Event    string           `json:"event,omitempty"`
	Why      string           `json:"why" doc:"Which rule gave it its channel"`
	Marks    []string         `json:"marks,omitempty" doc:"lead, opportunity: the last touch up to that moment"`
	Credits  map[string]int64 `json:"credits" doc:"By model"`
}

// Journey tells what led to a deal. It errs with NotFound for what is no deal.
func (m *Model) Journey(id string, q AttributionQuery) (*Journey, error) {
	n, err := strconv.ParseInt(strings.TrimPrefix(id, engine.OpportunityPrefix), 10, 64)
	i := slices.IndexFunc(m.deals, func(d deal) bool { return d.id == n })
	if err != nil || i < 0 {
		return nil, millrace.Errorf(millrace.NotFound, "measure.Journey", "there is no opportunity %q", id)
	}
	q.defaults()
	d := &m.deals[i]
	out := &Journey{Deal: m.dealRow(int32(i), m.twins()), Touches: []JourneyTouch{}, Currency: m.currency, Unit: int64(minorScale(m.currency))}
	measure := attribution.Pipeline
	if amount, ok := m.options(q.Query).Convert(d.Amount, m.calendar.Day(cmp.Or(d.Closed, d.Opened, m.BuiltAt))); !ok || amount == 0 {
		measure, out.Unit = attribution.Count, attribution.CountUnit
	}
	list, names, first := m.accountTouches(d.Account, nil), m.names(), m.accounts[d.Account].from
	names[attribution.Keyword] = make([]string, len(list))
	for k := range list { // each touch is a value of its own
		names[attribution.Keyword][k], list[k].Codes[attribution.Keyword] = strconv.Itoa(k), int32(k)
	}
	b := m.journeyBuilder(q, names)
	x, ok := m.journeyDeal(d, q)
	if !ok {
		x.Amount = 0
	}
	if err := b.AddDeal(x, list); err != nil {
		return nil, err
	}
	j := b.Journeys()
	for _, model := range attribution.Models() {
		if !model.DataDriven && model.Name != attribution.Custom && model.Name != attribution.SelfReported {
			out.Models = append(out.Models, model.Name)
		}
	}
	t, err := j.Table(attribution.Keyword, measure, attribution.TableOptions{Options: q.Options.Options, Models: out.Models})
	if err != nil {
		return nil, err
	}
	out.Lead, out.SelfReported, out.LeftOut = x.Lead, x.SelfReported, t.LeftOut
	for k, value := range j.Columns[attribution.Keyword].IDs {
		name := j.Columns[attribution.Keyword].Names[value]
		place, err := strconv.Atoi(name)
		if err != nil {
			return nil, err
		}
		touch := m.journeyTouch(first+int32(place), t, name)
		if int32(k) == j.Lead[0] {
			touch.Marks = append(touch.Marks, "lead")
		}
		if int32(k) == j.Opportunity[0] {
			touch.Marks = append(touch.Marks, "opportunity")
		}
		out.Touches = append(out.Touches, touch)
	}
	return out, nil
}

// journeyTouch is a touch with its credits, which stand in a table under its name.
func (m *Model) journeyTouch(i int32, t *attribution.Table, name string) JourneyTouch {
	x := &m.touches[i]
	o := &m.origins[x.origin]
	out := JourneyTouch{At: x.at, Contact: engine.ContactID(int64(x.contact)), Persona: m.role(x.contact), Channel: o.own(), Group: o.Group, Source: o.Source, Medium: o.Medium,
		Campaign: o.campaign, Keyword: o.Term, Asset: m.asset(x), Event: o.raw.Event, Why: o.Why(), Credits: map[string]int64{}}
	for _, model := range t.Models {
		out.Credits[model] = t.Credit(name, model)
	}
	return out
}
