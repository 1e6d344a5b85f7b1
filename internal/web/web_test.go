package web_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"millrace/internal/web"
)

func built() fstest.MapFS {
	return fstest.MapFS{
		"index.html":           {Data: []byte(`<meta property="csp-nonce" nonce="__MILLRACE_NONCE__"><script nonce="__MILLRACE_NONCE__" src="/assets/index-1.js"></script>`)},
		"first.js":             {Data: []byte("plain")},
		"assets/index-1.js":    {Data: []byte("plain")},
		"assets/index-1.js.br": {Data: []byte("brotli")},
		"assets/index-1.js.gz": {Data: []byte("gzip")},
		".gitkeep":             {},
	}
}

func ask(t *testing.T, h http.Handler, method, path string, headers ...string) *http.Response {
	t.Helper()
	r := httptest.NewRequest(method, path, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Result()
}

func body(t *testing.T, r *http.Response) string {
	t.Helper()
	b, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

const html = "text/html,application/xhtml+xml,*/*;q=0.8"

func TestWhatIsServed(t *testing.T) {
	h := web.Handler(built())
	for _, c := range []struct {
		method, path, accept, encodings string
		status                          int
		body, cache, encoding           string
	}{
		{"GET", "/", html, "", 200, "<meta", "no-store", ""},
		{"GET", "/accounts/acc_1?why=con_2", html, "gzip, br", 200, "<meta", "no-store", ""},
		{"GET", "/index.html", html, "", 200, "<meta", "no-store", ""},
		{"GET", "/accounts", "application/json", "", 404, "404", "", ""},
		{"GET", "/accounts", "", "", 404, "404", "", ""},
		{"POST", "/accounts", html, "", 405, "only GET", "", ""},
		{"GET", "/api/v1/nothing", html, "", 404, "404", "", ""},
		{"GET", "/api", html, "", 404, "404", "", ""},
		{"GET", "/v1/nothing", html, "", 404, "404", "", ""},
		{"GET", "/metrics", html, "", 404, "404", "", ""},
		{"GET", "/healthz", html, "", 404, "404", "", ""},
		{"GET", "/apiary", html, "", 200, "<meta", "no-store", ""},
		{"GET", "/assets/gone-2.js", html, "", 404, "404", "", ""},
		{"GET", "/assets", html, "", 404, "404", "", ""},
		{"GET", "/assets/index-1.js", "*/*", "", 200, "plain", "public, max-age=31536000, immutable", ""},
		{"GET", "/assets/index-1.js", "*/*", "gzip, deflate, br", 200, "brotli", "public, max-age=31536000, immutable", "br"},
		{"GET", "/assets/index-1.js", "*/*", "gzip;q=0.5, br;q=0", 200, "gzip", "public, max-age=31536000, immutable", "gzip"},
		{"GET", "/assets/index-1.js", "*/*", "identity", 200, "plain", "public, max-age=31536000, immutable", ""},
		{"GET", "/first.js", "*/*", "br", 200, "plain", "no-cache", ""},
		{"GET", "/.gitkeep", "*/*", "", 404, "404", "", ""},
		{"GET", "/../../etc/passwd", "*/*", "", 404, "404", "", ""},
	} {
		res := ask(t, h, c.method, "http://millrace.test"+c.path, "Accept", c.accept, "Accept-Encoding", c.encodings)
		if got := body(t, res); res.StatusCode != c.status || !strings.HasPrefix(got, c.body) || res.Header.Get("Content-Encoding") != c.encoding {
			t.Errorf("%s %s: %d %q %q", c.method, c.path, res.StatusCode, got, res.Header.Get("Content-Encoding"))
		}
		if c.cache != "" && res.Header.Get("Cache-Control") != c.cache {
			t.Errorf("%s %s: kept as %q", c.method, c.path, res.Header.Get("Cache-Control"))
		}
		if res.Header.Get("X-Content-Type-Options") != "nosniff" || !strings.Contains(res.Header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
			t.Errorf("%s %s: without the security headers: %v", c.method, c.path, res.Header)
		}
	}
}

func TestTheNonceIsOfOneAnswer(t *testing.T) {
	h := web.Handler(built())
	seen := map[string]bool{}
	for range 3 {
		res := ask(t, h, "GET", "/", "Accept", html)
		csp := res.Header.Get("Content-Security-Policy")
		m := regexp.MustCompile(`'nonce-([A-Z2-7]{26})'`).FindStringSubmatch(csp)
		if m == nil || strings.Contains(csp, "unsafe") {
			t.Fatalf("policy %q", csp)
		}
		if page := body(t, res); strings.Count(page, `nonce="`+m[1]+`"`) != 2 || seen[m[1]] {
			t.Errorf("nonce %s: %s", m[1], page)
		}
		seen[m[1]] = true
	}
}

func TestWithoutABuildThePageSaysHowToMakeOne(t *testing.T) {
	res := ask(t, web.Handler(fstest.MapFS{".gitkeep": {}}), "GET", "/leads", "Accept", html)
	if page := body(t, res); res.StatusCode != 200 || !strings.Contains(page, "make build") {
		t.Errorf("%d %s", res.StatusCode, page)
	}
}

// TestTheOutlineIsOfPagesWithASession: the one that is painted before the app is there has the frame's lines.
func TestTheOutlineIsOfPagesWithASession(t *testing.T) {
	page, err := os.ReadFile("../../web/index.html")
	if err != nil {
		t.Fatal(err)
	}
	h := web.Handler(fstest.MapFS{"index.html": {Data: page}})
	for _, c := range []struct {
		path, cookie, outline string
	}{
		{"/leads", "millrace_session=x", `<div id="shell" class=`},
		{"/leads", "", `<div id="shell" hidden class=`},
		{"/sign-in", "millrace_session=x", `<div id="shell" hidden class=`},
	} {
		if got := body(t, ask(t, h, "GET", c.path, "Accept", html, "Cookie", c.cookie)); !strings.Contains(got, c.outline) {
			t.Errorf("%s with %q: %s", c.path, c.cookie, got)
		}
	}
}

func TestHeadHasNoBody(t *testing.T) {
	res := ask(t, web.Handler(built()), "HEAD", "/", "Accept", html)
	if res.StatusCode != 200 || body(t, res) != "" || res.ContentLength <= 0 {
		t.Errorf("%d, length %d", res.StatusCode, res.ContentLength)
	}
}

// TestAssets: the binary always has the folder, whether or not the app was built into it.
func TestAssets(t *testing.T) {
	if _, err := web.Assets().Open(".gitkeep"); err != nil {
		t.Fatal(err)
	}
}

func TestTheSessionIsAskedForAhead(t *testing.T) {
	h := web.Handler(built())
	link := func(path, cookie string) string {
		return ask(t, h, "GET", path, "Accept", html, "Cookie", cookie).Header.Get("Link")
	}
	for _, name := range []string{"millrace_session", "__Host-millrace_session"} {
		if got := link("/leads?q=ann", name+"=x"); got != "</api/v1/session>; rel=preload; as=fetch; crossorigin, </api/v1/views>; rel=preload; as=fetch; crossorigin" {
			t.Errorf("with %s: %q", name, got)
		}
	}
	if got := link("/leads", "other=1"); got != "" {
		t.Errorf("with nobody signed in: %q", got)
	}
	router, err := os.ReadFile("../../web/src/router.tsx")
	if err != nil {
		t.Fatal(err)
	}
	doors := regexp.MustCompile(`\.\.\.before, path: '([^']+)'`).FindAllStringSubmatch(string(router), -1)
	if len(doors) < 5 {
		t.Fatalf("%d doors found in the router", len(doors))
	}
	for _, d := range doors {
		if got := link(d[1], "millrace_session=x"); got != "" {
			t.Errorf("%s asks for no session: %q", d[1], got)
		}
	}
}
