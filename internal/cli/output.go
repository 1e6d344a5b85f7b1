package cli

import (
	"encoding/json"
	"fmt"
	"iter"
	"reflect"
	"strings"
	"text/tabwriter"

	"millrace/internal/access"
	"millrace/internal/app"
	"millrace/internal/exchange"
	"millrace/internal/playbook"
)

// Print writes a value as JSON, an empty list as [], or as text by the function.
func (s *Session) Print(v any, text func()) error {
	if !s.JSON {
		text()
		return nil
	}
	if l := reflect.ValueOf(v); l.Kind() == reflect.Slice && l.IsNil() {
		v = []any{}
	}
	e := json.NewEncoder(s.Out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// Say writes a line of text.
func (s *Session) Say(format string, args ...any) { fmt.Fprintf(s.Out, format+"\n", args...) }

// Table writes aligned columns.
func (s *Session) Table(header []string, rows [][]string) {
	w := tabwriter.NewWriter(s.Out, 2, 4, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(header, "\t"))
	for _, r := range rows {
		fmt.Fprintln(w, strings.Join(r, "\t"))
	}
	w.Flush()
}

// Listing is what the list commands share: how many rows, and the form of a whole export.
type Listing struct {
	Limit  int    `env:"MILLRACE_LIMIT" help:"Rows to list; 0 is all, for exports." default:"50"`
	Format string `env:"MILLRACE_FORMAT" help:"csv or ndjson writes all rows of the list to standard output." enum:",csv,ndjson" default:""`
}

// List prints the rows of a list, or exports them, which the access log is told.
func List[T interface{ Cells() []string }](s *Session, w *app.Workspace, l Listing, name string, rows iter.Seq2[T, error], columns []string, short []string,
	brief func(T) []string) error {
	if l.Format != "" {
		if err := w.Access.Record(s.Ctx, access.Event{Action: access.Exported, Target: name, Detail: l.Format}); err != nil {
			return err
		}
	}
	switch l.Format {
	case "csv":
		return exchange.WriteCSV(s.Out, columns, func(yield func([]string, error) bool) {
			for r, err := range rows {
				var cells []string
				if err == nil {
					cells = r.Cells()
				}
				if !yield(cells, err) {
					return
				}
			}
		})
	case "ndjson":
		return exchange.WriteNDJSON(s.Out, rows)
	}
	out := []T{}
	for r, err := range rows {
		if err != nil {
			return err
		}
		out = append(out, r)
		if l.Limit > 0 && len(out) == l.Limit {
			break
		}
	}
	return s.Print(out, func() {
		lines := make([][]string, len(out))
		for i, r := range out {
			lines[i] = brief(r)
		}
		s.Table(short, lines)
	})
}

// Changes lists what one playbook says differently from another.
func (s *Session) Changes(list []playbook.Change) {
	for _, x := range list {
		switch x.Kind {
		case playbook.Added:
			s.Say("  + %s: %s", x.Label, x.After)
		case playbook.Removed:
			s.Say("  - %s: %s", x.Label, x.Before)
		default:
			s.Say("  ~ %s: %s → %s", x.Label, x.Before, x.After)
		}
	}
}
