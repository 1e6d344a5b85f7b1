package millrace

// Stage is where a contact or an account stands in its lifecycle. Stages are ordered for imports alone (an import never moves
// a contact backwards); any stage can be entered from any other with a reason. The numbers are stored.
type Stage uint8

// The stages.
const (
	StageLead         Stage = 0 // not yet qualified
	StageMQL          Stage = 1 // marketing qualified: fit and intent over the threshold (for an account: MQA)
	StageAccepted     Stage = 2 // SAL: sales accepted the hand-off
	StageSQL          Stage = 3 // sales qualified: the evidence of qualification is recorded
	StageOpportunity  Stage = 4
	StageCustomer     Stage = 5
	StageRecycled     Stage = 6 // back to nurture, in cool-down
	StageDisqualified Stage = 7
)

var stageNames = [...]string{"lead", "mql", "accepted", "sql", "opportunity", "customer", "recycled", "disqualified"}

// String is the stage's name as JSON, URLs and screens show it.
func (s Stage) String() string {
	if int(s) < len(stageNames) {
		return stageNames[s]
	}
	return "unknown"
}

// ParseStage is the inverse of String.
func ParseStage(name string) (Stage, bool) {
	for i, n := range stageNames {
		if n == name {
			return Stage(i), true
		}
	}
	return 0, false
}

// MarshalText writes the name.
func (s Stage) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads the name.
func (s *Stage) UnmarshalText(b []byte) error {
	st, ok := ParseStage(string(b))
	if !ok {
		return FieldErrorf("millrace.Stage", "", "%q is no stage", b)
	}
	*s = st
	return nil
}

// OpportunityStatus says whether an opportunity is open, won or lost. The numbers are stored.
type OpportunityStatus uint8

// The statuses.
const (
	OpportunityOpen OpportunityStatus = 0
	OpportunityWon  OpportunityStatus = 1
	OpportunityLost OpportunityStatus = 2
)

// String is "open", "won" or "lost".
func (s OpportunityStatus) String() string {
	return [...]string{"open", "won", "lost"}[s%3]
}

// MarshalText writes the name.
func (s OpportunityStatus) MarshalText() ([]byte, error) { return []byte(s.String()), nil }
