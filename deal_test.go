package millrace_test

import (
	"slices"
	"testing"

	"millrace"
)

func TestDealMoves(t *testing.T) {
	open, won, lost := millrace.OpportunityOpen, millrace.OpportunityWon, millrace.OpportunityLost
	opportunity, customer, recycled := millrace.StageOpportunity, millrace.StageCustomer, millrace.StageRecycled
	type deals []millrace.DealSpan
	type moves []millrace.DealMove
	for name, c := range map[string]struct {
		deals deals
		want  moves
	}{
		"none":                           {nil, nil},
		"one open":                       {deals{{open, 5, 0}}, moves{{5, opportunity}}},
		"an expected close moves none":   {deals{{open, 5, 90}}, moves{{5, opportunity}}},
		"expected before it opened":      {deals{{open, 9, 5}}, moves{{9, opportunity}}},
		"won":                            {deals{{won, 5, 9}}, moves{{5, opportunity}, {9, customer}}},
		"lost":                           {deals{{lost, 5, 9}}, moves{{5, opportunity}, {9, recycled}}},
		"lost beside an open one":        {deals{{lost, 5, 9}, {open, 7, 0}}, moves{{5, opportunity}}},
		"opened as the other was lost":   {deals{{lost, 5, 9}, {open, 9, 0}}, moves{{5, opportunity}}},
		"lost, then another":             {deals{{open, 20, 0}, {lost, 5, 9}}, moves{{5, opportunity}, {9, recycled}, {20, opportunity}}},
		"nothing moves a customer":       {deals{{won, 5, 9}, {lost, 12, 14}, {won, 20, 30}}, moves{{5, opportunity}, {9, customer}}},
		"won while another stays open":   {deals{{open, 1, 0}, {won, 5, 9}}, moves{{1, opportunity}, {9, customer}}},
		"the later won was opened first": {deals{{won, 1, 30}, {won, 5, 9}}, moves{{1, opportunity}, {9, customer}}},
		"no dates":                       {deals{{won, 0, 0}}, moves{{0, customer}}},
		"lost without dates":             {deals{{lost, 0, 0}}, moves{{0, opportunity}, {0, recycled}}},
		"won at an unknown moment":       {deals{{won, 5, 0}}, moves{{5, customer}}},
		"closed before it was opened":    {deals{{lost, 9, 5}}, moves{{5, opportunity}, {5, recycled}}},
	} {
		for range 2 {
			if got := millrace.DealMoves(c.deals); !slices.Equal(got, c.want) {
				t.Errorf("%s: got %v, want %v", name, got, c.want)
			}
			slices.Reverse(c.deals)
		}
	}
}
