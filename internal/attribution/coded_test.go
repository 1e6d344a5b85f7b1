package attribution

import (
	"reflect"
	"testing"

	"millrace"

	"pgregory.net/rapid"
)

// TestCodedIsTheSame: values as codes give the tables that the texts give.
func TestCodedIsTheSame(t *testing.T) {
	names := []string{"", "ads", "search", "mail", "direct"}
	rapid.Check(t, func(t *rapid.T) {
		var all [Dimensions][]string
		for d := range all {
			all[d] = names
		}
		rules := Rules{AsOf: 1000}
		plain, coded := NewBuilder(rules), NewBuilder(rules).Coded(all)
		for i := range rapid.IntRange(0, 6).Draw(t, "deals") {
			var a, b []Touch
			for range rapid.IntRange(0, 5).Draw(t, "touches") {
				x := Touch{At: millrace.Time(rapid.IntRange(1, 999).Draw(t, "at")), Contact: 1}
				y := x
				for d := range Dimensions {
					code := rapid.IntRange(0, len(names)-1).Draw(t, "value")
					x.Values[d], y.Codes[d] = names[code], int32(code)
				}
				a, b = append(a, x), append(b, y)
			}
			deal := Deal{ID: string(rune('a' + i)), Amount: 1000, Outcome: DealWon, Close: 900, SelfReported: "mail"}
			if err := plain.AddDeal(deal, a); err != nil {
				t.Fatal(err)
			}
			if err := coded.AddDeal(deal, b); err != nil {
				t.Fatal(err)
			}
		}
		for d := range Dimension(Dimensions) {
			x, err := plain.Journeys().Table(d, Revenue, TableOptions{Models: []string{First, Linear, Markov}})
			if err != nil {
				t.Fatal(err)
			}
			y, err := coded.Journeys().Table(d, Revenue, TableOptions{Models: []string{First, Linear, Markov}})
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range append(names, NotSet, NoTouch) {
				for _, model := range x.Models {
					if a, b := x.Credit(name, model), y.Credit(name, model); a != b {
						t.Fatalf("%s by %s: %d as texts, %d as codes", name, model, a, b)
					}
				}
			}
			if len(x.Rows) != len(y.Rows) || !reflect.DeepEqual(x.LeftOut, y.LeftOut) || x.Total != y.Total {
				t.Fatalf("%+v as texts, %+v as codes", x, y)
			}
		}
	})
}
