package main

import (
	"io"
	"os"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/app"
	"millrace/internal/cli"
	"millrace/internal/engine"
	"millrace/internal/playbook"
)

type playbookCmd struct {
	Init       pbInitCmd     `cmd:"" help:"Write a starter playbook to a file."`
	Validate   pbValidateCmd `cmd:"" help:"Check a playbook: problems with line, column and a suggestion."`
	Plan       pbPlanCmd     `cmd:"" help:"Show what a playbook would change: who becomes and who stops being an MQL, by name."`
	Apply      pbApplyCmd    `cmd:"" help:"Put a playbook in force."`
	Show       pbShowCmd     `cmd:"" help:"Print the ruling playbook, or a past version."`
	History    pbHistoryCmd  `cmd:"" help:"List which versions ruled from when on."`
	Diff       pbDiffCmd     `cmd:"" help:"Compare two playbooks: files or versions; one alone is compared with the ruling one."`
	Schema     pbSchemaCmd   `cmd:"" help:"Print the JSON Schema of playbooks, for editors."`
	Presets    pbPresetsCmd  `cmd:"" help:"List the starter playbooks."`
	Frameworks pbFrameCmd    `cmd:"" help:"List the qualification frameworks."`
}

type pbInitCmd struct {
	File   string `arg:"" optional:"" help:"File to write; it must not exist yet." default:"playbook.yaml"`
	Preset string `env:"MILLRACE_PRESET" help:"smb, mid-market, enterprise; see millrace playbook presets." default:"mid-market"`
}

// Run writes a preset.
func (c *pbInitCmd) Run(s *cli.Session) error {
	p, ok := playbook.PresetByName(c.Preset)
	if !ok {
		return millrace.FieldErrorf("millrace.playbook", "--preset", "there is no preset %q: see millrace playbook presets", c.Preset)
	}
	f, err := os.OpenFile(c.File, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return &millrace.Error{Code: millrace.Conflict, Field: "file", Message: "the playbook was not written", Err: err}
	}
	if _, err := f.Write(p.Source); err != nil {
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return s.Print(map[string]any{"file": c.File, "preset": p.Name}, func() {
		s.Say("Wrote %s (%s). Edit it, then: millrace playbook plan %s", c.File, p.Title, c.File)
	})
}

func source(path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(io.LimitReader(os.Stdin, 1<<21))
	}
	b, err := os.ReadFile(path)
	if err != nil {
		return nil, &millrace.Error{Code: millrace.Invalid, Field: "file", Message: "the playbook can't be read", Err: err}
	}
	return b, nil
}

type pbValidateCmd struct {
	File string `arg:"" help:"The playbook, - for standard input."`
}

// Run checks a playbook.
func (c *pbValidateCmd) Run(s *cli.Session) error {
	src, err := source(c.File)
	if err != nil {
		return err
	}
	p, problems := playbook.Parse(src)
	out := map[string]any{"valid": !problems.HasErrors(), "problems": []playbook.Problem(problems)}
	if len(problems) == 0 {
		out["problems"] = []playbook.Problem{}
	}
	if p != nil {
		out["version"] = p.Version()
	}
	if err := s.Print(out, func() {
		for _, x := range problems {
			s.Say("%s:%s", c.File, x.String())
		}
		if p != nil {
			s.Say("%s is valid: version %s.", c.File, p.Version())
		}
	}); err != nil {
		return err
	}
	if problems.HasErrors() {
		return &millrace.Error{Code: millrace.Invalid, Message: "the playbook has errors"}
	}
	return nil
}

type pbPlanCmd struct {
	File string `arg:"" help:"The playbook, - for standard input."`
}

// Run shows a plan.
func (c *pbPlanCmd) Run(s *cli.Session) error {
	src, err := source(c.File)
	if err != nil {
		return err
	}
	return s.WithWorkspace(func(w *app.Workspace) error {
		p, err := w.Engine.Plan(s.Ctx, src)
		if err != nil {
			return err
		}
		return s.Print(p, func() {
			s.Say("%s would take the place of %s: %d changes.", p.Version, p.Ruling, len(p.Changes))
			s.Changes(p.Changes)
			printEffect(s, "contacts", "MQL", &p.Contacts)
			printEffect(s, "accounts", "MQA", &p.Accounts)
		})
	})
}

func printEffect(s *cli.Session, what, stage string, e *engine.PlanEffect) {
	s.Say("\nOf %d %s, %d fit now and %d would; %d are %s now and %d would be.", e.Evaluated, what, e.FitNow, e.FitAfter, e.Now, stage, e.After)
	for _, x := range e.Enter {
		s.Say("  enters: %s %s %s, intent %s, %s", x.ID, x.Name, x.Email, x.Intent, x.Reason)
	}
	for _, x := range e.Leave {
		s.Say("  leaves: %s %s %s, intent %s, %s", x.ID, x.Name, x.Email, x.Intent, x.Reason)
	}
}

