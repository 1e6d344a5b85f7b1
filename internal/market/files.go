package market

import (
	"bufio"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"
	"unicode/utf16"

	"millrace"
)

// Directory is where WriteFiles puts its files.
type Directory interface {
	// Create makes a file or empties it. Close reports what writing could not.
	Create(name string) (io.WriteCloser, error)
}

// WriteFiles writes the market as the files that a team would have on its last day, and the truth beside them:
//
//	accounts.csv                   HubSpot companies export
//	contacts.csv                   HubSpot contacts export
//	opportunities.csv              Salesforce opportunity report
//	opportunity_history.csv        Salesforce opportunity history report
//	opportunity_contact_roles.csv  Salesforce opportunities with contact roles
//	reps.csv, products.csv         as in Maven's files
//	events.csv                     the facts with one row each, retries included
//	events.ndjson                  the same as bodies of POST /v1/import, up to 100 facts a line
//	linkedin_ads.csv               LinkedIn Campaign Manager performance export (UTF-16, tabs, five lines before the header)
//	google_ads.csv                 Google Ads campaign report by day
//	spend.csv                      what all channels cost, by day and campaign
//	truth.json                     Truth
//
// Memory does not grow with the market, but for the truth's one entry an account. Errors are the directory's, wrapped.
func (m *Market) WriteFiles(dir Directory) error {
	t := m.count()
	rows := t.rows()
	for _, file := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"accounts.csv", m.writeAccounts},
		{"contacts.csv", m.writeContacts},
		{"opportunities.csv", m.writeOpportunities},
		{"opportunity_history.csv", m.writeHistory},
		{"opportunity_contact_roles.csv", m.writeRoles},
		{"reps.csv", m.writeReps},
		{"products.csv", m.writeProducts},
		{"events.csv", m.writeEvents},
		{"events.ndjson", m.writeBatches},
		{"linkedin_ads.csv", func(w io.Writer) error { return m.writeLinkedIn(w, rows) }},
		{"google_ads.csv", func(w io.Writer) error { return m.writeGoogle(w, rows) }},
		{"spend.csv", func(w io.Writer) error { return writeSpend(w, rows) }},
		{"truth.json", func(w io.Writer) error { return json.NewEncoder(w).Encode(t.truth) }},
	} {
		if err := writeFile(dir, file.name, file.write); err != nil {
			return fmt.Errorf("market.WriteFiles: %s: %w", file.name, err)
		}
	}
	return nil
}

func writeFile(dir Directory, name string, write func(io.Writer) error) error {
	w, err := dir.Create(name)
	if err != nil {
		return err
	}
	b := bufio.NewWriterSize(w, 1<<16)
	if err = write(b); err == nil {
		err = b.Flush()
	}
	if e := w.Close(); err == nil {
		err = e
	}
	return err
}

// table writes a CSV file of a header and rows; it stops at the first error.
func table(w io.Writer, header string, rows iter.Seq[[]string]) error {
	c := csv.NewWriter(w)
	if err := c.Write(strings.Split(header, ",")); err != nil {
		return err
	}
	for row := range rows {
		if err := c.Write(row); err != nil {
			return err
		}
	}
	c.Flush()
	return c.Error()
}

// moment is a time as HubSpot's exports write it; date is a day as Salesforce's reports do.
func moment(t millrace.Time) string {
	if t == 0 {
		return ""
	}
	return t.Std().Format("2006-01-02 15:04")
}

func date(t millrace.Time) string {
	if t == 0 {
		return ""
	}
	return t.Std().Format("1/2/2006")
}

// Accounts gives all companies as the CRM shows them on the last day, by index.
func (m *Market) Accounts() iter.Seq[Account] {
	return func(yield func(Account) bool) {
		var p plan
		for unit := range m.c.Accounts {
			m.plan(&p, unit)
			if !yield(m.accountNow(&p)) {
				return
			}
		}
	}
}

// accountNow is the account with what its deals made of it.
func (m *Market) accountNow(p *plan) Account {
	a := m.account(&p.firm)
	for i := range p.deals {
		o, ok := m.opportunity(p, &p.deals[i])
		if !ok {
			continue
		}
		a.ModifiedAt = max(a.ModifiedAt, o.ModifiedAt)
		switch {
		case o.Type == dealKinds[dealNew] && o.Status == millrace.OpportunityWon:
			a.Lifecycle = "Customer"
		case a.Lifecycle == "Lead" && o.Status == millrace.OpportunityOpen:
			a.Lifecycle = "Opportunity"
		}
	}
	return a
}

