package market

import "millrace"

// step is one fact of a visit, before it is written out.
type step struct {
	at, received, again millrace.Time // again: when a retry brings it a second time, 0 never
	kind                millrace.Kind
	section             section
	item                uint8
	fromSection         section // the page before it
	fromItem            uint8
	index               uint8 // within the visit
	landing             bool  // the first fact of the visitor: it has the visit's campaign and referrer
	event               event
	by                  agent
	known               bool // the device has said who it is
}

// agent is who sends a fact.
type agent uint8

const (
	byPerson  agent = iota
	byMailer        // the mail system, for a person
	byScanner       // a mail gateway's scanner, following the link in a person's mail
	byCrawler
)

func (a agent) bot() bool { return a == byScanner || a == byCrawler }

// performance writes out visits as steps. It is reused: the steps are valid until the next visit.
type performance struct {
	m     *Market
	v     visit
	d     draw
	at    millrace.Time
	known bool
	steps []step
}

// perform gives the visit's facts in the order in which they occur.
func (m *Market) perform(p *performance, v visit) []step {
	p.m, p.v, p.at, p.steps = m, v, v.at, p.steps[:0]
	p.known = v.flags&visitKnown != 0
	p.d.seed(m.key(streamVisit, int(v.unit), int(v.index), 0))
	switch {
	case v.script == crawl:
		p.crawl()
	case v.script == attend:
		p.act()
	case v.script == unsubscribe:
		p.add(step{kind: millrace.KindTrack, event: evUnsubscribed, section: secUnsubscribe, by: byMailer})
	default:
		if m.ways[v.channel].Mail {
			p.mailed()
		}
		p.read()
	}
	p.deliver()
	return p.steps
}

// add appends a step at the present moment.
func (p *performance) add(s step) {
	s.at, s.known = p.at, p.known
	p.steps = append(p.steps, s)
}

// wait lets between lo and hi seconds pass.
func (p *performance) wait(lo, hi int) {
	p.at += millrace.Time(p.d.between(lo*1000, hi*1000))
}

// page shows a page of the section, the well-known ones more often.
func (p *performance) page(s section) {
	p.add(step{kind: millrace.KindPage, section: s, item: uint8(p.d.early(len(site[s])))})
	p.wait(8, 150)
}

// any shows a page of one of the sections.
func (p *performance) any(s ...section) { p.page(s[p.d.n(len(s))]) }

// mailed is a click in a mail: the visit begins when the mail is sent, a scanner may be there within seconds, the person later.
func (p *performance) mailed() {
	click := step{kind: millrace.KindTrack, event: evEmailClicked, section: secBlog, item: uint8(p.d.early(len(site[secBlog]))), by: byMailer}
	if p.d.ppm(p.m.chances.scanner) {
		p.wait(1, 5)
		scan := click
		scan.by = byScanner
		p.add(scan)
		if p.d.pct(50) {
			p.wait(0, 1)
			p.add(step{kind: millrace.KindPage, section: click.section, item: click.item, by: byScanner})
		}
	}
	p.wait(120, 30_000)
	p.add(click)
	p.wait(1, 3)
}

// read is the visit of a person: pages by what it is about, the act near its end.
func (p *performance) read() {
	switch p.v.script {
	case readAwareness:
		p.any(secBlog, secBlog, secBlog, secResources, secHome)
		for range p.d.n(4) {
			p.any(secBlog, secBlog, secResources, secHome, secWebinars)
		}
	case readConsideration:
		p.any(secCases, secIntegrations, secHome, secBlog, secCustomers)
		for range 1 + p.d.n(4) {
			p.any(secCases, secCustomers, secIntegrations, secIntegrations, secDocs, secWebinars)
		}
	case readDecision:
		p.any(secPricing, secPricing, secHome, secCompare)
		for range 1 + p.d.n(3) {
			p.any(secPricing, secSecurity, secCompare, secROI, secCases)
		}
	case readDocs:
		for range 1 + p.d.n(4) {
			p.page(secDocs)
		}
	case readCareers:
		p.any(secHome, secCareers)
		for range 1 + p.d.n(3) {
			p.page(secCareers)
		}
	case readLots:
		for range 2 + p.d.n(5) {
			p.any(secBlog, secBlog, secResources)
		}
	case readRivalry:
		for range 2 + p.d.n(4) {
			p.any(secPricing, secCompare, secDocs, secIntegrations, secCustomers)
		}
	}
	p.act()
}

