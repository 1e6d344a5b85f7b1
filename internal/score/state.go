package score

import (
	"encoding/binary"

	"millrace"
)

const (
	stateFormat       = 1       // first byte of an encoded State
	leastStatePerItem = 4       // bytes of the shortest encoded BehaviorState
	maxBehaviorIndex  = 1 << 20 // far beyond any rubric
)

// AppendBinary appends the state in its stored form, which DecodeState reads: a format byte, then varints.
func (s State) AppendBinary(b []byte) []byte {
	b = append(b, stateFormat)
	b = binary.AppendVarint(b, s.Epoch)
	b = binary.AppendVarint(b, s.Sum)
	b = binary.AppendVarint(b, int64(s.LastScored))
	b = binary.AppendVarint(b, int64(s.Until))
	b = binary.AppendUvarint(b, uint64(len(s.Behaviors)))
	next := 0
	for _, bs := range s.Behaviors {
		b = binary.AppendUvarint(b, uint64(bs.Behavior-next))
		b = binary.AppendVarint(b, int64(bs.LastAt-s.LastScored))
		b = binary.AppendUvarint(b, uint64(bs.UsedDay))
		b = binary.AppendUvarint(b, uint64(bs.Used))
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
	s := State{Epoch: d.varint(), Sum: d.varint(), LastScored: millrace.Time(d.varint()), Until: millrace.Time(d.varint())}
	n := d.uvarint(uint64(len(d.rest)) / leastStatePerItem)
	if n > 0 {
		s.Behaviors = make([]BehaviorState, 0, n)
	}
	next := 0
	for range n {
		bs := BehaviorState{Behavior: next + int(d.uvarint(maxBehaviorIndex))}
		bs.LastAt = s.LastScored + millrace.Time(d.varint())
		bs.UsedDay, bs.Used = int32(d.uvarint(maxCap)), int32(d.uvarint(maxCap))
		s.Behaviors = append(s.Behaviors, bs)
		next = bs.Behavior + 1
	}
	if d.bad || len(d.rest) > 0 {
		return State{}, millrace.Errorf(millrace.Internal, "score.DecodeState", "the stored score is damaged; rebuild the scores")
	}
	return s, nil
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
