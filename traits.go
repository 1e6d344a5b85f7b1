package millrace

// The canonical trait names that rules, imports and screens share. Importers write them; traits that SDKs send in other
// spellings (firstName, jobTitle) are mapped to them when they are folded, never on the stored fact.
const (
	// Of a person.
	TraitEmail      = "email"
	TraitFirstName  = "first_name"
	TraitLastName   = "last_name"
	TraitName       = "name"
	TraitTitle      = "title"
	TraitDepartment = "department"
	TraitSeniority  = "seniority"
	TraitPhone      = "phone"
	TraitCompany    = "company"         // the account's name as the person or the CRM states it
	TraitAccountID  = "account_id"      // the account's record id, prefixed by its system: "salesforce:001…"
	TraitLifecycle  = "lifecycle_stage" // a Stage's name
	TraitOwner      = "owner"           // a rep's name or e-mail

	// Of an account; country also of a person.
	TraitDomain       = "domain"
	TraitWebsite      = "website"
	TraitIndustry     = "industry"
	TraitEmployees    = "employees" // a whole number
	TraitRevenue      = "revenue"   // a year, major units, a number
	TraitFounded      = "founded"   // a year
	TraitCountry      = "country"
	TraitRegion       = "region"
	TraitCity         = "city"
	TraitTechnologies = "technologies" // a list of names
	TraitParent       = "parent"       // the parent account's name

	// Of an opportunity.
	TraitAccount    = "account"     // the account's name
	TraitAmount     = "amount"      // a decimal string in major units
	TraitCurrency   = "currency"    // ISO 4217
	TraitStage      = "stage"       // the source's own stage name
	TraitStatus     = "status"      // "open", "won" or "lost"
	TraitOpenedAt   = "opened_at"   // RFC 3339
	TraitClosedAt   = "closed_at"   // RFC 3339
	TraitProduct    = "product"     // a product's name
	TraitLossReason = "loss_reason" // free text or the source's own code
	TraitStages     = "stages"      // [{"stage": name, "at": RFC 3339}], in order
	TraitContacts   = "contacts"    // [{"id": record id, "email": address, "role": text}]

	// Of a rep (name, email, manager, region) and a product (name, series, price).
	TraitManager = "manager"
	TraitSeries  = "series"
	TraitPrice   = "price"
)
