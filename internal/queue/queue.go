// Package queue runs jobs and timers: work that is done after the request that asked for it, is tried again when it fails, survives a
// restart, and recurs. It stands on riverqueue/river, whose tables (river_*) live beside ours, in SQLite or PostgreSQL.
//
// A job runs at least once: a node that dies in the middle leaves its job to be run again, so a handler makes what it does safe to
// repeat. No database connection is held while a handler runs.
package queue

import (
	"cmp"
	"context"
	"database/sql"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"millrace"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivertype"
)

// Config says where the jobs are kept and how they are run. Exactly one of SQLite and Postgres is set. Zero values are the defaults.
type Config struct {
	// SQLite is a pool of one connection that begins its transactions as writes. It may be shared with other writers, and need not be.
	SQLite *sql.DB
	// Postgres needs room for 5 connections of the queue's own beside those that the handlers take from it.
	Postgres *pgxpool.Pool

	Logger       *slog.Logger  // slog.Default()
	Workers      int           // jobs at once on this node; 8
	PollInterval time.Duration // longest wait for a job that was inserted elsewhere, at least a second; 1 s
	Timeout      time.Duration // of a job whose kind sets none; 1 min
	StopTimeout  time.Duration // how long Stop lets running jobs finish before it cancels their contexts; 10 s
}

// Queue inserts jobs and runs them on this node. It is safe for concurrent use, once all kinds are registered.
type Queue struct {
	cfg     Config
	backend backend
	kinds   map[string]*kind
	every   []*recurring
	idle    client // inserts and lists while this node runs no jobs

	startStop sync.Mutex
	running   atomic.Pointer[client] // nil before Start and after Stop
}

// client is what river offers on either database.
type client interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	Insert(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) (*rivertype.JobInsertResult, error)
	JobList(ctx context.Context, params *river.JobListParams) (*river.JobListResult, error)
	JobRetry(ctx context.Context, id int64) (*rivertype.JobRow, error)
}

// New makes a queue that runs nothing until Start. It does not touch the database.
func New(cfg Config) (*Queue, error) {
	const op = "queue.New"
	cfg.Logger = cmp.Or(cfg.Logger, slog.Default())
	cfg.Workers = cmp.Or(cfg.Workers, 8)
	cfg.PollInterval = cmp.Or(cfg.PollInterval, time.Second)
	cfg.Timeout = cmp.Or(cfg.Timeout, time.Minute)
	cfg.StopTimeout = cmp.Or(cfg.StopTimeout, 10*time.Second)
	if cfg.PollInterval < time.Second {
		return nil, millrace.FieldErrorf(op, "poll_interval", "must be at least 1s, got %s", cfg.PollInterval)
	}
	q := &Queue{cfg: cfg, kinds: map[string]*kind{}}
	switch {
	case (cfg.SQLite == nil) == (cfg.Postgres == nil):
		return nil, millrace.Errorf(millrace.Internal, op, "want either a SQLite or a PostgreSQL pool")
	case cfg.SQLite != nil:
		if n := cfg.SQLite.Stats().MaxOpenConnections; n != 1 {
			return nil, millrace.Errorf(millrace.Internal, op, "the SQLite pool must be of 1 connection, not %d: with more, jobs fail as busy", n)
		}
		q.backend = newSQLite(cfg.SQLite)
	default:
		q.backend = postgres{pool: cfg.Postgres, driver: riverpgxv5.New(cfg.Postgres)}
	}
	var err error
	if q.idle, err = q.backend.client(&river.Config{Logger: cfg.Logger}); err != nil {
		return nil, &millrace.Error{Code: millrace.Internal, Op: op, Err: err}
	}
	return q, nil
}

// Migrate brings river's tables up to this binary's version. Nodes may call it at the same time.
func (q *Queue) Migrate(ctx context.Context) error {
	return failed("queue.Migrate", q.backend.migrate(ctx, q.cfg.Logger))
}

// Start begins to run jobs. ctx bounds the start and its values reach the handlers; what ends the work is Stop. Starting a queue that
// runs, or that no kind is registered with, does nothing.
func (q *Queue) Start(ctx context.Context) error {
	const op = "queue.Start"
	q.startStop.Lock()
	defer q.startStop.Unlock()
	if err := ctx.Err(); err != nil {
		return failed(op, err)
	}
	if q.running.Load() != nil || len(q.kinds) == 0 {
		return nil
	}
	c, err := q.backend.client(q.riverConfig())
	if err != nil {
		return &millrace.Error{Code: millrace.Internal, Op: op, Err: err}
	}
	if err := c.Start(context.WithoutCancel(ctx)); err != nil {
		return failed(op, err)
	}
	q.running.Store(&c)
	return nil
}

// Stop takes no more jobs, waits for the running ones (cancelling their contexts after Config.StopTimeout) and returns when all have
// ended. It may be called twice, or without a Start. When ctx ends first, its error is returned and the stopping goes on: call again to
// wait for it.
func (q *Queue) Stop(ctx context.Context) error {
	q.startStop.Lock()
	defer q.startStop.Unlock()
	c := q.running.Load()
	if c == nil {
		return nil
	}
	if err := (*c).Stop(ctx); err != nil {
		return failed("queue.Stop", err)
	}
	q.running.Store(nil)
	return nil
}

// client is the one that runs jobs here, which learns at once of a job inserted through it, or the idle one.
func (q *Queue) client() client {
	if c := q.running.Load(); c != nil {
		return *c
	}
	return q.idle
}

// riverConfig is the configuration of a client that runs jobs.
func (q *Queue) riverConfig() *river.Config {
	workers := river.NewWorkers()
	longest := q.cfg.Timeout
	for name, k := range q.kinds {
		river.AddWorkerArgs[payload](workers, payload{kind: name}, k)
		longest = max(longest, k.timeout)
	}
	// A period's run is known by its row, so finished rows outlive the longest period.
	retention := 24 * time.Hour
	var periodic []*river.PeriodicJob
	for _, r := range q.every {
		retention = max(retention, r.period+time.Hour)
		periodic = append(periodic, river.NewPeriodicJob(aligned(r.period), r.next, &river.PeriodicJobOpts{RunOnStart: true}))
	}
	return &river.Config{
		Logger:                      q.cfg.Logger,
		Queues:                      map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: q.cfg.Workers}},
		Workers:                     workers,
		PeriodicJobs:                periodic,
		FetchPollInterval:           q.cfg.PollInterval,
		JobTimeout:                  q.cfg.Timeout,
		RescueStuckJobsAfter:        longest + time.Minute,
		CompletedJobRetentionPeriod: retention,
		SoftStopTimeout:             q.cfg.StopTimeout,
	}
}

// failed codes an error of the database or of a context.
func failed(op string, err error) error {
	if err == nil {
		return nil
	}
	return &millrace.Error{Code: millrace.Unavailable, Op: op, Message: "the job queue's database did not do it", Err: err}
}
