// Package handoff is what sales does with opportunities: make one, change it, move it from stage to stage, close it as won or lost with a
// reason, open it again. Each is a fact like a CRM's record that states only what changed, through the engine's one write path, so that a
// deal of the CRM's stays the CRM's in everything else. What sales does with leads is the engine's own (Accept, Reject, Qualify, Assign,
// Undo), because those are decisions about stages.
package handoff

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"millrace"
	"millrace/internal/engine"
)

// Room makes the facts. It is safe for concurrent use.
type Room struct {
	engine *engine.Engine
	newID  func() string
}

// New makes a room over an engine.
func New(e *engine.Engine) *Room {
	return &Room{engine: e, newID: func() string {
		var b [12]byte
		rand.Read(b[:])
		return hex.EncodeToString(b[:])
	}}
}

// Stages are those that a deal goes through: the ones that the workspace's deals taught, or, where these are none beside a new workspace's own, all of
// those, so that the first deal made here has somewhere to go.
func Stages(learned []string) []string {
	own := []string{"Discovery", "Evaluation", "Proposal", "Negotiation"}
	if slices.ContainsFunc(learned, func(stage string) bool { return !slices.Contains(own, stage) }) {
		return learned
	}
	return own
}

// Part is a person's part in a deal.
type Part struct {
	Contact string `json:"contact" minLength:"1" maxLength:"300" doc:"An id, an address, a user id or a record's id"`
	Role    string `json:"role" maxLength:"100" doc:"champion, economic_buyer, … ; empty takes the person out of the deal"`
}

// Opportunity is a new deal. Empty fields are not stated.
type Opportunity struct {
	Name            string
	Account         string // an id, a domain, a record's id or a name, which may be new
	Amount          string // a decimal in major units
	Currency        string // the workspace's when empty
	Stage           string // the first of Stages when empty
	ExpectedCloseOn string // a day: 2026-03-31
	Owner, Product  string
	Contacts        []Part
}

// Change says what of a deal is different now; nil leaves a field as it is.
type Change struct {
	Name, Amount, Currency, Stage, ExpectedCloseOn, Owner, Product *string

	Contacts []Part // parts in it that are different now
	Saw      Seen
}

// Seen is what of a deal a form showed: Conflict when it is something else by now. nil asks for no such care. Whoever names what they change, as it
// was, puts nothing in the place of what somebody else stated meanwhile, and is in nobody's way who changes something else.
type Seen struct {
	Name            *string `json:"name,omitempty" maxLength:"1000"`
	Amount          *string `json:"amount,omitempty" doc:"A decimal in major units; empty or 0 where there was none"`
	Stage           *string `json:"stage,omitempty" maxLength:"1000"`
	ExpectedCloseOn *string `json:"expected_close_on,omitempty" doc:"A day; empty where there was none"`
	Owner           *string `json:"owner,omitempty" maxLength:"1000"`
	Product         *string `json:"product,omitempty" maxLength:"1000"`
}

// still is a Conflict that names the first field which is something else by now.
func (s *Seen) still(op string, text func(trait string) string) error {
	for _, f := range [...]struct {
		label, trait string
		saw          *string
		same         func(a, b string) bool
	}{{"stage", millrace.TraitStage, s.Stage, sameText}, {"amount", millrace.TraitAmount, s.Amount, sameAmount}, {"owner", millrace.TraitOwner, s.Owner, sameText}, {"name", millrace.TraitName, s.Name, sameText},
		{"product", millrace.TraitProduct, s.Product, sameText}, {"expected day of closing", traitExpectedClose, s.ExpectedCloseOn, sameDay}} {
		if f.saw == nil || f.same(*f.saw, text(f.trait)) {
			continue
		}
		if now := text(f.trait); now != "" {
			return millrace.Errorf(millrace.Conflict, op, "its %s is %q by now: look at it again, then decide", f.label, now)
		}
		return millrace.Errorf(millrace.Conflict, op, "its %s was taken away meanwhile: look at it again, then decide", f.label)
	}
	return nil
}

func sameText(a, b string) bool { return strings.TrimSpace(a) == strings.TrimSpace(b) }

