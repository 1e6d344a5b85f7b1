package attribution

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"

	"millrace"
)

func TestReadPaths(t *testing.T) {
	for _, c := range []struct{ name, in, sep, want string }{
		{"plain", "path,total_conversions\na > b,1\nb,2\n", "", "a,b 1 0 0; b 2 0 0"},
		{"quoted as R does", "\"path\",\"total_conversions\",\"total_conversion_value\",\"total_null\"\n\"a > b\",1,0.244,3\n", "", "a,b 1 3 0.244"},
		{"any order, case, further columns", "TOTAL_NULL,id,Total_Conversions,Path\n5,x,1e+05,a>a\n", "", "a,a 100000 5 0"},
		{"byte order mark, CRLF, no last end", "\xef\xbb\xbfpath,total_conversions\r\na,1\r\nb,2", "", "a 1 0 0; b 2 0 0"},
		{"semicolon", "path;total_conversions;total_conversion_value\na > b;1;1.5\n", "", "a,b 1 0 1.5"},
		{"tab", "path\ttotal_conversions\na > b, c\t1\n", "", "a,b, c 1 0 0"},
		{"quotes, commas and lines in names", "path,total_conversions\n\"a \"\"x\"\", b > c\nd\",1\ne,1\n", "", "a \"x\", b,c\nd 1 0 0; e 1 0 0"},
		{"separators", "path,total_conversions\na->b > c,1\n", "->", "a,b > c 1 0 0"},
		{"spaces", "path,total_conversions\n  a  >\tb\u00a0>c,1\n", "", "a,b,c 1 0 0"},
		{"no touches", "path,total_conversions\n,1\n\"\",2\n", "", " 1 0 0;  2 0 0"},
		{"empty lines", "path,total_conversions\n\na,1\n\r\n\n", "", "a 1 0 0"},
		{"header alone", "path,total_conversions", "", ""},
		{"long names", "path,total_conversions\nabcdefgh > abcdefghi > abcdefgx > abcdefgh,1\n", "", "abcdefgh,abcdefghi,abcdefgx,abcdefgh 1 0 0"},
		{"negative value", "path,total_conversions,total_conversion_value\na,1,-2.5e1\n", "", "a 1 0 -25"},
	} {
		for _, r := range []io.Reader{strings.NewReader(c.in), iotest.OneByteReader(strings.NewReader(c.in))} {
			p, err := ReadPaths(r, ReadOptions{Separator: c.sep})
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			var rows []string
			for i := range p.Conversions {
				var names []string
				for _, id := range p.row(i) {
					names = append(names, p.Channels[id])
				}
				rows = append(rows, fmt.Sprintf("%s %d %d %v", strings.Join(names, ","), p.Conversions[i], p.Nulls[i], p.Values[i]))
			}
			if got := strings.Join(rows, "; "); got != c.want {
				t.Errorf("%s: %q, want %q", c.name, got, c.want)
			}
		}
	}
}

func TestBadPathFilesNameTheLine(t *testing.T) {
	const head = "path,total_conversions,total_conversion_value,total_null\n"
	for _, c := range []struct{ in, want string }{
		{"", "a path file begins with a header"},
		{"a > b,1\n", "a path file begins with a header"},
		{"path,total_conversions,path\n", "names path twice"},
		{"\"path,total_conversions\n", "line 1: a quote is left open"},
		{head + "a,1,1,1\na,x,1,1\n", "line 3: total_conversions is \"x\""},
		{head + "a,1.5,1,1\n", "line 2: total_conversions is \"1.5\""},
		{head + "a,-1,1,1\n", "line 2: total_conversions is \"-1\""},
		{head + "a,,1,1\n", "line 2: total_conversions is \"\""},
		{head + "a,1,1,NA\n", "line 2: total_null is \"NA\""},
		{head + "a,1,NaN,1\n", "line 2: total_conversion_value is \"NaN\""},
		{head + "a,1,0x1p3,1\n", "line 2: total_conversion_value is \"0x1p3\""},
		{head + "a,1,1e999,1\n", "line 2: total_conversion_value is \"1e999\""},
		{head + "a,0,5,1\n", "line 2: a total_conversion_value of 5 without conversions"},
		{head + "a,1,1\n", "line 2: 3 values, where the header has 4"},
		{head + "a > > b,1,1,1\n", "line 2: the path has a separator \">\" with no channel"},
		{head + "a >,1,1,1\n", "line 2: the path has a separator"},
		{head + "\"a\nb\",1,1,1\n\"c\"d,1,1,1\n", "line 4: something follows a closing quote"},
		{head + "a\"b,1,1,1\n", "line 2: a quote stands within a value"},
		{head + "a,1,1,1\n\"b,1,1,1\n", "line 3: a quote is left open"},
		{head + "a,9007199254740992,1,9007199254740992\n", "sum to more than 2^53"},
		{head + strings.Repeat("a > b,1,1,1\n", 300_000) + "c,?,1,1\n" + strings.Repeat("a,?,1,1\n", 300_000), "line 300002: total_conversions is \"?\""},
	} {
		_, err := ReadPaths(strings.NewReader(c.in), ReadOptions{})
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%.60q: %v, want %s", c.in, err, c.want)
		}
		if code := millrace.ErrorCode(err); code != millrace.Invalid && code != millrace.TooLarge {
			t.Errorf("%.60q: code %s", c.in, code)
		}
	}
	broken := errors.New("broken disk")
	_, err := ReadPaths(io.MultiReader(strings.NewReader(head+"a,1,1,1\n"), iotest.ErrReader(broken)), ReadOptions{})
	if !errors.Is(err, broken) || millrace.ErrorCode(err) != millrace.Unavailable {
		t.Errorf("a disk that breaks: %v", err)
	}
}

