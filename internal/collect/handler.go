package collect

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"millrace"

	"github.com/tidwall/gjson"
)

// applyTimeout is how long a batch may wait for the write path. The sender's going away does not end it: a page that is left
// sends its last facts and closes the connection.
const applyTimeout = 30 * time.Second

// collect serves one POST.
func (h *Handler) collect(w http.ResponseWriter, r *http.Request, rt route) {
	allowOrigin(w)
	body, release, ref := h.readBody(w, r)
	defer release()
	var doc envelope
	if ref == nil {
		doc, ref = open(string(body), rt)
	}
	h.answer(w, r, rt, doc, ref)
}

// answer takes a request from its opened body to its reply.
func (h *Handler) answer(w http.ResponseWriter, r *http.Request, rt route, doc envelope, ref *refusal) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), applyTimeout)
	defer cancel()
	now := h.clock()
	key, keyRef := h.findKey(ctx, r, doc.writeKey)
	if ref == nil {
		ref = keyRef
	}
	if ref == nil {
		if ok, retry := h.limits.take(now.Std(), key, len(doc.events)); !ok {
			ref = &refusal{status: http.StatusTooManyRequests, code: millrace.RateLimited, drop: millrace.DropRateLimited, retry: retry,
				message: "this write key is over its rate; send the same request again after Retry-After seconds"}
		}
	}
	if ref != nil {
		h.refuse(ctx, w, rt, key, now, max(len(doc.events), 1), ref)
		return
	}
	req := &request{route: rt, key: key, received: now, agent: r.UserAgent(), ip: h.clientIP(r), sentAt: doc.sentAt, context: doc.context,
		agents: h.agents, unsound: doc.unsound, salvaged: doc.salvaged}
	if s := r.Header.Get("SentAt"); s != "" && req.sentAt.Type == gjson.Null {
		req.sentAt = gjson.Result{Type: gjson.String, Str: s}
	}
	batch, drops := process(req, doc.events)
	if ref := tooLarge(rt, drops); ref != nil {
		h.refuse(ctx, w, rt, key, now, 1, ref)
		return
	}
	if ref := h.apply(ctx, batch, now); ref != nil {
		h.refuse(ctx, w, rt, key, now, 0, ref)
		return
	}
	for _, d := range drops.drops {
		h.met.drops.WithLabelValues(string(d.Reason)).Add(float64(d.Count))
	}
	if s := drops.summary(); s != "" {
		w.Header().Set("X-Millrace-Dropped", s)
	}
	h.reply(w, rt, http.StatusOK, []byte(`{"success":true}`))
}

// envelope is an opened body: its events, and what stands around them.
type envelope struct {
	writeKey string
	sentAt   gjson.Result
	context  gjson.Result
	events   []string // each the JSON of one value
	unsound  bool     // not UTF-8 throughout
	salvaged bool     // not valid JSON throughout: each event is still to be checked
}

// open checks that the body is JSON and takes it apart into events. A batch may also come as a bare array.
func open(body string, rt route) (envelope, *refusal) {
	if ref := checkBody(body); ref != nil {
		if elements, rest, ok := salvage(body); ok && rt.kind == 0 && ref.drop == millrace.DropMalformed {
			doc, ref := open(rest, rt)
			doc.events, doc.unsound, doc.salvaged = elements, !utf8.ValidString(body), true
			return doc, ref
		}
		return envelope{}, ref
	}
	doc := envelope{unsound: !utf8.ValidString(body)}
	top := gjson.Parse(body)
	if rt.kind != 0 {
		if !top.IsObject() {
			return envelope{}, malformed("the body is JSON and not an object; send one event")
		}
		doc.events, doc.writeKey = []string{top.Raw}, text(member(top, "writeKey"))
		return doc, nil
	}
	list := top
	if top.IsObject() {
		list = gjson.Result{}
		top.ForEach(func(k, v gjson.Result) bool {
			switch k.Str {
			case "writeKey":
				doc.writeKey = text(v)
			case "sentAt":
				doc.sentAt = v
			case "context":
				doc.context = v
			case "batch":
				list = v
			}
			return true
		})
	}
	if !list.IsArray() {
		return envelope{}, malformed("batch: a batch needs an array of events under this name")
	}
	list.ForEach(func(_, v gjson.Result) bool {
		doc.events = append(doc.events, v.Raw)
		if doc.writeKey == "" && v.IsObject() && len(doc.events) == 1 {
			doc.writeKey = text(member(v, "writeKey"))
		}
		return true
	})
	return doc, nil
}

// process runs every event through the steps.
func process(req *request, events []string) (millrace.Batch, *dropList) {
	b := millrace.Batch{Events: make([]millrace.Event, 0, len(events))}
	drops := &dropList{}
	f := new(fact)
	for i, raw := range events {
		*f = fact{req: req, raw: raw}
		if v := f.run(); v != nil {
			place := v.place
			if req.route.kind == 0 {
				place = join("batch["+strconv.Itoa(i)+"]", v.place)
			}
			drops.add(f.drop(v, place))
			continue
		}
		b.Events = append(b.Events, f.ev)
	}
	b.Drops = drops.drops
	return b, drops
}

func (f *fact) run() *verdict {
	for _, s := range steps {
		if v := s.run(f); v != nil {
			return v
		}
	}
	return nil
}

