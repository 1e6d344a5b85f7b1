// Package words brings what the cells of other systems' files say to the words of Millrace: stages, statuses, categories of cost, platforms,
// metrics and recurrences, in the spellings and languages of real files. It is lists and look-ups; what a word does to a record is the caller's.
package words

import (
	"regexp"
	"strings"

	"millrace"
	"millrace/internal/exchange/sheet"
)

// lifecycleWords are other systems' words for the lifecycle stages, squeezed.
var lifecycleWords = map[string]millrace.Stage{
	"subscriber": millrace.StageLead, "lead": millrace.StageLead, "newlead": millrace.StageLead, "prospect": millrace.StageLead,
	"inquiry": millrace.StageLead, "raw": millrace.StageLead, "visitor": millrace.StageLead, "new": millrace.StageLead,
	"marketingqualifiedlead": millrace.StageMQL, "marketingqualified": millrace.StageMQL, "mql": millrace.StageMQL, "mqa": millrace.StageMQL,
	"salesacceptedlead": millrace.StageAccepted, "salesaccepted": millrace.StageAccepted, "sal": millrace.StageAccepted, "accepted": millrace.StageAccepted,
	"salesqualifiedlead": millrace.StageSQL, "salesqualified": millrace.StageSQL, "sql": millrace.StageSQL, "qualified": millrace.StageSQL,
	"opportunity": millrace.StageOpportunity, "salesqualifiedopportunity": millrace.StageOpportunity, "deal": millrace.StageOpportunity,
	"customer": millrace.StageCustomer, "client": millrace.StageCustomer, "evangelist": millrace.StageCustomer, "won": millrace.StageCustomer,
	"recycled": millrace.StageRecycled, "recycle": millrace.StageRecycled, "nurture": millrace.StageRecycled,
	"disqualified": millrace.StageDisqualified, "unqualified": millrace.StageDisqualified,
}

// leadStatusWords bring the spellings found in real exports to one word a status, squeezed.
var leadStatusWords = map[string]string{
	"new": "new", "newlead": "new", "fresh": "new", "uncontacted": "new", "notcontacted": "new", "untouched": "new",
	"open": "open", "opennotcontacted": "open", "openlead": "open", "assigned": "open",
	"inprogress": "in_progress", "working": "in_progress", "workingcontacted": "in_progress", "inprocess": "in_progress", "wip": "in_progress", "ongoing": "in_progress",
	"attempted": "attempted", "attemptedtocontact": "attempted", "attempting": "attempted", "attemptingcontact": "attempted", "contactattempted": "attempted", "noanswer": "attempted", "leftvoicemail": "attempted",
	"connected": "connected", "contacted": "connected", "contactmade": "connected", "replied": "connected", "responded": "connected", "engaged": "connected",
	"opendeal": "open_deal", "deal": "open_deal", "dealopen": "open_deal", "qualified": "qualified", "salesqualified": "qualified", "qualifiedlead": "qualified", "closedconverted": "qualified", "converted": "qualified",
	"unqualified": "unqualified", "notqualified": "unqualified", "disqualified": "unqualified", "dq": "unqualified", "junk": "unqualified", "badlead": "unqualified", "bad": "unqualified", "closednotconverted": "unqualified", "notafit": "unqualified", "notinterested": "unqualified",
	"badtiming": "bad_timing", "notnow": "bad_timing", "later": "bad_timing", "nurture": "nurture", "nurturing": "nurture", "recycled": "nurture",
}

// blankWords stand for an empty cell in any column; blankTyped only where a date, number or choice is wanted.
var (
	blankWords = map[string]bool{"": true, "--": true, "(No value)": true, "#N/A": true, `\N`: true}
	blankTyped = map[string]bool{"-": true, ".": true, "n/a": true, "na": true, "null": true, "none": true, "(none)": true, "nan": true, "unknown": true}
)

// statusWords are stage names that are known: the sales stages that HubSpot, Salesforce and Maven come with. What is not here is
// open unless it says closed won or closed lost, and is noted.
var statusWords = map[string]millrace.OpportunityStatus{
	"won": millrace.OpportunityWon, "closedwon": millrace.OpportunityWon, "closewon": millrace.OpportunityWon, "wonclosed": millrace.OpportunityWon,
	"lost": millrace.OpportunityLost, "closedlost": millrace.OpportunityLost, "closelost": millrace.OpportunityLost, "lostclosed": millrace.OpportunityLost,
	"open": 0, "prospecting": 0, "engaging": 0, "qualification": 0, "needsanalysis": 0, "valueproposition": 0, "iddecisionmakers": 0,
	"perceptionanalysis": 0, "proposalpricequote": 0, "negotiationreview": 0, "appointmentscheduled": 0, "qualifiedtobuy": 0,
	"presentationscheduled": 0, "decisionmakerboughtin": 0, "contractsent": 0, "proposal": 0, "negotiation": 0, "demo": 0, "discovery": 0,
}

