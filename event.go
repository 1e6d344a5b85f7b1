package millrace

import "encoding/json"

// Kind is what an event is about. The numbers are stored in the log: they are never reused or renumbered.
type Kind uint8

// Kinds of facts from outside, as sources send or files hold them.
const (
	KindIdentify    Kind = 1 // traits of a person
	KindTrack       Kind = 2 // something a person did; Name is the event's name
	KindPage        Kind = 3 // a page was seen; Name is the page's name, Path its path
	KindScreen      Kind = 4
	KindGroup       Kind = 5 // a person belongs to an account (GroupID); Data has the account's traits
	KindAlias       Kind = 6 // PreviousID and UserID are one person
	KindContact     Kind = 7 // a contact record as a CRM has it (RecordID)
	KindAccount     Kind = 8 // an account record as a CRM has it (RecordID, or its name or domain)
	KindOpportunity Kind = 9 // an opportunity record as a CRM has it (RecordID)
	KindRep         Kind = 10
	KindProduct     Kind = 11
	KindSpend       Kind = 12 // what something cost in a span of days, with what its platform counted (RecordID); Data is a spend record
	KindContract    Kind = 13 // a customer's recurring contract (RecordID); Data is a contract record
	KindTarget      Kind = 14 // what a metric is to reach in a span of days (RecordID)
	KindRate        Kind = 15 // an exchange rate of a day (RecordID)
	KindAnnotation  Kind = 16 // a note on a day or a span of days (RecordID); Data is an annotation record
)

// Kinds of facts of the system's own: knowledge, decisions and bookkeeping. They are not counted as events received from outside.
const (
	KindImportStarted  Kind = 32
	KindImportFinished Kind = 33
	KindImportUndone   Kind = 34
	KindMerge          Kind = 35 // two contacts, or two accounts, are one
	KindUnmerge        Kind = 36 // takes a Merge back
	KindDomainAlias    Kind = 37 // an acquired or second domain belongs to an account
	KindPlaybook       Kind = 38 // a playbook version rules from here on
	KindErased         Kind = 39 // a person was erased; the payload is gone
	KindStage          Kind = 40 // a contact or an account entered a lifecycle stage, with the reason
	KindReference      Kind = 41 // a new version of a reference list or of a fold rules from here on
	KindRetag          Kind = 42 // campaign tags that were sent wrong are read as others, over all of the past
	KindAssigned       Kind = 43 // a contact or an account has another owner
)

var kindNames = map[Kind]string{
	KindIdentify: "identify", KindTrack: "track", KindPage: "page", KindScreen: "screen", KindGroup: "group", KindAlias: "alias",
	KindContact: "contact", KindAccount: "account", KindOpportunity: "opportunity", KindRep: "rep", KindProduct: "product",
	KindSpend: "spend", KindContract: "contract", KindTarget: "target", KindRate: "rate", KindAnnotation: "annotation",
	KindImportStarted: "import-started", KindImportFinished: "import-finished", KindImportUndone: "import-undone",
	KindMerge: "merge", KindUnmerge: "unmerge", KindDomainAlias: "domain-alias", KindPlaybook: "playbook", KindErased: "erased",
	KindStage: "stage", KindReference: "reference", KindRetag: "retag", KindAssigned: "assigned",
}

// String is the kind's name as JSON, URLs and screens show it.
func (k Kind) String() string {
	if s, ok := kindNames[k]; ok {
		return s
	}
	return "unknown"
}

// ParseKind is the inverse of String; ok is false for a name that is no kind.
func ParseKind(s string) (k Kind, ok bool) {
	for k, name := range kindNames {
		if name == s {
			return k, true
		}
	}
	return 0, false
}

// External says whether the fact came from outside: those are what "events" counts.
func (k Kind) External() bool { return k > 0 && k < 32 }

// Behavior says whether the fact is something a person did, the only facts that intent is scored on.
func (k Kind) Behavior() bool { return k == KindTrack || k == KindPage || k == KindScreen }

// Flags are marks on an event. The numbers are stored in the log.
type Flags uint8

const (
	// FlagUndated marks a fact that came without a time of its own: OccurredAt is when it was received. It stays out of cohorts.
	FlagUndated Flags = 1 << iota
	// FlagBot marks a fact sent by a bot, a link scanner or a monitoring agent: kept, and scored nothing.
	FlagBot
	// FlagClamped marks a fact whose own time was out of sane bounds and was replaced by the nearest sane one.
	FlagClamped
	// FlagErased marks a fact whose personal payload was erased: it folds to nothing.
	FlagErased
)

// Has says whether all of g are set.
func (f Flags) Has(g Flags) bool { return f&g == g }

