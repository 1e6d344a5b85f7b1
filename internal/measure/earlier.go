package measure

import (
	"sync"

	"millrace"
)

// Earlier is what models that take long gave at an earlier moment, while they are worked out anew.
type Earlier struct {
	Position int64            `json:"position" doc:"The log position that it is of"`
	At       millrace.Time    `json:"at" doc:"The moment up to which what is open was watched"`
	Models   []string         `json:"models"`
	Total    int64            `json:"total" doc:"What was handed out then: these models' credits add up to it"`
	Rows     []AttributionRow `json:"rows"`
	money    int64            // up to which money is read
}

// rememberedEarlier is how many earlier answers are kept, the ones given last.
const rememberedEarlier = 32

// earlier keeps the latest whole answer to each question about models that take long, from one model of the workspace to the next.
type earlier struct {
	mu      sync.Mutex
	answers map[attributionKey]*Earlier
	order   []attributionKey // the oldest first

	reports map[any]told // by the question
	asked   []any        // the questions, the oldest first
}

// Moment is of which facts and which time something is.
type Moment struct {
	Position int64         `json:"position" doc:"The log position that it is of"`
	At       millrace.Time `json:"at" doc:"The moment up to which what is open was watched"`
}

// told is an answer, and of when.
type told struct {
	Moment
	money int64
	v     any
}

// keep keeps an answer to a question, unless a later one is there.
func (e *earlier) keep(question any, m *Model, v any) {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	was, there := e.reports[question]
	if there && (was.Position > m.Position || was.money > m.Money || was.At > m.BuiltAt) {
		return
	}
	if e.reports == nil {
		e.reports = map[any]told{}
	}
	if !there {
		if len(e.asked) >= rememberedEarlier {
			delete(e.reports, e.asked[0])
			e.asked = e.asked[1:]
		}
		e.asked = append(e.asked, question)
	}
	e.reports[question] = told{Moment{m.Position, m.BuiltAt}, m.Money, v}
}

// kept is the latest answer to a question, ok where there is one.
func (e *earlier) kept(question any) (told, bool) {
	if e == nil {
		return told{}, false
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	x, ok := e.reports[question]
	return x, ok
}

// lasting gives what fn works out, once for each key, and keeps it for what is asked of the models after this one. A question is a key without its
// moment.
func lasting[K comparable, V any](m *Model, key, question K, fn func() V) V {
	v, _ := recall(m.memory, key, func() (V, error) {
		v := fn()
		m.earlier.keep(question, m, v)
		return v, nil
	})
	return v
}

// soon is lasting at once: of a small workspace, or where the answer is there, it is that. Of a large one it is worked out in the background, once for
// all who ask, and is what the question was answered with before, of which moment that was, and pending; where it never was, it is only pending.
func soon[K comparable, V any](m *Model, key, question K, fn func() V) (v V, then *Moment, pending bool) {
	if len(m.touches) < largeJourneys || m.memory.ready(key) {
		return lasting(m, key, question, fn), nil, false
	}
	x, ok := m.earlier.kept(question) // before it is worked out anew, which may be done at once
	if ok && x.Moment == (Moment{m.Position, m.BuiltAt}) && x.money == m.Money {
		return x.v.(V), nil, false
	}
	go lasting(m, key, question, fn)
	if !ok {
		return v, nil, true
	}
	return x.v.(V), &x.Moment, true
}

// question is the key without a moment.
func (k attributionKey) question() attributionKey {
	k.at = 0
	return k
}

// note keeps what the models that take long say, unless a later answer is there.
func (e *earlier) note(k attributionKey, m *Model, a *Attribution, slow []string) {
	if e == nil {
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	k = k.question()
	was := e.answers[k]
	if was != nil && (was.Position > m.Position || was.money > m.Money) {
		return
	}
	if was == nil {
		if len(e.order) >= rememberedEarlier {
			delete(e.answers, e.order[0])
			e.order = e.order[1:]
		}
		e.order = append(e.order, k)
	}
	x := &Earlier{Position: m.Position, At: m.BuiltAt, Models: slow, Total: a.Total, money: m.Money}
	for _, r := range a.Rows {
		row := AttributionRow{Value: r.Value, Credits: map[string]int64{}}
		for _, name := range slow {
			row.Credits[name] = r.Credits[name]
			if interval, ok := r.Intervals[name]; ok {
				if row.Intervals == nil {
					row.Intervals = map[string]CreditRange{}
				}
				row.Intervals[name] = interval
			}
		}
		x.Rows = append(x.Rows, row)
	}
	if e.answers == nil {
		e.answers = map[attributionKey]*Earlier{}
	}
	e.answers[k] = x
}

// last is the latest whole answer, nil for none.
func (e *earlier) last(k attributionKey) *Earlier {
	if e == nil {
		return nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.answers[k.question()]
}
