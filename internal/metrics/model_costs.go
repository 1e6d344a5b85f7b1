package metrics

// Amount is money as JSON shows it: in minor units of its currency.
type Amount struct {
	Minor    int64  `json:"minor"`
	Currency string `json:"currency"`
}

// Total is money added up: what was or could be converted into one currency, and the rest in its own. The rest is never dropped: every
// figure made of it names it under LeftOut "no_rate".
type Total struct {
	Amount
	Unconverted []Amount `json:"unconverted,omitempty"` // by currency, alphabetical
	Rows        int      `json:"rows"`                  // how many amounts, those without a rate among them
	Refunds     int      `json:"refunds,omitempty"`     // how many of them negative
	NoRate      int      `json:"no_rate,omitempty"`     // how many of them in currencies without a rate
	Overflow    bool     `json:"overflow,omitempty"`    // the sum is beyond the range; Minor is then 0
}

// EconomicsInput is what UnitEconomics measures.
type EconomicsInput struct {
	Spend   []Spend
	Credits []Credit
	Period  Period // the period of the totals; months are those that it touches, cut to it
	// LagDays is how long spend takes to become a customer: the lagged figures divide the spend of the period LagDays earlier by the
	// period's results. 0: no lagged figures (NotAsked).
	LagDays     int
	GrossMargin float64          // 0.8 for 80%; 0: not given, revenue counts whole, and figures that use it say so
	NoDeals     bool             // the data have no deals at all, or none that reach into the period: whether anything came back isn't known
	NoPeople    bool             // the data hold neither people nor visits: whether anybody came isn't known
	Retention   *RetentionReport // for LTV; nil: LTV is NotAsked
}

// CostRow is the unit economics of a channel, a campaign or everything, over the whole period. "Same-period" figures divide the period's
// spend by the period's results; Lagged ones the spend of LagDays earlier.
type CostRow struct {
	Channel       string  `json:"channel"`
	Campaign      string  `json:"campaign,omitempty"` // "" in rows by channel
	Spend         Total   `json:"spend"`
	Leads         float64 `json:"leads"` // credits added up, with fractions where results are shared
	MQLs          float64 `json:"mqls"`
	SQLs          float64 `json:"sqls"`
	Opportunities float64 `json:"opportunities"`
	Customers     float64 `json:"customers"`
	Revenue       Total   `json:"revenue"`
	// Untold is why it isn't known how many opportunities and customers came of it, and what revenue: that none is there doesn't mean that there was none.
	Untold      Undefined `json:"untold,omitempty" doc:"Why it isn't known what opportunities, customers and revenue came of it: no_deals or no_touches"`
	UntoldLeads Undefined `json:"untold_leads,omitempty" doc:"Why it isn't known what leads, MQLs and SQLs came of it: no_people"`

	CPL                Figure      `json:"cpl"`
	CostPerMQL         Figure      `json:"cost_per_mql"`
	CostPerSQL         Figure      `json:"cost_per_sql"`
	CostPerOpportunity Figure      `json:"cost_per_opportunity"`
	CAC                Figure      `json:"cac"`
	LaggedCAC          Figure      `json:"lagged_cac"`
	ROI                Figure      `json:"roi"`
	LaggedROI          Figure      `json:"lagged_roi"`
	Payback            Figure      `json:"payback"` // months until a customer's margin has paid its CAC
	LTV                Figure      `json:"ltv"`     // margin of a customer over its life
	LTVToCAC           Figure      `json:"ltv_to_cac"`
	CPLTrend           Figure      `json:"cpl_trend"` // a month, Theil–Sen over the period's months
	CACTrend           Figure      `json:"cac_trend"`
	Months             []CostMonth `json:"months"`
}

// CostMonth is a month of a CostRow.
type CostMonth struct {
	Month         Month   `json:"month"`
	Spend         Total   `json:"spend"`
	Leads         float64 `json:"leads"`
	MQLs          float64 `json:"mqls"`
	SQLs          float64 `json:"sqls"`
	Opportunities float64 `json:"opportunities"`
	Customers     float64 `json:"customers"`
	CPL           Figure  `json:"cpl"`
	CAC           Figure  `json:"cac"`
}

// Economics is unit economics, blended and split. Channels and Campaigns are sorted by spend, largest first; rows with results and no
// spend, and with spend and no results, are there.
type Economics struct {
	Blended   CostRow   `json:"blended"`
	Channels  []CostRow `json:"channels"`
	Campaigns []CostRow `json:"campaigns"`
	LeftOut   []LeftOut `json:"left_out,omitempty"`
}

// RetentionReport is what became of the customers of a window's first day by its last.
type RetentionReport struct {
	Period      Period    `json:"period"`
	Start       Total     `json:"start"` // ARR on the first day
	Expansion   Total     `json:"expansion"`
	Contraction Total     `json:"contraction"` // positive
	Churned     Total     `json:"churned"`     // positive
	End         Total     `json:"end"`         // ARR of the same customers on the last day
	NewARR      Total     `json:"new_arr"`     // of customers who were none on the first day
	Customers   int       `json:"customers"`
	Lost        int       `json:"lost"`
	New         int       `json:"new"`
	Returned    int       `json:"returned"` // of New, those who had been customers before the first day
	NRR         Figure    `json:"nrr"`
	GRR         Figure    `json:"grr"`
	LogoChurn   Figure    `json:"logo_churn"`
	MonthChurn  Figure    `json:"month_churn"` // logo churn a month: 1 − (1 − churn)^(1/months)
	ARPA        Figure    `json:"arpa"`        // ARR a customer on the first day
	LeftOut     []LeftOut `json:"left_out,omitempty"`
}

// Pipeline is open deals added up.
type Pipeline struct {
	Deals   int       `json:"deals"`
	Amount  Total     `json:"amount"`
	LeftOut []LeftOut `json:"left_out,omitempty"` // deals without an amount, deals without a rate
}

// ExpansionReport is the open pipeline by where it comes from. Referral overlaps New and Expansion.
type ExpansionReport struct {
	New       Pipeline `json:"new"`
	Expansion Pipeline `json:"expansion"`
	Referral  Pipeline `json:"referral"`
}
