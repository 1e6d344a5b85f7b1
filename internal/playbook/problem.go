package playbook

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"millrace"
)

// The severities of a Problem. An error refuses the playbook; a warning is shown and the playbook can be applied.
const (
	SeverityError   = "error"
	SeverityWarning = "warning"
)

// Problem is one thing that is wrong, or probably not meant, in a playbook's text.
type Problem struct {
	Line       int    `json:"line"`   // from 1; 0 when the problem is of the whole text
	Column     int    `json:"column"` // from 1, in characters; 0 as Line
	Path       string `json:"path,omitempty"`
	Message    string `json:"message"`
	Suggestion string `json:"suggestion,omitempty"` // what to write instead, where that can be said
	Severity   string `json:"severity"`             // SeverityError or SeverityWarning
}

// String is the problem on one line: "line 12, column 5: error: icp[0].criteria[2].kind: …".
func (p Problem) String() string {
	var b strings.Builder
	if p.Line > 0 {
		fmt.Fprintf(&b, "line %d, column %d: ", p.Line, p.Column)
	}
	b.WriteString(p.Severity)
	b.WriteString(": ")
	if p.Path != "" {
		b.WriteString(p.Path)
		b.WriteString(": ")
	}
	b.WriteString(p.Message)
	if p.Suggestion != "" {
		b.WriteString(" (")
		b.WriteString(p.Suggestion)
		b.WriteString(")")
	}
	return b.String()
}

// Problems are all problems of one text, in the order of the text. Nil when it is fine.
type Problems []Problem

// Error is every problem on a line of its own. It is there so that Problems can travel as an error; Err is the coded one.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = p.String()
	}
	return strings.Join(lines, "\n")
}

// HasErrors says whether the playbook is refused.
func (ps Problems) HasErrors() bool {
	return slices.ContainsFunc(ps, func(p Problem) bool { return p.Severity == SeverityError })
}

// Err is nil when there is no problem of severity error, and otherwise a *millrace.Error with code Invalid, whose Field is the path of
// the first error and which wraps all of the Problems.
func (ps Problems) Err() error {
	i := slices.IndexFunc(ps, func(p Problem) bool { return p.Severity == SeverityError })
	if i < 0 {
		return nil
	}
	n := 0
	for _, p := range ps {
		if p.Severity == SeverityError {
			n++
		}
	}
	err := millrace.FieldErrorf("playbook.Parse", ps[i].Path, "the playbook has %s", count(n, "error"))
	err.Err = ps
	return err
}

// maxProblems bounds what one text can report: past it, a reader needs a different document, not a longer list.
const maxProblems = 200

// sorted gives the problems in the order of the text, at most maxProblems of them, nil when there are none.
func (ps Problems) sorted() Problems {
	if len(ps) == 0 {
		return nil
	}
	slices.SortStableFunc(ps, func(a, b Problem) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column), cmp.Compare(a.Severity, b.Severity))
	})
	if len(ps) <= maxProblems {
		return ps
	}
	// Errors before warnings in what is kept, so that cutting never turns a refusal into none.
	slices.SortStableFunc(ps, func(a, b Problem) int { return cmp.Compare(a.Severity, b.Severity) })
	kept := ps[:maxProblems:maxProblems]
	more := len(ps) - maxProblems
	kept = kept.sorted()
	severity := kept[len(kept)-1].Severity
	if kept.HasErrors() {
		severity = SeverityError
	}
	return append(kept, Problem{Message: fmt.Sprintf("and %s more; these are the first %d", count(more, "problem"), maxProblems), Severity: severity})
}

// count is "1 error" or "3 errors".
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
