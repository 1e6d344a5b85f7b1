package api

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/playbook"

	"github.com/danielgtaylor/huma/v2"
)

// outcome is what a code of the dictionary is over HTTP.
type outcome struct {
	status int
	title  string
}

// outcomes is the one table of codes.
var outcomes = map[millrace.Code]outcome{
	millrace.Invalid:      {http.StatusUnprocessableEntity, "The input is not right"},
	millrace.NotFound:     {http.StatusNotFound, "Not found"},
	millrace.Conflict:     {http.StatusConflict, "Not possible in this state"},
	millrace.Unauthorized: {http.StatusUnauthorized, "Not signed in, and no valid key"},
	millrace.Forbidden:    {http.StatusForbidden, "Not allowed"},
	millrace.TooLarge:     {http.StatusRequestEntityTooLarge, "Too large"},
	millrace.RateLimited:  {http.StatusTooManyRequests, "Too many requests"},
	millrace.Unavailable:  {http.StatusServiceUnavailable, "Not available just now"},
	millrace.Full:         {http.StatusInsufficientStorage, "No room on the server's disk"},
	millrace.Internal:     {http.StatusInternalServerError, "A defect of ours"},
}

// typePrefix begins the type of every problem; the code follows.
const typePrefix = "urn:millrace:problem:"

// noRoom is said when the disk is full, which only whoever runs the server can mend.
const noRoom = "there is no room left on the server's disk: free some, then do it again; nothing was lost"

// problem makes the document of an error. What does not help the caller goes into the log alone.
func (a *API) problem(err error) *huma.ErrorModel {
	code := millrace.ErrorCode(err)
	o, ok := outcomes[code]
	if !ok {
		code, o = millrace.Internal, outcomes[millrace.Internal]
	}
	m := &huma.ErrorModel{Type: typePrefix + string(code), Title: o.title, Status: o.status}
	switch code {
	case millrace.Internal:
		a.log.Error("a request failed", "error", err)
		m.Detail = "the request failed for a reason of our own; the server's log has it"
		return m
	case millrace.Unavailable:
		a.log.Warn("a request could not be served", "error", err)
		m.Detail = "the server can't do this just now; try again in a second"
		return m
	case millrace.Full:
		a.log.Error("the disk is full", "error", err)
		m.Detail = noRoom
		return m
	}
	if problems, ok := errors.AsType[playbook.Problems](err); ok {
		for _, p := range problems {
			m.Errors = append(m.Errors, &huma.ErrorDetail{Message: p.String(), Location: p.Path})
		}
	}
	if e, ok := errors.AsType[*millrace.Error](err); ok {
		m.Detail = e.Message
		if m.Detail == "" && e.Err != nil {
			m.Detail = e.Err.Error()
		}
		if e.Field != "" && len(m.Errors) == 0 {
			m.Errors = []*huma.ErrorDetail{{Message: e.Message, Location: e.Field}}
		}
	}
	return m
}

// fail is problem as a handler returns it.
func (a *API) fail(err error) error {
	m := a.problem(err)
	if m.Status == http.StatusServiceUnavailable || m.Status == http.StatusTooManyRequests {
		wait := time.Second
		if w, ok := errors.AsType[access.Wait](err); ok {
			wait = time.Duration(w)
		}
		return huma.ErrorWithHeaders(m, http.Header{"Retry-After": {strconv.Itoa(int(wait.Seconds()))}})
	}
	return m
}

// writeProblem answers outside of the typed operations.
func (a *API) writeProblem(w http.ResponseWriter, err error) {
	m := a.problem(err)
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(m.Status)
	json.NewEncoder(w).Encode(m)
}

// typed gives the problems that huma makes of input it can't decode their type, by the status.
func typed(_ huma.Context, _ string, v any) (any, error) {
	if m, ok := v.(*huma.ErrorModel); ok && m.Type == "" {
		code := millrace.Internal
		switch m.Status {
		case http.StatusRequestEntityTooLarge:
			code = millrace.TooLarge
		case http.StatusInternalServerError:
		default:
			code = millrace.Invalid
		}
		m.Type, m.Title = typePrefix+string(code), outcomes[code].title
	}
	return v, nil
}

// handled turns the errors of a room into problems.
func handled[I, O any](a *API, fn func(context.Context, *I) (*O, error)) func(context.Context, *I) (*O, error) {
	return func(ctx context.Context, in *I) (*O, error) {
		out, err := fn(ctx, in)
		if err != nil {
			return nil, a.fail(err)
		}
		return out, nil
	}
}

func indented(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = json.Indent(&out, b, "", "  ")
	out.WriteByte('\n')
	return out.Bytes(), err
}
