package api

import (
	"context"

	"millrace/internal/measure"
	"millrace/internal/review"
)

func (a *API) review(ctx context.Context, in *SpanInput) (*reply[measured[review.ChannelReview]], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	return report(ctx, a, func(m *measure.Model) (review.ChannelReview, error) { return m.Review(q), nil })
}

type scenarioInput struct {
	SpanInput
	Source string  `query:"from_channel" required:"true" maxLength:"200" doc:"The own channel whose spend is moved"`
	Target string  `query:"to_channel" required:"true" maxLength:"200" doc:"The own channel that it is moved to"`
	Share  float64 `query:"share" minimum:"0.01" maximum:"1" default:"0.2" doc:"Of the first channel's spend"`
}

func (a *API) scenario(ctx context.Context, in *scenarioInput) (*reply[measured[review.Scenario]], error) {
	q, err := in.query()
	if err != nil {
		return nil, err
	}
	return report(ctx, a, func(m *measure.Model) (review.Scenario, error) {
		return m.Scenario(q, review.Move{From: in.Source, To: in.Target, Share: in.Share})
	})
}
