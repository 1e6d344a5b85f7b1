package api

import (
	"context"
	"net/http"
	"strings"

	"millrace"
	"millrace/internal/access"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

type callerKey struct{}

// caller names who calls, for facts that say who did something.
func caller(ctx context.Context) string {
	k, _ := ctx.Value(callerKey{}).(access.Key)
	return k.Name + " (" + k.ID + ")"
}

// guard lets a request through whose secret key has the scope.
func (a *API) guard(scope access.Scope) func(ctx huma.Context, next func(huma.Context)) {
	return func(ctx huma.Context, next func(huma.Context)) {
		r, w := humago.Unwrap(ctx)
		k, err := a.admit(r, scope)
		if err != nil {
			if millrace.ErrorCode(err) == millrace.Unauthorized {
				w.Header().Set("WWW-Authenticate", `Bearer realm="Millrace"`)
			}
			a.writeProblem(w, err)
			return
		}
		ctx.SetHeader("Cache-Control", "no-store")
		next(huma.WithValue(ctx, callerKey{}, k))
	}
}

func (a *API) admit(r *http.Request, scope access.Scope) (access.Key, error) {
	const op = "api.admit"
	secret := shown(r)
	if secret == "" {
		return access.Key{}, millrace.Errorf(millrace.Unauthorized, op, "show a secret key: Authorization: Bearer mr_sk_…")
	}
	k, ok, err := a.access.Find(r.Context(), secret)
	switch {
	case err != nil:
		return k, err
	case !ok:
		return k, millrace.Errorf(millrace.Unauthorized, op, "this key is unknown or revoked")
	case k.Kind != access.Secret:
		return k, millrace.Errorf(millrace.Forbidden, op, "a write key can only send facts: show a secret key")
	case !k.Allows(scope):
		return k, millrace.Errorf(millrace.Forbidden, op, "this needs a key with the scope %s", scope)
	}
	return k, nil
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
