package engine

import (
	"cmp"
	"context"
	"database/sql"
	"maps"
	"slices"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/score"
)

// profileStore holds the accounts' traits of a replay: the last used in memory, the rest in the generation's table. What leaves memory is written
// beside the folding; until the next do, it stays at hand as it was written.
type profileStore struct {
	r       *replay
	table   string
	cached  map[int64]*profile
	left    map[int64]*profile // those that left memory last, but for those that are back
	spilled map[int64]struct{}
	writing chan error // of those that left; nil when nothing is being written
}

// profile is what was stated of a person or an account; an account has no bindings.
type profile struct {
	traits   traits
	bindings bindings
}

func (p *replay) newProfiles() *profileStore {
	return &profileStore{r: p, table: p.t.account, cached: map[int64]*profile{}, spilled: map[int64]struct{}{}}
}

func (s *profileStore) get(id int64) (*profile, error) {
	if p := s.atHand(id); p != nil {
		return p, nil
	}
	if err := s.makeRoom(1); err != nil {
		return nil, err
	}
	if p := s.atHand(id); p != nil { // it has just left
		return p, nil
	}
	p := &profile{traits: traits{}}
	if _, ok := s.spilled[id]; ok {
		found, err := s.read([]int64{id})
		if err != nil {
			return nil, err
		}
		if f := found[id]; f != nil {
			p = f
		}
	}
	s.cached[id] = p
	return p, nil
}

// atHand gives a profile in memory, which may be changed; nil where there is none.
func (s *profileStore) atHand(id int64) *profile {
	p, ok := s.cached[id]
	if !ok {
		if p, ok = s.left[id]; ok {
			delete(s.left, id)
			s.cached[id] = p
		}
	}
	return p
}

// makeRoom lets what is in memory leave it, when so many more would be too many: half of the room is for those that left last.
func (s *profileStore) makeRoom(more int) error {
	if len(s.cached)+more > max(1, s.r.e.profiles/2) {
		return s.spill()
	}
	return nil
}

// ahead brings those of the profiles into memory that are in the table.
func (s *profileStore) ahead(ids []int64) error {
	if len(s.spilled) == 0 {
		return nil
	}
	if err := s.makeRoom(len(ids)); err != nil {
		return err
	}
	slices.Sort(ids)
	found, err := s.read(slices.Compact(ids))
	for id, p := range found {
		delete(s.left, id)
		s.cached[id] = p
	}
	return err
}

// spill begins to write what is in memory into the table, and has memory empty.
func (s *profileStore) spill() error {
	if err := s.settle(); err != nil {
		return err
	}
	args := make([]any, 0, 11*len(s.cached))
	for _, id := range slices.Sorted(maps.Keys(s.cached)) {
		args = append(args, id, "", "", "", 0, 0.0, "", "", "", "", s.cached[id].traits.encode())
		s.spilled[id] = struct{}{}
	}
	s.cached, s.left = map[int64]*profile{}, s.cached
	writing := make(chan error, 1)
	s.writing = writing
	go func() {
		writing <- s.r.inSlices("/* replay.spill_account */ insert into "+s.table+" ("+accountColumns+")", 11, "on conflict (id) do update set traits = excluded.traits", args)
	}()
	return nil
}

// settle waits until what left memory is in the table.
func (s *profileStore) settle() error {
	if s.writing == nil {
		return nil
	}
	err := <-s.writing
	s.writing = nil
	return err
}

// spillAll has everything in the table.
func (s *profileStore) spillAll() error {
	err := cmp.Or(s.spill(), s.settle())
	s.left = nil
	return err
}

// read gives the profiles with these ids, where there are any.
func (s *profileStore) read(ids []int64) (map[int64]*profile, error) {
	out := make(map[int64]*profile, len(ids))
	var absent []int64
	for _, id := range ids {
		if p := cmp.Or(s.cached[id], s.left[id]); p != nil {
			out[id] = p
		} else if _, ok := s.spilled[id]; ok {
			absent = append(absent, id)
		}
	}
	return out, db.SelectIn(s.r.ctx, s.r.e.db, "/* replay.profile */ select id, traits from "+s.table+" where %s", "id", absent, func(rows *sql.Rows) error {
		var id int64
		var t string
		if err := rows.Scan(&id, &t); err != nil {
			return err
		}
		p := &profile{traits: traits{}}
		var err error
		if t != "" {
			p.traits, err = decodeTraits(t)
		}
		out[id] = p
		return err
	})
}

// peopleSlice is how many people are assembled at a time.
const peopleSlice = 2000

// sliceOf is how many of so many are finished at a time: most, and a quarter where there are few, so that progress is seen.
func sliceOf(most, all int) int { return min(most, all/4+1) }

// gathered are some people with the facts that score.
type gathered struct {
	people []*person
	facts  [][]score.Fact
}

