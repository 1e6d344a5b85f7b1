package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// exitsWith is "code N command…": the command must end with the exit code N; its output is for stdout and stderr as exec's is.
func exitsWith(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: code N command…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	if x, ok := errors.AsType[*exec.ExitError](err); ok {
		got = x.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// hasJSON is "json path…": the last command's output is JSON and has each path, such as opportunities.won or 0.id; path=text also says
// what stands there, as JSON. With ! none of them may be there.
func hasJSON(ts *testscript.TestScript, neg bool, args []string) {
	d := json.NewDecoder(strings.NewReader(ts.ReadFile("stdout")))
	d.UseNumber()
	var v any
	ts.Check(d.Decode(&v))
	for _, arg := range args {
		path, want, compare := strings.Cut(arg, "=")
		have, ok := at(v, strings.Split(path, "."))
		if ok == neg {
			ts.Fatalf("%s: there %v", path, ok)
		}
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		ts.Check(e.Encode(have))
		if got := strings.TrimSpace(b.String()); compare && got != want {
			ts.Fatalf("%s is %s, want %s", path, got, want)
		}
	}
}

// at follows a path into a JSON value; len is the length of a list.
func at(v any, path []string) (any, bool) {
	for _, p := range path {
		switch x := v.(type) {
		case map[string]any:
			next, ok := x[p]
			if !ok {
				return nil, false
			}
			v = next
		case []any:
			if p == "len" {
				return len(x), true
			}
			i, err := strconv.Atoi(p)
			if err != nil || i >= len(x) {
				return nil, false
			}
			v = x[i]
		default:
			return nil, false
		}
	}
	return v, true
}

// serving is "serve": a server on the script's database, ended with the script; $URL is its address.
func serving(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 0 {
		ts.Fatalf("usage: serve")
	}
	cmd := exec.Command("millrace", "serve", "--addr", "127.0.0.1:0")
	cmd.Dir, cmd.Stderr = ts.Getenv("WORK"), os.Stderr
	cmd.Env = environ("MILLRACE_DB=" + ts.Getenv("MILLRACE_DB"))
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	ts.Check(cmd.Start())
	ts.Defer(func() {
		cmd.Process.Signal(os.Interrupt)
		cmd.Wait()
	})
	b := make([]byte, 4096)
	n, err := out.Read(b)
	ts.Check(err)
	_, rest, _ := strings.Cut(string(b[:n]), "serves on ")
	url, _, _ := strings.Cut(rest, " ")
	ts.Setenv("URL", url)
}