// Opportunities gives all deals of the CRM on the last day, by account.
func (m *Market) Opportunities() iter.Seq[Opportunity] {
	return func(yield func(Opportunity) bool) {
		var p plan
		for unit := range m.c.Accounts {
			m.plan(&p, unit)
			for i := range p.deals {
				if o, ok := m.opportunity(&p, &p.deals[i]); ok && !yield(o) {
					return
				}
			}
		}
	}
}

// Member is a person of an account with what the CRM makes of them.
type Member struct {
	Person
	Account    Account
	InCRM      bool
	Identified bool // by an own act among the facts
	CreatedAt  millrace.Time
	ModifiedAt millrace.Time
	Source     string // HubSpot's "Original Source"
	SourceNote string // and its drill-down
	Lifecycle  string
}

// People gives all people of all accounts, also those whom neither the CRM nor the facts know.
func (m *Market) People() iter.Seq[Member] {
	return func(yield func(Member) bool) {
		var (
			p    plan
			perf performance
		)
		for unit := range m.c.Accounts {
			m.plan(&p, unit)
			account := m.accountNow(&p)
			for j := range p.people {
				if !yield(m.member(&p, &perf, account, j)) {
					return
				}
			}
		}
	}
}

func (m *Market) member(p *plan, perf *performance, account Account, j int) Member {
	x := Member{Person: m.person(&p.firm, p.unit, j), Account: account, Lifecycle: "Subscriber", Source: "Offline Sources", SourceNote: "IMPORT"}
	for _, v := range p.visits {
		if int(v.person) != j {
			continue
		}
		steps, named := m.heard(perf, v)
		if !named {
			continue
		}
		last := steps[len(steps)-1].at
		if !x.Identified {
			x.Identified, x.CreatedAt, x.Lifecycle = true, last, "Lead"
			x.Source, x.SourceNote = originalSource(&m.ways[v.channel]), m.campaign(&m.ways[v.channel], v.at)
		}
		x.ModifiedAt = min(last, m.end-millrace.Minute)
	}
	x.InCRM = m.inCRM(p, j, x.Identified)
	if !x.Identified {
		x.CreatedAt = account.CreatedAt
	}
	x.ModifiedAt = max(x.ModifiedAt, x.CreatedAt)
	for i := range p.deals {
		dl := &p.deals[i]
		if j >= dl.contacts || dl.opened >= m.end-millrace.Hour {
			continue
		}
		x.CreatedAt, x.ModifiedAt = min(x.CreatedAt, dl.opened), max(x.ModifiedAt, min(dl.closed, m.end-millrace.Minute))
		if x.Lifecycle != "Customer" {
			x.Lifecycle = "Opportunity"
		}
		if dl.won && dl.closed < m.end {
			x.Lifecycle = "Customer"
		}
	}
	return x
}

// originalSource is HubSpot's name for where a contact came from.
func originalSource(w *way) string {
	switch {
	case w.Medium == "paid-social":
		return "Paid Social"
	case w.Medium == "cpc" || w.Medium == "display":
		return "Paid Search"
	case w.Mail:
		return "Email Marketing"
	case w.Source != "":
		return "Other Campaigns"
	case w.Referrer == "":
		return "Direct Traffic"
	case w.Referrer == "https://www.google.com/":
		return "Organic Search"
	}
	return "Referrals"
}

const accountColumns = "Record ID,Company name,Company Domain Name,Industry,Number of Employees,Annual Revenue,Year Founded,City,Country/Region," +
	"Web Technologies,Trigger Event,Trigger Date,Lifecycle Stage,Company owner,Create Date,Last Modified Date"

func (m *Market) writeAccounts(w io.Writer) error {
	return table(w, accountColumns, func(yield func([]string) bool) {
		for a := range m.Accounts() {
			employees := ""
			if a.Employees > 0 {
				employees = strconv.Itoa(a.Employees)
			}
			if !yield([]string{a.RecordID, a.Name, a.Domain, a.Industry, employees, strconv.FormatInt(a.Revenue, 10), strconv.Itoa(a.Founded),
				a.City, a.Country, strings.Join(a.Technologies, ";"), a.Trigger, moment(a.TriggerAt), a.Lifecycle, a.Owner,
				moment(a.CreatedAt), moment(a.ModifiedAt)}) {
				return
			}
		}
	})
}

const contactColumns = "Record ID,First Name,Last Name,Full Name,Job Title,Company Name,Email,Phone Number,Country/Region,City,Lead Status," +
	"Lifecycle Stage,Original Source,Original Source Drill-Down 1,Contact Owner,Create Date,Last Modified Date,Notes,Annual Revenue," +
	"Marketing contact status,GDPR consent,Lead Score"

