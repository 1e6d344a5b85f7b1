package measure

import (
	"context"
	"database/sql"
	"encoding/json"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/engine"
	"millrace/internal/eventlog"
	"millrace/internal/metrics"
)

// End is the log's last position, which the room has then read.
func (r *Room) End(ctx context.Context) (int64, error) {
	if err := r.Follow(ctx); err != nil {
		return 0, err
	}
	return position(ctx, r.db)
}

// ModelAt is the model as a knowledge has it: of the prefix of the log up to k.Position under the playbook k.Playbook at the clock k.At, and of
// what came later as much as k says. Two calls for one knowledge give the same figures as long as nobody is erased. It takes as long as a
// rebuild of the log.
func (r *Room) ModelAt(ctx context.Context, k engine.Knowledge, progress func(engine.Progress)) (*Model, error) {
	book, err := r.engine.PlaybookVersion(ctx, k.Playbook)
	if err != nil {
		return nil, err
	}
	m, err := newModel(book, k.At)
	if err != nil {
		return nil, err
	}
	m.Position, k.Playbook = k.Position, book.Version()
	return m, r.engine.ReadPast(ctx, k, progress, func(p *engine.Past) error {
		return r.db.Read(ctx, func(q *db.Snapshot) error {
			return (&builder{ctx: ctx, q: q, m: m, who: p.Resolver, tables: p.Tables, past: p}).build()
		})
	})
}

// takes says whether a fact counts; at is 0 for one without a time of its own.
func (b *builder) takes(seq int64, at millrace.Time) bool {
	return b.past == nil || b.past.Takes(seq, at, at == 0)
}

// undoneThen is loadUndone of the past.
func (b *builder) undoneThen() error {
	b.undone = b.past.Undone
	if len(b.undone) == 0 {
		return nil
	}
	return b.each("/* model.brought_then */ select seq, import from event_bringer", func(rows *sql.Rows) error {
		var seq, imp int64
		err := rows.Scan(&seq, &imp)
		if !b.undone[imp] {
			b.again[seq] = true
		}
		return err
	})
}

// readRetags reads the corrections of tags that were made by then.
func (b *builder) readRetags() ([]Retag, error) {
	list, err := readRetags(b.ctx, b.q)
	if err != nil || b.past == nil {
		return list, err
	}
	last := b.past.Position
	if b.past.Retags {
		last = b.past.End
	}
	first, undone := last, map[int64]bool{}
	for _, t := range list {
		if t.UndoneAt != 0 {
			first = min(first, t.ID)
		}
	}
	if err := b.each("/* model.retags_undone */ select body from event where kind = 42 and seq > $1 and seq <= $2", func(rows *sql.Rows) error {
		var body []byte
		if err := rows.Scan(&body); err != nil {
			return err
		}
		var d struct {
			Undo int64 `json:"undo"`
		}
		err := json.Unmarshal(eventlog.Data(body), &d)
		undone[d.Undo] = true
		return err
	}, first, last); err != nil {
		return nil, err
	}
	var out []Retag
	for _, t := range list {
		if t.ID > last {
			break
		}
		if !undone[t.ID] {
			t.UndoneAt = 0
		}
		out = append(out, t)
	}
	return out, nil
}

// ModelOfEnd is the model of now where the room has read the log to its end in the very snapshot that is read, so that the prefix of the log up
// to the model's position says the same; nil where facts came meanwhile. The model in memory is it, at the clock of now, where no fact has come
// since it was built: it can hold none by half then.
func (r *Room) ModelOfEnd(ctx context.Context) (*Model, error) {
	if err := r.Follow(ctx); err != nil {
		return nil, err
	}
	m, err := newModel(r.engine.Playbook(), r.Now())
	if err != nil {
		return nil, err
	}
	r.modelling.Lock()
	there := r.model
	r.modelling.Unlock()
	behind, same := false, false
	err = r.db.Read(ctx, func(q *db.Snapshot) error {
		var end int64
		var ruling string
		if m.Position, err = position(ctx, q); err != nil {
			return err
		}
		if _, err := db.One(ctx, q, []any{&end}, "/* measure.end */ select seq from writer where id = 1"); err != nil {
			return err
		}
		if _, err := db.One(ctx, q, []any{&ruling}, "/* ruling.latest */ select version from ruling order by seq desc limit 1"); err != nil {
			return err
		}
		if behind = m.Position != end || ruling != m.Playbook; behind {
			return nil
		}
		same = there != nil && there.Position == end && there.Money == end && there.Playbook == m.Playbook
		if same {
			return nil
		}
		return r.read(ctx, q, m, nil)
	})
	switch {
	case err != nil || behind:
		return nil, err
	case same:
		now := *there
		now.BuiltAt = m.BuiltAt
		now.memory, now.journeyMemory, now.episodeMemory = m.memory, m.journeyMemory, m.episodeMemory
		return &now, nil
	}
	return m, nil
}

// Period is the span of days that a query means.
func (m *Model) Period(q Query) metrics.Period { return m.period(q) }
