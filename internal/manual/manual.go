// Package manual makes the documentation readable in the app: Markdown becomes pages with headings that can be pointed at, links between
// pages stay in the app, and words are found by section. What it writes as HTML holds no script, no style and nothing from outside: raw HTML
// in a page is left out.
package manual

import (
	"cmp"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"millrace"
)

// Page is one document.
type Page struct {
	Name     string    `json:"name" doc:"As in its address: imports, 0002-one-writer"`
	Title    string    `json:"title"`
	Group    string    `json:"group" doc:"Whom it is for"`
	Summary  string    `json:"summary" doc:"Its first sentence"`
	Sections []Section `json:"sections" nullable:"false"`

	// HTML is the page without its title. Every heading has an id.
	HTML string `json:"-"`
	// Markdown is the page as it was written.
	Markdown string `json:"-"`
	// Links are the addresses in the app that it points to, in order.
	Links []string `json:"-"`

	intro string // plain text between the title and the first section
}

// Section begins with a heading under the page's title.
type Section struct {
	ID    string `json:"id" doc:"Of its heading: /docs/{name}#{id}"`
	Title string `json:"title"`
	Level int    `json:"level" doc:"2 for a section of the page, 3 for one within it"`

	text string // plain text up to the next heading
}

// Manual is all pages. It does not change and may be used by many at once.
type Manual struct {
	pages  []Page
	byName map[string]int
}

// File is a page that is not in a folder: written by the program itself.
type File struct{ Path, Markdown string }

// shelves are the groups in their order, with the pages that come first in each. A page that is named nowhere stands at the end of the first.
var shelves = []struct {
	group string
	names []string
}{
	{"Using Millrace", []string{"start", "imports", "playbook", "handoff", "measurement", "dashboards", "review", "reports", "audit"}},
	{"Running it", []string{"access", "collect", "api", "sql"}},
	{"How it is made", []string{"architecture", "benchmarks"}},
	{"Decisions", []string{"decisions"}},
}

// New reads all Markdown files of a folder and those beside it.
func New(folder fs.FS, beside ...File) (*Manual, error) {
	files := slices.Clone(beside)
	err := fs.WalkDir(folder, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(p) != ".md" {
			return err
		}
		text, err := fs.ReadFile(folder, p)
		files = append(files, File{p, string(text)})
		return err
	})
	if err != nil {
		return nil, err
	}
	m := &Manual{byName: map[string]int{}}
	known := map[string]string{}
	for _, f := range files {
		known[f.Path] = nameOf(f.Path)
	}
	for _, f := range files {
		m.pages = append(m.pages, read(f, known))
	}
	slices.SortStableFunc(m.pages, func(a, b Page) int {
		return cmp.Or(cmp.Compare(a.place(), b.place()), strings.Compare(a.Name, b.Name))
	})
	for i, p := range m.pages {
		if _, twice := m.byName[p.Name]; twice {
			return nil, fmt.Errorf("two pages are called %s", p.Name)
		}
		m.byName[p.Name] = i
	}
	return m, nil
}

// nameOf is a file's name in addresses: its own without the ending, or its folder's for the README of one.
func nameOf(p string) string {
	if dir := path.Dir(p); path.Base(p) == "README.md" && dir != "." {
		return path.Base(dir)
	}
	return strings.TrimSuffix(path.Base(p), ".md")
}

// groupOf is the shelf of a file, by its place or its folder.
func groupOf(p string) string {
	if path.Dir(p) == "decisions" {
		return shelves[len(shelves)-1].group
	}
	name := nameOf(p)
	for _, s := range shelves {
		if slices.Contains(s.names, name) {
			return s.group
		}
	}
	return shelves[0].group
}

// place orders the pages by shelf, and by their place on it.
func (p Page) place() int {
	const most = 1000 // more than pages on a shelf
	for i, s := range shelves {
		if s.group == p.Group {
			if at := slices.Index(s.names, p.Name); at >= 0 {
				return i*most + at
			}
			return i*most + most - 1
		}
	}
	return len(shelves) * most
}

// Pages are all pages in the order of a table of contents.
func (m *Manual) Pages() []Page { return slices.Clone(m.pages) }

// Page is the page of that name, else a NotFound error.
func (m *Manual) Page(name string) (Page, error) {
	i, ok := m.byName[name]
	if !ok {
		return Page{}, millrace.Errorf(millrace.NotFound, "manual.Page", "there is no page %q in the docs", name)
	}
	return m.pages[i], nil
}
