package audit

import (
	"slices"
	"strings"

	"millrace/internal/metrics"
	"millrace/internal/playbook"
)

// Pages of the app and what is often to be brought.
const (
	pagePlaybook = "/playbook"
	pageImports  = "/data/imports"
	pageDeals    = "/opportunities"
	pageOpen     = "/opportunities?status=open"
	pageWon      = "/opportunities?status=won"
	pageLost     = "/opportunities?status=lost"
	pageAccounts = "/accounts"
	pageLeads    = "/leads"
	pageMQLs     = "/leads?stage=mql"
	pageContacts = "/contacts"
	pageEvents   = "/data/events"
	pageSettings = "/settings"
	pageChannels = "/measure/channels"
	pageFunnel   = "/measure/funnel"
	pageSales    = "/measure/sales"
	pageJourneys = "/measure/attribution"
)

var (
	needDeals    = Need{"A CRM export of opportunities with their dates, stages and amounts", pageImports, "millrace import opportunities deals.csv"}
	needSpend    = Need{"A spend file: what each channel cost, by day or month", pageImports, "millrace import spend spend.csv"}
	needEvents   = Need{"The website's events: put the snippet on it, or import them", pageSettings, "millrace import events events.csv"}
	needContacts = Need{"A CRM export of contacts with titles and lifecycle stages", pageImports, "millrace import contacts contacts.csv"}
	needPlaybook = Need{"Your own playbook: edit the preset and apply it", pagePlaybook, "millrace playbook apply playbook.yaml"}
)

// layersOf are the kinds of an ICP's criteria, in the order of the rubric's description.
func layersOf(icp *playbook.ICP) (out []string) {
	for _, kind := range [...]string{playbook.Firmographic, playbook.Technographic, playbook.Psychographic, playbook.Behavioral} {
		if slices.ContainsFunc(icp.Criteria, func(c playbook.Criterion) bool { return c.Kind == kind }) {
			out = append(out, kind)
		}
	}
	return out
}

// unknownPoints are what a lead gets of which nothing is known.
func unknownPoints(icp *playbook.ICP) (points int, must bool) {
	for _, c := range icp.Criteria {
		points += c.Missing
		must = must || c.Must
	}
	return points, must
}

func icpClarity(in *Input, c *Check) {
	if in.Preset != "" {
		c.cannot(say("The ICP is still that of the preset %s, word for word: it says nothing of your customers.", in.Preset), needPlaybook)
		return
	}
	thin, open := 0, []string{}
	for i := range in.Playbook.ICPs {
		icp := &in.Playbook.ICPs[i]
		layers := layersOf(icp)
		c.see(pagePlaybook, nil, "%s: %s, %s (%s).", icp.Name, many(len(icp.Criteria), "criterion"), many(len(layers), "layer"), strings.Join(layers, ", "))
		if len(layers) == 0 || len(layers) == 1 && layers[0] == playbook.Firmographic {
			thin++
		}
		if points, must := unknownPoints(icp); points >= icp.Threshold && !must {
			open = append(open, icp.Name)
			c.see(pagePlaybook, nil, "%s: a lead of which nothing is known gets %d points, and %d are enough.", icp.Name, points, icp.Threshold)
		}
	}
	switch {
	case len(in.Playbook.ICPs) == 0:
		c.cannot("There is no playbook.", needPlaybook)
	case thin == len(in.Playbook.ICPs):
		c.fail(Action{"Add what sets your best won deals apart beside size and industry: tools they run, what made them buy, what they read", pagePlaybook, "millrace playbook plan playbook.yaml"},
			"The ICP has the firmographic layer alone: it tells large from small, not buyers from others.")
	case len(open) > 0:
		c.fail(Action{"Raise the threshold above what unknown companies get, and see who falls out", pagePlaybook, "millrace playbook plan playbook.yaml"},
			"Fit is no gate: %s lets everybody in of whom nothing is known.", list(open, 3))
	default:
		c.pass("The ICP has more than the firmographic layer, and fit is a gate.")
	}
}

