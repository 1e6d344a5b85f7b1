package attribution

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"math/bits"
	"runtime"
	"strconv"
	"strings"
	"sync"

	"millrace"
)

// ReadOptions say how a path file is written.
type ReadOptions struct {
	Separator string // between the channels of a path; default ">". Spaces around a channel don't count
}

const (
	blockSize = 1 << 20
	maxRow    = 64 << 20
)

// ReadPaths reads a path file: CSV (comma, semicolon or tab; quotes, CRLF and a byte order mark as they come) whose header names, in any
// order and case, path, total_conversions and, where there are any, total_conversion_value and total_null; further columns are not read.
// Counts are whole and not negative, values are decimal numbers and stand only where there are conversions. An empty path is one without touches. Every
// row counts: the first that can't be read is an error (Invalid) that names its line, and nothing is returned.
//
// Rows are read on all cores, in time linear in the bytes; the outcome does not depend on how many there are. Channels are numbered in
// order of appearance.
func ReadPaths(r io.Reader, o ReadOptions) (*Paths, error) {
	const op = "attribution.ReadPaths"
	if o.Separator = strings.TrimSpace(o.Separator); o.Separator == "" {
		o.Separator = ">"
	}
	c := &cutter{r: r, line: 1, free: make(chan []byte, 64)}
	head, err := c.header()
	if err != nil {
		return nil, err
	}
	l, err := layoutOf(head, o.Separator)
	if err != nil {
		return nil, err
	}
	workers := runtime.GOMAXPROCS(0)
	work, order, stop := make(chan *block, workers), make(chan *block, 2*workers), make(chan struct{})
	var wg sync.WaitGroup
	for range workers {
		wg.Go(func() {
			for b := range work {
				b.rows = l.parse(b.data, b.line)
				c.give(b.data)
				b.data = nil
				close(b.done)
			}
		})
	}
	var cutErr error
	wg.Go(func() {
		defer close(order)
		defer close(work)
		for {
			data, line, err := c.next()
			if err != nil {
				if !errors.Is(err, io.EOF) {
					cutErr = err
				}
				return
			}
			b := &block{data: data, line: line, done: make(chan struct{})}
			select {
			case work <- b:
			case <-stop:
				return
			}
			order <- b
		}
	})
	var parts []*rows
	for b := range order {
		if <-b.done; b.rows.err != nil {
			close(stop)
			for range order { // lets the cutter go
			}
			wg.Wait()
			return nil, b.rows.err
		}
		parts = append(parts, b.rows)
	}
	wg.Wait()
	if cutErr != nil {
		return nil, cutErr
	}
	return join(op, parts, l.value >= 0)
}

// block is a run of whole rows on its way through a worker.
type block struct {
	data []byte
	line int
	done chan struct{}
	rows *rows
}

// cutter cuts the input at ends of rows, which are ends of lines outside of quotes.
type cutter struct {
	r    io.Reader
	rest []byte // read and not yet given out
	line int    // of rest's first byte
	eof  bool
	free chan []byte // blocks to use again
}

// give hands back a block that next gave out and that nothing refers to any more. What rest has of the same bytes is still read, and only
// by fill, before it writes.
func (c *cutter) give(data []byte) {
	select {
	case c.free <- data:
	default:
	}
}

// take gives a block of at least n bytes, whose content means nothing.
func (c *cutter) take(n int) []byte {
	select {
	case b := <-c.free:
		if b = b[:cap(b)]; len(b) >= n {
			return b
		}
	default:
	}
	return make([]byte, max(n, blockSize+blockSize/4))
}

// header gives the first row, without its end.
func (c *cutter) header() ([]byte, error) {
	for {
		c.rest = bytes.TrimPrefix(c.rest, []byte("\xef\xbb\xbf"))
		if i := rowEnd(c.rest); i >= 0 {
			head := c.rest[:i]
			c.rest = c.rest[i+1:]
			c.line += 1 + bytes.Count(head, []byte{'\n'})
			return bytes.TrimSuffix(head, []byte{'\r'}), nil
		}
		if c.eof {
			head := c.rest
			c.rest = nil
			return bytes.TrimSuffix(head, []byte{'\r'}), nil
		}
		if err := c.fill(); err != nil {
			return nil, err
		}
	}
}

