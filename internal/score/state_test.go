package score

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"millrace"
)

func TestStateEncodesAndDecodes(t *testing.T) {
	if s, err := DecodeState(State{}.AppendBinary(nil)); err != nil || !reflect.DeepEqual(s, State{}) {
		t.Errorf("the empty state: %+v, %v", s, err)
	}
	rapid.Check(t, func(t *rapid.T) {
		s := State{
			Epoch: rapid.Int64().Draw(t, "epoch"), Sum: rapid.Int64().Draw(t, "sum"),
			LastScored: millrace.Time(rapid.Int64().Draw(t, "last")), Until: millrace.Time(rapid.Int64().Draw(t, "until")),
			Later: millrace.Time(rapid.Int64().Draw(t, "later")),
		}
		next := 0
		for range rapid.IntRange(0, 5).Draw(t, "behaviours") {
			next += rapid.IntRange(0, 300).Draw(t, "gap")
			s.Behaviors = append(s.Behaviors, BehaviorState{
				Behavior: next, LastAt: millrace.Time(rapid.Int64().Draw(t, "at")),
				UsedDay: rapid.Int32Min(0).Draw(t, "day"), Used: rapid.Int32Min(0).Draw(t, "used"),
			})
			bs := &s.Behaviors[len(s.Behaviors)-1]
			if bs.Many = rapid.Bool().Draw(t, "many"); !bs.Many {
				for range rapid.IntRange(0, 3).Draw(t, "within") {
					bs.Within = append(bs.Within, millrace.Time(rapid.Int64().Draw(t, "moment")))
				}
			}
			next++
		}
		prefix := []byte("prefix")
		b := s.AppendBinary(prefix)
		got, err := DecodeState(b[len(prefix):])
		if err != nil || !reflect.DeepEqual(got, s) {
			t.Fatalf("%+v came back as %+v, %v", s, got, err)
		}
		cut := rapid.IntRange(len(prefix), len(b)-1).Draw(t, "cut")
		if _, err := DecodeState(b[len(prefix):cut]); millrace.ErrorCode(err) != millrace.Internal {
			t.Fatalf("cut to %d bytes: %v", cut, err)
		}
		if _, err := DecodeState(append(b, 0)[len(prefix):]); err == nil {
			t.Fatal("a byte too many is no error")
		}
	})
}

func TestStateIsSmall(t *testing.T) {
	r := benchRules(t)
	if n := len(r.Intent(benchFacts(r, 500), benchClock).AppendBinary(nil)); n > 40+10*len(r.behaviors)+5*min(500, keptWithin*len(r.behaviors)) {
		t.Errorf("a state of %d behaviours takes %d bytes", len(r.behaviors), n)
	}
}

func FuzzDecodeState(f *testing.F) {
	f.Add([]byte{})
	f.Add(State{}.AppendBinary(nil))
	f.Add(State{Epoch: 110, Sum: 1 << 30, LastScored: start, Until: start + 5, Behaviors: []BehaviorState{{2, start, 20, 40, []millrace.Time{start - 9, start - 1}, false}, {9, start - 7, 0, 0, nil, true}}, Later: start + 9}.AppendBinary(nil))
	f.Add([]byte{1, 0, 0, 0, 0, 255, 255, 255, 255, 255, 255, 255, 255, 255, 1})
	r := benchRules(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := DecodeState(b)
		if err != nil {
			return
		}
		again, err := DecodeState(s.AppendBinary(nil))
		if err != nil || !reflect.DeepEqual(again, s) {
			t.Fatalf("%+v came back as %+v, %v", s, again, err)
		}
		r.Milli(s.Epoch, s.Sum, start)
		r.Rank(s.Epoch, s.Sum)
		r.FallsBelow(s.Epoch, s.Sum, 50, start)
		r.Combine([]Part{{s.Epoch, s.Sum}, {100, 1}})
	})
}
