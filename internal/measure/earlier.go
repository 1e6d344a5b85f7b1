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
