package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type telemetry struct {
	requests *prometheus.CounterVec
	seconds  *prometheus.HistogramVec
	tails    prometheus.Gauge
}

// newTelemetry makes the metrics; trouble says why the database takes no writes.
func newTelemetry(reg prometheus.Registerer, trouble func() error) *telemetry {
	m := &telemetry{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "millrace_api_requests_total", Help: "API requests by route and HTTP status."},
			[]string{"route", "status"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "millrace_api_request_seconds", Help: "Time to serve an API request, by route. Tails are left out.",
			Buckets: []float64{.002, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10, 60}}, []string{"route"}),
		tails: prometheus.NewGauge(prometheus.GaugeOpts{Name: "millrace_api_tails", Help: "Tails that are open at this moment."}),
	}
	failing := prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: "millrace_writes_failing", Help: "1 while the disk or the database refuses what is to be written."}, func() float64 {
		if trouble() != nil {
			return 1
		}
		return 0
	})
	reg.MustRegister(m.requests, m.seconds, m.tails, failing)
	return m
}

func (m *telemetry) observe(r *http.Request, status int, took time.Duration) {
	if status == 0 {
		status = http.StatusOK
	}
	m.requests.WithLabelValues(r.Pattern, strconv.Itoa(status)).Inc()
	if r.Pattern != "GET "+tailPath {
		m.seconds.WithLabelValues(r.Pattern).Observe(took.Seconds())
	}
}

// statusWriter remembers the status that was sent.
type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	return w.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController flush and set deadlines.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
