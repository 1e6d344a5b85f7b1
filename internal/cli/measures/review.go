package measures

import (
	"fmt"
	"strings"

	"millrace/internal/app"
	"millrace/internal/cli"
	"millrace/internal/measure"
	"millrace/internal/metrics"
	"millrace/internal/review"
)

// Review is the quarterly channel review.
type Review struct {
	Channels reviewChannels `cmd:"" default:"withargs" help:"Judge each channel, with the reasons, the concentration and the mix that fits."`
	Scenario reviewScenario `cmd:"" help:"What moving spend from one channel to another would do in a quarter, and how sure that is."`
}

type reviewChannels struct{ measureSpan }

// Run reviews the channels.
func (c *reviewChannels) Run(s *cli.Session) error {
	return measured(s, c.measureSpan, func(_ *app.Workspace, m *measure.Model, q measure.Query) (review.ChannelReview, error) {
		return m.Review(q), nil
	}, func(x review.ChannelReview) {
		s.Say("%s to %s: %s", x.Period.First, x.Period.Last, x.Words)
		var rows [][]string
		for _, r := range x.Channels {
			rows = append(rows, []string{r.Channel, words(string(r.Verdict)), r.Confidence, moneyText(r.Cost.Spend), fmt.Sprint(r.Cost.Leads), fmt.Sprint(r.Cost.Opportunities),
				figureText(r.Cost.CPL), figureText(r.Quality), figureText(r.Lag)})
		}
		s.Table([]string{"CHANNEL", "VERDICT", "CONFIDENCE", "SPEND", "LEADS", "OPPS", "CPL", "MQL TO OPP", "LAG"}, rows)
		for _, r := range x.Channels {
			s.Say("%s: %s (%s)", r.Channel, words(string(r.Verdict)), words(r.Rule))
			for _, reason := range r.Reasons {
				s.Say("  %s", reason)
			}
		}
		for _, c := range x.Concentration {
			if c.HHI.Value != nil {
				s.Say("%s: HHI %.2f, %s; %s has %s", c.Of, *c.HHI.Value, c.Level, c.Largest, metrics.Say(c.Share, metrics.UnitRatio, ""))
			}
		}
		if x.Fragility != nil {
			s.Say("%s", x.Fragility.Words)
		}
		s.Say("%s", x.Mix.Words)
		rows = nil
		for _, r := range x.Mix.Channels {
			want := "–"
			if r.Low != nil {
				want = metrics.Say(*r.Low, metrics.UnitRatio, "") + " to " + metrics.Say(*r.High, metrics.UnitRatio, "")
			}
			rows = append(rows, []string{r.Channel, figureText(r.Today), want, words(r.Verdict)})
		}
		s.Table([]string{"CHANNEL", "TODAY", "RECOMMENDED", "VERDICT"}, rows)
		s.Say("%s", x.Mix.Source)
	})
}

func words(s string) string { return strings.ReplaceAll(s, "_", " ") }

type reviewScenario struct {
	measureSpan
	Source string  `required:"" help:"The channel whose spend is moved." placeholder:"CHANNEL"`
	Target string  `required:"" help:"The channel that it is moved to." placeholder:"CHANNEL"`
	Share  float64 `env:"MILLRACE_SHARE" help:"Of the first channel's spend." default:"0.2"`
}

// Run simulates a move of spend.
func (c *reviewScenario) Run(s *cli.Session) error {
	return measured(s, c.measureSpan, func(_ *app.Workspace, m *measure.Model, q measure.Query) (review.Scenario, error) {
		return m.Scenario(q, review.Move{From: c.Source, To: c.Target, Share: c.Share})
	}, func(x review.Scenario) {
		s.Say("%s", x.Words)
		s.Table([]string{"OF A QUARTER", "CHANGE"}, [][]string{{"spend moved", figureText(x.Moved)}, {"leads", figureText(x.Leads)},
			{"opportunities", figureText(x.Opportunities)}, {"revenue", figureText(x.Revenue)}})
		for _, a := range x.Assumptions {
			s.Say("  %s", a)
		}
	})
}
