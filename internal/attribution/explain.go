package attribution

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"millrace"
)

// facts are what the journeys of a measure show of each value of a dimension. Converting journeys are meant, and those with touches.
type facts struct {
	journeys, failed, touches int // in all
	answered                  int // deals whose buyers said something
	in                        []int
	failedIn                  []int // journeys that did not convert, with the value
	touchesOf                 []int
	opens, closes, passes     []int // first touch, last, last that isn't direct
	leads, opportunities      []int // the touch at that mark
	markedLeads, markedOpps   int
	said                      []int
	age                       []millrace.Time // sum over its touches of the time before the last touch
	pairs                     map[[2]uint32]int
}

// facts counts them in one pass.
func (j *Journeys) facts(d Dimension, m Measure) facts {
	n, column := len(j.Columns[d].Names), j.Columns[d].IDs
	f := facts{pairs: map[[2]uint32]int{}, age: make([]millrace.Time, n)}
	for _, of := range []*[]int{&f.in, &f.failedIn, &f.touchesOf, &f.opens, &f.closes, &f.passes, &f.leads, &f.opportunities, &f.said} {
		*of = make([]int, n)
	}
	seen := make([]int, n)
	for i := range j.Len() {
		_, converted, failed := j.due(i, m)
		ids := column[j.Offsets[i]:j.Offsets[i+1]]
		if converted && d == Channel && j.Said[i] != noAnswerID {
			f.said[j.Said[i]]++
			f.answered++
		}
		if !converted && !failed || len(ids) == 0 {
			continue
		}
		in := f.in
		if failed {
			f.failed++
			in = f.failedIn
		}
		for _, id := range ids {
			if seen[id] != i+1 {
				seen[id] = i + 1
				in[id]++
			}
		}
		if converted {
			f.converted(j, i, ids)
		}
	}
	return f
}

// converted counts the marks of a journey that converted.
func (f *facts) converted(j *Journeys, i int, ids []uint32) {
	last := len(ids) - 1
	f.journeys++
	f.touches += len(ids)
	at := j.At[j.Offsets[i]:j.Offsets[i+1]]
	for t, id := range ids {
		f.touchesOf[id]++
		f.age[id] += at[last] - at[t]
	}
	f.opens[ids[0]]++
	f.closes[ids[last]]++
	f.pairs[[2]uint32{ids[0], ids[last]}]++
	if k := j.NonDirect[i]; k >= 0 {
		f.passes[ids[k]]++
	} else {
		f.passes[ids[last]]++
	}
	if k := j.Lead[i]; k >= 0 {
		f.leads[ids[k]]++
		f.markedLeads++
	}
	if k := j.Opportunity[i]; k >= 0 {
		f.opportunities[ids[k]]++
		f.markedOpps++
	}
}

// Disagreement is a value that models credit very differently, with the reason in words.
type Disagreement struct {
	Value string `json:"value"`
	Most  string `json:"most"`  // the model that gives it the most
	Least string `json:"least"` // and the least
	Words string `json:"words"`
}

// What counts as disagreeing: the most is half as much again as the least, and at least a fiftieth of the total lies between them.
const (
	disagreeRatio = 1.5
	disagreeShare = 50
)

// Explain says where the table's models disagree and why, the largest difference first.
func (t *Table) Explain() []Disagreement {
	type found struct {
		Disagreement
		apart float64
	}
	var all []found
	f := t.journeys.facts(t.Dimension, t.Measure)
	answered := slices.ContainsFunc(t.journeys.Said, func(said uint32) bool { return said != noAnswerID })
	for _, r := range t.Rows {
		if len(t.Models) < 2 || r.id == noTouchID || r.id == noAnswerID {
			continue
		}
		most, least := 0, 0
		if !answered && t.Models[0] == SelfReported {
			most, least = 1, 1
		}
		for k, c := range r.Credits {
			if !answered && t.Models[k] == SelfReported {
				continue // nobody was asked: that says nothing against a channel
			}
			if c > r.Credits[most] {
				most = k
			}
			if c < r.Credits[least] {
				least = k
			}
		}
		high, low := float64(r.Credits[most]), float64(r.Credits[least])
		if high-low < math.Abs(float64(t.Total))/disagreeShare || high-low == 0 || low > 0 && high < disagreeRatio*low {
			continue
		}
		d := Disagreement{Value: r.Value, Most: t.Models[most], Least: t.Models[least]}
		d.Words = t.words(&f, &r, d.Most, d.Least, high, low)
		all = append(all, found{d, high - low})
	}
	slices.SortStableFunc(all, func(a, b found) int { return cmp.Compare(b.apart, a.apart) })
	out := make([]Disagreement, len(all))
	for i, x := range all {
		out[i] = x.Disagreement
	}
	return out
}

