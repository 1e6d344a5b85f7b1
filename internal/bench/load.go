package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"millrace"
	"millrace/internal/market"
)

// connections is how many senders there are at once.
const connections = 16

func newClient() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 4 * connections, MaxConnsPerHost: 4 * connections, DisableCompression: true}}
}

func post(c *http.Client, url string, body []byte) error {
	r, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	r.SetBasicAuth(writeKey, "")
	r.Header.Set("Content-Type", "application/json")
	res, err := c.Do(r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err == nil && (res.StatusCode != http.StatusOK || res.Header.Get("X-Millrace-Dropped") != "") {
		err = fmt.Errorf("%s answered %d: %s%s", url, res.StatusCode, res.Header.Get("X-Millrace-Dropped"), answer)
	}
	return err
}

// bodies are the market's traffic as Segment batches of size facts, after the first skip facts, with message ids of this run.
func bodies(m *market.Market, run string, skip, n, size int) [][]byte {
	var out [][]byte
	var batch []millrace.Event
	for e := range m.Facts() {
		if skip--; skip >= 0 {
			continue
		}
		e.ID = fmt.Sprintf("%s-%s-%d", run, e.ID, n) // a retry of the market's is a fact here
		if batch = append(batch, e); len(batch) == size {
			out, batch = append(out, market.SegmentBatch(batch)), batch[:0]
		}
		if n--; n == 0 {
			break
		}
	}
	return out
}

// send posts the bodies from all connections as fast as they are taken.
func send(url string, bodies [][]byte) (time.Duration, error) {
	client := newClient()
	defer client.CloseIdleConnections()
	work, errs := make(chan []byte), make(chan error, connections)
	var wg sync.WaitGroup
	start := time.Now()
	for range connections {
		wg.Go(func() {
			var failed error
			for body := range work {
				if failed == nil {
					failed = post(client, url+"/v1/batch", body)
				}
			}
			errs <- failed
		})
	}
	for _, b := range bodies {
		work <- b
	}
	close(work)
	wg.Wait()
	took := time.Since(start)
	for range connections {
		if err := <-errs; err != nil {
			return took, err
		}
	}
	return took, nil
}

// sendAt posts one body every 1/perSecond seconds, whatever the server does, and gives the times from when each was due to its answer.
func sendAt(url string, bodies [][]byte, perSecond int) ([]time.Duration, error) {
	client := newClient()
	defer client.CloseIdleConnections()
	took, errs := make([]time.Duration, len(bodies)), make([]error, len(bodies))
	var wg sync.WaitGroup
	start := time.Now()
	for i := range bodies {
		due := start.Add(time.Duration(i) * time.Second / time.Duration(perSecond))
		time.Sleep(time.Until(due))
		wg.Go(func() {
			errs[i] = post(client, url+"/v1/batch", bodies[i])
			took[i] = time.Since(due)
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(took)
	return took, nil
}

// percentile is of sorted durations.
func percentile(sorted []time.Duration, p int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[min(len(sorted)*p/100, len(sorted)-1)]
}
