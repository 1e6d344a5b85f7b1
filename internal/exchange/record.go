package exchange

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"millrace"
	"millrace/internal/exchange/sheet"
)

// fact is an event made of a row, or of several rows of a history or contact role report, not yet sent. Its kind is 0 when the row
// was taken into the plan's group and makes no fact yet.
type fact struct {
	event millrace.Event
	rows  int64
	size  int
}

// statusWords are stage names that are known: the sales stages that HubSpot, Salesforce and Maven come with. What is not here is
// open unless it says closed won or closed lost, and is noted.
var statusWords = map[string]millrace.OpportunityStatus{
	"won": millrace.OpportunityWon, "closedwon": millrace.OpportunityWon, "closewon": millrace.OpportunityWon, "wonclosed": millrace.OpportunityWon,
	"lost": millrace.OpportunityLost, "closedlost": millrace.OpportunityLost, "closelost": millrace.OpportunityLost, "lostclosed": millrace.OpportunityLost,
	"open": 0, "prospecting": 0, "engaging": 0, "qualification": 0, "needsanalysis": 0, "valueproposition": 0, "iddecisionmakers": 0,
	"perceptionanalysis": 0, "proposalpricequote": 0, "negotiationreview": 0, "appointmentscheduled": 0, "qualifiedtobuy": 0,
	"presentationscheduled": 0, "decisionmakerboughtin": 0, "contractsent": 0, "proposal": 0, "negotiation": 0, "demo": 0, "discovery": 0,
}

// status says whether a stage is open, won or lost.
func (p *plan) status(r *record, stage string) millrace.OpportunityStatus {
	key := sheet.Squeeze(stage)
	if p.mapping != nil {
		switch p.mapping.StageMap[key] {
		case "won":
			return millrace.OpportunityWon
		case "lost":
			return millrace.OpportunityLost
		case "open":
			return millrace.OpportunityOpen
		}
	}
	if r.flags[fieldWon] {
		return millrace.OpportunityWon
	}
	if _, said := r.flags[fieldWon]; said && r.flags[fieldClosed] {
		return millrace.OpportunityLost
	}
	if s, ok := statusWords[key]; ok {
		return s
	}
	switch {
	case strings.Contains(key, "closedwon"):
		return millrace.OpportunityWon
	case strings.Contains(key, "closedlost"):
		return millrace.OpportunityLost
	}
	if stage != "" {
		count(p.tally.stages, shorten(stage))
	}
	return millrace.OpportunityOpen
}

// build makes a row's fact.
func (p *plan) build(r *record) (fact, *fault) {
	if p.mapping != nil {
		for trait, v := range p.mapping.Constants {
			if _, given := r.data[trait]; !given {
				r.data[trait] = v
			}
		}
		if len(r.ids) > 0 {
			r.id = strings.Join(r.ids, "/")
			if slices.Contains(r.ids, "") {
				r.id = ""
			}
		}
	}
	switch p.entity {
	case "events":
		return p.behavior(r)
	case "opportunities":
		return p.opportunity(r)
	case "contacts":
		return p.contact(r)
	case "accounts":
		return p.account(r)
	case entitySpend:
		return p.spend(r)
	case entityContracts:
		return p.contract(r)
	case entityTargets:
		return p.target(r)
	case entityRates:
		return p.rates(r)
	case "reps":
		return p.named(r, "rep", "name or e-mail address", firstOf(r, millrace.TraitEmail, millrace.TraitName))
	}
	return p.named(r, "product", "name", firstOf(r, millrace.TraitName))
}

func firstOf(r *record, traits ...string) string {
	for _, t := range traits {
		if s, ok := r.data[t].(string); ok && s != "" {
			return sheet.NameKey(s)
		}
	}
	return ""
}

// recordID prefers the source's id to the natural key.
func (p *plan) recordID(id, natural string) string {
	switch {
	case id != "":
		return p.system + ":" + id
	case natural != "":
		return p.system + ":" + natural
	}
	return ""
}

func noKey(what, needs string) *fault {
	return &fault{reason: ReasonNoKey, detail: "the row has nothing to know the " + what + " by: it needs an id, or a " + needs}
}

func (p *plan) named(r *record, what, needs, natural string) (fact, *fault) {
	id := p.recordID(r.id, natural)
	if id == "" {
		return fact{}, noKey(what, needs)
	}
	return p.seal(r, id, r.times[fieldCreated], firstTime(r.times[fieldModified], r.times[fieldCreated]))
}

func (p *plan) contact(r *record) (fact, *fault) {
	name := firstOf(r, millrace.TraitName)
	if name == "" {
		name = strings.TrimSpace(firstOf(r, millrace.TraitFirstName) + " " + firstOf(r, millrace.TraitLastName))
	}
	email, _ := r.data[millrace.TraitEmail].(string)
	natural := email
	if natural == "" && name != "" {
		natural = name + "|" + firstOf(r, millrace.TraitCompany)
	}
	f, flt := p.named(r, "contact", "name or e-mail address", natural)
	f.event.Email = email
	return f, flt
}

func (p *plan) account(r *record) (fact, *fault) {
	if site, ok := r.data[millrace.TraitWebsite].(string); ok && r.data[millrace.TraitDomain] == nil {
		if d := sheet.Domain(site); d != "" {
			r.data[millrace.TraitDomain] = d
		}
	}
	natural := firstOf(r, millrace.TraitDomain, millrace.TraitName)
	if p.keyed {
		natural = firstOf(r, millrace.TraitName)
	}
	return p.named(r, "account", "name or domain", natural)
}