// motions are the names of the buying motions by deal size.
func motionOf(dollars float64) string {
	switch {
	case dollars < acvLinkedIn:
		return "smb"
	case dollars <= acvTop:
		return "mid-market"
	}
	return "enterprise"
}

func channelFits(in *Input, c *Check) {
	f := in.Deals.Amount
	low, high, ok := ends(&f)
	switch {
	case !ok || f.N < enoughDeals:
		c.cannot(few(f.N, "won deal", " "+in.Deals.year()+" with an amount", enoughDeals), needDeals)
		return
	case in.Dollar == 0:
		c.cannot(say("The deal sizes that channels fit are known in dollars, and there is no rate from %s.", in.Currency),
			Need{"Exchange rates, such as the European Central Bank's", pageImports, "millrace import rates eurofxref-hist.csv"})
		return
	}
	low, high = low/in.Dollar, high/in.Dollar
	sure := motionOf(low) == motionOf(high)
	c.see(pageWon, &f, "The median won deal is %s, of %s %s.", money(int64(*f.Value), in.Currency), many(f.N, "deal"), in.Deals.year())
	if sure {
		c.see(pagePlaybook, nil, "Deals of this size are sold in the motion %s.", motionOf(low))
	}
	if in.Spend.Minor <= 0 && in.Preset != "" {
		c.cannot("There is no spend, so it isn't known which channels the money goes to.", needSpend)
		return
	}
	var wrong []string
	var stake int64
	for _, x := range in.Channels {
		share := Share{int(x.Spend.Minor), int(in.Spend.Minor)}
		bar := 0.0
		switch name := strings.ToLower(x.Channel); {
		case strings.Contains(name, "linkedin"):
			bar = acvLinkedIn
		case name == "abm" || strings.Contains(name, "account-based"):
			bar = acvABM
		}
		if bar == 0 || x.Spend.Minor <= 0 || share.value() < misfitShare || !(high < bar) {
			continue
		}
		wrong, stake = append(wrong, x.Channel), stake+x.Spend.Minor
		c.see(pageChannels, nil, "%s took %s of the spend (%s); it pays for deals above %s USD.", x.Channel, share.percent(), money(x.Spend.Minor, in.Currency), count(int(bar)))
	}
	c.stake(stake, in.Currency, "the year's spend on the channels that don't fit")
	declared := in.Playbook.Motion
	switch {
	case len(wrong) > 0:
		c.fail(Action{"Move the money to channels that pay at this deal size, or sell larger deals", pageChannels, ""}, "%s %s for larger deals than yours.", list(wrong, 3), verb(len(wrong), "is", "are"))
	case declared != "" && in.Preset == "" && sure && motionOf(low) != declared:
		c.fail(Action{"Take the preset of the motion that you sell in, and compare", pagePlaybook, "millrace playbook preset " + motionOf(low)},
			"The playbook is for the motion %s, and the deals that are won are %s ones.", declared, motionOf(low))
	default:
		c.pass("Neither the motion nor a channel with much of the spend is for larger deals than the ones that are won.")
	}
}

func captureOnly(in *Input, c *Check) {
	var spend [2]int64 // capture, creation
	var leads [2]int
	for _, x := range in.Channels {
		switch x.Role {
		case "capture":
			spend[0], leads[0] = spend[0]+max(0, x.Spend.Minor), leads[0]+x.FirstLeads
		case "creation", "both":
			spend[1], leads[1] = spend[1]+max(0, x.Spend.Minor), leads[1]+x.FirstLeads
		}
	}
	money_, first := Share{int(spend[1]), int(spend[0] + spend[1])}, Share{leads[1], leads[0] + leads[1]}
	if (money_.N == 0 || in.Spend.Days < 90) && first.N < enoughPeople {
		c.cannot("There are neither 90 days of spend nor enough leads with a known first touch, on channels whose role the playbook knows.", needSpend, needEvents)
		return
	}
	if money_.N > 0 {
		c.see(pageChannels, nil, "%s of %s that went to channels of a known role created demand; %s captured it.", money_.percent(), money(int64(money_.N), in.Currency), percent(1-money_.value()))
	}
	_, high := first.interval()
	if first.N >= enoughPeople {
		c.see(pageLeads, first.figure("first_by_creation", "leads whose first touch was a channel that creates demand / leads whose first touch has a role"),
			"%s of %s first came by a channel that creates demand.", first.percent(), many(first.N, "lead"))
	}
	fewLeads, fewMoney := first.N < enoughPeople || high < creationShare, money_.N == 0 || money_.value() < creationShare
	if !fewLeads || !fewMoney {
		c.pass("Demand is created as well as captured.")
		return
	}
	c.stake(spend[0], in.Currency, "the year's spend on capture, which reaches the 3–5% who are in the market now")
	c.fail(Action{"Give a part of the capture budget to a channel that creates demand, and watch leads by first touch", pageChannels, ""},
		"Demand is captured and hardly created: search reaches the 3–5%% who look for it now, and nobody brings the others there.")
}

