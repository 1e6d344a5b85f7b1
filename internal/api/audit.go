package api

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"reflect"

	"millrace/internal/access"
	"millrace/internal/audit"

	"github.com/danielgtaylor/huma/v2"
)

type auditInput struct {
	Format string `query:"format" enum:"json,markdown,html" default:"json" doc:"markdown and html are documents to share; html is set for A4"`
}

// auditRoute answers with the report as JSON, or as a document.
func (a *API) auditRoute() func(huma.API, huma.Operation) {
	return func(api huma.API, op huma.Operation) {
		text := &huma.Schema{Type: huma.TypeString}
		op.Responses = map[string]*huma.Response{"200": {Description: "The report, or with another format a document", Content: map[string]*huma.MediaType{
			"application/json": {Schema: api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[measured[audit.Report]](), true, op.OperationID)},
			"text/markdown":    {Schema: text},
			"text/html":        {Schema: text},
		}}}
		huma.Register(api, op, handled(a, func(ctx context.Context, in *auditInput) (*huma.StreamResponse, error) {
			m, err := a.measure.Model(ctx)
			if err != nil {
				return nil, err
			}
			r := m.Audit()
			switch in.Format {
			case "markdown":
				return a.document(ctx, "audit", "audit.md", "text/markdown; charset=utf-8", r.Markdown())
			case "html":
				page, err := r.Page()
				if err != nil {
					return nil, err
				}
				return a.document(ctx, "audit", "audit.html", "text/html; charset=utf-8", page)
			}
			return sent("application/json", func(w http.ResponseWriter) error {
				enc := json.NewEncoder(w)
				enc.SetEscapeHTML(false)
				return enc.Encode(measured[audit.Report]{m.Position, m.Money, m.BuiltAt, m.Playbook, a.measure.Rereading(m), m.EndedAt(), r})
			}), nil
		}))
	}
}

// document is a report that leaves as a file, which the access log is told.
func (a *API) document(ctx context.Context, target, name, kind, text string) (*huma.StreamResponse, error) {
	if err := a.access.Record(ctx, access.Event{Action: access.Exported, Target: target, Detail: name}); err != nil {
		return nil, err
	}
	return a.file(name, kind, func(w http.ResponseWriter) error {
		_, err := io.WriteString(w, text)
		return err
	}), nil
}
