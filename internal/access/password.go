package access

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	_ "embed"
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"unicode/utf8"

	"millrace"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// argonParameters are the cost of a hash: memory in KiB, passes and lanes.
type argonParameters struct {
	memory, passes uint32
	lanes          uint8
}

// Costs of a password's hash: OWASP's Password Storage Cheat Sheet, argon2id with 19 MiB, two passes, one lane.
var current = argonParameters{memory: 19 * 1024, passes: 2, lanes: 1}

const (
	saltLength = 16
	hashLength = 32
	// atOnce bounds the memory of hashing: 4 × 19 MiB. Others wait, mostWaiting of them at most.
	atOnce      = 4
	mostWaiting = 64
)

// The most that is taken from a stored hash, so that a damaged row can't take the machine's memory.
const (
	mostMemory = 1 << 20 // KiB
	mostPasses = 64
)

// phc is a hash in the PHC string format: $argon2id$v=19$m=19456,t=2,p=1$salt$hash (github.com/P-H-C/phc-string-format).
type phc struct {
	argonParameters
	salt, hash []byte
}

func (p phc) String() string {
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.passes, p.lanes, b64.EncodeToString(p.salt), b64.EncodeToString(p.hash))
}

// parsePHC reads what String writes. ok is false for anything else.
func parsePHC(s string) (p phc, ok bool) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return p, false
	}
	costs := strings.Split(parts[3], ",")
	if len(costs) != 3 {
		return p, false
	}
	var numbers [3]uint64
	for i, name := range [...]string{"m=", "t=", "p="} {
		text, found := strings.CutPrefix(costs[i], name)
		n, err := strconv.ParseUint(text, 10, 32)
		if !found || err != nil || n == 0 || text != strconv.FormatUint(n, 10) {
			return p, false
		}
		numbers[i] = n
	}
	if numbers[0] > mostMemory || numbers[1] > mostPasses || numbers[2] > 255 || numbers[0] < 8*numbers[2] {
		return p, false
	}
	p.argonParameters = argonParameters{uint32(numbers[0]), uint32(numbers[1]), uint8(numbers[2])}
	if strings.ContainsAny(s, "\r\n") {
		return p, false // the base64 decoder passes them over
	}
	var err error
	if p.salt, err = base64.RawStdEncoding.Strict().DecodeString(parts[4]); err != nil || len(p.salt) < 8 || len(p.salt) > 64 {
		return p, false
	}
	if p.hash, err = base64.RawStdEncoding.Strict().DecodeString(parts[5]); err != nil || len(p.hash) < 16 || len(p.hash) > 64 {
		return p, false
	}
	return p, true
}

// hasher hashes passwords, a few at once.
type hasher struct {
	slots   chan struct{}
	waiting atomic.Int32
	costs   argonParameters
	nobody  func() phc // compared with where there is no password, so that this takes as long
}

func newHasher(costs argonParameters) *hasher {
	h := &hasher{slots: make(chan struct{}, atOnce), costs: costs}
	h.nobody = sync.OnceValue(func() phc {
		p := phc{argonParameters: costs, salt: make([]byte, saltLength), hash: make([]byte, hashLength)}
		rand.Read(p.salt)
		rand.Read(p.hash)
		return p
	})
	return h
}

// slot waits for a turn and gives the function that ends it. Unavailable when too many wait or the caller went away.
func (h *hasher) slot(ctx context.Context) (func(), error) {
	const op = "access.hash"
	if h.waiting.Add(1) > mostWaiting {
		h.waiting.Add(-1)
		return nil, millrace.Errorf(millrace.Unavailable, op, "too many people sign in at once")
	}
	defer h.waiting.Add(-1)
	select {
	case h.slots <- struct{}{}:
		return func() { <-h.slots }, nil
	case <-ctx.Done():
		return nil, &millrace.Error{Code: millrace.Unavailable, Op: op, Err: ctx.Err()}
	}
}

func (h *hasher) key(password string, p phc) []byte {
	return argon2.IDKey([]byte(norm.NFKC.String(password)), p.salt, p.passes, p.memory, p.lanes, uint32(len(p.hash)))
}

// make hashes a password under the present costs.
func (h *hasher) make(ctx context.Context, password string) (string, error) {
	done, err := h.slot(ctx)
	if err != nil {
		return "", err
	}
	defer done()
	p := phc{argonParameters: h.costs, salt: make([]byte, saltLength), hash: make([]byte, hashLength)}
	rand.Read(p.salt)
	p.hash = h.key(password, p)
	return p.String(), nil
}

// check compares a password with a stored hash in constant time. A stored text that is no hash, such as none, takes as long and never fits.
// stale says that the hash was made under other costs than the present ones.
func (h *hasher) check(ctx context.Context, password, stored string) (ok, stale bool, err error) {
	done, err := h.slot(ctx)
	if err != nil {
		return false, false, err
	}
	defer done()
	p, known := parsePHC(stored)
	if !known {
		p = h.nobody()
	}
	same := subtle.ConstantTimeCompare(h.key(password, p), p.hash) == 1
	return same && known, p.argonParameters != h.costs, nil
}

// Lengths of passwords in characters. NIST SP 800-63B-4 asks for a length and against rules of composition.
const (
	MinPassword = 10
	MaxPassword = 256
)

//go:embed common_passwords.txt
var commonText string

var commonPasswords = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{}
	for line := range strings.Lines(commonText) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			words[line] = true
		}
	}
	return words
})

// checkPassword judges a new password. Errors are Invalid at field.
func checkPassword(field, password string, u User) error {
	const op = "access.password"
	n := utf8.RuneCountInString(password)
	switch {
	case !utf8.ValidString(password) || strings.ContainsRune(password, 0):
		return millrace.FieldErrorf(op, field, "this is no text")
	case n < MinPassword:
		return millrace.FieldErrorf(op, field, "use at least %d characters; a few words in a row do well", MinPassword)
	case n > MaxPassword:
		return millrace.FieldErrorf(op, field, "use at most %d characters", MaxPassword)
	}
	lower := strings.ToLower(norm.NFKC.String(password))
	local, domain, _ := strings.Cut(u.Email, "@")
	for _, own := range []string{u.Email, local, domain, strings.ToLower(u.Name), strings.ToLower(strings.ReplaceAll(u.Name, " ", ""))} {
		if rest := strings.ReplaceAll(lower, own, ""); len(own) >= 4 && utf8.RuneCountInString(rest) < 4 && rest != lower {
			return millrace.FieldErrorf(op, field, "this is too near to your own address or name: choose something that others can't guess")
		}
	}
	if commonPasswords()[lower] || distinct(lower) < 4 {
		return millrace.FieldErrorf(op, field, "this is among the passwords that are tried first: choose another")
	}
	return nil
}

// distinct counts the different characters of a text.
func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}
