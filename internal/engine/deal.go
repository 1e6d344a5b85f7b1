package engine

import (
	"context"
	"encoding/json"
	"strings"

	"millrace"
)

// traitGroupID names the account of an opportunity that only an SDK's group call made known.
const traitGroupID = "group_id"

// OpportunityStatement is what somebody states here of an opportunity: a fact like a CRM's record, dated now, that states only what it
// names.
type OpportunityStatement struct {
	ID       string // of the fact, unique among those made here
	Who      string // the opportunity, as lists show it or by its record's id; "" makes a new one
	RecordID string // of a new one
	By       string
	Traits   map[string]any
	Account  string // its account: an id, a domain, a record's id or a name, which may be new; "" leaves it
	Roles    []RoleStatement
	// Check, where not nil, is asked before anything is written: text gives a trait as it stands, "" when it is none or no text.
	Check func(text func(trait string) string) error
}

// RoleStatement is a person's part in a deal; Role "" takes them out of it.
type RoleStatement struct {
	Who  string
	Role string
}

// StateOpportunity writes the statement and gives the opportunity's id. Errors are NotFound, Conflict and Invalid.
func (e *Engine) StateOpportunity(ctx context.Context, s OpportunityStatement) (string, error) {
	const op = "engine.StateOpportunity"
	var id string
	err := e.careful(ctx, func(u *unit) error {
		if err := oneLine(op, "by", s.By); err != nil {
			return err
		}
		record, now := s.RecordID, u.clock
		if s.Who != "" {
			i, err := u.findOpportunity(op, s.Who)
			if err != nil {
				return err
			}
			if err := u.checkOpportunity(op, i, &s); err != nil {
				return err
			}
			record = i.key[2:]
			for k := range s.Traits { // it is later than every statement that was known when it was made
				now = max(now, u.opps[i.id].traits[k].T+1)
			}
		}
		at := now.String()
		data := map[string]any{}
		for k, v := range s.Traits {
			data[k] = v
		}
		if stage, ok := s.Traits[millrace.TraitStage]; ok {
			data[millrace.TraitStages] = []any{map[string]any{"stage": stage, "at": at, "by": s.By}}
		}
		if s.Account != "" {
			if err := u.nameAccount(data, s.Account); err != nil {
				return err
			}
		}
		var roles []any
		for _, r := range s.Roles {
			role, err := u.nameRole(op, r)
			if err != nil {
				return err
			}
			role["at"] = at
			roles = append(roles, role)
		}
		if roles != nil {
			data[millrace.TraitContacts] = roles
		}
		b, err := json.Marshal(data)
		if err != nil {
			return err
		}
		by, err := json.Marshal(map[string]string{"by": s.By})
		if err != nil {
			return err
		}
		event := millrace.Event{Source: "millrace", ID: s.ID, Kind: millrace.KindOpportunity, RecordID: record, OccurredAt: now, RecordedAt: now, Data: b, Context: by}
		if err := u.take([]incoming{u.e.incoming(&event, 0)}); err != nil {
			return err
		}
		i, err := u.findOpportunity(op, record)
		if err == nil {
			id = OpportunityID(i.id)
		}
		return err
	})
	return id, err
}

// findOpportunity gives the identifier of an opportunity by its public id or its record's.
func (u *unit) findOpportunity(op, who string) (*ident, error) {
	k := key(kindOpportunity, strings.TrimSpace(who))
	if id := entityID(who); id != 0 && strings.HasPrefix(who, OpportunityPrefix) {
		if i, err := u.identByID(id); err != nil || i != nil && i.kind() == kindOpportunity {
			return i, err
		}
	}
	if err := u.ensureIdents([]string{k}); err != nil {
		return nil, err
	}
	if i, ok := u.c.idents.get(k); ok {
		return i, nil
	}
	return nil, millrace.Errorf(millrace.NotFound, op, "no opportunity is known as %q", who)
}

// checkOpportunity asks the statement's check about what stands.
func (u *unit) checkOpportunity(op string, i *ident, s *OpportunityStatement) error {
	o, err := u.opportunity(i.id)
	if err != nil {
		return err
	}
	if len(o.traits) == 0 {
		return millrace.Errorf(millrace.NotFound, op, "nothing is known of %q any more", s.Who)
	}
	if s.Check != nil {
		return s.Check(o.traits.text)
	}
	return nil
}

// nameAccount states the account by an identifier that records can name; one that nobody knows is new.
func (u *unit) nameAccount(data map[string]any, who string) error {
	i, err := u.find(who)
	if err != nil && (millrace.ErrorCode(err) != millrace.NotFound || entityID(who) != 0) {
		return err
	}
	if i == nil || !accountKind(i.kind()) {
		data[millrace.TraitAccount], data[millrace.TraitDomain] = who, who // whichever it can be: a domain before a name
		return nil
	}
	members, err := u.members(i.entity)
	if err != nil {
		return err
	}
	for _, kind := range [...]struct {
		letter byte
		trait  string
	}{{kindAccount, millrace.TraitAccountID}, {kindDomain, millrace.TraitDomain}, {kindGroup, traitGroupID}, {kindName, millrace.TraitAccount}} {
		for _, m := range members {
			if m.kind() == kind.letter {
				data[kind.trait] = m.key[2:]
				return nil
			}
		}
	}
	return nil
}

// nameRole states a person by an identifier that records can name.
func (u *unit) nameRole(op string, r RoleStatement) (map[string]any, error) {
	i, err := u.find(r.Who)
	if err != nil {
		return nil, err
	}
	if !personKind(i.kind()) {
		return nil, millrace.FieldErrorf(op, "contacts", "%q is no person", r.Who)
	}
	field := map[byte]string{kindEmail: "email", kindRecord: "id", kindUser: "user_id"}[i.kind()]
	return map[string]any{field: i.key[2:], "role": r.Role}, oneLine(op, "contacts", r.Role)
}
