package audit

// Thresholds of the checks. Where the field has a figure it is the field's; the others are our choice, and the checks' Source says which.
const (
	enoughChecks   = 5   // judged, for a score
	enoughDeals    = 20  // observations below which a share of deals is not judged
	enoughPeople   = 50  // of leads and contacts
	enoughMQLs     = 30  // of MQLs
	enoughArrivals = 200 // of visits by a campaign

	acvLinkedIn = 15_000 // dollars a year from which LinkedIn ads fit, and the mid-market begins
	acvABM      = 50_000 // from which account-based marketing fits
	acvTop      = 100_000

	misfitShare     = 0.20 // of the spend on a channel that doesn't fit
	creationShare   = 0.10 // of the spend, and of the leads, that creation brings at least
	mostOfPipeline  = 0.50
	thinShare       = 0.50 // of the open deals, single-threaded or low-level
	followUpDays    = 7
	followUpShare   = 0.50
	feedbackShare   = 0.50
	agreeShare      = 0.50
	seenShare       = 0.25
	linearShare     = 0.02
	againShare      = 0.05
	againEach       = 0.20 // opportunities with customers or by referral, a customer and year
	oneStepShare    = 0.50
	wrongTagShare   = 0.10
	unmatchedShare  = 0.20
	silentShare     = 0.50
	bouncedShare    = 0.05
	withoutAccount  = 0.10
	staleShare      = 0.20
	undatedShare    = 0.05
	noAmountShare   = 0.20
	mqlLow, mqlHigh = 0.15, 0.40
	winLow          = 0.15
	blast           = 10_000
	oldDays         = 30
	inflation       = 1.25
)

// dataCurrency is the check that asks about the clock: of a moment of the past there is nothing to ask.
const dataCurrency = "data_currency"

const (
	fromDomain = "the field's published figure"
	ourChoice  = "our choice"
)

