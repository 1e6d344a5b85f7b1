package api

import (
	"context"
	"net/http"

	"millrace/internal/access"
	"millrace/internal/directory"
	"millrace/internal/savedview"
)

// viewRoutes are the saved views of lists. They are about the person who signed in, so keys have none.
func (a *API) viewRoutes() []route {
	const get, post, put, patch, del = http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete
	const self = access.ScopeSelf
	return []route{
		{get, "/api/v1/views", self, "list-views", "Views", "Saved views of lists: one's own and those shared with the team", typedRoute(a, a.listViews)},
		{post, "/api/v1/views", self, "create-view", "Views", "Save a page's filters, sort, columns and layout under a name", typedRoute(a, a.createView)},
		{patch, "/api/v1/views/{id}", self, "change-view", "Views", "Rename, change or share a view", typedRoute(a, a.changeView)},
		{del, "/api/v1/views/{id}", self, "delete-view", "Views", "Delete a view for everybody who sees it", typedRoute(a, a.deleteView)},
		{put, "/api/v1/views/defaults/{page}", self, "set-default-view", "Views", "The view with which a page opens for oneself", typedRoute(a, a.setDefaultView)},
	}
}

func (a *API) listViews(ctx context.Context, _ *struct{}) (*reply[directory.Page[savedview.View]], error) {
	all, err := a.views.List(ctx, requesterOf(ctx).user)
	return whole(all), err
}

type createViewInput struct {
	Body struct {
		Page   string `json:"page" enum:"accounts,leads,contacts,opportunities"`
		Name   string `json:"name" maxLength:"300" doc:"At most 80 characters; one's views of a page have different names"`
		Query  string `json:"query" maxLength:"4000" doc:"What stands behind the ? of the page's address. Cursors are left out."`
		Shared bool   `json:"shared,omitempty" doc:"With the team; needs a role that has the scope sales"`
	}
}

func (a *API) createView(ctx context.Context, in *createViewInput) (*reply[savedview.View], error) {
	v, err := a.views.Create(ctx, requesterOf(ctx).user, savedview.New{Page: in.Body.Page, Name: in.Body.Name, Query: in.Body.Query, Shared: in.Body.Shared})
	return &reply[savedview.View]{v}, err
}

type changeViewInput struct {
	ID   string `path:"id" maxLength:"100"`
	Body struct {
		Name     *string `json:"name,omitempty" maxLength:"300"`
		Query    *string `json:"query,omitempty" maxLength:"4000"`
		Shared   *bool   `json:"shared,omitempty" doc:"Those that others shared need a role that has the scope write"`
		Revision *int64  `json:"revision,omitempty" doc:"As the view had it that was looked at: 409 when it was changed since"`
	}
}

func (a *API) changeView(ctx context.Context, in *changeViewInput) (*reply[savedview.View], error) {
	v, err := a.views.Change(ctx, requesterOf(ctx).user, in.ID, savedview.Change{Name: in.Body.Name, Query: in.Body.Query, Shared: in.Body.Shared, Revision: in.Body.Revision})
	return &reply[savedview.View]{v}, err
}

func (a *API) deleteView(ctx context.Context, in *idInput) (*struct{}, error) {
	return nil, a.views.Delete(ctx, requesterOf(ctx).user, in.ID)
}

type defaultViewInput struct {
	Page string `path:"page" maxLength:"20" doc:"accounts, leads, contacts or opportunities"`
	Body struct {
		View string `json:"view" maxLength:"100" doc:"A view's id; empty: the page opens with all of it"`
	}
}

func (a *API) setDefaultView(ctx context.Context, in *defaultViewInput) (*struct{}, error) {
	return nil, a.views.SetDefault(ctx, requesterOf(ctx).user, in.Page, in.Body.View)
}
