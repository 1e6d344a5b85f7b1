package identity

import (
	"maps"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"millrace"
)

func TestRunsAdd(t *testing.T) {
	base := Runs{{1, 10, 20}, {2, 30, 40}, {1, 50, 50}}
	for _, c := range []struct {
		name           string
		to             int64
		at             millrace.Time
		want           Runs
		changed, exact bool
	}{
		{"inside the holder's own run", 1, 15, base, false, true},
		{"its ends count as inside", 2, 40, base, false, true},
		{"inside another's run", 3, 35, base, false, false},
		{"extends forward", 1, 25, Runs{{1, 10, 25}, {2, 30, 40}, {1, 50, 50}}, true, true},
		{"extends backward", 2, 25, Runs{{1, 10, 20}, {2, 25, 40}, {1, 50, 50}}, true, true},
		{"between two runs", 3, 25, Runs{{1, 10, 20}, {3, 25, 25}, {2, 30, 40}, {1, 50, 50}}, true, true},
		{"before all", 2, 5, Runs{{2, 5, 5}, {1, 10, 20}, {2, 30, 40}, {1, 50, 50}}, true, true},
		{"after all", 2, 60, Runs{{1, 10, 20}, {2, 30, 40}, {1, 50, 50}, {2, 60, 60}}, true, true},
		{"same moment, larger id: after", 3, 20, Runs{{1, 10, 20}, {3, 20, 20}, {2, 30, 40}, {1, 50, 50}}, true, true},
		{"same moment, smaller id: before", 1, 40, base, false, false},
		{"same moment as a run of one moment", 2, 50, Runs{{1, 10, 20}, {2, 30, 40}, {1, 50, 50}, {2, 50, 50}}, true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := slices.Clone(base)
			got, changed, exact := in.Add(c.to, c.at)
			if !slices.Equal(got, c.want) || changed != c.changed || exact != c.exact {
				t.Errorf("Add(%d, %d) = %v, %v, %v", c.to, int64(c.at), got, changed, exact)
			}
			if !slices.Equal(in, base) {
				t.Errorf("the receiver was changed to %v", in)
			}
		})
	}
	if r := FromMoments(nil); len(r) != 0 {
		t.Errorf("no moments: %v", r)
	}
	if _, ok := (Runs)(nil).At(5); ok {
		t.Error("no runs have a holder")
	}
}

// moments draws few holders at few times, so that ties, repetitions and splits are common.
func moments() *rapid.Generator[[]Moment] {
	return rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Moment {
		return Moment{rapid.Int64Range(-1, 4).Draw(t, "to"), millrace.Time(rapid.Int64Range(-3, 12).Draw(t, "at"))}
	}), 0, 24)
}

func TestRunsAddEqualsFromMoments(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := moments().Draw(t, "moments")
		var r Runs
		for i, m := range all {
			out, changed, exact := r.Add(m.To, m.At)
			want := FromMoments(all[:i+1])
			if !exact {
				if changed || !slices.Equal(out, r) {
					t.Fatalf("inexact, and changed to %v", out)
				}
				if len(want) <= len(r) {
					t.Fatalf("%v with %v splits nothing and was called inexact", r, m)
				}
				out = want
			} else if changed == slices.Equal(out, r) {
				t.Fatalf("changed = %v from %v to %v", changed, r, out)
			}
			if !slices.Equal(out, want) {
				t.Fatalf("after %v: %v, want %v", m, out, want)
			}
			r = out
		}
		if p := FromMoments(rapid.Permutation(all).Draw(t, "order")); !slices.Equal(p, r) {
			t.Fatalf("another order gives %v, not %v", p, r)
		}
	})
}

func TestRunsAt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := moments().Draw(t, "moments")
		at := millrace.Time(rapid.Int64Range(-5, 14).Draw(t, "at"))
		r := FromMoments(all)
		var last, first *Moment // by scanning
		for _, m := range all {
			if m.At <= at && (last == nil || last.compare(m) < 0) {
				last = &m
			}
			if first == nil || m.compare(*first) < 0 {
				first = &m
			}
		}
		if last == nil {
			last = first
		}
		got, ok := r.At(at)
		if ok != (last != nil) || ok && got != last.To {
			t.Fatalf("At(%d) = %d, %v; want %v", int64(at), got, ok, last)
		}
		for i, x := range r {
			if i > 0 && (r[i-1].To == x.To || r[i-1].last().compare(x.first()) >= 0) {
				t.Fatalf("runs out of order: %v", r)
			}
		}
	})
}

