package format

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/currency"

	"millrace"
	"millrace/internal/exchange/sheet"
)

// HeaderSet is what formats are recognised by: the headers squeezed, and "Cost (EUR)" also as "Cost".
func HeaderSet(headers []string) map[string]bool {
	set := map[string]bool{}
	for _, h := range headers {
		set[sheet.Squeeze(h)] = true
		if name, iso := CurrencyInHeader(h); iso != "" {
			set[sheet.Squeeze(name)] = true
		}
	}
	return set
}

// CurrencyInHeader takes "Amount spent (EUR)" apart; iso is empty where the header names none.
func CurrencyInHeader(header string) (name, iso string) {
	if m := headerCurrency.FindStringSubmatch(header); m != nil {
		if _, err := currency.ParseISO(m[2]); err == nil {
			return m[1], m[2]
		}
	}
	return header, ""
}

var headerCurrency = regexp.MustCompile(`^(.*[^\s(\[,])[\s(\[,]+([A-Z]{3})[)\]]?$`)

// fits gives a format's score for a set of squeezed headers, 0 when it is another file.
func (f *Format) fits(set map[string]bool) int {
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
	for h := range f.Columns.Index() {
		if set[h] {
			known++
		}
	}
	if f.History || f.Roles { // such a report also has some columns of the opportunities'
		marks += 10
	}
	return 100*marks + known
}

// serves says whether a file of unknown origin has what an entity's records need.
func (f *Format) serves(set map[string]bool) bool {
	if OfDays(f.Entity) {
		return f.servesFigures(set)
	}
	traits := map[string]bool{}
	for h, t := range f.Columns.Index() {
		if set[h] {
			traits[t] = true
		}
	}
	if f.Entity == "accounts" && set["firstname"] && set["lastname"] {
		return false
	}
	for _, t := range genericNeeds[f.Entity] {
		if traits[t] {
			return true
		}
	}
	return false
}

// Recognise finds the format of a header. The asked entity wins where several fit; a header that fits another alone is an error
// that names the right command.
func Recognise(op, file string, headers []string, asked string) (Format, error) {
	set := HeaderSet(headers)
	var best, bestAsked Format
	var score, scoreAsked int
	for _, f := range knownFormats() {
		s := f.fits(set)
		if s > score {
			best, score = f, s
		}
		if f.Entity == asked && s > scoreAsked {
			bestAsked, scoreAsked = f, s
		}
	}
	switch {
	case scoreAsked > 0:
		return bestAsked, nil
	case score > 0 && asked == "":
		return best, nil
	case score > 0:
		return Format{}, millrace.FieldErrorf(op, "line 1", "%s is a %s, which holds %s, not %s: run \"millrace import %s %s\"", file, best.Title, best.Entity, asked, best.Entity, file)
	case asked != "":
		if g := Generic(asked); g.serves(set) {
			return g, nil
		}
	}
	return Format{}, unrecognised(op, file, headers, asked, set)
}

