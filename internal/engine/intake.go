package engine

import (
	"maps"
	"slices"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/eventlog"
	"millrace/internal/identity"
)

// incoming is one fact on its way into the log.
type incoming struct {
	event *millrace.Event
	key   eventlog.Key
	refs  refs
	imp   int64
	seq   int64
	row   int // index into rows, -1 for a duplicate
}

// incoming reads a fact as far as that needs no state.
func (e *Engine) incoming(f *millrace.Event, imp int64) incoming {
	return incoming{event: f, key: eventlog.KeyOf(e.secret, f.Source, f.ID, f.SentAt), refs: refsOf(f), imp: imp}
}

// intake takes a group of batches: duplicates out, identifiers looked up, rows appended, facts folded. The receipts are in the group's order. An import
// that was undone brings nothing more: its process had been silent for so long that it counted as gone.
func (u *unit) intake(group []*request) ([]millrace.Receipt, error) {
	receipts := make([]millrace.Receipt, len(group))
	var in []incoming
	for g, r := range group {
		if _, undone := u.c.undone[r.batch.Import]; undone {
			return nil, millrace.Errorf(millrace.Conflict, "engine.Apply", "import %d has been undone meanwhile: import the file again", r.batch.Import)
		}
		receipts[g].Duplicate = make([]bool, len(r.batch.Events))
		in = append(in, r.facts...)
		if err := u.countDrops(r.batch.Drops); err != nil {
			return nil, err
		}
	}
	if len(in) > 0 {
		if err := u.take(in); err != nil {
			return nil, err
		}
	}
	n := 0
	for g, r := range group {
		for i := range r.batch.Events {
			if in[n].row < 0 {
				receipts[g].Duplicates++
				receipts[g].Duplicate[i] = true
			} else {
				receipts[g].Accepted++
			}
			n++
		}
		receipts[g].Position = u.seq
	}
	return receipts, nil
}

func (u *unit) take(in []incoming) error {
	first := u.seq + 1
	keys := make([]eventlog.Key, len(in))
	for i := range in {
		in[i].seq, keys[i] = first+int64(i), in[i].key
	}
	held, err := eventlog.Claim(u.ctx, u.tx, keys, first)
	if err != nil {
		return err
	}
	var again []incoming
	fresh := make([]*incoming, 0, len(in))
	for i := range in {
		if held[i] != in[i].seq {
			in[i].row = -1
			if in[i].imp != 0 {
				again = append(again, incoming{imp: in[i].imp, seq: held[i]})
			}
			continue
		}
		fresh = append(fresh, &in[i])
	}
	if len(fresh) > 0 {
		u.seq = fresh[len(fresh)-1].seq
		if err := u.append(fresh); err != nil {
			return err
		}
	}
	return u.broughtAgain(again)
}

// append writes fresh facts to the log and folds them.
func (u *unit) append(fresh []*incoming) error {
	if err := u.prefetch(fresh); err != nil {
		return err
	}
	rows := make([]eventlog.Row, len(fresh))
	for i, in := range fresh {
		in.row = i
		if err := u.rowOf(in, &rows[i]); err != nil {
			return err
		}
	}
	if err := u.flushIdents(); err != nil {
		return err
	}
	if err := eventlog.Append(u.ctx, u.tx, rows); err != nil {
		return err
	}
	if err := u.prefetchState(fresh, rows); err != nil {
		return err
	}
	for i, in := range fresh {
		if err := u.fold(in.event, &in.refs, &rows[i]); err != nil {
			return err
		}
	}
	return nil
}

