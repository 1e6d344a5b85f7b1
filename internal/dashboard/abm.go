package dashboard

import (
	"cmp"
	"fmt"

	"millrace/internal/directory"
	"millrace/internal/metrics"
)

// noneFits is said where there is no account to divide by.
const noneFits = "No account fits an ICP yet"

// nothingDone is said where the log tells of nobody's doings: that is not the same as nobody doing anything.
const nothingDone = "Nothing is known of what people did"

func (b *board) noBehavior() bool { return b.since.Behavior == metrics.NoDay }

// accountTiles are what account-based marketing asks: of the accounts that fit, whom do we reach, whom do we know, who woke up.
func accountTiles(b *board) ([]tile, error) {
	x := b.m.TargetAccounts(b.q)
	n := x.Total.Accounts
	fit := tile{id: "target_accounts", label: "Accounts that fit", f: metrics.Count("target_accounts", "accounts that fit an ICP now", float64(n)), page: to("/accounts", "fit", "true")}
	if fit.head = number(n, "account fits", "accounts fit"); n == 0 {
		fit.head = noneFits
	}
	engaged := tile{id: "engaged_accounts", label: "Engaged accounts", f: x.Total.Engaged, of: behavior, page: to("/accounts", "fit", "true", "sort", "last_seen")}
	engaged.head = b.head(x.Total.Engaged, func(v string) string { return v + " of the accounts that fit were engaged in these days" }, "Nobody can be engaged")
	covered := tile{id: "committee_coverage", label: "Committee coverage", f: x.Total.Covered, page: to("/accounts", "fit", "true")}
	covered.head = b.head(x.Total.Covered, func(v string) string {
		return fmt.Sprintf("At %s of them %s of the committee are engaged now", v, number(x.Enough, "role or more", "roles or more"))
	}, "Coverage of committees can't be told")
	open := tile{id: "open_accounts", label: "In pipeline", f: metrics.Share("open_accounts", "accounts that fit with an open opportunity now / accounts that fit now", x.Total.Open, n, metrics.Options{}), page: to("/accounts", "fit", "true", "stage", "opportunity")}
	open.head = b.head(open.f, func(v string) string {
		return fmt.Sprintf("%s of the accounts that fit have an open opportunity, %s", v, among(x.Total.Open, n))
	}, "No account can be in the pipeline")
	if n == 0 {
		engaged.head, covered.head, open.head = noneFits+", so none can be engaged", noneFits+", so there is no committee to cover", noneFits+", so none can be in the pipeline"
	}
	if n > 0 && b.noBehavior() {
		engaged.f.Value, engaged.f.Interval, engaged.f.Undefined, engaged.head = nil, nil, metrics.NoData, nothingDone+", so whether anybody is engaged can't be told"
		covered.f.Value, covered.f.Interval, covered.f.Undefined, covered.head = nil, nil, metrics.NoData, nothingDone+", so who of the committees is engaged can't be told"
	}
	funnel := b.m.Funnel(b.q).Accounts
	mqa := tile{id: "account_to_mqa", label: "Account to MQA", f: funnel[0].Total.Rate, of: behavior, page: "/measure/funnel"}
	mqa.head = b.head(mqa.f, func(v string) string { return v + " of new accounts become MQA within 90 days" }, "Account to MQA can't be told")
	opp := tile{id: "mqa_to_opportunity", label: "MQA to opportunity", f: funnel[1].Total.Rate, of: behavior, page: "/measure/funnel"}
	opp.head = b.head(opp.f, func(v string) string { return v + " of MQAs become opportunities within 90 days" }, "MQA to opportunity can't be told")
	if opp.f.Undefined == metrics.NoDenominator {
		opp.head = "No account became an MQA in these days"
	}
	woken, err := b.r.directory.Woken(b.ctx)
	if err != nil {
		return nil, err
	}
	woke := tile{id: "woken", label: "Woke up", f: metrics.Count("woken", "accounts to which the last seven days added intent, not yet customers, of those with most: at most six", float64(len(woken))), page: "/"}
	if woke.head = number(len(woken), "account woke up in the last seven days", "accounts woke up in the last seven days"); len(woken) == 0 {
		woke.head = "No account woke up in the last seven days"
	}
	return []tile{engaged, fit, covered, open, woke, mqa, opp}, nil
}

func accountCharts(b *board) ([]Chart, error) {
	woken, err := b.wokenTable()
	if err != nil {
		return nil, err
	}
	accounts, err := b.topAccounts()
	if err != nil {
		return nil, err
	}
	return []Chart{b.tierTable(), b.coverageTable(), woken, accounts, b.engagedMonths(), b.accountFunnel()}, nil
}

