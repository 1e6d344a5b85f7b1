// Package db opens the database, one write connection and a read pool, and holds the seams between SQLite and PostgreSQL:
// placeholders, DDL words, list membership and error codes stand here and nowhere else. It knows no table's meaning.
package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"millrace"
)

// Dialect is which of the two databases this is.
type Dialect uint8

// The two.
const (
	SQLite Dialect = iota
	PostgreSQL
)

// String is "sqlite" or "postgres".
func (d Dialect) String() string { return [...]string{"sqlite", "postgres"}[d] }

// DB is an open database. It is safe for concurrent use; writes are serialised on one connection.
type DB struct {
	Dialect Dialect
	url     string
	read    *sql.DB
	write   *sql.DB

	mu    sync.Mutex // holds the write connection
	conn  *sql.Conn
	stmts map[string]*sql.Stmt

	asked     sync.Mutex
	queries   map[string]*sql.Stmt // of the read pool
	preparing sync.WaitGroup       // what readStmt began
	life      context.Context      // until Close
	end       context.CancelFunc

	opening sync.RWMutex // held for reading while a connection is made
	closed  bool

	turns      turns
	tending    tending
	durability durability
	trouble    atomic.Pointer[millrace.Error]
	tried      atomic.Int64 // when something was last written, or could not be: Unix nanoseconds
	aside      sync.RWMutex // held for reading by those who read beside the writer, see ReadAside
}

// Options tune an open database. Zero values are the defaults.
type Options struct {
	Readers int // read connections; 8
	CacheMB int // SQLite page cache of the write connection; 48
}

// Open opens the database at url: a file path (created with its folder when absent) or a postgres:// URL. It brings no schema: see Migrate.
func Open(ctx context.Context, url string, o Options) (*DB, error) {
	const op = "db.Open"
	if url == "" {
		return nil, millrace.FieldErrorf(op, "db", "name a file or a postgres:// URL")
	}
	if o.Readers == 0 {
		o.Readers = 8
	}
	if o.CacheMB == 0 {
		o.CacheMB = 48
	}
	d := &DB{url: url, stmts: map[string]*sql.Stmt{}, queries: map[string]*sql.Stmt{}, durability: durability{sync: syncData}}
	d.life, d.end = context.WithCancel(context.WithoutCancel(ctx))
	readDSN, writeDSN := url, url
	if strings.HasPrefix(url, "postgres://") || strings.HasPrefix(url, "postgresql://") {
		d.Dialect = PostgreSQL
	} else {
		if err := os.MkdirAll(filepath.Dir(url), 0o755); err != nil {
			return nil, &millrace.Error{Code: millrace.Invalid, Op: op, Field: "db", Message: "the folder for the database can't be made", Err: err}
		}
		writeDSN = sqliteDSN(url, o.CacheMB, "NORMAL", false) // see durability
		readDSN = sqliteDSN(url, 8, "FULL", true)
	}
	var err error
	if d.write, err = d.pool(writeDSN); err != nil {
		return nil, wrap(op, err)
	}
	d.write.SetMaxOpenConns(1)
	if d.read, err = d.pool(readDSN); err != nil {
		return nil, wrap(op, err)
	}
	d.read.SetMaxOpenConns(o.Readers)
	d.read.SetMaxIdleConns(o.Readers)
	if err := d.write.PingContext(ctx); err != nil { // makes the file, with its pragmas, before a reader opens it
		d.Close()
		return nil, wrap(op, err)
	}
	return d, nil
}

