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

// facts are what the rules of a group look at: source and medium in lower case.
type facts struct {
	source, medium string
	category       category
	crossNetwork   bool
	shop           bool // by the campaign's name
	paid           bool
}

// groupRules are Google's definitions for manual traffic, in Google's order; the first that holds decides. Source: "[GA4] Default channel
// group", support.google.com/analytics/answer/9756891, and for AI Assistant the release note of 13 May 2026 in answer/9164320.
var groupRules = [...]struct {
	group Group
	why   string
	holds func(f *facts) bool
}{
	{Direct, "the source is (direct) and there is no medium", func(f *facts) bool {
		return f.source == "(direct)" && (f.medium == "(none)" || f.medium == notSet)
	}},
	{CrossNetwork, `the campaign's name has "cross-network" in it`, func(f *facts) bool { return f.crossNetwork }},
	{PaidShopping, "the source is a shopping site, or the campaign's name speaks of a shop, and the medium is a paid one", func(f *facts) bool {
		return f.paid && (f.category == shopping || f.shop)
	}},
	{PaidSearch, "the source is a search site and the medium is a paid one", func(f *facts) bool { return f.paid && f.category == search }},
	{PaidSocial, "the source is a social site and the medium is a paid one", func(f *facts) bool { return f.paid && f.category == social }},
	{PaidVideo, "the source is a video site and the medium is a paid one", func(f *facts) bool { return f.paid && f.category == video }},
	{Display, "the medium is display, banner, expandable, interstitial or cpm", func(f *facts) bool {
		return f.is("display", "banner", "expandable", "interstitial", "cpm")
	}},
	{PaidOther, "the medium is a paid one", func(f *facts) bool { return f.paid }},
	{OrganicShopping, "the source is a shopping site, or the campaign's name speaks of a shop", func(f *facts) bool {
		return f.category == shopping || f.shop
	}},
	{OrganicSocial, "the source is a social site, or the medium is social", func(f *facts) bool {
		return f.category == social || f.is("social", "social-network", "social-media", "sm", "social network", "social media")
	}},
	{OrganicVideo, "the source is a video site, or the medium has video in it", func(f *facts) bool {
		return f.category == video || strings.Contains(f.medium, "video")
	}},
	{OrganicSearch, "the source is a search site, or the medium is organic", func(f *facts) bool {
		return f.category == search || f.medium == "organic"
	}},
	{AIAssistants, "the medium is ai-assistant", func(f *facts) bool { return f.medium == aiMedium }},
	{Referral, "the medium is referral, app or link", func(f *facts) bool { return f.is("referral", "app", "link") }},
	{Email, "the source or the medium is email", func(f *facts) bool { return mail(f.source) || mail(f.medium) }},
	{Affiliates, "the medium is affiliate", func(f *facts) bool { return f.medium == "affiliate" }},
	{Audio, "the medium is audio", func(f *facts) bool { return f.medium == "audio" }},
	{SMS, "the source or the medium is sms", func(f *facts) bool { return f.source == "sms" || f.medium == "sms" }},
	{MobilePush, "the medium is a push or mobile notification, or the source is firebase", func(f *facts) bool {
		return strings.HasSuffix(f.medium, "push") || strings.Contains(f.medium, "mobile") || strings.Contains(f.medium, "notification") || f.source == "firebase"
	}},
	{Unassigned, "none of Google's rules holds", func(*facts) bool { return true }},
}

// Groups are all groups, in the order of Google's rules.
func Groups() []Group {
	out := make([]Group, len(groupRules))
	for i := range groupRules {
		out[i] = groupRules[i].group
	}
	return out
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
	return groupRules[groupRule(source, medium, campaign, lists().find(source).category)].group
}

// groupRule is the index of the rule that decides.
func groupRule(source, medium, campaign string, c category) uint8 {
	campaign = strings.ToLower(campaign)
	f := facts{source: source, medium: medium, category: c, paid: paid(medium), shop: shop(campaign), crossNetwork: strings.Contains(campaign, "cross-network")}
	i := 0
	for !groupRules[i].holds(&f) {
		i++
	}
	return uint8(i)
}

func (f *facts) is(mediums ...string) bool {
	for _, m := range mediums {
		if f.medium == m {
			return true
		}
	}
	return false
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
