package engine

import (
	"database/sql"
	"encoding/binary"
	"slices"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/eventlog"
	"millrace/internal/identity"
)

// visitor is one anonymous id: from when on it was whose. Facts before the first holder belong to the first.
type visitor struct {
	id     int64
	runs   []holding
	people int // distinct people among the holders
	dirty  bool
}

// holding says that from a moment on the visitor was known under an identifier of a person.
type holding struct {
	to   int64
	from millrace.Time
}

func (v *visitor) encode() []byte {
	var b []byte
	for _, h := range v.runs {
		b = binary.AppendVarint(b, h.to)
		b = binary.AppendVarint(b, int64(h.from))
	}
	return b
}

func decodeHoldings(b []byte) []holding {
	var out []holding
	for len(b) > 0 {
		to, n := binary.Varint(b)
		from, m := binary.Varint(b[max(n, 0):])
		if n <= 0 || m <= 0 {
			return out
		}
		out = append(out, holding{to, millrace.Time(from)})
		b = b[n+m:]
	}
	return out
}

// at is the holder last identified at or before t, the first one before that.
func (v *visitor) at(t millrace.Time) int64 {
	if len(v.runs) == 0 {
		return 0
	}
	for i := len(v.runs) - 1; i > 0; i-- {
		if v.runs[i].from <= t {
			return v.runs[i].to
		}
	}
	return v.runs[0].to
}

func (u *unit) loadVisitors(ids []int64) error {
	return db.SelectIn(u.ctx, u.q, "/* visitor.load */ select id, runs, people from "+u.t.visitor+" where %s", "id", ids, func(rows *sql.Rows) error {
		v := &visitor{}
		var runs []byte
		if err := rows.Scan(&v.id, &runs, &v.people); err != nil {
			return err
		}
		v.runs = decodeHoldings(runs)
		if _, ok := u.c.visitors.get(v.id); !ok {
			u.c.visitors.put(v.id, v)
		}
		return nil
	})
}

// visitor gives the visitor of an anonymous identifier; one that nobody was identified on has no runs and no row.
func (u *unit) visitor(id int64) (*visitor, error) {
	if v, ok := u.c.visitors.get(id); ok {
		return v, nil
	}
	if !u.fresh(id) {
		if err := u.loadVisitors([]int64{id}); err != nil {
			return nil, err
		}
	}
	if v, ok := u.c.visitors.get(id); ok {
		return v, nil
	}
	v := &visitor{id: id}
	u.c.visitors.put(id, v)
	return v, nil
}

// ownerAt is the contact to whom an anonymous fact of that moment belongs, 0 for nobody.
func (u *unit) ownerAt(v *visitor, t millrace.Time) (int64, error) {
	to := v.at(t)
	if to == 0 || v.people > identity.MaxPeoplePerVisitor {
		return 0, nil
	}
	return u.entityOf(to)
}

// identified takes in that the subject was identified on the anonymous id at a moment.
func (u *unit) identified(anon, subject *ident, at millrace.Time, seq int64) error {
	v, err := u.visitor(anon.id)
	if err != nil {
		return err
	}
	u.link(subject, anon)
	n := len(v.runs)
	switch {
	case n == 0:
		v.runs, v.people = []holding{{subject.id, at}}, 1
		u.touchVisitor(v)
		if anon.firstSeq < seq { // there may be history to join
			return u.adopt(anon, subject, seq)
		}
		return nil
	case n == 1 && v.runs[0].to == subject.id:
		if at < v.runs[0].from {
			v.runs[0].from = at
			u.touchVisitor(v)
		}
		return nil
	case v.runs[n-1].to == subject.id && at >= v.runs[n-1].from:
		return nil
	}
	return u.rebuildVisitor(v)
}

