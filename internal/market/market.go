// Package market is a simulated B2B market with a known truth: accounts with firmographics and technology, committees of several
// people, channels that really cause demand or only look as if, anonymous research, bots, late and duplicate facts, deals,
// churn and expansion. The demo shows it; tests and benchmarks compare what the system found with what was true.
//
// It is pure: a seed and a Config give the same bytes on every machine, nothing is read or written (WriteFiles asks its
// argument for writers), no clock is asked. Everything is made again from (seed, index) when it is needed, so memory does not
// grow with the market.
package market

import (
	"math"
	"slices"
	"strings"
	"time"

	"millrace"
)

// Config says what market to make. In every knob zero means the default and a negative value means none.
type Config struct {
	Seed     uint64
	Accounts int           // companies, 1 to MaxAccounts; default 1000
	Months   int           // 1 to 60; default 12
	Start    millrace.Time // the first moment; required. The market ends Months calendar months later, and no fact is received after that
	Motion   string        // "smb", "mid-market" (default) or "enterprise": company sizes, deal sizes, cycle lengths

	Source   string // Event.Source of every fact; default "key:market"
	Host     string // the vendor's web site; default "www.waymark-revenue.com"
	Currency string // ISO 4217; default "USD"

	PeoplePerAccount float64 // mean; default 10, at least about 4
	FactsPerPerson   float64 // mean a person and year, everything included; default 15. Approximate: buying activity is not scaled down
	VisitorShare     float64 // of people outside a buying committee, who ever visits; default 0.4
	ConvertShare     float64 // of their visits, which end in a form, download or registration; default 0.05
	CRMShare         float64 // of people the CRM knows although they never identified themselves; default 0.5
	FreeMailShare    float64 // of people, who use a free-mail address; default 0.06
	SharedShare      float64 // of accounts with a device that all use; default 0.02
	CrowdShare       float64 // students, job seekers, competitors and hobbyists, for each account; default 0.3
	BotShare         float64 // of facts, by crawlers; default 0.06. Link scanners of mail gateways come on top
	ScannerShare     float64 // of mailed links, followed by a scanner first; default 0.25
	LateShare        float64 // of visits, whose facts arrive hours or days later; default 0.02
	DuplicateShare   float64 // of facts, which a retry sends again; default 0.015
	WinRate          float64 // mean of new-business opportunities; default 0.26

	Channels []Channel // default DefaultChannels()
}

// MaxAccounts is as many companies as there are distinct names.
const MaxAccounts = 350_000

// Channel is a way in which people hear of the vendor, with what it really does.
type Channel struct {
	Key    string  // stable short name: "linkedin"
	Name   string  // the playbook's name of the channel
	Role   string  // "creation", "capture", "both", or "none" for one that causes and captures nothing
	Reach  float64 // how often a year it reaches somebody of an account, whether they come or not
	Cause  float64 // chance that reaching a fit account once puts it into the market
	Click  float64 // chance that a reach becomes a visit of the site
	Offer  float64 // chance that an arrival who is not buying signs up for what it offers; at least ConvertShare
	Early  int     // weight among arrivals of buyers at the start of their research
	Late   int     // and at its end
	Idle   int     // and of people who are not buying
	CPR    float64 // cost of one reach, major units: impressions, seats, calls
	CPC    float64 // cost of one visit
	Month  float64 // cost a month for each 1,000 accounts: people, production, tools
	Source string  // utm_source; empty for a channel without tags
	Medium string  // utm_medium
	// Campaigns rotate by quarter. ClickID is the parameter that the platform adds (gclid, li_fat_id), Referrer the page that visits come from.
	Campaigns         []string
	ClickID, Referrer string
	// Budget is what is spent in each calendar month, January first, beside the others; all 0: what comes costs what it costs, month by month. With a
	// budget the channel's arrivals and reaches of a month go with its spend to the power of Returns, and its costs are the year's, divided by Budget.
	Budget    [12]int
	Returns   float64 // elasticity of arrivals to spend: 1 in proportion, less diminishing; 0 none
	Mail      bool    // a visit is a click in a mail: "Email Clicked" comes first, perhaps a scanner before it
	Targeted  bool    // reaches mostly accounts of the right size
	Triggered bool    // reaches only accounts with a buying trigger
}

