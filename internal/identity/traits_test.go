package identity

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"millrace"
)

type traits = map[string]any

func TestPersonTraits(t *testing.T) {
	for _, c := range []struct {
		name, raw string
		want      traits
	}{
		{"no bytes", "", traits{}},
		{"null", " null ", traits{}},
		{"segment", `{"firstName":"Jane","lastName":"Doe","email":"Jane@Acme.com ","phone":"+1 555","title":"VP Sales","address":{"country":"Germany","city":"Berlin","state":"BE","street":"x"},"company":{"name":"Acme","domain":"www.acme.com","industry":"Software","employee_count":"1,200","id":7}}`,
			traits{"first_name": "Jane", "last_name": "Doe", "email": "jane@acme.com", "phone": "+1 555", "title": "VP Sales", "country": "DE", "city": "Berlin", "region": "BE",
				"address.street": "x", "company": "Acme", "domain": "acme.com", "industry": "Software", "employees": 1200., "company.id": 7.}},
		{"form labels", `{"First Name":"Jane","Last Name":"Doe","E-mail":"jane@acme.com","Job Title":"CFO","Company":"Acme","Phone Number":15551234,"Number of Employees":"51-200"}`,
			traits{"first_name": "Jane", "last_name": "Doe", "email": "jane@acme.com", "title": "CFO", "company": "Acme", "phone": "15551234", "employees": "51-200"}},
		{"name is split", `{"name":"Jane van Dyck"}`, traits{"name": "Jane van Dyck", "first_name": "Jane", "last_name": "van Dyck"}},
		{"name is not split over a given one", `{"name":"Jane van Dyck","last_name":"Dyck"}`, traits{"name": "Jane van Dyck", "last_name": "Dyck"}},
		{"canonical spelling wins", `{"aTitle":1,"jobTitle":"A","title":"B","position":"C"}`, traits{"aTitle": 1., "title": "B"}},
		{"a blank one does not", `{"jobTitle":"A","title":" "}`, traits{"title": "A"}},
		{"an unusable one does not", `{"email":"nobody","workEmail":"j@acme.com"}`, traits{"email": "j@acme.com"}},
		{"blanks and nulls", `{"a":"","b":null,"c":" ","d":[],"e":[null,""],"f":{},"":"x","g":"\u0000"}`, traits{}},
		{"values", `{"Plan":"pro","beta":true,"seats":3.5,"tags":["a",2,false,{"x":1},["y"]],"n":"a\u0000b"}`,
			traits{"Plan": "pro", "beta": true, "seats": 3.5, "tags": []any{"a", 2., false}, "n": "ab"}},
		{"long integers stay exact", `{"fb":10220395857263843,"even":9007199254740994}`, traits{"fb": "10220395857263843", "even": 9007199254740994.}},
		{"numbers out of range", `{"x":1e999,"y":1}`, traits{"y": 1.}},
		{"depth", `{"a":{"b":{"c":{"d":1,"e":{"f":2}}}}}`, traits{"a.b.c.d": 1.}},
		{"free mail is no domain", `{"domain":"gmail.com","website":"https://jane.example"}`, traits{"website": "https://jane.example"}},
		{"unknown country stays text", `{"country":"Narnia"}`, traits{"country": "Narnia"}},
		{"text from a list", `{"email":["J@acme.com","k@acme.com"],"title":true}`, traits{"email": "j@acme.com"}},
		{"revenue", `{"annualRevenue":"1 234 567.50","founded":1999}`, traits{"revenue": 1234567.5, "founded": 1999.}},
		{"technologies", `{"techStack":"Go, React; SQLite,"}`, traits{"technologies": []any{"Go", "React", "SQLite"}}},
		{"account id", `{"accountId":42}`, traits{"account_id": "42"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := PersonTraits([]byte(c.raw))
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("got %#v, %v\nwant %#v", got, err, c.want)
			}
		})
	}
}

func TestAccountTraits(t *testing.T) {
	got, err := AccountTraits([]byte(`{"companyName":"Acme, Inc.","Website":"https://acme.com","sector":"Retail","size":250,"yearEstablished":"1996","annual_revenue":1100.04,"subsidiary_of":"Globex","billing":{"country":"USA"},"plan":"pro"}`))
	want := traits{"name": "Acme, Inc.", "website": "https://acme.com", "industry": "Retail", "employees": 250., "founded": 1996., "revenue": 1100.04, "parent": "Globex", "country": "US", "plan": "pro"}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v, %v", got, err)
	}
}