func (b *board) tierTable() Chart {
	x := b.m.TargetAccounts(b.q)
	c := Chart{ID: "tiers", Label: "Accounts by fit grade", Kind: "bars", Head: "Grade", Link: to("/accounts", "fit", "true"), Columns: []Column{
		{Key: "accounts", Label: "Accounts", Unit: metrics.UnitCount, Role: "value"},
		{Key: "engaged", Label: "Engaged", Unit: metrics.UnitRatio, Role: "cell", Rule: x.Total.Engaged.Rule},
		{Key: "covered", Label: "Committee covered", Unit: metrics.UnitRatio, Role: "cell", Rule: x.Total.Covered.Rule},
		{Key: "qualified", Label: "MQA", Unit: metrics.UnitCount, Role: "cell", Rule: "MQA or beyond now, without an open or a won opportunity"},
		{Key: "open", Label: "Open opportunity", Unit: metrics.UnitCount, Role: "cell"},
		{Key: "opened", Label: "Opened in the period", Unit: metrics.UnitCount, Role: "cell"},
		{Key: "won", Label: "Won in the period", Unit: metrics.UnitCount, Role: "cell"},
	}}
	for _, r := range x.Tiers {
		c.Rows = append(c.Rows, Row{Label: named(r.Grade, "no grade"), Period: b.p, Link: to("/accounts", "fit", "true", "grade", r.Grade),
			Cells: []Cell{count(r.Accounts), cellOf(r.Engaged), cellOf(r.Covered), count(r.Qualified), count(r.Open), count(r.Opened), count(r.Won)}})
	}
	if len(x.Tiers) == 0 {
		c.Title = noneFits + ", so there is none of any grade"
	} else if b.noBehavior() {
		for i := range c.Rows {
			c.Rows[i].Cells[1], c.Rows[i].Cells[2] = Cell{Undefined: metrics.NoData}, Cell{Undefined: metrics.NoData}
		}
		c.Title = nothingDone + ", so none can be said to be engaged"
	} else {
		best := x.Tiers[0]
		c.Title = fmt.Sprintf("Of %s of grade %s %s were engaged", number(best.Accounts, "account", "accounts"), named(best.Grade, "none"), say(best.Engaged))
	}
	return c
}

func (b *board) coverageTable() Chart {
	x := b.m.TargetAccounts(b.q)
	c := Chart{ID: "coverage", Label: "Committee roles engaged", Kind: "bars", Head: "Engaged now", Link: to("/accounts", "fit", "true"), Columns: []Column{{Key: "accounts", Label: "Accounts", Unit: metrics.UnitCount, Role: "value"}}}
	none := 0
	for _, r := range x.Coverage {
		c.Rows = append(c.Rows, Row{Label: r.String(), Period: b.p, Cells: []Cell{count(r.Accounts)}})
		if r.Roles == 0 {
			none = r.Accounts
		}
	}
	switch n := x.Total.Accounts; {
	case n == 0:
		c.Title = noneFits + ", so no committee is looked for"
	case b.noBehavior():
		c.Rows, c.Title = nil, nothingDone+", so no role can be said to be engaged"
	case none == n:
		c.Title = "At none of the accounts that fit is anybody of the committee engaged now"
	default:
		c.Title = fmt.Sprintf("At %s of the accounts that fit nobody of the committee is engaged now", percent(float64(none)/float64(n)))
	}
	return c
}

func (b *board) wokenTable() (Chart, error) {
	list, err := b.r.directory.Woken(b.ctx)
	c := Chart{ID: "woken", Label: "Accounts that woke up", Kind: "table", Head: "Account", Link: "/", Columns: accountColumns(Column{Key: "gained", Label: "Gained in 7 days", Unit: "text", Role: "cell", Rule: "points of its intent that are of the last seven days"})}
	for _, w := range list {
		row := accountRow(w.Account)
		row.Cells = append(row.Cells, text(points(w.Gained)))
		c.Rows = append(c.Rows, row)
	}
	if c.Title = "No account woke up in the last seven days"; len(c.Rows) > 0 {
		c.Title = fmt.Sprintf("%s gained most intent in the last seven days", c.Rows[0].Label)
	}
	return c, err
}

// accountColumns are those of lists of accounts.
func accountColumns(more ...Column) []Column {
	return append([]Column{
		{Key: "grade", Label: "Grade", Unit: "text", Role: "cell"}, {Key: "stage", Label: "Stage", Unit: "text", Role: "cell"}, {Key: "intent", Label: "Intent", Unit: "text", Role: "cell"},
		{Key: "roles", Label: "Roles engaged", Unit: metrics.UnitCount, Role: "cell"}, {Key: "people", Label: "People", Unit: metrics.UnitCount, Role: "cell"}, {Key: "open", Label: "Open opportunities", Unit: metrics.UnitCount, Role: "cell"},
	}, more...)
}

