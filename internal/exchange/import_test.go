package exchange

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"iter"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/text/encoding/unicode"

	"millrace"
	"millrace/internal/exchange/format"
	"millrace/internal/exchange/rows"
	"millrace/internal/exchange/sheet"
)

const people = "Record ID,First Name,Email,Lifecycle Stage,City\n1,Zoë,zoe@acme.example,Lead,Köln\n2,Émile,emile@acme.example,MQL,Besançon\n"

func utf16Text(t *testing.T, s string, e unicode.Endianness, bom unicode.BOMPolicy) string {
	t.Helper()
	out, err := unicode.UTF16(e, bom).NewEncoder().String(s)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func zipped(t *testing.T, s string) string {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(s)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestEncodings: one content in every encoding gives the same facts.
func TestEncodings(t *testing.T) {
	for name, c := range map[string]struct{ text, encoding string }{
		"utf-8":            {people, "UTF-8"},
		"utf-8 with mark":  {"\ufeff" + people, "UTF-8 with BOM"},
		"utf-16 le":        {utf16Text(t, people, unicode.LittleEndian, unicode.UseBOM), "UTF-16 LE"},
		"utf-16 be":        {utf16Text(t, people, unicode.BigEndian, unicode.UseBOM), "UTF-16 BE"},
		"utf-16 le, bare":  {utf16Text(t, people, unicode.LittleEndian, unicode.IgnoreBOM), "UTF-16 LE"},
		"utf-16 be, bare":  {utf16Text(t, people, unicode.BigEndian, unicode.IgnoreBOM), "UTF-16 BE"},
		"tabs in utf-16":   {utf16Text(t, strings.ReplaceAll(people, ",", "\t"), unicode.LittleEndian, unicode.UseBOM), "UTF-16 LE"},
		"windows-1252":     {strings.NewReplacer("ë", "\xeb", "ö", "\xf6", "É", "\xc9", "ç", "\xe7").Replace(people), "UTF-8"},
		"mixed":            {strings.Replace(people, "ö", "\xf6", 1), "UTF-8"},
		"gzip":             {zipped(t, people), "UTF-8"},
		"gzip of utf-16":   {zipped(t, utf16Text(t, people, unicode.LittleEndian, unicode.UseBOM)), "UTF-16 LE"},
		"crlf":             {strings.ReplaceAll(people, "\n", "\r\n"), "UTF-8"},
		"old mac lines":    {strings.ReplaceAll(people, "\n", "\r"), "UTF-8"},
		"semicolons":       {strings.ReplaceAll(people, ",", ";"), "UTF-8"},
		"pipes, sep line":  {"sep=|\n" + strings.ReplaceAll(people, ",", "|"), "UTF-8"},
		"blank lines":      {"\n\n" + strings.ReplaceAll(people, "\n", "\n\n"), "UTF-8"},
		"trailing commas":  {strings.Replace(people, "Köln\n", "Köln,,\n", 1), "UTF-8"},
		"header repeated":  {people + people[:strings.IndexByte(people, '\n')+1], "UTF-8"},
		"rejects' columns": {"millrace_line,millrace_reason,millrace_row," + strings.NewReplacer("\n1,", "\n7,why,,1,", "\n2,", "\n8,why,,2,").Replace(people), "UTF-8"},
	} {
		t.Run(name, func(t *testing.T) {
			m := &memory{}
			s := run(t, m, "people.csv", c.text, options(""))
			if s.Accepted != 2 || s.Rejected != 0 || s.Encoding != c.encoding {
				t.Fatalf("%d accepted, %v, %s", s.Accepted, s.ExampleRejects, s.Encoding)
			}
			want := []string{`{"city":"Köln","email":"zoe@acme.example","first_name":"Zoë","lifecycle_stage":"lead"}`, `{"city":"Besançon","email":"emile@acme.example","first_name":"Émile","lifecycle_stage":"mql"}`}
			for i, e := range m.events {
				if string(e.Data) != want[i] {
					t.Errorf("got %s, want %s", e.Data, want[i])
				}
			}
			if legacy := hasNote(s, "Windows-1252"); legacy != (name == "windows-1252" || name == "mixed") {
				t.Errorf("notes %q", s.Notes)
			}
		})
	}
}

// TestBadFilesAreRefusedWhole: the error names the file and the place, and no import is begun.
func TestBadFilesAreRefusedWhole(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"empty":            {"", "x.csv is empty"},
		"only blank lines": {"\n \n\n", "x.csv is empty"},
		"header only":      {"Email,First Name\n", "header and no rows"},
		"workbook":         {"PK\x03\x04rest", "Excel"},
		"old workbook":     {"\xd0\xcf\x11\xe0rest", "Excel"},
		"utf-32":           {"\xff\xfe\x00\x00E\x00\x00\x00", "UTF-32"},
		"not gzip":         {"\x1f\x8bnot", "gzip"},
		"cut gzip":         {zipped(t, strings.Repeat(people, 2000))[:300], "x.csv is broken"},
		"a gzip bomb":      {zipped(t, people+strings.Repeat("bomb@b.example,Boom\n", 4<<20)), "unpacks to more than 200 times its size"},
		"a bomb in a line": {zipped(t, people+strings.Repeat("x", 68<<20)), "unpacks to more than 200 times its size"},
		"header open":      {"\"Email,First Name\na@b.example,c\n", "no readable header"},
		"header too long":  {strings.Repeat("a,", sheet.MaxRow) + "\nx\n", "no readable header"},
		"too many columns": {strings.Repeat("a,", maxColumns) + "a\nx\n", "columns"},
		"no such column":   {"colour\nred\n", "colour"},
		"binary":           {"\x00\x01\x02\x03\x04\x05", "x.csv"},
	} {
		t.Run(name, func(t *testing.T) {
			if msg := refused(t, "/some/dir/x.csv", c.text, options("contacts")); !strings.Contains(msg, c.want) {
				t.Errorf("%q does not say %q", msg, c.want)
			}
		})
	}
	for name, o := range map[string]Options{"zone": {Entity: "contacts", Timezone: "Mars/Base"}, "local zone": {Timezone: "Local"}, "currency": {Currency: "euros"}, "delimiter": {Delimiter: '"'}, "wide delimiter": {Delimiter: '→'}} {
		t.Run(name, func(t *testing.T) { refused(t, "x.csv", people, o) })
	}
}

// TestBadRowsAreRejectedAlone: the row is named with its line and reason and kept in the rejects, the others are imported, and the
// rejects' file can be imported when mended.
func TestBadRowsAreRejectedAlone(t *testing.T) {
	text := "Record ID,Email,Lifecycle Stage,Create Date,First Name\n" +
		"1,a@acme.example,Lead,2026-01-01,A\n" +
		"2,b@acme.example,Lead\n" + // line 3: short
		"3,c@acme.example,Lead,2026-01-01,C,extra\n" + // line 4: long
		"4,d@acme.example,Lead,2026-99-01,D\n" + // line 5: no date
		"5,\"e@acme.example,Lead,2026-01-01,E\n" + // line 6: open quote
		"6,f@acme.example,Lead,2026-01-01,F \"the fox\"\n" +
		",,Lead,2026-01-01,\n" + // line 8: nobody
		"7,g\x00@acme.example,Nobility,2026-01-01,=G\n" +
		"8,\"h@acme.example\"x,Lead,2026-01-01,H\n" + // line 10: behind a quote
		strings.Repeat("x", sheet.MaxRow+1) + "\n" + // line 11
		"9,i@acme.example,Lead,2026-01-01,I\n"
	var rejects bytes.Buffer
	m, o := &memory{}, options("contacts")
	o.Rejects = &rejects
	s := run(t, m, "people.csv", text, o)
	if s.Rows != 11 || s.Accepted != 4 || s.Rejected != 7 {
		t.Fatalf("%d rows, %d accepted, %d rejected: %+v", s.Rows, s.Accepted, s.Rejected, s.ExampleRejects)
	}
	want := []Reject{{3, "", rows.ReasonRagged, ""}, {4, "", rows.ReasonRagged, ""}, {5, "Create Date", rows.ReasonDate, ""}, {6, "", rows.ReasonQuotes, ""}, {8, "", rows.ReasonNoKey, ""}, {10, "", rows.ReasonQuotes, ""}, {11, "", rows.ReasonTooLong, ""}}
	for i, r := range s.ExampleRejects {
		if r.Detail == "" {
			t.Errorf("line %d has no explanation", r.Line)
		}
		if r.Detail = ""; r != want[i] {
			t.Errorf("got %+v, want %+v", r, want[i])
		}
	}
	for _, note := range []string{"1 cells had zero bytes, which were dropped, the first on line 9", "Nobility"} {
		if !hasNote(s, note) {
			t.Errorf("no note says %q: %q", note, s.Notes)
		}
	}
	got, err := csv.NewReader(bytes.NewReader(rejects.Bytes())).ReadAll()
	if err != nil || len(got) != 8 {
		t.Fatalf("%d lines in the rejects, %v", len(got), err)
	}
	if got[1][0] != "3" || got[1][2] != "2,b@acme.example,Lead" || got[3][0] != "5" || strings.Join(got[3][3:], ",") != "4,d@acme.example,Lead,2026-99-01,D" || !strings.Contains(got[3][1], "2026-99-01") {
		t.Errorf("%q", got)
	}
	mended := strings.Replace(rejects.String(), "2026-99-01,D", "2026-02-01,D", 1)
	if s := run(t, m, "mended.csv", mended, options("contacts")); s.Accepted != 1 || s.Rejected != 6 {
		t.Errorf("the mended file: %d accepted, %d rejected", s.Accepted, s.Rejected)
	}
	checkEvent(t, m.events[4], `contact hubspot:4 at 2026-02-01T00:00:00.000Z recorded 2026-02-01T00:00:00.000Z <d@acme.example> {"first_name":"D"}`)
}

func TestDuplicateAndNamelessHeaders(t *testing.T) {
	m := &memory{}
	s := run(t, m, "x.csv", "Email,Notes,Notes,,EMAIL\na@b.example,one,two,three,c@d.example\n", options("contacts"))
	checkEvent(t, m.events[0], `contact csv:a@b.example at 2026-06-01T00:00:00.000Z recorded  <a@b.example> undated {"notes":"one","notes_2":"two","column_4":"three","email_2":"c@d.example"}`)
	if !hasNote(s, `"Notes" stands there 2 times`) || !hasNote(s, "column 4 has no header") {
		t.Errorf("%q", s.Notes)
	}
}

// TestDatesAreDecidedByColumn: one cell proves the order for all, other columns lend theirs, and what proves nothing is said.
func TestDatesAreDecidedByColumn(t *testing.T) {
	for name, c := range map[string]struct {
		text, want, note string
		rejected         int64
	}{
		"proved late":    {"Email,Created\na@b.example,3/4/2026\nb@b.example,25/4/2026\n", "2026-04-03", "day/month/year: 1 cells prove it", 0},
		"unproved":       {"Email,Created\na@b.example,3/4/2026\n", "2026-03-04", "month/day/year: nothing in the file proves it", 0},
		"dots":           {"Email,Created\na@b.example,3.4.2026\n", "2026-04-03", "dates with dots", 0},
		"semicolons":     {"Email;Created\na@b.example;3/4/2026\n", "2026-04-03", "semicolons", 0},
		"header":         {"Email,Created (DD/MM/YYYY),Created\na@b.example,,2026-04-03\n", "2026-04-03", "", 0},
		"other column":   {"Email,Created,Modified\na@b.example,3/4/2026,25/4/2026\n", "2026-04-03", "as the file's other columns prove", 0},
		"both orders":    {"Email,Created\na@b.example,3/25/2026\nb@b.example,3/26/2026\nc@b.example,25/3/2026\n", "2026-03-25", "those of the smaller part are rejected", 1},
		"year first too": {"Email,Created\na@b.example,2026-04-03\n", "2026-04-03", "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			m := &memory{}
			s := run(t, m, "x.csv", c.text, options("contacts"))
			if got := m.events[0].OccurredAt.Std().Format("2006-01-02"); got != c.want || s.Rejected != c.rejected || c.note != "" && !hasNote(s, c.note) {
				t.Errorf("%s, %d rejected, notes %q", got, s.Rejected, s.Notes)
			}
		})
	}
}

