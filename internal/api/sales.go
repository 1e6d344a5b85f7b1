package api

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"millrace/internal/access"
	"millrace/internal/directory"
	"millrace/internal/engine"
	"millrace/internal/handoff"
	"millrace/internal/playbook"
)

// salesRoutes are what sales does with leads and opportunities, and what it needs to know for that.
func (a *API) salesRoutes() []route {
	const get, post, patch = http.MethodGet, http.MethodPost, http.MethodPatch
	const read, sales = access.ScopeRead, access.ScopeSales
	return []route{
		{post, "/api/v1/leads/{id}/accept", sales, "accept-lead", "Sales", "Take a lead or an account up", typedRoute(a, a.acceptLead)},
		{post, "/api/v1/leads/{id}/reject", sales, "reject-lead", "Sales", "Give a lead or an account back, with a reason", typedRoute(a, a.rejectLead)},
		{post, "/api/v1/leads/{id}/qualify", sales, "qualify-lead", "Sales", "Make an SQL of it, with the evidence that the playbook asks for", typedRoute(a, a.qualifyLead)},
		{post, "/api/v1/leads/{id}/undo", sales, "undo-lead", "Sales", "Take sales' latest decision back", typedRoute(a, a.undoLead)},
		{post, "/api/v1/leads/{id}/assign", sales, "assign-lead", "Sales", "Give a lead or an account an owner", typedRoute(a, a.assignLead)},
		{post, "/api/v1/leads/assign", sales, "assign-leads", "Sales", "Give several an owner: all of them or, on an error, none", typedRoute(a, a.assignLeads)},
		{get, "/api/v1/leads/{id}/questions", read, "list-questions", "Sales", "What a lead's company asked, said or searched for that our content does not answer", typedRoute(a, a.questions)},
		{get, "/api/v1/sales/options", read, "get-sales-options", "Sales", "Reasons, evidence, owners and stages to choose from", typedRoute(a, a.salesOptions)},
		{post, "/api/v1/opportunities", sales, "create-opportunity", "Opportunities", "Make an opportunity", typedRoute(a, a.createOpportunity)},
		{patch, "/api/v1/opportunities/{id}", sales, "change-opportunity", "Opportunities", "Move or change an opportunity; a CRM's keeps what is not named", typedRoute(a, a.changeOpportunity)},
		{post, "/api/v1/opportunities/{id}/close", sales, "close-opportunity", "Opportunities", "Close as won or lost, with the reason", typedRoute(a, a.closeOpportunity)},
		{post, "/api/v1/opportunities/{id}/reopen", sales, "reopen-opportunity", "Opportunities", "Take a closing back", typedRoute(a, a.reopenOpportunity)},
	}
}

// Whom is the path's part of an act.
type Whom struct {
	ID string `path:"id" maxLength:"300" doc:"The id, or an address, a domain, a name, a record's id"`
}

// actor is the name of who calls, as sales reads it.
func actor(ctx context.Context) string { return access.ActorOf(ctx).Name }

// Acting is what every act on a lead takes.
type Acting struct {
	Note string `json:"note,omitempty" maxLength:"4000"`
	Saw  *int64 `json:"saw_position,omitempty" doc:"stage_position as the form showed it: 409 when another decision was made since"`
}

func (in Acting) doing(ctx context.Context, who string) engine.Doing {
	return engine.Doing{Who: who, By: actor(ctx), Note: strings.TrimSpace(in.Note), Saw: in.Saw}
}

func standing(s engine.Standing, err error) (*reply[engine.Standing], error) {
	return &reply[engine.Standing]{s}, err
}

type acceptLeadInput struct {
	Whom
	Body struct {
		Acting
		Owner *string `json:"owner,omitempty" maxLength:"300" doc:"Who gets it when it has no owner; the signed-in person by default"`
	}
}

func (a *API) acceptLead(ctx context.Context, in *acceptLeadInput) (*reply[engine.Standing], error) {
	owner := requesterOf(ctx).user.Name
	if in.Body.Owner != nil {
		owner = *in.Body.Owner
	}
	return standing(a.engine.Accept(ctx, in.Body.doing(ctx, in.ID), owner))
}

type rejectLeadInput struct {
	Whom
	Body struct {
		Acting
		Reason string `json:"reason" minLength:"1" maxLength:"64" doc:"One of the playbook's; see get-sales-options"`
		To     string `json:"to,omitempty" enum:"nurture,disqualify" doc:"What the playbook says of the reason by default"`
	}
}

