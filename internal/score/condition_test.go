package score

import (
	"math"
	"strings"
	"testing"

	"millrace/internal/playbook"
)

func TestReadNumber(t *testing.T) {
	for _, c := range []struct {
		s    string
		want float64
	}{
		{"0", 0}, {"495", 495}, {" 495 ", 495}, {"-5", -5}, {"−5", -5}, {"+5", 5}, {"1911.0", 1911}, {"3.14", 3.14}, {".5", .5}, {"1.5e6", 1.5e6},
		{"1,200", 1200}, {"1,200,000", 1.2e6}, {"12,34,567", 1234567}, {"1.200.000", 1.2e6}, {"1,234.56", 1234.56}, {"1.234,56", 1234.56},
		{"1,5", 1.5}, {"0,125", .125}, {"12 000", 12000}, {"12\u00a0000", 12000}, {"1'200'000", 1.2e6}, {"1.234", 1.234},
		{"51-200", 51}, {"51 - 200", 51}, {"51–200 employees", 51}, {"51 to 200", 51}, {"1,001-5,000", 1001}, {"11..50", 11}, {"10001+", 10001}, {"10,001+ employees", 10001},
		{"$1.5M", 1.5e6}, {"€ 10 mio", 1e7}, {"USD 2bn", 2e9}, {"500k", 5e5}, {"1-5M", 1e6}, {"$1M-$5M", 1e6}, {"$500K - $1M", 5e5}, {"10-50 million", 1e7},
		{">1000", 1000}, {"over 500", 500}, {"more than 1,000 people", 1000}, {"~200", 200}, {"ca. 40", 40}, {"5 locations", 5}, {"2024-03-01", 2024},
		{"<50", 0}, {"under 50", 0}, {"up to $5M", 0}, {"less than 10", 0},
	} {
		if got, ok := ReadNumber(c.s); !ok || got != c.want {
			t.Errorf("%q is %v, %v; want %v", c.s, got, ok, c.want)
		}
	}
	for _, s := range []string{"", " ", "-", "n/a", "unknown", "self-employed", "12abc", "3rd", "nan", "inf", "infinity", "0x10", "1,2,3", "1.2.3", "1.2,3.4", "overt 5", "$", "<", "e", "1e999", strings.Repeat("1", 201)} {
		if got, ok := ReadNumber(s); ok {
			t.Errorf("%q is %v", s, got)
		}
	}
}

func FuzzReadNumber(f *testing.F) {
	for _, s := range []string{"1,200", "51-200", "10001+", "1911.0", "$1.5M", "under 50", "1.200.000,50", "12\u00a0000", "−3", "~", "1e308b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, ok := ReadNumber(s); ok && (math.IsInf(n, 0) || math.IsNaN(n)) || !ok && n != 0 {
			t.Fatalf("%q is %v, %v", s, n, ok)
		}
	})
}

func TestConditions(t *testing.T) {
	list := []any{"Salesforce", " hubspot", nil, ""}
	for _, c := range []struct {
		name string
		when playbook.Condition
		v    any
		want bool
		why  string
	}{
		{"min", playbook.Condition{Min: new(200.0)}, 495.0, true, "employees 495 is 200 or more"},
		{"min, text", playbook.Condition{Min: new(50.0)}, "51-200", true, "employees 51-200 is 50 or more"},
		{"min, below", playbook.Condition{Min: new(200.0)}, "51-200", false, ""},
		{"min, no number", playbook.Condition{Min: new(0.0)}, "many", false, ""},
		{"min, bool", playbook.Condition{Min: new(0.0)}, true, false, ""},
		{"max", playbook.Condition{Max: new(10.0)}, 10.0, true, "employees 10 is 10 or less"},
		{"max, above", playbook.Condition{Max: new(10.0)}, 10.5, false, ""},
		{"both", playbook.Condition{Min: new(1.0), Max: new(2.5)}, 2.0, true, "employees 2 is between 1 and 2.5"},
		{"in", playbook.Condition{In: []string{"Software", "SaaS "}}, " software", true, "employees software is one of Software, SaaS "},
		{"in, number", playbook.Condition{In: []string{"200"}}, 200.0, true, "employees 200 is one of 200"},
		{"in, bool", playbook.Condition{In: []string{"TRUE"}}, true, true, "employees true is one of TRUE"},
		{"in, not", playbook.Condition{In: []string{"Soft"}}, "Software", false, ""},
		{"in, object", playbook.Condition{In: []string{"a"}}, map[string]any{"a": 1}, false, ""},
		{"whole numbers of Go", playbook.Condition{Min: new(2.0), In: []string{"2"}}, int64(2), true, "employees 2 is 2 or more and one of 2"},
		{"like", playbook.Condition{Like: []string{"*soft*"}}, "MicroSoft Corp", true, "employees MicroSoft Corp is like *soft*"},
		{"like, whole", playbook.Condition{Like: []string{"soft"}}, "MicroSoft", false, ""},
		{"not in", playbook.Condition{NotIn: []string{"us"}}, "DE", true, "employees DE is none of us"},
		{"not in, in", playbook.Condition{NotIn: []string{"us"}}, "US", false, ""},
		{"not in, not known", playbook.Condition{NotIn: []string{"us"}}, nil, false, ""},
		{"list in", playbook.Condition{In: []string{"HubSpot"}}, list, true, "employees Salesforce, hubspot includes one of HubSpot"},
		{"list not in: any element", playbook.Condition{NotIn: []string{"hubspot"}}, list, true, "employees Salesforce, hubspot includes other than hubspot"},
		{"list not in: none", playbook.Condition{NotIn: []string{"hubspot", "salesforce"}}, list, false, ""},
		{"list min", playbook.Condition{Min: new(3.0)}, []any{1.0, 4.0}, true, "employees 1, 4 includes 3 or more"},
		{"parts of a list by different elements", playbook.Condition{Min: new(3.0), Max: new(2.0)}, []any{1.0, 4.0}, true, "employees 1, 4 includes between 3 and 2"},
		{"exists", playbook.Condition{Exists: new(true)}, "x", true, "employees x is known"},
		{"exists, empty", playbook.Condition{Exists: new(true)}, "  ", false, ""},
		{"exists, empty list", playbook.Condition{Exists: new(true)}, []any{nil, ""}, false, ""},
		{"exists not", playbook.Condition{Exists: new(false)}, nil, true, "employees is not known"},
		{"exists not, known", playbook.Condition{Exists: new(false)}, false, false, ""},
		{"all must hold", playbook.Condition{Exists: new(true), Min: new(1.0), In: []string{"2"}}, 2.0, true, "employees 2 is 1 or more and one of 2"},
		{"all must hold, one fails", playbook.Condition{Min: new(1.0), In: []string{"3"}}, 2.0, false, ""},
		{"no part", playbook.Condition{}, nil, true, "employees is not known"},
	} {
		cond := newCondition(c.when)
		if got := cond.holds(c.v); got != c.want {
			t.Errorf("%s: holds of %v: %v", c.name, c.v, got)
		}
		if c.want {
			if got := cond.why("employees", c.v); got != c.why {
				t.Errorf("%s: why %q, want %q", c.name, got, c.why)
			}
		}
	}
}
