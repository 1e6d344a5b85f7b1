package rows

import (
	"cmp"

	"millrace"
	"millrace/internal/exchange/format"
	"millrace/internal/exchange/sheet"
)

// Settled says what the rows looked at leave open of dates, decimal signs, currency and time zone.
func (p *Plan) Settled() (dates, decimals, currency, zone Settled) {
	return p.settledDates(), p.settledSigns(), p.settledCurrency(), p.settledZone()
}

// settledDates says how dates in digits are read.
func (p *Plan) settledDates() (s Settled) {
	s.Said = p.mapping != nil && p.mapping.DateOrder != ""
	proven := true
	for i := range p.fields {
		f := &p.fields[i]
		n := f.seen.mdy + f.seen.dmy + f.seen.loose
		if f.skip || f.order == sheet.OrderUnknown || n == 0 {
			continue
		}
		s.Cells += n
		word := "mdy"
		if f.order == sheet.DayFirst {
			word = "dmy"
		}
		s.Value = agreed(s.Value, word, s.Cells == n)
		proven = proven && (f.seen.mdy > 0 || f.seen.dmy > 0 || f.seen.dotted > 0 || f.hint() != sheet.OrderUnknown)
	}
	whole, _ := p.fileWide()
	s.Open = s.Cells > 0 && !s.Said && !proven && whole == sheet.OrderUnknown
	return s
}

// settledSigns says which decimal sign numbers have.
func (p *Plan) settledSigns() (s Settled) {
	s.Said = p.mapping != nil && p.mapping.Decimal != ""
	proven := true
	for i := range p.fields {
		f := &p.fields[i]
		n := f.seen.dot + f.seen.comma + f.seen.vague
		if f.skip || f.decimal == 0 || n == 0 {
			continue
		}
		s.Cells += n
		s.Value = agreed(s.Value, string(f.decimal), s.Cells == n)
		proven = proven && f.seen.dot+f.seen.comma > 0
	}
	_, whole := p.fileWide()
	s.Open = s.Cells > 0 && !s.Said && !proven && whole == 0
	return s
}

// agreed is the value of all columns so far, "" once they differ.
func agreed(old, next string, first bool) string {
	if first || old == next {
		return next
	}
	return ""
}

// settledCurrency says in what amounts are that name no currency.
func (p *Plan) settledCurrency() (s Settled) {
	s.Said = p.mapping != nil && p.mapping.Currency != ""
	s.Cells = p.tally.homeCurrency + p.tally.noCurrency
	if p.currency != "" && p.field(millrace.TraitAmount) >= 0 {
		s.Value = p.currency
	} else if s.Cells > 0 {
		s.Value, s.Open = p.home, true
	}
	return s
}

// settledZone says in which time zone dates without one are.
func (p *Plan) settledZone() (s Settled) {
	s.Said = p.mapping != nil && p.mapping.Timezone != ""
	for i := range p.fields {
		if f := &p.fields[i]; !f.skip && (f.typ == format.TypeDate || f.typ == format.TypeStages) {
			s.Cells += f.filled
		}
	}
	if s.Cells > 0 || s.Said {
		s.Value = cmp.Or(p.loc.String(), "UTC")
	}
	s.Open = s.Cells > 0 && !s.Said
	return s
}
