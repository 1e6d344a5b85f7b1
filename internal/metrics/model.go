package metrics

import "millrace"

// Day is a day of the workspace's calendar, counted from 1970-01-01. NoDay is no day.
type Day int32

// Month is a month of the workspace's calendar, counted from 1970-01.
type Month int32

// NoDay stands for a day that is not given: a fact without a date, a contract that runs on.
const NoDay Day = -1 << 31

// Period is a span of days, First and Last included. It is empty where Last is before First.
type Period struct {
	First Day `json:"first"`
	Last  Day `json:"last"`
}

// Move is one entry of a stage by one subject (a contact, or an account in the account-level funnel). Contacts and accounts are numbered
// by the caller from 0 on without large gaps: memory goes with the largest number. Moves sorted by subject and time are read fastest.
type Move struct {
	At      millrace.Time  // 0: undated. It stays out of cohorts and is counted
	Subject int32          // the caller's number of the contact or account
	Account int32          // the account held at that moment, -1 for none; for accounts the same as Subject
	Stage   millrace.Stage // the stage that was entered
	ByDeal  bool           // a deal led there, nobody decided it
	Void    bool           // entered beside where the subject stood by its deals: it begins and ends nothing
}

// Deal is an opportunity as it stands.
type Deal struct {
	Account   int32         // the caller's number of the account, -1 for none
	Opened    millrace.Time // 0: undated
	Closed    millrace.Time // 0 while open, or undated when it is not
	Status    millrace.OpportunityStatus
	Amount    millrace.Money // value of the deal; read only where HasAmount
	HasAmount bool
	Stage     string     // the CRM's stage, "" when it gives none
	Expected  Day        // the expected close date, NoDay when none is given
	Steps     []DealStep // when it entered the CRM's stages, as far as known
	Expansion bool       // sold to an account that is a customer already
	Referral  bool       // came by referral
}

// DealStep is a deal's entry of one of the CRM's stages.
type DealStep struct {
	At    millrace.Time
	Stage string
}

// Dim is one dimension of a funnel (channel, campaign, segment, persona, owner, ICP grade): Code has, for each row of the input (each
// Move, or each Deal), an index into Labels. A code outside of Labels, or a row beyond Code, counts under the label "" (not known).
type Dim struct {
	Name   string
	Labels []string
	Code   []int32
}

// Spend is what something cost from First to Last, both included; a cost of several days is spread over them evenly and exactly. A
// negative amount is a credit or a refund: it is subtracted, and the figures it entered say so.
type Spend struct {
	Period
	Amount            millrace.Money
	Channel, Campaign string // "" when not known: shown as such, never left out of the total
}

// Credit is a part, or the whole, of one result (a lead, MQL, SQL, opportunity or customer) that a channel and campaign brought.
type Credit struct {
	At                millrace.Time  // when the result came about; 0: undated
	Stage             millrace.Stage // StageLead, StageMQL, StageSQL, StageOpportunity or StageCustomer
	Channel, Campaign string         // "" for results without a touch: shown as such, in the total
	Share             float64        // of the result, 1 for the whole; the shares of one result add up to 1
	Count             int            // how many such results of one day; 0: one
	Revenue           millrace.Money // of StageCustomer: the part of the deal's value that goes with Share
}

// Contract is a customer's recurring contract.
type Contract struct {
	Customer int32 // the caller's number of the account
	Period         // Last is NoDay while it runs on
	ARR      millrace.Money
}

// Rate is an exchange rate: one unit of From is Value units of To on the day. Value is a decimal ("1.0842").
type Rate struct {
	Day      Day
	From, To string
	Value    string
}

// Undefined is why a figure has no value.
type Undefined string

