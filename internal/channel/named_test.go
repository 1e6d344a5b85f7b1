package channel

import "testing"

func TestLeadSourcesAreChannelsWhereTheySaySo(t *testing.T) {
	c := preset(t, "mid-market")
	for source, want := range map[string]string{
		"": "", "Other": "", "Web": "", "Existing Relationship": "", "Offline Sources": "", "Purchased List": "", "Advertisement": "", "Kai's idea": "", "Unassigned": "",
		"Partners": "Partners", " linkedin ADS ": "LinkedIn ads", "Phone": "Phone", "Partner": "Partners", "Trade Show": "Events", "Webinar": "Webinars", "Outbound": "Outbound",
		"Paid Search": "Other ads", "Organic Search": "Content / SEO", "Email Marketing": "Email", "Direct Traffic": "Direct", "Paid Social": "Other ads", "Google AdWords": "Google search", "Facebook Ads": "Other ads",
		"LinkedIn": "Social", "Google": "Content / SEO", "g2.com": "Review sites",
		"Employee Referral": "Referral", "Referrals": "Referral", "AI Referrals": "AI assistants", "Word of mouth": "Referral",
	} {
		if got := c.Named(source); got != want {
			t.Errorf("%q is %q, not %q", source, got, want)
		}
	}
}
