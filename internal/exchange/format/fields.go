package format

import (
	"regexp"
	"slices"

	"millrace"
)

// The targets of columns that are not traits: they make the record's identity, its times, or an entry of one of its lists.
const (
	FieldID             = "id"
	FieldCreated        = "created_at"
	FieldModified       = "modified_at"
	FieldWon            = "is_won"
	FieldClosed         = "is_closed"
	FieldHistoryStage   = "history.stage"
	FieldHistoryAt      = "history.at"
	FieldContactID      = "contact.id"
	FieldContactEmail   = "contact.email"
	FieldContactRole    = "contact.role"
	FieldContactPrimary = "contact.primary"
)

// The targets of an events file.
const (
	FieldType        = "type"
	FieldEvent       = "event"
	FieldMessageID   = "message_id"
	FieldAnonymousID = "anonymous_id"
	FieldUserID      = "user_id"
	FieldPreviousID  = "previous_id"
	FieldGroupID     = "group_id"
	FieldOccurred    = "occurred_at"
	FieldURL         = "url"
	FieldReferrer    = "referrer"
	FieldPageTitle   = "page_title"
	FieldPath        = "path"
	FieldHost        = "host"
	FieldUserAgent   = "user_agent"
	FieldIP          = "ip"
	FieldProperties  = "properties"
	FieldContext     = "context"
	FieldTraits      = "traits"
)

// The types of columns, as a mapping file names them.
const (
	TypeText      = "text"
	TypeID        = "id"
	TypeEmail     = "email"
	TypePhone     = "phone"
	TypeDate      = "date"
	TypeMoney     = "money"
	TypeNumber    = "number"
	TypeInteger   = "integer"
	TypeYear      = "year"
	TypeBool      = "bool"
	TypeList      = "list"
	TypeURL       = "url"
	TypeDomain    = "domain"
	TypeLifecycle = "lifecycle"
	TypeStatus    = "lead_status"
	TypeJSON      = "json"
	TypeStages    = "stages"
	TypeContacts  = "contacts"
	TypeDay       = "day"    // a day of the calendar
	TypePeriod    = "period" // a month, a quarter, a year or a day
)

// Types lists the types that a mapping may name, in the order of the documentation.
func Types() []string {
	return []string{TypeText, TypeID, TypeEmail, TypePhone, TypeDate, TypeMoney, TypeNumber, TypeInteger, TypeYear, TypeBool,
		TypeList, TypeURL, TypeDomain, TypeLifecycle, TypeStatus, TypeJSON, TypeStages, TypeContacts, TypeDay, TypePeriod}
}

var traitTypes = map[string]string{
	FieldID: TypeID, millrace.TraitAccountID: TypeID, FieldContactID: TypeID,
	millrace.TraitEmail: TypeEmail, FieldContactEmail: TypeEmail, millrace.TraitPhone: TypePhone, "mobile": TypePhone,
	FieldCreated: TypeDate, FieldModified: TypeDate, millrace.TraitOpenedAt: TypeDate, millrace.TraitClosedAt: TypeDate,
	FieldHistoryAt: TypeDate, FieldOccurred: TypeDate,
	millrace.TraitAmount: TypeMoney, millrace.TraitRevenue: TypeNumber, millrace.TraitPrice: TypeNumber,
	millrace.TraitEmployees: TypeInteger, millrace.TraitFounded: TypeYear,
	FieldWon: TypeBool, FieldClosed: TypeBool, FieldContactPrimary: TypeBool,
	millrace.TraitTechnologies: TypeList, "tags": TypeList, millrace.TraitWebsite: TypeURL, millrace.TraitDomain: TypeDomain,
	millrace.TraitLifecycle: TypeLifecycle, "lead_status": TypeStatus,
	millrace.TraitStages: TypeStages, millrace.TraitContacts: TypeContacts,
	FieldProperties: TypeJSON, FieldContext: TypeJSON, FieldTraits: TypeJSON,
}

// TypeOf is the type a trait's cells have unless a mapping says otherwise.
func TypeOf(trait string) string {
	if t, ok := traitTypes[trait]; ok {
		return t
	}
	return TypeText
}

// entities that can be imported, in the order in which a whole CRM is best brought in, then figures.
var entities = []string{"accounts", "contacts", "opportunities", "events", "reps", "products", Spend, Contracts, Targets, Rates}

var entityKinds = map[string]millrace.Kind{"accounts": millrace.KindAccount, "contacts": millrace.KindContact,
	"opportunities": millrace.KindOpportunity, "reps": millrace.KindRep, "products": millrace.KindProduct, "events": millrace.KindTrack,
	Spend: millrace.KindSpend, Contracts: millrace.KindContract, Targets: millrace.KindTarget, Rates: millrace.KindRate}

// EntityNames lists what can be imported, in the order in which a whole CRM is best brought in, then figures.
func EntityNames() []string { return slices.Clone(entities) }

// Kind is the kind of fact that a row of the entity makes; of events, where the row does not say another.
func Kind(entity string) millrace.Kind { return entityKinds[entity] }

// The entities whose rows are figures of days rather than records of a CRM.
const (
	Spend     = "spend"
	Contracts = "contracts"
	Targets   = "targets"
	Rates     = "rates"
)

// The targets of their columns that are not traits: they say which days a row is about, or how its amount is meant.
const (
	FieldDay         = "day"
	FieldPeriod      = "period"       // a month, a quarter, a year or a day
	FieldEvery       = "every"        // monthly, quarterly or yearly: the amount recurs
	FieldMRR         = "mrr"          // a month's recurring revenue
	FieldTotalValue  = "total_value"  // over the whole term
	FieldAccountName = "account_name" // of the ad account, whose id counts where there is one
	FieldAdGroupID   = "ad_group_id"
	FieldAdID        = "ad_id"
)

// figureTypes are the types of columns by entity; they go before those that traits have in any entity.
var figureTypes = map[string]map[string]string{
	Spend: {FieldDay: TypeDay, millrace.TraitFrom: TypeDay, millrace.TraitTo: TypeDay, FieldPeriod: TypePeriod, millrace.TraitImpressions: TypeInteger,
		millrace.TraitClicks: TypeInteger, millrace.TraitReach: TypeInteger, millrace.TraitLeads: TypeInteger, millrace.TraitConversions: TypeNumber},
	Contracts: {millrace.TraitFrom: TypeDay, millrace.TraitTo: TypeDay, FieldMRR: TypeMoney, FieldTotalValue: TypeMoney, millrace.TraitOpportunity: TypeID},
	Targets:   {FieldDay: TypeDay, millrace.TraitFrom: TypeDay, millrace.TraitTo: TypeDay, FieldPeriod: TypePeriod, millrace.TraitValue: TypeMoney},
	Rates:     {FieldDay: TypeDay, millrace.TraitFrom: TypeDay, millrace.TraitValue: TypeMoney},
}

// OfDays says whether the entity's rows are figures of days.
func OfDays(entity string) bool { return figureTypes[entity] != nil }

// TypeIn is the type a trait's cells have in files of the entity unless a mapping says otherwise.
func TypeIn(entity, trait string) string {
	if t, ok := figureTypes[entity][trait]; ok {
		return t
	}
	return TypeOf(trait)
}

// IsProperty says whether a header may stay as it is as the name of an event's property, since rules name properties as their sender spells them.
func IsProperty(header string) bool { return plainName.MatchString(header) }

var plainName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_.]*$`)
