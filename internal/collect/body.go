package collect

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"sync"
	"time"

	"millrace"

	"github.com/klauspost/compress/gzip"
)

// readTimeout is how long a sender may take for one body, so that slow ones cannot hold the room of others.
const readTimeout = 30 * time.Second

// roomFor is the share of the room that one body takes: its length when that is known to be the truth, else the most it can be.
func roomFor(r *http.Request, zipped bool) int64 {
	if n := r.ContentLength; !zipped && n >= 0 && n <= MaxBatchBytes {
		return max(n, 1)
	}
	return MaxBatchBytes + 1
}

// readBody reads and, where it starts like gzip, unpacks the body: whatever its headers say, since SDKs send gzip under a form content type and
// proxies unpack without taking Content-Encoding away. It never holds more than MaxBatchBytes and a byte. release gives the room back
// and is never nil.
func (h *Handler) readBody(w http.ResponseWriter, r *http.Request) (body []byte, release func(), ref *refusal) {
	release = func() {}
	// A recorder or a wrapped writer may have no deadlines; the server's own then hold.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(readTimeout))
	br := bufio.NewReaderSize(r.Body, 512)
	magic, _ := br.Peek(2)
	zipped := bytes.Equal(magic, []byte{0x1f, 0x8b})

	n := roomFor(r, zipped)
	ctx, cancel := context.WithTimeout(r.Context(), h.roomWait)
	defer cancel()
	if err := h.room.Acquire(ctx, n); err != nil {
		return nil, release, &refusal{status: http.StatusServiceUnavailable, code: millrace.Unavailable, retry: 1,
			message: "too many bytes are being taken in at this moment; send the same request again"}
	}
	h.met.held.Add(float64(n))
	release = sync.OnceFunc(func() { h.room.Release(n); h.met.held.Sub(float64(n)) })

	if !zipped {
		body, ref = readLimited(br, r.ContentLength)
		return body, release, ref
	}
	zr := gzipReaders.Get().(*gzip.Reader)
	defer gzipReaders.Put(zr)
	if err := zr.Reset(br); err != nil {
		return nil, release, malformed("the body starts like gzip and its header is broken")
	}
	body, ref = readLimited(zr, -1)
	return body, release, ref
}

var gzipReaders = sync.Pool{New: func() any { return new(gzip.Reader) }}

// readLimited reads to the end, or refuses after one byte more than a batch may have.
func readLimited(r io.Reader, length int64) ([]byte, *refusal) {
	var buf bytes.Buffer
	if length > 0 && length <= MaxBatchBytes {
		buf.Grow(int(length) + bytes.MinRead)
	}
	n, err := buf.ReadFrom(io.LimitReader(r, MaxBatchBytes+1))
	switch {
	case n > MaxBatchBytes:
		return nil, &refusal{status: http.StatusBadRequest, code: millrace.TooLarge, drop: millrace.DropTooLarge,
			message: "the body is over 500 KB of JSON; send smaller batches"}
	case errors.Is(err, gzip.ErrChecksum), errors.Is(err, gzip.ErrHeader):
		return nil, malformed("the gzip body is damaged")
	case err != nil:
		return nil, malformed("the body ended early or could not be unpacked")
	}
	return bytes.TrimPrefix(buf.Bytes(), []byte("\xef\xbb\xbf")), nil
}
