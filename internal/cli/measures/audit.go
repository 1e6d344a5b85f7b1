package measures

import (
	"os"
	"slices"
	"strings"

	"millrace"
	"millrace/internal/app"
	"millrace/internal/audit"
	"millrace/internal/cli"
)

// Audit asks for the known ways in which a program fails.
type Audit struct {
	Markdown string   `help:"Also write the report as Markdown to this file." placeholder:"FILE"`
	HTML     string   `name:"html" help:"Also write the report as a page to this file; browsers print it on A4 or save it as PDF." placeholder:"FILE"`
	Only     []string `help:"Judge by these checks alone; the exit code too." placeholder:"ID"`
}

// Run asks the audit's questions and prints the answers; a severe check that fails ends it with exit code 1.
func (c *Audit) Run(s *cli.Session) error {
	if err := c.known(); err != nil {
		return err
	}
	return s.WithWorkspace(func(w *app.Workspace) error {
		if _, err := w.Engine.Sweep(s.Ctx, w.Engine.Now()); err != nil {
			return err
		}
		m, err := w.Measure.Model(s.Ctx)
		if err != nil {
			return err
		}
		r := m.Audit()
		if len(c.Only) > 0 {
			r = r.Only(c.Only)
		}
		if err := c.write(&r); err != nil {
			return err
		}
		if err := s.Print(r, func() { printAudit(s, &r) }); err != nil {
			return err
		}
		if r.Severe > 0 {
			return &millrace.Error{Code: cli.ErrFound.Code, Message: severeFailed(&r)}
		}
		return nil
	})
}

func severeFailed(r *audit.Report) string {
	var ids []string
	for _, x := range r.Checks {
		if x.Status == audit.Failed && x.Severity == audit.Severe {
			ids = append(ids, x.ID)
		}
	}
	return "severe: " + strings.Join(ids, ", ")
}

// known refuses ids that are no checks.
func (c *Audit) known() error {
	for _, id := range c.Only {
		if !slices.ContainsFunc(audit.Specs(), func(s audit.Spec) bool { return s.ID == id }) {
			var ids []string
			for _, s := range audit.Specs() {
				ids = append(ids, s.ID)
			}
			return millrace.FieldErrorf("audit", "--only", "%q is no check; there are %s", id, strings.Join(ids, ", "))
		}
	}
	return nil
}

// write puts the report into the files that are asked for.
func (c *Audit) write(r *audit.Report) error {
	if c.Markdown != "" {
		if err := os.WriteFile(c.Markdown, []byte(r.Markdown()), 0o644); err != nil {
			return &millrace.Error{Code: millrace.Invalid, Op: "audit", Field: "--markdown", Message: "the file can't be written", Err: err}
		}
	}
	if c.HTML == "" {
		return nil
	}
	page, err := r.Page()
	if err == nil {
		err = os.WriteFile(c.HTML, []byte(page), 0o644)
	}
	if err != nil {
		return &millrace.Error{Code: millrace.Invalid, Op: "audit", Field: "--html", Message: "the file can't be written", Err: err}
	}
	return nil
}

// printAudit prints a report for people.
func printAudit(s *cli.Session, r *audit.Report) {
	s.Say("Score %s. %s", r.ScoreWords(), strings.Join(r.Summary[:1], " "))
	for _, line := range r.Data {
		s.Say("  %s", line)
	}
	for _, p := range r.Parts() {
		s.Say("\n%s", p.Title)
		for _, c := range p.Checks {
			printCheck(s, &c)
		}
	}
	if len(r.Bring) > 0 {
		s.Say("\nWhat to bring")
		for _, b := range r.Bring {
			s.Say("  for %d of them: %s%s", len(b.Checks), b.What, inBrackets(b.Command))
		}
	}
	if t := r.Trend; t != nil {
		s.Say("\nScore over time\n  %s.", t.Says())
		for _, p := range t.Points {
			s.Say("  %s  %3d  %s", p.Day, p.Score, strings.Repeat("#", p.Score/4))
		}
	}
}

// printCheck prints one check: all of it when it failed, else its answer.
func printCheck(s *cli.Session, c *audit.Check) {
	switch c.Status {
	case audit.Passed:
		s.Say("  ok  %s: %s", c.ID, c.Answer)
		printEvidence(s, c)
		return
	case audit.NotJudged:
		s.Say("  ?   %s: %s", c.ID, c.Answer)
		printEvidence(s, c)
		return
	}
	s.Say("  %s: %s (%s)", strings.ToUpper(string(c.Severity)), c.Title, c.ID)
	s.Say("      %s", c.Answer)
	printEvidence(s, c)
	if stake := c.Stake(); stake != "" {
		s.Say("      at stake: %s (%s)", stake, c.Money.Formula)
	}
	s.Say("      next: %s%s", c.Action.Says, inBrackets(c.Action.Command))
}

func printEvidence(s *cli.Session, c *audit.Check) {
	for _, e := range c.Evidence {
		s.Say("      - %s", e.Says)
	}
}

func inBrackets(command string) string {
	if command == "" {
		return ""
	}
	return " [" + command + "]"
}
