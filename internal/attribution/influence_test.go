package attribution

import (
	"math"
	"reflect"
	"testing"

	"millrace"
)

func TestInfluence(t *testing.T) {
	b := NewBuilder(Rules{AsOf: 100})
	touch := func(at millrace.Time, asset string) Touch {
		x := Touch{At: at}
		x.Values[Asset] = asset
		return x
	}
	for _, d := range []struct {
		id     string
		amount int64
		assets []string
	}{
		{"a", 1000, []string{"guide", "webinar", "guide", "pricing"}},
		{"b", 500, []string{"guide"}},
		{"c", 300, []string{"pricing", "guide"}},
		{"d", 700, nil},
	} {
		var touches []Touch
		for i, name := range d.assets {
			touches = append(touches, touch(millrace.Time(i+1), name))
		}
		if err := b.AddDeal(Deal{ID: d.id, Amount: d.amount, Outcome: Open}, touches); err != nil {
			t.Fatal(err)
		}
	}
	if err := b.AddAccount([]Touch{touch(1, "guide")}); err != nil { // no deal came of it
		t.Fatal(err)
	}
	rows, all := b.Journeys().Influence(Asset, Pipeline)
	want := []Influence{{"guide", 3, 1800, 2, 2, 1}, {"pricing", 2, 1300, 1, 1, 1}, {"webinar", 1, 1000, 0, 0, 1}}
	if !reflect.DeepEqual(rows, want) || all.Journeys != 3 || all.Amount != 1800 {
		t.Errorf("%+v of %+v", rows, all)
	}
	for _, x := range rows {
		if x.Assisted+x.Last != x.Journeys {
			t.Errorf("%s: assists and last touches don't make up its journeys", x.Value)
		}
	}
	if rows, all := NewBuilder(Rules{}).Journeys().Influence(Asset, Count); rows != nil || all != (Influence{}) {
		t.Errorf("of nothing: %+v, %+v", rows, all)
	}
	if plus(math.MaxInt64, 1) != math.MaxInt64 || plus(math.MinInt64, -1) != math.MinInt64 || plus(2, -3) != -1 {
		t.Error("sums don't stop at the ends")
	}
}
