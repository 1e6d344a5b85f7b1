package channel

import (
	"net/url"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/publicsuffix"
)

// splitURL gives host and query of a URL, or of a path with a query, or of a query from its "?" on. It takes anything and allocates nothing.
func splitURL(s string) (host, query string) {
	s, _, _ = strings.Cut(strings.TrimSpace(s), "#")
	s, query, _ = strings.Cut(s, "?")
	scheme := true
	if i := strings.Index(s, "://"); i >= 0 {
		s = s[i+3:]
	} else if strings.HasPrefix(s, "//") {
		s = s[2:]
	} else {
		scheme = false
	}
	host, _, _ = strings.Cut(s, "/")
	if !scheme && !strings.Contains(host, ".") { // a path, or "about:blank"
		return "", query
	}
	return host, query
}

// hostOf is a host's normal form: lower case, without user, port, the root's dot and "www.". It takes a URL too, and gives "" for none.
func hostOf(s string) string {
	if strings.IndexByte(s, '/') >= 0 {
		s, _ = splitURL(s)
	}
	if i := strings.LastIndexByte(s, '@'); i >= 0 {
		s = s[i+1:]
	}
	if i := strings.IndexByte(s, ':'); i >= 0 && !strings.HasPrefix(s, "[") {
		s = s[:i]
	}
	s = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(s), "."))
	if len(s) > 253 {
		return ""
	}
	return strings.TrimPrefix(s, "www.")
}

// referrerHost is the host that a referrer names, of an Android app that of the site it stands for (its package where none is known).
// What names no host, such as "about:blank", is no referrer.
func referrerHost(s string, x *index) (host string, app bool) {
	s = strings.TrimSpace(s)
	if s == "" {
		return "", false
	}
	if pkg, ok := strings.CutPrefix(s, "android-app://"); ok {
		pkg, _, _ = strings.Cut(pkg, "/")
		if host, ok := x.apps[pkg]; ok {
			return host, true
		}
		return hostOf(pkg), true
	}
	host, _ = splitURL(s)
	return hostOf(host), false
}

// sameSite says whether two hosts in normal form belong to one registrable domain.
func sameSite(a, b string) bool {
	if a == b {
		return true
	}
	// Hosts of one site end in the same two labels at least; most don't, and need no look into the list of public suffixes.
	if lastLabels(a) != lastLabels(b) {
		return false
	}
	da, err := publicsuffix.EffectiveTLDPlusOne(a)
	if err != nil {
		return false
	}
	db, err := publicsuffix.EffectiveTLDPlusOne(b)
	return err == nil && da == db
}

func lastLabels(h string) string {
	i := strings.LastIndexByte(h, '.')
	if i < 0 {
		return h
	}
	return h[strings.LastIndexByte(h[:i], '.')+1:]
}

// tags are what a query says about the campaign. Source and medium are in lower case, and once more as they were given.
type tags struct {
	source, medium, campaign, term, content, id, platform string
	givenSource, givenMedium                              string
	click                                                 click
	rank                                                  int // of the click id, from 1; 0 for none
}

// click is a parameter that a platform adds to the links of its ads or mails.
type click struct {
	param, source, medium string
	weak                  bool // it names the platform and not that somebody paid: a referrer says more
}

// clicks are known click ids, the most telling first.
var clicks = [...]click{
	{"gclid", "google", "cpc", false},  // Google Ads
	{"gbraid", "google", "cpc", false}, // Google Ads, iOS: web to app
	{"wbraid", "google", "cpc", false}, // Google Ads, iOS: app to web
	{"dclid", "dfa", "cpm", false},     // Campaign Manager and Display & Video 360
	{"msclkid", "bing", "cpc", false},  // Microsoft Advertising
	{"li_fat_id", "linkedin", "cpc", false},
	{"ttclid", "tiktok", "cpc", false},
	{"twclid", "twitter", "cpc", false},
	{"rdt_cid", "reddit", "cpc", false},
	{"qclid", "quora", "cpc", false},
	{"sccid", "snapchat", "cpc", false},
	{"yclid", "yandex", "cpc", false},
	{"tblci", "taboola", "cpc", false},
	{"dicbo", "outbrain", "cpc", false},
	{"cjevent", "cj", "affiliate", false},
	{"irclickid", "impact", "affiliate", false},
	{"gad_campaignid", "google", "cpc", false}, // Google Ads, also where the browser removes gclid
	{"gad_source", "google", "cpc", false},
	{"mkt_tok", "marketo", "email", false},
	{"_hsmi", "hubspot", "email", false},
	{"mc_eid", "mailchimp", "email", false},
	{"_kx", "klaviyo", "email", false},
	{"elqtrackid", "eloqua", "email", false},
	{"fbclid", "facebook.com", "referral", true}, // on every link out of Facebook, paid or not
	{"igshid", "instagram.com", "referral", true},
	{"igsh", "instagram.com", "referral", true},
	{"epik", "pinterest.com", "referral", true},
}

