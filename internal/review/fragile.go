package review

import (
	"fmt"

	"millrace/internal/metrics"
)

// Concentration is how much hangs on few channels.
type Concentration struct {
	Of      string         `json:"of" enum:"leads,opportunities,revenue,spend"`
	HHI     metrics.Figure `json:"hhi" doc:"Herfindahl–Hirschman index: the sum of the squared shares; 1 is one channel alone"`
	Largest string         `json:"largest"`
	Share   float64        `json:"share" doc:"Of the largest"`
	Level   string         `json:"level" enum:"spread,moderate,concentrated,none" doc:"below 0.15, to 0.25, above; none where it can't be told, as hhi says why"`
}

// few is how many leads, opportunities or customers (for revenue) tell how much hangs on one channel; of fewer the shares are chance.
var few = map[string]float64{"leads": leastLeads, "opportunities": leastDeals, "revenue": leastDeals}

// counted is how many a channel has of what few is about.
func counted(of string, r *metrics.CostRow) float64 {
	switch of {
	case "leads":
		return r.Leads
	case "opportunities":
		return r.Opportunities
	}
	return r.Customers
}

// Bounds of the index, of the US Horizontal Merger Guidelines of 2010, section 5.3.
const (
	moderate     = 0.15
	concentrated = 0.25
)

// amounts is what a channel has of what is looked at, negative ones as nothing.
var amounts = []struct {
	of  string
	get func(r *metrics.CostRow) float64
}{
	{"leads", func(r *metrics.CostRow) float64 { return r.Leads }},
	{"opportunities", func(r *metrics.CostRow) float64 { return r.Opportunities }},
	{"revenue", func(r *metrics.CostRow) float64 { return max(0, float64(r.Revenue.Minor)) }},
	{"spend", func(r *metrics.CostRow) float64 { return max(0, float64(r.Spend.Minor)) }},
}

func concentrations(channels []Channel) []Concentration {
	out := make([]Concentration, 0, len(amounts))
	for _, a := range amounts {
		c := Concentration{Of: a.of, Level: "none", HHI: metrics.Figure{Key: "hhi", Unit: metrics.UnitRatio, Rule: "sum of the squared shares of the channels", Undefined: metrics.NoData}}
		total, squares, most, count := 0.0, 0.0, 0.0, 0.0
		for i := range channels {
			total, count = total+a.get(&channels[i].Row), count+counted(a.of, &channels[i].Row)
		}
		for i := range channels {
			x := a.get(&channels[i].Row)
			if total == 0 || x == 0 {
				continue
			}
			c.HHI.N++
			squares += x / total * (x / total)
			if x > most {
				most, c.Largest, c.Share = x, channels[i].Row.Channel, x/total
			}
		}
		switch {
		case total > 0 && count < few[a.of]:
			c.Largest, c.Share, c.HHI.Undefined = "", 0, metrics.TooFew
		case total > 0:
			c.HHI.Value, c.HHI.Undefined = &squares, ""
			switch {
			case squares > concentrated:
				c.Level = "concentrated"
			case squares >= moderate:
				c.Level = "moderate"
			default:
				c.Level = "spread"
			}
		}
		out = append(out, c)
	}
	return out
}

// Fragility is what goes when the channel that brings most opportunities stops and nothing takes its place.
type Fragility struct {
	Channel       string  `json:"channel"`
	Leads         float64 `json:"leads" doc:"Share that is lost"`
	Opportunities float64 `json:"opportunities" doc:"Share that is lost"`
	Revenue       float64 `json:"revenue" doc:"Share that is lost; 0 where none was won"`
	Began         int     `json:"began" doc:"Opportunities that began with it, brought by whichever channel"`
	Words         string  `json:"words"`
}

func fragility(channels []Channel, currency string) *Fragility {
	var largest *Channel
	var leads, deals, revenue float64
	for i := range channels {
		c := &channels[i]
		leads, deals, revenue = leads+c.Row.Leads, deals+c.Row.Opportunities, revenue+float64(c.Row.Revenue.Minor)
		if c.Row.Opportunities > 0 && (largest == nil || c.Row.Opportunities > largest.Row.Opportunities) {
			largest = c
		}
	}
	if largest == nil || deals < leastDeals {
		return nil
	}
	f := &Fragility{Channel: largest.Row.Channel, Leads: ratio(largest.Row.Leads, leads), Opportunities: ratio(largest.Row.Opportunities, deals),
		Revenue: ratio(float64(largest.Row.Revenue.Minor), revenue), Began: len(largest.Lags)}
	f.Words = fmt.Sprintf("If %s stopped and nothing took its place, %.0f of %.0f opportunities (%.0f%%), %.0f%% of the leads and %s of revenue would go.", f.Channel,
		largest.Row.Opportunities, deals, 100*f.Opportunities, 100*f.Leads, metrics.Say(float64(largest.Row.Revenue.Minor), metrics.UnitMoney, currency))
	return f
}

func ratio(a, b float64) float64 {
	if b <= 0 {
		return 0
	}
	return a / b
}
