// Package app is the one place where everything is built, started and stopped in order. The command line runs it; nothing imports it but
// cmd and tests.
package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strconv"
	"time"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/db"
	"millrace/internal/directory"
	"millrace/internal/engine"
	"millrace/internal/exchange"
	"millrace/internal/measure"
	"millrace/internal/savedview"
)

// Config is what a workspace needs. Zero values are the defaults.
type Config struct {
	DB     string // a file or a postgres:// URL
	Clock  millrace.Clock
	Logger *slog.Logger
	Preset string // the playbook that a fresh database starts with

	SessionIdle time.Duration // a person's session ends when it is not used for so long; 14 days
	SessionMax  time.Duration // and at the latest after this; 90 days
}

// Workspace is an open database with the engine and the rooms over it.
type Workspace struct {
	Engine    *engine.Engine
	Directory *directory.Directory
	Access    *access.Access
	Measure   *measure.Room
	People    *access.People
	Views     *savedview.Room
	db        *db.DB
	log       *slog.Logger
}

// Open opens a workspace, bringing its schema up to date. Close it at the end.
func Open(ctx context.Context, c Config) (*Workspace, error) {
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if err := checkDatabase(c.DB); err != nil {
		return nil, err
	}
	d, err := db.Open(ctx, c.DB, db.Options{})
	if err != nil {
		return nil, openFailed(c.DB, err)
	}
	if err := d.Migrate(ctx); err != nil {
		d.Close()
		return nil, openFailed(c.DB, err)
	}
	e, err := engine.Open(ctx, engine.Config{DB: d, Clock: c.Clock, Logger: c.Logger, Preset: c.Preset})
	if err != nil {
		d.Close()
		return nil, openFailed(c.DB, err)
	}
	return &Workspace{Engine: e, Directory: directory.New(e), Measure: measure.New(e, c.Logger), Access: access.New(d, e.Now), db: d, log: c.Logger,
		People: access.NewPeople(d, access.PeopleConfig{Clock: e.Now, SessionIdle: c.SessionIdle, SessionMax: c.SessionMax}), Views: savedview.Open(d, e.Now)}, nil
}

// Close ends the write path and closes the database. It may be called twice.
func (w *Workspace) Close() error {
	w.People.Close()
	return errors.Join(w.Engine.Close(), w.db.Close())
}

// Ledger lets imports write through the engine, at a clock of their own when at is not zero.
func (w *Workspace) Ledger(at millrace.Time) exchange.Ledger { return ledger{w.Engine, at} }

// Import brings a file in through the engine, and tells the access log.
func (w *Workspace) Import(ctx context.Context, name string, r io.Reader, o exchange.Options) (int64, exchange.Summary, error) {
	home := w.Engine.Playbook().Workspace
	o.Home = exchange.Home{Currency: home.Currency, Timezone: home.Timezone}
	id, s, err := exchange.Run(ctx, w.Ledger(0), name, r, o)
	if err == nil && !o.DryRun {
		err = w.Access.Record(ctx, access.Event{Action: access.Imported, TargetID: strconv.FormatInt(id, 10), Target: name,
			Detail: fmt.Sprintf("%s: %d of %d rows", s.Format, s.Accepted, s.Rows)})
	}
	return id, s, err
}

type ledger struct {
	engine *engine.Engine
	at     millrace.Time
}

func (l ledger) StartImport(ctx context.Context, i exchange.Import) (int64, error) {
	return l.engine.StartImport(ctx, engine.ImportFile{Entity: i.Entity, File: i.File, Format: i.Format, SHA256: i.SHA256, By: i.By})
}

func (l ledger) Apply(ctx context.Context, b millrace.Batch) (millrace.Receipt, error) {
	return l.engine.ApplyAt(ctx, b, l.at)
}

func (l ledger) FinishImport(ctx context.Context, id int64, s exchange.Summary) error {
	return l.engine.FinishImport(ctx, id, s.Format, s)
}
