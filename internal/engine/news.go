package engine

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/eventlog"
)

// NewsGroup is what the log learned after a position, of one sort.
type NewsGroup struct {
	Total   int64        `json:"total" doc:"How many facts"`
	Sources []NewsSource `json:"sources" doc:"Where they came from, the most first"`
	Facts   []NewsFact   `json:"facts" doc:"The first 50, in order of position"`
}

// NewsSource counts facts of one kind from one source.
type NewsSource struct {
	Kind   string `json:"kind"`
	Source string `json:"source,omitempty"`
	Import int64  `json:"import,omitempty"`
	File   string `json:"file,omitempty"`
	Again  bool   `json:"again,omitempty" doc:"Facts that the log held already and that a file states again"`
	Count  int64  `json:"count"`
}

// NewsFact is one fact. It names people and accounts by their ids alone.
type NewsFact struct {
	Position   int64         `json:"position"`
	Kind       string        `json:"kind"`
	OccurredAt millrace.Time `json:"occurred_at"`
	ReceivedAt millrace.Time `json:"received_at"`
	Import     int64         `json:"import,omitempty"`
	What       string        `json:"what,omitempty"`
}

// News is what the log learned after a knowledge's position up to its end, by the switch that takes it in.
type News struct {
	Late, Identity, Undone, Retags, Rules, Erased NewsGroup
}

// maxNews is how many facts of a group are told one by one.
const maxNews = 50

// External facts and decisions that had occurred by then, and those that say who is who. Erased and bots' facts count for nothing.
const (
	lateNews     = "(e.kind < 32 or e.kind in (40, 43)) and (e.flags & 10) = 0 and (e.occurred_at <= $3 or (e.flags & 1) <> 0)"
	identityNews = "(e.kind in (35, 36, 37) or e.kind < 32 and (e.flags & 11) = 0 and e.occurred_at > $3 and (e.anon <> 0 or e.refs is not null))"
)

// NewsSince tells what the log learned after k.Position up to k.End.
func (e *Engine) NewsSince(ctx context.Context, k Knowledge) (n News, err error) {
	err = e.db.Read(ctx, func(s *db.Snapshot) error {
		for _, x := range []struct {
			to    *NewsGroup
			where string
			args  []any
		}{{&n.Late, lateNews, []any{int64(k.At)}}, {&n.Identity, identityNews, []any{int64(k.At)}}, {&n.Undone, "e.kind = 34", nil}, {&n.Retags, "e.kind = 42", nil},
			{&n.Rules, "e.kind = 38", nil}, {&n.Erased, "e.kind = 39", nil}} {
			if err := k.group(ctx, s, x.to, x.where, append([]any{k.Position, k.End}, x.args...)); err != nil {
				return err
			}
		}
		return k.restated(ctx, s, &n.Late)
	})
	return n, err
}

// group gathers the facts for which a condition holds. Facts of imports that were begun and undone since brought nothing.
func (k *Knowledge) group(ctx context.Context, q db.Querier, g *NewsGroup, where string, args []any) error {
	g.Sources, g.Facts = []NewsSource{}, []NewsFact{}
	all := *k
	all.Late, all.Undone = true, true
	undone, err := all.undone(ctx, q)
	if err != nil {
		return err
	}
	const from = " from event e left join interned w on w.id = e.source left join import i on i.id = e.import where e.seq > $1 and e.seq <= $2 and "
	if err := db.Each(ctx, q, "/* news.sources */ select e.kind, e.import, coalesce(w.value, ''), coalesce(i.file, ''), count(*) as facts"+from+where+
		" group by e.kind, e.import, w.value, i.file order by facts desc, e.kind, e.import, w.value", func(rows *sql.Rows) error {
		var s NewsSource
		var kind uint8
		if err := rows.Scan(&kind, &s.Import, &s.Source, &s.File, &s.Count); err != nil {
			return err
		}
		if _, gone := undone[s.Import]; gone && s.Import != 0 {
			return nil
		}
		s.Kind = millrace.Kind(kind).String()
		g.Sources, g.Total = append(g.Sources, s), g.Total+s.Count
		return nil
	}, args...); err != nil {
		return err
	}
	var seqs []int64
	if err := db.Each(ctx, q, "/* news.facts */ select e.seq, e.import from event e where e.seq > $1 and e.seq <= $2 and "+where+" order by e.seq limit 1000", func(rows *sql.Rows) error {
		var seq, imp int64
		err := rows.Scan(&seq, &imp)
		if _, gone := undone[imp]; len(seqs) < maxNews && (imp == 0 || !gone) {
			seqs = append(seqs, seq)
		}
		return err
	}, args...); err != nil {
		return err
	}
	var list []*eventlog.Row // a snapshot answers one query at a time
	if err := eventlog.At(ctx, q, seqs, func(r *eventlog.Row) error {
		list = append(list, r)
		return nil
	}); err != nil {
		return err
	}
	slices.SortFunc(list, func(a, b *eventlog.Row) int { return cmp.Compare(a.Seq, b.Seq) })
	for _, r := range list {
		what, err := whatOf(ctx, q, r)
		if err != nil {
			return err
		}
		g.Facts = append(g.Facts, NewsFact{Position: r.Seq, Kind: r.Kind.String(), OccurredAt: r.OccurredAt, ReceivedAt: r.ReceivedAt, Import: r.Import, What: what})
	}
	return nil
}

