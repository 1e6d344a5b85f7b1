package identity

import (
	"cmp"
	"encoding/binary"
	"slices"

	"millrace"
)

// Moment is one assertion: something belonged to the holder To at the moment At.
type Moment struct {
	To int64
	At millrace.Time
}

// compare orders moments by time; of two holders at the same millisecond the larger id counts as later. Nothing says which is, so
// any rule would do that does not depend on the order of arrival.
func (m Moment) compare(o Moment) int {
	return cmp.Or(cmp.Compare(m.At, o.At), cmp.Compare(m.To, o.To))
}

// Run is a stretch of moments that all name the same holder.
type Run struct {
	To          int64         // identifier id of the holder
	From, Until millrace.Time // first and last asserted moment, both inclusive
}

func (r Run) first() Moment { return Moment{r.To, r.From} }
func (r Run) last() Moment  { return Moment{r.To, r.Until} }

// Runs is the timeline of who (or what) something belonged to: the moments asserted so far, in order, with neighbours of the same
// holder joined. Runs are sorted, do not overlap (two may share a millisecond, the larger id second), and neighbours have
// different holders. A Runs is a value: no method changes it.
type Runs []Run

// FromMoments makes the timeline of the moments. Their order and repetitions make no difference; the argument is not changed.
func FromMoments(m []Moment) Runs {
	m = slices.Clone(m)
	slices.SortFunc(m, Moment.compare)
	var out Runs
	for _, x := range m {
		if n := len(out); n > 0 && out[n-1].To == x.To {
			out[n-1].Until = x.At
		} else {
			out = append(out, Run{x.To, x.At, x.At})
		}
	}
	return out
}

// Add asserts that to was the holder at t. With exact, out is the timeline of all moments so far and this one, and changed says
// whether it differs from r. Without, the moment lies inside a run of another holder, which it splits: where its halves end and
// begin, only the moments inside that run tell. Then out is r, and the caller rebuilds with FromMoments.
func (r Runs) Add(to int64, t millrace.Time) (out Runs, changed, exact bool) {
	m := Moment{to, t}
	// i is the first run that does not end before m.
	i, _ := slices.BinarySearchFunc(r, m, func(x Run, m Moment) int { return x.last().compare(m) })
	if i < len(r) && r[i].first().compare(m) <= 0 {
		return r, false, r[i].To == to
	}
	switch {
	case i > 0 && r[i-1].To == to:
		out = slices.Clone(r)
		out[i-1].Until = t
	case i < len(r) && r[i].To == to:
		out = slices.Clone(r)
		out[i].From = t
	default:
		out = make(Runs, 0, len(r)+1)
		out = append(append(append(out, r[:i]...), Run{to, t, t}), r[i:]...)
	}
	return out, true, true
}

// Join gives the timeline of the moments of both. Without exact, a run of one lies over another holder's of the other: what it is then, only the moments
// tell, and the caller makes it with FromMoments.
func (r Runs) Join(o Runs) (out Runs, exact bool) {
	all := slices.Concat(r, o)
	slices.SortFunc(all, func(a, b Run) int { return cmp.Or(a.first().compare(b.first()), a.last().compare(b.last())) })
	for _, x := range all {
		n := len(out)
		switch {
		case n == 0:
			out = append(out, x)
		case out[n-1].To == x.To:
			out[n-1].Until = max(out[n-1].Until, x.Until)
		case out[n-1].last().compare(x.first()) > 0:
			return nil, false
		default:
			out = append(out, x)
		}
	}
	return out, true
}

// At gives the holder last asserted at or before t; before the first run, the first holder. ok is false when there are no runs.
func (r Runs) At(t millrace.Time) (holder int64, ok bool) {
	if len(r) == 0 {
		return 0, false
	}
	i, _ := slices.BinarySearchFunc(r, t, func(x Run, t millrace.Time) int {
		if x.From <= t {
			return -1
		}
		return 1
	})
	return r[max(i-1, 0)].To, true
}

// AppendBinary appends the runs in the form that DecodeRuns reads: their number, then for each the holder, the time since the end
// of the run before (the first: since 1970) and the length, as varints. A run is about twelve bytes.
func (r Runs) AppendBinary(b []byte) []byte {
	b = binary.AppendUvarint(b, uint64(len(r)))
	var end millrace.Time
	for _, x := range r {
		b = binary.AppendVarint(b, x.To)
		b = binary.AppendVarint(b, int64(x.From-end))
		b = binary.AppendUvarint(b, uint64(x.Until-x.From))
		end = x.Until
	}
	return b
}

// DecodeRuns reads what AppendBinary wrote; no bytes at all are no runs. It errs (code internal: a damaged row) on bytes missing or
// left over and on runs that are no timeline.
func DecodeRuns(b []byte) (Runs, error) {
	const op = "identity.DecodeRuns"
	if len(b) == 0 {
		return nil, nil
	}
	count, n := binary.Uvarint(b)
	if n <= 0 || count > uint64(len(b)-n)/3 { // a run takes three bytes or more
		return nil, millrace.Errorf(millrace.Internal, op, "damaged: %d bytes can't hold the runs they claim", len(b))
	}
	b = b[n:]
	if count == 0 && len(b) == 0 {
		return nil, nil
	}
	out := make(Runs, count)
	var end millrace.Time
	for i := range out {
		to, n1 := binary.Varint(b)
		gap, n2 := binary.Varint(b[max(n1, 0):])
		length, n3 := binary.Uvarint(b[max(n1, 0)+max(n2, 0):])
		if n1 <= 0 || n2 <= 0 || n3 <= 0 {
			return nil, millrace.Errorf(millrace.Internal, op, "damaged: run %d is cut off", i)
		}
		b = b[n1+n2+n3:]
		x := Run{To: to, From: end + millrace.Time(gap)}
		x.Until = x.From + millrace.Time(length)
		if x.Until < x.From || i > 0 && (out[i-1].To == to || out[i-1].last().compare(x.first()) >= 0) {
			return nil, millrace.Errorf(millrace.Internal, op, "damaged: run %d is out of order", i)
		}
		out[i], end = x, x.Until
	}
	if len(b) > 0 {
		return nil, millrace.Errorf(millrace.Internal, op, "damaged: %d bytes after the last run", len(b))
	}
	return out, nil
}
