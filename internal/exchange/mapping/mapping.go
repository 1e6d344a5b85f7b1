// Package mapping reads and writes what somebody says of a file that is not recognised by itself: which column means what, how dates and numbers are
// written, which words mean which stage. A mapping is a YAML file or a document of the API; both are judged here, with the line or the column
// that is wrong. What it does to rows is package rows'.
package mapping

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"millrace"
	"millrace/internal/exchange/format"
	"millrace/internal/exchange/sheet"
)

// Mapping says what the columns of a file mean that is not recognised by itself. What it leaves out is as without a mapping.
type Mapping struct {
	Entity      string
	System      string             // what record ids are prefixed with and facts are ascribed to
	ID          []string           // headers that together are the record's id
	Columns     map[string]Meaning // by squeezed header
	Constants   map[string]string  // trait to value, for every row
	DateFormats []string           // Go layouts, tried in order, for date columns without their own; "dmy" and "mdy" set DayFirst
	DateOrder   string             // "", "dmy" or "mdy": how dates in digits are meant
	Decimal     string             // "", "." or ","
	Timezone    string             // IANA
	Currency    string             // ISO 4217
	Delimiter   rune
	StageMap    map[string]string         // squeezed stage of the source to open, won or lost
	Lifecycle   map[string]millrace.Stage // squeezed word of the source to a stage
	SkipUnknown bool                      // columns that are neither named here nor recognised are left out instead of kept
	Document    Document                  // the same as it was written

	exact map[string]Meaning // by header as written: of two that differ in punctuation alone each has its own
}

// Meaning is what the mapping says of a header. A nil mapping says nothing.
func (m *Mapping) Meaning(header string) (c Meaning, ok bool) {
	if m == nil {
		return c, false
	}
	if c, ok = m.exact[header]; !ok {
		c, ok = m.Columns[sheet.Squeeze(header)]
	}
	return c, ok
}

// Meaning is what one header's cells become.
type Meaning struct {
	Header string // as the mapping writes it
	Trait  string // "" when Skip
	Type   string
	Format string // date: a Go layout
	Sep    string // list: what separates its members
	Stage  string // stages: the stage that was entered at the cell's date
	Role   string // contacts: the role of the people in the cell
	Skip   bool

	said Column
}

const op = "mapping.Parse"

// The bounds of a mapping file, far above any real one.
const (
	maxMapping       = 256 << 10
	maxMappingTokens = 60_000
	maxMappingDepth  = 16
)

// at makes an error that names line and column.
func at(n ast.Node, format string, args ...any) error {
	e := millrace.Errorf(millrace.Invalid, op, format, args...)
	if tk := n.GetToken(); tk != nil && tk.Position != nil {
		e.Field = fmt.Sprintf("line %d, column %d", tk.Position.Line, tk.Position.Column)
	}
	return e
}

// Parse reads a mapping file (YAML). An error is Invalid and names the line and column.
func Parse(src []byte) (m *Mapping, err error) {
	if len(src) > maxMapping {
		return nil, millrace.Errorf(millrace.TooLarge, op, "the mapping has %d bytes; at most %d are read", len(src), maxMapping)
	}
	if !utf8.Valid(src) {
		return nil, millrace.Errorf(millrace.Invalid, op, "the mapping is not valid UTF-8 text: save it as UTF-8")
	}
	defer func() {
		if r := recover(); r != nil { // the YAML library is outside code and this text is outside text
			m, err = nil, millrace.Errorf(millrace.Invalid, op, "the mapping can't be read as YAML: %v", r)
		}
	}()
	tokens := lexer.Tokenize(strings.TrimPrefix(string(src), "\ufeff"))
	if err := boundTokens(tokens); err != nil {
		return nil, err
	}
	file, err := parser.Parse(tokens, 0)
	if err != nil {
		return nil, yamlError(err)
	}
	var body ast.Node
	for _, d := range file.Docs {
		if d.Body == nil {
			continue
		}
		if body != nil {
			return nil, at(d.Body, "a mapping file has one document; a second begins here")
		}
		body = d.Body
	}
	if body == nil {
		return nil, millrace.Errorf(millrace.Invalid, op, "the mapping is empty: it needs at least entity: and columns:")
	}
	m = &Mapping{Columns: map[string]Meaning{}, exact: map[string]Meaning{}, Document: Document{Columns: []Column{}}, Constants: map[string]string{}, StageMap: map[string]string{}, Lifecycle: map[string]millrace.Stage{}}
	if err := m.read(body); err != nil {
		return nil, err
	}
	return m, nil
}

