package collect

import (
	"math"
	"strconv"
	"strings"
	"time"

	"millrace"

	"github.com/tidwall/gjson"
)

// Which of the times that senders give means what:
//
//   - The browser, Node, Python, Go, PHP, Ruby and mobile SDKs of Segment send timestamp, by the device's clock, and sentAt when they send.
//     RudderStack's send originalTimestamp in its place. A retry repeats both that time and the messageId, and has a new sentAt.
//   - originalTimestamp together with timestamp is written by a collection server, which has corrected timestamp: such facts are relayed
//     or replayed, perhaps days later, and sentAt says nothing about our distance any more.
//
// Hence: the sender's own time is originalTimestamp, else timestamp, and is part of the fact's identity exactly as given. It happened
// at receivedAt − (sentAt − that time), which is right whatever the device's clock says; at timestamp when a server corrected
// it already or when the route takes history; at that time when there is no sentAt.

// oldest is the earliest moment that a fact may claim: 2000-01-01.
const oldest = millrace.Time(946684800000)

// occurred decides when a fact happened. own and corrected are originalTimestamp and timestamp, sent is sentAt, each 0 when not
// given; unreadable says that a time was given which nobody can read. history: times are taken as given.
func occurred(received, own, corrected, sent millrace.Time, unreadable, history bool) (millrace.Time, millrace.Flags) {
	at := corrected
	if at == 0 {
		at = own
	}
	if at == 0 {
		// A live fact without a time happened now. One whose time cannot be read, or history without a time, happened we don't know when.
		if unreadable || history {
			return received, millrace.FlagUndated
		}
		return received, 0
	}
	raw := at
	if sent != 0 && !history && (own == 0 || corrected == 0) {
		at = received - (sent - raw)
	}
	switch {
	case at > received:
		return received, millrace.FlagClamped
	case at >= oldest:
		return at, 0
	case raw >= oldest && raw <= received:
		return raw, millrace.FlagClamped // sentAt was the nonsense
	default:
		return oldest, millrace.FlagClamped
	}
}

var layouts = []string{"2006-01-02T15:04:05.999999999Z0700", "2006-01-02 15:04:05.999999999Z07:00", "2006-01-02 15:04:05.999999999 -0700",
	"2006-01-02T15:04:05.999999999", "2006-01-02 15:04:05.999999999", "2006-01-02", time.RFC1123, time.RFC1123Z}

// readTime reads a sender's time: RFC 3339 and its usual misspellings (no zone means UTC), or a number since 1970, also as a string, in
// seconds, milli-, micro- or nanoseconds by its size. given says that there was one, ok that it could be read.
func readTime(v gjson.Result) (t millrace.Time, given, ok bool) {
	switch v.Type {
	case gjson.Null:
		return 0, false, true
	case gjson.Number:
		t, ok = epoch(v.Raw)
		return t, true, ok
	case gjson.String:
		s := strings.TrimSpace(v.Str)
		if s == "" {
			return 0, false, true
		}
		t, ok = readTimeString(s)
		return t, true, ok
	default:
		return 0, true, false
	}
}

func readTimeString(s string) (millrace.Time, bool) {
	if std, err := time.Parse(time.RFC3339Nano, s); err == nil {
		return millrace.TimeOf(std), true
	}
	if t, ok := epoch(s); ok {
		return t, true
	}
	for _, l := range layouts {
		if std, err := time.Parse(l, s); err == nil {
			return millrace.TimeOf(std), true
		}
	}
	return 0, false
}

func epoch(s string) (millrace.Time, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsNaN(f) {
		return 0, false
	}
	switch size := math.Abs(f); {
	case size < 1e11:
		return millrace.Time(f * 1000), true
	case size < 1e14:
		return millrace.Time(f), true
	case size < 1e17:
		return millrace.Time(f / 1e3), true
	case size < 9e18:
		return millrace.Time(f / 1e6), true
	default:
		return 0, false
	}
}
