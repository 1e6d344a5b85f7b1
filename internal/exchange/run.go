package exchange

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"time"

	"millrace"
	"millrace/internal/exchange/format"
	"millrace/internal/exchange/mapping"
	"millrace/internal/exchange/rows"
	"millrace/internal/exchange/sheet"
)

// maxColumns is the most columns a file may have.
const maxColumns = 4096

const (
	runOp         = "exchange.Run"
	sliceRows     = 500
	sliceBytes    = 4 << 20
	keptRejects   = 20
	progressEvery = 10_000
)

// Run imports a file. name is for messages and the import's record; r may be gzip, and is read twice: where it can't seek it is first
// copied to a temporary file. The first pass looks at the whole file (so a broken file, an unknown header or an empty one is an Invalid
// error before anything is recorded), the second sends facts in slices. When err is not nil after facts were sent, id is the import to undo
// or the file to run again: what was sent stands, and running it again skips that.
func Run(ctx context.Context, l Ledger, name string, r io.Reader, o Options) (id int64, s Summary, err error) {
	if o.Clock == nil {
		o.Clock = millrace.SystemClock
	}
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	sp, err := newSpool(r)
	if err != nil {
		return 0, s, err
	}
	defer sp.close()
	im := &importer{ctx: ctx, ledger: l, o: o, op: runOp, name: name, size: sp.size, slice: cmp.Or(o.SliceRows, sliceRows)}
	im.s.Reasons = map[string]int64{}
	if err := im.survey(sp); err != nil {
		return 0, im.s, err
	}
	if !o.DryRun {
		im.id, err = l.StartImport(ctx, Import{Entity: im.plan.Entity, File: name, Format: im.s.Format, SHA256: im.s.SHA256, Reading: o.reading(), StartedAt: o.Clock(), By: o.By,
			Resume: o.Resume})
		if err != nil {
			return 0, im.s, fmt.Errorf("%s: recording the import's beginning: %w", runOp, err)
		}
	}
	im.progress(RunProgress{})
	if err := im.bring(sp); err != nil {
		im.conclude()
		return im.id, im.s, err
	}
	im.conclude()
	if !o.DryRun {
		if err := l.FinishImport(ctx, im.id, im.s); err != nil {
			return im.id, im.s, fmt.Errorf("%s: recording the import's end: %w", runOp, err)
		}
	}
	return im.id, im.s, nil
}

