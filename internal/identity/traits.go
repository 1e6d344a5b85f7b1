package identity

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/tidwall/gjson"
	"golang.org/x/text/unicode/norm"

	"millrace"
)

// Limits of a set of traits. What goes beyond them is left out or cut off, never an error: the fact itself keeps all of it.
const (
	maxTraits     = 200  // traits of one subject, without the names filled from a name; canonical ones come first, then by name
	maxTraitText  = 1000 // characters of a text
	maxTraitName  = 100  // characters of a name
	maxTraitList  = 100  // elements of a list
	maxTraitDepth = 4    // names in a flattened name
)

// PersonTraits reads a JSON object of traits of a person, as SDKs, forms and CRM exports send them. Keys in any common spelling
// (firstName, "First Name", job_title, company.name) become the canonical names of the dictionary; other keys keep their own
// names, those of nested objects joined by dots. Values are string, float64, bool or []any of these: texts in NFC, trimmed, without
// NUL; nulls, empty texts, and objects inside lists are left out. Integers that a float64 can't hold stay text.
//
//   - email, domain: normalised by Email and Domain, left out when they are none (a free-mail domain is none)
//   - country: the ISO code, or the text when it is no known country
//   - employees, revenue, founded: a number where the text is nothing but a number ("1,200"); "51-200" stays text
//   - technologies: a list, of a text split at commas and semicolons too
//   - every other canonical trait: text; a number becomes its digits, of a list the first text counts
//   - first_name, last_name: cleaned by PersonName, filled from name where both are missing
//
// Where several keys mean one trait, the canonical spelling wins, then the first in byte order whose value is usable. No bytes and
// null are no traits. It errs (code invalid) on anything else that is not one JSON object.
func PersonTraits(raw []byte) (map[string]any, error) {
	t, err := readTraits("identity.PersonTraits", raw, personTrait)
	if err != nil {
		return nil, err
	}
	fillName(t)
	return t, nil
}

// AccountTraits does the same for an account: there "name", "company" and the like are all the account's name.
func AccountTraits(raw []byte) (map[string]any, error) {
	return readTraits("identity.AccountTraits", raw, accountTrait)
}

// Derive fills department and seniority from the title, in place, where they are not given. It stands apart from PersonTraits
// because a title may come from one fact and a department from another: derive when all are joined.
func Derive(t map[string]any) {
	title, _ := t[millrace.TraitTitle].(string)
	if title == "" {
		return
	}
	fill := func(name, value string) {
		if _, given := t[name]; !given && value != "" {
			t[name] = value
		}
	}
	fill(millrace.TraitSeniority, Seniority(title))
	fill(millrace.TraitDepartment, Department(title))
}

// trait is one key and value as sent: the flattened name, the canonical one if there is one.
type trait struct {
	name, canonical string
	value           gjson.Result
}

func readTraits(op string, raw []byte, canonical func(string) string) (map[string]any, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return map[string]any{}, nil
	}
	in := gjson.ParseBytes(raw)
	if !json.Valid(raw) || !in.IsObject() && in.Type != gjson.Null {
		return nil, millrace.Errorf(millrace.Invalid, op, "traits must be one JSON object")
	}
	all := flatten(make([]trait, 0, 24), "", in, 1, canonical)
	slices.Reverse(all) // of a key that repeats, the last counts
	slices.SortStableFunc(all, func(a, b trait) int { return strings.Compare(a.name, b.name) })
	all = slices.CompactFunc(all, func(a, b trait) bool { return a.name == b.name })

	out := make(map[string]any, min(len(all), maxTraits))
	for _, exact := range []bool{true, false} {
		for _, x := range all {
			if x.canonical == "" || (x.canonical == x.name) != exact {
				continue
			}
			if _, taken := out[x.canonical]; !taken {
				put(out, x.canonical, canonicalValue(x.canonical, x.value))
			}
		}
	}
	for _, x := range all {
		if len(out) == maxTraits {
			break
		}
		if x.canonical == "" {
			put(out, x.name, plainValue(x.value))
		}
	}
	return out, nil
}

func put(t map[string]any, name string, v any) {
	if v != nil {
		t[name] = v
	}
}

// flatten lists the values of an object under names joined by dots, without those nested too deep or under names too long to be
// meant.
func flatten(out []trait, prefix string, in gjson.Result, depth int, canonical func(string) string) []trait {
	in.ForEach(func(key, v gjson.Result) bool {
		k := cleanText(key.Str)
		if k == "" {
			return true
		}
		name := prefix + k
		if v.IsObject() {
			if depth < maxTraitDepth {
				out = flatten(out, name+".", v, depth+1, canonical)
			}
		} else if len(name) <= maxTraitName || utf8.RuneCountInString(name) <= maxTraitName {
			out = append(out, trait{name, canonical(squash(name)), v})
		}
		return true
	})
	return out
}

// plainValue is a value as traits may have it, nil when nothing is left of it.
func plainValue(v gjson.Result) any {
	switch v.Type {
	case gjson.String:
		if s := cut(cleanText(v.Str)); s != "" {
			return s
		}
	case gjson.True, gjson.False:
		return v.Type == gjson.True
	case gjson.Number:
		return number(v.Raw)
	case gjson.JSON:
		if list := plainList(v); list != nil {
			return list
		}
	}
	return nil
}

