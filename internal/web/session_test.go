package web_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"millrace"
	"millrace/internal/web"
)

const good = "mr_sk_good"

// server is sessions before an API that tells which key it saw.
func server(now *millrace.Time, publicURL string) http.Handler {
	check := func(_ context.Context, key string) (bool, error) {
		if key == "broken" {
			return false, errors.New("no database")
		}
		return strings.HasPrefix(key, good), nil
	}
	api := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s %s", r.Header.Get("Authorization"), r.Header.Get("Cookie"))
	})
	return web.NewSessions(check, func() millrace.Time { return *now }, publicURL, slog.New(slog.DiscardHandler)).Wrap(api)
}

func call(h http.Handler, method, path, body string, headers ...string) *http.Response {
	r := httptest.NewRequest(method, "http://millrace.test"+path, strings.NewReader(body))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func signIn(t *testing.T, h http.Handler, key string, headers ...string) *http.Cookie {
	t.Helper()
	res := call(h, "POST", "/api/v1/session", `{"key":"`+key+`"}`, headers...)
	if res.StatusCode != http.StatusNoContent || len(res.Cookies()) != 1 {
		t.Fatalf("signing in: %d %v", res.StatusCode, res.Header)
	}
	return res.Cookies()[0]
}

func pair(c *http.Cookie) string { return c.Name + "=" + c.Value }

func seen(res *http.Response) string {
	b, err := io.ReadAll(res.Body)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%d %s", res.StatusCode, strings.TrimSpace(string(b)))
}

func TestASessionStandsInForItsKey(t *testing.T) {
	now := millrace.Time(1)
	h := server(&now, "")
	c := signIn(t, h, good)
	if !c.HttpOnly || c.SameSite != http.SameSiteStrictMode || c.Path != "/api/" || c.Domain != "" || strings.Contains(c.Value, good) || len(c.Value) < 40 {
		t.Errorf("cookie %+v", c)
	}
	if got := seen(call(h, "GET", "/api/v1/leads", "", "Cookie", pair(c))); got != "200 Bearer "+good {
		t.Errorf("with the cookie: %s", got)
	}
	if got := seen(call(h, "GET", "/api/v1/leads", "", "Cookie", pair(c), "Authorization", "Bearer other")); got != "200 Bearer other "+pair(c) {
		t.Errorf("with a key of its own: %s", got)
	}
	if got := seen(call(h, "GET", "/api/v1/leads", "", "Cookie", "millrace_session=guess")); got != "200 millrace_session=guess" {
		t.Errorf("with a guess: %s", got)
	}
	out := call(h, "DELETE", "/api/v1/session", "", "Cookie", pair(c))
	if out.StatusCode != http.StatusNoContent || out.Cookies()[0].MaxAge >= 0 {
		t.Errorf("signing out: %d %v", out.StatusCode, out.Cookies())
	}
	if got := seen(call(h, "GET", "/api/v1/leads", "", "Cookie", pair(c))); strings.Contains(got, good) {
		t.Errorf("after signing out: %s", got)
	}
}

func TestASessionEndsWhenItIsNotUsed(t *testing.T) {
	now := millrace.Time(1)
	h := server(&now, "")
	c := signIn(t, h, good)
	for range 3 { // using it keeps it
		now += 11 * millrace.Hour
		if got := seen(call(h, "GET", "/api/v1/leads", "", "Cookie", pair(c))); got != "200 Bearer "+good {
			t.Fatal(got)
		}
	}
	now += 13 * millrace.Hour
	if got := seen(call(h, "GET", "/api/v1/leads", "", "Cookie", pair(c))); strings.Contains(got, good) {
		t.Error(got)
	}
}

func TestSessionsAreBounded(t *testing.T) {
	now := millrace.Time(1)
	h := server(&now, "")
	first := signIn(t, h, good)
	now++
	var last *http.Cookie
	for range 10_000 {
		last = signIn(t, h, good)
	}
	if got := seen(call(h, "GET", "/api/v1/leads", "", "Cookie", pair(first))); strings.Contains(got, good) {
		t.Error("the oldest did not make room")
	}
	if got := seen(call(h, "GET", "/api/v1/leads", "", "Cookie", pair(last))); !strings.Contains(got, good) {
		t.Error("the newest is gone")
	}
}

func TestWhoMayUseASession(t *testing.T) {
	now := millrace.Time(1)
	h := server(&now, "https://app.acme.com")
	c := signIn(t, h, good)
	for _, x := range []struct {
		method, header, value string
		allowed               bool
	}{
		{"POST", "", "", true},
		{"POST", "Sec-Fetch-Site", "same-origin", true},
		{"POST", "Sec-Fetch-Site", "same-site", false},
		{"POST", "Sec-Fetch-Site", "cross-site", false},
		{"POST", "Sec-Fetch-Site", "none", false},
		{"POST", "Origin", "http://millrace.test", true},
		{"POST", "Origin", "https://app.acme.com", true},
		{"POST", "Origin", "https://evil.example", false},
		{"POST", "Origin", "null", false},
		{"PUT", "Origin", "https://evil.example", false},
		{"PATCH", "Origin", "https://evil.example", false},
		{"DELETE", "Origin", "http://millrace.test.evil.example", false},
		{"GET", "Sec-Fetch-Site", "cross-site", true}, // reads change nothing, and their answer is kept from other origins by the browser
	} {
		headers := []string{"Cookie", pair(c)}
		if x.header != "" {
			headers = append(headers, x.header, x.value)
		}
		res := call(h, x.method, "/api/v1/keys", "", headers...)
		if (res.StatusCode == 200) != x.allowed || !x.allowed && res.StatusCode != http.StatusForbidden {
			t.Errorf("%s with %s %s: %d", x.method, x.header, x.value, res.StatusCode)
		}
		if res := call(h, x.method, "/api/v1/keys", "", "Authorization", "Bearer k", "Origin", "https://evil.example"); res.StatusCode != 200 {
			t.Errorf("a bearer token is no session: %d", res.StatusCode)
		}
	}
}

func TestRefusedSignIns(t *testing.T) {
	now := millrace.Time(1)
	h := server(&now, "")
	for _, x := range []struct {
		method, body, origin string
		status               int
	}{
		{"POST", `{"key":"mr_sk_bad"}`, "", 401},
		{"POST", `{"key":"broken"}`, "", 503},
		{"POST", `{"key":""}`, "", 422},
		{"POST", `nonsense`, "", 422},
		{"POST", `{"key":"` + strings.Repeat("x", 5000) + `"}`, "", 422},
		{"POST", `{"key":"` + good + `"}`, "https://evil.example", 403},
		{"DELETE", "", "https://evil.example", 403},
		{"GET", "", "", 405},
	} {
		res := call(h, x.method, "/api/v1/session", x.body, "Origin", x.origin)
		if res.StatusCode != x.status || len(res.Cookies()) != 0 || res.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s %.30s: %d %v", x.method, x.body, res.StatusCode, res.Header)
		}
	}
}

func TestOverTLSTheCookieStaysThere(t *testing.T) {
	now := millrace.Time(1)
	if c := signIn(t, server(&now, "https://app.acme.com"), good); !c.Secure {
		t.Error("with an https address")
	}
	if c := signIn(t, server(&now, ""), good, "X-Forwarded-Proto", "https"); !c.Secure {
		t.Error("behind a proxy")
	}
	if c := signIn(t, server(&now, ""), good); c.Secure {
		t.Error("without TLS the browser would not send it")
	}
}
