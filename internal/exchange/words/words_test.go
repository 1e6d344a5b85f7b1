package words

import (
	"testing"

	"millrace"
)

func TestLeadStatusesAndLifecycleWords(t *testing.T) {
	for want, spellings := range map[string][]string{
		"new": {"New", "NEW", "new lead", "Fresh"}, "open": {"Open", "OPEN - Not Contacted"}, "in_progress": {"In Progress", "in-progress", "IN_PROGRESS", "Working - Contacted"},
		"attempted": {"Attempted to Contact", "ATTEMPTED_TO_CONTACT", "attempting"}, "connected": {"Connected", "contacted", "Contact made"},
		"open_deal": {"Open Deal", "open_deal"}, "unqualified": {"Unqualified", "UNQUALIFIED", "un-qualified", "Not Qualified", "DQ", "Disqualified"}, "bad_timing": {"Bad Timing", "BAD_TIMING", "not now"},
	} {
		for _, s := range spellings {
			if got, _ := LeadStatus(s); got != want {
				t.Errorf("%q is %q, want %q", s, got, want)
			}
		}
	}
	for in, want := range map[string]millrace.Stage{"Subscriber": millrace.StageLead, "marketingqualifiedlead": millrace.StageMQL, "MQL": millrace.StageMQL, "Sales Accepted Lead": millrace.StageAccepted,
		"salesqualifiedlead": millrace.StageSQL, "Opportunity": millrace.StageOpportunity, "Evangelist": millrace.StageCustomer} {
		if got, ok := Lifecycle(in); !ok || got != want {
			t.Errorf("%q is %s", in, got)
		}
	}
	for w, name := range leadStatusWords {
		if got, _ := LeadStatus(name); got != name {
			t.Errorf("%q gives %q, which is not read as itself", w, name)
		}
	}
}
