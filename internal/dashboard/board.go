package dashboard

import (
	"context"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strings"

	"millrace/internal/measure"
	"millrace/internal/metrics"
)

// facts is the kind of facts that a figure stands on.
type facts uint8

const (
	now       facts = 0 // what stands at the moment: it has no other period
	behavior  facts = 1 << iota
	known           // when people became known
	opened          // openings of opportunities
	closed          // closes of opportunities
	spend           // costs
	contracts       // contracts
)

var factNames = []struct {
	kind facts
	name string
}{{behavior, "What people did"}, {known, "Who became known"}, {opened, "Openings of opportunities"}, {closed, "Closes of opportunities"}, {spend, "Spend"}, {contracts, "Contracts"}}

// tile is a headline figure before it is compared.
type tile struct {
	id, label string
	f         metrics.Figure
	of        facts
	head      string // the sentence's beginning
	metric    string // of targets
	page      string // that opens it
	behind    string
	why       string // the change that explains it, by its key
}

// late is what a view at once can't know yet.
type late struct {
	pending bool
	earlier *measure.Moment
}

// board makes one view.
type board struct {
	ctx      context.Context
	r        *Room
	m        *measure.Model
	q        measure.Query
	p        metrics.Period
	compared *Compared
	since    measure.Beginnings
	targets  []measure.TargetRow
	moved    map[string]metrics.Change
	soon     bool
	late     *late // shared by the boards of other periods
}

func newBoard(ctx context.Context, r *Room, m *measure.Model, q Query) *board {
	b := &board{ctx: ctx, r: r, m: m, q: q.Query, p: m.Period(q.Query), since: m.Beginnings(), moved: map[string]metrics.Change{}, soon: q.Soon, late: &late{}}
	b.targets = m.Targets(measure.Query{From: b.p.First, To: b.p.Last}).Rows
	if q.Compare == "previous" || q.Compare == "year" {
		b.compared = &Compared{Kind: q.Compare, Period: before(b.p, q.Compare)}
		for _, c := range m.MovedAgainst(b.q, b.compared.Period).Changes {
			b.moved[c.Key] = c
		}
	}
	return b
}

// before is the period that a period is compared with. Whole months go back by whole months, anything else by as many days; a year back are the same
// dates, 29 February the 28th.
func before(p metrics.Period, kind string) metrics.Period {
	first, last := p.First.Month(), p.Last.Month()
	whole := p.First == first.Period().First && p.Last == last.Period().Last
	months := last - first + 1
	if kind == "year" {
		months = 12
	}
	switch {
	case whole:
		return metrics.Period{First: (first - months).Period().First, Last: (last - months).Period().Last}
	case kind == "year":
		return metrics.Period{First: yearBack(p.First), Last: yearBack(p.Last)}
	}
	return metrics.Period{First: p.First - metrics.Day(p.Days()), Last: p.First - 1}
}

// yearBack is the same date a year before.
func yearBack(d metrics.Day) metrics.Day {
	month := d.Month()
	there := (month - 12).Period()
	return min(there.First+(d-month.Period().First), there.Last)
}

// at is the same board of another period.
func (b *board) at(p metrics.Period) *board {
	out := *b
	out.q.From, out.q.To = p.First, p.Last
	out.p, out.compared = p, nil
	return &out
}

// tilesBefore are the tiles of the period that is compared with, by id.
func (b *board) tilesBefore(v view) (map[string]tile, error) {
	out := map[string]tile{}
	if b.compared == nil {
		return out, nil
	}
	list, err := v.tiles(b.at(b.compared.Period))
	for _, t := range list {
		out[t.id] = t
	}
	return out, err
}

