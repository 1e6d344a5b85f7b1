package measure

import "slices"

// cut is a change of a list: before its place at, some others are put in, and some from there on are left out.
type cut struct{ at, skip, put int32 }

// cuts are the changes that leave out what stands at some places, which rise, and put fresh entries in, which are in the list's order as it is without
// those: of equals what was there stands first.
func cuts[T any](was []T, out []int32, fresh []T, order func(a, b *T) int) []cut {
	list := make([]cut, 0, len(out)+len(fresh))
	add := func(c cut) {
		if n := len(list); n > 0 && list[n-1].at+list[n-1].skip == c.at { // what is put in may stand before or behind what is left out
			list[n-1].skip, list[n-1].put = list[n-1].skip+c.skip, list[n-1].put+c.put
			return
		}
		list = append(list, c)
	}
	for i, from := 0, 0; i < len(fresh); i++ {
		n, _ := slices.BinarySearchFunc(was[from:], &fresh[i], func(a T, b *T) int {
			if order(&a, b) <= 0 {
				return -1
			}
			return 1
		})
		for from += n; len(out) > 0 && int(out[0]) < from; out = out[1:] {
			add(cut{out[0], 1, 0})
		}
		add(cut{int32(from), 0, 1})
	}
	for _, at := range out {
		add(cut{at, 1, 0})
	}
	return list
}

// splice gives a list with its changes made.
func splice[T any](was []T, changes []cut, fresh []T) []T {
	size := len(was)
	for _, c := range changes {
		size += int(c.put - c.skip)
	}
	list, from := make([]T, 0, size), int32(0)
	for _, c := range changes {
		list = append(append(list, was[from:c.at]...), fresh[:c.put]...)
		fresh, from = fresh[c.put:], c.at+c.skip
	}
	return append(list, was[from:]...)
}

// shifts tell where entries of a changed list stand now.
type shifts struct {
	changes []cut
	by      []int32 // the first so many changes move what follows by so much
	first   []int32 // changes before a block of places
}

const shiftBlock = 10 // bits of a place within its block

func newShifts(size int, changes []cut) *shifts {
	s := &shifts{changes: changes, by: make([]int32, len(changes)+1), first: make([]int32, size>>shiftBlock+2)}
	for i, c := range changes {
		s.by[i+1] = s.by[i] + c.put - c.skip
	}
	for block, n := 0, 0; block < len(s.first); block++ {
		for n < len(changes) && int(changes[n].at)>>shiftBlock < block {
			n++
		}
		s.first[block] = int32(n)
	}
	return s
}

// to is where an entry stands that was not left out; -1 stays -1.
func (s *shifts) to(place int32) int32 {
	if place < 0 {
		return place
	}
	n := s.first[place>>shiftBlock]
	for end := s.first[place>>shiftBlock+1]; n < end && s.changes[n].at <= place; {
		n++
	}
	return place + s.by[n]
}

// fresh calls f with the place of each entry that was put in.
func (s *shifts) fresh(f func(place int32)) {
	for i, c := range s.changes {
		for k := range c.put {
			f(c.at + s.by[i] + k)
		}
	}
}
