package measure

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"millrace/internal/db"
	"millrace/internal/engine"
)

// Rebuild drops what the room keeps and reads the log from its beginning.
func (r *Room) Rebuild(ctx context.Context) error {
	if err := r.reset(ctx, true); err != nil {
		return err
	}
	return r.Follow(ctx)
}

// Check reads the log again, beside what the room keeps of it, and compares the two as one snapshot has them.
func (r *Room) Check(ctx context.Context) (engine.Checked, error) {
	if err := r.Follow(ctx); err != nil {
		return engine.Checked{}, err
	}
	c := checker{ctx: ctx, origins: map[int64]string{}, used: map[int64]bool{knownOrigin: true}, next: 1}
	err := r.db.Read(ctx, func(q *db.Snapshot) error { return c.run(q) })
	return c.out, err
}

// checker compares the room's tables with the log.
type checker struct {
	ctx     context.Context
	q       db.Querier
	out     engine.Checked
	origins map[int64]string
	used    map[int64]bool
	next    int64  // block to be read next
	kept    []mark // read from blocks and not compared yet
	retags  []retagFact
}

func (c *checker) run(q db.Querier) error {
	c.q = q
	end, err := position(c.ctx, q)
	if err != nil {
		return err
	}
	if err := db.Each(c.ctx, q, "/* check.origins */ select id, text from touch_origin", func(rows *sql.Rows) error {
		var id int64
		var text string
		err := rows.Scan(&id, &text)
		c.origins[id] = text
		return err
	}); err != nil {
		return err
	}
	reader := newReader()
	for from := int64(0); from < end; from += followSlice {
		s, err := reader.read(c.ctx, q, from, min(end, from+followSlice))
		if err != nil {
			return err
		}
		for _, compare := range []func(*slice) error{c.marks, c.stages, c.reports} {
			if err := compare(s); err != nil {
				return err
			}
		}
		c.retags = append(c.retags, s.retags...)
	}
	for id, text := range c.origins {
		if c.out.Rows++; !c.used[id] {
			c.differ("touch_origin", id, "", text, "none")
		}
	}
	return c.corrections()
}

func (c *checker) differ(table string, row int64, column, live, log string) {
	c.out.Differences++
	c.out.Examples = append(c.out.Examples[:min(len(c.out.Examples), 49)], engine.Difference{Table: table, Row: fmt.Sprint(row), Column: column, Live: live, Log: log})
}

// marks compares the blocks' marks of a slice.
func (c *checker) marks(s *slice) error {
	for len(c.kept) == 0 || c.kept[len(c.kept)-1].seq <= s.to {
		var data []byte
		found, err := db.One(c.ctx, c.q, []any{&c.next, &data}, "/* check.block */ select id, data from touch_block where id >= $1 order by id limit 1", c.next)
		if err != nil {
			return err
		}
		if !found {
			break
		}
		c.next++
		if err := eachMark(data, func(m mark) { c.kept = append(c.kept, m) }); err != nil {
			return err
		}
	}
	say := func(m mark, origin string) string {
		return fmt.Sprintf("subject %d at %d place %d import %d origin %s", m.subject, m.at, m.place, m.imp, origin)
	}
	have := 0
	for _, want := range s.marks {
		text := origin{Known: true}.text()
		if want.origin != knownOrigin {
			text = s.origins[want.origin-knownOrigin-1]
		}
		for have < len(c.kept) && c.kept[have].seq < want.seq {
			c.differ("touch_block", c.kept[have].seq, "", say(c.kept[have], c.origins[c.kept[have].origin]), "none")
			have++
		}
		if have == len(c.kept) || c.kept[have].seq > want.seq {
			c.differ("touch_block", want.seq, "", "none", say(want, text))
			continue
		}
		m := c.kept[have]
		c.used[m.origin] = true
		if a, b := say(m, c.origins[m.origin]), say(want, text); a != b {
			c.differ("touch_block", m.seq, "mark", a, b)
		}
		c.out.Rows++
		have++
	}
	for have < len(c.kept) && c.kept[have].seq <= s.to {
		c.differ("touch_block", c.kept[have].seq, "", say(c.kept[have], c.origins[c.kept[have].origin]), "none")
		have++
	}
	c.kept = slices.Delete(c.kept, 0, have)
	return nil
}

func (c *checker) stages(s *slice) error {
	return c.rows(s, "stage_fact", "seq, of_kind, subject, at, stage, previous, reason, version, stated", 9, s.stages)
}

func (c *checker) reports(s *slice) error {
	return c.rows(s, "self_report", "seq, subject, at, import, answer", 5, s.reports)
}

// rows compares the rows of a table whose key is a position with those that the slice gives.
func (c *checker) rows(s *slice, table, columns string, width int, fresh []any) error {
	want := map[int64]string{}
	for ; len(fresh) > 0; fresh = fresh[width:] {
		want[fresh[0].(int64)] = fmt.Sprint(fresh[:width]...)
	}
	err := db.Each(c.ctx, c.q, "/* check.rows */ select "+columns+" from "+table+" where seq > $1 and seq <= $2 order by seq", func(rows *sql.Rows) error {
		row, at := make([]any, width), make([]any, width)
		for i := range row {
			at[i] = &row[i]
		}
		if err := rows.Scan(at...); err != nil {
			return err
		}
		for i := range row {
			if b, ok := row[i].([]byte); ok {
				row[i] = string(b)
			}
		}
		seq, _ := row[0].(int64)
		have := fmt.Sprint(row...)
		if text, ok := want[seq]; !ok {
			c.differ(table, seq, "", have, "none")
		} else if text != have {
			c.differ(table, seq, "row", have, text)
		}
		c.out.Rows++
		delete(want, seq)
		return nil
	}, s.from, s.to)
	for seq, text := range want {
		c.differ(table, seq, "", "none", text)
	}
	return err
}

// corrections compares the corrections of tags.
func (c *checker) corrections() error {
	have, err := readRetags(c.ctx, c.q)
	if err != nil {
		return err
	}
	want, undone := map[int64]string{}, map[int64]bool{}
	for _, f := range c.retags {
		if f.Undo == 0 {
			want[f.seq] = fmt.Sprint(f.at, f.Note, f.By)
		} else if _, ok := want[f.Undo]; ok && !undone[f.Undo] {
			undone[f.Undo] = true
			want[f.Undo] += fmt.Sprint(" undone ", f.at, f.By)
		}
	}
	for _, t := range have {
		text := fmt.Sprint(t.At, t.Note, t.By)
		if t.UndoneAt != 0 {
			text += fmt.Sprint(" undone ", t.UndoneAt, t.UndoneBy)
		}
		if text != want[t.ID] {
			c.differ("retag", t.ID, "", text, want[t.ID])
		}
		c.out.Rows++
		delete(want, t.ID)
	}
	for id, text := range want {
		c.differ("retag", id, "", "none", text)
	}
	return nil
}
