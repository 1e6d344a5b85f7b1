package channel

import "github.com/hbollon/go-edlib"

// nearest is the candidate that a word is most likely a slip of: at most one slip in four to six letters, two in longer words; "" for none.
// Shorter words are too near to each other.
func nearest(word string, candidates []string) string {
	const shortest, long, longest = 4, 7, 64
	if len(word) > longest {
		return ""
	}
	best, least := "", 2
	if len(word) >= long {
		least = 3
	}
	for _, c := range candidates {
		if len(c) < shortest || len(word) < shortest || c[0] != word[0] {
			continue
		}
		if n := edlib.OSADamerauLevenshteinDistance(word, c); n < least {
			best, least = c, n
		}
	}
	return best
}
