package market

import (
	"math/bits"
	"strings"

	"millrace"
)

// Truth is what only the market's maker knows, and what a perfect system would find. It is written to truth.json.
type Truth struct {
	Seed     uint64         `json:"seed"`
	Start    millrace.Time  `json:"start"`
	End      millrace.Time  `json:"end"`
	Motion   string         `json:"motion"`
	Facts    FactCounts     `json:"facts"`
	Identity IdentityTruth  `json:"identity"`
	Deals    DealCounts     `json:"deals"`
	Channels []ChannelTruth `json:"channels"`
	Accounts []AccountTruth `json:"accounts"`
	Profile  map[string]any `json:"profile"` // the hidden ideal customer profile in words and figures
}

// FactCounts counts what Facts gives. All but Sent and Duplicates count each fact once.
type FactCounts struct {
	Sent       int            `json:"sent"`       // facts given, retries included
	Unique     int            `json:"unique"`     // distinct facts
	Duplicates int            `json:"duplicates"` // Sent - Unique
	Late       int            `json:"late"`       // first arrived more than an hour after they occurred
	Bot        int            `json:"bot"`        // by crawlers and link scanners
	ByKind     map[string]int `json:"by_kind"`
}

// IdentityTruth is what identity resolution should come to from Facts alone, without the CRM's files.
type IdentityTruth struct {
	Contacts        int `json:"contacts"`         // people who said who they are: distinct e-mail addresses
	FreeMail        int `json:"free_mail"`        // of them with a free-mail address
	Accounts        int `json:"accounts"`         // distinct domains of the others' addresses
	SharedDevices   int `json:"shared_devices"`   // anonymous ids on which more than one person said who they are
	CrowdedDevices  int `json:"crowded_devices"`  // of them with more than three
	AccountContacts int `json:"account_contacts"` // contacts who are people of the accounts, not of the crowd
	CRMContacts     int `json:"crm_contacts"`     // people in the contacts file
	Everyone        int `json:"everyone"`         // contacts in either
}

// DealCounts counts new-business opportunities in the CRM.
type DealCounts struct {
	Opportunities int   `json:"opportunities"` // all of them
	InTime        int   `json:"in_time"`       // opened in the market's time
	AccountsIn    int   `json:"accounts_in"`   // accounts with one of those
	Won           int   `json:"won"`
	Lost          int   `json:"lost"`
	Open          int   `json:"open"`
	WonMinor      int64 `json:"won_minor"` // amount won, minor units
}

// ChannelTruth is what a channel did.
type ChannelTruth struct {
	Key      string `json:"key"`
	Name     string `json:"name"`
	Role     string `json:"role"`
	CausePPM int    `json:"cause_ppm"` // chance that one reach puts a fit account into the market
	// Elasticity of what comes by the channel to what is spent on it, month by month; nil for a channel without a budget.
	Elasticity    *float64 `json:"elasticity,omitempty"`
	Reaches       int      `json:"reaches"`        // of people of accounts
	Visits        int      `json:"visits"`         // arrivals through it, the crowd's included
	Leads         int      `json:"leads"`          // people who first said who they are after arriving through it
	FirstLeads    int      `json:"first_leads"`    // people who said who they are and whose first arrival was through it
	Demand        int      `json:"demand"`         // needs that it caused
	Opportunities int      `json:"opportunities"`  // opportunities that opened from those
	Won           int      `json:"won"`            // of them won by the market's end
	WonMinor      int64    `json:"won_minor"`      // their amounts
	SpendMinor    int64    `json:"spend_minor"`    // minor units
	WillBeWon     int      `json:"will_be_won"`    // of the opportunities, won sooner or later
	LatentChances int64    `json:"latent_chances"` // sum of the hidden chances of winning, of a million each
}

// AccountTruth is what is hidden about an account.
type AccountTruth struct {
	Index      int        `json:"index"`
	RecordID   string     `json:"record_id"`
	Domain     string     `json:"domain"`
	Fit        int        `json:"fit"`       // of 1000
	IsFit      bool       `json:"is_fit"`    // Fit ≥ 700: three of the profile's four layers
	WouldBuy   bool       `json:"would_buy"` // has a new-business deal that is won sooner or later
	ChancePPM  int        `json:"chance_ppm,omitempty"`
	InMarket   []InMarket `json:"in_market,omitempty"`
	Deals      []string   `json:"deals,omitempty"` // record ids of its opportunities in the CRM
	Customer   bool       `json:"customer,omitempty"`
	Churned    bool       `json:"churned,omitempty"`
	Expanded   bool       `json:"expanded,omitempty"`
	People     int        `json:"people"`
	Committee  int        `json:"committee"`
	Identified int        `json:"identified"` // people who said who they are
}

