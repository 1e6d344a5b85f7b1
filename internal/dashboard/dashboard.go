// Package dashboard puts the measures together into five views: executive, channel, content, sales and ABM. It computes no figure of its own: every
// number is a measure's or the directory's, with its interval, its benchmark and its rule. What it adds is the sentence that answers, the comparison
// with another period, the target beside it, notes on the days, and the mails that bring a view to people at a set time.
package dashboard

import (
	"context"
	"slices"

	"millrace"
	"millrace/internal/directory"
	"millrace/internal/engine"
	"millrace/internal/measure"
	"millrace/internal/metrics"
)

// Views are the names of the views, in the order in which they are offered.
func Views() []string { return []string{"executive", "channel", "content", "sales", "abm"} }

// Comparisons are the periods that a view can be compared with: none, the period before, and the same days a year before.
func Comparisons() []string { return []string{"none", "previous", "year"} }

// Query says what a view is of.
type Query struct {
	measure.Query
	Compare string // one of Comparisons; "" is none
	Soon    bool   // answer at once: of a large workspace the forecast may be that of an earlier moment, which the view then says
}

// Dashboard is one view as data.
type Dashboard struct {
	View     string         `json:"view" enum:"executive,channel,content,sales,abm"`
	Title    string         `json:"title"`
	Sentence string         `json:"sentence" doc:"The view's answer"`
	Period   metrics.Period `json:"period"`
	Compare  *Compared      `json:"compare,omitempty" doc:"The period that figures are compared with, where one was asked for"`
	Empty    bool           `json:"empty" doc:"There is no fact yet that the view could be of"`
	Notes    []string       `json:"notes" nullable:"false" doc:"What to mind: days of which nothing is known, months that are not over"`
	Tiles    []Tile         `json:"tiles" nullable:"false"`
	Charts   []Chart        `json:"charts" nullable:"false"`
	Marks    []Annotation   `json:"annotations" nullable:"false" doc:"Notes on days that the charts over time show"`
	Currency string         `json:"currency"`

	Pending bool            `json:"forecast_pending,omitempty" doc:"The forecast of a large workspace is simulated in the background: ask again. Until it is there, it is that of an earlier moment, or has no intervals"`
	Earlier *measure.Moment `json:"forecast_earlier,omitempty" doc:"The moment that the forecast is of, where it is an earlier one"`
}

// Compared is the period that figures are compared with.
type Compared struct {
	Kind   string         `json:"kind" enum:"previous,year"`
	Period metrics.Period `json:"period"`
}

// Tile is one headline figure with the sentence that says what it means.
type Tile struct {
	ID       string         `json:"id"`
	Label    string         `json:"label"`
	Title    string         `json:"title" doc:"A sentence that answers"`
	Figure   metrics.Figure `json:"figure"`
	Compared *Comparison    `json:"compared,omitempty"`
	Target   *Target        `json:"target,omitempty" doc:"Where targets were imported for its metric"`
	Link     string         `json:"link" doc:"The page that opens it, from the server's address on"`
	Behind   string         `json:"behind" enum:",leads,opened,open,won,closed" doc:"What stands behind it: the leads, or the deals with this status"`
	Why      string         `json:"why" doc:"Why it moved, where that is known, in words"`

	short, alarm string // the sentence's beginning with the comparison, and with the verdict
}

// Comparison is a figure beside that of another period.
type Comparison struct {
	Figure  metrics.Figure `json:"figure" doc:"That of the other period"`
	Change  *float64       `json:"change" doc:"The value less the other, in the unit of the figure; null: not to be compared"`
	Ratio   *float64       `json:"ratio" doc:"The change by the other's value, of counts and money; null where that is none or 0"`
	Sure    bool           `json:"sure" doc:"The two differ beyond chance, where chance has a part in them"`
	Covered float64        `json:"covered" doc:"Share of the other period's days of which there are facts of the kind; below 0.8 nothing is compared"`
	Words   string         `json:"words"`
}

// Chart is a table that is drawn: months as columns or lines, rows as bars, or as it is.
type Chart struct {
	ID      string   `json:"id"`
	Label   string   `json:"label"`
	Title   string   `json:"title" doc:"A sentence that answers"`
	Kind    string   `json:"kind" enum:"months,bars,table"`
	Head    string   `json:"head" doc:"What the rows are"`
	Columns []Column `json:"columns" nullable:"false"`
	Rows    []Row    `json:"rows" nullable:"false"`
	Link    string   `json:"link"`
}

