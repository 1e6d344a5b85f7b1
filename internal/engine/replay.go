package engine

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"time"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/eventlog"
	"millrace/internal/identity"
	"millrace/internal/score"
)

// Progress is how far a long task is.
type Progress struct {
	Phase string `json:"phase"`
	Done  int64  `json:"done"`
	Total int64  `json:"total"`
}

// replay folds a whole log prefix from its first fact into a generation of derived tables of its own, in two scans: the first finds who
// is who, the second folds. Each is read on several connections at once. What a log says up to a position, only an erasure changes: a
// replay during which somebody was erased errs with errOvertaken. It uses the same pure rules as the live path and none of its increments. Memory is a few hundred bytes a
// person and eight a scored fact; profiles spill into the tables.
type replay struct {
	e        *Engine
	ctx      context.Context
	q        db.Querier // where the log is read: a snapshot, or the pool
	t        tables
	rules    *score.Rules
	version  string
	clock    millrace.Time
	limit    int64
	began    int64 // the log's last position when q began to see it
	progress func(Progress)
	mark     *mark // of a rebuild, which goes on where it was broken off

	u        *unit   // for words, matches and undone imports; it only reads
	writing  *caches // of what writes people beside the rest
	parent   []int32
	letter   []byte // kind of each identifier by id
	visitors map[int64]*visitor
	inexact  map[int64]bool
	folds    func(r *eventlog.Row) bool // what the unit sees in the second scan; nil: every fact

	index    []int32 // identifier id of a contact → its place in people, 0 none
	people   []replayed
	stages   map[int64]standing // where stage facts left each entity
	owners   map[int64]traits   // the latest owner that was assigned, by entity
	profiles *profileStore
	accounts *profileStore
	opps     map[int64]*opportunity
	parts    map[int64][]partRow // of contacts, while people are finished
	records  map[int64]*record
	spilled  map[int64]struct{}              // records that are in the tables
	lasts    map[int64]map[int]millrace.Time // account → behaviour → last, for criteria that ask
}

// replayed is a contact while its facts are being gathered.
type replayed struct {
	id              int64
	firstAt, lastAt millrace.Time
	facts           []packedFact
	known           bool // some fact names the person, not just an anonymous id
}

// packedFact is a scored fact in eight bytes: 48 bits of milliseconds, 16 of behaviour.
type packedFact uint64

func pack(at millrace.Time, behavior int) packedFact {
	return packedFact(uint64(at)<<16 | uint64(uint16(behavior)))
}

func (p packedFact) fact() score.Fact {
	return score.Fact{OccurredAt: millrace.Time(int64(p) >> 16), Behavior: int(p & 0xffff)}
}

func (e *Engine) newReplay(ctx context.Context, q db.Querier, suffix string, r *ruling, clock millrace.Time, limit int64, progress func(Progress)) (*replay, error) {
	if progress == nil {
		progress = func(Progress) {}
	}
	p := &replay{e: e, ctx: ctx, q: q, t: tablesWith(suffix), rules: r.rules, version: r.version, clock: clock, limit: limit, progress: progress,
		visitors: map[int64]*visitor{}, inexact: map[int64]bool{}, stages: map[int64]standing{}, owners: map[int64]traits{}, opps: map[int64]*opportunity{}, parts: map[int64][]partRow{}, records: map[int64]*record{}, spilled: map[int64]struct{}{},
		lasts: map[int64]map[int]millrace.Time{}}
	p.u = &unit{e: e, ctx: ctx, q: e.db, c: newCaches(1000), clock: clock, t: p.t, rules: r.rules, playbookVersion: r.version, limit: limit, frozen: true}
	p.u.init()
	p.u.roots = p.root
	p.writing = newCaches(1000)
	p.profiles = &profileStore{r: p, table: p.t.contact}
	p.accounts = &profileStore{r: p, table: p.t.account}
	if _, err := db.One(ctx, q, []any{&p.began}, "/* event.last */ select coalesce(max(seq), 0) from event"); err != nil {
		return nil, err
	}
	return p, p.u.c.load(ctx, q)
}

// run folds everything, or what a rebuild that was broken off left.
func (p *replay) run() error {
	defer p.e.replays.begin(p)()
	for _, step := range p.steps() {
		if err := cmp.Or(step(), context.Cause(p.ctx)); err != nil {
			if context.Cause(p.ctx) == errOvertaken {
				return errOvertaken
			}
			return err
		}
	}
	erased, err := erasedSince(p.ctx, p.e.db, p.began)
	if err == nil && erased {
		err = errOvertaken
	}
	return err
}

