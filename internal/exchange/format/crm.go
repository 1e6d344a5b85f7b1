package format

import (
	"millrace"
)

func hubspotFormats() []Format {
	return []Format{
		{ID: "hubspot-contacts", Title: "HubSpot contacts export", System: "hubspot", Entity: "contacts", need: 2,
			must: []string{"Email|First Name|Last Name|Full Name"},
			marks: []string{"Record ID|hs_object_id|Contact ID", "Lead Status|hs_lead_status", "Lifecycle Stage|lifecyclestage",
				"Original Source|hs_analytics_source", "Marketing contact status|hs_marketable_status", "HubSpot Score|hubspotscore",
				"Number of Associated Deals|num_associated_deals", "Contact owner|hubspot_owner_id", "Create Date|createdate", "Last Modified Date|lastmodifieddate"},
			Columns: append(Columns{{"Record ID|hs_object_id|Contact ID|Record ID - Contact", FieldID}, {"Create Date|createdate", FieldCreated},
				{"Last Modified Date|lastmodifieddate", FieldModified}, {"Contact owner|hubspot_owner_id", "owner"},
				{"Lead Status|hs_lead_status", "lead_status"}, {"Lifecycle Stage|lifecyclestage", "lifecycle_stage"},
				{"Primary Associated Company ID|Associated Company ID|Associated Company IDs|Associated Company IDs (Primary)|associatedcompanyid", "account_id"},
				{"Company Name|Associated Company|Primary Company", "company"}, {"Mobile Phone Number", "mobile"}, {"Job Title|jobtitle", "title"}}, genericColumns["contacts"]...)},
		{ID: "hubspot-companies", Title: "HubSpot companies export", System: "hubspot", Entity: "accounts", need: 2,
			must: []string{"Company name|Name", "Record ID|hs_object_id|Company ID|Company Domain Name|Company owner"},
			marks: []string{"Company Domain Name", "Company owner|hubspot_owner_id", "Record ID|hs_object_id|Company ID", "Last Modified Date|hs_lastmodifieddate",
				"Number of Associated Contacts|num_associated_contacts", "Lifecycle Stage|lifecyclestage", "Create Date|createdate", "Associated Contact IDs"},
			Columns: append(Columns{{"Record ID|hs_object_id|Company ID|Record ID - Company", FieldID}, {"Company name|Name", "name"}, {"Company Domain Name|Domain", "domain"},
				{"Create Date|createdate", FieldCreated}, {"Last Modified Date|hs_lastmodifieddate", FieldModified}, {"Company owner|hubspot_owner_id", "owner"},
				{"Web Technologies|web_technologies", "technologies"}, {"Parent Company", "parent"}}, genericColumns["accounts"]...)},
		{ID: "hubspot-deals", Title: "HubSpot deals export", System: "hubspot", Entity: "opportunities", need: 2,
			must: []string{"Deal Name|dealname", "Deal Stage|dealstage"},
			marks: []string{"Deal Name|dealname", "Deal Stage|dealstage", "Deal owner|hubspot_owner_id", "Record ID|hs_object_id|Deal ID", "Pipeline",
				"Associated Contact", "Associated Company", "Deal Type"},
			Columns: append(Columns{{"Record ID|hs_object_id|Deal ID|Record ID - Deal", FieldID}, {"Deal Name|dealname", "name"}, {"Deal Stage|dealstage", "stage"},
				{"Deal owner|hubspot_owner_id", "owner"}, {"Create Date|createdate", "opened_at"}, {"Last Modified Date|hs_lastmodifieddate", FieldModified},
				{"Close Date|closedate", "closed_at"}, {"Currency|Deal Currency|deal_currency_code", "currency"},
				{"Associated Company|Associated Company (Primary)|Associated Companies", "account"},
				{"Associated Company IDs|Associated Company IDs (Primary)|Primary Associated Company ID", "account_id"},
				{"Associated Contact IDs|Associated Contacts|Associated Contact", "contacts"}, {"Closed Lost Reason|closed_lost_reason", "loss_reason"},
				{"Is Closed Won|hs_is_closed_won", FieldWon}, {"Is Deal Closed?|hs_is_closed", FieldClosed}}, genericColumns["opportunities"]...)},
	}
}

