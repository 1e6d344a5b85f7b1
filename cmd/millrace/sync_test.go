package main

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"millrace/internal/dbtest"
	"millrace/internal/directory"
)

// strace gives the command that runs another under strace with arguments, and skips the test where that is not possible.
func strace(t testing.TB, args ...string) []string {
	t.Helper()
	if testing.Short() {
		t.Skip("strace is left out with -short")
	}
	if _, err := exec.LookPath("strace"); err != nil {
		required(t, "strace is not installed")
	}
	if out, err := exec.Command("strace", "-qq", "-o", os.DevNull, "true").CombinedOutput(); err != nil {
		required(t, fmt.Sprintf("strace can't trace here: %v %s", err, out))
	}
	return append([]string{"strace", "-D", "-f", "-qq"}, args...) // -D: the process that is started is the traced one
}

// TestEveryAcknowledgementComesAfterASync reads from the kernel's side, for every acknowledged request, that the transaction with its fact
// was written whole to SQLite's WAL, that the WAL was synced after that, and that only then the reply was written.
func TestEveryAcknowledgementComesAfterASync(t *testing.T) {
	const senders, each = 3, 20
	path, trace := dbtest.SQLite(t), filepath.Join(t.TempDir(), "trace")
	key := writeKey(t, path)
	s := running(t, path, strace(t, "-y", "-xx", "-s", "5000", "-e", "trace=read,write,pwrite64,fsync,fdatasync", "-o", trace)...)
	var wg sync.WaitGroup
	for n := range senders {
		wg.Go(func() {
			for i := range each {
				body := fmt.Sprintf(`{"type":"track","event":"Read","userId":"u%d","messageId":"m%[1]d-%d","timestamp":"2026-11-01T10:00:00Z","properties":{"mark":"%s"}}`, n, i, mark(n, i))
				if status, _, answer, err := s.post(t.Context(), "/v1/track", key, strings.NewReader(body)); err != nil || status != 200 {
					t.Errorf("%d %s %v", status, answer, err)
				}
			}
		})
	}
	wg.Wait()
	s.kill()
	acks := map[string]bool{}
	for _, p := range readTrace(t, trace) {
		if p.mark == "" {
			t.Errorf("a reply without a request: %s", p.problem)
			continue
		}
		acks[p.mark] = true
		if p.problem != "" {
			t.Errorf("%s was acknowledged %s", p.mark, p.problem)
		}
	}
	if len(acks) != senders*each {
		t.Errorf("the trace has %d acknowledgements, want %d", len(acks), senders*each)
	}
}

func mark(sender, i int) string { return fmt.Sprintf("mark-%d-%03d", sender, i) }

var markIn = regexp.MustCompile(`mark-\d-\d{3}`)

// call is one system call as strace saw it. Positions are lines of the trace: entered and left.
type call struct {
	name          string
	file          string
	data          string
	entered, left int
}

// acknowledgement is a reply with the mark of its request, and what was wrong with it.
type acknowledgement struct{ mark, problem string }

// readTrace goes through the calls by the moment that counts for each: a write to the WAL when it is done, a sync when it is done, with
// all writes done before it began, a reply when it begins.
func readTrace(t *testing.T, path string) (acks []acknowledgement) {
	t.Helper()
	var (
		pending = map[string]string{} // socket → mark of the request read from it
		wal     []call                // writes so far
		commit  = map[string]int{}    // mark → the moment at which its transaction's last frame was written
		open    = map[string]bool{}   // marks in frames of a transaction without its last frame yet
		synced  int                   // all writes done before this moment are on the disk
	)
	last := false
	for _, c := range calls(t, path) {
		switch {
		case strings.HasSuffix(c.file, "-wal") && c.name == "pwrite64":
			wal = append(wal, c)
			if len(c.data) == 24 { // a frame's header: its second word is the size of the database after a commit, else 0
				last = c.data[4:8] != "\x00\x00\x00\x00"
				continue
			}
			for _, m := range markIn.FindAllString(c.data, -1) {
				if _, known := commit[m]; !known {
					open[m] = true
				}
			}
			if last {
				for m := range open {
					commit[m] = c.left
				}
				clear(open)
			}
		case strings.HasSuffix(c.file, "-wal") && (c.name == "fsync" || c.name == "fdatasync"):
			synced = max(synced, c.entered)
		case c.name == "read" && strings.Contains(c.file, "socket"):
			if m := markIn.FindString(c.data); m != "" {
				pending[c.file] = m
			}
		case c.name == "write" && strings.Contains(c.file, "socket") && strings.HasPrefix(c.data, "HTTP/1.1 200"):
			a := acknowledgement{mark: pending[c.file]}
			delete(pending, c.file)
			switch at, ok := commit[a.mark]; {
			case !ok:
				a.problem = "before its transaction was written to the WAL"
			case at > synced:
				a.problem = "before the WAL was synced"
			}
			acks = append(acks, a)
		}
	}
	if len(wal) == 0 {
		t.Fatal("the trace has no write to a WAL")
	}
	return acks
}

