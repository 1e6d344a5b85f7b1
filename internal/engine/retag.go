package engine

import (
	"context"
	"encoding/json"

	"millrace"
	"millrace/internal/eventlog"
)

// Retag makes a correction of campaign tags a fact: rule says which tags are meant and what they are read as, over all of the past. It gives
// the fact's position, which is the correction's id. What a rule says is the business of the room that reads it.
func (e *Engine) Retag(ctx context.Context, rule any, note, by string) (id int64, err error) {
	text, err := json.Marshal(rule)
	if err != nil {
		return 0, &millrace.Error{Code: millrace.Invalid, Op: "engine.Retag", Field: "rule", Message: "the rule can't be written down", Err: err}
	}
	err = e.write(ctx, 0, func(u *unit) error {
		id = u.seq + 1
		return u.systemFact(millrace.KindRetag, 0, 0, map[string]any{"rule": json.RawMessage(text), "note": note, "by": by})
	})
	return id, err
}

// UndoRetag takes a correction back, by a further fact. It errs with NotFound where there is no such correction.
func (e *Engine) UndoRetag(ctx context.Context, id int64, by string) error {
	return e.write(ctx, 0, func(u *unit) error {
		var rule bool
		if err := eventlog.At(u.ctx, u.q, []int64{id}, func(r *eventlog.Row) error {
			rule = r.Kind == millrace.KindRetag && jsonField(eventlog.Data(r.Body), "rule")
			return nil
		}); err != nil {
			return err
		}
		if !rule {
			return millrace.Errorf(millrace.NotFound, "engine.UndoRetag", "there is no correction of tags %d", id)
		}
		return u.systemFact(millrace.KindRetag, 0, 0, map[string]any{"undo": id, "by": by})
	})
}

// jsonField says whether a JSON object has a field.
func jsonField(object []byte, name string) bool {
	var fields map[string]json.RawMessage
	return json.Unmarshal(object, &fields) == nil && fields[name] != nil
}
