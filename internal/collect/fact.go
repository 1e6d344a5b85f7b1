package collect

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"millrace"

	"github.com/tidwall/gjson"
)

// request is what the events of one request share.
type request struct {
	route    route
	key      Key
	received millrace.Time
	agent    string         // the User-Agent header
	ip       string         // of the sender, empty when unknown
	sentAt   gjson.Result   // of the batch, or the SentAt header
	context  gjson.Result   // of the batch, for events that have none
	agents   *agents        // verdicts on agents
	unsound  bool           // the body is not UTF-8 throughout
	salvaged bool           // the body was not valid JSON, and this event may be why
	repeats  map[string]int // how often an event without a messageId has come in this request, by its content
}

// fact is one event on its way through the steps.
type fact struct {
	req *request
	raw string // the event's JSON, valid

	// What the event object has at its top, and what its context has. The zero Result stands for a missing field.
	typ, action, messageID, userID, anonymousID, previousID, groupID, from, to      gjson.Result
	event, name, category, timestamp, originalTimestamp, sentAt, properties, traits gjson.Result
	context                                                                         gjson.Result
	ctx                                                                             surroundings

	ev millrace.Event
}

// surroundings is what the steps need of a context object.
type surroundings struct {
	ip, userAgent, library, pageURL, pagePath, traits, groupID gjson.Result
}

// split sets the fact's fields from its JSON. Of a name that stands twice the last counts, as in every JSON parser of the SDKs' languages.
func (f *fact) split() {
	gjson.Parse(f.raw).ForEach(func(k, v gjson.Result) bool {
		if dst := f.field(k.Str); dst != nil {
			*dst = v
		}
		return true
	})
	if f.context.Type == gjson.Null {
		f.context = f.req.context
	}
	if f.context.IsObject() {
		f.ctx.split(f.context)
	}
}

func (f *fact) field(name string) *gjson.Result {
	switch name {
	case "type":
		return &f.typ
	case "action":
		return &f.action
	case "messageId":
		return &f.messageID
	case "userId":
		return &f.userID
	case "anonymousId":
		return &f.anonymousID
	case "previousId":
		return &f.previousID
	case "groupId":
		return &f.groupID
	case "from":
		return &f.from
	case "to":
		return &f.to
	case "event":
		return &f.event
	case "name":
		return &f.name
	case "category":
		return &f.category
	case "timestamp":
		return &f.timestamp
	case "originalTimestamp":
		return &f.originalTimestamp
	case "sentAt":
		return &f.sentAt
	case "properties":
		return &f.properties
	case "traits":
		return &f.traits
	case "context":
		return &f.context
	}
	return nil
}

func (s *surroundings) split(context gjson.Result) {
	context.ForEach(func(k, v gjson.Result) bool {
		switch k.Str {
		case "ip":
			s.ip = v
		case "userAgent":
			s.userAgent = v
		case "groupId":
			s.groupID = v
		case "traits":
			s.traits = v
		case "library":
			s.library = member(v, "name")
		case "page":
			if v.IsObject() {
				v.ForEach(func(k, v gjson.Result) bool {
					switch k.Str {
					case "url":
						s.pageURL = v
					case "path":
						s.pagePath = v
					}
					return true
				})
			}
		}
		return true
	})
}

// member is the value of one name of an object, the last when it stands twice; the zero Result when v is no object or has none.
func member(v gjson.Result, name string) (out gjson.Result) {
	if !v.IsObject() {
		return out
	}
	v.ForEach(func(k, v gjson.Result) bool {
		if k.Str == name {
			out = v
		}
		return true
	})
	return out
}

// text is a string value without NUL characters, and "" for every other type: for optional fields that nothing is refused for.
func text(v gjson.Result) string {
	if v.Type != gjson.String {
		return ""
	}
	return withoutNUL(v.Str)
}

func withoutNUL(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	// Half of a surrogate pair, escaped, is valid JSON and no text.
	return strings.ToValidUTF8(s, "\uFFFD")
}

// maxID is the most bytes that an id or a name may have.
const maxID = 1024

// id reads an id or a name: a string, or a number as it was written, since SDKs pass on whatever key the site's database has. Null, a
// missing field and white space are "". Another type is no id.
func id(v gjson.Result, place string) (string, *verdict) {
	var s string
	switch v.Type {
	case gjson.Null:
		return "", nil
	case gjson.String:
		s = withoutNUL(v.Str)
	case gjson.Number:
		s = v.Raw
	default:
		return "", invalid(place, "must be a string")
	}
	if len(s) > maxID {
		return "", invalid(place, "is longer than 1024 bytes")
	}
	if strings.TrimSpace(s) == "" {
		return "", nil
	}
	return s, nil
}

// object reads traits, properties or a context: an object, cleaned; nil for null, for a missing field, for an empty one and for the
// empty array that PHP sends in its place.
func object(v gjson.Result, place string) ([]byte, *verdict) {
	switch {
	case v.Type == gjson.Null:
		return nil, nil
	case v.IsArray() && strings.Trim(v.Raw, "[] \t\r\n") == "" && strings.Count(v.Raw, "[") == 1:
		return nil, nil
	case !v.IsObject():
		return nil, invalid(place, "must be an object")
	}
	out, bad := clean(v.Raw)
	if bad != nil {
		return nil, invalid(join(place, placeAt(v.Raw, bad.at)), bad.why)
	}
	if len(out) == 2 {
		return nil, nil
	}
	return out, nil
}

// prepend puts a member with a string value first into a cleaned object, which may be nil.
func prepend(object []byte, name, value string) []byte {
	var b bytes.Buffer
	b.Grow(len(object) + len(name) + len(value) + 8)
	b.WriteString(`{"` + name + `":`)
	b.Write(gjson.AppendJSONString(nil, value))
	if len(object) > 2 {
		b.WriteByte(',')
		b.Write(object[1:])
	} else {
		b.WriteByte('}')
	}
	return b.Bytes()
}

// unsoundAt is the first byte of s that is not UTF-8, -1 when all is.
func unsoundAt(s string) int {
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return -1
}