func unrecognised(op, file string, headers []string, asked string, set map[string]bool) error {
	var others []string
	for _, e := range entities {
		if g := Generic(e); e != asked && g.serves(set) {
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

// RankOfDays says how much of a header of figures of days the cells have, 0 for none. asked is "" for any entity.
func RankOfDays(headers []string, asked string) (rank int) {
	set := HeaderSet(headers)
	formats := figureFormats()
	for i := range formats {
		if f := &formats[i]; asked == "" || f.Entity == asked {
			rank = max(rank, f.fits(set))
		}
	}
	if g := Generic(asked); asked != "" && g.serves(set) {
		rank = max(rank, g.fits(set))
	}
	return rank
}

// servesFigures says whether a file of unknown origin has what figures need.
func (f *Format) servesFigures(set map[string]bool) bool {
	has := f.traitsIn(set)
	dated := has(FieldDay, millrace.TraitFrom, FieldPeriod)
	switch f.Entity {
	case Spend:
		return dated && has(millrace.TraitAmount)
	case Contracts:
		return has(FieldID, millrace.TraitAccount, millrace.TraitAccountID, millrace.TraitDomain) && has(millrace.TraitAmount, FieldMRR, FieldTotalValue) && dated
	case Targets:
		return dated && has(millrace.TraitMetric) && has(millrace.TraitValue)
	}
	return dated && has(millrace.TraitValue) && has(millrace.TraitCurrency)
}

// traitsIn answers whether the headers fill one of several traits.
func (f *Format) traitsIn(set map[string]bool) func(traits ...string) bool {
	have := map[string]bool{}
	for h, t := range f.Columns.Index() {
		if set[h] {
			have[t] = true
		}
	}
	return func(traits ...string) bool {
		return slices.ContainsFunc(traits, func(t string) bool { return have[t] })
	}
}

// undated says what a file of costs lacks, "" for other files.
func undated(asked string, set map[string]bool) string {
	if asked != Spend {
		return ""
	}
	g := Generic(asked)
	has := g.traitsIn(set)
	switch dated := has(FieldDay, millrace.TraitFrom, FieldPeriod); {
	case has(millrace.TraitAmount) && !dated:
		return "has amounts and nothing that dates them, so they can't be given to days. It needs a column with the date, the month, or from and to (of an advertising platform's report, export it by day)"
	case dated && !has(millrace.TraitAmount):
		return "has days and no column with what was spent, such as Cost, Spend or Amount"
	}
	return ""
}

// Likely guesses the entity of a file that nothing recognises: that of whose fields most headers are, of equals the earlier.
func Likely(headers []string) string {
	set := HeaderSet(headers)
	best, most := "contacts", 0
	for _, e := range entities {
		g, n := Generic(e), 0
		for h := range g.Columns.Index() {
			if set[h] {
				n += 2
			}
		}
		if n > 0 && g.serves(set) {
			n++
		}
		if n > most {
			best, most = e, n
		}
	}
	return best
}

// WordIn finds the field of which a header speaks among other words: "Geschäftliche E-Mail" of email. The longest word wins. generic has the words
// squeezed, as Columns.Index gives them.
func WordIn(header string, generic map[string]string) (trait string) {
	header = sheet.Squeeze(header)
	longest := 3
	for word, t := range generic {
		if len(word) > longest && strings.Contains(header, word) || len(word) == longest && t < trait && strings.Contains(header, word) {
			trait, longest = t, len(word)
		}
	}
	return trait
}

// Source is a format that a header fits.
type Source struct {
	Format string `json:"format"`
	Title  string `json:"title"`
	System string `json:"system"`
	Entity string `json:"entity"`
}

// Signature is the same for headers that differ in order alone.
func Signature(names []string) string {
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

// Sources are the formats that the headers fit, the best first.
func Sources(names []string) []Source {
	set := HeaderSet(names)
	type scored struct {
		Source
		score int
	}
	var found []scored
	for _, f := range knownFormats() {
		if s := f.fits(set); s > 0 {
			found = append(found, scored{Source{f.ID, f.Title, f.System, f.Entity}, s})
		}
	}
	slices.SortStableFunc(found, func(a, b scored) int { return cmp.Compare(b.score, a.score) })
	out := make([]Source, len(found))
	for i, s := range found {
		out[i] = s.Source
	}
	return out
}

// LongID gives the spellings of an id in a system one form.
func LongID(system, id string) string {
	if system == "salesforce" {
		return longSalesforceID(id)
	}
	return id
}

// longSalesforceID makes the 15-character id of a Salesforce report the 18-character one of its other exports: both name one record.
// The three added letters say which of the 15 are upper case.
func longSalesforceID(id string) string {
	if len(id) != 15 {
		return id
	}
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
	out := id
	for block := range 3 {
		bits := 0
		for i := range 5 {
			c := id[block*5+i]
			if c >= 'A' && c <= 'Z' {
				bits |= 1 << i
			} else if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
				return id
			}
		}
		out += letters[bits : bits+1]
	}
	return out
}

// The columns that a file of rejected rows has in front of the original ones. An import skips them, so the mended file can be imported.
const (
	RejectLine   = "millrace_line"
	RejectReason = "millrace_reason"
	RejectRow    = "millrace_row" // the whole line, where it could not be cut into the header's cells
)

// OfRejects says whether a column is one of those that a file of rejected rows has beside the original ones.
func OfRejects(header string) bool {
	return slices.Contains([]string{sheet.Squeeze(RejectLine), sheet.Squeeze(RejectReason), sheet.Squeeze(RejectRow)}, sheet.Squeeze(header))
}
