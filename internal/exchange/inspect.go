package exchange

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"

	"millrace"
	"millrace/internal/exchange/sheet"
)

const (
	inspectOp  = "exchange.Inspect"
	inspectMax = 16 << 20 // bytes of text that an inspection looks at, unpacked
	lookRows   = 1000     // rows that it looks at
	showRows   = 8
	samples    = 3
	sampleSize = 80 // characters of a sample
)

// Inspection is what a file seems to be and how its first rows would be read. Only the file's beginning was looked at.
type Inspection struct {
	Format     string          `json:"format" doc:"The recognised format's id, or mapping:SYSTEM"`
	Title      string          `json:"title" doc:"Such as HubSpot contacts export"`
	System     string          `json:"system"`
	Entity     string          `json:"entity"`
	Recognised bool            `json:"recognised" doc:"By its headers alone; else the entity is a guess or as asked for"`
	Sources    []Source        `json:"sources" nullable:"false" doc:"Formats that its headers fit, the best first"`
	Encoding   string          `json:"encoding"`
	Delimiter  string          `json:"delimiter"`
	HeaderLine int64           `json:"header_line"`
	Above      []string        `json:"above" nullable:"false" doc:"The first lines above the header"`
	Signature  string          `json:"signature" doc:"Of the headers, in any order: files of the same have the same columns"`
	Looked     int64           `json:"looked" doc:"Rows that were looked at"`
	Whole      bool            `json:"whole" doc:"They are all that the file has"`
	Columns    []ColumnReport  `json:"columns" nullable:"false"`
	Missing    []Need          `json:"missing" nullable:"false" doc:"What rows need and no column gives"`
	Dates      Settled         `json:"dates" doc:"Day or month first: dmy or mdy"`
	Decimals   Settled         `json:"decimals" doc:"The decimal sign"`
	Currency   Settled         `json:"currency" doc:"Of amounts that name none"`
	Timezone   Settled         `json:"timezone" doc:"Of dates without one"`
	Stages     []string        `json:"stages" nullable:"false" doc:"Stages not known to be won or lost, which count as open"`
	Lifecycle  []string        `json:"lifecycle" nullable:"false" doc:"Lifecycle words that are no known stage"`
	Rows       []RowReport     `json:"rows" nullable:"false" doc:"The first rows as they would be read"`
	Fields     []string        `json:"fields" nullable:"false" doc:"Fields that the rows have, in the order of the columns"`
	Rejected   int64           `json:"rejected" doc:"Rows among those looked at that would be rejected"`
	Rejects    []Reject        `json:"rejects" nullable:"false"`
	Notes      []string        `json:"notes" nullable:"false" doc:"What was decided and why"`
	Refused    string          `json:"refused" doc:"Why the file can't be imported like this; empty when it can"`
	Mapping    MappingDocument `json:"mapping" doc:"How it is read, as a mapping"`
}

// Source is a format that a header fits.
type Source struct {
	Format string `json:"format"`
	Title  string `json:"title"`
	System string `json:"system"`
	Entity string `json:"entity"`
}

// ColumnReport is one column and what it is taken for.
type ColumnReport struct {
	Header     string   `json:"header"`
	Trait      string   `json:"trait" doc:"The field or trait that it becomes; empty when it is left out"`
	Type       string   `json:"type"`
	By         string   `json:"by" enum:"recognised,mapping,unknown" doc:"unknown: nobody knows it, it is kept as a trait of its own"`
	ID         bool     `json:"id" doc:"Part of the record's id"`
	Stage      string   `json:"stage,omitempty" doc:"The stage entered at its dates"`
	Samples    []string `json:"samples" nullable:"false" doc:"Up to three different cells"`
	Filled     int64    `json:"filled" doc:"Cells that are not blank, among the rows looked at"`
	Suggestion string   `json:"suggestion" doc:"A field that an unknown column looks like; empty when none"`
}