// rowOf makes the log row of a fact, with its identifiers in place of the ids that it came with.
func (u *unit) rowOf(in *incoming, r *eventlog.Row) error {
	e := in.event
	if e.ReceivedAt == 0 {
		e.ReceivedAt = u.clock
	}
	if e.OccurredAt == 0 {
		e.OccurredAt = e.ReceivedAt
	}
	source, err := u.word(e.Source)
	if err != nil {
		return err
	}
	*r = eventlog.Row{Seq: in.seq, Kind: e.Kind, Flags: e.Flags, Source: source, Import: in.imp, OccurredAt: e.OccurredAt, RecordedAt: e.RecordedAt, ReceivedAt: e.ReceivedAt}
	for _, x := range [...]struct {
		to  *int64
		key string
	}{{&r.Subject, in.refs.subject}, {&r.Anon, in.refs.anon}, {&r.Object, in.refs.object}} {
		if x.key != "" {
			*x.to = u.ident(x.key, in.seq).id
		}
	}
	r.Refs = u.encodeRefs(&in.refs, in.seq)
	if e.Kind == millrace.KindOpportunity {
		own := *e // the caller's fact stays as it came: a group that fails is tried again
		if own.Data, err = u.contactRoles(e.Data, in.seq); err != nil {
			return err
		}
		e, in.event = &own, &own
	}
	name, at := e.Name, place(e.Host, e.Path)
	if r.Name, err = u.word(name); err != nil {
		return err
	}
	if r.Place, err = u.word(at); err != nil {
		return err
	}
	if r.Name != 0 {
		name = ""
	}
	if r.Place != 0 {
		at = ""
	}
	if name != "" || at != "" {
		r.Flags |= eventlog.FlagOwnWords
	}
	r.Body = eventlog.Body(e, name, at, in.refs.subject)
	return nil
}

// encodeRefs puts the identifiers of a fact that no column holds into its row, so that no fold has to read them out of the body again.
func (u *unit) encodeRefs(rf *refs, seq int64) (b []byte) {
	add := func(k eventlog.RefKind, key string) {
		if key != "" {
			b = eventlog.AppendRef(b, k, u.ident(key, seq).id)
		}
	}
	for i, k := range rf.known {
		if i > 0 {
			add(eventlog.RefKnown, k)
		}
	}
	for _, k := range rf.hard {
		add(eventlog.RefHard, k)
	}
	add(eventlog.RefClaim, rf.claim)
	add(eventlog.RefExplicit, rf.explicit)
	add(eventlog.RefDomain, rf.domain)
	add(eventlog.RefName, rf.name)
	add(eventlog.RefAccount, rf.account)
	return b
}

// fold takes one appended fact into derived state.
func (u *unit) fold(e *millrace.Event, rf *refs, r *eventlog.Row) error {
	if err := u.foldAccountPart(e, rf, r); err != nil {
		return err
	}
	if isRecord(e.Kind) {
		rec, err := u.record(r.Subject, e.Kind)
		if err != nil {
			return err
		}
		rec.state(r, stampOf(r))
		return nil
	}
	switch e.Kind {
	case millrace.KindOpportunity:
		o, err := u.opportunity(r.Subject)
		if err != nil {
			return err
		}
		if rf.account != "" {
			a := u.ident(rf.account, r.Seq)
			if err := u.flushIdents(); err != nil {
				return err
			}
			if _, err := u.account(a.entity); err != nil {
				return err
			}
		}
		return u.stateOpportunity(o, r, stampOf(r))
	case millrace.KindAccount:
		return nil
	}
	return u.foldPersonPart(e, rf, r)
}

// foldPersonPart resolves whose fact it is, and takes it into that person.
func (u *unit) foldPersonPart(e *millrace.Event, rf *refs, r *eventlog.Row) error {
	var contact int64
	if len(rf.known) > 0 {
		known := make([]*ident, len(rf.known))
		for i, k := range rf.known {
			known[i] = u.ident(k, r.Seq)
		}
		if len(known) > 1 {
			if err := u.united(known); err != nil {
				return err
			}
		}
		contact = known[0].entity
		if rf.anon != "" {
			if err := u.identified(u.ident(rf.anon, r.Seq), known[0], r.OccurredAt, r.Seq); err != nil {
				return err
			}
		}
	} else if r.Subject != 0 {
		v, err := u.visitor(r.Subject)
		if err != nil {
			return err
		}
		if contact, err = u.ownerAt(v, r.OccurredAt); err != nil {
			return err
		}
	}
	if contact == 0 {
		return nil
	}
	p, err := u.person(contact)
	if err != nil {
		return err
	}
	return u.foldInto(p, r)
}