func boundTokens(tokens token.Tokens) error {
	depth, flow, indents := 0, 0, []int{0}
	for i, t := range tokens {
		switch t.Type {
		case token.MappingStartType, token.SequenceStartType:
			flow++
		case token.MappingEndType, token.SequenceEndType:
			flow--
		case token.MappingValueType, token.SequenceEntryType:
			for len(indents) > 1 && t.Position.IndentNum < indents[len(indents)-1] {
				indents = indents[:len(indents)-1]
			}
			if t.Position.IndentNum > indents[len(indents)-1] {
				indents = append(indents, t.Position.IndentNum)
			}
		}
		depth = max(depth, flow+len(indents))
		if i > maxMappingTokens || depth > maxMappingDepth {
			return millrace.FieldErrorf(op, fmt.Sprintf("line %d", t.Position.Line), "the mapping is nested deeper or longer than any mapping file has to be")
		}
	}
	return nil
}

func yamlError(err error) error {
	var y yaml.Error
	if errors.As(err, &y) && y.GetToken() != nil {
		p := y.GetToken().Position
		return millrace.FieldErrorf(op, fmt.Sprintf("line %d, column %d", p.Line, p.Column), "%s", y.GetMessage())
	}
	return millrace.Errorf(millrace.Invalid, op, "the mapping can't be read as YAML: %v", err)
}

// mappingKeys are what may stand at the top of a mapping file.
var mappingKeys = []string{"entity", "system", "id", "columns", "constants", "date_format", "decimal", "timezone", "currency", "delimiter", "stage_map", "lifecycle_map", "unknown"}

func (m *Mapping) read(body ast.Node) error {
	pairs, err := pairsOf(body, "the mapping file")
	if err != nil {
		return err
	}
	for _, p := range pairs {
		if err := m.key(p); err != nil {
			return err
		}
	}
	if m.Entity == "" {
		return at(body, "entity is missing: one of %s", strings.Join(format.EntityNames(), ", "))
	}
	d := &m.Document
	d.Entity, d.System, d.ID, d.Decimal, d.Timezone, d.Currency, d.SkipUnknown = m.Entity, m.System, m.ID, m.Decimal, m.Timezone, m.Currency, m.SkipUnknown
	if len(m.Constants) > 0 {
		d.Constants = m.Constants
	}
	for _, p := range pairs {
		if p.name == "columns" {
			return m.columns(p.value)
		}
	}
	return at(body, "columns is missing: a line \"Header of the file: trait\" for each column")
}

// key reads one top-level entry; columns are read last, when the entity is known.
func (m *Mapping) key(p pair) (err error) {
	switch p.name {
	case "columns":
	case "entity":
		m.Entity, err = oneOf(p.value, "entity", format.EntityNames())
	case "system":
		if m.System, err = textOf(p.value, "system"); err == nil && sheet.Snake(m.System) != m.System {
			return at(p.value, "system is %q; it is a prefix of ids: lower-case letters, digits and _", m.System)
		}
	case "id":
		m.ID, err = textsOf(p.value, "id")
	case "constants":
		err = m.constants(p.value)
	case "date_format":
		err = m.dateFormats(p.value)
	case "decimal":
		m.Decimal, err = oneOf(p.value, "decimal", []string{".", ","})
	case "timezone":
		if m.Timezone, err = textOf(p.value, "timezone"); err == nil {
			if _, bad := time.LoadLocation(m.Timezone); bad != nil || m.Timezone == "Local" {
				return at(p.value, "timezone %q is no IANA zone such as Europe/Berlin", m.Timezone)
			}
		}
	case "currency":
		if m.Currency, err = textOf(p.value, "currency"); err == nil && (!sheet.IsCurrency(m.Currency) || m.Currency != strings.ToUpper(m.Currency)) {
			return at(p.value, "currency %q is no ISO 4217 code such as EUR", m.Currency)
		}
	case "delimiter":
		if m.Delimiter, err = delimiterOf(p.value); err == nil {
			m.Document.Delimiter = string(m.Delimiter)
			if m.Delimiter == '\t' {
				m.Document.Delimiter = "tab"
			}
		}
	case "stage_map":
		m.Document.StageMap = map[string]string{}
		return readMap(p.value, "stage_map", func(k string, v ast.Node) error {
			m.StageMap[sheet.Squeeze(k)], err = oneOf(v, "a stage is", []string{"open", "won", "lost"})
			m.Document.StageMap[k] = m.StageMap[sheet.Squeeze(k)]
			return err
		})
	case "lifecycle_map":
		m.Document.Lifecycle = map[string]string{}
		return readMap(p.value, "lifecycle_map", func(k string, v ast.Node) error {
			s, err := textOf(v, "lifecycle_map")
			stage, ok := millrace.ParseStage(s)
			if err == nil && !ok {
				return at(v, "%q is no lifecycle stage; they are lead, mql, accepted, sql, opportunity, customer, recycled, disqualified", s)
			}
			m.Lifecycle[sheet.Squeeze(k)], m.Document.Lifecycle[k] = stage, s
			return err
		})
	case "unknown":
		var s string
		s, err = oneOf(p.value, "unknown", []string{"keep", Skip})
		m.SkipUnknown = s == Skip
	default:
		return at(p.key, "unknown key %q; known are %s", p.name, strings.Join(mappingKeys, ", "))
	}
	return err
}