// InMarket is a time in which the account wanted to buy. Cause is the key of the channel that made the need, empty for its own.
type InMarket struct {
	From       millrace.Time `json:"from"`
	Until      millrace.Time `json:"until"`
	Cause      string        `json:"cause,omitempty"`
	Considered bool          `json:"considered"`
}

// tally is one walk over the whole market, counting.
type tally struct {
	m       *Market
	plan    plan
	perf    performance
	truth   Truth
	days    int
	spend   [][]spendDay // by channel and day
	domains map[string]bool
	kiosk   bits256 // people of the present company who said who they are on its shared device
}

type spendDay struct{ cost, reaches, visits, leads int64 }

// Truth walks the whole market once; it takes about a quarter of the time of Facts.
func (m *Market) Truth() Truth { return m.count().truth }

func (m *Market) count() *tally {
	t := &tally{m: m, days: int((m.end - m.start + millrace.Day - 1) / millrace.Day), domains: map[string]bool{}}
	t.truth = Truth{Seed: m.c.Seed, Start: m.start, End: m.end, Motion: m.c.Motion, Profile: m.profile(),
		Facts: FactCounts{ByKind: map[string]int{}}}
	for c := range m.ways {
		w := &m.ways[c]
		truth := ChannelTruth{Key: w.Key, Name: w.Name, Role: w.Role, CausePPM: w.cause}
		if w.pace != nil {
			truth.Elasticity = &w.Returns
		}
		t.truth.Channels = append(t.truth.Channels, truth)
		t.spend = append(t.spend, make([]spendDay, t.days))
	}
	for unit := range m.units() {
		m.plan(&t.plan, unit)
		known := t.visits()
		t.people(known)
		if t.plan.kind == unitFirm {
			t.account(known)
		}
	}
	t.truth.Identity.Accounts += len(t.domains)
	t.costs()
	return t
}

func (m *Market) profile() map[string]any {
	target := []string{}
	for i := range targetIndustries {
		target = append(target, industries[i].name)
	}
	return map[string]any{"employees_from": m.motion.fitLow, "employees_to": m.motion.fitHigh, "industries": target,
		"any_technology": []string{technologies[0].name, technologies[1].name}, "any_trigger": triggers[1:], "fit_from": fitLine,
		"needs": "three of the four: employees, industry, technology, trigger"}
}

// bits256 is a set of a unit's people.
type bits256 [4]uint64

func (b *bits256) set(i uint8)      { b[i>>6] |= 1 << (i & 63) }
func (b *bits256) has(i uint8) bool { return b[i>>6]>>(i&63)&1 != 0 }

func (b *bits256) len() int {
	return bits.OnesCount64(b[0]) + bits.OnesCount64(b[1]) + bits.OnesCount64(b[2]) + bits.OnesCount64(b[3])
}

// tells says whether the step names the person's address.
func (s *step) tells() bool {
	return s.kind == millrace.KindIdentify || s.by == byMailer || s.by == byScanner
}

// heard performs the visit and gives its steps that count before the end, and whether one of them names the person.
func (m *Market) heard(p *performance, v visit) (steps []step, named bool) {
	for _, s := range m.perform(p, v) {
		if s.received < m.end && s.tells() {
			named = true
		}
	}
	return p.steps, named
}

// visits counts the unit's facts and arrivals, and tells which of its people said who they are.
func (t *tally) visits() (known bits256) {
	m, f := t.m, &t.truth.Facts
	var first [256]uint8
	t.kiosk = bits256{}
	for _, v := range t.plan.visits {
		steps, named := m.heard(&t.perf, v)
		if named {
			known.set(v.person)
		}
		for _, s := range steps {
			t.fact(&v, &s, f)
		}
		if v.script == crawl {
			continue
		}
		if first[v.person] == 0 {
			first[v.person] = v.channel + 1
		}
		day := int((v.at - m.start) / millrace.Day)
		t.spend[v.channel][day].visits++
		if v.flags&visitLead != 0 {
			t.spend[v.channel][day].leads++
			t.truth.Channels[first[v.person]-1].FirstLeads++
		}
	}
	if n := t.kiosk.len(); n > 1 {
		t.truth.Identity.SharedDevices++
		if n > 3 {
			t.truth.Identity.CrowdedDevices++
		}
	}
	return known
}

