package collect

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"millrace"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

// now is the clock of these tests: 2026-03-14T12:00:00Z.
const now = millrace.Time(1773489600000)

const writeKey = "abcdefghijklmnopqrstuvwxyz1"

// memory is a write path in memory: it deduplicates as the log does.
type memory struct {
	mu     sync.Mutex
	fail   error
	calls  int
	events []millrace.Event
	drops  []millrace.Drop
	seen   map[string]bool
}

func (m *memory) Apply(ctx context.Context, b millrace.Batch) (millrace.Receipt, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	if m.fail != nil {
		return millrace.Receipt{}, m.fail
	}
	if m.seen == nil {
		m.seen = map[string]bool{}
	}
	var rec millrace.Receipt
	for _, e := range b.Events {
		k := fmt.Sprint(e.Source, "|", e.ID, "|", int64(e.SentAt))
		rec.Duplicate = append(rec.Duplicate, m.seen[k])
		if m.seen[k] {
			rec.Duplicates++
			continue
		}
		m.seen[k] = true
		rec.Accepted++
		m.events = append(m.events, e)
	}
	m.drops = append(m.drops, b.Drops...)
	return rec, ctx.Err()
}

func (m *memory) all() ([]millrace.Event, []millrace.Drop) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]millrace.Event(nil), m.events...), append([]millrace.Drop(nil), m.drops...)
}

type oneKey struct {
	rate int
	err  error
}

func (k oneKey) WriteKey(_ context.Context, key string) (Key, bool, error) {
	return Key{ID: "k1", Name: "Site", RatePerSecond: k.rate}, key == writeKey, k.err
}

func newTestHandler(keys Keys) (*Handler, *memory, *http.ServeMux) {
	m, mux := &memory{}, http.NewServeMux()
	h := New(Config{Applier: m, Keys: keys, Clock: func() millrace.Time { return now }, Logger: slog.New(slog.DiscardHandler),
		Metrics: prometheus.NewRegistry()})
	h.Routes(mux)
	return h, m, mux
}

func zip(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	io.WriteString(w, s)
	w.Close()
	return b.String()
}

// say is a track event with these members added.
func say(more string) string {
	if more != "" {
		more = "," + more
	}
	return `{"type":"track","event":"Signed Up","userId":"u1","messageId":"m1"` + more + `}`
}

func batch(events ...string) string { return `{"batch":[` + strings.Join(events, ",") + `]}` }

// apiCase is one request: what is sent, what is answered, what is applied and what is dropped.
type apiCase struct {
	name    string
	path    string
	body    string
	header  map[string]string
	noKey   bool
	status  int
	answer  string   // a part of the body; for 200 the whole is checked
	events  []string // what is applied, as show gives it
	drops   []string // "reason ×count detail"
	dropped string   // the header
}

func show(e millrace.Event) string {
	s := e.Kind.String()
	for _, p := range []struct{ k, v string }{{"name", e.Name}, {"user", e.UserID}, {"anon", e.AnonymousID}, {"prev", e.PreviousID},
		{"group", e.GroupID}, {"email", e.Email}, {"id", e.ID}, {"host", e.Host}, {"path", e.Path}, {"data", string(e.Data)}} {
		if p.v != "" {
			s += " " + p.k + "=" + p.v
		}
	}
	return s
}

const signedUp = "track name=Signed Up user=u1 id=m1"

