package api

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"millrace"
	"millrace/internal/attribution"
	"millrace/internal/measure"
	"millrace/internal/metrics"
)

// SpanInput says which days a measurement is of. Exported, as everything that inputs embed: huma passes over what is not.
type SpanInput struct {
	From    string `query:"from" format:"date" doc:"First day, of the workspace's calendar; without one, a year before the last"`
	To      string `query:"to" format:"date" doc:"Last day, included; without one, today"`
	Horizon int    `query:"horizon_days" minimum:"1" maximum:"1000" default:"90" doc:"Days within which a conversion counts"`
	LeadBy  string `query:"lead_by" enum:"created,first" default:"created" doc:"Which touch brought a lead: the last that isn't direct before the person was known, or the first ever"`
}

func (in *SpanInput) query() (q measure.Query, err error) {
	q = measure.Query{From: metrics.NoDay, To: metrics.NoDay, Horizon: in.Horizon, LeadBy: in.LeadBy}
	if q.From, err = day("from", in.From); err != nil {
		return q, err
	}
	if q.To, err = day("to", in.To); err == nil && q.From != metrics.NoDay && q.To != metrics.NoDay && q.To < q.From {
		err = millrace.FieldErrorf("api.measure", "to", "the last day is before the first")
	}
	return q, err
}

// day reads a calendar day, NoDay for none.
func day(field, s string) (metrics.Day, error) {
	if s == "" {
		return metrics.NoDay, nil
	}
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return 0, millrace.FieldErrorf("api.measure", field, "%q is no day such as 2026-03-31", s)
	}
	return metrics.DayOf(t.Date()), nil
}

// moment of a measurement: of which facts and which time it is.
type measured[T any] struct {
	Position int64         `json:"position" doc:"The log position that it is of"`
	Money    int64         `json:"money_position" doc:"The position up to which deals, costs, contracts, targets and rates are read: at least position"`
	At       millrace.Time `json:"at" doc:"The moment up to which what is open was watched"`
	Playbook string        `json:"playbook" doc:"The version that classifies touches"`
	Reading  bool          `json:"reading" doc:"All is being read anew in the background, after a new playbook, say; until that is done, answers are of this position and moment"`
	EndedAt  millrace.Time `json:"data_ended_at" doc:"The moment of the last dated fact where that is more than 30 days ago, null where the data go on"`
	Report   T             `json:"report"`
}

// report answers with a measurement of the model as it stands.
func report[T any](ctx context.Context, a *API, fn func(m *measure.Model) (T, error)) (*reply[measured[T]], error) {
	m, err := a.measure.Model(ctx)
	if err != nil {
		return nil, err
	}
	x, err := fn(m)
	if err != nil {
		return nil, err
	}
	return &reply[measured[T]]{measured[T]{m.Position, m.Money, m.BuiltAt, m.Playbook, a.measure.Rereading(m), m.EndedAt(), x}}, nil
}

func (a *API) funnel(ctx context.Context, in *SpanInput) (*reply[measured[measure.Funnel]], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	return report(ctx, a, func(m *measure.Model) (measure.Funnel, error) { return m.FunnelSoon(q), nil })
}

type conversionInput struct {
	SpanInput
	Start string `query:"from_stage" required:"true" enum:"lead,mql,accepted,sql,opportunity,customer,recycled,disqualified"`
	Goal  string `query:"to_stage" required:"true" enum:"lead,mql,accepted,sql,opportunity,customer,recycled,disqualified"`
}

func (a *API) conversion(ctx context.Context, in *conversionInput) (*reply[measured[metrics.FunnelReport]], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	from, _ := millrace.ParseStage(in.Start)
	to, _ := millrace.ParseStage(in.Goal)
	if from == to {
		return nil, millrace.FieldErrorf("api.conversion", "to_stage", "a conversion leads from one stage to another")
	}
	return report(ctx, a, func(m *measure.Model) (metrics.FunnelReport, error) { return m.Conversion(from, to, q), nil })
}

type economicsInput struct {
	SpanInput
	Lag    int     `query:"lag_days" minimum:"0" maximum:"730" default:"0" doc:"How long spend takes to become a customer: adds the figures of the spend so many days earlier"`
	Margin float64 `query:"gross_margin" minimum:"0" maximum:"1" default:"0" doc:"0.8 for 80%; 0: not given"`
}

