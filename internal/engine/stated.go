package engine

import (
	"encoding/binary"
	"maps"
	"slices"

	"github.com/klauspost/compress/zstd"

	"millrace"
	"millrace/internal/eventlog"
	"millrace/internal/identity"
)

// statements holds what the facts that a replay meets state of people (traits, addresses, accounts) until those people are finished: folded one
// by one, each would ask for a profile somewhere among a million. So many at a time are packed beside the reading, a packet for each slice of
// people, whose ids are near each other. Memory is about a hundred bytes a statement.
type statements struct {
	width   int64 // ids in a slice of people; ids count up from one
	most    int   // how many wait to be packed
	open    []statement
	packets map[int64][][]byte // slice → what was stated of its people, in the order it was met
	packing chan map[int64][]byte
	pack    *zstd.Encoder
	unpack  *zstd.Decoder
}

// statement is what one fact states of a contact; stamp is since when it holds, see restatedAt.
type statement struct {
	contact           int64
	occurredAt, stamp millrace.Time
	refs              []byte
	email             string
	traits            []byte // nil where the fact states none
}

// newStatements makes a store for so many people at most, with ids below an end.
func newStatements(people int, end int64, most int) (*statements, error) {
	pack, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<17), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, err
	}
	unpack, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true))
	parts := int64(people/sliceOf(peopleSlice, people)) + 1
	return &statements{width: end/parts + 1, most: most, packets: map[int64][][]byte{}, pack: pack, unpack: unpack}, err
}

func (s *statements) sliceOf(contact int64) int64 { return contact / s.width }

// add keeps what a fact states of a contact, if it does.
func (s *statements) add(contact int64, r *eventlog.Row, stamp millrace.Time) {
	one := statement{contact: contact, occurredAt: r.OccurredAt, stamp: stamp, refs: r.Refs, email: emailOf(r), traits: traitsOf(r)}
	if one.email == "" && one.traits == nil && boundBy(one.refs) == (boundTo{}) {
		return
	}
	if s.open = append(s.open, one); len(s.open) < s.most {
		return
	}
	s.settle()
	open, packing := s.open, make(chan map[int64][]byte, 1)
	s.open, s.packing = nil, packing
	go func() { packing <- s.packed(open) }()
}

// close packs what is left: nothing is added from then on.
func (s *statements) close() {
	s.settle()
	for slice, packet := range s.packed(s.open) {
		s.packets[slice] = append(s.packets[slice], packet)
	}
	s.open = nil
}

// settle waits for what is being packed.
func (s *statements) settle() {
	if s.packing == nil {
		return
	}
	for slice, packet := range <-s.packing {
		s.packets[slice] = append(s.packets[slice], packet)
	}
	s.packing = nil
}

func (s *statements) packed(open []statement) map[int64][]byte {
	plain := map[int64][]byte{}
	for i := range open {
		x := &open[i]
		b := plain[s.sliceOf(x.contact)]
		b = binary.AppendVarint(binary.AppendVarint(binary.AppendUvarint(b, uint64(x.contact)), int64(x.occurredAt)), int64(x.stamp))
		for _, part := range [...][]byte{x.refs, []byte(x.email), x.traits} {
			b = append(binary.AppendUvarint(b, uint64(len(part))), part...)
		}
		plain[s.sliceOf(x.contact)] = b
	}
	for slice, b := range plain {
		plain[slice] = s.pack.EncodeAll(b, nil)
	}
	return plain
}

// each calls fn with what was stated of the people of a slice, in the order it was met.
func (s *statements) each(slice int64, fn func(x *statement)) error {
	for _, packet := range s.packets[slice] {
		b, err := s.unpack.DecodeAll(packet, nil)
		if err != nil {
			return millrace.Errorf(millrace.Internal, "engine.replay", "what was stated of people can't be unpacked: %v", err)
		}
		for len(b) > 0 {
			var x statement
			number := func() int64 { v, n := binary.Varint(b); b = b[n:]; return v }
			part := func() (p []byte) { l, n := binary.Uvarint(b); p, b = b[n:n+int(l)], b[n+int(l):]; return p }
			id, n := binary.Uvarint(b)
			b = b[n:]
			x.contact, x.occurredAt, x.stamp = int64(id), millrace.Time(number()), millrace.Time(number())
			x.refs, x.email, x.traits = part(), string(part()), part()
			fn(&x)
		}
	}
	return nil
}

// profiles folds what was stated of the people of a slice.
func (s *statements) profiles(slice int64) (map[int64]*profile, error) {
	return s.fold(slice, func(p *profile, x *statement) { p.traits.merge(statedTraits(x.traits, x.email), x.stamp) })
}

// bindings folds the accounts of the people of a slice alone.
func (s *statements) bindings(slice int64) (map[int64]*profile, error) {
	return s.fold(slice, func(*profile, *statement) {})
}

func (s *statements) fold(slice int64, more func(p *profile, x *statement)) (map[int64]*profile, error) {
	out, explicit := map[int64]*profile{}, map[int64][]identity.Moment{}
	err := s.each(slice, func(x *statement) {
		p := out[x.contact]
		if p == nil {
			p = &profile{traits: traits{}}
			out[x.contact] = p
		}
		b := boundBy(x.refs)
		if b.explicit != 0 {
			explicit[x.contact] = append(explicit[x.contact], identity.Moment{To: b.explicit, At: x.occurredAt})
			b.explicit = 0
		}
		p.bindings.add(b, x.occurredAt)
		more(p, x)
	})
	for id, m := range explicit {
		out[id].bindings.Explicit = identity.FromMoments(m)
	}
	return out, err
}

// keptSlice are the packets of a slice, as rebuild_part has them.
type keptSlice struct {
	Width, Slice int64
	Packets      [][]byte
}

func (s *statements) kept() []keptSlice {
	var out []keptSlice
	for _, slice := range slices.Sorted(maps.Keys(s.packets)) {
		out = append(out, keptSlice{s.width, slice, s.packets[slice]})
	}
	return out
}
