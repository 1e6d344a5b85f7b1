package queue

import (
	"context"
	"database/sql"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
)

// backend is the seam between the two databases.
type backend interface {
	client(cfg *river.Config) (client, error)
	migrate(ctx context.Context, log *slog.Logger) error
	// insert adds a job inside a caller's transaction: river's own insert takes only a transaction of its driver's type.
	insert(ctx context.Context, tx Tx, j newJob) error
}

// sqlite is river's SQLite driver in poll-only mode. Its listener asks the database for news twenty times a second; the poll asks once a
// second, and a job inserted on this node wakes the workers at once without asking.
type sqlite struct {
	*riversqlite.Driver
	pool *sql.DB
}

func newSQLite(pool *sql.DB) sqlite { return sqlite{Driver: riversqlite.New(pool), pool: pool} }

func (sqlite) SupportsListener() bool     { return false }
func (sqlite) SupportsListenNotify() bool { return false }

func (s sqlite) client(cfg *river.Config) (client, error) { return river.NewClient[*sql.Tx](s, cfg) }

// migrate works in one transaction, so that a second process waits and then finds nothing to do.
func (s sqlite) migrate(ctx context.Context, log *slog.Logger) error {
	m, err := rivermigrate.New[*sql.Tx](s, &rivermigrate.Config{Logger: log})
	if err != nil {
		return err
	}
	tx, err := s.pool.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	//lint:ignore SA1019 it is PostgreSQL's steps that can't all stand in one transaction (a new enum value is usable after the commit)
	if _, err := m.MigrateTx(ctx, tx, rivermigrate.DirectionUp, nil); err != nil {
		return err
	}
	return tx.Commit()
}

func (sqlite) insert(ctx context.Context, tx Tx, j newJob) error {
	const query = `/* queue.insert */ insert into river_job (args, kind, max_attempts, state, created_at, scheduled_at)
values (jsonb($1), $2, $3, $4, datetime('now', 'subsec'), coalesce(datetime($5, 'subsec'), datetime('now', 'subsec')))`
	var at any
	if !j.at.IsZero() {
		at = j.at.UTC().Format("2006-01-02 15:04:05.000")
	}
	_, err := tx.Exec(ctx, query, string(j.args), j.kind, j.maxAttempts, j.state(), at)
	return err
}

// postgres is river's pgx driver, which listens for new jobs.
type postgres struct {
	pool   *pgxpool.Pool
	driver *riverpgxv5.Driver
}

func (p postgres) client(cfg *river.Config) (client, error) {
	return river.NewClient[pgx.Tx](p.driver, cfg)
}

// migrate holds a session lock, since river's steps can't all stand in one transaction.
func (p postgres) migrate(ctx context.Context, log *slog.Logger) error {
	m, err := rivermigrate.New[pgx.Tx](p.driver, &rivermigrate.Config{Logger: log})
	if err != nil {
		return err
	}
	const lock = 7041776302 // beside the one that db.Migrate takes
	conn, err := p.pool.Acquire(ctx)
	if err != nil {
		return err
	}
	defer conn.Release()
	if _, err := conn.Exec(ctx, "select pg_advisory_lock($1)", lock); err != nil {
		return err
	}
	defer conn.Exec(context.WithoutCancel(ctx), "select pg_advisory_unlock($1)", lock)
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

func (postgres) insert(ctx context.Context, tx Tx, j newJob) error {
	const query = `/* queue.insert */ insert into river_job (args, kind, max_attempts, state, scheduled_at)
values ($1::text::jsonb, $2, $3, $4::text::river_job_state, coalesce($5, now()))`
	var at any
	if !j.at.IsZero() {
		at = j.at
	}
	if _, err := tx.Exec(ctx, query, string(j.args), j.kind, j.maxAttempts, j.state(), at); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `/* queue.wake */ select pg_notify(current_schema() || '.river_insert', '{"queue":"default"}')`)
	return err
}