func (a *API) rejectLead(ctx context.Context, in *rejectLeadInput) (*reply[engine.Standing], error) {
	return standing(a.engine.Reject(ctx, in.Body.doing(ctx, in.ID), in.Body.Reason, in.Body.To))
}

type qualifyLeadInput struct {
	Whom
	Body struct {
		Acting
		Evidence map[string]string `json:"evidence" doc:"What was found out, by the playbook's fields; all are needed"`
	}
}

func (a *API) qualifyLead(ctx context.Context, in *qualifyLeadInput) (*reply[engine.Standing], error) {
	return standing(a.engine.Qualify(ctx, in.Body.doing(ctx, in.ID), in.Body.Evidence))
}

type undoLeadInput struct {
	Whom
	Body struct{ Acting }
}

func (a *API) undoLead(ctx context.Context, in *undoLeadInput) (*reply[engine.Standing], error) {
	return standing(a.engine.Undo(ctx, in.Body.doing(ctx, in.ID)))
}

type assignLeadInput struct {
	Whom
	Body struct {
		Owner string  `json:"owner" maxLength:"300" doc:"Empty: nobody"`
		Note  string  `json:"note,omitempty" maxLength:"4000"`
		Saw   *string `json:"saw_owner,omitempty" doc:"The owner as the form showed it: 409 when it is another by now"`
	}
}

func (a *API) assignLead(ctx context.Context, in *assignLeadInput) (*reply[engine.Standing], error) {
	all, err := a.engine.Assign(ctx, []string{in.ID}, in.Body.Owner, actor(ctx), in.Body.Note, in.Body.Saw)
	if err != nil {
		return nil, err
	}
	return standing(all[0], nil)
}

type assignLeadsInput struct {
	Body struct {
		Leads []string `json:"leads" minItems:"1" maxItems:"1000" nullable:"false"`
		Owner string   `json:"owner" maxLength:"300" doc:"Empty: nobody"`
		Note  string   `json:"note,omitempty" maxLength:"4000"`
	}
}

func (a *API) assignLeads(ctx context.Context, in *assignLeadsInput) (*reply[directory.Page[engine.Standing]], error) {
	all, err := a.engine.Assign(ctx, in.Body.Leads, in.Body.Owner, actor(ctx), in.Body.Note, nil)
	return whole(all), err
}

func (a *API) questions(ctx context.Context, in *idInput) (*reply[directory.Page[directory.Question]], error) {
	q, err := a.directory.Questions(ctx, in.ID)
	return whole(q), err
}

// optionsBody is what forms offer.
type optionsBody struct {
	RejectReasons []playbook.RejectReason `json:"reject_reasons"`
	Framework     string                  `json:"framework" doc:"By which leads are qualified"`
	Evidence      []playbook.Evidence     `json:"evidence" doc:"What must be recorded of an SQL; the question where the framework has one"`
	Owners        []string                `json:"owners" doc:"People who sign in, reps and owners of deals"`
	DealStages    []string                `json:"deal_stages" doc:"In the order in which deals go through them"`
	Currency      string                  `json:"currency"`
}