// sqliteDSN orders the pragmas: busy_timeout first, or the switch to WAL itself fails as busy. secure_delete overwrites what an
// update or a delete leaves behind in a page, which erasure depends on. synchronous FULL syncs at each commit; whoever takes NORMAL does it
// before anybody is told of it.
// The WAL is kept short by tending; autocheckpoint is for other processes' writers.
func sqliteDSN(path string, cacheMB int, synchronous string, readOnly bool) string {
	q := url.Values{}
	for _, p := range []string{fmt.Sprintf("busy_timeout(%d)", mostBusy.Milliseconds()), "journal_mode(WAL)", "synchronous(" + synchronous + ")", "secure_delete(ON)",
		"wal_autocheckpoint(96000)", "temp_store(MEMORY)", fmt.Sprintf("cache_size(-%d)", cacheMB*1024)} {
		q.Add("_pragma", p)
	}
	if readOnly {
		q.Add("_pragma", "query_only(1)")
		q.Set("mode", "rw") // a reader makes no file
	} else {
		q.Set("_txlock", "immediate")
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

// URL is what Open was given.
func (d *DB) URL() string { return d.url }

// Close closes all connections. When it has returned none is being made either, so that the files can be moved or deleted.
func (d *DB) Close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.endTending()
	d.dropConn()
	d.endOpening()
	var errs []error
	if d.read != nil {
		errs = append(errs, d.read.Close())
	}
	if d.write != nil {
		errs = append(errs, d.write.Close())
	}
	return errors.Join(errs...)
}

// endOpening waits until nothing is prepared and no connection is made any more: the pools' own Close doesn't wait for that.
func (d *DB) endOpening() {
	d.opening.Lock()
	d.closed = true
	d.opening.Unlock()
	d.asked.Lock()
	d.queries = nil // none is prepared from now on
	d.asked.Unlock()
	d.end()
	d.preparing.Wait()
}

// dropConn closes the write connection: the next one has its pragmas as they should be, and no transaction.
func (d *DB) dropConn() {
	for _, s := range d.stmts {
		s.Close()
	}
	clear(d.stmts)
	if d.conn != nil {
		d.conn.Raw(func(any) error { return driver.ErrBadConn }) // else it goes back to the pool as it is
		d.conn.Close()
		d.conn = nil
	}
	d.durability.forget()
}

// Write runs fn in one transaction on the write connection and commits it. What it wrote is on the disk when it returns. An error of fn rolls
// back and is returned as it is. ctx bounds waiting for the connection, not the transaction, so that a caller who goes away can't tear a group
// of other callers' facts.
func (d *DB) Write(ctx context.Context, fn func(tx *Tx) error) error {
	durable, err := d.WriteAhead(ctx, fn)
	if err != nil {
		return err
	}
	return durable()
}

// WriteAhead is Write, but for the end: when it returns, what was written is committed and others see it, and the next transaction may begin;
// it is on the disk when durable, which waits for that, returns without an error. Whoever says that something was written calls it first.
func (d *DB) WriteAhead(ctx context.Context, fn func(tx *Tx) error) (durable func() error, err error) {
	const op = "db.Write"
	d.mu.Lock()
	defer d.mu.Unlock()
	tx := &Tx{Dialect: d.Dialect, db: d}
	defer func() { d.note(err, tx.wrote) }()
	if err := ctx.Err(); err != nil {
		return nil, wrap(op, err)
	}
	if d.durability.failed.Load() {
		return nil, diskFailed(nil)
	}
	ctx = context.WithoutCancel(ctx)
	if err := d.connect(ctx); err != nil {
		return nil, wrap(op, err)
	}
	start := time.Now()
	if err := d.begin(ctx); err != nil {
		d.dropConn()
		return nil, wrap(op, err)
	}
	if err := d.within(ctx, tx, fn); err != nil {
		d.rollback(ctx)
		return nil, err
	}
	if _, err := d.conn.ExecContext(ctx, "commit"); err != nil {
		d.rollback(ctx)
		return nil, wrap(op, err)
	}
	d.wrote(time.Since(start))
	if d.Dialect == PostgreSQL {
		return func() error { return nil }, nil
	}
	n := d.durability.committed.Add(1)
	d.shorten(ctx)
	return func() error { return d.durability.await(d.url+"-wal", n) }, nil
}

// note keeps what a write failed of, unless it was what was to be written. A transaction that had nothing to write says nothing of the disk.
func (d *DB) note(err error, wrote bool) {
	if err == nil && wrote {
		d.trouble.Store(nil)
		d.tried.Store(time.Now().UnixNano())
	}
	if e, ok := errors.AsType[*millrace.Error](err); ok && (e.Code == millrace.Full || e.Code == millrace.Unavailable) {
		d.trouble.Store(e)
		d.tried.Store(time.Now().UnixNano())
	}
}

// Tried is how long ago something was last written, or could not be written for the disk's or the database's sake.
func (d *DB) Tried() time.Duration { return time.Since(time.Unix(0, d.tried.Load())) }

// Trouble is what the last write failed of, if it was the disk or the database and not what was to be written: there is no room, it doesn't answer, the
// disk doesn't keep what it is given. It is nil once a write succeeds.
func (d *DB) Trouble() error {
	if d.durability.failed.Load() {
		return diskFailed(nil)
	}
	if e := d.trouble.Load(); e != nil {
		return e
	}
	return nil
}

// within runs fn in the transaction that was begun, which a panic of fn rolls back.
func (d *DB) within(ctx context.Context, tx *Tx, fn func(tx *Tx) error) error {
	defer func() {
		if p := recover(); p != nil {
			d.rollback(ctx)
			panic(p)
		}
	}()
	return fn(tx)
}

// connect takes the write connection when there is none.
func (d *DB) connect(ctx context.Context) error {
	if d.conn != nil {
		return nil
	}
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return err
	}
	if d.Dialect == SQLite {
		if _, err := conn.ExecContext(ctx, fmt.Sprintf("pragma busy_timeout(%d)", beginTry.Milliseconds())); err != nil {
			conn.Close()
			return err
		}
	}
	d.conn = conn
	return nil
}

