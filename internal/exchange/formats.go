package exchange

import (
	"slices"
	"strings"

	"millrace"
	"millrace/internal/exchange/sheet"
)

// The targets of columns that are not traits: they make the record's identity, its times, or an entry of one of its lists.
const (
	fieldID             = "id"
	fieldCreated        = "created_at"
	fieldModified       = "modified_at"
	fieldWon            = "is_won"
	fieldClosed         = "is_closed"
	fieldHistoryStage   = "history.stage"
	fieldHistoryAt      = "history.at"
	fieldContactID      = "contact.id"
	fieldContactEmail   = "contact.email"
	fieldContactRole    = "contact.role"
	fieldContactPrimary = "contact.primary"
)

// The targets of an events file.
const (
	fieldType        = "type"
	fieldEvent       = "event"
	fieldMessageID   = "message_id"
	fieldAnonymousID = "anonymous_id"
	fieldUserID      = "user_id"
	fieldPreviousID  = "previous_id"
	fieldGroupID     = "group_id"
	fieldOccurred    = "occurred_at"
	fieldURL         = "url"
	fieldReferrer    = "referrer"
	fieldPageTitle   = "page_title"
	fieldPath        = "path"
	fieldHost        = "host"
	fieldUserAgent   = "user_agent"
	fieldIP          = "ip"
	fieldProperties  = "properties"
	fieldContext     = "context"
	fieldTraits      = "traits"
)

// The types of columns, as a mapping file names them.
const (
	typeText      = "text"
	typeID        = "id"
	typeEmail     = "email"
	typePhone     = "phone"
	typeDate      = "date"
	typeMoney     = "money"
	typeNumber    = "number"
	typeInteger   = "integer"
	typeYear      = "year"
	typeBool      = "bool"
	typeList      = "list"
	typeURL       = "url"
	typeDomain    = "domain"
	typeLifecycle = "lifecycle"
	typeStatus    = "lead_status"
	typeJSON      = "json"
	typeStages    = "stages"
	typeContacts  = "contacts"
	typeDay       = "day"    // a day of the calendar
	typePeriod    = "period" // a month, a quarter, a year or a day
)

// columnTypes lists the types that a mapping may name, in the order of the documentation.
var columnTypes = []string{typeText, typeID, typeEmail, typePhone, typeDate, typeMoney, typeNumber, typeInteger, typeYear, typeBool,
	typeList, typeURL, typeDomain, typeLifecycle, typeStatus, typeJSON, typeStages, typeContacts, typeDay, typePeriod}

var traitTypes = map[string]string{
	fieldID: typeID, millrace.TraitAccountID: typeID, fieldContactID: typeID,
	millrace.TraitEmail: typeEmail, fieldContactEmail: typeEmail, millrace.TraitPhone: typePhone, "mobile": typePhone,
	fieldCreated: typeDate, fieldModified: typeDate, millrace.TraitOpenedAt: typeDate, millrace.TraitClosedAt: typeDate,
	fieldHistoryAt: typeDate, fieldOccurred: typeDate,
	millrace.TraitAmount: typeMoney, millrace.TraitRevenue: typeNumber, millrace.TraitPrice: typeNumber,
	millrace.TraitEmployees: typeInteger, millrace.TraitFounded: typeYear,
	fieldWon: typeBool, fieldClosed: typeBool, fieldContactPrimary: typeBool,
	millrace.TraitTechnologies: typeList, "tags": typeList, millrace.TraitWebsite: typeURL, millrace.TraitDomain: typeDomain,
	millrace.TraitLifecycle: typeLifecycle, "lead_status": typeStatus,
	millrace.TraitStages: typeStages, millrace.TraitContacts: typeContacts,
	fieldProperties: typeJSON, fieldContext: typeJSON, fieldTraits: typeJSON,
}

// typeOf is the type a trait's cells have unless a mapping says otherwise.
func typeOf(trait string) string {
	if t, ok := traitTypes[trait]; ok {
		return t
	}
	return typeText
}

