package engine

import (
	"context"
	"database/sql"
	"encoding/json"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/eventlog"
	"millrace/internal/playbook"
	"millrace/internal/score"
)

// Ruling says which playbook version ruled from when on, who applied it and why.
type Ruling struct {
	Seq     int64         `json:"position"`
	Version string        `json:"version"`
	At      millrace.Time `json:"applied_at"`
	By      string        `json:"applied_by"`
	Note    string        `json:"note"`
}

// compile parses a playbook's source and prepares its rules.
func compile(src []byte) (*playbook.Playbook, *score.Rules, error) {
	p, problems := playbook.Parse(src)
	if problems.HasErrors() {
		return nil, nil, problems.Err()
	}
	r, err := score.Compile(&p.Document)
	return p, r, err
}

// Notice takes in which playbook rules, where another process put one in force.
func (e *Engine) Notice(ctx context.Context) error { return e.loadRuling(ctx) }

func (e *Engine) loadRuling(ctx context.Context) error { return e.reloadRuling(ctx, e.db) }

// reloadRuling reads which playbook rules, when another node may have applied one.
func (e *Engine) reloadRuling(ctx context.Context, q db.Querier) error {
	var seq int64
	var version string
	found, err := db.One(ctx, q, []any{&seq, &version}, "/* ruling.latest */ select seq, version from ruling order by seq desc limit 1")
	if err != nil || !found {
		return err
	}
	was := e.ruling.Load()
	if was != nil && was.seq >= seq { // a later one may have been put in force since the query
		return nil
	}
	r, err := loadVersion(ctx, q, version)
	if err != nil {
		return err
	}
	r.seq = seq
	if !e.ruling.CompareAndSwap(was, r) {
		return e.reloadRuling(ctx, q)
	}
	return nil
}

func loadVersion(ctx context.Context, q db.Querier, version string) (*ruling, error) {
	var src string
	found, err := db.One(ctx, q, []any{&src}, "/* playbook.source */ select source from playbook where version = $1", version)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, millrace.Errorf(millrace.NotFound, "engine.Playbook", "there is no playbook version %s", version)
	}
	book, rules, err := compile([]byte(src))
	if err != nil {
		return nil, err
	}
	return &ruling{version: version, book: book, rules: rules}, nil
}

// Rulings lists which versions ruled from when on, newest first.
func (e *Engine) Rulings(ctx context.Context) ([]Ruling, error) {
	return db.Collect(ctx, e.db, func(rows *sql.Rows) (r Ruling, err error) {
		err = rows.Scan(&r.Seq, &r.Version, (*int64)(&r.At), &r.By, &r.Note)
		return r, err
	}, "/* ruling.list */ select seq, version, at, applied_by, note from ruling order by seq desc")
}

// PlaybookVersion gives a version that was ever applied; "" is the ruling one.
func (e *Engine) PlaybookVersion(ctx context.Context, version string) (*playbook.Playbook, error) {
	if version == "" {
		return e.Playbook(), nil
	}
	r, err := loadVersion(ctx, e.db, version)
	if err != nil {
		return nil, err
	}
	return r.book, nil
}

// ruledAt gives the rules that ruled at a moment; before the first, the first.
func (e *Engine) ruledAt(ctx context.Context, q db.Querier, at millrace.Time) (*ruling, error) {
	var version string
	found, err := db.One(ctx, q, []any{&version}, "/* ruling.at */ select version from ruling where at <= $1 order by seq desc limit 1", int64(at))
	if err == nil && !found {
		_, err = db.One(ctx, q, []any{&version}, "/* ruling.first */ select version from ruling order by seq limit 1")
	}
	if err != nil {
		return nil, err
	}
	if r := e.ruling.Load(); r != nil && r.version == version {
		return r, nil
	}
	return loadVersion(ctx, q, version)
}

