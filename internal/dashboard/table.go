package dashboard

import (
	"math"
	"strconv"

	"millrace"
	"millrace/internal/metrics"
)

// TilesTable is the name of the table of a view's headline figures.
const TilesTable = "tiles"

// Table is a table of a view for export: heads, and rows of cells as text. Money is in major units, with its currency in a column of its own.
type Table struct {
	Name   string
	Header []string
	Rows   [][]string
}

// Record is one row as an object, with a value for each head. Cells without a value are absent.
type Record map[string]any

// Tables are the names of a view's tables: its tiles, then its charts.
func (d *Dashboard) Tables() []string {
	out := []string{TilesTable}
	for _, c := range d.Charts {
		out = append(out, c.ID)
	}
	return out
}

// Table gives a table by its name. It errs (NotFound) for one that the view has not.
func (d *Dashboard) Table(name string) (Table, error) {
	if name == TilesTable {
		return d.tiles(), nil
	}
	for i := range d.Charts {
		if d.Charts[i].ID == name {
			return d.Charts[i].table(), nil
		}
	}
	return Table{}, millrace.Errorf(millrace.NotFound, "dashboard.Table", "the %s dashboard has no table %q", d.View, name)
}

// decimal is a value as a number of its unit: money in major units.
func decimal(x *float64, unit metrics.Unit, currency string) string {
	if x == nil {
		return ""
	}
	v := *x
	if money(unit) {
		v = math.Round(v) / math.Pow10(millrace.MinorDigits(currency))
	} else if short, err := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 12, 64), 64); err == nil {
		v = short // 0.744, not 0.7439999999999999
	}
	return strconv.FormatFloat(v, 'f', -1, 64)
}

func money(unit metrics.Unit) bool {
	return unit == metrics.UnitMoney || unit == metrics.UnitMoneyPerDay || unit == metrics.UnitMoneyPerMonth
}

func (d *Dashboard) tiles() Table {
	t := Table{Name: TilesTable, Header: []string{"id", "label", "value", "unit", "currency", "low", "high", "n", "undefined", "compared", "change", "target", "attainment", "from", "to", "title"}}
	for _, x := range d.Tiles {
		f := x.Figure
		num := func(v *float64) string { return decimal(v, f.Unit, f.Currency) }
		var low, high, compared, change, target, attainment *float64
		if f.Interval != nil {
			low, high = f.Interval.Low, f.Interval.High
		}
		if x.Compared != nil {
			compared, change = x.Compared.Figure.Value, x.Compared.Change
		}
		if x.Target != nil {
			target, attainment = x.Target.Goal.Value, x.Target.Attainment.Value
		}
		t.Rows = append(t.Rows, []string{x.ID, x.Label, num(f.Value), string(f.Unit), f.Currency, num(low), num(high), strconv.Itoa(f.N), string(f.Undefined), num(compared), num(change), num(target),
			decimal(attainment, metrics.UnitRatio, ""), d.Period.First.String(), d.Period.Last.String(), x.Title})
	}
	return t
}

// table has a column for each of the chart's, and for the ends of intervals where a cell has one.
func (c *Chart) table() Table {
	t := Table{Name: c.ID, Header: []string{slug(c.Head)}}
	months := c.Kind == "months" || c.Head == "Month"
	if months {
		t.Header = append(t.Header, "from", "to", "partial")
	}
	ranged, currency := make([]bool, len(c.Columns)), ""
	for i, col := range c.Columns {
		for _, r := range c.Rows {
			ranged[i] = ranged[i] || i < len(r.Cells) && (r.Cells[i].Low != nil || r.Cells[i].High != nil)
		}
		t.Header = append(t.Header, col.Key)
		if ranged[i] {
			t.Header = append(t.Header, col.Key+"_low", col.Key+"_high")
		}
		if money(col.Unit) {
			currency = col.Currency
		}
	}
	if currency != "" {
		t.Header = append(t.Header, "currency")
	}
	for _, r := range c.Rows {
		row := []string{r.Label}
		if months {
			row = append(row, r.Period.First.String(), r.Period.Last.String(), strconv.FormatBool(r.Partial))
		}
		for i, col := range c.Columns {
			x := r.Cells[i]
			if col.Unit == "text" {
				row = append(row, x.Text)
			} else {
				row = append(row, decimal(x.Value, col.Unit, col.Currency))
			}
			if ranged[i] {
				row = append(row, decimal(x.Low, col.Unit, col.Currency), decimal(x.High, col.Unit, col.Currency))
			}
		}
		if currency != "" {
			row = append(row, currency)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// Records are the rows as objects. Numbers are numbers.
func (t Table) Records() []Record {
	out := make([]Record, len(t.Rows))
	for i, r := range t.Rows {
		out[i] = Record{}
		for k, cell := range r {
			switch x, err := strconv.ParseFloat(cell, 64); {
			case cell == "":
			case err == nil && k > 0:
				out[i][t.Header[k]] = x
			case cell == "true" || cell == "false":
				out[i][t.Header[k]] = cell == "true"
			default:
				out[i][t.Header[k]] = cell
			}
		}
	}
	return out
}
