package rows

import (
	"cmp"

	"millrace/internal/exchange/format"
	"millrace/internal/exchange/mapping"
	"millrace/internal/exchange/sheet"
)

// Document is a plan written out: every column as it is read, so that the mapping means the same when more is recognised some day. What a
// mapping can't say of itself (the currencies of a wide list of rates, a report's columns that follow from others) stays with what is recognised.
func (p *Plan) Document() mapping.Document {
	d := mapping.Document{Entity: p.Entity, System: p.System, Columns: []mapping.Column{}}
	if p.Generic && p.System == "csv" {
		d.System = ""
	}
	if p.mapping != nil {
		said := p.mapping.Document
		said.System, said.Columns = cmp.Or(said.System, d.System), d.Columns
		d = said
	}
	known, generic := p.Columns.Index(), p.genericIndex()
	for i := range p.fields {
		f := &p.fields[i]
		if c, ok := p.mapping.Meaning(f.header); ok {
			d.Columns = append(d.Columns, c.Column())
			continue
		}
		if sheet.Squeeze(f.header) == "" || f.idPart > 0 || format.OfRejects(f.header) {
			continue
		}
		if c, ok := p.said(f, known, generic); ok {
			d.Columns = append(d.Columns, c)
		}
	}
	return d
}

// said is a field as a mapping would have to say it; ok is false when that reads the column otherwise.
func (p *Plan) said(f *field, known, generic map[string]string) (c mapping.Column, ok bool) {
	c = mapping.Column{Header: f.header, Trait: f.trait, Stage: f.stage}
	if f.skip {
		return mapping.Column{Header: f.header, Trait: mapping.Skip}, true
	}
	if own := format.TypeIn(p.Entity, f.trait); f.typ != own && f.stage == "" {
		c.Type = f.typ
	}
	d := mapping.Document{Entity: p.Entity, Columns: []mapping.Column{c}}
	m, err := d.Mapping()
	if err != nil {
		return c, false
	}
	q := *p
	q.mapping = m
	again := q.fieldFor(f.index, f.header, known, generic)
	was := *f
	was.seen, was.order, was.decimal, was.filled, was.kept, was.example = evidence{}, 0, 0, 0, 0, 0
	return c, again == was
}
