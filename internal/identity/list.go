package identity

import (
	_ "embed"
	"strings"
)

// The lists stand in the program as sorted text and are searched where they lie: they cost no start-up time and no heap, only the
// pages that a search touches. TestLists makes them (-update) and says where they come from.
var (
	//go:embed lists/free.txt
	freeDomains string
	//go:embed lists/disposable.txt
	disposableDomains string
	//go:embed lists/roles.txt
	roleLocals string
	//go:embed lists/countries.txt
	countryNames string // "name\tXX": the name in the form of words, the ISO 3166-1 alpha-2 code
)

// listed says whether the line is in the list: lines in byte order, each ended by "\n".
func listed(list, line string) bool {
	_, ok := lookup(list, line)
	return ok
}

// lookup finds the line that is key, or starts with key and a tab, and gives what stands after the tab.
func lookup(list, key string) (value string, ok bool) {
	if key == "" {
		return "", false
	}
	lo, hi := 0, len(list) // both at the start of a line
	for lo < hi {
		mid := strings.LastIndexByte(list[lo:lo+(hi-lo)/2], '\n') + 1 + lo
		end := mid + strings.IndexByte(list[mid:], '\n')
		k, v, _ := strings.Cut(list[mid:end], "\t")
		switch c := strings.Compare(k, key); {
		case c == 0:
			return v, true
		case c < 0:
			lo = end + 1
		default:
			hi = mid
		}
	}
	return "", false
}