// TestManyBlocks reads rows across many blocks and channels in order of appearance, as one would read them one by one.
func TestManyBlocks(t *testing.T) {
	var in bytes.Buffer
	in.WriteString("path,total_conversions,total_conversion_value\n")
	const n = 200_000
	for i := range n {
		fmt.Fprintf(&in, "\"channel %d > \"\"q\"\"\nx > c%d\",%d,%d.25\n", i%1000, i%7, i%5+1, i)
	}
	p, err := ReadPaths(&in, ReadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if p.Len() != n || len(p.Touches) != 3*n || len(p.Channels) != 1008 || p.Channels[0] != "channel 0" || p.Channels[1] != "\"q\"\nx" || p.Channels[2] != "c0" {
		t.Fatalf("%d rows, %d touches, %d channels %q", p.Len(), len(p.Touches), len(p.Channels), p.Channels[:3])
	}
	for i := range n {
		row := p.row(i)
		if p.Channels[row[0]] != fmt.Sprint("channel ", i%1000) || p.Channels[row[2]] != fmt.Sprint("c", i%7) || p.Conversions[i] != int64(i%5+1) || p.Values[i] != float64(i)+0.25 {
			t.Fatalf("row %d: %v %d %v", i, row, p.Conversions[i], p.Values[i])
		}
	}
}

// FuzzReadPaths: what is read is what encoding/csv and strconv read of it, and every model over it adds up without NaN.
func FuzzReadPaths(f *testing.F) {
	for _, s := range []string{
		"path,total_conversions,total_conversion_value,total_null\na > b > a,1,0.5,2\n\"x, \"\"y\"\"\nz\",3,1e3,0\n,1,1,1\n",
		"path;total_conversions\r\na>b;1\r\n\r\nc;2", "\xef\xbb\xbfpath\ttotal_conversions\na\t1\n", "path,total_conversions\n\"a\",1\n\"",
		"path,total_conversions\na > b,9007199254740991\nabcdefgh>abcdefghi,1\n",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		p, err := ReadPaths(bytes.NewReader(in), ReadOptions{})
		if err != nil {
			if code := millrace.ErrorCode(err); code != millrace.Invalid && code != millrace.TooLarge {
				t.Fatalf("%v", err)
			}
			return
		}
		compareWithCSV(t, p, in)
		if len(p.Touches) > 200 { // elimination of thousands of states takes seconds
			return
		}
		results, _, err := p.RunAll(Options{Weights: Weights{First: 1, Middle: 1}})
		if err != nil {
			t.Fatal(err)
		}
		conversions, value, untouched, untouchedValue := p.totals()
		for _, r := range results {
			sum, valueSum, size := 0.0, 0.0, 0.0
			for _, c := range r.Channels {
				sum, valueSum, size = sum+c.Conversions, valueSum+c.Value, size+math.Abs(c.Value)
			}
			total := conversions + untouched
			if !(math.Abs(sum-total) <= 1e-9*(1+total)) || !(math.Abs(valueSum-value-untouchedValue) <= 1e-6*(1+size)) && size < 1e300 {
				t.Fatalf("%s sums to %v and %v, want %v and %v", r.Name, sum, valueSum, total, value+untouchedValue)
			}
		}
	})
}

// compareWithCSV reads the same bytes with encoding/csv, where it can.
func compareWithCSV(t *testing.T, p *Paths, in []byte) {
	in = bytes.TrimPrefix(in, []byte("\xef\xbb\xbf"))
	r := csv.NewReader(bytes.NewReader(in))
	head, _, _ := bytes.Cut(in, []byte{'\n'})
	for _, d := range ";\t" {
		if bytes.Count(head, []byte(string(d))) > bytes.Count(head, []byte(string(r.Comma))) {
			r.Comma = d
		}
	}
	rows, err := r.ReadAll()
	if err != nil || bytes.Contains(in, []byte("\r")) || bytes.Contains(head, []byte{'"'}) {
		return // it is stricter or other about these
	}
	at := map[string]int{}
	for i, name := range rows[0] {
		at[strings.ToLower(strings.TrimSpace(name))] = i
	}
	if len(rows)-1 != p.Len() {
		t.Fatalf("%d rows, encoding/csv reads %d", p.Len(), len(rows)-1)
	}
	for i, row := range rows[1:] {
		x, err := strconv.ParseFloat(strings.TrimSpace(row[at["total_conversions"]]), 64)
		if err != nil || x != float64(p.Conversions[i]) {
			t.Fatalf("row %d: %d conversions of %q", i, p.Conversions[i], row)
		}
		var names, got []string
		if path := row[at["path"]]; strings.TrimSpace(path) != "" {
			for name := range strings.SplitSeq(path, ">") {
				names = append(names, strings.TrimSpace(name))
			}
		}
		for _, id := range p.row(i) {
			got = append(got, p.Channels[id])
		}
		if !slices.Equal(got, names) {
			t.Fatalf("row %d: %q, encoding/csv reads %q", i, got, names)
		}
		if k, ok := at["total_conversion_value"]; ok {
			if x, err := strconv.ParseFloat(strings.TrimSpace(row[k]), 64); err != nil || x != p.Values[i] {
				t.Fatalf("row %d: a value of %v, of %q", i, p.Values[i], row)
			}
		}
	}
}