// categoryWords are other words for the categories of cost, squeezed.
var categoryWords = map[string]string{"media": "media", "ads": "media", "advertising": "media", "paidmedia": "media", "adspend": "media", "mediaspend": "media", "paid": "media",
	"people": "people", "staff": "people", "salary": "people", "salaries": "people", "personnel": "people", "team": "people", "payroll": "people", "headcount": "people", "wages": "people", "personal": "people",
	"tools": "tools", "tool": "tools", "software": "tools", "saas": "tools", "subscription": "tools", "subscriptions": "tools", "licence": "tools", "license": "tools", "licenses": "tools", "technology": "tools", "martech": "tools",
	"content": "content", "creative": "content", "production": "content", "events": "events", "event": "events", "tradeshow": "events", "tradeshows": "events", "webinar": "events", "webinars": "events", "sponsorship": "events",
	"agency": "agency", "agencies": "agency", "freelancer": "agency", "freelancers": "agency", "contractor": "agency", "contractors": "agency", "consulting": "agency", "retainer": "agency",
	"other": "other", "misc": "other", "miscellaneous": "other"}

// platformWords are other names of the platforms, squeezed.
var platformWords = map[string]string{"google": "google_ads", "googleads": "google_ads", "googleadwords": "google_ads", "adwords": "google_ads",
	"linkedin": "linkedin_ads", "linkedinads": "linkedin_ads", "linkedincampaignmanager": "linkedin_ads", "meta": "meta_ads", "metaads": "meta_ads",
	"facebook": "meta_ads", "facebookads": "meta_ads", "microsoft": "microsoft_ads", "microsoftads": "microsoft_ads", "microsoftadvertising": "microsoft_ads", "bing": "microsoft_ads", "bingads": "microsoft_ads"}

// metricWords are the metrics that targets are set for, squeezed.
var metricWords = map[string]string{"revenue": "revenue", "bookings": "revenue", "wonamount": "revenue", "wonrevenue": "revenue", "sales": "revenue", "newarr": "revenue", "umsatz": "revenue",
	"pipeline": "pipeline", "pipelinecreated": "pipeline", "pipelinegenerated": "pipeline", "spend": "spend", "cost": "spend", "costs": "spend", "budget": "spend", "marketingspend": "spend",
	"leads": "leads", "lead": "leads", "newleads": "leads", "mql": "mql", "mqls": "mql", "marketingqualifiedleads": "mql", "sql": "sql", "sqls": "sql", "salesqualifiedleads": "sql",
	"opportunities": "opportunities", "opportunity": "opportunities", "opps": "opportunities", "sqos": "opportunities", "newopportunities": "opportunities", "won": "won", "wondeals": "won", "dealswon": "won", "closedwon": "won", "customers": "won", "newcustomers": "won", "deals": "won"}

// everyMonths are the months from one recurrence to the next.
var everyMonths = map[string]int{"monthly": 1, "month": 1, "permonth": 1, "mo": 1, "m": 1, "monatlich": 1, "mensuel": 1, "quarterly": 3, "quarter": 3, "perquarter": 3, "q": 3, "vierteljährlich": 3,
	"yearly": 12, "annual": 12, "annually": 12, "year": 12, "peryear": 12, "y": 12, "jährlich": 12, "annuel": 12}

// onceWords say that an amount does not recur.
var onceWords = map[string]bool{"": true, "once": true, "onetime": true, "oneoff": true, "single": true, "no": true, "none": true, "einmalig": true, "daily": true, "day": true}

// totalWord begins the lines in which reports add up their rows.
var totalWord = regexp.MustCompile(`(?i)^\s*(grand\s+)?(totals?|totale[ns]?|totaux|gesamt(summe|betrag)?|summe|totaal|suma|sum|totalt|razem|celkem|итого|всего|toplam|合計|総計|总计|合计|합계)(\s|:|：|-|–|\(|$)`)

// Lifecycle is the lifecycle stage that another system's word means.
func Lifecycle(word string) (millrace.Stage, bool) {
	s, ok := lifecycleWords[sheet.Squeeze(word)]
	return s, ok
}

// LeadStatus is the one word for all spellings of a lead status.
func LeadStatus(word string) (string, bool) {
	s, ok := leadStatusWords[sheet.Squeeze(word)]
	return s, ok
}

// OpportunityStatus says whether a sales stage is known to be open, won or lost.
func OpportunityStatus(stage string) (millrace.OpportunityStatus, bool) {
	s, ok := statusWords[sheet.Squeeze(stage)]
	return s, ok
}

// Category is the category of cost that a word means.
func Category(word string) (string, bool) {
	s, ok := categoryWords[sheet.Squeeze(word)]
	return s, ok
}

// Platform is the advertising platform that a name means.
func Platform(name string) (string, bool) {
	s, ok := platformWords[sheet.Squeeze(name)]
	return s, ok
}

// Metric is the metric of targets that a word means.
func Metric(word string) (string, bool) {
	s, ok := metricWords[sheet.Squeeze(word)]
	return s, ok
}

// Every is the number of months from one recurrence of a cost to the next, 0 for one that does not recur. ok is false for a word that is neither.
func Every(word string) (months int, ok bool) {
	word = sheet.Squeeze(word)
	if months, ok = everyMonths[word]; ok {
		return months, true
	}
	return 0, onceWords[word]
}

// Total says whether a row that begins so adds up others.
func Total(firstCell string) bool { return totalWord.MatchString(firstCell) }

// Blank says whether a cell stands for an empty one in any column.
func Blank(cell string) bool { return blankWords[cell] }

// BlankTyped says whether a cell stands for an empty one where a date, a number or a choice is wanted.
func BlankTyped(cell string) bool { return blankTyped[strings.ToLower(cell)] }
