package measures

import (
	"fmt"
	"slices"
	"strings"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/app"
	"millrace/internal/cli"
	"millrace/internal/dashboard"
	"millrace/internal/exchange"
	"millrace/internal/measure"
	"millrace/internal/metrics"
)

// Dashboard shows a view.
type Dashboard struct {
	measureSpan
	View    string `arg:"" help:"executive, channel, content, sales or abm." enum:"executive,channel,content,sales,abm"`
	Compare string `env:"MILLRACE_COMPARE" help:"previous (the period before, as long) or year (the same days a year before)." enum:"none,previous,year" default:"none"`
	Table   string `help:"One table of the view: tiles, or a chart's id." placeholder:"ID"`
	Format  string `env:"MILLRACE_FORMAT" help:"csv or ndjson writes the table to standard output." enum:",csv,ndjson" default:""`
}

// Run shows a view.
func (c *Dashboard) Run(s *cli.Session) error {
	if c.Format != "" && c.Table == "" {
		return millrace.FieldErrorf("millrace.dashboard", "--table", "which table is to be written? tiles, or a chart's id")
	}
	if c.Table != "" {
		return withModel(s, c.measureSpan, func(w *app.Workspace, m *measure.Model, q measure.Query) error { return c.table(s, w, m, q) })
	}
	return measured(s, c.measureSpan, func(w *app.Workspace, m *measure.Model, q measure.Query) (dashboard.Dashboard, error) {
		return c.show(s, w, m, q)
	}, func(d dashboard.Dashboard) {
		s.Say("%s, %s to %s", d.Title, d.Period.First, d.Period.Last)
		s.Say("%s", d.Sentence)
		for _, n := range d.Notes {
			s.Say("  %s", n)
		}
		var rows [][]string
		for _, t := range d.Tiles {
			row := []string{t.Label, figureText(t.Figure), t.Title}
			rows = append(rows, row)
		}
		s.Table([]string{"FIGURE", "VALUE", "WHAT IT SAYS"}, rows)
		for _, x := range d.Charts {
			s.Say("\n%s (%s)", x.Title, x.ID)
			printChart(s, x)
		}
		for _, a := range d.Marks {
			s.Say("%s: %s", spanText(a.Period), a.Text)
		}
	})
}

func (c *Dashboard) show(s *cli.Session, w *app.Workspace, m *measure.Model, q measure.Query) (dashboard.Dashboard, error) {
	return w.Dashboards.Show(s.Ctx, m, c.View, dashboard.Query{Query: q, Compare: c.Compare})
}

// table prints or writes one table of a view.
func (c *Dashboard) table(s *cli.Session, w *app.Workspace, m *measure.Model, q measure.Query) error {
	d, err := c.show(s, w, m, q)
	if err != nil {
		return err
	}
	t, err := d.Table(c.Table)
	if err != nil {
		return err
	}
	if c.Format != "" {
		if err := w.Access.Record(s.Ctx, access.Event{Action: access.Exported, Target: "dashboard " + c.View + ", " + c.Table, Detail: c.Format}); err != nil {
			return err
		}
	}
	switch c.Format {
	case "csv":
		return exchange.WriteCSV(s.Out, t.Header, func(yield func([]string, error) bool) {
			for _, r := range t.Rows {
				if !yield(r, nil) {
					return
				}
			}
		})
	case "ndjson":
		return exchange.WriteNDJSON(s.Out, func(yield func(dashboard.Record, error) bool) {
			for _, r := range t.Records() {
				if !yield(r, nil) {
					return
				}
			}
		})
	}
	return s.Print(t.Records(), func() {
		head := make([]string, len(t.Header))
		for i, h := range t.Header {
			head[i] = strings.ToUpper(h)
		}
		s.Table(head, t.Rows)
	})
}

// printChart prints a chart as a table.
func printChart(s *cli.Session, x dashboard.Chart) {
	if len(x.Rows) == 0 {
		return
	}
	head := []string{strings.ToUpper(x.Head)}
	for _, c := range x.Columns {
		head = append(head, strings.ToUpper(c.Label))
	}
	var rows [][]string
	for _, r := range x.Rows {
		name := r.Label
		if r.Partial {
			name += "*"
		}
		row := []string{name}
		for i, c := range x.Columns {
			row = append(row, c.Say(r.Cells[i]))
		}
		rows = append(rows, row)
	}
	s.Table(head, rows)
	if slices.ContainsFunc(x.Rows, func(r dashboard.Row) bool { return r.Partial }) {
		s.Say("* not a whole month")
	}
}

func spanText(p metrics.Period) string {
	if p.First == p.Last {
		return p.First.String()
	}
	return p.First.String() + " to " + p.Last.String()
}

