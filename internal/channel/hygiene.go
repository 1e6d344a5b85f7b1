package channel

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"unicode"
)

// Usage is how often visits arrived with the same tags at the same host.
type Usage struct {
	Source       string `json:"source"` // as given, capitals and blanks included: Touch.GivenSource
	Medium       string `json:"medium"` // Touch.GivenMedium
	Campaign     string `json:"campaign"`
	Host         string `json:"host"` // that was arrived at
	ClickID      string `json:"click_id"`
	SelfReferred bool   `json:"self_referred"` // from a link within the team's own site
	Count        int64  `json:"count"`
}

// Problem is what is wrong with tags. The list is closed.
type Problem string

// The problems.
const (
	UntaggedClick     Problem = "untagged_click"    // a click id of an ad or a mail, and no tags
	TaggedInternally  Problem = "tagged_internally" // tags on a link within the own site: they overwrite how the visitor really came
	Placeholder       Problem = "placeholder"       // a macro that the ad platform did not fill in
	PersonalData      Problem = "personal_data"     // an e-mail address in a tag
	Contradiction     Problem = "contradiction"     // the click id of an ad, and a medium that isn't paid
	Swapped           Problem = "swapped"           // source and medium in each other's place
	MistypedMedium    Problem = "mistyped_medium"   // a medium that is nearly a known one, or another word for it
	UntidyTag         Problem = "untidy_tag"        // capitals or blanks: other tools count them apart
	MissingTag        Problem = "missing_tag"       // source without medium, or medium without source
	UnassignedTags    Problem = "unassigned"        // nothing else is wrong, and no rule of Google's knows the medium
	SeveralSpellings  Problem = "several_spellings" // one campaign, source or medium written in several ways
	severityOfWarning         = "warning"           // figures are wrong because of it
	severityOfNotice          = "notice"            // figures of other tools may be
	paidMedium                = "cpc"
	emailMedium               = "email"
)

// Tags are a source, a medium and a campaign.
type Tags struct {
	Source   string `json:"source"`
	Medium   string `json:"medium"`
	Campaign string `json:"campaign"`
}

// Finding is one problem of one Usage, with its correction.
type Finding struct {
	Problem  Problem `json:"problem"`
	Severity string  `json:"severity"` // "warning": figures are wrong because of it; "notice": other tools' may be
	Usage    Usage   `json:"usage"`
	What     string  `json:"what"`    // what is wrong, in words
	Fix      string  `json:"fix"`     // what to do, in words
	Suggest  Tags    `json:"suggest"` // the tags as they should be; all empty where the fix is to take them away
	Group    Group   `json:"group"`   // the default channel group as it is
	Then     Group   `json:"then"`    // and with the suggested tags
}

// mediums are those in common use that Google's rules or a B2B team know.
var mediums = []string{"cpc", "ppc", "cpm", "cpv", "paid", "paid-search", "paid_search", "paidsearch", "paid-social", "paid_social", "paidsocial", "paid-video",
	"paid_video", "retargeting", "display", "banner", "interstitial", "expandable", "social", "social-network", "social-media", "sm", "social network", "social media", "video",
	"organic", "referral", "app", "link", "email", "affiliate", "audio", "sms", "push", "ai-assistant", "webinar", "event", "partner", "outbound", "community"}

// otherWords for a medium, which no rule knows or which split one medium in two.
var otherWords = map[string]string{
	"e-mail": emailMedium, "e_mail": emailMedium, "e mail": emailMedium, "mail": emailMedium, "emails": emailMedium, "mailing": emailMedium, "newsletter": emailMedium, "nurture": emailMedium,
	"ad": paidMedium, "ads": paidMedium, "adwords": paidMedium, "googleads": paidMedium, "sem": paidMedium, "sponsored": paidMedium, "advertising": paidMedium, "sea": paidMedium,
	"seo": "organic", "search": "organic", "affiliates": "affiliate", "partners": "partner", "events": "event", "webinars": "webinar", "text": "sms",
	"socialmedia": "social", "social_media": "social", "social_network": "social", "linkedin_ads": "paid-social", "banners": "display", "remarketing": "retargeting", "podcast": "audio", "website": "referral", "web": "referral", "link-in-bio": "social",
}