// Specs are all checks, those of the known ways to fail first.
func Specs() []Spec {
	return []Spec{
		{"icp_clarity", "No ICP clarity", "Does the ideal customer profile say more than size and industry, and does anything depend on it?", Severe,
			"fails when every ICP has the firmographic layer alone, or when a company of which nothing is known passes its threshold", fromDomain + ": four layers, and fit is a gate", icpClarity},
		{"channel_fits_motion", "Wrong channel for the buying motion", "Do the channels fit the size of the deals?", Warning,
			"fails when at least 20% of the spend goes to LinkedIn ads and the median won deal is surely below 15,000 USD, or to ABM and it is surely below 50,000 USD; or when the playbook's motion is surely not that of the won deals (below 15,000 USD smb, above 100,000 USD enterprise)",
			fromDomain + " for the deal sizes; the share of the spend is " + ourChoice, channelFits},
		{"capture_without_creation", "Capture without creation", "Is demand created, or only captured?", Severe,
			"fails when less than 10% of the spend goes to channels that create demand and less than 10% of the leads came first by one of them, once there are 90 days of spend or 50 leads", ourChoice + "; search reaches the 3–5% who are in the market now", captureOnly},
		{"nurture_covers_cycle", "Nurture that ends before the cycle does", "Does nurture last as long as the sales cycle?", Warning,
			"fails when the median time from a person's first mail to the last is surely shorter than the median won cycle, of at least 20 people mailed a cycle ago or longer", fromDomain + ": nurture covers the whole cycle", nurture},
		{"outcomes_over_activity", "Activity metrics in place of outcomes", "Is the program steered by opportunities and revenue, or by activity?", Warning,
			"fails when targets are set for activity alone; when there are leads for 90 days or longer, or spend, and no opportunity; or when surely more than 20% of the won deals have no amount", ourChoice, outcomes},
		{"linear_funnel", "A linear funnel forced on buyers", "May buyers enter sideways, skip and go back?", Notice,
			"fails when surely less than 2% of at least 100 passages between stages are sideways, skipped or back", ourChoice + "; buyers do not move in a line", linearFunnel},
		{"channel_concentration", "One channel carries most of the pipeline", "Would the pipeline survive the loss of its largest channel?", Severe,
			"fails when surely more than half of the opportunities opened in a year came by one channel, direct visits and unknown ones apart, of at least 20", fromDomain + ": one channel carrying most of the pipeline", concentration},
		{"customers_neglected", "Customers neglected", "Are customers served, sold to again and asked for referrals?", Warning,
			"fails when surely less than 5% of the year's opportunities are with customers or by referral and these are surely fewer than one for five customers, or surely less than half of those who bought a year ago had any touch or deal since, of at least 20; or when net revenue retention is surely below 100%", ourChoice, customers},
		{"two_definitions", "Two definitions of a qualified lead", "Do marketing and sales mean the same by a qualified lead?", Severe,
			"fails when surely less than half of the people whom the CRM holds for qualified (MQL to SQL) ever were so by the playbook's rule, of at least 20; or when surely less than a quarter of the opportunities were opened where the rule had seen anybody qualified before", ourChoice, twoDefinitions},
		{"follow_up", "Slow or missing follow-up", "Does sales take up qualified leads, and soon?", Severe,
			"fails when surely less than half of the MQLs that are a week old or older were taken up within seven days: called, met, written to, accepted, rejected, or an opportunity opened, of at least 20", ourChoice + ": a week is the most generous SLA", followUp},
		{"single_threaded", "Low-level contacts only at target accounts", "Do we know enough of the committee at accounts with open deals?", Severe,
			"fails when surely more than half of the open deals on accounts with known people have one active person at most (180 days, or a role in the deal), or nobody who decides, pays or champions, of at least 20", fromDomain + ": a committee is 4–6 people; the share is " + ourChoice, singleThreaded},
		{"sales_feedback", "No feedback from sales", "Does sales say why deals were lost?", Warning,
			"fails when surely less than half of the lost deals have a reason, of at least 20", ourChoice, feedback},
		{"last_click_attribution", "Attribution by last click alone", "Can more be seen of a journey than its last step?", Warning,
			"fails when surely more than half of the won deals whose journey can be seen show a single touch and no buyer has said how they came, of at least 20", ourChoice, lastClick},
		{"campaign_tagging", "Broken campaign tagging", "Do campaign tags arrive as they should, and do they match the spend?", Warning,
			"fails when surely more than 10% of the arrivals by a campaign have a mistake that makes figures wrong, of at least 200; or when, with as many, more than 20% of the spend on tagged campaigns is on campaigns that nobody ever arrived by", ourChoice, tagging},
		{"list_decay", "List and consent decay", "Are the people on the list still there?", Warning,
			"fails when surely more than half of those who did anything before the last year did nothing within it, of at least 50; or when surely more than 5% of the mailed people bounced", ourChoice, listDecay},
		{"score_inflation", "Score inflation and drift", "Does the bar still mean what it meant?", Warning,
			"fails when the share of active people over the bar surely rose by more than a quarter from 120 days to the next 120, and no larger part of them became opportunities, after 300 days of behaviour", ourChoice, inflated},

		{"mql_to_opportunity", "MQL-to-opportunity out of band", "Is the bar for an MQL at the right height?", Warning,
			"fails when the 90-day rate is surely below 15% (the bar is too low) or above 40% (leads reach sales too late), of at least 30", fromDomain, mqlRate},
		{"win_rate", "Opportunity-to-close below 15%", "Does sales win enough of its opportunities?", Severe,
			"fails when the win rate of the year is surely below 15%: ICP drift or positioning", fromDomain + ": 20–30%, an alarm below 15%", winRate},
		{"win_rate_differences", "Sellers, products or segments that truly lose more", "Who truly wins less, beyond chance?", Warning,
			"fails when a label with at least 20 closed deals wins less than the rest, at 1% after Holm's correction for all labels of all dimensions", "Holm 1979, Fisher's exact test, two-sided; the 1% is our choice", differences},
		{"cost_per_lead", "Cost per lead out of band", "What does a lead cost, channel by channel?", Warning,
			"fails when a channel's cost per lead is surely above the upper end of its band by every count of its leads: the last touch that isn't direct, the first touch, the platform's", fromDomain + " (LinkedIn ads 80–200 USD, Google search 30–100 USD), or the playbook's", costPerLead},
		{"spend_without_pipeline", "Spend without pipeline", "Which channels cost money and open no opportunities?", Warning,
			"fails when a channel with at least 5% of the spend, for 90 days or longer, surely has a touch in fewer opportunities than a third of what the median of the other channels brings for the same money", ourChoice, spendWithoutPipeline},
		{"volume_without_pipeline", "Volume without pipeline", "Which channels bring leads that never become opportunities?", Warning,
			"fails when a channel with at least 20% of the leads, and at least 50, surely has a touch in fewer opportunities a lead than a third of what the others bring", ourChoice, volumeWithoutPipeline},
		{"acquisition_cost_trend", "Acquisition cost worsening", "Does paid acquisition become more expensive?", Warning,
			"fails when the monthly CAC of a channel with spend surely rises over the year (Theil–Sen, at 95% for all channels together), of at least 20 customers", fromDomain + ": paid should improve", cacTrend},
		{"outbound_blast", "Outbound as a blast", "Is outbound chosen accounts, or a blast?", Warning,
			"fails when outbound reached 10,000 people or more in a month", fromDomain + ": 50–100 accounts a month, 10,000 contacts are a finding", outboundBlast},
		{"stale_deals", "Open deals that are past winning", "How much of the open pipeline is older than deals that are won?", Warning,
			"fails when surely more than 20% of the open deals are older than 90% of the won ones were when they were won, of at least 20 won", ourChoice, staleDeals},
		{"deals_without_account", "Deals without an account", "Does every deal belong to somebody?", Warning,
			"fails when more than 10% of the open deals have no account, of at least 20", ourChoice, withoutAccountCheck},
		{"duplicate_deals", "Duplicate deals", "Is every deal in the pipeline once?", Notice,
			"fails when a dated deal has the same account, name, product, amount and day of opening as another", ourChoice, doubles},
		{"undated_facts", "Undated facts", "Do deals and people have dates?", Notice,
			"fails when more than 5% of the deals or of the people have no date, of at least 20: they stay out of every cohort", ourChoice, undated},
		{dataCurrency, "Data that ended", "Do the data reach up to now?", Notice,
			"fails when the last dated fact is older than 30 days, or when no deal was opened or closed for as long, where 5 or more were due", ourChoice, currency},
	}
}