// Entities that can be imported, in the order in which a whole CRM is best brought in, then figures.
var entities = []string{"accounts", "contacts", "opportunities", "events", "reps", "products", entitySpend, entityContracts, entityTargets, entityRates}

var entityKinds = map[string]millrace.Kind{"accounts": millrace.KindAccount, "contacts": millrace.KindContact,
	"opportunities": millrace.KindOpportunity, "reps": millrace.KindRep, "products": millrace.KindProduct, "events": millrace.KindTrack,
	entitySpend: millrace.KindSpend, entityContracts: millrace.KindContract, entityTargets: millrace.KindTarget, entityRates: millrace.KindRate}

// format is a known kind of file.
type format struct {
	id, title, system, entity string
	must                      []string // headers that have to be there; alternatives are separated by |
	marks                     []string // headers that tell it from other files
	need                      int      // how many marks at least
	not                       []string // headers that such a file never has
	columns                   columns
	keyed                     bool // records have no ids: accounts are known by name, and opportunities refer to them so
	history                   bool // one row is one change of stage
	roles                     bool // one row is one contact of an opportunity
	generic                   bool
	millions                  bool                                     // revenue is in millions
	fix                       func(trait, value string) (string, bool) // known dirt of this very file

	daily  string   // a platform's report of costs: what to do there to get it by day, without which it can't be dated
	level  []string // traits of which a platform's finest says whether a row is a total: those rows leave it blank
	ratios string   // headers that follow from others, separated by |
	wide   string   // exchange rates with a column for each currency: the currency of which one unit is meant
}

// columns says which trait a header fills: pairs of "Header|Other header" and trait.
type columns [][2]string

// index is the squeezed headers' traits.
func (c columns) index() map[string]string {
	m := make(map[string]string, 2*len(c))
	for _, pair := range c {
		for h := range strings.SplitSeq(pair[0], "|") {
			m[sheet.Squeeze(h)] = pair[1]
		}
	}
	return m
}

// knownFormats lists every format with columns of its own; genericFormat serves the rest.
func knownFormats() []format {
	return slices.Concat(hubspotFormats(), salesforceFormats(), otherFormats(), figureFormats())
}

