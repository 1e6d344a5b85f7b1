package engine

import (
	"maps"
	"slices"

	"millrace"
	"millrace/internal/eventlog"
	"millrace/internal/identity"
)

// Who is who, as a replay reads it from the log and holds it in memory.

// readIdentifiers reads the kind of every identifier; ids count up from one, so arrays hold them.
func (p *replay) readIdentifiers() error {
	rows, err := p.q.Query(p.ctx, "/* replay.identifiers */ select id, substr(value, 1, 1) from identifier order by id")
	if err != nil {
		return err
	}
	defer rows.Close()
	p.parent, p.letter = make([]int32, 1, 1024), make([]byte, 1, 1024)
	for rows.Next() {
		var id int64
		var kind string
		if err := rows.Scan(&id, &kind); err != nil {
			return err
		}
		for int64(len(p.parent)) <= id {
			p.parent, p.letter = append(p.parent, int32(len(p.parent))), append(p.letter, 0)
		}
		p.letter[id] = kind[0]
	}
	return rows.Err()
}

// root finds the smallest identifier of the component, halving paths as it goes.
func (p *replay) root(id int64) int64 {
	if id <= 0 || id >= int64(len(p.parent)) || p.letter[id] == 0 {
		return 0 // erased
	}
	i := int32(id)
	for p.parent[i] != i {
		p.parent[i] = p.parent[p.parent[i]]
		i = p.parent[i]
	}
	return int64(i)
}

func (p *replay) union(a, b int64) {
	x, y := p.root(a), p.root(b)
	if x == 0 || y == 0 || x == y {
		return
	}
	p.parent[max(x, y)] = int32(min(x, y))
}

// merging is the latest word on whether two identifiers were merged by hand.
type merging struct {
	seq    int64
	stands bool
}

// scanIdentity reads who was put together with whom, and who was identified on which anonymous id.
func (p *replay) scanIdentity() error {
	merges := map[identity.Edge]merging{}
	claims := map[int64][]int64{}
	early, late := newTimelines(len(p.parent)), newTimelines(len(p.parent)) // as each half of the log has them
	var edges []identity.Edge
	half := p.limit / 2
	n := int64(0)
	fold := func(r *eventlog.Row) error {
		if n++; n&0x3fff == 0 {
			p.progress(Progress{"who is who", n, p.limit})
		}
		if r.Kind == millrace.KindMerge || r.Kind == millrace.KindUnmerge {
			if p.u.sees != nil && !p.u.sees(r) {
				return nil
			}
			e := identity.Edge{A: min(r.Subject, r.Object), B: max(r.Subject, r.Object)}
			if m := (merging{r.Seq, r.Kind == millrace.KindMerge}); m.seq > merges[e].seq {
				merges[e] = m
			}
			return nil
		}
		if len(r.Refs) == 0 && r.Anon == 0 && r.Kind != millrace.KindDomainAlias {
			return nil
		}
		alive, err := p.alive(r)
		if err != nil || !alive {
			return err
		}
		edges = edgesOf(r, edges[:0], claims)
		for _, e := range edges {
			p.union(e.A, e.B)
		}
		if r.Anon != 0 && p.known(r.Subject) {
			if r.Seq <= half {
				p.identified(early, r)
			} else {
				p.identified(late, r)
			}
		}
		return nil
	}
	if err := together(p.ctx, linksIn(aside(p.e.db), 0, half, fold), linksIn(aside(p.e.db), half, p.limit, fold)); err != nil {
		return err
	}
	for e, m := range merges {
		if m.stands {
			p.union(e.A, e.B)
		}
	}
	p.resolveNames(claims)
	return p.settleVisitors(early, late)
}

func (p *replay) known(id int64) bool {
	return id > 0 && id < int64(len(p.letter)) && personKind(p.letter[id])
}

// timelines are those of visitors. Nearly all have one run, and visitors are many: those stand in a slice.
type timelines struct {
	place   []int32 // identifier id → its run in one, 0 none
	one     []identity.Run
	several map[int64]identity.Runs
}

func newTimelines(ids int) *timelines {
	return &timelines{place: make([]int32, ids), one: make([]identity.Run, 1), several: map[int64]identity.Runs{}}
}

// of gives the timeline of a visitor, which nobody else holds.
func (t *timelines) of(id int64) identity.Runs {
	if runs, ok := t.several[id]; ok {
		return runs
	}
	if id < int64(len(t.place)) && t.place[id] != 0 {
		return t.one[t.place[id]:][:1:1]
	}
	return nil
}