// Settled is something that a file's cells may leave open.
type Settled struct {
	Value string `json:"value" doc:"As it is read now; empty where columns differ or nothing asks for it"`
	Open  bool   `json:"open" doc:"Nothing in the rows looked at proves it"`
	Said  bool   `json:"said" doc:"The mapping says so"`
	Cells int64  `json:"cells" doc:"Cells that it makes a difference for"`
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
	if err := p.findDays(im.op, in.line); err != nil {
		refused = cmp.Or(refused, messageOf(err))
	}
	kept, whole, err := im.lookAt(in)
	if err != nil {
		return Inspection{}, err
	}
	if err := p.ofDays(im.op, in.line); err != nil {
		refused = cmp.Or(refused, messageOf(err))
	}
	if len(kept) == 0 && p.entity != entitySpend {
		refused = cmp.Or(refused, messageOf(im.onlyHeader()))
	}
	p.decide(in.delimiter)
	out := Inspection{Format: im.formatName(), Title: p.title, System: p.system, Entity: p.entity, Recognised: recognised, Sources: sourcesOf(in.names), Encoding: in.Encoding,
		Delimiter: string(rune(in.delimiter)), HeaderLine: in.line, Above: append([]string{}, in.preamble...), Signature: signature(in.names), Looked: int64(len(kept)), Whole: whole,
		Missing: p.missing(), Refused: refused, Mapping: p.document(), Rows: []RowReport{}, Rejects: []Reject{}, Fields: []string{}}
	im.show(&out, kept)
	p.summarise()
	out.Columns = p.report(kept)
	out.Dates, out.Decimals, out.Currency, out.Timezone = p.settledDates(), p.settledSigns(), p.settledCurrency(), p.settledZone()
	out.Stages, out.Lifecycle = slices.AppendSeq([]string{}, maps.Keys(p.tally.stages)), slices.AppendSeq([]string{}, maps.Keys(p.tally.words))
	slices.Sort(out.Stages)
	slices.Sort(out.Lifecycle)
	out.Notes = append([]string{}, p.notes...)
	return out, nil
}

