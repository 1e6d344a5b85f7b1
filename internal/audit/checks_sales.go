package audit

import (
	"cmp"
	"slices"

	"millrace/internal/metrics/survival"
)

func customers(in *Input, c *Check) {
	k := &in.Customers
	_, nrr, known := ends(&k.NRR)
	shrinks := known && k.NRR.N >= enoughDeals && nrr < 1
	served, again := k.OldEnough >= enoughDeals && k.Touches, k.Again.N >= enoughDeals && k.Total >= enoughDeals
	if !served && !again && !shrinks {
		c.cannot(say("%s and %s of the last year are too few; %d of each are enough to judge.", many(k.Total, "customer"), many(k.Again.N, "opportunity"), enoughDeals), needDeals,
			Need{"Contracts with their start, end and ARR", pageImports, "millrace import contracts contracts.csv"})
		return
	}
	_, few := k.Again.interval()
	_, most := survival.Poisson(float64(k.Again.X), level)
	_, seldom := k.Served.interval()
	if again {
		c.see(pageDeals, k.Again.figure("again", "opportunities with customers or by referral / opportunities opened in the year"), "%s of %s opened in the year are with customers or by referral.",
			k.Again.percent(), many(k.Again.N, "opportunity"))
		c.see(pageAccounts, nil, "%s in the year for %s.", opportunities(k.Again.X), many(k.Total, "customer"))
	}
	if served {
		c.see(pageAccounts, k.Served.figure("served", "customers with a touch or a deal in the year / customers who bought before"), "%s of %s who bought a year ago or longer had a touch or a deal since.",
			k.Served.percent(), many(k.Served.N, "customer"))
	}
	if known {
		c.see(pageAccounts, &k.NRR, "Net revenue retention is %s, of %s.", percent(*k.NRR.Value), many(k.NRR.N, "customer"))
	}
	act := Action{"Give customers an owner, a play for expansion and one for referral", pageAccounts, "millrace accounts --stage customer"}
	switch {
	case shrinks:
		c.stake(k.Lost, in.Currency, "ARR that churned or shrank in the year")
		c.fail(act, "Customers leave or shrink faster than others grow: net revenue retention is %s.", percent(*k.NRR.Value))
	case again && few < againShare && most < againEach*float64(k.Total): // much new business is no neglect
		c.fail(act, "Hardly any opportunity is with a customer or by one: new business carries everything.")
	case served && seldom < 0.5:
		c.fail(act, "%s of those who bought a year ago or longer have not been seen since.", percent(1-k.Served.value()))
	case !served:
		c.pass("Customers are sold to again.")
	case !again:
		c.pass("Customers are seen again.")
	default:
		c.pass("Customers are seen and sold to again.")
	}
}

func followUp(in *Input, c *Check) {
	f := &in.FollowUp
	s := Share{f.Touched, f.MQLs}
	switch {
	case f.MQLs < enoughDeals:
		c.cannot(few(f.MQLs, "MQL", " of the last year up to a week ago", enoughDeals), needContacts, needEvents)
		return
	case !f.Known:
		c.cannot("What sales does with qualified leads isn't in the data: no call, meeting, mail, acceptance or rejection, so missing follow-up can't be told from follow-up that isn't recorded.",
			Need{"Sales activities as events (\"Call Logged\", \"Meeting Booked\", \"Sales Email Sent\"), or lifecycle stages of contacts", pageImports, "millrace import events activities.csv"})
		return
	}
	_, high := s.interval()
	never := f.MQLs - f.Ever
	c.see(pageMQLs, s.figure("taken_up", "MQLs that sales took up within 7 days / MQLs that are a week old or older"), "%s of %s were taken up within %d days.", s.percent(), many(f.MQLs, "MQL"), f.Deadline)
	c.see(pageMQLs, nil, "%s never taken up.", manyWere(never, "MQL"))
	if len(f.Hours) == 1 {
		c.see(pageMQLs, nil, "The median time to the first act, where there is one, is %s.", many(f.Hours[0], "hour"))
	}
	if high < followUpShare {
		c.stake(int64(never)*f.PerMQL, in.Currency, "MQLs never taken up × MQL-to-opportunity × win rate × mean won amount")
		c.fail(Action{"Give every MQL an owner and a clock, oldest first", pageMQLs, "millrace leads --stage mql"}, "Sales takes up %s of the qualified leads within %d days.", s.percent(), f.Deadline)
		return
	}
	c.pass("Sales takes up %s of the qualified leads within %d days.", s.percent(), f.Deadline)
}

