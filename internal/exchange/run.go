package exchange

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"millrace"
)

const (
	runOp         = "exchange.Run"
	previewOp     = "exchange.Preview"
	sliceRows     = 500
	sliceBytes    = 4 << 20
	keptRejects   = 20
	lookRows      = 1000 // rows that a preview looks at
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
		im.id, err = l.StartImport(ctx, Import{Entity: im.plan.entity, File: name, Format: im.s.Format, SHA256: im.s.SHA256, StartedAt: o.Clock(), By: o.By})
		if err != nil {
			return 0, im.s, fmt.Errorf("%s: recording the import's beginning: %w", runOp, err)
		}
	}
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

// Preview looks at the first rows (at most 1,000, and gives back as many as asked) without importing anything.
func Preview(name string, r io.Reader, o Options, rows int) (PreviewResult, error) {
	if o.Clock == nil {
		o.Clock = millrace.SystemClock
	}
	im := &importer{ctx: context.Background(), o: o, op: previewOp, name: path.Base(name)}
	in, err := im.start(&counter{r: r})
	if err != nil {
		return PreviewResult{}, err
	}
	p := im.plan
	var kept []rawRow
	for len(kept) < lookRows {
		row, err := in.rows.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return PreviewResult{}, im.broken(in, err)
		}
		if row.blank() {
			continue
		}
		own := rawRow{line: row.line, raw: bytes.Clone(row.raw), fault: row.fault, note: row.note}
		for _, c := range row.cells {
			own.cells = append(own.cells, bytes.Clone(c))
		}
		if kept = append(kept, own); len(row.cells) == p.width {
			p.look(row.cells)
		}
	}
	if len(kept) == 0 {
		return PreviewResult{}, im.onlyHeader()
	}
	p.decide(in.delimiter)
	return im.show(in, kept, rows), nil
}

func (im *importer) show(in *input, kept []rawRow, rows int) PreviewResult {
	p := im.plan
	out := PreviewResult{Format: im.formatName(), Title: p.title, System: p.system, Entity: p.entity, Encoding: in.encoding, Delimiter: string(rune(in.delimiter))}
	rec := newRecord()
	for i := range kept {
		f, flt := p.row(rec, &kept[i])
		facts := append(p.ready, f)
		p.ready = nil
		if flt != nil {
			if len(out.Problems) < keptRejects && flt.reason != reasonFooter {
				out.Problems = append(out.Problems, Reject{Line: kept[i].line, Column: flt.column, Reason: flt.reason, Detail: flt.detail})
			}
			facts = facts[:len(facts)-1]
			if flt.reason == reasonFooter {
				continue
			}
		}
		if i >= rows {
			continue
		}
		shown := PreviewRow{Line: kept[i].line}
		for _, c := range kept[i].cells {
			s, _, _ := cellText(c)
			shown.Cells = append(shown.Cells, s)
		}
		for _, f := range facts {
			if f.event.Kind != 0 {
				shown.Event = &f.event
			}
		}
		out.Rows = append(out.Rows, shown)
	}
	p.summarise()
	out.Columns, _ = p.uses()
	out.Notes = p.notes
	return out
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
	plan    *plan
	id      int64
	s       Summary
	rejects *rejectWriter
	batch   []fact
	bytes   int
}

// input is one pass over the file, standing under its header.
type input struct {
	*text
	file      *counter
	rows      *rowReader
	delimiter byte
	header    [][]byte
	names     []string
}

// open reads up to and with the header.
func (im *importer) open(c *counter) (*input, error) {
	t, err := decode(im.op, c)
	if millrace.ErrorCode(err) == millrace.Invalid {
		return nil, err
	}
	in := &input{text: t, file: c}
	if err != nil {
		return nil, im.broken(in, err)
	}
	eol := lineEnd(t.sample)
	sep, hasSep := sepLine(t.sample, eol)
	switch {
	case im.o.Delimiter != 0:
		in.delimiter = byte(im.o.Delimiter)
	case im.o.Mapping != nil && im.o.Mapping.Delimiter != 0:
		in.delimiter = byte(im.o.Mapping.Delimiter)
	case hasSep:
		in.delimiter = sep
	default:
		in.delimiter = sniffDelimiter(t.sample, eol)
	}
	if in.delimiter == '"' || in.delimiter == '\n' || in.delimiter == '\r' || im.o.Delimiter > 0x7f {
		return nil, millrace.FieldErrorf(im.op, "delimiter", "%q can't separate cells", string(im.o.Delimiter))
	}
	in.rows = newRowReader(t, in.delimiter, eol)
	for {
		row, err := in.rows.next()
		if errors.Is(err, io.EOF) {
			return nil, millrace.FieldErrorf(im.op, "line 1", "%s is empty", im.name)
		}
		if err != nil {
			return nil, im.broken(in, err)
		}
		if row.blank() || hasSep && row.line == 1 {
			continue
		}
		if row.fault != "" {
			return nil, millrace.FieldErrorf(im.op, fmt.Sprintf("line %d", row.line), "%s has no readable header: %s", im.name, row.note)
		}
		if len(row.cells) > maxColumns {
			return nil, millrace.FieldErrorf(im.op, fmt.Sprintf("line %d", row.line), "%s has %d columns; at most %d are read", im.name, len(row.cells), maxColumns)
		}
		for _, cell := range row.cells {
			in.header = append(in.header, bytes.Clone(cell))
		}
		return in, nil
	}
}