func (p *replay) steps() []func() error {
	read := []func() error{p.readIdentifiers, p.scanIdentity, p.writeIdentity, p.scanFacts, p.finishOpportunities}
	if p.mark == nil {
		return append(read, p.finishPeople, p.finishAccounts)
	}
	finished := func() error { return p.reach(phaseIndexes) }
	switch p.mark.Phase {
	case phasePeople:
		return []func() error{p.readIdentifiers, p.restore, p.finishPeople, p.finishAccounts, finished}
	case phaseAccounts:
		return []func() error{p.readIdentifiers, p.restore, p.finishAccounts, finished}
	case phaseIndexes:
		return nil
	}
	return append(read, p.save, p.finishPeople, p.finishAccounts, finished)
}

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
	moments := map[int64][]identity.Moment{}
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
			p.identified(moments, r)
		}
		return nil
	}
	if err := together(p.ctx, linksIn(p.q, 0, half, fold), linksIn(p.e.db, half, p.limit, fold)); err != nil {
		return err
	}
	for e, m := range merges {
		if m.stands {
			p.union(e.A, e.B)
		}
	}
	p.resolveNames(claims)
	return p.settleVisitors(moments)
}

func (p *replay) known(id int64) bool {
	return id > 0 && id < int64(len(p.letter)) && personKind(p.letter[id])
}

// identified keeps a visitor's timeline while it has one holder, and all its moments once it has more.
func (p *replay) identified(moments map[int64][]identity.Moment, r *eventlog.Row) {
	v := p.visitors[r.Anon]
	switch {
	case v == nil:
		p.visitors[r.Anon] = &visitor{id: r.Anon, runs: []holding{{r.Subject, r.OccurredAt}}}
	case len(v.runs) == 1 && v.runs[0].to == r.Subject && !p.inexact[r.Anon]:
		v.runs[0].from = min(v.runs[0].from, r.OccurredAt)
	default:
		p.inexact[r.Anon] = true
	}
	if p.inexact[r.Anon] {
		moments[r.Anon] = append(moments[r.Anon], identity.Moment{To: r.Subject, At: r.OccurredAt})
	}
}

