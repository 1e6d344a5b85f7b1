package exchange

import (
	"encoding/csv"
	"fmt"
	"io"
	"strconv"

	"millrace/internal/exchange/format"
	"millrace/internal/exchange/rows"
	"millrace/internal/exchange/sheet"
)

// rejectWriter writes rejected rows as CSV: their cells byte for byte, quoted where CSV needs it.
type rejectWriter struct {
	w     *csv.Writer
	width int
	out   []string
}

func newRejectWriter(w io.Writer, header [][]byte) (*rejectWriter, error) {
	if w == nil {
		return &rejectWriter{}, nil
	}
	rw := &rejectWriter{w: csv.NewWriter(w), width: len(header)}
	rw.out = append(rw.out, format.RejectLine, format.RejectReason, format.RejectRow)
	for _, h := range header {
		rw.out = append(rw.out, string(h))
	}
	return rw, rw.emit()
}

func (w *rejectWriter) write(row *sheet.Row, flt *rows.Fault) error {
	if w.w == nil {
		return nil
	}
	w.out = append(w.out[:0], strconv.FormatInt(row.Line, 10), flt.Detail)
	if row.Fault == "" && len(row.Cells) == w.width {
		w.out = append(w.out, "")
		for _, c := range row.Cells {
			w.out = append(w.out, string(c))
		}
	} else {
		w.out = append(w.out, string(row.Raw))
		w.out = append(w.out, make([]string, w.width)...)
	}
	return w.emit()
}

func (w *rejectWriter) emit() error {
	if err := w.w.Write(w.out); err != nil {
		return fmt.Errorf("exchange: writing the rejected rows: %w", err)
	}
	return nil
}

func (w *rejectWriter) flush() error {
	if w.w == nil {
		return nil
	}
	w.w.Flush()
	if err := w.w.Error(); err != nil {
		return fmt.Errorf("exchange: writing the rejected rows: %w", err)
	}
	return nil
}