func hubspotFormats() []format {
	return []format{
		{id: "hubspot-contacts", title: "HubSpot contacts export", system: "hubspot", entity: "contacts", need: 2,
			must: []string{"Email|First Name|Last Name|Full Name"},
			marks: []string{"Record ID|hs_object_id|Contact ID", "Lead Status|hs_lead_status", "Lifecycle Stage|lifecyclestage",
				"Original Source|hs_analytics_source", "Marketing contact status|hs_marketable_status", "HubSpot Score|hubspotscore",
				"Number of Associated Deals|num_associated_deals", "Contact owner|hubspot_owner_id", "Create Date|createdate", "Last Modified Date|lastmodifieddate"},
			columns: append(columns{{"Record ID|hs_object_id|Contact ID|Record ID - Contact", fieldID}, {"Create Date|createdate", fieldCreated},
				{"Last Modified Date|lastmodifieddate", fieldModified}, {"Contact owner|hubspot_owner_id", "owner"},
				{"Lead Status|hs_lead_status", "lead_status"}, {"Lifecycle Stage|lifecyclestage", "lifecycle_stage"},
				{"Primary Associated Company ID|Associated Company ID|Associated Company IDs|Associated Company IDs (Primary)|associatedcompanyid", "account_id"},
				{"Company Name|Associated Company|Primary Company", "company"}, {"Mobile Phone Number", "mobile"}, {"Job Title|jobtitle", "title"}}, genericColumns["contacts"]...)},
		{id: "hubspot-companies", title: "HubSpot companies export", system: "hubspot", entity: "accounts", need: 2,
			must: []string{"Company name|Name", "Record ID|hs_object_id|Company ID|Company Domain Name|Company owner"},
			marks: []string{"Company Domain Name", "Company owner|hubspot_owner_id", "Record ID|hs_object_id|Company ID", "Last Modified Date|hs_lastmodifieddate",
				"Number of Associated Contacts|num_associated_contacts", "Lifecycle Stage|lifecyclestage", "Create Date|createdate", "Associated Contact IDs"},
			columns: append(columns{{"Record ID|hs_object_id|Company ID|Record ID - Company", fieldID}, {"Company name|Name", "name"}, {"Company Domain Name|Domain", "domain"},
				{"Create Date|createdate", fieldCreated}, {"Last Modified Date|hs_lastmodifieddate", fieldModified}, {"Company owner|hubspot_owner_id", "owner"},
				{"Web Technologies|web_technologies", "technologies"}, {"Parent Company", "parent"}}, genericColumns["accounts"]...)},
		{id: "hubspot-deals", title: "HubSpot deals export", system: "hubspot", entity: "opportunities", need: 2,
			must: []string{"Deal Name|dealname", "Deal Stage|dealstage"},
			marks: []string{"Deal Name|dealname", "Deal Stage|dealstage", "Deal owner|hubspot_owner_id", "Record ID|hs_object_id|Deal ID", "Pipeline",
				"Associated Contact", "Associated Company", "Deal Type"},
			columns: append(columns{{"Record ID|hs_object_id|Deal ID|Record ID - Deal", fieldID}, {"Deal Name|dealname", "name"}, {"Deal Stage|dealstage", "stage"},
				{"Deal owner|hubspot_owner_id", "owner"}, {"Create Date|createdate", "opened_at"}, {"Last Modified Date|hs_lastmodifieddate", fieldModified},
				{"Close Date|closedate", "closed_at"}, {"Currency|Deal Currency|deal_currency_code", "currency"},
				{"Associated Company|Associated Company (Primary)|Associated Companies", "account"},
				{"Associated Company IDs|Associated Company IDs (Primary)|Primary Associated Company ID", "account_id"},
				{"Associated Contact IDs|Associated Contacts|Associated Contact", "contacts"}, {"Closed Lost Reason|closed_lost_reason", "loss_reason"},
				{"Is Closed Won|hs_is_closed_won", fieldWon}, {"Is Deal Closed?|hs_is_closed", fieldClosed}}, genericColumns["opportunities"]...)},
	}
}

