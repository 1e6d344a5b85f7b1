package measure

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestSplice: a list that was changed is the one that sorting all gives, and what stayed stands where it is said to.
func TestSplice(t *testing.T) {
	type item struct{ key, n int }
	rapid.Check(t, func(t *rapid.T) {
		keys := rapid.SliceOfN(rapid.IntRange(0, 50), 0, rapid.SampledFrom([]int{5, 40, 3000}).Draw(t, "size")).Draw(t, "was")
		slices.Sort(keys)
		was, gone := make([]item, len(keys)), make([]bool, len(keys))
		var out []int32
		for i, k := range keys {
			was[i] = item{k, i}
			if rapid.IntRange(0, 3).Draw(t, "out") == 0 {
				out, gone[i] = append(out, int32(i)), true
			}
		}
		var fresh []item
		for i, k := range slices.Sorted(slices.Values(rapid.SliceOfN(rapid.IntRange(-1, 51), 0, 20).Draw(t, "fresh"))) {
			fresh = append(fresh, item{k, 100_000 + i})
		}
		changes := cuts(was, out, fresh, func(a, b *item) int { return cmp.Compare(a.key, b.key) })
		got := splice(was, changes, fresh)
		var want []item
		for i, x := range was {
			if !gone[i] {
				want = append(want, x)
			}
		}
		want = append(want, fresh...)
		slices.SortStableFunc(want, func(a, b item) int { return cmp.Compare(a.key, b.key) })
		if !slices.Equal(got, want) {
			t.Fatalf("%v with %v for %v: %v", was, fresh, out, got)
		}
		places := newShifts(len(was), changes)
		for i, x := range was {
			if !gone[i] && got[places.to(int32(i))] != x {
				t.Fatalf("%v stands at %d, which has %v", x, places.to(int32(i)), got[places.to(int32(i))])
			}
		}
		var found []item
		places.fresh(func(place int32) { found = append(found, got[place]) })
		if !slices.Equal(found, fresh) {
			t.Fatalf("fresh are %v, not %v", found, fresh)
		}
	})
}
