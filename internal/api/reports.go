package api

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"millrace/internal/access"
	"millrace/internal/directory"
	"millrace/internal/measure/restate"
)

// reportRoutes are the published reports: what they said, and what they say now.
func (a *API) reportRoutes() []route {
	const read, write = access.ScopeRead, access.ScopeWrite
	return []route{
		{http.MethodPost, "/api/v1/reports", write, "publish-report", "Reports", "Freeze a measurement with its log position, playbook and clock", typedRoute(a, a.publishReport)},
		{http.MethodGet, "/api/v1/reports", read, "list-reports", "Reports", "Published reports, newest first", typedRoute(a, a.listReports)},
		{http.MethodGet, "/api/v1/reports/{id}", read, "get-report", "Reports", "A report as it was published", typedRoute(a, a.oneReport)},
		{http.MethodGet, "/api/v1/reports/{id}/restated", read, "restate-report", "Reports", "What a report says now, with every difference traced to its causes", typedRoute(a, a.restateReport)},
	}
}

type publishInput struct {
	Body struct {
		Kind  string      `json:"kind" enum:"economics,funnel,sales,attribution"`
		Title string      `json:"title" minLength:"1" maxLength:"200"`
		Query restate.Ask `json:"query,omitempty"`
	}
}

func (a *API) publishReport(ctx context.Context, in *publishInput) (*reply[restate.Frozen], error) {
	f, err := a.reports.Publish(ctx, in.Body.Kind, in.Body.Title, in.Body.Query, caller(ctx))
	if err != nil {
		return nil, err
	}
	return &reply[restate.Frozen]{f}, a.access.Record(ctx, access.Event{Action: access.ReportPublished, TargetID: strconv.FormatInt(f.ID, 10), Target: f.Kind, Detail: f.Title})
}

func (a *API) listReports(ctx context.Context, _ *struct{}) (*reply[directory.Page[restate.Report]], error) {
	list, err := a.reports.Reports(ctx)
	return whole(list), err
}

type reportInput struct {
	ID int64 `path:"id" minimum:"1"`
}

func (a *API) oneReport(ctx context.Context, in *reportInput) (*reply[restate.Frozen], error) {
	f, err := a.reports.Report(ctx, in.ID)
	return &reply[restate.Frozen]{f}, err
}

// restatement is a restated report, or how far it is.
type restatement struct {
	State    string            `json:"state" enum:"running,done" doc:"running: ask again; it goes on by itself"`
	Progress *restate.Progress `json:"progress,omitempty" doc:"While it runs"`
	Restated *restate.Restated `json:"restated,omitempty" doc:"When it is done"`
}

// restatePatience is how long an answer waits for a restatement.
const restatePatience = 5 * time.Second

func (a *API) restateReport(ctx context.Context, in *reportInput) (*reply[restatement], error) {
	x, p, err := a.reports.Restate(ctx, in.ID, restatePatience)
	if err != nil {
		return nil, err
	}
	if x == nil {
		return &reply[restatement]{restatement{State: "running", Progress: &p}}, nil
	}
	return &reply[restatement]{restatement{State: "done", Restated: x}}, nil
}
