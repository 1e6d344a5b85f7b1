package rows

import (
	"fmt"

	"millrace/internal/exchange/format"
	"millrace/internal/exchange/sheet"
)

// evidence is what a column's cells show of how it writes dates and numbers.
type evidence struct {
	mdy, dmy, dotted, loose int64 // date cells: proof of either order, with dots, in digits without proof
	dot, comma, vague       int64 // number cells: proof of either decimal sign, without proof
}

// Look takes one row into account, unless it will be rejected for its shape.
func (p *Plan) Look(row *sheet.Row) {
	cells := p.cut(row)
	if row.Fault != "" || len(cells) != p.width {
		return
	}
	for i := range p.fields {
		f := &p.fields[i]
		if f.skip || len(cells[f.index]) == 0 {
			continue
		}
		switch f.typ {
		case format.TypeDate, format.TypeDay, format.TypePeriod:
			if f.layout == "" {
				s, _, _ := sheet.Text(cells[f.index])
				f.seen.date(s)
			}
		case format.TypeMoney, format.TypeNumber, format.TypeInteger:
			s, _, _ := sheet.Text(cells[f.index])
			f.seen.number(s)
		}
	}
	if p.figures != nil {
		p.lookFigures(row.Line, cells)
	}
}

func (e *evidence) date(s string) {
	d, err := sheet.ScanDate(s)
	if err != nil || d.Fixed || !d.Epoch.IsZero() {
		return
	}
	switch d.Evidence() {
	case sheet.MonthFirst:
		e.mdy++
	case sheet.DayFirst:
		e.dmy++
	default:
		e.loose++
	}
	if d.Dotted {
		e.dotted++
	}
}

func (e *evidence) number(s string) {
	n, err := sheet.ScanNumber(s)
	if err != nil {
		return
	}
	switch n.Evidence() {
	case '.':
		e.dot++
	case ',':
		e.comma++
	default:
		for i := range len(n.Body) {
			if n.Body[i] == '.' || n.Body[i] == ',' {
				e.vague++
				break
			}
		}
	}
}

// Settle decides each column's date order and decimal sign from all that was looked at, and notes what it settled. delimiter is the file's.
func (p *Plan) Settle(delimiter byte) {
	wholeDates, wholeSigns := p.fileWide()
	for i := range p.fields {
		f := &p.fields[i]
		if f.skip {
			continue
		}
		switch f.typ {
		case format.TypeDate, format.TypeStages, format.TypeDay, format.TypePeriod:
			p.decideDate(f, wholeDates, delimiter)
		case format.TypeMoney, format.TypeNumber, format.TypeInteger:
			p.decideNumber(f, wholeSigns, delimiter)
		}
	}
}

// fileWide is what the columns with proof agree on, unknown when they don't.
func (p *Plan) fileWide() (order sheet.DateOrder, sign byte) {
	var e evidence
	for i := range p.fields {
		s := p.fields[i].seen
		e.mdy += s.mdy
		e.dmy += s.dmy
		e.dot += s.dot
		e.comma += s.comma
	}
	switch {
	case e.mdy > 0 && e.dmy == 0:
		order = sheet.MonthFirst
	case e.dmy > 0 && e.mdy == 0:
		order = sheet.DayFirst
	}
	switch {
	case e.dot > 0 && e.comma == 0:
		sign = '.'
	case e.comma > 0 && e.dot == 0:
		sign = ','
	}
	return order, sign
}

func (p *Plan) decideDate(f *field, whole sheet.DateOrder, delimiter byte) {
	e := f.seen
	why := ""
	switch {
	case p.mapping != nil && p.mapping.DateOrder != "":
		f.order, why = sheet.MonthFirst, "the mapping says so"
		if p.mapping.DateOrder == "dmy" {
			f.order = sheet.DayFirst
		}
	case f.hint() != sheet.OrderUnknown:
		f.order, why = f.hint(), "the header says so"
	case e.mdy > 0 && e.dmy > 0:
		f.order = sheet.MonthFirst
		if e.dmy > e.mdy {
			f.order = sheet.DayFirst
		}
		why = fmt.Sprintf("though %d cells can only be day/month/year and %d only month/day/year: those of the smaller part are rejected", e.dmy, e.mdy)
	case e.mdy > 0:
		f.order, why = sheet.MonthFirst, fmt.Sprintf("%d cells prove it", e.mdy)
	case e.dmy > 0:
		f.order, why = sheet.DayFirst, fmt.Sprintf("%d cells prove it", e.dmy)
	case e.dotted > 0:
		f.order, why = sheet.DayFirst, "dates with dots put the day first"
	case whole != sheet.OrderUnknown:
		f.order, why = whole, "as the file's other columns prove"
	case delimiter == ';':
		f.order, why = sheet.DayFirst, "files with semicolons are mostly European; nothing in the file proves it. Say date_format: mdy in a mapping if it is the other way round"
	default:
		f.order, why = sheet.MonthFirst, "nothing in the file proves it. Say date_format: dmy in a mapping if it is the other way round"
	}
	if e.mdy+e.dmy+e.loose > 0 {
		p.note("dates of column %q are read as %s: %s", f.header, f.order, why)
	}
}

func (p *Plan) decideNumber(f *field, whole byte, delimiter byte) {
	e := f.seen
	why := ""
	switch {
	case p.mapping != nil && p.mapping.Decimal != "":
		f.decimal, why = p.mapping.Decimal[0], "the mapping says so"
	case e.dot > 0 && e.comma > 0:
		f.decimal = '.'
		if e.comma > e.dot {
			f.decimal = ','
		}
		why = fmt.Sprintf("though %d cells can only mean \".\" and %d only \",\": those of the smaller part don't fit", e.dot, e.comma)
	case e.dot > 0:
		f.decimal = '.'
	case e.comma > 0:
		f.decimal, why = ',', fmt.Sprintf("%d cells prove it", e.comma)
	case whole != 0:
		f.decimal = whole
		if e.vague > 0 {
			why = "as the file's other columns prove"
		}
	case delimiter == ';':
		f.decimal = ','
		if e.vague > 0 {
			why = "files with semicolons are mostly European; nothing in the file proves it"
		}
	default:
		f.decimal = '.'
		if e.vague > 0 {
			why = "nothing in the file proves it. Say decimal: \",\" in a mapping if it is the other way round"
		}
	}
	if why != "" {
		p.note("numbers of column %q are read with %q as decimal sign: %s", f.header, string(f.decimal), why)
	}
}
