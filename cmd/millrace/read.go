package main

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"millrace/internal/app"
	"millrace/internal/cli"
	"millrace/internal/directory"
	"millrace/internal/engine"
)

type statsCmd struct{}

// Run prints the workspace's figures.
func (c *statsCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		if _, err := w.Engine.Sweep(s.Ctx, w.Engine.Now()); err != nil {
			return err
		}
		st, err := w.Directory.Stats(s.Ctx)
		if err != nil {
			return err
		}
		return s.Print(st, func() {
			s.Say("%d accounts, %d contacts, %d events; %d contacts are MQL, %d accounts MQA.", st.Accounts, st.Contacts, st.Events, st.MQL, st.MQA)
			o := st.Opportunities
			s.Say("%d opportunities: %d open, %d won, %d lost; won %s %s.", o.Total, o.Open, o.Won, o.Lost, o.WonAmount, o.Currency)
			if spent := amounts(st.Spend); spent != "" {
				s.Say("spent %s.", spent)
			}
			for _, reason := range slices.Sorted(maps.Keys(st.Dropped)) {
				s.Say("dropped as %s: %d", reason, st.Dropped[reason])
			}
		})
	})
}

// amounts lists amounts by currency.
func amounts(by map[string]string) string {
	var parts []string
	for _, currency := range slices.Sorted(maps.Keys(by)) {
		parts = append(parts, strings.TrimSpace(by[currency]+" "+currency))
	}
	return strings.Join(parts, ", ")
}

type accountsCmd struct {
	cli.Listing
	Q     string `help:"Beginning of the name or domain."`
	Stage string `help:"lead, mql (that is MQA), opportunity …"`
	Fit   *bool  `help:"Only those that fit, or with --no-fit those that don't." negatable:""`
	Sort  string `help:"intent, name, newest or last_seen." default:"intent"`
}

// Run lists accounts.
func (c *accountsCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		rows := w.Directory.AllAccounts(s.Ctx, directory.AccountFilter{Q: c.Q, Stage: c.Stage, Fit: c.Fit, Sort: c.Sort, Paging: page(c.Listing)})
		return cli.List(s, w, c.Listing, "accounts", rows, directory.AccountColumns(), []string{"ID", "NAME", "FIT", "INTENT", "STAGE", "PEOPLE", "ROLES", "DEALS"}, func(a directory.Account) []string {
			return []string{a.ID, a.Name, fit(a.Fit, a.Grade), a.Intent, a.Stage, fmt.Sprint(a.People), fmt.Sprint(a.RolesEngaged),
				fmt.Sprintf("%d open, %d won, %d lost", a.Open, a.Won, a.Lost)}
		})
	})
}

// page asks for pages no larger than what is listed.
func page(l cli.Listing) directory.Paging {
	if l.Limit > 0 && l.Format == "" {
		return directory.Paging{Limit: min(l.Limit, directory.MaxLimit)}
	}
	return directory.Paging{Limit: directory.MaxLimit}
}

func fit(ok bool, grade string) string {
	if ok {
		return "yes " + grade
	}
	return "no " + grade
}

type contactsCmd struct {
	cli.Listing
	Q       string `help:"Beginning of the name or address."`
	Stage   string `help:"lead, mql, accepted, sql, opportunity, customer, recycled or disqualified."`
	Account string `help:"An account's id, acc_12."`
	Sort    string `help:"newest, name, email, intent or last_seen." default:"newest"`
}

// Run lists contacts.
func (c *contactsCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		rows := w.Directory.AllContacts(s.Ctx, directory.ContactFilter{Q: c.Q, Stage: c.Stage, Account: c.Account, Sort: c.Sort, Paging: page(c.Listing)})
		return cli.List(s, w, c.Listing, "contacts", rows, directory.ContactColumns(), contactHeader, contactLine)
	})
}

type leadsCmd struct {
	cli.Listing
	Stage     string   `help:"Only leads in this stage, such as mql."`
	Owner     string   `help:"Only leads of this owner."`
	MinIntent *float64 `help:"Only leads with at least so many points."`
	Waiting   bool     `help:"The longest in their stage first, in place of the hottest; give --stage with it."`
}

// Run lists leads.
func (c *leadsCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		f := directory.ContactFilter{Stage: c.Stage, Owner: c.Owner, MinIntent: c.MinIntent, Paging: page(c.Listing)}
		if c.Waiting {
			f.Sort = "stage_at"
		}
		rows := w.Directory.AllLeads(s.Ctx, f)
		return cli.List(s, w, c.Listing, "leads", rows, directory.ContactColumns(), append(slices.Clone(contactHeader), "OWNER", "WHY"), func(c directory.Contact) []string {
			return append(contactLine(c), c.Owner, strings.Join(c.Reasons, ". "))
		})
	})
}

var contactHeader = []string{"ID", "NAME", "EMAIL", "TITLE", "ACCOUNT", "FIT", "INTENT", "STAGE"}

func contactLine(c directory.Contact) []string {
	account := ""
	if c.Account != nil {
		account = c.Account.Name
	}
	return []string{c.ID, c.Name, c.Email, c.Title, account, fit(c.Fit, c.Grade), c.Intent, c.Stage}
}

