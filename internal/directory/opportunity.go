package directory

import (
	"context"
	"database/sql"
	"encoding/json"
	"slices"
	"strconv"

	"millrace"
	"millrace/internal/db"
	"millrace/internal/engine"
)

// Opportunity is a deal as lists show it.
type Opportunity struct {
	ID         string        `json:"id" doc:"opp_ and a number"`
	ExternalID string        `json:"external_id" doc:"The record's id in the system that it came from, which stands in front of it: hubspot:1042"`
	Name       string        `json:"name"`
	Account    *Ref          `json:"account,omitempty"`
	Amount     string        `json:"amount" doc:"A decimal in major units"`
	Currency   string        `json:"currency" doc:"ISO 4217"`
	Stage      string        `json:"stage" doc:"The source's own word"`
	Status     string        `json:"status" enum:"open,won,lost"`
	OpenedAt   millrace.Time `json:"opened_at"`
	ClosedAt   millrace.Time `json:"closed_at"`
	Undated    bool          `json:"undated" doc:"No record of it has a date: it stays out of cohorts"`
	Owner      string        `json:"owner"`
	Product    string        `json:"product"`
	LossReason string        `json:"loss_reason"`
}

// OpportunityFilter says which opportunities, in which order. Zero values don't filter. Every text but Q compares exactly.
type OpportunityFilter struct {
	Paging
	IDs      []string // public ids; nil: whichever it is
	Sort     string   // opened_at (default), closed_at, amount (minor units, whatever the currency), name, newest
	Q        string   // the beginning of the name; A to Z in either case
	Status   string   // open, won or lost
	Stage    string   // the source's own word
	Account  string   // an account's public id
	Owner    string
	Product  string
	Currency string
}

const opportunityColumns = `o.id, coalesce(i.value, ''), o.name, o.account, coalesce(a.name, ''), o.amount, o.currency, o.stage, o.status, o.opened_at, o.closed_at,
	o.undated, o.owner, o.product, o.loss_reason`

const opportunityFrom = "opportunity o left join account a on a.id = o.account left join identifier i on i.id = o.id"

func opportunityOrders() []order {
	by := func(name, key string, desc bool) order {
		return order{name: name, indexed: true, phases: []phase{{from: opportunityFrom, key: key, id: "o.id", desc: desc}}}
	}
	named := by("name", "substr(lower(o.name), 1, 200)", false)
	named.phases[0].text = true
	return []order{by("opened_at", "o.opened_at", true), by("closed_at", "o.closed_at", true), by("amount", "o.amount", true), named, by("newest", "", true)}
}

func (f *OpportunityFilter) listing(op string) (*listing, error) {
	if err := checked(op, [2]string{"q", f.Q}, [2]string{"stage", f.Stage}, [2]string{"owner", f.Owner}, [2]string{"product", f.Product},
		[2]string{"currency", f.Currency}); err != nil {
		return nil, err
	}
	o, err := pick(op, f.Sort, opportunityOrders())
	if err != nil {
		return nil, err
	}
	l := &listing{op: op, name: "directory.opportunities", columns: opportunityColumns, order: o, paging: f.Paging,
		fromFew: opportunityFrom, joinFew: "o.id = m.id"}
	if err := l.among(f.IDs, engine.OpportunityPrefix, "o.id", "opportunity"); err != nil {
		return nil, err
	}
	if f.Account != "" {
		id, ok := publicID(f.Account, engine.AccountPrefix)
		if !ok {
			return nil, millrace.FieldErrorf(op, "account", "%q is no account's id such as acc_12", f.Account)
		}
		l.conds = append(l.conds, is("o.account", id))
		l.selective = append(l.selective, func(t *text) string { return "select id from opportunity where account = " + t.arg(id) })
	}
	if q := folded(f.Q); q != "" {
		l.conds = append(l.conds, startsWith("substr(lower(o.name), 1, 200)", q))
		l.selective = append(l.selective, func(t *text) string {
			return "select id from opportunity where " + startsWith("substr(lower(name), 1, 200)", q)(t)
		})
	}
	if f.Status != "" {
		status, ok := statuses[f.Status]
		if !ok {
			return nil, millrace.FieldErrorf(op, "status", "%q is none of open, won and lost", f.Status)
		}
		l.conds = append(l.conds, is("o.status", int64(status)))
		l.selective = append(l.selective, func(t *text) string { return "select id from opportunity where status = " + t.arg(int64(status)) })
	}
	for _, x := range [...][2]string{{"stage", f.Stage}, {"owner", f.Owner}, {"product", f.Product}, {"currency", f.Currency}} {
		if x[1] != "" {
			l.conds = append(l.conds, is("o."+x[0], x[1]))
		}
	}
	return l, nil
}

var statuses = map[string]millrace.OpportunityStatus{"open": millrace.OpportunityOpen, "won": millrace.OpportunityWon, "lost": millrace.OpportunityLost}

