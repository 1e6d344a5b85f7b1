package attribution

import (
	"fmt"
	"os"
	"strings"
	"testing"
)

// Sentences name a model as the screens do.
func TestTitles(t *testing.T) {
	words, err := os.ReadFile("../../web/src/strings.measure.ts")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range models {
		if m.Title == "" || !strings.Contains(string(words), fmt.Sprintf("%s: ['%s', ", m.Name, m.Title)) && !strings.Contains(string(words), fmt.Sprintf("'%s': ['%s', ", m.Name, m.Title)) {
			t.Errorf("%s is called %q here and something else on the screen", m.Name, m.Title)
		}
	}
}

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
