package measure

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"millrace"
	"millrace/internal/db"
)

// portrait is all that a model holds, codes and places spelled out: two models of one log prefix are the same if their portraits are.
func portrait(m *Model) string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	origin := func(id int32) string {
		if id < 0 {
			return "none"
		}
		o := m.origins[id]
		return fmt.Sprintf("%s %s/%s/%s/%s", o.raw.text(), m.owns[o.ownID], m.groups[o.groupID], m.campaigns[o.campaignID], m.sources[o.sourceID])
	}
	for i := range m.contacts {
		c := &m.contacts[i]
		say("contact %d of %d: %s, %s, %s = %s, %d", c.id, c.account, m.label(c.icp), m.label(c.grade), m.label(c.role), m.role(c.id), (*m.index)[c.id])
	}
	for i := range m.touches {
		t := &m.touches[i]
		say("touch %d of contact %d for %d: %s at %q, %q", t.at, t.contact, t.account, origin(t.origin), m.places[t.place], m.assets[m.assetID(t)])
	}
	for _, id := range slices.Sorted(maps.Keys(m.accounts)) {
		say("account %d %v", id, m.accounts[id])
	}
	for i := range m.leads {
		say("lead %+v, by %s and %s", m.leads[i], origin(m.leads[i].origins[0]), origin(m.leads[i].origins[1]))
	}
	for i := range m.moves {
		say("move %+v of lead %d, day %d", m.moves[i], m.moveLead[i], m.moveDay[i])
	}
	say("moves of accounts %+v\nvisits %v\nundated entries %v", m.accMoves, m.visits, m.undatedEntries)
	for _, e := range m.entries {
		say("entry %d of stage %d by %s", e.at, e.stage, origin(e.origin[0]))
	}
	var reach []string
	for k, n := range m.reach {
		name := "any"
		if list := map[bool][]string{true: m.owns, false: m.groups}[k.own]; k.code >= 0 {
			name = list[k.code]
		}
		reach = append(reach, fmt.Sprintf("reach of %s (%t) in %s: %d", name, k.own, k.month, n))
	}
	slices.Sort(reach)
	say("%s", strings.Join(reach, "\n"))
	a := m.activity
	a.acts = slices.Clone(a.acts)
	slices.SortFunc(a.acts, func(x, y act) int {
		return cmp.Or(cmp.Compare(x.contact, y.contact), cmp.Compare(x.at, y.at), cmp.Compare(x.kind, y.kind))
	})
	for i := range m.contacts {
		var days []int
		for _, d := range a.days[a.from[i]:a.from[i+1]] {
			if n := int(d&^outboundDay) - daysAhead + int((a.until-a.anchor)/millrace.Day); n < 64*30 {
				days = append(days, n, int(d&outboundDay))
			}
		}
		say("days of contact %d: %v", m.contacts[i].id, days)
	}
	a.from, a.days, a.anchor, a.firstBy, a.lastBy = nil, nil, 0, 0, 0
	say("activity %+v\nreports %v\nstages %+v", a, m.reports, m.stages)
	for _, f := range m.fits {
		say("fit %d %s %d %d", f.id, m.label(f.grade), f.engaged, f.stage)
	}
	for i := range m.deals {
		say("deal %+v by %s", m.deals[i], origin(m.dealOrigin[i]))
	}
	say("contracts %+v, %d without a customer\ntargets %+v\nrates %+v, %v", m.records.contracts, m.records.unbound, m.records.targets, *m.records.rates, m.records.ratesLeft)
	say("spend %v\ncosts %+v\nfirms %v, %d accounts, listened since %d, retagged %v", m.spend, m.costs, m.firms, m.accountCount, m.listened, m.retagged)
	return b.String()
}

// portraitOf are the lines of a portrait that begin so.
func portraitOf(m *Model, prefix string) string {
	return strings.Join(slices.DeleteFunc(strings.Split(portrait(m), "\n"), func(line string) bool { return !strings.HasPrefix(line, prefix) }), "\n")
}

// whole fails when the model is not the one that reading all gives.
func (w *world) whole(m *Model) {
	w.t.Helper()
	fresh, err := newModel(m.book, m.BuiltAt)
	if err != nil {
		w.t.Fatal(err)
	}
	if err := w.e.DB().Read(context.Background(), func(q *db.Snapshot) error {
		if fresh.Position, err = position(context.Background(), q); err != nil {
			return err
		}
		return w.r.read(context.Background(), q, fresh, nil)
	}); err != nil {
		w.t.Fatal(err)
	}
	if fresh.Position != m.Position {
		w.t.Fatalf("the model is of %d, the log of %d", m.Position, fresh.Position)
	}
	have, want := strings.Split(portrait(m), "\n"), strings.Split(portrait(fresh), "\n")
	for i := range max(len(have), len(want)) {
		if i >= len(have) || i >= len(want) || have[i] != want[i] {
			w.t.Fatalf("the model has, from line %d on:\n%s\nread whole:\n%s", i, strings.Join(have[min(i, len(have)):min(i+5, len(have))], "\n"), strings.Join(want[min(i, len(want)):min(i+5, len(want))], "\n"))
		}
	}
}
