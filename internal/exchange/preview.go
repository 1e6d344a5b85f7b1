package exchange

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path"

	"millrace"
	"millrace/internal/exchange/sheet"
)

// Preview looks at the first rows (at most 1,000, and gives back as many as asked) without importing anything.
func Preview(name string, r io.Reader, o Options, rows int) (PreviewResult, error) {
	if o.Clock == nil {
		o.Clock = millrace.SystemClock
	}
	im := &importer{ctx: context.Background(), o: o, op: previewOp, name: path.Base(name)}
	in, err := im.start(&counter{r: r})
	if err != nil {
		return PreviewResult{}, err
	}
	p := im.plan
	var kept []sheet.Row
	for len(kept) < lookRows {
		row, err := in.rows.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return PreviewResult{}, im.broken(in, err)
		}
		if row.Blank() {
			continue
		}
		own := sheet.Row{Line: row.Line, Raw: bytes.Clone(row.Raw), Fault: row.Fault, Note: row.Note}
		for _, c := range row.Cells {
			own.Cells = append(own.Cells, bytes.Clone(c))
		}
		kept = append(kept, own)
		p.look(row)
	}
	if len(kept) == 0 && p.entity != entitySpend {
		return PreviewResult{}, im.onlyHeader()
	}
	if err := p.ofDays(im.op, in.line); err != nil {
		return PreviewResult{}, err
	}
	p.decide(in.delimiter)
	return im.show(in, kept, rows), nil
}

func (im *importer) show(in *input, kept []sheet.Row, rows int) PreviewResult {
	p := im.plan
	out := PreviewResult{Format: im.formatName(), Title: p.title, System: p.system, Entity: p.entity, Encoding: in.Encoding, Delimiter: string(rune(in.delimiter))}
	rec := newRecord()
	for i := range kept {
		f, flt := p.row(rec, &kept[i])
		facts := append(p.ready, f)
		p.ready = nil
		if flt != nil {
			if len(out.Problems) < keptRejects && flt.reason != reasonFooter {
				out.Problems = append(out.Problems, Reject{Line: kept[i].Line, Column: flt.column, Reason: flt.reason, Detail: flt.detail})
			}
			facts = facts[:len(facts)-1]
			if flt.reason == reasonFooter {
				continue
			}
		}
		if i >= rows {
			continue
		}
		shown := PreviewRow{Line: kept[i].Line}
		for _, c := range kept[i].Cells {
			s, _, _ := sheet.Text(c)
			shown.Cells = append(shown.Cells, s)
		}
		for _, f := range facts {
			if f.event.Kind != 0 {
				shown.Event = &f.event
			}
		}
		out.Rows = append(out.Rows, shown)
	}
	p.summarise()
	out.Columns, _ = p.uses()
	out.Notes = p.notes
	return out
}
