package review

import (
	"fmt"
	"slices"
	"strings"

	"millrace/internal/metrics"
	"millrace/internal/metrics/survival"
)

// Below these a channel is not judged.
const (
	leastDays  = 30 // of the period that are over since it began
	leastLeads = 10 // or fewer opportunities than
	leastDeals = 5
	// volume is how many leads a channel must have brought to be stopped or doubled, and manyMQLs how many MQLs to judge their quality.
	volume   = 30
	manyMQLs = 10
	// due is how many results must have been due for none to mean something: were as many due, none comes about by chance in 5% of cases
	// (Poisson).
	due = 3.0
	// poor and good bound MQL-to-opportunity, see metrics.DefaultBands.
	poor = 0.15
	good = 0.20
	late = 0.40
	// saturated is the elasticity below which more spend brings too little more.
	saturated = 0.5
	// opens is how many opportunities a channel must have begun to be worth its money to others.
	opens = 3
)

// Rule is how a verdict comes about.
type Rule struct {
	Name    string  `json:"name"`
	Verdict Verdict `json:"verdict"`
	When    string  `json:"when"`
}

// Rules are all rules in the order in which they are asked. The first that holds decides.
func Rules() []Rule {
	out := make([]Rule, len(rules))
	for i, r := range rules {
		out[i] = r.Rule
	}
	return out
}

type rule struct {
	Rule
	holds func(x *facts) (yes, sure bool)
}

var rules = [...]rule{
	{Rule{"first_weeks", TooEarly, "fewer than 30 days of the period are over since the channel began"},
		func(x *facts) (bool, bool) { return x.days < leastDays, false }},
	{Rule{"nobody_known", TooEarly, "nobody is known: the data hold neither people nor visits, so what a channel brought can't be told"},
		func(x *facts) (bool, bool) { return x.in.Nobody && x.c.Row.Opportunities < leastDeals, false }},
	{Rule{"spend_without_leads", Fix, "no lead, though at the usual CPL 3 or more were due"},
		func(x *facts) (bool, bool) {
			return x.c.Row.Leads == 0 && x.c.Row.Opportunities == 0 && x.leadsDue >= due, true
		}},
	{Rule{"too_few", TooEarly, "fewer than 10 leads and fewer than 5 opportunities"},
		func(x *facts) (bool, bool) {
			return x.c.Row.Leads < leastLeads && x.c.Row.Opportunities < leastDeals, false
		}},
	{Rule{"opens_for_others", Keep, "pipeline is poor beyond doubt, but 3 or more opportunities of others began with it"},
		func(x *facts) (bool, bool) {
			return x.quality == bad && x.qualitySure && len(x.c.Lags) >= opens && float64(len(x.c.Lags)) > x.c.Row.Opportunities, false
		}},
	{Rule{"volume_without_pipeline", Stop, "30 or more leads and a recorded cost, and pipeline is poor beyond doubt"},
		func(x *facts) (bool, bool) {
			return x.quality == bad && x.qualitySure && x.c.Row.Leads >= volume && x.paid, true
		}},
	{Rule{"poor_pipeline", Fix, "fewer than 15% of its MQLs become opportunities, or none came where 3 were due"},
		func(x *facts) (bool, bool) { return x.quality == bad, x.qualitySure }},
	{Rule{"dear", Fix, "CPL is above its band; without a band, an opportunity costs surely more than with all channels"},
		func(x *facts) (bool, bool) { return x.cost == bad, x.costSure }},
	{Rule{"saturated", Keep, "cost and pipeline are good, but 10% more spend brings less than 5% more leads beyond doubt"},
		func(x *facts) (bool, bool) {
			return x.cost == fine && x.quality == fine && x.returns.saturated(), true
		}},
	{Rule{"good_and_cheap", Double, "30 or more leads, CPL within its band or below it, and 20% or more of its MQLs become opportunities"},
		func(x *facts) (bool, bool) {
			return x.cost == fine && x.quality == fine && x.c.Row.Leads >= volume, x.costSure && x.qualitySure
		}},
	{Rule{"nothing_to_judge_by", TooEarly, "neither its cost nor its quality can be told, and no opportunity came by it"},
		func(x *facts) (bool, bool) {
			return x.cost == unknown && x.quality == unknown && x.c.Row.Opportunities == 0, false
		}},
	{Rule{"steady", Keep, "none of the others"},
		func(x *facts) (bool, bool) {
			return true, x.cost != unknown && x.quality != unknown && x.costSure && x.qualitySure
		}},
}

