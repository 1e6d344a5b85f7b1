package exchange

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"millrace"
)

// memory is a Ledger that keeps everything and knows duplicates as the log does, by source, id and the sender's time.
type memory struct {
	imports  []Import
	finished []Summary
	events   []millrace.Event
	batches  int
	largest  int
	seen     map[string]bool
	fail     error
	failAt   int
}

func (m *memory) StartImport(_ context.Context, i Import) (int64, error) {
	m.imports = append(m.imports, i)
	return int64(len(m.imports)), nil
}

func (m *memory) Apply(_ context.Context, b millrace.Batch) (millrace.Receipt, error) {
	if m.batches++; m.fail != nil && m.batches >= m.failAt {
		return millrace.Receipt{}, m.fail
	}
	if m.seen == nil {
		m.seen = map[string]bool{}
	}
	m.largest = max(m.largest, len(b.Events))
	var r millrace.Receipt
	for _, e := range b.Events {
		key := e.Source + "\x00" + e.ID + "\x00" + e.SentAt.String()
		r.Duplicate = append(r.Duplicate, m.seen[key])
		if m.seen[key] {
			r.Duplicates++
			continue
		}
		m.seen[key] = true
		r.Accepted++
		m.events = append(m.events, e)
	}
	return r, nil
}

func (m *memory) FinishImport(_ context.Context, _ int64, s Summary) error {
	m.finished = append(m.finished, s)
	return nil
}

// now is the clock of the tests: 2026-06-01.
func now() millrace.Time { return 1780272000000 }

func options(entity string) Options { return Options{Entity: entity, Clock: now} }

// run imports a text and fails the test on an error.
func run(t *testing.T, m *memory, name, text string, o Options) Summary {
	t.Helper()
	if o.Clock == nil {
		o.Clock = now
	}
	_, s, err := Run(t.Context(), m, name, strings.NewReader(text), o)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if s.Rows != s.Accepted+s.Rejected+s.Duplicates {
		t.Fatalf("%s: %d rows are not %d accepted + %d rejected + %d duplicates", name, s.Rows, s.Accepted, s.Rejected, s.Duplicates)
	}
	return s
}

// refused imports a text that has to be refused whole, and gives the error's text.
func refused(t *testing.T, name, text string, o Options) string {
	t.Helper()
	o.Clock = now
	m := &memory{}
	_, _, err := Run(t.Context(), m, name, strings.NewReader(text), o)
	if millrace.ErrorCode(err) != millrace.Invalid {
		t.Fatalf("%s: want an Invalid error, got %v", name, err)
	}
	if len(m.imports) != 0 {
		t.Fatalf("%s: refused, and yet an import was begun", name)
	}
	return err.Error()
}

func dataOf(t *testing.T, e millrace.Event) map[string]any {
	t.Helper()
	d := map[string]any{}
	if err := json.Unmarshal(e.Data, &d); err != nil {
		t.Fatalf("data of %s: %v", e.RecordID, err)
	}
	return d
}

// shared opens a file of the outside data, or skips.
func shared(t testing.TB, path string) io.ReadSeeker {
	t.Helper()
	root := os.Getenv("MILLRACE_SHARED")
	if root == "" {
		root = "../../../shared"
	}
	f, err := os.Open(filepath.Join(root, "data", path))
	if err != nil {
		t.Skipf("skipped: outside data %s is not here", path)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func hasNote(s Summary, part string) bool {
	for _, n := range s.Notes {
		if strings.Contains(n, part) {
			return true
		}
	}
	return false
}
