package mapping

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"millrace"
)

// Document is a mapping file as data, for the API and the screen. Its words are the file's; Parse judges them.
type Document struct {
	Entity      string            `json:"entity" doc:"accounts, contacts, opportunities, events, reps, products, spend, contracts, targets or rates"`
	System      string            `json:"system,omitempty" doc:"Prefix of the records' ids; that of a recognised file makes the mapping build on what is known of it"`
	ID          []string          `json:"id,omitempty" nullable:"false" doc:"Headers that together are a record's id"`
	Columns     []Column          `json:"columns" nullable:"false" doc:"Headers that are not named are as recognised, else traits of their own"`
	Constants   map[string]string `json:"constants,omitempty" doc:"Trait to value, for rows that have none"`
	DateFormat  []string          `json:"date_format,omitempty" nullable:"false" doc:"dmy, mdy, or patterns such as dd.MM.yyyy"`
	Decimal     string            `json:"decimal,omitempty" doc:"The decimal sign, . or ,"`
	Timezone    string            `json:"timezone,omitempty" doc:"IANA, of dates without one"`
	Currency    string            `json:"currency,omitempty" doc:"ISO 4217, of amounts that name none"`
	Delimiter   string            `json:"delimiter,omitempty" doc:"One character, or tab"`
	StageMap    map[string]string `json:"stage_map,omitempty" doc:"The source's stage to open, won or lost"`
	Lifecycle   map[string]string `json:"lifecycle_map,omitempty" doc:"The source's word to a lifecycle stage"`
	SkipUnknown bool              `json:"skip_unknown,omitempty" doc:"Leave out the columns that are not named"`
}

// Column is what the cells under one header become.
type Column struct {
	Header    string `json:"header"`
	Trait     string `json:"trait" doc:"A field, a trait of one's own, or skip to leave the column out"`
	Type      string `json:"type,omitempty" doc:"When it is another than the field's own"`
	Format    string `json:"format,omitempty" doc:"Of dates: a pattern such as dd.MM.yyyy"`
	Separator string `json:"separator,omitempty" doc:"Of lists"`
	Stage     string `json:"stage,omitempty" doc:"With trait stages: the stage that was entered at the cell's date"`
	Role      string `json:"role,omitempty" doc:"With trait contacts: the role of the people in the cell"`
}

// Skip is the trait of a column that is left out.
const Skip = "skip"

// YAML is the document as a mapping file.
func (d *Document) YAML() []byte {
	var b bytes.Buffer
	line := func(key, value string) {
		if value != "" {
			fmt.Fprintf(&b, "%s: %s\n", key, scalar(value))
		}
	}
	list := func(key string, values []string) {
		if len(values) > 0 {
			quoted := make([]string, len(values))
			for i, v := range values {
				quoted[i] = scalar(v)
			}
			fmt.Fprintf(&b, "%s: [%s]\n", key, strings.Join(quoted, ", "))
		}
	}
	table := func(key string, m map[string]string) {
		if len(m) > 0 {
			fmt.Fprintf(&b, "%s:\n", key)
		}
		for _, k := range slices.Sorted(maps.Keys(m)) {
			fmt.Fprintf(&b, "  %s: %s\n", scalar(k), scalar(m[k]))
		}
	}
	line("entity", d.Entity)
	line("system", d.System)
	list("id", d.ID)
	line("delimiter", d.Delimiter)
	list("date_format", d.DateFormat)
	line("decimal", d.Decimal)
	line("timezone", d.Timezone)
	line("currency", d.Currency)
	if d.SkipUnknown {
		line("unknown", Skip)
	}
	b.WriteString("columns:")
	if len(d.Columns) == 0 {
		b.WriteString(" {}")
	}
	b.WriteString("\n")
	for _, c := range d.Columns {
		fmt.Fprintf(&b, "  %s: %s\n", scalar(c.Header), c.value())
	}
	table("constants", d.Constants)
	table("stage_map", d.StageMap)
	table("lifecycle_map", d.Lifecycle)
	return b.Bytes()
}

// Mapping is the document as an import takes it. The error is Invalid and its field is the header of the column that it is about.
func (d *Document) Mapping() (*Mapping, error) {
	m, err := Parse(d.YAML())
	if e, ok := errors.AsType[*millrace.Error](err); ok {
		e.Field = "mapping" // the lines are those of a text that nobody has seen
		for _, c := range d.Columns {
			if c.Header != "" && strings.Contains(e.Message, fmt.Sprintf("%q", c.Header)) {
				e.Field = "mapping.columns." + c.Header
			}
		}
	}
	return m, err
}

// plainScalar needs no quotes in YAML, but for the words of yamlWords.
var plainScalar = regexp.MustCompile(`^\pL[\pL\pN_./-]*( [\pL\pN_./-]+)*$`)

var yamlWords = map[string]bool{"true": true, "false": true, "yes": true, "no": true, "on": true, "off": true, "null": true, "y": true, "n": true}

// scalar writes a text for YAML: as it is, or in double quotes.
func scalar(s string) string {
	if plainScalar.MatchString(s) && !yamlWords[strings.ToLower(s)] {
		return s
	}
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, `\x%02x`, r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// value is the column as a mapping file has it: the trait alone where nothing else is said.
func (c *Column) value() string {
	var parts []string
	for _, x := range [][2]string{{"type", c.Type}, {"format", c.Format}, {"separator", c.Separator}, {"stage", c.Stage}, {"role", c.Role}} {
		if x[1] != "" {
			parts = append(parts, x[0]+": "+scalar(x[1]))
		}
	}
	if len(parts) == 0 {
		return scalar(c.Trait)
	}
	return "{trait: " + scalar(c.Trait) + ", " + strings.Join(parts, ", ") + "}"
}

// Column is the column as its mapping wrote it.
func (c *Meaning) Column() Column {
	if c.Skip {
		return Column{Header: c.Header, Trait: Skip}
	}
	return c.said
}
