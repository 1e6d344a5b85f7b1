package playbook

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

func (c *checker) rubric() {
	const path = "rubric"
	r := c.doc.Rubric
	if r.HalfLifeDays < minHalfLife || r.HalfLifeDays > maxHalfLife {
		c.fail(path+".half_life_days", "", "%v to %v days is allowed, and %v was found", minHalfLife, maxHalfLife, r.HalfLifeDays)
	}
	categories := make([]string, len(r.Categories))
	for i, cat := range r.Categories {
		categories[i] = cat.Name
		c.category(fmt.Sprintf("%s.categories[%d]", path, i), cat)
	}
	c.distinct(path+".categories", "name", "category", categories)
	if len(r.Behaviors) == 0 {
		c.fail(path+".behaviors", "list what people do and what it is worth", "a rubric without behaviors never scores anybody")
	}
	ids := c.behaviorIDs()
	for i, b := range r.Behaviors {
		c.behavior(fmt.Sprintf("%s.behaviors[%d]", path, i), b, categories)
		if j := shadowedBy(r.Behaviors, i); j >= 0 {
			c.warn(fmt.Sprintf("%s.behaviors[%d]", path, i), "put the more particular behavior first",
				"%s never scores: an event counts for the first behavior that matches, and %s at line %d takes all of them", quote(b.ID), quote(r.Behaviors[j].ID), c.at(fmt.Sprintf("%s.behaviors[%d]", path, j)).line)
		}
	}
	c.distinct(path+".behaviors", "id", "id", ids)
}

func (c *checker) category(path string, cat Category) {
	c.id(path+".name", cat.Name)
	c.texts(path+".hosts", cat.Hosts)
	for i, h := range cat.Hosts {
		if strings.ContainsAny(h, "/: ") {
			c.fail(fmt.Sprintf("%s.hosts[%d]", path, i), "for example www.example.com", "a host is a name without scheme or path, and %s was found", quote(h))
		}
	}
	if len(cat.Paths) == 0 {
		c.fail(path+".paths", "for example [/pricing, /pricing/**]", "a category needs at least one path")
	}
	c.texts(path+".paths", cat.Paths)
	for i, p := range cat.Paths {
		at := fmt.Sprintf("%s.paths[%d]", path, i)
		switch {
		case strings.TrimSpace(p) == "":
		case !strings.HasPrefix(p, "/"):
			c.fail(at, "write /"+strings.TrimLeft(p, "/ "), "a path begins with /, and %s was found", quote(p))
		case strings.ContainsAny(p, "?# "):
			c.fail(at, "", "a path has no query, fragment or blank, and %s was found", quote(p))
		case strings.Contains(p, "***"):
			c.fail(at, "* is within a segment, ** any depth", "%s is not a pattern", quote(p))
		}
	}
}

func (c *checker) behavior(path string, b Behavior, categories []string) {
	c.id(path+".id", b.ID)
	c.name(path+".label", b.Label)
	c.oneOf(path+".on", b.On, triggers)
	c.texts(path+".events", b.Events)
	if b.Category != "" {
		c.refer(path+".category", b.Category, "category", "rubric.categories", categories)
		if b.On == "track" || b.On == "screen" {
			c.warn(path+".category", "use on: page, or on: any", "categories are of pages, and this behavior is on %s", b.On)
		}
	}
	for i, w := range b.Where {
		at := fmt.Sprintf("%s.where[%d]", path, i)
		if strings.TrimSpace(w.Property) == "" {
			c.fail(at+".property", "for example asset_type", "the name of a property is wanted here")
		}
		c.condition(at, w.When, true)
	}
	c.points(path+".points", b.Points)
	c.between(path+".window_days", b.WindowDays, 0, maxDays, " days")
	for _, limit := range []struct {
		key string
		cap int
	}{{"cap_per_day", b.CapPerDay}, {"cap", b.Cap}} {
		at := path + "." + limit.key
		switch {
		case limit.cap < 0:
			c.fail(at, fmt.Sprintf("write %d: caps are by magnitude, also of negative points", -limit.cap), "a cap cannot be negative, and %d was found", limit.cap)
		case limit.cap > maxTotal:
			c.between(at, limit.cap, 0, maxTotal, " points")
		case limit.cap > 0 && limit.cap < max(b.Points, -b.Points):
			c.warn(at, "", "the cap of %d is below the %d points of a single time, which is then never given in full", limit.cap, b.Points)
		}
	}
	if b.Cap > 0 && b.CapPerDay > b.Cap {
		c.warn(path+".cap_per_day", "", "cap_per_day %d is above cap %d and never matters", b.CapPerDay, b.Cap)
	}
	if b.Funnel != "" {
		c.oneOf(path+".funnel", b.Funnel, funnelStages)
	}
}

