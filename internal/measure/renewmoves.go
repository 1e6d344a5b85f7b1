package measure

import (
	"cmp"
	"maps"
	"slices"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/metrics"
)

// renewDeals takes over deals, costs, contracts, targets and rates where no fact of the kind came; who is in a deal hangs on people and the moment.
func (r *renewing) renewDeals() error {
	m, was := r.m, r.was
	some := was.Money > m.Position || r.moved.Regrouped || was.who.Undoing() || r.imported || was.stripped || r.ruled
	if !some {
		if _, err := db.One(r.ctx, r.q, []any{&some}, moneySince, was.Money, m.Position); err != nil {
			return err
		}
	}
	if some {
		return r.steps(r.loadDeals, r.loadSpend, r.loadRecords)
	}
	m.deals, m.spend, m.costs, m.aliases, m.records = slices.Clone(was.deals), was.spend, slices.Clone(was.costs), was.aliases, was.records
	for i := range m.deals {
		m.deals[i].parties = r.parties(&m.deals[i])
	}
	return nil
}

// renewMoves makes the moves of those anew of whom something else is known now, and of those whom deals lead otherwise.
func (r *renewing) renewMoves() error {
	m, was := r.m, r.was
	if r.stageRows = slices.Clone(was.stageRows); r.came[millrace.KindErased] {
		r.stageRows = nil
	}
	if err := r.steps(r.loadStageRows, r.noteTakenBack); err != nil {
		return err
	}
	contacts, accounts := map[int32]bool{}, map[int32]bool{}
	for _, id := range r.moved.Contacts {
		contacts[int32(id)] = true
	}
	for i := range r.stageRows {
		if row := &r.stageRows[i]; row.seq <= was.Position {
			continue
		} else if row.of == ofAccount {
			accounts[int32(row.id)] = true
		} else {
			contacts[int32(row.id)] = true
		}
	}
	for _, id := range r.moved.Accounts {
		accounts[int32(id)] = true
	}
	m.led = m.ledNow()
	noteLed(contacts, was.led.people, m.led.people)
	noteLed(accounts, was.led.accounts, m.led.accounts)
	r.renewFirstKnown(accounts)
	r.decideAgain(contacts, accounts)
	r.mergeAccountMoves(accounts)
	r.mergeMoves(contacts)
	return nil
}

// noteLed notes those whom deals lead otherwise.
func noteLed(to map[int32]bool, was, now map[int32][]millrace.DealSpan) {
	for id, spans := range now {
		if !slices.Equal(spans, was[id]) {
			to[id] = true
		}
	}
	for id := range was {
		if _, there := now[id]; !there {
			to[id] = true
		}
	}
}

// renewFirstKnown finds when accounts were first known whose leads are others now, and notes them.
func (r *renewing) renewFirstKnown(accounts map[int32]bool) {
	m, was := r.m, r.was
	m.firstKnown = maps.Clone(was.firstKnown)
	again := map[int32]bool{} // the lead by whom the account was known is another now
	for i := range was.leads {
		if l := &was.leads[i]; r.contact.has(int64(l.contact)) && l.account != 0 && l.at != 0 && m.firstKnown[l.account] == l.at {
			again[l.account], accounts[l.account] = true, true
			delete(m.firstKnown, l.account)
		}
	}
	for i := range m.leads {
		l := &m.leads[i]
		if l.account == 0 || l.at == 0 || !r.contact.has(int64(l.contact)) && (len(again) == 0 || !again[l.account]) {
			continue
		}
		if at, ok := m.firstKnown[l.account]; !ok || l.at < at {
			m.firstKnown[l.account], accounts[l.account] = l.at, true
		}
	}
}

// decideAgain makes the stage entries of some contacts and accounts.
func (r *renewing) decideAgain(contacts, accounts map[int32]bool) {
	m := r.m
	for _, id := range slices.Sorted(maps.Keys(contacts)) {
		if n := m.leadOf(id); n >= 0 {
			r.decided = append(r.decided, m.leads[n].decided())
		}
	}
	for id := range accounts {
		if at, ok := m.firstKnown[id]; ok {
			r.accDecided = append(r.accDecided, accountKnown(id, at))
		}
	}
	for i := range r.stageRows {
		if row := &r.stageRows[i]; row.of == ofAccount && accounts[int32(row.id)] || row.of != ofAccount && contacts[int32(row.id)] {
			r.decide(row)
		}
	}
}