// first is the day from which on there are all kinds of facts, NoDay where there is one of which there are none.
func (b *board) first(of facts) metrics.Day {
	first := metrics.Day(-1 << 30)
	for _, x := range [...]struct {
		kind facts
		day  metrics.Day
	}{{behavior, b.since.Behavior}, {known, b.since.Known}, {opened, b.since.Opened}, {closed, b.since.Closed}, {spend, b.since.Spend}, {contracts, b.since.Contracts}} {
		if of&x.kind == 0 {
			continue
		}
		if x.day == metrics.NoDay {
			return metrics.NoDay
		}
		first = max(first, x.day)
	}
	return first
}

// covered is the share of a period's days of which there are facts of the kind.
func (b *board) covered(of facts, p metrics.Period) float64 {
	first := b.first(of)
	if first == metrics.NoDay || p.Days() == 0 {
		return 0
	}
	return float64(metrics.Period{First: max(first, p.First), Last: p.Last}.Days()) / float64(p.Days())
}

func (b *board) empty() bool {
	for _, d := range [...]metrics.Day{b.since.Behavior, b.since.Known, b.since.Opened, b.since.Closed, b.since.Spend, b.since.Contracts} {
		if d != metrics.NoDay {
			return false
		}
	}
	return true
}

// least is the share of days below which nothing is compared.
const least = 0.8

// tile finishes a tile: comparison, target, sentence.
func (b *board) tile(t tile, was tile) Tile {
	out := Tile{ID: t.id, Label: t.label, Figure: t.f, Link: b.href(t.page), Behind: t.behind, Title: t.head, short: t.head}
	if b.compared != nil && t.of != now && was.id != "" {
		c := b.compare(t, was.f)
		out.Compared = &c
		out.Title += c.tail(t.f, b.compared.Kind)
		out.short = out.Title
		if w, ok := b.moved[t.why]; ok && t.why != "" && c.Change != nil {
			out.Why = w.Words
		}
	}
	if t.metric != "" && t.f.Value != nil {
		if out.Target = b.target(t.metric); out.Target != nil {
			out.Title += "; " + out.Target.words(out.Target.Period != b.p)
		}
	}
	out.Title += verdict(t.f)
	out.alarm = t.head + verdict(t.f)
	return out
}

// compare sets a figure beside the one of the other period.
func (b *board) compare(t tile, was metrics.Figure) Comparison {
	p := b.compared.Period
	c := Comparison{Figure: was, Covered: b.covered(t.of, p)}
	switch {
	case c.Covered == 0:
		c.Words = "nothing is known of " + span(p)
		if first := b.first(t.of); first != metrics.NoDay {
			c.Words += ": the first fact is of " + first.String()
		}
		return c
	case c.Covered < least:
		c.Words = fmt.Sprintf("not compared: of %s %s of the days are known, from %s on", span(p), percent(c.Covered), b.first(t.of))
		return c
	case t.f.Value == nil || was.Value == nil:
		c.Words = "not compared: there is no value " + map[bool]string{true: "now", false: "of " + span(p)}[t.f.Value == nil]
		return c
	}
	change := *t.f.Value - *was.Value
	c.Change = &change
	if (t.f.Unit == metrics.UnitCount || t.f.Unit == metrics.UnitMoney || t.f.Unit == metrics.UnitMoneyPerDay) && *was.Value > 0 {
		ratio := change / *was.Value
		c.Ratio = &ratio
	}
	c.Sure = sure(t.f, was)
	c.Words = moved(t.f, change) + " " + say(was) + ", that of " + span(p)
	return c
}

// sure says whether two figures differ beyond chance: neither lies within the other's interval; counts differ by more than twice the root of their sum.
// Sums of money have no interval: they are what they are.
func sure(a, b metrics.Figure) bool {
	if *a.Value == *b.Value {
		return false
	}
	if a.Unit == metrics.UnitCount {
		return math.Abs(*a.Value-*b.Value) > 2*math.Sqrt(math.Abs(*a.Value)+math.Abs(*b.Value))
	}
	return !holds(a.Interval, *b.Value) && !holds(b.Interval, *a.Value)
}