func TestNumbersAreDecidedByColumn(t *testing.T) {
	m := &memory{}
	s := run(t, m, "x.csv", "Deal ID,Amount,Stage\n1,1.234,won\n2,\"99,50\",lost\n", options("opportunities"))
	checkEvent(t, m.events[0], `opportunity csv:1 at 2026-06-01T00:00:00.000Z recorded  <> undated {"amount":"1234"}`)
	if !hasNote(s, "2 amounts name no currency") {
		t.Errorf("%q", s.Notes)
	}
	s = run(t, &memory{}, "x.csv", "Deal ID,Amount,Stage\n1,\"1,234.50\",won\n2,\"99,5\",In Limbo\n", options("opportunities"))
	if s.Rejected != 1 || s.ExampleRejects[0].Reason != rows.ReasonAmount || s.ExampleRejects[0].Line != 3 {
		t.Errorf("%+v", s.ExampleRejects)
	}
}

func TestUnknownStagesAreOpenAndSaid(t *testing.T) {
	m := &memory{}
	s := run(t, m, "x.csv", "Deal ID,Stage\n1,In Limbo\n2,Closed - Won!\n3,7 - Closed Lost\n", options("opportunities"))
	var got []any
	for _, e := range m.events {
		got = append(got, dataOf(t, e)["status"])
	}
	if fmt.Sprint(got) != "[open won lost]" || !hasNote(s, "In Limbo (1)") {
		t.Errorf("%v %q", got, s.Notes)
	}
}

