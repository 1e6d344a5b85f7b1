package measure

import (
	"context"
	"database/sql"
	"encoding/json"
	"strings"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/eventlog"
	"millrace/internal/playbook"
)

// NotSet stands in a rule for a tag that was not given, or that is to be taken away.
const NotSet = "(not set)"

// TagMatch says which campaign tags are meant. Every part that is given must hold; capitals and blanks around don't matter, * stands for any
// text, and "(not set)" for a tag that was not given. At least one part must be given.
type TagMatch struct {
	Source   string `json:"source,omitempty" maxLength:"200" doc:"utm_source; * stands for any text, (not set) for none"`
	Medium   string `json:"medium,omitempty" maxLength:"200" doc:"utm_medium"`
	Campaign string `json:"campaign,omitempty" maxLength:"200" doc:"utm_campaign"`
	Host     string `json:"host,omitempty" maxLength:"200" doc:"Of the page that was arrived at"`
	ClickID  string `json:"click_id,omitempty" maxLength:"200" doc:"The click id's parameter, such as gclid"`
}

// TagSet says what the tags are read as. A part that is not given stays as it is; "(not set)" takes it away.
type TagSet struct {
	Source   string `json:"source,omitempty" maxLength:"200" doc:"utm_source; (not set) takes it away; what is not given stays"`
	Medium   string `json:"medium,omitempty" maxLength:"200" doc:"utm_medium"`
	Campaign string `json:"campaign,omitempty" maxLength:"200" doc:"utm_campaign"`
}

// RetagRule is a correction of campaign tags.
type RetagRule struct {
	Match TagMatch `json:"match"`
	Set   TagSet   `json:"set"`
}

// Retag is a correction that was made. It acts on all of the past and on what is still to come, until it is undone.
type Retag struct {
	ID int64 `json:"id" doc:"Position of its fact in the log"`
	RetagRule
	Note     string        `json:"note,omitempty"`
	By       string        `json:"by"`
	At       millrace.Time `json:"at"`
	UndoneAt millrace.Time `json:"undone_at" doc:"null while it stands"`
	UndoneBy string        `json:"undone_by,omitempty"`
	Origins  int           `json:"origins" doc:"How many different ways to arrive it changes"`
	Visits   int64         `json:"visits" doc:"How many arrivals it changes"`
}

// Check says what is wrong with a rule.
func (r RetagRule) Check() error {
	const op = "measure.Retag"
	if r.Match == (TagMatch{}) {
		return millrace.FieldErrorf(op, "match", "say which tags are meant: source, medium, campaign, host or click_id")
	}
	if r.Set == (TagSet{}) {
		return millrace.FieldErrorf(op, "set", "say what the tags are read as: source, medium or campaign; (not set) takes one away")
	}
	for _, p := range [...][2]string{{"match.source", r.Match.Source}, {"match.medium", r.Match.Medium}, {"match.campaign", r.Match.Campaign}, {"match.host", r.Match.Host},
		{"match.click_id", r.Match.ClickID}, {"set.source", r.Set.Source}, {"set.medium", r.Set.Medium}, {"set.campaign", r.Set.Campaign}} {
		if len(p[1]) > longestTag {
			return millrace.FieldErrorf(op, p[0], "a tag has at most %d bytes", longestTag)
		}
		if strings.HasPrefix(p[0], "set.") && strings.ContainsAny(p[1], "*@") {
			return millrace.FieldErrorf(op, p[0], "%q is no tag: * and @ don't stand in one", p[1])
		}
	}
	return nil
}

// meant says whether a tag fits a pattern: "" any, "(not set)" none, * any text.
func meant(pattern, tag string) bool {
	if pattern == "" {
		return true
	}
	tag, pattern = strings.ToLower(strings.TrimSpace(tag)), strings.ToLower(strings.TrimSpace(pattern))
	if pattern == NotSet {
		return tag == ""
	}
	return playbook.Glob(pattern, tag)
}

// apply corrects an origin, and says whether the rule meant it.
func (r *RetagRule) apply(o *origin) bool {
	m := &r.Match
	if o.Known || o.Event != "" && o.Source == "" && o.Medium == "" && o.Campaign == "" || !meant(m.Source, o.Source) || !meant(m.Medium, o.Medium) ||
		!meant(m.Campaign, o.Campaign) || !meant(m.Host, o.Host) || !meant(m.ClickID, o.Click) {
		return false
	}
	for _, x := range [...]struct {
		to  *string
		tag string
	}{{&o.Source, r.Set.Source}, {&o.Medium, r.Set.Medium}, {&o.Campaign, r.Set.Campaign}} {
		switch x.tag {
		case "":
		case NotSet:
			*x.to = ""
		default:
			*x.to = strings.TrimSpace(x.tag)
		}
	}
	return true
}

