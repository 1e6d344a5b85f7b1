package engine

import (
	"cmp"
	"context"
	"slices"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/eventlog"
)

// TimelineFact is one fact about a contact or an account, with its words in place of their numbers.
type TimelineFact struct {
	eventlog.Row
	NameText, Host, Path, SourceText string
	Contact                          int64 // whose it is; 0 for the account's own and its deals'
}

// TimelineQuery asks for at most Limit facts (0: all), those before a moment and, of that moment, before a position; 0, 0 begins with the
// newest.
type TimelineQuery struct {
	Before         millrace.Time
	BeforePosition int64
	Limit          int
	Kinds          []millrace.Kind // nil: all
}

// Timeline gives the facts about a contact or an account that stand today, newest first by when they occurred. An account's are its own,
// its deals', and those of people that count for it: of somebody who has changed companies, what they did while there. of is "contact" or
// "account".
func (e *Engine) Timeline(ctx context.Context, who string, q TimelineQuery) (of string, id int64, facts []TimelineFact, err error) {
	const op = "engine.Timeline"
	err = e.read(ctx, AsOf{}, func(u *unit) error {
		start, err := u.find(who)
		if err != nil {
			return err
		}
		id = start.entity
		switch {
		case personKind(start.kind()):
			of = "contact"
			facts, err = u.personTimeline(id, 0)
		case accountKind(start.kind()):
			of = "account"
			facts, err = u.accountTimeline(id)
		default:
			err = millrace.Errorf(millrace.NotFound, op, "%q is neither a person nor an account", who)
		}
		if err != nil {
			return err
		}
		facts = q.cut(facts)
		for i := range facts {
			f := &facts[i]
			if f.NameText, f.Host, f.Path, err = u.nameAndPlace(&f.Row); err != nil {
				return err
			}
			if f.SourceText, err = u.wordOf(f.Source); err != nil {
				return err
			}
		}
		return nil
	})
	return of, id, facts, err
}

// cut orders facts, newest first, each once, and takes the part that is asked for.
func (q TimelineQuery) cut(facts []TimelineFact) []TimelineFact {
	facts = slices.DeleteFunc(facts, func(f TimelineFact) bool {
		late := q.Before != 0 && (f.OccurredAt > q.Before || f.OccurredAt == q.Before && f.Seq >= q.BeforePosition)
		return late || q.Kinds != nil && !slices.Contains(q.Kinds, f.Kind)
	})
	slices.SortStableFunc(facts, func(a, b TimelineFact) int {
		return cmp.Or(cmp.Compare(b.OccurredAt, a.OccurredAt), cmp.Compare(b.Seq, a.Seq))
	})
	facts = slices.CompactFunc(facts, func(a, b TimelineFact) bool { return a.Seq == b.Seq })
	if q.Limit > 0 && len(facts) > q.Limit {
		facts = facts[:q.Limit]
	}
	return facts
}

// personTimeline are the facts of a person, all for account 0, else those that count for the account.
func (u *unit) personTimeline(id, account int64) ([]TimelineFact, error) {
	facts, err := u.personFacts(id)
	if err != nil {
		return nil, err
	}
	return u.timelineOf(id, account, facts)
}

// timelineOf is personTimeline, given all facts of the person.
func (u *unit) timelineOf(id, account int64, facts []personFact) ([]TimelineFact, error) {
	var held bindings
	var err error
	if account != 0 {
		var stored string
		if _, err := db.One(u.ctx, u.q, []any{&stored}, "/* timeline.bindings */ select bindings from "+u.t.contact+" where id = $1", id); err != nil {
			return nil, err
		}
		if held, err = decodeBindings(stored); err != nil {
			return nil, err
		}
	}
	out := make([]TimelineFact, 0, len(facts))
	for i := range facts {
		if account != 0 {
			holder := held.at(facts[i].OccurredAt)
			if holder == 0 {
				continue
			}
			if at, err := u.entityOf(holder); err != nil {
				return nil, err
			} else if at != account {
				continue
			}
		}
		out = append(out, TimelineFact{Row: facts[i].Row, Contact: id})
	}
	return out, nil
}

func (u *unit) accountTimeline(id int64) ([]TimelineFact, error) {
	var out []TimelineFact
	people, err := db.Collect(u.ctx, u.q, scanID, "/* timeline.people */ select id from "+u.t.contactScore+" where account = $1 union select contact from "+
		u.t.contactAccount+" where account = $2 order by 1", id, id)
	if err != nil {
		return nil, err
	}
	of, err := u.peopleFacts(people)
	if err != nil {
		return nil, err
	}
	for _, p := range people { // before the account's own: a group call is its person's
		facts, err := u.timelineOf(p, id, of[p])
		if err != nil {
			return nil, err
		}
		out = append(out, facts...)
	}
	own, err := u.accountFacts(id)
	if err != nil {
		return nil, err
	}
	deals, err := db.Collect(u.ctx, u.q, scanID, "/* timeline.deals */ select id from "+u.t.opportunity+" where account = $1 order by id", id)
	if err != nil {
		return nil, err
	}
	for _, d := range deals {
		i, err := u.identByID(d)
		if err != nil {
			return nil, err
		}
		if i == nil {
			continue
		}
		var facts []personFact
		if err := eventlog.OfSubject(u.ctx, u.q, d, i.firstSeq, u.limit, func(r *eventlog.Row) error {
			facts = append(facts, personFact{Row: *r})
			return nil
		}); err != nil {
			return nil, err
		}
		if facts, err = u.onlyAlive(facts); err != nil {
			return nil, err
		}
		own = append(own, facts...)
	}
	for _, f := range own {
		out = append(out, TimelineFact{Row: f.Row})
	}
	return out, nil
}
