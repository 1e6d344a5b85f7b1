package engine

import (
	"cmp"
	"context"
	"sync"

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
// is who, the second folds. Each is read on several connections at once, a stretch at a time. What a log says up to a position, only an
// erasure changes: a replay during which somebody was erased errs with errOvertaken. It uses the same pure rules as the live path and none of
// its increments. Memory is a few hundred bytes a person, eight a scored fact and about a hundred a statement; accounts spill into the tables.
type replay struct {
	e        *Engine
	ctx      context.Context
	q        db.Querier // a snapshot, or the pool: identifiers and imports are read here
	suffix   string
	t        tables
	rules    *score.Rules
	version  string
	clock    millrace.Time
	limit    int64
	began    int64 // the log's last position when q began to see it
	progress func(Progress)
	syncing  sync.Mutex
	synced   chan error // of the last transaction, see write
	mark     *mark      // of a rebuild, which goes on where it was broken off

	u        *unit // for words, matches and undone imports; it only reads
	parent   []int32
	letter   []byte // kind of each identifier by id
	visitors map[int64]*visitor
	inexact  map[int64]bool
	folds    func(r *eventlog.Row) bool // what the unit sees in the second scan; nil: every fact

	index    []int32 // identifier id of a contact → its place in people, 0 none
	people   []replayed
	stages   map[int64]standing // where stage facts left each entity
	owners   map[int64]traits   // the latest owner that was assigned, by entity
	stated   *statements
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
	p := &replay{e: e, ctx: ctx, q: q, suffix: suffix, t: tablesWith(suffix), rules: r.rules, version: r.version, clock: clock, limit: limit, progress: progress,
		visitors: map[int64]*visitor{}, inexact: map[int64]bool{}, stages: map[int64]standing{}, owners: map[int64]traits{}, opps: map[int64]*opportunity{},
		parts: map[int64][]partRow{}, records: map[int64]*record{}, spilled: map[int64]struct{}{}, lasts: map[int64]map[int]millrace.Time{}}
	p.u = &unit{e: e, ctx: ctx, q: e.db, c: newCaches(1000), clock: clock, t: p.t, rules: r.rules, playbookVersion: r.version, limit: limit, frozen: true}
	p.u.init()
	p.u.roots = p.root
	p.accounts = p.newProfiles()
	if _, err := db.One(ctx, q, []any{&p.began}, "/* event.last */ select coalesce(max(seq), 0) from event"); err != nil {
		return nil, err
	}
	return p, p.u.c.load(ctx, q)
}

// run folds everything, or what a rebuild that was broken off left.
func (p *replay) run() error {
	defer p.e.replays.begin(p)()
	defer p.end()
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

// end waits for what is still being written when the replay ends early.
func (p *replay) end() {
	if p.stated != nil {
		p.stated.settle()
	}
	p.accounts.settle()
	p.syncing.Lock()
	defer p.syncing.Unlock()
	if p.synced != nil {
		<-p.synced
		p.synced = nil
	}
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
		return []func() error{p.readIdentifiers, p.restore, p.gatherLasts, p.finishAccounts, finished}
	case phaseIndexes:
		return nil
	}
	return append(read, p.save, p.finishPeople, p.finishAccounts, finished)
}

func (p *replay) alive(r *eventlog.Row) (bool, error) { return p.u.alive(r) }

// writeSlice is how many rows one short write transaction of a replay takes.
const writeSlice = 5000

// write is one short transaction of a replay. It is brought to the disk beside what comes next, and before the next one of a replay is: what is
// switched to at the end is synced with everything before it.
func (p *replay) write(fn func(tx *db.Tx) error) error {
	durable, err := p.e.db.WriteAhead(p.ctx, fn)
	if err != nil {
		return err
	}
	p.syncing.Lock()
	defer p.syncing.Unlock()
	if p.synced != nil {
		err = <-p.synced
	}
	synced := make(chan error, 1)
	p.synced = synced
	go func() { synced <- durable() }()
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

// scanFacts folds every fact into whom it is about: the many that are nothing but behaviours beside the rest. No fold asks for the order of
// the one kind among the other.
func (p *replay) scanFacts() error {
	p.u.sees = p.folds
	p.index = make([]int32, len(p.parent))
	p.people = make([]replayed, 1, 1024)
	var err error
	if p.stated, err = newStatements(p.contacts(), int64(len(p.parent)), p.e.profiles); err != nil {
		return err
	}
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
	log := aside(p.e.db)
	half, few := p.limit/2, min(scanBatch, p.e.profiles)
	if err := together(p.ctx, othersIn(log, p.limit, few, p.accountsAhead, other), plainIn(log, 0, half, plain), plainIn(log, half, p.limit, plain)); err != nil {
		return err
	}
	if err := eventlog.At(p.ctx, p.q, whole, p.foldFact); err != nil {
		return err
	}
	p.stated.close()
	return p.accounts.settle() // before anything else writes their rows
}

// contacts is how many contacts the identifiers mean.
func (p *replay) contacts() (n int) {
	for id := range int64(len(p.parent)) {
		if p.known(id) && p.root(id) == id {
			n++
		}
	}
	return n
}

// accountsAhead brings the accounts that some rows state something of into memory together: one by one they would take longer than the folding.
func (p *replay) accountsAhead(rows []eventlog.Row) error {
	var accounts []int64
	for i := range rows {
		switch r := &rows[i]; r.Kind {
		case millrace.KindAccount:
			accounts = append(accounts, p.root(r.Subject))
		case millrace.KindGroup:
			accounts = append(accounts, p.root(r.Object))
		}
	}
	return p.accounts.ahead(accounts)
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
		at, err := p.u.restatedAt(r)
		if err != nil {
			return err
		}
		p.stated.add(contact, r, at)
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
