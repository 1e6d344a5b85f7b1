package rows

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"millrace"
	"millrace/internal/exchange/format"
	"millrace/internal/exchange/sheet"
	"millrace/internal/exchange/words"
)

// span is the days of a record, both included, and the amount that falls on them.
type span struct {
	from, to sheet.Day
	share    decimal.Decimal // of the row's amount
}

func (s span) text() (from, to string) {
	return s.from.Format(time.DateOnly), s.to.Format(time.DateOnly)
}

// maxSpans is the most records that one row's recurring cost becomes: fifty years of months.
const maxSpans = 600

// FindDays notes which columns date the rows, and refuses a file in which none does: its figures can't be given to days.
func (p *Plan) FindDays() error {
	if p.figures == nil {
		return nil
	}
	f := p.figures
	for i := range p.fields {
		switch trait := p.fields[i].trait; {
		case p.fields[i].skip:
		case trait == format.FieldDay || trait == millrace.TraitFrom || trait == millrace.TraitTo || trait == format.FieldPeriod:
			f.dated = append(f.dated, i)
		case trait == millrace.TraitAmount:
			f.amount = i
		}
	}
	for _, level := range p.Level {
		if i := p.field(level); i >= 0 && f.level < 0 {
			f.level = i
		}
	}
	if p.Entity != format.Spend || len(f.dated) > 0 || p.mapping != nil && p.mapping.Constants[millrace.TraitFrom] != "" {
		return nil
	}
	what := "It needs a column with the date, the month, or from and to"
	if p.Daily != "" {
		what = capital(p.Daily)
	}
	about := ""
	if len(p.preamble) > 0 {
		about = fmt.Sprintf(" (%s)", strings.Join(p.preamble[:min(len(p.preamble), 3)], ", "))
	}
	return millrace.FieldErrorf(p.op, fmt.Sprintf("line %d", p.line), "%s is a %s%s without a day column: what it cost can't be given to days. %s", p.name, p.Title, about, what)
}

// OfDays refuses a platform's report whose rows are each of several days.
func (p *Plan) OfDays() error {
	if p.figures == nil || p.Daily == "" || p.figures.wide == 0 {
		return nil
	}
	return millrace.FieldErrorf(p.op, fmt.Sprintf("line %d", p.figures.wideLine), "%s is a %s without a day column: its row on this line is of %s, so what it cost can't be given to days. %s",
		p.name, p.Title, p.figures.wideSpan, capital(p.Daily))
}

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

// field is the index of the column with a trait, -1 when there is none.
func (p *Plan) field(trait string) int {
	return slices.IndexFunc(p.fields, func(f field) bool { return f.trait == trait && !f.skip })
}

// lookFigures takes a row into account before it is known how the file writes dates: which days it is of, and whether it is of a finest part.
func (p *Plan) lookFigures(line int64, cells [][]byte) {
	f := p.figures
	text := func(i int) string {
		s, _, _ := sheet.Text(cells[p.fields[i].index])
		if words.Blank(s) {
			return ""
		}
		return s
	}
	if f.level >= 0 && text(f.level) != "" {
		f.levelled++
	}
	from, to := p.field(millrace.TraitFrom), p.field(millrace.TraitTo)
	if p.Daily == "" || p.field(format.FieldDay) >= 0 || from < 0 || to < 0 {
		return
	}
	if a, b := text(from), text(to); a != b && a != "" && b != "" {
		if f.wide++; f.wide == 1 {
			f.wideLine, f.wideSpan = line, shorten(a+" to "+b)
		}
	}
}

// days reads a cell with a day or a period.
func (p *Plan) days(r *record, f *field, s string) *Fault {
	var first, last sheet.Day
	var err error
	layouts := p.layouts(f)
	if len(layouts) > 0 {
		first, err = sheet.ParseDayLayouts(s, layouts)
		last = first
	}
	if len(layouts) == 0 || err != nil && f.layout == "" {
		if f.typ == format.TypePeriod {
			first, last, err = sheet.ParsePeriod(s, f.order)
		} else {
			first, err = sheet.ParseDay(s, f.order)
			last = first
		}
	}
	if err != nil {
		return &Fault{ReasonDate, f.header, fmt.Sprintf("column %q: %q is %v", f.header, shorten(s), err)}
	}
	from, to := span{from: first, to: last}.text()
	switch {
	case f.trait == format.FieldPeriod:
		r.plain[format.FieldPeriod+".from"], r.plain[format.FieldPeriod+".to"] = from, to
	case f.own || f.trait != format.FieldDay && f.trait != millrace.TraitFrom && f.trait != millrace.TraitTo:
		r.put(f, f.trait, from, s)
	case r.plain[f.trait] == "":
		r.plain[f.trait] = from
	case r.plain[f.trait] != from:
		r.put(f, sheet.Snake(f.header), from, s)
	}
	return nil
}