// foldInto takes one fact into the person whose it is, by increments where those are exact.
func (u *unit) foldInto(p *person, r *eventlog.Row) error {
	if r.Kind == millrace.KindContact {
		u.brought[p.id] = r.Import
	}
	if r.Flags&millrace.FlagBot == 0 {
		p.seen(r.OccurredAt)
		if p.account != 0 {
			a, err := u.account(p.account)
			if err != nil {
				return err
			}
			a.lastAt = max(a.lastAt, r.OccurredAt)
		}
	}
	if _, already := u.refoldPersons[p.id]; already {
		return nil
	}
	t, b := statedBy(r)
	if err := u.stateTraits(p, r, t, b); err != nil {
		return err
	}
	behavior, err := u.matchOf(r)
	if err != nil || behavior < 0 {
		return err
	}
	return u.scoreFact(p, r, behavior)
}

// foldAccountPart takes what a fact says of an account: its identifiers, its claimed name, its traits.
func (u *unit) foldAccountPart(e *millrace.Event, rf *refs, r *eventlog.Row) error {
	if len(rf.hard) == 0 {
		return nil
	}
	hard := make([]*ident, len(rf.hard))
	for i, k := range rf.hard {
		hard[i] = u.ident(k, r.Seq)
	}
	if err := u.flushIdents(); err != nil {
		return err
	}
	if err := u.united(hard); err != nil {
		return err
	}
	if rf.claim != "" {
		name := u.ident(rf.claim, r.Seq)
		if err := u.flushIdents(); err != nil {
			return err
		}
		u.link(name, hard[0])
		if name.entity != hard[0].entity {
			if err := u.resolveName(name); err != nil {
				return err
			}
		}
	}
	a, err := u.account(hard[0].entity)
	if err != nil {
		return err
	}
	t, err := identity.AccountTraits(e.Data)
	if err != nil {
		return nil
	}
	return u.stateAccountTraits(a, r, t)
}

// broughtAgain notes that an import brought facts that the log had. What was undone stands again; a record without a date of change counts as stated now,
// unless the very same file had brought it.
func (u *unit) broughtAgain(again []incoming) error {
	if len(again) == 0 {
		return nil
	}
	imports := map[int64][]int64{}
	for _, x := range again {
		imports[x.imp] = append(imports[x.imp], x.seq)
	}
	for _, imp := range slices.Sorted(maps.Keys(imports)) {
		if err := u.bringAgain(imp, imports[imp]); err != nil {
			return err
		}
	}
	return nil
}

