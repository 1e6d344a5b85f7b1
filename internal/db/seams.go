package db

import (
	"context"
	"errors"
	"strings"
	"sync"

	"millrace"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// Name is the query's name from its leading comment ("/* contact.load */ select …"), or its first words.
func Name(query string) string {
	if rest, ok := strings.CutPrefix(query, "/* "); ok {
		if i := strings.Index(rest, " */"); i > 0 {
			return rest[:i]
		}
	}
	return query[:min(len(query), 40)]
}

var rewritten sync.Map // SQL text → SQL text for SQLite; a pure function's memory

// rewrite turns $n placeholders into what SQLite takes. Placeholders that count up from 1 without a gap or a repeat become bare "?",
// which the driver binds in half the time; else "?n".
func rewrite(d Dialect, query string) string {
	if d == PostgreSQL {
		return query
	}
	if s, ok := rewritten.Load(query); ok {
		return s.(string)
	}
	s := rewriteSQLite(query)
	if len(query) < 1<<16 {
		rewritten.Store(query, s)
	}
	return s
}

func rewriteSQLite(query string) string {
	var bare, numbered strings.Builder
	sequential, next, quoted := true, 1, false
	for i := 0; i < len(query); i++ {
		c := query[i]
		if c == '\'' {
			quoted = !quoted
		}
		if c != '$' || quoted || i+1 == len(query) || query[i+1] < '0' || query[i+1] > '9' {
			bare.WriteByte(c)
			numbered.WriteByte(c)
			continue
		}
		n := 0
		for i+1 < len(query) && query[i+1] >= '0' && query[i+1] <= '9' {
			i++
			n = n*10 + int(query[i]-'0')
			if n > 99999 {
				break
			}
		}
		sequential = sequential && n == next
		next++
		bare.WriteByte('?')
		numbered.WriteByte('?')
		numbered.WriteString(itoa(n))
	}
	if sequential {
		return bare.String()
	}
	return numbered.String()
}

func itoa(n int) string {
	var b [8]byte
	i := len(b)
	for {
		i--
		b[i] = byte('0' + n%10)
		n /= 10
		if n == 0 {
			return string(b[i:])
		}
	}
}

// ddlWords is the DDL seam: words of the migrations that differ between the engines. "#sqlite#" and "#postgres#" begin a line that is for one
// of them alone: in PostgreSQL the planner keeps samples of columns in a table of its own, which must have none of personal values, or erasure would not reach them.
var ddlWords = map[Dialect]*strings.Replacer{
	SQLite: strings.NewReplacer("#rowid#", "integer primary key", "#norowid#", "without rowid", "#blob#", "blob", "#real#", "real",
		"#text#", "text", "#bigint#", "integer", "#small#", "integer", "#sqlite#", "", "#postgres#", "--", "#utc(#", "strftime('%Y-%m-%dT%H:%M:%fZ', nullif(", "#)utc#", ", 0) / 1000.0, 'unixepoch')",
		"#day(#", "date(", "#)day#", " * 86400, 'unixepoch')"),
	PostgreSQL: strings.NewReplacer("#rowid#", "bigint primary key", "#norowid#", "", "#blob#", "bytea", "#real#", "double precision",
		"#text#", `text collate "C"`, "#bigint#", "bigint", "#small#", "smallint", "#sqlite#", "--", "#postgres#", "", "#utc(#", "to_timestamp(nullif(", "#)utc#", ", 0) / 1000.0)",
		"#day(#", "(date '1970-01-01' + cast(", "#)day#", " as integer))"),
}

// DDL puts the engine's words into a DDL text.
func (t *Tx) DDL(text string) string { return ddlWords[t.Dialect].Replace(text) }

// ReplaceView makes a view, or puts another query in the place of one. On PostgreSQL it keeps its rights, and must keep its columns.
func (t *Tx) ReplaceView(ctx context.Context, name, query string) error {
	if t.Dialect == PostgreSQL {
		return t.ExecOnce(ctx, "create or replace view "+name+" as "+query)
	}
	if err := t.ExecOnce(ctx, "drop view if exists "+name); err != nil {
		return err
	}
	return t.ExecOnce(ctx, "create view "+name+" as "+query)
}

// Analyze tells PostgreSQL's planner how large a table is now. It is for small tables that joins begin with: until its own analysis comes,
// after some fifty changed rows, PostgreSQL takes them for thousands of rows and reads whole what it should look up. SQLite needs none.
func (t *Tx) Analyze(ctx context.Context, table string) error {
	if t.Dialect == SQLite {
		return nil
	}
	return t.ExecOnce(ctx, "/* "+table+".analyze */ analyze "+table)
}

// wrap gives driver errors a code by the driver's own codes, never by their text. Errors that have a code keep it.
func wrap(op string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := errors.AsType[*millrace.Error](err); ok {
		return err
	}
	code := millrace.Internal
	if se, ok := errors.AsType[*sqlite.Error](err); ok {
		switch se.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_IOERR:
			code = millrace.Unavailable
		case sqlite3.SQLITE_FULL:
			code = millrace.Full
		case sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM:
			code = millrace.Invalid
		case sqlite3.SQLITE_CONSTRAINT:
			code = millrace.Conflict
		}
	}
	if state := sqlState(err); state != "" {
		switch {
		case state[:2] == "23":
			code = millrace.Conflict
		case state == "53100":
			code = millrace.Full
		case state[:2] == "40", state[:2] == "53", state[:2] == "57", state[:2] == "08", state == "55P03":
			code = millrace.Unavailable
		case state == "28P01", state == "28000", state == "3D000":
			code = millrace.Invalid
		}
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		code = millrace.Unavailable
	}
	return &millrace.Error{Code: code, Op: op, Err: err}
}

