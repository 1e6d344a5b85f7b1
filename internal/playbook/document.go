// Package playbook is the document that a team's program is written in: the ideal customer profiles, the scoring rubric, the
// buying committee, the lifecycle definitions, channels and calendars. It parses YAML with errors that name line and column,
// hashes, compares and explains versions, and ships presets by buying motion. It is pure: no I/O, no clock, no database. It
// never evaluates a rule; package score does.
package playbook

// Document is one playbook as written. Every figure in it is whole points, days or hours; nil and zero mean what the field says.
type Document struct {
	Format    int        `yaml:"format" json:"format"` // 1
	Name      string     `yaml:"name" json:"name"`
	Motion    string     `yaml:"motion,omitempty" json:"motion,omitempty"` // "smb", "mid-market" or "enterprise": what defaults were taken from
	Workspace Workspace  `yaml:"workspace" json:"workspace"`
	ICPs      []ICP      `yaml:"icp" json:"icp"` // at least one; each lead keeps its best
	Rubric    Rubric     `yaml:"rubric" json:"rubric"`
	Committee Committee  `yaml:"committee" json:"committee"`
	Lifecycle Lifecycle  `yaml:"lifecycle" json:"lifecycle"`
	Channels  []Channel  `yaml:"channels,omitempty" json:"channels,omitempty"`
	Calendars []Calendar `yaml:"calendars,omitempty" json:"calendars,omitempty"`
}

// Workspace holds what days and amounts mean.
type Workspace struct {
	Timezone string `yaml:"timezone" json:"timezone"` // IANA; days of caps and windows begin at its midnight
	Currency string `yaml:"currency" json:"currency"` // ISO 4217
	// Hosts of the team's own sites, each with its subdomains: a link from one of them to another brings nobody new.
	Hosts []string `yaml:"hosts,omitempty" json:"hosts,omitempty"`
}

// ICP is one ideal customer profile as a rubric: fit is points of all criteria ≥ Threshold, every must met and no disqualifier met.
type ICP struct {
	Name          string         `yaml:"name" json:"name"`
	Description   string         `yaml:"description,omitempty" json:"description,omitempty"`
	Threshold     int            `yaml:"threshold" json:"threshold"`
	Grades        map[string]int `yaml:"grades" json:"grades"` // grade letter → least points; a fit below all has the lowest
	Criteria      []Criterion    `yaml:"criteria" json:"criteria"`
	Disqualifiers []Disqualifier `yaml:"disqualifiers,omitempty" json:"disqualifiers,omitempty"`
}

// The kinds of criterion. The first three read traits; behavioral reads what was done.
const (
	Firmographic  = "firmographic"
	Technographic = "technographic"
	Psychographic = "psychographic"
	Behavioral    = "behavioral"
)

// Criterion gives the points of its first band that holds, and Missing when the trait is not known.
type Criterion struct {
	ID    string `yaml:"id" json:"id"`
	Label string `yaml:"label,omitempty" json:"label,omitempty"`
	Kind  string `yaml:"kind" json:"kind"`
	Of    string `yaml:"of,omitempty" json:"of,omitempty"`       // "account" (default) or "contact"
	Trait string `yaml:"trait,omitempty" json:"trait,omitempty"` // canonical or own trait name; not for behavioral
	// Behaviors (ids of rubric behaviours) and WithinDays are for behavioral criteria: the bands are skipped and Points is
	// given when the account (or contact, by Of) did any of them within so many workspace days.
	Behaviors  []string `yaml:"behaviors,omitempty" json:"behaviors,omitempty"`
	WithinDays int      `yaml:"within_days,omitempty" json:"within_days,omitempty"`
	Points     int      `yaml:"points,omitempty" json:"points,omitempty"`
	Bands      []Band   `yaml:"bands,omitempty" json:"bands,omitempty"`
	Missing    int      `yaml:"missing,omitempty" json:"missing,omitempty"`
	Must       bool     `yaml:"must,omitempty" json:"must,omitempty"` // fit needs a positive-point band (or the behaviour) to hold
}

// Band is a condition on the trait's value and what it is worth.
type Band struct {
	When   Condition `yaml:",inline" json:"when"`
	Points int       `yaml:"points" json:"points"`
}

