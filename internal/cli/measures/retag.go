package measures

import (
	"fmt"
	"strconv"
	"strings"

	"millrace/internal/app"
	"millrace/internal/cli"
	"millrace/internal/measure"
)

// Retag corrects campaign tags.
type Retag struct {
	Add  retagAddCmd  `cmd:"" help:"Read campaign tags that were sent wrong as others, over all of the past and from now on."`
	List retagListCmd `cmd:"" help:"List corrections in the order in which they act."`
	Undo retagUndoCmd `cmd:"" help:"Take a correction back."`
}

type retagAddCmd struct {
	Source      string `help:"utm_source that is meant; * stands for any text, \"(not set)\" for none." placeholder:"TAG"`
	Medium      string `help:"utm_medium that is meant." placeholder:"TAG"`
	Campaign    string `help:"utm_campaign that is meant." placeholder:"TAG"`
	Host        string `help:"Host of the page that was arrived at." placeholder:"HOST"`
	ClickID     string `name:"click-id" help:"The click id's parameter, such as gclid." placeholder:"NAME"`
	SetSource   string `name:"set-source" help:"What utm_source is read as; \"(not set)\" takes it away." placeholder:"TAG"`
	SetMedium   string `name:"set-medium" help:"What utm_medium is read as." placeholder:"TAG"`
	SetCampaign string `name:"set-campaign" help:"What utm_campaign is read as." placeholder:"TAG"`
	Note        string `help:"Why, for those who read it later." placeholder:"TEXT"`
}

// Run makes a correction.
func (c *retagAddCmd) Run(s *cli.Session) error {
	rule := measure.RetagRule{Match: measure.TagMatch{Source: c.Source, Medium: c.Medium, Campaign: c.Campaign, Host: c.Host, ClickID: c.ClickID},
		Set: measure.TagSet{Source: c.SetSource, Medium: c.SetMedium, Campaign: c.SetCampaign}}
	if err := rule.Check(); err != nil {
		return err
	}
	return s.WithWorkspace(func(w *app.Workspace) error {
		t, err := w.Measure.Retag(s.Ctx, rule, c.Note, s.As)
		if err != nil {
			return err
		}
		return s.Print(t, func() {
			s.Say("Correction %d changes %d visits of %d kinds. Undo with: millrace retag undo %d", t.ID, t.Visits, t.Origins, t.ID)
		})
	})
}

type retagListCmd struct{}

// Run lists corrections.
func (c *retagListCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		list, err := w.Measure.Retags(s.Ctx)
		if err != nil {
			return err
		}
		return s.Print(list, func() {
			var rows [][]string
			for _, t := range list {
				state := fmt.Sprintf("%d visits", t.Visits)
				if t.UndoneAt != 0 {
					state = "undone " + t.UndoneAt.String()
				}
				rows = append(rows, []string{strconv.FormatInt(t.ID, 10), t.At.String(), t.By, retagLine(t.RetagRule), state, t.Note})
			}
			s.Table([]string{"ID", "MADE", "BY", "RULE", "STATE", "NOTE"}, rows)
		})
	})
}

type retagUndoCmd struct {
	ID int64 `arg:"" help:"The correction's id."`
}

// Run takes a correction back.
func (c *retagUndoCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		t, err := w.Measure.UndoRetag(s.Ctx, c.ID, s.As)
		if err != nil {
			return err
		}
		return s.Print(t, func() { s.Say("Correction %d is undone.", t.ID) })
	})
}

// retagLine is a rule in the words of the command line.
func retagLine(r measure.RetagRule) string {
	var parts []string
	for _, p := range [...][2]string{{"source", r.Match.Source}, {"medium", r.Match.Medium}, {"campaign", r.Match.Campaign}, {"host", r.Match.Host}, {"click-id", r.Match.ClickID},
		{"set-source", r.Set.Source}, {"set-medium", r.Set.Medium}, {"set-campaign", r.Set.Campaign}} {
		if p[1] != "" {
			parts = append(parts, "--"+p[0]+" "+strconv.Quote(p[1]))
		}
	}
	return "millrace retag add " + strings.Join(parts, " ")
}