// DefaultChannels is domain.md's table as a world: LinkedIn ads create demand, search captures it, display only follows buyers around.
func DefaultChannels() []Channel {
	return []Channel{
		{Key: "direct", Name: "Direct", Role: "none", Early: 14, Late: 38, Idle: 16},
		{Key: "linkedin", Name: "LinkedIn ads", Role: "creation", Reach: 6, Cause: .022, Click: .1, Offer: .2, Early: 8, Late: 3, Idle: 2, CPR: 2, CPC: 13,
			Source: "linkedin", Medium: "paid-social", Campaigns: []string{"committee-guide", "icp-workshop", "benchmarks-report"},
			ClickID: "li_fat_id", Referrer: "https://www.linkedin.com/", Targeted: true},
		{Key: "google", Name: "Google search", Role: "capture", Offer: .35, Early: 14, Late: 26, Idle: 2, CPC: 15,
			Source: "google", Medium: "cpc", Campaigns: []string{"brand-search", "category-search", "competitor-search"},
			ClickID: "gclid", Referrer: "https://www.google.com/"},
		{Key: "content", Name: "Content / SEO", Role: "creation", Reach: 3, Cause: .009, Click: 1, Early: 34, Late: 6, Idle: 46, Month: 2600,
			Referrer: "https://www.google.com/"},
		{Key: "newsletter", Name: "Email", Role: "none", Early: 9, Late: 9, Idle: 16, Month: 350,
			Source: "newsletter", Medium: "email", Campaigns: []string{"monthly-digest", "product-news"}, Mail: true},
		{Key: "outbound", Name: "Outbound", Role: "both", Reach: 3, Cause: .03, Click: .12, Offer: .3, Early: 2, Late: 2, CPR: 6, Month: 400,
			Source: "outbound", Medium: "email", Campaigns: []string{"trigger-funding", "trigger-hiring"}, Mail: true, Triggered: true},
		{Key: "webinars", Name: "Webinars", Role: "both", Reach: .8, Cause: .035, Click: .6, Offer: .4, Early: 4, Late: 2, Idle: 1, Month: 1100,
			Source: "webinar", Medium: "webinar", Campaigns: []string{"live-series"}},
		{Key: "events", Name: "Events", Role: "both", Reach: .3, Cause: .05, Click: .4, Offer: .5, Early: 1, CPR: 15, Month: 200,
			Source: "revops-summit", Medium: "event", Campaigns: []string{"booth", "dinner"}},
		{Key: "referral", Name: "Referral", Role: "both", Reach: .3, Cause: .12, Click: .8, Offer: .15, Early: 2, Late: 2,
			Source: "customer", Medium: "referral", Campaigns: []string{"refer-a-peer"}},
		{Key: "partners", Name: "Partners", Role: "both", Reach: .3, Cause: .05, Click: .6, Early: 1, Late: 2, Month: 300,
			Source: "partner", Medium: "partner", Campaigns: []string{"co-sell"}},
		{Key: "community", Name: "Community", Role: "creation", Reach: .6, Cause: .02, Click: .6, Early: 4, Idle: 4, Month: 250,
			Referrer: "https://www.reddit.com/"},
		{Key: "display", Name: "Display retargeting", Role: "none", Reach: 5, Click: .06, Early: 7, Late: 12, Idle: 8, CPR: .4, CPC: 5,
			Source: "display", Medium: "display", Campaigns: []string{"retargeting-all"}},
	}
}

// chances are the Config's shares as whole numbers of a million.
type chances struct {
	visitor, crm, freeMail, shared, scanner, late, duplicate, win int
	peopleMilli                                                   int // mean people an account
	idleMilli                                                     int // mean visits of a visitor who is not buying, in the whole time
}

// way is a Channel with whole numbers.
type way struct {
	Channel
	reachMilli, cause, click, offer int // a whole time's reaches an account ×1000, and chances of a million
	cpr, cpc, month                 int // minor units
	pace                            *pace
}

// Market is one market. It is immutable and safe for concurrent use.
type Market struct {
	c          Config
	seed       uint64
	start, end millrace.Time
	months     []millrace.Time // beginnings of calendar months after start
	firstMonth time.Month      // of start, from 0
	motion     *motion
	chances    chances
	ways       []way
	early      []int // arrival weights by channel
	late       []int
	idle       []int
	crowd      int // people outside of accounts
	bots       int // crawlers
}

