package main

import (
	"strings"

	"millrace"
	"millrace/internal/app"
	"millrace/internal/cli"
	"millrace/internal/directory"
	"millrace/internal/engine"
	"millrace/internal/handoff"
)

type leadCmd struct {
	Accept  leadAcceptCmd  `cmd:"" help:"Take a lead or an account up for sales."`
	Reject  leadRejectCmd  `cmd:"" help:"Give it back, with one of the playbook's reasons."`
	Qualify leadQualifyCmd `cmd:"" help:"Make an SQL of it, with the evidence that the playbook asks for."`
	Assign  leadAssignCmd  `cmd:"" help:"Give one or several an owner."`
	Undo    leadUndoCmd    `cmd:"" help:"Take sales' latest decision back."`
}

// whom is what the acts on one lead share.
type whom struct {
	Who  string `arg:"" help:"A person or an account: an address, user id, domain, company name, record id, or an id as lists show it."`
	Note string `help:"What to remember of it."`
}

func (c whom) doing(s *cli.Session) engine.Doing {
	return engine.Doing{Who: c.Who, By: s.As, Note: c.Note}
}

type leadAcceptCmd struct {
	whom
	Owner string `help:"Who gets it when it has no owner." placeholder:"NAME"`
}

// Run accepts.
func (c *leadAcceptCmd) Run(s *cli.Session) error {
	return onLead(s, func(e *engine.Engine) (engine.Standing, error) { return e.Accept(s.Ctx, c.doing(s), c.Owner) })
}

type leadRejectCmd struct {
	whom
	Reason string `required:"" help:"The reason's id, such as not_now; a wrong one lists them."`
	To     string `enum:",nurture,disqualify" default:"" help:"nurture or disqualify; what the playbook says of the reason when not given."`
}

// Run rejects.
func (c *leadRejectCmd) Run(s *cli.Session) error {
	return onLead(s, func(e *engine.Engine) (engine.Standing, error) { return e.Reject(s.Ctx, c.doing(s), c.Reason, c.To) })
}

type leadQualifyCmd struct {
	whom
	Evidence map[string]string `short:"e" help:"What was found out, by field: -e budget=50k -e 'need=replaces three tools'." placeholder:"FIELD=TEXT" mapsep:"none"`
}

// Run qualifies.
func (c *leadQualifyCmd) Run(s *cli.Session) error {
	return onLead(s, func(e *engine.Engine) (engine.Standing, error) { return e.Qualify(s.Ctx, c.doing(s), c.Evidence) })
}

type leadUndoCmd struct{ whom }

// Run takes back.
func (c *leadUndoCmd) Run(s *cli.Session) error {
	return onLead(s, func(e *engine.Engine) (engine.Standing, error) { return e.Undo(s.Ctx, c.doing(s)) })
}

// onLead does one act and prints where the lead stands then.
func onLead(s *cli.Session, act func(e *engine.Engine) (engine.Standing, error)) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		st, err := act(w.Engine)
		if err != nil {
			return err
		}
		return s.Print(st, func() { printStanding(s, st) })
	})
}

func printStanding(s *cli.Session, st engine.Standing) {
	line := st.ID + ": " + st.Previous.String() + " → " + st.Stage.String()
	if st.CooldownUntil != 0 {
		line += ", in cool-down until " + st.CooldownUntil.String()
	}
	if st.Owner != "" {
		line += "; owner " + st.Owner
	}
	s.Say("%s.", line)
}

type leadAssignCmd struct {
	Who   []string `arg:"" help:"People or accounts: addresses, user ids, domains, company names, record ids, or ids as lists show them."`
	Owner string   `required:"" help:"Their owner from now on; '' for nobody." placeholder:"NAME"`
	Note  string   `help:"What to remember of it."`
}

// Run assigns.
func (c *leadAssignCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		all, err := w.Engine.Assign(s.Ctx, c.Who, c.Owner, s.As, c.Note, nil)
		if err != nil {
			return err
		}
		return s.Print(all, func() {
			for _, st := range all {
				s.Say("%s: owner %s.", st.ID, st.Owner)
			}
		})
	})
}

type opportunityCmd struct {
	Create opportunityCreateCmd `cmd:"" help:"Make an opportunity."`
	Move   opportunityMoveCmd   `cmd:"" help:"Move one to another stage, or change what is known of it; a CRM's keeps what is not named."`
	Close  opportunityCloseCmd  `cmd:"" help:"Close one as won or lost, with the reason."`
	Reopen opportunityReopenCmd `cmd:"" help:"Take a closing back."`
}

