package score

import (
	"regexp"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"millrace"
	"millrace/internal/playbook"
)

func TestGlob(t *testing.T) {
	for _, c := range []struct {
		pattern, s string
		want       bool
	}{
		{"demo", "demo", true}, {" Demo ", "demo", true}, {"demo", "demos", false}, {"demo*", "demos", true}, {"*demo", "a demo", true},
		{"*", "", true}, {"", "", true}, {"", "a", false}, {"a*b*c", "aXbXbXc", true}, {"a*b*c", "aXc", false}, {"*é*", "café crème", true},
		{"**", "x", true}, {"a*a", "a", false},
	} {
		if got := newGlobs([]string{c.pattern})[0].match(c.s); got != c.want {
			t.Errorf("%q matches %q: %v", c.pattern, c.s, got)
		}
	}
}

func TestPathPatterns(t *testing.T) {
	for _, c := range []struct {
		pattern, path string
		want          bool
	}{
		{"/pricing", "/pricing", true}, {"/pricing", "/pricing/", true}, {"/pricing/", "/pricing", true}, {"pricing", "/pricing", true},
		{"/pricing", "/pricing/plans", false}, {"/pricing", "/Pricing", false}, {"/", "/", true}, {"/", "", true}, {"/", "/a", false},
		{"/blog/*", "/blog/a", true}, {"/blog/*", "/blog", false}, {"/blog/*", "/blog/a/b", false}, {"/blog/*-guide", "/blog/a-guide", true},
		{"/blog/**", "/blog/a/b", true}, {"/blog/**", "/blog", true}, {"/blog/**", "/blogs", false}, {"**", "/any/where", true}, {"/**", "/", true},
		{"/*/pricing", "/de/pricing", true}, {"/*/pricing", "/pricing", false}, {"/**/pricing", "/pricing", true}, {"/**/pricing", "/de/at/pricing", true},
		{"/**/a/**/b", "/x/a/a/y/b", true}, {"/**/a/**/b", "/x/b/a", false}, {"**.pdf", "/files/x/guide.pdf", true}, {"**.pdf", "/guide.pdf", true},
		{"/docs**", "/docs", true}, {"/docs**", "/docs-v2/a/b", true}, {"/docs**", "/old/docs", false}, {"/a//b", "/a/b", true},
	} {
		p, err := newPathPattern(c.pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.match(appendSegments(nil, c.path)); got != c.want {
			t.Errorf("%q matches %q: %v", c.pattern, c.path, got)
		}
	}
	for _, bad := range []string{"/a**b", "/**x**", "/a/x**y/b"} {
		if _, err := newPathPattern(bad); err == nil {
			t.Errorf("%q is no error", bad)
		}
	}
}

// Against package regexp, with letters few enough that stars have choices.
func TestPatternsAgainstRegexp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		pattern := rapid.StringMatching(`[ab*]{0,8}`).Draw(t, "pattern")
		s := rapid.StringMatching(`[ab]{0,12}`).Draw(t, "text")
		want := regexp.MustCompile(`^` + strings.ReplaceAll(pattern, "*", ".*") + `$`).MatchString(s)
		if got := glob(pattern).match(s); got != want {
			t.Fatalf("%q matches %q: %v", pattern, s, got)
		}
		segs := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "*", "a*", "**"}), 0, 6).Draw(t, "path pattern")
		path := rapid.StringMatching(`(/[ab]{1,2}){0,6}`).Draw(t, "path")
		re := "^"
		for _, seg := range segs {
			if seg == "**" {
				re += `(/[^/]+)*`
			} else {
				re += "/" + strings.ReplaceAll(seg, "*", "[^/]*")
			}
		}
		p, err := newPathPattern("/" + strings.Join(segs, "/"))
		if err != nil {
			t.Fatal(err)
		}
		if got := p.match(appendSegments(nil, path)); got != regexp.MustCompile(re+"$").MatchString(path) {
			t.Fatalf("%v matches %q: %v", segs, path, got)
		}
	})
}

func matchRules(t testing.TB) *Rules {
	return compile(t, playbook.Document{Rubric: playbook.Rubric{
		Categories: []playbook.Category{
			{Name: "pricing", Paths: []string{"/pricing", "/*/pricing"}},
			{Name: "docs", Hosts: []string{"docs.acme.com", "*.docs.acme.com"}, Paths: []string{"/**"}},
		},
		Behaviors: []playbook.Behavior{
			0: {ID: "pricing", On: "page", Category: "pricing"},
			1: {ID: "docs", On: "page", Category: "docs"},
			2: {ID: "demo", On: "track", Events: []string{"Form Submitted"}, Where: []playbook.Where{
				{Property: "form.kind", When: playbook.Condition{In: []string{"demo"}}}, {Property: "seats", When: playbook.Condition{Min: new(10.0)}}}},
			3:  {ID: "form", On: "track", Events: []string{"form *", "*signup*"}},
			4:  {ID: "app", On: "screen"},
			5:  {ID: "video", On: "any", Events: []string{"video played"}},
			6:  {ID: "calculator", On: "track", Category: "pricing"},
			7:  {ID: "bought", On: "track", Events: []string{"order"}, Where: []playbook.Where{{Property: "items.sku", When: playbook.Condition{Like: []string{"pro-*"}}}}},
			8:  {ID: "no coupon", On: "track", Events: []string{"order"}, Where: []playbook.Where{{Property: "coupon", When: playbook.Condition{Exists: new(false)}}}},
			9:  {ID: "literal", On: "track", Events: []string{"literal"}, Where: []playbook.Where{{Property: "utm.source", When: playbook.Condition{In: []string{"x"}}}}},
			10: {ID: "second", On: "track", Events: []string{"second"}, Where: []playbook.Where{{Property: "list.1.n", When: playbook.Condition{Max: new(3.0)}}}},
		},
	}})
}

