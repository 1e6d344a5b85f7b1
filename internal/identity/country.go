package identity

import "strings"

// Country gives the ISO 3166-1 alpha-2 code of a country named in English, in one of its own languages or in a few large ones
// ("Deutschland", "États-Unis"), by its two- or three-letter code, or by a common short name ("USA", "UK", "Holland"). Case,
// accents and punctuation don't matter. Kosovo is XK, which ISO leaves to its users. ok is false for anything else.
func Country(raw string) (iso2 string, ok bool) {
	if len(raw) > 200 {
		return "", false
	}
	if iso2, ok = lookup(countryNames, countryKey(raw)); ok {
		return iso2, true
	}
	if name, _, cut := strings.Cut(raw, "("); cut { // "United States (US)"
		return lookup(countryNames, countryKey(name))
	}
	return "", false
}

// countryKey is the form in which lists/countries.txt has names.
func countryKey(s string) string {
	w := words(s, true)
	if len(w) > 1 && w[0] == "the" {
		w = w[1:]
	}
	for i := range w {
		if w[i] == "st" {
			w[i] = "saint"
		}
	}
	return strings.Join(w, " ")
}
