// Package measures has the commands that measure a program: channels, funnel, economics, attribution, dashboards and their mails, published
// reports, corrections of tags, the channel review and the audit. Each asks the room of its name and prints the answer.
package measures

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"millrace"
	"millrace/internal/app"
	"millrace/internal/attribution"
	"millrace/internal/cli"
	"millrace/internal/measure"
	"millrace/internal/metrics"
)

// Measure are the measures of a period.
type Measure struct {
	Channels    measureChannels    `cmd:"" help:"What came by each channel: visits, people, leads, MQLs, opportunities, won, spend."`
	Funnel      measureFunnel      `cmd:"" help:"Conversions from stage to stage, with their intervals and benchmark bands."`
	Economics   measureEconomics   `cmd:"" help:"CPL, cost of each stage, CAC, payback and ROI by channel."`
	Sales       measureSales       `cmd:"" help:"Win rate, cycle, velocity, coverage and the quarter's forecast."`
	Retention   measureRetention   `cmd:"" help:"NRR, GRR and churn of the customers of the first day."`
	Attribution measureAttribution `cmd:"" help:"Which touches earned which revenue, models side by side."`
	Spend       measureSpend       `cmd:"" help:"What was spent by channel and campaign, and what platforms and tags don't have in common."`
	Targets     measureTargets     `cmd:"" help:"The plan beside what came of it."`
	Changes     measureChanges     `cmd:"" help:"Why the headline figures moved against the period before."`
	Hygiene     measureHygiene     `cmd:"" help:"What is wrong with campaign tags, and how they should be."`
	Plan        measurePlan        `cmd:"" help:"From a revenue target back to deals, opportunities, MQLs, leads and spend."`
	Journey     measureJourney     `cmd:"" help:"The touches that led to one deal, with the credit of each."`
}

// measureSpan is the period that the measures share.
type measureSpan struct {
	From    string `env:"MILLRACE_FROM" help:"First day; a year before the last otherwise." placeholder:"DAY"`
	To      string `env:"MILLRACE_TO" help:"Last day, included; today otherwise." placeholder:"DAY"`
	Horizon int    `env:"MILLRACE_HORIZON" help:"Days within which a conversion counts." default:"90"`
	LeadBy  string `name:"lead-by" env:"MILLRACE_LEAD_BY" help:"Which touch brought a lead: created (the last that isn't direct before the person was known) or first." enum:"created,first" default:"created"`
}

func (c *measureSpan) query() (q measure.Query, err error) {
	q = measure.Query{Horizon: c.Horizon, LeadBy: c.LeadBy}
	if q.From, err = cli.Day("--from", c.From); err != nil {
		return q, err
	}
	if q.To, err = cli.Day("--to", c.To); err == nil && c.From != "" && c.To != "" && q.To < q.From {
		err = millrace.FieldErrorf("millrace.measure", "--to", "the last day is before the first")
	}
	return q, err
}

// withModel opens the workspace and its model for what is asked of a span.
func withModel(s *cli.Session, span measureSpan, fn func(w *app.Workspace, m *measure.Model, q measure.Query) error) error {
	q, err := span.query()
	if err != nil {
		return err
	}
	return s.WithWorkspace(func(w *app.Workspace) error {
		m, err := w.Measure.Model(s.Ctx)
		if err != nil {
			return err
		}
		return fn(w, m, q)
	})
}

// measured answers with a report of the workspace's model.
func measured[T any](s *cli.Session, span measureSpan, report func(w *app.Workspace, m *measure.Model, q measure.Query) (T, error), text func(x T)) error {
	return withModel(s, span, func(w *app.Workspace, m *measure.Model, q measure.Query) error {
		x, err := report(w, m, q)
		if err != nil {
			return err
		}
		return s.Print(x, func() { text(x) })
	})
}

