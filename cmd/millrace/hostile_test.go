package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"millrace/internal/dbtest"
	"millrace/internal/directory"
)

// memory is the most memory in bytes that a process had at one time so far.
func memory(pid int) int64 {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(b); err == nil && m != nil {
		n, _ := strconv.ParseInt(string(m[1]), 10, 64)
		return n << 10
	}
	return 0
}

const bounded = 200 << 20

// zipped compresses n bytes that r gives, at a level of gzip's.
func zipped(t testing.TB, r io.Reader, n int64, level int) []byte {
	t.Helper()
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.CopyN(z, r, n); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// fill reads as the same byte for ever.
type fill byte

func (f fill) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(f)
	}
	return len(p), nil
}

// TestHostileRequests sends what no SDK would. Whole requests are refused with a reason, single events dropped with one and the rest kept;
// what is taken can be read again, and the log agrees with what was made of it.
func TestHostileRequests(t *testing.T) {
	event := func(fields string) string {
		return `{"type":"track","event":"Read","userId":"u1","timestamp":"2026-11-01T10:00:00Z",` + fields + `}`
	}
	deep := strings.Repeat(`{"a":`, 20_000) + "1" + strings.Repeat("}", 20_000)
	requests := []struct {
		name, body string
		header     []string
		status     int
		dropped    string // what X-Millrace-Dropped says
		kept       int64  // how many facts of it the log has
	}{
		{"nothing", "", nil, 400, "1 malformed", 0},
		{"no JSON", "hello", nil, 400, "1 malformed", 0},
		{"half", `{"batch":[`, nil, 400, "1 malformed", 0},
		{"a string for a batch", `{"batch":"x"}`, nil, 400, "1 malformed", 0},
		{"no batch", `{}`, nil, 400, "1 malformed", 0},
		{"an empty batch", `{"batch":[]}`, nil, 200, "", 0},
		{"events of wrong types", `{"batch":[1,null,"x",[],true,` + event(`"messageId":"kept-1"`) + `]}`, nil, 200, "5 malformed", 1},
		{"fields of wrong types", `{"batch":[{"type":7,"userId":"u1"},{"type":"track","event":{},"userId":"u1"},{"type":"identify","userId":{"a":1}},` +
			event(`"messageId":"kept-2","properties":[1]`) + `,` + event(`"messageId":"kept-3"`) + `]}`, nil, 200, "3 invalid, 1 unknown_type", 1},
		{"huge numbers", `{"batch":[` + event(`"messageId":"kept-4","properties":{"a":1e400,"b":99999999999999999999999999,"c":-0.000000000000000000000000001,"d":1E-999}`) + `,
			{"type":"identify","userId":"u2","messageId":"kept-5","traits":{"email":"u2@big.com","employees":1e300,"revenue":-1e308,"company":{"name":"Big","employees":9e99}}}]}`, nil, 200, "1 invalid", 1},
		{"NUL", `{"batch":[` + event(`"messageId":"kept-6","properties":{"a\u0000b":"c\u0000d"}`) + `,
			{"type":"identify","userId":"nul\u0000user","messageId":"kept-7","traits":{"email":"n\u0000@nul.com","name":"A\u0000B","title":"\u0000"}}]}`, nil, 200, "", 2},
		{"invalid UTF-8", `{"batch":[` + event(`"messageId":"bad-1","properties":{"a":"`+"\xff\xfe"+`"}`) + `,` + event(`"messageId":"kept-8"`) + `]}`, nil, 200, "1 invalid", 1},
		{"half a surrogate pair", `{"batch":[` + event(`"messageId":"kept-9","properties":{"a":"\ud800","b":"\udc00\ud800"}`) + `]}`, nil, 200, "", 1},
		{"clocks of 1970 and 2100", `{"sentAt":"1970-01-01T00:00:00Z","batch":[
			{"type":"page","userId":"u3","messageId":"kept-10","timestamp":"1970-01-01T00:00:00Z"},{"type":"page","userId":"u3","messageId":"kept-11","timestamp":"2100-01-01T00:00:00Z"},
			{"type":"page","userId":"u3","messageId":"kept-12","timestamp":"-271821-04-20T00:00:00Z"},{"type":"page","userId":"u3","messageId":"kept-13","timestamp":1e18},
			{"type":"page","userId":"u3","messageId":"kept-14","timestamp":"noon"}]}`, nil, 200, "", 5},
		{"the clock of 2100 in sentAt", `{"sentAt":"2100-01-01T00:00:00Z","batch":[{"type":"page","userId":"u3","messageId":"kept-15","timestamp":"2100-01-01T00:00:00Z"}]}`, nil, 200, "", 1},
		{"a deep event", `{"batch":[` + event(`"properties":`+strings.Repeat(`{"a":`, 3000)+"1"+strings.Repeat("}", 3000)) + `,` + event(`"messageId":"kept-16"`) + `]}`, nil, 200, "1 invalid", 1},
		{"very deep", deep, nil, 400, "1 malformed", 0},
		{"an event over its limit", `{"batch":[` + event(`"properties":{"a":"`+strings.Repeat("x", 40_000)+`"}`) + `,` + event(`"messageId":"kept-17"`) + `]}`, nil, 200, "1 too_large", 1},
		{"a batch over its limit", `{"batch":[` + strings.Repeat(event(`"messageId":"bad-2"`)+",", 8000) + event(`"messageId":"bad-3"`) + `]}`, nil, 400, "1 too_large", 0},
		{"a gzip bomb", string(zipped(t, fill(' '), 300<<20, gzip.BestSpeed)), []string{"Content-Encoding", "gzip"}, 400, "1 too_large", 0},
		{"a bomb in a bomb", string(zipped(t, bytes.NewReader(zipped(t, fill('['), 300<<20, gzip.BestSpeed)), 200_000, gzip.BestSpeed)), []string{"Content-Encoding", "gzip"}, 400, "1 malformed", 0},
		{"broken gzip", "\x1f\x8b\x08nonsense", []string{"Content-Encoding", "gzip"}, 400, "1 malformed", 0},
		{"an encoding that it is not", `{"batch":[]}`, []string{"Content-Encoding", "br"}, 200, "", 0},
		{"the same key twice", `{"batch":[{"type":"track","type":"page","event":"Read","userId":"u1","userId":"u9","messageId":"kept-18"}]}`, nil, 200, "", 1},
	}
	dbtest.Each(t, func(t *testing.T, db string) {
		key := writeKey(t, db)
		s := running(t, db)
		kept := int64(0)
		for _, c := range requests {
			status, header, answer, err := s.post(t.Context(), "/v1/batch", key, strings.NewReader(c.body), c.header...)
			if err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			if status != c.status || c.dropped != "" && header.Get("X-Millrace-Dropped") != c.dropped {
				t.Errorf("%s: %d %q %s, want %d %q", c.name, status, header.Get("X-Millrace-Dropped"), answer, c.status, c.dropped)
			}
			if status != 200 && !json.Valid([]byte(answer)) {
				t.Errorf("%s: the answer is no JSON: %s", c.name, answer)
			}
			if kept += c.kept; status == 200 && stats(t, db).Events != kept {
				t.Fatalf("%s: the log has %d facts, want %d", c.name, stats(t, db).Events, kept)
			}
		}
		resp, err := http.Get(s.url + "/healthz")
		if err != nil || resp.StatusCode != 200 {
			t.Errorf("/healthz: %v %v", resp, err)
		}
		resp.Body.Close()
		if m := memory(s.cmd.Process.Pid); m == 0 || m > bounded {
			t.Errorf("the server had %d MB", m>>20)
		}
		for _, args := range [][]string{{"stats"}, {"contacts", "--limit", "0"}, {"accounts", "--limit", "0"}, {"tail", "--once"}, {"explain", "u1"}, {"explain", "u2@big.com"}, {"explain", "u3"}} {
			must(t, append(args, "--db", db)...)
			must(t, append(args, "--json", "--db", db)...)
		}
		logIsClean(t, db)
		s.kill()
		if log := s.errors.String(); strings.Contains(log, "level=ERROR") || strings.Contains(log, "panic") {
			t.Errorf("the server's log: %s", log)
		}
		now, first := time.Now(), time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)
		eachEvent(t, db, func(e *directory.Event) {
			if at := e.OccurredAt.Std(); at.After(now) || at.Before(first) {
				t.Errorf("%d occurred at %s", e.Position, e.OccurredAt)
			}
		})
	})
}

