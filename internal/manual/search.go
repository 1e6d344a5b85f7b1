package manual

import (
	"slices"
	"strings"
	"unicode"
)

// Hit is a section, or the beginning of a page, in which all words were found.
type Hit struct {
	Name    string `json:"name"`
	Page    string `json:"page" doc:"The page's title"`
	ID      string `json:"id" doc:"Of the section's heading, empty for the page's beginning"`
	Section string `json:"section" doc:"The section's title, empty for the page's beginning"`
	Excerpt string `json:"excerpt" doc:"Where the words stand in it"`
}

// How much it says of a section that a word begins one of its heading, of its page's title, of its text.
const (
	inHeading = 9
	inTitle   = 4
	inText    = 1
)

// Search finds the sections in which every word of the question begins a word, whatever its case; a plural finds the singular. Those with the
// words in their headings come first, then those of pages with the words in their titles; at most limit.
func (m *Manual) Search(question string, limit int) []Hit {
	type ranked struct {
		Hit
		score int
	}
	var found []ranked
	asked := words(question)
	if len(asked) == 0 {
		return []Hit{}
	}
	for i, w := range asked {
		if len(w) > 3 {
			asked[i] = strings.TrimSuffix(w, "s")
		}
	}
	add := func(p Page, s Section) {
		if n := score(asked, words(s.Title), words(p.Title), words(s.text)); n > 0 {
			found = append(found, ranked{Hit{p.Name, p.Title, s.ID, s.Title, excerpt(s.text, asked)}, n})
		}
	}
	for _, p := range m.pages {
		add(p, Section{text: p.intro})
		for _, s := range p.Sections {
			add(p, s)
		}
	}
	slices.SortStableFunc(found, func(a, b ranked) int { return b.score - a.score })
	hits := []Hit{}
	for _, f := range found[:min(limit, len(found))] {
		hits = append(hits, f.Hit)
	}
	return hits
}

// score is 0 when a word is found nowhere, or in the title of the page alone while another is nowhere in the section itself: the page's own
// beginning answers for its title.
func score(asked, heading, title, text []string) int {
	sum, own := 0, len(heading) == 0
	for _, w := range asked {
		n := 0
		if begins(heading, w) {
			n, own = inHeading, true
		} else if begins(title, w) {
			n = inTitle
		}
		if begins(text, w) {
			n, own = n+inText, true
		}
		if n == 0 {
			return 0
		}
		sum += n
	}
	if !own {
		return 0
	}
	return sum
}

func begins(all []string, w string) bool {
	return slices.ContainsFunc(all, func(s string) bool { return strings.HasPrefix(s, w) })
}

// words are the runs of letters and digits, in lower case.
func words(s string) []string {
	return strings.FieldsFunc(strings.ToLower(s), apart)
}

func apart(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }

// excerpt is a piece of some 160 characters around the first of the words, cut between words.
func excerpt(text string, asked []string) string {
	const before, length = 40, 160
	all := []rune(text)
	at := 0
	for i := range all {
		if (i == 0 || apart(all[i-1])) && slices.ContainsFunc(asked, func(w string) bool { return strings.HasPrefix(strings.ToLower(string(all[i:min(i+40, len(all))])), w) }) {
			at = i
			break
		}
	}
	from := max(at-before, 0)
	for from > 0 && from < at && all[from-1] != ' ' {
		from++
	}
	to := min(from+length, len(all))
	for to < len(all) && to > from && all[to] != ' ' {
		to--
	}
	out := strings.TrimSpace(string(all[from:to]))
	if from > 0 {
		out = "…" + out
	}
	if to < len(all) {
		out += "…"
	}
	return out
}