// adopt takes what was done under an anonymous id before somebody was identified on it, up to a position, into that person: by increments, as
// if the facts had come now. Facts of imports, which may be undone or stated again, ask for the whole person.
func (u *unit) adopt(anon, subject *ident, before int64) error {
	if _, already := u.refoldPersons[subject.entity]; already {
		return nil
	}
	var rows []eventlog.Row
	whole := false
	if err := eventlog.OfSubject(u.ctx, u.q, anon.id, anon.firstSeq, min(before-1, u.limit), func(r *eventlog.Row) error {
		if r.Subject == anon.id && r.Kind.External() {
			rows = append(rows, *r)
		}
		whole = whole || r.Import != 0 || r.Subject != anon.id
		return nil
	}); err != nil {
		return err
	}
	if whole {
		u.refoldPersons[subject.entity] = struct{}{}
		return nil
	}
	if len(rows) == 0 {
		return nil
	}
	p, err := u.person(subject.entity)
	if err != nil {
		return err
	}
	for i := range rows {
		if rows[i].Flags.Has(millrace.FlagErased) {
			continue
		}
		if err := u.foldInto(p, &rows[i]); err != nil {
			return err
		}
	}
	return nil
}

func (u *unit) touchVisitor(v *visitor) {
	v.dirty = true
	u.visitors[v.id] = v
}

// rebuildVisitor reads all moments at which somebody was identified on the anonymous id, and folds all people again who held or hold it.
func (u *unit) rebuildVisitor(v *visitor) error {
	linked, err := u.linked(v.id)
	if err != nil {
		return err
	}
	touched := map[int64]struct{}{}
	for _, h := range v.runs {
		if e, err := u.entityOf(h.to); err != nil {
			return err
		} else if e != 0 {
			touched[e] = struct{}{}
		}
	}
	var moments []identity.Moment
	for _, i := range linked {
		if !personKind(i.kind()) {
			continue
		}
		var rows []eventlog.Row
		if err := eventlog.OfSubject(u.ctx, u.q, i.id, i.firstSeq, u.limit, func(r *eventlog.Row) error {
			if r.Anon == v.id && r.Subject == i.id {
				rows = append(rows, *r)
			}
			return nil
		}); err != nil {
			return err
		}
		for k := range rows {
			alive, err := u.alive(&rows[k])
			if err != nil {
				return err
			}
			if alive {
				moments = append(moments, identity.Moment{To: i.id, At: rows[k].OccurredAt})
			}
		}
	}
	return u.setMoments(v, moments, touched)
}

func (u *unit) setMoments(v *visitor, moments []identity.Moment, touched map[int64]struct{}) error {
	v.runs = v.runs[:0]
	people := map[int64]struct{}{}
	for _, r := range identity.FromMoments(moments) {
		v.runs = append(v.runs, holding{r.To, r.From})
		e, err := u.entityOf(r.To)
		if err != nil {
			return err
		}
		people[e] = struct{}{}
		touched[e] = struct{}{}
	}
	v.people = len(people)
	u.touchVisitor(v)
	for e := range touched {
		u.refoldPersons[e] = struct{}{}
	}
	return nil
}

// recount counts the distinct people of the visitors that the identifiers touch, after two contacts became one or one became two.
func (u *unit) recount(idents []*ident) error {
	return u.eachVisitor(idents, func(v *visitor) error {
		var people []int64
		for _, h := range v.runs {
			e, err := u.entityOf(h.to)
			if err != nil {
				return err
			}
			if !slices.Contains(people, e) {
				people = append(people, e)
			}
		}
		for _, e := range people {
			u.refoldPersons[e] = struct{}{}
		}
		if len(people) != v.people {
			v.people = len(people)
			u.touchVisitor(v)
		}
		return nil
	})
}

// eachVisitor calls fn for the visitors that the identifiers are linked to.
func (u *unit) eachVisitor(idents []*ident, fn func(v *visitor) error) error {
	for _, i := range idents {
		linked, err := u.linked(i.id)
		if err != nil {
			return err
		}
		for _, l := range linked {
			if l.kind() != kindAnonymous {
				continue
			}
			v, err := u.visitor(l.id)
			if err != nil {
				return err
			}
			if err := fn(v); err != nil {
				return err
			}
		}
	}
	return nil
}
