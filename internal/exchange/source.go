package exchange

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"millrace"
)

// sniffSize is how much of a file's beginning decides its encoding and delimiter.
const sniffSize = 64 << 10

// spool is a file that can be read twice: once to look at it whole, once to import it.
type spool struct {
	rs   io.ReadSeeker
	from int64
	size int64
	temp *os.File
}

// newSpool uses r itself when it can be read again, else copies it to a temporary file that close removes.
func newSpool(r io.Reader) (*spool, error) {
	if rs, ok := r.(io.ReadSeeker); ok {
		if from, err := rs.Seek(0, io.SeekCurrent); err == nil {
			end, err := rs.Seek(0, io.SeekEnd)
			if err == nil {
				return &spool{rs: rs, from: from, size: end - from}, nil
			}
		}
	}
	f, err := os.CreateTemp("", "millrace-import-*")
	if err != nil {
		return nil, fmt.Errorf("exchange: a place to keep the file while it is imported: %w", err)
	}
	s := &spool{rs: f, temp: f}
	if s.size, err = io.Copy(f, r); err != nil {
		s.close()
		return nil, fmt.Errorf("exchange: reading the file: %w", err)
	}
	return s, nil
}

func (s *spool) close() {
	if s.temp != nil {
		s.temp.Close()
		os.Remove(s.temp.Name())
	}
}

// open starts over from the beginning.
func (s *spool) open() (*counter, error) {
	if _, err := s.rs.Seek(s.from, io.SeekStart); err != nil {
		return nil, fmt.Errorf("exchange: reading the file again: %w", err)
	}
	return &counter{r: s.rs}, nil
}

// counter counts and, when sum is set, hashes the bytes of the file as it lies on disk.
type counter struct {
	r   io.Reader
	n   int64
	sum hash.Hash
	err error // why the file itself could not be read, as against what is in it
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if c.sum != nil {
		c.sum.Write(p[:n])
	}
	if err != nil && !errors.Is(err, io.EOF) {
		c.err = err
	}
	return n, err
}

// finish reads what decoding left unread and gives the hash of all.
func (c *counter) finish() (string, error) {
	if _, err := io.Copy(io.Discard, c); err != nil {
		return "", err
	}
	return hex.EncodeToString(c.sum.Sum(nil)), nil
}

func hashing(c *counter) *counter { c.sum = sha256.New(); return c }

// text is a file's content as UTF-8 (with single cells in Windows-1252 left as they are) and what was found out about it.
type text struct {
	*bufio.Reader
	encoding string // "UTF-8", "UTF-8 with BOM", "UTF-16 LE", "UTF-16 BE"
	gzip     bool
	sample   []byte // the beginning, valid until the first read
}

// decode undoes gzip and UTF-16 and drops the byte order mark. On an error that is not coded, t may say what it had found out.
func decode(op string, r io.Reader) (t *text, err error) {
	t = &text{encoding: "UTF-8"}
	br := bufio.NewReaderSize(r, sniffSize)
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
		t.gzip = true
		br = bufio.NewReaderSize(z, sniffSize)
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
		t.encoding = "UTF-8 with BOM"
		if _, err := br.Discard(3); err != nil {
			return t, err
		}
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}), bytes.HasPrefix(head, []byte{0xfe, 0xff}), utf16ByNULs(head) != 0:
		t.encoding, br = utf16(br, head)
	}
	t.Reader = br
	t.sample, err = peek(br, sniffSize)
	return t, err
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

// lineEnd is the byte that ends lines: CR alone only in files without a single LF.
func lineEnd(sample []byte) byte {
	if bytes.IndexByte(sample, '\n') < 0 && bytes.IndexByte(sample, '\r') >= 0 {
		return '\r'
	}
	return '\n'
}

// delimiters are tried in this order; the first wins a tie.
var delimiters = []byte{',', ';', '\t', '|'}

// sniffDelimiter picks the delimiter that cuts the first rows most evenly into most cells; comma when nothing is cut.
func sniffDelimiter(sample []byte, eol byte) byte {
	best, bestScore := byte(','), 0
	for _, d := range delimiters {
		r := newRowReader(bytes.NewReader(sample), d, eol)
		width, same, rows := 0, 0, 0
		for rows < 50 {
			row, err := r.next()
			if err != nil {
				break
			}
			if row.blank() || row.fault != "" {
				continue
			}
			if rows == 0 {
				width = len(row.cells)
			}
			if len(row.cells) == width {
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

// sepLine reads Excel's "sep=;" line, which stands above the header.
func sepLine(sample []byte, eol byte) (delimiter byte, ok bool) {
	line, _, _ := bytes.Cut(sample, []byte{eol})
	line = bytes.Trim(line, "\"\r")
	if len(line) == 5 && bytes.EqualFold(line[:4], []byte("sep=")) {
		return line[4], true
	}
	return 0, false
}
