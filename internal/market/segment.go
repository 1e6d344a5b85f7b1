package market

import (
	"strconv"

	"millrace"
)

// SegmentBatch is a body for POST /v1/batch as an SDK sends it at the moment when the last of the events arrives: the batch's sentAt is
// their latest ReceivedAt. A server that corrects clock skew by it moves the facts to the present, which is what a live feed and
// the ingest benchmark want. A feed that must keep a history's own times uses AppendSegment without sentAt, or /v1/import.
func SegmentBatch(events []millrace.Event) []byte {
	var sent millrace.Time
	for i := range events {
		sent = max(sent, events[i].ReceivedAt)
	}
	return AppendSegment(make([]byte, 0, 64+1200*len(events)), events, sent)
}

// AppendSegment appends the body of a Segment batch to b. The events are those of Facts, or others that came by the Segment API: kinds
// without a place in that protocol are left out. sentAt 0 is left out. Data and Context are taken as valid JSON; texts are escaped.
func AppendSegment(b []byte, events []millrace.Event, sentAt millrace.Time) []byte {
	b = append(b, `{"batch":[`...)
	first := true
	for i := range events {
		if events[i].Kind < millrace.KindIdentify || events[i].Kind > millrace.KindAlias {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = appendMessage(b, &events[i])
	}
	b = append(b, ']')
	if sentAt != 0 {
		b = append(b, `,"sentAt":"`...)
		b = append(appendTime(b, sentAt), '"')
	}
	return append(b, '}')
}

var messageTypes = [...]string{millrace.KindIdentify: "identify", millrace.KindTrack: "track", millrace.KindPage: "page",
	millrace.KindScreen: "screen", millrace.KindGroup: "group", millrace.KindAlias: "alias"}

func appendMessage(b []byte, e *millrace.Event) []byte {
	b = append(b, `{"type":"`...)
	b = append(b, messageTypes[e.Kind]...)
	b = append(b, `","messageId":`...)
	b = appendString(b, e.ID)
	if e.SentAt != 0 {
		b = append(b, `,"timestamp":"`...)
		b = append(appendTime(b, e.SentAt), '"')
	}
	b = appendMember(b, `,"anonymousId":`, e.AnonymousID)
	b = appendMember(b, `,"userId":`, e.UserID)
	b = appendMember(b, `,"previousId":`, e.PreviousID)
	b = appendMember(b, `,"groupId":`, e.GroupID)
	body := `,"properties":`
	switch e.Kind {
	case millrace.KindTrack:
		b = appendMember(b, `,"event":`, e.Name)
	case millrace.KindPage, millrace.KindScreen:
		b = appendMember(b, `,"name":`, e.Name)
	default:
		body = `,"traits":`
	}
	if len(e.Data) > 0 {
		b = append(append(b, body...), e.Data...)
	}
	if len(e.Context) > 0 {
		b = append(append(b, `,"context":`...), e.Context...)
	}
	return append(b, '}')
}

func appendMember(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	return appendString(append(b, name...), value)
}

// appendString writes a JSON string. Quotes, backslashes and control characters are escaped; anything else is taken as UTF-8.
func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	from := 0
	for i := range len(s) {
		c := s[i]
		if c >= ' ' && c != '"' && c != '\\' {
			continue
		}
		b = append(b, s[from:i]...)
		from = i + 1
		if c < ' ' {
			b = append(b, `\u00`...)
			b = append(b, hexDigits[c>>4], hexDigits[c&15])
		} else {
			b = append(b, '\\', c)
		}
	}
	return append(append(b, s[from:]...), '"')
}

// appendTime writes RFC 3339 with milliseconds, UTC, for years 1970 to 9999.
func appendTime(b []byte, t millrace.Time) []byte {
	if t < 0 || t >= 253402300800000 {
		return append(b, t.String()...)
	}
	day, ms := int64(t/millrace.Day), int64(t%millrace.Day)
	// Days to a civil date, after Howard Hinnant's "chrono-compatible low-level date algorithms".
	z := day + 719468
	era := z / 146097
	doe := z - era*146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	d := doy - (153*mp+2)/5 + 1
	month := mp + 3
	if month > 12 {
		month -= 12
	}
	year := yoe + era*400
	if month <= 2 {
		year++
	}
	b = append(strconv.AppendInt(b, year, 10), '-')
	b = append(two(b, month), '-')
	b = append(two(b, d), 'T')
	b = append(two(b, ms/3_600_000), ':')
	b = append(two(b, ms/60_000%60), ':')
	b = append(two(b, ms/1000%60), '.', byte('0'+ms/100%10))
	return append(two(b, ms%100), 'Z')
}

func two(b []byte, n int64) []byte { return append(b, byte('0'+n/10), byte('0'+n%10)) }