// plainList is the texts, numbers and truth values of a list.
func plainList(v gjson.Result) []any {
	if !v.IsArray() {
		return nil
	}
	var list []any
	v.ForEach(func(_, x gjson.Result) bool {
		if x.Type != gjson.JSON {
			if p := plainValue(x); p != nil {
				list = append(list, p)
			}
		}
		return len(list) < maxTraitList
	})
	return list
}

// number is a float64, or the digits of an integer that a float64 would change (an id), or nil beyond its range.
func number(s string) any {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil {
		return nil
	}
	if math.Abs(f) > 1<<53 && !strings.ContainsAny(s, ".eE") && strconv.FormatFloat(f, 'f', -1, 64) != s {
		return s
	}
	return f
}

// canonicalValue is the value of a canonical trait, nil when it is not usable as that.
func canonicalValue(name string, v gjson.Result) any {
	switch name {
	case millrace.TraitEmployees, millrace.TraitRevenue, millrace.TraitFounded:
		return amount(name, v)
	case millrace.TraitTechnologies:
		return texts(v)
	}
	s := text(v)
	if s == "" {
		return nil
	}
	switch name {
	case millrace.TraitEmail:
		if a, ok := Email(s); ok {
			return a.Value
		}
		return nil
	case millrace.TraitDomain:
		if d, ok := Domain(s); ok {
			return d
		}
		return nil
	case millrace.TraitCountry:
		if c, ok := Country(s); ok {
			return c
		}
	case millrace.TraitFirstName:
		s, _ = PersonName(s, "", "")
	case millrace.TraitLastName:
		_, s = PersonName("", s, "")
	}
	if s == "" {
		return nil
	}
	return s
}

// text is a value as text: a number as its digits (a phone number, an id), of a list the first; empty for others.
func text(v gjson.Result) string {
	if v.IsArray() {
		v = v.Get("0")
	}
	switch v.Type {
	case gjson.String:
		return cut(cleanText(v.Str))
	case gjson.Number:
		return cut(v.Raw)
	}
	return ""
}

// amount is a number where the value is one, or its text is nothing but one; employees and the founding year are whole.
func amount(name string, v gjson.Result) any {
	s := text(v)
	if s == "" {
		return nil
	}
	f, ok := parseNumber(s, name != millrace.TraitRevenue)
	if v.Type == gjson.Number {
		if f, ok = number(s).(float64); !ok {
			return nil
		}
	}
	if !ok {
		return s
	}
	if f < 0 {
		return nil
	}
	if name != millrace.TraitRevenue {
		f = math.Round(f)
	}
	return f
}

// parseNumber reads a text that is nothing but a number: digits, groups of three separated by one of comma, space, apostrophe and
// underscore (by a dot too, where whole says that the dot can be no decimal sign), then decimals after a dot.
func parseNumber(s string, whole bool) (float64, bool) {
	groups := ", '_\u00a0\u202f’"
	if whole {
		groups += "."
	}
	if at := strings.IndexAny(s, groups); at > 0 && at <= 3 {
		sep, n := utf8.DecodeRuneInString(s[at:])
		end := len(s)
		if dot := strings.LastIndexByte(s, '.'); sep != '.' && dot >= 0 {
			end = dot
		}
		for i, g := range strings.Split(s[min(at+n, end):end], string(sep)) {
			if len(g) != 3 || i > 5 {
				return 0, false
			}
		}
		s = strings.ReplaceAll(s, string(sep), "")
	}
	digits, decimals, _ := strings.Cut(s, ".")
	if digits == "" || len(s) > 30 || strings.Trim(digits+decimals, "0123456789") != "" {
		return 0, false
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// texts is a list, of one text split at commas and semicolons.
func texts(v gjson.Result) any {
	list := plainList(v)
	if v.Type == gjson.String {
		for p := range strings.FieldsFuncSeq(v.Str, func(r rune) bool { return r == ',' || r == ';' }) {
			if p = cut(cleanText(p)); p != "" && len(list) < maxTraitList {
				list = append(list, p)
			}
		}
	}
	if list == nil {
		return nil
	}
	return list
}

// fillName fills first and last name from the name, where both are missing.
func fillName(t map[string]any) {
	full, _ := t[millrace.TraitName].(string)
	if full == "" || t[millrace.TraitFirstName] != nil || t[millrace.TraitLastName] != nil {
		return
	}
	first, last := PersonName("", "", full)
	if first != "" {
		t[millrace.TraitFirstName] = first
	}
	if last != "" {
		t[millrace.TraitLastName] = last
	}
}

// cleanText is valid UTF-8 in NFC, trimmed and without NUL, which PostgreSQL's text can't hold.
func cleanText(s string) string {
	if strings.IndexByte(s, 0) >= 0 {
		s = strings.ReplaceAll(s, "\x00", "")
	}
	if !isASCII(s) {
		s = norm.NFC.String(strings.ToValidUTF8(s, "\ufffd"))
	}
	return strings.TrimSpace(s)
}

// cut is the first maxTraitText characters.
func cut(s string) string {
	if len(s) <= maxTraitText {
		return s
	}
	n := 0
	for i := range s {
		if n == maxTraitText {
			return strings.TrimSpace(s[:i])
		}
		n++
	}
	return s
}
