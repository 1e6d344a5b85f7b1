package api

import (
	"context"
	"encoding/json"
	"iter"
	"mime"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"time"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/directory"
	"millrace/internal/exchange"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// Paged is what every list takes.
type Paged struct {
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" doc:"Rows of a page, 50 by default. For CSV and NDJSON the most rows, all by default."`
	Cursor string `query:"cursor" maxLength:"4096" doc:"next_cursor of the page before"`
}

func (p Paged) paging() directory.Paging { return directory.Paging{Limit: p.Limit, Cursor: p.Cursor} }

// Shape is how a list is answered.
type Shape struct {
	Format  string `query:"format" enum:"json,csv,ndjson" doc:"json by default, or what Accept says: text/csv, application/x-ndjson"`
	Columns string `query:"columns" maxLength:"2000" doc:"Of CSV: which columns, in this order, divided by commas; all by default"`
	accept  string
}

// Resolve reads the Accept header.
func (s *Shape) Resolve(ctx huma.Context) []error {
	s.accept = ctx.Header("Accept")
	return nil
}

func (s *Shape) wanted() string {
	switch {
	case s.Format != "":
		return s.Format
	case strings.Contains(s.accept, "text/csv"):
		return "csv"
	case strings.Contains(s.accept, "application/x-ndjson"):
		return "ndjson"
	}
	return "json"
}

// picked are the columns of CSV that header gives and their places in a row: all of them unless some were named.
func (s *Shape) picked(header []string) (names []string, places []int, err error) {
	if s.Columns == "" {
		return header, nil, nil
	}
	if s.wanted() != "csv" {
		return nil, nil, millrace.FieldErrorf("api", "query.columns", "only CSV has columns: ask for format=csv")
	}
	names = strings.Split(s.Columns, ",")
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		at := slices.Index(header, names[i])
		if at < 0 || slices.Contains(names[:i], names[i]) {
			return nil, nil, millrace.FieldErrorf("api", "query.columns", "%q is named twice or is no column; there are %s", name, strings.Join(header, ", "))
		}
		places = append(places, at)
	}
	return names, places, nil
}

// projected are rows with the cells of those places alone; nil places are all.
func projected(rows iter.Seq2[[]string, error], places []int) iter.Seq2[[]string, error] {
	if places == nil {
		return rows
	}
	return func(yield func([]string, error) bool) {
		for row, err := range rows {
			if err != nil {
				yield(nil, err)
				return
			}
			out := make([]string, len(places))
			for i, p := range places {
				out[i] = row[p]
			}
			if !yield(out, nil) {
				return
			}
		}
	}
}

// Chosen names rows one by one.
type Chosen struct {
	IDs []string `query:"ids" maxItems:"1000" nullable:"false" doc:"Only these, divided by commas, as far as the other filters let them through"`
}

// ids are those that were named, nil for none.
func (c Chosen) ids() []string {
	if len(c.IDs) == 0 {
		return nil
	}
	return c.IDs
}

type accountsInput struct {
	Paged
	Shape
	Chosen
	Sort      string  `query:"sort" enum:"intent,newest,name,last_seen" doc:"intent by default. last_seen reads all accounts for each page."`
	Q         string  `query:"q" doc:"Beginning of the name or the domain"`
	Stage     string  `query:"stage" enum:"lead,mql,accepted,sql,opportunity,customer,recycled,disqualified"`
	Fit       string  `query:"fit" enum:"true,false"`
	Grade     string  `query:"grade"`
	ICP       string  `query:"icp"`
	Owner     string  `query:"owner"`
	Country   string  `query:"country"`
	Industry  string  `query:"industry"`
	MinIntent float64 `query:"min_intent" minimum:"0" doc:"Points now"`
}

func (in *accountsInput) filter() directory.AccountFilter {
	return directory.AccountFilter{Paging: in.paging(), IDs: in.ids(), Sort: in.Sort, Q: in.Q, Stage: in.Stage, Fit: yesNo(in.Fit), Grade: in.Grade, ICP: in.ICP, Owner: in.Owner,
		Country: in.Country, Industry: in.Industry, MinIntent: &in.MinIntent}
}