// rowEnd is the place of the first end of line outside of quotes, -1 when there is none.
func rowEnd(b []byte) int {
	quoted := false
	for i, x := range b {
		switch {
		case x == '"':
			quoted = !quoted
		case x == '\n' && !quoted:
			return i
		}
	}
	return -1
}

// fill reads about a block more into rest.
func (c *cutter) fill() error {
	const op = "attribution.ReadPaths"
	if len(c.rest) > maxRow {
		return millrace.Errorf(millrace.TooLarge, op, "line %d: the row has no end within %d MB; is a quote left open?", c.line, maxRow>>20)
	}
	buf := c.take(len(c.rest) + max(blockSize, len(c.rest)))
	held := copy(buf, c.rest)
	n, err := io.ReadFull(c.r, buf[held:])
	c.rest = buf[:held+n]
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		c.eof = true
	case err != nil:
		return &millrace.Error{Code: millrace.Unavailable, Op: op, Message: "the path file can't be read", Err: err}
	}
	return nil
}

// next gives a run of whole rows and the line it begins on, or io.EOF.
func (c *cutter) next() ([]byte, int, error) {
	for {
		end := -1
		if c.eof {
			if len(c.rest) == 0 {
				return nil, 0, io.EOF
			}
			end = len(c.rest)
		} else {
			end = lastRowEnd(c.rest)
		}
		if end > 0 {
			data, line := c.rest[:end], c.line
			c.rest = c.rest[end:]
			c.line += bytes.Count(data, []byte{'\n'})
			return data, line, nil
		}
		if err := c.fill(); err != nil {
			return nil, 0, err
		}
	}
}

// lastRowEnd is the place after the last end of line that lies outside of quotes, 0 when there is none.
func lastRowEnd(b []byte) int {
	quotes := bytes.Count(b, []byte{'"'})
	for end := len(b); ; {
		i := bytes.LastIndexByte(b[:end], '\n')
		if i < 0 {
			return 0
		}
		if quotes -= bytes.Count(b[i:end], []byte{'"'}); quotes%2 == 0 {
			return i + 1
		}
		end = i
	}
}

// layout is what the header says.
type layout struct {
	delim                   byte
	cells                   int
	path, conv, value, null int // columns; -1 where there is none
	sep                     []byte
}

func layoutOf(head []byte, sep string) (*layout, error) {
	const op = "attribution.ReadPaths"
	l := &layout{delim: ',', path: -1, conv: -1, value: -1, null: -1, sep: []byte(sep)}
	most := bytes.Count(head, []byte{','})
	for _, d := range []byte{';', '\t'} {
		if n := bytes.Count(head, []byte{d}); n > most {
			l.delim, most = d, n
		}
	}
	cells, err := l.split(nil, head)
	if err != "" {
		return nil, millrace.FieldErrorf(op, "line 1", "%s", err)
	}
	l.cells = len(cells)
	for i, cell := range cells {
		for name, at := range map[string]*int{"path": &l.path, "total_conversions": &l.conv, "total_conversion_value": &l.value, "total_null": &l.null} {
			if !strings.EqualFold(name, string(bytes.TrimSpace(cell))) {
				continue
			}
			if *at >= 0 {
				return nil, millrace.FieldErrorf(op, "line 1", "the header names %s twice", name)
			}
			*at = i
		}
	}
	if l.path < 0 || l.conv < 0 {
		return nil, millrace.FieldErrorf(op, "line 1",
			"a path file begins with a header that names path and total_conversions, and may name total_conversion_value and total_null; this one begins %.80q", head)
	}
	return l, nil
}

const openQuote = "a quote is left open"

// split cuts a row into cells, appended to dst, which share the row's bytes where no quote is doubled. It gives what is wrong in words.
func (l *layout) split(dst [][]byte, row []byte) ([][]byte, string) {
	for {
		if len(row) > 0 && row[0] == '"' {
			cell, rest, ok := quoted(row[1:])
			if !ok {
				return dst, openQuote
			}
			if len(rest) > 0 && rest[0] != l.delim {
				return dst, "something follows a closing quote; a quote within quotes is doubled"
			}
			dst = append(dst, cell)
			if len(rest) == 0 {
				return dst, ""
			}
			row = rest[1:]
			continue
		}
		i := 0
		for ; i < len(row) && row[i] != l.delim; i++ {
			if row[i] == '"' {
				return dst, "a quote stands within a value that does not begin with one"
			}
		}
		dst = append(dst, row[:i])
		if i == len(row) {
			return dst, ""
		}
		row = row[i+1:]
	}
}

