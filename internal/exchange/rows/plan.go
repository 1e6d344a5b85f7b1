// Package rows makes facts of a table's rows: by the format that its header is recognised as, or by a mapping. It looks at all rows first, to
// settle what dates and numbers in digits mean, then makes one fact of each (of a recurring cost or a list of rates several) or says why it
// can't. It reads no file and sends nothing; memory grows by some bytes for each row of spend alone.
package rows

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"millrace"
	"millrace/internal/exchange/format"
	"millrace/internal/exchange/mapping"
	"millrace/internal/exchange/sheet"
)

// field is what happens to one column.
type field struct {
	header  string
	index   int
	trait   string
	typ     string
	own     bool // nobody's canonical trait: kept under the header's name
	skip    bool
	idPart  int // place in a mapping's id, from 1
	layout  string
	sep     string
	stage   string
	role    string
	iso     string // the currency that the header names
	segment bool   // part of what a row is known by
	order   sheet.DateOrder
	decimal byte
	seen    evidence
	filled  int64
	kept    int64 // cells that did not fit the type and were kept as they were
	example int64 // line of the first of them
}

// File is what a plan needs to know of a file and its import.
type File struct {
	Op         string // of the errors
	Name       string // for messages
	Header     [][]byte
	Line       int64    // of the header
	Preamble   []string // the lines above it
	Format     format.Format
	Mapping    *mapping.Mapping // nil reads the file as recognised
	Zone       *time.Location   // of dates without an offset
	Currency   string           // ISO 4217, of amounts whose rows name none
	Home       string           // the workspace's currency, where Currency says nothing
	Clock      millrace.Clock
	RecordedAt millrace.Time // of rows that have no date of creation or change; 0 leaves it to the log
}

// Plan is how a file's rows become facts. Look takes every row first, Settle decides what they show, then Row makes facts; a plan is used once and
// by one goroutine.
type Plan struct {
	format.Format
	mapping  *mapping.Mapping
	op       string
	name     string // the file's
	line     int64  // the header's
	fields   []field
	width    int
	header   [][]byte
	loc      *time.Location
	currency string
	clock    millrace.Clock
	recorded millrace.Time
	notes    []string
	tally    tally
	record   *record // the row at hand
	group    *group
	ready    []Fact // the finished group that the last row displaced

	blankBefore bool            // the line above was blank
	canonical   map[string]bool // the entity's own fields

	figures  *figurePlan // of spend, contracts, targets and rates
	preamble []string    // the lines above the header
	home     string      // the workspace's currency
}

// tally counts what the notes tell when the file has been read.
type tally struct {
	legacy, nul, undated, future, repaired, noCurrency, homeCurrency, unnumbered, footer, repeated int64
	legacyLine, nulLine                                                                            int64
	stages                                                                                         map[string]int64 // stage names read as open for want of knowledge
	words                                                                                          map[string]int64 // lifecycle words that are no known stage
}

// count adds to one of a bounded number of names.
func count(m map[string]int64, name string) {
	if _, ok := m[name]; ok || len(m) < 50 {
		m[name]++
	}
}

func (p *Plan) note(format string, args ...any) {
	p.notes = append(p.notes, fmt.Sprintf(format, args...))
}

// New lays a file's header out. The error is Invalid when a mapping names an id that the file doesn't have.
func New(f File) (*Plan, error) {
	names, notes := Names(f.Header)
	p := &Plan{Format: f.Format, mapping: f.Mapping, op: f.Op, name: f.Name, line: f.Line, header: f.Header, preamble: f.Preamble, loc: f.Zone, currency: f.Currency, home: f.Home,
		clock: f.Clock, recorded: f.RecordedAt, notes: notes, record: newRecord()}
	p.tally.stages, p.tally.words = map[string]int64{}, map[string]int64{}
	if format.OfDays(p.Entity) {
		p.figures = newFigurePlan()
	}
	return p, p.layOut(names)
}

// Names makes the header row's cells unique names, and notes what it made up.
func Names(cells [][]byte) (names, notes []string) {
	names, times := make([]string, len(cells)), map[string]int{}
	note := func(format string, args ...any) { notes = append(notes, fmt.Sprintf(format, args...)) }
	for i, c := range cells {
		h, _, _ := sheet.Text(c)
		if sheet.Squeeze(h) == "" { // nothing to be found by
			h = fmt.Sprintf("column %d", i+1)
			note("column %d has no header: it is kept as %s", i+1, sheet.Snake(h))
		}
		key := strings.ToLower(h)
		if times[key]++; times[key] > 1 {
			h = fmt.Sprintf("%s (%d)", h, times[key])
			note("the header %q stands there %d times: column %d is kept as %s", strings.TrimSpace(string(c)), times[key], i+1, sheet.Snake(h))
		}
		names[i] = h
	}
	return names, notes
}

