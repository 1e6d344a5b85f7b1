package engine

import (
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"millrace"
	"millrace/internal/identity"
	"millrace/internal/score"

	"github.com/tidwall/gjson"
)

// stamped is a trait's value and the moment it was last stated.
type stamped struct {
	V any
	T millrace.Time
}

// traits is what is known of a subject, by trait, the latest statement of each. Merging is order-free: the later moment wins, and of two
// statements of one moment the larger JSON text.
type traits map[string]stamped

// merge takes further statements in and says whether anything but moments changed.
func (t traits) merge(more map[string]any, at millrace.Time) (changed bool) {
	for k, v := range more {
		if t.mergeOne(k, stamped{v, at}) {
			changed = true
		}
	}
	return changed
}

// mergeAll takes in what further traits say.
func (t traits) mergeAll(more traits) {
	for k, s := range more {
		t.mergeOne(k, s)
	}
}

func (t traits) mergeOne(k string, n stamped) (changed bool) {
	old, ok := t[k]
	if !ok {
		t[k] = n
		return true
	}
	same := equalJSON(old.V, n.V)
	if n.T < old.T || (n.T == old.T && (same || bytes.Compare(jsonText(n.V), jsonText(old.V)) < 0)) {
		return false
	}
	t[k] = n
	return !same
}

// unite adds entries to a list of objects that several facts each state a part of. Order-free: the list is kept sorted by the entries'
// "at", then by their text, each once.
func (t traits) unite(k string, more []any, at millrace.Time) {
	have, _ := t[k].V.([]any)
	texts := map[string]any{}
	for _, list := range [][]any{have, more} {
		for _, v := range list {
			texts[string(jsonText(v))] = v
		}
	}
	when := func(text string) string {
		entry, _ := texts[text].(map[string]any)
		s, _ := entry["at"].(string)
		return s
	}
	order := slices.SortedFunc(maps.Keys(texts), func(a, b string) int { return cmp.Or(cmp.Compare(when(a), when(b)), cmp.Compare(a, b)) })
	out := make([]any, len(order))
	for i, text := range order {
		out[i] = texts[text]
	}
	t[k] = stamped{out, max(t[k].T, at)}
}

func jsonText(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	return b
}

func equalJSON(a, b any) bool {
	switch x := a.(type) {
	case string:
		y, ok := b.(string)
		return ok && x == y
	case float64:
		y, ok := b.(float64)
		return ok && x == y
	case bool:
		y, ok := b.(bool)
		return ok && x == y
	}
	return bytes.Equal(jsonText(a), jsonText(b))
}

// values are the traits without their moments, as rules read them.
func (t traits) values() score.Traits {
	out := make(score.Traits, len(t))
	for k, s := range t {
		out[k] = s.V
	}
	return out
}

// portrayed is what a person's facts say of their work, and portrait what the rules make of it. Titles repeat, and reading one takes
// longer than anything else that a fact asks for.
type (
	portrayed struct{ title, department, seniority string }
	portrait  struct{ department, seniority, role string }
)

// portrait derives department and seniority from the title where they are not stated, and the committee role from all three.
func (u *unit) portrait(t traits) portrait {
	k := portrayed{t.text(millrace.TraitTitle), t.text(millrace.TraitDepartment), t.text(millrace.TraitSeniority)}
	if p, ok := u.c.portraits.get(k); ok || k == (portrayed{}) {
		return p
	}
	v := score.Traits{}
	for trait, text := range map[string]string{millrace.TraitTitle: k.title, millrace.TraitDepartment: k.department, millrace.TraitSeniority: k.seniority} {
		if text != "" {
			v[trait] = text
		}
	}
	identity.Derive(v)
	var p portrait
	p.department, _ = v[millrace.TraitDepartment].(string)
	p.seniority, _ = v[millrace.TraitSeniority].(string)
	p.role, _ = u.rules.Role(v)
	u.c.portraits.put(k, p)
	return p
}

// with are the values of a person's traits, with what the portrait adds.
func (t traits) with(p portrait) score.Traits {
	v := t.values()
	if p.department != "" {
		v[millrace.TraitDepartment] = p.department
	}
	if p.seniority != "" {
		v[millrace.TraitSeniority] = p.seniority
	}
	return v
}

// person are the values of a person's traits with what their title says of department and seniority.
func (t traits) person() score.Traits {
	v := t.values()
	identity.Derive(v)
	return v
}

func (t traits) text(k string) string {
	s, _ := t[k].V.(string)
	return s
}

func (t traits) number(k string) float64 {
	f, _ := t[k].V.(float64)
	return f
}

// encode is JSON with sorted keys, so that equal traits are equal bytes.
func (t traits) encode() string {
	if len(t) == 0 {
		return "{}"
	}
	b := make([]byte, 0, 64*len(t))
	for _, k := range slices.Sorted(maps.Keys(t)) {
		if len(b) == 0 {
			b = append(b, '{')
		} else {
			b = append(b, ',')
		}
		b = append(appendText(b, k), `:{"v":`...)
		if s, ok := t[k].V.(string); ok {
			b = appendText(b, s)
		} else {
			v, err := json.Marshal(t[k].V)
			if err != nil {
				return "{}"
			}
			b = append(b, v...)
		}
		b = strconv.AppendInt(append(b, `,"t":`...), int64(t[k].T), 10)
		b = append(b, '}')
	}
	return string(append(b, '}'))
}

