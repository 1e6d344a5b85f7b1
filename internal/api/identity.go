package api

import (
	"context"

	"millrace/internal/access"
	"millrace/internal/directory"
	"millrace/internal/engine"
)

type pairInput struct {
	Body struct {
		A string `json:"a" minLength:"1" maxLength:"300" doc:"An id, an address, a user id, a domain, a company's name or a record's id"`
		B string `json:"b" minLength:"1" maxLength:"300"`
	}
}

// positionBody says up to where the log is written.
type positionBody struct {
	Position int64 `json:"position" doc:"The log's last position"`
}

func (a *API) written(ctx context.Context) (*reply[positionBody], error) {
	position, _, err := a.directory.Ends(ctx)
	return &reply[positionBody]{positionBody{position}}, err
}

func (a *API) merge(ctx context.Context, in *pairInput) (*reply[positionBody], error) {
	if err := a.engine.Merge(ctx, in.Body.A, in.Body.B, caller(ctx)); err != nil {
		return nil, err
	}
	return a.written(ctx)
}

func (a *API) unmerge(ctx context.Context, in *pairInput) (*reply[positionBody], error) {
	if err := a.engine.Unmerge(ctx, in.Body.A, in.Body.B, caller(ctx)); err != nil {
		return nil, err
	}
	return a.written(ctx)
}

// merges is the list for a contact and an account alike.
func (a *API) merges(ctx context.Context, in *idInput) (*reply[directory.Page[directory.Merge]], error) {
	m, err := a.directory.Merges(ctx, in.ID)
	return whole(m), err
}

type domainInput struct {
	Body struct {
		Domain string `json:"domain" minLength:"1" maxLength:"300" doc:"The further domain"`
		Of     string `json:"of" minLength:"1" maxLength:"300" doc:"A domain of the account that it belongs to"`
	}
}

func (a *API) declareDomain(ctx context.Context, in *domainInput) (*reply[positionBody], error) {
	if err := a.engine.DeclareDomain(ctx, in.Body.Domain, in.Body.Of, caller(ctx)); err != nil {
		return nil, err
	}
	return a.written(ctx)
}

type eraseInput struct {
	Body struct {
		Who string `json:"who" minLength:"1" maxLength:"300" doc:"An id, an address, a user id or a record's id"`
	}
}

// erase is not broken off when the caller goes away.
func (a *API) erase(ctx context.Context, in *eraseInput) (*reply[engine.Erased], error) {
	e, err := a.engine.Erase(context.WithoutCancel(ctx), in.Body.Who, caller(ctx))
	if err == nil {
		err = a.access.Record(ctx, access.Event{Action: access.Erased, TargetID: e.Contact})
	}
	return &reply[engine.Erased]{e}, err
}

func (a *API) keys(ctx context.Context, _ *struct{}) (*reply[directory.Page[access.Key]], error) {
	k, err := a.access.List(ctx)
	return whole(k), err
}

type createKeyInput struct {
	Body struct {
		Kind   string         `json:"kind" enum:"write,secret" doc:"write sends facts and reads nothing; secret calls this API"`
		Name   string         `json:"name" minLength:"1" maxLength:"200"`
		Scopes []access.Scope `json:"scopes,omitempty" nullable:"false" doc:"Of a secret key: read (default), intake, export, sales, write, import, playbook, admin"`
		Rate   int            `json:"rate_per_second,omitempty" minimum:"0" doc:"Of a write key: events a second; 0 is the server's default"`
	}
}

func (a *API) createKey(ctx context.Context, in *createKeyInput) (*reply[access.Created], error) {
	k, err := a.access.Create(ctx, access.Request{Kind: in.Body.Kind, Name: in.Body.Name, Scopes: in.Body.Scopes, Rate: in.Body.Rate})
	return &reply[access.Created]{k}, err
}

type keyInput struct {
	ID string `path:"id" maxLength:"40"`
}

func (a *API) revokeKey(ctx context.Context, in *keyInput) (*reply[access.Key], error) {
	k, err := a.access.Revoke(ctx, in.ID)
	return &reply[access.Key]{k}, err
}
