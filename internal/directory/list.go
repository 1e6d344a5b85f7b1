package directory

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"millrace"
	"millrace/internal/db"
)

// text is an SQL text in the making, with its arguments.
type text struct {
	strings.Builder
	args []any
}

// arg adds an argument and gives its placeholder.
func (t *text) arg(v any) string {
	t.args = append(t.args, v)
	return "$" + strconv.Itoa(len(t.args))
}

// cond is one condition of a query.
type cond func(t *text) string

func is(column string, v any) cond {
	return func(t *text) string { return column + " = " + t.arg(v) }
}

func literally(condition string) cond { return func(*text) string { return condition } }

// startsWith is a prefix match that an index on the expression serves: both databases order text by its bytes, and fold the case of the
// letters A to Z alone in lower().
func startsWith(expression, prefix string) cond {
	return func(t *text) string {
		return expression + " >= " + t.arg(prefix) + " and " + expression + " < " + t.arg(prefix+"\U0010FFFF")
	}
}

// order is one way to sort a list: phases follow each other, each walked by its key and then by id.
type order struct {
	name    string
	indexed bool // false: the whole table is read and sorted for each page
	phases  []phase
}

// phase is one stretch of an order.
type phase struct {
	from  string // tables in the order in which they are walked
	where []cond
	key   string // expression that is sorted by; "" for the id alone
	id    string
	real  bool // the key is a float, else a whole number
	text  bool // the key is a text
	desc  bool
}

// candidates are the rows that one selective condition leaves, found by an index of its own: a subquery that gives ids, some perhaps
// twice. It must not sort or compare its rows (union), so that counting a few of many is quick.
type candidates func(t *text) string

// fewCandidates is up to how many rows are worth sorting for a page. With more, the order is walked and the condition checked on the
// way: it holds often enough then for a page to fill soon. Only conditions that each hold often and together hardly ever make it a walk
// through everything.
const fewCandidates = 5000

// listing is one list as asked for.
type listing struct {
	op, name  string
	columns   string
	order     order
	conds     []cond
	selective []candidates
	fromFew   string // tables after the candidates "m"
	joinFew   string // what joins them to "m.id"
	paging    Paging
}

// cursor is where a list goes on: after this key and id of this phase.
type cursor struct {
	Sort  string `json:"s"`
	Phase int    `json:"p"`
	Key   any    `json:"k,omitempty"`
	ID    int64  `json:"i"`
}

func (c cursor) String() string {
	b, err := json.Marshal(c)
	if err != nil { // strings, finite floats and whole numbers
		panic("directory: cursor: " + err.Error())
	}
	return base64.RawURLEncoding.EncodeToString(b)
}

// parseCursor reads a cursor of the order, nil for "".
func parseCursor(op, s string, o order) (*cursor, error) {
	if s == "" {
		return nil, nil
	}
	bad := millrace.FieldErrorf(op, "cursor", "this is no cursor of this list sorted by %s: begin again without it", o.name)
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil || len(s) > 4096 || !utf8.Valid(b) {
		return nil, bad
	}
	var c struct {
		cursor
		Key json.RawMessage `json:"k"`
	}
	if json.Unmarshal(b, &c) != nil || c.Sort != o.name || c.Phase < 0 || c.Phase >= len(o.phases) {
		return nil, bad
	}
	switch p := o.phases[c.Phase]; {
	case p.key == "":
		return &c.cursor, nil
	case p.text:
		var k string
		if json.Unmarshal(c.Key, &k) != nil || strings.ContainsRune(k, 0) {
			return nil, bad
		}
		c.cursor.Key = k
	case p.real:
		var k float64
		if json.Unmarshal(c.Key, &k) != nil {
			return nil, bad
		}
		c.cursor.Key = k
	default:
		var k int64
		if json.Unmarshal(c.Key, &k) != nil {
			return nil, bad
		}
		c.cursor.Key = k
	}
	return &c.cursor, nil
}

// row gives the places that a row's columns are scanned into, and what makes the record of them.
type row[T any] func() (into []any, done func() T)

// page reads one page.
func page[T any](ctx context.Context, q db.Querier, l *listing, newRow row[T]) (Page[T], error) {
	out := Page[T]{Data: []T{}}
	limit, err := l.paging.limit(l.op)
	if err != nil {
		return out, err
	}
	at, err := parseCursor(l.op, l.paging.Cursor, l.order)
	if err != nil {
		return out, err
	}
	few, err := l.few(ctx, q)
	if err != nil {
		return out, err
	}
	first := 0
	if at != nil {
		first = at.Phase
	}
	var last cursor
	for n := first; n < len(l.order.phases); n++ {
		after := at
		if n != first {
			after = nil
		}
		t := l.query(n, few, after, limit+1-len(out.Data))
		p := l.order.phases[n]
		rows, err := q.Query(ctx, t.String(), t.args...)
		if err != nil {
			return out, err
		}
		more, err := func() (bool, error) {
			defer rows.Close()
			for rows.Next() {
				if len(out.Data) == limit {
					return true, nil
				}
				into, done := newRow()
				key, id := p.keyPlace(), int64(0)
				if err := rows.Scan(append([]any{key, &id}, into...)...); err != nil {
					return false, &millrace.Error{Code: millrace.Internal, Op: l.op, Err: err}
				}
				out.Data = append(out.Data, done())
				last = cursor{Sort: l.order.name, Phase: n, Key: p.keyValue(key), ID: id}
			}
			return false, rows.Err()
		}()
		if err != nil {
			return out, err
		}
		if more {
			out.NextCursor = last.String()
			return out, nil
		}
	}
	return out, nil
}

