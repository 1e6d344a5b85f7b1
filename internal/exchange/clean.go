package exchange

import (
	"bytes"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"

	"millrace"
)

// cellText makes a cell valid, trimmed UTF-8: bytes that are none are read as Windows-1252, zero bytes are dropped.
func cellText(b []byte) (s string, legacy, nul bool) {
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

// squeeze is a header or a word without case, spaces and punctuation: what it is recognised by.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}

// snake is a header as a trait's name: "Original Source Drill-Down 1" is original_source_drill_down_1, "planName" plan_name.
func snake(s string) string {
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

// nameKey is a name as a record's key: one spelling for "ACME  Corp." and "Acme Corp.".
func nameKey(s string) string {
	return strings.ToLower(strings.Join(strings.Fields(norm.NFKC.String(s)), " "))
}

// blankWords stand for an empty cell in any column; blankTyped only where a date, number or choice is wanted.
var (
	blankWords = map[string]bool{"": true, "--": true, "(No value)": true, "#N/A": true, `\N`: true}
	blankTyped = map[string]bool{"-": true, ".": true, "n/a": true, "na": true, "null": true, "none": true, "(none)": true, "nan": true, "unknown": true}
)

// cleanEmail takes one address out of a cell: alone, after mailto:, in "Name <address>", or the first of several. rest says that
// more stood in the cell; ok is false when there is no usable address.
func cleanEmail(s string) (addr string, rest, ok bool) {
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

// cleanPhone keeps the digits, a leading + and an extension. ok is false for what can't be a number, such as 1.5551E+10.
func cleanPhone(s string) (string, bool) {
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

func cleanBool(s string) (value, ok bool) {
	switch strings.ToLower(s) {
	case "true", "1", "yes", "y", "on", "t", "x", "checked", "ja", "oui", "marketing contact":
		return true, true
	case "false", "0", "no", "n", "off", "f", "unchecked", "nein", "non", "non-marketing contact":
		return false, true
	}
	return false, false
}

// cleanDomain is the host of an address or of a bare domain, without www; "" when there is none.
func cleanDomain(s string) string {
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

// lifecycleWords are other systems' words for the lifecycle stages, squeezed.
var lifecycleWords = map[string]millrace.Stage{
	"subscriber": millrace.StageLead, "lead": millrace.StageLead, "newlead": millrace.StageLead, "prospect": millrace.StageLead,
	"inquiry": millrace.StageLead, "raw": millrace.StageLead, "visitor": millrace.StageLead, "new": millrace.StageLead,
	"marketingqualifiedlead": millrace.StageMQL, "marketingqualified": millrace.StageMQL, "mql": millrace.StageMQL, "mqa": millrace.StageMQL,
	"salesacceptedlead": millrace.StageAccepted, "salesaccepted": millrace.StageAccepted, "sal": millrace.StageAccepted, "accepted": millrace.StageAccepted,
	"salesqualifiedlead": millrace.StageSQL, "salesqualified": millrace.StageSQL, "sql": millrace.StageSQL, "qualified": millrace.StageSQL,
	"opportunity": millrace.StageOpportunity, "salesqualifiedopportunity": millrace.StageOpportunity, "deal": millrace.StageOpportunity,
	"customer": millrace.StageCustomer, "client": millrace.StageCustomer, "evangelist": millrace.StageCustomer, "won": millrace.StageCustomer,
	"recycled": millrace.StageRecycled, "recycle": millrace.StageRecycled, "nurture": millrace.StageRecycled,
	"disqualified": millrace.StageDisqualified, "unqualified": millrace.StageDisqualified,
}

// leadStatusWords bring the spellings found in real exports to one word a status, squeezed.
var leadStatusWords = map[string]string{
	"new": "new", "newlead": "new", "fresh": "new", "uncontacted": "new", "notcontacted": "new", "untouched": "new",
	"open": "open", "opennotcontacted": "open", "openlead": "open", "assigned": "open",
	"inprogress": "in_progress", "working": "in_progress", "workingcontacted": "in_progress", "inprocess": "in_progress", "wip": "in_progress", "ongoing": "in_progress",
	"attempted": "attempted", "attemptedtocontact": "attempted", "attempting": "attempted", "attemptingcontact": "attempted", "contactattempted": "attempted", "noanswer": "attempted", "leftvoicemail": "attempted",
	"connected": "connected", "contacted": "connected", "contactmade": "connected", "replied": "connected", "responded": "connected", "engaged": "connected",
	"opendeal": "open_deal", "deal": "open_deal", "dealopen": "open_deal", "qualified": "qualified", "salesqualified": "qualified", "qualifiedlead": "qualified", "closedconverted": "qualified", "converted": "qualified",
	"unqualified": "unqualified", "notqualified": "unqualified", "disqualified": "unqualified", "dq": "unqualified", "junk": "unqualified", "badlead": "unqualified", "bad": "unqualified", "closednotconverted": "unqualified", "notafit": "unqualified", "notinterested": "unqualified",
	"badtiming": "bad_timing", "notnow": "bad_timing", "later": "bad_timing", "nurture": "nurture", "nurturing": "nurture", "recycled": "nurture",
}

// longSalesforceID makes the 15-character id of a Salesforce report the 18-character one of its other exports: both name one record.
// The three added letters say which of the 15 are upper case.
func longSalesforceID(id string) string {
	if len(id) != 15 {
		return id
	}
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
	out := id
	for block := range 3 {
		bits := 0
		for i := range 5 {
			c := id[block*5+i]
			if c >= 'A' && c <= 'Z' {
				bits |= 1 << i
			} else if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
				return id
			}
		}
		out += letters[bits : bits+1]
	}
	return out
}