var apiCases = []apiCase{
	// The routes.
	{name: "track", path: "/v1/track", body: `{"event":"Signed Up","userId":"u1","messageId":"m1"}`, events: []string{signedUp}},
	{name: "short track", path: "/v1/t", body: `{"event":"Signed Up","userId":"u1","messageId":"m1"}`, events: []string{signedUp}},
	{name: "the route rules over type", path: "/v1/track", body: `{"type":"page","event":"Signed Up","userId":"u1","messageId":"m1"}`, events: []string{signedUp}},
	{name: "identify", path: "/v1/identify", body: `{"userId":"u1","anonymousId":"a1","messageId":"m1","traits":{"email":"Anna@Acme.com", "plan": "pro"}}`,
		events: []string{`identify user=u1 anon=a1 email=Anna@Acme.com id=m1 data={"email":"Anna@Acme.com","plan":"pro"}`}},
	{name: "identify with context.traits", path: "/v1/i", body: `{"userId":"u1","messageId":"m1","context":{"traits":{"email":"anna@acme.com"}}}`,
		events: []string{`identify user=u1 email=anna@acme.com id=m1 data={"email":"anna@acme.com"}`}},
	{name: "page", path: "/v1/page", body: `{"anonymousId":"a1","messageId":"m1","name":"Pricing","category":"Docs","properties":{"url":"https://WWW.Acme.com:443/pricing?email=x@y.z#top"}}`,
		events: []string{`page name=Pricing anon=a1 id=m1 host=www.acme.com path=/pricing data={"category":"Docs","url":"https://WWW.Acme.com:443/pricing?email=x@y.z#top"}`}},
	{name: "page with the name and path in properties", path: "/v1/p", body: `{"anonymousId":"a1","messageId":"m1","properties":{"name":"P","path":"/x?q=1"},"context":{"page":{"url":"https://acme.com/y","path":"/y"}}}`,
		events: []string{`page name=P anon=a1 id=m1 host=acme.com path=/x data={"name":"P","path":"/x?q=1"}`}},
	{name: "screen", path: "/v1/s", body: `{"anonymousId":"a1","messageId":"m1","name":"Home"}`, events: []string{"screen name=Home anon=a1 id=m1"}},
	{name: "group", path: "/v1/g", body: `{"userId":"u1","groupId":42,"messageId":"m1","traits":{"name":"Acme"}}`, events: []string{`group user=u1 group=42 id=m1 data={"name":"Acme"}`}},
	{name: "alias", path: "/v1/a", body: `{"userId":"u1","previousId":"a1","messageId":"m1"}`, events: []string{"alias user=u1 prev=a1 id=m1"}},
	{name: "alias as old SDKs have it", path: "/v1/alias", body: `{"from":"a1","to":"u1","messageId":"m1"}`, events: []string{"alias user=u1 prev=a1 id=m1"}},
	{name: "batch", path: "/v1/batch", body: batch(say(""), `{"type":"page","anonymousId":"a1","messageId":"m2"}`), events: []string{signedUp, "page anon=a1 id=m2"}},
	{name: "short batch", path: "/v1/b", body: batch(say("")), events: []string{signedUp}},
	{name: "beacon batch", path: "/beacon/v1/batch?writeKey=" + writeKey, noKey: true, body: batch(say("")), events: []string{signedUp}},
	{name: "import", path: "/v1/import", body: batch(say(`"timestamp":"2026-03-14T12:00:00Z"`)), events: []string{signedUp}},
	{name: "bare array", path: "/v1/batch", body: "[" + say("") + "]", events: []string{signedUp}},
	{name: "empty batch", path: "/v1/batch", body: `{"batch":[]}`},
	{name: "action for type", path: "/v1/batch", body: batch(`{"action":"Track","event":"Signed Up","userId":"u1","messageId":"m1"}`), events: []string{signedUp}},
	{name: "batch context for events without", path: "/v1/batch", body: `{"context":{"groupId":"g1"},"batch":[` + say("") + `]}`,
		events: []string{"track name=Signed Up user=u1 group=g1 id=m1"}},

	// The write key.
	{name: "key in the body", path: "/v1/t", noKey: true, body: say(`"writeKey":"` + writeKey + `"`), events: []string{signedUp}},
	{name: "key in the batch", path: "/v1/b", noKey: true, body: `{"writeKey":"` + writeKey + `","batch":[` + say("") + `]}`, events: []string{signedUp}},
	{name: "key in the first event", path: "/v1/b", noKey: true, body: batch(say(`"writeKey":"` + writeKey + `"`)), events: []string{signedUp}},
	{name: "key in a header", path: "/v1/t", noKey: true, header: map[string]string{"X-Write-Key": writeKey}, body: say(""), events: []string{signedUp}},
	{name: "key as a bearer token", path: "/v1/t", noKey: true, header: map[string]string{"Authorization": "Bearer " + writeKey}, body: say(""), events: []string{signedUp}},
	{name: "an OAuth token beside the key", path: "/v1/t", noKey: true, header: map[string]string{"Authorization": "Bearer xyz"}, body: say(`"writeKey":"` + writeKey + `"`), events: []string{signedUp}},
	{name: "no key", path: "/v1/t", noKey: true, body: say(""), status: 401, answer: "there is no write key", dropped: "1 unknown_key",
		drops: []string{"unknown_key ×1 there is no write key: send it as the user of basic auth, or as writeKey in the body"}},
	{name: "unknown key", path: "/v1/b", noKey: true, header: map[string]string{"Authorization": "Basic bm9wZTo="}, body: batch(say(""), say("")), status: 401,
		answer: "unknown or revoked", dropped: "2 unknown_key", drops: []string{"unknown_key ×2 this write key is unknown or revoked; copy it from the source's settings"}},

	// How bodies come.
	{name: "text/plain", path: "/v1/t", header: map[string]string{"Content-Type": "text/plain"}, body: say(""), events: []string{signedUp}},
	{name: "gzip", path: "/v1/t", header: map[string]string{"Content-Encoding": "gzip"}, body: zip(say("")), events: []string{signedUp}},
	{name: "gzip under a form type", path: "/v1/t", header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}, body: zip(say("")), events: []string{signedUp}},
	{name: "a gzip header left by a proxy", path: "/v1/t", header: map[string]string{"Content-Encoding": "gzip"}, body: say(""), events: []string{signedUp}},
	{name: "byte order mark", path: "/v1/t", body: "\xef\xbb\xbf" + say(""), events: []string{signedUp}},

	// Bodies that are refused whole.
	{name: "empty", path: "/v1/t", body: " \n", status: 400, answer: "the body is empty", dropped: "1 malformed", drops: []string{"malformed ×1 the body is empty; send a JSON object"}},
	{name: "not JSON", path: "/v1/b", body: "{\n  \"batch\": [nope]}", status: 400, answer: "line 2, column 14", dropped: "1 malformed",
		drops: []string{"malformed ×1 the body is not valid JSON at byte 15 (line 2, column 14)"}},
	{name: "cut off", path: "/v1/b", body: `{"batch":[{"type":"track"`, status: 400, answer: "ends too early", dropped: "1 malformed",
		drops: []string{"malformed ×1 the JSON ends too early, after 25 bytes"}},
	{name: "raw NUL", path: "/v1/t", body: say("\"x\":\"a\x00b\""), status: 400, answer: "at byte 73", dropped: "1 malformed",
		drops: []string{"malformed ×1 the body is not valid JSON at byte 73 (line 1, column 74)"}},
	{name: "an event that is a list", path: "/v1/t", body: `[]`, status: 400, answer: "not an object", dropped: "1 malformed",
		drops: []string{"malformed ×1 the body is JSON and not an object; send one event"}},
	{name: "a batch without events", path: "/v1/b", body: `{"batch":{}}`, status: 400, answer: "needs an array", dropped: "1 malformed",
		drops: []string{"malformed ×1 batch: a batch needs an array of events under this name"}},
	{name: "nested without end", path: "/v1/t", body: strings.Repeat("[", 400_000), status: 400, answer: "levels deep", dropped: "1 malformed",
		drops: []string{"malformed ×1 the body nests more than 10000 levels deep"}},
	{name: "broken gzip", path: "/v1/t", body: "\x1f\x8bnope", status: 400, answer: "gzip", dropped: "1 malformed",
		drops: []string{"malformed ×1 the body starts like gzip and its header is broken"}},
	{name: "gzip cut off", path: "/v1/t", body: zip(say(""))[:40], status: 400, answer: "could not be unpacked", dropped: "1 malformed",
		drops: []string{"malformed ×1 the body ended early or could not be unpacked"}},
	{name: "gzip bomb", path: "/v1/b", body: zip(strings.Repeat(" ", 20<<20)), status: 400, answer: "too_large", dropped: "1 too_large",
		drops: []string{"too_large ×1 the body is over 500 KB of JSON; send smaller batches"}},
	{name: "batch over 500 KB", path: "/v1/b", body: batch(say(`"x":"` + strings.Repeat("x", MaxBatchBytes) + `"`)), status: 400, answer: "too_large", dropped: "1 too_large",
		drops: []string{"too_large ×1 the body is over 500 KB of JSON; send smaller batches"}},
	{name: "event over 32 KB", path: "/v1/t", body: say(`"x":"` + strings.Repeat("x", MaxEventBytes) + `"`), status: 400, answer: "32 KB", dropped: "1 too_large",
		drops: []string{"too_large ×1 the event is over 32 KB"}},
	{name: "event of 32 KB", path: "/v1/t", body: say(`"x":"` + strings.Repeat("x", MaxEventBytes-len(say(`"x":""`))) + `"`), events: []string{signedUp}},

	// What stands for no id is none.
	{name: "ids that name nobody", path: "/v1/b", body: batch(
		`{"type":"track","event":"a","userId":"undefined","anonymousId":"v1","messageId":"n1"}`,
		`{"type":"track","event":"b","userId":"{{user.id}}","anonymousId":"00000000-0000-0000-0000-000000000000"}`,
		`{"type":"identify","userId":0,"anonymousId":"[object Object]"}`,
		`{"type":"group","userId":"u1","groupId":"NaN"}`,
		`{"type":"alias","userId":"u1","previousId":"null"}`,
		`{"type":"track","event":"c","userId":"u1","context":{"groupId":"None"},"messageId":"n2"}`,
	), events: []string{"track name=a anon=v1 id=n1", "track name=c user=u1 id=n2"},
		dropped: "2 no_identity, 1 no_group, 1 no_previous",
		drops: []string{
			`no_identity ×1 batch[1]: has neither userId nor anonymousId: userId and anonymousId says what stands for no id, as "undefined" does`,
			`no_identity ×1 batch[2]: has neither userId nor anonymousId: userId and anonymousId says what stands for no id, as "undefined" does`,
			`no_group ×1 batch[3].groupId: says what stands for no id, as "undefined" does`,
			`no_previous ×1 batch[4]: an alias needs previousId and userId: previousId says what stands for no id, as "undefined" does`,
		}},

	// One bad event costs no other.
	{name: "every reason in one batch", path: "/v1/b", body: batch(
		say(""),
		`17`,
		`{"event":"x","userId":"u1"}`,
		`{"type":"delete","userId":"u1","messageId":"d1"}`,
		`{"type":"page"}`,
		`{"type":"track","userId":"u1"}`,
		`{"type":"group","userId":"u1"}`,
		`{"type":"alias","userId":"u1"}`,
		`{"type":"track","event":"x","userId":{"id":1}}`,
		`{"type":"track","event":"x","userId":"u1","properties":{"items":[{"price":1},{"price":1e999}]}}`,
		`{"type":"track","event":"x","userId":"u1","properties":{"tex`+"\xff"+`t":"x"}}`,
		`{"type":"track","event":"x","userId":"u1","properties":"none"}`,
		`{"type":"track","event":["x"],"userId":"u1"}`,
		`{"type":"track","event":"x","userId":"u1","context":7}`,
		`{"type":"track","event":"x","userId":"u1","properties":{"a":`+strings.Repeat("[", 80)+strings.Repeat("]", 80)+`}}`,
		`{"type":"track","event":"x","userId":"u1","x":"`+strings.Repeat("x", MaxEventBytes)+`"}`,
		`{"type":"track","event":"x","userId":"`+strings.Repeat("u", 1025)+`"}`,
		`{"type":"track","event":"last","userId":"u1","messageId":"m2"}`,
	), events: []string{signedUp, "track name=last user=u1 id=m2"},
		dropped: "1 malformed, 8 invalid, 1 too_large, 1 no_identity, 1 no_name, 1 no_group, 1 no_previous, 2 unknown_type",
		drops: []string{
			"malformed ×1 batch[1]: is not a JSON object",
			"unknown_type ×1 batch[2].type: is missing",
			"unknown_type ×1 batch[3].type: is none of identify, track, page, screen, group, alias",
			"no_identity ×1 batch[4]: has neither userId nor anonymousId",
			"no_name ×1 batch[5].event: is missing",
			"no_group ×1 batch[6].groupId: is missing",
			"no_previous ×1 batch[7]: an alias needs previousId and userId",
			"invalid ×1 batch[8].userId: must be a string",
			"invalid ×1 batch[9].properties.items[1].price: is a number too large to be kept",
			"invalid ×1 batch[10].properties.…: is not valid UTF-8",
			"invalid ×1 batch[11].properties: must be an object",
			"invalid ×1 batch[12].event: must be a string",
			"invalid ×1 batch[13].context: must be an object",
			"invalid ×1 batch[14].properties.a[0][0][0][0][0]…: nests more than 64 levels deep",
			"too_large ×1 batch[15]: is over 32 KB",
			"invalid ×1 batch[16].userId: is longer than 1024 bytes",
		}},
	{name: "one event that is not JSON", path: "/v1/b", body: `{"sentAt":"2026-03-14T12:00:00Z","batch":[{"type":"track","event":"x","userId":"u","properties":{"n":NaN}}, ` + say("") + `,
		{"type":"track","event":"a` + "\x00" + `","userId":"u"}, {"type":"page" "userId":"u"}],"writeKey":"` + writeKey + `"}`, noKey: true, events: []string{signedUp}, dropped: "3 malformed",
		drops: []string{
			"malformed ×1 batch[0]: the event is not valid JSON at byte 59 (line 1, column 60)",
			"malformed ×1 batch[2]: the event is not valid JSON at byte 26 (line 1, column 27)",
			"malformed ×1 batch[3]: the event is not valid JSON at byte 15 (line 1, column 16)"}},
	{name: "no event that is JSON", path: "/v1/b", body: batch(`{"a":NaN}`), status: 400, answer: "byte 15", dropped: "1 malformed",
		drops: []string{"malformed ×1 the body is not valid JSON at byte 15 (line 1, column 16)"}},
	{name: "a dropped event alone is answered with success", path: "/v1/t", body: `{"userId":"u1","messageId":"m9"}`, dropped: "1 no_name",
		drops: []string{"no_name ×1 event: is missing"}},

	// What is repaired.
	{name: "ids that are numbers", path: "/v1/t", body: `{"event":404,"userId":12345678901234567890,"anonymousId":1e3,"messageId":7}`,
		events: []string{"track name=404 user=12345678901234567890 anon=1e3 id=7"}},
	{name: "NUL escaped", path: "/v1/t", body: say(`"userId":"u\u00001","properties":{"a\u0000":"x\u0000y\\u0000", "n" : 1}`),
		events: []string{`track name=Signed Up user=u1 id=m1 data={"a":"xy\\u0000","n":1}`}},
	{name: "PHP's empty array", path: "/v1/t", body: say(`"properties":[ ],"context":[]`), events: []string{signedUp}},
	{name: "null everywhere", path: "/v1/t", body: say(`"properties":null,"context":null,"anonymousId":null,"timestamp":null`), events: []string{signedUp}},
	{name: "half a surrogate pair", path: "/v1/t", body: say(`"userId":"u\ud83d"`), events: []string{"track name=Signed Up user=u\uFFFD id=m1"}},
	{name: "huge number that fits", path: "/v1/t", body: say(`"properties":{"n":123456789012345678901234567890}`),
		events: []string{`track name=Signed Up user=u1 id=m1 data={"n":123456789012345678901234567890}`}},
	{name: "same event twice in a batch", path: "/v1/b", body: batch(say(""), say("")), events: []string{signedUp}},
}