func manyWere(n int, noun string) string { return many(n, noun) + verb(n, " was", " were") }

func singleThreaded(in *Input, c *Check) {
	k := &in.Committee
	s := Share{k.Thin, k.Deals}
	switch {
	case k.Deals < enoughDeals:
		c.cannot(few(k.Deals, "open deal", " on an account with known people", enoughDeals)+onNobody(k.Unknown), needContacts, Need{"The contact roles of opportunities", pageImports, "millrace import opportunities opportunity_contact_roles.csv"})
		return
	case k.Titled == 0:
		c.cannot("No contact has a title that the playbook's committee knows.", needContacts, needPlaybook)
		return
	}
	low, _ := s.interval()
	c.see(pageOpen, s.figure("thin", "open deals with one active person at most, or without anybody who decides, pays or champions / open deals on accounts with known people"),
		"%s of %s on accounts with known people have one active person at most, or nobody who decides, pays or champions.", s.percent(), many(k.Deals, "open deal"))
	c.see(pageOpen, nil, "%s one active person at most; %s nobody who decides, pays or champions.", manyHave(k.Single, "deal"), manyHave(k.LowLevel, "deal"))
	if low > thinShare {
		c.stake(k.Money.Minor, in.Currency, k.Money.formula())
		c.fail(Action{"Find the economic buyer and a second champion at the largest of these accounts", pageOpen, "millrace opportunities --status open"},
			"%s of the open deals hang on one person, or on people who don't decide.", s.percent())
		return
	}
	c.pass("At most accounts with open deals more than one person is active, and one who decides.")
}

func manyHave(n int, noun string) string { return many(n, noun) + verb(n, " has", " have") }

func feedback(in *Input, c *Check) {
	d := &in.Deals
	s := Share{d.LostWithReason, d.Lost}
	if d.Lost < enoughDeals {
		c.cannot(few(d.Lost, "lost deal", "", enoughDeals), needDeals)
		return
	}
	if s.X == 0 && d.ReasonsUnknown {
		c.cannot(say("None of %s has a reason, and no file that was brought has a column for it: whether sales doesn't say why, or the export left it out, can't be told.",
			many(d.Lost, "lost deal")), Need{"The loss reason of deals: the export's column for it", pageImports, needDeals.Command})
		return
	}
	_, high := s.interval()
	c.see(pageLost, s.figure("loss_reasons", "lost deals with a reason / lost deals"), "%s of %s say why.", none(s.X), many(d.Lost, "lost deal"))
	if high >= feedbackShare {
		c.pass("%s of the lost deals say why they were lost.", s.percent())
		return
	}
	c.fail(Action{"Make the loss reason a required field in the CRM, and export it", pageImports, needDeals.Command}, "%s of the lost deals %s why: nothing can be learned from them.", noneOf(s), verb(s.X, "says", "say"))
}

func none(n int) string {
	if n == 0 {
		return "None"
	}
	return count(n)
}

func noneOf(s Share) string {
	if s.X == 0 {
		return "None"
	}
	return s.percent()
}

func lastClick(in *Input, c *Check) {
	j := &in.Journeys
	s := Share{j.OneStep, j.Seen}
	if j.Seen < enoughDeals {
		c.cannot(few(j.Seen, "won deal", " of the last year whose journey can be seen", enoughDeals), needEvents)
		return
	}
	low, _ := s.interval()
	c.see(pageJourneys, s.figure("one_touch", "won deals with a single touch / won deals with any"), "%s of %s whose journey can be seen show a single touch.", s.percent(), many(j.Seen, "won deal"))
	if j.Said > 0 {
		c.see(pageContacts, nil, "At %s somebody said how they came.", many(j.Said, "account"))
	} else {
		c.see(pageContacts, nil, "No buyer has been asked how they came, or the answers are not in the data.")
	}
	if j.Moved.Value != nil {
		c.see(pageJourneys, &j.Moved, "Between the first and the last touch, %s of the credit for won deals changes its channel.", percent(*j.Moved.Value))
	}
	if low > oneStepShare && j.Said == 0 {
		c.fail(Action{"Tag every campaign, keep the first visit when people sign up, and ask \"How did you hear about us?\" in every form", pageSettings, ""},
			"Of most won deals only the last click is known.")
		return
	}
	c.pass("Journeys show more than the last click.")
}

