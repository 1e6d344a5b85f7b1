package measure

import (
	"millrace"
	"millrace/internal/metrics"
)

// Beginnings are the first days that the log tells anything of, by kind of fact; NoDay where it tells nothing. What lies before is not zero but
// not known.
type Beginnings struct {
	Behavior  metrics.Day `json:"behavior" doc:"What people did"`
	Known     metrics.Day `json:"known" doc:"When people became known: a CRM's records may be older than what they did"`
	Opened    metrics.Day `json:"opened" doc:"Openings of opportunities"`
	Closed    metrics.Day `json:"closed" doc:"Closes of opportunities"`
	Spend     metrics.Day `json:"spend"`
	Contracts metrics.Day `json:"contracts"`
}

type beginningsKey struct{}

// Beginnings tells since when there are facts.
func (m *Model) Beginnings() Beginnings {
	out, _ := recall(m.memory, beginningsKey{}, func() (Beginnings, error) {
		b := Beginnings{metrics.NoDay, metrics.NoDay, metrics.NoDay, metrics.NoDay, metrics.NoDay, metrics.NoDay}
		first := func(to *metrics.Day, d metrics.Day) {
			if d != metrics.NoDay && (*to == metrics.NoDay || d < *to) {
				*to = d
			}
		}
		if m.activity.first > 0 {
			first(&b.Behavior, m.calendar.Day(m.activity.first))
		}
		for i := range m.leads {
			if at := m.leads[i].at; at > 0 {
				first(&b.Known, m.calendar.Day(at))
			}
		}
		for i := range m.deals {
			first(&b.Opened, m.calendar.Day(m.deals[i].Opened))
			first(&b.Closed, m.calendar.Day(m.deals[i].Closed))
		}
		for i := range m.spend {
			first(&b.Spend, m.spend[i].First)
		}
		for _, c := range m.records.contracts {
			first(&b.Contracts, c.First)
		}
		return b, nil
	})
	return out
}

// Today is the day of the model's moment.
func (m *Model) Today() metrics.Day { return m.calendar.Day(m.BuiltAt) }

// Day is the day of a moment.
func (m *Model) Day(at millrace.Time) metrics.Day { return m.calendar.Day(at) }

// Quarter is the calendar quarter of the model's moment.
func (m *Model) Quarter() metrics.Period { return m.quarter() }

// Currency is the workspace's.
func (m *Model) Currency() string { return m.currency }

// Committee is how many roles of the buying committee the playbook has, and how many of them engaged make an account an MQA.
func (m *Model) Committee() (roles, enough int) {
	return len(m.book.Committee.Roles), m.book.Lifecycle.MQA.Roles
}
