package audit

func doubles(in *Input, c *Check) {
	d := &in.Deals
	switch {
	case d.Total == 0:
		c.cannot("There are no opportunities.", needDeals)
	case d.Doubles == 0:
		c.pass("No deal repeats another.")
	default:
		c.see(pageDeals, nil, "%s the same account, name, product, amount and day of opening as another.", manyHave(d.Doubles, "deal"))
		c.stake(d.DoublesAmount, in.Currency, "the amounts of the deals that repeat another one")
		c.fail(Action{"Look at the pairs and close one of each", pageDeals, "millrace opportunities --format csv"}, "%s another.", manyRepeat(d.Doubles))
	}
}

func manyRepeat(n int) string { return many(n, "deal") + verb(n, " repeats", " repeat") }

func undated(in *Input, c *Check) {
	deals, people := Share{in.Deals.Undated, in.Deals.Total}, Share{in.Leads.Undated, in.Leads.Total}
	if deals.N < enoughDeals && people.N < enoughDeals {
		c.cannot("There are too few deals and people to judge.", needDeals, needContacts)
		return
	}
	if deals.N >= enoughDeals {
		c.see(pageDeals, deals.figure("undated_deals", "deals without a date / deals"), "%s", allBut(deals.X, deals.N, "deal", "have a date", "have no date"))
	}
	if people.N >= enoughDeals {
		c.see(pageContacts, people.figure("undated_people", "people known by undated facts alone / people known"), "%s", allBut(people.X, people.N, "person", "have a day on which they became known", "became known at no known time"))
	}
	if deals.N >= enoughDeals && deals.value() > undatedShare || people.N >= enoughDeals && people.value() > undatedShare {
		c.fail(Action{"Export the creation dates too, and import the file again", pageImports, "millrace import list"}, "Facts without a date stay out of every rate, cohort and cycle.")
		return
	}
	c.pass("Deals and people have dates.")
}

// allBut says that all have what they should, or how many have not.
func allBut(x, n int, noun, have, lack string) string {
	if x == 0 {
		return say("All %s %s.", many(n, noun), have)
	}
	return say("%s of %s %s.", count(x), many(n, noun), lack)
}

func currency(in *Input, c *Check) {
	late := int(in.Now-in.AsOf) / dayMillis
	if in.Deals.Ended > 0 && in.Deals.Total >= enoughDeals {
		c.see(pageDeals, nil, "The last deal was opened or closed on %s, %s before the last dated fact: what is asked of closed deals is asked of the year up to then, what compares them with the other data lacks them since.", in.Deals.Ended,
			many(int(in.Day-in.Deals.Ended), "day"))
	}
	switch {
	case in.AsOf == 0 || in.First == noDay:
		c.cannot("There is no dated fact.", needDeals, needEvents)
	case late > oldDays:
		c.see(pageImports, nil, "The last dated fact is of %s, %s ago; everything here is as of that day.", in.Day, many(late, "day"))
		c.fail(Action{"Bring a fresh export, or connect the source", pageImports, "millrace import opportunities deals.csv"}, "The data end on %s.", in.Day)
	case in.Deals.Ended > 0 && in.Deals.Total >= enoughDeals:
		c.fail(Action{"Bring an export of opportunities that is as fresh as the rest", pageImports, "millrace import opportunities deals.csv"}, "The deals end on %s, the other data go on.", in.Deals.Ended)
	default:
		c.pass("The data reach up to now.")
	}
}

// daysOf is how many days there are, with the verb.
func daysOf(n int) string {
	if n == 0 {
		return "is no day"
	}
	return verb(n, "is 1 day", "are "+many(n, "day"))
}

func listDecay(in *Input, c *Check) {
	l := &in.List
	bounced := Share{l.Bounced, l.Mailed}
	aged, mailed := l.Silent.N >= enoughPeople && in.Behavior >= 365, l.Mailed >= enoughPeople
	if !aged && !mailed {
		why := few(l.Silent.N, "person", " who did anything a year ago or longer", enoughPeople)
		if l.Silent.N >= enoughPeople {
			why = "A year of behaviour is needed."
		}
		c.cannot(why+say(" There %s of behaviour. Whether people consented isn't kept yet.", daysOf(in.Behavior)), needEvents, Need{"Mail events: \"Email Delivered\", \"Email Bounced\", \"Unsubscribed\"", pageEvents, "millrace import events mails.csv"})
		return
	}
	low, _ := l.Silent.interval()
	lowBounced, _ := bounced.interval()
	if aged {
		c.see(pageContacts, l.Silent.figure("silent", "people who did nothing in the last year / people who did anything before"), "%s of %s who did anything before the last year did nothing within it.",
			l.Silent.percent(), many(l.Silent.N, "person"))
	}
	if mailed {
		c.see(pageContacts, bounced.figure("bounced", "people whose mail bounced / people mailed in the last year"), "Mail to %s of %s bounced.", bounced.percent(), many(l.Mailed, "person"))
	}
	if l.Unsubscribed > 0 {
		c.see(pageEvents, nil, "%s unsubscribed.", manyHave(l.Unsubscribed, "person"))
	}
	c.see(pageContacts, nil, "Whether they consented isn't in the data.")
	act := Action{"Ask the silent ones once whether they want to stay, and leave the others alone", pageContacts, "millrace contacts --sort last_seen"}
	switch {
	case aged && low > silentShare:
		c.fail(act, "%s of the people who were active before are silent.", l.Silent.percent())
	case mailed && lowBounced > bouncedShare:
		c.fail(act, "Mail to %s of the people bounces.", bounced.percent())
	default:
		c.pass("Most people who were active before still are.")
	}
}
