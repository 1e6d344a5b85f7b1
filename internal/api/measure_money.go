package api

import (
	"context"

	"millrace"
	"millrace/internal/attribution"
	"millrace/internal/measure"
	"millrace/internal/metrics"
)

func (a *API) spend(ctx context.Context, in *SpanInput) (*reply[measured[measure.SpendReport]], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	return report(ctx, a, func(m *measure.Model) (measure.SpendReport, error) { return m.Spend(q), nil })
}

func (a *API) channels(ctx context.Context, in *SpanInput) (*reply[measured[measure.Channels]], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	return report(ctx, a, func(m *measure.Model) (measure.Channels, error) { return m.Channels(q), nil })
}

func (a *API) targets(ctx context.Context, in *SpanInput) (*reply[measured[measure.Targets]], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	return report(ctx, a, func(m *measure.Model) (measure.Targets, error) { return m.Targets(q), nil })
}

func (a *API) moved(ctx context.Context, in *SpanInput) (*reply[measured[measure.Moved]], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	return report(ctx, a, func(m *measure.Model) (measure.Moved, error) { return m.Moved(q), nil })
}

type planInput struct {
	SpanInput
	Target   string `query:"target" required:"true" maxLength:"30" doc:"Revenue to be won, a decimal in major units"`
	Currency string `query:"currency" maxLength:"3" doc:"Of the target; the workspace's otherwise"`
	By       string `query:"by" required:"true" format:"date" doc:"The last day on which a deal counts"`
	Since    string `query:"since" format:"date" doc:"First day whose won deals count towards the target; that of the present quarter otherwise"`
}

func (a *API) planBack(ctx context.Context, in *planInput) (*reply[measured[measure.RevenuePlan]], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	p := measure.PlanQuery{History: q}
	if p.By, err = day("by", in.By); err != nil {
		return nil, err
	}
	if p.Since, err = day("since", in.Since); err != nil {
		return nil, err
	}
	currency := in.Currency
	if currency == "" {
		currency = a.engine.Playbook().Workspace.Currency
	}
	if p.Target, err = millrace.ParseMoney(in.Target, currency); err != nil || p.Target.Minor <= 0 {
		return nil, millrace.FieldErrorf("api.plan", "target", "%q is no amount above zero, such as 250000", in.Target)
	}
	return report(ctx, a, func(m *measure.Model) (measure.RevenuePlan, error) { return m.Plan(p), nil })
}

// BehindInput says which of the people or deals behind a figure are wanted. Exported, since inputs embed it.
type BehindInput struct {
	SpanInput
	Channel  string `query:"channel" maxLength:"200" doc:"An own channel of the playbook; (no touch) for what no touch brought"`
	Campaign string `query:"campaign" maxLength:"300"`
	By       string `query:"by" enum:"channel,group,campaign,source,keyword,asset,segment,persona,grade,owner,product,stage" doc:"A further dimension, of which only value is wanted. People have no owner, product and stage, deals no asset, segment, persona and grade"`
	Value    string `query:"value" maxLength:"500" doc:"Of by; empty for what has none"`
	PageInput
}

func (in *BehindInput) people() (q measure.PeopleQuery, err error) {
	q = measure.PeopleQuery{Channel: in.Channel, Campaign: in.Campaign, By: in.By, Value: in.Value, After: in.Cursor, Limit: in.Limit}
	q.Query, err = in.query()
	return q, err
}

// behind is a page of what stands behind a figure.
type behind[T any] struct {
	Data       []T    `json:"data"`
	NextCursor string `json:"next_cursor"`
	Total      int    `json:"total" doc:"How many there are on all pages"`
}

type leadsBehindInput struct {
	BehindInput
	Stage string `query:"stage" enum:"lead,mql,accepted,sql,recycled,disqualified" default:"lead" doc:"Which stage was entered in the period"`
}

func (a *API) leadsBehind(ctx context.Context, in *leadsBehindInput) (*reply[measured[behind[measure.Lead]]], error) {
	q, err := in.people()
	if err != nil {
		return nil, err
	}
	q.Stage, _ = millrace.ParseStage(in.Stage)
	return report(ctx, a, func(m *measure.Model) (b behind[measure.Lead], err error) {
		b.Data, b.NextCursor, b.Total, err = a.measure.Leads(ctx, m, q)
		return b, err
	})
}

