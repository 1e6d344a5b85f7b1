package identity

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Octet limits of RFC 5321, 4.5.3.1: of the part before the @, and of a whole address (a path of 256 less its brackets).
const (
	maxLocal   = 64
	maxAddress = 254
)

// Address is a normalised e-mail address, as Email gives it.
type Address struct {
	Value  string // Local + "@" + Domain: what contacts are keyed by
	Local  string // before the @, lower case, NFC
	Domain string // the whole host after the @, lower case, A-labels; Domain(a.Domain) is the registrable part
}

// Email normalises an address so that equal inboxes compare equal. It tolerates surrounding space and quotes, a display name
// ("Jane Doe <jane@acme.com>"), a "mailto:" link, invisible characters from copy and paste, and the root's dot. The result is
// NFC and lower case, the local part too: RFC 5321 lets a host tell Jane@ from jane@, and no host of any size does. The domain is
// in A-labels.
//
// Plus-tags ("jane+news@") and the dots of Gmail are kept: whether they are one inbox is the provider's rule and may change, and a
// wrong merge of two people costs more than a missed one. Such addresses are different until an alias or a merge says otherwise.
//
// ok is false for what is no address: beyond the limits of RFC 5321, spaces or control characters inside, more than one address,
// a quoted local part, misplaced dots, a host without a dot, an IP address.
func Email(raw string) (a Address, ok bool) {
	if len(raw) > 1000 || !utf8.ValidString(raw) {
		return Address{}, false
	}
	s := cleanInvisible(raw)
	if strings.HasSuffix(s, ">") {
		s = strings.TrimSpace(s[strings.LastIndexByte(s, '<')+1 : len(s)-1])
	}
	if len(s) >= 7 && strings.EqualFold(s[:7], "mailto:") {
		s, _, _ = strings.Cut(s[7:], "?")
		u, err := url.PathUnescape(s)
		if err != nil || !utf8.ValidString(u) {
			return Address{}, false
		}
		s = cleanInvisible(u)
	}
	s = strings.TrimRight(s, ",;")
	if n := len(s); n > 1 && (s[0] == '"' || s[0] == '\'') && s[0] == s[n-1] {
		s = strings.TrimSpace(s[1 : n-1])
	}
	at := strings.LastIndexByte(s, '@')
	if at <= 0 {
		return Address{}, false
	}
	local, host := lowerNFC(s[:at]), s[at+1:]
	if !dotAtom(local) {
		return Address{}, false
	}
	host, ok = asciiHost(host, false)
	if !ok || strings.IndexByte(host, '.') < 0 || len(local)+1+len(host) > maxAddress {
		return Address{}, false
	}
	value := local + "@" + host
	return Address{Value: value, Local: value[:len(local)], Domain: value[len(local)+1:]}, true
}

// dotAtom says whether s is a local part without quotes: words of RFC 5322's atext or of letters beyond ASCII (RFC 6531), single dots between.
func dotAtom(s string) bool {
	if s == "" || len(s) > maxLocal || s[0] == '.' || s[len(s)-1] == '.' || strings.Contains(s, "..") {
		return false
	}
	for _, r := range s {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
		case r < utf8.RuneSelf:
			if strings.IndexByte(".!#$%&'*+-/=?^_`{|}~", byte(r)) < 0 {
				return false
			}
		case !unicode.IsPrint(r):
			return false
		}
	}
	return true
}

// Role says whether the address belongs to a job, a team or a machine and not to one person (info@, sales-de@, no-reply@). Such an
// address never glues people together. A plus-tag makes no difference.
func (a Address) Role() bool {
	local, _, _ := strings.Cut(a.Local, "+")
	if listed(roleLocals, local) {
		return true
	}
	// "sales-de", "info.uk", "support_team": a role with a place or another role behind it. Of the words that are roles alone only
	// these few are taken: behind others stands a name ("chef.anna").
	i := strings.IndexAny(local, ".-_")
	if i < 0 {
		return false
	}
	switch local[:i] {
	case "info", "sales", "support", "contact", "hello", "office", "team", "billing", "jobs", "marketing", "press", "service", "kontakt", "ventas", "vertrieb":
		rest := local[i+1:]
		return len(rest) <= 3 || listed(roleLocals, rest)
	case "bounce", "bounces", "noreply", "donotreply", "notifications", "unsubscribe":
		return true
	}
	return strings.HasPrefix(local, "no-reply") || strings.HasPrefix(local, "do-not-reply")
}

// Free says whether anybody can have an address there (gmail.com, an access provider): such a domain makes no account.
func (a Address) Free() bool { return free(a.Domain, a.registrable()) }

// Disposable says whether the address is at a throw-away service: such a domain makes no account.
func (a Address) Disposable() bool { return disposable(a.Domain, a.registrable()) }

func (a Address) registrable() string {
	if d, ok := registrable(a.Domain); ok {
		return d
	}
	return a.Domain
}

// cleanInvisible trims white space and removes what copy and paste leaves inside and nobody sees: zero-width space, word joiner,
// byte order mark, soft hyphen, direction marks.
func cleanInvisible(s string) string {
	if !isASCII(s) {
		s = strings.Map(func(r rune) rune {
			switch r {
			case '\u200b', '\u2060', '\ufeff', '\u00ad', '\u200e', '\u200f', '\u202a', '\u202b', '\u202c', '\u202d', '\u202e':
				return -1
			}
			return r
		}, s)
	}
	return strings.TrimSpace(s)
}

// lowerNFC is lower case in NFC.
func lowerNFC(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	return norm.NFC.String(strings.ToLower(norm.NFC.String(s)))
}
