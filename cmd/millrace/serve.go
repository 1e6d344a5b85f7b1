package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"time"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/app"
	"millrace/internal/cli"
	"millrace/internal/directory"
	"millrace/internal/market"
)

type serveCmd struct {
	Addr     string `env:"MILLRACE_ADDR" default:"127.0.0.1:8080" help:"Address to listen on." placeholder:"HOST:PORT"`
	Demo     bool   `env:"MILLRACE_DEMO" help:"Fill an empty database with a year of a simulated market first, and print a link that signs in."`
	Accounts int    `env:"MILLRACE_DEMO_ACCOUNTS" default:"500" help:"Accounts of the demo market."`
	Uploads  string `env:"MILLRACE_UPLOADS" help:"Folder of files that wait to be imported, one for each database; beside an SQLite database, else among temporary files." placeholder:"FOLDER"`
	mailing
	SessionIdle time.Duration `env:"MILLRACE_SESSION_IDLE" default:"336h" help:"A person is signed out when they don't come for so long." placeholder:"DURATION"`
	SessionMax  time.Duration `env:"MILLRACE_SESSION_MAX" default:"2160h" help:"A person signs in again after so long at the latest." placeholder:"DURATION"`
}

// Run serves until it is told to stop, which is no failure however early it comes.
func (c *serveCmd) Run(s *cli.Session) error {
	err := c.serve(s)
	if s.Ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}

func (c *serveCmd) serve(s *cli.Session) error {
	log := slog.New(slog.NewTextHandler(s.Errs, nil))
	mailer, err := c.mailer()
	if err != nil {
		return err
	}
	w, err := app.Open(s.Ctx, app.Config{DB: s.DB, Uploads: c.Uploads, Logger: log, SessionIdle: c.SessionIdle, SessionMax: c.SessionMax})
	if err != nil {
		return err
	}
	defer w.Close()
	if c.Demo {
		if err := c.fill(s, w); err != nil {
			return err
		}
	}
	srv, err := app.Serve(s.Ctx, w, app.ServerConfig{Addr: c.Addr, PublicURL: c.PublicURL, Mailer: mailer, Version: version, Logger: log})
	if err != nil {
		return err
	}
	s.Say("Millrace serves on http://%s (database %s)", srv.Addr(), s.DB)
	if err := c.welcome(s, w, srv); err != nil && s.Ctx.Err() == nil {
		return errors.Join(err, srv.Stop(context.WithoutCancel(s.Ctx)))
	}
	select {
	case <-s.Ctx.Done():
	case err = <-srv.Failed():
	}
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if stopErr := srv.Stop(ctx); err == nil {
		err = stopErr
	}
	return err
}

// fill puts the demo market into an empty workspace, with the year ending today.
func (c *serveCmd) fill(s *cli.Session, w *app.Workspace) error {
	st, err := w.Directory.Stats(s.Ctx)
	if err != nil {
		return err
	}
	if st.Events > 0 {
		return nil
	}
	const months = 12
	start := w.Engine.Now().Std().AddDate(0, -months, 0).Truncate(24 * time.Hour)
	began := time.Now()
	n, err := w.FillMarket(s.Ctx, market.Config{Seed: 1, Accounts: c.Accounts, Months: months, Start: millrace.TimeOf(start), Channels: market.Budgeted()}, func(day string, n int) {
		if day[8:] == "01" {
			fmt.Fprintf(s.Errs, "demo market: %s, %d facts\n", day, n)
		}
	})
	if err != nil {
		return err
	}
	s.Say("Filled the demo market: %d facts of %d accounts over a year in %.1f s.", n, c.Accounts, time.Since(began).Seconds())
	k, err := w.Access.Create(s.Ctx, access.Request{Kind: access.Write, Name: "Demo website"})
	if err == nil {
		s.Say("Write key of the demo website: %s", k.Secret)
	}
	return err
}

