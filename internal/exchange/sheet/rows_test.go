package sheet

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

type gotRow struct {
	Line  int64
	Cells []string
	Fault string
}

func readAll(t testing.TB, r io.Reader, comma, eol byte) []gotRow {
	t.Helper()
	rr := NewReader(r, comma, eol)
	var out []gotRow
	for {
		row, err := rr.Next()
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		g := gotRow{Line: row.Line, Fault: row.Fault}
		for _, c := range row.Cells {
			g.Cells = append(g.Cells, string(c))
		}
		out = append(out, g)
	}
}

func TestRows(t *testing.T) {
	long := strings.Repeat("x", MaxRow+10)
	for name, c := range map[string]struct {
		in   string
		want []gotRow
	}{
		"plain":               {"a,b\nc,d\n", []gotRow{{1, []string{"a", "b"}, ""}, {2, []string{"c", "d"}, ""}}},
		"crlf, no last end":   {"a,b\r\nc,d", []gotRow{{1, []string{"a", "b"}, ""}, {2, []string{"c", "d"}, ""}}},
		"empty cells":         {",\n\n", []gotRow{{1, []string{"", ""}, ""}, {2, []string{""}, ""}}},
		"quotes":              {"\"a,1\",\"say \"\"hi\"\"\"\r\nz,\"\"\r\n", []gotRow{{1, []string{"a,1", `say "hi"`}, ""}, {2, []string{"z", ""}, ""}}},
		"line in a cell":      {"\"a\nb\",c\nd,e\n", []gotRow{{1, []string{"a\nb", "c"}, ""}, {3, []string{"d", "e"}, ""}}},
		"space before quote":  {"a, \"b,c\"\n", []gotRow{{1, []string{"a", "b,c"}, ""}}},
		"quote inside a cell": {"5\" pipe,x\n", []gotRow{{1, []string{`5" pipe`, "x"}, ""}}},
		"stray quote":         {"1,\"Acme\n2,\"Beta\",x\n3,y\n", []gotRow{{1, nil, FaultQuotes}, {2, []string{"2", "Beta", "x"}, ""}, {3, []string{"3", "y"}, ""}}},
		"never closed":        {"1,\"Acme\n2,b\n3,c\n", []gotRow{{1, nil, FaultQuotes}, {2, []string{"2", "b"}, ""}, {3, []string{"3", "c"}, ""}}},
		"overlong line":       {"a,b\n" + long + "\nc,d\n", []gotRow{{1, []string{"a", "b"}, ""}, {2, nil, FaultTooLong}, {3, []string{"c", "d"}, ""}}},
		"overlong last line":  {"a,b\n" + long, []gotRow{{1, []string{"a", "b"}, ""}, {2, nil, FaultTooLong}}},
		"open quote, long":    {"\"" + strings.Repeat("y\n", MaxRow/2+9) + "c,d\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			got := readAll(t, strings.NewReader(c.in), ',', '\n')
			if name == "open quote, long" {
				if last := got[len(got)-1]; got[0].Fault != FaultQuotes || len(got) != MaxRow/2+10 || !slices.Equal(last.Cells, []string{"c", "d"}) {
					t.Fatalf("%d rows, first %+v, last %+v", len(got), got[0], last)
				}
				return
			}
			if !equalRows(got, c.want) {
				t.Fatalf("got  %+v\nwant %+v", got, c.want)
			}
			if bit := readAll(t, iotest.OneByteReader(strings.NewReader(c.in)), ',', '\n'); len(c.in) < 1000 && !equalRows(bit, c.want) {
				t.Fatalf("byte by byte: got %+v", bit)
			}
		})
	}
}

func equalRows(a, b []gotRow) bool {
	return slices.EqualFunc(a, b, func(x, y gotRow) bool {
		return x.Line == y.Line && x.Fault == y.Fault && slices.Equal(x.Cells, y.Cells)
	})
}

// TestRowsReadWhatCSVWriters write: any cells that a conforming writer wrote come back, in any reading size.
func TestRowsReadWhatCSVWritersWrite(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		cell := rapid.StringOf(rapid.SampledFrom([]rune("a,;\"\n x é\t")))
		width := rapid.IntRange(2, 4).Draw(t, "width")
		rows := rapid.SliceOfN(rapid.SliceOfN(cell, width, width), 1, 8).Draw(t, "rows")
		var buf bytes.Buffer
		w := csv.NewWriter(&buf)
		w.Comma = rapid.SampledFrom([]rune{',', ';', '\t'}).Draw(t, "comma")
		if err := w.WriteAll(rows); err != nil {
			t.Fatal(err)
		}
		rr := NewReader(&buf, byte(w.Comma), '\n')
		for _, want := range rows {
			row, err := rr.Next()
			if err != nil || row.Fault != "" || len(row.Cells) != len(want) {
				t.Fatalf("%v %+v", err, row)
			}
			for i := range want {
				if string(row.Cells[i]) != want[i] {
					t.Fatalf("cell %d is %q, want %q", i, row.Cells[i], want[i])
				}
			}
		}
	})
}

// endless is a line of n bytes and nothing else.
type endless struct{ n int }

func (e *endless) Read(p []byte) (int, error) {
	if e.n <= 0 {
		return 0, io.EOF
	}
	n := min(len(p), e.n)
	for i := range n {
		p[i] = 'x'
	}
	e.n -= n
	return n, nil
}

// TestAHugeLineIsBounded: 500 MB in one line are rejected by their line number in the memory of any other file.
func TestAHugeLineIsBounded(t *testing.T) {
	rr := NewReader(io.MultiReader(strings.NewReader("a,b\n"), &endless{n: 500 << 20}, strings.NewReader("\nc,d\n")), ',', '\n')
	var faults []string
	for {
		row, err := rr.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		faults = append(faults, fmt.Sprintf("%d%s", row.Line, row.Fault))
	}
	if got := strings.Join(faults, " "); got != "1 2too_long 3" || len(rr.buf) > 4*MaxRow {
		t.Errorf("%s in a buffer of %d bytes", got, len(rr.buf))
	}
}

// FuzzRows: no input crashes the reader, loses a line or reads past the end.
func FuzzRows(f *testing.F) {
	for _, s := range []string{"", "a,b\nc,d", "\"a\nb\",c\r\n", "\"", "\"\"\"\n\"\"x,\n", ",,,\n\n\n", "a\x00b,\xff\n", " \"x\" ,y"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		line, kept := int64(0), 0
		rr := NewReader(bytes.NewReader(b), ',', '\n')
		for {
			row, err := rr.Next()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			if row.Line <= line {
				t.Fatalf("line %d after line %d", row.Line, line)
			}
			line = row.Line
			kept += len(row.Raw)
		}
		if ends := bytes.Count(b, []byte{'\n'}) + bytes.Count(b, []byte{'\r'}); kept+ends < len(b) {
			t.Fatalf("%d of %d bytes came out", kept, len(b))
		}
	})
}