var (
	callLine    = regexp.MustCompile(`^(\d+) +(\w+)\(\d+<([^>]*)>(.*)$`)
	resumedLine = regexp.MustCompile(`^(\d+) +<\.\.\. (\w+) resumed>(.*)$`)
	dataIn      = regexp.MustCompile(`"((?:\\x[0-9a-f]{2})*)"`)
)

// calls reads a trace, in the order of the moments that count: a reply when it was begun, everything else when it was done.
func calls(t *testing.T, path string) (out []call) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	begun := map[string]call{} // by process
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 1<<20)
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		var c call
		var rest string
		if m := callLine.FindStringSubmatch(line); m != nil {
			c = call{name: m[2], file: unhex(m[3]), entered: n, left: n}
			if rest = m[4]; strings.HasSuffix(rest, "<unfinished ...>") {
				c.data = data(rest)
				begun[m[1]] = c
				if c.name == "write" {
					out = append(out, c)
				}
				continue
			}
		} else if m := resumedLine.FindStringSubmatch(line); m != nil && begun[m[1]].name == m[2] {
			if c, rest = begun[m[1]], m[3]; c.name == "write" {
				continue
			}
			c.left = n
		} else {
			continue
		}
		if d := data(rest); d != "" {
			c.data = d
		}
		out = append(out, c)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// data is what a call read or wrote.
func data(args string) string {
	if m := dataIn.FindStringSubmatch(args); m != nil {
		return unhex(m[1])
	}
	return ""
}

func unhex(s string) string {
	b, err := hex.DecodeString(strings.ReplaceAll(s, `\x`, ""))
	if err != nil {
		return ""
	}
	return string(b)
}

// TestFullDisk lets the kernel answer writes to the database with "no space left": what was acknowledged before stays, nothing is
// acknowledged meanwhile, the sender is told to come again, and the server goes on when there is room.
func TestFullDisk(t *testing.T) {
	path := dbtest.SQLite(t)
	key := writeKey(t, path)
	s := running(t, path, strace(t, "-o", os.DevNull, "-P", path+"-wal", "-e", "trace=pwrite64", "-e", "inject=pwrite64:error=ENOSPC:when=400..700")...)
	acked, refused, after := map[string]bool{}, 0, 0
	for i := 0; after < 5 && i < 500; i++ {
		id := fmt.Sprintf("f-%d", i)
		body := fmt.Sprintf(`{"type":"track","event":"Read","userId":"u","messageId":%q,"timestamp":"2026-11-01T10:00:00Z","properties":{"n":%[1]q}}`, id)
		status, header, answer, err := s.post(t.Context(), "/v1/track", key, strings.NewReader(body))
		switch {
		case err != nil:
			t.Fatal(err)
		case status == 200:
			acked[id] = true
			if refused > 0 {
				after++
			}
		case status == 503 && header.Get("Retry-After") != "" && strings.Contains(answer, "again"):
			refused++
		default:
			t.Fatalf("%d %v %s", status, header, answer)
		}
	}
	if refused == 0 || after == 0 {
		t.Errorf("%d acknowledged, %d refused, %d acknowledged after that", len(acked), refused, after)
	}
	s.kill()
	eachEvent(t, path, func(e *directory.Event) {
		for id := range acked {
			if strings.Contains(string(e.Data), `"`+id+`"`) {
				delete(acked, id)
			}
		}
	})
	if len(acked) > 0 {
		t.Errorf("%d acknowledged facts are not in the log: %v", len(acked), acked)
	}
	logIsClean(t, path)
}
