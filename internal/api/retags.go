package api

import (
	"context"

	"millrace/internal/directory"
	"millrace/internal/measure"
)

type retagInput struct {
	Body struct {
		Match measure.TagMatch `json:"match"`
		Set   measure.TagSet   `json:"set"`
		Note  string           `json:"note,omitempty" maxLength:"500"`
	}
}

func (a *API) retag(ctx context.Context, in *retagInput) (*reply[measure.Retag], error) {
	t, err := a.measure.Retag(ctx, measure.RetagRule{Match: in.Body.Match, Set: in.Body.Set}, in.Body.Note, caller(ctx))
	return &reply[measure.Retag]{t}, err
}

func (a *API) retags(ctx context.Context, _ *struct{}) (*reply[directory.Page[measure.Retag]], error) {
	list, err := a.measure.Retags(ctx)
	return whole(list), err
}

type retagIDInput struct {
	ID int64 `path:"id" minimum:"1"`
}

func (a *API) undoRetag(ctx context.Context, in *retagIDInput) (*reply[measure.Retag], error) {
	t, err := a.measure.UndoRetag(ctx, in.ID, caller(ctx))
	return &reply[measure.Retag]{t}, err
}
