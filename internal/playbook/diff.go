package playbook

import (
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// The kinds of Change.
const (
	Added   = "added"
	Removed = "removed"
	Changed = "changed"
)

// Change is one difference between two playbooks.
type Change struct {
	Path   string `json:"path"`  // list items by id or name: rubric.behaviors[pricing_page].points
	Label  string `json:"label"` // the same for people: Rubric › Behaviors › Pricing page › Points
	Kind   string `json:"kind"`  // Added, Removed or Changed
	Before string `json:"before,omitempty"`
	After  string `json:"after,omitempty"`
}

// Diff lists what differs in meaning between a and b, in the document's order. Items of lists are matched by id or name (a renamed one
// is removed and added); where order decides (profiles, bands, behaviors, roles, channels), the fewest moves that explain it are
// reported as changes of place. It is empty exactly when the versions are equal.
func Diff(a, b *Playbook) []Change {
	var d differ
	before, after := normalize(a.Document), normalize(b.Document)
	d.value(reflect.ValueOf(before), reflect.ValueOf(after), "", nil, true)
	return d.changes
}

type differ struct{ changes []Change }

func (d *differ) add(kind, path string, label []string, before, after string) {
	d.changes = append(d.changes, Change{Path: path, Label: strings.Join(label, " › "), Kind: kind, Before: before, After: after})
}

// value compares what stands at one path. Of a required key a zero value is a value; of an optional one it is none.
func (d *differ) value(a, b reflect.Value, path string, label []string, required bool) {
	switch a.Kind() {
	case reflect.Struct:
		for _, m := range membersOf(a.Type()) {
			d.value(a.FieldByIndex(m.index), b.FieldByIndex(m.index), join(path, m.key), extend(label, title(m.key)), m.required)
		}
		return
	case reflect.Slice:
		d.list(a, b, path, label)
		return
	case reflect.Map:
		d.grades(a, b, path, label)
		return
	}
	before, after := describe(a), describe(b)
	switch {
	case before == after && a.IsZero() == b.IsZero():
	case !required && a.IsZero():
		d.add(Added, path, label, "", after)
	case !required && b.IsZero():
		d.add(Removed, path, label, before, "")
	default:
		d.add(Changed, path, label, before, after)
	}
}

func (d *differ) grades(a, b reflect.Value, path string, label []string) {
	keys := append(sortedKeys(a), sortedKeys(b)...)
	slices.Sort(keys)
	for _, k := range slices.Compact(keys) {
		va, vb := a.MapIndex(reflect.ValueOf(k)), b.MapIndex(reflect.ValueOf(k))
		at, named := join(path, k), extend(label, k)
		switch {
		case !va.IsValid():
			d.add(Added, at, named, "", describe(vb))
		case !vb.IsValid():
			d.add(Removed, at, named, describe(va), "")
		default:
			d.value(va, vb, at, named, true)
		}
	}
}

func (d *differ) list(a, b reflect.Value, path string, label []string) {
	ka, kb := keysOf(a), keysOf(b)
	for i, k := range ka {
		if !slices.Contains(kb, k) {
			d.add(Removed, itemPath(path, k), extend(label, nameOf(a.Index(i), k)), describe(a.Index(i)), "")
		}
	}
	var order []int // for each item of b that a has too: its place in a
	var common []string
	for j, k := range kb {
		at, named := itemPath(path, k), extend(label, nameOf(b.Index(j), k))
		i := slices.Index(ka, k)
		if i < 0 {
			d.add(Added, at, named, "", describe(b.Index(j)))
			continue
		}
		order, common = append(order, i), append(common, k)
		d.value(a.Index(i), b.Index(j), at, named, true)
	}
	if !ordered(a.Type().Elem()) {
		return
	}
	stay := longestIncreasing(order)
	var old []string
	for _, k := range ka {
		if slices.Contains(common, k) {
			old = append(old, k)
		}
	}
	for j, k := range common {
		if !stay[j] {
			item := b.Index(slices.Index(kb, k))
			d.add(Changed, itemPath(path, k), append(extend(label, nameOf(item, k)), "Place"), placeIn(old, k), placeIn(common, k))
		}
	}
}

// placeIn says where k stands among the items both versions have.
func placeIn(keys []string, k string) string {
	if i := slices.Index(keys, k); i > 0 {
		return "after " + keys[i-1]
	}
	return "first"
}

// longestIncreasing marks the members of a longest increasing subsequence: what need not be said to have moved.
func longestIncreasing(seq []int) []bool {
	best, from := make([]int, len(seq)), make([]int, len(seq))
	last := -1
	for i := range seq {
		best[i], from[i] = 1, -1
		for j := range i {
			if seq[j] < seq[i] && best[j]+1 > best[i] {
				best[i], from[i] = best[j]+1, j
			}
		}
		if last < 0 || best[i] > best[last] {
			last = i
		}
	}
	in := make([]bool, len(seq))
	for ; last >= 0; last = from[last] {
		in[last] = true
	}
	return in
}

func itemPath(path, key string) string { return path + "[" + key + "]" }

func extend(label []string, s string) []string {
	return append(slices.Clone(label), s)
}

// nameOf is what people call an item: its label where it has one.
func nameOf(v reflect.Value, key string) string {
	if v.Kind() == reflect.Struct {
		if f := v.FieldByName("Label"); f.IsValid() && f.String() != "" {
			return f.String()
		}
	}
	return key
}

// title turns a key into words: half_life_days is "Half life days".
func title(key string) string {
	switch key {
	case "icp", "mql", "mqa", "sal", "sql":
		return strings.ToUpper(key)
	case "cpl_low":
		return "CPL low"
	case "cpl_high":
		return "CPL high"
	}
	words := strings.ReplaceAll(key, "_", " ")
	return strings.ToUpper(words[:1]) + words[1:]
}

// positional finds the path by positions ("rubric.behaviors[3]") of a path by keys ("rubric.behaviors[pricing_page]"), "" for none.
func positional(doc Document, keyed string) string {
	var find func(v reflect.Value, byKey, byPlace string) string
	find = func(v reflect.Value, byKey, byPlace string) string {
		if byKey == keyed {
			return byPlace
		}
		if !strings.HasPrefix(keyed, byKey) {
			return ""
		}
		switch v.Kind() {
		case reflect.Struct:
			for _, m := range membersOf(v.Type()) {
				if p := find(v.FieldByIndex(m.index), join(byKey, m.key), join(byPlace, m.key)); p != "" {
					return p
				}
			}
		case reflect.Slice:
			for i, k := range keysOf(v) {
				if p := find(v.Index(i), itemPath(byKey, k), itemPath(byPlace, strconv.Itoa(i))); p != "" {
					return p
				}
			}
		case reflect.Map:
			return byPlace + strings.TrimPrefix(keyed, byKey)
		}
		return ""
	}
	return find(reflect.ValueOf(doc), "", "")
}