// The reasons.
const (
	NoDenominator Undefined = "no_denominator" // there is nothing to divide by: no leads, no closed deals, no spend
	NoData        Undefined = "no_data"        // there is nothing to measure
	NoSpend       Undefined = "no_spend"       // no cost is recorded, which is not a cost of nothing
	NoDeals       Undefined = "no_deals"       // no opportunity is known, or the data of them end before the period: what came of the money can't be told
	NoPeople      Undefined = "no_people"      // nobody is known, and no visit is: whom the money brought can't be told
	NoTouches     Undefined = "no_touches"     // of no opportunity the channel is known: what came of one channel's money can't be told
	NoRate        Undefined = "no_rate"        // all of the money is in currencies without a rate
	TooFew        Undefined = "too_few"        // fewer observations than the method needs
	TooYoung      Undefined = "too_young"      // nothing has been watched as long as the horizon
	NotReached    Undefined = "not_reached"    // fewer than half got there: there is no median yet
	NotPositive   Undefined = "not_positive"   // an amount that must be above zero isn't: refunds exceed spend, the target is met
	NoChurn       Undefined = "no_churn"       // nobody left, so a lifetime can't be told; the interval has its lower end
	Overflow      Undefined = "overflow"       // the sum is beyond 9.2e18 minor units
	NotAsked      Undefined = "not_asked"      // the argument that it needs was not given
)

// Words are why a figure has no value, in words that go on a sentence.
func (u Undefined) Words() string {
	return map[Undefined]string{
		NoDenominator: "there is nothing to divide by",
		NoData:        "there is nothing to measure in these days",
		NoSpend:       "no cost is recorded",
		NoDeals:       "no opportunity of these days is known",
		NoPeople:      "nobody is known",
		NoTouches:     "of no opportunity the channel is known",
		NoRate:        "its money has no exchange rate",
		TooFew:        "there are too few of them",
		TooYoung:      "nothing has been watched that long",
		NotReached:    "fewer than half got there",
		NotPositive:   "the amount is not above zero",
		NoChurn:       "nobody left",
		Overflow:      "the sum is too large",
		NotAsked:      "it needs what isn't there",
	}[u]
}

// Unit is what a figure's value counts.
type Unit string

// The units. Money is in minor units of Figure.Currency, and may have a fraction (a cost per lead).
const (
	UnitRatio         Unit = "ratio" // 0.2 is 20%; may exceed 1 (NRR, coverage, LTV:CAC)
	UnitCount         Unit = "count"
	UnitDays          Unit = "days"
	UnitMonths        Unit = "months"
	UnitMoney         Unit = "money"
	UnitMoneyPerDay   Unit = "money_per_day"
	UnitMoneyPerMonth Unit = "money_per_month" // a slope of money
)

// Interval is where the value lies with confidence Level, by Method. An end is null where there is none.
type Interval struct {
	Low    *float64 `json:"low"`
	High   *float64 `json:"high"`
	Level  float64  `json:"level"`
	Method string   `json:"method"` // "wilson", "log-log", "poisson", "t", "order", "sen", "linearised", "simulation", "log-delta"
}

// Verdict is where a value stands to its benchmark band.
type Verdict string

// The verdicts. NotJudged is for values that are undefined or in another currency than the band.
const (
	Below     Verdict = "below"
	Within    Verdict = "within"
	Above     Verdict = "above"
	NotJudged Verdict = "not_judged"
)

// Band is a benchmark. An end is null where it is open.
type Band struct {
	Low      *float64 `json:"low"`
	High     *float64 `json:"high"`
	Currency string   `json:"currency,omitempty"` // of money
	Source   string   `json:"source"`             // "domain defaults", or who set it
	// Alarms are bounds outside of the band, with what crossing them means.
	AlarmLow  *float64 `json:"alarm_low,omitempty"`
	AlarmHigh *float64 `json:"alarm_high,omitempty"`
	WhenLow   string   `json:"when_low,omitempty"`  // what a value below AlarmLow means
	WhenHigh  string   `json:"when_high,omitempty"` // what a value above AlarmHigh means
	Better    string   `json:"better,omitempty"`    // "higher" or "lower", where one is
}

// Judged is a band with the verdict on a figure.
type Judged struct {
	Band
	Verdict Verdict `json:"verdict"`
	// Sure says that the whole interval lies on the verdict's side: the sample is large enough to say so.
	Sure  bool   `json:"sure"`
	Alarm string `json:"alarm,omitempty"` // WhenLow or WhenHigh, when the value crosses that bound
}

