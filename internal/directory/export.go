package directory

import (
	"context"
	"iter"
	"strconv"

	"millrace"
)

// all walks a list page by page, by pages of the filter's limit or else the largest. Rows that are added or moved meanwhile may be missed;
// none comes twice unless it moved.
func all[F, T any](ctx context.Context, f F, paging func(*F) *Paging, list func(context.Context, F) (Page[T], error)) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if p := paging(&f); p.Limit == 0 {
			p.Limit = MaxLimit
		}
		for {
			p, err := list(ctx, f)
			if err != nil {
				var none T
				yield(none, err)
				return
			}
			for _, r := range p.Data {
				if !yield(r, nil) {
					return
				}
			}
			if p.NextCursor == "" {
				return
			}
			paging(&f).Cursor = p.NextCursor
		}
	}
}

// walkable refuses orders that would sort a whole table for each page of an export, unless the caller has said how many rows a page has
// and so knows of pages.
func walkable(op, sort string, limit int, orders []order) error {
	o, err := pick(op, sort, orders)
	if err == nil && !o.indexed && limit == 0 {
		err = millrace.FieldErrorf(op, "sort", "a whole list can't be walked by %s, which no index keeps: leave sort out, or set a limit", o.name)
	}
	return err
}

func failed[T any](err error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		var none T
		yield(none, err)
	}
}

// AllContacts walks all contacts of the filter. Without a limit or ids, sorts that no index serves are refused as Invalid.
func (d *Directory) AllContacts(ctx context.Context, f ContactFilter) iter.Seq2[Contact, error] {
	if err := walkable("directory.AllContacts", f.Sort, f.Limit, contactOrders()); err != nil && !f.byRank() && f.IDs == nil {
		return failed[Contact](err)
	}
	return all(ctx, f, func(f *ContactFilter) *Paging { return &f.Paging }, d.Contacts)
}

// byRank says whether the order by intent is one that an index serves.
func (f *ContactFilter) byRank() bool {
	return f.Sort == "intent" && (f.Fit != nil && *f.Fit || f.Stage != "" && f.Stage != millrace.StageLead.String())
}

// AllLeads walks the people who fit, by intent.
func (d *Directory) AllLeads(ctx context.Context, f ContactFilter) iter.Seq2[Contact, error] {
	f = f.leads()
	if !f.byRank() && f.IDs == nil {
		if err := walkable("directory.AllLeads", f.Sort, f.Limit, contactOrders()); err != nil {
			return failed[Contact](err)
		}
	}
	return all(ctx, f, func(f *ContactFilter) *Paging { return &f.Paging }, d.Leads)
}

// AllAccounts walks all accounts of the filter. Without a limit or ids, sorts that no index serves are refused as Invalid.
func (d *Directory) AllAccounts(ctx context.Context, f AccountFilter) iter.Seq2[Account, error] {
	if err := walkable("directory.AllAccounts", f.Sort, f.Limit, accountOrders()); err != nil && f.IDs == nil {
		return failed[Account](err)
	}
	return all(ctx, f, func(f *AccountFilter) *Paging { return &f.Paging }, d.Accounts)
}

// AllOpportunities walks all opportunities of the filter.
func (d *Directory) AllOpportunities(ctx context.Context, f OpportunityFilter) iter.Seq2[Opportunity, error] {
	return all(ctx, f, func(f *OpportunityFilter) *Paging { return &f.Paging }, d.Opportunities)
}

// AllEvents walks the log from its end.
func (d *Directory) AllEvents(ctx context.Context, f EventFilter) iter.Seq2[Event, error] {
	return all(ctx, f, func(f *EventFilter) *Paging { return &f.Paging }, d.Events)
}

// AllTimeline walks the facts about a contact or an account.
func (d *Directory) AllTimeline(ctx context.Context, who string, f TimelineFilter) iter.Seq2[Event, error] {
	return all(ctx, f, func(f *TimelineFilter) *Paging { return &f.Paging }, func(ctx context.Context, f TimelineFilter) (Page[Event], error) {
		return d.Timeline(ctx, who, f)
	})
}