// Event is one immutable fact as a source stated it. Its identity is (Source, ID, SentAt). Which ids mean whom is never
// written on it: that is resolved by the identity rules, today's over all of the past.
type Event struct {
	Source string `json:"source"`            // who says so: a write key's id, "import", "millrace"
	ID     string `json:"id"`                // the sender's own id, unique in Source together with SentAt
	SentAt Time   `json:"sent_at,omitempty"` // the sender's own timestamp for the fact exactly as given, uncorrected; 0 when it gave none

	Kind Kind   `json:"kind"`
	Name string `json:"name,omitempty"` // track: the event's name; page and screen: the page's name

	AnonymousID string `json:"anonymous_id,omitempty"`
	UserID      string `json:"user_id,omitempty"`
	PreviousID  string `json:"previous_id,omitempty"` // alias only
	GroupID     string `json:"group_id,omitempty"`    // group; also the context's groupId on other kinds
	Email       string `json:"email,omitempty"`       // as sent, when the fact names the person's address as a trait
	// RecordID is the record's key in the system it was exported from, prefixed by that system: "hubspot:1042". Contact,
	// account, opportunity, rep, product, spend, contract, target, rate and annotation facts have one; a file without ids gives one made of its natural key.
	RecordID string `json:"record_id,omitempty"`

	OccurredAt Time  `json:"occurred_at"`           // when it happened, skew-corrected and clamped
	RecordedAt Time  `json:"recorded_at,omitempty"` // when the source wrote it down; 0 means ReceivedAt
	ReceivedAt Time  `json:"received_at"`           // when the log took it
	Flags      Flags `json:"-"`

	Host string `json:"host,omitempty"` // page and track: host of the page it happened on, lower case
	Path string `json:"path,omitempty"` // page and track: path of that page, without query and fragment

	// Data is a JSON object: traits (identify, group and records) or properties (track, page, screen).
	// Nil means empty.
	Data json.RawMessage `json:"data,omitempty"`
	// Context is a JSON object with what stood around the fact: page (url, referrer, title, search), campaign, userAgent, ip, locale…
	Context json.RawMessage `json:"context,omitempty"`
}

// Batch is what one caller hands to the write path: it is applied whole, in one transaction.
type Batch struct {
	Events []Event
	// Import is the import that brings these facts, 0 for facts from a live source. A fact stands until every import that brought it is undone.
	Import int64
	// Drops are facts that were refused on the way in: only counted and shown, never stored.
	Drops []Drop
}

// Drop is a refused fact: why, and enough to find it at the sender, without personal values.
type Drop struct {
	Reason DropReason `json:"reason"`
	Source string     `json:"source"`
	Type   string     `json:"type,omitempty"` // identify, track, … as sent, when it is one of those
	ID     string     `json:"id,omitempty"`   // the sender's message id, shortened
	Detail string     `json:"detail"`         // one sentence for the person who debugs the integration; no values of the fact
	At     Time       `json:"at"`
	Count  int64      `json:"count"` // how many such facts; 0 counts as 1
}

// DropReason is why a fact was refused. The list is closed: dashboards and alerts are built on it.
type DropReason string

// The reasons.
const (
	DropMalformed   DropReason = "malformed"    // not valid JSON, or not an object
	DropInvalid     DropReason = "invalid"      // a field has the wrong type or is out of bounds
	DropTooLarge    DropReason = "too_large"    // over the limit for one event
	DropNoIdentity  DropReason = "no_identity"  // neither userId nor anonymousId
	DropNoName      DropReason = "no_name"      // track without an event name
	DropNoGroup     DropReason = "no_group"     // group without groupId
	DropNoPrevious  DropReason = "no_previous"  // alias without previousId or userId
	DropUnknownType DropReason = "unknown_type" // a type that the protocol does not have
	DropUnknownKey  DropReason = "unknown_key"  // no or unknown write key
	DropRateLimited DropReason = "rate_limited" // over the key's rate
)

// DropReasons lists them all, in the order of the documentation.
func DropReasons() []DropReason {
	return []DropReason{DropMalformed, DropInvalid, DropTooLarge, DropNoIdentity, DropNoName, DropNoGroup, DropNoPrevious,
		DropUnknownType, DropUnknownKey, DropRateLimited}
}

// Receipt is the write path's answer: when it is given, the facts are durable and the scores are current.
type Receipt struct {
	Accepted   int   // facts that are new in the log
	Duplicates int   // facts that the log had already
	Position   int64 // log position after the batch
	// Duplicate has one entry an event of the batch, in its order: true when the log had it already.
	Duplicate []bool
}