func TestTraitsErrors(t *testing.T) {
	for _, raw := range []string{"[]", `"x"`, "1", "{", `{"a":1}{}`, `{"a":1} x`, "{'a':1}", `{"a":}`} {
		for _, f := range []func([]byte) (map[string]any, error){PersonTraits, AccountTraits} {
			if got, err := f([]byte(raw)); millrace.ErrorCode(err) != millrace.Invalid || got != nil {
				t.Errorf("%s: %v, %v", raw, got, err)
			}
		}
	}
}

func TestTraitsLimits(t *testing.T) {
	in := traits{"zemail": "x", "email": "jane@acme.com", "long": strings.Repeat("é", 2000), strings.Repeat("k", 101): "x", "list": make([]int, 500)}
	for i := range 300 {
		in[fmt.Sprintf("t%03d", i)] = i
	}
	raw, _ := json.Marshal(in)
	got, err := PersonTraits(raw)
	if err != nil || len(got) != 200 || got["email"] != "jane@acme.com" || got["zemail"] != nil || got["t000"] == nil {
		t.Errorf("%d traits, %v", len(got), err)
	}
	if s, _ := got["long"].(string); utf8.RuneCountInString(s) != 1000 {
		t.Errorf("%d characters", utf8.RuneCountInString(s))
	}
	if l, _ := got["list"].([]any); len(l) != 100 {
		t.Errorf("%d elements", len(l))
	}
}

// TestCanonicalNames says that every canonical name of a person or an account is known under its own name.
func TestCanonicalNames(t *testing.T) {
	shared := []string{millrace.TraitEmail, millrace.TraitPhone, millrace.TraitCountry, millrace.TraitRegion, millrace.TraitCity, millrace.TraitOwner,
		millrace.TraitLifecycle, millrace.TraitAccountID, millrace.TraitDomain, millrace.TraitWebsite, millrace.TraitIndustry, millrace.TraitEmployees,
		millrace.TraitRevenue, millrace.TraitTechnologies, millrace.TraitName}
	for _, n := range append(shared, millrace.TraitFirstName, millrace.TraitLastName, millrace.TraitTitle, millrace.TraitDepartment, millrace.TraitSeniority, millrace.TraitCompany) {
		if got := personTrait(squash(n)); got != n {
			t.Errorf("a person's %s is %q", n, got)
		}
	}
	for _, n := range append(shared, millrace.TraitFounded, millrace.TraitParent) {
		if got := accountTrait(squash(n)); got != n {
			t.Errorf("an account's %s is %q", n, got)
		}
	}
}

func TestParseNumber(t *testing.T) {
	for _, c := range []struct {
		s     string
		whole bool
		want  float64
		ok    bool
	}{
		{"250", true, 250, true}, {"1,200", true, 1200, true}, {"1.200", true, 1200, true}, {"1.200", false, 1.2, true}, {"1 200 000", true, 1200000, true},
		{"1'200.5", false, 1200.5, true}, {"12,345,678.90", false, 12345678.9, true}, {"1\u00a0200", true, 1200, true}, {"0.5", false, 0.5, true},
		{"51-200", true, 0, false}, {"1,2", true, 0, false}, {"1,2000", true, 0, false}, {"1200+", true, 0, false}, {"$5", false, 0, false}, {"", true, 0, false},
		{"1e6", true, 0, false}, {"10M", false, 0, false}, {".5", false, 0, false}, {"1,200,", true, 0, false}, {"NaN", false, 0, false}, {"0x10", true, 0, false},
		{"1,200 300", true, 0, false}, {"1.2.3", false, 0, false},
	} {
		if got, ok := parseNumber(c.s, c.whole); got != c.want || ok != c.ok {
			t.Errorf("parseNumber(%q, %v) = %v, %v", c.s, c.whole, got, ok)
		}
	}
}

func TestDerive(t *testing.T) {
	m := traits{"title": "VP Finance"}
	Derive(m)
	if !reflect.DeepEqual(m, traits{"title": "VP Finance", "seniority": "vp", "department": "finance"}) {
		t.Errorf("%v", m)
	}
	m = traits{"title": "VP Finance", "department": "Office of the CFO"}
	Derive(m)
	if m["department"] != "Office of the CFO" || m["seniority"] != "vp" {
		t.Errorf("%v", m)
	}
	m = traits{"title": "Ninja"}
	Derive(m)
	if len(m) != 1 {
		t.Errorf("%v", m)
	}
}