// restated adds what imports begun since stated again of facts that the log held.
func (k *Knowledge) restated(ctx context.Context, q db.Querier, g *NewsGroup) error {
	later, err := k.startedLater(ctx, q)
	if err != nil || len(later) == 0 {
		return err
	}
	return db.Each(ctx, q, `/* news.again */ select b.import, i.entity, i.file, count(*) from event_bringer b join import i on i.id = b.import
		where b.seq <= $1 and i.undone_at = 0 group by b.import, i.entity, i.file order by b.import`, func(rows *sql.Rows) error {
		s := NewsSource{Again: true}
		if err := rows.Scan(&s.Import, &s.Kind, &s.File, &s.Count); err != nil {
			return err
		}
		if at := later[s.Import]; at != 0 && at <= k.End {
			g.Sources, g.Total = append(g.Sources, s), g.Total+s.Count
		}
		return nil
	}, k.Position)
}

// whatOf says in a few words what a fact is about, without a name of a person.
func whatOf(ctx context.Context, q db.Querier, r *eventlog.Row) (string, error) {
	var d struct {
		Import    int64           `json:"import"`
		Rule      json.RawMessage `json:"rule"`
		Undo      int64           `json:"undo"`
		Version   string          `json:"version"`
		AppliedBy string          `json:"applied_by"`
	}
	switch r.Kind {
	case millrace.KindImportUndone, millrace.KindRetag, millrace.KindPlaybook:
		if err := json.Unmarshal(eventlog.Data(r.Body), &d); err != nil {
			return "", nil
		}
	}
	switch r.Kind {
	case millrace.KindImportUndone:
		var file string
		_, err := db.One(ctx, q, []any{&file}, "/* news.file */ select file from import where id = $1", d.Import)
		return fmt.Sprintf("import %d, %s", d.Import, file), err
	case millrace.KindRetag:
		if d.Undo != 0 {
			return fmt.Sprintf("correction %d taken back", d.Undo), nil
		}
		return string(d.Rule), nil
	case millrace.KindPlaybook:
		return fmt.Sprintf("version %s, applied by %s", d.Version, d.AppliedBy), nil
	case millrace.KindMerge, millrace.KindUnmerge:
		a, err := publicID(ctx, q, r.Subject)
		if err != nil {
			return "", err
		}
		b, err := publicID(ctx, q, r.Object)
		if r.Kind == millrace.KindUnmerge {
			return a + " and " + b + " are two again", err
		}
		return a + " and " + b + " are one", err
	case millrace.KindTrack:
		var name string
		_, err := db.One(ctx, q, []any{&name}, "/* news.name */ select value from interned where id = $1", r.Name)
		return name, err
	}
	return "", nil
}

// publicID is the id under which an identifier was known on its own.
func publicID(ctx context.Context, q db.Querier, id int64) (string, error) {
	var letter string
	if found, err := db.One(ctx, q, []any{&letter}, "/* news.kind */ select substr(value, 1, 1) from identifier where id = $1", id); err != nil || !found {
		return "somebody erased", err
	}
	if personKind(letter[0]) {
		return ContactID(id), nil
	}
	return AccountID(id), nil
}