func salesforceFormats() []Format {
	account := [2]string{"Company / Account|Account Name|Company", "company"}
	dates := Columns{{"Created Date|CreatedDate|Create Date", FieldCreated}, {"Last Modified Date|LastModifiedDate|Last Modified|Last Activity Modified Date|SystemModstamp", FieldModified}}
	return []Format{
		{ID: "salesforce-leads", Title: "Salesforce lead report", System: "salesforce", Entity: "contacts", need: 2,
			must:  []string{"Email|First Name|Last Name|Lead ID", "Lead Owner|Lead ID|Lead Status|Company / Account|Rating|IsConverted"},
			marks: []string{"Lead Owner", "Company / Account", "Rating", "Lead ID", "Lead Source", "Lead Status", "IsConverted", "Converted"},
			Columns: append(append(Columns{{"Lead ID|ID", FieldID}, {"Lead Owner|OwnerId", "owner"}, {"Lead Status|Status", "lead_status"}, account}, dates...),
				genericColumns["contacts"]...)},
		{ID: "salesforce-contacts", Title: "Salesforce contact report", System: "salesforce", Entity: "contacts", need: 2,
			must: []string{"Email|First Name|Last Name|Contact ID"},
			marks: []string{"Salutation", "Mailing Street|MailingStreet", "Mailing City", "Mailing State/Province|MailingState", "Mailing Zip/Postal Code|MailingPostalCode",
				"Mailing Country", "Account Owner", "Account Name", "Contact ID", "Reports To|ReportsToId", "Contact Owner", "AccountId"},
			Columns: append(append(Columns{{"Contact ID|ID", FieldID}, {"Account ID|AccountId", "account_id"}, {"Mailing City", "city"}, {"Mailing State/Province|MailingState", "region"},
				{"Mailing Country", "country"}, {"Contact Owner|OwnerId", "owner"}, account}, dates...), genericColumns["contacts"]...)},
		{ID: "salesforce-accounts", Title: "Salesforce account report", System: "salesforce", Entity: "accounts", need: 2,
			not: []string{"First Name", "Last Name", "Opportunity Name", "Deal Name"}, must: []string{"Account Name|Name|Account ID", "Account Owner|Account ID|Billing City|Billing Country|Billing State/Province|OwnerId|Annual Revenue"},
			marks: []string{"Account Owner", "Account ID", "Billing Street", "Billing City", "Billing State/Province|BillingState", "Billing Zip/Postal Code|BillingPostalCode",
				"Billing Country", "Account Site", "Parent Account|ParentId", "NumberOfEmployees", "Last Activity"},
			Columns: append(append(Columns{{"Account ID|ID", FieldID}, {"Account Name|Name", "name"}, {"Account Owner|OwnerId", "owner"}, {"Billing City", "city"},
				{"Billing State/Province|BillingState", "region"}, {"Billing Country", "country"}, {"Parent Account", "parent"}, {"Employees|NumberOfEmployees", "employees"}}, dates...),
				genericColumns["accounts"]...)},
		{ID: "salesforce-opportunities", Title: "Salesforce opportunity report", System: "salesforce", Entity: "opportunities", need: 3,
			must: []string{"Opportunity Name|Name|Opportunity ID", "Stage|StageName"},
			marks: []string{"Opportunity Name", "Opportunity ID", "Stage|StageName", "Close Date", "Opportunity Owner", "Probability (%)|Probability", "Fiscal Period",
				"Next Step", "Owner Role", "IsWon", "IsClosed", "AccountId", "Account Name", "Lead Source"},
			Columns: append(Columns{{"Opportunity ID|ID", FieldID}, {"Opportunity Name|Name", "name"}, {"Stage|StageName", "stage"}, {"Opportunity Owner|OwnerId", "owner"},
				{"Account Name", "account"}, {"Account ID|AccountId", "account_id"}, {"Created Date|CreatedDate", "opened_at"}, {"Close Date|CloseDate", "closed_at"},
				{"Last Modified Date|LastModifiedDate|Last Modified|SystemModstamp", FieldModified}, {"Amount Currency|Opportunity Currency|Currency|CurrencyIsoCode", "currency"},
				{"Closed Lost Reason|Loss Reason|Reason Lost|Lost Reason", "loss_reason"}, {"Won|IsWon", FieldWon}, {"Closed|IsClosed", FieldClosed},
				{"Product Name", "product"}}, genericColumns["opportunities"]...)},
		{ID: "salesforce-opportunity-history", Title: "Salesforce opportunity history report", System: "salesforce", Entity: "opportunities", need: 1, History: true,
			must:  []string{"Opportunity ID|Opportunity Name", "To Stage|Stage|StageName", "Last Modified|Last Modified Date|Edit Date|CreatedDate|Created Date"},
			marks: []string{"From Stage", "To Stage", "Stage Duration"},
			Columns: Columns{{"Opportunity ID", FieldID}, {"Opportunity Name", "name"}, {"Account Name", "account"}, {"To Stage|Stage|StageName", FieldHistoryStage},
				{"Last Modified|Last Modified Date|Edit Date|CreatedDate|Created Date", FieldHistoryAt}}},
		{ID: "salesforce-opportunityhistory", Title: "Salesforce OpportunityHistory data export", System: "salesforce", Entity: "opportunities", need: 3, History: true,
			must: []string{"OpportunityId", "StageName", "CreatedDate"}, marks: []string{"OpportunityId", "StageName", "CreatedDate"},
			not:     []string{"Opportunity Name", "Name", "Opportunity Owner", "OwnerId"},
			Columns: Columns{{"OpportunityId", FieldID}, {"StageName", FieldHistoryStage}, {"CreatedDate", FieldHistoryAt}}},
		{ID: "salesforce-contact-roles", Title: "Salesforce opportunity contact role report", System: "salesforce", Entity: "opportunities", need: 2, Roles: true,
			must:  []string{"Opportunity ID|Opportunity Name", "Role|Contact Role", "Contact ID|Email|Contact: Email|Contact Name"},
			marks: []string{"Role|Contact Role", "Primary|IsPrimary", "Contact ID", "Contact Name", "Contact: Email"},
			Columns: Columns{{"Opportunity ID", FieldID}, {"Opportunity Name", "name"}, {"Account Name", "account"}, {"Contact ID", FieldContactID},
				{"Email|Contact: Email|Contact Email", FieldContactEmail}, {"Role|Contact Role", FieldContactRole}, {"Primary|IsPrimary", FieldContactPrimary},
				{"Last Modified Date|LastModifiedDate|SystemModstamp", FieldModified}}},
	}
}