// eachPeople walks the people that some fact names and that are asked for, in the order of their ids, with what profiles folds of a slice of them,
// which it does beside fn.
func (p *replay) eachPeople(phase string, asked func(x *replayed) bool, profiles func(slice int64) (map[int64]*profile, error), fn func(g gathered) error) error {
	order := make([]int32, 0, len(p.people))
	for i := 1; i < len(p.people); i++ {
		if p.people[i].known && asked(&p.people[i]) {
			order = append(order, int32(i))
		}
	}
	slices.SortFunc(order, func(a, b int32) int { return int(p.people[a].id - p.people[b].id) })
	ids := make([]int64, len(order))
	for k, i := range order {
		ids[k] = p.people[i].id
	}
	done, total := p.written(phase, ids), int64(len(ids))
	order = order[done:]
	p.progress(Progress{phase, int64(done), total})
	return together(p.ctx, func(_ context.Context, give hand) error {
		for len(order) > 0 {
			slice, n := p.stated.sliceOf(p.people[order[0]].id), 1
			for n < len(order) && p.stated.sliceOf(p.people[order[n]].id) == slice {
				n++
			}
			found, err := profiles(slice)
			if err != nil {
				return err
			}
			g := p.gather(order[:n], found)
			if err := give(func() error {
				if err := fn(g); err != nil {
					return err
				}
				done += n
				p.progress(Progress{phase, int64(done), total})
				return p.ctx.Err()
			}); err != nil {
				return err
			}
			order = order[n:]
		}
		return nil
	})
}

// gather puts together what is known of some people.
func (p *replay) gather(order []int32, found map[int64]*profile) gathered {
	g := gathered{make([]*person, len(order)), make([][]score.Fact, len(order))}
	for k, i := range order {
		x := &p.people[i]
		one := &person{id: x.id, loaded: true, traits: traits{}, firstAt: x.firstAt, lastAt: x.lastAt, profileDirty: true, isNew: true}
		if f := found[x.id]; f != nil {
			one.traits, one.bindings = f.traits, f.bindings
		}
		one.traits.mergeAll(p.owners[x.id])
		g.people[k], g.facts[k] = one, make([]score.Fact, len(x.facts))
		for j, f := range x.facts {
			g.facts[k][j] = f.fact()
		}
	}
	return g
}

// finishPeople works out account, score, fit and stage of everybody, and writes the rows of some while it works out the next.
func (p *replay) finishPeople() error {
	if err := p.gatherLasts(); err != nil {
		return err
	}
	if err := p.readParts(); err != nil {
		return err
	}
	if err := together(p.ctx, func(_ context.Context, give hand) error {
		return p.eachPeople(phasePeople, func(*replayed) bool { return true }, p.stated.profiles, func(g gathered) error {
			if err := p.assembleAll(g); err != nil {
				return err
			}
			rows := p.rowsOf(g.people)
			return give(func() error { return p.writePeople(rows) })
		})
	}); err != nil {
		return err
	}
	return p.reach(phaseAccounts)
}

// peopleRows are the rows of some people, made beside the writing of others.
type peopleRows struct {
	last                    int64
	contacts, scores, parts []any
}

func (p *replay) rowsOf(people []*person) *peopleRows {
	r := &peopleRows{last: people[len(people)-1].id, contacts: make([]any, 0, 13*len(people)), scores: make([]any, 0, 24*len(people))}
	for _, x := range people {
		r.contacts, r.scores = append(r.contacts, p.u.contactRow(x)...), append(r.scores, p.u.scoreRow(x)...)
		for _, a := range x.parts {
			r.parts = append(r.parts, x.id, a.account, a.epoch, a.sum, int64(a.scoredAt))
		}
	}
	return r
}

// writePeople writes rows in one short transaction. It runs beside the work on the next ones, so nothing of that is touched.
func (p *replay) writePeople(r *peopleRows) error {
	return p.write(func(tx *db.Tx) error {
		if _, err := tx.InsertMany(p.ctx, "/* replay.contact */ insert into "+p.t.contact+" ("+contactColumns+")", 13, "", r.contacts); err != nil {
			return err
		}
		if _, err := tx.InsertMany(p.ctx, "/* replay.contact_score */ insert into "+p.t.contactScore+" ("+contactScoreColumns+")", 24, "", r.scores); err != nil {
			return err
		}
		if _, err := tx.InsertMany(p.ctx, "/* replay.contact_account */ insert into "+p.t.contactAccount+" (contact, account, epoch, sum, scored_at)", 5, "", r.parts); err != nil {
			return err
		}
		return p.wrote(tx, r.last)
	})
}

// readParts notes who has a part in which deals, by the rows that were written before.
func (p *replay) readParts() error {
	return db.Each(p.ctx, p.e.db, "/* replay.parts */ select "+partColumns+" from "+p.t.opportunityContact+" x join "+p.t.opportunity+" o on o.id = x.opportunity order by o.id, x.contact", func(rows *sql.Rows) error {
		r, contact, err := scanPart(rows)
		if id := p.root(contact); id != 0 {
			p.parts[id] = append(p.parts[id], r)
		}
		return err
	})
}

