package score

import (
	"encoding/binary"
	"math"

	"millrace"
)

const (
	stateFormat       = 2       // first byte of an encoded State
	leastStatePerItem = 5       // bytes of the shortest encoded BehaviorState
	maxBehaviorIndex  = 1 << 20 // far beyond any rubric
)

// AppendBinary appends the state in its stored form, which DecodeState reads: a format byte, then varints.
func (s State) AppendBinary(b []byte) []byte {
	b = append(b, stateFormat)
	b = binary.AppendVarint(b, s.Epoch)
	b = binary.AppendVarint(b, s.Sum)
	b = binary.AppendVarint(b, int64(s.LastScored))
	b = binary.AppendVarint(b, int64(s.Until))
	b = binary.AppendVarint(b, int64(s.Later))
	b = binary.AppendUvarint(b, uint64(len(s.Behaviors)))
	next := 0
	for _, bs := range s.Behaviors {
		b = binary.AppendUvarint(b, uint64(bs.Behavior-next))
		b = binary.AppendVarint(b, int64(bs.LastAt-s.LastScored))
		b = binary.AppendUvarint(b, uint64(bs.UsedDay))
		b = binary.AppendUvarint(b, uint64(bs.Used))
		many := uint64(0)
		if bs.Many {
			many = 1
		}
		b = binary.AppendUvarint(b, uint64(len(bs.Within))<<1|many)
		for at, k := bs.LastAt, len(bs.Within)-1; k >= 0; k-- { // the latest first, by the time before the one after it
			b = binary.AppendUvarint(b, uint64(at-bs.Within[k]))
			at = bs.Within[k]
		}
		next = bs.Behavior + 1
	}
	return b
}

// DecodeState reads what AppendBinary wrote; anything else is an Internal error.
func DecodeState(b []byte) (State, error) {
	d := decoder{rest: b}
	if d.byte() != stateFormat {
		return State{}, millrace.Errorf(millrace.Internal, "score.DecodeState", "the stored score has an unknown format; rebuild the scores")
	}
	s := State{Epoch: d.varint(), Sum: d.varint(), LastScored: millrace.Time(d.varint()), Until: millrace.Time(d.varint()),
		Later: millrace.Time(d.varint())}
	n := d.uvarint(uint64(len(d.rest)) / leastStatePerItem)
	if n > 0 {
		s.Behaviors = make([]BehaviorState, 0, n)
	}
	next := 0
	for range n {
		bs := BehaviorState{Behavior: next + int(d.uvarint(maxBehaviorIndex))}
		bs.LastAt = s.LastScored + millrace.Time(d.varint())
		bs.UsedDay, bs.Used = int32(d.uvarint(maxCap)), int32(d.uvarint(maxCap))
		d.within(&bs)
		s.Behaviors = append(s.Behaviors, bs)
		next = bs.Behavior + 1
	}
	if d.bad || len(d.rest) > 0 {
		return State{}, millrace.Errorf(millrace.Internal, "score.DecodeState", "the stored score is damaged; rebuild the scores")
	}
	return s, nil
}

// within reads the moments inside a behaviour's window.
func (d *decoder) within(bs *BehaviorState) {
	n := d.uvarint(keptWithin<<1 | 1)
	bs.Many = n&1 == 1
	if n >>= 1; n > uint64(len(d.rest)) || bs.Many && n > 0 {
		d.bad = true
		return
	}
	if n > 0 {
		bs.Within = make([]millrace.Time, n)
	}
	at := bs.LastAt
	for k := int(n) - 1; k >= 0; k-- {
		at -= millrace.Time(d.uvarint(math.MaxUint64))
		bs.Within[k] = at
	}
}

// decoder reads varints and remembers whether anything was wrong; what it then gives is 0.
type decoder struct {
	rest []byte
	bad  bool
}

func (d *decoder) byte() byte {
	if len(d.rest) == 0 {
		return 0
	}
	c := d.rest[0]
	d.rest = d.rest[1:]
	return c
}

func (d *decoder) varint() int64 {
	v, n := binary.Varint(d.rest)
	if n <= 0 {
		d.bad, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[n:]
	return v
}

func (d *decoder) uvarint(most uint64) uint64 {
	v, n := binary.Uvarint(d.rest)
	if n <= 0 || v > most {
		d.bad, d.rest = true, nil
		return 0
	}
	d.rest = d.rest[n:]
	return v
}
