package channel

import "strings"

// Group is a channel of Google Analytics 4's default channel group, by its published English name.
type Group string

// The groups.
const (
	Direct          Group = "Direct"
	CrossNetwork    Group = "Cross-network"
	PaidShopping    Group = "Paid Shopping"
	PaidSearch      Group = "Paid Search"
	PaidSocial      Group = "Paid Social"
	PaidVideo       Group = "Paid Video"
	Display         Group = "Display"
	PaidOther       Group = "Paid Other"
	OrganicShopping Group = "Organic Shopping"
	OrganicSocial   Group = "Organic Social"
	OrganicVideo    Group = "Organic Video"
	OrganicSearch   Group = "Organic Search"
	AIAssistants    Group = "AI Assistant"
	Referral        Group = "Referral"
	Email           Group = "Email"
	Affiliates      Group = "Affiliates"
	Audio           Group = "Audio"
	SMS             Group = "SMS"
	MobilePush      Group = "Mobile Push Notifications"
	Unassigned      Group = "Unassigned"
)

// category is what kind of site Google takes a source for.
type category uint8

const (
	noCategory category = iota
	search
	shopping
	social
	video
)

var categoryNames = map[string]category{"search": search, "shopping": shopping, "social": social, "video": video}

// What Google Analytics gives to referrers that are AI assistants, since 13 May 2026.
const (
	aiMedium   = "ai-assistant"
	aiCampaign = "(ai-assistant)"
)

// groups are all groups in the order of Google's rules, each with its rule in words.
var groups = [...]struct {
	group Group
	why   string
}{
	{Direct, "the source is (direct) and there is no medium"},
	{CrossNetwork, `the campaign's name has "cross-network" in it`},
	{PaidShopping, "the source is a shopping site, or the campaign's name speaks of a shop, and the medium is a paid one"},
	{PaidSearch, "the source is a search site and the medium is a paid one"},
	{PaidSocial, "the source is a social site and the medium is a paid one"},
	{PaidVideo, "the source is a video site and the medium is a paid one"},
	{Display, "the medium is display, banner, expandable, interstitial or cpm"},
	{PaidOther, "the medium is a paid one"},
	{OrganicShopping, "the source is a shopping site, or the campaign's name speaks of a shop"},
	{OrganicSocial, "the source is a social site, or the medium is social"},
	{OrganicVideo, "the source is a video site, or the medium has video in it"},
	{OrganicSearch, "the source is a search site, or the medium is organic"},
	{AIAssistants, "the medium is ai-assistant"},
	{Referral, "the medium is referral, app or link"},
	{Email, "the source or the medium is email"},
	{Affiliates, "the medium is affiliate"},
	{Audio, "the medium is audio"},
	{SMS, "the source or the medium is sms"},
	{MobilePush, "the medium is a push or mobile notification, or the source is firebase"},
	{Unassigned, "none of Google's rules holds"},
}

// Groups are all groups, in the order of Google's rules.
func Groups() []Group {
	out := make([]Group, len(groups))
	for i := range groups {
		out[i] = groups[i].group
	}
	return out
}

func (g Group) why() string {
	for i := range groups {
		if groups[i].group == g {
			return groups[i].why
		}
	}
	return ""
}

// GroupOf gives the default channel group of a source, medium and campaign as Google Analytics has them; capitals don't matter, and
// empty means "(not set)".
func GroupOf(source, medium, campaign string) Group {
	source, medium = strings.ToLower(strings.TrimSpace(source)), strings.ToLower(strings.TrimSpace(medium))
	if source == "" {
		source = notSet
	}
	if medium == "" {
		medium = notSet
	}
	return groupOf(source, medium, campaign, lists().find(source).category)
}

// groupOf applies Google's definitions for manual traffic, in Google's order; the first that holds decides. Source and medium are in lower
// case and not empty. Source: "[GA4] Default channel group", support.google.com/analytics/answer/9756891, and for AI Assistant the
// release note of 13 May 2026 in answer/9164320.
func groupOf(source, medium, campaign string, c category) Group {
	campaign = strings.ToLower(campaign)
	pays, shops := paid(medium), c == shopping || shop(campaign)
	switch {
	case source == "(direct)" && (medium == "(none)" || medium == notSet):
		return Direct
	case strings.Contains(campaign, "cross-network"):
		return CrossNetwork
	case pays && shops:
		return PaidShopping
	case pays && c == search:
		return PaidSearch
	case pays && c == social:
		return PaidSocial
	case pays && c == video:
		return PaidVideo
	}
	switch medium {
	case "display", "banner", "expandable", "interstitial", "cpm":
		return Display
	}
	switch {
	case pays:
		return PaidOther
	case shops:
		return OrganicShopping
	case c == social:
		return OrganicSocial
	}
	switch medium {
	case "social", "social-network", "social-media", "sm", "social network", "social media":
		return OrganicSocial
	}
	switch {
	case c == video || strings.Contains(medium, "video"):
		return OrganicVideo
	case c == search || medium == "organic":
		return OrganicSearch
	}
	return groupOfMedium(source, medium)
}

// groupOfMedium is groupOf's second half: what no list of sites has to do with.
func groupOfMedium(source, medium string) Group {
	switch medium {
	case aiMedium:
		return AIAssistants
	case "referral", "app", "link":
		return Referral
	}
	switch {
	case mail(source) || mail(medium):
		return Email
	case medium == "affiliate":
		return Affiliates
	case medium == "audio":
		return Audio
	case source == "sms" || medium == "sms":
		return SMS
	case strings.HasSuffix(medium, "push") || strings.Contains(medium, "mobile") || strings.Contains(medium, "notification") || source == "firebase":
		return MobilePush
	}
	return Unassigned
}

// paid is Google's ^(.*cp.*|ppc|retargeting|paid.*)$ on a medium.
func paid(medium string) bool {
	return strings.Contains(medium, "cp") || medium == "ppc" || medium == "retargeting" || strings.HasPrefix(medium, "paid")
}

// shop is Google's ^(.*(([^a-df-z]|^)shop|shopping).*)$ on a campaign: "shopping", or "shop" that no letter but e stands before.
func shop(campaign string) bool {
	for from := 0; ; {
		i := strings.Index(campaign[from:], "shop")
		if i < 0 {
			return false
		}
		i += from
		if strings.HasPrefix(campaign[i:], "shopping") || i == 0 {
			return true
		}
		if c := campaign[i-1]; c == 'e' || c < 'a' || c > 'z' {
			return true
		}
		from = i + 1
	}
}

// mail is Google's email|e-mail|e_mail|e mail, as a whole.
func mail(s string) bool {
	return s == "email" || s == "e-mail" || s == "e_mail" || s == "e mail"
}
