package engine

import (
	"cmp"
	"context"
	"encoding/json"
	"maps"
	"slices"

	"millrace"
	"millrace/internal/eventlog"
	"millrace/internal/identity"
)

// Merge is a merge of two contacts or two accounts that somebody stated and nobody took back. Unmerge with the ids of both sides takes it back,
// whatever came since.
type Merge struct {
	Position int64
	At       millrace.Time
	By       string
	A, B     MergeSide
	// Separates says that taking it back makes two of them. Else a further merge or other facts put the sides together as well.
	Separates bool
}

// MergeSide is one of the two that were merged.
type MergeSide struct {
	ID   string   // of the identifier that the merge named: Unmerge takes it
	Name string   // as the side's own facts state it; "" where they state none
	Keys []string // its identifiers: those that it has when the merge is taken back, the one that was named first; that one alone where the merge doesn't separate
}

// Merges lists the merges of which a contact or an account consists today, newest first. who is as for Explain.
func (e *Engine) Merges(ctx context.Context, who string) (list []Merge, err error) {
	err = e.read(ctx, AsOf{}, func(u *unit) error {
		start, err := u.find(who)
		if err != nil {
			return err
		}
		if !personKind(start.kind()) && !accountKind(start.kind()) {
			return millrace.Errorf(millrace.NotFound, "engine.Merges", "%q is neither a person nor an account", who)
		}
		idents, err := u.members(start.entity)
		if err != nil {
			return err
		}
		merges, err := u.mergesOf(idents)
		if err != nil || len(merges) == 0 {
			return err
		}
		list, err = u.describeMerges(merges, idents)
		return err
	})
	return list, err
}

// mergesOf are the standing merges of the identifiers, by pair.
func (u *unit) mergesOf(idents []*ident) (map[identity.Edge]eventlog.Row, error) {
	merges := map[identity.Edge]eventlog.Row{}
	if len(idents) < 2 {
		return merges, nil
	}
	for _, i := range idents {
		if err := eventlog.OfSubjectKinds(u.ctx, u.q, i.id, i.firstSeq, u.limit, []millrace.Kind{millrace.KindMerge, millrace.KindUnmerge}, func(r *eventlog.Row) error {
			e := identity.Edge{A: min(r.Subject, r.Object), B: max(r.Subject, r.Object)}
			merges[e] = *r // rows of one subject come in order of position, and both ends index the fact
			return nil
		}); err != nil {
			return nil, err
		}
	}
	maps.DeleteFunc(merges, func(_ identity.Edge, r eventlog.Row) bool { return r.Kind != millrace.KindMerge })
	return merges, nil
}

func (u *unit) describeMerges(merges map[identity.Edge]eventlog.Row, idents []*ident) ([]Merge, error) {
	pairs, _, err := u.pairs(idents)
	if err != nil {
		return nil, err
	}
	stated, err := u.statedByEach(idents)
	if err != nil {
		return nil, err
	}
	ids, by := make([]int64, len(idents)), map[int64]*ident{}
	for n, i := range idents {
		ids[n], by[i.id] = i.id, i
	}
	apart := identity.Components(ids, pairs) // what the facts make by themselves
	list := make([]Merge, 0, len(merges))
	for e, r := range merges {
		if by[r.Subject] == nil || by[r.Object] == nil { // somebody who was erased: there is nothing to part from
			continue
		}
		without := slices.Clone(pairs)
		for x := range merges {
			if x != e {
				without = append(without, x)
			}
		}
		roots := identity.Components(ids, without)
		m := Merge{Position: r.Seq, At: r.ReceivedAt, By: byOf(&r), Separates: roots[r.Subject] != roots[r.Object]}
		side := func(of int64) MergeSide {
			if m.Separates {
				return sideOf(among(idents, of, roots), stated)
			}
			x := sideOf(among(idents, of, apart), stated)
			x.Keys = x.Keys[:1]
			return x
		}
		m.A, m.B = side(r.Subject), side(r.Object)
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b Merge) int { return cmp.Compare(b.Position, a.Position) })
	return list, nil
}

// among are the identifiers that are one with id, itself first.
func among(idents []*ident, id int64, roots map[int64]int64) []*ident {
	var out []*ident
	for _, i := range idents {
		switch {
		case i.id == id:
			out = slices.Insert(out, 0, i)
		case roots[i.id] == roots[id]:
			out = append(out, i)
		}
	}
	return out
}

func sideOf(of []*ident, stated map[int64]traits) MergeSide {
	t := traits{}
	s := MergeSide{ID: AccountID(of[0].id)}
	for _, i := range of {
		t.mergeAll(stated[i.id])
		s.Keys = append(s.Keys, i.key)
	}
	if personKind(of[0].kind()) {
		s.ID, s.Name = ContactID(of[0].id), personName(t)
	} else {
		s.Name, _ = accountName(of, t)
	}
	return s
}

// statedByEach are the traits that the standing facts of each identifier state.
func (u *unit) statedByEach(idents []*ident) (map[int64]traits, error) {
	out := map[int64]traits{}
	for _, i := range idents {
		var facts []personFact
		if err := eventlog.OfSubject(u.ctx, u.q, i.id, i.firstSeq, u.limit, func(r *eventlog.Row) error {
			facts = append(facts, personFact{Row: *r})
			return nil
		}); err != nil {
			return nil, err
		}
		facts, err := u.onlyAlive(facts)
		if err != nil {
			return nil, err
		}
		t := traits{}
		for k := range facts {
			r := &facts[k].Row
			var more map[string]any
			if personKind(i.kind()) && r.Kind.External() && r.Subject == i.id {
				more, _ = statedBy(r)
			} else if accountKind(i.kind()) && (r.Kind == millrace.KindAccount || r.Kind == millrace.KindGroup) {
				if more, err = identity.AccountTraits(eventlog.Data(r.Body)); err != nil {
					continue // as in a fold: what can't be read states nothing
				}
			}
			at, err := u.restatedAt(r)
			if err != nil {
				return nil, err
			}
			t.merge(more, at)
		}
		out[i.id] = t
	}
	return out, nil
}

// byOf says who stated a fact; "" where it does not say.
func byOf(r *eventlog.Row) string {
	var d struct {
		By string `json:"by"`
	}
	if json.Unmarshal(eventlog.Data(r.Body), &d) != nil {
		return ""
	}
	return d.By
}
