package engine

import (
	"testing"
	"time"

	"millrace"
	"millrace/internal/db"
)

// TestTroubleIsTried: that nothing could be written holds until something can, which is tried when nobody else writes.
func TestTroubleIsTried(t *testing.T) {
	e := openInternal(t, Config{})
	defer func(before time.Duration) { quietFor = before }(quietFor)
	full := func(*db.Tx) error { return &millrace.Error{Code: millrace.Full, Op: "test", Message: "no room"} }
	if err := e.db.Write(t.Context(), full); err == nil {
		t.Fatal("there was room")
	}
	quietFor = time.Hour
	if err := e.Trouble(t.Context()); millrace.ErrorCode(err) != millrace.Full {
		t.Errorf("just failed: %v", err)
	}
	quietFor = 0
	if err := e.Trouble(t.Context()); err != nil {
		t.Errorf("a write that succeeds says that there is room: %v", err)
	}
}