// New checks the configuration (errors are Invalid and name the field) and makes the market; it does no work in advance.
func New(c Config) (*Market, error) {
	const op = "market.New"
	c = withDefaults(c)
	if c.Accounts < 1 || c.Accounts > MaxAccounts {
		return nil, millrace.FieldErrorf(op, "accounts", "want 1 to %d accounts, got %d", MaxAccounts, c.Accounts)
	}
	if c.Months < 1 || c.Months > 60 {
		return nil, millrace.FieldErrorf(op, "months", "want 1 to 60 months, got %d", c.Months)
	}
	if c.Start <= 0 {
		return nil, millrace.FieldErrorf(op, "start", "the first day is required")
	}
	mo, ok := motions[c.Motion]
	if !ok {
		return nil, millrace.FieldErrorf(op, "motion", "want smb, mid-market or enterprise, got %q", c.Motion)
	}
	if f, name := c.outOfBounds(); name != "" {
		return nil, millrace.FieldErrorf(op, name, "%v is out of bounds", f)
	}
	for _, s := range []struct{ name, v string }{{"source", c.Source}, {"host", c.Host}, {"currency", c.Currency}} {
		if !writable(s.v, 100) {
			return nil, millrace.FieldErrorf(op, s.name, "%q is too long or has characters that don't belong in it", s.v)
		}
	}
	m := &Market{c: c, seed: mix(c.Seed), start: c.Start, motion: &mo}
	m.end = millrace.TimeOf(c.Start.Std().AddDate(0, c.Months, 0))
	m.setMonths()
	if err := m.setChannels(op); err != nil {
		return nil, err
	}
	m.setChances()
	return m, nil
}

// Config is the configuration with its defaults filled in.
func (m *Market) Config() Config { return m.c }

// End is the first moment after the market's last fact.
func (m *Market) End() millrace.Time { return m.end }

// shares lists the knobs that are shares of something, with their defaults.
func (c *Config) shares() []struct {
	name string
	v    *float64
	def  float64
} {
	return []struct {
		name string
		v    *float64
		def  float64
	}{{"visitor_share", &c.VisitorShare, .4}, {"convert_share", &c.ConvertShare, .05}, {"crm_share", &c.CRMShare, .5},
		{"free_mail_share", &c.FreeMailShare, .06}, {"shared_share", &c.SharedShare, .02}, {"bot_share", &c.BotShare, .06},
		{"scanner_share", &c.ScannerShare, .25}, {"late_share", &c.LateShare, .02}, {"duplicate_share", &c.DuplicateShare, .015},
		{"win_rate", &c.WinRate, .26}}
}

func withDefaults(c Config) Config {
	for _, s := range c.shares() {
		*s.v = orDefault(*s.v, s.def)
	}
	c.PeoplePerAccount = orDefault(c.PeoplePerAccount, 10)
	c.FactsPerPerson = orDefault(c.FactsPerPerson, 15)
	c.CrowdShare = orDefault(c.CrowdShare, .3)
	if c.Accounts == 0 {
		c.Accounts = 1000
	}
	if c.Months == 0 {
		c.Months = 12
	}
	for _, d := range []struct {
		v   *string
		def string
	}{{&c.Motion, "mid-market"}, {&c.Source, "key:market"}, {&c.Host, "www.waymark-revenue.com"}, {&c.Currency, "USD"}} {
		if *d.v == "" {
			*d.v = d.def
		}
	}
	if c.Channels == nil {
		c.Channels = DefaultChannels()
	}
	return c
}

func orDefault(v, def float64) float64 {
	switch {
	case v < 0:
		return 0
	case v == 0:
		return def
	}
	return v
}

// outOfBounds gives the first knob that makes no sense; the name is empty when all do. NaN is out of any bounds.
func (c *Config) outOfBounds() (float64, string) {
	for _, s := range c.shares() {
		if !(*s.v <= 1) {
			return *s.v, s.name
		}
	}
	for _, k := range []struct {
		name string
		v    float64
		max  float64
	}{{"people_per_account", c.PeoplePerAccount, 50}, {"facts_per_person", c.FactsPerPerson, 1000}, {"crowd_share", c.CrowdShare, 10}} {
		if !(k.v <= k.max) {
			return k.v, k.name
		}
	}
	if c.BotShare > .9 {
		return c.BotShare, "bot_share"
	}
	return 0, ""
}

// scaled is f·scale as a whole number. The product is rounded to a float64 before anything is added, so it is the same everywhere.
func scaled(f float64, scale int) int { return int(math.Round(float64(f * float64(scale)))) }

