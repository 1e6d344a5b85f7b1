package measure

import (
	"cmp"
	"slices"

	"millrace"
	"millrace/internal/metrics"
)

// entrance is somebody's becoming a lead, an MQL or an SQL, with what brought the lead. Reports count entries and not moves: they stand in the order of
// time, so that a period is a stretch of them, and next to each other, so that a million are read in milliseconds.
type entrance struct {
	at     millrace.Time
	origin [2]int32 // of the touch that brought the lead: the last before it was known, and the first ever; -1 none
	stage  uint8    // its place in countedStages
}

// by is what an entry's lead came by.
func (e *entrance) by(leadBy string) int32 {
	if leadBy == "first" {
		return e.origin[1]
	}
	return e.origin[0]
}

// countedStages are those of entries, and their places in what is counted by stage.
var countedStages = [...]millrace.Stage{millrace.StageLead, millrace.StageMQL, millrace.StageSQL}

// countedStage is a stage's place, -1 for none.
func countedStage(s millrace.Stage) int { return slices.Index(countedStages[:], s) }

// sortMoves puts moves in the order in which episodes are made of them: by contact and time.
func (m *Model) sortMoves() {
	top := int32(0)
	for i := range m.moves {
		top = max(top, m.moves[i].Subject)
	}
	start := make([]int32, top+2)
	for i := range m.moves {
		start[m.moves[i].Subject+1]++
	}
	for i := range top + 1 {
		start[i+1] += start[i]
	}
	next := slices.Clone(start)
	type row struct {
		metrics.Move
		lead int32
	}
	rows := make([]row, len(m.moves))
	for i, move := range m.moves {
		rows[next[move.Subject]] = row{move, m.moveLead[i]}
		next[move.Subject]++
	}
	for s := range top + 1 {
		if own := rows[start[s]:start[s+1]]; len(own) > 1 {
			slices.SortStableFunc(own, func(a, b row) int { return byMove(a.Move, b.Move) })
		}
	}
	for i := range rows {
		m.moves[i], m.moveLead[i] = rows[i].Move, rows[i].lead
	}
}

// byMove orders moves by contact and time.
func byMove(a, b metrics.Move) int {
	return cmp.Or(cmp.Compare(a.Subject, b.Subject), cmp.Compare(a.At, b.At), cmp.Compare(a.Stage, b.Stage), cmp.Compare(a.Account, b.Account))
}

// enter makes the entries of the moves.
func (m *Model) enter() {
	m.entries, m.undatedEntries = make([]entrance, 0, len(m.moves)), [len(countedStages)]int{}
	for i := range m.moves {
		if e, ok := m.entrance(&m.moves[i], m.moveLead[i]); ok && e.at != 0 {
			m.entries = append(m.entries, e)
		} else if ok {
			m.undatedEntries[e.stage]++
		}
	}
	slices.SortFunc(m.entries, byEntrance)
}

// entrance is what a move is counted as, by its contact's place in leads, -1 for none; ok is false for what is not counted.
func (m *Model) entrance(move *metrics.Move, n int32) (e entrance, ok bool) {
	stage := countedStage(move.Stage)
	if stage < 0 {
		return e, false
	}
	e = entrance{at: move.At, origin: [2]int32{-1, -1}, stage: uint8(stage)}
	if n >= 0 {
		e.origin = m.leads[n].origins
	}
	return e, true
}

// byEntrance orders entries by time, and those of one moment so that their order hangs on nothing else.
func byEntrance(a, b entrance) int {
	return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.stage, b.stage), cmp.Compare(a.origin[0], b.origin[0]), cmp.Compare(a.origin[1], b.origin[1]))
}

// entered is how many entries of each stage came by an origin, -1 for none, in a span of days.
type entered struct {
	origin int32
	counts [len(countedStages)]int64
}

// eachSpan calls f with the entries of each of some spans of days, which follow each other, up to the model's moment. What it gives is f's only until
// f returns.
func (m *Model) eachSpan(spans []metrics.Period, leadBy string, f func(i int, list []entered)) {
	place := make([]int32, len(m.origins)+1) // in the list + 1
	var list []entered
	for n, days := range spans {
		for i, end := m.firstEntry(days.First), min(m.firstEntry(days.Last+1), m.entriesBy(m.BuiltAt)); i < end; i++ {
			e := &m.entries[i]
			origin := e.by(leadBy)
			if place[origin+1] == 0 {
				list = append(list, entered{origin: origin})
				place[origin+1] = int32(len(list))
			}
			list[place[origin+1]-1].counts[e.stage]++
		}
		f(n, list)
		for _, x := range list {
			place[x.origin+1] = 0
		}
		list = list[:0]
	}
}

// firstEntry is the place of the first entry on a day or after it.
func (m *Model) firstEntry(d metrics.Day) int {
	i, _ := slices.BinarySearchFunc(m.entries, d, func(e entrance, d metrics.Day) int { return cmp.Compare(m.calendar.Day(e.at), d) })
	return i
}

// entriesBy is how many entries there were by a moment.
func (m *Model) entriesBy(at millrace.Time) int {
	i, _ := slices.BinarySearchFunc(m.entries, at+1, func(e entrance, at millrace.Time) int { return cmp.Compare(e.at, at) })
	return i
}

// monthsWithin are the months that a period touches, cut to it.
func monthsWithin(p metrics.Period) []metrics.Period {
	months := p.Months()
	out := make([]metrics.Period, len(months))
	for i, month := range months {
		days := month.Period()
		out[i] = metrics.Period{First: max(p.First, days.First), Last: min(p.Last, days.Last)}
	}
	return out
}

// daysWithin are a period's days.
func daysWithin(p metrics.Period) []metrics.Period {
	out := make([]metrics.Period, p.Days())
	for i := range out {
		d := p.First + metrics.Day(i)
		out[i] = metrics.Period{First: d, Last: d}
	}
	return out
}
