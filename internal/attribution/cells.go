package attribution

import (
	"bytes"
	"encoding/binary"
	"math"
	"strconv"
)

// maxWhole bounds counts, so that they are exact as float64 too.
const maxWhole = 1 << 53

// whole reads a count. R writes 100000 as 1e+05, which is whole as well.
func whole(b []byte) (int64, bool) {
	if len(b) > 0 && len(b) < 16 {
		n := int64(0)
		for _, c := range b {
			if c < '0' || c > '9' {
				n = -1
				break
			}
			n = n*10 + int64(c-'0')
		}
		if n >= 0 {
			return n, true
		}
	}
	x, ok := decimal(b)
	return int64(x), ok && x >= 0 && x <= maxWhole && x == math.Trunc(x)
}

var powers = [...]float64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15}

// decimal reads a finite number, correctly rounded. Up to 15 digits without exponent it is a quotient of two exact numbers.
func decimal(b []byte) (float64, bool) {
	if len(b) > 0 && len(b) <= 16 {
		m, point := int64(0), -1
		for i, c := range b {
			switch {
			case c >= '0' && c <= '9':
				m = m*10 + int64(c-'0')
			case c == '.' && point < 0 && len(b) > 1:
				point = i
			default:
				m = -1
			}
			if m < 0 {
				break
			}
		}
		if m >= 0 && point >= 0 {
			return float64(m) / powers[len(b)-1-point], true
		}
		if m >= 0 && len(b) <= 15 {
			return float64(m), true
		}
	}
	b = bytes.TrimSpace(b)
	for _, c := range b {
		if (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return 0, false // no hexadecimals, underscores, Inf or NaN
		}
	}
	x, err := strconv.ParseFloat(string(b), 64)
	return x, err == nil
}

// interner numbers names in order of appearance.
type interner struct {
	slots []slot
	names []string
}

// slot is a place in the table. A name of less than eight bytes is its word.
type slot struct {
	word uint64
	len  int32
	n    uint32 // number + 1; 0 is free
}

func newInterner() *interner { return &interner{slots: make([]slot, 64)} }

// id is the number of a name.
func (t *interner) id(name []byte) uint32 {
	w := word(name)
	at := t.find(w, name)
	if s := &t.slots[at]; s.n != 0 {
		return s.n - 1
	}
	t.names = append(t.names, string(name))
	t.slots[at] = slot{w, int32(len(name)), uint32(len(t.names))}
	if 2*len(t.names) > len(t.slots) {
		t.slots = make([]slot, 4*len(t.slots))
		for n, name := range t.names {
			b := []byte(name)
			t.slots[t.find(word(b), b)] = slot{word(b), int32(len(b)), uint32(n + 1)}
		}
	}
	return uint32(len(t.names) - 1)
}

// find gives the slot of a name, or the free one for it.
func (t *interner) find(w uint64, name []byte) uint64 {
	mask := uint64(len(t.slots) - 1)
	for at := mix(w^uint64(len(name))) & mask; ; at = (at + 1) & mask {
		s := &t.slots[at]
		if s.n == 0 || s.word == w && int(s.len) == len(name) && (len(name) < 8 || t.names[s.n-1] == string(name)) {
			return at
		}
	}
}

// word is a name of less than eight bytes itself, and a hash of a longer one.
func word(b []byte) uint64 {
	if n := len(b); n < 8 {
		if cap(b) >= 8 { // the bytes that follow are of the same file, and masked
			return binary.LittleEndian.Uint64(b[:8]) & (1<<(8*n) - 1)
		}
		w := uint64(0)
		for i, c := range b {
			w |= uint64(c) << (8 * i)
		}
		return w
	}
	h, last := uint64(0), binary.LittleEndian.Uint64(b[len(b)-8:])
	for ; len(b) > 8; b = b[8:] {
		h = mix(h ^ binary.LittleEndian.Uint64(b))
	}
	return mix(h ^ last)
}

func mix(x uint64) uint64 {
	x *= 0x9E3779B97F4A7C15
	return x ^ x>>32
}
