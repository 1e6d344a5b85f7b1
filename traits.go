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

	// Of a spend record: what was spent from TraitFrom to TraitTo, both days included, with TraitAmount and TraitCurrency. Costs of several
	// days (salaries, tools, an agency's retainer) spread evenly over them. Campaign tags are TraitSource, TraitMedium and TraitCampaign.
	TraitFrom        = "from"     // a day of the workspace's calendar: "2026-03-01"
	TraitTo          = "to"       // the same day or a later one
	TraitPlatform    = "platform" // "google_ads", "linkedin_ads", "meta_ads", "microsoft_ads", or what the file says
	TraitAdAccount   = "ad_account"
	TraitChannel     = "channel" // the playbook's own channel, where the source names one
	TraitSource      = "source"
	TraitMedium      = "medium"
	TraitCampaign    = "campaign"    // its name
	TraitCampaignID  = "campaign_id" // its id on the platform
	TraitAdGroup     = "ad_group"
	TraitAd          = "ad"
	TraitCategory    = "category"    // "media", "people", "tools", "content", "events", "agency" or "other"; media when absent
	TraitImpressions = "impressions" // whole numbers; reach does not add up over rows
	TraitClicks      = "clicks"
	TraitReach       = "reach"
	TraitLeads       = "leads"
	TraitConversions = "conversions" // a number: platforms count parts

	// Of a contract, beside TraitAccount, TraitAccountID or TraitDomain, TraitCurrency, TraitProduct, TraitFrom and TraitTo (absent while it
	// runs on): TraitAmount is a year's recurring revenue (ARR), and TraitOpportunity the record id of the deal that made it.
	TraitOpportunity = "opportunity"

	// Of a target, beside TraitFrom, TraitTo, TraitChannel, TraitOwner and TraitCurrency: TraitMetric is one of "revenue", "pipeline",
	// "spend", "leads", "mql", "sql", "opportunities" and "won"; TraitValue is a decimal string, in major units where it is money.
	TraitMetric = "metric"
	TraitValue  = "value"

	// Of an annotation, beside TraitFrom, TraitTo, TraitChannel and TraitCampaign: TraitText is what it says, TraitBy who made it, TraitChangedBy
	// who stated anything of it last, and TraitRemoved "yes" while it is taken away.
	TraitText      = "text"
	TraitBy        = "by"
	TraitChangedBy = "changed_by"
	TraitRemoved   = "removed"

	// Of an exchange rate: one unit of TraitCurrency is TraitValue units of TraitQuote on the day TraitFrom.
	TraitQuote = "quote"
)
