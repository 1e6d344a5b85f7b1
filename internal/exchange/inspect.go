package exchange

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"maps"
	"path"
	"slices"

	"millrace"
	"millrace/internal/exchange/format"
	"millrace/internal/exchange/mapping"
	"millrace/internal/exchange/rows"
	"millrace/internal/exchange/sheet"
)

const (
	inspectOp  = "exchange.Inspect"
	inspectMax = 16 << 20 // bytes of text that an inspection looks at, unpacked
	lookRows   = 1000     // rows that it looks at
	showRows   = 8
)

// Inspection is what a file seems to be and how its first rows would be read. Only the file's beginning was looked at.
type Inspection struct {
	Format     string              `json:"format" doc:"The recognised format's id, or mapping:SYSTEM"`
	Title      string              `json:"title" doc:"Such as HubSpot contacts export"`
	System     string              `json:"system"`
	Entity     string              `json:"entity"`
	Recognised bool                `json:"recognised" doc:"By its headers alone; else the entity is a guess or as asked for"`
	Sources    []format.Source     `json:"sources" nullable:"false" doc:"Formats that its headers fit, the best first"`
	Encoding   string              `json:"encoding"`
	Delimiter  string              `json:"delimiter"`
	HeaderLine int64               `json:"header_line"`
	Above      []string            `json:"above" nullable:"false" doc:"The first lines above the header"`
	Signature  string              `json:"signature" doc:"Of the headers, in any order: files of the same have the same columns"`
	Looked     int64               `json:"looked" doc:"Rows that were looked at"`
	Whole      bool                `json:"whole" doc:"They are all that the file has"`
	Columns    []rows.ColumnReport `json:"columns" nullable:"false"`
	Missing    []format.Need       `json:"missing" nullable:"false" doc:"What rows need and no column gives"`
	Dates      rows.Settled        `json:"dates" doc:"Day or month first: dmy or mdy"`
	Decimals   rows.Settled        `json:"decimals" doc:"The decimal sign"`
	Currency   rows.Settled        `json:"currency" doc:"Of amounts that name none"`
	Timezone   rows.Settled        `json:"timezone" doc:"Of dates without one"`
	Stages     []string            `json:"stages" nullable:"false" doc:"Stages not known to be won or lost, which count as open"`
	Lifecycle  []string            `json:"lifecycle" nullable:"false" doc:"Lifecycle words that are no known stage"`
	Rows       []RowReport         `json:"rows" nullable:"false" doc:"The first rows as they would be read"`
	Fields     []string            `json:"fields" nullable:"false" doc:"Fields that the rows have, in the order of the columns"`
	Rejected   int64               `json:"rejected" doc:"Rows among those looked at that would be rejected"`
	Rejects    []Reject            `json:"rejects" nullable:"false"`
	Notes      []string            `json:"notes" nullable:"false" doc:"What was decided and why"`
	Refused    string              `json:"refused" doc:"Why the file can't be imported like this; empty when it can"`
	Mapping    mapping.Document    `json:"mapping" doc:"How it is read, as a mapping"`
}

// RowReport is one row as it would be read.
type RowReport struct {
	Line   int64             `json:"line"`
	Values map[string]string `json:"values" nullable:"false" doc:"Field to value; empty when the row would be rejected or is joined with the next"`
	Joined bool              `json:"joined" doc:"The row is one of several that become one"`
	Reject *Reject           `json:"reject,omitempty"`
}