// Applied is what ApplyPlaybook did.
type Applied struct {
	Version string `json:"version"`
	Changed bool   `json:"changed"` // false: this version ruled already
	Refolds int64  `json:"refolded"`
}

// ApplyPlaybook puts a playbook in force: it is parsed, everybody is folded under it beside the live figures while those still stand, and
// then all switch at once, with the fact that says so. Decisions that follow from the new bar are made after the switch.
func (e *Engine) ApplyPlaybook(ctx context.Context, src []byte, by, note string) (Applied, error) {
	return e.ApplyPlaybookOver(ctx, "", src, by, note)
}

// ApplyPlaybookOver is ApplyPlaybook for a text that was made from the version base: a Conflict when another version rules by now, so
// that nobody takes back what they have not seen. An empty base takes whatever rules.
func (e *Engine) ApplyPlaybookOver(ctx context.Context, base string, src []byte, by, note string) (Applied, error) {
	book, rules, err := compile(src)
	if err != nil {
		return Applied{}, err
	}
	next := &ruling{version: book.Version(), book: book, rules: rules}
	if e.ruling.Load() == nil {
		err := e.db.Write(ctx, func(tx *db.Tx) error { // nothing to fold yet: the fact alone
			var seq int64
			if _, err := tx.Exec(ctx, "/* writer.take */ update writer set version = version + 1, seq = seq + 1 where id = 1"); err != nil {
				return err
			}
			if _, err := db.One(ctx, tx, []any{&seq}, "select seq from writer where id = 1"); err != nil {
				return err
			}
			next.seq = seq
			if found, err := db.One(ctx, tx, []any{&seq}, "/* ruling.any */ select seq from ruling limit 1"); err != nil || found {
				return err // another server was quicker
			}
			return writeRuling(ctx, tx, next, e.clock(), by, note)
		})
		if err == nil {
			err = e.loadRuling(ctx)
		}
		return Applied{Version: next.version, Changed: true}, err
	}
	out := Applied{Version: next.version}
	err = e.replayInTurn(ctx, turnRebuild, func() error {
		if err := e.loadRuling(ctx); err != nil { // what another put in force while this one waited
			return err
		}
		rules := e.ruling.Load().version
		if out.Changed = rules != next.version; !out.Changed {
			return nil
		}
		if base != "" && base != rules {
			return millrace.Errorf(millrace.Conflict, "engine.ApplyPlaybook",
				"this text was made from %s, and %s rules by now: look at what differs, then apply it over that version", base, rules)
		}
		out.Refolds, err = e.replace(ctx, next, nil, func(u *unit) error {
			u.seq++
			next.seq = u.seq
			u.applied = next
			u.rules, u.playbookVersion = next.rules, next.version
			return writeRuling(u.ctx, u.tx, next, u.clock, by, note)
		})
		return err
	})
	if err != nil || !out.Changed {
		return out, err
	}
	_, err = e.Sweep(ctx, e.clock()) // whoever the new bar moves is due; the recurring sweep goes on with it after a crash
	return out, err
}

func writeRuling(ctx context.Context, tx *db.Tx, r *ruling, at millrace.Time, by, note string) error {
	if _, err := tx.Exec(ctx, "/* playbook.keep */ insert into playbook (version, source) values ($1, $2) on conflict (version) do nothing", r.version, string(r.book.Source())); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, "/* ruling.add */ insert into ruling (seq, version, at, applied_by, note) values ($1, $2, $3, $4, $5)", r.seq, r.version, int64(at), by, note); err != nil {
		return err
	}
	data, err := json.Marshal(map[string]string{"version": r.version, "applied_by": by, "note": note})
	if err != nil {
		return err
	}
	return eventlog.Append(ctx, tx, []eventlog.Row{{Seq: r.seq, Kind: millrace.KindPlaybook, OccurredAt: at, ReceivedAt: at,
		Body: eventlog.Body(&millrace.Event{Data: data}, "", "", "")}})
}