// reading says how a file is read, the same for the same content: "" as recognised. It tells whether an import that broke off can be gone on with.
func (o *Options) reading() string {
	if o.Mapping == nil && o.Delimiter == 0 && o.Currency == "" && o.Timezone == "" && o.RecordedAt == 0 {
		return ""
	}
	h := sha256.New()
	if o.Mapping != nil {
		d := o.Mapping.Document
		d.Columns = slices.SortedFunc(slices.Values(d.Columns), func(a, b mapping.Column) int { return cmp.Compare(a.Header, b.Header) })
		h.Write(d.YAML())
	}
	fmt.Fprintf(h, "\n%d %q %q %d", o.Delimiter, o.Currency, o.Timezone, o.RecordedAt)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// importer is one run of an import.
type importer struct {
	ctx     context.Context
	ledger  Ledger
	o       Options
	op      string
	name    string
	size    int64
	slice   int
	plan    *rows.Plan
	id      int64
	s       Summary
	rejects *rejectWriter
	batch   []rows.Fact
	bytes   int

	head int64             // how much is read of the file's text, 0 for all
	rest *io.LimitedReader // what is left of that
}

// input is one pass over the file, standing under its header.
type input struct {
	*sheet.Content
	file      *counter
	rows      *sheet.Reader
	delimiter byte
	header    [][]byte
	line      int64 // of the header
	names     []string
	preamble  []string // what stands above the header
}

// above keeps a line that stands above the header.
func (in *input) above(row *sheet.Row) {
	s, _, _ := sheet.Text(bytes.Join(row.Cells, []byte(" ")))
	if s != "" && len(in.preamble) < headerWithin {
		in.preamble = append(in.preamble, sheet.Clip(s, 40))
	}
}

// open reads up to and with the header.
func (im *importer) open(c *counter) (*input, error) {
	t, err := sheet.Decode(im.op, c)
	if millrace.ErrorCode(err) == millrace.Invalid {
		return nil, err
	}
	in := &input{Content: t, file: c}
	if err != nil {
		return nil, im.broken(in, err)
	}
	eol := sheet.LineEnd(t.Sample)
	sep, hasSep := sheet.SepLine(t.Sample, eol)
	switch {
	case im.o.Delimiter != 0:
		in.delimiter = byte(im.o.Delimiter)
	case im.o.Mapping != nil && im.o.Mapping.Delimiter != 0:
		in.delimiter = byte(im.o.Mapping.Delimiter)
	case hasSep:
		in.delimiter = sep
	}
	under, line, found := im.findHeader(in, in.delimiter, eol)
	switch {
	case in.delimiter == 0 && found:
		in.delimiter = under
	case in.delimiter == 0:
		in.delimiter = sheet.SniffDelimiter(t.Sample, eol)
	}
	if in.delimiter == '"' || in.delimiter == '\n' || in.delimiter == '\r' || im.o.Delimiter > 0x7f {
		return nil, millrace.FieldErrorf(im.op, "delimiter", "%q can't separate cells", string(im.o.Delimiter))
	}
	im.headOf(t)
	in.rows = sheet.NewReader(t, in.delimiter, eol)
	for {
		row, err := in.rows.Next()
		if errors.Is(err, io.EOF) {
			return nil, millrace.FieldErrorf(im.op, "line 1", "%s is empty", im.name)
		}
		if err != nil {
			return nil, im.broken(in, err)
		}
		if row.Blank() || hasSep && row.Line == 1 {
			continue
		}
		if found && row.Line < line {
			in.above(row)
			continue
		}
		if row.Fault != "" {
			return nil, millrace.FieldErrorf(im.op, fmt.Sprintf("line %d", row.Line), "%s has no readable header: %s", im.name, row.Note)
		}
		if len(row.Cells) > maxColumns {
			return nil, millrace.FieldErrorf(im.op, fmt.Sprintf("line %d", row.Line), "%s has %d columns; at most %d are read", im.name, len(row.Cells), maxColumns)
		}
		for _, cell := range row.Cells {
			in.header = append(in.header, bytes.Clone(cell))
		}
		in.names, _ = rows.Names(in.header)
		in.line = row.Line
		return in, nil
	}
}

// start opens the file and makes the plan for its header.
func (im *importer) start(c *counter) (*input, error) {
	in, err := im.open(c)
	if err != nil {
		return nil, err
	}
	if err := im.plot(in); err != nil {
		return nil, err
	}
	return in, im.plan.FindDays()
}

// plot makes the plan for a header.
func (im *importer) plot(in *input) (err error) {
	f := rows.File{Op: im.op, Name: im.name, Header: in.header, Line: in.line, Preamble: in.preamble, Mapping: im.o.Mapping, Currency: im.o.Currency, Home: im.o.Home.Currency,
		Clock: im.o.Clock, RecordedAt: im.o.RecordedAt}
	if f.Format, err = im.choose(in.names); err != nil {
		return err
	}
	zone := im.o.Timezone
	if f.Mapping != nil {
		zone, f.Currency = cmp.Or(zone, f.Mapping.Timezone), cmp.Or(f.Currency, f.Mapping.Currency)
	}
	if format.OfDays(f.Format.Entity) {
		zone = cmp.Or(zone, im.o.Home.Timezone)
	}
	if f.Zone, err = time.LoadLocation(zone); err != nil || zone == "Local" {
		return millrace.FieldErrorf(im.op, "timezone", "%q is no IANA time zone such as Europe/Berlin", zone)
	}
	if f.Currency != "" && !sheet.IsCurrency(f.Currency) {
		return millrace.FieldErrorf(im.op, "currency", "%q is no ISO 4217 code such as EUR", f.Currency)
	}
	im.plan, err = rows.New(f)
	return err
}

// choose takes the format: recognised, or by the mapping, which builds on a recognised one of the same system and entity.
func (im *importer) choose(names []string) (f format.Format, err error) {
	asked, m := im.o.Entity, im.o.Mapping
	if asked != "" && !slices.Contains(format.EntityNames(), asked) {
		return f, millrace.FieldErrorf(im.op, "entity", "%q can't be imported; what can be are %s", asked, strings.Join(format.EntityNames(), ", "))
	}
	if m == nil {
		return format.Recognise(im.op, im.name, names, asked)
	}
	if asked != "" && asked != m.Entity {
		return f, millrace.FieldErrorf(im.op, "entity", "the mapping is for %s, not for %s: run \"millrace import %s %s\" with it", m.Entity, asked, m.Entity, im.name)
	}
	f, err = format.Recognise(im.op, im.name, names, m.Entity)
	if err != nil || m.System != "" && f.System != m.System {
		f = format.Generic(m.Entity)
		f.Columns = nil
	}
	f.System = cmp.Or(m.System, f.System)
	return f, nil
}

func (im *importer) formatName() string {
	if im.o.Mapping != nil {
		return "mapping:" + im.plan.System
	}
	return im.plan.ID
}

func (im *importer) onlyHeader() error {
	return millrace.FieldErrorf(im.op, "line 1", "%s has a header and no rows under it", im.name)
}

// broken words a failure to read on.
func (im *importer) broken(in *input, err error) error {
	line := int64(1)
	if in.rows != nil {
		line = in.rows.Line()
	}
	if e, ok := errors.AsType[*millrace.Error](err); ok && e.Code == millrace.Invalid {
		return millrace.FieldErrorf(im.op, fmt.Sprintf("line %d", line), "%s: %s", im.name, e.Message)
	}
	if in.Gzip && in.file.err == nil {
		return millrace.FieldErrorf(im.op, fmt.Sprintf("line %d", line), "%s is broken: its gzip data can't be read on (%v)", im.name, err)
	}
	return fmt.Errorf("%s: reading %s, line %d: %w", im.op, im.name, line, err)
}

// survey is the first pass: format, evidence, hash.
func (im *importer) survey(sp *spool) error {
	c, err := sp.open()
	if err != nil {
		return err
	}
	in, err := im.start(hashing(c))
	if err != nil {
		return err
	}
	n := int64(0)
	for {
		row, err := in.rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return im.broken(in, err)
		}
		if row.Blank() {
			continue
		}
		im.plan.Look(row)
		if n++; n%progressEvery == 0 {
			if err := im.ctx.Err(); err != nil {
				return err
			}
			im.progress(RunProgress{Checking: true, Rows: n, Bytes: c.n})
		}
	}
	if n == 0 && im.plan.Entity != format.Spend {
		return im.onlyHeader()
	}
	if err := im.plan.OfDays(); err != nil {
		return err
	}
	im.plan.Settle(in.delimiter)
	im.s.Format, im.s.Encoding, im.s.Delimiter = im.formatName(), in.Encoding, string(rune(in.delimiter))
	im.s.SHA256, err = c.finish()
	return err
}