// yesNo is a yes or no that may be left open.
func yesNo(s string) *bool {
	if s == "" {
		return nil
	}
	yes := s == "true"
	return &yes
}

// PeopleInput is what lists of people filter by.
type PeopleInput struct {
	Paged
	Shape
	Chosen
	Q         string  `query:"q" doc:"Beginning of the name, the last name or the address"`
	Stage     string  `query:"stage" enum:"lead,mql,accepted,sql,opportunity,customer,recycled,disqualified"`
	Grade     string  `query:"grade"`
	ICP       string  `query:"icp"`
	Role      string  `query:"role" doc:"In the buying committee"`
	Account   string  `query:"account" doc:"An account's id"`
	Owner     string  `query:"owner"`
	Country   string  `query:"country" doc:"The person's own, else their account's"`
	Industry  string  `query:"industry" doc:"Their account's"`
	MinIntent float64 `query:"min_intent" minimum:"0" doc:"Points now"`
}

func (in *PeopleInput) people() directory.ContactFilter {
	return directory.ContactFilter{Paging: in.paging(), IDs: in.ids(), Q: in.Q, Stage: in.Stage, Grade: in.Grade, ICP: in.ICP, Role: in.Role, Account: in.Account, Owner: in.Owner,
		Country: in.Country, Industry: in.Industry, MinIntent: &in.MinIntent}
}

type contactsInput struct {
	PeopleInput
	Sort string `query:"sort" enum:"newest,intent,name,email,last_seen" doc:"newest by default. last_seen reads everybody for each page; intent does unless fit or a later stage is asked for."`
	Fit  string `query:"fit" enum:"true,false"`
}

func (in *contactsInput) filter() directory.ContactFilter {
	f := in.people()
	f.Sort, f.Fit = in.Sort, yesNo(in.Fit)
	return f
}

type leadsInput struct {
	PeopleInput
	Sort         string    `query:"sort" enum:"intent,stage_at" doc:"intent by default; stage_at: the longest in their stage first"`
	Owned        string    `query:"owned" enum:"true,false" doc:"With an owner, or without one"`
	WaitingSince time.Time `query:"waiting_since" doc:"Those who have been in their stage since then or longer"`
}

func (in *leadsInput) filter() directory.ContactFilter {
	f := in.people()
	f.Sort, f.Owned, f.WaitingSince = in.Sort, yesNo(in.Owned), millrace.TimeOf(in.WaitingSince)
	return f
}

type opportunitiesInput struct {
	Paged
	Shape
	Chosen
	Sort     string `query:"sort" enum:"opened_at,closed_at,amount,name,newest" doc:"opened_at by default. amount is by number alone, whatever the currency."`
	Q        string `query:"q" doc:"Beginning of the name"`
	Status   string `query:"status" enum:"open,won,lost"`
	Stage    string `query:"stage" doc:"The source's own word"`
	Account  string `query:"account" doc:"An account's id"`
	Owner    string `query:"owner"`
	Product  string `query:"product"`
	Currency string `query:"currency"`
}

func (in *opportunitiesInput) filter() directory.OpportunityFilter {
	return directory.OpportunityFilter{Paging: in.paging(), IDs: in.ids(), Sort: in.Sort, Q: in.Q, Status: in.Status, Stage: in.Stage, Account: in.Account, Owner: in.Owner,
		Product: in.Product, Currency: in.Currency}
}

type spendInput struct {
	Paged
	Shape
	Sort     string `query:"sort" enum:"from,newest" doc:"from by default: the latest first day first"`
	Channel  string `query:"channel" doc:"As the source names it"`
	Campaign string `query:"campaign"`
	Platform string `query:"platform" doc:"google_ads, linkedin_ads, meta_ads, microsoft_ads, or what the file says"`
	Category string `query:"category" enum:"media,people,tools,content,events,agency,other"`
	Currency string `query:"currency"`
	From     string `query:"from" maxLength:"10" doc:"A day: costs that fall on it or later"`
	To       string `query:"to" maxLength:"10" doc:"A day: costs that fall on it or earlier"`
}

