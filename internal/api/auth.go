package api

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"

	"millrace"
	"millrace/internal/access"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

type requesterKey struct{}

// requester is who calls: a person by their session, a machine by its key, or nobody that is known.
type requester struct {
	user    access.User
	session access.Session
	scopes  []access.Scope
	client  access.Client
	secure  bool   // the browser came over TLS
	cookie  string // what it showed as a session, whether that is one or not
	// still asks again whether the caller may use the route: an answer that lasts outlives what let it in.
	still func() error
}

func (c requester) allows(s access.Scope) bool { return slices.Contains(c.scopes, s) }

func requesterOf(ctx context.Context) requester {
	c, _ := ctx.Value(requesterKey{}).(requester)
	return c
}

// caller names who calls, for facts that say who did something.
func caller(ctx context.Context) string { return access.ActorOf(ctx).String() }

// settingUp are the routes of a session whose user must set a second factor up first. A password belongs to that for those who have none.
var settingUp = []string{"get-session", "sign-out", "get-second-factor", "begin-second-factor", "confirm-second-factor"}

const choosingPassword = "change-password"

// guard lets a request through whose caller may use the route.
func (a *API) guard(rt route) func(ctx huma.Context, next func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		c := requester{client: clientOf(r), secure: a.secure(r)}
		if k, err := r.Cookie(cookieName(c.secure)); err == nil {
			c.cookie = k.Value
		}
		actor, err := a.admit(r, rt, &c)
		if err != nil {
			if millrace.ErrorCode(err) == millrace.Unauthorized {
				w.Header().Set("WWW-Authenticate", `Bearer realm="Millrace"`)
			}
			a.writeProblem(w, err)
			return
		}
		c.still = func() error {
			_, err := a.admit(r, rt, &requester{client: c.client, cookie: c.cookie})
			return err
		}
		ctx.SetHeader("Cache-Control", "no-store")
		ctx = huma.WithValue(ctx, requesterKey{}, c)
		next(huma.WithContext(ctx, access.WithActor(ctx.Context(), actor)))
	}
}

// admit finds out who calls and whether they may.
func (a *API) admit(r *http.Request, rt route, c *requester) (actor access.Actor, err error) {
	const op = "api.admit"
	scope := rt.scope
	actor = access.Actor{Kind: access.ActorSystem, Name: "not signed in", Address: c.client.Address}
	if scope == access.ScopePublic {
		return actor, nil
	}
	secret := shown(r)
	if secret == "" {
		return a.admitSession(r, rt, c)
	}
	k, ok, err := a.access.Find(r.Context(), secret)
	switch {
	case err != nil:
		return actor, err
	case !ok:
		return actor, millrace.Errorf(millrace.Unauthorized, op, "this key is unknown or revoked")
	case k.Kind != access.Secret:
		return actor, millrace.Errorf(millrace.Forbidden, op, "a write key can only send facts: show a secret key")
	case scope == access.ScopeSelf:
		return actor, millrace.Errorf(millrace.Forbidden, op, "this is about a person who signed in, and a key is none")
	case !k.Allows(scope):
		return actor, millrace.Errorf(millrace.Forbidden, op, "this needs a key with the scope %s", scope)
	}
	for _, s := range access.Scopes() {
		if k.Allows(s) {
			c.scopes = append(c.scopes, s)
		}
	}
	return access.Actor{Kind: access.ActorKey, ID: k.ID, Name: k.Name, Address: c.client.Address}, nil
}

func (a *API) admitSession(r *http.Request, rt route, c *requester) (actor access.Actor, err error) {
	const op = "api.admit"
	if c.cookie == "" {
		return actor, millrace.Errorf(millrace.Unauthorized, op, "sign in, or show a secret key: Authorization: Bearer mr_sk_…")
	}
	var ok bool
	c.session, c.user, ok, err = a.people.SessionOf(r.Context(), c.cookie)
	switch {
	case err != nil:
		return actor, err
	case !ok:
		return actor, millrace.Errorf(millrace.Unauthorized, op, "your session has ended: sign in again")
	case c.session.Bound && !slices.Contains(settingUp, rt.id) && (rt.id != choosingPassword || c.user.State != "invited"):
		return actor, &millrace.Error{Code: millrace.Forbidden, Op: op, Field: "second_factor", Message: "a second factor is demanded of everybody here: set yours up first, under Account"}
	case rt.scope != access.ScopeSelf && !c.user.Role.Allows(rt.scope):
		return actor, millrace.Errorf(millrace.Forbidden, op, "your role may not do that: it needs %s", rt.scope)
	}
	c.scopes = c.user.Role.Scopes()
	return access.Actor{Kind: access.ActorUser, ID: c.user.ID, Name: c.user.Name, Address: c.client.Address}, nil
}

// shown is the key that a request shows: as a bearer token, or with basic auth as the user or the password.
func shown(r *http.Request) string {
	if user, password, ok := r.BasicAuth(); ok {
		if user != "" {
			return user
		}
		return password
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// crossOrigin refuses what a page of another origin lets a browser send with the person's cookie. A bearer token is none that a browser adds
// by itself, so who shows one is left alone.
func (a *API) crossOrigin(r *http.Request) error {
	if scheme, _, _ := strings.Cut(r.Header.Get("Authorization"), " "); strings.EqualFold(scheme, "Bearer") {
		return nil
	}
	if err := a.cross.Check(r); err != nil {
		return &millrace.Error{Code: millrace.Forbidden, Op: "api.crossOrigin", Message: "this came from a page of another site", Err: err}
	}
	return nil
}

// protection is the cross-origin check, which also trusts the server's own origin as browsers see it behind a proxy.
func protection(publicURL string) *http.CrossOriginProtection {
	p := http.NewCrossOriginProtection()
	if u, err := url.Parse(publicURL); err == nil && u.Host != "" {
		p.AddTrustedOrigin(u.Scheme + "://" + u.Host) // an origin that can't be trusted was refused at start
	}
	return p
}

// secure says whether the browser came over TLS, to this server or to the proxy before it.
func (a *API) secure(r *http.Request) bool {
	return r.TLS != nil || strings.HasPrefix(a.publicURL, "https://") || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https")
}

// clientOf says where a request came from. A proxy on this machine or in a private network is believed about the last client it names;
// others could name anybody.
func clientOf(r *http.Request) access.Client {
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		host = r.RemoteAddr
	}
	c := access.Client{Address: host, Agent: r.UserAgent()}
	if near, err := netip.ParseAddr(host); err != nil || !near.Unmap().IsLoopback() && !near.Unmap().IsPrivate() {
		return c
	}
	forwarded := strings.Join(r.Header.Values("X-Forwarded-For"), ",")
	if last, err := netip.ParseAddr(strings.TrimSpace(forwarded[strings.LastIndexByte(forwarded, ',')+1:])); err == nil {
		c.Address = last.Unmap().String()
	}
	return c
}

// cookieName has the prefix by which browsers keep a cookie to this host and to TLS, where there is TLS.
func cookieName(secure bool) string {
	if secure {
		return "__Host-millrace_session"
	}
	return "millrace_session"
}

// cookie holds a session's secret; without one it removes what the browser has. Scripts can't read it, other sites' pages don't send it.
func (c requester) setCookie(o *access.Opened) http.Cookie {
	k := http.Cookie{Name: cookieName(c.secure), Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, Secure: c.secure, MaxAge: -1}
	if o != nil {
		k.Value, k.MaxAge = o.Secret, 0
		k.Expires = o.CreatedAt.Std().AddDate(1, 0, 0) // the server ends it earlier
	}
	return k
}
