package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"millrace"
)

const (
	cookieName = "millrace_session"
	// sessionFor is how long a session lasts without being used.
	sessionFor = 12 * millrace.Hour
	// maxSessions bounds the memory of sessions; beyond it the one that was used longest ago ends.
	maxSessions = 10_000
	sessionPath = "/api/v1/session"
)

// CheckKey says whether a key is a secret key that is in force. An error means that it could not be found out.
type CheckKey func(ctx context.Context, key string) (ok bool, err error)

// Sessions exchanges secret keys for cookies that scripts can't read, so that the app works through the API like any other caller. A cookie
// holds a random name alone. Sessions live in this process's memory: they end with it, and each server behind a balancer has its own. What a
// session may do is its key's scopes, which the API reads at each request, so a revoked key ends what was opened with it.
type Sessions struct {
	check  CheckKey
	clock  millrace.Clock
	log    *slog.Logger
	public string // the server's origin as browsers reach it, "" when it is taken from each request

	mu   sync.Mutex
	open map[[32]byte]*session // by hash of the cookie's value
}

type session struct {
	key  string
	used millrace.Time
}

// NewSessions makes an empty set. publicURL is the server's address as browsers reach it behind a proxy, "" to take each request's host.
func NewSessions(check CheckKey, clock millrace.Clock, publicURL string, log *slog.Logger) *Sessions {
	s := &Sessions{check: check, clock: clock, log: log, open: map[[32]byte]*session{}}
	if u, err := url.Parse(publicURL); err == nil && u.Host != "" {
		s.public = u.Scheme + "://" + u.Host
	}
	return s
}

// Wrap answers POST and DELETE on /api/v1/session, and lets api answer the rest: a request that shows a session's cookie and no key of its
// own goes on with the session's key. Unsafe methods with a cookie must come from the app's own pages.
func (s *Sessions) Wrap(api http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == sessionPath {
			s.serve(w, r)
			return
		}
		key, ok := s.keyOf(r)
		if !ok || r.Header.Get("Authorization") != "" {
			api.ServeHTTP(w, r)
			return
		}
		if unsafe(r.Method) && !s.ownPage(r) {
			problem(w, http.StatusForbidden, millrace.Forbidden, "a request with a session must come from the app's own pages")
			return
		}
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+key)
		r.Header.Del("Cookie")
		api.ServeHTTP(w, r)
	})
}

func (s *Sessions) serve(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if r.Method != http.MethodPost && r.Method != http.MethodDelete {
		w.Header().Set("Allow", "POST, DELETE")
		problem(w, http.StatusMethodNotAllowed, millrace.Invalid, "POST signs in, DELETE signs out")
		return
	}
	if !s.ownPage(r) {
		problem(w, http.StatusForbidden, millrace.Forbidden, "signing in and out is for the app's own pages; other callers show their key as a bearer token")
		return
	}
	if r.Method == http.MethodDelete {
		s.signOut(w, r)
		return
	}
	s.signIn(w, r)
}

func (s *Sessions) signIn(w http.ResponseWriter, r *http.Request) {
	var body struct {
		Key string `json:"key"`
	}
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 4<<10)).Decode(&body); err != nil || body.Key == "" || len(body.Key) > 256 {
		problem(w, http.StatusUnprocessableEntity, millrace.Invalid, `send {"key": "mr_sk_…"}`)
		return
	}
	switch ok, err := s.check(r.Context(), body.Key); {
	case err != nil:
		s.log.Error("web: a key could not be looked up", "error", err)
		problem(w, http.StatusServiceUnavailable, millrace.Unavailable, "the key could not be looked up just now; try again")
		return
	case !ok:
		problem(w, http.StatusUnauthorized, millrace.Unauthorized, "this is no secret key in force")
		return
	}
	value := rand.Text() + rand.Text()
	s.keep(value, body.Key)
	http.SetCookie(w, s.cookie(r, value, 0))
	w.WriteHeader(http.StatusNoContent)
}

func (s *Sessions) signOut(w http.ResponseWriter, r *http.Request) {
	if c, err := r.Cookie(cookieName); err == nil {
		s.mu.Lock()
		delete(s.open, sha256.Sum256([]byte(c.Value)))
		s.mu.Unlock()
	}
	http.SetCookie(w, s.cookie(r, "", -1))
	w.WriteHeader(http.StatusNoContent)
}

// cookie is for this host alone, and over TLS never sent without.
func (s *Sessions) cookie(r *http.Request, value string, maxAge int) *http.Cookie {
	return &http.Cookie{Name: cookieName, Value: value, Path: "/api/", MaxAge: maxAge, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: r.TLS != nil || strings.HasPrefix(s.public, "https://") || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")}
}

func (s *Sessions) keep(value, key string) {
	now := s.clock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.open) >= maxSessions {
		s.makeRoom(now)
	}
	s.open[sha256.Sum256([]byte(value))] = &session{key, now}
}

// makeRoom ends what has not been used for long, else the one that was used longest ago.
func (s *Sessions) makeRoom(now millrace.Time) {
	var oldest [32]byte
	at := millrace.Time(0)
	for id, o := range s.open {
		if now-o.used > sessionFor {
			delete(s.open, id)
		} else if at == 0 || o.used < at {
			oldest, at = id, o.used
		}
	}
	if len(s.open) >= maxSessions {
		delete(s.open, oldest)
	}
}

// keyOf is the key of the request's session, which is used by that.
func (s *Sessions) keyOf(r *http.Request) (string, bool) {
	c, err := r.Cookie(cookieName)
	if err != nil {
		return "", false
	}
	id, now := sha256.Sum256([]byte(c.Value)), s.clock()
	s.mu.Lock()
	defer s.mu.Unlock()
	o, ok := s.open[id]
	if !ok {
		return "", false
	}
	if now-o.used > sessionFor {
		delete(s.open, id)
		return "", false
	}
	o.used = now
	return o.key, true
}

func unsafe(method string) bool {
	return method != http.MethodGet && method != http.MethodHead && method != http.MethodOptions
}

// ownPage says whether a page of this server sent the request. Browsers say so in Sec-Fetch-Site, which pages can't set; those that do not
// send the Origin of unsafe requests. A request with neither comes from no browser.
func (s *Sessions) ownPage(r *http.Request) bool {
	if site := r.Header.Get("Sec-Fetch-Site"); site != "" {
		return site == "same-origin"
	}
	origin := r.Header.Get("Origin")
	if origin == "" {
		return true
	}
	if s.public != "" && strings.EqualFold(origin, s.public) {
		return true
	}
	u, err := url.Parse(origin)
	return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
}

// problem writes a problem document (RFC 9457) as the API does.
func problem(w http.ResponseWriter, status int, code millrace.Code, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"type": "urn:millrace:problem:" + string(code), "title": http.StatusText(status), "status": status, "detail": detail})
}
