package engine

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/eventlog"
	"millrace/internal/identity"
)

// opportunity is a deal as folded from the records of it.
type opportunity struct {
	id         int64
	accountRef int64 // identifier that the record names; 0 none
	account    int64
	traits     traits
	undated    bool
	held       []party // as the rows have them
}

// party is what a deal says of an identifier of somebody.
type party struct {
	contact           int64 // identifier
	millrace.DealWord       // At is 0 of one that a source's record names
}

// parties are the people whom the deal names, by identifier and by when their part was given or taken.
func (o *opportunity) parties() ([]party, error) {
	v, ok := o.traits[millrace.TraitContacts]
	if !ok {
		return nil, nil
	}
	var list []struct {
		Contact  int64
		Role, At string
	}
	if err := json.Unmarshal(jsonText(v.V), &list); err != nil {
		return nil, fmt.Errorf("opportunity %d: its contacts: %w", o.id, err)
	}
	var out []party
	for _, c := range list {
		p := party{c.Contact, millrace.DealWord{In: c.At == "" || c.Role != ""}}
		if at, err := time.Parse(time.RFC3339, c.At); err == nil {
			p.At = millrace.TimeOf(at)
		}
		i, found := slices.BinarySearchFunc(out, p, func(x, p party) int { return cmp.Or(cmp.Compare(x.contact, p.contact), cmp.Compare(x.At, p.At)) })
		if !found {
			out = slices.Insert(out, i, p)
		}
		out[i].In = out[i].In || p.In
	}
	return out, nil
}

func (u *unit) opportunity(id int64) (*opportunity, error) {
	if o, ok := u.opps[id]; ok {
		return o, nil
	}
	o := &opportunity{id: id, traits: traits{}}
	var t string
	found, err := db.One(u.ctx, u.q, []any{&o.accountRef, &o.account, &o.undated, &t}, "/* opportunity.load */ select account_ref, account, undated, traits from "+
		u.t.opportunity+" where id = $1", id)
	if err != nil {
		return nil, err
	}
	if found {
		if o.traits, err = decodeTraits(t); err != nil {
			return nil, err
		}
		if o.held, err = o.parties(); err != nil {
			return nil, err
		}
	}
	u.opps[id] = o
	return o, nil
}

// opportunityTraits reads a record's traits: the source's own words stay, contact roles are identifiers already.
func opportunityTraits(data []byte) map[string]any {
	var t map[string]any
	if err := json.Unmarshal(data, &t); err != nil {
		return nil
	}
	return t
}

// refTrait holds the account identifier that the record names, among the traits, so that the latest record decides.
const refTrait = "_account_ref"

func (u *unit) stateOpportunity(o *opportunity, r *eventlog.Row, at millrace.Time) error {
	t := opportunityTraits(eventlog.Data(r.Body))
	if t == nil {
		return nil
	}
	eventlog.EachRef(r.Refs, func(k eventlog.RefKind, id int64) {
		if k == eventlog.RefAccount {
			t[refTrait] = strconv.FormatInt(id, 10)
		}
	})
	if len(o.traits) == 0 {
		o.undated = true
	}
	for _, k := range [...]string{millrace.TraitStages, millrace.TraitContacts} { // each report brings a part of these
		if more, ok := t[k].([]any); ok {
			delete(t, k)
			o.traits.unite(k, more, at)
		}
	}
	o.traits.merge(t, at)
	o.undated = o.undated && r.Flags.Has(millrace.FlagUndated) // dated once any record of it had a date
	return nil
}

// refoldOpportunity folds an opportunity again from its facts.
func (u *unit) refoldOpportunity(id int64) error {
	i, err := u.identByID(id)
	if err != nil || i == nil {
		return err
	}
	facts, err := u.opportunityFacts(id)
	if err != nil {
		return err
	}
	o, err := u.opportunity(id)
	if err != nil {
		return err
	}
	if o.account != 0 {
		u.recombine[o.account] = struct{}{}
	}
	return u.foldOpportunity(o, facts)
}

// opportunityFacts reads the facts about a deal that stand, in order of position; none of one that was erased.
func (u *unit) opportunityFacts(id int64) ([]personFact, error) {
	i, err := u.identByID(id)
	if err != nil || i == nil {
		return nil, err
	}
	var facts []personFact
	if err := eventlog.OfSubject(u.ctx, u.q, id, i.firstSeq, u.limit, func(r *eventlog.Row) error {
		facts = append(facts, personFact{Row: *r})
		return nil
	}); err != nil {
		return nil, err
	}
	return u.onlyAlive(facts)
}

// foldOpportunity computes the traits from the facts.
func (u *unit) foldOpportunity(o *opportunity, facts []personFact) error {
	o.traits = traits{}
	for k := range facts {
		at, err := u.restatedAt(&facts[k].Row)
		if err != nil {
			return err
		}
		if err := u.stateOpportunity(o, &facts[k].Row, at); err != nil {
			return err
		}
	}
	return nil
}

// bindOpportunities finds the accounts of the touched deals and asks for their counts, and that the people in them be looked at.
func (u *unit) bindOpportunities() error {
	for _, o := range sortedByID(u.opps) {
		old := o.account
		o.accountRef, o.account = 0, 0
		if ref := o.traits.text(refTrait); ref != "" {
			n, err := strconv.ParseInt(ref, 10, 64)
			if err != nil {
				return fmt.Errorf("opportunity %d: %w", o.id, err)
			}
			if o.account, err = u.entityOf(n); err != nil {
				return err
			}
			o.accountRef = n
		}
		for _, a := range [...]int64{old, o.account} {
			if a == 0 {
				continue
			}
			if _, err := u.account(a); err != nil {
				return err
			}
			u.recombine[a] = struct{}{}
		}
		if err := u.restandParties(o); err != nil {
			return err
		}
	}
	return nil
}

