package collect

import (
	"testing"

	"millrace"

	"github.com/tidwall/gjson"
	"pgregory.net/rapid"
)

func TestTimes(t *testing.T) {
	for _, c := range []struct {
		name, path, event, sentAt string // sentAt is the batch's
		at, own                   string
		flags                     millrace.Flags
	}{
		{"none", "/v1/b", ``, ``, "2026-03-14T12:00:00.000Z", "", 0},
		{"no sentAt", "/v1/b", `"timestamp":"2026-03-14T11:00:00.123Z"`, ``, "2026-03-14T11:00:00.123Z", "2026-03-14T11:00:00.123Z", 0},
		{"clock right", "/v1/b", `"timestamp":"2026-03-14T11:59:50Z"`, `2026-03-14T12:00:00Z`, "2026-03-14T11:59:50.000Z", "2026-03-14T11:59:50.000Z", 0},
		{"clock an hour ahead", "/v1/b", `"timestamp":"2026-03-14T12:59:50Z"`, `2026-03-14T13:00:00Z`, "2026-03-14T11:59:50.000Z", "2026-03-14T12:59:50.000Z", 0},
		{"clock in 1970", "/v1/b", `"timestamp":"1970-01-01T00:05:00Z"`, `1970-01-01T00:05:10Z`, "2026-03-14T11:59:50.000Z", "1970-01-01T00:05:00.000Z", 0},
		{"clock in 2100", "/v1/b", `"timestamp":"2100-01-01T00:00:00Z"`, `2100-01-01T00:00:10Z`, "2026-03-14T11:59:50.000Z", "2100-01-01T00:00:00.000Z", 0},
		{"1970 without sentAt", "/v1/b", `"timestamp":"1970-01-01T00:05:00Z"`, ``, "2000-01-01T00:00:00.000Z", "1970-01-01T00:05:00.000Z", millrace.FlagClamped},
		{"2100 without sentAt", "/v1/b", `"timestamp":"2100-01-01T00:00:00Z"`, ``, "2026-03-14T12:00:00.000Z", "2100-01-01T00:00:00.000Z", millrace.FlagClamped},
		{"only sentAt in 2100", "/v1/b", `"timestamp":"2026-03-14T11:00:00Z"`, `2100-01-01T00:00:00Z`, "2026-03-14T11:00:00.000Z", "2026-03-14T11:00:00.000Z", millrace.FlagClamped},
		{"kept offline for three days", "/v1/b", `"timestamp":"2026-03-11T12:00:00Z"`, `2026-03-14T12:00:00Z`, "2026-03-11T12:00:00.000Z", "2026-03-11T12:00:00.000Z", 0},
		{"sentAt of the event", "/v1/b", `"timestamp":"2026-03-14T12:59:50Z","sentAt":"2026-03-14T13:00:00Z"`, ``, "2026-03-14T11:59:50.000Z", "2026-03-14T12:59:50.000Z", 0},
		{"originalTimestamp", "/v1/b", `"originalTimestamp":"2026-03-14T12:59:50Z","sentAt":"2026-03-14T13:00:00Z"`, ``, "2026-03-14T11:59:50.000Z", "2026-03-14T12:59:50.000Z", 0},
		{"relayed by another server", "/v1/b", `"originalTimestamp":"2026-03-10T13:00:00Z","timestamp":"2026-03-10T12:00:00Z","sentAt":"2026-03-10T13:00:10Z"`, ``, "2026-03-10T12:00:00.000Z", "2026-03-10T13:00:00.000Z", 0},
		{"import is trusted", "/v1/import", `"timestamp":"2019-05-01T00:00:00Z"`, `2030-01-01T00:00:00Z`, "2019-05-01T00:00:00.000Z", "2019-05-01T00:00:00.000Z", 0},
		{"import without a time", "/v1/import", ``, ``, "2026-03-14T12:00:00.000Z", "", millrace.FlagUndated},
		{"import of 1970", "/v1/import", `"timestamp":"1970-01-01T00:05:00Z"`, ``, "2000-01-01T00:00:00.000Z", "1970-01-01T00:05:00.000Z", millrace.FlagClamped},
		{"unreadable", "/v1/b", `"timestamp":"yesterday"`, ``, "2026-03-14T12:00:00.000Z", "", millrace.FlagUndated},
		{"of a wrong type", "/v1/b", `"timestamp":{}`, ``, "2026-03-14T12:00:00.000Z", "", millrace.FlagUndated},
		{"too large a number", "/v1/b", `"timestamp":1e999`, ``, "2026-03-14T12:00:00.000Z", "", millrace.FlagUndated},
		{"seconds", "/v1/b", `"timestamp":1773486000`, ``, "2026-03-14T11:00:00.000Z", "2026-03-14T11:00:00.000Z", 0},
		{"milliseconds in a string", "/v1/b", `"timestamp":"1773486000123"`, ``, "2026-03-14T11:00:00.123Z", "2026-03-14T11:00:00.123Z", 0},
		{"no zone", "/v1/b", `"timestamp":"2026-03-14 11:00:00"`, ``, "2026-03-14T11:00:00.000Z", "2026-03-14T11:00:00.000Z", 0},
		{"other zone", "/v1/b", `"timestamp":"2026-03-14T12:00:00.5+0100"`, ``, "2026-03-14T11:00:00.500Z", "2026-03-14T11:00:00.500Z", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, m, mux := newTestHandler(oneKey{})
			apiCase{path: c.path, body: `{"sentAt":"` + c.sentAt + `","batch":[` + say(c.event) + `]}`}.send(mux)
			events, drops := m.all()
			if len(events) != 1 {
				t.Fatalf("%d events, drops %v", len(events), drops)
			}
			if e := events[0]; e.OccurredAt.String() != c.at || e.SentAt.String() != c.own || e.Flags != c.flags {
				t.Errorf("occurred %s, own %s, flags %b; want %s, %s, %b", e.OccurredAt, e.SentAt, e.Flags, c.at, c.own, c.flags)
			}
		})
	}
}

