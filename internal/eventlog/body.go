package eventlog

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	"millrace"

	"github.com/tidwall/gjson"
)

// Body builds the personal payload of a fact: a JSON object with "data" (traits or properties), "context", and what else a fact holds
// that is no log column: "name" and "place" when they must not be interned, "email" when it stands outside the traits, "group", and "user"
// and "record" when they are not the subject (an identifier key, "u:42"). Nil when all is empty.
func Body(e *millrace.Event, name, place, subject string) []byte {
	email, user, record, group := e.Email, e.UserID, e.RecordID, e.GroupID
	if email != "" && gjson.GetBytes(e.Data, millrace.TraitEmail).Str == email {
		email = ""
	}
	if len(subject) > 2 && (subject[2:] == user || subject[2:] == record) {
		switch subject[0] {
		case 'u':
			user = ""
		case 'c', 'r', 'o', 's', 'p', 'b', 't', 'q', 'f':
			record = ""
		}
	}
	if e.Kind == millrace.KindGroup {
		group = "" // the object
	}
	if len(e.Data) == 0 && len(e.Context) == 0 && email+name+place+user+record+group == "" {
		return nil
	}
	b := make([]byte, 0, len(e.Data)+len(e.Context)+40)
	field := func(key string) {
		if len(b) == 0 {
			b = append(b, '{')
		} else {
			b = append(b, ',')
		}
		b = append(b, '"')
		b = append(b, key...)
		b = append(b, '"', ':')
	}
	if len(e.Data) > 0 {
		field("data")
		b = append(b, e.Data...)
	}
	for _, f := range [...]struct{ key, value string }{{"name", name}, {"place", place}, {"email", email}, {"user", user},
		{"record", record}, {"group", group}} {
		if f.value != "" {
			field(f.key)
			s, err := json.Marshal(f.value)
			if err != nil { // strings always marshal
				s = []byte(strconv.Quote(f.value))
			}
			b = append(b, s...)
		}
	}
	if len(e.Context) > 0 {
		field("context")
		b = append(b, e.Context...)
	}
	return append(b, '}')
}

// Data is the traits or properties of a body, nil when there are none.
func Data(body []byte) []byte { return part(body, "data") }

// Context is what stood around the fact, nil when there is none.
func Context(body []byte) []byte { return part(body, "context") }

// Field is a text field of the body, "" when absent.
func Field(body []byte, key string) string { return gjson.GetBytes(body, key).String() }

func part(body []byte, key string) []byte {
	if len(body) == 0 {
		return nil
	}
	r := gjson.GetBytes(body, key)
	if r.Raw == "" {
		return nil
	}
	if r.Index > 0 {
		return body[r.Index : r.Index+len(r.Raw)]
	}
	return []byte(r.Raw)
}

// Internable says whether a name or a place may stand in the shared table of words, where erasure doesn't reach: not if it is long, looks
// like an address, or has a part that looks like a token or an id.
func Internable(s string) bool {
	if len(s) > 160 || strings.ContainsAny(s, "@%") {
		return false
	}
	digits := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c == '/' || c == ' ':
			digits = 0
		}
		if digits > 5 {
			return false
		}
	}
	return true
}

// HasEmail says whether an address stands in the body outside the traits.
func HasEmail(body []byte) bool {
	return bytes.Contains(body, []byte(`"email":`)) && gjson.GetBytes(body, "email").Type == gjson.String
}
