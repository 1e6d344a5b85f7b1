package audit

import (
	"millrace"
	"millrace/internal/metrics"
	"millrace/internal/playbook"
)

// Input is what the audit knows of a workspace at a moment: counts and figures of the facts that had occurred by then. The zero value of a
// part means that there is no data for it.
type Input struct {
	AsOf     millrace.Time  // the moment that is audited
	Now      millrace.Time  // the clock; after AsOf where the data ended before
	Day      metrics.Day    // of AsOf
	Period   metrics.Period // the year up to Day
	First    metrics.Day    // of the first dated fact, NoDay without one
	Last     metrics.Day    // of the last dated fact by then, NoDay where it isn't known
	Currency string         // of all money
	Dollar   float64        // minor units of Currency that a US dollar is; 0: no rate is known
	Playbook playbook.Document
	Preset   string // name of the preset whose ICP the playbook still has word for word, "" where the team has its own

	Accounts, Contacts int
	Behavior           int // days since the first dated act of a known person, 0 without any
	Leads              Leads
	Deals              Deals
	Channels           []Channel // of the period, by spend
	Spend              Spend
	Qualified          Qualified
	FollowUp           FollowUp
	Committee          Committee
	Customers          Customers
	Journeys           Journeys
	Tags               Tags
	List               List
	Mail               Mail
	Flows              Flows
	Targets            []string // the metrics that targets are set for
}

// Share is how many of a number.
type Share struct {
	X, N int
}

// Leads are the people who said who they are.
type Leads struct {
	Total   int
	Undated int // known by facts without a time alone
	Period  int // who became known in the period
	// Oldest is how many days ago the first of them became known.
	Oldest int
}

// Deals are the opportunities. Money is in minor units of Input.Currency.
type Deals struct {
	Total, Open, Won, Lost int
	NoAccount              int // of Total
	OpenNoAccount          int // of Open
	Undated                int // of Total: without any date
	WonWithoutAmount       int
	LostWithReason         int // of the lost
	// ReasonsUnknown says that deals came by files, none of which has a column for the loss reason.
	ReasonsUnknown bool
	Doubles        int // deals that repeat another one: same account, name, product, amount and day of opening
	DoublesAmount  int64

	WinRate   metrics.Figure // won of closed, of the period
	Amount    metrics.Figure // median amount of won deals, money
	WonCycle  metrics.Figure // median days from opened to won
	LostCycle metrics.Figure
	OldCycle  int // days within which 90% of the won deals were won; 0: too few
	// Ended is the last day on which a deal was opened or closed, where that is more than 30 days before the moment, and at the pace until then several
	// were due since: an export that other facts have outlived. It is 0 else. The closed deals here are those of the year up to it.
	Ended metrics.Day
	// Stale are the open deals that are older than OldCycle, of those that have a date; on the day Ended where there is one.
	Stale Share
	Aged  OpenMoney // what the stale ones are worth
	// OpenMoney is what all open deals are worth.
	OpenMoney  OpenMoney
	NoAccMoney OpenMoney // what the open deals without an account are worth
	Groups     []Group   // closed deals by rep, product, industry …
}

// year is what the closed deals are of, in words.
func (d *Deals) year() string {
	if d.Ended > 0 {
		return "of the year up to " + d.Ended.String()
	}
	return "of the last year"
}

// OpenMoney is what open deals are worth: by their amounts, and where they have none by the mean won amount of their product (of all won
// deals for a product that was never won).
type OpenMoney struct {
	Minor     int64 // both together
	Recorded  int   // deals with an amount
	Estimated int   // deals without one that Minor takes at the mean
	Unknown   int   // deals that nothing is known to be worth
}

// Group is closed deals by the labels of one dimension.
type Group struct {
	Name   string // "owner", "product", "industry", "country", "region"
	Labels []GroupRow
}

// GroupRow is one label.
type GroupRow struct {
	Label       string
	Won, Closed int
	WonAmount   int64
}

