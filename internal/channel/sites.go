package channel

import (
	_ "embed"
	"fmt"
	"strings"
	"sync"
)

// Kind is what a site is to a B2B team, where Google's groups have no word for it.
type Kind string

// The kinds.
const (
	ReviewSite    Kind = "review_site"    // G2, Capterra, Gartner Peer Insights
	Community     Kind = "community"      // Reddit, Hacker News, Slack
	AIAssistant   Kind = "ai_assistant"   // ChatGPT, Perplexity, Claude
	Marketplace   Kind = "marketplace"    // AppExchange, AWS Marketplace
	Partner       Kind = "partner"        // partner platforms; a team's own partners stand in its playbook
	EventPlatform Kind = "event_platform" // Zoom, ON24, Luma
	JobBoard      Kind = "job_board"      // people who look for work
	SocialNetwork Kind = "social"         // social networks that Google's list doesn't have
	SearchEngine  Kind = "search_engine"  // search engines that Google's list doesn't have
	Webmail       Kind = "webmail"        // mail read in the browser
	Payment       Kind = "payment"        // no touch: on the way back from paying
	SignIn        Kind = "sign_in"        // no touch: on the way back from signing in
	Own           Kind = "own_site"       // no touch: a link within the team's own site
)

// Kinds are all kinds that a touch can have, for playbooks and screens; those that are no touch are not among them.
func Kinds() []Kind {
	return []Kind{ReviewSite, Community, AIAssistant, Marketplace, Partner, EventPlatform, JobBoard, SocialNetwork, SearchEngine, Webmail}
}

//go:embed lists/sources.txt
var sourcesList string

//go:embed lists/sites.txt
var sitesList string

// site is what the lists know about a host or a source.
type site struct {
	category category
	kind     Kind
	engine   string // for a referrer: the source of a search engine
}

// add takes over what s doesn't say yet.
func (s *site) add(o site) {
	if s.category == noCategory {
		s.category = o.category
	}
	if s.kind == "" {
		s.kind = o.kind
	}
	if s.engine == "" {
		s.engine = o.engine
	}
}

// index finds sites by host. It is never changed after it was read.
type index struct {
	exact   map[string]site   // hosts and sources as they are
	covered map[string]site   // hosts with everything below them
	below   map[string]site   // everything below hosts
	country map[string]site   // names under any country's top level
	apps    map[string]string // Android packages → hosts
}

var lists = sync.OnceValue(func() *index {
	x := &index{exact: map[string]site{}, covered: map[string]site{}, below: map[string]site{}, country: map[string]site{}, apps: map[string]string{}}
	each(sourcesList, func(section, brand string, names []string) {
		c, ok := categoryNames[section]
		if !ok {
			panic(fmt.Sprintf("channel: sources.txt has a section %q", section))
		}
		for _, name := range append(names, brand) {
			if strings.HasPrefix(name, ".") {
				name = brand + name
			}
			put(x.exact, name, site{category: c})
			if c == social && strings.Contains(name, ".") {
				put(x.covered, name, site{category: c})
			}
		}
	})
	each(sitesList, x.addSite)
	return x
})

// each calls with every line of a list.
func each(list string, fn func(section, brand string, names []string)) {
	section := ""
	for line := range strings.Lines(list) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if line[0] == '[' {
			section = strings.Trim(line, "[]")
			continue
		}
		brand, rest, _ := strings.Cut(line, ": ")
		var names []string
		if rest != "" {
			names = strings.Split(rest, ", ")
		}
		fn(section, brand, names)
	}
}

func put(m map[string]site, key string, s site) {
	old := m[key]
	old.add(s)
	m[key] = old
}

func (x *index) addSite(section, brand string, hosts []string) {
	s := site{kind: Kind(section)}
	switch section {
	case "app":
		for _, h := range hosts {
			x.apps[h] = brand
		}
		return
	case "engine":
		s = site{engine: brand}
	case string(Payment), string(SignIn): // "google" as a campaign's source isn't its sign-in page
	default:
		put(x.exact, brand, s)
	}
	for _, h := range hosts {
		switch {
		case h[0] == '=':
			put(x.exact, h[1:], s)
		case strings.HasPrefix(h, "*."):
			put(x.below, h[2:], s)
		case strings.HasSuffix(h, ".*"):
			put(x.country, strings.TrimSuffix(h, ".*"), s)
		default:
			put(x.covered, h, s)
		}
	}
}

// find gives what is known about a host (normal form) or a campaign's source (lower case); the more particular entry wins.
func (x *index) find(host string) site {
	if host == "" {
		return site{}
	}
	s := x.exact[host]
	if strings.IndexByte(host, '.') < 0 {
		return s
	}
	for h := host; ; {
		if o, ok := x.covered[h]; ok {
			s.add(o)
		}
		i := strings.IndexByte(h, '.')
		if i < 0 {
			break
		}
		h = h[i+1:]
		if o, ok := x.below[h]; ok {
			s.add(o)
		}
	}
	if name := withoutCountry(host); name != "" {
		if o, ok := x.country[name]; ok {
			s.add(o)
		}
	}
	return s
}

// withoutCountry cuts the top level off: "google" of google.de, google.co.uk and google.com; "" when the host doesn't end in one of a
// country, or .com, .net or .org.
func withoutCountry(host string) string {
	i := strings.LastIndexByte(host, '.')
	top := host[i+1:]
	if len(top) != 2 && top != "com" && top != "net" && top != "org" {
		return ""
	}
	name := host[:i]
	if j := strings.LastIndexByte(name, '.'); j > 0 && len(top) == 2 {
		if second := name[j+1:]; len(second) == 2 || second == "com" || second == "net" || second == "org" {
			return name[:j]
		}
	}
	return name
}
