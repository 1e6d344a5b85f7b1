package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"millrace"

	"github.com/jackc/pgx/v5/pgconn"
)

// Who reads since before a deletion keeps what was deleted in the files. Scrub waits for them, for mostScrub at most; between its tries
// writers have their turn, since the reader may be a check, which ends only when it has written.
const (
	mostScrub  = 10 * time.Minute
	scrubPause = 300 * time.Millisecond
)

// Scrub makes sure that what was deleted or overwritten in the tables is gone from the database's files too: SQLite rewrites its file and
// truncates its WAL, PostgreSQL rewrites the tables. Writers wait meanwhile, for as long as copying the database takes.
// It waits for readers; Unavailable when one doesn't end.
func (d *DB) Scrub(ctx context.Context, tables []string) error {
	const op = "db.Scrub"
	own, err := d.scrubber()
	if err != nil {
		return wrap(op, err)
	}
	defer own.Close()
	conn, err := own.Conn(ctx)
	if err != nil {
		return wrap(op, err)
	}
	defer conn.Close()
	if d.Dialect == PostgreSQL {
		return wrap(op, scrubPostgreSQL(ctx, conn, tables))
	}
	if err := d.vacuum(ctx); err != nil {
		return wrap(op, err)
	}
	if _, err := conn.ExecContext(ctx, "pragma busy_timeout(100)"); err != nil { // writers wait with it
		return wrap(op, err)
	}
	return wrap(op, patiently(ctx, func() (bool, error) {
		var busy, log, moved int
		err := conn.QueryRowContext(ctx, "pragma wal_checkpoint(truncate)").Scan(&busy, &log, &moved)
		return busy == 0, err
	}))
}

// scrubber opens a connection beside the writer's.
func (d *DB) scrubber() (*sql.DB, error) {
	if d.Dialect == SQLite {
		return d.NewWriter()
	}
	own, err := sql.Open("pgx", d.url)
	if err == nil {
		own.SetMaxOpenConns(1)
	}
	return own, err
}

// patiently tries until it is done.
func patiently(ctx context.Context, try func() (done bool, err error)) error {
	for deadline := time.Now().Add(mostScrub); ; {
		if done, err := try(); done || err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return millrace.Errorf(millrace.Unavailable, "db.Scrub", "a long reader keeps what was deleted in the files: it goes when that reader ends")
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(scrubPause):
		}
	}
}

// vacuum rewrites SQLite's file. secure_delete overwrites a cell where it stands, but not the copies that a page keeps in its free space when
// it is split: only a rewritten file has none.
func (d *DB) vacuum(ctx context.Context) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.connect(ctx); err != nil {
		return err
	}
	// The copy in the making may be as large as the database, so it goes to disk and not to memory.
	defer d.dropConn()
	statements := []string{fmt.Sprintf("pragma busy_timeout(%d)", mostBusy.Milliseconds()), "pragma temp_store = file", "vacuum"}
	// Whoever ran ANALYZE left samples of indexed values in a table of the planner's, which is there only then.
	var samples int
	if err := d.conn.QueryRowContext(ctx, "select count(*) from sqlite_master where name = 'sqlite_stat4'").Scan(&samples); err != nil {
		return err
	}
	if samples > 0 {
		statements = slices.Insert(statements, 1, "delete from sqlite_stat4")
	}
	for _, q := range statements {
		if _, err := d.conn.ExecContext(ctx, q); err != nil {
			return err
		}
	}
	return nil
}

// scrubPostgreSQL waits until nobody may still see what was deleted, which a rewritten table would hold for him, and rewrites each table. That
// may be a snapshot in this database, a standby's or a slot's, and a transaction of any database of the server: what rewrites a table takes a
// snapshot itself, which is as old as the oldest transaction that runs anywhere. Who wants a table for himself makes all others queue behind
// him, so he waits a moment only and comes again.
func scrubPostgreSQL(ctx context.Context, conn *sql.Conn, tables []string) error {
	var horizon string
	if err := conn.QueryRowContext(ctx, "select pg_snapshot_xmax(pg_current_snapshot())::text").Scan(&horizon); err != nil {
		return err
	}
	if err := patiently(ctx, func() (done bool, err error) {
		err = conn.QueryRowContext(ctx, `select pg_snapshot_xmin(pg_current_snapshot()) >= $1::xid8 and not exists (
			select 1 from (
				select backend_xmin as xmin from pg_stat_activity where (datname = current_database() or datname is null) and pid <> pg_backend_pid()
				union all select xmin from pg_replication_slots) seen
			where age(xmin) > age($1::xid8::xid))`, horizon).Scan(&done)
		return done, err
	}); err != nil {
		return err
	}
	if _, err := conn.ExecContext(ctx, "set lock_timeout = '200ms'"); err != nil {
		return err
	}
	for _, t := range tables {
		if err := patiently(ctx, func() (bool, error) {
			_, err := conn.ExecContext(ctx, "vacuum full "+t)
			if sqlState(err) == "55P03" { // lock_not_available
				return false, nil
			}
			return true, err
		}); err != nil {
			return err
		}
	}
	_, err := conn.ExecContext(ctx, "checkpoint")
	if sqlState(err) == "42501" { // only a superuser may; the server does it by itself within minutes
		return nil
	}
	return err
}

// sqlState is PostgreSQL's five-character code of an error, empty for any other.
func sqlState(err error) string {
	if pe, ok := errors.AsType[*pgconn.PgError](err); ok {
		return pe.Code
	}
	return ""
}