func (a *API) salesOptions(ctx context.Context, _ *struct{}) (*reply[optionsBody], error) {
	book := a.engine.Playbook()
	out := optionsBody{RejectReasons: book.Lifecycle.RejectReasons(), Framework: book.Lifecycle.SQL.Framework, Evidence: []playbook.Evidence{}, Currency: book.Workspace.Currency}
	framework, _ := playbook.FrameworkByName(out.Framework)
	for _, field := range book.Lifecycle.SQL.Evidence {
		e := playbook.Evidence{Name: field}
		if i := slices.IndexFunc(framework.Evidence, func(e playbook.Evidence) bool { return e.Name == field }); i >= 0 {
			e = framework.Evidence[i]
		}
		out.Evidence = append(out.Evidence, e)
	}
	people, err := a.people.List(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range people {
		if p.State == "active" && p.Role.Allows(access.ScopeSales) {
			out.Owners = append(out.Owners, p.Name)
		}
	}
	known, err := a.directory.Owners(ctx)
	if err != nil {
		return nil, err
	}
	out.Owners = append(out.Owners, known...)
	slices.Sort(out.Owners)
	out.Owners = slices.Compact(out.Owners)
	if out.Owners == nil {
		out.Owners = []string{}
	}
	out.DealStages, err = a.dealStages(ctx)
	return &reply[optionsBody]{out}, err
}

// dealStages are those that a deal can go through here.
func (a *API) dealStages(ctx context.Context) ([]string, error) {
	stages, err := a.directory.DealStages(ctx)
	if err != nil {
		return nil, err
	}
	return handoff.Stages(stages), nil
}

type createOpportunityInput struct {
	Body struct {
		Name            string         `json:"name" minLength:"1" maxLength:"300"`
		Account         string         `json:"account" minLength:"1" maxLength:"300" doc:"An id, a domain, a record's id or a name, which may be new"`
		Amount          string         `json:"amount,omitempty" doc:"A decimal in major units"`
		Currency        string         `json:"currency,omitempty" doc:"ISO 4217; the workspace's by default"`
		Stage           string         `json:"stage,omitempty" maxLength:"200" doc:"The first by default"`
		ExpectedCloseOn string         `json:"expected_close_on,omitempty" doc:"A day"`
		Owner           string         `json:"owner,omitempty" maxLength:"300" doc:"The signed-in person by default"`
		Product         string         `json:"product,omitempty" maxLength:"300"`
		Contacts        []handoff.Part `json:"contacts,omitempty" maxItems:"100" nullable:"false"`
	}
}

// opportunityAfter gives an opportunity as it stands after an act.
func (a *API) opportunityAfter(ctx context.Context, id string, err error) (*reply[directory.OpportunityDetail], error) {
	if err != nil {
		return nil, err
	}
	return a.opportunity(ctx, &idInput{id})
}

func (a *API) createOpportunity(ctx context.Context, in *createOpportunityInput) (*reply[directory.OpportunityDetail], error) {
	b := &in.Body
	if b.Owner == "" {
		b.Owner = requesterOf(ctx).user.Name
	}
	if b.Stage == "" {
		stages, err := a.dealStages(ctx)
		if err != nil {
			return nil, err
		}
		b.Stage = stages[0]
	}
	id, err := a.handoff.Create(ctx, handoff.Opportunity{Name: b.Name, Account: b.Account, Amount: b.Amount, Currency: b.Currency, Stage: b.Stage,
		ExpectedCloseOn: b.ExpectedCloseOn, Owner: b.Owner, Product: b.Product, Contacts: b.Contacts}, actor(ctx))
	return a.opportunityAfter(ctx, id, err)
}

type changeOpportunityInput struct {
	Whom
	Body struct {
		Name            *string        `json:"name,omitempty" maxLength:"300"`
		Amount          *string        `json:"amount,omitempty" doc:"A decimal in major units"`
		Currency        *string        `json:"currency,omitempty"`
		Stage           *string        `json:"stage,omitempty" maxLength:"200"`
		ExpectedCloseOn *string        `json:"expected_close_on,omitempty" doc:"A day; empty takes it away"`
		Owner           *string        `json:"owner,omitempty" maxLength:"300"`
		Product         *string        `json:"product,omitempty" maxLength:"300"`
		Contacts        []handoff.Part `json:"contacts,omitempty" maxItems:"100" nullable:"false" doc:"Parts in the deal that are different now"`
		Saw             handoff.Seen   `json:"saw,omitempty" doc:"What of it the form showed: 409 when that is something else by now"`
	}
}

func (a *API) changeOpportunity(ctx context.Context, in *changeOpportunityInput) (*reply[directory.OpportunityDetail], error) {
	b := &in.Body
	id, err := a.handoff.Change(ctx, in.ID, handoff.Change{Name: b.Name, Amount: b.Amount, Currency: b.Currency, Stage: b.Stage, ExpectedCloseOn: b.ExpectedCloseOn,
		Owner: b.Owner, Product: b.Product, Contacts: b.Contacts, Saw: b.Saw}, actor(ctx))
	return a.opportunityAfter(ctx, id, err)
}

type closeOpportunityInput struct {
	Whom
	Body struct {
		Status string       `json:"status" enum:"won,lost"`
		Reason string       `json:"reason" minLength:"1" maxLength:"1000"`
		Saw    handoff.Seen `json:"saw,omitempty" doc:"What of it the form showed: 409 when that is something else by now"`
	}
}

func (a *API) closeOpportunity(ctx context.Context, in *closeOpportunityInput) (*reply[directory.OpportunityDetail], error) {
	id, err := a.handoff.Close(ctx, in.ID, in.Body.Status, in.Body.Reason, in.Body.Saw, actor(ctx))
	return a.opportunityAfter(ctx, id, err)
}

func (a *API) reopenOpportunity(ctx context.Context, in *idInput) (*reply[directory.OpportunityDetail], error) {
	id, err := a.handoff.Reopen(ctx, in.ID, actor(ctx))
	return a.opportunityAfter(ctx, id, err)
}