// start opens the file and makes the plan for its header.
func (im *importer) start(c *counter) (*input, error) {
	in, err := im.open(c)
	if err != nil {
		return nil, err
	}
	p := &plan{name: im.name, mapping: im.o.Mapping, clock: im.o.Clock, recorded: im.o.RecordedAt, loc: time.UTC, currency: im.o.Currency}
	p.tally.stages, p.tally.words = map[string]int64{}, map[string]int64{}
	p.header, in.names = in.header, p.headers(in.header)
	if err := im.choose(p, in.names); err != nil {
		return nil, err
	}
	zone := im.o.Timezone
	if p.mapping != nil {
		zone, p.currency = cmp.Or(zone, p.mapping.Timezone), cmp.Or(p.currency, p.mapping.Currency)
	}
	if p.loc, err = time.LoadLocation(zone); err != nil || zone == "Local" {
		return nil, millrace.FieldErrorf(im.op, "timezone", "%q is no IANA time zone such as Europe/Berlin", zone)
	}
	if p.currency != "" && !isCurrency(p.currency) {
		return nil, millrace.FieldErrorf(im.op, "currency", "%q is no ISO 4217 code such as EUR", p.currency)
	}
	im.plan = p
	return in, p.layOut(im.op, in.names)
}

// choose takes the format: recognised, or by the mapping, which builds on a recognised one of the same system and entity.
func (im *importer) choose(p *plan, names []string) (err error) {
	asked, m := im.o.Entity, im.o.Mapping
	if asked != "" && !slices.Contains(entities, asked) {
		return millrace.FieldErrorf(im.op, "entity", "%q can't be imported; what can be are %s", asked, strings.Join(entities, ", "))
	}
	if m == nil {
		p.format, err = recognise(im.op, im.name, names, asked)
		return err
	}
	if asked != "" && asked != m.Entity {
		return millrace.FieldErrorf(im.op, "entity", "the mapping is for %s, not for %s: run \"millrace import %s %s\" with it", m.Entity, asked, m.Entity, im.name)
	}
	p.format, err = recognise(im.op, im.name, names, m.Entity)
	if err != nil || m.System != "" && p.system != m.System {
		p.format = genericFormat(m.Entity)
		p.format.columns = nil
	}
	p.system = cmp.Or(m.System, p.system)
	return nil
}

func (im *importer) formatName() string {
	if im.o.Mapping != nil {
		return "mapping:" + im.plan.system
	}
	return im.plan.id
}

func (im *importer) onlyHeader() error {
	return millrace.FieldErrorf(im.op, "line 1", "%s has a header and no rows under it", im.name)
}

// broken words a failure to read on.
func (im *importer) broken(in *input, err error) error {
	line := int64(1)
	if in.rows != nil {
		line = in.rows.line
	}
	if in.gzip && in.file.err == nil {
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
		row, err := in.rows.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return im.broken(in, err)
		}
		if row.blank() {
			continue
		}
		if n++; row.fault == "" && len(row.cells) == im.plan.width {
			im.plan.look(row.cells)
		}
		if n%progressEvery == 0 {
			if err := im.ctx.Err(); err != nil {
				return err
			}
			im.progress(Progress{Checking: true, Rows: n, Bytes: c.n})
		}
	}
	if n == 0 {
		return im.onlyHeader()
	}
	im.plan.decide(in.delimiter)
	im.s.Format, im.s.Encoding, im.s.Delimiter = im.formatName(), in.encoding, string(rune(in.delimiter))
	im.s.SHA256, err = c.finish()
	return err
}

func (im *importer) progress(p Progress) {
	if im.o.Progress != nil {
		p.TotalBytes = im.size
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
	rec := newRecord()
	for {
		row, err := in.rows.next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return im.broken(in, err)
		}
		if row.blank() {
			im.plan.blankBefore = true
			continue
		}
		if err := im.one(rec, row, c.n); err != nil {
			return err
		}
	}
	if flt := im.plan.finishGroup(); flt != nil {
		return millrace.Errorf(millrace.Internal, im.op, "the last group of rows: %s", flt.detail)
	}
	if err := im.collect(c.n); err != nil {
		return err
	}
	if err := im.send(c.n); err != nil {
		return err
	}
	return im.rejects.flush()
}

