package format

import (
	"slices"

	"millrace"
)

// FieldInfo is something that a column can become.
type FieldInfo struct {
	Name string `json:"name" doc:"As mappings name it: email, account_id, history.stage"`
	Type string `json:"type" doc:"How its cells are read: text, date, money, …"`
}

// EntityInfo says what the columns of an entity's files can become, and what a row must have.
type EntityInfo struct {
	Entity string      `json:"entity"`
	Fields []FieldInfo `json:"fields" nullable:"false"`
	Needs  []Need      `json:"needs" nullable:"false" doc:"A row needs one of each"`
}

// Need is a set of fields of which a row has one at least.
type Need struct {
	OneOf []string `json:"one_of" nullable:"false"`
}

// needs are what a row must have by entity: one of every set.
var needs = map[string][][]string{
	"accounts":      {{FieldID, millrace.TraitName, millrace.TraitDomain, millrace.TraitWebsite}},
	"contacts":      {{millrace.TraitEmail, FieldID, millrace.TraitName, millrace.TraitFirstName, millrace.TraitLastName}},
	"opportunities": {{FieldID, millrace.TraitName}, {FieldID, millrace.TraitAccount}},
	"events":        {{FieldEvent, FieldType, FieldURL, FieldPath}, {FieldUserID, FieldAnonymousID, millrace.TraitEmail}},
	"reps":          {{millrace.TraitName, millrace.TraitEmail, FieldID}},
	"products":      {{millrace.TraitName, FieldID}},
	Spend:           {{FieldDay, FieldPeriod, millrace.TraitFrom}, {millrace.TraitAmount}},
	Contracts: {{millrace.TraitAccount, millrace.TraitDomain, millrace.TraitAccountID, FieldID}, {millrace.TraitFrom},
		{millrace.TraitAmount, FieldMRR, FieldTotalValue}},
	Targets: {{millrace.TraitMetric}, {FieldPeriod, FieldDay, millrace.TraitFrom}, {FieldPeriod, FieldDay, millrace.TraitTo}, {millrace.TraitValue}},
	Rates:   {{FieldDay, millrace.TraitFrom}, {millrace.TraitCurrency}, {millrace.TraitValue}},
}

// Needs are what a row of the entity must have.
func Needs(entity string) (out []Need) {
	for _, n := range needs[entity] {
		out = append(out, Need{n})
	}
	return out
}

// Entities lists what the columns of each entity's files can become.
func Entities() []EntityInfo {
	out := make([]EntityInfo, len(entities))
	for i, e := range entities {
		out[i] = EntityInfo{Entity: e, Fields: FieldsOf(e), Needs: Needs(e)}
	}
	return out
}

// FieldsOf lists what the columns of an entity's files can become.
func FieldsOf(entity string) (out []FieldInfo) {
	add := func(list Columns) {
		for _, c := range list {
			if !slices.ContainsFunc(out, func(f FieldInfo) bool { return f.Name == c[1] }) {
				out = append(out, FieldInfo{c[1], TypeIn(entity, c[1])})
			}
		}
	}
	add(genericOf(entity))
	for _, f := range knownFormats() {
		if f.Entity == entity {
			add(f.Columns)
		}
	}
	return out
}