func TestTheSentAtHeaderCounts(t *testing.T) {
	_, m, mux := newTestHandler(oneKey{})
	apiCase{path: "/v1/t", header: map[string]string{"SentAt": "2026-03-14T13:00:00Z"}, body: say(`"originalTimestamp":"2026-03-14T12:59:50Z"`)}.send(mux)
	if events, _ := m.all(); len(events) != 1 || events[0].OccurredAt != now-10*millrace.Second {
		t.Errorf("%+v", events)
	}
}

// Whatever clocks say, a fact happened in [2000, now], and a sender whose clock is merely wrong changes nothing.
func TestOccurredIsSane(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		any := rapid.Int64Range(-1<<52, 1<<52)
		own, stamp, sent := millrace.Time(any.Draw(t, "own")), millrace.Time(any.Draw(t, "stamp")), millrace.Time(any.Draw(t, "sent"))
		at, _ := occurred(now, own, stamp, sent, rapid.Bool().Draw(t, "unreadable"), rapid.Bool().Draw(t, "history"))
		if at < oldest || at > now {
			t.Fatalf("occurred at %d", at)
		}
		ago := millrace.Time(rapid.Int64Range(0, int64(10*365*millrace.Day)).Draw(t, "ago"))
		skew := millrace.Time(rapid.Int64Range(1, int64(100*365*millrace.Day)).Draw(t, "skew"))
		if at, flags := occurred(now, 0, now+skew-ago, now+skew, false, false); at != now-ago || flags != 0 {
			t.Fatalf("%d and flags %b after a skew of %d", at, flags, skew)
		}
	})
}

func TestSplitURL(t *testing.T) {
	for _, c := range []struct{ url, host, path string }{
		{"https://acme.com/pricing", "acme.com", "/pricing"},
		{"HTTP://Acme.COM:8080", "acme.com", "/"},
		{"https://acme.com?x=/y", "acme.com", "/"},
		{"https://acme.com#/app", "acme.com", "/"},
		{"https://anna:secret@acme.com/a?b#c", "acme.com", "/a"},
		{"http://[::1]:80/x", "[::1]", "/x"},
		{"http://[::1]/x", "[::1]", "/x"},
		{"https://bücher.example/ä", "bücher.example", "/ä"},
		{"file:///etc/passwd", "", ""},
		{"javascript:alert(1)", "", ""},
		{"/pricing", "", ""},
		{"https:///x", "", ""},
		{"https://a b/x", "", ""},
	} {
		if host, path := splitURL(c.url); host != c.host || path != c.path {
			t.Errorf("%s: %q %q, want %q %q", c.url, host, path, c.host, c.path)
		}
	}
}

func FuzzTimes(f *testing.F) {
	for _, s := range []string{`"2026-03-14T11:00:00Z"`, `1773486000`, `"1e300"`, `-5`, `null`, `{}`, `"2026-03-14"`, `"+275760-09-13T00:00:00.000Z"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if !gjson.Valid(s) {
			return
		}
		v := gjson.Parse(s)
		got, given, ok := readTime(v)
		if got != 0 && (!given || !ok) {
			t.Errorf("%s: %d, given %v, ok %v", s, got, given, ok)
		}
		if at, _ := occurred(now, got, 0, 0, !ok, false); at < oldest || at > now {
			t.Errorf("%s: occurred at %d", s, at)
		}
	})
}
