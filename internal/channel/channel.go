// Package channel says by which way a visitor came: it reads campaign tags, click ids and the referrer of a page, or the name of an event,
// and gives Google Analytics 4's default channel group, source, medium and campaign, what kind of site that was for a B2B team, and
// which of the playbook's own channels the touch belongs to. It also finds what is wrong with the tags of campaigns (Hygiene).
//
// It is pure: no I/O, no clock. A Classifier is immutable and safe for concurrent use.
package channel

import (
	"slices"
	"strings"

	"millrace/internal/playbook"
)

// Visit is what is known about one arrival. Everything may be empty.
type Visit struct {
	// URL is that of the page: absolute, or the path with the query, or the query alone from its "?" on.
	URL      string
	Host     string // of the page; taken from URL when empty
	Referrer string // the page before it: an absolute URL, or android-app://<package>
	// Source to Content are campaign tags that were given apart from the URL, as Segment's SDKs do. Each wins over the URL's.
	Source, Medium, Campaign, Term, Content string
	// Event is the name of a tracked event, for touches that are no pages: "Webinar Attended". Such a visit is a touch only where one of
	// the playbook's channels names the event.
	Event string
}

// Touch is what a Visit means.
type Touch struct {
	Group  Group  // GA4's default channel group, never empty
	Source string // lower case; "(direct)" or "(not set)" where there is none
	Medium string // lower case; "(none)" or "(not set)" where there is none
	// Campaign to Content are as given, without surrounding blanks. CampaignID is utm_id, Platform utm_source_platform.
	Campaign, CampaignID, Platform, Term, Content string

	// GivenSource and GivenMedium are the campaign tags exactly as they were sent, for Hygiene; empty where there were none.
	GivenSource, GivenMedium string

	ClickID string // the parameter that an ad or mail platform added to the URL: "gclid", "li_fat_id"; empty for none
	Kind    Kind   // what the site is to a B2B team; empty for nothing of ours
	Channel string // name of the first of the playbook's channels that it belongs to; empty for none

	// Internal says that this is no touch: a link within the team's own site, the way back from a payment or a sign-in, or an event that
	// no channel names. Channel is then empty.
	Internal bool
	// Tagged says that the visit had campaign tags, SelfReferred that it came from the team's own site all the same.
	Tagged, SelfReferred bool

	origin origin
	host   string
	event  string
}

// origin is what source and medium were taken from.
type origin uint8

const (
	fromNothing origin = iota
	fromTags
	fromClickID
	fromReferrer
	fromApp
	fromSelf
	fromEvent
)

// Classifier sorts visits. Make one for each version of the playbook.
type Classifier struct {
	x      *index
	pages  []rule // for visits that are no events
	events []rule
	hosts  map[string]bool
	names  map[string]string // of the channels, by lower case
}

// New makes a Classifier of the playbook's channels, the first that matches wins, and of the hosts of the team's own site: each covers its
// subdomains, and "www." means nothing.
func New(channels []playbook.Channel, hosts []string) *Classifier {
	c := &Classifier{x: lists(), hosts: make(map[string]bool, len(hosts)), names: make(map[string]string, len(channels))}
	c.compile(channels)
	for _, ch := range channels {
		c.names[strings.ToLower(strings.TrimSpace(ch.Name))] = ch.Name
	}
	for _, h := range hosts {
		if h = hostOf(h); h != "" {
			c.hosts[h] = true
		}
	}
	return c
}

const notSet = "(not set)"

// Classify says what a visit means. Campaign tags win over click ids, and those over the referrer.
func (c *Classifier) Classify(v Visit) Touch {
	var t tags
	host, query := splitURL(v.URL)
	if v.Host != "" {
		host = v.Host
	}
	host = hostOf(host)
	t.read(query)
	t.override(&v)
	touch := Touch{Campaign: t.campaign, CampaignID: t.id, Platform: t.platform, Term: t.term, Content: t.content, ClickID: t.click.param, GivenSource: t.givenSource, GivenMedium: t.givenMedium,
		Tagged: t.source != "" || t.medium != "" || t.campaign != "" || t.id != "", event: v.Event}
	referrer, app := referrerHost(v.Referrer, c.x)
	before := c.x.find(referrer)
	touch.host = referrer
	self := referrer != "" && c.ours(referrer, host)
	touch.SelfReferred = self && touch.Tagged

	switch {
	case touch.Tagged:
		c.tagged(&touch, &t, referrer, before, self)
	case t.click.param != "" && (!t.click.weak || referrer == "" || self):
		touch.Source, touch.Medium, touch.origin = t.click.source, t.click.medium, fromClickID
	case self || before.kind == Payment || before.kind == SignIn:
		touch.direct(fromSelf)
		touch.Internal, touch.Kind = true, before.kind
		if self {
			touch.Kind = Own
		}
	case referrer != "":
		refer(&touch, referrer, before, app)
	case v.Event != "":
		touch.Source, touch.Medium, touch.origin = notSet, notSet, fromEvent
	default:
		touch.direct(fromNothing)
	}
	found := before
	if touch.origin != fromReferrer && touch.origin != fromApp {
		found = c.x.find(touch.Source)
	}
	touch.Group = groupOf(touch.Source, touch.Medium, touch.Campaign, found.category)
	if !touch.Internal {
		if touch.Kind = found.kind; touch.Kind == Payment || touch.Kind == SignIn {
			touch.Kind = ""
		}
		touch.Channel = c.channel(&touch, host)
		touch.Internal = v.Event != "" && touch.Channel == ""
	}
	return touch
}