// Inspect looks at a file's beginning and imports nothing. A file that nothing recognises is reported too, with a guess at what it holds; an
// error is Invalid and says why the file can't be read as a table at all.
func Inspect(name string, r io.Reader, o Options) (Inspection, error) {
	if o.Clock == nil {
		o.Clock = millrace.SystemClock
	}
	im := &importer{ctx: context.Background(), o: o, op: inspectOp, name: path.Base(name), head: inspectMax}
	in, err := im.open(&counter{r: r})
	if err != nil {
		return Inspection{}, err
	}
	recognised, refused := im.guess(in)
	if err := im.plot(in); err != nil {
		return Inspection{}, err
	}
	p := im.plan
	if err := p.FindDays(); err != nil {
		refused = cmp.Or(refused, messageOf(err))
	}
	kept, whole, err := im.lookAt(in)
	if err != nil {
		return Inspection{}, err
	}
	if err := p.OfDays(); err != nil {
		refused = cmp.Or(refused, messageOf(err))
	}
	if len(kept) == 0 && p.Entity != format.Spend {
		refused = cmp.Or(refused, messageOf(im.onlyHeader()))
	}
	p.Settle(in.delimiter)
	out := Inspection{Format: im.formatName(), Title: p.Title, System: p.System, Entity: p.Entity, Recognised: recognised, Sources: format.Sources(in.names), Encoding: in.Encoding,
		Delimiter: string(rune(in.delimiter)), HeaderLine: in.line, Above: append([]string{}, in.preamble...), Signature: format.Signature(in.names), Looked: int64(len(kept)), Whole: whole,
		Missing: p.Missing(), Refused: refused, Mapping: p.Document(), Rows: []RowReport{}, Rejects: []Reject{}, Fields: []string{}}
	im.show(&out, kept)
	out.Columns = p.Report(kept)
	out.Dates, out.Decimals, out.Currency, out.Timezone = p.Settled()
	told := p.Outcome()
	out.Stages, out.Lifecycle, out.Notes = append([]string{}, told.Stages...), append([]string{}, told.Words...), append([]string{}, told.Notes...)
	return out, nil
}

// guess settles what an unrecognised file is taken for, so that it can be shown and mapped.
func (im *importer) guess(in *input) (recognised bool, refused string) {
	asked := im.o.Entity
	if im.o.Mapping != nil {
		asked = im.o.Mapping.Entity
	}
	_, err := format.Recognise(im.op, im.name, in.names, asked)
	if err == nil || im.o.Mapping != nil {
		return err == nil, ""
	}
	entity := asked
	if entity == "" {
		entity = format.Likely(in.names)
	}
	m, err := (&mapping.Document{Entity: entity}).Mapping()
	if err != nil {
		return false, messageOf(err)
	}
	im.o.Mapping = m
	return false, ""
}

func messageOf(err error) string {
	if e, ok := errors.AsType[*millrace.Error](err); ok && e.Message != "" {
		return e.Message
	}
	return err.Error()
}

// lookAt reads the first rows; whole says that the file has no more.
func (im *importer) lookAt(in *input) (kept []sheet.Row, whole bool, err error) {
	for len(kept) < lookRows {
		row, err := in.rows.Next()
		if errors.Is(err, io.EOF) {
			if whole = !im.cutOff(); !whole && len(kept) > 0 {
				kept = kept[:len(kept)-1] // the head ended within it
			}
			return kept, whole, nil
		}
		if err != nil {
			return nil, false, im.broken(in, err)
		}
		if row.Blank() {
			continue
		}
		own := sheet.Row{Line: row.Line, Raw: bytes.Clone(row.Raw), Fault: row.Fault, Note: row.Note}
		for _, c := range row.Cells {
			own.Cells = append(own.Cells, bytes.Clone(c))
		}
		kept = append(kept, own)
		im.plan.Look(row)
	}
	_, err = in.rows.Next()
	return kept, errors.Is(err, io.EOF) && !im.cutOff(), nil
}

// headOf bounds what is read of the content, where the importer looks at the beginning alone.
func (im *importer) headOf(t *sheet.Content) {
	if im.head > 0 {
		im.rest = &io.LimitedReader{R: t.Reader, N: im.head}
		t.Reader = bufio.NewReader(im.rest)
	}
}

func (im *importer) cutOff() bool { return im.rest != nil && im.rest.N <= 0 }

// show reads the rows that were kept, and reports the first.
func (im *importer) show(out *Inspection, kept []sheet.Row) {
	p, seen := im.plan, map[string]bool{}
	for i := range kept {
		f, flt := p.Row(&kept[i])
		if flt != nil && flt.Passed() {
			continue
		}
		p.Ready()
		shown := RowReport{Line: kept[i].Line, Values: map[string]string{}}
		if flt != nil {
			out.Rejected++
			r := rejected(&kept[i], flt)
			shown.Reject = &r
			if len(out.Rejects) < keptRejects {
				out.Rejects = append(out.Rejects, r)
			}
		} else if f.Event.Kind != 0 {
			shown.Values = f.Values()
		} else {
			shown.Joined = true
		}
		if len(out.Rows) < showRows {
			out.Rows = append(out.Rows, shown)
			for name := range shown.Values {
				seen[name] = true
			}
		}
	}
	for _, t := range p.Traits() {
		if seen[t] {
			out.Fields = append(out.Fields, t)
			delete(seen, t)
		}
	}
	out.Fields = append(out.Fields, slices.Sorted(maps.Keys(seen))...)
}
