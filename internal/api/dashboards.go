package api

import (
	"context"
	"iter"
	"net/http"
	"slices"

	"millrace/internal/access"
	"millrace/internal/dashboard"
	"millrace/internal/directory"
	"millrace/internal/exchange"
	"millrace/internal/measure"

	"github.com/danielgtaylor/huma/v2"
)

// dashboardRoutes are the views for each audience, and the notes on days that they show.
func (a *API) dashboardRoutes() []route {
	const read, write, export = access.ScopeRead, access.ScopeWrite, access.ScopeExport
	return []route{
		{http.MethodGet, "/api/v1/dashboards/{view}", read, "get-dashboard", "Dashboards", "One view: executive, channel, content, sales or abm, as sentences, figures and charts", typedRoute(a, a.dashboard)},
		{http.MethodGet, "/api/v1/dashboards/{view}/tables/{table}", export, "export-dashboard", "Dashboards", "A table of a view as CSV or NDJSON: its tiles, or one of its charts", a.dashboardTable()},

		{http.MethodGet, "/api/v1/annotations", read, "list-annotations", "Dashboards", "Notes on days, by their first day", typedRoute(a, a.annotations)},
		{http.MethodPost, "/api/v1/annotations", write, "create-annotation", "Dashboards", "Note on a day or a span of days what happened then", typedRoute(a, a.annotate)},
		{http.MethodPatch, "/api/v1/annotations/{id}", write, "change-annotation", "Dashboards", "Change a note, or put a removed one back", typedRoute(a, a.changeAnnotation)},
		{http.MethodDelete, "/api/v1/annotations/{id}", write, "remove-annotation", "Dashboards", "Take a note away; it can be put back", typedRoute(a, a.removeAnnotation)},
	}
}

// DashboardInput says which view is wanted, and what it is compared with. Exported, since inputs embed it.
type DashboardInput struct {
	SpanInput
	View    string `path:"view" enum:"executive,channel,content,sales,abm"`
	Compare string `query:"compare" enum:"none,previous,year" default:"none" doc:"previous: the period before, as long; year: the same days a year before"`
}

func (in *DashboardInput) of() (dashboard.Query, error) {
	q, err := in.query()
	return dashboard.Query{Query: q, Compare: in.Compare}, err
}

func (a *API) dashboard(ctx context.Context, in *DashboardInput) (*reply[measured[dashboard.Dashboard]], error) {
	q, err := in.of()
	if err != nil {
		return nil, err
	}
	return report(ctx, a, func(m *measure.Model) (dashboard.Dashboard, error) {
		q.Soon = true
		return a.dashboards.Show(ctx, m, in.View, q)
	})
}

type dashboardTableInput struct {
	DashboardInput
	Table  string `path:"table" maxLength:"60" doc:"tiles, or a chart's id"`
	Format string `query:"format" enum:"csv,ndjson" default:"csv"`
}

// dashboardTable sends a table of a view as a file.
func (a *API) dashboardTable() func(huma.API, huma.Operation) {
	return func(api huma.API, op huma.Operation) {
		text := &huma.Schema{Type: huma.TypeString}
		op.Responses = map[string]*huma.Response{"200": {Description: "The table", Content: map[string]*huma.MediaType{"text/csv": {Schema: text}, "application/x-ndjson": {Schema: text}}}}
		huma.Register(api, op, handled(a, func(ctx context.Context, in *dashboardTableInput) (*huma.StreamResponse, error) {
			q, err := in.of()
			if err != nil {
				return nil, err
			}
			m, err := a.measure.Model(ctx)
			if err != nil {
				return nil, err
			}
			d, err := a.dashboards.Show(ctx, m, in.View, q)
			if err != nil {
				return nil, err
			}
			t, err := d.Table(in.Table)
			if err != nil {
				return nil, err
			}
			name := "dashboard " + in.View + ", " + in.Table
			if err := a.access.Record(ctx, access.Event{Action: access.Exported, Target: name, Detail: in.Format}); err != nil {
				return nil, err
			}
			file := in.View + "-" + in.Table
			if in.Format == "ndjson" {
				return a.file(file+".ndjson", "application/x-ndjson", func(w http.ResponseWriter) error { return exchange.WriteNDJSON(w, certain(t.Records())) }), nil
			}
			return a.file(file+".csv", "text/csv; charset=utf-8", func(w http.ResponseWriter) error { return exchange.WriteCSV(w, t.Header, certain(t.Rows)) }), nil
		}))
	}
}