// shadowedBy is the index of an earlier behavior that takes every event behavior i could match, -1 for none. It compares names as
// written and leaves patterns and conditions that only overlap alone.
func shadowedBy(list []Behavior, i int) int {
	b := list[i]
	for j := range i {
		a := list[j]
		if len(a.Where) > 0 || a.On != "any" && a.On != b.On || a.Category != "" && a.Category != b.Category {
			continue
		}
		if len(a.Events) == 0 || len(b.Events) > 0 && !slices.ContainsFunc(b.Events, func(e string) bool {
			return !slices.ContainsFunc(a.Events, func(f string) bool { return strings.EqualFold(strings.TrimSpace(e), strings.TrimSpace(f)) || f == "*" })
		}) {
			return j
		}
	}
	return -1
}

func (c *checker) committee() {
	const path = "committee"
	k := c.doc.Committee
	c.between(path+".engaged_within_days", k.EngagedWithinDays, 1, maxDays, " days")
	for i, r := range k.Roles {
		at := fmt.Sprintf("%s.roles[%d]", path, i)
		c.oneOf(at+".role", r.Role, committeeRole)
		c.texts(at+".titles", r.Titles)
		c.texts(at+".departments", r.Departments)
		c.texts(at+".seniorities", r.Seniorities)
		if len(r.Titles)+len(r.Departments)+len(r.Seniorities) == 0 {
			c.fail(at, "add titles, for example [\"*head of*\"]", "a role is recognised by titles, departments or seniorities, and this one has none")
		}
	}
}

func (c *checker) lifecycle() {
	const path = "lifecycle"
	l := c.doc.Lifecycle
	ids := c.behaviorIDs()
	c.episode(path+".mql", l.MQL.Intent, l.MQL.ExpireBelow, l.MQL.ExpireDays, l.MQL.CooldownDays)
	c.texts(path+".mql.immediate", l.MQL.Immediate)
	for i, id := range l.MQL.Immediate {
		c.refer(fmt.Sprintf("%s.mql.immediate[%d]", path, i), id, "behavior", "rubric.behaviors", ids)
	}
	if most, bounded := c.mostIntent(); bounded && l.MQL.Intent > most && !c.broken("rubric") {
		c.fail(path+".mql.intent", fmt.Sprintf("at most %d, or raise caps", most), "nobody can reach an intent of %d: with its caps the rubric gives one person at most %d", l.MQL.Intent, most)
	}
	c.episode(path+".mqa", l.MQA.Intent, l.MQA.ExpireBelow, l.MQA.ExpireDays, l.MQA.CooldownDays)
	roles := map[string]bool{}
	for _, r := range c.doc.Committee.Roles {
		roles[r.Role] = true
	}
	if l.MQA.Roles < 0 {
		c.fail(path+".mqa.roles", "", "a number of roles cannot be negative, and %d was found", l.MQA.Roles)
	} else if l.MQA.Roles > len(roles) && !c.broken("committee.roles") {
		c.fail(path+".mqa.roles", fmt.Sprintf("at most %d, or define more in committee.roles", len(roles)), "no account can have %d roles engaged: the committee defines %d", l.MQA.Roles, len(roles))
	}
	c.sal(path+".sal", l.SAL)
	c.sql(path+".sql", l.SQL)
}

