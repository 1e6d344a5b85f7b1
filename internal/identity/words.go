package identity

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// words gives the words of a name in the form in which names compare: compatibility-composed and case-folded, punctuation and
// spaces as single spaces, "&" as "and", runs of single letters joined ("S.A.R.L." and "S A R L" are "sarl"). Apostrophes join
// ("L'Oréal" is "loréal"). With plain, accents go too.
func words(s string, plain bool) []string {
	s = foldCase(s, plain)
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		switch {
		case unicode.IsLetter(r) || unicode.IsNumber(r) || unicode.IsMark(r):
			b.WriteRune(r)
		case r == '&':
			b.WriteString(" and ")
		case r == '\'' || r == '’' || r == '`' || r == '´' || unicode.Is(unicode.Cf, r):
		default:
			b.WriteByte(' ')
		}
	}
	if s = b.String(); !isASCII(s) {
		s = norm.NFKC.String(s) // an accent may now stand beside its letter
	}
	return joinInitials(strings.Fields(s))
}

// foldCase is NFKC and case folding; with plain, without accents. Folding can decompose, so NFKC comes after it too; the lower case
// is for Cherokee, which Unicode folds to capitals.
func foldCase(s string, plain bool) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	s = norm.NFKC.String(strings.ToLower(cases.Fold().String(norm.NFKC.String(s))))
	if !plain {
		return s
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case r == 'ı':
			return 'i'
		case r == 'ø':
			return 'o'
		case r == 'ł':
			return 'l'
		}
		return r
	}, norm.NFKD.String(s))
	return norm.NFKC.String(s)
}

// joinInitials joins each run of two or more single letters into one word, in place.
func joinInitials(w []string) []string {
	out := w[:0]
	open := false // the last word of out is a run that may grow
	for _, s := range w {
		r, n := utf8.DecodeRuneInString(s)
		single := n == len(s) && unicode.IsLetter(r) && !unicode.Is(unicode.Han, r)
		if single && open {
			out[len(out)-1] += s
			continue
		}
		out, open = append(out, s), single
	}
	return out
}
