package restate

import (
	"cmp"
	"context"
	"strings"
	"time"

	"millrace/internal/engine"
	"millrace/internal/playbook"
)

// Restated is a report as it was published beside what the same question about the same moment gives with what is known now.
type Restated struct {
	Report   Report  `json:"report"`
	Position int64   `json:"position" doc:"The log position up to which it is restated"`
	Playbook string  `json:"playbook" doc:"The version that rules now"`
	Code     string  `json:"code" doc:"The program's version now"`
	Causes   []Cause `json:"causes" doc:"In the order in which they are taken in; each has what changed with it"`
	Figures  []Line  `json:"figures" doc:"Those that differ first"`
	Changed  int     `json:"changed" doc:"How many figures differ"`
}

// Cause is one reason for figures to differ, with the facts behind it.
type Cause struct {
	Key     string `json:"key" enum:"repeat,late,identity,undone,retags,rules"`
	Label   string `json:"label"`
	Why     string `json:"why"`
	Changed int    `json:"changed" doc:"How many figures it moved"`
	engine.NewsGroup
	Changes []playbook.Change `json:"changes,omitempty" doc:"Of rules: what differs between the two versions"`
}

// Line is a figure from then to now. Then, plus every difference, is now, exactly; where a value is null on the way there is no difference to tell, but for
// sums, to which null adds as 0.
type Line struct {
	Figure          // as published
	Now    *int64   `json:"now"`
	By     []*int64 `json:"by" doc:"What each cause added, in the causes' order; null where a value before or after it can't be worked out; of a sum, none is 0"`
}

// step is a cause with the switch that takes it in.
type step struct {
	cause Cause
	take  func(k *engine.Knowledge)
}

// steps are the causes in their order.
func steps(n *engine.News, from, to *playbook.Playbook, code [2]string) []step {
	repeat := "What was published can't be repeated from the log: the program is another version (" + code[0] + " then, " + code[1] + " now)."
	if n.Erased.Total > 0 {
		repeat = "People were erased since: their facts are gone from the log. What another version of the program works out otherwise is here too."
	}
	return []step{
		{Cause{Key: "repeat", Label: "Erased, or worked out otherwise", Why: repeat, NewsGroup: n.Erased}, func(*engine.Knowledge) {}},
		{Cause{Key: "late", Label: "Late facts", Why: "Facts that had happened by then and came in afterwards, and facts without a time of their own.", NewsGroup: n.Late},
			func(k *engine.Knowledge) { k.Late = true }},
		{Cause{Key: "identity", Label: "Who is who", Why: "Merges, their undoing, domains, and people who were identified later.", NewsGroup: n.Identity},
			func(k *engine.Knowledge) { k.Identity = true }},
		{Cause{Key: "undone", Label: "Imports taken back", Why: "What these imports had brought no longer counts.", NewsGroup: n.Undone}, func(k *engine.Knowledge) { k.Undone = true }},
		{Cause{Key: "retags", Label: "Corrected campaign tags", Why: "Tags that were sent wrong are read as others, over all of the past.", NewsGroup: n.Retags},
			func(k *engine.Knowledge) { k.Retags = true }},
		{Cause{Key: "rules", Label: "Rules", Why: "Another version of the playbook rules.", NewsGroup: n.Rules, Changes: playbook.Diff(from, to)},
			func(k *engine.Knowledge) { k.Playbook = to.Version() }},
	}
}

// idle says whether a step can have no effect, so that it need not be worked out. What can't be repeated shows by repeating it alone.
func (s *step) idle() bool {
	return s.cause.Key != "repeat" && s.cause.Total == 0 && len(s.cause.Changes) == 0
}

// restate works out what a report says now, cause by cause. It folds the log once for each cause that has facts.
func (r *Room) restate(ctx context.Context, id, end int64, ruling string, progress func(Progress)) (*Restated, error) {
	f, err := r.Report(ctx, id)
	if err != nil {
		return nil, err
	}
	q, err := parse(f.Kind, f.Ask)
	if err != nil {
		return nil, err
	}
	headline, err := f.Headline()
	if err != nil {
		return nil, err
	}
	from, err := r.engine.PlaybookVersion(ctx, f.Playbook)
	if err != nil {
		return nil, err
	}
	to, err := r.engine.PlaybookVersion(ctx, ruling)
	if err != nil {
		return nil, err
	}
	k := engine.Knowledge{Position: f.Position, End: end, At: f.At, Playbook: f.Playbook}
	news, err := r.engine.NewsSince(ctx, k)
	if err != nil {
		return nil, err
	}
	out := &Restated{Report: f.Report, Position: end, Playbook: ruling, Code: r.code}
	list := steps(&news, from, to, [2]string{f.Code, r.code})
	states := [][]Figure{headline}
	for n := range list {
		s := &list[n]
		s.take(&k)
		last := states[len(states)-1]
		if !s.idle() {
			m, err := r.room.ModelAt(ctx, k, func(p engine.Progress) { progress(Progress{s.cause.Key, n + 1, len(list), p.Phase, p.Done, p.Total}) })
			if err != nil {
				return nil, err
			}
			if _, last, err = q.answer(ctx, m); err != nil {
				return nil, err
			}
		}
		states = append(states, last)
		out.Causes = append(out.Causes, s.cause)
	}
	out.compare(states)
	return out, nil
}