// TestHostileFiles imports what no CRM exports: each ends with its exit code and a message that says what to do, within bounded memory.
func TestHostileFiles(t *testing.T) {
	db := dbtest.SQLite(t)
	long := strings.Repeat("x", 2<<20)
	for _, c := range []struct {
		name, text string
		code       int
		want       string // in output or message
	}{
		{"empty", "", 2, "is empty"},
		{"blank", "\n\n\n", 2, "is empty"},
		{"header alone", "email,name\n", 2, "has a header and no rows"},
		{"unknown columns", "alpha,beta\n1,2\n", 2, "its columns are alpha, beta"},
		{"the same header twice", "email,email,first name\na@x.com,b@x.com,Ann\n", 0, `"rows": 1`},
		{"NUL", "email,first name\na@nul.com,A\x00B\n\x00,\x00\n", 0, `"rows": 2`},
		{"invalid UTF-8", "email,first name\na@bad.com,J\xfcrgen\nb@bad.com,\xff\xfe\xfd\n", 0, `"rejected": 0`},
		{"mixed encodings", "email,first name\na@mix.com,J\xfcrgen\nb@mix.com,Jürgen\n", 0, `"rejected": 0`},
		{"UTF-16", "\xff\xfee\x00m\x00a\x00i\x00l\x00\n\x00a\x00@\x00w\x00.\x00d\x00e\x00\n\x00", 0, `"accepted": 1`},
		{"half UTF-16", "\xff\xfee\x00m\x00a\x00i\x00l\x00\n\x00a\x00@\x00w\x00.\x00d\x00e\x00\n", 0, `"rows": 1`},
		{"ragged", "email,first name\na@r.com\nb@r.com,B,C,D\nc@r.com,C\n", 0, `"ragged": 2`},
		{"an open quote", "email,first name\na@q.com,\"A\nb@q.com,B\n", 0, `"rejected"`},
		{"a long cell", "email,first name\na@l.com," + long + "\nb@l.com,B\n", 0, `"too_long": 1`},
		{"a long header", long + ",email\n1,a@x.com\n", 2, "has no readable header"},
		{"dates of 1970, 2100 and never", "email,create date\na@d.com,1970-01-01\nb@d.com,2100-01-01\nc@d.com,2026-02-31\nd@d.com,0000-00-00\n", 0, `"rows": 4`},
		{"huge numbers", "name,domain,employees,annual revenue\nA,a.dev,99999999999999999999,1e400\nB,b.dev,-5,-1\n", 0, `"rows": 2`},
		{"formulas", "email,first name\na@f.com,=cmd|' /C calc'!A0\n", 0, `"accepted": 1`},
		{"broken gzip", "\x1f\x8b\x08nonsense", 2, "gzip"},
		{"binary", "\x7fELF\x02\x01\x01\x00\x00\x00" + long, 2, "."},
		{"a spreadsheet", "PK\x03\x04\x14\x00\x06\x00\x08\x00\x00\x00!\x00", 2, "."},
		{"HTML", "<!DOCTYPE html>\n<html><body>Sign in</body></html>\n", 2, "no column"},
		{"JSON", `[{"email":"a@x.com"}]`, 2, "."},
	} {
		t.Run(c.name, func(t *testing.T) {
			entity := "contacts"
			if strings.HasPrefix(c.text, "name,domain") {
				entity = "accounts"
			}
			r := try(t, "import", entity, write(t, "file.csv", c.text), "--json", "--quiet", "--db", db)
			if all := r.out + r.errors; r.code != c.code || !strings.Contains(all, c.want) && c.want != "." || len(r.errors) > 2000 || strings.Contains(all, "goroutine") {
				t.Errorf("exit code %d, %.2000s%.2000s", r.code, r.out, r.errors)
			} else {
				t.Logf("%d %.300s", r.code, r.errors)
			}
		})
	}
	must(t, "contacts", "--format", "csv", "--db", db)
	must(t, "accounts", "--json", "--db", db)
	logIsClean(t, db)
}

