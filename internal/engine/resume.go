package engine

import (
	"bytes"
	"cmp"
	"context"
	"database/sql"
	"encoding/gob"
	"encoding/json"
	"maps"
	"slices"

	"millrace"
	"millrace/internal/db"
)

// mark is how far a rebuild came: it stands in the setting "rebuild", and is moved in the transactions that write, so that a rebuild that was
// killed goes on where it stood. Until the log is read through (no phase) it begins again.
type mark struct {
	Token      string        `json:"token"` // of who fills the tables
	Form       int           `json:"form"`  // keptForm of who began it
	Fold       string        `json:"fold"`
	Playbook   string        `json:"playbook"`
	Generation int           `json:"generation"`
	Standing   string        `json:"standing"` // see standingImports
	Clock      millrace.Time `json:"clock"`
	Limit      int64         `json:"limit"` // the last position that is folded
	Began      int64         `json:"began"` // the log's last position then
	Phase      string        `json:"phase"`
	Done       int64         `json:"done"` // the last id of the phase that is written
}

const (
	phasePeople   = "people"
	phaseAccounts = "accounts"
	phaseIndexes  = "indexes"
)

const rebuildSetting = "rebuild"

// readMark gives the rebuild that is under way or was broken off, nil when there is none.
func readMark(ctx context.Context, q db.Querier) (*mark, error) {
	var text string
	if _, err := db.One(ctx, q, []any{&text}, "/* setting.rebuild */ select value from setting where name = $1", rebuildSetting); err != nil || text == "" {
		return nil, err
	}
	m := &mark{}
	if json.Unmarshal([]byte(text), m) != nil {
		return nil, nil // an earlier version's: a token alone
	}
	return m, nil
}

// write keeps the mark, unless another rebuild fills the tables by now.
func (m *mark) write(ctx context.Context, tx *db.Tx) error {
	now, err := readMark(ctx, tx)
	if err != nil {
		return err
	}
	if now == nil || now.Token != m.Token {
		return errOvertaken
	}
	return m.put(ctx, tx)
}

func (m *mark) put(ctx context.Context, tx *db.Tx) error {
	b, err := json.Marshal(m)
	if err != nil {
		return err
	}
	return setSetting(ctx, tx, rebuildSetting, string(b))
}

// dropRebuild forgets a rebuild that is under way or was broken off, with its tables.
func dropRebuild(ctx context.Context, tx *db.Tx) error {
	if _, err := tx.Exec(ctx, "/* setting.drop */ delete from setting where name = $1", rebuildSetting); err != nil {
		return err
	}
	if err := tx.ExecOnce(ctx, "drop table if exists rebuild_part"); err != nil {
		return err
	}
	return dropDerived(ctx, tx, suffixNext)
}

// unfinished gives the rebuild that was broken off, if going on with it gives what a new one would: nil otherwise.
func (e *Engine) unfinished(ctx context.Context, like mark) (*mark, error) {
	m, err := readMark(ctx, e.db)
	if err != nil || m == nil || m.Phase == "" {
		return nil, err
	}
	if m.Form != like.Form || m.Fold != like.Fold || m.Playbook != like.Playbook || m.Generation != like.Generation || m.Standing != like.Standing {
		return nil, nil
	}
	erased, err := erasedSince(ctx, e.db, m.Began)
	if err != nil || erased {
		return nil, err
	}
	return m, nil
}

func erasedSince(ctx context.Context, q db.Querier, position int64) (bool, error) {
	return db.One(ctx, q, []any{new(int64)}, "/* replay.erased */ select seq from event where seq > $1 and kind = $2 limit 1", position, int64(millrace.KindErased))
}

// What a replay knows when the log is read through and isn't in the tables, as rebuild_part keeps it: some people, or some entities, a row.
type (
	keptPerson struct {
		ID              int64
		FirstAt, LastAt millrace.Time
		Known           bool
		Facts           []packedFact
	}
	keptEntity struct {
		ID       int64
		Stage    millrace.Stage
		At       millrace.Time
		Seq      int64
		CooledAt millrace.Time
		Owner    string // traits
	}
)

const (
	// keptForm is the form of what is kept: one of another form isn't gone on with.
	keptForm = 2

	partPeople     = 1
	partEntities   = 2
	partStatements = 3
	// partRows is how many of them stand in a row.
	partRows = 5000
)