func (d *DB) rollback(ctx context.Context) {
	if _, err := d.conn.ExecContext(ctx, "rollback"); err != nil {
		d.dropConn()
	}
}

// Tx is a write transaction. Statements are prepared once a connection and kept.
type Tx struct {
	Dialect Dialect
	db      *DB
	wrote   bool // some row, or the schema
}

func (t *Tx) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if s, ok := t.db.stmts[query]; ok {
		return s, nil
	}
	s, err := t.db.conn.PrepareContext(ctx, rewrite(t.Dialect, query))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", Name(query), err)
	}
	t.db.stmts[query] = s
	return s, nil
}

// Exec runs a statement and gives the number of rows it changed.
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	s, err := t.stmt(ctx, query)
	if err != nil {
		return 0, wrap("db.Exec", err)
	}
	res, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, wrap("db.Exec "+Name(query), err)
	}
	n, err := res.RowsAffected()
	t.wrote = t.wrote || n > 0
	return n, wrap("db.Exec", err)
}

// Query runs a query inside the transaction.
func (t *Tx) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := t.stmt(ctx, query)
	if err != nil {
		return nil, wrap("db.Query", err)
	}
	rows, err := s.QueryContext(ctx, args...)
	return rows, wrap("db.Query "+Name(query), err)
}

// ExecOnce runs a statement that is not worth keeping prepared, such as DDL.
func (t *Tx) ExecOnce(ctx context.Context, query string, args ...any) error {
	t.wrote = true
	_, err := t.db.conn.ExecContext(ctx, rewrite(t.Dialect, query), args...)
	return wrap("db.ExecOnce "+Name(query), err)
}

// Querier is what can be asked: a write transaction, a read snapshot or the read pool.
type Querier interface {
	Query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// keptQueries is how many queries of the read pool stay prepared on each of its connections, and longestKept the longest of them: the fixed
// ones of folds and lists, not those that are put together for a search.
const (
	keptQueries = 100
	longestKept = 3000
)

// readStmt gives a prepared query of the read pool, nil for one that isn't kept, or not yet: preparing takes a connection, which the caller's
// snapshot may be the last to hold, so nobody waits for it. PostgreSQL's driver keeps its own, and there a plan must not outlive the exchange
// of a table.
func (d *DB) readStmt(query string) *sql.Stmt {
	if d.Dialect != SQLite || len(query) > longestKept {
		return nil
	}
	d.asked.Lock()
	defer d.asked.Unlock()
	s, known := d.queries[query]
	if known || len(d.queries) >= keptQueries || d.queries == nil {
		return s
	}
	d.queries[query] = nil
	d.preparing.Go(func() {
		s, err := d.read.PrepareContext(d.life, rewrite(d.Dialect, query))
		if err != nil {
			return // whoever asks is told why
		}
		d.asked.Lock()
		defer d.asked.Unlock()
		if d.queries != nil {
			d.queries[query] = s
		}
	})
	return nil
}

// Query asks the read pool.
func (d *DB) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if s := d.readStmt(query); s != nil {
		rows, err := s.QueryContext(ctx, args...)
		return rows, wrap("db.Query "+Name(query), err)
	}
	rows, err := d.read.QueryContext(ctx, rewrite(d.Dialect, query), args...)
	return rows, wrap("db.Query "+Name(query), err)
}

// Snapshot is a read transaction: everything asked of it sees one moment.
type Snapshot struct {
	db *DB
	tx *sql.Tx
}

// Query asks the snapshot.
func (s *Snapshot) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	if stmt := s.db.readStmt(query); stmt != nil {
		rows, err := s.tx.StmtContext(ctx, stmt).QueryContext(ctx, args...)
		return rows, wrap("db.Query "+Name(query), err)
	}
	rows, err := s.tx.QueryContext(ctx, rewrite(s.db.Dialect, query), args...)
	return rows, wrap("db.Query "+Name(query), err)
}

// Read runs fn on a snapshot.
func (d *DB) Read(ctx context.Context, fn func(s *Snapshot) error) error {
	o := &sql.TxOptions{ReadOnly: true}
	if d.Dialect == PostgreSQL {
		o.Isolation = sql.LevelRepeatableRead
	}
	tx, err := d.read.BeginTx(ctx, o)
	if err != nil {
		return wrap("db.Read", err)
	}
	defer tx.Rollback()
	return fn(&Snapshot{db: d, tx: tx})
}