func (p *plan) opportunity(r *record) (fact, *fault) {
	name, account := firstOf(r, millrace.TraitName), firstOf(r, millrace.TraitAccount)
	natural := ""
	if name != "" && account != "" {
		natural = name + "|" + account
	}
	id := p.recordID(r.id, natural)
	if id == "" {
		return fact{}, noKey("opportunity", "name and an account's name")
	}
	if r.id == "" {
		p.tally.unnumbered++
	}
	if p.keyed && account != "" {
		r.data[millrace.TraitAccountID] = p.system + ":" + account
	}
	if p.history || p.roles {
		return fact{}, p.join(r, id)
	}
	opened, closed := r.times[millrace.TraitOpenedAt], r.times[millrace.TraitClosedAt]
	created := firstTime(r.times[fieldCreated], opened)
	recorded := firstTime(r.times[fieldModified], created)
	if p.statusTrait(r) != millrace.OpportunityOpen {
		r.setTime(millrace.TraitClosedAt, closed)
		// Without a date of change the row was written when the deal closed at the earliest.
		if r.times[fieldModified] == 0 {
			recorded = max(recorded, closed)
		}
	} else {
		r.setTime("expected_close_at", closed)
	}
	r.setTime(millrace.TraitOpenedAt, firstTime(opened, created))
	p.price(r)
	if len(r.stages) > 0 {
		r.data[millrace.TraitStages] = stagesValue(r.stages)
	}
	if len(r.people) > 0 {
		r.data[millrace.TraitContacts] = peopleValue(r.people)
	}
	return p.seal(r, id, created, recorded)
}

// statusTrait sets and gives the status; a status column of the source wins when it is one of the three words.
func (p *plan) statusTrait(r *record) millrace.OpportunityStatus {
	stage, _ := r.data[millrace.TraitStage].(string)
	said, _ := r.data[millrace.TraitStatus].(string)
	status, ok := statusWords[sheet.Squeeze(said)]
	if !ok || said == "" {
		if stage == "" {
			stage = said
		}
		status = p.status(r, stage)
	}
	r.data[millrace.TraitStatus] = status.String()
	return status
}

func (p *plan) price(r *record) {
	if !r.paid {
		return
	}
	r.data[millrace.TraitAmount] = r.money.String()
	if _, given := r.data[millrace.TraitCurrency]; given {
		return
	}
	switch {
	case r.sign != "":
		r.data[millrace.TraitCurrency] = r.sign
	case p.currency != "":
		r.data[millrace.TraitCurrency] = p.currency
	case p.home != "":
		r.data[millrace.TraitCurrency] = p.home
		p.tally.homeCurrency++
	default:
		p.tally.noCurrency++
	}
}

func firstTime(times ...millrace.Time) millrace.Time {
	for _, t := range times {
		if t != 0 {
			return t
		}
	}
	return 0
}

func (r *record) setTime(trait string, t millrace.Time) {
	if t != 0 {
		r.data[trait] = t.String()
	}
}

// seal makes the event of a record: identity, times and payload. occurred and recorded are 0 when the row has no such date.
func (p *plan) seal(r *record, id string, occurred, recorded millrace.Time) (fact, *fault) {
	ev := millrace.Event{Source: p.system, Kind: p.kind(), RecordID: id, SentAt: recorded, RecordedAt: recorded, OccurredAt: firstTime(occurred, recorded)}
	var flt *fault
	if ev.Data, flt = payload(r.data); flt != nil {
		return fact{}, flt
	}
	ev.ID = identity(&ev)
	p.datedNow(&ev)
	return fact{event: ev, rows: 1, size: len(ev.Data) + 256}, nil
}

func (p *plan) kind() millrace.Kind { return entityKinds[p.entity] }

// datedNow fills in what the row does not say of its times. It comes after the identity, which must not depend on the clock.
func (p *plan) datedNow(ev *millrace.Event) {
	now := p.clock()
	if ev.OccurredAt == 0 {
		ev.OccurredAt = now
		ev.Flags |= millrace.FlagUndated
		p.tally.undated++
	}
	if ev.OccurredAt > now+millrace.Day {
		ev.OccurredAt = now
		ev.Flags |= millrace.FlagClamped
		p.tally.future++
	}
	if ev.RecordedAt == 0 {
		ev.RecordedAt = p.recorded
	}
	ev.RecordedAt = min(ev.RecordedAt, now)
}

func payload(data map[string]any) (json.RawMessage, *fault) {
	if len(data) == 0 {
		return nil, nil
	}
	b, err := json.Marshal(data)
	if err != nil {
		return nil, &fault{reason: ReasonValue, detail: "the row can't be written as JSON: " + err.Error()}
	}
	return b, nil
}

// identity is the hash by which the same row is known again in any later file.
func identity(ev *millrace.Event) string {
	h := sha256.New()
	h.Write([]byte{byte(ev.Kind)})
	for _, s := range []string{ev.RecordID, ev.Name, ev.AnonymousID, ev.UserID, ev.PreviousID, ev.GroupID, ev.Email, ev.Host, ev.Path} {
		h.Write(binary.AppendUvarint(nil, uint64(len(s))))
		h.Write([]byte(s))
	}
	h.Write(binary.BigEndian.AppendUint64(nil, uint64(ev.SentAt)))
	h.Write(binary.AppendUvarint(nil, uint64(len(ev.Data))))
	h.Write(ev.Data)
	h.Write(ev.Context)
	return hex.EncodeToString(h.Sum(nil)[:16])
}
