package channel

import "strings"

// sourceWords are what CRMs call their sources besides GA4's own names of groups. Source: HubSpot's "Original source" and the values that Salesforce's
// "Lead Source" comes with. A word that says nothing of a channel ("Other", "Web", "Existing Relationship", "Offline Sources") is in no list.
var sourceWords = map[string]Group{
	"paid search": PaidSearch, "organic search": OrganicSearch, "paid social": PaidSocial, "organic social": OrganicSocial, "social media": OrganicSocial, "email marketing": Email,
	"direct traffic": Direct, "ai referrals": AIAssistants, "word of mouth": Referral,
}

// platforms are the advertising platforms that a lead source names, by the tags of their visits.
var platforms = map[string]Visit{"google adwords": {Source: "google", Medium: "cpc"}, "google ads": {Source: "google", Medium: "cpc"}, "linkedin ads": {Source: "linkedin", Medium: "paid-social"},
	"facebook ads": {Source: "facebook", Medium: "paid-social"}, "bing ads": {Source: "bing", Medium: "cpc"}, "microsoft ads": {Source: "bing", Medium: "cpc"}}

// Named gives the playbook's channel that a CRM's lead source stands for, "" for none: by the channel's own name, as a word of CRMs or a name of GA4's groups, as
// a site ("LinkedIn"), or as the source or medium that a tag would have ("Webinar", "Trade Show"). A lead source is somebody's word and no visit: one that
// nothing knows is no channel.
func (c *Classifier) Named(source string) string {
	s := strings.ToLower(strings.TrimSpace(source))
	if name, ok := c.names[s]; ok || s == "" {
		return name
	}
	if v, ok := platforms[s]; ok {
		return c.Classify(v).Channel
	}
	if g := groupNamed(s); g != "" {
		return c.channel(&Touch{Source: notSet, Medium: notSet, Group: g}, "")
	}
	if found := c.x.find(s); found != (site{}) {
		return c.Classify(Visit{Source: s, Medium: "referral"}).Channel
	}
	for _, v := range [...]Visit{{Source: s, Medium: notSet}, {Source: notSet, Medium: s}} {
		if name := c.Classify(v).Channel; name != "" {
			return name
		}
	}
	return ""
}

// groupNamed is the group that a word of CRMs, in lower case, means, "" for none.
func groupNamed(s string) Group {
	if g, ok := sourceWords[s]; ok {
		return g
	}
	for i := range groups {
		if g := groups[i].group; strings.ToLower(string(g)) == s && g != Unassigned {
			return g
		}
	}
	if strings.Contains(s, "referral") {
		return Referral
	}
	return ""
}