type opportunitiesCmd struct {
	cli.Listing
	Status string `help:"open, won or lost."`
	Owner  string `help:"The rep, as the source names them."`
}

// Run lists opportunities.
func (c *opportunitiesCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		rows := w.Directory.AllOpportunities(s.Ctx, directory.OpportunityFilter{Status: c.Status, Owner: c.Owner, Paging: page(c.Listing)})
		return cli.List(s, w, c.Listing, "opportunities", rows, directory.OpportunityColumns(), []string{"ID", "NAME", "ACCOUNT", "STAGE", "STATUS", "AMOUNT", "OWNER"}, func(o directory.Opportunity) []string {
			account := ""
			if o.Account != nil {
				account = o.Account.Name
			}
			return []string{o.ID, o.Name, account, o.Stage, o.Status, o.Amount + " " + o.Currency, o.Owner}
		})
	})
}

type spendCmd struct {
	cli.Listing
	Channel  string `help:"As the source names it."`
	Campaign string `help:"The campaign's name."`
	Platform string `help:"google_ads, linkedin_ads, meta_ads, microsoft_ads, or what the file says."`
	From     string `help:"Costs that fall on this day or later." placeholder:"DAY"`
	To       string `help:"Costs that fall on this day or earlier." placeholder:"DAY"`
}

// Run lists costs.
func (c *spendCmd) Run(s *cli.Session) error {
	return s.WithWorkspace(func(w *app.Workspace) error {
		rows := w.Directory.AllSpend(s.Ctx, directory.SpendFilter{Channel: c.Channel, Campaign: c.Campaign, Platform: c.Platform, From: c.From, To: c.To, Paging: page(c.Listing)})
		return cli.List(s, w, c.Listing, "spend", rows, directory.SpendColumns(), []string{"DAYS", "PLATFORM", "CHANNEL", "CAMPAIGN", "CATEGORY", "AMOUNT", "IMPRESSIONS", "CLICKS"}, func(x directory.Spend) []string {
			days := x.From
			if x.To != x.From {
				days += " to " + x.To
			}
			return []string{days, x.Platform, x.Channel, x.Campaign, x.Category, x.Amount + " " + x.Currency, fmt.Sprint(x.Impressions), fmt.Sprint(x.Clicks)}
		})
	})
}

type explainCmd struct {
	Who     string `arg:"" help:"An address, user id, domain, company name, record id, or an id as lists show it."`
	AsOf    string `name:"as-of" help:"A past moment, RFC 3339 or 2026-03-14: facts that occurred by then, the playbook of then, today's knowledge." placeholder:"T"`
	KnownAt string `name:"known-at" help:"Only facts and corrections that the log held then." placeholder:"T"`
}

// Run explains a score.
func (c *explainCmd) Run(s *cli.Session) error {
	asOf, err := cli.Moment("as-of", c.AsOf)
	if err != nil {
		return err
	}
	knownAt, err := cli.Moment("known-at", c.KnownAt)
	if err != nil {
		return err
	}
	return s.WithWorkspace(func(w *app.Workspace) error {
		x, err := w.Engine.Explain(s.Ctx, c.Who, engine.AsOf{At: asOf, KnownAt: knownAt})
		if err != nil {
			return err
		}
		return s.Print(x, func() { printExplanation(s, &x) })
	})
}

func printExplanation(s *cli.Session, x *engine.Explanation) {
	s.Say("%s", x.Sentence)
	s.Say("As of %s under playbook %s.", x.Clock, x.Playbook)
	s.Say("\nFit: %d of %d points (needs %d)", x.Fit.Points, x.Fit.Max, x.Fit.Threshold)
	var rows [][]string
	for _, c := range x.Fit.Criteria {
		rows = append(rows, []string{"  " + c.ID, c.Kind, fmt.Sprintf("%d of %d", c.Points, c.Max), c.Why})
	}
	s.Table([]string{"  CRITERION", "KIND", "POINTS", "WHY"}, rows)
	s.Say("\nIntent: %s points (needs %d; half-life %g days)", x.Intent.Points, x.Intent.Threshold, x.Intent.HalfLifeDays)
	rows = nil
	for _, l := range x.Intent.Lines {
		rows = append(rows, []string{"  " + l.OccurredAt.Std().Format("2006-01-02 15:04"), l.Label, l.What, strconv.Itoa(l.Raw), strconv.Itoa(l.Counted), l.Why,
			fmt.Sprintf("%.4f", l.Weight), l.Points})
	}
	s.Table([]string{"  WHEN", "RULE", "WHAT", "RAW", "COUNTED", "", "WEIGHT", "POINTS"}, rows)
	if len(x.Committee) > 0 {
		s.Say("\nCommittee:")
		rows = nil
		for _, r := range x.Committee {
			rows = append(rows, []string{"  " + r.Role, strconv.Itoa(r.People) + " people", map[bool]string{true: "engaged", false: "not engaged"}[r.Engaged]})
		}
		s.Table([]string{"  ROLE", "", ""}, rows)
	}
	for _, d := range x.Decisions {
		s.Say("%s  %s → %s: %s", d.At, d.Previous, d.Stage, d.Reason)
	}
}
