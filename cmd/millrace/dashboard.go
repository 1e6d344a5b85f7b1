package main

import (
	"fmt"
	"slices"
	"strings"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/app"
	"millrace/internal/dashboard"
	"millrace/internal/exchange"
	"millrace/internal/measure"
	"millrace/internal/metrics"
)

type dashboardCmd struct {
	measureSpan
	View    string `arg:"" help:"executive, channel, content, sales or abm." enum:"executive,channel,content,sales,abm"`
	Compare string `env:"MILLRACE_COMPARE" help:"previous (the period before, as long) or year (the same days a year before)." enum:"none,previous,year" default:"none"`
	Table   string `help:"One table of the view: tiles, or a chart's id." placeholder:"ID"`
	Format  string `env:"MILLRACE_FORMAT" help:"csv or ndjson writes the table to standard output." enum:",csv,ndjson" default:""`
}

// Run shows a view.
func (c *dashboardCmd) Run(s *session) error {
	if c.Format != "" && c.Table == "" {
		return millrace.FieldErrorf("millrace.dashboard", "--table", "which table is to be written? tiles, or a chart's id")
	}
	if c.Table != "" {
		return s.withModel(c.measureSpan, func(w *app.Workspace, m *measure.Model, q measure.Query) error { return c.table(s, w, m, q) })
	}
	return measured(s, c.measureSpan, func(w *app.Workspace, m *measure.Model, q measure.Query) (dashboard.Dashboard, error) {
		return c.show(s, w, m, q)
	}, func(d dashboard.Dashboard) {
		s.say("%s, %s to %s", d.Title, d.Period.First, d.Period.Last)
		s.say("%s", d.Sentence)
		for _, n := range d.Notes {
			s.say("  %s", n)
		}
		var rows [][]string
		for _, t := range d.Tiles {
			row := []string{t.Label, figureText(t.Figure), t.Title}
			rows = append(rows, row)
		}
		s.table([]string{"FIGURE", "VALUE", "WHAT IT SAYS"}, rows)
		for _, x := range d.Charts {
			s.say("\n%s (%s)", x.Title, x.ID)
			s.chart(x)
		}
		for _, a := range d.Marks {
			s.say("%s: %s", spanText(a.Period), a.Text)
		}
	})
}

func (c *dashboardCmd) show(s *session, w *app.Workspace, m *measure.Model, q measure.Query) (dashboard.Dashboard, error) {
	return w.Dashboards.Show(s.ctx, m, c.View, dashboard.Query{Query: q, Compare: c.Compare})
}

// table prints or writes one table of a view.
func (c *dashboardCmd) table(s *session, w *app.Workspace, m *measure.Model, q measure.Query) error {
	d, err := c.show(s, w, m, q)
	if err != nil {
		return err
	}
	t, err := d.Table(c.Table)
	if err != nil {
		return err
	}
	if c.Format != "" {
		if err := w.Access.Record(s.ctx, access.Event{Action: access.Exported, Target: "dashboard " + c.View + ", " + c.Table, Detail: c.Format}); err != nil {
			return err
		}
	}
	switch c.Format {
	case "csv":
		return exchange.WriteCSV(s.out, t.Header, func(yield func([]string, error) bool) {
			for _, r := range t.Rows {
				if !yield(r, nil) {
					return
				}
			}
		})
	case "ndjson":
		return exchange.WriteNDJSON(s.out, func(yield func(dashboard.Record, error) bool) {
			for _, r := range t.Records() {
				if !yield(r, nil) {
					return
				}
			}
		})
	}
	return s.print(t.Records(), func() {
		head := make([]string, len(t.Header))
		for i, h := range t.Header {
			head[i] = strings.ToUpper(h)
		}
		s.table(head, t.Rows)
	})
}

// chart prints a chart as a table.
func (s *session) chart(x dashboard.Chart) {
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
	s.table(head, rows)
	if slices.ContainsFunc(x.Rows, func(r dashboard.Row) bool { return r.Partial }) {
		s.say("* not a whole month")
	}
}

func spanText(p metrics.Period) string {
	if p.First == p.Last {
		return p.First.String()
	}
	return p.First.String() + " to " + p.Last.String()
}

type annotationCmd struct {
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
func (c *annotationAddCmd) Run(s *session) error {
	from, err := dayFlag("from", c.From)
	if err != nil {
		return err
	}
	to, err := dayFlag("--to", c.To)
	if err != nil {
		return err
	}
	return s.withWorkspace(func(w *app.Workspace) error {
		a, err := w.Dashboards.Annotate(s.ctx, from, to, c.Text, c.Channel, c.Campaign, s.as)
		if err != nil {
			return err
		}
		return s.print(a, func() { s.say("Noted as %s on %s.", a.ID, spanText(a.Period)) })
	})
}

type annotationListCmd struct {
	Removed bool `help:"Those that were taken away too."`
}

// Run lists notes.
func (c *annotationListCmd) Run(s *session) error {
	return s.withWorkspace(func(w *app.Workspace) error {
		list, err := w.Dashboards.Annotations(s.ctx, c.Removed)
		if err != nil {
			return err
		}
		return s.print(list, func() {
			var rows [][]string
			for _, a := range list {
				state := ""
				if a.Removed {
					state = "removed by " + a.ChangedBy
				}
				rows = append(rows, []string{a.ID, spanText(a.Period), a.Text, a.Channel, a.Campaign, a.By, state})
			}
			s.table([]string{"ID", "DAYS", "TEXT", "CHANNEL", "CAMPAIGN", "BY", ""}, rows)
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
func (c *annotationChangeCmd) Run(s *session) error {
	change := dashboard.AnnotationChange{Text: c.Text, Channel: c.Channel, Campaign: c.Campaign}
	for _, x := range [...]struct {
		name string
		from *string
		to   **metrics.Day
	}{{"--from", c.From, &change.From}, {"--to", c.To, &change.To}} {
		if x.from == nil {
			continue
		}
		d, err := dayFlag(x.name, *x.from)
		if err != nil {
			return err
		}
		*x.to = &d
	}
	return s.changeAnnotation(c.ID, change)
}

func (s *session) changeAnnotation(id string, change dashboard.AnnotationChange) error {
	return s.withWorkspace(func(w *app.Workspace) error {
		a, err := w.Dashboards.ChangeAnnotation(s.ctx, id, change, s.as)
		if err != nil {
			return err
		}
		return s.print(a, func() {
			s.say("%s: %s: %s%s", a.ID, spanText(a.Period), a.Text, map[bool]string{true: " (removed)"}[a.Removed])
		})
	})
}

type annotationRemoveCmd struct {
	ID string `arg:"" help:"The note's id."`
}

// Run takes a note away.
func (c *annotationRemoveCmd) Run(s *session) error {
	yes := true
	if err := s.changeAnnotation(c.ID, dashboard.AnnotationChange{Removed: &yes}); err != nil {
		return err
	}
	if !s.json {
		fmt.Fprintln(s.out, "Put it back with: millrace annotation restore "+c.ID)
	}
	return nil
}

type annotationRestoreCmd struct {
	ID string `arg:"" help:"The note's id."`
}

// Run puts a note back.
func (c *annotationRestoreCmd) Run(s *session) error {
	no := false
	return s.changeAnnotation(c.ID, dashboard.AnnotationChange{Removed: &no})
}