// statuses are one status in the spellings that real exports hold.
var statuses = map[string][]string{"Subscriber": {"", "New", "NEW", "new"}, "Lead": {"Open", "OPEN", "In Progress", "in_progress"},
	"Opportunity": {"Open Deal", "OPEN_DEAL", "open deal"}, "Customer": {"Connected", "CONNECTED", ""}}

func (m *Market) writeContacts(w io.Writer) error {
	return table(w, contactColumns, func(yield func([]string) bool) {
		for x := range m.People() {
			if !x.InCRM {
				continue
			}
			h := m.key(streamRecord, x.AccountIndex, 8, x.Index)
			spelled := statuses[x.Lifecycle]
			again := h>>16%100 == 0 // about one in a hundred stands there twice, the second time in capitals
			consent, marketing := "No", "Non-marketing contact"
			if x.Identified {
				consent, marketing = "Yes", "Marketing contact"
			}
			row := []string{x.RecordID, x.FirstName, x.LastName, x.FirstName + " " + x.LastName, x.Title, x.Account.Name, x.Email, x.Phone,
				x.Account.Country, x.Account.City, spelled[h%uint64(len(spelled))], x.Lifecycle, x.Source, x.SourceNote, x.Account.Owner,
				moment(x.CreatedAt), moment(x.ModifiedAt), "", "", marketing, consent, ""}
			if !yield(row) {
				return
			}
			if again {
				row[0], row[6] = "4"+x.RecordID[1:], strings.ToUpper(x.Email)
				if !yield(row) {
					return
				}
			}
		}
	})
}

const opportunityColumns = "Opportunity ID,Opportunity Name,Account Name,Type,Stage,Amount,Amount Currency,Probability (%),Created Date,Close Date," +
	"Last Modified Date,Lead Source,Loss Reason,Product Name,Opportunity Owner"

func (m *Market) writeOpportunities(w io.Writer) error {
	return table(w, opportunityColumns, func(yield func([]string) bool) {
		for o := range m.Opportunities() {
			if !yield([]string{o.RecordID, o.Name, o.AccountName, o.Type, o.Stage, o.Amount.Decimal(), o.Amount.Currency,
				strconv.Itoa(o.Probability), date(o.OpenedAt), date(o.DueAt), date(o.ModifiedAt), o.LeadSource, o.LossReason, o.Product,
				o.Owner.Name}) {
				return
			}
		}
	})
}

func (m *Market) writeHistory(w io.Writer) error {
	return table(w, "Opportunity ID,Opportunity Name,From Stage,To Stage,Amount,Last Modified,Last Modified By", func(yield func([]string) bool) {
		for o := range m.Opportunities() {
			from := ""
			for _, s := range o.Stages {
				if !yield([]string{o.RecordID, o.Name, from, s.Stage, o.Amount.Decimal(), s.At.Std().Format("1/2/2006 3:04 PM"), o.Owner.Name}) {
					return
				}
				from = s.Stage
			}
		}
	})
}

func (m *Market) writeRoles(w io.Writer) error {
	return table(w, "Opportunity ID,Opportunity Name,Account Name,First Name,Last Name,Title,Email,Role,Primary", func(yield func([]string) bool) {
		for o := range m.Opportunities() {
			for _, c := range o.Contacts {
				primary := "0"
				if c.Primary {
					primary = "1"
				}
				if !yield([]string{o.RecordID, o.Name, o.AccountName, c.Person.FirstName, c.Person.LastName, c.Person.Title, c.Person.Email,
					c.Role, primary}) {
					return
				}
			}
		}
	})
}

func (m *Market) writeReps(w io.Writer) error {
	return table(w, "sales_agent,manager,regional_office", func(yield func([]string) bool) {
		for _, r := range m.Reps() {
			if !yield([]string{r.Name, r.Manager, r.Region}) {
				return
			}
		}
	})
}

func (m *Market) writeProducts(w io.Writer) error {
	return table(w, "product,series,sales_price", func(yield func([]string) bool) {
		for _, p := range m.Products() {
			if !yield([]string{p.Name, p.Series, strconv.Itoa(p.Price)}) {
				return
			}
		}
	})
}

const eventColumns = "message_id,type,event,anonymous_id,user_id,group_id,email,timestamp,received_at,url,properties,traits,context"

