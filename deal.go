package millrace

import (
	"cmp"
	"slices"
)

// DealSpan is an opportunity as far as it moves the account that it is on.
type DealSpan struct {
	Status OpportunityStatus
	Opened Time // 0 when nothing says
	Closed Time // of one that was won or lost, 0 when nothing says; of an open one it may be what is expected and isn't read
}

// DealMove is the entry of an account into a stage by its opportunities. At is 0 when nothing says when.
type DealMove struct {
	At    Time
	Stage Stage
}

// DealMoves are the stages that the opportunities of one account lead it through, in order of time: StageOpportunity when one opens while
// none was open, StageCustomer when the first is won, after which nothing moves it, and StageRecycled when the last open one is lost. One
// that was won or lost at an unknown moment was so from when it was opened on.
func DealMoves(deals []DealSpan) []DealMove {
	type change struct {
		at    Time
		order int8 // of what happens at one moment: what is won, what opens, what is lost
	}
	const won, opens, lost = 0, 1, 2
	var all []change
	for _, d := range deals {
		closed := max(d.Closed, d.Opened)
		if d.Status != OpportunityOpen && d.Closed != 0 && d.Closed < d.Opened { // one of the two is wrong: it was over by then
			d.Opened, closed = d.Closed, d.Closed
		}
		all = append(all, change{d.Opened, opens})
		switch d.Status {
		case OpportunityWon:
			all = append(all, change{closed, won})
		case OpportunityLost:
			all = append(all, change{closed, lost})
		}
	}
	slices.SortFunc(all, func(a, b change) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.order, b.order)) })
	var out []DealMove
	open := 0
	for _, c := range all {
		switch c.order {
		case won:
			return append(out, DealMove{c.at, StageCustomer})
		case opens:
			if open++; open == 1 {
				out = append(out, DealMove{c.at, StageOpportunity})
			}
		case lost:
			if open--; open == 0 {
				out = append(out, DealMove{c.at, StageRecycled})
			}
		}
	}
	return out
}
