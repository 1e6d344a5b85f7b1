package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/app"
	"millrace/internal/cli"
	"millrace/internal/directory"
	"millrace/internal/engine"
	"millrace/internal/exchange"
	"millrace/internal/exchange/format"
	"millrace/internal/exchange/mapping"
)

type importCmd struct {
	Accounts      importAccounts      `cmd:"" help:"Import accounts (HubSpot, Salesforce, People Data Labs and others are recognised)."`
	Contacts      importContacts      `cmd:"" help:"Import contacts or leads."`
	Opportunities importOpportunities `cmd:"" help:"Import opportunities, their stage history or their contact roles."`
	Events        importEvents        `cmd:"" help:"Import what people did."`
	Reps          importReps          `cmd:"" help:"Import sales reps with manager and region."`
	Products      importProducts      `cmd:"" help:"Import products."`
	Spend         importSpend         `cmd:"" help:"Import what marketing cost: reports of Google Ads, LinkedIn and Meta by day, other costs by day, month or from and to."`
	Contracts     importContracts     `cmd:"" help:"Import customers' contracts, with yearly, monthly or total amounts."`
	Targets       importTargets       `cmd:"" help:"Import what metrics are to reach, by month, quarter or from and to."`
	Rates         importRates         `cmd:"" help:"Import exchange rates by day (the European Central Bank's file is recognised)."`
	Undo          undoCmd             `cmd:"" help:"Take an import back as a whole."`
	List          importsCmd          `cmd:"" help:"List imports."`
	Formats       formatsCmd          `cmd:"" help:"List the formats that are recognised."`
}

type (
	importAccounts      struct{ importFileCmd }
	importContacts      struct{ importFileCmd }
	importOpportunities struct{ importFileCmd }
	importEvents        struct{ importFileCmd }
	importReps          struct{ importFileCmd }
	importProducts      struct{ importFileCmd }
	importSpend         struct{ importFileCmd }
	importContracts     struct{ importFileCmd }
	importTargets       struct{ importFileCmd }
	importRates         struct{ importFileCmd }
)

// Run imports the file as what the command names.
func (c *importAccounts) Run(s *cli.Session) error      { return c.run(s, "accounts") }
func (c *importContacts) Run(s *cli.Session) error      { return c.run(s, "contacts") }
func (c *importOpportunities) Run(s *cli.Session) error { return c.run(s, "opportunities") }
func (c *importEvents) Run(s *cli.Session) error        { return c.run(s, "events") }
func (c *importReps) Run(s *cli.Session) error          { return c.run(s, "reps") }
func (c *importProducts) Run(s *cli.Session) error      { return c.run(s, "products") }
func (c *importSpend) Run(s *cli.Session) error         { return c.run(s, "spend") }
func (c *importContracts) Run(s *cli.Session) error     { return c.run(s, "contracts") }
func (c *importTargets) Run(s *cli.Session) error       { return c.run(s, "targets") }
func (c *importRates) Run(s *cli.Session) error         { return c.run(s, "rates") }

type importFileCmd struct {
	File      string `arg:"" type:"existingfile" help:"CSV file, gzip or not."`
	Map       string `name:"map" env:"MILLRACE_IMPORT_MAP" aliases:"mapping" type:"existingfile" help:"Mapping file for columns that are not recognised." placeholder:"FILE"`
	DryRun    bool   `env:"MILLRACE_IMPORT_DRY_RUN" help:"Read and judge everything, write nothing."`
	Rejects   string `env:"MILLRACE_IMPORT_REJECTS" help:"Write rejected rows with reasons here; FILE.rejected.csv when there are any and nothing is given." placeholder:"FILE"`
	Delimiter string `env:"MILLRACE_IMPORT_DELIMITER" help:"Column delimiter; sniffed when not given." placeholder:"C"`
	Currency  string `env:"MILLRACE_IMPORT_CURRENCY" help:"Of amounts that name none; the workspace's when not given." placeholder:"ISO"`
	Timezone  string `env:"MILLRACE_IMPORT_TIMEZONE" help:"Of dates without an offset." placeholder:"ZONE"`
	Quiet     bool   `env:"MILLRACE_QUIET" help:"No progress on standard error."`
}

