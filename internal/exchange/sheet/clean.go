// Package sheet reads delimited text as systems and people really write it: gzip, UTF-8, UTF-16 and Windows-1252, any delimiter, rows in
// bounded memory, and what single cells say (dates, numbers, addresses). It knows nothing of what a column is for, holds no state
// and never guesses where a date or a number has two readings: it gives the evidence, and the caller decides for the column.
package sheet

import (
	"bytes"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// Text makes a cell valid, trimmed UTF-8: bytes that are none are read as Windows-1252, zero bytes are dropped.
func Text(b []byte) (s string, legacy, nul bool) {
	if bytes.IndexByte(b, 0) >= 0 {
		b, nul = bytes.ReplaceAll(b, []byte{0}, nil), true
	}
	if !utf8.Valid(b) {
		legacy = true
		out := make([]byte, 0, len(b)+8)
		for len(b) > 0 {
			r, n := utf8.DecodeRune(b)
			if r == utf8.RuneError && n == 1 {
				r = charmap.Windows1252.DecodeByte(b[0])
			}
			out = utf8.AppendRune(out, r)
			b = b[n:]
		}
		b = out
	}
	return strings.TrimFunc(string(b), func(r rune) bool {
		return unicode.IsSpace(r) || r == '\ufeff' || r == '\u200b'
	}), legacy, nul
}

// Squeeze is a header or a word without case, spaces and punctuation: what it is recognised by.
func Squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// Snake is a header as a trait's name: "Original Source Drill-Down 1" is original_source_drill_down_1, "planName" plan_name.
func Snake(s string) string {
	var b strings.Builder
	lower := false // the rune before was a lower-case letter or a digit
	for _, r := range norm.NFC.String(s) {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			if b.Len() > 0 && !strings.HasSuffix(b.String(), "_") {
				b.WriteByte('_')
			}
			lower = false
			continue
		}
		if unicode.IsUpper(r) && lower {
			b.WriteByte('_')
		}
		lower = !unicode.IsUpper(r)
		b.WriteRune(unicode.ToLower(r))
	}
	return strings.TrimSuffix(b.String(), "_")
}

// Clip is the first n characters of a text, and a sign that there is more.
func Clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// NameKey is a name as a record's key: one spelling for "ACME  Corp." and "Acme Corp.".
func NameKey(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(norm.NFKC.String(s)), " "))
}

// Email takes one address out of a cell: alone, after mailto:, in "Name <address>", or the first of several. rest says that
// more stood in the cell; ok is false when there is no usable address.
func Email(s string) (addr string, rest, ok bool) {
	parts := strings.FieldsFunc(s, func(r rune) bool { return r == ';' || r == ',' || r == '|' || r == '\n' })
	for _, part := range parts {
		part = strings.TrimSpace(part)
		if from := strings.LastIndexByte(part, '<'); from >= 0 {
			part, _, _ = strings.Cut(part[from+1:], ">")
		}
		part = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(strings.ToLower(part), "mailto:")))
		if validEmail(part) {
			return part, len(parts) > 1, true
		}
	}
	return "", false, false
}

func validEmail(s string) bool {
	local, domain, ok := strings.Cut(s, "@")
	if !ok || local == "" || len(s) > 254 || strings.ContainsAny(s, " \t\"()<>[]\\") || strings.Contains(domain, "@") {
		return false
	}
	return validHost(domain) && !strings.Contains(s, "..")
}

func validHost(s string) bool {
	if len(s) < 3 || len(s) > 253 || !strings.Contains(s, ".") || strings.HasPrefix(s, ".") || strings.HasSuffix(s, ".") {
		return false
	}
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' && r != '.' {
			return false
		}
	}
	return true
}

// Phone keeps the digits, a leading + and an extension. ok is false for what can't be a number, such as 1.5551E+10.
func Phone(s string) (string, bool) {
	s = strings.TrimPrefix(strings.TrimPrefix(strings.ToLower(strings.TrimSpace(s)), "p:"), "tel:")
	s, ext, _ := strings.Cut(strings.ReplaceAll(strings.ReplaceAll(s, "extension", "x"), "ext", "x"), "x")
	ext = strings.Trim(ext, " .:")
	var b strings.Builder
	for i, r := range strings.TrimSpace(s) {
		switch {
		case r >= '0' && r <= '9', r == '+' && i == 0:
			b.WriteRune(r)
		case strings.ContainsRune(" -–./()\u00a0'", r):
		default:
			return "", false
		}
	}
	out := b.String()
	if after, ok := strings.CutPrefix(out, "00"); ok {
		out = "+" + after
	}
	if n := len(strings.TrimPrefix(out, "+")); n < 6 || n > 15 || strings.Trim(ext, "0123456789") != "" {
		return "", false
	}
	if ext != "" {
		out += " x" + ext
	}
	return out, true
}

// Bool reads the yes and no of several systems and languages.
func Bool(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "true", "1", "yes", "y", "on", "t", "x", "checked", "ja", "oui", "marketing contact":
		return true, true
	case "false", "0", "no", "n", "off", "f", "unchecked", "nein", "non", "non-marketing contact":
		return false, true
	}
	return false, false
}

// Domain is the host of an address or of a bare domain, without www; "" when there is none.
func Domain(s string) string {
	s = strings.ToLower(strings.TrimSpace(s))
	if !strings.Contains(s, "://") {
		s = "http://" + strings.TrimPrefix(s, "//")
	}
	u, err := url.Parse(s)
	if err != nil {
		return ""
	}
	host := strings.TrimSuffix(strings.TrimPrefix(u.Hostname(), "www."), ".")
	if !validHost(host) {
		return ""
	}
	return host
}