// quoted reads a cell up to its closing quote and gives what follows.
func quoted(b []byte) (cell, rest []byte, ok bool) {
	i := bytes.IndexByte(b, '"')
	if i < 0 {
		return nil, nil, false
	}
	if i+1 == len(b) || b[i+1] != '"' {
		return b[:i], b[i+1:], true
	}
	for {
		cell = append(cell, b[:i]...)
		b = b[i+1:]
		if len(b) == 0 || b[0] != '"' {
			return cell, b, true
		}
		cell = append(cell, '"')
		b = b[1:]
		if i = bytes.IndexByte(b, '"'); i < 0 {
			return nil, nil, false
		}
	}
}

// rows are parsed rows in columns, channels numbered in order of appearance.
type rows struct {
	names       []string
	lens        []int32
	touches     []uint32
	conversions []int64
	nulls       []int64
	values      []float64
	total       float64 // of conversions and nulls
	sum         float64 // of absolute values
	err         error
}

// parse reads a run of whole rows that begins on a line.
func (l *layout) parse(data []byte, line int) *rows {
	n := bytes.Count(data, []byte{'\n'}) + 1
	out := &rows{touches: make([]uint32, 0, len(data)/8), lens: make([]int32, 0, n),
		conversions: make([]int64, 0, n), nulls: make([]int64, 0, n), values: make([]float64, 0, n)}
	names, cells := newInterner(), make([][]byte, 0, l.cells)
	for len(data) > 0 {
		end := bytes.IndexByte(data, '\n')
		if end < 0 {
			end = len(data)
		}
		var wrong string
		lines := 1
		cells, wrong = l.split(cells[:0], withoutCR(data[:end]))
		if wrong == openQuote { // an end of line within quotes
			if end = rowEnd(data); end < 0 {
				end = len(data)
			}
			lines += bytes.Count(data[:end], []byte{'\n'})
			cells, wrong = l.split(cells[:0], withoutCR(data[:end]))
		}
		if wrong == "" && (len(cells) > 1 || len(cells[0]) > 0) { // an empty line is none
			wrong = l.row(out, names, cells)
		}
		if wrong != "" {
			out.err = millrace.FieldErrorf("attribution.ReadPaths", "line "+strconv.Itoa(line), "%s", wrong)
			return out
		}
		line += lines
		data = data[min(end+1, len(data)):]
	}
	out.names = names.names
	return out
}

func withoutCR(row []byte) []byte {
	if n := len(row); n > 0 && row[n-1] == '\r' {
		return row[:n-1]
	}
	return row
}

// row adds a row, or says in words what is wrong with it.
func (l *layout) row(out *rows, names *interner, cells [][]byte) string {
	if len(cells) != l.cells {
		return strconv.Itoa(len(cells)) + " values, where the header has " + strconv.Itoa(l.cells)
	}
	conversions, ok := whole(cells[l.conv])
	if !ok {
		return notWhole("total_conversions", cells[l.conv])
	}
	nulls, value := int64(0), 0.0
	if l.null >= 0 {
		if nulls, ok = whole(cells[l.null]); !ok {
			return notWhole("total_null", cells[l.null])
		}
	}
	if l.value >= 0 {
		if value, ok = decimal(cells[l.value]); !ok {
			return "total_conversion_value is " + strconv.Quote(string(cells[l.value])) + "; it is a number with a decimal point"
		}
		if value != 0 && conversions == 0 {
			return "a total_conversion_value of " + string(cells[l.value]) + " without conversions"
		}
	}
	n := len(out.touches)
	path := cells[l.path]
	if len(bytes.TrimSpace(path)) == 0 {
		path = nil
	}
	for path != nil {
		name, rest, more := path, []byte(nil), false
		if i := l.index(path); i >= 0 {
			name, rest, more = path[:i], path[i+len(l.sep):], true
		}
		if name = trim(name); len(name) == 0 {
			return "the path has a separator " + strconv.Quote(string(l.sep)) + " with no channel before or after it"
		}
		out.touches = append(out.touches, names.id(name))
		if !more {
			break
		}
		path = rest
	}
	out.total += float64(conversions) + float64(nulls)
	out.sum += math.Abs(value)
	out.lens = append(out.lens, int32(len(out.touches)-n))
	out.conversions, out.nulls, out.values = append(out.conversions, conversions), append(out.nulls, nulls), append(out.values, value)
	return ""
}