// imported is what import prints.
type imported struct {
	ID     int64 `json:"id"`
	DryRun bool  `json:"dry_run,omitempty"`
	exchange.Summary
	RejectsFile string `json:"rejects_file,omitempty"`
}

func (c *importFileCmd) run(s *cli.Session, entity string) error {
	o := exchange.Options{Entity: entity, By: s.As, DryRun: c.DryRun, Currency: c.Currency, Timezone: c.Timezone, Clock: millrace.SystemClock}
	if c.Delimiter != "" {
		o.Delimiter = []rune(map[string]string{`\t`: "\t", "tab": "\t"}[c.Delimiter] + c.Delimiter)[0]
	}
	if c.Map != "" {
		src, err := os.ReadFile(c.Map)
		if err != nil {
			return &millrace.Error{Code: millrace.Invalid, Field: "--map", Message: "the mapping can't be read", Err: err}
		}
		if o.Mapping, err = mapping.Parse(src); err != nil {
			return err
		}
	}
	f, err := os.Open(c.File)
	if err != nil {
		return &millrace.Error{Code: millrace.Invalid, Message: "the file can't be read", Err: err}
	}
	defer f.Close()
	rejects := &lazyFile{path: c.Rejects}
	if c.Rejects == "" {
		rejects.path = c.File + ".rejected.csv"
	}
	o.Rejects = rejects
	if !c.Quiet {
		o.Progress = importProgress(s)
	}
	return s.WithWorkspace(func(w *app.Workspace) error {
		id, sum, err := w.Import(s.Ctx, filepath.Base(c.File), f, o)
		if closeErr := rejects.Close(); err == nil {
			err = closeErr
		}
		if err != nil {
			return err
		}
		out := imported{ID: id, DryRun: c.DryRun, Summary: sum}
		if rejects.file != nil && sum.Rejected > 0 {
			out.RejectsFile = rejects.path
		} else if rejects.file != nil {
			os.Remove(rejects.path)
		}
		return s.Print(out, func() { printImport(s, &out) })
	})
}

func printImport(s *cli.Session, out *imported) {
	verb := "Imported"
	if out.DryRun {
		verb = "Would import"
	}
	s.Say("%s %d of %d rows as %s (%s); %d duplicates, %d rejected.", verb, out.Accepted, out.Rows, out.Format, out.Encoding, out.Duplicates, out.Rejected)
	if days := daysOf(&out.Summary); days != "" {
		s.Say("%s", days)
	}
	for _, n := range out.Notes {
		s.Say("  %s", n)
	}
	for _, r := range out.ExampleRejects {
		s.Say("  line %d: %s %s", r.Line, r.Reason, r.Detail)
	}
	if out.RejectsFile != "" {
		s.Say("Rejected rows with their reasons: %s", out.RejectsFile)
	}
	if !out.DryRun {
		s.Say("Undo with: millrace import undo %d", out.ID)
	}
}

// daysOf says of which days a file of figures is and what it cost, "" of other files.
func daysOf(sum *exchange.Summary) string {
	if sum.FirstDay == "" {
		return ""
	}
	var parts []string
	if sum.Platform != "" {
		parts = append(parts, sum.Platform)
	}
	if spent := amounts(sum.Spend); spent != "" {
		parts = append(parts, spent)
	}
	days := sum.FirstDay
	if sum.LastDay != sum.FirstDay {
		days += " to " + sum.LastDay
	}
	return strings.Join(append(parts, days), ", ") + "."
}

// importProgress says once a second how far an import is.
func importProgress(s *cli.Session) func(exchange.RunProgress) {
	last := time.Now()
	return func(p exchange.RunProgress) {
		if time.Since(last) < time.Second {
			return
		}
		last = time.Now()
		what := "reading"
		if p.Checking {
			what = "checking"
		}
		share := 100.0
		if p.TotalBytes > 0 {
			share = 100 * float64(p.Bytes) / float64(p.TotalBytes)
		}
		fmt.Fprintf(s.Errs, "%s: %d rows, %.0f%%\n", what, p.Rows, share)
	}
}

