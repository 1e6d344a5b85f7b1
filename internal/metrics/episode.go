package metrics

import (
	"cmp"
	"fmt"
	"slices"

	"millrace"
)

// rung is where a stage stands on the way to a customer; recycled and disqualified stand on none.
func rung(s millrace.Stage) int {
	if s > millrace.StageCustomer {
		return -1
	}
	return int(s)
}

// outcome says what entering a stage means for an episode from one stage to another.
func outcome(s, from, to millrace.Stage) Outcome {
	forward := rung(to) > rung(from)
	switch {
	case s == to, forward && rung(s) > rung(to):
		return Converted
	case s == from:
		return Open
	case rung(s) < 0, forward && rung(s) < rung(from), !forward && s == millrace.StageCustomer:
		return EndedOtherwise
	}
	return Open
}

// regular says whether a stage follows the one before it without a skip. SAL is optional.
func regular(first bool, before, s millrace.Stage) bool {
	if first || rung(before) < 0 {
		return rung(s) <= rung(millrace.StageMQL)
	}
	return rung(s)-rung(before) <= 1 || before == millrace.StageMQL && s == millrace.StageSQL
}

// order gives the rows of moves by subject, time, stage, account and row; nil when they already are in that order.
func order(moves []Move) []int32 {
	compare := func(a, b *Move) int {
		return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.At, b.At), cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.Account, b.Account))
	}
	largest := int32(0)
	sorted := true
	for i := range moves {
		m := &moves[i]
		if sorted && i > 0 && m.Subject <= largest {
			sorted = m.Subject == largest && compare(&moves[i-1], m) <= 0
		}
		largest = max(largest, m.Subject)
	}
	if sorted {
		return nil
	}
	rows := make([]int32, len(moves))
	start := make([]int32, int(largest)+2)
	for i := range moves {
		start[moves[i].Subject+1]++
	}
	for i := range largest + 1 {
		start[i+1] += start[i]
	}
	next := slices.Clone(start)
	for i := range moves {
		s := moves[i].Subject
		rows[next[s]] = int32(i)
		next[s]++
	}
	for s := range largest + 1 {
		if own := rows[start[s]:start[s+1]]; len(own) > 1 {
			slices.SortStableFunc(own, func(a, b int32) int { return compare(&moves[a], &moves[b]) })
		}
	}
	return rows
}

// eachSubject calls f with the rows of each subject that are not void, in order.
func eachSubject(moves []Move, f func(rows []int32)) {
	rows := order(moves)
	var own []int32
	for i := 0; i < len(moves); {
		at := func(i int) int32 {
			if rows == nil {
				return int32(i)
			}
			return rows[i]
		}
		own = own[:0]
		for subject := moves[at(i)].Subject; i < len(moves) && moves[at(i)].Subject == subject; i++ {
			if !moves[at(i)].Void {
				own = append(own, at(i))
			}
		}
		if len(own) > 0 {
			f(own)
		}
	}
}

// dealIndex finds the deals of an account.
type dealIndex struct {
	start []int32
	deals []*Deal
}

func indexDeals(deals []Deal, asOf millrace.Time) dealIndex {
	var ix dealIndex
	for i := range deals {
		if d := &deals[i]; d.Account >= 0 && d.Opened <= asOf {
			ix.deals = append(ix.deals, d)
		}
	}
	slices.SortFunc(ix.deals, func(a, b *Deal) int { return cmp.Compare(a.Account, b.Account) })
	if len(ix.deals) == 0 {
		return ix
	}
	ix.start = make([]int32, ix.deals[len(ix.deals)-1].Account+2)
	for _, d := range ix.deals {
		ix.start[d.Account+1]++
	}
	for i := range len(ix.start) - 1 {
		ix.start[i+1] += ix.start[i]
	}
	return ix
}

