// Package api is the typed HTTP API under /api/v1 with its OpenAPI description, and beside it /healthz and /metrics. A handler decodes,
// calls a room and encodes; rules live in the rooms. Every route stands in one table with the scope it needs (routes.go), every error is a
// problem document (RFC 9457) by one table of codes (problem.go). A write key opens nothing here.
package api

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"path"
	"reflect"
	"strings"
	"sync"
	"time"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/dashboard"
	"millrace/internal/dashboard/mailing"
	"millrace/internal/directory"
	"millrace/internal/engine"
	"millrace/internal/exchange"
	"millrace/internal/exchange/staging"
	"millrace/internal/handoff"
	"millrace/internal/manual"
	"millrace/internal/measure"
	"millrace/internal/measure/restate"
	"millrace/internal/savedview"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
	"github.com/klauspost/compress/gzhttp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Importer brings a file in: exchange.Run with the workspace's ledger.
type Importer func(ctx context.Context, name string, r io.Reader, o exchange.Options) (id int64, s exchange.Summary, err error)

// Config is what an API needs. Engine, Directory, Access, People, Views, Import and Uploads are required.
type Config struct {
	Engine    *engine.Engine
	Directory *directory.Directory
	Measure   *measure.Room
	Access    *access.Access
	People    *access.People
	Views     *savedview.Room
	Courier   *access.Courier // brings links to people; default: gives them to the admin who asked
	Import    Importer
	Mailing   *mailing.Room // dashboards by mail; nil without
	Jobs      mailing.Jobs  // what sends them
	Relay     bool          // there is a mail relay
	Uploads   *staging.Room
	PublicURL string // the server's address as browsers reach it behind a proxy, "" where they reach it directly

	Version string               // of the binary, for /api/v1/health
	Ready   func() error         // nil, or what else /healthz asks: an error means that the server should get no requests
	Logger  *slog.Logger         // default slog.Default()
	Metrics *prometheus.Registry // what /metrics shows; default one of its own
	// TailEvery is how often a tail looks for new facts; default half a second.
	TailEvery time.Duration
}

// API serves the routes. It is safe for concurrent use.
type API struct {
	engine     *engine.Engine
	directory  *directory.Directory
	measure    *measure.Room
	handoff    *handoff.Room
	reports    *restate.Room
	dashboards *dashboard.Room
	mailing    *mailing.Room
	jobs       mailing.Jobs
	relay      bool
	access     *access.Access
	people     *access.People
	views      *savedview.Room
	courier    *access.Courier
	publicURL  string
	cross      *http.CrossOriginProtection
	importer   Importer
	uploads    *staging.Room
	version    string
	ready      func() error
	log        *slog.Logger
	tailEvery  time.Duration
	ending     chan struct{} // closed when the server stops
	end        sync.Once
	met        *telemetry
	manual     func() (*manual.Manual, error) // reads the docs once, when they are first asked for

	mux        *http.ServeMux
	compressed http.HandlerFunc
	huma       huma.API
}

// New makes an API.
func New(c Config) *API {
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Metrics == nil {
		c.Metrics = prometheus.NewRegistry()
	}
	if c.TailEvery <= 0 {
		c.TailEvery = 500 * time.Millisecond
	}
	if c.Courier == nil {
		c.Courier = &access.Courier{}
	}
	a := &API{engine: c.Engine, directory: c.Directory, measure: c.Measure, handoff: handoff.New(c.Engine), reports: restate.New(c.Engine, c.Measure), dashboards: dashboard.New(c.Engine, c.Measure, c.Directory), mailing: c.Mailing, jobs: c.Jobs, relay: c.Relay, access: c.Access, people: c.People, views: c.Views, courier: c.Courier, publicURL: c.PublicURL, cross: protection(c.PublicURL), importer: c.Import, uploads: c.Uploads, version: c.Version, ready: c.Ready, log: c.Logger,
		tailEvery: c.TailEvery, ending: make(chan struct{}), met: newTelemetry(c.Metrics, func() error { return c.Engine.Trouble(context.Background()) }), mux: http.NewServeMux()}
	a.compressed = compression()(http.HandlerFunc(a.serve))
	a.manual = sync.OnceValues(a.readManual)
	a.huma = humago.New(a.mux, a.config())
	for _, r := range a.routes() {
		r.register(a.huma, r.operation(a))
	}
	a.mux.HandleFunc("GET /healthz", a.healthz)
	a.mux.Handle("GET /metrics", promhttp.HandlerFor(c.Metrics, promhttp.HandlerOpts{}))
	a.mux.HandleFunc("/api/", a.noRoute)
	return a
}

