package exchange

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"regexp"
)

// plainNumber is a number that a spreadsheet may have as it is, though it begins with a sign.
var plainNumber = regexp.MustCompile(`^[+-]?\d+([.,]\d+)*([eE][+-]?\d+)?$`)

// safeCell keeps a spreadsheet from taking a cell for a formula: what begins like one and is no number gets an apostrophe in front.
func safeCell(s string) string {
	if s == "" {
		return s
	}
	switch s[0] {
	case '=', '@', '\t', '\r':
	case '+', '-':
		if plainNumber.MatchString(s) {
			return s
		}
	default:
		return s
	}
	return "'" + s
}

// WriteCSV writes header and rows as CSV in UTF-8, commas, CRLF left out, safe to open in a spreadsheet. A row of another width than
// the header, an error in rows and a failed write end it.
func WriteCSV(w io.Writer, header []string, rows iter.Seq2[[]string, error]) error {
	cw := csv.NewWriter(w)
	out := make([]string, len(header))
	put := func(cells []string) error {
		for i, c := range cells {
			out[i] = safeCell(c)
		}
		return cw.Write(out)
	}
	if err := put(header); err != nil {
		return fmt.Errorf("exchange.WriteCSV: %w", err)
	}
	n := 0
	for row, err := range rows {
		n++
		if err != nil {
			cw.Flush()
			return fmt.Errorf("exchange.WriteCSV: row %d: %w", n, err)
		}
		if len(row) != len(header) {
			cw.Flush()
			return fmt.Errorf("exchange.WriteCSV: row %d has %d cells, the header %d", n, len(row), len(header))
		}
		if err := put(row); err != nil {
			return fmt.Errorf("exchange.WriteCSV: row %d: %w", n, err)
		}
	}
	cw.Flush()
	if err := cw.Error(); err != nil {
		return fmt.Errorf("exchange.WriteCSV: %w", err)
	}
	return nil
}

// WriteNDJSON writes one JSON value a line. An error in values and a failed write end it.
func WriteNDJSON[T any](w io.Writer, values iter.Seq2[T, error]) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	n := 0
	for v, err := range values {
		n++
		if err == nil {
			err = enc.Encode(v)
		}
		if err != nil {
			return fmt.Errorf("exchange.WriteNDJSON: value %d: %w", n, err)
		}
	}
	return nil
}