// add takes in that somebody was identified on a visitor; exact is as Runs.Add has it.
func (t *timelines) add(id, to int64, at millrace.Time) (exact bool) {
	runs := t.of(id)
	n := len(runs)
	switch {
	case n == 0 && id < int64(len(t.place)):
		t.place[id] = int32(len(t.one))
		t.one = append(t.one, identity.Run{To: to, From: at, Until: at})
		return true
	case n > 0 && runs[n-1].To == to && runs[n-1].Until <= at:
		runs[n-1].Until = at
		return true
	}
	out, changed, exact := runs.Add(to, at)
	if changed {
		t.several[id] = out
	}
	return exact
}

// identified takes in that somebody was identified on a visitor. A moment inside the run of another holder leaves the visitor for rereadVisitors.
func (p *replay) identified(t *timelines, r *eventlog.Row) {
	if !t.add(r.Anon, r.Subject, r.OccurredAt) {
		p.inexact[r.Anon] = true
	}
}

// settleVisitors joins what the halves of the log say of visitors, and counts the people on each.
func (p *replay) settleVisitors(early, late *timelines) error {
	for id := range early.several {
		p.joinVisitor(id, early, late)
	}
	for id, at := range early.place {
		if _, several := early.several[int64(id)]; at != 0 && !several {
			p.joinVisitor(int64(id), early, late)
		}
	}
	if err := p.rereadVisitors(late); err != nil {
		return err
	}
	for id := range late.several {
		p.settleVisitor(id, late.several[id])
	}
	for id, at := range late.place {
		if at != 0 && p.visitors[int64(id)] == nil {
			p.settleVisitor(int64(id), late.of(int64(id)))
		}
	}
	return nil
}

// joinVisitor takes the early timeline of a visitor into the late one.
func (p *replay) joinVisitor(id int64, early, late *timelines) {
	before, after := early.of(id), late.of(id)
	if len(before) == 1 && len(after) == 0 {
		late.place[id] = int32(len(late.one))
		late.one = append(late.one, before[0])
		return
	}
	joined, exact := before.Join(after)
	if !exact {
		p.inexact[id] = true
	}
	if len(joined) == 1 && len(after) == 1 {
		after[0] = joined[0]
		return
	}
	late.several[id] = joined
}

func (p *replay) settleVisitor(id int64, runs identity.Runs) {
	v := &visitor{id: id, runs: make([]holding, len(runs))}
	var people []int64
	for i, run := range runs {
		v.runs[i] = holding{run.To, run.From}
		if one := p.root(run.To); !slices.Contains(people, one) {
			people = append(people, one)
		}
	}
	v.people = len(people)
	p.visitors[id] = v
}

// rereadVisitors reads the log once more for the few visitors on whom somebody was identified, late, between two moments of somebody else's.
func (p *replay) rereadVisitors(t *timelines) error {
	if len(p.inexact) == 0 {
		return nil
	}
	moments := map[int64][]identity.Moment{}
	fold := func(r *eventlog.Row) error {
		if r.Anon == 0 || !p.inexact[r.Anon] || !p.known(r.Subject) {
			return nil
		}
		alive, err := p.alive(r)
		if alive {
			moments[r.Anon] = append(moments[r.Anon], identity.Moment{To: r.Subject, At: r.OccurredAt})
		}
		return err
	}
	if err := together(p.ctx, linksIn(aside(p.e.db), 0, p.limit/2, fold), linksIn(aside(p.e.db), p.limit/2, p.limit, fold)); err != nil {
		return err
	}
	for id, m := range moments {
		t.several[id] = identity.FromMoments(m)
	}
	return nil
}

// resolveNames lets a company name mean the one account that claims it. A name that was merged with something stays with that.
func (p *replay) resolveNames(claims map[int64][]int64) {
	to := map[int64]int64{}
	merged := map[int64]bool{}
	for id := range int64(len(p.parent)) {
		if root := p.root(id); root != id {
			merged[root] = true
		}
	}
	for name, by := range claims {
		one := p.root(by[0])
		if one != 0 && p.root(name) == name && !merged[name] && !slices.ContainsFunc(by, func(b int64) bool { return p.root(b) != one }) {
			to[name] = one
		}
	}
	for name, one := range to {
		p.parent[name] = int32(one)
	}
}

func (p *replay) writeIdentity() error {
	var args []any
	for id := range int64(len(p.parent)) {
		if root := p.root(id); root != 0 && root != id {
			args = append(args, id, root)
		}
	}
	if err := p.inSlices("/* replay.resolved */ insert into "+p.t.resolved+" (id, entity)", 2, "", args); err != nil {
		return err
	}
	args = args[:0]
	for _, id := range slices.Sorted(maps.Keys(p.visitors)) {
		args = append(args, id, p.visitors[id].encode(), p.visitors[id].people)
	}
	return p.inSlices("/* replay.visitor */ insert into "+p.t.visitor+" (id, runs, people)", 3, "", args)
}
