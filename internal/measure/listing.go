package measure

import (
	"cmp"
	"slices"

	"millrace"
)

// listing gathers one page of a list in the order of a number, the largest first, and then of ids. It counts what it does not keep, and holds some
// pages at most, however long the list is.
type listing struct {
	limit int
	given bool // a cursor was
	after millrace.Time
	id    int64
	total int
	found []listed
}

// listed is one line: its number, mostly a time, its id, and where it stands in the model.
type listed struct {
	at millrace.Time
	id int64
	i  int32
}

func newListing(after string, limit int) (*listing, error) {
	l := &listing{limit: cmp.Or(max(limit, 0), defaultPage), given: after != ""}
	var err error
	if l.given {
		l.after, l.id, err = parseCursor(after)
	}
	return l, err
}

func (l *listing) add(at millrace.Time, id int64, i int32) {
	if l.total++; l.given && (at > l.after || at == l.after && id <= l.id) {
		return
	}
	if l.found = append(l.found, listed{at, id, i}); len(l.found) >= 4*l.limit+1024 {
		l.cut()
	}
}

// cut keeps what may stand on the page, and one more.
func (l *listing) cut() {
	slices.SortStableFunc(l.found, func(a, b listed) int { return cmp.Or(cmp.Compare(b.at, a.at), cmp.Compare(a.id, b.id)) })
	l.found = l.found[:min(len(l.found), l.limit+1)]
}

// page gives the lines of the page and the cursor of the next one, "" on the last.
func (l *listing) page() (found []listed, next string) {
	if l.cut(); len(l.found) <= l.limit {
		return l.found, ""
	}
	last := l.found[l.limit-1]
	return l.found[:l.limit], cursor(last.at, last.id)
}