// appendText appends a text as encoding/json writes it.
func appendText(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < ' ' || c >= 0x7f || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			j, err := json.Marshal(s)
			if err != nil { // texts always marshal
				j = strconv.AppendQuote(nil, s)
			}
			return append(b, j...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

func decodeTraits(s string) (traits, error) {
	t := traits{}
	if s == "" || s == "{}" {
		return t, nil
	}
	all := gjson.Parse(s)
	if !all.IsObject() {
		return nil, millrace.Errorf(millrace.Internal, "engine", "stored traits can't be read")
	}
	all.ForEach(func(k, x gjson.Result) bool {
		t[k.Str] = stamped{x.Get("v").Value(), millrace.Time(x.Get("t").Int())}
		return true
	})
	return t, nil
}

// bindings say which account a person belonged to, and when: what was stated (a group call, a CRM's account), and by address or company
// name the first time each was seen. Holders are account identifiers, not accounts, so that merging accounts changes nothing here.
type bindings struct {
	Explicit identity.Runs           `json:"x,omitempty"`
	Domains  map[int64]millrace.Time `json:"d,omitempty"`
	Names    map[int64]millrace.Time `json:"n,omitempty"`
}

func (b *bindings) encode() string {
	if len(b.Explicit) == 0 && len(b.Domains) == 0 && len(b.Names) == 0 {
		return ""
	}
	out, err := json.Marshal(b)
	if err != nil {
		return ""
	}
	return string(out)
}

func decodeBindings(s string) (b bindings, err error) {
	if s == "" {
		return b, nil
	}
	if err := json.Unmarshal([]byte(s), &b); err != nil {
		return b, &millrace.Error{Code: millrace.Internal, Op: "engine", Message: "stored bindings can't be read", Err: err}
	}
	return b, nil
}

// each calls fn for every account identifier that was ever stated.
func (b *bindings) each(fn func(id int64)) {
	for _, r := range b.Explicit {
		fn(r.To)
	}
	for _, m := range [...]map[int64]millrace.Time{b.Domains, b.Names} {
		for id := range m {
			fn(id)
		}
	}
}

// add takes the bindings of one fact in. exact=false: the timeline of what was stated must be folded again from the log.
func (b *bindings) add(r boundTo, at millrace.Time) (changed, exact bool) {
	exact = true
	if r.explicit != 0 {
		var c bool
		b.Explicit, c, exact = b.Explicit.Add(r.explicit, at)
		changed = changed || c
	}
	first := func(m *map[int64]millrace.Time, id int64) {
		if id == 0 {
			return
		}
		if *m == nil {
			*m = map[int64]millrace.Time{}
		}
		if old, ok := (*m)[id]; !ok || at < old {
			(*m)[id] = at
			changed = true
		}
	}
	first(&b.Domains, r.domain)
	first(&b.Names, r.name)
	return changed, exact
}

// boundTo are the account identifiers that one fact binds its person to, 0 for none.
type boundTo struct{ explicit, domain, name int64 }

// at is the account identifier that the person held at t, 0 for none. What was stated and the address compete by moment, what was stated
// first on a tie; a company's name counts when there is neither. Before all of them the first holds.
func (b *bindings) at(t millrace.Time) int64 {
	var best int64
	var bestAt millrace.Time = -1 << 62
	if n := len(b.Explicit); n > 0 {
		i, found := slices.BinarySearchFunc(b.Explicit, t, func(r identity.Run, t millrace.Time) int { return cmp.Compare(r.From, t) })
		if !found {
			i--
		}
		if i >= 0 {
			best, bestAt = b.Explicit[i].To, min(b.Explicit[i].Until, t)
		}
	}
	if id, at := latest(b.Domains, t); id != 0 && at > bestAt {
		best = id
	}
	if best != 0 {
		return best
	}
	firstAt := millrace.Time(1 << 62)
	if len(b.Explicit) > 0 {
		best, firstAt = b.Explicit[0].To, b.Explicit[0].From
	}
	if id, at := earliest(b.Domains); id != 0 && at < firstAt {
		best = id
	}
	if best != 0 {
		return best
	}
	if id, _ := latest(b.Names, t); id != 0 {
		return id
	}
	id, _ := earliest(b.Names)
	return id
}

// counting calls fn for every account identifier that the person can have held: those by a company's name only where there is no other.
func (b *bindings) counting(fn func(id int64)) {
	for _, r := range b.Explicit {
		fn(r.To)
	}
	for id := range b.Domains {
		fn(id)
	}
	if len(b.Explicit)+len(b.Domains) == 0 {
		for id := range b.Names {
			fn(id)
		}
	}
}

// latest is the entry with the greatest moment not after t; of one moment the larger id.
func latest(m map[int64]millrace.Time, t millrace.Time) (id int64, at millrace.Time) {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if v := m[k]; v <= t && (id == 0 || v >= at) {
			id, at = k, v
		}
	}
	return id, at
}

// earliest is the entry with the least moment; of one moment the smaller id.
func earliest(m map[int64]millrace.Time) (id int64, at millrace.Time) {
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if v := m[k]; id == 0 || v < at {
			id, at = k, v
		}
	}
	return id, at
}
