package manual

import (
	"bytes"
	"html"
	"path"
	"strconv"
	"strings"
	"unicode"

	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
)

// markdown reads what GitHub shows too, tables above all. Raw HTML is left out, and no style attribute is written: the app's policy allows none.
var markdown = goldmark.New(
	goldmark.WithExtensions(extension.NewTable(extension.WithTableCellAlignMethod(extension.TableCellAlignAttribute)), extension.Linkify, extension.Strikethrough),
	goldmark.WithParserOptions(parser.WithAutoHeadingID()),
)

// wide lets what is wider than the page be scrolled, by the keyboard too, and an empty head is no head. No such tag can come from a page itself: raw HTML is left out.
var wide = strings.NewReplacer("<table>", `<div class="scroll" tabindex="0" role="group"><table>`, "</table>", "</table></div>", "<pre>", `<pre tabindex="0">`,
	"<th></th>", "<td></td>", `<th align="right"></th>`, "<td></td>", `<th align="center"></th>`, "<td></td>")

// read makes a page of a file. known has the names of all pages by their files' paths.
func read(f File, known map[string]string) Page {
	source := []byte(f.Markdown)
	p := Page{Name: nameOf(f.Path), Group: groupOf(f.Path), Markdown: f.Markdown, Sections: []Section{}}
	root := markdown.Parser().Parse(text.NewReader(source), parser.WithContext(parser.NewContext(parser.WithIDs(anchors{}))))
	r := reader{page: &p, source: source, dir: path.Dir(f.Path), known: known}
	for n := root.FirstChild(); n != nil; {
		next := n.NextSibling()
		r.block(root, n)
		n = next
	}
	var out bytes.Buffer
	if err := markdown.Renderer().Render(&out, source, root); err != nil {
		panic(err) // a buffer takes everything
	}
	p.HTML = wide.Replace(out.String())
	if p.Title == "" {
		p.Title = p.Name
	}
	return p
}

// reader goes through a page's blocks once.
type reader struct {
	page   *Page
	source []byte
	dir    string
	known  map[string]string
}

// block notes what is said, and changes headings and links to what they are in the app.
func (r *reader) block(root, n ast.Node) {
	said := r.plain(n)
	r.links(n)
	h, heading := n.(*ast.Heading)
	switch {
	case heading && h.Level == 1 && r.page.Title == "":
		r.page.Title = said
		root.RemoveChild(root, n)
	case heading:
		id, _ := h.AttributeString("id")
		r.page.Sections = append(r.page.Sections, Section{ID: string(id.([]byte)), Title: said, Level: h.Level})
		r.point(h, string(id.([]byte)))
	case len(r.page.Sections) > 0:
		s := &r.page.Sections[len(r.page.Sections)-1]
		s.text = strings.TrimSpace(s.text + " " + said)
	default:
		if r.page.Summary == "" && n.Kind() == ast.KindParagraph {
			r.page.Summary = firstSentence(said)
		}
		r.page.intro = strings.TrimSpace(r.page.intro + " " + said)
	}
}

// plain is the text of a block without its marks, in one line.
func (r *reader) plain(n ast.Node) string {
	var b strings.Builder
	ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			if n.Type() == ast.TypeBlock {
				b.WriteByte(' ')
			}
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			b.Write(n.Value(r.source))
			if n.SoftLineBreak() || n.HardLineBreak() {
				b.WriteByte(' ')
			}
		case *ast.String:
			b.Write(n.Value)
		case *ast.AutoLink:
			b.Write(n.Label(r.source))
		case *ast.FencedCodeBlock, *ast.CodeBlock:
			b.Write(n.Lines().Value(r.source))
		}
		return ast.WalkContinue, nil
	})
	return strings.Join(strings.Fields(html.UnescapeString(b.String())), " ")
}

// links turns those to other pages into the app's, and those to files that are no pages into words: the app has none of them.
func (r *reader) links(n ast.Node) {
	var all []*ast.Link
	ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if l, ok := n.(*ast.Link); ok && entering {
			all = append(all, l)
		}
		return ast.WalkContinue, nil
	})
	for _, l := range all {
		to := string(l.Destination)
		if strings.Contains(to, "://") || strings.HasPrefix(to, "mailto:") {
			l.SetAttributeString("rel", []byte("noreferrer"))
			continue
		}
		file, id, _ := strings.Cut(to, "#")
		full := path.Join(r.dir, file)
		switch name, page := r.known[full]; {
		case file == "":
			r.lead(l, r.page.Name, id)
		case page:
			r.lead(l, name, id)
		case full == "openapi.json":
			l.Destination = []byte("/api/openapi.json")
		default:
			r.unlink(l, strings.TrimLeft(full, "./"))
		}
	}
}

func (r *reader) lead(l *ast.Link, name, id string) {
	to := "/docs/" + name
	if id != "" {
		to += "#" + id
	}
	l.Destination = []byte(to)
	r.page.Links = append(r.page.Links, to)
}

// unlink leaves a link's words, and says which file of the sources is meant where they don't.
func (r *reader) unlink(l *ast.Link, file string) {
	parent := l.Parent()
	said := r.plain(l)
	for c := l.FirstChild(); c != nil; c = l.FirstChild() {
		parent.InsertBefore(parent, l, c)
	}
	if strings.TrimLeft(said, "./") != file {
		where := ast.NewString([]byte(" (<code>" + html.EscapeString(file) + "</code> in the sources)"))
		where.SetCode(true) // written as it stands
		parent.InsertBefore(parent, l, where)
	}
	parent.RemoveChild(parent, l)
}

// point makes a heading a link to itself, unless it has one in it already.
func (r *reader) point(h *ast.Heading, id string) {
	for c := h.FirstChild(); c != nil; c = c.NextSibling() {
		if c.Kind() == ast.KindLink {
			return
		}
	}
	l := ast.NewLink()
	l.Destination = []byte("/docs/" + r.page.Name + "#" + id)
	for c := h.FirstChild(); c != nil; c = h.FirstChild() {
		l.AppendChild(l, c)
	}
	h.AppendChild(h, l)
}

// anchors makes the ids of a page's headings as GitHub does, so that one link is right in both places: lower case, blanks as hyphens, other
// marks left out, a number behind what comes again.
type anchors map[string]int

// Generate is of parser.IDs.
func (a anchors) Generate(heading []byte, _ ast.NodeKind) []byte {
	id := strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			return unicode.ToLower(r)
		case r == ' ':
			return '-'
		}
		return -1
	}, strings.TrimSpace(string(heading)))
	n := a[id]
	a[id]++
	if n > 0 {
		id += "-" + strconv.Itoa(n)
	}
	return []byte(id)
}

// Put is of parser.IDs.
func (a anchors) Put(id []byte) { a[string(id)]++ }

// firstSentence is the beginning of a text up to the end of a sentence; after a short one the next comes too.
func firstSentence(s string) string {
	const short = 50
	for i, r := range s {
		if i >= short && (r == '.' || r == ':') && i+1 < len(s) && s[i+1] == ' ' {
			return s[:i] + "."
		}
	}
	return s
}
