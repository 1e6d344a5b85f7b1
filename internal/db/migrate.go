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

// Migrate brings the schema up to this binary's version. It refuses a database that a newer binary has migrated. Processes that
// call it at once wait for each other.
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
	dialect, dsn := database.DialectSQLite3, sqliteDSN(d.url, 8, "FULL", false)
	if d.Dialect == PostgreSQL {
		dialect, dsn = database.DialectPostgres, d.url
	}
	conn, err := d.pool(dsn)
	if err != nil {
		return wrap(op, err)
	}
	defer conn.Close()
	p, err := goose.NewProvider(dialect, conn, files, goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return wrap(op, err)
	}
	sources := p.ListSources()
	newest := sources[len(sources)-1].Version
	if have, err := latest(ctx, dialect, conn); err == nil && have == newest {
		return nil
	}
	return wrap(op, d.InTurn(ctx, "migrate", func() error {
		have, err := p.GetDBVersion(ctx)
		if err != nil {
			return err
		}
		if have > newest {
			return millrace.Errorf(millrace.Conflict, op, "this database was written by a newer Millrace (schema %d, this binary knows %d): use the newer binary", have, newest)
		}
		_, err = p.Up(ctx)
		return err
	}))
}

// latest is the version of the schema, an error where there is none.
func latest(ctx context.Context, dialect database.Dialect, conn *sql.DB) (int64, error) {
	store, err := database.NewStore(dialect, goose.DefaultTablename)
	if err != nil {
		return 0, err
	}
	return store.GetLatestVersion(ctx, conn)
}
