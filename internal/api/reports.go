package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"time"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/directory"
	"millrace/internal/measure/restate"

	"github.com/danielgtaylor/huma/v2"
)

// reportRoutes are the published reports: what they said, and what they say now.
func (a *API) reportRoutes() []route {
	const read, write = access.ScopeRead, access.ScopeWrite
	return []route{
		{http.MethodPost, "/api/v1/reports", write, "publish-report", "Reports", "Freeze a measurement with its log position, playbook and clock", typedRoute(a, a.publishReport)},
		{http.MethodGet, "/api/v1/reports", read, "list-reports", "Reports", "Published reports, newest first", typedRoute(a, a.listReports)},
		{http.MethodGet, "/api/v1/reports/{id}", read, "get-report", "Reports", "A report as it was published", a.oneReport()},
		{http.MethodGet, "/api/v1/reports/{id}/restated", read, "restate-report", "Reports", "What a report says now, with every difference traced to its causes", a.restateReport()},
	}
}

type publishInput struct {
	Body struct {
		Kind  string      `json:"kind" enum:"economics,funnel,sales,attribution"`
		Title string      `json:"title" minLength:"1" maxLength:"200"`
		Note  string      `json:"note,omitempty" maxLength:"2000" doc:"To be read beside it"`
		Query restate.Ask `json:"query,omitempty"`
	}
}

func (a *API) publishReport(ctx context.Context, in *publishInput) (*reply[restate.Frozen], error) {
	f, err := a.reports.Publish(ctx, restate.Draft{Kind: in.Body.Kind, Title: in.Body.Title, Note: in.Body.Note, Ask: in.Body.Query}, caller(ctx))
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
	ID     int64  `path:"id" minimum:"1"`
	Format string `query:"format" enum:"json,markdown" default:"json" doc:"markdown is a document to share"`
}

// reportRoute answers with a T as JSON, or with a document.
func reportRoute[T any](a *API, fn func(ctx context.Context, id int64) (x T, markdown func() (string, error), err error)) func(huma.API, huma.Operation) {
	return func(api huma.API, op huma.Operation) {
		op.Responses = map[string]*huma.Response{"200": {Description: "The report, or with another format a document", Content: map[string]*huma.MediaType{
			"application/json": {Schema: api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[T](), true, op.OperationID)},
			"text/markdown":    {Schema: &huma.Schema{Type: huma.TypeString}},
		}}}
		huma.Register(api, op, handled(a, func(ctx context.Context, in *reportInput) (*huma.StreamResponse, error) {
			x, markdown, err := fn(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			if in.Format == "markdown" {
				text, err := markdown()
				if err != nil {
					return nil, err
				}
				return a.document(ctx, "report", fmt.Sprintf("report-%d.md", in.ID), "text/markdown; charset=utf-8", text)
			}
			return sent("application/json", func(w http.ResponseWriter) error {
				enc := json.NewEncoder(w)
				enc.SetEscapeHTML(false)
				return enc.Encode(x)
			}), nil
		}))
	}
}

func (a *API) oneReport() func(huma.API, huma.Operation) {
	return reportRoute(a, func(ctx context.Context, id int64) (restate.Frozen, func() (string, error), error) {
		f, err := a.reports.Report(ctx, id)
		return f, f.Markdown, err
	})
}

// restatement is a restated report, or how far it is.
type restatement struct {
	State    string            `json:"state" enum:"running,done" doc:"running: ask again; it goes on by itself"`
	Progress *restate.Progress `json:"progress,omitempty" doc:"While it runs"`
	Restated *restate.Restated `json:"restated,omitempty" doc:"When it is done"`
	Position int64             `json:"log_position" doc:"Where the log is now: a restatement of an earlier position is worked out anew before long"`
}

// restatePatience is how long an answer waits for a restatement.
const restatePatience = 5 * time.Second

func (a *API) restateReport() func(huma.API, huma.Operation) {
	return reportRoute(a, func(ctx context.Context, id int64) (restatement, func() (string, error), error) {
		x, p, err := a.reports.Restate(ctx, id, restatePatience)
		if err != nil {
			return restatement{}, nil, err
		}
		end, err := a.measure.End(ctx)
		if x == nil {
			return restatement{State: "running", Progress: &p, Position: end}, func() (string, error) {
				return "", millrace.Errorf(millrace.Conflict, "api.restateReport", "the restatement is still being worked out; ask again")
			}, err
		}
		return restatement{State: "done", Restated: x, Position: end}, func() (string, error) { return x.Markdown(), nil }, err
	})
}