// one takes one row.
func (im *importer) one(rec *record, row *rawRow, at int64) error {
	f, flt := im.plan.row(rec, row)
	if flt != nil && flt.reason == reasonFooter {
		return nil
	}
	im.s.Rows++
	if flt != nil {
		im.s.Rejected++
		im.s.Reasons[flt.reason]++
		if len(im.s.ExampleRejects) < keptRejects {
			im.s.ExampleRejects = append(im.s.ExampleRejects, Reject{Line: row.line, Column: flt.column, Reason: flt.reason, Detail: flt.detail})
		}
		if err := im.rejects.write(row, flt); err != nil {
			return err
		}
	} else if f.event.Kind != 0 {
		im.plan.ready = append(im.plan.ready, f)
	}
	if im.s.Rows%progressEvery == 0 {
		im.progress(im.soFar(at))
	}
	return im.collect(at)
}

// collect moves finished facts to the batch and sends it when it is full.
func (im *importer) collect(at int64) error {
	for _, f := range im.plan.ready {
		im.batch = append(im.batch, f)
		im.bytes += f.size
	}
	im.plan.ready = im.plan.ready[:0]
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
			b.Events[i] = f.event
		}
		var err error
		if receipt, err = im.ledger.Apply(im.ctx, b); err != nil {
			return fmt.Errorf("%s: %s: %w", im.op, im.name, err)
		}
	}
	for i, f := range im.batch {
		if i < len(receipt.Duplicate) && receipt.Duplicate[i] {
			im.s.Duplicates += f.rows
		} else {
			im.s.Accepted += f.rows
		}
	}
	clear(im.batch)
	im.batch, im.bytes = im.batch[:0], 0
	im.progress(im.soFar(at))
	return nil
}

func (im *importer) soFar(at int64) Progress {
	return Progress{Rows: im.s.Rows, Accepted: im.s.Accepted, Rejected: im.s.Rejected, Duplicates: im.s.Duplicates, Bytes: at}
}

func (im *importer) conclude() {
	im.plan.summarise()
	im.s.Columns, im.s.Unused = im.plan.uses()
	im.s.Notes = im.plan.notes
}

// uses says what became of every column.
func (p *plan) uses() (columns []ColumnUse, unused []string) {
	for i := range p.fields {
		f := &p.fields[i]
		if f.skip && f.idPart == 0 {
			unused = append(unused, f.header)
			continue
		}
		columns = append(columns, ColumnUse{Header: f.header, Trait: cmp.Or(f.trait, fieldID), Type: f.typ, Own: f.own, Filled: f.filled})
	}
	return columns, unused
}

// summarise writes down what the rows showed.
func (p *plan) summarise() {
	t := &p.tally
	say := func(n int64, format string, args ...any) {
		if n > 0 {
			p.note(format, append([]any{n}, args...)...)
		}
	}
	say(t.legacy, "%d cells are not UTF-8 and were read as Windows-1252, the first on line %d", t.legacyLine)
	say(t.nul, "%d cells had zero bytes, which were dropped, the first on line %d", t.nulLine)
	say(t.repaired, "%d cells with the known misspellings of this data set (GTXPro, technolgy, Philipines) were mended")
	say(t.undated, "%d facts have no date: they are marked undated and stay out of cohorts")
	say(t.future, "%d facts are dated in the future: they were set to now")
	say(t.noCurrency, "%d amounts name no currency: the workspace's is assumed")
	say(t.unnumbered, "%d rows have no id: such an opportunity is known by its name and account, and two of one name at one account count as one")
	say(t.repeated, "%d lines repeat the header and were passed over")
	say(t.footer, "%d lines under the table are the report's footer")
	for i := range p.fields {
		f := &p.fields[i]
		say(f.kept, "%d cells of column %q are no %s and were kept as they are, the first on line %d", f.header, f.typ, f.example)
	}
	if len(t.stages) > 0 {
		p.note("stages that are not known to be won or lost and count as open: %s. If one is closed, say so under stage_map in a mapping", counted(t.stages))
	}
	if len(t.words) > 0 {
		p.note("lifecycle words that are no known stage: %s. Say what they mean under lifecycle_map in a mapping", counted(t.words))
	}
}

func counted(m map[string]int64) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(m)) {
		parts = append(parts, fmt.Sprintf("%s (%d)", name, m[name]))
	}
	return strings.Join(parts, ", ")
}