// Column is what one column of a chart counts.
type Column struct {
	Key      string        `json:"key"`
	Label    string        `json:"label"`
	Unit     metrics.Unit  `json:"unit" doc:"text: the cells say it in words"`
	Currency string        `json:"currency,omitempty"`
	Role     string        `json:"role" enum:"value,line,compared,target,cell" doc:"How it is drawn: the first value as columns or bars, a line over them, what it is compared with, the target, or as a number alone"`
	Band     *metrics.Band `json:"band,omitempty"`
	Rule     string        `json:"rule,omitempty"`
}

// Say is a cell of the column in words: a dash where it has no value.
func (c Column) Say(x Cell) string {
	switch {
	case c.Unit == "text":
		return x.Text
	case x.Value == nil:
		return "–"
	}
	return metrics.Say(*x.Value, c.Unit, c.Currency)
}

// Row is one row of a chart.
type Row struct {
	Label   string         `json:"label"`
	Period  metrics.Period `json:"period" doc:"Of a month; the whole period of other rows"`
	Partial bool           `json:"partial,omitempty" doc:"The month is not over, or is cut"`
	Link    string         `json:"link,omitempty"`
	Cells   []Cell         `json:"cells" nullable:"false"`
}

// Cell is one value of a row. Money is in minor units.
type Cell struct {
	Value     *float64          `json:"value"`
	Low       *float64          `json:"low,omitempty"`
	High      *float64          `json:"high,omitempty"`
	Text      string            `json:"text,omitempty"`
	Undefined metrics.Undefined `json:"undefined,omitempty"`
	Band      *metrics.Judged   `json:"band,omitempty" doc:"The benchmark and where the value stands to it"`
}

// Room makes dashboards over one workspace.
type Room struct {
	engine    *engine.Engine
	measure   *measure.Room
	directory *directory.Directory
}

// New makes the room.
func New(e *engine.Engine, m *measure.Room, d *directory.Directory) *Room {
	return &Room{engine: e, measure: m, directory: d}
}

// views are how each view is made.
var views = map[string]view{
	"executive": {"Executive", executiveTiles, executiveCharts},
	"channel":   {"Channels", channelTiles, channelCharts},
	"content":   {"Content", contentTiles, contentCharts},
	"sales":     {"Sales", salesTiles, salesCharts},
	"abm":       {"ABM", accountTiles, accountCharts},
}

type view struct {
	title  string
	tiles  func(b *board) ([]tile, error)
	charts func(b *board) ([]Chart, error)
}

// Show makes a view of a model. It errs (NotFound) for a view that doesn't exist, (Invalid) for a comparison that doesn't.
func (r *Room) Show(ctx context.Context, m *measure.Model, name string, q Query) (Dashboard, error) {
	const op = "dashboard.Show"
	v, ok := views[name]
	if !ok {
		return Dashboard{}, millrace.Errorf(millrace.NotFound, op, "there is no dashboard %q: there are executive, channel, content, sales and abm", name)
	}
	if q.Compare != "" && !slices.Contains(Comparisons(), q.Compare) {
		return Dashboard{}, millrace.FieldErrorf(op, "compare", "%q is none of none, previous, year", q.Compare)
	}
	b := newBoard(ctx, r, m, q)
	tiles, err := v.tiles(b)
	if err != nil {
		return Dashboard{}, err
	}
	before, err := b.tilesBefore(v)
	if err != nil {
		return Dashboard{}, err
	}
	out := Dashboard{View: name, Title: v.title, Period: b.p, Compare: b.compared, Empty: b.empty(), Notes: []string{}, Tiles: []Tile{}, Charts: []Chart{}, Currency: m.Currency(), Marks: []Annotation{}}
	for _, t := range tiles {
		out.Tiles = append(out.Tiles, b.tile(t, before[t.id]))
	}
	if out.Charts, err = v.charts(b); err != nil {
		return Dashboard{}, err
	}
	if out.Empty {
		out.Charts = []Chart{}
	}
	for i := range out.Charts {
		c := &out.Charts[i]
		c.Columns, c.Rows = append([]Column{}, c.Columns...), append([]Row{}, c.Rows...)
	}
	out.Sentence, out.Pending, out.Earlier = b.sentence(out), b.late.pending, b.late.earlier
	out.Notes = b.notes(tiles)
	if out.Marks, err = r.annotationsOf(ctx, b.shown()); err != nil {
		return Dashboard{}, err
	}
	return out, nil
}