// Condition holds when every part that is given holds. Text compares case-insensitively after trimming; for a list-valued trait a
// part holds when it holds for any element.
type Condition struct {
	Min    *float64 `yaml:"min,omitempty" json:"min,omitempty"`   // value ≥ Min, as a number
	Max    *float64 `yaml:"max,omitempty" json:"max,omitempty"`   // value ≤ Max
	In     []string `yaml:"in,omitempty" json:"in,omitempty"`     // equal to any
	Like   []string `yaml:"like,omitempty" json:"like,omitempty"` // matches any pattern: * is any run of characters
	NotIn  []string `yaml:"not_in,omitempty" json:"not_in,omitempty"`
	Exists *bool    `yaml:"exists,omitempty" json:"exists,omitempty"`
}

// Disqualifier makes fit no whatever the points.
type Disqualifier struct {
	ID     string    `yaml:"id" json:"id"`
	Of     string    `yaml:"of,omitempty" json:"of,omitempty"`
	Trait  string    `yaml:"trait" json:"trait"`
	When   Condition `yaml:",inline" json:"when"`
	Reason string    `yaml:"reason" json:"reason"`
}

// Rubric is how intent is scored. One half-life for all of it.
type Rubric struct {
	HalfLifeDays float64    `yaml:"half_life_days" json:"half_life_days"`
	Categories   []Category `yaml:"categories,omitempty" json:"categories,omitempty"`
	Behaviors    []Behavior `yaml:"behaviors" json:"behaviors"` // an event scores for the first that matches
}

// Category names content by URL. Patterns are of paths: * is within a segment, ** any depth.
type Category struct {
	Name  string   `yaml:"name" json:"name"`
	Hosts []string `yaml:"hosts,omitempty" json:"hosts,omitempty"` // empty means any
	Paths []string `yaml:"paths" json:"paths"`
}

// Behavior is one thing people do and what it is worth.
type Behavior struct {
	ID         string   `yaml:"id" json:"id"`
	Label      string   `yaml:"label" json:"label"`
	On         string   `yaml:"on" json:"on"`                             // "page", "track", "screen" or "any"
	Events     []string `yaml:"events,omitempty" json:"events,omitempty"` // names, case-insensitive, * allowed; empty means any
	Category   string   `yaml:"category,omitempty" json:"category,omitempty"`
	Where      []Where  `yaml:"where,omitempty" json:"where,omitempty"`             // all must hold
	Points     int      `yaml:"points" json:"points"`                               // may be negative
	WindowDays int      `yaml:"window_days,omitempty" json:"window_days,omitempty"` // counts for so many workspace days after the day it happened; 0: no end
	CapPerDay  int      `yaml:"cap_per_day,omitempty" json:"cap_per_day,omitempty"` // most raw points (by magnitude) in one workspace day; 0: none
	Cap        int      `yaml:"cap,omitempty" json:"cap,omitempty"`                 // most raw points (by magnitude) in the window; 0: none
	Funnel     string   `yaml:"funnel,omitempty" json:"funnel,omitempty"`           // "awareness", "consideration" or "decision"
}

// Where is a condition on a property of the event (dotted path into its properties).
type Where struct {
	Property string    `yaml:"property" json:"property"`
	When     Condition `yaml:",inline" json:"when"`
}

// Committee is who decides in a buying account.
type Committee struct {
	EngagedWithinDays int    `yaml:"engaged_within_days" json:"engaged_within_days"` // a person is engaged who scored within so many workspace days
	Roles             []Role `yaml:"roles" json:"roles"`                             // a person has the first that matches
}

// Role is a persona of the committee, recognised by title, department or seniority; any list that is given must match.
type Role struct {
	Role        string   `yaml:"role" json:"role"` // champion, economic_buyer, decision_maker, influencer, user, blocker
	Label       string   `yaml:"label,omitempty" json:"label,omitempty"`
	Titles      []string `yaml:"titles,omitempty" json:"titles,omitempty"` // patterns on the title
	Departments []string `yaml:"departments,omitempty" json:"departments,omitempty"`
	Seniorities []string `yaml:"seniorities,omitempty" json:"seniorities,omitempty"`
}

// Lifecycle says what the stages mean.
type Lifecycle struct {
	MQL MQL `yaml:"mql" json:"mql"`
	MQA MQA `yaml:"mqa" json:"mqa"`
	SAL SAL `yaml:"sal,omitempty" json:"sal,omitzero"`
	SQL SQL `yaml:"sql" json:"sql"`
}

// MQL: fit and intent ≥ Intent, or fit and one of Immediate.
type MQL struct {
	Intent       int      `yaml:"intent" json:"intent"`
	Immediate    []string `yaml:"immediate,omitempty" json:"immediate,omitempty"` // behaviour ids that qualify a fit person at once
	ExpireBelow  int      `yaml:"expire_below" json:"expire_below"`               // an episode that sales does not hold ends when intent falls below
	ExpireDays   int      `yaml:"expire_days" json:"expire_days"`                 // and at the latest after so many days
	CooldownDays int      `yaml:"cooldown_days" json:"cooldown_days"`             // no re-entry before so many days after the end
}