// restandParties asks that the people in a touched deal, now or before, be looked at.
func (u *unit) restandParties(o *opportunity) error {
	now, err := o.parties()
	if err != nil {
		return err
	}
	ids := make([]int64, 0, len(now)+len(o.held))
	for _, p := range slices.Concat(now, o.held) {
		ids = append(ids, p.contact)
	}
	if err := u.loadIdentsByID(absent(u, u.c.byID, slices.Clone(ids))); err != nil {
		return err
	}
	for _, id := range ids {
		if i, ok := u.c.byID.get(id); ok {
			u.restand[i.entity] = struct{}{}
		}
	}
	return nil
}

// writeOpportunities writes the touched deals and who is in them.
func (u *unit) writeOpportunities() error {
	var args, parties []any
	for _, o := range sortedByID(u.opps) {
		now, err := o.parties()
		if err != nil {
			return err
		}
		if !slices.Equal(now, o.held) {
			if len(o.held) > 0 {
				if _, err := u.tx.Exec(u.ctx, "/* opportunity_contact.delete */ delete from "+u.t.opportunityContact+" where opportunity = $1", o.id); err != nil {
					return err
				}
			}
			for _, p := range now {
				parties = append(parties, o.id, p.contact, int64(p.At), boolInt(p.In))
			}
			o.held = now
		}
		if len(o.traits) == 0 {
			if _, err := u.tx.Exec(u.ctx, "/* opportunity.delete */ delete from "+u.t.opportunity+" where id = $1", o.id); err != nil {
				return err
			}
			continue
		}
		row, err := u.opportunityRow(o)
		if err != nil {
			return err
		}
		args = append(args, row...)
	}
	if _, err := u.tx.InsertMany(u.ctx, "/* opportunity_contact.write */ insert into "+u.t.opportunityContact+" ("+opportunityContactColumns+")", 4, "", parties); err != nil {
		return err
	}
	_, err := u.tx.InsertMany(u.ctx, "/* opportunity.write */ insert into "+u.t.opportunity+" ("+opportunityColumns+")", 15, upsert(opportunityColumns), args)
	return err
}

func (u *unit) opportunityRow(o *opportunity) ([]any, error) {
	currency := o.traits.text(millrace.TraitCurrency)
	if currency == "" {
		currency = u.rules.Document().Workspace.Currency
	}
	var amount millrace.Money
	if s := o.traits.text(millrace.TraitAmount); s != "" {
		m, err := millrace.ParseMoney(s, currency)
		if err != nil {
			return nil, err // refused at intake
		}
		amount = m
	} else if f := o.traits.number(millrace.TraitAmount); f != 0 {
		amount, _ = millrace.ParseMoney(strconv.FormatFloat(f, 'f', -1, 64), currency)
	}
	return []any{o.id, o.accountRef, o.account, o.traits.text(millrace.TraitName), amount.Minor, currency, o.traits.text(millrace.TraitStage), int64(o.status()),
		int64(timeTrait(o.traits, millrace.TraitOpenedAt)), int64(timeTrait(o.traits, millrace.TraitClosedAt)), boolInt(o.undated),
		o.traits.text(millrace.TraitOwner), o.traits.text(millrace.TraitProduct), o.traits.text(millrace.TraitLossReason), o.traits.encode()}, nil
}

func (o *opportunity) status() millrace.OpportunityStatus {
	switch o.traits.text(millrace.TraitStatus) {
	case "won":
		return millrace.OpportunityWon
	case "lost":
		return millrace.OpportunityLost
	}
	return millrace.OpportunityOpen
}

func timeTrait(t traits, k string) millrace.Time {
	at, err := time.Parse(time.RFC3339, t.text(k))
	if err != nil {
		return 0
	}
	return millrace.TimeOf(at)
}

func boolInt(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// contactRoles puts identifier ids in place of the addresses and record ids by which an opportunity names people, so that erasing a person
// needs no change to the deal.
func (u *unit) contactRoles(data []byte, seq int64) ([]byte, error) {
	var t map[string]json.RawMessage
	if err := json.Unmarshal(data, &t); err != nil || len(t[millrace.TraitContacts]) == 0 {
		return data, nil
	}
	var list []struct {
		ID, Email, Role, At string
		UserID              string `json:"user_id"`
	}
	if err := json.Unmarshal(t[millrace.TraitContacts], &list); err != nil {
		delete(t, millrace.TraitContacts)
	} else {
		type role struct {
			Contact int64  `json:"contact"`
			Role    string `json:"role"`
			At      string `json:"at,omitempty"` // of a role given here: it holds for the contact until a later one does
		}
		roles := []role{}
		for _, c := range list {
			k := ""
			if c.ID != "" {
				k = key(kindRecord, c.ID)
			} else if a, ok := identity.Email(c.Email); ok {
				k = key(kindEmail, a.Value)
			} else if c.UserID != "" {
				k = key(kindUser, c.UserID)
			}
			if k == "" {
				continue
			}
			if err := u.ensureIdents([]string{k}); err != nil {
				return nil, err
			}
			roles = append(roles, role{u.ident(k, seq).id, c.Role, c.At})
		}
		if t[millrace.TraitContacts], err = json.Marshal(roles); err != nil {
			return nil, err
		}
	}
	return json.Marshal(t)
}