func (in *spendInput) filter() directory.SpendFilter {
	return directory.SpendFilter{Paging: in.paging(), Sort: in.Sort, Channel: in.Channel, Campaign: in.Campaign, Platform: in.Platform, Category: in.Category,
		Currency: in.Currency, From: in.From, To: in.To}
}

type eventsInput struct {
	Paged
	Shape
	Kind   string `query:"kind" doc:"identify, track, page, … ; every fact from outside by default"`
	Import int64  `query:"import" minimum:"0" doc:"Those that this import brought first"`
	Full   bool   `query:"full" doc:"With data and context"`
}

func (in *eventsInput) filter() directory.EventFilter {
	return directory.EventFilter{Paging: in.paging(), Kind: in.Kind, Import: in.Import, Full: in.Full}
}

type timelineInput struct {
	Paged
	Shape
	ID    string `path:"id" maxLength:"300" doc:"The id, or an address, a domain, a name, a record's id"`
	Kind  string `query:"kind" doc:"identify, track, page, stage, … ; all by default"`
	Full  bool   `query:"full" doc:"With data and context"`
	Until string `query:"until" doc:"A moment, or the beginning of a day in UTC: what had occurred by then"`
}

func timeline(a *API) func(huma.API, huma.Operation) {
	filter := func(in *timelineInput) timelineInput { return *in }
	of := func(in timelineInput) (directory.TimelineFilter, error) {
		until, err := moment("until", in.Until)
		return directory.TimelineFilter{Paging: in.paging(), Kind: in.Kind, Full: in.Full, Until: until}, err
	}
	return list(a, directory.EventColumns, filter,
		func(ctx context.Context, in timelineInput) (directory.Page[directory.Event], error) {
			f, err := of(in)
			if err != nil {
				return directory.Page[directory.Event]{}, err
			}
			return a.directory.Timeline(ctx, in.ID, f)
		},
		func(ctx context.Context, in timelineInput) iter.Seq2[directory.Event, error] {
			f, err := of(in)
			if err != nil {
				return func(yield func(directory.Event, error) bool) { yield(directory.Event{}, err) }
			}
			return a.directory.AllTimeline(ctx, in.ID, f)
		})
}

// listInput is the input of a list.
type listInput[I any] interface {
	*I
	wanted() string
	picked(header []string) ([]string, []int, error)
	paging() directory.Paging
}

// list registers a list that answers with a page as JSON, or with all of its rows as CSV or NDJSON.
func list[I any, P listInput[I], F any, T interface{ Cells() []string }](a *API, header func() []string, filter func(P) F,
	page func(context.Context, F) (directory.Page[T], error), all func(context.Context, F) iter.Seq2[T, error]) func(huma.API, huma.Operation) {
	return func(api huma.API, op huma.Operation) {
		text := &huma.Schema{Type: huma.TypeString}
		op.Responses = map[string]*huma.Response{"200": {Description: "A page, or with another format all rows", Content: map[string]*huma.MediaType{
			"application/json":     {Schema: api.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[directory.Page[T]](), true, op.OperationID)},
			"text/csv":             {Schema: text},
			"application/x-ndjson": {Schema: text},
		}}}
		huma.Register(api, op, handled(a, func(ctx context.Context, in *I) (*huma.StreamResponse, error) {
			p, f := P(in), filter(in)
			columns, places, err := p.picked(header())
			if err != nil {
				return nil, err
			}
			if p.wanted() == "json" {
				out, err := page(ctx, f)
				if err != nil {
					return nil, err
				}
				return sent("application/json", func(w http.ResponseWriter) error {
					enc := json.NewEncoder(w)
					enc.SetEscapeHTML(false)
					return enc.Encode(out)
				}), nil
			}
			if err := a.mayExport(ctx); err != nil {
				return nil, err
			}
			rows, err := begun(all(ctx, f))
			if err != nil {
				return nil, err
			}
			if err := a.exported(ctx, op, p.wanted()); err != nil {
				return nil, err
			}
			rows = atMost(p.paging().Limit, rows)
			if p.wanted() == "csv" {
				return a.file(op.OperationID+".csv", "text/csv; charset=utf-8", func(w http.ResponseWriter) error {
					return exchange.WriteCSV(w, columns, projected(directory.Cells(rows), places))
				}), nil
			}
			return a.file(op.OperationID+".ndjson", "application/x-ndjson", func(w http.ResponseWriter) error { return exchange.WriteNDJSON(w, rows) }), nil
		}))
	}
}

