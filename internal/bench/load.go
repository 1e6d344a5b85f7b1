package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
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

func post(c *http.Client, url string, p parcel) error {
	r, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(p.body))
	if err != nil {
		return err
	}
	r.SetBasicAuth(writeKey, "")
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(clockHeader, strconv.FormatInt(int64(p.at), 10))
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

// parcel is a body and when it is sent, by the clock of the simulated year.
type parcel struct {
	body []byte
	at   millrace.Time
}

// parcels are the market's traffic as Segment batches of size facts, after the first skip facts, as if it began at a moment, with message ids
// of this run.
func parcels(m *market.Market, run string, skip, n, size int, begin millrace.Time) []parcel {
	var out []parcel
	var batch []millrace.Event
	var shift millrace.Time
	for e := range m.Facts() {
		if skip--; skip >= 0 {
			continue
		}
		if shift == 0 {
			shift = begin - e.ReceivedAt
		}
		e.SentAt, e.ReceivedAt = e.SentAt+shift, e.ReceivedAt+shift
		e.ID = fmt.Sprintf("%s-%s-%d", run, e.ID, n) // a retry of the market's is a fact here
		if batch = append(batch, e); len(batch) == size {
			out, batch = append(out, parcel{market.AppendSegment(nil, batch, 0), e.ReceivedAt}), batch[:0]
		}
		if n--; n == 0 {
			break
		}
	}
	return out
}

// send posts the parcels from all connections as fast as they are taken.
func send(url string, parcels []parcel) (time.Duration, error) {
	client := newClient()
	defer client.CloseIdleConnections()
	work, errs := make(chan parcel), make(chan error, connections)
	var wg sync.WaitGroup
	start := time.Now()
	for range connections {
		wg.Go(func() {
			var failed error
			for p := range work {
				if failed == nil {
					failed = post(client, url+"/v1/batch", p)
				}
			}
			errs <- failed
		})
	}
	for _, p := range parcels {
		work <- p
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

// sendAt posts one parcel every 1/perSecond seconds, whatever the server does, and gives the times from when each was due to its answer.
func sendAt(url string, parcels []parcel, perSecond int) ([]time.Duration, error) {
	client := newClient()
	defer client.CloseIdleConnections()
	took, errs := make([]time.Duration, len(parcels)), make([]error, len(parcels))
	var wg sync.WaitGroup
	start := time.Now()
	for i := range parcels {
		due := start.Add(time.Duration(i) * time.Second / time.Duration(perSecond))
		time.Sleep(time.Until(due))
		wg.Go(func() {
			errs[i] = post(client, url+"/v1/batch", parcels[i])
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