// term gives the days that a row states: its day, else its period, else from and to, of which to may be absent.
func (p *Plan) term(r *record) (from, to sheet.Day, flt *Fault) {
	a, b := r.plain[millrace.TraitFrom], r.plain[millrace.TraitTo]
	if p.mapping != nil {
		a, b = cmp.Or(a, p.mapping.Constants[millrace.TraitFrom]), cmp.Or(b, p.mapping.Constants[millrace.TraitTo])
	}
	switch {
	case r.plain[format.FieldDay] != "":
		a, b = r.plain[format.FieldDay], r.plain[format.FieldDay]
	case r.plain[format.FieldPeriod+".from"] != "":
		a, b = r.plain[format.FieldPeriod+".from"], r.plain[format.FieldPeriod+".to"]
	}
	for _, x := range []struct {
		text string
		day  *sheet.Day
	}{{a, &from}, {b, &to}} {
		if x.text == "" {
			continue
		}
		var err error
		if *x.day, err = time.Parse(time.DateOnly, x.text); err != nil { // only a mapping's constant can be none
			return from, to, &Fault{Reason: ReasonDate, Detail: fmt.Sprintf("%q is no day such as 2026-03-01", shorten(x.text))}
		}
	}
	switch {
	case from.IsZero():
		return from, to, &Fault{Reason: ReasonDate, Detail: "the row has no day: neither a date, nor a period, nor a first day"}
	case !to.IsZero() && to.Before(from):
		return from, to, &Fault{Reason: ReasonDate, Detail: fmt.Sprintf("the last day, %s, is before the first, %s", b, a)}
	}
	return from, to, nil
}

// spans are the days of a row's cost: one span, over which it spreads evenly, or one for each month, quarter or year in which it recurs. Of a
// recurrence that is cut by the first or last day the part that its days make up counts.
func (p *Plan) spans(r *record) ([]span, *Fault) {
	from, to, flt := p.term(r)
	if flt != nil {
		return nil, flt
	}
	months, known := words.Every(r.plain[format.FieldEvery])
	if months > 0 && r.plain[format.FieldDay] == "" && r.plain[format.FieldPeriod+".from"] == "" {
		return p.recurring(from, to, months)
	}
	if !known {
		return nil, &Fault{Reason: ReasonValue, Detail: fmt.Sprintf("%q is no recurrence: monthly, quarterly, yearly or once", shorten(r.plain[format.FieldEvery]))}
	}
	if to.IsZero() {
		to = from
	}
	return []span{{from, to, decimal.New(1, 0)}}, nil
}

func (p *Plan) recurring(from, to sheet.Day, months int) ([]span, *Fault) {
	if to.IsZero() { // it runs on: up to the end of the month at hand
		today := p.clock().Std().In(p.loc)
		to = time.Date(today.Year(), today.Month()+1, 0, 0, 0, 0, 0, time.UTC)
		p.figures.endless++
		p.figures.endlessTo = to.Format(time.DateOnly)
		if to.Before(from) {
			to = from.AddDate(0, months, -1)
		}
	}
	var out []span
	begins := time.Date(from.Year(), from.Month(), 1, 0, 0, 0, 0, time.UTC)
	if months > 1 { // quarters and years count from the first day, months from their first
		begins = from
	}
	for n := 0; ; n++ {
		first, last := monthsOn(begins, n*months), monthsOn(begins, (n+1)*months).AddDate(0, 0, -1)
		if first.After(to) {
			return out, nil
		}
		if n == maxSpans {
			return nil, &Fault{Reason: ReasonDate, Detail: fmt.Sprintf("the cost recurs more than %d times", maxSpans)}
		}
		s := span{from: later(first, from), to: earlier(last, to)}
		s.share = decimal.NewFromInt(length(s.from, s.to)).DivRound(decimal.NewFromInt(length(first, last)), 16)
		out = append(out, s)
	}
}

// monthsOn is the same day n months on, or the last day of that month where it has fewer.
func monthsOn(d sheet.Day, n int) sheet.Day {
	on := time.Date(d.Year(), d.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	return on.AddDate(0, 0, min(d.Day(), on.AddDate(0, 1, -1).Day())-1)
}

// length is the number of days from first to last, both included.
func length(first, last sheet.Day) int64 { return int64(last.Sub(first)/(24*time.Hour)) + 1 }

func later(a, b sheet.Day) sheet.Day {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b sheet.Day) sheet.Day {
	if a.Before(b) {
		return a
	}
	return b
}
