// Package format knows the files of other systems: which exports there are, by which headers they are told apart, what their columns mean, and
// what a file of unknown origin needs to be of use. It holds the dictionary of what columns can become and of how their cells are read. It
// sees headers alone, never a row.
package format

import (
	"slices"
	"strings"

	"millrace/internal/exchange/sheet"
)

// Format is a known kind of file.
type Format struct {
	ID, Title, System, Entity string
	Columns                   Columns
	Keyed                     bool                                     // records have no ids: accounts are known by name, and opportunities refer to them so
	History                   bool                                     // one row is one change of stage
	Roles                     bool                                     // one row is one contact of an opportunity
	Generic                   bool                                     // of no system that is known
	Millions                  bool                                     // revenue is in millions
	Fix                       func(trait, value string) (string, bool) // known dirt of this very file

	Daily string   // a platform's report of costs: what to do there to get it by day, without which it can't be dated
	Level []string // traits of which a platform's finest says whether a row is a total: those rows leave it blank
	Wide  string   // exchange rates with a column for each currency: the currency of which one unit is meant

	must   []string // headers that have to be there; alternatives are separated by |
	marks  []string // headers that tell it from other files
	need   int      // how many marks at least
	not    []string // headers that such a file never has
	ratios string   // headers that follow from others, separated by |
}

// Follows says whether a column follows from the others, so that it is left out.
func (f *Format) Follows(header string) bool {
	return f.ratios != "" && squeezed(f.ratios)[sheet.Squeeze(header)]
}

// Columns says which trait a header fills: pairs of "Header|Other header" and trait.
type Columns [][2]string

// Index is the squeezed headers' traits.
func (c Columns) Index() map[string]string {
	m := make(map[string]string, 2*len(c))
	for _, pair := range c {
		for h := range strings.SplitSeq(pair[0], "|") {
			m[sheet.Squeeze(h)] = pair[1]
		}
	}
	return m
}

// knownFormats lists every format with columns of its own; Generic serves the rest.
func knownFormats() []Format {
	return slices.Concat(hubspotFormats(), salesforceFormats(), otherFormats(), figureFormats())
}

// Info describes one recognised kind of file for documentation and screens.
type Info struct {
	ID      string            `json:"id"`      // "hubspot-contacts"
	Title   string            `json:"title"`   // "HubSpot contacts export"
	System  string            `json:"system"`  // what record ids are prefixed with
	Entity  string            `json:"entity"`  // accounts, contacts, opportunities, events, reps, products, spend, contracts, targets or rates
	Marks   []string          `json:"marks"`   // headers it is recognised by; alternatives are separated by |
	Need    int               `json:"need"`    // how many of Marks have to be there
	Columns map[string]string `json:"columns"` // header (first spelling) to trait or field
}

// Known lists what is recognised, the generic file of every entity last.
func Known() []Info {
	all := knownFormats()
	for _, e := range entities {
		all = append(all, Generic(e))
	}
	infos := make([]Info, len(all))
	for i, f := range all {
		infos[i] = Info{ID: f.ID, Title: f.Title, System: f.System, Entity: f.Entity, Marks: slices.Concat(f.must, f.marks), Need: f.need, Columns: map[string]string{}}
		for _, c := range f.Columns {
			first, _, _ := strings.Cut(c[0], "|")
			infos[i].Columns[first] = c[1]
		}
	}
	return infos
}