// auditor is one run of Hygiene.
type auditor struct {
	c       *Classifier
	mediums []string        // known ones, the playbook's among them
	sources map[string]bool // that stand with a known medium
	out     []Finding
}

// Hygiene finds what is wrong with campaign tags, each problem with a suggested correction, those of the most visits first. The order of
// the argument doesn't matter; equal Usages are counted together.
func (c *Classifier) Hygiene(used []Usage) []Finding {
	used = together(used)
	a := auditor{c: c, mediums: slices.Clone(mediums), sources: map[string]bool{}}
	for i := range c.pages {
		for _, p := range c.pages[i].mediums {
			if p.shape == whole {
				a.mediums = append(a.mediums, p.text)
			}
		}
	}
	for _, u := range used {
		if a.knownMedium(tidy(u.Medium)) && !a.knownMedium(tidy(u.Source)) {
			a.sources[tidy(u.Source)] = true
		}
	}
	for _, u := range used {
		a.usage(u)
	}
	a.spellings(used, "campaign", func(u *Usage) string { return u.Campaign }, func(t *Tags, s string) { t.Campaign = s })
	a.spellings(used, "source", func(u *Usage) string { return tidy(u.Source) }, func(t *Tags, s string) { t.Source = s })
	a.spellings(used, "medium", func(u *Usage) string { return tidy(u.Medium) }, func(t *Tags, s string) { t.Medium = s })
	slices.SortStableFunc(a.out, func(x, y Finding) int {
		return cmp.Or(cmp.Compare(y.Usage.Count, x.Usage.Count), strings.Compare(x.Severity, y.Severity)*-1, compareUsage(&x.Usage, &y.Usage))
	})
	return a.out
}

func compareUsage(x, y *Usage) int {
	return cmp.Or(strings.Compare(x.Source, y.Source), strings.Compare(x.Medium, y.Medium), strings.Compare(x.Campaign, y.Campaign),
		strings.Compare(x.Host, y.Host), strings.Compare(x.ClickID, y.ClickID), cmp.Compare(truth(x.SelfReferred), truth(y.SelfReferred)))
}

func truth(b bool) int {
	if b {
		return 1
	}
	return 0
}

// together adds equal usages up, in a fixed order.
func together(used []Usage) []Usage {
	used = slices.Clone(used)
	slices.SortFunc(used, func(x, y Usage) int { return compareUsage(&x, &y) })
	var out []Usage
	for _, u := range used {
		if n := len(out); n > 0 && compareUsage(&out[n-1], &u) == 0 {
			out[n-1].Count += u.Count
			continue
		}
		out = append(out, u)
	}
	return out
}

