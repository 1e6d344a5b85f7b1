package millrace

import (
	"cmp"
	"slices"
)

// DealSpan is an opportunity as far as it moves the account that it is on, and the people who have a part in it.
type DealSpan struct {
	Status OpportunityStatus
	Opened Time // 0 when nothing says
	Closed Time // of one that was won or lost, 0 when nothing says; of an open one it may be what is expected and isn't read
}

// From is the span as it moves somebody who came to the deal at a moment, 0 for who was in it from the beginning. Whoever is named when it was over
// took part in all of it.
func (d DealSpan) From(at Time) DealSpan {
	if at > d.Opened && (d.Status == OpportunityOpen || at < d.Closed) {
		d.Opened = at
	}
	return d
}

// DealWord is what is said of somebody's part in a deal: that they are in it, or not any more, from a moment on, 0 for its beginning.
type DealWord struct {
	At Time
	In bool
}

// PartInDeal says whether somebody of whom these words were said is in the deal at a moment, and since when, 0 for its beginning. Of words of one moment
// one that they are in it counts.
func PartInDeal(words []DealWord, at Time) (since Time, in bool) {
	words = slices.SortedFunc(slices.Values(words), func(a, b DealWord) int { return cmp.Compare(a.At, b.At) })
	for n := 0; n < len(words) && words[n].At <= at; {
		when, now := words[n].At, false
		for ; n < len(words) && words[n].At == when; n++ {
			now = now || words[n].In
		}
		if now && !in {
			since = when
		}
		in = now
	}
	return since, in
}

// DealMove is the entry of an account or a contact into a stage by opportunities. At is 0 when nothing says when.
type DealMove struct {
	At    Time
	Stage Stage
}

// DealMoves are the stages that the opportunities of one account, or of one contact, lead it through, in order of time: StageOpportunity when one opens while
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
