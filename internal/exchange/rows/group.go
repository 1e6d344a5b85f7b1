package rows

import (
	"maps"

	"millrace"
	"millrace/internal/exchange/format"
)

// maxGroup is the most rows that become one fact.
const maxGroup = 1000

// group gathers rows of a history or contact role report that follow each other and belong to one opportunity: they become one
// fact with the list of them all.
type group struct {
	id       string
	data     map[string]any
	stages   []stageEntry
	people   []person
	modified millrace.Time
	rows     int64
	line     int64 // of its first row
}

// join adds a row to the group at hand, or finishes that one and begins the next.
func (p *Plan) join(r *record, id string) *Fault {
	var entry stageEntry
	var one person
	if p.History {
		entry = stageEntry{Stage: r.plain[format.FieldHistoryStage], At: r.times[format.FieldHistoryAt], More: more(r)}
		if entry.Stage == "" || entry.At == 0 {
			return &Fault{Reason: ReasonNoKey, Detail: "the row has no stage, or no date at which it was entered"}
		}
	} else {
		one = person{ID: r.plain[format.FieldContactID], Email: r.plain[format.FieldContactEmail], Role: r.plain[format.FieldContactRole], More: more(r)}
		if b, said := r.flags[format.FieldContactPrimary]; said {
			one.Primary = &b
		}
		if one.ID == "" && one.Email == "" && len(one.More) == 0 {
			return &Fault{Reason: ReasonNoKey, Detail: "the row names no contact: neither an id nor an e-mail address"}
		}
	}
	if p.group == nil || p.group.id != id || p.group.rows >= maxGroup {
		if flt := p.Finish(); flt != nil {
			return flt
		}
		p.group = &group{id: id, data: maps.Clone(r.data), line: r.line}
	}
	g := p.group
	g.rows++
	g.modified = max(g.modified, r.times[format.FieldModified])
	if p.History {
		g.stages = append(g.stages, entry)
	} else {
		g.people = append(g.people, one)
	}
	return nil
}

func more(r *record) map[string]any {
	if len(r.extras) == 0 {
		return nil
	}
	return maps.Clone(r.extras)
}

// Finish makes the fact of the group at hand, if there is one.
func (p *Plan) Finish() *Fault {
	g := p.group
	if g == nil {
		return nil
	}
	p.group = nil
	r := newRecord()
	r.data, r.line = g.data, g.line
	when := g.modified
	if len(g.stages) > 0 {
		r.data[millrace.TraitStages] = stagesValue(g.stages)
		last := g.stages[len(g.stages)-1]
		when = last.At
		r.data[millrace.TraitStage] = last.Stage
		r.data[millrace.TraitStatus] = p.status(r, last.Stage).String()
	} else {
		r.data[millrace.TraitContacts] = peopleValue(g.people)
	}
	f, flt := p.seal(r, g.id, when, when)
	if flt != nil {
		return flt
	}
	f.Rows = g.rows
	p.ready = append(p.ready, f)
	return nil
}