func (m *Mapping) constants(n ast.Node) error {
	return readMap(n, "constants", func(k string, v ast.Node) error {
		s, err := textOf(v, "a constant")
		if err != nil {
			return err
		}
		if sheet.Snake(k) != k {
			return at(v, "%q is no trait name: lower-case letters, digits and _", k)
		}
		m.Constants[k] = s
		return nil
	})
}

func (m *Mapping) dateFormats(n ast.Node) error {
	list, err := textsOf(n, "date_format")
	if err != nil {
		return err
	}
	m.Document.DateFormat = list
	for _, s := range list {
		if s == "dmy" || s == "mdy" {
			m.DateOrder = s
			continue
		}
		layout, err := sheet.DateLayout(s)
		if err != nil {
			return at(n, "date_format %v", err)
		}
		m.DateFormats = append(m.DateFormats, layout)
	}
	return nil
}

func delimiterOf(n ast.Node) (rune, error) {
	s, err := textOf(n, "delimiter")
	if err != nil {
		return 0, err
	}
	switch s {
	case "tab", "\t":
		return '\t', nil
	case ",", ";", "|":
		return rune(s[0]), nil
	}
	if len(s) == 1 && s[0] > ' ' && s[0] < 0x7f && s[0] != '"' {
		return rune(s[0]), nil
	}
	return 0, at(n, "delimiter %q is not one character such as \",\", \";\", \"|\" or the word tab", s)
}

func (m *Mapping) columns(n ast.Node) error {
	return readMap(n, "columns", func(header string, v ast.Node) error {
		c, err := m.column(header, v)
		if err != nil {
			return err
		}
		key := sheet.Squeeze(header)
		if key == "" {
			return at(v, "the header %q has no letter or digit to be found by", header)
		}
		if _, twice := m.exact[header]; twice {
			return at(v, "the header %q stands there twice", header)
		}
		m.exact[header] = c
		if _, taken := m.Columns[key]; !taken {
			m.Columns[key] = c
		}
		m.Document.Columns = append(m.Document.Columns, c.Column())
		return nil
	})
}

// column reads "trait", "skip" or {trait, type, format, separator, stage, role}.
func (m *Mapping) column(header string, n ast.Node) (c Meaning, err error) {
	c.Header = header
	if _, isMap := n.(ast.MapNode); !isMap {
		if c.Trait, err = textOf(n, "a column"); err != nil {
			return c, err
		}
		if c.Trait == Skip {
			return Meaning{Header: header, Skip: true}, nil
		}
		c.said.Trait = c.Trait
	} else if err = m.columnParts(&c, n); err != nil {
		return c, err
	}
	c.said.Header = header
	if !m.isTrait(c.Trait) {
		return c, at(n, "%q is no trait name: lower-case letters, digits and _", c.Trait)
	}
	if c.Type == "" {
		c.Type = format.TypeIn(m.Entity, c.Trait)
		if c.Stage != "" || c.Format != "" && c.Type != format.TypeDay {
			c.Type = format.TypeDate
		}
	}
	switch {
	case c.Format != "" && c.Type != format.TypeDate && c.Type != format.TypeDay:
		return c, at(n, "format is for columns of type date, and %q is %s", header, c.Type)
	case c.Stage != "" && c.Trait != millrace.TraitStages:
		return c, at(n, "stage is for columns with trait stages: the date at which that stage was entered")
	case c.Role != "" && c.Trait != millrace.TraitContacts:
		return c, at(n, "role is for columns with trait contacts: the role of the people in the cell")
	}
	return c, nil
}