func opportunityRow() ([]any, func() Opportunity) {
	var o Opportunity
	var id, account, amount int64
	var external, name string
	var status millrace.OpportunityStatus
	return []any{&id, &external, &o.Name, &account, &name, &amount, &o.Currency, &o.Stage, (*uint8)(&status), (*int64)(&o.OpenedAt), (*int64)(&o.ClosedAt),
			&o.Undated, &o.Owner, &o.Product, &o.LossReason}, func() Opportunity {
			o.ID, o.ExternalID, o.Status = engine.OpportunityID(id), identifierOf(external).Value, status.String()
			o.Amount = millrace.Money{Minor: amount, Currency: o.Currency}.Decimal()
			if account != 0 {
				o.Account = &Ref{engine.AccountID(account), name}
			}
			return o
		}
}

// Opportunities lists opportunities. All sorts are served by indexes. Errors are Invalid and name the field.
func (d *Directory) Opportunities(ctx context.Context, f OpportunityFilter) (out Page[Opportunity], err error) {
	err = d.read(ctx, func(v *view) error {
		l, err := f.listing("directory.Opportunities")
		if err != nil {
			return err
		}
		out, err = page(ctx, v.q, l, opportunityRow)
		return err
	})
	return out, err
}

// StageEntered is a step of a deal by the source's own words.
type StageEntered struct {
	Stage string        `json:"stage"`
	At    millrace.Time `json:"at"`
	By    string        `json:"by,omitempty" doc:"Who moved it, where it was moved here"`
}

// ContactRole is a person whom a deal names, and as what.
type ContactRole struct {
	Contact Ref    `json:"contact"`
	Role    string `json:"role"`
}

// OpportunityDetail is everything known of a deal.
type OpportunityDetail struct {
	Opportunity
	Stages   []StageEntered `json:"stages"`
	Contacts []ContactRole  `json:"contacts"`
	Traits   map[string]any `json:"traits" doc:"What the source's record says beside the fields above"`
}

// Opportunity gives one opportunity by its public id or the id of its record. NotFound otherwise.
func (d *Directory) Opportunity(ctx context.Context, who string) (out OpportunityDetail, err error) {
	const op = "directory.Opportunity"
	err = d.read(ctx, func(v *view) error {
		id, err := v.find(ctx, op, who, opportunities)
		if err != nil {
			return err
		}
		into, done := opportunityRow()
		var traits string
		found, err := db.One(ctx, v.q, append(into, &traits), "/* directory.opportunity */ select "+opportunityColumns+", o.traits from "+opportunityFrom+" where o.id = $1", id)
		if err != nil {
			return err
		}
		if !found {
			return millrace.Errorf(millrace.NotFound, op, "no opportunity is known as %q", who)
		}
		out.Opportunity = done()
		if out.Traits, err = traitValues(traits); err != nil {
			return err
		}
		out.Stages = stagesOf(out.Traits)
		out.Contacts, err = v.contactRoles(ctx, out.Traits)
		for _, k := range [...]string{millrace.TraitStages, millrace.TraitContacts, millrace.TraitName, millrace.TraitAmount, millrace.TraitCurrency, millrace.TraitStage,
			millrace.TraitStatus, millrace.TraitOpenedAt, millrace.TraitClosedAt, millrace.TraitOwner, millrace.TraitProduct, millrace.TraitLossReason} {
			delete(out.Traits, k)
		}
		return err
	})
	return out, err
}

// again reads a trait into a type of its own; what has another shape is left out.
func again[T any](traits map[string]any, name string) (out T) {
	b, err := json.Marshal(traits[name])
	if err != nil {
		return out
	}
	var v T
	if json.Unmarshal(b, &v) != nil {
		return out
	}
	return v
}

func stagesOf(traits map[string]any) []StageEntered {
	out := again[[]StageEntered](traits, millrace.TraitStages)
	if out == nil {
		out = []StageEntered{}
	}
	return out
}

// contactRoles names the people of a deal whom the directory knows; the engine keeps their identifiers.
func (v *view) contactRoles(ctx context.Context, traits map[string]any) ([]ContactRole, error) {
	out := []ContactRole{}
	type role struct {
		Contact int64  `json:"contact"`
		Role    string `json:"role"`
		At      string `json:"at"` // of a role given here
	}
	stored := again[[]role](traits, millrace.TraitContacts)
	ids := make([]int64, len(stored))
	for i, r := range stored {
		ids[i] = r.Contact
	}
	found := map[int64]Ref{}
	err := db.SelectIn(ctx, v.q, `/* directory.roles */ select i.id, c.id, c.name, c.email from identifier i left join resolved r on r.id = i.id
		join contact c on c.id = coalesce(r.entity, i.id) where %s`, "i.id", ids, func(rows *sql.Rows) error {
		var id, contact int64
		var name, email string
		err := rows.Scan(&id, &contact, &name, &email)
		if name == "" {
			name = email
		}
		found[id] = Ref{engine.ContactID(contact), name}
		return err
	})
	latest := map[string]string{} // contact → when a role was given here last: that one holds, and none where it is empty
	for _, r := range stored {
		if ref, ok := found[r.Contact]; ok {
			latest[ref.ID] = max(latest[ref.ID], r.At)
		}
	}
	for _, r := range stored {
		ref, ok := found[r.Contact]
		if held := (ContactRole{ref, r.Role}); ok && r.At == latest[ref.ID] && (r.At == "" || r.Role != "") && !slices.Contains(out, held) {
			out = append(out, held)
		}
	}
	return out, err
}

func number(n int64) string { return strconv.FormatInt(n, 10) }