func salesforceFormats() []format {
	account := [2]string{"Company / Account|Account Name|Company", "company"}
	dates := columns{{"Created Date|CreatedDate|Create Date", fieldCreated}, {"Last Modified Date|LastModifiedDate|Last Modified|Last Activity Modified Date|SystemModstamp", fieldModified}}
	return []format{
		{id: "salesforce-leads", title: "Salesforce lead report", system: "salesforce", entity: "contacts", need: 2,
			must:  []string{"Email|First Name|Last Name|Lead ID", "Lead Owner|Lead ID|Lead Status|Company / Account|Rating|IsConverted"},
			marks: []string{"Lead Owner", "Company / Account", "Rating", "Lead ID", "Lead Source", "Lead Status", "IsConverted", "Converted"},
			columns: append(append(columns{{"Lead ID|ID", fieldID}, {"Lead Owner|OwnerId", "owner"}, {"Lead Status|Status", "lead_status"}, account}, dates...),
				genericColumns["contacts"]...)},
		{id: "salesforce-contacts", title: "Salesforce contact report", system: "salesforce", entity: "contacts", need: 2,
			must: []string{"Email|First Name|Last Name|Contact ID"},
			marks: []string{"Salutation", "Mailing Street|MailingStreet", "Mailing City", "Mailing State/Province|MailingState", "Mailing Zip/Postal Code|MailingPostalCode",
				"Mailing Country", "Account Owner", "Account Name", "Contact ID", "Reports To|ReportsToId", "Contact Owner", "AccountId"},
			columns: append(append(columns{{"Contact ID|ID", fieldID}, {"Account ID|AccountId", "account_id"}, {"Mailing City", "city"}, {"Mailing State/Province|MailingState", "region"},
				{"Mailing Country", "country"}, {"Contact Owner|OwnerId", "owner"}, account}, dates...), genericColumns["contacts"]...)},
		{id: "salesforce-accounts", title: "Salesforce account report", system: "salesforce", entity: "accounts", need: 2,
			not: []string{"First Name", "Last Name", "Opportunity Name", "Deal Name"}, must: []string{"Account Name|Name|Account ID", "Account Owner|Account ID|Billing City|Billing Country|Billing State/Province|OwnerId|Annual Revenue"},
			marks: []string{"Account Owner", "Account ID", "Billing Street", "Billing City", "Billing State/Province|BillingState", "Billing Zip/Postal Code|BillingPostalCode",
				"Billing Country", "Account Site", "Parent Account|ParentId", "NumberOfEmployees", "Last Activity"},
			columns: append(append(columns{{"Account ID|ID", fieldID}, {"Account Name|Name", "name"}, {"Account Owner|OwnerId", "owner"}, {"Billing City", "city"},
				{"Billing State/Province|BillingState", "region"}, {"Billing Country", "country"}, {"Parent Account", "parent"}, {"Employees|NumberOfEmployees", "employees"}}, dates...),
				genericColumns["accounts"]...)},
		{id: "salesforce-opportunities", title: "Salesforce opportunity report", system: "salesforce", entity: "opportunities", need: 3,
			must: []string{"Opportunity Name|Name|Opportunity ID", "Stage|StageName"},
			marks: []string{"Opportunity Name", "Opportunity ID", "Stage|StageName", "Close Date", "Opportunity Owner", "Probability (%)|Probability", "Fiscal Period",
				"Next Step", "Owner Role", "IsWon", "IsClosed", "AccountId", "Account Name", "Lead Source"},
			columns: append(columns{{"Opportunity ID|ID", fieldID}, {"Opportunity Name|Name", "name"}, {"Stage|StageName", "stage"}, {"Opportunity Owner|OwnerId", "owner"},
				{"Account Name", "account"}, {"Account ID|AccountId", "account_id"}, {"Created Date|CreatedDate", "opened_at"}, {"Close Date|CloseDate", "closed_at"},
				{"Last Modified Date|LastModifiedDate|Last Modified|SystemModstamp", fieldModified}, {"Amount Currency|Opportunity Currency|Currency|CurrencyIsoCode", "currency"},
				{"Closed Lost Reason|Loss Reason|Reason Lost|Lost Reason", "loss_reason"}, {"Won|IsWon", fieldWon}, {"Closed|IsClosed", fieldClosed},
				{"Product Name", "product"}}, genericColumns["opportunities"]...)},
		{id: "salesforce-opportunity-history", title: "Salesforce opportunity history report", system: "salesforce", entity: "opportunities", need: 1, history: true,
			must:  []string{"Opportunity ID|Opportunity Name", "To Stage|Stage|StageName", "Last Modified|Last Modified Date|Edit Date|CreatedDate|Created Date"},
			marks: []string{"From Stage", "To Stage", "Stage Duration"},
			columns: columns{{"Opportunity ID", fieldID}, {"Opportunity Name", "name"}, {"Account Name", "account"}, {"To Stage|Stage|StageName", fieldHistoryStage},
				{"Last Modified|Last Modified Date|Edit Date|CreatedDate|Created Date", fieldHistoryAt}}},
		{id: "salesforce-opportunityhistory", title: "Salesforce OpportunityHistory data export", system: "salesforce", entity: "opportunities", need: 3, history: true,
			must: []string{"OpportunityId", "StageName", "CreatedDate"}, marks: []string{"OpportunityId", "StageName", "CreatedDate"},
			not:     []string{"Opportunity Name", "Name", "Opportunity Owner", "OwnerId"},
			columns: columns{{"OpportunityId", fieldID}, {"StageName", fieldHistoryStage}, {"CreatedDate", fieldHistoryAt}}},
		{id: "salesforce-contact-roles", title: "Salesforce opportunity contact role report", system: "salesforce", entity: "opportunities", need: 2, roles: true,
			must:  []string{"Opportunity ID|Opportunity Name", "Role|Contact Role", "Contact ID|Email|Contact: Email|Contact Name"},
			marks: []string{"Role|Contact Role", "Primary|IsPrimary", "Contact ID", "Contact Name", "Contact: Email"},
			columns: columns{{"Opportunity ID", fieldID}, {"Opportunity Name", "name"}, {"Account Name", "account"}, {"Contact ID", fieldContactID},
				{"Email|Contact: Email|Contact Email", fieldContactEmail}, {"Role|Contact Role", fieldContactRole}, {"Primary|IsPrimary", fieldContactPrimary},
				{"Last Modified Date|LastModifiedDate|SystemModstamp", fieldModified}}},
	}
}

