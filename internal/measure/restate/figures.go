package restate

import (
	"context"
	"math"
	"slices"

	"millrace"
	"millrace/internal/attribution"
	"millrace/internal/measure"
	"millrace/internal/metrics"
)

// Figure is a headline figure: a whole number of units of 10^-Digits, so that differences add up exactly. Value is null where the figure can't be
// worked out, and of spend where none is recorded.
type Figure struct {
	Key      string `json:"key" doc:"Such as leads, or leads/Google search of one channel"`
	Label    string `json:"label"`
	Segment  string `json:"segment,omitempty" doc:"The channel, step or model that it is of; none for the whole"`
	Unit     string `json:"unit" enum:"count,money,ratio,days,months,money_per_day"`
	Currency string `json:"currency,omitempty"`
	Digits   int    `json:"digits" doc:"Decimals of value: 1234 with 2 digits is 12.34"`
	Value    *int64 `json:"value"`
	Adds     bool   `json:"adds" doc:"A sum: none is 0"`
}

// question is an ask that was read.
type question struct {
	kind        string
	span        measure.Query
	lag         int
	margin      float64
	attribution measure.AttributionQuery
}

// parse reads an ask.
func parse(kind string, a Ask) (q question, err error) {
	const op = "restate.Publish"
	q = question{kind: kind, span: measure.Query{Horizon: a.Horizon, LeadBy: a.LeadBy}, lag: a.Lag, margin: a.Margin}
	if q.span.LeadBy == "" {
		q.span.LeadBy = "created"
	}
	if q.span.From, err = day("from", a.From); err != nil {
		return q, err
	}
	if q.span.To, err = day("to", a.To); err != nil {
		return q, err
	}
	if q.span.From != metrics.NoDay && q.span.To != metrics.NoDay && q.span.To < q.span.From {
		return q, millrace.FieldErrorf(op, "to", "the last day is before the first")
	}
	switch kind {
	case "economics", "funnel", "sales":
	case "attribution":
		if q.attribution.Dimension, err = attribution.ParseDimension(or(a.By, "channel")); err != nil {
			return q, err
		}
		q.attribution.Measure, err = attribution.ParseMeasure(or(a.Measure, "revenue"))
	default:
		err = millrace.FieldErrorf(op, "kind", "%q is no report; there are economics, funnel, sales and attribution", kind)
	}
	return q, err
}

func or(a, b string) string {
	if a != "" {
		return a
	}
	return b
}

// answer gives the report, and its headline figures.
func (q *question) answer(ctx context.Context, m *measure.Model) (any, []Figure, error) {
	var b board
	switch q.kind {
	case "economics":
		x := m.Economics(q.span, q.lag, q.margin)
		b.economics(&x)
		return x, b.list, nil
	case "funnel":
		x := m.Funnel(q.span)
		x.Contacts = slices.Clone(x.Contacts) // the model's own is shared
		for i := range x.Contacts {
			x.Contacts[i].Dimensions = slices.DeleteFunc(slices.Clone(x.Contacts[i].Dimensions), func(d metrics.Dimension) bool { return ofPeople(d.Name) })
		}
		b.funnel(&x)
		return x, b.list, nil
	case "sales":
		x := m.Sales(q.span)
		x.Dimensions = slices.DeleteFunc(slices.Clone(x.Dimensions), func(d measure.DealDimension) bool { return ofPeople(d.Name) })
		b.sales(&x)
		return x, b.list, nil
	}
	aq := q.attribution
	aq.Query = q.span
	x, err := m.Attribution(ctx, aq)
	if err != nil {
		return nil, nil, err
	}
	b.attribution(x)
	return x, b.list, nil
}

// ofPeople says whether the labels of a dimension of deals name people. A frozen report names nobody, since it outlives them.
func ofPeople(dimension string) bool {
	return dimension == "owner" || dimension == "rep" || dimension == "manager"
}

// unknown is the segment of what has no channel.
const unknown = "(not known)"

// board gathers figures.
type board struct{ list []Figure }

func (b *board) add(key, label, segment string, unit metrics.Unit, currency string, digits int, v *float64, adds bool) {
	f := Figure{Key: key, Label: label, Segment: segment, Unit: string(unit), Currency: currency, Digits: digits, Adds: adds}
	if segment != "" {
		f.Key += "/" + segment
	}
	if v != nil && !math.IsNaN(*v) && !math.IsInf(*v, 0) {
		n := int64(math.Round(*v * math.Pow10(digits)))
		f.Value = &n
	}
	b.list = append(b.list, f)
}

// spend adds what was spent: no value where no cost is recorded, which is not a cost of nothing.
func (b *board) spend(segment string, t metrics.Total) {
	b.money("spend", "Spend", segment, t)
	if t.Rows == 0 {
		b.list[len(b.list)-1].Value = nil
	}
}