// settleVisitors reads the log once more for the few visitors with several holders, and counts the people on each.
func (p *replay) settleVisitors(moments map[int64][]identity.Moment) error {
	if len(p.inexact) > 0 {
		clear(moments)
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
		if err := together(p.ctx, linksIn(p.q, 0, p.limit/2, fold), linksIn(p.e.db, p.limit/2, p.limit, fold)); err != nil {
			return err
		}
		for id, m := range moments {
			v := p.visitors[id]
			v.runs = v.runs[:0]
			for _, run := range identity.FromMoments(m) {
				v.runs = append(v.runs, holding{run.To, run.From})
			}
		}
	}
	for _, v := range p.visitors {
		people := map[int64]struct{}{}
		for _, h := range v.runs {
			people[p.root(h.to)] = struct{}{}
		}
		v.people = len(people)
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

func (p *replay) alive(r *eventlog.Row) (bool, error) { return p.u.alive(r) }

// writeSlice is how many rows one short write transaction of a replay takes.
const writeSlice = 5000

// write is one short transaction of a replay. The pause after it is for writers of other processes, whom SQLite lets ask again and again, but
// not queue: without one they might never come in between. PostgreSQL needs none.
func (p *replay) write(fn func(tx *db.Tx) error) error {
	start := time.Now()
	err := p.e.db.Write(p.ctx, fn)
	if p.e.db.Dialect != db.SQLite {
		return err
	}
	select {
	case <-time.After(time.Since(start) / 8):
	case <-p.ctx.Done():
	}
	return err
}

// inSlices writes rows in short transactions, so that ingest goes on between them.
func (p *replay) inSlices(head string, width int, tail string, args []any) error {
	for len(args) > 0 {
		n := min(len(args), writeSlice*width)
		if err := p.write(func(tx *db.Tx) error {
			_, err := tx.InsertMany(p.ctx, head, width, tail, args[:n])
			return err
		}); err != nil {
			return err
		}
		args = args[n:]
	}
	return nil
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

// scanFacts folds every fact into whom it is about: the many that are nothing but behaviours beside the rest. No fold asks for the order of
// the one kind among the other.
func (p *replay) scanFacts() error {
	p.u.sees = p.folds
	p.index = make([]int32, len(p.parent))
	p.people = make([]replayed, 1, 1024)
	var whole []int64 // behaviours that state an address: rare, and read as a whole
	n := int64(0)
	progress := func() {
		if n++; n&0x3fff == 0 {
			p.progress(Progress{"folding", n, p.limit})
		}
	}
	plain := func(r *plainFact) error {
		progress()
		if r.Subject == 0 || r.Flags.Has(millrace.FlagErased) {
			return nil
		}
		if r.email {
			whole = append(whole, r.Seq)
			return nil
		}
		if p.folds != nil && !p.folds(&r.Row) {
			return nil
		}
		return p.foldPerson(&r.Row)
	}
	other := func(r *eventlog.Row) error {
		progress()
		return p.foldFact(r)
	}
	if err := together(p.ctx, othersIn(p.q, p.limit, min(scanBatch, p.e.profiles), p.profilesAhead, other), plainIn(p.e.db, 0, p.limit/2, plain), plainIn(p.e.db, p.limit/2, p.limit, plain)); err != nil {
		return err
	}
	return eventlog.At(p.ctx, p.q, whole, p.foldFact)
}

// profilesAhead brings the profiles that some rows state something of into memory together: one by one they would take longer than the folding.
func (p *replay) profilesAhead(rows []eventlog.Row) error {
	var people, accounts []int64
	for i := range rows {
		r := &rows[i]
		switch {
		case r.Kind == millrace.KindAccount:
			accounts = append(accounts, p.root(r.Subject))
		case r.Kind.External() && p.known(r.Subject):
			people = append(people, p.root(r.Subject))
			if r.Kind == millrace.KindGroup {
				accounts = append(accounts, p.root(r.Object))
			}
		}
	}
	return cmp.Or(p.profiles.ahead(people), p.accounts.ahead(accounts))
}

func (p *replay) foldFact(r *eventlog.Row) error {
	if r.Subject == 0 {
		return nil
	}
	alive, err := p.alive(r)
	if err != nil || !alive {
		return err
	}
	if isRecord(r.Kind) {
		return p.foldRecord(r)
	}
	switch r.Kind {
	case millrace.KindStage:
		p.foldStage(r)
		return nil
	case millrace.KindAssigned:
		p.foldAssigned(r)
		return nil
	case millrace.KindOpportunity:
		return p.foldOpportunity(r)
	case millrace.KindAccount, millrace.KindGroup:
		if err := p.foldAccount(r); err != nil || r.Kind == millrace.KindAccount {
			return err
		}
	}
	if !r.Kind.External() {
		return nil
	}
	return p.foldPerson(r)
}

// foldStage takes a stage fact into the entity that its identifier means today.
func (p *replay) foldStage(r *eventlog.Row) {
	root := p.root(r.Subject)
	s := p.stages[root]
	p.u.enterStage(&s, r)
	if root != 0 && s.stageSeq != 0 {
		p.stages[root] = s // the log is read in order of position
	}
}

// foldAssigned keeps the latest owner of an entity.
func (p *replay) foldAssigned(r *eventlog.Row) {
	root := p.root(r.Subject)
	if root == 0 {
		return
	}
	if p.owners[root] == nil {
		p.owners[root] = traits{}
	}
	p.owners[root].assigned(r)
}

func (p *replay) foldPerson(r *eventlog.Row) error {
	contact, anonymous := int64(0), false
	if p.known(r.Subject) {
		contact = p.root(r.Subject)
	} else if v := p.visitors[r.Subject]; v != nil && v.people <= identity.MaxPeoplePerVisitor {
		contact, anonymous = p.root(v.at(r.OccurredAt)), true
	}
	if contact == 0 {
		return nil
	}
	i := p.index[contact]
	if i == 0 {
		i = int32(len(p.people))
		p.index[contact] = i
		p.people = append(p.people, replayed{id: contact})
	}
	x := &p.people[i]
	x.known = x.known || !anonymous
	if r.Flags&millrace.FlagBot == 0 {
		if x.firstAt == 0 || r.OccurredAt < x.firstAt {
			x.firstAt = r.OccurredAt
		}
		x.lastAt = max(x.lastAt, r.OccurredAt)
	}
	if r.Kind == millrace.KindIdentify || r.Kind == millrace.KindContact || len(r.Refs) > 0 || eventlog.HasEmail(r.Body) {
		if err := p.profiles.state(contact, r); err != nil {
			return err
		}
	}
	b, err := p.u.matchOf(r)
	if b >= 0 {
		x.facts = append(x.facts, pack(r.OccurredAt, b))
	}
	return err
}

func (p *replay) foldAccount(r *eventlog.Row) error {
	id := r.Object
	if r.Kind == millrace.KindAccount {
		id = r.Subject
	}
	if id = p.root(id); id == 0 {
		return nil
	}
	t, err := identity.AccountTraits(eventlog.Data(r.Body))
	if err != nil {
		return nil
	}
	a, err := p.accounts.get(id)
	if err != nil {
		return err
	}
	at, err := p.u.restatedAt(r)
	a.traits.merge(t, at)
	return err
}

func (p *replay) foldRecord(r *eventlog.Row) error {
	at, err := p.u.restatedAt(r)
	if err != nil {
		return err
	}
	rec, err := p.record(r.Subject, r.Kind)
	if err != nil {
		return err
	}
	rec.state(r, at)
	return nil
}

func (p *replay) foldOpportunity(r *eventlog.Row) error {
	at, err := p.u.restatedAt(r)
	if err != nil {
		return err
	}
	o := p.opps[r.Subject]
	if o == nil {
		o = &opportunity{id: r.Subject, traits: traits{}, undated: true}
		p.opps[r.Subject] = o
	}
	return p.u.stateOpportunity(o, r, at)
}