func holds(i *metrics.Interval, x float64) bool {
	return i != nil && (i.Low == nil || *i.Low <= x) && (i.High == nil || x <= *i.High)
}

// href is a page of the web app about the board's days.
func (b *board) href(page string, more ...string) string {
	if page == "" || strings.Contains(page, "?") { // made by to: it asks of its own
		return page
	}
	v := url.Values{"period": {"custom"}, "from": {b.p.First.String()}, "to": {b.p.Last.String()}}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	return page + "?" + v.Encode()
}

// to is a page that is not about days.
func to(page string, more ...string) string {
	v := url.Values{}
	for i := 0; i+1 < len(more); i += 2 {
		v.Set(more[i], more[i+1])
	}
	if len(v) == 0 {
		return page
	}
	return page + "?" + v.Encode()
}

// sentence is the view's answer: its first figure, and the first one that is surely on the wrong side of its band. What has no interval is as sure as
// its facts.
func (b *board) sentence(d Dashboard) string {
	if d.Empty {
		return "There is nothing to show yet: import opportunities and spend, or connect the website, and this page fills."
	}
	if len(d.Tiles) == 0 {
		return ""
	}
	out := d.Tiles[0].short + "."
	for _, t := range d.Tiles[1:] {
		if j := t.Figure.Band; j != nil && t.Figure.Value != nil && (j.Sure || t.Figure.Interval == nil) && j.Beyond() {
			return out + " " + t.alarm + "."
		}
	}
	return out
}

// notes say what to mind: kinds of facts that begin within the period.
func (b *board) notes(tiles []tile) []string {
	used, out := facts(0), []string{}
	for _, t := range tiles {
		used |= t.of
	}
	for _, x := range factNames {
		if first := b.first(x.kind); used&x.kind != 0 && first != metrics.NoDay && first > b.p.First && !b.empty() {
			if first > b.p.Last {
				out = append(out, fmt.Sprintf("%s: nothing is known before %s, which is after this period.", x.name, first))
			} else {
				out = append(out, fmt.Sprintf("%s: nothing is known before %s. %s of the period's days are covered.", x.name, first, percent(b.covered(x.kind, b.p))))
			}
		}
	}
	if today := b.m.Today(); b.p.Last > today {
		out = append(out, fmt.Sprintf("The period is not over: today is %s.", today))
	}
	return out
}

// trend is the span that charts over months show: the period, or where that is short the twelve months up to its end.
func (b *board) trend() metrics.Period {
	if b.p.Days() >= 180 {
		return b.p
	}
	return metrics.Period{First: (b.p.Last.Month() - 11).Period().First, Last: b.p.Last}
}

// shown is all days that the view shows.
func (b *board) shown() metrics.Period {
	t := b.trend()
	return metrics.Period{First: min(t.First, b.p.First), Last: max(t.Last, b.p.Last)}
}

// cut says whether a month is not whole: it is not over, or the trend ends within it.
func (b *board) cut(month metrics.Month, in metrics.Period) bool {
	p := month.Period()
	return p.First < in.First || p.Last > min(in.Last, b.m.Today())
}

// monthsBefore are the months that the trend is compared with: as many months earlier, 0 for none.
func (b *board) monthsBefore() metrics.Month {
	switch {
	case b.compared == nil:
		return 0
	case b.compared.Kind == "year":
		return 12
	case b.trend() == b.p:
		return metrics.Month(len(b.p.Months()))
	}
	return 0
}

// goalOf is what targets say of a month: the goal of the one that is of this month exactly.
func (b *board) goalOf(rows []measure.TargetRow, metric string, month metrics.Month) *float64 {
	i := slices.IndexFunc(rows, func(r measure.TargetRow) bool {
		return r.Metric == metric && r.Channel == "" && r.Owner == "" && r.Period == month.Period()
	})
	if i < 0 {
		return nil
	}
	return rows[i].Goal.Value
}