// welcome prints the way in: to the demo a link that signs in, to a server without people the link by which the first admin is made. Each works
// once; the next start prints a new one.
func (c *serveCmd) welcome(s *cli.Session, w *app.Workspace, srv *app.Server) error {
	if c.Demo {
		l, ok, err := w.People.DemoLink(s.Ctx)
		if err != nil {
			return err
		}
		if ok {
			s.Say("Sign in: %s", l.URL(srv.URL()))
			return nil
		}
	}
	l, ok, err := w.People.SetUpLink(s.Ctx)
	if err == nil && ok {
		s.Say("Nobody can sign in yet. Make the first admin: %s", l.URL(srv.URL()))
	}
	return err
}

type keyCmd struct {
	Create keyCreateCmd `cmd:"" help:"Make a key; it is shown once."`
	List   keyListCmd   `cmd:"" help:"List keys."`
	Revoke keyRevokeCmd `cmd:"" help:"End a key."`
}

type keyCreateCmd struct {
	Kind  string   `required:"" enum:"write,secret" help:"write: websites and SDKs, can only append facts; secret: the API."`
	Name  string   `required:"" help:"What it is for."`
	Scope []string `help:"Scopes of a secret key: read, intake, export, write, import, playbook, admin; all when not given."`
	Rate  int      `help:"Events a second of a write key; 0 is the server's default."`
}

// Run makes a key.
func (c *keyCreateCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		r := access.Request{Kind: c.Kind, Name: c.Name, Rate: c.Rate}
		for _, x := range c.Scope {
			r.Scopes = append(r.Scopes, access.Scope(x))
		}
		if c.Kind == "secret" && len(r.Scopes) == 0 {
			r.Scopes = access.Scopes()
		}
		k, err := w.Access.Create(s.Ctx, r)
		if err != nil {
			return err
		}
		return s.Print(k, func() { s.Say("%s key %s (%s): %s\nIt is shown this once.", k.Kind, k.ID, k.Name, k.Secret) })
	})
}

type keyListCmd struct{}

// Run lists keys.
func (c *keyListCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		list, err := w.Access.List(s.Ctx)
		if err != nil {
			return err
		}
		return s.Print(list, func() {
			var rows [][]string
			for _, k := range list {
				rows = append(rows, []string{k.ID, k.Kind, k.Name, k.Hint + "…", fmt.Sprint(k.Scopes), k.CreatedAt.String(), k.RevokedAt.String()})
			}
			s.Table([]string{"ID", "KIND", "NAME", "KEY", "SCOPES", "CREATED", "REVOKED"}, rows)
		})
	})
}

type keyRevokeCmd struct {
	ID string `arg:"" help:"The key's id."`
}

// Run revokes a key.
func (c *keyRevokeCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		k, err := w.Access.Revoke(s.Ctx, c.ID)
		if err != nil {
			return err
		}
		return s.Print(k, func() { s.Say("Key %s (%s) is revoked.", k.ID, k.Name) })
	})
}

type tailCmd struct {
	Once bool `env:"MILLRACE_TAIL_ONCE" help:"Print the last facts and drops, then stop."`
}

// Run follows facts and drops.
func (c *tailCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		position, drop, err := w.Directory.Ends(s.Ctx)
		if err != nil {
			return err
		}
		position, drop = max(position-10, 0), max(drop-10, 0)
		for {
			events, err := w.Directory.Events(s.Ctx, directory.EventFilter{After: &position, Paging: directory.Paging{Limit: directory.MaxLimit}})
			if err != nil {
				return err
			}
			for _, e := range events.Data {
				position = e.Position
				who := ""
				if e.Contact != nil {
					who = e.Contact.Name
				} else if e.Subject != nil {
					who = e.Subject.Value
				}
				if err := s.Print(map[string]any{"event": e}, func() {
					s.Say("%s  %-11s %s %s  %s  from %s", e.ReceivedAt, e.Kind, e.Name, e.Place, who, e.Source)
				}); err != nil {
					return err
				}
			}
			drops, err := w.Directory.Drops(s.Ctx, directory.DropFilter{After: &drop, Paging: directory.Paging{Limit: directory.MaxLimit}})
			if err != nil {
				return err
			}
			for _, d := range drops.Data {
				drop = d.ID
				if err := s.Print(map[string]any{"drop": d}, func() { s.Say("%s  DROPPED %s: %s (%s, %d)", d.At, d.Reason, d.Detail, d.Source, d.Count) }); err != nil {
					return err
				}
			}
			if c.Once {
				return nil
			}
			select {
			case <-s.Ctx.Done():
				return nil
			case <-time.After(500 * time.Millisecond):
			}
		}
	})
}

