package collect

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"hash"
	"strconv"

	"millrace"

	"github.com/tidwall/gjson"
)

// maxMessageID is the most bytes of a messageId that are kept as they are; a longer one is replaced by its hash.
const maxMessageID = 255

// untimedWindow is how long an event without messageId and without a time is the same as another with the same content.
const untimedWindow = 10 * millrace.Minute

// readID gives the fact its id: the messageId, or one made of its content, so that a request sent again blindly does not count twice.
//
// Content is everything the fact says; sentAt is not in it. When the sender gave a time, or the route takes history, two facts of the
// same content are one for ever. Without a time "Signed in" today and tomorrow are two: there the ten minutes in which it was received
// are part of the id, so that a retry over the edge of two windows counts twice and a real repetition within one is lost; senders who
// mind send a messageId. Events of the same content within one request are told apart by their order.
func readID(f *fact) *verdict {
	given, bad := id(f.messageID, "messageId")
	if bad != nil && f.messageID.Type != gjson.String {
		return bad
	}
	e := &f.ev
	e.Source = "key:" + f.req.key.ID
	if bad != nil || len(given) > maxMessageID {
		sum := sha256.Sum256([]byte(f.messageID.Str))
		given = "long-" + base64.RawURLEncoding.EncodeToString(sum[:16])
	}
	if e.ID = given; given != "" {
		return nil
	}
	h := sha256.New()
	for _, s := range []string{e.Name, e.AnonymousID, e.UserID, e.PreviousID, e.GroupID, f.timestamp.Raw, f.originalTimestamp.Raw} {
		hashPart(h, []byte(s))
	}
	hashPart(h, e.Data)
	hashPart(h, []byte(f.context.Raw))
	window := millrace.Time(0)
	if e.SentAt == 0 && !f.req.route.trust {
		window = 1 + e.ReceivedAt/untimedWindow
	}
	var tail [9]byte
	tail[0] = byte(e.Kind)
	binary.BigEndian.PutUint64(tail[1:], uint64(window))
	h.Write(tail[:])
	content := base64.RawURLEncoding.EncodeToString(h.Sum(nil)[:16])
	e.ID = "content-" + content
	if f.req.repeats == nil {
		f.req.repeats = map[string]int{}
	}
	if n := f.req.repeats[content]; n > 0 {
		e.ID += "-" + strconv.Itoa(n)
	}
	f.req.repeats[content]++
	return nil
}

// hashPart writes the part's length before it, so that no two lists of parts run together.
func hashPart(h hash.Hash, part []byte) {
	var n [4]byte
	binary.BigEndian.PutUint32(n[:], uint32(len(part)))
	h.Write(n[:])
	h.Write(part)
}
