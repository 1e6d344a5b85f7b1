package measure

import (
	"strconv"

	"millrace"
	"millrace/internal/metrics"
)

// followUpDays is within how many days an MQL is to be taken up.
const followUpDays = 7

// takeUps are the moments at which sales took somebody up, as of a moment: acts of sales, stages that sales decided on, and openings of
// opportunities by account. known says that there is any trace of what sales does with people.
type takeUps struct {
	known bool
	acts  map[int32][]millrace.Time // by contact
	deals map[int32][]millrace.Time // by account
}

func (m *Model) takeUps(at millrace.Time) takeUps {
	t := takeUps{acts: map[int32][]millrace.Time{}, deals: map[int32][]millrace.Time{}}
	for _, x := range m.activity.acts {
		if x.kind == salesAct && x.at <= at {
			t.known = true
			t.acts[x.contact] = append(t.acts[x.contact], x.at)
		}
	}
	for _, s := range m.stages {
		if s.at <= at && !s.imported && !s.ended && s.stage != millrace.StageMQL {
			t.known = true
			t.acts[s.contact] = append(t.acts[s.contact], s.at)
		}
	}
	for i := range m.deals {
		if d := &m.deals[i]; d.Account > 0 && d.Opened > 0 && d.Opened <= at {
			t.deals[d.Account] = append(t.deals[d.Account], d.Opened)
		}
	}
	return t
}

// of is when an MQL was first taken up, 0 for never.
func (t takeUps) of(s *metrics.Move) millrace.Time {
	next := millrace.Time(0)
	for _, list := range [...][]millrace.Time{t.acts[s.Subject], t.deals[s.Account]} {
		for _, at := range list {
			if at >= s.At && (next == 0 || at < next) {
				next = at
			}
		}
	}
	return next
}

type followUpKey struct {
	at millrace.Time
	q  Query
}

// FollowUp is the share of the period's MQLs, a week old or older, that sales took up within a week, by the rule of the audit's check. It is
// undefined (not_asked) where no fact says what sales does.
func (m *Model) FollowUp(q Query) metrics.Figure {
	out, _ := recall(m.memory, followUpKey{m.BuiltAt, q}, func() (metrics.Figure, error) {
		p, taken := m.period(q), m.takeUps(m.BuiltAt)
		const days = millrace.Time(followUpDays) * millrace.Day
		x, n := 0, 0
		for i := range m.moves {
			s := &m.moves[i]
			if s.Stage != millrace.StageMQL || s.At > m.BuiltAt-days || !p.Has(m.moveDay[i]) {
				continue
			}
			n++
			if at := taken.of(s); at > 0 && at-s.At <= days {
				x++
			}
		}
		week := strconv.Itoa(followUpDays)
		f := metrics.Share("follow_up", "MQLs taken up within "+week+" days (called, met, written to, accepted, rejected, or an opportunity opened) / MQLs that are "+
			week+" days old or older", x, n, m.options(q))
		if !taken.known {
			f.Value, f.Interval, f.Undefined = nil, nil, metrics.NotAsked
		}
		return f, nil
	})
	return out
}
