package playbook

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// The bounds of what is read. They are far above any real playbook (the presets have about 5,000 tokens) and keep the YAML parser,
// which recurses into nesting and from each key of a mapping to its next, within a fraction of a second and a small stack.
const (
	maxSource  = 1 << 20 // bytes
	maxTokens  = 100_000
	maxDepth   = 32
	maxKeys    = 500 // in one mapping
	maxAnchors = 500 // anchors and aliases together
	maxNodes   = 200_000
	maxItems   = 1000   // in a list of mappings
	maxTexts   = 10_000 // in a list of texts
)

// place is where something stands in the text, from 1.
type place struct{ line, column int }

type nodeKind uint8

const (
	nullNode nodeKind = iota
	textNode
	wholeNode
	numberNode
	boolNode
	listNode
	mappingNode
)

// node is a YAML value with aliases resolved and merge keys applied. Aliased nodes are shared, so a node is never changed.
type node struct {
	kind   nodeKind
	at     place
	text   string // scalars: as written, without quotes
	items  []*node
	fields []field
	size   int // nodes in it with aliases expanded
}

type field struct {
	key   string
	at    place
	value *node
}

// found describes the node for "… was found".
func (n *node) found() string {
	switch n.kind {
	case nullNode:
		return "nothing"
	case textNode:
		return "the text " + quote(n.text)
	case wholeNode, numberNode:
		return "the number " + n.text
	case boolNode:
		return n.text
	case listNode:
		return "a list"
	}
	return "a mapping"
}

// quote puts text from outside in quotes and shortens it.
func quote(s string) string {
	const most = 60
	if utf8.RuneCountInString(s) > most {
		s = string([]rune(s)[:most]) + "…"
	}
	return fmt.Sprintf("%q", s)
}

// readTree reads the text into a tree. The problem is the first one: after broken syntax nothing else can be said.
func readTree(src []byte) (root *node, problem *Problem) {
	if len(src) > maxSource {
		return nil, &Problem{Severity: SeverityError, Message: fmt.Sprintf("the playbook has %d bytes; at most %d (1 MiB) are read", len(src), maxSource),
			Suggestion: "keep lists of accounts out of the playbook: they belong in an import"}
	}
	if !utf8.Valid(src) {
		return nil, &Problem{Severity: SeverityError, Message: "the playbook is not valid UTF-8 text", Suggestion: "save the file as UTF-8"}
	}
	defer func() {
		if r := recover(); r != nil { // the YAML library is outside code and this text is outside text
			root, problem = nil, &Problem{Severity: SeverityError, Message: fmt.Sprintf("the playbook cannot be read as YAML: %v", r)}
		}
	}()
	tokens := lexer.Tokenize(strings.TrimPrefix(string(src), "\ufeff"))
	if problem := checkTokens(tokens); problem != nil {
		return nil, problem
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		return nil, syntaxProblem(err)
	}
	body, problem := onlyDocument(file)
	if problem != nil {
		return nil, problem
	}
	t := treeBuilder{anchors: map[string]*node{}}
	root, err = t.build(body)
	if err != nil {
		return nil, syntaxProblem(err)
	}
	return root, nil
}

func onlyDocument(file *ast.File) (ast.Node, *Problem) {
	var body ast.Node
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		if body != nil {
			at := placeOf(doc.Body)
			return nil, &Problem{Line: at.line, Column: at.column, Severity: SeverityError, Message: "a second YAML document begins here; a playbook is one",
				Suggestion: "remove the line ---, or put the second document in a file of its own"}
		}
		body = doc.Body
	}
	if body == nil {
		return nil, &Problem{Severity: SeverityError, Message: "the playbook is empty", Suggestion: "start from a preset: smb, mid-market or enterprise"}
	}
	return body, nil
}

// treeError is a refusal while the tree is built.
type treeError struct {
	at         place
	message    string
	suggestion string
}

func (e *treeError) Error() string { return e.message }