// figureText is a figure for people: its value with its interval, or why there is none.
func figureText(f metrics.Figure) string {
	if i := f.Interval; f.Value == nil && i != nil && i.Low != nil {
		return "at least " + metrics.Say(*i.Low, f.Unit, f.Currency)
	}
	if f.Value == nil {
		return "– " + strings.TrimPrefix(strings.TrimPrefix(f.Undefined.Words(), "there is "), "there are ")
	}
	s := metrics.Say(*f.Value, f.Unit, f.Currency)
	if i := f.Interval; i != nil && i.Low != nil && i.High != nil {
		s += " (" + metrics.Say(*i.Low, f.Unit, f.Currency) + " to " + metrics.Say(*i.High, f.Unit, f.Currency) + ")"
	}
	if f.Band != nil && f.Band.Verdict != metrics.NotJudged && f.Band.Verdict != metrics.Within {
		s += " " + string(f.Band.Verdict) + " band"
		if !f.Band.Sure {
			s += ", too few to be sure"
		}
	}
	return s
}

// moneyText is money added up, with what has no rate beside it.
func moneyText(t metrics.Total) string {
	if t.Rows == 0 && t.Minor == 0 {
		return "–"
	}
	s := metrics.Say(float64(t.Minor), metrics.UnitMoney, t.Currency)
	for _, u := range t.Unconverted {
		s += " + " + metrics.Say(float64(u.Minor), metrics.UnitMoney, u.Currency)
	}
	return s
}

type measureChannels struct{ measureSpan }

// Run counts what came by each channel.
func (c *measureChannels) Run(s *cli.Session) error {
	return measured(s, c.measureSpan, func(_ *app.Workspace, m *measure.Model, q measure.Query) (measure.Channels, error) {
		return m.Channels(q), nil
	}, func(x measure.Channels) {
		var rows [][]string
		for _, r := range append(x.Own, x.Total) {
			name := r.Channel
			if name == "" {
				name = measure.NoTouch
			}
			rows = append(rows, []string{name, fmt.Sprint(r.Sum.Visits), fmt.Sprint(r.Sum.Leads), fmt.Sprint(r.Sum.MQLs), fmt.Sprint(r.Sum.Opportunities), fmt.Sprint(r.Sum.Won),
				moneyText(r.Sum.Revenue), moneyText(r.Sum.Spend)})
		}
		if len(rows) > 0 {
			rows[len(rows)-1][0] = "total"
		}
		s.Table([]string{"CHANNEL", "VISITS", "LEADS", "MQLS", "OPPS", "WON", "REVENUE", "SPEND"}, rows)
	})
}

type measureFunnel struct{ measureSpan }

// Run measures conversions.
func (c *measureFunnel) Run(s *cli.Session) error {
	return measured(s, c.measureSpan, func(_ *app.Workspace, m *measure.Model, q measure.Query) (measure.Funnel, error) {
		return m.Funnel(q), nil
	}, func(x measure.Funnel) {
		var rows [][]string
		for _, f := range append(slices.Clone(x.Contacts), x.Accounts...) {
			rows = append(rows, []string{strings.ReplaceAll(f.Key, "_", " "), fmt.Sprint(f.Total.Entered), fmt.Sprint(f.Total.Converted), fmt.Sprint(f.Total.EndedOtherwise), fmt.Sprint(f.Total.Open),
				figureText(f.Total.Rate), figureText(f.Total.Median)})
		}
		s.Table([]string{"CONVERSION", "ENTERED", "CONVERTED", "ENDED", "OPEN", "RATE", "MEDIAN"}, rows)
	})
}

type measureEconomics struct {
	measureSpan
	Lag    int     `env:"MILLRACE_LAG" help:"Days that spend takes to become a customer: CAC of the spend so many days earlier." placeholder:"DAYS"`
	Margin float64 `env:"MILLRACE_MARGIN" help:"Gross margin, 0.8 for 80%." placeholder:"SHARE"`
}

// Run measures unit economics.
func (c *measureEconomics) Run(s *cli.Session) error {
	if c.Margin < 0 || c.Margin > 1 {
		return millrace.FieldErrorf("millrace.measure", "--margin", "a margin is a share from 0 to 1")
	}
	return measured(s, c.measureSpan, func(_ *app.Workspace, m *measure.Model, q measure.Query) (metrics.Economics, error) {
		return m.Economics(q, c.Lag, c.Margin), nil
	}, func(x metrics.Economics) {
		var rows [][]string
		for i, r := range append(slices.Clone(x.Channels), x.Blended) {
			name := r.Channel
			if name == "" {
				name = measure.NoTouch
			}
			if i == len(x.Channels) {
				name = "blended"
			}
			rows = append(rows, []string{name, moneyText(r.Spend), strconv.FormatFloat(r.Leads, 'f', -1, 64), strconv.FormatFloat(r.Customers, 'f', -1, 64), figureText(r.CPL), figureText(r.CAC),
				figureText(r.Payback), figureText(r.ROI)})
		}
		s.Table([]string{"CHANNEL", "SPEND", "LEADS", "WON", "CPL", "CAC", "PAYBACK", "ROI"}, rows)
	})
}