// TestHalfAGigabyteLine imports one line of 500 MB, as a file and through a pipe: it is rejected as too long and the rest is brought in,
// within bounded memory.
func TestHalfAGigabyteLine(t *testing.T) {
	if testing.Short() {
		t.Skip("large files are left out with -short")
	}
	const header, after = "email,first name\na@long.com,", "\nb@long.com,Bob\n"
	check := func(t *testing.T, cmd *exec.Cmd, wait func() result) {
		t.Helper()
		var most int64
		ended := make(chan result, 1)
		go func() { ended <- wait() }()
		for {
			select {
			case r := <-ended:
				if most == 0 || most > bounded {
					t.Errorf("the import had %d MB", most>>20)
				}
				if r.code != 0 || !strings.Contains(r.out, `"too_long": 1`) || !strings.Contains(r.out, `"accepted": 1`) {
					t.Errorf("exit code %d, %.1000s%.1000s", r.code, r.out, r.errors)
				}
				t.Logf("%d MB", most>>20)
				return
			case <-time.After(20 * time.Millisecond):
				most = max(most, memory(cmd.Process.Pid))
			}
		}
	}
	t.Run("file", func(t *testing.T) {
		path := write(t, "long.csv", header)
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		if _, err := f.WriteAt([]byte(after), 500<<20); err != nil { // a hole of zeros
			t.Fatal(err)
		}
		cmd, wait := start(t, "import", "contacts", path, "--json", "--quiet", "--db", dbtest.SQLite(t))
		check(t, cmd, wait)
	})
	t.Run("pipe", func(t *testing.T) {
		pipe := filepath.Join(t.TempDir(), "pipe.csv")
		if err := syscall.Mkfifo(pipe, 0o600); err != nil {
			t.Fatal(err)
		}
		cmd, wait := start(t, "import", "contacts", pipe, "--json", "--quiet", "--db", dbtest.SQLite(t))
		go func() {
			f, err := os.OpenFile(pipe, os.O_WRONLY, 0)
			if err != nil {
				t.Error(err)
				return
			}
			defer f.Close()
			if _, err := io.Copy(f, io.MultiReader(strings.NewReader(header), io.LimitReader(fill('x'), 500<<20), strings.NewReader(after))); err != nil {
				t.Error(err)
			}
		}()
		check(t, cmd, wait)
	})
}

// TestReadOnlyDatabase opens a database that may not be written, as a user without rights of root.
func TestReadOnlyDatabase(t *testing.T) {
	dir, err := os.MkdirTemp("", "millrace-ro")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	path := filepath.Join(dir, "w.db")
	must(t, "stats", "--db", path)
	if err := os.Chmod(path, 0o444); err != nil {
		t.Fatal(err)
	}
	binary, err := exec.LookPath("millrace")
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, "stats", "--db", path)
	cmd.Env = environ()
	if os.Geteuid() == 0 { // another user needs a copy that it may run
		b, err := os.ReadFile(binary)
		if err != nil {
			t.Fatal(err)
		}
		cmd.Path = filepath.Join(dir, "millrace")
		if err := os.WriteFile(cmd.Path, b, 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
		cmd.Dir = "/"
	}
	out, err := cmd.CombinedOutput()
	if code := cmd.ProcessState.ExitCode(); err == nil || code != 2 || !strings.Contains(string(out), "the database "+path+" can't be opened") {
		t.Errorf("exit code %d: %s", code, out)
	}
}
