package directory

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"strconv"
	"strings"

	"millrace"
	"millrace/internal/engine"
	"millrace/internal/eventlog"

	"github.com/tidwall/gjson"
)

// Event is one fact as the log holds it.
type Event struct {
	Position   int64         `json:"position"`
	Kind       string        `json:"kind"`
	Name       string        `json:"name"`
	Place      string        `json:"place" doc:"Host and path of the page it happened on"`
	OccurredAt millrace.Time `json:"occurred_at"`
	RecordedAt millrace.Time `json:"recorded_at" doc:"When the source wrote it down; null: when it was received"`
	ReceivedAt millrace.Time `json:"received_at"`
	Source     string        `json:"source"`
	SourceName string        `json:"source_name" doc:"What the write key of the source is called; empty for other sources, and for a key that is not there any more"`
	Import     int64         `json:"import" doc:"The import that first brought it; 0 for a live source"`
	Flags      []string      `json:"flags" doc:"undated, bot, clamped, erased"`
	Contact    *Ref          `json:"contact,omitempty"`
	Account    *Ref          `json:"account,omitempty"`
	Subject    *Identifier   `json:"subject,omitempty" doc:"What the source named: the first identifier of the fact"`
	Deal       *DealFact     `json:"deal,omitempty" doc:"What a record of an opportunity says, in timelines"`
	// Data and Context are given when they are asked for.
	Data    json.RawMessage `json:"data,omitempty"`
	Context json.RawMessage `json:"context,omitempty"`
}

// DealFact is what one record says of an opportunity, "" for what it doesn't say.
type DealFact struct {
	ID       string `json:"id" doc:"opp_…"`
	Name     string `json:"name"`
	Product  string `json:"product"`
	Stage    string `json:"stage"`
	Status   string `json:"status" doc:"open, won or lost"`
	Amount   string `json:"amount" doc:"Decimal, in major units"`
	Currency string `json:"currency"`
}

// EventFilter says which of the recent events. Zero values don't filter.
type EventFilter struct {
	Paging
	Kind   string // a kind's name; "" is every fact from outside
	Import int64  // those that the import brought first
	Full   bool   // with data and context
	// After gives events after a position, oldest first, in place of the newest first; Cursor must be empty.
	After *int64
}

const eventColumns = `e.seq, e.kind, e.flags, coalesce(n.value, ''), coalesce(p.value, ''), coalesce(w.value, ''), e.import, e.occurred_at, e.recorded_at, e.received_at,
	coalesce(i.value, ''), coalesce(r.entity, e.subject), coalesce(c.name, ''), coalesce(c.email, ''), coalesce(a.name, ''), e.body`

const eventFrom = `event e left join interned n on n.id = e.name left join interned p on p.id = e.place left join interned w on w.id = e.source
	left join identifier i on i.id = e.subject left join resolved r on r.id = e.subject left join contact c on c.id = coalesce(r.entity, e.subject)
	left join account a on a.id = coalesce(r.entity, e.subject)`

// Events lists the log, newest first, by position.
func (d *Directory) Events(ctx context.Context, f EventFilter) (out Page[Event], err error) {
	const op = "directory.Events"
	l := &listing{op: op, name: "directory.events", columns: eventColumns, paging: f.Paging,
		order: order{name: "position", indexed: true, phases: []phase{{from: eventFrom, id: "e.seq", desc: true}}}}
	switch k, ok := millrace.ParseKind(f.Kind); {
	case f.Kind == "":
		l.conds = append(l.conds, literally("e.kind < 32"))
	case !ok:
		return out, millrace.FieldErrorf(op, "kind", "%q is no kind of event such as track", f.Kind)
	default:
		l.conds = append(l.conds, is("e.kind", int64(k)))
	}
	if f.Import != 0 {
		l.conds = append(l.conds, literally("e.import > 0"), is("e.import", f.Import))
	}
	if f.After != nil {
		if f.Cursor != "" {
			return out, millrace.FieldErrorf(op, "after", "give either after or cursor")
		}
		l.order.phases[0].desc = false
		l.conds = append(l.conds, func(t *text) string { return "e.seq > " + t.arg(*f.After) })
	}
	err = d.read(ctx, func(v *view) error {
		if out, err = page(ctx, v.q, l, func() ([]any, func() Event) { return eventRow(f.Full) }); err != nil {
			return err
		}
		return nameSources(ctx, v.q, out.Data, eventSource)
	})
	return out, err
}

func eventRow(full bool) ([]any, func() Event) {
	var e Event
	var kind, flags uint8
	var entity int64
	var subject, contact, email, account string
	var body []byte
	return []any{&e.Position, &kind, &flags, &e.Name, &e.Place, &e.Source, &e.Import, (*int64)(&e.OccurredAt), (*int64)(&e.RecordedAt), (*int64)(&e.ReceivedAt),
			&subject, &entity, &contact, &email, &account, &body}, func() Event {
			e.Kind = millrace.Kind(kind).String()
			e.takeBody(millrace.Flags(flags), body, full)
			if subject == "" {
				return e
			}
			i := identifierOf(subject)
			e.Subject = &i
			switch letter := subject[:1]; {
			case strings.Contains(people.letters, letter):
				e.Contact = &Ref{engine.ContactID(entity), named(contact, email)}
			case strings.Contains(companies.letters, letter):
				e.Account = &Ref{engine.AccountID(entity), account}
			}
			return e
		}
}