type measureSales struct{ measureSpan }

// Run measures deals.
func (c *measureSales) Run(s *cli.Session) error {
	return measured(s, c.measureSpan, func(_ *app.Workspace, m *measure.Model, q measure.Query) (measure.Sales, error) {
		return m.Sales(q), nil
	}, func(x measure.Sales) {
		s.Say("%d open, %d won, %d lost; won %s.", x.Total.Open, x.Total.Won, x.Total.Lost, moneyText(x.Total.WonTotal))
		s.Table([]string{"FIGURE", "VALUE"}, [][]string{{"win rate", figureText(x.Total.WinRate)}, {"cycle of won deals", figureText(x.Total.Cycle.WonMean)},
			{"average deal", figureText(x.Total.Velocity.AverageDeal)}, {"velocity", figureText(x.Total.Velocity.Velocity)}, {"coverage of the quarter", figureText(x.Coverage)},
			{"forecast of the quarter", figureText(x.Forecast.Expected)}, {"chance to reach its target", figureText(x.Forecast.OnTarget)}})
		s.Say("%s", x.Change.Words)
	})
}

type measureRetention struct{ measureSpan }

// Run measures retention.
func (c *measureRetention) Run(s *cli.Session) error {
	return measured(s, c.measureSpan, func(_ *app.Workspace, m *measure.Model, q measure.Query) (metrics.RetentionReport, error) {
		return m.Retention(q), nil
	}, func(x metrics.RetentionReport) {
		s.Say("%d customers on %s with %s; %d left, %d came.", x.Customers, x.Period.First, moneyText(x.Start), x.Lost, x.New)
		s.Table([]string{"FIGURE", "VALUE"}, [][]string{{"NRR", figureText(x.NRR)}, {"GRR", figureText(x.GRR)}, {"logo churn", figureText(x.LogoChurn)}, {"ARR a customer", figureText(x.ARPA)}})
	})
}

type measureAttribution struct {
	measureSpan
	By         string  `help:"channel, source, campaign, asset, keyword or persona." enum:"channel,source,campaign,asset,keyword,persona" default:"channel"`
	Measure    string  `help:"revenue, pipeline, count or won." enum:"revenue,pipeline,count,won" default:"revenue"`
	Moment     string  `help:"Up to when touches count: close, opportunity or lead." enum:"close,opportunity,lead" default:"close"`
	LookBack   int     `env:"MILLRACE_LOOK_BACK" help:"Days before the moment." default:"365"`
	Model      string  `placeholder:"NAMES" help:"Models, with commas between them; all that can be run otherwise."`
	HalfLife   float64 `env:"MILLRACE_HALF_LIFE" help:"Of time-decay, in days." default:"7"`
	Order      int     `help:"Of markov, 1 to 4." default:"1"`
	Replicates int     `help:"Bootstrap samples for intervals of data-driven models." placeholder:"N"`
}

