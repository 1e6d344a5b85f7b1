package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"millrace/internal/app"
	"millrace/internal/dbtest"
	"millrace/internal/directory"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestMain makes the test binary the product's binary too: "millrace" in PATH is a copy of it, which tests run as processes of their own.
func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"millrace": main})
}

// environ is the environment of started processes: ours without settings of Millrace's own.
func environ(add ...string) []string {
	var out []string
	for _, v := range os.Environ() {
		if !strings.HasPrefix(v, "MILLRACE_") {
			out = append(out, v)
		}
	}
	return append(out, add...)
}

// result is how a command ended.
type result struct {
	code        int // -1: killed
	out, errors string
}

// start starts a command as a process of its own; its ending is waited for by the returned function.
func start(t testing.TB, args ...string) (*exec.Cmd, func() result) {
	t.Helper()
	cmd := exec.Command("millrace", args...)
	var out, errs bytes.Buffer
	cmd.Env, cmd.Stdout, cmd.Stderr = environ(), &out, &errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	wait := sync.OnceValue(func() result {
		err := cmd.Wait()
		if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
			return result{-1, out.String(), err.Error()}
		}
		return result{cmd.ProcessState.ExitCode(), out.String(), errs.String()}
	})
	t.Cleanup(func() {
		cmd.Process.Kill()
		wait()
	})
	return cmd, wait
}

// try runs a command to its end, in this process.
func try(t testing.TB, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	code := run(t.Context(), args, &out, &errs)
	return result{code, out.String(), errs.String()}
}

// must runs a command that has to succeed and gives its output.
func must(t testing.TB, args ...string) string {
	t.Helper()
	r := try(t, args...)
	if r.code != 0 {
		t.Fatalf("millrace %s: exit code %d\n%s%s", strings.Join(args, " "), r.code, r.out, r.errors)
	}
	return r.out
}

// mustJSON runs a command that has to succeed and reads its JSON.
func mustJSON[T any](t testing.TB, args ...string) (v T) {
	t.Helper()
	out := must(t, append(args, "--json")...)
	if err := json.Unmarshal([]byte(out), &v); err != nil {
		t.Fatalf("millrace %s: %v in %s", strings.Join(args, " "), err, out)
	}
	return v
}

// server is a running millrace serve.
type server struct {
	cmd    *exec.Cmd
	url    string
	ready  chan struct{} // closed when it serves, or has ended without
	ended  chan struct{}
	errors *bytes.Buffer // to be read when it has ended
}

// serve starts a server and does not wait until it answers.
func serve(t testing.TB, db string, wrap ...string) *server {
	t.Helper()
	args := append(wrap, "millrace", "serve", "--addr", "127.0.0.1:0", "--db", db)
	s := &server{cmd: exec.Command(args[0], args[1:]...), ready: make(chan struct{}), ended: make(chan struct{}), errors: &bytes.Buffer{}}
	s.cmd.Env, s.cmd.Stderr = environ(), s.errors
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if _, rest, ok := strings.Cut(lines.Text(), "serves on "); ok && s.url == "" {
				s.url, _, _ = strings.Cut(rest, " ")
				close(s.ready)
			}
		}
		s.cmd.Wait()
		if s.url == "" {
			close(s.ready)
		}
		close(s.ended)
	}()
	return s
}

// running starts a server and waits until it answers.
func running(t testing.TB, db string, wrap ...string) *server {
	t.Helper()
	s := serve(t, db, wrap...)
	select {
	case <-s.ready:
	case <-time.After(time.Minute):
		s.kill()
	}
	if s.url == "" {
		<-s.ended
		t.Fatalf("the server did not start: %s", s.errors)
	}
	return s
}

// kill ends the server's process at once and waits for its end.
func (s *server) kill() {
	s.cmd.Process.Kill()
	<-s.ended
}

// writeKey makes a write key in the database.
func writeKey(t testing.TB, db string) string {
	t.Helper()
	return mustJSON[struct{ Key string }](t, "key", "create", "--kind", "write", "--name", "test", "--db", db).Key
}

// client is for tests that kill the server: it keeps no connection for long and gives up soon.
var client = &http.Client{Timeout: 30 * time.Second}

// post sends a body to a path and gives the status, the header and what was answered.
func (s *server) post(ctx context.Context, path, key string, body io.Reader, header ...string) (int, http.Header, string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url+path, body)
	if err != nil {
		return 0, nil, "", err
	}
	req.SetBasicAuth(key, "")
	req.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	resp, err := client.Do(req)
	if err != nil {
		return 0, nil, "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, string(b), err
}

// figures are what the tests read of millrace stats.
type figures struct {
	Accounts, Contacts, Events, MQL, MQA int64
	EventsByKind                         map[string]int64 `json:"events_by_kind"`
	Dropped                              map[string]int64
	Opportunities                        struct {
		Total, Open, Won, Lost int64
		WonAmount              string `json:"won_amount"`
	}
}

func stats(t testing.TB, db string) figures {
	t.Helper()
	return mustJSON[figures](t, "stats", "--db", db)
}

// importResult is what the tests read of millrace import.
type importResult struct{ ID, Rows, Accepted, Rejected, Duplicates int64 }

func (r importResult) String() string {
	return fmt.Sprintf("import %d: %d rows, %d accepted, %d rejected, %d duplicates", r.ID, r.Rows, r.Accepted, r.Rejected, r.Duplicates)
}

func bring(t testing.TB, db, entity, file string, more ...string) importResult {
	t.Helper()
	return mustJSON[importResult](t, append([]string{"import", entity, file, "--quiet", "--db", db}, more...)...)
}

// logIsClean checks that everything derived is what the log gives.
func logIsClean(t testing.TB, db string) {
	t.Helper()
	if r := try(t, "log", "check", "--quiet", "--db", db); r.code != 0 {
		t.Errorf("millrace log check: exit code %d\n%s%s", r.code, r.out, r.errors)
	}
}

// eachEvent calls f for every fact from outside that the log of a database holds, with its data.
func eachEvent(t testing.TB, db string, f func(e *directory.Event)) {
	t.Helper()
	w, err := app.Open(t.Context(), app.Config{DB: db})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	for after := int64(0); ; {
		page, err := w.Directory.Events(t.Context(), directory.EventFilter{After: &after, Full: true, Paging: directory.Paging{Limit: directory.MaxLimit}})
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Data) == 0 {
			return
		}
		for i := range page.Data {
			f(&page.Data[i])
			after = page.Data[i].Position
		}
	}
}

// shared gives the path of a file of the outside data, and skips the test where it is not present.
func shared(t testing.TB, name string) string {
	t.Helper()
	root := os.Getenv("MILLRACE_SHARED")
	if root == "" {
		root = "../../../shared"
	}
	path, err := filepath.Abs(filepath.Join(root, "data", name))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Skipf("the outside data %s is not here", name)
	}
	return path
}

// required fails the test where MILLRACE_REQUIRE=1 wants every part, and skips it elsewhere.
func required(t testing.TB, missing string) {
	t.Helper()
	if os.Getenv(dbtest.RequireEnv) == "1" {
		t.Fatalf("%s, and %s=1 wants it", missing, dbtest.RequireEnv)
	}
	t.Skip(missing)
}

// write makes a file in a folder of the test's own.
func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}
