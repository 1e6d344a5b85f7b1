package main

import (
	"os"
	"slices"
	"strconv"
	"strings"

	"millrace"
	"millrace/internal/audit"
)

type auditCmd struct {
	Markdown string   `help:"Also write the report as Markdown to this file." placeholder:"FILE"`
	HTML     string   `name:"html" help:"Also write the report as a page to this file; browsers print it on A4 or save it as PDF." placeholder:"FILE"`
	Only     []string `help:"Judge by these checks alone; the exit code too." placeholder:"ID"`
}

// Run asks the audit's questions and prints the answers; a severe check that fails ends it with exit code 1.
func (c *auditCmd) Run(s *session) error {
	if err := c.known(); err != nil {
		return err
	}
	w, err := s.open()
	if err != nil {
		return err
	}
	defer w.Close()
	if _, err := w.Engine.Sweep(s.ctx, w.Engine.Now()); err != nil {
		return err
	}
	m, err := w.Measure.Model(s.ctx)
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
	if err := s.print(r, func() { s.audit(&r) }); err != nil {
		return err
	}
	if r.Severe > 0 {
		return &millrace.Error{Code: errFound.Code, Message: severeFailed(&r)}
	}
	return nil
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
func (c *auditCmd) known() error {
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
func (c *auditCmd) write(r *audit.Report) error {
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

// audit prints a report for people.
func (s *session) audit(r *audit.Report) {
	s.say("Score %s. %s", r.ScoreWords(), strings.Join(r.Summary[:1], " "))
	for _, line := range r.Data {
		s.say("  %s", line)
	}
	for _, p := range r.Parts() {
		s.say("\n%s", p.Title)
		for _, c := range p.Checks {
			s.check(&c)
		}
	}
	if len(r.Bring) > 0 {
		s.say("\nWhat to bring")
		for _, b := range r.Bring {
			s.say("  for %d of them: %s%s", len(b.Checks), b.What, inBrackets(b.Command))
		}
	}
	if len(r.Trend) > 1 {
		s.say("\nScore over time")
		for _, p := range r.Trend {
			bar := ""
			if p.Score != nil {
				bar = strings.Repeat("#", *p.Score/4)
			}
			s.say("  %s  %3s  %s", p.Day, orDash(p.Score), bar)
		}
	}
}

func orDash(n *int) string {
	if n == nil {
		return "-"
	}
	return strconv.Itoa(*n)
}

// check prints one check: all of it when it failed, else its answer.
func (s *session) check(c *audit.Check) {
	switch c.Status {
	case audit.Passed:
		s.say("  ok  %s: %s", c.ID, c.Answer)
		s.evidence(c)
		return
	case audit.NotJudged:
		s.say("  ?   %s: %s", c.ID, c.Answer)
		s.evidence(c)
		return
	}
	s.say("  %s: %s (%s)", strings.ToUpper(string(c.Severity)), c.Title, c.ID)
	s.say("      %s", c.Answer)
	s.evidence(c)
	if stake := c.Stake(); stake != "" {
		s.say("      at stake: %s (%s)", stake, c.Money.Formula)
	}
	s.say("      next: %s%s", c.Action.Says, inBrackets(c.Action.Command))
}

func (s *session) evidence(c *audit.Check) {
	for _, e := range c.Evidence {
		s.say("      - %s", e.Says)
	}
}

func inBrackets(command string) string {
	if command == "" {
		return ""
	}
	return " [" + command + "]"
}