func tidy(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

func (a *auditor) knownMedium(m string) bool { return slices.Contains(a.mediums, m) }

// knownSource says whether a word is a source rather than a medium: a site of the lists, or one that others use as a source.
func (a *auditor) knownSource(s string) bool {
	return a.c.x.find(s) != (site{}) || a.sources[s] || strings.Contains(s, ".")
}

func (a *auditor) add(p Problem, severity string, u Usage, suggest Tags, what, fix string) {
	a.out = append(a.out, Finding{Problem: p, Severity: severity, Usage: u, What: what, Fix: fix, Suggest: suggest, Group: a.group(u, Tags{u.Source, u.Medium, u.Campaign}), Then: a.group(u, suggest)})
}

// group of a usage with the tags: without any, its click id speaks.
func (a *auditor) group(u Usage, t Tags) Group {
	if t == (Tags{}) {
		if k := clickOf(u.ClickID); k.param != "" && !u.SelfReferred {
			return GroupOf(k.source, k.medium, "")
		}
		return Direct
	}
	return GroupOf(t.Source, t.Medium, t.Campaign)
}

func clickOf(param string) click {
	for _, k := range clicks {
		if k.param == param {
			return k
		}
	}
	return click{}
}

// usage looks at one by itself. Problems that have nothing to do with each other are told apart; of those of source and medium the first.
func (a *auditor) usage(u Usage) {
	tags := Tags{u.Source, u.Medium, u.Campaign}
	k := clickOf(u.ClickID)
	if tags == (Tags{}) {
		if k.param != "" && !k.weak && !u.SelfReferred {
			a.add(UntaggedClick, severityOfWarning, u, Tags{k.source, k.medium, ""},
				fmt.Sprintf("Clicks with %s have no campaign tags: the campaign is not known.", k.param),
				fmt.Sprintf("Put utm_source=%s&utm_medium=%s&utm_campaign=… into the platform's URL template, for all campaigns at once.", k.source, k.medium))
		}
		return
	}
	if u.SelfReferred {
		a.add(TaggedInternally, severityOfWarning, u, Tags{}, "A link within the own site has campaign tags: they take the place of how the visitor really came.",
			"Take the tags off the link; measure it by an event.")
	}
	for _, s := range []string{u.Source, u.Medium, u.Campaign} {
		if unfilled(s) {
			a.add(Placeholder, severityOfWarning, u, tags, fmt.Sprintf("%q is a placeholder that was not filled in.", s),
				"Write the placeholder as the ad platform knows it, and only where it fills placeholders in.")
			return
		}
		if i := strings.IndexByte(s, '@'); i > 0 && strings.Contains(s[i:], ".") {
			a.add(PersonalData, severityOfWarning, u, tags, "A tag holds an e-mail address, which comes into every tool and log on the way.", "Put an id of your own in its place.")
			return
		}
	}
	if k.param != "" && !k.weak && paid(k.medium) && u.Medium != "" && !paid(tidy(u.Medium)) && GroupOf(u.Source, u.Medium, u.Campaign) != Display {
		a.add(Contradiction, severityOfWarning, u, Tags{tidy(u.Source), k.medium, u.Campaign},
			fmt.Sprintf("The clicks are of an ad (%s), and the medium is %q, which is no paid one.", k.param, u.Medium), "Tag ads with utm_medium="+k.medium+".")
		return
	}
	a.pair(u)
}

// unfilled says whether a text is a macro as ad platforms write them.
func unfilled(s string) bool {
	return strings.ContainsAny(s, "{}") || strings.Contains(s, "%%") || strings.HasPrefix(s, "__") && strings.HasSuffix(s, "__") && len(s) > 4 ||
		strings.HasPrefix(s, "[") && strings.HasSuffix(s, "]")
}

// pair looks at source and medium; the first problem is told.
func (a *auditor) pair(u Usage) {
	source, medium := tidy(u.Source), tidy(u.Medium)
	clean := Tags{source, medium, u.Campaign}
	switch better := a.medium(source, medium); {
	case a.mediumIn(source) && !a.knownMedium(medium) && a.knownSource(medium):
		a.add(Swapped, severityOfWarning, u, Tags{medium, a.orBetter(source), u.Campaign}, "Source and medium stand in each other's place.",
			fmt.Sprintf("Write utm_source=%s and utm_medium=%s.", medium, a.orBetter(source)))
	case source == "" || medium == "" && GroupOf(source, "", u.Campaign) == Unassigned:
		a.missing(u, clean)
	case better != "" && better != medium:
		clean.Medium = better
		severity := severityOfNotice
		if GroupOf(source, medium, u.Campaign) != GroupOf(source, better, u.Campaign) {
			severity = severityOfWarning
		}
		a.add(MistypedMedium, severity, u, clean, fmt.Sprintf("The medium %q is probably meant to be %s.", u.Medium, better), "Write utm_medium="+better+".")
	case source != u.Source || medium != u.Medium:
		a.add(UntidyTag, severityOfNotice, u, clean, "Capitals and blanks in source or medium: other tools count such visits apart.",
			fmt.Sprintf("Write utm_source=%s and utm_medium=%s.", source, medium))
	case GroupOf(source, medium, u.Campaign) == Unassigned:
		a.unassigned(u, clean)
	}
}

func (a *auditor) missing(u Usage, clean Tags) {
	what := "A medium without a source"
	if clean.Source != "" {
		what, clean.Medium = "A source without a medium", a.mediumFor(clean.Source)
	} else if clean.Medium == "" {
		what = "A campaign without source and medium"
	}
	severity := severityOfNotice
	if clean.Medium == "" || GroupOf(u.Source, u.Medium, u.Campaign) == Unassigned {
		severity = severityOfWarning
	}
	a.add(MissingTag, severity, u, clean, what+": tools guess or give up.", "Give every link utm_source, utm_medium and utm_campaign.")
}

// unassigned tells of a medium that no rule of Google's knows; where the playbook has a channel for it, only other tools are the worse.
func (a *auditor) unassigned(u Usage, clean Tags) {
	own := a.c.Classify(Visit{Source: clean.Source, Medium: clean.Medium, Campaign: clean.Campaign, Host: u.Host}).Channel
	severity, fix := severityOfWarning, "Use a medium that Google knows (cpc, email, social, referral, affiliate, display …), or give the playbook a channel for it."
	if own != "" {
		severity, fix = severityOfNotice, fmt.Sprintf("Nothing here: the playbook's channel %s has it. In Google Analytics it needs a channel group of its own.", own)
	} else {
		clean.Medium = a.mediumFor(clean.Source)
	}
	a.add(UnassignedTags, severity, u, clean, fmt.Sprintf("No rule of Google's knows the medium %q: the visits are Unassigned.", u.Medium), fix)
}

// mediumFor is a medium that goes with a source.
func (a *auditor) mediumFor(source string) string {
	s := a.c.x.find(source)
	switch {
	case s.kind == AIAssistant:
		return aiMedium
	case s.category == social || s.kind == SocialNetwork || s.kind == Community:
		return "social"
	case s.category == search || s.engine != "" || s.kind == SearchEngine:
		return paidMedium // search engines tag nothing: whoever tags, advertises
	case s.category == video:
		return "video"
	case strings.Contains(source, "mail") || strings.Contains(source, "newsletter"):
		return emailMedium
	case s.kind == EventPlatform:
		return "webinar"
	case s.kind == Partner || s.kind == Marketplace:
		return "affiliate"
	}
	return "referral"
}

// mediumIn says whether a source is really a medium.
func (a *auditor) mediumIn(source string) bool {
	return (a.knownMedium(source) || otherWords[source] != "") && a.c.x.find(source) == (site{})
}

func (a *auditor) orBetter(medium string) string {
	if better := otherWords[medium]; better != "" {
		return better
	}
	return medium
}

// medium is the one that was meant, "" when none is near. What is known is meant as it is.
func (a *auditor) medium(source, medium string) string {
	if a.knownMedium(medium) || medium == "" || strings.HasPrefix(medium, "(") {
		return ""
	}
	if better := otherWords[medium]; better != "" {
		return better
	}
	if better := nearest(medium, a.mediums); better != "" && medium != source {
		return better
	}
	return ""
}

// spellings finds one thing written in several ways. The way of the most visits is suggested, on a tie the first in the alphabet.
func (a *auditor) spellings(used []Usage, noun string, of func(*Usage) string, set func(*Tags, string)) {
	counts := map[string]map[string]int64{}
	for i := range used {
		if s := of(&used[i]); plain(s) != "" && !unfilled(s) {
			if counts[plain(s)] == nil {
				counts[plain(s)] = map[string]int64{}
			}
			counts[plain(s)][s] += used[i].Count
		}
	}
	for i := range used {
		u := &used[i]
		ways := counts[plain(of(u))]
		best := of(u)
		for s, n := range ways {
			if n > ways[best] || n == ways[best] && s < best {
				best = s
			}
		}
		if len(ways) < 2 || best == of(u) {
			continue
		}
		suggest := Tags{tidy(u.Source), tidy(u.Medium), u.Campaign}
		set(&suggest, best)
		a.add(SeveralSpellings, severityOfNotice, *u, suggest, fmt.Sprintf("The %s %q is mostly written %q.", noun, of(u), best), "Write it in one way: "+best+".")
	}
}

// plain is a text's letters and digits in lower case, without a leading "www." and a last ".com": what stays the same in all spellings.
func plain(s string) string {
	s = strings.TrimSuffix(strings.TrimPrefix(strings.ToLower(strings.TrimSpace(s)), "www."), ".com")
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}

// Usage is what the touch says about tags, at the host that was arrived at, counted once.
func (t Touch) Usage(host string) Usage {
	u := Usage{Source: t.GivenSource, Medium: t.GivenMedium, Host: host, ClickID: t.ClickID, SelfReferred: t.SelfReferred, Count: 1}
	if t.Tagged {
		u.Campaign = t.Campaign
	}
	return u
}