func nurture(in *Input, c *Check) {
	cycle := in.Deals.WonCycle
	if cycle.Value == nil || cycle.N < enoughDeals {
		c.cannot("The sales cycle isn't known: there are too few won deals with both dates.", needDeals)
		return
	}
	if in.Mail.People < enoughDeals {
		c.cannot(few(in.Mail.People, "person", " who was mailed a cycle ago or longer", enoughDeals)+" The sequences themselves are not kept here yet.",
			Need{"The mails that were sent, as events \"Email Sent\" or \"Email Delivered\" with the person's id", pageEvents, "millrace import events mails.csv"})
		return
	}
	_, high, _ := ends(&in.Mail.Span)
	c.see(pageSales, &cycle, "A deal is won %s days after it was opened, at the median of %s.", days(&cycle), many(cycle.N, "deal"))
	c.see(pageContacts, &in.Mail.Span, "Mails to a person go on for %s days from the first to the last, at the median of %s.", days(&in.Mail.Span), many(in.Mail.People, "person"))
	if high < *cycle.Value {
		c.fail(Action{"Extend the sequence over the whole cycle: problem, education, proof, conversion", pagePlaybook, ""},
			"Nurture ends after %s days, and a deal takes %s: the rest is left unattended.", days(&in.Mail.Span), days(&cycle))
		return
	}
	c.pass("Nurture lasts as long as the cycle.")
}

// activityMetrics are what targets may be set for that is no outcome.
var activityMetrics = []string{"leads", "spend", "mqls", "mql", "visits", "visitors", "sessions", "impressions", "clicks", "emails", "calls", "downloads", "registrations", "followers", "form_submissions"}

func outcomes(in *Input, c *Check) {
	d := &in.Deals
	amounts := Share{d.WonWithoutAmount, d.Won}
	low, _ := amounts.interval()
	activity := 0
	for _, t := range in.Targets {
		if slices.Contains(activityMetrics, strings.ToLower(t)) {
			activity++
		}
	}
	if len(in.Targets) > 0 {
		c.see(pageImports, nil, "Targets are set for %s.", list(in.Targets, 6))
	}
	if d.Total > 0 {
		c.see(pageDeals, nil, "%s, %s won; %s of the won ones %s an amount.", many(d.Total, "opportunity"), count(d.Won), count(d.Won-d.WonWithoutAmount), map[bool]string{true: "has", false: "have"}[d.Won-d.WonWithoutAmount == 1])
	}
	if in.Leads.Total > 0 {
		c.see(pageLeads, nil, "%s known, the first for %s.", manyAre(in.Leads.Total, "person"), many(in.Leads.Oldest, "day"))
	}
	if in.Spend.Minor > 0 {
		c.see(pageImports, nil, "%s were spent in the last year.", money(in.Spend.Minor, in.Currency))
	}
	switch {
	case len(in.Targets) > 0 && activity == len(in.Targets):
		c.fail(Action{"Set targets for opportunities and revenue, and plan the activity back from them", pageImports, "millrace import targets targets.csv"},
			"All targets are of activity: %s.", list(in.Targets, 6))
	case d.Total == 0 && (in.Leads.Oldest >= 90 && in.Leads.Total > 0 || in.Spend.Days >= 90):
		c.fail(Action{needDeals.What, needDeals.Link, needDeals.Command}, "There %s, and no opportunity: what the activity led to isn't known.", activitySeen(in))
	case d.Total == 0:
		c.cannot("There are no opportunities yet, and no activity that is old enough to have led to any.", needDeals)
	case d.Won >= enoughDeals && low > noAmountShare:
		c.fail(Action{"Record the amount of every won deal, and import the deals again", pageImports, needDeals.Command},
			"%s of the won deals have no amount, so revenue can't be steered by.", amounts.percent())
	default:
		c.pass("Opportunities and their outcomes are known.")
	}
}

