package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"millrace/internal/app"
	"millrace/internal/measure/restate"
)

type reportCmd struct {
	Publish reportPublishCmd `cmd:"" help:"Freeze a measurement of now, with its log position, playbook and clock."`
	List    reportListCmd    `cmd:"" help:"List published reports, newest first."`
	Show    reportShowCmd    `cmd:"" help:"Show a report as it was published."`
	Restate reportRestateCmd `cmd:"" help:"Say what a report says now, and trace every difference to its causes. It folds the log again for each of them."`
}

// reports opens the workspace with its published reports.
func (s *session) reports(fn func(r *restate.Room) error) error {
	w, err := s.open()
	if err != nil {
		return err
	}
	defer w.Close()
	return fn(reportsOf(w))
}

func reportsOf(w *app.Workspace) *restate.Room { return restate.New(w.Engine, w.Measure) }

type reportPublishCmd struct {
	Kind    string  `arg:"" help:"economics, funnel, sales or attribution." enum:"economics,funnel,sales,attribution"`
	Title   string  `arg:"" help:"What the report is called."`
	Note    string  `help:"What to say beside it." placeholder:"TEXT"`
	From    string  `help:"First day; a year before the last otherwise." placeholder:"DAY"`
	To      string  `help:"Last day, included; today otherwise." placeholder:"DAY"`
	LeadBy  string  `name:"lead-by" help:"Which touch brought a lead: created or first." enum:"created,first" default:"created"`
	Lag     int     `name:"lag-days" help:"Of economics: how long spend takes to become a customer." placeholder:"DAYS"`
	Margin  float64 `name:"gross-margin" help:"Of economics: 0.8 for 80%." placeholder:"SHARE"`
	By      string  `help:"Of attribution: channel, source or campaign." enum:"channel,source,campaign" default:"channel"`
	Measure string  `help:"Of attribution: revenue, pipeline, count or won." enum:"revenue,pipeline,count,won" default:"revenue"`
}

// Run publishes.
func (c *reportPublishCmd) Run(s *session) error {
	return s.reports(func(r *restate.Room) error {
		ask := restate.Ask{From: c.From, To: c.To, LeadBy: c.LeadBy, Lag: c.Lag, Margin: c.Margin}
		if c.Kind == "attribution" {
			ask.By, ask.Measure = c.By, c.Measure
		}
		f, err := r.Publish(s.ctx, restate.Draft{Kind: c.Kind, Title: c.Title, Note: c.Note, Ask: ask}, s.as)
		if err != nil {
			return err
		}
		return s.print(f, func() {
			s.say("Report %d is published: %s, %s to %s, log position %d, playbook %s.", f.ID, f.Title, f.Ask.From, f.Ask.To, f.Position, f.Playbook)
			s.say("Later: millrace report restate %d", f.ID)
		})
	})
}

type reportListCmd struct{}

// Run lists.
func (c *reportListCmd) Run(s *session) error {
	return s.reports(func(r *restate.Room) error {
		list, err := r.Reports(s.ctx)
		if err != nil {
			return err
		}
		return s.print(list, func() {
			var rows [][]string
			for _, f := range list {
				rows = append(rows, []string{strconv.FormatInt(f.ID, 10), f.At.String(), f.By, f.Kind, f.Ask.From + " to " + f.Ask.To, f.Title})
			}
			s.table([]string{"ID", "PUBLISHED", "BY", "OF", "DAYS", "TITLE"}, rows)
		})
	})
}

type reportShowCmd struct {
	ID       int64 `arg:"" help:"The report's id."`
	Markdown bool  `help:"Print it as Markdown."`
}

// Run shows the headline figures; with --json the whole body.
func (c *reportShowCmd) Run(s *session) error {
	return s.reports(func(r *restate.Room) error {
		f, err := r.Report(s.ctx, c.ID)
		if err != nil {
			return err
		}
		headline, err := f.Headline()
		if err != nil {
			return err
		}
		if c.Markdown {
			return s.document(f.Markdown())
		}
		return s.print(f, func() {
			s.say("%s: %s, %s to %s, as of %s, log position %d, playbook %s, by %s.", f.Title, f.Kind, f.Ask.From, f.Ask.To, f.At, f.Position, f.Playbook, f.By)
			if f.Note != "" {
				s.say("%s", f.Note)
			}
			var rows [][]string
			for i := range headline {
				x := &headline[i]
				rows = append(rows, []string{x.Label, x.Segment, x.Say(x.Value)})
			}
			s.table([]string{"FIGURE", "OF", "VALUE"}, rows)
		})
	})
}

// document prints a document as it is.
func (s *session) document(text string, err error) error {
	if err != nil {
		return err
	}
	_, err = io.WriteString(s.out, text)
	return err
}

type reportRestateCmd struct {
	ID       int64 `arg:"" help:"The report's id."`
	All      bool  `help:"Also list the figures that are as they were."`
	Markdown bool  `help:"Print it as Markdown."`
}

// Run restates, for as long as it takes.
func (c *reportRestateCmd) Run(s *session) error {
	return s.reports(func(r *restate.Room) error {
		var x *restate.Restated
		for x == nil {
			var p restate.Progress
			var err error
			if x, p, err = r.Restate(s.ctx, c.ID, time.Second); err != nil {
				return err
			}
			if err := s.ctx.Err(); err != nil {
				return err
			}
			if x == nil && !s.json && !c.Markdown {
				fmt.Fprintf(s.errs, "step %d of %d (%s): %s %d of %d\n", p.Step, p.Steps, p.Cause, p.Phase, p.Done, p.Total)
			}
		}
		if c.Markdown {
			return s.document(x.Markdown(), nil)
		}
		return s.print(x, func() { s.restated(x, c.All) })
	})
}

func (s *session) restated(x *restate.Restated, all bool) {
	s.say("%s: published %s at log position %d under playbook %s; restated at %d under %s. %d of %d figures differ.", x.Report.Title, x.Report.At, x.Report.Position,
		x.Report.Playbook, x.Position, x.Playbook, x.Changed, len(x.Figures))
	header := []string{"FIGURE", "OF", "THEN"}
	var shown []int
	for i, c := range x.Causes {
		if c.Changed > 0 {
			header, shown = append(header, strings.ToUpper(c.Label)), append(shown, i)
		}
	}
	var rows [][]string
	for n := range x.Figures {
		l := &x.Figures[n]
		if n >= x.Changed && !all {
			break
		}
		row := []string{l.Label, l.Segment, l.Say(l.Value)}
		for _, i := range shown {
			row = append(row, l.Change(l.By[i]))
		}
		rows = append(rows, append(row, l.Say(l.Now)))
	}
	if len(rows) > 0 {
		s.table(append(header, "NOW"), rows)
	}
	for _, c := range x.Causes {
		if c.Changed == 0 && c.Total == 0 {
			continue
		}
		s.say("\n%s: moved %d figures. %s", c.Label, c.Changed, c.Why)
		for _, g := range c.Sources {
			from := g.Source
			if g.Import != 0 {
				from = fmt.Sprintf("import %d, %s", g.Import, g.File)
			}
			s.say("  %d %s from %s", g.Count, g.Kind, from)
		}
		for _, f := range c.Facts {
			if f.What != "" {
				s.say("  position %d: %s", f.Position, f.What)
			}
		}
		s.changes(c.Changes)
	}
}