// TestChangedRowsAreNewFacts and unchanged ones in another file are not.
func TestChangedRowsAreNewFacts(t *testing.T) {
	m := &memory{}
	run(t, m, "may.csv", people, options(""))
	june := strings.Replace(people, "2,Émile,emile@acme.example,MQL", "2,Émile,emile@acme.example,Customer", 1)
	o := options("")
	o.Clock = func() millrace.Time { return now() + 30*millrace.Day }
	if s := run(t, m, "june.csv", "\ufeff"+strings.ReplaceAll(june, ",", "\t"), o); s.Accepted != 1 || s.Duplicates != 1 {
		t.Errorf("%d accepted, %d duplicates", s.Accepted, s.Duplicates)
	}
}

func TestFutureDatesAreClamped(t *testing.T) {
	m := &memory{}
	s := run(t, m, "x.csv", "Email,Created\na@b.example,2031-01-01\n", options("contacts"))
	e := m.events[0]
	if e.OccurredAt != now() || !e.Flags.Has(millrace.FlagClamped) || e.SentAt.String() != "2031-01-01T00:00:00.000Z" || e.RecordedAt != now() || !hasNote(s, "future") {
		t.Errorf("%+v %q", e, s.Notes)
	}
}

func TestAFailingLedgerEndsTheImportAndItCanGoOn(t *testing.T) {
	var text strings.Builder
	text.WriteString("Email\n")
	for i := range 1000 {
		fmt.Fprintf(&text, "p%d@acme.example\n", i)
	}
	m := &memory{fail: millrace.Errorf(millrace.Unavailable, "x", "the disk is away"), failAt: 3}
	o := options("contacts")
	o.SliceRows = 100
	id, s, err := Run(t.Context(), m, "x.csv", strings.NewReader(text.String()), o)
	if millrace.ErrorCode(err) != millrace.Unavailable || id != 1 || s.Accepted != 200 || len(m.finished) != 0 {
		t.Fatalf("%v, %d, %+v", err, id, s)
	}
	m.fail = nil
	if s := run(t, m, "x.csv", text.String(), o); s.Accepted != 800 || s.Duplicates != 200 {
		t.Errorf("%d accepted, %d duplicates", s.Accepted, s.Duplicates)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := Run(ctx, m, "x.csv", strings.NewReader(text.String()), o); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// generated is a file of n rows that is made while it is read.
type generated struct {
	n, at int
	rest  []byte
}

func (g *generated) Read(p []byte) (int, error) {
	if len(g.rest) == 0 {
		if g.at > g.n {
			return 0, io.EOF
		}
		var b bytes.Buffer
		for ; b.Len() < 32<<10 && g.at <= g.n; g.at++ {
			if g.at == 0 {
				b.WriteString("Record ID,First Name,Last Name,Email,Company Name,Lifecycle Stage,Create Date,Last Modified Date,Notes\n")
				continue
			}
			fmt.Fprintf(&b, "%d,Anna,Berg %d,anna.%d@acme%d.example,Acme %d,Lead,2025-03-14 18:22,2026-01-05 09:00,\"met, at the fair\"\n", g.at, g.at, g.at, g.at%500, g.at%500)
		}
		g.rest = b.Bytes()
	}
	n := copy(p, g.rest)
	g.rest = g.rest[n:]
	return n, nil
}

// counting is a Ledger that keeps nothing and watches the heap.
type counting struct {
	memory
	events int64
	peak   uint64
}

func (c *counting) Apply(_ context.Context, b millrace.Batch) (millrace.Receipt, error) {
	c.events += int64(len(b.Events))
	if c.batches++; c.batches%40 == 0 {
		var st runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&st)
		c.peak = max(c.peak, st.HeapAlloc)
	}
	return millrace.Receipt{Accepted: len(b.Events), Duplicate: make([]bool, len(b.Events))}, nil
}

// TestMemoryStaysFlat: eight times the rows, the same memory.
func TestMemoryStaysFlat(t *testing.T) {
	if testing.Short() {
		t.Skip("skipped: 180,000 rows in -short")
	}
	peak := func(rows int) uint64 {
		c := &counting{}
		_, s, err := Run(t.Context(), c, "x.csv", &generated{n: rows}, options("contacts"))
		if err != nil || s.Accepted != int64(rows) {
			t.Fatalf("%d of %d rows, %v", s.Accepted, rows, err)
		}
		return c.peak
	}
	small, large := peak(20_000), peak(160_000)
	if large > small+1<<20 {
		t.Errorf("20,000 rows held %d KiB, 160,000 rows %d KiB", small>>10, large>>10)
	}
}

func TestProgress(t *testing.T) {
	var last RunProgress
	checked := int64(0)
	o := options("contacts")
	o.Progress = func(p RunProgress) {
		if p.Checking {
			checked = p.Rows
		} else {
			last = p
		}
	}
	if _, _, err := Run(t.Context(), &counting{}, "x.csv", &generated{n: 25_000}, o); err != nil {
		t.Fatal(err)
	}
	if checked != 20_000 || last.Rows != 25_000 || last.Accepted != 25_000 || last.Bytes != last.TotalBytes || last.Bytes == 0 {
		t.Errorf("checked %d, %+v", checked, last)
	}
}

func TestWriteCSVIsSafeAndWhole(t *testing.T) {
	rows := func(list ...[]string) iter.Seq2[[]string, error] {
		return func(yield func([]string, error) bool) {
			for _, r := range list {
				if !yield(r, nil) {
					return
				}
			}
		}
	}
	var b bytes.Buffer
	err := WriteCSV(&b, []string{"name", "n"}, rows([]string{"=cmd()", "-12.5"}, []string{"+49 30", "@x"}, []string{"a,\"b\"\nc", "+1"}, []string{"\tx", ""}))
	want := "name,n\n'=cmd(),-12.5\n'+49 30,'@x\n\"a,\"\"b\"\"\nc\",+1\n'\tx,\n"
	if err != nil || b.String() != want {
		t.Errorf("%v %q", err, b.String())
	}
	if err := WriteCSV(io.Discard, []string{"a"}, rows([]string{"1", "2"})); err == nil || !strings.Contains(err.Error(), "row 1") {
		t.Errorf("a row too wide: %v", err)
	}
	broken := func(yield func([]string, error) bool) { yield(nil, errors.New("gone")) }
	if err := WriteCSV(io.Discard, []string{"a"}, broken); err == nil {
		t.Error("a broken source was taken for a whole one")
	}
	b.Reset()
	err = WriteNDJSON(&b, func(yield func(map[string]any, error) bool) {
		_ = yield(map[string]any{"a": "<b>"}, nil) && yield(nil, errors.New("gone"))
	})
	if b.String() != "{\"a\":\"<b>\"}\n" || err == nil {
		t.Errorf("%v %q", err, b.String())
	}
}

func BenchmarkRun(b *testing.B) {
	const rows = 20_000
	var text strings.Builder
	if _, err := io.Copy(&text, &generated{n: rows}); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(text.Len()))
	b.ReportAllocs()
	for b.Loop() {
		l := &discard{}
		if _, s, err := Run(b.Context(), l, "x.csv", strings.NewReader(text.String()), options("contacts")); err != nil || s.Accepted != rows {
			b.Fatalf("%d, %v", s.Accepted, err)
		}
	}
	b.ReportMetric(float64(rows*b.N)/b.Elapsed().Seconds(), "rows/s")
}

