package manual_test

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"millrace"
	"millrace/docs"
	"millrace/internal/manual"
)

func made(t *testing.T, files map[string]string, beside ...manual.File) *manual.Manual {
	t.Helper()
	folder := fstest.MapFS{}
	for name, text := range files {
		folder[name] = &fstest.MapFile{Data: []byte(text)}
	}
	m, err := manual.New(folder, beside...)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPage(t *testing.T) {
	m := made(t, map[string]string{
		"imports.md": "# Imports & more\n\nBrings `files` in. So it is said here, at some length: more follows.\n\n## What is *read*?\n\nSee [the mapping](#what-is-read), [who](access.md#roles), [why](decisions/0001-parts.md), " +
			"[all](decisions/README.md), [code](../internal/x/y.go), [`../Makefile`](../Makefile), [API](openapi.json), [out](https://example.com/a).\n\n" +
			"| a | |\n|---|--:|\n| 1 | 2 |\n\n```yaml\nkey: <b>\n```\n\n## What is *read*?\n\n<script>alert(1)</script>\n",
		"access.md":               "# Access\n\n## Roles\n",
		"decisions/README.md":     "# Decisions\n",
		"decisions/0001-parts.md": "# Parts\n\nBack to [imports](../imports.md).\n",
		"new-thing.md":            "Nothing but text.\n",
		"notes.txt":               "no page",
	}, manual.File{Path: "api.md", Markdown: "# API\n"})
	p, err := m.Page("imports")
	if err != nil {
		t.Fatal(err)
	}
	if p.Title != "Imports & more" || p.Summary != "Brings files in. So it is said here, at some length." || p.Group != "Using Millrace" {
		t.Errorf("%q %q %q", p.Title, p.Summary, p.Group)
	}
	if len(p.Sections) != 2 || p.Sections[0].ID != "what-is-read" || p.Sections[1].ID != "what-is-read-1" || p.Sections[0].Title != "What is read?" {
		t.Errorf("%+v", p.Sections)
	}
	for _, want := range []string{
		`<h2 id="what-is-read"><a href="/docs/imports#what-is-read">What is <em>read</em>?</a></h2>`,
		`<a href="/docs/imports#what-is-read">the mapping</a>`, `<a href="/docs/access#roles">who</a>`, `<a href="/docs/0001-parts">why</a>`, `<a href="/docs/decisions">all</a>`,
		`code (<code>internal/x/y.go</code> in the sources)`, `, <code>../Makefile</code>, `, `<a href="/api/openapi.json">API</a>`,
		`<a href="https://example.com/a" rel="noreferrer">out</a>`,
		`<div class="scroll" tabindex="0" role="group"><table>`, `<th>a</th>`, "<td></td>", `<td align="right">2</td>`, "<pre tabindex=\"0\"><code class=\"language-yaml\">key: &lt;b&gt;\n</code></pre>",
	} {
		if !strings.Contains(p.HTML, want) {
			t.Errorf("no %s in\n%s", want, p.HTML)
		}
	}
	for _, never := range []string{"<script", "<h1", "style="} {
		if strings.Contains(p.HTML, never) {
			t.Errorf("%s in\n%s", never, p.HTML)
		}
	}
	if p, err = m.Page("0001-parts"); err != nil || p.Group != "Decisions" || !strings.Contains(p.HTML, `href="/docs/imports"`) {
		t.Errorf("%+v %v", p, err)
	}
	if p, err = m.Page("new-thing"); err != nil || p.Title != "new-thing" || p.Group != "Using Millrace" {
		t.Errorf("%+v %v", p, err)
	}
	if _, err = m.Page("nowhere"); millrace.ErrorCode(err) != millrace.NotFound {
		t.Errorf("nowhere: %v", err)
	}
	var order []string
	for _, p := range m.Pages() {
		order = append(order, p.Name)
	}
	if got := strings.Join(order, " "); got != "imports new-thing access api decisions 0001-parts" {
		t.Errorf("order: %s", got)
	}
}

func TestTwoPagesOfOneName(t *testing.T) {
	if _, err := manual.New(fstest.MapFS{"decisions.md": {}, "decisions/README.md": {}}); err == nil {
		t.Error("both are taken")
	}
}

func TestSearch(t *testing.T) {
	long := strings.Repeat("filler words ", 40)
	m := made(t, map[string]string{
		"imports.md": "# Imports\n\nFiles come in.\n\n## Rejected rows\n\n" + long + "a row without an address is rejected here " + long + "\n\n## Undo\n\nTakes rows back.\n",
		"access.md":  "# Access\n\nAbout rows of keys, and rejected mails.\n",
	})
	for _, c := range []struct{ question, want string }{
		{"reject row", "imports#rejected-rows access#"},
		{"ROWS", "imports#rejected-rows imports#undo access#"},
		{"import", "imports#"},
		{"import undo", "imports#undo"},
		{"imports files", "imports#"},
		{"ddress", ""},
		{"nothing", ""},
		{"  ?! ", ""},
	} {
		var got []string
		for _, h := range m.Search(c.question, 10) {
			got = append(got, h.Name+"#"+h.ID)
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%q: %q, want %q", c.question, got, c.want)
		}
	}
	h := m.Search("address", 1)[0]
	if !strings.HasPrefix(h.Excerpt, "…") || !strings.HasSuffix(h.Excerpt, "…") || !strings.Contains(h.Excerpt, "without an address is") || len(h.Excerpt) > 180 {
		t.Errorf("excerpt %q", h.Excerpt)
	}
	if hits := m.Search("rows", 2); len(hits) != 2 {
		t.Errorf("limit: %v", hits)
	}
}

// addresses are all that the app can open of the docs: pages, and their headings. The API's own page is the server's.
func addresses(t *testing.T) (*manual.Manual, map[string]bool) {
	t.Helper()
	m, err := manual.New(docs.Files)
	if err != nil {
		t.Fatal(err)
	}
	there := map[string]bool{"/docs/api": true}
	for _, p := range m.Pages() {
		there["/docs/"+p.Name] = true
		for _, s := range p.Sections {
			there["/docs/"+p.Name+"#"+s.ID] = true
		}
	}
	return m, there
}

// TestLinksLeadSomewhere follows every link between pages of the docs.
func TestLinksLeadSomewhere(t *testing.T) {
	m, there := addresses(t)
	links := 0
	for _, p := range m.Pages() {
		if p.Title == p.Name || p.Summary == "" && p.Group != "Decisions" {
			t.Errorf("%s has no title or says nothing at its beginning", p.Name)
		}
		for _, l := range p.Links {
			links++
			if !there[l] {
				t.Errorf("%s links to %s, which is not there", p.Name, l)
			}
		}
	}
	if links < 20 {
		t.Errorf("only %d links were found", links)
	}
}

// TestTheAppsLinksLeadSomewhere follows what the app's explanations point to.
func TestTheAppsLinksLeadSomewhere(t *testing.T) {
	_, there := addresses(t)
	source, err := os.ReadFile("../../web/src/glossary.ts")
	if err != nil {
		t.Fatal(err)
	}
	all := regexp.MustCompile(`more: '([^']+)'`).FindAllStringSubmatch(string(source), -1)
	if len(all) < 20 {
		t.Fatalf("only %d links were found in the glossary", len(all))
	}
	for _, found := range all {
		if !strings.Contains(found[1], "#") || !there["/docs/"+found[1]] {
			t.Errorf("the glossary links to %s, which is no heading of the docs", found[1])
		}
	}
}