func (a *API) mayExport(ctx context.Context) error {
	if requesterOf(ctx).allows(access.ScopeExport) {
		return nil
	}
	return millrace.Errorf(millrace.Forbidden, "api.export", "whole lists as files need %s", access.ScopeExport)
}

// exported tells the access log of a file that is about to leave. It names no filters: their values may be personal.
func (a *API) exported(ctx context.Context, op huma.Operation, format string) error {
	return a.access.Record(ctx, access.Event{Action: access.Exported, Target: strings.TrimPrefix(op.OperationID, "list-"), Detail: format})
}

// begun reads the first row, so that a refused filter is told while the status can still say so.
func begun[T any](rows iter.Seq2[T, error]) (iter.Seq2[T, error], error) {
	next, stop := iter.Pull2(rows)
	first, err, any := next()
	if any && err != nil {
		stop()
		return nil, err
	}
	return func(yield func(T, error) bool) {
		defer stop()
		for v, err, more := first, err, any; more; v, err, more = next() {
			if !yield(v, err) {
				return
			}
		}
	}, nil
}

// atMost cuts rows off after n; 0 is all.
func atMost[T any](n int, rows iter.Seq2[T, error]) iter.Seq2[T, error] {
	if n == 0 {
		return rows
	}
	return func(yield func(T, error) bool) {
		left := n
		for v, err := range rows {
			if left--; !yield(v, err) || left == 0 {
				return
			}
		}
	}
}

func sent(contentType string, write func(w http.ResponseWriter) error) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		_, w := humago.Unwrap(ctx)
		w.Header().Set("Content-Type", contentType)
		if write(w) != nil {
			panic(http.ErrAbortHandler) // the caller has gone
		}
	}}
}

// file sends rows of any number, however long it takes. When it breaks off, so does the connection: a file that ends early must not look
// whole.
func (a *API) file(name, contentType string, write func(w http.ResponseWriter) error) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(ctx huma.Context) {
		_, w := humago.Unwrap(ctx)
		http.NewResponseController(w).SetWriteDeadline(time.Time{}) // not every writer has deadlines
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
		if err := write(w); err != nil {
			if ctx.Context().Err() == nil {
				a.log.Error("an export broke off", "file", name, "error", err)
			}
			panic(http.ErrAbortHandler)
		}
	}}
}

type dropsInput struct {
	Paged
	Reason string `query:"reason" enum:"malformed,invalid,too_large,no_identity,no_name,no_group,no_previous,unknown_type,unknown_key,rate_limited"`
}

func (a *API) drops(ctx context.Context, in *dropsInput) (*reply[directory.Page[directory.Drop]], error) {
	p, err := a.directory.Drops(ctx, directory.DropFilter{Paging: in.paging(), Reason: in.Reason})
	return &reply[directory.Page[directory.Drop]]{p}, err
}

// moment reads a time of the query: RFC 3339, or a day, which is its beginning in UTC.
func moment(field, s string) (millrace.Time, error) {
	if s == "" {
		return 0, nil
	}
	for _, layout := range [...]string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, s); err == nil {
			return millrace.TimeOf(t), nil
		}
	}
	return 0, millrace.FieldErrorf("api", "query."+field, "%q is no moment such as 2026-03-14 or 2026-03-14T18:22:10Z", s)
}
