package playbook

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // time zones are known wherever the program runs
)

// The closed lists of the document. The schema's enums are held equal to them by a test.
var (
	motions       = []string{"smb", "mid-market", "enterprise"}
	criterionKind = []string{Firmographic, Technographic, Psychographic, Behavioral}
	subjects      = []string{"account", "contact"}
	triggers      = []string{"page", "track", "screen", "any"}
	funnelStages  = []string{"awareness", "consideration", "decision"}
	committeeRole = []string{"champion", "economic_buyer", "decision_maker", "influencer", "user", "blocker"}
	channelRoles  = []string{"creation", "capture", "both"}
	channelGroups = []string{"Direct", "Cross-network", "Paid Shopping", "Paid Search", "Paid Social", "Paid Video", "Display", "Paid Other", "Organic Shopping",
		"Organic Social", "Organic Video", "Organic Search", "AI Assistant", "Referral", "Email", "Affiliates", "Audio", "SMS", "Mobile Push Notifications", "Unassigned"}
	siteKinds = []string{"review_site", "community", "ai_assistant", "marketplace", "partner", "event_platform", "job_board", "social", "search_engine", "webmail"}
	weekdays  = []string{"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
)

// The ranges of figures.
const (
	maxPoints   = 1000 // by magnitude: one criterion, band or behaviour
	maxTotal    = 100_000
	minHalfLife = 0.5
	maxHalfLife = 365
	maxDays     = 3650
)

var (
	idShape       = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,63}$`)
	currencyShape = regexp.MustCompile(`^[A-Z]{3}$`)
	zoneShape     = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$`)
	gradeShape    = regexp.MustCompile(`^[A-Z][A-Z0-9+-]{0,2}$`)
	commonZones   = []string{"UTC", "Africa/Johannesburg", "Africa/Lagos", "America/Chicago", "America/Denver", "America/Los_Angeles", "America/Mexico_City",
		"America/New_York", "America/Sao_Paulo", "America/Toronto", "Asia/Dubai", "Asia/Hong_Kong", "Asia/Jerusalem", "Asia/Kolkata", "Asia/Seoul",
		"Asia/Shanghai", "Asia/Singapore", "Asia/Tokyo", "Australia/Melbourne", "Australia/Sydney", "Europe/Amsterdam", "Europe/Berlin", "Europe/Dublin",
		"Europe/Istanbul", "Europe/London", "Europe/Madrid", "Europe/Oslo", "Europe/Paris", "Europe/Prague", "Europe/Rome", "Europe/Stockholm",
		"Europe/Warsaw", "Europe/Zurich", "Pacific/Auckland"}
)

// checker looks at what the document means. It runs even where decoding found problems, so that all are told at once, and stays silent
// about places whose text could not be read.
type checker struct {
	doc      *Document
	places   map[string]place
	problems Problems
	decoded  int // the first so many problems are the decoder's
}

// at finds where a path stands: its own place, else that of what holds it.
func (c *checker) at(path string) place {
	for p := path; ; {
		if at, ok := c.places[p]; ok {
			return at
		}
		i := strings.LastIndexAny(p, ".[")
		if i < 0 {
			return c.places[""]
		}
		p = p[:i]
	}
}

// within says whether the first path is below the second.
func within(path, of string) bool {
	return strings.HasPrefix(path, of) && (of == "" || len(path) > len(of) && (path[len(of)] == '.' || path[len(of)] == '['))
}

// broken says whether the text under, or around, the path could not be fully read: conclusions drawn from it would be about the typing error.
func (c *checker) broken(path string) bool {
	return slices.ContainsFunc(c.problems[:c.decoded], func(p Problem) bool {
		return p.Path == path || within(p.Path, path) || p.Path != "" && within(path, p.Path)
	})
}

func (c *checker) add(severity, path, suggestion, format string, args ...any) {
	if c.broken(path) {
		return
	}
	at := c.at(path)
	c.problems = append(c.problems, Problem{Line: at.line, Column: at.column, Path: path, Message: fmt.Sprintf(format, args...), Suggestion: suggestion, Severity: severity})
}

func (c *checker) fail(path, suggestion, format string, args ...any) {
	c.add(SeverityError, path, suggestion, format, args...)
}

func (c *checker) warn(path, suggestion, format string, args ...any) {
	c.add(SeverityWarning, path, suggestion, format, args...)
}

// document checks everything.
func (c *checker) document() {
	if c.broken("") && len(c.places) <= 1 {
		return
	}
	d := c.doc
	if d.Format != 1 {
		c.fail("format", "write format: 1", "format %d is not known; this program reads format 1", d.Format)
	}
	c.name("name", d.Name)
	if d.Motion != "" {
		c.oneOf("motion", d.Motion, motions)
	}
	c.zone("workspace.timezone", d.Workspace.Timezone)
	c.currency()
	c.domains("workspace.hosts", d.Workspace.Hosts)
	c.icps()
	c.rubric()
	c.committee()
	c.lifecycle()
	c.channels()
	c.calendars()
}

// name wants readable text of at most 200 characters.
func (c *checker) name(path, s string) {
	if strings.TrimSpace(s) == "" {
		c.fail(path, "", "a name is wanted here, and it is blank")
	} else if len([]rune(s)) > 200 {
		c.fail(path, "", "a name of at most 200 characters is wanted; this one has %d", len([]rune(s)))
	}
}

