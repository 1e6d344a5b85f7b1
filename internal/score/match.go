package score

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tidwall/gjson"

	"millrace"
	"millrace/internal/playbook"
)

// category is the content that a set of URLs is.
type category struct {
	hosts []glob
	paths []pathPattern
}

// target is an event's part that rules read without its properties, prepared once.
type target struct {
	name, host string
	segs       []string
	noPage     bool   // no URL came with the event: it is in no category
	looked, in uint64 // categories looked up, and those of them that it is in
}

func (c *category) match(t *target) bool {
	if t.noPage || len(c.hosts) > 0 && !anyMatch(c.hosts, t.host) {
		return false
	}
	return slices.ContainsFunc(c.paths, func(p pathPattern) bool { return p.match(t.segs) })
}

// Match is the index into the rubric's behaviours of the first that the event scores for, -1 for none. Only what people do scores
// (page, track, screen). Names and hosts compare case-insensitively, paths exactly but for trailing slashes. props is the raw JSON
// object of the event's properties and may be nil.
func (r *Rules) Match(kind millrace.Kind, name, host, path string, props []byte) int {
	index, _ := r.match(kind, name, host, path, func(b *behavior) bool { return b.whereHolds(props) })
	return index
}

// MatchStatic is Match for whoever caches by kind, name, host and path: needsProps says that the outcome can depend on the
// properties, and then Match must be asked for each event (behavior is -1). Otherwise behavior is what Match says for any properties.
func (r *Rules) MatchStatic(kind millrace.Kind, name, host, path string) (behavior int, needsProps bool) {
	return r.match(kind, name, host, path, nil)
}

// match tries the behaviours in order; ask decides on those with conditions on properties, and without it they end the search.
func (r *Rules) match(kind millrace.Kind, name, host, path string, ask func(*behavior) bool) (index int, open bool) {
	candidates := r.byKind[kind]
	if len(candidates) == 0 {
		return -1, false
	}
	var room [24]string
	t := target{name: fold(name), host: fold(host), segs: appendSegments(room[:0], path), noPage: host == "" && path == ""}
	for _, i := range candidates {
		b := &r.behaviors[i]
		switch {
		case len(b.events) > 0 && !anyMatch(b.events, t.name):
		case b.category >= 0 && !r.inCategory(b.category, &t):
		case len(b.where) == 0:
			return i, false
		case ask == nil:
			return -1, true
		case ask(b):
			return i, false
		}
	}
	return -1, false
}

// inCategory looks each of the first 64 categories up once a target.
func (r *Rules) inCategory(c int, t *target) bool {
	if c >= 64 {
		return r.categories[c].match(t)
	}
	bit := uint64(1) << c
	if t.looked&bit == 0 {
		t.looked |= bit
		if r.categories[c].match(t) {
			t.in |= bit
		}
	}
	return t.in&bit != 0
}

// where is a condition on a property.
type where struct {
	literal string   // the whole name as one key
	path    []string // the name cut at its dots, as gjson wants each part
	index   []int    // the parts that are whole numbers, for lists; -1 for others
	when    condition
}

func newWhere(w playbook.Where) where {
	c := where{literal: gjson.Escape(w.Property), when: newCondition(w.When)}
	for part := range strings.SplitSeq(w.Property, ".") {
		c.path = append(c.path, gjson.Escape(part))
		n, err := strconv.Atoi(part)
		if err != nil || n < 0 {
			n = -1
		}
		c.index = append(c.index, n)
	}
	return c
}

func (b *behavior) whereHolds(props []byte) bool {
	root := gjson.ParseBytes(props)
	for i := range b.where {
		if !b.where[i].when.holds(b.where[i].value(root)) {
			return false
		}
	}
	return true
}

// value is the property's value: nil when there is none, a list when the path leads through or to one.
func (w *where) value(root gjson.Result) any {
	if !root.IsObject() {
		return nil
	}
	if len(w.path) > 1 {
		if v := root.Get(w.literal); v.Exists() {
			return plain(v)
		}
	}
	var found []any
	list := w.collect(root, 0, &found)
	switch {
	case list:
		return found
	case len(found) == 1:
		return found[0]
	}
	return nil
}

// collect appends the values that the path leads to from its part at, and says whether a list was met on the way.
func (w *where) collect(v gjson.Result, at int, found *[]any) (list bool) {
	if at == len(w.path) {
		if v.Exists() {
			*found = append(*found, plain(v))
		}
		return false
	}
	switch {
	case v.IsArray():
		n := 0
		v.ForEach(func(_, item gjson.Result) bool {
			if w.index[at] < 0 {
				w.collect(item, at, found)
			} else if w.index[at] == n {
				list = w.collect(item, at+1, found)
			}
			n++
			return true
		})
		return list || w.index[at] < 0
	case v.IsObject():
		return w.collect(v.Get(w.path[at]), at+1, found)
	}
	return false
}

// plain is a JSON value as conditions take it. An object inside is only known to be there.
func plain(v gjson.Result) any {
	switch {
	case v.IsArray():
		list := []any{}
		v.ForEach(func(_, item gjson.Result) bool {
			if !item.IsArray() {
				list = append(list, plain(item))
			}
			return true
		})
		return list
	case v.IsObject():
		return map[string]any{}
	}
	return v.Value()
}
