package main

import (
	"fmt"
	"strings"

	"millrace/internal/app"
	schedules "millrace/internal/dashboard/mailing"
)

type scheduleCmd struct {
	Add    scheduleAddCmd    `cmd:"" help:"Mail a dashboard weekly or monthly at a set time; the running server sends it."`
	List   scheduleListCmd   `cmd:"" default:"1" help:"List what is mailed, to whom, and what became of the last mails."`
	Pause  schedulePauseCmd  `cmd:"" help:"Send nothing until it is resumed."`
	Resume scheduleResumeCmd `cmd:"" help:"Send again from the next set time on."`
	Remove scheduleRemoveCmd `cmd:"" help:"Mail it no more."`
}

type scheduleAddCmd struct {
	View    string   `arg:"" help:"executive, channel, content, sales or abm." enum:"executive,channel,content,sales,abm"`
	To      []string `required:"" help:"Who gets it: a user's id or address, or an address of somebody else; may be given again." placeholder:"WHO"`
	Title   string   `help:"What the mails are called; the view otherwise." placeholder:"TEXT"`
	Span    string   `help:"last-7-days, last-30-days, last-week, last-month, last-quarter or this-quarter." enum:"last-7-days,last-30-days,last-week,last-month,last-quarter,this-quarter" default:"last-week"`
	Compare string   `help:"none, previous or year." enum:"none,previous,year" default:"previous"`
	Every   string   `help:"weekly or monthly." enum:"weekly,monthly" default:"weekly"`
	Day     int      `help:"1 Monday to 7 Sunday, or the day of the month." default:"1"`
	At      string   `help:"Time of day in the workspace's time zone." default:"08:00"`
}

// Run makes a schedule.
func (c *scheduleAddCmd) Run(s *session) error {
	title := c.Title
	if title == "" {
		title = strings.ToUpper(c.View[:1]) + c.View[1:] + " dashboard"
	}
	return s.withWorkspace(func(w *app.Workspace) error {
		x, err := w.Mailing.Create(s.ctx, schedules.Plan{Title: title, View: c.View, Span: c.Span, Compare: c.Compare, Every: c.Every, Day: c.Day, At: c.At, Recipients: c.To}, s.as)
		if err != nil {
			return err
		}
		return s.print(x, func() { s.say("%s is sent as %s, first at %s.", x.Title, x.ID, x.NextAt) })
	})
}

type scheduleListCmd struct{}

// Run lists schedules.
func (c *scheduleListCmd) Run(s *session) error {
	return s.withWorkspace(func(w *app.Workspace) error {
		list, err := w.Mailing.Schedules(s.ctx)
		if err != nil {
			return err
		}
		return s.print(list, func() {
			var rows [][]string
			for _, x := range list {
				next := x.NextAt.String()
				if x.Paused {
					next = "paused"
				}
				states := map[string]int{}
				for _, d := range x.Latest {
					states[d.State]++
				}
				last := ""
				for _, state := range []string{"sent", "waiting", "sending", "failed", "unknown", "skipped", "no_relay"} {
					if n := states[state]; n > 0 {
						last += fmt.Sprintf("%d %s ", n, words(state))
					}
				}
				rows = append(rows, []string{x.ID, x.Title, x.View, x.Span, x.Every, fmt.Sprint(x.Day), x.At, next, fmt.Sprint(len(x.Recipients)), strings.TrimSpace(last)})
			}
			s.table([]string{"ID", "TITLE", "VIEW", "SPAN", "EVERY", "DAY", "AT", "NEXT", "TO", "LAST MAILS"}, rows)
		})
	})
}

// pause changes whether a schedule is paused.
func (s *session) pause(id string, yes bool) error {
	return s.withWorkspace(func(w *app.Workspace) error {
		x, err := w.Mailing.Schedule(s.ctx, id)
		if err != nil {
			return err
		}
		p := x.Plan()
		p.Paused = yes
		if x, err = w.Mailing.Change(s.ctx, id, p); err != nil {
			return err
		}
		return s.print(x, func() {
			if yes {
				s.say("%s is paused.", x.Title)
				return
			}
			s.say("%s is sent next at %s.", x.Title, x.NextAt)
		})
	})
}

type schedulePauseCmd struct {
	ID string `arg:"" help:"The schedule's id."`
}

// Run pauses a schedule.
func (c *schedulePauseCmd) Run(s *session) error { return s.pause(c.ID, true) }

type scheduleResumeCmd struct {
	ID string `arg:"" help:"The schedule's id."`
}

// Run resumes a schedule.
func (c *scheduleResumeCmd) Run(s *session) error { return s.pause(c.ID, false) }

type scheduleRemoveCmd struct {
	ID string `arg:"" help:"The schedule's id."`
}

// Run removes a schedule.
func (c *scheduleRemoveCmd) Run(s *session) error {
	return s.withWorkspace(func(w *app.Workspace) error {
		if err := w.Mailing.Remove(s.ctx, c.ID); err != nil {
			return err
		}
		return s.print(map[string]string{"removed": c.ID}, func() { s.say("%s is removed.", c.ID) })
	})
}