type pbApplyCmd struct {
	File string `arg:"" help:"The playbook, - for standard input."`
	Note string `help:"Why, for the history."`
	Base string `help:"The version that the text was made from: refused when another rules by now."`
}

// Run applies a playbook.
func (c *pbApplyCmd) Run(s *cli.Session) error {
	src, err := source(c.File)
	if err != nil {
		return err
	}
	return s.WithWorkspace(func(w *app.Workspace) error {
		a, err := w.Engine.ApplyPlaybookOver(s.Ctx, c.Base, src, s.As, c.Note)
		if err != nil {
			return err
		}
		if a.Changed {
			if err := w.Access.Record(s.Ctx, access.Event{Action: access.PlaybookApplied, Target: a.Version, Detail: c.Note}); err != nil {
				return err
			}
		}
		return s.Print(a, func() {
			if !a.Changed {
				s.Say("%s rules already; nothing changed.", a.Version)
				return
			}
			s.Say("%s rules now; %d facts were folded again.", a.Version, a.Refolds)
		})
	})
}

type pbShowCmd struct {
	Version string `arg:"" optional:"" help:"A version, pb_…; the ruling one when not given."`
}

// Run prints a playbook.
func (c *pbShowCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		p, err := w.Engine.PlaybookVersion(s.Ctx, c.Version)
		if err != nil {
			return err
		}
		return s.Print(map[string]any{"version": p.Version(), "source": string(p.Source())}, func() { s.Out.Write(p.Source()) })
	})
}

type pbHistoryCmd struct{}

// Run lists rulings.
func (c *pbHistoryCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		list, err := w.Engine.Rulings(s.Ctx)
		if err != nil {
			return err
		}
		return s.Print(list, func() {
			var rows [][]string
			for _, r := range list {
				rows = append(rows, []string{r.At.String(), r.Version, r.By, r.Note})
			}
			s.Table([]string{"FROM", "VERSION", "BY", "WHY"}, rows)
		})
	})
}

type pbDiffCmd struct {
	A string `arg:"" help:"A file or a version."`
	B string `arg:"" optional:"" help:"A file or a version."`
}

// Run compares playbooks.
func (c *pbDiffCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		load := func(name string) (*playbook.Playbook, error) {
			if _, err := os.Stat(name); err != nil {
				return w.Engine.PlaybookVersion(s.Ctx, name)
			}
			src, err := source(name)
			if err != nil {
				return nil, err
			}
			p, problems := playbook.Parse(src)
			return p, problems.Err()
		}
		var err error
		a, b := w.Engine.Playbook(), (*playbook.Playbook)(nil)
		if c.B == "" {
			b, err = load(c.A)
		} else if a, err = load(c.A); err == nil {
			b, err = load(c.B)
		}
		if err != nil {
			return err
		}
		changes := playbook.Diff(a, b)
		if changes == nil {
			changes = []playbook.Change{}
		}
		return s.Print(changes, func() {
			s.Say("%s → %s: %d changes.", a.Version(), b.Version(), len(changes))
			s.Changes(changes)
		})
	})
}

type pbSchemaCmd struct{}

// Run prints the schema.
func (c *pbSchemaCmd) Run(s *cli.Session) error {
	_, err := s.Out.Write(playbook.Schema())
	return err
}

type pbPresetsCmd struct{}

// Run lists presets.
func (c *pbPresetsCmd) Run(s *cli.Session) error {
	type row struct {
		Name        string `json:"name"`
		Title       string `json:"title"`
		Motion      string `json:"motion"`
		Description string `json:"description"`
	}
	var out []row
	var rows [][]string
	for _, p := range playbook.Presets() {
		out = append(out, row{p.Name, p.Title, p.Motion, p.Description})
		rows = append(rows, []string{p.Name, p.Title, p.Description})
	}
	return s.Print(out, func() { s.Table([]string{"NAME", "TITLE", "WHAT"}, rows) })
}

type pbFrameCmd struct{}

// Run lists frameworks.
func (c *pbFrameCmd) Run(s *cli.Session) error {
	list := playbook.Frameworks()
	return s.Print(list, func() {
		for _, f := range list {
			s.Say("%s: %s", f.Name, f.Description)
			for _, e := range f.Evidence {
				s.Say("  %s: %s", e.Name, e.Question)
			}
		}
	})
}
