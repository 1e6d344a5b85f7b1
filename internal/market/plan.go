package market

import (
	"cmp"
	"slices"

	"millrace"
)

// window is a time in which an account wants to buy something like the vendor's product.
type window struct {
	from, until millrace.Time // until the research is over: an opportunity opens then, or the need went elsewhere
	cause       int           // index of the channel that made the need, -1 for one of the account's own
	considered  bool          // the vendor is on the committee's list
	deal        bool          // an opportunity opens at the end
}

// lasting is how long an account counts as in the market after its research.
const lasting = 30 * millrace.Day

// visit is one visit, mail or crawl of somebody, the unit from which facts are made. It is kept small: facts are streamed by
// holding only the visits of a stretch of time.
type visit struct {
	at      millrace.Time
	unit    int32
	index   uint16 // within the unit's plan, in the order of time
	person  uint8
	device  uint8
	channel uint8
	script  script
	act     event
	flags   visitFlags
	country uint8 // of the unit: it costs nothing here, and is needed for every fact
}

type visitFlags uint8

const (
	visitIdentifies visitFlags = 1 << iota // the person says who they are
	visitKnown                             // the device has been told before
	visitUser                              // with the product's user id
	visitLead                              // the first of the person's visits in which they say who they are
)

// script is what a visit is about.
type script uint8

const (
	readAwareness script = iota
	readConsideration
	readDecision
	readDocs
	readCareers
	readLots    // a student's research
	readRivalry // a competitor's look around
	attend      // only the act, on the visitor's device: a webinar attended, a meeting booked
	unsubscribe
	crawl
)

// plan is the life of one unit. It is reused from unit to unit: nothing of it may be kept.
type plan struct {
	unit    int
	kind    unitKind
	country int
	firm    firm
	windows []window
	deals   []deal
	visits  []visit
	reaches []touch
	devices [256]uint8 // by person: bits of the devices that know who it is
	signed  [256]bool  // by person: has a user id by now
	people  int
	d       draw
}

// touch is one time that a channel reached somebody of the account, whether they came or not.
type touch struct {
	at      millrace.Time
	channel uint8
}

const kioskDevice = 250

// plan makes the whole life of the unit: its needs, its deals, and its visits in the order of time.
func (m *Market) plan(p *plan, unit int) {
	p.unit, p.kind, p.country = unit, m.kindOf(unit), m.countryOf(unit)
	p.windows, p.deals, p.visits, p.reaches = p.windows[:0], p.deals[:0], p.visits[:0], p.reaches[:0]
	p.d.seed(m.key(streamPlan, unit, 0, 0))
	switch p.kind {
	case unitFirm:
		p.firm = m.firm(unit)
		p.people = p.firm.people
		m.reach(p)
		m.needs(p)
		m.history(p)
		for i := range p.windows {
			m.buy(p, &p.windows[i])
		}
		m.browse(p)
		m.customer(p)
	case unitCrawler:
		p.people = 0
		m.crawls(p)
	default:
		p.people = 1
		m.outsider(p)
	}
	m.settle(p)
}

func (p *plan) visit(at millrace.Time, person int, channel int, s script, act event) {
	p.visits = append(p.visits, visit{at: at, unit: int32(p.unit), person: uint8(person), channel: uint8(channel), script: s, act: act,
		country: uint8(p.country)})
}

// reach shows the vendor to the account through each channel: some of it clicks, and some of it makes a need.
func (m *Market) reach(p *plan) {
	f, d := &p.firm, &p.d
	for c := range m.ways {
		w := &m.ways[c]
		if w.reachMilli == 0 || w.Triggered && f.trigger == 0 {
			continue
		}
		mean := w.reachMilli
		if w.Targeted && (f.employees < m.motion.fitLow || f.employees > m.motion.fitHigh) {
			mean /= 6
		}
		n := min(d.count(mean), 500)
		cause := w.cause
		if f.fit < fitLine {
			cause /= 8
		}
		for range n {
			at := d.span(m.start, m.end)
			if !m.comes(d, c, at) {
				continue
			}
			p.reaches = append(p.reaches, touch{at, uint8(c)})
			if d.ppm(w.click) {
				p.visit(at, m.anybody(p), c, readAwareness, m.offer(d, c))
			}
			if d.ppm(cause) {
				// 30 to 60 days pass from a first impression to the moment when somebody starts to look.
				m.need(p, at+millrace.Time(d.between(20, 50))*millrace.Day, c)
			}
		}
	}
}

// offer is what an arrival through the channel who is not buying signs up for, mostly nothing.
func (m *Market) offer(d *draw, channel int) event {
	if !d.ppm(m.ways[channel].offer) {
		return evNone
	}
	return [...]event{evAsset, evAsset, evAsset, evWebinarRegistered, evWebinarRegistered, evSignedUp, evForm}[d.n(7)]
}

