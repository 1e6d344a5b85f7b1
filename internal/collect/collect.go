// Package collect is the ingest hot path: the Segment HTTP API as its public SDKs speak it.
//
// A request is read with bounded memory, its write key is looked up, its events run through a list of named steps (see steps), each
// of which passes the fact on or drops it with a reason from the dictionary's closed list, and what passed is handed to the
// write path in one batch together with what was dropped. When a sender reads 200, its facts are durable and scored.
//
// Promises: one bad event in a batch costs no other; a fact is refused only for what cannot be repaired without guessing; a drop's
// detail names the place and never a value; nothing that a write key can do reads data.
//
// What the protocol leaves open is decided here, each decision beside its code: identity of facts without a messageId in identify.go,
// clock skew in clock.go, who is a bot in agent.go, what is repaired in JSON in clean.go.
package collect

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"time"

	"millrace"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/semaphore"
)

// Limits of the protocol, in bytes of decoded JSON.
const (
	MaxEventBytes = 32 << 10
	MaxBatchBytes = 500 << 10
)

// DefaultRate is how many events a second a key may send when neither it nor the configuration says otherwise.
const DefaultRate = 100_000

// Applier is the write path. When Apply returns without error the batch is durable and scored. It is called by many requests at once.
type Applier interface {
	Apply(ctx context.Context, b millrace.Batch) (millrace.Receipt, error)
}

// Key is a write key as the configuration knows it.
type Key struct {
	ID            string // stable and not secret: facts carry it in Source
	Name          string // for people
	RatePerSecond int    // events a second; 0 means the default
}

// Keys finds write keys. It is asked at least once a request, so the implementer caches. ok is false for an unknown or revoked key; an
// error means that it could not be found out.
type Keys interface {
	WriteKey(ctx context.Context, key string) (k Key, ok bool, err error)
}

// Config is what a Handler needs. Applier and Keys are required; the zero value of everything else has a working meaning.
type Config struct {
	Applier Applier
	Keys    Keys
	Clock   millrace.Clock // default millrace.SystemClock

	DefaultRate int // events a second and key; default DefaultRate
	// MaxConcurrentBytes bounds the decoded bodies held at one time; about four times as much memory goes with them. A request that
	// finds no room within two seconds is told to come again. Default 64 MiB, never less than one batch.
	MaxConcurrentBytes int64
	// PublicURL is where browsers reach this server ("https://t.example.com"). Empty: as the request says.
	PublicURL string
	// ClientIP gives the address of the person behind a request, for servers behind proxies. Default: the peer's address.
	ClientIP func(*http.Request) string

	Logger  *slog.Logger          // default slog.Default()
	Metrics prometheus.Registerer // nil: not registered anywhere
}

// Handler serves the collection API. It is safe for concurrent use.
type Handler struct {
	applier   Applier
	keys      Keys
	clock     millrace.Clock
	publicURL string
	clientIP  func(*http.Request) string
	log       *slog.Logger
	met       *metrics

	room     *semaphore.Weighted
	roomWait time.Duration
	limits   *limits
	drops    *dropBook
	agents   *agents
}

// New makes a Handler.
func New(c Config) *Handler {
	if c.Clock == nil {
		c.Clock = millrace.SystemClock
	}
	if c.DefaultRate <= 0 {
		c.DefaultRate = DefaultRate
	}
	if c.MaxConcurrentBytes <= 0 {
		c.MaxConcurrentBytes = 64 << 20
	}
	if c.ClientIP == nil {
		c.ClientIP = peerIP
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	return &Handler{
		applier: c.Applier, keys: c.Keys, clock: c.Clock, publicURL: c.PublicURL, clientIP: c.ClientIP, log: c.Logger,
		met:  newMetrics(c.Metrics),
		room: semaphore.NewWeighted(max(c.MaxConcurrentBytes, MaxBatchBytes+1)), roomWait: 2 * time.Second,
		limits: newLimits(c.DefaultRate), drops: newDropBook(), agents: newAgents(),
	}
}

func peerIP(r *http.Request) string {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	return host
}

// route says what a path's body is: one event of a kind, or a batch.
type route struct {
	kind   millrace.Kind // 0 for a batch
	trust  bool          // times are history, taken as given (import)
	pixel  bool          // the event comes in the URL and the answer is an image
	single string        // the protocol's word for the kind, empty for a batch
}

// kinds are the protocol's types.
var kinds = map[string]millrace.Kind{
	"identify": millrace.KindIdentify, "track": millrace.KindTrack, "page": millrace.KindPage,
	"screen": millrace.KindScreen, "group": millrace.KindGroup, "alias": millrace.KindAlias,
}

// Routes registers every route of the API with mux:
//
//	POST    /v1/{identify,track,page,screen,group,alias}, /v1/{i,t,p,s,g,a}   one event
//	POST    /v1/batch, /v1/b, /v1/import, /beacon/v1/batch                    a batch
//	GET     /v1/pixel/{type}                                                  one event in the URL
//	GET     /v1/projects/{writeKey}/settings, /sourceConfig                   what browser SDKs ask for at start
//	GET     /analytics.js/…                                                   404: the SDK itself is served from the site or a CDN
//	OPTIONS on each of them                                                   CORS
func (h *Handler) Routes(mux *http.ServeMux) {
	post := func(path string, rt route) {
		mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) { h.collect(w, r, rt) })
		mux.HandleFunc("OPTIONS "+path, preflight)
	}
	for name, kind := range kinds {
		post("/v1/"+name, route{kind: kind, single: name})
		post("/v1/"+name[:1], route{kind: kind, single: name})
	}
	post("/v1/batch", route{})
	post("/v1/b", route{})
	post("/beacon/v1/batch", route{})
	post("/v1/import", route{trust: true})

	get := func(path string, serve http.HandlerFunc) {
		mux.HandleFunc("GET "+path, serve)
		mux.HandleFunc("OPTIONS "+path, preflight)
	}
	get("/v1/pixel/{type}", h.pixel)
	get("/v1/projects/{writeKey}/settings", h.settings)
	get("/sourceConfig", h.sourceConfig)
	get("/sourceConfig/{$}", h.sourceConfig)
	get("/analytics.js/", noScript)
}

// Flush hands over the drops that a flood of refused requests left waiting (see dropBook). Call it when the server has stopped.
func (h *Handler) Flush(ctx context.Context) error {
	return h.applyDrops(ctx, h.drops.take())
}
