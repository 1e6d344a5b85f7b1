package api

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"millrace/docs"
	"millrace/internal/access"
	"millrace/internal/directory"
	"millrace/internal/manual"

	"github.com/danielgtaylor/huma/v2"
)

// docsRoutes are the documentation that is in the binary.
func (a *API) docsRoutes() []route {
	return []route{
		{http.MethodGet, "/api/v1/docs", access.ScopeRead, "list-docs", "Docs", "The pages of the documentation with their headings", typedRoute(a, a.listDocs)},
		{http.MethodGet, "/api/v1/docs/search", access.ScopeRead, "search-docs", "Docs", "The sections of the documentation that say something of all words", typedRoute(a, a.searchDocs)},
		{http.MethodGet, "/api/v1/docs/{name}", access.ScopeRead, "get-doc", "Docs", "A page of the documentation", typedRoute(a, a.oneDoc)},
	}
}

func (a *API) listDocs(_ context.Context, _ *struct{}) (*reply[directory.Page[manual.Page]], error) {
	m, err := a.manual()
	if err != nil {
		return nil, err
	}
	return whole(m.Pages()), nil
}

type docInput struct {
	Name string `path:"name" doc:"As in the list" maxLength:"100"`
}

// doc is a page to be read.
type doc struct {
	manual.Page
	HTML     string `json:"html" doc:"Without the title; holds no script and no style"`
	Markdown string `json:"markdown" doc:"As it was written"`
}

func (a *API) oneDoc(_ context.Context, in *docInput) (*reply[doc], error) {
	m, err := a.manual()
	if err != nil {
		return nil, err
	}
	p, err := m.Page(in.Name)
	return &reply[doc]{doc{p, p.HTML, p.Markdown}}, err
}

type docSearchInput struct {
	Q     string `query:"q" doc:"Words; each must begin one of the section" maxLength:"200"`
	Limit int    `query:"limit" minimum:"1" maximum:"50" default:"20"`
}

func (a *API) searchDocs(_ context.Context, in *docSearchInput) (*reply[directory.Page[manual.Hit]], error) {
	m, err := a.manual()
	if err != nil {
		return nil, err
	}
	return whole(m.Search(in.Q, in.Limit)), nil
}

// readManual reads the docs, with the API's own page among them.
func (a *API) readManual() (*manual.Manual, error) {
	return manual.New(docs.Files, manual.File{Path: "api.md", Markdown: reference(a.huma.OpenAPI(), a.routes())})
}

// reference is the API's page: its routes by tag, with what each needs and takes.
func reference(api *huma.OpenAPI, routes []route) string {
	var b strings.Builder
	b.WriteString("# The HTTP API\n\nEvery route of `/api/v1`, with the scope that it needs and what it takes. The whole description, with the shapes of bodies and answers, is " +
		"[openapi.json](openapi.json) (OpenAPI 3.1), from which a client can be generated. Keys are made under Settings, and shown as `Authorization: Bearer mr_sk_…`; what " +
		"the scopes mean is in [People and access](access.md#what-each-role-may).\n\n" + api.Info.Description + "\n")
	var tags []string
	for _, r := range routes {
		if !slices.Contains(tags, r.tag) {
			tags = append(tags, r.tag)
		}
	}
	for _, tag := range tags {
		fmt.Fprintf(&b, "\n## %s\n", tag)
		for _, r := range routes {
			if r.tag == tag {
				b.WriteString(described(r, operationOf(api.Paths[r.path], r.method)))
			}
		}
	}
	return b.String()
}

// described is one route's part.
func described(r route, op *huma.Operation) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n### %s\n\n`%s %s` · %s\n", r.summary, r.method, r.path, op.Description)
	if len(op.Parameters) > 0 {
		b.WriteString("\n| parameter | in | kind | |\n|---|---|---|---|\n")
		for _, p := range op.Parameters {
			required := ""
			if p.Required && p.In != "path" {
				required = "Required. "
			}
			fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", p.Name, p.In, kind(p.Schema), cell(required+p.Description))
		}
	}
	if op.RequestBody != nil {
		for _, media := range slices.Sorted(maps.Keys(op.RequestBody.Content)) {
			fmt.Fprintf(&b, "\nBody: `%s`%s\n", media, shape(op.RequestBody.Content[media].Schema))
		}
	}
	return b.String()
}

func operationOf(item *huma.PathItem, method string) *huma.Operation {
	return map[string]*huma.Operation{http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put, http.MethodPatch: item.Patch, http.MethodDelete: item.Delete}[method]
}

// kind says what values a parameter has.
func kind(s *huma.Schema) string {
	if s == nil {
		return ""
	}
	if len(s.Enum) > 0 {
		words := make([]string, len(s.Enum))
		for i, e := range s.Enum {
			words[i] = fmt.Sprint("`", e, "`")
		}
		return strings.Join(words, ", ")
	}
	out := s.Type
	if s.Format != "" {
		out = s.Format
	}
	if s.Items != nil {
		return out + " of " + kind(s.Items)
	}
	if s.Default != nil {
		out += fmt.Sprintf(", `%v` by default", s.Default)
	}
	return out
}

// shape names a body's schema.
func shape(s *huma.Schema) string {
	if s == nil || s.Ref == "" {
		return ""
	}
	return ", a `" + s.Ref[strings.LastIndexByte(s.Ref, '/')+1:] + "` of openapi.json"
}

// cell is text as one cell of a Markdown table.
func cell(s string) string { return strings.NewReplacer("|", `\|`, "\n", " ").Replace(s) }