func inflated(in *Input, c *Check) {
	h, r := in.Qualified.Spans, in.Qualified.SpansRate
	switch {
	case in.Behavior < 300:
		c.cannot(few(in.Behavior, "day", " of behaviour", 300), needEvents)
		return
	case min(h[0].N, h[1].N) < enoughPeople || h[0].X+h[1].X < enoughMQLs:
		c.cannot(say("%s and %s in two times of 120 days are too few to compare; %d are enough.", many(h[0].X, "MQL"), count(h[1].X), enoughMQLs), needEvents)
		return
	}
	const rule = "people who became an MQL / people active in the 120 days"
	c.see(pageMQLs, h[0].figure("over_the_bar_before", rule), "In the 120 days before the last 120, %s of %s who were active passed the bar.", h[0].percent(), many(h[0].N, "person"))
	c.see(pageMQLs, h[1].figure("over_the_bar_after", rule), "In the last 120 days, %s of %s.", h[1].percent(), many(h[1].N, "person"))
	compared := min(r[0].N, r[1].N) >= enoughMQLs
	if compared {
		c.see(pageMQLs, nil, "Of the former's MQLs %s became opportunities within 90 days, of the latter's %s.", r[0].percent(), r[1].percent())
	}
	low, _ := h[1].interval()
	_, high := h[0].interval()
	if low > high && h[1].value() > inflation*h[0].value() && !(compared && r[1].value() > r[0].value()) {
		c.fail(Action{"Raise the bar to where the share is what it was, and see whom it keeps", pagePlaybook, "millrace playbook plan playbook.yaml"},
			"The bar has become easier to pass: %s of those who were active passed it, after %s in the 120 days before.", h[1].percent(), h[0].percent())
		return
	}
	c.pass("The share of active people over the bar has not surely risen without better results.")
}

func mqlRate(in *Input, c *Check) {
	q := &in.Qualified
	low, high, ok := ends(&q.Figure)
	if !ok || q.Figure.N < enoughMQLs || q.Rate.N < enoughMQLs {
		c.cannot(few(q.Rate.N, "MQL", " of the last year that was watched for 90 days", enoughMQLs), needEvents, needDeals)
		return
	}
	c.see(pageFunnel, &q.Figure, "%s of %s became an opportunity within 90 days; 20–35%% is well calibrated.", percent(*q.Figure.Value), many(q.Figure.N, "MQL"))
	act := Action{"Move the bar and see who would pass it", pagePlaybook, "millrace playbook plan playbook.yaml"}
	switch {
	case high < mqlLow:
		c.fail(act, "%s of the MQLs become opportunities: the bar is too low, and sales works on people who don't buy.", percent(*q.Figure.Value))
	case low > mqlHigh:
		c.fail(act, "%s of the MQLs become opportunities: the bar is too high, and leads reach sales too late.", percent(*q.Figure.Value))
	default:
		c.pass("%s of the MQLs become opportunities: not surely out of band.", percent(*q.Figure.Value))
	}
}

func winRate(in *Input, c *Check) {
	f := &in.Deals.WinRate
	low, high, ok := ends(f)
	if !ok || f.N < enoughDeals {
		c.cannot(few(f.N, "closed deal", " "+in.Deals.year(), enoughDeals), needDeals)
		return
	}
	c.see(pageSales, f, "%s of %s %s were won (%s to %s).", percent(*f.Value), many(f.N, "closed deal"), in.Deals.year(), percent(low), percent(high))
	if high < winLow {
		c.fail(Action{"Compare won and lost deals: which companies, which sizes, which reasons. Then narrow the ICP", pagePlaybook, "millrace opportunities --status lost"},
			"%s of the opportunities are won: below 15%% the ICP has drifted, or the positioning.", percent(*f.Value))
		return
	}
	if low > 0.30 {
		c.see(pageLost, nil, "That is well above the 20–30%% of the field: ask whether deals enter the CRM only when they are nearly sure, and whether all lost ones do.")
	}
	c.pass("%s of the opportunities are won.", percent(*f.Value))
}