func (a *API) economics(ctx context.Context, in *economicsInput) (*reply[measured[metrics.Economics]], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	return report(ctx, a, func(m *measure.Model) (metrics.Economics, error) { return m.Economics(q, in.Lag, in.Margin), nil })
}

func (a *API) sales(ctx context.Context, in *SpanInput) (*reply[measured[measure.Sales]], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	return report(ctx, a, func(m *measure.Model) (measure.Sales, error) { return m.SalesSoon(q), nil })
}

func (a *API) retention(ctx context.Context, in *SpanInput) (*reply[measured[metrics.RetentionReport]], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	return report(ctx, a, func(m *measure.Model) (metrics.RetentionReport, error) { return m.Retention(q), nil })
}

// AttributionInput says which table of models is wanted. Exported, since inputs embed it.
type AttributionInput struct {
	SpanInput
	By         string  `query:"by" enum:"channel,source,campaign,asset,keyword,persona" default:"channel"`
	Measure    string  `query:"measure" enum:"revenue,pipeline,count,won" default:"revenue"`
	Moment     string  `query:"moment" enum:"close,opportunity,lead" default:"close" doc:"Up to when touches count"`
	LookBack   int     `query:"look_back_days" minimum:"1" maximum:"3650" default:"365"`
	Models     string  `query:"models" maxLength:"500" doc:"Names with commas between them; without any, all that can be run"`
	HalfLife   float64 `query:"half_life_days" minimum:"0.1" maximum:"3650" default:"7" doc:"Of time-decay"`
	Order      int     `query:"order" minimum:"1" maximum:"4" default:"1" doc:"Of markov"`
	Weights    string  `query:"weights" maxLength:"40" pattern:"^(\\d{1,5}(,\\d{1,5}){4})?$" doc:"Of custom: whole numbers for first, lead, opportunity, last and the rest, such as 30,30,30,0,10"`
	Replicates int     `query:"replicates" minimum:"0" maximum:"2000" default:"0" doc:"Bootstrap samples for the intervals of data-driven models; 0: no intervals"`
}

func (in *AttributionInput) attribution() (aq measure.AttributionQuery, err error) {
	q, err := in.query()
	if err != nil {
		return aq, err
	}
	aq = measure.AttributionQuery{Query: q, LookBack: in.LookBack, Soon: true}
	if aq.Dimension, err = attribution.ParseDimension(in.By); err != nil {
		return aq, err
	}
	if aq.Measure, err = attribution.ParseMeasure(in.Measure); err != nil {
		return aq, err
	}
	aq.Moment = moments[in.Moment]
	aq.Options = attribution.TableOptions{Options: attribution.Options{HalfLife: millrace.Time(in.HalfLife * float64(millrace.Day)), Order: in.Order}, Replicates: in.Replicates}
	if in.Weights != "" {
		w := &aq.Options.Weights
		if _, err := fmt.Sscanf(in.Weights, "%d,%d,%d,%d,%d", &w.First, &w.Lead, &w.Opportunity, &w.Last, &w.Middle); err != nil {
			return aq, millrace.FieldErrorf("api.attribution", "weights", "%q is not five whole numbers such as 30,30,30,0,10", in.Weights)
		}
	}
	for name := range strings.SplitSeq(in.Models, ",") {
		if name = strings.TrimSpace(name); name != "" && !slices.Contains(aq.Options.Models, name) {
			aq.Options.Models = append(aq.Options.Models, name)
		}
	}
	return aq, nil
}

func (a *API) attribution(ctx context.Context, in *AttributionInput) (*reply[measured[*measure.Attribution]], error) {
	q, err := in.attribution()
	if err != nil {
		return nil, err
	}
	return report(ctx, a, func(m *measure.Model) (*measure.Attribution, error) { return m.Attribution(ctx, q) })
}

func (a *API) hygiene(ctx context.Context, in *SpanInput) (*reply[measured[[]measure.Finding]], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	return report(ctx, a, func(m *measure.Model) ([]measure.Finding, error) { return m.Findings(q), nil })
}
