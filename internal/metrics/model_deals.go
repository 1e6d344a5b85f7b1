package metrics

import (
	"millrace"
)

// CycleReport is the sales cycle: days from opened to closed, of the deals closed in a period.
type CycleReport struct {
	WonMean    Figure `json:"won_mean"`
	WonMedian  Figure `json:"won_median"`
	LostMean   Figure `json:"lost_mean"`
	LostMedian Figure `json:"lost_median"`
}

// DealRow is the deals of one label of a dimension (sector, product, rep, region), or all of them under "".
type DealRow struct {
	Label    string         `json:"label"`
	Open     int            `json:"open"`
	Won      int            `json:"won"`
	Lost     int            `json:"lost"`
	WonTotal Total          `json:"won_total"`
	WinRate  Figure         `json:"win_rate"`
	Cycle    CycleReport    `json:"cycle"`
	Velocity VelocityReport `json:"velocity"`
}

// VelocityReport is pipeline velocity, opportunities × average deal × win rate / cycle, with its four factors. Opportunities are those open
// on the period's last day; the other factors are of the deals closed in the period: the average of won amounts, won of closed, and the mean
// days from opened to closed of won deals.
type VelocityReport struct {
	Velocity      Figure `json:"velocity"` // money a day
	Opportunities Figure `json:"opportunities"`
	AverageDeal   Figure `json:"average_deal"`
	WinRate       Figure `json:"win_rate"`
	CycleDays     Figure `json:"cycle_days"`
}

// Part is one contribution to a change. The parts of a change add up to it.
type Part struct {
	Name   string  `json:"name"`   // the factor or the segment
	Effect string  `json:"effect"` // "factor", "rate", "mix" or "volume"
	Value  float64 `json:"value"`  // in the unit of what changed
	Words  string  `json:"words"`
}

// Change is what a figure did from one period to the next, taken apart. Parts are sorted by size and add up to Value.
type Change struct {
	Key       string    `json:"key"`
	Before    *float64  `json:"before"`
	After     *float64  `json:"after"`
	Value     *float64  `json:"value"` // After − Before; null when Undefined
	Undefined Undefined `json:"undefined,omitempty"`
	Unit      Unit      `json:"unit"`
	Currency  string    `json:"currency,omitempty"`
	Parts     []Part    `json:"parts"`
	Words     string    `json:"words"` // one sentence
	Rule      string    `json:"rule"`
}

// Component is a segment's share in a figure that is a ratio of sums: numerator and denominator in the two periods. Where Denominators are
// all zero the figure is the sum of the numerators.
type Component struct {
	Segment                            string
	BeforeNumerator, BeforeDenominator float64
	AfterNumerator, AfterDenominator   float64
}

// ForecastInput is what Forecast looks at.
type ForecastInput struct {
	Deals   []Deal
	Quarter Period
	Target  millrace.Money // of the quarter; zero: none
	Draws   int            // of the simulation; 0: 1000
	Level   float64        // of the interval; 0: 0.8
	History int            // days of history that the curves are learned from; 0: 730
}

// ForecastRow is the open deals of one CRM stage.
type ForecastRow struct {
	Stage    string `json:"stage"`
	Deals    int    `json:"deals"`
	Amount   Total  `json:"amount"`
	WinRate  Figure `json:"win_rate"` // eventual: won of the deals that entered the stage and closed
	ByEnd    Figure `json:"by_end"`   // mean probability to be won by the quarter's end
	Expected Figure `json:"expected"` // money won by the quarter's end
	Basis    string `json:"basis"`    // "stage": the stage's own history; "all": too few entered it, so time since opening of all deals
}

