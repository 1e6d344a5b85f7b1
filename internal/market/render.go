package market

import (
	"strconv"

	"millrace"
)

// renderer writes facts as events. An event gets two allocations of its own, one for its ids and one for its JSON.
type renderer struct {
	m    *Market
	text []byte
	json scratch
}

// scratch is a buffer that is written without moving pointers, which would cost a barrier each while the collector runs.
// New bounds the configured texts, so that no fact comes near its size.
type scratch struct {
	n int
	b [4096]byte
}

func (s *scratch) str(text string) { s.n += copy(s.b[s.n:], text) }

// num writes a number in the base.
func (s *scratch) num(x uint64, base int) { s.n = len(strconv.AppendUint(s.b[:s.n], x, base)) }

// pair writes a member whose value needs no escaping; none of the market's texts do.
func (s *scratch) pair(before, value string) {
	s.str(before)
	s.str(`"`)
	s.str(value)
	s.str(`"`)
}

const hexDigits = "0123456789abcdef"

// appendUUID writes a version 4 UUID made of two words.
func appendUUID(b []byte, hi, lo uint64) []byte {
	hi = hi&^0xf000 | 0x4000
	lo = lo&^(3<<62) | 2<<62
	for i := range 16 {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			b = append(b, '-')
		}
		c := byte(hi >> (56 - 8*(i&7)))
		if i >= 8 {
			c = byte(lo >> (56 - 8*(i&7)))
		}
		b = append(b, hexDigits[c>>4], hexDigits[c&15])
	}
	return b
}

// anonymousKey is the key of the device a step happens on, or of the bot.
func (m *Market) anonymousKey(v *visit, by agent) uint64 {
	switch {
	case by == byMailer:
		return m.key(streamDevice, int(v.unit), int(v.person), 200)
	case by == byScanner:
		return m.key(streamBot, int(v.unit), int(v.person), int(v.index))
	case by == byCrawler:
		return m.key(streamBot, int(v.unit), 255, int(v.index))
	case v.device == kioskDevice:
		return m.key(streamDevice, int(v.unit), 999, kioskDevice)
	}
	return m.key(streamDevice, int(v.unit), int(v.person), int(v.device))
}

// render makes the event of a fact.
func (r *renderer) render(f *fact) millrace.Event {
	m, v, s := r.m, &f.v, &f.s
	anonymous := m.anonymousKey(v, s.by)
	id := m.key(streamVisit, int(v.unit), int(v.index), 1+int(s.index))
	r.text = appendUUID(appendUUID(r.text[:0], id, mix(id)), anonymous, mix(anonymous))
	if v.flags&visitUser != 0 && (s.known && s.by == byPerson || s.by == byMailer) {
		r.text = appendUserID(r.text, int(v.unit), int(v.person))
	}
	text := string(r.text)
	p := &site[s.section][s.item]
	e := millrace.Event{Source: m.c.Source, ID: text[:uuidLen], SentAt: s.at, Kind: s.kind, AnonymousID: text[uuidLen : 2*uuidLen],
		UserID: text[2*uuidLen:], OccurredAt: s.at, ReceivedAt: s.received, Host: m.c.Host, Path: p.path}
	var who Person
	var company firm
	if s.tells() || s.kind == millrace.KindGroup {
		who, company = m.who(v)
	}
	if s.by.bot() {
		e.Flags = millrace.FlagBot
	}
	switch {
	case s.kind == millrace.KindTrack:
		e.Name = eventNames[s.event]
	case s.kind == millrace.KindPage:
		e.Name = p.title
	case s.kind == millrace.KindGroup:
		e.GroupID = groupID(int(v.unit))
	}
	if s.tells() && s.kind != millrace.KindPage {
		e.Email = who.Email
	}
	r.json.n = 0
	r.data(v, s, &who, &company)
	cut := r.json.n
	r.context(v, s, &who, cut)
	both := append(make([]byte, 0, r.json.n), r.json.b[:r.json.n]...)
	e.Data, e.Context = both[:cut:cut], both[cut:]
	return e
}

const uuidLen = 36

func groupID(unit int) string { return "acct_" + strconv.FormatInt(int64(unit)+46_656, 36) }

// who is the visitor, and of which company; the company's index is -1 for the crowd.
func (m *Market) who(v *visit) (Person, firm) {
	if m.kindOf(int(v.unit)) != unitFirm {
		return m.person(nil, int(v.unit), int(v.person)), firm{index: -1}
	}
	f := m.firm(int(v.unit))
	return m.person(&f, int(v.unit), int(v.person)), f
}

// data writes traits or properties.
func (r *renderer) data(v *visit, s *step, who *Person, f *firm) {
	switch s.kind {
	case millrace.KindPage:
		r.json.str(`{`)
		r.pageFields(v, s)
		r.json.str(`}`)
	case millrace.KindTrack:
		r.properties(v, s)
	case millrace.KindIdentify:
		r.traits(who, f)
	case millrace.KindGroup:
		r.groupTraits(f)
	}
}

// pageFields are what the browser's script says of the page a step happens on.
func (r *renderer) pageFields(v *visit, s *step) {
	p := &site[s.section][s.item]
	r.json.pair(`"path":`, p.path)
	r.json.str(`,"referrer":"`)
	switch {
	case s.landing:
		r.json.str(r.m.ways[v.channel].Referrer)
	case s.by == byPerson:
		r.origin(site[s.fromSection][s.fromItem].path)
	}
	r.json.str(`","search":"`)
	if s.landing {
		r.query(v)
	}
	r.json.pair(`","title":`, p.title)
	r.json.str(`,"url":"`)
	r.origin(p.path)
	if s.landing {
		r.query(v)
	}
	r.json.str(`"`)
}