func (c apiCase) send(mux http.Handler) *httptest.ResponseRecorder {
	r := httptest.NewRequest("POST", c.path, strings.NewReader(c.body))
	if !c.noKey {
		r.SetBasicAuth(writeKey, "")
	}
	for k, v := range c.header {
		r.Header.Set(k, v)
	}
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	return w
}

func TestAPI(t *testing.T) {
	for _, c := range apiCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			h, m, mux := newTestHandler(oneKey{})
			w := c.send(mux)
			if c.status == 0 {
				c.status, c.answer = 200, `{"success":true}`
			}
			if w.Code != c.status || !strings.Contains(w.Body.String(), c.answer) {
				t.Errorf("answer %d %s, want %d with %s", w.Code, w.Body, c.status, c.answer)
			}
			if got := w.Header().Get("X-Millrace-Dropped"); got != c.dropped {
				t.Errorf("X-Millrace-Dropped %q, want %q", got, c.dropped)
			}
			events, drops := m.all()
			var gotE, gotD []string
			for _, e := range events {
				gotE = append(gotE, show(e))
				if e.Source != "key:k1" || e.OccurredAt != now || e.ReceivedAt != now || e.Flags != 0 {
					t.Errorf("source %q, occurred %s, received %s, flags %b", e.Source, e.OccurredAt, e.ReceivedAt, e.Flags)
				}
			}
			total := 0.0
			for _, d := range drops {
				gotD = append(gotD, fmt.Sprintf("%s ×%d %s", d.Reason, d.Count, d.Detail))
				total += float64(d.Count)
				if d.At != now {
					t.Errorf("drop at %s", d.At)
				}
			}
			same(t, "events", gotE, c.events)
			same(t, "drops", gotD, c.drops)
			counted := 0.0
			for _, r := range millrace.DropReasons() {
				counted += testutil.ToFloat64(h.met.drops.WithLabelValues(string(r)))
			}
			if counted != total {
				t.Errorf("%v drops counted, %v recorded", counted, total)
			}
			if held := testutil.ToFloat64(h.met.held); held != 0 {
				t.Errorf("%v bytes still held", held)
			}
		})
	}
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%s:\n%s\nwant:\n%s", what, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestRetriesCountOnce(t *testing.T) {
	for _, c := range []struct {
		name, first, second string
		later               millrace.Time // between the two
		want                int
	}{
		{"messageId and timestamp again, another sentAt", say(`"timestamp":"2026-03-14T11:00:00Z","sentAt":"2026-03-14T11:00:01Z"`),
			say(`"timestamp":"2026-03-14T11:00:00Z","sentAt":"2026-03-14T11:30:00Z"`), millrace.Hour, 1},
		{"no messageId, same bytes", `{"event":"x","userId":"u","timestamp":"2026-03-14T11:00:00Z"}`, `{"event":"x","userId":"u","timestamp":"2026-03-14T11:00:00Z"}`, millrace.Day, 1},
		{"no messageId, other property", `{"event":"x","userId":"u","properties":{"a":1}}`, `{"event":"x","userId":"u","properties":{"a":2}}`, 0, 2},
		{"no messageId, other user", `{"event":"x","userId":"u"}`, `{"event":"x","anonymousId":"u"}`, 0, 2},
		{"neither messageId nor time, at once", `{"event":"x","userId":"u"}`, `{"event":"x","userId":"u"}`, millrace.Minute, 1},
		{"neither messageId nor time, a day later", `{"event":"x","userId":"u"}`, `{"event":"x","userId":"u"}`, millrace.Day, 2},
		{"a messageId longer than any", `{"event":"x","userId":"u","messageId":"` + strings.Repeat("m", 3000) + `"}`, `{"event":"x","userId":"u","messageId":"` + strings.Repeat("m", 3000) + `"}`, 0, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, m, mux := newTestHandler(oneKey{})
			apiCase{path: "/v1/t", body: c.first}.send(mux)
			h.clock = func() millrace.Time { return now + c.later }
			apiCase{path: "/v1/t", body: c.second}.send(mux)
			if events, _ := m.all(); len(events) != c.want {
				t.Errorf("%d facts, want %d", len(events), c.want)
			}
		})
	}
}

