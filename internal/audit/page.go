package audit

import (
	_ "embed"
	"html/template"
	"strings"
)

//go:embed page.html
var pageText string

var page = template.Must(template.New("page").Funcs(template.FuncMap{
	"date":   func(r *Report) string { return r.AsOf.Std().Format("2 January 2006") },
	"made":   (*Report).made,
	"titles": titles,
}).Parse(pageText))

// Page is the report as one HTML file that needs nothing else, set for paper: a browser prints it or saves it as PDF.
func (r *Report) Page() (string, error) {
	var b strings.Builder
	err := page.Execute(&b, r)
	return b.String(), err
}