func (r *renderer) origin(path string) {
	r.json.str("https://")
	r.json.str(r.m.c.Host)
	r.json.str(path)
}

// campaign of a visit through a channel: they rotate by quarter.
func (m *Market) campaign(w *way, at millrace.Time) string {
	if len(w.Campaigns) == 0 {
		return ""
	}
	return w.Campaigns[int((at-m.start)/(91*millrace.Day))%len(w.Campaigns)]
}

// query is the landing page's query: campaign tags and the platform's click id.
func (r *renderer) query(v *visit) {
	w := &r.m.ways[v.channel]
	if w.Source == "" {
		return
	}
	r.json.str("?utm_source=")
	r.json.str(w.Source)
	r.json.str("&utm_medium=")
	r.json.str(w.Medium)
	r.json.str("&utm_campaign=")
	r.json.str(r.m.campaign(w, v.at))
	if w.ClickID != "" {
		r.json.str("&")
		r.json.str(w.ClickID)
		r.json.str("=sim")
		r.json.num(r.m.key(streamRecord, int(v.unit), 6, int(v.index))>>8, 36)
	}
}

// properties of a tracked event.
func (r *renderer) properties(v *visit, s *step) {
	p := &site[s.section][s.item]
	switch s.event {
	case evAsset:
		r.json.pair(`{"asset":`, p.title)
		r.json.pair(`,"asset_type":`, assetTypes[s.section])
		r.json.str(`}`)
	case evWebinarRegistered, evWebinarAttended, evVideo:
		r.json.pair(`{"title":`, p.title)
		if s.event != evWebinarRegistered {
			r.json.str(`,"minutes":`)
			r.json.num(uint64(3+r.m.key(streamRecord, int(v.unit), 7, int(v.index))%50), 10)
		}
		r.json.str(`}`)
	case evForm, evDemo:
		r.json.pair(`{"form":`, p.title)
		r.json.str(`}`)
	case evEmailClicked, evUnsubscribed:
		r.json.pair(`{"campaign":`, r.m.campaign(&r.m.ways[v.channel], v.at))
		r.json.str(`,"url":"`)
		r.origin(p.path)
		r.json.str(`"}`)
	default:
		r.json.str(`{}`)
	}
}

// traits of an identify call, as the vendor's forms send them.
func (r *renderer) traits(who *Person, f *firm) {
	r.json.pair(`{"email":`, who.Email)
	r.json.pair(`,"firstName":`, who.FirstName)
	r.json.pair(`,"lastName":`, who.LastName)
	if who.Title != "" {
		r.json.pair(`,"title":`, who.Title)
	}
	if f.index >= 0 {
		name, _ := r.m.nameOf(f.index)
		r.json.pair(`,"company":`, name)
	}
	r.json.str(`}`)
}

// groupTraits of a sign-up: the company as the product knows it.
func (r *renderer) groupTraits(f *firm) {
	if f.index < 0 {
		r.json.str(`{}`)
		return
	}
	name, _ := r.m.nameOf(f.index)
	r.json.pair(`{"name":`, name)
	r.json.pair(`,"website":`, "https://www."+r.m.domainOf(f))
	r.json.pair(`,"industry":`, industries[f.industry].name)
	r.json.str(`,"employees":`)
	r.json.num(uint64(f.employees), 10)
	r.json.pair(`,"country":`, countries[f.country].name)
	r.json.str(`}`)
}

// context is what stands around the fact: library, agent, address, page and, on the landing page, the campaign. The
// data stand before it, up to cut.
func (r *renderer) context(v *visit, s *step, who *Person, cut int) {
	h := r.m.anonymousKey(v, s.by)
	if s.by == byMailer {
		r.json.pair(`{"library":{"name":"waymark-mail","version":"2.4.0"},"traits":{"email":`, who.Email)
		r.json.str(`}}`)
		return
	}
	r.json.str(`{"library":{"name":"analytics.js","version":"next-1.81.0"},"userAgent":"`)
	switch {
	case s.by == byScanner:
		r.json.str(scanners[h%uint64(len(scanners))])
	case s.by == byCrawler:
		r.json.str(crawlers[int(v.unit)%len(crawlers)])
	case v.device == 1:
		r.json.str(phones[h%uint64(len(phones))])
	default:
		r.json.str(desktops[h%uint64(len(desktops))])
	}
	c := &countries[v.country]
	r.json.pair(`","locale":`, c.locale)
	r.json.pair(`,"timezone":`, c.timezone)
	// Addresses of the blocks that are reserved for documentation (RFC 5737).
	r.json.str([...]string{`,"ip":"192.0.2.`, `,"ip":"198.51.100.`, `,"ip":"203.0.113.`}[h>>8%3])
	r.json.num(1+h>>16%254, 10)
	r.json.str(`"`)
	if s.by == byScanner && s.kind == millrace.KindTrack {
		r.json.pair(`,"traits":{"email":`, who.Email)
		r.json.str(`}`)
	}
	r.json.str(`,"page":`)
	if s.kind == millrace.KindPage {
		r.json.n += copy(r.json.b[r.json.n:], r.json.b[:cut]) // the same that the data says
	} else {
		r.json.str(`{`)
		r.pageFields(v, s)
		r.json.str(`}`)
	}
	if w := &r.m.ways[v.channel]; s.landing && w.Source != "" {
		r.json.pair(`,"campaign":{"source":`, w.Source)
		r.json.pair(`,"medium":`, w.Medium)
		r.json.pair(`,"name":`, r.m.campaign(w, v.at))
		r.json.str(`}`)
	}
	r.json.str(`}`)
}