// fact counts one step. A retry always comes after the first sending.
func (t *tally) fact(v *visit, s *step, f *FactCounts) {
	if s.received >= t.m.end {
		return
	}
	f.Sent++
	f.Unique++
	if s.again != 0 && s.again < t.m.end {
		f.Sent++
		f.Duplicates++
	}
	if s.received-s.at > Late {
		f.Late++
	}
	if s.by.bot() {
		f.Bot++
	}
	f.ByKind[s.kind.String()]++
	if s.kind == millrace.KindIdentify && v.device == kioskDevice {
		t.kiosk.set(v.person)
	}
}

// people counts who is known by address.
func (t *tally) people(known bits256) {
	id := &t.truth.Identity
	m, p := t.m, &t.plan
	company := false
	for j := range p.people {
		isKnown := known.has(uint8(j))
		crm := p.kind == unitFirm && m.inCRM(p, j, isKnown)
		if crm {
			id.CRMContacts++
		}
		if crm || isKnown {
			id.Everyone++
		}
		if !isKnown {
			continue
		}
		id.Contacts++
		if p.kind == unitFirm {
			id.AccountContacts++
		}
		switch {
		case p.kind == unitFirm && !m.freeMail(p.unit, j):
			company = true
		case p.kind == unitStudent || p.kind == unitCompetitor:
			_, domain, _ := strings.Cut(m.person(nil, p.unit, j).Email, "@")
			t.domains[domain] = true
		default:
			id.FreeMail++
		}
	}
	if company {
		id.Accounts++
	}
}

// inCRM says whether the CRM has the person: who said who they are, stands on an opportunity, or was put in by somebody.
func (m *Market) inCRM(p *plan, j int, known bool) bool {
	if known || int(m.key(streamPerson, p.unit, j, 5)%1_000_000) < m.chances.crm {
		return true
	}
	for i := range p.deals {
		if j < p.deals[i].contacts && p.deals[i].opened < m.end-millrace.Hour {
			return true
		}
	}
	return false
}

// account notes the truth about the company and its deals.
func (t *tally) account(known bits256) {
	m, p := t.m, &t.plan
	a := AccountTruth{Index: p.unit, RecordID: recordID(accountBase, p.unit), Domain: m.domainOf(&p.firm), Fit: p.firm.fit,
		IsFit: p.firm.fit >= fitLine, People: p.people, Committee: p.firm.committee}
	for j := range p.people {
		if known.has(uint8(j)) {
			a.Identified++
		}
	}
	for _, touch := range p.reaches {
		t.truth.Channels[touch.channel].Reaches++
		t.spend[touch.channel][(touch.at-m.start)/millrace.Day].reaches++
	}
	for _, w := range p.windows {
		in := InMarket{From: w.from, Until: w.until + lasting, Considered: w.considered}
		if w.cause >= 0 {
			in.Cause = m.ways[w.cause].Key
			t.truth.Channels[w.cause].Demand++
		}
		a.InMarket = append(a.InMarket, in)
	}
	inTime := false
	for i := range p.deals {
		inTime = t.deal(&a, &p.deals[i]) || inTime
	}
	if inTime {
		t.truth.Deals.AccountsIn++
	}
	t.truth.Accounts = append(t.truth.Accounts, a)
}

// deal notes one deal; true when it is new business that opened in the market's time.
func (t *tally) deal(a *AccountTruth, dl *deal) (inTime bool) {
	m, n := t.m, &t.truth.Deals
	if dl.opened >= m.end-millrace.Hour {
		return false
	}
	a.Deals = append(a.Deals, salesforceID("006", t.plan.unit*dealsPerAccount+dl.serial))
	closed := dl.closed < m.end
	switch {
	case dl.kind == dealExpansion:
		a.Expanded = a.Expanded || dl.won && closed
		return false
	case dl.kind == dealRenewal:
		a.Churned = a.Churned || closed
		return false
	}
	n.Opportunities++
	if inTime = dl.opened >= m.start; inTime {
		n.InTime++
	}
	a.ChancePPM = dl.chance
	a.WouldBuy = a.WouldBuy || dl.won
	switch {
	case !closed:
		n.Open++
	case dl.won:
		n.Won++
		n.WonMinor += dl.amount
		a.Customer = true
	default:
		n.Lost++
	}
	if dl.cause >= 0 {
		c := &t.truth.Channels[dl.cause]
		c.Opportunities++
		c.LatentChances += int64(dl.chance)
		if dl.won {
			c.WillBeWon++
		}
		if dl.won && closed {
			c.Won++
			c.WonMinor += dl.amount
		}
	}
	return inTime
}
