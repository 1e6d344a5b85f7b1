package measures

import (
	"fmt"
	"strings"

	"millrace/internal/app"
	"millrace/internal/cli"
	schedules "millrace/internal/dashboard/mailing"
)

// Schedule mails dashboards at set times.
type Schedule struct {
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
func (c *scheduleAddCmd) Run(s *cli.Session) error {
	title := c.Title
	if title == "" {
		title = strings.ToUpper(c.View[:1]) + c.View[1:] + " dashboard"
	}
	return s.WithWorkspace(func(w *app.Workspace) error {
		x, err := w.Mailing.Create(s.Ctx, schedules.Plan{Title: title, View: c.View, Span: c.Span, Compare: c.Compare, Every: c.Every, Day: c.Day, At: c.At, Recipients: c.To}, s.As)
		if err != nil {
			return err
		}
		return s.Print(x, func() { s.Say("%s is sent as %s, first at %s.", x.Title, x.ID, x.NextAt) })
	})
}

type scheduleListCmd struct{}

// Run lists schedules.
func (c *scheduleListCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		list, err := w.Mailing.Schedules(s.Ctx)
		if err != nil {
			return err
		}
		return s.Print(list, func() {
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
			s.Table([]string{"ID", "TITLE", "VIEW", "SPAN", "EVERY", "DAY", "AT", "NEXT", "TO", "LAST MAILS"}, rows)
		})
	})
}

// pause changes whether a schedule is paused.
func pause(s *cli.Session, id string, yes bool) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		x, err := w.Mailing.Schedule(s.Ctx, id)
		if err != nil {
			return err
		}
		p := x.Plan()
		p.Paused = yes
		if x, err = w.Mailing.Change(s.Ctx, id, p, s.As); err != nil {
			return err
		}
		return s.Print(x, func() {
			if yes {
				s.Say("%s is paused.", x.Title)
				return
			}
			s.Say("%s is sent next at %s.", x.Title, x.NextAt)
		})
	})
}

type schedulePauseCmd struct {
	ID string `arg:"" help:"The schedule's id."`
}

// Run pauses a schedule.
func (c *schedulePauseCmd) Run(s *cli.Session) error { return pause(s, c.ID, true) }

type scheduleResumeCmd struct {
	ID string `arg:"" help:"The schedule's id."`
}

// Run resumes a schedule.
func (c *scheduleResumeCmd) Run(s *cli.Session) error { return pause(s, c.ID, false) }

type scheduleRemoveCmd struct {
	ID string `arg:"" help:"The schedule's id."`
}

// Run removes a schedule.
func (c *scheduleRemoveCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		if err := w.Mailing.Remove(s.Ctx, c.ID); err != nil {
			return err
		}
		return s.Print(map[string]string{"removed": c.ID}, func() { s.Say("%s is removed.", c.ID) })
	})
}
