package score

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"millrace/internal/playbook"
)

// fold is the form in which texts compare: without outer space, in lower case.
func fold(s string) string { return strings.ToLower(strings.TrimSpace(s)) }

// glob is a pattern in which * is any run of characters, folded.
type glob string

func newGlobs(patterns []string) []glob {
	var gs []glob
	for _, p := range patterns {
		gs = append(gs, glob(fold(p)))
	}
	return gs
}

// match says whether the whole of s, which is folded, fits the pattern.
func (g glob) match(s string) bool { return playbook.Glob(string(g), s) }

func anyMatch(gs []glob, s string) bool {
	for _, g := range gs {
		if g.match(s) {
			return true
		}
	}
	return false
}

// anyDepth is the segment of a path pattern that stands for any number of segments, none included.
const anyDepth = glob("**")

// pathPattern is a pattern of paths, by segment. Upper and lower case differ in paths.
type pathPattern []glob

// newPathPattern reads a pattern: * is any run of characters within a segment, ** any depth. ** may be a segment, begin one
// ("**.pdf") or end one ("/docs**"), which also covers the segment without more depth.
func newPathPattern(pattern string) (pathPattern, error) {
	var p pathPattern
	for seg := range strings.SplitSeq(strings.TrimSpace(pattern), "/") {
		head, tail, deep := strings.Cut(seg, "**")
		switch {
		case seg == "":
		case !deep:
			p = append(p, glob(seg))
		case head == "" && tail == "":
			p = append(p, anyDepth)
		case head == "" && !strings.Contains(tail, "**"):
			p = append(p, anyDepth, glob("*"+tail))
		case tail == "":
			p = append(p, glob(head+"*"), anyDepth)
		default:
			return nil, fmt.Errorf("in %q, ** must be a whole segment of the path, or begin or end one", pattern)
		}
	}
	return p, nil
}

// appendSegments cuts a path; empty segments, so trailing slashes too, are left out.
func appendSegments(segs []string, path string) []string {
	for path != "" {
		var seg string
		seg, path, _ = strings.Cut(path, "/")
		if seg != "" {
			segs = append(segs, seg)
		}
	}
	return segs
}

// match is glob.match over segments.
func (p pathPattern) match(segs []string) bool {
	i, j, star, mark := 0, 0, -1, 0
	for i < len(segs) {
		switch {
		case j < len(p) && p[j] == anyDepth:
			star, mark = j, i
			j++
		case j < len(p) && p[j].match(segs[i]):
			i++
			j++
		case star >= 0:
			mark++
			i, j = mark, star+1
		default:
			return false
		}
	}
	for j < len(p) && p[j] == anyDepth {
		j++
	}
	return j == len(p)
}

// words is a text as its words, folded, with one space between: letters and digits make words, dots and apostrophes fall out
// ("C.F.O." is "cfo"), everything else separates. In patterns * stays as it is.
func words(s string, pattern bool) string {
	var b strings.Builder
	space := false
	for i := 0; i < len(s); {
		c, size := utf8.DecodeRuneInString(s[i:])
		i += size
		switch {
		case unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.IsMark(c) || c == '*' && pattern:
			if space && b.Len() > 0 {
				b.WriteByte(' ')
			}
			space = false
			b.WriteRune(unicode.ToLower(c))
		case c == '.' || c == '\'' || c == '’':
		default:
			space = true
		}
	}
	return b.String()
}

// wordsGlob is a pattern that fits whole words anywhere in " "+words+" ".
func wordsGlob(pattern string) glob { return glob("* " + words(pattern, true) + " *") }