// isBusy tells whether another process holds the database.
func isBusy(err error) bool {
	se, ok := errors.AsType[*sqlite.Error](err)
	return ok && se.Code()&0xff == sqlite3.SQLITE_BUSY
}

// Column is a column of a bulk update and its type in DDL words ("#bigint#", "#real#", "#blob#", "#text#").
type Column struct{ Name, Type string }

// UpdateMany sets columns of rows that exist, by the key that is the first column. It is a seam: SQLite takes a row at a time in little more
// than half the time of a joined VALUES list, and PostgreSQL, for which each statement is a way there and back, must be told the types of such
// a list. Rows that don't exist stay away in silence.
func (t *Tx) UpdateMany(ctx context.Context, name, table string, columns []Column, args []any) error {
	width := len(columns)
	for len(args) > 0 {
		n := 1
		for _, size := range insertSizes {
			if t.Dialect == PostgreSQL && len(args) >= size*width {
				n = size
				break
			}
		}
		if _, err := t.Exec(ctx, updateStatement(t.Dialect, name, table, columns, n), args[:n*width]...); err != nil {
			return err
		}
		args = args[n*width:]
	}
	return nil
}

func updateStatement(d Dialect, name, table string, columns []Column, rows int) string {
	k := statementKey{name, table, len(columns), rows + int(d)<<20}
	if s, ok := statements.Load(k); ok {
		return s.(string)
	}
	var b strings.Builder
	key := columns[0].Name
	if d == SQLite {
		b.WriteString("/* " + name + " */ update " + table + " set ")
		for i, c := range columns[1:] {
			b.WriteString([2]string{"", ", "}[min(i, 1)] + c.Name + " = $" + itoa(i+2))
		}
		b.WriteString(" where " + key + " = $1")
		statements.Store(k, b.String())
		return b.String()
	}
	b.WriteString("/* " + name + " */ with v (")
	for i, c := range columns {
		b.WriteString([2]string{"", ", "}[min(i, 1)] + c.Name)
	}
	b.WriteString(") as (values ")
	for i, p := 0, 1; i < rows; i++ {
		for j, c := range columns {
			b.WriteString([2]string{"(", ", "}[min(j, 1)])
			if i == 0 {
				kind, _, _ := strings.Cut(ddlWords[d].Replace(c.Type), " collate")
				b.WriteString("cast($" + itoa(p) + " as " + kind + ")")
			} else {
				b.WriteString("$" + itoa(p))
			}
			p++
		}
		b.WriteString([2]string{"), ", ")"}[boolIndex(i == rows-1)])
	}
	b.WriteString(") update " + table + " set ")
	for i, c := range columns[1:] {
		b.WriteString([2]string{"", ", "}[min(i, 1)] + c.Name + " = v." + c.Name)
	}
	b.WriteString(" from v where " + table + "." + key + " = v." + key)
	statements.Store(k, b.String())
	return b.String()
}

func boolIndex(b bool) int {
	if b {
		return 1
	}
	return 0
}