func (c *checker) sal(path string, s SAL) {
	var ids []string
	for i, r := range s.RejectReasons {
		at := fmt.Sprintf("%s.reject_reasons[%d]", path, i)
		c.id(at+".id", r.ID)
		if r.To != "" {
			c.oneOf(at+".to", r.To, []string{ToNurture, ToDisqualify})
		}
		ids = append(ids, r.ID)
	}
	c.distinct(path+".reject_reasons", "id", "id", ids)
}

// episode checks the figures that MQL and MQA share.
func (c *checker) episode(path string, intent, below, days, cooldown int) {
	c.between(path+".intent", intent, 1, maxTotal, " points")
	c.between(path+".expire_below", below, 0, maxTotal, " points")
	c.between(path+".expire_days", days, 1, maxDays, " days")
	c.between(path+".cooldown_days", cooldown, 0, maxDays, " days")
	if below >= intent && !c.broken(path+".intent") {
		c.fail(path+".expire_below", "about half of intent", "expire_below %d must be under intent %d, or an episode would end the moment it began", below, intent)
	}
}

// mostIntent is the most one person can hold, false when a positive behavior has no cap over its whole window: then there is no bound.
func (c *checker) mostIntent() (most int, bounded bool) {
	for _, b := range c.doc.Rubric.Behaviors {
		if b.Points > 0 && b.Cap == 0 {
			return 0, false
		}
		if b.Points > 0 {
			most += b.Cap
		}
	}
	return most, true
}

func (c *checker) sql(path string, s SQL) {
	names := []string{"custom"}
	for _, f := range Frameworks() {
		names = append(names, f.Name)
	}
	c.oneOf(path+".framework", s.Framework, names)
	if len(s.Evidence) == 0 {
		c.fail(path+".evidence", "for example [budget, authority, need, timeline]", "an SQL without evidence of qualification is refused by the product, so the evidence must be named")
	}
	c.texts(path+".evidence", s.Evidence)
	for i, e := range s.Evidence {
		c.id(fmt.Sprintf("%s.evidence[%d]", path, i), e)
	}
	f, ok := FrameworkByName(s.Framework)
	if !ok || len(s.Evidence) == 0 {
		return
	}
	var missing []string
	for _, e := range f.Evidence {
		if !slices.Contains(s.Evidence, e.Name) {
			missing = append(missing, e.Name)
		}
	}
	if len(missing) > 0 {
		c.warn(path+".evidence", "add them, or call the framework custom", "%s also asks for %s", f.Title, strings.Join(missing, ", "))
	}
}

func (c *checker) channels() {
	names := make([]string, len(c.doc.Channels))
	for i, ch := range c.doc.Channels {
		names[i] = ch.Name
		path := fmt.Sprintf("channels[%d]", i)
		c.name(path+".name", ch.Name)
		c.oneOf(path+".role", ch.Role, channelRoles)
		for _, f := range []struct {
			key   string
			value float64
		}{{"cpl_low", ch.CPLLow}, {"cpl_high", ch.CPLHigh}} {
			if f.value < 0 || f.value > 1e9 {
				c.fail(path+"."+f.key, "", "a cost per lead is between 0 and a billion, and %v was found", f.value)
			}
		}
		if ch.CPLHigh > 0 && ch.CPLLow > ch.CPLHigh {
			c.fail(path+".cpl_low", "swap them", "cpl_low %v is above cpl_high %v", ch.CPLLow, ch.CPLHigh)
		}
		c.channelMatch(path, &ch.ChannelMatch)
		for j := range ch.Also {
			at := fmt.Sprintf("%s.also[%d]", path, j)
			if ch.Also[j].Empty() {
				c.fail(at, "give it a list, for example events: [Webinar Attended]", "a further way into the channel needs at least one list")
			}
			c.channelMatch(at, &ch.Also[j])
		}
	}
	c.distinct("channels", "name", "channel", names)
}