func TestMatch(t *testing.T) {
	r := matchRules(t)
	for _, c := range []struct {
		kind             millrace.Kind
		name, host, path string
		props            string
		want             int
	}{
		{millrace.KindPage, "Any name", "acme.com", "/pricing/", "", 0},
		{millrace.KindPage, "", "acme.com", "/de/pricing", "", 0},
		{millrace.KindPage, "", "DOCS.acme.com", "/", "", 1}, {millrace.KindPage, "", "v2.docs.acme.com", "/a/b", "", 1},
		{millrace.KindPage, "", "acme.com", "/", "", -1}, {millrace.KindPage, "", "", "", "", -1},
		{millrace.KindPage, "Video Played", "", "", "", 5},
		{millrace.KindTrack, "form submitted", "", "", `{"form":{"kind":" DEMO "},"seats":"51-200"}`, 2},
		{millrace.KindTrack, "FORM SUBMITTED", "", "", `{"form":{"kind":"demo"},"seats":9}`, 3},
		{millrace.KindTrack, "Form Submitted", "", "", `{"form":"demo","seats":90}`, 3},
		{millrace.KindTrack, "Form Submitted", "", "", ``, 3},
		{millrace.KindTrack, "Newsletter signup done", "", "", ``, 3},
		{millrace.KindTrack, "click", "acme.com", "/pricing", ``, 6}, {millrace.KindTrack, "click", "acme.com", "/", ``, -1},
		{millrace.KindScreen, "anything", "", "", ``, 4},
		{millrace.KindTrack, "order", "", "", `{"items":[{"sku":"basic"},{"sku":"Pro-2"}]}`, 7},
		{millrace.KindTrack, "order", "", "", `{"items":[{"sku":"basic"}],"coupon":"X"}`, -1},
		{millrace.KindTrack, "order", "", "", `{"items":[]}`, 8}, {millrace.KindTrack, "order", "", "", `not json`, 8},
		{millrace.KindTrack, "literal", "", "", `{"utm.source":"x"}`, 9}, {millrace.KindTrack, "literal", "", "", `{"utm":{"source":"X"}}`, 9},
		{millrace.KindTrack, "second", "", "", `{"list":[{"n":9},{"n":2}]}`, 10}, {millrace.KindTrack, "second", "", "", `{"list":[{"n":1},{"n":9}]}`, -1},
		{millrace.KindTrack, "second", "", "", `{"list":{"1":{"n":1}}}`, 10},
		{millrace.KindIdentify, "form submitted", "", "", ``, -1}, {0, "", "", "", "", -1},
	} {
		if got := r.Match(c.kind, c.name, c.host, c.path, []byte(c.props)); got != c.want {
			t.Errorf("%s %q on %s%s %s scores for %d, want %d", c.kind, c.name, c.host, c.path, c.props, got, c.want)
		}
		if b, open := r.MatchStatic(c.kind, c.name, c.host, c.path); !open && b != c.want || open && b != -1 {
			t.Errorf("%s %q on %s%s is statically %d, %v", c.kind, c.name, c.host, c.path, b, open)
		}
	}
	if _, open := r.MatchStatic(millrace.KindTrack, "form submitted", "", ""); !open {
		t.Error("a behaviour with conditions on properties is decided without them")
	}
	if b, open := r.MatchStatic(millrace.KindTrack, "newsletter signup", "", ""); open || b != 3 {
		t.Errorf("a behaviour without such conditions: %d, %v", b, open)
	}
}

func TestCategoriesBeyondTheRememberedOnes(t *testing.T) {
	d := playbook.Document{}
	for i := range 80 {
		name := "c" + strings.Repeat("x", i)
		d.Rubric.Categories = append(d.Rubric.Categories, playbook.Category{Name: name, Paths: []string{"/" + name}})
		d.Rubric.Behaviors = append(d.Rubric.Behaviors, playbook.Behavior{ID: name, On: "page", Category: name})
	}
	r := compile(t, d)
	for i := range 80 {
		if got := r.Match(millrace.KindPage, "", "h", "/c"+strings.Repeat("x", i), nil); got != i {
			t.Errorf("category %d scores for %d", i, got)
		}
	}
}

func FuzzMatchProps(f *testing.F) {
	for _, s := range []string{``, `{}`, `{"form":{"kind":"demo"},"seats":12}`, `{"items":[{"sku":"pro-1"},[{"sku":1}],null]}`, `{"utm.source":"x","utm":[[[]]]}`,
		`{"list":[{"n":1},{"n":2}]}`, `[1,2]`, `{"seats":"1,2`, `{"form":{"kind":"\ud800"}}`} {
		f.Add("order", "/pricing", []byte(s))
	}
	r := matchRules(f)
	f.Fuzz(func(t *testing.T, name, path string, props []byte) {
		for _, kind := range []millrace.Kind{millrace.KindPage, millrace.KindTrack, millrace.KindScreen} {
			for _, name := range []string{name, "form submitted", "order", "literal", "second"} {
				got := r.Match(kind, name, "acme.com", path, props)
				if static, open := r.MatchStatic(kind, name, "acme.com", path); !open && static != got {
					t.Fatalf("%d, statically %d", got, static)
				}
			}
		}
	})
}
