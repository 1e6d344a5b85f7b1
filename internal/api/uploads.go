package api

import (
	"context"
	"io"
	"net/http"
	"time"

	"millrace/internal/access"
	"millrace/internal/directory"
	"millrace/internal/exchange/format"
	"millrace/internal/exchange/mapping"
	"millrace/internal/exchange/staging"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// uploadRoutes are the steps of an import in the browser: send a file once, see and say what its columns are, judge it, import it.
func (a *API) uploadRoutes() []route {
	const get, post, del = http.MethodGet, http.MethodPost, http.MethodDelete
	const imports = access.ScopeImport
	return []route{
		{post, "/api/v1/imports/uploads", imports, "create-upload", "Imports", "Keep a file for the steps that follow, a day long", a.createUpload},
		{get, "/api/v1/imports/uploads", imports, "list-uploads", "Imports", "Files that wait, are being imported or were lately, newest first", typedRoute(a, a.listUploads)},
		{get, "/api/v1/imports/uploads/{id}", imports, "get-upload", "Imports", "One upload, and how far its run is", typedRoute(a, a.upload)},
		{del, "/api/v1/imports/uploads/{id}", imports, "drop-upload", "Imports", "Forget a file; a run is stopped, what it has brought in stands", typedRoute(a, a.dropUpload)},
		{post, "/api/v1/imports/uploads/{id}/inspect", imports, "inspect-upload", "Imports", "What a file's columns are taken for, with samples and its first rows as they would be read", typedRoute(a, a.inspectUpload)},
		{post, "/api/v1/imports/uploads/{id}/check", imports, "check-upload", "Imports", "Begin to read and judge the whole file, bringing nothing in", typedRoute(a, a.startUpload(true))},
		{post, "/api/v1/imports/uploads/{id}/import", imports, "import-upload", "Imports", "Begin to import a file, or go on with an import that broke off", typedRoute(a, a.startUpload(false))},
		{post, "/api/v1/imports/uploads/{id}/stop", imports, "stop-upload", "Imports", "Stop what is under way; what was brought in stands", typedRoute(a, a.stopUpload)},
		{get, "/api/v1/imports/uploads/{id}/rejects", imports, "get-upload-rejects", "Imports", "The rejected rows with their reasons, as CSV to mend and import", a.rejectsOf()},
		{get, "/api/v1/imports/fields", imports, "list-import-fields", "Imports", "What the columns of each entity's files can become, and what rows need", typedRoute(a, a.fields)},
		{get, "/api/v1/imports/mappings", imports, "list-import-mappings", "Imports", "Mappings that are remembered for files of the same headers, last used first", typedRoute(a, a.mappings)},
		{del, "/api/v1/imports/mappings/{signature}", imports, "forget-import-mapping", "Imports", "Forget a mapping", typedRoute(a, a.forgetMapping)},
	}
}

// uploadInput is a file: the body itself.
type uploadInput struct {
	File string `query:"file" maxLength:"300" doc:"The file's name"`

	request *http.Request
	writer  http.ResponseWriter
}

// Resolve takes the request: its body is read as it comes, however large the file is.
func (in *uploadInput) Resolve(ctx huma.Context) []error {
	in.request, in.writer = humago.Unwrap(ctx)
	return nil
}

func (a *API) createUpload(api huma.API, op huma.Operation) {
	binary := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	op.Description += " The body is the CSV file, gzip or not."
	body := &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{"text/csv": {Schema: binary}, "application/gzip": {Schema: binary}}}
	op.DefaultStatus = http.StatusCreated
	huma.Register(api, op, handled(a, func(ctx context.Context, in *uploadInput) (*reply[staging.Upload], error) {
		http.NewResponseController(in.writer).SetReadDeadline(time.Time{}) // not every connection has deadlines
		u, err := a.uploads.Take(ctx, in.File, caller(ctx), in.request.Body)
		return &reply[staging.Upload]{u}, err
	}))
	api.OpenAPI().Paths[op.Path].Post.RequestBody = body // described after, or huma would read it
}

func (a *API) listUploads(ctx context.Context, _ *struct{}) (*reply[directory.Page[staging.Upload]], error) {
	list, err := a.uploads.List(ctx)
	return whole(list), err
}

type uploadID struct {
	ID string `path:"id" maxLength:"40"`
}

func (a *API) upload(ctx context.Context, in *uploadID) (*reply[staging.Upload], error) {
	u, err := a.uploads.Get(ctx, in.ID)
	return &reply[staging.Upload]{u}, err
}

func (a *API) dropUpload(ctx context.Context, in *uploadID) (*struct{}, error) {
	return nil, a.uploads.Drop(ctx, in.ID)
}

func (a *API) stopUpload(ctx context.Context, in *uploadID) (*reply[staging.Upload], error) {
	u, err := a.uploads.Stop(ctx, in.ID)
	return &reply[staging.Upload]{u}, err
}

// choiceInput says how a file is to be read.
type choiceInput struct {
	ID   string `path:"id" maxLength:"40"`
	Body struct {
		Mapping *mapping.Document `json:"mapping,omitempty" doc:"How to read it. Without this, source and recognised: as last chosen for the upload, else as remembered for its headers, else as recognised"`
		Source  string            `json:"source,omitempty" maxLength:"262144" doc:"A mapping file's text, in place of mapping"`
		Bare    bool              `json:"recognised,omitempty" doc:"As recognised by its headers alone"`
	}
}

func (in *choiceInput) choice() staging.Choice {
	return staging.Choice{Mapping: in.Body.Mapping, Source: in.Body.Source, Bare: in.Body.Bare}
}

func (a *API) inspectUpload(ctx context.Context, in *choiceInput) (*reply[staging.Inspected], error) {
	i, err := a.uploads.Inspect(ctx, in.ID, in.choice())
	return &reply[staging.Inspected]{i}, err
}

func (a *API) startUpload(dry bool) func(context.Context, *choiceInput) (*reply[staging.Upload], error) {
	return func(ctx context.Context, in *choiceInput) (*reply[staging.Upload], error) {
		u, err := a.uploads.Start(ctx, in.ID, in.choice(), dry)
		return &reply[staging.Upload]{u}, err
	}
}

func (a *API) rejectsOf() func(huma.API, huma.Operation) {
	return func(api huma.API, op huma.Operation) {
		op.Responses = map[string]*huma.Response{"200": {Description: "OK", Content: map[string]*huma.MediaType{"text/csv": {Schema: &huma.Schema{Type: huma.TypeString}}}}}
		huma.Register(api, op, handled(a, func(ctx context.Context, in *uploadID) (*huma.StreamResponse, error) {
			name, f, err := a.uploads.Rejects(ctx, in.ID)
			if err != nil {
				return nil, err
			}
			return a.file(name, "text/csv; charset=utf-8", func(w http.ResponseWriter) error {
				defer f.Close()
				_, err := io.Copy(w, f)
				return err
			}), nil
		}))
	}
}

func (a *API) fields(context.Context, *struct{}) (*reply[directory.Page[format.EntityInfo]], error) {
	return whole(format.Entities()), nil
}

func (a *API) mappings(ctx context.Context, _ *struct{}) (*reply[directory.Page[staging.Remembered]], error) {
	list, err := a.uploads.Mappings(ctx)
	return whole(list), err
}

type signatureInput struct {
	Signature string `path:"signature" maxLength:"64"`
}

func (a *API) forgetMapping(ctx context.Context, in *signatureInput) (*struct{}, error) {
	return nil, a.uploads.Unlearn(ctx, in.Signature)
}
