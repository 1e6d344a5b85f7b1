package dashboard

import (
	"fmt"
	"slices"

	"millrace/internal/measure"
	"millrace/internal/metrics"
)

// contentTiles are what whoever makes content asks: what of it touches deals, and whom it reaches.
func contentTiles(b *board) ([]tile, error) {
	x, err := b.m.Content(b.ctx, b.q)
	if err != nil {
		return nil, err
	}
	touched := float64(x.Touched.Minor)
	pipeline := tile{id: "influenced_pipeline", label: "Influenced pipeline", of: opened | behavior, page: "/measure/attribution", behind: "opened",
		f: metrics.Figure{Key: "influenced_pipeline", Unit: metrics.UnitMoney, Currency: x.Touched.Currency, Value: &touched, N: x.Influenced,
			Rule: "amounts of the opportunities opened in the period with a touch of any asset or page in the year before, each whole"}}
	if pipeline.head = fmt.Sprintf("Content touched %s of %s", say(pipeline.f), number(x.Influenced, "opportunity", "opportunities")); b.silent() != "" {
		pipeline.f.Value, pipeline.f.Undefined = nil, metrics.NoDeals
		pipeline.head = b.silent() + ", so what content touched can't be told"
	} else if x.Opportunities == 0 {
		pipeline.head = "No opportunity was opened in these days, so content could touch none"
	} else if x.Influenced == 0 && b.untouched() {
		pipeline.f.Value, pipeline.f.Undefined = nil, metrics.NoTouches
		pipeline.head = "No touch is known before the opportunities of these days, so what content touched can't be told"
	} else if x.Influenced == 0 {
		pipeline.head = "Content touched none of the opportunities that were opened"
	}
	share := tile{id: "influenced", label: "Opportunities touched", f: x.Share, of: opened | behavior, page: "/measure/attribution", behind: "opened"}
	if x.Influenced == 0 && b.untouched() {
		share.f.Value, share.f.Interval, share.f.Undefined = nil, nil, metrics.NoTouches
	}
	share.head = b.head(share.f, func(v string) string {
		return fmt.Sprintf("%s of the opportunities had met content, %s", v, among(x.Influenced, x.Opportunities))
	}, "Which opportunities met content can't be told")
	assisted, working := 0, 0
	for _, a := range x.Assets {
		assisted += a.Assisted
		if a.Influenced > 0 {
			working++
		}
	}
	assets := tile{id: "assets", label: "Assets that touch deals", f: metrics.Count("assets", "assets and pages with a touch in the year before an opportunity that was opened", float64(working)), of: opened | behavior, page: "/measure/attribution"}
	assets.head = fmt.Sprintf("%s of %s touched deals", metrics.Say(float64(working), metrics.UnitCount, ""), number(len(x.Assets), "asset or page", "assets and pages"))
	switch {
	case len(x.Assets) == 0:
		assets.head = "Nobody who is known met an asset or a page in these days"
	case b.silent() != "":
		assets.f.Value, assets.f.Undefined = nil, metrics.NoDeals
		assets.head = b.silent() + ", so which of " + number(len(x.Assets), "asset or page", "assets and pages") + " touched one can't be told"
	}
	assists := tile{id: "assisted", label: "Assisted conversions", f: metrics.Count("assisted", "opportunities that an asset touched and whose last touch was another's, added up over assets", float64(assisted)), of: opened | behavior, page: "/measure/attribution"}
	if assists.head = fmt.Sprintf("Assets assisted %s", number(assisted, "time", "times")); assisted == 0 {
		assists.head = "No asset assisted an opportunity in these days"
	}
	leads := tile{id: "content_leads", label: "Leads by content", f: metrics.Count("content_leads", "people who became known in the period with a touch that brought them", float64(x.Leads)), of: behavior, page: "/measure/channels", behind: "leads"}
	if leads.head = number(x.Leads, "lead came by an asset or a page", "leads came by an asset or a page"); x.Leads == 0 {
		leads.head = "No lead came by an asset or a page in these days"
	}
	accounts := tile{id: "content_accounts", label: "Engaged accounts", f: metrics.Count("content_accounts", "accounts of whose people anybody had a touch in the period", float64(x.Accounts)), of: behavior, page: "/accounts"}
	if accounts.head = number(x.Accounts, "account met content", "accounts met content"); x.Accounts == 0 {
		accounts.head = "No known account met content in these days"
	}
	if b.noBehavior() {
		for _, t := range []*tile{&assets, &assists, &leads, &accounts} {
			t.f.Value, t.f.Undefined, t.head = nil, metrics.NoPeople, "Nothing is known of what people did"
		}
	}
	return []tile{pipeline, share, assets, assists, leads, accounts}, nil
}