func sameAmount(a, b string) bool {
	x, err := millrace.ParseMoney(cmp.Or(strings.TrimSpace(a), "0"), "")
	y, bad := millrace.ParseMoney(cmp.Or(strings.TrimSpace(b), "0"), "")
	return err == nil && bad == nil && x == y || sameText(a, b)
}

func sameDay(a, b string) bool {
	day := func(s string) string { return s[:min(len(s), len(time.DateOnly))] }
	return day(strings.TrimSpace(a)) == day(strings.TrimSpace(b))
}

// statusOf is the status as it stands; what says none is open.
func statusOf(text func(trait string) string) string {
	return cmp.Or(text(millrace.TraitStatus), millrace.OpportunityOpen.String())
}

// Create makes a deal and gives its id. Errors are Invalid, which names the field, and NotFound of a contact.
func (r *Room) Create(ctx context.Context, o Opportunity, by string) (string, error) {
	const op = "handoff.Create"
	if strings.TrimSpace(o.Name) == "" {
		return "", millrace.FieldErrorf(op, "name", "what is the deal called?")
	}
	if strings.TrimSpace(o.Account) == "" {
		return "", millrace.FieldErrorf(op, "account", "which company is it with?")
	}
	if o.Stage == "" {
		o.Stage = Stages(nil)[0]
	}
	if o.Currency == "" {
		o.Currency = r.engine.Playbook().Workspace.Currency
	}
	c := Change{Name: &o.Name, Currency: &o.Currency, Stage: &o.Stage}
	for _, f := range [...]struct {
		to   **string
		from *string
	}{{&c.Amount, &o.Amount}, {&c.ExpectedCloseOn, &o.ExpectedCloseOn}, {&c.Owner, &o.Owner}, {&c.Product, &o.Product}} {
		if *f.from != "" {
			*f.to = f.from
		}
	}
	traits, err := r.traits(op, &c)
	if err != nil {
		return "", err
	}
	traits[millrace.TraitStatus] = millrace.OpportunityOpen.String()
	traits[millrace.TraitOpenedAt] = r.now()
	id := r.newID()
	return r.engine.StateOpportunity(ctx, engine.OpportunityStatement{ID: id, RecordID: "millrace:" + id, By: by, Traits: traits, Account: strings.TrimSpace(o.Account),
		Roles: roles(o.Contacts)})
}

// Change changes a deal. A closed one moves to no other stage: Conflict says to open it again. Errors are Invalid, NotFound and Conflict.
func (r *Room) Change(ctx context.Context, who string, c Change, by string) (string, error) {
	const op = "handoff.Change"
	traits, err := r.traits(op, &c)
	if err != nil {
		return "", err
	}
	if len(traits) == 0 && len(c.Contacts) == 0 {
		return "", millrace.Errorf(millrace.Invalid, op, "say what is to change")
	}
	return r.engine.StateOpportunity(ctx, engine.OpportunityStatement{ID: r.newID(), Who: who, By: by, Traits: traits, Roles: roles(c.Contacts), Check: func(text func(string) string) error {
		if status := statusOf(text); c.Stage != nil && status != millrace.OpportunityOpen.String() {
			return millrace.Errorf(millrace.Conflict, op, "it is %s: open it again before you move it", status)
		}
		return c.Saw.still(op, text)
	}})
}

// Close closes an open deal as "won" or "lost", with the reason in the team's own words. Conflict when it is closed already, or is no longer what saw says.
func (r *Room) Close(ctx context.Context, who, status, reason string, saw Seen, by string) (string, error) {
	const op = "handoff.Close"
	traits := map[string]any{millrace.TraitStatus: status, millrace.TraitClosedAt: r.now()}
	switch reason = strings.TrimSpace(reason); {
	case status != millrace.OpportunityWon.String() && status != millrace.OpportunityLost.String():
		return "", millrace.FieldErrorf(op, "status", "%q is neither won nor lost", status)
	case reason == "":
		return "", millrace.FieldErrorf(op, "reason", "why was it %s? It is what the next campaign is built on", status)
	case bad(reason):
		return "", millrace.FieldErrorf(op, "reason", "want at most %d bytes of text", maxText)
	case status == millrace.OpportunityWon.String():
		traits[TraitWinReason] = reason
	default:
		traits[millrace.TraitLossReason] = reason
	}
	return r.engine.StateOpportunity(ctx, engine.OpportunityStatement{ID: r.newID(), Who: who, By: by, Traits: traits, Check: func(text func(string) string) error {
		if status := statusOf(text); status != millrace.OpportunityOpen.String() {
			return millrace.Errorf(millrace.Conflict, op, "it is %s already: open it again first", status)
		}
		return saw.still(op, text)
	}})
}