// Cells turns records into rows of cells, for CSV.
func Cells[T interface{ Cells() []string }](records iter.Seq2[T, error]) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		for r, err := range records {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(r.Cells(), nil) {
				return
			}
		}
	}
}

func (r *Ref) cells() (id, name string) {
	if r == nil {
		return "", ""
	}
	return r.ID, r.Name
}

// ContactColumns is the header of an export of contacts.
func ContactColumns() []string {
	return []string{"id", "email", "name", "first_name", "last_name", "title", "department", "seniority", "country", "company", "owner", "role", "account_id",
		"account", "intent", "fit", "grade", "icp", "fit_points", "stage", "stage_at", "first_seen_at", "last_seen_at", "scored_at"}
}

// Cells is the contact as a row under ContactColumns.
func (c Contact) Cells() []string {
	id, name := c.Account.cells()
	return []string{c.ID, c.Email, c.Name, c.FirstName, c.LastName, c.Title, c.Department, c.Seniority, c.Country, c.Company, c.Owner, c.Role, id, name,
		c.Intent, strconv.FormatBool(c.Fit), c.Grade, c.ICP, strconv.Itoa(c.FitPoints), c.Stage, c.StageAt.String(), c.FirstSeenAt.String(), c.LastSeenAt.String(),
		c.ScoredAt.String()}
}

// AccountColumns is the header of an export of accounts.
func AccountColumns() []string {
	return []string{"id", "name", "domain", "industry", "employees", "revenue", "country", "city", "parent", "owner", "people", "intent", "fit", "grade", "icp",
		"fit_points", "roles_engaged", "stage", "stage_at", "last_seen_at", "open", "won", "lost"}
}

// Cells is the account as a row under AccountColumns.
func (a Account) Cells() []string {
	return []string{a.ID, a.Name, a.Domain, a.Industry, known(float64(a.Employees)), known(a.Revenue), a.Country, a.City, a.Parent, a.Owner, number(a.People), a.Intent,
		strconv.FormatBool(a.Fit), a.Grade, a.ICP, strconv.Itoa(a.FitPoints), strconv.Itoa(a.RolesEngaged), a.Stage, a.StageAt.String(), a.LastSeenAt.String(),
		number(a.Open), number(a.Won), number(a.Lost)}
}

// known is a figure, empty for 0.
func known(f float64) string {
	if f == 0 {
		return ""
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

// OpportunityColumns is the header of an export of opportunities.
func OpportunityColumns() []string {
	return []string{"id", "external_id", "name", "account_id", "account", "amount", "currency", "stage", "status", "opened_at", "closed_at", "undated", "owner",
		"product", "loss_reason"}
}

// Cells is the opportunity as a row under OpportunityColumns.
func (o Opportunity) Cells() []string {
	id, name := o.Account.cells()
	return []string{o.ID, o.ExternalID, o.Name, id, name, o.Amount, o.Currency, o.Stage, o.Status, o.OpenedAt.String(), o.ClosedAt.String(),
		strconv.FormatBool(o.Undated), o.Owner, o.Product, o.LossReason}
}

// EventColumns is the header of an export of events.
func EventColumns() []string {
	return []string{"position", "kind", "name", "place", "occurred_at", "recorded_at", "received_at", "source", "import", "flags", "contact_id", "contact",
		"account_id", "account", "data", "context"}
}

// Cells is the event as a row under EventColumns.
func (e Event) Cells() []string {
	contactID, contact := e.Contact.cells()
	accountID, account := e.Account.cells()
	flags := ""
	for i, f := range e.Flags {
		if i > 0 {
			flags += " "
		}
		flags += f
	}
	return []string{number(e.Position), e.Kind, e.Name, e.Place, e.OccurredAt.String(), e.RecordedAt.String(), e.ReceivedAt.String(), e.Source, number(e.Import),
		flags, contactID, contact, accountID, account, string(e.Data), string(e.Context)}
}
