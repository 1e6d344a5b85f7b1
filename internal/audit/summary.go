package audit

import (
	"millrace"
	"millrace/internal/metrics"
)

const (
	noDay     = metrics.NoDay
	dayMillis = int(millrace.Day)
)

// describe says what data the audit had.
func describe(in *Input) []string {
	var out []string
	if in.First != noDay && in.AsOf != 0 {
		out = append(out, say("Dated facts from %s to %s.", in.First, max(in.First, in.Last)))
	}
	parts := []string{}
	for _, x := range [...]struct {
		n    int
		noun string
	}{{in.Accounts, "account"}, {in.Contacts, "contact"}, {in.Deals.Total, "opportunity"}, {in.Spend.Rows, "cost"}, {in.Customers.Contracts, "contract"}} {
		if x.n > 0 {
			parts = append(parts, many(x.n, x.noun))
		}
	}
	if in.Tags.All > 0 {
		parts = append(parts, many(in.Tags.All, "arrival")+" on the website in the last year")
	}
	if len(parts) > 0 {
		out = append(out, list(parts, len(parts))+".")
	}
	var missing []string
	for _, x := range [...]struct {
		no   bool
		noun string
	}{{in.Deals.Total == 0, "opportunities"}, {in.Spend.Rows == 0, "spend"}, {in.Contacts == 0, "people"}, {in.Tags.All == 0, "website events"}} {
		if x.no {
			missing = append(missing, x.noun)
		}
	}
	if len(missing) > 0 {
		out = append(out, say("Not in the data: %s.", list(missing, 4)))
	}
	if in.Preset != "" {
		out = append(out, say("The ICP is that of the preset %s as it came.", in.Preset))
	}
	return out
}

// summarise says what was found.
func summarise(r *Report) []string {
	var out []string
	passed := r.Judged - r.Failed
	switch {
	case r.Judged == 0:
		out = append(out, say("Nothing can be judged yet: bring a CRM export of opportunities and a spend file, and the first checks can."))
		return out
	case r.Failed == 0:
		out = append(out, say("%s could be judged, and all passed.", many(r.Judged, "check")))
	case r.Severe == 1 && r.Failed == 1:
		out = append(out, say("1 check failed, a severe one; %s passed.", count(passed)))
	case r.Failed == 1:
		out = append(out, say("1 check failed, not a severe one; %s passed.", count(passed)))
	case r.Severe == r.Failed:
		out = append(out, say("%s failed, all of them severe; %s passed.", many(r.Failed, "check"), count(passed)))
	case r.Severe > 0:
		out = append(out, say("%s failed, %s of them severe; %s passed.", many(r.Failed, "check"), count(r.Severe), count(passed)))
	default:
		out = append(out, say("%s failed, none of them severe; %s passed.", many(r.Failed, "check"), count(passed)))
	}
	staked := 0
	for _, c := range r.Checks {
		if c.Status == Failed && len(out) < 4 {
			s := c.Answer
			if c.Money != nil {
				staked++
				s += say(" At stake: %s.", money(c.Money.Minor, c.Money.Currency))
			}
			out = append(out, s)
		}
	}
	if staked > 1 {
		out = append(out, "A deal or a cost may stand behind several of these amounts: don't add them up.")
	}
	if rest := len(r.Checks) - r.Judged; rest > 0 {
		out = append(out, say("%s can't be judged from these data.", many(rest, "check")))
	}
	return out
}
