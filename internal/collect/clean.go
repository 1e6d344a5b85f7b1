package collect

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"
)

// Depths of nesting: of a body, so that no parser's stack grows with it, and of what is stored, so that no reader's does.
const (
	maxBodyDepth = 10_000
	maxDepth     = 64
)

// checkBody says where the body is not JSON, nil when it is. Positions are bytes from 0 with line and column from 1.
func checkBody(body string) *refusal {
	if strings.TrimSpace(body) == "" {
		return malformed("the body is empty; send a JSON object")
	}
	if openers := strings.Count(body, "{") + strings.Count(body, "["); openers > maxBodyDepth && deeper(body, maxBodyDepth) {
		return malformed("the body nests more than %d levels deep", maxBodyDepth)
	}
	if gjson.Valid(body) {
		return nil
	}
	// Only on this path is the standard library's slower parser asked, for the place.
	var syn *json.SyntaxError
	if err := json.Unmarshal([]byte(body), new(json.RawMessage)); errors.As(err, &syn) {
		at := min(max(int(syn.Offset)-1, 0), len(body))
		line := 1 + strings.Count(body[:at], "\n")
		col := at - strings.LastIndexByte(body[:at], '\n')
		if strings.HasPrefix(syn.Error(), "unexpected end") {
			return malformed("the JSON ends too early, after %d bytes", len(body))
		}
		return malformed("the body is not valid JSON at byte %d (line %d, column %d)", at, line, col)
	}
	return malformed("the body is not valid JSON")
}

// deeper says whether brackets outside of strings nest deeper than limit. s need not be valid.
func deeper(s string, limit int) bool {
	depth := 0
	for i := 0; i < len(s); i++ {
		switch s[i] {
		case '"':
			for i++; i < len(s) && s[i] != '"'; i++ {
				if s[i] == '\\' {
					i++
				}
			}
		case '{', '[':
			if depth++; depth > limit {
				return true
			}
		case '}', ']':
			depth--
		}
	}
	return false
}

// fault is what clean found wrong, at a byte of its input.
type fault struct {
	at  int
	why string
}

// clean copies a valid JSON value without the white space around its tokens and without NUL characters in its strings and names, which
// no database text can hold: an escaped NUL is removed, the text around it kept. What cannot be repaired without guessing is a
// fault: nesting beyond maxDepth, and a number that no float64 can hold (1e999), which would break whoever reads the fact later.
func clean(raw string) ([]byte, *fault) {
	out := make([]byte, 0, len(raw))
	from, depth := 0, 0 // raw[from:i] is still to be copied
	for i := 0; i < len(raw); {
		switch c := raw[i]; {
		case c == '"':
			end, nul := stringEnd(raw, i)
			if nul {
				out = append(out, raw[from:i]...)
				out = appendWithoutNUL(out, raw[i:end])
				from = end
			}
			i = end
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return nil, &fault{i, "nests more than " + strconv.Itoa(maxDepth) + " levels deep"}
			}
			i++
		case c == '}' || c == ']':
			depth--
			i++
		case c <= ' ':
			out = append(out, raw[from:i]...)
			for i++; i < len(raw) && raw[i] <= ' '; i++ {
			}
			from = i
		case c == '-' || c >= '0' && c <= '9':
			end := numberEnd(raw, i)
			if !finite(raw[i:end]) {
				return nil, &fault{i, "is a number too large to be kept"}
			}
			i = end
		default:
			i++
		}
	}
	return append(out, raw[from:]...), nil
}

// stringEnd is the index behind the string that starts at i, and whether it holds an escaped NUL.
func stringEnd(s string, i int) (end int, nul bool) {
	for j := i + 1; ; {
		k := strings.IndexByte(s[j:], '"')
		if k < 0 {
			return len(s), nul
		}
		b := strings.IndexByte(s[j:j+k], '\\')
		if b < 0 {
			return j + k + 1, nul
		}
		j += b
		nul = nul || strings.HasPrefix(s[j:], `\u0000`)
		j += 2
	}
}

func appendWithoutNUL(out []byte, s string) []byte {
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			out = append(out, s[i])
			i++
			continue
		}
		if strings.HasPrefix(s[i:], `\u0000`) {
			i += 6
			continue
		}
		out = append(out, s[i], s[i+1])
		i += 2
	}
	return out
}

func numberEnd(s string, i int) int {
	for i < len(s) {
		switch c := s[i]; {
		case c >= '0' && c <= '9', c == '-', c == '+', c == '.', c == 'e', c == 'E':
			i++
		default:
			return i
		}
	}
	return i
}

// finite says whether a JSON number fits a float64. Only a long one or one with an exponent needs to be asked.
func finite(num string) bool {
	if len(num) < 300 && strings.IndexByte(num, 'e') < 0 && strings.IndexByte(num, 'E') < 0 {
		return true
	}
	_, err := strconv.ParseFloat(num, 64)
	return err == nil
}

// placeAt is the path of the value that holds byte at of a JSON value: "items[2].price". Names that are not plain words, and may be
// personal, are shown as "…"; so is what lies deeper than six levels. It is slow and only for messages.
func placeAt(raw string, at int) string {
	dec := json.NewDecoder(strings.NewReader(raw))
	dec.UseNumber()
	type level struct {
		array bool
		index int
		name  string
		named bool // the next token is the value of name
	}
	var path []level
	for {
		tok, err := dec.Token()
		if err != nil {
			break
		}
		if top := len(path) - 1; top >= 0 && !path[top].array && !path[top].named && tok != json.Delim('}') {
			path[top].name, _ = tok.(string)
			path[top].named = true
			if int(dec.InputOffset()) > at {
				break
			}
			continue
		}
		if int(dec.InputOffset()) > at {
			break
		}
		switch tok {
		case json.Delim('{'), json.Delim('['):
			path = append(path, level{array: tok == json.Delim('[')})
			continue
		case json.Delim('}'), json.Delim(']'):
			path = path[:len(path)-1]
		}
		if top := len(path) - 1; top >= 0 {
			path[top].index++
			path[top].named = false
		}
	}
	var b bytes.Buffer
	for i, l := range path {
		if i == 6 {
			b.WriteString("…")
			break
		}
		if l.array {
			b.WriteString("[" + strconv.Itoa(l.index) + "]")
		} else if l.named {
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			b.WriteString(plainWord(l.name))
		}
	}
	return b.String()
}

// plainWord is s when it looks like a field's name, "…" otherwise.
func plainWord(s string) string {
	if s == "" || len(s) > 40 {
		return "…"
	}
	digits := 0
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c >= '0' && c <= '9':
			digits++
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c == '_', c == '-', c == ' ', c == '$':
		default:
			return "…"
		}
	}
	if digits > 4 {
		return "…"
	}
	return s
}

// join puts a place behind another: "properties" and "items[2]" are "properties.items[2]".
func join(place, inner string) string {
	if inner == "" || place == "" || inner[0] == '[' {
		return place + inner
	}
	return place + "." + inner
}
