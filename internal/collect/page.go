package collect

import "strings"

// Bounds of what a page's address may be, in bytes.
const (
	maxHost = 253
	maxPath = 2048
)

// splitURL takes the host, lower case and without port and credentials, and the path, without query and fragment, out of an address.
// Both are empty for what is no http address with a host; the path of a bare host is "/".
func splitURL(u string) (host, path string) {
	scheme, rest, ok := strings.Cut(u, "://")
	if !ok || !strings.EqualFold(scheme, "https") && !strings.EqualFold(scheme, "http") {
		return "", ""
	}
	rest = cutQuery(rest)
	host, path = rest, "/"
	if i := strings.IndexByte(rest, '/'); i >= 0 {
		host, path = rest[:i], rest[i:]
	}
	host = host[strings.LastIndexByte(host, '@')+1:]
	if i := strings.LastIndexByte(host, ':'); i >= 0 && !strings.HasSuffix(host, "]") {
		host = host[:i]
	}
	if host == "" || len(host) > maxHost || strings.ContainsFunc(host, func(r rune) bool { return r <= ' ' || strings.ContainsRune(`"<>\^{}|`, r) }) {
		return "", ""
	}
	return strings.ToLower(host), shorten(path, maxPath)
}

// cleanPath is a path as a sender states it, without query and fragment; empty for what does not start like one.
func cleanPath(p string) string {
	if !strings.HasPrefix(p, "/") {
		return ""
	}
	return shorten(cutQuery(p), maxPath)
}

func cutQuery(s string) string {
	if i := strings.IndexAny(s, "?#"); i >= 0 {
		return s[:i]
	}
	return s
}