// gatherLasts notes, for behaviours that some fit criterion asks for, when anybody of an account last did them.
func (p *replay) gatherLasts() error {
	asked := map[int]bool{}
	for _, b := range p.rules.FitBehaviors() {
		asked[b] = true
	}
	if len(asked) == 0 {
		return nil
	}
	did := func(x *replayed) bool {
		return slices.ContainsFunc(x.facts, func(f packedFact) bool { return asked[f.fact().Behavior] })
	}
	return p.eachPeople("accounts of people", did, p.stated.bindings, func(g gathered) error {
		for k, x := range g.people {
			p.bind(x)
			for _, f := range g.facts[k] {
				if x.account == 0 || !asked[f.Behavior] || f.OccurredAt > p.clock {
					continue
				}
				if p.lasts[x.account] == nil {
					p.lasts[x.account] = map[int]millrace.Time{}
				}
				p.lasts[x.account][f.Behavior] = max(p.lasts[x.account][f.Behavior], f.OccurredAt)
			}
		}
		return nil
	})
}

// bind finds the person's account.
func (p *replay) bind(x *person) {
	x.account = 0
	if id := x.bindings.at(millrace.Time(1 << 62)); id != 0 {
		x.account = p.root(id)
	}
}

// assembleAll works out what the rows of some people say.
func (p *replay) assembleAll(g gathered) error {
	var accounts []int64
	for _, x := range g.people {
		p.bind(x)
		if x.account != 0 {
			accounts = append(accounts, x.account)
		}
	}
	slices.Sort(accounts)
	profiles, err := p.accounts.read(slices.Compact(accounts))
	if err != nil {
		return err
	}
	traits := make(map[int64]score.Traits, len(profiles))
	for id, a := range profiles {
		traits[id] = a.traits.values()
	}
	for k, x := range g.people {
		if err := p.assemble(x, g.facts[k], traits[x.account]); err != nil {
			return err
		}
	}
	return nil
}

// assemble works out the row of a person whose account is known, of which the traits are given.
func (p *replay) assemble(x *person, facts []score.Fact, account score.Traits) error {
	x.state = p.rules.Intent(facts, p.clock)
	if err := p.u.splitByAccount(x, facts); err != nil {
		return err
	}
	x.enter(p.stages[x.id])
	if parts := p.parts[x.id]; len(parts) > 0 {
		if err := p.u.standByParts(x, parts, p.u.statedRows); err != nil {
			return err
		}
	}
	portrait := p.u.portrait(x.traits)
	in := score.FitInput{Contact: x.traits.with(portrait), ContactLast: x.state.LastOf, Clock: p.clock}
	if x.account != 0 {
		if in.Account = account; account == nil {
			in.Account = score.Traits{}
		}
		last := p.lasts[x.account]
		in.AccountLast = func(b int) millrace.Time { return last[b] }
	}
	f := p.rules.Judge(in)
	x.fit, x.grade, x.icp, x.points, x.fitDue = f.Pass, f.Grade, f.ICP, f.Points, f.Until
	x.role = portrait.role
	x.dueAt = p.u.personDue(x)
	return nil
}

func (p *replay) finishOpportunities() error {
	w := *p.u
	w.init()
	for id, o := range p.opps {
		o.accountRef, o.account = 0, 0
		if ref := parsePoints(o.traits.text(refTrait)); ref != 0 {
			o.accountRef, o.account = ref, p.root(ref)
		}
		w.opps[id] = o
	}
	if err := p.spillRecords(); err != nil {
		return err
	}
	return p.write(func(tx *db.Tx) error {
		w.tx, w.q = tx, tx
		return w.writeOpportunities()
	})
}

// maxRecords is how many records stay in memory.
const maxRecords = 20_000

// record gives the record of an identifier as far as it is folded: from memory, or from the generation's table.
func (p *replay) record(id int64, kind millrace.Kind) (*record, error) {
	if r, ok := p.records[id]; ok {
		return r, nil
	}
	if len(p.records) >= maxRecords {
		if err := p.spillRecords(); err != nil {
			return nil, err
		}
	}
	r := &record{id: id, kind: kind, traits: traits{}}
	if _, ok := p.spilled[id]; ok {
		w := p.writer(nil)
		if err := w.readRecords(map[millrace.Kind][]int64{kind: {id}}); err != nil {
			return nil, err
		}
		r = w.records[id]
	}
	p.records[id] = r
	return r, nil
}

// writer is a unit on the generation's tables.
func (p *replay) writer(tx *db.Tx) *unit {
	w := *p.u
	w.init()
	if w.q = p.e.db; tx != nil {
		w.tx, w.q = tx, tx
	}
	return &w
}

// spillRecords writes what is in memory into the tables, in transactions short enough for others to write between them.
func (p *replay) spillRecords() error {
	for batch := range slices.Chunk(sortedByID(p.records), recordSlice) {
		if err := p.write(func(tx *db.Tx) error {
			w := p.writer(tx)
			for _, r := range batch {
				w.records[r.id] = r
			}
			return w.writeRecords()
		}); err != nil {
			return err
		}
		for _, r := range batch {
			p.spilled[r.id] = struct{}{}
		}
	}
	clear(p.records)
	return nil
}
