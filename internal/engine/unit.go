package engine

import (
	"context"
	"database/sql"
	"slices"
	"strings"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/eventlog"
	"millrace/internal/score"
)

// unit is one unit of work inside one write transaction: what was touched, what must be folded again, and what is to be written at the end.
type unit struct {
	e     *Engine
	ctx   context.Context
	q     db.Querier           // what is asked: the transaction, or a snapshot for a unit that only reads
	tx    *db.Tx               // nil for a unit that only reads
	roots func(id int64) int64 // who is who, for a unit that has all of it in memory; else nil
	c     *caches
	clock millrace.Time

	siblings func(entity int64) []int64 // the further identifiers of an account, likewise; else nil

	t tables // where derived rows are read and written

	version, seq, nextID int64
	started              int64 // position when the unit began: an identifier first named after it has no rows yet
	rules                *score.Rules
	playbookVersion      string
	applied              *ruling // a playbook that this unit puts in force

	plain  bool                // it takes facts in and does nothing else, so that all rows it changes are in the caches
	absent map[string]struct{} // keys that the log didn't have when it was read ahead; those that came since are cached

	newIdents []*ident
	newLinks  [][2]int64

	persons  map[int64]*person // touched: to be decided on and written
	accounts map[int64]*account
	visitors map[int64]*visitor
	opps     map[int64]*opportunity
	records  map[int64]*record

	refoldPersons  map[int64]struct{} // to be folded again from the log
	refoldAccounts map[int64]struct{}
	refoldOthers   map[int64]struct{} // opportunities, reps, products by identifier
	recombine      map[int64]struct{} // accounts whose roll-up must be summed again
	refit          map[int64]struct{} // accounts whose people must be fitted again
	restand        map[int64]struct{} // contacts whose deals must be looked at again
	joined         map[int64][]int64  // account → people who came to it in this unit, whose rows don't say so yet

	resolvedRows map[int64]int64    // identifier → entity, changed in this unit; equal ids delete the row
	moved        map[int64][]int64  // entity → identifiers that came to it in this unit and may have left again
	gone         map[int64]struct{} // contacts that are no more
	goneAccounts map[int64]struct{}

	orphans map[int64]struct{} // account identifiers that facts erased in this unit named

	decisions []eventlog.Row
	brought   map[int64]int64 // contact → the import whose record of them came last in this unit
	switched  bool            // the derived tables were exchanged: nothing cached holds
	frozen    bool            // replaying: decisions come from the log, none are made
	limit     int64
	dry       bool                       // planning: decisions are noted, not made facts
	planned   *Decision                  // the last one noted
	now       bool                       // reading as of now: derived rows say what a fold would
	sees      func(r *eventlog.Row) bool // nil: every fact; else those that a reading of the past takes in
}

func (u *unit) init() {
	u.started = u.seq
	u.persons, u.accounts, u.visitors = map[int64]*person{}, map[int64]*account{}, map[int64]*visitor{}
	u.opps, u.records = map[int64]*opportunity{}, map[int64]*record{}
	u.brought = map[int64]int64{}
	u.refoldPersons, u.refoldAccounts, u.refoldOthers = map[int64]struct{}{}, map[int64]struct{}{}, map[int64]struct{}{}
	u.recombine, u.refit, u.restand, u.joined = map[int64]struct{}{}, map[int64]struct{}{}, map[int64]struct{}{}, map[int64][]int64{}
	u.resolvedRows, u.moved = map[int64]int64{}, map[int64][]int64{}
	u.gone, u.goneAccounts = map[int64]struct{}{}, map[int64]struct{}{}
	if u.t == (tables{}) {
		u.t = live
	}
	if u.limit == 0 {
		u.limit = 1 << 62
	}
}

// loadIdents brings the identifiers with these keys into the cache. Keys that the log doesn't have stay away.
func (u *unit) loadIdents(keys []string) error {
	return db.SelectIn(u.ctx, u.q, "/* identifier.by_value */ "+identsBy(u.t.resolved), "i.value", keys, u.scanIdent)
}

