package main

import (
	"io"

	"millrace/docs"
	"millrace/internal/cli"
	"millrace/internal/manual"
)

type docsCmd struct {
	Name   string `arg:"" optional:"" help:"The page to print, as in the list; without it, the list of pages."`
	Search string `help:"List the sections that say something of these words." placeholder:"WORDS"`
}

// Run prints a page as it was written, the list of pages, or the sections that hold words. It needs no database.
func (c *docsCmd) Run(s *cli.Session) error {
	m, err := manual.New(docs.Files)
	if err != nil {
		return err
	}
	if c.Search != "" {
		hits := m.Search(c.Search, 20)
		return s.Print(hits, func() {
			var rows [][]string
			for _, h := range hits {
				rows = append(rows, []string{h.Name, h.Section, h.Excerpt})
			}
			s.Table([]string{"NAME", "SECTION", "SAYS"}, rows)
		})
	}
	if c.Name == "" {
		pages := m.Pages()
		return s.Print(pages, func() {
			var rows [][]string
			for _, p := range pages {
				rows = append(rows, []string{p.Name, p.Title, p.Summary})
			}
			s.Table([]string{"NAME", "TITLE", "SAYS"}, rows)
		})
	}
	p, err := m.Page(c.Name)
	if err != nil {
		return err
	}
	return s.Print(p, func() { io.WriteString(s.Out, p.Markdown) })
}