// compare sets the figures of all states side by side. A sum that a state doesn't have is 0 there, or as that state has no spend recorded of a channel.
func (x *Restated) compare(states [][]Figure) {
	var order []Figure
	seen := map[string]bool{}
	values := make([]map[string]*int64, len(states))
	for i, list := range states {
		values[i] = map[string]*int64{}
		for _, f := range list {
			values[i][f.Key] = f.Value
			if !seen[f.Key] {
				seen[f.Key] = true
				order = append(order, f)
			}
		}
	}
	zero := int64(0)
	at := func(i int, f *Figure) *int64 {
		v, ok := values[i][f.Key]
		if !ok && f.Adds && !strings.HasPrefix(f.Key, "spend/") {
			return &zero
		}
		return v
	}
	var same []Line
	x.Figures = []Line{}
	for _, f := range order {
		line := Line{Figure: f, Now: at(len(states)-1, &f)}
		moved := false
		line.Value = at(0, &f)
		for i := 1; i < len(states); i++ {
			before, after := at(i-1, &f), at(i, &f)
			if f.Adds {
				before, after = cmp.Or(before, &zero), cmp.Or(after, &zero)
			}
			line.By = append(line.By, difference(before, after))
			if !equal(before, after) {
				moved = true
				x.Causes[i-1].Changed++
			}
		}
		if moved {
			x.Figures = append(x.Figures, line)
		} else {
			same = append(same, line)
		}
	}
	x.Changed = len(x.Figures)
	x.Figures = append(x.Figures, same...)
}

func difference(before, after *int64) *int64 {
	if before == nil || after == nil {
		if before == after {
			return new(int64)
		}
		return nil
	}
	d := *after - *before
	return &d
}

func equal(a, b *int64) bool { return a == b || a != nil && b != nil && *a == *b }

// Progress is how far a restatement is.
type Progress struct {
	Cause string `json:"cause" doc:"That is being taken in"`
	Step  int    `json:"step"`
	Steps int    `json:"steps"`
	Phase string `json:"phase"`
	Done  int64  `json:"done"`
	Total int64  `json:"total"`
}

// job is a restatement, under way or done.
type job struct {
	end      int64
	ruling   string
	done     chan struct{}
	out      *Restated
	err      error
	progress Progress // under the room's lock
	took     time.Duration
	ended    time.Time // by the machine's clock, as took is
}

// patience is how much longer than it took to work out a restatement is shown although the log went on: a log that never rests would otherwise
// keep it from ever being seen.
const patience = 10

// Restate gives what a report says now, where that is known within the time of wait; else nil and how far it is. It goes on when the caller goes
// away, and is kept for the log position that it is of.
func (r *Room) Restate(ctx context.Context, id int64, wait time.Duration) (*Restated, Progress, error) {
	if _, err := r.Report(ctx, id); err != nil {
		return nil, Progress{}, err
	}
	end, err := r.room.End(ctx)
	if err != nil {
		return nil, Progress{}, err
	}
	j := r.begin(id, end, r.engine.RulingVersion())
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-j.done:
		return j.out, Progress{}, j.err
	case <-timer.C:
	case <-ctx.Done():
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	return nil, j.progress, nil
}

// begin gives the restatement that will do, or starts one.
func (r *Room) begin(id, end int64, ruling string) *job {
	r.mu.Lock()
	defer r.mu.Unlock()
	if j := r.jobs[id]; j != nil {
		select {
		case <-j.done:
			if j.err == nil && j.ruling == ruling && (j.end == end || j.took > time.Second && time.Since(j.ended) < patience*j.took) {
				return j
			}
		default:
			return j
		}
	}
	j := &job{end: end, ruling: ruling, done: make(chan struct{})}
	r.jobs[id] = j
	go func() {
		start := time.Now()
		out, err := r.restate(context.Background(), id, end, ruling, func(p Progress) {
			r.mu.Lock()
			j.progress = p
			r.mu.Unlock()
		})
		j.out, j.err, j.ended, j.took = out, err, time.Now(), time.Since(start)
		close(j.done)
	}()
	return j
}