// differing is a label that wins less or more than the rest.
type differing struct {
	group string
	row   GroupRow
	p     float64 // after correction
	rest  float64
}

// byLuck is how often a company whose labels don't differ at all is told that they do. Where every other check has a threshold that a sound
// program keeps well away from, this one asks after any difference, of sellers by name, anew with every deal.
const byLuck = 0.01

// differ tests every label of a group against the rest, without correction.
func differ(g Group) (out []differing) {
	won, closed := 0, 0
	for _, r := range g.Labels {
		won, closed = won+r.Won, closed+r.Closed
	}
	for _, r := range g.Labels {
		n := closed - r.Closed
		if r.Label == "" || r.Closed < enoughDeals || n < enoughDeals {
			continue
		}
		x := won - r.Won
		out = append(out, differing{g.Name, r, survival.Fisher(r.Won, r.Closed, x, n), float64(x) / float64(n)})
	}
	return out
}

// holm corrects for the number of all labels that were tested, of whichever group: it is the check that must be sure.
func holm(groups [][]differing) {
	var all []*differing
	for _, g := range groups {
		for i := range g {
			all = append(all, &g[i])
		}
	}
	slices.SortStableFunc(all, func(a, b *differing) int { return cmp.Compare(a.p, b.p) })
	least := 0.0
	for i, x := range all {
		least = max(least, min(1, x.p*float64(len(all)-i)))
		x.p = least
	}
}

func differences(in *Input, c *Check) {
	var below []differing
	var groups [][]differing
	for _, g := range in.Deals.Groups {
		if all := differ(g); len(all) >= 2 {
			groups = append(groups, all)
		}
	}
	holm(groups)
	for _, all := range groups {
		slices.SortStableFunc(all, func(a, b differing) int { return cmp.Or(cmp.Compare(a.p, b.p), cmp.Compare(a.row.Label, b.row.Label)) })
		name := all[0].group
		least := slices.MinFunc(all, func(a, b differing) int { return cmp.Compare(a.row.rate(), b.row.rate()) })
		most := slices.MaxFunc(all, func(a, b differing) int { return cmp.Compare(a.row.rate(), b.row.rate()) })
		found := 0
		for _, x := range all {
			if x.p >= byLuck {
				continue
			}
			found++
			word := "more"
			if x.row.rate() < x.rest {
				word, below = "less", append(below, x)
			}
			c.see(pageSales, Share{x.row.Won, x.row.Closed}.figure("win_rate", "won / closed opportunities"), "%s %s wins truly %s: %s of %s, the rest %s (p = %.3f after Holm).", name, x.row.Label, word,
				percent(x.row.rate()), many(x.row.Closed, "closed deal"), percent(x.rest), x.p)
		}
		if found == 0 {
			extremes := ""
			if least.row.rate() < most.row.rate() {
				extremes = say(" %s (%s of %s) and %s (%s of %s) are the extremes that luck gives among so many.", most.row.Label, percent(most.row.rate()), count(most.row.Closed),
					least.row.Label, percent(least.row.rate()), count(least.row.Closed))
			}
			c.see(pageSales, nil, "By %s, %d labels: none differs by more than chance.%s", name, len(all), extremes)
		}
	}
	if in.Deals.Ended > 0 && len(groups) > 0 {
		c.see(pageSales, nil, "The deals are those %s.", in.Deals.year())
	}
	switch {
	case len(groups) == 0:
		c.cannot("There are too few closed deals with an owner, a product or an industry to compare.", needDeals,
			Need{"Accounts with their industry", pageImports, "millrace import accounts accounts.csv"})
	case len(below) > 0:
		var names []string
		lost := 0.0
		for _, x := range below {
			names = append(names, x.row.Label)
			lost += (x.rest - x.row.rate()) * float64(x.row.Closed) * in.meanWon()
		}
		c.stake(int64(lost), in.Currency, "the deals that the label would have won at the rate of the rest × the mean won amount")
		c.fail(Action{"Look at these deals one by one with who sold them: fit, stage at which they are lost, reasons", pageLost, "millrace opportunities --status lost"},
			"%s %s less than the rest, by more than chance.", list(names, 4), verb(len(names), "wins", "win"))
	default:
		c.pass("No seller, product or segment wins less than the rest by more than chance.")
	}
}

