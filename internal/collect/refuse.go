package collect

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"millrace"
)

// refusal is why a whole request was not taken.
type refusal struct {
	status  int
	code    millrace.Code
	message string
	retry   int                 // seconds for Retry-After; 0 for none
	drop    millrace.DropReason // empty: not a drop, the sender is asked to try again
}

func malformed(format string, args ...any) *refusal {
	return &refusal{status: http.StatusBadRequest, code: millrace.Invalid, drop: millrace.DropMalformed, message: fmt.Sprintf(format, args...)}
}

// verdict is why one event was dropped. place is a path from the event ("properties.amount"), empty when the whole is meant.
type verdict struct {
	reason millrace.DropReason
	place  string
	detail string
}

func invalid(place, detail string) *verdict { return &verdict{millrace.DropInvalid, place, detail} }

// maxDropsEach is how many drops of one request are listed one by one; the rest are counted by reason.
const maxDropsEach = 50

// dropList gathers the drops of one request, bounded however many there are.
type dropList struct {
	drops []millrace.Drop
	extra map[millrace.DropReason]int // index in drops of the counting entry
}

func (l *dropList) add(d millrace.Drop) {
	d.Count = max(d.Count, 1)
	if len(l.drops) < maxDropsEach {
		l.drops = append(l.drops, d)
		return
	}
	if i, ok := l.extra[d.Reason]; ok {
		l.drops[i].Count += d.Count
		return
	}
	if l.extra == nil {
		l.extra = map[millrace.DropReason]int{}
	}
	l.extra[d.Reason] = len(l.drops)
	d.ID, d.Type, d.Detail = "", "", "more of the same request, not listed one by one"
	l.drops = append(l.drops, d)
}

// summary is the value of X-Millrace-Dropped: "3 no_identity, 1 invalid", reasons in the documentation's order.
func (l *dropList) summary() string {
	if len(l.drops) == 0 {
		return ""
	}
	n := map[millrace.DropReason]int64{}
	for _, d := range l.drops {
		n[d.Reason] += d.Count
	}
	var parts []string
	for _, r := range millrace.DropReasons() {
		if n[r] > 0 {
			parts = append(parts, strconv.FormatInt(n[r], 10)+" "+string(r))
		}
	}
	return strings.Join(parts, ", ")
}

// shorten cuts s to at most n bytes at a character's edge.
func shorten(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
