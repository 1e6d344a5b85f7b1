package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"time"

	"millrace"

	_ "github.com/jackc/pgx/v5/stdlib" // driver "pgx"
	"modernc.org/sqlite"
)

// SQLite lets one process write at a time, and its waiting has no order: it looks after a few milliseconds, then more and more rarely, in the
// end ten times a second. A process that writes without a pause, as an import on a slow disk does, begins its next transaction before others
// look again, and they starve. So whoever wants to begin queues for a lock on a file, and holds it until the transaction has begun: the one that
// has just written is behind those who wait.

// mostBusy is how long a transaction waits for those of other processes.
const mostBusy = 15 * time.Second

// beginTry is how long SQLite itself waits for another's transaction before it is asked anew, so that it looks often.
const beginTry = 8 * time.Millisecond

// queue waits until it is this caller's turn to begin. Where no lock can be made, as in a folder that can't be written to, nobody waits: SQLite
// itself says what is wrong.
func (d *DB) queue(ctx context.Context) (leave func(), err error) {
	waiting, cancel := context.WithTimeout(ctx, mostBusy)
	defer cancel()
	leave, err = d.lockFile(waiting, "write")
	switch {
	case err == nil:
		return leave, nil
	case ctx.Err() != nil:
		return nil, err
	case waiting.Err() != nil:
		return nil, millrace.Errorf(millrace.Unavailable, "db.Write", "the database is busy: another process has been waiting to write for %s", mostBusy)
	}
	return func() {}, nil
}

// begin begins a transaction on the write connection.
func (d *DB) begin(ctx context.Context) error {
	if d.Dialect == PostgreSQL {
		_, err := d.conn.ExecContext(ctx, "begin")
		return err
	}
	leave, err := d.queue(ctx)
	if err != nil {
		return err
	}
	defer leave()
	for start := time.Now(); ; {
		_, err := d.conn.ExecContext(ctx, "begin immediate")
		if !isBusy(err) || time.Since(start) > mostBusy {
			return err
		}
	}
}

// pool opens a pool of connections. Those to SQLite are made one after the other: of two that turn a new file to WAL at once, one fails as busy
// without waiting.
func (d *DB) pool(dsn string) (*sql.DB, error) {
	if d.Dialect == PostgreSQL {
		return sql.Open("pgx", dsn)
	}
	c, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector{c, d}), nil
}

type connector struct {
	driver.Connector
	db *DB
}

// Connect makes a connection, unless the database was closed.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	c.db.opening.RLock()
	defer c.db.opening.RUnlock()
	if c.db.closed {
		return nil, sql.ErrConnDone
	}
	leave, err := c.db.queue(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	return c.Connector.Connect(ctx)
}

// NewWriter opens a further write pool of one connection to the same database, for a library that wants a *sql.DB of its own (the job queue).
// Its transactions and statements queue as those of Write do.
func (d *DB) NewWriter() (*sql.DB, error) {
	const op = "db.NewWriter"
	if d.Dialect == PostgreSQL {
		return nil, millrace.Errorf(millrace.Internal, op, "PostgreSQL needs no second writer")
	}
	c, err := sqlite.NewConnector(sqliteDSN(d.url, 2, "FULL", false))
	if err != nil {
		return nil, wrap(op, err)
	}
	w := sql.OpenDB(queuing{connector{c, d}})
	w.SetMaxOpenConns(1)
	return w, nil
}

// queuing makes connections that queue by themselves.
type queuing struct{ connector }

// Connect makes a connection.
func (c queuing) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	whole, ok := conn.(sqliteConn)
	if !ok {
		conn.Close()
		return nil, millrace.Errorf(millrace.Internal, "db.NewWriter", "SQLite's driver gives a %T, which can do less than it should", conn)
	}
	return &queuingConn{sqliteConn: whole, db: c.db}, nil
}

// sqliteConn is what SQLite's connections can do that database/sql makes use of.
type sqliteConn interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// queuingConn is a connection of which each statement outside a transaction may write.
type queuingConn struct {
	sqliteConn
	db     *DB
	within bool // a transaction
}

// BeginTx begins a transaction in turn.
func (c *queuingConn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	leave, err := c.db.queue(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	tx, err := c.sqliteConn.BeginTx(ctx, o)
	c.within = err == nil
	return queuingTx{tx, c}, err
}

// ExecContext runs a statement, in turn when it is a transaction of its own.
func (c *queuingConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	leave, err := c.statement(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	return c.sqliteConn.ExecContext(ctx, query, args)
}

// QueryContext is as ExecContext, for statements that give rows.
func (c *queuingConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	leave, err := c.statement(ctx)
	if err != nil {
		return nil, err
	}
	defer leave()
	return c.sqliteConn.QueryContext(ctx, query, args)
}

func (c *queuingConn) statement(ctx context.Context) (leave func(), err error) {
	if c.within {
		return func() {}, nil
	}
	return c.db.queue(ctx)
}

type queuingTx struct {
	driver.Tx
	conn *queuingConn
}

// Commit ends the transaction.
func (t queuingTx) Commit() error {
	t.conn.within = false
	return t.Tx.Commit()
}

// Rollback ends the transaction.
func (t queuingTx) Rollback() error {
	t.conn.within = false
	return t.Tx.Rollback()
}
