package api

import (
	"context"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/directory"
	"millrace/internal/engine"
)

type idInput struct {
	ID string `path:"id" maxLength:"300" doc:"The id, or an address, a domain, a name, a record's id"`
}

func (a *API) account(ctx context.Context, in *idInput) (*reply[directory.AccountDetail], error) {
	x, err := a.directory.Account(ctx, in.ID)
	return &reply[directory.AccountDetail]{x}, err
}

func (a *API) contact(ctx context.Context, in *idInput) (*reply[directory.ContactDetail], error) {
	x, err := a.directory.Contact(ctx, in.ID)
	return &reply[directory.ContactDetail]{x}, err
}

func (a *API) opportunity(ctx context.Context, in *idInput) (*reply[directory.OpportunityDetail], error) {
	x, err := a.directory.Opportunity(ctx, in.ID)
	return &reply[directory.OpportunityDetail]{x}, err
}

func (a *API) stats(ctx context.Context, _ *struct{}) (*reply[directory.Stats], error) {
	s, err := a.directory.Stats(ctx)
	return &reply[directory.Stats]{s}, err
}

// overview leaves out the files of imports for those who may not see imports.
func (a *API) overview(ctx context.Context, _ *struct{}) (*reply[directory.Overview], error) {
	o, err := a.directory.Overview(ctx)
	if !requesterOf(ctx).allows(access.ScopeIntake) {
		o.FailedImports = []directory.FailedImport{}
	}
	return &reply[directory.Overview]{o}, err
}

type healthBody struct {
	Version  string `json:"version"`
	Database string `json:"database" enum:"sqlite,postgres"`
	Position int64  `json:"position" doc:"The log's last position"`
	Playbook string `json:"playbook" doc:"The version that rules"`
	Writing  string `json:"writing" enum:"ok,no_room,failing" doc:"Whether the last write to the database succeeded, of which one is made when there was none for five seconds: no_room where the disk is full, failing where the disk or the database refused it otherwise. What is refused meanwhile is told so, and nothing that was acknowledged is lost"`
}

func (a *API) health(ctx context.Context, _ *struct{}) (*reply[healthBody], error) {
	position, _, err := a.directory.Ends(ctx)
	return &reply[healthBody]{healthBody{a.version, a.engine.DB().Dialect.String(), position, a.engine.Playbook().Version(), writing(a.engine.Trouble(ctx))}}, err
}

// writing is how writes go, by what the last one failed of.
func writing(trouble error) string {
	switch {
	case trouble == nil:
		return "ok"
	case millrace.ErrorCode(trouble) == millrace.Full:
		return "no_room"
	}
	return "failing"
}

type explainInput struct {
	Who     string `query:"who" required:"true" maxLength:"300" doc:"An id, an address, a user id, a domain, a company's name or a record's id"`
	AsOf    string `query:"as_of" doc:"A past moment: the facts that had occurred, the clock and the playbook of then, today's knowledge"`
	KnownAt string `query:"known_at" doc:"Only facts and corrections that the log held then"`
}

func (a *API) explain(ctx context.Context, in *explainInput) (*reply[engine.Explanation], error) {
	at, err := moment("as_of", in.AsOf)
	if err != nil {
		return nil, err
	}
	known, err := moment("known_at", in.KnownAt)
	if err != nil {
		return nil, err
	}
	x, err := a.engine.Explain(ctx, in.Who, engine.AsOf{At: at, KnownAt: known})
	return &reply[engine.Explanation]{x}, err
}
