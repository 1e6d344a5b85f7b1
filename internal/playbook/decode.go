package playbook

import (
	"fmt"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/hbollon/go-edlib"
)

// decoder fills a Document from a tree, strictly: unknown keys, wrong types, repeated and missing keys are problems, all reported.
type decoder struct {
	places   map[string]place
	problems Problems
}

func newDecoder() *decoder { return &decoder{places: map[string]place{}} }

func (d *decoder) problem(at place, path, suggestion, format string, args ...any) {
	d.problems = append(d.problems, Problem{Line: at.line, Column: at.column, Path: path, Message: fmt.Sprintf(format, args...), Suggestion: suggestion, Severity: SeverityError})
}

func (d *decoder) decodeDocument(root *node, doc *Document) {
	if root.kind != mappingNode {
		d.problem(root.at, "", "begin with the line: format: 1", "a playbook is a mapping of sections, and %s was found", root.found())
		return
	}
	d.value(root, reflect.ValueOf(doc).Elem(), "")
}

// member is one key of a Go struct's YAML form.
type member struct {
	key      string
	index    []int
	required bool
}

// membersOf reads the yaml tags: a key without omitempty is required, inline structs add their keys to the outer one's.
func membersOf(t reflect.Type) []member {
	var out []member
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		if options == "inline" {
			for _, m := range membersOf(f.Type) {
				out = append(out, member{m.key, append([]int{i}, m.index...), m.required})
			}
			continue
		}
		out = append(out, member{name, []int{i}, options != "omitempty"})
	}
	return out
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// value decodes n into v, which is at its zero value. A problem leaves v as it is.
func (d *decoder) value(n *node, v reflect.Value, path string) {
	d.places[path] = n.at
	switch v.Kind() {
	case reflect.Struct:
		d.mapping(n, v, path)
	case reflect.Map:
		d.grades(n, v, path)
	case reflect.Slice:
		d.list(n, v, path)
	case reflect.Pointer:
		inner := reflect.New(v.Type().Elem())
		before := len(d.problems)
		d.value(n, inner.Elem(), path)
		if len(d.problems) == before {
			v.Set(inner)
		}
	case reflect.String:
		d.text(n, v, path)
	case reflect.Bool:
		if n.kind != boolNode {
			d.problem(n.at, path, "", "true or false is wanted, and %s was found", n.found())
			return
		}
		v.SetBool(n.text == "true")
	case reflect.Int:
		d.whole(n, v, path)
	case reflect.Float64:
		d.number(n, v, path)
	default:
		panic("playbook: a document field of kind " + v.Kind().String())
	}
}

func (d *decoder) text(n *node, v reflect.Value, path string) {
	switch n.kind {
	case textNode:
		v.SetString(n.text)
	case wholeNode, numberNode, boolNode:
		d.problem(n.at, path, fmt.Sprintf("put it in quotes: %q", n.text), "text is wanted, and %s was found", n.found())
	default:
		d.problem(n.at, path, "", "text is wanted, and %s was found", n.found())
	}
}

