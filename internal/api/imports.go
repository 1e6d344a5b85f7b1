package api

import (
	"context"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strconv"
	"time"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/directory"
	"millrace/internal/exchange"
	"millrace/internal/exchange/format"
	"millrace/internal/exchange/mapping"
	"millrace/internal/exchange/staging"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

func (a *API) imports(ctx context.Context, in *Paged) (*reply[directory.Page[directory.Import]], error) {
	p, err := a.directory.Imports(ctx, in.paging())
	return &reply[directory.Page[directory.Import]]{p}, err
}

type importIDInput struct {
	ID int64 `path:"id" minimum:"1"`
}

func (a *API) oneImport(ctx context.Context, in *importIDInput) (*reply[directory.Import], error) {
	i, err := a.directory.Import(ctx, in.ID)
	return &reply[directory.Import]{i}, err
}

type undoneBody struct {
	ID    int64 `json:"id"`
	Facts int64 `json:"facts" doc:"Facts that no longer stand, those that another import brought too left out"`
}

// undo is not broken off when the caller goes away; it could be called again to go on.
func (a *API) undo(ctx context.Context, in *importIDInput) (*reply[undoneBody], error) {
	n, err := a.engine.UndoImport(context.WithoutCancel(ctx), in.ID)
	if err == nil {
		err = a.access.Record(ctx, access.Event{Action: access.ImportUndone, TargetID: strconv.FormatInt(in.ID, 10)})
	}
	return &reply[undoneBody]{undoneBody{in.ID, n}}, err
}

// importFormat is a kind of file that is recognised by its header.
type importFormat struct {
	ID      string            `json:"id"`
	Title   string            `json:"title"`
	System  string            `json:"system"`
	Entity  string            `json:"entity"`
	Columns map[string]string `json:"columns" doc:"Header to what it becomes"`
}

func (a *API) formats(context.Context, *struct{}) (*reply[directory.Page[importFormat]], error) {
	var out []importFormat
	for _, f := range format.Known() {
		out = append(out, importFormat{f.ID, f.Title, f.System, f.Entity, f.Columns})
	}
	return whole(out), nil
}

// importInput is a file to bring in: the body itself, or the part "file" of a form.
type importInput struct {
	Entity     string `query:"entity" enum:"accounts,contacts,opportunities,events,reps,products,spend,contracts,targets,rates" doc:"Taken from the recognised format by default"`
	File       string `query:"file" maxLength:"300" doc:"The file's name, when the body is the file"`
	DryRun     bool   `query:"dry_run" doc:"Read and judge everything, bring nothing in"`
	Currency   string `query:"currency" maxLength:"3" doc:"ISO 4217, of amounts that name none"`
	Timezone   string `query:"timezone" maxLength:"60" doc:"IANA, of dates without an offset"`
	RecordedAt string `query:"recorded_at" doc:"Of rows that have no date of creation or change: when the source wrote them down"`

	request *http.Request
	writer  http.ResponseWriter
}

// Resolve takes the request: its body is read as it comes, however large the file is.
func (in *importInput) Resolve(ctx huma.Context) []error {
	in.request, in.writer = humago.Unwrap(ctx)
	return nil
}

type importedBody struct {
	ID      int64            `json:"id" doc:"0 for a dry run"`
	DryRun  bool             `json:"dry_run"`
	Summary exchange.Summary `json:"summary"`
}

type importReply struct {
	Status int
	Body   importedBody
}

// maxFormMemory is how much of a form is held in memory; the rest of the file waits on disk.
const maxFormMemory = 1 << 20

// createImport registers the upload.
func (a *API) createImport(api huma.API, op huma.Operation) {
	binary := &huma.Schema{Type: huma.TypeString, Format: "binary"}
	op.Description += " The body is the CSV file, gzip or not, or a form with the parts `file` and, where the columns are not recognised, `mapping` (YAML)."
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"text/csv":         {Schema: binary},
		"application/gzip": {Schema: binary},
		"multipart/form-data": {Schema: &huma.Schema{Type: huma.TypeObject, Required: []string{"file"}, Properties: map[string]*huma.Schema{
			"file": binary, "mapping": {Type: huma.TypeString, Description: "What the columns mean, as YAML"}}}},
	}}
	op.DefaultStatus = http.StatusCreated
	register(api, op, handled(a, a.bring))
}

// register is huma.Register for an operation whose described body the handler reads by itself, and which is 200 when nothing was created.
func register[I, O any](api huma.API, op huma.Operation, fn func(context.Context, *I) (*O, error)) {
	body := op.RequestBody
	op.RequestBody = nil // or huma would read it
	huma.Register(api, op, fn)
	described := api.OpenAPI().Paths[op.Path].Post
	described.RequestBody = body
	described.Responses["200"] = &huma.Response{Description: "What would come of it", Content: described.Responses["201"].Content}
}

func (a *API) bring(ctx context.Context, in *importInput) (*importReply, error) {
	http.NewResponseController(in.writer).SetReadDeadline(time.Time{}) // not every connection has deadlines
	http.NewResponseController(in.writer).SetWriteDeadline(time.Time{})
	recorded, err := moment("recorded_at", in.RecordedAt)
	if err != nil {
		return nil, err
	}
	name, file, source, err := in.upload()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	o := exchange.Options{Entity: in.Entity, By: caller(ctx), DryRun: in.DryRun, Currency: in.Currency, Timezone: in.Timezone, RecordedAt: recorded, Clock: a.engine.Now}
	if source != nil {
		if o.Mapping, err = mapping.Parse(source); err != nil {
			return nil, err
		}
	}
	id, s, err := a.importer(ctx, name, file, o)
	if err != nil {
		return nil, err
	}
	out := &importReply{Status: http.StatusCreated, Body: importedBody{id, in.DryRun, s}}
	if in.DryRun {
		out.Status = http.StatusOK
	}
	return out, nil
}

// upload finds the file of the request, and the mapping's text where there is one.
func (in *importInput) upload() (name string, file io.ReadCloser, mapping []byte, err error) {
	const op = "api.import"
	name = in.File
	if name == "" {
		name = "upload.csv"
	}
	kind, _, _ := mime.ParseMediaType(in.request.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		return name, io.NopCloser(staging.Limited(in.request.Body)), nil, nil
	}
	in.request.Body = io.NopCloser(staging.Limited(in.request.Body))
	if err := in.request.ParseMultipartForm(maxFormMemory); err != nil {
		if err := exchange.NoRoom(err); millrace.ErrorCode(err) != millrace.Internal {
			return "", nil, nil, err
		}
		return "", nil, nil, &millrace.Error{Code: millrace.Invalid, Op: op, Message: "the form can't be read", Err: err}
	}
	form := in.request.MultipartForm
	defer form.RemoveAll() // what is open can be read on, and nothing is left of it whatever becomes of this process
	if len(form.File["file"]) != 1 {
		return "", nil, nil, millrace.FieldErrorf(op, "body.file", "the form needs one part %q with the file", "file")
	}
	head := form.File["file"][0]
	if in.File == "" && head.Filename != "" {
		name = head.Filename
	}
	if mapping, err = mappingOf(form); err != nil {
		return "", nil, nil, err
	}
	f, err := head.Open()
	return name, f, mapping, err
}

// mappingOf is the form's mapping, which may be sent as a field or as a file.
func mappingOf(form *multipart.Form) ([]byte, error) {
	if v := form.Value["mapping"]; len(v) > 0 && v[0] != "" {
		return []byte(v[0]), nil
	}
	if len(form.File["mapping"]) == 0 {
		return nil, nil
	}
	f, err := form.File["mapping"][0].Open()
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 1<<20))
}