// leadOf is a contact's place in leads, -1 for none.
func (m *Model) leadOf(contact int32) int32 {
	n, there := slices.BinarySearchFunc(m.leads, contact, func(l lead, contact int32) int { return cmp.Compare(l.contact, contact) })
	if !there {
		return -1
	}
	return int32(n)
}

// movePlaces are the places of the moves of some subjects.
func movePlaces(moves []metrics.Move, subjects map[int32]bool) (out []int32) {
	for _, id := range slices.Sorted(maps.Keys(subjects)) {
		n, _ := slices.BinarySearchFunc(moves, id, func(x metrics.Move, id int32) int { return cmp.Compare(x.Subject, id) })
		for ; n < len(moves) && moves[n].Subject == id; n++ {
			out = append(out, int32(n))
		}
	}
	return out
}

func bySubject(a, b *metrics.Move) int { return cmp.Compare(a.Subject, b.Subject) }

// only keeps what is led of some.
func only(led map[int32][]millrace.DealSpan, subjects map[int32]bool) map[int32][]millrace.DealSpan {
	out := map[int32][]millrace.DealSpan{}
	for id := range subjects {
		if spans, some := led[id]; some {
			out[id] = spans
		}
	}
	return out
}

func (r *renewing) mergeAccountMoves(accounts map[int32]bool) {
	was, fresh := r.was.accMoves, r.accountMoves(only(r.m.led.accounts, accounts))
	r.m.accMoves = splice(was, cuts(was, movePlaces(was, accounts), fresh, bySubject), fresh)
}

// mergeMoves puts the moves of some contacts among those of the others, and their entries.
func (r *renewing) mergeMoves(contacts map[int32]bool) {
	m, was := r.m, r.was
	fresh, out := r.contactMoves(only(m.led.people, contacts)), movePlaces(was.moves, contacts)
	slices.SortStableFunc(fresh, byMove)
	leads, days := make([]int32, len(fresh)), make([]metrics.Day, len(fresh))
	for i := range fresh {
		leads[i], days[i] = m.leadOf(fresh[i].Subject), m.dayOfMove(&fresh[i])
	}
	changes := cuts(was.moves, out, fresh, bySubject)
	before := slices.Clone(was.moveLead)
	for i, places := 0, newShifts(len(was.leads), r.leads); i < len(before); i++ {
		before[i] = places.to(before[i])
	}
	m.moves, m.moveLead, m.moveDay = splice(was.moves, changes, fresh), splice(before, changes, leads), splice(was.moveDay, changes, days)
	r.mergeEntries(out, fresh, leads)
}

// mergeEntries takes the entries of earlier moves, by their places, off, and those of fresh ones in.
func (r *renewing) mergeEntries(out []int32, fresh []metrics.Move, leads []int32) {
	m, was := r.m, r.was
	m.undatedEntries = was.undatedEntries
	var gone, came []entrance
	for _, i := range out {
		if e, ok := was.entrance(&was.moves[i], was.moveLead[i]); ok && e.at != 0 {
			gone = append(gone, e)
		} else if ok {
			m.undatedEntries[e.stage]--
		}
	}
	for i := range fresh {
		if e, ok := m.entrance(&fresh[i], leads[i]); ok && e.at != 0 {
			came = append(came, e)
		} else if ok {
			m.undatedEntries[e.stage]++
		}
	}
	slices.SortFunc(gone, byEntrance)
	slices.SortFunc(came, byEntrance)
	places := make([]int32, len(gone))
	for i, e := range gone {
		n, _ := slices.BinarySearchFunc(was.entries, e, byEntrance)
		if places[i] = int32(n); i > 0 { // of equals, one after the other
			places[i] = max(places[i], places[i-1]+1)
		}
	}
	m.entries = splice(was.entries, cuts(was.entries, places, came, func(a, b *entrance) int { return byEntrance(*a, *b) }), came)
}
