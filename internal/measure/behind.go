package measure

import (
	"cmp"
	"context"
	"database/sql"
	"slices"
	"strings"

	"millrace"
	"millrace/internal/attribution"
	"millrace/internal/db"
	"millrace/internal/engine"
	"millrace/internal/metrics"
)

// leadFilter says which leads, by their places in leads, -1 for somebody who is none, are of what is wanted. It errs (Invalid) on a dimension that
// leads don't have.
func (m *Model) leadFilter(q *PeopleQuery) (func(n int32) bool, error) {
	value, err := m.leadValue(q.By, q.LeadBy)
	if err != nil {
		return nil, err
	}
	return func(n int32) bool {
		origin := int32(-1)
		if n >= 0 {
			origin = m.leadOrigin(&m.leads[n], q.LeadBy)
		}
		return q.matches(m, origin) && (q.By == "" || value(n) == q.Value)
	}, nil
}

// leadValue is what a lead has in a dimension: of what brought it, or of who it is now, as funnels are split by. Nobody's is "".
func (m *Model) leadValue(dimension, by string) (func(n int32) string, error) {
	of := func(f func(l *lead) string) (func(n int32) string, error) {
		return func(n int32) string {
			if n < 0 {
				return ""
			}
			return f(&m.leads[n])
		}, nil
	}
	brought := func(f func(t *touch, o *classified) string) (func(n int32) string, error) {
		return of(func(l *lead) string {
			t := l.touchOf(by)
			if t < 0 {
				return ""
			}
			return f(&m.touches[t], &m.origins[m.touches[t].origin])
		})
	}
	switch dimension {
	case "":
		return nil, nil
	case "channel":
		return brought(func(_ *touch, o *classified) string { return o.own() })
	case "group":
		return brought(func(_ *touch, o *classified) string { return string(o.Group) })
	case "campaign":
		return brought(func(_ *touch, o *classified) string { return o.campaign })
	case "source":
		return brought(func(_ *touch, o *classified) string { return o.Source })
	case "keyword":
		return brought(func(_ *touch, o *classified) string { return o.Term })
	case "asset":
		return brought(func(t *touch, _ *classified) string { return m.asset(t) })
	case "segment":
		return of(func(l *lead) string { return m.label(m.contacts[l.who].icp) })
	case "persona":
		return of(func(l *lead) string { return m.label(m.contacts[l.who].role) })
	case "grade":
		return of(func(l *lead) string { return m.label(m.contacts[l.who].grade) })
	}
	return nil, millrace.FieldErrorf("measure.Leads", "by", "people have no %s; they have channel, group, campaign, source, keyword, asset, segment, persona, grade", dimension)
}

// dealValue is what the deal at a place has in a dimension. It errs (Invalid) on one that deals don't have.
func (m *Model) dealValue(dimension string) (func(i int) string, error) {
	brought := func(f func(o *classified) string) (func(i int) string, error) {
		return func(i int) string {
			if m.dealOrigin[i] < 0 {
				return ""
			}
			return f(&m.origins[m.dealOrigin[i]])
		}, nil
	}
	switch dimension {
	case "":
		return nil, nil
	case "channel":
		return brought(func(o *classified) string { return o.own() })
	case "group":
		return brought(func(o *classified) string { return string(o.Group) })
	case "campaign":
		return brought(func(o *classified) string { return o.campaign })
	case "source":
		return brought(func(o *classified) string { return o.Source })
	case "keyword":
		return brought(func(o *classified) string { return o.Term })
	case "owner":
		return func(i int) string { return m.deals[i].owner }, nil
	case "product":
		return func(i int) string { return m.deals[i].product }, nil
	case "stage":
		return func(i int) string { return m.deals[i].Stage }, nil
	}
	return nil, millrace.FieldErrorf("measure.Deals", "by", "deals have no %s; they have channel, group, campaign, source, keyword, owner, product, stage", dimension)
}

// EpisodeQuery says which episodes behind a conversion are wanted.
type EpisodeQuery struct {
	Query
	Step    string // lead_to_mql and any other pair of stages; account_to_mqa, mqa_to_opportunity of accounts; opportunity_to_close of deals
	By      string // a dimension of the funnel, of which only Value is wanted; "": all
	Value   string // "" is what has no value
	Outcome string // converted, ended_otherwise, open, or "" for all
	After   string // cursor
	Limit   int
}