// guess settles what an unrecognised file is taken for, so that it can be shown and mapped.
func (im *importer) guess(in *input) (recognised bool, refused string) {
	names := (&plan{}).headers(in.header)
	asked := im.o.Entity
	if im.o.Mapping != nil {
		asked = im.o.Mapping.Entity
	}
	_, err := recognise(im.op, im.name, names, asked)
	if err == nil || im.o.Mapping != nil {
		return err == nil, ""
	}
	entity := asked
	if entity == "" {
		entity = likely(headerSet(names))
	}
	m, err := (&MappingDocument{Entity: entity}).Mapping()
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
		im.plan.look(row)
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

// signature is the same for headers that differ in order alone.
func signature(names []string) string {
	sorted := make([]string, len(names))
	for i, n := range names {
		sorted[i] = sheet.NameKey(n)
	}
	slices.Sort(sorted)
	h := sha256.New()
	for _, n := range sorted {
		fmt.Fprintf(h, "%d:%s", len(n), n)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// sourcesOf are the formats that the headers fit, the best first.
func sourcesOf(names []string) []Source {
	set := headerSet(names)
	type scored struct {
		Source
		score int
	}
	var found []scored
	for _, f := range knownFormats() {
		if s := f.fits(set); s > 0 {
			found = append(found, scored{Source{f.id, f.title, f.system, f.entity}, s})
		}
	}
	slices.SortStableFunc(found, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	out := make([]Source, len(found))
	for i, s := range found {
		out[i] = s.Source
	}
	return out
}

// show reads the rows that were kept, and reports the first.
func (im *importer) show(out *Inspection, kept []sheet.Row) {
	p, rec, seen := im.plan, newRecord(), map[string]bool{}
	for i := range kept {
		before := len(p.ready)
		f, flt := p.row(rec, &kept[i])
		if flt != nil && flt.reason == reasonFooter {
			continue
		}
		shown := RowReport{Line: kept[i].Line, Values: map[string]string{}}
		if flt != nil {
			p.ready = p.ready[:before]
			out.Rejected++
			shown.Reject = &Reject{Line: kept[i].Line, Column: flt.column, Reason: flt.reason, Detail: flt.detail}
			if len(out.Rejects) < keptRejects {
				out.Rejects = append(out.Rejects, *shown.Reject)
			}
		} else if f.event.Kind != 0 {
			shown.Values = readAs(&f.event)
		} else {
			shown.Joined = true
		}
		p.ready = p.ready[:0]
		if len(out.Rows) < showRows {
			out.Rows = append(out.Rows, shown)
			for name := range shown.Values {
				seen[name] = true
			}
		}
	}
	for i := range p.fields {
		if t := p.fields[i].trait; seen[t] {
			out.Fields = append(out.Fields, t)
			delete(seen, t)
		}
	}
	out.Fields = append(out.Fields, slices.Sorted(maps.Keys(seen))...)
}

// readAs is an event as the fields that it states, each in words.
func readAs(ev *millrace.Event) map[string]string {
	out := map[string]string{}
	for name, v := range map[string]string{fieldID: ev.RecordID, fieldEvent: ev.Name, fieldUserID: ev.UserID, fieldAnonymousID: ev.AnonymousID, millrace.TraitEmail: ev.Email,
		fieldGroupID: ev.GroupID, fieldURL: ev.Host + ev.Path} {
		if v != "" {
			out[name] = v
		}
	}
	if ev.RecordID == "" {
		out[fieldType], out[fieldOccurred] = ev.Kind.String(), ev.OccurredAt.String()
	}
	dec := json.NewDecoder(bytes.NewReader(ev.Data))
	dec.UseNumber()
	var data map[string]any
	if dec.Decode(&data) == nil {
		for name, v := range data {
			out[name] = inWords(v)
		}
	}
	return out
}

func inWords(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		parts := make([]string, len(v))
		for i, x := range v {
			parts[i] = inWords(x)
		}
		return strings.Join(parts, "; ")
	case map[string]any:
		parts := make([]string, 0, len(v))
		for _, k := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, k+": "+inWords(v[k]))
		}
		return strings.Join(parts, ", ")
	}
	return fmt.Sprint(v)
}

// report says of every column what it is taken for, with samples of its cells.
func (p *plan) report(kept []sheet.Row) []ColumnReport {
	out, generic := make([]ColumnReport, len(p.fields)), p.genericIndex()
	for i := range p.fields {
		f := &p.fields[i]
		c := ColumnReport{Header: f.header, Type: f.typ, ID: f.idPart > 0 || f.trait == fieldID, Stage: f.stage, By: "recognised", Samples: []string{}}
		if !f.skip {
			c.Trait = f.trait
		}
		if _, said := p.mapping.columnOf(f.header); said || f.idPart > 0 {
			c.By = "mapping"
		} else if f.own {
			c.By = "unknown"
		}
		for k := range kept {
			cells := p.cut(&kept[k])
			if kept[k].Fault != "" || len(cells) != p.width {
				continue
			}
			s, _, _ := sheet.Text(cells[f.index])
			if blankWords[s] {
				continue
			}
			c.Filled++
			if s = clip(s, sampleSize); len(c.Samples) < samples && !slices.Contains(c.Samples, s) {
				c.Samples = append(c.Samples, s)
			}
		}
		if f.own && !f.skip {
			c.Suggestion = p.suggest(f.header, c.Samples, generic)
		}
		out[i] = c
	}
	return out
}

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n]) + "…"
	}
	return s
}

// suggest says which field a column that nobody knows looks like, by a word in its header, else by its cells. A field that another column fills
// is not suggested.
func (p *plan) suggest(header string, cells []string, generic map[string]string) string {
	free := func(trait string) string {
		if trait != "" && p.field(trait) < 0 {
			return trait
		}
		return ""
	}
	if t := free(wordIn(sheet.Squeeze(header), generic)); t != "" {
		return t
	}
	has := map[string]bool{}
	for _, t := range generic {
		has[t] = true
	}
	all := func(ok func(string) bool) bool {
		return len(cells) > 0 && !slices.ContainsFunc(cells, func(s string) bool { return !ok(s) })
	}
	switch {
	case has[millrace.TraitEmail] && all(func(s string) bool { _, _, ok := sheet.Email(s); return ok }):
		return free(millrace.TraitEmail)
	case has[millrace.TraitWebsite] && all(func(s string) bool { return strings.Contains(s, "://") && sheet.Domain(s) != "" }):
		return free(millrace.TraitWebsite)
	case has[millrace.TraitDomain] && all(func(s string) bool { return strings.Contains(s, ".") && sheet.Domain(s) == strings.ToLower(s) }):
		return free(millrace.TraitDomain)
	case has[millrace.TraitPhone] && all(func(s string) bool { _, ok := sheet.Phone(s); return ok && strings.HasPrefix(s, "+") }):
		return free(millrace.TraitPhone)
	case has[fieldDay] && all(func(s string) bool { _, err := sheet.ScanDate(s); return err == nil }):
		return free(fieldDay)
	}
	return ""
}