// untouched says whether no touch is known before any opportunity of the period.
func (b *board) untouched() bool {
	e := b.m.Economics(b.q, 0, 0)
	return e.Blended.Opportunities > 0 && !slices.ContainsFunc(e.Channels, func(r metrics.CostRow) bool { return r.Channel != "" && r.Opportunities > 0 })
}

func contentCharts(b *board) ([]Chart, error) {
	assets, err := b.assetTable()
	if err != nil {
		return nil, err
	}
	return []Chart{assets, b.reachMonths()}, nil
}

// mostAssets is how many assets a table lists.
const mostAssets = 50

func (b *board) assetTable() (Chart, error) {
	x, err := b.m.Content(b.ctx, b.q)
	if err != nil {
		return Chart{}, err
	}
	c := Chart{ID: "assets", Label: "Assets and pages", Kind: "bars", Head: "Asset or page", Link: b.href("/measure/attribution", "by", "asset", "measure", "pipeline"), Columns: []Column{
		{Key: "pipeline", Label: "Influenced pipeline", Unit: metrics.UnitMoney, Currency: b.m.Currency(), Role: "value", Rule: "amounts of the opportunities opened in the period with a touch of it in the year before, each whole: rows don't add up"},
		{Key: "influenced", Label: "Opportunities", Unit: metrics.UnitCount, Role: "cell"},
		{Key: "first", Label: "First touches", Unit: metrics.UnitCount, Role: "cell", Rule: "opportunities whose journey it began"},
		{Key: "assisted", Label: "Assisted", Unit: metrics.UnitCount, Role: "cell", Rule: "opportunities that it touched and whose last touch was another's"},
		{Key: "last", Label: "Last touches", Unit: metrics.UnitCount, Role: "cell"},
		{Key: "leads", Label: "Leads", Unit: metrics.UnitCount, Role: "cell", Rule: "people whom a touch of it brought"},
		{Key: "accounts", Label: "Engaged accounts", Unit: metrics.UnitCount, Role: "cell"},
		{Key: "people", Label: "People", Unit: metrics.UnitCount, Role: "cell"},
	}}
	for _, a := range x.Assets[:min(len(x.Assets), mostAssets)] {
		c.Rows = append(c.Rows, Row{Label: a.Asset, Period: b.p, Cells: []Cell{b.dealt(float64(a.Pipeline.Minor)), count(a.Influenced), count(a.First), count(a.Assisted), count(a.Last), count(a.Leads), count(a.Accounts), count(a.People)}})
	}
	switch {
	case len(x.Assets) == 0:
		c.Title = "Nobody who is known met an asset or a page in these days"
	case x.Assets[0].Influenced == 0:
		c.Title = "No asset touched an opportunity; the list is by leads and people"
	default:
		c.Title = fmt.Sprintf("%s touched most pipeline: %s in %s", x.Assets[0].Asset, sayAs(float64(x.Assets[0].Pipeline.Minor), metrics.Figure{Unit: metrics.UnitMoney, Currency: b.m.Currency()}),
			number(x.Assets[0].Influenced, "opportunity", "opportunities"))
	}
	if len(x.Assets) > mostAssets {
		c.Label += fmt.Sprintf(", the first %d of %d", mostAssets, len(x.Assets))
	}
	return c, nil
}

func (b *board) reachMonths() Chart {
	c := b.monthChart("reach", "People reached by month", "/measure/channels", []series{
		{key: "people", label: "Known people with a touch", role: "value", of: behavior, value: func(x measure.ChannelMonth) *float64 { return whole(x.People) }},
		{key: "leads", label: "New leads", role: "line", of: known, value: func(x measure.ChannelMonth) *float64 { return whole(x.Leads) }},
	})
	c.Title = b.peak(c, "people", "Most known people were reached in %s: %s", "Nobody who is known was reached in these months")
	return c
}