// ChannelGroups are the default channel groups of Google Analytics 4 that a channel may name, in Google's order.
func ChannelGroups() []string { return slices.Clone(channelGroups) }

// SiteKinds are the kinds of site that a channel may name.
func SiteKinds() []string { return slices.Clone(siteKinds) }

func (c *checker) channelMatch(path string, m *ChannelMatch) {
	for _, f := range []struct {
		key  string
		list []string
	}{{"sources", m.Sources}, {"mediums", m.Mediums}, {"campaigns", m.Campaigns}, {"hosts", m.Hosts}, {"events", m.Events}, {"groups", m.Groups}, {"kinds", m.Kinds}} {
		c.texts(path+"."+f.key, f.list)
	}
	c.domains(path+".referrers", m.Referrers)
	for i, g := range m.Groups {
		c.oneOf(fmt.Sprintf("%s.groups[%d]", path, i), g, channelGroups)
	}
	for i, k := range m.Kinds {
		c.oneOf(fmt.Sprintf("%s.kinds[%d]", path, i), k, siteKinds)
	}
}

var domainShape = regexp.MustCompile(`(?i)^[a-z0-9_]([a-z0-9_-]*[a-z0-9])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9])?)+$`)

// domains wants domains without scheme, path or pattern: each stands for its subdomains too.
func (c *checker) domains(path string, list []string) {
	c.texts(path, list)
	for i, s := range list {
		if strings.TrimSpace(s) == "" || domainShape.MatchString(s) {
			continue
		}
		suggestion := "for example partner.example"
		bare := s
		if _, rest, ok := strings.Cut(s, "://"); ok {
			bare = rest
		}
		bare, _, _ = strings.Cut(strings.TrimPrefix(bare, "*."), "/")
		if domainShape.MatchString(bare) {
			suggestion = "write " + bare
		}
		c.fail(fmt.Sprintf("%s[%d]", path, i), suggestion, "a domain is wanted, without https:// and path, and %s was found", quote(s))
	}
}

var clockShape = regexp.MustCompile(`^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$`)

func (c *checker) calendars() {
	names := make([]string, len(c.doc.Calendars))
	for i, cal := range c.doc.Calendars {
		names[i] = cal.Name
		path := fmt.Sprintf("calendars[%d]", i)
		c.name(path+".name", cal.Name)
		c.zone(path+".timezone", cal.Timezone)
		if len(cal.Days) == 0 {
			c.fail(path+".days", "for example [mon, tue, wed, thu, fri]", "a calendar without working days would never let a clock run")
		}
		for j, day := range cal.Days {
			c.oneOf(fmt.Sprintf("%s.days[%d]", path, j), day, weekdays)
		}
		c.texts(path+".days", cal.Days)
		c.hours(path, cal.From, cal.To)
		for j, h := range cal.Holidays {
			if _, err := time.Parse(time.DateOnly, h); err != nil {
				c.fail(fmt.Sprintf("%s.holidays[%d]", path, j), "for example 2026-12-25", "a holiday is a date, and %s was found", quote(h))
			}
		}
		c.texts(path+".holidays", cal.Holidays)
	}
	c.distinct("calendars", "name", "calendar", names)
}

func (c *checker) hours(path, from, to string) {
	ok := true
	for _, f := range []struct{ key, value string }{{"from", from}, {"to", to}} {
		if !clockShape.MatchString(f.value) {
			ok = false
			c.fail(path+"."+f.key, "for example 09:00", "a time of day is written HH:MM, and %s was found", quote(f.value))
		}
	}
	if ok && from >= to {
		c.fail(path+".to", "", "the day ends at %s, before it begins at %s", to, from)
	}
}
