package exchange

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"millrace"
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

// plan is how a file's rows become facts.
type plan struct {
	format
	mapping  *Mapping
	name     string // the file's
	fields   []field
	width    int
	header   [][]byte
	loc      *time.Location
	currency string
	clock    millrace.Clock
	recorded millrace.Time
	notes    []string
	tally    tally
	group    *group
	ready    []fact // the finished group that the last row displaced

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

func (p *plan) note(format string, args ...any) {
	p.notes = append(p.notes, fmt.Sprintf(format, args...))
}

// maxColumns is the most columns a file may have.
const maxColumns = 4096

// headers makes the header row's cells unique names.
func (p *plan) headers(cells [][]byte) []string {
	names, times := make([]string, len(cells)), map[string]int{}
	for i, c := range cells {
		h, _, _ := sheet.Text(c)
		if sheet.Squeeze(h) == "" { // nothing to be found by
			h = fmt.Sprintf("column %d", i+1)
			p.note("column %d has no header: it is kept as %s", i+1, sheet.Snake(h))
		}
		key := strings.ToLower(h)
		if times[key]++; times[key] > 1 {
			h = fmt.Sprintf("%s (%d)", h, times[key])
			p.note("the header %q stands there %d times: column %d is kept as %s", strings.TrimSpace(string(c)), times[key], i+1, sheet.Snake(h))
		}
		names[i] = h
	}
	return names
}

// fits gives a format's score for a set of squeezed headers, 0 when it is another file.
func (f *format) fits(set map[string]bool) int {
	has := func(alternatives string) bool {
		for h := range strings.SplitSeq(alternatives, "|") {
			if set[sheet.Squeeze(h)] {
				return true
			}
		}
		return false
	}
	for _, m := range f.must {
		if !has(m) {
			return 0
		}
	}
	for _, m := range f.not {
		if has(m) {
			return 0
		}
	}
	marks, known := 0, 0
	for _, m := range f.marks {
		if has(m) {
			marks++
		}
	}
	if marks < f.need {
		return 0
	}
	for h := range f.columns.index() {
		if set[h] {
			known++
		}
	}
	if f.history || f.roles { // such a report also has some columns of the opportunities'
		marks += 10
	}
	return 100*marks + known
}

// serves says whether a file of unknown origin has what an entity's records need.
func (f *format) serves(set map[string]bool) bool {
	if figures(f.entity) {
		return f.servesFigures(set)
	}
	traits := map[string]bool{}
	for h, t := range f.columns.index() {
		if set[h] {
			traits[t] = true
		}
	}
	if f.entity == "accounts" && set["firstname"] && set["lastname"] {
		return false
	}
	for _, t := range genericNeeds[f.entity] {
		if traits[t] {
			return true
		}
	}
	return false
}

// recognise finds the format of a header. The asked entity wins where several fit; a header that fits another alone is an error
// that names the right command.
func recognise(op, file string, headers []string, asked string) (format, error) {
	set := headerSet(headers)
	var best, bestAsked format
	var score, scoreAsked int
	for _, f := range knownFormats() {
		s := f.fits(set)
		if s > score {
			best, score = f, s
		}
		if f.entity == asked && s > scoreAsked {
			bestAsked, scoreAsked = f, s
		}
	}
	switch {
	case scoreAsked > 0:
		return bestAsked, nil
	case score > 0 && asked == "":
		return best, nil
	case score > 0:
		return format{}, millrace.FieldErrorf(op, "line 1", "%s is a %s, which holds %s, not %s: run \"millrace import %s %s\"", file, best.title, best.entity, asked, best.entity, file)
	case asked != "":
		if g := genericFormat(asked); g.serves(set) {
			return g, nil
		}
	}
	return format{}, unrecognised(op, file, headers, asked, set)
}

func unrecognised(op, file string, headers []string, asked string, set map[string]bool) error {
	var others []string
	for _, e := range entities {
		if g := genericFormat(e); e != asked && g.serves(set) {
			others = append(others, fmt.Sprintf("\"millrace import %s %s\"", e, file))
		}
	}
	list := strings.Join(headers[:min(len(headers), 30)], ", ")
	if r := []rune(list); len(r) > 400 {
		list = string(r[:400]) + "…"
	}
	help := "Write a mapping file that names them (docs/imports.md)"
	if len(others) > 0 {
		help = "If it is one of these, run " + strings.Join(others, " or ") + "; else write a mapping file (docs/imports.md)"
	}
	if flaw := undated(asked, set); flaw != "" {
		return millrace.FieldErrorf(op, "line 1", "%s %s: its columns are %s", file, flaw, list)
	}
	if asked == "" {
		return millrace.FieldErrorf(op, "line 1", "%s is no file that is recognised by itself: its columns are %s. %s", file, list, help)
	}
	return millrace.FieldErrorf(op, "line 1", "%s has no column that makes %s: its columns are %s. %s", file, asked, list, help)
}

// dateEntered is HubSpot's column with the date at which a deal entered a stage.
var dateEntered = regexp.MustCompile(`^Date entered ["“']?(.+?)["”']?(?: \([^()]*\))?["”']?$`)

// ownFiles are the columns that a file of rejected rows has beside the original ones.
var ownFiles = map[string]bool{sheet.Squeeze(rejectLine): true, sheet.Squeeze(rejectReason): true, sheet.Squeeze(rejectRow): true}

// layOut decides for every header what its cells become.
func (p *plan) layOut(op string, headers []string) error {
	p.width = len(headers)
	if p.mapping != nil {
		for _, c := range p.mapping.Columns {
			p.history = p.history || c.Trait == fieldHistoryStage
			p.roles = p.roles || c.Trait == fieldContactRole || c.Trait == fieldContactID || c.Trait == fieldContactEmail
		}
	}
	known, generic := p.columns.index(), p.genericIndex()
	p.canonical = map[string]bool{}
	for _, f := range fieldsOf(p.entity) {
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
				if f.own && (len(p.mapping.ID) == 1 || p.history || p.roles) { // a whole id says nothing more as a trait
					f.skip, f.own, f.trait, f.typ = true, false, fieldID, typeID
				}
			}
		}
		if !found {
			return millrace.FieldErrorf(op, "id", "the mapping's id column %q is not in %s, which has %s", want, p.name, strings.Join(headers[:min(len(headers), 30)], ", "))
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
func (p *plan) genericIndex() map[string]string {
	if p.daily != "" || p.wide != "" {
		return nil
	}
	return genericOf(p.entity).index()
}

func hasHeader(fields []field, key string) bool {
	for i := range fields {
		if sheet.Squeeze(fields[i].header) == key {
			return true
		}
	}
	return false
}

func (p *plan) fieldFor(i int, header string, known, generic map[string]string) field {
	f, key := field{header: header, index: i}, sheet.Squeeze(header)
	if p.mapping != nil {
		if c, ok := p.mapping.columnOf(header); ok {
			f.trait, f.typ, f.skip, f.layout, f.sep, f.stage, f.role = c.Trait, c.Type, c.Skip, c.Format, c.Sep, c.Stage, c.Role
			f.own = !p.canonical[c.Trait] && typeIn(p.entity, c.Trait) == typeText
			f.segment = p.entity == entitySpend && f.own && segmentHeaders[sheet.Squeeze(c.Trait)]
			_, f.iso = currencyInHeader(header)
			return f
		}
	}
	if ownFiles[key] {
		f.skip = true
		return f
	}
	if t, ok := known[key]; ok {
		f.trait, f.typ = t, typeIn(p.entity, t)
		return f
	}
	if p.figures != nil && p.figureField(&f, known, generic) {
		return f
	}
	if m := dateEntered.FindStringSubmatch(header); m != nil && p.entity == "opportunities" {
		f.trait, f.typ, f.stage = millrace.TraitStages, typeDate, m[1]
		return f
	}
	if t, ok := generic[key]; ok && t != fieldID && !p.history && !p.roles {
		f.trait, f.typ = t, typeIn(p.entity, t)
		return f
	}
	f.trait, f.own, f.skip = p.ownTrait(header), true, p.mapping != nil && p.mapping.SkipUnknown
	switch f.typ = typeOf(f.trait); f.typ {
	case typeDate, typeMoney, typeID, typeEmail, typeJSON, typeStages, typeContacts:
		f.typ = typeText
	}
	f.segment = p.entity == entitySpend && segmentHeaders[key]
	return f
}

// ownTrait names a column that nobody knows. Event properties keep their sender's spelling, since rules name them so.
func (p *plan) ownTrait(header string) string {
	if p.entity == "events" && plainName.MatchString(header) {
		return header
	}
	if s := sheet.Snake(header); s != "" {
		return s
	}
	return "column"
}

var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`)

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
