package measures

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"millrace/internal/app"
	"millrace/internal/cli"
	"millrace/internal/measure/restate"
)

// Report publishes measurements and restates them.
type Report struct {
	Publish reportPublishCmd `cmd:"" help:"Freeze a measurement of now, with its log position, playbook and clock."`
	List    reportListCmd    `cmd:"" help:"List published reports, newest first."`
	Show    reportShowCmd    `cmd:"" help:"Show a report as it was published."`
	Restate reportRestateCmd `cmd:"" help:"Say what a report says now, and trace every difference to its causes. It folds the log again for each of them."`
}

// withReports opens the workspace with its published reports.
func withReports(s *cli.Session, fn func(r *restate.Room) error) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		return fn(reportsOf(w))
	})
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
func (c *reportPublishCmd) Run(s *cli.Session) error {
	return withReports(s, func(r *restate.Room) error {
		ask := restate.Ask{From: c.From, To: c.To, LeadBy: c.LeadBy, Lag: c.Lag, Margin: c.Margin}
		if c.Kind == "attribution" {
			ask.By, ask.Measure = c.By, c.Measure
		}
		f, err := r.Publish(s.Ctx, restate.Draft{Kind: c.Kind, Title: c.Title, Note: c.Note, Ask: ask}, s.As)
		if err != nil {
			return err
		}
		return s.Print(f, func() {
			s.Say("Report %d is published: %s, %s to %s, log position %d, playbook %s.", f.ID, f.Title, f.Ask.From, f.Ask.To, f.Position, f.Playbook)
			s.Say("Later: millrace report restate %d", f.ID)
		})
	})
}

type reportListCmd struct{}

// Run lists.
func (c *reportListCmd) Run(s *cli.Session) error {
	return withReports(s, func(r *restate.Room) error {
		list, err := r.Reports(s.Ctx)
		if err != nil {
			return err
		}
		return s.Print(list, func() {
			var rows [][]string
			for _, f := range list {
				rows = append(rows, []string{strconv.FormatInt(f.ID, 10), f.At.String(), f.By, f.Kind, f.Ask.From + " to " + f.Ask.To, f.Title})
			}
			s.Table([]string{"ID", "PUBLISHED", "BY", "OF", "DAYS", "TITLE"}, rows)
		})
	})
}

type reportShowCmd struct {
	ID       int64 `arg:"" help:"The report's id."`
	Markdown bool  `help:"Print it as Markdown."`
}

// Run shows the headline figures; with --json the whole body.
func (c *reportShowCmd) Run(s *cli.Session) error {
	return withReports(s, func(r *restate.Room) error {
		f, err := r.Report(s.Ctx, c.ID)
		if err != nil {
			return err
		}
		headline, err := f.Headline()
		if err != nil {
			return err
		}
		if c.Markdown {
			text, err := f.Markdown()
			if err != nil {
				return err
			}
			_, err = io.WriteString(s.Out, text)
			return err
		}
		return s.Print(f, func() {
			s.Say("%s: %s, %s to %s, as of %s, log position %d, playbook %s, by %s.", f.Title, f.Kind, f.Ask.From, f.Ask.To, f.At, f.Position, f.Playbook, f.By)
			if f.Note != "" {
				s.Say("%s", f.Note)
			}
			var rows [][]string
			for i := range headline {
				x := &headline[i]
				rows = append(rows, []string{x.Label, x.Segment, x.Say(x.Value)})
			}
			s.Table([]string{"FIGURE", "OF", "VALUE"}, rows)
		})
	})
}

type reportRestateCmd struct {
	ID       int64 `arg:"" help:"The report's id."`
	All      bool  `help:"Also list the figures that are as they were."`
	Markdown bool  `help:"Print it as Markdown."`
}

// Run restates, for as long as it takes.
func (c *reportRestateCmd) Run(s *cli.Session) error {
	return withReports(s, func(r *restate.Room) error {
		var x *restate.Restated
		for x == nil {
			var p restate.Progress
			var err error
			if x, p, err = r.Restate(s.Ctx, c.ID, time.Second); err != nil {
				return err
			}
			if err := s.Ctx.Err(); err != nil {
				return err
			}
			if x == nil && !s.JSON && !c.Markdown {
				fmt.Fprintf(s.Errs, "step %d of %d (%s): %s %d of %d\n", p.Step, p.Steps, p.Cause, p.Phase, p.Done, p.Total)
			}
		}
		if c.Markdown {
			_, err := io.WriteString(s.Out, x.Markdown())
			return err
		}
		return s.Print(x, func() { printRestated(s, x, c.All) })
	})
}

func printRestated(s *cli.Session, x *restate.Restated, all bool) {
	s.Say("%s: published %s at log position %d under playbook %s; restated at %d under %s. %d of %d figures differ.", x.Report.Title, x.Report.At, x.Report.Position,
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
		s.Table(append(header, "NOW"), rows)
	}
	for _, c := range x.Causes {
		if c.Changed == 0 && c.Total == 0 {
			continue
		}
		s.Say("\n%s: moved %d figures. %s", c.Label, c.Changed, c.Why)
		for _, g := range c.Sources {
			from := g.Source
			if g.Import != 0 {
				from = fmt.Sprintf("import %d, %s", g.Import, g.File)
			}
			s.Say("  %d %s from %s", g.Count, g.Kind, from)
		}
		for _, f := range c.Facts {
			if f.What != "" {
				s.Say("  position %d: %s", f.Position, f.What)
			}
		}
		s.Changes(c.Changes)
	}
}