// TraitWinReason is why a deal was won; why one was lost is millrace.TraitLossReason.
const TraitWinReason = "win_reason"

// Reopen takes a closing back. Conflict when it is open.
func (r *Room) Reopen(ctx context.Context, who, by string) (string, error) {
	const op = "handoff.Reopen"
	traits := map[string]any{millrace.TraitStatus: millrace.OpportunityOpen.String(), millrace.TraitClosedAt: "", millrace.TraitLossReason: "", TraitWinReason: ""}
	return r.engine.StateOpportunity(ctx, engine.OpportunityStatement{ID: r.newID(), Who: who, By: by, Traits: traits, Check: func(text func(string) string) error {
		if statusOf(text) == millrace.OpportunityOpen.String() {
			return millrace.Errorf(millrace.Conflict, op, "it is open")
		}
		return nil
	}})
}

func (r *Room) now() string { return r.engine.Now().String() }

func roles(list []Part) (out []engine.RoleStatement) {
	for _, c := range list {
		out = append(out, engine.RoleStatement{Who: c.Contact, Role: strings.TrimSpace(c.Role)})
	}
	return out
}

// maxText bounds what people write of a deal, in bytes.
const maxText = 1000

func bad(s string) bool {
	return len(s) > maxText || !utf8.ValidString(s) || strings.ContainsRune(s, 0)
}

// traits are what the change states, checked.
func (r *Room) traits(op string, c *Change) (map[string]any, error) {
	out := map[string]any{}
	for _, f := range [...]struct {
		name  string
		value *string
		must  bool
	}{{millrace.TraitName, c.Name, true}, {millrace.TraitStage, c.Stage, true}, {millrace.TraitOwner, c.Owner, false}, {millrace.TraitProduct, c.Product, false}} {
		if f.value == nil {
			continue
		}
		v := strings.TrimSpace(*f.value)
		if f.must && v == "" {
			return nil, millrace.FieldErrorf(op, f.name, "it can't be empty")
		}
		if bad(v) {
			return nil, millrace.FieldErrorf(op, f.name, "want at most %d bytes of text", maxText)
		}
		out[f.name] = v
	}
	if c.Currency != nil {
		currency := strings.ToUpper(strings.TrimSpace(*c.Currency))
		if len(currency) != 3 || strings.Trim(currency, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			return nil, millrace.FieldErrorf(op, "currency", "%q is no currency such as EUR", *c.Currency)
		}
		out[millrace.TraitCurrency] = currency
	}
	if c.Amount != nil {
		amount := strings.TrimSpace(*c.Amount)
		if m, err := millrace.ParseMoney(amount, ""); amount != "" && (err != nil || m.Minor < 0) {
			return nil, millrace.FieldErrorf(op, "amount", "%q is no amount such as 12500 or 12500.50", *c.Amount)
		}
		out[millrace.TraitAmount] = amount
	}
	if c.ExpectedCloseOn != nil {
		day := strings.TrimSpace(*c.ExpectedCloseOn)
		if day != "" {
			home, err := time.LoadLocation(r.engine.Playbook().Workspace.Timezone)
			if err != nil {
				return nil, &millrace.Error{Code: millrace.Internal, Op: op, Message: "the playbook's time zone can't be loaded", Err: err}
			}
			at, err := time.ParseInLocation(time.DateOnly, day, home)
			if err != nil {
				return nil, millrace.FieldErrorf(op, "expected_close_on", "%q is no day such as 2026-03-31", day)
			}
			day = at.Format(time.RFC3339)
		}
		out[traitExpectedClose] = day
	}
	return out, nil
}

// traitExpectedClose is when a deal is expected to close, RFC 3339, as imports name it.
const traitExpectedClose = "expected_close_at"