// discard is a Ledger that takes everything and keeps nothing.
type discard struct{ memory }

func (*discard) Apply(_ context.Context, b millrace.Batch) (millrace.Receipt, error) {
	return millrace.Receipt{Accepted: len(b.Events), Duplicate: make([]bool, len(b.Events))}, nil
}

// FuzzImport: no file crashes an import, every row is accepted or rejected, and a second import of it accepts nothing.
func FuzzImport(f *testing.F) {
	for _, text := range []string{people, "Email;Created\na@b.example;3/4/2026\n\"", "url,user_id\nhttps://a.example/%zz,u\n", "Opportunity ID,To Stage,Last Modified,From Stage\n1,a,1/2/2026,b\n1,b,x,\n",
		"\xff\xfea\x00", "Deal Name,Deal Stage,Record ID,Amount,Stages\na,won,1,\"1,2\",[]\n", "event,user_id,properties.a,properties.a.b\nx,y,1,2\n"} {
		for i := range format.EntityNames() {
			f.Add([]byte(text), uint8(i))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte, entity uint8) {
		m, o := &memory{}, options(format.EntityNames()[int(entity)%len(format.EntityNames())])
		var rejects bytes.Buffer
		o.Rejects = &rejects
		_, s, err := Run(t.Context(), m, "x.csv", bytes.NewReader(text), o)
		if err != nil {
			if millrace.ErrorCode(err) != millrace.Invalid {
				t.Fatal(err)
			}
			return
		}
		if s.Rows != s.Accepted+s.Rejected+s.Duplicates {
			t.Fatalf("%d rows, %d accepted, %d rejected, %d duplicates", s.Rows, s.Accepted, s.Rejected, s.Duplicates)
		}
		if _, again, err := Run(t.Context(), m, "x.csv", bytes.NewReader(text), o); err != nil || again.Accepted != 0 || again.Rejected != s.Rejected {
			t.Fatalf("again: %+v, %v", again, err)
		}
	})
}
