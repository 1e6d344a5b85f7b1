package channel

import (
	"slices"
	"strings"

	"millrace/internal/playbook"
)

// rule is one way into one of the playbook's channels: every list that is given must have an entry that fits.
type rule struct {
	channel                                    string
	sources, mediums, campaigns, hosts, events []pattern
	referrers                                  []string
	groups                                     []Group
	kinds                                      []Kind
}

// compile makes the rules in the order in which they are tried. A rule without any list claims nothing.
func (c *Classifier) compile(channels []playbook.Channel) {
	for _, ch := range channels {
		for _, m := range append([]playbook.ChannelMatch{ch.ChannelMatch}, ch.Also...) {
			if m.Empty() {
				continue
			}
			r := rule{channel: ch.Name, sources: patterns(m.Sources), mediums: patterns(m.Mediums), campaigns: patterns(m.Campaigns),
				hosts: patterns(m.Hosts), events: patterns(m.Events)}
			for _, h := range m.Referrers {
				r.referrers = append(r.referrers, hostOf(h))
			}
			for _, g := range m.Groups {
				r.groups = append(r.groups, Group(g))
			}
			for _, k := range m.Kinds {
				r.kinds = append(r.kinds, Kind(k))
			}
			if len(m.Events) > 0 {
				c.events = append(c.events, r)
			} else {
				c.pages = append(c.pages, r)
			}
		}
	}
}

// channel is the name of the first of the playbook's channels that a touch belongs to, "" for none. A visit that is an event is claimed by
// rules with events alone, and one that is none by the others.
func (c *Classifier) channel(t *Touch, host string) string {
	rules, event := c.pages, ""
	if t.event != "" {
		rules, event = c.events, strings.ToLower(strings.TrimSpace(t.event))
	}
	campaign, folded := "", false
	for i := range rules {
		r := &rules[i]
		if len(r.groups) > 0 && !slices.Contains(r.groups, t.Group) ||
			len(r.kinds) > 0 && (t.Kind == "" || !slices.Contains(r.kinds, t.Kind)) ||
			len(r.sources) > 0 && !fits(r.sources, t.Source) ||
			len(r.mediums) > 0 && !fits(r.mediums, t.Medium) ||
			len(r.referrers) > 0 && (t.host == "" || !below(r.referrers, t.host)) ||
			len(r.hosts) > 0 && !fits(r.hosts, host) ||
			len(r.events) > 0 && !fits(r.events, event) {
			continue
		}
		if len(r.campaigns) > 0 {
			if !folded {
				campaign, folded = strings.ToLower(t.Campaign), true
			}
			if !fits(r.campaigns, campaign) {
				continue
			}
		}
		return r.channel
	}
	return ""
}

// NamesEvents says whether any of the playbook's channels names events: if not, no event can be a touch.
func (c *Classifier) NamesEvents() bool { return len(c.events) > 0 }

// pattern is a text in lower case in which * is any run of characters. Most patterns are of a simple shape.
type pattern struct {
	shape shape
	text  string // without the * that the shape stands for
}

type shape uint8

const (
	whole    shape = iota // text
	begins                // text*
	ends                  // *text
	contains              // *text*
	glob                  // any other
)

func patterns(list []string) []pattern {
	var out []pattern
	for _, s := range list {
		s = strings.ToLower(strings.TrimSpace(s))
		p := pattern{glob, s}
		if inner := strings.Trim(s, "*"); !strings.Contains(inner, "*") {
			p.text = inner
			switch head, tail := strings.HasPrefix(s, "*"), strings.HasSuffix(s, "*"); {
			case head && tail:
				p.shape = contains
			case head:
				p.shape = ends
			case tail:
				p.shape = begins
			default:
				p.shape = whole
			}
		}
		out = append(out, p)
	}
	return out
}

// fits says whether any of the patterns is all of s, which is in lower case.
func fits(list []pattern, s string) bool {
	for i := range list {
		if list[i].fits(s) {
			return true
		}
	}
	return false
}

func (p *pattern) fits(s string) bool {
	switch p.shape {
	case whole:
		return p.text == s
	case begins:
		return strings.HasPrefix(s, p.text)
	case ends:
		return strings.HasSuffix(s, p.text)
	case contains:
		return strings.Contains(s, p.text)
	}
	return playbook.Glob(p.text, s)
}

// below says whether the host is one of the domains or below one.
func below(domains []string, host string) bool {
	return slices.ContainsFunc(domains, func(d string) bool {
		return strings.HasSuffix(host, d) && (len(host) == len(d) || host[len(host)-len(d)-1] == '.')
	})
}