func otherFormats() []format {
	return []format{
		{id: "maven-accounts", title: "Maven Analytics CRM: accounts.csv", system: "maven", entity: "accounts", need: 3, keyed: true, millions: true, fix: fixMaven,
			must: []string{"account"}, marks: []string{"sector", "year_established", "office_location", "subsidiary_of"},
			columns: columns{{"account", "name"}, {"sector", "industry"}, {"year_established", "founded"}, {"revenue", "revenue"}, {"employees", "employees"},
				{"office_location", "country"}, {"subsidiary_of", "parent"}}},
		{id: "maven-opportunities", title: "Maven Analytics CRM: sales_pipeline.csv", system: "maven", entity: "opportunities", need: 3, keyed: true, fix: fixMaven,
			must: []string{"opportunity_id"}, marks: []string{"deal_stage", "sales_agent", "engage_date", "close_value"},
			columns: columns{{"opportunity_id", fieldID}, {"sales_agent", "owner"}, {"product", "product"}, {"account", "account"}, {"deal_stage", "stage"},
				{"engage_date", "opened_at"}, {"close_date", "closed_at"}, {"close_value", "amount"}}},
		{id: "maven-reps", title: "Maven Analytics CRM: sales_teams.csv", system: "maven", entity: "reps", need: 1, keyed: true,
			must: []string{"sales_agent", "manager"}, marks: []string{"regional_office"},
			columns: columns{{"sales_agent", "name"}, {"manager", "manager"}, {"regional_office", "region"}}},
		{id: "maven-products", title: "Maven Analytics CRM: products.csv", system: "maven", entity: "products", need: 2, keyed: true,
			must: []string{"product"}, marks: []string{"series", "sales_price"},
			columns: columns{{"product", "name"}, {"series", "series"}, {"sales_price", "price"}}},
		{id: "pdl-companies", title: "People Data Labs company list", system: "pdl", entity: "accounts", need: 3,
			must: []string{"name"}, marks: []string{"year founded", "size range", "current employee estimate", "total employee estimate", "linkedin url", "locality"},
			columns: columns{{"name", "name"}, {"domain", "domain"}, {"year founded", "founded"}, {"industry", "industry"}, {"country", "country"}, {"locality", "city"},
				{"current employee estimate", "employees"}, {"size range", "employees"}, {"id", fieldID}}},
		{id: "mautic-contacts", title: "Mautic contacts CSV", system: "mautic", entity: "contacts", need: 2,
			must: []string{"email"}, marks: []string{"points", "tags", "doNotEmail|do_not_email", "date_identified|dateIdentified", "is_published|isPublished", "preferred_locale", "stage", "last_active|lastActive", "attribution"},
			columns: append(columns{{"date_added|dateAdded|created", fieldCreated}, {"date_modified|dateModified", fieldModified}, {"position", "title"},
				{"owner|ownerusername", "owner"}, {"points", "points"}, {"tags", "tags"}}, genericColumns["contacts"]...)},
	}
}

