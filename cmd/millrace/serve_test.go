package main

import (
	"bytes"
	"context"
	"path/filepath"
	"testing"
)

// stopper ends a context when the first word is written to it.
type stopper struct {
	bytes.Buffer
	stop context.CancelFunc
}

func (s *stopper) Write(b []byte) (int, error) {
	s.stop()
	return s.Buffer.Write(b)
}

// TestStoppedAtItsStart: a server that is told to stop before it has said all that it says first ends without a failure.
func TestStoppedAtItsStart(t *testing.T) {
	db := filepath.Join(t.TempDir(), "m.db")
	for name, early := range map[string]bool{"before it opens": true, "when it serves": false} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			out, errs := &stopper{stop: cancel}, &bytes.Buffer{}
			if early {
				cancel()
			}
			if code := run(ctx, []string{"serve", "--db", db, "--addr", "127.0.0.1:0"}, out, errs); code != 0 {
				t.Errorf("exit code %d: %s%s", code, out, errs)
			}
			if said := out.Len() > 0; said == early {
				t.Errorf("it said %q", out)
			}
		})
	}
}