// Run runs attribution models over the workspace's journeys.
func (c *measureAttribution) Run(s *cli.Session) error {
	q := measure.AttributionQuery{LookBack: c.LookBack}
	var err error
	if q.Dimension, err = attribution.ParseDimension(c.By); err != nil {
		return err
	}
	if q.Measure, err = attribution.ParseMeasure(c.Measure); err != nil {
		return err
	}
	q.Moment = map[string]attribution.Moment{"close": attribution.AtClose, "opportunity": attribution.AtOpportunity, "lead": attribution.AtLead}[c.Moment]
	q.Options = attribution.TableOptions{Options: attribution.Options{HalfLife: millrace.Time(c.HalfLife * float64(millrace.Day)), Order: c.Order}, Replicates: c.Replicates}
	for name := range strings.SplitSeq(c.Model, ",") {
		if name = strings.TrimSpace(name); name != "" {
			q.Options.Models = append(q.Options.Models, name)
		}
	}
	return measured(s, c.measureSpan, func(_ *app.Workspace, m *measure.Model, span measure.Query) (*measure.Attribution, error) {
		q.Query = span
		return m.Attribution(s.Ctx, q)
	}, func(x *measure.Attribution) {
		header := []string{strings.ToUpper(x.Dimension)}
		for _, m := range x.Models {
			header = append(header, strings.ToUpper(m))
		}
		var rows [][]string
		for _, r := range x.Rows {
			row := []string{r.Value}
			for _, m := range x.Models {
				row = append(row, strconv.FormatFloat(float64(r.Credits[m])/float64(x.Unit), 'f', 2, 64))
			}
			rows = append(rows, row)
		}
		s.Say("%s of %d deals by %s", x.Measure, x.Deals, x.Dimension)
		s.Table(header, rows)
		for _, d := range x.Disagreements {
			s.Say("%s", d.Words)
		}
		for _, r := range x.Refused {
			s.Say("%s is refused: %s", r.Name, r.Reason)
		}
	})
}

type measureSpend struct{ measureSpan }

// Run adds up what was spent.
func (c *measureSpend) Run(s *cli.Session) error {
	return measured(s, c.measureSpan, func(_ *app.Workspace, m *measure.Model, q measure.Query) (measure.SpendReport, error) {
		return m.Spend(q), nil
	}, func(x measure.SpendReport) {
		table := func(head string, list []measure.SpendRow, name func(measure.SpendRow) string) {
			var rows [][]string
			for _, r := range list {
				rows = append(rows, []string{name(r), moneyText(r.Spend), fmt.Sprint(r.Impressions), fmt.Sprint(r.Clicks), figureText(r.CPC), figureText(r.CPM), figureText(r.CTR)})
			}
			s.Table([]string{head, "SPEND", "IMPRESSIONS", "CLICKS", "CPC", "CPM", "CTR"}, rows)
		}
		table("CHANNEL", append(slices.Clone(x.Channels), x.Total), func(r measure.SpendRow) string {
			if r.Channel == "" {
				return "total"
			}
			return r.Channel
		})
		s.Say("")
		table("CAMPAIGN", x.Campaigns, func(r measure.SpendRow) string { return r.Campaign + " on " + r.Platform })
		for _, u := range x.Unmatched.Spend {
			s.Say("%s on %s cost %s, and nobody arrived with its tags.", u.Campaign, u.Platform, moneyText(u.Spend))
		}
		for _, u := range x.Unmatched.Visits {
			s.Say("%d paid visits of campaign %q (%s / %s) have no costs.", u.Visits, u.Campaign, u.Source, u.Medium)
		}
	})
}

type measureTargets struct{ measureSpan }

// Run compares targets with what came of them.
func (c *measureTargets) Run(s *cli.Session) error {
	return measured(s, c.measureSpan, func(_ *app.Workspace, m *measure.Model, q measure.Query) (measure.Targets, error) {
		return m.Targets(q), nil
	}, func(x measure.Targets) {
		var rows [][]string
		for _, r := range x.Rows {
			rows = append(rows, []string{r.Metric, r.Period.First.String() + " to " + r.Period.Last.String(), r.Channel, r.Owner, figureText(r.Goal), figureText(r.Actual), figureText(r.Attainment), figureText(r.Pace)})
		}
		s.Table([]string{"METRIC", "SPAN", "CHANNEL", "OWNER", "GOAL", "ACTUAL", "ATTAINED", "PACE"}, rows)
	})
}

type measureChanges struct{ measureSpan }

// Run says why figures moved.
func (c *measureChanges) Run(s *cli.Session) error {
	return measured(s, c.measureSpan, func(_ *app.Workspace, m *measure.Model, q measure.Query) (measure.Moved, error) {
		return m.Moved(q), nil
	}, func(x measure.Moved) {
		s.Say("%s to %s against %s to %s", x.Period.First, x.Period.Last, x.Before.First, x.Before.Last)
		for _, change := range x.Changes {
			s.Say("%s", change.Words)
		}
	})
}

type measureHygiene struct{ measureSpan }

