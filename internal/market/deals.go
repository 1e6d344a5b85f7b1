package market

import (
	"strconv"

	"millrace"
)

// deal is an opportunity's hidden side.
type deal struct {
	kind     dealKind
	opened   millrace.Time
	closed   millrace.Time // planned; after the market's end it is still open
	won      bool
	chance   int // of a million: the hidden probability of winning
	cause    int // channel of the window's cause, -1 none
	stages   [5]millrace.Time
	amount   int64 // minor units
	product  int
	reason   string
	contacts int // committee members on it, from the first
	serial   int // within the account
	existing bool
}

type dealKind uint8

const (
	dealNew dealKind = iota
	dealExpansion
	dealRenewal // one that was lost: the customer left
)

var dealKinds = [...]string{"New Business", "Existing Business", "Renewal"}

var dealStages = [...]string{"Discovery", "Qualification", "Proposal", "Negotiation", "Closed"}

var lossReasons = [...]string{"Lost to competitor", "No decision", "No budget", "Timing", "Missing feature", "Price", "Security review"}

// open opens the deal of a window some days after its committee became active.
func (m *Market) open(p *plan, w *window) {
	d := &p.d
	at := w.until + d.span(3*millrace.Day, 12*millrace.Day)
	chance := m.chances.win * 36 / 100
	if p.firm.fit >= fitLine {
		chance = m.chances.win * 112 / 100
	}
	m.deal(p, deal{kind: dealNew, opened: at, won: d.ppm(chance), chance: chance, cause: w.cause})
	// The committee goes on reading while it negotiates.
	dl := &p.deals[len(p.deals)-1]
	for j := range dl.contacts {
		for range d.n(3) {
			s := [...]script{readDecision, readConsideration, readDocs}[d.n(3)]
			seen := d.span(at, dl.closed)
			p.visit(seen, j, m.arrival(d, m.late, seen), s, evNone)
		}
	}
}

// deal fills in what follows from kind, opening and outcome, and adds it.
func (m *Market) deal(p *plan, dl deal) {
	d := &p.d
	days := d.between(m.motion.cycleLow, m.motion.cycleHigh)
	if dl.kind != dealNew {
		days = d.between(20, 60)
	}
	if !dl.won {
		days = days * d.between(50, 100) / 100
	}
	cycle := millrace.Time(days) * millrace.Day
	dl.closed = dl.opened + cycle
	reached := 4
	if !dl.won {
		reached = d.n(4) // the last stage it saw before it was lost
		dl.reason = lossReasons[d.early(len(lossReasons))]
		if p.firm.fit < fitLine && d.pct(40) {
			dl.reason = "Not a fit"
		}
	}
	for s := range dl.stages {
		switch {
		case s == 0:
			dl.stages[s] = dl.opened
		case s == 4:
			dl.stages[s] = dl.closed
		case s < reached || s == reached && !dl.won:
			dl.stages[s] = dl.opened + cycle*millrace.Time(s)/millrace.Time(reached+1) + millrace.Time(d.n(3600))*millrace.Second
		}
	}
	dl.product = min(d.n(2)+p.firm.employees/1500, 2)
	amount := int64(d.between(m.motion.amountLow, m.motion.amountTop))
	if dl.kind == dealExpansion {
		amount /= 3
	}
	minor := int64(1)
	for range millrace.MinorDigits(m.c.Currency) {
		minor *= 10
	}
	dl.amount = amount / 100 * 100 * minor
	dl.contacts = max(2, p.firm.committee*d.between(50, 100)/100)
	dl.serial = len(p.deals)
	p.deals = append(p.deals, dl)
}

// history gives some accounts a deal from before the market's first day: the customers that the vendor starts with, and those that it lost.
func (m *Market) history(p *plan) {
	d := &p.d
	share := 30_000
	if p.firm.fit >= fitLine {
		share = 150_000
	}
	if !d.ppm(share) {
		return
	}
	opened := m.start - millrace.Time(d.between(m.motion.cycleHigh+10, 700))*millrace.Day - millrace.Time(d.n(86_400))*millrace.Second
	chance := m.chances.win
	if p.firm.fit < fitLine {
		chance /= 3
	} else {
		chance = chance * 11 / 10
	}
	m.deal(p, deal{kind: dealNew, opened: opened, won: d.ppm(chance), chance: chance, cause: -1, existing: true})
	p.firm.created = min(p.firm.created, opened-20*millrace.Day)
	if p.deals[0].won {
		p.windows = p.windows[:0] // who has the product doesn't look for it
	}
}