type marketCmd struct {
	Generate marketGenerateCmd `cmd:"" help:"Generate a market: as files, into a database, or to a running server."`
}

type marketGenerateCmd struct {
	Seed     uint64 `env:"MILLRACE_MARKET_SEED" default:"1" help:"The same seed gives the same market, on every machine."`
	Accounts int    `env:"MILLRACE_MARKET_ACCOUNTS" default:"1000" help:"Companies."`
	Months   int    `env:"MILLRACE_MARKET_MONTHS" default:"12" help:"Length."`
	Start    string `env:"MILLRACE_MARKET_START" help:"First day, 2025-11-22; when not given the market ends today." placeholder:"DAY"`
	Motion   string `env:"MILLRACE_MARKET_MOTION" help:"smb, mid-market or enterprise." default:"mid-market"`
	Out      string `env:"MILLRACE_MARKET_OUT" help:"Write import files and truth.json into this folder." placeholder:"DIR"`
	Fill     bool   `help:"Fill the database that --db names, decisions made as time went by."`
	Server   string `env:"MILLRACE_MARKET_SERVER" help:"Feed a running server over HTTP." placeholder:"URL"`
	WriteKey string `name:"write-key" env:"MILLRACE_WRITE_KEY" help:"Write key for --server." placeholder:"KEY"`
	Truth    string `env:"MILLRACE_MARKET_TRUTH" help:"Write the truth here." placeholder:"FILE"`
}

// Run generates a market.
func (c *marketGenerateCmd) Run(s *cli.Session) error {
	now := time.Now().UTC().Truncate(24 * time.Hour)
	start := millrace.TimeOf(now.AddDate(0, -c.Months, 0))
	if c.Start != "" {
		var err error
		if start, err = cli.Moment("start", c.Start); err != nil {
			return err
		}
	}
	if c.Accounts < 1 || c.Months < 1 {
		return millrace.FieldErrorf("millrace.market", "--accounts", "a market has at least one account and one month")
	}
	cfg := market.Config{Seed: c.Seed, Accounts: c.Accounts, Months: c.Months, Start: start, Motion: c.Motion, Channels: market.Budgeted()}
	m, err := market.New(cfg)
	if err != nil {
		return err
	}
	if c.Out == "" && !c.Fill && c.Server == "" && c.Truth == "" {
		return millrace.FieldErrorf("millrace.market", "--out", "say where it should go: --out DIR, --fill, --server URL or --truth FILE")
	}
	result := map[string]any{"seed": c.Seed, "accounts": c.Accounts, "months": c.Months, "start": start}
	if c.Out != "" {
		if err := os.MkdirAll(c.Out, 0o755); err != nil {
			return err
		}
		if err := m.WriteFiles(folder(c.Out)); err != nil {
			return err
		}
		result["out"] = c.Out
	}
	if c.Truth != "" {
		if err := writeTruth(m, c.Truth); err != nil {
			return err
		}
		result["truth"] = c.Truth
	}
	if c.Fill {
		if err := s.WithWorkspace(func(w *app.Workspace) (err error) {
			result["facts"], err = w.FillMarket(s.Ctx, cfg, nil)
			return err
		}); err != nil {
			return err
		}
	}
	if c.Server != "" {
		n, err := feedServer(s.Ctx, m, c.Server, c.WriteKey, runtime.NumCPU()*2)
		if err != nil {
			return err
		}
		result["sent"] = n
	}
	return s.Print(result, func() {
		s.Say("A market of %d accounts over %d months from %s (seed %d):", c.Accounts, c.Months, start.Std().Format("2006-01-02"), c.Seed)
		for _, line := range [...]struct{ key, text string }{{"out", "import files and truth.json are in %v"}, {"truth", "the truth is in %v"},
			{"facts", "%v facts are in the database"}, {"sent", "%v facts were sent to the server"}} {
			if v, ok := result[line.key]; ok {
				s.Say("  "+line.text, v)
			}
		}
	})
}

// folder is a market.Directory on disk.
type folder string