// lazyFile is made when the first byte is written to it.
type lazyFile struct {
	path string
	file *os.File
}

func (l *lazyFile) Write(b []byte) (int, error) {
	if l.file == nil {
		f, err := os.Create(l.path)
		if err != nil {
			return 0, err
		}
		l.file = f
	}
	return l.file.Write(b)
}

func (l *lazyFile) Close() error {
	if l.file == nil {
		return nil
	}
	return l.file.Close()
}

type undoCmd struct {
	ID int64 `arg:"" help:"The import's id."`
}

// Run undoes an import.
func (c *undoCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		n, err := w.Engine.UndoImport(s.Ctx, c.ID)
		if err != nil {
			return err
		}
		if err := w.Access.Record(s.Ctx, access.Event{Action: access.ImportUndone, TargetID: strconv.FormatInt(c.ID, 10)}); err != nil {
			return err
		}
		return s.Print(map[string]any{"id": c.ID, "undone": true, "facts": n}, func() {
			s.Say("Import %d is undone: %d facts were folded again. It can be imported again.", c.ID, n)
		})
	})
}

type importsCmd struct{}

// Run lists imports.
func (c *importsCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		list, err := w.Engine.Imports(s.Ctx)
		if err != nil {
			return err
		}
		return s.Print(list, func() {
			var rows [][]string
			for _, i := range list {
				state := strings.ReplaceAll(string(i.State), "_", " ")
				if i.UndoneAt != 0 {
					state += " " + i.UndoneAt.String()
				}
				rows = append(rows, []string{strconv.FormatInt(i.ID, 10), i.Entity, i.File, i.Format, i.StartedAt.String(), state})
			}
			s.Table([]string{"ID", "ENTITY", "FILE", "FORMAT", "STARTED", "STATE"}, rows)
		})
	})
}

type formatsCmd struct{}

// Run lists the recognised formats.
func (c *formatsCmd) Run(s *cli.Session) error {
	formats := format.Known()
	return s.Print(formats, func() {
		var rows [][]string
		for _, f := range formats {
			rows = append(rows, []string{f.ID, f.Entity, f.Title})
		}
		s.Table([]string{"FORMAT", "ENTITY", "WHAT"}, rows)
	})
}

type mergeCmd struct {
	A string `arg:"" help:"One: an address, id, domain …"`
	B string `arg:"" help:"The other."`
}

// Run merges.
func (c *mergeCmd) Run(s *cli.Session) error {
	return pair(s, (*engine.Engine).Merge, c.A, c.B, "merged")
}

type unmergeCmd struct {
	A string `arg:"" help:"One, as it was named at the merge, or as merges lists it."`
	B string `arg:"" help:"The other."`
}

// Run takes a merge back.
func (c *unmergeCmd) Run(s *cli.Session) error {
	return pair(s, (*engine.Engine).Unmerge, c.A, c.B, "unmerged")
}

type mergesCmd struct {
	Who string `arg:"" help:"The contact or account: an address, id, domain …"`
}

// Run lists the merges of which a contact or an account consists.
func (c *mergesCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		list, err := w.Directory.Merges(s.Ctx, c.Who)
		if err != nil {
			return err
		}
		return s.Print(list, func() {
			if len(list) == 0 {
				s.Say("No merge: what is known of %s came together by itself.", c.Who)
				return
			}
			var rows [][]string
			for _, m := range list {
				back := "millrace unmerge " + m.A.ID + " " + m.B.ID
				if !m.Separates {
					back += " (they stay one: something else puts them together too)"
				}
				rows = append(rows, []string{m.At.String(), m.By, mergeSide(m.A), mergeSide(m.B), back})
			}
			s.Table([]string{"WHEN", "BY", "ONE", "THE OTHER", "TO TAKE IT BACK"}, rows)
		})
	})
}

// mergeSide names one side of a merge, by its name and the identifier that was merged.
func mergeSide(m directory.MergeSide) string {
	id := m.Identifiers[0].Value
	if m.Name == "" || m.Name == id {
		return id
	}
	return m.Name + " (" + id + ")"
}