// words are the sentences for one row.
func (t *Table) words(f *facts, r *Row, most, least string, high, low float64) string {
	more, fewer := title(most), title(least)
	times := fmt.Sprintf("it has %.1f times as much under %s as under %s.", high/low, more, fewer)
	if low == 0 {
		times = fmt.Sprintf("it has %s of the whole under %s, nothing under %s.", percent(high, float64(t.Total)), more, fewer)
	} else if low < 0 {
		times = fmt.Sprintf("it has %s of the whole under %s, and loses %s under %s.", percent(high, float64(t.Total)), more, percent(-low, float64(t.Total)), fewer)
	}
	a, b := f.sees(most, r.id), f.sees(least, r.id)
	s := fmt.Sprintf("%s %s, and %s: %s", r.Value, a, b, times)
	if a == b {
		s = fmt.Sprintf("%s %s: %s", r.Value, a, times)
	}
	opener, closer := slices.Contains([]string{First, InverseJ}, most), slices.Contains([]string{Last, LastNonDirect, JShaped, TimeDecay}, most)
	if opener || closer {
		s += t.partner(f, r.id, opener)
	}
	return s
}

// title is what screens call a model.
func title(model string) string {
	m, err := Lookup(model)
	if err != nil {
		return model
	}
	return m.Title
}

// partner names the value that closes what this one opens, or opens what it closes, most often.
func (t *Table) partner(f *facts, id uint32, opens bool) string {
	best, with, name := 0, 0, ""
	for _, r := range t.Rows {
		pair, of := [2]uint32{id, r.id}, f.closes
		if !opens {
			pair, of = [2]uint32{r.id, id}, f.opens
		}
		if n := f.pairs[pair]; r.id != id && n > best {
			best, with, name = n, of[r.id], r.Value
		}
	}
	switch {
	case best == 0:
		return ""
	case opens:
		return fmt.Sprintf(" It opens %s of the journeys that %s closes.", percent(float64(best), float64(with)), name)
	default:
		return fmt.Sprintf(" It closes %s of the journeys that %s opens.", percent(float64(best), float64(with)), name)
	}
}

// sees is what a model looks at, as the end of a sentence about a value.
func (f *facts) sees(model string, id uint32) string {
	of := func(part, whole int) string { return percent(float64(part), float64(whole)) }
	opensCloses := fmt.Sprintf("opens %s and closes %s of the journeys", of(f.opens[id], f.journeys), of(f.closes[id], f.journeys))
	switch model {
	case First:
		return "opens " + of(f.opens[id], f.journeys) + " of the journeys"
	case Last:
		return "closes " + of(f.closes[id], f.journeys) + " of the journeys"
	case LastNonDirect:
		return "is the last that isn't direct in " + of(f.passes[id], f.journeys) + " of the journeys"
	case Linear, Custom:
		return "is " + of(f.touchesOf[id], f.touches) + " of all touches"
	case TimeDecay:
		if f.touchesOf[id] == 0 {
			return "has no touches"
		}
		return fmt.Sprintf("touches %.1f days before the last touch on average", float64(f.age[id])/float64(f.touchesOf[id])/float64(millrace.Day))
	case WShaped, FullPath:
		return fmt.Sprintf("%s, creates %s of the leads and %s of the opportunities", opensCloses, of(f.leads[id], f.markedLeads),
			of(f.opportunities[id], f.markedOpps))
	case Markov, Shapley:
		return "is in " + of(f.in[id], f.journeys) + " of the journeys"
	case ShapleyRate:
		return fmt.Sprintf("is in journeys that convert at %s, where all convert at %s", of(f.in[id], f.in[id]+f.failedIn[id]), of(f.journeys, f.journeys+f.failed))
	case SelfReported:
		return "is what buyers name in " + of(f.said[id], f.answered) + " of the answers"
	}
	return opensCloses
}

// percent is a share in words: whole above 10%, with a decimal below.
func percent(part, whole float64) string {
	if whole == 0 {
		return "0%"
	}
	p := 100 * part / whole
	if p != 0 && math.Abs(p) < 9.95 {
		return fmt.Sprintf("%.1f%%", p)
	}
	return fmt.Sprintf("%.0f%%", p)
}