func activitySeen(in *Input) string {
	if in.Leads.Total > 0 {
		return "are " + many(in.Leads.Total, "lead") + ", the first of " + count(in.Leads.Oldest) + " days ago"
	}
	return "was spend for " + many(in.Spend.Days, "day")
}

func linearFunnel(in *Input, c *Check) {
	f := &in.Flows
	s := Share{f.NotLinear, f.Passages}
	if s.N < 100 {
		c.cannot(few(s.N, "passage", " between stages", 100), needContacts, needEvents)
		return
	}
	_, high := s.interval()
	c.see(pageFunnel, s.figure("not_linear", "passages that are sideways, skipped or back / passages between stages"), "%s of %s between stages are sideways, skipped or back.", s.percent(), many(s.N, "passage"))
	if high < linearShare {
		c.fail(Action{"Let stages be entered as buyers enter them: immediate behaviours for an MQL, deals at a later stage, recycling", pagePlaybook, ""},
			"Everybody is moved through every stage in order: that is the process, not how buyers buy.")
		return
	}
	c.pass("Stages are entered as buyers come: sideways, skipped and back too.")
}

func twoDefinitions(in *Input, c *Check) {
	q := &in.Qualified
	if in.Preset != "" && in.Qualified.MQL == 0 {
		c.cannot(say("The ICP is still that of the preset %s, and it has qualified nobody: there is one definition at most.", in.Preset), needPlaybook, needContacts)
		return
	}
	if q.Both.N < enoughDeals && q.DealsSeen.N < enoughDeals {
		c.cannot("Too few people whom the CRM holds for qualified, and too few opportunities at accounts with known people, to compare.", needContacts, needDeals)
		return
	}
	_, both := q.Both.interval()
	_, seen := q.DealsSeen.interval()
	differs, apart := q.Both.N >= enoughDeals && both < agreeShare, q.DealsSeen.N >= enoughDeals && seen < seenShare
	if q.Both.N >= enoughDeals {
		c.see(pageMQLs, q.Both.figure("agreement", "people who were MQL by the playbook's rule / people whom the CRM holds for qualified"),
			"Of %s whom the CRM holds for qualified, %s ever were so by the playbook's rule.", many(q.Both.N, "person"), q.Both.percent())
	}
	if q.DealsSeen.N >= enoughDeals {
		c.see(pageDeals, q.DealsSeen.figure("opened_on_qualified", "opportunities with an MQL or MQA before / opportunities opened on accounts with known people"),
			"Of %s opened on accounts with known people, %s had an MQL or MQA before.", many(q.DealsSeen.N, "opportunity"), q.DealsSeen.percent())
	}
	act := Action{"Sit down with sales over the leads on which the two differ, and write the one rule into the playbook", pagePlaybook, "millrace playbook plan playbook.yaml"}
	switch {
	case differs:
		c.fail(act, "Marketing and sales hold different people for qualified.")
	case apart:
		c.fail(act, "Sales opens its opportunities elsewhere than where leads qualify.")
	default:
		c.pass("Those whom the rule qualifies are those whom sales works.")
	}
}

func days(f *metrics.Figure) string {
	if f.Value == nil {
		return "?"
	}
	return count(int(*f.Value + 0.5))
}
