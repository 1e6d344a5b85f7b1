package measure

import (
	"encoding/binary"

	"millrace"
)

// mark is one thing that somebody did, as it stands in a block: whose log fact it is, when, from where it came, and on which page. It is
// resolved to a contact and an account when it is read.
type mark struct {
	seq     int64
	subject int64 // identifier
	at      millrace.Time
	origin  int64 // touch_origin id; knownOrigin: somebody said who they are
	place   int64 // interned host and path, 0 none
	imp     int64 // import that brought it, 0 a live source
}

// blockSize is how many marks a full block holds: some 45 KB.
const blockSize = 4096

// appendMark packs a mark behind the previous one (the zero mark at a block's start). A mark is about eleven bytes.
func appendMark(b []byte, prev, m mark) []byte {
	b = binary.AppendUvarint(b, uint64(m.seq-prev.seq))
	b = binary.AppendVarint(b, m.subject-prev.subject)
	b = binary.AppendVarint(b, int64(m.at-prev.at))
	b = binary.AppendUvarint(b, uint64(m.origin))
	b = binary.AppendUvarint(b, uint64(m.place))
	return binary.AppendUvarint(b, uint64(m.imp))
}

// eachMark unpacks a block.
func eachMark(b []byte, fn func(m mark)) error {
	var m mark
	for len(b) > 0 {
		var v [6]int64
		for i := range v {
			n := 0
			if i == 1 || i == 2 {
				v[i], n = binary.Varint(b)
			} else {
				var u uint64
				u, n = binary.Uvarint(b)
				v[i] = int64(u)
			}
			if n <= 0 {
				return millrace.Errorf(millrace.Internal, "measure", "a block of touches is damaged: %d bytes left over", len(b))
			}
			b = b[n:]
		}
		m.seq += v[0]
		m.subject += v[1]
		m.at += millrace.Time(v[2])
		m.origin, m.place, m.imp = v[3], v[4], v[5]
		fn(m)
	}
	return nil
}