func (u *unit) loadIdentsByID(ids []int64) error {
	return db.SelectIn(u.ctx, u.q, "/* identifier.by_id */ "+identsBy(u.t.resolved), "i.id", ids, u.scanIdent)
}

// identsBy asks for identifiers, with what they mean by this table, under a condition.
func identsBy(resolved string) string {
	return "select i.id, i.value, i.first_seq, coalesce(r.entity, i.id) from identifier i left join " + resolved + " r on r.id = i.id where %s"
}

func (u *unit) scanIdent(rows *sql.Rows) error {
	i := &ident{}
	if err := rows.Scan(&i.id, &i.key, &i.firstSeq, &i.entity); err != nil {
		return err
	}
	if to, ok := u.resolvedRows[i.id]; ok {
		i.entity = to
	}
	u.c.keep(i)
	return nil
}

// ident gives the identifier of a key whose presence was looked up before, making it when the log doesn't have it; first is the position of the fact that names it.
func (u *unit) ident(key string, first int64) *ident {
	if i, ok := u.c.idents.get(key); ok {
		return i
	}
	i := &ident{id: u.nextID, entity: u.nextID, firstSeq: first, key: strings.Clone(key)}
	u.nextID++
	u.c.idents.put(i.key, i)
	u.c.byID.put(i.id, i)
	u.newIdents = append(u.newIdents, i)
	return i
}

// identByID gives an identifier that some row refers to; nil when it was erased.
func (u *unit) identByID(id int64) (*ident, error) {
	if i, ok := u.c.byID.get(id); ok {
		return i, nil
	}
	if err := u.loadIdentsByID([]int64{id}); err != nil {
		return nil, err
	}
	i, _ := u.c.byID.get(id)
	return i, nil
}

// entityOf is the contact or account that an identifier means today, 0 when the identifier was erased.
func (u *unit) entityOf(id int64) (int64, error) {
	if u.roots != nil {
		return u.roots(id), nil
	}
	i, err := u.identByID(id)
	if i == nil || err != nil {
		return 0, err
	}
	return i.entity, nil
}

// members are all identifiers of a contact or account.
func (u *unit) members(entity int64) ([]*ident, error) {
	of, err := u.membersOf([]int64{entity})
	return of[entity], err
}

// membersOf is members of several contacts or accounts, read together.
func (u *unit) membersOf(entities []int64) (map[int64][]*ident, error) {
	more := make(map[int64][]int64, len(entities))
	if u.siblings != nil {
		for _, entity := range entities {
			more[entity] = u.siblings(entity)
		}
	} else if err := db.SelectIn(u.ctx, u.q, "/* resolved.members */ select id, entity from "+u.t.resolved+" where %s order by id", "entity", entities, func(rows *sql.Rows) error {
		var id, entity int64
		err := rows.Scan(&id, &entity)
		more[entity] = append(more[entity], id)
		return err
	}); err != nil {
		return nil, err
	}
	all := make(map[int64][]int64, len(entities))
	var lacking []int64
	for _, entity := range entities {
		ids := []int64{entity}
		for _, id := range more[entity] {
			if to, changed := u.resolvedRows[id]; !changed || to == entity {
				ids = append(ids, id)
			}
		}
		for _, id := range u.moved[entity] {
			if u.resolvedRows[id] == entity && !slices.Contains(ids, id) {
				ids = append(ids, id)
			}
		}
		all[entity], lacking = ids, append(lacking, ids...)
	}
	if err := u.loadIdentsByID(absent(u, u.c.byID, lacking)); err != nil {
		return nil, err
	}
	out := make(map[int64][]*ident, len(entities))
	for entity, ids := range all {
		for _, id := range ids {
			if i, _ := u.c.byID.get(id); i != nil && i.entity == entity {
				out[entity] = append(out[entity], i)
			}
		}
	}
	return out, nil
}

func scanID(rows *sql.Rows) (id int64, err error) {
	err = rows.Scan(&id)
	return id, err
}

// fresh says whether the identifier was first named in this unit, so that no derived row can stand for it.
func (u *unit) fresh(id int64) bool {
	i, ok := u.c.byID.get(id)
	return ok && i.firstSeq > u.started && u.tx != nil && !u.frozen
}