type domainCmd struct {
	Domain string `arg:"" help:"The further domain."`
	Of     string `arg:"" help:"A domain of the account."`
}

// Run declares a domain.
func (c *domainCmd) Run(s *cli.Session) error {
	return pair(s, (*engine.Engine).DeclareDomain, c.Domain, c.Of, "declared")
}

func pair(s *cli.Session, do func(*engine.Engine, context.Context, string, string, string) error, a, b, done string) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		if err := do(w.Engine, s.Ctx, a, b, s.As); err != nil {
			return err
		}
		return s.Print(map[string]any{"a": a, "b": b, done: true}, func() { s.Say("%s and %s: %s.", a, b, done) })
	})
}

type eraseCmd struct {
	Who string `arg:"" help:"The person: an address, user id, record id or id."`
	Yes bool   `help:"Don't ask; erasure can't be undone."`
}

// Run erases a person.
func (c *eraseCmd) Run(s *cli.Session) error {
	if !c.Yes {
		return millrace.FieldErrorf("millrace.erase", "--yes", "erasing %s can't be undone: say --yes when you mean it", c.Who)
	}
	return s.WithWorkspace(func(w *app.Workspace) error {
		e, err := w.Engine.Erase(s.Ctx, c.Who, s.As)
		if err != nil {
			return err
		}
		if err := w.Access.Record(s.Ctx, access.Event{Action: access.Erased, TargetID: e.Contact}); err != nil {
			return err
		}
		return s.Print(e, func() {
			s.Say("Erased %s: %d facts, %d identifiers. Backups are yours to expire.", e.Contact, e.Events, e.Identifiers)
		})
	})
}

type logCmd struct {
	Check   logCheckCmd   `cmd:"" help:"Derive everything again and compare it with the live state, row by row; exit code 1 when they differ."`
	Rebuild logRebuildCmd `cmd:"" help:"Derive everything again beside the live state, and switch to it."`
}

type logCheckCmd struct {
	Quiet bool `env:"MILLRACE_QUIET" help:"No progress on standard error."`
}

// Run checks the log.
func (c *logCheckCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		r, err := w.Engine.Check(s.Ctx, progress(s, c.Quiet))
		if err != nil {
			return err
		}
		if err := s.Print(r, func() {
			if r.Differences == 0 {
				s.Say("All %d derived rows are what %d facts give.", r.Rows, r.Facts)
				return
			}
			s.Say("%d differences between the live state and the log:", r.Differences)
			for _, d := range r.Examples {
				s.Say("  %s %s %s: live %s, log %s", d.Table, d.Row, d.Column, d.Live, d.Log)
			}
			s.Say("Mend them with: millrace log rebuild")
		}); err != nil {
			return err
		}
		if r.Differences > 0 {
			return cli.ErrFound
		}
		return nil
	})
}

type logRebuildCmd struct {
	Quiet bool `env:"MILLRACE_QUIET" help:"No progress on standard error."`
}

// Run rebuilds.
func (c *logRebuildCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		n, err := w.Engine.Rebuild(s.Ctx, progress(s, c.Quiet))
		if err != nil {
			return err
		}
		return s.Print(map[string]any{"facts": n}, func() { s.Say("Rebuilt all derived state from %d facts.", n) })
	})
}

// progress says once a second how far a long task is.
func progress(s *cli.Session, quiet bool) func(engine.Progress) {
	if quiet {
		return nil
	}
	last := time.Now()
	return func(p engine.Progress) {
		if time.Since(last) < time.Second {
			return
		}
		last = time.Now()
		fmt.Fprintf(s.Errs, "%s: %d of %d\n", p.Phase, p.Done, p.Total)
	}
}

type sweepCmd struct{}

// Run sweeps.
func (c *sweepCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		n, err := w.Engine.Sweep(s.Ctx, w.Engine.Now())
		if err != nil {
			return err
		}
		return s.Print(map[string]any{"visited": n}, func() { s.Say("Looked at %d contacts and accounts that were due.", n) })
	})
}
