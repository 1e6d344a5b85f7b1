package rows

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"millrace/internal/exchange/format"
)

// ColumnUse says what one column became.
type ColumnUse struct {
	Header string `json:"header"`
	Trait  string `json:"trait,omitempty"`
	Type   string `json:"type,omitempty"`
	Own    bool   `json:"own,omitempty"` // not one of the canonical traits: kept under the header's name
	Filled int64  `json:"filled"`        // cells that were not blank
}

// Outcome is what a plan's rows showed.
type Outcome struct {
	Columns []ColumnUse
	Unused  []string // headers of columns that were skipped
	Notes   []string // what was decided, repaired or kept unread, a sentence each
	Stages  []string // stages not known to be won or lost, which count as open
	Words   []string // lifecycle words that are no known stage

	// Of spend, contracts, targets and exchange rates.
	Platform          string
	FirstDay, LastDay string            // "2026-03-01"
	Spend             map[string]string // what the rows cost by currency
}

// Outcome says what the rows showed. It is asked once, after the last.
func (p *Plan) Outcome() Outcome {
	p.summarise()
	out := Outcome{Notes: p.notes, Stages: slices.Sorted(maps.Keys(p.tally.stages)), Words: slices.Sorted(maps.Keys(p.tally.words))}
	out.Columns, out.Unused = p.uses()
	p.figures.sum(p, &out)
	return out
}

// Traits are what the columns fill, in their order.
func (p *Plan) Traits() []string {
	out := make([]string, len(p.fields))
	for i := range p.fields {
		out[i] = p.fields[i].trait
	}
	return out
}

// uses says what became of every column.
func (p *Plan) uses() (columns []ColumnUse, unused []string) {
	for i := range p.fields {
		f := &p.fields[i]
		if f.skip && f.idPart == 0 {
			unused = append(unused, f.header)
			continue
		}
		columns = append(columns, ColumnUse{Header: f.header, Trait: cmp.Or(f.trait, format.FieldID), Type: f.typ, Own: f.own, Filled: f.filled})
	}
	return columns, unused
}

// summarise writes down what the rows showed.
func (p *Plan) summarise() {
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
	if t.homeCurrency > 0 && p.figures != nil {
		p.note("%d amounts name no currency: they are taken for %s, the workspace's. Say --currency if they are in another", t.homeCurrency, p.home)
	}
	say(t.unnumbered, "%d rows have no id: such an opportunity is known by its name and account, and two of one name at one account count as one")
	say(t.repeated, "%d lines repeat the header and were passed over")
	say(t.footer, "%d lines under the table are the report's footer")
	for i := range p.fields {
		f := &p.fields[i]
		say(f.kept, "%d cells of column %q are no %s and were kept as they are, the first on line %d", f.header, f.typ, f.example)
	}
	p.figures.tell(p)
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
