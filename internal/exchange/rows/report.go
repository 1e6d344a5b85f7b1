package rows

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"millrace"
	"millrace/internal/exchange/format"
	"millrace/internal/exchange/sheet"
	"millrace/internal/exchange/words"
)

const (
	samples    = 3
	sampleSize = 80 // characters of a sample
)

// ColumnReport is one column and what it is taken for.
type ColumnReport struct {
	Header     string   `json:"header"`
	Trait      string   `json:"trait" doc:"The field or trait that it becomes; empty when it is left out"`
	Type       string   `json:"type"`
	By         string   `json:"by" enum:"recognised,mapping,unknown" doc:"unknown: nobody knows it, it is kept as a trait of its own"`
	ID         bool     `json:"id" doc:"Part of the record's id"`
	Stage      string   `json:"stage,omitempty" doc:"The stage entered at its dates"`
	Samples    []string `json:"samples" nullable:"false" doc:"Up to three different cells"`
	Filled     int64    `json:"filled" doc:"Cells that are not blank, among the rows looked at"`
	Suggestion string   `json:"suggestion" doc:"A field that an unknown column looks like; empty when none"`
}

// Settled is something that a file's cells may leave open.
type Settled struct {
	Value string `json:"value" doc:"As it is read now; empty where columns differ or nothing asks for it"`
	Open  bool   `json:"open" doc:"Nothing in the rows looked at proves it"`
	Said  bool   `json:"said" doc:"The mapping says so"`
	Cells int64  `json:"cells" doc:"Cells that it makes a difference for"`
}

// Values are the fields that the fact states, each in words.
func (f *Fact) Values() map[string]string {
	ev, out := &f.Event, map[string]string{}
	for name, v := range map[string]string{format.FieldID: ev.RecordID, format.FieldEvent: ev.Name, format.FieldUserID: ev.UserID, format.FieldAnonymousID: ev.AnonymousID, millrace.TraitEmail: ev.Email,
		format.FieldGroupID: ev.GroupID, format.FieldURL: ev.Host + ev.Path} {
		if v != "" {
			out[name] = v
		}
	}
	if ev.RecordID == "" {
		out[format.FieldType], out[format.FieldOccurred] = ev.Kind.String(), ev.OccurredAt.String()
	}
	dec := json.NewDecoder(bytes.NewReader(ev.Data))
	dec.UseNumber()
	var data map[string]any
	if dec.Decode(&data) == nil {
		for name, v := range data {
			out[name] = inWords(v)
		}
	}
	return out
}

func inWords(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		parts := make([]string, len(v))
		for i, x := range v {
			parts[i] = inWords(x)
		}
		return strings.Join(parts, "; ")
	case map[string]any:
		parts := make([]string, 0, len(v))
		for _, k := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, k+": "+inWords(v[k]))
		}
		return strings.Join(parts, ", ")
	}
	return fmt.Sprint(v)
}

// Report says of every column what it is taken for, with samples of its cells.
func (p *Plan) Report(kept []sheet.Row) []ColumnReport {
	out, generic := make([]ColumnReport, len(p.fields)), p.genericIndex()
	for i := range p.fields {
		f := &p.fields[i]
		c := ColumnReport{Header: f.header, Type: f.typ, ID: f.idPart > 0 || f.trait == format.FieldID, Stage: f.stage, By: "recognised", Samples: []string{}}
		if !f.skip {
			c.Trait = f.trait
		}
		if _, said := p.mapping.Meaning(f.header); said || f.idPart > 0 {
			c.By = "mapping"
		} else if f.own {
			c.By = "unknown"
		}
		for k := range kept {
			cells := p.cut(&kept[k])
			if kept[k].Fault != "" || len(cells) != p.width {
				continue
			}
			s, _, _ := sheet.Text(cells[f.index])
			if words.Blank(s) {
				continue
			}
			c.Filled++
			if s = sheet.Clip(s, sampleSize); len(c.Samples) < samples && !slices.Contains(c.Samples, s) {
				c.Samples = append(c.Samples, s)
			}
		}
		if f.own && !f.skip {
			c.Suggestion = p.suggest(f.header, c.Samples, generic)
		}
		out[i] = c
	}
	return out
}

// suggest says which field a column that nobody knows looks like, by a word in its header, else by its cells. A field that another column fills
// is not suggested.
func (p *Plan) suggest(header string, cells []string, generic map[string]string) string {
	free := func(trait string) string {
		if trait != "" && p.field(trait) < 0 {
			return trait
		}
		return ""
	}
	if t := free(format.WordIn(header, generic)); t != "" {
		return t
	}
	has := map[string]bool{}
	for _, t := range generic {
		has[t] = true
	}
	all := func(ok func(string) bool) bool {
		return len(cells) > 0 && !slices.ContainsFunc(cells, func(s string) bool { return !ok(s) })
	}
	switch {
	case has[millrace.TraitEmail] && all(func(s string) bool { _, _, ok := sheet.Email(s); return ok }):
		return free(millrace.TraitEmail)
	case has[millrace.TraitWebsite] && all(func(s string) bool { return strings.Contains(s, "://") && sheet.Domain(s) != "" }):
		return free(millrace.TraitWebsite)
	case has[millrace.TraitDomain] && all(func(s string) bool { return strings.Contains(s, ".") && sheet.Domain(s) == strings.ToLower(s) }):
		return free(millrace.TraitDomain)
	case has[millrace.TraitPhone] && all(func(s string) bool { _, ok := sheet.Phone(s); return ok && strings.HasPrefix(s, "+") }):
		return free(millrace.TraitPhone)
	case has[format.FieldDay] && all(func(s string) bool { _, err := sheet.ScanDate(s); return err == nil }):
		return free(format.FieldDay)
	}
	return ""
}

// Missing are the needs that no column and no constant fills.
func (p *Plan) Missing() (out []format.Need) {
	out = []format.Need{}
	if p.Wide != "" || p.History || p.Roles {
		return out // recognised by having them
	}
	has := func(name string) bool {
		if name == format.FieldID && p.mapping != nil && len(p.mapping.ID) > 0 || p.mapping != nil && p.mapping.Constants[name] != "" {
			return true
		}
		return p.field(name) >= 0
	}
	for _, n := range format.Needs(p.Entity) {
		if !slices.ContainsFunc(n.OneOf, has) {
			out = append(out, n)
		}
	}
	return out
}