func syntaxProblem(err error) *Problem {
	p := &Problem{Severity: SeverityError}
	var own *treeError
	var syntax yaml.Error
	switch {
	case errors.As(err, &own):
		p.Line, p.Column, p.Message, p.Suggestion = own.at.line, own.at.column, own.message, own.suggestion
	case errors.As(err, &syntax):
		at := placeOfToken(syntax.GetToken())
		p.Line, p.Column, p.Message = at.line, at.column, "not valid YAML: "+syntax.GetMessage()
		p.Suggestion = "check indentation, colons and quotes on this line and the one above"
	default:
		p.Message = "not valid YAML: " + err.Error()
	}
	return p
}

func placeOfToken(tk *token.Token) place {
	if tk == nil || tk.Position == nil {
		return place{}
	}
	return place{tk.Position.Line, tk.Position.Column}
}

func placeOf(n ast.Node) place {
	switch v := n.(type) {
	case *ast.MappingNode:
		if !v.IsFlowStyle && len(v.Values) > 0 {
			return placeOf(v.Values[0].Key)
		}
	case *ast.MappingValueNode:
		return placeOf(v.Key)
	}
	return placeOfToken(n.GetToken())
}

// checkTokens refuses, before the recursive parser sees them, texts that nest too deep or are too long in one place.
func checkTokens(tokens token.Tokens) *Problem {
	refuse := func(tk *token.Token, suggestion, format string, args ...any) *Problem {
		at := placeOfToken(tk)
		return &Problem{Line: at.line, Column: at.column, Severity: SeverityError, Message: fmt.Sprintf(format, args...), Suggestion: suggestion}
	}
	var shape shape
	anchors := 0
	for i, tk := range tokens {
		if i >= maxTokens {
			return refuse(tk, "", "the playbook is too long: at most %d words and signs are read", maxTokens)
		}
		switch tk.Type {
		case token.TagType, token.DirectiveType:
			return refuse(tk, "remove it", "YAML tags and directives are not used in a playbook; found %s", quote(strings.TrimSpace(tk.Value)))
		case token.AnchorType, token.AliasType:
			if anchors++; anchors > maxAnchors {
				return refuse(tk, "write the values out", "more than %d anchors and aliases", maxAnchors)
			}
		}
		var before *token.Token
		if i > 0 {
			before = tokens[i-1]
		}
		shape.add(tk, before)
		if shape.depth() > maxDepth {
			return refuse(tk, "", "nested more than %d levels deep; no part of a playbook is", maxDepth)
		}
		if shape.keys() > maxKeys {
			return refuse(tk, "", "a mapping with more than %d keys; no part of a playbook has so many", maxKeys)
		}
	}
	return nil
}

// shape follows nesting through the token stream: flow brackets by counting, block structure by columns.
type shape struct {
	flow   int
	blocks []block
}

type block struct {
	column int
	list   bool
	keys   int
}

func (s *shape) depth() int { return s.flow + len(s.blocks) }

func (s *shape) keys() int {
	if len(s.blocks) == 0 {
		return 0
	}
	return s.blocks[len(s.blocks)-1].keys
}

func (s *shape) add(tk, before *token.Token) {
	switch tk.Type {
	case token.SequenceStartType, token.MappingStartType:
		s.flow++
	case token.SequenceEndType, token.MappingEndType:
		s.flow = max(0, s.flow-1)
	case token.SequenceEntryType, token.MappingKeyType:
		if s.flow == 0 {
			s.enter(placeOfToken(tk).column, true)
		}
	case token.MappingValueType:
		if s.flow == 0 && before != nil {
			s.enter(placeOfToken(before).column, false)
			s.blocks[len(s.blocks)-1].keys++
		}
	}
}

// enter moves to the block at the column: deeper ones have ended; a list may stand at the column of the key that holds it.
func (s *shape) enter(column int, list bool) {
	for n := len(s.blocks); n > 0; n = len(s.blocks) {
		top := s.blocks[n-1]
		if top.column < column || top.column == column && (list || !top.list) {
			break
		}
		s.blocks = s.blocks[:n-1]
	}
	if n := len(s.blocks); n > 0 && s.blocks[n-1].column == column && s.blocks[n-1].list == list {
		return
	}
	s.blocks = append(s.blocks, block{column: column, list: list})
}

