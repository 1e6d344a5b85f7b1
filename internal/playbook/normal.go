package playbook

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
)

// normalize is the document as far as it means something: defaults filled in, and lists whose order means nothing in a fixed order and
// without repeats. Version hashes it and Diff compares it, so a new version always has a difference to show. The argument is not changed.
func normalize(doc Document) Document {
	out := clone(reflect.ValueOf(doc)).Interface().(Document)
	for i := range out.ICPs {
		icp := &out.ICPs[i]
		for j := range icp.Criteria {
			icp.Criteria[j].Of = cmp.Or(icp.Criteria[j].Of, "account")
		}
		for j := range icp.Disqualifiers {
			icp.Disqualifiers[j].Of = cmp.Or(icp.Disqualifiers[j].Of, "account")
		}
	}
	for i := range out.Lifecycle.SAL.RejectReasons {
		r := &out.Lifecycle.SAL.RejectReasons[i]
		r.To = cmp.Or(r.To, ToNurture)
	}
	arrange(reflect.ValueOf(&out).Elem())
	return out
}

// clone copies v with everything it points to; empty lists and maps become nil, which mean the same.
func clone(v reflect.Value) reflect.Value {
	out := reflect.New(v.Type()).Elem()
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			out.Field(i).Set(clone(v.Field(i)))
		}
	case reflect.Slice:
		if v.Len() > 0 {
			out.Set(reflect.MakeSlice(v.Type(), v.Len(), v.Len()))
			for i := range v.Len() {
				out.Index(i).Set(clone(v.Index(i)))
			}
		}
	case reflect.Map:
		if v.Len() > 0 {
			out.Set(reflect.MakeMap(v.Type()))
			for _, k := range v.MapKeys() {
				out.SetMapIndex(k, v.MapIndex(k))
			}
		}
	case reflect.Pointer:
		if !v.IsNil() {
			out.Set(reflect.New(v.Type().Elem()))
			out.Elem().Set(v.Elem())
		}
	default:
		out.Set(v)
	}
	return out
}

// ordered says whether the order of a list of such items means something: the first match or, on a tie, the first of the best is taken.
func ordered(item reflect.Type) bool {
	switch item {
	case reflect.TypeFor[ICP](), reflect.TypeFor[Band](), reflect.TypeFor[Behavior](), reflect.TypeFor[Role](), reflect.TypeFor[Channel]():
		return true
	}
	return false
}

// arrange sorts every list below v whose order means nothing: texts by themselves, items by their keys.
func arrange(v reflect.Value) {
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			arrange(v.Field(i))
		}
	case reflect.Slice:
		if texts, ok := v.Interface().([]string); ok {
			slices.Sort(texts)
			v.Set(reflect.ValueOf(slices.Compact(texts)))
			return
		}
		for i := range v.Len() {
			arrange(v.Index(i))
		}
		if !ordered(v.Type().Elem()) {
			sortItems(v)
		}
	}
}

func sortItems(v reflect.Value) {
	items := make([]reflect.Value, v.Len())
	for i := range items {
		items[i] = clone(v.Index(i))
	}
	slices.SortStableFunc(items, func(a, b reflect.Value) int {
		if byKey := strings.Compare(keyOf(a), keyOf(b)); byKey != 0 {
			return byKey
		}
		return strings.Compare(describe(a), describe(b))
	})
	for i, item := range items {
		v.Index(i).Set(item)
	}
}

// keyOf is what an item of a list is matched by between two versions: its id or name; a band's is its condition.
func keyOf(v reflect.Value) string {
	switch item := v.Interface().(type) {
	case ICP:
		return item.Name
	case Criterion:
		return item.ID
	case Disqualifier:
		return item.ID
	case Category:
		return item.Name
	case Behavior:
		return item.ID
	case Role:
		return item.Role
	case Channel:
		return item.Name
	case ChannelMatch:
		return describe(v)
	case Calendar:
		return item.Name
	case RejectReason:
		return item.ID
	case Where:
		return item.Property
	case Band:
		if item.When.always() {
			return "otherwise"
		}
		return describe(reflect.ValueOf(item.When))
	case string:
		return item
	}
	panic("playbook: a list of " + v.Type().String() + " has no key")
}

// keysOf are the keys of a list's items; a key given before gets #2, #3 and so on.
func keysOf(list reflect.Value) []string {
	keys := make([]string, list.Len())
	seen := map[string]int{}
	for i := range keys {
		k := keyOf(list.Index(i))
		if seen[k]++; seen[k] > 1 {
			keys[i] = fmt.Sprintf("%s#%d", k, seen[k])
			continue
		}
		keys[i] = k
	}
	return keys
}

// describe writes a value on one line for people: "id: pricing_page, points: 20", keys without a value left out.
func describe(v reflect.Value) string {
	switch v.Kind() {
	case reflect.Struct:
		var parts []string
		for _, m := range membersOf(v.Type()) {
			f := v.FieldByIndex(m.index)
			if f.IsZero() && !m.required {
				continue
			}
			parts = append(parts, m.key+": "+nested(f))
		}
		return strings.Join(parts, ", ")
	case reflect.Slice:
		parts := make([]string, v.Len())
		for i := range parts {
			parts[i] = nested(v.Index(i))
		}
		return "[" + strings.Join(parts, ", ") + "]"
	case reflect.Map:
		var parts []string
		for _, k := range sortedKeys(v) {
			parts = append(parts, k+": "+describe(v.MapIndex(reflect.ValueOf(k))))
		}
		return "{" + strings.Join(parts, ", ") + "}"
	case reflect.Pointer:
		if v.IsNil() {
			return ""
		}
		return describe(v.Elem())
	}
	return fmt.Sprint(v.Interface())
}

func nested(v reflect.Value) string {
	if v.Kind() == reflect.Struct {
		return "{" + describe(v) + "}"
	}
	return describe(v)
}

func sortedKeys(m reflect.Value) []string {
	keys := make([]string, 0, m.Len())
	for _, k := range m.MapKeys() {
		keys = append(keys, k.String())
	}
	slices.Sort(keys)
	return keys
}