// EpisodeRow is one episode: who entered, and what became of it.
type EpisodeRow struct {
	ID        string        `json:"id" doc:"Of the contact, the account or the opportunity"`
	Name      string        `json:"name"`
	EnteredAt millrace.Time `json:"entered_at"`
	Days      int32         `json:"days" doc:"From entering to the outcome, or to the measurement's moment while it is open"`
	Outcome   string        `json:"outcome" enum:"open,converted,ended_otherwise"`
	Skipped   bool          `json:"skipped,omitempty" doc:"It converted past the stage aimed at"`
}

var outcomeNames = [...]string{metrics.Open: "open", metrics.Converted: "converted", metrics.EndedOtherwise: "ended_otherwise"}

// The kinds of what passes through stages.
const (
	ofPeople = iota
	ofAccounts
	ofDeals
)

// step reads the name of a conversion: whose it is, and between which stages.
func step(name string) (of int, from, to millrace.Stage, err error) {
	if name == "opportunity_to_close" {
		return ofDeals, 0, 0, nil
	}
	for key, accounts := range accountKeys {
		if accounts == name {
			name, of = key, ofAccounts
		}
	}
	a, b, _ := strings.Cut(name, "_to_")
	from, ok := millrace.ParseStage(a)
	to, too := millrace.ParseStage(b)
	if !ok || !too || from == to {
		err = millrace.FieldErrorf("measure.Episodes", "step", "%q is no conversion such as lead_to_mql, account_to_mqa or opportunity_to_close", name)
	}
	return of, from, to, err
}

type episodesKey struct {
	at   millrace.Time
	step string
}

// episodesOf are the episodes of a step, whenever they began.
func (m *Model) episodesOf(name string, of int, from, to millrace.Stage) []metrics.Episode {
	out, _ := recall(m.episodeMemory, episodesKey{m.BuiltAt, name}, func() ([]metrics.Episode, error) {
		o, deals := m.options(Query{}), m.plainDeals()
		switch of {
		case ofDeals:
			return metrics.DealEpisodes(deals, o).Episodes, nil
		case ofAccounts:
			return metrics.Episodes(m.accMoves, deals, from, to, o).Episodes, nil
		}
		return metrics.Episodes(m.moves, deals, from, to, o).Episodes, nil
	})
	return out
}

// Episodes lists the episodes behind a conversion whose entry lies in the period, newest first, and says how many there are in all: those that the
// funnel counts. It errs (Invalid) on a step or a dimension that there is none of.
func (r *Room) Episodes(ctx context.Context, m *Model, q EpisodeQuery) (page []EpisodeRow, next string, total int, err error) {
	of, from, to, err := step(q.Step)
	if err != nil {
		return nil, "", 0, err
	}
	takes, err := m.episodeFilter(&q, of)
	if err != nil {
		return nil, "", 0, err
	}
	list, err := newListing(q.After, q.Limit)
	if err != nil {
		return nil, "", 0, err
	}
	p, episodes := m.period(q.Query), m.episodesOf(q.Step, of, from, to)
	for i := range episodes {
		e := &episodes[i]
		if p.Has(e.Entered) && (q.Outcome == "" || q.Outcome == outcomeNames[e.Outcome]) && takes(e.Row) {
			at, id := m.entry(of, e.Row)
			list.add(at, id, int32(i))
		}
	}
	found, next := list.page()
	page = make([]EpisodeRow, len(found))
	ids := make([]int64, len(found))
	for k, h := range found {
		e := &episodes[h.i]
		ids[k], page[k] = h.id, EpisodeRow{EnteredAt: h.at, Days: e.Days, Outcome: outcomeNames[e.Outcome], Skipped: e.Skipped}
		switch of {
		case ofDeals:
			page[k].ID, page[k].Name = engine.OpportunityID(h.id), m.deals[e.Row].name
		case ofAccounts:
			page[k].ID = engine.AccountID(h.id)
		default:
			page[k].ID = engine.ContactID(h.id)
		}
	}
	if of == ofDeals {
		return page, next, list.total, nil
	}
	names, err := r.names(ctx, of, ids)
	for k, id := range ids {
		page[k].Name = names[id]
	}
	return page, next, list.total, err
}

// entry is when an episode began and whose it is.
func (m *Model) entry(of int, row int32) (at millrace.Time, id int64) {
	switch of {
	case ofDeals:
		return m.deals[row].Opened, m.deals[row].id
	case ofAccounts:
		return m.accMoves[row].At, int64(m.accMoves[row].Subject)
	}
	return m.moves[row].At, int64(m.moves[row].Subject)
}