func otherFormats() []Format {
	return []Format{
		{ID: "maven-accounts", Title: "Maven Analytics CRM: accounts.csv", System: "maven", Entity: "accounts", need: 3, Keyed: true, Millions: true, Fix: fixMaven,
			must: []string{"account"}, marks: []string{"sector", "year_established", "office_location", "subsidiary_of"},
			Columns: Columns{{"account", "name"}, {"sector", "industry"}, {"year_established", "founded"}, {"revenue", "revenue"}, {"employees", "employees"},
				{"office_location", "country"}, {"subsidiary_of", "parent"}}},
		{ID: "maven-opportunities", Title: "Maven Analytics CRM: sales_pipeline.csv", System: "maven", Entity: "opportunities", need: 3, Keyed: true, Fix: fixMaven,
			must: []string{"opportunity_id"}, marks: []string{"deal_stage", "sales_agent", "engage_date", "close_value"},
			Columns: Columns{{"opportunity_id", FieldID}, {"sales_agent", "owner"}, {"product", "product"}, {"account", "account"}, {"deal_stage", "stage"},
				{"engage_date", "opened_at"}, {"close_date", "closed_at"}, {"close_value", "amount"}}},
		{ID: "maven-reps", Title: "Maven Analytics CRM: sales_teams.csv", System: "maven", Entity: "reps", need: 1, Keyed: true,
			must: []string{"sales_agent", "manager"}, marks: []string{"regional_office"},
			Columns: Columns{{"sales_agent", "name"}, {"manager", "manager"}, {"regional_office", "region"}}},
		{ID: "maven-products", Title: "Maven Analytics CRM: products.csv", System: "maven", Entity: "products", need: 2, Keyed: true,
			must: []string{"product"}, marks: []string{"series", "sales_price"},
			Columns: Columns{{"product", "name"}, {"series", "series"}, {"sales_price", "price"}}},
		{ID: "pdl-companies", Title: "People Data Labs company list", System: "pdl", Entity: "accounts", need: 3,
			must: []string{"name"}, marks: []string{"year founded", "size range", "current employee estimate", "total employee estimate", "linkedin url", "locality"},
			Columns: Columns{{"name", "name"}, {"domain", "domain"}, {"year founded", "founded"}, {"industry", "industry"}, {"country", "country"}, {"locality", "city"},
				{"current employee estimate", "employees"}, {"size range", "employees"}, {"id", FieldID}}},
		{ID: "mautic-contacts", Title: "Mautic contacts CSV", System: "mautic", Entity: "contacts", need: 2,
			must: []string{"email"}, marks: []string{"points", "tags", "doNotEmail|do_not_email", "date_identified|dateIdentified", "is_published|isPublished", "preferred_locale", "stage", "last_active|lastActive", "attribution"},
			Columns: append(Columns{{"date_added|dateAdded|created", FieldCreated}, {"date_modified|dateModified", FieldModified}, {"position", "title"},
				{"owner|ownerusername", "owner"}, {"points", "points"}, {"tags", "tags"}}, genericColumns["contacts"]...)},
	}
}