// Channel is one of the playbook's own channels, or what stands where none matches.
type Channel struct {
	metrics.CostRow
	Role          string // creation, capture, both, or "" where the playbook says none
	Paid          bool   // whether it has spend at all, ever
	FirstLeads    int    // leads of the period whose first touch it was
	PlatformLeads int64  // leads that the platform counted, of the period
	Opened        int    // deals opened in the period that it brought: by the last touch that isn't direct, else the CRM's lead source
	Touched       int    // deals opened in the period on accounts that it had touched before, as last, first or in between
	OpenedMoney   int64  // what they amount to, as far as known
	SpendDays     int    // days from its first spend in the period to the moment
}

// Spend is all costs of the period.
type Spend struct {
	Rows            int   // of any time
	Minor           int64 // of the period
	Campaigns       int64 // of it, the spend that names a campaign of a channel that is tagged
	UnmatchedAmount int64 // of Campaigns, of campaigns that no touch has ever named
	Unmatched       []string
	Days            int   // days since the first of it
	OutboundReach   int64 // the largest month's reach of outbound, as its spend records count it
}

// Qualified is how leads qualify.
type Qualified struct {
	MQL       int   // MQL entries of the period
	Rate      Share // converted within 90 days, of those that entered at least 90 days ago
	Figure    metrics.Figure
	Both      Share // of the people the CRM holds for qualified (MQL or later), those that the playbook's rule ever held for it too
	DealsSeen Share // of the deals opened in the period on accounts with known people, those on whose account somebody was MQL or the account MQA before
	// Spans are, of the 120 days before the last 120 and of the last 120, who became an MQL among the people active then.
	Spans     [2]Share
	SpansRate [2]Share // of the MQLs of each that were watched 90 days, those that converted
}

// FollowUp is what became of MQLs.
type FollowUp struct {
	MQLs     int   // entries of the period that are at least a week old
	Touched  int   // of them, those that sales took up within seven days
	Ever     int   // of them, those that sales ever took up
	Known    bool  // whether the data hold acts of sales at all
	Deadline int   // days within which Touched counts
	Hours    []int // median hours to the first act, one element where there is one
	PerMQL   int64 // what an MQL is worth: MQL-to-opportunity × win rate × mean won amount; 0: not known
}

// Committee is whom the team knows at accounts with open deals.
type Committee struct {
	Deals    int       // open deals on accounts with at least one known person
	Single   int       // of them, those with one active person at most: active at the account within 180 days, or with a role in the deal
	LowLevel int       // of them, those where nobody of these decides, pays or champions
	Thin     int       // either
	Money    OpenMoney // of the thin ones
	Unknown  int       // open deals on accounts without a known person
	Titled   int       // contacts with a role of the committee
}

// Customers are accounts that have bought.
type Customers struct {
	Total     int
	OldEnough int   // who bought at least a year ago
	Served    Share // of OldEnough: those with a touch, or a further deal, in the last year
	Again     Share // of the deals opened in the period: to customers, or by referral
	Contracts int
	NRR       metrics.Figure
	Lost      int64 // ARR churned and contracted in the period
	Touches   bool  // whether any touch of a customer could be seen: the workspace has touches
}

// Journeys are the ways to the won deals.
type Journeys struct {
	Won     int // won deals of the period
	Seen    int // of them, with a touch before the close
	OneStep int // of Seen, with a single touch
	Said    int // accounts whose people said how they came
	Moved   metrics.Figure
}

// Tags are the arrivals of the period.
type Tags struct {
	Arrivals int64 // by a campaign: with tags or a click id
	Wrong    int64 // of them, with a mistake that makes figures wrong
	All      int64 // of any kind
	Problems []TagProblem
}

// TagProblem is the arrivals with one problem.
type TagProblem struct {
	Problem  string
	Arrivals int64
	Example  string // what is wrong and what to do, of the largest
}

// List is the people the team may write to.
type List struct {
	Silent       Share // of those who did anything before the last year: nothing within it
	Unsubscribed int
	Bounced      int
	Mailed       int // people who were sent anything in the last year, as far as mail events tell
}

// Mail is the mails of nurture, where events tell of them.
type Mail struct {
	People int            // who got their first mail at least a cycle ago, and didn't buy or unsubscribe within it
	Span   metrics.Figure // median days from their first mail to their last
	// OutboundMonth is the most people who got an outbound mail in a month.
	OutboundMonth int
}

// Flows are the passages between stages.
type Flows struct {
	Passages  int
	NotLinear int // sideways, skipped, back or recycled
}
