package mailing

import (
	"fmt"
	"html/template"
	"strings"
	text "text/template"

	"millrace/internal/dashboard"
	"millrace/internal/mail"
	"millrace/internal/metrics"
)

// rows of a chart that a mail shows: the first of a table, the last of months.
const rowsShown = 8

// page is what the templates are told.
type page struct {
	dashboard.Dashboard
	Name, Span, Link, Stop, When, Beside string
	Tables                               []sheet
}

// sheet is a chart as a mail shows it.
type sheet struct {
	Title, Head string
	Columns     []string
	Rows        [][]string
}

// write makes the mail of a view: text and HTML that say the same, readable without images and without styles.
func write(s Schedule, d dashboard.Dashboard, base, stop string) (mail.Letter, error) {
	p := page{Dashboard: d, Name: s.Title, Span: d.Period.First.String() + " to " + d.Period.Last.String(), Stop: stop, When: describe(s),
		Link: fmt.Sprintf("%s/dashboards/%s?period=custom&from=%s&to=%s", base, d.View, d.Period.First, d.Period.Last)}
	if d.Compare != nil {
		p.Link += "&compare=" + d.Compare.Kind
		p.Beside = d.Compare.Period.First.String() + " to " + d.Compare.Period.Last.String()
	}
	for _, c := range d.Charts {
		p.Tables = append(p.Tables, tableOf(c))
	}
	var plain, html strings.Builder
	if err := plainLetter.Execute(&plain, p); err != nil {
		return mail.Letter{}, err
	}
	if err := htmlLetter.Execute(&html, p); err != nil {
		return mail.Letter{}, err
	}
	return mail.Letter{Subject: s.Title + ", " + p.Span, Text: plain.String(), HTML: html.String()}, nil
}

// tableOf is a chart's first columns and rows as text.
func tableOf(c dashboard.Chart) sheet {
	columns := c.Columns[:min(len(c.Columns), 4)]
	s := sheet{Title: c.Title, Head: c.Head}
	for _, col := range columns {
		s.Columns = append(s.Columns, col.Label)
	}
	rows := c.Rows
	if n := len(rows); n > rowsShown && c.Head == "Month" {
		rows = rows[n-rowsShown:]
	} else if n > rowsShown {
		rows = rows[:rowsShown]
	}
	for _, r := range rows {
		row := []string{r.Label}
		for i, col := range columns {
			row = append(row, col.Say(r.Cells[i]))
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

// said is a tile's value.
func said(t dashboard.Tile) string {
	if t.Figure.Value == nil {
		return "–"
	}
	if t.Figure.Key == "coverage" {
		return fmt.Sprintf("%.1f×", *t.Figure.Value)
	}
	return metrics.Say(*t.Figure.Value, t.Figure.Unit, t.Figure.Currency)
}

var plainLetter = text.Must(text.New("plain").Funcs(text.FuncMap{"said": said, "join": strings.Join}).Parse(`{{.Name}}: {{.Span}}{{with .Beside}}, compared with {{.}}{{end}}

{{.Sentence}}
{{range .Notes}}
* {{.}}{{end}}
{{range .Tiles}}
{{.Label}}: {{said .}}
  {{.Title}}.
{{end}}
{{range .Tables}}
{{.Title}}.
{{$head := .Head}}{{range .Rows}}  {{join . " | "}}
{{end}}{{end}}{{range .Marks}}
{{.Period.First}}: {{.Text}}{{end}}

Open it: {{.Link}}

You get this {{.When}}.{{with .Stop}} Stop these mails: {{.}}{{end}}
`))

var htmlLetter = template.Must(template.New("html").Funcs(template.FuncMap{"said": said}).Parse(`<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{{.Name}}</title></head>
<body style="margin:0;padding:16px;font-family:system-ui,-apple-system,Segoe UI,Helvetica,Arial,sans-serif;font-size:14px;line-height:1.45;color:#1a1a1a;background:#ffffff">
<div style="max-width:680px;margin:0 auto">
<p style="margin:0;color:#555555">{{.Name}}: {{.Span}}{{with .Beside}}, compared with {{.}}{{end}}</p>
<h1 style="font-size:20px;line-height:1.3;margin:4px 0 16px">{{.Sentence}}</h1>
{{range .Notes}}<p style="margin:0 0 8px;color:#555555">{{.}}</p>{{end}}
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="border-collapse:collapse">
{{range .Tiles}}<tr><td style="padding:8px 12px 8px 0;border-top:1px solid #dddddd;vertical-align:top;width:34%"><span style="color:#555555">{{.Label}}</span><br><strong style="font-size:18px">{{said .}}</strong></td>
<td style="padding:8px 0;border-top:1px solid #dddddd;vertical-align:top">{{.Title}}.</td></tr>
{{end}}</table>
{{range .Tables}}<h2 style="font-size:16px;margin:24px 0 6px">{{.Title}}</h2>
{{if .Rows}}<table width="100%" cellpadding="0" cellspacing="0" style="border-collapse:collapse"><tr><th align="left" style="padding:3px 8px 3px 0;color:#555555;font-weight:600">{{.Head}}</th>{{range .Columns}}<th align="right" style="padding:3px 0 3px 8px;color:#555555;font-weight:600">{{.}}</th>{{end}}</tr>
{{range .Rows}}<tr>{{range $i, $x := .}}<td {{if $i}}align="right" style="padding:3px 0 3px 8px;border-top:1px solid #eeeeee"{{else}}style="padding:3px 8px 3px 0;border-top:1px solid #eeeeee"{{end}}>{{$x}}</td>{{end}}</tr>
{{end}}</table>{{end}}
{{end}}{{if .Marks}}<h2 style="font-size:16px;margin:24px 0 6px">Notes on these days</h2>{{range .Marks}}<p style="margin:0 0 4px"><strong>{{.Period.First}}</strong> {{.Text}}</p>{{end}}{{end}}
<p style="margin:24px 0"><a href="{{.Link}}" style="color:#1864ab">Open the dashboard</a></p>
<p style="margin:0;color:#555555;font-size:12px">You get this {{.When}}.{{with .Stop}} <a href="{{.}}" style="color:#1864ab">Stop these mails</a>{{end}}</p>
</div></body></html>
`))
