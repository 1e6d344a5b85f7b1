package collect

import (
	"strings"

	"github.com/tidwall/gjson"
)

// salvage takes a batch apart whose text is not valid JSON, so that the one event with a NaN or a raw control character in it does not cost
// the others. It goes by brackets and quotes alone: when these are in order and everything outside the events is valid, it gives the
// elements of the batch, of which at least one is valid, and the body without them; otherwise ok is false.
func salvage(body string) (elements []string, rest string, ok bool) {
	start := batchStart(body)
	if start < 0 {
		return nil, "", false
	}
	elements, end := splitArray(body, start)
	if end < 0 {
		return nil, "", false
	}
	rest = body[:start] + "[]" + body[end:]
	if !gjson.Valid(rest) {
		return nil, "", false
	}
	for _, e := range elements {
		// A valid 1 beside a broken event is no reason to take a batch; a valid event is.
		if strings.HasPrefix(e, "{") && len(e) <= MaxEventBytes && gjson.Valid(e) {
			return elements, rest, true
		}
	}
	return nil, "", false
}

// batchStart is where the array of events starts: the body itself, or the member batch of the object that the body is; -1 when neither.
func batchStart(body string) int {
	i := skipSpace(body, 0)
	if strings.HasPrefix(body[i:], "[") {
		return i
	}
	depth := 0
	for i < len(body) {
		switch body[i] {
		case '"':
			end, _ := stringEnd(body, i)
			if depth == 1 && body[i:end] == `"batch"` {
				if j := skipSpace(body, end); strings.HasPrefix(body[j:], ":") {
					if j = skipSpace(body, j+1); strings.HasPrefix(body[j:], "[") {
						return j
					}
				}
			}
			i = end
			continue
		case '{', '[':
			depth++
		case '}', ']':
			depth--
		}
		i++
	}
	return -1
}

// splitArray gives the elements of the array that starts at start, and the index behind it, or -1 when it does not end.
func splitArray(body string, start int) (elements []string, end int) {
	from, depth := start+1, 0
	for i := from; i < len(body); i++ {
		switch body[i] {
		case '"':
			stop, _ := stringEnd(body, i)
			i = stop - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth == 0 && body[i] == ']' {
				return append(elements, strings.TrimSpace(body[from:i])), i + 1
			}
			depth--
		case ',':
			if depth == 0 {
				elements = append(elements, strings.TrimSpace(body[from:i]))
				from = i + 1
			}
		}
	}
	return nil, -1
}

func skipSpace(s string, i int) int {
	for i < len(s) && s[i] <= ' ' {
		i++
	}
	return i
}
