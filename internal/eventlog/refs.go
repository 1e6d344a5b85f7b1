package eventlog

import "encoding/binary"

// RefKind is the part that a further identifier plays in a fact. The letters are stored.
type RefKind byte

// The parts.
const (
	RefKnown    RefKind = 'k' // one person with the subject
	RefHard     RefKind = 'h' // account identifiers of one account
	RefClaim    RefKind = 'c' // a company name that those claim
	RefExplicit RefKind = 'x' // an account identifier that the fact binds its person to
	RefDomain   RefKind = 'd' // the same by the domain of an address
	RefName     RefKind = 'n' // the same by a company's name
	RefAccount  RefKind = 'a' // the account that an opportunity names
)

// AppendRef adds an identifier to a row's refs.
func AppendRef(b []byte, k RefKind, id int64) []byte {
	return binary.AppendUvarint(append(b, byte(k)), uint64(id))
}

// EachRef calls fn for each identifier of a row's refs, in the order they were added. Damaged refs end the walk.
func EachRef(b []byte, fn func(k RefKind, id int64)) {
	for len(b) > 1 {
		id, n := binary.Uvarint(b[1:])
		if n <= 0 {
			return
		}
		fn(RefKind(b[0]), int64(id))
		b = b[1+n:]
	}
}