// Beyond says whether the value lies where nobody wants it: it crosses an alarm, or is outside of the band on the worse side, or on the better
// one while an alarm waits further out there. What each screen, sentence and mail says of a figure follows from this.
func (j *Judged) Beyond() bool {
	lower := j.Better == "lower"
	switch {
	case j.Alarm != "":
		return true
	case j.Verdict == Below:
		return !lower || j.AlarmLow != nil
	case j.Verdict == Above:
		return lower || j.AlarmHigh != nil
	}
	return false
}

// LeftOut counts what a figure could not use, and why.
type LeftOut struct {
	Reason string `json:"reason"` // "undated", "undated_outcome", "opportunity_open_at_entry", "no_rate", "no_amount", …
	Count  int    `json:"count"`
	// Money is what the left-out rows amount to, by currency. Of "no_rate" it is the money that has no rate.
	Money []Amount `json:"money,omitempty"`
}

// Figure is one measured number with all that is needed to judge it. It is ready for JSON: never NaN or infinite.
type Figure struct {
	Key         string    `json:"key"`   // "mql_to_opportunity"
	Value       *float64  `json:"value"` // null when Undefined says why
	Undefined   Undefined `json:"undefined,omitempty"`
	Unit        Unit      `json:"unit"`
	Currency    string    `json:"currency,omitempty"` // of UnitMoney and UnitMoneyPerDay
	Numerator   *float64  `json:"numerator,omitempty"`
	Denominator *float64  `json:"denominator,omitempty"`
	N           int       `json:"n"` // how many observations stand behind it
	Interval    *Interval `json:"interval,omitempty"`
	Band        *Judged   `json:"band,omitempty"`
	Rule        string    `json:"rule"` // the formula in words, with units
	LeftOut     []LeftOut `json:"left_out,omitempty"`
	Caveats     []string  `json:"caveats,omitempty"` // "few_at_risk", "refunds", "margin_not_given", …
}

// Bands are benchmark bands by figure key; of a key by segment ("cpl/LinkedIn ads") the segment's own comes before the key's.
type Bands map[string]Band

// Options hold for every measure.
type Options struct {
	Calendar *Calendar     // required: the workspace's days
	AsOf     millrace.Time // required: what came later is not looked at, and what is open is censored here
	Currency string        // of the workspace: all money is converted into it where there is a rate
	Rates    *Rates        // nil: no rates
	Bands    Bands         // nil: DefaultBands
	Level    float64       // of the intervals; 0: 0.95
	Horizon  int           // days within which a conversion counts; 0: 90
}

// Outcome is how an episode stands.
type Outcome uint8

// The outcomes. An episode that ended otherwise (rejected, recycled, expired, lost) is not censored: it can no longer convert.
const (
	Open           Outcome = 0
	Converted      Outcome = 1
	EndedOtherwise Outcome = 2
)

// Episode is one passage from entering a stage until the stage aimed at, another end, or the clock.
type Episode struct {
	Row     int32 // of the Move or Deal that began it, for Dim.Code
	Entered Day
	Days    int32 // from entering to the outcome, or to the clock while Open
	Outcome Outcome
	Skipped bool // it converted past the stage aimed at (an MQL that became an opportunity without an SQL)
}

// EpisodeSet is what Funnel measures.
type EpisodeSet struct {
	Key      string // "mql_to_opportunity": names the figures and finds their bands; the caller may change it ("mqa_to_opportunity")
	Rule     string // how an episode begins, converts and ends, in words
	Episodes []Episode
	Subjects int // how many contacts, accounts or deals have an episode
	Reentry  int // episodes of subjects that had one before (recycling)
	Sideways int // episodes entered without the stage before it
	LeftOut  []LeftOut
}