// drop is the record of a dropped event.
func (f *fact) drop(v *verdict, place string) millrace.Drop {
	d := millrace.Drop{Reason: v.reason, Source: "key:" + f.req.key.ID, Detail: v.detail, At: f.req.received, Count: 1}
	if place != "" {
		d.Detail = place + ": " + v.detail
	}
	if f.ev.Kind != 0 {
		d.Type = f.ev.Kind.String()
	}
	if v.reason != millrace.DropInvalid || v.detail != "is not valid UTF-8" {
		d.ID = shorten(text(f.messageID), 36)
	}
	return d
}

// tooLarge makes a refusal of a single event over its limit: in a batch that costs the event alone, alone it costs the request.
func tooLarge(rt route, drops *dropList) *refusal {
	if rt.kind == 0 || len(drops.drops) == 0 || drops.drops[0].Reason != millrace.DropTooLarge {
		return nil
	}
	return &refusal{status: http.StatusBadRequest, code: millrace.TooLarge, drop: millrace.DropTooLarge, message: "the event is over 32 KB"}
}

// apply hands the batch, and the drops that waited for one, to the write path.
func (h *Handler) apply(ctx context.Context, b millrace.Batch, now millrace.Time) *refusal {
	if len(b.Events) == 0 && (len(b.Drops) == 0 || !h.drops.admit(now.Std(), b.Drops)) {
		return nil
	}
	waiting := h.drops.take()
	b.Drops = append(b.Drops, waiting...)
	receipt, err := h.applier.Apply(ctx, b)
	if err != nil {
		h.drops.put(waiting)
		h.met.events.WithLabelValues("failed").Add(float64(len(b.Events)))
		h.log.Error("collect: the write path refused a batch; the sender is asked to send it again", "events", len(b.Events), "error", err)
		return &refusal{status: http.StatusServiceUnavailable, code: millrace.Unavailable, retry: 1,
			message: "the facts could not be stored just now; send the same request again"}
	}
	h.met.events.WithLabelValues("accepted").Add(float64(receipt.Accepted))
	h.met.events.WithLabelValues("duplicate").Add(float64(receipt.Duplicates))
	for i := range b.Events {
		if b.Events[i].Flags.Has(millrace.FlagBot) {
			h.met.bots.Inc()
		}
	}
	return nil
}

// findKey looks for a known write key where SDKs put it: basic auth (as user), a bearer token, the X-Write-Key header, the body, the query.
// The first that is known counts.
func (h *Handler) findKey(ctx context.Context, r *http.Request, inBody string) (Key, *refusal) {
	user, _, _ := r.BasicAuth()
	bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if user != "" {
		bearer = ""
	}
	tried := make(map[string]bool, 2)
	for _, k := range []string{user, bearer, r.Header.Get("X-Write-Key"), inBody, r.URL.Query().Get("writeKey")} {
		if k == "" || len(k) > 256 || tried[k] {
			continue
		}
		tried[k] = true
		key, ok, err := h.keys.WriteKey(ctx, k)
		if err != nil {
			h.log.Error("collect: a write key could not be looked up", "error", err)
			return Key{}, &refusal{status: http.StatusServiceUnavailable, code: millrace.Unavailable, retry: 1,
				message: "the write key could not be looked up just now; send the same request again"}
		}
		if ok {
			return key, nil
		}
	}
	msg := "this write key is unknown or revoked; copy it from the source's settings"
	if len(tried) == 0 {
		msg = "there is no write key: send it as the user of basic auth, or as writeKey in the body"
	}
	return Key{}, &refusal{status: http.StatusUnauthorized, code: millrace.Unauthorized, drop: millrace.DropUnknownKey, message: msg}
}

// refuse replies that the whole request was not taken, and records that n facts were dropped for it.
func (h *Handler) refuse(ctx context.Context, w http.ResponseWriter, rt route, key Key, now millrace.Time, n int, ref *refusal) {
	if ref.drop != "" {
		d := millrace.Drop{Reason: ref.drop, Type: rt.single, Detail: ref.message, At: now, Count: int64(n)}
		if key.ID != "" {
			d.Source = "key:" + key.ID
		}
		h.met.drops.WithLabelValues(string(ref.drop)).Add(float64(n))
		if drops := []millrace.Drop{d}; h.drops.admit(now.Std(), drops) {
			if err := h.applyDrops(ctx, append(drops, h.drops.take()...)); err != nil {
				h.log.Error("collect: drops could not be recorded; they wait for the next batch", "error", err)
			}
		}
		w.Header().Set("X-Millrace-Dropped", strconv.Itoa(n)+" "+string(ref.drop))
	}
	if ref.retry > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(ref.retry))
	}
	b, err := json.Marshal(struct {
		Success bool          `json:"success"`
		Code    millrace.Code `json:"code"`
		Message string        `json:"message"`
	}{false, ref.code, ref.message})
	if err != nil {
		panic(err) // two strings and a bool
	}
	h.reply(w, rt, ref.status, b)
}

func (h *Handler) reply(w http.ResponseWriter, rt route, status int, body []byte) {
	h.met.requests.WithLabelValues(strconv.Itoa(status)).Inc()
	head := w.Header()
	head.Set("Cache-Control", "no-store")
	head.Set("Content-Type", "application/json")
	if rt.pixel {
		head.Set("Content-Type", "image/gif")
		body = pixelGIF
	}
	w.WriteHeader(status)
	// A sender that has gone reads no answer.
	_, _ = w.Write(body)
}
