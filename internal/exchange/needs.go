package exchange

import (
	"slices"
	"strings"

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
	"accounts":      {{fieldID, millrace.TraitName, millrace.TraitDomain, millrace.TraitWebsite}},
	"contacts":      {{millrace.TraitEmail, fieldID, millrace.TraitName, millrace.TraitFirstName, millrace.TraitLastName}},
	"opportunities": {{fieldID, millrace.TraitName}, {fieldID, millrace.TraitAccount}},
	"events":        {{fieldEvent, fieldType, fieldURL, fieldPath}, {fieldUserID, fieldAnonymousID, millrace.TraitEmail}},
	"reps":          {{millrace.TraitName, millrace.TraitEmail, fieldID}},
	"products":      {{millrace.TraitName, fieldID}},
	entitySpend:     {{fieldDay, fieldPeriod, millrace.TraitFrom}, {millrace.TraitAmount}},
	entityContracts: {{millrace.TraitAccount, millrace.TraitDomain, millrace.TraitAccountID, fieldID}, {millrace.TraitFrom},
		{millrace.TraitAmount, fieldMRR, fieldTotalValue}},
	entityTargets: {{millrace.TraitMetric}, {fieldPeriod, fieldDay, millrace.TraitFrom}, {fieldPeriod, fieldDay, millrace.TraitTo}, {millrace.TraitValue}},
	entityRates:   {{fieldDay, millrace.TraitFrom}, {millrace.TraitCurrency}, {millrace.TraitValue}},
}

// Entities lists what the columns of each entity's files can become.
func Entities() []EntityInfo {
	out := make([]EntityInfo, len(entities))
	for i, e := range entities {
		out[i] = EntityInfo{Entity: e, Fields: fieldsOf(e)}
		for _, n := range needs[e] {
			out[i].Needs = append(out[i].Needs, Need{n})
		}
	}
	return out
}

func fieldsOf(entity string) (out []FieldInfo) {
	add := func(list columns) {
		for _, c := range list {
			if !slices.ContainsFunc(out, func(f FieldInfo) bool { return f.Name == c[1] }) {
				out = append(out, FieldInfo{c[1], typeIn(entity, c[1])})
			}
		}
	}
	add(genericOf(entity))
	for _, f := range knownFormats() {
		if f.entity == entity {
			add(f.columns)
		}
	}
	return out
}

// missing are the needs that no column and no constant fills.
func (p *plan) missing() (out []Need) {
	out = []Need{}
	if p.wide != "" || p.history || p.roles {
		return out // recognised by having them
	}
	has := func(name string) bool {
		if name == fieldID && p.mapping != nil && len(p.mapping.ID) > 0 || p.mapping != nil && p.mapping.Constants[name] != "" {
			return true
		}
		return p.field(name) >= 0
	}
	for _, n := range needs[p.entity] {
		if !slices.ContainsFunc(n, has) {
			out = append(out, Need{n})
		}
	}
	return out
}

// likely guesses the entity of a file that nothing recognises: that of whose fields most headers are, of equals the earlier.
func likely(set map[string]bool) string {
	best, most := "contacts", 0
	for _, e := range entities {
		g, n := genericFormat(e), 0
		for h := range g.columns.index() {
			if set[h] {
				n += 2
			}
		}
		if n > 0 && g.serves(set) {
			n++
		}
		if n > most {
			best, most = e, n
		}
	}
	return best
}

// wordIn finds the field of which a header speaks among other words: "Geschäftliche E-Mail" of email. The longest word wins.
func wordIn(header string, generic map[string]string) (trait string) {
	longest := 3
	for word, t := range generic {
		if len(word) > longest && strings.Contains(header, word) || len(word) == longest && t < trait && strings.Contains(header, word) {
			trait, longest = t, len(word)
		}
	}
	return trait
}
