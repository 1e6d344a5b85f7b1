package dashboard

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/metrics"

	"github.com/tidwall/gjson"
)

// Annotation is a note on a day or a span of days: a launch, a price change, a fair, an outage. It is a record of the log: making, changing and
// removing it are facts, the latest statement holds, and a removed one can be put back.
type Annotation struct {
	ID        string         `json:"id"`
	Period    metrics.Period `json:"period"`
	Text      string         `json:"text"`
	Channel   string         `json:"channel,omitempty" doc:"The playbook's own channel that it is about; empty for all"`
	Campaign  string         `json:"campaign,omitempty"`
	By        string         `json:"by" doc:"Who made it"`
	At        millrace.Time  `json:"at"`
	ChangedBy string         `json:"changed_by,omitempty" doc:"Who changed, removed or restored it last"`
	ChangedAt millrace.Time  `json:"changed_at"`
	Revision  int64          `json:"revision" doc:"Grows with each change; a change that names an older one is refused"`
	Removed   bool           `json:"removed,omitempty"`
}

// annotationPrefix is what ids of annotations begin with; what follows is the record's own id.
const annotationPrefix = "ann_"

// longestNote is how long the text of an annotation may be, in bytes; longestScope a channel's or a campaign's name.
const (
	longestNote  = 500
	longestScope = 200
)

// AnnotationChange is what of an annotation is to be stated; nil leaves a part as it is.
type AnnotationChange struct {
	From, To                *metrics.Day
	Text, Channel, Campaign *string
	Removed                 *bool
	Revision                *int64 // the one that was seen; nil changes whatever is there
}

// Annotate makes an annotation. A To of NoDay is the day of From. Errors are Invalid and name the field.
func (r *Room) Annotate(ctx context.Context, from, to metrics.Day, text, channel, campaign, by string) (Annotation, error) {
	if to == metrics.NoDay {
		to = from
	}
	var b [12]byte
	rand.Read(b[:])
	id := annotationPrefix + hex.EncodeToString(b[:])
	now := r.engine.Now()
	a := Annotation{ID: id, Period: metrics.Period{First: from, Last: to}, Text: strings.TrimSpace(text), Channel: strings.TrimSpace(channel), Campaign: strings.TrimSpace(campaign), By: by, At: now,
		Revision: int64(now)}
	if err := a.check(); err != nil {
		return Annotation{}, err
	}
	return a, r.state(ctx, id, now, map[string]any{millrace.TraitFrom: from.String(), millrace.TraitTo: to.String(), millrace.TraitText: a.Text, millrace.TraitChannel: a.Channel,
		millrace.TraitCampaign: a.Campaign, millrace.TraitBy: by})
}

// turnAnnotation is the turn of who changes an annotation: what was seen of it is compared with what is there.
const turnAnnotation = "annotation"

// ChangeAnnotation states a part of an annotation anew, or takes it away, or puts it back. Errors are NotFound, Invalid, and Conflict when it was
// changed after the revision that was seen.
func (r *Room) ChangeAnnotation(ctx context.Context, id string, c AnnotationChange, by string) (a Annotation, err error) {
	err = r.engine.DB().InTurn(ctx, turnAnnotation, func() error {
		a, err = r.changeAnnotation(ctx, id, c, by)
		return err
	})
	return a, err
}

func (r *Room) changeAnnotation(ctx context.Context, id string, c AnnotationChange, by string) (Annotation, error) {
	const op = "dashboard.ChangeAnnotation"
	all, err := r.annotations(ctx)
	if err != nil {
		return Annotation{}, err
	}
	i := slices.IndexFunc(all, func(x Annotation) bool { return x.ID == id })
	if i < 0 {
		return Annotation{}, millrace.Errorf(millrace.NotFound, op, "there is no annotation %q", id)
	}
	a, data := all[i], map[string]any{millrace.TraitChangedBy: by}
	if c.Revision != nil && *c.Revision != a.Revision {
		did := "changed"
		if a.Removed {
			did = "removed"
		}
		return Annotation{}, millrace.Errorf(millrace.Conflict, op, "%s %s the note meanwhile: %q", cmp.Or(a.ChangedBy, a.By), did, a.Text)
	}
	if c.From != nil && *c.From != metrics.NoDay {
		if c.To == nil && a.Period.First == a.Period.Last { // a note on a day moves as a whole
			c.To = c.From
		}
		a.Period.First = *c.From
	}
	if c.To != nil && *c.To != metrics.NoDay {
		a.Period.Last = *c.To
	}
	if c.From != nil || c.To != nil {
		data[millrace.TraitFrom], data[millrace.TraitTo] = a.Period.First.String(), a.Period.Last.String()
	}
	for _, x := range [...]struct {
		from  *string
		to    *string
		trait string
	}{{c.Text, &a.Text, millrace.TraitText}, {c.Channel, &a.Channel, millrace.TraitChannel}, {c.Campaign, &a.Campaign, millrace.TraitCampaign}} {
		if x.from != nil {
			*x.to = strings.TrimSpace(*x.from)
			data[x.trait] = *x.to
		}
	}
	if c.Removed != nil {
		a.Removed = *c.Removed
		data[millrace.TraitRemoved] = map[bool]string{true: "yes", false: ""}[a.Removed]
	}
	if err := a.check(); err != nil {
		return Annotation{}, err
	}
	now := max(r.engine.Now(), millrace.Time(a.Revision)+1) // it is later than every statement that was known when it was made
	a.ChangedBy, a.ChangedAt, a.Revision = by, now, int64(now)
	return a, r.state(ctx, id, now, data)
}

