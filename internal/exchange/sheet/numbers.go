package sheet

import (
	"errors"
	"fmt"
	"strings"

	"github.com/shopspring/decimal"
)

// Number is a cell taken apart, before it is decided which of "." and "," is its decimal sign.
type Number struct {
	negative bool
	Body     string // digits, dots and commas
	Currency string // ISO 4217 when the cell says so, else ""
	scale    int32  // 3, 6 or 9 for a K, M or B behind it
}

var currencySigns = map[string]string{"€": "EUR", "£": "GBP", "₹": "INR", "R$": "BRL", "zł": "PLN", "US$": "USD", "CHF": "CHF", "¥": "", "$": ""}

// ScanNumber strips currency signs and codes, spaces, apostrophes, a sign or accounting parentheses.
func ScanNumber(s string) (n Number, err error) {
	s = strings.TrimSpace(s)
	if len(s) > 64 {
		return n, errors.New("too long for a number")
	}
	if strings.HasPrefix(s, "(") && strings.HasSuffix(s, ")") {
		n.negative, s = true, s[1:len(s)-1]
	}
	from := strings.IndexAny(s, "0123456789")
	if from < 0 {
		return n, errors.New("not a number")
	}
	if from > 0 && (s[from-1] == '.' || s[from-1] == ',') {
		from--
	}
	to := strings.LastIndexAny(s, "0123456789") + 1
	before, after := s[:from], s[to:]
	for _, r := range s[from:to] {
		switch {
		case r >= '0' && r <= '9', r == '.', r == ',':
			n.Body += string(r)
		case r == ' ', r == '\u00a0', r == '\u202f', r == '\'', r == '’':
		default:
			return n, errors.New("not a number")
		}
	}
	return n, n.around(strings.TrimSpace(before), strings.TrimSpace(after))
}

// around reads what stands before and behind the digits.
func (n *Number) around(before, after string) error {
	for _, sign := range []string{"-", "−", "+"} {
		for _, side := range []*string{&before, &after} {
			if strings.Contains(*side, sign) {
				if sign != "+" {
					n.negative = !n.negative
				}
				*side = strings.TrimSpace(strings.Replace(*side, sign, "", 1))
			}
		}
	}
	switch strings.ToLower(after) {
	case "k":
		n.scale, after = 3, ""
	case "m", "mio", "mn":
		n.scale, after = 6, ""
	case "b", "bn":
		n.scale, after = 9, ""
	}
	for _, word := range []string{before, after} {
		if word == "" {
			continue
		}
		if iso, ok := currencySigns[word]; ok {
			n.Currency = iso
		} else if IsCurrency(word) {
			n.Currency = strings.ToUpper(word)
		} else {
			return errors.New("not a number")
		}
	}
	return nil
}

// IsCurrency says whether a word has the form of an ISO 4217 code, in any case.
func IsCurrency(s string) bool {
	for i := range len(s) {
		if c := s[i] | 0x20; c < 'a' || c > 'z' {
			return false
		}
	}
	return len(s) == 3
}

// Currency reads a currency's code, in any case, or its sign.
func Currency(s string) (iso string, ok bool) {
	s = strings.TrimSpace(s)
	if iso := currencySigns[s]; iso != "" {
		return iso, true
	}
	return strings.ToUpper(s), IsCurrency(s)
}

// Evidence is '.' or ',' when the cell alone shows its decimal sign, else 0.
func (n Number) Evidence() byte {
	dot, comma := strings.LastIndexByte(n.Body, '.'), strings.LastIndexByte(n.Body, ',')
	switch {
	case dot >= 0 && comma >= 0 && dot > comma:
		return '.'
	case dot >= 0 && comma >= 0:
		return ','
	case dot >= 0:
		return single(n.Body, dot, '.', ',')
	case comma >= 0:
		return single(n.Body, comma, ',', '.')
	}
	return 0
}

// single judges a body with one kind of sign, the last at i: repeated it groups; with other than three digits behind it is decimal.
func single(body string, i int, sign, other byte) byte {
	switch {
	case strings.Count(body, string(sign)) > 1:
		return other
	case len(body)-i-1 != 3 || i == 0 || i > 3 || body[0] == '0':
		return sign
	}
	return 0
}

// Value is the number with the given decimal sign. A grouping sign out of its place is an error, never dropped.
func (n Number) Value(sign byte) (decimal.Decimal, error) {
	group := byte(',')
	if sign == ',' {
		group = '.'
	}
	whole, frac, _ := strings.Cut(n.Body, string(sign))
	parts := strings.Split(whole, string(group))
	for i, p := range parts {
		if i > 0 && len(p) != 3 && (len(p) != 2 || i == len(parts)-1) || i == 0 && len(parts) > 1 && (len(p) < 1 || len(p) > 3) {
			return decimal.Zero, fmt.Errorf("not a number with %q as decimal sign, which the column's other cells or its mapping say", string(sign))
		}
	}
	if strings.ContainsAny(frac, ".,") {
		return decimal.Zero, fmt.Errorf("not a number with %q as decimal sign, which the column's other cells or its mapping say", string(sign))
	}
	text := strings.Join(parts, "") + "." + frac + "0"
	if n.negative {
		text = "-" + text
	}
	d, err := decimal.NewFromString(text)
	if err != nil {
		return decimal.Zero, errors.New("not a number")
	}
	return d.Shift(n.scale), nil
}