// Rated is the conversion of some episodes. Rate is the headline: the Aalen–Johansen cumulative incidence at the horizon, in which an
// episode that ended otherwise can't convert any more and an open one is censored. KaplanMeier takes those that ended otherwise as
// censored too: the rate there would be if none of them had ended, always the higher one. Window is the plain rate of the episodes that
// entered at least a horizon ago.
type Rated struct {
	Entered        int    `json:"entered"`
	Converted      int    `json:"converted"` // so far, however late
	EndedOtherwise int    `json:"ended_otherwise"`
	Open           int    `json:"open"`
	Skipped        int    `json:"skipped"`
	Rate           Figure `json:"rate"`
	KaplanMeier    Figure `json:"kaplan_meier"`
	Window         Figure `json:"window"`
	Median         Figure `json:"median"` // days to convert, of those that did within the horizon
}

// Point is one step of a conversion curve.
type Point struct {
	Day         int     `json:"day"` // since entry
	Rate        float64 `json:"rate"`
	Low         float64 `json:"low"`
	High        float64 `json:"high"`
	KaplanMeier float64 `json:"kaplan_meier"`
	Ended       float64 `json:"ended"`   // share that ended otherwise by then
	AtRisk      int     `json:"at_risk"` // still open and watched on that day
}

// Cell is what a cohort had converted at the end of a month since entry (0: within the first 30 days).
type Cell struct {
	Month     int      `json:"month"`
	Rate      *float64 `json:"rate"` // cumulative; null where nobody has been watched that long
	Converted int      `json:"converted"`
	Complete  bool     `json:"complete"` // all of the cohort has been watched that long
}

// Cohort is the episodes that entered in one month.
type Cohort struct {
	Month Month  `json:"month"`
	Cells []Cell `json:"cells"`
	Rated
}

// Segment is the episodes with one label of a dimension.
type Segment struct {
	Label string `json:"label"`
	Rated
}

// Dimension is a funnel split by one dimension, largest segments first.
type Dimension struct {
	Name     string    `json:"name"`
	Segments []Segment `json:"segments"`
}

// FunnelReport is one conversion, whole and split. The blended Total stands beside Dimensions, never alone.
type FunnelReport struct {
	Key        string      `json:"key"`
	Rule       string      `json:"rule"`
	Subjects   int         `json:"subjects"`
	Reentries  int         `json:"reentries"`
	Sideways   int         `json:"sideways"`
	Total      Rated       `json:"total"`
	Curve      []Point     `json:"curve"`
	Cohorts    []Cohort    `json:"cohorts"`
	Dimensions []Dimension `json:"dimensions"`
	LeftOut    []LeftOut   `json:"left_out,omitempty"`
}

// FlowKind says what a passage between two stages is.
type FlowKind string

// The kinds.
const (
	FlowEntry    FlowKind = "entry"    // the subject's first stage is Lead or MQL
	FlowSideways FlowKind = "sideways" // the subject's first stage is a later one
	FlowForward  FlowKind = "forward"  // to the next stage
	FlowSkip     FlowKind = "skip"     // forward past a stage
	FlowBack     FlowKind = "back"     // to an earlier one, recycled and disqualified among them
	FlowRecycle  FlowKind = "recycle"  // from recycled or disqualified back into the funnel
)

// Flow counts the passages from one stage to another. First is true where there was no stage before; From is then without meaning.
type Flow struct {
	First  bool           `json:"first"`
	From   millrace.Stage `json:"from"`
	To     millrace.Stage `json:"to"`
	Kind   FlowKind       `json:"kind"`
	Count  int            `json:"count"`
	Median Figure         `json:"median"` // days between the two
}

// StageTime is how long subjects stay in a stage: the Kaplan–Meier median of leaving it for whichever other, open stays censored.
type StageTime struct {
	Stage  millrace.Stage `json:"stage"`
	Left   int            `json:"left"`
	Inside int            `json:"inside"` // there now
	Median Figure         `json:"median"`
	Mean   Figure         `json:"mean"` // of the completed stays
}

// Calendar tells the days of a time zone. It is immutable.
type Calendar struct {
	starts []millrace.Time // from which offsets hold, ascending
	offset []millrace.Time // east of UTC
}
