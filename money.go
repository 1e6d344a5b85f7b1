package millrace

import (
	"math"
	"strconv"
	"strings"
)

// Money is an amount in a currency's minor units ("12.34 EUR" is 1234). Sums of it are exact.
type Money struct {
	Minor    int64
	Currency string // ISO 4217, upper case; empty means the workspace's
}

// minorDigits lists the currencies whose minor unit is not a hundredth (ISO 4217).
var minorDigits = map[string]int{
	"BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0, "UYI": 0,
	"VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0, "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}

// MinorDigits is the number of decimals of a currency's minor unit: 2 unless ISO 4217 says otherwise.
func MinorDigits(currency string) int {
	if d, ok := minorDigits[currency]; ok {
		return d
	}
	return 2
}

// ParseMoney reads a decimal in major units with "." as decimal sign and no grouping ("-1204.5"). More decimals than the currency has
// are rounded half away from zero. It errs on anything else and beyond ±9.2e18 minor units.
func ParseMoney(decimal, currency string) (Money, error) {
	const op = "millrace.ParseMoney"
	s, neg := strings.TrimSpace(decimal), false
	if rest, ok := strings.CutPrefix(s, "-"); ok {
		s, neg = rest, true
	} else {
		s = strings.TrimPrefix(s, "+")
	}
	whole, frac, _ := strings.Cut(s, ".")
	if whole == "" && frac == "" {
		return Money{}, FieldErrorf(op, "", "%q is not an amount", decimal)
	}
	digits := MinorDigits(currency)
	roundUp := false
	if len(frac) > digits {
		roundUp = frac[digits] >= '5'
		for i := digits; i < len(frac); i++ {
			if frac[i] < '0' || frac[i] > '9' {
				return Money{}, FieldErrorf(op, "", "%q is not an amount", decimal)
			}
		}
		frac = frac[:digits]
	}
	frac += strings.Repeat("0", digits-len(frac))
	for i := 0; i < len(whole)+len(frac); i++ {
		if c := (whole + frac)[i]; c < '0' || c > '9' {
			return Money{}, FieldErrorf(op, "", "%q is not an amount", decimal)
		}
	}
	if whole+frac == "" {
		frac = "0"
	}
	n, err := strconv.ParseInt(whole+frac, 10, 64)
	if err != nil || n == math.MaxInt64 {
		return Money{}, FieldErrorf(op, "", "%q is too large an amount", decimal)
	}
	if roundUp {
		n++
	}
	if neg {
		n = -n
	}
	return Money{Minor: n, Currency: currency}, nil
}

// Decimal is the amount in major units with the currency's decimals, trailing zero decimals dropped only when all are zero: "1054", "1054.50".
func (m Money) Decimal() string {
	d := MinorDigits(m.Currency)
	neg := m.Minor < 0
	u := uint64(m.Minor)
	if neg {
		u = -u
	}
	s := strconv.FormatUint(u, 10)
	if len(s) <= d {
		s = strings.Repeat("0", d+1-len(s)) + s
	}
	whole, frac := s[:len(s)-d], s[len(s)-d:]
	if strings.Trim(frac, "0") != "" {
		whole += "." + frac
	}
	if neg {
		return "-" + whole
	}
	return whole
}