// dateEntered is HubSpot's column with the date at which a deal entered a stage.
var dateEntered = regexp.MustCompile(`^Date entered ["“']?(.+?)["”']?(?: \([^()]*\))?["”']?$`)

// layOut decides for every header what its cells become.
func (p *Plan) layOut(headers []string) error {
	p.width = len(headers)
	if p.mapping != nil {
		for _, c := range p.mapping.Columns {
			p.History = p.History || c.Trait == format.FieldHistoryStage
			p.Roles = p.Roles || c.Trait == format.FieldContactRole || c.Trait == format.FieldContactID || c.Trait == format.FieldContactEmail
		}
	}
	known, generic := p.Columns.Index(), p.genericIndex()
	p.canonical = map[string]bool{}
	for _, f := range format.FieldsOf(p.Entity) {
		p.canonical[f.Name] = true
	}
	p.fields = make([]field, len(headers))
	for i, h := range headers {
		p.fields[i] = p.fieldFor(i, h, known, generic)
	}
	if p.mapping == nil {
		return nil
	}
	for n, want := range p.mapping.ID {
		found := false
		for i := range p.fields {
			if sheet.Squeeze(p.fields[i].header) == sheet.Squeeze(want) {
				f := &p.fields[i]
				f.idPart, found = n+1, true
				if f.own && (len(p.mapping.ID) == 1 || p.History || p.Roles) { // a whole id says nothing more as a trait
					f.skip, f.own, f.trait, f.typ = true, false, format.FieldID, format.TypeID
				}
			}
		}
		if !found {
			return millrace.FieldErrorf(p.op, "id", "the mapping's id column %q is not in %s, which has %s", want, p.name, strings.Join(headers[:min(len(headers), 30)], ", "))
		}
	}
	for key, c := range p.mapping.Columns {
		if !hasHeader(p.fields, key) {
			p.note("the mapping's column %q is not in the file", c.Header)
		}
	}
	return nil
}

// genericIndex are the headers that mean the same in any file of the entity; a platform's words are its own.
func (p *Plan) genericIndex() map[string]string {
	if p.Daily != "" || p.Wide != "" {
		return nil
	}
	return format.Generic(p.Entity).Columns.Index()
}

func hasHeader(fields []field, key string) bool {
	for i := range fields {
		if sheet.Squeeze(fields[i].header) == key {
			return true
		}
	}
	return false
}

func (p *Plan) fieldFor(i int, header string, known, generic map[string]string) field {
	f, key := field{header: header, index: i}, sheet.Squeeze(header)
	if p.mapping != nil {
		if c, ok := p.mapping.Meaning(header); ok {
			f.trait, f.typ, f.skip, f.layout, f.sep, f.stage, f.role = c.Trait, c.Type, c.Skip, c.Format, c.Sep, c.Stage, c.Role
			f.own = !p.canonical[c.Trait] && format.TypeIn(p.Entity, c.Trait) == format.TypeText
			f.segment = p.Entity == format.Spend && f.own && format.Segment(c.Trait)
			_, f.iso = format.CurrencyInHeader(header)
			return f
		}
	}
	if format.OfRejects(header) {
		f.skip = true
		return f
	}
	if t, ok := known[key]; ok {
		f.trait, f.typ = t, format.TypeIn(p.Entity, t)
		return f
	}
	if p.figures != nil && p.figureField(&f, known, generic) {
		return f
	}
	if m := dateEntered.FindStringSubmatch(header); m != nil && p.Entity == "opportunities" {
		f.trait, f.typ, f.stage = millrace.TraitStages, format.TypeDate, m[1]
		return f
	}
	if t, ok := generic[key]; ok && t != format.FieldID && !p.History && !p.Roles {
		f.trait, f.typ = t, format.TypeIn(p.Entity, t)
		return f
	}
	f.trait, f.own, f.skip = p.ownTrait(header), true, p.mapping != nil && p.mapping.SkipUnknown
	switch f.typ = format.TypeOf(f.trait); f.typ {
	case format.TypeDate, format.TypeMoney, format.TypeID, format.TypeEmail, format.TypeJSON, format.TypeStages, format.TypeContacts:
		f.typ = format.TypeText
	}
	f.segment = p.Entity == format.Spend && format.Segment(header)
	return f
}

// ownTrait names a column that nobody knows. Event properties keep their sender's spelling, since rules name them so.
func (p *Plan) ownTrait(header string) string {
	if p.Entity == "events" && format.IsProperty(header) {
		return header
	}
	if s := sheet.Snake(header); s != "" {
		return s
	}
	return "column"
}

// hint is the order that a header itself names, as in "Date (DD/MM/YYYY)".
func (f *field) hint() sheet.DateOrder {
	h := sheet.Squeeze(f.header)
	switch {
	case strings.Contains(h, "ddmmyy"):
		return sheet.DayFirst
	case strings.Contains(h, "mmddyy"):
		return sheet.MonthFirst
	}
	return sheet.OrderUnknown
}