func (p phase) keyPlace() any {
	switch {
	case p.text:
		return new(string)
	case p.real:
		return new(float64)
	}
	return new(int64)
}

func (p phase) keyValue(place any) any {
	if p.key == "" {
		return nil
	}
	switch v := place.(type) {
	case *string:
		return *v
	case *float64:
		return *v
	case *int64:
		return *v
	}
	return nil
}

// few finds a condition that leaves few rows, if there is one.
func (l *listing) few(ctx context.Context, q db.Querier) (candidates, error) {
	for _, c := range l.selective {
		t := &text{}
		sub := c(t)
		var n int
		if _, err := db.One(ctx, q, []any{&n}, "/* "+l.name+".few */ select count(*) from ("+sub+" limit "+strconv.Itoa(fewCandidates+1)+") x", t.args...); err != nil {
			return nil, err
		}
		if n <= fewCandidates {
			return c, nil
		}
	}
	return nil, nil
}

// query is the text of one phase.
func (l *listing) query(n int, few candidates, after *cursor, limit int) *text {
	p := l.order.phases[n]
	key := p.key
	if key == "" {
		key = "0"
	}
	t := &text{}
	t.WriteString("/* " + l.name + " */ select " + key + ", " + p.id + ", " + l.columns + " from ")
	conds := slices.Concat(p.where, l.conds)
	if few != nil {
		t.WriteString("(select distinct id from (" + few(t) + " limit " + strconv.Itoa(fewCandidates+1) + ") x) m cross join " + l.fromFew)
		conds = append(conds, literally(l.joinFew))
	} else {
		t.WriteString(p.from)
	}
	direction, compare := "", " > "
	if p.desc {
		direction, compare = " desc", " < "
	}
	if after != nil {
		conds = append(conds, func(t *text) string {
			if p.key == "" {
				return p.id + compare + t.arg(after.ID)
			}
			return "(" + p.key + ", " + p.id + ")" + compare + "(" + t.arg(after.Key) + ", " + t.arg(after.ID) + ")"
		})
	}
	for i, c := range conds {
		if i == 0 {
			t.WriteString(" where ")
		} else {
			t.WriteString(" and ")
		}
		t.WriteString("(" + c(t) + ")")
	}
	t.WriteString(" order by ")
	if p.key != "" {
		t.WriteString(p.key + direction + ", ")
	}
	t.WriteString(p.id + direction + " limit " + t.arg(limit))
	return t
}

// pick finds the order by its name, the first one for "".
func pick(op, name string, orders []order) (order, error) {
	if name == "" {
		return orders[0], nil
	}
	names := make([]string, len(orders))
	for i, o := range orders {
		if names[i] = o.name; o.name == name {
			return o, nil
		}
	}
	return order{}, millrace.FieldErrorf(op, "sort", "%q is no order of this list; there are %s", name, strings.Join(names, ", "))
}

// among keeps the rows whose public ids are named. None are named by nil.
func (l *listing) among(ids []string, prefix, column, table string) error {
	if ids == nil {
		return nil
	}
	if len(ids) == 0 || len(ids) > MaxLimit {
		return millrace.FieldErrorf(l.op, "ids", "name 1 to %d ids", MaxLimit)
	}
	numbers := make([]int64, len(ids))
	for i, s := range ids {
		id, ok := publicID(strings.TrimSpace(s), prefix)
		if !ok {
			return millrace.FieldErrorf(l.op, "ids", "%q is no id such as %s12", s, prefix)
		}
		numbers[i] = id
	}
	in := func(t *text, column string) string {
		places := make([]string, len(numbers))
		for i, id := range numbers {
			places[i] = t.arg(id)
		}
		return column + " in (" + strings.Join(places, ", ") + ")"
	}
	l.conds = append(l.conds, func(t *text) string { return in(t, column) })
	l.selective = append(l.selective, func(t *text) string { return "select id from " + table + " where " + in(t, "id") })
	return nil
}

// indexedText is how many characters of a text stand in its index, and maxFilter how many bytes a filter's text may have.
const (
	indexedText = 200
	maxFilter   = 600
)

// beginning is as much of a text as stands in its index.
func beginning(s string) string {
	if r := []rune(s); len(r) > indexedText {
		return string(r[:indexedText])
	}
	return s
}

// checked refuses filter texts that no row can have and a database would choke on.
func checked(op string, fields ...[2]string) error {
	for _, f := range fields {
		if len(f[1]) > maxFilter || strings.ContainsRune(f[1], 0) || !utf8.ValidString(f[1]) {
			return millrace.FieldErrorf(op, f[0], "want at most %d bytes of UTF-8 text", maxFilter)
		}
	}
	return nil
}

// folded lowers the letters A to Z, as lower() does in both databases.
func folded(s string) string {
	return beginning(strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, strings.TrimSpace(s)))
}