func (m *Market) writeEvents(w io.Writer) error {
	return table(w, eventColumns, func(yield func([]string) bool) {
		for e := range m.Facts() {
			properties, traits := string(e.Data), ""
			if !e.Kind.Behavior() {
				properties, traits = "", properties
			}
			if !yield([]string{e.ID, e.Kind.String(), e.Name, e.AnonymousID, e.UserID, e.GroupID, e.Email, e.SentAt.String(),
				e.ReceivedAt.String(), "https://" + e.Host + e.Path, properties, traits, string(e.Context)}) {
				return
			}
		}
	})
}

// batchFacts is how many facts go into one line of events.ndjson: well under 500 KB.
const batchFacts = 100

func (m *Market) writeBatches(w io.Writer) error {
	var (
		batch []millrace.Event
		buf   []byte
	)
	flush := func() error {
		buf = append(AppendSegment(buf[:0], batch, 0), '\n')
		batch = batch[:0]
		_, err := w.Write(buf)
		return err
	}
	for e := range m.Facts() {
		if batch = append(batch, e); len(batch) == batchFacts {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if len(batch) == 0 {
		return nil
	}
	return flush()
}

func writeSpend(w io.Writer, rows []Spend) error {
	return table(w, "date,channel,source,medium,campaign,cost,currency,impressions,clicks,leads", func(yield func([]string) bool) {
		for _, s := range rows {
			if !yield([]string{s.Day.Std().Format("2006-01-02"), s.Channel, s.Source, s.Medium, s.Campaign, s.Cost.Decimal(), s.Cost.Currency,
				strconv.FormatInt(s.Impressions, 10), strconv.FormatInt(s.Clicks, 10), strconv.FormatInt(s.Leads, 10)}) {
				return
			}
		}
	})
}

// writeLinkedIn writes the rows of the LinkedIn channel as Campaign Manager does: UTF-16 with a byte order mark, tabs, five lines first.
func (m *Market) writeLinkedIn(w io.Writer, rows []Spend) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Campaign Performance Report (in UTC)\nReport Start: %s\nReport End: %s\nDate Generated: %s\n\n", m.start.Std().Format("January 2, 2006"),
		(m.end - millrace.Day).Std().Format("January 2, 2006"), m.end.Std().Format("January 2, 2006"))
	b.WriteString("Start Date (in UTC)\tAccount Name\tCurrency\tCampaign Name\tCampaign Type\tTotal Spent\tImpressions\tClicks\tLeads\n")
	for _, s := range rows {
		if s.Key == "linkedin" {
			fmt.Fprintf(&b, "%s\tWaymark\t%s\t%s\tSponsored Content\t%s\t%d\t%d\t%d\n", s.Day.Std().Format("1/2/2006"), s.Cost.Currency, s.Campaign,
				s.Cost.Decimal(), s.Impressions, s.Clicks, s.Leads)
		}
	}
	out := []byte{0xff, 0xfe}
	for _, u := range utf16.Encode([]rune(b.String())) {
		out = append(out, byte(u), byte(u>>8))
	}
	_, err := w.Write(out)
	return err
}

// writeGoogle writes the rows of the Google channel as the screen exports them: title, period, header, days, a total.
func (m *Market) writeGoogle(w io.Writer, rows []Spend) error {
	var cost millrace.Money
	var impressions, clicks int64
	fmt.Fprintf(w, "Campaign report\n\"%s - %s\"\n", m.start.Std().Format("Jan 2, 2006"), (m.end - millrace.Day).Std().Format("Jan 2, 2006"))
	return table(w, "Day,Campaign status,Campaign,Currency code,Impr.,Clicks,Conversions,Cost", func(yield func([]string) bool) {
		for _, s := range rows {
			if s.Key != "google" {
				continue
			}
			cost = millrace.Money{Minor: cost.Minor + s.Cost.Minor, Currency: s.Cost.Currency}
			impressions, clicks = impressions+s.Impressions, clicks+s.Clicks
			if !yield([]string{s.Day.Std().Format("2006-01-02"), "Enabled", s.Campaign, s.Cost.Currency, thousands(strconv.FormatInt(s.Impressions, 10)),
				strconv.FormatInt(s.Clicks, 10), strconv.FormatInt(s.Leads, 10) + ".00", thousands(s.Cost.Decimal())}) {
				return
			}
		}
		yield([]string{"Total: Account", "", "", cost.Currency, thousands(strconv.FormatInt(impressions, 10)),
			thousands(strconv.FormatInt(clicks, 10)), "", thousands(cost.Decimal())})
	})
}

// thousands puts commas into the whole part of a decimal.
func thousands(decimal string) string {
	whole, frac, hasFrac := strings.Cut(decimal, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if hasFrac {
		whole += "." + frac
	}
	return whole
}