// treeBuilder turns the AST into nodes. Sizes add up with aliases expanded, so a text that would unfold beyond maxNodes is refused
// before anything walks it.
type treeBuilder struct {
	anchors map[string]*node
}

func (t *treeBuilder) build(n ast.Node) (*node, error) {
	out := &node{at: placeOf(n), size: 1}
	switch v := n.(type) {
	case *ast.NullNode:
		out.kind = nullNode
	case *ast.StringNode:
		out.kind, out.text = textNode, v.Value
	case *ast.LiteralNode:
		out.kind, out.text = textNode, v.Value.Value
	case *ast.IntegerNode:
		out.kind, out.text = wholeNode, fmt.Sprint(v.Value)
	case *ast.FloatNode:
		out.kind, out.text = numberNode, v.Token.Value
	case *ast.InfinityNode, *ast.NanNode:
		out.kind, out.text = numberNode, n.GetToken().Value
	case *ast.BoolNode:
		out.kind, out.text = boolNode, fmt.Sprint(v.Value)
	case *ast.SequenceNode:
		return t.list(out, v)
	case *ast.MappingNode:
		return t.mapping(out, v.Values)
	case *ast.MappingValueNode:
		return t.mapping(out, []*ast.MappingValueNode{v})
	case *ast.AnchorNode:
		inner, err := t.build(v.Value)
		if err != nil {
			return nil, err
		}
		t.anchors[v.Name.GetToken().Value] = inner
		return inner, nil
	case *ast.AliasNode:
		name := v.Value.GetToken().Value
		inner, ok := t.anchors[name]
		if !ok {
			return nil, &treeError{out.at, fmt.Sprintf("the alias *%s has no anchor &%s before it", name, name), "define the anchor first, or write the value out"}
		}
		return inner, nil
	default:
		return nil, &treeError{out.at, fmt.Sprintf("a playbook has no use for this YAML construct (%s)", n.Type()), "write a plain value, list or mapping"}
	}
	return out, nil
}

func (t *treeBuilder) grow(out, by *node) error {
	out.size += by.size
	if out.size > maxNodes {
		return &treeError{by.at, fmt.Sprintf("with its aliases written out the playbook has more than %d values", maxNodes), "use fewer aliases"}
	}
	return nil
}

func (t *treeBuilder) list(out *node, v *ast.SequenceNode) (*node, error) {
	out.kind = listNode
	for _, item := range v.Values {
		child, err := t.build(item)
		if err != nil {
			return nil, err
		}
		if err := t.grow(out, child); err != nil {
			return nil, err
		}
		out.items = append(out.items, child)
	}
	return out, nil
}

func (t *treeBuilder) mapping(out *node, values []*ast.MappingValueNode) (*node, error) {
	out.kind = mappingNode
	var merged []field
	for _, kv := range values {
		child, err := t.build(kv.Value)
		if err != nil {
			return nil, err
		}
		if err := t.grow(out, child); err != nil {
			return nil, err
		}
		if kv.Key.IsMergeKey() {
			if child.kind != mappingNode {
				return nil, &treeError{placeOf(kv.Key), "<< merges a mapping, and " + child.found() + " was found", "point it at an anchor on a mapping"}
			}
			merged = append(merged, child.fields...)
			continue
		}
		key, err := t.build(keyValue(kv.Key))
		if err != nil {
			return nil, err
		}
		if key.kind == listNode || key.kind == mappingNode {
			return nil, &treeError{key.at, "a key is a plain word, and " + key.found() + " was found", ""}
		}
		out.fields = append(out.fields, field{key.text, placeOf(kv.Key), child})
	}
	own := map[string]bool{}
	for _, f := range out.fields {
		own[f.key] = true
	}
	for _, f := range merged { // a key written here wins over a merged one, an earlier merge over a later
		if !own[f.key] {
			own[f.key] = true
			out.fields = append(out.fields, f)
		}
	}
	return out, nil
}

func keyValue(k ast.MapKeyNode) ast.Node {
	if explicit, ok := k.(*ast.MappingKeyNode); ok {
		return explicit.Value
	}
	return k
}