// moveTo makes the identifier mean another entity.
func (u *unit) moveTo(i *ident, entity int64) {
	if i.entity == entity {
		return
	}
	i.entity = entity
	u.resolvedRows[i.id] = entity
	u.moved[entity] = append(u.moved[entity], i.id)
}

// link notes that a fact put two identifiers together. Both directions are kept, so that whatever may ever have been one can be walked.
func (u *unit) link(a, b *ident) {
	k := [2]int64{min(a.id, b.id), max(a.id, b.id)}
	if _, ok := u.c.links.get(k); ok || a == b {
		return
	}
	u.c.links.put(k, struct{}{})
	u.newLinks = append(u.newLinks, k)
}

// linked are the identifiers ever put together with id, erased ones left out. It sees what this unit added once flushLinks has run.
func (u *unit) linked(id int64) (out []*ident, err error) {
	err = u.eachLink([]int64{id}, func(_ int64, l *ident) { out = append(out, l) })
	return out, err
}

// eachLink calls fn with each of the identifiers and each that it was ever put together with, as linked has it.
func (u *unit) eachLink(ids []int64, fn func(of int64, l *ident)) error {
	if err := u.flushLinks(); err != nil {
		return err
	}
	var pairs [][2]int64
	var lacking []int64
	if err := db.SelectIn(u.ctx, u.q, "/* link.of */ select a, b from link where %s order by a, b", "a", ids, func(rows *sql.Rows) error {
		var a, b int64
		err := rows.Scan(&a, &b)
		pairs, lacking = append(pairs, [2]int64{a, b}), append(lacking, b)
		return err
	}); err != nil {
		return err
	}
	if err := u.loadIdentsByID(absent(u, u.c.byID, lacking)); err != nil {
		return err
	}
	for _, p := range pairs {
		if l, _ := u.c.byID.get(p[1]); l != nil {
			fn(p[0], l)
		}
	}
	return nil
}

func (u *unit) flushLinks() error {
	if len(u.newLinks) == 0 {
		return nil
	}
	args := make([]any, 0, 4*len(u.newLinks))
	for _, l := range u.newLinks {
		args = append(args, l[0], l[1], l[1], l[0])
	}
	u.newLinks = u.newLinks[:0]
	_, err := u.tx.InsertMany(u.ctx, "/* link.add */ insert into link (a, b)", 2, "on conflict do nothing", args)
	return err
}

func (u *unit) flushIdents() error {
	if len(u.newIdents) == 0 {
		return nil
	}
	args := make([]any, 0, 3*len(u.newIdents))
	for _, i := range u.newIdents {
		args = append(args, i.id, i.key, i.firstSeq)
	}
	u.newIdents = u.newIdents[:0]
	_, err := u.tx.InsertMany(u.ctx, "/* identifier.add */ insert into identifier (id, value, first_seq)", 3, "", args)
	return err
}

// maxWords bounds the shared table of words; past it names and places stand in the body of their fact.
const maxWords = 100_000

// word interns a name or place, giving 0 when it must not be or can't be.
func (u *unit) word(s string) (int64, error) {
	if s == "" || !eventlog.Internable(s) {
		return 0, nil
	}
	if id, ok := u.c.words.get(s); ok {
		return id, nil
	}
	var id int64
	found, err := db.One(u.ctx, u.q, []any{&id}, "/* word.get */ select id from interned where value = $1", s)
	if err != nil {
		return 0, err
	}
	if !found {
		if u.c.wordsFull {
			return 0, nil
		}
		if _, err := db.One(u.ctx, u.q, []any{&id}, "/* word.next */ select coalesce(max(id), 0) + 1 from interned"); err != nil {
			return 0, err
		}
		if id > maxWords {
			u.c.wordsFull = true
			return 0, nil
		}
		if _, err := u.tx.Exec(u.ctx, "/* word.add */ insert into interned (id, value) values ($1, $2)", id, s); err != nil {
			return 0, err
		}
	}
	s = strings.Clone(s)
	u.c.words.put(s, id)
	u.c.wordByID.put(id, s)
	return id, nil
}

