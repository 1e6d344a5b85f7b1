package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"millrace"
	"millrace/internal/cli"
	"millrace/internal/market"

	"github.com/tidwall/gjson"
)

func (f folder) Create(name string) (io.WriteCloser, error) {
	return os.Create(filepath.Join(string(f), filepath.Base(name)))
}

func writeTruth(m *market.Market, path string) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return json.NewEncoder(f).Encode(m.Truth())
}

// feedServer posts the market's facts to POST /v1/import, which keeps the times of history, in batches of a hundred over several
// connections, and tries again what the server refused for load.
func feedServer(ctx context.Context, m *market.Market, server, key string, connections int) (int64, error) {
	if key == "" {
		return 0, millrace.FieldErrorf("millrace.market", "--write-key", "the server needs a write key: millrace key create --kind write --name market")
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	bodies := make(chan []byte, connections)
	var sent atomic.Int64
	var wg sync.WaitGroup
	for range connections {
		wg.Go(func() {
			for b := range bodies {
				if err := post(ctx, strings.TrimSuffix(server, "/")+"/v1/import", key, b); err != nil {
					cancel(err)
				}
			}
		})
	}
	var batch []millrace.Event
	flush := func() {
		if len(batch) == 0 {
			return
		}
		select {
		case bodies <- market.AppendSegment(nil, batch, 0):
			sent.Add(int64(len(batch)))
		case <-ctx.Done():
		}
		batch = batch[:0]
	}
	for e := range m.Facts() {
		if ctx.Err() != nil {
			break
		}
		if batch = append(batch, e); len(batch) == 100 {
			flush()
		}
	}
	flush()
	close(bodies)
	wg.Wait()
	return sent.Load(), context.Cause(ctx)
}

func post(ctx context.Context, url, key string, body []byte) error {
	for try := 0; ; try++ {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			return err
		}
		req.SetBasicAuth(key, "")
		req.Header.Set("Content-Type", "application/json")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return &millrace.Error{Code: millrace.Unavailable, Op: "millrace.market", Field: "--server", Message: "the server does not answer", Err: err}
		}
		answer, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<12))
		resp.Body.Close()
		switch {
		case resp.StatusCode == http.StatusOK:
			return nil
		case (resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable) && try < 20:
			wait, err := strconv.Atoi(resp.Header.Get("Retry-After"))
			if err != nil || wait > 30 {
				wait = 1
			}
			select {
			case <-time.After(time.Duration(wait) * time.Second):
			case <-ctx.Done():
				return ctx.Err()
			}
		default:
			code := millrace.Unavailable
			if resp.StatusCode < 500 {
				code = millrace.Invalid
			}
			return &millrace.Error{Code: code, Op: "millrace.market", Field: "--server",
				Message: url + " " + resp.Status + ": " + cmp.Or(gjson.GetBytes(answer, "message").Str, string(answer))}
		}
	}
}

type versionCmd struct{}

// Run prints the version.
func (c *versionCmd) Run(s *cli.Session) error {
	return s.Print(map[string]string{"version": version}, func() { s.Say("millrace %s", version) })
}