func TestRunsBinary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		all := moments().Draw(t, "moments")
		all = append(all, rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Moment {
			return Moment{rapid.Int64().Draw(t, "to"), millrace.Time(rapid.Int64().Draw(t, "at"))}
		}), 0, 4).Draw(t, "wide")...)
		r := FromMoments(all)
		b := r.AppendBinary([]byte("x"))
		got, err := DecodeRuns(b[1:])
		if b[0] != 'x' || err != nil || !slices.Equal(got, r) {
			t.Fatalf("%v came back as %v, %v", r, got, err)
		}
		if len(r) > 0 {
			if _, err := DecodeRuns(b[1 : len(b)-1]); millrace.ErrorCode(err) != millrace.Internal {
				t.Fatalf("cut off: %v", err)
			}
		}
	})
}

func FuzzDecodeRuns(f *testing.F) {
	f.Add(Runs{{1, 10, 20}, {2, 30, 40}}.AppendBinary(nil))
	f.Add(Runs{{-1, 1767225600000, 1767225600000}}.AppendBinary(nil))
	f.Add([]byte{0})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f})
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := DecodeRuns(b)
		if err != nil {
			if r != nil || millrace.ErrorCode(err) != millrace.Internal {
				t.Errorf("%v, %v", r, err)
			}
			return
		}
		again, err := DecodeRuns(r.AppendBinary(nil))
		if err != nil || !slices.Equal(again, r) {
			t.Errorf("%v came back as %v, %v", r, again, err)
		}
		if !slices.Equal(FromMoments(ends(r)), r) {
			t.Errorf("decoded %v, which is no timeline", r)
		}
	})
}

// ends are the moments at which runs begin and end.
func ends(r Runs) (m []Moment) {
	for _, x := range r {
		m = append(m, x.first(), x.last())
	}
	return m
}

func TestComponents(t *testing.T) {
	got := Components([]int64{5, 3, 9, 7, 1, 8}, []Edge{{9, 5}, {5, 3}, {8, 8}, {12, 7}})
	want := map[int64]int64{5: 3, 3: 3, 9: 3, 7: 7, 12: 7, 1: 1, 8: 8}
	if !maps.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestComponentsAnyOrder(t *testing.T) {
	id := rapid.Int64Range(-4, 20)
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfN(id, 0, 20).Draw(t, "ids")
		edges := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) Edge { return Edge{id.Draw(t, "a"), id.Draw(t, "b")} }), 0, 20).Draw(t, "edges")
		got := Components(ids, edges)

		want := map[int64]int64{} // by spreading the smallest until nothing changes
		for _, x := range ids {
			want[x] = x
		}
		for _, e := range edges {
			want[e.A], want[e.B] = e.A, e.B
		}
		for again := true; again; {
			again = false
			for _, e := range edges {
				if m := min(want[e.A], want[e.B]); want[e.A] != m || want[e.B] != m {
					want[e.A], want[e.B], again = m, m, true
				}
			}
		}
		if !maps.Equal(got, want) {
			t.Fatalf("got %v, want %v", got, want)
		}
		turned := rapid.Permutation(edges).Draw(t, "order")
		for i, e := range turned {
			turned[i] = Edge{e.B, e.A}
		}
		if !maps.Equal(Components(rapid.Permutation(ids).Draw(t, "idorder"), turned), got) {
			t.Fatal("another order gives other components")
		}
	})
}

// TestRunsJoin: the timelines of two halves make that of the whole, unless a run of one lies over another holder's of the other.
func TestRunsJoin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := moments().Draw(t, "a"), moments().Draw(t, "b")
		r, o := FromMoments(a), FromMoments(b)
		out, exact := r.Join(o)
		if want := FromMoments(slices.Concat(a, b)); exact && !slices.Equal(out, want) {
			t.Fatalf("%v and %v make %v, want %v", r, o, out, want)
		}
		over := slices.ContainsFunc(r, func(x Run) bool {
			return slices.ContainsFunc(o, func(y Run) bool {
				return x.To != y.To && x.first().compare(y.last()) < 0 && y.first().compare(x.last()) < 0
			})
		})
		if exact == over {
			t.Fatalf("%v and %v: exact = %v", r, o, exact)
		}
	})
}