// retagFact is a correction, or the undoing of one, as the log has it.
type retagFact struct {
	seq  int64
	at   millrace.Time
	Rule json.RawMessage `json:"rule"`
	Note string          `json:"note"`
	By   string          `json:"by"`
	Undo int64           `json:"undo"`
}

// retag takes a correction into the slice.
func (s *slice) retag(row *eventlog.Row) {
	f := retagFact{seq: row.Seq, at: row.OccurredAt}
	if json.Unmarshal(eventlog.Data(row.Body), &f) == nil {
		s.retags = append(s.retags, f)
	}
}

func writeRetags(ctx context.Context, tx *db.Tx, facts []retagFact) error {
	for _, f := range facts {
		var err error
		if f.Undo != 0 {
			_, err = tx.Exec(ctx, "/* retag.undo */ update retag set undone_at = $1, undone_by = $2 where seq = $3 and undone_at = 0", int64(f.at), f.By, f.Undo)
		} else {
			_, err = tx.Exec(ctx, "/* retag.add */ insert into retag (seq, at, rule, note, made_by, undone_at, undone_by) values ($1, $2, $3, $4, $5, 0, '') on conflict do nothing",
				f.seq, int64(f.at), string(f.Rule), f.Note, f.By)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func readRetags(ctx context.Context, q db.Querier) ([]Retag, error) {
	return db.Collect(ctx, q, func(rows *sql.Rows) (t Retag, err error) {
		var rule string
		if err := rows.Scan(&t.ID, (*int64)(&t.At), &rule, &t.Note, &t.By, (*int64)(&t.UndoneAt), &t.UndoneBy); err != nil {
			return t, err
		}
		if err := json.Unmarshal([]byte(rule), &t.RetagRule); err != nil {
			return t, &millrace.Error{Code: millrace.Internal, Op: "measure.Retags", Message: "a stored correction of tags can't be read", Err: err}
		}
		return t, nil
	}, "/* retag.list */ select seq, at, rule, note, made_by, undone_at, undone_by from retag order by seq")
}

// Retag makes a correction of campaign tags. It acts on all of the past at once.
func (r *Room) Retag(ctx context.Context, rule RetagRule, note, by string) (Retag, error) {
	if err := rule.Check(); err != nil {
		return Retag{}, err
	}
	id, err := r.engine.Retag(ctx, rule, note, by)
	if err != nil {
		return Retag{}, err
	}
	return r.retag(ctx, id)
}

// retag gives one correction as it stands.
func (r *Room) retag(ctx context.Context, id int64) (Retag, error) {
	list, err := r.Retags(ctx)
	if err != nil {
		return Retag{}, err
	}
	for _, t := range list {
		if t.ID == id {
			return t, nil
		}
	}
	return Retag{}, millrace.Errorf(millrace.NotFound, "measure.Retag", "there is no correction of tags %d", id)
}

// Retags lists all corrections, those undone among them, in the order in which they were made and act, with what each changes in the model
// as it stands.
func (r *Room) Retags(ctx context.Context) ([]Retag, error) {
	m, err := r.Model(ctx)
	if err != nil {
		return nil, err
	}
	list, err := readRetags(ctx, r.db)
	for i := range list {
		e := m.retagged[list[i].ID]
		list[i].Origins, list[i].Visits = e.origins, e.visits
	}
	return list, err
}

// UndoRetag takes a correction back. It errs with NotFound where there is none, with Conflict where it was taken back before.
func (r *Room) UndoRetag(ctx context.Context, id int64, by string) (Retag, error) {
	t, err := r.retag(ctx, id)
	if err != nil {
		return t, err
	}
	if t.UndoneAt != 0 {
		return t, millrace.Errorf(millrace.Conflict, "measure.UndoRetag", "the correction %d was taken back on %s by %s", id, t.UndoneAt, t.UndoneBy)
	}
	if err := r.engine.UndoRetag(ctx, id, by); err != nil {
		return t, err
	}
	return r.retag(ctx, id)
}

// retagging is what corrections do to the origins of one model.
type retagging struct {
	rules   []Retag
	changed map[int32][]int64 // origin → the corrections that changed it
}

// retagEffect is what one correction changes.
type retagEffect struct {
	origins int
	visits  int64
}

// correct applies the standing corrections to an origin, in the order in which they were made.
func (t *retagging) correct(id int64, o origin) origin {
	for i := range t.rules {
		if r := &t.rules[i]; r.UndoneAt == 0 && r.apply(&o) {
			t.changed[int32(id)] = append(t.changed[int32(id)], r.ID)
		}
	}
	return o
}

// effects adds up what each correction changes.
func (t *retagging) effects(visits []visit) map[int64]retagEffect {
	out := map[int64]retagEffect{}
	for _, ids := range t.changed {
		for _, id := range ids {
			e := out[id]
			e.origins++
			out[id] = e
		}
	}
	for _, v := range visits {
		for _, id := range t.changed[v.origin] {
			e := out[id]
			e.visits += int64(v.count)
			out[id] = e
		}
	}
	return out
}
