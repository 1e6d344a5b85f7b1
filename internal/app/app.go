// Package app is the one place where everything is built, started and stopped in order. The command line runs it; nothing imports it but
// cmd and tests.
package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"time"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/dashboard"
	"millrace/internal/dashboard/mailing"
	"millrace/internal/db"
	"millrace/internal/directory"
	"millrace/internal/engine"
	"millrace/internal/exchange"
	"millrace/internal/exchange/staging"
	"millrace/internal/lease"
	"millrace/internal/measure"
	"millrace/internal/savedview"
)

// Config is what a workspace needs. Zero values are the defaults.
type Config struct {
	DB     string // a file or a postgres:// URL
	Clock  millrace.Clock
	Logger *slog.Logger
	Preset string // the playbook that a fresh database starts with

	Uploads string // folder of files that wait to be imported; "" is beside the database, or for PostgreSQL in the system's for temporary files

	SessionIdle time.Duration // a person's session ends when it is not used for so long; 14 days
	SessionMax  time.Duration // and at the latest after this; 90 days
}

// Workspace is an open database with the engine and the rooms over it.
type Workspace struct {
	Engine     *engine.Engine
	Directory  *directory.Directory
	Access     *access.Access
	Measure    *measure.Room
	Dashboards *dashboard.Room
	Mailing    *mailing.Room
	People     *access.People
	Views      *savedview.Room
	Uploads    *staging.Room
	db         *db.DB
	log        *slog.Logger
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
	dir, room := directory.New(e), measure.New(e, c.Logger)
	people := access.NewPeople(d, access.PeopleConfig{Clock: e.Now, SessionIdle: c.SessionIdle, SessionMax: c.SessionMax,
		Leaving: []func(context.Context, *db.Tx, access.User) error{savedview.Leave, mailing.Leave}})
	w := &Workspace{Engine: e, Directory: dir, Measure: room, Dashboards: dashboard.New(e, room, dir), Access: access.New(d, e.Now), db: d, log: c.Logger,
		People: people, Views: savedview.Open(d, e.Now)}
	w.Uploads = staging.New(staging.Config{DB: d, Dir: cmp.Or(c.Uploads, uploadsOf(d)), Clock: e.Now, Import: w.Import, Home: w.home, Logger: c.Logger})
	w.Mailing = mailing.New(e, room, w.Dashboards, w.People, w.Access)
	nothing := func(context.Context) error { return nil } // views and uploads are not read from the log: an erasure alone reaches them
	unchecked := func(context.Context) (engine.Checked, error) { return engine.Checked{}, nil }
	e.Register(engine.Projection{Name: "views", Tables: []string{"saved_view", "default_view"}, Follow: nothing, Rebuild: nothing, Check: unchecked,
		Leave: func(ctx context.Context, tx *db.Tx, who engine.Leaving) error {
			return savedview.Forget(ctx, tx, who.Name, who.Emails)
		}})
	e.Register(engine.Projection{Name: "uploads", Tables: []string{"upload"}, Follow: w.Uploads.Forget, Rebuild: nothing, Check: unchecked})
	return w, nil
}

// uploadsOf is where a database's uploads lie when nothing is said.
func uploadsOf(d *db.DB) string {
	if d.Dialect == db.SQLite {
		return d.URL() + "-uploads"
	}
	sum := sha256.Sum256([]byte(d.URL()))
	return filepath.Join(os.TempDir(), "millrace-uploads-"+hex.EncodeToString(sum[:6]))
}

// home is the workspace's currency and time zone.
func (w *Workspace) home() exchange.Home {
	home := w.Engine.Playbook().Workspace
	return exchange.Home{Currency: home.Currency, Timezone: home.Timezone}
}

// Close ends the write path and closes the database. It may be called twice.
func (w *Workspace) Close() error {
	w.Uploads.Close()
	w.People.Close()
	w.Measure.Close()
	return errors.Join(w.Engine.Close(), w.db.Close())
}

// Ledger lets imports write through the engine, at a clock of their own when at is not zero.
func (w *Workspace) Ledger(at millrace.Time) exchange.Ledger { return ledger{w.Engine, at} }

// Import brings a file in through the engine, and tells the access log. An import that was undone, came to its end or read the file in
// another way is not gone on with: the file makes another.
func (w *Workspace) Import(ctx context.Context, name string, r io.Reader, o exchange.Options) (int64, exchange.Summary, error) {
	o.Home = w.home()
	if !o.DryRun {
		defer w.hold(ctx, &o)()
	}
	id, s, err := exchange.Run(ctx, w.Ledger(0), name, r, o)
	if err == nil && !o.DryRun {
		err = w.Access.Record(ctx, access.Event{Action: access.Imported, TargetID: strconv.FormatInt(id, 10), Target: name,
			Detail: fmt.Sprintf("%s: %d of %d rows", s.Format, s.Accepted, s.Rows)})
	}
	return id, s, err
}

// hold says every second that this process works on the import, once it has its number, until the function that it gives is called.
func (w *Workspace) hold(ctx context.Context, o *exchange.Options) (end func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var id atomic.Int64
	sign := func(do func(context.Context, int64) error, ctx context.Context) {
		if n := id.Load(); n != 0 {
			if err := do(ctx, n); err != nil && ctx.Err() == nil {
				w.log.Warn("an import's sign of life could not be kept", "import", n, "error", err)
			}
		}
	}
	tell := o.Progress
	o.Progress = func(p exchange.RunProgress) {
		if id.Swap(p.Import) != p.Import {
			sign(w.Engine.SignImport, ctx)
		}
		if tell != nil {
			tell(p)
		}
	}
	signing := make(chan struct{})
	go func() {
		defer close(signing)
		t := time.NewTicker(lease.Every)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				sign(w.Engine.SignImport, ctx)
			}
		}
	}()
	return func() {
		cancel()
		<-signing
		sign(w.Engine.LeaveImport, context.WithoutCancel(ctx))
	}
}

type ledger struct {
	engine *engine.Engine
	at     millrace.Time
}

func (l ledger) StartImport(ctx context.Context, i exchange.Import) (int64, error) {
	return l.engine.StartImport(ctx, engine.ImportFile{Entity: i.Entity, File: i.File, Format: i.Format, SHA256: i.SHA256, Reading: i.Reading, By: i.By, Resume: i.Resume})
}

func (l ledger) Apply(ctx context.Context, b millrace.Batch) (millrace.Receipt, error) {
	return l.engine.ApplyAt(ctx, b, l.at)
}

func (l ledger) FinishImport(ctx context.Context, id int64, s exchange.Summary) error {
	return l.engine.FinishImport(ctx, id, s.Format, s)
}