// grade is how good something is.
type grade uint8

const (
	unknown grade = iota
	bad
	middling
	fine
)

// facts are what the rules ask of a channel.
type facts struct {
	in                    *Input
	c                     *Channel
	days                  int
	paid                  bool
	leadsDue, dealsDue    float64 // at the usual rates
	cost, quality         grade
	costSure, qualitySure bool
	costWords             string
	returns               Returns
}

func judge(in Input, c Channel) Row {
	x := &facts{in: &in, c: &c, days: metrics.Period{First: max(in.Period.First, c.Since), Last: min(in.Period.Last, in.Until)}.Days(), paid: c.Row.Spend.Rows > 0 && c.Row.Spend.Minor > 0,
		returns: diminishing(in, c)}
	x.expect()
	x.judgeCost()
	x.judgeQuality()
	out := Row{Channel: c.Row.Channel, Role: c.Role, Confidence: "none", Cost: c.Row, Quality: c.Quality, Began: len(c.Lags), Lag: lag(c.Lags), Returns: x.returns}
	for _, r := range rules {
		yes, sure := r.holds(x)
		if !yes {
			continue
		}
		out.Verdict, out.Rule = r.Verdict, r.Name
		if out.Verdict != TooEarly {
			out.Confidence = map[bool]string{true: "high", false: "low"}[sure]
		}
		break
	}
	out.Reasons = x.reasons(out)
	return out
}

// expect works out how many leads were due for the money, at the upper end of the CPL's band or at the CPL of all channels, and how many
// opportunities for the leads, at the rate of all other channels.
func (x *facts) expect() {
	spend, all := float64(x.c.Row.Spend.Minor), x.in.Blended
	if b := x.c.Row.CPL.Band; b != nil && b.High != nil && b.Currency == x.c.Row.CPL.Currency {
		x.leadsDue = spend / *b.High
	} else if all.CPL.Value != nil && *all.CPL.Value > 0 {
		x.leadsDue = spend / *all.CPL.Value
	}
	if leads, deals := x.known(); leads > x.c.Row.Leads {
		x.dealsDue = x.c.Row.Leads * (deals - x.c.Row.Opportunities) / (leads - x.c.Row.Leads)
	}
}

// known are the leads and opportunities of all channels. What is tied to none says nothing of them.
func (x *facts) known() (leads, opportunities float64) {
	for i := range x.in.Channels {
		leads, opportunities = leads+x.in.Channels[i].Row.Leads, opportunities+x.in.Channels[i].Row.Opportunities
	}
	return leads, opportunities
}

