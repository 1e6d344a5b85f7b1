package sheet

import (
	"bufio"
	"bytes"
	"errors"
	"io"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"millrace"
)

// sniffSize is how much of a file's beginning decides its encoding and delimiter.
const sniffSize = 64 << 10

// Content is a file's content as UTF-8 (with single cells in Windows-1252 left as they are) and what was found out about it.
type Content struct {
	*bufio.Reader
	Encoding string // "UTF-8", "UTF-8 with BOM", "UTF-16 LE", "UTF-16 BE"
	Gzip     bool
	Sample   []byte // the beginning, valid until the first read
}

// Decode undoes gzip and UTF-16 and drops the byte order mark. On an error that is not coded, t may say what it had found out.
func Decode(op string, r io.Reader) (t *Content, err error) {
	t = &Content{Encoding: "UTF-8"}
	packed := &counted{r: r}
	br := bufio.NewReaderSize(packed, sniffSize)
	head, err := peek(br, 4)
	if err != nil {
		return t, err
	}
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(br)
		if err != nil {
			return nil, millrace.Errorf(millrace.Invalid, op, "the file begins like gzip and is not: %v", err)
		}
		t.Gzip = true
		br = bufio.NewReaderSize(&unpacked{z: z, packed: packed, op: op}, sniffSize)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")):
		return nil, millrace.Errorf(millrace.Invalid, op, "this is an Excel workbook or a zip file: save the sheet as CSV and import that")
	case bytes.HasPrefix(head, []byte{0xd0, 0xcf, 0x11, 0xe0}):
		return nil, millrace.Errorf(millrace.Invalid, op, "this is an old Excel workbook (.xls): save the sheet as CSV and import that")
	}
	if head, err = peek(br, sniffSize); err != nil {
		return t, err
	}
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe, 0, 0}), bytes.HasPrefix(head, []byte{0, 0, 0xfe, 0xff}):
		return nil, millrace.Errorf(millrace.Invalid, op, "the file is in UTF-32: save it as UTF-8 and import that")
	case bytes.HasPrefix(head, []byte{0xef, 0xbb, 0xbf}):
		t.Encoding = "UTF-8 with BOM"
		if _, err := br.Discard(3); err != nil {
			return t, err
		}
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}), utf16ByNULs(head) != 0:
		t.Encoding, br = utf16(br, head)
	}
	t.Reader = br
	t.Sample, err = peek(br, sniffSize)
	return t, err
}

// What no table does and a bomb does: over bombFrom bytes it unpacks to more than bombRatio times its size. The tightest that gzip can pack is some
// 1,030 times, of one byte for ever; CSV of real systems has 3 to 40.
const (
	bombFrom  = 64 << 20
	bombRatio = 200
)

type counted struct {
	r io.Reader
	n int64
}

// Read reads on and counts.
func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

// unpacked is what gzip holds, up to where it is no table any more.
type unpacked struct {
	z      io.Reader
	packed *counted
	n      int64
	op     string
}

// Read reads on. Invalid in a bomb.
func (u *unpacked) Read(p []byte) (int, error) {
	n, err := u.z.Read(p)
	if u.n += int64(n); u.n > bombFrom && u.n > bombRatio*u.packed.n {
		return 0, millrace.Errorf(millrace.Invalid, u.op, "the gzip file unpacks to more than %d times its size, which no table does: unpack it, look at it, and import what is right", bombRatio)
	}
	return n, err
}

func utf16(br *bufio.Reader, head []byte) (string, *bufio.Reader) {
	name, order := "UTF-16 LE", unicode.LittleEndian
	if bytes.HasPrefix(head, []byte{0xfe, 0xff}) || utf16ByNULs(head) == 'B' {
		name, order = "UTF-16 BE", unicode.BigEndian
	}
	dec := unicode.UTF16(order, unicode.UseBOM).NewDecoder()
	return name, bufio.NewReaderSize(transform.NewReader(br, dec), sniffSize)
}

// utf16ByNULs tells UTF-16 without a mark by where the zero bytes stand: 'L', 'B', or 0 for neither.
func utf16ByNULs(b []byte) byte {
	var even, odd int
	for i, c := range b {
		if c == 0 && i%2 == 0 {
			even++
		} else if c == 0 {
			odd++
		}
	}
	half := len(b) / 2
	switch {
	case half < 2:
		return 0
	case odd*10 >= half*4 && even*10 < half:
		return 'L'
	case even*10 >= half*4 && odd*10 < half:
		return 'B'
	}
	return 0
}

// peek gives up to n bytes without consuming them; a shorter file is no error.
func peek(br *bufio.Reader, n int) ([]byte, error) {
	b, err := br.Peek(n)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, bufio.ErrBufferFull) {
		return nil, err
	}
	return b, nil
}

// LineEnd is the byte that ends lines: CR alone only in files without a single LF.
func LineEnd(sample []byte) byte {
	if bytes.IndexByte(sample, '\n') < 0 && bytes.IndexByte(sample, '\r') >= 0 {
		return '\r'
	}
	return '\n'
}

// delimiters are tried in this order; the first wins a tie.
var delimiters = []byte{',', ';', '\t', '|'}

// Delimiters are those that are found out, the likelier first.
func Delimiters() []byte { return bytes.Clone(delimiters) }

// SniffDelimiter picks the delimiter that cuts the first rows most evenly into most cells; comma when nothing is cut.
func SniffDelimiter(sample []byte, eol byte) byte {
	best, bestScore := byte(','), 0
	for _, d := range delimiters {
		r := NewReader(bytes.NewReader(sample), d, eol)
		width, same, rows := 0, 0, 0
		for rows < 50 {
			row, err := r.Next()
			if err != nil {
				break
			}
			if row.Blank() || row.Fault != "" {
				continue
			}
			if rows == 0 {
				width = len(row.Cells)
			}
			if len(row.Cells) == width {
				same++
			}
			rows++
		}
		if width < 2 {
			continue
		}
		if score := 1000*same/rows + min(width, 400); score > bestScore {
			best, bestScore = d, score
		}
	}
	return best
}

// SepLine reads Excel's "sep=;" line, which stands above the header.
func SepLine(sample []byte, eol byte) (delimiter byte, ok bool) {
	line, _, _ := bytes.Cut(sample, []byte{eol})
	line = bytes.Trim(line, "\"\r")
	if len(line) == 5 && bytes.EqualFold(line[:4], []byte("sep=")) {
		return line[4], true
	}
	return 0, false
}
