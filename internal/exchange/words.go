package exchange

import "millrace"

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

// longSalesforceID makes the 15-character id of a Salesforce report the 18-character one of its other exports: both name one record.
// The three added letters say which of the 15 are upper case.
func longSalesforceID(id string) string {
	if len(id) != 15 {
		return id
	}
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
	out := id
	for block := range 3 {
		bits := 0
		for i := range 5 {
			c := id[block*5+i]
			if c >= 'A' && c <= 'Z' {
				bits |= 1 << i
			} else if (c < 'a' || c > 'z') && (c < '0' || c > '9') {
				return id
			}
		}
		out += letters[bits : bits+1]
	}
	return out
}

// blankWords stand for an empty cell in any column; blankTyped only where a date, number or choice is wanted.
var (
	blankWords = map[string]bool{"": true, "--": true, "(No value)": true, "#N/A": true, `\N`: true}
	blankTyped = map[string]bool{"-": true, ".": true, "n/a": true, "na": true, "null": true, "none": true, "(none)": true, "nan": true, "unknown": true}
)