func notWhole(column string, cell []byte) string {
	return column + " is " + strconv.Quote(string(cell)) + "; it is a whole number, 0 or more"
}

// index finds the separator, -1 where there is none. A single byte is looked for in eight bytes at a time, which for names as short as those
// of channels is quicker than a call.
func (l *layout) index(path []byte) int {
	if len(l.sep) > 1 {
		return bytes.Index(path, l.sep)
	}
	const ones, tops = 0x0101010101010101, 0x8080808080808080
	each := ones * uint64(l.sep[0])
	i := 0
	for ; i+8 <= len(path); i += 8 {
		x := binary.LittleEndian.Uint64(path[i:]) ^ each
		if x = (x - ones) &^ x & tops; x != 0 {
			return i + bits.TrailingZeros64(x)/8
		}
	}
	for ; i < len(path); i++ {
		if path[i] == l.sep[0] {
			return i
		}
	}
	return -1
}

// trim is bytes.TrimSpace, quick where nothing or one space is to be trimmed.
func trim(b []byte) []byte {
	if len(b) > 0 && b[0] == ' ' {
		b = b[1:]
	}
	if len(b) > 0 && b[len(b)-1] == ' ' {
		b = b[:len(b)-1]
	}
	if len(b) > 0 && b[0] > ' ' && b[0] < 0x80 && b[len(b)-1] > ' ' && b[len(b)-1] < 0x80 {
		return b
	}
	return bytes.TrimSpace(b)
}

// join puts the parts together in their order, numbering channels anew.
func join(op string, parts []*rows, hasValue bool) (*Paths, error) {
	p := &Paths{HasValue: hasValue}
	number, n, touches := map[string]uint32{}, 0, 0
	remap := make([][]uint32, len(parts))
	for i, r := range parts {
		n, touches = n+len(r.lens), touches+len(r.touches)
		for _, name := range r.names {
			id, ok := number[name]
			if !ok {
				id = uint32(len(p.Channels))
				number[name] = id
				p.Channels = append(p.Channels, name)
			}
			remap[i] = append(remap[i], id)
		}
	}
	if touches > math.MaxInt32 {
		return nil, millrace.Errorf(millrace.TooLarge, op, "%d touches; up to %d can be held", touches, math.MaxInt32)
	}
	p.Offsets, p.Touches = make([]int32, n+1), make([]uint32, touches)
	p.Conversions, p.Nulls, p.Values = make([]int64, n), make([]int64, n), make([]float64, n)
	var wg sync.WaitGroup
	total, sum, row, touch := 0.0, 0.0, 0, 0
	for i, r := range parts {
		toRow, toTouch := row, touch
		wg.Go(func() { r.copy(p, toRow, toTouch, remap[i]) })
		row, touch = row+len(r.lens), touch+len(r.touches)
		total, sum = total+r.total, sum+r.sum
	}
	wg.Wait()
	if total > maxWhole || math.IsInf(sum, 0) {
		return nil, millrace.Errorf(millrace.TooLarge, op, "conversions and nulls sum to more than 2^53, or values to more than a number holds")
	}
	return p, nil
}

// copy puts the rows into p from a row and a touch on.
func (r *rows) copy(p *Paths, row, touch int, number []uint32) {
	copy(p.Conversions[row:], r.conversions)
	copy(p.Nulls[row:], r.nulls)
	copy(p.Values[row:], r.values)
	to := p.Touches[touch : touch+len(r.touches)]
	for k, id := range r.touches {
		to[k] = number[id]
	}
	offsets, at := p.Offsets[row+1:row+1+len(r.lens)], int32(touch)
	for k, n := range r.lens {
		at += n
		offsets[k] = at
	}
}
