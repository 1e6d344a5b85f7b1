package dashboard

import (
	"fmt"
	"slices"
	"strings"

	"millrace/internal/measure"
	"millrace/internal/metrics"
)

// cellOf is a figure as a cell.
func cellOf(f metrics.Figure) Cell {
	c := Cell{Value: f.Value, Undefined: f.Undefined}
	if f.Interval != nil && f.Value != nil {
		c.Low, c.High = f.Interval.Low, f.Interval.High
	}
	if f.Value != nil {
		c.Band = f.Band
	}
	return c
}

func value(x float64) Cell { return Cell{Value: &x} }

func count(n int) Cell { return value(float64(n)) }

func text(s string) Cell { return Cell{Text: s} }

// total is money as a cell: none where nothing was added up.
func total(t metrics.Total) Cell {
	if t.Rows == 0 {
		return Cell{Undefined: metrics.NoData}
	}
	return cellOf(t.Figure("", ""))
}

// amount is money added up, nil where it can't be said. Nothing added up is nothing.
func amount(t metrics.Total) *float64 {
	x := float64(t.Minor)
	if t.Overflow || t.Rows > 0 && t.NoRate == t.Rows {
		return nil
	}
	return &x
}

func whole(n int64) *float64 {
	x := float64(n)
	return &x
}

// series is one column of a chart over months.
type series struct {
	key, label string
	role       string // value or line
	money      bool
	target     string // metric of targets
	of         facts  // what it stands on: months before the first fact have no value
	value      func(x measure.ChannelMonth) *float64
}

// monthChart is columns and lines over the trend's months, with what the first is compared with and its target.
func (b *board) monthChart(id, label, page string, list []series) Chart {
	trend, shift := b.trend(), b.monthsBefore()
	c := Chart{ID: id, Label: label, Kind: "months", Head: "Month", Link: b.href(page)}
	q := b.q
	q.From, q.To = trend.First, trend.Last
	rows := b.m.Channels(q)
	var earlier measure.Channels
	if shift > 0 {
		q.From, q.To = (trend.First.Month() - shift).Period().First, (trend.Last.Month() - shift).Period().Last
		earlier = b.m.Channels(q)
	}
	targets := b.m.Targets(measure.Query{From: trend.First, To: trend.Last}).Rows
	withTarget := map[string]bool{}
	for _, s := range list {
		unit, currency := metrics.UnitCount, ""
		if s.money {
			unit, currency = metrics.UnitMoney, b.m.Currency()
		}
		c.Columns = append(c.Columns, Column{Key: s.key, Label: s.label, Unit: unit, Currency: currency, Role: s.role})
		if shift > 0 && s.role == "value" {
			name := map[string]string{"previous": "the period before", "year": "a year before"}[b.compared.Kind]
			c.Columns = append(c.Columns, Column{Key: s.key + "_before", Label: s.label + ", " + name, Unit: unit, Currency: currency, Role: "compared"})
		}
		if s.target != "" && slices.ContainsFunc(rows.Months, func(m metrics.Month) bool { return b.goalOf(targets, s.target, m) != nil }) {
			withTarget[s.key] = true
			c.Columns = append(c.Columns, Column{Key: s.key + "_target", Label: "Target", Unit: unit, Currency: currency, Role: "target"})
		}
	}
	for i, month := range rows.Months {
		row := Row{Label: month.String(), Period: month.Period(), Partial: b.cut(month, trend), Link: b.monthHref(page, month)}
		for _, s := range list {
			if first := b.first(s.of); first != metrics.NoDay && row.Period.First < first && first <= row.Period.Last {
				row.Partial = true
			}
			row.Cells = append(row.Cells, b.seen(s, month, s.value(rows.Total.Months[i])))
			if shift > 0 && s.role == "value" {
				cell := Cell{Undefined: metrics.NoData}
				if n := int(month - shift - earlier.Months[0]); n >= 0 && n < len(earlier.Months) {
					cell = b.seen(s, month-shift, s.value(earlier.Total.Months[n]))
				}
				row.Cells = append(row.Cells, cell)
			}
			if withTarget[s.key] {
				row.Cells = append(row.Cells, Cell{Value: b.goalOf(targets, s.target, month)})
			}
		}
		c.Rows = append(c.Rows, row)
	}
	return c
}

// seen is a month's value, none where the month lies before the first fact of the kind.
func (b *board) seen(s series, month metrics.Month, x *float64) Cell {
	if first := b.first(s.of); first == metrics.NoDay || month.Period().Last < first {
		return Cell{Undefined: metrics.NoData}
	}
	if x == nil {
		return Cell{Undefined: metrics.NoRate}
	}
	return Cell{Value: x}
}

// monthHref is a page about one month, as far as it has come.
func (b *board) monthHref(page string, month metrics.Month) string {
	of := b.at(metrics.Period{First: month.Period().First, Last: min(month.Period().Last, max(b.m.Today(), month.Period().First))})
	return of.href(page)
}

// peak is a sentence about the row with the most in a column, or the two that share the most: some takes the row's label and the value, none is said where
// there is nothing. Where more share it, no row stands out.
func (b *board) peak(c Chart, key, some, none string) string {
	col := slices.IndexFunc(c.Columns, func(x Column) bool { return x.Key == key })
	most, first := 0.0, []string(nil)
	for _, r := range c.Rows {
		v := r.Cells[col].Value
		if v == nil || *v <= 0 || *v < most {
			continue
		}
		if *v > most {
			most, first = *v, nil
		}
		label := r.Label
		if c.Head == "Month" {
			label = monthName(r.Period.First.Month())
		}
		first = append(first, label)
	}
	f := metrics.Figure{Key: key, Unit: c.Columns[col].Unit, Currency: c.Columns[col].Currency}
	switch {
	case len(first) == 0:
		return none
	case len(first) == 1:
		return fmt.Sprintf(some, first[0], sayAs(most, f))
	case len(first) == 2:
		return fmt.Sprintf(some, first[0]+" and "+first[1], sayAs(most, f)+" each")
	}
	return fmt.Sprintf("No %s stands out: %d have %s each", strings.ToLower(c.Head), len(first), sayAs(most, f))
}

// named is a label, or what stands for none.
func named(s, none string) string {
	if s == "" {
		return none
	}
	return s
}