func (u *unit) wordOf(id int64) (string, error) {
	if id == 0 {
		return "", nil
	}
	if s, ok := u.c.wordByID.get(id); ok {
		return s, nil
	}
	var s string
	if _, err := db.One(u.ctx, u.q, []any{&s}, "/* word.value */ select value from interned where id = $1", id); err != nil {
		return "", err
	}
	u.c.wordByID.put(id, s)
	return s, nil
}

// matchOf gives the behaviour that a fact scores for, -1 for none. It is asked for behaviours alone.
func (u *unit) matchOf(r *eventlog.Row) (int, error) {
	if !r.Kind.Behavior() || r.Flags&(millrace.FlagBot|millrace.FlagErased) != 0 {
		return -1, nil
	}
	own := r.Flags.Has(eventlog.FlagOwnWords)
	k := matchKey{r.Kind, r.Name, r.Place}
	m, ok := match{}, false
	if !own {
		if m, ok = u.c.matches.get(k); ok && !m.needsProps {
			return m.behavior, nil
		}
	}
	name, host, path, err := u.nameAndPlace(r)
	if err != nil {
		return 0, err
	}
	if !ok {
		m.behavior, m.needsProps = u.rules.MatchStatic(r.Kind, name, host, path)
		if !own {
			u.c.matches.put(k, m)
		}
		if !m.needsProps {
			return m.behavior, nil
		}
	}
	return u.rules.Match(r.Kind, name, host, path, eventlog.Data(r.Body)), nil
}

func (u *unit) nameAndPlace(r *eventlog.Row) (name, host, path string, err error) {
	if name, err = u.wordOf(r.Name); err != nil {
		return
	}
	place, err := u.wordOf(r.Place)
	if r.Flags.Has(eventlog.FlagOwnWords) {
		if r.Name == 0 {
			name = eventlog.Field(r.Body, "name")
		}
		if r.Place == 0 {
			place = eventlog.Field(r.Body, "place")
		}
	}
	host, path = splitPlace(place)
	return name, host, path, err
}

// place joins host and path; the path begins at the first slash.
func place(host, path string) string {
	if path == "" && host == "" {
		return ""
	}
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return host + path
}

func splitPlace(s string) (host, path string) {
	i := strings.IndexByte(s, '/')
	if i < 0 {
		return s, ""
	}
	return s[:i], s[i:]
}

// alive says whether a fact stands: not erased, and brought by a live source or by an import that was not undone.
func (u *unit) alive(r *eventlog.Row) (bool, error) {
	if erased := r.Flags.Has(millrace.FlagErased); erased || u.stands(r, nil) {
		return !erased, nil
	}
	again, err := u.bringersOf([]eventlog.Row{*r})
	return u.stands(r, again[r.Seq]), err
}

// bringer is a further import that brought a fact, and when; at is 0 when its file was the first one's.
type bringer struct {
	imp int64
	at  millrace.Time
}

// bringersOf are the further imports that brought the rows, by position.
func (u *unit) bringersOf(rows []eventlog.Row) (map[int64][]bringer, error) {
	var seqs []int64
	for i := range rows {
		if rows[i].Import != 0 {
			seqs = append(seqs, rows[i].Seq)
		}
	}
	out := map[int64][]bringer{}
	return out, db.SelectIn(u.ctx, u.q, "/* bringer.of */ select seq, import, at from event_bringer where %s", "seq", seqs, func(rows *sql.Rows) error {
		var seq int64
		var b bringer
		err := rows.Scan(&seq, &b.imp, (*int64)(&b.at))
		out[seq] = append(out[seq], b)
		return err
	})
}

// stands says whether a fact counts, given the further imports that brought it.
func (u *unit) stands(r *eventlog.Row, again []bringer) bool {
	if r.Flags.Has(millrace.FlagErased) || u.sees != nil && !u.sees(r) {
		return false
	}
	if _, undone := u.c.undone[r.Import]; !undone || r.Import == 0 {
		return true
	}
	return slices.ContainsFunc(again, func(b bringer) bool {
		_, undone := u.c.undone[b.imp]
		return !undone
	})
}
