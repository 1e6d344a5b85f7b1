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

func TestPartInDeal(t *testing.T) {
	in, out := func(at millrace.Time) millrace.DealWord { return millrace.DealWord{At: at, In: true} }, func(at millrace.Time) millrace.DealWord { return millrace.DealWord{At: at} }
	for name, c := range map[string]struct {
		words []millrace.DealWord
		at    millrace.Time
		since millrace.Time
		in    bool
	}{
		"none":                              {nil, 9, 0, false},
		"named by the record":               {[]millrace.DealWord{in(0)}, 9, 0, true},
		"given a part":                      {[]millrace.DealWord{in(5)}, 9, 5, true},
		"not yet":                           {[]millrace.DealWord{in(10)}, 9, 0, false},
		"at that very moment":               {[]millrace.DealWord{in(9)}, 9, 9, true},
		"another role":                      {[]millrace.DealWord{in(5), in(0), in(7)}, 9, 0, true},
		"taken out":                         {[]millrace.DealWord{in(0), out(5)}, 9, 0, false},
		"taken out later":                   {[]millrace.DealWord{in(0), out(10)}, 9, 0, true},
		"taken out and given another":       {[]millrace.DealWord{out(5), in(0), in(7)}, 9, 7, true},
		"two words of one moment":           {[]millrace.DealWord{out(5), in(5)}, 9, 5, true},
		"taken out who was never in it":     {[]millrace.DealWord{out(5)}, 9, 0, false},
		"in again under another identifier": {[]millrace.DealWord{in(3), out(4), in(6), in(8)}, 9, 6, true},
	} {
		for range 2 {
			if since, ok := millrace.PartInDeal(c.words, c.at); ok != c.in || ok && since != c.since {
				t.Errorf("%s: %v since %d, want %v since %d", name, ok, since, c.in, c.since)
			}
			slices.Reverse(c.words)
		}
	}
}

func TestDealSpanFrom(t *testing.T) {
	open, won := millrace.OpportunityOpen, millrace.OpportunityWon
	for name, c := range map[string]struct {
		deal millrace.DealSpan
		at   millrace.Time
		want millrace.Time
	}{
		"from its beginning":              {millrace.DealSpan{Status: open, Opened: 5}, 0, 5},
		"came later":                      {millrace.DealSpan{Status: open, Opened: 5}, 7, 7},
		"came before it opened":           {millrace.DealSpan{Status: open, Opened: 5}, 3, 5},
		"an expected close is none":       {millrace.DealSpan{Status: open, Opened: 5, Closed: 6}, 7, 7},
		"came before it was won":          {millrace.DealSpan{Status: won, Opened: 5, Closed: 9}, 7, 7},
		"named when it was over":          {millrace.DealSpan{Status: won, Opened: 5, Closed: 9}, 12, 5},
		"over at a moment nobody knows":   {millrace.DealSpan{Status: won, Opened: 5}, 7, 5},
		"opened at a moment nobody knows": {millrace.DealSpan{Status: open}, 7, 7},
	} {
		if got := c.deal.From(c.at); got.Opened != c.want || got.Closed != c.deal.Closed || got.Status != c.deal.Status {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