// money adds a sum of minor units.
func (b *board) money(key, label, segment string, t metrics.Total) {
	b.list = append(b.list, Figure{Key: keyed(key, segment), Label: label, Segment: segment, Unit: string(metrics.UnitMoney), Currency: t.Currency,
		Digits: millrace.MinorDigits(t.Currency), Value: &t.Minor, Adds: true})
}

func keyed(key, segment string) string {
	if segment == "" {
		return key
	}
	return key + "/" + segment
}

func (b *board) count(key, label, segment string, n float64) {
	b.add(key, label, segment, metrics.UnitCount, "", 0, &n, true)
}

// figure adds one that metrics worked out. Its money is in minor units.
func (b *board) figure(key, label, segment string, f metrics.Figure) {
	switch f.Unit {
	case metrics.UnitMoney, metrics.UnitMoneyPerDay:
		n := len(b.list)
		b.add(key, label, segment, f.Unit, f.Currency, 0, f.Value, false)
		b.list[n].Digits = millrace.MinorDigits(f.Currency)
	case metrics.UnitRatio:
		b.add(key, label, segment, f.Unit, "", 4, f.Value, false)
	default:
		b.add(key, label, segment, f.Unit, "", 1, f.Value, false)
	}
}

func (b *board) costs(r *metrics.CostRow, segment string) {
	b.spend(segment, r.Spend)
	people := len(b.list)
	b.count("leads", "Leads", segment, r.Leads)
	b.count("mqls", "MQLs", segment, r.MQLs)
	b.count("sqls", "SQLs", segment, r.SQLs)
	deals := len(b.list)
	b.count("opportunities", "Opportunities", segment, r.Opportunities)
	b.count("customers", "Customers", segment, r.Customers)
	b.money("revenue", "Revenue", segment, r.Revenue)
	for i := range b.list[people:] {
		if x := people + i; x < deals && r.UntoldLeads != "" || x >= deals && r.Untold != "" {
			b.list[x].Value = nil
		}
	}
	b.figure("cpl", "CPL", segment, r.CPL)
	b.figure("cac", "CAC", segment, r.CAC)
	b.figure("roi", "ROI", segment, r.ROI)
}

func (b *board) economics(x *metrics.Economics) {
	b.costs(&x.Blended, "")
	for i := range x.Channels {
		b.costs(&x.Channels[i], or(x.Channels[i].Channel, unknown))
	}
}

func (b *board) funnel(x *measure.Funnel) {
	for _, list := range [...][]metrics.FunnelReport{x.Contacts, x.Accounts} {
		for i := range list {
			f := &list[i]
			b.count("entered", "Entered", f.Key, float64(f.Total.Entered))
			b.count("converted", "Converted", f.Key, float64(f.Total.Converted))
			b.figure("rate", "Conversion", f.Key, f.Total.Rate)
			b.figure("median", "Median days", f.Key, f.Total.Median)
		}
	}
}

func (b *board) deals(r *metrics.DealRow, segment string) {
	b.count("open", "Open deals", segment, float64(r.Open))
	b.count("won", "Won deals", segment, float64(r.Won))
	b.count("lost", "Lost deals", segment, float64(r.Lost))
	b.money("won_total", "Won", segment, r.WonTotal)
	b.figure("win_rate", "Win rate", segment, r.WinRate)
	b.figure("cycle", "Sales cycle", segment, r.Cycle.WonMean)
	b.figure("velocity", "Pipeline velocity", segment, r.Velocity.Velocity)
	b.figure("average_deal", "Average deal", segment, r.Velocity.AverageDeal)
}

func (b *board) sales(x *measure.Sales) {
	b.deals(&x.Total, "")
	for i := range x.Dimensions {
		if d := &x.Dimensions[i]; d.Name == "channel" {
			total := false
			for j := range d.Rows {
				label := d.Rows[j].Label
				if label == "" && !total { // the first without a label is all of them
					total = true
					continue
				}
				b.deals(&d.Rows[j], or(label, unknown))
			}
		}
	}
}

func (b *board) attribution(x *measure.Attribution) {
	unit, digits := metrics.UnitMoney, millrace.MinorDigits(x.Currency)
	if x.Measure == "count" || x.Measure == "won" {
		unit, digits = metrics.UnitCount, 6 // a millionth of a deal
	}
	add := func(key, label, segment string, n int64) {
		f := Figure{Key: keyed(key, segment), Label: label, Segment: segment, Unit: string(unit), Digits: digits, Value: &n, Adds: true}
		if unit == metrics.UnitMoney {
			f.Currency = x.Currency
		}
		b.list = append(b.list, f)
	}
	add("total", "Handed out", "", x.Total)
	b.count("deals", "Deals", "", float64(x.Deals))
	for _, model := range x.Models {
		for i := range x.Rows {
			if n := x.Rows[i].Credits[model]; n != 0 {
				add(model, model, x.Rows[i].Value, n)
			}
		}
	}
}
