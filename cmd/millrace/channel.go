package main

import (
	"errors"
	"io/fs"
	"os"
	"strings"

	"millrace/internal/app"
	"millrace/internal/channel"
	"millrace/internal/cli"
	"millrace/internal/playbook"
)

type channelCmd struct {
	URL      string `help:"The page that was arrived at, with its query; the path and query alone will do."`
	Referrer string `help:"The page before it, or android-app://<package>."`
	Source   string `help:"utm_source, in place of the URL's."`
	Medium   string `help:"utm_medium."`
	Campaign string `help:"utm_campaign."`
	Term     string `help:"utm_term."`
	Content  string `help:"utm_content."`
	Event    string `help:"Name of a tracked event, for touches that are no pages."`
}

// Run says what one visit comes to, under the workspace's playbook or, where there is no workspace yet, the preset that it would begin with.
func (c *channelCmd) Run(s *cli.Session) error {
	v := channel.Visit{URL: c.URL, Referrer: c.Referrer, Source: c.Source, Medium: c.Medium, Campaign: c.Campaign, Term: c.Term, Content: c.Content, Event: c.Event}
	if err := v.Check(); err != nil {
		return err
	}
	pb, of, err := rulingPlaybook(s)
	if err != nil {
		return err
	}
	a := channel.New(pb.Channels, pb.Workspace.Hosts).Classify(v).Answer()
	return s.Print(a, func() {
		s.Say("%s: %s / %s", a.Channel, a.Source, a.Medium)
		for _, line := range []struct{ name, value string }{{"own channel", orNone(a.OwnChannel) + ", by " + of}, {"campaign", a.Campaign}, {"campaign id", a.CampaignID},
			{"source platform", a.Platform}, {"term", a.Term}, {"content", a.Content}, {"click id", a.ClickID}, {"kind of site", strings.ReplaceAll(string(a.Kind), "_", " ")}, {"why", a.Why}} {
			if line.value != "" {
				s.Say("  %-15s  %s", line.name, line.value)
			}
		}
	})
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

// rulingPlaybook is the ruling playbook where the database is there, else the preset that a new one begins with; no database is made. of says
// which it is.
func rulingPlaybook(s *cli.Session) (pb *playbook.Playbook, of string, err error) {
	if !strings.Contains(s.DB, "://") {
		if _, err := os.Stat(s.DB); errors.Is(err, fs.ErrNotExist) {
			return preset("mid-market")
		}
	}
	err = s.WithWorkspace(func(w *app.Workspace) error {
		pb = w.Engine.Playbook()
		of = "the playbook " + pb.Version()
		return nil
	})
	return pb, of, err
}

func preset(name string) (*playbook.Playbook, string, error) {
	p, _ := playbook.PresetByName(name)
	pb, problems := playbook.Parse(p.Source)
	return pb, "the preset " + name, problems.Err()
}