func (ix *dealIndex) of(account int32) []*Deal {
	if account < 0 || int(account) >= len(ix.start)-1 {
		return nil
	}
	return ix.deals[ix.start[account]:ix.start[account+1]]
}

// status is how the deal stood at a moment.
func (d *Deal) status(asOf millrace.Time) millrace.OpportunityStatus {
	if d.Status != millrace.OpportunityOpen && d.Closed > asOf {
		return millrace.OpportunityOpen
	}
	return d.Status
}

// onAccount is what the deals of an account mean for an episode.
type onAccount struct {
	at      millrace.Time // of the first conversion from entry on, 0 for none
	open    bool          // an opportunity was open at entry
	undated bool          // a conversion has no date
}

// convert looks for the conversion to an opportunity, or to a customer, on an account from a moment on.
func (ix *dealIndex) convert(account int32, entry millrace.Time, to millrace.Stage, asOf millrace.Time) onAccount {
	var out onAccount
	for _, d := range ix.of(account) {
		at := d.Opened
		if to == millrace.StageCustomer {
			if d.status(asOf) != millrace.OpportunityWon {
				continue
			}
			at = d.Closed
		}
		switch {
		case at == 0:
			out.undated = true
		case at >= entry:
			if out.at == 0 || at < out.at {
				out.at = at
			}
		case to == millrace.StageOpportunity && (d.status(asOf) == millrace.OpportunityOpen || d.Closed > entry):
			out.open = true
		}
	}
	return out
}

// episodes makes the episodes of one pair of stages.
type episodes struct {
	moves    []Move
	from, to millrace.Stage
	o        *Options
	deals    dealIndex
	byDeals  bool // an opportunity on the account converts
	days     *dayReader
	asOf     Day
	set      EpisodeSet
	left     tally
}

// Episodes makes the episodes from one stage to another of contacts, or of accounts when moves are theirs. An episode begins with a Move
// into from, converts with the first entry of to or of a stage beyond it (Skipped), or, for to = StageOpportunity and StageCustomer, when
// an opportunity opens, or is won, on the account held at entry; and ends otherwise with a move to recycled, disqualified or, where to
// stands further on than from, any stage before from. Re-entry after an end is a new episode. Episodes that begin while an opportunity is
// already open on the account can't convert by opening one: they are left out and counted, as are undated entries, and episodes still open
// whose subject or account has a conversion without a date.
func Episodes(moves []Move, deals []Deal, from, to millrace.Stage, o Options) EpisodeSet {
	e := episodes{moves: moves, from: from, to: to, o: o.fill()}
	e.byDeals = rung(to) > rung(from) && (to == millrace.StageOpportunity || to == millrace.StageCustomer)
	if e.byDeals {
		e.deals = indexDeals(deals, o.AsOf)
	}
	e.days = e.o.Calendar.reader()
	e.asOf = e.days.day(o.AsOf)
	e.set.Key = from.String() + "_to_" + to.String()
	e.set.Rule = fmt.Sprintf("episodes from entering %s until %s, another end (recycled, disqualified, a customer), or now", from, to)
	if rung(to) > rung(from) {
		e.set.Rule = fmt.Sprintf("episodes from entering %s until %s or beyond, another end (recycled, disqualified, back before %s), or now", from, to, from)
	}
	if e.byDeals {
		e.set.Rule += map[millrace.Stage]string{millrace.StageOpportunity: "; an opportunity that opens on the account converts",
			millrace.StageCustomer: "; a deal won on the account converts"}[to]
	}
	entries := 0
	for i := range moves {
		if moves[i].Stage == from {
			entries++
		}
	}
	e.set.Episodes = make([]Episode, 0, entries)
	eachSubject(moves, e.subject)
	e.set.LeftOut = e.left.list()
	return e.set
}