// writable says whether the text may stand in JSON, CSV and addresses as it is.
func writable(s string, longest int) bool {
	for _, c := range []byte(s) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte(" ._:/-", c) >= 0) {
			return false
		}
	}
	return len(s) <= longest
}

// unwritable gives the first text of the channel that can't be written out.
func (c *Channel) unwritable() string {
	for _, s := range append([]string{c.Key, c.Name, c.Source, c.Medium, c.ClickID, c.Referrer}, c.Campaigns...) {
		if !writable(s, 100) {
			return s
		}
	}
	return ""
}

func (m *Market) setChannels(op string) error {
	seen := map[string]bool{}
	for _, c := range m.c.Channels {
		if c.Key == "" || seen[c.Key] || len(m.ways) == 250 {
			return millrace.FieldErrorf(op, "channels", "the key %q is empty, repeated or one too many", c.Key)
		}
		for _, f := range []float64{c.Reach, c.Cause, c.Click, c.Offer, c.CPR, c.CPC, c.Month} {
			if !(f >= 0 && f <= 1e7) {
				return millrace.FieldErrorf(op, "channels."+c.Key, "%v is out of bounds", f)
			}
		}
		if slices.Min(c.Budget[:]) < 0 || slices.Max(c.Budget[:]) > 1000 || !(c.Returns >= 0 && c.Returns <= 2) {
			return millrace.FieldErrorf(op, "channels."+c.Key, "a month's budget is 0 to 1,000, returns are 0 to 2")
		}
		if c.Cause > 1 || c.Click > 1 || c.Offer > 1 || c.Reach > 1000 || c.Early < 0 || c.Late < 0 || c.Idle < 0 {
			return millrace.FieldErrorf(op, "channels."+c.Key, "chances are at most 1, reach at most 1000, weights not negative")
		}
		if field := c.unwritable(); field != "" {
			return millrace.FieldErrorf(op, "channels."+c.Key, "%q is too long, or has characters that don't belong in an address or a tag", field)
		}
		seen[c.Key] = true
		minor := 1
		for range millrace.MinorDigits(m.c.Currency) {
			minor *= 10
		}
		pace := paceOf(&c)
		m.ways = append(m.ways, way{Channel: c, reachMilli: pace.swelled(scaled(c.Reach, 1000) * m.c.Months / 12), cause: scaled(c.Cause, 1e6), pace: pace,
			click: scaled(c.Click, 1e6), offer: max(scaled(c.Offer, 1e6), scaled(m.c.ConvertShare, 1e6)), cpr: scaled(c.CPR, minor), cpc: scaled(c.CPC, minor), month: scaled(c.Month, minor)})
		m.early, m.late, m.idle = append(m.early, pace.swelled(1000*c.Early)), append(m.late, pace.swelled(1000*c.Late)), append(m.idle, pace.swelled(1000*c.Idle))
	}
	if len(m.ways) == 0 {
		return millrace.FieldErrorf(op, "channels", "at least one channel is needed")
	}
	return nil
}

// factsPerVisit is the measured mean of facts in a visit outside of buying; buyingFacts that of what buying adds to each person in a year.
const (
	milliFactsPerVisit = 2900
	milliBuyingFacts   = 2000
	factsPerCrawler    = 240
)

func (m *Market) setChances() {
	c := &m.c
	share := func(f float64) int { return scaled(f, 1e6) }
	m.chances = chances{visitor: share(c.VisitorShare), crm: share(c.CRMShare),
		freeMail: share(c.FreeMailShare), shared: share(c.SharedShare), scanner: share(c.ScannerShare), late: share(c.LateShare),
		duplicate: share(c.DuplicateShare), win: share(c.WinRate), peopleMilli: scaled(c.PeoplePerAccount, 1000)}
	people := m.c.Accounts * m.chances.peopleMilli / 1000
	m.crowd = m.c.Accounts * scaled(c.CrowdShare, 1000) / 1000
	perPerson := scaled(c.FactsPerPerson, 1000)
	facts := people * perPerson / 1000 * c.Months / 12
	crawled := facts / 1000 * share(c.BotShare) / 1000
	if crawled > 0 {
		m.bots = max(1, crawled/factsPerCrawler)
	}
	if m.chances.visitor > 0 {
		left := max(0, perPerson-perPerson*share(c.BotShare)/1_000_000-milliBuyingFacts)
		m.chances.idleMilli = left * 1000 / milliFactsPerVisit * 1000 / max(1, m.chances.visitor/1000) * c.Months / 12
	}
}