// Run tells what is wrong with campaign tags.
func (c *measureHygiene) Run(s *cli.Session) error {
	return measured(s, c.measureSpan, func(_ *app.Workspace, m *measure.Model, q measure.Query) ([]measure.Finding, error) {
		return m.Findings(q), nil
	}, func(x []measure.Finding) {
		for _, f := range x {
			s.Say("%s: %s, %d visits of %s / %s / %s", f.Severity, f.What, f.Usage.Count, f.Usage.Source, f.Usage.Medium, f.Usage.Campaign)
			s.Say("  %s", f.Fix)
			if f.Retag != nil {
				s.Say("  the past: %s", retagLine(*f.Retag))
			}
		}
	})
}

type measurePlan struct {
	measureSpan
	Target   string `required:"" help:"Revenue to be won, in the workspace's currency." placeholder:"AMOUNT"`
	By       string `required:"" help:"The last day on which a deal counts." placeholder:"DAY"`
	Since    string `help:"First day whose won deals count; that of the present quarter otherwise." placeholder:"DAY"`
	Currency string `env:"MILLRACE_PLAN_CURRENCY" help:"Of the target, where it is another." placeholder:"ISO"`
}

// Run plans backwards.
func (c *measurePlan) Run(s *cli.Session) error {
	p := measure.PlanQuery{}
	var err error
	if p.By, err = cli.Day("--by", c.By); err != nil {
		return err
	}
	if p.Since, err = cli.Day("--since", c.Since); err != nil {
		return err
	}
	return measured(s, c.measureSpan, func(w *app.Workspace, m *measure.Model, q measure.Query) (measure.RevenuePlan, error) {
		currency := c.Currency
		if currency == "" {
			currency = w.Engine.Playbook().Workspace.Currency
		}
		if p.Target, err = millrace.ParseMoney(c.Target, currency); err != nil || p.Target.Minor <= 0 {
			return measure.RevenuePlan{}, millrace.FieldErrorf("millrace.measure", "--target", "%q is no amount above zero, such as 250000", c.Target)
		}
		p.History = q
		return m.Plan(p), nil
	}, func(x measure.RevenuePlan) {
		s.Say("Target %s, missing %s", figureText(x.Target), figureText(x.Gap))
		var rows [][]string
		for i, r := range append(slices.Clone(x.Channels), x.Total) {
			name := r.Channel
			if i == len(x.Channels) {
				name = "total"
			}
			rows = append(rows, []string{name, figureText(r.Revenue), figureText(r.Deals), figureText(r.Opportunities), figureText(r.MQLs), figureText(r.Leads), figureText(r.Spend), r.LeadsBy.String()})
		}
		s.Table([]string{"CHANNEL", "REVENUE", "DEALS", "OPPS", "MQLS", "LEADS", "SPEND", "LEADS BY"}, rows)
		for _, o := range x.OutOfReach {
			s.Say("%s", o.Words)
		}
		for _, l := range x.Levers {
			s.Say("  %s", l.Words)
		}
	})
}

type measureJourney struct {
	measureSpan
	Opportunity string `arg:"" help:"The opportunity's id."`
}

// Run shows what led to a deal.
func (c *measureJourney) Run(s *cli.Session) error {
	return measured(s, c.measureSpan, func(_ *app.Workspace, m *measure.Model, q measure.Query) (*measure.Journey, error) {
		return m.Journey(c.Opportunity, measure.AttributionQuery{Query: q})
	}, func(x *measure.Journey) {
		s.Say("%s: %s", x.Deal.Name, x.Deal.Status)
		header := append([]string{"AT", "CONTACT", "CHANNEL", "CAMPAIGN", "ASSET", "MARK"}, slices.Sorted(maps.Keys(creditsOf(x)))...)
		var rows [][]string
		for _, t := range x.Touches {
			row := []string{t.At.String(), t.Contact, t.Channel, t.Campaign, t.Asset, strings.Join(t.Marks, ", ")}
			for _, m := range header[6:] {
				row = append(row, strconv.FormatFloat(float64(t.Credits[m])/float64(x.Unit), 'f', 2, 64))
			}
			rows = append(rows, row)
		}
		s.Table(header, rows)
	})
}

// creditsOf are the models that a journey's touches have credits by.
func creditsOf(x *measure.Journey) map[string]int64 {
	if len(x.Touches) == 0 {
		return nil
	}
	return x.Touches[0].Credits
}