func (x *facts) judgeCost() {
	cpl, each, all := x.c.Row.CPL, x.c.Row.CostPerOpportunity, x.in.Blended.CostPerOpportunity
	switch {
	case !x.paid:
		x.costWords = "No cost is recorded: whether it is worth it can't be told."
	case cpl.Value != nil && cpl.Band != nil && cpl.Band.Verdict != metrics.NotJudged:
		x.cost, x.costSure = fine, cpl.Band.Sure
		if cpl.Band.Verdict == metrics.Above {
			x.cost = bad
		} else if i := cpl.Interval; cpl.Band.High != nil && i != nil && i.High != nil { // below and within are both good
			x.costSure = *i.High <= *cpl.Band.High
		}
		x.costWords = fmt.Sprintf("A lead costs %s, %s the band%s.", say(cpl), cpl.Band.Verdict, bandText(cpl))
	case each.Value != nil && all.Value != nil:
		x.cost = middling
		low, high := ends(each)
		switch {
		case low > *all.Value:
			x.cost, x.costSure = bad, true
		case *each.Value <= *all.Value:
			x.cost, x.costSure = fine, high <= *all.Value
		}
		x.costWords = fmt.Sprintf("An opportunity costs %s; over all channels it costs %s.", say(each), say(all))
	default:
		x.costWords = fmt.Sprintf("%s was spent; what it costs against the others can't be told yet.", x.money(float64(x.c.Row.Spend.Minor)))
	}
}

// barren says that no opportunity came where some were due, and that the channel's MQLs don't say otherwise: what others brought last may be of
// its people.
func (x *facts) barren() bool {
	q := x.c.Quality
	return x.c.Row.Opportunities == 0 && x.dealsDue >= due && (q.Value == nil || *q.Value < good)
}

func (x *facts) judgeQuality() {
	q := x.c.Quality
	low, high := ends(q)
	switch {
	case x.barren():
		x.quality, x.qualitySure = bad, true
	case q.Value == nil || q.N < manyMQLs:
	case *q.Value < poor:
		x.quality, x.qualitySure = bad, high < poor
	case *q.Value < good:
		x.quality = middling
	default:
		x.quality, x.qualitySure = fine, low >= poor
	}
}

// reasons are the facts behind a verdict, in words.
func (x *facts) reasons(r Row) []string {
	row := x.c.Row
	if r.Rule == "first_weeks" {
		return []string{fmt.Sprintf("Only %s of the period are over since it began. A verdict needs %d.", plural(float64(x.days), "day", "days"), leastDays)}
	}
	if r.Rule == "nobody_known" {
		return []string{"Nobody is known yet, so what it brought can't be told. Put the snippet on the website, or import contacts and events."}
	}
	out := []string{x.brought()}
	switch r.Rule {
	case "spend_without_leads":
		return append(out, fmt.Sprintf("%s was spent, for which some %.0f leads were due. Look at its tags first: leads may have come that nobody could tell.",
			x.money(float64(row.Spend.Minor)), x.leadsDue))
	case "too_few":
		return append(out, fmt.Sprintf("That is too little for a verdict: it needs %d leads or %d opportunities.", leastLeads, leastDeals))
	}
	out = append(out, x.costWords, x.qualityWords())
	if n := len(x.c.Lags); n > 0 && x.c.Role != "capture" {
		out = append(out, fmt.Sprintf("%s began with it, half of them within %.0f days.", plural(float64(n), "opportunity", "opportunities"), *r.Lag.Value))
	}
	if x.paid {
		out = append(out, x.returns.Words)
	}
	return out
}

func (x *facts) brought() string {
	row := x.c.Row
	leads, mqls := plural(row.Leads, "lead", "leads"), plural(row.MQLs, "MQL", "MQLs")
	if _, deals := x.known(); deals == 0 && x.in.Blended.Opportunities > 0 {
		return fmt.Sprintf("It brought %s and %s. No touch ties an opportunity to any channel, so which it brought can't be told: import visits, mails or events, or give the opportunities a lead source.", leads, mqls)
	}
	return fmt.Sprintf("It brought %s, %s and %s.", leads, mqls, plural(row.Opportunities, "opportunity", "opportunities"))
}

func (x *facts) qualityWords() string {
	q := x.c.Quality
	switch {
	case x.barren():
		return fmt.Sprintf("None of its leads became an opportunity; with the others' leads %.1f would have.", x.dealsDue)
	case q.Value == nil || q.N < manyMQLs:
		return fmt.Sprintf("MQLs that were watched: %d, too few to judge their quality.", q.N)
	case *q.Value > late:
		return fmt.Sprintf("%s of its MQLs become opportunities, above 40%%: they may reach sales too late.", say(q))
	}
	return fmt.Sprintf("%s of its MQLs become opportunities; 20%% to 35%% is usual, below 15%% is poor.", say(q))
}

