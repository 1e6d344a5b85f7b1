package measure

import (
	"cmp"
	"context"
	"slices"

	"millrace"
	"millrace/internal/attribution"
	"millrace/internal/metrics"
)

// Content is which assets and pages people met, and which of them touched opportunities.
type Content struct {
	Period        metrics.Period `json:"period"`
	Opportunities int            `json:"opportunities" doc:"Opened in the period"`
	Influenced    int            `json:"influenced" doc:"Of those, with a touch of any content in the year before they were opened"`
	Pipeline      metrics.Total  `json:"pipeline" doc:"Amounts of the opportunities that were opened"`
	Touched       metrics.Amount `json:"touched" doc:"Of those, the amounts of the influenced ones"`
	Share         metrics.Figure `json:"share" doc:"Influenced opportunities by all that were opened"`
	Accounts      int            `json:"accounts" doc:"With a touch in the period"`
	Leads         int            `json:"leads" doc:"People who became known in the period, with a touch that brought them"`
	Assets        []AssetRow     `json:"assets" doc:"The most influenced pipeline first; rows share deals and people, so they don't add up"`
	OtherCurrency int            `json:"other_currency" doc:"Opportunities left out because there is no rate into the workspace's currency"`
}

// AssetRow is one asset, by the title that its events give, or one page that people arrived at, by its path.
type AssetRow struct {
	Asset      string         `json:"asset"`
	Accounts   int            `json:"accounts" doc:"With a touch of it in the period"`
	People     int            `json:"people"`
	Leads      int            `json:"leads" doc:"People whom a touch of it brought, by lead_by"`
	Influenced int            `json:"influenced" doc:"Opportunities with a touch of it in the year before they were opened"`
	Pipeline   metrics.Amount `json:"pipeline" doc:"Their amounts, whole"`
	First      int            `json:"first" doc:"Opportunities whose journey it began"`
	Assisted   int            `json:"assisted" doc:"Influenced opportunities whose last touch was another's"`
	Last       int            `json:"last" doc:"Influenced opportunities whose last touch it was"`
}

type contentKey struct {
	at millrace.Time
	q  Query
}

// Content measures assets and pages. It errs where journeys can't be made, as Attribution does.
func (m *Model) Content(ctx context.Context, q Query) (Content, error) {
	return recall(m.memory, contentKey{m.BuiltAt, q}, func() (Content, error) { return m.content(context.WithoutCancel(ctx), q) })
}

func (m *Model) content(ctx context.Context, q Query) (Content, error) {
	p, o := m.period(q), m.options(q)
	aq := AttributionQuery{Query: q, Dimension: attribution.Asset, Measure: attribution.Pipeline, Moment: attribution.AtOpportunity}
	aq.defaults()
	js, err := m.journeys(ctx, aq, false)
	if err != nil {
		return Content{}, err
	}
	influences, all := js.Influence(attribution.Asset, attribution.Pipeline)
	out := Content{Period: p, Opportunities: js.deals, Influenced: all.Journeys, Touched: metrics.Amount{Minor: all.Amount, Currency: m.currency}, OtherCurrency: js.otherCurrency,
		Share: metrics.Share("influenced", "opportunities opened with a touch of any content in the year before / opportunities opened", all.Journeys, js.deals, o)}
	out.Pipeline = m.Channels(q).Total.Sum.Pipeline
	rows := map[string]*AssetRow{}
	row := func(name string) *AssetRow {
		if rows[name] == nil {
			rows[name] = &AssetRow{Asset: name, Pipeline: metrics.Amount{Currency: m.currency}}
		}
		return rows[name]
	}
	for _, x := range influences {
		r := row(x.Value)
		r.Influenced, r.Pipeline.Minor, r.First, r.Assisted, r.Last = x.Journeys, x.Amount, x.First, x.Assisted, x.Last
	}
	m.met(p, row, &out)
	for i := range m.leads {
		l := &m.leads[i]
		if t := l.touchOf(q.LeadBy); t >= 0 && l.at != 0 && l.at <= m.BuiltAt && p.Has(m.calendar.Day(l.at)) {
			row(cmp.Or(m.asset(&m.touches[t]), attribution.NotSet)).Leads++
			out.Leads++
		}
	}
	for _, r := range rows {
		out.Assets = append(out.Assets, *r)
	}
	slices.SortFunc(out.Assets, func(a, b AssetRow) int {
		return cmp.Or(cmp.Compare(b.Pipeline.Minor, a.Pipeline.Minor), cmp.Compare(b.Influenced, a.Influenced), cmp.Compare(b.Leads, a.Leads), cmp.Compare(b.People, a.People),
			cmp.Compare(a.Asset, b.Asset))
	})
	return out, nil
}

// met counts the accounts and people who had a touch of each asset in the period. Touches stand account by account.
func (m *Model) met(p metrics.Period, row func(string) *AssetRow, out *Content) {
	accounts, people := make([]int32, len(m.assets)), make([]int32, len(m.assets))
	lastAccount := make([]int32, len(m.assets))
	type reader struct{ asset, contact int32 }
	seen := map[reader]bool{}
	days, touched, before := m.dayReader(), false, int32(-1)
	for i := range m.touches {
		t := &m.touches[i]
		if t.account != before {
			before, touched = t.account, false
			clear(seen)
		}
		if t.at == 0 || !p.Has(days(t.at)) {
			continue
		}
		asset := m.assetID(t)
		if t.account > 0 {
			if !touched {
				touched = true
				out.Accounts++
			}
			if lastAccount[asset] != t.account {
				lastAccount[asset] = t.account
				accounts[asset]++
			}
		}
		if who := (reader{asset, t.contact}); !seen[who] {
			seen[who] = true
			people[asset]++
		}
	}
	for id, n := range people {
		if n > 0 {
			r := row(cmp.Or(m.assets[id], attribution.NotSet))
			r.Accounts, r.People = r.Accounts+int(accounts[id]), r.People+int(n)
		}
	}
}
