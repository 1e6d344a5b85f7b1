package directory

import (
	"context"
	"iter"
	"time"

	"millrace"
	"millrace/internal/engine"
)

// Spend is what something cost in a span of days, with what its platform counted.
type Spend struct {
	ID          string `json:"id" doc:"cost_ and a number"`
	ExternalID  string `json:"external_id" doc:"What the row is known by: whose report, the first day, and a hash of the rest"`
	From        string `json:"from" doc:"The first day"`
	To          string `json:"to" doc:"The last day; the amount spreads evenly over all of them"`
	Platform    string `json:"platform"`
	AdAccount   string `json:"ad_account"`
	Channel     string `json:"channel" doc:"As the source names it"`
	Source      string `json:"source"`
	Medium      string `json:"medium"`
	Campaign    string `json:"campaign"`
	CampaignID  string `json:"campaign_id" doc:"The platform's; it stays when the campaign is renamed"`
	AdGroup     string `json:"ad_group"`
	Ad          string `json:"ad"`
	Category    string `json:"category" enum:"media,people,tools,content,events,agency,other"`
	Amount      string `json:"amount" doc:"A decimal in major units; credits are negative"`
	Currency    string `json:"currency" doc:"ISO 4217"`
	Impressions int64  `json:"impressions"`
	Clicks      int64  `json:"clicks"`
	Reach       int64  `json:"reach" doc:"People; it does not add up over rows"`
	Leads       int64  `json:"leads" doc:"As the platform counts them"`
}

// SpendFilter says which costs. Zero values don't filter. Texts compare exactly.
type SpendFilter struct {
	Paging
	Sort     string // from (default: latest first day first), newest
	Channel  string
	Campaign string
	Platform string
	Category string
	Currency string
	From, To string // days: costs that fall on any day from the one to the other, both included
}

const spendColumns = `s.id, coalesce(i.value, ''), s.from_day, s.to_day, s.platform, s.channel, s.source, s.medium, s.campaign, s.category, s.currency, s.amount,
	s.impressions, s.clicks, s.reach, s.leads, s.traits`

const spendFrom = "spend s left join identifier i on i.id = s.id"

func spendOrders() []order {
	return []order{{name: "from", indexed: true, phases: []phase{{from: spendFrom, key: "s.from_day", id: "s.id", desc: true}}},
		{name: "newest", indexed: true, phases: []phase{{from: spendFrom, id: "s.id", desc: true}}}}
}

func (f *SpendFilter) listing(op string) (*listing, error) {
	equal := [...][2]string{{"channel", f.Channel}, {"campaign", f.Campaign}, {"platform", f.Platform}, {"category", f.Category}, {"currency", f.Currency}}
	if err := checked(op, equal[:]...); err != nil {
		return nil, err
	}
	o, err := pick(op, f.Sort, spendOrders())
	if err != nil {
		return nil, err
	}
	l := &listing{op: op, name: "directory.spend", columns: spendColumns, order: o, paging: f.Paging}
	for _, x := range equal {
		if x[1] != "" {
			l.conds = append(l.conds, is("s."+x[0], x[1]))
		}
	}
	for _, x := range [...]struct{ field, day, compare string }{{"from", f.From, "s.to_day >= "}, {"to", f.To, "s.from_day <= "}} {
		if x.day == "" {
			continue
		}
		t, err := time.Parse(time.DateOnly, x.day)
		if err != nil {
			return nil, millrace.FieldErrorf(op, x.field, "%q is no day such as 2026-03-01", x.day)
		}
		n, compare := t.Unix()/86400, x.compare
		l.conds = append(l.conds, func(t *text) string { return compare + t.arg(n) })
	}
	return l, nil
}

func spendRow() ([]any, func() Spend) {
	var s Spend
	var external, traits string
	var id, from, to, amount int64
	return []any{&id, &external, &from, &to, &s.Platform, &s.Channel, &s.Source, &s.Medium, &s.Campaign, &s.Category, &s.Currency, &amount, &s.Impressions, &s.Clicks,
			&s.Reach, &s.Leads, &traits}, func() Spend {
			s.ID, s.ExternalID, s.From, s.To = engine.SpendID(id), identifierOf(external).Value, dayText(from), dayText(to)
			s.Amount = millrace.Money{Minor: amount, Currency: s.Currency}.Decimal()
			if more, err := traitValues(traits); err == nil {
				s.AdAccount, s.CampaignID = again[string](more, millrace.TraitAdAccount), again[string](more, millrace.TraitCampaignID)
				s.AdGroup, s.Ad = again[string](more, millrace.TraitAdGroup), again[string](more, millrace.TraitAd)
			}
			return s
		}
}

// dayText is a day by its number since 1970-01-01.
func dayText(n int64) string { return time.Unix(n*86400, 0).UTC().Format(time.DateOnly) }

// Spend lists costs. All sorts are served by indexes. Errors are Invalid and name the field.
func (d *Directory) Spend(ctx context.Context, f SpendFilter) (out Page[Spend], err error) {
	err = d.read(ctx, func(v *view) error {
		l, err := f.listing("directory.Spend")
		if err != nil {
			return err
		}
		out, err = page(ctx, v.q, l, spendRow)
		return err
	})
	return out, err
}

// AllSpend walks all costs of the filter.
func (d *Directory) AllSpend(ctx context.Context, f SpendFilter) iter.Seq2[Spend, error] {
	return all(ctx, f, func(f *SpendFilter) *Paging { return &f.Paging }, d.Spend)
}

// SpendColumns is the header of an export of costs.
func SpendColumns() []string {
	return []string{"id", "external_id", "from", "to", "platform", "ad_account", "channel", "source", "medium", "campaign", "campaign_id", "ad_group", "ad", "category",
		"amount", "currency", "impressions", "clicks", "reach", "leads"}
}

// Cells is the cost as a row under SpendColumns.
func (s Spend) Cells() []string {
	return []string{s.ID, s.ExternalID, s.From, s.To, s.Platform, s.AdAccount, s.Channel, s.Source, s.Medium, s.Campaign, s.CampaignID, s.AdGroup, s.Ad, s.Category,
		s.Amount, s.Currency, number(s.Impressions), number(s.Clicks), number(s.Reach), number(s.Leads)}
}