func TestEqualEventsOfOneRequestAreKept(t *testing.T) {
	_, m, mux := newTestHandler(oneKey{})
	c := apiCase{path: "/v1/b", body: batch(`{"type":"track","event":"x","userId":"u"}`, `{"type":"track","event":"x","userId":"u"}`)}
	c.send(mux)
	c.send(mux)
	if events, _ := m.all(); len(events) != 2 {
		t.Errorf("%d facts, want the 2 of the request, once", len(events))
	}
}

func TestContext(t *testing.T) {
	for _, c := range []struct{ name, path, context, want string }{
		{"none", "/v1/t", `null`, `{"ip":"192.0.2.1"}`},
		{"browser", "/v1/t", `{"library":{"name":"analytics.js"}, "locale":"de"}`, `{"ip":"192.0.2.1","library":{"name":"analytics.js"},"locale":"de"}`},
		{"given", "/v1/t", `{"ip":"9.9.9.9"}`, `{"ip":"9.9.9.9"}`},
		{"asked off", "/v1/t", `{"ip":"0.0.0.0"}`, `{"ip":"0.0.0.0"}`},
		{"server", "/v1/t", `{"library":{"name":"@segment/analytics-node"}}`, `{"library":{"name":"@segment/analytics-node"}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, m, mux := newTestHandler(oneKey{})
			apiCase{path: c.path, body: say(`"context":` + c.context)}.send(mux)
			if events, _ := m.all(); len(events) != 1 || string(events[0].Context) != c.want {
				t.Errorf("got %v, want %s", events, c.want)
			}
		})
	}
}

func TestFailuresAskForARetry(t *testing.T) {
	for _, c := range []struct {
		name   string
		keys   oneKey
		fail   error
		full   bool
		body   string
		status int
		retry  string
		drops  int
	}{
		{name: "the write path fails", fail: errors.New("disk full"), body: batch(say("")), status: 503, retry: "1"},
		{name: "keys cannot be looked up", keys: oneKey{err: errors.New("gone")}, body: batch(say("")), status: 503, retry: "1"},
		{name: "no room", full: true, body: batch(say("")), status: 503, retry: "1"},
		{name: "over the rate", keys: oneKey{rate: 1}, body: batch(say(""), say("")), status: 429, retry: "2", drops: 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, m, mux := newTestHandler(c.keys)
			m.fail = c.fail
			if c.full {
				h.roomWait = 0
				if !h.room.TryAcquire(64 << 20) {
					t.Fatal("room is taken")
				}
			}
			if c.status == 429 { // the first goes through, and the second event of it is owed
				if w := (apiCase{path: "/v1/b", body: c.body}).send(mux); w.Code != 200 {
					t.Fatal(w.Code)
				}
			}
			w := apiCase{path: "/v1/b", body: c.body}.send(mux)
			if w.Code != c.status || w.Header().Get("Retry-After") != c.retry || !strings.Contains(w.Body.String(), `"success":false`) {
				t.Errorf("%d, Retry-After %q, %s", w.Code, w.Header().Get("Retry-After"), w.Body)
			}
			if w.Header().Get("Access-Control-Allow-Origin") != "*" || !strings.Contains(w.Header().Get("Access-Control-Expose-Headers"), "Retry-After") {
				t.Error("a browser could not read the answer")
			}
			if _, drops := m.all(); len(drops) != min(c.drops, 1) || c.drops > 0 && drops[0].Count != int64(c.drops) {
				t.Errorf("drops %v", drops)
			}
		})
	}
}

func TestAFloodOfRefusalsIsAFewWrites(t *testing.T) {
	h, m, mux := newTestHandler(oneKey{})
	for range 1000 {
		apiCase{path: "/v1/t", noKey: true, body: say("")}.send(mux)
	}
	if m.calls > 100 {
		t.Errorf("%d writes", m.calls)
	}
	if err := h.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, drops := m.all()
	var n int64
	for _, d := range drops {
		n += d.Count
	}
	if n != 1000 {
		t.Errorf("%d drops recorded of 1000", n)
	}
}

func TestDropsOfOneRequestAreBounded(t *testing.T) {
	_, m, mux := newTestHandler(oneKey{})
	w := apiCase{path: "/v1/b", body: `{"batch":[` + strings.Repeat("1,", 200_000) + `{}]}`}.send(mux)
	if got := w.Header().Get("X-Millrace-Dropped"); got != "200000 malformed, 1 unknown_type" {
		t.Error(got)
	}
	if _, drops := m.all(); len(drops) != maxDropsEach+2 {
		t.Errorf("%d records", len(drops))
	}
}

func TestPixel(t *testing.T) {
	event := `{"writeKey":"` + writeKey + `","event":"Mail Opened","userId":"u1","messageId":"m1"}`
	for _, c := range []struct {
		name, path, method, agent string
		status, events            int
		flags                     millrace.Flags
	}{
		{"as Segment has it", "/v1/pixel/track?data=" + base64.StdEncoding.EncodeToString([]byte(event)), "GET", "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", 200, 1, 0},
		{"URL alphabet, no padding", "/v1/pixel/track?data=" + base64.RawURLEncoding.EncodeToString([]byte(event)), "GET", "", 200, 1, 0},
		{"a script asks", "/v1/pixel/track?data=" + base64.RawURLEncoding.EncodeToString([]byte(event)), "GET", "python-requests/2.31.0", 200, 1, millrace.FlagBot},
		{"HEAD", "/v1/pixel/track?data=" + base64.RawURLEncoding.EncodeToString([]byte(event)), "HEAD", "", 200, 0, 0},
		{"not base64", "/v1/pixel/track?data=%25", "GET", "", 400, 0, 0},
		{"no such type", "/v1/pixel/batch?data=", "GET", "", 404, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, m, mux := newTestHandler(oneKey{})
			r := httptest.NewRequest(c.method, c.path, nil)
			r.Header.Set("User-Agent", c.agent)
			w := httptest.NewRecorder()
			mux.ServeHTTP(w, r)
			events, _ := m.all()
			if w.Code != c.status || len(events) != c.events {
				t.Fatalf("%d, %d events", w.Code, len(events))
			}
			if len(events) == 1 && events[0].Flags != c.flags {
				t.Errorf("flags %b", events[0].Flags)
			}
			if len(events) == 1 && c.agent != "" && !strings.Contains(string(events[0].Context), c.agent) {
				t.Errorf("context %s", events[0].Context)
			}
			if c.status == 200 && c.method == "GET" && !bytes.Equal(w.Body.Bytes(), pixelGIF) {
				t.Error("no image")
			}
		})
	}
}

func TestWhatBrowsersAskForFirst(t *testing.T) {
	_, _, mux := newTestHandler(oneKey{})
	get := func(method, path string, head ...string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(method, path, nil)
		for i := 0; i < len(head); i += 2 {
			r.Header.Set(head[i], head[i+1])
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		if w.Header().Get("Access-Control-Allow-Origin") != "*" || w.Header().Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s %s: CORS %v", method, path, w.Header())
		}
		return w
	}
	for path := range map[string]bool{"/v1/t": true, "/v1/batch": true, "/v1/import": true, "/sourceConfig": true, "/v1/projects/x/settings": true} {
		w := get("OPTIONS", path, "Access-Control-Request-Headers", "authorization,anonymousid,sentat,x-own, bad header\"")
		allowed := w.Header().Get("Access-Control-Allow-Headers")
		if w.Code != 204 || allowed != sdkHeaders+", x-own" || w.Header().Get("Access-Control-Max-Age") != "86400" {
			t.Errorf("%s: %d, allowed %s", path, w.Code, allowed)
		}
	}
	var set struct {
		Integrations map[string]struct{ APIKey, APIHost, Protocol string }
		Metrics      struct{ SampleRate *float64 }
	}
	w := get("GET", "/v1/projects/"+writeKey+"/settings", "X-Forwarded-Proto", "https")
	if err := json.Unmarshal(w.Body.Bytes(), &set); err != nil || w.Code != 200 {
		t.Fatal(w.Code, err)
	}
	if s := set.Integrations["Segment.io"]; s.APIKey != writeKey || s.APIHost != "example.com/v1" || s.Protocol != "https" || *set.Metrics.SampleRate != 0 {
		t.Errorf("settings %s", w.Body)
	}
	var source struct {
		Source struct {
			Enabled      bool
			Destinations []any
		}
	}
	w = get("GET", "/sourceConfig/?writeKey="+writeKey)
	if err := json.Unmarshal(w.Body.Bytes(), &source); err != nil || !source.Source.Enabled || source.Source.Destinations == nil {
		t.Errorf("source config %s, %v", w.Body, err)
	}
	for _, path := range []string{"/v1/projects/nope/settings", "/sourceConfig?writeKey=nope", "/analytics.js/v1/" + writeKey + "/analytics.min.js"} {
		if w := get("GET", path); w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

func TestTheBrowserGoingAwayLosesNothing(t *testing.T) {
	_, m, mux := newTestHandler(oneKey{})
	ctx, cancel := context.WithCancel(t.Context())
	r := httptest.NewRequest("POST", "/v1/t", &cancelAtEnd{strings.NewReader(say(`"writeKey":"` + writeKey + `"`)), cancel}).WithContext(ctx)
	w := httptest.NewRecorder()
	mux.ServeHTTP(w, r)
	if events, _ := m.all(); w.Code != 200 || len(events) != 1 {
		t.Errorf("%d, %d events", w.Code, len(events))
	}
}

// cancelAtEnd cancels the request once its body is read.
type cancelAtEnd struct {
	io.Reader
	cancel func()
}

func (c *cancelAtEnd) Read(p []byte) (int, error) {
	n, err := c.Reader.Read(p)
	if err == io.EOF {
		c.cancel()
	}
	return n, err
}

func TestNoPersonalValuesInDrops(t *testing.T) {
	_, m, mux := newTestHandler(oneKey{})
	apiCase{path: "/v1/b", body: batch(
		`{"type":"track","event":"e","userId":"u","properties":{"anna@acme.com":{"+49 151 2345678":1e999}}}`,
		`{"type":"anna@acme.com","userId":"anna@acme.com"}`,
		`{"type":"track","event":"e","userId":["anna@acme.com"]}`)}.send(mux)
	_, drops := m.all()
	if len(drops) != 3 {
		t.Fatalf("%d drops", len(drops))
	}
	for _, d := range drops {
		if strings.Contains(d.Detail+d.Type+d.ID, "acme") || strings.Contains(d.Detail, "151") {
			t.Errorf("%+v", d)
		}
	}
	if want := "batch[0].properties.….…: is a number too large to be kept"; drops[0].Detail != want {
		t.Errorf("%q, want %q", drops[0].Detail, want)
	}
}
