package attribution

import "testing"

// Where nobody was asked how they came, what buyers said is no model to disagree with.
func TestNobodyAsked(t *testing.T) {
	for _, said := range []string{"", "Ads"} {
		b := NewBuilder(Rules{AsOf: 1000})
		touches := []Touch{{At: 1, Values: [Dimensions]string{"Search"}}, {At: 2, Values: [Dimensions]string{"Ads"}}}
		if err := b.AddDeal(Deal{ID: "d", Amount: 1000, Outcome: DealWon, Lead: 2, Opportunity: 3, Close: 9, SelfReported: said}, touches); err != nil {
			t.Fatal(err)
		}
		table, err := b.Journeys().Table(Channel, Revenue, TableOptions{Models: []string{SelfReported, Linear}})
		if err != nil {
			t.Fatal(err)
		}
		if got := table.Explain(); (len(got) > 0) != (said != "") {
			t.Errorf("answer %q: %+v", said, got)
		}
	}
}