// checkTraits says what holds of any set of traits that was read without an error.
func checkTraits(t interface{ Fatalf(string, ...any) }, raw []byte, got traits) {
	if len(got) > maxTraits+2 { // and the two names that a name fills
		t.Fatalf("%d traits", len(got))
	}
	for k, v := range got {
		if k == "" || strings.ContainsRune(k, 0) || utf8.RuneCountInString(k) > maxTraitName {
			t.Fatalf("name %q", k)
		}
		values, ok := v.([]any)
		if !ok {
			values = []any{v}
		}
		for _, v := range values {
			switch v := v.(type) {
			case float64, bool:
			case string:
				if v == "" || strings.ContainsRune(v, 0) || utf8.RuneCountInString(v) > maxTraitText {
					t.Fatalf("%s is %q", k, v)
				}
			default:
				t.Fatalf("%s is a %T", k, v)
			}
		}
	}
	again, err := json.Marshal(got)
	if err != nil {
		t.Fatalf("%v", err)
	}
	for range 2 { // twice, for the order of maps
		if twice, err := PersonTraits(again); err != nil || len(got) <= maxTraits && !reflect.DeepEqual(twice, got) {
			t.Fatalf("%s gives %#v, and that %#v, %v", raw, got, twice, err)
		}
	}
}

func TestTraitsIdempotent(t *testing.T) {
	key := rapid.OneOf(rapid.SampledFrom([]string{"email", "E-Mail", "firstName", "first_name", "name", "company", "company.name", "title", " title ", "employees", "size", "address", "country", "domain", "tags", "a", "a ", "a.b", "\x00a", "technologies", "revenue"}), rapid.String())
	text := rapid.OneOf(rapid.SampledFrom([]string{"", " ", "Jane Doe", "Dr. Doe, Jane", "jane@acme.com", "acme.com", "DE", "Germany", "1,200", "1.200", "a,b;c", "e\u0301", "\x00", "Dr. Dr. x", "\u00ad"}), nameText())
	value := rapid.OneOf(
		rapid.Map(text, func(s string) any { return s }),
		rapid.Map(rapid.Float64(), func(f float64) any { return f }),
		rapid.Map(rapid.Int64(), func(n int64) any { return n }),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Map(rapid.SliceOfN(text, 0, 3), func(s []string) any { return s }),
		rapid.Map(rapid.MapOfN(key, text, 0, 3), func(m map[string]string) any { return m }),
		rapid.Just[any](nil),
	)
	rapid.Check(t, func(t *rapid.T) {
		raw, err := json.Marshal(rapid.MapOfN(key, value, 0, 8).Draw(t, "traits"))
		if err != nil {
			t.Fatal(err)
		}
		got, err := PersonTraits(raw)
		if err != nil {
			t.Fatalf("%s: %v", raw, err)
		}
		checkTraits(t, raw, got)
	})
}

func FuzzPersonTraits(f *testing.F) {
	for _, s := range []string{"", "null", "[]", `{"firstName":"Jane","company":{"name":"Acme","employee_count":"1,200"},"tags":[1,"a",[2],{}]}`,
		`{"a":{"b":{"c":{"d":{"e":1}}}},"n":1e400,"m":12345678901234567890,"z":"\u0000\ud800"}`, `{"name":"Doe, Jane","email":"<J@ACME.com>","country":"U.S.A."}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := PersonTraits(raw)
		if _, aerr := AccountTraits(raw); (err == nil) != (aerr == nil) {
			t.Fatalf("%v, but for an account %v", err, aerr)
		}
		if err != nil {
			if millrace.ErrorCode(err) != millrace.Invalid {
				t.Fatalf("%v", err)
			}
			return
		}
		checkTraits(t, raw, got)
		Derive(got)
	})
}

func BenchmarkPersonTraits(b *testing.B) {
	raw := []byte(`{"firstName":"Jane","lastName":"Doe","email":"Jane@Acme.com","phone":"+1 555","title":"VP Sales","plan":"pro","address":{"country":"Germany","city":"Berlin"},"company":{"name":"Acme","domain":"acme.com","employee_count":120}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := PersonTraits(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDerive(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Derive(traits{"title": "Senior Vice President, Something Unknown"})
	}
}

// TestRepeatedKeys says that of a key that repeats the last counts, also where the keys differ only in what is cleaned off them.
func TestRepeatedKeys(t *testing.T) {
	got, err := PersonTraits([]byte(`{"a":1,"title":"A","a":2,"title":"B","a ":3}`))
	if err != nil || !reflect.DeepEqual(got, traits{"a": 3., "title": "B"}) {
		t.Errorf("%v, %v", got, err)
	}
}