// anybody is a person of the account, a committee member more often than not.
func (m *Market) anybody(p *plan) int {
	if p.d.pct(60) {
		return p.d.n(p.firm.committee)
	}
	return p.d.n(p.people)
}

// needs are those that accounts have by themselves.
func (m *Market) needs(p *plan) {
	days := int((m.end - m.start) / millrace.Day)
	yearly := 50_000
	if p.firm.fit >= fitLine {
		yearly = 400_000
	}
	if p.d.ppm(yearly * (days + 60) / 365) {
		m.need(p, p.d.span(m.start-60*millrace.Day, m.end), -1)
	}
}

// need opens a window, unless another is open or less than eight months old.
func (m *Market) need(p *plan, from millrace.Time, cause int) {
	for _, w := range p.windows {
		if from < w.until+240*millrace.Day && w.from < from+300*millrace.Day {
			return
		}
	}
	d := &p.d
	w := window{from: from, until: from + millrace.Time(d.between(40, 100))*millrace.Day, cause: cause}
	if p.firm.fit >= fitLine {
		w.considered, w.deal = d.pct(85), d.pct(82)
	} else {
		w.considered, w.deal = d.pct(40), d.pct(35)
	}
	w.deal = w.deal && w.considered && w.until < m.end-14*millrace.Day
	p.windows = append(p.windows, w)
}

// buy is the committee's research in the window, and the deal that follows.
func (m *Market) buy(p *plan, w *window) {
	d := &p.d
	if !w.considered {
		for range 1 + d.n(3) {
			at, person := d.span(w.from, w.until), m.anybody(p)
			p.visit(at, person, m.arrival(d, m.early, at), readAwareness, evNone)
		}
		return
	}
	third := (w.until - w.from) / 3
	for j := range p.firm.committee {
		if j >= 3 && d.pct(35) || j == 0 && !w.deal && d.pct(20) {
			continue
		}
		m.research(p, w, j, third)
	}
	if w.deal {
		m.open(p, w)
	}
}

// research is one committee member's way through the phases.
func (m *Market) research(p *plan, w *window, j int, third millrace.Time) {
	d := &p.d
	from := w.from + d.span(0, third/2)
	if j == 0 {
		from = w.from
		channel := m.arrival(d, m.early, from)
		if w.cause >= 0 && d.pct(70) {
			channel = w.cause
		}
		p.visit(from, 0, channel, readAwareness, evNone)
	}
	for range d.n(3) {
		at := d.span(from, w.from+third)
		p.visit(at, j, m.arrival(d, m.early, at), readAwareness, evNone)
	}
	for range d.between(1, 3) {
		at, act := d.span(w.from+third, w.until-third), evNone
		switch x := d.n(100); {
		case x < 22:
			act = evAsset
		case x < 36:
			act = evWebinarRegistered
			if d.pct(60) {
				p.visit(at+d.span(2*millrace.Day, 9*millrace.Day), j, 0, attend, evWebinarAttended)
			}
		case x < 46:
			act = evVideo
		}
		p.visit(at, j, m.arrival(d, m.early, at), readConsideration, act)
	}
	n := d.n(3)
	if j < 3 {
		n++
	}
	for range n {
		act := evNone
		switch x := d.n(100); {
		case x < 14:
			act = evForm
		case x < 26:
			act = evAsset
		}
		at := d.span(w.until-third, w.until)
		p.visit(at, j, m.arrival(d, m.late, at), readDecision, act)
	}
	if j == 0 && w.deal && d.pct(75) || j > 0 && d.pct(5) {
		at := w.until - d.span(0, 3*millrace.Day)
		p.visit(at, j, m.arrival(d, m.late, at), readDecision, evDemo)
		if d.pct(60) {
			p.visit(at+d.span(millrace.Hour, millrace.Day), j, 0, attend, evMeeting)
		}
	}
}

// browse is everything people do who are not buying.
func (m *Market) browse(p *plan) {
	d := &p.d
	for j := range p.people {
		if !d.ppm(m.chances.visitor) {
			continue
		}
		for range d.count(m.chances.idleMilli) {
			s, channel := readAwareness, d.weighted(m.idle)
			switch x := d.n(1000); {
			case x < 60:
				s = readConsideration
			case x < 75:
				s = readDecision
			case x < 85:
				s = readCareers
			}
			act := m.offer(d, channel)
			at := d.span(m.start, m.end)
			if !m.comes(d, channel, at) {
				continue
			}
			p.visit(at, j, channel, s, act)
			if act == evWebinarRegistered && d.pct(45) {
				p.visit(at+d.span(2*millrace.Day, 9*millrace.Day), j, 0, attend, evWebinarAttended)
			}
		}
		if d.pct(3) {
			p.visit(d.span(m.start, m.end), j, 0, unsubscribe, evUnsubscribed)
		}
	}
}

