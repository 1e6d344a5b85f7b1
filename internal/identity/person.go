package identity

import (
	"slices"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// PersonName gives a person's first and last name, for greeting and showing: NFC, single spaces, without honorifics ("Dr.", "Frau"),
// in the case in which they came. What is given apart is kept apart; where only full is given ("Jane van Dyck", "Dyck, Jane") it is
// split: what follows a comma is the first name, a last name starts at its particle, else it is the last word. A single word is a
// first name. E-mail addresses in it are dropped.
func PersonName(first, last, full string) (string, string) {
	first, last = cleanName(first), cleanName(last)
	if first != "" || last != "" {
		return first, last
	}
	full = norm.NFC.String(full)
	if l, f, ok := strings.Cut(full, ","); ok {
		if f, l = cleanName(f), cleanName(l); f != "" && l != "" && !degree(f) {
			return f, l
		}
		full = l
	}
	w := strings.Fields(cleanName(full))
	if len(w) < 2 {
		return strings.Join(w, " "), ""
	}
	at := len(w) - 1
	for i := 1; i < len(w)-1; i++ {
		if particle(w[i]) {
			at = i
			break
		}
	}
	return cleanName(strings.Join(w[:at], " ")), cleanName(strings.Join(w[at:], " "))
}

// cleanName is a name in NFC with single spaces, without honorifics before it and words with an @.
func cleanName(s string) string {
	w := strings.Fields(norm.NFC.String(cleanInvisible(s)))
	w = slices.DeleteFunc(w, func(x string) bool { return strings.Contains(x, "@") })
	for len(w) > 0 {
		if x := strings.TrimLeft(w[0], ",;\""); x == "" || len(w) > 1 && honorific(x) {
			w = w[1:]
		} else {
			w[0] = x
			break
		}
	}
	return strings.TrimRight(strings.Join(w, " "), " ,;\"")
}

func honorific(w string) bool {
	switch strings.ToLower(strings.TrimSuffix(w, ".")) {
	case "mr", "mrs", "ms", "miss", "mx", "dr", "prof", "professor", "sir", "herr", "frau", "dipl.-ing", "mme", "mlle", "monsieur", "madame", "señor", "señora", "sra", "ing":
		return true
	}
	return false
}

// particle says whether the word starts a last name of several words.
func particle(w string) bool {
	switch strings.ToLower(w) {
	case "van", "von", "vom", "zu", "zur", "de", "del", "della", "dela", "di", "da", "dal", "dos", "das", "du", "des", "der", "den", "ter", "ten", "la", "le", "bin", "ibn", "bint", "al", "el", "st.", "saint", "mac", "af", "av":
		return true
	}
	return false
}

// degree says whether what follows the comma of "Jane Doe, PhD" is no first name.
func degree(s string) bool {
	switch strings.ToLower(strings.ReplaceAll(s, ".", "")) {
	case "phd", "md", "mba", "jr", "sr", "esq", "cpa", "cfa", "pmp", "cissp", "ii", "iii", "msc", "bsc", "ma", "ba", "jd", "pe":
		return true
	}
	return false
}