// genericColumns are the headers that mean the same in any file of the entity.
var genericColumns = map[string]Columns{
	"contacts": {{"Record ID|Contact ID|External ID|ID", FieldID}, {"Email|E-mail|Email Address|Work Email|Business Email|E-mail address|E-Mail-Adresse", "email"},
		{"First Name|Given Name|Vorname|Prénom", "first_name"}, {"Last Name|Surname|Family Name|Nachname", "last_name"}, {"Name|Full Name|Contact Name", "name"},
		{"Title|Job Title|Position|Job Position", "title"}, {"Department", "department"}, {"Seniority|Job Level", "seniority"},
		{"Phone|Phone Number|Telephone|Business Phone|Telefon", "phone"}, {"Mobile|Mobile Phone|Cell|Cell Phone", "mobile"},
		{"Company|Company Name|Account|Account Name|Organization|Organisation|Employer|Firma", "company"}, {"Account ID|Company ID", "account_id"},
		{"Lifecycle Stage|Lifecycle", "lifecycle_stage"}, {"Lead Status", "lead_status"}, {"Owner|Contact Owner|Lead Owner|Sales Rep", "owner"},
		{"Country|Country/Region|Land", "country"}, {"State|Region|State/Region|State/Province|Province", "region"}, {"City|Town|Ort|Stadt", "city"},
		{"Industry", "industry"}, {"Website|Website URL|URL", "website"}, {"Tags", "tags"},
		{"Created|Created At|Created Date|Create Date|Date Created|Created On", FieldCreated},
		{"Modified|Modified At|Updated|Updated At|Last Modified|Last Modified Date|Modified On|Last Updated", FieldModified}},
	"accounts": {{"Record ID|Account ID|Company ID|External ID|ID", FieldID}, {"Name|Company|Company Name|Account|Account Name|Organization|Organisation|Firma", "name"},
		{"Domain|Company Domain|Company Domain Name|Email Domain", "domain"}, {"Website|Website URL|URL|Company Website|Homepage", "website"},
		{"Industry|Sector|Branche", "industry"}, {"Employees|Number of Employees|Employee Count|Headcount|Company Size|Size", "employees"},
		{"Revenue|Annual Revenue", "revenue"}, {"Founded|Year Founded|Founded Year|Year Established", "founded"}, {"Country|Country/Region|Land|Billing Country", "country"},
		{"State|Region|State/Region|State/Province|Province", "region"}, {"City|Town|Ort|Stadt", "city"}, {"Phone|Phone Number", "phone"},
		{"Technologies|Tech Stack|Web Technologies", "technologies"}, {"Parent|Parent Account|Parent Company", "parent"}, {"Owner|Account Owner|Company Owner", "owner"},
		{"Lifecycle Stage", "lifecycle_stage"}, {"Created|Created At|Created Date|Create Date", FieldCreated},
		{"Modified|Modified At|Updated At|Last Modified|Last Modified Date|Last Updated", FieldModified}},
	"opportunities": {{"Record ID|Opportunity ID|Deal ID|External ID|ID", FieldID}, {"Name|Opportunity|Opportunity Name|Deal|Deal Name|Title", "name"},
		{"Account|Account Name|Company|Company Name|Organization|Customer", "account"}, {"Account ID|Company ID", "account_id"},
		{"Domain|Account Domain|Company Domain|Company Domain Name|Website|Account Website|Company Website", "domain"}, {"Amount|Value|Deal Value|Deal Amount|Close Value|Total|ACV", "amount"}, {"Currency|Currency Code", "currency"}, {"Stage|Deal Stage|Pipeline Stage", "stage"},
		{"Status", "status"}, {"Opened|Opened At|Created|Created At|Created Date|Create Date|Open Date|Engage Date", "opened_at"},
		{"Closed|Closed At|Close Date|Closed Date|Closed On", "closed_at"}, {"Owner|Opportunity Owner|Deal Owner|Sales Rep|Sales Agent", "owner"},
		{"Product|Product Name", "product"}, {"Loss Reason|Lost Reason|Closed Lost Reason|Reason Lost", "loss_reason"}, {"Stages|Stage History", "stages"},
		{"Contacts|Contact Emails|Contact Email|Primary Contact Email", "contacts"},
		{"Modified|Modified At|Updated At|Last Modified|Last Modified Date|Last Updated", FieldModified}},
	"reps": {{"Rep ID|User ID|ID", FieldID}, {"Name|Rep|Sales Rep|Sales Agent|Full Name|Owner", "name"}, {"Email|E-mail", "email"},
		{"Manager|Reports To", "manager"}, {"Region|Regional Office|Territory|Office", "region"}},
	"products": {{"Product ID|SKU|ID", FieldID}, {"Name|Product|Product Name", "name"}, {"Series|Family|Product Family|Line", "series"},
		{"Price|Sales Price|List Price|Unit Price", "price"}},
	"events": {{"Type|Event Type", FieldType}, {"Event|Event Name|Name|Action", FieldEvent}, {"Message ID|Insert ID|Event ID|UUID|ID", FieldMessageID},
		{"Anonymous ID|Visitor ID|Device ID|Client ID", FieldAnonymousID}, {"User ID|Distinct ID|Customer ID", FieldUserID}, {"Previous ID", FieldPreviousID},
		{"Group ID|Account ID|Company ID", FieldGroupID}, {"Email|User Email|E-mail|Email Address|traits.email|context.traits.email|properties.email", "email"},
		{"Timestamp|Original Timestamp|Time|Occurred At|Event Time|Date|Datetime|Sent At|Created At", FieldOccurred}, {"URL|Page URL|Page Location|context.page.url", FieldURL},
		{"Path|Page Path|context.page.path", FieldPath}, {"Host|Hostname", FieldHost}, {"Referrer|Referer|Page Referrer|context.page.referrer", FieldReferrer},
		{"Title|Page Title|context.page.title", FieldPageTitle}, {"User Agent|context.userAgent", FieldUserAgent}, {"IP|IP Address|context.ip", FieldIP},
		{"Properties|Event Properties", FieldProperties}, {"Context", FieldContext}, {"Traits|User Properties", FieldTraits}},
}

// genericNeeds are the columns of which any file of the entity must have one to be of use.
var genericNeeds = map[string][]string{"contacts": {FieldID, "email", "name", "first_name", "last_name"}, "accounts": {FieldID, "name", "domain", "website"},
	"opportunities": {FieldID, "name"}, "reps": {FieldID, "name", "email"}, "products": {FieldID, "name"}, "events": {FieldEvent, FieldType, FieldURL, FieldPath}}

// genericOf are the headers that mean the same in any file of the entity.
func genericOf(entity string) Columns {
	if c, ok := figureColumns[entity]; ok {
		return c
	}
	return genericColumns[entity]
}

// Generic is any file of the entity, of no known system.
func Generic(entity string) Format {
	return Format{ID: "csv-" + entity, Title: "CSV of " + entity, System: "csv", Entity: entity, Columns: genericOf(entity), Generic: true}
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