func (c *checker) id(path, s string) {
	if !idShape.MatchString(s) {
		c.fail(path, "for example "+slug(s), "an id is lower-case letters, digits, _ and -, at most 64, and %s was found", quote(s))
	}
}

// slug is the id nearest to the text.
func slug(s string) string {
	out := strings.Trim(regexp.MustCompile(`[^a-z0-9]+`).ReplaceAllString(strings.ToLower(s), "_"), "_")
	if out == "" {
		return "pricing_page"
	}
	return strings.TrimRight(out[:min(len(out), 40)], "_")
}

func (c *checker) oneOf(path, s string, allowed []string) {
	if slices.Contains(allowed, s) {
		return
	}
	suggestion := didYouMean(s, allowed)
	if suggestion == "" {
		suggestion = "one of " + strings.Join(allowed, ", ")
	}
	c.fail(path, suggestion, "%s is not known here", quote(s))
}

// refer wants the name to be one of those that exist elsewhere in the playbook.
func (c *checker) refer(path, name, noun, section string, existing []string) {
	if slices.Contains(existing, name) {
		return
	}
	suggestion := didYouMean(name, existing)
	if suggestion == "" {
		suggestion = "add it to " + section
	}
	c.fail(path, suggestion, "there is no %s %s in %s", noun, quote(name), section)
}

// between wants a whole number in the range, both ends included.
func (c *checker) between(path string, n, low, high int, unit string) bool {
	if n < low || n > high {
		c.fail(path, "", "%d to %d%s is allowed, and %d was found", low, high, unit, n)
		return false
	}
	return true
}

// points wants a figure of at most maxPoints by magnitude.
func (c *checker) points(path string, n int) { c.between(path, n, -maxPoints, maxPoints, " points") }

// distinct wants keys to be given once; it returns them. where names the field below each item that holds the key.
func (c *checker) distinct(list, where, noun string, keys []string) {
	seen := map[string]int{}
	for i, k := range keys {
		folded := strings.ToLower(strings.TrimSpace(k))
		if folded == "" {
			continue
		}
		path := fmt.Sprintf("%s[%d]", list, i)
		if where != "" {
			path += "." + where
		}
		if first, ok := seen[folded]; ok {
			c.fail(path, "give each its own", "the %s %s is given twice; the first is %s[%d], at line %d", noun, quote(k), list, first, c.at(fmt.Sprintf("%s[%d]", list, first)).line)
			continue
		}
		seen[folded] = i
	}
}

// texts wants a list without blanks and without repeats; repeats are only warned of, they change nothing.
func (c *checker) texts(path string, list []string) {
	seen := map[string]bool{}
	for i, s := range list {
		at := fmt.Sprintf("%s[%d]", path, i)
		folded := strings.ToLower(strings.TrimSpace(s))
		switch {
		case folded == "":
			c.fail(at, "remove it", "a blank entry")
		case seen[folded]:
			c.warn(at, "remove it", "%s is in the list twice", quote(s))
		}
		seen[folded] = true
	}
}

func (c *checker) zone(path, name string) {
	if name != "Local" && zoneShape.MatchString(name) {
		if _, err := time.LoadLocation(name); err == nil {
			return
		}
	}
	suggestion := didYouMean(name, commonZones)
	if suggestion == "" {
		suggestion = "an IANA name such as UTC, America/New_York or Europe/Berlin"
	}
	c.fail(path, suggestion, "%s is not a time zone", quote(name))
}

func (c *checker) currency() {
	const path = "workspace.currency"
	code := c.doc.Workspace.Currency
	if currencyShape.MatchString(code) {
		return
	}
	suggestion := "for example USD or EUR"
	if upper := strings.ToUpper(strings.TrimSpace(code)); currencyShape.MatchString(upper) {
		suggestion = "write " + upper
	}
	c.fail(path, suggestion, "a currency is three capital letters (ISO 4217), and %s was found", quote(code))
}

// condition checks one condition. needed says that it must say something.
func (c *checker) condition(path string, when Condition, needed bool) {
	if needed && when.always() {
		c.fail(path, "add one of min, max, in, like, not_in, exists", "a condition is wanted here; without one it would hold for every value")
	}
	if when.Min != nil && when.Max != nil && *when.Min > *when.Max {
		c.fail(path+".min", "swap them", "min %v is above max %v, so the condition never holds", *when.Min, *when.Max)
	}
	for _, list := range []struct {
		key    string
		values []string
	}{{"in", when.In}, {"like", when.Like}, {"not_in", when.NotIn}} {
		if list.values != nil && len(list.values) == 0 {
			c.fail(path+"."+list.key, "list the values or remove the key", "the list is empty")
		}
		c.texts(path+"."+list.key, list.values)
	}
	if when.Exists != nil && !*when.Exists && (when.Min != nil || when.Max != nil || when.In != nil || when.Like != nil || when.NotIn != nil) {
		c.fail(path+".exists", "remove one of them", "exists: false together with a condition on the value can never hold")
	}
}

// always says whether the condition has no part, and so holds for every value.
func (w Condition) always() bool {
	return w.Min == nil && w.Max == nil && w.In == nil && w.Like == nil && w.NotIn == nil && w.Exists == nil
}