func (r GroupRow) rate() float64 { return Share{r.Won, r.Closed}.value() }

// meanWon is the mean amount of the won deals that groups know, in minor units.
func (in *Input) meanWon() float64 {
	for _, g := range in.Deals.Groups {
		won, sum := 0, 0.0
		for _, r := range g.Labels {
			won, sum = won+r.Won, sum+float64(r.WonAmount)
		}
		if won > 0 {
			return sum / float64(won)
		}
	}
	return 0
}

func staleDeals(in *Input, c *Check) {
	d := &in.Deals
	switch {
	case d.OldCycle == 0:
		c.cannot(say("How long won deals take isn't known: fewer than %d have both dates.", enoughDeals), needDeals)
		return
	case d.Stale.N == 0:
		c.cannot("There is no open deal with a date.", needDeals)
		return
	}
	low, _ := d.Stale.interval()
	dated := ""
	if d.Stale.N < d.Open {
		dated = " with a date"
	}
	c.see(pageOpen, d.Stale.figure("stale", "open deals older than 90% of the won cycles / open deals with a date"), "%s of %s are older than %s, in which 90%% of the won deals were won.",
		count(d.Stale.X), many(d.Stale.N, "open deal")+dated, many(d.OldCycle, "day"))
	if d.Ended > 0 {
		c.see(pageDeals, nil, "The deals end on %s: they are as old as they were on that day.", d.Ended)
	}
	if f := d.WonCycle; f.Value != nil {
		lost := ""
		if d.LostCycle.Value != nil {
			lost = say(", a lost one %s", days(&d.LostCycle))
		}
		c.see(pageSales, &f, "A won deal takes %s days at the median%s.", days(&f), lost)
	}
	if d.Stale.X > 0 {
		c.see(pageOpen, nil, "They are %s.", d.Aged.worth(in.Currency))
	}
	if low > staleShare {
		c.stake(d.Aged.Minor, in.Currency, d.Aged.formula())
		c.fail(Action{"Close them as lost with a reason, or set a next step; take them out of the forecast until then", pageOpen, "millrace opportunities --status open"},
			"%s of the open deals%s are older than deals that are won: the pipeline is smaller than it looks.", d.Stale.percent(), dated)
		return
	}
	c.pass("%s of the open deals are older than deals that are won.", noneOf(d.Stale))
}

func withoutAccountCheck(in *Input, c *Check) {
	d := &in.Deals
	s := Share{d.OpenNoAccount, d.Open}
	if d.Open < enoughDeals {
		c.cannot(few(d.Open, "open deal", "", enoughDeals), needDeals)
		return
	}
	c.see(pageOpen, s.figure("no_account", "open deals without an account / open deals"), "%s", allBut(s.X, d.Open, "open deal", "have an account", "have no account"))
	if d.NoAccount > d.OpenNoAccount {
		c.see(pageDeals, nil, "%s of all %s have none.", count(d.NoAccount), many(d.Total, "deal"))
	}
	switch {
	case s.X == 0:
		c.pass("Every open deal has an account.")
		return
	case s.value() <= withoutAccount:
		c.pass("%s of the open deals have no account.", s.percent())
		return
	}
	c.see(pageOpen, nil, "They are %s.", d.NoAccMoney.worth(in.Currency))
	if d.NoAccount == d.OpenNoAccount && d.Won+d.Lost > 0 {
		c.see(pageWon, nil, "Every closed deal has one: an account is named only at the close, or deals without one are never closed.")
	}
	c.stake(d.NoAccMoney.Minor, in.Currency, d.NoAccMoney.formula())
	c.fail(Action{"Make the account a required field when a deal is opened", pageOpen, "millrace opportunities --status open"},
		"%s of the open deals belong to no account: nobody can say whether they fit, who is on the committee, or that two of them are the same.", s.percent())
}

// onNobody says of how many open deals no person is known.
func onNobody(n int) string {
	if n == 0 {
		return ""
	}
	return say(" %s on accounts of which no person is known.", manyAre(n, "open deal"))
}

func manyAre(n int, noun string) string { return many(n, noun) + verb(n, " is", " are") }