func (im *importer) progress(p RunProgress) {
	if im.o.Progress != nil {
		p.TotalBytes, p.Import = im.size, im.id
		im.o.Progress(p)
	}
}

// bring is the second pass: rows to facts to the ledger.
func (im *importer) bring(sp *spool) error {
	c, err := sp.open()
	if err != nil {
		return err
	}
	in, err := im.open(c)
	if err != nil {
		return err
	}
	if im.rejects, err = newRejectWriter(im.o.Rejects, in.header); err != nil {
		return err
	}
	for {
		row, err := in.rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return im.broken(in, err)
		}
		if row.Blank() {
			im.plan.Blank()
			continue
		}
		if err := im.one(row, c.n); err != nil {
			return err
		}
	}
	if flt := im.plan.Finish(); flt != nil {
		return millrace.Errorf(millrace.Internal, im.op, "the last group of rows: %s", flt.Detail)
	}
	if err := im.collect(im.plan.Ready(), c.n); err != nil {
		return err
	}
	if err := im.send(c.n); err != nil {
		return err
	}
	return im.rejects.flush()
}

// one takes one row.
func (im *importer) one(row *sheet.Row, at int64) error {
	f, flt := im.plan.Row(row)
	if flt != nil && flt.Passed() {
		return nil
	}
	ready := im.plan.Ready()
	im.s.Rows++
	if flt != nil {
		im.s.Rejected++
		im.s.Reasons[flt.Reason]++
		if len(im.s.ExampleRejects) < keptRejects {
			im.s.ExampleRejects = append(im.s.ExampleRejects, rejected(row, flt))
		}
		if err := im.rejects.write(row, flt); err != nil {
			return err
		}
	} else if f.Event.Kind != 0 {
		ready = append(ready, f)
	}
	if im.s.Rows%progressEvery == 0 {
		im.progress(im.soFar(at))
	}
	return im.collect(ready, at)
}

func rejected(row *sheet.Row, flt *rows.Fault) Reject {
	return Reject{Line: row.Line, Column: flt.Column, Reason: flt.Reason, Detail: flt.Detail}
}

// conclude puts what the rows showed into the summary.
func (im *importer) conclude() {
	out := im.plan.Outcome()
	im.s.Columns, im.s.Unused, im.s.Notes = out.Columns, out.Unused, out.Notes
	im.s.Platform, im.s.FirstDay, im.s.LastDay, im.s.Spend = out.Platform, out.FirstDay, out.LastDay, out.Spend
}

// collect moves finished facts to the batch and sends it when it is full.
func (im *importer) collect(ready []rows.Fact, at int64) error {
	for _, f := range ready {
		im.batch = append(im.batch, f)
		im.bytes += f.Size
	}
	if len(im.batch) >= im.slice || im.bytes >= sliceBytes {
		return im.send(at)
	}
	return nil
}

// send hands the batch to the ledger.
func (im *importer) send(at int64) error {
	if err := im.ctx.Err(); err != nil {
		return err
	}
	if len(im.batch) == 0 {
		return nil
	}
	var receipt millrace.Receipt
	if !im.o.DryRun {
		b := millrace.Batch{Import: im.id, Events: make([]millrace.Event, len(im.batch))}
		for i, f := range im.batch {
			b.Events[i] = f.Event
		}
		var err error
		if receipt, err = im.ledger.Apply(im.ctx, b); err != nil {
			return fmt.Errorf("%s: %s: %w", im.op, im.name, err)
		}
	}
	for i, f := range im.batch {
		if i < len(receipt.Duplicate) && receipt.Duplicate[i] {
			im.s.Duplicates += f.Rows
		} else {
			im.s.Accepted += f.Rows
		}
	}
	clear(im.batch)
	im.batch, im.bytes = im.batch[:0], 0
	im.progress(im.soFar(at))
	return nil
}

func (im *importer) soFar(at int64) RunProgress {
	return RunProgress{Rows: im.s.Rows, Accepted: im.s.Accepted, Rejected: im.s.Rejected, Duplicates: im.s.Duplicates, Bytes: at}
}