type dealsBehindInput struct {
	BehindInput
	Status   string `query:"status" enum:"open,won,lost,standing" doc:"won and lost are of deals closed in the period, open and all of deals opened in it, standing of those open on its last day"`
	Pipeline string `query:"pipeline" enum:"new,expansion,referral" doc:"The deals that are open now, of new customers, of existing ones or by referral, whenever they were opened"`
}

func (a *API) dealsBehind(ctx context.Context, in *dealsBehindInput) (*reply[measured[behind[measure.DealRow]]], error) {
	q, err := in.people()
	if err != nil {
		return nil, err
	}
	q.Status, q.Pipeline = in.Status, in.Pipeline
	return report(ctx, a, func(m *measure.Model) (b behind[measure.DealRow], err error) {
		b.Data, b.NextCursor, b.Total, err = m.Deals(q)
		return b, err
	})
}

type episodesInput struct {
	SpanInput
	Step    string `query:"step" required:"true" maxLength:"60" doc:"A conversion of the funnel, by its key: lead_to_mql, account_to_mqa, opportunity_to_close; or any two stages"`
	By      string `query:"by" enum:"channel,campaign,segment,persona,grade,owner,product" doc:"A dimension that the conversion is split by, of which only value is wanted"`
	Value   string `query:"value" maxLength:"500" doc:"Of by; empty for what has none"`
	Outcome string `query:"outcome" enum:"converted,ended_otherwise,open"`
	PageInput
}

func (a *API) episodes(ctx context.Context, in *episodesInput) (*reply[measured[behind[measure.EpisodeRow]]], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	eq := measure.EpisodeQuery{Query: q, Step: in.Step, By: in.By, Value: in.Value, Outcome: in.Outcome, After: in.Cursor, Limit: in.Limit}
	return report(ctx, a, func(m *measure.Model) (b behind[measure.EpisodeRow], err error) {
		b.Data, b.NextCursor, b.Total, err = a.measure.Episodes(ctx, m, eq)
		return b, err
	})
}

type creditsInput struct {
	AttributionInput
	Value string `query:"value" required:"true" maxLength:"500" doc:"A row of the table, as it names it"`
	Model string `query:"model" required:"true" maxLength:"40" doc:"A column of it"`
	PageInput
}

// credits is a page of the deals behind a credit, with what they add up to.
type credits struct {
	measure.Credits
	Data       []measure.CreditRow `json:"data"`
	NextCursor string              `json:"next_cursor"`
	Total      int                 `json:"total" doc:"How many there are on all pages"`
}

func (a *API) creditsBehind(ctx context.Context, in *creditsInput) (*reply[measured[credits]], error) {
	q, err := in.attribution()
	if err != nil {
		return nil, err
	}
	cq := measure.CreditQuery{AttributionQuery: q, Value: in.Value, Model: in.Model, After: in.Cursor, Limit: in.Limit}
	return report(ctx, a, func(m *measure.Model) (c credits, err error) {
		c.Credits, c.Data, c.NextCursor, c.Total, err = m.Credits(ctx, cq)
		return c, err
	})
}

type journeyInput struct {
	ID       string  `path:"id" maxLength:"40" doc:"The opportunity's id"`
	Moment   string  `query:"moment" enum:"close,opportunity,lead" default:"close" doc:"Up to when touches count"`
	LookBack int     `query:"look_back_days" minimum:"1" maximum:"3650" default:"365"`
	HalfLife float64 `query:"half_life_days" minimum:"0.1" maximum:"3650" default:"7" doc:"Of time-decay"`
}

func (a *API) journey(ctx context.Context, in *journeyInput) (*reply[measured[*measure.Journey]], error) {
	q := measure.AttributionQuery{Query: measure.Query{From: metrics.NoDay, To: metrics.NoDay}, Moment: moments[in.Moment], LookBack: in.LookBack,
		Options: attribution.TableOptions{Options: attribution.Options{HalfLife: millrace.Time(in.HalfLife * float64(millrace.Day))}}}
	return report(ctx, a, func(m *measure.Model) (*measure.Journey, error) { return m.Journey(in.ID, q) })
}

var moments = map[string]attribution.Moment{"close": attribution.AtClose, "opportunity": attribution.AtOpportunity, "lead": attribution.AtLead}