// ForecastReport is the quarter: what is won already, what the open deals will bring, and what deals not opened yet will.
type ForecastReport struct {
	Quarter  Period        `json:"quarter"`
	Pace     Period        `json:"pace"` // the days whose openings are the pace of NotYet
	Won      Total         `json:"won"`
	Stages   []ForecastRow `json:"stages"`
	Open     Figure        `json:"open"`      // expected of the open deals
	NotYet   Figure        `json:"not_yet"`   // expected of deals still to be opened, at the pace of the last 90 days
	Expected Figure        `json:"expected"`  // Won + Open + NotYet
	OnTarget Figure        `json:"on_target"` // probability to reach the target
	Coverage Figure        `json:"coverage"`
	LeftOut  []LeftOut     `json:"left_out,omitempty"`
}

// PlanChannel is a channel's figures of today, as UnitEconomics and Funnel gave them.
type PlanChannel struct {
	Channel                      string
	Share                        float64 // of the target that the channel is to bring; all zero: by Revenue
	Revenue                      float64 // won in the period that the rates are of, minor units
	LeadToMQL                    Figure
	MQLToOpportunity             Figure
	WinRate                      Figure
	AverageDeal                  Figure  // money
	CPL                          Figure  // money
	MaxLeads                     float64 // most leads that the channel can bring by the deadline; 0: no limit known
	MaxSpend                     float64 // minor units; 0: no limit known
	LeadDays, MQLDays, CycleDays float64 // from lead to MQL, MQL to opportunity, opportunity to close: medians; 0: not known
}

// PlanInput is a revenue target to plan backwards from.
type PlanInput struct {
	Target   millrace.Money
	Deadline Day    // the last day on which a deal counts
	Won      Figure // money won already towards the target; may be undefined
	Open     Figure // money expected of the open deals by the deadline (ForecastReport.Open); may be undefined
	Channels []PlanChannel
}

// OutOfReach is where a plan can't work and by how much.
type OutOfReach struct {
	Channel string  `json:"channel"`
	Reason  string  `json:"reason"` // "too_late_for_leads", "too_late_for_mqls", "too_late_for_opportunities", "leads_beyond_limit", "spend_beyond_limit", "no_rate"
	By      float64 `json:"by"`     // days late, leads or minor units short; of "no_rate" the revenue that has no way to come about
	Unit    Unit    `json:"unit"`
	Words   string  `json:"words"`
}

// PlanRow is what a channel, or all of them, must bring.
type PlanRow struct {
	Channel       string       `json:"channel"`
	Share         float64      `json:"share"`
	Revenue       Figure       `json:"revenue"`
	Deals         Figure       `json:"deals"`
	Opportunities Figure       `json:"opportunities"`
	MQLs          Figure       `json:"mqls"`
	Leads         Figure       `json:"leads"`
	Spend         Figure       `json:"spend"`
	LeadsBy       Day          `json:"leads_by"` // last day on which a lead can still become a won deal in time; NoDay: not known
	OutOfReach    []OutOfReach `json:"out_of_reach,omitempty"`
}

// Lever is what one rate moved by a tenth does to the plan.
type Lever struct {
	Lever   string  `json:"lever"`  // "lead_to_mql", "mql_to_opportunity", "win_rate", "average_deal", "cpl", "cycle"
	Factor  float64 `json:"factor"` // 1.1 or 0.9
	Leads   Figure  `json:"leads"`
	Spend   Figure  `json:"spend"`
	Saved   Figure  `json:"saved"` // spend saved against the plan; negative: more is needed
	LeadsBy Day     `json:"leads_by"`
	Words   string  `json:"words"`
}

// PlanReport is the way back from the target.
type PlanReport struct {
	Target     Figure       `json:"target"`
	Gap        Figure       `json:"gap"` // Target − Won − Open, not below 0: what new leads must bring
	Total      PlanRow      `json:"total"`
	Channels   []PlanRow    `json:"channels"`
	Levers     []Lever      `json:"levers"` // by spend saved, largest first
	OutOfReach []OutOfReach `json:"out_of_reach,omitempty"`
	Feasible   bool         `json:"feasible"`
}
