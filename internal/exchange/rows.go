package exchange

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// maxRow is the most bytes that one row may have; a longer one is rejected with its line, and reading goes on below it.
const maxRow = 1 << 20

// keptRaw is how much of an overlong line a reject keeps.
const keptRaw = 1 << 10

// rawRow is one row of a delimited file. Cells and Raw are valid until the next call of next.
type rawRow struct {
	line  int64 // of its first byte, from 1
	cells [][]byte
	raw   []byte // without the line end
	fault string // a reason code when the row can't be read, else ""
	note  string // the sentence for the fault
}

// blank says whether nothing at all stands on the row's line.
func (r *rawRow) blank() bool {
	return r.fault == "" && len(r.cells) == 1 && len(bytes.TrimSpace(r.raw)) == 0
}

// rowReader splits UTF-8 text into rows in bounded memory. Where quotes don't balance it gives up the one physical line on
// which the trouble starts and goes on with the next, so that a stray quote costs a row and never the rest of the file.
type rowReader struct {
	src        io.Reader
	comma, eol byte
	buf        []byte
	start, end int
	eof        bool
	line       int64
	row        rawRow
	scratch    []byte
}

func newRowReader(src io.Reader, comma, eol byte) *rowReader {
	return &rowReader{src: src, comma: comma, eol: eol, buf: make([]byte, 64<<10), line: 1}
}

// next gives the next row, or io.EOF, or the source's error.
func (r *rowReader) next() (*rawRow, error) {
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
			if r.end-r.start > maxRow {
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
		if lineEnd-r.start > maxRow {
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
func (r *rowReader) plain(lineEnd int) {
	raw := r.take(lineEnd)
	r.row = rawRow{line: r.line, cells: r.row.cells[:0], raw: raw}
	for {
		i := bytes.IndexByte(raw, r.comma)
		if i < 0 {
			break
		}
		r.row.cells = append(r.row.cells, raw[:i])
		raw = raw[i+1:]
	}
	r.row.cells = append(r.row.cells, raw)
	r.line++
}

// take consumes up to and with the line end at lineEnd and gives the bytes before it.
func (r *rowReader) take(lineEnd int) []byte {
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
func (r *rowReader) quoted() (*rawRow, error) {
	for {
		n, err := r.parse(r.buf[r.start:r.end])
		switch {
		case err == nil:
			raw := r.buf[r.start : r.start+n]
			r.start += n
			r.row.line, r.row.fault = r.line, ""
			r.line += int64(bytes.Count(raw, []byte{r.eol}))
			if n > 0 && raw[n-1] != r.eol {
				r.line++ // the last line of the file, without its end
			}
			r.row.raw = bytes.TrimRight(raw, "\r\n")
			return &r.row, nil
		case errors.Is(err, errMore) && !r.eof && r.end-r.start <= maxRow:
			if err := r.fill(); err != nil {
				return nil, err
			}
		case errors.Is(err, errMore):
			return r.giveUpLine("a quote is opened and not closed within 1 MiB or before the end of the file")
		default:
			return r.giveUpLine(fmt.Sprintf("cell %d has %s", len(r.row.cells)+1, err))
		}
	}
}

// giveUpLine makes the first physical line at hand a faulty row.
func (r *rowReader) giveUpLine(why string) (*rawRow, error) {
	lineEnd := r.end
	if nl := bytes.IndexByte(r.buf[r.start:r.end], r.eol); nl >= 0 {
		lineEnd = r.start + nl
	}
	r.row = rawRow{line: r.line, cells: r.row.cells[:0], raw: r.take(lineEnd), fault: ReasonQuotes, note: why}
	r.line++
	return &r.row, nil
}

// tooLong makes an overlong physical line a faulty row and reads past its end without keeping it.
func (r *rowReader) tooLong() (*rawRow, error) {
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
	r.row = rawRow{line: r.line, cells: r.row.cells[:0], raw: kept, fault: ReasonTooLong,
		note: fmt.Sprintf("the line has %d bytes; a row may have %d", size, maxRow)}
	r.line++
	return &r.row, nil
}

// fill reads more behind what is there, growing the buffer up to a little over maxRow.
func (r *rowReader) fill() error {
	if r.start > 0 {
		r.end = copy(r.buf, r.buf[r.start:r.end])
		r.start = 0
	}
	if r.end == len(r.buf) {
		r.buf = append(r.buf, make([]byte, min(len(r.buf), 2*maxRow))...)
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

// parse reads one row at the beginning of b into r.row.cells and says how many bytes it took. errMore: b ends within the row.
func (r *rowReader) parse(b []byte) (int, error) {
	r.row.cells, r.scratch = r.row.cells[:0], r.scratch[:0]
	pos := 0
	for {
		cell, n, err := r.cell(b[pos:])
		if err != nil {
			return 0, err
		}
		r.row.cells = append(r.row.cells, cell)
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
func (r *rowReader) cell(b []byte) (cell []byte, n int, err error) {
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
func (r *rowReader) closed(b, cell []byte, n int) ([]byte, int, error) {
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
