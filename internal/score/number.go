package score

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxNumberText is the length of the longest text, in bytes, that is looked at as a number.
const maxNumberText = 200

// ReadNumber reads a number out of text as people and exports write them: "1,200", "1.200.000,50", "$1.5M", "51-200 employees",
// "10001+", "1911.0", "over 500". A range counts by its lower bound, "under 50" and "up to 50" from 0. A single comma before three
// digits groups them, a single dot is a decimal sign. ok is false for text that doesn't begin with a number; the result is finite.
func ReadNumber(s string) (n float64, ok bool) {
	if len(s) > maxNumberText {
		return 0, false
	}
	s = fold(s)
	if only(s, "0123456789.+-e") {
		if f, err := strconv.ParseFloat(s, 64); err == nil {
			return f, true
		}
	}
	s, upper := cutLead(s)
	n, unit, rest, ok := scanAmount(s)
	if !ok {
		return 0, false
	}
	if upper {
		return 0, true
	}
	if unit == 0 {
		unit = 1
		if second, found := cutRange(rest); found {
			second, _ = cutLead(second)
			if _, u, _, ok := scanAmount(second); ok && u != 0 { // "1-5M" is from 1M
				unit = u
			}
		}
	}
	n *= unit
	return n, !math.IsInf(n, 0)
}

func only(s, alphabet string) bool { return s != "" && strings.Trim(s, alphabet) == "" }

// Words and signs that stand before a number. Those of uppers make it an upper bound.
var (
	leads = []string{"$", "€", "£", "¥", "~", "≈", ">=", ">", "≥", "+", "us$", "usd", "eur", "gbp", "chf", "approximately", "approx.", "approx", "about", "around",
		"circa", "ca.", "more than", "at least", "over", "from", "min."}
	uppers = []string{"<=", "<", "≤", "less than", "fewer than", "at most", "up to", "under", "below", "max."}
)

// cutLead takes words and signs off the beginning, and says whether one of them makes an upper bound.
func cutLead(s string) (rest string, upper bool) {
	rest = s
	for {
		if after, ok := cutAny(rest, uppers); ok {
			rest, upper = after, true
		} else if after, ok := cutAny(rest, leads); ok {
			rest = after
		} else {
			return rest, upper
		}
	}
}

func cutAny(s string, list []string) (rest string, found bool) {
	for _, lead := range list {
		if after, ok := strings.CutPrefix(s, lead); ok && !runsOn(lead, after) {
			return strings.TrimSpace(after), true
		}
	}
	return s, false
}

// runsOn says that the lead is only the beginning of a longer word.
func runsOn(lead, after string) bool {
	last, _ := utf8.DecodeLastRuneInString(lead)
	next, _ := utf8.DecodeRuneInString(after)
	return unicode.IsLetter(last) && unicode.IsLetter(next)
}

// cutRange takes the sign of a range off the beginning.
func cutRange(s string) (second string, found bool) {
	s = strings.TrimSpace(s)
	for _, sign := range []string{"-", "–", "—", "..", "to "} {
		if after, ok := strings.CutPrefix(s, sign); ok {
			return strings.TrimSpace(after), true
		}
	}
	return s, false
}

var units = map[string]float64{
	"k": 1e3, "tsd": 1e3, "thousand": 1e3, "m": 1e6, "mm": 1e6, "mn": 1e6, "mio": 1e6, "million": 1e6, "millions": 1e6,
	"b": 1e9, "bn": 1e9, "mrd": 1e9, "billion": 1e9, "billions": 1e9,
}

// scanAmount reads a number and the unit after it; unit is 0 when there is none. Letters joined to the number that are no unit
// make it no number ("3rd").
func scanAmount(s string) (n, unit float64, rest string, ok bool) {
	sign := 1.0
	for _, minus := range []string{"-", "−"} {
		if after, found := strings.CutPrefix(s, minus); found {
			s, sign = after, -1
			break
		}
	}
	n, rest, ok = scanNumber(s)
	if !ok {
		return 0, 0, "", false
	}
	after := strings.TrimLeft(rest, " ")
	end := strings.IndexFunc(after, func(c rune) bool { return !unicode.IsLetter(c) })
	if end < 0 {
		end = len(after)
	}
	word := after[:end]
	if unit = units[word]; unit != 0 {
		return sign * n, unit, after[end:], true
	}
	joined := word != "" && len(after) == len(rest)
	return sign * n, 0, rest, !joined
}

// scanNumber reads digits with their grouping and decimal signs.
func scanNumber(s string) (n float64, rest string, ok bool) {
	groups, seps, rest := scanGroups(s)
	if len(groups) == 0 {
		return 0, s, false
	}
	decimal := len(groups) // from this group on the digits stand behind the decimal sign
	if last := len(seps) - 1; last >= 0 {
		sign, first := seps[last], seps[0]
		switch {
		case sign != first: // the last of two kinds is the decimal sign
			decimal = last + 1
		case last > 0: // several of one kind group
		case sign == '.':
			decimal = 1
		case sign == ',' && (len(groups[1]) != 3 || len(groups[0]) > 3 || groups[0] == "0"):
			decimal = 1
		}
	}
	for i, g := range groups {
		grouped := i > 0 && i < decimal
		last := i == decimal-1
		if grouped && (len(g) != 3 && (last || len(g) != 2 || seps[0] != ',')) || i > 1 && i < decimal && seps[i-1] != seps[0] {
			return 0, s, false
		}
	}
	digits := strings.Join(groups[:decimal], "")
	if decimal < len(groups) {
		digits += "." + groups[decimal]
	}
	n, err := strconv.ParseFloat(digits, 64)
	return n, rest, err == nil
}

// scanGroups cuts runs of digits and the single signs between them. A space or an apostrophe only counts before exactly three digits.
func scanGroups(s string) (groups []string, seps []rune, rest string) {
	run := func(s string) int { return len(s) - len(strings.TrimLeft(s, "0123456789")) }
	rest = s
	for {
		n := run(rest)
		if n == 0 {
			return groups, seps, rest
		}
		groups, rest = append(groups, rest[:n]), rest[n:]
		sep, size := utf8.DecodeRuneInString(rest)
		next := run(rest[size:])
		switch sep {
		case '.', ',':
			if next == 0 {
				return groups, seps, rest
			}
		case ' ', '\u00a0', '\u202f', '\'', '’':
			if next != 3 || len(groups[0]) > 3 {
				return groups, seps, rest
			}
			sep = '\''
		default:
			return groups, seps, rest
		}
		seps, rest = append(seps, sep), rest[size:]
	}
}