func named(name, email string) string {
	if name == "" {
		return email
	}
	return name
}

// takeBody reads flags, and from the body what is not in columns.
func (e *Event) takeBody(flags millrace.Flags, body []byte, full bool) {
	e.Flags = []string{}
	for _, f := range [...]struct {
		flag millrace.Flags
		name string
	}{{millrace.FlagUndated, "undated"}, {millrace.FlagBot, "bot"}, {millrace.FlagClamped, "clamped"}, {millrace.FlagErased, "erased"}} {
		if flags.Has(f.flag) {
			e.Flags = append(e.Flags, f.name)
		}
	}
	if flags.Has(eventlog.FlagOwnWords) {
		if e.Name == "" {
			e.Name = eventlog.Field(body, "name")
		}
		if e.Place == "" {
			e.Place = eventlog.Field(body, "place")
		}
	}
	if full {
		e.Data, e.Context = eventlog.Data(body), eventlog.Context(body)
	}
}

// TimelineFilter says which part of a timeline.
type TimelineFilter struct {
	Paging
	Kind  string        // a kind's name; "" is all
	Full  bool          // with data and context
	Until millrace.Time // facts that occurred by then; 0 is all
}

// Timeline lists the facts about a contact or an account that stand today, newest first by when they occurred. who is as for
// engine.Explain.
func (d *Directory) Timeline(ctx context.Context, who string, f TimelineFilter) (Page[Event], error) {
	const op = "directory.Timeline"
	out := Page[Event]{Data: []Event{}}
	limit, err := f.limit(op)
	if err != nil {
		return out, err
	}
	q := engine.TimelineQuery{Limit: limit + 1}
	if q.Before, q.BeforePosition, err = parseMoment(op, f.Cursor); err != nil {
		return out, err
	}
	if f.Cursor == "" && f.Until != 0 {
		q.Before = f.Until + 1
	}
	if f.Kind != "" {
		k, ok := millrace.ParseKind(f.Kind)
		if !ok {
			return out, millrace.FieldErrorf(op, "kind", "%q is no kind of event such as track", f.Kind)
		}
		q.Kinds = []millrace.Kind{k}
	}
	_, _, facts, err := d.engine.Timeline(ctx, who, q)
	if err != nil {
		return out, err
	}
	if len(facts) > limit {
		facts = facts[:limit]
		out.NextCursor = moment(facts[limit-1].OccurredAt, facts[limit-1].Seq)
	}
	names, err := d.names(ctx, facts)
	if err != nil {
		return out, err
	}
	for i := range facts {
		x := &facts[i]
		e := Event{Position: x.Seq, Kind: x.Kind.String(), Name: x.NameText, Place: x.Host + x.Path, OccurredAt: x.OccurredAt, RecordedAt: x.RecordedAt,
			ReceivedAt: x.ReceivedAt, Source: x.SourceText, Import: x.Import}
		e.takeBody(x.Flags, x.Body, f.Full)
		if x.Contact != 0 {
			e.Contact = &Ref{engine.ContactID(x.Contact), names[x.Contact]}
		}
		if x.Kind == millrace.KindOpportunity {
			e.Deal = dealFact(x)
		}
		out.Data = append(out.Data, e)
	}
	return out, nameSources(ctx, d.db, out.Data, eventSource)
}

// dealFact reads what a record says of an opportunity. A body that can't be read says nothing.
func dealFact(x *engine.TimelineFact) *DealFact {
	f := DealFact{ID: engine.OpportunityID(x.Subject)}
	data := eventlog.Data(x.Body)
	for trait, to := range map[string]*string{millrace.TraitName: &f.Name, millrace.TraitProduct: &f.Product, millrace.TraitStage: &f.Stage, millrace.TraitStatus: &f.Status,
		millrace.TraitAmount: &f.Amount, millrace.TraitCurrency: &f.Currency} {
		*to = gjson.GetBytes(data, trait).String()
	}
	return &f
}

// moment is a cursor of a timeline: when, and which of that moment.
func moment(at millrace.Time, position int64) string {
	return base64.RawURLEncoding.EncodeToString([]byte(number(int64(at)) + "." + number(position)))
}

func parseMoment(op, s string) (at millrace.Time, position int64, err error) {
	if s == "" {
		return 0, 0, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	when, which, ok := strings.Cut(string(b), ".")
	if err == nil && ok {
		var n int64
		if n, err = strconv.ParseInt(when, 10, 64); err == nil {
			if position, err = strconv.ParseInt(which, 10, 64); err == nil && n != 0 {
				return millrace.Time(n), position, nil
			}
		}
	}
	return 0, 0, millrace.FieldErrorf(op, "cursor", "this is no cursor of a timeline: begin again without it")
}