// customer is what accounts do that have bought: they read the documentation, buy more, or leave.
func (m *Market) customer(p *plan) {
	d := &p.d
	for i := range p.deals {
		dl := p.deals[i]
		if dl.kind != dealNew || !dl.won || dl.closed >= m.end {
			continue
		}
		since, until := max(dl.closed, m.start), m.end
		days := int((m.end - since) / millrace.Day)
		if dl.existing && d.ppm(130_000*days/365) {
			until = d.span(since, m.end)
			m.deal(p, deal{kind: dealRenewal, opened: until - 45*millrace.Day, cause: -1, existing: true})
		} else if d.ppm(350_000 * days / 365) {
			m.deal(p, deal{kind: dealExpansion, opened: d.span(since, m.end), won: d.pct(75), cause: -1, existing: true})
		}
		for j := range p.people {
			if d.pct(60) {
				continue
			}
			for range d.count(6000 * days / 365) {
				p.visit(d.span(since, until), j, 0, readDocs, [...]event{evNone, evNone, evNone, evSignedIn}[d.n(4)])
			}
		}
	}
}

// Opportunity is a deal as the CRM shows it on the market's last day.
type Opportunity struct {
	RecordID     string
	AccountIndex int
	AccountName  string
	Name         string
	Type         string // New Business, Existing Business, Renewal
	Amount       millrace.Money
	Stage        string
	Status       millrace.OpportunityStatus
	Probability  int
	OpenedAt     millrace.Time
	ClosedAt     millrace.Time // 0 while it is open
	DueAt        millrace.Time // the close date that stands in the CRM
	ModifiedAt   millrace.Time
	Stages       []StageChange
	Contacts     []ContactRole
	LossReason   string
	LeadSource   string
	Owner        Rep
	Product      string
}

// StageChange is a stage and when it was entered.
type StageChange struct {
	Stage string
	At    millrace.Time
}

// ContactRole is a person on an opportunity.
type ContactRole struct {
	Person  Person
	Role    string // as Salesforce names it
	Primary bool
}

var contactRoles = map[string]string{"champion": "Business User", "economic_buyer": "Economic Buyer", "decision_maker": "Decision Maker",
	"influencer": "Influencer", "user": "Business User", "blocker": "Evaluator"}

// opportunity is the deal as the CRM shows it; false when it opens after the market's end.
func (m *Market) opportunity(p *plan, dl *deal) (Opportunity, bool) {
	if dl.opened >= m.end-millrace.Hour {
		return Opportunity{}, false
	}
	a := m.account(&p.firm)
	o := Opportunity{RecordID: salesforceID("006", p.unit*dealsPerAccount+dl.serial), AccountIndex: p.unit, AccountName: a.Name, Type: dealKinds[dl.kind],
		Name: a.Name + " - " + m.motion.products[dl.product].name, Amount: millrace.Money{Minor: dl.amount, Currency: m.c.Currency},
		OpenedAt: dl.opened, DueAt: dl.closed, Owner: m.ownerOf(&p.firm), Product: m.motion.products[dl.product].name, LeadSource: "Other"}
	if dl.cause >= 0 {
		o.LeadSource = m.ways[dl.cause].Name
	} else if dl.existing {
		o.LeadSource = "Existing Relationship"
	}
	for s, at := range dl.stages {
		if at == 0 || at >= m.end {
			continue
		}
		stage := dealStages[s]
		if s == 4 {
			stage, o.Status, o.Probability, o.ClosedAt = "Closed Lost", millrace.OpportunityLost, 0, dl.closed
			if dl.won {
				stage, o.Status, o.Probability = "Closed Won", millrace.OpportunityWon, 100
			}
			o.LossReason = dl.reason
		} else {
			o.Probability = 10 + 20*s
		}
		o.Stages = append(o.Stages, StageChange{stage, at})
		o.Stage, o.ModifiedAt = stage, at
	}
	for j := range dl.contacts {
		person := m.person(&p.firm, p.unit, j)
		o.Contacts = append(o.Contacts, ContactRole{person, contactRoles[person.Role], j == 0})
	}
	return o, true
}

// dealsPerAccount spaces the record ids of deals.
const dealsPerAccount = 32

// salesforceID is an 18-character record id that no Salesforce instance hands out.
func salesforceID(prefix string, n int) string {
	digits := strconv.Itoa(n)
	return prefix + "SIM000000000"[:12-len(digits)] + digits + "AAA"
}