// Collect scans all rows of a query with scan and closes them.
func Collect[T any](ctx context.Context, q Querier, scan func(rows *sql.Rows) (T, error), query string, args ...any) ([]T, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, wrap("db.Collect "+Name(query), err)
		}
		out = append(out, v)
	}
	return out, wrap("db.Collect "+Name(query), rows.Err())
}

// Each calls fn for each row of a query, and closes them. An error of fn ends it and is given as it is.
func Each(ctx context.Context, q Querier, query string, fn func(rows *sql.Rows) error, args ...any) error {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows); err != nil {
			return err
		}
	}
	return wrap("db.Each "+Name(query), rows.Err())
}

// One scans the first row into dest and says whether there was one.
func One(ctx context.Context, q Querier, dest []any, query string, args ...any) (bool, error) {
	rows, err := q.Query(ctx, query, args...)
	if err != nil {
		return false, err
	}
	defer rows.Close()
	if !rows.Next() {
		return false, wrap("db.One "+Name(query), rows.Err())
	}
	if err := rows.Scan(dest...); err != nil {
		return false, wrap("db.One "+Name(query), err)
	}
	return true, wrap("db.One "+Name(query), rows.Close())
}

// insertSizes are the numbers of rows a statement is made for: few, so that few statements are kept.
var insertSizes = [...]int{100, 20, 5, 1}

// InsertMany runs head ("insert into t (a, b)") for rows of width values each, taken from args in order, in statements of up to 100
// rows, with tail ("on conflict do nothing") after the values. It gives the number of rows changed.
func (t *Tx) InsertMany(ctx context.Context, head string, width int, tail string, args []any) (int64, error) {
	var changed int64
	for len(args) > 0 {
		n := 1
		for _, size := range insertSizes {
			if len(args) >= size*width {
				n = size
				break
			}
		}
		c, err := t.Exec(ctx, valuesStatement(head, width, n, tail), args[:n*width]...)
		if err != nil {
			return changed, err
		}
		changed += c
		args = args[n*width:]
	}
	return changed, nil
}

type statementKey struct {
	head, tail  string
	width, rows int
}

var statements sync.Map // statementKey → string; a pure function's memory

func valuesStatement(head string, width, rows int, tail string) string {
	k := statementKey{head, tail, width, rows}
	if s, ok := statements.Load(k); ok {
		return s.(string)
	}
	var b strings.Builder
	b.WriteString(head)
	b.WriteString(" values ")
	for i, p := 0, 1; i < rows; i++ {
		if i > 0 {
			b.WriteByte(',')
		}
		for j := range width {
			b.WriteByte("(,"[min(j, 1)])
			b.WriteByte('$')
			b.WriteString(strconv.Itoa(p))
			p++
		}
		b.WriteByte(')')
	}
	b.WriteByte(' ')
	b.WriteString(tail)
	statements.Store(k, b.String())
	return b.String()
}

// InList is the list-membership seam: "col in ($1,$2,…)" for n values starting at placeholder first. Callers chunk long lists with Chunks.
func InList(col string, first, n int) string {
	var b strings.Builder
	b.WriteString(col)
	b.WriteString(" in (")
	for i := range n {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteByte('$')
		b.WriteString(strconv.Itoa(first + i))
	}
	b.WriteByte(')')
	return b.String()
}

// selectSizes are how many values one of SelectIn's statements asks for.
var selectSizes = [...]int{1, 5, 20, 60, 200}

// selectSize is how many of so many values are asked for next: all of them with the last one repeated, unless two thirds would be that.
func selectSize(values int) int {
	n := 1
	for _, size := range selectSizes {
		if values >= size || 3*values >= size {
			n = size
		}
		if values <= size {
			break
		}
	}
	return n
}

// SelectIn runs query, whose one "%s" stands for the membership condition on col, over all values in chunks of fixed sizes, and
// calls scan for each row. Short chunks are filled up by repeating the last value, so few statements are kept. The query's own arguments, $1 and
// so on, are given.
func SelectIn[T any](ctx context.Context, q Querier, query, col string, values []T, scan func(rows *sql.Rows) error, given ...any) error {
	for len(values) > 0 {
		n := selectSize(len(values))
		args := slices.Grow(slices.Clone(given), n)
		for i := range n {
			args = append(args, values[min(i, len(values)-1)])
		}
		values = values[min(n, len(values)):]
		rows, err := q.Query(ctx, fmt.Sprintf(query, InList(col, len(given)+1, n)), args...)
		if err != nil {
			return err
		}
		for rows.Next() {
			if err := scan(rows); err != nil {
				rows.Close()
				return wrap("db.SelectIn "+Name(query), err)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return wrap("db.SelectIn "+Name(query), err)
		}
	}
	return nil
}
