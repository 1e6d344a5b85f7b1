package sheet

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// The faults that a row may have.
const (
	FaultTooLong = "too_long"          // a line over MaxRow
	FaultQuotes  = "unbalanced_quotes" // a quote without its other one
)

// MaxRow is the most bytes that one row may have; a longer one is rejected with its line, and reading goes on below it.
const MaxRow = 1 << 20

// keptRaw is how much of an overlong line a reject keeps.
const keptRaw = 1 << 10

// Row is one row of a delimited file. Cells and Raw are valid until the next call of Next.
type Row struct {
	Line  int64 // of its first byte, from 1
	Cells [][]byte
	Raw   []byte // without the line end
	Fault string // one of the faults when the row can't be read, else ""
	Note  string // the sentence for the fault
}

// Blank says whether nothing at all stands on the row's line.
func (r *Row) Blank() bool {
	return r.Fault == "" && len(r.Cells) == 1 && len(bytes.TrimSpace(r.Raw)) == 0
}

// Reader splits UTF-8 text into rows in bounded memory. Where quotes don't balance it gives up the one physical line on
// which the trouble starts and goes on with the next, so that a stray quote costs a row and never the rest of the file.
type Reader struct {
	src        io.Reader
	comma, eol byte
	buf        []byte
	start, end int
	eof        bool
	line       int64
	row        Row
	scratch    []byte
}

// NewReader reads from src, cells apart by comma and lines ended by eol (LF, before which a CR is dropped, or CR).
func NewReader(src io.Reader, comma, eol byte) *Reader {
	return &Reader{src: src, comma: comma, eol: eol, buf: make([]byte, 64<<10), line: 1}
}

// Next gives the next row, or io.EOF, or the source's error.
func (r *Reader) Next() (*Row, error) {
	for {
		if r.start == r.end {
			if r.eof {
				return nil, io.EOF
			}
			if err := r.fill(); err != nil {
				return nil, err
			}
			continue
		}
		nl := bytes.IndexByte(r.buf[r.start:r.end], r.eol)
		if nl < 0 && !r.eof {
			if r.end-r.start > MaxRow {
				return r.tooLong()
			}
			if err := r.fill(); err != nil {
				return nil, err
			}
			continue
		}
		lineEnd := r.end
		if nl >= 0 {
			lineEnd = r.start + nl
		}
		if lineEnd-r.start > MaxRow {
			return r.tooLong()
		}
		if bytes.IndexByte(r.buf[r.start:lineEnd], '"') < 0 {
			r.plain(lineEnd)
			return &r.row, nil
		}
		return r.quoted()
	}
}

// plain takes a physical line without quotes.
func (r *Reader) plain(lineEnd int) {
	raw := r.take(lineEnd)
	r.row = Row{Line: r.line, Cells: r.row.Cells[:0], Raw: raw}
	for {
		i := bytes.IndexByte(raw, r.comma)
		if i < 0 {
			break
		}
		r.row.Cells = append(r.row.Cells, raw[:i])
		raw = raw[i+1:]
	}
	r.row.Cells = append(r.row.Cells, raw)
	r.line++
}

// take consumes up to and with the line end at lineEnd and gives the bytes before it.
func (r *Reader) take(lineEnd int) []byte {
	raw := r.buf[r.start:lineEnd]
	r.start = min(lineEnd+1, r.end)
	if r.eol == '\n' {
		raw = bytes.TrimSuffix(raw, []byte{'\r'})
	}
	return raw
}

var (
	errMore  = errors.New("the row goes on")
	errQuote = errors.New("a quote that neither closes its cell nor is doubled")
)

// quoted takes a row that has quotes, which may span lines.
func (r *Reader) quoted() (*Row, error) {
	for {
		n, err := r.parse(r.buf[r.start:r.end])
		switch {
		case err == nil:
			raw := r.buf[r.start : r.start+n]
			r.start += n
			r.row.Line, r.row.Fault = r.line, ""
			r.line += int64(bytes.Count(raw, []byte{r.eol}))
			if n > 0 && raw[n-1] != r.eol {
				r.line++ // the last line of the file, without its end
			}
			r.row.Raw = bytes.TrimRight(raw, "\r\n")
			return &r.row, nil
		case errors.Is(err, errMore) && !r.eof && r.end-r.start <= MaxRow:
			if err := r.fill(); err != nil {
				return nil, err
			}
		case errors.Is(err, errMore):
			return r.giveUpLine("a quote is opened and not closed within 1 MiB or before the end of the file")
		default:
			return r.giveUpLine(fmt.Sprintf("cell %d has %s", len(r.row.Cells)+1, err))
		}
	}
}