// MQA: fit account, at least Roles committee roles engaged, combined intent ≥ Intent.
type MQA struct {
	Intent       int `yaml:"intent" json:"intent"`
	Roles        int `yaml:"roles" json:"roles"`
	ExpireBelow  int `yaml:"expire_below" json:"expire_below"`
	ExpireDays   int `yaml:"expire_days" json:"expire_days"`
	CooldownDays int `yaml:"cooldown_days" json:"cooldown_days"`
}

// SAL is how sales takes leads up, or gives them back.
type SAL struct {
	RejectReasons []RejectReason `yaml:"reject_reasons,omitempty" json:"reject_reasons,omitempty"` // DefaultRejectReasons when there are none
}

// What becomes of a rejected lead.
const (
	ToNurture    = "nurture"    // it is recycled, with the cool-down of its kind
	ToDisqualify = "disqualify" // it stays out until sales takes it up again
)

// RejectReason is a reason for which sales gives a lead back.
type RejectReason struct {
	ID    string `yaml:"id" json:"id"`
	Label string `yaml:"label,omitempty" json:"label,omitempty"`
	To    string `yaml:"to,omitempty" json:"to,omitempty"` // ToNurture (default) or ToDisqualify: what is proposed to whoever rejects
}

// SQL names the evidence of qualification that sales must record.
type SQL struct {
	Framework string   `yaml:"framework" json:"framework"` // bant, meddicc, champ, gpctba or custom
	Evidence  []string `yaml:"evidence" json:"evidence"`   // names of the fields that must be recorded
}

// Channel is one of the team's own channels with its targets (the field's usual table).
type Channel struct {
	Name    string  `yaml:"name" json:"name"`
	Role    string  `yaml:"role" json:"role"` // creation, capture, both
	CPLLow  float64 `yaml:"cpl_low,omitempty" json:"cpl_low,omitempty"`
	CPLHigh float64 `yaml:"cpl_high,omitempty" json:"cpl_high,omitempty"`
	// What belongs to it: a touch that the lists fit, or any of Also. A channel without lists is one for costs and targets alone.
	ChannelMatch `yaml:",inline"`
	Also         []ChannelMatch `yaml:"also,omitempty" json:"also,omitempty"`
}

// ChannelMatch fits a touch when every list that is given has an entry that fits. Capitals don't matter; * is any run of characters in
// all but Referrers, Groups and Kinds. With Events it fits events of these names and no pages, without it pages alone.
type ChannelMatch struct {
	Sources   []string `yaml:"sources,omitempty" json:"sources,omitempty"`     // utm_source, or the one that was made of a click id or a referrer
	Mediums   []string `yaml:"mediums,omitempty" json:"mediums,omitempty"`     // utm_medium, likewise
	Campaigns []string `yaml:"campaigns,omitempty" json:"campaigns,omitempty"` // utm_campaign
	Referrers []string `yaml:"referrers,omitempty" json:"referrers,omitempty"` // domains, their subdomains included
	Groups    []string `yaml:"groups,omitempty" json:"groups,omitempty"`       // GA4's default channel groups, see ChannelGroups
	Kinds     []string `yaml:"kinds,omitempty" json:"kinds,omitempty"`         // what the site is, see SiteKinds
	Hosts     []string `yaml:"hosts,omitempty" json:"hosts,omitempty"`         // of the page that was arrived at, without "www."
	Events    []string `yaml:"events,omitempty" json:"events,omitempty"`       // names of tracked events that are touches
}

// Empty says whether no list is given.
func (m *ChannelMatch) Empty() bool {
	return len(m.Sources)+len(m.Mediums)+len(m.Campaigns)+len(m.Referrers)+len(m.Groups)+len(m.Kinds)+len(m.Hosts)+len(m.Events) == 0
}

// Calendar is business hours for SLA clocks.
type Calendar struct {
	Name     string   `yaml:"name" json:"name"`
	Timezone string   `yaml:"timezone" json:"timezone"`
	Days     []string `yaml:"days" json:"days"`                             // mon … sun
	From     string   `yaml:"from" json:"from"`                             // 09:00
	To       string   `yaml:"to" json:"to"`                                 // 17:00
	Holidays []string `yaml:"holidays,omitempty" json:"holidays,omitempty"` // 2026-12-25
}