func accountRow(a directory.Account) Row {
	stage := a.Stage
	if stage == "mql" {
		stage = "mqa"
	}
	return Row{Label: cmp.Or(a.Name, a.Domain, a.ID), Link: "/accounts/" + a.ID,
		Cells: []Cell{text(a.Grade), text(stage), text(points(a.Intent)), count(a.RolesEngaged), count(int(a.People)), count(int(a.Open))}}
}

// points are points with at most one decimal.
func points(milli string) string {
	var x float64
	if _, err := fmt.Sscanf(milli, "%g", &x); err != nil {
		return milli
	}
	return fmt.Sprintf("%.1f", x)
}

// topAccounts are the accounts that fit, with most intent.
func (b *board) topAccounts() (Chart, error) {
	yes := true
	page, err := b.r.directory.Accounts(b.ctx, directory.AccountFilter{Fit: &yes, Paging: directory.Paging{Limit: 15}})
	c := Chart{ID: "accounts", Label: "Accounts that fit, by intent", Kind: "table", Head: "Account", Link: to("/accounts", "fit", "true"), Columns: accountColumns()}
	_, enough := b.m.Committee()
	thin := 0
	for _, a := range page.Data {
		c.Rows = append(c.Rows, accountRow(a))
		if a.RolesEngaged < enough {
			thin++
		}
	}
	switch {
	case len(c.Rows) == 0:
		c.Title = noneFits + ": see what the playbook asks for"
	case b.noBehavior():
		c.Title = nothingDone + ": accounts can't be ranked by it"
	case thin == 0:
		c.Title = "At every one of the hottest accounts enough of the committee is engaged"
	case thin == len(c.Rows):
		c.Title = "At none of the hottest accounts enough of the committee is engaged"
		if thin == 1 {
			c.Title = "At the only account that fits too few of the committee are engaged"
		}
	default:
		c.Title = fmt.Sprintf("At %d of the %d hottest accounts too few of the committee are engaged", thin, len(c.Rows))
	}
	return c, err
}

func (b *board) engagedMonths() Chart {
	trend := b.at(b.trend())
	c := Chart{ID: "engaged", Label: "Engaged accounts by month", Kind: "months", Head: "Month", Link: to("/accounts", "fit", "true"), Columns: []Column{{Key: "engaged", Label: "Engaged accounts that fit", Unit: metrics.UnitCount, Role: "value"}}}
	for _, m := range b.m.TargetAccounts(trend.q).Months {
		c.Rows = append(c.Rows, Row{Label: m.Month.String(), Period: m.Month.Period(), Partial: b.cut(m.Month, trend.p), Cells: []Cell{b.seen(series{of: behavior}, m.Month, whole(int64(m.Engaged)))}})
	}
	c.Title = b.peak(c, "engaged", "Most accounts that fit were engaged in %s: %s", "No account that fits was engaged in these months")
	if b.noBehavior() {
		c.Title = nothingDone
	}
	return c
}

func (b *board) accountFunnel() Chart {
	f := b.m.Funnel(b.q).Accounts
	c := Chart{ID: "account_funnel", Label: "Account-level conversion", Kind: "bars", Head: "Step", Link: b.href("/measure/funnel"), Columns: []Column{
		{Key: "rate", Label: "Rate within 90 days", Unit: metrics.UnitRatio, Role: "value", Rule: "Aalen–Johansen: what ended otherwise can't convert any more, what is open is censored"},
		{Key: "entered", Label: "Entered", Unit: metrics.UnitCount, Role: "cell"}, {Key: "converted", Label: "Converted", Unit: metrics.UnitCount, Role: "cell"}, {Key: "median", Label: "Median days", Unit: metrics.UnitDays, Role: "cell"}}}
	for i, name := range []string{"Account to MQA", "MQA to opportunity"} {
		r := f[i].Total
		c.Rows = append(c.Rows, Row{Label: name, Period: b.p, Link: b.href("/measure/funnel"), Cells: []Cell{cellOf(r.Rate), count(r.Entered), count(r.Converted), cellOf(r.Median)}})
	}
	switch r := f[1].Total; {
	case f[0].Total.Entered == 0:
		c.Title = "No account entered the funnel in these days"
	case r.Rate.Value == nil:
		c.Title = fmt.Sprintf("%s entered, of whose MQAs it can't be told yet how many become opportunities", number(f[0].Total.Entered, "account", "accounts"))
	default:
		c.Title = fmt.Sprintf("%s of MQAs become opportunities within 90 days%s", say(r.Rate), verdict(r.Rate))
	}
	return c
}
