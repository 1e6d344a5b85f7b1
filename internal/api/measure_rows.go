package api

import (
	"context"

	"millrace"
	"millrace/internal/measure"
	"millrace/internal/metrics"
)

// PageInput says which page of the rows behind a figure.
type PageInput struct {
	Cursor string `query:"cursor" maxLength:"60"`
	Limit  int    `query:"limit" minimum:"1" maximum:"500" default:"50"`
}

type staysInput struct {
	Stage string `query:"stage" enum:"lead,mql,accepted,sql,opportunity,customer,recycled,disqualified" doc:"The stage that they are or were in; without one, those who came into next from none"`
	Next  string `query:"next" enum:"lead,mql,accepted,sql,opportunity,customer,recycled,disqualified" doc:"The stage that they passed to"`
	State string `query:"state" enum:"inside,left" doc:"Who is there now, or who left"`
	PageInput
}

func (in *staysInput) query() (q measure.StayQuery, err error) {
	q = measure.StayQuery{State: in.State, First: in.Stage == "", Ended: in.Next != "", After: in.Cursor, Limit: in.Limit}
	if in.Stage == "" && in.Next == "" {
		return q, millrace.FieldErrorf("api.stays", "stage", "say the stage that they are in, or the next one that they came into")
	}
	q.Stage, _ = millrace.ParseStage(in.Stage)
	q.Next, _ = millrace.ParseStage(in.Next)
	return q, nil
}

func (a *API) staysBehind(ctx context.Context, in *staysInput) (*reply[measured[behind[measure.StayRow]]], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	return report(ctx, a, func(m *measure.Model) (b behind[measure.StayRow], err error) {
		b.Data, b.NextCursor, b.Total, err = a.measure.Stays(ctx, m, q)
		return b, err
	})
}

type costsInput struct {
	SpanInput
	Channel  string `query:"channel" maxLength:"200" doc:"An own channel of the playbook. Of each word, (none) asks for what has none"`
	Group    string `query:"group" maxLength:"200" doc:"A default channel group"`
	Platform string `query:"platform" maxLength:"100"`
	Campaign string `query:"campaign" maxLength:"300"`
	ID       string `query:"campaign_id" maxLength:"100" doc:"On the platform"`
	Category string `query:"category" maxLength:"100"`
	PageInput
}

// costs is a page of costs with what all of them come to.
type costs struct {
	Sum        metrics.Total     `json:"sum" doc:"Of all pages: the spend that they stand behind"`
	Data       []measure.CostRow `json:"data"`
	NextCursor string            `json:"next_cursor"`
	Total      int               `json:"total" doc:"How many there are on all pages"`
}

func (a *API) costsBehind(ctx context.Context, in *costsInput) (*reply[measured[costs]], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	cq := measure.CostQuery{Query: q, Channel: in.Channel, Group: in.Group, Platform: in.Platform, Campaign: in.Campaign, CampaignID: in.ID, Category: in.Category, After: in.Cursor, Limit: in.Limit}
	return report(ctx, a, func(m *measure.Model) (c costs, err error) {
		c.Sum, c.Data, c.NextCursor, c.Total, err = m.Costs(cq)
		return c, err
	})
}

type visitsInput struct {
	SpanInput
	Channel string `query:"channel" maxLength:"200" doc:"An own channel of the playbook. Of each word, (none) asks for what has none"`
	Group   string `query:"group" maxLength:"200" doc:"A default channel group"`
	PageInput
}

// visits is a page of where visits came from, with how many there are.
type visits struct {
	Visits     int64              `json:"visits" doc:"Of all pages"`
	Data       []measure.VisitRow `json:"data"`
	NextCursor string             `json:"next_cursor"`
	Total      int                `json:"total" doc:"How many there are on all pages"`
}

func (a *API) visitsBehind(ctx context.Context, in *visitsInput) (*reply[measured[visits]], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	vq := measure.VisitQuery{Query: q, Channel: in.Channel, Group: in.Group, After: in.Cursor, Limit: in.Limit}
	return report(ctx, a, func(m *measure.Model) (v visits, err error) {
		v.Visits, v.Data, v.NextCursor, v.Total, err = m.Visits(vq)
		return v, err
	})
}

type chancesInput struct {
	Stage string `query:"stage" maxLength:"200" doc:"A CRM stage; (none) for deals without one"`
	PageInput
}

// chances is a page of the open deals of a forecast, with what all of them are expected to bring.
type chances struct {
	Sum        metrics.Amount      `json:"sum" doc:"Of all pages: the expectation that they stand behind"`
	Data       []measure.ChanceRow `json:"data"`
	NextCursor string              `json:"next_cursor"`
	Total      int                 `json:"total" doc:"How many there are on all pages"`
}

func (a *API) chancesBehind(ctx context.Context, in *chancesInput) (*reply[measured[chances]], error) {
	q := measure.ChanceQuery{Stage: in.Stage, After: in.Cursor, Limit: in.Limit}
	return report(ctx, a, func(m *measure.Model) (c chances, err error) {
		c.Sum, c.Data, c.NextCursor, c.Total, err = m.Chances(q)
		return c, err
	})
}

type contractsInput struct {
	SpanInput
	Change string `query:"change" enum:"kept,expansion,contraction,churned,new" doc:"What became of them"`
	PageInput
}

// contracts is a page of customers, with what all of them come to.
type contracts struct {
	Start      metrics.Amount        `json:"start" doc:"ARR of the first day, of all pages"`
	End        metrics.Amount        `json:"end" doc:"ARR of the last day, of all pages"`
	Data       []measure.ContractRow `json:"data"`
	NextCursor string                `json:"next_cursor"`
	Total      int                   `json:"total" doc:"How many there are on all pages"`
}

func (a *API) contractsBehind(ctx context.Context, in *contractsInput) (*reply[measured[contracts]], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	cq := measure.ContractQuery{Query: q, Change: in.Change, After: in.Cursor, Limit: in.Limit}
	return report(ctx, a, func(m *measure.Model) (c contracts, err error) {
		c.Start, c.End, c.Data, c.NextCursor, c.Total, err = a.measure.Contracts(ctx, m, cq)
		return c, err
	})
}
