package score

import (
	"slices"
	"strconv"
	"strings"

	"millrace/internal/playbook"
)

// condition is a playbook condition, ready to ask. Values are what encoding/json gives: string, float64, bool, []any; nil,
// empty text and lists without any value are not known.
type condition struct {
	src       playbook.Condition
	in, notIn map[string]bool
	like      []glob
}

func newCondition(c playbook.Condition) condition {
	set := func(list []string) map[string]bool {
		m := make(map[string]bool, len(list))
		for _, s := range list {
			m[fold(s)] = true
		}
		return m
	}
	return condition{src: c, in: set(c.In), notIn: set(c.NotIn), like: newGlobs(c.Like)}
}

// known says whether the value says anything.
func known(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case string:
		return strings.TrimSpace(v) != ""
	case []any:
		return slices.ContainsFunc(v, known)
	}
	return true
}

// aboutValue says whether any part needs a value to hold.
func (c *condition) aboutValue() bool {
	return c.src.Min != nil || c.src.Max != nil || len(c.in)+len(c.notIn)+len(c.like) > 0
}

// holds asks whether every part that is given holds. Nothing holds of a value that is not known, except that it doesn't exist: not even
// not_in. Of a list, a part holds when it holds for any element.
func (c *condition) holds(v any) bool {
	there := known(v)
	if c.src.Exists != nil && *c.src.Exists != there {
		return false
	}
	if !c.aboutValue() {
		return true
	}
	if !there {
		return false
	}
	if c.src.Min != nil && !anyElement(v, func(e any) bool { n, ok := number(e); return ok && n >= *c.src.Min }) {
		return false
	}
	if c.src.Max != nil && !anyElement(v, func(e any) bool { n, ok := number(e); return ok && n <= *c.src.Max }) {
		return false
	}
	if len(c.in) > 0 && !anyElement(v, func(e any) bool { return c.in[fold(text(e))] }) {
		return false
	}
	if len(c.like) > 0 && !anyElement(v, func(e any) bool { return anyMatch(c.like, fold(text(e))) }) {
		return false
	}
	return len(c.notIn) == 0 || anyElement(v, func(e any) bool { return !c.notIn[fold(text(e))] })
}

// anyElement asks of the known elements of a list, or of the one value.
func anyElement(v any, ask func(any) bool) bool {
	if list, ok := v.([]any); ok {
		return slices.ContainsFunc(list, func(e any) bool { return known(e) && ask(e) })
	}
	return ask(v)
}

// number reads a value as a number.
func number(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case int:
		return float64(v), true
	case int64:
		return float64(v), true
	case string:
		return ReadNumber(v)
	}
	return 0, false
}

// text is a value as it compares with texts; empty for what has no such form.
func text(v any) string {
	switch v := v.(type) {
	case string:
		return strings.TrimSpace(v)
	case float64:
		return plainNumber(v)
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case bool:
		return strconv.FormatBool(v)
	}
	return ""
}

func plainNumber(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

const wordsShown = 5 // of a list in an explanation

// show is a value, or a list of them, for an explanation.
func show(v any) string {
	list, ok := v.([]any)
	if !ok {
		return text(v)
	}
	var parts []string
	for _, e := range list {
		if s := text(e); s != "" {
			parts = append(parts, s)
		}
	}
	return join(parts)
}

func join(parts []string) string {
	if len(parts) > wordsShown {
		return strings.Join(parts[:wordsShown], ", ") + " …"
	}
	return strings.Join(parts, ", ")
}

// why is the sentence fragment "employees 495 is 200 or more" for a condition that holds.
func (c *condition) why(trait string, v any) string {
	if !known(v) {
		return trait + " is not known"
	}
	verb, other := " is ", "none of "
	if _, list := v.([]any); list {
		verb, other = " includes ", "other than "
	}
	parts := c.parts(other)
	if len(parts) == 0 {
		return trait + " " + show(v) + " is known"
	}
	return trait + " " + show(v) + verb + strings.Join(parts, " and ")
}

// parts phrases each part about the value so that it follows "is" or "includes"; other begins the phrase of not_in.
func (c *condition) parts(other string) []string {
	var parts []string
	switch lo, hi := c.src.Min, c.src.Max; {
	case lo != nil && hi != nil:
		parts = append(parts, "between "+plainNumber(*lo)+" and "+plainNumber(*hi))
	case lo != nil:
		parts = append(parts, plainNumber(*lo)+" or more")
	case hi != nil:
		parts = append(parts, plainNumber(*hi)+" or less")
	}
	for _, p := range []struct {
		lead string
		list []string
	}{{"one of ", c.src.In}, {"like ", c.src.Like}, {other, c.src.NotIn}} {
		if len(p.list) > 0 {
			parts = append(parts, p.lead+join(p.list))
		}
	}
	return parts
}