// certain are rows that are there already.
func certain[T any](rows []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for r := range slices.Values(rows) {
			if !yield(r, nil) {
				return
			}
		}
	}
}

type annotationsInput struct {
	Removed bool `query:"removed" doc:"Those that were taken away too"`
}

func (a *API) annotations(ctx context.Context, in *annotationsInput) (*reply[directory.Page[dashboard.Annotation]], error) {
	list, err := a.dashboards.Annotations(ctx, in.Removed)
	return whole(list), err
}

type annotateInput struct {
	Body struct {
		From     string `json:"from" format:"date"`
		To       string `json:"to,omitempty" format:"date" doc:"The last day; the first without one"`
		Text     string `json:"text" minLength:"1" maxLength:"500"`
		Channel  string `json:"channel,omitempty" maxLength:"200" doc:"The playbook's own channel that it is about; without one, all"`
		Campaign string `json:"campaign,omitempty" maxLength:"200"`
	}
}

func (a *API) annotate(ctx context.Context, in *annotateInput) (*reply[dashboard.Annotation], error) {
	from, err := day("from", in.Body.From)
	if err != nil {
		return nil, err
	}
	to, err := day("to", in.Body.To)
	if err != nil {
		return nil, err
	}
	x, err := a.dashboards.Annotate(ctx, from, to, in.Body.Text, in.Body.Channel, in.Body.Campaign, caller(ctx))
	return &reply[dashboard.Annotation]{x}, err
}

type changeAnnotationInput struct {
	ID   string `path:"id" maxLength:"40"`
	Body struct {
		From     *string `json:"from,omitempty" format:"date"`
		To       *string `json:"to,omitempty" format:"date"`
		Text     *string `json:"text,omitempty" minLength:"1" maxLength:"500"`
		Channel  *string `json:"channel,omitempty" maxLength:"200"`
		Campaign *string `json:"campaign,omitempty" maxLength:"200"`
		Removed  *bool   `json:"removed,omitempty" doc:"false puts a removed one back"`
		Revision *int64  `json:"revision,omitempty" doc:"The one that was seen: 409 when the note was changed since"`
	}
}

func (a *API) changeAnnotation(ctx context.Context, in *changeAnnotationInput) (*reply[dashboard.Annotation], error) {
	c := dashboard.AnnotationChange{Text: in.Body.Text, Channel: in.Body.Channel, Campaign: in.Body.Campaign, Removed: in.Body.Removed, Revision: in.Body.Revision}
	if in.Body.From != nil {
		d, err := day("from", *in.Body.From)
		if err != nil {
			return nil, err
		}
		c.From = &d
	}
	if in.Body.To != nil {
		d, err := day("to", *in.Body.To)
		if err != nil {
			return nil, err
		}
		c.To = &d
	}
	x, err := a.dashboards.ChangeAnnotation(ctx, in.ID, c, caller(ctx))
	return &reply[dashboard.Annotation]{x}, err
}

type annotationInput struct {
	ID string `path:"id" maxLength:"40"`
}

func (a *API) removeAnnotation(ctx context.Context, in *annotationInput) (*reply[dashboard.Annotation], error) {
	yes := true
	x, err := a.dashboards.ChangeAnnotation(ctx, in.ID, dashboard.AnnotationChange{Removed: &yes}, caller(ctx))
	return &reply[dashboard.Annotation]{x}, err
}