// genericColumns are the headers that mean the same in any file of the entity.
var genericColumns = map[string]columns{
	"contacts": {{"Record ID|Contact ID|External ID|ID", fieldID}, {"Email|E-mail|Email Address|Work Email|Business Email|E-mail address|E-Mail-Adresse", "email"},
		{"First Name|Given Name|Vorname|Prénom", "first_name"}, {"Last Name|Surname|Family Name|Nachname", "last_name"}, {"Name|Full Name|Contact Name", "name"},
		{"Title|Job Title|Position|Job Position", "title"}, {"Department", "department"}, {"Seniority|Job Level", "seniority"},
		{"Phone|Phone Number|Telephone|Business Phone|Telefon", "phone"}, {"Mobile|Mobile Phone|Cell|Cell Phone", "mobile"},
		{"Company|Company Name|Account|Account Name|Organization|Organisation|Employer|Firma", "company"}, {"Account ID|Company ID", "account_id"},
		{"Lifecycle Stage|Lifecycle", "lifecycle_stage"}, {"Lead Status", "lead_status"}, {"Owner|Contact Owner|Lead Owner|Sales Rep", "owner"},
		{"Country|Country/Region|Land", "country"}, {"State|Region|State/Region|State/Province|Province", "region"}, {"City|Town|Ort|Stadt", "city"},
		{"Industry", "industry"}, {"Website|Website URL|URL", "website"}, {"Tags", "tags"},
		{"Created|Created At|Created Date|Create Date|Date Created|Created On", fieldCreated},
		{"Modified|Modified At|Updated|Updated At|Last Modified|Last Modified Date|Modified On|Last Updated", fieldModified}},
	"accounts": {{"Record ID|Account ID|Company ID|External ID|ID", fieldID}, {"Name|Company|Company Name|Account|Account Name|Organization|Organisation|Firma", "name"},
		{"Domain|Company Domain|Company Domain Name|Email Domain", "domain"}, {"Website|Website URL|URL|Company Website|Homepage", "website"},
		{"Industry|Sector|Branche", "industry"}, {"Employees|Number of Employees|Employee Count|Headcount|Company Size|Size", "employees"},
		{"Revenue|Annual Revenue", "revenue"}, {"Founded|Year Founded|Founded Year|Year Established", "founded"}, {"Country|Country/Region|Land|Billing Country", "country"},
		{"State|Region|State/Region|State/Province|Province", "region"}, {"City|Town|Ort|Stadt", "city"}, {"Phone|Phone Number", "phone"},
		{"Technologies|Tech Stack|Web Technologies", "technologies"}, {"Parent|Parent Account|Parent Company", "parent"}, {"Owner|Account Owner|Company Owner", "owner"},
		{"Lifecycle Stage", "lifecycle_stage"}, {"Created|Created At|Created Date|Create Date", fieldCreated},
		{"Modified|Modified At|Updated At|Last Modified|Last Modified Date|Last Updated", fieldModified}},
	"opportunities": {{"Record ID|Opportunity ID|Deal ID|External ID|ID", fieldID}, {"Name|Opportunity|Opportunity Name|Deal|Deal Name|Title", "name"},
		{"Account|Account Name|Company|Company Name|Organization|Customer", "account"}, {"Account ID|Company ID", "account_id"},
		{"Amount|Value|Deal Value|Deal Amount|Close Value|Total|ACV", "amount"}, {"Currency|Currency Code", "currency"}, {"Stage|Deal Stage|Pipeline Stage", "stage"},
		{"Status", "status"}, {"Opened|Opened At|Created|Created At|Created Date|Create Date|Open Date|Engage Date", "opened_at"},
		{"Closed|Closed At|Close Date|Closed Date|Closed On", "closed_at"}, {"Owner|Opportunity Owner|Deal Owner|Sales Rep|Sales Agent", "owner"},
		{"Product|Product Name", "product"}, {"Loss Reason|Lost Reason|Closed Lost Reason|Reason Lost", "loss_reason"}, {"Stages|Stage History", "stages"},
		{"Contacts|Contact Emails|Contact Email|Primary Contact Email", "contacts"},
		{"Modified|Modified At|Updated At|Last Modified|Last Modified Date|Last Updated", fieldModified}},
	"reps": {{"Rep ID|User ID|ID", fieldID}, {"Name|Rep|Sales Rep|Sales Agent|Full Name|Owner", "name"}, {"Email|E-mail", "email"},
		{"Manager|Reports To", "manager"}, {"Region|Regional Office|Territory|Office", "region"}},
	"products": {{"Product ID|SKU|ID", fieldID}, {"Name|Product|Product Name", "name"}, {"Series|Family|Product Family|Line", "series"},
		{"Price|Sales Price|List Price|Unit Price", "price"}},
	"events": {{"Type|Event Type", fieldType}, {"Event|Event Name|Name|Action", fieldEvent}, {"Message ID|Insert ID|Event ID|UUID|ID", fieldMessageID},
		{"Anonymous ID|Visitor ID|Device ID|Client ID", fieldAnonymousID}, {"User ID|Distinct ID|Customer ID", fieldUserID}, {"Previous ID", fieldPreviousID},
		{"Group ID|Account ID|Company ID", fieldGroupID}, {"Email|User Email|E-mail|Email Address|traits.email|context.traits.email|properties.email", "email"},
		{"Timestamp|Original Timestamp|Time|Occurred At|Event Time|Date|Datetime|Sent At|Created At", fieldOccurred}, {"URL|Page URL|Page Location|context.page.url", fieldURL},
		{"Path|Page Path|context.page.path", fieldPath}, {"Host|Hostname", fieldHost}, {"Referrer|Referer|Page Referrer|context.page.referrer", fieldReferrer},
		{"Title|Page Title|context.page.title", fieldPageTitle}, {"User Agent|context.userAgent", fieldUserAgent}, {"IP|IP Address|context.ip", fieldIP},
		{"Properties|Event Properties", fieldProperties}, {"Context", fieldContext}, {"Traits|User Properties", fieldTraits}},
}