// outsider is the life of somebody of the crowd.
func (m *Market) outsider(p *plan) {
	d := &p.d
	s, n, convert := readAwareness, 1+d.count(1500), 6
	switch p.kind {
	case unitStudent:
		s, n, convert = readLots, 1+d.count(2000), 25
	case unitSeeker:
		s, n, convert = readCareers, 1+d.count(1500), 3
	case unitCompetitor:
		s, n, convert = readRivalry, 2+d.count(4000), 15
	}
	for range n {
		act := evNone
		if d.pct(convert) {
			act = evAsset
		}
		at, channel := d.span(m.start, m.end), d.weighted(m.idle)
		if m.comes(d, channel, at) {
			p.visit(at, 0, channel, s, act)
		}
	}
}

// crawls spreads a crawler's visits evenly.
func (m *Market) crawls(p *plan) {
	n := factsPerCrawler / 6
	step := (m.end - m.start) / millrace.Time(n)
	for i := range n {
		p.visit(m.start+millrace.Time(i)*step+p.d.span(0, step), 0, 0, crawl, evNone)
	}
}

// settle puts the visits in order, drops those outside of the market's time, and walks them: which device, who is known by then.
func (m *Market) settle(p *plan) {
	if p.kind != unitCrawler {
		m.workingHours(p)
	}
	for i := range p.visits {
		p.visits[i].index = uint16(min(i, 65_535))
	}
	slices.SortFunc(p.visits, func(a, b visit) int {
		if a.at != b.at {
			return cmp.Compare(a.at, b.at)
		}
		return cmp.Compare(a.index, b.index)
	})
	clear(p.devices[:p.people])
	clear(p.signed[:p.people])
	kept := p.visits[:0]
	for _, v := range p.visits {
		if v.at < m.start || v.at >= m.end || len(kept) > 65_000 {
			continue
		}
		v.index = uint16(len(kept))
		if v.script != crawl && !m.meet(p, &v) {
			continue
		}
		kept = append(kept, v)
	}
	p.visits = kept
}

// workingHours moves the visits to the day of the visitor's country, and most of a weekend's to the Monday.
func (m *Market) workingHours(p *plan) {
	offset := millrace.Time(countries[p.country].offset) * millrace.Hour
	for i := range p.visits {
		v := &p.visits[i]
		day, clock := v.at/millrace.Day, v.at%millrace.Day
		if clock < 0 {
			day, clock = day-1, clock+millrace.Day
		}
		if weekday := (day + 4) % 7; weekday%6 == 0 && m.key(streamVisit, p.unit, int(day/7), 99)%100 < 80 { // 1970-01-01 was a Thursday
			day += 1 + weekday/6
		}
		v.at = day*millrace.Day + 7*millrace.Hour + clock/2 - offset
	}
}

// meet decides device and identity of a person's visit; false when it doesn't happen (a mail to somebody without a known address).
func (m *Market) meet(p *plan, v *visit) bool {
	d, j := &p.d, v.person
	known := p.devices[j] != 0
	if v.script == unsubscribe && !known || v.script == attend && !known {
		return false
	}
	if w := &m.ways[v.channel]; w.Mail && !known && (w.Reach == 0 || p.kind != unitFirm) {
		v.channel = 0 // the newsletter goes only to people who gave their address; who has none came by another way
	}
	switch x := d.n(100); {
	case p.kind == unitFirm && p.firm.kiosk && x < 45:
		v.device = kioskDevice
	case x < 75:
		v.device = 0
	case x < 94:
		v.device = 1
	default:
		v.device = 2
	}
	bit := uint8(1) << min(v.device, 7)
	if v.script == attend && p.devices[j]&bit == 0 {
		v.device, bit = lowest(p.devices[j])
	}
	if p.devices[j]&bit != 0 {
		v.flags |= visitKnown
	}
	if identifying(v.act) {
		v.flags |= visitIdentifies
		if !known {
			v.flags |= visitLead
		}
		p.devices[j] |= bit
		p.signed[j] = p.signed[j] || v.act == evSignedUp || v.act == evSignedIn || v.act == evDemo || d.pct(30)
	}
	if p.signed[j] && hasUserID(m.key(streamPerson, p.unit, int(j), 2)) {
		v.flags |= visitUser
	}
	return true
}

// lowest is the first device of the set.
func lowest(devices uint8) (device, bit uint8) {
	for i := range uint8(8) {
		if devices&(1<<i) != 0 {
			if i == 7 {
				return kioskDevice, 1 << 7
			}
			return i, 1 << i
		}
	}
	return 0, 1
}

// identifying acts make people say who they are.
func identifying(e event) bool {
	switch e {
	case evDemo, evForm, evWebinarRegistered, evAsset, evSignedUp, evSignedIn:
		return true
	}
	return false
}
