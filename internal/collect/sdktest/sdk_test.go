// Package sdktest proves the collection API with the public SDKs as they are published: in Node, and in a real Chromium on a page of
// another origin. The SDKs are pinned in package.json; where node or Chromium is missing the tests skip, unless MILLRACE_REQUIRE=1.
package sdktest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"millrace"
	"millrace/internal/collect"
)

const writeKey = "abcdefghijklmnopqrstuvwxyz1"

// memory is a write path that deduplicates as the log does. The first losing calls store the facts and then report a failure, as when an
// answer is lost on its way.
type memory struct {
	mu      sync.Mutex
	changed chan struct{}
	losing  int
	failed  int
	repeats int
	events  []millrace.Event
	drops   []millrace.Drop
	seen    map[string]bool
}

func newMemory() *memory { return &memory{changed: make(chan struct{}), seen: map[string]bool{}} }

func (m *memory) Apply(_ context.Context, b millrace.Batch) (rec millrace.Receipt, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range b.Events {
		k := fmt.Sprint(e.Source, "|", e.ID, "|", int64(e.SentAt))
		if m.seen[k] {
			m.repeats++
			rec.Duplicates++
			continue
		}
		m.seen[k] = true
		m.events = append(m.events, e)
		rec.Accepted++
	}
	m.drops = append(m.drops, b.Drops...)
	close(m.changed)
	m.changed = make(chan struct{})
	if m.failed < m.losing {
		m.failed++
		return millrace.Receipt{}, errors.New("the connection to the log was lost")
	}
	return rec, nil
}

// wait gives the facts once there are n of them.
func (m *memory) wait(t *testing.T, n int) []millrace.Event {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		m.mu.Lock()
		events, changed := slices.Clone(m.events), m.changed
		m.mu.Unlock()
		if len(events) >= n {
			return events
		}
		select {
		case <-changed:
		case <-ctx.Done():
			t.Fatalf("%d facts of %d: %v", len(events), n, names(events))
		}
	}
}

func (m *memory) WriteKey(_ context.Context, key string) (collect.Key, bool, error) {
	return collect.Key{ID: "k1"}, key == writeKey, nil
}

// serve starts the API. refuse, if not nil, may answer a request before it.
func serve(t *testing.T, m *memory, refuse func(http.ResponseWriter, *http.Request) bool) *httptest.Server {
	mux := http.NewServeMux()
	collect.New(collect.Config{Applier: m, Keys: m, Logger: slog.New(slog.DiscardHandler)}).Routes(mux)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if refuse == nil || !refuse(w, r) {
			mux.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(srv.Close)
	return srv
}

func skip(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("MILLRACE_REQUIRE") == "1" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

var install = sync.OnceValue(func() error {
	if _, err := os.Stat("node_modules/.package-lock.json"); err == nil {
		return nil
	}
	cmd := exec.Command("npm", "ci", "--no-audit", "--no-fund")
	cmd.Env = append(os.Environ(), "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("npm ci: %w: %s", err, out)
	}
	return nil
})

func needNode(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("not in short mode")
	}
	if _, err := exec.LookPath("node"); err != nil {
		skip(t, "no node here")
	}
	if err := install(); err != nil {
		skip(t, "the SDKs could not be installed: %v", err)
	}
}

func needChromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{os.Getenv("MILLRACE_CHROMIUM"), "chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); name != "" && err == nil {
			return path
		}
	}
	skip(t, "no Chromium here")
	return ""
}

func names(events []millrace.Event) (out []string) {
	for _, e := range events {
		out = append(out, strings.TrimSpace(e.Kind.String()+" "+e.Name))
	}
	return out
}

func count(events []millrace.Event) map[string]int {
	n := map[string]int{}
	for _, name := range names(events) {
		n[name]++
	}
	return n
}

