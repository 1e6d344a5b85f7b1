package measure

import (
	"cmp"
	"maps"
	"slices"

	"millrace"
	"millrace/internal/engine"
	"millrace/internal/metrics"
)

// decided is an entry of a stage that was decided; of becoming known too, which is the entry of the first.
type decided struct {
	metrics.Move
	word   bool          // of a CRM's record
	stated millrace.Time // when that was written down
}

// ledBy are the deals that move accounts and contacts.
type ledBy struct{ accounts, people map[int32][]millrace.DealSpan }

// course puts what was decided of a contact or an account together with where its deals led it, in order of time, by the rules of the engine: deals go
// before what is decided while one is open or was won, and a CRM's word is news after a lost one only if it came later. Entries that deals went before are
// void: they are counted, and lead nowhere. Nothing moves whom nobody knew before they were known, 0 for who may be known by a deal alone.
func (m *Model) course(what []decided, known millrace.Time, deals []millrace.DealMove) []metrics.Move {
	slices.SortStableFunc(what, func(a, b decided) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Stage, b.Stage)) })
	if deals = m.sameDay(what, deals); known != 0 {
		deals = sinceKnown(known, deals)
	}
	out := make([]metrics.Move, 0, len(what)+len(deals))
	var led *millrace.DealMove // where deals have it
	customer := false          // by the CRM's word
	for len(what)+len(deals) > 0 {
		if len(what) == 0 || len(deals) > 0 && deals[0].At < what[0].At {
			led, deals = &deals[0], deals[1:]
			if !customer {
				out = append(out, metrics.Move{At: led.At, Stage: led.Stage, ByDeal: true})
			}
			continue
		}
		d := what[0]
		d.Void = led != nil && d.behind(led)
		customer = customer || d.Stage == millrace.StageCustomer && !d.Void
		out, what = append(out, d.Move), what[1:]
	}
	return out
}

// behind says whether deals go before what was decided after they had led to a stage.
func (d *decided) behind(led *millrace.DealMove) bool {
	switch {
	case led.Stage == millrace.StageCustomer:
		return true
	case led.Stage == millrace.StageOpportunity:
		return d.Stage != millrace.StageCustomer
	case d.word:
		return d.Stage != millrace.StageCustomer && !engine.NewsAfter(d.Stage, cmp.Or(d.stated, d.At), led.At)
	}
	return false
}

// sameDay are the moves by deals after what was decided on the day on which one opens or is won: a deal's record gives days alone.
func (m *Model) sameDay(what []decided, deals []millrace.DealMove) []millrace.DealMove {
	deals = slices.Clone(deals)
	for i := range deals {
		opened := deals[i].At
		if deals[i].Stage == millrace.StageRecycled || opened == 0 || opened%millrace.Day != 0 && m.calendar.Day(opened-1) == m.calendar.Day(opened) {
			continue
		}
		for _, w := range what {
			if w.At >= opened && w.At < opened+millrace.Day && w.Stage < millrace.StageOpportunity && (i+1 == len(deals) || w.At <= deals[i+1].At) {
				deals[i].At = max(deals[i].At, w.At)
			}
		}
	}
	return deals
}

// sinceKnown are the moves by deals of somebody who was known from a moment on: of those before it the last, which is where they stood then.
func sinceKnown(known millrace.Time, deals []millrace.DealMove) []millrace.DealMove {
	for len(deals) > 1 && deals[0].At != 0 && deals[1].At <= known {
		deals = deals[1:]
	}
	if len(deals) > 0 && deals[0].At != 0 {
		deals[0].At = max(deals[0].At, known)
	}
	return deals
}