// genericNeeds are the columns of which any file of the entity must have one to be of use.
var genericNeeds = map[string][]string{"contacts": {fieldID, "email", "name", "first_name", "last_name"}, "accounts": {fieldID, "name", "domain", "website"},
	"opportunities": {fieldID, "name"}, "reps": {fieldID, "name", "email"}, "products": {fieldID, "name"}, "events": {fieldEvent, fieldType, fieldURL, fieldPath}}

// genericOf are the headers that mean the same in any file of the entity.
func genericOf(entity string) columns {
	if c, ok := figureColumns[entity]; ok {
		return c
	}
	return genericColumns[entity]
}

func genericFormat(entity string) format {
	return format{id: "csv-" + entity, title: "CSV of " + entity, system: "csv", entity: entity, columns: genericOf(entity), generic: true}
}

// fixMaven repairs the known dirt of Maven Analytics' files; changed says that it did.
func fixMaven(trait, value string) (fixed string, changed bool) {
	switch {
	case trait == millrace.TraitProduct && value == "GTXPro":
		return "GTX Pro", true
	case trait == millrace.TraitIndustry && value == "technolgy":
		return "technology", true
	case trait == millrace.TraitCountry && value == "Philipines":
		return "Philippines", true
	}
	return value, false
}

// FormatInfo describes one recognised kind of file for documentation and screens.
type FormatInfo struct {
	ID      string            `json:"id"`      // "hubspot-contacts"
	Title   string            `json:"title"`   // "HubSpot contacts export"
	System  string            `json:"system"`  // what record ids are prefixed with
	Entity  string            `json:"entity"`  // accounts, contacts, opportunities, events, reps, products, spend, contracts, targets or rates
	Marks   []string          `json:"marks"`   // headers it is recognised by; alternatives are separated by |
	Need    int               `json:"need"`    // how many of Marks have to be there
	Columns map[string]string `json:"columns"` // header (first spelling) to trait or field
}

// Formats lists what is recognised, the generic file of every entity last.
func Formats() []FormatInfo {
	all := knownFormats()
	for _, e := range entities {
		all = append(all, genericFormat(e))
	}
	infos := make([]FormatInfo, len(all))
	for i, f := range all {
		infos[i] = FormatInfo{ID: f.id, Title: f.title, System: f.system, Entity: f.entity, Marks: slices.Concat(f.must, f.marks), Need: f.need, Columns: map[string]string{}}
		for _, c := range f.columns {
			first, _, _ := strings.Cut(c[0], "|")
			infos[i].Columns[first] = c[1]
		}
	}
	return infos
}