// clickRanks are places in clicks, from 1.
var clickRanks = func() map[string]int {
	m := make(map[string]int, len(clicks))
	for i, c := range clicks {
		m[c.param] = i + 1
	}
	return m
}()

// longestName is the longest parameter that is looked for.
const longestName = len("utm_source_platform")

// longestText is how much of a campaign's text is kept, in bytes.
const longestText = 500

// read takes the tags out of a query. Names are compared without capitals; of a name that is given twice the first with a value counts. A
// link whose "&" was written "&amp;", a common slip in mails, is understood.
func (t *tags) read(query string) {
	for query != "" {
		var pair string
		pair, query, _ = strings.Cut(query, "&")
		name, value, _ := strings.Cut(pair, "=")
		name = strings.TrimPrefix(name, "amp;")
		if value == "" || len(name) < 3 || len(name) > longestName {
			continue
		}
		var buf [longestName]byte
		for i := range len(name) {
			c := name[i]
			if c >= 'A' && c <= 'Z' {
				c += 'a' - 'A'
			}
			buf[i] = c
		}
		t.pair(buf[:len(name)], value)
	}
}

func (t *tags) pair(name []byte, value string) {
	if len(name) < 4 || string(name[:4]) != "utm_" {
		if rank := clickRanks[string(name)]; rank > 0 && (t.rank == 0 || rank < t.rank) {
			t.click, t.rank = clicks[rank-1], rank
		}
		return
	}
	switch string(name[4:]) {
	case "source":
		setTag(&t.source, &t.givenSource, decode(value))
	case "medium":
		setTag(&t.medium, &t.givenMedium, decode(value))
	case "campaign":
		set(&t.campaign, value)
	case "term":
		set(&t.term, value)
	case "content":
		set(&t.content, value)
	case "id":
		set(&t.id, value)
	case "source_platform":
		set(&t.platform, value)
	}
}

// override puts what was given apart from the URL in the place of what the URL says.
func (t *tags) override(v *Visit) {
	if v.Source != "" {
		replaceTag(&t.source, &t.givenSource, v.Source)
	}
	if v.Medium != "" {
		replaceTag(&t.medium, &t.givenMedium, v.Medium)
	}
	replace(&t.campaign, v.Campaign)
	replace(&t.term, v.Term)
	replace(&t.content, v.Content)
}

func replace(to *string, value string) {
	if s := text(value); s != "" {
		*to = s
	}
}

func replaceTag(to, given *string, value string) {
	if strings.TrimSpace(value) != "" {
		*to = ""
		setTag(to, given, value)
	}
}

func set(to *string, value string) {
	if *to == "" {
		*to = text(decode(value))
	}
}

// setTag sets a tag that compares without capitals, and how it was given.
func setTag(to, given *string, value string) {
	if *to != "" {
		return
	}
	if s := text(value); s != "" {
		*to, *given = strings.ToLower(s), value[:min(len(value), longestText)]
	}
}

// decode undoes the query's encoding; what is wrongly encoded stays as it is.
func decode(s string) string {
	if strings.IndexByte(s, '%') < 0 && strings.IndexByte(s, '+') < 0 {
		return s
	}
	if d, err := url.QueryUnescape(s); err == nil {
		return d
	}
	return strings.ReplaceAll(s, "+", " ")
}

// text is a tag's value without surrounding blanks, valid and of bounded length.
func text(s string) string {
	s = strings.TrimSpace(s)
	if len(s) > longestText {
		s = s[:longestText]
	}
	if !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s, "")
	}
	return strings.TrimSpace(s)
}