// act is what the visit came to, with who the person is where they had to say so.
func (p *performance) act() {
	e := p.v.act
	s, item := secHome, uint8(0)
	switch e {
	case evNone:
		return
	case evDemo:
		p.page(secDemo)
		s = secDemo
	case evMeeting:
		s = secDemo
	case evForm:
		p.page(secContact)
		s = secContact
	case evWebinarRegistered, evWebinarAttended:
		s, item = secWebinars, uint8(p.d.early(len(site[secWebinars])))
	case evAsset:
		s = secResources
		switch p.v.script {
		case readConsideration:
			s = secCases
		case readDecision:
			s = [...]section{secROI, secSecurity, secCases}[p.d.n(3)]
		}
		item = uint8(p.d.early(len(site[s])))
	case evVideo:
		s, item = secCases, uint8(p.d.early(len(site[secCases])))
	case evSignedUp, evSignedIn:
		s = secSignup
	}
	if p.v.flags&visitIdentifies != 0 {
		p.known = true
		p.add(step{kind: millrace.KindIdentify, section: s, item: item})
		p.wait(0, 1)
		if p.v.flags&visitUser != 0 && (e == evSignedUp || e == evDemo) && p.m.employs(&p.v) {
			p.add(step{kind: millrace.KindGroup, section: s, item: item})
			p.wait(0, 1)
		}
	}
	p.add(step{kind: millrace.KindTrack, event: e, section: s, item: item})
	if e == evDemo {
		p.wait(0, 1)
		p.add(step{kind: millrace.KindTrack, event: evForm, section: s, item: item})
	}
}

// employs says whether the visitor's company is known by the address: not for the crowd, nor for a private address.
func (m *Market) employs(v *visit) bool {
	return m.kindOf(int(v.unit)) == unitFirm && !m.freeMail(int(v.unit), int(v.person))
}

// crawl is a crawler's quick walk through the site.
func (p *performance) crawl() {
	for range 3 + p.d.n(7) {
		s := section(p.d.n(int(secSignup)))
		p.add(step{kind: millrace.KindPage, section: s, item: uint8(p.d.n(len(site[s]))), by: byCrawler})
		p.wait(1, 4)
	}
}

// deliver sets what came before each fact, and when it arrives: at once, hours or days later from a device that was offline, and again by a retry.
func (p *performance) deliver() {
	var offline millrace.Time
	if p.d.ppm(p.m.chances.late) && p.v.script != crawl {
		offline = p.at + p.d.span(2*millrace.Hour, 70*millrace.Hour)
	}
	for i := range p.steps {
		s := &p.steps[i]
		s.index, s.landing = uint8(i), s.by == byPerson
		if i > 0 && s.by == byPerson {
			prev := &p.steps[i-1]
			s.fromSection, s.fromItem, s.landing = prev.section, prev.item, prev.by != byPerson
		}
		if s.by == byPerson && offline != 0 {
			s.received = offline + millrace.Time(p.d.between(50, 900))
		} else {
			s.received = s.at + millrace.Time(p.d.between(40, 1500))
		}
		if p.d.ppm(p.m.chances.duplicate) {
			s.again = s.received + millrace.Time(p.d.between(1000, 900_000))
		}
	}
}

// Late is from when on a fact counts as late: more than an hour from its occurring to its arrival.
const Late = millrace.Hour