// isTrait says whether a column can become that. Event properties keep their sender's spelling.
func (m *Mapping) isTrait(s string) bool {
	switch s {
	case "":
		return false
	case format.FieldHistoryStage, format.FieldHistoryAt, format.FieldContactID, format.FieldContactEmail, format.FieldContactRole, format.FieldContactPrimary:
		return true
	}
	return sheet.Snake(s) == s || m.Entity == "events" && format.IsProperty(s)
}

func (m *Mapping) columnParts(c *Meaning, n ast.Node) error {
	return readMap(n, "a column", func(k string, v ast.Node) (err error) {
		switch k {
		case "trait":
			c.Trait, err = textOf(v, "trait")
		case "type":
			c.Type, err = oneOf(v, "type", format.Types())
		case "format":
			var s string
			if s, err = textOf(v, "format"); err == nil {
				c.said.Format = s
				if s, err = sheet.DateLayout(s); err != nil {
					return at(v, "format %v", err)
				}
			}
			c.Format = s
		case "separator":
			c.Sep, err = textOf(v, "separator")
		case "stage":
			c.Stage, err = textOf(v, "stage")
		case "role":
			c.Role, err = textOf(v, "role")
		default:
			return at(v, "unknown key %q of a column; known are trait, type, format, separator, stage, role", k)
		}
		c.said.Trait, c.said.Type, c.said.Separator, c.said.Stage, c.said.Role = c.Trait, c.Type, c.Sep, c.Stage, c.Role
		return err
	})
}

// pair is one entry of a YAML mapping.
type pair struct {
	name  string
	key   ast.Node
	value ast.Node
}

func pairsOf(n ast.Node, what string) ([]pair, error) {
	m, ok := n.(ast.MapNode)
	if !ok {
		return nil, at(n, "%s wants lines of the form \"key: value\"", what)
	}
	var out []pair
	for it := m.MapRange(); it.Next(); {
		kv := it.KeyValue()
		if kv.Key == nil || kv.Value == nil {
			return nil, at(n, "%s has a key without a value", what)
		}
		name, err := textOf(kv.Key, "a key")
		if err != nil {
			return nil, err
		}
		out = append(out, pair{name, kv.Key, kv.Value})
	}
	return out, nil
}

func readMap(n ast.Node, what string, each func(key string, v ast.Node) error) error {
	pairs, err := pairsOf(n, what)
	if err != nil {
		return err
	}
	for _, p := range pairs {
		if err := each(p.name, p.value); err != nil {
			return err
		}
	}
	return nil
}

// textOf is a scalar as text: a number or a yes needs no quotes in a mapping file.
func textOf(n ast.Node, what string) (string, error) {
	var s string
	switch v := n.(type) {
	case *ast.StringNode:
		s = v.Value
	case *ast.LiteralNode:
		s = v.Value.Value
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		s = n.GetToken().Value
	default:
		return "", at(n, "%s wants a text", what)
	}
	if strings.TrimSpace(s) == "" {
		return "", at(n, "%s is empty", what)
	}
	return s, nil
}

func textsOf(n ast.Node, what string) ([]string, error) {
	seq, ok := n.(*ast.SequenceNode)
	if !ok {
		s, err := textOf(n, what)
		return []string{s}, err
	}
	out := make([]string, 0, len(seq.Values))
	for _, v := range seq.Values {
		s, err := textOf(v, what)
		if err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	if len(out) == 0 {
		return nil, at(n, "%s is empty", what)
	}
	return out, nil
}

func oneOf(n ast.Node, what string, choices []string) (string, error) {
	s, err := textOf(n, what)
	if err == nil && !slices.Contains(choices, s) {
		return "", at(n, "%s %q is unknown; known are %s", what, s, strings.Join(choices, ", "))
	}
	return s, err
}
