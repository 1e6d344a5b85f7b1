package collect

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"millrace"
)

type nowhere struct{}

func (nowhere) Apply(_ context.Context, b millrace.Batch) (millrace.Receipt, error) {
	return millrace.Receipt{Accepted: len(b.Events)}, nil
}

// browserEvent is what analytics-next sends, about 900 bytes.
func browserEvent(i int) string {
	return fmt.Sprintf(`{"timestamp":"2026-03-14T11:59:%02d.123Z","integrations":{},"type":"page","anonymousId":"0f0c1b9e-6c2b-4f4f-9d0e-%012d","userId":"user-%d",`+
		`"properties":{"path":"/pricing","referrer":"https://www.google.com/","search":"?utm_source=x","title":"Pricing - Acme","url":"https://www.acme.com/pricing?utm_source=x"},`+
		`"context":{"page":{"path":"/pricing","referrer":"https://www.google.com/","search":"?utm_source=x","title":"Pricing - Acme","url":"https://www.acme.com/pricing?utm_source=x"},`+
		`"userAgent":"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36","locale":"en-US",`+
		`"library":{"name":"analytics.js","version":"npm:next-1.84.3"},"timezone":"Europe/Berlin","campaign":{"source":"x"}},"messageId":"ajs-next-%013d-%d"}`, i%60, i, i, 1773489590000+i, i)
}

// serverEvent is what a server's SDK sends, about 250 bytes.
func serverEvent(i int) string {
	return fmt.Sprintf(`{"type":"track","event":"Report Exported","userId":"user-%d","timestamp":"2026-03-14T11:59:%02d.123Z","messageId":"node-next-%013d-%08d",`+
		`"properties":{"format":"pdf","rows":%d},"context":{"library":{"name":"@segment/analytics-node","version":"3.1.0"}}}`, i, i%60, 1773489590000+i, i, i*7)
}

// BenchmarkBatch is a whole request of 100 events, from its bytes to the answer, with a write path that does nothing.
func BenchmarkBatch(b *testing.B) {
	for _, c := range []struct {
		name  string
		event func(int) string
	}{{"server", serverEvent}, {"browser", browserEvent}} {
		var events []string
		for i := range 100 {
			events = append(events, c.event(i))
		}
		body := []byte(`{"batch":[` + strings.Join(events, ",") + `],"writeKey":"` + writeKey + `","sentAt":"2026-03-14T11:59:59Z"}`)
		mux := http.NewServeMux()
		New(Config{Applier: nowhere{}, Keys: oneKey{rate: 1 << 40}, Clock: func() millrace.Time { return now }, Logger: slog.New(slog.DiscardHandler)}).Routes(mux)
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				r := httptest.NewRequest("POST", "/v1/batch", io.NopCloser(bytes.NewReader(body)))
				r.ContentLength = int64(len(body))
				r.SetBasicAuth(writeKey, "")
				w := httptest.NewRecorder()
				mux.ServeHTTP(w, r)
				if w.Code != 200 || w.Header().Get("X-Millrace-Dropped") != "" {
					b.Fatal(w.Code, w.Header())
				}
			}
			perEvent := float64(b.Elapsed().Nanoseconds()) / float64(b.N) / 100
			b.ReportMetric(perEvent, "ns/event")
			b.ReportMetric(1e9/perEvent, "events/s")
		})
	}
}

// BenchmarkStandardDecoder is the yardstick on a machine that does other work as well: one event of the same kinds through encoding/json
// into a struct, with nothing decided. A whole request should cost no more an event.
func BenchmarkStandardDecoder(b *testing.B) {
	for name, event := range map[string]string{"server": serverEvent(1), "browser": browserEvent(1)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var e struct {
					Type, Event, UserID, AnonymousID, Timestamp, MessageID string
					Properties, Context                                    json.RawMessage
				}
				if err := json.Unmarshal([]byte(event), &e); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
