package rows

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strings"

	"millrace"
	"millrace/internal/exchange/format"
	"millrace/internal/exchange/sheet"
	"millrace/internal/exchange/words"
)

// status says whether a stage is open, won or lost.
func (p *Plan) status(r *record, stage string) millrace.OpportunityStatus {
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
	if r.flags[format.FieldWon] {
		return millrace.OpportunityWon
	}
	if _, said := r.flags[format.FieldWon]; said && r.flags[format.FieldClosed] {
		return millrace.OpportunityLost
	}
	if s, ok := words.OpportunityStatus(stage); ok {
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
func (p *Plan) build(r *record) (Fact, *Fault) {
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
	switch p.Entity {
	case "events":
		return p.behavior(r)
	case "opportunities":
		return p.opportunity(r)
	case "contacts":
		return p.contact(r)
	case "accounts":
		return p.account(r)
	case format.Spend:
		return p.spend(r)
	case format.Contracts:
		return p.contract(r)
	case format.Targets:
		return p.target(r)
	case format.Rates:
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
func (p *Plan) recordID(id, natural string) string {
	switch {
	case id != "":
		return p.System + ":" + id
	case natural != "":
		return p.System + ":" + natural
	}
	return ""
}

func noKey(what, needs string) *Fault {
	return &Fault{Reason: ReasonNoKey, Detail: "the row has nothing to know the " + what + " by: it needs an id, or a " + needs}
}

func (p *Plan) named(r *record, what, needs, natural string) (Fact, *Fault) {
	id := p.recordID(r.id, natural)
	if id == "" {
		return Fact{}, noKey(what, needs)
	}
	return p.seal(r, id, r.times[format.FieldCreated], firstTime(r.times[format.FieldModified], r.times[format.FieldCreated]))
}

func (p *Plan) contact(r *record) (Fact, *Fault) {
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
	f.Event.Email = email
	return f, flt
}

func (p *Plan) account(r *record) (Fact, *Fault) {
	if site, ok := r.data[millrace.TraitWebsite].(string); ok && r.data[millrace.TraitDomain] == nil {
		if d := sheet.Domain(site); d != "" {
			r.data[millrace.TraitDomain] = d
		}
	}
	natural := firstOf(r, millrace.TraitDomain, millrace.TraitName)
	if p.Keyed {
		natural = firstOf(r, millrace.TraitName)
	}
	return p.named(r, "account", "name or domain", natural)
}

func (p *Plan) opportunity(r *record) (Fact, *Fault) {
	name, account := firstOf(r, millrace.TraitName), firstOf(r, millrace.TraitAccount)
	natural := ""
	if name != "" && account != "" {
		natural = name + "|" + account
	}
	id := p.recordID(r.id, natural)
	if id == "" {
		return Fact{}, noKey("opportunity", "name and an account's name")
	}
	if r.id == "" {
		p.tally.unnumbered++
	}
	if p.Keyed && account != "" {
		r.data[millrace.TraitAccountID] = p.System + ":" + account
	}
	if p.History || p.Roles {
		return Fact{}, p.join(r, id)
	}
	opened, closed := r.times[millrace.TraitOpenedAt], r.times[millrace.TraitClosedAt]
	created := firstTime(r.times[format.FieldCreated], opened)
	recorded := firstTime(r.times[format.FieldModified], created)
	if p.statusTrait(r) != millrace.OpportunityOpen {
		r.setTime(millrace.TraitClosedAt, closed)
		// Without a date of change the row was written when the deal closed at the earliest.
		if r.times[format.FieldModified] == 0 {
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
func (p *Plan) statusTrait(r *record) millrace.OpportunityStatus {
	stage, _ := r.data[millrace.TraitStage].(string)
	said, _ := r.data[millrace.TraitStatus].(string)
	status, ok := words.OpportunityStatus(said)
	if !ok || said == "" {
		if stage == "" {
			stage = said
		}
		status = p.status(r, stage)
	}
	r.data[millrace.TraitStatus] = status.String()
	return status
}

func (p *Plan) price(r *record) {
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
func (p *Plan) seal(r *record, id string, occurred, recorded millrace.Time) (Fact, *Fault) {
	ev := millrace.Event{Source: p.System, Kind: p.kind(), RecordID: id, SentAt: recorded, RecordedAt: recorded, OccurredAt: firstTime(occurred, recorded)}
	var flt *Fault
	if ev.Data, flt = payload(r.data); flt != nil {
		return Fact{}, flt
	}
	ev.ID = rowHash(&ev)
	p.datedNow(&ev)
	return Fact{Event: ev, Rows: 1, Size: len(ev.Data) + 256}, nil
}

func (p *Plan) kind() millrace.Kind { return format.Kind(p.Entity) }

// datedNow fills in what the row does not say of its times. It comes after the identity, which must not depend on the clock.
func (p *Plan) datedNow(ev *millrace.Event) {
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

func payload(data map[string]any) (json.RawMessage, *Fault) {
	if len(data) == 0 {
		return nil, nil
	}
	b, err := json.Marshal(data)
	if err != nil {
		return nil, &Fault{Reason: ReasonValue, Detail: "the row can't be written as JSON: " + err.Error()}
	}
	return b, nil
}

// rowHash is the hash by which the same row is known again in any later file.
func rowHash(ev *millrace.Event) string {
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