// giveUpLine makes the first physical line at hand a faulty row.
func (r *Reader) giveUpLine(why string) (*Row, error) {
	lineEnd := r.end
	if nl := bytes.IndexByte(r.buf[r.start:r.end], r.eol); nl >= 0 {
		lineEnd = r.start + nl
	}
	r.row = Row{Line: r.line, Cells: r.row.Cells[:0], Raw: r.take(lineEnd), Fault: FaultQuotes, Note: why}
	r.line++
	return &r.row, nil
}

// Line is the line that the next row begins on.
func (r *Reader) Line() int64 { return r.line }

// tooLong makes an overlong physical line a faulty row and reads past its end without keeping it.
func (r *Reader) tooLong() (*Row, error) {
	kept := bytes.Clone(r.buf[r.start : r.start+keptRaw])
	size := int64(0)
	for {
		if nl := bytes.IndexByte(r.buf[r.start:r.end], r.eol); nl >= 0 {
			size += int64(nl)
			r.start += nl + 1
			break
		}
		size += int64(r.end - r.start)
		r.start = r.end
		if r.eof {
			break
		}
		if err := r.fill(); err != nil {
			return nil, err
		}
	}
	r.row = Row{Line: r.line, Cells: r.row.Cells[:0], Raw: kept, Fault: FaultTooLong,
		Note: fmt.Sprintf("the line has %d bytes; a row may have %d", size, MaxRow)}
	r.line++
	return &r.row, nil
}

// fill reads more behind what is there, growing the buffer up to a little over MaxRow.
func (r *Reader) fill() error {
	if r.start > 0 {
		r.end = copy(r.buf, r.buf[r.start:r.end])
		r.start = 0
	}
	if r.end == len(r.buf) {
		r.buf = append(r.buf, make([]byte, min(len(r.buf), 2*MaxRow))...)
	}
	// Doubling what is there keeps the work of parsing a long row again linear.
	for want := max(1, r.end); want > 0 && r.end < len(r.buf); {
		n, err := r.src.Read(r.buf[r.end:])
		r.end += n
		want -= n
		if errors.Is(err, io.EOF) {
			r.eof = true
			return nil
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// parse reads one row at the beginning of b into r.row.Cells and says how many bytes it took. errMore: b ends within the row.
func (r *Reader) parse(b []byte) (int, error) {
	r.row.Cells, r.scratch = r.row.Cells[:0], r.scratch[:0]
	pos := 0
	for {
		cell, n, err := r.cell(b[pos:])
		if err != nil {
			return 0, err
		}
		r.row.Cells = append(r.row.Cells, cell)
		pos += n
		if pos == len(b) {
			if !r.eof {
				return 0, errMore
			}
			return pos, nil
		}
		pos++
		if b[pos-1] == r.eol {
			return pos, nil
		}
	}
}

// cell reads one cell; n is where its delimiter, its line end or the end of b stands.
func (r *Reader) cell(b []byte) (cell []byte, n int, err error) {
	open := 0
	for open < len(b) && b[open] == ' ' {
		open++
	}
	if open == len(b) || b[open] != '"' {
		for n < len(b) && b[n] != r.comma && b[n] != r.eol {
			n++
		}
		return bytes.TrimSuffix(b[:n], []byte{'\r'}), n, nil
	}
	from, kept := open+1, -1 // kept: where the unescaped text begins in scratch
	for pos := from; ; {
		q := bytes.IndexByte(b[pos:], '"')
		if q < 0 {
			return nil, 0, errMore
		}
		q += pos
		if q+1 < len(b) && b[q+1] == '"' {
			if kept < 0 {
				kept = len(r.scratch)
			}
			r.scratch = append(r.scratch, b[from:q+1]...)
			pos, from = q+2, q+2
			continue
		}
		cell = b[from:q]
		if kept >= 0 {
			r.scratch = append(r.scratch, cell...)
			cell = r.scratch[kept:len(r.scratch):len(r.scratch)]
		}
		return r.closed(b, cell, q+1)
	}
}

// closed checks that only spaces stand between a closing quote and the end of its cell.
func (r *Reader) closed(b, cell []byte, n int) ([]byte, int, error) {
	for n < len(b) && (b[n] == ' ' || b[n] == '\r') {
		n++
	}
	if n == len(b) && !r.eof {
		return nil, 0, errMore
	}
	if n < len(b) && b[n] != r.comma && b[n] != r.eol {
		return nil, 0, errQuote
	}
	return cell, n, nil
}
