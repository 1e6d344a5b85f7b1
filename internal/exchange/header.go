package exchange

import (
	"bytes"

	"millrace/internal/exchange/format"
	"millrace/internal/exchange/sheet"
)

// headerWithin is how many rows down a report's header may stand, under the lines that say whose it is and of which days.
const headerWithin = 40

// findHeader looks for the header of a file of figures in the file's beginning: platforms put lines of other widths above it, so that
// neither the first row nor its delimiter can be taken for granted. ok is false for other files.
func (im *importer) findHeader(in *input, given byte, eol byte) (delimiter byte, line int64, ok bool) {
	if im.o.Entity != "" && !format.OfDays(im.o.Entity) || im.o.Entity == "" && im.o.Mapping != nil && !format.OfDays(im.o.Mapping.Entity) {
		return 0, 0, false
	}
	candidates := sheet.Delimiters()
	if given != 0 {
		candidates = []byte{given}
	}
	best := 0
	for _, d := range candidates {
		r := sheet.NewReader(bytes.NewReader(in.Sample), d, eol)
		for range headerWithin {
			row, err := r.Next()
			if err != nil {
				break
			}
			if row.Fault != "" || len(row.Cells) > maxColumns {
				continue
			}
			names := make([]string, len(row.Cells))
			for i, c := range row.Cells {
				names[i], _, _ = sheet.Text(c)
			}
			if rank := im.headerRank(names); rank > best {
				best, delimiter, line = rank, d, row.Line
			}
		}
	}
	return delimiter, line, best > 0
}

// headerRank says how much of a header of figures the cells have, 0 for none.
func (im *importer) headerRank(names []string) (rank int) {
	set := format.HeaderSet(names)
	asked := im.o.Entity
	if m := im.o.Mapping; m != nil {
		asked = m.Entity
		for key := range m.Columns {
			if set[key] {
				rank += 10_000
			}
		}
		if rank < 20_000 && rank < 10_000*len(m.Columns) {
			rank = 0
		}
	}
	return max(rank, format.RankOfDays(names, asked))
}