func TestNodeSDKs(t *testing.T) {
	for _, sdk := range []string{"@segment/analytics-node", "analytics-node"} {
		for _, c := range []struct {
			name   string
			losing int
			limit  bool
		}{{"all well", 0, false}, {"answers lost", 1, false}, {"over the rate at first", 0, true}} {
			t.Run(sdk+"/"+c.name, func(t *testing.T) {
				t.Parallel()
				needNode(t)
				m := newMemory()
				m.losing = c.losing
				var once sync.Once
				srv := serve(t, m, func(w http.ResponseWriter, _ *http.Request) (refused bool) {
					if c.limit {
						once.Do(func() { refused = true })
					}
					if refused {
						w.Header().Set("Retry-After", "1")
						w.WriteHeader(http.StatusTooManyRequests)
					}
					return refused
				})
				cmd := exec.CommandContext(t.Context(), "node", "node.mjs")
				cmd.Env = append(os.Environ(), "API="+srv.URL, "WRITE_KEY="+writeKey, "SDK="+sdk)
				if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
					t.Fatalf("%v: %s", err, out)
				}
				checkNode(t, m.wait(t, 35), m)
				if c.losing > 0 && m.repeats == 0 {
					t.Error("nothing was sent again")
				}
			})
		}
	}
}

func checkNode(t *testing.T, events []millrace.Event, m *memory) {
	t.Helper()
	n := count(events)
	if len(events) != 35 || n["track Report Exported"] != 30 || n["page Pricing"] != 1 || n["screen Home"] != 1 || n["identify"] != 1 || n["group"] != 1 || n["alias"] != 1 {
		t.Errorf("facts: %v", n)
	}
	if len(m.drops) > 0 {
		t.Errorf("drops: %v", m.drops)
	}
	for _, e := range events {
		if e.Flags != 0 || e.SentAt == 0 || strings.HasPrefix(e.ID, "content-") || strings.Contains(string(e.Context), `"ip"`) {
			t.Errorf("%s: flags %b, own time %s, id %s, context %s", e.Kind, e.Flags, e.SentAt, e.ID, e.Context)
		}
		switch e.Kind {
		case millrace.KindIdentify:
			if age := e.ReceivedAt - e.OccurredAt; e.UserID != "u1" || e.Email != "anna@acme.com" || age < 60*millrace.Second || age > 3*millrace.Minute {
				t.Errorf("identify: %+v, %d ms old", e, age)
			}
		case millrace.KindPage:
			if e.Host != "acme.com" || e.Path != "/pricing" || !strings.Contains(string(e.Data), `"category":"Docs"`) {
				t.Errorf("page: %s%s %s", e.Host, e.Path, e.Data)
			}
		case millrace.KindGroup:
			if e.GroupID != "g1" {
				t.Errorf("group %s", e.GroupID)
			}
		case millrace.KindAlias:
			if e.PreviousID != "a1" || e.UserID != "u1" {
				t.Errorf("alias %s %s", e.PreviousID, e.UserID)
			}
		}
	}
}

// browserRun is a scenario of browser.mjs on its way. The page is served from another origin than the API.
type browserRun struct {
	Requests, Complaints, Anonymous []string

	pageHost, pagePath string
	api, page          string
	stdin              io.Closer
	cmd                *exec.Cmd
}

func runBrowser(t *testing.T, api *httptest.Server, scenario, bundle, agent string) *browserRun {
	t.Helper()
	needNode(t)
	chromium := needChromium(t)
	site := http.NewServeMux()
	site.HandleFunc("GET /pricing", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, `<!doctype html><link rel="icon" href="data:,"><title>Pricing</title><script src="/sdk/`+filepath.Base(bundle)+`"></script>`)
	})
	site.Handle("GET /sdk/", http.StripPrefix("/sdk/", http.FileServer(http.Dir(filepath.Join("node_modules", filepath.Dir(bundle))))))
	srv := httptest.NewServer(site)
	t.Cleanup(srv.Close)

	page := strings.Replace(srv.URL, "127.0.0.1", "localhost", 1) + "/pricing"
	run := &browserRun{api: api.URL, page: page, pageHost: "localhost", pagePath: "/pricing"}
	run.cmd = exec.CommandContext(t.Context(), "node", "browser.mjs")
	run.cmd.Env = append(os.Environ(), "PAGE="+page, "API="+api.URL, "WRITE_KEY="+writeKey, "CHROMIUM="+chromium, "PROFILE="+t.TempDir(),
		"SCENARIO="+scenario, "AGENT="+agent)
	var errs strings.Builder
	run.cmd.Stderr = &errs
	stdin, err := run.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	run.stdin = stdin
	stdout, err := run.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := run.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	if err != nil {
		run.cmd.Wait()
		t.Fatalf("%v: %s", err, errs.String())
	}
	if err := json.Unmarshal(line, run); err != nil {
		t.Fatal(err)
	}
	return run
}