// episodeFilter says which rows are of the value that is wanted, by the very codes that the funnel is split by.
func (m *Model) episodeFilter(q *EpisodeQuery, of int) (func(row int32) bool, error) {
	if q.By == "" {
		return func(int32) bool { return true }, nil
	}
	var dims []metrics.Dim
	switch of {
	case ofPeople:
		dims = m.dims(q.LeadBy)
	case ofDeals:
		dims = m.dealDims()
	}
	i := slices.IndexFunc(dims, func(d metrics.Dim) bool { return d.Name == q.By })
	if i < 0 {
		return nil, millrace.FieldErrorf("measure.Episodes", "by", "the conversion %s is not split by %s", q.Step, q.By)
	}
	d := dims[i]
	return func(row int32) bool {
		label := ""
		if c := d.Code[row]; c >= 0 && int(c) < len(d.Labels) {
			label = d.Labels[c]
		}
		return label == q.Value
	}, nil
}

// names are those of people or accounts, as they are now.
func (r *Room) names(ctx context.Context, of int, ids []int64) (map[int64]string, error) {
	query := "/* measure.names */ select id, name, email from contact where %s"
	if of == ofAccounts {
		query = "/* measure.account_names */ select id, name, domain from account where %s"
	}
	names := make(map[int64]string, len(ids))
	return names, db.SelectIn(ctx, r.db, query, "id", slices.Compact(slices.Sorted(slices.Values(ids))), func(rows *sql.Rows) error {
		var id int64
		var name, other string
		err := rows.Scan(&id, &name, &other)
		names[id] = cmp.Or(name, other)
		return err
	})
}

// CreditQuery says behind which credit of the table of models the deals are wanted.
type CreditQuery struct {
	AttributionQuery
	Value string // of the dimension, as the table names it
	Model string
	After string // cursor
	Limit int
}

// CreditRow is a deal with what of it a model gives to the value.
type CreditRow struct {
	DealRow
	Credit  *int64 `json:"credit" doc:"In the table's units; null: the model learns from all journeys together and credits no single deal"`
	Touches int    `json:"touches" doc:"Of the value, in the deal's journey"`
	Of      int    `json:"of_touches" doc:"All touches of the journey"`
}

// Credits is what stands behind one credit of the table.
type Credits struct {
	Unit int64  `json:"unit" doc:"As the table's"`
	Sum  *int64 `json:"sum" doc:"Of the credits of all pages: the table's; null where the model credits no single deal"`
}

// Credits lists the deals that a credit of the table of models is of, the largest part first, and says how many there are in all. Of models that
// credit no single deal it lists those whose journeys have the value, in the order of how many touches. It errs as Attribution does.
func (m *Model) Credits(ctx context.Context, q CreditQuery) (out Credits, page []CreditRow, next string, total int, err error) {
	q.defaults()
	model, err := attribution.Lookup(q.Model)
	if err != nil {
		return out, nil, "", 0, err
	}
	list, err := newListing(q.After, q.Limit)
	if err != nil {
		return out, nil, "", 0, err
	}
	js, err := m.journeys(ctx, q.AttributionQuery, false)
	if err != nil {
		return out, nil, "", 0, err
	}
	parts, err := js.Behind(q.Dimension, q.Measure, q.Value, model.Name, q.Options.Options)
	if err != nil {
		return out, nil, "", 0, err
	}
	if out.Unit = attribution.CountUnit; q.Measure == attribution.Revenue || q.Measure == attribution.Pipeline {
		out.Unit = int64(minorScale(m.currency))
	}
	places, learns := m.dealPlaces(), q.Value != NoTouch && (model.Name == attribution.Markov || model.Name == attribution.ShapleyRate)
	sum := int64(0)
	for i, x := range parts {
		n := millrace.Time(x.Credit)
		if learns {
			n = millrace.Time(x.Touches)
		}
		sum += x.Credit
		list.add(n, m.deals[places[js.Deals[x.Journey]]].id, int32(i))
	}
	found, next := list.page()
	twins := m.twins()
	page = make([]CreditRow, 0, len(found))
	for _, h := range found {
		x := parts[h.i]
		row := CreditRow{DealRow: m.dealRow(places[js.Deals[x.Journey]], twins), Touches: x.Touches, Of: x.Of}
		if !learns {
			row.Credit = &x.Credit
		}
		page = append(page, row)
	}
	if !learns {
		out.Sum = &sum
	}
	return out, page, next, list.total, nil
}

type dealPlacesKey struct{}

// dealPlaces finds deals by their ids.
func (m *Model) dealPlaces() map[string]int32 {
	out, _ := recall(m.memory, dealPlacesKey{}, func() (map[string]int32, error) {
		out := make(map[string]int32, len(m.deals))
		for i := range m.deals {
			out[engine.OpportunityID(m.deals[i].id)] = int32(i)
		}
		return out, nil
	})
	return out
}
