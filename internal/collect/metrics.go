package collect

import (
	"millrace"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	requests *prometheus.CounterVec
	events   *prometheus.CounterVec
	drops    *prometheus.CounterVec
	bots     prometheus.Counter
	held     prometheus.Gauge
}

// newMetrics makes the instruments and registers them with reg unless that is nil. Every reason starts at 0, so that an alert on a rate
// sees the first drop.
func newMetrics(reg prometheus.Registerer) *metrics {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "millrace_collect_requests_total",
			Help: "Collection requests by HTTP status."}, []string{"status"}),
		events: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "millrace_collect_events_total",
			Help: "Events handed to the write path: new in the log, duplicate, or failed and to be sent again."}, []string{"outcome"}),
		drops: prometheus.NewCounterVec(prometheus.CounterOpts{Name: "millrace_collect_drops_total",
			Help: "Events refused on the way in, by reason."}, []string{"reason"}),
		bots: prometheus.NewCounter(prometheus.CounterOpts{Name: "millrace_collect_bot_events_total",
			Help: "Events kept and marked as sent by a bot, a link scanner or a monitoring agent."}),
		held: prometheus.NewGauge(prometheus.GaugeOpts{Name: "millrace_collect_held_bytes",
			Help: "Bytes of request bodies reserved at this moment."}),
	}
	for _, r := range millrace.DropReasons() {
		m.drops.WithLabelValues(string(r))
	}
	for _, o := range []string{"accepted", "duplicate", "failed"} {
		m.events.WithLabelValues(o)
	}
	if reg != nil {
		reg.MustRegister(m.requests, m.events, m.drops, m.bots, m.held)
	}
	return m
}