// Annotation notes on days what happened then.
type Annotation struct {
	Add     annotationAddCmd     `cmd:"" help:"Note on a day or a span of days what happened then."`
	List    annotationListCmd    `cmd:"" default:"1" help:"List notes by their first day."`
	Change  annotationChangeCmd  `cmd:"" help:"Change a note."`
	Remove  annotationRemoveCmd  `cmd:"" help:"Take a note away."`
	Restore annotationRestoreCmd `cmd:"" help:"Put a removed note back."`
}

type annotationAddCmd struct {
	From     string `arg:"" help:"The day, or the first of a span." placeholder:"DAY"`
	Text     string `arg:"" help:"What happened."`
	To       string `help:"The last day of a span." placeholder:"DAY"`
	Channel  string `help:"The playbook's own channel that it is about." placeholder:"CHANNEL"`
	Campaign string `help:"The campaign that it is about." placeholder:"CAMPAIGN"`
}

// Run makes a note.
func (c *annotationAddCmd) Run(s *cli.Session) error {
	from, err := cli.Day("from", c.From)
	if err != nil {
		return err
	}
	to, err := cli.Day("--to", c.To)
	if err != nil {
		return err
	}
	return s.WithWorkspace(func(w *app.Workspace) error {
		a, err := w.Dashboards.Annotate(s.Ctx, from, to, c.Text, c.Channel, c.Campaign, s.As)
		if err != nil {
			return err
		}
		return s.Print(a, func() { s.Say("Noted as %s on %s.", a.ID, spanText(a.Period)) })
	})
}

type annotationListCmd struct {
	Removed bool `help:"Those that were taken away too."`
}

// Run lists notes.
func (c *annotationListCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		list, err := w.Dashboards.Annotations(s.Ctx, c.Removed)
		if err != nil {
			return err
		}
		return s.Print(list, func() {
			var rows [][]string
			for _, a := range list {
				state := ""
				if a.Removed {
					state = "removed by " + a.ChangedBy
				}
				rows = append(rows, []string{a.ID, spanText(a.Period), a.Text, a.Channel, a.Campaign, a.By, state})
			}
			s.Table([]string{"ID", "DAYS", "TEXT", "CHANNEL", "CAMPAIGN", "BY", ""}, rows)
		})
	})
}

type annotationChangeCmd struct {
	ID       string  `arg:"" help:"The note's id."`
	From     *string `help:"Another first day." placeholder:"DAY"`
	To       *string `help:"Another last day." placeholder:"DAY"`
	Text     *string `help:"Another text." placeholder:"TEXT"`
	Channel  *string `help:"Another channel; empty for all." placeholder:"CHANNEL"`
	Campaign *string `help:"Another campaign; empty for none." placeholder:"CAMPAIGN"`
}

// Run changes a note.
func (c *annotationChangeCmd) Run(s *cli.Session) error {
	change := dashboard.AnnotationChange{Text: c.Text, Channel: c.Channel, Campaign: c.Campaign}
	for _, x := range [...]struct {
		name string
		from *string
		to   **metrics.Day
	}{{"--from", c.From, &change.From}, {"--to", c.To, &change.To}} {
		if x.from == nil {
			continue
		}
		d, err := cli.Day(x.name, *x.from)
		if err != nil {
			return err
		}
		*x.to = &d
	}
	return changeAnnotation(s, c.ID, change)
}

func changeAnnotation(s *cli.Session, id string, change dashboard.AnnotationChange) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		a, err := w.Dashboards.ChangeAnnotation(s.Ctx, id, change, s.As)
		if err != nil {
			return err
		}
		return s.Print(a, func() {
			s.Say("%s: %s: %s%s", a.ID, spanText(a.Period), a.Text, map[bool]string{true: " (removed)"}[a.Removed])
		})
	})
}

type annotationRemoveCmd struct {
	ID string `arg:"" help:"The note's id."`
}

// Run takes a note away.
func (c *annotationRemoveCmd) Run(s *cli.Session) error {
	yes := true
	if err := changeAnnotation(s, c.ID, dashboard.AnnotationChange{Removed: &yes}); err != nil {
		return err
	}
	if !s.JSON {
		fmt.Fprintln(s.Out, "Put it back with: millrace annotation restore "+c.ID)
	}
	return nil
}

type annotationRestoreCmd struct {
	ID string `arg:"" help:"The note's id."`
}

// Run puts a note back.
func (c *annotationRestoreCmd) Run(s *cli.Session) error {
	no := false
	return changeAnnotation(s, c.ID, dashboard.AnnotationChange{Removed: &no})
}
