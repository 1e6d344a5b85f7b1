package db

import (
	"context"
	"database/sql"
	"embed"
	"io/fs"
	"testing/fstest"

	"millrace"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
)

//go:embed migrations/*.sql
var migrations embed.FS

// Migrate brings the schema up to this binary's version. It refuses a database that a newer binary has migrated. Two processes may call
// it at once: on PostgreSQL a session lock, on SQLite the write lock makes one wait.
func (d *DB) Migrate(ctx context.Context) error {
	const op = "db.Migrate"
	files := fstest.MapFS{}
	entries, err := fs.ReadDir(migrations, "migrations")
	if err != nil {
		return wrap(op, err)
	}
	for _, e := range entries {
		text, err := migrations.ReadFile("migrations/" + e.Name())
		if err != nil {
			return wrap(op, err)
		}
		files[e.Name()] = &fstest.MapFile{Data: []byte(ddlWords[d.Dialect].Replace(string(text)))}
	}
	dialect, driver, dsn := database.DialectSQLite3, "sqlite", sqliteDSN(d.url, 8, false)
	if d.Dialect == PostgreSQL {
		dialect, driver, dsn = database.DialectPostgres, "pgx", d.url
	}
	conn, err := sql.Open(driver, dsn)
	if err != nil {
		return wrap(op, err)
	}
	defer conn.Close()
	conn.SetMaxOpenConns(2)
	if d.Dialect == PostgreSQL {
		lock, err := conn.Conn(ctx)
		if err != nil {
			return wrap(op, err)
		}
		defer lock.Close()
		if _, err := lock.ExecContext(ctx, "select pg_advisory_lock(7041776301)"); err != nil {
			return wrap(op, err)
		}
		defer lock.ExecContext(context.WithoutCancel(ctx), "select pg_advisory_unlock(7041776301)")
	}
	p, err := goose.NewProvider(dialect, conn, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return wrap(op, err)
	}
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return wrap(op, err)
	}
	if sources := p.ListSources(); len(sources) > 0 && have > sources[len(sources)-1].Version {
		return millrace.Errorf(millrace.Conflict, op, "this database was written by a newer Millrace (schema %d, this binary knows %d): use the newer binary",
			have, sources[len(sources)-1].Version)
	}
	_, err = p.Up(ctx)
	return wrap(op, err)
}
