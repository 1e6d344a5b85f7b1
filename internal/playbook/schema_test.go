package playbook

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

type schemaNode struct {
	Type        string                 `json:"type"`
	Description string                 `json:"description"`
	Ref         string                 `json:"$ref"`
	Properties  map[string]*schemaNode `json:"properties"`
	Required    []string               `json:"required"`
	Additional  json.RawMessage        `json:"additionalProperties"`
	Items       *schemaNode            `json:"items"`
	Enum        []string               `json:"enum"`
	Defs        map[string]*schemaNode `json:"$defs"`
}

func readSchema(t testing.TB) *schemaNode {
	t.Helper()
	var root schemaNode
	if err := json.Unmarshal(Schema(), &root); err != nil {
		t.Fatal(err)
	}
	return &root
}

// TestSchemaAndTypesAgree walks both together: every key of one is a key of the other, with the same type and the same duty.
func TestSchemaAndTypesAgree(t *testing.T) {
	root := readSchema(t)
	used := map[string]bool{}
	var compare func(path string, s *schemaNode, typ reflect.Type)
	resolve := func(s *schemaNode) *schemaNode {
		name, ok := strings.CutPrefix(s.Ref, "#/$defs/")
		if !ok {
			return s
		}
		used[name] = true
		if root.Defs[name] == nil {
			t.Fatalf("the schema refers to %s, which it does not define", name)
		}
		return root.Defs[name]
	}
	compare = func(path string, s *schemaNode, typ reflect.Type) {
		s = resolve(s)
		want := map[reflect.Kind]string{reflect.Struct: "object", reflect.Map: "object", reflect.Slice: "array", reflect.String: "string",
			reflect.Bool: "boolean", reflect.Int: "integer", reflect.Float64: "number"}
		if typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		if s.Type != want[typ.Kind()] {
			t.Errorf("%s: schema type %q, Go %s", path, s.Type, typ)
		}
		switch typ.Kind() {
		case reflect.Slice:
			compare(path+"[]", s.Items, typ.Elem())
		case reflect.Struct:
			if string(s.Additional) != "false" {
				t.Errorf("%s: the schema allows unknown keys", path)
			}
			var keys, required []string
			for _, m := range membersOf(typ) {
				keys = append(keys, m.key)
				if m.required {
					required = append(required, m.key)
				}
				p := s.Properties[m.key]
				if p == nil {
					t.Errorf("%s: the schema lacks %s", path, m.key)
					continue
				}
				if len(p.Description) < 8 || !strings.HasSuffix(p.Description, ".") {
					t.Errorf("%s.%s: description %q", path, m.key, p.Description)
				}
				compare(join(path, m.key), p, typ.FieldByIndex(m.index).Type)
			}
			for key := range s.Properties {
				if !slices.Contains(keys, key) {
					t.Errorf("%s: the schema has %s, Go does not", path, key)
				}
			}
			slices.Sort(required)
			slices.Sort(s.Required)
			if !slices.Equal(required, s.Required) {
				t.Errorf("%s: required by the schema %v, by Go %v", path, s.Required, required)
			}
		}
	}
	compare("", root, reflect.TypeFor[Document]())
	for name := range root.Defs {
		if !used[name] {
			t.Errorf("nothing uses $defs/%s", name)
		}
	}
}

func TestSchemaEnumsAreTheCheckers(t *testing.T) {
	root := readSchema(t)
	frameworks := []string{}
	for _, f := range Frameworks() {
		frameworks = append(frameworks, f.Name)
	}
	frameworks = append(frameworks, "custom")
	for name, c := range map[string]struct{ got, want []string }{
		"motion":     {root.Properties["motion"].Enum, motions},
		"kind":       {root.Defs["criterion"].Properties["kind"].Enum, criterionKind},
		"of":         {root.Defs["criterion"].Properties["of"].Enum, subjects},
		"dq of":      {root.Defs["disqualifier"].Properties["of"].Enum, subjects},
		"on":         {root.Defs["behavior"].Properties["on"].Enum, triggers},
		"funnel":     {root.Defs["behavior"].Properties["funnel"].Enum, funnelStages},
		"role":       {root.Defs["role"].Properties["role"].Enum, committeeRole},
		"channel":    {root.Defs["channel"].Properties["role"].Enum, channelRoles},
		"groups":     {root.Defs["channel"].Properties["groups"].Items.Enum, channelGroups},
		"kinds":      {root.Defs["channel"].Properties["kinds"].Items.Enum, siteKinds},
		"also":       {root.Defs["channel_match"].Properties["groups"].Items.Enum, channelGroups},
		"also kinds": {root.Defs["channel_match"].Properties["kinds"].Items.Enum, siteKinds},
		"days":       {root.Defs["calendar"].Properties["days"].Items.Enum, weekdays},
		"frameworks": {root.Defs["sql"].Properties["framework"].Enum, frameworks},
	} {
		if !slices.Equal(c.got, c.want) {
			t.Errorf("%s: schema %v, checker %v", name, c.got, c.want)
		}
	}
}

func compileSchema(t testing.TB) *jsonschema.Schema {
	t.Helper()
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource("playbook.json", doc); err != nil {
		t.Fatal(err)
	}
	s, err := compiler.Compile("playbook.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// validate runs YAML against the schema.
func validate(t testing.TB, s *jsonschema.Schema, source string) error {
	t.Helper()
	asJSON, err := yaml.YAMLToJSON([]byte(source))
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(asJSON))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

func TestSchemaAcceptsPresets(t *testing.T) {
	s := compileSchema(t)
	for _, p := range Presets() {
		if err := validate(t, s, string(p.Source)); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
	if err := validate(t, s, minimal); err != nil {
		t.Errorf("minimal: %v", err)
	}
}

// TestSchemaRefusesWhatParseRefuses: for what a schema can say at all, an editor and Parse agree.
func TestSchemaRefusesWhatParseRefuses(t *testing.T) {
	s := compileSchema(t)
	for _, edit := range [][2]string{
		{"format: 1", "format: 2"},
		{"currency: EUR", "currency: eur"},
		{"threshold: 20", "threshold: many"},
		{"threshold: 20", "thresold: 20"},
		{"kind: technographic", "kind: technology"},
		{"kind: technographic", "kind: behavioral"},
		{"{like: [\"hubspot*\"], points: 10}", "{like: [], points: 10}"},
		{"half_life_days: 14", "half_life_days: 0.1"},
		{"points: 20, cap_per_day: 20", "points: 2000, cap_per_day: 20"},
		{"cap_per_day: 20", "cap_per_day: -20"},
		{"paths: [/pricing]", "paths: [pricing]"},
		{"on: page", "on: pages"},
		{"titles: [\"*head of*\"]", "label: nothing to go by"},
		{"expire_below: 45", "expires_below: 45"},
		{"framework: bant", "framework: bantam"},
		{"grades: {A: 30, B: 0}", "grades: {a: 30, B: 0}"},
	} {
		source := replace(t, minimal, edit[0], edit[1])
		if validate(t, s, source) == nil {
			t.Errorf("the schema accepts %s", edit[1])
		}
		if _, problems := Parse([]byte(source)); !problems.HasErrors() {
			t.Errorf("Parse accepts %s", edit[1])
		}
	}
}