// check says what is wrong with an annotation.
func (a *Annotation) check() error {
	const op = "dashboard.Annotate"
	switch {
	case a.Period.First == metrics.NoDay || a.Period.First == 0:
		return millrace.FieldErrorf(op, "from", "which day is it about?")
	case a.Period.Days() == 0:
		return millrace.FieldErrorf(op, "to", "the last day is before the first")
	case a.Period.Days() > 3660:
		return millrace.FieldErrorf(op, "to", "a note is of ten years at most")
	case a.Text == "":
		return millrace.FieldErrorf(op, "text", "what happened then?")
	case len(a.Text) > longestNote || !plain(a.Text):
		return millrace.FieldErrorf(op, "text", "want at most %d bytes of text", longestNote)
	case len(a.Channel) > longestScope || !plain(a.Channel):
		return millrace.FieldErrorf(op, "channel", "want at most %d bytes of text on one line", longestScope)
	case len(a.Campaign) > longestScope || !plain(a.Campaign):
		return millrace.FieldErrorf(op, "campaign", "want at most %d bytes of text on one line", longestScope)
	}
	return nil
}

// plain says whether a text can be written on one line.
func plain(s string) bool {
	return utf8.ValidString(s) && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r == 0x7f })
}

// state writes a fact about an annotation.
func (r *Room) state(ctx context.Context, id string, at millrace.Time, data map[string]any) error {
	data["id"] = id
	text, err := json.Marshal(data)
	if err != nil {
		return &millrace.Error{Code: millrace.Internal, Op: "dashboard.Annotate", Err: err}
	}
	_, err = r.engine.Apply(ctx, millrace.Batch{Events: []millrace.Event{{Source: "millrace", ID: id + "." + strconv.FormatInt(int64(at), 10), Kind: millrace.KindAnnotation,
		RecordID: "millrace:" + strings.TrimPrefix(id, annotationPrefix), OccurredAt: at, RecordedAt: at, Data: text}}})
	return err
}

// annotations reads all, removed ones too, by their first day.
func (r *Room) annotations(ctx context.Context) ([]Annotation, error) {
	list, err := db.Collect(ctx, r.engine.DB(), func(rows *sql.Rows) (Annotation, error) {
		var traits string
		err := rows.Scan(&traits)
		return annotationOf(traits), err
	}, "/* annotation.list */ select traits from record where kind = "+strconv.Itoa(int(millrace.KindAnnotation))+" order by id")
	slices.SortStableFunc(list, func(a, b Annotation) int {
		return cmp.Or(cmp.Compare(a.Period.First, b.Period.First), cmp.Compare(a.Period.Last, b.Period.Last))
	})
	return list, err
}

// annotationOf reads a record's traits: each has its value as v and its moment as t. The latest moment is the revision.
func annotationOf(traits string) (a Annotation) {
	t := gjson.Parse(traits)
	get := func(name string) string { return t.Get(name + ".v").String() }
	when := func(name string) millrace.Time { return millrace.Time(t.Get(name + ".t").Int()) }
	a = Annotation{ID: get("id"), Text: get(millrace.TraitText), Channel: get(millrace.TraitChannel), Campaign: get(millrace.TraitCampaign), By: get(millrace.TraitBy), At: when(millrace.TraitBy),
		ChangedBy: get(millrace.TraitChangedBy), ChangedAt: when(millrace.TraitChangedBy), Removed: get(millrace.TraitRemoved) == "yes", Period: metrics.Period{First: metrics.NoDay, Last: metrics.NoDay}}
	for _, x := range [...]struct {
		to   *metrics.Day
		name string
	}{{&a.Period.First, millrace.TraitFrom}, {&a.Period.Last, millrace.TraitTo}} {
		if err := x.to.UnmarshalText([]byte(get(x.name))); err != nil {
			*x.to = metrics.NoDay
		}
	}
	t.ForEach(func(_, v gjson.Result) bool {
		a.Revision = max(a.Revision, v.Get("t").Int())
		return true
	})
	return a
}

// Annotations lists those that stand, by their first day; with removed, those that were taken away too.
func (r *Room) Annotations(ctx context.Context, removed bool) ([]Annotation, error) {
	list, err := r.annotations(ctx)
	out := []Annotation{}
	for _, a := range list {
		if removed || !a.Removed {
			out = append(out, a)
		}
	}
	return out, err
}

// annotationsOf are those that stand and touch a period.
func (r *Room) annotationsOf(ctx context.Context, p metrics.Period) ([]Annotation, error) {
	list, err := r.Annotations(ctx, false)
	return slices.DeleteFunc(list, func(a Annotation) bool { return a.Period.Last < p.First || a.Period.First > p.Last }), err
}