// dealFields are what can be said of an opportunity.
type dealFields struct {
	Amount  *string           `help:"A decimal in major units: 12500.50." placeholder:"AMOUNT"`
	Close   *string           `name:"close-on" help:"The day on which it should close." placeholder:"DAY"`
	Owner   *string           `help:"The rep." placeholder:"NAME"`
	Product *string           `help:"What it is about."`
	Contact map[string]string `help:"Someone's part in it: --contact anna@acme.com=champion; with nothing after = they are out." placeholder:"WHO=ROLE" mapsep:"none"`
}

func (f *dealFields) parts() (out []handoff.Part) {
	for who, role := range f.Contact {
		out = append(out, handoff.Part{Contact: who, Role: role})
	}
	return out
}

type opportunityCreateCmd struct {
	Name    string `arg:"" help:"What the deal is called."`
	Account string `required:"" help:"The company: an id, a domain, a record's id or a name, which may be new."`
	Stage   string `help:"Where it begins; the first stage when not given."`
	dealFields
}

// Run creates.
func (c *opportunityCreateCmd) Run(s *cli.Session) error {
	return onDeal(s, func(w *app.Workspace) (string, error) {
		o := handoff.Opportunity{Name: c.Name, Account: c.Account, Stage: c.Stage, Contacts: c.parts()}
		for to, from := range map[*string]*string{&o.Amount: c.Amount, &o.ExpectedCloseOn: c.Close, &o.Owner: c.Owner, &o.Product: c.Product} {
			if from != nil {
				*to = *from
			}
		}
		if stages, err := w.Directory.DealStages(s.Ctx); err != nil {
			return "", err
		} else if o.Stage == "" && len(stages) > 0 {
			o.Stage = stages[0]
		}
		return handoff.New(w.Engine).Create(s.Ctx, o, s.As)
	})
}

type opportunityMoveCmd struct {
	Which string  `arg:"" help:"The opportunity: its id or its record's."`
	Stage *string `arg:"" optional:"" help:"The stage that it is in now."`
	dealFields
}

// Run moves.
func (c *opportunityMoveCmd) Run(s *cli.Session) error {
	return onDeal(s, func(w *app.Workspace) (string, error) {
		return handoff.New(w.Engine).Change(s.Ctx, c.Which, handoff.Change{Stage: c.Stage, Amount: c.Amount, ExpectedCloseOn: c.Close, Owner: c.Owner, Product: c.Product,
			Contacts: c.parts()}, s.As)
	})
}

type opportunityCloseCmd struct {
	Which  string `arg:"" help:"The opportunity: its id or its record's."`
	Status string `arg:"" enum:"won,lost" help:"won or lost."`
	Reason string `required:"" help:"Why, in the team's own words."`
}

// Run closes.
func (c *opportunityCloseCmd) Run(s *cli.Session) error {
	return onDeal(s, func(w *app.Workspace) (string, error) {
		return handoff.New(w.Engine).Close(s.Ctx, c.Which, c.Status, c.Reason, handoff.Seen{}, s.As)
	})
}

type opportunityReopenCmd struct {
	Which string `arg:"" help:"The opportunity: its id or its record's."`
}

// Run reopens.
func (c *opportunityReopenCmd) Run(s *cli.Session) error {
	return onDeal(s, func(w *app.Workspace) (string, error) { return handoff.New(w.Engine).Reopen(s.Ctx, c.Which, s.As) })
}

// onDeal does one act and prints the opportunity as it is then.
func onDeal(s *cli.Session, act func(w *app.Workspace) (string, error)) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		id, err := act(w)
		if err != nil {
			return err
		}
		o, err := w.Directory.Opportunity(s.Ctx, id)
		if err != nil {
			return err
		}
		return s.Print(o, func() { printDeal(s, &o) })
	})
}

func printDeal(s *cli.Session, o *directory.OpportunityDetail) {
	account := ""
	if o.Account != nil {
		account = " with " + o.Account.Name
	}
	s.Say("%s %s%s: %s in %s, %s %s.", o.ID, o.Name, account, o.Status, o.Stage, o.Amount, o.Currency)
	for _, c := range o.Contacts {
		s.Say("  %s: %s", c.Contact.Name, c.Role)
	}
	if o.Status != millrace.OpportunityOpen.String() {
		reason, _ := o.Traits[handoff.TraitWinReason].(string)
		s.Say("  %s", strings.TrimSpace(o.LossReason+reason))
	}
}