func (x *facts) money(minor float64) string {
	return metrics.Say(minor, metrics.UnitMoney, x.in.Currency)
}

// say writes a figure with its interval.
func say(f metrics.Figure) string {
	s := metrics.Say(*f.Value, f.Unit, f.Currency)
	if i := f.Interval; i != nil && i.Low != nil && i.High != nil {
		s += " (" + metrics.Say(*i.Low, f.Unit, f.Currency) + " to " + metrics.Say(*i.High, f.Unit, f.Currency) + ")"
	}
	return s
}

func bandText(f metrics.Figure) string {
	if b := f.Band; b.Low != nil && b.High != nil {
		return " of " + metrics.Say(*b.Low, f.Unit, f.Currency) + " to " + metrics.Say(*b.High, f.Unit, f.Currency)
	}
	return ""
}

// ends are those of a figure's interval, the value's own where there is none, and 0 or beyond all where one is open.
func ends(f metrics.Figure) (low, high float64) {
	if f.Value == nil {
		return 0, 0
	}
	if f.Interval == nil {
		return *f.Value, *f.Value
	}
	high = 1e300
	if f.Interval.Low != nil {
		low = *f.Interval.Low
	}
	if f.Interval.High != nil {
		high = *f.Interval.High
	}
	return low, high
}

func plural(n float64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return metrics.Say(n, metrics.UnitCount, "") + " " + many
}

// lag is the median of lags.
func lag(days []float64) metrics.Figure {
	f := metrics.Figure{Key: "first_touch_to_opportunity", Unit: metrics.UnitDays, N: len(days), Rule: "median days from the account's first touch to the opportunity"}
	if len(days) == 0 {
		f.Undefined = metrics.NoData
		return f
	}
	m, low, high := survival.Median(slices.Sorted(slices.Values(days)), 0.95)
	f.Value, f.Interval = &m, &metrics.Interval{Low: finite(low), High: finite(high), Level: 0.95, Method: "order"}
	return f
}

// summary is the review in a sentence.
func summary(rows []Row) string {
	if len(rows) == 0 {
		return "No channel brought or cost anything in this period."
	}
	var parts []string
	for _, v := range []struct {
		verdict Verdict
		word    string
	}{{Double, "double"}, {Stop, "stop"}, {Fix, "fix"}, {Keep, "keep"}} {
		var names []string
		for _, r := range rows {
			if r.Verdict == v.verdict {
				names = append(names, r.Channel)
			}
		}
		if len(names) > 3 {
			names = append(names[:2], fmt.Sprintf("%d more", len(names)-2))
		}
		if n := len(names); n > 0 {
			list := names[n-1]
			if n > 1 {
				list = strings.Join(names[:n-1], ", ") + " and " + list
			}
			parts = append(parts, v.word+" "+list)
		}
	}
	if len(parts) == 0 {
		return "It is too early for a verdict on any channel."
	}
	s := strings.Join(parts, "; ") + "."
	return strings.ToUpper(s[:1]) + s[1:]
}

// suggest is a fifth of the largest spend that is to be stopped or fixed, to the channel that is to be doubled, or else kept.
func suggest(rows []Row) *Move {
	find := func(not string, verdicts ...Verdict) string {
		for _, v := range verdicts {
			for _, r := range rows {
				if r.Verdict == v && r.Channel != not && r.Cost.Spend.Minor > 0 && r.Cost.Leads > 0 {
					return r.Channel
				}
			}
		}
		return ""
	}
	from := find("", Stop, Fix, Keep)
	if to := find(from, Double, Keep); from != "" && to != "" {
		return &Move{from, to, 0.2}
	}
	return nil
}
