package playbook

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Playbook is a document that has been read and found usable. It is not to be changed after Parse: its version is of what was read.
type Playbook struct {
	Document
	source  []byte
	version string
	places  map[string]place
}

// Parse reads a playbook. It reports all problems at once, in the order of the text: a problem of severity error refuses the playbook
// (which is then nil), warnings come beside a usable playbook. It never panics, and bounds size, depth and aliases of what it reads.
func Parse(src []byte) (*Playbook, Problems) {
	root, problem := readTree(src)
	if problem != nil {
		return nil, Problems{*problem}
	}
	d := newDecoder()
	var doc Document
	d.decodeDocument(root, &doc)
	c := checker{doc: &doc, places: d.places, problems: d.problems, decoded: len(d.problems)}
	c.document()
	problems := c.problems.sorted()
	if problems.HasErrors() {
		return nil, problems
	}
	return &Playbook{Document: doc, source: bytes.Clone(src), version: versionOf(doc), places: d.places}, problems
}

// Source is the text as it was given to Parse, comments and formatting included. The caller may keep and change it.
func (p *Playbook) Source() []byte { return bytes.Clone(p.source) }

// Version is the content hash of the document: "pb_" and 16 hex digits. Comments, formatting, the order of keys and of lists whose
// order means nothing don't change it. Two playbooks have the same version exactly when Diff finds nothing between them.
func (p *Playbook) Version() string {
	if p.version == "" {
		return versionOf(p.Document)
	}
	return p.version
}

// Position is the line and column (from 1) of a path of Problem ("rubric.behaviors[3].points") or Change
// ("rubric.behaviors[pricing_page].points") in the source; false when the text does not have it.
func (p *Playbook) Position(path string) (line, column int, ok bool) {
	at, ok := p.places[path]
	if byPlace := positional(p.Document, path); !ok && byPlace != "" {
		at, ok = p.places[byPlace]
	}
	return at.line, at.column, ok
}

// versionOf hashes the normal form's JSON: 64 bits, enough to tell apart every version that a team will ever write.
func versionOf(doc Document) string {
	b, err := json.Marshal(normalize(doc))
	if err != nil { // the document holds only strings, finite numbers and lists of them
		panic(fmt.Sprintf("playbook: canonical form: %v", err))
	}
	sum := sha256.Sum256(b)
	return "pb_" + hex.EncodeToString(sum[:8])
}
