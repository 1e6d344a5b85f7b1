package measure

import (
	"strings"

	"millrace/internal/metrics"
)

// aliases say which names mean one campaign: those that an ad platform ever showed with one campaign id, the tags that carry that id, and the
// same name in other capitals. A campaign that is renamed in the middle of a quarter is one campaign, under its latest name.
type aliases struct {
	byID   map[string]*campaignNames // by campaign id in lower case
	byName map[string]string         // name in lower case → the name that counts
}

// campaignNames are the names that a campaign had.
type campaignNames struct {
	id     string
	latest string
	last   metrics.Day // the latest day of a cost under the latest name
	names  []string    // all, in order of appearance
}

// cost takes one cost's campaign in.
func (a *aliases) cost(id, name string, last metrics.Day) {
	if a.byID == nil {
		a.byID, a.byName = map[string]*campaignNames{}, map[string]string{}
	}
	if name == "" {
		return
	}
	if id == "" {
		if _, ok := a.byName[strings.ToLower(name)]; !ok {
			a.byName[strings.ToLower(name)] = name
		}
		return
	}
	c := a.byID[strings.ToLower(id)]
	if c == nil {
		c = &campaignNames{id: id, last: metrics.NoDay}
		a.byID[strings.ToLower(id)] = c
	}
	if last >= c.last {
		c.latest, c.last = name, last
	}
	for _, n := range c.names {
		if n == name {
			return
		}
	}
	c.names = append(c.names, name)
}

// settle makes former names mean the latest one. A name that is the latest of another campaign is that one's.
func (a *aliases) settle() {
	latest := map[string]bool{}
	for _, c := range a.byID {
		latest[strings.ToLower(c.latest)] = true
		a.byName[strings.ToLower(c.latest)] = c.latest
	}
	for _, c := range a.byID {
		for _, n := range c.names {
			if k := strings.ToLower(n); !latest[k] && (a.byName[k] == "" || a.byName[k] == n || c.latest < a.byName[k]) {
				a.byName[k] = c.latest
			}
		}
	}
}

// name is the name that counts of a campaign, by its id where that is known.
func (a *aliases) name(id, name string) string {
	if c := a.byID[strings.ToLower(id)]; id != "" && c != nil {
		return c.latest
	}
	if n, ok := a.byName[strings.ToLower(name)]; ok && name != "" {
		return n
	}
	return name
}
