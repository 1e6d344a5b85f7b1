package api

import (
	"context"
	"encoding/json"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/directory"
	"millrace/internal/engine"
	"millrace/internal/playbook"

	"github.com/danielgtaylor/huma/v2"
)

// yamlSource takes a playbook's text as the body itself, in place of a JSON object that holds it.
var yamlSource = huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: func(data []byte, v any) error {
	b, err := json.Marshal(sourceBody{string(data)})
	if err != nil {
		return err
	}
	return json.Unmarshal(b, v)
}}

type sourceBody struct {
	Source string `json:"source" doc:"The playbook as YAML"`
}

type sourceInput struct {
	Body sourceBody
}

type applyInput struct {
	Note string `query:"note" maxLength:"2000" doc:"Why, for the history"`
	Base string `query:"base" maxLength:"40" doc:"The version that the text was made from: refused when another rules by now. Without it the text replaces whatever rules"`
	Body sourceBody
}

type playbookBody struct {
	Version  string            `json:"version"`
	Source   string            `json:"source" doc:"The text as it was applied"`
	Document playbook.Document `json:"document"`
}

func bodyOf(p *playbook.Playbook) *reply[playbookBody] {
	return &reply[playbookBody]{playbookBody{p.Version(), string(p.Source()), p.Document}}
}

func (a *API) ruling(ctx context.Context, _ *struct{}) (*reply[playbookBody], error) {
	history, err := a.engine.Rulings(ctx) // another process may have applied one
	if err != nil || len(history) == 0 {
		return nil, err
	}
	p, err := a.engine.PlaybookVersion(ctx, history[0].Version)
	if err != nil {
		return nil, err
	}
	return bodyOf(p), nil
}

func (a *API) history(ctx context.Context, _ *struct{}) (*reply[directory.Page[engine.Ruling]], error) {
	r, err := a.engine.Rulings(ctx)
	return whole(r), err
}

// whole is a list that always has one page.
func whole[T any](all []T) *reply[directory.Page[T]] {
	if all == nil {
		all = []T{}
	}
	return &reply[directory.Page[T]]{directory.Page[T]{Data: all}}
}

type versionInput struct {
	Version string `path:"version" maxLength:"40"`
}

func (a *API) playbookVersion(ctx context.Context, in *versionInput) (*reply[playbookBody], error) {
	p, err := a.engine.PlaybookVersion(ctx, in.Version)
	if err != nil {
		return nil, err
	}
	return bodyOf(p), nil
}

type diffInput struct {
	From string `query:"from" required:"true" maxLength:"40" doc:"A version"`
	To   string `query:"to" maxLength:"40" doc:"A version; the ruling one by default"`
}

type diffBody struct {
	From    string            `json:"from"`
	To      string            `json:"to"`
	Changes []playbook.Change `json:"changes" nullable:"false"`
}

func (a *API) diff(ctx context.Context, in *diffInput) (*reply[diffBody], error) {
	from, err := a.engine.PlaybookVersion(ctx, in.From)
	if err != nil {
		return nil, err
	}
	to, err := a.engine.PlaybookVersion(ctx, in.To)
	if err != nil {
		return nil, err
	}
	return &reply[diffBody]{diffBody{from.Version(), to.Version(), append([]playbook.Change{}, playbook.Diff(from, to)...)}}, nil
}

type schemaReply struct {
	ContentType string `header:"Content-Type"`
	Body        json.RawMessage
}

func (a *API) schema(context.Context, *struct{}) (*schemaReply, error) {
	return &schemaReply{"application/schema+json", playbook.Schema()}, nil
}

func (a *API) presets(context.Context, *struct{}) (*reply[directory.Page[playbook.Preset]], error) {
	return whole(playbook.Presets()), nil
}

type presetInput struct {
	Name string `path:"name" maxLength:"40"`
}

type presetBody struct {
	playbook.Preset
	Text string `json:"source"`
}

func (a *API) preset(_ context.Context, in *presetInput) (*reply[presetBody], error) {
	p, ok := playbook.PresetByName(in.Name)
	if !ok {
		return nil, millrace.Errorf(millrace.NotFound, "api.preset", "there is no preset %q", in.Name)
	}
	return &reply[presetBody]{presetBody{p, string(p.Source)}}, nil
}

type validateBody struct {
	Valid    bool               `json:"valid" doc:"It can be applied; it may have warnings"`
	Version  string             `json:"version" doc:"Empty when it is not valid"`
	Problems []playbook.Problem `json:"problems" nullable:"false"`
	Ruling   string             `json:"ruling" doc:"The version that rules now"`
	Changes  []playbook.Change  `json:"changes" nullable:"false" doc:"What differs in meaning from the ruling version; empty when the text is not valid"`
}

func (a *API) validate(ctx context.Context, in *sourceInput) (*reply[validateBody], error) {
	rules, err := a.ruling(ctx, nil)
	if err != nil {
		return nil, err
	}
	p, problems := playbook.Parse([]byte(in.Body.Source))
	out := validateBody{Valid: p != nil, Problems: append([]playbook.Problem{}, problems...), Changes: []playbook.Change{}}
	if rules != nil {
		out.Ruling = rules.Body.Version
	}
	if p == nil {
		return &reply[validateBody]{out}, nil
	}
	out.Version = p.Version()
	if out.Ruling != "" && out.Ruling != out.Version {
		now, err := a.engine.PlaybookVersion(ctx, out.Ruling)
		if err != nil {
			return nil, err
		}
		out.Changes = append(out.Changes, playbook.Diff(now, p)...)
	}
	return &reply[validateBody]{out}, nil
}

func (a *API) plan(ctx context.Context, in *sourceInput) (*reply[engine.Plan], error) {
	p, err := a.engine.Plan(ctx, []byte(in.Body.Source))
	return &reply[engine.Plan]{p}, err
}

func (a *API) apply(ctx context.Context, in *applyInput) (*reply[engine.Applied], error) {
	applied, err := a.engine.ApplyPlaybookOver(context.WithoutCancel(ctx), in.Base, []byte(in.Body.Source), caller(ctx), in.Note)
	if err == nil && applied.Changed {
		err = a.access.Record(ctx, access.Event{Action: access.PlaybookApplied, Target: applied.Version, Detail: in.Note})
	}
	return &reply[engine.Applied]{applied}, err
}