// save keeps what is known when the log is read through.
func (p *replay) save() error {
	if err := p.accounts.spillAll(); err != nil {
		return err
	}
	if err := p.write(func(tx *db.Tx) error {
		if err := tx.ExecOnce(p.ctx, "drop table if exists rebuild_part"); err != nil {
			return err
		}
		return tx.ExecOnce(p.ctx, tx.DDL("create table rebuild_part (id #rowid#, part #small# not null, body #blob# not null)"))
	}); err != nil {
		return err
	}
	rows := 0
	keep := func(part int, some any) error {
		var b bytes.Buffer
		if err := gob.NewEncoder(&b).Encode(some); err != nil {
			return err
		}
		rows++
		return p.write(func(tx *db.Tx) error {
			_, err := tx.Exec(p.ctx, "/* rebuild.keep */ insert into rebuild_part (id, part, body) values ($1, $2, $3)", rows, part, b.Bytes())
			return err
		})
	}
	for some := range slices.Chunk(p.people[1:], partRows) {
		kept := make([]keptPerson, len(some))
		for i, x := range some {
			kept[i] = keptPerson{x.id, x.firstAt, x.lastAt, x.known, x.facts}
		}
		if err := keep(partPeople, kept); err != nil {
			return err
		}
	}
	for some := range slices.Chunk(p.entities(), partRows) {
		if err := keep(partEntities, some); err != nil {
			return err
		}
	}
	for _, slice := range p.stated.kept() {
		if err := keep(partStatements, slice); err != nil {
			return err
		}
	}
	return p.reach(phasePeople)
}

func (p *replay) entities() []keptEntity {
	all := map[int64]*keptEntity{}
	of := func(id int64) *keptEntity {
		if all[id] == nil {
			all[id] = &keptEntity{ID: id}
		}
		return all[id]
	}
	for id, s := range p.stages {
		k := of(id)
		k.Stage, k.At, k.Seq, k.CooledAt = s.stage, s.stageAt, s.stageSeq, s.cooledAt
	}
	for id, t := range p.owners {
		of(id).Owner = t.encode()
	}
	out := make([]keptEntity, 0, len(all))
	for _, id := range slices.Sorted(maps.Keys(all)) {
		out = append(out, *all[id])
	}
	return out
}

// reach says that a phase has begun.
func (p *replay) reach(phase string) error {
	if p.mark == nil {
		return nil
	}
	p.mark.Phase, p.mark.Done, p.mark.Clock, p.mark.Limit, p.mark.Began = phase, 0, p.clock, p.limit, p.began
	return p.write(func(tx *db.Tx) error { return p.mark.write(p.ctx, tx) })
}

// wrote says, in the transaction that writes them, that the rows of a phase are there up to an id.
func (p *replay) wrote(tx *db.Tx, id int64) error {
	if p.mark == nil {
		return nil
	}
	m := *p.mark
	m.Done = id
	return m.write(p.ctx, tx)
}

// written is how many of the ids, which are sorted, an earlier run of the phase wrote.
func (p *replay) written(phase string, ids []int64) int {
	if p.mark == nil || p.mark.Phase != phase {
		return 0
	}
	n, _ := slices.BinarySearch(ids, p.mark.Done+1)
	return n
}

// restore reads what save kept, and who is who.
func (p *replay) restore() error {
	err := db.Each(p.ctx, p.e.db, "/* rebuild.resolved */ select id, entity from "+p.t.resolved, func(rows *sql.Rows) error {
		var id, entity int64
		if err := rows.Scan(&id, &entity); err != nil {
			return err
		}
		if id < int64(len(p.parent)) {
			p.parent[id] = int32(entity)
		}
		return nil
	})
	if err != nil {
		return err
	}
	ids, err := db.Collect(p.ctx, p.e.db, scanID, "/* rebuild.spilled */ select id from "+p.t.account)
	if err != nil {
		return err
	}
	p.accounts.spilled = make(map[int64]struct{}, len(ids))
	for _, id := range ids {
		p.accounts.spilled[id] = struct{}{}
	}
	if p.stated, err = newStatements(p.contacts(), int64(len(p.parent)), p.e.profiles); err != nil {
		return err
	}
	p.people = make([]replayed, 1, 1024)
	return db.Each(p.ctx, p.e.db, "/* rebuild.parts */ select part, body from rebuild_part order by id", func(rows *sql.Rows) error {
		var part int
		var body []byte
		if err := rows.Scan(&part, &body); err != nil {
			return err
		}
		from := gob.NewDecoder(bytes.NewReader(body))
		if part == partPeople {
			var kept []keptPerson
			err := from.Decode(&kept)
			for _, k := range kept {
				p.people = append(p.people, replayed{k.ID, k.FirstAt, k.LastAt, k.Facts, k.Known})
			}
			return err
		}
		if part == partStatements {
			var kept keptSlice
			err := from.Decode(&kept)
			p.stated.width, p.stated.packets[kept.Slice] = kept.Width, kept.Packets
			return err
		}
		var kept []keptEntity
		err := from.Decode(&kept)
		for _, k := range kept {
			if k.Seq != 0 {
				p.stages[k.ID] = standing{k.Stage, k.At, k.Seq, k.CooledAt}
			}
			if k.Owner != "" {
				t, decoding := decodeTraits(k.Owner)
				p.owners[k.ID], err = t, cmp.Or(err, decoding)
			}
		}
		return err
	})
}
