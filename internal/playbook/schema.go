package playbook

import (
	"bytes"
	_ "embed"
)

//go:embed schema.json
var schema []byte

// Schema is the JSON Schema (2020-12) of a playbook, with a description of every key, for editors and forms. What it accepts can still
// be refused by Parse, which also checks references, ids, time zones and whether bars can be reached. The caller may keep and change it.
func Schema() []byte { return bytes.Clone(schema) }