// config describes the API as a whole.
func (a *API) config() huma.Config {
	schemas := huma.NewMapRegistry("#/components/schemas/", schemaName)
	schemas.RegisterTypeAlias(reflect.TypeFor[millrace.Time](), reflect.TypeFor[*time.Time]())
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{Title: "Millrace", Version: "1", Description: "Lists are pages: `data`, and `next_cursor` for the following page, empty on the last. " +
				"Errors are problem documents (RFC 9457); `errors[].location` names the field. Amounts and points are decimals in text, times RFC 3339 in UTC, " +
				"null when there is none.", License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"}},
			Components: &huma.Components{Schemas: schemas, SecuritySchemes: map[string]*huma.SecurityScheme{
				"bearer": {Type: "http", Scheme: "bearer", Description: "A secret key, mr_sk_…"},
				"basic":  {Type: "http", Scheme: "basic", Description: "A secret key as the user, no password"},
				"session": {Type: "apiKey", In: "cookie", Name: cookieName(false), Description: "Of a person who signed in; over https it is called " + cookieName(true) +
					". Unsafe methods must come from the app's own pages."},
			}},
		},
		OpenAPIPath:                  "/api/openapi",
		Formats:                      map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat, "application/yaml": yamlSource, "yaml": yamlSource},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{typed},
	}
}

// End ends the streams, which would keep a server from stopping. It may be called twice.
func (a *API) End() { a.end.Do(func() { close(a.ending) }) }

// OpenAPI is the API's description as JSON, indented, for docs/openapi.json.
func (a *API) OpenAPI() ([]byte, error) { return indented(a.huma.OpenAPI()) }

// Routes puts the API's routes into a server's: everything under /api/, /healthz and /metrics.
func (a *API) Routes(mux *http.ServeMux) {
	mux.Handle("/api/", a)
	mux.Handle("/healthz", a)
	mux.Handle("/metrics", a)
}

// packed are the kinds of answers that are sent compressed to callers who take that. Little ones and streams are not.
var packed = []string{"application/json", "application/problem+json", "application/schema+json", "application/yaml", "application/x-ndjson", "text/csv"}

// compression of answers. A few bytes of padding that depend on the content keep its exact compressed size from telling what is in it (BREACH).
func compression() func(http.Handler) http.HandlerFunc {
	wrap, err := gzhttp.NewWrapper(gzhttp.ContentTypes(packed), gzhttp.MinSize(1024), gzhttp.EnableZstd(false), gzhttp.RandomJitter(32, 0, false), gzhttp.SetContentType(false))
	if err != nil {
		panic(err) // the options are constants
	}
	return wrap
}

// ServeHTTP serves one request, and counts it.
func (a *API) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == tailPath {
		a.serve(w, r) // its events are sent one by one
		return
	}
	a.compressed(w, r)
}

func (a *API) serve(w http.ResponseWriter, r *http.Request) {
	sw := &statusWriter{ResponseWriter: w}
	start := time.Now()
	defer func() {
		p := recover()
		if p != nil && p != http.ErrAbortHandler {
			a.log.Error("a request panicked", "route", r.Pattern, "panic", p)
			if sw.status == 0 {
				a.writeProblem(sw, millrace.Errorf(millrace.Internal, "api", "panic"))
			}
		}
		a.met.observe(r, sw.status, time.Since(start))
		if p != nil {
			panic(http.ErrAbortHandler) // the connection ends: what was sent is not whole
		}
	}()
	h := w.Header()
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Referrer-Policy", "same-origin")
	if err := a.crossOrigin(r); err != nil {
		a.writeProblem(sw, err)
		return
	}
	a.mux.ServeHTTP(sw, r)
}

func (a *API) noRoute(w http.ResponseWriter, r *http.Request) {
	a.writeProblem(w, millrace.Errorf(millrace.NotFound, "api", "there is no %s %s; /api/openapi.json lists what there is", r.Method, r.URL.Path))
}

// healthz is 200 when the server can work.
func (a *API) healthz(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), 5*time.Second)
	defer cancel()
	_, _, err := a.directory.Ends(ctx)
	if err == nil && a.ready != nil {
		err = a.ready()
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	if err != nil {
		a.log.Error("not healthy", "error", err)
		w.WriteHeader(http.StatusServiceUnavailable)
		io.WriteString(w, "not ready\n")
		return
	}
	io.WriteString(w, "ok\n")
}

// schemaName names a type in the description. Words that are other rooms' too (a change, an interval, a document) get their room's name
// in front.
func schemaName(t reflect.Type, hint string) string {
	name := huma.DefaultSchemaNamer(t, hint)
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch room := path.Base(t.PkgPath()); room {
	case "metrics", "attribution", "audit", "restate", "review", "manual", "dashboard", "mailing", "mapping":
		return strings.ToUpper(room[:1]) + room[1:] + name
	}
	return name
}
