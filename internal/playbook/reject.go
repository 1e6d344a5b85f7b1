package playbook

// RejectReasons are the reasons for which sales can give a lead back, with labels and what becomes of it: the playbook's own, or else
// DefaultRejectReasons. The caller may keep and change them.
func (l *Lifecycle) RejectReasons() []RejectReason {
	if len(l.SAL.RejectReasons) == 0 {
		return DefaultRejectReasons()
	}
	out := make([]RejectReason, len(l.SAL.RejectReasons))
	for i, r := range l.SAL.RejectReasons {
		if r.Label == "" {
			r.Label = title(r.ID)
		}
		if r.To == "" {
			r.To = ToNurture
		}
		out[i] = r
	}
	return out
}

// DefaultRejectReasons are for playbooks that name none. The first ones are about time and come back to nurture, the last about what time
// doesn't mend.
func DefaultRejectReasons() []RejectReason {
	return []RejectReason{
		{"not_now", "Not now: no project, or a later one", ToNurture},
		{"no_budget", "No budget", ToNurture},
		{"no_authority", "Wrong person: can't decide or bring those who can", ToNurture},
		{"no_need", "No need that we solve", ToNurture},
		{"unreachable", "Could not be reached", ToNurture},
		{"chose_competitor", "Chose a competitor", ToNurture},
		{"bad_fit", "The company doesn't fit", ToDisqualify},
		{"not_a_buyer", "Not a buyer: student, job seeker, supplier, competitor", ToDisqualify},
		{"bad_data", "Wrong or made-up contact data", ToDisqualify},
		{"duplicate", "Duplicate of another lead", ToDisqualify},
	}
}
