package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"reflect"
	"strings"
	"text/tabwriter"

	"millrace"
	"millrace/internal/access"
	"millrace/internal/app"
	"millrace/internal/exchange"
)

// message is what a person reads of an error: its message and place, without the operation.
func message(err error) string {
	e, ok := errors.AsType[*millrace.Error](err)
	if !ok || e.Message == "" {
		return err.Error()
	}
	s := e.Message
	if e.Field != "" {
		s = e.Field + ": " + s
	}
	if e.Err != nil && !strings.Contains(s, e.Err.Error()) {
		s += ": " + e.Err.Error()
	}
	return s
}

// print writes a value as JSON, an empty list as [], or as text by the function.
func (s *session) print(v any, text func()) error {
	if !s.json {
		text()
		return nil
	}
	if l := reflect.ValueOf(v); l.Kind() == reflect.Slice && l.IsNil() {
		v = []any{}
	}
	e := json.NewEncoder(s.out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

func (s *session) say(format string, args ...any) { fmt.Fprintf(s.out, format+"\n", args...) }

// table writes aligned columns.
func (s *session) table(header []string, rows [][]string) {
	w := tabwriter.NewWriter(s.out, 2, 4, 2, ' ', 0)
	fmt.Fprintln(w, strings.Join(header, "\t"))
	for _, r := range rows {
		fmt.Fprintln(w, strings.Join(r, "\t"))
	}
	w.Flush()
}

// listing is what the list commands share: how many rows, and the form of a whole export.
type listing struct {
	Limit  int    `env:"MILLRACE_LIMIT" help:"Rows to list; 0 is all, for exports." default:"50"`
	Format string `env:"MILLRACE_FORMAT" help:"csv or ndjson writes all rows of the list to standard output." enum:",csv,ndjson" default:""`
}

// list prints the rows of a list, or exports them, which the access log is told.
func list[T interface{ Cells() []string }](s *session, w *app.Workspace, l listing, name string, rows iter.Seq2[T, error], columns []string, short []string,
	brief func(T) []string) error {
	if l.Format != "" {
		if err := w.Access.Record(s.ctx, access.Event{Action: access.Exported, Target: name, Detail: l.Format}); err != nil {
			return err
		}
	}
	switch l.Format {
	case "csv":
		return exchange.WriteCSV(s.out, columns, func(yield func([]string, error) bool) {
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
		return exchange.WriteNDJSON(s.out, rows)
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
	return s.print(out, func() {
		lines := make([][]string, len(out))
		for i, r := range out {
			lines[i] = brief(r)
		}
		s.table(short, lines)
	})
}
