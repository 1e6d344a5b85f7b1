package app

import (
	"bytes"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"

	"millrace"
)

func TestOpenRefusesWhatNamesNoDatabase(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for name, want := range map[string]string{
		"":                                 "name a file",
		":memory:":                         "name a file",
		"mysql://u@h/d":                    "mysql: is no database",
		"sqlite:///tmp/x.db":               "sqlite: is no database",
		"file:x.db":                        "by its path",
		"postgres://a b":                   "can't be read",
		"postgres://u:secret@h:port/d":     "can't be read",
		dir:                                "is a folder",
		dir + "/":                          "such as " + dir + "/millrace.db",
		filepath.Join("/dev/null", "x.db"): "can't be opened: mkdir",
	} {
		w, err := Open(t.Context(), Config{DB: name})
		if err == nil {
			w.Close()
			t.Errorf("%q opened", name)
			continue
		}
		if millrace.ErrorCode(err) != millrace.Invalid || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: %s: %v", name, millrace.ErrorCode(err), err)
		}
	}
	if made, _ := filepath.Glob(filepath.Join(dir, "*")); len(made) > 0 {
		t.Errorf("made %v", made)
	}
}

// TestServeStartsNothingWhereItCantListen expects a conflict, and no job queue begun.
func TestServeStartsNothingWhereItCantListen(t *testing.T) {
	w, err := Open(t.Context(), Config{DB: filepath.Join(t.TempDir(), "w.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	var log bytes.Buffer
	first, err := Serve(t.Context(), w, ServerConfig{Addr: "127.0.0.1:0", Logger: slog.New(slog.NewTextHandler(&log, nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer first.Stop(t.Context())
	for addr, code := range map[string]millrace.Code{first.Addr(): millrace.Conflict, "nowhere": millrace.Invalid, "127.0.0.1:99999": millrace.Invalid} {
		if s, err := Serve(t.Context(), w, ServerConfig{Addr: addr}); err == nil || s != nil {
			t.Errorf("%s: serves", addr)
		} else if _, port, _ := strings.Cut(addr, ":"); millrace.ErrorCode(err) != code || !strings.Contains(err.Error(), port) {
			t.Errorf("%s: %v", addr, err)
		}
	}
	for range 2 {
		if err := first.Stop(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if strings.Contains(log.String(), "level=ERROR") {
		t.Errorf("starting and stopping said %s", log.String())
	}
}
