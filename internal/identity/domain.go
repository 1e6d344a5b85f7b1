package identity

import (
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// maxHost is the longest host name in octets, without the root's dot (RFC 1035).
const maxHost = 253

// Domain gives the registrable domain of a URL, a host or a bare domain: "https://www.Acme.co.uk/x" is "acme.co.uk". It is what
// accounts are keyed by: lower case, A-labels ("xn--…"), without the root's dot.
//
// The public suffix list decides what is registrable, its private section included: under github.io, blogspot.com or
// myshopify.com the tenant is the company, and the bare suffix is nobody. A suffix that the list does not know counts as a
// one-label suffix, as the list's rules say.
//
// ok is false for what names no company on the public Internet: IP addresses, single labels, bare public suffixes, names of
// private networks (localhost, .local, .internal, .lan, .home, .corp, .arpa, .onion, .invalid), and free-mail and disposable
// domains. The reserved .example and .test pass, for documentation and demos.
func Domain(raw string) (string, bool) {
	host, ok := hostOf(raw)
	if !ok {
		return "", false
	}
	d, ok := registrable(host)
	if !ok || free(host, d) || disposable(host, d) {
		return "", false
	}
	return d, true
}

// hostOf cuts the host out of a URL or whatever a form's "website" field holds, and gives it in A-labels.
func hostOf(raw string) (string, bool) {
	if len(raw) > 4096 || !utf8.ValidString(raw) {
		return "", false
	}
	s := strings.Trim(cleanInvisible(raw), "<>()\"',;")
	if i := strings.Index(s, "://"); i >= 0 {
		s = s[i+3:]
	} else {
		s = strings.TrimPrefix(s, "//")
	}
	if i := strings.IndexAny(s, "/?#\\"); i >= 0 {
		s = s[:i]
	}
	s = s[strings.LastIndexByte(s, '@')+1:]
	if host, port, ok := strings.Cut(s, ":"); ok {
		if strings.Trim(port, "0123456789") != "" {
			return "", false
		}
		s = host
	}
	return asciiHost(strings.TrimSpace(s), true)
}

// hostProfile maps as browsers do (UTS 46, non-transitional), and leaves the rules about hyphens to asciiHost: names such as
// "r3---sn.example.com" are in use.
var hostProfile = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.BidiRule(), idna.CheckHyphens(false), idna.StrictDomainName(false))

// asciiHost gives a host name in lower-case A-labels without the root's dot. It refuses what is no host name: empty or overlong
// labels, characters other than letters, digits and inner hyphens (underscores where underscore is set: hosts below a domain have
// them), IP addresses and all-digit top levels.
func asciiHost(s string, underscore bool) (string, bool) {
	if s == "" || len(s) > 4*maxHost {
		return "", false
	}
	s = strings.ToLower(s)
	if !isASCII(s) || strings.Contains(s, "xn--") {
		a, err := hostProfile.ToASCII(s)
		if err != nil {
			return "", false
		}
		s = a
	}
	s = strings.TrimSuffix(s, ".")
	if len(s) > maxHost {
		return "", false
	}
	last := ""
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return "", false
		}
		for i := range len(label) {
			c := label[i]
			if !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_' && underscore) {
				return "", false
			}
		}
		last = label
	}
	if strings.Trim(last, "0123456789") == "" { // IPv4, however short; IPv6 has colons
		return "", false
	}
	return s, true
}

// registrable is the public suffix and one label more, for a host as asciiHost gives it; ok is false when there is no such label
// or the host belongs to a private network.
func registrable(host string) (string, bool) {
	if strings.IndexByte(host, '.') < 0 {
		return "", false
	}
	switch host[strings.LastIndexByte(host, '.')+1:] {
	case "localhost", "local", "localdomain", "internal", "lan", "home", "corp", "intranet", "arpa", "onion", "invalid":
		return "", false
	}
	d, err := publicsuffix.EffectiveTLDPlusOne(host)
	if err != nil || strings.IndexByte(d, '_') >= 0 {
		return "", false
	}
	return d, true
}

// freeBrands are mail providers with a domain in every country; the list of domains knows only the larger countries.
var freeBrands = [...]string{"gmail", "googlemail", "hotmail", "outlook", "yahoo", "ymail", "gmx", "yandex", "protonmail", "rediffmail"}

// free says whether mailboxes under the host are open to anybody (or to an access provider's subscribers). domain is the host's
// registrable part, or the host itself where it has none.
func free(host, domain string) bool {
	name, _, _ := strings.Cut(domain, ".")
	return slices.Contains(freeBrands[:], name) || inListOrParents(freeDomains, host, domain)
}

// disposable says whether mailboxes under the host are thrown away after use.
func disposable(host, domain string) bool { return inListOrParents(disposableDomains, host, domain) }

// inListOrParents looks for the host and for each name above it, down to the domain: "mx.mailinator.com" is "mailinator.com", but
// "acme.eu.org" is not "eu.org".
func inListOrParents(list, host, domain string) bool {
	for len(host) > len(domain) {
		if listed(list, host) {
			return true
		}
		_, host, _ = strings.Cut(host, ".")
	}
	return listed(list, domain)
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}