func (u *unit) bringAgain(imp int64, seqs []int64) error {
	slices.Sort(seqs)
	seqs = slices.Compact(seqs)
	repeat, err := u.repeats(imp)
	if err != nil {
		return err
	}
	at := int64(u.clock)
	if repeat {
		at = 0
	}
	var args []any
	var marked []eventlog.Row
	err = eventlog.At(u.ctx, u.q, seqs, func(r *eventlog.Row) error {
		if r.Import == 0 || r.Import == imp {
			return nil
		}
		args = append(args, r.Seq, imp, at)
		if _, undone := u.c.undone[r.Import]; undone || (!repeat && restatable(r)) {
			marked = append(marked, *r)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if _, err := u.tx.InsertMany(u.ctx, "/* bringer.add */ insert into event_bringer (seq, import, at)", 3, "on conflict do nothing", args); err != nil {
		return err
	}
	_, err = u.markSubjects(marked, nil)
	return err
}

// repeats says whether the import's file was imported before, and that import stands.
func (u *unit) repeats(imp int64) (bool, error) {
	var n int64
	return db.One(u.ctx, u.q, []any{&n}, `/* import.repeats */ select a.id from import a join import b on b.sha256 = a.sha256 and b.entity = a.entity
		and b.id < a.id and b.undone_at = 0 where a.id = $1 and a.sha256 <> '' limit 1`, imp)
}

// markSubjects asks for a refold of whatever the facts are about, but for the identifiers in done, and gives those that it marked.
func (u *unit) markSubjects(rows []eventlog.Row, done map[int64]struct{}) (marked map[int64]struct{}, err error) {
	marked = map[int64]struct{}{}
	fresh := func(id int64) bool {
		if _, ok := done[id]; ok || id == 0 {
			return false
		}
		_, ok := marked[id]
		marked[id] = struct{}{}
		return !ok
	}
	var named []*ident
	var visitors []int64
	for i := range rows {
		r := &rows[i]
		for _, id := range [...]int64{r.Subject, r.Object} {
			if !fresh(id) {
				continue
			}
			i, err := u.identByID(id)
			if err != nil {
				return nil, err
			}
			if i == nil {
				continue
			}
			switch k := i.kind(); {
			case personKind(k), accountKind(k):
				named = append(named, i)
			case k == kindAnonymous:
				if err := u.markHolders(id); err != nil {
					return nil, err
				}
			default:
				u.refoldOthers[id] = struct{}{}
			}
		}
		if r.Anon != 0 && fresh(-r.Anon) { // as whose id a person was identified, not as whose fact it is
			visitors = append(visitors, r.Anon)
		}
	}
	derived, err := u.rederive(named...)
	if err != nil {
		return nil, err
	}
	maps.Copy(marked, derived)
	slices.Sort(visitors)
	for _, id := range visitors {
		v, err := u.visitor(id)
		if err != nil {
			return nil, err
		}
		if err := u.rebuildVisitor(v); err != nil {
			return nil, err
		}
	}
	return marked, nil
}

// markHolders asks for a refold of the people who were identified on the anonymous id.
func (u *unit) markHolders(id int64) error {
	v, err := u.visitor(id)
	if err != nil {
		return err
	}
	for _, h := range v.runs {
		if e, err := u.entityOf(h.to); err != nil {
			return err
		} else if e != 0 {
			u.refoldPersons[e] = struct{}{}
		}
	}
	return nil
}

// countDrops counts refused facts by day, reason and source, and keeps the latest for the debug stream.
func (u *unit) countDrops(drops []millrace.Drop) error {
	for _, d := range drops {
		n := max(d.Count, 1)
		if _, err := u.tx.Exec(u.ctx, `/* drop.count */ insert into drop_count (day, reason, source, count) values ($1, $2, $3, $4)
			on conflict (day, reason, source) do update set count = drop_count.count + excluded.count`, int64(u.clock/millrace.Day), string(d.Reason), d.Source, n); err != nil {
			return err
		}
		at := d.At
		if at == 0 {
			at = u.clock
		}
		if _, err := u.tx.Exec(u.ctx, `/* drop.keep */ insert into dropped (id, at, reason, source, type, event, detail, count)
			select coalesce(max(id), 0) + 1, cast($1 as bigint), cast($2 as text), cast($3 as text), cast($4 as text), cast($5 as text), cast($6 as text), cast($7 as bigint) from dropped`,
			int64(at), string(d.Reason), d.Source, d.Type, d.ID, d.Detail, n); err != nil {
			return err
		}
	}
	if len(drops) == 0 {
		return nil
	}
	_, err := u.tx.Exec(u.ctx, "/* drop.trim */ delete from dropped where id <= (select max(id) from dropped) - $1", keptDrops)
	return err
}

// keptDrops is how many refused facts the debug stream can look back on.
const keptDrops = 10_000