// subject makes the episodes of one subject, whose rows are in order.
func (e *episodes) subject(rows []int32) {
	undated, begun, made := false, 0, len(e.set.Episodes)
	i := 0
	for ; i < len(rows) && e.moves[rows[i]].At == 0; i++ {
		s := e.moves[rows[i]].Stage
		if s == e.from {
			e.left.add("undated")
		}
		undated = undated || outcome(s, e.from, e.to) == Converted
	}
	first, before := true, millrace.StageLead
	for i < len(rows) {
		m := &e.moves[rows[i]]
		if m.At > e.o.AsOf {
			break
		}
		if m.Stage != e.from {
			first, before, i = false, m.Stage, i+1
			continue
		}
		sideways := !regular(first, before, m.Stage)
		next, kept := e.episode(rows, i, undated)
		if kept {
			begun++
			if sideways {
				e.set.Sideways++
			}
		}
		first, before, i = false, e.moves[rows[next-1]].Stage, next
	}
	if len(e.set.Episodes) > made {
		e.set.Subjects++
		e.set.Reentry += begun - 1
	}
}

// episode makes the one that begins with row i of the subject, and gives the row to go on with. kept is false when it was left out.
func (e *episodes) episode(rows []int32, i int, undated bool) (next int, kept bool) {
	entry := &e.moves[rows[i]]
	end, result, skipped := e.o.AsOf, Open, false
	next = i + 1
	for ; next < len(rows) && result == Open; next++ {
		m := &e.moves[rows[next]]
		if m.At > e.o.AsOf {
			break
		}
		if result = outcome(m.Stage, e.from, e.to); result != Open {
			end, skipped = m.At, result == Converted && m.Stage != e.to
			if m.Stage == e.from {
				break
			}
		}
	}
	if e.byDeals && entry.Account >= 0 {
		deal := e.deals.convert(entry.Account, entry.At, e.to, e.o.AsOf)
		if deal.open {
			e.left.add("opportunity_open_at_entry")
			return next, false
		}
		if deal.at != 0 && deal.at <= end {
			end, result, skipped = deal.at, Converted, false
			for next > i+1 && e.moves[rows[next-1]].At > end {
				next--
			}
		}
		undated = undated || deal.undated
	}
	if result == Open && undated {
		e.left.add("undated_outcome")
		return next, false
	}
	day := e.days.day(entry.At)
	last := e.asOf
	if result != Open {
		last = e.days.day(end)
	}
	e.set.Episodes = append(e.set.Episodes, Episode{Row: rows[i], Entered: day, Days: max(0, int32(last-day)), Outcome: result, Skipped: skipped})
	return next, true
}

// DealEpisodes makes one episode of each deal, from opened to won; lost ends it otherwise. Its key is "opportunity_to_close".
func DealEpisodes(deals []Deal, o Options) EpisodeSet {
	f := o.fill()
	days := f.Calendar.reader()
	asOf := days.day(f.AsOf)
	set := EpisodeSet{Key: "opportunity_to_close", Rule: "opportunities from opened until won, lost, or now"}
	var left tally
	for i := range deals {
		d := &deals[i]
		status := d.status(f.AsOf)
		switch {
		case d.Opened == 0:
			left.add("undated")
			continue
		case d.Opened > f.AsOf:
			continue
		case status != millrace.OpportunityOpen && d.Closed == 0:
			left.add("undated_outcome")
			continue
		case status != millrace.OpportunityOpen && days.day(d.Closed) < days.day(d.Opened):
			left.add("closed_before_opened")
			continue
		}
		e := Episode{Row: int32(i), Entered: days.day(d.Opened), Days: int32(asOf - days.day(d.Opened))}
		switch status {
		case millrace.OpportunityWon:
			e.Outcome, e.Days = Converted, int32(days.day(d.Closed)-e.Entered)
		case millrace.OpportunityLost:
			e.Outcome, e.Days = EndedOtherwise, int32(days.day(d.Closed)-e.Entered)
		}
		set.Episodes = append(set.Episodes, e)
		set.Subjects++
	}
	set.LeftOut = left.list()
	return set
}