// moveByDeals makes the moves of accounts and contacts, unless they are made of the same deals already.
func (b *builder) moveByDeals() error {
	m, led := b.m, b.m.ledNow()
	same := func(a, b map[int32][]millrace.DealSpan) bool { return maps.EqualFunc(a, b, slices.Equal) }
	if m.moves != nil && same(led.accounts, m.led.accounts) && same(led.people, m.led.people) {
		return nil
	}
	if b.decided == nil { // the model was made of other deals
		if err := b.steps(b.loadStageRows, b.noteTakenBack, b.loadMoves); err != nil {
			return err
		}
	}
	m.led = led
	m.accMoves = b.accountMoves(led.accounts)
	m.moves = b.contactMoves(led.people)
	m.placeMoves()
	return nil
}

// ledNow is what the model's deals move.
func (m *Model) ledNow() ledBy {
	led := ledBy{map[int32][]millrace.DealSpan{}, map[int32][]millrace.DealSpan{}}
	for i := range m.deals {
		d := &m.deals[i]
		span := millrace.DealSpan{Status: d.Status, Opened: d.Opened, Closed: d.Closed}
		if d.Account >= 0 {
			led.accounts[d.Account] = append(led.accounts[d.Account], span)
		}
		for _, p := range d.parties {
			led.people[p.contact] = append(led.people[p.contact], span.From(p.since))
		}
	}
	return led
}

// accountMoves are the moves of the accounts of whom something was decided, and of those that deals lead, by account and time.
func (b *builder) accountMoves(led map[int32][]millrace.DealSpan) []metrics.Move {
	moves := b.m.movesBy(b.accDecided, led, false, func(id int32, _ millrace.Time) int32 { return id })
	slices.SortStableFunc(moves, func(a, b metrics.Move) int { return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.At, b.At)) })
	return moves
}

// contactMoves are the moves of the contacts of whom something was decided, and of those whom deals lead.
func (b *builder) contactMoves(led map[int32][]millrace.DealSpan) []metrics.Move {
	return b.m.movesBy(b.decided, led, true, func(id int32, at millrace.Time) int32 { return accountOf(int32(b.who.Account(int64(id), at))) })
}

// movesBy are the moves of subjects: those of whom no deal leads as they were decided, the others by their course; with known from when they were known on.
func (m *Model) movesBy(all []decided, led map[int32][]millrace.DealSpan, known bool, account func(id int32, at millrace.Time) int32) []metrics.Move {
	out := make([]metrics.Move, 0, len(all)+2*len(led))
	own := map[int32][]decided{}
	for _, d := range all {
		if _, some := led[d.Subject]; some {
			own[d.Subject] = append(own[d.Subject], d)
		} else {
			out = append(out, d.Move)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(led)) {
		what, since := own[id], millrace.Time(0)
		if i := slices.IndexFunc(what, func(d decided) bool { return d.Stage == millrace.StageLead }); known && i >= 0 {
			since = what[i].At
		}
		for _, move := range m.course(what, since, millrace.DealMoves(led[id])) {
			if move.ByDeal {
				move.Subject, move.Account = id, account(id, move.At)
			}
			out = append(out, move)
		}
	}
	return out
}

// placeMoves puts the moves of contacts in their order, and notes of each its lead and its day.
func (m *Model) placeMoves() {
	top := int32(0)
	for i := range m.leads {
		top = max(top, m.leads[i].contact)
	}
	place := make([]int32, top+1) // of a contact's lead + 1
	for i := range m.leads {
		place[m.leads[i].contact] = int32(i + 1)
	}
	m.moveLead = make([]int32, len(m.moves))
	for i := range m.moves {
		m.moveLead[i] = -1
		if id := m.moves[i].Subject; id <= top {
			m.moveLead[i] = place[id] - 1
		}
	}
	m.sortMoves()
	m.enter()
	m.moveDay = make([]metrics.Day, len(m.moves))
	for i := range m.moves {
		m.moveDay[i] = m.dayOfMove(&m.moves[i])
	}
}

// dayOfMove is the day of a move, NoDay where it is not known.
func (m *Model) dayOfMove(move *metrics.Move) metrics.Day {
	if move.At == 0 {
		return metrics.NoDay
	}
	return m.calendar.Day(move.At)
}