func (t *Touch) direct(from origin) { t.Source, t.Medium, t.origin = "(direct)", "(none)", from }

// tagged fills source and medium of a visit with campaign tags. What the tags leave out is taken from a click id, and where they name
// a campaign alone, from the referrer; a medium that was given is never joined with a referrer that may have nothing to do with it.
func (c *Classifier) tagged(touch *Touch, t *tags, referrer string, before site, self bool) {
	touch.origin = fromTags
	source, medium := t.source, t.medium
	if t.click.param != "" && !t.click.weak {
		if source == "" {
			source = t.click.source
		}
		if medium == "" {
			medium = t.click.medium
		}
	}
	if source == "" && medium == "" && referrer != "" && !self && before.kind != Payment && before.kind != SignIn {
		var r Touch
		refer(&r, referrer, before, false)
		source, medium = r.Source, r.Medium
	}
	if source == "" {
		source = notSet
	}
	if medium == "" {
		medium = notSet
	}
	touch.Source, touch.Medium = source, medium
}

// refer fills source, medium and campaign from the page before, as Google Analytics does.
func refer(touch *Touch, referrer string, before site, app bool) {
	touch.origin = fromReferrer
	if app {
		touch.origin = fromApp
	}
	switch {
	case before.kind == AIAssistant: // some live below a search engine's domain
		touch.Source, touch.Medium = referrer, aiMedium
		if touch.Campaign == "" {
			touch.Campaign = aiCampaign
		}
	case before.engine != "":
		touch.Source, touch.Medium = before.engine, "organic"
	default:
		touch.Source, touch.Medium = referrer, "referral"
	}
}

// ours says whether the host that a visit comes from is the team's own: one of the hosts given, or of the same site as the page.
func (c *Classifier) ours(referrer, page string) bool {
	if len(c.hosts) > 0 {
		for h := referrer; ; {
			if c.hosts[h] {
				return true
			}
			i := strings.IndexByte(h, '.')
			if i < 0 {
				break
			}
			h = h[i+1:]
		}
	}
	return page != "" && sameSite(referrer, page)
}

// Hosts are the team's own hosts in normal form, sorted.
func (c *Classifier) Hosts() []string {
	out := make([]string, 0, len(c.hosts))
	for h := range c.hosts {
		out = append(out, h)
	}
	slices.Sort(out)
	return out
}

// Why says in one or two sentences which rule decided.
func (t Touch) Why() string {
	var b strings.Builder
	pair := t.Source + " / " + t.Medium
	switch t.origin {
	case fromTags:
		b.WriteString("The campaign tags say " + pair)
	case fromClickID:
		b.WriteString("The click id " + t.ClickID + " stands for " + pair)
	case fromReferrer:
		b.WriteString("The referrer " + t.host + " stands for " + pair)
	case fromApp:
		b.WriteString("The app of " + t.host + " stands for " + pair)
	case fromEvent:
		b.WriteString("The event " + t.event + " has no campaign tags")
	case fromSelf:
		b.WriteString("The referrer " + t.host + selfWords(t.Kind))
	default:
		b.WriteString("There are neither campaign tags nor a click id nor a referrer")
	}
	b.WriteString(": " + string(t.Group) + ", because " + t.Group.why() + ".")
	switch {
	case t.Channel != "":
		b.WriteString(" " + t.Channel + " is the first of the playbook's channels that it belongs to.")
	case t.Internal && t.event != "":
		b.WriteString(" It is no touch: none of the playbook's channels names the event " + t.event + ".")
	case t.Internal:
		b.WriteString(" It is no touch.")
	default:
		b.WriteString(" None of the playbook's channels claims it.")
	}
	return b.String()
}

func selfWords(k Kind) string {
	switch k {
	case Payment:
		return " is a payment provider, nobody arrives by it"
	case SignIn:
		return " is a sign-in page, nobody arrives by it"
	}
	return " is the team's own site"
}