// finish closes the browser, and fails if it asked for anything elsewhere or complained.
func (b *browserRun) finish(t *testing.T) {
	t.Helper()
	b.stdin.Close()
	if err := b.cmd.Wait(); err != nil {
		t.Error(err)
	}
	for _, r := range b.Requests {
		_, url, _ := strings.Cut(r, " ")
		if !strings.HasPrefix(url, b.api) && !strings.HasPrefix(url, strings.TrimSuffix(b.page, b.pagePath)) && !strings.HasPrefix(url, "data:") {
			t.Errorf("asked elsewhere: %s", r)
		}
	}
	for _, c := range b.Complaints {
		t.Errorf("complained: %s", c)
	}
}

const segmentBundle = "@segment/analytics-next/dist/umd/index.js"

const chrome = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"

func TestAnalyticsNextInChromium(t *testing.T) {
	m := newMemory()
	run := runBrowser(t, serve(t, m, nil), "segment", segmentBundle, chrome)
	events := m.wait(t, 6)
	run.finish(t)
	events = m.wait(t, len(events))
	want := []string{"page Pricing", "track Demo Requested", "identify", "group", "track After Identify", "page"}
	if got := names(events); !slices.Equal(got, want) {
		t.Fatalf("facts %v, want %v", got, want)
	}
	if m.repeats > 0 || len(m.drops) > 0 {
		t.Errorf("%d repeats, drops %v", m.repeats, m.drops)
	}
	for i, e := range events {
		anonymous := run.Anonymous[0]
		if i == 5 { // after reset
			anonymous = run.Anonymous[1]
		}
		if e.AnonymousID != anonymous || e.Flags != 0 || e.SentAt == 0 || !strings.HasPrefix(e.ID, "ajs-next-") || e.ReceivedAt-e.OccurredAt > millrace.Minute {
			t.Errorf("%s: %+v", want[i], e)
		}
		if (e.UserID == "u1") != (i >= 2 && i <= 4) {
			t.Errorf("%s: user %q", want[i], e.UserID)
		}
		if e.Kind == millrace.KindPage || e.Kind == millrace.KindTrack {
			if e.Host != run.pageHost || e.Path != run.pagePath {
				t.Errorf("%s: on %s%s", want[i], e.Host, e.Path)
			}
		}
		if !strings.Contains(string(e.Context), `"ip":"127.0.0.1"`) {
			t.Errorf("%s: context %s", want[i], e.Context)
		}
	}
	if events[2].Email != "anna@acme.com" || events[3].GroupID != "g1" || run.Anonymous[0] == run.Anonymous[1] {
		t.Errorf("identify %+v, group %+v", events[2], events[3])
	}
}

func TestAnalyticsNextWhenThePageIsLeft(t *testing.T) {
	m := newMemory()
	run := runBrowser(t, serve(t, m, nil), "leaving", segmentBundle, chrome)
	events := m.wait(t, 6)
	run.finish(t)
	if n := count(events); n["track Kept Until Leaving"] != 5 || n["track By Beacon"] != 1 || len(events) != 6 {
		t.Errorf("facts %v", n)
	}
}

func TestRudderStackInChromium(t *testing.T) {
	m := newMemory()
	run := runBrowser(t, serve(t, m, nil), "rudder", "@rudderstack/analytics-js/dist/npm/modern/bundled/umd/index.js", "")
	events := m.wait(t, 4)
	run.finish(t)
	if n := count(events); n["page Pricing"] != 1 || n["identify"] != 1 || n["track Demo Requested"] != 1 || n["group"] != 1 || len(events) != 4 {
		t.Errorf("facts %v", n)
	}
	for _, e := range events {
		if e.SentAt == 0 || e.AnonymousID == "" {
			t.Errorf("%+v", e)
		}
		if !e.Flags.Has(millrace.FlagBot) {
			t.Errorf("%s from a headless Chromium that says so is not marked", e.Kind)
		}
		if e.Kind == millrace.KindIdentify && (e.Email != "anna@acme.com" || e.UserID != "u1") {
			t.Errorf("identify %+v", e)
		}
	}
}
