package measures

import (
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"millrace"
	"millrace/internal/attribution"
	"millrace/internal/cli"
)

// Attribution runs models over a path file.
type Attribution struct {
	Paths     string   `required:"" env:"MILLRACE_PATHS" placeholder:"FILE" help:"Path file: CSV with path (\"a > b > c\"), total_conversions and, where known, total_conversion_value and total_null; - is standard input."`
	Model     string   `placeholder:"NAME" help:"Run this model alone: first, last, last-non-direct, linear, u-shaped, u-shaped-50, j-shaped, inverse-j, custom, markov, shapley, shapley-rate. All of them otherwise."`
	Order     int      `placeholder:"N" help:"How many channels a state of markov remembers, 1 to 4; 1 otherwise." default:"1"`
	Weights   string   `placeholder:"W" help:"Weights of custom: first=40,middle=20,last=40."`
	Separator string   `env:"MILLRACE_SEPARATOR" help:"What stands between the channels of a path." default:">"`
	Direct    []string `env:"MILLRACE_DIRECT" placeholder:"NAME" help:"Channels that last-non-direct skips; \"direct\", \"(direct)\" and \"(direct) / (none)\" otherwise."`
	Bootstrap int      `placeholder:"N" help:"Give the data-driven models intervals of 95% from N resamples of the journeys; 200 is usual."`
	Seed      uint64   `env:"MILLRACE_SEED" help:"Of resamples and of sampled coalitions: the same seed gives the same figures." default:"1"`
}

// attributionReport is what the command prints as JSON.
type attributionReport struct {
	Models  []*attribution.Result `json:"models"`
	Refused []attribution.Refusal `json:"refused,omitempty"`
}

// Run runs attribution models over a path file. It opens no database.
func (c *Attribution) Run(s *cli.Session) error {
	o := attribution.Options{Order: c.Order, Direct: c.Direct, Seed: c.Seed}
	var err error
	if o.Weights, err = weights(c.Weights); err != nil {
		return err
	}
	if c.Order < 1 || c.Order > attribution.MaxOrder {
		return millrace.FieldErrorf("attribution", "--order", "1 to %d are orders of markov, and %d was given", attribution.MaxOrder, c.Order)
	}
	if c.Model != "" {
		if _, err := attribution.Lookup(c.Model); err != nil {
			return err
		}
	}
	p, err := readPaths(c.Paths, c.Separator)
	if err != nil {
		return err
	}
	r := attributionReport{Models: []*attribution.Result{}}
	if c.Model == "" {
		r.Models, r.Refused, err = p.RunAll(o)
	} else {
		var one *attribution.Result
		one, err = p.Run(c.Model, o)
		r.Models = append(r.Models, one)
	}
	if err != nil {
		return err
	}
	if c.Bootstrap != 0 {
		if err := addIntervals(p, &r, o, c); err != nil {
			return err
		}
	}
	return s.Print(r, func() { printAttribution(s, p, &r) })
}

func readPaths(name, separator string) (*attribution.Paths, error) {
	in := io.Reader(os.Stdin)
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, &millrace.Error{Code: millrace.NotFound, Op: "attribution", Message: "the path file can't be opened", Err: err}
		}
		defer f.Close()
		in = f
	}
	return attribution.ReadPaths(in, attribution.ReadOptions{Separator: separator})
}

// weights reads first=40,middle=20,last=40.
func weights(s string) (w attribution.Weights, err error) {
	if s == "" {
		return w, nil
	}
	places := map[string]*int{"first": &w.First, "lead": &w.Lead, "opportunity": &w.Opportunity, "last": &w.Last, "middle": &w.Middle}
	for part := range strings.SplitSeq(s, ",") {
		name, value, _ := strings.Cut(part, "=")
		place, ok := places[strings.TrimSpace(name)]
		n, err := strconv.Atoi(strings.TrimSpace(value))
		if !ok || err != nil {
			return w, millrace.FieldErrorf("attribution", "--weights", "%q is not a weight; first=40,middle=20,last=40 are, of first, lead, opportunity, last and middle", part)
		}
		*place = n
	}
	return w, nil
}

// addIntervals puts intervals on the credits of the data-driven models that were run.
func addIntervals(p *attribution.Paths, r *attributionReport, o attribution.Options, c *Attribution) error {
	for _, result := range r.Models {
		m, err := attribution.Lookup(result.Name)
		if err != nil {
			return err
		}
		if !m.DataDriven {
			if c.Model != "" {
				return millrace.FieldErrorf("attribution", "--bootstrap", "%s is a rule: its credits have no interval", c.Model)
			}
			continue
		}
		intervals, err := p.Intervals(result.Name, o, c.Bootstrap, c.Seed)
		if err != nil {
			return err
		}
		for i := range intervals {
			result.Channels[i].Interval = &intervals[i]
		}
	}
	return nil
}

// printAttribution lays the models side by side: conversions, then values where there are any.
func printAttribution(s *cli.Session, p *attribution.Paths, r *attributionReport) {
	s.Say("Conversions by channel and model")
	s.Table(attributionTable(r, func(c *attribution.Credit) string {
		cell := strconv.FormatFloat(c.Conversions, 'f', 2, 64)
		if c.Interval != nil {
			cell += fmt.Sprintf(" (%.2f to %.2f)", c.Interval.Low, c.Interval.High)
		}
		if c.StandardError != nil {
			cell += fmt.Sprintf(" ±%.2f", *c.StandardError)
		}
		return cell
	}))
	if p.HasValue {
		s.Say("\nValue by channel and model")
		s.Table(attributionTable(r, func(c *attribution.Credit) string { return strconv.FormatFloat(c.Value, 'f', 2, 64) }))
	}
	for _, m := range r.Models {
		if m.Name != attribution.Markov {
			continue
		}
		s.Say("\nRemoval effect by channel: the share of conversions lost without it (markov of order %d)", m.Order)
		rows := [][]string{}
		for _, c := range m.Channels {
			if c.RemovalEffect != nil {
				rows = append(rows, []string{c.Channel, strconv.FormatFloat(*c.RemovalEffect, 'f', 4, 64)})
			}
		}
		s.Table([]string{"CHANNEL", "EFFECT"}, rows)
	}
	for i, refused := range r.Refused {
		if i == 0 {
			s.Say("")
		}
		s.Say("%s is refused: %s", refused.Name, refused.Reason)
	}
}

// attributionTable has a row a channel and a column a model, and their sums below.
func attributionTable(r *attributionReport, cell func(*attribution.Credit) string) ([]string, [][]string) {
	header, rows := []string{"CHANNEL"}, [][]string{}
	for i, m := range r.Models {
		header = append(header, strings.ToUpper(m.Name))
		var sum attribution.Credit
		for k := range m.Channels {
			c := &m.Channels[k]
			if i == 0 {
				rows = append(rows, []string{c.Channel})
			}
			rows[k] = append(rows[k], cell(c))
			sum.Conversions += c.Conversions
			sum.Value += c.Value
		}
		if i == 0 {
			rows = append(rows, []string{"total"})
		}
		rows[len(rows)-1] = append(rows[len(rows)-1], cell(&sum))
	}
	return header, rows
}