func (d *decoder) whole(n *node, v reflect.Value, path string) {
	if n.kind != wholeNode && n.kind != numberNode {
		d.problem(n.at, path, unquoted(n), "a whole number is wanted, and %s was found", n.found())
		return
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(n.text, "_", ""), 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > math.MaxInt32 {
		d.problem(n.at, path, "", "a whole number of reasonable size is wanted, and %s was found", n.found())
		return
	}
	v.SetInt(int64(f))
}

func (d *decoder) number(n *node, v reflect.Value, path string) {
	if n.kind != wholeNode && n.kind != numberNode {
		d.problem(n.at, path, unquoted(n), "a number is wanted, and %s was found", n.found())
		return
	}
	f, err := strconv.ParseFloat(strings.ReplaceAll(n.text, "_", ""), 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		d.problem(n.at, path, "", "a finite number is wanted, and %s was found", n.found())
		return
	}
	v.SetFloat(f + 0) // + 0 turns -0 into 0
}

// unquoted suggests the number that a text holds.
func unquoted(n *node) string {
	if n.kind != textNode {
		return ""
	}
	s := strings.TrimSpace(n.text)
	if _, err := strconv.ParseFloat(s, 64); err == nil && !strings.ContainsAny(s, "nNxX") {
		return "write it without quotes: " + s
	}
	return ""
}

func (d *decoder) list(n *node, v reflect.Value, path string) {
	if n.kind != listNode {
		suggestion := ""
		if n.kind == textNode && v.Type().Elem().Kind() == reflect.String {
			suggestion = "write it as a list: [" + n.text + "]"
		}
		d.problem(n.at, path, suggestion, "a list is wanted, and %s was found", n.found())
		return
	}
	most := maxItems
	if v.Type().Elem().Kind() == reflect.String {
		most = maxTexts
	}
	if len(n.items) > most {
		d.problem(n.at, path, "", "a list of %d; at most %d are read here", len(n.items), most)
		return
	}
	out := reflect.MakeSlice(v.Type(), len(n.items), len(n.items))
	for i, item := range n.items {
		at := fmt.Sprintf("%s[%d]", path, i)
		d.value(item, out.Index(i), at)
	}
	v.Set(out)
}

// grades decodes the one kind of mapping whose keys are the team's own: letters to points.
func (d *decoder) grades(n *node, v reflect.Value, path string) {
	if n.kind != mappingNode {
		d.problem(n.at, path, "for example {A: 80, B: 60, C: 40, D: 0}", "a mapping of grades to points is wanted, and %s was found", n.found())
		return
	}
	out := reflect.MakeMap(v.Type())
	seen := map[string]place{}
	for _, f := range n.fields {
		at := join(path, f.key)
		if d.repeated(seen, f, at) {
			continue
		}
		points := reflect.New(v.Type().Elem()).Elem()
		d.value(f.value, points, at)
		out.SetMapIndex(reflect.ValueOf(f.key), points)
	}
	v.Set(out)
}

func (d *decoder) repeated(seen map[string]place, f field, path string) bool {
	first, ok := seen[f.key]
	if ok {
		d.problem(f.at, path, "keep one of them", "the key %s is given twice; the first is at line %d", quote(f.key), first.line)
		return true
	}
	seen[f.key] = f.at
	return false
}

func (d *decoder) mapping(n *node, v reflect.Value, path string) {
	if n.kind != mappingNode {
		d.problem(n.at, path, "", "a mapping is wanted, and %s was found", n.found())
		return
	}
	members := membersOf(v.Type())
	keys := make([]string, len(members))
	for i, m := range members {
		keys[i] = m.key
	}
	seen := map[string]place{}
	given := map[string]bool{}
	for _, f := range n.fields {
		at := join(path, f.key)
		i := slices.Index(keys, f.key)
		if i < 0 {
			d.unknown(f, at, keys)
			continue
		}
		if d.repeated(seen, f, at) {
			continue
		}
		if f.value.kind == nullNode { // "key:" with nothing after it says nothing
			d.places[at] = f.at
			continue
		}
		given[f.key] = true
		d.value(f.value, v.FieldByIndex(members[i].index), at)
	}
	for _, m := range members {
		if m.required && !given[m.key] {
			d.missing(n, seen, path, m.key)
		}
	}
}

func (d *decoder) unknown(f field, path string, keys []string) {
	suggestion := didYouMean(f.key, keys)
	if suggestion == "" {
		suggestion = "one of " + strings.Join(keys, ", ")
	}
	d.problem(f.at, path, suggestion, "unknown key %s", quote(f.key))
}

func (d *decoder) missing(n *node, seen map[string]place, path, key string) {
	at, ok := seen[key]
	if !ok {
		at = n.at
	}
	if path == "" && key == "icp" {
		d.problem(at, key, "add the section icp with at least one profile; the presets have worked examples",
			"a playbook without an ideal customer profile is refused: fit, grades, thresholds, channels and sequences all follow from it")
		return
	}
	d.problem(at, join(path, key), "", "%s is required here", quote(key))
}

// nearest is the candidate closest to the word by edit distance, "" when none is close enough to be what was meant.
func nearest(word string, candidates []string) string {
	const longest = 64
	word = strings.ToLower(strings.TrimSpace(word))
	if word == "" || len(word) > longest {
		return ""
	}
	best, least := "", max(1, len(word)/3)+1
	for _, c := range candidates {
		if diff := len(c) - len(word); len(c) > longest || diff >= least || -diff >= least {
			continue
		}
		if n := edlib.OSADamerauLevenshteinDistance(word, strings.ToLower(c)); n < least {
			best, least = c, n
		}
	}
	return best
}

func didYouMean(word string, candidates []string) string {
	if c := nearest(word, candidates); c != "" {
		return "did you mean " + c + "?"
	}
	return ""
}
